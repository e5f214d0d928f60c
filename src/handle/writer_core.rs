//! The untyped core of a ring's writer: its role, its time, room for records.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::PAGE;
use crate::handle::peer_state::{PeerState, wait_for_peer};
use crate::ring::canceller::Canceller;
use crate::ring::meta::Stamp;
use crate::ring::slot::{Slot, UNIT_RECORD};
use crate::ring::state::LAST_SEQUENCE;
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::ring::writer::{Block, Producer};
use crate::schema::canonical::Schema;
use crate::segment::attached::NameState;
use crate::segment::attached::{Segment, Touch};
use crate::segment::header::{RingInfo, SlotRows};
use crate::segment::role_page::{RolePage, name_holder};
use crate::segment::roles::HeldRole;
use crate::sys::clock::{Clock, TimeSource};
use crate::sys::futex;
use crate::sys::futex::Slept;
use crate::sys::os::Woken;
use crate::sys::words::Words;
use crate::sys::{kill, os, protected_map::WritablePart, words::Shared};
use std::{sync::Arc, time::Duration};

/// The untyped core of a ring's writer.
#[derive(Debug)]
pub(crate) struct WriterCore {
    pub(crate) producer: Producer<Shared>,
    lock: HeldRole,
    clock: Clock,
    pub(crate) page: RolePage,
    pub(crate) info: RingInfo,
    pub(crate) segment: Segment,
    pub(crate) canceller: Canceller,
    /// Control page, slots and waiter words.
    pub(crate) pages: Arc<[WritablePart; 3]>,
    /// Dropped after the lock.
    wake: WakeAtTheEnd,
    /// True if the thread that opened it was panicking: dropping it says nothing about that panic.
    opened_in_panic: bool,
    /// True once this generation has ended by failing.
    failed: bool,
}

/// The writing role of a ring, taken but not used. Everything that can fail has succeeded, nothing
/// in the ring has changed yet, and dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct WriterRole {
    lock: HeldRole,
    page: RolePage,
    info: RingInfo,
    segment: Segment,
    pages: [WritablePart; 3],
}

impl WriterRole {
    /// Takes the role of a ring without a check of its schema, which the caller checks before
    /// publishing.
    pub(crate) fn take(segment: &Segment, info: RingInfo, touch: Touch) -> Result<Self> {
        segment.check_writable()?;
        let role = info.place.first_role;
        let lock = segment.take_role(role).map_err(|e| name_holder(e, segment, &info.name, None))?;
        segment.check_not_left_to_device(&info)?;
        let control = segment.writable(info.place.control, PAGE, touch)?;
        let data = segment.writable(info.place.data, info.place.data_len, touch)?;
        let Some(waiters) = segment.waiters()? else {
            return Err(Error::new(ErrorKind::ReadOnly));
        };
        kill::point("writer.mapped");
        let page = RolePage::of(segment, role)?;
        Ok(Self { lock, page, info, segment: segment.clone(), pages: [control, data, waiters] })
    }

    /// Takes the ring over: continues after the predecessor's records, in a new generation.
    pub(crate) fn start(self) -> WriterCore {
        let Self { lock, page, info, segment, pages } = self;
        let [control, data, waiters] = &pages;
        page.enter(&segment);
        kill::point("writer.entered");
        let mut words = segment.ring_words(&info);
        words.control = control.shared(0, PAGE);
        words.data = data.shared(0, info.place.data_len);
        let waiter = waiters.shared(segment.waiter_at(&info), 8);
        let cursors =
            (0..info.consumers).map(|k| segment.shared(info.place.cursors + k * PAGE, PAGE)).collect();
        let producer = Producer::take_over(words, waiter, cursors, info.policy, os::register_barrier());
        let pages = Arc::new(pages);
        WriterCore {
            producer,
            lock,
            clock: Clock::new(info.time_source),
            page,
            info,
            canceller: segment.canceller(),
            segment,
            wake: WakeAtTheEnd { waiter, _pages: Arc::clone(&pages), armed: false },
            pages,
            opened_in_panic: std::thread::panicking(),
            failed: false,
        }
    }
}

