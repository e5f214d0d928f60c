// C header: link
//! Links of any shape: observations of any schema, and several rows to a slot.

use super::boundary::{act, act_whole, answer, block, input, list, optional, out, pointer, wanted};
use super::handle::{give, open, open_mut, slot};
use super::link::{ControllerHandle, TrainerHandle};
use super::rings::{Found, MetaRecord, NoticeRecord, StampRecord, flags, meta, stamp, told, wait};
use super::schema::{SchemaHandle, schema_handle};
use super::segment::{OptionsRecord, SegmentHandle, options};
use super::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use crate::base::error::Result;
use crate::base::error::same_length;
use crate::contract::decision::Decision;
use crate::contract::signals::TrainingSignals;
use crate::handle::observer::Read;
use crate::link::{Controller, Row, Trainer};
use crate::ring::meta::Flags;
use crate::ring::meta::{Meta, Stamp};
use crate::schema::row::RowSchema;
use crate::segment::attached::Segment;
use std::ffi::c_char;
use std::time::Duration;

/// What the link's observations are, as a handle of its own.
///
/// @param trainer  the trainer
/// @param schema   the new handle; close it with leyline_schema_close
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_schema(
    trainer: *const TrainerHandle,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = slot(schema)?;
        let trainer = &open(trainer, "trainer")?.trainer;
        place.set(schema_handle(trainer.observation_schema().schema().clone()));
        Ok(())
    })
}

/// How many observations a slot has, and how many numbers an observation.
///
/// @param trainer  the trainer
/// @param rows     observations in a slot: 1 where each is published by itself; or NULL
/// @param width    numbers in an observation; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_rows(
    trainer: *const TrainerHandle,
    rows: *mut usize,
    width: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &open(trainer, "trainer")?.trainer;
        let (rows, width) = (wanted(rows, "rows")?, wanted(width, "width")?);
        rows.set(trainer.rows());
        width.set(trainer.observation_schema().width());
        Ok(())
    })
}

unsafe fn stamp_of(given: *const StampRecord, trainer: &mut Trainer) -> Result<Stamp> {
    // SAFETY: promise 1.
    match unsafe { optional(given, "stamp") }? {
        Some(given) => stamp(given),
        None => Ok(Stamp { time_ns: trainer.now(), ..Stamp::default() }),
    }
}

/// Publishes an observation of the link's own schema, and with it the signals that it was made from, if there are any:
/// those first, on their own ring, with this observation's sequence, writer generation and stamp. Values that are not finite
/// or outside their bounds are replaced and reported. Never waits; allocates nothing.
///
/// @param trainer    the trainer
/// @param row        the numbers, in the order of the schema
/// @param width      how many: as many as the schema has
/// @param signals    or NULL
/// @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
/// @param sequence   the observation's sequence; or NULL
/// @param sanitized  a bit for each feature that was replaced, bit 63 for all from the 64th on; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows), LEYLINE_ERR_OUT_OF_RANGE (flags),
///                   those of leyline_training_signals_check, LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish_row(
    trainer: *mut TrainerHandle,
    row: *const f32,
    width: usize,
    signals: *const TrainingSignals,
    stamp: *const StampRecord,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        pointer(row.cast_mut(), "row")?;
        let numbers = list(row, width, "row")?;
        let signals =
            if signals.is_null() { None } else { Some(pointer(signals.cast_mut(), "signals")?.as_ref()) };
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let stamp = stamp_of(stamp, trainer)?;
        let schema = trainer.observation_schema().clone();
        let published = trainer.publish_stamped(&Row { schema: &schema, numbers, signals }, stamp)?;
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
        Ok(())
    })
}

