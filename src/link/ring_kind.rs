// C header: base
//! Names the rings of a link by their kind.

use crate::base::layout::ring_kind;
use crate::segment::header::RingInfo;

/// Tells what a ring of a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum RingKind {
    /// A program's own records.
    User = 0,
    /// Observations.
    Observations = 1,
    /// Decisions of a lane.
    Decisions = 2,
    /// Commands of a lane.
    Commands = 3,
    /// Outcomes of a lane.
    Outcomes = 4,
    /// Reports of the trainer: the rich tier of the link.
    Reports = 5,
}

impl RingKind {
    /// Returns the kind of a ring.
    pub fn of(ring: &RingInfo) -> Self {
        match ring.kind {
            ring_kind::MAIN => Self::Observations,
            ring_kind::LANE_TO_ALL => Self::Decisions,
            ring_kind::LANE_TO_CREATOR => Self::Commands,
            ring_kind::CREATOR_TO_LANE => Self::Outcomes,
            ring_kind::CREATOR_TO_ALL => Self::Reports,
            _ => Self::User,
        }
    }
}

const _: () = {
    assert!(RingKind::Observations as u32 == ring_kind::MAIN);
    assert!(RingKind::Decisions as u32 == ring_kind::LANE_TO_ALL);
    assert!(RingKind::Commands as u32 == ring_kind::LANE_TO_CREATOR);
    assert!(RingKind::Outcomes as u32 == ring_kind::CREATOR_TO_LANE);
    assert!(RingKind::Reports as u32 == ring_kind::CREATOR_TO_ALL);
};
