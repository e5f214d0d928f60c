use crate::prelude::*;
use proptest::prelude::*;

fn refused(feature: Feature, value: f32) -> Error {
    let mut values = Observation::EMPTY.values;
    values[feature.index()] = value;
    Observation::new(values).unwrap_err()
}

#[test]
fn a_strict_observation_refuses_and_names_the_feature() {
    let cases = [
        (Feature::ValLoss, f32::NAN, ErrorKind::NotFinite, "VAL_LOSS"),
        (Feature::Epoch, f32::INFINITY, ErrorKind::NotFinite, "EPOCH"),
        (Feature::Epoch, 1.5, ErrorKind::NotWhole, "EPOCH"),
        (Feature::HasActiveSeed, 0.5, ErrorKind::NotWhole, "HAS_ACTIVE_SEED"),
        (Feature::SeedStage, 11.0, ErrorKind::OutOfRange, "SEED_STAGE"),
        (Feature::BestValLoss, 10.001, ErrorKind::OutOfRange, "BEST_VAL_LOSS"),
        (Feature::TrainAccuracy, -0.001, ErrorKind::OutOfRange, "TRAIN_ACCURACY"),
        (Feature::GlobalStep, 16_777_218.0, ErrorKind::OutOfRange, "GLOBAL_STEP"),
    ];
    for (feature, value, kind, name) in cases {
        let e = refused(feature, value);
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
        assert!(!e.expected().is_empty());
        assert_eq!(e.found(), value.to_string());
    }
    assert!(Observation::new(Observation::EMPTY.values).is_ok());
}

#[test]
fn the_ends_of_the_box_are_inside() {
    for end in [Feature::low, Feature::high] {
        let values = std::array::from_fn(|i| end(Feature::ALL[i]));
        let mut observation = Observation::new(values).unwrap();
        assert_eq!(observation.sanitize(), 0);
        assert_eq!(observation.values, values);
    }
    let mut zero = Observation::EMPTY;
    zero[Feature::Epoch] = -0.0;
    assert_eq!((zero.check().is_ok(), zero.sanitize()), (true, 0));
    assert!(zero[Feature::Epoch].is_sign_negative());
}

#[test]
fn sanitizing_saturates_and_reports_what_it_replaced() {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = 3.9;
    o[Feature::TrainLoss] = f32::INFINITY;
    o[Feature::ValLoss] = f32::NAN;
    o[Feature::LossDelta] = f32::NEG_INFINITY;
    o[Feature::BestValLoss] = f32::NAN;
    o[Feature::SeedAlpha] = 0.25;
    assert_eq!(o.sanitize(), [0, 2, 3, 4, 10].iter().fold(0, |mask, i| mask | (1 << i)));
    assert_eq!(o[Feature::Epoch], 3.0);
    assert_eq!(o[Feature::TrainLoss], 1e6);
    assert_eq!(o[Feature::ValLoss], 1e6);
    assert_eq!(o[Feature::LossDelta], -1e6);
    assert_eq!(o[Feature::BestValLoss], 10.0);
    assert_eq!(o[Feature::SeedAlpha], 0.25);
}

#[test]
fn the_cap_of_the_best_loss_is_no_replacement() {
    for none_yet in [11.0, f32::INFINITY] {
        let mut o = Observation::EMPTY;
        o[Feature::BestValLoss] = none_yet;
        assert_eq!(o.sanitize(), 0);
        assert_eq!(o[Feature::BestValLoss], 10.0);
    }
    let mut o = Observation::EMPTY;
    o[Feature::BestValLoss] = -1.0;
    assert_eq!(o.sanitize(), 1 << 10);
}

#[test]
fn a_batch_is_its_rows() {
    let mut batch = [Observation::EMPTY; 3];
    batch[2][Feature::AvailableSlots] = 7.0;
    let rows = Observation::as_rows(&batch);
    assert_eq!((rows.len(), rows[80], rows[10]), (81, 7.0, 10.0));
    assert_eq!(Observation::from_rows(rows).unwrap(), batch);
    let e = Observation::from_rows(&rows[1..]).unwrap_err();
    assert_eq!((e.kind(), e.found()), (ErrorKind::InvalidArgument, "80"));
    assert!(Observation::from_rows(&[]).unwrap().is_empty());
}

#[test]
fn the_schema_says_what_the_features_say() {
    let schema = Observation::schema();
    assert_eq!((schema.name(), schema.version(), schema.size()), ("observation", 1, 108));
    let best = &schema.fields()[10];
    assert_eq!((&*best.name, &*best.missing, best.offset), ("BEST_VAL_LOSS", "10", 40));
    assert!(
        schema
            .canonical()
            .contains("\nfield 7 ACCURACY_DELTA f32 1 28 pp c059000000000000 4059000000000000 raw 0\n")
    );
}

