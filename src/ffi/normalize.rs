// C header: migrate
//! Normalized observations and version 2 of the observation.

use super::boundary::{act, block, input, list, out, wanted};
use super::handle::{close, give, handles, open, slot};
use super::schema::{SchemaHandle, schema_handle};
use super::space::numbers;
use super::status::Status;
use crate::base::error::Result;
use crate::contract::known_schemas::registry;
use crate::contract::normalizer::Normalizer;
use crate::contract::observation::{FEATURES, Observation};
use crate::contract::signals::TrainingSignals;
use crate::contract::task::Task;
use crate::contract::version_2::VERSION_2_WIDTH;

/// Normalizes observations for one task. Never changes: any number of threads may use it at once.
pub struct NormalizerHandle {
    normalizer: Normalizer,
}

handles!(NormalizerHandle: "normalizer");

/// A normalized observation: no observation, and not to be published as one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NormalizedRecord {
    /// The numbers, by leyline_feature; the schema is that of leyline_normalizer_schema.
    pub values: [f32; 27],
}

const _: () = assert!(size_of::<NormalizedRecord>() == FEATURES * size_of::<f32>());

/// The numbers of a small convolutional network on CIFAR-10.
///
/// @param task  the task
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_task_cifar10(task: *mut Task) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(task, "task")?.set(Task::cifar10());
        Ok(())
    })
}

/// The numbers of a small transformer on TinyStories.
///
/// @param task  the task
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_task_tinystories(task: *mut Task) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(task, "task")?.set(Task::tinystories());
        Ok(())
    })
}

/// Whether a task makes sense: a name of 1 to 27 of A-Z a-z 0-9 . _ -, everything finite, the baseline above the target,
/// delta_std above 0, no maximum below 1. The error names what does not.
///
/// @param task  the task
/// @return      LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_task_check(task: *const Task) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(task, "task")?.check() })
}

/// Makes what normalizes for a task.
///
/// @param task        the task
/// @param normalizer  the new handle; close it with leyline_normalizer_close
/// @return            as leyline_task_check
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_new(
    task: *const Task,
    normalizer: *mut *mut NormalizerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let handle = slot(normalizer)?;
        handle.set(give(NormalizerHandle { normalizer: Normalizer::new(&input(task, "task")?)? }));
        Ok(())
    })
}

/// The normalizer whose observations have a schema: of a controller that attached to whatever there is, it gets raw
/// observations back.
///
/// @param schema      a schema as leyline_normalizer_schema or leyline_normalizer_version_2_schema gives it
/// @param normalizer  the new handle; close it with leyline_normalizer_close
/// @return            LEYLINE_ERR_SCHEMA_MISMATCH if no task gives that schema
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_of_schema(
    schema: *const SchemaHandle,
    normalizer: *mut *mut NormalizerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let handle = slot(normalizer)?;
        let normalizer = Normalizer::of_schema(open(schema, "schema")?.space()?)?;
        handle.set(give(NormalizerHandle { normalizer }));
        Ok(())
    })
}

/// The schema of normalized observations: normalized.TASK, version 1, 27 numbers.
///
/// @param normalizer  the normalizer
/// @param schema      the new handle; close it with leyline_schema_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_schema(
    normalizer: *const NormalizerHandle,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        schema.set(schema_handle(normalizer.schema().schema().clone()));
        Ok(())
    })
}

/// The schema of version 2 of the observation: observation.TASK, version 2, 54 numbers.
///
/// @param normalizer  the normalizer
/// @param schema      the new handle; close it with leyline_schema_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_version_2_schema(
    normalizer: *const NormalizerHandle,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        schema.set(schema_handle(normalizer.version_2_schema().schema().clone()));
        Ok(())
    })
}

/// Makes both schemas known to the process's registry, with the converters by which raw observations migrate to them.
/// Those of the presets are known already.
///
/// @param normalizer  the normalizer
/// @return            LEYLINE_ERR_SCHEMA_MISMATCH if another task of that name is registered
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_register(normalizer: *const NormalizerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open(normalizer, "normalizer")?.normalizer.register(registry()) })
}

/// Normalizes an observation. Always in the Box of leyline_normalizer_schema.
///
/// @param normalizer   the normalizer
/// @param observation  the raw observation; may hold anything
/// @param normalized   the normalized one
/// @param replaced     bit i for each number of index i that was not in its Box and was brought there first; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalize(
    normalizer: *const NormalizerHandle,
    observation: *const Observation,
    normalized: *mut NormalizedRecord,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (normalized, replaced) = (out(normalized, "normalized")?, wanted(replaced, "replaced")?);
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let made = normalizer.normalize(&input(observation, "observation")?);
        normalized.set(NormalizedRecord { values: *made.values() });
        replaced.set(made.sanitized());
        Ok(())
    })
}

/// Normalizes a batch. Allocates nothing.
///
/// @param normalizer    the normalizer
/// @param observations  the raw observations; may hold anything
/// @param count         how many
/// @param rows          (count, 27) numbers, row by row
/// @param replaced      bit i if in any of them the number of index i was not in its Box; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalize_rows(
    normalizer: *const NormalizerHandle,
    observations: *const Observation,
    count: usize,
    rows: *mut f32,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let batch = list(observations, count, "observations")?;
        replaced.set(normalizer.normalize_rows(batch, block(rows, numbers(FEATURES, count)?, "rows")?)?);
        Ok(())
    })
}

/// The observation that a normalized one was made of, as far as it can be told.
///
/// @param normalizer   the normalizer that made it
/// @param normalized   the normalized observation; of version 2 its first 27 numbers
/// @param observation  the raw one; in its Box
/// @param cut_off      bit i for each number of index i that stands at the end of a clip: it may have been beyond; or
///                     NULL
/// @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE for numbers that no normalized observation has
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_restore(
    normalizer: *const NormalizerHandle,
    normalized: *const NormalizedRecord,
    observation: *mut Observation,
    cut_off: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (observation, cut_off) = (out(observation, "observation")?, wanted(cut_off, "cut_off")?);
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let restored = normalizer.restore_row(&input(normalized, "normalized")?.values)?;
        observation.set(restored.observation);
        cut_off.set(restored.cut_off);
        Ok(())
    })
}

/// Version 2 of the observation, of a batch of training signals: the 27 normalized numbers and, in the same order, a
/// flag for each: 0 it is there, 1 it is missing, 0.5 unknown. Allocates nothing.
///
/// @param normalizer  the normalizer
/// @param signals     the signals; may hold anything
/// @param count       how many
/// @param rows        (count, LEYLINE_VERSION_2_WIDTH) numbers, row by row
/// @param replaced    bit i if in any of them the number of index i was not in its Box; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_version_2_rows(
    normalizer: *const NormalizerHandle,
    signals: *const TrainingSignals,
    count: usize,
    rows: *mut f32,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let batch: Result<&[TrainingSignals]> = list(signals, count, "signals");
        let rows = block(rows, numbers(VERSION_2_WIDTH, count)?, "rows")?;
        replaced.set(normalizer.version_2_rows(batch?, rows)?);
        Ok(())
    })
}

/// Ends the handle. Schemas made with it are not touched.
///
/// @param normalizer  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_close(normalizer: *mut NormalizerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(normalizer, "normalizer") })
}
