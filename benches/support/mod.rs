//! Parts that all harnesses share. A harness says `mod support;` and starts with [`main`].
//!
//! ```ignore
//! fn main() {
//!     support::main("roundtrip", &[("controller", controller)], run);
//! }
//! fn run(bench: &Bench) {
//!     let mut peer = bench.peer("controller", bench.cpus.second, &[]);
//!     let times = bench.interleave(bench.rounds(3, 15), &KINDS, |_, kind| {
//!         peer.go(kind as u64, TRIPS, 0); // Returns once the peer is ready.
//!         histogram_of_one_round(kind)
//!     });
//!     peer.finish();
//!     let mut report = Report::new(bench);
//!     ...
//! }
//! fn controller(seat: &Seat) {
//!     while let Some(turn) = seat.turn() {
//!         turn.ready();
//!         ...
//!     }
//! }
//! ```
//!
//! | file | what |
//! |---|---|
//! | `apart` | how far apart the two processors are, round by round |
//! | `args` | the command line, the same for every harness |
//! | `machine` | the environment that stands beside every number; which processors; pinning |
//! | `control` | memory shared by the processes of a bench: words, and a page of control for each peer |
//! | `peer` | the other side: this program started again, or a thread of it |
//! | `limit` | the bare ping-pong of one cache line, and the loop that times every kind of trip |
//! | `numbers` | the records of a stream |
//! | `slots` | the bare exchange of records of one or two cache lines |
//! | `rounds` | rounds of several kinds in turn; medians with their spread; ratios of the same rounds |
//! | `report` | tables, result lines, and JSON |
//!
//! It depends on std, libc, memmap2, bytemuck, hdrhistogram and serde_json only, and not on
//! leyline: `peers/` uses it too.
#![allow(dead_code, unreachable_pub, unused_imports)] // No harness uses all of it.

mod apart;
mod args;
mod control;
mod limit;
mod machine;
mod numbers;
mod peer;
mod report;
mod rounds;
mod slots;

pub use args::Args;
pub use control::{Patience, SharedMemory, futex_wait, futex_wake, spin_until};
pub use limit::{Asking, Lines, PAIRS, PAUSE, Timed, Trip, WARM_UP};
pub use machine::{Cpus, Machine, pin};
pub use numbers::{NUMBERS, are_numbers, numbers};
pub use peer::{Peer, Seat, Turn};
pub use report::{Labels, Report, Table};
pub use rounds::{Spread, fine_quantile, interleave, quantile, ratios};
pub use slots::{Slots, counter};

use std::path::{Path, PathBuf};

/// A distribution of nanoseconds, exact to three digits.
pub type Histogram = hdrhistogram::Histogram<u64>;

/// Runs a peer, until [`Seat::turn`] gives nothing more.
pub type Work = fn(&Seat);

/// Returns an empty distribution.
pub fn histogram() -> Histogram {
    Histogram::new(3).expect("a histogram")
}

/// A run of a harness: what its command line asked for, where it runs, and a folder of its own.
pub struct Bench {
    /// The harness's name.
    pub name: &'static str,
    /// The options of the command line.
    pub args: Args,
    /// The environment.
    pub machine: Machine,
    /// The processors for the two sides.
    pub cpus: Cpus,
    folder: PathBuf,
    roles: &'static [(&'static str, Work)],
    peers: std::cell::Cell<u32>,
    looks: std::cell::Cell<u64>,
    parts: std::cell::RefCell<Vec<apart::Part>>,
}

impl Bench {
    /// Returns the folder for segments and other files of this run. It is on tmpfs and removed at
    /// the end.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns true if only correctness is checked.
    pub fn is_quick(&self) -> bool {
        self.args.quick
    }

    /// Returns one of two amounts.
    pub fn amount<T>(&self, quick: T, full: T) -> T {
        if self.args.quick { quick } else { full }
    }

    /// Returns the number of rounds: that of `--rounds`, or one of these.
    pub fn rounds(&self, quick: usize, full: usize) -> usize {
        self.args.rounds.unwrap_or(self.amount(quick, full))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts a harness: does a peer's work if this process was started as one, else `run`.
pub fn main(name: &'static str, roles: &'static [(&'static str, Work)], run: fn(&Bench)) {
    if let Some((role, seat)) = Seat::of_this_process() {
        let work = roles.iter().find(|(r, _)| *r == role).expect("a role of this harness").1;
        return work(&seat);
    }
    let Some(args) = Args::of_this_process(name) else { return };
    let cpus = Cpus::choose(args.cpus);
    let machine = Machine::look(&cpus);
    let folder = Path::new("/dev/shm").join(format!("leyline-bench-{name}-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder on tmpfs");
    let (peers, looks, parts) = Default::default();
    run(&Bench { name, args, machine, cpus, folder, roles, peers, looks, parts });
}
