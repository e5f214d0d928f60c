// C header: ring
//! Writers, observers and consumers of records known by their schema.

use super::boundary::{act, act_whole, answer, block, invalid, list, optional, out, text, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::numbers::{CommitNumber, PeerNumber, StartNumber, WaitNumber};
use super::schema::SchemaHandle;
use super::segment::SegmentHandle;
use super::status::{
    LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_OK, LEYLINE_RESTARTED, LEYLINE_SUPERSEDED_NOTICE,
    LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED, Status,
};
use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::consumer::ConsumerCore;
use crate::handle::observer::{Batch, Ending, PeerState, Read, ReaderCore};
use crate::handle::writer::WriterCore;
use crate::ring::meta::{Flags, Meta, Stamp};
use crate::ring::slot::Slot;
use crate::ring::wait::Wait;
use crate::segment::header::RingInfo;
use crate::segment::header::SlotRows;
use crate::sys::words::Shared;
use std::ffi::{c_char, c_void};
use std::time::Duration;

/// The writer of a ring. Holds the ring's writing role until it is closed. Used by one thread at a time.
pub struct WriterHandle {
    pub(super) core: WriterCore,
    /// What leyline_writer_loan gives out, in words so that it is aligned for any record; empty until then.
    loan: Box<[u64]>,
}

/// A reader that the writer does not wait for. Used by one thread at a time.
pub struct ObserverHandle {
    pub(super) core: ReaderCore,
    scratch: Box<[u8]>,
}

/// A reader that the writer waits for. Holds the role until it is closed. Used by one thread at a time.
pub struct ConsumerHandle {
    pub(super) core: ConsumerCore,
    scratch: Box<[u8]>,
}

handles!(WriterHandle: "writer", ObserverHandle: "observer", ConsumerHandle: "consumer");

/// The first observation of an episode: a bit of the flags of a stamp and a meta.
pub const LEYLINE_FLAG_FIRST: u8 = 1;
/// The episode ended by itself.
pub const LEYLINE_FLAG_TERMINATED: u8 = 2;
/// The episode was cut off.
pub const LEYLINE_FLAG_TRUNCATED: u8 = 4;
/// A value was not finite or outside its bounds and was replaced.
pub const LEYLINE_FLAG_SANITIZED: u8 = 8;

const _: () = {
    assert!(LEYLINE_FLAG_FIRST == Flags::FIRST.bits() && LEYLINE_FLAG_TERMINATED == Flags::TERMINATED.bits());
    assert!(
        LEYLINE_FLAG_TRUNCATED == Flags::TRUNCATED.bits()
            && LEYLINE_FLAG_SANITIZED == Flags::SANITIZED.bits()
    );
};

/// What a writer puts beside a record.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct StampRecord {
    /// CLOCK_MONOTONIC nanoseconds, kept to 16 ns; 0 for unknown. leyline_writer_now gives the ring's time.
    pub time_ns: u64,
    /// The environment the record belongs to.
    pub env: u16,
    /// LEYLINE_FLAG_... bits.
    pub flags: u8,
    /// 0.
    pub reserved: [u8; 5],
}

/// What a reader finds beside a record.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MetaRecord {
    /// The record's sequence in its ring; starts at 1 and never repeats.
    pub sequence: u64,
    /// When it was published, CLOCK_MONOTONIC nanoseconds to 16 ns; 0 for unknown: its writer gave none, or it is from
    /// before the last 32 times that the ring's times moved by more than 19 hours.
    pub time_ns: u64,
    /// The writer generation it was published in; 0 for unknown: the ring has had more than 128 writers since.
    pub generation: u64,
    /// Records passed over to get here: other than 0 only when the newest was asked for.
    pub skipped: u64,
    /// The environment it belongs to.
    pub env: u16,
    /// LEYLINE_FLAG_... bits.
    pub flags: u8,
    /// 0.
    pub reserved: [u8; 5],
}

// SAFETY: it is without padding and holds for any bytes.
unsafe impl bytemuck::Zeroable for MetaRecord {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for MetaRecord {}

/// What stands behind LEYLINE_LAPPED and LEYLINE_RESTARTED.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NoticeRecord {
    /// LEYLINE_LAPPED: exactly how many records were missed; else 0.
    pub missed: u64,
    /// LEYLINE_LAPPED: the sequence that the next read tries; else 0.
    pub next: u64,
    /// LEYLINE_RESTARTED: the new writer generation; else 0.
    pub generation: u64,
    /// LEYLINE_RESTARTED: its first sequence; else 0.
    pub first_sequence: u64,
}

