use super::task::custom;
use crate::prelude::*;
use proptest::prelude::*;
use std::sync::LazyLock;

fn tasks() -> [Normalizer; 3] {
    static TASKS: LazyLock<[Normalizer; 3]> = LazyLock::new(|| {
        [Task::cifar10(), Task::tinystories(), custom()].map(|task| Normalizer::new(&task).unwrap())
    });
    TASKS.clone()
}

/// Returns an observation in its Box, from numbers of 0 to 1.
fn somewhere(shares: [f64; FEATURES]) -> Observation {
    let mut o = Observation::EMPTY;
    for f in Feature::ALL {
        let (low, high) = (f64::from(f.low()), f64::from(f.high()));
        // Mostly small numbers, as in training, and a few near the upper bound.
        let share = shares[f.index()];
        let x = if share < 0.8 { share * 12.0 } else { low + (high - low) * (share - 0.8) * 5.0 };
        o[f] = f.sanitized(x as f32);
    }
    o
}

#[test]
fn every_number_of_a_task_is_in_both_fingerprints() {
    let prints = |task: &Task| -> [Fingerprint; 2] {
        let normalizer = Normalizer::new(task).unwrap();
        [normalizer.schema().fingerprint(), normalizer.version_2_schema().fingerprint()]
    };
    let base = prints(&custom());
    let changes: [fn(&mut Task); 7] = [
        |t| t.name = Id::new("other").unwrap(),
        |t| t.baseline_loss += f64::EPSILON * 4.0,
        |t| t.target_loss = f64::MIN_POSITIVE,
        |t| t.delta_std += f64::EPSILON,
        |t| t.max_epochs = 8.0,
        |t| t.max_steps = 124.0,
        |t| t.max_slots = 2.0,
    ];
    let mut seen = vec![base];
    for change in changes {
        let mut task = custom();
        change(&mut task);
        let other = prints(&task);
        assert!(seen.iter().all(|s| s[0] != other[0] && s[1] != other[1]));
        seen.push(other);
    }
    assert_eq!(prints(&custom()), base);
}

#[test]
fn the_schemas_say_what_the_numbers_are() {
    let n = &tasks()[0];
    let (schema, version_2) = (n.schema().schema(), n.version_2_schema().schema());
    assert_eq!((schema.name(), schema.version(), n.schema().width()), ("normalized.cifar10", 1, 27));
    assert_eq!((version_2.name(), version_2.version()), ("observation.cifar10", 2));
    assert_eq!(n.version_2_schema().width(), 54);
    let text = version_2.canonical();
    assert!(text.contains("\nparameter delta_std 3fa999999999999a\n"), "{text}");
    assert!(text.contains(
        "\nfield 4 LOSS_DELTA f32 1 16 nats c024000000000000 4024000000000000 S(x/delta_std) x=0\n"
    ));
    assert!(
        text.contains(
            "\nfield 31 LOSS_DELTA_MISSING f32 1 124 - 0000000000000000 3ff0000000000000 raw 0.5\n"
        )
    );
    assert_eq!(n.schema().missing(), n.normalize(&Observation::EMPTY).values());
}

#[test]
fn what_is_not_in_the_box_is_brought_there_and_told() {
    let n = &tasks()[0];
    let mut o = Observation::EMPTY;
    (o[Feature::ValLoss], o[Feature::ValAccuracy], o[Feature::Epoch]) = (f32::NAN, 150.0, f32::NEG_INFINITY);
    let normalized = n.normalize(&o);
    let told =
        1 << Feature::ValLoss.index() | 1 << Feature::ValAccuracy.index() | 1 << Feature::Epoch.index();
    assert_eq!((normalized.sanitized(), ToObservation::sanitized(&normalized)), (told, told.into()));
    assert_eq!((normalized[Feature::ValAccuracy], normalized[Feature::Epoch]), (1.0, 0.0));
    assert_eq!(normalized[Feature::ValLoss], 10.0);
    let mut signals = TrainingSignals::default();
    signals.metrics.val_loss = f32::INFINITY;
    assert_eq!(ToObservation::sanitized(&n.version_2(&signals)), 1 << Feature::ValLoss.index());
}

