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
//! A folder is a floor. A file imports from its own folder and from folders on lower floors, and two files never import from each
//! other. `tests/house.rs` reads this table.
//!
//! | floor | folder | what it holds |
//! |---|---|---|
//! | 1 | `base` | the error type, the byte layout, arithmetic of positions |
//! | 2 | `sys` | the only doors to atomics, memory maps, the operating system and single instructions |
//! | 2 | `schema` | what a field means: types, bounds, canonical text, fingerprints, checks |
//! | 3 | `ring` | the protocol of a ring over bytes, and its models |
//! | 3 | `contract` | the records of the domain |
//! | 4 | `segment` | the shared file, its header, its roles, how it is made, found and removed |
//! | 4 | `seed` | for trainers: the life cycle of a seed and the tracker of signals |
//! | 5 | `handle` | writers, observers, consumers, waiting for several |
//! | 6 | `link` | trainer and controller |
//! | 7 | `ffi` | the C interface, without logic of its own |
//!
//! The byte layout, for readers in other languages, is described in `docs/segment-layout.md`; [`layout`] has its
//! numbers.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("leyline runs on 64-bit little-endian Linux (x86-64 and aarch64) only");

mod base;
pub mod contract;
mod ffi;
mod handle;
pub mod link;
mod ring;
pub mod schema;
pub mod seed;
mod segment;
mod sys;

pub use base::error::{Error, ErrorKind, Result};
pub use base::layout;
pub use contract::action::ActionSpace;
pub use contract::known_schemas::registry;
pub use contract::normalizer::{NormalizedObservation, Normalizer};
pub use contract::observation::{Feature, Observation};
pub use contract::task::Task;
pub use contract::to_observation::ToObservation;
pub use contract::version_2::Version2;
pub use handle::any_observer::AnyObserver;
pub use handle::consumer::{Commit, Consumer};
pub use handle::device_ring::DeviceRing;
pub use handle::latest_by_env::{EnvMark, EnvState};
pub use handle::observer::{Batch, Ending, Gathered, Observer, PeerState, Read, RowObserver, Start};
#[cfg(leyline_race)]
#[doc(hidden)]
pub use handle::race;
pub use handle::ring_status::{ConsumerStatus, RingStatus};
pub use handle::wait_any::{News, Source, Watch, wait_any};
pub use handle::writer::{Loan, RowWriter, Writer};
pub use link::{
    Answer, Answers, Controller, Decided, LinkSpec, Observed, Published, PublishedRows, ReceivedCommand,
    Reported, RingKind, Row, Ticket, Trainer,
};
pub use ring::cursors::Policy;
pub use ring::meta::{Flags, Meta, Stamp};
#[cfg(loom)]
#[doc(hidden)]
pub use ring::models;
pub use ring::state::Takeover;
pub use ring::wait::{Strategy, Wait};
pub use schema::migration::{Migration, Registry};
pub use schema::row::RowSchema;
pub use segment::attached::Segment;
pub use segment::header::{RingInfo, RingSpec, Spec};
pub use segment::list::{Listed, ListedKind};
pub use segment::name::{FILE_SUFFIX, MAX_NAME};
pub use segment::open::{Displaced, Opened};
pub use segment::options::{
    Access, DEFAULT_DIRECTORY, DIRECTORY_VARIABLE, OnClose, Options, Pages, Prefault, Trust,
};
pub use segment::role_page::{Latency, RoleInfo};
pub use sys::clock::{TimeSource, monotonic_now};

/// What the macros of this crate need to name. Not for use.
#[doc(hidden)]
pub mod __private {
    pub use crate::schema::check::{check_bits, check_tail, check_zero, counted};
    pub use bytemuck;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/environments.md")]
struct Environments;
