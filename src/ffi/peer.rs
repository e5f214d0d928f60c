// C header: ring
//! The state of the other side.

use super::enumerations::leyline_peer;
use crate::handle::observer::{Ending, PeerState};

/// The state of a ring's writer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_peer_t {
    /// LEYLINE_PEER_HELD: how long ago its newest record was stamped, ns; UINT64_MAX if that is not
    /// known. Silent is not stalled: it may have nothing to say. Else 0.
    pub silent_for_ns: u64,
    /// A leyline_peer.
    pub state: u32,
    /// 0.
    pub reserved: u32,
}

/// Describes a peer for C.
pub(super) fn peer(state: PeerState) -> leyline_peer_t {
    let (state, silent_for_ns) = match state {
        PeerState::Never => (leyline_peer::Never, 0),
        PeerState::Held { silent_for } => {
            let ns = silent_for.and_then(|d| u64::try_from(d.as_nanos()).ok());
            (leyline_peer::Held, ns.unwrap_or(u64::MAX))
        }
        PeerState::Gone(Ending::Closed) => (leyline_peer::Closed, 0),
        PeerState::Gone(Ending::Died) => (leyline_peer::Died, 0),
        PeerState::Superseded => (leyline_peer::Superseded, 0),
    };
    leyline_peer_t { silent_for_ns, state: state as u32, reserved: 0 }
}
