//! leyline: a shared-memory link between a training process and the controller that steers it.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("leyline runs on 64-bit little-endian Linux (x86-64 and aarch64) only");

// Floor 0: no I/O, no shared memory.
pub mod contract;
mod cursor;
mod error;
pub mod layout;
// Floor 1: the only doors to atomics, the operating system and memory maps.
mod atomic;
mod map;
mod os;
// Floor 2: words, one slot, locks, sleeping, time.
mod clock;
mod futex;
mod lock;
mod seqlock;
mod words;
// Floor 3: rings, waiting, segments.
mod counters;
mod ring;
mod segment;
mod wait;
// Floor 4: the handles.
mod consumer;
mod observer;
mod writer;
// Floor 5: the standard link.
pub mod link;
// Floor 6: thin, without logic of their own.
mod ffi;

pub use clock::TimeSource;
pub use consumer::{Commit, Consumer};
pub use contract::action::ActionSpace;
pub use contract::observation::{Feature, Observation};
pub use contract::record::{Flags, Meta, Stamp};
pub use counters::{Latency, RoleInfo};
pub use error::{Error, ErrorKind, Result};
pub use link::{Answer, Controller, Decided, LinkSpec, Published, ReceivedCommand, Ticket, Trainer};
pub use observer::{Batch, Ending, Observer, PeerState, Read, RowObserver, Start};
pub use ring::Policy;
pub use segment::{
    Access, DEFAULT_DIRECTORY, DIRECTORY_VARIABLE, Displaced, FILE_SUFFIX, MAX_NAME, OnClose, Opened,
    Options, RingInfo, RingKind, RingSpec, Segment, Spec, Trust,
};
pub use wait::{Strategy, Wait};
pub use writer::{Loan, RowWriter, Writer};

/// What the macros of this crate need to name. Not for use.
#[doc(hidden)]
pub mod __private {
    pub use bytemuck;
}