/// What is known of the writer of a ring.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PeerRecord {
    /// LEYLINE_PEER_HELD: how long ago its newest record was stamped, ns; UINT64_MAX if that is not known. Silent is not
    /// stalled: it may have nothing to say. Else 0.
    pub silent_for_ns: u64,
    /// A leyline_peer.
    pub state: u32,
    /// 0.
    pub reserved: u32,
}

const ALL_FLAGS: u8 = 0xf;

#[cold]
fn no_flags(found: u8) -> Error {
    Error::new(ErrorKind::OutOfRange).about("flags").expected_found("bits of 0xf", format!("{found:#x}"))
}

/// Checks a stamp.
#[inline(always)]
pub(super) fn stamp(given: StampRecord) -> Result<Stamp> {
    if given.flags & !ALL_FLAGS != 0 {
        return Err(no_flags(given.flags));
    }
    Ok(Stamp { time_ns: given.time_ns, env: given.env, flags: Flags::from_bits(given.flags) })
}

/// Reads a stamp that may be NULL.
#[inline(always)]
pub(super) unsafe fn stamp_at(given: *const StampRecord) -> Result<Option<Stamp>> {
    if given.is_null() {
        return Ok(None);
    }
    let given = super::boundary::pointer(given.cast_mut(), "stamp")?.as_ptr();
    // Field by field, and volatile, or the compiler joins two: that would wait for the caller's stores, which are narrower.
    // SAFETY: promise 1.
    let (time_ns, env, flags) = unsafe {
        (
            (&raw const (*given).time_ns).read_volatile(),
            (&raw const (*given).env).read_volatile(),
            (&raw const (*given).flags).read_volatile(),
        )
    };
    if flags & !ALL_FLAGS != 0 {
        return Err(no_flags(flags));
    }
    Ok(Some(Stamp { time_ns, env, flags: Flags::from_bits(flags) }))
}

/// A column of flags.
pub(super) fn flags(bits: &[u8]) -> Result<&[Flags]> {
    match bits.iter().find(|&&bits| bits & !ALL_FLAGS != 0) {
        Some(&bad) => Err(no_flags(bad)),
        None => Ok(bytemuck::cast_slice(bits)),
    }
}

#[inline(always)]
pub(super) fn meta(found: Meta) -> MetaRecord {
    let Meta { sequence, time_ns, generation, skipped, env, flags } = found;
    // The last fields as one word: whoever copies the meta, as C does, copies that word.
    bytemuck::cast([sequence, time_ns, generation, skipped, u64::from(env) | u64::from(flags.bits()) << 16])
}

#[inline(always)]
pub(super) fn size_of_record(info: &RingInfo, size: usize) -> Result<()> {
    if size == info.record_size && info.rows == 1 {
        Ok(())
    } else {
        Err(wrong_size(info, info.record_size, size))
    }
}

#[cold]
pub(super) fn wrong_size(info: &RingInfo, expected: usize, found: usize) -> Error {
    let e = Error::new(ErrorKind::InvalidArgument).about(format!("size, for ring \"{}\"", info.name));
    if found == expected {
        return e
            .expected_found("a ring of 1 row a slot", info.rows.to_string())
            .help("use the functions for rows");
    }
    e.expected_found(format!("{expected} bytes"), found.to_string())
}

pub(super) fn wait(strategy: u32, timeout_ns: u64) -> Result<Wait> {
    Ok(Wait { strategy: WaitNumber::read(strategy)?, timeout: Duration::from_nanos(timeout_ns) })
}

/// A handle that reads with `core`.
pub(super) fn observer_handle(core: ReaderCore) -> ObserverHandle {
    let scratch = scratch(&core.info);
    ObserverHandle { core, scratch }
}

fn scratch(info: &RingInfo) -> Box<[u8]> {
    vec![0; info.record_size].into_boxed_slice()
}

impl WriterHandle {
    /// The caller's stamp, or one of the ring's time source.
    #[inline(always)]
    unsafe fn stamp(&mut self, given: *const StampRecord) -> Result<Stamp> {
        // SAFETY: promise 1.
        let given = unsafe { stamp_at(given) }?;
        Ok(given.unwrap_or_else(|| Stamp { time_ns: self.core.now(), ..Stamp::default() }))
    }
}

