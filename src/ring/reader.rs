//! The reader's side of a ring: the next record, the newest one, a batch, or all of them from the
//! newest back.

use crate::base::{layout::control, position};
use crate::ring::meta::{Meta, Stamp, unpack_stamp};
use crate::ring::slot::Slot;
use crate::ring::state::{LAST_SEQUENCE, PREFETCH_DISTANCE, Ring};
use crate::sys::{atomic::Acquire, words::Words};

/// Longest run of records that is read as one stretch.
const LONGEST_STRETCH: usize = 256;
/// Fewest records that are read as a stretch; fewer are read one by one.
const SHORTEST_STRETCH: usize = 4;

/// The result of one attempt to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Record(Meta),
    Empty,
    Lapped {
        missed: u64,
        next: u64,
    },
    Restarted {
        generation: u64,
        first_sequence: u64,
    },
    /// This process is a forked child of the one that attached.
    Forked,
}

/// Most restarts that are reported between two records, if no writer comes meanwhile: those in the
/// log.
pub(crate) const MAX_RESTARTS: u64 = control::LOG_ENTRIES;
/// The generation of records that are older than the log of take-overs. Reported as 0.
const UNKNOWN: u64 = u64::MAX;
/// Stands for no number of changes.
const NONE_SEEN: u64 = u64::MAX;

