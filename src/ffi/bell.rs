// C header: ring
//! Bells: descriptors that an event loop polls for news of readers.

use super::boundary::call::{act, act_whole, answer};
use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::pointer::{list, out};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use super::readers::{Handles, news};
use crate::handle::bell::Bell;
use std::ffi::{c_int, c_void};
use std::os::fd::AsRawFd;

/// A descriptor that an event loop polls: readable when a reader that the bell is armed with has
/// news. Level-triggered and one-shot: it becomes readable once for each time it is armed. One
/// thread of the process looks after all bells; it blocks all signals, and sleeps while none is
/// armed. After fork a bell belongs to the parent: LEYLINE_ERR_FORKED.
pub struct leyline_bell_t {
    bell: Bell,
}

handles!(leyline_bell_t: "bell");

/// Makes a bell. Fails at the limit of open files or threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_bell_new(bell: *mut *mut leyline_bell_t) -> Status {
    act_whole!({
        let bell = slot(bell)?;
        bell.set(give(leyline_bell_t { bell: Bell::new()? }));
    })
}

/// Returns the descriptor to poll for input, open until the bell is closed. It is closed on exec. Do
/// not read, write or close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_bell_fd(bell: *const leyline_bell_t, fd: *mut c_int) -> Status {
    act!({
        let fd = out(fd, "fd")?;
        fd.set(open(bell, "bell")?.bell.as_raw_fd());
    })
}

/// Arms a bell with sources in which nothing was found, in place of what it was armed with. Looks a
/// last time: if there is news by now, the bell is not armed but readable at once. The sources may
/// be used and closed while the bell is armed. Asks about each writer within 50 ms: endings make
/// the descriptor readable too.
///
/// @param sources  as for leyline_wait_any
/// @param count    1 or more
/// @param news     as for leyline_wait_any
/// @return         LEYLINE_OK: there is news, read it; LEYLINE_EMPTY: the bell is armed;
///                 LEYLINE_ERR_FORKED; LEYLINE_ERR_CLOSED_DESCRIPTOR: the program has closed fd
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_bell_arm(
    bell: *mut leyline_bell_t,
    sources: *const *mut c_void,
    count: usize,
    news: *mut u32,
) -> Status {
    answer!({
        let mut bell = open_mut(bell, "bell")?;
        let mut handles = Handles::of(list(sources, count, "sources")?)?;
        if bell.bell.arm_with(&mut handles, self::news(news, count)?)? { LEYLINE_OK } else { LEYLINE_EMPTY }
    })
}

/// Makes the descriptor not readable, and disarms the bell. Call it when the event loop found it
/// readable, then read everything from the sources and arm the bell again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_bell_clear(bell: *mut leyline_bell_t) -> Status {
    act!(open_mut(bell, "bell")?.bell.clear()?)
}

/// Disarms a bell and closes its descriptor. Take it out of the event loop first.
///
/// @param bell  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_bell_close(bell: *mut leyline_bell_t) -> Status {
    act!(close(bell, "bell")?)
}
