//! Lists the commands of a lane with their outcomes, for programs that only watch.

use super::{commands_ring, outcomes_ring};
use crate::base::{error::Result, position};
use crate::contract::outcome::{CommandOutcome, OutcomeStatus};
use crate::contract::{annotation::CommandAnnotation, command::AdaptationCommand};
use crate::handle::observer::Observer;
use crate::handle::read::Start;
use crate::ring::meta::Meta;
use crate::schema::record::Record;
use crate::segment::attached::Segment;

/// A command that is still in its ring, with its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct SentCommand {
    /// The command, as it stands in the ring: not checked.
    pub command: AdaptationCommand,
    /// Its annotations, as far as they are still in the ring; not checked.
    pub annotations: Vec<CommandAnnotation>,
    /// Its metadata: its sequence and when it was sent.
    pub meta: Meta,
    /// The last outcome for it that is still in the ring of outcomes.
    pub outcome: Option<CommandOutcome>,
    /// True once the trainer has committed it: it is never delivered again.
    pub committed: bool,
}

impl SentCommand {
    /// Returns true while a final outcome is still to come: there is none yet and the trainer has
    /// not committed the command.
    ///
    /// A trainer commits in order, so that a command can be answered and not yet committed; and
    /// outcomes leave their ring in time, so that one can be committed without an answer that could
    /// still be read.
    pub fn is_open(&self) -> bool {
        !self.committed && !self.is_answered()
    }

    /// Returns true if it has a final outcome.
    pub fn is_answered(&self) -> bool {
        self.outcome.is_some_and(|o| o.status().is_ok_and(OutcomeStatus::is_final))
    }
}

/// Returns the commands of a lane that are still in its ring, oldest first. Only reads, and works
/// when both sides are gone.
///
/// [`ErrorKind::NoSuchRing`](crate::ErrorKind::NoSuchRing): no such lane;
/// [`ErrorKind::SchemaMismatch`](crate::ErrorKind::SchemaMismatch): its records are others than
/// this crate's.
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

/// Reads every record of a ring, whether its writer has counted it or not. Each is looked up by
/// itself, so that one that its writer died in hides no other.
fn read_all<T: Record>(segment: &Segment, ring: &str, mut take: impl FnMut(T, Meta)) -> Result<()> {
    let core = Observer::<T>::open(segment, ring, Start::Newest)?.core;
    let mut record = T::zeroed();
    let last = core.reader.ring.newest();
    let first = position::oldest(last, core.info.capacity, core.reader.ring.first_sequence);
    for sequence in first..=last {
        if let Some(meta) = core.look_back(sequence, |slot| slot.read(bytemuck::bytes_of_mut(&mut record))) {
            take(record, meta);
        }
    }
    Ok(())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::contract::action::ActionSpace;
    use crate::contract::stage::CommandType;
    use crate::handle::writer::Writer;
    use crate::link::LinkSpec;
    use crate::segment::options::Options;

    #[test]
    fn a_record_that_was_half_written_over_hides_no_other() {
        let spec = LinkSpec::new(&ActionSpace::cnn()).commands(16).to_spec().unwrap();
        let segment = Segment::create_memfd("history", &spec, &Options::default()).unwrap();
        let mut commands = Writer::<AdaptationCommand>::open(&segment, &commands_ring(0)).unwrap();
        for _ in 0..16 {
            commands.publish(&AdaptationCommand::new(CommandType::RequestState)).unwrap();
        }
        let info = segment.ring(&commands_ring(0)).unwrap();
        let mut ring = segment.ring_words(info);
        ring.data = commands.core.pages[1].shared(0, info.place.data_len);
        // As a sender that dies there.
        ring.slot(17).begin(17, 0);
        let sent = sent_commands(&segment, 0).unwrap();
        let sequences: Vec<u64> = sent.iter().map(|s| s.meta.sequence).collect();
        assert_eq!(sequences, (2..=16).collect::<Vec<_>>());
    }
}
