//! Taking over a lane: the controller first reads what its predecessors left behind, and decides on
//! nothing twice.

use super::{Before, Controller};
use crate::base::{error::Result, position};
use crate::contract::decision::Decision;
use crate::handle::latest_by_env::EnvMark;
use crate::handle::read::{Batch, Gathered, Read, Start};
use crate::handle::reader_core::ReaderCore;
use crate::link::{inherited::Inherited, owed::Row, sent_before::SentBefore};
use crate::ring::meta::{Meta, Stamp};
use std::collections::{BTreeSet, VecDeque};

impl Controller {
    /// Finds out what the predecessors did, and positions the reader.
    pub(super) fn succeed(&mut self) -> Result<()> {
        let (segment, rows) = (self.segment().clone(), self.rows());
        let ring = &self.observations.reader.ring;
        // Not the published counter: the trainer may have died before it counted a record, and a
        // device counts later.
        let (last, first) = (ring.newest(), ring.first_sequence);
        let oldest = position::oldest(last, ring.capacity, first);
        let inherited = Inherited::find(&segment, self.lane, oldest, last)?;
        let (mut owed, mut gone) = (BTreeSet::new(), 0u64);
        // Owed observations before this one have left the ring. The reader starts after them and
        // does not count them.
        let lost_to = oldest.min(inherited.highest() + 1);
        for (from, to) in self.decisions.core.page.owed() {
            owed.extend(from.max(oldest)..=to.min(last));
            gone = gone.saturating_add(lost_to.min(to.saturating_add(1)).saturating_sub(from.max(first)));
        }
        // Slots that are decided on in part, as far as the ring of decisions tells.
        let decided = inherited.rows();
        let in_part =
            decided.iter().filter(|&(&n, &count)| count < rows && inherited.knows(n)).map(|(&n, _)| n);
        let behind: BTreeSet<u64> = owed.iter().copied().chain(in_part).collect();
        let mut noted = Vec::new();
        for sequence in behind {
            let undecided = self.undecided(sequence, &inherited);
            if undecided.is_empty() {
                continue;
            }
            if owed.contains(&sequence) {
                noted.extend(undecided);
            }
            if sequence <= inherited.highest() {
                self.open.push_back(sequence);
            }
        }
        self.count_records(0, gone);
        // A command below the highest observation is open only if its sender noted that: it may be
        // a program's own.
        let is_open = |n: u64| n >= inherited.highest() || self.open.binary_search(&n).is_ok();
        let sent_before = SentBefore::find(&segment, self.lane, (oldest, last), &inherited, is_open)?;
        self.owed.add(&self.decisions.core.page, oldest, noted.into_iter());
        // A predecessor may have died before it removed the last one that it decided on.
        self.owed.write(&self.decisions.core.page);

        self.resume = match inherited.highest() {
            0 => oldest,
            highest => highest + 1,
        };
        let start = self.open.front().copied().unwrap_or(self.resume);
        self.observations.seek(Start::At(start));
        let sent = sent_before.observations().max().map_or(0, |n| n + 1);
        self.clear_from = sent.max(inherited.highest() + 1);
        (self.inherited, self.sent_before) = (inherited, sent_before);
        self.note_position();
        Ok(())
    }

    /// Returns the rows of a slot that no predecessor has decided on; none if the slot has left the
    /// ring.
    fn undecided(&mut self, sequence: u64, inherited: &Inherited) -> Vec<Row> {
        let rows = self.rows();
        let (mut env, mut flags) = (vec![0; rows], vec![0; rows]);
        let size = self.observations.info.record_size;
        let meta = self.observations.look_back(sequence, |slot| {
            if rows == 1 { slot.stamp() } else { slot.read_columns(size, &mut env, &mut flags) }
        });
        let Some(meta) = meta else { return Vec::new() };
        if rows == 1 {
            env[0] = meta.env;
        }
        env.retain(|&env| inherited.on(&Meta { env, ..meta }).is_none());
        env.into_iter().map(|env| (sequence, env)).collect()
    }

    /// Updates what the fast paths look at, after the open or the owed observations have changed.
    fn note_position(&mut self) {
        self.clear_from = self.clear_from.max(self.owed.end());
    }

    /// Returns what was done before about an observation below `clear_from`. Notes it as owed
    /// unless it was decided on: this controller may be killed before it publishes the decision.
    #[cold]
    pub(super) fn done_before(&mut self, observed: &Meta, mut decision: Decision) -> Result<Before> {
        if let Some(sequence) = self.inherited.on(observed) {
            return Ok(Before::Decided(sequence));
        }
        self.decisions.core.check_own()?;
        self.owe(std::iter::once((observed.sequence, observed.env)));
        Ok(match self.sent_before.settle(&mut decision) {
            Some(ticket) => Before::Sent(decision, ticket),
            None => Before::Nothing,
        })
    }

