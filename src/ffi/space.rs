// C header: record
//! Schemas whose records are rows of floats: observations of any shape.

use super::boundary::{act, block, list, out, text, wanted};
use super::handle::open;
use super::schema::SchemaHandle;
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::seed_state::SeedState;
use std::ffi::c_char;

/// What a row says about the seed: as much as decides which actions are possible.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SeedStateRecord {
    /// 1 if a seed is alive in the slot, else 0.
    pub active: u32,
    /// A leyline_seed_stage.
    pub stage: u32,
    /// Free slots.
    pub slots: u32,
    /// 0.
    pub reserved: u32,
}

/// A row of the schema's width.
unsafe fn row<'a>(schema: &SchemaHandle, row: *const f32, width: usize) -> Result<&'a [f32]> {
    // SAFETY: promise 1 of the caller.
    let row = unsafe { list(row, width, "row") }?;
    schema.space()?.check_width(row)?;
    Ok(row)
}

/// How many numbers a row of observations has.
///
/// @param schema  the schema: 1 to 4096 floats and nothing else
/// @param width   numbers
/// @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_width(schema: *const SchemaHandle, width: *mut usize) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let width = out(width, "width")?;
        width.set(open(schema, "schema")?.space()?.width());
        Ok(())
    })
}

/// The position of a feature in the rows of a schema.
///
/// @param schema  the schema of rows of floats
/// @param name    the feature's name
/// @param index   its position, from 0
/// @return        LEYLINE_ERR_NOT_FOUND
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_index_of(
    schema: *const SchemaHandle,
    name: *const c_char,
    index: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let index = out(index, "index")?;
        let (space, name) = (open(schema, "schema")?.space()?, text(name, "name")?);
        index.set(space.index_of(name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound)
                .about(format!("feature of {}", space.schema().name()))
                .expected_found("one of its names", format!("{name:?}"))
        })?);
        Ok(())
    })
}

/// The Box of each number of a row, and what each reads when there is no value.
///
/// @param schema   the schema of rows of floats
/// @param width    numbers that each array has room for: the schema's width
/// @param low      the least values, inclusive; or NULL
/// @param high     the greatest values, inclusive; or NULL
/// @param missing  the values for what is missing; or NULL
/// @return         LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_bounds(
    schema: *const SchemaHandle,
    width: usize,
    low: *mut f32,
    high: *mut f32,
    missing: *mut f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = open(schema, "schema")?.space()?;
        if width != space.width() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("width")
                .expected_found(space.width().to_string(), width.to_string()));
        }
        let places = [(low, "low"), (high, "high"), (missing, "missing")];
        for (place, name) in places {
            if !place.is_null() {
                block(place, width, name)?;
            }
        }
        for ((place, name), numbers) in places.into_iter().zip([space.low(), space.high(), space.missing()]) {
            if !place.is_null() {
                block(place, width, name)?.copy_from_slice(numbers);
            }
        }
        Ok(())
    })
}

/// Whether every number of a row is finite, in its Box, and whole where it has to be. The error names the first that is
/// not.
///
/// @param schema  the schema of rows of floats
/// @param values  the row
/// @param width   its numbers: the schema's width
/// @return        LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_check_row(
    schema: *const SchemaHandle,
    values: *const f32,
    width: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = open(schema, "schema")?;
        schema.space()?.check(row(schema, values, width)?)
    })
}

/// Brings every number of a row into its Box: saturates, replaces NaN by the missing value, drops fractions of what has
/// to be whole.
///
/// @param schema    the schema of rows of floats
/// @param values    the row, changed in place
/// @param width     its numbers: the schema's width
/// @param replaced  bit i for number i if it was replaced, bit 63 for any from 63 on; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_sanitize_row(
    schema: *const SchemaHandle,
    values: *mut f32,
    width: usize,
    replaced: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let space = open(schema, "schema")?.space()?;
        replaced.set(space.sanitize(block(values, width, "row")?)?);
        Ok(())
    })
}

/// The Box space of a schema as JSON, in the form that RL tools read.
///
/// @param schema  the schema of rows of floats
/// @param json    the text, the schema's own: valid until it is closed
/// @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_space_json(
    schema: *const SchemaHandle,
    json: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let json = out(json, "json")?;
        json.set(open(schema, "schema")?.space_json()?);
        Ok(())
    })
}

/// What a row says about the seed, by the names HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS; normalized ones too.
///
/// @param schema  the schema of rows of floats
/// @param values  the row; may hold anything
/// @param width   its numbers: the schema's width
/// @param state   the seed's state
/// @return        LEYLINE_ERR_NOT_FOUND if the schema has not all three, or the numbers are no such state
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_seed_state(
    schema: *const SchemaHandle,
    values: *const f32,
    width: usize,
    state: *mut SeedStateRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let state = out(state, "state")?;
        let schema = open(schema, "schema")?;
        let seed = SeedState::of_row(schema.space()?, row(schema, values, width)?).ok_or_else(|| {
            Error::new(ErrorKind::NotFound)
                .about("seed")
                .expected_found("a row that says what the seed is", "another one")
        })?;
        state.set(SeedStateRecord {
            active: seed.active.into(),
            stage: seed.stage.value().into(),
            slots: seed.slots,
            reserved: 0,
        });
        Ok(())
    })
}

/// So many rows of so many numbers.
pub(super) fn numbers(width: usize, count: usize) -> Result<usize> {
    width.checked_mul(count).ok_or_else(|| {
        super::boundary::invalid("count", "a batch that fits the address space", "a greater one")
    })
}
