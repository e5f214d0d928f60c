//! Waiting: spin, then yield or sleep; always with an end, and looking at the peer at least every 5 ms.

use crate::base::error::Result;
use crate::sys::futex::SLICE;
use crate::sys::os;
use std::time::Duration;

/// What to do while there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Strategy {
    /// Poll all the time. The lowest latency; takes a whole core.
    Spin = 1,
    /// Poll for some 20 us, then give the processor to others between polls.
    SpinThenYield = 2,
    /// Poll for some 20 us, then sleep until the writer wakes us.
    SpinThenSleep = 3,
}

/// How to wait, and how long at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// What to do while there is nothing.
    pub strategy: Strategy,
    /// After this long the wait ends without a result.
    pub timeout: Duration,
}

impl Wait {
    /// [`Strategy::Spin`].
    pub const fn spin(timeout: Duration) -> Self {
        Self { strategy: Strategy::Spin, timeout }
    }

    /// [`Strategy::SpinThenYield`].
    pub const fn yielding(timeout: Duration) -> Self {
        Self { strategy: Strategy::SpinThenYield, timeout }
    }

    /// [`Strategy::SpinThenSleep`].
    pub const fn sleep(timeout: Duration) -> Self {
        Self { strategy: Strategy::SpinThenSleep, timeout }
    }
}

/// Polls between two looks at the clock.
const POLLS: u32 = 64;
/// How long to poll before yielding or sleeping.
const SPIN_NS: u64 = 20_000;

/// Something that can be waited for.
pub(crate) trait Awaited {
    type Found;
    /// One look, without a system call.
    fn poll(&mut self) -> Option<Self::Found>;
    /// Whether it can still come: asks the kernel. What it returns ends the wait.
    fn check(&mut self) -> Result<Option<Self::Found>>;
    /// Sleeps until something may have changed, or `timeout`.
    fn sleep(&mut self, timeout: Duration) -> Option<Self::Found>;
}

/// Waits. `None`: the time is over.
pub(crate) fn wait_for<A: Awaited>(awaited: &mut A, wait: Wait) -> Result<Option<A::Found>> {
    for _ in 0..POLLS {
        if let Some(found) = awaited.poll() {
            return Ok(Some(found));
        }
    }
    let start = os::monotonic_ns();
    let deadline = start.saturating_add(u64::try_from(wait.timeout.as_nanos()).unwrap_or(u64::MAX));
    let mut look = start + SLICE.as_nanos() as u64;
    loop {
        let now = os::monotonic_ns();
        if now >= look || now >= deadline {
            look = now + SLICE.as_nanos() as u64;
            // Not while it only polls: it takes longer than a poll.
            let whole = os::Uncancelled::new();
            let end = awaited.check()?;
            drop(whole);
            if let Some(end) = end {
                // It may have come just before its sender ended.
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
            let _whole = os::Uncancelled::new();
            awaited.sleep(Duration::from_nanos(deadline - now).min(SLICE)).or_else(|| awaited.poll())
        };
        if found.is_some() {
            return Ok(found);
        }
    }
}
