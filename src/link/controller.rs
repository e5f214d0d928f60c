//! The controller's end of a link.

mod batch;
mod succession;

pub use batch::Observed;

use super::inherited::Inherited;
use super::owed::Owed;
use super::rows::Rows;
use super::sent_before::SentBefore;
use super::trainer::{no_lane, rows_needed};
use super::{OBSERVATIONS, commands_ring, decisions_ring, outcomes_ring, schema_of, wrong_schema};
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::position;
use crate::contract::action::{ActionMask, ActionSpace};
use crate::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use crate::contract::command::{AdaptationCommand, CommandOutcome, Decision, OutcomeStatus};
use crate::contract::observation::Observation;
use crate::contract::record::Report;
use crate::contract::signals::TrainingSignals;
use crate::contract::space::ObservationSchema;
use crate::handle::consumer::{Commit, Consumer, ConsumerRole};
use crate::handle::observer::{Batch, Observer, PeerState, Read, ReaderCore, Start};
use crate::handle::wait_any::{Source, Watch};
use crate::handle::writer::{Writer, WriterRole};
use crate::ring::meta::{Flags, Meta, Stamp};
use crate::ring::protocol::RESTARTS;
use crate::ring::slot::Slot;
use crate::ring::wait::Wait;
use crate::schema::field::{Record, Schema};
use crate::segment::file::{Options, Segment, Touch};
use crate::segment::header::{RingKind, SlotRows};
use crate::sys::kill;
use crate::sys::os;
use crate::sys::words::Shared;
use bytemuck::Zeroable;
use std::collections::VecDeque;
use std::time::Duration;

/// What a policy says beside the action itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    /// Confidence in the action, 0 to 1.
    pub confidence: f32,
    /// The policy's estimate of the value of the state.
    pub value_estimate: f32,
    /// The logarithm of the probability of the action.
    pub log_probability: f32,
    /// Why, for people. Cut at 63 bytes.
    pub reason: &'a str,
}

impl Default for Answer<'_> {
    fn default() -> Self {
        Self { confidence: 1.0, value_estimate: 0.0, log_probability: 0.0, reason: "" }
    }
}

/// A command that the ring has accepted. It is not executed before its outcome says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The command's id.
    pub id: [u8; 16],
    /// Its sequence on the lane's ring of commands.
    pub sequence: u64,
}

/// What [`Controller::decide`] sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The decision's sequence.
    pub sequence: u64,
    /// The command that goes with it; `None` for WAIT.
    pub command: Option<Ticket>,
    /// From the stamp of the observation to that of the decision, nanoseconds; 0 if either has no time.
    pub latency_ns: u64,
}

/// The controller's end of a link: reads observations, publishes decisions, sends commands and receives their outcomes.
///
/// It holds the roles of one lane. Used by one thread at a time; may be sent to another.
#[derive(Debug)]
pub struct Controller {
    decisions: Writer<Decision>,
    commands: Writer<AdaptationCommand>,
    outcomes: Consumer<CommandOutcome>,
    pub(super) observations: ReaderCore,
    /// Where the signals of an observation are looked for; opened when first asked for.
    signals: Option<ReaderCore>,
    actions: ActionSpace,
    schema: ObservationSchema,
    /// Whether the schema is that of [`Observation`].
    version_1: bool,
    /// The decisions of predecessors.
    inherited: Inherited,
    /// The slots that predecessors left behind, ascending. They are read before `resume`.
    open: VecDeque<u64>,
    /// Sequence to read next once no slot is open: the one after the highest that a predecessor decided on.
    resume: u64,
    /// The next slot can be read by the fast path: slots are single [`Observation`]s and none is open.
    plain: bool,
    /// Observations that are to be decided on although a later one may have been.
    owed: Owed,
    /// Observations from here on can be decided on by the fast path: no predecessor has decided on them or sent a command, none
    /// is owed, and this controller has decided on no later one.
    clear_from: u64,
    /// The order of a batch that is decided on in another order than its observations'.
    order: Vec<u32>,
    lane: u32,
    /// Read while another was waited for, with their sequences; not committed before they are handed out.
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

#[cold]
fn not_received(found: u64, next: u64) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about("observed")
        .expected_found(format!("the meta of an observation received before {next}"), found.to_string())
}

impl Controller {
    /// Attaches to a link of observations of version 1 ([`Observation`]), waiting for it to appear, and takes lane 0.
    pub fn attach(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        Self::attach_with(name, ObservationSchema::v1(), options, timeout)
    }

