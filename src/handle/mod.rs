//! Floor 5: the handles that a program reads and writes rings with.

pub(crate) mod any_observer;
pub(crate) mod batches;
pub(crate) mod bell;
pub(crate) mod consumer;
pub(crate) mod device_ring;
pub(crate) mod latest_by_env;
pub(crate) mod observer;
pub(crate) mod peer_state;
#[cfg(leyline_race)]
#[doc(hidden)]
pub mod race;
pub(crate) mod read;
pub(crate) mod reader_core;
pub(crate) mod ring_status;
#[cfg(feature = "tokio")]
pub(crate) mod tokio;
pub(crate) mod wait_any;
pub(crate) mod writer;
pub(crate) mod writer_core;
