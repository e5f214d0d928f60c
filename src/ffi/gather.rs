// C header: ring
//! Gathering: batches that are waited for, the newest record of each environment, and several rings at once.

use super::boundary::{Out, act, answer, block, input, invalid, list, out, wanted};
use super::controller::leyline_controller_t;
use super::handle::{Handle, mark, marked, open, open_mut, type_of, unmark};
use super::rings::{
    ConsumerHandle, MetaRecord, NoticeRecord, ObserverHandle, PeerRecord, bytes_of, meta, peer, read_batch,
    size_of_record, told, wait, wrong_size,
};
use super::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::consumer;
use crate::handle::latest_by_env::EnvMark;
use crate::handle::observer;
use crate::handle::observer::Read;
use crate::handle::observer::{Gathered, gathered};
use crate::handle::wait_any::{News, Source, Sources, Watch, wait_on};
use crate::segment::header::RingInfo;
use std::ffi::c_void;

/// What one gathering by environment gave.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GatheredRecord {
    /// Sequences read.
    pub read: u64,
    /// Exactly how many sequences were missed because the writer overtook this reader.
    pub missed: u64,
    /// Rows that hold a new record.
    pub changed: u64,
    /// Records of an environment that the block has no row for.
    pub outside: u64,
}

/// A block to be gathered into, with its marks.
struct Block<'a> {
    rows: &'a mut [u8],
    marks: &'a mut [EnvMark],
    places: Places,
}

/// Where a gathering leaves what it found. Made before anything is read.
pub(super) struct Places {
    gathered: Out<GatheredRecord>,
    notice: Out<NoticeRecord>,
}

impl Block<'_> {
    unsafe fn at(
        info: &RingInfo,
        (rows, size, marks, envs): (*mut c_void, usize, *mut EnvMark, usize),
        (gathered, notice): (*mut GatheredRecord, *mut NoticeRecord),
    ) -> Result<Self> {
        if size != info.record_size {
            return Err(wrong_size(info, info.record_size, size));
        }
        // SAFETY: promises 1 and 3.
        unsafe {
            let places = Places::at(gathered, notice)?;
            let rows = block(rows.cast::<u8>(), bytes_of(size, envs)?, "rows")?;
            Ok(Self { rows, marks: block(marks, envs, "marks")?, places })
        }
    }
}

impl Places {
    pub(super) unsafe fn at(gathered: *mut GatheredRecord, notice: *mut NoticeRecord) -> Result<Self> {
        // SAFETY: promise 1.
        unsafe { Ok(Self { gathered: wanted(gathered, "gathered")?, notice: wanted(notice, "notice")? }) }
    }

    pub(super) fn give(self, found: Gathered) -> Status {
        let Gathered { read, missed, changed, outside, end } = found;
        self.gathered.set(GatheredRecord { read, missed, changed: changed as u64, outside });
        match end {
            Read::Empty if read > 0 => LEYLINE_OK,
            end => told(end, self.notice),
        }
    }
}

/// What stands beside the record in a gathered row, as a read of that record would give it.
///
/// @param mark  the row's mark
/// @param meta  all zero while the environment was never seen
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_env_mark_meta(mark: *const EnvMark, meta: *mut MetaRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(meta, "meta")?;
        place.set(self::meta(input(mark, "mark")?.meta()));
        Ok(())
    })
}

/// As leyline_observer_try_next_batch, waiting until at_least so many records have come: 1 for whatever there is,
/// capacity for a full block, 0 not to wait.
///
/// @param observer    the observer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param at_least    how many to wait for; at most capacity
/// @param records     the block: capacity times size bytes. From *count on its contents are unspecified.
/// @param size        bytes of one record: the ring's record size
/// @param capacity    records that there is room for
/// @param meta        capacity entries, one for each record read; or NULL
/// @param count       how many were read; written whenever the status is not an error
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK: one record or more, but fewer than at_least if the time was over; LEYLINE_EMPTY: none in
///                    time; LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED,
///                    LEYLINE_SUPERSEDED_NOTICE: that came after *count records, which may be 0;
///                    LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next_batch(
    observer: *mut ObserverHandle,
    strategy: u32,
    timeout_ns: u64,
    at_least: usize,
    records: *mut c_void,
    size: usize,
    capacity: usize,
    meta: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(observer, "observer")?.core;
        size_of_record(&core.info, size)?;
        let wait = wait(strategy, timeout_ns)?;
        read_batch((records, size, capacity), (meta, count, notice), |bytes, found| {
            observer::next_batch_of_any(core, bytes, at_least, wait, found)
        })
    })
}