    /// As [`Controller::attach`], to a link of observations of that schema. [`ErrorKind::SchemaMismatch`]: it has others.
    pub fn attach_with(
        name: &str,
        schema: &ObservationSchema,
        options: &Options,
        timeout: Duration,
    ) -> Result<Self> {
        Self::attach_by(name, options, timeout, |segment| Self::on_with(segment, 0, schema))
    }

    /// As [`Controller::attach`], to whatever the link has: [`Controller::observation_schema`] tells.
    pub fn attach_any(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        Self::attach_by(name, options, timeout, |segment| Self::on_any(segment, 0))
    }

    /// Waits for the link, attaches and takes a lane. Attaches again if the link is replaced before the lane is taken.
    pub(crate) fn attach_by(
        name: &str,
        options: &Options,
        timeout: Duration,
        mut take: impl FnMut(&Segment) -> Result<Self>,
    ) -> Result<Self> {
        /// Minimum time for retries after a replacement, even with a zero timeout.
        const LEAST: Duration = Duration::from_secs(1);
        let start = os::monotonic_ns();
        loop {
            let waited = Duration::from_nanos(os::monotonic_ns() - start);
            let segment = Segment::attach_waiting(name, options, timeout.saturating_sub(waited))?;
            match take(&segment) {
                Err(e) if e.kind() == ErrorKind::Superseded && waited < timeout.max(LEAST) => {}
                result => return result,
            }
        }
    }

    /// Takes a lane of a segment that has the rings of a link of observations of version 1. [`ErrorKind::RoleHeld`]: it is
    /// busy.
    ///
    /// Reading starts after the highest observation that the lane has decided on, or, on a new lane, at the oldest there
    /// is. Before that come those that a predecessor left behind: that it was refused the room for a command on, that it was
    /// killed on after it had decided on a later one, and slots of several rows that are decided on in part. What it passed
    /// over on purpose does not come. See [`Controller::decide`].
    pub fn on(segment: &Segment, lane: u32) -> Result<Self> {
        Self::on_with(segment, lane, ObservationSchema::v1())
    }

    /// As [`Controller::on`], with observations of that schema.
    pub fn on_with(segment: &Segment, lane: u32, schema: &ObservationSchema) -> Result<Self> {
        let found = schema_of(segment)?;
        if found != *schema {
            return Err(wrong_schema(&found, schema).at(segment.path()));
        }
        Self::take(segment, lane, found)
    }

    /// As [`Controller::on`], with whatever observations the link has.
    pub fn on_any(segment: &Segment, lane: u32) -> Result<Self> {
        Self::take(segment, lane, schema_of(segment)?)
    }

    fn take(segment: &Segment, lane: u32, schema: ObservationSchema) -> Result<Self> {
        let lanes = segment.rings().iter().filter(|r| r.kind == RingKind::Commands).count();
        if lane as usize >= lanes {
            return Err(no_lane(lanes, lane));
        }
        let actions = segment.actions().cloned().ok_or_else(|| {
            Error::new(ErrorKind::ActionSpaceMismatch)
                .at(segment.path())
                .expected_found("an action space", "none")
        })?;
        // All roles before the first ring is gone on in: a busy lane, or one that is refused, is as it was.
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
        let several = observations.info.rows > 1;
        let mut controller = Self {
            decisions,
            commands,
            outcomes,
            observations,
            signals: None,
            actions,
            version_1: schema == *ObservationSchema::v1(),
            schema,
            inherited: Inherited::default(),
            open: VecDeque::new(),
            resume: 0,
            plain: false,
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

    /// The segment.
    pub fn segment(&self) -> &Segment {
        &self.decisions.core.segment
    }

    /// The action space that both sides use.
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// The lane.
    pub fn lane(&self) -> u32 {
        self.lane
    }

    /// What the link's observations are.
    pub fn observation_schema(&self) -> &ObservationSchema {
        &self.schema
    }

    /// Observations in a slot; 1 where each is published by itself.
    pub fn rows(&self) -> usize {
        self.observations.info.rows
    }

    /// What is possible in an observed state.
    pub fn mask(&self, observation: &Observation) -> ActionMask {
        self.actions.mask(observation)
    }

    /// What is possible in a state observed in the link's schema. Only WAIT where the row does not say or says what
    /// cannot be. [`ErrorKind::InvalidArgument`]: a row of another length; [`ErrorKind::Unsupported`]: observations of
    /// this schema do not say it.
    pub fn mask_of_row(&self, row: &[f32]) -> Result<ActionMask> {
        self.schema.check_width(row)?;
        if !self.schema.has_seed_state() {
            return Err(Error::new(ErrorKind::Unsupported).about("mask").expected_found(
                "HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS in the schema",
                self.schema.schema().name().to_owned(),
            ));
        }
        Ok(self.actions.mask_of(self.schema.seed_state(row).as_ref()))
    }

    /// The bytes to read `rows` observations into.
    #[inline(always)]
    pub(super) fn room<'r, R: Rows + ?Sized>(&self, into: &'r mut R, rows: usize) -> Result<&'r mut [u8]> {
        let numbers = into.numbers_mut();
        if (R::TYPED && !self.version_1)
            || rows.checked_mul(self.observations.info.record_size) != Some(size_of_val(numbers))
        {
            return Err(self.no_room::<R>(rows, numbers.len()));
        }
        Ok(bytemuck::cast_slice_mut(numbers))
    }

