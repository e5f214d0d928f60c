//! The reading handle that the writer does not wait for.

use crate::contract::record::{Flags, Meta};
use crate::contract::schema::{Record, Schema};
use crate::cursor;
use crate::directory::RingInfo;
use crate::futex;
use crate::layout::control;
use crate::map::Map;
use crate::os;
use crate::ring::{Reader, Step};
use crate::segment::Segment;
use crate::wait::{Awaited, Wait, wait_for};
use crate::words::{Shared, Words};
use crate::{Error, ErrorKind, Result};
use std::marker::PhantomData;
use std::time::Duration;

/// What one read gives. Loss is not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Read {
    /// A record; this stands beside it.
    Record(Meta),
    /// Nothing new, or nothing in time.
    Empty,
    /// The writer overtook this reader. Nothing was read; the next read goes on at `next`.
    Lapped {
        /// Exactly how many records were missed.
        missed: u64,
        /// The sequence that the next read tries.
        next: u64,
    },
    /// A new writer has taken over; told before its first record. Nothing was read.
    Restarted {
        /// The new writer epoch.
        epoch: u64,
        /// Its first sequence.
        first_sequence: u64,
    },
    /// Nothing new, and no writer that could send more.
    WriterGone(Ending),
    /// Nothing new, and the segment's name leads elsewhere now: attach again.
    Superseded,
}

/// How a writer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It closed its handle.
    Closed,
    /// It died, or was killed.
    Died,
}

/// What is known of the writer of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// There never was one.
    Never,
    /// It lives. Silent is not stalled: it may have nothing to say.
    Held {
        /// How long ago its newest record was stamped; `None` if there is none or it has no time.
        silent_for: Option<Duration>,
    },
    /// It is gone.
    Gone(Ending),
    /// The segment's name leads elsewhere now.
    Superseded,
}

/// Several records at once, and what came after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Batch {
    /// Records read.
    pub count: usize,
    /// What ended the batch: [`Read::Record`] with the last record's meta if there was no room for more.
    pub end: Read,
}

/// Where a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// At the oldest record that is still there.
    Oldest,
    /// At the newest record there is.
    Newest,
    /// At the first record published from now on.
    Now,
    /// At a sequence; if it is gone the first read says how many were missed.
    At(u64),
}

/// A reader without the record's type.
#[derive(Debug)]
pub(crate) struct ReaderCore {
    pub(crate) reader: Reader<Shared>,
    pub(crate) info: RingInfo,
    pub(crate) segment: Segment,
    waiters: Option<Map>,
}

impl ReaderCore {
    pub(crate) fn open(segment: &Segment, ring: &str, schema: &Schema, start: Start) -> Result<Self> {
        let info = segment.ring_of(ring, schema)?.clone();
        let words = segment.ring_words(&info);
        let reader = Reader::new(words, 1, os::monotonic_ns());
        let waiters = segment.map_waiters()?;
        let mut core = Self { reader, info, segment: segment.clone(), waiters };
        core.seek(start);
        Ok(core)
    }

    pub(crate) fn seek(&mut self, start: Start) {
        let ring = &self.reader.ring;
        let (published, first) = (ring.published(), ring.first_sequence);
        let next = match start {
            Start::Oldest => cursor::oldest(published, ring.capacity, first),
            Start::Newest => published.max(first),
            Start::Now => published + 1,
            Start::At(sequence) => sequence,
        };
        let words = self.reader.ring.clone();
        self.reader = Reader::new(words, next, os::monotonic_ns());
    }

    #[inline(always)]
    pub(crate) fn try_next(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step(|slot| slot.read(bytes)).into()
    }

    #[inline(always)]
    pub(crate) fn try_latest(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step_to_latest(|slot| slot.read(bytes)).into()
    }

    /// `meta` is called with the index of each record.
    #[inline(always)]
    pub(crate) fn try_batch(&mut self, bytes: &mut [u8], mut meta: impl FnMut(usize, Meta)) -> Batch {
        let mut batch = Batch { count: 0, end: Read::Empty };
        for record in bytes.chunks_exact_mut(self.info.record_size) {
            batch.end = self.try_next(record);
            let Read::Record(m) = batch.end else { break };
            meta(batch.count, m);
            batch.count += 1;
        }
        batch
    }

