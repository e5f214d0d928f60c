//! Consumers: readers that the writer waits for.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::PAGE;
use crate::handle::batches::{Batches, too_many};
use crate::handle::latest_by_env::EnvMark;
use crate::handle::read::{Batch, Gathered, Read, Start};
use crate::handle::reader_core::{ReaderCore, about_its_writer};
use crate::ring::state::Ending;
use crate::ring::{cursors, meta::Meta, wait::Wait};
use crate::schema::{canonical::Schema, record::Record};
use crate::segment::attached::{Segment, Touch};
use crate::segment::header::{RingInfo, SlotRows};
use crate::segment::role_page::{RolePage, name_holder};
use crate::segment::roles::HeldRole;
use crate::sys::{arch::pays_to_evict, kill, os, protected_map::WritablePart, words::Shared};
use std::marker::PhantomData;

/// The time when a [`Consumer`] commits: gives slots back to the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commit {
    /// At [`Consumer::commit`]. A successor reads again what was read but not committed.
    Manual,
    /// At every 32nd record (or half of the ring, if that is less) and when the ring is empty. A
    /// successor reads again what was read since then.
    Auto,
}

/// Records between two commits of [`Commit::Auto`].
const AUTO_EVERY: u64 = 32;

/// The untyped core of a consumer.
#[derive(Debug)]
pub(crate) struct ConsumerCore {
    pub(crate) reader: ReaderCore,
    lock: HeldRole,
    cursor: Shared,
    committed: u64,
    commit: Commit,
    /// True if slots are evicted after a batch read; see [`evicts`].
    evicts: bool,
    page: RolePage,
    /// True if the thread that opened it was panicking: dropping it says nothing about that panic.
    opened_in_panic: bool,
    _cursor_page: WritablePart,
}

/// Fewest slots of a ring whose slots are evicted after a batch read: in a smaller ring the writer
/// returns too soon.
const EVICT_FROM: u64 = 256;

/// Returns true if a consumer of that ring evicts slots after a batch read.
///
/// A store to a cache line that another core has waits until that core has dropped it, and the
/// writer returns to every slot. On some processors the eviction pays in a ring that fits into a
/// core's own cache, where the lines would still be. Not if the ring has several consumers: another
/// one may still have to read the slot.
fn evicts(info: &RingInfo) -> bool {
    let cache = match os::core_cache() {
        0 => 1 << 20,
        size => size,
    };
    info.consumers == 1 && info.capacity >= EVICT_FROM && info.place.data_len <= cache && pays_to_evict()
}

/// A consuming role of a ring, taken but not used. Everything that can fail has succeeded, nothing
/// in the segment has changed yet, and dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct ConsumerRole {
    reader: ReaderCore,
    k: usize,
    lock: HeldRole,
    page: RolePage,
    cursor_page: WritablePart,
}

impl ConsumerRole {
    /// Takes the role, on a ring of one row a slot.
    pub(crate) fn take(segment: &Segment, ring: &str, k: usize, schema: &Schema) -> Result<Self> {
        let info = segment.ring_of(ring, schema, SlotRows::One)?;
        if k >= info.consumers {
            return Err(Error::new(ErrorKind::NoSuchRing)
                .about(format!("consumer {k} of ring \"{ring}\""))
                .expected_found(format!("{} declared consumers", info.consumers), k.to_string())
                .help("declare consumers when the ring is created, or open it as an observer"));
        }
        segment.check_writable()?;
        let role = info.place.first_role + 1 + k;
        let lock = segment.take_role(role).map_err(|e| name_holder(e, segment, ring, Some(k)))?;
        let cursor_page = segment.writable(info.place.cursors + k * PAGE, PAGE, Touch::Often)?;
        kill::point("consumer.mapped");
        let page = RolePage::of(segment, role)?;
        let reader = ReaderCore::open(segment, ring, schema, SlotRows::One, Start::Oldest)?;
        Ok(Self { reader, k, lock, page, cursor_page })
    }

