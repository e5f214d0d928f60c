//! Sleeps on words of shared memory, wakes the sleepers, and orders memory between processes.

#[cfg(not(loom))]
use crate::sys::atomic::Word32;
#[cfg(not(loom))]
use crate::sys::os::time::{monotonic_ns, timespec};
#[cfg(not(loom))]
use std::io;
#[cfg(not(loom))]
use std::time::Duration;

#[cfg(loom)]
pub(crate) use crate::sys::modelled::{
    FutexWait, barrier_everywhere, futex_wait, futex_wait_any, futex_wake_all,
};

/// The reason why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// A word was not as expected, somebody woke the sleeper, or the kernel gave no reason.
    Early,
    /// The time ran out.
    TimedOut,
    /// A signal arrived.
    #[cfg_attr(loom, expect(dead_code, reason = "the model has no signals"))]
    BySignal,
}

/// Sleeps while the word is `expected`, at most for `timeout`. May return early for any reason: the
/// caller checks again. The word may lie in shared memory.
#[cfg(not(loom))]
pub(crate) fn futex_wait(word: &Word32, expected: u32, timeout: Duration) -> Woken {
    wait(word.as_ptr() as u64, expected, timeout).unwrap_or_else(|| {
        // If the call is refused, by whatever number, sleep here: the caller would spin otherwise.
        std::thread::sleep(timeout.min(Duration::from_millis(1)));
        Woken::TimedOut
    })
}

#[cfg(not(loom))]
fn wait(address: u64, expected: u32, timeout: Duration) -> Option<Woken> {
    let t = timespec(timeout);
    // SAFETY: the kernel checks the address itself; `t` outlives the call.
    woken(unsafe {
        libc::syscall(
            libc::SYS_futex,
            address,
            libc::FUTEX_WAIT,
            expected,
            &raw const t,
            std::ptr::null::<u32>(),
            0u32,
        )
    })
}

/// Wakes all threads that sleep on the word.
#[cfg(not(loom))]
pub(crate) fn futex_wake_all(word: &Word32) {
    // SAFETY: the kernel checks the address itself.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// Names one of several words to sleep on: the kernel's `struct futex_waitv`.
#[cfg(not(loom))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FutexWait {
    expected: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

#[cfg(not(loom))]
impl FutexWait {
    pub(crate) fn new(word: &Word32, expected: u32) -> Self {
        /// `FUTEX2_SIZE_U32`, without `FUTEX2_PRIVATE`.
        const SHARED_U32: u32 = 2;
        Self { expected: expected.into(), address: word.as_ptr() as u64, flags: SHARED_U32, reserved: 0 }
    }
}

/// Sleeps on at most 128 words, until any of them changes or the timeout ends. Returns `None` if
/// the call is refused, by a kernel before 5.16 or by a sandbox.
#[cfg(not(loom))]
pub(crate) fn futex_wait_any(words: &[FutexWait], timeout: Duration) -> Option<Woken> {
    // Every kernel can sleep on one.
    if let [word] = words {
        return wait(word.address, word.expected as u32, timeout);
    }
    let end = Duration::from_nanos(monotonic_ns()).saturating_add(timeout);
    let t = timespec(end);
    // SAFETY: `words` and `t` outlive the call; the kernel checks the addresses in them itself.
    let r = unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            words.as_ptr(),
            words.len() as libc::c_uint,
            0u32,
            &raw const t,
            libc::CLOCK_MONOTONIC,
        )
    };
    woken(r)
}

/// Returns how a futex call ended; `None` if it was refused, and would be again.
#[cfg(not(loom))]
fn woken(result: libc::c_long) -> Option<Woken> {
    if result >= 0 {
        return Some(Woken::Early);
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN) => Some(Woken::Early),
        Some(libc::ETIMEDOUT) => Some(Woken::TimedOut),
        Some(libc::EINTR) => Some(Woken::BySignal),
        _ => None,
    }
}

/// Registers this process for [`barrier_everywhere`]. Returns false if the kernel lacks it.
pub(crate) fn register_barrier() -> bool {
    // SAFETY: no memory is handed over.
    unsafe {
        libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0u32, 0) == 0
    }
}

/// Executes a full barrier on every running thread of every registered process. Returns false if
/// the kernel lacks it.
#[cfg(not(loom))]
pub(crate) fn barrier_everywhere() -> bool {
    // SAFETY: no memory is handed over.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0u32, 0) == 0 }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::atomic::Ordering;
    use crate::sys::os::thread::yield_now;

    /// A timeout that only a hang reaches.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn any_of_several_words_wakes() {
        let words = [const { Word32::new(7) }; 3];
        let waits = words.each_ref().map(|w| FutexWait::new(w, 7));
        if futex_wait_any(&[FutexWait::new(&words[0], 0); 2], LONG).is_none() {
            eprintln!("NOT CHECKED: this kernel has no futex_waitv");
            return;
        }
        for word in &words {
            let start = monotonic_ns();
            std::thread::scope(|scope| {
                let sleeper = scope.spawn(|| futex_wait_any(&waits, LONG));
                while !sleeper.is_finished() {
                    futex_wake_all(word);
                    yield_now();
                }
                assert!(sleeper.join().unwrap().is_some());
            });
            assert!(monotonic_ns() - start < LONG.as_nanos() as u64, "nobody woke it");
        }
        // None of them is what it was: at once. In time: also true.
        words[2].store(8, Ordering::Relaxed);
        assert_eq!(futex_wait_any(&waits, LONG), Some(Woken::Early));
        assert_eq!(futex_wait_any(&waits[..2], Duration::from_micros(1)), Some(Woken::TimedOut));
        // More than the kernel takes is told, and not waited for.
        assert_eq!(futex_wait_any(&[waits[0]; 129], LONG), None);
    }
}
