// C header: contract
//! The bits of the records' `present`.

/// Bit of a command's present: there is an alpha.
pub const LEYLINE_COMMAND_ALPHA: u32 = 1;
/// Bit of a command's present: there is a learning rate.
pub const LEYLINE_COMMAND_LEARNING_RATE: u32 = 2;
/// Bit of a command's present: there is a target stage.
pub const LEYLINE_COMMAND_TARGET_STAGE: u32 = 4;
/// Bit of a command's present: there is a blueprint.
pub const LEYLINE_COMMAND_BLUEPRINT: u32 = 8;
/// Bit of a command's present: there is an action index.
pub const LEYLINE_COMMAND_ACTION: u32 = 16;
/// Bit of a command's present: the reason was longer than its field.
pub const LEYLINE_COMMAND_REASON_CUT: u32 = 32;
/// Bit of an outcome's present: a gate decided.
pub const LEYLINE_OUTCOME_GATE: u32 = 1;
/// Bit of an outcome's present: there are metrics.
pub const LEYLINE_OUTCOME_METRICS: u32 = 2;
/// Bit of an outcome's present: there is a seed.
pub const LEYLINE_OUTCOME_SEED: u32 = 4;
/// Bit of an outcome's present: there are the stages before and after.
pub const LEYLINE_OUTCOME_STAGES: u32 = 8;
/// Bit of an outcome's present: the text was longer than its field.
pub const LEYLINE_OUTCOME_TEXT_CUT: u32 = 16;
/// Bit of a training metrics' present: there is a best validation loss.
pub const LEYLINE_METRICS_BEST_VAL_LOSS: u32 = 1;
/// Bit of a training metrics' present: there is a gradient norm of the host.
pub const LEYLINE_METRICS_GRAD_NORM_HOST: u32 = 2;
/// Bit of a training metrics' present: there is a gradient norm of the seed.
pub const LEYLINE_METRICS_GRAD_NORM_SEED: u32 = 4;
/// Bit of training signals' present: there is a time.
pub const LEYLINE_SIGNALS_TIME: u32 = 1;
/// Bit of training signals' present: there is the GPU memory in use.
pub const LEYLINE_SIGNALS_GPU_MEMORY: u32 = 2;
/// Bit of training signals' present: there is the GPU utilization.
pub const LEYLINE_SIGNALS_GPU_UTILIZATION: u32 = 4;
/// Bit of training signals' present: there is the epoch's duration.
pub const LEYLINE_SIGNALS_EPOCH_DURATION: u32 = 8;
/// Bit of a state report's present: there is a seed, and its blueprint.
pub const LEYLINE_STATE_SEED: u32 = 1;
/// Bit of a state report's present: there is a seed slot.
pub const LEYLINE_STATE_SLOT: u32 = 2;
/// Bit of a gate result's present: there is a seed.
pub const LEYLINE_GATE_RESULT_SEED: u32 = 1;
/// Bit of a gate result's present: there is a seed slot.
pub const LEYLINE_GATE_RESULT_SLOT: u32 = 2;
/// Bit of a gate result's present: the message was longer than its field.
pub const LEYLINE_GATE_RESULT_MESSAGE_CUT: u32 = 4;
/// Bit of a field report's present: there is a seed slot.
pub const LEYLINE_FIELD_REPORT_SLOT: u32 = 1;
/// Bit of a field report's present: there are the signals at germination.
pub const LEYLINE_FIELD_REPORT_SIGNALS: u32 = 2;
/// Bit of a field report's present: it failed, for a reason and in a stage.
pub const LEYLINE_FIELD_REPORT_FAILURE: u32 = 4;
/// Bit of a field report's present: the reason was longer than its field.
pub const LEYLINE_FIELD_REPORT_REASON_CUT: u32 = 8;
/// Bit of a seed telemetry's present: there is a layer.
pub const LEYLINE_TELEMETRY_LAYER: u32 = 1;
/// Bit of an event's present: there is a seed.
pub const LEYLINE_EVENT_SEED: u32 = 1;
/// Bit of an event's present: there is a seed slot.
pub const LEYLINE_EVENT_SLOT: u32 = 2;
/// Bit of an event's present: there is an epoch.
pub const LEYLINE_EVENT_EPOCH: u32 = 4;
/// Bit of an event's present: the message was longer than its field.
pub const LEYLINE_EVENT_MESSAGE_CUT: u32 = 8;
/// Bit of a blueprint's present: there is a greatest number of channels.
pub const LEYLINE_BLUEPRINT_MAX_CHANNELS: u32 = 1;
/// Bit of a blueprint's present: the description was longer than its field.
pub const LEYLINE_BLUEPRINT_DESCRIPTION_CUT: u32 = 2;

