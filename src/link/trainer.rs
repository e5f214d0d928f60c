//! The trainer's end of a link.

use super::{LinkSpec, OBSERVATIONS, commands_ring, decisions_ring, outcomes_ring};
use crate::consumer::{Commit, Consumer};
use crate::contract::action::{ActionKind, ActionSpace};
use crate::contract::command::{AdaptationCommand, CommandOutcome, Decision, OutcomeCode, OutcomeStatus};
use crate::contract::observation::Observation;
use crate::contract::record::{Flags, Meta, Stamp};
use crate::contract::stage::{CommandType, SeedStage};
use crate::directory::RingKind;
use crate::kill;
use crate::observer::{Observer, PeerState, Read, Start};
use crate::os;
use crate::segment::{Displaced, Opened, Options, Segment};
use crate::wait::{Awaited, Wait, wait_for};
use crate::writer::Writer;
use crate::{Error, ErrorKind, Result};
use bytemuck::Zeroable;
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// Observations whose times a trainer remembers.
const RECENT: usize = 64;

/// Observations among which the newest of a command's environment is looked for.
const JUDGED: usize = 1024;

/// What publishing an observation gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The observation's sequence.
    pub sequence: u64,
    /// A bit for each feature whose value was not finite or outside its bounds and was replaced; 0 when all was well.
    pub sanitized: u32,
}

/// A command to be executed and answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReceivedCommand {
    /// The command; checked: its numbers are of their enumerations, its figures finite, its ids text.
    pub command: AdaptationCommand,
    /// Its sequence on its lane's ring of commands.
    pub sequence: u64,
    /// The lane it came by.
    pub lane: u32,
    /// When it was sent, `CLOCK_MONOTONIC` nanoseconds; 0 for unknown.
    pub time_ns: u64,
}

/// A command that was handed out and not committed yet.
#[derive(Debug)]
struct Open {
    sequence: u64,
    answered: Answered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    No,
    Finally,
}

#[derive(Debug)]
struct Lane {
    index: u32,
    decisions: Observer<Decision>,
    commands: Consumer<AdaptationCommand>,
    outcomes: Writer<CommandOutcome>,
    open: VecDeque<Open>,
    /// Sequences of the commands after the cursor that a predecessor of this process has answered finally.
    done: HashSet<u64>,
}

/// The trainer's end of a link: publishes observations, receives decisions, executes commands and answers them.
///
/// It holds the roles of the observations' writer and, on every lane, of the commands' consumer and the outcomes'
/// writer. Used by one thread at a time; may be sent to another.
#[derive(Debug)]
pub struct Trainer {
    // Before the segment's other users, so that they close in order first.
    observations: Writer<Observation>,
    lanes: Vec<Lane>,
    /// Reads this trainer's own observations back: for their times, and for the mask.
    echo: Observer<Observation>,
    actions: ActionSpace,
    /// Sequences and times of the newest observations, so that timing their decisions reads nothing shared.
    recent: [(u64, u64); RECENT],
    turn: usize,
    sent: u64,
    decided: u64,
    refused: u64,
    last_latency_ns: u64,
}

impl Trainer {
    /// Makes the link's segment. See [`Segment::create`].
    pub fn create(name: &str, spec: &LinkSpec, options: &Options) -> Result<Self> {
        Self::on(&Segment::create(name, &spec.to_spec()?, options)?)
    }

    /// Attaches to the link if it is there, as after a restart, or else makes it. See [`Segment::open_or_create`].
    pub fn open_or_create(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Opened)> {
        let (segment, opened) = Segment::open_or_create(name, &spec.to_spec()?, options)?;
        Ok((Self::on(&segment)?, opened))
    }

    /// Replaces the link by a new one. See [`Segment::recreate`].
    pub fn recreate(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Displaced)> {
        let (segment, displaced) = Segment::recreate(name, &spec.to_spec()?, options)?;
        Ok((Self::on(&segment)?, displaced))
    }

