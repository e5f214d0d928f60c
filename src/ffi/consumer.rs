// C header: ring
//! Consumers: readers that the writer waits for.

use super::boundary::call::{act, act_whole, answer};
use super::boundary::handle::{close, give, handles, open, open_mut, slot};
use super::boundary::{pointer::out, status::Status, string::text};
use super::reading::{
    leyline_gathered_t, leyline_notice_t, read_batch, read_latest_by_env, read_one, scratch, size_of_record,
};
use super::wait::{given, leyline_wait_t};
use super::{
    enumerations::leyline_commit, schema::leyline_schema_t, segment::leyline_segment_t, stamp::leyline_meta_t,
};
use crate::handle::{consumer::ConsumerCore, latest_by_env::EnvMark};
use std::ffi::{c_char, c_void};

/// A reader that the writer waits for. Holds the role until it is closed.
pub struct leyline_consumer_t {
    pub(super) core: ConsumerCore,
    scratch: Box<[u8]>,
}

handles!(leyline_consumer_t: "consumer" waits by |h| &h.core.reader.canceller);

/// Takes the role of a ring's consumer, of one record a slot. The writer keeps every record until
/// it is committed here, whoever holds the role; a successor starts after what was committed. With
/// LEYLINE_POLICY_RELEASE the first read says how many records the writer passed over while nobody
/// held the role.
///
/// @param schema  what the caller means by the ring's record
/// @param index   which of the ring's consumers, from 0
/// @param commit  a leyline_commit
/// @return        LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
///                LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_open(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    schema: *const leyline_schema_t,
    index: u32,
    commit: u32,
    consumer: *mut *mut leyline_consumer_t,
) -> Status {
    act_whole!({
        let consumer = slot(consumer)?;
        let commit = leyline_commit::read(commit)?;
        let (segment, schema) = (&open(segment, "segment")?.segment, &open(schema, "schema")?.schema);
        let core = ConsumerCore::open(segment, text(ring, "ring")?, index as usize, schema, commit)?;
        consumer.set(give(leyline_consumer_t { scratch: scratch(&core.reader.info), core }));
    })
}

/// Reads the next record. Allocates nothing.
///
/// @param wait    or NULL: does not wait
/// @param record  written on LEYLINE_OK only
/// @param size    the ring's record size
/// @param meta    set on LEYLINE_OK; or NULL
/// @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        those of leyline_observer_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_next(
    consumer: *mut leyline_consumer_t,
    wait: *const leyline_wait_t,
    record: *mut c_void,
    size: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let leyline_consumer_t { core, scratch } = &mut *open_mut(consumer, "consumer")?;
        size_of_record(&core.reader.info, size)?;
        read_one((record, size), (meta, notice), scratch, |bytes| match given(wait)? {
            None => Ok(core.try_next(bytes)),
            Some(wait) => core.wait_with(wait, |core| core.try_next(bytes)),
        })?
    })
}

/// Reads as many of the next records as there are and fit, as leyline_observer_next_batch.
///
/// @param wait      or NULL: does not wait, whatever at_least says
/// @param at_least  how many to wait for, at most capacity and the ring's slots; 0: 1
/// @param records   capacity times size bytes; unspecified beyond count records
/// @param size      bytes of one record
/// @param capacity  records that there is room for
/// @param metas     capacity of them; or NULL
/// @param count     how many were read; written whenever the status is not an error
/// @param notice    set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          those of leyline_observer_next_batch
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_next_batch(
    consumer: *mut leyline_consumer_t,
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
        let core = &mut open_mut(consumer, "consumer")?.core;
        read_batch(core, (wait, at_least), (records, size, capacity), (metas, count, notice))?
    })
}

/// Keeps the newest record of each environment, as leyline_observer_latest_by_env. It counts as
/// reading all there is.
///
/// @param wait      or NULL: does not wait for a record
/// @param rows      envs times size bytes; handed in again by the next call
/// @param size      bytes of one record
/// @param marks     envs of them, zeros at first; handed in again by the next call
/// @param envs      environments that have a row
/// @param gathered  written whenever the status is not an error; or NULL
/// @param notice    set on LEYLINE_RESTARTED; or NULL
/// @return          those of leyline_observer_latest_by_env
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_latest_by_env(
    consumer: *mut leyline_consumer_t,
    wait: *const leyline_wait_t,
    rows: *mut c_void,
    size: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut leyline_gathered_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let core = &mut open_mut(consumer, "consumer")?.core;
        read_latest_by_env(core, wait, (rows, size, marks, envs), (gathered, notice))?
    })
}

/// Gives slots back to the writer, up to a sequence.
///
/// @param sequence  the last sequence to give back; 0: all that was read
/// @return          LEYLINE_ERR_OUT_OF_RANGE: not read yet, or committed before; LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_commit(consumer: *mut leyline_consumer_t, sequence: u64) -> Status {
    act!({
        let core = &mut open_mut(consumer, "consumer")?.core;
        core.commit_to(if sequence == 0 { core.read_up_to() } else { sequence })?;
    })
}

/// Tells the last sequence that was read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_read_up_to(
    consumer: *const leyline_consumer_t,
    sequence: *mut u64,
) -> Status {
    act!(out(sequence, "sequence")?.set(open(consumer, "consumer")?.core.read_up_to()))
}

/// Gives the role back. With LEYLINE_COMMIT_AUTO commits what was read; with LEYLINE_COMMIT_MANUAL
/// a successor reads again what was not committed.
///
/// @param consumer  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_consumer_close(consumer: *mut leyline_consumer_t) -> Status {
    act!(close(consumer, "consumer")?)
}
