// C header: ring
//! Observers: readers that the writer does not wait for.

use super::boundary::call::{act, act_whole, answer};
use super::boundary::handle::{close, give, handles, open, open_mut, seen, slot};
use super::boundary::status::{LEYLINE_EMPTY, Status};
use super::boundary::{pointer::wanted, string::text};
use super::reading::{
    Found, fits_record, leyline_gathered_t, leyline_notice_t, read_batch, read_latest_by_env, read_one,
    read_rows, scratch, size_of_record,
};
use super::wait::{given, leyline_wait_t};
use super::{
    enumerations::leyline_start, schema::leyline_schema_t, segment::leyline_segment_t, stamp::leyline_meta_t,
};
use crate::handle::latest_by_env::EnvMark;
use crate::handle::reader_core::{ReaderCore, Which};
use crate::segment::header::SlotRows;
use std::ffi::{c_char, c_void};

/// A reader that the writer does not wait for.
pub struct leyline_observer_t {
    pub(super) core: ReaderCore,
    scratch: Box<[u8]>,
}

handles!(leyline_observer_t: "observer" waits by |h| &h.core.canceller);

/// Returns a handle that reads with `core`.
pub(super) fn observer_handle(core: ReaderCore) -> leyline_observer_t {
    let scratch = scratch(&core.info);
    leyline_observer_t { core, scratch }
}

/// Opens a ring for reading.
///
/// @param schema    what the caller means by the ring's record
/// @param start     a leyline_start
/// @param sequence  where to start with LEYLINE_START_AT, else ignored
/// @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_open(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    schema: *const leyline_schema_t,
    start: u32,
    sequence: u64,
    observer: *mut *mut leyline_observer_t,
) -> Status {
    act_whole!({
        let observer = slot(observer)?;
        let start = leyline_start::read(start, sequence)?;
        let segment = &open(segment, "segment")?.segment;
        let core = ReaderCore::open(
            segment,
            text(ring, "ring")?,
            &open(schema, "schema")?.schema,
            SlotRows::Any,
            start,
        )?;
        observer.set(give(observer_handle(core)));
    })
}

/// Reads the next record, in order. Allocates nothing.
///
/// @param wait    or NULL: does not wait
/// @param record  written on LEYLINE_OK only
/// @param size    the ring's record size
/// @param meta    set on LEYLINE_OK; or NULL
/// @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        LEYLINE_OK; LEYLINE_LAPPED, LEYLINE_RESTARTED: nothing was read; LEYLINE_EMPTY
///                (wait NULL),
///                LEYLINE_TIMED_OUT; with a wait also LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_FAILED,
///                LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE, each once all records are read;
///                LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    record: *mut c_void,
    size: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if wait.is_null()
            && !record.is_null()
            && Found::fits(meta, notice)
            && let Some(open) = seen(observer)
            && fits_record(&open.core.info, size)
            && !open.core.reader.is_readable()
        {
            return LEYLINE_EMPTY;
        }
        next_slow(observer, wait, record, size, meta, notice)
    }
}

/// Reads a record for [`leyline_observer_next`], or waits for one; and every error. In the C
/// calling convention, nothing unwinds out of it, and the empty poll before it may end with a jump
/// to it.
#[inline(never)]
unsafe extern "C" fn next_slow(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    record: *mut c_void,
    size: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let leyline_observer_t { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| {
            core.try_or_wait(given(wait)?, |core| core.try_next(bytes))
        })?
    })
}

/// Reads the newest record unless it was read before; its meta says how many were skipped.
///
/// @param wait    or NULL: does not wait
/// @param record  written on LEYLINE_OK only
/// @param size    the ring's record size
/// @param meta    set on LEYLINE_OK; or NULL
/// @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        those of leyline_observer_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_latest(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    record: *mut c_void,
    size: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let leyline_observer_t { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| {
            core.try_or_wait(given(wait)?, |core| core.try_latest(bytes))
        })?
    })
}

