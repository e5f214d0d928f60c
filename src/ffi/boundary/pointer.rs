//! Pointers that come from C: checked, then read or written.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::words::copy_loaded;
use std::ptr::NonNull;

#[cold]
pub(in crate::ffi) fn invalid(what: &'static str, expected: &'static str, found: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument).about(what).expected_found(expected, found)
}

/// Fails on a reserved field that is not 0.
pub(in crate::ffi) fn no_more<T: bytemuck::Zeroable + PartialEq>(
    reserved: &T,
    what: &'static str,
) -> Result<()> {
    if *reserved == T::zeroed() { Ok(()) } else { Err(invalid(what, "0", "another number")) }
}

/// Returns true for what [`pointer`] accepts.
#[inline(always)]
pub(in crate::ffi) fn is_there<T>(p: *const T) -> bool {
    !p.is_null() && p.is_aligned()
}

/// A pointer that is not NULL and is aligned.
#[inline(always)]
pub(in crate::ffi) fn pointer<T>(p: *mut T, what: &'static str) -> Result<NonNull<T>> {
    match NonNull::new(p) {
        Some(p) if p.is_aligned() => Ok(p),
        Some(_) => Err(invalid(what, "an aligned pointer", "one that is not aligned")),
        None => Err(invalid(what, "a pointer", "NULL")),
    }
}

/// Copies an input.
#[inline(always)]
pub(in crate::ffi) unsafe fn input<T: Copy>(p: *const T, what: &'static str) -> Result<T> {
    let p = pointer(p.cast_mut(), what)?;
    // SAFETY: promise 1.
    Ok(unsafe { p.read() })
}

/// Copies the 16 bytes of a UUID.
pub(in crate::ffi) unsafe fn uuid(p: *const u8, what: &'static str) -> Result<[u8; 16]> {
    // SAFETY: promise 1.
    unsafe { input(p.cast::<[u8; 16]>(), what) }
}

/// Copies an input that may be NULL.
#[inline(always)]
pub(in crate::ffi) unsafe fn optional<T: Copy>(p: *const T, what: &'static str) -> Result<Option<T>> {
    // SAFETY: promise 1.
    if p.is_null() { Ok(None) } else { unsafe { input(p, what) }.map(Some) }
}

/// `n` objects to read; NULL is fine where there are none.
#[inline(always)]
pub(in crate::ffi) unsafe fn list<'a, T>(p: *const T, n: usize, what: &'static str) -> Result<&'a [T]> {
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
pub(in crate::ffi) unsafe fn block<'a, T: bytemuck::Pod>(
    p: *mut T,
    n: usize,
    what: &'static str,
) -> Result<&'a mut [T]> {
    if n == 0 {
        return Ok(&mut []);
    }
    let p = pointer(p, what)?;
    fits::<T>(n, what)?;
    // SAFETY: promises 1 and 3: nothing else that is passed overlaps it; the length fits an isize;
    // any bytes are a T.
    Ok(unsafe { std::slice::from_raw_parts_mut(p.as_ptr(), n) })
}

#[inline(always)]
fn fits<T>(n: usize, what: &'static str) -> Result<()> {
    match n.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(invalid(what, "a length that fits the address space", "a greater one")),
    }
}

/// A place for one output.
#[derive(Debug)]
#[must_use]
pub(in crate::ffi) struct Out<T>(Option<NonNull<T>>);

impl<T> Out<T> {
    #[inline(always)]
    pub(in crate::ffi) fn set(self, value: T) {
        if let Some(place) = self.0 {
            // SAFETY: promised where it was made; whoever makes one is still in the call.
            unsafe { place.write(value) };
        }
    }
}

impl<T: bytemuck::Pod> Out<T> {
    /// Writes a record that has just been read from a ring; otherwise as [`Out::set`].
    #[inline(always)]
    pub(in crate::ffi) fn set_loaded(self, value: &T) {
        if let Some(place) = self.0 {
            // SAFETY: promised where it was made; whoever makes one is still in the call.
            unsafe { copy_loaded(bytemuck::bytes_of(value), place.as_ptr().cast()) };
        }
    }
}

/// A place for an output, which must be there.
#[inline(always)]
pub(in crate::ffi) unsafe fn out<T>(p: *mut T, what: &'static str) -> Result<Out<T>> {
    Ok(Out(Some(pointer(p, what)?)))
}

/// A place for an output that the caller may not want, known to be aligned.
#[inline(always)]
pub(in crate::ffi) unsafe fn place<T>(p: *mut T) -> Out<T> {
    Out(NonNull::new(p))
}

/// A place for an output that the caller may not want.
#[inline(always)]
pub(in crate::ffi) unsafe fn wanted<T>(p: *mut T, what: &'static str) -> Result<Out<T>> {
    if p.is_null() { Ok(Out(None)) } else { Ok(Out(Some(pointer(p, what)?))) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        }
    }
}