/// Publishes signals in both tiers: as they are on their own ring, and then as the observation that they give
/// (leyline_training_signals_to_observation). On the ring they carry the observation's sequence and writer generation, and
/// both have one stamp. Figures that are not finite or outside their bounds are replaced and reported.
///
/// @param trainer    the trainer of a link of observations of version 1
/// @param signals    the signals
/// @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
/// @param sequence   the observation's sequence; or NULL
/// @param sanitized  a bit for each feature of the observation that was replaced; or NULL
/// @return           LEYLINE_ERR_SCHEMA_MISMATCH (the link has other observations), LEYLINE_ERR_OUT_OF_RANGE (flags),
///                   those of leyline_training_signals_check, LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish_signals(
    trainer: *mut TrainerHandle,
    signals: *const TrainingSignals,
    stamp: *const StampRecord,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let signals = pointer(signals.cast_mut(), "signals")?.as_ref();
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let stamp = stamp_of(stamp, trainer)?;
        let published = trainer.publish_stamped(signals, stamp)?;
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
        Ok(())
    })
}

/// Publishes a slot of a link of several rows: its observations, row after row, with their environments and flags.
/// Values that are not finite or outside their bounds are replaced, and their rows flagged. Never waits; allocates only
/// when it sees an environment of a greater number than before.
///
/// @param trainer         the trainer
/// @param rows            the numbers: count rows of as many as the schema has, C-contiguous
/// @param numbers         how many numbers that are in all
/// @param env             count environments, each once
/// @param flags           count times LEYLINE_FLAG_... bits
/// @param count           as many as a slot has rows (leyline_trainer_rows)
/// @param stamp           the slot's stamp; or NULL: stamped by the ring's time source
/// @param sequence        the slot's sequence, which is that of all its rows; or NULL
/// @param sanitized       a bit for each feature that was replaced in any row, bit 63 for all from the 64th on; or NULL
/// @return                LEYLINE_ERR_INVALID_ARGUMENT (numbers, count, an environment twice), LEYLINE_ERR_OUT_OF_RANGE
///                        (flags), LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish_rows(
    trainer: *mut TrainerHandle,
    rows: *const f32,
    numbers: usize,
    env: *const u16,
    flags: *const u8,
    count: usize,
    stamp: *const StampRecord,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let rows = list(pointer(rows.cast_mut(), "rows")?.as_ptr(), numbers, "rows")?;
        let env = list(pointer(env.cast_mut(), "env")?.as_ptr(), count, "env")?;
        let flags = self::flags(list(pointer(flags.cast_mut(), "flags")?.as_ptr(), count, "flags")?)?;
        let stamp = stamp_of(stamp, trainer)?;
        let published = trainer.publish_rows_stamped(rows, env, flags, stamp)?;
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
        Ok(())
    })
}

/// Waits until a lane has decided on every row of a slot. A decision on a later slot stands in for one on this.
///
/// @param trainer     the trainer
/// @param lane        the lane, from 0
/// @param sequence    the slot: the newest of its environments
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param decisions   the decision on each row; an observation_sequence of 0 where there is none yet. Unspecified on error
/// @param count       room for that many: as many as a slot has rows
/// @param answered    how many rows have been decided on; or NULL
/// @return            LEYLINE_OK: all of them; LEYLINE_EMPTY (not in time), LEYLINE_WRITER_CLOSED or LEYLINE_WRITER_DIED
///                    (the controller is gone), LEYLINE_SUPERSEDED_NOTICE: those that are there, and a further call goes
///                    on; LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_wait_decisions(
    trainer: *mut TrainerHandle,
    lane: u32,
    sequence: u64,
    strategy: u32,
    timeout_ns: u64,
    decisions: *mut Decision,
    count: usize,
    answered: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = wanted(answered, "answered")?;
        let decisions = block(pointer(decisions, "decisions")?.as_ptr(), count, "decisions")?;
        let answers = trainer.wait_decisions(lane, sequence, decisions, wait(strategy, timeout_ns)?)?;
        place.set(answers.count);
        Ok(told(answers.end, wanted(std::ptr::null_mut(), "notice")?))
    })
}

unsafe fn attached(
    name: *const c_char,
    lane: u32,
    schema: Option<&RowSchema>,
    (given, timeout_ns): (*const OptionsRecord, u64),
) -> Result<*mut ControllerHandle> {
    // SAFETY: promise 1.
    let (name, options) = unsafe { (super::boundary::text(name, "name")?, options(given)?) };
    let controller = Controller::attach_by(name, &options, Duration::from_nanos(timeout_ns), |segment| {
        on(segment, lane, schema)
    })?;
    Ok(give(ControllerHandle { controller }))
}

