use crate::prelude::*;

#[test]
fn every_record_keeps_its_size_and_its_version() {
    let sizes = schemas().map(Schema::size);
    assert_eq!(sizes, [108, 32, 248, 224, 720, 48, 64, 176, 200, 656, 1528, 480, 552, 24, 248]);
    for schema in schemas() {
        assert_eq!(schema.version(), 1);
        assert!(schema.fields().iter().all(|f| f.low <= f.high));
    }
    let outcome = CommandOutcome::schema();
    assert!(outcome.fields().iter().any(|f| f.name == "metrics.alpha_ramp_step"));
}

/// A good record of some kind, with everything there that can be.
struct Sample {
    schema: &'static Schema,
    bytes: Vec<u8>,
    check: fn(&[u8]) -> Result<()>,
    sanitize: fn(&mut [u8]) -> u32,
    bits: &'static [(u32, &'static str)],
    optional: &'static [(u32, &'static str)],
    show: fn(&[u8]) -> String,
}

fn sample<T: Record + std::fmt::Debug>(record: &T) -> Sample {
    record.check().unwrap();
    Sample {
        schema: T::schema(),
        bytes: bytemuck::bytes_of(record).to_vec(),
        check: |bytes| T::check(&bytemuck::pod_read_unaligned(bytes)),
        sanitize: |bytes| {
            let mut record: T = bytemuck::pod_read_unaligned(bytes);
            let replaced = T::sanitize(&mut record);
            bytes.copy_from_slice(bytemuck::bytes_of(&record));
            replaced
        },
        bits: T::BITS,
        optional: T::OPTIONAL,
        show: |bytes| format!("{:?}", bytemuck::pod_read_unaligned::<T>(bytes)),
    }
}

/// Ids that may not be empty.
const NAMED: [(&str, &str); 6] = [
    ("seed_telemetry", "seed"),
    ("seed_telemetry", "blueprint"),
    ("field_report", "seed"),
    ("field_report", "blueprint"),
    ("blueprint_spec", "name"),
    ("command_annotation", "key"),
];

#[test]
fn a_record_of_any_bytes_is_refused_and_can_be_shown() {
    for Sample { schema, check, show, .. } in samples().unwrap() {
        let junk = vec![0xff; schema.size()];
        assert!(check(&junk).is_err() && !show(&junk).is_empty(), "{}", schema.name());
    }
}

fn signals() -> TrainingSignals {
    let mut signals = TrainingSignals { seed_stage: 4, seed_alpha: 0.5, ..TrainingSignals::default() };
    signals.add_active_seed("seed_0").unwrap();
    signals.set_loss_history(&[1.5]).unwrap();
    signals.set_accuracy_history(&[61.5]).unwrap();
    signals.set_time_unix_ns(7);
    signals.set_gpu_memory_gb(11.5).unwrap();
    signals.set_gpu_utilization(0.5).unwrap();
    signals.set_epoch_duration_ms(18.0).unwrap();
    signals.metrics.set_best_val_loss(1.5).unwrap();
    signals.metrics.set_grad_norm_host(1.0).unwrap();
    signals.metrics.set_grad_norm_seed(2.0).unwrap();
    signals
}

