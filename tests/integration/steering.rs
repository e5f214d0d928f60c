//! A trainer's whole step by one object, and its state over restarts.

use crate::common::{Folder, LONG, Running, is_child, listen, patiently, say, start};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::{CommandType, SeedStage};
use leyline::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use leyline::link::SteeringSnapshot;
use leyline::schema::field::FieldType;
use leyline::schema::record::{Record, Report};
use leyline::seed::host::SeedHost;
use leyline::seed::snapshot::{SeedSnapshot, TrackerSnapshot};
use leyline::seed::tracker::Validation;
use leyline::{
    ActionSpace, Answer, Controller, ErrorKind, Feature, Fossils, LinkSpec, Normalizer, Observation, Opened,
    Options, Read, Start, Steered, Steering, SteeringOptions, Task, Trainer, Wait,
};
use std::time::Duration;

/// Notes what it is called for.
#[derive(Default)]
struct Network {
    said: Vec<String>,
    refuses: bool,
    decisions: usize,
    outcomes: Vec<(OutcomeStatus, OutcomeCode)>,
    accuracy: Option<f32>,
}

impl SeedHost for Network {
    fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> Result<(), String> {
        if self.refuses {
            return Err("no memory is left".into());
        }
        self.said.push(format!("germinate {slot} {seed} {blueprint}"));
        Ok(())
    }
    fn accuracy(&mut self, slot: &str) -> Option<f32> {
        self.said.push(format!("accuracy {slot}"));
        self.accuracy
    }
    fn signals(&mut self, signals: &mut TrainingSignals) {
        signals.set_epoch_duration_ms(7.0).unwrap();
    }
    fn telemetry(&mut self, _slot: &str, telemetry: &mut SeedTelemetry) {
        telemetry.exploding = 1;
    }
    fn decision(&mut self, lane: u32, decision: &Decision, latency_ns: u64) {
        assert!(lane == 0 && decision.observation_sequence > 0 && latency_ns > 0);
        self.decisions += 1;
    }
    fn outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        assert_eq!(outcome.command_id, command.id);
        self.outcomes.push((outcome.status().unwrap(), outcome.code().unwrap()));
    }
}

/// Both sides of a link, and how far the run is.
struct Run {
    steering: Steering,
    controller: Controller,
    network: Network,
    epoch: u32,
}

const STEPS: u64 = 3;

fn spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn())
}

fn settings() -> SteeringOptions {
    SteeringOptions::new(25)
}

fn validation(epoch: u32, val_accuracy: f32) -> Validation {
    Validation {
        epoch,
        global_step: u64::from(epoch) * STEPS,
        train_loss: 0.5,
        val_loss: 1.0 / epoch as f32,
        train_accuracy: 60.0,
        val_accuracy,
    }
}

impl Run {
    fn new(folder: &Folder, spec: &LinkSpec, settings: &SteeringOptions) -> Self {
        let trainer = Trainer::create("run", spec, &folder.options()).unwrap();
        let steering = Steering::new(trainer, settings).unwrap();
        let controller = Controller::attach("run", &folder.options(), LONG).unwrap();
        Self { steering, controller, network: Network::default(), epoch: 0 }
    }

    /// Steps and an update, at which the controller does `action`. Every epoch is better by a
    /// point.
    fn epoch(&mut self, action: usize) -> (Observation, Steered) {
        self.epoch += 1;
        for step in 1..=STEPS {
            let global_step = u64::from(self.epoch - 1) * STEPS + step;
            self.steering.step(self.epoch, global_step, 0.5, &mut self.network).unwrap();
            assert_eq!(self.observe(ActionSpace::WAIT)[Feature::GlobalStep], global_step as f32);
        }
        let validation = validation(self.epoch, 50.0 + self.epoch as f32);
        let steered = self.steering.update(&validation, &mut self.network).unwrap();
        let o = self.observe(action);
        let read = self.steering.await_decision(0, patiently(), &mut self.network).unwrap();
        assert!(matches!(read, Read::Record(_)), "{read:?}");
        (o, steered)
    }

