//! A trainer's whole step: observations, signals and reports out, commands in, outcomes out.

mod helm;
mod snapshot;

pub(crate) use helm::Helm;
pub use snapshot::SteeringSnapshot;

use crate::base::error::Result;
use crate::contract::signals::TrainingSignals;
use crate::handle::read::Read;
use crate::link::Trainer;
use crate::ring::wait::Wait;
use crate::seed::gates::GateThresholds;
use crate::seed::host::SeedHost;
use crate::seed::lifecycle::SeedLifecycle;
use crate::seed::tracker::{SignalTracker, Validation};

/// The fate of the seed slot of a FOSSILIZED seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fossils {
    /// The seed keeps its seed slot.
    #[default]
    KeepSlot,
    /// The seed slot is free for another seed, once the command is answered.
    FreeSlot,
}

/// The settings of a [`Steering`].
#[derive(Clone, Debug, PartialEq)]
pub struct SteeringOptions {
    /// Epochs of the run, 1 or more.
    pub max_epochs: u32,
    /// The names of the seed slots, lowest first, 1 to 39 bytes each. One, "slot_0", by default.
    pub slots: Vec<String>,
    /// The thresholds of the gates.
    pub thresholds: GateThresholds,
    /// Updates with an accuracy delta below so many percentage points count as a plateau. Default
    /// [`SignalTracker::PLATEAU_THRESHOLD`].
    pub plateau_threshold: f32,
    /// Epochs in which alpha rises to 1 while BLENDING. Default [`SeedLifecycle::RAMP_EPOCHS`].
    pub ramp_epochs: u32,
    /// The fate of the seed slot of a FOSSILIZED seed.
    pub fossils: Fossils,
}

impl SteeringOptions {
    /// Makes the default settings of a run of so many epochs.
    pub fn new(max_epochs: u32) -> Self {
        Self {
            max_epochs,
            slots: vec!["slot_0".into()],
            thresholds: GateThresholds::default(),
            plateau_threshold: SignalTracker::PLATEAU_THRESHOLD,
            ramp_epochs: SeedLifecycle::RAMP_EPOCHS,
            fossils: Fossils::default(),
        }
    }
}

/// The result of a step or an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steered {
    /// The observation's sequence; 0 if none was published, because the ring is in a device's
    /// hands.
    pub sequence: u64,
    /// A bit for each feature that was replaced, as [`Published::sanitized`](crate::Published).
    pub sanitized: u64,
    /// Decisions that were received.
    pub decisions: usize,
    /// Commands that were executed or refused here.
    pub commands: usize,
}

/// A trainer with its tracker and the life cycles of its seed slots, as one object.
///
/// | call | when | does |
/// |---|---|---|
/// | [`step`](Self::step) | after each optimizer step | publishes an observation, takes in decisions and commands |
/// | [`update`](Self::update) | after each validation, once an epoch | ends the epoch of all seeds, publishes observation and signals, reports, takes in decisions and commands |
/// | [`await_decision`](Self::await_decision) | after an update, to go in lock step | waits for the answer to the last observation, takes in commands |
///
/// Taking in commands means: each is resolved to its seed slot, executed
/// ([`SeedLifecycle::apply`]) and answered. The host is called back for what its network has to do.
/// Observations show what a command did from the next one on. An outcome that its sender has no
/// room for is kept, and no command is taken before it is sent.
///
/// A command for a seed slot or a seed that there is not is answered with UNKNOWN_SLOT or
/// UNKNOWN_SEED. GERMINATE without a seed slot takes the lowest free one (NO_FREE_SLOT if there is
/// none), and a seed without a name is called "seed_0", "seed_1" and so on. Other commands without
/// a target are for the seed that the observation describes.
///
/// Serves links of one row, environment 0, whose observations are of version 1, normalized, or of
/// version 2. While a device publishes the observations ([`Trainer::hand_over`]), `step` does all
/// but that.
///
/// ```
/// use leyline::seed::{host::SeedHost, tracker::Validation};
/// use leyline::{ActionSpace, LinkSpec, Options, Steering, SteeringOptions, Trainer, Wait};
///
/// struct Network;
/// impl SeedHost for Network {
///     fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> Result<(), String> {
///         println!("{blueprint} as {seed} in {slot}");
///         Ok(())
///     }
/// }
///
/// # fn main() -> leyline::Result<()> {
/// let name = format!("steered-{}", std::process::id());
/// let options = Options::default().unlink_on_close();
/// let trainer = Trainer::create(&name, &LinkSpec::new(&ActionSpace::cnn()), &options)?;
/// let mut steering = Steering::new(trainer, &SteeringOptions::new(2))?;
/// let mut network = Network;
/// for epoch in 1..=2 {
///     for step in 0..10 {
///         steering.step(epoch, u64::from(epoch - 1) * 10 + step + 1, 0.5, &mut network)?;
///     }
///     let (val_loss, val_accuracy) = (0.6, 80.0);
///     let validation = Validation {
///         epoch, global_step: u64::from(epoch) * 10, train_loss: 0.5, val_loss, train_accuracy: 82.0, val_accuracy,
///     };
///     steering.update(&validation, &mut network)?;
///     steering.await_decision(0, Wait::sleep(std::time::Duration::ZERO), &mut network)?;
///     let checkpoint: Vec<u8> = steering.snapshot();
///     # assert!(!checkpoint.is_empty());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Steering {
    trainer: Trainer,
    helm: Helm,
}