    /// Takes the trainer's roles in a segment that has the rings of a link.
    pub fn on(segment: &Segment) -> Result<Self> {
        let observations = Writer::open(segment, OBSERVATIONS)?;
        kill::point("trainer.writer");
        let count = segment.rings().iter().filter(|r| r.kind == RingKind::Commands).count() as u32;
        let lanes: Result<Vec<Lane>> = (0..count).map(|lane| Lane::open(segment, lane)).collect();
        let actions = segment.actions().cloned().ok_or_else(|| {
            Error::new(ErrorKind::ActionSpaceMismatch)
                .at(segment.path())
                .expected_found("an action space", "none")
        })?;
        let echo = Observer::open(segment, OBSERVATIONS, Start::Now)?;
        Ok(Self {
            observations,
            lanes: lanes?,
            echo,
            actions,
            recent: [(0, 0); RECENT],
            turn: 0,
            sent: 0,
            decided: 0,
            refused: 0,
            last_latency_ns: 0,
        })
    }

    /// The segment.
    pub fn segment(&self) -> &Segment {
        &self.observations.core.segment
    }

    /// The action space that both sides use.
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// This trainer's writer epoch: 1 for the first trainer of the segment.
    pub fn epoch(&self) -> u64 {
        self.observations.epoch()
    }

    /// Lanes of the link.
    pub fn lanes(&self) -> u32 {
        self.lanes.len() as u32
    }

    /// Publishes an observation of environment 0, stamped by the ring's time source. Values that are not finite or
    /// outside their bounds are replaced and reported; they never stop a run. Never waits and makes no system call
    /// unless a controller sleeps.
    #[inline]
    pub fn publish(&mut self, observation: &Observation) -> Result<Published> {
        let time_ns = self.observations.now();
        self.publish_stamped(observation, Stamp { time_ns, ..Stamp::default() })
    }

    /// As [`Trainer::publish`], with the caller's time, environment and flags.
    #[inline]
    pub fn publish_stamped(&mut self, observation: &Observation, stamp: Stamp) -> Result<Published> {
        // Straight from the caller's memory: a copy on the way costs more than the check.
        if !observation.is_in_box() {
            return self.publish_sanitized(*observation, stamp);
        }
        let sequence = self.observations.publish_stamped(observation, stamp)?;
        self.note(sequence, stamp.time_ns);
        Ok(Published { sequence, sanitized: 0 })
    }

    #[cold]
    fn publish_sanitized(&mut self, mut observation: Observation, mut stamp: Stamp) -> Result<Published> {
        let sanitized = observation.sanitize();
        if sanitized != 0 {
            stamp.flags = stamp.flags.with(Flags::SANITIZED);
        }
        let sequence = self.observations.publish_stamped(&observation, stamp)?;
        self.note(sequence, stamp.time_ns);
        Ok(Published { sequence, sanitized })
    }

    #[inline]
    fn note(&mut self, sequence: u64, time_ns: u64) {
        self.sent += 1;
        self.recent[sequence as usize % RECENT] = (sequence, time_ns);
    }

    /// Now, from the time source of the observations; 0 where the caller supplies the time.
    pub fn now(&mut self) -> u64 {
        self.observations.now()
    }

    /// The next decision of a lane. What it gives is as for [`Observer::try_next`]. [`ErrorKind::NoSuchRing`]: no such
    /// lane.
    #[inline]
    pub fn try_decision(&mut self, lane: u32, decision: &mut Decision) -> Result<Read> {
        let found = self.lane(lane)?.decisions.try_next(decision);
        if let Read::Record(meta) = found {
            self.count(decision, &meta);
        }
        Ok(found)
    }

    /// Waits until a lane has decided on the observation `sequence` or a later one, passing over its earlier decisions
    /// (they are counted). [`Read::Empty`]: not in time; [`Read::WriterGone`]: the controller is gone. A lane that never
    /// had a controller is waited for until the timeout.
    pub fn wait_decision(
        &mut self,
        lane: u32,
        sequence: u64,
        decision: &mut Decision,
        wait: Wait,
    ) -> Result<Read> {
        let start = os::monotonic_ns();
        let mut left = wait;
        loop {
            let read = self.lane(lane)?.decisions.next(decision, left)?;
            let over = left.timeout.is_zero();
            left.timeout = wait.timeout.saturating_sub(Duration::from_nanos(os::monotonic_ns() - start));
            match read {
                Read::Record(meta) => {
                    self.count(decision, &meta);
                    if decision.observation_sequence >= sequence {
                        return Ok(read);
                    }
                }
                // A new controller answers what the old one left.
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                Read::Empty | Read::WriterGone(_) | Read::Superseded => return Ok(read),
            }
            // Other decisions may go on coming for ever.
            if over {
                return Ok(Read::Empty);
            }
        }
    }