/// Takes the writing role of a ring. Goes on after the last complete record of a predecessor, in a new generation.
///
/// @param segment  the segment; the writer keeps what it needs of it
/// @param ring     the ring's name
/// @param schema   what the caller means by its record; not kept
/// @param writer   the new handle; close it with leyline_writer_close
/// @return         LEYLINE_ERR_ROLE_HELD if somebody living has the role, LEYLINE_ERR_NO_SUCH_RING,
///                 LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_open(
    segment: *const SegmentHandle,
    ring: *const c_char,
    schema: *const SchemaHandle,
    writer: *mut *mut WriterHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let writer = slot(writer)?;
        let segment = &open(segment, "segment")?.segment;
        let core =
            WriterCore::open(segment, text(ring, "ring")?, &open(schema, "schema")?.schema, SlotRows::Any)?;
        writer.set(give(WriterHandle { core, loan: Box::default() }));
        Ok(())
    })
}

/// Publishes a record. Makes no system call unless a reader sleeps, never waits for observers, allocates nothing.
///
/// @param writer    the writer
/// @param record    the record; need not be aligned
/// @param size      its bytes: the ring's record size
/// @param stamp     or NULL: stamped by the ring's time source, env 0, no flags
/// @param sequence  the record's sequence; or NULL
/// @return          LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: it was not accepted; LEYLINE_ERR_FORKED,
///                  LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish(
    writer: *mut WriterHandle,
    record: *const c_void,
    size: usize,
    stamp: *const StampRecord,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut writer = open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let bytes = list(record.cast::<u8>(), size, "record")?;
        size_of_record(&writer.core.info, size)?;
        let stamp = writer.stamp(stamp)?;
        sequence.set(writer.core.publish_of_any(bytes, stamp)?);
        Ok(())
    })
}

/// As leyline_writer_publish, waiting for room. The stamp of a NULL is taken once there is some.
///
/// @param writer      the writer
/// @param record      the record; need not be aligned
/// @param size        its bytes: the ring's record size
/// @param stamp       or NULL
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param sequence    the record's sequence; or NULL
/// @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_CONSUMER_GONE (within 5 ms), and those of leyline_writer_publish
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_waiting(
    writer: *mut WriterHandle,
    record: *const c_void,
    size: usize,
    stamp: *const StampRecord,
    strategy: u32,
    timeout_ns: u64,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut writer = open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let bytes = list(record.cast::<u8>(), size, "record")?;
        size_of_record(&writer.core.info, size)?;
        let given = optional(stamp, "stamp")?.map(self::stamp).transpose()?;
        writer.core.wait_for_room(wait(strategy, timeout_ns)?)?;
        let stamp = match given {
            Some(stamp) => stamp,
            None => Stamp { time_ns: writer.core.now(), ..Stamp::default() },
        };
        sequence.set(writer.core.publish_of_any(bytes, stamp)?);
        Ok(())
    })
}

/// Publishes records in order; readers are told once.
///
/// @param writer    the writer
/// @param records   the records, one after the other
/// @param size      bytes of one record: the ring's record size
/// @param count     how many
/// @param stamps    as many stamps; or NULL: stamped by the ring's time source
/// @param accepted  how many there was room for
/// @return          an error only if there was no room for the first: those of leyline_writer_publish
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_batch(
    writer: *mut WriterHandle,
    records: *const c_void,
    size: usize,
    count: usize,
    stamps: *const StampRecord,
    accepted: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut writer = open_mut(writer, "writer")?;
        let accepted = out(accepted, "accepted")?;
        size_of_record(&writer.core.info, size)?;
        let bytes = list(records.cast::<u8>(), bytes_of(size, count)?, "records")?;
        let stamps = if stamps.is_null() { &[] } else { list(stamps, count, "stamps")? };
        if let Some(bad) = stamps.iter().find(|s| s.flags & !ALL_FLAGS != 0) {
            return Err(no_flags(bad.flags));
        }
        // The flags were checked, so that no stamp falls back to the ring's time.
        accepted.set(writer.core.publish_batch(bytes, |i| stamps.get(i).and_then(|s| stamp(*s).ok()))?);
        Ok(())
    })
}

pub(super) fn bytes_of(size: usize, count: usize) -> Result<usize> {
    size.checked_mul(count).ok_or_else(|| invalid("count", "a block that fits the address space", "more"))
}