/// Reads as many of the next records as there are and fit, in order. Allocates nothing.
///
/// @param wait      or NULL: does not wait, whatever at_least says
/// @param at_least  how many to wait for, at most capacity; 0: 1
/// @param records   capacity times size bytes; unspecified beyond count records
/// @param size      bytes of one record
/// @param capacity  records that there is room for
/// @param metas     capacity of them; or NULL
/// @param count     how many were read; written whenever the status is not an error
/// @param notice    set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one or more, and fewer than at_least if the time ran out; else
///                  those of leyline_observer_next, for what came after the count records
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next_batch(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    at_least: usize,
    records: *mut c_void,
    size: usize,
    capacity: usize,
    metas: *mut leyline_meta_t,
    count: *mut usize,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let core = &mut open_mut(observer, "observer")?.core;
        read_batch(core, (wait, at_least), (records, size, capacity), (metas, count, notice))?
    })
}

/// Reads the next slot of rows with its environments and flags. Allocates nothing. The outputs are
/// unspecified unless the status is LEYLINE_OK.
///
/// @param wait    or NULL: does not wait
/// @param rows    C-contiguous
/// @param size    bytes of all rows
/// @param env     one for each row of a slot
/// @param flags   LEYLINE_FLAG_... bits, one for each row of a slot
/// @param meta    set on LEYLINE_OK; or NULL
/// @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        those of leyline_observer_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next_rows(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    rows: *mut c_void,
    size: usize,
    env: *mut u16,
    flags: *mut u8,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let core = &mut open_mut(observer, "observer")?.core;
        read_rows(core, Which::Next, wait, (rows, size, env, flags), (meta, notice))?
    })
}

/// Reads the newest slot of rows unless it was read before, as leyline_observer_next_rows.
///
/// @param wait    or NULL: does not wait
/// @param rows    C-contiguous
/// @param size    bytes of all rows
/// @param env     one for each row of a slot
/// @param flags   LEYLINE_FLAG_... bits, one for each row of a slot
/// @param meta    set on LEYLINE_OK; or NULL
/// @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        those of leyline_observer_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_latest_rows(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    rows: *mut c_void,
    size: usize,
    env: *mut u16,
    flags: *mut u8,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let core = &mut open_mut(observer, "observer")?.core;
        read_rows(core, Which::Newest, wait, (rows, size, env, flags), (meta, notice))?
    })
}

/// Reads all there is and keeps the newest record of each environment, that of environment i in row
/// i. A row without a new record stays as it is, and its mark says so. Of slots of several rows it
/// keeps the newest row of each environment.
///
/// @param wait      or NULL: does not wait for a record
/// @param rows      envs times size bytes; handed in again by the next call
/// @param size      bytes of one record
/// @param marks     envs of them, zeros at first; handed in again by the next call
/// @param envs      environments that have a row
/// @param gathered  written whenever the status is not an error; or NULL
/// @param notice    set on LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one record or more; LEYLINE_RESTARTED: a new writer's records come
///                  with the next call; else those of leyline_observer_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_latest_by_env(
    observer: *mut leyline_observer_t,
    wait: *const leyline_wait_t,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut leyline_gathered_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let core = &mut open_mut(observer, "observer")?.core;
        read_latest_by_env(core, wait, (rows, size, marks, envs), (gathered, notice))?
    })
}

/// Moves to another place in the ring.
///
/// @param start     a leyline_start
/// @param sequence  where to go with LEYLINE_START_AT, else ignored
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_seek(
    observer: *mut leyline_observer_t,
    start: u32,
    sequence: u64,
) -> Status {
    act!({
        let start = leyline_start::read(start, sequence)?;
        open_mut(observer, "observer")?.core.seek(start);
    })
}

/// Tells where the observer and the writer are.
///
/// @param next       the sequence that the next read tries; or NULL
/// @param published  the last sequence that the writer has published; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_position(
    observer: *const leyline_observer_t,
    next: *mut u64,
    published: *mut u64,
) -> Status {
    act!({
        let (next, published) = (wanted(next, "next")?, wanted(published, "published")?);
        let reader = &open(observer, "observer")?.core.reader;
        next.set(reader.next());
        published.set(reader.ring.newest());
    })
}

/// Ends the handle.
///
/// @param observer  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_close(observer: *mut leyline_observer_t) -> Status {
    act!(close(observer, "observer")?)
}
