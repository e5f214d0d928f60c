//! Trainers that tasks of Tokio wait for.

use super::{ReceivedCommand, Trainer};
use crate::base::error::Result;
use crate::contract::decision::Decision;
use crate::handle::read::Read;
use crate::handle::tokio::{Async, found};
use crate::handle::wait_any::Watch;
use std::future::poll_fn;

impl Async<Trainer> {
    /// Waits for the next decision of a lane and reads it as [`Trainer::try_decision`] does. Returns
    /// anything but [`Read::Empty`] and [`Read::TimedOut`].
    /// [`ErrorKind::NoSuchRing`](crate::ErrorKind::NoSuchRing): no such lane.
    pub async fn next_decision_async(&mut self, lane: u32, decision: &mut Decision) -> Result<Read> {
        poll_fn(|cx| {
            self.poll_with(
                cx,
                |trainer| Watch::reader(&mut trainer.lanes[lane as usize].decisions.core),
                |trainer| Ok(found(trainer.try_decision(lane, decision)?)),
                |_, ending| Some(Ok(ending)),
            )
        })
        .await
    }

    /// Waits for the next command to execute, of any lane and any controller, and returns it as
    /// [`Trainer::try_command`] does.
    pub async fn next_command_async(&mut self) -> Result<ReceivedCommand> {
        poll_fn(|cx| self.poll_with(cx, Trainer::watch_commands, Trainer::try_command, |_, _| None)).await
    }
}
