// C header: contract
//! Observations, training signals and the tracker that makes both.

use super::boundary::{act, c_string, change, input, interned, list, out, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::status::Status;
use crate::base::error::Result;
use crate::contract::observation::{Feature, Observation};
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::SeedStage;
use crate::schema::id::Id;
use crate::seed::tracker::{SeedView, SignalTracker, Validation};
use std::ffi::{CString, c_char};
use std::sync::LazyLock;

/// Turns raw figures into observations and training signals. Used by one thread at a time.
pub struct TrackerHandle {
    tracker: SignalTracker,
}

handles!(TrackerHandle: "tracker");

/// One number of an observation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FeatureRecord {
    /// Its name, such as "VAL_LOSS"; a static string.
    pub name: *const c_char,
    /// Its unit, "-" where there is none; a static string.
    pub unit: *const c_char,
    /// The least value of its Box, inclusive.
    pub low: f32,
    /// The greatest value of its Box, inclusive.
    pub high: f32,
    /// What it reads when there is no value, and what replaces NaN.
    pub missing: f32,
    /// 1 if only whole numbers make sense, else 0.
    pub whole: u32,
}

/// The raw figures of one validation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ValidationRecord {
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

/// One seed, as the trainer sees it now.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SeedViewRecord {
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

pub(super) fn seed_view(seed: &SeedViewRecord) -> Result<SeedView> {
    seed.id.as_str().map_err(|e| e.about("id"))?;
    Ok(SeedView {
        id: seed.id,
        stage: SeedStage::from_value(seed.stage)?,
        epochs_in_stage: seed.epochs_in_stage,
        alpha: seed.alpha,
        improvement: seed.improvement,
    })
}

/// Sets every number to what it reads before anything is known.
///
/// @param observation  the observation
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observation_init(observation: *mut Observation) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(observation, "observation")?.set(Observation::EMPTY);
        Ok(())
    })
}

/// Whether every number is finite, in its Box, and whole where it has to be. The error names the first that is not.
///
/// @param observation  the observation
/// @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observation_check(observation: *const Observation) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(observation, "observation")?.check() })
}

/// Brings every number into its Box: saturates, replaces NaN by the default, drops fractions. Publishing a record whose
/// numbers were replaced should set LEYLINE_FLAG_SANITIZED.
///
/// @param observation  the observation
/// @param replaced     bit i for each number of index i that was replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observation_sanitize(
    observation: *mut Observation,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut sane = input(observation, "observation")?;
        let which = sane.sanitize();
        out(observation, "observation")?.set(sane);
        replaced.set(which);
        Ok(())
    })
}

/// Describes one number of an observation.
///
/// @param index    a leyline_feature: 0 to 26
/// @param feature  what is known of it
/// @return         LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_feature_info(index: u32, feature: *mut FeatureRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let feature = out(feature, "feature")?;
        let f = Feature::from_index(index as usize)?;
        feature.set(FeatureRecord {
            name: interned(f.name()),
            unit: interned(f.unit()),
            low: f.low(),
            high: f.high(),
            missing: f.missing_default(),
            whole: f.is_whole().into(),
        });
        Ok(())
    })
}

/// The Box space of observations as JSON, in the form that RL tools read.
///
/// @param json  a static string
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observation_space_json(json: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        static JSON: LazyLock<CString> = LazyLock::new(|| c_string(&Observation::row_schema().space_json()));
        out(json, "json")?.set(JSON.as_ptr());
        Ok(())
    })
}

/// Sets everything to 0 and absent.
///
/// @param signals  the signals
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_init(signals: *mut TrainingSignals) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(signals, "signals")?.set(TrainingSignals::default());
        Ok(())
    })
}

/// Whether counts, stage, ids and figures are what they may be. The error names the first that is not.
///
/// @param signals  the signals; may hold anything
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_check(signals: *const TrainingSignals) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(signals, "signals")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param signals   the signals
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_sanitize(
    signals: *mut TrainingSignals,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(signals, "signals", |mut s| {
            count = s.sanitize();
            Ok(s)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// The hot tier of training signals. Copies, and caps the best loss; what lies outside the Box stays outside.
///
/// @param signals      the signals; may hold anything
/// @param observation  the observation
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_to_observation(
    signals: *const TrainingSignals,
    observation: *mut Observation,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let observation = out(observation, "observation")?;
        observation.set(input(signals, "signals")?.to_observation());
        Ok(())
    })
}

/// Makes a tracker with the usual plateau threshold, 0.5 percentage points.
///
/// @param tracker  the new handle; close it with leyline_tracker_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_new(tracker: *mut *mut TrackerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        slot(tracker)?.set(give(TrackerHandle { tracker: SignalTracker::new() }));
        Ok(())
    })
}

