// C header: ring
//! Shared by all reads: their outputs, and the room that the caller has.

use super::boundary::pointer::{Out, block, invalid, out, pointer, wanted};
use super::boundary::status::{
    LEYLINE_CANCELLED, LEYLINE_EMPTY, LEYLINE_INTERRUPTED, LEYLINE_LAPPED, LEYLINE_OK, LEYLINE_RESTARTED,
    LEYLINE_SUPERSEDED_NOTICE, LEYLINE_TIMED_OUT, LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED,
    LEYLINE_WRITER_FAILED, Status, remember,
};
use super::stamp::{leyline_meta_t, meta};
use super::wait::{given, leyline_wait_t};
use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::batches::Batches;
use crate::handle::latest_by_env::EnvMark;
use crate::handle::read::{Gathered, Read};
use crate::handle::reader_core::{ReaderCore, Which};
use crate::ring::meta::{Flags, Meta};
use crate::ring::state::Ending;
use crate::segment::header::RingInfo;
use crate::sys::lock::forked;
use std::ffi::c_void;

/// The details of LEYLINE_LAPPED and LEYLINE_RESTARTED.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_notice_t {
    /// LEYLINE_LAPPED: exactly how many records were missed; else 0.
    pub missed: u64,
    /// LEYLINE_LAPPED: the sequence that the next read tries; else 0.
    pub next: u64,
    /// LEYLINE_RESTARTED: the new writer generation; else 0.
    pub generation: u64,
    /// LEYLINE_RESTARTED: its first sequence; else 0.
    pub first_sequence: u64,
}

/// The result of one gathering by environment.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_gathered_t {
    /// Sequences read.
    pub read: u64,
    /// Exactly how many sequences were missed because the writer overtook this reader.
    pub missed: u64,
    /// Rows that hold a new record.
    pub changed: u64,
    /// Records of an environment that the block has no row for.
    pub outside: u64,
}

/// Returns true for what [`size_of_record`] accepts.
#[inline(always)]
pub(super) fn fits_record(info: &RingInfo, size: usize) -> bool {
    size == info.record_size && info.rows == 1
}

#[inline(always)]
pub(super) fn size_of_record(info: &RingInfo, size: usize) -> Result<()> {
    if fits_record(info, size) { Ok(()) } else { Err(wrong_size(info, info.record_size, size)) }
}

#[cold]
pub(super) fn wrong_size(info: &RingInfo, expected: usize, found: usize) -> Error {
    let e = Error::new(ErrorKind::InvalidArgument).about(format!("size, for ring \"{}\"", info.name));
    if found == expected {
        return e
            .expected_found("a ring of 1 row a slot", info.rows.to_string())
            .help("call the function whose name ends in _rows");
    }
    e.expected_found(format!("{expected} bytes"), found.to_string())
}

/// Bytes of so many records, or numbers of so many rows.
pub(super) fn bytes_of(size: usize, count: usize) -> Result<usize> {
    size.checked_mul(count).ok_or_else(|| invalid("count", "a block that fits the address space", "more"))
}

/// Checks the bytes of a slot of rows.
pub(super) fn size_of_rows(info: &RingInfo, size: usize) -> Result<()> {
    let (found, expected) = (size, info.record_size * info.rows);
    if info.rows < 2 {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("ring \"{}\"", info.name))
            .expected_found("2 rows a slot or more", info.rows.to_string())
            .help("call the function whose name does not end in _rows"));
    }
    if found == expected { Ok(()) } else { Err(wrong_size(info, expected, found)) }
}

/// Returns a place for one record of a ring.
pub(super) fn scratch(info: &RingInfo) -> Box<[u8]> {
    vec![0; info.record_size].into_boxed_slice()
}

/// The outputs of a read. Made before anything is read.
pub(super) struct Found {
    meta: Out<leyline_meta_t>,
    notice: Out<leyline_notice_t>,
}

impl Found {
    #[inline(always)]
    pub(super) unsafe fn at(meta: *mut leyline_meta_t, notice: *mut leyline_notice_t) -> Result<Self> {
        // SAFETY: promise 1.
        unsafe { Ok(Self { meta: wanted(meta, "meta")?, notice: wanted(notice, "notice")? }) }
    }

    /// Returns true for what [`Found::at`] accepts.
    #[inline(always)]
    pub(super) fn fits(meta: *const leyline_meta_t, notice: *const leyline_notice_t) -> bool {
        meta.is_aligned() && notice.is_aligned()
    }

    /// Gives a read's status; `take` hands the record over.
    #[inline(always)]
    pub(super) fn give(self, read: Read, take: impl FnOnce()) -> Status {
        if let Read::Record(found) = read {
            take();
            self.meta.set(meta(found));
            return LEYLINE_OK;
        }
        told(read, self.notice)
    }
}

#[inline]
pub(super) fn told(read: Read, notice: Out<leyline_notice_t>) -> Status {
    const NOTHING: leyline_notice_t =
        leyline_notice_t { missed: 0, next: 0, generation: 0, first_sequence: 0 };
    match read {
        Read::Record(_) => LEYLINE_OK,
        Read::Empty => LEYLINE_EMPTY,
        Read::TimedOut => LEYLINE_TIMED_OUT,
        Read::Cancelled => LEYLINE_CANCELLED,
        Read::Interrupted => LEYLINE_INTERRUPTED,
        Read::Lapped { missed, next } => {
            notice.set(leyline_notice_t { missed, next, ..NOTHING });
            LEYLINE_LAPPED
        }
        Read::Restarted { generation, first_sequence } => {
            notice.set(leyline_notice_t { generation, first_sequence, ..NOTHING });
            LEYLINE_RESTARTED
        }
        Read::WriterGone(Ending::Closed) => LEYLINE_WRITER_CLOSED,
        Read::WriterGone(Ending::Failed) => LEYLINE_WRITER_FAILED,
        Read::WriterGone(Ending::Died) => LEYLINE_WRITER_DIED,
        Read::Superseded => LEYLINE_SUPERSEDED_NOTICE,
        Read::Forked => remember(forked()),
    }
}