    fn observe(&mut self, action: usize) -> Observation {
        let mut o = Observation::EMPTY;
        let Read::Record(meta) = self.controller.next(&mut o, patiently()).unwrap() else { panic!("none") };
        o.check().unwrap();
        self.controller.decide(&meta, action, &Answer::default()).unwrap();
        o
    }

    fn send(&mut self, command: AdaptationCommand) -> CommandOutcome {
        self.controller.send(command).unwrap();
        let _ = self.steering.await_decision(0, Wait::sleep(Duration::ZERO), &mut self.network).unwrap();
        self.controller.try_outcome().unwrap().unwrap()
    }

    fn stage(&self, slot: usize) -> SeedStage {
        self.steering.seeds()[slot].stage()
    }

    fn germinate(&self) -> usize {
        self.controller.actions().germinate("norm").unwrap()
    }

    fn reach(&mut self, stage: SeedStage) {
        for _ in 0..30 {
            if self.stage(0) == stage {
                return;
            }
            self.epoch(ActionSpace::WAIT);
        }
        panic!("still in {}", self.stage(0));
    }

    fn reports<T: Report>(&self) -> Vec<T> {
        let mut observer = self.controller.reports::<T>(Start::Oldest).unwrap();
        let (mut record, mut found) = (T::zeroed(), Vec::new());
        while let Read::Record(_) = observer.try_next(&mut record) {
            record.check().unwrap();
            found.push(record);
        }
        found
    }
}

#[test]
fn a_seed_is_steered_through_its_whole_life() {
    let folder = Folder::new();
    let mut run = Run::new(&folder, &spec(), &SteeringOptions { fossils: Fossils::FreeSlot, ..settings() });
    let actions = run.controller.actions().clone();
    let (o, steered) = run.epoch(run.germinate());
    assert_eq!((o[Feature::AvailableSlots], o[Feature::ValAccuracy], o[Feature::Epoch]), (1.0, 51.0, 1.0));
    assert_eq!((steered.sequence, steered.sanitized, steered.commands), (4, 0, 0));
    assert_eq!(run.stage(0), SeedStage::Germinated);
    assert_eq!(run.network.said, ["germinate slot_0 seed_0 norm"]);
    let outcome = run.controller.try_outcome().unwrap().unwrap();
    assert_eq!(outcome.status().unwrap(), OutcomeStatus::Executed);
    assert_eq!(outcome.metrics().unwrap().initial_accuracy, 51.0);

    // The effect of the command shows in the next observation, before the next validation.
    run.steering.step(2, STEPS + 1, 0.5, &mut run.network).unwrap();
    let o = run.observe(ActionSpace::WAIT);
    assert_eq!((o[Feature::HasActiveSeed], o[Feature::AvailableSlots]), (1.0, 0.0));
    assert_eq!((o[Feature::SeedStage], o[Feature::ValAccuracy]), (2.0, 51.0));

    run.network.accuracy = Some(77.0);
    run.reach(SeedStage::Blending);
    assert!(run.network.said.iter().any(|said| said == "accuracy slot_0"));
    assert_eq!(run.steering.seeds()[0].metrics().best_accuracy, 77.0, "measured with the seed switched on");
    run.steering.seeds_mut()[0].record_gradient_norm(2.0).unwrap();
    run.reach(SeedStage::Probationary);
    run.epoch(actions.fossilize());
    assert_eq!(run.stage(0), SeedStage::Dormant, "the slot is free again");
    let (o, _) = run.epoch(run.germinate());
    assert_eq!((o[Feature::HasActiveSeed], o[Feature::AvailableSlots]), (0.0, 1.0));
    assert_eq!(run.network.said.last().unwrap(), "germinate slot_0 seed_1 norm");
    run.epoch(actions.cull());
    assert_eq!(run.stage(0), SeedStage::Culled);
    run.reach(SeedStage::Dormant);

    assert_eq!(run.network.outcomes, [(OutcomeStatus::Executed, OutcomeCode::None); 4]);
    assert_eq!(run.network.decisions, run.controller.received() as usize);
    let lives = run.reports::<FieldReport>();
    assert_eq!(lives.iter().map(FieldReport::is_success).collect::<Vec<_>>(), [true, false]);
    assert!(lives[0].signals().unwrap().epoch_duration_ms() == Some(7.0));
    let signals = run.reports::<TrainingSignals>();
    assert_eq!(signals.len(), run.epoch as usize);
    assert!(signals.iter().all(|s| s.time_unix_ns().is_some() && s.epoch_duration_ms() == Some(7.0)));
    let telemetry = run.reports::<SeedTelemetry>();
    assert!(telemetry.iter().all(|t| t.exploding == 1) && telemetry.iter().any(|t| t.gradient_norm == 2.0));
    let gates = run.reports::<GateResult>();
    assert_eq!(gates.iter().filter(|gate| gate.has_passed()).count(), 8, "G0 to G5, then G0 and G1");
    assert!(!run.reports::<SeedStateReport>().is_empty() && !run.reports::<TelemetryEvent>().is_empty());
    assert_eq!(run.controller.lost(), 0);
}

