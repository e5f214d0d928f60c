// C header: tools
//! The shared state of a ring, as every user sees it: its slots, its counter, and the logs of
//! take-overs and of times.

use crate::base::layout::control;
use crate::ring::slot::Slot;
use crate::sys::atomic::{Acquire, Relaxed, fence};
use crate::sys::lock::ForkGuard;
use crate::sys::words::Words;
use std::fmt;

/// The last sequence that is ever given out: far enough from the end that position arithmetic
/// cannot overflow.
pub(crate) const LAST_SEQUENCE: u64 = u64::MAX - (1 << 32);

/// Slots between the one that is read and the one that is prefetched.
pub(crate) const PREFETCH_DISTANCE: u64 = 8;

/// A ring's words and shape. The shape was checked against the words' length when the segment was
/// attached.
#[derive(Clone, Debug)]
pub(crate) struct Ring<W> {
    pub(crate) control: W,
    pub(crate) data: W,
    pub(crate) capacity: u64,
    pub(crate) stride: usize,
    pub(crate) first_sequence: u64,
    /// Of the process that attached.
    pub(crate) guard: ForkGuard,
}

impl<W: Words> Ring<W> {
    #[inline(always)]
    pub(crate) fn slot(&self, sequence: u64) -> Slot<'_, W> {
        let at = (sequence & (self.capacity - 1)) as usize * self.stride;
        Slot { words: &self.data, at, stride: self.stride }
    }

    /// Returns the published counter. It lags behind the slots while a batch is written, beside a
    /// device that does not flush, and for good if a writer died between a slot and the counter.
    fn counted(&self) -> u64 {
        // Acquire: a thread that sees this count sees the records up to it complete.
        // PAIRS: ring/writer::Producer::flush.
        self.control.u64(control::PUBLISHED).load(Acquire).clamp(self.first_sequence - 1, LAST_SEQUENCE)
    }

    /// Returns the newest complete record, counted or not; one less than the first sequence if
    /// there is none. Beside a living writer the result is at least what was true when this was
    /// called.
    ///
    /// Slot n holds n or a later record exactly if n is complete, since one writer completes them
    /// in order. So the newest is found by doubling and halving from the counter on, in a number of
    /// loads that grows with the logarithm of the lag.
    pub(crate) fn newest(&self) -> u64 {
        let is_complete = |sequence| self.slot(sequence).end() >= sequence;
        let counted = self.counted();
        let end = self.slot(counted + 1).end();
        // A slot that is empty, of the lap before, or garbage.
        if end <= counted || !(end - counted - 1).is_multiple_of(self.capacity) {
            return counted;
        }
        // A later lap than the counter's: the writer has gone on since, or does not count.
        let mut complete = end.min(LAST_SEQUENCE);
        let mut beyond = complete.saturating_add(self.capacity).min(LAST_SEQUENCE + 1);
        let mut step = 1;
        while complete + step < beyond {
            if !is_complete(complete + step) {
                beyond = complete + step;
                break;
            }
            complete += step;
            step *= 2;
        }
        while complete + 1 < beyond {
            let middle = complete + (beyond - complete) / 2;
            if is_complete(middle) { complete = middle } else { beyond = middle }
        }
        complete
    }

    /// Returns the present writer generation; 0 before the first writer.
    pub(crate) fn generation(&self) -> u64 {
        // Acquire: a thread that sees this generation sees its log entry.
        // PAIRS: ring/writer::Producer::take_over.
        self.control.u64(control::GENERATION).load(Acquire)
    }

    /// Copies a record through `copy`, which returns its stamp word, if the record is still there.
    /// Looks up neither its generation nor its full time.
    pub(crate) fn peek(&self, sequence: u64, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Option<u64> {
        let slot = self.slot(sequence);
        if slot.end() != sequence {
            return None;
        }
        let stamp = copy(&slot);
        slot.validate(sequence).then_some(stamp)
    }

    /// Counts the changes of the ring's metadata: take-overs and time regions. A reader loads it
    /// after it has validated a record, which makes the changes before that record visible (PAIRS:
    /// ring/slot::Slot::publish). Its cache line is written rarely, so that loading it costs
    /// nothing. In a forked child it is another number.
    #[inline(always)]
    pub(crate) fn changes(&self) -> u64 {
        self.control.u64(control::CHANGES).load(Relaxed) ^ self.guard.mark()
    }

    /// Returns the sequence up to which a reader of `n` records from `next` on may prefetch: up to
    /// the last of them if it is complete. A slot that is yet to be written is not prefetched, or
    /// the writer would have to fetch it back.
    #[inline(always)]
    pub(crate) fn prefetch_limit(&self, next: u64, n: usize) -> u64 {
        let last = next + n as u64 - 1;
        if n as u64 > PREFETCH_DISTANCE && self.slot(last).end() >= last { last } else { next }
    }

    /// Returns the ending of the present writer generation. Only after its writer has ended.
    pub(crate) fn ending(&self) -> Ending {
        let generation = self.generation();
        // Acquire: a thread that sees this generation ended sees all that it published, and its
        // reason. PAIRS: ring/writer::Producer::end.
        let ended_by = |word| self.control.u64(word).load(Acquire) == generation;
        if ended_by(control::FAILED) {
            Ending::Failed
        } else if ended_by(control::CLOSED) {
            Ending::Closed
        } else {
            Ending::Died
        }
    }

    /// Returns the generation whose writer handed the ring over to a device and has not taken it
    /// back; 0 if there is none.
    pub(crate) fn device_generation(&self) -> u64 {
        self.control.u64(control::DEVICE).load(Relaxed)
    }

    /// Returns the generations in the log with their first sequences, the oldest first.
    pub(crate) fn takeovers(&self) -> Vec<Takeover> {
        let now = self.generation();
        let oldest = now.saturating_sub(control::LOG_ENTRIES - 1).max(1);
        (oldest..=now)
            .filter_map(|generation| {
                self.logged(generation).map(|first_sequence| Takeover { generation, first_sequence })
            })
            .collect()
    }

    /// Returns the first sequence of a generation, if it is still in the log.
    pub(crate) fn logged(&self, generation: u64) -> Option<u64> {
        let at = control::LOG + (generation % control::LOG_ENTRIES) as usize * 16;
        // Acquire: a thread that sees this generation sees its first sequence, or a later one's.
        // PAIRS: ring/writer::Producer::take_over.
        let before = self.control.u64(at).load(Acquire);
        let first = self.control.u64(at + 8).load(Relaxed);
        // Acquire: a thread that saw a later entry's first sequence sees this entry cleared.
        // PAIRS: ring/writer::Producer::take_over.
        fence(Acquire);
        let after = self.control.u64(at).load(Relaxed);
        (before == generation && after == generation).then_some(first)
    }

    /// Returns a full time that the stamp of a record is less than 39 hours away from, 0 if it is
    /// not known, and true if no later record belongs to another time region.
    pub(crate) fn time_near(&self, sequence: u64) -> (u64, bool) {
        let count = self.control.u64(control::TIMES).load(Relaxed);
        for back in 0..count.min(control::TIME_ENTRIES) {
            let at = control::TIME_LOG + ((count - 1 - back) % control::TIME_ENTRIES) as usize * 16;
            // Acquire: a thread that sees this entry sees its time.
            // PAIRS: ring/writer::Producer::begin_time_region.
            let before = self.control.u64(at).load(Acquire);
            let time_ns = self.control.u64(at + 8).load(Relaxed);
            // Acquire: a thread that loaded a newer time, or the count of a newer region, sees that
            // region's entry cleared. PAIRS: ring/writer::Producer::begin_time_region.
            fence(Acquire);
            if before == 0 || self.control.u64(at).load(Relaxed) != before {
                break;
            }
            if before <= sequence {
                return (time_ns, back == 0);
            }
        }
        (0, count == 0)
    }
}

/// The way in which a writer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It closed its handle.
    Closed,
    /// Its handle was aborted, or dropped by a panic or a C++ exception. It may have said why: see
    /// [`RoleInfo::failure`](crate::RoleInfo).
    Failed,
    /// It died, or was killed.
    Died,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Failed => "failed",
            Self::Died => "died",
        })
    }
}

/// The take-over of a ring by a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Takeover {
    /// The writer's generation.
    pub generation: u64,
    /// The first sequence that it wrote, or will write.
    pub first_sequence: u64,
}
