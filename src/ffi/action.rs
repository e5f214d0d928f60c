// C header: contract
//! Action spaces and masks.

use super::boundary::{act, block, c_string, input, invalid, list, out, text};
use super::handle::{close, give, handles, open, slot};
use super::numbers::ActionNumber;
use super::segment::SegmentHandle;
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::{ActionKind, ActionSpace};
use crate::contract::command::AdaptationCommand;
use crate::contract::observation::Observation;
use crate::link::actions_of;
use std::ffi::{CString, c_char};

/// The actions of one topology. Never changes: any number of threads may use it at once.
pub struct ActionSpaceHandle {
    pub(super) space: ActionSpace,
    names: Vec<CString>,
    /// By action; empty where it germinates nothing.
    blueprints: Vec<CString>,
    canonical: CString,
    json: CString,
}

handles!(ActionSpaceHandle: "action space");

pub(super) fn space_handle(space: ActionSpace) -> *mut ActionSpaceHandle {
    let blueprint = |i| match space.kind(i) {
        Ok(ActionKind::Germinate(blueprint)) => c_string(blueprint),
        _ => CString::default(),
    };
    give(ActionSpaceHandle {
        names: space.names().iter().map(|name| c_string(name)).collect(),
        blueprints: (0..space.len()).map(blueprint).collect(),
        canonical: c_string(space.canonical()),
        json: c_string(&space.space_json()),
        space,
    })
}

/// Makes the action space of a topology: WAIT, one GERMINATE_<BLUEPRINT> for each blueprint by ascending parameter
/// estimate (ties by name), FOSSILIZE, CULL.
///
/// @param topology    such as "cnn": 1 to 39 of A-Z a-z 0-9 . _ -
/// @param blueprints  their names, in any order; the same alphabet
/// @param parameters  as many parameter estimates
/// @param count       how many, at most 61
/// @param space       the new handle; close it with leyline_action_space_close
/// @return            LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_new(
    topology: *const c_char,
    blueprints: *const *const c_char,
    parameters: *const u64,
    count: usize,
    space: *mut *mut ActionSpaceHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = slot(space)?;
        let topology = text(topology, "topology")?;
        let parameters = list(parameters, count, "parameters")?;
        let names: Result<Vec<&str>> =
            list(blueprints, count, "blueprints")?.iter().map(|name| text(*name, "blueprint")).collect();
        let blueprints: Vec<(&str, u64)> = names?.into_iter().zip(parameters.iter().copied()).collect();
        space.set(space_handle(ActionSpace::new(topology, &blueprints)?));
        Ok(())
    })
}

/// The action space of the known blueprints for convolutional networks: norm, attention, depthwise, conv_enhance.
///
/// @param space  the new handle; close it with leyline_action_space_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_cnn(space: *mut *mut ActionSpaceHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        slot(space)?.set(space_handle(ActionSpace::cnn()));
        Ok(())
    })
}

/// The action space of the known blueprints for transformers: norm, lora, attention, mlp.
///
/// @param space  the new handle; close it with leyline_action_space_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_transformer(space: *mut *mut ActionSpaceHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        slot(space)?.set(space_handle(ActionSpace::transformer()));
        Ok(())
    })
}

/// The action space that a segment was made with.
///
/// @param segment  the segment; not kept
/// @param space    the new handle; close it with leyline_action_space_close
/// @return         LEYLINE_ERR_NOT_FOUND if it has none
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_of_segment(
    segment: *const SegmentHandle,
    space: *mut *mut ActionSpaceHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = slot(space)?;
        let found = actions_of(&open(segment, "segment")?.segment)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound).about("segment").expected_found("an action space", "none")
        })?;
        space.set(space_handle(found));
        Ok(())
    })
}

/// How many actions there are: 3 to 64.
///
/// @param space  the action space
/// @param count  actions
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_len(
    space: *const ActionSpaceHandle,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(count, "count")?.set(open(space, "space")?.space.len());
        Ok(())
    })
}

/// The name of an action.
///
/// @param space  the action space
/// @param index  its index
/// @param name   the name, the space's own: valid until it is closed
/// @return       LEYLINE_ERR_UNKNOWN_ACTION
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_name(
    space: *const ActionSpaceHandle,
    index: usize,
    name: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        let space = open(space, "space")?;
        space.space.name(index)?;
        name.set(space.names[index].as_ptr());
        Ok(())
    })
}

/// The index of an action.
///
/// @param space  the action space
/// @param name   its name, such as "CULL"
/// @param index  its index
/// @return       LEYLINE_ERR_UNKNOWN_ACTION
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_index_of(
    space: *const ActionSpaceHandle,
    name: *const c_char,
    index: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let index = out(index, "index")?;
        index.set(open(space, "space")?.space.index_of(text(name, "name")?)?);
        Ok(())
    })
}

