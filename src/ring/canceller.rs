//! Ends a wait from outside: from another thread, or from a signal handler.

use crate::sys::atomic::{Acquire, AtomicBool, Relaxed, Release, Word32};
use crate::sys::os;
use std::sync::Arc;
use std::time::Duration;

/// Ends a wait of the handle that it belongs to.
///
/// Each handle that can wait gives one, by its method `canceller`. Clones belong to the same
/// handle. May be used by any thread at any time, also after the handle was closed.
///
/// A cancel ends one wait: the present one, or else the next one, at once. That wait returns
/// [`Read::Cancelled`](crate::Read), or fails with
/// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) if it returns no `Read`. Nothing is lost,
/// and the handle goes on. Several cancels before that wait are one. Functions named `try_`, and
/// waits with a timeout of zero, are not cancelled.
///
/// ```
/// # use leyline::{ActionSpace, LinkSpec, Observation, Options, Read, Trainer, Wait};
/// # use leyline::contract::decision::Decision;
/// # use std::time::Duration;
/// # fn main() -> leyline::Result<()> {
/// # let name = format!("cancelled-{}", std::process::id());
/// # let options = Options::default().unlink_on_close();
/// let mut trainer = Trainer::create(&name, &LinkSpec::new(&ActionSpace::cnn()), &options)?;
/// let canceller = trainer.canceller();
/// let stop = std::thread::spawn(move || canceller.cancel());
/// let wait = Wait::sleep(Duration::from_secs(60));
/// assert_eq!(trainer.next_decision(0, &mut Decision::default(), wait)?, Read::Cancelled);
/// # stop.join().unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Token>);

#[derive(Debug)]
struct Token {
    /// 1 from a cancel until the wait that it ends.
    word: Word32,
    /// True once somebody outside the handle has it.
    given: AtomicBool,
}

impl Canceller {
    /// Makes one to open a handle with: see [`Options::canceller`](crate::Options::canceller).
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a handle's own is made in another state")]
    pub fn new() -> Self {
        Self::of_handle().give()
    }

    /// Makes the one of a handle, which nobody else has yet.
    pub(crate) fn of_handle() -> Self {
        Self(Arc::new(Token { word: Word32::new(0), given: AtomicBool::new(false) }))
    }

    /// Returns it for somebody outside the handle.
    pub(crate) fn give(&self) -> Self {
        self.0.given.store(true, Relaxed);
        self.clone()
    }

    /// Ends the present wait of the handle, or the next one if there is none. Async-signal-safe:
    /// one store and one system call, no lock, no allocation.
    pub fn cancel(&self) {
        // Release: the thread whose wait ends sees what this thread did before.
        // PAIRS: ring/canceller::Canceller::take.
        self.0.word.store(1, Release);
        os::futex_wake_all(&self.0.word);
    }

    /// Returns true if there was a cancel since the last call.
    #[inline(always)]
    pub(crate) fn take(&self) -> bool {
        // In one step: of two threads that wait with one canceller, one takes it. Acquire: sees what
        // the canceller did before. PAIRS: ring/canceller::Canceller::cancel.
        self.0.word.load(Relaxed) != 0 && self.0.word.swap(0, Acquire) != 0
    }

    /// Returns the word that a sleep ends by when it is not 0.
    pub(crate) fn word(&self) -> &Word32 {
        &self.0.word
    }

    /// Returns true for a clone of this one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns true if somebody outside the handle has it.
    pub(crate) fn is_given(&self) -> bool {
        self.0.given.load(Relaxed)
    }

    /// Sleeps for some time, or until a cancel.
    pub(crate) fn nap(&self, time: Duration) -> os::Woken {
        os::futex_wait(&self.0.word, 0, time)
    }
}

/// Sleeps for some time, or until a cancel if somebody can cancel.
pub(crate) fn nap(canceller: Option<&Canceller>, time: Duration) -> os::Woken {
    if let Some(canceller) = canceller {
        return canceller.nap(time);
    }
    std::thread::sleep(time);
    os::Woken::TimedOut
}