    /// Counts a decision's latency: from the observation's stamp to the decision's.
    #[inline]
    fn count(&mut self, decision: &Decision, meta: &Meta) {
        self.decided += 1;
        self.last_latency_ns = 0;
        if meta.time_ns == 0 {
            return;
        }
        if let Some(observed) = self.time_of(decision.observation_sequence)
            && meta.time_ns >= observed
        {
            self.last_latency_ns = meta.time_ns - observed;
            self.observations.core.page.add_latency(self.last_latency_ns);
        }
    }

    /// When an observation was published, if it is still in the ring and has a time.
    fn time_of(&mut self, sequence: u64) -> Option<u64> {
        let (recent, time_ns) = self.recent[sequence as usize % RECENT];
        if recent == sequence {
            return (time_ns != 0).then_some(time_ns);
        }
        let reader = &mut self.echo.core.reader;
        reader.seek(sequence);
        match reader.step(|slot| slot.read(&mut [])).into() {
            Read::Record(meta) if meta.time_ns != 0 => Some(meta.time_ns),
            _ => None,
        }
    }

    /// The next command to execute, of any lane in turn. `None`: there is none now. Never waits, and makes no system call
    /// but to refuse a command.
    ///
    /// What comes out is well-formed, answers an observation of this writer epoch (or none), and is physically possible
    /// in the newest state of its environment, if that is among the last 1024 published; anything else is answered right
    /// here, with an outcome that says why, and counted in [`Trainer::refused`]. A lane whose ring of outcomes has no room
    /// for such an answer is passed over until it has. A command that a predecessor of this process had answered finally
    /// is not handed out again.
    pub fn try_command(&mut self) -> Result<Option<ReceivedCommand>> {
        for _ in 0..self.lanes.len() {
            let at = self.turn;
            self.turn = (self.turn + 1) % self.lanes.len();
            // A sender that refills its ring, or spoils it, does not keep this call from returning.
            for _ in 0..self.lanes[at].commands.core.reader.info.capacity {
                let lane = &mut self.lanes[at];
                let mut command = AdaptationCommand::zeroed();
                let meta = match lane.commands.try_next(&mut command) {
                    Read::Record(meta) => meta,
                    // A keep ring loses nothing; a new controller goes on where the old one ended.
                    Read::Restarted { .. } | Read::Lapped { .. } => continue,
                    Read::Empty | Read::WriterGone(_) | Read::Superseded => break,
                };
                lane.open.push_back(Open { sequence: meta.sequence, answered: Answered::No });
                if lane.done.remove(&meta.sequence) {
                    lane.finish(meta.sequence)?;
                    continue;
                }
                let received = ReceivedCommand {
                    command,
                    sequence: meta.sequence,
                    lane: lane.index,
                    time_ns: meta.time_ns,
                };
                kill::point("command.taken");
                let Some((code, text)) = self.objection(&command) else { return Ok(Some(received)) };
                let outcome = CommandOutcome::rejected(&command, meta.sequence, code, &text);
                match self.answer(&received, outcome) {
                    Ok(_) => self.refused += 1,
                    Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone) => {
                        self.lanes[at].put_back(meta.sequence);
                        break;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(None)
    }

    /// Why a command cannot be executed, as far as the contract itself can tell.
    fn objection(&mut self, command: &AdaptationCommand) -> Option<(OutcomeCode, String)> {
        if let Err(e) = command.check() {
            return Some((OutcomeCode::Malformed, e.to_string()));
        }
        let epoch = self.observations.epoch();
        if command.writer_epoch != 0 && command.writer_epoch != epoch {
            return Some((OutcomeCode::Stale, format!("epoch {}, now {epoch}", command.writer_epoch)));
        }
        let action = match action_of(&self.actions, command) {
            Ok(action) => action?,
            Err((code, text)) => return Some((code, text)),
        };
        let now = self.newest_of(command.env)?;
        if self.actions.mask(&now).allows(action) {
            return None;
        }
        let name = self.actions.name(action).unwrap_or("?");
        Some((OutcomeCode::Masked, format!("{name} is not possible now")))
    }

    /// The newest observation of an environment, if it is among the last of the ring.
    fn newest_of(&mut self, env: u16) -> Option<Observation> {
        let mut observation = Observation::EMPTY;
        for sequence in (1..self.observations.next_sequence()).rev().take(JUDGED) {
            self.echo.core.reader.seek(sequence);
            match self.echo.try_next(&mut observation) {
                Read::Record(meta) if meta.env == env => return Some(observation),
                Read::Record(_) => {}
                _ => break,
            }
        }
        None
    }

    /// Answers a command. A final outcome (anything but ACCEPTED) commits it: after that it is never delivered again.
    /// Fill in the outcome's time or leave it 0 for now.
    ///
    /// [`ErrorKind::ConsumerGone`] or [`ErrorKind::Full`]: the sender's ring of outcomes is full, nothing was committed;
    /// try again later. [`ErrorKind::InvalidArgument`]: the outcome is of another command, or the command is not open.
    pub fn answer(&mut self, received: &ReceivedCommand, mut outcome: CommandOutcome) -> Result<u64> {
        outcome.command_sequence = received.sequence;
        if outcome.time_unix_ns == 0 {
            outcome.time_unix_ns = os::unix_ns();
        }
        outcome.check()?;
        let refuse = |expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument).about("outcome").expected_found(expected, found))
        };
        if outcome.command_id != received.command.id {
            return refuse("the id of the command it answers", format!("{:02x?}", outcome.command_id));
        }
        let lane = self.lane(received.lane)?;
        if !lane.open.iter().any(|o| o.sequence == received.sequence && o.answered == Answered::No) {
            return refuse("a command that is open", format!("command {}", received.sequence));
        }
        let sequence = lane.outcomes.publish(&outcome)?;
        kill::point("answer.published");
        if outcome.status()?.is_final() {
            lane.finish(received.sequence)?;
            kill::point("answer.committed");
        }
        Ok(sequence)
    }

