// C header: migrate
//! The process's registry of observation schemas, and migrations between them.

use super::boundary::{act, block, c_string, invalid, list, out, text, wanted};
use super::handle::{close, give, handles, open, slot};
use super::numbers::FateNumber;
use super::schema::{SchemaHandle, schema_handle};
use super::space::numbers;
use super::status::Status;
use crate::base::error::{Error, ErrorKind};
use crate::contract::known_schemas::registry;
use crate::schema::migration::Migration;
use std::ffi::{CString, c_char, c_void};

/// How rows of one schema become rows of another. Never changes: any number of threads may use it at once.
pub struct MigrationHandle {
    migration: Migration,
    /// By fate: copied, converted, defaulted, dropped.
    names: [Vec<CString>; 4],
}

handles!(MigrationHandle: "migration");

/// Makes a number of the new row from the old row, which is as long as its schema is wide. Called from any thread that
/// applies a migration; must not unwind.
pub type Converter = Option<unsafe extern "C" fn(row: *const f32, width: usize, context: *mut c_void) -> f32>;

/// A caller's pointer that goes back to the caller's function only.
#[derive(Clone, Copy)]
struct Context(*mut c_void);

// SAFETY: never looked into here; who registers a converter promises that it may be called from any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// A method, so that a closure takes the whole of it along.
    fn pointer(self) -> *mut c_void {
        self.0
    }
}

/// Makes an observation schema known to the process. Doing so again changes nothing.
///
/// @param schema  the schema of rows of floats
/// @return        LEYLINE_ERR_SCHEMA_MISMATCH if another schema has that name and version already,
///                LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_register(schema: *const SchemaHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { registry().register(open(schema, "schema")?.space()?) })
}

/// The schema of a name and version: a registered one or one that comes with the library (observation 1, and of the
/// presets cifar10 and tinystories normalized.TASK 1 and observation.TASK 2).
///
/// @param name     the name
/// @param version  the version
/// @param schema   the new handle; close it with leyline_schema_close
/// @return         LEYLINE_ERR_NOT_FOUND
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_find(
    name: *const c_char,
    version: u32,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = slot(schema)?;
        let found = registry().find(text(name, "name")?, version)?;
        schema.set(schema_handle(found.schema().clone()));
        Ok(())
    })
}

/// The known versions of a name, ascending.
///
/// @param name      the name
/// @param room      how many numbers there is room for
/// @param versions  the first versions, as many as there is room for
/// @param count     how many there are; 0 if the name is not known
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_versions(
    name: *const c_char,
    room: usize,
    versions: *mut u32,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let count = out(count, "count")?;
        let found = registry().versions(text(name, "name")?);
        let place = block(versions, room, "versions")?;
        let fit = found.len().min(place.len());
        place[..fit].copy_from_slice(&found[..fit]);
        count.set(found.len());
        Ok(())
    })
}

/// Says how rows of one schema give a field of another, for all migrations planned from now on. What the function gives
/// is brought into the field's Box.
///
/// @param from       the old schema
/// @param to         the new schema
/// @param field      a field of the new schema
/// @param converter  the function; called from any thread that applies such a migration, until the process ends
/// @param context    what it gets beside the row; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_registry_add_converter(
    from: *const SchemaHandle,
    to: *const SchemaHandle,
    field: *const c_char,
    converter: Converter,
    context: *mut c_void,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (from, to) = (open(from, "from")?.space()?, open(to, "to")?.space()?);
        let field = text(field, "field")?;
        let Some(function) = converter else {
            return Err(invalid("converter", "a function", "NULL"));
        };
        let context = Context(context);
        // The function is the caller's; the row is as long as said.
        let convert = move |row: &[f32]| function(row.as_ptr(), row.len(), context.pointer());
        registry().register_converter(from, to, field, convert)
    })
}

/// Plans how rows of one schema become rows of another: fields with a converter are converted, others of the same unit,
/// bounds and scale copied by name, and those that the old schema has not read as their missing value.
///
/// @param from       the old schema
/// @param to         the new schema
/// @param migration  the new handle; close it with leyline_migration_close
/// @return           LEYLINE_ERR_SCHEMA_MISMATCH if a field stands in both with another meaning and has no converter, or
///                   if nothing of the old schema comes over into the new one
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_plan(
    from: *const SchemaHandle,
    to: *const SchemaHandle,
    migration: *mut *mut MigrationHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let handle = slot(migration)?;
        let (from, to) = (open(from, "from")?.space()?, open(to, "to")?.space()?);
        let migration = registry().migration(from, to)?;
        let report = migration.report();
        let names = [&report.copied, &report.converted, &report.defaulted, &report.dropped]
            .map(|list| list.iter().map(|name| c_string(name)).collect());
        handle.set(give(MigrationHandle { migration, names }));
        Ok(())
    })
}

/// How many fields a migration copies, converts, defaults or drops.
///
/// @param migration  the migration
/// @param fate       a leyline_fate
/// @param count      fields
/// @return           LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_count(
    migration: *const MigrationHandle,
    fate: u32,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let count = out(count, "count")?;
        count.set(open(migration, "migration")?.names[FateNumber::read(fate)?].len());
        Ok(())
    })
}

/// The name of a field that a migration copies, converts, defaults or drops.
///
/// @param migration  the migration
/// @param fate       a leyline_fate
/// @param index      from 0, in the order of the schema
/// @param name       the name, the migration's own: valid until it is closed
/// @return           LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_name(
    migration: *const MigrationHandle,
    fate: u32,
    index: usize,
    name: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        let names = &open(migration, "migration")?.names[FateNumber::read(fate)?];
        let found = names.get(index).ok_or_else(|| {
            Error::new(ErrorKind::OutOfRange)
                .about("index")
                .expected_found(format!("below {}", names.len()), index.to_string())
        })?;
        name.set(found.as_ptr());
        Ok(())
    })
}

/// Makes new rows of old ones. Allocates nothing.
///
/// @param migration  the migration
/// @param rows       (count, width of the old schema) numbers, row by row
/// @param count      rows
/// @param migrated   (count, width of the new schema) numbers, row by row
/// @param replaced   bit i if in any new row number i was brought into its Box, bit 63 for any from 63 on; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_apply(
    migration: *const MigrationHandle,
    rows: *const f32,
    count: usize,
    migrated: *mut f32,
    replaced: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let migration = &open(migration, "migration")?.migration;
        let rows = list(rows, numbers(migration.from().width(), count)?, "rows")?;
        let migrated = block(migrated, numbers(migration.to().width(), count)?, "migrated")?;
        replaced.set(migration.apply_rows(rows, count, migrated)?);
        Ok(())
    })
}

/// Ends the handle.
///
/// @param migration  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_close(migration: *mut MigrationHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(migration, "migration") })
}
