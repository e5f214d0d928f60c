use crate::prelude::*;
use std::sync::Arc;

type Spoil = fn(&mut BlueprintSpec);

#[test]
fn a_blueprint_starts_from_the_baseline_and_carries_what_it_is_given() {
    let bare = BlueprintSpec::new("norm", "cnn", 100).unwrap();
    bare.check().unwrap();
    assert_eq!((bare.id, bare.name, bare.max_channels()), (bare.name, bare.id, None));
    assert_eq!((bare.compute_cost, bare.memory_cost), (1.0, 1.0));
    assert_eq!((bare.training_epochs, bare.blending_epochs, bare.min_channels), (5, 5, 1));

    let mut full = bare
        .with_name("layer norm")
        .and_then(|b| b.with_channels(8, Some(512)))
        .and_then(|b| b.with_costs(0.1, 2.5))
        .unwrap()
        .with_description(&"x".repeat(64))
        .with_epochs(3, 7)
        .with_env(2);
    for i in 0..10 {
        full = full.with_tag(&format!("tag_{i}")).unwrap();
    }
    full.check().unwrap();
    assert_eq!((full.max_channels(), full.description_cut()), (Some(512), true));
    assert_eq!((full.tags().unwrap().len(), full.tags_dropped), (8, 2));
    assert_eq!(full.tags().unwrap()[7].to_string(), "tag_7");
    assert!(!full.with_description("short").description_cut());
    assert_eq!(full.with_channels(1, None).unwrap().max_channels(), None);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let bare = BlueprintSpec::new("norm", "cnn", 100).unwrap();
    let refused = [
        (BlueprintSpec::new("", "cnn", 1), ErrorKind::InvalidArgument, "id"),
        (BlueprintSpec::new("a b", "cnn", 1), ErrorKind::InvalidArgument, "id"),
        (BlueprintSpec::new("a", "c n n", 1), ErrorKind::InvalidArgument, "topology"),
        (BlueprintSpec::new(&"x".repeat(40), "cnn", 1), ErrorKind::InvalidArgument, "id"),
        (bare.with_name(""), ErrorKind::InvalidId, "name"),
        (bare.with_name(&"x".repeat(40)), ErrorKind::InvalidId, "name"),
        (bare.with_tag(""), ErrorKind::InvalidId, "tags"),
        (bare.with_channels(0, None), ErrorKind::OutOfRange, "channels"),
        (bare.with_channels(9, Some(8)), ErrorKind::OutOfRange, "channels"),
        (bare.with_costs(-1.0, 1.0), ErrorKind::OutOfRange, "compute_cost"),
        (bare.with_costs(1.0, f32::NAN), ErrorKind::NotFinite, "memory_cost"),
    ];
    for (result, kind, name) in refused {
        let e = result.unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
    }
    let cases: [(Spoil, ErrorKind, &str); 3] = [
        (|b| b.id = Id::EMPTY, ErrorKind::InvalidArgument, "id"),
        (|b| b.topology = Id::new("c n n").unwrap(), ErrorKind::InvalidArgument, "topology"),
        (|b| (b.present, b.min_channels, b.max_channels) = (1, 9, 8), ErrorKind::OutOfRange, "channels"),
    ];
    for (spoil, kind, name) in cases {
        let mut b = bare;
        spoil(&mut b);
        let e = b.check().unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
    }
}

#[test]
fn the_spaces_of_the_contract_are_registered_from_the_start() {
    let cnn = ActionSpace::of_topology("cnn").unwrap();
    assert_eq!(*cnn, ActionSpace::cnn());
    assert_eq!(*ActionSpace::of_topology("transformer").unwrap(), ActionSpace::transformer());
    assert!(Arc::ptr_eq(&cnn, &ActionSpace::of_topology("cnn").unwrap()), "made once");
    assert_eq!(find("transformer", "lora").unwrap().parameters, 6000);
    for (topology, id) in [("cnn", "lora"), ("rnn", "norm"), ("", "")] {
        let e = find(topology, id).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::UnknownAction);
        assert!(e.expected().contains(if topology == "cnn" { "depthwise" } else { "transformer" }), "{e}");
    }
}

/// On a topology of its own: the registry is shared with the other tests.
#[test]
fn registering_makes_another_space_and_the_old_one_stays_as_it_was() {
    let of = |id: &str, parameters| BlueprintSpec::new(id, "registry-test", parameters).unwrap();
    assert!(ActionSpace::of_topology("registry-test").is_err());
    register(&of("wide", 7)).unwrap();
    let first = ActionSpace::of_topology("registry-test").unwrap();
    for blueprint in [of("b", 3), of("a", 3), of("b", 3)] {
        register(&blueprint).unwrap();
    }
    let ids: Vec<_> = of_topology("registry-test").unwrap().iter().map(|b| b.id.to_string()).collect();
    assert_eq!(ids, ["a", "b", "wide"], "ties by name");
    let space = ActionSpace::of_topology("registry-test").unwrap();
    assert_eq!(*space, ActionSpace::new("registry-test", &[("wide", 7), ("a", 3), ("b", 3)]).unwrap());
    assert_eq!(first.len(), 4);
    assert!(topologies().contains(&"registry-test".to_owned()));

    // Refused, and nothing changed: another b, a B, something that fails its check.
    for bad in [of("b", 4), of("B", 9), BlueprintSpec { compute_cost: f32::NAN, ..of("c", 1) }] {
        assert!(register(&bad).is_err());
    }
    assert!(Arc::ptr_eq(&space, &ActionSpace::of_topology("registry-test").unwrap()));

    assert_eq!(unregister("registry-test", "b").unwrap(), of("b", 3));
    assert_eq!(unregister("registry-test", "b").unwrap_err().kind(), ErrorKind::UnknownAction);
    register(&of("b", 4)).unwrap();
    assert_eq!(ActionSpace::of_topology("registry-test").unwrap().germinate("b").unwrap(), 2);
    for id in ["a", "b", "wide"] {
        unregister("registry-test", id).unwrap();
    }
    assert!(!topologies().contains(&"registry-test".to_owned()));
}

#[test]
fn a_topology_has_61_blueprints_at_most() {
    let of = |i: u64| BlueprintSpec::new(&format!("b{i}"), "crowd", i).unwrap();
    for i in 0..61 {
        register(&of(i)).unwrap();
    }
    assert_eq!(register(&of(61)).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(ActionSpace::of_topology("crowd").unwrap().len(), 64);
    for i in 0..61 {
        unregister("crowd", &format!("b{i}")).unwrap();
    }
}
