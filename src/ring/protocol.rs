//! The ring's protocol: one writer, any number of readers, declared consumers that gate the writer.
//!
//! Sequence `n` lives in slot `n mod capacity`. The writer completes a slot, then stores the published counter, then
//! looks whether anybody sleeps. A reader polls the slot it waits for, not the counter: the record itself is the only
//! thing that moves between two caches. The counter serves sleepers, late comers and the writer's successor.
//!
//! All of it is generic over where the words live and makes no system call.

use crate::base::layout::{control, cursor_page};
use crate::base::position;
use crate::ring::meta::{Meta, Stamp, TIME_REGION_NS, pack_stamp, unpack_stamp};
use crate::ring::slot::Slot;
use crate::sys::atomic::{Acquire, Relaxed, Release, SeqCst, fence};
use crate::sys::futex;
use crate::sys::kill;
use crate::sys::words::Words;

/// The last sequence that is ever given out: far enough from the end that position arithmetic cannot overflow.
pub(crate) const LAST_SEQUENCE: u64 = u64::MAX - (1 << 32);

/// Records that are read in one stretch, at most, and how few are read one by one.
const STRETCH: usize = 256;
const SHORT: usize = 4;
/// How many slots ahead of the one that is read.
const AHEAD: u64 = 8;

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
        // Acquire: the records up to it are complete. PAIRS: ring/protocol::Producer::flush.
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
        // PAIRS: ring/protocol::Producer::take_over: the log entry of that generation is there.
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
    fn changes(&self) -> u64 {
        self.control.u64(control::CHANGES).load(Relaxed)
    }

    /// Up to which sequence a reader of `n` records from `next` on may ask for slots ahead of those it reads: none that the
    /// writer has yet to write, which it would have to fetch back.
    #[inline(always)]
    fn whole_ahead(&self, next: u64, n: usize) -> u64 {
        let last = next + n as u64 - 1;
        if n as u64 > AHEAD && self.slot(last).end() >= last { last } else { next }
    }

    /// Whether the present writer generation was closed in order.
    pub(crate) fn is_closed(&self) -> bool {
        // PAIRS: ring/protocol::Producer::close: all that the generation published is there.
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
        // PAIRS: ring/protocol::Producer::take_over: the entry is whole if its generation stood there before and after.
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
            // Acquire: its time is there. PAIRS: ring/protocol::Producer::begin_time_region.
            let before = self.control.u64(at).load(Acquire);
            let time_ns = self.control.u64(at + 8).load(Relaxed);
            // Who loaded a newer time, or the count of a newer region, sees that region's entry cleared. PAIRS:
            // ring::Producer::begin_time_region.
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

/// What one attempt to read gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Record(Meta),
    Empty,
    Lapped { missed: u64, next: u64 },
    Restarted { generation: u64, first_sequence: u64 },
}

/// The most restarts that a reader is told of between two records, if no writer comes meanwhile: those in the log.
pub(crate) const RESTARTS: u64 = control::LOG_ENTRIES;
/// The generation of records that are older than the log of take-overs. Told as 0.
const UNKNOWN: u64 = u64::MAX;
/// No number of changes.
const NONE_SEEN: u64 = u64::MAX;

/// A reader's position in a ring. Writes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Reader<W> {
    pub(crate) ring: Ring<W>,
    next: u64,
    /// Of the record before; 0 if the ring had no writer yet, or [`UNKNOWN`].
    generation: u64,
    /// A full time near those of the records at hand, to complete their stamps with; 0: not known.
    reference_ns: u64,
    /// The number of changes with which `generation` and `reference_ns` hold for all that comes; else [`NONE_SEEN`].
    seen: u64,
    /// Missed already when it started; reported by the first read.
    pending: u64,
}

impl<W: Words> Reader<W> {
    /// Starts at a sequence.
    pub(crate) fn new(ring: Ring<W>, next: u64) -> Self {
        let mut reader =
            Self { ring, next: u64::MAX, generation: 0, reference_ns: 0, seen: NONE_SEEN, pending: 0 };
        reader.seek(next);
        reader
    }