#[test]
fn a_host_that_refuses_a_seed_is_asked_again_and_nothing_is_half_done() {
    let folder = Folder::new();
    let mut run = Run::new(&folder, &spec(), &settings());
    run.network.refuses = true;
    run.epoch(run.germinate());
    let outcome = run.controller.try_outcome().unwrap().unwrap();
    assert_eq!(outcome.status().unwrap(), OutcomeStatus::Failed);
    assert_eq!((run.stage(0), outcome.text.to_string()), (SeedStage::Dormant, "no memory is left".into()));
    run.network.refuses = false;
    run.epoch(run.germinate());
    assert_eq!(run.stage(0), SeedStage::Germinated);
    assert_eq!(run.network.said, ["germinate slot_0 seed_0 norm"]);
}

#[test]
fn a_command_finds_its_seed_slot_or_is_told_that_there_is_none() {
    use OutcomeCode as Code;
    let folder = Folder::new();
    let slots = vec!["r0c0".into(), "r0c1".into()];
    let mut run = Run::new(&folder, &spec(), &SteeringOptions { slots, ..settings() });
    let actions = run.controller.actions().clone();
    let (o, _) = run.epoch(run.germinate());
    assert_eq!((o[Feature::AvailableSlots], run.stage(0)), (2.0, SeedStage::Germinated));
    run.epoch(actions.cull());
    // The lowest is cooling down: the next one is taken.
    let (o, _) = run.epoch(run.germinate());
    assert_eq!((o[Feature::AvailableSlots], run.stage(0)), (1.0, SeedStage::Embargoed));
    assert_eq!(run.network.said.last().unwrap(), "germinate r0c1 seed_1 norm");
    assert_eq!(run.steering.signals().active_seeds().unwrap()[0].to_string(), "seed_1");
    while run.controller.try_outcome().unwrap().is_some() {}

    let request = AdaptationCommand::new(CommandType::RequestState);
    let for_seed = |seed| request.with_target_seed(seed).unwrap();
    let for_slot = |slot| request.with_target_slot(slot).unwrap();
    for (command, code, seed) in [
        (for_seed("seed_2"), Code::UnknownSeed, None),
        (for_slot("r1c0"), Code::UnknownSlot, None),
        (for_slot("r0c0").with_target_seed("seed_1").unwrap(), Code::UnknownSeed, Some("seed_0")),
        (AdaptationCommand { env: 1, ..request }, Code::UnknownSlot, Some("seed_1")),
        (for_seed("seed_0"), Code::None, Some("seed_0")),
        (for_slot("r0c1"), Code::None, Some("seed_1")),
        (request, Code::None, Some("seed_1")),
    ] {
        let outcome = run.send(command);
        let found = outcome.seed().map(|seed| seed.to_string());
        assert_eq!((outcome.code().unwrap(), found.as_deref()), (code, seed), "{}", outcome.text);
    }
}

