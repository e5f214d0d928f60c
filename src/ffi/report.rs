// C header: contract
//! Reports of seeds: state reports, gate results and field reports. Checked setters on the records.
//!
//! Plain numbers without a rule of their own (times, env) a caller sets in the struct.

use super::boundary::{act, change, input, invalid, list, out, text, uuid, wanted};
use super::status::Status;
use crate::base::error::Result;
use crate::contract::field_report::{FieldReport, STAGES};
use crate::contract::gate_result::GateResult;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{GateLevel, SeedStage};
use std::ffi::c_char;

/// Bit of a state report's present: there is a seed, and its blueprint.
pub const LEYLINE_STATE_SEED: u32 = 1;
/// Bit of a state report's present: there is a slot.
pub const LEYLINE_STATE_SLOT: u32 = 2;
/// Bit of a gate result's present: there is a seed.
pub const LEYLINE_GATE_RESULT_SEED: u32 = 1;
/// Bit of a gate result's present: there is a slot.
pub const LEYLINE_GATE_RESULT_SLOT: u32 = 2;
/// Bit of a gate result's present: the message was longer than its field.
pub const LEYLINE_GATE_RESULT_MESSAGE_CUT: u32 = 4;
/// Bit of a field report's present: there is a slot.
pub const LEYLINE_FIELD_REPORT_SLOT: u32 = 1;
/// Bit of a field report's present: there are the signals at germination.
pub const LEYLINE_FIELD_REPORT_SIGNALS: u32 = 2;
/// Bit of a field report's present: it failed, for a reason and in a stage.
pub const LEYLINE_FIELD_REPORT_FAILURE: u32 = 4;
/// Bit of a field report's present: the reason was longer than its field.
pub const LEYLINE_FIELD_REPORT_REASON_CUT: u32 = 8;

const _: () = {
    assert!(LEYLINE_STATE_SEED == SeedStateReport::SEED && LEYLINE_STATE_SLOT == SeedStateReport::SLOT);
    assert!(LEYLINE_GATE_RESULT_SEED == GateResult::SEED && LEYLINE_GATE_RESULT_SLOT == GateResult::SLOT);
    assert!(LEYLINE_GATE_RESULT_MESSAGE_CUT == GateResult::MESSAGE_CUT);
    assert!(LEYLINE_FIELD_REPORT_SLOT == FieldReport::SLOT);
    assert!(LEYLINE_FIELD_REPORT_SIGNALS == FieldReport::SIGNALS);
    assert!(LEYLINE_FIELD_REPORT_FAILURE == FieldReport::FAILURE);
    assert!(LEYLINE_FIELD_REPORT_REASON_CUT == FieldReport::REASON_CUT);
};

/// Makes the report of a healthy seed that neither improves nor needs attention; set healthy, improving,
/// needs_attention (0 or 1) and env in the struct.
///
/// @param report               what to set
/// @param stage                a leyline_seed_stage
/// @param previous_stage       the leyline_seed_stage before
/// @param entered_at_unix_ns   when the stage was entered, nanoseconds since the Unix epoch
/// @param reported_at_unix_ns  when this is reported, nanoseconds since the Unix epoch
/// @return                     LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION unless the stage may follow
///                             on the one before
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_init(
    report: *mut SeedStateReport,
    stage: u32,
    previous_stage: u32,
    entered_at_unix_ns: i64,
    reported_at_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let report = out(report, "report")?;
        let (stage, previous) = (SeedStage::from_value(stage)?, SeedStage::from_value(previous_stage)?);
        report.set(SeedStateReport::new(stage, previous, entered_at_unix_ns, reported_at_unix_ns)?);
        Ok(())
    })
}

/// Sets the seed and its blueprint.
///
/// @param report     the record
/// @param seed       1 to 39 bytes
/// @param blueprint  1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_set_seed(
    report: *mut SeedStateReport,
    seed: *const c_char,
    blueprint: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (seed, blueprint) = (text(seed, "seed")?, text(blueprint, "blueprint")?);
        change(report, "report", |r| r.with_seed(seed, blueprint))
    })
}

/// Sets the slot.
///
/// @param report  the record
/// @param slot    1 to 39 bytes
/// @return        LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_set_slot(
    report: *mut SeedStateReport,
    slot: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(report, "report", |r| r.with_slot(text(slot, "slot")?)) })
}

/// Sets the seed's figures.
///
/// @param report   the record
/// @param metrics  the figures
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_set_metrics(
    report: *mut SeedStateReport,
    metrics: *const SeedMetrics,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let metrics = input(metrics, "metrics")?;
        change(report, "report", |r| r.with_metrics(metrics))
    })
}

/// Whether it may be relied on: stages known and one after the other, figures in range, ids whole, what is absent
/// zero. The error names the first field that is not so.
///
/// @param report  the record; may hold anything
/// @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_OUT_OF_RANGE,
///                LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_check(report: *const SeedStateReport) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(report, "report")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param report    the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_state_report_sanitize(
    report: *mut SeedStateReport,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(report, "report", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

fn flag(what: &'static str, number: u32) -> Result<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(invalid(what, "0 or 1", "another number")),
    }
}

/// Makes what a gate said, without any checks; set env in the struct. leyline_seed_lifecycle_gate_result makes it
/// with its checks.
///
/// @param result        what to set
/// @param gate          a leyline_gate
/// @param passed        1 if the seed may pass, else 0
/// @param score         how well the seed did, 0 to 1
/// @param time_unix_ns  when, nanoseconds since the Unix epoch
/// @return              LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
///                      LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_init(
    result: *mut GateResult,
    gate: u32,
    passed: u32,
    score: f32,
    time_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let result = out(result, "result")?;
        let gate = GateLevel::from_value(gate)?;
        let make = if flag("passed", passed)? { GateResult::passed } else { GateResult::failed };
        result.set(make(gate, score, time_unix_ns)?);
        Ok(())
    })
}

