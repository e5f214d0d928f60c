use crate::prelude::*;
use std::fmt;

fn start(version: u32) -> RowSchemaBuilder {
    RowSchema::builder("mine", version)
}

fn version(version: u32) -> RowSchema {
    start(version).real("LOSS", "nats", 0.0, 10.0).whole("EPOCH", "epochs", 0.0, 100.0).build().unwrap()
}

fn refused<T: fmt::Debug>(result: Result<T>, kind: ErrorKind, words: &[&str]) {
    let e = result.unwrap_err();
    assert_eq!(e.kind(), kind, "{e}");
    for word in words {
        assert!(e.to_string().contains(word), "{word}: {e}");
    }
}

#[test]
fn a_name_and_version_mean_one_schema() {
    let registry = Registry::new();
    registry.register(&version(1)).unwrap();
    registry.register(&version(1)).unwrap();
    registry.register(&version(3)).unwrap();
    assert_eq!(registry.versions("mine"), [1, 3]);
    assert_eq!(registry.find("mine", 3).unwrap(), version(3));
    let other = start(1).real("LOSS", "nats", 0.0, 11.0).build().unwrap();
    refused(registry.register(&other), ErrorKind::SchemaMismatch, &["field 0 LOSS", "another version"]);
    refused(registry.find("mine", 2), ErrorKind::NotFound, &["mine", "version 2", "1, 3"]);
    refused(registry.find("yours", 1), ErrorKind::NotFound, &["no schema of that name"]);
}

#[test]
fn fields_are_copied_converted_defaulted_and_dropped_by_name() {
    let registry = Registry::new();
    let from = start(1)
        .real("GONE", "-", 0.0, 1.0)
        .real("LOSS", "nats", 0.0, 10.0)
        .whole("EPOCH", "epochs", 0.0, 100.0)
        .build()
        .unwrap();
    let to = start(2)
        .whole("EPOCH", "epochs", 0.0, 100.0)
        .real("LOSS", "bits", 0.0, 14.0)
        .real("NEW", "-", -1.0, 1.0)
        .missing(-1.0)
        .build()
        .unwrap();
    refused(
        registry.migration(&from, &to),
        ErrorKind::SchemaMismatch,
        &["mine 1 to mine 2: LOSS", "bits 0 to 14", "nats 0 to 10", "register a converter"],
    );
    let bits = |row: &[f32]| row[1] / std::f32::consts::LN_2;
    registry.register_converter(&from, &to, "LOSS", bits).unwrap();
    let migration = registry.migration(&from, &to).unwrap();
    let names = |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).to_owned()).collect() };
    assert_eq!(
        *migration.report(),
        MigrationReport {
            copied: names(&["EPOCH"]),
            converted: names(&["LOSS"]),
            defaulted: names(&["NEW"]),
            dropped: names(&["GONE"]),
        }
    );
    assert_eq!(
        migration.report().to_string(),
        "copied (1): EPOCH\nconverted (1): LOSS\ndefaulted (1): NEW\ndropped (1): GONE"
    );
    assert_eq!((migration.from(), migration.to()), (&from, &to));
    let mut out = [9.0; 6];
    let rows = [0.5, std::f32::consts::LN_2, 7.0, 0.5, 10.0, 8.0];
    // 10 nats are more than 14 bits.
    assert_eq!(migration.apply_rows(&rows, 2, &mut out).unwrap(), 1 << 1);
    assert_eq!(out, [7.0, 1.0, -1.0, 8.0, 14.0, -1.0]);
    refused(migration.apply(&rows, &mut out[..3]), ErrorKind::InvalidArgument, &["mine 1", "1 x 3", "6"]);
    refused(migration.apply_rows(&rows, 2, &mut out[..5]), ErrorKind::InvalidArgument, &["2 x 3", "5"]);
    registry.register_converter(&from, &to, "LOSS", |_| f32::NAN).unwrap();
    assert_eq!(registry.migration(&from, &to).unwrap().apply(&rows[..3], &mut out[..3]).unwrap(), 1 << 1);
    assert_eq!(out[1], 0.0);
    // A later converter does not change a plan.
    assert_eq!(migration.apply(&rows[..3], &mut out[..3]).unwrap(), 0);
    assert_eq!(out[1], 1.0);
}

