//! Commands on a seed slot, and what becomes of its seed from epoch to epoch.

use leyline::contract::action::ActionSpace;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use leyline::contract::stage::{CommandType, GateLevel, SeedStage};
use leyline::contract::telemetry::EventType;
use leyline::seed::apply::Germination;
use leyline::seed::gates::GateThresholds;
use leyline::seed::host::SeedHost;
use leyline::seed::lifecycle::SeedLifecycle;
use leyline::seed::tracker::SignalTracker;
use leyline::{ErrorKind, Feature};

/// Notes what it is called for.
#[derive(Default)]
struct Notes {
    said: Vec<String>,
    refuses: bool,
}

impl SeedHost for Notes {
    fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> Result<(), String> {
        if self.refuses {
            return Err("no memory is left".into());
        }
        self.said.push(format!("germinate {slot} {seed} {blueprint}"));
        Ok(())
    }
    fn cull(&mut self, slot: &str) {
        self.said.push(format!("cull {slot}"));
    }
    fn fossilize(&mut self, slot: &str) {
        self.said.push(format!("fossilize {slot}"));
    }
    fn alpha(&mut self, slot: &str, alpha: f32) {
        self.said.push(format!("alpha {slot} {alpha}"));
    }
    fn learning_rate(&mut self, slot: &str, learning_rate: f32) {
        self.said.push(format!("rate {slot} {learning_rate}"));
    }
    fn pause(&mut self, slot: &str) {
        self.said.push(format!("pause {slot}"));
    }
    fn resume(&mut self, slot: &str) {
        self.said.push(format!("resume {slot}"));
    }
    fn stage(&mut self, slot: &str, from: SeedStage, to: SeedStage) {
        self.said.push(format!("{slot} {from} {to}"));
    }
}

