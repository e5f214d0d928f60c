// C header: record
//! Schemas: records described by a table of fields, and rows of floats.

use super::boundary::handle::{close, give, handles, open, slot};
use super::boundary::pointer::{block, invalid, list, no_more, out, wanted};
use super::boundary::string::{c_string, text};
use super::boundary::{call::act, status::Status};
use super::enumerations::{leyline_field, leyline_record};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::seed_state::SeedState;
use crate::schema::canonical::{MAX_FIELDS, MAX_PARAMETERS, Schema};
use crate::schema::{field::Field, id::cut, row::RowSchema};
use std::ffi::{CString, c_char};
use std::sync::OnceLock;

/// A schema.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_schema_info_t {
    /// The record's name; the schema's own string, as all strings here.
    pub name: *const c_char,
    /// The canonical text: a line for the record and one for each field.
    pub canonical: *const c_char,
    /// The Box space of a row as JSON, as RL tools read it; NULL where the record is no row of
    /// floats.
    pub space_json: *const c_char,
    /// Bytes of a record.
    pub size: usize,
    /// Fields.
    pub fields: usize,
    /// Parameters.
    pub parameters: usize,
    /// Numbers in a row; 0 where the record is no row of floats.
    pub width: usize,
    /// The first 16 bytes of SHA-256 over the canonical text. Two sides agree on a record when
    /// these are equal.
    pub fingerprint: [u8; 16],
    /// The record's version.
    pub version: u32,
    /// 0.
    pub reserved: u32,
}

/// The meaning of a record. Never changes.
pub struct leyline_schema_t {
    pub(super) schema: Schema,
    canonical: CString,
    /// Made when they are asked for.
    texts: OnceLock<Texts>,
    space: OnceLock<Option<Space>>,
}

/// A schema's texts, for C.
struct Texts {
    name: CString,
    /// Name, unit, scale and missing of each field.
    fields: Vec<[CString; 4]>,
    parameters: Vec<CString>,
}

/// A schema as a space of observations.
struct Space {
    observations: RowSchema,
    json: CString,
}

impl leyline_schema_t {
    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| Texts {
            name: c_string(self.schema.name()),
            fields: self
                .schema
                .fields()
                .iter()
                .map(|f| [&f.name, &f.unit, &f.scale, &f.missing].map(|text| c_string(text)))
                .collect(),
            parameters: self.schema.parameters().map(|(name, _)| c_string(name)).collect(),
        })
    }

    fn known_space(&self) -> Result<&Space> {
        let make = || {
            let observations = RowSchema::from_schema(&self.schema).ok()?;
            let json = c_string(&observations.space_json());
            Some(Space { observations, json })
        };
        match self.space.get_or_init(make) {
            Some(space) => Ok(space),
            // The error says why.
            None => Err(RowSchema::from_schema(&self.schema)
                .err()
                .unwrap_or_else(|| crate::base::error::ErrorKind::Internal.into())),
        }
    }

    /// Returns the schema as one of observations. `InvalidArgument` if its records are not rows of
    /// f32.
    pub(super) fn space(&self) -> Result<&RowSchema> {
        Ok(&self.known_space()?.observations)
    }
}

handles!(leyline_schema_t: "schema");

/// One field of a record. Strings are read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_field_t {
    /// Its name: 1 to 79 bytes without white space or control characters, unique within the record.
    pub name: *const c_char,
    /// A leyline_field.
    pub r#type: u32,
    /// Elements; 1 for a plain number.
    pub count: u32,
    /// Bytes from the record's start: offsetof.
    pub offset: u32,
    /// 0.
    pub reserved: u32,
    /// Its unit; NULL for none ("-").
    pub unit: *const c_char,
    /// The least value, inclusive; -INFINITY for no bound.
    pub low: f64,
    /// The greatest value, inclusive; INFINITY for no bound.
    pub high: f64,
    /// The scale of the number; NULL if it is in its unit ("raw").
    pub scale: *const c_char,
    /// The number for an unknown value; NULL if it always is ("none").
    pub missing: *const c_char,
}