#[test]
fn an_outcome_without_room_is_kept_and_nothing_is_begun_before_it_is_sent() {
    let folder = Folder::new();
    let mut run = Run::new(&folder, &spec().commands(2), &settings());
    for sent in 1..=10 {
        run.controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
        let steered = run.steering.step(1, sent, 0.5, &mut run.network).unwrap();
        assert_eq!(steered.commands, usize::from(sent <= 9), "{sent}");
    }
    assert_eq!(run.network.outcomes.len(), 8, "the ring has room for so many");
    let mut answered = 0;
    while run.controller.try_outcome().unwrap().is_some() {
        answered += 1;
        run.steering.step(1, 11, 0.5, &mut run.network).unwrap();
    }
    assert_eq!((answered, run.network.outcomes.len()), (10, 10));
}

#[test]
fn a_link_of_normalized_observations_is_steered_too() {
    for version in [1, 2] {
        let folder = Folder::new();
        let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
        let schema = if version == 1 { normalizer.schema() } else { normalizer.version_2_schema() };
        let trainer = Trainer::create("run", &spec().observe(schema), &folder.options()).unwrap();
        let mut steering = Steering::new(trainer, &settings()).unwrap();
        let mut controller = Controller::attach_with("run", schema, &folder.options(), LONG).unwrap();
        steering.step(1, 1, 0.5, &mut ()).unwrap();
        let steered = steering.update(&validation(1, 60.0), &mut ()).unwrap();
        assert_eq!((steered.sequence, steered.sanitized), (2, 0));
        let mut row = vec![0.0f32; schema.width()];
        for accuracy in [0.0, 0.6] {
            let Read::Record(meta) = controller.next(&mut row[..], patiently()).unwrap() else {
                panic!("none")
            };
            assert_eq!(row[Feature::ValAccuracy.index()], accuracy);
            assert_eq!(row[Feature::AvailableSlots.index()], 1.0);
            let signals = controller.signals_of(&meta).unwrap();
            assert_eq!(signals.is_some(), accuracy != 0.0, "with a validation");
        }
    }
}

#[test]
fn a_steering_is_refused_where_it_cannot_steer() {
    let folder = Folder::new();
    let refused = |name: &str, spec: &LinkSpec, settings: &SteeringOptions| {
        let trainer = Trainer::create(name, spec, &folder.options()).unwrap();
        Steering::new(trainer, settings).unwrap_err().kind()
    };
    let slots = |names: &[&str]| SteeringOptions {
        slots: names.iter().map(|&name| name.to_owned()).collect(),
        ..settings()
    };
    assert_eq!(refused("rows", &spec().rows(2), &settings()), ErrorKind::InvalidArgument);
    assert_eq!(refused("none", &spec(), &slots(&[])), ErrorKind::InvalidArgument);
    assert_eq!(refused("twice", &spec(), &slots(&["a", "a"])), ErrorKind::InvalidArgument);
    assert_eq!(refused("unnamed", &spec(), &slots(&[""])), ErrorKind::InvalidId);
    assert_eq!(refused("epochs", &spec(), &SteeringOptions::new(0)), ErrorKind::OutOfRange);
}

