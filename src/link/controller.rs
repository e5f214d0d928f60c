//! The controller's end of a link.

use super::{OBSERVATIONS, commands_ring, decisions_ring, outcomes_ring, trainer::no_lane};
use crate::consumer::{Commit, Consumer};
use crate::contract::action::{ActionMask, ActionSpace};
use crate::contract::command::{AdaptationCommand, CommandOutcome, Decision, OutcomeStatus};
use crate::contract::observation::Observation;
use crate::contract::record::{Meta, Stamp};
use crate::directory::RingKind;
use crate::kill;
use crate::observer::{Batch, Observer, PeerState, Read, Start};
use crate::os;
use crate::segment::{Options, Segment};
use crate::wait::Wait;
use crate::watch::{Source, Watch};
use crate::writer::Writer;
use crate::{Error, ErrorKind, Result};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    observations: Observer<Observation>,
    actions: ActionSpace,
    lane: u32,
    /// Read while another was waited for, with their sequences; not committed before they are handed out.
    aside: VecDeque<(u64, CommandOutcome)>,
    received: u64,
    lost: u64,
}

#[cold]
fn not_received(found: u64, next: u64) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about("observed")
        .expected_found(format!("the meta of an observation received before {next}"), found.to_string())
}

impl Controller {
    /// Attaches to a link, waiting for it to appear, and takes lane 0.
    pub fn attach(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        Self::on(&Segment::attach_waiting(name, options, timeout)?, 0)
    }