    #[cold]
    fn no_room<R: Rows + ?Sized>(&self, rows: usize, found: usize) -> Error {
        if R::TYPED && !self.version_1 {
            return wrong_schema(&self.schema, ObservationSchema::v1());
        }
        Error::new(ErrorKind::InvalidArgument)
            .about("block for observations")
            .expected_found(format!("{rows} x {} numbers", self.schema.width()), found.to_string())
    }

    /// As [`Controller::room`] for one observation of a link of one row a slot.
    #[inline(always)]
    fn room_for_one<'r, R: Rows + ?Sized>(&self, into: &'r mut R) -> Result<&'r mut [u8]> {
        if self.observations.info.rows != 1 {
            return Err(rows_needed(self.observations.info.rows, "Controller::next_rows"));
        }
        self.room(into, 1)
    }

    /// The next observation: into an [`Observation`], or into as many numbers as the link's schema has. Makes no system
    /// call.
    ///
    /// [`ErrorKind::SchemaMismatch`]: an [`Observation`], and a link of another schema; [`ErrorKind::InvalidArgument`]:
    /// another count of numbers, or a link of several rows.
    #[inline(always)]
    pub fn try_next<R: Rows + ?Sized>(&mut self, observation: &mut R) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() {
            return Ok(self.next_open(bytes));
        }
        let read = self.observations.try_next(bytes);
        self.count(read);
        Ok(read)
    }

    /// As [`Controller::try_next`] where that is no mistake and finds nothing, or a record without any news. Else `None`:
    /// nothing has changed.
    #[inline(always)]
    pub(crate) fn try_next_plainly(&mut self, observation: &mut Observation) -> Option<Read> {
        if !self.plain {
            return None;
        }
        let read = self.observations.try_next_plainly(bytemuck::bytes_of_mut(observation))?;
        if let Read::Record(_) = read {
            self.received += 1;
            self.decisions.core.page.add_records(1);
        }
        Some(read)
    }

    /// As [`Controller::try_next`], waiting as [`Observer::next`] does.
    #[inline]
    pub fn next<R: Rows + ?Sized>(&mut self, observation: &mut R, wait: Wait) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() {
            // It needs no waiting: the slot is there or has left the ring.
            return Ok(self.next_open(bytes));
        }
        let read = self.observations.wait_with(wait, |core| core.try_next(bytes))?;
        self.count(read);
        Ok(read)
    }

    /// The newest observation if it was not read yet; those before it count as lost. As [`Controller::try_next`]
    /// otherwise.
    pub fn try_latest<R: Rows + ?Sized>(&mut self, observation: &mut R) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() && !self.pass_over() {
            return Ok(self.next_open(bytes));
        }
        let read = self.observations.try_latest(bytes);
        self.count(read);
        Ok(read)
    }

    /// As [`Observer::try_next_batch`]: a block of as many rows as there are metas. Otherwise as [`Controller::try_next`].
    pub fn try_next_batch<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        meta: &mut [Meta],
    ) -> Result<Batch> {
        let bytes = self.room_for_batch(observations, meta.len())?;
        if !self.open.is_empty() {
            return self.batch_after_open(
                bytes,
                |i, m| meta[i] = m,
                |core, rest, _, meta| Ok(core.try_batch_of_any(rest, meta)),
            );
        }
        let batch = self.observations.try_batch_of_any(bytes, |i, m| meta[i] = m);
        self.count_batch(&batch);
        Ok(batch)
    }

    /// As [`Controller::room_for_one`] for as many.
    fn room_for_batch<'r, R: Rows + ?Sized>(&self, into: &'r mut R, count: usize) -> Result<&'r mut [u8]> {
        if self.observations.info.rows != 1 {
            return Err(rows_needed(self.observations.info.rows, "Controller::next_rows"));
        }
        self.room(into, count)
    }

    fn count_batch(&mut self, batch: &Batch) {
        self.received += batch.count as u64;
        self.decisions.core.page.add_records(batch.count as u64);
        if !matches!(batch.end, Read::Record(_)) {
            self.count(batch.end);
        }
    }

    /// The next slot of a link of several rows: its observations as one block, with their environments and flags. Makes
    /// no system call. [`Meta::of_row`] gives what [`Controller::decide`] wants of row i. Goes for a link of one row too.
    ///
    /// [`ErrorKind::InvalidArgument`]: a block or column that is not as long as a slot has rows;
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`]s, and a link of another schema.
    pub fn try_next_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        self.read_rows(rows, env, flags, |core, copy| Ok(core.reader.step(copy).into()))
    }

    /// As [`Controller::try_next_rows`], waiting as [`Observer::next`] does.
    pub fn next_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
        wait: Wait,
    ) -> Result<Read> {
        self.read_rows(rows, env, flags, |core, copy| {
            core.wait_with(wait, |core| core.reader.step(&mut *copy).into())
        })
    }

    /// The newest slot if it was not read yet; the rows before it count as lost. As [`Controller::try_next_rows`]
    /// otherwise.
    pub fn try_latest_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        if !self.open.is_empty() && !self.pass_over() {
            return self.try_next_rows(rows, env, flags);
        }
        self.read_rows(rows, env, flags, |core, copy| Ok(core.reader.step_to_latest(copy).into()))
    }

    fn read_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
        read: impl FnOnce(&mut ReaderCore, &mut dyn FnMut(&Slot<'_, Shared>) -> u64) -> Result<Read>,
    ) -> Result<Read> {
        let (n, size) = (self.observations.info.rows, self.observations.info.record_size);
        let block = self.room(rows, n)?;
        if (env.len(), flags.len()) != (n, n) {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("env, flags")
                .expected_found(format!("{n} entries each"), format!("{}, {}", env.len(), flags.len())));
        }
        let bits: &mut [u8] = bytemuck::cast_slice_mut(&mut *flags);
        let found = read(&mut self.observations, &mut |slot| {
            if n == 1 { slot.read(block) } else { slot.read_rows(size, block, env, bits) }
        })?;
        if let (Read::Record(meta), 1) = (found, n) {
            (env[0], flags[0]) = (meta.env, meta.flags);
        }
        let found = if self.open.is_empty() { found } else { self.go_on(found) };
        self.count(found);
        Ok(found)
    }

    #[inline(always)]
    fn count(&mut self, read: Read) {
        match read {
            Read::Record(meta) => self.count_records(1, meta.skipped),
            Read::Lapped { missed, .. } => self.count_records(0, missed),
            _ => {}
        }
    }

    #[inline(always)]
    fn count_records(&mut self, received: u64, lost: u64) {
        let rows = self.observations.info.rows as u64;
        self.received += received * rows;
        self.decisions.core.page.add_records(received * rows);
        if lost > 0 {
            // A segment may claim anything.
            let lost = lost.saturating_mul(rows);
            self.lost = self.lost.saturating_add(lost);
            self.decisions.core.page.add_lost(lost);
        }
    }

    /// The signals that were published with an observation. `None`: it has none, or they are gone from their ring (which
    /// may be shorter than that of the observations).
    ///
    /// [`ErrorKind::NoSuchRing`]: the link has no signals; what [`TrainingSignals::check`] refuses in what was found.
    pub fn signals_of(&mut self, observed: &Meta) -> Result<Option<TrainingSignals>> {
        if self.signals.is_none() {
            let (segment, schema) = (self.segment().clone(), TrainingSignals::schema());
            self.signals =
                Some(ReaderCore::open(&segment, TrainingSignals::RING, schema, SlotRows::Any, Start::Now)?);
        }
        let Some(core) = &mut self.signals else { return Ok(None) };
        let mut signals = TrainingSignals::default();
        let wanted = (observed.generation, observed.sequence);
        let place = |s: &TrainingSignals| (s.writer_generation, s.observation_sequence);
        let read = |core: &mut ReaderCore, sequence, signals: &mut TrainingSignals| {
            core.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(signals))).is_some()
        };
        let ring = &core.reader.ring;
        let newest = ring.newest();
        // They stand in the order of their observations. What is gone is before what is wanted, if that is still there.
        let (mut low, mut high) = (position::oldest(newest, ring.capacity, ring.first_sequence), newest + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if read(core, middle, &mut signals) && place(&signals) >= wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // One for each environment at most.
        for sequence in (low..=newest).take(self.observations.info.rows) {
            if !read(core, sequence, &mut signals) || place(&signals) != wanted {
                break;
            }
            if signals.env == observed.env {
                signals.check()?;
                return Ok(Some(signals));
            }
        }
        Ok(None)
    }

    /// A reader of the reports of a kind, of its own: it does not depend on this controller. Reports are what a trainer
    /// wrote; [`Report::check`] them before their numbers are relied on.
    ///
    /// [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`].
    pub fn reports<T: Report>(&self, start: Start) -> Result<Observer<T>> {
        Observer::open(self.segment(), T::RING, start)
    }

    /// Decides on an observation: sends the command that the action stands for, unless it is WAIT, and then publishes
    /// the decision, so that whoever sees the decision finds its command.
    ///
    /// A predecessor on this lane may have died between the two. Its command stands, so that no other is sent for this
    /// observation: the decision gets that command's action, and the ticket is that command's.
    ///
    /// [`ErrorKind::UnknownAction`]; [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: the command was not accepted
    /// and nothing was published; [`ErrorKind::NotFinite`], [`ErrorKind::OutOfRange`]: in the answer;
    /// [`ErrorKind::InvalidArgument`]: this handle has not received that observation.
    ///
    /// An observation that a predecessor had decided on keeps that decision: nothing is sent again, and that decision's
    /// sequence is what this returns. An observation that is refused here, and decided on by nobody afterwards, is given to
    /// the successor, whatever else was decided on.
    #[inline(always)]
    pub fn decide(&mut self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decided> {
        let time_ns = self.decisions.now();
        self.decide_at(observed, action, answer, time_ns)
    }

    /// As [`Controller::decide`], with the caller's time.
    #[inline(always)]
    pub fn decide_at(
        &mut self,
        observed: &Meta,
        action: usize,
        answer: &Answer<'_>,
        time_ns: u64,
    ) -> Result<Decided> {
        let mut decision = self.decision(observed, action, answer)?;
        let mut command = None;
        let unclear = observed.sequence < self.clear_from;
        if unclear {
            match self.done_before(observed, decision)? {
                Before::Nothing => {}
                Before::Sent(settled, ticket) => (decision, command) = (settled, Some(ticket)),
                Before::Decided(sequence) => return Ok(Decided { sequence, ..Decided::default() }),
            }
        }
        if command.is_none() && action != ActionSpace::WAIT {
            command = self.act(decision, answer.reason)?;
        }
        kill::point("decide.sent");
        let stamp = Stamp { time_ns, env: observed.env, ..Stamp::default() };
        let sequence = self.decisions.core.publish_bytes(bytemuck::bytes_of(&decision.to_words()), stamp)?;
        kill::point("decide.published");
        // After the decision is out.
        if unclear {
            self.settled(std::iter::once((observed.sequence, observed.env)));
        } else {
            self.clear_from = observed.sequence;
        }
        Ok(Decided { sequence, command, latency_ns: self.count_latency(observed.time_ns, time_ns) })
    }

    /// Counts how long a decision took, where both times are known; 0 where they are not.
    #[inline(always)]
    fn count_latency(&self, observed_ns: u64, time_ns: u64) -> u64 {
        if observed_ns == 0 || time_ns < observed_ns {
            return 0;
        }
        self.decisions.core.page.add_latency(time_ns - observed_ns);
        time_ns - observed_ns
    }

    /// As [`Controller::decide`] on WAIT, where nothing has to be looked at that is not at hand. Else `None`: nothing has
    /// changed.
    #[inline(always)]
    pub(crate) fn wait_plainly(&mut self, observed: &Meta, answer: &Answer<'_>) -> Option<Decided> {
        let Meta { sequence: n, generation, env, .. } = *observed;
        let decision = Decision {
            confidence: answer.confidence,
            value_estimate: answer.value_estimate,
            log_probability: answer.log_probability,
            ..Decision::new(n, generation, env, ActionSpace::WAIT as u16)
        };
        let received = n != 0 && n < self.observations.reader.next();
        let before = n < self.clear_from;
        let core = &mut self.decisions.core;
        if !received || before || !decision.is_plainly_fine() {
            return None;
        }
        let time_ns = core.counted_now()?;
        if !core.is_ready(time_ns) {
            return None;
        }
        let stamp = Stamp { time_ns, env, ..Stamp::default() };
        let sequence = core.publish_ready(bytemuck::bytes_of(&decision.to_words()), stamp);
        self.clear_from = n;
        Some(Decided { sequence, command: None, latency_ns: self.count_latency(observed.time_ns, time_ns) })
    }

    #[inline(always)]
    fn decision(&self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decision> {
        decision(&self.actions, self.observations.reader.next(), observed, action, answer)
    }

    /// Sends the command of a decision. That comes by value: by reference it would lie in memory wherever one waits too.
    #[cold]
    fn act(&mut self, decision: Decision, reason: &str) -> Result<Option<Ticket>> {
        let Some(command) = self.actions.command(usize::from(decision.action))? else { return Ok(None) };
        let command = command
            .answering(decision.observation_sequence, decision.writer_generation, decision.env)
            .with_action(decision.action)
            .with_confidence(decision.confidence)?
            .with_reason(reason);
        self.send(command).map(Some).inspect_err(|e| {
            if is_no_room(e) {
                self.owe(std::iter::once((decision.observation_sequence, decision.env)));
            }
        })
    }

    /// Decides WAIT on a batch, its decisions published together and in the order of the observations' sequences: for
    /// catching up. Returns how many. With [`ErrorKind::InvalidArgument`] (this handle has not received one of them)
    /// nothing was decided on.
    pub fn wait_on_all(&mut self, observed: &[Meta]) -> Result<usize> {
        self.wait_on_each(observed.len(), |i| observed[i])
    }

    /// Decides WAIT on the observations `observed(0)` to `observed(count - 1)`. Otherwise as [`Controller::wait_on_all`].
    pub(crate) fn wait_on_each(&mut self, count: usize, observed: impl Fn(usize) -> Meta) -> Result<usize> {
        // All before the first: a command that a predecessor left is settled once.
        let (mut last, mut lowest) = (0, u64::MAX);
        let mut in_order = true;
        for meta in (0..count).map(&observed) {
            self.decision(&meta, ActionSpace::WAIT, &Answer::default())?;
            in_order &= last <= meta.sequence;
            last = meta.sequence;
            lowest = lowest.min(last);
        }
        let unclear = lowest < self.clear_from;
        if unclear {
            self.intend((0..count).map(&observed))?;
        }
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        if !in_order {
            order.extend(0..count as u32);
            order.sort_unstable_by_key(|&i| (observed(i as usize).sequence, i));
        }
        let at = |k: usize| observed(if in_order { k } else { order[k] as usize });
        let done = self.wait_in_order(count, at, unclear);
        self.order = order;
        done
    }

    fn wait_in_order(&mut self, count: usize, at: impl Fn(usize) -> Meta, unclear: bool) -> Result<usize> {
        const PART: usize = 64;
        let time_ns = self.decisions.now();
        let mut done = 0;
        for from in (0..count).step_by(PART) {
            let mut decisions = [Decision::zeroed(); PART];
            let mut stamps = [Stamp::default(); PART];
            let mut observed_ns = [0; PART];
            let mut n = 0;
            for meta in (from..count.min(from + PART)).map(&at) {
                let mut decision = self.decision(&meta, ActionSpace::WAIT, &Answer::default())?;
                if meta.sequence < self.clear_from {
                    match self.done_before(&meta, decision)? {
                        Before::Nothing => {}
                        Before::Sent(settled, _) => decision = settled,
                        Before::Decided(_) => continue,
                    }
                }
                decisions[n] = decision;
                stamps[n] = Stamp { time_ns, env: meta.env, ..Stamp::default() };
                observed_ns[n] = meta.time_ns;
                n += 1;
            }
            done += self.decisions.publish_batch_stamped(&decisions[..n], &stamps[..n])?;
            self.clear_from =
                decisions[..n].iter().fold(self.clear_from, |clear, d| clear.max(d.observation_sequence));
            if unclear {
                self.settled(decisions[..n].iter().map(|d| (d.observation_sequence, d.env)));
            }
            for &observed in &observed_ns[..n] {
                self.count_latency(observed, time_ns);
            }
        }
        Ok(done)
    }

    /// Sends a command. It gets a new id and the present time if it has none. What the ring has accepted is delivered,
    /// whoever dies. [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: it was not accepted. A command that breaks
    /// the contract's rules is refused here.
    pub fn send(&mut self, command: AdaptationCommand) -> Result<Ticket> {
        let command = dated(command)?;
        if !self.sent_before.is_empty() {
            self.decide_in_its_place(1)?;
        }
        let sequence = self.commands.publish(&command)?;
        Ok(Ticket { id: command.id, sequence })
    }

    /// As [`Controller::send`], with annotations: pairs of a key (1 to 39 bytes) and a value (at most 183), which the
    /// trainer finds beside the command. They stand on the ring of commands before it and take a slot each; there is
    /// room for all of them and the command, or nothing is sent.
    ///
    /// [`ErrorKind::BatchTooLarge`]: more than [`MAX_ANNOTATIONS`], or than the ring can ever hold;
    /// [`ErrorKind::InvalidId`], [`ErrorKind::InvalidArgument`]: a key or a value, which are never cut.
    pub fn send_annotated(
        &mut self,
        command: AdaptationCommand,
        annotations: &[(&str, &str)],
    ) -> Result<Ticket> {
        let n = annotations.len();
        if n > MAX_ANNOTATIONS {
            return Err(Error::new(ErrorKind::BatchTooLarge)
                .about("annotations")
                .expected_found(format!("at most {MAX_ANNOTATIONS}"), n.to_string()));
        }
        let command = dated(command)?;
        if !self.sent_before.is_empty() {
            self.decide_in_its_place(n as u64 + 1)?;
        }
        let mut records = [AdaptationCommand::zeroed(); MAX_ANNOTATIONS + 1];
        for (i, (key, value)) in annotations.iter().enumerate() {
            let pair = CommandAnnotation::new(key, value)?;
            records[i] = CommandAnnotation {
                command_id: command.id,
                index: i as u16,
                env: command.env,
                count: n as u8,
                ..pair
            }
            .to_record();
        }
        records[n] = command;
        let stamp = Stamp { time_ns: self.commands.now(), env: command.env, ..Stamp::default() };
        let sequence = self.commands.core.publish_all(bytemuck::cast_slice(&records[..=n]), stamp)?;
        Ok(Ticket { id: command.id, sequence })
    }

    /// Returns the next outcome of any command of this lane, those of a predecessor included. `None`: there is none now. Makes
    /// no system call.
    ///
    /// The outcome keeps its room in the ring until the next call of this or of [`Controller::wait_outcome`], or until the
    /// controller is dropped: until then the caller may die before it has done anything about it. A successor is given every
    /// outcome whose receiver did not come back, so it may be given the last one a second time.
    pub fn try_outcome(&mut self) -> Result<Option<CommandOutcome>> {
        self.commit_outcomes()?;
        let outcome = match self.aside.pop_front() {
            Some((_, outcome)) => outcome,
            None => match self.read_outcome(|outcomes, outcome| Ok(outcomes.try_next(outcome)))? {
                (Some((_, outcome)), _) => outcome,
                (None, _) => return Ok(None),
            },
        };
        self.outcomes_given = true;
        kill::point("outcome.read");
        Ok(Some(outcome))
    }

    /// One outcome with its sequence, or why there is none.
    fn read_outcome(
        &mut self,
        mut read: impl FnMut(&mut Consumer<CommandOutcome>, &mut CommandOutcome) -> Result<Read>,
    ) -> Result<(Option<(u64, CommandOutcome)>, Read)> {
        let mut outcome = CommandOutcome::zeroed();
        for _ in 0..self.outcomes.core.reader.info.capacity + RESTARTS {
            match read(&mut self.outcomes, &mut outcome)? {
                Read::Record(meta) => return Ok((Some((meta.sequence, outcome)), Read::Record(meta))),
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                end => return Ok((None, end)),
            }
        }
        Ok((None, Read::Empty))
    }

    /// Commits what earlier calls have handed out, up to the first outcome that lies aside.
    fn commit_outcomes(&mut self) -> Result<()> {
        if !self.outcomes_given {
            return Ok(());
        }
        match self.aside.front() {
            None => self.outcomes.commit()?,
            Some((sequence, _)) => self.outcomes.commit_to(sequence - 1)?,
        }
        self.outcomes_given = false;
        Ok(())
    }

    /// Waits for the final outcome of a command. Outcomes of others are kept for [`Controller::try_outcome`], and keep
    /// their room in the ring until then; an ACCEPTED of this one is passed over.
    ///
    /// As with [`Controller::try_outcome`], a successor may be given it a second time: until the next call, and as long as
    /// earlier outcomes of other commands have not been handed out, for outcomes are given back in their order.
    ///
    /// [`ErrorKind::Timeout`]: not in time (it may still come); [`ErrorKind::PeerGone`]: the trainer is gone, the
    /// command stays for its successor; [`ErrorKind::Superseded`].
    pub fn wait_outcome(&mut self, id: &[u8; 16], wait: Wait) -> Result<CommandOutcome> {
        let is_final =
            |o: &CommandOutcome| o.command_id == *id && o.status().is_ok_and(OutcomeStatus::is_final);
        self.commit_outcomes()?;
        if let Some(at) = self.aside.iter().position(|(_, o)| is_final(o))
            && let Some((_, outcome)) = self.aside.remove(at)
        {
            self.outcomes_given = true;
            return Ok(outcome);
        }
        let start = os::monotonic_ns();
        let mut left = wait;
        loop {
            let over = left.timeout.is_zero();
            match self.read_outcome(|outcomes, outcome| outcomes.next(outcome, left))? {
                (Some((_, outcome)), _) if is_final(&outcome) => {
                    self.outcomes_given = true;
                    return Ok(outcome);
                }
                (Some((_, outcome)), _) if outcome.command_id == *id => self.outcomes_given = true,
                (Some(other), _) => self.aside.push_back(other),
                (None, Read::WriterGone(_)) => {
                    return Err(Error::new(ErrorKind::PeerGone)
                        .about("waiting for an outcome")
                        .help("the command stays in the ring for the trainer's successor"));
                }
                (None, Read::Superseded) => {
                    return Err(Error::new(ErrorKind::Superseded)
                        .at(self.segment().path())
                        .help("attach again"));
                }
                (None, _) => return Err(no_outcome()),
            }
            // Outcomes of others may go on coming for ever.
            if over {
                return Err(no_outcome());
            }
            left.timeout = wait.timeout.saturating_sub(Duration::from_nanos(os::monotonic_ns() - start));
        }
    }

    /// Asks the kernel about the trainer.
    pub fn trainer_state(&self) -> Result<PeerState> {
        self.observations.peer_state()
    }

    /// Returns the last observation that is complete in its slot, whether the trainer has counted it or not.
    pub fn published(&self) -> u64 {
        self.observations.reader.ring.newest()
    }

    /// Observations received by this handle.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Observations that this handle missed.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// From now on decisions slower than this count as deadline misses.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.decisions.core.page.set_deadline(deadline.as_nanos() as u64);
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // A receiver that panics may not have done anything about the last outcome: its successor gets it again.
        if !std::thread::panicking() {
            let _ = self.commit_outcomes();
        }
    }
}

