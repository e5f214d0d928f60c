//! Sleeping until a ring's writer has published.
//!
//! A ring has a waiter word, on which its readers sleep: bit 0 is set while a reader sleeps, the
//! other bits count wake-ups. A sleeper sets the bit, looks again, and sleeps on the value that it
//! set. The writer publishes and then loads the bit. Each side has a full barrier between its two
//! steps. The sleeper's `membarrier` puts one on the writer's processor too, so that the writer
//! needs none. That works if the writer's process has registered for it, which the segment says.
//! Every sleep is sliced: should a wake-up be lost all the same, the sleeper looks again.
//!
//! The published counter would not do in place of the word. A writer that saw the bit and is
//! delayed before it clears it would clear the bit of a reader that has read the record meanwhile
//! and sleeps for the next one, on a counter that does not change until then. The count is needed
//! too: with the bit alone a second sleeper could set it again between the wake-up and the first
//! one's sleep.

use crate::sys::atomic::{Ordering, Relaxed, SeqCst, Word32, compiler_fence, fence};
use crate::sys::os::Woken;
use crate::sys::{kill, os, os::FutexWait, words::Words};
use std::time::Duration;

/// Bit 0 of the waiter word.
const SLEEPS: u32 = 1;

/// Wakes sleeping readers after something was published. `registered`: the sleepers put the barrier
/// on this processor.
#[inline(always)]
pub(crate) fn wake_sleepers(waiter: &Word32, registered: bool) {
    if registered {
        compiler_fence(SeqCst);
    } else {
        // SeqCst: either this side sees the bit or the sleeper sees what was published.
        // PAIRS: sys/futex::barrier.
        fence(SeqCst);
    }
    if waiter.load(Relaxed) & SLEEPS != 0 {
        wake(waiter);
    }
}

#[cold]
fn wake(waiter: &Word32) {
    // Clears the bit and counts in one step: only the ring's writer clears the bit. A sleeper that
    // set it before finds another value and does not sleep.
    waiter.fetch_add(SLEEPS, Ordering::AcqRel);
    kill::point("wake.flag_taken");
    os::futex_wake_all(waiter);
    kill::point("wake.woken");
}

/// Sets the bit, the sleeper's first step. Returns the value to sleep on.
fn announce(waiter: &Word32) -> u32 {
    let seen = waiter.fetch_or(SLEEPS, Relaxed) | SLEEPS;
    kill::point("sleep.flag_set");
    seen
}

/// Orders the bit before the last look, the sleeper's second step. Returns false if a writer that
/// relies on the barrier may miss the bit.
fn barrier() -> bool {
    // SeqCst: either the writer sees the bit or this side sees what was published. The writer has a
    // fence, or is given the barrier. PAIRS: sys/futex::wake_sleepers.
    fence(SeqCst);
    let is_made = os::barrier_everywhere();
    kill::point("sleep.barrier");
    is_made
}

/// The result of a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept<R> {
    /// The last look found this: there was no sleep.
    Found(R),
    /// It slept.
    Until(Woken),
}

/// A word that ends a sleep when it is not 0.
#[derive(Clone, Copy)]
pub(crate) struct Cancel<'c> {
    pub(crate) word: &'c Word32,
    /// True if somebody may store it.
    pub(crate) is_expected: bool,
}

/// Sleeps until a wake-up, for the time that `look` returns at most, unless `look` finds something.
/// `look` runs after the bit is set: either it sees a change, or the side that makes the change
/// sees the bit.
pub(crate) fn sleep<R>(
    waiter: &Word32,
    cancel: Option<Cancel<'_>>,
    look: impl FnOnce() -> Result<R, Duration>,
) -> Slept<R> {
    let seen = announce(waiter);
    let is_sure = barrier();
    match look() {
        Ok(found) => Slept::Found(found),
        Err(longest) => {
            let longest = if is_sure { longest } else { longest.min(UNSURE_SLICE) };
            kill::point("sleep.before");
            let woken = sleep_on_one(waiter, seen, cancel, longest);
            kill::point("sleep.after");
            Slept::Until(woken)
        }
    }
}

fn sleep_on_one(waiter: &Word32, seen: u32, cancel: Option<Cancel<'_>>, longest: Duration) -> Woken {
    let Some(Cancel { word, is_expected }) = cancel else { return os::futex_wait(waiter, seen, longest) };
    let words = [FutexWait::new(waiter, seen), FutexWait::new(word, 0)];
    os::futex_wait_any(&words, longest).unwrap_or_else(|| {
        // A kernel before 5.16: writers wake the sleeper at once, and a cancel at the next look.
        os::futex_wait(waiter, seen, if is_expected { longest.min(UNSURE_SLICE) } else { longest })
    })
}