impl Steering {
    /// Takes a trainer over. Its seed slots are DORMANT.
    ///
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): a link of several rows, no seed
    /// slot, or one name twice; [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch): observations
    /// of another kind; those of [`SeedLifecycle::new`] and
    /// [`SignalTracker::with_plateau_threshold`].
    pub fn new(trainer: Trainer, options: &SteeringOptions) -> Result<Self> {
        Ok(Self { helm: Helm::new(&trainer, options)?, trainer })
    }

    /// Returns the trainer.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// Returns the trainer, for what a steering does not do: own reports, handing over to a device.
    pub fn trainer_mut(&mut self) -> &mut Trainer {
        &mut self.trainer
    }

    /// Gives the trainer back.
    pub fn into_trainer(self) -> Trainer {
        self.trainer
    }

    /// Returns the tracker, which has the current observation.
    pub fn tracker(&self) -> &SignalTracker {
        &self.helm.tracker
    }

    /// Returns the signals as they are now.
    pub fn signals(&self) -> &TrainingSignals {
        self.helm.tracker.signals()
    }

    /// Returns the life cycles of the seed slots, in the order of their names in the options.
    pub fn seeds(&self) -> &[SeedLifecycle] {
        &self.helm.seeds
    }

    /// Returns the life cycles, to add what the host measures: gradient norms, isolation
    /// violations, health, events.
    pub fn seeds_mut(&mut self) -> &mut [SeedLifecycle] {
        &mut self.helm.seeds
    }

    /// Publishes the observation of an optimizer step, then takes in decisions and commands.
    /// Without a command it allocates nothing, never waits, and makes no system call unless a
    /// controller sleeps.
    pub fn step(
        &mut self,
        epoch: u32,
        global_step: u64,
        train_loss: f32,
        host: &mut dyn SeedHost,
    ) -> Result<Steered> {
        self.helm.step(&mut self.trainer, (epoch, global_step, train_loss), host)
    }

    /// Ends an epoch with its validation. First each seed slot is taken on
    /// ([`SeedLifecycle::end_of_epoch`], [`SeedLifecycle::proceed`]). Then the observation is
    /// published with its signals, and the telemetry and the queued records of all seeds are
    /// reported. Then decisions and commands are taken in. Never waits.
    ///
    /// The errors of [`Trainer::publish`] and [`Trainer::report`]; those of
    /// [`TrainingSignals::check`] if the host has spoilt the signals.
    pub fn update(&mut self, validation: &Validation, host: &mut dyn SeedHost) -> Result<Steered> {
        self.helm.update(&mut self.trainer, validation, host)
    }

    /// Waits until a lane has decided on the last observation, then takes in commands. Returns as
    /// [`Trainer::wait_decision`] does; [`Read::Empty`] if nothing was published yet.
    pub fn await_decision(&mut self, lane: u32, wait: Wait, host: &mut dyn SeedHost) -> Result<Read> {
        self.helm.await_decision(&mut self.trainer, lane, wait, host)
    }

    /// Returns the state of tracker and life cycles as bytes, for a checkpoint. The settings and
    /// the network are not part of it.
    pub fn snapshot(&self) -> Vec<u8> {
        self.helm.snapshot()
    }

    /// Takes the state from a snapshot, as after a restart. The next observation shows it. The host
    /// is not called: its network comes from the same checkpoint. A snapshot that is refused
    /// changes nothing.
    ///
    /// | error | the snapshot |
    /// |---|---|
    /// | [`Truncated`](crate::ErrorKind::Truncated) | is shorter than it says |
    /// | [`InvalidArgument`](crate::ErrorKind::InvalidArgument) | is longer than it says, or its figures contradict each other |
    /// | [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) | is of another version, or of other observations (another task) |
    /// | [`DomainMismatch`](crate::ErrorKind::DomainMismatch) | is of another action space or of other seed slots |
    /// | [`InvalidEnum`](crate::ErrorKind::InvalidEnum), [`IllegalTransition`](crate::ErrorKind::IllegalTransition) | has a stage that cannot be |
    /// | [`NotFinite`](crate::ErrorKind::NotFinite), [`OutOfRange`](crate::ErrorKind::OutOfRange) | has a number that cannot be |
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<()> {
        self.helm.restore(snapshot)
    }
}
