// C header: contract
//! Action spaces and masks.

use super::boundary::call::act;
use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::pointer::{block, list, out};
use super::boundary::status::{LEYLINE_OK, Status};
use super::boundary::string::{c_string, text};
use super::{
    enumerations::leyline_action, reading::bytes_of, schema::leyline_schema_t, segment::leyline_segment_t,
    spec::leyline_spec_t,
};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::{ActionKind, ActionSpace};
use crate::contract::command::AdaptationCommand;
use crate::contract::observation::{FEATURES, Observation};
use crate::link::actions_of;
use std::ffi::{CString, c_char};
use std::ptr;

/// The actions of one topology. Never changes: any number of threads may use it at once.
pub struct leyline_action_space_t {
    pub(super) space: ActionSpace,
    topology: CString,
    names: Vec<CString>,
    /// By action; empty where it germinates nothing.
    blueprints: Vec<CString>,
    canonical: CString,
    json: CString,
}

handles!(leyline_action_space_t: "action space");

/// An action space. The strings are the space's own, valid until it is closed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_action_space_info_t {
    /// Such as "cnn".
    pub topology: *const c_char,
    /// The canonical text.
    pub canonical: *const c_char,
    /// The Discrete space as JSON, as RL tools read it.
    pub json: *const c_char,
    /// The first 16 bytes of SHA-256 over the canonical text.
    pub fingerprint: [u8; 16],
    /// Actions, 3 to 64.
    pub count: usize,
    /// 0.
    pub reserved: [u64; 2],
}

/// An action. The strings are the space's own, valid until it is closed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_action_info_t {
    /// Such as "CULL".
    pub name: *const c_char,
    /// The blueprint that it germinates; NULL: none.
    pub blueprint: *const c_char,
    /// A leyline_action.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
}

pub(super) fn space_handle(space: ActionSpace) -> *mut leyline_action_space_t {
    let blueprint = |i| match space.kind(i) {
        Ok(ActionKind::Germinate(blueprint)) => c_string(blueprint),
        _ => CString::default(),
    };
    give(leyline_action_space_t {
        topology: c_string(space.topology()),
        names: space.names().iter().map(|name| c_string(name)).collect(),
        blueprints: (0..space.len()).map(blueprint).collect(),
        canonical: c_string(space.canonical()),
        json: c_string(&space.space_json()),
        space,
    })
}

/// Makes the action space of a topology: WAIT, a GERMINATE_<BLUEPRINT> for each blueprint by
/// ascending parameter estimate (ties by name), FOSSILIZE, CULL.
///
/// @param topology    such as "cnn": 1 to 39 of A-Z a-z 0-9 . _ -
/// @param blueprints  count names of the same alphabet, in any order
/// @param parameters  count parameter estimates
/// @param count       at most LEYLINE_MAX_BLUEPRINTS
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_new(
    topology: *const c_char,
    blueprints: *const *const c_char,
    parameters: *const u64,
    count: usize,
    space: *mut *mut leyline_action_space_t,
) -> Status {
    act!({
        let space = slot(space)?;
        let topology = text(topology, "topology")?;
        let parameters = list(parameters, count, "parameters")?;
        let names: Result<Vec<&str>> =
            list(blueprints, count, "blueprints")?.iter().map(|name| text(*name, "blueprint")).collect();
        let blueprints: Vec<(&str, u64)> = names?.into_iter().zip(parameters.iter().copied()).collect();
        space.set(space_handle(ActionSpace::new(topology, &blueprints)?));
    })
}

/// Makes the action space of the contract's own blueprints for a topology.
///
/// @param topology  "cnn": norm, attention, depthwise, conv_enhance; "transformer": norm, lora,
///                  attention, mlp
/// @return          LEYLINE_ERR_UNKNOWN_ACTION: another topology
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_standard(
    topology: *const c_char,
    space: *mut *mut leyline_action_space_t,
) -> Status {
    act!(slot(space)?.set(space_handle(ActionSpace::standard(text(topology, "topology")?)?)))
}

/// Makes the action space of the blueprints that this process has registered for a topology.
///
/// @param topology  such as "cnn", which has the contract's blueprints from the start
/// @return          LEYLINE_ERR_UNKNOWN_ACTION: none is registered
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_of_topology(
    topology: *const c_char,
    space: *mut *mut leyline_action_space_t,
) -> Status {
    act!({
        let space = slot(space)?;
        space.set(space_handle(ActionSpace::of_topology(text(topology, "topology")?)?.as_ref().clone()));
    })
}

/// Gives the action space that a segment was made with.
///
/// @return  LEYLINE_ERR_NOT_FOUND: it has none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_of_segment(
    segment: *const leyline_segment_t,
    space: *mut *mut leyline_action_space_t,
) -> Status {
    act!({
        let space = slot(space)?;
        let found = actions_of(&open(segment, "segment")?.segment)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound).about("segment").expected_found("an action space", "none")
        })?;
        space.set(space_handle(found));
    })
}

/// Describes an action space.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_info(
    space: *const leyline_action_space_t,
    info: *mut leyline_action_space_info_t,
) -> Status {
    act!({
        let handle = open(space, "space")?;
        out(info, "info")?.set(leyline_action_space_info_t {
            topology: handle.topology.as_ptr(),
            canonical: handle.canonical.as_ptr(),
            json: handle.json.as_ptr(),
            fingerprint: handle.space.fingerprint(),
            count: handle.space.len(),
            reserved: [0; 2],
        });
    })
}

