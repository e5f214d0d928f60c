//! The trainer's own part in the life of a seed.

use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::outcome::CommandOutcome;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::SeedStage;
use crate::contract::telemetry::SeedTelemetry;

/// The callbacks of a trainer: what its network does when a life cycle moves, and what it knows
/// that a life cycle does not. Every method has a default, which does nothing: a trainer may read
/// stage, alpha, learning rate and pause off the life cycle instead. `slot` is the name of the seed
/// slot, empty if it has none.
///
/// A life cycle calls `germinate` before the seed is in its slot, and every other method after the
/// life cycle has moved. A callback that fails says so by [`failure`](Self::failure): the life cycle
/// is then as it was before the move. Undoing what the network did of it is the network's part.
pub trait SeedHost {
    /// Attaches a new seed to the network. `Err` refuses it, with a reason for people: the seed
    /// slot stays empty, and the command is answered with FAILED.
    fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> Result<(), String> {
        let _ = (slot, seed, blueprint);
        Ok(())
    }

    /// Takes the seed out of the network.
    fn cull(&mut self, slot: &str) {
        let _ = slot;
    }

    /// Makes the seed a permanent part of the network.
    fn fossilize(&mut self, slot: &str) {
        let _ = slot;
    }

    /// Sets the blending weight, 0 to 1.
    fn alpha(&mut self, slot: &str, alpha: f32) {
        let _ = (slot, alpha);
    }

    /// Sets the learning rate that a command carries.
    fn learning_rate(&mut self, slot: &str, learning_rate: f32) {
        let _ = (slot, learning_rate);
    }

    /// Stops training the seed and keeps it.
    fn pause(&mut self, slot: &str) {
        let _ = slot;
    }

    /// Trains the seed again.
    fn resume(&mut self, slot: &str) {
        let _ = slot;
    }

    /// Enters a stage. Called for every change of stage, after the method that is for that change
    /// alone.
    fn stage(&mut self, slot: &str, from: SeedStage, to: SeedStage) {
        let _ = (slot, from, to);
    }

    /// Measures the accuracy with the seed switched on, in percent: called at each update while the
    /// seed is isolated (TRAINING), because the validation says nothing about it then. `None`: the
    /// validation's accuracy counts.
    fn accuracy(&mut self, slot: &str) -> Option<f32> {
        let _ = slot;
        None
    }

    /// Completes the signals of an update before they are published: GPU, gradient norms, duration
    /// of the epoch.
    fn signals(&mut self, signals: &mut TrainingSignals) {
        let _ = signals;
    }

    /// Completes the telemetry of a seed before it is reported: layer, gradient health, vanishing,
    /// exploding.
    fn telemetry(&mut self, slot: &str, telemetry: &mut SeedTelemetry) {
        let _ = (slot, telemetry);
    }

    /// Returns why a callback of the last move could not do its work, if one could not, and forgets
    /// it. A life cycle asks after the callbacks of a move. It then takes the move back, and the
    /// command is answered with FAILED. By default no callback fails.
    fn failure(&mut self) -> Option<String> {
        None
    }

    /// Takes notice of a decision of a lane. `latency_ns` is the time from the stamp of its
    /// observation to its own; 0 if unknown.
    fn decision(&mut self, lane: u32, decision: &Decision, latency_ns: u64) {
        let _ = (lane, decision, latency_ns);
    }

    /// Takes notice of a command that was answered.
    fn outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        let _ = (command, outcome);
    }
}

/// Does nothing.
impl SeedHost for () {}
