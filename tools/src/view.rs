//! Gathers what is shown of a segment, once for people and for JSON.

use crate::text;
use leyline::contract::vocabulary::decode;
use leyline::link::{SentCommand, actions_of, sent_commands};
use leyline::schema::decode::Decoded;
use leyline::{
    ActionSpace, AnyObserver, Ending, Flags, Meta, NameState, PeerState, Policy, Read, RingInfo, RingKind,
    RingStatus, RoleInfo, Segment, Start,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Holds all that is shown of a segment.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) segment: Segment,
    pub(crate) actions: Option<ActionSpace>,
    pub(crate) name_state: NameState,
    pub(crate) rings: Vec<RingView>,
    pub(crate) lanes: Vec<LaneView>,
}

#[derive(Debug)]
pub(crate) struct RingView {
    pub(crate) info: RingInfo,
    pub(crate) status: RingStatus,
    /// Records a second since the view before, where there was one.
    pub(crate) rate_now: Option<f64>,
    /// The writer, then the consumers.
    pub(crate) roles: Vec<RoleView>,
    pub(crate) last: Result<Vec<Slot>, leyline::Error>,
}

#[derive(Debug)]
pub(crate) struct RoleView {
    pub(crate) consumer: Option<usize>,
    /// Side of the link that holds the role; empty for a program's own ring.
    pub(crate) side: String,
    pub(crate) state: &'static str,
    /// Time since the writer's last record.
    pub(crate) silent: Option<Duration>,
    pub(crate) info: RoleInfo,
}

/// Holds a slot, with the rows that are shown.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) meta: Meta,
    pub(crate) age: Option<Duration>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) env: u16,
    pub(crate) flags: Flags,
    pub(crate) fields: Vec<Decoded>,
}

#[derive(Debug)]
pub(crate) struct LaneView {
    pub(crate) lane: u32,
    pub(crate) sent: Result<Vec<SentCommand>, leyline::Error>,
}

/// Selects what to gather.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Records of each ring; `None`: a few for each kind.
    pub(crate) last: Option<u64>,
    pub(crate) rows: usize,
    pub(crate) rings: Vec<String>,
}

/// Keeps what a later view is compared with.
pub(crate) type Before = (Instant, BTreeMap<String, u64>);

impl Wish {
    /// Returns how many records of a ring to show. By default reports, which are many and wide, are
    /// left out.
    pub(crate) fn last_of(&self, kind: RingKind) -> u64 {
        self.last.unwrap_or(match kind {
            RingKind::Reports => 0,
            RingKind::Outcomes => 1,
            _ => 3,
        })
    }
}

impl View {
    pub(crate) fn of(segment: &Segment, wish: &Wish, before: Option<&Before>) -> leyline::Result<Self> {
        // An unknown name is an error, not an empty view.
        for name in &wish.rings {
            segment.ring(name)?;
        }
        let actions = actions_of(segment)?;
        let mut rings = Vec::new();
        for info in segment.rings().iter().filter(|r| wish.rings.is_empty() || wish.rings.contains(&r.name)) {
            let status = segment.ring_status(&info.name)?;
            let rate_now = before.and_then(|(then, last)| {
                let more = status.last_sequence.checked_sub(*last.get(&info.name)?)?;
                Some(more as f64 / then.elapsed().as_secs_f64().max(1e-9))
            });
            let roles = std::iter::once(None)
                .chain((0..info.consumers).map(Some))
                .map(|consumer| RoleView::of(segment, info, consumer, &status));
            let roles = roles.collect::<leyline::Result<_>>()?;
            let last = match wish.last_of(RingKind::of(info)) {
                0 => Ok(Vec::new()),
                last => last_of(segment, actions.as_ref(), info, last, wish.rows),
            };
            rings.push(RingView { info: info.clone(), status, rate_now, roles, last });
        }
        let lanes = rings
            .iter()
            .filter(|r| RingKind::of(&r.info) == RingKind::Commands)
            .map(|r| LaneView { lane: r.info.lane, sent: sent_commands(segment, r.info.lane) })
            .collect();
        let name_state = segment.name_state()?;
        Ok(Self { segment: segment.clone(), actions, name_state, rings, lanes })
    }

