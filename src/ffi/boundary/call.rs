//! Enters and leaves every C function: errors and panics become a status.

use super::status::{Status, remember};
use crate::base::error::{Error, ErrorKind, Result};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of a C function, which gives a [`Status`]: an error becomes its status and the
/// thread's last error, a panic stops here. `?` and `return` end the body.
macro_rules! answer {
    ($($body:tt)+) => {
        // SAFETY: what a C caller promises, see `ffi`.
        $crate::ffi::boundary::call::run(|| Ok(unsafe { $($body)+ }))
    };
}
pub(in crate::ffi) use answer;

/// Runs a body that gives no notice, and so nothing; otherwise as [`answer`].
macro_rules! act {
    ($($body:tt)+) => {
        // SAFETY: what a C caller promises, see `ffi`.
        $crate::ffi::boundary::call::run(|| Ok(unsafe { $($body)+ }).map(|()| $crate::ffi::boundary::status::LEYLINE_OK))
    };
}
pub(in crate::ffi) use act;

/// Runs a body that opens or closes files: a thread that is cancelled meanwhile ends after it.
/// Otherwise as [`act`].
macro_rules! act_whole {
    ($($body:tt)+) => {{
        let _whole = $crate::sys::os::Uncancelled::new();
        $crate::ffi::boundary::call::act!($($body)+)
    }};
}
pub(in crate::ffi) use act_whole;

/// Runs a body for [`answer`].
#[inline(always)]
pub(in crate::ffi) fn run(body: impl FnOnce() -> Result<Status>) -> Status {
    match caught(body) {
        Ok(Ok(status)) | Err(status) => status,
        Ok(Err(e)) => remember(e),
    }
}

/// Runs a part of a function: a panic stops here, and becomes a status.
#[inline(always)]
pub(in crate::ffi) fn caught<T>(body: impl FnOnce() -> T) -> std::result::Result<T, Status> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| remember(bug(panic.as_ref())))
}

#[cold]
fn bug(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::new(ErrorKind::Internal)
        .about(text.unwrap_or("a panic").to_owned())
        .help("please report it; close the handles of this call")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::boundary::status::last_text;
    use std::ffi::CStr;

    #[test]
    fn a_panic_becomes_a_status() {
        let status = run(|| panic!("the sky fell"));
        assert_eq!(status, ErrorKind::Internal.code());
        // SAFETY: a string of this thread, valid until its next error.
        let text = unsafe { CStr::from_ptr(last_text()) }.to_str().unwrap();
        assert!(text.starts_with("a bug in leyline: the sky fell"), "{text}");
        run(|| panic!("a\0b"));
        // SAFETY: as above.
        let text = unsafe { CStr::from_ptr(last_text()) }.to_str().unwrap();
        assert!(text.starts_with("a bug in leyline: a\\0b; please report it"), "{text}");
    }
}