/// Reads one record, whose size was checked, through the handle's scratch, so that the caller's is
/// written only by a record that is whole.
#[inline(always)]
pub(super) unsafe fn read_one(
    (record, size): (*mut c_void, usize),
    (meta, notice): (*mut leyline_meta_t, *mut leyline_notice_t),
    scratch: &mut [u8],
    read: impl FnOnce(&mut [u8]) -> Result<Read>,
) -> Result<Status> {
    // SAFETY: promises 1 and 3.
    unsafe {
        let found = Found::at(meta, notice)?;
        let record = block(record.cast::<u8>(), size, "record")?;
        let read = read(scratch)?;
        Ok(found.give(read, || record.copy_from_slice(scratch)))
    }
}

/// Reads records straight into the caller's block.
pub(super) unsafe fn read_batch(
    core: &mut impl Batches,
    (wait, at_least): (*const leyline_wait_t, usize),
    (records, size, capacity): (*mut c_void, usize, usize),
    (metas, count, notice): (*mut leyline_meta_t, *mut usize, *mut leyline_notice_t),
) -> Result<Status> {
    size_of_record(&core.reader().info, size)?;
    // SAFETY: promises 1 and 3; a batch has at most as many records as there is room for.
    unsafe {
        let (count, notice) = (out(count, "count")?, wanted(notice, "notice")?);
        let records = block(records.cast::<u8>(), bytes_of(size, capacity)?, "records")?;
        let wait = given(wait)?;
        let mut read = |found: &mut dyn FnMut(usize, Meta)| match wait {
            None => Ok(core.try_batch_of_any(records, found)),
            Some(wait) => core.next_batch_of_any(records, at_least.max(1), wait, found),
        };
        let batch = if metas.is_null() {
            read(&mut |_, _| ())?
        } else {
            let metas = pointer(metas, "meta")?;
            bytes_of(size_of::<leyline_meta_t>(), capacity)?;
            read(&mut |i, found| metas.add(i).write(meta(found)))?
        };
        count.set(batch.count);
        Ok(match batch.end {
            Read::Empty | Read::TimedOut if batch.count > 0 => LEYLINE_OK,
            end => told(end, notice),
        })
    }
}

/// Gathers by environment into the caller's block.
pub(super) unsafe fn read_latest_by_env(
    core: &mut impl Batches,
    wait: *const leyline_wait_t,
    (rows, size, marks, envs): (*mut c_void, usize, *mut EnvMark, usize),
    (gathered, notice): (*mut leyline_gathered_t, *mut leyline_notice_t),
) -> Result<Status> {
    let info = &core.reader().info;
    if size != info.record_size {
        return Err(wrong_size(info, info.record_size, size));
    }
    // SAFETY: promises 1 and 3.
    unsafe {
        let places = Places::at(gathered, notice)?;
        let rows = block(rows.cast::<u8>(), bytes_of(size, envs)?, "rows")?;
        let marks = block(marks, envs, "marks")?;
        Ok(places.give(core.latest_by_env(rows, marks, given(wait)?)?))
    }
}

/// Reads one slot of rows straight into the caller's block and columns.
pub(super) unsafe fn read_rows(
    core: &mut ReaderCore,
    which: Which,
    wait: *const leyline_wait_t,
    (rows, size, env, flags): (*mut c_void, usize, *mut u16, *mut u8),
    (meta, notice): (*mut leyline_meta_t, *mut leyline_notice_t),
) -> Result<Status> {
    size_of_rows(&core.info, size)?;
    let n = core.info.rows;
    // SAFETY: promises 1 and 3.
    unsafe {
        let rows = block(rows.cast::<u8>(), size, "rows")?;
        let found = Found::at(meta, notice)?;
        let (env, flags) = (block(env, n, "env")?, block(flags.cast::<Flags>(), n, "flags")?);
        Ok(found.give(core.read_rows(which, given(wait)?, rows, env, flags)?, || ()))
    }
}

/// The outputs of a gathering. Made before anything is read.
pub(super) struct Places {
    gathered: Out<leyline_gathered_t>,
    notice: Out<leyline_notice_t>,
}

impl Places {
    pub(super) unsafe fn at(
        gathered: *mut leyline_gathered_t,
        notice: *mut leyline_notice_t,
    ) -> Result<Self> {
        // SAFETY: promise 1.
        unsafe { Ok(Self { gathered: wanted(gathered, "gathered")?, notice: wanted(notice, "notice")? }) }
    }

    pub(super) fn give(self, found: Gathered) -> Status {
        let Gathered { read, missed, changed, outside, end } = found;
        self.gathered.set(leyline_gathered_t { read, missed, changed: changed as u64, outside });
        match end {
            Read::Empty | Read::TimedOut if read > 0 => LEYLINE_OK,
            end => told(end, self.notice),
        }
    }
}
