//! The records of the contract, each once.

use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    annotation::CommandAnnotation, blueprint::BlueprintSpec, budgets::PerformanceBudgets,
    command::AdaptationCommand, decision::Decision, field_report::FieldReport, gate_result::GateResult,
    observation::Observation, outcome::CommandOutcome, seed_metrics::SeedMetrics,
    seed_state_report::SeedStateReport,
};
use crate::schema::{canonical::Schema, record::Record};

/// Bytes that a hot or command message may have, its slot's own bytes included.
const MESSAGE_BUDGET: usize = 280;
const _: () = {
    const BUDGET: usize = MESSAGE_BUDGET - crate::base::layout::slot::OVERHEAD;
    assert!(size_of::<Observation>() <= BUDGET && size_of::<Decision>() <= BUDGET);
    assert!(size_of::<AdaptationCommand>() <= BUDGET && size_of::<CommandOutcome>() <= BUDGET);
};

/// Returns the schemas of all records of the contract, in the order of their numbers in C (from 1).
pub fn schemas() -> [&'static Schema; 15] {
    [
        Observation::schema(),
        Decision::schema(),
        AdaptationCommand::schema(),
        CommandOutcome::schema(),
        TrainingSignals::schema(),
        SeedMetrics::schema(),
        TrainingMetrics::schema(),
        SeedTelemetry::schema(),
        SeedStateReport::schema(),
        GateResult::schema(),
        FieldReport::schema(),
        TelemetryEvent::schema(),
        BlueprintSpec::schema(),
        PerformanceBudgets::schema(),
        CommandAnnotation::schema(),
    ]
}