/// Wakes the ring's readers on drop: once its role is free they can tell how the writer ended.
#[derive(Debug)]
struct WakeAtTheEnd {
    waiter: Shared,
    /// Holds the waiter word's mapping.
    _pages: Arc<[WritablePart; 3]>,
    armed: bool,
}

impl Drop for WakeAtTheEnd {
    fn drop(&mut self) {
        if self.armed {
            futex::wake_sleepers(self.waiter.u32(0), false);
        }
    }
}

/// Naps of a writer that waits for room, since consumers do not wake it. They grow by an eighth
/// each: a short wait ends soon after there is room, and a long one takes little of the processor.
const FIRST_NAP: Duration = Duration::from_micros(200);
const LONGEST_NAP: Duration = Duration::from_millis(5);

impl WriterCore {
    /// Takes the role of a ring of that schema and number of rows in a slot, and starts.
    pub(crate) fn open(segment: &Segment, ring: &str, schema: &Schema, rows: SlotRows) -> Result<Self> {
        let info = segment.ring_of(ring, schema, rows)?;
        Ok(WriterRole::take(segment, info.clone(), Touch::Often)?.start())
    }

    /// Returns [`ErrorKind::Forked`] in a child of the process that took the role.
    pub(crate) fn check_own(&self) -> Result<()> {
        self.lock.check()
    }

    /// Ends the generation by failing: readers are told so once the handle is dropped. Leaves a
    /// ring that is handed over as it is.
    pub(crate) fn fail(&mut self, reason: &str) {
        self.segment.keep_evidence();
        if !self.failed && !self.producer.is_handed_over() && self.lock.check_kept().is_ok() {
            self.page.set_reason(reason);
            self.producer.fail();
        }
        self.failed = true;
    }

    /// Returns true if dropping the handle ends the generation by failing.
    pub(crate) fn is_failing(&self) -> bool {
        self.failed || (std::thread::panicking() && !self.opened_in_panic)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.producer.generation()
    }

    pub(crate) fn next(&self) -> u64 {
        self.producer.next()
    }

    /// Returns the time for a record's stamp, from the ring's time source; 0 if the caller supplies
    /// it.
    #[inline(always)]
    pub(crate) fn now(&mut self) -> u64 {
        if self.info.time_source == TimeSource::Caller { 0 } else { self.clock.now() }
    }

    /// Returns the time as [`WriterCore::now`] does; `None` if a clock has to be read.
    #[inline(always)]
    pub(crate) fn now_fast(&mut self) -> Option<u64> {
        if self.info.time_source == TimeSource::Caller { Some(0) } else { self.clock.counted() }
    }

    /// Makes sure that the next record, of that time, can be written; fails with why it cannot.
    #[inline(always)]
    fn prepare(&mut self, time_ns: u64) -> Result<()> {
        self.lock.check()?;
        if self.producer.is_ready(time_ns) { Ok(()) } else { self.make_ready(time_ns) }
    }

    /// Makes room for the next record and begins a time region with it, whichever it needs.
    #[cold]
    fn make_ready(&mut self, time_ns: u64) -> Result<()> {
        if !self.producer.has_room() {
            self.make_room()?;
        }
        self.producer.begin_time_region(time_ns);
        Ok(())
    }

