//! Sleeping until a ring's published counter moves.
//!
//! A sleeper sets the ring's waiter flag and looks again before it sleeps; the writer publishes and then looks at the
//! flag. Between the two steps of each side stands a full barrier. The sleeper's `membarrier` puts one on the writer's
//! processor too, so that the writer needs none: that is known to work when the writer's process registered for it,
//! which it says in the segment. If all of that fails, a sleep is sliced and the sleeper looks again.

use crate::atomic::{AtomicU32, AtomicU64, Ordering, Relaxed, SeqCst, compiler_fence, fence};
use crate::kill;
use crate::os;
use std::time::Duration;

/// The longest uninterrupted sleep.
pub(crate) const SLICE: Duration = Duration::from_millis(5);

/// What the writer does after it has published. `registered` says that sleepers put the barrier here themselves.
#[inline(always)]
pub(crate) fn wake_sleepers(waiter: &AtomicU32, published: &AtomicU64, registered: bool) {
    if registered {
        compiler_fence(SeqCst);
    } else {
        // PAIRS: futex::sleep: either the flag is seen here or the new counter is seen there.
        fence(SeqCst);
    }
    if waiter.load(Relaxed) != 0 {
        wake(waiter, published);
    }
}

#[cold]
fn wake(waiter: &AtomicU32, published: &AtomicU64) {
    // PAIRS: futex::sleep: taken away before the wake-up, so that who comes to sleep after it sets it anew.
    waiter.swap(0, Ordering::AcqRel);
    kill::point("wake.flag_taken");
    os::futex_wake_all(low_half(published));
    kill::point("wake.woken");
}

/// The futex: the counter's low half, at its own address on a little-endian machine.
fn low_half(published: &AtomicU64) -> *const AtomicU32 {
    std::ptr::from_ref(published).cast()
}

/// Sleeps until the counter moves from what it was before `look` found nothing, a wake-up, or `timeout` at most.
/// `look` is asked once more after the flag is set.
pub(crate) fn sleep<R>(
    waiter: &AtomicU32,
    published: &AtomicU64,
    timeout: Duration,
    mut look: impl FnMut() -> Option<R>,
) -> Option<R> {
    let seen = published.load(Relaxed) as u32;
    waiter.store(1, Relaxed);
    kill::point("sleep.flag_set");
    // PAIRS: futex::wake_sleepers, on both sides: here a fence, there the barrier or a fence.
    fence(SeqCst);
    os::barrier_everywhere();
    kill::point("sleep.barrier");
    let found = look();
    // The writer takes the flag away before it wakes; without it nobody would.
    if found.is_none() && waiter.load(Relaxed) != 0 {
        kill::point("sleep.before");
        os::futex_wait(low_half(published), seen, timeout.min(SLICE));
        kill::point("sleep.after");
    }
    found
}
