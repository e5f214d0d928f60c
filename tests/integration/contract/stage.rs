use crate::prelude::*;

/// The eleven rows of the contract's table, as bits of the stages that may follow.
const FOLLOWS: [u16; 11] = [
    1 << 1,
    1 << 2,
    1 << 3 | 1 << 8,
    1 << 4 | 1 << 8,
    1 << 5 | 1 << 8,
    1 << 6 | 1 << 8,
    1 << 7 | 1 << 8,
    0,
    1 << 9,
    1 << 10,
    1 << 1,
];

#[test]
fn all_121_pairs_of_stages_are_as_in_the_contract() {
    for (from, follows) in SeedStage::ALL.iter().zip(FOLLOWS) {
        for to in SeedStage::ALL {
            assert_eq!(from.can_go_to(*to), follows >> to.value() & 1 == 1, "{from} -> {to}");
        }
    }
}

#[test]
fn a_seed_is_alive_from_germination_to_probation() {
    for stage in SeedStage::ALL {
        assert_eq!(stage.is_alive_in_slot(), (2..=6).contains(&stage.value()), "{stage}");
    }
}

#[test]
fn a_number_or_name_that_stands_for_nothing_is_an_error_that_lists_what_does() {
    for bad in [11, 12, 255, 256, 1 << 16, u32::MAX] {
        assert_eq!(SeedStage::from_value(bad).unwrap_err().kind(), ErrorKind::InvalidEnum);
    }
    for bad in [0, 6] {
        assert!(RiskLevel::from_value(bad).is_err());
    }
    for bad in [0, 9] {
        assert!(CommandType::from_value(bad).is_err());
    }
    for bad in [0, 10] {
        assert!(SeedOperation::from_value(bad).is_err());
    }
    for bad in ["", "training", "TRAINING ", "G0"] {
        assert!(SeedStage::from_name(bad).is_err());
    }
    let e = GateLevel::from_value(6).unwrap_err();
    assert_eq!(e.expected(), "one of G0 0, G1 1, G2 2, G3 3, G4 4, G5 5");
    assert_eq!(e.found(), "6");
    assert!(e.to_string().contains("gate"));
}

#[test]
fn each_gated_stage_has_one_gate_and_the_others_none() {
    for gate in GateLevel::ALL {
        assert_eq!(GateLevel::for_entry_to(gate.guards()), Some(*gate));
    }
    for stage in SeedStage::ALL {
        let gated = (SeedStage::Germinated..=SeedStage::Fossilized).contains(stage);
        assert_eq!(GateLevel::for_entry_to(*stage).is_some(), gated, "{stage}");
    }
}

#[test]
fn a_failed_verdict_says_what_was_needed_and_found() {
    let check = |name, passed, needed: &str, found: &str| GateCheck {
        name,
        passed,
        needed: needed.into(),
        found: found.into(),
    };
    let verdict = GateVerdict {
        gate: GateLevel::G2,
        passed: false,
        score: 0.08,
        checks: vec![
            check("improvement_since_stage_start", false, ">= 0.5 pp", "0.4 pp"),
            check("isolation_violations", true, "<= 10", "0"),
            check("epochs_in_stage", false, ">= 3", "2"),
        ],
    };
    assert_eq!(
        verdict.into_result().unwrap_err().to_string(),
        "the gate did not pass: G2 into BLENDING, score 0.080; \
         expected improvement_since_stage_start >= 0.5 pp, epochs_in_stage >= 3; \
         found improvement_since_stage_start 0.4 pp, epochs_in_stage 2"
    );
}
