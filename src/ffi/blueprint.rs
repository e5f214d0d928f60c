// C header: contract
//! Blueprints, their registry in this process, and the action spaces made of it.

use super::action::{ActionSpaceHandle, space_handle};
use super::boundary::{act, block, change, input, out, text, wanted};
use super::handle::slot;
use super::status::Status;
use crate::contract::action::ActionSpace;
use crate::contract::blueprint;
use crate::contract::blueprint::BlueprintSpec;
use std::ffi::c_char;

/// Bit of a blueprint's present: there is a greatest number of channels.
pub const LEYLINE_BLUEPRINT_MAX_CHANNELS: u32 = 1;
/// Bit of a blueprint's present: the description was longer than its field.
pub const LEYLINE_BLUEPRINT_DESCRIPTION_CUT: u32 = 2;
/// Blueprints of a topology, at most.
pub const LEYLINE_MAX_BLUEPRINTS: usize = 61;

const _: () = {
    assert!(LEYLINE_MAX_BLUEPRINTS == crate::contract::action::MAX_BLUEPRINTS);
    assert!(LEYLINE_BLUEPRINT_MAX_CHANNELS == BlueprintSpec::MAX_CHANNELS);
    assert!(LEYLINE_BLUEPRINT_DESCRIPTION_CUT == BlueprintSpec::DESCRIPTION_CUT);
};

/// Makes a blueprint of that name, for 1 channel or more, at the baseline's costs, with 5 epochs of training and 5
/// of blending; set training_epochs, blending_epochs and env in the struct.
///
/// @param blueprint   what to set
/// @param id          what commands and actions call it: 1 to 39 of A-Z a-z 0-9 . _ -
/// @param topology    the networks it is for, such as "cnn"; the same alphabet
/// @param parameters  estimate of its parameters; puts actions in order
/// @return            LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_init(
    blueprint: *mut BlueprintSpec,
    id: *const c_char,
    topology: *const c_char,
    parameters: u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let blueprint = out(blueprint, "blueprint")?;
        blueprint.set(BlueprintSpec::new(text(id, "id")?, text(topology, "topology")?, parameters)?);
        Ok(())
    })
}

/// Sets what people call it.
///
/// @param blueprint  the record
/// @param name       1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_set_name(
    blueprint: *mut BlueprintSpec,
    name: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(blueprint, "blueprint", |r| r.with_name(text(name, "name")?)) })
}

/// Sets the description, for people.
///
/// @param blueprint    the record
/// @param description  longer than 63 bytes it is cut at a character and flagged
/// @return             LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_set_description(
    blueprint: *mut BlueprintSpec,
    description: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(blueprint, "blueprint", |b| Ok(b.with_description(text(description, "description")?)))
    })
}

/// Sets how many channels it works with.
///
/// @param blueprint  the record
/// @param least      1 or more
/// @param most       as many or more; 0 for no limit
/// @return           LEYLINE_ERR_OUT_OF_RANGE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_set_channels(
    blueprint: *mut BlueprintSpec,
    least: u32,
    most: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(blueprint, "blueprint", |b| b.with_channels(least, (most != 0).then_some(most))) })
}

/// Sets the costs; 1.0 is the baseline.
///
/// @param blueprint  the record
/// @param compute    of computing it, finite, 0 or more
/// @param memory     of its memory, finite, 0 or more
/// @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_set_costs(
    blueprint: *mut BlueprintSpec,
    compute: f32,
    memory: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(blueprint, "blueprint", |b| b.with_costs(compute, memory)) })
}

/// Adds a word to find it by; a ninth is only counted.
///
/// @param blueprint  the record
/// @param tag        1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_add_tag(
    blueprint: *mut BlueprintSpec,
    tag: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(blueprint, "blueprint", |b| b.with_tag(text(tag, "tag")?)) })
}

/// Whether it may be relied on: id and topology of their alphabet, a name, channels in order, costs finite, counts
/// possible, ids whole, what is absent zero. The error names the first field that is not so.
///
/// @param blueprint  the record; may hold anything
/// @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
///                   LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_check(blueprint: *const BlueprintSpec) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(blueprint, "blueprint")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param blueprint  the record
/// @param replaced   how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_spec_sanitize(
    blueprint: *mut BlueprintSpec,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(blueprint, "blueprint", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// Registers a blueprint for its topology, in this process. Registering the same once more changes nothing. The
/// action space of the topology is another one from then on; a link keeps the one it was made with.
///
/// @param blueprint  the blueprint; not kept
/// @return           as leyline_blueprint_spec_check; LEYLINE_ERR_INVALID_ARGUMENT if another of that id, or one
///                   that differs in capitals only, is registered for that topology, or 61 are
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_register(blueprint: *const BlueprintSpec) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { blueprint::register(&input(blueprint, "blueprint")?) })
}

/// Takes a blueprint out of the registry of this process.
///
/// @param topology  its topology
/// @param id        its id
/// @param removed   what was registered; or NULL
/// @return          LEYLINE_ERR_UNKNOWN_ACTION if there is none
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_unregister(
    topology: *const c_char,
    id: *const c_char,
    removed: *mut BlueprintSpec,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let removed = wanted(removed, "removed")?;
        removed.set(blueprint::unregister(text(topology, "topology")?, text(id, "id")?)?);
        Ok(())
    })
}

/// The registered blueprint of an id.
///
/// @param topology   its topology
/// @param id         its id
/// @param blueprint  the blueprint
/// @return           LEYLINE_ERR_UNKNOWN_ACTION if there is none
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprint_find(
    topology: *const c_char,
    id: *const c_char,
    blueprint: *mut BlueprintSpec,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(blueprint, "blueprint")?;
        place.set(blueprint::find(text(topology, "topology")?, text(id, "id")?)?);
        Ok(())
    })
}

/// The registered blueprints of a topology, in the order of their actions.
///
/// @param topology    the topology
/// @param blueprints  room for capacity of them; LEYLINE_MAX_BLUEPRINTS are enough
/// @param capacity    how many there is room for; 0 only to count them
/// @param count       how many there are, which may be more than were written
/// @return            LEYLINE_ERR_UNKNOWN_ACTION if there is none
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_blueprints_of_topology(
    topology: *const c_char,
    blueprints: *mut BlueprintSpec,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let count = out(count, "count")?;
        let places = block(blueprints, capacity, "blueprints")?;
        let found = blueprint::of_topology(text(topology, "topology")?)?;
        for (place, blueprint) in places.iter_mut().zip(&found) {
            *place = *blueprint;
        }
        count.set(found.len());
        Ok(())
    })
}

/// The action space of the blueprints that are registered for a topology now, in this process.
///
/// @param topology  such as "cnn", which has the contract's blueprints from the start
/// @param space     the new handle; close it with leyline_action_space_close
/// @return          LEYLINE_ERR_UNKNOWN_ACTION if there is none
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_of_topology(
    topology: *const c_char,
    space: *mut *mut ActionSpaceHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = slot(space)?;
        let found = ActionSpace::of_topology(text(topology, "topology")?)?;
        space.set(space_handle(ActionSpace::clone(&found)));
        Ok(())
    })
}
