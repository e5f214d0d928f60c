//! The cursors of a ring's declared consumers: a consumer commits, and the writer stays within a
//! ring of that cursor.

use crate::base::layout::{control, cursor_page};
use crate::ring::state::{LAST_SEQUENCE, Ring};
use crate::sys::atomic::{Acquire, Relaxed, Release, SeqCst, fence};
use crate::sys::{kill, words::Words};

/// The policy of a ring towards a consumer that nobody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Policy {
    /// Keeps its records until a successor reads them; a full ring refuses more.
    Keep = 1,
    /// Lets the writer go on without it; a successor learns how many records it missed.
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

/// A consumer as the writer sees it.
#[derive(Debug)]
pub(crate) struct Gate<W> {
    page: W,
    /// The highest cursor that was accepted.
    seen: u64,
    /// Announced limit: the writer may overwrite up to here because nobody holds the consumer.
    pub(crate) pass: u64,
}

impl<W: Words> Gate<W> {
    pub(crate) fn new(page: W) -> Self {
        Self { page, seen: 0, pass: 0 }
    }

    /// Loads the consumer's cursor. Returns the last sequence that the writer may write.
    pub(crate) fn limit(&mut self, next: u64, capacity: u64) -> u64 {
        // Acquire: a writer that sees this cursor overwrites no slot that the consumer still reads.
        // PAIRS: ring/cursors::commit.
        let committed = self.page.u64(cursor_page::COMMITTED).load(Acquire);
        // A cursor that goes back or runs ahead of the writer is not believed.
        self.seen = committed.clamp(self.seen, next.saturating_sub(1).max(self.seen));
        (self.seen + capacity).max(self.pass)
    }
}

/// Stores a consumer's cursor.
#[inline(always)]
pub(crate) fn commit<W: Words>(page: &W, sequence: u64) {
    // Release: all reads of the slots up to here are done when this is seen.
    // PAIRS: ring/cursors::Gate::limit.
    page.u64(cursor_page::COMMITTED).store(sequence, Release);
    kill::point("commit.stored");
}

/// Returns the sequence after the last that a predecessor committed, and the one where a consumer
/// starts: later by the records that the writer overwrote while nobody held the role.
pub(crate) fn consumer_start<W: Words>(ring: &Ring<W>, page: &W, k: usize) -> (u64, u64) {
    // The kernel's lock, taken just before, orders nothing that follows it. SeqCst: either the
    // writer finds the lock held, or this consumer sees its announcement.
    // PAIRS: ring/writer::Producer::make_room.
    fence(SeqCst);
    // Loaded before the newest sequence: a predecessor reads ahead of the counter, and commits
    // complete records only. Acquire: a thread that sees its cursor sees those records complete.
    // PAIRS: ring/cursors::commit.
    let committed = page.u64(cursor_page::COMMITTED).load(Acquire);
    let newest = ring.newest();
    let committed = committed.clamp(ring.first_sequence - 1, newest);
    let pass = ring.control.u64(control::PASS + 8 * k).load(Relaxed).min(LAST_SEQUENCE);
    let lost_up_to = pass.saturating_sub(ring.capacity).min(newest);
    (committed + 1, committed.max(lost_up_to) + 1)
}
