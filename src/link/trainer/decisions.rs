//! Receiving decisions and timing them.

use super::{RECENT, Trainer};
use crate::base::error::{Error, ErrorKind, Result, same_length};
use crate::contract::decision::Decision;
use crate::handle::read::Read;
use crate::ring::meta::Meta;
use crate::ring::wait::{Remaining, Wait};

/// The decisions on a slot of rows, as far as there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Answers {
    /// Rows that have been decided on.
    pub count: usize,
    /// [`Read::Record`] with the meta of the last decision read if all have been; or why not:
    /// [`Read::TimedOut`] (not in time), [`Read::WriterGone`], [`Read::Superseded`].
    pub end: Read,
}

impl Trainer {
    /// Copies the next decision of a lane, as [`Observer::try_next`](crate::Observer::try_next)
    /// does.
    /// [`ErrorKind::NoSuchRing`]: no such lane.
    #[inline(always)]
    pub fn try_decision(&mut self, lane: u32, decision: &mut Decision) -> Result<Read> {
        let found = self.lane(lane)?.decisions.try_next(decision);
        if let Read::Record(meta) = found {
            self.count(lane, decision, meta.time_ns);
        }
        Ok(found)
    }

    /// Fast path of the C interface: reads a decision on a link of one row a slot, which `take`
    /// gets, or finds that there is none. Otherwise returns `None` without side effects, and
    /// [`Trainer::try_decision`] finds what there is.
    #[inline(always)]
    pub(crate) fn try_decision_fast(
        &mut self,
        lane: u32,
        take: impl FnOnce(&Decision, Meta),
    ) -> Option<Read> {
        if self.observations.info.rows != 1 {
            return None;
        }
        let mut decision = Decision::default();
        let core = &mut self.lanes.get_mut(lane as usize)?.decisions.core;
        let read = core.try_next_fast(bytemuck::bytes_of_mut(&mut decision))?;
        if let Read::Record(meta) = read {
            // First, so that nothing has to be kept while the decision is timed.
            take(&decision, meta);
            self.decided += 1;
            self.time(decision.observation_sequence, meta.time_ns);
        }
        Some(read)
    }

    /// Reads as [`Trainer::try_decision`] does, after waiting as
    /// [`Observer::next`](crate::Observer::next) does.
    pub fn next_decision(&mut self, lane: u32, decision: &mut Decision, wait: Wait) -> Result<Read> {
        let found = self.lane(lane)?.decisions.next(decision, wait)?;
        if let Read::Record(meta) = found {
            self.count(lane, decision, meta.time_ns);
        }
        Ok(found)
    }

    /// Waits until a lane has decided on the observation `sequence` or a later one, passing over
    /// its earlier decisions (they are counted). [`Read::TimedOut`]: not in time;
    /// [`Read::WriterGone`]: the controller is gone. A lane that never had a controller is waited
    /// for until the timeout.
    pub fn wait_decision(
        &mut self,
        lane: u32,
        sequence: u64,
        decision: &mut Decision,
        wait: Wait,
    ) -> Result<Read> {
        let mut remaining = Remaining::of(wait);
        loop {
            let left = remaining.left();
            let read = self.lane(lane)?.decisions.next(decision, left)?;
            match read {
                Read::Record(meta) => {
                    self.count(lane, decision, meta.time_ns);
                    if decision.observation_sequence >= sequence {
                        return Ok(read);
                    }
                }
                // A new controller answers what the old one left.
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                _ => return Ok(read),
            }
            // Other decisions may go on coming for ever.
            if left.timeout.is_zero() {
                return Ok(Read::TimedOut);
            }
        }
    }

