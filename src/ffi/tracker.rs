// C header: seed
//! The tracker, which makes observations and training signals of raw figures.

use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::pointer::{input, list, wanted};
use super::boundary::{call::act, status::Status};
use super::life::leyline_seed_lifecycle_t;
use super::life::life;
use crate::base::error::Result;
use crate::contract::{observation::Observation, signals::TrainingSignals, stage::SeedStage};
use crate::schema::id::Id;
use crate::seed::tracker::{SeedView, SignalTracker, Validation};

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

/// One seed, as the trainer sees it now.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_seed_view_t {
    /// Its id.
    pub id: Id,
    /// A leyline_seed_stage.
    pub stage: u32,
    /// Epochs it has spent in its stage.
    pub epochs_in_stage: u32,
    /// Its blending weight, 0 to 1.
    pub alpha: f32,
    /// Its improvement since the stage began, percentage points.
    pub improvement: f32,
}

fn seed_view(seed: &leyline_seed_view_t) -> Result<SeedView> {
    seed.id.as_str().map_err(|e| e.about("id"))?;
    Ok(SeedView {
        id: seed.id,
        stage: SeedStage::from_value(seed.stage)?,
        epochs_in_stage: seed.epochs_in_stage,
        alpha: seed.alpha,
        improvement: seed.improvement,
    })
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

/// Takes in all seeds. Those alive are listed as active, a ninth counts as dropped. The first alive
/// one is described, or the first if none is alive.
///
/// @param count  0: there is no seed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_set_seeds(
    tracker: *mut leyline_tracker_t,
    seeds: *const leyline_seed_view_t,
    count: usize,
) -> Status {
    act!({
        let seeds: Result<Vec<SeedView>> = list(seeds, count, "seeds")?.iter().map(seed_view).collect();
        open_mut(tracker, "tracker")?.tracker.set_seeds(&seeds?);
    })
}

/// Sets the number of free seed slots.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_set_available_slots(
    tracker: *mut leyline_tracker_t,
    slots: u32,
) -> Status {
    act!(open_mut(tracker, "tracker")?.tracker.set_available_slots(slots))
}

/// Takes in all seeds and the number of free seed slots from the life cycles. A DORMANT seed slot
/// is free.
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