/// A place to build a record in (a whole slot of rows where the ring has several): the writer's own memory, aligned to
/// 8 bytes. Nothing of it is seen before leyline_writer_publish_loan. It keeps its contents from one loan to the next
/// and starts as zeros.
///
/// @param writer  the writer
/// @param record  the place: record size times rows bytes, valid until the writer is closed
///
/// One thread at a time. The first call allocates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_loan(writer: *mut WriterHandle, record: *mut *mut c_void) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut writer = open_mut(writer, "writer")?;
        let record = out(record, "record")?;
        if writer.loan.is_empty() {
            let bytes = writer.core.info.record_size * writer.core.info.rows;
            writer.loan = vec![0; bytes.div_ceil(8)].into_boxed_slice();
        }
        record.set(writer.loan.as_mut_ptr().cast());
        Ok(())
    })
}

/// Publishes what was built in the place that leyline_writer_loan gave. For a ring of several rows a slot use
/// leyline_writer_publish_rows with that place.
///
/// @param writer    the writer
/// @param stamp     or NULL: stamped by the ring's time source
/// @param sequence  the record's sequence; or NULL
/// @return          LEYLINE_ERR_INVALID_ARGUMENT without a loan, and those of leyline_writer_publish
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_loan(
    writer: *mut WriterHandle,
    stamp: *const StampRecord,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let writer = &mut *open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let size = writer.core.info.record_size;
        size_of_record(&writer.core.info, size)?;
        let stamp = writer.stamp(stamp)?;
        let Some(bytes) = bytemuck::cast_slice(&writer.loan).get(..size) else {
            return Err(invalid("writer", "a loan", "none"));
        };
        sequence.set(writer.core.publish_of_any(bytes, stamp)?);
        Ok(())
    })
}

/// Publishes a slot of rows with their env and flags columns.
///
/// @param writer    the writer of a ring of 2 rows a slot or more
/// @param rows      the rows, C-contiguous
/// @param size      bytes of all of them: record size times rows
/// @param env       as many environments as a slot has rows
/// @param flags     as many LEYLINE_FLAG_... bits
/// @param stamp     the slot's stamp; or NULL: stamped by the ring's time source
/// @param sequence  the slot's sequence; or NULL
/// @return          those of leyline_writer_publish
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_rows(
    writer: *mut WriterHandle,
    rows: *const c_void,
    size: usize,
    env: *const u16,
    flags: *const u8,
    stamp: *const StampRecord,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut writer = open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let (record, n) = (writer.core.info.record_size, writer.core.info.rows);
        size_of_rows(&writer.core.info, size)?;
        let rows = list(rows.cast::<u8>(), size, "rows")?;
        let (env, flags) = (list(env, n, "env")?, list(flags, n, "flags")?);
        self::flags(flags)?;
        let stamp = writer.stamp(stamp)?;
        sequence.set(writer.core.publish_with(stamp, |slot| slot.write_rows(record, rows, env, flags))?);
        Ok(())
    })
}

fn size_of_rows(info: &RingInfo, size: usize) -> Result<()> {
    let (found, expected) = (size, info.record_size * info.rows);
    if info.rows < 2 {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("ring \"{}\"", info.name))
            .expected_found("2 rows a slot or more", info.rows.to_string())
            .help("use the functions for one record"));
    }
    if found == expected { Ok(()) } else { Err(wrong_size(info, expected, found)) }
}

/// The sequence that the next record will have.
///
/// @param writer    the writer
/// @param sequence  the sequence
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_next_sequence(
    writer: *const WriterHandle,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(sequence, "sequence")?.set(open(writer, "writer")?.core.next());
        Ok(())
    })
}

/// The writer's generation: 1 for the first writer of the ring.
///
/// @param writer  the writer
/// @param generation   the generation
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_generation(
    writer: *const WriterHandle,
    generation: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(generation, "generation")?.set(open(writer, "writer")?.core.generation());
        Ok(())
    })
}

/// Now, from the ring's time source; 0 where the caller supplies it.
///
/// @param writer   the writer
/// @param time_ns  CLOCK_MONOTONIC nanoseconds
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_now(writer: *mut WriterHandle, time_ns: *mut u64) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let time = out(time_ns, "time_ns")?;
        time.set(open_mut(writer, "writer")?.core.now());
        Ok(())
    })
}

/// Ends the writer's generation in order and gives the role back.
///
/// @param writer  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_close(writer: *mut WriterHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(writer, "writer") })
}

/// Where a read leaves what it found. Made before anything is read.
pub(super) struct Found {
    meta: super::boundary::Out<MetaRecord>,
    notice: super::boundary::Out<NoticeRecord>,
}

