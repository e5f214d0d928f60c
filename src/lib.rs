//! Links a training process to the controller that steers it, through shared memory.
//!
//! The crate has two layers. The **standard link** ([`Trainer`], [`Controller`], module [`link`])
//! carries observations, decisions, commands and their outcomes; most programs need nothing else.
//! The **transport** below it carries a program's own records. A [`Segment`] holds rings. Each ring
//! has one [`Writer`], any number of [`Observer`]s, which the writer does not wait for, and
//! declared [`Consumer`]s, which it waits for.
//!
//! A ring of a program's own records:
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
//! // Usually in another process, after Segment::attach(&name, &options).
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
//! - Functions named `try_` never block, make no system call and do not check whether the peer
//!   lives. Waits and `peer_state` check it. Every wait has a timeout.
//! - Loss and death are results ([`Read`]), not errors. An [`Error`] names the file, what was
//!   expected, what was found and what to do. Programs match on its [`ErrorKind`].
//! - A handle is used by one thread at a time, and may be sent to another. A [`Segment`] may be
//!   shared between threads.
//! - Dropping a handle closes it in order. Peers can tell this from a death, and from a failure: a
//!   panic that drops a handle, or `abort`, which takes a reason ([`Ending`]).
//! - After `fork` the handles belong to the parent. The child gets [`ErrorKind::Forked`].
//! - A program that closes descriptors it does not own loses its roles. Waits and `peer_state` then
//!   return [`ErrorKind::ClosedDescriptor`], and no other file of the program is affected.
//!   Daemonize first, then attach.
//! - No handle gives out a reference into shared memory: reads copy, and a [`Loan`] is private
//!   memory.
//!
//! # The house
//!
//! Each folder of `src` is on a floor. A file imports from its own folder and from folders on lower
//! floors. No two files import from each other. Floors 1 to 5, without `contract` and `seed`, know
//! nothing of the domain. `tests/integration/house.rs` reads this table and checks these rules.
//!
//! | floor | folder | what it holds |
//! |---|---|---|
//! | 1 | `base` | the error type, the byte layout, position arithmetic |
//! | 2 | `sys` | the only doors to atomics, memory maps, the operating system and single instructions |
//! | 2 | `schema` | what a field means: types, bounds, canonical text, fingerprints, checks |
//! | 3 | `ring` | the protocol of a ring over bytes, and its models |
//! | 3 | `contract` | the records of the domain |
//! | 4 | `segment` | the shared file: header, options, roles; creating, attaching, replacing, listing, removing |
//! | 4 | `seed` | for trainers: the life cycle of a seed, the tracker of signals |
//! | 5 | `handle` | writers, observers, consumers, ring status, waiting for several rings, bells |
//! | 6 | `link` | trainer, controller, and a trainer's whole step |
//! | 7 | `ffi` | the C interface, without logic of its own |
//!
//! `docs/segment-layout.md` describes the byte layout for readers in other languages; [`layout`]
//! has its numbers.

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
pub use handle::bell::Bell;
pub use handle::consumer::{Commit, Consumer};
pub use handle::device_ring::DeviceRing;
pub use handle::latest_by_env::{EnvMark, EnvState};
pub use handle::observer::{Observer, RowObserver};
pub use handle::peer_state::PeerState;
#[cfg(leyline_race)]
#[doc(hidden)]
pub use handle::race;
pub use handle::read::{Batch, Gathered, Read, Start};
pub use handle::ring_status::{ConsumerStatus, RingStatus};
#[cfg(feature = "tokio")]
pub use handle::tokio::Async;
pub use handle::wait_any::{News, Source, Watch, wait_any};
pub use handle::writer::{Loan, RowWriter, Writer};
pub use link::{
    Answer, Answers, Controller, Decided, Fossils, LinkSpec, Observed, Published, PublishedRows,
    ReceivedCommand, Reported, RingKind, Row, Steered, Steering, SteeringOptions, Ticket, Trainer,
};
pub use ring::canceller::Canceller;
pub use ring::cursors::Policy;
pub use ring::meta::{Flags, Meta, Stamp};
#[cfg(loom)]
#[doc(hidden)]
pub use ring::models;
pub use ring::state::{Ending, Takeover};
pub use ring::wait::{OnSignal, Strategy, Wait};
pub use schema::migration::{Migration, Registry};
pub use schema::row::RowSchema;
pub use segment::attached::{NameState, Segment};
pub use segment::header::{RingInfo, RingSpec, Spec};
pub use segment::list::{Listed, ListedKind};
pub use segment::name::{FILE_SUFFIX, MAX_NAME};
pub use segment::open::{Displaced, Opened};
pub use segment::options::{
    Access, DEFAULT_DIRECTORY, DIRECTORY_VARIABLE, OnClose, Options, Pages, Prefault, Trust,
};
pub use segment::role_page::{Latency, RoleInfo};
pub use sys::clock::{TimeSource, monotonic_now};

/// Re-exports what the macros of this crate need. Not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::schema::check::{check_bits, check_tail, check_zero, counted, cut_text};
    pub use bytemuck;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/environments.md")]
struct Environments;

#[cfg(doctest)]
#[doc = include_str!("../docs/waits.md")]
struct Waits;

#[cfg(doctest)]
#[doc = include_str!("../docs/event-loops.md")]
struct EventLoops;