#[test]
fn version_1_is_the_observation() {
    let v1 = Observation::row_schema();
    assert_eq!((v1.width(), v1.fingerprint()), (FEATURES, Observation::schema().fingerprint()));
    for f in Feature::ALL {
        let i = f.index();
        assert_eq!((v1.low()[i], v1.high()[i]), (f.low(), f.high()));
        assert_eq!((v1.missing()[i], v1.is_whole(i)), (f.missing_default(), f.is_whole()));
        assert_eq!((&*v1.names()[i], v1.index_of(f.name())), (f.name(), Some(i)));
    }
    assert_eq!(v1.index_of("NOTHING"), None);
    assert!(v1.check(v1.missing()).is_ok());
}

#[test]
fn a_row_of_another_length_is_refused() {
    let v1 = Observation::row_schema();
    for n in [0, 26, 28] {
        let mut row = vec![0.0; n];
        assert!(!v1.is_in_box(&row));
        for e in [v1.check(&row).unwrap_err(), v1.sanitize(&mut row).unwrap_err()] {
            assert_eq!((e.kind(), e.found()), (ErrorKind::InvalidArgument, &*n.to_string()));
        }
    }
    assert!(v1.check_rows(&[0.0; 54], 2).is_ok() && v1.check_rows(&[], usize::MAX).is_err());
}

#[test]
fn the_space_is_json_that_reads_back_exactly() {
    let json: serde_json::Value = serde_json::from_str(&Observation::row_schema().space_json()).unwrap();
    assert_eq!(json["type"], "Box");
    assert_eq!(json["dtype"], "float32");
    assert_eq!(json["shape"], serde_json::json!([27]));
    assert_eq!(json["schema"], "observation");
    assert_eq!(json["fingerprint"].as_str().unwrap().len(), 32);
    for f in Feature::ALL {
        assert_eq!(json["low"][f.index()].as_f64().unwrap(), f64::from(f.low()));
        assert_eq!(json["high"][f.index()].as_f64().unwrap(), f64::from(f.high()));
        assert_eq!(json["names"][f.index()], f.name());
        assert_eq!(json["units"][f.index()], f.unit());
    }
}

#[test]
fn a_position_is_a_feature_or_an_error() {
    for (i, feature) in Feature::ALL.into_iter().enumerate() {
        assert_eq!(feature.index(), i);
        assert_eq!(Feature::from_index(i).unwrap(), feature);
    }
    assert_eq!(Feature::from_index(27).unwrap_err().kind(), ErrorKind::InvalidEnum);
}

proptest! {
    #[test]
    fn sanitizing_always_lands_in_the_box(bits in proptest::array::uniform27(any::<u32>())) {
        let before = Observation { values: bits.map(f32::from_bits) };
        let mut after = before;
        let replaced = after.sanitize();
        prop_assert!(after.check().is_ok());
        prop_assert!(Observation::new(after.values).is_ok());
        for f in Feature::ALL {
            let changed = before[f].to_bits() != after[f].to_bits();
            let reported = replaced & (1 << f.index()) != 0;
            let capped = f == Feature::BestValLoss && before[f] > 10.0;
            prop_assert_eq!(reported, changed && !capped, "{}", f.name());
            prop_assert_eq!(changed, f.check(before[f]).is_err());
        }
        prop_assert_eq!(replaced >> FEATURES, 0);
        prop_assert_eq!(after.sanitize(), 0);
    }

    #[test]
    fn near_the_box_too(index in 0..FEATURES, step in -3i32..=3, half in 0u8..2) {
        let feature = Feature::ALL[index];
        for end in [feature.low(), feature.high()] {
            let mut o = Observation::EMPTY;
            o.values[index] = end + step as f32 + f32::from(half) / 2.0;
            prop_assert_eq!(o.check().is_ok(), feature.check(o.values[index]).is_ok());
            o.sanitize();
            prop_assert!(o.check().is_ok());
        }
    }

    #[test]
    fn version_1_judges_as_the_observation_does(bits in proptest::array::uniform27(any::<u32>())) {
        let v1 = Observation::row_schema();
        let mut o = Observation { values: bits.map(f32::from_bits) };
        let mut row = o.values;
        prop_assert_eq!(v1.is_in_box(&row), o.check().is_ok());
        prop_assert_eq!(v1.sanitize(&mut row).unwrap(), u64::from(o.sanitize()));
        prop_assert_eq!(row.map(f32::to_bits), o.values.map(f32::to_bits));
        prop_assert!(v1.check(&row).is_ok());
    }

    #[test]
    fn a_row_near_the_box_is_judged_as_the_observation_is(index in 0..FEATURES, step in -3i32..=3, half in 0u8..2) {
        let feature = Feature::ALL[index];
        for end in [feature.low(), feature.high()] {
            let mut o = Observation::EMPTY;
            o.values[index] = end + step as f32 + f32::from(half) / 2.0;
            let (ours, theirs) = (Observation::row_schema().check(&o.values), o.check());
            prop_assert_eq!(ours.err().map(|e| e.to_string()), theirs.err().map(|e| e.to_string()));
        }
    }
}
