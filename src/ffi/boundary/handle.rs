//! Handles as C sees them: pointers to nothing it can look into.
//!
//! A C handle `T *` points to a `Shell<T>`: a word that names the type and the state, then the
//! value. Closing drops the value at once but keeps the shell of the last [`KEPT`] closed handles,
//! so that a second close or a use after close finds the word and is an error instead of undefined
//! behaviour. Further back it is as with any pointer in C.
//!
//! While a call changes the value, the word says so ([`BUSY`]), and any other call on the handle is
//! refused: of a second thread, from a callback, or from a signal handler. The mark is a plain load
//! and a plain store, which cost next to nothing in a word that every call reads anyway. Two
//! threads that come within some ten nanoseconds of each other may both get in: the mark finds a
//! program that shares a handle within its first calls, and makes no handle shareable.

use super::pointer::{Out, invalid, out, pointer};
use crate::base::error::{Error, ErrorKind, Result};
use crate::ring::canceller::Canceller;
use crate::sys::atomic::{AtomicU64, Relaxed};
use crate::sys::os;
use parking_lot::Mutex;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::{alloc::Layout, collections::VecDeque, ffi::c_void, marker::PhantomData, mem::MaybeUninit};

/// A type that C holds by handle.
pub(in crate::ffi) trait Handle: Sized {
    /// The name of the type in errors.
    const NAME: &'static str;
    /// The word of its open handles.
    const OPEN: u64;
    /// Returns the canceller of its waits, if it has any.
    fn canceller(&self) -> Option<&Canceller> {
        None
    }
}

/// Implements [`Handle`] with a name whose first 7 letters, different from all others, also make
/// the word; and with the canceller of a handle that `waits`.
macro_rules! handles {
    ($($t:ty: $name:literal $(waits by $canceller:expr)?),+ $(,)?) => {$(
        impl $crate::ffi::boundary::handle::Handle for $t {
            const NAME: &'static str = $name;
            const OPEN: u64 = $crate::ffi::boundary::handle::word($name);
            $(fn canceller(&self) -> Option<&$crate::ring::canceller::Canceller> {
                let of: fn(&Self) -> &$crate::ring::canceller::Canceller = $canceller;
                Some(of(self))
            })?
        }
    )+};
}
pub(in crate::ffi) use handles;

/// The first byte of every word, which no small number and no pointer has.
const MARK: u64 = 0x9e;

/// The first letters of a name after [`MARK`].
pub(in crate::ffi) const fn word(name: &str) -> u64 {
    let (bytes, mut word, mut i) = (name.as_bytes(), MARK, 0);
    while i < 7 && i < bytes.len() {
        word = word << 8 | bytes[i] as u64;
        i += 1;
    }
    word
}

const CLOSED: u64 = word("closed");

/// Set in the word of an open handle while a call changes its value. No letter has this bit.
const BUSY: u64 = 0x80;

/// Shells of closed handles that are kept.
const KEPT: usize = 64;

#[repr(C)]
struct Shell<T> {
    word: AtomicU64,
    /// That of the value's waits: beside the value, so that it can be reached while a call uses the
    /// value.
    canceller: Option<Canceller>,
    value: MaybeUninit<T>,
}

/// A closed handle's memory.
struct Husk(*mut u8, Layout);

// SAFETY: it owns memory that nobody else frees and that no thread uses but for reading its atomic
// word.
unsafe impl Send for Husk {}

static HUSKS: Mutex<VecDeque<Husk>> = Mutex::new(VecDeque::new());

/// A new handle.
pub(in crate::ffi) fn give<T: Handle>(value: T) -> *mut T {
    let canceller = value.canceller().cloned();
    let shell = Shell { word: AtomicU64::new(T::OPEN), canceller, value: MaybeUninit::new(value) };
    Box::into_raw(Box::new(shell)).cast()
}

fn shell<T: Handle>(handle: *const T, what: &'static str) -> Result<NonNull<Shell<T>>> {
    pointer(handle.cast_mut().cast::<Shell<T>>(), what)
}

/// Fails unless the handle is open and of its type.
#[inline(always)]
unsafe fn check<T: Handle>(shell: NonNull<Shell<T>>, what: &'static str) -> Result<()> {
    // SAFETY: a shell that is open, closed and kept, or other readable memory of a caller that
    // mixed up its handles.
    let word = unsafe { (*shell.as_ptr()).word.load(Relaxed) };
    if word == T::OPEN { Ok(()) } else { Err(not_open::<T>(word, what)) }
}

#[cold]
fn not_open<T: Handle>(word: u64, what: &'static str) -> Error {
    if word == (T::OPEN | BUSY) {
        // Allocates nothing: it may be met in a signal handler.
        return Error::new(ErrorKind::Busy);
    }
    let found = if word == CLOSED { "one that is closed" } else { "something else" };
    Error::new(ErrorKind::InvalidArgument)
        .about(what)
        .expected_found(format!("an open {} handle", T::NAME), found)
}

