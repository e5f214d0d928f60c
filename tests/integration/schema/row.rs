use crate::prelude::*;

#[test]
fn what_is_no_space_of_observations_is_refused() {
    let field = |name: &'static str, offset| Field {
        name: name.into(),
        ty: FieldType::F32,
        count: 1,
        offset,
        unit: "-".into(),
        low: 0.0,
        high: 1.0,
        scale: "raw".into(),
        missing: "none".into(),
    };
    let refused = |size, fields| {
        let e = RowSchema::from_schema(&Schema::new("x", 1, size, fields).unwrap()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        e.to_string()
    };
    assert!(refused(12, vec![field("a", 0), field("b", 4)]).contains("2 fields in 12 bytes"));
    assert!(refused(8, vec![Field { count: 2, ..field("a", 0) }]).contains("1 fields in 8 bytes"));
    let late = [Field { ty: FieldType::U16, ..field("a", 0) }, Field { ty: FieldType::U16, ..field("b", 2) }];
    assert!(refused(8, late.to_vec()).contains("one f32 at 0"));
    assert!(refused(4, vec![Field { ty: FieldType::U32, ..field("a", 0) }]).contains("\"a\": 1 u32 at 0"));
    assert!(refused(4, vec![Field { missing: "2".into(), ..field("a", 0) }]).contains("\"a\": 2"));
    assert!(refused(4, vec![Field { missing: "zero".into(), ..field("a", 0) }]).contains("zero"));
    let half = Field { scale: "whole".into(), high: 1.5, ..field("a", 0) };
    assert!(refused(4, vec![half]).contains("whole"));
    let builder = || RowSchema::builder("b", 1);
    assert!(builder().build().is_err());
    assert!(builder().real("a", "-", 0.0, 1.0).real("a", "-", 0.0, 1.0).build().is_err());
    assert!(builder().real("a", "-", 1.0, 0.0).build().is_err());
    assert!(builder().real("a b", "-", 0.0, 1.0).build().is_err());
    assert!(builder().real("a", "-", 0.0, 1.0).parameter("p", f64::INFINITY).build().is_err());
    let wide = |n: usize| (0..n).fold(builder(), |b, i| b.real(&format!("f{i}"), "-", 0.0, 1.0)).build();
    assert_eq!(wide(MAX_WIDTH).unwrap().width(), 4096);
    assert_eq!(wide(MAX_WIDTH + 1).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn every_bound_of_a_space_is_finite() {
    let schema = RowSchema::builder("x", 1).real("a", "-", f64::NEG_INFINITY, 1e300).build().unwrap();
    assert_eq!((schema.low()[0], schema.high()[0]), (f32::MIN, f32::MAX));
    let mut row = [f32::INFINITY];
    assert_eq!(schema.check(&row).unwrap_err().kind(), ErrorKind::NotFinite);
    assert_eq!((schema.sanitize(&mut row).unwrap(), row), (1, [f32::MAX]));
}

#[test]
fn the_last_bit_stands_for_all_that_follow() {
    let builder = RowSchema::builder("wide", 1);
    let schema = (0..70).fold(builder, |b, i| b.real(&format!("f{i}"), "-", 0.0, 1.0)).build().unwrap();
    for (i, bit) in [(0, 0), (62, 62), (63, 63), (64, 63), (69, 63)] {
        let mut row = [0.5; 70];
        row[i] = 2.0;
        assert_eq!((schema.sanitize(&mut row).unwrap(), row[i]), (1 << bit, 1.0));
    }
}

#[test]
fn the_json_of_a_space_reads_back_whatever_its_names_are() {
    let schema = RowSchema::builder("a\"b", 7)
        .real("c\\d", "\u{b5}s", -0.1, 3e38)
        .scaled("x/p")
        .parameter("p", 0.1)
        .build()
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&schema.space_json()).unwrap();
    assert_eq!((&json["schema"], &json["version"]), (&"a\"b".into(), &7.into()));
    assert_eq!((&json["names"][0], &json["units"][0]), (&"c\\d".into(), &"\u{b5}s".into()));
    assert_eq!((&json["scales"][0], &json["parameters"]["p"]), (&"x/p".into(), &0.1.into()));
    assert_eq!(json["low"][0].as_f64().unwrap() as f32, -0.1f32);
    assert_eq!(json["high"][0].as_f64().unwrap() as f32, 3e38f32);
}

#[test]
fn a_nan_in_a_programs_own_row_is_the_worst_that_name_and_unit_tell_or_the_missing_value() {
    let own = RowSchema::builder("own", 1)
        .real("Dice_Loss", "nats", -1.0, 7.0)
        .missing(2.0)
        .real("LOSS_DELTA_EMA", "nats", -4.0, 4.0)
        .real("TOP5_ACC", "percent", 5.0, 100.0)
        .missing(50.0)
        .real("IMPROVEMENT", "pp", -9.0, 9.0)
        .real("GRAD_NORM", "-", 0.0, 1e3)
        // Neither says which way is worse, or not both do.
        .real("LOSS", "-", 0.0, 8.0)
        .real("LOG_PROBABILITY", "nats", -8.0, 0.0)
        .missing(-3.0)
        .real("ERROR_RATE", "percent", 1.0, 100.0)
        .build()
        .unwrap();
    let worst = [7.0, -4.0, 5.0, -9.0, 1e3, 0.0, -3.0, 1.0];
    assert_eq!(own.worst(), worst);
    assert!(own.check(own.worst()).is_ok());
    let mut row = [f32::NAN; 8];
    assert_eq!((own.sanitize(&mut row).unwrap(), row), (0xff, worst));
    // Whoever has the text has the rule, and the text says nothing of it.
    let text = own.schema().canonical();
    let read = RowSchema::from_schema(&Schema::from_canonical(&text).unwrap()).unwrap();
    assert_eq!((read.worst(), read.missing()[0]), (own.worst(), 2.0));
}

#[test]
fn the_bits_of_a_mask_have_names() {
    let names_of = |width: usize, mask: u64| {
        let builder = RowSchema::builder("wide", 1);
        let named = (0..width).fold(builder, |b, i| b.real(&format!("F{i}"), "-", 0.0, 1.0));
        named.build().unwrap().names_of(mask)
    };
    assert_eq!(Observation::row_schema().names_of(0b1100), "TRAIN_LOSS, VAL_LOSS");
    assert_eq!(names_of(3, 0), "");
    assert_eq!(names_of(3, u64::MAX), "F0, F1, F2");
    assert_eq!(names_of(64, 1 << 63 | 1 << 62), "F62, F63");
    assert_eq!(names_of(65, 1 << 63 | 1), "F0, F63 or a later one");
}
