//! How the rings of a segment stand: for programs that watch a link without being a part of it.
//!
//! Reads only, also of a segment whose users have all died, and makes nobody wait.

use crate::base::error::Result;
use crate::base::layout::PAGE;
use crate::base::position;
use crate::handle::observer::{PeerState, silent_for, writer_state};
use crate::ring::cursors;
use crate::ring::meta::Meta;
use crate::ring::reader::{Reader, Step};
use crate::ring::state::{Ring, Takeover};
use crate::segment::attached::Segment;
use crate::segment::header::RingInfo;
use crate::sys::words::Shared;
use std::time::Duration;

/// Records over which a rate is taken, at most.
const RATED: u64 = 1024;

/// How a ring stands. A snapshot: while its writer writes, its parts may be some records apart.
#[derive(Clone, Debug, PartialEq)]
pub struct RingStatus {
    /// The last sequence that is complete; one less than the ring's first where there is none yet.
    pub last_sequence: u64,
    /// Records that have been written in the ring's life.
    pub written: u64,
    /// Records that can still be read.
    pub readable: u64,
    /// What has become of the writer.
    pub writer: PeerState,
    /// How long ago the newest record was stamped, whether or not its writer lives; `None` if there is none or it has no
    /// time.
    pub age: Option<Duration>,
    /// Records a second, by the stamps of the newest (1024 at most) of the present writer; `None` if they do not tell.
    /// It is what the rate was while they were written: see `age` for whether anything still comes.
    pub rate_hz: Option<f64>,
    /// The present writer's generation, which counts the ring's writers; 0 before the first.
    pub generation: u64,
    /// Take-overs as far back as the ring remembers (128), the oldest first: generations with their first sequences.
    pub takeovers: Vec<Takeover>,
    /// Whether a device may be writing it: it was handed over, or its writer died while it was. See
    /// [`Trainer::hand_over`](crate::Trainer::hand_over).
    pub handed_over: bool,
    /// The declared consumers.
    pub consumers: Vec<ConsumerStatus>,
}

/// How a declared consumer of a ring stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Whether somebody living holds the role.
    pub held: bool,
    /// The last sequence that was committed.
    pub committed: u64,
    /// Records that are there and not committed.
    pub behind: u64,
    /// Records that the writer went over while nobody held the role, and that the next holder will be told of; 0 on a
    /// ring of [`Policy::Keep`](crate::Policy::Keep).
    pub passed_over: u64,
}

impl Segment {
    /// How a ring stands. Writes nothing, takes no role and disturbs nobody; asks the kernel who lives.
    /// [`ErrorKind::NoSuchRing`](crate::ErrorKind::NoSuchRing).
    pub fn ring_status(&self, ring: &str) -> Result<RingStatus> {
        let info = self.ring(ring)?;
        let words = self.ring_words(info);
        let writer = writer_state(self, info, &words)?;
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
            // A writer announces that it goes on before it asks; what is said beside a living holder is no loss.
            passed_over: if held { 0 } else { start - wanted },
        })
    }
}

/// Records a second between two sequences, by their stamps.
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

/// What stands beside a record, if it is there and has a time.
fn meta_of(ring: &Ring<Shared>, sequence: u64) -> Option<Meta> {
    match Reader::new(ring.clone(), sequence).step(|slot| slot.read(&mut [])) {
        Step::Record(meta) if meta.time_ns != 0 => Some(meta),
        _ => None,
    }
}