fn samples() -> Result<Vec<Sample>> {
    let metrics = SeedMetrics { epochs_total: 4, alpha: 0.5, ..SeedMetrics::default() };
    let command = AdaptationCommand::new(CommandType::Germinate)
        .with_blueprint("norm")?
        .with_alpha(0.25)?
        .with_learning_rate(1e-3)?
        .with_target_seed("seed_0")?
        .with_target_slot("slot_0")?
        .with_target_stage(SeedStage::Germinated)
        .with_action(4)
        .with_reason("plateau");
    let verdict = GateVerdict { gate: GateLevel::G3, passed: false, score: 0.5, checks: Vec::new() };
    let outcome = CommandOutcome::executed(&command, 9)
        .with_stages(SeedStage::Dormant, SeedStage::Germinated)
        .with_gate(&verdict)
        .with_metrics(metrics, Id::new("seed_0")?)
        .with_text("done");
    let report = FieldReport::culled([7; 16], "seed_0", "norm", SeedStage::Blending, "no use")?
        .with_slot("slot_0")?
        .with_signals(&signals())?
        .with_commands(&[[1; 16]]);
    let event = TelemetryEvent::new([1; 16], EventType::SeedCulled, Severity::Warning, 3)
        .with_seed("seed_0")?
        .with_slot("slot_0")?
        .with_data("accuracy", 61.5)?
        .with_epoch(4)
        .with_message("gone");
    Ok(vec![
        sample(&Observation::EMPTY),
        sample(&Decision::new(9, 1, 0, 5)),
        sample(&command),
        sample(&outcome),
        sample(&signals()),
        sample(&metrics),
        sample(&signals().metrics),
        sample(&SeedTelemetry::new("seed_0", "norm", 5)?.with_layer("layer_0")?),
        sample(
            &SeedStateReport::new(SeedStage::Blending, SeedStage::Training, 5, 9)?
                .with_seed("seed_0", "norm")?
                .with_slot("slot_0")?,
        ),
        sample(
            &GateResult::failed(GateLevel::G3, 0.5, 1)?
                .with_failed_check("alpha")?
                .with_passed_check("epochs_in_stage")?
                .with_seed("seed_0")?
                .with_slot("slot_0")?,
        ),
        sample(&report),
        sample(&event),
        sample(&BlueprintSpec::new("norm", "cnn", 100)?.with_tag("a")?.with_channels(1, Some(8))?),
        sample(&PerformanceBudgets::default()),
        sample(&CommandAnnotation::new("policy", "greedy")?),
    ])
}

/// Returns a value that one element of a field cannot have, and the error that refuses it.
fn bad_elements(field: &Field, enumeration: bool) -> Vec<(Vec<u8>, ErrorKind)> {
    let outside = if enumeration { ErrorKind::InvalidEnum } else { ErrorKind::OutOfRange };
    let (below, above) = (field.low - 1.0, field.high + 1.0);
    macro_rules! whole {
        ($t:ty) => {
            [below, above]
                .into_iter()
                .filter(|x| (<$t>::MIN as f64..=<$t>::MAX as f64).contains(x) && x.fract() == 0.0)
                .filter(|x| !(field.low..=field.high).contains(x))
                .map(|x| ((x as $t).to_ne_bytes().to_vec(), outside))
                .collect()
        };
    }
    macro_rules! figure {
        ($t:ty) => {
            [<$t>::NAN, <$t>::INFINITY, <$t>::NEG_INFINITY, below as $t, above as $t]
                .into_iter()
                .filter(|x| !x.is_finite() || !(field.low..=field.high).contains(&f64::from(*x)))
                .map(|x| {
                    let kind = if x.is_finite() { ErrorKind::OutOfRange } else { ErrorKind::NotFinite };
                    (x.to_ne_bytes().to_vec(), kind)
                })
                .collect()
        };
    }
    match field.ty {
        FieldType::U8 => whole!(u8),
        FieldType::U16 => whole!(u16),
        FieldType::U32 => whole!(u32),
        FieldType::U64 => whole!(u64),
        FieldType::I8 => whole!(i8),
        FieldType::I16 => whole!(i16),
        FieldType::I32 => whole!(i32),
        FieldType::I64 => whole!(i64),
        FieldType::F32 => figure!(f32),
        FieldType::F64 => figure!(f64),
        FieldType::Utf8 => {
            let width = field.count as usize;
            let kind = if width == 40 { ErrorKind::InvalidId } else { ErrorKind::InvalidArgument };
            let (mut not_utf8, mut no_padding) = (vec![0; width], vec![0; width]);
            not_utf8[0] = 0xff;
            no_padding[width - 1] = b'x';
            vec![(vec![b'x'; width], kind), (not_utf8, kind), (no_padding, kind)]
        }
        other => panic!("no way to spoil {}", other.name()),
    }
}

