// C header: ring
//! Stamps and metas: the time, environment and flags of a record.

use super::boundary::pointer::pointer;
use crate::base::error::{Error, ErrorKind, Result};
use crate::ring::meta::{Flags, Meta, Stamp};

/// The first observation of an episode: a bit of the flags of a stamp and a meta.
pub const LEYLINE_FLAG_FIRST: u8 = 1;
/// The episode ended by itself.
pub const LEYLINE_FLAG_TERMINATED: u8 = 2;
/// The episode was cut off.
pub const LEYLINE_FLAG_TRUNCATED: u8 = 4;
/// A value was not finite or outside its bounds and was replaced.
pub const LEYLINE_FLAG_SANITIZED: u8 = 8;

const _: () = {
    assert!(LEYLINE_FLAG_FIRST == Flags::FIRST.bits() && LEYLINE_FLAG_TERMINATED == Flags::TERMINATED.bits());
    assert!(
        LEYLINE_FLAG_TRUNCATED == Flags::TRUNCATED.bits()
            && LEYLINE_FLAG_SANITIZED == Flags::SANITIZED.bits()
    );
};

/// A record's metadata, as its writer gives it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_stamp_t {
    /// CLOCK_MONOTONIC nanoseconds, kept to 16 ns; 0 for unknown. leyline_writer_now gives the
    /// ring's time.
    pub time_ns: u64,
    /// The environment the record belongs to.
    pub env: u16,
    /// LEYLINE_FLAG_... bits.
    pub flags: u8,
    /// 0.
    pub reserved: [u8; 5],
}

/// A record's metadata, as a reader gets it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_meta_t {
    /// The record's sequence in its ring; starts at 1 and never repeats.
    pub sequence: u64,
    /// The time when it was published, CLOCK_MONOTONIC nanoseconds to 16 ns; 0 for unknown: its
    /// writer gave none, or it is from before the last 32 times that the ring's times moved by more
    /// than 19 hours.
    pub time_ns: u64,
    /// The writer generation it was published in; 0 for unknown: the ring has had more than 128
    /// writers since.
    pub generation: u64,
    /// Records passed over to get here: other than 0 only when the newest was asked for.
    pub skipped: u64,
    /// The environment it belongs to.
    pub env: u16,
    /// LEYLINE_FLAG_... bits.
    pub flags: u8,
    /// 0.
    pub reserved: [u8; 5],
}

// SAFETY: it is without padding and holds for any bytes.
unsafe impl bytemuck::Zeroable for leyline_meta_t {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for leyline_meta_t {}

pub(super) const ALL_FLAGS: u8 = 0xf;

#[cold]
pub(super) fn no_flags(found: u8) -> Error {
    Error::new(ErrorKind::OutOfRange).about("flags").expected_found("bits of 0xf", format!("{found:#x}"))
}

#[inline(always)]
pub(super) fn stamp(given: leyline_stamp_t) -> Result<Stamp> {
    if given.flags & !ALL_FLAGS != 0 {
        return Err(no_flags(given.flags));
    }
    Ok(Stamp { time_ns: given.time_ns, env: given.env, flags: Flags::from_bits(given.flags) })
}

/// Reads a stamp that may be NULL.
#[inline(always)]
pub(super) unsafe fn stamp_at(given: *const leyline_stamp_t) -> Result<Option<Stamp>> {
    // SAFETY: promise 1.
    unsafe { stamp_if_valid(given).map_err(|()| why_invalid(given)) }
}

/// Reads a stamp that is of now where it is NULL.
#[inline(always)]
pub(super) unsafe fn stamp_or_now(given: *const leyline_stamp_t, now: impl FnOnce() -> u64) -> Result<Stamp> {
    // SAFETY: promise 1.
    let given = unsafe { stamp_at(given) }?;
    Ok(given.unwrap_or_else(|| Stamp { time_ns: now(), ..Stamp::default() }))
}

#[cold]
unsafe fn why_invalid(given: *const leyline_stamp_t) -> Error {
    match pointer(given.cast_mut(), "stamp") {
        // SAFETY: promise 1.
        Ok(given) => no_flags(unsafe { given.as_ref() }.flags),
        Err(e) => e,
    }
}

/// Returns what [`stamp_at`] does, or `()` in place of an error.
#[inline(always)]
pub(super) unsafe fn stamp_if_valid(given: *const leyline_stamp_t) -> std::result::Result<Option<Stamp>, ()> {
    if given.is_null() {
        return Ok(None);
    }
    if !given.is_aligned() {
        return Err(());
    }
    // Field by field, and volatile, or the compiler joins two: that would wait for the caller's
    // stores, which are narrower. SAFETY: promise 1.
    let (time_ns, env, flags) = unsafe {
        (
            (&raw const (*given).time_ns).read_volatile(),
            (&raw const (*given).env).read_volatile(),
            (&raw const (*given).flags).read_volatile(),
        )
    };
    let stamp = Stamp { time_ns, env, flags: Flags::from_bits(flags) };
    if flags & !ALL_FLAGS == 0 { Ok(Some(stamp)) } else { Err(()) }
}

/// Reads a column of flags.
pub(super) fn flags(bits: &[u8]) -> Result<&[Flags]> {
    match bits.iter().find(|&&bits| bits & !ALL_FLAGS != 0) {
        Some(&bad) => Err(no_flags(bad)),
        None => Ok(bytemuck::cast_slice(bits)),
    }
}

#[inline(always)]
pub(super) fn meta(found: Meta) -> leyline_meta_t {
    let Meta { sequence, time_ns, generation, skipped, env, flags } = found;
    // The last fields as one word: whoever copies the meta, as C does, copies that word.
    bytemuck::cast([sequence, time_ns, generation, skipped, u64::from(env) | u64::from(flags.bits()) << 16])
}
