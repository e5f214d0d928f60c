//! Observers: readers that the writer does not wait for.

use crate::base::error::{Error, ErrorKind, Result, same_length};
use crate::base::position;
use crate::handle::latest_by_env::{Block, EnvMark, OfAnySize, OfRows, OfSize, SlotCopy};
use crate::handle::peer_state::{PeerState, writer_state};
use crate::ring::canceller::Canceller;
use crate::ring::meta::{Flags, Meta, unpack_stamp};
use crate::ring::reader::{Reader, Step, Swept};
use crate::ring::slot::{Slot, UNIT_RECORD};
use crate::ring::state::{Ending, Ring};
use crate::ring::wait::{Awaited, FIRST_CHECK, OnSignal, Remaining, Wait, Waited, wait_for};
use crate::schema::{canonical::Schema, record::Record};
use crate::segment::attached::Segment;
use crate::segment::header::{RingInfo, SlotRows};
use crate::sys::futex;
use crate::sys::futex::{Cancel, Slept};
use crate::sys::os;
use crate::sys::os::Woken;
use crate::sys::protected_map::WritablePart;
use crate::sys::words::{Shared, Words};
use std::{marker::PhantomData, sync::Arc, time::Duration};

/// The result of one read. Loss is not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Read {
    /// A record, with its metadata.
    Record(Meta),
    /// Nothing new.
    Empty,
    /// A wait ran out: nothing came in time.
    TimedOut,
    /// A wait was ended by its [`Canceller`](crate::Canceller).
    Cancelled,
    /// A signal ended a wait that lets it: see [`OnSignal::Interrupt`](crate::OnSignal).
    Interrupted,
    /// The writer lapped this reader. Nothing was read; the next read continues at `next`.
    Lapped {
        /// The exact number of records that were missed.
        missed: u64,
        /// The sequence that the next read tries.
        next: u64,
    },
    /// A new writer has taken over; reported before its first record. Nothing was read.
    Restarted {
        /// The new writer generation.
        generation: u64,
        /// Its first sequence.
        first_sequence: u64,
    },
    /// Nothing new, and no writer that could send more.
    WriterGone(Ending),
    /// Nothing new, and the segment's name leads to another segment now: attach again.
    Superseded,
    /// Nothing was read: this process is a forked child of the one that opened the reader. Attach
    /// again in the child.
    Forked,
}

/// The result of reading several records at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Batch {
    /// The number of records read.
    pub count: usize,
    /// The read that ended the batch; [`Read::Record`] with the last record's metadata if there was
    /// no room for more.
    pub end: Read,
}

/// The result of gathering by environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Gathered {
    /// Sequences read.
    pub read: u64,
    /// The exact number of sequences that were missed because the writer lapped this reader.
    pub missed: u64,
    /// Rows that hold a new record.
    pub changed: usize,
    /// Records of an environment that the block has no row for.
    pub outside: u64,
    /// [`Read::Restarted`]: after these records comes a new writer, whose records the next call
    /// gathers. [`Read::WriterGone`], [`Read::Superseded`], [`Read::TimedOut`]: nothing came before
    /// that. Else [`Read::Empty`].
    pub end: Read,
}

/// The position at which a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// The oldest record that is still in the ring.
    Oldest,
    /// The newest record.
    Newest,
    /// The first record published from now on.
    Now,
    /// A sequence; if it has left the ring the first read reports how many records were missed.
    At(u64),
}

/// The untyped core of a reader.
#[derive(Debug)]
pub(crate) struct ReaderCore {
    pub(crate) reader: Reader<Shared>,
    pub(crate) info: RingInfo,
    pub(crate) segment: Segment,
    pub(crate) canceller: Canceller,
    /// Shared with the bells that are armed with this ring.
    pub(crate) waiters: Option<Arc<WritablePart>>,
    scratch: SlotCopy,
    /// The time when the kernel was last asked about the writer.
    pub(crate) checked_ns: u64,
    /// The writer's ending, as found then.
    pub(crate) ended: Option<Ended>,
    /// The ending that [`wait_any`](crate::wait_any) or a [`Bell`](crate::Bell) reported last, and that
    /// is still so.
    pub(crate) told: Option<Ended>,
}

