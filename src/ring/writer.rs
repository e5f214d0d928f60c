//! The writer's side of a ring: take-over, room, publishing, time regions, and handing the ring
//! over to a device.

use crate::base::layout::control;
use crate::ring::cursors::{Gate, Policy};
use crate::ring::meta::{Stamp, TIME_REGION_NS, pack_stamp};
use crate::ring::slot::Slot;
use crate::ring::state::{LAST_SEQUENCE, Ring};
use crate::sys::atomic::{Relaxed, Release, SeqCst, fence};
use crate::sys::{futex, kill, words::Words};

/// The reason why a writer cannot publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A consumer is a whole ring behind; `gone` if nobody holds it.
    Full { consumer: usize, gone: bool },
    /// The last sequence has been given out.
    Exhausted,
    /// A device writes the ring.
    HandedOver,
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
    /// The last sequence that may be written without loading the consumers' cursors again: stale,
    /// refreshed when it is reached.
    limit: u64,
    generation: u64,
    /// The newest time region: its first time and its length in nanoseconds; both 0 before the
    /// first region.
    times_from: u64,
    times_span: u64,
    /// True if this process is registered for the asymmetric barrier.
    registered: bool,
    /// True while a device writes. Checked only when there is no room, as `limit` is 0 then.
    handed_over: bool,
}

impl<W: Words> Producer<W> {
    /// Takes the ring over from the last writer. Only the holder of the writer's role calls it.
    /// `registered`: this process is registered for the asymmetric barrier.
    pub(crate) fn take_over(
        ring: Ring<W>,
        waiter: W,
        cursors: Vec<W>,
        policy: Policy,
        registered: bool,
    ) -> Self {
        let c = &ring.control;
        // The predecessor's registration is not this process's.
        c.u64(control::BARRIER).store(u64::from(registered), Relaxed);
        kill::point("takeover.barrier");
        let last = ring.newest();
        // Release: the records up to it are complete when it is seen.
        // PAIRS: ring/state::Ring::counted.
        c.u64(control::PUBLISHED).store(last, Release);
        kill::point("takeover.published");
        let generation = ring.generation().wrapping_add(1).max(1);
        let log = control::LOG + (generation % control::LOG_ENTRIES) as usize * 16;
        // Release: a thread that sees the new first sequence sees the entry of 128 generations ago
        // cleared. PAIRS: ring/state::Ring::logged.
        c.u64(log).store(0, Relaxed);
        kill::point("takeover.log_cleared");
        fence(Release);
        c.u64(log + 8).store(last + 1, Relaxed);
        kill::point("takeover.log_first");
        // Release: its first sequence is there when the generation is seen.
        // PAIRS: ring/state::Ring::logged.
        c.u64(log).store(generation, Release);
        kill::point("takeover.log_entry");
        // For readers that do not read the log; they load it after the generation.
        c.u64(control::FIRST).store(last + 1, Relaxed);
        kill::point("takeover.first");
        // Release: its log entry and first sequence are there when it is seen.
        // PAIRS: ring/state::Ring::generation.
        c.u64(control::GENERATION).store(generation, Release);
        kill::point("takeover.generation");
        let gates = cursors.into_iter().map(Gate::new).collect();
        let mut producer = Self {
            ring,
            waiter,
            gates,
            policy,
            next: last + 1,
            // So that the first publish loads the consumers' cursors.
            limit: 0,
            generation,
            times_from: 0,
            times_span: 0,
            registered,
            handed_over: false,
        };
        producer.changed();
        kill::point("takeover.changes");
        producer.adopt_time_region();
        producer
    }

    /// Counts a change of the ring's metadata.
    fn changed(&self) {
        let changes = self.ring.control.u64(control::CHANGES);
        // Release: the change is there when the new count is seen.
        // PAIRS: ring/reader::Reader::catch_up.
        changes.store(changes.load(Relaxed).wrapping_add(1), Release);
    }

    /// Adopts the newest time region, whichever writer began it.
    fn adopt_time_region(&mut self) {
        match self.ring.time_near(LAST_SEQUENCE).0 {
            0 => (self.times_from, self.times_span) = (0, 0),
            time_ns => self.set_time_region(time_ns),
        }
    }

    fn set_time_region(&mut self, time_ns: u64) {
        self.times_from = time_ns.saturating_sub(TIME_REGION_NS);
        self.times_span = time_ns.saturating_add(TIME_REGION_NS) - self.times_from;
    }

    /// Returns true if a time is unknown (0) or belongs to the newest time region.
    #[inline(always)]
    fn is_near(&self, time_ns: u64) -> bool {
        time_ns == 0 || time_ns.wrapping_sub(self.times_from) <= self.times_span
    }

