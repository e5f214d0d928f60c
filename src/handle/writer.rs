//! The writing handle of a ring.

#[cfg(doc)]
use crate::base::error::ErrorKind;
use crate::base::error::{Result, same_length};
use crate::handle::peer_state::PeerState;
use crate::handle::writer_core::WriterCore;
use crate::ring::canceller::Canceller;
use crate::ring::meta::{Flags, Stamp};
use crate::ring::wait::Wait;
use crate::schema::record::Record;
use crate::segment::attached::Segment;
use crate::segment::header::SlotRows;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// The writer of a ring of one record a slot.
///
/// It holds the ring's writing role until it is dropped or its process ends. It may be sent to
/// another thread but is used by one at a time. Publishing makes no system call unless a reader
/// sleeps, and never waits for observers.
///
/// Dropping it closes its generation in order. If a panic drops it, the generation ends by failing,
/// as with [`Writer::abort`].
#[derive(Debug)]
pub struct Writer<T> {
    pub(crate) core: WriterCore,
    record: PhantomData<fn(T)>,
}

impl<T: Record> Writer<T> {
    /// Takes the writing role of a ring and continues after the last complete record of a
    /// predecessor, in a new generation.
    ///
    /// [`ErrorKind::RoleHeld`] if a living process has it, [`ErrorKind::NoSuchRing`],
    /// [`ErrorKind::SchemaMismatch`], [`ErrorKind::Superseded`], [`ErrorKind::ReadOnly`].
    pub fn open(segment: &Segment, ring: &str) -> Result<Self> {
        WriterCore::open(segment, ring, T::schema(), SlotRows::One).map(Self::over)
    }

    pub(crate) fn over(core: WriterCore) -> Self {
        Self { core, record: PhantomData }
    }

    /// Publishes a record, stamped by the ring's time source, env 0, no flags. Returns its
    /// sequence.
    ///
    /// [`ErrorKind::Full`], [`ErrorKind::ConsumerGone`] and [`ErrorKind::NoConsumer`]: the record was
    /// not accepted; [`ErrorKind::Forked`].
    #[inline(always)]
    pub fn publish(&mut self, record: &T) -> Result<u64> {
        let time_ns = self.core.now();
        self.publish_stamped(record, Stamp { time_ns, ..Stamp::default() })
    }

    /// Publishes a record as [`Writer::publish`] does, with the caller's stamp.
    #[inline(always)]
    pub fn publish_stamped(&mut self, record: &T, stamp: Stamp) -> Result<u64> {
        self.core.publish_bytes(bytemuck::bytes_of(record), stamp)
    }

    /// Publishes a record as [`Writer::publish_stamped`] does, and waits for room, also for that of
    /// a consumer that has never come. [`ErrorKind::ConsumerGone`] ends the wait
    /// [`Wait::check_every`] after the consumer is gone at most; [`ErrorKind::Timeout`] if there is
    /// no room in time.
    #[inline(always)]
    pub fn publish_waiting(&mut self, record: &T, stamp: Stamp, wait: Wait) -> Result<u64> {
        self.core.wait_for_room(wait)?;
        self.publish_stamped(record, stamp)
    }

    /// Publishes records in order, and wakes sleeping readers once. Returns how many there was room
    /// for; an error only if there was none for the first.
    pub fn publish_batch(&mut self, records: &[T]) -> Result<usize> {
        self.core.publish_each(records.iter().map(|record| (bytemuck::bytes_of(record), None)))
    }

    /// Publishes records as [`Writer::publish_batch`] does, with a stamp each: as many as records,
    /// or [`ErrorKind::InvalidArgument`].
    pub fn publish_batch_stamped(&mut self, records: &[T], stamps: &[Stamp]) -> Result<usize> {
        same_length("stamps", records.len(), stamps.len())?;
        let each = records.iter().zip(stamps);
        self.core.publish_each(each.map(|(record, stamp)| (bytemuck::bytes_of(record), Some(*stamp))))
    }