/// Adds the name of a check; a seventh of either kind is only counted.
///
/// @param result  the record
/// @param name    1 to 39 bytes
/// @param passed  1 if it held, else 0
/// @return        LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT for a failed check of a gate that passed;
///                nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_add_check(
    result: *mut GateResult,
    name: *const c_char,
    passed: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (name, passed) = (text(name, "name")?, flag("passed", passed)?);
        change(
            result,
            "result",
            |r| if passed { r.with_passed_check(name) } else { r.with_failed_check(name) },
        )
    })
}

/// Sets the seed.
///
/// @param result  the record
/// @param seed    1 to 39 bytes
/// @return        LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_set_seed(
    result: *mut GateResult,
    seed: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(result, "result", |r| r.with_seed(text(seed, "seed")?)) })
}

/// Sets the slot.
///
/// @param result  the record
/// @param slot    1 to 39 bytes
/// @return        LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_set_slot(
    result: *mut GateResult,
    slot: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(result, "result", |r| r.with_slot(text(slot, "slot")?)) })
}

/// Sets the message, for people.
///
/// @param result   the record
/// @param message  longer than 63 bytes it is cut at a character and flagged
/// @return         LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_set_message(
    result: *mut GateResult,
    message: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(result, "result", |r| Ok(r.with_message(text(message, "message")?))) })
}

/// Whether it may be relied on: the gate known, the score 0 to 1, counts possible, ids whole, what is absent zero,
/// no failed check of a gate that passed. The error names the first field that is not so.
///
/// @param result  the record; may hold anything
/// @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
///                LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_check(result: *const GateResult) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(result, "result")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param result    the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_result_sanitize(result: *mut GateResult, replaced: *mut u32) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(result, "result", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// Makes the report of a seed that was fossilized; set env in the struct.
///
/// @param report     what to set
/// @param id         16 bytes, a UUID of this report
/// @param seed       1 to 39 bytes
/// @param blueprint  1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_init_fossilized(
    report: *mut FieldReport,
    id: *const u8,
    seed: *const c_char,
    blueprint: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let report = out(report, "report")?;
        report.set(FieldReport::fossilized(
            uuid(id, "id")?,
            text(seed, "seed")?,
            text(blueprint, "blueprint")?,
        )?);
        Ok(())
    })
}

/// Makes the report of a seed that was culled; set env in the struct.
///
/// @param report     what to set
/// @param id         16 bytes, a UUID of this report
/// @param seed       1 to 39 bytes
/// @param blueprint  1 to 39 bytes
/// @param stage      the leyline_seed_stage that it failed in
/// @param reason     why, for people; longer than 63 bytes it is cut at a character and flagged
/// @return           LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION if no seed is
///                   culled in that stage
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_init_culled(
    report: *mut FieldReport,
    id: *const u8,
    seed: *const c_char,
    blueprint: *const c_char,
    stage: u32,
    reason: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let report = out(report, "report")?;
        let (seed, blueprint) = (text(seed, "seed")?, text(blueprint, "blueprint")?);
        let (stage, reason) = (SeedStage::from_value(stage)?, text(reason, "reason")?);
        report.set(FieldReport::culled(uuid(id, "id")?, seed, blueprint, stage, reason)?);
        Ok(())
    })
}

/// Sets the slot.
///
/// @param report  the record
/// @param slot    1 to 39 bytes
/// @return        LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_set_slot(
    report: *mut FieldReport,
    slot: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(report, "report", |r| r.with_slot(text(slot, "slot")?)) })
}

/// Sets the epochs in each stage, and their sum.
///
/// @param report  the record
/// @param epochs  11 of them, by the value of the stage
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_set_epochs(
    report: *mut FieldReport,
    epochs: *const u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let epochs = input(epochs.cast::<[u32; STAGES]>(), "epochs")?;
        change(report, "report", |r| Ok(r.with_epochs(epochs)))
    })
}

/// Sets the accuracies and the improvement, which is their difference.
///
/// @param report       the record
/// @param germination  at germination, percent, 0 to 100
/// @param completion   at completion
/// @param best         at best
/// @return             LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_set_accuracies(
    report: *mut FieldReport,
    germination: f32,
    completion: f32,
    best: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(report, "report", |r| r.with_accuracies(germination, completion, best)) })
}

/// Sets the training signals at germination.
///
/// @param report   the record
/// @param signals  the signals, which must pass leyline_training_signals_check
/// @return         as leyline_training_signals_check; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_set_signals(
    report: *mut FieldReport,
    signals: *const TrainingSignals,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let signals = input(signals, "signals")?;
        change(report, "report", |r| r.with_signals(&signals))
    })
}

/// Sets the ids of the commands received. The first 32 are kept, the others counted as dropped.
///
/// @param report  the record
/// @param ids     16 bytes each, oldest first
/// @param count   how many
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_set_commands(
    report: *mut FieldReport,
    ids: *const u8,
    count: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let ids = list(ids.cast::<[u8; 16]>(), count, "ids")?;
        change(report, "report", |r| Ok(r.with_commands(ids)))
    })
}

/// Whether it may be relied on: stages known, a failure exactly where there was no success, epochs that add up,
/// figures in range, counts possible, ids whole, what is absent zero, signals as they check themselves. The error
/// names the first field that is not so.
///
/// @param report  the record; may hold anything
/// @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_OUT_OF_RANGE,
///                LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_check(report: *const FieldReport) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(report, "report")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param report    the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_field_report_sanitize(
    report: *mut FieldReport,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(report, "report", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}
