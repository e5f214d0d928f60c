//! Waiting without the interpreter's lock, and ended by a signal.

use crate::errors::{raised, refused};
use leyline::{ErrorKind, Read, Wait};
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// Looks that are made with the interpreter's lock held before it is given back: giving it back and
/// taking it again takes longer than most answers.
pub(crate) const LOOKS: u32 = 64;

/// The longest timeout, in seconds: 30 years.
const LONGEST: f64 = 1e9;

/// Longest wait between two looks for a pending signal. One that arrives in the sleep ends it; this
/// is for one that arrives just before.
const SLICE: Duration = Duration::from_millis(100);

/// Reads a timeout in seconds.
pub(crate) fn timeout(seconds: f64) -> PyResult<Duration> {
    if !(0.0..=LONGEST).contains(&seconds) {
        return Err(refused(ErrorKind::InvalidArgument, "timeout", "0 to 1e9 seconds", &seconds.to_string()));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Waits in `f` without the interpreter's lock, until `f` returns something or the time has run
/// out. `f` must not touch Python's memory. Raises what a signal handler raises.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    timeout: Duration,
    mut f: impl FnMut(Wait) -> leyline::Result<Option<T>> + Send,
) -> PyResult<Option<T>> {
    let start = Instant::now();
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        match py.detach(|| f(Wait::sleep(left.min(SLICE)).interruptible())) {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {}
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(raised(e)),
        }
        py.check_signals()?;
        if start.elapsed() >= timeout {
            return Ok(None);
        }
    }
}

/// Returns a read that ends a wait; `None` if its time ran out or a signal arrived.
pub(crate) fn nothing_yet(read: Read) -> leyline::Result<Option<Read>> {
    match read {
        Read::TimedOut | Read::Interrupted => Ok(None),
        Read::Cancelled => Err(ErrorKind::Cancelled.into()),
        read => Ok(Some(read)),
    }
}
