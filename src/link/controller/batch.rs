//! A controller of many environments: gathering and deciding in blocks.

use super::{Answer, Controller, Decided, decision};
use crate::contract::action::ActionSpace;
use crate::contract::command::Decision;
use crate::contract::record::{Meta, Stamp};
use crate::error::same_length;
use crate::gather::{EnvMark, EnvState};
use crate::kill;
use crate::link::rows::Rows;
use crate::observer::{Batch, Gathered, Read, gathered, next_batch_of_any};
use crate::wait::Wait;
use crate::{Error, ErrorKind, Result};

/// What [`Controller::decide_batch`] decides on.
pub trait Observed {
    /// The observation, if it is to be decided on.
    fn observed(&self) -> Option<Meta>;
}

impl Observed for Meta {
    fn observed(&self) -> Option<Meta> {
        Some(*self)
    }
}

/// Decided on if it is new: a row that did not change has been decided on before.
impl Observed for EnvMark {
    fn observed(&self) -> Option<Meta> {
        (self.state() == EnvState::Changed).then(|| self.meta())
    }
}

impl Controller {
    /// As [`Controller::try_next_batch`], waiting until there are `at_least` so many; see
    /// [`Observer::next_batch`](crate::Observer::next_batch).
    pub fn next_batch<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        self.next_batch_each(observations, meta.len(), at_least, wait, |i, m| meta[i] = m)
    }

    /// As [`Controller::next_batch`], with the metas one by one.
    pub(crate) fn next_batch_each<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        count: usize,
        at_least: usize,
        wait: Wait,
        meta: impl FnMut(usize, Meta),
    ) -> Result<Batch> {
        let bytes = self.room_for_batch(observations, count)?;
        let batch = next_batch_of_any(&mut self.observations, bytes, at_least, wait, meta)?;
        self.count_batch(&batch);
        Ok(batch)
    }

    /// The newest observation of each environment, that of environment `i` in row `i` of a block of as many rows as there
    /// are marks; see [`Observer::try_latest_by_env`](crate::Observer::try_latest_by_env). Goes for links of one row a slot
    /// and of several. Those that a newer one has overtaken count as received; [`Controller::decide_batch`] takes the
    /// marks.
    ///
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`](crate::Observation)s, and a link of another schema;
    /// [`ErrorKind::InvalidArgument`]: a block of another length.
    pub fn try_latest_by_env<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        marks: &mut [EnvMark],
    ) -> Result<Gathered> {
        let bytes = self.room(rows, marks.len())?;
        let found = self.observations.try_latest_by_env(bytes, marks);
        self.count_gathered(&found);
        Ok(found)
    }

    /// As [`Controller::try_latest_by_env`], waiting as [`Observer::next`](crate::Observer::next) does until there is
    /// anything new.
    pub fn latest_by_env<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        marks: &mut [EnvMark],
        wait: Wait,
    ) -> Result<Gathered> {
        let bytes = self.room(rows, marks.len())?;
        let end = self.observations.wait_for_news(wait)?;
        let found = gathered(self.observations.try_latest_by_env(bytes, marks), end);
        self.count_gathered(&found);
        Ok(found)
    }

    fn count_gathered(&mut self, found: &Gathered) {
        let rows = self.observations.info.rows as u64;
        self.received += found.read * rows;
        self.decisions.core.page.add_records(found.read * rows);
        if found.missed > 0 {
            self.count(Read::Lapped { missed: found.missed, next: 0 });
        }
    }

    /// Decides on many observations: `actions[i]` and `answers[i]` on `observed[i]`, which are metas, or marks of
    /// [`Controller::latest_by_env`], of which those that did not change are passed over. `answers` may be empty: the
    /// default for all. Sends the commands that the actions stand for, then publishes the decisions together, both in the
    /// order of the observations' sequences.
    ///
    /// `decided[i]` is what was sent for `observed[i]`, its sequence 0 where nothing was; it may be empty. Returns how
    /// many were decided on. Fewer than were to be: there was no room for the command of the next one in order; with no
    /// room for that of the first it is [`ErrorKind::Full`] or [`ErrorKind::ConsumerGone`]. Decide on the others when the
    /// trainer has taken commands. With any other error nothing was sent: those of [`Controller::decide`], and
    /// [`ErrorKind::InvalidArgument`] where lengths differ.
    ///
    /// The command that a predecessor had sent for an observation before it died stands, as with [`Controller::decide`].
    ///
    /// Allocates nothing, unless the observations come in another order than their sequences'; then at the first time.
    pub fn decide_batch<O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        answers: &[Answer<'_>],
        decided: &mut [Decided],
    ) -> Result<usize> {
        let n = observed.len();
        if !answers.is_empty() {
            same_length("answers", n, answers.len())?;
        }
        if !decided.is_empty() {
            same_length("decided", n, decided.len())?;
            decided.fill(Decided::default());
        }
        self.decide_each(
            observed,
            actions,
            &mut |i| Ok(answers.get(i).copied().unwrap_or_default()),
            &mut |i, what| {
                if let Some(place) = decided.get_mut(i) {
                    *place = what;
                }
            },
        )
    }

    /// As [`Controller::decide_batch`], with the answers and what was decided one by one.
    pub(crate) fn decide_each<'a, O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        answer: &mut dyn FnMut(usize) -> Result<Answer<'a>>,
        told: &mut dyn FnMut(usize, Decided),
    ) -> Result<usize> {
        same_length("actions", observed.len(), actions.len())?;
        let mut last = 0;
        let mut in_order = true;
        for (i, what) in observed.iter().enumerate() {
            if let Some(meta) = what.observed() {
                self.decision(&meta, actions[i], &answer(i)?)?;
                in_order &= last <= meta.sequence;
                last = meta.sequence;
            }
        }
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        if !in_order {
            order.extend(0..observed.len() as u32);
            order.sort_unstable_by_key(|&i| (observed[i as usize].observed().map(|m| m.sequence), i));
        }
        let at = |k: usize| if in_order { k } else { order[k] as usize };
        let done = self.decide_in_order(observed, actions, at, answer, told);
        self.order = order;
        done
    }

    fn decide_in_order<'a, O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        at: impl Fn(usize) -> usize,
        answer: &mut dyn FnMut(usize) -> Result<Answer<'a>>,
        told: &mut dyn FnMut(usize, Decided),
    ) -> Result<usize> {
        let time_ns = self.decisions.now();
        let first = self.decisions.next_sequence();
        let (mut end, mut done, mut new) = (observed.len(), 0, 0);
        for k in 0..observed.len() {
            let i = at(k);
            let Some(meta) = observed[i].observed() else { continue };
            if let Some(sequence) = self.inherited.on(&meta) {
                told(i, Decided { sequence, ..Decided::default() });
            } else {
                let command = match (self.sent_before.ticket(&meta), actions[i]) {
                    (None, ActionSpace::WAIT) => Ok(None),
                    (None, action) => {
                        let answer = answer(i)?;
                        self.act(self.decision(&meta, action, &answer)?, answer.reason)
                    }
                    (sent, _) => Ok(sent),
                };
                kill::point("decide_batch.command");
                let command = match command {
                    Err(e) if done > 0 && is_no_room(&e) => {
                        end = k;
                        break;
                    }
                    command => command?,
                };
                // Nobody else writes this ring, and it has room for every decision.
                told(i, Decided { sequence: first + new, command, latency_ns: latency(&meta, time_ns) });
                new += 1;
            }
            done += 1;
        }
        kill::point("decide_batch.sent");
        let sent_before = &mut self.sent_before;
        let (inherited, next) = (&self.inherited, self.observations.reader.next());
        let (core, actions_of) = (&mut self.decisions.core, &self.actions);
        let decisions = (0..end).filter_map(|k| {
            let i = at(k);
            let meta = observed[i].observed().filter(|meta| inherited.on(meta).is_none())?;
            // Both were fine before.
            let mut decision =
                answer(i).and_then(|answer| decision(actions_of, next, &meta, actions[i], &answer)).ok()?;
            sent_before.settle(&mut decision);
            let stamp = Stamp { time_ns, env: meta.env, ..Stamp::default() };
            Some((bytemuck::cast::<Decision, [u8; size_of::<Decision>()]>(decision), Some(stamp)))
        });
        core.publish_each(decisions)?;
        kill::point("decide_batch.published");
        // After the decisions are out.
        for k in 0..end {
            if let Some(meta) = observed[at(k)].observed()
                && self.inherited.on(&meta).is_none()
            {
                self.count_latency(meta.time_ns, time_ns);
            }
        }
        Ok(done)
    }
}

fn latency(observed: &Meta, time_ns: u64) -> u64 {
    if observed.time_ns == 0 { 0 } else { time_ns.saturating_sub(observed.time_ns) }
}

fn is_no_room(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone)
}
