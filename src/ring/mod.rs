//! Floor 3: the protocol of a ring, generic over where its words live. Makes no system call and knows no record.

pub(crate) mod meta;
#[cfg(loom)]
#[doc(hidden)]
pub mod models;
pub(crate) mod protocol;
pub(crate) mod slot;
pub(crate) mod wait;