impl ReaderCore {
    pub(crate) fn open(
        segment: &Segment,
        ring: &str,
        schema: &Schema,
        rows: SlotRows,
        start: Start,
    ) -> Result<Self> {
        let mut core = Self::over(segment, segment.ring_of(ring, schema, rows)?.clone(), start)?;
        core.scratch = SlotCopy::new(core.info.record_size, core.info.rows);
        segment.prefault(&core.info);
        Ok(core)
    }

    /// Opens a ring without a check of its schema, to be read record by record and not gathered
    /// from. Allocates nothing by the size of a slot, which the file claims.
    pub(crate) fn over(segment: &Segment, info: RingInfo, start: Start) -> Result<Self> {
        let words = segment.ring_words(&info);
        let reader = Reader::new(words, 1);
        let mut core = Self {
            reader,
            info,
            segment: segment.clone(),
            canceller: segment.canceller(),
            waiters: segment.waiters()?.map(Arc::new),
            scratch: SlotCopy::default(),
            checked_ns: 0,
            ended: None,
            told: None,
        };
        core.seek(start);
        Ok(core)
    }

    pub(crate) fn seek(&mut self, start: Start) {
        let ring = &self.reader.ring;
        let (newest, first) = (ring.newest(), ring.first_sequence);
        let next = match start {
            Start::Oldest => position::oldest(newest, ring.capacity, first),
            Start::Newest => newest.max(first),
            Start::Now => newest + 1,
            Start::At(sequence) => sequence,
        };
        self.reader = Reader::new(self.reader.ring.clone(), next);
    }

    #[inline(always)]
    pub(crate) fn try_next(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step(|slot| slot.read(bytes)).into()
    }

    /// Reads as [`Reader::fast_step`] does.
    #[inline(always)]
    pub(crate) fn try_next_fast(&mut self, bytes: &mut [u8]) -> Option<Read> {
        self.reader.fast_step(|slot| slot.read(bytes)).map(Read::from)
    }

    #[inline(always)]
    pub(crate) fn try_latest(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step_to_latest(|slot| slot.read(bytes)).into()
    }

