//! Floor 1: what everything else stands on. No I/O, no shared memory.

pub(crate) mod error;
pub mod layout;
pub(crate) mod position;
