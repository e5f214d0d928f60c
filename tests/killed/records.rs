//! Shared by the victim and its survivors: the records, the segment's shape, and how a link is
//! used.
#![allow(dead_code)] // Neither side needs all of it.

use leyline::contract::command::AdaptationCommand;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::{CommandType, SeedStage};
use leyline::{ActionSpace, Feature, LinkSpec, Observation, Policy, RingSpec, Spec, record};

/// A record that a torn copy cannot pass for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Checked {
    pub(crate) n: u64,
    words: [u64; 20],
}
record! { Checked as "checked" version 1 {
    n: u64, "-", 0.0, 1e19;
    words: [u64; 20], "-", 0.0, 2e19;
} }

impl Checked {
    pub(crate) fn new(n: u64) -> Self {
        let word = |i: usize| n.wrapping_add(i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { n, words: std::array::from_fn(word) }
    }
}

/// The name of every segment and link here.
pub(crate) const NAME: &str = "s";
/// A ring whose consumer's records are kept.
pub(crate) const KEEP: &str = "keep";
/// A ring whose writer goes on without its consumer.
pub(crate) const RELEASE: &str = "release";
pub(crate) const KEEP_SLOTS: u64 = 8;
pub(crate) const RELEASE_SLOTS: u64 = 8;

/// The reason of a victim that fails.
pub(crate) const REASON: &str = "out of memory";

pub(crate) fn rings() -> Spec {
    let ring =
        |name, slots, policy| RingSpec::new::<Checked>(name).unwrap().capacity(slots).consumers(1, policy);
    Spec::new().ring(ring(KEEP, KEEP_SLOTS, Policy::Keep)).ring(ring(RELEASE, RELEASE_SLOTS, Policy::Release))
}

pub(crate) fn link() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(64).commands(16)
}

/// Returns an observation without a seed, with a free seed slot.
pub(crate) fn free() -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::AvailableSlots] = 1.0;
    observation
}

/// Returns an observation with a seed that can be culled.
pub(crate) fn occupied() -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::HasActiveSeed] = 1.0;
    observation[Feature::SeedStage] = f32::from(SeedStage::Training.value());
    observation
}

/// Returns the signals of an observation.
pub(crate) fn signals() -> TrainingSignals {
    let mut signals = TrainingSignals::default();
    signals.metrics.epoch = 7;
    signals
}

/// Returns a command that can be executed in any state.
pub(crate) fn request() -> AdaptationCommand {
    AdaptationCommand::new(CommandType::RequestState)
}

/// GERMINATE of the first blueprint.
pub(crate) const GERMINATE: usize = 1;
