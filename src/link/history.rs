//! What has become of the commands of a lane, for somebody who only watches.

use super::{commands_ring, outcomes_ring};
use crate::Result;
use crate::contract::annotation::CommandAnnotation;
use crate::contract::command::{AdaptationCommand, CommandOutcome, OutcomeStatus};
use crate::contract::record::Meta;
use crate::contract::schema::Record;
use crate::observer::{Observer, Read, Start};
use crate::segment::Segment;

/// A command that is still in its ring, and what has become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SentCommand {
    /// The command, as it stands in the ring: not checked.
    pub command: AdaptationCommand,
    /// Its annotations, as far as they are still in the ring; not checked.
    pub annotations: Vec<CommandAnnotation>,
    /// What stands beside it: its sequence, when it was sent.
    pub meta: Meta,
    /// The last outcome for it that is still in the ring of outcomes.
    pub outcome: Option<CommandOutcome>,
    /// Whether the trainer has committed it: it will not be delivered again.
    pub committed: bool,
}

impl SentCommand {
    /// Whether something is still to come: nobody has answered it finally and the trainer has not committed it.
    ///
    /// A trainer commits in order, so that a command can be answered and not yet committed; and outcomes leave their ring
    /// in time, so that one can be committed without an answer that could still be read.
    pub fn is_open(&self) -> bool {
        !self.committed && !self.is_answered()
    }

    /// Whether it has a final outcome.
    pub fn is_answered(&self) -> bool {
        self.outcome.is_some_and(|o| o.status().is_ok_and(OutcomeStatus::is_final))
    }
}

/// The commands of a lane that are still in its ring, oldest first. Reads only, and works when both sides are gone.
///
/// [`ErrorKind::NoSuchRing`](crate::ErrorKind::NoSuchRing): no such lane;
/// [`ErrorKind::SchemaMismatch`](crate::ErrorKind::SchemaMismatch): its records are others than this crate's.
pub fn sent_commands(segment: &Segment, lane: u32) -> Result<Vec<SentCommand>> {
    let ring = commands_ring(lane);
    let committed = segment.ring_status(&ring)?.consumers.first().map_or(0, |c| c.committed);
    let mut sent: Vec<SentCommand> = Vec::new();
    let mut annotations: Vec<CommandAnnotation> = Vec::new();
    read_all::<AdaptationCommand>(segment, &ring, |command, meta| {
        if let Some(annotation) = CommandAnnotation::of_record(&command) {
            annotations.push(annotation);
            return;
        }
        let mut annotations = std::mem::take(&mut annotations);
        // Others before it were left by a controller that died.
        annotations.retain(|a| a.command_id == command.id);
        let committed = meta.sequence <= committed;
        sent.push(SentCommand { command, annotations, meta, outcome: None, committed });
    })?;
    read_all::<CommandOutcome>(segment, &outcomes_ring(lane), |outcome, _| {
        let at = sent.binary_search_by_key(&outcome.command_sequence, |s| s.meta.sequence);
        if let Some(found) = at.ok().map(|at| &mut sent[at])
            && found.command.id == outcome.command_id
        {
            found.outcome = Some(outcome);
        }
    })?;
    Ok(sent)
}

/// Every record that is there, once around the ring at most.
fn read_all<T: Record>(segment: &Segment, ring: &str, mut take: impl FnMut(T, Meta)) -> Result<()> {
    let mut observer = Observer::<T>::open(segment, ring, Start::Oldest)?;
    let mut record = T::zeroed();
    for _ in 0..segment.ring(ring)?.capacity {
        match observer.try_next(&mut record) {
            Read::Record(meta) => take(record, meta),
            Read::Lapped { .. } | Read::Restarted { .. } => {}
            Read::Empty | Read::WriterGone(_) | Read::Superseded => break,
        }
    }
    Ok(())
}
