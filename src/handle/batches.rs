//! Reading many records at once.

use crate::base::error::{Error, ErrorKind, Result, same_length};
use crate::handle::latest_by_env::{Block, EnvMark, OfAnySize, OfRows, OfSize};
use crate::handle::read::{Batch, Gathered, Read, read_if};
use crate::handle::reader_core::ReaderCore;
use crate::ring::meta::Meta;
use crate::ring::reader::Swept;
use crate::ring::slot::UNIT_RECORD;
use crate::ring::wait::{Remaining, Wait};
use crate::schema::record::Record;

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

    /// Reads a batch of records of a type.
    #[inline(always)]
    fn try_next_batch<T: Record>(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        check_metas(records.len(), meta)?;
        let (size, bytes) = (size_of::<T>(), bytemuck::cast_slice_mut(records));
        if meta.is_empty() {
            return Ok(self.try_batch(size, bytes, |_, _| ()));
        }
        Ok(self.try_batch(size, bytes, |i, m| meta[i] = m))
    }

    /// Waits for and reads a batch of records of a type.
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

    /// Gathers records of a type, with a wait or without.
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
/// [`Observer::next_batch`](crate::Observer::next_batch).
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