/// Sleeps on several words, or for a moment where the kernel cannot.
fn sleep_on(words: &[FutexWait], longest: Duration) -> Woken {
    os::futex_wait_any(words, longest).unwrap_or_else(|| {
        std::thread::sleep(longest.min(UNWAKEABLE_SLICE));
        Woken::TimedOut
    })
}

/// Most rings that one thread can sleep on: the kernel's limit.
pub(crate) const MAX_WAITERS: usize = 128;

/// The longest sleep of a thread that a wake-up or a cancel may miss.
pub(crate) const UNSURE_SLICE: Duration = Duration::from_millis(5);

/// The longest sleep of a reader that no writer can wake.
pub(crate) const UNWAKEABLE_SLICE: Duration = Duration::from_millis(1);

/// Sleeps as [`sleep`] does on the waiter words of several rings, [`MAX_WAITERS`] at most, each at
/// offset 0. One barrier serves all rings: it comes after all bits are set and before any ring is
/// looked at. The bits of the rings that did not wake the sleeper stay set, and cost each of their
/// writers a call that wakes nobody. `cancels` are words that end the sleep when they are not 0,
/// and count to the [`MAX_WAITERS`].
pub(crate) fn sleep_any<'c, W: Words, R>(
    waiters: impl Iterator<Item = W>,
    cancels: impl Iterator<Item = &'c Word32>,
    look: impl FnOnce() -> Result<R, Duration>,
) -> Slept<R> {
    let mut words = [FutexWait::default(); MAX_WAITERS];
    let (mut count, mut rings) = (0, 0);
    let waiters = waiters.map(|waiter| {
        rings += 1;
        let waiter = waiter.u32(0);
        FutexWait::new(waiter, announce(waiter))
    });
    let cancels = cancels.map(|cancel| FutexWait::new(cancel, 0));
    for (word, wait) in words.iter_mut().zip(waiters.chain(cancels)) {
        *word = wait;
        count += 1;
    }
    let is_sure = rings == 0 || barrier();
    match look() {
        Ok(found) => Slept::Found(found),
        Err(longest) => {
            let longest = if is_sure { longest } else { longest.min(UNSURE_SLICE) };
            Slept::Until(sleep_on(&words[..count], longest))
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    use crate::sys::atomic::Word64;

    /// A timeout that only a hang reaches.
    const LONG: Duration = Duration::from_secs(60);

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
                    let look = || rings.iter().position(|two| two.counter.load(Relaxed) != 0).ok_or(LONG);
                    if let Slept::Found(found) = sleep_any(rings.iter(), [].into_iter(), look) {
                        break found;
                    }
                }
            });
            assert_eq!(found, which);
            // The other rings' bits stay set.
            assert!(rings.iter().enumerate().all(|(i, two)| i == which || two.sleeps()));
        }
    }

    #[test]
    fn a_word_that_is_not_0_ends_a_sleep_and_one_that_becomes_so_wakes() {
        let (two, word) = (Two::default(), Word32::new(1));
        let cancel = Cancel { word: &word, is_expected: true };
        let look = || Err::<(), _>(LONG);
        assert_eq!(sleep(&two.waiter, Some(cancel), look), Slept::Until(Woken::Early));
        word.store(0, Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !two.sleeps() {
                    std::hint::spin_loop();
                }
                word.store(1, Relaxed);
                os::futex_wake_all(&word);
            });
            while word.load(Relaxed) == 0 {
                assert_ne!(sleep(&two.waiter, Some(cancel), look), Slept::Until(Woken::TimedOut));
            }
        });
    }

    #[test]
    fn what_comes_between_the_bits_and_the_sleep_is_found_by_the_last_look() {
        let rings: [Two; 2] = Default::default();
        let look = || {
            // All bits are set before any ring is looked at.
            assert!(rings.iter().all(Two::sleeps));
            rings[1].counter.store(1, Relaxed);
            wake_sleepers(&rings[1].waiter, false);
            Ok(())
        };
        assert_eq!(sleep_any(rings.iter(), [].into_iter(), look), Slept::Found(()));
        assert!(!rings[1].sleeps());
    }

    #[test]
    fn a_wake_up_before_the_sleep_ends_it_although_somebody_else_has_come_to_sleep() {
        let two = Two::default();
        let look = || {
            wake_sleepers(&two.waiter, false);
            announce(&two.waiter);
            Err::<(), _>(LONG)
        };
        for _ in 0..1000 {
            assert_eq!(sleep(&two.waiter, None, look), Slept::Until(Woken::Early));
        }
        assert!(two.sleeps());
    }
}