/// As leyline_consumer_try_next_batch, waiting as leyline_observer_next_batch does. More than the ring has slots cannot
/// be waited for; nor do more come than the ring holds beside what was read and not committed.
///
/// @param consumer    the consumer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param at_least    how many to wait for; at most capacity, and the ring's slots
/// @param records     the block: capacity times size bytes. From *count on its contents are unspecified.
/// @param size        bytes of one record: the ring's record size
/// @param capacity    records that there is room for
/// @param meta        capacity entries, one for each record read; or NULL
/// @param count       how many were read; written whenever the status is not an error
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_observer_next_batch
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_next_batch(
    consumer: *mut ConsumerHandle,
    strategy: u32,
    timeout_ns: u64,
    at_least: usize,
    records: *mut c_void,
    size: usize,
    capacity: usize,
    meta: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(consumer, "consumer")?.core;
        size_of_record(&core.reader.info, size)?;
        let wait = wait(strategy, timeout_ns)?;
        read_batch((records, size, capacity), (meta, count, notice), |bytes, found| {
            consumer::next_batch_of_any(core, bytes, at_least, wait, found)
        })
    })
}

/// Reads everything there is and keeps the newest record of each environment: that of environment i in row i, whose mark
/// says which it is and whether it is new. Rows and marks are the caller's and are handed in again at the next call: a row
/// without a new record stays as it is. The marks start as zeros. Of a ring of several rows a slot it gathers the newest
/// row of each environment. Makes no system call and allocates nothing.
///
/// @param observer  the observer
/// @param rows      the block: envs times size bytes
/// @param size      bytes of one record: the ring's record size
/// @param marks     envs of them; inputs and outputs
/// @param envs      how many environments have a row
/// @param gathered  counts; written whenever the status is not an error; or NULL
/// @param notice    on LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one record or more was read; LEYLINE_EMPTY: none; LEYLINE_RESTARTED: after what was gathered
///                  comes a new writer, whose records the next call gathers; LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_latest_by_env(
    observer: *mut ObserverHandle,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut GatheredRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(observer, "observer")?.core;
        let block = Block::at(&core.info, (rows, size, marks, envs), (gathered, notice))?;
        let found = core.try_latest_by_env(block.rows, block.marks);
        Ok(block.places.give(found))
    })
}

/// As leyline_observer_try_latest_by_env, waiting as leyline_observer_next does until there is anything new.
///
/// @param observer    the observer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param rows        the block: envs times size bytes
/// @param size        bytes of one record: the ring's record size
/// @param marks       envs of them; inputs and outputs
/// @param envs        how many environments have a row
/// @param gathered    counts; written whenever the status is not an error; or NULL
/// @param notice      on LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_observer_try_latest_by_env; LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED,
///                    LEYLINE_SUPERSEDED_NOTICE: nothing came before that; LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_latest_by_env(
    observer: *mut ObserverHandle,
    strategy: u32,
    timeout_ns: u64,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut GatheredRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(observer, "observer")?.core;
        let wait = wait(strategy, timeout_ns)?;
        let block = Block::at(&core.info, (rows, size, marks, envs), (gathered, notice))?;
        let end = core.wait_for_news(wait)?;
        let found = self::gathered(core.try_latest_by_env(block.rows, block.marks), end);
        Ok(block.places.give(found))
    })
}

/// As leyline_observer_try_latest_by_env. It counts as reading everything there is: leyline_consumer_commit gives all of it
/// back.
///
/// @param consumer  the consumer
/// @param rows      the block: envs times size bytes
/// @param size      bytes of one record: the ring's record size
/// @param marks     envs of them; inputs and outputs
/// @param envs      how many environments have a row
/// @param gathered  counts; written whenever the status is not an error; or NULL
/// @param notice    on LEYLINE_RESTARTED; or NULL
/// @return          those of leyline_observer_try_latest_by_env
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_try_latest_by_env(
    consumer: *mut ConsumerHandle,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut GatheredRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(consumer, "consumer")?.core;
        let block = Block::at(&core.reader.info, (rows, size, marks, envs), (gathered, notice))?;
        let found = core.try_latest_by_env(block.rows, block.marks);
        Ok(block.places.give(found))
    })
}

/// As leyline_consumer_try_latest_by_env, waiting as leyline_observer_next does until there is anything new.
///
/// @param consumer    the consumer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param rows        the block: envs times size bytes
/// @param size        bytes of one record: the ring's record size
/// @param marks       envs of them; inputs and outputs
/// @param envs        how many environments have a row
/// @param gathered    counts; written whenever the status is not an error; or NULL
/// @param notice      on LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_observer_latest_by_env
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_latest_by_env(
    consumer: *mut ConsumerHandle,
    strategy: u32,
    timeout_ns: u64,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut GatheredRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let core = &mut open_mut(consumer, "consumer")?.core;
        let wait = wait(strategy, timeout_ns)?;
        let block = Block::at(&core.reader.info, (rows, size, marks, envs), (gathered, notice))?;
        let end = core.wait_for_news(wait)?;
        let found = self::gathered(core.try_latest_by_env(block.rows, block.marks), end);
        Ok(block.places.give(found))
    })
}

/// Handles to wait for, each an open one of a type that can be, marked as in use until this is dropped.
struct Handles<'a>(&'a [*mut c_void]);