fn on(segment: &Segment, lane: u32, schema: Option<&RowSchema>) -> Result<Controller> {
    match schema {
        Some(schema) => Controller::on_with(segment, lane, schema),
        None => Controller::on_any(segment, lane),
    }
}

/// As leyline_controller_attach, to a link of observations of that schema.
///
/// @param name        its name
/// @param lane        the lane, from 0
/// @param schema      what the caller means by an observation: all float, one after the other
/// @param options     or NULL for the defaults; read during the call only
/// @param timeout_ns  how long to wait for the link at most, ns
/// @param controller  the new handle; close it with leyline_controller_close
/// @return            LEYLINE_ERR_SCHEMA_MISMATCH: the link has other observations; those of leyline_controller_attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_attach_with(
    name: *const c_char,
    lane: u32,
    schema: *const SchemaHandle,
    options: *const OptionsRecord,
    timeout_ns: u64,
    controller: *mut *mut ControllerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(controller)?;
        let schema = open(schema, "schema")?.space()?;
        place.set(attached(name, lane, Some(schema), (options, timeout_ns))?);
        Ok(())
    })
}

/// As leyline_controller_attach, to a link of whatever observations: leyline_controller_schema tells which.
///
/// @param name        its name
/// @param lane        the lane, from 0
/// @param options     or NULL for the defaults; read during the call only
/// @param timeout_ns  how long to wait for the link at most, ns
/// @param controller  the new handle; close it with leyline_controller_close
/// @return            those of leyline_controller_attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_attach_any(
    name: *const c_char,
    lane: u32,
    options: *const OptionsRecord,
    timeout_ns: u64,
    controller: *mut *mut ControllerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(controller)?;
        place.set(attached(name, lane, None, (options, timeout_ns))?);
        Ok(())
    })
}

/// As leyline_controller_of_segment, with whatever observations the link has: leyline_controller_schema tells which.
///
/// @param segment     the segment; the controller keeps what it needs of it
/// @param lane        the lane, from 0
/// @param controller  the new handle; close it with leyline_controller_close
/// @return            those of leyline_controller_of_segment
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_of_segment_any(
    segment: *const SegmentHandle,
    lane: u32,
    controller: *mut *mut ControllerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(controller)?;
        let controller = on(&open(segment, "segment")?.segment, lane, None)?;
        place.set(give(ControllerHandle { controller }));
        Ok(())
    })
}

/// What the link's observations are, as a handle of its own.
///
/// @param controller  the controller
/// @param schema      the new handle; close it with leyline_schema_close
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_schema(
    controller: *const ControllerHandle,
    schema: *mut *mut SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = slot(schema)?;
        let controller = &open(controller, "controller")?.controller;
        place.set(schema_handle(controller.observation_schema().schema().clone()));
        Ok(())
    })
}

/// How many observations a slot has, and how many numbers an observation.
///
/// @param controller  the controller
/// @param rows        observations in a slot: 1 where each is published by itself; or NULL
/// @param width       numbers in an observation; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_rows(
    controller: *const ControllerHandle,
    rows: *mut usize,
    width: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &open(controller, "controller")?.controller;
        let (rows, width) = (wanted(rows, "rows")?, wanted(width, "width")?);
        rows.set(controller.rows());
        width.set(controller.observation_schema().width());
        Ok(())
    })
}

/// Reads one observation straight into the caller's numbers.
unsafe fn read_row(
    controller: *mut ControllerHandle,
    (row, width): (*mut f32, usize),
    (meta, notice): (*mut MetaRecord, *mut NoticeRecord),
    read: impl FnOnce(&mut Controller, &mut [f32]) -> Result<Read>,
) -> Result<Status> {
    // SAFETY: promises 1 to 3.
    unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let found = Found::at(meta, notice)?;
        let row = block(pointer(row, "row")?.as_ptr(), width, "row")?;
        let read = read(controller, row)?;
        Ok(found.give(read, || ()))
    }
}

/// The next observation of a link of any schema. Makes no system call.
///
/// @param controller  the controller
/// @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
/// @param width       room for that many: as many as the schema has
/// @param meta        what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_INVALID_ARGUMENT (width,
///                    or a link of several rows)
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_next_row(
    controller: *mut ControllerHandle,
    row: *mut f32,
    width: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe { read_row(controller, (row, width), (meta, notice), Controller::try_next) })
}

