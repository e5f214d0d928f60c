use crate::prelude::*;

type Spoil<T> = fn(&mut T);

/// Checks that each of these changes makes a good record one that is refused by that kind and name.
fn refuses<T: Copy>(good: T, check: fn(&T) -> Result<()>, cases: &[(Spoil<T>, ErrorKind, &str)]) {
    check(&good).unwrap();
    for (spoil, kind, name) in cases {
        let mut bad = good;
        spoil(&mut bad);
        let e = check(&bad).unwrap_err();
        assert_eq!(e.kind(), *kind, "{e}");
        assert!(e.to_string().contains(name), "{name}: {e}");
    }
}

fn field() -> FieldReport {
    let mut epochs = [0; STAGES];
    (epochs[3], epochs[4]) = (3, 4);
    FieldReport::culled([7; 16], "seed_0", "norm", SeedStage::Blending, "no use")
        .and_then(|r| r.with_slot("slot_0"))
        .and_then(|r| r.with_accuracies(50.0, 48.5, 52.0))
        .and_then(|r| r.with_signals(&TrainingSignals { env: 3, ..TrainingSignals::default() }))
        .unwrap()
        .with_times(-5, 10)
        .with_epochs(epochs)
        .with_commands(&[[1; 16], [2; 16]])
        .with_env(3)
}

#[test]
fn a_field_report_tells_a_whole_life() {
    let r = field();
    r.check().unwrap();
    assert_eq!((r.final_stage().unwrap(), r.is_success()), (SeedStage::Culled, false));
    let (stage, reason) = r.failure().unwrap().unwrap();
    assert_eq!((stage, reason.to_string().as_str(), r.reason_cut()), (SeedStage::Blending, "no use", false));
    assert_eq!((r.total_epochs, r.total_improvement, r.best_accuracy), (7, -1.5, 52.0));
    assert_eq!(r.commands().unwrap(), [[1; 16], [2; 16]]);
    assert_eq!((r.signals().unwrap().env, r.slot().unwrap().to_string()), (3, "slot_0".into()));
    assert_eq!((r.germinated_at_unix_ns, r.completed_at_unix_ns), (-5, 10));

    let good = FieldReport::fossilized([9; 16], "s", "b").unwrap();
    good.check().unwrap();
    assert!(good.is_success() && good.failure().unwrap().is_none());
    assert!(good.signals().is_none() && good.slot().is_none());
    let many: Vec<[u8; 16]> = (0..40).map(|i| [i; 16]).collect();
    let long = good.with_commands(&many);
    long.check().unwrap();
    assert_eq!((long.commands().unwrap(), long.commands_dropped), (&many[..32], 8));
    let cut = FieldReport::culled([0; 16], "s", "b", SeedStage::Training, &"é".repeat(40)).unwrap();
    assert!(cut.reason_cut());
    cut.check().unwrap();
}

#[test]
fn a_life_that_cannot_have_been_is_refused() {
    let refused = [
        (FieldReport::fossilized([0; 16], "", "b"), ErrorKind::InvalidId, "seed"),
        (FieldReport::fossilized([0; 16], "s", &"b".repeat(40)), ErrorKind::InvalidId, "blueprint"),
        (
            FieldReport::culled([0; 16], "s", "b", SeedStage::Fossilized, ""),
            ErrorKind::IllegalTransition,
            "from FOSSILIZED",
        ),
        (field().with_accuracies(f32::NAN, 1.0, 1.0), ErrorKind::NotFinite, "accuracy_at_germination"),
        (field().with_accuracies(1.0, 101.0, 1.0), ErrorKind::OutOfRange, "accuracy_at_completion"),
        (
            field().with_signals(&TrainingSignals { seed_stage: 11, ..TrainingSignals::default() }),
            ErrorKind::InvalidEnum,
            "stage",
        ),
    ];
    for (result, kind, name) in refused {
        let e = result.unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
    }
    refuses(
        field(),
        FieldReport::check,
        &[
            (|r| r.final_stage = 4, ErrorKind::InvalidArgument, "final_stage"),
            (|r| r.final_stage = 7, ErrorKind::InvalidArgument, "success"),
            (|r| r.success = 1, ErrorKind::InvalidArgument, "success"),
            (|r| r.failure_stage = 1, ErrorKind::IllegalTransition, "failure_stage"),
            (|r| r.epochs_in_stage[0] = 1, ErrorKind::InvalidArgument, "total_epochs"),
        ],
    );
    let mut bare = FieldReport::fossilized([0; 16], "s", "b").unwrap();
    bare.signals.available_slots = 1;
    assert_eq!(bare.check().unwrap_err().kind(), ErrorKind::OutOfRange);
    let junk: FieldReport = bytemuck::cast([0xffu8; size_of::<FieldReport>()]);
    assert!(junk.check().is_err() && !format!("{junk:?}").is_empty());
}

#[test]
fn a_sanitized_field_report_passes() {
    let mut r = field();
    (r.accuracy_at_completion, r.signals.metrics.val_loss) = (f32::NAN, f32::INFINITY);
    assert_eq!(r.sanitize(), 2);
    r.check().unwrap();
    assert_eq!((r.accuracy_at_completion, r.signals.metrics.val_loss), (0.0, 1e6));
}