/// A handle to wait for, by its type.
#[derive(Clone, Copy)]
enum Waited {
    Observer(*mut ObserverHandle),
    Consumer(*mut ConsumerHandle),
    Controller(*mut leyline_controller_t),
}

impl Waited {
    unsafe fn of(handle: *mut c_void) -> Result<Self> {
        // SAFETY: promise 2.
        Ok(match unsafe { type_of(handle, "sources") }? {
            ObserverHandle::OPEN => Self::Observer(handle.cast()),
            ConsumerHandle::OPEN => Self::Consumer(handle.cast()),
            leyline_controller_t::OPEN => Self::Controller(handle.cast()),
            _ => {
                return Err(invalid(
                    "sources",
                    "an open observer, consumer or controller handle",
                    "something else",
                ));
            }
        })
    }
}

impl<'a> Handles<'a> {
    unsafe fn of(handles: &'a [*mut c_void]) -> Result<Self> {
        let mut marked = Self(&[]);
        for (i, &handle) in handles.iter().enumerate() {
            // SAFETY: promise 2.
            let found = unsafe {
                match Waited::of(handle)? {
                    Waited::Observer(h) => mark(h, "sources"),
                    Waited::Consumer(h) => mark(h, "sources"),
                    Waited::Controller(h) => mark(h, "sources"),
                }
            };
            // One that is listed twice was marked here.
            if let Err(e) = found
                && !handles[..i].contains(&handle)
            {
                return Err(e);
            }
            marked.0 = &handles[..=i];
        }
        Ok(marked)
    }
}

impl Drop for Handles<'_> {
    fn drop(&mut self) {
        for &handle in self.0 {
            // SAFETY: promise 2: marked in `of`.
            unsafe {
                match Waited::of(handle) {
                    Ok(Waited::Observer(h)) => unmark(h),
                    Ok(Waited::Consumer(h)) => unmark(h),
                    Ok(Waited::Controller(h)) => unmark(h),
                    Err(_) => {}
                }
            }
        }
    }
}

impl Sources for Handles<'_> {
    fn at(&mut self, i: usize) -> Watch<'_> {
        let handle = self.0[i];
        // SAFETY: promise 2: marked in `of`, and used one at a time even if it is listed twice.
        let watch = unsafe {
            Waited::of(handle).map(|source| match source {
                Waited::Observer(h) => Watch::reader(&mut marked(h).core),
                Waited::Consumer(h) => Watch::consumer(&mut marked(h).core),
                Waited::Controller(h) => marked(h).controller.watch(),
            })
        };
        watch.expect("a handle was closed while it was waited for")
    }
}

/// Waits until one of several sources has news, and says of each what it has. No source is read from. An ending that stands
/// in news already is not told again and ends no wait, so that one dead trainer does not keep its controller from waiting for
/// the others; what its successor publishes is LEYLINE_NEWS_READABLE again. Whatever goes on elsewhere, each source's writer
/// is asked about every 5 ms. Sleeps on 128 rings at once; with more, or with read-only ones among them, it looks every
/// millisecond.
///
/// @param sources     handles: leyline_observer_t, leyline_consumer_t, leyline_controller_t (for its observations), in any mix
/// @param count       how many; at least 1
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param news        a leyline_news for each source; inputs and outputs: zeros at first, then as the last call left them
/// @return            LEYLINE_OK: there is something new; LEYLINE_EMPTY: not in time; LEYLINE_ERR_INVALID_ARGUMENT,
///                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time for each of the sources.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_wait_any(
    sources: *const *mut c_void,
    count: usize,
    strategy: u32,
    timeout_ns: u64,
    news: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let wait = wait(strategy, timeout_ns)?;
        let mut handles = Handles::of(list(sources, count, "sources")?)?;
        let numbers = block(news, count, "news")?;
        if let Some(found) = numbers.iter().find(|&&n| n > News::Superseded as u32) {
            return Err(Error::new(ErrorKind::InvalidEnum)
                .about("news")
                .expected_found("0 to 4", found.to_string()));
        }
        // SAFETY: `News` is a u32, and every number is one of its values.
        let news = std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast::<News>(), numbers.len());
        Ok(if wait_on(&mut handles, news, wait)? { LEYLINE_OK } else { LEYLINE_EMPTY })
    })
}

/// Asks the kernel whether the writer of a reader's ring lives.
///
/// @param reader  a leyline_observer_t, leyline_consumer_t or leyline_controller_t (its trainer)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_peer_state(reader: *const c_void, peer: *mut PeerRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(peer, "peer")?;
        let state = match Waited::of(reader.cast_mut())? {
            Waited::Observer(h) => open(h, "reader")?.core.peer_state()?,
            Waited::Consumer(h) => open(h, "reader")?.core.reader.peer_state()?,
            Waited::Controller(h) => open(h, "reader")?.controller.trainer_state()?,
        };
        place.set(self::peer(state));
        Ok(())
    })
}
