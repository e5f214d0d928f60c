//! Strings that come from C and that go there.

use super::pointer::{invalid, pointer};
use crate::base::error::Result;
use crate::schema::id::cut;
use std::ffi::{CString, c_char};
use std::{collections::BTreeMap, sync::LazyLock};

/// Bytes of a string from C, at most.
const MAX_STRING: usize = 4096;

/// Text of at most [`MAX_STRING`] bytes.
pub(in crate::ffi) unsafe fn text<'a>(p: *const c_char, what: &'static str) -> Result<&'a str> {
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

/// Returns the start of a text that is for people, at most so many bytes and a character. Bytes that
/// are not UTF-8 are replaced. NULL is no text.
pub(in crate::ffi) unsafe fn start_of(p: *const c_char, most: usize) -> String {
    /// Most bytes of a character.
    const CHARACTER: usize = 4;
    if p.is_null() {
        return String::new();
    }
    // SAFETY: promise 1: it ends with a NUL, and nothing is read beyond that.
    let bytes = unsafe {
        let length = crate::sys::os::text_length(p, most + CHARACTER);
        std::slice::from_raw_parts(p.cast::<u8>(), length)
    };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns a text in a field of C, cut at a character and ended by a NUL.
pub(in crate::ffi) fn field<const N: usize>(text: &str) -> [c_char; N] {
    let mut field = [0; N];
    for (place, byte) in field.iter_mut().zip(cut(text, N - 1).bytes()) {
        *place = byte as c_char;
    }
    field
}

/// Text for C to keep. No text of this library has a NUL inside; one that had would end there.
pub(in crate::ffi) fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// A text of the program for C, for good.
pub(in crate::ffi) fn interned(text: &'static str) -> *const c_char {
    static TEXTS: LazyLock<parking_lot::Mutex<BTreeMap<&'static str, CString>>> =
        LazyLock::new(Default::default);
    TEXTS.lock().entry(text).or_insert_with(|| c_string(text)).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_cannot_be_are_refused() {
        // SAFETY: both end with a NUL or are longer than what is read.
        unsafe {
            let long = [b'x'; MAX_STRING + 2];
            assert!(text(long.as_ptr().cast(), "x").is_err());
            assert!(text(c"\xff".as_ptr(), "x").is_err());
        }
    }
}
