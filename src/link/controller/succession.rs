//! A controller that takes over a lane: what its predecessors left behind is read first, and nothing is decided on twice.

use super::{Before, Controller, Observed};
use crate::Result;
use crate::contract::command::Decision;
use crate::contract::record::{Meta, Stamp};
use crate::cursor;
use crate::gather::EnvMark;
use crate::link::inherited::Inherited;
use crate::link::owed::Row;
use crate::link::sent_before::SentBefore;
use crate::observer::{Batch, Gathered, Read, ReaderCore, Start};
use std::collections::{BTreeSet, VecDeque};

impl Controller {
    /// Finds out what predecessors did, and where to read.
    pub(super) fn succeed(&mut self) -> Result<()> {
        let (segment, rows) = (self.segment().clone(), self.rows());
        let ring = &self.observations.reader.ring;
        // The counter may be behind: its writer died before it counted a record, or is a device that counts later.
        let (last, first) = (ring.newest(), ring.first_sequence);
        let oldest = cursor::oldest(last, ring.capacity, first);
        let inherited = Inherited::find(&segment, self.lane, oldest, last)?;
        let (mut owed, mut gone) = (BTreeSet::new(), 0u64);
        // The first that is not read again: what lies behind it and has left the ring is lost, and no reader tells.
        let lost_to = oldest.min(inherited.highest() + 1);
        for (from, to) in self.decisions.core.page.owed() {
            owed.extend(from.max(oldest)..=to.min(last));
            gone = gone.saturating_add(lost_to.min(to.saturating_add(1)).saturating_sub(from.max(first)));
        }
        // In part, as far as that can be known.
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
        // Whoever decides in order has sent the last commands on the highest observations, and has noted the others.
        let is_open = |n: u64| n >= inherited.highest() || self.open.binary_search(&n).is_ok();
        let sent_before = SentBefore::find(&segment, self.lane, (oldest, last), &inherited, is_open)?;
        self.owed.add(&self.decisions.core.page, oldest, noted.into_iter());
        // Without those that a predecessor did not come to strike out.
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

    /// The rows of a slot that nobody has decided on; none if it has left the ring.
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

    /// After anything that a predecessor left was read, decided on, or added to.
    fn note_position(&mut self) {
        self.plain = self.version_1 && self.rows() == 1 && self.open.is_empty();
        self.clear_from = self.clear_from.max(self.owed.end());
    }

    /// What had been done about an observation before `clear_from`. Unless it was decided on it is noted as owed: whoever is
    /// killed before the decision is out leaves it behind.
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

    /// As [`Controller::done_before`], of all observations of a batch. Whether there are such.
    pub(super) fn intend<O: Observed>(&mut self, observed: &[O]) -> Result<bool> {
        let before = |meta: &Meta| meta.sequence < self.clear_from;
        if !observed.iter().filter_map(Observed::observed).any(|meta| before(&meta)) {
            return Ok(false);
        }
        self.decisions.core.check_own()?;
        let rows: Vec<Row> = observed
            .iter()
            .filter_map(Observed::observed)
            .filter(|meta| before(meta) && self.inherited.on(meta).is_none())
            .map(|meta| (meta.sequence, meta.env))
            .collect();
        self.owe(rows.into_iter());
        Ok(true)
    }

    /// Publishes the decisions that go with a predecessor's commands, before `n` more could push those out of their ring:
    /// nobody would know of them any more.
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

    /// Observations that were to be decided on and could not be.
    #[cold]
    pub(super) fn owe(&mut self, rows: impl Iterator<Item = Row>) {
        let ring = &self.observations.reader.ring;
        let oldest = cursor::oldest(ring.newest(), ring.capacity, ring.first_sequence);
        self.owed.add(&self.decisions.core.page, oldest, rows);
        self.note_position();
    }

    /// Observations that have been decided on, some of them such as stand before `clear_from`.
    #[cold]
    pub(super) fn settled(&mut self, rows: impl Iterator<Item = Row>) {
        self.owed.remove(&self.decisions.core.page, rows);
        self.note_position();
    }

    /// Reads one of those that were left behind, on a link of one row a slot.
    #[cold]
    pub(super) fn next_open(&mut self, bytes: &mut [u8]) -> Read {
        let read = self.observations.try_next(bytes);
        let read = self.go_on(read);
        self.count(read);
        read
    }

    /// One of those that were left behind was to be read: goes on at the next of them, or after the highest that was decided
    /// on. Returns what to report.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on(&mut self, read: Read) -> Read {
        let missed = match read {
            // Told before the record, which is still to be read.
            Read::Restarted { .. } => return read,
            Read::Lapped { .. } => {
                let next = self.observations.reader.next();
                Some(self.strike_out(next) + next.saturating_sub(self.resume))
            }
            // Where a slot that was complete is not any more, somebody has spoiled it.
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

    /// Drops those before a sequence; returns how many there were.
    fn strike_out(&mut self, next: u64) -> u64 {
        let gone = self.open.iter().take_while(|&&n| n < next).count();
        self.open.drain(..gone);
        gone as u64
    }

    fn find_next(&mut self) {
        let next = self.observations.reader.next();
        let resume = self.resume.max(next);
        self.observations.reader.seek(self.open.front().copied().unwrap_or(resume));
        self.note_position();
    }

    /// Passes over those that were left behind, counted as lost: to the newest of all, or if that has been decided on, to the
    /// newest of them. Whether it is the newest of all.
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

    /// A batch that begins with what was left behind; `more` reads on after that.
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
        let after = more(&mut self.observations, rest, before, &mut |i, found| meta(before + i, found))?;
        self.count_batch(&after);
        Ok(Batch { count: before + after.count, end: after.end })
    }

    /// What was gathered from `from` on, without what a predecessor has decided on or passed over.
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