/// A reader's position in a ring. Writes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Reader<W> {
    pub(crate) ring: Ring<W>,
    next: u64,
    /// The generation of the last record; 0 if the ring had no writer yet, or [`UNKNOWN`].
    generation: u64,
    /// A full time near those of the next records, to complete their stamps with; 0 if it is not
    /// known.
    reference_ns: u64,
    /// The number of changes for which `generation` and `reference_ns` hold; [`NONE_SEEN`] if a
    /// later record may differ. While the ring's number is the same, neither is looked up again.
    seen: u64,
    /// Records that were missed before the next read, which reports them.
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

    /// Returns the generation that a sequence belongs to; [`UNKNOWN`] if the log does not go back
    /// that far.
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

    /// Returns the sequence that the next read tries.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Evicts the slots that were read, from that of sequence `from` on.
    pub(crate) fn evict(&self, from: u64) {
        for sequence in from.max(self.next.saturating_sub(self.ring.capacity))..self.next {
            self.ring.slot(sequence).evict();
        }
    }

    /// Moves to a sequence, without reporting what that skips.
    pub(crate) fn seek(&mut self, next: u64) {
        let next = next.clamp(self.ring.first_sequence, LAST_SEQUENCE + 1);
        // Not if it is there already: a restart that begins there is still to be reported.
        if next < self.next {
            self.generation = self.generation_of(next);
        }
        (self.next, self.seen) = (next, NONE_SEEN);
    }

    /// Moves forward to `next`; the next read reports what that skips as missed.
    pub(crate) fn skip_to(&mut self, next: u64) {
        self.pending = next.saturating_sub(self.next);
        self.seek(next);
    }

    /// Tries to read the next record through `copy`, which copies the slot's payload and returns
    /// its stamp word. The copy is a record only if this returns [`Step::Record`].
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
        if self.ring.changes() != self.seen {
            match self.catch_up() {
                Boundary::Here(first) => return self.restarted(first),
                Boundary::Forked => return Step::Forked,
                Boundary::None | Boundary::Ahead(_) => {}
            }
        }
        self.next = sequence + 1;
        Step::Record(self.meta(sequence, stamp, 0))
    }

    /// Reads as many of the next records as are complete and `bytes` has room for, of `size` bytes
    /// each; `meta` is called with the index of each. Returns their number and the step that ended
    /// the batch: [`Step::Record`] with the last one's metadata if there was no room for more.
    ///
    /// Each record is validated at once, while its slot is in the cache: that costs next to
    /// nothing, and a second pass over several slots costs more. A stretch of records saves the
    /// rest that [`Reader::step`] does for each.
    #[inline(always)]
    pub(crate) fn batch(
        &mut self,
        size: usize,
        bytes: &mut [u8],
        mut meta: impl FnMut(usize, Meta),
    ) -> (usize, Step) {
        let room = bytes.len() / size;
        let mut count = 0;
        // The last record's, in registers: a `Meta` that is put together in memory is slow to copy.
        let mut last = Stamp::default();
        while count < room {
            let some = (room - count).min(LONGEST_STRETCH);
            // One by one up to a new generation's first record: a stretch across it would be
            // discarded.
            if some >= SHORTEST_STRETCH && self.pending == 0 && self.ring.changes() == self.seen {
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
                generation: self.reported_generation(),
                skipped: 0,
                env,
                flags,
            }),
        )
    }

    /// Reads whole records one after the other until something else comes. Returns their number and
    /// the last `end` that it loaded: below the next sequence if that is not written yet, else
    /// [`Reader::step`] finds what came.
    #[inline(always)]
    fn stretch(
        &mut self,
        size: usize,
        bytes: &mut [u8],
        last: &mut Stamp,
        mut meta: impl FnMut(usize, Meta),
    ) -> (usize, u64) {
        // In registers: what is reached through `self` is loaded again after every fence.
        let (ring, generation, first) = (self.ring.clone(), self.reported_generation(), self.next);
        let (reference_ns, seen) = (self.reference_ns, self.seen);
        let prefetch_limit = ring.prefetch_limit(first, bytes.len() / size);
        let has_load_32 = ring.data.has_load_32();
        let (mut sequence, mut end, mut stamp) = (first, 0, 0);
        for record in bytes.chunks_exact_mut(size) {
            ring.slot((sequence + PREFETCH_DISTANCE).min(prefetch_limit)).prefetch_ends();
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
        // All of them are of the known generation and time region, or they are read again one by
        // one.
        if ring.changes() != seen {
            return (0, first);
        }
        *last = unpack_stamp(stamp, reference_ns);
        self.next = sequence;
        ((sequence - first) as usize, end)
    }

    /// Fast path of the C interface: reads the next record of the same generation, or finds that
    /// there is none. Otherwise returns `None` without side effects, and [`Reader::step`] finds
    /// what there is. It calls nothing, so that its caller may be a leaf function.
    #[inline(always)]
    pub(crate) fn fast_step(&mut self, copy: impl FnOnce(&Slot<'_, W>) -> u64) -> Option<Step> {
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

    /// Tries to read the newest record as [`Reader::step`] reads the next one; those before it are
    /// skipped and counted. Returns [`Step::Empty`] if none is newer than the last one read.
    /// [`Step::Restarted`] moves the reader to the new generation's first record, so that none of
    /// an older generation follows.
    pub(crate) fn step_to_latest(&mut self, mut copy: impl FnMut(&Slot<'_, W>) -> u64) -> Step {
        // A writer would have to go around the whole ring between two loads here for one attempt to
        // fail.
        for _ in 0..8 {
            let end = self.ring.slot(self.next).end();
            // `newest` loads it to find that it is not complete yet, and the next poll loads it
            // again.
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
                // The known generation may be the newest record's and not those of the skipped
                // ones, or the reverse.
                let boundary =
                    if self.ring.changes() == self.seen { Boundary::None } else { self.catch_up() };
                match boundary {
                    Boundary::Here(first) => {
                        (self.next, self.seen) = (wanted.max(first), NONE_SEEN);
                        self.pending += self.next - wanted;
                        return self.restarted(first);
                    }
                    Boundary::Forked => {
                        self.next = wanted;
                        return Step::Forked;
                    }
                    Boundary::None | Boundary::Ahead(_) => {}
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
        Meta { skipped, ..meta_of(sequence, stamp, self.reported_generation(), self.reference_ns) }
    }

    /// Returns the generation of the last record, 0 if it is not known.
    #[inline(always)]
    fn reported_generation(&self) -> u64 {
        if self.generation == UNKNOWN { 0 } else { self.generation }
    }

    // The cold path returns a scalar: returning a whole `Step` forces the hot path's `Meta` onto
    // the stack.
    #[inline(always)]
    fn lapped(&mut self) -> Step {
        let missed = self.miss();
        Step::Lapped { missed, next: self.next }
    }

    /// Moves to a record that can still be read. Returns how many were missed.
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
        Step::Restarted { generation: self.reported_generation(), first_sequence }
    }

    /// Looks up the generation and the time region of the next record, which has been validated.
    #[cold]
    #[inline(never)]
    fn catch_up(&mut self) -> Boundary {
        if !self.ring.guard.holds() {
            return Boundary::Forked;
        }
        // Loaded first, so that a later change changes this number too. Acquire: a thread that sees
        // this number sees what changed. PAIRS: ring/writer::Producer::changed.
        let changes = self.ring.control.u64(control::CHANGES).load(Acquire) ^ self.ring.guard.mark();
        let boundary =
            if self.ring.generation() == self.generation { Boundary::None } else { self.find_generation() };
        let (reference_ns, is_last) = self.ring.time_near(self.next);
        self.reference_ns = reference_ns;
        let holds = is_last && self.generation == self.ring.generation();
        self.seen = if holds { changes } else { NONE_SEEN };
        boundary
    }

    /// Updates the generation to the next record's. Returns where a new one begins.
    fn find_generation(&mut self) -> Boundary {
        let now = self.ring.generation();
        if self.generation == 0 {
            // The ring's first writer is no restart.
            self.generation = self.generation_of(self.next);
            return Boundary::None;
        }
        let known = if self.generation == UNKNOWN { 0 } else { self.generation.min(now) };
        let oldest = now.saturating_sub(control::LOG_ENTRIES - 1).max(1);
        // True if there may have been a generation between the known one and those in the log.
        let mut gap = self.generation == UNKNOWN || oldest > known + 1;
        for generation in oldest.max(known + 1)..=now {
            match self.ring.logged(generation) {
                Some(first) if first <= self.next => {
                    self.generation = generation;
                    return Boundary::Here(first);
                }
                // The next record is of an earlier generation.
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

    /// Returns true if [`Reader::step`] would return anything but [`Step::Empty`].
    #[inline(always)]
    pub(crate) fn is_readable(&self) -> bool {
        self.pending != 0 || self.ring.slot(self.next).end() >= self.next
    }

    /// Returns true if the next `n` records are complete, or a step would return something else
    /// than a record. It loads the last of their slots only, which is far from the one that the
    /// writer writes, so that polling does not slow the writer.
    #[inline(always)]
    pub(crate) fn has_records(&self, n: u64) -> bool {
        let last = self.next.saturating_add(n.saturating_sub(1)).min(LAST_SEQUENCE);
        self.pending != 0
            || self.ring.slot(last).end() >= last
            // A restart is reported at once, however few records there are.
            || self.ring.changes() != self.seen && self.is_readable()
    }

    /// Passes every record to `sink`, from the newest back to the next one, and moves behind the
    /// newest. If the writer laps it, all the older records are overwritten too: they are counted
    /// and not read. Stops before the first record of a new generation.
    #[inline(always)]
    pub(crate) fn sweep(&mut self, sink: &mut impl Sweep<W>) -> Swept {
        let mut swept = Swept { read: 0, missed: std::mem::take(&mut self.pending), end: Step::Empty };
        let mut last = self.ring.newest();
        if last < self.next {
            return swept;
        }
        // Twice for a reader that was opened before the ring's first writer.
        for _ in 0..2 {
            if self.ring.changes() != self.seen {
                match self.catch_up() {
                    Boundary::Here(first) => {
                        swept.end = self.restarted(first);
                        return swept;
                    }
                    Boundary::Forked => {
                        swept.end = Step::Forked;
                        return swept;
                    }
                    Boundary::Ahead(first) => last = last.min(first - 1),
                    Boundary::None => {}
                }
            }
        }
        let oldest = position::oldest(last, self.ring.capacity, self.next);
        // In registers, as in `stretch`.
        let (ring, generation) = (self.ring.clone(), self.reported_generation());
        let (reference_ns, one_region) = (self.reference_ns, self.seen != NONE_SEEN);
        let mut sequence = last + 1;
        while sequence > oldest {
            let slot = ring.slot(sequence - 1);
            ring.slot(sequence.saturating_sub(1 + PREFETCH_DISTANCE).max(oldest)).prefetch_ends();
            if slot.end() != sequence - 1 {
                break;
            }
            let (stamp, copied) = sink.copy(&slot);
            if !slot.validate(sequence - 1) {
                break;
            }
            sequence -= 1;
            let reference_ns = if one_region { reference_ns } else { ring.time_near(sequence).0 };
            sink.take(meta_of(sequence, stamp, generation, reference_ns), copied);
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

/// The start of a new generation, seen from a reader's next record.
enum Boundary {
    /// No new generation is known.
    None,
    /// It starts with the next record or before it, at this sequence, and is reported first. The
    /// reader is in it now.
    Here(u64),
    /// It starts at this sequence, after the next record.
    Ahead(u64),
    /// There is no answer in a forked child.
    Forked,
}

/// Receives the slots of a [`Reader::sweep`].
pub(crate) trait Sweep<W> {
    /// The part of a slot that is needed.
    type Copied;
    /// Copies what is needed of a slot and returns the slot's stamp word with it. The copy may be
    /// torn until [`Sweep::take`].
    fn copy(&mut self, slot: &Slot<'_, W>) -> (u64, Self::Copied);
    /// Takes a copy, which has been validated.
    fn take(&mut self, meta: Meta, copied: Self::Copied);
}

/// The result of one sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) read: u64,
    pub(crate) missed: u64,
    /// [`Step::Restarted`], after the records, [`Step::Forked`], or [`Step::Empty`].
    pub(crate) end: Step,
}