    /// Starts after the last record that a predecessor has committed.
    pub(crate) fn start(self, commit: Commit) -> ConsumerCore {
        let Self { mut reader, k, lock, page, cursor_page } = self;
        let cursor = cursor_page.shared(0, PAGE);
        page.enter(&reader.segment);
        kill::point("consumer.entered");
        let (wanted, start) = cursors::consumer_start(&reader.reader.ring, &cursor, k);
        reader.seek(Start::At(wanted));
        if start > wanted {
            reader.reader.skip_to(start);
            page.add_lost(start - wanted);
        }
        kill::point("consumer.positioned");
        // From here on the writer waits for this consumer again.
        cursors::commit(&cursor, start - 1);
        ConsumerCore {
            evicts: evicts(&reader.info),
            reader,
            lock,
            cursor,
            committed: start - 1,
            commit,
            page,
            opened_in_panic: std::thread::panicking(),
            _cursor_page: cursor_page,
        }
    }
}

impl ConsumerCore {
    pub(crate) fn open(
        segment: &Segment,
        ring: &str,
        k: usize,
        schema: &Schema,
        commit: Commit,
    ) -> Result<Self> {
        Ok(ConsumerRole::take(segment, ring, k, schema)?.start(commit))
    }

    #[inline(always)]
    pub(crate) fn try_next(&mut self, bytes: &mut [u8]) -> Read {
        let read = self.reader.try_next(bytes);
        if self.commit == Commit::Auto {
            self.auto_commit(read);
        }
        read
    }

    /// Commits everything read so far if that is due. The last record has been copied out.
    #[inline(always)]
    fn auto_commit(&mut self, read: Read) {
        let read_up_to = self.reader.reader.next() - 1;
        let due = match read {
            Read::Record(_) => read_up_to - self.committed >= AUTO_EVERY.min(self.reader.info.capacity / 2),
            _ => read_up_to > self.committed,
        };
        if due && self.lock.check().is_ok() {
            self.page.add_records(read_up_to - self.committed);
            kill::point("commit.auto");
            self.committed = read_up_to;
            cursors::commit(&self.cursor, read_up_to);
        }
    }

    /// Returns true if the next read would return something. If not, an auto-committing consumer
    /// commits, because the writer may be waiting for that.
    pub(crate) fn has_news(&mut self) -> bool {
        let news = self.reader.reader.is_readable();
        if !news && self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        news
    }

    pub(crate) fn wait_with(
        &mut self,
        wait: Wait,
        mut step: impl FnMut(&mut ReaderCore) -> Read,
    ) -> Result<Read> {
        if self.commit == Commit::Auto {
            if wait.waits() && self.reader.canceller.take() {
                return Ok(Read::Cancelled);
            }
            // The ring may be empty, and the writer waiting for the slots that were read: commit
            // before waiting, not after.
            let read = step(&mut self.reader);
            self.auto_commit(read);
            if read != Read::Empty {
                return Ok(read);
            }
        }
        let read = self.reader.wait_with(wait, &mut step)?;
        if self.commit == Commit::Auto {
            self.auto_commit(read);
        }
        Ok(read)
    }

    /// Commits everything up to a sequence that was read.
    #[inline(always)]
    pub(crate) fn commit_to(&mut self, sequence: u64) -> Result<()> {
        self.lock.check()?;
        if sequence < self.committed || sequence >= self.reader.reader.next() {
            return Err(not_read(self.committed, self.reader.reader.next(), sequence));
        }
        self.page.add_records(sequence - self.committed);
        kill::point("commit.counted");
        self.committed = sequence;
        cursors::commit(&self.cursor, sequence);
        Ok(())
    }

    pub(crate) fn read_up_to(&self) -> u64 {
        self.reader.reader.next() - 1
    }
}

impl Batches for ConsumerCore {
    fn reader(&self) -> &ReaderCore {
        &self.reader
    }

    /// Refuses more records than the ring has slots: the writer stops when its ring is full.
    fn check_at_least(&self, at_least: usize) -> Result<()> {
        let slots = self.reader.info.capacity as usize;
        if at_least <= slots {
            return Ok(());
        }
        Err(too_many("the writer stops when its ring is full", slots, at_least))
    }

    #[inline(always)]
    fn try_batch(&mut self, size: usize, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch {
        let from = self.reader.reader.next();
        let batch = self.reader.try_batch(size, bytes, meta);
        if self.evicts {
            self.reader.reader.evict(from);
        }
        if self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        batch
    }

    fn try_latest_by_env(&mut self, rows: &mut [u8], marks: &mut [EnvMark]) -> Gathered {
        let gathered = self.reader.try_latest_by_env(rows, marks);
        if self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        gathered
    }

    fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut ReaderCore) -> Read) -> Result<Read> {
        Self::wait_with(self, wait, step)
    }
}

