// C header: segment
//! Specs: the rings of a segment to be made.

use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::pointer::{input, no_more};
use super::boundary::{call::act, status::Status, string::text};
use super::enumerations::{leyline_policy, leyline_time_source};
use super::schema::leyline_schema_t;
use crate::ring::cursors::Policy;
use crate::segment::header::{RingSpec, Spec};
use crate::sys::clock::TimeSource;
use std::ffi::c_char;

/// A segment to be made: its rings and its action space.
pub struct leyline_spec_t {
    pub(super) spec: Spec,
}

handles!(leyline_spec_t: "spec");

/// A ring to be made. Zeroed but for the name: the defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_ring_options_t {
    /// Its name, 1 to 39 bytes, unique within the segment.
    pub name: *const c_char,
    /// Slots: a power of two from 2 to 2^24. 0: 4096.
    pub capacity: u64,
    /// Records in a slot, published and read together: at most 65536. 0: 1.
    pub rows: u32,
    /// Declared consumers, at most 8. They gate from the ring's creation.
    pub consumers: u32,
    /// A leyline_policy: what happens while a consumer is absent. 0: LEYLINE_POLICY_KEEP.
    pub policy: u32,
    /// A leyline_time_source. 0: LEYLINE_TIME_SOURCE_TSC.
    pub time_source: u32,
    /// 0.
    pub reserved: [u64; 4],
}

pub(super) fn spec_handle(spec: Spec) -> *mut leyline_spec_t {
    give(leyline_spec_t { spec })
}

/// Makes a spec without rings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_new(spec: *mut *mut leyline_spec_t) -> Status {
    act!(slot(spec)?.set(spec_handle(Spec::new())))
}

/// Adds a ring. Its shape is checked when a segment is made of it.
///
/// @param schema  what its record means
/// @return        LEYLINE_ERR_INVALID_ID (the name)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_add_ring(
    spec: *mut leyline_spec_t,
    options: *const leyline_ring_options_t,
    schema: *const leyline_schema_t,
) -> Status {
    act!({
        let mut spec = open_mut(spec, "spec")?;
        let schema = &open(schema, "schema")?.schema;
        let o = input(options, "options")?;
        no_more(&o.reserved, "reserved of the ring")?;
        let policy = if o.policy == 0 { Policy::Keep } else { leyline_policy::read(o.policy)? };
        let time_source = match o.time_source {
            0 => TimeSource::Tsc,
            number => leyline_time_source::read(number)?,
        };
        let ring = RingSpec::with_schema(text(o.name, "name")?, schema)?
            .capacity(if o.capacity == 0 { 4096 } else { o.capacity })
            .rows(if o.rows == 0 { 1 } else { o.rows })
            .consumers(o.consumers, policy)
            .time_source(time_source);
        spec.spec = std::mem::take(&mut spec.spec).ring(ring);
    })
}

/// Ends the handle.
///
/// @param spec  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_close(spec: *mut leyline_spec_t) -> Status {
    act!(close(spec, "spec")?)
}