fn is_no_room(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone)
}

/// A decision on an observation before `next`, the first that was not received.
#[inline(always)]
fn decision(
    actions: &ActionSpace,
    next: u64,
    observed: &Meta,
    action: usize,
    answer: &Answer<'_>,
) -> Result<Decision> {
    if action >= actions.len() {
        actions.name(action)?;
    }
    // A decision on what was never received would be where a successor starts to read.
    if observed.sequence == 0 || observed.sequence >= next {
        return Err(not_received(observed.sequence, next));
    }
    let mut decision = Decision::new(observed.sequence, observed.generation, observed.env, action as u16);
    decision.confidence = answer.confidence;
    decision.value_estimate = answer.value_estimate;
    decision.log_probability = answer.log_probability;
    decision.check()?;
    Ok(decision)
}

/// For its observations.
impl Source for Controller {
    fn watch(&mut self) -> Watch<'_> {
        Watch::reader(&mut self.observations)
    }
}

/// A command with an id and a time, checked.
fn dated(mut command: AdaptationCommand) -> Result<AdaptationCommand> {
    if command.id == [0; 16] {
        command.id = os::random()?;
        // A version 4 UUID (RFC 9562).
        command.id[6] = command.id[6] & 0x0f | 0x40;
        command.id[8] = command.id[8] & 0x3f | 0x80;
    }
    if command.time_unix_ns == 0 {
        command.time_unix_ns = os::unix_ns();
    }
    command.check()?;
    Ok(command)
}

fn no_outcome() -> Error {
    Error::new(ErrorKind::Timeout)
        .about("waiting for an outcome")
        .help("the command was accepted and may still be answered")
}