#[test]
fn while_a_device_publishes_the_rest_of_a_step_goes_on() {
    let folder = Folder::new();
    let mut run = Run::new(&folder, &spec(), &settings());
    run.epoch(ActionSpace::WAIT);
    run.steering.trainer_mut().hand_over().unwrap();
    run.controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
    let steered = run.steering.step(2, STEPS + 1, 0.25, &mut run.network).unwrap();
    assert_eq!((steered.sequence, steered.commands), (0, 1));
    assert_eq!(run.steering.tracker().observation()[Feature::TrainLoss], 0.25);
    assert_eq!(run.steering.trainer_mut().take_back().unwrap(), 0);
    let steered = run.steering.step(2, STEPS + 2, 0.25, &mut run.network).unwrap();
    assert_eq!(steered.sequence, 5);
}

/// A run and what it goes on to must not tell a restored one from the original.
#[test]
fn a_restored_steering_goes_on_as_the_one_that_was_saved() {
    for stage in [
        SeedStage::Dormant,
        SeedStage::Germinated,
        SeedStage::Training,
        SeedStage::Blending,
        SeedStage::Shadowing,
        SeedStage::Probationary,
        SeedStage::Fossilized,
        SeedStage::Culled,
        SeedStage::Embargoed,
        SeedStage::Resetting,
    ] {
        let (folder, other) = (Folder::new(), Folder::new());
        let mut run = Run::new(&folder, &spec(), &settings());
        // More validations than the histories keep.
        for _ in 0..if stage == SeedStage::Dormant { 35 } else { 0 } {
            run.epoch(ActionSpace::WAIT);
        }
        for _ in 0..40 {
            let actions = run.controller.actions();
            let action = match run.stage(0) {
                found if found == stage => break,
                SeedStage::Dormant => run.germinate(),
                SeedStage::Probationary if stage == SeedStage::Fossilized => actions.fossilize(),
                SeedStage::Training if stage.is_failure() => actions.cull(),
                _ => ActionSpace::WAIT,
            };
            run.epoch(action);
        }
        assert_eq!(run.stage(0), stage);
        let rate = AdaptationCommand::new(CommandType::SetLearningRate).with_learning_rate(0.5).unwrap();
        run.send(rate);
        run.send(AdaptationCommand::new(CommandType::PauseSeed));
        let paused = stage == SeedStage::Training;
        let bytes = run.steering.snapshot();
        let mut again = Run::new(&other, &spec(), &settings());
        // Bytes from a file may lie anywhere.
        let shifted = [&[0], &bytes[..]].concat();
        again.steering.restore(&shifted[1..]).unwrap();
        again.epoch = run.epoch;
        assert_eq!(again.steering.snapshot(), bytes);
        let life = &again.steering.seeds()[0];
        assert_eq!((life.stage(), life.learning_rate(), life.is_paused()), (stage, Some(0.5), paused));
        for _ in 0..4 {
            assert_eq!(run.epoch(ActionSpace::WAIT).0, again.epoch(ActionSpace::WAIT).0, "{stage}");
        }
        let end = |run: &Run| {
            let life = &run.steering.seeds()[0];
            (life.stage(), life.metrics(), life.snapshot().epochs_in_stage, life.snapshot().ids)
        };
        assert_eq!(end(&run), end(&again));
        assert_eq!(run.steering.tracker().snapshot(), again.steering.tracker().snapshot());
    }
}

#[test]
fn a_run_that_diverged_is_saved_and_restored_with_its_worst_figures() {
    let (folder, other) = (Folder::new(), Folder::new());
    let mut run = Run::new(&folder, &spec(), &settings());
    run.epoch(run.germinate());
    let (nan, infinite) = (f32::NAN, f32::INFINITY);
    let bad = Validation { train_loss: infinite, val_loss: nan, train_accuracy: nan, ..validation(2, nan) };
    run.steering.update(&bad, &mut run.network).unwrap();
    let bytes = run.steering.snapshot();
    let mut again = Run::new(&other, &spec(), &settings());
    again.steering.restore(&bytes).unwrap();
    assert_eq!(again.steering.snapshot(), bytes);
    let mut o = *run.steering.tracker().observation();
    o.sanitize();
    assert_eq!(*again.steering.tracker().observation(), o);
}