    /// Copies an earlier record through `copy`, if it is still in the ring, and returns its
    /// environment. Does not move the reader.
    pub(crate) fn peek(&self, sequence: u64, copy: impl FnOnce(&Slot<'_, Shared>) -> u64) -> Option<u16> {
        self.reader.ring.peek(sequence, copy).map(|stamp| unpack_stamp(stamp, 0).env)
    }

    /// Copies a record as [`ReaderCore::peek`] does, and returns its metadata.
    pub(crate) fn look_back(
        &self,
        sequence: u64,
        copy: impl FnOnce(&Slot<'_, Shared>) -> u64,
    ) -> Option<Meta> {
        match Reader::new(self.reader.ring.clone(), sequence).step(copy) {
            Step::Record(meta) if meta.sequence == sequence => Some(meta),
            _ => None,
        }
    }

    /// Returns the ending of the ring's writer, or `None` while it lives or was never there. Asks
    /// the kernel. In a forked child returns [`Read::Forked`].
    pub(crate) fn ended(&mut self) -> Result<Option<Read>> {
        if !self.reader.ring.guard.holds() {
            return Ok(Some(Read::Forked));
        }
        self.checked_ns = os::monotonic_ns();
        self.ended = ended(&self.segment, self.info.place.first_role, &self.reader.ring)?;
        Ok(self.ended.map(|ended| ended.how))
    }

    /// Returns true if the last [`ReaderCore::ended`] is longer ago than a wait is without a check.
    pub(crate) fn is_overdue(&self, now_ns: u64) -> bool {
        now_ns >= self.checked_ns.saturating_add(FIRST_CHECK.as_nanos() as u64)
    }

    /// Returns the waiter word to sleep on; `None` on a read-only segment. It is valid as long as
    /// this reader.
    pub(crate) fn waiter(&self) -> Option<Shared> {
        Some(self.waiters.as_ref()?.shared(self.segment.waiter_at(&self.info), 8))
    }

    /// Returns the longest sleep: shorter while a device writes, which wakes no reader.
    pub(crate) fn longest_sleep(&self) -> Duration {
        if self.reader.ring.device_generation() == 0 { Duration::MAX } else { futex::UNWAKEABLE_SLICE }
    }

    pub(crate) fn peer_state(&self) -> Result<PeerState> {
        writer_state(&self.segment, self.info.place.first_role, &self.reader.ring)
    }

    pub(crate) fn peer_reason(&self) -> Option<String> {
        self.segment.failure(&self.info)
    }

    /// Tries `step` once, or waits with it if there is a wait.
    #[inline(always)]
    pub(crate) fn try_or_wait(
        &mut self,
        wait: Option<Wait>,
        mut step: impl FnMut(&mut Self) -> Read,
    ) -> Result<Read> {
        match wait {
            None => Ok(step(self)),
            Some(wait) => self.wait_with(wait, step),
        }
    }

    /// Waits until `step` returns something other than [`Read::Empty`].
    pub(crate) fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut Self) -> Read) -> Result<Read> {
        struct Next<'a, F> {
            core: &'a mut ReaderCore,
            step: F,
            on_signal: OnSignal,
        }
        impl<F: FnMut(&mut ReaderCore) -> Read> Awaited for Next<'_, F> {
            type Found = Read;
            #[inline(always)]
            fn poll(&mut self) -> Option<Read> {
                let read = (self.step)(self.core);
                (read != Read::Empty).then_some(read)
            }
            fn check(&mut self) -> Result<Option<Read>> {
                self.core.ended()
            }
            fn is_cancelled(&mut self) -> bool {
                self.core.canceller.take()
            }
            fn sleep(&mut self, timeout: Duration) -> Slept<Read> {
                let canceller = self.core.canceller.clone();
                let Some(waiter) = self.core.waiter() else {
                    return Slept::Until(match canceller.nap(timeout.min(futex::UNWAKEABLE_SLICE)) {
                        Woken::Early => Woken::TimedOut,
                        woken => woken,
                    });
                };
                let is_expected = canceller.is_given();
                let mut cancel = Some(Cancel { word: canceller.word(), is_expected });
                let mut timeout = timeout;
                if self.on_signal == OnSignal::Interrupt {
                    // On several words the kernel sleeps on after a handler with SA_RESTART.
                    cancel = None;
                    timeout = if is_expected { timeout.min(futex::UNSURE_SLICE) } else { timeout };
                }
                futex::sleep(waiter.u32(0), cancel, || {
                    self.poll().ok_or_else(|| timeout.min(self.core.longest_sleep()))
                })
            }
        }
        Ok(match wait_for(&mut Next { core: self, step, on_signal: wait.on_signal }, wait)? {
            Waited::Found(read) => read,
            Waited::TimedOut => Read::TimedOut,
            Waited::Cancelled => Read::Cancelled,
            Waited::Interrupted => Read::Interrupted,
        })
    }
}

/// Returns [`Read::Record`] without metadata if the ring is readable, else [`Read::Empty`].
#[inline(always)]
pub(crate) fn read_if(there: bool) -> Read {
    if there { Read::Record(Meta::default()) } else { Read::Empty }
}

/// Reads many records at once, whether the writer waits for the reader or not.
pub(crate) trait Batches: Sized {
    /// Returns the core that reads.
    fn reader(&self) -> &ReaderCore;

    /// Refuses to wait for more records than can be there at once.
    fn check_at_least(&self, _at_least: usize) -> Result<()> {
        Ok(())
    }

