//! The standard link between one trainer and its controllers: observations one way, decisions and
//! commands the other, outcomes back; and the trainer's reports beside them.
//!
//! | ring | record | writer | readers |
//! |---|---|---|---|
//! | `observations` | rows of the link's [`RowSchema`], by default [`Observation`] | trainer | observers: the trainer waits for nobody |
//! | `decisions.K` | [`Decision`] | controller of lane K | observers |
//! | `commands.K` | [`AdaptationCommand`], and [`CommandAnnotation`](crate::contract::annotation::CommandAnnotation)s before it | controller of lane K | consumer: the trainer; keep |
//! | `outcomes.K` | [`CommandOutcome`] | trainer | consumer: the controller of lane K; keep |
//! | that of each [`Report`] | the report | trainer | observers |
//!
//! **Two tiers.** Signals of a type with a rich form
//! ([`ToObservation::signals`](crate::ToObservation::signals)) are published twice in one call: as
//! [`TrainingSignals`] and then as an observation. The signals carry the sequence and the writer
//! generation of their observation and have its time, so that whoever holds the observation finds
//! them ([`Controller::signals_of`]). A trainer that dies between the two leaves signals without an
//! observation: that sequence then belongs to another writer generation than the signals say.
//!
//! **Many environments.** On a link of B [`rows`](LinkSpec::rows) each slot of `observations` holds
//! B of them, with an environment and flags each, under one sequence and one time. Each row is
//! decided on by itself; a row's decision names the slot's sequence and the row's environment.

mod controller;
mod history;
mod inherited;
mod owed;
mod ring_kind;
mod rows;
mod sent_before;
mod steering;
mod trainer;

pub use controller::{Answer, Controller, Decided, Observed, Ticket};
pub use history::{SentCommand, sent_commands};
pub use ring_kind::RingKind;
pub use rows::{Cell, Row, Rows};
pub(crate) use steering::Helm;
pub use steering::{Fossils, Steered, Steering, SteeringOptions, SteeringSnapshot};
pub use trainer::{Answers, Published, PublishedRows, ReceivedCommand, Reported, Trainer};

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::{MAX_CAPACITY, MAX_ROWS};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    action::ActionSpace, blueprint::BlueprintSpec, budgets::PerformanceBudgets, command::AdaptationCommand,
    decision::Decision, field_report::FieldReport, gate_result::GateResult, observation::Observation,
    outcome::CommandOutcome, seed_state_report::SeedStateReport, signals::TrainingSignals,
};
use crate::ring::{cursors::Policy, slot::UNIT_RECORD};
use crate::schema::canonical::{Schema, hex, mismatch_of};
use crate::schema::{record::Report, row::RowSchema};
use crate::segment::attached::Segment;
use crate::segment::header::{RingSpec, Spec};
use crate::sys::{clock::TimeSource, os};

// An observation is copied as fast as a record can be.
const _: () = assert!(size_of::<Observation>() == UNIT_RECORD);

/// The name of the ring of observations.
pub const OBSERVATIONS: &str = "observations";
/// Controller lanes of a link, at most.
pub const MAX_LANES: u32 = 8;

/// Observations that a ring has room for unless set otherwise, and slots that it has at least.
const OBSERVATIONS_KEPT: u64 = 4096;
const LEAST_SLOTS: u64 = 8;
/// Commands that a lane has room for unless set otherwise.
const COMMANDS_KEPT: u64 = 256;

/// Returns the name of a lane's ring of decisions.
pub fn decisions_ring(lane: u32) -> String {
    format!("decisions.{lane}")
}

/// Returns the name of a lane's ring of commands.
pub fn commands_ring(lane: u32) -> String {
    format!("commands.{lane}")
}

/// Returns the name of a lane's ring of outcomes.
pub fn outcomes_ring(lane: u32) -> String {
    format!("outcomes.{lane}")
}

/// The shape of a link. With the defaults it takes less than 8 MiB.
#[derive(Clone, Debug)]
#[must_use]
pub struct LinkSpec {
    actions: ActionSpace,
    schema: RowSchema,
    lanes: u32,
    rows: u32,
    observations: Option<u64>,
    decisions: Option<u64>,
    commands: Option<u64>,
    time_source: TimeSource,
}

