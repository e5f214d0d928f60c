//! A ring's slots and control words, as any of its users sees them: how far it is, who wrote it, and near which times.

use crate::base::layout::control;
use crate::ring::slot::Slot;
use crate::sys::atomic::{Acquire, Relaxed, fence};
use crate::sys::words::Words;

/// The last sequence that is ever given out: far enough from the end that position arithmetic cannot overflow.
pub(crate) const LAST_SEQUENCE: u64 = u64::MAX - (1 << 32);

/// How many slots ahead of the one that is read.
pub(crate) const AHEAD: u64 = 8;

/// A ring's words and shape. The shape was checked against the words' length when the segment was attached.
#[derive(Clone, Debug)]
pub(crate) struct Ring<W> {
    pub(crate) control: W,
    pub(crate) data: W,
    pub(crate) capacity: u64,
    pub(crate) stride: usize,
    pub(crate) first_sequence: u64,
}

impl<W: Words> Ring<W> {
    #[inline(always)]
    pub(crate) fn slot(&self, sequence: u64) -> Slot<'_, W> {
        let at = (sequence & (self.capacity - 1)) as usize * self.stride;
        Slot { words: &self.data, at, stride: self.stride }
    }

    /// The counter, which lags behind the slots while a batch is written, beside a device that does not flush, and for good
    /// where a writer died between a slot and the counter.
    fn counted(&self) -> u64 {
        // Acquire: the records up to it are complete. PAIRS: ring/writer::Producer::flush.
        self.control.u64(control::PUBLISHED).load(Acquire).clamp(self.first_sequence - 1, LAST_SEQUENCE)
    }

    /// Returns the newest complete record, counted or not; one less than the first sequence if there is none. Every question
    /// of how far a ring is goes here. Beside a living writer the answer is at least what was true when it was asked.
    ///
    /// Slot n holds n or a later record exactly if n is complete, since one writer completes them in order. So the newest is
    /// found by doubling and halving from the counter on, in a number of loads that grows with the logarithm of the lag.
    pub(crate) fn newest(&self) -> u64 {
        let is_complete = |sequence| self.slot(sequence).end() >= sequence;
        let counted = self.counted();
        let end = self.slot(counted + 1).end();
        // A slot of garbage says nothing.
        if end <= counted || !(end - counted - 1).is_multiple_of(self.capacity) {
            return counted;
        }
        // A later lap than the counter's: the writer went on meanwhile, or nobody counts.
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

    /// The present writer generation; 0 before the first writer.
    pub(crate) fn generation(&self) -> u64 {
        // PAIRS: ring/writer::Producer::take_over: the log entry of that generation is there.
        self.control.u64(control::GENERATION).load(Acquire)
    }

    /// Copies a record through `copy`, which returns its stamp word, if the record is there. Asks for neither its generation nor its
    /// full time.
    pub(crate) fn peek(&self, sequence: u64, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Option<u64> {
        let slot = self.slot(sequence);
        if slot.end() != sequence {
            return None;
        }
        let stamp = copy(&slot);
        slot.validate(sequence).then_some(stamp)
    }

    /// Counts the changes of what is written beside the records: take-overs and time regions. A reader looks at it after it
    /// has validated a record, which makes the changes before that record visible (PAIRS: ring/slot::Slot::publish). The line
    /// is written rarely, so that reading it costs nothing.
    #[inline(always)]
    pub(crate) fn changes(&self) -> u64 {
        self.control.u64(control::CHANGES).load(Relaxed)
    }

    /// Up to which sequence a reader of `n` records from `next` on may ask for slots ahead of those it reads: none that the
    /// writer has yet to write, which it would have to fetch back.
    #[inline(always)]
    pub(crate) fn whole_ahead(&self, next: u64, n: usize) -> u64 {
        let last = next + n as u64 - 1;
        if n as u64 > AHEAD && self.slot(last).end() >= last { last } else { next }
    }

    /// Whether the present writer generation was closed in order.
    pub(crate) fn is_closed(&self) -> bool {
        // PAIRS: ring/writer::Producer::close: all that the generation published is there.
        self.control.u64(control::CLOSED).load(Acquire) == self.generation()
    }

    /// The generation whose writer let a device write and has not taken the ring back; 0: none.
    pub(crate) fn device_generation(&self) -> u64 {
        self.control.u64(control::DEVICE).load(Relaxed)
    }

    /// The generations in the log with their first sequences, the oldest first.
    pub(crate) fn takeovers(&self) -> Vec<Takeover> {
        let now = self.generation();
        let oldest = now.saturating_sub(control::LOG_ENTRIES - 1).max(1);
        (oldest..=now)
            .filter_map(|generation| {
                self.logged(generation).map(|first_sequence| Takeover { generation, first_sequence })
            })
            .collect()
    }

    /// The first sequence of a generation, if it is still in the log.
    pub(crate) fn logged(&self, generation: u64) -> Option<u64> {
        let at = control::LOG + (generation % control::LOG_ENTRIES) as usize * 16;
        // PAIRS: ring/writer::Producer::take_over: the entry is whole if its generation stood there before and after.
        let before = self.control.u64(at).load(Acquire);
        let first = self.control.u64(at + 8).load(Relaxed);
        fence(Acquire);
        let after = self.control.u64(at).load(Relaxed);
        (before == generation && after == generation).then_some(first)
    }

    /// Returns a full time that the stamp of a record is less than 39 hours away from, 0 if it is not known, and true if no
    /// later record belongs to another time region.
    pub(crate) fn time_near(&self, sequence: u64) -> (u64, bool) {
        let count = self.control.u64(control::TIMES).load(Relaxed);
        for back in 0..count.min(control::TIME_ENTRIES) {
            let at = control::TIME_LOG + ((count - 1 - back) % control::TIME_ENTRIES) as usize * 16;
            // Acquire: its time is there. PAIRS: ring/writer::Producer::begin_time_region.
            let before = self.control.u64(at).load(Acquire);
            let time_ns = self.control.u64(at + 8).load(Relaxed);
            // Who loaded a newer time, or the count of a newer region, sees that region's entry cleared. PAIRS:
            // ring/writer::Producer::begin_time_region.
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

/// A writer that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// Its generation.
    pub generation: u64,
    /// The first sequence that it wrote, or will write.
    pub first_sequence: u64,
}
