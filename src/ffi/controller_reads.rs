// C header: link
//! Reading a controller's observations.

use super::boundary::call::answer;
use super::boundary::handle::{open_mut, opened};
use super::boundary::pointer::{block, is_there, out, place, pointer, wanted};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use super::controller::leyline_controller_t;
use super::reading::{Found, Places, bytes_of, leyline_gathered_t, leyline_notice_t, told};
use super::stamp::{leyline_meta_t, meta};
use super::wait::{given, leyline_wait_t, looked, or_once, read};
use crate::base::error::{Result, same_length};
use crate::contract::observation::FEATURES;
use crate::handle::{latest_by_env::EnvMark, read::Read, reader_core::Which};
use crate::link::Controller;
use crate::ring::{meta::Flags, wait::Wait};

/// Reads the next observation. An ending ends a wait; later a successor shows as LEYLINE_RESTARTED.
///
/// @param wait    or NULL: does not wait
/// @param row     unspecified unless LEYLINE_OK is returned
/// @param width   the schema's width
/// @param meta    on LEYLINE_OK, for leyline_controller_decide; or NULL
/// @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; waiting
///                LEYLINE_TIMED_OUT or an ending;
///                LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows), LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    row: *mut f32,
    width: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if wait.is_null()
            && width == FEATURES
            && is_there(row)
            && Found::fits(meta, notice)
            && let Some(mut open) = opened(controller)
        {
            let mut numbers = [0.0; FEATURES];
            // It calls nothing, and so needs no stop for what unwinds.
            match open.controller.try_next_fast(&mut numbers) {
                Some(Read::Record(about)) => {
                    place(row.cast::<[f32; FEATURES]>()).set_loaded(&numbers);
                    place(meta).set(self::meta(about));
                    return LEYLINE_OK;
                }
                Some(_) => return LEYLINE_EMPTY,
                None => {}
            }
        }
        next_slow(controller, wait, row, width, meta, notice)
    }
}

/// Slow path of [`leyline_controller_next`], and every error. In the C calling convention, nothing
/// unwinds out of it, and the fast path may end with a jump to it.
#[cold]
#[inline(never)]
unsafe extern "C" fn next_slow(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    row: *mut f32,
    width: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        if !wait.is_null() || width != FEATURES {
            return next_of_any_width(controller, wait, (row, width), (meta, notice));
        }
        let row = pointer(row.cast::<[f32; FEATURES]>(), "row")?.as_mut();
        let found = Found::at(meta, notice)?;
        found.give(controller.try_next(&mut row[..])?, || ())
    })
}

/// Slow path of [`leyline_controller_next`]: waiting, and rows of another width.
#[cold]
#[inline(never)]
unsafe fn next_of_any_width(
    controller: &mut Controller,
    wait: *const leyline_wait_t,
    row: (*mut f32, usize),
    about: (*mut leyline_meta_t, *mut leyline_notice_t),
) -> Result<Status> {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe { read_row(controller, wait, row, about, Controller::try_next, Controller::next) }
}

/// Reads the newest observation if it was not read yet; those before it count as lost.
///
/// @param wait    or NULL: does not wait
/// @param row     unspecified unless LEYLINE_OK is returned
/// @param width   the schema's width
/// @param meta    or NULL
/// @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        those of leyline_controller_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_latest(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    row: *mut f32,
    width: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    let (row, about) = ((row, width), (meta, notice));
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        read_row(controller, wait, row, about, Controller::try_latest, Controller::latest)?
    })
}

/// Reads one observation straight into the caller's numbers.
unsafe fn read_row(
    controller: &mut Controller,
    wait: *const leyline_wait_t,
    (row, width): (*mut f32, usize),
    (meta, notice): (*mut leyline_meta_t, *mut leyline_notice_t),
    look: impl FnOnce(&mut Controller, &mut [f32]) -> Result<Read>,
    wait_for: impl FnOnce(&mut Controller, &mut [f32], Wait) -> Result<Read>,
) -> Result<Status> {
    // SAFETY: promises 1 to 3.
    unsafe {
        let found = Found::at(meta, notice)?;
        let row = block(pointer(row, "row")?.as_ptr(), width, "row")?;
        let read = match given(wait)? {
            None => look(controller, row)?,
            Some(wait) => wait_for(controller, row, wait)?,
        };
        Ok(found.give(read, || ()))
    }
}

