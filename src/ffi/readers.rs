// C header: ring
//! Calls that take a reader of any type.

use super::boundary::call::{act, answer};
use super::boundary::handle::{Handle, mark, marked, open, type_of, unmark};
use super::boundary::pointer::{block, invalid, list, out};
use super::boundary::status::{LEYLINE_OK, Status};
use super::peer::{leyline_peer_t, peer};
use super::wait::{leyline_wait_t, nothing, or_once};
use super::{consumer::leyline_consumer_t, controller::leyline_controller_t};
use super::{observer::leyline_observer_t, trainer::leyline_trainer_t};
use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::reader_core::ReaderCore;
use crate::handle::wait_any::{News, Source, Sources, Watch, wait_on};
use std::ffi::c_void;

/// Handles to wait for, each an open one of a type that can be, marked as in use until this is
/// dropped.
pub(super) struct Handles<'a>(&'a [*mut c_void]);

/// A handle to wait for, by its type.
#[derive(Clone, Copy)]
enum Waited {
    Observer(*mut leyline_observer_t),
    Consumer(*mut leyline_consumer_t),
    Controller(*mut leyline_controller_t),
    Trainer(*mut leyline_trainer_t),
}

#[cold]
fn no_source(what: &'static str) -> Error {
    invalid(what, "an open observer, consumer, controller or trainer handle", "something else")
}

impl Waited {
    unsafe fn of(handle: *mut c_void, what: &'static str) -> Result<Self> {
        // SAFETY: promise 2.
        Ok(match unsafe { type_of(handle, what) }? {
            leyline_observer_t::OPEN => Self::Observer(handle.cast()),
            leyline_consumer_t::OPEN => Self::Consumer(handle.cast()),
            leyline_controller_t::OPEN => Self::Controller(handle.cast()),
            leyline_trainer_t::OPEN => Self::Trainer(handle.cast()),
            _ => return Err(no_source(what)),
        })
    }
}

impl<'a> Handles<'a> {
    pub(super) unsafe fn of(handles: &'a [*mut c_void]) -> Result<Self> {
        let mut marked = Self(&[]);
        for (i, &handle) in handles.iter().enumerate() {
            // SAFETY: promise 2.
            let found = unsafe {
                match Waited::of(handle, "sources")? {
                    Waited::Observer(h) => mark(h, "sources"),
                    Waited::Consumer(h) => mark(h, "sources"),
                    Waited::Controller(h) => mark(h, "sources"),
                    Waited::Trainer(h) => mark(h, "sources"),
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
                    Ok(Waited::Trainer(h)) => unmark(h),
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
                Waited::Trainer(h) => marked(h).trainer.watch(),
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
            Waited::Trainer(_) => {
                return Err(invalid(
                    "reader",
                    "an open observer, consumer or controller handle",
                    "a trainer",
                ));
            }
        };
        place.set(self::peer(state, reason));
    })
}

/// Reads a `leyline_news` for each of several sources.
pub(super) unsafe fn news<'a>(news: *mut u32, count: usize) -> Result<&'a mut [News]> {
    // SAFETY: promise 1.
    let numbers = unsafe { block(news, count, "news") }?;
    if let Some(found) = numbers.iter().find(|&&n| n > News::Failed as u32) {
        return Err(Error::new(ErrorKind::InvalidEnum)
            .about("news")
            .expected_found("0 to 5", found.to_string()));
    }
    // SAFETY: `News` is a u32, and every number is one of its values.
    Ok(unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast::<News>(), numbers.len()) })
}

/// Waits until one of several sources has news, and reports what each has; reads nothing. An ending
/// already in news is not reported again and ends no wait, so that one dead trainer does not turn
/// the wait into a busy loop. Read everything that a source stands for: what is left unread is news
/// again at once. Asks about each writer every 5 ms. Sleeps on up to 128 rings; with
/// more, or with read-only ones, it looks every millisecond.
///
/// @param sources  leyline_observer_t, leyline_consumer_t, leyline_controller_t (its observations
///                 and outcomes) and leyline_trainer_t (the decisions and commands of all lanes), in
///                 any mix
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
        let news = self::news(news, count)?;
        if wait_on(&mut handles, news, how)? { LEYLINE_OK } else { nothing(wait) }
    })
}
