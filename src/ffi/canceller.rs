// C header: ring
//! Ending a wait from outside.

use super::boundary::call::{act, answer};
use super::boundary::handle::{canceller_of, close, give, handles, open, seen, slot};
use super::boundary::status::{LEYLINE_OK, Status};
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

/// Returns the canceller of a handle's waits. Another thread may be waiting with the handle: that
/// wait can be ended too.
///
/// @param handle  an observer, consumer, writer, trainer or controller handle
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_canceller_of(
    handle: *const c_void,
    canceller: *mut *mut leyline_canceller_t,
) -> Status {
    act!({
        let place = slot(canceller)?;
        place.set(give(leyline_canceller_t { canceller: canceller_of(handle, "handle")? }));
    })
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
