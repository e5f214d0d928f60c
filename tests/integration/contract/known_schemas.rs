use crate::prelude::*;

#[test]
fn the_registry_knows_the_schemas_of_the_library() {
    let title =
        |s: &leyline::schema::row::RowSchema| format!("{} {}", s.schema().name(), s.schema().version());
    let known: Vec<String> = known_schemas().schemas().iter().map(title).collect();
    assert_eq!(
        known,
        [
            "normalized.cifar10 1",
            "normalized.tinystories 1",
            "observation 1",
            "observation.cifar10 2",
            "observation.tinystories 2"
        ]
    );
    let cifar = Normalizer::new(&Task::cifar10()).unwrap();
    assert_eq!(&registry().find("observation.cifar10", 2).unwrap(), cifar.version_2_schema());
}