/// Returns the snapshot of a seed in SHADOWING, in two seed slots.
fn saved(folder: &Folder) -> (Run, Vec<u8>) {
    let slots = vec!["a".into(), "b".into()];
    let mut run = Run::new(folder, &spec(), &SteeringOptions { slots, ..settings() });
    run.epoch(run.germinate());
    run.reach(SeedStage::Shadowing);
    run.epoch(ActionSpace::WAIT);
    run.steering.seeds_mut()[0].record_gradient_norm(2.0).unwrap();
    let bytes = run.steering.snapshot();
    (run, bytes)
}

const TRACKER_AT: usize = size_of::<SteeringSnapshot>();
const SEED_AT: usize = TRACKER_AT + size_of::<TrackerSnapshot>();

/// Returns the kind of the refusal of a changed snapshot, which has changed nothing.
fn refusal(steering: &mut Steering, bytes: &[u8]) -> (ErrorKind, String) {
    let before = steering.snapshot();
    let e = steering.restore(bytes).unwrap_err();
    assert_eq!(steering.snapshot(), before, "{e}");
    (e.kind(), e.to_string())
}

fn changed<T: Record>(bytes: &[u8], at: usize, change: impl FnOnce(&mut T)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = &mut bytes[at..at + size_of::<T>()];
    let mut record: T = bytemuck::pod_read_unaligned(place);
    change(&mut record);
    place.copy_from_slice(bytemuck::bytes_of(&record));
    bytes
}

#[test]
fn a_snapshot_that_does_not_fit_is_refused_and_changes_nothing() {
    use ErrorKind as Kind;
    let folder = Folder::new();
    let (mut run, bytes) = saved(&folder);
    // A part of the snapshot that is taken would show.
    run.epoch(ActionSpace::WAIT);
    let steering = &mut run.steering;
    let head = |change: fn(&mut SteeringSnapshot)| changed(&bytes, 0, change);
    let tracker = |change: fn(&mut TrackerSnapshot)| changed(&bytes, TRACKER_AT, change);
    let seed = |change: fn(&mut SeedSnapshot)| changed(&bytes, SEED_AT, change);
    for (bytes, kind, words) in [
        (head(|h| h.version = 2), Kind::SchemaMismatch, "version"),
        (head(|h| h.fingerprint[0] ^= 1), Kind::SchemaMismatch, "fingerprint"),
        (tracker(|t| t.version = 0), Kind::SchemaMismatch, "version of the tracker_snapshot"),
        (tracker(|t| t.fingerprint[15] ^= 1), Kind::SchemaMismatch, "fingerprint"),
        (seed(|s| s.version = 2), Kind::SchemaMismatch, "version of the seed_snapshot"),
        (seed(|s| s.fingerprint[3] ^= 1), Kind::SchemaMismatch, "fingerprint"),
        (head(|h| h.actions[0] ^= 1), Kind::DomainMismatch, "action space"),
        (head(|h| h.observations[0] ^= 1), Kind::SchemaMismatch, "observations"),
        (head(|h| h.slots = 1), Kind::DomainMismatch, "seed slots"),
        (head(|h| h.size += 1), Kind::InvalidArgument, "size"),
        (seed(|s| s.env = 1), Kind::DomainMismatch, "environment 1"),
        (seed(|s| s.slot = s.seed), Kind::DomainMismatch, "seed_0"),
        (seed(|s| s.stage = 11), Kind::InvalidEnum, "stage"),
        (seed(|s| s.previous_stage = 200), Kind::InvalidEnum, "previous_stage"),
        (seed(|s| s.stage = 7), Kind::IllegalTransition, "from BLENDING"),
        (seed(|s| (s.stage, s.previous_stage) = (0, 0)), Kind::InvalidArgument, "stage"),
        (seed(|s| (s.stage, s.previous_stage) = (1, 10)), Kind::InvalidArgument, "seed"),
        (seed(|s| (s.stage, s.previous_stage) = (3, 2)), Kind::InvalidArgument, "epochs_in_stage"),
        (seed(|s| (s.stage, s.previous_stage) = (6, 5)), Kind::InvalidArgument, "epochs_in_stage"),
        (seed(|s| s.paused = 1), Kind::InvalidArgument, "paused"),
        (seed(|s| s.metrics.epochs_total += 1), Kind::InvalidArgument, "in all"),
        (seed(|s| s.epochs_in_stage[9] = 1), Kind::InvalidArgument, "epochs_in_stage"),
        (seed(|s| s.gradient_norms = 0), Kind::InvalidArgument, "gradient_norms"),
        (seed(|s| s.present &= !SeedSnapshot::SEED), Kind::OutOfRange, "germinated_at"),
        (seed(|s| s.present |= 1 << 9), Kind::OutOfRange, "present"),
        (seed(|s| s.command_count = 40), Kind::OutOfRange, "command_count"),
        (seed(|s| s.metrics.alpha = 1.5), Kind::OutOfRange, "metrics.alpha"),
        (tracker(|t| t.signals.loss_history_count -= 1), Kind::OutOfRange, "loss_history"),
        (tracker(|t| t.signals.metrics.validations += 1), Kind::InvalidArgument, "history"),
        (tracker(|t| t.signals.seed_stage = 77), Kind::InvalidEnum, "seed_stage"),
        ([&bytes[..], &[0]].concat(), Kind::InvalidArgument, "size"),
        (vec![], Kind::Truncated, "snapshot"),
    ] {
        let (found, said) = refusal(steering, &bytes);
        assert!(found == kind && said.contains(words), "{words}: {found:?} {said}");
    }
    for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        assert_eq!(refusal(steering, &bytes[..length]).0, Kind::Truncated, "{length}");
    }
    steering.restore(&bytes).unwrap();
}