impl Notes {
    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

fn slot(name: &str) -> SeedLifecycle {
    let mut life = SeedLifecycle::new(25, GateThresholds::default()).unwrap();
    life.set_slot(name, 0).unwrap();
    life
}

fn apply(life: &mut SeedLifecycle, command: &AdaptationCommand, host: &mut Notes) -> CommandOutcome {
    let actions = ActionSpace::cnn();
    let germination = Germination { actions: &actions, seed: "seed_7", accuracy_percent: 50.0 };
    let outcome = life.apply(command, 3, &germination, host);
    outcome.check().unwrap();
    assert_eq!((outcome.command_id, outcome.command_sequence), (command.id, 3));
    outcome
}

fn command(kind: CommandType) -> AdaptationCommand {
    AdaptationCommand { id: [7; 16], ..AdaptationCommand::new(kind) }
}

fn germinate() -> AdaptationCommand {
    command(CommandType::Germinate).with_blueprint("norm").unwrap()
}

fn advance(stage: SeedStage) -> AdaptationCommand {
    command(CommandType::AdvanceStage).with_target_stage(stage)
}

/// Lets epochs pass until the stage is reached, each better than the one before.
fn grow(life: &mut SeedLifecycle, stage: SeedStage, host: &mut Notes) {
    let mut accuracy = life.metrics().current_accuracy;
    for _ in 0..20 {
        if life.stage() == stage {
            return;
        }
        accuracy += 1.0;
        life.end_of_epoch(accuracy).unwrap();
        life.proceed(SeedLifecycle::RAMP_EPOCHS, host);
    }
    panic!("still in {}", life.stage());
}

fn refused(outcome: &CommandOutcome) -> (OutcomeStatus, OutcomeCode) {
    (outcome.status().unwrap(), outcome.code().unwrap())
}

const DONE: (OutcomeStatus, OutcomeCode) = (OutcomeStatus::Executed, OutcomeCode::None);

#[test]
fn a_seed_is_taken_through_its_whole_life_by_commands_and_epochs() {
    let (mut life, mut host) = (slot("slot_0"), Notes::default());
    let outcome = apply(&mut life, &germinate(), &mut host);
    assert_eq!(refused(&outcome), DONE);
    assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Dormant, SeedStage::Germinated)));
    assert_eq!(outcome.verdict().unwrap().unwrap().gate, GateLevel::G0);
    assert_eq!(outcome.seed().unwrap().to_string(), "seed_7");
    assert_eq!(outcome.metrics().unwrap().initial_accuracy, 50.0);
    assert_eq!(host.take(), ["germinate slot_0 seed_7 norm", "slot_0 DORMANT GERMINATED"]);

    grow(&mut life, SeedStage::Training, &mut host);
    assert_eq!(host.take(), ["slot_0 GERMINATED TRAINING"]);
    let rate = command(CommandType::SetLearningRate).with_learning_rate(0.25).unwrap();
    for (command, said) in [
        (command(CommandType::PauseSeed), "pause slot_0"),
        (command(CommandType::ResumeSeed), "resume slot_0"),
        (rate, "rate slot_0 0.25"),
    ] {
        let outcome = apply(&mut life, &command, &mut host);
        assert_eq!(refused(&outcome), DONE);
        assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Training, SeedStage::Training)));
        assert_eq!(host.take(), [said]);
    }
    assert_eq!(life.learning_rate(), Some(0.25));

    grow(&mut life, SeedStage::Blending, &mut host);
    let alpha = life.metrics().alpha;
    assert!(alpha > 0.0 && alpha < 0.2, "{alpha}");
    assert_eq!(host.take(), ["slot_0 TRAINING BLENDING".to_owned(), format!("alpha slot_0 {alpha}")]);
    let outcome = apply(&mut life, &command(CommandType::SetAlpha).with_alpha(0.75).unwrap(), &mut host);
    assert_eq!((refused(&outcome), outcome.metrics().unwrap().alpha), (DONE, 0.75));
    assert_eq!(host.take(), ["alpha slot_0 0.75"]);
    grow(&mut life, SeedStage::Shadowing, &mut host);
    let said = host.take();
    assert_eq!(said[0], "alpha slot_0 0.75", "a ramp does not go back");
    assert_eq!(said[said.len() - 2..], ["alpha slot_0 1", "slot_0 BLENDING SHADOWING"]);
    assert_eq!(life.metrics().alpha, 1.0);

    grow(&mut life, SeedStage::Probationary, &mut host);
    life.end_of_epoch(90.0).unwrap();
    life.proceed(SeedLifecycle::RAMP_EPOCHS, &mut host);
    assert_eq!(life.stage(), SeedStage::Probationary, "fossilizing is for a command");
    host.take();
    let outcome = apply(&mut life, &advance(SeedStage::Fossilized), &mut host);
    assert_eq!(refused(&outcome), DONE);
    assert_eq!(outcome.verdict().unwrap().unwrap().gate, GateLevel::G5);
    assert_eq!(host.take(), ["fossilize slot_0", "slot_0 PROBATIONARY FOSSILIZED"]);
    assert!(life.next_field_report().unwrap().is_success());

    life.free_slot().unwrap();
    assert_eq!((life.stage(), life.seed_id().is_empty()), (SeedStage::Dormant, true));
    assert_eq!(life.free_slot().unwrap_err().kind(), ErrorKind::IllegalTransition);
    assert_eq!(refused(&apply(&mut life, &germinate(), &mut host)), DONE, "the slot takes another one");
}

#[test]
fn a_culled_seed_leaves_an_empty_slot_after_three_epochs() {
    let (mut life, mut host) = (slot("slot_0"), Notes::default());
    apply(&mut life, &germinate(), &mut host);
    host.take();
    let outcome = apply(&mut life, &command(CommandType::Cull).with_reason("no use"), &mut host);
    assert_eq!(refused(&outcome), DONE);
    assert_eq!(host.take(), ["cull slot_0", "slot_0 GERMINATED CULLED"]);
    let report = life.next_field_report().unwrap();
    assert_eq!(report.failure().unwrap().unwrap().1.to_string(), "no use");
    assert_eq!(report.commands().unwrap(), [[7; 16]; 2]);
    for stage in [SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
        life.end_of_epoch(50.0).unwrap();
        life.proceed(SeedLifecycle::RAMP_EPOCHS, &mut host);
        assert_eq!(life.stage(), stage);
    }
}