    /// Waits until a lane has decided on every row of the slot `sequence`, one of this trainer's:
    /// row i's decision comes to `decisions[i]`, as many as the link has rows. A decision on a
    /// later slot stands in for one on this. Where there is none yet stands [`Decision::default`];
    /// to go on waiting, call it again.
    ///
    /// [`ErrorKind::InvalidArgument`]: `decisions` is of another length, or the environments of that slot have been
    /// published again since; [`ErrorKind::NoSuchRing`]: no such lane.
    pub fn wait_decisions(
        &mut self,
        lane: u32,
        sequence: u64,
        decisions: &mut [Decision],
        wait: Wait,
    ) -> Result<Answers> {
        let n = self.observations.info.rows;
        let capacity = self.lane(lane)?.decisions.core.info.capacity;
        same_length("decisions", n, decisions.len())?;
        decisions.fill(Decision::default());
        if n == 1 {
            let mut decision = Decision::default();
            let end = self.wait_decision(lane, sequence, &mut decision, wait)?;
            if let Read::Record(_) = end {
                decisions[0] = decision;
            }
            return Ok(Answers { count: usize::from(matches!(end, Read::Record(_))), end });
        }
        self.keep_up_with_device();
        let mut count = self.decided_before(lane, sequence, decisions)?;
        let mut remaining = Remaining::of(wait);
        let mut end = Read::Record(Meta { sequence, ..Meta::default() });
        let mut decision = Decision::default();
        while count < n {
            let left = remaining.left();
            // What is there, as much as there can be; other decisions may go on coming for ever.
            for _ in 0..capacity {
                let read = self.lane(lane)?.decisions.try_next(&mut decision);
                match read {
                    Read::Record(meta) => {
                        end = read;
                        self.count(lane, &decision, meta.time_ns);
                        count += self.place(sequence, &decision, decisions);
                    }
                    Read::Restarted { .. } | Read::Lapped { .. } => {}
                    _ => break,
                }
                if count == n {
                    return Ok(Answers { count, end });
                }
            }
            if left.timeout.is_zero() {
                return Ok(Answers { count, end: Read::TimedOut });
            }
            let read = self.lane(lane)?.decisions.next(&mut decision, left)?;
            match read {
                Read::Record(meta) => {
                    end = read;
                    self.count(lane, &decision, meta.time_ns);
                    count += self.place(sequence, &decision, decisions);
                }
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                _ => return Ok(Answers { count, end: read }),
            }
        }
        Ok(Answers { count, end })
    }

    /// Copies the decisions on a slot that were read while another slot was waited for, and returns
    /// how many.
    pub(super) fn decided_before(
        &self,
        lane: u32,
        sequence: u64,
        decisions: &mut [Decision],
    ) -> Result<usize> {
        let newest = self.lanes.get(lane as usize).map_or(&[][..], |lane| &lane.newest);
        let (mut there, mut count) = (0, 0);
        for (env, place) in self.places.iter().enumerate().filter(|(_, p)| p.sequence == sequence) {
            there += 1;
            if let Some(decision) = newest.get(env).filter(|d| d.observation_sequence >= sequence) {
                decisions[place.row] = *decision;
                count += 1;
            }
        }
        if there == decisions.len() {
            return Ok(count);
        }
        Err(Error::new(ErrorKind::InvalidArgument).about("sequence").expected_found(
            "a slot that is the newest of its environments",
            format!("{sequence}, which is for {there} of them"),
        ))
    }

    /// Puts a decision at its row of the slot, if it has one there; 1 if that had none before.
    pub(super) fn place(&self, sequence: u64, decision: &Decision, decisions: &mut [Decision]) -> usize {
        if decision.observation_sequence < sequence {
            return 0;
        }
        match self.places.get(usize::from(decision.env)) {
            Some(place) if place.sequence == sequence => {
                let before = std::mem::replace(&mut decisions[place.row], *decision);
                usize::from(before.observation_sequence == 0)
            }
            _ => 0,
        }
    }

    /// Counts a decision's latency: from the observation's stamp to the decision's.
    #[inline]
    pub(super) fn count(&mut self, lane: u32, decision: &Decision, time_ns: u64) {
        self.decided += 1;
        if self.observations.info.rows > 1 {
            // A copy of its own, so that the decision itself may stay in registers.
            self.keep(lane, *decision);
        }
        self.time(decision.observation_sequence, time_ns);
    }

    #[inline]
    pub(super) fn time(&mut self, sequence: u64, time_ns: u64) {
        self.last_latency_ns = 0;
        if time_ns == 0 {
            return;
        }
        if let Some(observed) = self.time_of(sequence)
            && time_ns >= observed
        {
            self.last_latency_ns = time_ns - observed;
            self.observations.page.add_latency(self.last_latency_ns);
        }
    }

    /// Remembers the newest decision on each environment there is.
    #[inline(never)]
    pub(super) fn keep(&mut self, lane: u32, decision: Decision) {
        let env = usize::from(decision.env);
        // An environment that was never published has no decisions.
        let Some(lane) = self.lanes.get_mut(lane as usize).filter(|_| env < self.places.len()) else {
            return;
        };
        if env >= lane.newest.len() {
            lane.newest.resize(self.places.len(), Decision::default());
        }
        if decision.observation_sequence >= lane.newest[env].observation_sequence {
            lane.newest[env] = decision;
        }
    }

    /// Returns when an observation was published, if it is still in the ring and has a time.
    #[inline]
    pub(super) fn time_of(&mut self, sequence: u64) -> Option<u64> {
        let (recent, time_ns) = self.recent[sequence as usize % RECENT];
        if recent == sequence {
            return (time_ns != 0).then_some(time_ns);
        }
        self.time_read_back(sequence)
    }

    #[cold]
    pub(super) fn time_read_back(&mut self, sequence: u64) -> Option<u64> {
        let meta = self.echo.look_back(sequence, |slot| slot.read(&mut []))?;
        (meta.time_ns != 0).then_some(meta.time_ns)
    }
}