const _: () = {
    use crate::contract::blueprint::BlueprintSpec;
    use crate::contract::command::AdaptationCommand;
    use crate::contract::field_report::FieldReport;
    use crate::contract::gate_result::GateResult;
    use crate::contract::outcome::CommandOutcome;
    use crate::contract::seed_state_report::SeedStateReport;
    use crate::contract::signals::{TrainingMetrics, TrainingSignals};
    use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
    assert!(LEYLINE_COMMAND_ALPHA == AdaptationCommand::ALPHA);
    assert!(LEYLINE_COMMAND_LEARNING_RATE == AdaptationCommand::LEARNING_RATE);
    assert!(LEYLINE_COMMAND_TARGET_STAGE == AdaptationCommand::TARGET_STAGE);
    assert!(LEYLINE_COMMAND_BLUEPRINT == AdaptationCommand::BLUEPRINT);
    assert!(LEYLINE_COMMAND_ACTION == AdaptationCommand::ACTION);
    assert!(LEYLINE_COMMAND_REASON_CUT == AdaptationCommand::REASON_CUT);
    assert!(
        LEYLINE_OUTCOME_GATE == CommandOutcome::GATE && LEYLINE_OUTCOME_METRICS == CommandOutcome::METRICS
    );
    assert!(LEYLINE_OUTCOME_SEED == CommandOutcome::SEED && LEYLINE_OUTCOME_STAGES == CommandOutcome::STAGES);
    assert!(LEYLINE_OUTCOME_TEXT_CUT == CommandOutcome::TEXT_CUT);
    assert!(LEYLINE_METRICS_BEST_VAL_LOSS == TrainingMetrics::BEST_VAL_LOSS);
    assert!(LEYLINE_METRICS_GRAD_NORM_HOST == TrainingMetrics::GRAD_NORM_HOST);
    assert!(LEYLINE_METRICS_GRAD_NORM_SEED == TrainingMetrics::GRAD_NORM_SEED);
    assert!(LEYLINE_SIGNALS_TIME == TrainingSignals::TIME);
    assert!(LEYLINE_SIGNALS_GPU_MEMORY == TrainingSignals::GPU_MEMORY);
    assert!(LEYLINE_SIGNALS_GPU_UTILIZATION == TrainingSignals::GPU_UTILIZATION);
    assert!(LEYLINE_SIGNALS_EPOCH_DURATION == TrainingSignals::EPOCH_DURATION);
    assert!(LEYLINE_STATE_SEED == SeedStateReport::SEED && LEYLINE_STATE_SLOT == SeedStateReport::SLOT);
    assert!(LEYLINE_GATE_RESULT_SEED == GateResult::SEED && LEYLINE_GATE_RESULT_SLOT == GateResult::SLOT);
    assert!(LEYLINE_GATE_RESULT_MESSAGE_CUT == GateResult::MESSAGE_CUT);
    assert!(LEYLINE_FIELD_REPORT_SLOT == FieldReport::SLOT);
    assert!(LEYLINE_FIELD_REPORT_SIGNALS == FieldReport::SIGNALS);
    assert!(LEYLINE_FIELD_REPORT_FAILURE == FieldReport::FAILURE);
    assert!(LEYLINE_FIELD_REPORT_REASON_CUT == FieldReport::REASON_CUT);
    assert!(LEYLINE_TELEMETRY_LAYER == SeedTelemetry::LAYER);
    assert!(LEYLINE_EVENT_SEED == TelemetryEvent::SEED && LEYLINE_EVENT_SLOT == TelemetryEvent::SLOT);
    assert!(LEYLINE_EVENT_EPOCH == TelemetryEvent::EPOCH);
    assert!(LEYLINE_EVENT_MESSAGE_CUT == TelemetryEvent::MESSAGE_CUT);
    assert!(LEYLINE_BLUEPRINT_MAX_CHANNELS == BlueprintSpec::MAX_CHANNELS);
    assert!(LEYLINE_BLUEPRINT_DESCRIPTION_CUT == BlueprintSpec::DESCRIPTION_CUT);
};
