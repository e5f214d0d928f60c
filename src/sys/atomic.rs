//! The only file that names `core::sync::atomic`, so that a model checker can replace it: under
//! `--cfg loom` the words of shared memory, the fences between them and the locks of what is modelled
//! are the checker's. A process's private atomics and other locks are not.

pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{self, Acquire, Relaxed, Release, SeqCst},
};

#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex as Lock;

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU32 as Word32, AtomicU64 as Word64, compiler_fence, fence};

#[cfg(loom)]
pub(crate) use crate::sys::modelled::{Lock, Word32, Word64, compiler_fence, fence};