/// Reads as many of the next observations as there are and fit: a (count, width) block.
///
/// @param wait      or NULL: does not wait
/// @param at_least  how many to wait for, at most capacity; 0: 1
/// @param rows      the block; unspecified beyond count rows
/// @param width     the schema's width
/// @param capacity  rows that there is room for
/// @param metas     capacity of them
/// @param count     how many were read; written whenever the status is not an error
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: one or more, and fewer than at_least if the time ran out; else
///                  those of leyline_controller_next, for what came after the count observations
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next_batch(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    at_least: usize,
    rows: *mut f32,
    width: usize,
    capacity: usize,
    metas: *mut leyline_meta_t,
    count: *mut usize,
    notice: *mut leyline_notice_t,
) -> Status {
    // SAFETY: `metas` has room for as many.
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let (place, notice) = (out(count, "count")?, wanted(notice, "notice")?);
        let rows = numbers((rows, width, capacity), controller)?;
        let metas = if capacity == 0 { metas } else { pointer(metas, "metas")?.as_ptr() };
        bytes_of(size_of::<leyline_meta_t>(), capacity)?;
        let (wait_at_least, how) =
            if wait.is_null() { (0, or_once(wait)?) } else { (at_least.max(1), read(wait)?) };
        let batch = controller.next_batch_each(rows, capacity, wait_at_least, how, |i, found| {
            metas.add(i).write(meta(found));
        })?;
        place.set(batch.count);
        match batch.end {
            Read::Empty | Read::TimedOut if batch.count > 0 => LEYLINE_OK,
            end => looked(wait, told(end, notice)),
        }
    })
}

/// Returns the numbers of a block of observations.
unsafe fn numbers<'a>(
    (rows, width, count): (*mut f32, usize, usize),
    controller: &Controller,
) -> Result<&'a mut [f32]> {
    same_length("row", controller.observation_schema().width(), width)?;
    // SAFETY: promises 1 and 3.
    unsafe { block(rows, bytes_of(width, count)?, "rows") }
}

/// Reads the next slot of a link of several rows: a (count, width) block. Row i is decided on by
/// the slot's meta with env[i] and flags[i].
///
/// @param wait     or NULL: does not wait
/// @param rows     unspecified unless LEYLINE_OK is returned, as are env and flags
/// @param numbers  count times the schema's width
/// @param env      count environments
/// @param flags    count times LEYLINE_FLAG_... bits
/// @param count    as many as a slot has rows
/// @param meta     the slot's, or NULL
/// @param notice   on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return         those of leyline_controller_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next_rows(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    rows: *mut f32,
    numbers: usize,
    env: *mut u16,
    flags: *mut u8,
    count: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    let (rows, about) = ((rows, numbers, env, flags, count), (meta, notice));
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe { read_rows(controller, Which::Next, wait, rows, about) }
}

/// Reads the newest slot of a link of several rows if it was not read yet; the rows before it count
/// as lost.
///
/// @param wait     or NULL: does not wait
/// @param rows     unspecified unless LEYLINE_OK is returned, as are env and flags
/// @param numbers  count times the schema's width
/// @param env      count environments
/// @param flags    count times LEYLINE_FLAG_... bits
/// @param count    as many as a slot has rows
/// @param meta     the slot's, or NULL
/// @param notice   on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return         those of leyline_controller_next
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_latest_rows(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    rows: *mut f32,
    numbers: usize,
    env: *mut u16,
    flags: *mut u8,
    count: usize,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    let (rows, about) = ((rows, numbers, env, flags, count), (meta, notice));
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe { read_rows(controller, Which::Newest, wait, rows, about) }
}

/// Reads one slot straight into the caller's block and columns.
unsafe fn read_rows(
    controller: *mut leyline_controller_t,
    which: Which,
    wait: *const leyline_wait_t,
    (rows, numbers, env, flags, count): (*mut f32, usize, *mut u16, *mut u8, usize),
    (meta, notice): (*mut leyline_meta_t, *mut leyline_notice_t),
) -> Status {
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let found = Found::at(meta, notice)?;
        let rows = block(pointer(rows, "rows")?.as_ptr(), numbers, "rows")?;
        let env = block(pointer(env, "env")?.as_ptr(), count, "env")?;
        let flags = block(pointer(flags.cast::<Flags>(), "flags")?.as_ptr(), count, "flags")?;
        found.give(controller.read_rows(which, given(wait)?, rows, env, flags)?, || ())
    })
}

/// Reads everything there is and keeps the newest observation of each environment: that of
/// environment i in row i, whose mark says whether it changed. Goes for links of one row a slot and
/// of several; overtaken observations count as received.
///
/// @param wait      until there is anything new; or NULL: does not wait
/// @param rows      an (envs, width) block, handed in again at the next call: a row without news
///                  stays as it is
/// @param width     the schema's width
/// @param marks     envs of them, zeros at first, handed in again at the next call
/// @param gathered  counts, written whenever the status is not an error; or NULL
/// @param notice    on LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK: something was read; LEYLINE_EMPTY, LEYLINE_RESTARTED (the next call
///                  reads the new writer); waiting LEYLINE_TIMED_OUT or an ending
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_latest_by_env(
    controller: *mut leyline_controller_t,
    wait: *const leyline_wait_t,
    rows: *mut f32,
    width: usize,
    marks: *mut EnvMark,
    envs: usize,
    gathered: *mut leyline_gathered_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let places = Places::at(gathered, notice)?;
        let rows = numbers((rows, width, envs), controller)?;
        let marks = block(marks, envs, "marks")?;
        let found = match given(wait)? {
            None => controller.try_latest_by_env(rows, marks)?,
            Some(wait) => controller.latest_by_env(rows, marks, wait)?,
        };
        places.give(found)
    })
}
