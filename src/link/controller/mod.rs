//! The controller's end of a link.

mod batch;
mod decide;
mod outcomes;
mod read;
mod succession;
#[cfg(feature = "tokio")]
mod tokio;

pub use batch::Observed;
pub use decide::{Answer, Decided, Ticket};

use crate::base::error::{ErrorKind, Result};
use crate::contract::{
    action::ActionSpace, command::AdaptationCommand, decision::Decision, observation::Observation,
    outcome::CommandOutcome, seed_state::SeedColumns,
};
use crate::handle::consumer::{Commit, Consumer, ConsumerRole};
use crate::handle::peer_state::PeerState;
use crate::handle::read::Start;
use crate::handle::reader_core::ReaderCore;
use crate::handle::wait_any::{Several, Source, Watch};
use crate::handle::{writer::Writer, writer_core::WriterRole};
use crate::link::{
    OBSERVATIONS, RingKind, commands_ring, decisions_ring, inherited::Inherited, link_actions, outcomes_ring,
    owed::Owed, schema_of, sent_before::SentBefore, trainer::no_lane, wrong_schema,
};
use crate::ring::canceller::Canceller;
use crate::schema::{canonical::Schema, record::Record, row::RowSchema};
use crate::segment::attached::{Segment, Touch};
use crate::segment::{header::SlotRows, options::Options};
use crate::sys::{kill, os};
use std::{collections::VecDeque, time::Duration};

/// The controller's end of a link: reads observations, publishes decisions, sends commands and
/// receives their outcomes.
///
/// It holds the roles of one lane. Used by one thread at a time; may be sent to another. Dropping it
/// closes it in order. If a panic drops it, it ends by failing, as with [`Controller::abort`].
#[derive(Debug)]
pub struct Controller {
    decisions: Writer<Decision>,
    commands: Writer<AdaptationCommand>,
    outcomes: Consumer<CommandOutcome>,
    pub(super) observations: ReaderCore,
    /// The reader in which the signals of an observation are looked for; opened when first asked
    /// for.
    signals: Option<ReaderCore>,
    actions: ActionSpace,
    schema: RowSchema,
    /// The columns that the mask is read from, if the schema has them.
    seed: Option<SeedColumns>,
    /// True if the schema is that of [`Observation`](crate::Observation).
    version_1: bool,
    /// The decisions of predecessors.
    inherited: Inherited,
    /// The slots that predecessors left behind, ascending. They are read before `resume`.
    open: VecDeque<u64>,
    /// Sequence to read next once no slot is open: the one after the highest that a predecessor
    /// decided on.
    resume: u64,
    /// Observations that are to be decided on although a later one may have been.
    owed: Owed,
    /// Observations from here on can be decided on without a look at earlier decisions: no
    /// predecessor has decided on them or sent a command, none is owed, and this controller has
    /// decided on no later one.
    clear_from: u64,
    /// The order of a batch that is decided on in another order than its observations'.
    order: Vec<u32>,
    lane: u32,
    /// Read while another was waited for, with their sequences; not committed before they are
    /// handed out.
    aside: VecDeque<(u64, CommandOutcome)>,
    /// Outcomes have been handed out or passed over since the last commit.
    outcomes_given: bool,
    received: u64,
    lost: u64,
    /// Commands of a predecessor that died before it published the decisions that go with them.
    sent_before: SentBefore,
}

/// The state of an observation before this controller decides on it.
enum Before {
    Nothing,
    /// A predecessor sent this command. The decision is to be this one, with the command's action.
    Sent(Decision, Ticket),
    /// A predecessor published the decision of that sequence.
    Decided(u64),
}

impl Controller {
    /// Attaches to a link of observations of version 1 ([`Observation`](crate::Observation)),
    /// waiting for it to appear, and takes lane 0.
    pub fn attach(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        Self::attach_with(name, Observation::row_schema(), options, timeout)
    }

