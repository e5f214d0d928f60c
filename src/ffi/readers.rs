// C header: ring
//! Calls that take a reader of any type.

use super::boundary::call::{act, answer};
use super::boundary::handle::{Handle, mark, marked, open, type_of, unmark};
use super::boundary::pointer::{block, invalid, list, out};
use super::boundary::status::{LEYLINE_OK, Status};
use super::peer::{leyline_peer_t, peer};
use super::wait::{leyline_wait_t, nothing, or_once};
use super::{consumer::leyline_consumer_t, controller::leyline_controller_t, observer::leyline_observer_t};
use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::observer::ReaderCore;
use crate::handle::wait_any::{News, Source, Sources, Watch, wait_on};
use std::ffi::c_void;

/// Handles to wait for, each an open one of a type that can be, marked as in use until this is
/// dropped.
struct Handles<'a>(&'a [*mut c_void]);

/// A handle to wait for, by its type.
#[derive(Clone, Copy)]
enum Waited {
    Observer(*mut leyline_observer_t),
    Consumer(*mut leyline_consumer_t),
    Controller(*mut leyline_controller_t),
}

impl Waited {
    unsafe fn of(handle: *mut c_void, what: &'static str) -> Result<Self> {
        // SAFETY: promise 2.
        Ok(match unsafe { type_of(handle, what) }? {
            leyline_observer_t::OPEN => Self::Observer(handle.cast()),
            leyline_consumer_t::OPEN => Self::Consumer(handle.cast()),
            leyline_controller_t::OPEN => Self::Controller(handle.cast()),
            _ => {
                return Err(invalid(
                    what,
                    "an open observer, consumer or controller handle",
                    "something else",
                ));
            }
        })
    }
}

impl<'a> Handles<'a> {
    unsafe fn of(handles: &'a [*mut c_void]) -> Result<Self> {
        let mut marked = Self(&[]);
        for (i, &handle) in handles.iter().enumerate() {
            // SAFETY: promise 2.
            let found = unsafe {
                match Waited::of(handle, "sources")? {
                    Waited::Observer(h) => mark(h, "sources"),
                    Waited::Consumer(h) => mark(h, "sources"),
                    Waited::Controller(h) => mark(h, "sources"),
                }
            };
            // One that is listed twice was marked here.
            if let Err(e) = found
                && !handles[..i].contains(&handle)
            {
                return Err(e);
            }
            marked.0 = &handles[..=i];
        }
        Ok(marked)
    }
}

impl Drop for Handles<'_> {
    fn drop(&mut self) {
        for &handle in self.0 {
            // SAFETY: promise 2: marked in `of`.
            unsafe {
                match Waited::of(handle, "sources") {
                    Ok(Waited::Observer(h)) => unmark(h),
                    Ok(Waited::Consumer(h)) => unmark(h),
                    Ok(Waited::Controller(h)) => unmark(h),
                    Err(_) => {}
                }
            }
        }
    }
}

impl Sources for Handles<'_> {
    fn at(&mut self, i: usize) -> Watch<'_> {
        let handle = self.0[i];
        // SAFETY: promise 2: marked in `of`, and used one at a time even if it is listed twice.
        let watch = unsafe {
            Waited::of(handle, "sources").map(|source| match source {
                Waited::Observer(h) => Watch::reader(&mut marked(h).core),
                Waited::Consumer(h) => Watch::consumer(&mut marked(h).core),
                Waited::Controller(h) => marked(h).controller.watch(),
            })
        };
        watch.expect("a handle was closed while it was waited for")
    }
}

/// Asks the kernel whether the writer of a reader's ring lives, and how it ended if not.
///
/// @param reader  a leyline_observer_t, leyline_consumer_t or leyline_controller_t (its trainer)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_peer_state(reader: *const c_void, peer: *mut leyline_peer_t) -> Status {
    act!({
        let place = out(peer, "peer")?;
        let of = |core: &ReaderCore| -> Result<_> { Ok((core.peer_state()?, core.peer_reason())) };
        let (state, reason) = match Waited::of(reader.cast_mut(), "reader")? {
            Waited::Observer(h) => of(&open(h, "reader")?.core)?,
            Waited::Consumer(h) => of(&open(h, "reader")?.core.reader)?,
            Waited::Controller(h) => {
                let controller = &open(h, "reader")?.controller;
                (controller.trainer_state()?, controller.trainer_reason())
            }
        };
        place.set(self::peer(state, reason));
    })
}

/// Waits until one of several readers has news, and reports what each has; reads nothing. An ending
/// already in news is not reported again and ends no wait, so that one dead trainer does not turn
/// the wait into a busy loop. Asks about each writer every 5 ms. Sleeps on up to 128 rings; with
/// more, or with read-only ones, it looks every millisecond.
///
/// @param sources  leyline_observer_t, leyline_consumer_t and leyline_controller_t (its
///                 observations), in any mix
/// @param count    1 or more
/// @param wait     or NULL: looks once
/// @param news     a leyline_news for each source; in and out: zeros at first, then as the last
///                 call left them
/// @return         LEYLINE_OK: there is news; LEYLINE_EMPTY (wait NULL), LEYLINE_TIMED_OUT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_wait_any(
    sources: *const *mut c_void,
    count: usize,
    wait: *const leyline_wait_t,
    news: *mut u32,
) -> Status {
    answer!({
        let how = or_once(wait)?;
        let mut handles = Handles::of(list(sources, count, "sources")?)?;
        let numbers = block(news, count, "news")?;
        if let Some(found) = numbers.iter().find(|&&n| n > News::Failed as u32) {
            return Err(Error::new(ErrorKind::InvalidEnum)
                .about("news")
                .expected_found("0 to 5", found.to_string()));
        }
        // SAFETY: `News` is a u32, and every number is one of its values.
        let news = std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast::<News>(), numbers.len());
        if wait_on(&mut handles, news, how)? { LEYLINE_OK } else { nothing(wait) }
    })
}