impl LinkSpec {
    /// Makes the default shape: one lane, observations of version 1, 4096 of them and of decisions,
    /// 256 commands and 1024 outcomes, the reports' own capacities, stamped from the TSC.
    pub fn new(actions: &ActionSpace) -> Self {
        Self {
            actions: actions.clone(),
            schema: Observation::row_schema().clone(),
            lanes: 1,
            rows: 1,
            observations: None,
            decisions: None,
            commands: None,
            time_source: TimeSource::Tsc,
        }
    }

    /// Sets how many controllers can act at the same time, each in a lane of its own: 1 to 8.
    pub fn lanes(mut self, lanes: u32) -> Self {
        self.lanes = lanes;
        self
    }

    /// Sets the schema of the observations; by default [`Observation::row_schema`].
    pub fn observe(mut self, schema: &RowSchema) -> Self {
        self.schema = schema.clone();
        self
    }

    /// Sets how many observations a slot holds, B: as many environments step together. 1 to 65536.
    ///
    /// The defaults of the capacities follow: at least 8 slots and room for 4096 observations, as
    /// many decisions and 2 B at least, B commands and 256 at least.
    pub fn rows(mut self, rows: u32) -> Self {
        self.rows = rows;
        self
    }

    /// Sets the slots of the ring of observations: a power of two. Unless set by itself, each
    /// lane's ring of decisions has room for as many, or for 4096 if that is less, and for 2 B at
    /// least.
    pub fn observations(mut self, slots: u64) -> Self {
        self.observations = Some(slots);
        self
    }

    /// Sets the slots of each lane's ring of decisions: a power of two, and 2 B at least.
    pub fn decisions(mut self, slots: u64) -> Self {
        self.decisions = Some(slots);
        self
    }

    /// Sets the slots of each lane's ring of commands: a power of two, and B at least. Its ring of
    /// outcomes has four times as many, so that every command can be accepted and answered while
    /// its sender is away.
    pub fn commands(mut self, slots: u64) -> Self {
        self.commands = Some(slots);
        self
    }

    /// Sets the time source of the stamps of observations, decisions and reports.
    pub fn time_source(mut self, source: TimeSource) -> Self {
        self.time_source = source;
        self
    }

    /// Returns the segment's rings. A program may add its own to them.
    ///
    /// [`ErrorKind::InvalidArgument`]: lanes or rows out of range, a capacity that is no power of two, or one that is
    /// too small for a batch of the rows: what a controller decides on one slot would not fit.
    pub fn to_spec(&self) -> Result<Spec> {
        let within = |what: &'static str, most: u32, found: u32| {
            if (1..=most).contains(&found) {
                return Ok(());
            }
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(what)
                .expected_found(format!("1 to {most}"), found.to_string()))
        };
        within("lanes", MAX_LANES, self.lanes)?;
        within("rows", MAX_ROWS as u32, self.rows)?;
        let rows = u64::from(self.rows);
        let batch = |what: &'static str, each: u64, slots: u64| {
            if slots >= each * rows {
                return Ok(slots);
            }
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(what)
                .expected_found(format!("{} slots or more for {rows} rows", each * rows), slots.to_string())
                .help("give the ring more slots, or leave its capacity to the number of rows"))
        };
        let observations = self
            .observations
            .unwrap_or_else(|| OBSERVATIONS_KEPT.div_ceil(rows).next_power_of_two().max(LEAST_SLOTS));
        let decisions = self.decisions.unwrap_or_else(|| {
            let kept = observations.saturating_mul(rows).min(observations.max(OBSERVATIONS_KEPT));
            kept.max(2 * rows).min(MAX_CAPACITY).next_power_of_two()
        });
        let decisions = batch("capacity of decisions", 2, decisions)?;
        let commands = self.commands.unwrap_or_else(|| rows.next_power_of_two().max(COMMANDS_KEPT));
        let commands = batch("capacity of commands", 1, commands)?;

        let mut spec = Spec::new().domain(self.actions.canonical()).ring(
            RingSpec::with_schema(OBSERVATIONS, self.schema.schema())?
                .capacity(observations)
                .rows(self.rows)
                .time_source(self.time_source)
                .kind(RingKind::Observations as u32, 0),
        );
        for lane in 0..self.lanes {
            spec = spec
                .ring(
                    RingSpec::new::<Decision>(&decisions_ring(lane))?
                        .capacity(decisions)
                        .time_source(self.time_source)
                        .kind(RingKind::Decisions as u32, lane),
                )
                .ring(
                    RingSpec::new::<AdaptationCommand>(&commands_ring(lane))?
                        .capacity(commands)
                        .consumers(1, Policy::Keep)
                        .kind(RingKind::Commands as u32, lane),
                )
                .ring(
                    RingSpec::new::<CommandOutcome>(&outcomes_ring(lane))?
                        .capacity(commands.saturating_mul(4))
                        .consumers(1, Policy::Keep)
                        .kind(RingKind::Outcomes as u32, lane),
                );
        }
        self.add_reports(spec)
    }

    fn add_reports(&self, spec: Spec) -> Result<Spec> {
        let spec = self.add_report::<TrainingSignals>(spec)?;
        let spec = self.add_report::<SeedStateReport>(spec)?;
        let spec = self.add_report::<GateResult>(spec)?;
        let spec = self.add_report::<FieldReport>(spec)?;
        let spec = self.add_report::<SeedTelemetry>(spec)?;
        let spec = self.add_report::<TelemetryEvent>(spec)?;
        let spec = self.add_report::<BlueprintSpec>(spec)?;
        self.add_report::<PerformanceBudgets>(spec)
    }

    fn add_report<T: Report>(&self, spec: Spec) -> Result<Spec> {
        Ok(spec.ring(
            RingSpec::new::<T>(T::RING)?
                .capacity(T::CAPACITY)
                .time_source(self.time_source)
                .kind(RingKind::Reports as u32, 0),
        ))
    }
}