impl Found {
    #[inline(always)]
    pub(super) unsafe fn at(meta: *mut MetaRecord, notice: *mut NoticeRecord) -> Result<Self> {
        // SAFETY: promise 1.
        unsafe { Ok(Self { meta: wanted(meta, "meta")?, notice: wanted(notice, "notice")? }) }
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
pub(super) fn told(read: Read, notice: super::boundary::Out<NoticeRecord>) -> Status {
    const NOTHING: NoticeRecord = NoticeRecord { missed: 0, next: 0, generation: 0, first_sequence: 0 };
    match read {
        Read::Record(_) => LEYLINE_OK,
        Read::Empty => LEYLINE_EMPTY,
        Read::Lapped { missed, next } => {
            notice.set(NoticeRecord { missed, next, ..NOTHING });
            LEYLINE_LAPPED
        }
        Read::Restarted { generation, first_sequence } => {
            notice.set(NoticeRecord { generation, first_sequence, ..NOTHING });
            LEYLINE_RESTARTED
        }
        Read::WriterGone(Ending::Closed) => LEYLINE_WRITER_CLOSED,
        Read::WriterGone(Ending::Died) => LEYLINE_WRITER_DIED,
        Read::Superseded => LEYLINE_SUPERSEDED_NOTICE,
    }
}

/// Reads one record, whose size was checked, through the handle's scratch, so that the caller's is written only by a record that is whole.
#[inline(always)]
unsafe fn read_one(
    (record, size): (*mut c_void, usize),
    (meta, notice): (*mut MetaRecord, *mut NoticeRecord),
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

/// Reads records, whose size was checked, straight into the caller's block.
pub(super) unsafe fn read_batch(
    (records, size, capacity): (*mut c_void, usize, usize),
    (metas, count, notice): (*mut MetaRecord, *mut usize, *mut NoticeRecord),
    read: impl FnOnce(&mut [u8], &mut dyn FnMut(usize, Meta)) -> Result<Batch>,
) -> Result<Status> {
    // SAFETY: promises 1 and 3; a batch has at most as many records as there is room for.
    unsafe {
        let (count, notice) = (out(count, "count")?, wanted(notice, "notice")?);
        let records = block(records.cast::<u8>(), bytes_of(size, capacity)?, "records")?;
        let batch = if metas.is_null() {
            read(records, &mut |_, _| ())?
        } else {
            let metas = super::boundary::pointer(metas, "meta")?;
            bytes_of(size_of::<MetaRecord>(), capacity)?;
            read(records, &mut |i, found| metas.add(i).write(meta(found)))?
        };
        count.set(batch.count);
        Ok(match batch.end {
            Read::Empty if batch.count > 0 => LEYLINE_OK,
            end => told(end, notice),
        })
    }
}

/// Opens a ring for reading.
///
/// @param segment   the segment; the observer keeps what it needs of it
/// @param ring      the ring's name
/// @param schema    what the caller means by its record; not kept
/// @param start     a leyline_start
/// @param sequence  where to start, with LEYLINE_START_AT; else ignored
/// @param observer  the new handle; close it with leyline_observer_close
/// @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_open(
    segment: *const SegmentHandle,
    ring: *const c_char,
    schema: *const SchemaHandle,
    start: u32,
    sequence: u64,
    observer: *mut *mut ObserverHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let observer = slot(observer)?;
        let start = StartNumber::read(start, sequence)?;
        let segment = &open(segment, "segment")?.segment;
        let core = ReaderCore::open(
            segment,
            text(ring, "ring")?,
            &open(schema, "schema")?.schema,
            SlotRows::Any,
            start,
        )?;
        observer.set(give(observer_handle(core)));
        Ok(())
    })
}

/// Reads the next record, in order. Makes no system call, allocates nothing, and does not look whether the writer lives.
///
/// @param observer  the observer
/// @param record    the record; written only on LEYLINE_OK
/// @param size      its bytes: the ring's record size
/// @param meta      what stands beside it, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
///                  LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_next(
    observer: *mut ObserverHandle,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| Ok(core.try_next(bytes)))
    })
}

/// As leyline_observer_try_next, waiting. Ends early when the writer is gone or the segment superseded.
///
/// @param observer    the observer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param record      the record; written only on LEYLINE_OK
/// @param size        its bytes: the ring's record size
/// @param meta        what stands beside it, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
///                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
///                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next(
    observer: *mut ObserverHandle,
    strategy: u32,
    timeout_ns: u64,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        let wait = wait(strategy, timeout_ns)?;
        read_one((record, size), (meta, notice), scratch, |bytes| {
            core.wait_with(wait, |core| core.try_next(bytes))
        })
    })
}