    pub(crate) fn before(&self, taken: Instant) -> Before {
        (taken, self.rings.iter().map(|r| (r.info.name.clone(), r.status.last_sequence)).collect())
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = (&RingView, &RoleView)> {
        self.rings.iter().flat_map(|ring| ring.roles.iter().map(move |role| (ring, role)))
    }
}

impl RoleView {
    fn of(
        segment: &Segment,
        ring: &RingInfo,
        consumer: Option<usize>,
        status: &RingStatus,
    ) -> leyline::Result<Self> {
        let info = segment.role(&ring.name, consumer)?;
        let writer_state = match status.writer {
            _ if info.held => "held",
            PeerState::Never => "never",
            PeerState::Gone(Ending::Closed) => "closed",
            PeerState::Gone(Ending::Failed) => "failed",
            PeerState::Gone(Ending::Died) => "died",
            PeerState::Superseded => "superseded",
            // The writer came or went between two queries.
            PeerState::Held { .. } => "free",
        };
        let state = match consumer {
            None => writer_state,
            Some(_) if info.held => "held",
            Some(_) if info.pid == 0 => "never",
            Some(_) => "free",
        };
        let silent = if consumer.is_none() { status.age } else { None };
        Ok(Self { consumer, side: side_of(ring, consumer), state, silent, info })
    }

    /// Returns the state, with the reason of a failure.
    pub(crate) fn state_and_reason(&self) -> String {
        match self.info.failure.as_deref() {
            Some(reason) if self.state == "failed" && !reason.is_empty() => {
                format!("failed: {}", text::clean(reason))
            }
            _ => self.state.to_owned(),
        }
    }

    pub(crate) fn name(&self, ring: &str) -> String {
        match self.consumer {
            None => format!("{ring} writer"),
            Some(k) => format!("{ring} consumer {k}"),
        }
    }
}

fn side_of(ring: &RingInfo, consumer: Option<usize>) -> String {
    let controller = || format!("controller {}", ring.lane);
    match (RingKind::of(ring), consumer) {
        (RingKind::User, _) => String::new(),
        (RingKind::Decisions | RingKind::Commands, None) | (RingKind::Outcomes, Some(_)) => controller(),
        _ => "trainer".into(),
    }
}

/// Reads the newest records of a ring, the oldest of them first.
fn last_of(
    segment: &Segment,
    actions: Option<&ActionSpace>,
    ring: &RingInfo,
    last: u64,
    rows: usize,
) -> leyline::Result<Vec<Slot>> {
    let status = segment.ring_status(&ring.name)?;
    let wanted = last.min(status.readable);
    let mut reader = AnyObserver::open(segment, &ring.name, Start::At(status.last_sequence + 1 - wanted))?;
    let mut slots = Vec::new();
    // A writer at full speed may lap this reader, which then shows what it got. Reports of restarts
    // come between records.
    for _ in 0..wanted + 16 + status.takeovers.len() as u64 {
        if slots.len() as u64 == wanted {
            break;
        }
        match reader.try_next() {
            Read::Record(meta) => {
                let rows = (0..reader.rows().min(rows)).filter_map(|row| {
                    let (env, flags) = reader.beside(row)?;
                    let fields = decode(reader.schema(), reader.record(row)?, actions).ok()?;
                    Some(Row { env, flags, fields })
                });
                let rows = rows.collect();
                let age = leyline::monotonic_now().checked_sub(meta.time_ns).filter(|_| meta.time_ns != 0);
                slots.push(Slot { meta, age: age.map(Duration::from_nanos), rows });
            }
            Read::Lapped { .. } | Read::Restarted { .. } => {}
            _ => break,
        }
    }
    Ok(slots)
}

pub(crate) fn flags_of(flags: Flags) -> Vec<&'static str> {
    let all = [
        (Flags::FIRST, "FIRST"),
        (Flags::TERMINATED, "TERMINATED"),
        (Flags::TRUNCATED, "TRUNCATED"),
        (Flags::SANITIZED, "SANITIZED"),
    ];
    all.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name).collect()
}

pub(crate) fn policy_of(policy: Policy) -> &'static str {
    match policy {
        Policy::Keep => "keep",
        Policy::Release => "release",
    }
}

/// Returns the fate of a command, in a word.
pub(crate) fn fate_of(sent: &SentCommand) -> String {
    match sent.outcome {
        None if sent.committed => "committed".into(),
        None => "unanswered".into(),
        Some(outcome) => {
            outcome.status().map_or_else(|_| "answered nonsense".into(), |s| s.name().to_lowercase())
        }
    }
}