    /// Attaches to a link of observations of the given schema; otherwise as [`Controller::attach`].
    /// [`ErrorKind::SchemaMismatch`]: the link has others.
    pub fn attach_with(name: &str, schema: &RowSchema, options: &Options, timeout: Duration) -> Result<Self> {
        Self::attach_by(name, options, Some(timeout), |segment| Self::on_with(segment, 0, schema))
    }

    /// Attaches to a link of any observations, which [`Controller::observation_schema`] describes;
    /// otherwise as [`Controller::attach`].
    pub fn attach_any(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        Self::attach_by(name, options, Some(timeout), |segment| Self::on_any(segment, 0))
    }

    /// Attaches and takes a lane, after waiting for the link if there is a timeout. Attaches again
    /// if the link is replaced before the lane is taken.
    pub(crate) fn attach_by(
        name: &str,
        options: &Options,
        timeout: Option<Duration>,
        mut take: impl FnMut(&Segment) -> Result<Self>,
    ) -> Result<Self> {
        /// Minimum time for retries after a replacement, even with a zero timeout.
        const LEAST: Duration = Duration::from_secs(1);
        let start = os::monotonic_ns();
        loop {
            let waited = Duration::from_nanos(os::monotonic_ns() - start);
            let segment = match timeout {
                None => Segment::attach(name, options)?,
                Some(timeout) => Segment::attach_waiting(name, options, timeout.saturating_sub(waited))?,
            };
            let most = timeout.unwrap_or_default().max(LEAST);
            match take(&segment) {
                Err(e) if e.kind() == ErrorKind::Superseded && waited < most => {}
                result => return result,
            }
        }
    }

    /// Takes a lane of a segment that has the rings of a link of observations of version 1.
    /// [`ErrorKind::RoleHeld`]: it is busy.
    ///
    /// Reading starts after the highest observation that the lane has decided on, or, on a new
    /// lane, at the oldest there is. Before that come those that a predecessor left behind: that it
    /// was refused the room for a command on, that it was killed on after it had decided on a later
    /// one, and slots of several rows that are decided on in part. What it passed over on purpose
    /// does not come. See [`Controller::decide`].
    pub fn on(segment: &Segment, lane: u32) -> Result<Self> {
        Self::on_with(segment, lane, Observation::row_schema())
    }

    /// Takes a lane of a link of observations of the given schema; otherwise as [`Controller::on`].
    pub fn on_with(segment: &Segment, lane: u32, schema: &RowSchema) -> Result<Self> {
        let found = schema_of(segment)?;
        if found != *schema {
            return Err(wrong_schema(&found, schema).at(segment.path()));
        }
        Self::take(segment, lane, found)
    }

    /// Takes a lane of a link of any observations; otherwise as [`Controller::on`].
    pub fn on_any(segment: &Segment, lane: u32) -> Result<Self> {
        Self::take(segment, lane, schema_of(segment)?)
    }

    fn take(segment: &Segment, lane: u32, schema: RowSchema) -> Result<Self> {
        let lanes = segment.rings().iter().filter(|r| RingKind::of(r) == RingKind::Commands).count();
        if lane as usize >= lanes {
            return Err(no_lane(lanes, lane));
        }
        let actions = link_actions(segment)?;
        // All roles before the first ring is gone on in: a busy lane, or one that is refused, is as
        // it was.
        let writing = |ring: &str, schema: &Schema| {
            let ring = segment.ring_of(ring, schema, SlotRows::One)?;
            WriterRole::take(segment, ring.clone(), Touch::Often)
        };
        let decisions = writing(&decisions_ring(lane), Decision::schema())?;
        let commands = writing(&commands_ring(lane), AdaptationCommand::schema())?;
        let outcomes = ConsumerRole::take(segment, &outcomes_ring(lane), 0, CommandOutcome::schema())?;
        let observations =
            ReaderCore::open(segment, OBSERVATIONS, schema.schema(), SlotRows::Any, Start::Oldest)?;
        kill::point("controller.roles");

        let decisions = Writer::over(decisions.start());
        kill::point("controller.decisions");
        let commands = Writer::over(commands.start());
        kill::point("controller.commands");
        let outcomes = Consumer::over(outcomes.start(Commit::Manual));
        kill::point("controller.outcomes");
        // One ends the waits of all that the controller reads.
        let (mut outcomes, mut observations) = (outcomes, observations);
        observations.canceller = segment.canceller();
        outcomes.core.reader.canceller = observations.canceller.clone();
        let several = observations.info.rows > 1;
        let mut controller = Self {
            decisions,
            commands,
            outcomes,
            observations,
            signals: None,
            actions,
            version_1: schema == *Observation::row_schema(),
            seed: SeedColumns::of(&schema),
            schema,
            inherited: Inherited::default(),
            open: VecDeque::new(),
            resume: 0,
            owed: Owed::new(several),
            clear_from: 0,
            order: Vec::new(),
            lane,
            aside: VecDeque::new(),
            outcomes_given: false,
            received: 0,
            lost: 0,
            sent_before: SentBefore::default(),
        };
        controller.succeed()?;
        Ok(controller)
    }

