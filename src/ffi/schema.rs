// C header: record
//! What a record means, from a table of fields.

use super::boundary::{act, block, c_string, list, out, text, wanted};
use super::handle::{close, give, handles, open, slot};
use super::numbers::{FieldNumber, RecordNumber};
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::MAX_FIELDS;
use crate::schema::canonical::MAX_PARAMETERS;
use crate::schema::canonical::Schema;
use crate::schema::field::Field;
use crate::schema::row::RowSchema;
use std::ffi::{CString, c_char};
use std::sync::OnceLock;

/// A schema. Never changes: any number of threads may use it at once.
pub struct SchemaHandle {
    pub(super) schema: Schema,
    canonical: CString,
    /// Made when they are asked for.
    texts: OnceLock<Texts>,
    space: OnceLock<Option<Space>>,
}

/// What a schema says, for C.
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

impl SchemaHandle {
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

    /// The schema as one of observations: `InvalidArgument` if its records are not rows of f32.
    pub(super) fn space(&self) -> Result<&RowSchema> {
        Ok(&self.known_space()?.observations)
    }

    /// The Box of such a schema.
    pub(super) fn space_json(&self) -> Result<*const c_char> {
        Ok(self.known_space()?.json.as_ptr())
    }
}

handles!(SchemaHandle: "schema");

/// One field of a record. Strings are read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FieldEntry {
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
    /// How the number is scaled; NULL if it is in its unit ("raw").
    pub scale: *const c_char,
    /// What stands there when the value is not known; NULL if it always is ("none").
    pub missing: *const c_char,
}

unsafe fn field(entry: &FieldEntry) -> Result<Field> {
    // SAFETY: promise 1 holds for what the table leads to, too.
    let or = |p: *const c_char, what, otherwise: &'static str| unsafe {
        if p.is_null() { Ok(otherwise.to_owned()) } else { text(p, what).map(str::to_owned) }
    };
    if entry.reserved != 0 {
        return Err(super::boundary::invalid("reserved", "0", "another number"));
    }
    Ok(Field {
        // SAFETY: as above.
        name: unsafe { text(entry.name, "name of a field") }?.to_owned().into(),
        ty: FieldNumber::read(entry.r#type)?,
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
pub struct ParameterEntry {
    /// Its name: 1 to 79 bytes without white space or control characters, unique within the schema.
    pub name: *const c_char,
    /// The number; finite.
    pub value: f64,
}

pub(super) fn schema_handle(schema: Schema) -> *mut SchemaHandle {
    let canonical = c_string(&schema.canonical());
    give(SchemaHandle { schema, canonical, texts: OnceLock::new(), space: OnceLock::new() })
}

/// Makes the schema of a record of your own.
///
/// @param name         the record's name: 1 to 39 bytes without white space or control characters
/// @param version      its version; another version is another meaning
/// @param size         bytes of a record: sizeof, a multiple of 4 to be carried by a ring, at most 2^24
/// @param fields       its fields in ascending order of their offsets, not overlapping
/// @param field_count  how many, 1 or more
/// @param schema       the new handle; close it with leyline_schema_close
/// @return             LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_new(
    name: *const c_char,
    version: u32,
    size: usize,
    fields: *const FieldEntry,
    field_count: usize,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let name = text(name, "name")?.to_owned();
        at_most(field_count, MAX_FIELDS, "fields")?;
        let fields: Result<Vec<Field>> =
            list(fields, field_count, "fields")?.iter().map(|entry| field(entry)).collect();
        schema.set(schema_handle(Schema::new(name, version, size, fields?)?));
        Ok(())
    })
}

/// Refuses a count that is too large before anything is read: the list behind it may not be that long.
fn at_most(count: usize, most: usize, what: &'static str) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument)
        .about(what)
        .expected_found(format!("{most} at most"), count.to_string()))
}

/// Gives the schema of a record that comes with the library.
///
/// @param record  a leyline_record
/// @param schema  the new handle; close it with leyline_schema_close
/// @return        LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_of_record(record: u32, schema: *mut *mut SchemaHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let known = RecordNumber::read(record)?.schema()?;
        schema.set(schema_handle(known.clone()));
        Ok(())
    })
}

/// Makes a schema from its canonical text, which may come from anywhere.
///
/// @param text    UTF-8; need not end with a NUL
/// @param bytes   how many bytes of it
/// @param schema  the new handle; close it with leyline_schema_close
/// @return        LEYLINE_ERR_CORRUPT unless it is the canonical text of some schema to the byte
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_from_canonical(
    text: *const c_char,
    bytes: usize,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let text = std::str::from_utf8(list(text.cast::<u8>(), bytes, "text")?).map_err(|_| {
            Error::new(ErrorKind::Corrupt).about("schema").expected_found("UTF-8", "other bytes")
        })?;
        schema.set(schema_handle(Schema::from_canonical(text)?));
        Ok(())
    })
}

