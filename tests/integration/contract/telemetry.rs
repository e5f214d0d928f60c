use crate::prelude::*;

fn telemetry() -> SeedTelemetry {
    SeedTelemetry::new("seed_0", "norm", 5)
        .and_then(|t| t.with_layer("layer_0_post_block"))
        .and_then(|t| t.with_gradient(2.5, 0.75))
        .and_then(|t| t.with_accuracy(80.0, -5.0))
        .and_then(|t| t.with_stage(SeedStage::Blending, 10, 0.5))
        .unwrap()
        .with_epoch(5, 20)
        .with_env(1)
}

fn event() -> TelemetryEvent {
    TelemetryEvent::new([1; 16], EventType::SeedCulled, Severity::Warning, -3)
        .with_seed("seed_0")
        .and_then(|e| e.with_slot("slot_0"))
        .and_then(|e| e.with_data("accuracy", 61.5))
        .and_then(|e| e.with_data("global_step", 1e15))
        .unwrap()
        .with_epoch(0)
        .with_env(9)
        .with_message("gone")
}

fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, name: &str) {
    let e = result.unwrap_err();
    assert_eq!(e.kind(), kind, "{e}");
    assert!(e.to_string().contains(name), "{name}: {e}");
}

#[test]
fn telemetry_becomes_ten_features_in_their_bounds() {
    let t = telemetry();
    t.check().unwrap();
    assert_eq!(t.to_features(), [0.25, 0.75, 0.0, 0.0, 0.2, 0.8, -0.5, 0.5, 0.5, 0.25]);
    assert_eq!(t.vanishing().exploding().to_features()[2..4], [1.0, 1.0]);
    let mut far = telemetry();
    (far.gradient_norm, far.accuracy_delta, far.epochs_in_stage) = (1e9, -99.0, u32::MAX);
    (far.stage, far.epoch, far.max_epochs) = (10, 7, 0);
    assert_eq!(far.to_features(), [1.0, 0.75, 0.0, 0.0, 1.0, 0.8, -1.0, 1.0, 0.5, 1.0]);
    // The formula has no lower end here, and the check is what refuses it.
    far.gradient_norm = -5.0;
    assert_eq!((far.to_features()[0], far.check().unwrap_err().kind()), (-0.5, ErrorKind::OutOfRange));
    let fresh = SeedTelemetry::new("s", "b", 0).unwrap();
    fresh.check().unwrap();
    assert_eq!(fresh.to_features(), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!((fresh.max_epochs, fresh.layer()), (25, None));
    assert_eq!(t.layer().unwrap().to_string(), "layer_0_post_block");
}

#[test]
fn telemetry_that_cannot_be_is_refused_by_name() {
    let t = telemetry();
    refused(SeedTelemetry::new("", "b", 0), ErrorKind::InvalidId, "seed");
    refused(SeedTelemetry::new("s", &"b".repeat(40), 0), ErrorKind::InvalidId, "blueprint");
    refused(t.with_layer(""), ErrorKind::InvalidId, "layer");
    refused(t.with_gradient(-1.0, 1.0), ErrorKind::OutOfRange, "gradient_norm");
    refused(t.with_gradient(1.0, 1.5), ErrorKind::OutOfRange, "gradient_health");
    refused(t.with_accuracy(f32::NAN, 0.0), ErrorKind::NotFinite, "accuracy");
    refused(t.with_accuracy(0.0, 101.0), ErrorKind::OutOfRange, "accuracy_delta");
    refused(t.with_stage(SeedStage::Blending, 0, 2.0), ErrorKind::OutOfRange, "alpha");
    let mut wild = SeedTelemetry { gradient_norm: f32::INFINITY, accuracy: f32::NAN, ..telemetry() };
    assert_eq!(wild.sanitize(), 2);
    wild.check().unwrap();
    assert_eq!((wild.gradient_norm, wild.accuracy), (f32::MAX, 0.0));
    bytemuck::cast::<_, SeedTelemetry>([0xffu8; size_of::<SeedTelemetry>()]).to_features();
}

#[test]
fn an_event_carries_what_it_is_given() {
    let e = event();
    e.check().unwrap();
    assert_eq!((size_of::<TelemetryEvent>(), size_of::<SeedTelemetry>()), (480, 176));
    assert_eq!((e.event_type().unwrap(), e.severity().unwrap()), (EventType::SeedCulled, Severity::Warning));
    assert_eq!(
        (e.seed().unwrap().to_string(), e.slot().unwrap().to_string()),
        ("seed_0".into(), "slot_0".into())
    );
    assert_eq!((e.epoch(), e.env, e.time_unix_ns, e.message.to_string()), (Some(0), 9, -3, "gone".into()));
    assert_eq!((e.value("accuracy"), e.value("global_step"), e.value("x")), (Some(61.5), Some(1e15), None));
    let bare = TelemetryEvent::new([0; 16], EventType::EpochCompleted, Severity::default(), 0);
    bare.check().unwrap();
    assert_eq!((bare.seed(), bare.slot(), bare.epoch(), bare.data().unwrap().count()), (None, None, None, 0));

    let again = e.with_data("accuracy", 62.0).unwrap();
    assert_eq!((again.value("accuracy"), again.data_count), (Some(62.0), 2));
    let mut full = bare.with_message(&"x".repeat(64));
    for i in 0..9 {
        full = full.with_data(&format!("n{i}"), f64::from(i)).unwrap();
    }
    full.check().unwrap();
    assert!(full.message_cut());
    assert_eq!(
        (full.data_count, full.data_dropped, full.value("n5"), full.value("n6")),
        (6, 3, Some(5.0), None)
    );
}

#[test]
fn an_event_that_cannot_be_is_refused_by_name() {
    let e = event();
    refused(e.with_seed(""), ErrorKind::InvalidId, "seed");
    refused(e.with_slot(&"x".repeat(40)), ErrorKind::InvalidId, "slot");
    refused(e.with_data("", 1.0), ErrorKind::InvalidId, "data_names");
    refused(e.with_data("x", f64::NAN), ErrorKind::NotFinite, "data x");
    let spoil = |f: fn(&mut TelemetryEvent)| {
        let mut bad = event();
        f(&mut bad);
        bad.check()
    };
    refused(spoil(|e| e.data_count = 1), ErrorKind::OutOfRange, "data_names[1]");
    refused(spoil(|e| e.data_count = 3), ErrorKind::InvalidId, "data_names");
    refused(spoil(|e| e.data_names[1] = e.data_names[0]), ErrorKind::InvalidArgument, "data_names");
    let mut wild = event();
    (wild.data_values[0], wild.data_values[1]) = (f64::NAN, f64::NEG_INFINITY);
    assert_eq!(wild.sanitize(), 2);
    wild.check().unwrap();
    assert_eq!(wild.data_values[..2], [0.0, f64::MIN]);
}
