//! The work of a [`Steering`](super::Steering) on a trainer that somebody else owns.

use super::{Fossils, Steered, SteeringOptions};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::ActionSpace;
use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::normalizer::Normalizer;
use crate::contract::observation::Feature;
use crate::contract::outcome::{CommandOutcome, OutcomeCode};
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{CommandType, SeedStage};
use crate::contract::to_observation::ToObservation;
use crate::handle::read::Read;
use crate::link::trainer::{no_lane, rows_needed};
use crate::link::{Published, ReceivedCommand, Trainer};
use crate::ring::meta::Meta;
use crate::ring::wait::{Remaining, Wait};
use crate::schema::row::RowSchema;
use crate::seed::apply::Germination;
use crate::seed::host::SeedHost;
use crate::seed::lifecycle::SeedLifecycle;
use crate::seed::tracker::{SignalTracker, Validation};
use crate::sys::os;

/// Decisions of a lane, and commands, that one call takes in at most: who goes on sending does not
/// keep it from returning.
const MOST: usize = 4096;

/// The form of the observations.
#[derive(Debug)]
enum Form {
    /// Observations of version 1.
    Raw,
    Normalized(Box<Normalizer>),
    Version2(Box<Normalizer>),
}

/// A row that was made from signals, with them or without.
struct Shown<'a> {
    schema: &'a RowSchema,
    row: &'a [f32],
    sanitized: u64,
    signals: Option<&'a TrainingSignals>,
}

impl ToObservation for Shown<'_> {
    fn observation_schema(&self) -> &RowSchema {
        self.schema
    }

    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        self.row
    }

    fn sanitized(&self) -> u64 {
        self.sanitized
    }

    fn signals(&self) -> Option<&TrainingSignals> {
        self.signals
    }
}

impl Form {
    fn of(trainer: &Trainer) -> Result<Self> {
        let schema = trainer.observation_schema();
        if trainer.takes_observations() {
            return Ok(Self::Raw);
        }
        let normalizer = Normalizer::of_schema(schema)?;
        Ok(if *schema == *normalizer.schema() {
            Self::Normalized(normalizer.into())
        } else {
            Self::Version2(normalizer.into())
        })
    }

    /// Publishes the tracker's observation.
    fn publish(&self, trainer: &mut Trainer, tracker: &SignalTracker) -> Result<Published> {
        match self {
            Self::Raw => trainer.publish(tracker.observation()),
            Self::Normalized(normalizer) => trainer.publish(&normalizer.normalize(tracker.observation())),
            Self::Version2(normalizer) => {
                let row = normalizer.version_2(tracker.signals());
                trainer.publish(&Shown {
                    schema: row.observation_schema(),
                    row: row.values(),
                    sanitized: row.sanitized(),
                    signals: None,
                })
            }
        }
    }

    /// Publishes signals with their observation.
    fn publish_signals(&self, trainer: &mut Trainer, signals: &TrainingSignals) -> Result<Published> {
        match self {
            Self::Raw => trainer.publish(signals),
            Self::Normalized(normalizer) => {
                let row = normalizer.normalize(&signals.to_observation());
                trainer.publish(&Shown {
                    schema: row.observation_schema(),
                    row: row.values(),
                    sanitized: row.sanitized().into(),
                    signals: Some(signals),
                })
            }
            Self::Version2(normalizer) => trainer.publish(&normalizer.version_2(signals)),
        }
    }
}

/// The newest decision of a lane.
#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    /// The observation it is on.
    on: u64,
    meta: Meta,
}

#[derive(Debug)]
pub(crate) struct Helm {
    pub(crate) tracker: SignalTracker,
    pub(crate) seeds: Vec<SeedLifecycle>,
    form: Form,
    fossils: Fossils,
    ramp_epochs: u32,
    /// The fingerprints that a snapshot must have: action space and observations.
    pub(super) domain: ([u8; 16], [u8; 16]),
    /// Seeds that were named here.
    pub(super) named: u64,
    /// Executed and not answered yet: its sender had no room.
    unsent: Option<(ReceivedCommand, CommandOutcome)>,
    decided: Vec<Decided>,
    /// The last observation published.
    sequence: u64,
}

impl Helm {
    pub(crate) fn new(trainer: &Trainer, options: &SteeringOptions) -> Result<Self> {
        if trainer.rows() != 1 {
            return Err(rows_needed(
                trainer.rows(),
                "call Trainer::publish_rows, and keep a SeedLifecycle for each environment",
                "call leyline_trainer_publish_rows, and keep a leyline_seed_lifecycle_t for each environment",
            ));
        }
        let mut seeds: Vec<SeedLifecycle> = Vec::new();
        for name in &options.slots {
            let mut life = SeedLifecycle::new(options.max_epochs, options.thresholds)?;
            life.set_slot(name, 0)?;
            if seeds.iter().any(|other| other.slot() == life.slot()) {
                return Err(unfit("each name once", format!("{name:?} twice")));
            }
            seeds.push(life);
        }
        if seeds.is_empty() {
            return Err(unfit("one or more", "none".into()));
        }
        let mut tracker = SignalTracker::with_plateau_threshold(options.plateau_threshold)?;
        tracker.observe(&seeds);
        Ok(Self {
            tracker,
            seeds,
            form: Form::of(trainer)?,
            fossils: options.fossils,
            ramp_epochs: options.ramp_epochs,
            domain: (trainer.actions().fingerprint(), trainer.observation_schema().fingerprint()),
            named: 0,
            unsent: None,
            decided: vec![Decided::default(); trainer.lanes() as usize],
            sequence: 0,
        })
    }

