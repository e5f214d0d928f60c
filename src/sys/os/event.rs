//! Makes event counters that a program polls (eventfd), and marks their descriptions.

use crate::base::error::Result;
use crate::sys::os::descriptor::unless_refused;
use crate::sys::os::error::check;
use std::os::fd::RawFd;

/// Makes an event counter at 0, which is closed on `exec` and never blocks.
pub(crate) fn event() -> Result<RawFd> {
    // SAFETY: has no preconditions.
    check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }, "eventfd")
}

/// Makes a counter readable.
pub(crate) fn ring_event(fd: RawFd) {
    let one = 1u64;
    // SAFETY: reads the 8 bytes of `one`; a bad descriptor gives EBADF.
    unsafe { libc::write(fd, (&raw const one).cast(), size_of_val(&one)) };
}

/// Makes a counter not readable.
pub(crate) fn clear_event(fd: RawFd) {
    let mut count = 0u64;
    // SAFETY: writes the 8 bytes of `count`; a bad descriptor gives EBADF.
    unsafe { libc::read(fd, (&raw mut count).cast(), size_of_val(&count)) };
}

/// `F_SETSIG` and `F_GETSIG` of `fcntl`: the signal of asynchronous input and output, 0 by default.
/// It takes effect only with `O_ASYNC`.
const F_SETSIG: libc::c_int = 10;
const F_GETSIG: libc::c_int = 11;
/// A signal that nobody chooses.
const MARK: libc::c_int = 61;

/// Marks a description. Returns false where that is refused.
pub(crate) fn mark(fd: RawFd) -> bool {
    // SAFETY: hands over no memory.
    unsafe { libc::fcntl(fd, F_SETSIG, MARK) == 0 }
}

/// Returns true if a descriptor leads to a marked description; `None` where the kernel refuses to
/// say. Safe in a signal handler.
pub(crate) fn has_mark(fd: RawFd) -> Option<bool> {
    // SAFETY: a bad descriptor gives EBADF.
    let found = unsafe { libc::fcntl(fd, F_GETSIG) };
    if found >= 0 { Some(found == MARK) } else { unless_refused() }
}
