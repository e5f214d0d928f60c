//! Waiting without the interpreter's lock, and ended by a signal.

use crate::errors::{OrRaise, refused};
use leyline::{ErrorKind, Wait};
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// Looks that are made with the interpreter's lock held before it is given back: giving it back and
/// taking it again takes longer than most answers.
pub(crate) const LOOKS: u32 = 64;

/// The longest timeout, in seconds: 30 years.
const LONGEST: f64 = 1e9;

/// Longest wait between two looks for a pending signal such as Ctrl-C.
const SLICE: Duration = Duration::from_millis(5);

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
        let found = py.detach(|| f(Wait::sleep(left.min(SLICE)))).or_raise()?;
        if found.is_some() {
            return Ok(found);
        }
        py.check_signals()?;
        if left <= SLICE {
            return Ok(None);
        }
    }
}
