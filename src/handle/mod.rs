//! Floor 5: the handles that a program reads and writes rings with.

pub(crate) mod consumer;
pub(crate) mod device;
pub(crate) mod latest_by_env;
pub(crate) mod observer;
#[cfg(leyline_race)]
#[doc(hidden)]
pub mod race;
pub(crate) mod status;
pub(crate) mod untyped;
pub(crate) mod wait_any;
pub(crate) mod writer;