/// Every number of a snapshot, each in turn.
#[test]
fn a_snapshot_with_a_number_that_is_none_is_refused_whichever_it_is() {
    let folder = Folder::new();
    let (mut run, bytes) = saved(&folder);
    let mut spoilt = 0;
    for (at, schema) in [(TRACKER_AT, TrackerSnapshot::schema()), (SEED_AT, SeedSnapshot::schema())] {
        for field in schema.fields().iter().filter(|f| matches!(f.ty, FieldType::F32 | FieldType::F64)) {
            let mut bytes = bytes.clone();
            let place = &mut bytes[at + field.offset as usize..];
            match field.ty {
                FieldType::F32 => place[..4].copy_from_slice(&f32::NAN.to_ne_bytes()),
                _ => place[..8].copy_from_slice(&f64::NAN.to_ne_bytes()),
            }
            let (kind, said) = refusal(&mut run.steering, &bytes);
            // An optional field that is absent has to be zero.
            assert!(matches!(kind, ErrorKind::NotFinite | ErrorKind::OutOfRange), "{}: {said}", field.name);
            spoilt += 1;
        }
    }
    assert!(spoilt > 50, "{spoilt}");
}

#[test]
fn a_snapshot_of_another_task_or_action_space_is_refused() {
    let folder = Folder::new();
    let saved = |name: &str, spec: &LinkSpec| {
        let trainer = Trainer::create(name, spec, &folder.options()).unwrap();
        let steering = Steering::new(trainer, &settings()).unwrap();
        (steering.snapshot(), steering)
    };
    let of_task = |task: &Task| spec().observe(Normalizer::new(task).unwrap().version_2_schema());
    let (_, mut plain) = saved("plain", &spec());
    let (cifar, mut other) = saved("cifar", &of_task(&Task::cifar10()));
    let (longer, _) = saved("longer", &of_task(&Task { max_epochs: 26.0, ..Task::cifar10() }));
    let (transformer, _) = saved("transformer", &LinkSpec::new(&ActionSpace::transformer()));
    assert_eq!(refusal(&mut plain, &cifar).0, ErrorKind::SchemaMismatch);
    assert_eq!(refusal(&mut other, &longer).0, ErrorKind::SchemaMismatch);
    assert_eq!(refusal(&mut plain, &transformer).0, ErrorKind::DomainMismatch);
}

