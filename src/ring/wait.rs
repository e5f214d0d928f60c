//! Waiting: spin, then yield or sleep. Every wait has a timeout, can be cancelled, and checks the
//! peer from time to time.

use crate::base::error::{Error, ErrorKind, Result};
use crate::ring::canceller::{Canceller, nap};
use crate::sys::futex::Slept;
use crate::sys::os;
use crate::sys::os::Woken;
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

/// The effect of a signal that interrupts the sleep of a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnSignal {
    /// The wait goes on.
    #[default]
    Continue,
    /// The wait ends: [`Read::Interrupted`](crate::Read), or
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) if it returns no `Read`.
    ///
    /// Of a wait for several rings, the signal's handler must be installed without `SA_RESTART`. A
    /// signal that arrives while the wait polls or checks the peer ends nothing. To miss none,
    /// call [`Canceller::cancel`](crate::Canceller::cancel) in the signal's handler.
    Interrupt,
}

/// A strategy with a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// The way to wait.
    pub strategy: Strategy,
    /// The time after which the wait ends without a result.
    pub timeout: Duration,
    /// The longest time between two checks of the peer by a sleeping wait, 1 ms to 1 h: the death
    /// of a peer is reported this much later at most. A wait starts with 5 ms and doubles it while
    /// nothing happens. By default 50 ms.
    pub check_every: Duration,
    /// The effect of a signal.
    pub on_signal: OnSignal,
}

impl Wait {
    /// Waits with [`Strategy::Spin`].
    pub const fn spin(timeout: Duration) -> Self {
        Self::by(Strategy::Spin, timeout)
    }

    /// Waits with [`Strategy::SpinThenYield`].
    pub const fn yielding(timeout: Duration) -> Self {
        Self::by(Strategy::SpinThenYield, timeout)
    }

    /// Waits with [`Strategy::SpinThenSleep`].
    pub const fn sleep(timeout: Duration) -> Self {
        Self::by(Strategy::SpinThenSleep, timeout)
    }

    /// Returns true unless the timeout is zero: then it looks once, and nothing ends it.
    #[inline(always)]
    pub(crate) const fn waits(&self) -> bool {
        !self.timeout.is_zero()
    }

    /// Refuses a time between checks that is out of its range.
    pub(crate) fn validate(&self) -> Result<()> {
        if (Duration::from_millis(1)..=Duration::from_secs(3600)).contains(&self.check_every) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument)
            .about("check_every of the wait")
            .expected_found("1 ms to 1 h", format!("{:?}", self.check_every)))
    }

    const fn by(strategy: Strategy, timeout: Duration) -> Self {
        Self { strategy, timeout, check_every: CHECK_EVERY, on_signal: OnSignal::Continue }
    }

    /// Sets the longest time between two checks of the peer: see [`Wait::check_every`].
    #[must_use]
    pub const fn check_every(mut self, time: Duration) -> Self {
        self.check_every = time;
        self
    }

    /// Lets a signal end the wait: [`OnSignal::Interrupt`].
    #[must_use]
    pub const fn interruptible(mut self) -> Self {
        self.on_signal = OnSignal::Interrupt;
        self
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
/// Time until the first check of the peer. A sleeping wait doubles it while nothing happens.
pub(crate) const FIRST_CHECK: Duration = Duration::from_millis(5);
/// Default of [`Wait::check_every`].
pub(crate) const CHECK_EVERY: Duration = Duration::from_millis(50);
/// Time until a check after a wake-up that brought nothing: a writer wakes its readers when it
/// ends, too.
pub(crate) const CHECK_AFTER_WAKE_UP: Duration = Duration::from_millis(1);

/// An event that can be waited for.
pub(crate) trait Awaited {
    type Found;
    /// Time until the first check. A sleeping wait doubles it while nothing happens.
    const FIRST_CHECK: Duration = FIRST_CHECK;
    /// Returns true if somebody has cancelled the wait.
    fn is_cancelled(&mut self) -> bool;
    /// Polls once, without a system call.
    fn poll(&mut self) -> Option<Self::Found>;
    /// Asks the kernel whether the event can still come. Returning something ends the wait.
    fn check(&mut self) -> Result<Option<Self::Found>>;
    /// Sleeps until something may have changed, `timeout` at most.
    fn sleep(&mut self, timeout: Duration) -> Slept<Self::Found>;
}

/// The end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited<T> {
    Found(T),
    TimedOut,
    Cancelled,
    Interrupted,
}

