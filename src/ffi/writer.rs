// C header: ring
//! Writers of records known by their schema.

use super::boundary::call::{act, act_whole};
use super::boundary::handle::{close, give, handles, open, open_mut, opened, slot};
use super::boundary::pointer::{invalid, list, out, place, wanted};
use super::boundary::status::{LEYLINE_OK, Status};
use super::boundary::string::text;
use super::peer::{leyline_peer_t, peer};
use super::reading::{bytes_of, size_of_record, size_of_rows};
use super::stamp::{
    ALL_FLAGS, flags, leyline_stamp_t, no_flags, stamp, stamp_at, stamp_if_valid, stamp_or_now,
};
use super::wait::{leyline_wait_t, read};
use super::{schema::leyline_schema_t, segment::leyline_segment_t};
use crate::base::error::Result;
use crate::handle::writer_core::WriterCore;
use crate::ring::{meta::Stamp, slot::UNIT_RECORD};
use crate::segment::header::SlotRows;
use std::ffi::{c_char, c_void};

/// The writer of a ring. Holds the ring's writing role until it is closed.
pub struct leyline_writer_t {
    pub(super) core: WriterCore,
    /// The record that leyline_writer_loan gives out, in words so that it is aligned for any
    /// record; empty until then.
    loan: Box<[u64]>,
}

handles!(leyline_writer_t: "writer" waits by |h| &h.core.canceller);

/// The position of a writer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_writer_info_t {
    /// The sequence of the next record.
    pub next_sequence: u64,
    /// The number of this writer of the ring, from 1.
    pub generation: u64,
    /// 0.
    pub reserved: [u64; 2],
}

/// Waits until a record can be published.
#[inline(never)]
unsafe fn wait_for_room(core: &mut WriterCore, wait: *const leyline_wait_t) -> Result<()> {
    // SAFETY: promise 1.
    core.wait_for_room(unsafe { read(wait) }?)
}

/// Takes the writing role of a ring. Continues after the last complete record of a predecessor, in
/// a new generation.
///
/// @param schema  what the caller means by the ring's record
/// @return        LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
///                LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_open(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    schema: *const leyline_schema_t,
    writer: *mut *mut leyline_writer_t,
) -> Status {
    act_whole!({
        let writer = slot(writer)?;
        let segment = &open(segment, "segment")?.segment;
        let core =
            WriterCore::open(segment, text(ring, "ring")?, &open(schema, "schema")?.schema, SlotRows::Any)?;
        writer.set(give(leyline_writer_t { core, loan: Box::default() }));
    })
}

