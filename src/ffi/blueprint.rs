// C header: contract
//! Blueprints and their registry in this process.

use super::boundary::pointer::{block, input, out, wanted};
use super::boundary::{call::act, status::Status, string::text};
use crate::contract::blueprint::{self, BlueprintSpec};
use std::ffi::c_char;

/// Blueprints of a topology, at most.
pub const LEYLINE_MAX_BLUEPRINTS: usize = 61;

const _: () = assert!(LEYLINE_MAX_BLUEPRINTS == crate::contract::action::MAX_BLUEPRINTS);

/// Registers a blueprint for its topology in this process; the same once more changes nothing. A
/// link keeps the action space that it was made with.
///
/// @return  those of leyline_record_check; LEYLINE_ERR_INVALID_ARGUMENT: another blueprint of that
///          id (capitals apart) is registered for the topology, or LEYLINE_MAX_BLUEPRINTS are
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_register(blueprint: *const BlueprintSpec) -> Status {
    act!(blueprint::register(&input(blueprint, "blueprint")?)?)
}

/// Takes a blueprint out of the registry of this process.
///
/// @param removed  what was registered; or NULL
/// @return         LEYLINE_ERR_UNKNOWN_ACTION: there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_unregister(
    topology: *const c_char,
    id: *const c_char,
    removed: *mut BlueprintSpec,
) -> Status {
    act!({
        let removed = wanted(removed, "removed")?;
        removed.set(blueprint::unregister(text(topology, "topology")?, text(id, "id")?)?);
    })
}

/// Finds a registered blueprint.
///
/// @return  LEYLINE_ERR_UNKNOWN_ACTION: there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_find(
    topology: *const c_char,
    id: *const c_char,
    blueprint: *mut BlueprintSpec,
) -> Status {
    act!({
        out(blueprint, "blueprint")?.set(blueprint::find(text(topology, "topology")?, text(id, "id")?)?);
    })
}

/// Lists the registered blueprints of a topology in the order of their actions.
///
/// @param capacity  room in blueprints; LEYLINE_MAX_BLUEPRINTS always suffice, 0 only counts
/// @param count     how many there are, of which at most capacity were written
/// @return          LEYLINE_ERR_UNKNOWN_ACTION: there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprints_of_topology(
    topology: *const c_char,
    blueprints: *mut BlueprintSpec,
    capacity: usize,
    count: *mut usize,
) -> Status {
    act!({
        let count = out(count, "count")?;
        let places = block(blueprints, capacity, "blueprints")?;
        let found = blueprint::of_topology(text(topology, "topology")?)?;
        for (place, blueprint) in places.iter_mut().zip(&found) {
            *place = *blueprint;
        }
        count.set(found.len());
    })
}