/// Each element of each field of each record is spoiled in each way that its declaration
/// forbids.
#[test]
fn a_spoiled_field_is_refused_by_its_name() {
    let mut spoiled = 0;
    for Sample { schema, bytes, check, sanitize, .. } in samples().unwrap() {
        for field in schema.fields().iter().filter(|field| !field.name.ends_with("present")) {
            // An enumeration is named in the spelling of a type. An annotation has none in its
            // place.
            let enumeration = field.unit.starts_with(|c: char| c.is_ascii_uppercase())
                && field.unit.contains(|c: char| c.is_ascii_lowercase())
                && schema.name() != "command_annotation";
            let name = field.name.trim_end_matches(|c: char| c.is_ascii_digit());
            let name = name.strip_suffix('.').unwrap_or(&field.name);
            let (width, count) = match (field.ty, field.count as usize) {
                (FieldType::Utf8, width) => (width, 1),
                (ty, count) => (ty.width(), count),
            };
            let elements = (0..count).map(|i| field.offset as usize + i * width);
            let bad = bad_elements(field, enumeration);
            for (at, (bad, kind)) in elements.flat_map(|at| bad.iter().map(move |bad| (at, bad))) {
                let mut record = bytes.clone();
                record[at..at + width].copy_from_slice(bad);
                let e = check(&record).unwrap_err();
                assert_eq!(e.kind(), *kind, "{} {}: {e}", schema.name(), field.name);
                assert!(e.to_string().contains(name), "{} {}: {e}", schema.name(), field.name);
                spoiled += 1;
                // A value above a cap is capped and not counted.
                if matches!(field.ty, FieldType::F32 | FieldType::F64) && field.scale != "capped" {
                    assert_eq!(sanitize(&mut record), 1, "{} {}", schema.name(), field.name);
                    // A history keeps zeros behind its last entry, and a learning rate may not
                    // be 0.
                    let zeros = field.count > 1 || field.name == "learning_rate";
                    assert!(zeros || check(&record).is_ok(), "{} {}", schema.name(), field.name);
                }
            }
        }
    }
    assert!(spoiled > 1000, "{spoiled}");
}

#[test]
fn an_absent_field_is_zero_and_a_present_one_is_there() {
    let (mut cleared, mut emptied, mut counted) = (0, 0, 0);
    for Sample { schema, bytes, check, bits, optional, .. } in samples().unwrap() {
        let at = |name: &str| {
            let field = schema.fields().iter().find(|f| f.name == name);
            field.map(|f| f.offset as usize..f.offset as usize + f.ty.width() * f.count as usize)
        };
        let refused = |record: &[u8], kind, names: &[&str]| {
            let e = check(record).unwrap_err();
            assert_eq!(e.kind(), kind, "{}: {e}", schema.name());
            assert!(names.iter().any(|name| e.to_string().contains(name)), "{}: {e}", schema.name());
        };
        if let Some(present) = at("present") {
            let set = u32::from_ne_bytes(bytes[present.clone()].try_into().unwrap());
            for bit in (0..32).map(|i| 1 << i) {
                let names: Vec<_> =
                    optional.iter().filter(|(b, _)| *b == bit).map(|(_, name)| *name).collect();
                let mut record = bytes.clone();
                record[present.clone()].copy_from_slice(&(set ^ bit).to_ne_bytes());
                if !names.is_empty() {
                    assert!(set & bit != 0, "the sample of {} has no {names:?}", schema.name());
                    refused(&record, ErrorKind::OutOfRange, &names);
                    cleared += 1;
                } else if !bits.iter().any(|(b, _)| *b == bit) {
                    refused(&record, ErrorKind::OutOfRange, &["present"]);
                }
            }
        }
        for field in schema.fields() {
            let range =
                field.offset as usize..field.offset as usize + field.ty.width() * field.count as usize;
            let mut record = bytes.clone();
            record[range.clone()].fill(0);
            if field.name.ends_with("_count") {
                refused(&record, ErrorKind::OutOfRange, &["[0]"]);
                counted += 1;
            } else if NAMED.contains(&(schema.name(), &field.name))
                || optional.iter().any(|(_, name)| *name == field.name) && field.count == 40
            {
                refused(&record, ErrorKind::InvalidId, &[&field.name]);
                emptied += 1;
            }
        }
    }
    assert_eq!((cleared, emptied, counted), (28, 17, 11));
}