/// Trains an epoch whenever it is told to, and saves after each.
#[test]
#[ignore = "a child process"]
fn child_trains() {
    if !is_child() {
        return;
    }
    let file = std::path::Path::new(&std::env::var("LEYLINE_DIR").unwrap()).join("checkpoint");
    let (trainer, opened) = Trainer::open_or_create("run", &spec(), &Options::default()).unwrap();
    let mut steering = Steering::new(trainer, &settings()).unwrap();
    if let Ok(bytes) = std::fs::read(&file) {
        steering.restore(&bytes).unwrap();
    }
    let mut epoch = steering.signals().metrics.epoch;
    say(format!("{} {}", opened == Opened::Attached, steering.seeds()[0].stage()));
    while listen().is_some() {
        epoch += 1;
        steering.step(epoch, u64::from(epoch) * STEPS, 0.5, &mut ()).unwrap();
        steering.update(&validation(epoch, 50.0 + epoch as f32), &mut ()).unwrap();
        let read = steering.await_decision(0, patiently(), &mut ()).unwrap();
        assert!(matches!(read, Read::Record(_)), "{read:?}");
        std::fs::write(file.with_extension("new"), steering.snapshot()).unwrap();
        std::fs::rename(file.with_extension("new"), &file).unwrap();
        say(steering.seeds()[0].stage());
    }
}

/// Has the child train an epoch, answers its two observations, and returns the second of them.
fn trained(child: &mut Running, controller: &mut Controller, action: usize) -> (Observation, String) {
    child.tell("go on");
    let mut o = Observation::EMPTY;
    for action in [ActionSpace::WAIT, action] {
        let meta = loop {
            match controller.next(&mut o, patiently()).unwrap() {
                Read::Record(meta) => break meta,
                Read::WriterGone(_) | Read::Restarted { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        controller.decide(&meta, action, &Answer::default()).unwrap();
    }
    (o, child.hear())
}

#[test]
fn a_trainer_that_is_killed_goes_on_in_the_stage_that_it_was_in() {
    let folder = Folder::new();
    let mut child = start("child_trains", &folder);
    assert_eq!(child.hear(), "false DORMANT");
    let mut controller = Controller::attach("run", &folder.options(), LONG).unwrap();
    let germinate = controller.actions().germinate("norm").unwrap();
    let mut action = germinate;
    let before = loop {
        let (o, stage) = trained(&mut child, &mut controller, action);
        action = ActionSpace::WAIT;
        if stage == "SHADOWING" {
            break o;
        }
        assert!(o[Feature::Epoch] < 20.0, "{stage}");
    };
    child.kill();
    let mut child = start("child_trains", &folder);
    assert_eq!(child.hear(), "true SHADOWING");
    let (o, stage) = trained(&mut child, &mut controller, ActionSpace::WAIT);
    assert_eq!((o[Feature::SeedStage], stage.as_str()), (5.0, "SHADOWING"), "its dwell is not over");
    assert_eq!(o[Feature::Epoch], before[Feature::Epoch] + 1.0);
    assert_eq!(o[Feature::SeedEpochsInStage], before[Feature::SeedEpochsInStage] + 1.0);
    assert_eq!(o[Feature::LossHist3], before[Feature::LossHist4]);
    assert_eq!(o[Feature::BestValAccuracy], before[Feature::BestValAccuracy] + 1.0);
    assert_eq!(controller.lost(), 0);
    let (_, stage) = trained(&mut child, &mut controller, ActionSpace::WAIT);
    assert_eq!(stage, "PROBATIONARY");
}
