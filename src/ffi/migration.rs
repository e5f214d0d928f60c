// C header: migrate
//! Migrations between observation schemas.

use super::boundary::handle::{close, give, handles, open, slot};
use super::boundary::pointer::{block, list, out, wanted};
use super::boundary::{call::act, status::Status, string::c_string};
use super::{enumerations::leyline_fate, reading::bytes_of, schema::leyline_schema_t};
use crate::base::error::{Error, ErrorKind};
use crate::contract::known_schemas::registry;
use crate::schema::migration::Migration;
use std::ffi::{CString, c_char};

/// Turns rows of one schema into rows of another. Never changes: any number of threads may use it
/// at once.
pub struct leyline_migration_t {
    migration: Migration,
    /// By fate: copied, converted, defaulted, dropped.
    names: [Vec<CString>; 4],
}

handles!(leyline_migration_t: "migration");

/// Plans how rows of one schema become rows of another: fields with a converter are converted,
/// others of the same unit, bounds and scale are copied by name, the rest read as their missing
/// value.
///
/// @return  LEYLINE_ERR_SCHEMA_MISMATCH: a field means another thing in both and has no converter,
///          or no field comes over
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_plan(
    from: *const leyline_schema_t,
    to: *const leyline_schema_t,
    migration: *mut *mut leyline_migration_t,
) -> Status {
    act!({
        let handle = slot(migration)?;
        let (from, to) = (open(from, "from")?.space()?, open(to, "to")?.space()?);
        let migration = registry().migration(from, to)?;
        let report = migration.report();
        let names = [&report.copied, &report.converted, &report.defaulted, &report.dropped]
            .map(|list| list.iter().map(|name| c_string(name)).collect());
        handle.set(give(leyline_migration_t { migration, names }));
    })
}

/// Counts the fields that a migration copies, converts, defaults or drops.
///
/// @param fate  a leyline_fate
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_count(
    migration: *const leyline_migration_t,
    fate: u32,
    count: *mut usize,
) -> Status {
    act!({
        out(count, "count")?.set(open(migration, "migration")?.names[leyline_fate::read(fate)?].len());
    })
}

/// Names a field that a migration copies, converts, defaults or drops.
///
/// @param fate   a leyline_fate
/// @param index  in the order of the schema
/// @param name   the migration's own, valid until it is closed
/// @return       LEYLINE_ERR_OUT_OF_RANGE (index)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_name(
    migration: *const leyline_migration_t,
    fate: u32,
    index: usize,
    name: *mut *const c_char,
) -> Status {
    act!({
        let name = out(name, "name")?;
        let names = &open(migration, "migration")?.names[leyline_fate::read(fate)?];
        let found = names.get(index).ok_or_else(|| {
            Error::new(ErrorKind::OutOfRange)
                .about("index")
                .expected_found(format!("below {}", names.len()), index.to_string())
        })?;
        name.set(found.as_ptr());
    })
}

/// Computes new rows of old ones. Allocates nothing.
///
/// @param rows      a (count, width of the old schema) block
/// @param migrated  a (count, width of the new schema) block
/// @param replaced  bit i if number i of any new row was brought into its bounds, bit 63 for all
///                  from 63 on; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_apply(
    migration: *const leyline_migration_t,
    rows: *const f32,
    count: usize,
    migrated: *mut f32,
    replaced: *mut u64,
) -> Status {
    act!({
        let replaced = wanted(replaced, "replaced")?;
        let migration = &open(migration, "migration")?.migration;
        let rows = list(rows, bytes_of(migration.from().width(), count)?, "rows")?;
        let migrated = block(migrated, bytes_of(migration.to().width(), count)?, "migrated")?;
        replaced.set(migration.apply_rows(rows, count, migrated)?);
    })
}

/// Ends the handle.
///
/// @param migration  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_migration_close(migration: *mut leyline_migration_t) -> Status {
    act!(close(migration, "migration")?)
}
