//! A shared-memory link between a training process and the controller that steers it.
//!
//! Two layers. The **standard link** ([`Trainer`], [`Controller`], module [`link`]) carries observations, decisions,
//! commands and their outcomes; most programs need nothing else. Under it lie the parts it is made of, for a program's
//! own records: a [`Segment`] with rings, each with one [`Writer`], any number of [`Observer`]s that it does not wait
//! for, and declared [`Consumer`]s that it does.
//!
//! A ring for a program's own records:
//!
//! ```
//! use leyline::{Observer, Options, Read, RingSpec, Segment, Spec, Start, Writer};
//!
//! #[derive(Clone, Copy)]
//! #[repr(C)]
//! struct Gradient { norm: f32, layer: u32 }
//! leyline::record! {
//!     Gradient as "gradient" version 1 {
//!         norm: f32, "-", 0.0, 1e6;
//!         layer: u32, "-", 0.0, 1e3;
//!     }
//! }
//!
//! # fn main() -> leyline::Result<()> {
//! let name = format!("gradients-{}", std::process::id());
//! let options = Options::default().unlink_on_close();
//! let spec = Spec::new().ring(RingSpec::new::<Gradient>("gradients")?.capacity(1024));
//! let segment = Segment::create(&name, &spec, &options)?;
//! let mut writer = Writer::<Gradient>::open(&segment, "gradients")?;
//!
//! // As a rule in another process: Segment::attach(&name, ..).
//! let mut observer = Observer::<Gradient>::open(&segment, "gradients", Start::Oldest)?;
//!
//! let sequence = writer.publish(&Gradient { norm: 0.5, layer: 3 })?;
//! let mut gradient = Gradient { norm: 0.0, layer: 0 };
//! let Read::Record(meta) = observer.try_next(&mut gradient) else { panic!("nothing came") };
//! assert_eq!((meta.sequence, gradient.layer), (sequence, 3));
//! # Ok(())
//! # }
//! ```
//!
//! # What to rely on
//!
//! - `try_` never blocks, makes no system call and does not look whether the peer lives; the waiting forms and
//!   `peer_state` do. Every wait has a timeout.
//! - Loss and death are results ([`Read`]), not errors. An [`Error`] says where, what was expected and found, and what
//!   to do; programs look at its [`ErrorKind`].
//! - A handle is used by one thread at a time and may be sent to another; a [`Segment`] may be shared. Dropping a
//!   handle closes it in order, which its peers can tell from a death. After `fork` the handles are the parent's: the
//!   child gets [`ErrorKind::Forked`].
//! - A program that closes descriptors that are not its own loses its roles: waits and `peer_state` then fail with
//!   [`ErrorKind::ClosedDescriptor`], and no other file of the program is touched. Make a daemon of it first, attach then.
//! - No handle gives a reference into shared memory: reading copies, and a [`Loan`] is memory of the process.
//!
//! # The house
//!
//! A file uses only files of the floors below it, and its own.
//!
//! | floor | files | what |
//! |---|---|---|
//! | 0 | `error`, `layout`, `cursor`, `contract/*` | the error type; the byte layout; positions; what the records mean |
//! | 1 | `atomic`, `map`, `os`, `kill` | the only doors to atomics, memory maps and the operating system; where a test may be killed |
//! | 2 | `limits`, `words`, `seqlock`, `descriptor`, `folder`, `lock`, `writable`, `futex`, `clock` | limits that kill; records as atomic words; one slot; descriptors that the program may close; the directory of a name; roles; the pages of roles; sleeping; time |
//! | 3 | `ring`, `wait`, `counters`, `segment`, `memfd`, `listing` | slots, lapping and cursors; waiting; role pages; the file, with a name or without; its directory |
//! | 4 | `writer`, `device`, `gather`, `observer`, `consumer`, `watch`, `status`, `anything` | the handles; a ring in a device's hands; the newest of each environment; waiting for several; how a ring stands; records known by their schema only |
//! | 5 | `link` | trainer and controller |
//! | 6 | `ffi/*` | the C interface, without logic of its own |
//!
//! The byte layout, for readers in other languages, is described in `docs/segment-layout.md`; [`layout`] has its
//! numbers.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("leyline runs on 64-bit little-endian Linux (x86-64 and aarch64) only");

// Floor 0: no I/O, no shared memory.
pub mod contract;
mod cursor;
mod error;
pub mod layout;
// Floor 1: the only doors to atomics, the operating system and memory maps.
mod atomic;
mod kill;
mod limits;
mod map;
#[cfg(loom)]
mod modelled;
mod os;
// Floor 2: words, one slot, locks, sleeping, time.
mod clock;
mod descriptor;
mod folder;
mod futex;
mod lock;
mod seqlock;
mod words;
mod writable;
// Floor 3: rings, waiting, segments.
mod counters;
mod directory;
mod listing;
mod memfd;
#[cfg(loom)]
#[doc(hidden)]
pub mod models;
mod ring;
mod segment;
mod wait;
// Floor 4: the handles.
mod anything;
mod consumer;
mod device;
mod gather;
mod observer;
#[cfg(leyline_race)]
#[doc(hidden)]
pub mod race;
mod status;
mod watch;
mod writer;
// Floor 5: the standard link.
pub mod link;
// Floor 6: thin, without logic of their own.
mod ffi;

pub use anything::AnyObserver;
pub use clock::{TimeSource, monotonic_now};
pub use consumer::{Commit, Consumer};
pub use contract::action::ActionSpace;
pub use contract::normalize::{NormalizedObservation, Normalizer, Task, Version2};
pub use contract::observation::{Feature, Observation};
pub use contract::record::{Flags, Meta, Stamp};
pub use contract::registry::{Migration, Registry};
pub use contract::space::{ObservationSchema, ToObservation};
pub use counters::{Latency, RoleInfo};
pub use device::DeviceRing;
pub use directory::{RingInfo, RingKind, RingSpec, Spec};
pub use error::{Error, ErrorKind, Result};
pub use gather::{EnvMark, EnvState};
pub use link::{
    Answer, Answers, Controller, Decided, LinkSpec, Observed, Published, PublishedRows, ReceivedCommand,
    Reported, Row, Ticket, Trainer,
};
pub use listing::{Listed, ListedKind};
pub use observer::{Batch, Ending, Gathered, Observer, PeerState, Read, RowObserver, Start};
pub use ring::{Policy, Takeover};
pub use segment::{
    Access, DEFAULT_DIRECTORY, DIRECTORY_VARIABLE, Displaced, FILE_SUFFIX, MAX_NAME, OnClose, Opened,
    Options, Pages, Prefault, Segment, Trust,
};
pub use status::{ConsumerStatus, RingStatus};
pub use wait::{Strategy, Wait};
pub use watch::{News, Source, Watch, wait_any};
pub use writer::{Loan, RowWriter, Writer};

/// What the macros of this crate need to name. Not for use.
#[doc(hidden)]
pub mod __private {
    pub use bytemuck;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