/// Returns the [`Handle::OPEN`] of an open handle whose type is not known, whether it is in use or
/// not.
pub(in crate::ffi) unsafe fn type_of(handle: *mut c_void, what: &'static str) -> Result<u64> {
    let word = pointer(handle.cast::<AtomicU64>(), what)?;
    // SAFETY: promise 2: every shell starts with its word, as `check` relies on.
    let word = unsafe { (*word.as_ptr()).load(Relaxed) };
    Ok(word & !BUSY)
}

/// Returns the canceller of an open handle that can wait, whether it is in use or not.
pub(in crate::ffi) unsafe fn canceller_of(handle: *const c_void, what: &'static str) -> Result<Canceller> {
    // SAFETY: promise 2.
    let word = unsafe { type_of(handle.cast_mut(), what) }?;
    let first_byte = 56u32.checked_sub(word.leading_zeros() & !7).map_or(0, |by| word >> by);
    let canceller = if first_byte == MARK && word != CLOSED {
        // SAFETY: promise 2: by its word it is an open handle, and every shell has its canceller at
        // the same place. No call changes it.
        unsafe { (*handle.cast::<Shell<()>>()).canceller.as_ref() }
    } else {
        None
    };
    canceller.map(Canceller::give).ok_or_else(|| {
        let found = if word == CLOSED { "one that is closed" } else { "something else" };
        let expected = "an open observer, consumer, writer, trainer or controller handle";
        invalid(what, expected, found)
    })
}

/// The value behind a handle, to look at.
#[inline(always)]
pub(in crate::ffi) unsafe fn open<'a, T: Handle>(handle: *const T, what: &'static str) -> Result<&'a T> {
    let shell = shell(handle, what)?;
    // SAFETY: promise 2; an open shell has its value.
    unsafe {
        check(shell, what)?;
        Ok((*shell.as_ptr()).value.assume_init_ref())
    }
}

/// The value behind a handle, to use: marked as in use until this is dropped.
pub(in crate::ffi) struct Used<'a, T: Handle> {
    shell: NonNull<Shell<T>>,
    value: PhantomData<&'a mut T>,
}

impl<T: Handle> Used<'_, T> {
    /// Marks the handle. It has just been found open.
    #[inline(always)]
    unsafe fn mark(shell: NonNull<Shell<T>>) -> Self {
        // SAFETY: the caller's promise.
        unsafe { (*shell.as_ptr()).word.store(T::OPEN | BUSY, Relaxed) };
        Self { shell, value: PhantomData }
    }
}

impl<T: Handle> Drop for Used<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: a handle in use is not closed, so that its shell is there.
        unsafe { (*self.shell.as_ptr()).word.store(T::OPEN, Relaxed) };
    }
}

impl<T: Handle> Deref for Used<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: promise 2; a handle in use has its value.
        unsafe { (*self.shell.as_ptr()).value.assume_init_ref() }
    }
}

impl<T: Handle> DerefMut for Used<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: promise 2: one thread at a time; a handle in use has its value.
        unsafe { (*self.shell.as_ptr()).value.assume_init_mut() }
    }
}

/// Marks a handle as in use until [`unmark`].
pub(in crate::ffi) unsafe fn mark<T: Handle>(handle: *mut T, what: &'static str) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe { open_mut(handle, what) }.map(std::mem::forget)
}

/// Ends what [`mark`] began.
pub(in crate::ffi) unsafe fn unmark<T: Handle>(handle: *mut T) {
    // SAFETY: a handle in use is not closed, so that its shell is there.
    unsafe { (*handle.cast::<Shell<T>>()).word.store(T::OPEN, Relaxed) };
}

/// The value of a handle that the caller has marked.
pub(in crate::ffi) unsafe fn marked<'a, T: Handle>(handle: *mut T) -> &'a mut T {
    // SAFETY: promise 2; a handle in use has its value.
    unsafe { (*handle.cast::<Shell<T>>()).value.assume_init_mut() }
}

/// Returns what [`open_mut`] does, or `None` in place of an error.
#[inline(always)]
pub(in crate::ffi) unsafe fn opened<'a, T: Handle>(handle: *mut T) -> Option<Used<'a, T>> {
    // SAFETY: promise 2; it is open, and so not NULL.
    unsafe { is_open(handle).then(|| Used::mark(NonNull::new_unchecked(handle.cast()))) }
}

/// Returns what [`open`] does, or `None` in place of an error.
#[inline(always)]
pub(in crate::ffi) unsafe fn seen<'a, T: Handle>(handle: *const T) -> Option<&'a T> {
    // SAFETY: promise 2; an open shell has its value.
    unsafe { is_open(handle).then(|| (*handle.cast::<Shell<T>>()).value.assume_init_ref()) }
}

