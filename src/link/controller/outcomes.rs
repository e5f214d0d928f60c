//! Receiving the outcomes of commands.

use super::Controller;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::outcome::{CommandOutcome, OutcomeStatus};
use crate::handle::{consumer::Consumer, read::Read};
use crate::ring::reader::MAX_RESTARTS;
use crate::ring::wait::{Remaining, Wait};
use crate::sys::{kill, lock::forked};
use bytemuck::Zeroable;

impl Controller {
    /// Returns the next outcome of any command of this lane, those of a predecessor included.
    /// `None`: there is none now. Makes no system call.
    ///
    /// The outcome keeps its room in the ring until the next call of this or of
    /// [`Controller::wait_outcome`], or until the controller is dropped: until then the caller may
    /// die before it has done anything about it. A successor is given every outcome whose receiver
    /// did not come back, so it may be given the last one a second time.
    pub fn try_outcome(&mut self) -> Result<Option<CommandOutcome>> {
        Ok(self.outcome_by(|outcomes, outcome| Ok(outcomes.try_next(outcome)))?.ok())
    }

    /// Returns the next outcome as [`Controller::try_outcome`] does, after waiting for it. `None`:
    /// not in time.
    ///
    /// [`ErrorKind::PeerGone`]: the trainer is gone; [`ErrorKind::Superseded`].
    pub fn next_outcome(&mut self, wait: Wait) -> Result<Option<CommandOutcome>> {
        self.check_not_cancelled()?;
        let mut remaining = Remaining::of(wait);
        match self.outcome_by(|outcomes, outcome| outcomes.next(outcome, remaining.left()))? {
            Ok(outcome) => Ok(Some(outcome)),
            Err(end) => self.no_more_outcomes(end).map_or(Ok(None), Err),
        }
    }

    /// Ends a wait that was cancelled before it, whatever is there.
    fn check_not_cancelled(&self) -> Result<()> {
        if self.observations.canceller.take() { Err(ErrorKind::Cancelled.into()) } else { Ok(()) }
    }

    /// Hands out an outcome that lies aside, or else reads one; or says why there is none.
    fn outcome_by(
        &mut self,
        read: impl FnMut(&mut Consumer<CommandOutcome>, &mut CommandOutcome) -> Result<Read>,
    ) -> Result<std::result::Result<CommandOutcome, Read>> {
        self.commit_outcomes()?;
        let outcome = match self.aside.pop_front() {
            Some((_, outcome)) => outcome,
            None => match self.read_outcome(read)? {
                (Some((_, outcome)), _) => outcome,
                (None, end) => return Ok(Err(end)),
            },
        };
        self.outcomes_given = true;
        kill::point("outcome.read");
        Ok(Ok(outcome))
    }

    /// Returns the error of a wait for outcomes that something else than time ended.
    pub(super) fn no_more_outcomes(&self, end: Read) -> Option<Error> {
        match end {
            Read::WriterGone(ending) => {
                let reason = self.outcomes.peer_reason().filter(|reason| !reason.is_empty());
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                Some(
                    Error::new(ErrorKind::PeerGone)
                        .about("waiting for an outcome")
                        .expected_found("a trainer", format!("one that {ending}{reason}"))
                        .help("the command stays in the ring for the trainer's successor"),
                )
            }
            Read::Superseded => {
                Some(Error::new(ErrorKind::Superseded).at(self.segment().path()).help("attach again"))
            }
            Read::Cancelled => Some(ErrorKind::Cancelled.into()),
            Read::Interrupted => Some(ErrorKind::Interrupted.into()),
            Read::Forked => Some(forked()),
            _ => None,
        }
    }

    /// Reads one outcome with its sequence, or returns why there is none.
    pub(super) fn read_outcome(
        &mut self,
        mut read: impl FnMut(&mut Consumer<CommandOutcome>, &mut CommandOutcome) -> Result<Read>,
    ) -> Result<(Option<(u64, CommandOutcome)>, Read)> {
        let mut outcome = CommandOutcome::zeroed();
        for _ in 0..self.outcomes.core.reader.info.capacity + MAX_RESTARTS {
            match read(&mut self.outcomes, &mut outcome)? {
                Read::Record(meta) => return Ok((Some((meta.sequence, outcome)), Read::Record(meta))),
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                end => return Ok((None, end)),
            }
        }
        Ok((None, Read::Empty))
    }

    /// Commits what earlier calls have handed out, up to the first outcome that lies aside.
    pub(super) fn commit_outcomes(&mut self) -> Result<()> {
        if !self.outcomes_given {
            return Ok(());
        }
        match self.aside.front() {
            None => self.outcomes.commit()?,
            Some((sequence, _)) => self.outcomes.commit_to(sequence - 1)?,
        }
        self.outcomes_given = false;
        Ok(())
    }

    /// Waits for the final outcome of a command. Outcomes of others are kept for
    /// [`Controller::try_outcome`], and keep their room in the ring until then; an ACCEPTED of this
    /// one is passed over.
    ///
    /// A successor may be given the outcome a second time, as with [`Controller::try_outcome`]:
    /// until the next call, and as long as earlier outcomes of other commands have not been handed
    /// out, for outcomes are given back in their order.
    ///
    /// [`ErrorKind::Timeout`]: not in time (it may still come); [`ErrorKind::PeerGone`]: the trainer is gone, the
    /// command stays for its successor; [`ErrorKind::Superseded`].
    pub fn wait_outcome(&mut self, id: &[u8; 16], wait: Wait) -> Result<CommandOutcome> {
        let is_final =
            |o: &CommandOutcome| o.command_id == *id && o.status().is_ok_and(OutcomeStatus::is_final);
        self.check_not_cancelled()?;
        self.commit_outcomes()?;
        if let Some(at) = self.aside.iter().position(|(_, o)| is_final(o))
            && let Some((_, outcome)) = self.aside.remove(at)
        {
            self.outcomes_given = true;
            return Ok(outcome);
        }
        let mut remaining = Remaining::of(wait);
        loop {
            let over = remaining.left().timeout.is_zero();
            match self.read_outcome(|outcomes, outcome| outcomes.next(outcome, remaining.left()))? {
                (Some((_, outcome)), _) if is_final(&outcome) => {
                    self.outcomes_given = true;
                    return Ok(outcome);
                }
                (Some((_, outcome)), _) if outcome.command_id == *id => self.outcomes_given = true,
                (Some(other), _) => self.aside.push_back(other),
                (None, end) => return Err(self.no_more_outcomes(end).unwrap_or_else(no_outcome)),
            }
            // Outcomes of others may go on coming for ever.
            if over {
                return Err(no_outcome());
            }
        }
    }
}

pub(super) fn no_outcome() -> Error {
    Error::new(ErrorKind::Timeout)
        .about("waiting for an outcome")
        .help("the command was accepted and may still be answered")
}