/// Describes an action.
///
/// @return  LEYLINE_ERR_UNKNOWN_ACTION
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_action(
    space: *const leyline_action_space_t,
    index: usize,
    action: *mut leyline_action_info_t,
) -> Status {
    act!({
        let handle = open(space, "space")?;
        let action = out(action, "action")?;
        let kind = handle.space.kind(index)?;
        let blueprint = match kind {
            ActionKind::Germinate(_) => handle.blueprints[index].as_ptr(),
            _ => ptr::null(),
        };
        action.set(leyline_action_info_t {
            name: handle.names[index].as_ptr(),
            blueprint,
            kind: leyline_action::from(kind) as u32,
            reserved: 0,
        });
    })
}

/// Finds an action by its name, such as "CULL".
///
/// @return  LEYLINE_ERR_UNKNOWN_ACTION
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_index_of(
    space: *const leyline_action_space_t,
    name: *const c_char,
    index: *mut usize,
) -> Status {
    act!(out(index, "index")?.set(open(space, "space")?.space.index_of(text(name, "name")?)?))
}

/// Finds the action that germinates a blueprint.
///
/// @return  LEYLINE_ERR_UNKNOWN_ACTION
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_germinate(
    space: *const leyline_action_space_t,
    blueprint: *const c_char,
    index: *mut usize,
) -> Status {
    act!({
        out(index, "index")?.set(open(space, "space")?.space.germinate(text(blueprint, "blueprint")?)?);
    })
}

/// Makes the command of an action, ready to be sent: GERMINATE of its blueprint, ADVANCE_STAGE to
/// FOSSILIZED, CULL; of WAIT, for which nothing is sent as a rule, REQUEST_STATE.
///
/// @return  LEYLINE_ERR_UNKNOWN_ACTION
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_command(
    space: *const leyline_action_space_t,
    index: usize,
    command: *mut AdaptationCommand,
) -> Status {
    act!(out(command, "command")?.set(open(space, "space")?.space.request(index)?))
}

/// Says what is physically possible in each row: bit i for action i. Never 0: WAIT is always
/// possible.
///
/// @param schema  of the rows, normalized ones included; or NULL: leyline_observation_t
/// @param rows    a (count, width) block; may hold anything
/// @param masks   count of them
/// @return        LEYLINE_ERR_INVALID_ARGUMENT: the schema does not say what the seed is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_masks(
    space: *const leyline_action_space_t,
    schema: *const leyline_schema_t,
    rows: *const f32,
    count: usize,
    masks: *mut u64,
) -> Status {
    act!({
        let space = &open(space, "space")?.space;
        if schema.is_null() {
            space.masks(observations(rows, count)?, block(masks, count, "masks")?)?;
            return Ok(LEYLINE_OK);
        }
        let schema = open(schema, "schema")?.space()?;
        let rows = list(rows, bytes_of(schema.width(), count)?, "rows")?;
        space.masks_rows(schema, rows, block(masks, count, "masks")?)?;
    })
}

/// Says what is physically possible in each row as numbers: 1 for what is, 0 for what is not.
///
/// @param schema     of the rows, or NULL: leyline_observation_t
/// @param rows       a (count, width) block; may hold anything
/// @param masks      a (count, actions) block
/// @param masks_len  count times actions
/// @return           LEYLINE_ERR_INVALID_ARGUMENT: masks_len, or the schema does not say what the
///                   seed is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_masks_i8(
    space: *const leyline_action_space_t,
    schema: *const leyline_schema_t,
    rows: *const f32,
    count: usize,
    masks: *mut i8,
    masks_len: usize,
) -> Status {
    act!({
        let space = &open(space, "space")?.space;
        let expected = bytes_of(space.len(), count)?;
        if expected != masks_len {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("masks_len")
                .expected_found(format!("{expected} numbers"), masks_len.to_string()));
        }
        if schema.is_null() {
            space.masks_i8(observations(rows, count)?, block(masks, masks_len, "masks")?)?;
            return Ok(LEYLINE_OK);
        }
        let schema = open(schema, "schema")?.space()?;
        let rows = list(rows, bytes_of(schema.width(), count)?, "rows")?;
        space.masks_rows_i8(schema, rows, block(masks, masks_len, "masks")?)?;
    })
}

/// Rows that are leyline_observation_t.
unsafe fn observations<'a>(rows: *const f32, count: usize) -> Result<&'a [Observation]> {
    const _: () = assert!(size_of::<Observation>() == FEATURES * size_of::<f32>());
    // SAFETY: promises 1 and 3; an observation is that many floats.
    unsafe { list(rows.cast::<Observation>(), count, "rows") }
}

/// Stores an action space with the segment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_set_actions(
    spec: *mut leyline_spec_t,
    space: *const leyline_action_space_t,
) -> Status {
    act!({
        let mut spec = open_mut(spec, "spec")?;
        spec.spec = std::mem::take(&mut spec.spec).domain(open(space, "space")?.space.canonical());
    })
}

/// Ends the handle.
///
/// @param space  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_close(space: *mut leyline_action_space_t) -> Status {
    act!(close(space, "space")?)
}