/// Publishes a record. Makes no system call unless a reader sleeps, never waits for observers,
/// allocates nothing.
///
/// @param record    need not be aligned
/// @param size      the ring's record size
/// @param stamp     or NULL: the ring's time, env 0, no flags; the time is read once there is room
/// @param wait      or NULL: does not wait for room
/// @param sequence  the record's sequence; or NULL
/// @return          LEYLINE_ERR_FULL (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_CONSUMER_GONE:
///                  not accepted;
///                  LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_EXHAUSTED, LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish(
    writer: *mut leyline_writer_t,
    record: *const c_void,
    size: usize,
    stamp: *const leyline_stamp_t,
    wait: *const leyline_wait_t,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`; the record has as many bytes.
    unsafe {
        if wait.is_null()
            && size == UNIT_RECORD
            && !record.is_null()
            && sequence.is_aligned()
            && let Some(mut open) = opened(writer)
            && let Ok(stamp) = stamp_if_valid(stamp)
            && let Some((published, _)) = open.core.publish_fast(&*record.cast::<[u8; UNIT_RECORD]>(), stamp)
        {
            place(sequence).set(published);
            return LEYLINE_OK;
        }
        publish_slow(writer, record, size, stamp, wait, sequence)
    }
}

/// Slow path of [`leyline_writer_publish`], and every error. In the C calling convention, nothing
/// unwinds out of it, and the fast path may end with a jump to it.
#[cold]
#[inline(never)]
unsafe extern "C" fn publish_slow(
    writer: *mut leyline_writer_t,
    record: *const c_void,
    size: usize,
    stamp: *const leyline_stamp_t,
    wait: *const leyline_wait_t,
    sequence: *mut u64,
) -> Status {
    act!({
        let mut writer = open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let bytes = list(record.cast::<u8>(), size, "record")?;
        size_of_record(&writer.core.info, size)?;
        let given = stamp_at(stamp)?;
        if !wait.is_null() {
            wait_for_room(&mut writer.core, wait)?;
        }
        let stamp = given.unwrap_or_else(|| Stamp { time_ns: writer.core.now(), ..Stamp::default() });
        sequence.set(writer.core.publish_of_any(bytes, stamp)?);
    })
}

/// Publishes records in order and wakes readers once.
///
/// @param size      bytes of one record
/// @param stamps    count of them; or NULL: the ring's time
/// @param accepted  how many there was room for
/// @return          an error only if there was no room for the first: those of
///                  leyline_writer_publish
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_batch(
    writer: *mut leyline_writer_t,
    records: *const c_void,
    size: usize,
    count: usize,
    stamps: *const leyline_stamp_t,
    accepted: *mut usize,
) -> Status {
    act!({
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
    })
}

/// Publishes a slot of rows with a column of environments and one of flags.
///
/// @param rows      C-contiguous
/// @param size      bytes of all rows
/// @param env       one for each row of a slot
/// @param flags     LEYLINE_FLAG_... bits, one for each row of a slot
/// @param stamp     or NULL: the ring's time
/// @param sequence  the slot's sequence; or NULL
/// @return          those of leyline_writer_publish
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_rows(
    writer: *mut leyline_writer_t,
    rows: *const c_void,
    size: usize,
    env: *const u16,
    flags: *const u8,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
) -> Status {
    act!({
        let mut writer = open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let (record, n) = (writer.core.info.record_size, writer.core.info.rows);
        size_of_rows(&writer.core.info, size)?;
        let rows = list(rows.cast::<u8>(), size, "rows")?;
        let (env, flags) = (list(env, n, "env")?, list(flags, n, "flags")?);
        self::flags(flags)?;
        let stamp = stamp_or_now(stamp, || writer.core.now())?;
        sequence.set(writer.core.publish_with(stamp, |slot| slot.write_rows(record, rows, env, flags))?);
    })
}

/// Lends memory of the writer's to build a record in, or a whole slot of rows. It is aligned to 8
/// bytes, starts as zeros, keeps its contents between loans, and is not seen by readers before it
/// is published. The first call allocates.
///
/// @param record  record size times rows bytes, valid until the writer is closed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_loan(
    writer: *mut leyline_writer_t,
    record: *mut *mut c_void,
) -> Status {
    act!({
        let mut writer = open_mut(writer, "writer")?;
        let record = out(record, "record")?;
        if writer.loan.is_empty() {
            let bytes = writer.core.info.record_size * writer.core.info.rows;
            writer.loan = vec![0; bytes.div_ceil(8)].into_boxed_slice();
        }
        record.set(writer.loan.as_mut_ptr().cast());
    })
}

/// Publishes the record that was built on loan. Rows on loan are published by
/// leyline_writer_publish_rows.
///
/// @param stamp     or NULL: the ring's time
/// @param sequence  the record's sequence; or NULL
/// @return          LEYLINE_ERR_INVALID_ARGUMENT without a loan; those of leyline_writer_publish
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_publish_loan(
    writer: *mut leyline_writer_t,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
) -> Status {
    act!({
        let writer = &mut *open_mut(writer, "writer")?;
        let sequence = wanted(sequence, "sequence")?;
        let size = writer.core.info.record_size;
        size_of_record(&writer.core.info, size)?;
        let stamp = stamp_or_now(stamp, || writer.core.now())?;
        let Some(bytes) = bytemuck::cast_slice(&writer.loan).get(..size) else {
            return Err(invalid("writer", "a loan", "none"));
        };
        sequence.set(writer.core.publish_of_any(bytes, stamp)?);
    })
}

/// Reads the ring's time source; 0 where the caller supplies the times.
///
/// @param time_ns  CLOCK_MONOTONIC nanoseconds
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_now(writer: *mut leyline_writer_t, time_ns: *mut u64) -> Status {
    act!(out(time_ns, "time_ns")?.set(open_mut(writer, "writer")?.core.now()))
}

/// Tells how far the writer is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_info(
    writer: *const leyline_writer_t,
    info: *mut leyline_writer_info_t,
) -> Status {
    act!({
        let info = out(info, "info")?;
        let core = &open(writer, "writer")?.core;
        info.set(leyline_writer_info_t {
            next_sequence: core.next(),
            generation: core.generation(),
            reserved: [0; 2],
        });
    })
}

/// Asks the kernel about a consumer of the ring, and waits until there is one.
///
/// @param consumer  from 0
/// @param wait      or NULL: asks once
/// @param peer      LEYLINE_PEER_HELD: somebody holds the role; LEYLINE_PEER_NEVER: nobody ever
///                  did
/// @return          LEYLINE_ERR_NO_SUCH_RING (consumer)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_consumer_state(
    writer: *mut leyline_writer_t,
    consumer: usize,
    wait: *const leyline_wait_t,
    peer: *mut leyline_peer_t,
) -> Status {
    act!({
        let core = &open_mut(writer, "writer")?.core;
        let place = out(peer, "peer")?;
        let state = if wait.is_null() {
            core.consumer_state(consumer)?
        } else {
            core.wait_for_consumer(consumer, read(wait)?)?
        };
        place.set(self::peer(state, None));
    })
}

/// Ends the writer's generation in order and gives the role back.
///
/// @param writer  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_close(writer: *mut leyline_writer_t) -> Status {
    act!(close(writer, "writer")?)
}