unsafe fn field(entry: &leyline_field_t) -> Result<Field> {
    // SAFETY: promise 1 holds for what the table leads to, too.
    let or = |p: *const c_char, what, otherwise: &'static str| unsafe {
        if p.is_null() { Ok(otherwise.to_owned()) } else { text(p, what).map(str::to_owned) }
    };
    no_more(&entry.reserved, "reserved of a field")?;
    Ok(Field {
        // SAFETY: as above.
        name: unsafe { text(entry.name, "name of a field") }?.to_owned().into(),
        ty: leyline_field::read(entry.r#type)?,
        count: entry.count,
        offset: entry.offset,
        unit: or(entry.unit, "unit", "-")?.into(),
        low: entry.low,
        high: entry.high,
        scale: or(entry.scale, "scale", "raw")?.into(),
        missing: or(entry.missing, "missing", "none")?.into(),
    })
}

/// A number that belongs to the meaning of a record, such as one of a task.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_parameter_t {
    /// Its name: 1 to 79 bytes without white space or control characters, unique within the schema.
    pub name: *const c_char,
    /// The number; finite.
    pub value: f64,
}

/// The seed as a row shows it: as much as decides which actions are possible.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_seed_state_t {
    /// 1 if a seed is alive in the seed slot, else 0.
    pub active: u32,
    /// A leyline_seed_stage.
    pub stage: u32,
    /// Free seed slots.
    pub slots: u32,
    /// 0.
    pub reserved: u32,
}

pub(super) fn schema_handle(schema: Schema) -> *mut leyline_schema_t {
    let canonical = c_string(&schema.canonical());
    give(leyline_schema_t { schema, canonical, texts: OnceLock::new(), space: OnceLock::new() })
}

/// Refuses a count that is too large before anything is read: the list behind it may not be that
/// long.
fn at_most(count: usize, most: usize, what: &'static str) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument)
        .about(what)
        .expected_found(format!("{most} at most"), count.to_string()))
}

#[cold]
fn beyond(what: &'static str, index: usize, count: usize) -> Error {
    Error::new(ErrorKind::OutOfRange).about(what).expected_found(format!("below {count}"), index.to_string())
}

/// Reads a row of the schema's width.
unsafe fn row<'a>(schema: &leyline_schema_t, row: *const f32, width: usize) -> Result<&'a [f32]> {
    // SAFETY: promise 1 of the caller.
    let row = unsafe { list(row, width, "row") }?;
    schema.space()?.check_width(row)?;
    Ok(row)
}

/// Makes the schema of a record of your own.
///
/// @param name     1 to 39 bytes without white space or control characters
/// @param version  another version is another meaning
/// @param size     sizeof the record: a multiple of 4 to be carried by a ring, at most 2^24
/// @param fields   in ascending order of their offsets, not overlapping
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_new(
    name: *const c_char,
    version: u32,
    size: usize,
    fields: *const leyline_field_t,
    field_count: usize,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let schema = slot(schema)?;
        let name = text(name, "name")?.to_owned();
        at_most(field_count, MAX_FIELDS, "fields")?;
        let fields: Result<Vec<Field>> =
            list(fields, field_count, "fields")?.iter().map(|entry| field(entry)).collect();
        schema.set(schema_handle(Schema::new(name, version, size, fields?)?));
    })
}

/// Gives the schema of a record that comes with the library.
///
/// @param record  a leyline_record that travels
/// @return        LEYLINE_ERR_INVALID_ENUM
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_of_record(record: u32, schema: *mut *mut leyline_schema_t) -> Status {
    act!({
        let schema = slot(schema)?;
        schema.set(schema_handle(leyline_record::read(record)?.schema()?.clone()));
    })
}

/// Makes a schema from its canonical text, which may come from anywhere.
///
/// @param text   UTF-8; need not end with a NUL
/// @param bytes  its length
/// @return       LEYLINE_ERR_CORRUPT unless it is, to the byte, the canonical text of some schema
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_from_canonical(
    text: *const c_char,
    bytes: usize,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let schema = slot(schema)?;
        let text = std::str::from_utf8(list(text.cast::<u8>(), bytes, "text")?).map_err(|_| {
            Error::new(ErrorKind::Corrupt).about("schema").expected_found("UTF-8", "other bytes")
        })?;
        schema.set(schema_handle(Schema::from_canonical(text)?));
    })
}

