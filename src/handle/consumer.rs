//! The reading handle that the writer waits for.

use crate::base::error::same_length;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::PAGE;
use crate::handle::latest_by_env::EnvMark;
use crate::handle::observer;
use crate::handle::observer::{
    Batch, Batches, Gathered, PeerState, Read, ReaderCore, Start, check_metas, gathered, promise,
};
use crate::ring::cursors;
use crate::ring::meta::Meta;
use crate::ring::slot::UNIT_RECORD;
use crate::ring::wait::Wait;
use crate::schema::canonical::Schema;
use crate::schema::record::Record;
use crate::segment::attached::{Segment, Touch};
use crate::segment::header::{RingInfo, SlotRows};
use crate::segment::role_page::{RolePage, name_holder};
use crate::segment::roles::HeldRole;
use crate::sys::arch::pays_to_evict;
use crate::sys::kill;
use crate::sys::os;
use crate::sys::words::Shared;
use crate::sys::writable::Writable;
use std::marker::PhantomData;

/// When a [`Consumer`] gives slots back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commit {
    /// When [`Consumer::commit`] is called. A record read but not committed is read again by a successor.
    Manual,
    /// By itself, at every 32nd record (or half of the ring, if that is less) and when the ring is dry. What was read
    /// since then is read again by a successor.
    Auto,
}

/// Records between two commits of [`Commit::Auto`].
const AUTO_EVERY: u64 = 32;

/// A consumer without the record's type.
#[derive(Debug)]
pub(crate) struct ConsumerCore {
    pub(crate) reader: ReaderCore,
    lock: HeldRole,
    cursor: Shared,
    committed: u64,
    commit: Commit,
    /// Whether slots that were read in a batch are dropped from the caches; see [`evicts`].
    evicts: bool,
    page: RolePage,
    _cursor_page: Writable,
}

/// The least slots of a ring whose batches are dropped from the caches: below that the writer is back too soon.
const EVICT_FROM: u64 = 256;

/// Whether a consumer drops what it has read in a batch from the caches. A store to a line that another core still has in its
/// cache waits until it is gone from there, and the writer comes back to every slot: so on some processors it pays to let go
/// of them where they would be there still, in a ring that fits into a core's own cache. Where others read the ring too, they
/// may be behind.
fn evicts(info: &RingInfo) -> bool {
    let cache = match os::core_cache() {
        0 => 1 << 20,
        size => size,
    };
    info.consumers == 1 && info.capacity >= EVICT_FROM && info.place.data_len <= cache && pays_to_evict()
}

/// A consuming role of a ring, with all that can fail behind it: nothing in the segment has changed yet, and dropping it
/// changes nothing.
#[derive(Debug)]
pub(crate) struct ConsumerRole {
    reader: ReaderCore,
    k: usize,
    lock: HeldRole,
    page: RolePage,
    cursor_page: Writable,
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

    /// Starts after what a predecessor has committed.
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

    /// The record at hand has been copied out, so that everything read so far may go.
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