/// What an action does.
///
/// @param space  the action space
/// @param index  its index
/// @param kind   a leyline_action
/// @return       LEYLINE_ERR_UNKNOWN_ACTION
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_kind(
    space: *const ActionSpaceHandle,
    index: usize,
    kind: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let kind = out(kind, "kind")?;
        kind.set(ActionNumber::from(open(space, "space")?.space.kind(index)?) as u32);
        Ok(())
    })
}

/// The blueprint that an action germinates.
///
/// @param space      the action space
/// @param index      its index
/// @param blueprint  the blueprint, the space's own: valid until it is closed
/// @return           LEYLINE_ERR_UNKNOWN_ACTION if it is no germinate action
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_blueprint(
    space: *const ActionSpaceHandle,
    index: usize,
    blueprint: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let blueprint = out(blueprint, "blueprint")?;
        let space = open(space, "space")?;
        space.space.blueprint(index)?;
        blueprint.set(space.blueprints[index].as_ptr());
        Ok(())
    })
}

/// The action that germinates a blueprint.
///
/// @param space      the action space
/// @param blueprint  the blueprint
/// @param index      its index
/// @return           LEYLINE_ERR_UNKNOWN_ACTION
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_germinate(
    space: *const ActionSpaceHandle,
    blueprint: *const c_char,
    index: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let index = out(index, "index")?;
        index.set(open(space, "space")?.space.germinate(text(blueprint, "blueprint")?)?);
        Ok(())
    })
}

/// The command that an action stands for, ready to be sent: GERMINATE of its blueprint, ADVANCE_STAGE to
/// FOSSILIZED, CULL. WAIT, for which nothing is sent as a rule, is the explicit request REQUEST_STATE.
///
/// @param space    the action space
/// @param index    its index
/// @param command  the command
/// @return         LEYLINE_ERR_UNKNOWN_ACTION
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_command(
    space: *const ActionSpaceHandle,
    index: usize,
    command: *mut AdaptationCommand,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let command = out(command, "command")?;
        command.set(open(space, "space")?.space.request(index)?);
        Ok(())
    })
}

/// Which actions are physically possible in an observation (raw, not normalized). Never 0: WAIT is always possible.
///
/// @param space        the action space
/// @param observation  the observation; may hold anything
/// @param mask         bit i for action i
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_mask(
    space: *const ActionSpaceHandle,
    observation: *const Observation,
    mask: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mask = out(mask, "mask")?;
        mask.set(open(space, "space")?.space.mask(&input(observation, "observation")?).bits());
        Ok(())
    })
}

/// As leyline_action_space_mask, for a batch. Allocates nothing.
///
/// @param space         the action space
/// @param observations  the batch
/// @param count         how many
/// @param masks         as many masks
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_masks(
    space: *const ActionSpaceHandle,
    observations: *const Observation,
    count: usize,
    masks: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = &open(space, "space")?.space;
        space.masks(list(observations, count, "observations")?, block(masks, count, "masks")?)
    })
}

/// The masks of a batch as numbers: 1 for what is possible, 0 for what is not. Allocates nothing.
///
/// @param space         the action space
/// @param observations  the batch
/// @param count         how many
/// @param masks         (count, n) numbers, row by row, n being leyline_action_space_len
/// @param masks_len     how many numbers there is room for: count times n
/// @return              LEYLINE_ERR_INVALID_ARGUMENT (masks_len)
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_masks_i8(
    space: *const ActionSpaceHandle,
    observations: *const Observation,
    count: usize,
    masks: *mut i8,
    masks_len: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = &open(space, "space")?.space;
        let Some(expected) = space.len().checked_mul(count) else {
            return Err(invalid("count", "a batch that fits the address space", "a greater one"));
        };
        if expected != masks_len {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("masks_len")
                .expected_found(format!("{expected} numbers"), masks_len.to_string()));
        }
        space.masks_i8(list(observations, count, "observations")?, block(masks, masks_len, "masks")?)
    })
}

/// The fingerprint: the first 16 bytes of SHA-256 over the canonical text.
///
/// @param space        the action space
/// @param fingerprint  16 bytes
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_fingerprint(
    space: *const ActionSpaceHandle,
    fingerprint: *mut u8,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let space = open(space, "space")?;
        block(fingerprint, 16, "fingerprint")?.copy_from_slice(&space.space.fingerprint());
        Ok(())
    })
}

/// The canonical text.
///
/// @param space  the action space
/// @param text   the text, the space's own: valid until it is closed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_canonical(
    space: *const ActionSpaceHandle,
    text: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(text, "text")?.set(open(space, "space")?.canonical.as_ptr());
        Ok(())
    })
}

/// The Discrete space as JSON, in the form that RL tools read.
///
/// @param space  the action space
/// @param json   the text, the space's own: valid until it is closed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_json(
    space: *const ActionSpaceHandle,
    json: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(json, "json")?.set(open(space, "space")?.json.as_ptr());
        Ok(())
    })
}

/// Ends the handle.
///
/// @param space  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_action_space_close(space: *mut ActionSpaceHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(space, "space") })
}
