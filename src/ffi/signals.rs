// C header: contract
//! Training metrics and signals: checked setters on the records. init, check and to_observation stand with the observation.

use super::boundary::{act, change, input, list, out, text, wanted};
use super::observation::{SeedViewRecord, seed_view};
use super::status::Status;
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use std::ffi::c_char;

/// Sets everything to 0 and absent.
///
/// @param metrics  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_init(metrics: *mut TrainingMetrics) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(metrics, "metrics")?.set(TrainingMetrics::default());
        Ok(())
    })
}

/// Sets the least validation loss, not capped.
///
/// @param metrics  the record
/// @param nats     0 to 1e6
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_set_best_val_loss(
    metrics: *mut TrainingMetrics,
    nats: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(metrics, "metrics", |mut r| {
            r.set_best_val_loss(nats)?;
            Ok(r)
        })
    })
}

/// Sets the gradient norm of the host.
///
/// @param metrics  the record
/// @param norm     finite, 0 or more
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_set_grad_norm_host(
    metrics: *mut TrainingMetrics,
    norm: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(metrics, "metrics", |mut r| {
            r.set_grad_norm_host(norm)?;
            Ok(r)
        })
    })
}

/// Sets the gradient norm of the seed.
///
/// @param metrics  the record
/// @param norm     finite, 0 or more
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_set_grad_norm_seed(
    metrics: *mut TrainingMetrics,
    norm: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(metrics, "metrics", |mut r| {
            r.set_grad_norm_seed(norm)?;
            Ok(r)
        })
    })
}

/// Whether every figure is finite and in its bounds, and what is absent zero. The error names the first that is
/// not.
///
/// @param metrics  the record; may hold anything
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_check(metrics: *const TrainingMetrics) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(metrics, "metrics")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param metrics   the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_metrics_sanitize(
    metrics: *mut TrainingMetrics,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(metrics, "metrics", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// Sets the time.
///
/// @param signals       the record
/// @param time_unix_ns  nanoseconds since the Unix epoch
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_time(
    signals: *mut TrainingSignals,
    time_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(signals, "signals", |mut s| {
            s.set_time_unix_ns(time_unix_ns);
            Ok(s)
        })
    })
}

/// Sets the GPU memory in use.
///
/// @param signals  the record
/// @param gb       GB, finite, 0 or more
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_gpu_memory_gb(
    signals: *mut TrainingSignals,
    gb: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(signals, "signals", |mut s| {
            s.set_gpu_memory_gb(gb)?;
            Ok(s)
        })
    })
}

/// Sets the GPU utilization.
///
/// @param signals  the record
/// @param share    0 to 1
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_gpu_utilization(
    signals: *mut TrainingSignals,
    share: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(signals, "signals", |mut s| {
            s.set_gpu_utilization(share)?;
            Ok(s)
        })
    })
}

/// Sets how long the epoch took.
///
/// @param signals  the record
/// @param ms       milliseconds, finite, 0 or more
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_epoch_duration_ms(
    signals: *mut TrainingSignals,
    ms: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(signals, "signals", |mut s| {
            s.set_epoch_duration_ms(ms)?;
            Ok(s)
        })
    })
}

/// Lists an active seed; a ninth is only counted, as dropped.
///
/// @param signals  the record
/// @param id       1 to 39 bytes
/// @return         LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_add_active_seed(
    signals: *mut TrainingSignals,
    id: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let id = text(id, "id")?;
        change(signals, "signals", |mut s| {
            s.add_active_seed(id)?;
            Ok(s)
        })
    })
}

/// Describes a seed: stage, epochs in stage, alpha and improvement. Does not list it.
///
/// @param signals  the record
/// @param seed     the seed
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE,
///                 LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_seed(
    signals: *mut TrainingSignals,
    seed: *const SeedViewRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let seed = seed_view(&input(seed, "seed")?)?;
        change(signals, "signals", |mut s| {
            seed.describe(&mut s)?;
            Ok(s)
        })
    })
}

/// Sets the last validation losses.
///
/// @param signals       the record
/// @param oldest_first  losses, 0 to 1e6 nats
/// @param count         how many; the newest LEYLINE_MAX_HISTORY are kept, the others counted as dropped
/// @return              LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_loss_history(
    signals: *mut TrainingSignals,
    oldest_first: *const f32,
    count: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let values = list(oldest_first, count, "oldest_first")?;
        change(signals, "signals", |mut s| {
            s.set_loss_history(values)?;
            Ok(s)
        })
    })
}

/// Sets the last validation accuracies.
///
/// @param signals       the record
/// @param oldest_first  accuracies, 0 to 100 percent
/// @param count         how many; the newest LEYLINE_MAX_HISTORY are kept, the others counted as dropped
/// @return              LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_training_signals_set_accuracy_history(
    signals: *mut TrainingSignals,
    oldest_first: *const f32,
    count: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let values = list(oldest_first, count, "oldest_first")?;
        change(signals, "signals", |mut s| {
            s.set_accuracy_history(values)?;
            Ok(s)
        })
    })
}
