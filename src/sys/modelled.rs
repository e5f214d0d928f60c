//! Models of shared memory and the kernel under `--cfg loom`, and a switch that undoes one
//! ordering.
//!
//! The words are loom's. The kernel's futex is a mutex with a condition variable: a wait compares
//! the word under the mutex and never ends by itself, so that a lost wake-up is a deadlock. The
//! asymmetric barrier orders a `compiler_fence` on the writer's side with `barrier_everywhere` on
//! the sleeper's and with nothing else, as membarrier(2) promises: each takes the same mutex, so
//! one of them comes first.
//!
//! Every call knows the line it is written on. A test undoes the ordering of one line ([`undo`])
//! and must see a model fail.

use crate::sys::os::Woken;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use loom::sync::{Condvar, Mutex, MutexGuard};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::{panic::Location, time::Duration};

/// A line of the protocol that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undo {
    /// Makes its ordering Relaxed, or omits its fence.
    Order(&'static str, u32),
    /// Omits its store.
    Store(&'static str, u32),
}

std::thread_local! {
    // All threads of a model are coroutines of one thread of the system.
    static UNDONE: Cell<Option<Undo>> = const { Cell::new(None) };
    static PASSED: RefCell<Lines> = const { RefCell::new(Lines::new()) };
}

/// Lines of the protocol, by file.
pub(crate) type Lines = BTreeSet<(&'static str, u32)>;

/// Sets the changed line for all models that this thread runs from now on.
pub(crate) fn undo(what: Option<Undo>) {
    UNDONE.set(what);
}

/// Takes the lines that this thread's models have passed while nothing was undone.
pub(crate) fn passed() -> Lines {
    PASSED.take()
}

fn is_here(here: &'static Location<'static>, wanted: fn(&'static str, u32) -> Undo) -> bool {
    let Some(at) = UNDONE.get() else {
        PASSED.with_borrow_mut(|passed| passed.insert((here.file(), here.line())));
        return false;
    };
    let (Undo::Order(file, line) | Undo::Store(file, line)) = at;
    here.line() == line && here.file().ends_with(file) && at == wanted(file, line)
}

fn order(asked: Ordering, here: &'static Location<'static>) -> Ordering {
    if is_here(here, Undo::Order) { Ordering::Relaxed } else { asked }
}

macro_rules! word {
    ($name:ident, $of:ident, $int:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name {
            word: $of,
            /// Loom explores the other order of two accesses only if the one is the last before the
            /// other, and a thread's own load hides the load of another thread from its later
            /// store. So each load also stores to this word, which is never loaded.
            last_load: AtomicU32,
        }

        impl $name {
            pub(crate) fn new(value: $int) -> Self {
                Self { word: $of::new(value), last_load: AtomicU32::new(0) }
            }

            #[track_caller]
            pub(crate) fn load(&self, asked: Ordering) -> $int {
                self.last_load.store(0, Ordering::Relaxed);
                self.word.load(order(asked, Location::caller()))
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $int, asked: Ordering) {
                let here = Location::caller();
                if !is_here(here, Undo::Store) {
                    self.word.store(value, order(asked, here));
                }
            }

            #[track_caller]
            #[allow(dead_code)] // Used of one width only.
            pub(crate) fn fetch_add(&self, value: $int, asked: Ordering) -> $int {
                self.word.fetch_add(value, order(asked, Location::caller()))
            }

            #[track_caller]
            #[allow(dead_code)]
            pub(crate) fn fetch_or(&self, value: $int, asked: Ordering) -> $int {
                self.last_load.store(0, Ordering::Relaxed);
                self.word.fetch_or(value, order(asked, Location::caller()))
            }

            #[track_caller]
            #[allow(dead_code)]
            pub(crate) fn swap(&self, value: $int, asked: Ordering) -> $int {
                self.last_load.store(0, Ordering::Relaxed);
                self.word.swap(value, order(asked, Location::caller()))
            }
        }
    };
}
word!(Word32, AtomicU32, u32);
word!(Word64, AtomicU64, u64);

#[track_caller]
pub(crate) fn fence(asked: Ordering) {
    if order(asked, Location::caller()) != Ordering::Relaxed {
        loom::sync::atomic::fence(asked);
    }
}

loom::lazy_static! {
    static ref KERNEL: Mutex<()> = Mutex::new(());
    static ref SLEEPERS: Condvar = Condvar::new();
    static ref BARRIER: Mutex<()> = Mutex::new(());
}

#[track_caller]
pub(crate) fn compiler_fence(asked: Ordering) {
    if order(asked, Location::caller()) != Ordering::Relaxed {
        drop(BARRIER.lock());
    }
}

#[track_caller]
pub(crate) fn barrier_everywhere() -> bool {
    if order(Ordering::SeqCst, Location::caller()) != Ordering::Relaxed {
        drop(BARRIER.lock());
    }
    true
}

pub(crate) fn futex_wait(word: &Word32, expected: u32, _timeout: Duration) -> Woken {
    let kernel = KERNEL.lock().unwrap();
    if word.load(Ordering::Relaxed) == expected {
        drop(SLEEPERS.wait(kernel));
    }
    Woken::Early
}

pub(crate) fn futex_wake_all(_word: &Word32) {
    let kernel = KERNEL.lock().unwrap();
    SLEEPERS.notify_all();
    drop(kernel);
}

/// The model of `os::FutexWait`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FutexWait {
    word: Option<*const Word32>,
    expected: u32,
}

impl FutexWait {
    pub(crate) fn new(word: &Word32, expected: u32) -> Self {
        Self { word: Some(word), expected }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the kernel may refuse it")]
pub(crate) fn futex_wait_any(words: &[FutexWait], _timeout: Duration) -> Option<Woken> {
    let kernel = KERNEL.lock().unwrap();
    let moved = |w: &FutexWait| {
        let word = w.word.expect("a word");
        // SAFETY: it was made from a reference that outlives the call, as the kernel needs it.
        let word = unsafe { &*word };
        word.load(Ordering::Relaxed) != w.expected
    };
    if !words.iter().any(moved) {
        drop(SLEEPERS.wait(kernel));
    }
    Some(Woken::Early)
}

/// The model of a lock of a process.
#[derive(Debug)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}
