// C header: base
//! The library: its version, its errors, its clock.

use super::boundary::status::{
    KINDS, LEYLINE_CANCELLED, LEYLINE_EMPTY, LEYLINE_INTERRUPTED, LEYLINE_LAPPED, LEYLINE_OK,
    LEYLINE_RESTARTED, LEYLINE_SUPERSEDED_NOTICE, LEYLINE_TIMED_OUT, LEYLINE_WRITER_CLOSED,
    LEYLINE_WRITER_DIED, LEYLINE_WRITER_FAILED, Status, last_text,
};
use super::boundary::{call::run, pointer::wanted, string::interned};
use crate::base::error::{Error, ErrorKind};
use std::ffi::c_char;

/// Says in a few words what a status means: a static string, for any number.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_strerror(status: Status) -> *const c_char {
    interned(match status {
        LEYLINE_OK => "no error",
        LEYLINE_EMPTY => "nothing new",
        LEYLINE_LAPPED => "the writer overtook this reader",
        LEYLINE_RESTARTED => "a new writer took over",
        LEYLINE_WRITER_CLOSED => "the writer closed its handle",
        LEYLINE_WRITER_DIED => "the writer died",
        LEYLINE_SUPERSEDED_NOTICE => "the segment's name leads to another segment now",
        LEYLINE_TIMED_OUT => "not in time",
        LEYLINE_CANCELLED => "the wait was cancelled",
        LEYLINE_INTERRUPTED => "a signal ended the wait",
        LEYLINE_WRITER_FAILED => "the writer ended by failing",
        _ => KINDS.iter().find(|k| k.code() == status).map_or("not a status of leyline", |k| k.describe()),
    })
}

/// Returns the particulars of this thread's last failed call: what it concerned, what was expected
/// and found, what to do. The string is the thread's own, valid until its next failing call; empty
/// if none failed.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_last_error() -> *const c_char {
    last_text()
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

/// Checks that the library that runs is for a header's version; LEYLINE_CHECK_VERSION() passes that
/// of the program's.
///
/// @return  LEYLINE_ERR_UNSUPPORTED: the library has another interface, or is older than the header
#[unsafe(no_mangle)]
pub extern "C" fn leyline_check_version(abi_version: u32, major: u32, minor: u32, patch: u32) -> Status {
    run(|| {
        const OWN: (u32, u32, u32) = (LEYLINE_VERSION_MAJOR, LEYLINE_VERSION_MINOR, LEYLINE_VERSION_PATCH);
        if abi_version == LEYLINE_ABI_VERSION && (major, minor, patch) <= OWN {
            return Ok(LEYLINE_OK);
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

/// Returns the time, nanoseconds of CLOCK_MONOTONIC: the clock of all stamps.
#[unsafe(no_mangle)]
pub extern "C" fn leyline_now_ns() -> u64 {
    crate::sys::os::monotonic_ns()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::boundary::status::remember;
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