/// Makes a tracker that counts updates with an accuracy delta below a threshold as a plateau.
///
/// @param threshold_pp  percentage points, 0 to 100
/// @param tracker       the new handle; close it with leyline_tracker_close
/// @return              LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_new_with_threshold(
    threshold_pp: f32,
    tracker: *mut *mut TrackerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let handle = slot(tracker)?;
        handle.set(give(TrackerHandle { tracker: SignalTracker::with_plateau_threshold(threshold_pp)? }));
        Ok(())
    })
}

/// Takes in one optimizer step: changes EPOCH, GLOBAL_STEP and TRAIN_LOSS and nothing else. Allocates nothing.
///
/// @param tracker      the tracker
/// @param epoch        epochs, from 1
/// @param global_step  optimizer steps
/// @param train_loss   mean loss, nats; any number
/// @param observation  the observation now, ready to publish; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_step(
    tracker: *mut TrackerHandle,
    epoch: u32,
    global_step: u64,
    train_loss: f32,
    observation: *mut Observation,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let observation = wanted(observation, "observation")?;
        observation.set(*open_mut(tracker, "tracker")?.tracker.step(epoch, global_step, train_loss));
        Ok(())
    })
}

/// Takes in one validation: deltas, plateau count, running best, histories.
///
/// @param tracker      the tracker
/// @param validation   its figures; any numbers
/// @param observation  the observation now, ready to publish; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_update(
    tracker: *mut TrackerHandle,
    validation: *const ValidationRecord,
    observation: *mut Observation,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let observation = wanted(observation, "observation")?;
        let v = input(validation, "validation")?;
        let mut tracker = open_mut(tracker, "tracker")?;
        observation.set(*tracker.tracker.update(&Validation {
            epoch: v.epoch,
            global_step: v.global_step,
            train_loss: v.train_loss,
            val_loss: v.val_loss,
            train_accuracy: v.train_accuracy,
            val_accuracy: v.val_accuracy,
        }));
        Ok(())
    })
}

/// Says what the one seed is like now.
///
/// @param tracker  the tracker
/// @param seed     the seed
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_set_seed(
    tracker: *mut TrackerHandle,
    seed: *const SeedViewRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let seed = seed_view(&input(seed, "seed")?)?;
        open_mut(tracker, "tracker")?.tracker.set_seed(&seed);
        Ok(())
    })
}

/// Says what all the seeds are like now. Those alive in their slot are listed as active, and the first of them is
/// described; with none alive the first of all is. A ninth active one is counted as dropped.
///
/// @param tracker  the tracker
/// @param seeds    the seeds
/// @param count    how many; 0: there is none
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_set_seeds(
    tracker: *mut TrackerHandle,
    seeds: *const SeedViewRecord,
    count: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let seeds: Result<Vec<SeedView>> = list(seeds, count, "seeds")?.iter().map(seed_view).collect();
        open_mut(tracker, "tracker")?.tracker.set_seeds(&seeds?);
        Ok(())
    })
}

/// Says that there is no seed.
///
/// @param tracker  the tracker
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_clear_seed(tracker: *mut TrackerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        open_mut(tracker, "tracker")?.tracker.clear_seed();
        Ok(())
    })
}

/// Says how many slots are free.
///
/// @param tracker  the tracker
/// @param slots    free slots
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_set_available_slots(
    tracker: *mut TrackerHandle,
    slots: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        open_mut(tracker, "tracker")?.tracker.set_available_slots(slots);
        Ok(())
    })
}

/// The observation now, ready to publish.
///
/// @param tracker      the tracker
/// @param observation  the observation
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_observation(
    tracker: *const TrackerHandle,
    observation: *mut Observation,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(observation, "observation")?.set(*open(tracker, "tracker")?.tracker.observation());
        Ok(())
    })
}

/// The training signals now. Add to them what the tracker does not know: time, GPU, gradient norms.
///
/// @param tracker  the tracker
/// @param signals  the signals
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_signals(
    tracker: *const TrackerHandle,
    signals: *mut TrainingSignals,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(signals, "signals")?.set(*open(tracker, "tracker")?.tracker.signals());
        Ok(())
    })
}

/// Ends the handle.
///
/// @param tracker  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_tracker_close(tracker: *mut TrackerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(tracker, "tracker") })
}