    /// Returns a record to fill in and publish. It is private memory: readers see nothing of it
    /// before it is published, and dropping it publishes nothing.
    pub fn loan(&mut self) -> Loan<'_, T> {
        Loan { record: T::zeroed(), writer: self }
    }

    /// Returns the sequence that the next record will have.
    pub fn next_sequence(&self) -> u64 {
        self.core.next()
    }

    /// Returns this writer's generation: 1 for the first writer of the ring.
    pub fn generation(&self) -> u64 {
        self.core.generation()
    }

    /// Returns the time now from the ring's time source; 0 if the caller supplies it.
    pub fn now(&mut self) -> u64 {
        self.core.now()
    }

    /// Asks the kernel whether consumer `k` lives. [`PeerState::Never`]: its role was never held.
    /// [`ErrorKind::NoSuchRing`]: the ring has no such consumer.
    pub fn consumer_state(&self, k: usize) -> Result<PeerState> {
        self.core.consumer_state(k)
    }

    /// Waits until consumer `k` is held, and returns its state: [`PeerState::Never`] or
    /// [`PeerState::Gone`] if nobody came in time.
    pub fn wait_for_consumer(&mut self, k: usize, wait: Wait) -> Result<PeerState> {
        self.core.wait_for_consumer(k, wait)
    }

    /// Returns what ends this handle's waits from another thread or a signal handler.
    pub fn canceller(&self) -> Canceller {
        self.core.canceller.give()
    }

    /// Ends this generation by failing: readers are told [`Ending::Failed`](crate::Ending), and
    /// `reason` on request ([`Observer::peer_reason`](crate::Observer::peer_reason)). The reason is
    /// for people, and cut at 127 bytes. The segment keeps its name, whatever
    /// [`OnClose`](crate::OnClose) says.
    pub fn abort(mut self, reason: &str) {
        self.core.fail(reason);
    }
}

/// A record on loan from a [`Writer`].
#[derive(Debug)]
pub struct Loan<'w, T: Record> {
    writer: &'w mut Writer<T>,
    record: T,
}

impl<T: Record> Loan<'_, T> {
    /// Publishes the record as [`Writer::publish`] does.
    pub fn publish(self) -> Result<u64> {
        self.writer.publish(&self.record)
    }

    /// Publishes the record as [`Writer::publish_stamped`] does.
    pub fn publish_stamped(self, stamp: Stamp) -> Result<u64> {
        self.writer.publish_stamped(&self.record, stamp)
    }
}

impl<T: Record> Deref for Loan<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.record
    }
}

impl<T: Record> DerefMut for Loan<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.record
    }
}

/// The writer of a ring of several records (rows) a slot: a whole batch under one sequence.
/// Otherwise like [`Writer`].
#[derive(Debug)]
pub struct RowWriter<T> {
    pub(crate) core: WriterCore,
    rows: Vec<T>,
    env: Vec<u16>,
    flags: Vec<Flags>,
}

impl<T: Record> RowWriter<T> {
    /// Takes the writing role of a ring as [`Writer::open`] does.
    pub fn open(segment: &Segment, ring: &str) -> Result<Self> {
        let core = WriterCore::open(segment, ring, T::schema(), SlotRows::Several)?;
        let n = core.info.rows;
        Ok(Self { core, rows: vec![T::zeroed(); n], env: vec![0; n], flags: vec![Flags::NONE; n] })
    }

    /// Returns the number of rows in a slot.
    pub fn rows(&self) -> usize {
        self.core.info.rows
    }

    /// Publishes a slot of rows with their env and flags columns, each as long as a slot has rows.
    /// The stamp is the slot's. Returns its sequence.
    pub fn publish_stamped(&mut self, rows: &[T], env: &[u16], flags: &[Flags], stamp: Stamp) -> Result<u64> {
        let n = self.core.info.rows;
        same_length("rows", n, rows.len())?;
        same_length("env", n, env.len())?;
        same_length("flags", n, flags.len())?;
        let size = self.core.info.record_size;
        self.core.publish_with(stamp, |slot| {
            slot.write_rows(size, bytemuck::cast_slice(rows), env, bytemuck::cast_slice(flags));
        })
    }

    /// Publishes a slot as [`RowWriter::publish_stamped`] does, stamped by the ring's time source.
    pub fn publish(&mut self, rows: &[T], env: &[u16], flags: &[Flags]) -> Result<u64> {
        let time_ns = self.core.now();
        self.publish_stamped(rows, env, flags, Stamp { time_ns, ..Stamp::default() })
    }

    /// Returns the rows, env and flags of a slot to fill in, in private memory;
    /// [`RowWriter::publish_loan`] publishes them.
    pub fn loan(&mut self) -> (&mut [T], &mut [u16], &mut [Flags]) {
        (&mut self.rows, &mut self.env, &mut self.flags)
    }

    /// Publishes the slot that [`RowWriter::loan`] returned.
    pub fn publish_loan(&mut self, stamp: Option<Stamp>) -> Result<u64> {
        let stamp = stamp.unwrap_or_else(|| Stamp { time_ns: self.core.now(), ..Stamp::default() });
        let (size, rows, env, flags) = (self.core.info.record_size, &self.rows, &self.env, &self.flags);
        self.core.publish_with(stamp, |slot| {
            slot.write_rows(size, bytemuck::cast_slice(rows), env, bytemuck::cast_slice(flags));
        })
    }

    /// Ends this generation by failing, as [`Writer::abort`] does.
    pub fn abort(mut self, reason: &str) {
        self.core.fail(reason);
    }
}