/// Makes a schema from another one with parameters in the place of its own: the numbers that its formulas name, and
/// whatever else another record of this name may not differ in.
///
/// @param schema      the schema; not changed
/// @param parameters  the parameters, in the order that the fingerprint covers
/// @param count       how many, at most 64
/// @param with        the new handle; close it with leyline_schema_close
/// @return            LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_with_parameters(
    schema: *const SchemaHandle,
    parameters: *const ParameterEntry,
    count: usize,
    with: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let with = slot(with)?;
        let schema = open(schema, "schema")?;
        at_most(count, MAX_PARAMETERS, "parameters")?;
        let parameters: Result<Vec<(&str, f64)>> = list(parameters, count, "parameters")?
            .iter()
            .map(|entry| Ok((text(entry.name, "name of a parameter")?, entry.value)))
            .collect();
        with.set(schema_handle(schema.schema.clone().with_parameters(&parameters?)?));
        Ok(())
    })
}

/// The record's name and version.
///
/// @param schema   the schema
/// @param name     the name, the schema's own: valid until it is closed
/// @param version  the version; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_name(
    schema: *const SchemaHandle,
    name: *mut *const c_char,
    version: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (name, version) = (out(name, "name")?, wanted(version, "version")?);
        let schema = open(schema, "schema")?;
        name.set(schema.texts().name.as_ptr());
        version.set(schema.schema.version());
        Ok(())
    })
}

/// How many fields and parameters a schema has.
///
/// @param schema      the schema
/// @param fields      fields
/// @param parameters  parameters; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_len(
    schema: *const SchemaHandle,
    fields: *mut usize,
    parameters: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (fields, parameters) = (out(fields, "fields")?, wanted(parameters, "parameters")?);
        let schema = open(schema, "schema")?;
        fields.set(schema.schema.fields().len());
        parameters.set(schema.schema.parameters().len());
        Ok(())
    })
}

/// A field of a schema.
///
/// @param schema  the schema
/// @param index   its position, from 0
/// @param field   the field; its strings are the schema's own: valid until it is closed
/// @return        LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_field(
    schema: *const SchemaHandle,
    index: usize,
    field: *mut FieldEntry,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let field = out(field, "field")?;
        let schema = open(schema, "schema")?;
        let fields = schema.schema.fields();
        let f = fields.get(index).ok_or_else(|| beyond("field", index, fields.len()))?;
        let [name, unit, scale, missing] = &schema.texts().fields[index];
        field.set(FieldEntry {
            name: name.as_ptr(),
            r#type: FieldNumber::from(f.ty) as u32,
            count: f.count,
            offset: f.offset,
            reserved: 0,
            unit: unit.as_ptr(),
            low: f.low,
            high: f.high,
            scale: scale.as_ptr(),
            missing: missing.as_ptr(),
        });
        Ok(())
    })
}

/// A parameter of a schema.
///
/// @param schema     the schema
/// @param index      its position, from 0
/// @param parameter  the parameter; its name is the schema's own: valid until it is closed
/// @return           LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_parameter(
    schema: *const SchemaHandle,
    index: usize,
    parameter: *mut ParameterEntry,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let parameter = out(parameter, "parameter")?;
        let schema = open(schema, "schema")?;
        let mut all = schema.schema.parameters();
        let count = all.len();
        let (_, value) = all.nth(index).ok_or_else(|| beyond("parameter", index, count))?;
        parameter.set(ParameterEntry { name: schema.texts().parameters[index].as_ptr(), value });
        Ok(())
    })
}

#[cold]
fn beyond(what: &'static str, index: usize, count: usize) -> Error {
    Error::new(ErrorKind::OutOfRange).about(what).expected_found(format!("below {count}"), index.to_string())
}

/// Whether two schemas are the same. If not, leyline_last_error() names both and the first field that differs.
///
/// @param schema  the schema that is expected
/// @param found   the one that was found
/// @return        LEYLINE_ERR_SCHEMA_MISMATCH if they differ
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_check_same(
    schema: *const SchemaHandle,
    found: *const SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (schema, found) = (&open(schema, "schema")?.schema, &open(found, "found")?.schema);
        if schema.fingerprint() == found.fingerprint() { Ok(()) } else { Err(schema.mismatch(found)) }
    })
}

/// The fingerprint: the first 16 bytes of SHA-256 over the canonical text. Two sides agree on a record when their
/// fingerprints are equal.
///
/// @param schema       the schema
/// @param fingerprint  16 bytes
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_fingerprint(
    schema: *const SchemaHandle,
    fingerprint: *mut u8,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = open(schema, "schema")?;
        block(fingerprint, 16, "fingerprint")?.copy_from_slice(&schema.schema.fingerprint());
        Ok(())
    })
}

/// The canonical text: one line for the record, one for each field.
///
/// @param schema  the schema
/// @param text    the text, the schema's own: valid until it is closed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_canonical(
    schema: *const SchemaHandle,
    text: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(text, "text")?.set(open(schema, "schema")?.canonical.as_ptr());
        Ok(())
    })
}

/// Bytes of one record.
///
/// @param schema  the schema
/// @param size    bytes
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_record_size(schema: *const SchemaHandle, size: *mut usize) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(size, "size")?.set(open(schema, "schema")?.schema.size());
        Ok(())
    })
}

/// Ends the handle. Rings and specs made with it are not touched.
///
/// @param schema  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_schema_close(schema: *mut SchemaHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(schema, "schema") })
}