#[inline(always)]
unsafe fn is_open<T: Handle>(handle: *const T) -> bool {
    let shell = handle.cast::<Shell<T>>();
    // SAFETY: promise 2, as in `check`; it is not NULL.
    !shell.is_null() && shell.is_aligned() && unsafe { (*shell).word.load(Relaxed) } == T::OPEN
}

/// The value behind a handle, to use.
#[inline(always)]
pub(in crate::ffi) unsafe fn open_mut<'a, T: Handle>(
    handle: *mut T,
    what: &'static str,
) -> Result<Used<'a, T>> {
    let shell = shell(handle, what)?;
    // SAFETY: promise 2: one thread at a time; an open shell has its value.
    unsafe {
        check(shell, what)?;
        Ok(Used::mark(shell))
    }
}

/// Ends a handle; NULL is none.
pub(in crate::ffi) unsafe fn close<T: Handle>(handle: *mut T, what: &'static str) -> Result<()> {
    if handle.is_null() {
        return Ok(());
    }
    let shell = shell(handle, what)?;
    // SAFETY: promise 2.
    let word = unsafe { &(*shell.as_ptr()).word };
    // Of two threads that close one handle, one is told.
    if let Err(found) = word.compare_exchange(T::OPEN, CLOSED, Relaxed, Relaxed) {
        return Err(not_open::<T>(found, what));
    }
    let _whole = os::Uncancelled::new();
    // SAFETY: the word was open until now, so the value is there and is dropped once.
    unsafe {
        ptr::drop_in_place((*shell.as_ptr()).value.as_mut_ptr());
        drop((*shell.as_ptr()).canceller.take());
    }
    // Only now, or other closes could push it out of the list, and free it, under the drop.
    let mut husks = HUSKS.lock();
    husks.push_back(Husk(shell.as_ptr().cast(), Layout::new::<Shell<T>>()));
    let oldest = if husks.len() > KEPT { husks.pop_front() } else { None };
    drop(husks);
    if let Some(Husk(memory, layout)) = oldest {
        // SAFETY: made by a Box of that layout; its value was dropped when it was closed.
        unsafe { std::alloc::dealloc(memory, layout) };
    }
    Ok(())
}

/// Fails on an output for a handle that is NULL; made before anything that would have to be undone.
pub(in crate::ffi) unsafe fn slot<T: Handle>(handle: *mut *mut T) -> Result<Out<*mut T>> {
    if handle.is_null() {
        return Err(invalid(T::NAME, "a place for the handle", "NULL"));
    }
    // SAFETY: promise 1.
    unsafe { out(handle, T::NAME) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(#[allow(dead_code)] [u64; 3]);
    struct Other;
    handles!(Thing: "thing", Other: "other");

    #[test]
    fn a_closed_handle_and_one_of_another_type_are_refused() {
        let handle = give(Thing([1; 3]));
        // SAFETY: the handle is from `give`; its shell is kept after its close.
        unsafe {
            assert!(open(handle, "thing").is_ok());
            let e = open(handle.cast::<Other>(), "other").err().unwrap();
            assert_eq!((e.kind(), e.found()), (ErrorKind::InvalidArgument, "something else"));
            assert!(close(handle.cast::<Other>(), "other").is_err());
            close(handle, "thing").unwrap();
            assert_eq!(close(handle, "thing").unwrap_err().found(), "one that is closed");
            assert_eq!(open_mut(handle, "thing").err().unwrap().found(), "one that is closed");
            close(ptr::null_mut::<Thing>(), "thing").unwrap();
        }
    }

    #[test]
    fn a_handle_in_use_is_refused_until_that_use_ends_however_it_ends() {
        let handle = give(Thing([1; 3]));
        // SAFETY: the handle is from `give` and is not closed before the end.
        unsafe {
            let refused = |e: Option<Error>| assert_eq!(e.unwrap().kind(), ErrorKind::Busy);
            let used = open_mut(handle, "thing").unwrap();
            refused(open_mut(handle, "thing").err());
            refused(open(handle, "thing").err());
            refused(close(handle, "thing").err());
            assert_eq!(type_of(handle.cast(), "thing").unwrap(), Thing::OPEN);
            assert!(
                open(handle.cast::<Other>(), "other").err().unwrap().kind() == ErrorKind::InvalidArgument
            );
            drop(used);
            assert_eq!(type_of(handle.cast(), "thing").unwrap(), Thing::OPEN);
            let early = || -> Result<()> {
                let _used = open_mut(handle, "thing")?;
                Err(ErrorKind::Full.into())
            };
            early().unwrap_err();
            std::panic::catch_unwind(|| {
                let _used = open_mut(handle, "thing");
                panic!("in the middle of it");
            })
            .unwrap_err();
            drop(open_mut(handle, "thing").unwrap());
            mark(handle, "thing").unwrap();
            refused(mark(handle, "thing").err());
            unmark(handle);
            close(handle, "thing").unwrap();
        }
    }
}
