//! A controller of many environments: gathering and deciding in blocks.

use super::Controller;
use super::decide::{Answer, Decided, decision, is_no_room};
#[cfg(doc)]
use crate::base::error::ErrorKind;
use crate::base::error::{Result, same_length};
use crate::contract::{action::ActionSpace, decision::Decision};
use crate::handle::batches::{Batches as _, gathered};
use crate::handle::latest_by_env::{EnvMark, EnvState};
use crate::handle::read::{Batch, Gathered};
use crate::link::{owed::Row, rows::Rows};
use crate::ring::meta::{Meta, Stamp};
use crate::ring::wait::Wait;
use crate::sys::kill;

/// An observation that [`Controller::decide_batch`] decides on.
pub trait Observed {
    /// Returns the observation, if it is to be decided on.
    fn observed(&self) -> Option<Meta>;
}

impl Observed for Meta {
    fn observed(&self) -> Option<Meta> {
        Some(*self)
    }
}

/// Is decided on if it is new: a row that did not change has been decided on before.
impl Observed for EnvMark {
    fn observed(&self) -> Option<Meta> {
        (self.state() == EnvState::Changed).then(|| self.meta())
    }
}

impl Controller {
    /// Waits, and then reads as [`Controller::try_next_batch`], until there are `at_least` so many;
    /// see [`Observer::next_batch`](crate::Observer::next_batch).
    pub fn next_batch<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        meta: &mut [Meta],
        at_least: usize,
        wait: Wait,
    ) -> Result<Batch> {
        self.next_batch_each(observations, meta.len(), at_least, wait, |i, m| meta[i] = m)
    }

    /// Passes each record's metadata to a callback; otherwise as [`Controller::next_batch`].
    pub(crate) fn next_batch_each<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        count: usize,
        at_least: usize,
        wait: Wait,
        meta: impl FnMut(usize, Meta),
    ) -> Result<Batch> {
        let bytes = self.room_for_batch(observations, count)?;
        if !self.open.is_empty() && at_least <= count {
            return self.batch_after_open(bytes, meta, |core, rest, before, meta| {
                core.next_batch_of_any(rest, at_least.saturating_sub(before), wait, meta)
            });
        }
        let batch = self.observations.next_batch_of_any(bytes, at_least, wait, meta)?;
        self.count_batch(&batch);
        Ok(batch)
    }

    /// Copies the newest observation of each environment, that of environment `i` in row `i` of a
    /// block of as many rows as there are marks; see
    /// [`Observer::try_latest_by_env`](crate::Observer::try_latest_by_env). Goes for links of one
    /// row a slot and of several. Those that a newer one has overtaken count as received;
    /// [`Controller::decide_batch`] takes the marks.
    ///
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`](crate::Observation)s, and a link of another schema;
    /// [`ErrorKind::InvalidArgument`]: a block of another length.
    pub fn try_latest_by_env<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        marks: &mut [EnvMark],
    ) -> Result<Gathered> {
        let bytes = self.room(rows, marks.len())?;
        Ok(self.gather(bytes, marks))
    }

    /// Waits as [`Observer::next`](crate::Observer::next) does, and reads as
    /// [`Controller::try_latest_by_env`], once there is anything new.
    pub fn latest_by_env<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        marks: &mut [EnvMark],
        wait: Wait,
    ) -> Result<Gathered> {
        let bytes = self.room(rows, marks.len())?;
        let end = self.observations.wait_for_news(wait)?;
        Ok(gathered(end, marks, |marks| self.gather(bytes, marks)))
    }

    fn gather(&mut self, bytes: &mut [u8], marks: &mut [EnvMark]) -> Gathered {
        let from = self.observations.reader.next();
        let mut found = self.observations.try_latest_by_env(bytes, marks);
        if !self.open.is_empty() {
            found = self.without_the_decided(from, found, marks);
        }
        self.count_records(found.read, found.missed);
        found
    }

    /// Decides on many observations: `actions[i]` and `answers[i]` on `observed[i]`, which are
    /// metas, or marks of [`Controller::latest_by_env`], of which those that did not change are
    /// passed over. `answers` may be empty: the default for all. Sends the commands that the
    /// actions stand for and publishes the decisions after them, both in the order of the
    /// observations' sequences; at every command that fills half of its ring, the decisions up to
    /// there.
    ///
    /// `decided[i]` is what was sent for `observed[i]`, its sequence 0 where nothing was; it may be
    /// empty. Returns how many were decided on. Fewer than were to be: there was no room for the
    /// command of the next one in order; with no room for that of the first it is
    /// [`ErrorKind::Full`] or [`ErrorKind::ConsumerGone`]. Decide on the others when the trainer
    /// has taken commands; if nobody does they are given to a successor. With any other error
    /// nothing was sent: those of [`Controller::decide`], and [`ErrorKind::InvalidArgument`] where
    /// lengths differ.
    ///
    /// Keeps what a predecessor decided or sent, as [`Controller::decide`] does.
    ///
    /// Allocates nothing, unless the observations come in another order than their sequences', or
    /// after a later one has been decided on, or there is no room for all.
    pub fn decide_batch<O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        answers: &[Answer<'_>],
        decided: &mut [Decided],
    ) -> Result<usize> {
        let n = observed.len();
        same_length("actions", n, actions.len())?;
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

    /// Takes each answer from and passes each result to a callback; otherwise as
    /// [`Controller::decide_batch`]. No actions: WAIT on all.
    pub(crate) fn decide_each<'a, O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        answer: &mut dyn FnMut(usize) -> Result<Answer<'a>>,
        told: &mut dyn FnMut(usize, Decided),
    ) -> Result<usize> {
        if !actions.is_empty() {
            same_length("actions", observed.len(), actions.len())?;
        }
        let (mut last, mut lowest) = (0, u64::MAX);
        let mut in_order = true;
        for (i, what) in observed.iter().enumerate() {
            if let Some(meta) = what.observed() {
                self.decision(&meta, action_at(actions, i), &answer(i)?)?;
                in_order &= last <= meta.sequence;
                last = meta.sequence;
                lowest = lowest.min(last);
            }
        }
        // Before the order is taken out, for this may fail.
        let unclear = lowest < self.clear_from;
        if unclear {
            self.intend(observed.iter().filter_map(Observed::observed))?;
        }
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        if !in_order {
            order.extend(0..observed.len() as u32);
            order.sort_unstable_by_key(|&i| (observed[i as usize].observed().map(|m| m.sequence), i));
        }
        let at = |k: usize| if in_order { k } else { order[k] as usize };
        let done = self.decide_in_order(observed, actions, at, unclear, answer, told);
        self.order = order;
        done
    }

    fn decide_in_order<'a, O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        at: impl Fn(usize) -> usize,
        unclear: bool,
        answer: &mut dyn FnMut(usize) -> Result<Answer<'a>>,
        told: &mut dyn FnMut(usize, Decided),
    ) -> Result<usize> {
        let time_ns = self.decisions.now();
        // A successor knows of a command without a decision only from the ring of commands. A
        // command that was being written when its sender died takes one more of them away.
        let limit = (self.commands.core.info.capacity / 2).max(1);
        let (mut from, mut done, mut new, mut sent) = (0, 0, 0, 0);
        let mut end = observed.len();
        for k in 0..observed.len() {
            let i = at(k);
            let Some(meta) = observed[i].observed() else { continue };
            if let Some(sequence) = self.decided_before(&meta) {
                told(i, Decided { sequence, ..Decided::default() });
                done += 1;
                continue;
            }
            if new > 0 && !self.sent_before.is_empty() {
                // Sending may publish decisions in a predecessor's place. The sequences that were
                // told come before those.
                self.publish_decisions(observed, actions, &at, (from, k), (time_ns, unclear), answer)?;
                (from, new, sent) = (k, 0, 0);
            }
            let before = self.sent_before.ticket(&meta);
            let command = match (before, action_at(actions, i)) {
                (None, ActionSpace::WAIT) => Ok(None),
                (None, action) => answer(i)
                    .and_then(|answer| self.act(self.decision(&meta, action, &answer)?, answer.reason)),
                (before, _) => Ok(before),
            };
            kill::point("decide_batch.command");
            let command = match command {
                Ok(command) => command,
                Err(e) => {
                    if is_no_room(&e) {
                        self.owe_rest(observed, &at, k);
                    }
                    if done == 0 {
                        return Err(e);
                    }
                    end = k;
                    break;
                }
            };
            // Nobody else writes this ring, and it has room for every decision.
            let sequence = self.decisions.next_sequence() + new;
            told(i, Decided { sequence, command, latency_ns: latency(&meta, time_ns) });
            (done, new) = (done + 1, new + 1);
            sent += u64::from(command.is_some());
            if sent == limit {
                self.publish_decisions(observed, actions, &at, (from, k + 1), (time_ns, unclear), answer)?;
                (from, new, sent) = (k + 1, 0, 0);
            }
        }
        kill::point("decide_batch.sent");
        self.publish_decisions(observed, actions, &at, (from, end), (time_ns, unclear), answer)?;
        Ok(done)
    }

    /// Returns the sequence of a predecessor's decision on an observation.
    fn decided_before(&self, observed: &Meta) -> Option<u64> {
        if observed.sequence >= self.clear_from { None } else { self.inherited.on(observed) }
    }

    /// Notes the observations from the `k`th in order on as owed: there was no room for its
    /// command.
    #[cold]
    fn owe_rest<O: Observed>(&mut self, observed: &[O], at: impl Fn(usize) -> usize, k: usize) {
        let rest: Vec<Row> = (k..observed.len())
            .filter_map(|k| observed[at(k)].observed())
            .filter(|meta| self.decided_before(meta).is_none())
            .map(|meta| (meta.sequence, meta.env))
            .collect();
        self.owe(rest.into_iter());
    }

    /// Publishes the decisions of a part of a batch whose commands have been sent.
    fn publish_decisions<'a, O: Observed>(
        &mut self,
        observed: &[O],
        actions: &[usize],
        at: impl Fn(usize) -> usize,
        (from, end): (usize, usize),
        (time_ns, unclear): (u64, bool),
        answer: &mut dyn FnMut(usize) -> Result<Answer<'a>>,
    ) -> Result<()> {
        let sent_before = &mut self.sent_before;
        let (inherited, next, clear_from) =
            (&self.inherited, self.observations.reader.next(), self.clear_from);
        let (core, actions_of) = (&mut self.decisions.core, &self.actions);
        let mut highest = clear_from;
        let decisions = (from..end).filter_map(|k| {
            let i = at(k);
            let meta = observed[i].observed()?;
            let is_clear = meta.sequence >= clear_from;
            if !is_clear && inherited.on(&meta).is_some() {
                return None;
            }
            // Both were fine before.
            let mut decision = answer(i)
                .and_then(|answer| decision(actions_of, next, &meta, action_at(actions, i), &answer))
                .ok()?;
            if !is_clear {
                sent_before.settle(&mut decision);
            }
            highest = highest.max(meta.sequence);
            let stamp = Stamp { time_ns, env: meta.env, ..Stamp::default() };
            Some((bytemuck::cast::<Decision, [u8; size_of::<Decision>()]>(decision), Some(stamp)))
        });
        core.publish_each(decisions)?;
        self.clear_from = highest;
        kill::point("decide_batch.published");
        // After the decisions are out.
        for k in from..end {
            if let Some(meta) = observed[at(k)].observed()
                && self.decided_before(&meta).is_none()
            {
                self.count_latency(meta.time_ns, time_ns);
            }
        }
        if unclear {
            let rows = (from..end).filter_map(|k| observed[at(k)].observed()).map(|m| (m.sequence, m.env));
            self.settled(rows);
        }
        Ok(())
    }
}

/// Returns the action on observation `i`: WAIT where none are given.
fn action_at(actions: &[usize], i: usize) -> usize {
    actions.get(i).copied().unwrap_or(ActionSpace::WAIT)
}

fn latency(observed: &Meta, time_ns: u64) -> u64 {
    if observed.time_ns == 0 { 0 } else { time_ns.saturating_sub(observed.time_ns) }
}
