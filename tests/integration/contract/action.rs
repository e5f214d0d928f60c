use crate::prelude::*;
use proptest::prelude::*;

#[test]
fn every_action_is_a_command_and_wait_too_when_asked_for() {
    let space = ActionSpace::cnn();
    assert!(space.command(ActionSpace::WAIT).unwrap().is_none());
    let wait = space.request(ActionSpace::WAIT).unwrap();
    assert_eq!(wait.command_type().unwrap(), CommandType::RequestState);
    assert_eq!((wait.risk().unwrap(), wait.present), (RiskLevel::Green, 0));
    let expected = [
        (space.germinate("norm").unwrap(), CommandType::Germinate, SeedStage::Germinated, RiskLevel::Yellow),
        (space.fossilize(), CommandType::AdvanceStage, SeedStage::Fossilized, RiskLevel::Yellow),
        (space.cull(), CommandType::Cull, SeedStage::Culled, RiskLevel::Orange),
    ];
    for (action, command_type, stage, risk) in expected {
        let command = space.request(action).unwrap();
        command.check().unwrap();
        assert_eq!(command.command_type().unwrap(), command_type);
        assert_eq!((command.target_stage().unwrap(), command.risk().unwrap()), (Some(stage), risk));
        assert_eq!(command, space.command(action).unwrap().unwrap());
    }
    assert_eq!(space.request(7).unwrap_err().kind(), ErrorKind::UnknownAction);
}

#[test]
fn actions_stand_by_parameters_then_name() {
    let space = ActionSpace::new("cnn", &[("wide", 7), ("b", 3), ("a", 3), ("lean", 0)]).unwrap();
    assert_eq!(
        space.names(),
        ["WAIT", "GERMINATE_LEAN", "GERMINATE_A", "GERMINATE_B", "GERMINATE_WIDE", "FOSSILIZE", "CULL"]
    );
    for (i, name) in space.names().iter().enumerate() {
        assert_eq!(space.name(i).unwrap(), name);
        assert_eq!(space.index_of(name).unwrap(), i);
    }
    assert_eq!(space.kind(0).unwrap(), ActionKind::Wait);
    assert_eq!(space.kind(4).unwrap(), ActionKind::Germinate("wide"));
    assert_eq!(space.kind(5).unwrap(), ActionKind::Fossilize);
    assert_eq!(space.kind(6).unwrap(), ActionKind::Cull);
    assert_eq!((space.fossilize(), space.cull(), space.len()), (5, 6, 7));
    assert_eq!((space.blueprint(2).unwrap(), space.germinate("a").unwrap()), ("a", 2));
    let unknown = [
        space.kind(7).unwrap_err(),
        space.name(usize::MAX).unwrap_err(),
        space.index_of("GERMINATE_C").unwrap_err(),
        space.blueprint(0).unwrap_err(),
        space.blueprint(5).unwrap_err(),
        space.germinate("A").unwrap_err(),
    ];
    for e in unknown {
        assert_eq!(e.kind(), ErrorKind::UnknownAction);
        assert!(!e.expected().is_empty() && !e.found().is_empty(), "{e}");
    }
}

#[test]
fn the_known_topologies() {
    let cnn = ActionSpace::cnn();
    assert_eq!(
        cnn.canonical(),
        "leyline-actions 1\ntopology cnn\naction 0 WAIT\naction 1 GERMINATE_NORM norm\n\
         action 2 GERMINATE_ATTENTION attention\naction 3 GERMINATE_DEPTHWISE depthwise\n\
         action 4 GERMINATE_CONV_ENHANCE conv_enhance\naction 5 FOSSILIZE\naction 6 CULL\n"
    );
    assert_eq!(cnn.topology(), "cnn");
    let transformer = ActionSpace::transformer();
    assert_eq!(transformer.kind(4).unwrap(), ActionKind::Germinate("mlp"));
    assert_ne!(cnn.fingerprint(), transformer.fingerprint());
    // sha256sum of the canonical texts.
    assert_eq!(hex(&cnn.fingerprint()), "318b60139cf2c94147fe9f2cf4cebb95");
    assert_eq!(hex(&transformer.fingerprint()), "eceb90255e68d2df2ba0a04a9bf62bd6");
}