/// Makes a schema with other parameters: the numbers that its formulas name.
///
/// @param parameters  in the order that the fingerprint covers
/// @param count       at most 64
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_with_parameters(
    schema: *const leyline_schema_t,
    parameters: *const leyline_parameter_t,
    count: usize,
    with: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let with = slot(with)?;
        let schema = open(schema, "schema")?;
        at_most(count, MAX_PARAMETERS, "parameters")?;
        let parameters: Result<Vec<(&str, f64)>> = list(parameters, count, "parameters")?
            .iter()
            .map(|entry| Ok((text(entry.name, "name of a parameter")?, entry.value)))
            .collect();
        with.set(schema_handle(schema.schema.clone().with_parameters(&parameters?)?));
    })
}

/// Describes a schema. The first call makes space_json.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_info(
    schema: *const leyline_schema_t,
    info: *mut leyline_schema_info_t,
) -> Status {
    act!({
        let info = out(info, "info")?;
        let handle = open(schema, "schema")?;
        let (schema, space) = (&handle.schema, handle.known_space().ok());
        info.set(leyline_schema_info_t {
            name: handle.texts().name.as_ptr(),
            canonical: handle.canonical.as_ptr(),
            space_json: space.map_or(std::ptr::null(), |space| space.json.as_ptr()),
            size: schema.size(),
            fields: schema.fields().len(),
            parameters: schema.parameters().len(),
            width: space.map_or(0, |space| space.observations.width()),
            fingerprint: schema.fingerprint(),
            version: schema.version(),
            reserved: 0,
        });
    })
}

/// Gives a field; its strings are the schema's own.
///
/// @param index  from 0
/// @return       LEYLINE_ERR_OUT_OF_RANGE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_field(
    schema: *const leyline_schema_t,
    index: usize,
    field: *mut leyline_field_t,
) -> Status {
    act!({
        let field = out(field, "field")?;
        let schema = open(schema, "schema")?;
        let fields = schema.schema.fields();
        let f = fields.get(index).ok_or_else(|| beyond("field", index, fields.len()))?;
        let [name, unit, scale, missing] = &schema.texts().fields[index];
        field.set(leyline_field_t {
            name: name.as_ptr(),
            r#type: leyline_field::from(f.ty) as u32,
            count: f.count,
            offset: f.offset,
            reserved: 0,
            unit: unit.as_ptr(),
            low: f.low,
            high: f.high,
            scale: scale.as_ptr(),
            missing: missing.as_ptr(),
        });
    })
}

/// Gives a parameter; its name is the schema's own.
///
/// @param index  from 0
/// @return       LEYLINE_ERR_OUT_OF_RANGE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_parameter(
    schema: *const leyline_schema_t,
    index: usize,
    parameter: *mut leyline_parameter_t,
) -> Status {
    act!({
        let parameter = out(parameter, "parameter")?;
        let schema = open(schema, "schema")?;
        let mut all = schema.schema.parameters();
        let count = all.len();
        let (_, value) = all.nth(index).ok_or_else(|| beyond("parameter", index, count))?;
        parameter.set(leyline_parameter_t { name: schema.texts().parameters[index].as_ptr(), value });
    })
}

/// Finds a number's position in a row by its name.
///
/// @return  LEYLINE_ERR_NOT_FOUND
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_index_of(
    schema: *const leyline_schema_t,
    name: *const c_char,
    index: *mut usize,
) -> Status {
    act!({
        let index = out(index, "index")?;
        let (space, name) = (open(schema, "schema")?.space()?, text(name, "name")?);
        index.set(space.index_of(name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound)
                .about(format!("feature of {}", space.schema().name()))
                .expected_found("one of its names", format!("{name:?}"))
        })?);
    })
}

/// Checks that two schemas are the same; leyline_last_error() names the first field that differs.
///
/// @return  LEYLINE_ERR_SCHEMA_MISMATCH
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_check_same(
    schema: *const leyline_schema_t,
    found: *const leyline_schema_t,
) -> Status {
    act!({
        let (schema, found) = (&open(schema, "schema")?.schema, &open(found, "found")?.schema);
        if schema.fingerprint() != found.fingerprint() {
            return Err(schema.mismatch(found));
        }
    })
}