/// Reads the newest record if it was not read yet; its meta says how many were skipped. As leyline_observer_try_next
/// otherwise.
///
/// @param observer  the observer
/// @param record    the record; written only on LEYLINE_OK
/// @param size      its bytes: the ring's record size
/// @param meta      what stands beside it, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
///                  LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_latest(
    observer: *mut ObserverHandle,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| Ok(core.try_latest(bytes)))
    })
}

/// As leyline_observer_try_latest, waiting as leyline_observer_next does.
///
/// @param observer    the observer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param record      the record; written only on LEYLINE_OK
/// @param size        its bytes: the ring's record size
/// @param meta        what stands beside it, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
///                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
///                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_latest(
    observer: *mut ObserverHandle,
    strategy: u32,
    timeout_ns: u64,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, scratch } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        let wait = wait(strategy, timeout_ns)?;
        read_one((record, size), (meta, notice), scratch, |bytes| {
            core.wait_with(wait, |core| core.try_latest(bytes))
        })
    })
}

/// Reads as many of the next records as there are and the block has room for, in ring order. A block of observations is a
/// (capacity, 27) array of float, row by row. Makes no system call and allocates nothing.
///
/// @param observer  the observer
/// @param records   the block: capacity times size bytes. From *count on its contents are unspecified.
/// @param size      bytes of one record: the ring's record size
/// @param capacity  records that there is room for
/// @param meta      capacity entries, one for each record read; or NULL
/// @param count     how many were read; written whenever the status is not an error
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one record or more; LEYLINE_EMPTY: none; LEYLINE_LAPPED and LEYLINE_RESTARTED: that came
///                  after *count records, which may be 0; LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_next_batch(
    observer: *mut ObserverHandle,
    records: *mut c_void,
    size: usize,
    capacity: usize,
    meta: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, .. } = &mut *open_mut(observer, "observer")?;
        size_of_record(&core.info, size)?;
        read_batch((records, size, capacity), (meta, count, notice), |bytes, found| {
            Ok(core.try_batch_of_any(bytes, found))
        })
    })
}

/// Reads one slot of rows straight into the caller's block and columns.
unsafe fn read_rows(
    core: &mut ReaderCore,
    (rows, size, env, flags): (*mut c_void, usize, *mut u16, *mut u8),
    (meta, notice): (*mut MetaRecord, *mut NoticeRecord),
    read: impl FnOnce(&mut ReaderCore, &dyn Fn(&Slot<'_, Shared>) -> u64) -> Result<Read>,
) -> Result<Status> {
    size_of_rows(&core.info, size)?;
    let (record, n) = (core.info.record_size, core.info.rows);
    // SAFETY: promises 1 and 3.
    let (found, rows, env, flags) = unsafe {
        let rows = block(rows.cast::<u8>(), size, "rows")?;
        (Found::at(meta, notice)?, rows, block(env, n, "env")?, block(flags, n, "flags")?)
    };
    let columns = std::cell::RefCell::new((rows, env, flags));
    let copy = |slot: &Slot<'_, Shared>| {
        let (rows, env, flags) = &mut *columns.borrow_mut();
        slot.read_rows(record, rows, env, flags)
    };
    let read = read(core, &copy)?;
    Ok(found.give(read, || ()))
}

/// Reads the next slot of rows with their env and flags columns. Makes no system call and allocates nothing.
///
/// @param observer  the observer of a ring of 2 rows a slot or more
/// @param rows      the rows, C-contiguous
/// @param size      bytes of all of them: record size times rows
/// @param env       as many environments as a slot has rows
/// @param flags     as many LEYLINE_FLAG_... bits
/// @param meta      what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          those of leyline_observer_try_next. The contents of rows, env and flags are unspecified unless it
///                  is LEYLINE_OK.
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_next_rows(
    observer: *mut ObserverHandle,
    rows: *mut c_void,
    size: usize,
    env: *mut u16,
    flags: *mut u8,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, .. } = &mut *open_mut(observer, "observer")?;
        read_rows(core, (rows, size, env, flags), (meta, notice), |core, copy| {
            Ok(core.reader.step(copy).into())
        })
    })
}

