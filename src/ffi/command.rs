// C header: contract
//! Decisions, commands and outcomes: checked setters on the records.

use super::boundary::{act, change, input, invalid, out, text};
use super::seed::GateVerdictRecord;
use super::status::Status;
use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::stage::{CommandType, RiskLevel, SeedStage};
use crate::schema::id::Id;
use std::ffi::c_char;

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

const _: () = {
    use crate::contract::signals::{TrainingMetrics, TrainingSignals};
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
};

fn action_index(action: u32) -> crate::base::error::Result<u16> {
    u16::try_from(action).map_err(|_| invalid("action", "0 to 65535", "more"))
}

/// Makes the decision for an action, with confidence 1 and no estimates (0).
///
/// @param decision              what to set
/// @param observation_sequence  the observation it answers
/// @param writer_generation          the epoch of that observation's writer
/// @param env                   the environment, from 0
/// @param action                index into the action space, at most 65535
/// @return                      LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_decision_init(
    decision: *mut Decision,
    observation_sequence: u64,
    writer_generation: u64,
    env: u16,
    action: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let action = action_index(action)?;
        out(decision, "decision")?.set(Decision::new(observation_sequence, writer_generation, env, action));
        Ok(())
    })
}

/// Sets the confidence.
///
/// @param decision    the decision
/// @param confidence  0 to 1
/// @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_decision_set_confidence(decision: *mut Decision, confidence: f32) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(decision, "decision", |d| d.with_confidence(confidence)) })
}

/// Sets the estimates.
///
/// @param decision         the decision
/// @param value_estimate   finite, in units of the reward
/// @param log_probability  natural logarithm of the action's probability, finite
/// @return                 LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_decision_set_estimates(
    decision: *mut Decision,
    value_estimate: f32,
    log_probability: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(decision, "decision", |d| d.with_estimates(value_estimate, log_probability)) })
}

/// Whether every field is in its range. The error names the first that is not.
///
/// @param decision  the decision; may hold anything
/// @return          LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_decision_check(decision: *const Decision) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(decision, "decision")?.check() })
}

/// Makes a command with confidence 1, risk GREEN and nothing optional.
///
/// @param command       what to set
/// @param command_type  a leyline_command_type
/// @return              LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_init(
    command: *mut AdaptationCommand,
    command_type: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let made = AdaptationCommand::new(CommandType::from_value(command_type)?);
        out(command, "command")?.set(made);
        Ok(())
    })
}

/// Makes it the answer to an observation.
///
/// @param command               the command
/// @param observation_sequence  the observation
/// @param writer_generation          the epoch of that observation's writer
/// @param env                   the environment, from 0
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_answering(
    command: *mut AdaptationCommand,
    observation_sequence: u64,
    writer_generation: u64,
    env: u16,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(command, "command", |c| Ok(c.answering(observation_sequence, writer_generation, env)))
    })
}

/// Sets the blending weight.
///
/// @param command  the command
/// @param alpha    0 to 1
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_alpha(
    command: *mut AdaptationCommand,
    alpha: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_alpha(alpha)) })
}

/// Sets the learning rate.
///
/// @param command        the command
/// @param learning_rate  finite, above 0
/// @return               LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_learning_rate(
    command: *mut AdaptationCommand,
    learning_rate: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_learning_rate(learning_rate)) })
}

/// Sets the confidence.
///
/// @param command     the command
/// @param confidence  0 to 1
/// @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_confidence(
    command: *mut AdaptationCommand,
    confidence: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_confidence(confidence)) })
}

/// Sets the blueprint.
///
/// @param command    the command
/// @param blueprint  1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT (empty); nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_blueprint(
    command: *mut AdaptationCommand,
    blueprint: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_blueprint(text(blueprint, "blueprint")?)) })
}

/// Sets the seed.
///
/// @param command  the command
/// @param seed     at most 39 bytes; empty means the one that the observation describes
/// @return         LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_target_seed(
    command: *mut AdaptationCommand,
    seed: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_target_seed(text(seed, "seed")?)) })
}

/// Sets the slot.
///
/// @param command  the command
/// @param slot     at most 39 bytes; empty on GERMINATE means the lowest free one
/// @return         LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_target_slot(
    command: *mut AdaptationCommand,
    slot: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| c.with_target_slot(text(slot, "slot")?)) })
}

/// Sets the reason, for people.
///
/// @param command  the command
/// @param reason   longer than 63 bytes it is cut at a character and flagged
/// @return         LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_reason(
    command: *mut AdaptationCommand,
    reason: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| Ok(c.with_reason(text(reason, "reason")?))) })
}

/// Sets the risk level.
///
/// @param command  the command
/// @param risk     a leyline_risk
/// @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_risk(
    command: *mut AdaptationCommand,
    risk: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| Ok(c.with_risk(RiskLevel::from_value(risk)?))) })
}