#[test]
fn a_paused_seed_stays_in_training_until_it_is_resumed() {
    let (mut life, mut host) = (slot("slot_0"), Notes::default());
    apply(&mut life, &germinate(), &mut host);
    grow(&mut life, SeedStage::Training, &mut host);
    apply(&mut life, &command(CommandType::PauseSeed), &mut host);
    for epoch in 0..5u8 {
        life.end_of_epoch(60.0 + f32::from(epoch)).unwrap();
        life.proceed(SeedLifecycle::RAMP_EPOCHS, &mut host);
    }
    assert_eq!((life.stage(), life.is_paused()), (SeedStage::Training, true));
    apply(&mut life, &command(CommandType::ResumeSeed), &mut host);
    life.end_of_epoch(70.0).unwrap();
    life.proceed(SeedLifecycle::RAMP_EPOCHS, &mut host);
    assert_eq!((life.stage(), life.is_paused()), (SeedStage::Blending, false));
}

#[test]
fn a_command_that_cannot_be_executed_is_answered_and_changes_nothing() {
    use OutcomeCode as Code;
    let (mut life, mut host) = (slot("slot_0"), Notes::default());
    apply(&mut life, &germinate(), &mut host);
    grow(&mut life, SeedStage::Training, &mut host);
    host.take();
    let cull = command(CommandType::Cull);
    let for_seed = |seed: &str| cull.with_target_seed(seed).unwrap();
    let nan =
        AdaptationCommand { alpha: f32::NAN, ..command(CommandType::SetAlpha).with_alpha(0.5).unwrap() };
    for (command, code, words) in [
        (for_seed("seed_8"), Code::UnknownSeed, "seed_8"),
        (cull.with_target_slot("slot_1").unwrap(), Code::UnknownSlot, "slot_1"),
        (AdaptationCommand { env: 3, ..cull }, Code::UnknownSlot, "environment 3"),
        (germinate(), Code::IllegalStage, "from TRAINING"),
        (germinate().with_blueprint("lora").unwrap(), Code::UnknownBlueprint, "lora"),
        (command(CommandType::SetAlpha).with_alpha(0.5).unwrap(), Code::IllegalStage, "TRAINING"),
        (advance(SeedStage::Fossilized), Code::IllegalStage, "from TRAINING"),
        (advance(SeedStage::Blending), Code::Gate, "G2"),
        (command(CommandType::SetAlpha), Code::Malformed, "alpha"),
        (nan, Code::Malformed, "alpha"),
        (bytemuck::cast([0xff_u8; 248]), Code::Malformed, ""),
    ] {
        let before = (life.stage(), life.metrics(), life.seed_id());
        let outcome = apply(&mut life, &command, &mut host);
        assert_eq!(refused(&outcome), (OutcomeStatus::Rejected, code), "{}", outcome.text);
        assert!(outcome.text.to_string().contains(words), "{}", outcome.text);
        assert_eq!(before, (life.stage(), life.metrics(), life.seed_id()));
        assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Training, SeedStage::Training)));
        let gate = outcome.verdict().unwrap().map(|verdict| (verdict.gate, verdict.passed));
        assert_eq!(gate, (code == Code::Gate).then_some((GateLevel::G2, false)));
    }
    assert_eq!(host.take(), [""; 0]);
    let outcome = apply(&mut life, &for_seed("seed_7").with_target_slot("slot_0").unwrap(), &mut host);
    assert_eq!(refused(&outcome), DONE);
}

#[test]
fn a_host_that_refuses_a_seed_leaves_the_slot_empty() {
    let mut life = slot("slot_0");
    let mut host = Notes { refuses: true, ..Notes::default() };
    let outcome = apply(&mut life, &germinate(), &mut host);
    assert_eq!(refused(&outcome), (OutcomeStatus::Failed, OutcomeCode::Internal));
    assert_eq!(outcome.text.to_string(), "no memory is left");
    assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Dormant, SeedStage::Dormant)));
    assert_eq!((life.stage(), life.seed_id().is_empty()), (SeedStage::Dormant, true));
    assert!(life.next_state_report().is_none() && life.next_gate_result().is_none());
    let events: Vec<_> = std::iter::from_fn(|| life.next_event()).map(|e| e.event_type().unwrap()).collect();
    assert_eq!(events, [EventType::CommandIssued, EventType::CommandFailed]);
    host.refuses = false;
    let outcome = apply(&mut life, &germinate().with_target_seed("mine").unwrap(), &mut host);
    assert_eq!((refused(&outcome), outcome.seed().unwrap().to_string()), (DONE, "mine".into()));
}

