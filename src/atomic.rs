//! The only file that names `core::sync::atomic`, so that a model checker can be put in its place.

pub(crate) use core::sync::atomic::{
    AtomicI32, AtomicU32, AtomicU64,
    Ordering::{self, Acquire, Relaxed, Release, SeqCst},
    compiler_fence, fence,
};
