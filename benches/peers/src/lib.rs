//! leyline beside others: the transports behind one face, and the pictures of what was measured.
//! The benches `roundtrip`, `stream` and `wake` of this package are on top.

pub mod links;
pub mod picture;
#[path = "../../support/mod.rs"]
pub mod support;

use leyline::{Feature, Observation};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use support::Bench;

/// The versions of the peers that are measured.
pub const VERSIONS: &str = "iceoryx2 0.10.0, ringfire 0.5.2";

/// Returns the observation of a trip, which differs from trip to trip in both of its cache lines.
pub fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = (n % 1000) as f32;
    o[Feature::GlobalStep] = (n % (1 << 24)) as f32;
    o[Feature::TrainLoss] = (n % 977) as f32;
    o[Feature::ValLoss] = (n % 877) as f32;
    o[Feature::AvailableSlots] = (n % 777) as f32;
    o
}

/// Returns a record of a stream. Its numbers differ from record to record, and are those of
/// leyline's own bench.
#[inline(always)]
pub fn streamed(n: u64) -> Observation {
    Observation { values: support::numbers(n) }
}

/// Returns true if that is record `n` of a stream, to the bit.
#[inline(always)]
pub fn is_streamed(got: &Observation, n: u64) -> bool {
    support::are_numbers(&got.values, n)
}

/// Ends a bench that does not end, and removes its files. A side that waits for one that failed
/// polls forever.
pub struct Watchdog {
    _over: Sender<()>,
}

impl Watchdog {
    pub fn start(bench: &Bench) -> Self {
        let (over, is_over) = channel();
        let (folder, limit) = (bench.folder().to_owned(), bench.amount(100, 300));
        std::thread::spawn(move || {
            if is_over.recv_timeout(Duration::from_secs(limit)) == Err(RecvTimeoutError::Timeout) {
                eprintln!("it does not end: a side has failed");
                drop(Sweep(Iceoryx::of(&folder)));
                let _ = std::fs::remove_dir_all(&folder);
                std::process::exit(1);
            }
        });
        Self { _over: over }
    }
}

/// Names the files of iceoryx2: those of a name lie in a folder, and those of shared memory begin
/// with a prefix. Both are this run's own, and are removed at the end, also after a failure.
#[derive(Clone)]
pub struct Iceoryx {
    pub folder: PathBuf,
    pub prefix: String,
}

impl Iceoryx {
    /// Returns the names for a bench's folder, the same on both sides.
    pub fn of(folder: &Path) -> Self {
        let name = folder.file_name().and_then(|n| n.to_str()).expect("a folder of a bench");
        let number = name.rsplit('-').next().expect("the number of its process");
        Self { folder: folder.join("iox2"), prefix: format!("leyline-{number}-iox2_") }
    }
}

/// Removes what is left of a run of iceoryx2.
pub struct Sweep(pub Iceoryx);

impl Drop for Sweep {
    fn drop(&mut self) {
        for entry in std::fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.0.prefix) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}