    pub(crate) fn step(
        &mut self,
        trainer: &mut Trainer,
        (epoch, global_step, train_loss): (u32, u64, f32),
        host: &mut dyn SeedHost,
    ) -> Result<Steered> {
        self.tracker.step(epoch, global_step, train_loss);
        let mut steered = Steered::default();
        if !trainer.is_handed_over() {
            let published = self.form.publish(trainer, &self.tracker)?;
            self.note(&mut steered, &published);
        }
        self.take_in(trainer, host, &mut steered)?;
        Ok(steered)
    }

    pub(crate) fn update(
        &mut self,
        trainer: &mut Trainer,
        validation: &Validation,
        host: &mut dyn SeedHost,
    ) -> Result<Steered> {
        let now = os::unix_ns();
        let accuracy = Feature::ValAccuracy.sanitized(validation.val_accuracy);
        for life in &mut self.seeds {
            life.set_now(validation.epoch, now);
            let slot = life.slot();
            // An isolated seed is not felt yet: the validation says nothing about it.
            let own = match life.stage() {
                SeedStage::Training => host.accuracy(slot.as_str().unwrap_or_default()),
                _ => None,
            };
            life.end_of_epoch(own.map_or(accuracy, |own| Feature::ValAccuracy.sanitized(own)))?;
            life.proceed(self.ramp_epochs, host);
        }
        self.tracker.observe(&self.seeds);
        self.tracker.update(validation);
        let mut signals = *self.tracker.signals();
        signals.set_time_unix_ns(now);
        host.signals(&mut signals);
        // A seed keeps signals of a germination that are sane, whatever is published.
        let mut sane = signals;
        sane.sanitize();
        for life in &mut self.seeds {
            life.set_signals(&sane)?;
        }
        let mut steered = Steered::default();
        let published = self.form.publish_signals(trainer, &signals)?;
        self.note(&mut steered, &published);
        for life in &self.seeds {
            if let Some(mut telemetry) = life.telemetry() {
                let slot = life.slot();
                host.telemetry(slot.as_str().unwrap_or_default(), &mut telemetry);
                trainer.report(&telemetry)?;
            }
        }
        self.report(trainer)?;
        self.take_in(trainer, host, &mut steered)?;
        Ok(steered)
    }

    pub(crate) fn await_decision(
        &mut self,
        trainer: &mut Trainer,
        lane: u32,
        wait: Wait,
        host: &mut dyn SeedHost,
    ) -> Result<Read> {
        let mut remaining = Remaining::of(wait);
        let mut decision = Decision::default();
        let read = loop {
            let count = self.decided.len();
            let last = self.decided.get(lane as usize).ok_or_else(|| no_lane(count, lane))?;
            if self.sequence == 0 {
                break Read::Empty;
            }
            if last.on >= self.sequence {
                break Read::Record(last.meta);
            }
            match trainer.wait_decision(lane, last.on + 1, &mut decision, remaining.left())? {
                Read::Record(meta) => self.decide(trainer, lane, &decision, meta, host),
                other => break other,
            }
        };
        self.take_in(trainer, host, &mut Steered::default())?;
        Ok(read)
    }

    fn note(&mut self, steered: &mut Steered, published: &Published) {
        self.sequence = published.sequence;
        (steered.sequence, steered.sanitized) = (published.sequence, published.sanitized);
    }

    fn decide(
        &mut self,
        trainer: &Trainer,
        lane: u32,
        decision: &Decision,
        meta: Meta,
        host: &mut dyn SeedHost,
    ) {
        let last = &mut self.decided[lane as usize];
        if decision.observation_sequence >= last.on {
            *last = Decided { on: decision.observation_sequence, meta };
        }
        host.decision(lane, decision, trainer.last_latency_ns());
    }

