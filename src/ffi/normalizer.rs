// C header: migrate
//! Tasks, normalized observations and version 2 of the observation.

use super::boundary::handle::{close, give, handles, open, slot};
use super::boundary::pointer::{block, input, invalid, list, out, wanted};
use super::boundary::{call::act, status::Status};
use super::reading::bytes_of;
use super::schema::{leyline_schema_t, schema_handle};
use crate::base::error::{Error, ErrorKind};
use crate::contract::observation::{FEATURES, Observation};
use crate::contract::{
    known_schemas::registry, normalizer::Normalizer, signals::TrainingSignals, task::Task,
    version_2::VERSION_2_WIDTH,
};

/// Normalizes observations for one task. Never changes: any number of threads may use it at once.
pub struct leyline_normalizer_t {
    normalizer: Normalizer,
}

handles!(leyline_normalizer_t: "normalizer");

/// The tasks that come with the library.
#[repr(u32)]
pub enum leyline_task {
    /// A small convolutional network on CIFAR-10.
    Cifar10 = 1,
    /// A small transformer on TinyStories.
    Tinystories = 2,
}

/// A normalized observation: not to be published as a leyline_observation_t.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_normalized_t {
    /// By leyline_feature; the schema is version 1 of leyline_normalizer_schema.
    pub values: [f32; 27],
}

const _: () = assert!(size_of::<leyline_normalized_t>() == FEATURES * size_of::<f32>());

/// Fills in a task that comes with the library.
///
/// @param preset  a leyline_task
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_task_preset(preset: u32, task: *mut Task) -> Status {
    act!({
        let place = out(task, "task")?;
        place.set(match preset {
            n if n == leyline_task::Cifar10 as u32 => Task::cifar10(),
            n if n == leyline_task::Tinystories as u32 => Task::tinystories(),
            other => {
                return Err(Error::new(ErrorKind::InvalidEnum)
                    .about("preset")
                    .expected_found("one of 1, 2", other.to_string()));
            }
        });
    })
}

/// Makes the normalizer of a task, which is checked first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_new(
    task: *const Task,
    normalizer: *mut *mut leyline_normalizer_t,
) -> Status {
    act!(
        slot(normalizer)?
            .set(give(leyline_normalizer_t { normalizer: Normalizer::new(&input(task, "task")?)? }))
    )
}

/// Makes the normalizer whose observations have a schema, as for a controller that accepts any.
///
/// @return  LEYLINE_ERR_SCHEMA_MISMATCH: no task gives that schema
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_of_schema(
    schema: *const leyline_schema_t,
    normalizer: *mut *mut leyline_normalizer_t,
) -> Status {
    act!({
        let place = slot(normalizer)?;
        place.set(give(leyline_normalizer_t {
            normalizer: Normalizer::of_schema(open(schema, "schema")?.space()?)?,
        }));
    })
}

/// Gives a schema of the task's observations as a handle of its own.
///
/// @param version  1, or 0: normalized.TASK, 27 numbers; 2: observation.TASK, version 2,
///                 LEYLINE_VERSION_2_WIDTH numbers
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_schema(
    normalizer: *const leyline_normalizer_t,
    version: u32,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let place = slot(schema)?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let schema = match version {
            0 | 1 => normalizer.schema(),
            2 => normalizer.version_2_schema(),
            _ => return Err(invalid("version", "0, 1 or 2", "another number")),
        };
        place.set(schema_handle(schema.schema().clone()));
    })
}

/// Makes both schemas known to the process's registry, with the converters from raw observations.
/// Those of the presets are known already.
///
/// @return  LEYLINE_ERR_SCHEMA_MISMATCH: another task of that name is registered
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_register(normalizer: *const leyline_normalizer_t) -> Status {
    act!(open(normalizer, "normalizer")?.normalizer.register(registry())?)
}

/// Normalizes observations. Allocates nothing.
///
/// @param observations  count of them; may hold anything
/// @param rows          a (count, 27) block, such as the values of a leyline_normalized_t
/// @param replaced      bit i if number i of any of them was out of bounds; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_rows(
    normalizer: *const leyline_normalizer_t,
    observations: *const Observation,
    count: usize,
    rows: *mut f32,
    replaced: *mut u32,
) -> Status {
    act!({
        let replaced = wanted(replaced, "replaced")?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let batch = list(observations, count, "observations")?;
        replaced.set(normalizer.normalize_rows(batch, block(rows, bytes_of(FEATURES, count)?, "rows")?)?);
    })
}

/// Makes version 2 of the observation of training signals: the 27 normalized numbers, then a flag
/// for each: 0 it is there, 1 it is missing, 0.5 unknown. Allocates nothing.
///
/// @param signals   count of them; may hold anything
/// @param rows      a (count, LEYLINE_VERSION_2_WIDTH) block
/// @param replaced  bit i if number i of any of them was out of bounds; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_version_2_rows(
    normalizer: *const leyline_normalizer_t,
    signals: *const TrainingSignals,
    count: usize,
    rows: *mut f32,
    replaced: *mut u32,
) -> Status {
    act!({
        let replaced = wanted(replaced, "replaced")?;
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let batch = list(signals, count, "signals")?;
        let rows = block(rows, bytes_of(VERSION_2_WIDTH, count)?, "rows")?;
        replaced.set(normalizer.version_2_rows(batch, rows)?);
    })
}

/// Computes the raw observation of a normalized one, as far as it can be told.
///
/// @param normalized  of version 2 its first 27 numbers
/// @param cut_off     bit i where number i stands at the end of a clip: it may have been beyond; or
///                    NULL
/// @return            LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE: numbers that no normalized
///                    observation has
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_restore(
    normalizer: *const leyline_normalizer_t,
    normalized: *const leyline_normalized_t,
    observation: *mut Observation,
    cut_off: *mut u32,
) -> Status {
    act!({
        let (observation, cut_off) = (out(observation, "observation")?, wanted(cut_off, "cut_off")?);
        let normalizer = &open(normalizer, "normalizer")?.normalizer;
        let restored = normalizer.restore_row(&input(normalized, "normalized")?.values)?;
        observation.set(restored.observation);
        cut_off.set(restored.cut_off);
    })
}

/// Ends the handle.
///
/// @param normalizer  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_normalizer_close(normalizer: *mut leyline_normalizer_t) -> Status {
    act!(close(normalizer, "normalizer")?)
}
