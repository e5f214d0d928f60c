// C header: ring
//! Functions that take a handle of one of several types.

use super::boundary::handle::{Handle, close, open_mut, type_of};
use super::boundary::status::{LEYLINE_OK, Status};
use super::boundary::{call::act, pointer::invalid, string::start_of};
use super::{controller::leyline_controller_t, trainer::leyline_trainer_t, writer::leyline_writer_t};
use crate::base::error::{Error, Result};
use crate::base::layout::role;
use std::ffi::{c_char, c_void};

/// Ends a handle by failing, and closes it: its readers and the other side of a link are told
/// LEYLINE_WRITER_FAILED and not LEYLINE_WRITER_CLOSED. The segment keeps its name, whatever
/// LEYLINE_ON_CLOSE_UNLINK says. A controller's successor is given the last outcome again. A ring
/// that is handed over to a device stays handed over.
///
/// @param handle  a leyline_writer_t, leyline_trainer_t or leyline_controller_t; or NULL
/// @param reason  why, for people: readers find it in leyline_peer_t; cut at 127 bytes; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_abort(handle: *mut c_void, reason: *const c_char) -> Status {
    act!({
        if handle.is_null() {
            return Ok(LEYLINE_OK);
        }
        let reason = start_of(reason, role::REASON_MAX);
        match type_of(handle, "handle")? {
            leyline_writer_t::OPEN => end(handle.cast::<leyline_writer_t>(), |w| w.core.fail(&reason))?,
            leyline_trainer_t::OPEN => end(handle.cast::<leyline_trainer_t>(), |t| t.trainer.fail(&reason))?,
            leyline_controller_t::OPEN => {
                end(handle.cast::<leyline_controller_t>(), |c| c.controller.fail(&reason))?;
            }
            _ => return Err(no_end()),
        }
    })
}

#[cold]
fn no_end() -> Error {
    invalid("handle", "an open writer, trainer or controller handle", "something else")
}

unsafe fn end<T: Handle>(handle: *mut T, fail: impl FnOnce(&mut T)) -> Result<()> {
    // SAFETY: promise 2.
    unsafe {
        fail(&mut *open_mut(handle, "handle")?);
        close(handle, "handle")
    }
}
