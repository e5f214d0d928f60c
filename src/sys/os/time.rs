//! Reads the clocks of the kernel.

use std::time::Duration;

#[cfg_attr(loom, allow(dead_code))]
pub(super) fn timespec(d: Duration) -> libc::timespec {
    libc::timespec { tv_sec: d.as_secs() as _, tv_nsec: d.subsec_nanos().into() }
}

fn clock(id: libc::clockid_t) -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place to write to; both clocks always exist on Linux.
    unsafe { libc::clock_gettime(id, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Returns `CLOCK_MONOTONIC` in nanoseconds.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    clock(libc::CLOCK_MONOTONIC)
}

/// Returns the nanoseconds since the Unix epoch.
pub(crate) fn unix_ns() -> i64 {
    clock(libc::CLOCK_REALTIME) as i64
}
