//! The names of the contract for numbers in its records, for tools that show records of any kind.

use crate::base::error::Result;
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    action::ActionSpace, annotation::CommandAnnotation, blueprint::BlueprintSpec, command::AdaptationCommand,
    enumerations::enumeration, field_report::FieldReport, gate_result::GateResult, outcome::CommandOutcome,
    seed_state_report::SeedStateReport,
};
use crate::schema::decode::{self, Decoded, OptionalFields, Vocabulary};
use crate::schema::{canonical::Schema, record::Record};

/// Decodes a record with the contract's names. The actions, if given, name the indices of actions.
/// A command that is an annotation is decoded as one.
///
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the record has another length than its
/// schema.
pub fn decode(schema: &Schema, record: &[u8], actions: Option<&ActionSpace>) -> Result<Vec<Decoded>> {
    let (mut schema, mut record) = (schema, record);
    let annotation;
    if schema.fingerprint() == AdaptationCommand::schema().fingerprint()
        && record.len() == schema.size()
        && let Some(found) = CommandAnnotation::of_record(&bytemuck::pod_read_unaligned(record))
    {
        annotation = found;
        (schema, record) = (CommandAnnotation::schema(), bytemuck::bytes_of(&annotation));
    }
    let name = |enumeration: &str, value: u32| match enumeration {
        "action" => actions?.name(value as usize).ok().map(Some),
        _ => enumerated(enumeration, value),
    };
    decode::decode(schema, record, Vocabulary { name: &name, optional: OPTIONAL })
}

const fn optional<T: Record>(record: &'static str, nested: &'static str) -> OptionalFields {
    OptionalFields { record, nested, bits: T::BITS, fields: T::OPTIONAL }
}

const OPTIONAL: &[OptionalFields] = &[
    optional::<TrainingMetrics>("training_metrics", ""),
    optional::<TrainingSignals>("training_signals", ""),
    optional::<TrainingMetrics>("training_signals", "metrics."),
    optional::<SeedStateReport>("seed_state_report", ""),
    optional::<GateResult>("gate_result", ""),
    optional::<FieldReport>("field_report", ""),
    optional::<TrainingSignals>("field_report", "signals."),
    optional::<TrainingMetrics>("field_report", "signals.metrics."),
    optional::<SeedTelemetry>("seed_telemetry", ""),
    optional::<TelemetryEvent>("telemetry_event", ""),
    optional::<BlueprintSpec>("blueprint_spec", ""),
    optional::<AdaptationCommand>("adaptation_command", ""),
    optional::<CommandOutcome>("command_outcome", ""),
];

/// Returns the name of a value of one of the contract's enumerations. `None`: there is no such
/// enumeration. `Some(None)`: it has no such value.
#[allow(clippy::option_option)]
fn enumerated(name: &str, value: u32) -> Option<Option<&'static str>> {
    match name {
        "flag" => Some(["no", "yes"].get(value as usize).copied()),
        "CommandType" if value == u32::from(CommandAnnotation::MARK) => Some(Some("ANNOTATION")),
        _ => enumeration(name).map(|e| e.name_of(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::catalog::schemas;

    #[test]
    fn every_record_of_this_crate_is_known_with_all_that_is_optional_and_numbered_in_it() {
        for schema in schemas() {
            for field in schema.fields() {
                if let Some(prefix) = field.name.strip_suffix("present") {
                    let known = OPTIONAL.iter().find(|o| (o.record, o.nested) == (schema.name(), prefix));
                    let Some(OptionalFields { fields, .. }) = known else {
                        panic!("{}: {}", schema.name(), field.name)
                    };
                    for name in fields.iter().map(|(_, name)| name) {
                        let full = format!("{prefix}{name}");
                        let there = schema.fields().iter().any(|f| f.name.starts_with(&full));
                        assert!(there, "{} has no {full}", schema.name());
                    }
                }
                // A unit spelled like a type names an enumeration.
                let lower = |c: char| c.is_ascii_lowercase();
                if field.unit.starts_with(|c: char| c.is_ascii_uppercase()) && field.unit.contains(lower) {
                    assert!(enumerated(&field.unit, 1).is_some(), "{}: {}", field.name, field.unit);
                }
            }
        }
    }
}
