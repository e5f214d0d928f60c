// C header: base
//! Status numbers, and the thread's last error.

use super::string::c_string;
use crate::base::error::{Error, ErrorKind};
use std::cell::RefCell;
use std::ffi::{CString, c_char};

/// The result of a function: 0, a notice above 0 (LEYLINE_EMPTY ...), or an error below 0
/// (LEYLINE_ERR_...).
pub type Status = i32;

/// It was done.
pub const LEYLINE_OK: i32 = 0;
/// There is nothing new.
pub const LEYLINE_EMPTY: i32 = 1;
/// The writer overtook this reader. Nothing was read; the notice says how many records were missed.
pub const LEYLINE_LAPPED: i32 = 2;
/// A new writer took over. Nothing was read; the notice says its generation and first sequence.
pub const LEYLINE_RESTARTED: i32 = 3;
/// There is nothing new, and the writer closed its handle.
pub const LEYLINE_WRITER_CLOSED: i32 = 4;
/// There is nothing new, and the writer died.
pub const LEYLINE_WRITER_DIED: i32 = 5;
/// There is nothing new, and the segment's name leads to another segment now: attach again.
pub const LEYLINE_SUPERSEDED_NOTICE: i32 = 6;
/// Nothing came in time.
pub const LEYLINE_TIMED_OUT: i32 = 7;
/// The wait was ended by its canceller. Nothing is lost, and the handle goes on.
pub const LEYLINE_CANCELLED: i32 = 8;
/// A signal ended the wait, which lets it: on_signal of leyline_wait_t.
pub const LEYLINE_INTERRUPTED: i32 = 9;
/// There is nothing new, and the writer ended by failing: by leyline_abort, a Rust panic, or a C++
/// exception. leyline_peer_t has the reason.
pub const LEYLINE_WRITER_FAILED: i32 = 10;

/// Lists all kinds, and does not compile while one is missing.
macro_rules! kinds {
    ($($kind:ident)+) => {
        /// All kinds.
        pub(in crate::ffi) const KINDS: &[ErrorKind] = &[$(ErrorKind::$kind),+];
        const fn _all(kind: ErrorKind) {
            match kind {
                $(ErrorKind::$kind => (),)+
                // Notices in C.
                ErrorKind::Cancelled | ErrorKind::Interrupted => (),
            }
        }
    };
}

kinds! {
    InvalidArgument InvalidName NotFound AlreadyExists PermissionDenied NoDirectory NoSpace NotRegularFile ForeignOwner
    InsecureMode Truncated BadMagic LayoutVersion ByteOrder Corrupt SchemaMismatch DomainMismatch NoSuchRing
    RoleHeld ReadOnly Superseded Full ConsumerGone Forked OutOfRange NotFinite NotWhole InvalidId InvalidEnum
    IllegalTransition GateFailed Masked UnknownAction Timeout BatchTooLarge Exhausted PeerGone Unsupported Io Internal
    NotSealed HandedOver LeftToDevice Busy ClosedDescriptor NoConsumer
}

/// The error that a thread met last. Its text is made when it is asked for: a full ring may be
/// polled.
#[derive(Default)]
struct Last {
    error: Option<Error>,
    /// The last one was [`ErrorKind::Busy`]. It may be met in a signal handler, where nothing is
    /// freed: `error` keeps what it has.
    busy: bool,
    text: CString,
}

thread_local! {
    static LAST: RefCell<Last> = RefCell::default();
}

/// Keeps an error as the thread's last.
#[cold]
pub(in crate::ffi) fn remember(error: Error) -> Status {
    let status = match error.kind() {
        ErrorKind::Cancelled => return LEYLINE_CANCELLED,
        ErrorKind::Interrupted => return LEYLINE_INTERRUPTED,
        kind => kind.code(),
    };
    // While the thread ends there may be nowhere to keep it, and in a signal handler it may be just
    // what is being changed.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            last.busy = error.kind() == ErrorKind::Busy;
            if !last.busy {
                last.error = Some(error);
            }
        }
    });
    status
}

/// Makes the text of [`ErrorKind::Busy`] when it is asked for.
fn busy() -> Error {
    Error::new(ErrorKind::Busy).expected_found("one call at a time", "a call inside another one").help(
        "give each thread a handle of its own, or hold a lock around its calls; \
         call nothing on it from a callback or signal handler that may run inside one of its calls",
    )
}

/// The text of the thread's last error, valid until its next failing call.
pub(in crate::ffi) fn last_text() -> *const c_char {
    let text = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        let error = last.error.take();
        if std::mem::take(&mut last.busy) {
            last.text = c_string(&busy().in_c());
        } else if let Some(error) = error {
            last.text = c_string(&error.in_c().replace('\0', "\\0"));
        }
        last.text.as_ptr()
    });
    text.unwrap_or(c"".as_ptr())
}
