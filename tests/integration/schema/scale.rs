use crate::prelude::*;

/// Returns the schema of a row of one number, between two bounds, with that scale and that rule for
/// missing values.
fn row([low, high]: [f64; 2], scale: &str, missing: &str) -> Result<RowSchema> {
    let field = Field {
        name: "f".into(),
        ty: FieldType::F32,
        count: 1,
        offset: 0,
        unit: "-".into(),
        low,
        high,
        scale: scale.to_owned().into(),
        missing: missing.to_owned().into(),
    };
    let schema = Schema::new("s", 1, 4, vec![field])?;
    RowSchema::from_schema(&schema.with_parameters(&[("a", 0.5), ("b", 2.5), ("d", 4.0), ("zero", 0.0)])?)
}

const ANY: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

#[test]
fn the_words_that_are_understood() {
    // A missing value that is given in its unit is scaled, if the scale is understood.
    let at = |word, x: f64| row(ANY, word, &format!("x={x}")).map(|row| row.missing()[0]);
    for (word, x, number) in [
        ("raw", 3.5, 3.5),
        ("x/d", 2.0, 0.5),
        ("x/100", 25.0, 0.25),
        ("(x-a)/(b-a)", 2.5, 1.0),
        ("clip(x/d,-1,0.5)", 4.0, 0.5),
        ("clip(x/d,-1,0.5)", -40.0, -1.0),
        ("S((x-a)/(b-a))", 1.5, 0.5),
        ("S(x/d)", -4.0 * std::f64::consts::E, -2.0),
        ("S(x/d)", 1e9, 10.0),
        ("S(x/d)", -1e9, -10.0),
    ] {
        assert_eq!(at(word, x).unwrap(), number, "{word}");
    }
    for word in [
        "log",
        "x",
        "x/",
        "x/zero",
        "x/-1",
        "x/1e3",
        "x/inf",
        "y/d",
        "(x-a)/(b-d)",
        "(x-b)/(a-b)",
        "S(x/d",
        "S(x)",
        "clip(x/d,1,0)",
        "clip(x/d,0)",
        "clip(x/d,0,1,2)",
        "Raw",
        "x/nothing",
    ] {
        let e = at(word, 1.0).unwrap_err();
        assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("x=1"), "{word}: {e}");
        row(ANY, word, "none").unwrap();
    }
}

#[test]
fn what_missing_reads() {
    let number = |bounds, word, rule| row(bounds, word, rule).unwrap().missing()[0];
    assert_eq!(number([2.0, 9.0], "x/d", "none"), 2.0);
    assert_eq!(number(ANY, "log", "0.25"), 0.25);
    assert_eq!(number(ANY, "x/d", "x=2"), 0.5);
    for rule in ["x=2", "zero", "x=", "NaN", "1e3"] {
        let e = row(ANY, "log", rule).unwrap_err();
        assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains(rule), "{rule}: {e}");
    }
}
