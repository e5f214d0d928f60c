//! One lane at the trainer: its roles, and the commands that are open on it.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::position;
use crate::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use crate::contract::outcome::{CommandOutcome, OutcomeStatus};
use crate::contract::{command::AdaptationCommand, decision::Decision};
use crate::handle::consumer::{Commit, Consumer, ConsumerRole};
use crate::handle::observer::Observer;
use crate::handle::read::Start;
use crate::handle::reader_core::ReaderCore;
use crate::handle::{writer::Writer, writer_core::WriterRole};
use crate::link::{commands_ring, decisions_ring, outcomes_ring};
use crate::ring::canceller::Canceller;
use crate::ring::meta::Meta;
use crate::schema::record::Record;
use crate::segment::attached::{Segment, Touch};
use crate::segment::header::SlotRows;
use crate::sys::kill;
use bytemuck::Zeroable;
use std::collections::{HashMap, VecDeque};

/// A command that was handed out and not committed yet.
#[derive(Debug)]
pub(super) struct Open {
    /// The first record of it on the ring: its first annotation, or itself.
    pub(super) first: u64,
    pub(super) sequence: u64,
    pub(super) answered: Answered,
    pub(super) annotations: Box<[CommandAnnotation]>,
}

/// Annotations whose command has not come yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) pairs: Vec<CommandAnnotation>,
    /// The sequences of the first and the last; 0 where there is none.
    pub(super) first: u64,
    pub(super) last: u64,
    /// The generation of their sender.
    pub(super) generation: u64,
    /// One of them is not well-formed.
    pub(super) spoiled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    No,
    /// By the outcome of that sequence.
    Finally(u64),
    /// Annotations whose command never came.
    NeedsNone,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) index: u32,
    pub(super) decisions: Observer<Decision>,
    pub(super) commands: Consumer<AdaptationCommand>,
    pub(super) outcomes: Writer<CommandOutcome>,
    pub(super) open: VecDeque<Open>,
    pub(super) pending: Pending,
    /// Sequences of the commands after the cursor that a predecessor of this process has answered
    /// finally, and of the outcomes by which it did.
    pub(super) done: HashMap<u64, u64>,
    /// On a link of several rows: the newest decision on each environment, by its number.
    pub(super) newest: Vec<Decision>,
}

/// A lane's roles, with all that can fail behind them.
pub(super) struct LaneRoles {
    pub(super) index: u32,
    pub(super) commands: ConsumerRole,
    pub(super) outcomes: WriterRole,
    /// Of the outcomes.
    pub(super) history: ReaderCore,
    pub(super) decisions: Observer<Decision>,
}

impl LaneRoles {
    pub(super) fn take(segment: &Segment, index: u32) -> Result<Self> {
        let commands = ConsumerRole::take(segment, &commands_ring(index), 0, AdaptationCommand::schema())?;
        let outcomes = segment.ring_of(&outcomes_ring(index), CommandOutcome::schema(), SlotRows::One)?;
        Ok(Self {
            index,
            commands,
            outcomes: WriterRole::take(segment, outcomes.clone(), Touch::Often)?,
            history: ReaderCore::over(segment, outcomes.clone(), Start::Now)?,
            decisions: Observer::open(segment, &decisions_ring(index), Start::Now)?,
        })
    }

    /// Starts. `canceller` ends the waits for what the lane reads.
    pub(super) fn start(self, canceller: &Canceller) -> Lane {
        let Self { index, commands, outcomes, history, mut decisions } = self;
        let mut commands = Consumer::over(commands.start(Commit::Manual));
        decisions.core.canceller = canceller.clone();
        commands.core.reader.canceller = canceller.clone();
        kill::point("lane.consumer");
        let outcomes = Writer::<CommandOutcome>::over(outcomes.start());
        kill::point("lane.outcomes");
        let mut done = HashMap::new();
        let mut outcome = CommandOutcome::zeroed();
        let ring = &history.reader.ring;
        let newest = outcomes.next_sequence() - 1;
        // Each by itself: restarts come between them, and a half-written record may have touched
        // the oldest.
        for sequence in position::oldest(newest, ring.capacity, ring.first_sequence)..=newest {
            let read = history.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(&mut outcome)));
            if read.is_some()
                && outcome.command_sequence > commands.read_up_to()
                && outcome.status().is_ok_and(OutcomeStatus::is_final)
            {
                done.insert(outcome.command_sequence, sequence);
            }
        }
        Lane {
            index,
            decisions,
            commands,
            outcomes,
            open: VecDeque::new(),
            pending: Pending::default(),
            done,
            newest: Vec::new(),
        }
    }
}