/// As leyline_controller_try_next_row, waiting as leyline_controller_next does.
///
/// @param controller  the controller
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
/// @param width       room for that many: as many as the schema has
/// @param meta        what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_controller_next; LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows)
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next_row(
    controller: *mut ControllerHandle,
    strategy: u32,
    timeout_ns: u64,
    row: *mut f32,
    width: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let wait = wait(strategy, timeout_ns)?;
        read_row(controller, (row, width), (meta, notice), |controller, row| controller.next(row, wait))
    })
}

/// The newest observation of a link of any schema if it was not read yet; those before it count as lost.
///
/// @param controller  the controller
/// @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
/// @param width       room for that many: as many as the schema has
/// @param meta        what stands beside it, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_controller_try_next_row
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_latest_row(
    controller: *mut ControllerHandle,
    row: *mut f32,
    width: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe { read_row(controller, (row, width), (meta, notice), Controller::try_latest) })
}

/// Rows that one part of a batch has.
const PART: usize = 64;

/// As many of the next observations as there are and fit, of a link of any schema: a (count, width) block. Makes no
/// system call and allocates nothing.
///
/// @param controller  the controller
/// @param rows        room for capacity rows of width numbers; what lies beyond count rows is unspecified
/// @param width       numbers in a row: as many as the schema has
/// @param capacity    how many rows fit
/// @param metas       as many places for what stands beside them
/// @param count       how many there were
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK if there was at least one and no notice follows it; LEYLINE_EMPTY; LEYLINE_LAPPED or
///                    LEYLINE_RESTARTED: what came after the count observations; LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_next_row_batch(
    controller: *mut ControllerHandle,
    rows: *mut f32,
    width: usize,
    capacity: usize,
    metas: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`; `metas` has room for as many.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let (place, notice) = (out(count, "count")?, wanted(notice, "notice")?);
        let numbers = width.saturating_mul(capacity);
        let rows = block(pointer(rows, "rows")?.as_ptr(), numbers, "rows")?;
        let metas = pointer(metas, "metas")?;
        same_length("row", controller.observation_schema().width(), width)?;
        // In parts, so that the metas need no buffer of the batch's size.
        let (mut done, mut end) = (0, Read::Empty);
        for part in rows.chunks_mut(width.saturating_mul(PART).max(1)) {
            let mut some = [Meta::default(); PART];
            let n = PART.min(capacity - done);
            let batch = controller.try_next_batch(part, &mut some[..n])?;
            for (i, m) in some[..batch.count].iter().enumerate() {
                metas.add(done + i).write(meta(*m));
            }
            done += batch.count;
            end = batch.end;
            if batch.count < n {
                break;
            }
        }
        place.set(done);
        Ok(match end {
            Read::Empty if done > 0 => LEYLINE_OK,
            end => told(end, notice),
        })
    })
}

/// Reads one slot straight into the caller's block and columns.
unsafe fn read_rows(
    controller: *mut ControllerHandle,
    (rows, numbers, env, flags, count): (*mut f32, usize, *mut u16, *mut u8, usize),
    (meta, notice): (*mut MetaRecord, *mut NoticeRecord),
    read: impl FnOnce(&mut Controller, &mut [f32], &mut [u16], &mut [Flags]) -> Result<Read>,
) -> Result<Status> {
    // SAFETY: promises 1 to 3.
    unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let found = Found::at(meta, notice)?;
        let rows = block(pointer(rows, "rows")?.as_ptr(), numbers, "rows")?;
        let env = block(pointer(env, "env")?.as_ptr(), count, "env")?;
        let flags = block(pointer(flags.cast::<Flags>(), "flags")?.as_ptr(), count, "flags")?;
        let read = read(controller, rows, env, flags)?;
        Ok(found.give(read, || ()))
    }
}

/// The next slot of a link of several rows: its observations as one (count, width) block, with their environments and
/// flags. Makes no system call. leyline_controller_decide wants a row's meta: that of the slot, with the row's own env
/// and flags.
///
/// @param controller  the controller
/// @param rows        the numbers, C-contiguous
/// @param numbers     room for that many: count times as many as the schema has
/// @param env         count environments
/// @param flags       count times LEYLINE_FLAG_... bits
/// @param count       as many as a slot has rows (leyline_controller_rows)
/// @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_INVALID_ARGUMENT. The
///                    contents of rows, env and flags are unspecified unless it is LEYLINE_OK.
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_next_rows(
    controller: *mut ControllerHandle,
    rows: *mut f32,
    numbers: usize,
    env: *mut u16,
    flags: *mut u8,
    count: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        read_rows(controller, (rows, numbers, env, flags, count), (meta, notice), |c, rows, env, flags| {
            c.try_next_rows(rows, env, flags)
        })
    })
}

/// As leyline_controller_try_next_rows, waiting as leyline_controller_next does.
///
/// @param controller  the controller
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param rows        the numbers, C-contiguous
/// @param numbers     room for that many: count times as many as the schema has
/// @param env         count environments
/// @param flags       count times LEYLINE_FLAG_... bits
/// @param count       as many as a slot has rows (leyline_controller_rows)
/// @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_controller_next; LEYLINE_ERR_INVALID_ARGUMENT
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next_rows(
    controller: *mut ControllerHandle,
    strategy: u32,
    timeout_ns: u64,
    rows: *mut f32,
    numbers: usize,
    env: *mut u16,
    flags: *mut u8,
    count: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let wait = wait(strategy, timeout_ns)?;
        read_rows(controller, (rows, numbers, env, flags, count), (meta, notice), |c, rows, env, flags| {
            c.next_rows(rows, env, flags, wait)
        })
    })
}

/// The newest slot of a link of several rows if it was not read yet; the rows before it count as lost. As
/// leyline_controller_try_next_rows otherwise.
///
/// @param controller  the controller
/// @param rows        the numbers, C-contiguous
/// @param numbers     room for that many: count times as many as the schema has
/// @param env         count environments
/// @param flags       count times LEYLINE_FLAG_... bits
/// @param count       as many as a slot has rows (leyline_controller_rows)
/// @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
/// @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return            those of leyline_controller_try_next_rows
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_latest_rows(
    controller: *mut ControllerHandle,
    rows: *mut f32,
    numbers: usize,
    env: *mut u16,
    flags: *mut u8,
    count: usize,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        read_rows(controller, (rows, numbers, env, flags, count), (meta, notice), |c, rows, env, flags| {
            c.try_latest_rows(rows, env, flags)
        })
    })
}

/// What is possible in a state observed in the link's schema: bit i for action i of the link's action space. Never zero.
///
/// @param controller  the controller
/// @param row         the numbers
/// @param width       how many: as many as the schema has
/// @param mask        the bits
/// @return            LEYLINE_ERR_INVALID_ARGUMENT (width); LEYLINE_ERR_UNSUPPORTED: observations of this schema do not
///                    say it
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_mask_row(
    controller: *const ControllerHandle,
    row: *const f32,
    width: usize,
    mask: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &open(controller, "controller")?.controller;
        let place = out(mask, "mask")?;
        let row = list(pointer(row.cast_mut(), "row")?.as_ptr(), width, "row")?;
        place.set(controller.mask_of_row(row)?.bits());
        Ok(())
    })
}

/// The signals that were published with an observation.
///
/// @param controller  the controller
/// @param observed    the meta of the observation
/// @param signals     the signals, checked; written only on LEYLINE_OK
/// @return            LEYLINE_OK; LEYLINE_EMPTY: it has none, or they are gone from their ring;
///                    LEYLINE_ERR_NO_SUCH_RING; those of leyline_training_signals_check
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_signals_of(
    controller: *mut ControllerHandle,
    observed: *const MetaRecord,
    signals: *mut TrainingSignals,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = out(signals, "signals")?;
        let observed = super::link::read_meta(&input(observed, "observed")?);
        Ok(match controller.signals_of(&observed)? {
            Some(found) => {
                place.set(found);
                LEYLINE_OK
            }
            None => LEYLINE_EMPTY,
        })
    })
}