    /// Notes the observations of a batch that are below `clear_from` as owed unless they were
    /// decided on.
    #[cold]
    pub(super) fn intend(&mut self, observed: impl Iterator<Item = Meta>) -> Result<()> {
        self.decisions.core.check_own()?;
        let rows: Vec<Row> = observed
            .filter(|meta| meta.sequence < self.clear_from && self.inherited.on(meta).is_none())
            .map(|meta| (meta.sequence, meta.env))
            .collect();
        self.owe(rows.into_iter());
        Ok(())
    }

    /// Publishes the missing decisions of those commands that `n` more could push out of their
    /// ring: a successor would not know of them any more.
    #[cold]
    pub(super) fn decide_in_its_place(&mut self, n: u64) -> Result<()> {
        let reach = self.commands.next_sequence() + n;
        let capacity = self.commands.core.info.capacity;
        let due = self.sent_before.up_to(reach.saturating_sub(capacity / 2));
        for decision in &due {
            let stamp = Stamp { time_ns: self.decisions.now(), env: decision.env, ..Stamp::default() };
            let sequence = self.decisions.publish_stamped(decision, stamp)?;
            self.inherited.add(decision, sequence);
        }
        if !due.is_empty() {
            self.settled(due.iter().map(|d| (d.observation_sequence, d.env)));
        }
        Ok(())
    }

    /// Notes observations as owed.
    #[cold]
    pub(super) fn owe(&mut self, rows: impl Iterator<Item = Row>) {
        let ring = &self.observations.reader.ring;
        let oldest = position::oldest(ring.newest(), ring.capacity, ring.first_sequence);
        self.owed.add(&self.decisions.core.page, oldest, rows);
        self.note_position();
    }

    /// Removes observations that have been decided on from the owed ones.
    #[cold]
    pub(super) fn settled(&mut self, rows: impl Iterator<Item = Row>) {
        self.owed.remove(&self.decisions.core.page, rows);
        self.note_position();
    }

    /// Reads the next open observation, on a link of one row a slot.
    #[cold]
    pub(super) fn next_open(&mut self, bytes: &mut [u8]) -> Read {
        let read = self.observations.try_next(bytes);
        let read = self.go_on(read);
        self.count(read);
        read
    }