    /// Publishes one record whose payload `fill` writes. Returns its sequence.
    #[inline(always)]
    pub(crate) fn publish_with(&mut self, stamp: Stamp, fill: impl FnOnce(&Slot<'_, Shared>)) -> Result<u64> {
        self.prepare(stamp.time_ns)?;
        Ok(self.publish_ready(stamp, fill))
    }

    /// Publishes one record. Only after [`WriterCore::prepare`].
    #[inline(always)]
    fn publish_ready(&mut self, stamp: Stamp, fill: impl FnOnce(&Slot<'_, Shared>)) -> u64 {
        let sequence = self.producer.write(stamp, fill);
        self.producer.flush();
        sequence
    }

    /// Fast path of the C interface: publishes one record, without a stamp at the ring's time, if
    /// the role is held, there is room and no clock has to be read. Returns its sequence and time;
    /// otherwise `None`, without side effects.
    #[inline(always)]
    pub(crate) fn publish_fast<const N: usize>(
        &mut self,
        bytes: &[u8; N],
        stamp: Option<Stamp>,
    ) -> Option<(u64, u64)> {
        if self.info.record_size != N || self.info.rows != 1 {
            return None;
        }
        let stamp = match stamp {
            Some(stamp) => stamp,
            None => Stamp { time_ns: self.now_fast()?, ..Stamp::default() },
        };
        if !self.lock.is_held() || !self.producer.is_ready(stamp.time_ns) {
            return None;
        }
        Some((self.publish_ready(stamp, |slot| slot.write(bytes)), stamp.time_ns))
    }

    /// Publishes one record from bytes, whose length the caller has checked. Returns its sequence.
    #[inline(always)]
    pub(crate) fn publish_bytes(&mut self, bytes: &[u8], stamp: Stamp) -> Result<u64> {
        self.publish_with(stamp, |slot| slot.write(bytes))
    }

    /// Publishes one record as [`WriterCore::publish_bytes`] does, where the size is known only at
    /// run time.
    #[inline(always)]
    pub(crate) fn publish_of_any(&mut self, bytes: &[u8], stamp: Stamp) -> Result<u64> {
        match bytes.first_chunk::<UNIT_RECORD>() {
            Some(unit) if bytes.len() == UNIT_RECORD => self.publish_bytes(unit, stamp),
            _ => self.publish_bytes(bytes, stamp),
        }
    }

    /// Publishes records together and flushes once. Returns how many there was room for.
    #[inline(always)]
    pub(crate) fn publish_batch(
        &mut self,
        bytes: &[u8],
        stamps: impl Fn(usize) -> Option<Stamp>,
    ) -> Result<usize> {
        match self.info.record_size {
            UNIT_RECORD => self.publish_each(chunks(bytes, UNIT_RECORD, stamps)),
            size => self.publish_each(chunks(bytes, size, stamps)),
        }
    }

    /// Publishes records as [`WriterCore::publish_batch`] does, from an iterator.
    #[inline(always)]
    pub(crate) fn publish_each<R: AsRef<[u8]>>(
        &mut self,
        records: impl Iterator<Item = (R, Option<Stamp>)>,
    ) -> Result<usize> {
        self.lock.check()?;
        let one_time = if self.info.time_source == TimeSource::Batch { self.clock.now() } else { 0 };
        let mut accepted = 0;
        for (record, stamp) in records {
            let stamp = stamp.unwrap_or_else(|| Stamp {
                time_ns: if one_time == 0 { self.now() } else { one_time },
                ..Stamp::default()
            });
            if !self.producer.is_ready(stamp.time_ns)
                && let Err(e) = self.make_ready(stamp.time_ns)
            {
                if accepted == 0 {
                    return Err(e);
                }
                break;
            }
            self.producer.write(stamp, |slot| slot.write(record.as_ref()));
            accepted += 1;
            // Wakes sleepers before more than half of the ring is new to them. The capacity is a
            // power of two, and a division would cost more than the rest.
            if accepted as u64 & (self.info.capacity / 2 - 1) == 0 {
                self.producer.flush();
            }
        }
        if accepted > 0 {
            self.producer.flush();
        }
        Ok(accepted)
    }

    /// Publishes all records together, or none if there is no room for all. Returns the sequence of
    /// the last.
    pub(crate) fn publish_all(&mut self, bytes: &[u8], stamp: Stamp) -> Result<u64> {
        self.lock.check()?;
        let n = (bytes.len() / self.info.record_size) as u64;
        if n == 0 || n > self.info.capacity {
            return Err(Error::new(ErrorKind::BatchTooLarge)
                .about(format!("ring \"{}\"", self.info.name))
                .expected_found(format!("1 to {} records", self.info.capacity), n.to_string())
                .help("give the ring more slots when it is created"));
        }
        if !self.producer.has_room_for(n) {
            self.make_room()?;
            if !self.producer.has_room_for(n) {
                return Err(self.why_not(n));
            }
        }
        self.producer.begin_time_region(stamp.time_ns);
        let mut sequence = 0;
        for (i, record) in (1u64..).zip(bytes.chunks_exact(self.info.record_size)) {
            sequence = self.producer.write(stamp, |slot| slot.write(record));
            // As in `publish_batch`.
            if i & (self.info.capacity / 2 - 1) == 0 {
                self.producer.flush();
            }
        }
        self.producer.flush();
        Ok(sequence)
    }

    /// Returns the reason why there is room for some and not for all `n`.
    #[cold]
    fn why_not(&self, n: u64) -> Error {
        // No overflow: there was room for one.
        if self.producer.next() + (n - 1) > LAST_SEQUENCE {
            return exhausted();
        }
        for k in 0..self.info.consumers {
            match self.segment.is_held(self.info.place.first_role + 1 + k) {
                Ok(true) => {}
                Ok(false) => return self.absent(k),
                Err(e) => return e,
            }
        }
        ErrorKind::Full.into()
    }

    /// Returns the error of a full ring whose consumer `k` is absent. Without context, which takes
    /// time to format: a full ring may be polled.
    #[cold]
    fn absent(&self, k: usize) -> Error {
        match self.segment.consumer_ending(&self.info, k) {
            None => ErrorKind::NoConsumer.into(),
            Some(_) => ErrorKind::ConsumerGone.into(),
        }
    }

    /// Returns the state of consumer `k`. Asks the kernel.
    pub(crate) fn consumer_state(&self, k: usize) -> Result<PeerState> {
        if k >= self.info.consumers {
            return Err(no_consumer(&self.info, k));
        }
        if self.segment.name_state()? == NameState::Replaced {
            return Ok(PeerState::Superseded);
        }
        if self.segment.is_held(self.info.place.first_role + 1 + k)? {
            return Ok(PeerState::Held { silent_for: None });
        }
        Ok(self.segment.consumer_ending(&self.info, k).map_or(PeerState::Never, PeerState::Gone))
    }

    /// Waits until consumer `k` is held. Returns its state at the end of the wait.
    pub(crate) fn wait_for_consumer(&self, k: usize, wait: Wait) -> Result<PeerState> {
        self.lock.check()?;
        wait_for_peer(wait, &self.canceller, || self.consumer_state(k))
    }

    #[cold]
    fn make_room(&mut self) -> Result<()> {
        let (segment, first) = (&self.segment, self.info.place.first_role);
        match self.producer.make_room(|k| segment.is_held(first + 1 + k))? {
            Ok(()) => Ok(()),
            Err(Block::Full { gone: true, consumer }) => Err(self.absent(consumer)),
            Err(Block::Full { gone: false, .. }) => Err(ErrorKind::Full.into()),
            Err(Block::HandedOver) => Err(handed_over(&self.info.name)),
            Err(Block::Exhausted) => Err(exhausted()),
        }
    }

    /// Waits until there is room for a record; [`ErrorKind::Timeout`] if there is none in time.
    #[inline(always)]
    pub(crate) fn wait_for_room(&mut self, wait: Wait) -> Result<()> {
        // Inline: a call would store a dozen words between two records.
        if self.producer.has_room() { Ok(()) } else { self.wait_until_there_is(wait) }
    }

    #[cold]
    fn wait_until_there_is(&mut self, wait: Wait) -> Result<()> {
        struct Room<'a>(&'a mut WriterCore, Duration);
        impl Awaited for Room<'_> {
            type Found = Result<()>;
            /// Loads the consumers' cursors alone.
            fn poll(&mut self) -> Option<Self::Found> {
                self.0.producer.find_room().then_some(Ok(()))
            }
            /// Asks the kernel whether the consumers that are behind live.
            fn check(&mut self) -> Result<Option<Self::Found>> {
                Ok(match self.0.make_room() {
                    Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::NoConsumer) => None,
                    result => Some(result),
                })
            }
            fn is_cancelled(&mut self) -> bool {
                self.0.canceller.take()
            }
            fn sleep(&mut self, timeout: Duration) -> Slept<Self::Found> {
                let nap = self.1;
                self.1 = (nap + nap / 8).min(LONGEST_NAP);
                Slept::Until(match self.0.canceller.nap(timeout.min(nap)) {
                    Woken::Early => Woken::TimedOut,
                    woken => woken,
                })
            }
        }
        self.lock.check()?;
        let mut room = Room(self, FIRST_NAP);
        if let Some(result) = room.check()? {
            return result;
        }
        wait_for(&mut room, wait)?
            .found()?
            .unwrap_or_else(|| Err(Error::new(ErrorKind::Timeout).about("waiting for room in the ring")))
    }
}

