//! The standard link between one trainer and its controllers: observations one way, decisions and commands the other,
//! outcomes back.
//!
//! | ring | record | writer | readers |
//! |---|---|---|---|
//! | `observations` | [`Observation`] | trainer | observers: the trainer waits for nobody |
//! | `decisions.K` | [`Decision`] | controller of lane K | observers |
//! | `commands.K` | [`AdaptationCommand`] | controller of lane K | consumer: the trainer; keep |
//! | `outcomes.K` | [`CommandOutcome`] | trainer | consumer: the controller of lane K; keep |

mod controller;
mod trainer;

pub use controller::{Answer, Controller, Decided, Ticket};
pub use trainer::{Published, ReceivedCommand, Trainer};

use crate::clock::TimeSource;
use crate::contract::action::ActionSpace;
use crate::contract::command::{AdaptationCommand, CommandOutcome, Decision};
use crate::contract::observation::Observation;
use crate::directory::{RingKind, RingSpec, Spec};
use crate::ring::Policy;
use crate::{Error, ErrorKind, Result};

/// The name of the ring of observations.
pub const OBSERVATIONS: &str = "observations";
/// Controller lanes of a link, at most.
pub const MAX_LANES: u32 = 8;

/// The name of a lane's ring of decisions.
pub fn decisions_ring(lane: u32) -> String {
    format!("decisions.{lane}")
}

/// The name of a lane's ring of commands.
pub fn commands_ring(lane: u32) -> String {
    format!("commands.{lane}")
}

/// The name of a lane's ring of outcomes.
pub fn outcomes_ring(lane: u32) -> String {
    format!("outcomes.{lane}")
}

/// The shape of a link. With the defaults it takes 1.5 MiB.
#[derive(Clone, Debug)]
pub struct LinkSpec {
    actions: ActionSpace,
    lanes: u32,
    observations: u64,
    decisions: u64,
    commands: u64,
    outcomes: u64,
    time_source: TimeSource,
}

impl LinkSpec {
    /// One lane, 4096 observations and decisions, 256 commands and 1024 outcomes, stamped from the TSC.
    pub fn new(actions: &ActionSpace) -> Self {
        Self {
            actions: actions.clone(),
            lanes: 1,
            observations: 4096,
            decisions: 4096,
            commands: 256,
            outcomes: 1024,
            time_source: TimeSource::Tsc,
        }
    }

    /// Controllers that can act at the same time, each in a lane of its own: 1 to 8.
    #[must_use]
    pub fn lanes(mut self, lanes: u32) -> Self {
        self.lanes = lanes;
        self
    }

    /// Slots of the ring of observations, and of each lane's decisions: a power of two.
    #[must_use]
    pub fn observations(mut self, slots: u64) -> Self {
        self.observations = slots;
        self.decisions = slots;
        self
    }

    /// Slots of each lane's ring of commands: a power of two. Its ring of outcomes has four times as many, so that
    /// every command can be accepted and answered while its sender is away.
    #[must_use]
    pub fn commands(mut self, slots: u64) -> Self {
        self.commands = slots;
        self.outcomes = slots.saturating_mul(4);
        self
    }

    /// Where the stamps of observations and decisions come from.
    #[must_use]
    pub fn time_source(mut self, source: TimeSource) -> Self {
        self.time_source = source;
        self
    }

    /// The segment's rings. A program may add its own to them.
    pub fn to_spec(&self) -> Result<Spec> {
        if !(1..=MAX_LANES).contains(&self.lanes) {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("lanes")
                .expected_found(format!("1 to {MAX_LANES}"), self.lanes.to_string()));
        }
        let observations = RingSpec::new::<Observation>(OBSERVATIONS)?
            .capacity(self.observations)
            .time_source(self.time_source)
            .kind(RingKind::Observations, 0);
        let mut spec = Spec::new().actions(&self.actions).ring(observations);
        for lane in 0..self.lanes {
            spec = spec
                .ring(
                    RingSpec::new::<Decision>(&decisions_ring(lane))?
                        .capacity(self.decisions)
                        .time_source(self.time_source)
                        .kind(RingKind::Decisions, lane),
                )
                .ring(
                    RingSpec::new::<AdaptationCommand>(&commands_ring(lane))?
                        .capacity(self.commands)
                        .consumers(1, Policy::Keep)
                        .kind(RingKind::Commands, lane),
                )
                .ring(
                    RingSpec::new::<CommandOutcome>(&outcomes_ring(lane))?
                        .capacity(self.outcomes)
                        .consumers(1, Policy::Keep)
                        .kind(RingKind::Outcomes, lane),
                );
        }
        Ok(spec)
    }
}
