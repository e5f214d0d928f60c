//! The trainer's end of a link.

mod commands;
mod decisions;
mod lane;
mod publish;
#[cfg(feature = "tokio")]
mod tokio;

pub use commands::ReceivedCommand;
use commands::Said;
pub use decisions::Answers;
pub(super) use lane::no_lane;
use lane::{Lane, LaneRoles};
use publish::Place;
pub(super) use publish::rows_needed;
pub use publish::{Published, PublishedRows, Reported};

use crate::base::error::{ErrorKind, Result};
use crate::contract::{action::ActionSpace, observation::Observation, seed_state::SeedColumns};
use crate::handle::peer_state::{PeerState, wait_for_peer};
use crate::handle::read::Start;
use crate::handle::reader_core::ReaderCore;
use crate::handle::wait_any::{Several, Source, Watch};
use crate::handle::writer_core::{WriterCore, WriterRole};
use crate::link::{LinkSpec, OBSERVATIONS, RingKind, link_actions, schema_of};
use crate::ring::canceller::Canceller;
use crate::ring::meta::Flags;
use crate::ring::wait::Wait;
use crate::schema::row::RowSchema;
use crate::segment::attached::{Segment, Touch};
use crate::segment::open::{Displaced, Opened};
use crate::segment::{header::SlotRows, options::Options, retry::Turns};
use crate::sys::kill;
use std::{collections::HashMap, time::Duration};

/// Observations whose times a trainer remembers.
const RECENT: usize = 64;

/// The trainer's end of a link: publishes observations, receives decisions, executes commands and
/// answers them.
///
/// It holds the roles of the observations' writer and, on every lane, of the commands' consumer and
/// the outcomes' writer. Used by one thread at a time; may be sent to another. Dropping it closes it
/// in order. If a panic drops it, it ends by failing, as with [`Trainer::abort`].
#[derive(Debug)]
pub struct Trainer {
    // Before the segment's other users, so that they close in order first.
    observations: WriterCore,
    /// The writers of the rings of reports.
    reports: Vec<WriterCore>,
    lanes: Vec<Lane>,
    /// Reads this trainer's own observations back: for their times, and for the mask.
    echo: ReaderCore,
    actions: ActionSpace,
    schema: RowSchema,
    /// The columns that the mask is read from, if the schema has them.
    seed: Option<SeedColumns>,
    /// True if the schema is that of [`Observation`](crate::Observation).
    version_1: bool,
    /// A row to be filled in by what is published, and a slot's rows and flags to be mended in.
    scratch: Box<[f32]>,
    mended: Box<[f32]>,
    flags: Box<[Flags]>,
    /// On a link of several rows: where each environment's newest observation is, by its number;
    /// and how often that was changed.
    places: Vec<Place>,
    calls: u64,
    /// The state of each environment's seed by the last outcome.
    said: HashMap<u16, Said>,
    /// Sequences and times of the newest observations, so that timing their decisions reads nothing
    /// shared.
    recent: [(u64, u64); RECENT],
    canceller: Canceller,
    turn: usize,
    sent: u64,
    decided: u64,
    refused: u64,
    last_latency_ns: u64,
}