    #[inline]
    fn lane(&mut self, lane: u32) -> Result<&mut Lane> {
        let count = self.lanes.len();
        self.lanes.get_mut(lane as usize).ok_or_else(|| no_lane(count, lane))
    }

    /// Waits until somebody holds a lane. [`PeerState::Never`] or [`PeerState::Gone`]: nobody in time.
    pub fn wait_for_controller(&mut self, lane: u32, wait: Wait) -> Result<PeerState> {
        struct Holder<'a>(&'a Observer<Decision>);
        impl Awaited for Holder<'_> {
            type Found = PeerState;
            fn poll(&mut self) -> Option<PeerState> {
                None
            }
            fn check(&mut self) -> Result<Option<PeerState>> {
                let state = self.0.peer_state()?;
                Ok(matches!(state, PeerState::Held { .. } | PeerState::Superseded).then_some(state))
            }
            fn sleep(&mut self, timeout: Duration) -> Option<PeerState> {
                std::thread::sleep(timeout);
                None
            }
        }
        let decisions = &self.lane(lane)?.decisions;
        let mut holder = Holder(decisions);
        if let Some(state) = holder.check()? {
            return Ok(state);
        }
        match wait_for(&mut holder, wait)? {
            Some(state) => Ok(state),
            None => decisions.peer_state(),
        }
    }

    /// Asks the kernel about a lane's controller.
    pub fn controller_state(&mut self, lane: u32) -> Result<PeerState> {
        self.lane(lane)?.decisions.peer_state()
    }

    /// Observations published by this handle.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Decisions received by this handle.
    pub fn decided(&self) -> u64 {
        self.decided
    }

    /// Commands that were refused before they were handed out.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// From the stamp of the observation to that of the decision, for the decision received last, in nanoseconds; 0 if
    /// either has no time or the observation has left the ring. All of them are counted in the role page of the
    /// observations' writer ([`Segment::role`]).
    pub fn last_latency_ns(&self) -> u64 {
        self.last_latency_ns
    }

    /// From now on decisions slower than this count as deadline misses.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.observations.core.page.set_deadline(deadline.as_nanos() as u64);
    }
}

