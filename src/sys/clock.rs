//! Time sources. All give `CLOCK_MONOTONIC` nanoseconds, so that stamps of different processes
//! compare.

use crate::sys::{arch, os};

/// Returns the time now as stamps count it: `CLOCK_MONOTONIC` nanoseconds. The age of a record is
/// this less its [`Meta::time_ns`](crate::Meta::time_ns), unless that is 0.
pub fn monotonic_now() -> u64 {
    os::monotonic_ns()
}

/// The source of a ring's stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TimeSource {
    /// The processor's time stamp counter, calibrated against the clock while it runs: about 8 ns a
    /// stamp. The clock if the counter is not invariant.
    Tsc = 1,
    /// `clock_gettime(CLOCK_MONOTONIC)`: about 20 ns a stamp.
    Clock = 2,
    /// One reading of the clock for all records of a batch.
    Batch = 3,
    /// A time that the caller passes with each record; 0 is unknown.
    Caller = 4,
}

impl TimeSource {
    pub(crate) const fn from_value(value: u32) -> Option<Self> {
        match value {
            1 => Some(Self::Tsc),
            2 => Some(Self::Clock),
            3 => Some(Self::Batch),
            4 => Some(Self::Caller),
            _ => None,
        }
    }
}

/// The time that the first calibration takes; until then the clock is read.
const CALIBRATION_NS: u64 = 20_000_000;
/// Longest trust in one calibration before the counter is compared with the clock again.
const RENEW_NS: u64 = 1_000_000_000;
/// Shortest baseline of the rate once that much time has passed; the longest is twice that, so that
/// the rate follows a clock that is being slewed.
const BASELINE_NS: u64 = 4_000_000_000;

/// One simultaneous reading of counter and clock.
#[derive(Clone, Copy, Debug, Default)]
struct Anchor {
    counts: u64,
    ns: u64,
}

/// A reader of the counter. Each handle has its own: nothing is shared, and no thread waits for a
/// calibration.
#[derive(Debug)]
pub(crate) struct Clock {
    /// True while the counter is used and not the clock.
    counter: bool,
    /// The reading that times are counted from.
    base: Anchor,
    /// The reading that the rate is measured from, and the one that will replace it.
    far: Anchor,
    near: Anchor,
    /// Nanoseconds per count, in units of 2^-32.
    rate: u64,
    /// Counts from `base` after which the clock is read again; 0 before the first calibration.
    renew: u64,
    last: u64,
}

impl Clock {
    pub(crate) fn new(source: TimeSource) -> Self {
        let counter = source == TimeSource::Tsc && arch::has_invariant_counter();
        let now = if counter { anchor() } else { Anchor::default() };
        Self { counter, base: now, far: now, near: now, rate: 0, renew: 0, last: 0 }
    }

    /// Returns the time now; never less than what it returned before.
    #[inline(always)]
    pub(crate) fn now(&mut self) -> u64 {
        match self.counted() {
            Some(now) => now,
            None => self.read_clock(),
        }
    }

    /// Returns the time now from the counter alone; `None` if the clock has to be read.
    #[inline(always)]
    pub(crate) fn counted(&mut self) -> Option<u64> {
        if !self.counter {
            return None;
        }
        let elapsed = arch::cycle_counter().wrapping_sub(self.base.counts);
        if elapsed >= self.renew {
            return None;
        }
        let ns = self.base.ns + ((u128::from(elapsed) * u128::from(self.rate)) >> 32) as u64;
        self.last = self.last.max(ns);
        Some(self.last)
    }

    #[cold]
    fn read_clock(&mut self) -> u64 {
        if !self.counter {
            self.last = self.last.max(os::monotonic_ns());
            return self.last;
        }
        let now = anchor();
        self.last = self.last.max(now.ns);
        let elapsed = now.ns.saturating_sub(self.far.ns);
        if elapsed < CALIBRATION_NS {
            return self.last;
        }
        // A counter that stood still or went backwards cannot be used.
        let counts = now.counts.wrapping_sub(self.far.counts);
        let rate = (u128::from(elapsed) << 32).checked_div(u128::from(counts)).unwrap_or(0) as u64;
        if rate == 0 || counts >= 1 << 62 {
            self.counter = false;
            return self.last;
        }
        // The machine was suspended, where the counter may run on and the clock does not: measure
        // anew.
        if self.rate != 0 && rate.abs_diff(self.rate) > self.rate >> 10 {
            (self.base, self.far, self.near) = (now, now, now);
            (self.rate, self.renew) = (0, 0);
            return self.last;
        }
        self.rate = rate;
        // The reading of `far` is off by some 30 ns: trusted for an eighth of the time since, the
        // error stays below 5.
        let trust = (elapsed / 8).min(RENEW_NS);
        self.renew = ((u128::from(trust) << 32) / u128::from(self.rate)) as u64;
        self.base = now;
        if now.ns.saturating_sub(self.near.ns) >= BASELINE_NS {
            (self.far, self.near) = (self.near, now);
        }
        self.last
    }
}

/// Reads counter and clock together. The counter is read before and after the clock, and the
/// shortest of three tries is kept: an interruption in between would shift all later times.
fn anchor() -> Anchor {
    let mut best = Anchor::default();
    let mut shortest = u64::MAX;
    for _ in 0..3 {
        let before = arch::cycle_counter();
        let ns = os::monotonic_ns();
        let took = arch::cycle_counter().wrapping_sub(before);
        if took <= shortest {
            shortest = took;
            best = Anchor { counts: before.wrapping_add(took / 2), ns };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_follows_the_clock_and_never_goes_back() {
        for source in [TimeSource::Tsc, TimeSource::Clock] {
            let mut clock = Clock::new(source);
            let (start, mut last, mut worst) = (os::monotonic_ns(), 0, 0);
            while last < start + 3 * CALIBRATION_NS {
                let before = os::monotonic_ns();
                let now = clock.now();
                let after = os::monotonic_ns();
                assert!(now >= last);
                last = now;
                worst = worst.max(before.saturating_sub(now)).max(now.saturating_sub(after));
            }
            // A machine whose counter drifts by 1 % would be 200 us off by now.
            assert!(worst < 200_000, "{source:?} was {worst} ns away from the clock");
        }
    }
}
