//! Floor 3: the protocol of a ring: one writer, any number of readers, and declared consumers that
//! hold the writer back.
//!
//! Sequence `n` lives in slot `n mod capacity`. The writer completes a slot, then stores the
//! published counter, then checks whether a reader sleeps. A reader polls the slot that it waits
//! for and not the counter, so that the record itself is all that moves between two caches. The
//! counter serves sleepers, late comers and the writer's successor.
//!
//! The protocol knows no record, makes no system call, and is generic over where its words live.

pub(crate) mod bells;
pub(crate) mod canceller;
pub(crate) mod cursors;
pub(crate) mod meta;
#[cfg(loom)]
#[doc(hidden)]
pub mod models;
pub(crate) mod reader;
pub(crate) mod slot;
pub(crate) mod state;
#[cfg(all(test, not(loom)))]
mod tests;
pub(crate) mod wait;
pub(crate) mod writer;
