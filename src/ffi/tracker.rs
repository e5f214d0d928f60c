// C header: seed
//! The tracker, which makes observations and training signals of raw figures.

use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::pointer::{input, list, wanted};
use super::boundary::{call::act, status::Status};
use super::life::leyline_seed_lifecycle_t;
use super::life::life;
use crate::base::error::Result;
use crate::contract::{observation::Observation, signals::TrainingSignals};
use crate::seed::tracker::{SignalTracker, Validation};

/// Turns raw figures into observations and training signals.
pub struct leyline_tracker_t {
    pub(super) tracker: SignalTracker,
}

handles!(leyline_tracker_t: "tracker");

/// The usual plateau threshold, percentage points.
pub const LEYLINE_PLATEAU_THRESHOLD_PP: f32 = 0.5;

const _: () = assert!(LEYLINE_PLATEAU_THRESHOLD_PP == SignalTracker::PLATEAU_THRESHOLD);

/// The raw figures of one validation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_validation_t {
    /// Optimizer steps.
    pub global_step: u64,
    /// Epochs, from 1.
    pub epoch: u32,
    /// Mean training loss, nats.
    pub train_loss: f32,
    /// Mean validation loss, nats.
    pub val_loss: f32,
    /// Training accuracy, percent.
    pub train_accuracy: f32,
    /// Validation accuracy, percent.
    pub val_accuracy: f32,
    /// 0.
    pub reserved: u32,
}

impl From<leyline_validation_t> for Validation {
    fn from(v: leyline_validation_t) -> Self {
        Self {
            epoch: v.epoch,
            global_step: v.global_step,
            train_loss: v.train_loss,
            val_loss: v.val_loss,
            train_accuracy: v.train_accuracy,
            val_accuracy: v.val_accuracy,
        }
    }
}

/// Makes a tracker that counts updates with an accuracy delta below a threshold as a plateau.
///
/// @param plateau_threshold_pp  percentage points, 0 to 100: LEYLINE_PLATEAU_THRESHOLD_PP
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_new(
    plateau_threshold_pp: f32,
    tracker: *mut *mut leyline_tracker_t,
) -> Status {
    act!({
        let place = slot(tracker)?;
        place.set(give(leyline_tracker_t {
            tracker: SignalTracker::with_plateau_threshold(plateau_threshold_pp)?,
        }));
    })
}

/// Takes in an optimizer step: changes EPOCH, GLOBAL_STEP and TRAIN_LOSS only. Allocates nothing.
///
/// @param epoch        from 1
/// @param global_step  optimizer steps
/// @param train_loss   mean loss, nats; any number
/// @param observation  ready to publish; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_step(
    tracker: *mut leyline_tracker_t,
    epoch: u32,
    global_step: u64,
    train_loss: f32,
    observation: *mut Observation,
) -> Status {
    act!({
        let observation = wanted(observation, "observation")?;
        observation.set(*open_mut(tracker, "tracker")?.tracker.step(epoch, global_step, train_loss));
    })
}

/// Takes in a validation: deltas, plateau count, running best, histories.
///
/// @param validation   any numbers
/// @param observation  ready to publish; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_update(
    tracker: *mut leyline_tracker_t,
    validation: *const leyline_validation_t,
    observation: *mut Observation,
) -> Status {
    act!({
        let observation = wanted(observation, "observation")?;
        let validation = input(validation, "validation")?.into();
        observation.set(*open_mut(tracker, "tracker")?.tracker.update(&validation));
    })
}

/// Takes in all seeds and the number of free seed slots from the life cycles. Seeds that live are
/// listed as active, a ninth counts as dropped. The first one that lives is described, or the first
/// if none does. A DORMANT seed slot is free.
///
/// A trainer with life cycles of its own writes its seeds into the observation and the signals that
/// the tracker gives.
///
/// @param seeds  count life cycles, one for each seed slot
/// @param count  0: there is no seed slot
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_observe(
    tracker: *mut leyline_tracker_t,
    seeds: *const *const leyline_seed_lifecycle_t,
    count: usize,
) -> Status {
    act!({
        let mut tracker = open_mut(tracker, "tracker")?;
        let seeds: Result<Vec<_>> = list(seeds, count, "seeds")?.iter().map(|&seed| life(seed)).collect();
        tracker.tracker.observe(seeds?);
    })
}

/// Reads the observation and the training signals as they are now.
///
/// @param observation  ready to publish; or NULL
/// @param signals      without what a tracker does not know (time, GPU, gradient norms); or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_read(
    tracker: *const leyline_tracker_t,
    observation: *mut Observation,
    signals: *mut TrainingSignals,
) -> Status {
    act!({
        let (observation, signals) = (wanted(observation, "observation")?, wanted(signals, "signals")?);
        let tracker = &open(tracker, "tracker")?.tracker;
        observation.set(*tracker.observation());
        signals.set(*tracker.signals());
    })
}

/// Ends the handle.
///
/// @param tracker  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_close(tracker: *mut leyline_tracker_t) -> Status {
    act!(close(tracker, "tracker")?)
}