/// Fails in every change of stage and of alpha.
#[derive(Default)]
struct Fails(Option<String>);

impl SeedHost for Fails {
    fn alpha(&mut self, _: &str, alpha: f32) {
        self.0 = Some(format!("no {alpha}"));
    }
    fn stage(&mut self, _: &str, _: SeedStage, to: SeedStage) {
        self.0 = Some(format!("no {to}"));
    }
    fn failure(&mut self) -> Option<String> {
        self.0.take()
    }
}

#[test]
fn a_callback_that_fails_takes_its_move_back() {
    let (mut life, mut notes, mut host) = (slot("slot_0"), Notes::default(), Fails::default());
    let actions = ActionSpace::cnn();
    let mut try_it = |life: &mut SeedLifecycle, command: &AdaptationCommand, why: &str| {
        while life.next_state_report().is_some() || life.next_gate_result().is_some() {}
        let (stage, metrics) = (life.stage(), life.metrics());
        let germination = Germination { actions: &actions, seed: "seed_7", accuracy_percent: 50.0 };
        let outcome = life.apply(command, 3, &germination, &mut host);
        outcome.check().unwrap();
        assert_eq!(refused(&outcome), (OutcomeStatus::Failed, OutcomeCode::Internal));
        assert_eq!((outcome.text.to_string(), outcome.stages().unwrap()), (why.into(), Some((stage, stage))));
        assert_eq!((life.stage(), life.metrics()), (stage, metrics));
        assert!(life.next_state_report().is_none() && life.next_gate_result().is_none());
        // The next epoch asks again.
        life.proceed(SeedLifecycle::RAMP_EPOCHS, &mut host);
        assert_eq!((life.stage(), life.metrics()), (stage, metrics));
    };
    try_it(&mut life, &germinate(), "no GERMINATED");
    assert!(life.seed_id().is_empty());
    apply(&mut life, &germinate(), &mut notes);
    try_it(&mut life, &advance(SeedStage::Training), "no TRAINING");
    try_it(&mut life, &command(CommandType::Cull), "no CULLED");
    grow(&mut life, SeedStage::Blending, &mut notes);
    try_it(&mut life, &command(CommandType::SetAlpha).with_alpha(0.5).unwrap(), "no 0.5");
    assert_eq!(refused(&apply(&mut life, &command(CommandType::Cull), &mut notes)), DONE);
}

#[test]
fn a_request_for_the_state_reports_it() {
    let (mut life, mut host) = (slot("slot_0"), Notes::default());
    assert_eq!(refused(&apply(&mut life, &command(CommandType::RequestState), &mut host)), DONE);
    let report = life.next_state_report().unwrap();
    report.check().unwrap();
    assert_eq!((report.stage().unwrap(), report.seed()), (SeedStage::Dormant, None));
}

#[test]
fn a_tracker_takes_the_figures_of_its_seeds_from_their_life_cycles() {
    let (mut first, second, mut host) = (slot("slot_0"), slot("slot_1"), Notes::default());
    let mut tracker = SignalTracker::new();
    tracker.observe([&first, &second]);
    let o = *tracker.observation();
    assert_eq!((o[Feature::HasActiveSeed], o[Feature::AvailableSlots]), (0.0, 2.0));
    apply(&mut first, &germinate(), &mut host);
    grow(&mut first, SeedStage::Blending, &mut host);
    first.end_of_epoch(70.0).unwrap();
    tracker.observe(&[second, first.clone()]);
    let (o, m) = (*tracker.observation(), first.metrics());
    assert_eq!((o[Feature::HasActiveSeed], o[Feature::AvailableSlots]), (1.0, 1.0));
    assert_eq!((o[Feature::SeedStage], o[Feature::SeedEpochsInStage]), (4.0, 1.0));
    assert_eq!(
        (o[Feature::SeedAlpha], o[Feature::SeedImprovement]),
        (m.alpha, 70.0 - m.accuracy_at_stage_start)
    );
    assert_eq!(tracker.signals().active_seeds().unwrap(), [first.seed_id()]);
}
