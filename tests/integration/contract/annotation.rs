use crate::prelude::*;

#[test]
fn an_annotation_is_told_from_a_command_and_never_taken_for_one() {
    let pair = CommandAnnotation::new("policy", "v7 \u{2013} greedy").unwrap();
    let record: AdaptationCommand = bytemuck::cast(pair);
    assert_eq!(CommandAnnotation::of_record(&record), Some(pair));
    assert_eq!((pair.key().unwrap(), pair.value().unwrap()), ("policy", "v7 \u{2013} greedy"));
    assert!(pair.check().is_ok());
    assert!(record.check().is_err() && record.command_type().is_err());
    assert_eq!(CommandAnnotation::of_record(&AdaptationCommand::new(CommandType::Cull)), None);
    assert!(CommandType::ALL.iter().all(|t| t.value() != CommandAnnotation::MARK));
}

#[test]
fn nothing_is_cut() {
    let (key, value) = ("k".repeat(39), "v".repeat(183));
    assert_eq!(CommandAnnotation::new(&key, &value).unwrap().value().unwrap(), value);
    for (key, value, kind) in [
        ("k".repeat(40), String::new(), ErrorKind::InvalidId),
        (String::new(), String::new(), ErrorKind::InvalidId),
        ("k".into(), "v".repeat(184), ErrorKind::InvalidArgument),
        ("k".into(), "a\0b".into(), ErrorKind::InvalidArgument),
    ] {
        assert_eq!(CommandAnnotation::new(&key, &value).unwrap_err().kind(), kind);
    }
}

#[test]
fn an_index_that_its_command_has_no_annotation_of_is_refused() {
    let good = CommandAnnotation { count: 2, index: 1, ..CommandAnnotation::new("k", "v").unwrap() };
    good.check().unwrap();
    let e = CommandAnnotation { index: 2, ..good }.check().unwrap_err();
    assert!(e.kind() == ErrorKind::OutOfRange && e.to_string().contains("index"), "{e}");
}
