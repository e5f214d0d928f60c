// C header: base
//! Status numbers, their texts and the thread's last error.

use super::boundary::{act, c_string, interned, wanted};
use crate::base::error::{Error, ErrorKind};
use std::cell::RefCell;
use std::ffi::{CString, c_char};

/// What a function returns: 0, a notice above 0 (LEYLINE_EMPTY ...), or an error below 0 (LEYLINE_ERR_...).
pub type Status = i32;

/// It was done.
pub const LEYLINE_OK: i32 = 0;
/// There is nothing new.
pub const LEYLINE_EMPTY: i32 = 1;
/// The writer overtook this reader. Nothing was read; the notice says how many records were missed.
pub const LEYLINE_LAPPED: i32 = 2;
/// A new writer took over. Nothing was read; the notice says its epoch and first sequence.
pub const LEYLINE_RESTARTED: i32 = 3;
/// There is nothing new, and the writer closed its handle.
pub const LEYLINE_WRITER_CLOSED: i32 = 4;
/// There is nothing new, and the writer died.
pub const LEYLINE_WRITER_DIED: i32 = 5;
/// There is nothing new, and the segment's name leads elsewhere now: attach again.
pub const LEYLINE_SUPERSEDED_NOTICE: i32 = 6;
/// Nothing came in time.
pub const LEYLINE_TIMED_OUT: i32 = 7;
/// The wait was cancelled.
pub const LEYLINE_CANCELLED: i32 = 8;
/// A signal ended the wait.
pub const LEYLINE_INTERRUPTED: i32 = 9;
/// There is nothing new, and the writer ended by failing.
pub const LEYLINE_WRITER_FAILED: i32 = 10;

/// Lists all kinds, and does not compile while one is missing.
macro_rules! kinds {
    ($($kind:ident)+) => {
        const KINDS: &[ErrorKind] = &[$(ErrorKind::$kind),+];
        const fn _all(kind: ErrorKind) {
            match kind { $(ErrorKind::$kind => ()),+ }
        }
    };
}

kinds! {
    InvalidArgument InvalidName NotFound AlreadyExists PermissionDenied NoDirectory NoSpace NotRegularFile ForeignOwner
    InsecureMode Truncated BadMagic LayoutVersion ByteOrder Corrupt SchemaMismatch DomainMismatch NoSuchRing
    RoleHeld ReadOnly Superseded Full ConsumerGone Forked OutOfRange NotFinite NotWhole InvalidId InvalidEnum
    IllegalTransition GateFailed Masked UnknownAction Timeout BatchTooLarge Exhausted PeerGone Unsupported Io Internal
    NotSealed HandedOver LeftToDevice Busy ClosedDescriptor
}

/// The error that a thread met last. Its text is made when it is asked for: a full ring may be polled.
#[derive(Default)]
struct Last {
    error: Option<Error>,
    /// The last one was [`ErrorKind::Busy`]. It may be met in a signal handler, where nothing is freed: `error` keeps what it
    /// has.
    busy: bool,
    text: CString,
}

thread_local! {
    static LAST: RefCell<Last> = RefCell::default();
}

/// Keeps an error for [`leyline_last_error`].
#[cold]
pub(super) fn remember(error: Error) -> Status {
    let status = error.kind().code();
    // While the thread ends there may be nowhere to keep it, and in a signal handler it may be just what is being changed.
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

/// What a status means, in a few words.
///
/// @param status  any number; one that is no status gives "not a status of leyline"
/// @return        a static string, never NULL
///
/// Any thread. Never fails. leyline_last_error() has the particulars of a failure.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_strerror(status: Status) -> *const c_char {
    interned(match status {
        LEYLINE_OK => "no error",
        LEYLINE_EMPTY => "nothing new",
        LEYLINE_LAPPED => "the writer overtook this reader",
        LEYLINE_RESTARTED => "a new writer took over",
        LEYLINE_WRITER_CLOSED => "the writer closed its handle",
        LEYLINE_WRITER_DIED => "the writer died",
        LEYLINE_SUPERSEDED_NOTICE => "the segment's name leads elsewhere now",
        LEYLINE_TIMED_OUT => "not in time",
        LEYLINE_CANCELLED => "the wait was cancelled",
        LEYLINE_INTERRUPTED => "a signal ended the wait",
        LEYLINE_WRITER_FAILED => "the writer ended by failing",
        _ => KINDS.iter().find(|k| k.code() == status).map_or("not a status of leyline", |k| k.describe()),
    })
}

