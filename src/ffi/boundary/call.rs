//! Enters and leaves every C function: errors and panics become a status.

use super::status::{LEYLINE_OK, Status, remember};
use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of a function: an error becomes its status and the thread's last error, a panic
/// stops here.
#[inline(always)]
pub(in crate::ffi) fn answer(body: impl FnOnce() -> Result<Status>) -> Status {
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

/// Runs the body of a function that gives no notice; otherwise as [`answer`].
#[inline(always)]
pub(in crate::ffi) fn act(body: impl FnOnce() -> Result<()>) -> Status {
    answer(|| body().map(|()| LEYLINE_OK))
}

/// Runs a body that opens or closes files: a thread that is cancelled meanwhile ends after it.
/// Otherwise as [`act`].
pub(in crate::ffi) fn act_whole(body: impl FnOnce() -> Result<()>) -> Status {
    let _whole = os::Uncancelled::new();
    act(body)
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
        let status = act(|| panic!("the sky fell"));
        assert_eq!(status, ErrorKind::Internal.code());
        // SAFETY: a string of this thread, valid until its next error.
        let text = unsafe { CStr::from_ptr(last_text()) }.to_str().unwrap();
        assert!(text.starts_with("a bug in leyline: the sky fell"), "{text}");
        act(|| panic!("a\0b"));
        // SAFETY: as above.
        let text = unsafe { CStr::from_ptr(last_text()) }.to_str().unwrap();
        assert!(text.starts_with("a bug in leyline: a\\0b; please report it"), "{text}");
    }
}
