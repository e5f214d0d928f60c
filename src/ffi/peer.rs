// C header: ring
//! The state of the other side.

use super::boundary::string::field;
use super::enumerations::leyline_peer;
use crate::base::layout::role;
use crate::handle::peer_state::PeerState;
use crate::ring::state::Ending;
use std::ffi::c_char;

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
    /// LEYLINE_PEER_FAILED: why, for people, as far as it said so. Else empty.
    pub reason: [c_char; 128],
}

const _: () = assert!(role::REASON_MAX == 127);

/// Describes a peer for C, with the reason that its ring gives for a failure.
pub(super) fn peer(state: PeerState, reason: Option<String>) -> leyline_peer_t {
    let silent_for_ns = match state {
        PeerState::Held { silent_for } => {
            silent_for.and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or(u64::MAX)
        }
        _ => 0,
    };
    let reason = reason.filter(|_| state == PeerState::Gone(Ending::Failed)).unwrap_or_default();
    leyline_peer_t { silent_for_ns, state: number(state) as u32, reserved: 0, reason: field(&reason) }
}

/// Returns the number of a peer's state.
pub(super) fn number(state: PeerState) -> leyline_peer {
    match state {
        PeerState::Never => leyline_peer::Never,
        PeerState::Held { .. } => leyline_peer::Held,
        PeerState::Gone(Ending::Closed) => leyline_peer::Closed,
        PeerState::Gone(Ending::Failed) => leyline_peer::Failed,
        PeerState::Gone(Ending::Died) => leyline_peer::Died,
        PeerState::Superseded => leyline_peer::Superseded,
    }
}