#[inline(always)]
fn chunks(
    bytes: &[u8],
    size: usize,
    stamps: impl Fn(usize) -> Option<Stamp>,
) -> impl Iterator<Item = (&[u8], Option<Stamp>)> {
    bytes.chunks_exact(size).enumerate().map(move |(i, record)| (record, stamps(i)))
}

impl Drop for WriterCore {
    fn drop(&mut self) {
        if self.is_failing() && !self.failed {
            let thread = std::thread::current();
            self.fail(&format!("panicked in thread \"{}\"", thread.name().unwrap_or("without a name")));
        }
        if self.producer.is_handed_over() {
            // The device may still be writing: the ring does not end in order, and its pages must
            // stay.
            std::mem::forget(self.pages.clone());
        } else if self.lock.check_kept().is_ok() {
            if !self.failed {
                self.producer.close();
                kill::point("close.told");
            }
            self.wake.armed = true;
        }
    }
}

#[cold]
fn no_consumer(ring: &RingInfo, k: usize) -> Error {
    Error::new(ErrorKind::NoSuchRing)
        .about(format!("consumer {k} of ring \"{}\"", ring.name))
        .expected_found(format!("{} declared consumers", ring.consumers), k.to_string())
        .help("declare consumers when the ring is created")
}

#[cold]
fn exhausted() -> Error {
    Error::new(ErrorKind::Exhausted).help("recreate the segment: its sequences start anew")
}