    /// Takes in decisions and commands.
    fn take_in(
        &mut self,
        trainer: &mut Trainer,
        host: &mut dyn SeedHost,
        steered: &mut Steered,
    ) -> Result<()> {
        let mut decision = Decision::default();
        for lane in 0..trainer.lanes() {
            for _ in 0..MOST {
                match trainer.try_decision(lane, &mut decision)? {
                    Read::Record(meta) => {
                        self.decide(trainer, lane, &decision, meta, host);
                        steered.decisions += 1;
                    }
                    Read::Restarted { .. } | Read::Lapped { .. } => {}
                    _ => break,
                }
            }
        }
        let before = steered.commands;
        for _ in 0..MOST {
            if !self.send_outcome(trainer, host)? {
                break;
            }
            let Some(received) = trainer.try_command()? else { break };
            let outcome = self.execute(trainer.actions(), &received, host);
            self.unsent = Some((received, outcome));
            steered.commands += 1;
        }
        if steered.commands != before {
            self.report(trainer)?;
            if self.fossils == Fossils::FreeSlot {
                for life in self.seeds.iter_mut().filter(|life| life.stage() == SeedStage::Fossilized) {
                    life.free_slot()?;
                }
            }
            self.tracker.observe(&self.seeds);
        }
        Ok(())
    }

    /// Sends the outcome of the last command, if it was not sent yet. Returns false if its sender
    /// has no room for it.
    fn send_outcome(&mut self, trainer: &mut Trainer, host: &mut dyn SeedHost) -> Result<bool> {
        let Some((received, outcome)) = self.unsent else { return Ok(true) };
        match trainer.answer(&received, outcome) {
            Ok(_) => {}
            Err(e)
                if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer) =>
            {
                return Ok(false);
            }
            Err(e) => return Err(e),
        }
        self.unsent = None;
        host.outcome(&received.command, &outcome);
        Ok(true)
    }

    fn execute(
        &mut self,
        actions: &ActionSpace,
        received: &ReceivedCommand,
        host: &mut dyn SeedHost,
    ) -> CommandOutcome {
        let command = &received.command;
        let at = match self.resolve(command) {
            Ok(at) => at,
            Err((code, text)) => return CommandOutcome::rejected(command, received.sequence, code, &text),
        };
        let metrics = &self.tracker.signals().metrics;
        let (epoch, accuracy_percent) = (metrics.epoch, Feature::ValAccuracy.sanitized(metrics.val_accuracy));
        let taken = |name: &str| self.seeds.iter().any(|life| life.seed_id().as_bytes() == name.as_bytes());
        let mut named = self.named;
        let mut seed = format!("seed_{named}");
        while taken(&seed) {
            named += 1;
            seed = format!("seed_{named}");
        }
        let life = &mut self.seeds[at];
        life.set_now(epoch, os::unix_ns());
        let germination = Germination { actions, seed: &seed, accuracy_percent };
        let outcome = life.apply(command, received.sequence, &germination, host);
        if life.seed_id().as_bytes() == seed.as_bytes() {
            self.named = named + 1;
        }
        outcome
    }

    /// Finds the seed slot that a command is for.
    fn resolve(&self, command: &AdaptationCommand) -> std::result::Result<usize, (OutcomeCode, String)> {
        let with = |seed| self.seeds.iter().position(|life| life.seed_id() == seed);
        let (seed, slot) = (command.target_seed, command.target_slot);
        let germinates = command.command_type().is_ok_and(|kind| kind == CommandType::Germinate);
        let found = if !slot.is_empty() {
            let found = self.seeds.iter().position(|life| life.slot() == slot);
            found.ok_or_else(|| (OutcomeCode::UnknownSlot, format!("\"{slot}\"")))?
        } else if germinates {
            let free = self.seeds.iter().position(|life| life.stage() == SeedStage::Dormant);
            free.ok_or_else(|| (OutcomeCode::NoFreeSlot, format!("{} taken", self.seeds.len())))?
        } else if !seed.is_empty() {
            with(seed).ok_or_else(|| (OutcomeCode::UnknownSeed, format!("\"{seed}\"")))?
        } else {
            let described = self.seeds.iter().position(|life| life.stage().is_alive_in_slot());
            let described = described.or(self.seeds.iter().position(|life| !life.seed_id().is_empty()));
            described.unwrap_or(0)
        };
        if germinates
            && !seed.is_empty()
            && let Some(other) = with(seed)
        {
            let text = format!("\"{seed}\" lives in \"{}\"", self.seeds[other].slot());
            return Err((OutcomeCode::IllegalStage, text));
        }
        Ok(found)
    }

    /// Reports what the life cycles have queued.
    fn report(&mut self, trainer: &mut Trainer) -> Result<()> {
        for life in &mut self.seeds {
            while let Some(record) = life.next_state_report() {
                trainer.report(&record)?;
            }
            while let Some(record) = life.next_gate_result() {
                trainer.report(&record)?;
            }
            while let Some(record) = life.next_event() {
                trainer.report(&record)?;
            }
            while let Some(record) = life.next_field_report() {
                trainer.report(&record)?;
            }
        }
        Ok(())
    }
}

#[cold]
fn unfit(expected: &'static str, found: String) -> Error {
    Error::new(ErrorKind::InvalidArgument).about("seed slots").expected_found(expected, found)
}