    /// Moves the reader from the open observation that it has tried to read to the next one, or if
    /// there is none to where this controller resumes. Returns what to report of the attempt.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on(&mut self, read: Read) -> Read {
        let missed = match read {
            // The record is still to be read.
            Read::Restarted { .. } => return read,
            Read::Lapped { .. } => {
                let next = self.observations.reader.next();
                Some(self.strike_out(next) + next.saturating_sub(self.resume))
            }
            // A slot that is not complete any more has been spoiled: it is passed over.
            _ => {
                self.open.pop_front();
                None
            }
        };
        self.find_next();
        match missed {
            Some(missed) => Read::Lapped { missed, next: self.observations.reader.next() },
            None => read,
        }
    }

    /// Drops the open observations before a sequence. Returns how many there were.
    fn strike_out(&mut self, next: u64) -> u64 {
        let gone = self.open.iter().take_while(|&&n| n < next).count();
        self.open.drain(..gone);
        gone as u64
    }

    /// Moves the reader to the first open observation, or if there is none to where this controller
    /// resumes.
    fn find_next(&mut self) {
        let next = self.observations.reader.next();
        let resume = self.resume.max(next);
        self.observations.reader.seek(self.open.front().copied().unwrap_or(resume));
        self.note_position();
    }

    /// Passes over the open observations and counts them as lost; over all but the newest if
    /// nothing has come after them. Returns true if something has.
    #[cold]
    pub(super) fn pass_over(&mut self) -> bool {
        let there_is_more = self.observations.reader.ring.newest() >= self.resume;
        let kept = usize::from(!there_is_more);
        let passed = self.open.len().saturating_sub(kept);
        self.open.drain(..passed);
        self.count_records(0, passed as u64);
        self.find_next();
        there_is_more
    }

    /// Reads a batch that begins with the open observations. `more` reads the rest.
    #[cold]
    pub(super) fn batch_after_open(
        &mut self,
        bytes: &mut [u8],
        mut meta: impl FnMut(usize, Meta),
        more: impl FnOnce(&mut ReaderCore, &mut [u8], usize, &mut dyn FnMut(usize, Meta)) -> Result<Batch>,
    ) -> Result<Batch> {
        let size = self.observations.info.record_size;
        let mut batch = Batch { count: 0, end: Read::Empty };
        while !self.open.is_empty() && bytes.len() >= (batch.count + 1) * size {
            batch.end = self.next_open(&mut bytes[batch.count * size..][..size]);
            let Read::Record(found) = batch.end else { return Ok(batch) };
            meta(batch.count, found);
            batch.count += 1;
        }
        let rest = &mut bytes[batch.count * size..];
        if rest.is_empty() && batch.count > 0 {
            return Ok(batch);
        }
        let before = batch.count;
        let after = match more(&mut self.observations, rest, before, &mut |i, found| meta(before + i, found))
        {
            // The caller has what was read; the next call fails.
            Err(_) if before > 0 => return Ok(Batch { count: before, end: Read::Empty }),
            after => after?,
        };
        self.count_batch(&after);
        Ok(Batch { count: before + after.count, end: after.end })
    }

    /// Corrects what was gathered from `from` on: rows of slots that a predecessor has decided on
    /// or passed over did not change.
    #[cold]
    pub(super) fn without_the_decided(
        &mut self,
        from: u64,
        found: Gathered,
        marks: &mut [EnvMark],
    ) -> Gathered {
        let next = self.observations.reader.next();
        let resume = self.resume;
        let wanted = |open: &VecDeque<u64>, from: u64, to: u64| {
            let open = open.iter().filter(|n| (from..to).contains(n)).count() as u64;
            open + to.saturating_sub(from.max(resume))
        };
        let middle = next - found.read.min(next - from);
        let (missed, read) = (wanted(&self.open, from, middle), wanted(&self.open, middle, next));
        let mut changed = found.changed;
        for mark in marks.iter_mut().filter(|m| m.records > 0 && m.sequence < resume) {
            if !self.open.contains(&mark.sequence) {
                mark.records = 0;
                changed -= 1;
            }
        }
        self.strike_out(next);
        self.find_next();
        Gathered { read, missed, changed, ..found }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::base::error::{Error, ErrorKind};
    use crate::contract::action::ActionSpace;
    use crate::contract::command::AdaptationCommand;
    use crate::contract::observation::Observation;
    use crate::contract::stage::CommandType;
    use crate::link::{Answer, LinkSpec, Trainer};
    use crate::segment::attached::Segment;
    use crate::segment::options::Options;
    use crate::sys::clock::TimeSource;

    #[test]
    fn a_fast_path_decides_on_nothing_that_was_decided_sent_or_owed() -> std::result::Result<(), Error> {
        let spec =
            LinkSpec::new(&ActionSpace::cnn()).commands(2).time_source(TimeSource::Caller).to_spec()?;
        let segment = Segment::create_memfd("fast", &spec, &Options::default())?;
        let mut trainer = Trainer::on(&segment)?;
        let mut next = |controller: &mut Controller| {
            trainer.publish(&Observation::EMPTY).unwrap();
            match controller.try_next(&mut Observation::EMPTY.clone()).unwrap() {
                Read::Record(meta) => meta,
                other => panic!("{other:?}"),
            }
        };
        let answer = Answer::default();
        let mut first = Controller::on(&segment, 0)?;
        let metas = [(); 4].map(|()| next(&mut first));
        let waits = |controller: &mut Controller, meta: &Meta| controller.wait_fast(meta, &answer).is_some();
        // The first publish of a ring looks for its consumers.
        first.decide(&metas[1], 0, &answer)?;
        assert!(waits(&mut first, &metas[1]));
        assert!(!waits(&mut first, &metas[0]), "it is out of order");
        first.decide(&metas[2], 1, &answer)?;
        first.send(AdaptationCommand::new(CommandType::RequestState))?;
        let full = first.decide(&metas[3], 1, &answer).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::Full);
        assert!(!waits(&mut first, &metas[3]), "it is owed");
        drop(first);

        let mut second = Controller::on(&segment, 0)?;
        let Read::Record(owed) = second.try_next(&mut Observation::EMPTY.clone())? else { panic!() };
        assert_eq!(owed.sequence, 4);
        second.decide(&owed, 0, &answer)?;
        assert!(metas.iter().all(|meta| !waits(&mut second, meta)));
        let new = next(&mut second);
        assert!(waits(&mut second, &new));
        Ok(())
    }
}
