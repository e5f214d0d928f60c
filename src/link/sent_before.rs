//! What a controller's successor does about commands that were sent and not decided on.
//!
//! A command is published before its decision, so that a controller may die between the two. Its command will be
//! executed, and the observation is its successor's to decide on: with the action that is under way already.

use super::{Ticket, commands_ring, decisions_ring};
use crate::Result;
use crate::contract::annotation::CommandAnnotation;
use crate::contract::command::{AdaptationCommand, Decision};
use crate::contract::record::Meta;
use crate::observer::{Observer, Read, Start};
use crate::segment::Segment;
use bytemuck::Zeroable;
use std::collections::HashMap;

/// An observation: its sequence, its writer's epoch and its environment.
type Observed = (u64, u64, u16);

fn observed(decision: &Decision) -> Observed {
    (decision.observation_sequence, decision.writer_epoch, decision.env)
}

/// The commands of a lane whose decisions are not there.
#[derive(Debug, Default)]
pub(super) struct SentBefore {
    commands: HashMap<Observed, Sent>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    action: u16,
    confidence: f32,
    ticket: Ticket,
}

impl SentBefore {
    /// Those that are still in the lane's ring, carry out an action, and answer `last`, the observation that was decided
    /// on last, or a later one.
    pub(super) fn find(segment: &Segment, lane: u32, last: u64) -> Result<Self> {
        let mut commands = HashMap::new();
        let mut ring = Observer::<AdaptationCommand>::open(segment, &commands_ring(lane), Start::Oldest)?;
        let mut command = AdaptationCommand::zeroed();
        let end = ring.published();
        // A record and a notice for each slot: a writer that goes on, or a hostile one, does not keep this from ending.
        for _ in 0..2 * ring.core.info.capacity {
            if ring.next_sequence() > end {
                break;
            }
            match ring.try_next(&mut command) {
                Read::Record(meta) => {
                    let at = (command.observation_sequence, command.writer_epoch, command.env);
                    if CommandAnnotation::of_record(&command).is_none()
                        && at.0 != 0
                        && at.0 >= last
                        && let Some(action) = command.action()
                    {
                        let ticket = Ticket { id: command.id, sequence: meta.sequence };
                        commands.entry(at).or_insert(Sent { action, confidence: command.confidence, ticket });
                    }
                }
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                Read::Empty | Read::WriterGone(_) | Read::Superseded => break,
            }
        }
        let Some(oldest) = commands.keys().map(|at| at.0).min() else { return Ok(Self::default()) };
        let mut ring = Observer::<Decision>::open(segment, &decisions_ring(lane), Start::Newest)?;
        let mut decision = Decision::zeroed();
        for sequence in (1..=ring.published()).rev().take(ring.core.info.capacity as usize) {
            ring.core.reader.seek(sequence);
            match ring.try_next(&mut decision) {
                Read::Record(_) if decision.observation_sequence < oldest => break,
                Read::Record(_) => drop(commands.remove(&observed(&decision))),
                _ => {}
            }
        }
        Ok(Self { commands })
    }

    /// The command that was sent already for an observation.
    #[inline]
    pub(super) fn ticket(&self, observed: &Meta) -> Option<Ticket> {
        if self.commands.is_empty() {
            return None;
        }
        self.commands.get(&(observed.sequence, observed.epoch, observed.env)).map(|sent| sent.ticket)
    }

    /// Whether there are none.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// If the command for this observation was sent already, makes the decision say what it says.
    #[inline(always)]
    pub(super) fn settle(&mut self, decision: &mut Decision) -> Option<Ticket> {
        if self.commands.is_empty() {
            return None;
        }
        // A copy of its own, so that the decision itself may stay in registers.
        let mut settled = *decision;
        let ticket = self.settle_found(&mut settled);
        *decision = settled;
        ticket
    }

    #[cold]
    fn settle_found(&mut self, decision: &mut Decision) -> Option<Ticket> {
        let sent = self.commands.remove(&observed(decision))?;
        if decision.action != sent.action {
            decision.action = sent.action;
            // Nobody here knows how probable that one was.
            decision.log_probability = 0.0;
        }
        decision.confidence = sent.confidence;
        Some(sent.ticket)
    }
}
