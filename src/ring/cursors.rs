//! The cursors of a ring's declared consumers: a consumer commits, and the writer goes no further than a ring beyond that.

use crate::base::layout::{control, cursor_page};
use crate::ring::state::{LAST_SEQUENCE, Ring};
use crate::sys::atomic::{Acquire, Relaxed, Release, SeqCst, fence};
use crate::sys::kill;
use crate::sys::words::Words;

/// What a writer does about a consumer that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Policy {
    /// Its records stay until a successor takes them; a full ring refuses more.
    Keep = 1,
    /// The writer goes on without it; a successor is told how many it missed.
    Release = 2,
}

impl Policy {
    pub(crate) const fn from_value(value: u32) -> Option<Self> {
        match value {
            1 => Some(Self::Keep),
            2 => Some(Self::Release),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Gate<W> {
    page: W,
    seen: u64,
    /// How far the writer may go without it, as was announced before nobody was found to hold it.
    pub(crate) pass: u64,
}

impl<W: Words> Gate<W> {
    pub(crate) fn new(page: W) -> Self {
        Self { page, seen: 0, pass: 0 }
    }

    /// Up to which sequence the consumer lets the writer go.
    pub(crate) fn look(&mut self, next: u64, capacity: u64) -> u64 {
        // PAIRS: ring/cursors::commit: the consumer is done with the slots up to its cursor.
        let committed = self.page.u64(cursor_page::COMMITTED).load(Acquire);
        // A cursor can neither go back nor run ahead of what there is.
        self.seen = committed.clamp(self.seen, next.saturating_sub(1).max(self.seen));
        (self.seen + capacity).max(self.pass)
    }
}

/// Stores a consumer's cursor.
#[inline(always)]
pub(crate) fn commit<W: Words>(page: &W, sequence: u64) {
    // PAIRS: ring/cursors::Gate::look: all reads of the slots up to here are done.
    page.u64(cursor_page::COMMITTED).store(sequence, Release);
    kill::point("commit.stored");
}

/// Returns where a consumer starts: after what its predecessor committed, and where it starts at least, after what the writer
/// went over without it.
pub(crate) fn consumer_start<W: Words>(ring: &Ring<W>, page: &W, k: usize) -> (u64, u64) {
    // The kernel's lock, taken just before, orders nothing that follows it. PAIRS: ring/writer::Producer::make_room: either it
    // finds the lock held or its announcement is seen here.
    fence(SeqCst);
    // Before the ring is asked how far it is: a consumer reads ahead of the counter, and commits nothing that is not
    // complete. PAIRS: ring/cursors::commit, of a predecessor.
    let committed = page.u64(cursor_page::COMMITTED).load(Acquire);
    let newest = ring.newest();
    let committed = committed.clamp(ring.first_sequence - 1, newest);
    let pass = ring.control.u64(control::PASS + 8 * k).load(Relaxed).min(LAST_SEQUENCE);
    let lost_up_to = pass.saturating_sub(ring.capacity).min(newest);
    (committed + 1, committed.max(lost_up_to) + 1)
}