impl Lane {
    fn open(segment: &Segment, index: u32) -> Result<Self> {
        let commands = Consumer::open(segment, &commands_ring(index), 0, Commit::Manual)?;
        kill::point("lane.consumer");
        let mut done = HashSet::new();
        let outcomes = Writer::<CommandOutcome>::open(segment, &outcomes_ring(index))?;
        kill::point("lane.outcomes");
        // From the oldest that no half-written record has touched.
        let oldest = outcomes.next_sequence().saturating_sub(outcomes.core.info.capacity - 1);
        let mut history =
            Observer::<CommandOutcome>::open(segment, &outcomes_ring(index), Start::At(oldest.max(1)))?;
        let mut outcome = CommandOutcome::zeroed();
        while history.next_sequence() < outcomes.next_sequence() {
            match history.try_next(&mut outcome) {
                Read::Record(_) => {
                    let open = outcome.command_sequence > commands.read_up_to();
                    if open && outcome.status().is_ok_and(OutcomeStatus::is_final) {
                        done.insert(outcome.command_sequence);
                    }
                }
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                Read::Empty | Read::WriterGone(_) | Read::Superseded => break,
            }
        }
        let decisions = Observer::open(segment, &decisions_ring(index), Start::Now)?;
        Ok(Self { index, decisions, commands, outcomes, open: VecDeque::new(), done })
    }

    /// Leaves the command that was read last for later.
    fn put_back(&mut self, sequence: u64) {
        self.open.pop_back();
        self.commands.core.reader.reader.seek(sequence);
    }

    /// Marks a command as answered and gives back all up to the first that is not.
    fn finish(&mut self, sequence: u64) -> Result<()> {
        if let Some(open) = self.open.iter_mut().find(|o| o.sequence == sequence) {
            open.answered = Answered::Finally;
        }
        let mut up_to = None;
        while self.open.front().is_some_and(|o| o.answered == Answered::Finally) {
            up_to = self.open.pop_front().map(|o| o.sequence);
        }
        up_to.map_or(Ok(()), |sequence| self.commands.commit_to(sequence))
    }
}

pub(super) fn no_lane(count: usize, lane: u32) -> Error {
    Error::new(ErrorKind::NoSuchRing)
        .about("lane")
        .expected_found(format!("less than {count}"), lane.to_string())
}

/// The action that a command carries out, if it is one that a mask knows.
fn action_of(
    actions: &ActionSpace,
    command: &AdaptationCommand,
) -> std::result::Result<Option<usize>, (OutcomeCode, String)> {
    let meant = match command.command_type() {
        Ok(CommandType::Germinate) => {
            let blueprint = command.blueprint().unwrap_or_default();
            let found = blueprint.as_str().ok().and_then(|b| actions.germinate(b).ok());
            let index = found.ok_or_else(|| (OutcomeCode::UnknownBlueprint, format!("\"{blueprint}\"")))?;
            Some(index)
        }
        Ok(CommandType::Cull) => Some(actions.cull()),
        Ok(CommandType::AdvanceStage) => match command.target_stage() {
            Ok(Some(SeedStage::Fossilized)) => Some(actions.fossilize()),
            _ => None,
        },
        _ => None,
    };
    if let Some(said) = command.action() {
        let kind = actions
            .kind(said.into())
            .map_err(|_| (OutcomeCode::UnknownAction, format!("action {said} of {}", actions.len())))?;
        if meant.is_some_and(|m| m != usize::from(said)) && kind != ActionKind::Wait {
            return Err((OutcomeCode::Malformed, format!("action {said} is not what the command says")));
        }
    }
    Ok(meant)
}
