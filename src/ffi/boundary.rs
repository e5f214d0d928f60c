//! What every function does on its way in and out.

use super::status::{Status, remember};
use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os;
use crate::sys::words::copy_loaded;
use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::LazyLock;

/// Bytes of a string from C, at most.
const MAX_STRING: usize = 4096;

/// Runs the body of a function: an error becomes its status and the thread's last error, a panic stops here.
#[inline(always)]
pub(super) fn answer(body: impl FnOnce() -> Result<Status>) -> Status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => status,
        Ok(Err(e)) => remember(e),
        Err(panic) => remember(bug(panic.as_ref())),
    }
}

/// As [`answer`], for a body without a notice.
#[inline(always)]
pub(super) fn act(body: impl FnOnce() -> Result<()>) -> Status {
    answer(|| body().map(|()| super::status::LEYLINE_OK))
}

/// Runs a body that opens or closes files: a thread that is cancelled meanwhile ends after it. Otherwise as [`act`].
pub(super) fn act_whole(body: impl FnOnce() -> Result<()>) -> Status {
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

#[cold]
pub(super) fn invalid(what: &'static str, expected: &'static str, found: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument).about(what).expected_found(expected, found)
}

/// A pointer that is not NULL and is aligned.
#[inline(always)]
pub(super) fn pointer<T>(p: *mut T, what: &'static str) -> Result<NonNull<T>> {
    match NonNull::new(p) {
        Some(p) if p.is_aligned() => Ok(p),
        Some(_) => Err(invalid(what, "an aligned pointer", "one that is not aligned")),
        None => Err(invalid(what, "a pointer", "NULL")),
    }
}

/// Copies an input.
#[inline(always)]
pub(super) unsafe fn input<T: Copy>(p: *const T, what: &'static str) -> Result<T> {
    let p = pointer(p.cast_mut(), what)?;
    // SAFETY: promise 1.
    Ok(unsafe { p.read() })
}

/// Copies the 16 bytes of a UUID.
pub(super) unsafe fn uuid(p: *const u8, what: &'static str) -> Result<[u8; 16]> {
    // SAFETY: promise 1.
    unsafe { input(p.cast::<[u8; 16]>(), what) }
}

/// Copies an input that may be NULL.
#[inline(always)]
pub(super) unsafe fn optional<T: Copy>(p: *const T, what: &'static str) -> Result<Option<T>> {
    // SAFETY: promise 1.
    if p.is_null() { Ok(None) } else { unsafe { input(p, what) }.map(Some) }
}

/// `n` objects to read; NULL is fine where there are none.
#[inline(always)]
pub(super) unsafe fn list<'a, T>(p: *const T, n: usize, what: &'static str) -> Result<&'a [T]> {
    if n == 0 {
        return Ok(&[]);
    }
    let p = pointer(p.cast_mut(), what)?;
    fits::<T>(n, what)?;
    // SAFETY: promises 1 and 3; the length fits an isize.
    Ok(unsafe { std::slice::from_raw_parts(p.as_ptr(), n) })
}

/// `n` plain objects to write; NULL is fine where there are none.
#[inline(always)]
pub(super) unsafe fn block<'a, T: bytemuck::Pod>(
    p: *mut T,
    n: usize,
    what: &'static str,
) -> Result<&'a mut [T]> {
    if n == 0 {
        return Ok(&mut []);
    }
    let p = pointer(p, what)?;
    fits::<T>(n, what)?;
    // SAFETY: promises 1 and 3: nothing else that is passed overlaps it; the length fits an isize; any bytes are a T.
    Ok(unsafe { std::slice::from_raw_parts_mut(p.as_ptr(), n) })
}

#[inline(always)]
fn fits<T>(n: usize, what: &'static str) -> Result<()> {
    match n.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(invalid(what, "a length that fits the address space", "a greater one")),
    }
}

