//! The bells of a process: descriptors that become readable when a ring does.
//!
//! A program arms a bell with rings in which it has found nothing. One thread looks after all armed
//! bells: it sleeps on the waiter words of their rings, as readers do, and on a word of its own,
//! which [`Bells::arm`] sets. A bell is rung once for each time it is armed, so that a writer
//! makes no system call for a reader that is busy. With no bell armed the thread sleeps until the
//! next one is.
//!
//! The lock orders arming, disarming and ringing: a bell that was disarmed is not rung afterwards.

use crate::ring::wait::CHECK_AFTER_WAKE_UP;
use crate::sys::atomic::{Lock, Relaxed, Word32};
use crate::sys::event::Event;
use crate::sys::futex;
use crate::sys::futex::{MAX_WAITERS, Slept, UNWAKEABLE_SLICE};
use crate::sys::os;
use crate::sys::os::Woken;
use crate::sys::words::Words;
use std::iter;
use std::ptr;
use std::time::Duration;

/// A time that no sleep lasts.
const ENDLESS: Duration = Duration::from_secs(1 << 32);

/// A ring that a bell is armed with, at the position of its reader.
pub(crate) trait Watched {
    type Words: Words;
    /// Returns the waiter word, at offset 0; `None` if it cannot be written.
    fn waiter(&self) -> Option<Self::Words>;
    /// Returns true if the ring's writer wakes sleepers now.
    fn is_woken(&self) -> bool;
    fn is_readable(&self) -> bool;
    /// Returns the time of the next [`Watched::has_ended`].
    fn due_ns(&self) -> u64;
    /// Sets this time if it is later.
    fn check_by(&mut self, due_ns: u64);
    /// Asks the kernel about the ring's writer. Returns true if it has ended and the reader does
    /// not know, or if the kernel cannot be asked.
    fn has_ended(&mut self, now_ns: u64) -> bool;
}

/// The descriptor of a bell.
pub(crate) trait Alarm {
    /// Makes it readable.
    fn ring(&self);
}

impl Alarm for Event {
    fn ring(&self) {
        Self::ring(self);
    }
}

/// The reason why a bell was rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rung {
    #[default]
    No,
    /// A ring is readable.
    Readable,
    /// A writer has ended.
    Ended,
}

/// One bell.
#[derive(Debug)]
struct Place<R, A> {
    /// `None` while no bell has the place.
    alarm: Option<A>,
    /// Empty unless it is armed, or was armed and rung.
    rings: Vec<R>,
    rung: Rung,
}

impl<R, A: Alarm> Place<R, A> {
    fn is_armed(&self) -> bool {
        self.rung == Rung::No
    }

    fn ring(&mut self, why: Rung) {
        self.rung = why;
        if let Some(alarm) = &self.alarm {
            alarm.ring();
        }
    }
}

/// The bells of a process.
#[derive(Debug)]
pub(crate) struct Bells<R, A> {
    places: Lock<Vec<Place<R, A>>>,
    /// 1 once a bell was armed since the thread last took them in.
    armed: Word32,
}

impl<R: Watched, A: Alarm> Bells<R, A> {
    pub(crate) fn new() -> Self {
        Self { places: Lock::new(Vec::new()), armed: Word32::new(0) }
    }

    /// Adds a bell, and returns its place.
    pub(crate) fn add(&self, alarm: A) -> usize {
        let mut places = self.places.lock();
        let place = Place { alarm: Some(alarm), rings: Vec::new(), rung: Rung::No };
        if let Some(free) = places.iter().position(|place| place.alarm.is_none()) {
            places[free] = place;
            return free;
        }
        places.push(place);
        places.len() - 1
    }

    /// Removes a bell, and returns the rings that it was armed with.
    pub(crate) fn remove(&self, place: usize) -> Vec<R> {
        let place = &mut self.places.lock()[place];
        place.alarm = None;
        std::mem::take(&mut place.rings)
    }

    /// Arms a bell, which is not armed, with the rings in `rings`.
    pub(crate) fn arm(&self, place: usize, rings: &mut Vec<R>) {
        std::mem::swap(&mut self.places.lock()[place].rings, rings);
        // After the lock, which orders it: a thread that takes the bells in before that finds 1 when it
        // goes to sleep.
        self.armed.store(1, Relaxed);
        os::futex_wake_all(&self.armed);
    }

    /// Disarms a bell: after that it is not rung. Puts the rings it was armed with into `rings`.
    /// Returns why it was rung, and forgets that.
    pub(crate) fn disarm(&self, place: usize, rings: &mut Vec<R>) -> Rung {
        let place = &mut self.places.lock()[place];
        std::mem::swap(&mut place.rings, rings);
        std::mem::take(&mut place.rung)
    }

    /// Rings the bells that are due, and sleeps until the next may be. The thread does nothing else.
    pub(crate) fn turn(&self) {
        // Before the barrier of the next sleep, which takes longer than all the rest.
        if self.look(true).is_ok() {
            return;
        }
        let now = os::monotonic_ns();
        let count = self.places.lock().len();
        for at in 0..count {
            // For each place anew, so that the owners of the other bells do not wait for the kernel.
            let place = &mut self.places.lock()[at];
            if place.is_armed()
                && place.rings.iter_mut().any(|ring| now >= ring.due_ns() && ring.has_ended(now))
            {
                place.ring(Rung::Ended);
            }
        }
        self.armed.store(0, Relaxed);
        let places = self.places.lock();
        let mut waiters: Vec<R::Words> = Vec::new();
        let mut is_covered = true;
        for waiter in places.iter().filter(|p| p.is_armed()).flat_map(|p| &p.rings).filter_map(R::waiter) {
            if waiters.iter().any(|other| ptr::eq(other.u32(0), waiter.u32(0))) {
                continue;
            }
            is_covered = waiters.len() + 1 < MAX_WAITERS;
            if !is_covered {
                break;
            }
            waiters.push(waiter);
        }
        // The lock is held until all bits are set: an owner that disarms its bell may then unmap the
        // words.
        let waiters = iter::from_fn(move || {
            let _held = &places;
            waiters.pop()
        });
        let slept = futex::sleep_any(waiters, iter::once(&self.armed), || self.look(is_covered));
        // By a writer, for a record or because it ends.
        if slept == Slept::Until(Woken::Early) && self.armed.load(Relaxed) == 0 {
            let soon = os::monotonic_ns() + CHECK_AFTER_WAKE_UP.as_nanos() as u64;
            for place in self.places.lock().iter_mut().filter(|p| p.is_armed()) {
                place.rings.iter_mut().for_each(|ring| ring.check_by(soon));
            }
        }
    }

    /// Rings the bells whose rings are readable, or returns how long the thread may sleep.
    /// `is_covered`: the thread sleeps on all waiter words.
    fn look(&self, is_covered: bool) -> std::result::Result<(), Duration> {
        let now = os::monotonic_ns();
        let mut places = self.places.lock();
        let (mut is_done, mut longest) = (false, ENDLESS);
        for place in places.iter_mut().filter(|p| p.is_armed()) {
            if place.rings.iter().any(R::is_readable) {
                place.ring(Rung::Readable);
                is_done = true;
            }
            for ring in &place.rings {
                longest = longest.min(Duration::from_nanos(ring.due_ns().saturating_sub(now)));
                if !is_covered || !ring.is_woken() {
                    longest = longest.min(UNWAKEABLE_SLICE);
                }
            }
        }
        if is_done { Ok(()) } else { Err(longest) }
    }
}
