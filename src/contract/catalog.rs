//! The records of the contract, each once.

use crate::contract::annotation::CommandAnnotation;
use crate::contract::blueprint::BlueprintSpec;
use crate::contract::budgets::PerformanceBudgets;
use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::field_report::FieldReport;
use crate::contract::gate_result::GateResult;
use crate::contract::observation::Observation;
use crate::contract::outcome::CommandOutcome;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::schema::canonical::Schema;
use crate::schema::record::Record;

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