/// As leyline_observer_try_next_rows, waiting as leyline_observer_next does.
///
/// @param observer    the observer of a ring of 2 rows a slot or more
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param rows        the rows, C-contiguous
/// @param size        bytes of all of them: record size times rows
/// @param env         as many environments as a slot has rows
/// @param flags       as many LEYLINE_FLAG_... bits
/// @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_observer_next. The contents of rows, env and flags are unspecified unless it
///                    is LEYLINE_OK.
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_next_rows(
    observer: *mut ObserverHandle,
    strategy: u32,
    timeout_ns: u64,
    rows: *mut c_void,
    size: usize,
    env: *mut u16,
    flags: *mut u8,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, .. } = &mut *open_mut(observer, "observer")?;
        let wait = wait(strategy, timeout_ns)?;
        read_rows(core, (rows, size, env, flags), (meta, notice), |core, copy| {
            core.wait_with(wait, |core| core.reader.step(copy).into())
        })
    })
}

/// Reads the newest slot of rows if it was not read yet. As leyline_observer_try_next_rows otherwise.
///
/// @param observer  the observer of a ring of 2 rows a slot or more
/// @param rows      the rows, C-contiguous
/// @param size      bytes of all of them: record size times rows
/// @param env       as many environments as a slot has rows
/// @param flags     as many LEYLINE_FLAG_... bits
/// @param meta      what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          those of leyline_observer_try_next. The contents of rows, env and flags are unspecified unless it
///                  is LEYLINE_OK.
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_try_latest_rows(
    observer: *mut ObserverHandle,
    rows: *mut c_void,
    size: usize,
    env: *mut u16,
    flags: *mut u8,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ObserverHandle { core, .. } = &mut *open_mut(observer, "observer")?;
        read_rows(core, (rows, size, env, flags), (meta, notice), |core, copy| {
            Ok(core.reader.step_to_latest(copy).into())
        })
    })
}

pub(super) fn peer(state: PeerState) -> PeerRecord {
    let (state, silent_for_ns) = match state {
        PeerState::Never => (PeerNumber::Never, 0),
        PeerState::Held { silent_for } => {
            let ns = silent_for.and_then(|d| u64::try_from(d.as_nanos()).ok());
            (PeerNumber::Held, ns.unwrap_or(u64::MAX))
        }
        PeerState::Gone(Ending::Closed) => (PeerNumber::Closed, 0),
        PeerState::Gone(Ending::Died) => (PeerNumber::Died, 0),
        PeerState::Superseded => (PeerNumber::Superseded, 0),
    };
    PeerRecord { silent_for_ns, state: state as u32, reserved: 0 }
}

/// Asks the kernel whether the writer lives.
///
/// @param observer  the observer
/// @param peer      what is known of the writer
/// @return          LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_peer_state(
    observer: *const ObserverHandle,
    peer: *mut PeerRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let peer = out(peer, "peer")?;
        peer.set(self::peer(open(observer, "observer")?.core.peer_state()?));
        Ok(())
    })
}

/// Goes to another place in the ring.
///
/// @param observer  the observer
/// @param start     a leyline_start
/// @param sequence  where to go, with LEYLINE_START_AT; else ignored
/// @return          LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_seek(
    observer: *mut ObserverHandle,
    start: u32,
    sequence: u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let start = StartNumber::read(start, sequence)?;
        open_mut(observer, "observer")?.core.seek(start);
        Ok(())
    })
}

/// Where the observer and the writer are.
///
/// @param observer   the observer
/// @param next       the sequence that the next read tries; or NULL
/// @param published  the last sequence that the writer has published; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_position(
    observer: *const ObserverHandle,
    next: *mut u64,
    published: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (next, published) = (wanted(next, "next")?, wanted(published, "published")?);
        let reader = &open(observer, "observer")?.core.reader;
        next.set(reader.next());
        published.set(reader.ring.newest());
        Ok(())
    })
}

/// Ends the handle.
///
/// @param observer  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_observer_close(observer: *mut ObserverHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(observer, "observer") })
}

/// Takes the role of a ring's consumer. Its writer keeps every record until it is committed here, whoever holds the role; a
/// successor starts after what was committed. Where the ring's policy is LEYLINE_POLICY_RELEASE the first read says how many
/// records the writer went over while nobody held the role.
///
/// @param segment   the segment; the consumer keeps what it needs of it
/// @param ring      the ring's name
/// @param schema    what the caller means by its record; not kept
/// @param index     which of the ring's consumers, from 0
/// @param commit    a leyline_commit
/// @param consumer  the new handle; close it with leyline_consumer_close
/// @return          LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
///                  LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED, LEYLINE_ERR_INVALID_ENUM,
///                  LEYLINE_ERR_INVALID_ARGUMENT (a ring of several rows a slot)
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_open(
    segment: *const SegmentHandle,
    ring: *const c_char,
    schema: *const SchemaHandle,
    index: u32,
    commit: u32,
    consumer: *mut *mut ConsumerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let consumer = slot(consumer)?;
        let commit = CommitNumber::read(commit)?;
        let (segment, schema) = (&open(segment, "segment")?.segment, &open(schema, "schema")?.schema);
        let core = ConsumerCore::open(segment, text(ring, "ring")?, index as usize, schema, commit)?;
        let scratch = scratch(&core.reader.info);
        consumer.set(give(ConsumerHandle { core, scratch }));
        Ok(())
    })
}

