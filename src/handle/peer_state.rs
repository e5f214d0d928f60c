//! The state of a ring's writer.

use crate::base::error::Result;
use crate::ring::canceller::Canceller;
use crate::ring::reader::{Reader, Step};
use crate::ring::state::{Ending, Ring};
use crate::ring::wait::{Wait, wait_until};
use crate::segment::attached::{NameState, Segment};
use crate::sys::os;
use crate::sys::words::Shared;
use std::time::Duration;

/// The state of a ring's writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// The ring never had a writer.
    Never,
    /// It lives. Silent is not stalled: it may have nothing to publish.
    Held {
        /// The age of its newest record by the stamp; `None` if there is none or it has no time.
        silent_for: Option<Duration>,
    },
    /// It has ended.
    Gone(Ending),
    /// The segment's name leads to another segment now.
    Superseded,
}

/// Returns the state of a ring's writer, by its role.
pub(crate) fn writer_state(segment: &Segment, role: usize, ring: &Ring<Shared>) -> Result<PeerState> {
    let generation = ring.generation();
    let is_held = segment.is_held(role)?;
    // After the lock query: a writer says how it ends before it gives its role back.
    let ending = ring.ending();
    Ok(if segment.name_state()? == NameState::Replaced {
        // New readers find another segment by the name, and so does a successor of the writer.
        PeerState::Superseded
    } else if is_held || ring.generation() != generation {
        // A successor may have come after the kernel was asked; the next check finds its state.
        PeerState::Held { silent_for: silent_for(ring) }
    } else if generation == 0 {
        PeerState::Never
    } else {
        PeerState::Gone(ending)
    })
}

/// Waits until `state` is that of a peer that lives, or of a segment that was superseded. Returns
/// the state at the end of the wait.
pub(crate) fn wait_for_peer(
    wait: Wait,
    canceller: &Canceller,
    state: impl Fn() -> Result<PeerState>,
) -> Result<PeerState> {
    let look = || {
        let state = state()?;
        Ok(matches!(state, PeerState::Held { .. } | PeerState::Superseded).then_some(state))
    };
    wait_until(wait, Some(canceller), look)?.found()?.map_or_else(&state, Ok)
}

/// Greatest lead of a stamp over the clock: two processors' counters differ, and a clock may be
/// slewed.
const AHEAD_NS: u64 = 1_000_000_000;

/// Returns the time since a ring's newest record was stamped; `None` if that is not known. A stamp
/// in the future is not of this clock.
pub(crate) fn silent_for(ring: &Ring<Shared>) -> Option<Duration> {
    // A new reader starts in the newest record's generation.
    let mut probe = Reader::new(ring.clone(), ring.newest());
    let Step::Record(newest) = probe.step_to_latest(|slot| slot.read(&mut [])) else { return None };
    let now = os::monotonic_ns();
    let is_past = newest.time_ns != 0 && newest.time_ns <= now.saturating_add(AHEAD_NS);
    is_past.then(|| Duration::from_nanos(now.saturating_sub(newest.time_ns)))
}
