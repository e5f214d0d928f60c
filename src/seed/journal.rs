// C header: seed
//! The queues of the records that a life cycle made, until the trainer takes them.

use crate::contract::field_report::FieldReport;
use crate::contract::gate_result::GateResult;
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::telemetry::TelemetryEvent;
use std::collections::VecDeque;

/// Events that wait, at most.
pub const MAX_EVENTS: usize = 64;
/// State reports that wait, and gate results, at most.
pub const MAX_REPORTS: usize = 16;
/// Field reports that wait, at most.
pub const MAX_FIELD_REPORTS: usize = 4;

/// Records waiting to be taken, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Queue<T, const MOST: usize> {
    pub(super) waiting: VecDeque<T>,
    pub(super) dropped: u64,
}

impl<T, const MOST: usize> Default for Queue<T, MOST> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), dropped: 0 }
    }
}

impl<T, const MOST: usize> Queue<T, MOST> {
    /// Appends a record. A full queue drops its oldest: the newest matter most.
    pub(super) fn push(&mut self, record: T) {
        if self.waiting.len() == MOST {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(record);
    }
}

/// The records that a life cycle made and the trainer has not taken yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Journal {
    pub(super) events: Queue<TelemetryEvent, { MAX_EVENTS }>,
    pub(super) state_reports: Queue<SeedStateReport, { MAX_REPORTS }>,
    pub(super) gate_results: Queue<GateResult, { MAX_REPORTS }>,
    pub(super) field_reports: Queue<FieldReport, { MAX_FIELD_REPORTS }>,
    /// Ids made so far.
    pub(super) ids: u64,
}

/// The reports that a life cycle dropped because they were not taken in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Untold {
    /// Events.
    pub events: u64,
    /// State reports.
    pub state_reports: u64,
    /// Gate results.
    pub gate_results: u64,
    /// Field reports.
    pub field_reports: u64,
}
