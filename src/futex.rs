//! Sleeping until a ring's published counter moves.
//!
//! A sleeper sets the ring's waiter flag and looks again before it sleeps; the writer publishes and then looks at the
//! flag. Between the two steps of each side stands a full barrier. The sleeper's `membarrier` puts one on the writer's
//! processor too, so that the writer needs none: that is known to work when the writer's process registered for it,
//! which it says in the segment. If all of that fails, a sleep is sliced and the sleeper looks again.

use crate::atomic::{Ordering, Relaxed, SeqCst, Word32, Word64, compiler_fence, fence};
use crate::kill;
use crate::layout::control;
use crate::os::{self, FutexWait};
use crate::words::Words;
use std::time::Duration;

/// The longest uninterrupted sleep.
pub(crate) const SLICE: Duration = Duration::from_millis(5);

/// What the writer does after it has published. `registered` says that sleepers put the barrier here themselves.
#[inline(always)]
pub(crate) fn wake_sleepers(waiter: &Word32, published: &Word64, registered: bool) {
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
fn wake(waiter: &Word32, published: &Word64) {
    // PAIRS: futex::sleep: taken away before the wake-up, so that who comes to sleep after it sets it anew.
    waiter.swap(0, Ordering::AcqRel);
    kill::point("wake.flag_taken");
    os::futex_wake_all(published);
    kill::point("wake.woken");
}

/// The sleeper's first step: says that somebody sleeps. Returns what the counter was.
fn announce(waiter: &Word32, published: &Word64) -> u32 {
    let seen = published.load(Relaxed) as u32;
    waiter.store(1, Relaxed);
    kill::point("sleep.flag_set");
    seen
}

/// The sleeper's second step, between the flags and the last look.
fn barrier() {
    // PAIRS: futex::wake_sleepers, on both sides: here a fence, there the barrier or a fence.
    fence(SeqCst);
    os::barrier_everywhere();
    kill::point("sleep.barrier");
}

/// Sleeps until the counter moves from what it was before `look` found nothing, a wake-up, or as long as `look` says.
/// That is asked after the flag is set: what it depends on either is seen then, or who changes it sees the flag.
pub(crate) fn sleep<R>(
    waiter: &Word32,
    published: &Word64,
    look: impl FnOnce() -> Result<R, Duration>,
) -> Option<R> {
    let seen = announce(waiter, published);
    barrier();
    let longest = match look() {
        Ok(found) => return Some(found),
        Err(longest) => longest,
    };
    // The writer takes the flag away before it wakes; without it nobody would.
    if waiter.load(Relaxed) != 0 {
        kill::point("sleep.before");
        os::futex_wait(published, seen, longest.min(SLICE));
        kill::point("sleep.after");
    }
    None
}

/// Rings that can be slept on at once: the kernel's limit.
pub(crate) const MOST_BEDS: usize = 128;

/// The longest sleep of somebody whom nobody can wake.
pub(crate) const BLIND: Duration = Duration::from_millis(1);

/// A ring to sleep on: its waiter flag and its published counter, each at offset 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bed<W> {
    pub(crate) waiter: W,
    pub(crate) published: W,
}

/// As [`sleep`], on [`MOST_BEDS`] rings at most: until one of the counters moves. Each writer is dealt with as by a
/// sleeper on its ring alone; one barrier serves all, as it stands after all flags and before all looks. A flag that is
/// gone before the sleep means a wake-up that has passed, whichever ring it was. The flags of the other rings stay: they
/// cost their writers a call that wakes nobody.
pub(crate) fn sleep_any<W: Words, R>(
    beds: impl Iterator<Item = Bed<W>> + Clone,
    look: impl FnOnce() -> Result<R, Duration>,
) -> Option<R> {
    let mut words = [FutexWait::default(); MOST_BEDS];
    let mut count = 0;
    for (word, bed) in words.iter_mut().zip(beds.clone()) {
        let published = bed.published.u64(control::PUBLISHED);
        *word = FutexWait::new(published, announce(bed.waiter.u32(0), published));
        count += 1;
    }
    barrier();
    let longest = match look() {
        Ok(found) => return Some(found),
        Err(longest) => longest,
    };
    if beds.take(count).all(|bed| bed.waiter.u32(0).load(Relaxed) != 0)
        && !os::futex_wait_any(&words[..count], longest.min(SLICE))
    {
        std::thread::sleep(longest.min(BLIND));
    }
    None
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A ring's counter and flag, side by side.
    #[derive(Default)]
    struct Two {
        counter: Word64,
        flag: Word32,
    }

    #[derive(Clone, Copy)]
    enum Part<'a> {
        Counter(&'a Two),
        Flag(&'a Two),
    }

    impl Words for Part<'_> {
        fn u64(&self, _: usize) -> &Word64 {
            let (Self::Counter(two) | Self::Flag(two)) = self;
            &two.counter
        }
        fn u32(&self, _: usize) -> &Word32 {
            let (Self::Counter(two) | Self::Flag(two)) = self;
            &two.flag
        }
        fn prefetch(&self, _: usize) {}
    }

    fn beds(rings: &[Two]) -> impl Iterator<Item = Bed<Part<'_>>> + Clone {
        rings.iter().map(|two| Bed { waiter: Part::Flag(two), published: Part::Counter(two) })
    }

    #[test]
    fn a_sleeper_on_several_rings_is_woken_by_each_and_by_that_one_only() {
        for which in 0..3 {
            let rings: [Two; 3] = Default::default();
            let found = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while rings.iter().any(|two| two.flag.load(Relaxed) == 0) {
                        std::hint::spin_loop();
                    }
                    rings[which].counter.store(1, Relaxed);
                    wake_sleepers(&rings[which].flag, &rings[which].counter, false);
                });
                loop {
                    let look = || rings.iter().position(|two| two.counter.load(Relaxed) != 0).ok_or(SLICE);
                    if let Some(found) = sleep_any(beds(&rings), look) {
                        break found;
                    }
                }
            });
            assert_eq!(found, which);
            // The others' writers were not told that anybody has got up.
            assert!(rings.iter().enumerate().all(|(i, two)| i == which || two.flag.load(Relaxed) == 1));
        }
    }

    #[test]
    fn what_comes_between_the_flags_and_the_sleep_is_found_by_the_last_look() {
        let rings: [Two; 2] = Default::default();
        let look = || {
            // All flags stand before anything is looked at.
            assert!(rings.iter().all(|two| two.flag.load(Relaxed) == 1));
            rings[1].counter.store(1, Relaxed);
            wake_sleepers(&rings[1].flag, &rings[1].counter, false);
            Ok(())
        };
        assert_eq!(sleep_any(beds(&rings), look), Some(()));
        assert_eq!(rings[1].flag.load(Relaxed), 0);
    }
}
