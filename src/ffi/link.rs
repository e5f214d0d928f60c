// C header: link
//! The shape of a link, and what both of its ends hand over.

use super::boundary::handle::{open, slot};
use super::boundary::pointer::{no_more, optional};
use super::boundary::{call::act, status::Status};
use super::spec::{leyline_spec_t, spec_handle};
use super::{
    action_space::leyline_action_space_t, enumerations::leyline_time_source, schema::leyline_schema_t,
    stamp::leyline_meta_t,
};
use crate::base::error::Result;
use crate::link::LinkSpec;
use crate::ring::meta::{Flags, Meta};
use crate::sys::clock::TimeSource;

/// The shape of a link; zeros are the defaults. An existing link keeps its own.
///
/// Its rings are "observations", one for each kind of report, and for each lane L "decisions.L",
/// "commands.L" and "outcomes.L".
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_link_options_t {
    /// Schema of the observations, all float; read during the call only. NULL:
    /// leyline_observation_t.
    pub observe: *const leyline_schema_t,
    /// Slots of the ring of observations, a power of two. 0: room for 4096 observations, 8 slots or
    /// more.
    pub observations: u64,
    /// Slots of each lane's ring of decisions, a power of two, at least twice the rows. 0: up to
    /// 4096.
    pub decisions: u64,
    /// Slots of each lane's ring of commands, a power of two, at least the rows. 0: 256, or as many
    /// as rows.
    pub commands: u64,
    /// Controllers that can act at the same time, 1 to 8. 0: 1.
    pub lanes: u32,
    /// Observations in a slot, as many as environments step together, 1 to 65536. 0: 1.
    pub rows: u32,
    /// A leyline_time_source. 0: LEYLINE_TIME_SOURCE_TSC.
    pub time_source: u32,
    /// 0.
    pub reserved: [u32; 5],
}

pub(super) unsafe fn link_spec(
    space: *const leyline_action_space_t,
    shape: *const leyline_link_options_t,
) -> Result<LinkSpec> {
    // SAFETY: promises 1 and 2.
    let (space, shape) = unsafe { (open(space, "space")?, optional(shape, "shape")?) };
    let mut spec = LinkSpec::new(&space.space);
    let Some(shape) = shape else { return Ok(spec) };
    no_more(&shape.reserved, "reserved of the shape")?;
    let time_source = match shape.time_source {
        0 => TimeSource::Tsc,
        number => leyline_time_source::read(number)?,
    };
    spec = spec.lanes(shape.lanes.max(1)).rows(shape.rows.max(1)).time_source(time_source);
    if !shape.observe.is_null() {
        // SAFETY: promises 1 and 2.
        spec = spec.observe(unsafe { open(shape.observe, "observe") }?.space()?);
    }
    if shape.observations != 0 {
        spec = spec.observations(shape.observations);
    }
    if shape.decisions != 0 {
        spec = spec.decisions(shape.decisions);
    }
    if shape.commands != 0 {
        spec = spec.commands(shape.commands);
    }
    Ok(spec)
}

#[inline(always)]
pub(super) fn read_meta(given: &leyline_meta_t) -> Meta {
    Meta {
        sequence: given.sequence,
        time_ns: given.time_ns,
        generation: given.generation,
        skipped: given.skipped,
        env: given.env,
        flags: Flags::from_bits(given.flags),
    }
}

/// Makes the spec of a link's rings: to add rings to it, or for a segment that
/// leyline_trainer_of_segment takes.
///
/// @param shape  or NULL for the defaults
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_of_link(
    space: *const leyline_action_space_t,
    shape: *const leyline_link_options_t,
    spec: *mut *mut leyline_spec_t,
) -> Status {
    act!(slot(spec)?.set(spec_handle(link_spec(space, shape)?.to_spec()?)))
}
