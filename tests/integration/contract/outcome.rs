use super::germinate;
use crate::prelude::*;

fn verdict() -> GateVerdict {
    GateVerdict { gate: GateLevel::G3, passed: false, score: 0.5, checks: Vec::new() }
}

fn full_outcome() -> CommandOutcome {
    let mut command = germinate();
    command.id = [7; 16];
    let metrics =
        SeedMetrics { epochs_total: 4, current_accuracy: 61.5, alpha: 0.5, ..SeedMetrics::default() };
    CommandOutcome::rejected(&command, 99, OutcomeCode::Gate, "alpha 0.5 of 0.95")
        .with_stages(SeedStage::Blending, SeedStage::Blending)
        .with_gate(&verdict())
        .with_metrics(metrics, Id::new("seed_0").unwrap())
}

#[test]
fn an_outcome_names_its_command_and_says_what_happened() {
    let outcome = full_outcome();
    outcome.check().unwrap();
    assert_eq!((outcome.command_id, outcome.command_sequence), ([7; 16], 99));
    assert_eq!((outcome.observation_sequence, outcome.writer_generation, outcome.env), (17, 2, 3));
    assert_eq!(outcome.status().unwrap(), OutcomeStatus::Rejected);
    assert_eq!(outcome.code().unwrap(), OutcomeCode::Gate);
    assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Blending, SeedStage::Blending)));
    assert_eq!(outcome.verdict().unwrap(), Some(verdict()));
    assert_eq!(outcome.seed(), Some(Id::new("seed_0").unwrap()));
    assert_eq!(outcome.metrics().unwrap().current_accuracy, 61.5);
    assert_eq!(outcome.text.to_string(), "alpha 0.5 of 0.95");

    let bare = CommandOutcome::executed(&germinate(), 1);
    bare.check().unwrap();
    assert_eq!((bare.stages().unwrap(), bare.verdict().unwrap()), (None, None));
    assert_eq!((bare.seed(), bare.metrics()), (None, None));
}

#[test]
fn only_accepted_leaves_an_answer_to_come() {
    let command = germinate();
    for outcome in [
        CommandOutcome::accepted(&command, 1),
        CommandOutcome::executed(&command, 1),
        CommandOutcome::rejected(&command, 1, OutcomeCode::Stale, ""),
        CommandOutcome::failed(&command, 1, OutcomeCode::Internal, ""),
    ] {
        outcome.check().unwrap();
        let status = outcome.status().unwrap();
        assert_eq!(status.is_final(), status != OutcomeStatus::Accepted);
    }
}

#[test]
fn a_malformed_command_can_be_answered() {
    let junk: AdaptationCommand = bytemuck::cast([0xff_u8; 248]);
    let outcome = CommandOutcome::rejected(&junk, 5, OutcomeCode::Malformed, &"é".repeat(40));
    outcome.check().unwrap();
    assert_eq!(outcome.command_id, [0xff; 16]);
    assert!(outcome.text_cut());
    assert!(!outcome.with_text("short").text_cut());
}

#[test]
fn a_code_stands_exactly_where_one_belongs() {
    let rejected = full_outcome();
    for bad in [CommandOutcome { code: 0, ..rejected }, CommandOutcome { status: 2, ..rejected }] {
        let e = bad.check().unwrap_err();
        assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("code"), "{e}");
    }
}
