//! Commands that a controller's predecessor sent and did not decide on, for its successor.
//!
//! A command is published before its decision, so that a controller may die between the two. Its
//! command will be executed, and the observation is its successor's to decide on: with the action
//! that is under way already.

use super::inherited::{Inherited, may_be_one};
use super::{Ticket, commands_ring};
use crate::base::{error::Result, position};
use crate::contract::{annotation::CommandAnnotation, command::AdaptationCommand, decision::Decision};
use crate::handle::observer::Observer;
use crate::handle::read::Start;
use crate::ring::meta::Meta;
use crate::segment::attached::Segment;
use bytemuck::Zeroable;
use std::collections::BTreeMap;

/// An observation: its sequence, its environment and its writer's generation.
type Observed = (u64, u16, u64);

/// The commands of a lane whose decisions are not there.
#[derive(Debug, Default)]
pub(super) struct SentBefore {
    commands: BTreeMap<Observed, Sent>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    action: u16,
    confidence: f32,
    ticket: Ticket,
}

impl SentBefore {
    /// Finds the commands in the lane's ring that carry out an action and answer an open
    /// observation from `oldest` to `last` on which there is no decision.
    pub(super) fn find(
        segment: &Segment,
        lane: u32,
        (oldest, last): (u64, u64),
        inherited: &Inherited,
        is_open: impl Fn(u64) -> bool,
    ) -> Result<Self> {
        let mut commands = BTreeMap::new();
        let ring = Observer::<AdaptationCommand>::open(segment, &commands_ring(lane), Start::Newest)?.core;
        let mut command = AdaptationCommand::zeroed();
        let newest = ring.reader.ring.newest();
        let first = position::oldest(newest, ring.info.capacity, ring.reader.ring.first_sequence);
        for sequence in first..=newest {
            let read = ring.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(&mut command)));
            let at = (command.observation_sequence, command.env, command.writer_generation);
            if read.is_none()
                || CommandAnnotation::of_record(&command).is_some()
                || !(oldest..=last).contains(&at.0)
            {
                continue;
            }
            let observed = Meta { sequence: at.0, env: at.1, generation: at.2, ..Meta::default() };
            if inherited.on(&observed).is_none()
                && is_open(at.0)
                && let Some(action) = command.action()
            {
                let ticket = Ticket { id: command.id, sequence };
                commands.entry(at).or_insert(Sent { action, confidence: command.confidence, ticket });
            }
        }
        Ok(Self { commands })
    }

    /// Returns the observations that the commands answer.
    pub(super) fn observations(&self) -> impl Iterator<Item = u64> {
        self.commands.keys().map(|at| at.0)
    }

    /// Returns the command that was sent already for an observation.
    #[inline]
    pub(super) fn ticket(&self, observed: &Meta) -> Option<Ticket> {
        if self.commands.is_empty() {
            return None;
        }
        self.on((observed.sequence, observed.env, observed.generation)).map(|(_, sent)| sent.ticket)
    }

    /// Returns the command for an observation, with the observation as the command has it.
    fn on(&self, (sequence, env, generation): Observed) -> Option<(Observed, Sent)> {
        let mut of_row = self.commands.range((sequence, env, 0)..=(sequence, env, u64::MAX));
        of_row.find(|(at, _)| may_be_one(at.2, generation)).map(|(&at, &sent)| (at, sent))
    }

    /// Returns true if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Removes the commands up to a sequence of their ring. Returns the decisions that go with
    /// them.
    pub(super) fn up_to(&mut self, sequence: u64) -> Vec<Decision> {
        let due = |sent: &Sent| sent.ticket.sequence <= sequence;
        let decision = |(&(n, env, generation), sent): (&Observed, &Sent)| Decision {
            confidence: sent.confidence,
            ..Decision::new(n, generation, env, sent.action)
        };
        let decisions = self.commands.iter().filter(|(_, sent)| due(sent)).map(decision).collect();
        self.commands.retain(|_, sent| !due(sent));
        decisions
    }

    /// Changes the decision to that of the command, if one was sent already for this observation.
    pub(super) fn settle(&mut self, decision: &mut Decision) -> Option<Ticket> {
        if self.commands.is_empty() {
            return None;
        }
        self.settle_found(decision)
    }

    #[cold]
    fn settle_found(&mut self, decision: &mut Decision) -> Option<Ticket> {
        let (at, sent) =
            self.on((decision.observation_sequence, decision.env, decision.writer_generation))?;
        self.commands.remove(&at);
        if decision.action != sent.action {
            decision.action = sent.action;
            // Nobody here knows how probable that one was.
            decision.log_probability = 0.0;
        }
        decision.confidence = sent.confidence;
        Some(sent.ticket)
    }
}