impl Trainer {
    /// Makes the link's segment. See [`Segment::create`].
    pub fn create(name: &str, spec: &LinkSpec, options: &Options) -> Result<Self> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        loop {
            let segment = Segment::create(name, &spec, options)?;
            match Self::on(&segment) {
                // The name was removed before the roles were taken: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => return result.inspect_err(|_| segment.abandon()),
            }
        }
    }

    /// Attaches to the link if it is there, as after a restart, or else makes it. See
    /// [`Segment::open_or_create`].
    pub fn open_or_create(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Opened)> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        loop {
            let (segment, opened) = Segment::open_or_create(name, &spec, options)?;
            match Self::on(&segment) {
                // The name was removed between attaching and taking the roles: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => {
                    return result.map(|trainer| (trainer, opened)).inspect_err(|_| {
                        if opened == Opened::Created {
                            segment.abandon();
                        }
                    });
                }
            }
        }
    }

    /// Replaces the link by a new one. See [`Segment::recreate`].
    pub fn recreate(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Displaced)> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        let mut ended = Displaced::default();
        loop {
            let (segment, displaced) = Segment::recreate(name, &spec, options)?;
            ended.segments += displaced.segments;
            ended.uncommitted += displaced.uncommitted;
            match Self::on(&segment) {
                // The name was removed or moved before the roles were taken: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => return result.map(|trainer| (trainer, ended)),
            }
        }
    }

    /// Takes the trainer's roles in a segment that has the rings of a link, whatever its
    /// observations are.
    pub fn on(segment: &Segment) -> Result<Self> {
        let schema = schema_of(segment)?;
        let actions = link_actions(segment)?;
        // All roles before the first ring is gone on in: a trainer that fails at the last one
        // restarts none.
        let info = segment.ring_of(OBSERVATIONS, schema.schema(), SlotRows::Any)?;
        let observations = WriterRole::take(segment, info.clone(), Touch::Often)?;
        let reports: Result<Vec<WriterRole>> = segment
            .rings()
            .iter()
            .filter(|r| RingKind::of(r) == RingKind::Reports)
            .map(|r| WriterRole::take(segment, r.clone(), Touch::Seldom))
            .collect();
        let reports = reports?;
        let count = segment.rings().iter().filter(|r| RingKind::of(r) == RingKind::Commands).count() as u32;
        let lanes: Result<Vec<LaneRoles>> = (0..count).map(|lane| LaneRoles::take(segment, lane)).collect();
        let lanes = lanes?;
        let echo = ReaderCore::over(segment, info.clone(), Start::Now)?;
        kill::point("trainer.roles");

        let observations = observations.start();
        kill::point("trainer.writer");
        let reports = reports.into_iter().map(WriterRole::start).collect();
        kill::point("trainer.reports");
        let canceller = segment.canceller();
        let lanes = lanes.into_iter().map(|roles| roles.start(&canceller)).collect();
        let rows = observations.info.rows;
        let mut trainer = Self {
            version_1: schema == *Observation::row_schema(),
            scratch: vec![0.0; schema.width()].into(),
            mended: vec![0.0; schema.width() * rows].into(),
            flags: vec![Flags::NONE; rows].into(),
            places: Vec::new(),
            calls: 0,
            said: HashMap::new(),
            seed: SeedColumns::of(&schema),
            schema,
            observations,
            reports,
            lanes,
            echo,
            actions,
            recent: [(0, 0); RECENT],
            canceller,
            turn: 0,
            sent: 0,
            decided: 0,
            refused: 0,
            last_latency_ns: 0,
        };
        if rows > 1 {
            trainer.find_places();
        }
        Ok(trainer)
    }

    /// Returns the segment.
    pub fn segment(&self) -> &Segment {
        &self.observations.segment
    }

    /// Returns the schema of the link's observations.
    pub fn observation_schema(&self) -> &RowSchema {
        &self.schema
    }

    /// Returns true if the link's observations are [`Observation`]s.
    #[inline(always)]
    pub(crate) fn takes_observations(&self) -> bool {
        self.version_1
    }

    /// Returns how many observations a slot holds; 1 where each is published by itself.
    pub fn rows(&self) -> usize {
        self.observations.info.rows
    }

    /// Returns the action space that both sides use.
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// Returns this trainer's generation: 1 for the first trainer of the segment.
    pub fn generation(&self) -> u64 {
        self.observations.generation()
    }

    /// Returns the number of lanes of the link.
    pub fn lanes(&self) -> u32 {
        self.lanes.len() as u32
    }

    #[inline]
    fn lane(&mut self, lane: u32) -> Result<&mut Lane> {
        let count = self.lanes.len();
        self.lanes.get_mut(lane as usize).ok_or_else(|| no_lane(count, lane))
    }

    /// Waits until somebody holds a lane. [`PeerState::Never`] or [`PeerState::Gone`]: nobody in
    /// time.
    pub fn wait_for_controller(&mut self, lane: u32, wait: Wait) -> Result<PeerState> {
        let canceller = self.canceller.clone();
        let decisions = &self.lane(lane)?.decisions;
        wait_for_peer(wait, &canceller, || decisions.peer_state())
    }

    /// Returns what ends this trainer's waits from another thread or a signal handler.
    pub fn canceller(&self) -> Canceller {
        self.canceller.give()
    }

    pub(crate) fn own_canceller(&self) -> &Canceller {
        &self.canceller
    }

    /// Asks the kernel about a lane's controller.
    pub fn controller_state(&mut self, lane: u32) -> Result<PeerState> {
        self.lane(lane)?.decisions.peer_state()
    }

    /// Returns why a lane's controller failed, as
    /// [`Observer::peer_reason`](crate::Observer::peer_reason) does.
    pub fn controller_reason(&self, lane: u32) -> Option<String> {
        self.lanes.get(lane as usize)?.decisions.peer_reason()
    }

    /// Ends this trainer by failing: controllers and observers are told
    /// [`Ending::Failed`](crate::Ending), and `reason` on request. The reason is for people, and cut
    /// at 127 bytes. The segment keeps its name, whatever [`OnClose`](crate::OnClose) says. A ring
    /// that is handed over to a device stays handed over.
    pub fn abort(mut self, reason: &str) {
        self.fail(reason);
    }

    /// Marks every ring before the first role is given back.
    pub(crate) fn fail(&mut self, reason: &str) {
        let outcomes = self.lanes.iter_mut().map(|lane| &mut lane.outcomes.core);
        for ring in outcomes.chain(&mut self.reports).chain([&mut self.observations]) {
            ring.fail(reason);
        }
    }

    /// Returns how many observations this handle has published, and devices before it took the ring
    /// back from them.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns how many decisions this handle has received.
    pub fn decided(&self) -> u64 {
        self.decided
    }

    /// Returns how many commands were refused before they were handed out.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Returns the time from the stamp of the observation to that of the decision received last, in
    /// nanoseconds; 0 if either has no time or the observation has left the ring. All of them are
    /// counted in the role page of the observations' writer ([`Segment::role`]).
    pub fn last_latency_ns(&self) -> u64 {
        self.last_latency_ns
    }

    /// Sets the deadline: slower decisions are counted as misses from now on.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.observations.page.set_deadline(deadline.as_nanos() as u64);
    }
}

/// Stands for the decisions and commands of all lanes.
impl Source for Trainer {
    fn watch(&mut self) -> Watch<'_> {
        Watch::several(self)
    }
}

impl Several for Trainer {
    fn each(&mut self, visit: &mut dyn FnMut(Watch<'_>)) {
        for lane in &mut self.lanes {
            visit(Watch::reader(&mut lane.decisions.core));
            visit(Watch::consumer(&mut lane.commands.core).unasked());
        }
    }
}