    #[inline(always)]
    pub(crate) fn try_batch(
        &mut self,
        size: usize,
        bytes: &mut [u8],
        meta: impl FnMut(usize, Meta),
    ) -> Batch {
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

    /// As [`ConsumerCore::try_batch`], where the size is known only now.
    pub(crate) fn try_batch_of_any(&mut self, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch {
        match self.reader.info.record_size {
            UNIT_RECORD => self.try_batch(UNIT_RECORD, bytes, meta),
            size => self.try_batch(size, bytes, meta),
        }
    }

    /// As [`ReaderCore::try_latest_by_env`].
    pub(crate) fn try_latest_by_env(&mut self, rows: &mut [u8], marks: &mut [EnvMark]) -> Gathered {
        let gathered = self.reader.try_latest_by_env(rows, marks);
        if self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        gathered
    }

    /// Whether the next read gives something; if not, an auto-committing consumer commits, because the writer may be
    /// waiting for that.
    pub(crate) fn has_news(&mut self) -> bool {
        let news = self.reader.reader.is_readable();
        if !news && self.commit == Commit::Auto {
            self.auto_commit(Read::Empty);
        }
        news
    }

    /// As [`ReaderCore::wait_for_news`].
    pub(crate) fn wait_for_news(&mut self, wait: Wait) -> Result<Read> {
        self.wait_with(wait, |core| promise(core.reader.is_readable()))
    }

    pub(crate) fn wait_with(
        &mut self,
        wait: Wait,
        mut step: impl FnMut(&mut ReaderCore) -> Read,
    ) -> Result<Read> {
        if self.commit == Commit::Auto {
            // The ring may be dry, and the writer waiting for what has been read: commit before waiting, not after.
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

    /// Gives back everything up to a sequence that was read.
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
    #[inline(always)]
    fn try_batch(&mut self, size: usize, bytes: &mut [u8], meta: impl FnMut(usize, Meta)) -> Batch {
        Self::try_batch(self, size, bytes, meta)
    }
    fn wait_for_records(&mut self, n: u64, wait: Wait) -> Result<Read> {
        let n = n.min(self.reader.info.capacity / 2);
        self.wait_with(wait, |core| promise(core.reader.has_records(n)))
    }
}

/// As [`observer::next_batch`](crate::handle::observer::next_batch), of a consumer: the writer keeps no more than a ring.
#[inline(always)]
pub(crate) fn next_batch(
    core: &mut ConsumerCore,
    size: usize,
    bytes: &mut [u8],
    at_least: usize,
    wait: Wait,
    meta: impl FnMut(usize, Meta),
) -> Result<Batch> {
    let slots = core.reader.info.capacity as usize;
    if at_least > slots {
        return Err(observer::too_many("the writer stops when its ring is full", slots, at_least));
    }
    observer::next_batch(core, size, bytes, at_least, wait, meta)
}

/// As [`next_batch`], where the size is known only now.
pub(crate) fn next_batch_of_any(
    core: &mut ConsumerCore,
    bytes: &mut [u8],
    at_least: usize,
    wait: Wait,
    meta: impl FnMut(usize, Meta),
) -> Result<Batch> {
    match core.reader.info.record_size {
        UNIT_RECORD => next_batch(core, UNIT_RECORD, bytes, at_least, wait, meta),
        size => next_batch(core, size, bytes, at_least, wait, meta),
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
    }
}

/// Consumer `k` of a ring: its writer keeps every record until it is committed here, whoever holds the role.
///
/// It holds the role until it is dropped or its process ends; a successor starts after what was committed. It may be
/// sent to another thread but is used by one at a time.
#[derive(Debug)]
pub struct Consumer<T> {
    pub(crate) core: ConsumerCore,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Consumer<T> {
    /// Takes the role. [`ErrorKind::RoleHeld`], [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`],
    /// [`ErrorKind::Superseded`], [`ErrorKind::ReadOnly`]. On a ring of [`Policy::Release`](crate::Policy::Release) the
    /// first read says how many records the writer went over while nobody held the role.
    pub fn open(segment: &Segment, ring: &str, k: usize, commit: Commit) -> Result<Self> {
        ConsumerCore::open(segment, ring, k, T::schema(), commit).map(Self::over)
    }

    pub(crate) fn over(core: ConsumerCore) -> Self {
        Self { core, record: PhantomData }
    }

    /// The next record. Makes no system call.
    #[inline(always)]
    pub fn try_next(&mut self, record: &mut T) -> Read {
        self.core.try_next(bytemuck::bytes_of_mut(record))
    }

    /// As [`Consumer::try_next`], waiting as [`Observer::next`](crate::Observer::next) does.
    pub fn next(&mut self, record: &mut T, wait: Wait) -> Result<Read> {
        self.core.wait_with(wait, |core| core.try_next(bytemuck::bytes_of_mut(record)))
    }

    /// As [`Observer::try_next_batch`](crate::Observer::try_next_batch). Where this is the ring's only consumer, and the ring
    /// is no larger than a core's own cache, the slots are dropped from the caches once they were copied: the writer's
    /// next stores to them are faster by that.
    pub fn try_next_batch(&mut self, records: &mut [T], meta: &mut [Meta]) -> Result<Batch> {
        check_metas(records.len(), meta)?;
        let (size, bytes) = (size_of::<T>(), bytemuck::cast_slice_mut(records));
        if meta.is_empty() {
            return Ok(self.core.try_batch(size, bytes, |_, _| ()));
        }
        Ok(self.core.try_batch(size, bytes, |i, m| meta[i] = m))
    }

    /// As [`Observer::next_batch`](crate::Observer::next_batch). More than the ring has slots cannot be waited for
    /// ([`ErrorKind::InvalidArgument`]); nor do more come than the ring holds beside what was read and not committed.
    pub fn next_batch(
        &mut self,
        records: &mut [T],
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        check_metas(records.len(), meta)?;
        let bytes = bytemuck::cast_slice_mut(records);
        next_batch(&mut self.core, size_of::<T>(), bytes, at_least, wait, |i, m| {
            if let Some(place) = meta.get_mut(i) {
                *place = m;
            }
        })
    }

    /// As [`Observer::try_latest_by_env`](crate::Observer::try_latest_by_env). It counts as reading everything there
    /// is, so that a commit gives all of it back.
    pub fn try_latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark]) -> Result<Gathered> {
        same_length("marks", rows.len(), marks.len())?;
        Ok(self.core.try_latest_by_env(bytemuck::cast_slice_mut(rows), marks))
    }

    /// As [`Consumer::try_latest_by_env`], waiting as [`Observer::next`](crate::Observer::next) does until there is
    /// anything new.
    pub fn latest_by_env(&mut self, rows: &mut [T], marks: &mut [EnvMark], wait: Wait) -> Result<Gathered> {
        same_length("marks", rows.len(), marks.len())?;
        let end = self.core.wait_for_news(wait)?;
        Ok(gathered(self.core.try_latest_by_env(bytemuck::cast_slice_mut(rows), marks), end))
    }

    /// Gives everything that was read back to the writer. [`ErrorKind::Forked`] in a child of the process.
    #[inline]
    pub fn commit(&mut self) -> Result<()> {
        self.core.commit_to(self.core.read_up_to())
    }

    /// Gives back everything up to a sequence. [`ErrorKind::OutOfRange`] if it was not read, or committed before.
    pub fn commit_to(&mut self, sequence: u64) -> Result<()> {
        self.core.commit_to(sequence)
    }

    /// The last sequence that was read.
    pub fn read_up_to(&self) -> u64 {
        self.core.read_up_to()
    }

    /// Asks the kernel whether the writer lives.
    pub fn peer_state(&self) -> Result<PeerState> {
        self.core.reader.peer_state()
    }
}
