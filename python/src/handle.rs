//! A handle of the library inside a Python object.

use crate::errors::{closed, raised};
use leyline::{Error, ErrorKind};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, TryLockError};

/// Counts the forks that led to this process.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Tells the package that this process is a forked child. Called by `os.register_at_fork`.
#[pyfunction]
pub(crate) fn _forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Holds a handle that is used by one call at a time, until it is closed.
///
/// A call from a second thread raises `BusyError` instead of waiting: the first one may be asleep.
pub(crate) struct Handle<T> {
    what: &'static str,
    forks: u32,
    inner: Mutex<Option<T>>,
}

impl<T> Handle<T> {
    pub(crate) fn new(what: &'static str, inner: T) -> Self {
        Self { what, forks: FORKS.load(Ordering::Relaxed), inner: Mutex::new(Some(inner)) }
    }

    /// Calls `f` with the handle. Raises `ForkedError`, `BusyError` or `ClosedError`.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> PyResult<R>) -> PyResult<R> {
        if self.forks != FORKS.load(Ordering::Relaxed) {
            return Err(forked(self.what));
        }
        match self.inner.try_lock() {
            Ok(mut guard) => match guard.as_mut() {
                Some(inner) => f(inner),
                None => Err(closed(self.what)),
            },
            Err(TryLockError::WouldBlock) => Err(busy(self.what)),
            // A panic inside a call: whatever state the handle is in, it is not used again.
            Err(TryLockError::Poisoned(_)) => Err(closed(self.what)),
        }
    }

    /// Drops the handle without the interpreter's lock, if it is still there. In a forked child that
    /// leaves the parent's roles alone.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()>
    where
        T: Send,
    {
        self.end(py, drop)
    }

    /// Ends the handle by `f`, without the interpreter's lock, if it is still there. What `f` returns
    /// is dropped with the lock held: Python's objects.
    pub(crate) fn end<R: Send>(&self, py: Python<'_>, f: impl FnOnce(T) -> R + Send) -> PyResult<()>
    where
        T: Send,
    {
        if let Some(inner) = self.take()? {
            drop(py.detach(|| f(inner)));
        }
        Ok(())
    }

    /// Takes the handle out; `None` if it was closed.
    pub(crate) fn take(&self) -> PyResult<Option<T>> {
        match self.inner.try_lock() {
            Ok(mut guard) => Ok(guard.take()),
            Err(TryLockError::WouldBlock) => Err(busy(self.what)),
            Err(TryLockError::Poisoned(mut guard)) => Ok(guard.get_mut().take()),
        }
    }

    /// Calls `f` with the handle for the garbage collector, unless a call uses it or it is closed.
    pub(crate) fn peek<E>(&self, f: impl FnOnce(&T) -> Result<(), E>) -> Result<(), E> {
        match self.inner.try_lock().as_deref() {
            Ok(Some(inner)) => f(inner),
            _ => Ok(()),
        }
    }

    /// Returns true if it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.try_lock().is_ok_and(|guard| guard.is_none())
    }
}

#[cold]
pub(crate) fn forked(what: &str) -> PyErr {
    raised(
        Error::new(ErrorKind::Forked)
            .about(what.to_owned())
            .help("open one in this process: attach by name after the fork, or start it by spawn"),
    )
}

#[cold]
fn busy(what: &str) -> PyErr {
    raised(
        Error::new(ErrorKind::Busy)
            .about(what.to_owned())
            .expected_found("one call at a time", "a call in another thread, or one that has called back")
            .help("give each thread a handle of its own, or hold a lock around its calls"),
    )
}