impl Lane {
    /// Takes in an annotation. Its command comes after it.
    pub(super) fn annotated(&mut self, annotation: CommandAnnotation, meta: &Meta) -> Result<()> {
        let goes_on = self.pending.pairs.first().is_some_and(|first| {
            (first.command_id, first.count) == (annotation.command_id, annotation.count)
                && self.pending.pairs.len() == usize::from(annotation.index)
        });
        if self.pending.last != 0 && (!goes_on || self.pending.pairs.len() == MAX_ANNOTATIONS) {
            self.forget_pending()?;
        }
        let pending = &mut self.pending;
        if pending.last == 0 {
            pending.first = meta.sequence;
        }
        (pending.last, pending.generation) = (meta.sequence, meta.generation);
        pending.spoiled |=
            annotation.check().is_err() || usize::from(annotation.index) != pending.pairs.len();
        pending.pairs.push(annotation);
        Ok(())
    }

    /// Takes in a command with the annotations that came before it. Whether those are not what they
    /// should be.
    pub(super) fn take_in(&mut self, command: &AdaptationCommand, meta: &Meta) -> Result<bool> {
        if self.pending.pairs.first().is_some_and(|first| first.command_id != command.id) {
            self.forget_pending()?;
        }
        let Pending { pairs, first, spoiled, .. } = std::mem::take(&mut self.pending);
        let incomplete = pairs.first().is_some_and(|p| usize::from(p.count) != pairs.len());
        self.open.push_back(Open {
            first: if first == 0 { meta.sequence } else { first },
            sequence: meta.sequence,
            answered: Answered::No,
            annotations: if spoiled || incomplete { Box::default() } else { pairs.into() },
        });
        Ok(spoiled || incomplete)
    }

    /// Gives back annotations whose command will never come, as soon as all before them is
    /// answered.
    pub(super) fn forget_pending(&mut self) -> Result<()> {
        let Pending { first, last, .. } = std::mem::take(&mut self.pending);
        if last == 0 {
            return Ok(());
        }
        self.open.push_back(Open {
            first,
            sequence: last,
            answered: Answered::NeedsNone,
            annotations: Box::default(),
        });
        self.give_back()
    }

    /// Leaves the command that was read last, and its annotations, for later.
    pub(super) fn put_back(&mut self) {
        if let Some(open) = self.open.pop_back() {
            self.commands.core.reader.reader.seek(open.first);
        }
    }

    /// Returns true if the ring of outcomes has room for one that is not final. A successor learns
    /// from that ring alone which commands after the first open one are answered: their outcomes
    /// must stay in it, however many are still to be answered before they can be committed. Those
    /// are two rings of commands at most.
    pub(super) fn can_say_more(&self) -> bool {
        let open = self.open.iter().filter_map(|o| match o.answered {
            Answered::Finally(outcome) => Some(outcome),
            Answered::No | Answered::NeedsNone => None,
        });
        let oldest = open.chain(self.done.values().copied()).min();
        let answers = 2 * self.commands.core.reader.info.capacity;
        oldest.is_none_or(|o| {
            self.outcomes.next_sequence() + 2 + answers <= o + self.outcomes.core.info.capacity
        })
    }

    /// Marks a command as answered and gives back all up to the first that is not.
    pub(super) fn finish(&mut self, sequence: u64, outcome: u64) -> Result<()> {
        if let Some(open) = self.open.iter_mut().find(|o| o.sequence == sequence) {
            open.answered = Answered::Finally(outcome);
        }
        self.give_back()
    }

    /// Gives back all up to the first that is not answered.
    pub(super) fn give_back(&mut self) -> Result<()> {
        let mut up_to = None;
        while self.open.front().is_some_and(|o| o.answered != Answered::No) {
            up_to = self.open.pop_front().map(|o| o.sequence);
        }
        up_to.map_or(Ok(()), |sequence| self.commands.commit_to(sequence))
    }
}

pub(in crate::link) fn no_lane(count: usize, lane: u32) -> Error {
    Error::new(ErrorKind::NoSuchRing)
        .about("lane")
        .expected_found(format!("less than {count}"), lane.to_string())
}
