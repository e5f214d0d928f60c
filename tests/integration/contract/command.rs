use super::germinate;
use crate::prelude::*;

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_new_command_is_sure_green_and_carries_nothing() {
    let command = AdaptationCommand::new(CommandType::RequestState);
    command.check().unwrap();
    assert_eq!(command.confidence, 1.0);
    assert_eq!(command.risk().unwrap(), RiskLevel::Green);
    assert_eq!((command.alpha(), command.learning_rate()), (None, None));
    assert_eq!((command.blueprint(), command.action()), (None, None));
    assert_eq!(command.target_stage().unwrap(), None);
}

#[test]
fn what_was_put_in_comes_out() {
    let command = germinate()
        .with_alpha(0.25)
        .and_then(|c| c.with_learning_rate(1e-3))
        .and_then(|c| c.with_confidence(0.5))
        .and_then(|c| c.with_target_seed("layer_0_post_block-conv_heavy"))
        .and_then(|c| c.with_target_slot("layer_0_post_block"))
        .unwrap()
        .with_reason("plateau");
    command.check().unwrap();
    assert_eq!(command.command_type().unwrap(), CommandType::Germinate);
    assert_eq!(command.target_stage().unwrap(), Some(SeedStage::Germinated));
    assert_eq!(command.risk().unwrap(), RiskLevel::Yellow);
    assert_eq!(command.blueprint(), Some(Id::new("conv_enhance").unwrap()));
    assert_eq!((command.alpha(), command.learning_rate()), (Some(0.25), Some(1e-3)));
    assert_eq!((command.action(), command.env), (Some(4), 3));
    assert_eq!((command.observation_sequence, command.writer_generation), (17, 2));
    assert_eq!(command.target_seed.as_str().unwrap(), "layer_0_post_block-conv_heavy");
    assert_eq!(command.reason.to_string(), "plateau");
    assert!(!command.reason_cut());
}

#[test]
fn numbers_outside_their_range_are_refused_and_named() {
    let command = AdaptationCommand::new(CommandType::SetAlpha);
    for bad in [-0.1, 1.000_001] {
        assert_eq!(kind(command.with_alpha(bad)), ErrorKind::OutOfRange);
        assert_eq!(kind(command.with_confidence(bad)), ErrorKind::OutOfRange);
    }
    for bad in [0.0, -1.0] {
        assert_eq!(kind(command.with_learning_rate(bad)), ErrorKind::OutOfRange);
    }
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(kind(command.with_alpha(bad)), ErrorKind::NotFinite);
        assert_eq!(kind(command.with_learning_rate(bad)), ErrorKind::NotFinite);
        assert_eq!(kind(command.with_confidence(bad)), ErrorKind::NotFinite);
    }
    for edge in [0.0, 1.0] {
        command.with_alpha(edge).unwrap().check().unwrap();
    }
    let e = command.with_alpha(2.0).unwrap_err().to_string();
    assert!(e.contains("alpha") && e.contains("0 to 1") && e.contains('2'), "{e}");
}

#[test]
fn an_overlong_id_is_refused_and_a_long_reason_is_cut_and_flagged() {
    let long = "x".repeat(40);
    let command = AdaptationCommand::new(CommandType::Cull);
    assert_eq!(kind(command.with_target_seed(&long)), ErrorKind::InvalidId);
    assert_eq!(kind(command.with_target_slot(&long)), ErrorKind::InvalidId);
    assert_eq!(kind(command.with_blueprint(&long)), ErrorKind::InvalidId);
    assert_eq!(kind(command.with_blueprint("")), ErrorKind::InvalidId);

    let cut = command.with_reason(&"x".repeat(64));
    assert!(cut.reason_cut());
    assert_eq!(cut.reason.as_bytes().len(), 63);
    cut.check().unwrap();
    assert!(!cut.with_reason("short").reason_cut());
}

#[test]
fn a_command_must_carry_what_its_type_needs() {
    for (command_type, field) in [
        (CommandType::Germinate, "blueprint"),
        (CommandType::AdvanceStage, "target_stage"),
        (CommandType::SetAlpha, "alpha"),
        (CommandType::SetLearningRate, "learning_rate"),
    ] {
        let e = AdaptationCommand::new(command_type).check().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains(field), "{e}");
    }
    for command_type in
        [CommandType::Cull, CommandType::PauseSeed, CommandType::ResumeSeed, CommandType::RequestState]
    {
        AdaptationCommand::new(command_type).check().unwrap();
    }
    let still = AdaptationCommand::new(CommandType::SetLearningRate).with_learning_rate(1.0).unwrap();
    assert_eq!(kind(AdaptationCommand { learning_rate: 0.0, ..still }.check()), ErrorKind::OutOfRange);
}
