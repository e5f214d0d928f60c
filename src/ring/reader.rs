//! The reader's side of a ring: the next record, the newest one, a batch, or all of them from the newest back.

use crate::base::layout::control;
use crate::base::position;
use crate::ring::meta::{Meta, Stamp, unpack_stamp};
use crate::ring::slot::Slot;
use crate::ring::state::{AHEAD, LAST_SEQUENCE, Ring};
use crate::sys::atomic::Acquire;
use crate::sys::words::Words;

/// Records that are read in one stretch, at most, and how few are read one by one.
const STRETCH: usize = 256;
const SHORT: usize = 4;

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
        let sequence = self.next;
        let slot = self.ring.slot(sequence);
        slot.prefetch();
        let end = slot.end();
        if end < sequence && self.pending == 0 {
            return Step::Empty;
        }
        if end != sequence || self.pending != 0 {
            return self.lapped();
        }
        let stamp = copy(&slot);
        if !slot.validate(sequence) {
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
        let has_load_32 = ring.data.has_load_32();
        let (mut sequence, mut end, mut stamp) = (first, 0, 0);
        for record in bytes.chunks_exact_mut(size) {
            ring.slot((sequence + AHEAD).min(ahead)).prefetch_ends();
            let slot = ring.slot(sequence);
            end = slot.end();
            if end != sequence {
                break;
            }
            let word = slot.read_of_many(record, has_load_32);
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
        // Acquire: what has changed is there. Loaded first: what changes later changes this too. PAIRS: ring/writer::Producer::changed.
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
