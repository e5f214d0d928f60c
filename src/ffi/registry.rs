// C header: migrate
//! The process's registry of observation schemas.

use super::boundary::handle::{open, slot};
use super::boundary::pointer::{block, invalid, out};
use super::boundary::{call::act, status::Status, string::text};
use super::schema::{leyline_schema_t, schema_handle};
use crate::contract::known_schemas::registry;
use std::ffi::{c_char, c_void};

/// Computes a number of the new row from the old row, which is width numbers long. Called from any
/// thread that applies a migration; must not unwind.
pub type leyline_converter_t =
    Option<unsafe extern "C" fn(row: *const f32, width: usize, context: *mut c_void) -> f32>;

/// A caller's pointer that goes back to the caller's function only.
#[derive(Clone, Copy)]
struct Context(*mut c_void);

// SAFETY: never looked into here; who registers a converter promises that it may be called from any
// thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// Returns the pointer. A method, so that a closure captures the whole struct.
    fn pointer(self) -> *mut c_void {
        self.0
    }
}

/// Makes an observation schema known to the process; the same once more changes nothing.
///
/// @return  LEYLINE_ERR_SCHEMA_MISMATCH: another schema has that name and version;
///          LEYLINE_ERR_INVALID_ARGUMENT: its records are not rows of floats
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_register(schema: *const leyline_schema_t) -> Status {
    act!(registry().register(open(schema, "schema")?.space()?)?)
}

/// Finds a schema that is registered or comes with the library: observation 1; of cifar10 and
/// tinystories normalized.TASK 1 and observation.TASK 2.
///
/// @return  LEYLINE_ERR_NOT_FOUND
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_find(
    name: *const c_char,
    version: u32,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let schema = slot(schema)?;
        schema.set(schema_handle(registry().find(text(name, "name")?, version)?.schema().clone()));
    })
}

/// Lists the known versions of a name, ascending.
///
/// @param capacity  room in versions
/// @param count     how many there are, of which at most capacity were written; 0 if the name is
///                  not known
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_versions(
    name: *const c_char,
    capacity: usize,
    versions: *mut u32,
    count: *mut usize,
) -> Status {
    act!({
        let count = out(count, "count")?;
        let found = registry().versions(text(name, "name")?);
        let place = block(versions, capacity, "versions")?;
        let fit = found.len().min(place.len());
        place[..fit].copy_from_slice(&found[..fit]);
        count.set(found.len());
    })
}

/// Sets how rows of one schema give a field of another, for all migrations planned from now on. The
/// result of the function is brought into the field's bounds.
///
/// @param field      a field of the new schema
/// @param converter  called from any thread that applies such a migration, until the process ends
/// @param context    handed to the function; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_add_converter(
    from: *const leyline_schema_t,
    to: *const leyline_schema_t,
    field: *const c_char,
    converter: leyline_converter_t,
    context: *mut c_void,
) -> Status {
    act!({
        let (from, to) = (open(from, "from")?.space()?, open(to, "to")?.space()?);
        let field = text(field, "field")?;
        let Some(function) = converter else {
            return Err(invalid("converter", "a function", "NULL"));
        };
        let context = Context(context);
        // The function is the caller's; the row is as long as said.
        let convert = move |row: &[f32]| function(row.as_ptr(), row.len(), context.pointer());
        registry().register_converter(from, to, field, convert)?;
    })
}