/// What the last failing call of this thread ran into: what it concerned, what was expected and found, what to do.
///
/// @return  a string, never NULL; empty if no call of this thread has failed. It is this thread's and valid until its
///          next failing call.
///
/// A call that succeeds or gives a notice leaves it as it is. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_last_error() -> *const c_char {
    let text = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        let error = last.error.take();
        if std::mem::take(&mut last.busy) {
            last.text = c_string(&busy().to_string());
        } else if let Some(error) = error {
            last.text = c_string(&error.to_string());
        }
        last.text.as_ptr()
    });
    text.unwrap_or(c"".as_ptr())
}

/// Returns this library's version, such as "0.1.0": a static string.
///
/// @param abi_version  its interface, to compare with LEYLINE_ABI_VERSION; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_version(abi_version: *mut u32) -> *const c_char {
    // SAFETY: promise 1.
    if let Ok(place) = unsafe { wanted(abi_version, "abi_version") } {
        place.set(LEYLINE_ABI_VERSION);
    }
    interned(env!("CARGO_PKG_VERSION"))
}

/// The version of this header. It changes when a program built against an earlier one would break.
pub const LEYLINE_ABI_VERSION: u32 = 1;

/// The first number of the version of leyline that this header is of.
pub const LEYLINE_VERSION_MAJOR: u32 = 0;
/// The second one. While the first is 0, another one is another interface, and another soname.
pub const LEYLINE_VERSION_MINOR: u32 = 1;
/// The third one. A greater one has at most more functions and values.
pub const LEYLINE_VERSION_PATCH: u32 = 0;

const _: () = {
    const fn is(number: u32, text: &str) -> bool {
        let (mut at, mut value) = (0, 0);
        while at < text.len() {
            value = value * 10 + (text.as_bytes()[at] - b'0') as u32;
            at += 1;
        }
        value == number
    }
    assert!(is(LEYLINE_VERSION_MAJOR, env!("CARGO_PKG_VERSION_MAJOR")), "not the version of Cargo.toml");
    assert!(is(LEYLINE_VERSION_MINOR, env!("CARGO_PKG_VERSION_MINOR")), "not the version of Cargo.toml");
    assert!(is(LEYLINE_VERSION_PATCH, env!("CARGO_PKG_VERSION_PATCH")), "not the version of Cargo.toml");
};

/// Whether the library that runs is one that the program was compiled for. LEYLINE_CHECK_VERSION() calls it with the
/// numbers of the header that the program sees.
///
/// @param abi_version  LEYLINE_ABI_VERSION of the header
/// @param major        LEYLINE_VERSION_MAJOR of the header
/// @param minor        LEYLINE_VERSION_MINOR of the header
/// @param patch        LEYLINE_VERSION_PATCH of the header
/// @return             0; LEYLINE_ERR_UNSUPPORTED: the library has another interface, or it is older than the header, so
///                     that functions or values may be missing
///
/// Any thread. A program that the loader gave a library by its soname can still meet an older one of the same interface,
/// and one that opens it by a path can meet any.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_check_version(abi_version: u32, major: u32, minor: u32, patch: u32) -> Status {
    act(|| {
        const OWN: (u32, u32, u32) = (LEYLINE_VERSION_MAJOR, LEYLINE_VERSION_MINOR, LEYLINE_VERSION_PATCH);
        if abi_version == LEYLINE_ABI_VERSION && (major, minor, patch) <= OWN {
            return Ok(());
        }
        let version = |(a, b, c): (u32, u32, u32), abi: u32| format!("{a}.{b}.{c} (interface {abi})");
        Err(Error::new(ErrorKind::Unsupported)
            .about("the library and the header that the program was compiled with")
            .expected_found(
                format!("leyline {} or later", version((major, minor, patch), abi_version)),
                version(OWN, LEYLINE_ABI_VERSION),
            )
            .help("link with the library that the header came with; `ldd PROGRAM` shows which one is loaded"))
    })
}

/// Now, in nanoseconds of CLOCK_MONOTONIC: the clock of all stamps.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_now_ns() -> u64 {
    crate::sys::os::monotonic_ns()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn said(text: *const c_char) -> String {
        // SAFETY: a string of this library.
        unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn every_status_has_a_text_and_every_other_number_too() {
        for kind in KINDS {
            assert_eq!(said(leyline_strerror(kind.code())), kind.describe());
        }
        let texts: Vec<String> = (-46..=11).map(|s| said(leyline_strerror(s))).collect();
        assert_eq!(texts.iter().filter(|t| *t == "not a status of leyline").count(), 2);
        assert_eq!(said(leyline_strerror(i32::MIN)), "not a status of leyline");
    }

    #[test]
    fn the_last_error_is_the_threads_own() {
        std::thread::spawn(|| assert_eq!(said(leyline_last_error()), "")).join().unwrap();
        assert_eq!(remember(Error::new(ErrorKind::Full)), -22);
        assert_eq!(said(leyline_last_error()), "the ring is full");
        assert_eq!(said(leyline_last_error()), "the ring is full");
    }
}
