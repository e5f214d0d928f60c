//! Deciding on observations and sending commands.

use super::{Before, Controller};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use crate::contract::{action::ActionSpace, command::AdaptationCommand, decision::Decision};
#[cfg(doc)]
use crate::handle::writer_core::WriterCore;
use crate::link::fresh_id;
use crate::ring::meta::{Meta, Stamp};
use crate::sys::{kill, os};
use bytemuck::Zeroable;

/// A policy's annotations of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    /// Confidence in the action, 0 to 1.
    pub confidence: f32,
    /// The policy's estimate of the value of the state.
    pub value_estimate: f32,
    /// The logarithm of the probability of the action.
    pub log_probability: f32,
    /// The reason, for people. Cut at 63 bytes.
    pub reason: &'a str,
}

/// A command that the ring has accepted. It is not executed before its outcome says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The command's id.
    pub id: [u8; 16],
    /// Its sequence on the lane's ring of commands.
    pub sequence: u64,
}

/// The result of [`Controller::decide`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The decision's sequence.
    pub sequence: u64,
    /// The command that goes with it; `None` for WAIT.
    pub command: Option<Ticket>,
    /// From the stamp of the observation to that of the decision, nanoseconds; 0 if either has no
    /// time.
    pub latency_ns: u64,
}

impl Default for Answer<'_> {
    fn default() -> Self {
        Self { confidence: 1.0, value_estimate: 0.0, log_probability: 0.0, reason: "" }
    }
}

impl Controller {
    /// Decides on an observation: sends the command that the action stands for, unless it is WAIT,
    /// and then publishes the decision, so that whoever sees the decision finds its command.
    ///
    /// A predecessor on this lane may have died between the two. Its command stands, so that no
    /// other is sent for this observation: the decision gets that command's action, and the ticket
    /// is that command's.
    ///
    /// [`ErrorKind::UnknownAction`]; [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: the command was not accepted
    /// and nothing was published; [`ErrorKind::NotFinite`], [`ErrorKind::OutOfRange`]: in the
    /// answer;
    /// [`ErrorKind::InvalidArgument`]: this handle has not received that observation.
    ///
    /// An observation that a predecessor had decided on keeps that decision: nothing is sent again,
    /// and that decision's sequence is what this returns. An observation that is refused here, and
    /// decided on by nobody afterwards, is given to the successor, whatever else was decided on.
    #[inline(always)]
    pub fn decide(&mut self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decided> {
        let time_ns = self.decisions.now();
        self.decide_at(observed, action, answer, time_ns)
    }

    /// Decides as [`Controller::decide`] does, with the caller's time.
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

    /// Fast path of the C interface: decides WAIT on an observation for which earlier decisions
    /// need no look, if [`WriterCore::publish_fast`] publishes. Otherwise returns `None` without
    /// side effects, and [`Controller::decide`] does it.
    #[inline(always)]
    pub(crate) fn wait_fast(&mut self, observed: &Meta, answer: &Answer<'_>) -> Option<Decided> {
        let Meta { sequence, generation, env, .. } = *observed;
        let decision = Decision {
            confidence: answer.confidence,
            value_estimate: answer.value_estimate,
            log_probability: answer.log_probability,
            ..Decision::new(sequence, generation, env, ActionSpace::WAIT as u16)
        };
        let received = sequence != 0 && sequence < self.observations.reader.next();
        if !received || sequence < self.clear_from || !decision.is_surely_fine() {
            return None;
        }
        let core = &mut self.decisions.core;
        let time_ns = core.now_fast()?;
        let bytes: [u8; size_of::<Decision>()] = bytemuck::cast(decision.to_words());
        let (published, _) = core.publish_fast(&bytes, Some(Stamp { time_ns, env, ..Stamp::default() }))?;
        self.clear_from = sequence;
        let latency_ns = self.count_latency(observed.time_ns, time_ns);
        Some(Decided { sequence: published, command: None, latency_ns })
    }

    /// Counts how long a decision took, where both times are known; 0 where they are not.
    #[inline(always)]
    pub(super) fn count_latency(&self, observed_ns: u64, time_ns: u64) -> u64 {
        if observed_ns == 0 || time_ns < observed_ns {
            return 0;
        }
        self.decisions.core.page.add_latency(time_ns - observed_ns);
        time_ns - observed_ns
    }

    #[inline(always)]
    pub(super) fn decision(&self, observed: &Meta, action: usize, answer: &Answer<'_>) -> Result<Decision> {
        decision(&self.actions, self.observations.reader.next(), observed, action, answer)
    }

    /// Sends the command of a decision. That comes by value: by reference it would lie in memory
    /// wherever one waits too.
    #[cold]
    pub(super) fn act(&mut self, decision: Decision, reason: &str) -> Result<Option<Ticket>> {
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

    /// Decides WAIT on a batch, its decisions published together and in the order of the
    /// observations' sequences: for catching up. Returns how many. With
    /// [`ErrorKind::InvalidArgument`] (this handle has not received one of them) nothing was
    /// decided on.
    pub fn wait_on_all(&mut self, observed: &[Meta]) -> Result<usize> {
        self.wait_on_each(observed.len(), |i| observed[i])
    }

    /// Decides WAIT on the observations `observed(0)` to `observed(count - 1)`. Otherwise as
    /// [`Controller::wait_on_all`].
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

    pub(super) fn wait_in_order(
        &mut self,
        count: usize,
        at: impl Fn(usize) -> Meta,
        unclear: bool,
    ) -> Result<usize> {
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

    /// Sends a command. It gets a new id and the present time if it has none. What the ring has
    /// accepted is delivered, whoever dies. [`ErrorKind::Full`] and [`ErrorKind::ConsumerGone`]: it
    /// was not accepted. A command that breaks the contract's rules is refused here.
    pub fn send(&mut self, command: AdaptationCommand) -> Result<Ticket> {
        let command = dated(command)?;
        if !self.sent_before.is_empty() {
            self.decide_in_its_place(1)?;
        }
        let sequence = self.commands.publish(&command)?;
        Ok(Ticket { id: command.id, sequence })
    }

    /// Sends a command with annotations: pairs of a key (1 to 39 bytes) and a value (at most 183),
    /// which the trainer finds beside the command. They stand on the ring of commands before it and
    /// take a slot each; there is room for all of them and the command, or nothing is sent.
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
}

#[cold]
pub(super) fn not_received(found: u64, next: u64) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about("observed")
        .expected_found(format!("the meta of an observation received before {next}"), found.to_string())
}

pub(super) fn is_no_room(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer)
}

/// Makes a decision on an observation before `next`, the first that was not received.
#[inline(always)]
pub(super) fn decision(
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

/// Gives a command an id and a time if it has none, and checks it.
pub(super) fn dated(mut command: AdaptationCommand) -> Result<AdaptationCommand> {
    if command.id == [0; 16] {
        command.id = fresh_id()?;
    }
    if command.time_unix_ns == 0 {
        command.time_unix_ns = os::unix_ns();
    }
    command.check()?;
    Ok(command)
}