/// Gives the bounds of each number of a row, the value for what is missing, and the worst value,
/// which replaces NaN: of a loss or gradient norm the upper bound; of an accuracy, an improvement
/// and a change of either or of a loss the lower bound; else the value for what is missing. The
/// feature's name and unit say which it is.
///
/// @param width    the schema's: the length of each array
/// @param low      least values, inclusive; or NULL
/// @param high     greatest values, inclusive; or NULL
/// @param missing  values for what is missing; or NULL
/// @param worst    values that replace NaN; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_bounds(
    schema: *const leyline_schema_t,
    width: usize,
    low: *mut f32,
    high: *mut f32,
    missing: *mut f32,
    worst: *mut f32,
) -> Status {
    act!({
        let space = open(schema, "schema")?.space()?;
        if width != space.width() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("width")
                .expected_found(space.width().to_string(), width.to_string()));
        }
        let places = [(low, "low"), (high, "high"), (missing, "missing"), (worst, "worst")];
        let numbers = [space.low(), space.high(), space.missing(), space.worst()];
        for (place, name) in places {
            if !place.is_null() {
                block(place, width, name)?;
            }
        }
        for ((place, name), numbers) in places.into_iter().zip(numbers) {
            if !place.is_null() {
                block(place, width, name)?.copy_from_slice(numbers);
            }
        }
    })
}

/// Checks that every number of a row is finite, in its bounds, and whole where it has to be. The
/// error names the first that is not.
///
/// @return  LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_check_row(
    schema: *const leyline_schema_t,
    row: *const f32,
    width: usize,
) -> Status {
    act!({
        let schema = open(schema, "schema")?;
        schema.space()?.check(self::row(schema, row, width)?)?;
    })
}

/// Brings every number of a row into its bounds: saturates, replaces NaN by the worst value (see
/// leyline_schema_bounds), drops fractions of whole numbers.
///
/// @param replaced  bit i for number i, bit 63 for any from 63 on; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_sanitize_row(
    schema: *const leyline_schema_t,
    row: *mut f32,
    width: usize,
    replaced: *mut u64,
) -> Status {
    act!({
        let replaced = wanted(replaced, "replaced")?;
        replaced.set(open(schema, "schema")?.space()?.sanitize(block(row, width, "row")?)?);
    })
}

/// Gives the names of the numbers in a mask of what was replaced, such as "TRAIN_LOSS, VAL_LOSS".
///
/// @param mask   as of leyline_trainer_publish and leyline_schema_sanitize_row
/// @param text   room for size bytes: the names, cut at a character, and a NUL
/// @param size   1 or more
/// @param bytes  length of all names, as if they were not cut; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_names_of(
    schema: *const leyline_schema_t,
    mask: u64,
    text: *mut c_char,
    size: usize,
    bytes: *mut usize,
) -> Status {
    act!({
        let bytes = wanted(bytes, "bytes")?;
        let names = open(schema, "schema")?.space()?.names_of(mask);
        let place = block(text.cast::<u8>(), size, "text")?;
        let most = size.checked_sub(1).ok_or_else(|| invalid("size", "1 or more", "0"))?;
        let kept = cut(&names, most);
        place[..kept.len()].copy_from_slice(kept.as_bytes());
        place[kept.len()] = 0;
        bytes.set(names.len());
    })
}

/// Reads the seed's state from a row, by the names HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS.
///
/// @return  LEYLINE_ERR_NOT_FOUND: the schema lacks one of the three, or the numbers are no such
///          state
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_seed_state(
    schema: *const leyline_schema_t,
    row: *const f32,
    width: usize,
    state: *mut leyline_seed_state_t,
) -> Status {
    act!({
        let state = out(state, "state")?;
        let schema = open(schema, "schema")?;
        let seed = SeedState::of_row(schema.space()?, self::row(schema, row, width)?).ok_or_else(|| {
            Error::new(ErrorKind::NotFound)
                .about("seed")
                .expected_found("a row that says what the seed is", "another one")
        })?;
        state.set(leyline_seed_state_t {
            active: seed.active.into(),
            stage: seed.stage.value().into(),
            slots: seed.slots,
            reserved: 0,
        });
    })
}

/// Ends the handle.
///
/// @param schema  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_close(schema: *mut leyline_schema_t) -> Status {
    act!(close(schema, "schema")?)
}