impl<T> Waited<T> {
    /// Returns what was found; `None` if the time ran out. Fails if the wait was ended.
    pub(crate) fn found(self) -> Result<Option<T>> {
        match self {
            Self::Found(found) => Ok(Some(found)),
            Self::TimedOut => Ok(None),
            Self::Cancelled => Err(ErrorKind::Cancelled.into()),
            Self::Interrupted => Err(ErrorKind::Interrupted.into()),
        }
    }
}

/// Waits for an event.
pub(crate) fn wait_for<A: Awaited>(awaited: &mut A, wait: Wait) -> Result<Waited<A::Found>> {
    // Before anything is found: a stream of records must not outrun a cancel.
    if wait.waits() && awaited.is_cancelled() {
        return Ok(Waited::Cancelled);
    }
    for _ in 0..POLLS {
        if let Some(found) = awaited.poll() {
            return Ok(Waited::Found(found));
        }
    }
    wait.validate()?;
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let start = os::monotonic_ns();
    let deadline = start.saturating_add(nanos(wait.timeout));
    let longest = nanos(wait.check_every);
    let mut slice = nanos(A::FIRST_CHECK).min(longest);
    let mut next_check = start + slice;
    loop {
        let now = os::monotonic_ns();
        if now >= next_check || now >= deadline {
            if wait.strategy == Strategy::SpinThenSleep {
                slice = (2 * slice).min(longest);
            }
            next_check = now + slice;
            // Not around every poll: it takes longer than one.
            let uncancelled = os::Uncancelled::new();
            let end = awaited.check()?;
            drop(uncancelled);
            if let Some(end) = end {
                // The event may have come just before its sender ended.
                return Ok(Waited::Found(awaited.poll().unwrap_or(end)));
            }
        }
        if now >= deadline {
            return Ok(awaited.poll().map_or(Waited::TimedOut, Waited::Found));
        }
        if awaited.is_cancelled() {
            return Ok(Waited::Cancelled);
        }
        if wait.strategy == Strategy::Spin || now - start < SPIN_NS {
            for _ in 0..POLLS {
                if let Some(found) = awaited.poll() {
                    return Ok(Waited::Found(found));
                }
                std::hint::spin_loop();
            }
            continue;
        }
        if wait.strategy == Strategy::SpinThenYield {
            os::yield_now();
            if let Some(found) = awaited.poll() {
                return Ok(Waited::Found(found));
            }
            continue;
        }
        let until = deadline.min(next_check) - now;
        let uncancelled = os::Uncancelled::new();
        let slept = awaited.sleep(Duration::from_nanos(until));
        drop(uncancelled);
        let woken = match slept {
            Slept::Found(found) => return Ok(Waited::Found(found)),
            Slept::Until(woken) => woken,
        };
        if let Some(found) = awaited.poll() {
            return Ok(Waited::Found(found));
        }
        match woken {
            Woken::Early => next_check = next_check.min(now + until.min(nanos(CHECK_AFTER_WAKE_UP))),
            Woken::BySignal if wait.on_signal == OnSignal::Interrupt => {
                let cancelled = awaited.is_cancelled();
                return Ok(if cancelled { Waited::Cancelled } else { Waited::Interrupted });
            }
            Woken::TimedOut | Woken::BySignal => {}
        }
    }
}

/// Waits for an event that nobody announces: asks the kernel at once, then ever less often, a
/// sleeping wait every 5 ms at last.
pub(crate) fn wait_until<T>(
    wait: Wait,
    canceller: Option<&Canceller>,
    check: impl FnMut() -> Result<Option<T>>,
) -> Result<Waited<T>> {
    struct Unannounced<'a, F>(Option<&'a Canceller>, F);
    impl<T, F: FnMut() -> Result<Option<T>>> Awaited for Unannounced<'_, F> {
        type Found = T;
        const FIRST_CHECK: Duration = Duration::from_micros(50);
        fn is_cancelled(&mut self) -> bool {
            self.0.is_some_and(Canceller::take)
        }
        fn poll(&mut self) -> Option<T> {
            None
        }
        fn check(&mut self) -> Result<Option<T>> {
            (self.1)()
        }
        fn sleep(&mut self, timeout: Duration) -> Slept<T> {
            Slept::Until(nap(self.0, timeout))
        }
    }
    let mut event = Unannounced(canceller, check);
    if let Some(found) = event.check()? {
        return Ok(Waited::Found(found));
    }
    wait_for(&mut event, wait.check_every(wait.check_every.min(FIRST_CHECK)))
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
