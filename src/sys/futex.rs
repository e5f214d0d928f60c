//! Sleeping until a ring's writer has published.
//!
//! A ring has a waiter word, which is what its readers sleep on: bit 0 says that somebody sleeps, the other bits count
//! wake-ups. A sleeper sets the bit and looks again before it sleeps on the word as it is then; the writer publishes and
//! then looks at the bit. Between the two steps of each side stands a full barrier. The sleeper's `membarrier` puts one on
//! the writer's processor too, so that the writer needs none: that is known to work when the writer's process registered for
//! it, which it says in the segment. If all of that fails, a sleep is sliced and the sleeper looks again.
//!
//! Why not the published counter: a writer that saw the bit and is delayed before it takes it away would take away that of
//! somebody who has read the record meanwhile and sleeps for the next one, on a counter that stays as it is until then. Why a
//! count: with the bit alone a second sleeper could set it again between the wake-up and the first one's sleep.

use crate::sys::atomic::{Ordering, Relaxed, SeqCst, Word32, compiler_fence, fence};
use crate::sys::kill;
use crate::sys::os;
use crate::sys::os::FutexWait;
use crate::sys::words::Words;
use std::time::Duration;

/// The longest uninterrupted sleep.
pub(crate) const SLICE: Duration = Duration::from_millis(5);

/// Bit 0 of the waiter word.
const SLEEPS: u32 = 1;

/// Wakes whoever sleeps, after something was published. `registered` says that sleepers put the barrier here themselves.
#[inline(always)]
pub(crate) fn wake_sleepers(waiter: &Word32, registered: bool) {
    if registered {
        compiler_fence(SeqCst);
    } else {
        // PAIRS: sys/futex::barrier: either the bit is seen here or what was published is seen there.
        fence(SeqCst);
    }
    if waiter.load(Relaxed) & SLEEPS != 0 {
        wake(waiter);
    }
}

#[cold]
fn wake(waiter: &Word32) {
    // The bit goes and the count moves on in one step: only the ring's writer takes the bit away. Whoever has announced itself
    // before does not sleep on the word any more.
    waiter.fetch_add(SLEEPS, Ordering::AcqRel);
    kill::point("wake.flag_taken");
    os::futex_wake_all(waiter);
    kill::point("wake.woken");
}

/// The sleeper's first step: says that somebody sleeps. Returns the word to sleep on.
fn announce(waiter: &Word32) -> u32 {
    let seen = waiter.fetch_or(SLEEPS, Relaxed) | SLEEPS;
    kill::point("sleep.flag_set");
    seen
}

/// The sleeper's second step, between the flags and the last look.
fn barrier() {
    // PAIRS: sys/futex::wake_sleepers, on both sides: here a fence, there the barrier or a fence.
    fence(SeqCst);
    os::barrier_everywhere();
    kill::point("sleep.barrier");
}

/// Sleeps until a wake-up, or as long as `look` says that found nothing. That is asked after the bit is set: what it depends on
/// either is seen then, or who changes it sees the bit.
pub(crate) fn sleep<R>(waiter: &Word32, look: impl FnOnce() -> Result<R, Duration>) -> Option<R> {
    let seen = announce(waiter);
    barrier();
    match look() {
        Ok(found) => Some(found),
        Err(longest) => {
            kill::point("sleep.before");
            os::futex_wait(waiter, seen, longest.min(SLICE));
            kill::point("sleep.after");
            None
        }
    }
}

/// Rings that can be slept on at once: the kernel's limit.
pub(crate) const MOST_BEDS: usize = 128;

/// The longest sleep of somebody whom nobody can wake.
pub(crate) const BLIND: Duration = Duration::from_millis(1);

/// Sleeps as [`sleep`] does, on the waiter words of [`MOST_BEDS`] rings at most, each at offset 0. Each writer is dealt with as by a sleeper
/// on its ring alone; one barrier serves all, as it stands after all bits and before all looks. The bits of the rings that
/// did not wake stay: they cost their writers a call that wakes nobody.
pub(crate) fn sleep_any<W: Words, R>(
    beds: impl Iterator<Item = W>,
    look: impl FnOnce() -> Result<R, Duration>,
) -> Option<R> {
    let mut words = [FutexWait::default(); MOST_BEDS];
    let mut count = 0;
    for (word, bed) in words.iter_mut().zip(beds) {
        let waiter = bed.u32(0);
        *word = FutexWait::new(waiter, announce(waiter));
        count += 1;
    }
    barrier();
    match look() {
        Ok(found) => Some(found),
        Err(longest) => {
            if !os::futex_wait_any(&words[..count], longest.min(SLICE)) {
                std::thread::sleep(longest.min(BLIND));
            }
            None
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    use crate::sys::atomic::Word64;

    /// A ring's counter and waiter word.
    #[derive(Default)]
    struct Two {
        counter: Word64,
        waiter: Word32,
    }

    impl Two {
        fn sleeps(&self) -> bool {
            self.waiter.load(Relaxed) & SLEEPS != 0
        }
    }

    impl Words for &Two {
        fn u64(&self, _: usize) -> &Word64 {
            &self.counter
        }
        fn u32(&self, _: usize) -> &Word32 {
            &self.waiter
        }
        fn prefetch(&self, _: usize) {}
    }

    #[test]
    fn a_sleeper_on_several_rings_is_woken_by_each_and_by_that_one_only() {
        for which in 0..3 {
            let rings: [Two; 3] = Default::default();
            let found = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !rings.iter().all(Two::sleeps) {
                        std::hint::spin_loop();
                    }
                    rings[which].counter.store(1, Relaxed);
                    wake_sleepers(&rings[which].waiter, false);
                });
                loop {
                    let look = || rings.iter().position(|two| two.counter.load(Relaxed) != 0).ok_or(SLICE);
                    if let Some(found) = sleep_any(rings.iter(), look) {
                        break found;
                    }
                }
            });
            assert_eq!(found, which);
            // The others' writers were not told that anybody has got up.
            assert!(rings.iter().enumerate().all(|(i, two)| i == which || two.sleeps()));
        }
    }

    #[test]
    fn what_comes_between_the_bits_and_the_sleep_is_found_by_the_last_look() {
        let rings: [Two; 2] = Default::default();
        let look = || {
            // All bits stand before anything is looked at.
            assert!(rings.iter().all(Two::sleeps));
            rings[1].counter.store(1, Relaxed);
            wake_sleepers(&rings[1].waiter, false);
            Ok(())
        };
        assert_eq!(sleep_any(rings.iter(), look), Some(()));
        assert!(!rings[1].sleeps());
    }

    #[test]
    fn a_wake_up_before_the_sleep_ends_it_although_somebody_else_has_come_to_sleep() {
        let two = Two::default();
        let start = os::monotonic_ns();
        let look = || {
            wake_sleepers(&two.waiter, false);
            announce(&two.waiter);
            Err::<(), _>(Duration::from_secs(60))
        };
        // It would sleep as long as a slice at most: that it does not sleep shows in how often it can.
        for _ in 0..1000 {
            assert_eq!(sleep(&two.waiter, look), None);
        }
        assert!(two.sleeps());
        assert!(os::monotonic_ns() - start < 1000 * SLICE.as_nanos() as u64, "it slept");
    }
}
