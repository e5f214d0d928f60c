// C header: contract
//! Observations and features, and the records that they come from.

use super::boundary::pointer::{block, input, list, out};
use super::boundary::{call::act, status::Status, string::interned};
use crate::contract::observation::{Feature, Observation};
use crate::contract::signals::{MAX_HISTORY, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TELEMETRY_FEATURES};
use std::ffi::c_char;

/// One number of an observation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_feature_t {
    /// Its name, such as "VAL_LOSS"; a static string.
    pub name: *const c_char,
    /// Its unit, "-" where there is none; a static string.
    pub unit: *const c_char,
    /// The least value of its Box, inclusive.
    pub low: f32,
    /// The greatest value of its Box, inclusive.
    pub high: f32,
    /// The number for a missing value.
    pub missing: f32,
    /// The worst value, which replaces NaN.
    pub worst: f32,
    /// 1 if only whole numbers make sense, else 0.
    pub whole: u32,
    /// 0.
    pub reserved: u32,
}

/// Describes one number of an observation.
///
/// @param index  a leyline_feature: 0 to 26
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_feature_info(index: u32, feature: *mut leyline_feature_t) -> Status {
    act!({
        let feature = out(feature, "feature")?;
        let f = Feature::from_index(index as usize)?;
        feature.set(leyline_feature_t {
            name: interned(f.name()),
            unit: interned(f.unit()),
            low: f.low(),
            high: f.high(),
            missing: f.missing_default(),
            worst: f.worst(),
            whole: f.is_whole().into(),
            reserved: 0,
        });
    })
}

/// Computes the observation of training signals: copies, and caps the best loss. What is out of
/// bounds stays so.
///
/// @param signals  may hold anything
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_to_observation(
    signals: *const TrainingSignals,
    observation: *mut Observation,
) -> Status {
    act!(out(observation, "observation")?.set(input(signals, "signals")?.to_observation()))
}

/// Fills a history of training signals with the newest LEYLINE_MAX_HISTORY values; checks none of
/// them.
///
/// @param history       room for LEYLINE_MAX_HISTORY numbers, such as signals.loss_history
/// @param count         how many are kept
/// @param dropped       how many are not
/// @param oldest_first  length numbers
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_history_set(
    history: *mut f32,
    count: *mut u8,
    dropped: *mut u32,
    oldest_first: *const f32,
    length: usize,
) -> Status {
    act!({
        let (count, dropped) = (out(count, "count")?, out(dropped, "dropped")?);
        let values = list(oldest_first, length, "oldest_first")?;
        let history = block(history, MAX_HISTORY, "history")?;
        let (over, kept) = values.split_at(length.saturating_sub(MAX_HISTORY));
        history.fill(0.0);
        history[..kept.len()].copy_from_slice(kept);
        count.set(kept.len() as u8);
        dropped.set(u32::try_from(over.len()).unwrap_or(u32::MAX));
    })
}

/// Computes the ten features of seed telemetry that a policy reads: min(norm, 10) / 10, health,
/// vanishing, exploding, min(epochs in stage, 50) / 50, accuracy / 100, accuracy delta / 10 in -1
/// to 1, (stage - 1) / 6 in 0 to 1, alpha, epoch / max(max_epochs, 1) in 0 to 1.
///
/// @param features  room for LEYLINE_TELEMETRY_FEATURES numbers
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_to_features(
    telemetry: *const SeedTelemetry,
    features: *mut f32,
) -> Status {
    act!({
        let telemetry = input(telemetry, "telemetry")?;
        block(features, TELEMETRY_FEATURES, "features")?.copy_from_slice(&telemetry.to_features());
    })
}