    /// Whether a writer can still send something.
    fn ended(&self) -> Result<Option<Read>> {
        Ok(match self.peer_state()? {
            PeerState::Gone(ending) => Some(Read::WriterGone(ending)),
            PeerState::Superseded => Some(Read::Superseded),
            PeerState::Never | PeerState::Held { .. } => None,
        })
    }

    pub(crate) fn peer_state(&self) -> Result<PeerState> {
        let ring = &self.reader.ring;
        let epoch = ring.epoch();
        if self.segment.is_held(self.info.place.first_role)? {
            // A living writer of a displaced segment talks to nobody new.
            if !self.segment.is_current()? {
                return Ok(PeerState::Superseded);
            }
            return Ok(PeerState::Held { silent_for: self.silent_for() });
        }
        let current = self.segment.is_current()?;
        let closed = ring.is_closed();
        Ok(if !current {
            PeerState::Superseded
        } else if ring.epoch() != epoch {
            // A successor came after the kernel was asked; the next look tells what has become of it.
            PeerState::Held { silent_for: self.silent_for() }
        } else if epoch == 0 {
            PeerState::Never
        } else if closed {
            PeerState::Gone(Ending::Closed)
        } else {
            PeerState::Gone(Ending::Died)
        })
    }

    fn silent_for(&self) -> Option<Duration> {
        let now = os::monotonic_ns();
        let ring = self.reader.ring.clone();
        let newest = ring.published();
        // In the epoch of the newest record, whatever this reader has been told of.
        let mut probe = Reader::new(ring, newest, now);
        match probe.step_to_latest(|slot| slot.read(&mut [])) {
            Step::Record(m) if m.time_ns != 0 => Some(Duration::from_nanos(now.saturating_sub(m.time_ns))),
            _ => None,
        }
    }

    /// Waits with `step` until it gives something other than [`Read::Empty`].
    pub(crate) fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut Self) -> Read) -> Result<Read> {
        struct Next<'a, F> {
            core: &'a mut ReaderCore,
            step: F,
        }
        impl<F: FnMut(&mut ReaderCore) -> Read> Awaited for Next<'_, F> {
            type Found = Read;
            #[inline(always)]
            fn poll(&mut self) -> Option<Read> {
                let read = (self.step)(self.core);
                (read != Read::Empty).then_some(read)
            }
            fn check(&mut self) -> Result<Option<Read>> {
                self.core.reader.set_reference(os::monotonic_ns());
                self.core.ended()
            }
            fn sleep(&mut self, timeout: Duration) -> Option<Read> {
                let Some(map) = &self.core.waiters else {
                    std::thread::sleep(timeout.min(Duration::from_millis(1)));
                    return None;
                };
                let waiter = Shared::of(map, self.core.segment.waiter_at(&self.core.info), 8);
                let words = self.core.reader.ring.control;
                futex::sleep(waiter.u32(0), words.u64(control::PUBLISHED), timeout, || self.poll())
            }
        }
        Ok(wait_for(&mut Next { core: self, step }, wait)?.unwrap_or(Read::Empty))
    }
}

impl From<Step> for Read {
    #[inline(always)]
    fn from(step: Step) -> Self {
        match step {
            Step::Record(meta) => Self::Record(meta),
            Step::Empty => Self::Empty,
            Step::Lapped { missed, next } => Self::Lapped { missed, next },
            Step::Restarted { epoch, first_sequence } => Self::Restarted { epoch, first_sequence },
        }
    }
}

/// A reader of a ring of one record a slot. The writer does not wait for it; if it is overtaken it is told exactly how
/// many records it missed.
///
/// It maps the ring read-only and writes nothing but, when it goes to sleep, the ring's waiter flag. Any number may
/// read a ring, at no cost to its writer. It may be sent to another thread but is used by one at a time.
///
/// Where a read gives anything but [`Read::Record`], the contents of the caller's buffer are unspecified.
#[derive(Debug)]
pub struct Observer<T> {
    pub(crate) core: ReaderCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Observer<T> {
    /// Opens a ring. [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`].
    pub fn open(segment: &Segment, ring: &str, start: Start) -> Result<Self> {
        let core = ReaderCore::open(segment, ring, T::schema(), start)?;
        one_row(&core)?;
        Ok(Self { core, record: PhantomData })
    }

    /// The next record, in order. Makes no system call and does not look whether the writer lives.
    #[inline]
    pub fn try_next(&mut self, record: &mut T) -> Read {
        self.core.try_next(bytemuck::bytes_of_mut(record))
    }

    /// The newest record if it was not read yet; its meta says how many were skipped.
    #[inline]
    pub fn try_latest(&mut self, record: &mut T) -> Read {
        self.core.try_latest(bytemuck::bytes_of_mut(record))
    }

    /// As [`Observer::try_next`], waiting. [`Read::Empty`]: not in time. Ends early when the writer is gone or the
    /// segment superseded. Fails only if the kernel cannot be asked about the writer.
    #[inline]
    pub fn next(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_next(bytemuck::bytes_of_mut(record)))
    }

