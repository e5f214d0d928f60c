//! Bounds retries: for names that move, and for locks that are held.

use crate::base::error::{ErrorKind, Result};
use crate::ring::canceller::Canceller;
use crate::ring::canceller::nap;
use crate::sys::{lock::BEING_REPLACED, os};
use std::time::Duration;

/// Longest wait until another process has replaced or removed a segment.
const REPLACEMENT: Duration = Duration::from_secs(1);

/// Bounds the retries for a name that other processes keep moving: 16 turns, and at least
/// [`REPLACEMENT`].
pub(crate) struct Turns {
    left: u32,
    start: u64,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self { left: 16, start: os::monotonic_ns() }
    }
}

impl Iterator for Turns {
    type Item = ();
    fn next(&mut self) -> Option<()> {
        self.left = self.left.saturating_sub(1);
        let waited = Duration::from_nanos(os::monotonic_ns() - self.start);
        (self.left > 0 || waited < REPLACEMENT).then_some(())
    }
}

/// Retries a lock: up to [`REPLACEMENT`] while the segment is being replaced or removed, up to
/// `timeout` while a role is held. Ends with [`ErrorKind::Cancelled`] if it is cancelled.
pub(crate) fn patiently<T>(
    timeout: Duration,
    canceller: Option<&Canceller>,
    mut lock: impl FnMut() -> Result<T>,
) -> Result<T> {
    let start = os::monotonic_ns();
    loop {
        let e = match lock() {
            Err(e) if e.kind() == ErrorKind::RoleHeld => e,
            result => return result,
        };
        let limit = if e.found() == BEING_REPLACED { timeout.max(REPLACEMENT) } else { timeout };
        let waited = Duration::from_nanos(os::monotonic_ns() - start);
        let Some(left) = limit.checked_sub(waited).filter(|t| !t.is_zero()) else { return Err(e) };
        if canceller.is_some_and(Canceller::take) {
            return Err(ErrorKind::Cancelled.into());
        }
        nap(canceller, left.min(Duration::from_micros(50) + waited / 8).min(Duration::from_millis(10)));
    }
}
