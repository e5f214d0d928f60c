//! Observers: readers that the writer does not wait for.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::batches::Batches as _;
use crate::handle::latest_by_env::EnvMark;
use crate::handle::read::{Batch, Gathered, Read, Start};
use crate::handle::reader_core::{ReaderCore, Which, about_its_writer};
use crate::ring::meta::{Flags, Meta};
use crate::ring::wait::Wait;
use crate::schema::record::Record;
use crate::segment::attached::Segment;
use crate::segment::header::SlotRows;
use std::marker::PhantomData;

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

    about_its_writer!(core);
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
        which: Which,
        wait: Option<Wait>,
        rows: &mut [T],
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        self.check(rows, env, flags)?;
        self.core.read_rows(which, wait, bytemuck::cast_slice_mut(rows), env, flags)
    }

    /// Reads the next slot: its rows as one block, with their env and flags columns. Each is as
    /// long as a slot has rows, or [`ErrorKind::InvalidArgument`].
    pub fn try_next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.read(Which::Next, None, rows, env, flags)
    }

    /// Reads the newest slot if it was not read yet.
    pub fn try_latest(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags]) -> Result<Read> {
        self.read(Which::Newest, None, rows, env, flags)
    }

    /// Waits as [`Observer::next`] does, and reads as [`RowObserver::try_next`] does.
    pub fn next(&mut self, rows: &mut [T], env: &mut [u16], flags: &mut [Flags], wait: Wait) -> Result<Read> {
        self.read(Which::Next, Some(wait), rows, env, flags)
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

    about_its_writer!(core);
}
