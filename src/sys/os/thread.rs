//! Controls the calling thread: its processor, its signals, its cancellation.

use crate::base::error::Result;
use crate::sys::os::error::failed;
use std::marker::PhantomData;
use std::thread::Builder;

/// Returns the number of this thread, unique within the process.
pub(crate) fn thread_number() -> i32 {
    // By number: glibc has a function for it from 2.30 on.
    // SAFETY: has no preconditions and cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Starts a thread that blocks all signals.
pub(crate) fn start_thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    /// Enough for a system call, and for the thread-local storage of a program.
    const STACK: usize = 256 << 10;
    // A thread starts with the mask of the one that starts it.
    let _signals = Signals::block();
    let started = Builder::new().name(name.to_owned()).stack_size(STACK).spawn(body);
    started.map(drop).map_err(|e| failed(e, "clone"))
}

/// Yields the processor to another thread.
#[inline]
pub(crate) fn yield_now() {
    // SAFETY: has no preconditions and cannot fail on Linux.
    unsafe { libc::sched_yield() };
}

unsafe extern "C" {
    safe fn pthread_setcancelstate(state: libc::c_int, before: Option<&mut libc::c_int>) -> libc::c_int;
}

/// Keeps this thread from being cancelled until dropped: `pthread_cancel` takes effect after that.
/// A cancelled thread would unwind from the C library through functions of Rust's, which ends the
/// process.
pub(crate) struct Uncancelled {
    before: libc::c_int,
    /// Keeps the value on its thread.
    _thread: PhantomData<*const ()>,
}

impl Uncancelled {
    pub(crate) fn new() -> Self {
        /// From `pthread.h`, in glibc and musl.
        const PTHREAD_CANCEL_DISABLE: libc::c_int = 1;
        let mut before = PTHREAD_CANCEL_DISABLE;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, Some(&mut before));
        Self { before, _thread: PhantomData }
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        pthread_setcancelstate(self.before, None);
    }
}

/// Keeps all signals of this thread waiting until dropped.
pub(crate) struct Signals(libc::sigset_t);

impl Signals {
    pub(crate) fn block() -> Self {
        // SAFETY: `sigset_t` is plain old data; both are valid places, and the call fails on a bad
        // first argument only.
        unsafe {
            let (mut all, mut before): (libc::sigset_t, libc::sigset_t) =
                (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            Self(before)
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: a mask that the kernel gave out.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}
