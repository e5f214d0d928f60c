//! Controllers that tasks of Tokio wait for.

use super::Controller;
use crate::base::error::Result;
use crate::contract::outcome::CommandOutcome;
use crate::handle::read::Read;
use crate::handle::tokio::{Async, found};
use crate::handle::wait_any::Watch;
use crate::link::rows::Rows;
use std::future::poll_fn;

impl Async<Controller> {
    /// Waits for the next observation and reads it as [`Controller::try_next`] does. Returns anything
    /// but [`Read::Empty`] and [`Read::TimedOut`].
    pub async fn next_async<R: Rows + ?Sized>(&mut self, observation: &mut R) -> Result<Read> {
        poll_fn(|cx| {
            self.poll_with(
                cx,
                Controller::watch_observations,
                |controller| Ok(found(controller.try_next(observation)?)),
                |_, ending| Some(Ok(ending)),
            )
        })
        .await
    }

    /// Waits for the next outcome and returns it as [`Controller::try_outcome`] does.
    ///
    /// [`ErrorKind::PeerGone`](crate::ErrorKind::PeerGone): the trainer is gone, which is reported
    /// once; [`ErrorKind::Superseded`](crate::ErrorKind::Superseded).
    pub async fn next_outcome_async(&mut self) -> Result<CommandOutcome> {
        poll_fn(|cx| {
            self.poll_with(
                cx,
                |controller| Watch::consumer(&mut controller.outcomes.core),
                Controller::try_outcome,
                |controller, ending| controller.no_more_outcomes(ending).map(Err),
            )
        })
        .await
    }
}