/// Reads the next record. Makes no system call and allocates nothing. With LEYLINE_COMMIT_MANUAL the record is the writer's
/// to keep until leyline_consumer_commit.
///
/// @param consumer  the consumer
/// @param record    the record; written only on LEYLINE_OK
/// @param size      its bytes: the ring's record size
/// @param meta      what stands beside it, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
///                  LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_try_next(
    consumer: *mut ConsumerHandle,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ConsumerHandle { core, scratch } = &mut *open_mut(consumer, "consumer")?;
        size_of_record(&core.reader.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| Ok(core.try_next(bytes)))
    })
}

/// As leyline_consumer_try_next, waiting. Ends early when the writer is gone or the segment superseded.
///
/// @param consumer    the consumer
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param record      the record; written only on LEYLINE_OK
/// @param size        its bytes: the ring's record size
/// @param meta        what stands beside it, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
///                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
///                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_next(
    consumer: *mut ConsumerHandle,
    strategy: u32,
    timeout_ns: u64,
    record: *mut c_void,
    size: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ConsumerHandle { core, scratch } = &mut *open_mut(consumer, "consumer")?;
        size_of_record(&core.reader.info, size)?;
        let wait = wait(strategy, timeout_ns)?;
        read_one((record, size), (meta, notice), scratch, |bytes| {
            core.wait_with(wait, |core| core.try_next(bytes))
        })
    })
}

/// Reads as many of the next records as there are and the block has room for, in ring order. A block of observations is a
/// (capacity, 27) array of float, row by row. Makes no system call and allocates nothing.
///
/// @param consumer  the consumer
/// @param records   the block: capacity times size bytes. From *count on its contents are unspecified.
/// @param size      bytes of one record: the ring's record size
/// @param capacity  records that there is room for
/// @param meta      capacity entries, one for each record read; or NULL
/// @param count     how many were read; written whenever the status is not an error
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one record or more; LEYLINE_EMPTY: none; LEYLINE_LAPPED and LEYLINE_RESTARTED: that came
///                  after *count records, which may be 0; LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_try_next_batch(
    consumer: *mut ConsumerHandle,
    records: *mut c_void,
    size: usize,
    capacity: usize,
    meta: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let ConsumerHandle { core, .. } = &mut *open_mut(consumer, "consumer")?;
        size_of_record(&core.reader.info, size)?;
        read_batch((records, size, capacity), (meta, count, notice), |bytes, found| {
            Ok(core.try_batch_of_any(bytes, found))
        })
    })
}

/// Gives everything that was read back to the writer.
///
/// @param consumer  the consumer
/// @return          LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_commit(consumer: *mut ConsumerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let core = &mut open_mut(consumer, "consumer")?.core;
        core.commit_to(core.read_up_to())
    })
}

/// Gives back everything up to a sequence.
///
/// @param consumer  the consumer
/// @param sequence  the last sequence to give back
/// @return          LEYLINE_ERR_OUT_OF_RANGE if it was not read, or committed before; LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_commit_to(consumer: *mut ConsumerHandle, sequence: u64) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(consumer, "consumer")?.core.commit_to(sequence) })
}

/// The last sequence that was read.
///
/// @param consumer  the consumer
/// @param sequence  the sequence
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_read_up_to(
    consumer: *const ConsumerHandle,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(sequence, "sequence")?.set(open(consumer, "consumer")?.core.read_up_to());
        Ok(())
    })
}

/// Asks the kernel whether the writer lives.
///
/// @param consumer  the consumer
/// @param peer      what is known of the writer
/// @return          LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_peer_state(
    consumer: *const ConsumerHandle,
    peer: *mut PeerRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let peer = out(peer, "peer")?;
        peer.set(self::peer(open(consumer, "consumer")?.core.reader.peer_state()?));
        Ok(())
    })
}

/// Gives the role back. With LEYLINE_COMMIT_AUTO commits what was read; with LEYLINE_COMMIT_MANUAL a successor reads again
/// what was not committed.
///
/// @param consumer  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_close(consumer: *mut ConsumerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(consumer, "consumer") })
}
