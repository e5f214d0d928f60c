//! The state of a segment's rings, for programs that watch a link without being a part of it.
//!
//! Reads only, also of a segment whose users have all died, and makes nobody wait.

use crate::base::{error::Result, layout::PAGE, position};
use crate::handle::peer_state::{PeerState, silent_for, writer_state};
use crate::ring::reader::{Reader, Step};
use crate::ring::state::{Ring, Takeover};
use crate::ring::{cursors, meta::Meta};
use crate::segment::{attached::Segment, header::RingInfo};
use crate::sys::words::Shared;
use std::time::Duration;

/// Most records over which a rate is taken.
const RATED: u64 = 1024;

/// Describes the state of a ring. While its writer publishes, parts of the snapshot may be some
/// records apart.
#[derive(Clone, Debug, PartialEq)]
pub struct RingStatus {
    /// Last complete sequence; one less than the ring's first before the first record.
    pub last_sequence: u64,
    /// Records written in the life of the ring.
    pub written: u64,
    /// Records that can still be read.
    pub readable: u64,
    /// State of the writer.
    pub writer: PeerState,
    /// Age of the newest record, whether or not its writer lives; `None` without a record or a
    /// stamp.
    pub age: Option<Duration>,
    /// Records a second, by the stamps of the present writer's newest records (1024 at most);
    /// `None` without such stamps. It is the rate at the time of writing: `age` tells whether
    /// records still come.
    pub rate_hz: Option<f64>,
    /// Generation of the present writer, which counts the ring's writers; 0 before the first.
    pub generation: u64,
    /// Take-overs that the ring remembers (128), the oldest first: generations with their first
    /// sequences.
    pub takeovers: Vec<Takeover>,
    /// True if a device may write the ring: it is handed over, or its writer died while it was. See
    /// [`Writer::hand_over`](crate::Writer::hand_over).
    pub handed_over: bool,
    /// The declared consumers.
    pub consumers: Vec<ConsumerStatus>,
}

/// Describes the state of a declared consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// True if a live process holds the role.
    pub held: bool,
    /// Last committed sequence.
    pub committed: u64,
    /// Records published and not committed.
    pub behind: u64,
    /// Records that the writer overwrote while the role was free, and that the next holder is told
    /// of; 0 on a ring of [`Policy::Keep`](crate::Policy::Keep).
    pub passed_over: u64,
}

impl Segment {
    /// Returns the state of a ring. Writes nothing and takes no role; asks the kernel whether
    /// holders live. [`ErrorKind::NoSuchRing`](crate::ErrorKind::NoSuchRing).
    pub fn ring_status(&self, ring: &str) -> Result<RingStatus> {
        let info = self.ring(ring)?;
        let words = self.ring_words(info);
        let writer = writer_state(self, info.place.first_role, &words)?;
        let age = silent_for(&words);
        let generation = words.generation();
        let last_sequence = words.newest();
        let first = words.first_sequence;
        let takeovers = words.takeovers();
        let oldest = position::oldest(last_sequence, words.capacity, first);
        let from = takeovers.last().map_or(oldest, |t| t.first_sequence.max(oldest));
        let consumers: Result<_> =
            (0..info.consumers).map(|k| self.consumer_status(info, &words, k)).collect();
        Ok(RingStatus {
            last_sequence,
            written: (last_sequence + 1).saturating_sub(first),
            readable: (last_sequence + 1).saturating_sub(oldest),
            writer,
            age,
            rate_hz: rate(&words, from, last_sequence),
            generation,
            takeovers,
            handed_over: words.device_generation() != 0,
            consumers: consumers?,
        })
    }

    fn consumer_status(&self, info: &RingInfo, ring: &Ring<Shared>, k: usize) -> Result<ConsumerStatus> {
        let page = self.shared(info.place.cursors + k * PAGE, PAGE);
        let held = self.is_held(info.place.first_role + 1 + k)?;
        let (wanted, start) = cursors::consumer_start(ring, &page, k);
        Ok(ConsumerStatus {
            held,
            committed: wanted - 1,
            behind: (ring.newest() + 1).saturating_sub(start),
            // A writer announces its limit before it asks for the holder: beside a live holder the
            // limit is no loss.
            passed_over: if held { 0 } else { start - wanted },
        })
    }
}

/// Returns the records a second between two sequences, by their stamps.
fn rate(ring: &Ring<Shared>, from: u64, to: u64) -> Option<f64> {
    let newest = meta_of(ring, to)?;
    let mut back = to.checked_sub(from)?.min(RATED - 1);
    while back > 0 {
        // A live writer may be overwriting the oldest ones.
        if let Some(oldest) = meta_of(ring, to - back) {
            let took = newest.time_ns.checked_sub(oldest.time_ns).filter(|&ns| ns > 0)?;
            return Some(back as f64 * 1e9 / took as f64);
        }
        back /= 2;
    }
    None
}

/// Returns the metadata of a record, if the record is there and has a time.
fn meta_of(ring: &Ring<Shared>, sequence: u64) -> Option<Meta> {
    match Reader::new(ring.clone(), sequence).step(|slot| slot.read(&mut [])) {
        Step::Record(meta) if meta.time_ns != 0 => Some(meta),
        _ => None,
    }
}