    /// Reads as many of the next records as there are; `meta` is called with the index of each.
    /// `size` is a record's: as a constant it makes a copy a handful of instructions.
    fn try_batch(&mut self, size: usize, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch;

    /// Gathers the newest record of each environment; `rows` has room for as many as there are
    /// marks.
    fn try_latest_by_env(&mut self, rows: &mut [u8], marks: &mut [EnvMark]) -> Gathered;

    /// Waits until `step` returns something other than [`Read::Empty`].
    fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut ReaderCore) -> Read) -> Result<Read>;

    /// Waits until the next read would return something, and returns [`Read::Record`] without
    /// metadata then.
    fn wait_for_news(&mut self, wait: Wait) -> Result<Read> {
        self.wait_with(wait, |core| read_if(core.reader.is_readable()))
    }

    /// Waits until the next `n` records or half of the ring are complete, or a read would return
    /// something else.
    fn wait_for_records(&mut self, n: u64, wait: Wait) -> Result<Read> {
        let n = n.min(self.reader().info.capacity / 2);
        self.wait_with(wait, |core| read_if(core.reader.has_records(n)))
    }

    /// Gathers as [`Batches::try_latest_by_env`] does; with a wait, once a read would return
    /// something.
    fn latest_by_env(
        &mut self,
        rows: &mut [u8],
        marks: &mut [EnvMark],
        wait: Option<Wait>,
    ) -> Result<Gathered> {
        let Some(wait) = wait else { return Ok(self.try_latest_by_env(rows, marks)) };
        let end = self.wait_for_news(wait)?;
        Ok(gathered(end, marks, |marks| self.try_latest_by_env(rows, marks)))
    }

    /// Reads a batch as [`Batches::try_batch`] does, with the record size that the ring has.
    fn try_batch_of_any(&mut self, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch {
        match self.reader().info.record_size {
            UNIT_RECORD => self.try_batch(UNIT_RECORD, bytes, meta),
            size => self.try_batch(size, bytes, meta),
        }
    }

    /// Reads a batch as [`next_batch`] does, with the record size that the ring has.
    fn next_batch_of_any(
        &mut self,
        bytes: &mut [u8],
        at_least: usize,
        wait: Wait,
        meta: impl FnMut(usize, Meta),
    ) -> Result<Batch> {
        match self.reader().info.record_size {
            UNIT_RECORD => next_batch(self, UNIT_RECORD, bytes, at_least, wait, meta),
            size => next_batch(self, size, bytes, at_least, wait, meta),
        }
    }

    /// Reads a batch for [`Observer::try_next_batch`].
    #[inline(always)]
    fn try_next_batch<T: Record>(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        check_metas(records.len(), meta)?;
        let (size, bytes) = (size_of::<T>(), bytemuck::cast_slice_mut(records));
        if meta.is_empty() {
            return Ok(self.try_batch(size, bytes, |_, _| ()));
        }
        Ok(self.try_batch(size, bytes, |i, m| meta[i] = m))
    }

    /// Waits for and reads a batch for [`Observer::next_batch`].
    #[inline(always)]
    fn next_batch<T: Record>(
        &mut self,
        records: &mut [T],
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        check_metas(records.len(), meta)?;
        next_batch(self, size_of::<T>(), bytemuck::cast_slice_mut(records), at_least, wait, |i, m| {
            if let Some(place) = meta.get_mut(i) {
                *place = m;
            }
        })
    }

    /// Gathers records of a type for [`Observer::latest_by_env`].
    fn latest_records<T: Record>(
        &mut self,
        rows: &mut [T],
        marks: &mut [EnvMark],
        wait: Option<Wait>,
    ) -> Result<Gathered> {
        same_length("marks", rows.len(), marks.len())?;
        self.latest_by_env(bytemuck::cast_slice_mut(rows), marks, wait)
    }
}

impl Batches for ReaderCore {
    fn reader(&self) -> &ReaderCore {
        self
    }

    #[inline(always)]
    fn try_batch(&mut self, size: usize, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch {
        debug_assert_eq!(size, self.info.record_size);
        let (count, end) = self.reader.batch(size, bytes, meta);
        Batch { count, end: end.into() }
    }

    fn try_latest_by_env(&mut self, rows: &mut [u8], marks: &mut [EnvMark]) -> Gathered {
        let mut block = Block::new(rows, self.info.record_size, marks);
        let scratch = &mut self.scratch;
        let swept = match (self.info.rows, self.info.record_size) {
            (1, UNIT_RECORD) => self.reader.sweep(&mut OfSize::<UNIT_RECORD>(&mut block)),
            (1, _) => self.reader.sweep(&mut OfAnySize { block: &mut block, scratch }),
            _ => self.reader.sweep(&mut OfRows { block: &mut block, scratch }),
        };
        let Block { changed, outside, .. } = block;
        let Swept { read, missed, end } = swept;
        Gathered { read, missed, changed, outside, end: end.into() }
    }

    fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut ReaderCore) -> Read) -> Result<Read> {
        Self::wait_with(self, wait, step)
    }
}

