// C header: ring
//! Functions that take a handle of one of several types.

use super::boundary::handle::{Handle, close, give, open_mut, slot, type_of};
use super::boundary::status::{LEYLINE_OK, Status};
use super::boundary::{call::act, pointer::invalid, string::start_of};
use super::canceller::leyline_canceller_t;
use super::consumer::leyline_consumer_t;
use super::observer::leyline_observer_t;
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

/// Makes a canceller of an open handle. Call it before another thread waits on the handle.
///
/// @param handle  a leyline_observer_t, leyline_consumer_t, leyline_writer_t, leyline_trainer_t or
///                leyline_controller_t
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_canceller_of(
    handle: *mut c_void,
    canceller: *mut *mut leyline_canceller_t,
) -> Status {
    act!({
        let place = slot(canceller)?;
        let canceller = match type_of(handle, "handle")? {
            leyline_observer_t::OPEN => {
                open_mut(handle.cast::<leyline_observer_t>(), "handle")?.core.canceller.give()
            }
            leyline_consumer_t::OPEN => {
                open_mut(handle.cast::<leyline_consumer_t>(), "handle")?.core.reader.canceller.give()
            }
            leyline_writer_t::OPEN => {
                open_mut(handle.cast::<leyline_writer_t>(), "handle")?.core.canceller.give()
            }
            leyline_trainer_t::OPEN => {
                open_mut(handle.cast::<leyline_trainer_t>(), "handle")?.trainer.canceller()
            }
            leyline_controller_t::OPEN => {
                open_mut(handle.cast::<leyline_controller_t>(), "handle")?.controller.canceller()
            }
            _ => return Err(no_waiter()),
        };
        place.set(give(leyline_canceller_t { canceller }));
    })
}

#[cold]
fn no_waiter() -> Error {
    invalid("handle", "an open observer, consumer, writer, trainer or controller handle", "something else")
}
