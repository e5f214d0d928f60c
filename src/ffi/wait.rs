// C header: base
//! The waits of C callers.

use super::boundary::pointer::{input, no_more};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_TIMED_OUT, Status};
use super::enumerations::{leyline_on_signal, leyline_wait};
use crate::base::error::Result;
use crate::ring::wait::{Strategy, Wait};
use std::time::Duration;

/// A way to wait. NULL in its place: does not wait, makes no system call, does not ask whether the
/// peer lives.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_wait_t {
    /// Nanoseconds at most. 0: looks once, also at who lives.
    pub timeout_ns: u64,
    /// A leyline_wait; 0: LEYLINE_WAIT_SPIN_THEN_SLEEP.
    pub strategy: u32,
    /// A leyline_on_signal.
    pub on_signal: u32,
    /// Longest time between two checks whether the peer lives, by a wait that sleeps, ns; 1 ms to
    /// 1 h. A death is told this much later at most. 0: 50 ms.
    pub check_every_ns: u64,
    /// 0.
    pub reserved: u64,
}

/// Reads a wait that is there.
#[inline(never)]
pub(super) unsafe fn read(wait: *const leyline_wait_t) -> Result<Wait> {
    // SAFETY: promise 1.
    let given = unsafe { input(wait, "wait") }?;
    let strategy = match given.strategy {
        0 => Strategy::SpinThenSleep,
        number => leyline_wait::read(number)?,
    };
    let on_signal = leyline_on_signal::read(given.on_signal)?;
    no_more(&given.reserved, "reserved of the wait")?;
    let mut wait = Wait { strategy, on_signal, ..Wait::sleep(Duration::from_nanos(given.timeout_ns)) };
    if given.check_every_ns != 0 {
        wait = wait.check_every(Duration::from_nanos(given.check_every_ns));
        wait.validate()?;
    }
    Ok(wait)
}

/// Reads a wait that may be NULL.
#[inline(always)]
pub(super) unsafe fn given(wait: *const leyline_wait_t) -> Result<Option<Wait>> {
    // SAFETY: promise 1.
    if wait.is_null() { Ok(None) } else { unsafe { read(wait) }.map(Some) }
}

/// Reads a wait for a call that looks once where it is NULL.
pub(super) unsafe fn or_once(wait: *const leyline_wait_t) -> Result<Wait> {
    // SAFETY: promise 1.
    Ok(unsafe { given(wait) }?.unwrap_or(Wait::sleep(Duration::ZERO)))
}

/// Returns the status of a call that found nothing: LEYLINE_EMPTY if it did not wait, else
/// LEYLINE_TIMED_OUT.
pub(super) fn nothing(wait: *const leyline_wait_t) -> Status {
    if wait.is_null() { LEYLINE_EMPTY } else { LEYLINE_TIMED_OUT }
}

/// Returns the status of a call with the wait of [`or_once`], which times out also where it only
/// looked once.
pub(super) fn looked(wait: *const leyline_wait_t, status: Status) -> Status {
    if status == LEYLINE_TIMED_OUT { nothing(wait) } else { status }
}