    /// As [`Observer::try_latest`], waiting as [`Observer::next`] does.
    pub fn latest(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_latest(bytemuck::bytes_of_mut(record)))
    }

    /// As many of the next records as there are and `records` has room for, in order, with a meta each (as many, or
    /// [`ErrorKind::InvalidArgument`]). A slice of observations is a (B, 27) block of f32, row by row. Makes no system
    /// call and allocates nothing.
    pub fn try_next_batch(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        if records.len() != meta.len() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("meta")
                .expected_found(format!("{} entries", records.len()), meta.len().to_string()));
        }
        Ok(self.core.try_batch(bytemuck::cast_slice_mut(records), |i, m| meta[i] = m))
    }

    /// Goes to another place in the ring.
    pub fn seek(&mut self, start: Start) {
        self.core.seek(start);
    }

    /// The sequence that the next read tries.
    pub fn next_sequence(&self) -> u64 {
        self.core.reader.next()
    }

    /// The last sequence that the writer has published.
    pub fn published(&self) -> u64 {
        self.core.reader.ring.published()
    }

    /// Asks the kernel whether the writer lives.
    pub fn peer_state(&self) -> Result<PeerState> {
        self.core.peer_state()
    }
}

pub(crate) fn one_row(core: &ReaderCore) -> Result<()> {
    if core.info.rows == 1 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument)
        .about(format!("ring \"{}\"", core.info.name))
        .expected_found("1 row a slot", core.info.rows.to_string())
        .help("open it with a RowObserver"))
}

/// A reader of a ring of several rows a slot. As [`Observer`] otherwise.
#[derive(Debug)]
pub struct RowObserver<T> {
    core: ReaderCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> RowObserver<T> {
    /// Opens a ring of 2 rows a slot or more.
    pub fn open(segment: &Segment, ring: &str, start: Start) -> Result<Self> {
        let core = ReaderCore::open(segment, ring, T::schema(), start)?;
        if core.info.rows < 2 {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("ring \"{ring}\""))
                .expected_found("2 rows a slot or more", core.info.rows.to_string())
                .help("open it with an Observer"));
        }
        Ok(Self { core, record: PhantomData })
    }

    /// Rows in a slot.
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

    /// The next slot: its rows as one block, with their env and flags columns. Each as long as a slot has rows, or
    /// [`ErrorKind::InvalidArgument`].
    pub fn try_next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.check(rows, env, flags)?;
        let size = self.core.info.record_size;
        Ok(self
            .core
            .reader
            .step(|slot| {
                slot.read_rows(size, bytemuck::cast_slice_mut(rows), env, bytemuck::cast_slice_mut(flags))
            })
            .into())
    }

    /// The newest slot if it was not read yet.
    pub fn try_latest(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.check(rows, env, flags)?;
        let size = self.core.info.record_size;
        Ok(self
            .core
            .reader
            .step_to_latest(|slot| {
                slot.read_rows(size, bytemuck::cast_slice_mut(rows), env, bytemuck::cast_slice_mut(flags))
            })
            .into())
    }

    /// As [`RowObserver::try_next`], waiting as [`Observer::next`] does.
    pub fn next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags], wait: Wait) -> Result<Read> {
        self.check(rows, env, flags)?;
        let size = self.core.info.record_size;
        self.core.wait_with(wait, |core| {
            core.reader
                .step(|slot| {
                    slot.read_rows(size, bytemuck::cast_slice_mut(rows), env, bytemuck::cast_slice_mut(flags))
                })
                .into()
        })
    }

    /// Asks the kernel whether the writer lives.
    pub fn peer_state(&self) -> Result<PeerState> {
        self.core.peer_state()
    }
}