/// Text of at most [`MAX_STRING`] bytes.
pub(super) unsafe fn text<'a>(p: *const c_char, what: &'static str) -> Result<&'a str> {
    let p = pointer(p.cast_mut(), what)?.as_ptr();
    // SAFETY: promise 1: it ends with a NUL, and nothing is read beyond that.
    let length = unsafe { crate::sys::os::text_length(p, MAX_STRING + 1) };
    if length > MAX_STRING {
        return Err(invalid(what, "a string of at most 4096 bytes", "a longer one"));
    }
    // SAFETY: that many bytes were just read; promise 3.
    let bytes = unsafe { std::slice::from_raw_parts(p.cast::<u8>(), length) };
    std::str::from_utf8(bytes).map_err(|_| invalid(what, "UTF-8", "other bytes"))
}

/// A place for one output.
#[derive(Debug)]
#[must_use]
pub(super) struct Out<T>(Option<NonNull<T>>);

impl<T> Out<T> {
    #[inline(always)]
    pub(super) fn set(self, value: T) {
        if let Some(place) = self.0 {
            // SAFETY: promised where it was made; whoever makes one is still in the call.
            unsafe { place.write(value) };
        }
    }
}

impl<T: bytemuck::Pod> Out<T> {
    /// As [`Out::set`], of a record that has just been read from a ring.
    #[inline(always)]
    pub(super) fn set_loaded(self, value: &T) {
        if let Some(place) = self.0 {
            // SAFETY: promised where it was made; whoever makes one is still in the call.
            unsafe { copy_loaded(bytemuck::bytes_of(value), place.as_ptr().cast()) };
        }
    }
}

/// A place for an output, which must be there.
#[inline(always)]
pub(super) unsafe fn out<T>(p: *mut T, what: &'static str) -> Result<Out<T>> {
    Ok(Out(Some(pointer(p, what)?)))
}

/// A place for an output that the caller may not want.
#[inline(always)]
pub(super) unsafe fn wanted<T>(p: *mut T, what: &'static str) -> Result<Out<T>> {
    if p.is_null() { Ok(Out(None)) } else { Ok(Out(Some(pointer(p, what)?))) }
}

/// Text for C to keep. No text of this library has a NUL inside; one that had would end there.
pub(super) fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// A text of the program for C, for good.
pub(super) fn interned(text: &'static str) -> *const c_char {
    static TEXTS: LazyLock<parking_lot::Mutex<BTreeMap<&'static str, CString>>> =
        LazyLock::new(Default::default);
    TEXTS.lock().entry(text).or_insert_with(|| c_string(text)).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::status::leyline_last_error;
    use std::ffi::CStr;

    #[test]
    fn a_panic_becomes_a_status() {
        let status = act(|| panic!("the sky fell"));
        assert_eq!(status, ErrorKind::Internal.code());
        // SAFETY: a string of this thread, valid until its next error.
        let text = unsafe { CStr::from_ptr(leyline_last_error()) }.to_str().unwrap();
        assert!(text.starts_with("a bug in leyline: the sky fell"), "{text}");
    }

    #[test]
    fn pointers_and_lengths_that_cannot_be_are_refused() {
        let numbers = [0u64; 2];
        // SAFETY: nothing is read through the misaligned pointer or beyond the two numbers.
        unsafe {
            assert!(input(numbers.as_ptr().wrapping_byte_add(1), "x").is_err());
            assert!(input(std::ptr::null::<u64>(), "x").is_err());
            assert!(list(numbers.as_ptr(), usize::MAX / 8, "x").is_err());
            assert!(list(std::ptr::null::<u64>(), 1, "x").is_err());
            assert_eq!(list(std::ptr::null::<u64>(), 0, "x").unwrap(), &[] as &[u64]);
            let long = [b'x'; MAX_STRING + 2];
            assert!(text(long.as_ptr().cast(), "x").is_err());
            assert!(text(c"\xff".as_ptr(), "x").is_err());
        }
    }
}
