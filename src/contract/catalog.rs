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

/// The schemas of all records of the contract, in the order of their numbers in C (from 1).
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

/// The layout of a record's struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The struct's name in C, such as `leyline_decision_t`.
    pub c_name: String,
    /// Bytes of the struct.
    pub size: usize,
    /// The struct's own fields in order, each with its offset in bytes.
    pub fields: Vec<(String, usize)>,
}

/// Returns the layout of every record's struct, in the order of [`schemas`].
pub fn layouts() -> Vec<Layout> {
    schemas().into_iter().map(layout).collect()
}

fn layout(schema: &Schema) -> Layout {
    let mut fields: Vec<(String, usize)> = Vec::new();
    for field in schema.fields() {
        // `metrics.alpha` lies in the field `metrics`, `tags.3` in the field `tags`.
        let outer = field.name.split('.').next().unwrap_or_default();
        if fields.last().is_none_or(|(last, _)| last != outer) {
            fields.push((outer.to_owned(), field.offset as usize));
        }
    }
    // An observation is one array, whose numbers have names in the schema only.
    if schema.name() == "observation" {
        fields = vec![("values".to_owned(), 0)];
    }
    Layout { c_name: format!("leyline_{}_t", schema.name()), size: schema.size(), fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_keeps_its_size_and_its_version() {
        let sizes = schemas().map(Schema::size);
        assert_eq!(sizes, [108, 32, 248, 224, 720, 48, 64, 176, 200, 656, 1528, 480, 552, 24, 248]);
        for schema in schemas() {
            assert_eq!(schema.version(), 1);
            assert!(schema.fields().iter().all(|f| f.low <= f.high));
        }
        let outcome = CommandOutcome::schema();
        assert!(outcome.fields().iter().any(|f| f.name == "metrics.alpha_ramp_step"));
    }
}