#[test]
fn the_order_given_and_the_estimates_are_no_part_of_the_meaning() {
    let a = ActionSpace::new("t", &[("x", 1), ("y", 2)]).unwrap();
    assert_eq!(a, ActionSpace::new("t", &[("y", 90), ("x", 3)]).unwrap());
    let swapped = ActionSpace::new("t", &[("x", 2), ("y", 1)]).unwrap();
    assert_ne!(a.fingerprint(), swapped.fingerprint());
    let other_case = ActionSpace::new("t", &[("X", 1), ("y", 2)]).unwrap();
    assert_ne!(a.fingerprint(), other_case.fingerprint());
}

#[test]
fn a_space_that_would_be_ambiguous_is_refused() {
    let long = "x".repeat(40);
    #[allow(clippy::type_complexity)]
    let cases: [(&str, &[(&str, u64)], &str); 8] = [
        ("", &[], "topology"),
        ("a b", &[], "topology"),
        (&long, &[], "topology"),
        ("t", &[("", 1)], "blueprint"),
        ("t", &[("a\nb", 1)], "blueprint"),
        ("t", &[("\u{e4}", 1)], "blueprint"),
        ("t", &[(&long, 1)], "blueprint"),
        ("t", &[("conv", 1), ("CONV", 2)], "blueprint"),
    ];
    for (topology, blueprints, named) in cases {
        let e = ActionSpace::new(topology, blueprints).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains(named) && !e.found().is_empty(), "{e}");
    }
    let names: Vec<String> = (0..62).map(|i| format!("b{i}")).collect();
    let all: Vec<(&str, u64)> = names.iter().map(|n| (n.as_str(), 1)).collect();
    let fullest = ActionSpace::new("t", &all[..61]).unwrap();
    assert_eq!(fullest.len(), MAX_ACTIONS);
    assert!(ActionSpace::new("t", &all).is_err());
}

#[test]
fn a_canonical_text_reads_back_and_any_other_is_refused() {
    let longest: Vec<String> = (0..61).map(|i| format!("{i:x<39}")).collect();
    let longest: Vec<(&str, u64)> = longest.iter().map(|n| (n.as_str(), 1)).collect();
    for space in [
        ActionSpace::cnn(),
        ActionSpace::new("bare", &[]).unwrap(),
        ActionSpace::new(&"t".repeat(39), &longest).unwrap(),
    ] {
        assert_eq!(ActionSpace::from_canonical(space.canonical()).unwrap(), space);
    }
    let text = ActionSpace::cnn().canonical().to_owned();
    let hostile = [
        String::new(),
        text.replace("actions 1", "actions 2"),
        text.replace('\n', "\r\n"),
        text.replace("action 2", "action 3"),
        text.replace("GERMINATE_NORM", "GERMINATE_LORA"),
        text.replace("GERMINATE_NORM norm", "GERMINATE_NORM norm norm"),
        text.replace("norm", "NORM x"),
        text.replace("attention", "norm"),
        text.replace("topology cnn", "topology "),
        text.replace("action 6 CULL\n", ""),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{text}action 7 CULL\n"),
        text.repeat(1000),
        "\n".repeat(10_000),
    ];
    for text in hostile {
        let e = ActionSpace::from_canonical(&text).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Corrupt, "{text:?}");
        assert!(!e.found().is_empty());
    }
}

#[test]
fn the_space_is_json() {
    let space = ActionSpace::transformer();
    let json: serde_json::Value = serde_json::from_str(&space.space_json()).unwrap();
    assert_eq!(json["type"], "Discrete");
    assert_eq!((json["start"].as_u64(), json["n"].as_u64()), (Some(0), Some(7)));
    assert_eq!(json["dtype"], "int64");
    assert_eq!(json["names"], serde_json::json!(space.names()));
    assert_eq!(json["topology"], "transformer");
    assert_eq!(json["fingerprint"], hex(&space.fingerprint()));
}

proptest! {
    #[test]
    fn a_hostile_text_is_an_error_or_canonical(lines in proptest::collection::vec("[ -~]{0,30}|action [0-9] GERMINATE_[AB] [ab]|action [0-9] (WAIT|CULL|FOSSILIZE)", 0..8)) {
        let text = format!("leyline-actions 1\ntopology t\n{}\n", lines.join("\n"));
        if let Ok(space) = ActionSpace::from_canonical(&text) {
            prop_assert_eq!(space.canonical(), text);
        }
    }
}