#[test]
fn a_normalized_row_of_another_task_is_not_restored() {
    let [a, b, _] = tasks();
    let e = b.restore(&a.normalize(&Observation::EMPTY)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::SchemaMismatch);
    assert!(e.expected().contains("normalized.tinystories 1 "), "{e}");
    assert!(e.found().contains("normalized.cifar10 1 "), "{e}");
    assert_eq!(a.restore_row(&[0.0; 26]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(a.restore_row(&[f32::NAN; 27]).unwrap_err().kind(), ErrorKind::NotFinite);
    assert_eq!(a.restore_row(&[2.0; 54]).unwrap_err().kind(), ErrorKind::OutOfRange);
}

#[test]
fn a_schema_tells_its_normalizer() {
    for n in tasks() {
        for schema in [n.schema(), n.version_2_schema()] {
            let text = schema.schema().canonical();
            let read = RowSchema::from_schema(&Schema::from_canonical(&text).unwrap()).unwrap();
            assert_eq!(Normalizer::of_schema(&read).unwrap().task(), n.task());
        }
    }
    let text = tasks()[0].version_2_schema().schema().canonical();
    let cases = [
        (Observation::row_schema().schema().canonical(), "another name"),
        (text.replace("observation.cifar10 2", "observation.cifar10 3"), "another version"),
        (text.replace("observation.cifar10 2", "normalized.cifar10 1"), "field 27 EPOCH_MISSING"),
        (
            text.replace("parameter delta_std", "parameter delta").replace("(x/delta_std)", "(x/delta)"),
            "no delta_std",
        ),
        (text.replace("max_epochs 4039", "max_epochs 3fd9"), "max_epochs"),
        (text.replace(" 2 216\n", " 2 216\nparameter more 0000000000000000\n"), "parameter more"),
    ];
    for (text, words) in cases {
        let spoilt = RowSchema::from_schema(&Schema::from_canonical(&text).unwrap()).unwrap();
        let e = Normalizer::of_schema(&spoilt).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SchemaMismatch, "{e}");
        assert!(e.to_string().contains(words), "{words}: {e}");
    }
}

#[test]
fn what_a_clip_cut_off_is_told() {
    let n = &tasks()[0];
    let mut o = Observation::EMPTY;
    (o[Feature::Epoch], o[Feature::PlateauEpochs], o[Feature::SeedImprovement]) = (26.0, 11.0, -20.0);
    (o[Feature::TrainLoss], o[Feature::AccuracyDelta], o[Feature::ValAccuracy]) = (1e6, 49.0, 100.0);
    let restored = n.restore(&n.normalize(&o)).unwrap();
    let cut = [Feature::Epoch, Feature::PlateauEpochs, Feature::SeedImprovement, Feature::TrainLoss];
    assert_eq!(restored.cut_off, cut.iter().fold(0, |mask, f| mask | 1 << f.index()));
    let seen = restored.observation;
    assert_eq!((seen[Feature::Epoch], seen[Feature::PlateauEpochs]), (25.0, 10.0));
    assert_eq!((seen[Feature::SeedImprovement], seen[Feature::ValAccuracy]), (-10.0, 100.0));
    assert!((16_000.0..17_000.0).contains(&seen[Feature::TrainLoss]), "{seen:?}");
}

#[test]
fn a_flag_says_what_is_missing() {
    let n = &tasks()[1];
    let missing = |signals: &TrainingSignals| -> Vec<&str> {
        let row = n.version_2(signals);
        assert_eq!(row.values()[..FEATURES], n.normalize(&signals.to_observation()).values()[..]);
        Feature::ALL.into_iter().filter(|f| row.is_missing(*f)).map(Feature::name).collect()
    };
    let mut s = TrainingSignals::default();
    let all = missing(&s);
    assert_eq!(all.len(), 23);
    for name in ["EPOCH", "GLOBAL_STEP", "HAS_ACTIVE_SEED", "AVAILABLE_SLOTS"] {
        assert!(!all.contains(&name));
    }
    (s.metrics.epoch, s.metrics.validations) = (1, 1);
    s.metrics.set_best_val_loss(3.0).unwrap();
    s.set_loss_history(&[3.0]).unwrap();
    s.set_accuracy_history(&[50.0, 51.0]).unwrap();
    s.add_active_seed("seed").unwrap();
    assert_eq!(
        missing(&s),
        [
            "LOSS_DELTA",
            "ACCURACY_DELTA",
            "LOSS_HIST_0",
            "LOSS_HIST_1",
            "LOSS_HIST_2",
            "LOSS_HIST_3",
            "ACC_HIST_0",
            "ACC_HIST_1",
            "ACC_HIST_2"
        ]
    );
    s.metrics.validations = 2;
    s.set_loss_history(&[3.0; 5]).unwrap();
    s.set_accuracy_history(&[50.0; 32]).unwrap();
    assert!(missing(&s).is_empty());
    // A count that no history can have.
    s.loss_history_count = 255;
    assert!(missing(&s).is_empty());
}

#[test]
fn version_1_migrates_to_what_the_normalizer_gives() {
    for n in tasks() {
        n.register(registry()).unwrap();
        let o = somewhere(std::array::from_fn(|i| i as f64 / 27.0));
        for (to, flags) in [(n.schema(), 0), (n.version_2_schema(), FEATURES)] {
            let migration = registry().migration(Observation::row_schema(), to).unwrap();
            let report = migration.report();
            assert_eq!(report.copied, ["HAS_ACTIVE_SEED", "SEED_ALPHA"]);
            assert_eq!((report.converted.len(), report.defaulted.len()), (25, flags));
            assert!(report.dropped.is_empty());
            let mut row = vec![7.0; to.width()];
            assert_eq!(migration.apply(&o.values, &mut row).unwrap(), 0);
            assert_eq!(row[..FEATURES], n.normalize(&o).values()[..]);
            assert!(row[FEATURES..].iter().all(|flag| *flag == 0.5));
            assert!(to.check(&row).is_ok());
        }
        let onward = registry().migration(n.schema(), n.version_2_schema()).unwrap();
        assert_eq!((onward.report().copied.len(), onward.report().defaulted.len()), (27, 27));
    }
}

#[test]
fn a_batch_is_its_rows() {
    let n = &tasks()[2];
    let batch: Vec<Observation> =
        (0..5).map(|k| somewhere(std::array::from_fn(|i| ((i + k) % 9) as f64 / 9.0))).collect();
    let mut rows = vec![0.0; 5 * FEATURES];
    assert_eq!(n.normalize_rows(&batch, &mut rows).unwrap(), 0);
    for (o, row) in batch.iter().zip(rows.chunks(FEATURES)) {
        assert_eq!(n.normalize(o).values()[..], *row);
    }
    let e = n.normalize_rows(&batch, &mut rows[1..]).unwrap_err();
    assert_eq!((e.kind(), e.found()), (ErrorKind::InvalidArgument, "134"));
    let mut signals = [TrainingSignals::default(); 3];
    signals[1].metrics.val_loss = f32::NAN;
    signals[2].available_slots = 2;
    let mut rows = vec![0.0; 3 * VERSION_2_WIDTH];
    assert_eq!(n.version_2_rows(&signals, &mut rows).unwrap(), 1 << Feature::ValLoss.index());
    for (s, row) in signals.iter().zip(rows.chunks(VERSION_2_WIDTH)) {
        assert_eq!(n.version_2(s).values()[..], *row);
    }
    assert!(n.version_2_rows(&signals, &mut rows[..108]).is_err());
}

proptest! {
    #[test]
    fn normalizing_always_lands_in_the_box(bits in proptest::array::uniform27(any::<u32>())) {
        let o = Observation { values: bits.map(f32::from_bits) };
        for n in tasks() {
            let row = n.normalize(&o);
            prop_assert!(n.schema().check(row.values()).is_ok(), "{:?}", row);
            let mut sane = o;
            prop_assert_eq!(row.sanitized(), sane.sanitize());
        }
    }

    #[test]
    fn normalizing_keeps_the_order(index in 0..FEATURES, a in 0.0..1.0, b in 0.0..1.0) {
        let feature = Feature::ALL[index];
        let at = |share: f64| {
            let o = somewhere([share; FEATURES]);
            (o[feature], tasks().map(|n| n.normalize(&o)[feature]))
        };
        let ((x, xs), (y, ys)) = (at(a), at(b));
        for (nx, ny) in xs.into_iter().zip(ys) {
            prop_assert!(if x <= y { nx <= ny } else { nx >= ny }, "{}: {x} {y} {nx} {ny}", feature.name());
        }
    }

    #[test]
    fn what_was_not_cut_off_is_restored(shares in proptest::collection::vec(0.0..1.0, FEATURES)) {
        let o = somewhere(shares.try_into().unwrap());
        for n in tasks() {
            let row = n.normalize(&o);
            let restored = n.restore(&row).unwrap();
            prop_assert!(restored.observation.check().is_ok());
            for f in Feature::ALL {
                let (x, back) = (o[f], restored.observation[f]);
                if restored.cut_off & 1 << f.index() == 0 {
                    let off = if f.is_whole() { 0.0 } else { 1e-5 * x.abs().max(1.0) };
                    prop_assert!((x - back).abs() <= off, "{}: {x} {back}", f.name());
                } else {
                    // The restored number normalizes to the saturated one.
                    let again = n.normalize(&restored.observation)[f];
                    prop_assert!((again - row[f]).abs() <= 1e-6, "{}: {x} {back}", f.name());
                }
            }
        }
    }
}
