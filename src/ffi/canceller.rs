// C header: ring
//! Ending a wait from outside.

use super::boundary::call::{act, answer};
use super::boundary::handle::{close, give, handles, open, open_mut, seen, slot, type_of};
use super::boundary::pointer::invalid;
use super::boundary::status::{LEYLINE_OK, Status};
use super::consumer::leyline_consumer_t;
use super::controller::leyline_controller_t;
use super::observer::leyline_observer_t;
use super::trainer::leyline_trainer_t;
use super::writer::leyline_writer_t;
use crate::base::error::Error;
use crate::ffi::boundary::handle::Handle;
use crate::ring::canceller::Canceller;
use std::ffi::c_void;

/// Ends a wait of the handle that it belongs to: the present one, or else the next one, at once.
/// That wait returns LEYLINE_CANCELLED. Nothing is lost, and the handle goes on.
pub struct leyline_canceller_t {
    pub(super) canceller: Canceller,
}

handles!(leyline_canceller_t: "canceller");

/// Makes a canceller to open a handle with: leyline_options_t. It ends the waits of opening too.
/// Close it when it is not used any more; the handle goes on without it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_canceller_new(canceller: *mut *mut leyline_canceller_t) -> Status {
    act!(slot(canceller)?.set(give(leyline_canceller_t { canceller: Canceller::new() })))
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

/// Ends the present wait of the handle, or the next one if there is none. Several cancels before a
/// wait are one. Any thread and any signal handler may call it, also after the handle was closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_canceller_cancel(canceller: *const leyline_canceller_t) -> Status {
    // No error is made where there is none: that would allocate.
    // SAFETY: promise 2.
    match unsafe { seen(canceller) } {
        Some(found) => {
            found.canceller.cancel();
            LEYLINE_OK
        }
        None => answer!({
            open(canceller, "canceller")?;
            LEYLINE_OK
        }),
    }
}

/// Closes a canceller. The handle it belongs to is not affected.
///
/// @param canceller  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_canceller_close(canceller: *mut leyline_canceller_t) -> Status {
    act!(close(canceller, "canceller")?)
}
