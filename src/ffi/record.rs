// C header: record
//! Records by their kind: defaults, checks, and text in them.

use super::boundary::{act, input, out, pointer, text, wanted};
use super::enumerations::leyline_record;
use super::record_kind::{record_in, record_out};
use super::seed_lifecycle::leyline_gate_thresholds_t;
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
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
use crate::contract::stage::RiskLevel;
use crate::contract::task::Task;
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::link::fresh_id;
use crate::schema::id::{Id, Text};
use crate::seed::gates::GateThresholds;
use crate::sys::os;
use bytemuck::Zeroable;
use std::ffi::{c_char, c_void};

/// No task: names nothing, so that it is refused until it is filled in.
const EMPTY_TASK: Task = Task {
    name: Id::EMPTY,
    baseline_loss: 0.0,
    target_loss: 0.0,
    delta_std: 0.0,
    max_epochs: 0.0,
    max_steps: 0.0,
    max_slots: 0.0,
};

/// Sets a record to its defaults: a new id, the present time, nothing optional. Enumerations without a default stay 0,
/// which leyline_record_check refuses.
///
/// @param kind  a leyline_record
/// @param size  sizeof the record
/// @return      LEYLINE_ERR_INVALID_ARGUMENT (size)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_record_init(kind: u32, record: *mut c_void, size: usize) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let now = os::unix_ns();
        match leyline_record::read(kind)? {
            leyline_record::Observation => record_out(record, size)?.set(Observation::EMPTY),
            leyline_record::Decision => record_out(record, size)?.set(Decision::default()),
            leyline_record::AdaptationCommand => record_out(record, size)?.set(AdaptationCommand {
                id: fresh_id()?,
                time_unix_ns: now,
                confidence: 1.0,
                risk: RiskLevel::Green.value(),
                ..AdaptationCommand::zeroed()
            }),
            leyline_record::CommandOutcome => {
                record_out(record, size)?
                    .set(CommandOutcome { time_unix_ns: now, ..CommandOutcome::zeroed() });
            }
            leyline_record::TrainingSignals => record_out(record, size)?.set(TrainingSignals::default()),
            leyline_record::SeedMetrics => record_out(record, size)?.set(SeedMetrics::default()),
            leyline_record::TrainingMetrics => record_out(record, size)?.set(TrainingMetrics::default()),
            leyline_record::SeedTelemetry => record_out(record, size)?.set(SeedTelemetry {
                captured_at_unix_ns: now,
                gradient_health: 1.0,
                max_epochs: SeedTelemetry::MAX_EPOCHS,
                ..SeedTelemetry::default()
            }),
            leyline_record::SeedStateReport => record_out(record, size)?.set(SeedStateReport {
                reported_at_unix_ns: now,
                healthy: 1,
                ..SeedStateReport::default()
            }),
            leyline_record::GateResult => {
                record_out(record, size)?.set(GateResult { time_unix_ns: now, ..GateResult::default() });
            }
            leyline_record::FieldReport => {
                record_out(record, size)?.set(FieldReport { id: fresh_id()?, ..FieldReport::default() });
            }
            leyline_record::TelemetryEvent => record_out(record, size)?.set(TelemetryEvent {
                id: fresh_id()?,
                time_unix_ns: now,
                ..TelemetryEvent::default()
            }),
            leyline_record::BlueprintSpec => record_out(record, size)?.set(BlueprintSpec {
                min_channels: 1,
                compute_cost: 1.0,
                memory_cost: 1.0,
                training_epochs: BlueprintSpec::EPOCHS,
                blending_epochs: BlueprintSpec::EPOCHS,
                ..BlueprintSpec::default()
            }),
            leyline_record::PerformanceBudgets => {
                record_out(record, size)?.set(PerformanceBudgets::default())
            }
            leyline_record::CommandAnnotation => record_out(record, size)?.set(CommandAnnotation::zeroed()),
            leyline_record::Id => record_out(record, size)?.set(Id::EMPTY),
            leyline_record::Task => record_out(record, size)?.set(EMPTY_TASK),
            leyline_record::GateThresholds => {
                record_out(record, size)?.set(leyline_gate_thresholds_t::default());
            }
        }
        Ok(())
    })
}

