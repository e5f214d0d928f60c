// C header: record
//! Records by their kind: defaults, checks, and text in them.

use super::boundary::pointer::{input, out, pointer, wanted};
use super::boundary::{call::act, status::Status, string::text};
use super::enumerations::leyline_record;
use super::record_kind::{record_in, record_out};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    annotation::CommandAnnotation, blueprint::BlueprintSpec, budgets::PerformanceBudgets,
    command::AdaptationCommand, decision::Decision, field_report::FieldReport, gate_result::GateResult,
    observation::Observation, outcome::CommandOutcome, seed_metrics::SeedMetrics,
    seed_state_report::SeedStateReport, task::Task,
};
use crate::link::fresh_id;
use crate::schema::id::{Id, Text};
use crate::schema::record::Record;
use crate::seed::gates::GateThresholds;
use crate::sys::os;
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

/// Does the same with each record of the contract, whose type stands for `$t`.
macro_rules! of_record {
    ($kind:expr, $t:ident => $do:expr; $($others:tt)*) => {
        of_record!(@ $kind, $t => $do; [
            Observation Decision AdaptationCommand CommandOutcome TrainingSignals SeedMetrics TrainingMetrics
            SeedTelemetry SeedStateReport GateResult FieldReport TelemetryEvent BlueprintSpec PerformanceBudgets
            CommandAnnotation
        ] $($others)*)
    };
    (@ $kind:expr, $t:ident => $do:expr; [$($record:ident)+] $($others:tt)*) => {
        match $kind {
            $(leyline_record::$record => {
                type $t = $record;
                $do
            })+
            $($others)*
        }
    };
}

/// Returns a record with its defaults, a new id and the present time.
fn fresh<T: Record>() -> Result<T> {
    let mut record = T::initial();
    for field in T::schema().fields() {
        let optional = T::OPTIONAL.iter().any(|(_, name)| *name == field.name);
        let place = &mut bytemuck::bytes_of_mut(&mut record)[field.offset as usize..];
        match &*field.name {
            "id" if field.unit == "uuid" => place[..16].copy_from_slice(&fresh_id()?),
            "time_unix_ns" | "captured_at_unix_ns" | "reported_at_unix_ns" if !optional => {
                place[..8].copy_from_slice(&os::unix_ns().to_ne_bytes());
            }
            _ => {}
        }
    }
    Ok(record)
}

/// Sets a record to its defaults: a new id, the present time, nothing optional. Enumerations
/// without a default stay 0, which leyline_record_check refuses.
///
/// @param kind  a leyline_record
/// @param size  sizeof the record
/// @return      LEYLINE_ERR_INVALID_ARGUMENT (size)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_record_init(kind: u32, record: *mut c_void, size: usize) -> Status {
    act!({
        of_record!(leyline_record::read(kind)?, T => record_out(record, size)?.set(fresh::<T>()?);
            leyline_record::Id => record_out(record, size)?.set(Id::EMPTY),
            leyline_record::Task => record_out(record, size)?.set(EMPTY_TASK),
            leyline_record::GateThresholds => record_out(record, size)?.set(GateThresholds::default()),
        );
    })
}

/// Checks that a record, which may hold anything, may be relied on. The error names the first field
/// that may not.
///
/// @param kind  a leyline_record
/// @param size  sizeof the record
/// @return      LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
///              LEYLINE_ERR_NOT_WHOLE,
///              LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_record_check(kind: u32, record: *const c_void, size: usize) -> Status {
    act!({
        of_record!(leyline_record::read(kind)?, T => record_in::<T>(record, size)?.check();
            leyline_record::Id => record_in::<Id>(record, size)?.as_str().map(drop),
            leyline_record::Task => record_in::<Task>(record, size)?.check(),
            leyline_record::GateThresholds => record_in::<GateThresholds>(record, size)?.check(),
        )?;
    })
}

/// Brings every number of a record into its bounds: saturates, replaces NaN by the worst value of
/// its field (of a loss or gradient norm the greatest, of a change of loss or accuracy and of an
/// improvement the least, else 0), drops fractions of whole numbers.
///
/// @param kind      a leyline_record; not of a decision, command, outcome or annotation, nor one
///                  that never travels
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
    act!({
        use leyline_record::{
            AdaptationCommand as Command, CommandAnnotation as Annotation, CommandOutcome as Outcome,
            Decision as Decided,
        };
        let replaced = wanted(replaced, "replaced")?;
        let unsupported = || {
            Error::new(ErrorKind::Unsupported)
                .about("kind")
                .expected_found("a record with figures to sanitize", kind.to_string())
        };
        let number = leyline_record::read(kind)?;
        if matches!(number, Decided | Command | Outcome | Annotation) {
            return Err(unsupported());
        }
        of_record!(number, T => {
            let place = record_out(record, size)?;
            let mut sane: T = record_in(record, size)?;
            replaced.set(sane.sanitize().into());
            place.set(sane);
            Ok(())
        };
            _ => Err(unsupported()),
        )?;
    })
}

/// Sets an id.
///
/// @param text  UTF-8 of 1 to 39 bytes; NULL or "": the empty id
/// @return      LEYLINE_ERR_INVALID_ID: too long, for an id is never cut; nothing was written
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_id_set(id: *mut Id, text: *const c_char) -> Status {
    act!({
        out(id, "id")?.set(if text.is_null() { Id::EMPTY } else { Id::new(self::text(text, "text")?)? });
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
    act!({
        let field = out(field, "field")?;
        let (made, cut) = Text::new(if text.is_null() { "" } else { self::text(text, "text")? });
        if !present.is_null() {
            let bits = input(pointer(present, "present")?.as_ptr(), "present")? & !cut_bit;
            out(present, "present")?.set(if cut { bits | cut_bit } else { bits });
        }
        field.set(made);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::catalog::schemas;

    #[test]
    fn every_kind_of_record_is_set_checked_and_sanitized() {
        for (kind, schema) in (1..).zip(schemas()) {
            let size = schema.size();
            let mut record = vec![u64::MAX; size.div_ceil(8)];
            let at = record.as_mut_ptr().cast::<c_void>();
            let [junk, set, wrong_size] = {
                // SAFETY: the record has room for its kind, and is aligned.
                unsafe {
                    [
                        leyline_record_check(kind, at, size),
                        leyline_record_init(kind, at, size),
                        leyline_record_init(kind, at, size + 1),
                    ]
                }
            };
            assert!(junk < 0 && set == 0 && wrong_size < 0, "{}: {junk} {set} {wrong_size}", schema.name());
            let mut replaced = 9;
            // SAFETY: as above.
            let sanitized = unsafe { leyline_record_sanitize(kind, at, size, &raw mut replaced) };
            assert!(sanitized < 0 && replaced == 9 || sanitized == 0 && replaced == 0, "{}", schema.name());
        }
    }
}
