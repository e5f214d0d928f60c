//! Bounds retries: for names that move, and for locks that are held.

use crate::base::error::{ErrorKind, Result};
use crate::ring::canceller::Canceller;
use crate::ring::wait::{Wait, wait_until};
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
    let look = || match lock() {
        Err(e) if e.kind() == ErrorKind::RoleHeld => {
            let limit = if e.found() == BEING_REPLACED { timeout.max(REPLACEMENT) } else { timeout };
            let waited = Duration::from_nanos(os::monotonic_ns() - start);
            if waited < limit { Ok(None) } else { Err(e) }
        }
        result => result.map(Some),
    };
    let found = wait_until(Wait::sleep(timeout.max(REPLACEMENT)), canceller, look)?.found()?;
    found.map_or_else(lock, Ok)
}
