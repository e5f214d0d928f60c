//! What a record means, from a table of fields.

use super::boundary::{act, block, c_string, input, list, out, text};
use super::handle::{close, give, handles, open, slot};
use super::numbers::{FieldNumber, RecordNumber};
use super::status::Status;
use crate::Result;
use crate::contract::schema::{Field, Schema};
use std::ffi::{CString, c_char};

/// A schema. Never changes: any number of threads may use it at once.
pub struct SchemaHandle {
    pub(super) schema: Schema,
    canonical: CString,
}

handles!(SchemaHandle: "schema");

/// One field of a record. Strings are read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FieldEntry {
    /// Its name: 1 to 79 bytes without white space, unique within the record.
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

fn schema_handle(schema: Schema) -> *mut SchemaHandle {
    let canonical = c_string(&schema.canonical());
    give(SchemaHandle { schema, canonical })
}

/// Makes the schema of a record of your own.
///
/// @param name         the record's name: 1 to 39 bytes without white space
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
        let fields: Result<Vec<Field>> =
            list(fields, field_count, "fields")?.iter().map(|entry| field(entry)).collect();
        schema.set(schema_handle(Schema::new(name, version, size, fields?)?));
        Ok(())
    })
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
        let known = RecordNumber::read(record)?.schema();
        schema.set(schema_handle(known.clone()));
        Ok(())
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

/// Sets an id.
///
/// @param id    the id
/// @param text  UTF-8 of at most 39 bytes; the empty text makes the empty id
/// @return      LEYLINE_ERR_INVALID_ID if it is longer: an id is never cut
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_id_set(id: *mut crate::contract::id::Id, text: *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let id = out(id, "id")?;
        id.set(crate::contract::id::Id::new(super::boundary::text(text, "text")?)?);
        Ok(())
    })
}

/// Whether an id that came from elsewhere is UTF-8 and ends with a NUL, so that its bytes can be used as a string.
///
/// @param id  the id
/// @return    LEYLINE_ERR_INVALID_ID if not
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_id_check(id: *const crate::contract::id::Id) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(id, "id")?.as_str().map(drop) })
}