#[cold]
fn not_read(committed: u64, next: u64, found: u64) -> Error {
    Error::new(ErrorKind::OutOfRange)
        .about("sequence to commit")
        .expected_found(format!("{committed} to {}", next - 1), found.to_string())
}

impl Drop for ConsumerCore {
    fn drop(&mut self) {
        if self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        if self.lock.check_kept().is_ok() {
            let failing = std::thread::panicking() && !self.opened_in_panic;
            self.page.note_end(if failing { Ending::Failed } else { Ending::Closed });
        }
    }
}

/// Consumer `k` of a ring: the writer keeps every record until it is committed here, whether the
/// role is held or not.
///
/// It holds the role until it is dropped or its process ends; a successor starts after the last
/// committed record. It may be sent to another thread but is used by one at a time.
#[derive(Debug)]
pub struct Consumer<T> {
    pub(crate) core: ConsumerCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Consumer<T> {
    /// Takes the role. On a ring of [`Policy::Release`](crate::Policy::Release) the first read
    /// reports how many records the writer overwrote while nobody held the role.
    ///
    /// [`ErrorKind::RoleHeld`], [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`],
    /// [`ErrorKind::Superseded`], [`ErrorKind::ReadOnly`].
    pub fn open(segment: &Segment, ring: &str, k: usize, commit: Commit) -> Result<Self> {
        ConsumerCore::open(segment, ring, k, T::schema(), commit).map(Self::over)
    }

    pub(crate) fn over(core: ConsumerCore) -> Self {
        Self { core, record: PhantomData }
    }

    /// Reads the next record. Makes no system call.
    #[inline(always)]
    pub fn try_next(&mut self, record: &mut T) -> Read {
        self.core.try_next(bytemuck::bytes_of_mut(record))
    }

    /// Waits as [`Observer::next`](crate::Observer::next) does, and reads as [`Consumer::try_next`]
    /// does.
    pub fn next(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_next(bytemuck::bytes_of_mut(record)))
    }

    /// Reads as [`Observer::try_next_batch`](crate::Observer::try_next_batch) does. The only
    /// consumer of a ring that fits into a core's own cache evicts the slots once they are copied,
    /// which makes the writer's next stores to them faster.
    pub fn try_next_batch(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        self.core.try_next_batch(records, meta)
    }

    /// Waits and reads as [`Observer::next_batch`](crate::Observer::next_batch) does. More records
    /// than the ring has slots cannot be waited for ([`ErrorKind::InvalidArgument`]), and slots
    /// that were read and not committed leave room for fewer.
    pub fn next_batch(
        &mut self,
        records: &mut [T],
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        self.core.next_batch(records, meta, at_least, wait)
    }

    /// Gathers as [`Observer::try_latest_by_env`](crate::Observer::try_latest_by_env) does. Every
    /// record counts as read, so that a commit gives all of them back.
    pub fn try_latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark]) -> Result<Gathered> {
        self.core.latest_records(rows, marks, None)
    }

    /// Waits as [`Observer::next`](crate::Observer::next) does until there is anything new, and
    /// gathers as [`Consumer::try_latest_by_env`] does.
    pub fn latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark], wait: Wait) -> Result<Gathered> {
        self.core.latest_records(rows, marks, Some(wait))
    }

    /// Commits everything that was read: gives it back to the writer. [`ErrorKind::Forked`] in a
    /// child of the process.
    #[inline]
    pub fn commit(&mut self) -> Result<()> {
        self.core.commit_to(self.core.read_up_to())
    }

    /// Commits everything up to a sequence. [`ErrorKind::OutOfRange`] if it was not read, or
    /// committed before.
    pub fn commit_to(&mut self, sequence: u64) -> Result<()> {
        self.core.commit_to(sequence)
    }

    /// Returns the last sequence that was read.
    pub fn read_up_to(&self) -> u64 {
        self.core.read_up_to()
    }

    about_its_writer!(core.reader);
}