/// Checks that there is a `Meta` for each record, or none at all.
#[inline]
pub(crate) fn check_metas(records: usize, meta: &[Meta]) -> Result<()> {
    if meta.is_empty() { Ok(()) } else { same_length("meta", records, meta.len()) }
}

/// Waits until `at_least` so many records are complete and reads them; see
/// [`Observer::next_batch`].
#[inline(always)]
pub(crate) fn next_batch(
    reader: &mut impl Batches,
    size: usize,
    bytes: &mut [u8],
    at_least: usize,
    wait: Wait,
    mut meta: impl FnMut(usize, Meta),
) -> Result<Batch> {
    reader.check_at_least(at_least)?;
    let room = bytes.len() / size;
    if at_least > room {
        return Err(too_many("there is room for no more", room, at_least));
    }
    if at_least > 0 && wait.waits() && reader.reader().canceller.take() {
        return Ok(Batch { count: 0, end: Read::Cancelled });
    }
    let mut batch = Batch { count: 0, end: Read::Empty };
    let mut remaining = Remaining::of(wait);
    // Each turn reads a record or is the last.
    loop {
        let missing = at_least.saturating_sub(batch.count) as u64;
        let mut news = read_if(true);
        // Waits before it reads any: a reader that takes each as it comes contends with the writer
        // for every slot.
        if missing > 1 {
            news = reader.wait_for_records(missing, remaining.left())?;
        }
        let (before, rest) = (batch.count, &mut bytes[batch.count * size..]);
        let mut more = reader.try_batch(size, rest, |i, m| meta(before + i, m));
        if more.count == 0 && more.end == Read::Empty && missing == 1 {
            news = reader.wait_for_records(1, remaining.left())?;
            if news == read_if(true) {
                more = reader.try_batch(size, rest, |i, m| meta(before + i, m));
            }
        }
        batch = Batch { count: before + more.count, end: more.end };
        if batch.end != Read::Empty || batch.count >= at_least {
            return Ok(batch);
        }
        if news != read_if(true) {
            batch.end = news;
            return Ok(batch);
        }
        if more.count == 0 {
            return Ok(batch);
        }
    }
}

#[cold]
pub(crate) fn too_many(what: &'static str, limit: usize, found: usize) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about("at_least")
        .expected_found(format!("at most {limit} ({what})"), found.to_string())
}

impl From<Step> for Read {
    #[inline(always)]
    fn from(step: Step) -> Self {
        match step {
            Step::Record(meta) => Self::Record(meta),
            Step::Empty => Self::Empty,
            Step::Lapped { missed, next } => Self::Lapped { missed, next },
            Step::Restarted { generation, first_sequence } => Self::Restarted { generation, first_sequence },
            Step::Forked => Self::Forked,
        }
    }
}

/// A reader of a ring of one record a slot. The writer does not wait for it; a reader that is
/// lapped learns exactly how many records it missed.
///
/// It maps the ring read-only and writes nothing but, when it goes to sleep, the ring's waiter
/// word. Any number may read a ring, at no cost to its writer. It may be sent to another thread but
/// is used by one at a time.
///
/// Unless a read returns [`Read::Record`], the contents of the caller's buffer are unspecified.
#[derive(Debug)]
pub struct Observer<T> {
    pub(crate) core: ReaderCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Observer<T> {
    /// Opens a ring. [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`].
    pub fn open(segment: &Segment, ring: &str, start: Start) -> Result<Self> {
        let core = ReaderCore::open(segment, ring, T::schema(), SlotRows::One, start)?;
        Ok(Self { core, record: PhantomData })
    }

    /// Reads the next record, in order. Makes no system call and does not check whether the writer
    /// lives.
    #[inline(always)]
    pub fn try_next(&mut self, record: &mut T) -> Read {
        self.core.try_next(bytemuck::bytes_of_mut(record))
    }

    /// Reads the newest record if it was not read yet; [`Meta::skipped`] is the number of records
    /// before it.
    #[inline]
    pub fn try_latest(&mut self, record: &mut T) -> Read {
        self.core.try_latest(bytemuck::bytes_of_mut(record))
    }

    /// Waits for the next record and reads it as [`Observer::try_next`] does. [`Read::TimedOut`] if
    /// there is none in time. Ends early when the writer is gone or the segment superseded. Fails
    /// only if the kernel cannot be asked about the writer.
    #[inline]
    pub fn next(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_next(bytemuck::bytes_of_mut(record)))
    }