#[cold]
pub(crate) fn handed_over(ring: &str) -> Error {
    Error::new(ErrorKind::HandedOver)
        .about(format!("ring \"{ring}\""))
        .help("take it back when the device's stream has been synchronized")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::ring::cursors::Policy;
    use crate::schema::record::Record;
    use crate::segment::header::{RingSpec, Spec};
    use crate::segment::options::Options;

    #[derive(Clone, Copy, Default)]
    #[repr(C)]
    struct Sample {
        number: u64,
    }
    crate::record! { Sample as "sample" version 1 { number: u64, "-", 0.0, f64::INFINITY; } }

    #[test]
    fn records_that_go_beyond_the_last_sequence_together_are_refused_for_that() {
        let ring = RingSpec::new::<Sample>("samples").unwrap().capacity(8);
        let spec = Spec::new().ring(ring.consumers(1, Policy::Keep).first_sequence(LAST_SEQUENCE - 2));
        let segment = Segment::create_memfd("last", &spec, &Options::default()).unwrap();
        let mut writer = WriterCore::open(&segment, "samples", Sample::schema(), SlotRows::One).unwrap();
        let four = [Sample::default(); 4];
        let mut all = |n: usize| writer.publish_all(bytemuck::cast_slice(&four[..n]), Stamp::default());
        assert_eq!(all(4).unwrap_err().kind(), ErrorKind::Exhausted);
        assert_eq!(all(3).unwrap(), LAST_SEQUENCE);
        assert_eq!(all(1).unwrap_err().kind(), ErrorKind::Exhausted);
    }
}