/// Sets the stage to go to.
///
/// @param command  the command
/// @param stage    a leyline_seed_stage
/// @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_target_stage(
    command: *mut AdaptationCommand,
    stage: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| Ok(c.with_target_stage(SeedStage::from_value(stage)?))) })
}

/// Sets the index of the action that it carries out.
///
/// @param command  the command
/// @param action   index into the action space, at most 65535
/// @return         LEYLINE_ERR_INVALID_ARGUMENT; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_set_action(
    command: *mut AdaptationCommand,
    action: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(command, "command", |c| Ok(c.with_action(action_index(action)?))) })
}

/// Whether it may be acted on: enumerations known, numbers finite and in range, ids whole, what is absent zero, and what its
/// type needs there. The error names the first field that is not so.
///
/// @param command  the command; may hold anything
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
///                 LEYLINE_ERR_INVALID_ARGUMENT (something missing)
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_adaptation_command_check(command: *const AdaptationCommand) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(command, "command")?.check() })
}

/// Makes the answer to a command.
///
/// @param outcome           what to set
/// @param command           the command that it answers
/// @param command_sequence  the sequence under which the command lay in its ring
/// @param status            a leyline_outcome_status
/// @param code              a leyline_outcome_code: NONE exactly when ACCEPTED or EXECUTED
/// @return                  LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ARGUMENT (a code where none belongs, or none where
///                          one does)
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_init(
    outcome: *mut CommandOutcome,
    command: *const AdaptationCommand,
    command_sequence: u64,
    status: u32,
    code: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let outcome = out(outcome, "outcome")?;
        let command = input(command, "command")?;
        let (status, code) = (OutcomeStatus::from_value(status)?, OutcomeCode::from_value(code)?);
        let made = match status {
            OutcomeStatus::Accepted => CommandOutcome::accepted(&command, command_sequence),
            OutcomeStatus::Executed => CommandOutcome::executed(&command, command_sequence),
            OutcomeStatus::Rejected => CommandOutcome::rejected(&command, command_sequence, code, ""),
            OutcomeStatus::Failed => CommandOutcome::failed(&command, command_sequence, code, ""),
        };
        let made = CommandOutcome { code: code.value(), ..made };
        made.check()?;
        outcome.set(made);
        Ok(())
    })
}

/// Sets the text, for people.
///
/// @param outcome  the outcome
/// @param text     longer than 63 bytes it is cut at a character and flagged
/// @return         LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_set_text(
    outcome: *mut CommandOutcome,
    text: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(outcome, "outcome", |o| Ok(o.with_text(super::boundary::text(text, "text")?))) })
}

/// Sets the seed's stages before and after the command; the same twice if it did not move.
///
/// @param outcome  the outcome
/// @param before   a leyline_seed_stage
/// @param after    a leyline_seed_stage
/// @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_set_stages(
    outcome: *mut CommandOutcome,
    before: u32,
    after: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(outcome, "outcome", |o| {
            Ok(o.with_stages(SeedStage::from_value(before)?, SeedStage::from_value(after)?))
        })
    })
}

/// Sets the verdict of the gate that decided; its text does not travel.
///
/// @param outcome  the outcome
/// @param verdict  the verdict
/// @return         LEYLINE_ERR_INVALID_ENUM (LEYLINE_NO_GATE, too); nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_set_gate(
    outcome: *mut CommandOutcome,
    verdict: *const GateVerdictRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(outcome, "outcome", |o| Ok(o.with_gate(&input(verdict, "verdict")?.read()?))) })
}

/// Sets the seed that the trainer resolved the command to.
///
/// @param outcome  the outcome
/// @param seed     at most 39 bytes; empty means none
/// @return         LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_set_seed(
    outcome: *mut CommandOutcome,
    seed: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(outcome, "outcome", |o| Ok(o.with_seed(Id::new(text(seed, "seed")?)?))) })
}

/// Sets the seed and its figures after the command.
///
/// @param outcome  the outcome
/// @param metrics  the figures
/// @param seed     at most 39 bytes; empty means none
/// @return         LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_set_metrics(
    outcome: *mut CommandOutcome,
    metrics: *const SeedMetrics,
    seed: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        change(outcome, "outcome", |o| {
            let metrics = input(metrics, "metrics")?;
            metrics.check()?;
            Ok(o.with_metrics(metrics, Id::new(text(seed, "seed")?)?))
        })
    })
}

/// Whether it may be relied on: enumerations known, numbers finite and in range, the id whole, what is absent zero, and a
/// code exactly where one belongs. The error names the first field that is not so.
///
/// @param outcome  the outcome; may hold anything
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
///                 LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_check(outcome: *const CommandOutcome) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(outcome, "outcome")?.check() })
}