    /// Returns what ends this controller's waits from another thread or a signal handler.
    pub fn canceller(&self) -> Canceller {
        self.own_canceller().give()
    }

    pub(crate) fn own_canceller(&self) -> &Canceller {
        &self.observations.canceller
    }

    /// Returns the segment.
    pub fn segment(&self) -> &Segment {
        &self.decisions.core.segment
    }

    /// Returns the action space that both sides use.
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// Returns the lane.
    pub fn lane(&self) -> u32 {
        self.lane
    }

    /// Returns the schema of the link's observations.
    pub fn observation_schema(&self) -> &RowSchema {
        &self.schema
    }

    /// Returns how many observations a slot holds; 1 where each is published by itself.
    pub fn rows(&self) -> usize {
        self.observations.info.rows
    }

    /// Stands for the observations, to wait for them alone or to arm a [`Bell`](crate::Bell) with
    /// them. [`Controller`] as a [`Source`] also stands for the outcomes.
    pub fn watch_observations(&mut self) -> Watch<'_> {
        Watch::reader(&mut self.observations)
    }

    /// Asks the kernel about the trainer.
    pub fn trainer_state(&self) -> Result<PeerState> {
        self.observations.peer_state()
    }

    /// Returns why the trainer failed, as
    /// [`Observer::peer_reason`](crate::Observer::peer_reason) does.
    pub fn trainer_reason(&self) -> Option<String> {
        self.observations.peer_reason()
    }

    /// Ends this controller by failing: the trainer and observers are told
    /// [`Ending::Failed`](crate::Ending), and `reason` on request. The reason is for people, and cut
    /// at 127 bytes. A successor is given what was not decided on, and the last outcome again.
    pub fn abort(mut self, reason: &str) {
        self.fail(reason);
    }

    /// Marks every ring before the first role is given back.
    pub(crate) fn fail(&mut self, reason: &str) {
        self.commands.core.fail(reason);
        self.decisions.core.fail(reason);
    }

    /// Returns the last observation that is complete in its slot, whether the trainer has counted
    /// it or not.
    pub fn published(&self) -> u64 {
        self.observations.reader.ring.newest()
    }

    /// Returns how many observations this handle has received.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns how many observations this handle has missed.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Sets the deadline: slower decisions are counted as misses from now on.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.decisions.core.page.set_deadline(deadline.as_nanos() as u64);
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // A receiver that fails may not have done anything about the last outcome: its successor
        // gets it again.
        if !self.decisions.core.is_failing() {
            let _ = self.commit_outcomes();
        }
    }
}

/// Stands for its observations and outcomes.
impl Source for Controller {
    fn watch(&mut self) -> Watch<'_> {
        Watch::several(self)
    }
}

impl Several for Controller {
    fn each(&mut self, visit: &mut dyn FnMut(Watch<'_>)) {
        visit(Watch::reader(&mut self.observations));
        visit(Watch::consumer(&mut self.outcomes.core).unasked());
    }

    fn has_kept(&self) -> bool {
        !self.aside.is_empty()
    }
}