    /// The generation that a sequence belongs to: [`UNKNOWN`] where the log does not go back as far.
    fn generation_of(&self, sequence: u64) -> u64 {
        let now = self.ring.generation();
        for generation in (0..now).rev().take(control::LOG_ENTRIES as usize).map(|before| before + 1) {
            match self.ring.logged(generation) {
                Some(first) if first <= sequence => return generation,
                Some(_) => {}
                None => return UNKNOWN,
            }
        }
        // No record is older than the first writer's.
        if now <= control::LOG_ENTRIES { now.min(1) } else { UNKNOWN }
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Drops the slots that were read from all caches, from that of `from` on.
    pub(crate) fn evict(&self, from: u64) {
        for sequence in from.max(self.next.saturating_sub(self.ring.capacity))..self.next {
            self.ring.slot(sequence).evict();
        }
    }

    pub(crate) fn seek(&mut self, next: u64) {
        let next = next.clamp(self.ring.first_sequence, LAST_SEQUENCE + 1);
        // Not where it stands already: a restart that begins there is still to be told.
        if next < self.next {
            self.generation = self.generation_of(next);
        }
        (self.next, self.seen) = (next, NONE_SEEN);
    }

    /// Goes on at `next`, and reports what that skipped as missed.
    pub(crate) fn skip_to(&mut self, next: u64) {
        self.pending = next.saturating_sub(self.next);
        self.seek(next);
    }

    /// Tries to read the next record through `copy`, which copies the slot's payload and returns its stamp word. What it
    /// copied is a record only if this returns [`Step::Record`].
    #[inline(always)]
    pub(crate) fn step(&mut self, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Step {
        if self.poll() { self.take(copy) } else { Step::Empty }
    }

    /// The part of [`Reader::step`] that is repeated while there is nothing: one look at the next slot.
    #[inline(always)]
    pub(crate) fn poll(&self) -> bool {
        let slot = self.ring.slot(self.next);
        slot.prefetch();
        slot.end() >= self.next || self.pending != 0
    }

    #[inline(always)]
    fn take(&mut self, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Step {
        let sequence = self.next;
        let slot = self.ring.slot(sequence);
        if slot.end() != sequence {
            return self.lapped();
        }
        let stamp = copy(&slot);
        if !slot.validate(sequence) || self.pending != 0 {
            return self.lapped();
        }
        if self.ring.changes() != self.seen
            && let Boundary::Here(first) = self.catch_up()
        {
            return self.restarted(first);
        }
        self.next = sequence + 1;
        Step::Record(self.meta(sequence, stamp, 0))
    }

    /// Reads as many of the next records as there are and `bytes` has room for, of `size` bytes each; `meta` is called with
    /// the index of each. Returns how many, and what ended it: [`Step::Record`] with the last one's meta if there was no
    /// room for more.
    ///
    /// Each record is validated at once, while its slot is at hand: that costs next to nothing, and a second pass over
    /// several slots costs more. What is spared is all the rest that [`Reader::step`] does for a single one.
    #[inline(always)]
    pub(crate) fn batch(
        &mut self,
        size: usize,
        bytes: &mut [u8],
        mut meta: impl FnMut(usize, Meta),
    ) -> (usize, Step) {
        let room = bytes.len() / size;
        let mut count = 0;
        // Of the last record, in registers: a meta put together in memory is slow to copy.
        let mut last = Stamp::default();
        while count < room {
            let some = (room - count).min(STRETCH);
            // Up to a new generation's first record one by one: a stretch that may lie across it is read for nothing.
            if some >= SHORT && self.pending == 0 && self.ring.changes() == self.seen {
                let part = &mut bytes[count * size..][..some * size];
                let (read, end) = self.stretch(size, part, &mut last, |i, found| meta(count + i, found));
                count += read;
                if read == some {
                    continue;
                }
                if end < self.next {
                    return (count, Step::Empty);
                }
            }
            let record = &mut bytes[count * size..][..size];
            match self.step(|slot| slot.read(record)) {
                Step::Record(found) => {
                    meta(count, found);
                    last = Stamp { time_ns: found.time_ns, env: found.env, flags: found.flags };
                    count += 1;
                }
                other => return (count, other),
            }
        }
        if count == 0 {
            return (0, Step::Empty);
        }
        let Stamp { time_ns, env, flags } = last;
        (
            count,
            Step::Record(Meta {
                sequence: self.next - 1,
                time_ns,
                generation: self.told_generation(),
                skipped: 0,
                env,
                flags,
            }),
        )
    }

    /// Reads on as long as nothing comes but one whole record after the other. Returns how many it read, and the last `end`
    /// that it saw: below the next sequence if there is nothing yet, else what comes is for [`Reader::step`] to tell.
    #[inline(always)]
    fn stretch(
        &mut self,
        size: usize,
        bytes: &mut [u8],
        last: &mut Stamp,
        mut meta: impl FnMut(usize, Meta),
    ) -> (usize, u64) {
        // In registers: what is reached through `self` is loaded again after every fence.
        let (ring, generation, first) = (self.ring.clone(), self.told_generation(), self.next);
        let (reference_ns, seen) = (self.reference_ns, self.seen);
        let ahead = ring.whole_ahead(first, bytes.len() / size);
        let fours = ring.data.has_fours();
        let (mut sequence, mut end, mut stamp) = (first, 0, 0);
        for record in bytes.chunks_exact_mut(size) {
            ring.slot((sequence + AHEAD).min(ahead)).prefetch_ends();
            let slot = ring.slot(sequence);
            end = slot.end();
            if end != sequence {
                break;
            }
            let word = slot.read_one_of_many(record, fours);
            if !slot.validate(sequence) {
                break;
            }
            meta((sequence - first) as usize, meta_of(sequence, word, generation, reference_ns));
            (sequence, stamp) = (sequence + 1, word);
        }
        if sequence == first {
            return (0, end);
        }
        // All of them are of the generation and the times that are known, or they are read again one by one.
        if ring.changes() != seen {
            return (0, first);
        }
        *last = unpack_stamp(stamp, reference_ns);
        self.next = sequence;
        ((sequence - first) as usize, end)
    }

    /// As [`Reader::step`] where that gives the next record, in the same generation as the last, or nothing. Else `None`: nothing
    /// has changed, and [`Reader::step`] says what there is. It calls nothing, so that what calls it may be a leaf.
    #[inline(always)]
    pub(crate) fn plain_step(&mut self, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Option<Step> {
        let sequence = self.next;
        let slot = self.ring.slot(sequence);
        slot.prefetch();
        let end = slot.end();
        if self.pending != 0 || end > sequence {
            return None;
        }
        if end < sequence {
            return Some(Step::Empty);
        }
        let stamp = copy(&slot);
        if !slot.validate(sequence) || self.ring.changes() != self.seen {
            return None;
        }
        self.next = sequence + 1;
        Some(Step::Record(self.meta(sequence, stamp, 0)))
    }

    /// As [`Reader::step`], of the newest record; what lies before it is skipped and counted. Nothing newer than what
    /// was read already is [`Step::Empty`]. A restart that is told takes the reader to the new generation's first record, so that
    /// none of an older generation follows.
    pub(crate) fn step_to_latest(&mut self, mut copy: impl FnMut(&Slot<'_, W>) -> u64) -> Step {
        // A writer would have to go around the whole ring between two loads here for one attempt to fail.
        for _ in 0..8 {
            let end = self.ring.slot(self.next).end();
            // Looked at to know that it is not there yet, and polled next.
            self.ring.slot(self.next + 1).prefetch_first();
            if end < self.next {
                return Step::Empty;
            }
            let newest = self.ring.newest();
            let slot = self.ring.slot(newest);
            if newest < self.next || slot.end() != newest {
                continue;
            }
            let stamp = copy(&slot);
            if slot.validate(newest) {
                let wanted = std::mem::replace(&mut self.next, newest);
                // What is known may hold for the newest and not for what was skipped, or the reverse.
                let boundary =
                    if self.ring.changes() == self.seen { Boundary::None } else { self.catch_up() };
                if let Boundary::Here(first) = boundary {
                    (self.next, self.seen) = (wanted.max(first), NONE_SEEN);
                    self.pending += self.next - wanted;
                    return self.restarted(first);
                }
                let skipped = newest - wanted + std::mem::take(&mut self.pending);
                self.next = newest + 1;
                return Step::Record(self.meta(newest, stamp, skipped));
            }
        }
        self.lapped()
    }

    #[inline(always)]
    fn meta(&self, sequence: u64, stamp: u64, skipped: u64) -> Meta {
        Meta { skipped, ..meta_of(sequence, stamp, self.told_generation(), self.reference_ns) }
    }

    /// The generation of the record at hand, 0 for one that is not known.
    #[inline(always)]
    fn told_generation(&self) -> u64 {
        if self.generation == UNKNOWN { 0 } else { self.generation }
    }

    // What is rare returns in registers: a `Step` by memory would keep the record's meta in memory as well.
    #[inline(always)]
    fn lapped(&mut self) -> Step {
        let missed = self.miss();
        Step::Lapped { missed, next: self.next }
    }

    /// Goes on at a record that can be read; returns how many were missed.
    #[cold]
    #[inline(never)]
    fn miss(&mut self) -> u64 {
        let mut missed = std::mem::take(&mut self.pending);
        if missed == 0 {
            let next = position::resume(self.next, self.ring.newest(), self.ring.capacity);
            missed = next - self.next;
            self.next = next;
        }
        missed
    }

    #[inline(always)]
    fn restarted(&self, first_sequence: u64) -> Step {
        Step::Restarted { generation: self.told_generation(), first_sequence }
    }

    /// Finds the generation and the times of the record at hand, which has been validated.
    #[cold]
    #[inline(never)]
    fn catch_up(&mut self) -> Boundary {
        // Acquire: what has changed is there. Loaded first: what changes later changes this too. PAIRS: ring/protocol::Producer::changed.
        let changes = self.ring.control.u64(control::CHANGES).load(Acquire);
        let boundary =
            if self.ring.generation() == self.generation { Boundary::None } else { self.find_generation() };
        let (reference_ns, is_last) = self.ring.time_near(self.next);
        self.reference_ns = reference_ns;
        let holds = is_last && self.generation == self.ring.generation();
        self.seen = if holds { changes } else { NONE_SEEN };
        boundary
    }

    fn find_generation(&mut self) -> Boundary {
        let now = self.ring.generation();
        if self.generation == 0 {
            // The ring's first writer restarts nobody.
            self.generation = self.generation_of(self.next);
            return Boundary::None;
        }
        let known = if self.generation == UNKNOWN { 0 } else { self.generation.min(now) };
        let oldest = now.saturating_sub(control::LOG_ENTRIES - 1).max(1);
        // Whether there may have been a generation between the one that is known and those of the log.
        let mut gap = self.generation == UNKNOWN || oldest > known + 1;
        for generation in oldest.max(known + 1)..=now {
            match self.ring.logged(generation) {
                Some(first) if first <= self.next => {
                    self.generation = generation;
                    return Boundary::Here(first);
                }
                // The record at hand is of an earlier generation.
                Some(first) => {
                    if gap {
                        self.generation = UNKNOWN;
                    }
                    return Boundary::Ahead(first);
                }
                None => gap = true,
            }
        }
        self.generation = if gap { UNKNOWN } else { now };
        Boundary::None
    }

    /// Whether a step would give anything but [`Step::Empty`].
    #[inline(always)]
    pub(crate) fn has_news(&self) -> bool {
        self.pending != 0 || self.ring.slot(self.next).end() >= self.next
    }

    /// Whether the next `n` records are there, or a step would give something else than a record. It looks at the last of
    /// them only: a slot that the writer has not come near yet, so that looking often does not slow it down.
    #[inline(always)]
    pub(crate) fn has_records(&self, n: u64) -> bool {
        let last = self.next.saturating_add(n.saturating_sub(1)).min(LAST_SEQUENCE);
        self.pending != 0
            || self.ring.slot(last).end() >= last
            // The new writer's first record is told of, however few there are.
            || self.ring.changes() != self.seen && self.has_news()
    }

    /// Shows `sink` every record from the newest back to where this reader stands, and goes on after the newest. Where
    /// the writer overtakes it, all the older ones are gone too, so that they are counted and not looked at. Stops
    /// before the first record of a new generation.
    #[inline(always)]
    pub(crate) fn sweep(&mut self, sink: &mut impl Sweep<W>) -> Swept {
        let mut swept = Swept { read: 0, missed: std::mem::take(&mut self.pending), end: Step::Empty };
        let mut last = self.ring.newest();
        if last < self.next {
            return swept;
        }
        // The second time for a reader that was there before the ring's first writer.
        for _ in 0..2 {
            if self.ring.changes() != self.seen {
                match self.catch_up() {
                    Boundary::Here(first) => {
                        swept.end = self.restarted(first);
                        return swept;
                    }
                    Boundary::Ahead(first) => last = last.min(first - 1),
                    Boundary::None => {}
                }
            }
        }
        let oldest = position::oldest(last, self.ring.capacity, self.next);
        // In registers, as in `stretch`.
        let (ring, generation) = (self.ring.clone(), self.told_generation());
        let (reference_ns, one_region) = (self.reference_ns, self.seen != NONE_SEEN);
        let mut sequence = last + 1;
        while sequence > oldest {
            let slot = ring.slot(sequence - 1);
            ring.slot(sequence.saturating_sub(1 + AHEAD).max(oldest)).prefetch_ends();
            if slot.end() != sequence - 1 {
                break;
            }
            let (stamp, held) = sink.copy(&slot);
            if !slot.validate(sequence - 1) {
                break;
            }
            sequence -= 1;
            let reference_ns = if one_region { reference_ns } else { ring.time_near(sequence).0 };
            sink.take(meta_of(sequence, stamp, generation, reference_ns), held);
        }
        swept.missed += sequence - self.next;
        swept.read = last + 1 - sequence;
        self.next = last + 1;
        if self.ring.changes() != self.seen
            && let Boundary::Here(first) = self.catch_up()
        {
            swept.end = self.restarted(first);
        }
        swept
    }
}

/// Completes a record's metadata from its stamp word.
#[inline(always)]
fn meta_of(sequence: u64, stamp: u64, generation: u64, reference_ns: u64) -> Meta {
    let Stamp { time_ns, env, flags } = unpack_stamp(stamp, reference_ns);
    Meta { sequence, time_ns, generation, skipped: 0, env, flags }
}

/// Where a new generation starts, seen from a reader's next record.
enum Boundary {
    /// Nowhere that is known of.
    None,
    /// With the next record or before it, from this sequence on: told first. The reader is in that generation now.
    Here(u64),
    /// At this sequence, which is still to come.
    Ahead(u64),
}

/// What [`Reader::sweep`] shows the slots to.
pub(crate) trait Sweep<W> {
    /// What it wanted of a slot.
    type Held;
    /// Loads what it wants of a slot and returns it with the slot's stamp word. Worth nothing before [`Sweep::take`].
    fn copy(&mut self, slot: &Slot<'_, W>) -> (u64, Self::Held);
    /// What was loaded was whole.
    fn take(&mut self, meta: Meta, held: Self::Held);
}

/// What one sweep gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) read: u64,
    pub(crate) missed: u64,
    /// [`Step::Restarted`], after the records, or [`Step::Empty`].
    pub(crate) end: Step,
}

/// What keeps a writer from publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A consumer is behind.
    Full {
        consumer: usize,
        gone: bool,
    },
    Exhausted,
    /// A device writes.
    HandedOver,
}

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
struct Gate<W> {
    page: W,
    seen: u64,
    /// How far the writer may go without it, as was announced before nobody was found to hold it.
    pass: u64,
}

impl<W: Words> Gate<W> {
    /// Up to which sequence the consumer lets the writer go.
    fn look(&mut self, next: u64, capacity: u64) -> u64 {
        // PAIRS: ring/protocol::commit: the consumer is done with the slots up to its cursor.
        let committed = self.page.u64(cursor_page::COMMITTED).load(Acquire);
        // A cursor can neither go back nor run ahead of what there is.
        self.seen = committed.clamp(self.seen, next.saturating_sub(1).max(self.seen));
        (self.seen + capacity).max(self.pass)
    }
}

/// The writer's side of a ring.
#[derive(Debug)]
pub(crate) struct Producer<W> {
    ring: Ring<W>,
    /// The ring's waiter word, at offset 0.
    waiter: W,
    gates: Vec<Gate<W>>,
    policy: Policy,
    next: u64,
    /// The last sequence that may be written without looking at the consumers again.
    limit: u64,
    generation: u64,
    /// The times that belong to the newest time region: from the first on, so many nanoseconds. None before the first region.
    times_from: u64,
    times_span: u64,
    registered: bool,
    /// Looked at only where there is no room, for there is none then.
    handed_over: bool,
}

impl<W: Words> Producer<W> {
    /// Takes the ring over from whoever wrote it before. Only the holder of the writer's role calls it. `registered`:
    /// this process is registered for the asymmetric barrier.
    pub(crate) fn take_over(
        ring: Ring<W>,
        waiter: W,
        cursors: Vec<W>,
        policy: Policy,
        registered: bool,
    ) -> Self {
        let c = &ring.control;
        // The predecessor's word says nothing about this process.
        c.u64(control::BARRIER).store(u64::from(registered), Relaxed);
        kill::point("takeover.barrier");
        let last = ring.newest();
        // PAIRS: ring/protocol::Ring::counted.
        c.u64(control::PUBLISHED).store(last, Release);
        kill::point("takeover.published");
        let generation = ring.generation().wrapping_add(1).max(1);
        let log = control::LOG + (generation % control::LOG_ENTRIES) as usize * 16;
        // The entry of 128 generations ago ends before its first sequence changes. PAIRS: ring/protocol::Ring::logged.
        c.u64(log).store(0, Relaxed);
        kill::point("takeover.log_cleared");
        fence(Release);
        c.u64(log + 8).store(last + 1, Relaxed);
        kill::point("takeover.log_first");
        // PAIRS: ring/protocol::Ring::logged.
        c.u64(log).store(generation, Release);
        kill::point("takeover.log_entry");
        // For readers that keep no log and load it after the generation.
        c.u64(control::FIRST).store(last + 1, Relaxed);
        kill::point("takeover.first");
        // PAIRS: ring/protocol::Ring::generation: its log entry and its first sequence are there.
        c.u64(control::GENERATION).store(generation, Release);
        kill::point("takeover.generation");
        let gates = cursors.into_iter().map(|page| Gate { page, seen: 0, pass: 0 }).collect();
        let mut producer = Self {
            ring,
            waiter,
            gates,
            policy,
            next: last + 1,
            // The first publish looks at the consumers.
            limit: 0,
            generation,
            times_from: 0,
            times_span: 0,
            registered,
            handed_over: false,
        };
        producer.changed();
        kill::point("takeover.changes");
        producer.go_on_in_time_region();
        producer
    }

    /// Says that something beside the records has changed.
    fn changed(&self) {
        let changes = self.ring.control.u64(control::CHANGES);
        // Release: what has changed is there. PAIRS: ring/protocol::Reader::catch_up.
        changes.store(changes.load(Relaxed).wrapping_add(1), Release);
    }

    /// Goes on in the newest time region, whoever began it.
    fn go_on_in_time_region(&mut self) {
        match self.ring.time_near(LAST_SEQUENCE).0 {
            0 => (self.times_from, self.times_span) = (0, 0),
            time_ns => self.set_time_region(time_ns),
        }
    }

    fn set_time_region(&mut self, time_ns: u64) {
        self.times_from = time_ns.saturating_sub(TIME_REGION_NS);
        self.times_span = time_ns.saturating_add(TIME_REGION_NS) - self.times_from;
    }

    /// Returns true if a time is not known, or belongs to the newest time region.
    #[inline(always)]
    fn is_near(&self, time_ns: u64) -> bool {
        time_ns == 0 || time_ns.wrapping_sub(self.times_from) <= self.times_span
    }

    /// Begins a time region with the next record, of that time, if it does not belong to the newest one: says the full time,
    /// and that those of the records from there on are near to it.
    #[cold]
    pub(crate) fn begin_time_region(&mut self, time_ns: u64) {
        if self.is_near(time_ns) {
            return;
        }
        let c = &self.ring.control;
        let count = c.u64(control::TIMES).load(Relaxed);
        let at = control::TIME_LOG + (count % control::TIME_ENTRIES) as usize * 16;
        c.u64(at).store(0, Relaxed);
        kill::point("times.cleared");
        // Who loads the new time or the new count sees the entry cleared. PAIRS: ring/protocol::Ring::time_near.
        fence(Release);
        c.u64(at + 8).store(time_ns, Relaxed);
        kill::point("times.time");
        // Release: its time is there. PAIRS: ring/protocol::Ring::time_near.
        c.u64(at).store(self.next, Release);
        kill::point("times.entry");
        c.u64(control::TIMES).store(count.wrapping_add(1), Relaxed);
        kill::point("times.counted");
        self.changed();
        kill::point("times.changes");
        self.set_time_region(time_ns);
    }

    /// Lets a device write from here on. Nothing else is written before [`Producer::take_back`]: a ring that is handed over
    /// has no room.
    pub(crate) fn hand_over(&mut self) {
        self.handed_over = true;
        self.limit = 0;
        self.ring.control.u64(control::DEVICE).store(self.generation, Relaxed);
        kill::point("handover.marked");
        // Whoever sleeps for long now sleeps for shorter.
        futex::wake_sleepers(self.waiter.u32(0), false);
    }

    /// Goes on after what the device has written, as a successor does. Only when nothing of the device's is under way any
    /// more. Returns how many records that is.
    pub(crate) fn take_back(&mut self) -> u64 {
        let before = self.next;
        self.next = self.ring.newest().saturating_add(1).max(before);
        self.go_on_in_time_region();
        self.flush();
        self.ring.control.u64(control::DEVICE).store(0, Relaxed);
        kill::point("takeback.unmarked");
        self.handed_over = false;
        self.next - before
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    /// The last record there is, whoever wrote it.
    pub(crate) fn last(&self) -> u64 {
        if self.handed_over { self.ring.newest().max(self.next - 1) } else { self.next - 1 }
    }

    pub(crate) fn has_consumers(&self) -> bool {
        !self.gates.is_empty()
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the next record can be written without [`Producer::make_room`].
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.next <= self.limit
    }

    /// Returns true if the next record, of that time, can be written without [`Producer::make_room`] and without
    /// [`Producer::begin_time_region`].
    #[inline(always)]
    pub(crate) fn is_ready(&self, time_ns: u64) -> bool {
        self.has_room() && self.is_near(time_ns)
    }

    /// Whether the next `n` can.
    pub(crate) fn has_room_for(&self, n: u64) -> bool {
        self.next.saturating_add(n) <= self.limit.saturating_add(1)
    }

    /// Whether there is room, from the consumers' cursors alone, without asking who lives.
    pub(crate) fn find_room(&mut self) -> bool {
        let (next, capacity) = (self.next, self.ring.capacity);
        let allowed = |gate: &mut Gate<W>| gate.look(next, capacity);
        let limit = self.gates.iter_mut().map(allowed).min().unwrap_or(LAST_SEQUENCE).min(LAST_SEQUENCE);
        if limit < next {
            return false;
        }
        self.limit = limit;
        true
    }

    /// Looks at the consumers. `held` says whether consumer `k` has a living holder; it is asked only about those that are
    /// in the way. The writer goes on without all that nobody holds, so that afterwards their cursors alone tell when
    /// those that are held have made room.
    #[cold]
    pub(crate) fn make_room<E>(
        &mut self,
        mut held: impl FnMut(usize) -> Result<bool, E>,
    ) -> Result<Result<(), Block>, E> {
        if self.handed_over {
            return Ok(Err(Block::HandedOver));
        }
        if self.next > LAST_SEQUENCE {
            return Ok(Err(Block::Exhausted));
        }
        let capacity = self.ring.capacity;
        let mut limit = LAST_SEQUENCE;
        let mut in_the_way = None;
        for (k, gate) in self.gates.iter_mut().enumerate() {
            let mut allowed = gate.look(self.next, capacity);
            if allowed < self.next {
                let pass = self.ring.control.u64(control::PASS + 8 * k);
                let before = pass.load(Relaxed);
                if self.policy == Policy::Release {
                    // Announced before asking: a consumer that takes its role after the answer sees how far the writer
                    // may go without it. PAIRS: ring/protocol::consumer_start, which has the same fence after taking the lock.
                    allowed = self.next + capacity / 8;
                    pass.store(allowed, Relaxed);
                    kill::point("pass.announced");
                    fence(SeqCst);
                }
                let is_held = held(k)?;
                kill::point("pass.asked");
                if is_held || self.policy == Policy::Keep {
                    pass.store(before, Relaxed);
                    in_the_way = in_the_way.or(Some(Block::Full { consumer: k, gone: !is_held }));
                    continue;
                }
                gate.pass = allowed;
            }
            limit = limit.min(allowed);
        }
        if let Some(block) = in_the_way {
            return Ok(Err(block));
        }
        self.limit = limit;
        Ok(Ok(()))
    }

    /// Completes the next record. Nobody is told until [`Producer::flush`]. Only after [`Producer::is_ready`].
    #[inline(always)]
    pub(crate) fn put(&mut self, stamp: Stamp, bytes: &[u8]) -> u64 {
        let sequence = self.next;
        let slot = self.ring.slot(sequence);
        slot.begin(sequence, pack_stamp(stamp));
        slot.write(bytes);
        slot.publish(sequence);
        self.next = sequence + 1;
        sequence
    }

    /// As [`Producer::put`]; `fill` writes the payload.
    #[inline(always)]
    pub(crate) fn write(&mut self, stamp: Stamp, fill: impl FnOnce(&Slot<'_, W>)) -> u64 {
        let sequence = self.next;
        let slot = self.ring.slot(sequence);
        slot.begin(sequence, pack_stamp(stamp));
        fill(&slot);
        slot.publish(sequence);
        self.next = sequence + 1;
        sequence
    }

    /// Publishes the counter and wakes whoever sleeps.
    #[inline(always)]
    pub(crate) fn flush(&self) {
        // Release: the records up to it are complete. PAIRS: ring/protocol::Ring::counted.
        self.ring.control.u64(control::PUBLISHED).store(self.next - 1, Release);
        kill::point("flush.published");
        futex::wake_sleepers(self.waiter.u32(0), self.registered);
    }

    /// Says that this generation ends in order.
    pub(crate) fn close(&self) {
        // PAIRS: ring/protocol::Ring::is_closed.
        self.ring.control.u64(control::CLOSED).store(self.generation, Release);
        kill::point("close.said");
        futex::wake_sleepers(self.waiter.u32(0), false);
    }
}

/// Stores a consumer's cursor.
#[inline(always)]
pub(crate) fn commit<W: Words>(page: &W, sequence: u64) {
    // PAIRS: ring/protocol::Producer::make_room: all reads of the slots up to here are done.
    page.u64(cursor_page::COMMITTED).store(sequence, Release);
    kill::point("commit.stored");
}

/// Returns where a consumer starts: after what its predecessor committed, and where it starts at least, after what the writer
/// went over without it.
pub(crate) fn consumer_start<W: Words>(ring: &Ring<W>, page: &W, k: usize) -> (u64, u64) {
    // The kernel's lock, taken just before, orders nothing that follows it. PAIRS: ring/protocol::Producer::make_room: either it
    // finds the lock held or its announcement is seen here.
    fence(SeqCst);
    // Before the ring is asked how far it is: a consumer reads ahead of the counter, and commits nothing that is not
    // complete. PAIRS: ring/protocol::commit, of a predecessor.
    let committed = page.u64(cursor_page::COMMITTED).load(Acquire);
    let newest = ring.newest();
    let committed = committed.clamp(ring.first_sequence - 1, newest);
    let pass = ring.control.u64(control::PASS + 8 * k).load(Relaxed).min(LAST_SEQUENCE);
    let lost_up_to = pass.saturating_sub(ring.capacity).min(newest);
    (committed + 1, committed.max(lost_up_to) + 1)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::atomic::{Word32, Word64};
    use std::convert::Infallible;
    use std::sync::Arc;

    /// A range of memory of its own.
    #[derive(Clone)]
    struct Own(Arc<[(Word64, Word32)]>);

    impl Own {
        fn new(bytes: usize) -> Self {
            Self((0..bytes / 4).map(|_| (Word64::new(0), Word32::new(0))).collect())
        }
    }

    impl Words for Own {
        fn u64(&self, at: usize) -> &Word64 {
            &self.0[at / 4].0
        }
        fn u32(&self, at: usize) -> &Word32 {
            &self.0[at / 4].1
        }
        fn prefetch(&self, _: usize) {}
    }

    fn ring(capacity: u64) -> Ring<Own> {
        let data = Own::new(128 * capacity as usize);
        Ring { control: Own::new(4096), data, capacity, stride: 128, first_sequence: 1 }
    }

    fn writer(ring: &Ring<Own>, cursors: Vec<Own>) -> Producer<Own> {
        Producer::take_over(ring.clone(), Own::new(8), cursors, Policy::Keep, false)
    }

    /// Records without a flush, as in a batch or by a device.
    fn write(writer: &mut Producer<Own>, records: u64) {
        for _ in 0..records {
            assert!(writer.has_room() || writer.find_room());
            writer.put(Stamp::default(), &[0; 8]);
        }
    }

    #[test]
    fn the_newest_record_is_found_wherever_the_counter_is() {
        for capacity in [2, 16, 64] {
            for counted in [0, 1, capacity - 1, capacity, 3 * capacity + 1] {
                let ring = ring(capacity);
                let mut writer = writer(&ring, vec![]);
                write(&mut writer, counted);
                writer.flush();
                for lag in 0..3 * capacity + 2 {
                    assert_eq!(ring.newest(), counted + lag, "{capacity} slots, {counted} counted");
                    // The successor of one that died here goes on after it.
                    let half_written = ring.slot(counted + lag + 1);
                    half_written.begin(counted + lag + 1, 0);
                    assert_eq!(ring.newest(), counted + lag);
                    write(&mut writer, 1);
                }
            }
        }
    }

    #[test]
    fn a_successor_starts_after_what_was_committed_ahead_of_the_counter() {
        let ring = ring(256);
        let cursor = Own::new(8);
        let mut writer = writer(&ring, vec![cursor.clone()]);
        write(&mut writer, 256);
        writer.flush();
        commit(&cursor, 256);
        // In its slot and not counted, read and committed.
        write(&mut writer, 1);
        commit(&cursor, 257);
        // The writer goes around the ring before the successor looks.
        write(&mut writer, 256);
        assert_eq!(consumer_start(&ring, &cursor, 0), (258, 258));
        let mut reader = Reader::new(ring, 258);
        assert!(matches!(reader.step(|slot| slot.read(&mut [])), Step::Record(Meta { sequence: 258, .. })));
    }

    #[test]
    fn a_reader_that_a_batch_has_lapped_is_lapped_once() {
        let ring = ring(256);
        let mut writer = writer(&ring, vec![]);
        write(&mut writer, 256);
        writer.flush();
        // Nearly half of the ring more, which is not counted yet.
        write(&mut writer, 120);
        let mut reader = Reader::new(ring, 1);
        let mut step = || reader.step(|slot| slot.read(&mut []));
        assert_eq!(step(), Step::Lapped { missed: 152, next: 153 });
        for n in 153..=376 {
            assert!(matches!(step(), Step::Record(Meta { sequence, .. }) if sequence == n));
        }
        assert_eq!(step(), Step::Empty);
    }

    #[test]
    fn after_a_restart_the_newest_are_the_new_generations() {
        let ring = ring(64);
        let mut reader = Reader::new(ring.clone(), 1);
        let mut first = writer(&ring, vec![]);
        write(&mut first, 3);
        assert!(matches!(reader.step(|slot| slot.read(&mut [])), Step::Record(Meta { sequence: 1, .. })));
        write(&mut first, 7);
        let mut second = writer(&ring, vec![]);
        write(&mut second, 2);
        let latest = |reader: &mut Reader<Own>| reader.step_to_latest(|slot| slot.read(&mut []));
        assert_eq!(latest(&mut reader), Step::Restarted { generation: 2, first_sequence: 11 });
        let mut other = reader.clone();
        // What was skipped is told, by whichever way it is read on.
        match latest(&mut reader) {
            Step::Record(Meta { sequence: 12, generation: 2, skipped: 10, .. }) => {}
            step => panic!("{step:?}"),
        }
        assert_eq!(other.step(|slot| slot.read(&mut [])), Step::Lapped { missed: 9, next: 11 });
        match other.step(|slot| slot.read(&mut [])) {
            Step::Record(Meta { sequence: 11, generation: 2, skipped: 0, .. }) => {}
            step => panic!("{step:?}"),
        }
    }

    #[test]
    fn a_generation_is_right_or_it_is_not_known() {
        const TAKE_OVERS: u64 = 3 * control::LOG_ENTRIES / 2;
        let ring = ring(512);
        let early = Reader::new(ring.clone(), 1);
        let mut generations = vec![0];
        for _ in 0..TAKE_OVERS {
            let mut writer = writer(&ring, vec![]);
            write(&mut writer, 2);
            generations.extend([writer.generation(); 2]);
        }
        let oldest_known = TAKE_OVERS - control::LOG_ENTRIES + 1;
        // One that was there before the first writer, one that came late, one that has read the first record.
        let late = Reader::new(ring.clone(), 1);
        for (mut reader, from) in [(early, 1), (late, 1), (Reader::new(ring.clone(), 200), 200)] {
            let (mut next, mut told) = (from, 0);
            loop {
                match reader.step(|slot| slot.read(&mut [])) {
                    Step::Record(meta) => {
                        let right = generations[meta.sequence as usize];
                        let known = if right < oldest_known { 0 } else { right };
                        assert_eq!((meta.sequence, meta.generation), (next, known));
                        next += 1;
                    }
                    Step::Restarted { generation, first_sequence } => {
                        assert_eq!(
                            (generations[first_sequence as usize], first_sequence),
                            (generation, next)
                        );
                        told += 1;
                    }
                    step => {
                        assert_eq!(step, Step::Empty);
                        break;
                    }
                }
            }
            assert_eq!(next, 2 * TAKE_OVERS + 1);
            assert_eq!(told, TAKE_OVERS - generations[from as usize].max(oldest_known - 1));
        }
    }

    #[test]
    fn a_reader_behind_the_log_does_not_keep_the_generation_that_it_knew() {
        let ring = ring(512);
        let mut first = writer(&ring, vec![]);
        write(&mut first, 1);
        let mut reader = Reader::new(ring.clone(), 1);
        let mut step = || reader.step(|slot| slot.read(&mut []));
        assert!(matches!(step(), Step::Record(Meta { generation: 1, .. })));
        for _ in 0..=control::LOG_ENTRIES {
            write(&mut writer(&ring, vec![]), 1);
        }
        // Of generation 2, which nothing tells any more.
        assert!(matches!(step(), Step::Record(Meta { sequence: 2, generation: 0, .. })));
        assert_eq!(step(), Step::Restarted { generation: 3, first_sequence: 3 });
    }

    /// An hour, to the unit of a stamp.
    const HOUR: u64 = 3_600_000_000_000;

    /// Returns the times of the records from `next` on, which are there, by each way of reading.
    fn told_times(ring: &Ring<Own>, next: u64, ended: u64) -> Vec<Vec<u64>> {
        struct Times(Vec<u64>);
        impl Sweep<Own> for Times {
            type Held = ();
            fn copy(&mut self, slot: &Slot<'_, Own>) -> (u64, ()) {
                (slot.read(&mut []), ())
            }
            fn take(&mut self, meta: Meta, (): ()) {
                self.0.push(meta.time_ns);
            }
        }
        let reader = || Reader::new(ring.clone(), next);
        let n = (ended - next + 1) as usize;
        let mut one = reader();
        let singly = (0..n)
            .map(|_| match one.step(|slot| slot.read(&mut [])) {
                Step::Record(meta) => meta.time_ns,
                step => panic!("{step:?}"),
            })
            .collect();
        let mut batch = vec![0; n];
        let mut bytes = vec![0; 8 * n];
        assert_eq!(reader().batch(8, &mut bytes, |i, meta| batch[i] = meta.time_ns).0, n);
        let mut swept = Times(Vec::new());
        let _ = reader().sweep(&mut swept);
        swept.0.reverse();
        vec![singly, batch, swept.0]
    }

    #[test]
    fn a_time_is_right_however_long_ago_the_last_one_was() {
        for gap in [1, 20, 38, 40, 45, 60, 78, 79, 1000] {
            let ring = ring(64);
            let mut writer = writer(&ring, vec![]);
            let mut reader = Reader::new(ring.clone(), 1);
            let times: Vec<u64> = (0..20).map(|n| 5 * HOUR + n * gap * HOUR + 160).collect();
            for &time_ns in &times {
                assert!(writer.has_room() || writer.find_room());
                writer.begin_time_region(time_ns);
                writer.put(Stamp { time_ns, ..Stamp::default() }, &[0; 8]);
                writer.flush();
                // One that polls, and one that comes to see how long the writer has been silent.
                let late = Reader::new(ring.clone(), ring.newest()).step_to_latest(|slot| slot.read(&mut []));
                for step in [reader.step(|slot| slot.read(&mut [])), late] {
                    assert!(
                        matches!(step, Step::Record(meta) if meta.time_ns == time_ns),
                        "{gap} h: {step:?}"
                    );
                }
            }
            for told in told_times(&ring, 1, 20) {
                assert_eq!(told, times, "{gap} h");
            }
        }
    }

    #[test]
    fn times_that_jump_are_right_or_not_known() {
        let ring = ring(256);
        let mut times = Vec::new();
        for n in 0..4u64 {
            // A successor goes on in the times of its predecessor.
            let mut writer = writer(&ring, vec![]);
            for i in 0..50u64 {
                let far = 1 + (i * 7919 + n) % 5 * 50;
                let time_ns = if i % 9 == 8 { 0 } else { far * HOUR + i * 1600 };
                assert!(writer.has_room() || writer.find_room());
                writer.begin_time_region(time_ns);
                writer.put(Stamp { time_ns, ..Stamp::default() }, &[0; 8]);
                times.push(time_ns);
            }
        }
        for told in told_times_of_all_generations(&ring) {
            assert_eq!(told.len(), times.len());
            for (told, time) in told.iter().zip(&times) {
                assert!([0, *time].contains(told), "{told} for {time}");
            }
            // As many as the log has regions, and none of those is unknown.
            assert_eq!(told[180..], times[180..]);
        }
    }

    /// Returns what [`told_times`] does, of a ring of four generations of 50 records each.
    fn told_times_of_all_generations(ring: &Ring<Own>) -> Vec<Vec<u64>> {
        let (mut singly, mut batch) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(ring.clone(), 1);
        while singly.len() < 200 {
            match reader.step(|slot| slot.read(&mut [])) {
                Step::Record(meta) => singly.push(meta.time_ns),
                step => assert!(matches!(step, Step::Restarted { .. }), "{step:?}"),
            }
        }
        let mut reader = Reader::new(ring.clone(), 1);
        let mut bytes = vec![0; 8 * 200];
        while batch.len() < 200 {
            let _ = reader.batch(8, &mut bytes, |_, meta| batch.push(meta.time_ns));
        }
        vec![singly, batch]
    }

    #[test]
    fn records_before_a_new_generation_are_read_once() {
        let ring = ring(1024);
        for (records, generation) in [(600, 1), (10, 2)] {
            let mut writer = Producer::take_over(ring.clone(), Own::new(8), vec![], Policy::Keep, false);
            assert_eq!(writer.generation(), generation);
            for _ in 0..records {
                assert!(writer.has_room() || writer.find_room());
                writer.put(Stamp::default(), &[0; 8]);
            }
            writer.flush();
        }
        let mut reader = Reader::new(ring, 1);
        let (mut bytes, mut told) = (vec![0; 8 * 1000], 0);
        let mut batch = |reader: &mut Reader<Own>| reader.batch(8, &mut bytes, |_, _| told += 1);
        assert_eq!(batch(&mut reader), (600, Step::Restarted { generation: 2, first_sequence: 601 }));
        assert_eq!(batch(&mut reader), (10, Step::Empty));
        assert_eq!(told, 610);
    }

    #[test]
    fn a_cursor_alone_makes_room_beside_consumers_that_nobody_holds() {
        for living in 0..3 {
            let capacity = 16;
            let ring = Ring {
                control: Own::new(4096),
                data: Own::new(128 * 16),
                capacity,
                stride: 128,
                first_sequence: 1,
            };
            let cursors = vec![Own::new(8), Own::new(8), Own::new(8)];
            let mut writer = Producer::take_over(ring, Own::new(8), cursors.clone(), Policy::Release, false);
            let held = |k| Ok::<_, Infallible>(k == living);
            let publish = |writer: &mut Producer<Own>| {
                if writer.has_room() || writer.make_room(held).unwrap().is_ok() {
                    writer.put(Stamp::default(), &[0; 8]);
                    return true;
                }
                false
            };
            for lap in 0..3 {
                for _ in 0..capacity {
                    assert!(publish(&mut writer));
                }
                assert!(!publish(&mut writer), "consumer {living} has not read lap {lap}");
                assert!(!writer.find_room());
                commit(&cursors[living], writer.next() - 8);
                assert!(writer.find_room(), "consumer {living} has made room");
                commit(&cursors[living], writer.next() - 1);
            }
        }
    }
}