#[test]
fn schemas_without_a_field_in_common_are_unrelated() {
    let registry = Registry::new();
    let other = start(5).real("ELSE", "-", 0.0, 1.0).build().unwrap();
    refused(
        registry.migration(&version(1), &other),
        ErrorKind::SchemaMismatch,
        &["mine 1 to mine 5", "a field in common", "unrelated"],
    );
    registry.register_converter(&version(1), &other, "ELSE", |row| row[0] / 10.0).unwrap();
    assert_eq!(registry.migration(&version(1), &other).unwrap().report().converted, ["ELSE"]);
}

#[test]
fn who_registers_a_converter_wants_it_used() {
    let registry = Registry::new();
    assert_eq!(registry.migration(&version(1), &version(2)).unwrap().report().copied, ["LOSS", "EPOCH"]);
    registry.register_converter(&version(1), &version(2), "LOSS", |row| row[0] / 2.0).unwrap();
    let migration = registry.migration(&version(1), &version(2)).unwrap();
    assert_eq!(
        (&*migration.report().copied, &*migration.report().converted),
        (&["EPOCH".into()][..], &["LOSS".into()][..])
    );
    let mut row = [0.0; 2];
    migration.apply(&[3.0, 4.0], &mut row).unwrap();
    assert_eq!(row, [1.5, 4.0]);
}

#[test]
fn a_converter_needs_a_field_and_two_schemas() {
    let registry = Registry::new();
    refused(
        registry.register_converter(&version(1), &version(2), "NONE", |_| 0.0),
        ErrorKind::InvalidArgument,
        &["NONE", "mine"],
    );
    refused(
        registry.register_converter(&version(1), &version(1), "LOSS", |_| 0.0),
        ErrorKind::InvalidArgument,
        &["two schemas that differ"],
    );
}

#[test]
fn a_field_is_copied_only_if_it_means_the_same() {
    let registry = Registry::new();
    let field = || start(1).real("LOSS", "nats", 0.0, 10.0);
    let scaled = |word: &str, p: f64| field().scaled(word).parameter("p", p).build().unwrap();
    let plain = field().build().unwrap();
    let others = [
        start(2).real("LOSS", "bits", 0.0, 10.0).build().unwrap(),
        start(2).real("LOSS", "nats", -1.0, 10.0).build().unwrap(),
        start(2).real("LOSS", "nats", 0.0, 9.0).build().unwrap(),
        start(2).whole("LOSS", "nats", 0.0, 10.0).build().unwrap(),
        scaled("log", 1.0),
        scaled("x/p", 1.0),
    ];
    for other in &others {
        refused(registry.migration(&plain, other), ErrorKind::SchemaMismatch, &["LOSS"]);
    }
    // The same formula with another parameter; an unused parameter; a formula that is not
    // understood.
    let copied = |a, b| registry.migration(&a, &b).is_ok();
    assert!(!copied(scaled("x/p", 2.0), scaled("x/p", 3.0)));
    assert!(copied(scaled("x/p", 2.0), scaled("x/2", 3.0)));
    assert!(copied(scaled("log(x)", 2.0), scaled("log(x)", 2.0)));
    assert!(!copied(scaled("log(x)", 2.0), scaled("log(x)", 3.0)));
    assert!(!copied(scaled("log(x)", 2.0), scaled("ln(x)", 2.0)));
    assert!(copied(plain, start(2).real("LOSS", "nats", 0.0, 10.0).missing(10.0).build().unwrap()));
}

#[test]
fn many_threads_may_use_one() {
    let registry = Registry::new();
    std::thread::scope(|scope| {
        for t in 1..=4 {
            let registry = &registry;
            scope.spawn(move || {
                for v in 1..50 {
                    registry.register(&version(v * t)).unwrap();
                    assert_eq!(registry.find("mine", v * t).unwrap(), version(v * t));
                }
            });
        }
    });
    assert_eq!(registry.versions("mine").first(), Some(&1));
}
