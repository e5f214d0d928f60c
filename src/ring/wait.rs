//! Waiting: spin, then yield or sleep. Every wait has a timeout, and checks the peer at least every
//! 5 ms.

use crate::base::error::Result;
use crate::sys::futex::SLICE;
use crate::sys::os;
use std::time::Duration;

/// The way to wait while there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Strategy {
    /// Polls all the time. Has the lowest latency and takes a whole core.
    Spin = 1,
    /// Polls for some 20 us, then yields the processor between polls.
    SpinThenYield = 2,
    /// Polls for some 20 us, then sleeps until the writer wakes the reader.
    SpinThenSleep = 3,
}

/// A strategy with a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// The way to wait.
    pub strategy: Strategy,
    /// The time after which the wait ends without a result.
    pub timeout: Duration,
}

impl Wait {
    /// Waits with [`Strategy::Spin`].
    pub const fn spin(timeout: Duration) -> Self {
        Self { strategy: Strategy::Spin, timeout }
    }

    /// Waits with [`Strategy::SpinThenYield`].
    pub const fn yielding(timeout: Duration) -> Self {
        Self { strategy: Strategy::SpinThenYield, timeout }
    }

    /// Waits with [`Strategy::SpinThenSleep`].
    pub const fn sleep(timeout: Duration) -> Self {
        Self { strategy: Strategy::SpinThenSleep, timeout }
    }
}

/// The rest of a wait, for a caller that waits several times until one deadline.
#[derive(Debug)]
pub(crate) struct Remaining {
    wait: Wait,
    start: Option<u64>,
}

impl Remaining {
    pub(crate) const fn of(wait: Wait) -> Self {
        Self { wait, start: None }
    }

    /// Returns the wait with the time that is left. The time runs from the first call.
    pub(crate) fn left(&mut self) -> Wait {
        let now = os::monotonic_ns();
        let waited = Duration::from_nanos(now - *self.start.get_or_insert(now));
        Wait { timeout: self.wait.timeout.saturating_sub(waited), ..self.wait }
    }
}

/// Polls between two readings of the clock.
const POLLS: u32 = 64;
/// Time spent polling before the first yield or sleep.
const SPIN_NS: u64 = 20_000;

/// An event that can be waited for.
pub(crate) trait Awaited {
    type Found;
    /// Polls once, without a system call.
    fn poll(&mut self) -> Option<Self::Found>;
    /// Asks the kernel whether the event can still come. Returning something ends the wait.
    fn check(&mut self) -> Result<Option<Self::Found>>;
    /// Sleeps until something may have changed, `timeout` at most.
    fn sleep(&mut self, timeout: Duration) -> Option<Self::Found>;
}

/// Waits for an event. Returns `None` if the time ran out.
pub(crate) fn wait_for<A: Awaited>(awaited: &mut A, wait: Wait) -> Result<Option<A::Found>> {
    for _ in 0..POLLS {
        if let Some(found) = awaited.poll() {
            return Ok(Some(found));
        }
    }
    let start = os::monotonic_ns();
    let deadline = start.saturating_add(u64::try_from(wait.timeout.as_nanos()).unwrap_or(u64::MAX));
    let mut next_check = start + SLICE.as_nanos() as u64;
    loop {
        let now = os::monotonic_ns();
        if now >= next_check || now >= deadline {
            next_check = now + SLICE.as_nanos() as u64;
            // Not around every poll: it takes longer than one.
            let uncancelled = os::Uncancelled::new();
            let end = awaited.check()?;
            drop(uncancelled);
            if let Some(end) = end {
                // The event may have come just before its sender ended.
                return Ok(Some(awaited.poll().unwrap_or(end)));
            }
        }
        if now >= deadline {
            return Ok(awaited.poll());
        }
        if wait.strategy == Strategy::Spin || now - start < SPIN_NS {
            for _ in 0..POLLS {
                if let Some(found) = awaited.poll() {
                    return Ok(Some(found));
                }
                std::hint::spin_loop();
            }
            continue;
        }
        let found = if wait.strategy == Strategy::SpinThenYield {
            os::yield_now();
            awaited.poll()
        } else {
            let _uncancelled = os::Uncancelled::new();
            awaited.sleep(Duration::from_nanos(deadline - now).min(SLICE)).or_else(|| awaited.poll())
        };
        if found.is_some() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_one_however_often_it_is_waited_for() {
        let mut none = Remaining::of(Wait::sleep(Duration::ZERO));
        assert_eq!((none.left().timeout, none.left().timeout), (Duration::ZERO, Duration::ZERO));
        let whole = Wait::spin(Duration::from_secs(3600));
        let mut remaining = Remaining::of(whole);
        assert_eq!(remaining.left(), whole, "the time runs from the first call");
        let start = os::monotonic_ns();
        while os::monotonic_ns() == start {}
        let left = remaining.left();
        assert!(left.timeout < whole.timeout && left.strategy == Strategy::Spin);
        assert!(remaining.left().timeout <= left.timeout);
    }
}