/// Checks that a record, which may hold anything, may be relied on. The error names the first field that may not.
///
/// @param kind  a leyline_record
/// @param size  sizeof the record
/// @return      LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_NOT_WHOLE,
///              LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_record_check(kind: u32, record: *const c_void, size: usize) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        match leyline_record::read(kind)? {
            leyline_record::Observation => record_in::<Observation>(record, size)?.check(),
            leyline_record::Decision => record_in::<Decision>(record, size)?.check(),
            leyline_record::AdaptationCommand => record_in::<AdaptationCommand>(record, size)?.check(),
            leyline_record::CommandOutcome => record_in::<CommandOutcome>(record, size)?.check(),
            leyline_record::TrainingSignals => record_in::<TrainingSignals>(record, size)?.check(),
            leyline_record::SeedMetrics => record_in::<SeedMetrics>(record, size)?.check(),
            leyline_record::TrainingMetrics => record_in::<TrainingMetrics>(record, size)?.check(),
            leyline_record::SeedTelemetry => record_in::<SeedTelemetry>(record, size)?.check(),
            leyline_record::SeedStateReport => record_in::<SeedStateReport>(record, size)?.check(),
            leyline_record::GateResult => record_in::<GateResult>(record, size)?.check(),
            leyline_record::FieldReport => record_in::<FieldReport>(record, size)?.check(),
            leyline_record::TelemetryEvent => record_in::<TelemetryEvent>(record, size)?.check(),
            leyline_record::BlueprintSpec => record_in::<BlueprintSpec>(record, size)?.check(),
            leyline_record::PerformanceBudgets => record_in::<PerformanceBudgets>(record, size)?.check(),
            leyline_record::CommandAnnotation => record_in::<CommandAnnotation>(record, size)?.check(),
            leyline_record::Id => record_in::<Id>(record, size)?.as_str().map(drop),
            leyline_record::Task => record_in::<Task>(record, size)?.check(),
            leyline_record::GateThresholds => {
                GateThresholds::from(record_in::<leyline_gate_thresholds_t>(record, size)?).check()
            }
        }
    })
}

/// Brings every number of a record into its bounds: saturates, replaces NaN, drops fractions of whole numbers.
///
/// @param kind      a leyline_record; not of a decision, command, outcome or annotation, nor one that never travels
/// @param size      sizeof the record
/// @param replaced  of an observation bit i for number i, else how many were replaced; or NULL
/// @return          LEYLINE_ERR_UNSUPPORTED (kind)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_record_sanitize(
    kind: u32,
    record: *mut c_void,
    size: usize,
    replaced: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let at = (record, size);
        replaced.set(match leyline_record::read(kind)? {
            leyline_record::Observation => sanitized(at, Observation::sanitize)?,
            leyline_record::TrainingSignals => sanitized(at, TrainingSignals::sanitize)?,
            leyline_record::TrainingMetrics => sanitized(at, TrainingMetrics::sanitize)?,
            leyline_record::SeedTelemetry => sanitized(at, SeedTelemetry::sanitize)?,
            leyline_record::SeedStateReport => sanitized(at, SeedStateReport::sanitize)?,
            leyline_record::GateResult => sanitized(at, GateResult::sanitize)?,
            leyline_record::FieldReport => sanitized(at, FieldReport::sanitize)?,
            leyline_record::TelemetryEvent => sanitized(at, TelemetryEvent::sanitize)?,
            leyline_record::BlueprintSpec => sanitized(at, BlueprintSpec::sanitize)?,
            leyline_record::PerformanceBudgets => sanitized(at, PerformanceBudgets::sanitize)?,
            other => {
                return Err(Error::new(ErrorKind::Unsupported)
                    .about("kind")
                    .expected_found("a record with figures to sanitize", (other as u32).to_string()));
            }
        });
        Ok(())
    })
}

unsafe fn sanitized<T: Copy>(
    (record, size): (*mut c_void, usize),
    sanitize: impl FnOnce(&mut T) -> u32,
) -> Result<u64> {
    // SAFETY: promise 1: a record that is changed is readable and writable.
    unsafe {
        let place = record_out(record, size)?;
        let mut sane: T = record_in(record, size)?;
        let replaced = sanitize(&mut sane);
        place.set(sane);
        Ok(replaced.into())
    }
}

/// Sets an id.
///
/// @param text  UTF-8 of 1 to 39 bytes; NULL or "": the empty id
/// @return      LEYLINE_ERR_INVALID_ID: too long, for an id is never cut; nothing was written
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_id_set(id: *mut Id, text: *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let id = out(id, "id")?;
        id.set(if text.is_null() { Id::EMPTY } else { Id::new(self::text(text, "text")?)? });
        Ok(())
    })
}

/// Sets a text, cut at a character if it is longer than 63 bytes.
///
/// @param present  the record's: cut_bit is set in it where the text was cut, else cleared; or NULL
/// @param cut_bit  such as LEYLINE_COMMAND_REASON_CUT
/// @param text     UTF-8; NULL: the empty text
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_text_set(
    field: *mut Text,
    present: *mut u32,
    cut_bit: u32,
    text: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let field = out(field, "field")?;
        let (made, cut) = Text::new(if text.is_null() { "" } else { self::text(text, "text")? });
        if !present.is_null() {
            let bits = input(pointer(present, "present")?.as_ptr(), "present")? & !cut_bit;
            out(present, "present")?.set(if cut { bits | cut_bit } else { bits });
        }
        field.set(made);
        Ok(())
    })
}