/// Returns the action space that a segment carries; `None` if it has no domain text.
/// [`ErrorKind::Corrupt`]: the text is no action space.
pub fn actions_of(segment: &Segment) -> Result<Option<ActionSpace>> {
    segment.domain().map(ActionSpace::from_canonical).transpose().map_err(|e| e.at(segment.path()))
}

/// Returns the action space of a link.
fn link_actions(segment: &Segment) -> Result<ActionSpace> {
    actions_of(segment)?.ok_or_else(|| {
        Error::new(ErrorKind::DomainMismatch)
            .at(segment.path())
            .expected_found("an action space", "none")
            .help_for(
                "make the segment from LinkSpec::to_spec, or give its Spec the action space's canonical text",
                "make the segment from leyline_spec_of_link, or call leyline_spec_set_actions",
            )
    })
}

/// Returns the schema of a link's observations, from its segment.
fn schema_of(segment: &Segment) -> Result<RowSchema> {
    let ring = segment.ring(OBSERVATIONS)?;
    let about = |e: Error| e.about(format!("schema of ring \"{OBSERVATIONS}\"")).at(segment.path());
    let schema = Schema::from_canonical(&ring.schema).map_err(about)?;
    if schema.fingerprint() != ring.fingerprint {
        return Err(about(ErrorKind::Corrupt.into())
            .expected_found(hex(&schema.fingerprint()), hex(&ring.fingerprint)));
    }
    // One and the same where it can be: that is quick to compare.
    match Observation::row_schema() {
        v1 if v1.fingerprint() == ring.fingerprint => Ok(v1.clone()),
        _ => RowSchema::from_schema(&schema).map_err(about),
    }
}

/// Says that a program expects other observations than the link has.
#[cold]
fn wrong_schema(link: &RowSchema, meant: &RowSchema) -> Error {
    mismatch_of(meant.schema(), &link.fingerprint(), &link.schema().canonical())
        .about(format!("ring \"{OBSERVATIONS}\""))
        .help_for(
            "attach with the schema that the link has (Controller::attach_any takes whatever it has), \
             or make the link with the one that is meant (LinkSpec::observe)",
            "attach with the schema that the link has (LEYLINE_ACCEPT_ANY takes whatever it has), \
             or make the link with the one that is meant (observe of leyline_link_options_t)",
        )
}

/// Returns a new version 4 UUID (RFC 9562).
pub(crate) fn fresh_id() -> Result<[u8; 16]> {
    let mut id = os::random()?;
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    Ok(id)
}