    /// Begins a time region with the next record, of that time, unless the time belongs to the
    /// newest region. The new entry has the full time, which completes the stamps of the records
    /// from there on.
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
        // Release: a thread that loads the new time or the new count sees the entry cleared.
        // PAIRS: ring/state::Ring::time_near.
        fence(Release);
        c.u64(at + 8).store(time_ns, Relaxed);
        kill::point("times.time");
        // Release: its time is there when the entry is seen. PAIRS: ring/state::Ring::time_near.
        c.u64(at).store(self.next, Release);
        kill::point("times.entry");
        c.u64(control::TIMES).store(count.wrapping_add(1), Relaxed);
        kill::point("times.counted");
        self.changed();
        kill::point("times.changes");
        self.set_time_region(time_ns);
    }

    /// Hands the ring over to a device. The host writes nothing before [`Producer::take_back`]: a
    /// ring that is handed over has no room.
    pub(crate) fn hand_over(&mut self) {
        self.handed_over = true;
        self.limit = 0;
        self.ring.control.u64(control::DEVICE).store(self.generation, Relaxed);
        kill::point("handover.marked");
        // Sleepers look again, and sleep for shorter beside a device, which wakes nobody.
        futex::wake_sleepers(self.waiter.u32(0), false);
    }

    /// Takes the ring back and continues after the device's records, as a successor does. Only once
    /// the device has finished. Returns how many records it wrote.
    pub(crate) fn take_back(&mut self) -> u64 {
        let before = self.next;
        self.next = self.ring.newest().saturating_add(1).max(before);
        self.adopt_time_region();
        self.flush();
        self.ring.control.u64(control::DEVICE).store(0, Relaxed);
        kill::point("takeback.unmarked");
        self.handed_over = false;
        self.next - before
    }

    /// Returns true while a device writes the ring.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    /// Returns the last complete record, the device's included.
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

    /// Returns true if the next record can be written without [`Producer::make_room`].
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.next <= self.limit
    }

    /// Returns true if the next record, of that time, can be written without
    /// [`Producer::make_room`] and without [`Producer::begin_time_region`].
    #[inline(always)]
    pub(crate) fn is_ready(&self, time_ns: u64) -> bool {
        self.has_room() && self.is_near(time_ns)
    }

    /// Returns true if the next `n` records can be written without [`Producer::make_room`].
    pub(crate) fn has_room_for(&self, n: u64) -> bool {
        self.next.saturating_add(n) <= self.limit.saturating_add(1)
    }

    /// Returns true if the consumers' cursors leave room. Does not ask whether the consumers live.
    pub(crate) fn find_room(&mut self) -> bool {
        let (next, capacity) = (self.next, self.ring.capacity);
        let allowed = |gate: &mut Gate<W>| gate.limit(next, capacity);
        let limit = self.gates.iter_mut().map(allowed).min().unwrap_or(LAST_SEQUENCE).min(LAST_SEQUENCE);
        if limit < next {
            return false;
        }
        self.limit = limit;
        true
    }

    /// Makes room for the next record: loads the consumers' cursors, and on a ring of
    /// [`Policy::Release`] passes those that nobody holds. `held` returns true if consumer `k` has
    /// a living holder; it is called only for consumers that are a whole ring behind. Passing all
    /// that nobody holds leaves room to depend on the cursors of the held ones alone.
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
            let mut allowed = gate.limit(self.next, capacity);
            if allowed < self.next {
                let pass = self.ring.control.u64(control::PASS + 8 * k);
                let before = pass.load(Relaxed);
                if self.policy == Policy::Release {
                    // Announced before asking. SeqCst: a consumer that takes its role after the
                    // answer sees how far the writer may go without it.
                    // PAIRS: ring/cursors::consumer_start, which has the same fence after taking the lock.
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

    /// Completes the next record, whose payload `fill` writes. Readers that sleep are not woken
    /// before [`Producer::flush`]. Only after [`Producer::is_ready`].
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

    /// Publishes the counter and wakes sleeping readers.
    #[inline(always)]
    pub(crate) fn flush(&self) {
        // Release: the records up to it are complete when it is seen.
        // PAIRS: ring/state::Ring::counted.
        self.ring.control.u64(control::PUBLISHED).store(self.next - 1, Release);
        kill::point("flush.published");
        futex::wake_sleepers(self.waiter.u32(0), self.registered);
    }

    /// Ends this generation in order.
    pub(crate) fn close(&self) {
        self.end(control::CLOSED);
    }

    /// Ends this generation by failing. The reason has been stored.
    pub(crate) fn fail(&self) {
        self.end(control::FAILED);
    }

    fn end(&self, word: usize) {
        // Release: all that the generation published, and its reason, are there when this is seen.
        // PAIRS: ring/state::Ring::ending.
        self.ring.control.u64(word).store(self.generation, Release);
        kill::point("end.said");
        futex::wake_sleepers(self.waiter.u32(0), false);
    }
}