    /// Takes a lane of a segment that has the rings of a link. [`ErrorKind::RoleHeld`]: it is busy.
    ///
    /// Reading starts after the last observation that the lane has decided on, or, on a new lane, at the oldest there
    /// is.
    pub fn on(segment: &Segment, lane: u32) -> Result<Self> {
        let lanes = segment.rings().iter().filter(|r| r.kind == RingKind::Commands).count();
        if lane as usize >= lanes {
            return Err(no_lane(lanes, lane));
        }
        // First, so that a busy lane is refused before anything else is touched.
        let decisions = Writer::<Decision>::open(segment, &decisions_ring(lane))?;
        kill::point("controller.decisions");
        let commands = Writer::open(segment, &commands_ring(lane))?;
        kill::point("controller.commands");
        let outcomes = Consumer::open(segment, &outcomes_ring(lane), 0, Commit::Manual)?;
        kill::point("controller.outcomes");
        let mut last = Decision::zeroed();
        let start = match Observer::open(segment, &decisions_ring(lane), Start::Newest)?.try_latest(&mut last)
        {
            Read::Record(_) => Start::At(last.observation_sequence.saturating_add(1)),
            _ => Start::Oldest,
        };
        let mut observations = Observer::open(segment, OBSERVATIONS, start)?;
        // A decision on what is not there yet came from no controller that read it.
        let end = observations.published() + 1;
        if observations.next_sequence() > end {
            observations.seek(Start::At(end));
        }
        let actions = segment.actions().cloned().ok_or_else(|| {
            Error::new(ErrorKind::ActionSpaceMismatch)
                .at(segment.path())
                .expected_found("an action space", "none")
        })?;
        Ok(Self {
            decisions,
            commands,
            outcomes,
            observations,
            actions,
            lane,
            aside: VecDeque::new(),
            received: 0,
            lost: 0,
        })
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

    /// What is possible in an observed state.
    pub fn mask(&self, observation: &Observation) -> ActionMask {
        self.actions.mask(observation)
    }

    /// The next observation. Makes no system call.
    #[inline]
    pub fn try_next(&mut self, observation: &mut Observation) -> Read {
        let read = self.observations.try_next(observation);
        self.count(&read);
        read
    }

    /// The next observation, waiting as [`Observer::next`] does.
    #[inline]
    pub fn next(&mut self, observation: &mut Observation, wait: Wait) -> Result<Read> {
        let read = self.observations.next(observation, wait)?;
        self.count(&read);
        Ok(read)
    }

    /// The newest observation if it was not read yet; those before it count as lost.
    pub fn try_latest(&mut self, observation: &mut Observation) -> Read {
        let read = self.observations.try_latest(observation);
        self.count(&read);
        read
    }

    /// As [`Observer::try_next_batch`]: a (B, 27) block.
    pub fn try_next_batch(&mut self, observations: &mut [Observation], meta: &mut [Meta]) -> Result<Batch> {
        let batch = self.observations.try_next_batch(observations, meta)?;
        self.received += batch.count as u64;
        self.decisions.core.page.add_records(batch.count as u64);
        if !matches!(batch.end, Read::Record(_)) {
            self.count(&batch.end);
        }
        Ok(batch)
    }

    #[inline]
    fn count(&mut self, read: &Read) {
        let (received, lost) = match read {
            Read::Record(meta) => (1, meta.skipped),
            Read::Lapped { missed, .. } => (0, *missed),
            _ => return,
        };
        self.received += received;
        self.decisions.core.page.add_records(received);
        if lost > 0 {
            self.lost += lost;
            self.decisions.core.page.add_lost(lost);
        }
    }

    /// Decides on an observation: sends the command that the action stands for, unless it is WAIT, and then publishes
    /// the decision, so that whoever sees the decision finds its command.
    ///
    /// [`ErrorKind::UnknownAction`]; [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: the command was not accepted
    /// and nothing was published; [`ErrorKind::NotFinite`], [`ErrorKind::OutOfRange`]: in the answer;
    /// [`ErrorKind::InvalidArgument`]: this handle has not received that observation.
    #[inline]
    pub fn decide(&mut self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decided> {
        let time_ns = self.decisions.now();
        self.decide_at(observed, action, answer, time_ns)
    }

    /// As [`Controller::decide`], with the caller's time.
    #[inline]
    pub fn decide_at(
        &mut self,
        observed: &Meta,
        action: usize,
        answer: &Answer<'_>,
        time_ns: u64,
    ) -> Result<Decided> {
        let decision = self.decision(observed, action, answer)?;
        let command = if action == ActionSpace::WAIT { None } else { self.act(observed, action, answer)? };
        kill::point("decide.sent");
        let sequence = self
            .decisions
            .publish_stamped(&decision, Stamp { time_ns, env: observed.env, ..Stamp::default() })?;
        kill::point("decide.published");
        // After the decision is out.
        let mut latency_ns = 0;
        if observed.time_ns != 0 && time_ns >= observed.time_ns {
            latency_ns = time_ns - observed.time_ns;
            self.decisions.core.page.add_latency(latency_ns);
        }
        Ok(Decided { sequence, command, latency_ns })
    }

    #[inline]
    fn decision(&self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decision> {
        if action >= self.actions.len() {
            self.actions.name(action)?;
        }
        // A decision on what was never received would be where a successor starts to read.
        let next = self.observations.next_sequence();
        if observed.sequence == 0 || observed.sequence >= next {
            return Err(not_received(observed.sequence, next));
        }
        let mut decision = Decision::new(observed.sequence, observed.epoch, observed.env, action as u16);
        decision.confidence = answer.confidence;
        decision.value_estimate = answer.value_estimate;
        decision.log_probability = answer.log_probability;
        decision.check()?;
        Ok(decision)
    }

    #[cold]
    fn act(&mut self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Option<Ticket>> {
        let Some(command) = self.actions.command(action)? else { return Ok(None) };
        let command = command
            .answering(observed.sequence, observed.epoch, observed.env)
            .with_action(action as u16)
            .with_confidence(answer.confidence)?
            .with_reason(answer.reason);
        self.send(command).map(Some)
    }

    /// Decides WAIT on a batch, its decisions published together: for catching up. Returns how many.
    pub fn wait_on_all(&mut self, observed: &[Meta]) -> Result<usize> {
        let time_ns = self.decisions.now();
        let mut done = 0;
        for part in observed.chunks(64) {
            let mut decisions = [Decision::zeroed(); 64];
            let mut stamps = [Stamp::default(); 64];
            for (i, meta) in part.iter().enumerate() {
                decisions[i] = self.decision(meta, ActionSpace::WAIT, &Answer::default())?;
                stamps[i] = Stamp { time_ns, env: meta.env, ..Stamp::default() };
            }
            done += self.decisions.publish_batch_stamped(&decisions[..part.len()], &stamps[..part.len()])?;
            for meta in part.iter().filter(|m| m.time_ns != 0 && time_ns >= m.time_ns) {
                self.decisions.core.page.add_latency(time_ns - meta.time_ns);
            }
        }
        Ok(done)
    }

    /// Sends a command. It gets a new id and the present time if it has none. What the ring has accepted is delivered,
    /// whoever dies. [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: it was not accepted. A command that breaks
    /// the contract's rules is refused here.
    pub fn send(&mut self, mut command: AdaptationCommand) -> Result<Ticket> {
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
        let sequence = self.commands.publish(&command)?;
        Ok(Ticket { id: command.id, sequence })
    }

    /// The next outcome of any command of this lane, those of a predecessor included. `None`: there is none now. Makes no
    /// system call. An outcome that nobody was given is given to a successor.
    pub fn try_outcome(&mut self) -> Result<Option<CommandOutcome>> {
        let outcome = match self.aside.pop_front() {
            Some((_, outcome)) => outcome,
            None => match self.read_outcome(|outcomes, outcome| Ok(outcomes.try_next(outcome)))? {
                (Some((_, outcome)), _) => outcome,
                (None, _) => return Ok(None),
            },
        };
        kill::point("outcome.read");
        self.commit_outcomes()?;
        Ok(Some(outcome))
    }

    /// One outcome with its sequence, or why there is none.
    fn read_outcome(
        &mut self,
        mut read: impl FnMut(&mut Consumer<CommandOutcome>, &mut CommandOutcome) -> Result<Read>,
    ) -> Result<(Option<(u64, CommandOutcome)>, Read)> {
        let mut outcome = CommandOutcome::zeroed();
        for _ in 0..self.outcomes.core.reader.info.capacity {
            match read(&mut self.outcomes, &mut outcome)? {
                Read::Record(meta) => return Ok((Some((meta.sequence, outcome)), Read::Record(meta))),
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                end => return Ok((None, end)),
            }
        }
        Ok((None, Read::Empty))
    }

    /// Gives back all up to the first that nobody was given.
    fn commit_outcomes(&mut self) -> Result<()> {
        match self.aside.front() {
            None => self.outcomes.commit(),
            Some((sequence, _)) => self.outcomes.commit_to(sequence - 1),
        }
    }

    /// Waits for the final outcome of a command. Outcomes of others are kept for [`Controller::try_outcome`], and keep
    /// their room in the ring until then; an ACCEPTED of this one is passed over.
    ///
    /// [`ErrorKind::Timeout`]: not in time (it may still come); [`ErrorKind::PeerGone`]: the trainer is gone, the
    /// command stays for its successor; [`ErrorKind::Superseded`].
    pub fn wait_outcome(&mut self, id: &[u8; 16], wait: Wait) -> Result<CommandOutcome> {
        let is_final =
            |o: &CommandOutcome| o.command_id == *id && o.status().is_ok_and(OutcomeStatus::is_final);
        if let Some(at) = self.aside.iter().position(|(_, o)| is_final(o))
            && let Some((_, outcome)) = self.aside.remove(at)
        {
            self.commit_outcomes()?;
            return Ok(outcome);
        }
        let start = os::monotonic_ns();
        let mut left = wait;
        loop {
            let over = left.timeout.is_zero();
            match self.read_outcome(|outcomes, outcome| outcomes.next(outcome, left))? {
                (Some((_, outcome)), _) if is_final(&outcome) => {
                    self.commit_outcomes()?;
                    return Ok(outcome);
                }
                (Some((_, outcome)), _) if outcome.command_id == *id => {}
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

    /// The last sequence that the trainer has published.
    pub fn published(&self) -> u64 {
        self.observations.published()
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

/// For its observations.
impl Source for Controller {
    fn watch(&mut self) -> Watch<'_> {
        self.observations.watch()
    }
}

fn no_outcome() -> Error {
    Error::new(ErrorKind::Timeout)
        .about("waiting for an outcome")
        .help("the command was accepted and may still be answered")
}