    /// Waits as [`Observer::next`] does, and reads as [`Observer::try_latest`] does.
    pub fn latest(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_latest(bytemuck::bytes_of_mut(record)))
    }

    /// Reads as many of the next records as there are and `records` has room for, in order. `meta`
    /// is as long as `records`, or [`ErrorKind::InvalidArgument`]; or empty, which saves a quarter
    /// of what is written.
    ///
    /// Records of a batch follow one another in one generation: the last one's metadata, in
    /// [`Batch::end`] of a full block, gives the sequences of all. A slice of records of f32 fields
    /// is a block of f32, row by row. Makes no system call and allocates nothing.
    pub fn try_next_batch(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        self.core.try_next_batch(records, meta)
    }

    /// Waits until `at_least` so many records have come, and reads as [`Observer::try_next_batch`]
    /// does. `at_least` is 1 for whatever there is, `records.len()` for a full block, 0 not to
    /// wait. Ends with fewer when the time runs out ([`Read::TimedOut`]), the writer is gone, the
    /// segment is superseded, this reader is lapped or a new writer took over; the records before
    /// that are in the block.
    pub fn next_batch(
        &mut self,
        records: &mut [T],
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        self.core.next_batch(records, meta, at_least, wait)
    }

    /// Reads every record there is and keeps the newest of each environment: that of environment
    /// `i` in `rows[i]`, with its metadata in `marks[i]`. There are as many marks as rows, or
    /// [`ErrorKind::InvalidArgument`]. The caller passes both again at the next call: a row without
    /// a new record stays as it is. Makes no system call and allocates nothing.
    ///
    /// Records that have a newer one of their environment are counted in the mark but not copied.
    pub fn try_latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark]) -> Result<Gathered> {
        self.core.latest_records(rows, marks, None)
    }

    /// Waits as [`Observer::next`] does until there is anything new, and gathers as
    /// [`Observer::try_latest_by_env`] does.
    pub fn latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark], wait: Wait) -> Result<Gathered> {
        self.core.latest_records(rows, marks, Some(wait))
    }

    /// Moves to another position in the ring.
    pub fn seek(&mut self, start: Start) {
        self.core.seek(start);
    }

    /// Returns the sequence that the next read tries.
    pub fn next_sequence(&self) -> u64 {
        self.core.reader.next()
    }

    /// Returns the last sequence that the writer has published.
    pub fn published(&self) -> u64 {
        self.core.reader.ring.newest()
    }

    /// Returns what ends this handle's waits from another thread or a signal handler.
    pub fn canceller(&self) -> Canceller {
        self.core.canceller.give()
    }

    /// Asks the kernel whether the writer lives.
    pub fn peer_state(&self) -> Result<PeerState> {
        self.core.peer_state()
    }

    /// Returns why the writer failed, for people; empty if it did not say why. `None` unless the
    /// ring's last writer ended by failing ([`Ending::Failed`]).
    pub fn peer_reason(&self) -> Option<String> {
        self.core.peer_reason()
    }
}

/// The ending of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// [`Read::WriterGone`] or [`Read::Superseded`].
    pub(crate) how: Read,
    /// The writer's generation.
    pub(crate) generation: u64,
}

/// Returns the ending of the writer that holds or held a role, or `None` while it lives or was never
/// there. Asks the kernel.
pub(crate) fn ended(segment: &Segment, role: usize, ring: &Ring<Shared>) -> Result<Option<Ended>> {
    let generation = ring.generation();
    let how = match writer_state(segment, role, ring)? {
        PeerState::Gone(ending) => Read::WriterGone(ending),
        PeerState::Superseded => Read::Superseded,
        PeerState::Never | PeerState::Held { .. } => return Ok(None),
    };
    Ok(Some(Ended { how, generation }))
}

/// Gathers after a wait, unless that was ended, and adds the ending that the wait found to a
/// gathering that found nothing.
pub(crate) fn gathered(
    waited: Read,
    marks: &mut [EnvMark],
    gather: impl FnOnce(&mut [EnvMark]) -> Gathered,
) -> Gathered {
    if let Read::Cancelled | Read::Interrupted | Read::Forked = waited {
        EnvMark::begin(marks);
        return Gathered { read: 0, missed: 0, changed: 0, outside: 0, end: waited };
    }
    match (gather(marks), waited) {
        (
            found @ Gathered { read: 0, end: Read::Empty, .. },
            Read::WriterGone(_) | Read::Superseded | Read::TimedOut,
        ) => Gathered { end: waited, ..found },
        (found, _) => found,
    }
}

/// A reader of a ring of several rows a slot. Otherwise like [`Observer`].
#[derive(Debug)]
pub struct RowObserver<T> {
    pub(crate) core: ReaderCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> RowObserver<T> {
    /// Opens a ring of 2 rows a slot or more.
    pub fn open(segment: &Segment, ring: &str, start: Start) -> Result<Self> {
        let core = ReaderCore::open(segment, ring, T::schema(), SlotRows::Several, start)?;
        Ok(Self { core, record: PhantomData })
    }

    /// Returns the number of rows in a slot.
    pub fn rows(&self) -> usize {
        self.core.info.rows
    }

    fn check(&self, rows: &[T], env: &[u16], flags: &[Flags]) -> Result<()> {
        let n = self.core.info.rows;
        if (rows.len(), env.len(), flags.len()) == (n, n, n) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument).about("rows, env, flags").expected_found(
            format!("{n} entries each"),
            format!("{}, {}, {}", rows.len(), env.len(), flags.len()),
        ))
    }

    fn read(
        &mut self,
        rows: &mut [T],
        env: &mut [u16],
        flags: &mut [Flags],
        read: impl FnOnce(&mut ReaderCore, &mut dyn FnMut(&Slot<'_, Shared>) -> u64) -> Result<Read>,
    ) -> Result<Read> {
        self.check(rows, env, flags)?;
        let (size, rows, flags) =
            (self.core.info.record_size, bytemuck::cast_slice_mut(rows), bytemuck::cast_slice_mut(flags));
        read(&mut self.core, &mut |slot| slot.read_rows(size, rows, env, flags))
    }

    /// Reads the next slot: its rows as one block, with their env and flags columns. Each is as
    /// long as a slot has rows, or [`ErrorKind::InvalidArgument`].
    pub fn try_next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.read(rows, env, flags, |core, copy| Ok(core.reader.step(copy).into()))
    }

    /// Reads the newest slot if it was not read yet.
    pub fn try_latest(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.read(rows, env, flags, |core, copy| Ok(core.reader.step_to_latest(copy).into()))
    }

    /// Waits as [`Observer::next`] does, and reads as [`RowObserver::try_next`] does.
    pub fn next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags], wait: Wait) -> Result<Read> {
        self.read(rows, env, flags, |core, copy| {
            core.wait_with(wait, |core| core.reader.step(&mut *copy).into())
        })
    }

    /// Gathers the newest row of each environment, of all rows of all new slots, as
    /// [`Observer::try_latest_by_env`] does. The length of `rows` does not depend on that of a
    /// slot.
    pub fn try_latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark]) -> Result<Gathered> {
        self.core.latest_records(rows, marks, None)
    }

    /// Waits as [`Observer::next`] does until there is anything new, and gathers as
    /// [`RowObserver::try_latest_by_env`] does.
    pub fn latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark], wait: Wait) -> Result<Gathered> {
        self.core.latest_records(rows, marks, Some(wait))
    }

    /// Returns what ends this handle's waits from another thread or a signal handler.
    pub fn canceller(&self) -> Canceller {
        self.core.canceller.give()
    }

    /// Asks the kernel whether the writer lives.
    pub fn peer_state(&self) -> Result<PeerState> {
        self.core.peer_state()
    }

    /// Returns why the writer failed, for people; empty if it did not say why. `None` unless the
    /// ring's last writer ended by failing ([`Ending::Failed`]).
    pub fn peer_reason(&self) -> Option<String> {
        self.core.peer_reason()
    }
}
