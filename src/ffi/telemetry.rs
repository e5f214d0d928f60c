// C header: contract
//! Telemetry, events and budgets. Checked setters on the records.
//!
//! Plain numbers without a rule of their own (times, epochs, env, flags) a caller sets in the struct.

use super::boundary::{act, block, change, input, interned, out, text, uuid, wanted};
use super::status::Status;
use crate::contract::budgets::{Budget, Overrun, PerformanceBudgets};
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::SeedStage;
use crate::contract::telemetry::{EventType, SeedTelemetry, Severity, TELEMETRY_FEATURES, TelemetryEvent};
use std::ffi::c_char;

/// Bit of a seed telemetry's present: there is a layer.
pub const LEYLINE_TELEMETRY_LAYER: u32 = 1;
/// Bit of an event's present: there is a seed.
pub const LEYLINE_EVENT_SEED: u32 = 1;
/// Bit of an event's present: there is a slot.
pub const LEYLINE_EVENT_SLOT: u32 = 2;
/// Bit of an event's present: there is an epoch.
pub const LEYLINE_EVENT_EPOCH: u32 = 4;
/// Bit of an event's present: the message was longer than its field.
pub const LEYLINE_EVENT_MESSAGE_CUT: u32 = 8;
/// Budgets that training signals can exceed: room that leyline_performance_budgets_exceeded_by_signals needs.
pub const LEYLINE_MAX_OVERRUNS: usize = 2;

const _: () = {
    assert!(LEYLINE_TELEMETRY_LAYER == SeedTelemetry::LAYER);
    assert!(LEYLINE_EVENT_SEED == TelemetryEvent::SEED && LEYLINE_EVENT_SLOT == TelemetryEvent::SLOT);
    assert!(LEYLINE_EVENT_EPOCH == TelemetryEvent::EPOCH);
    assert!(LEYLINE_EVENT_MESSAGE_CUT == TelemetryEvent::MESSAGE_CUT);
};

/// A budget that was exceeded.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct OverrunRecord {
    /// A leyline_budget.
    pub budget: u32,
    /// The limit, in the budget's unit.
    pub limit: f32,
    /// What was measured, in the budget's unit.
    pub measured: f32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: four 32-bit numbers: no padding, every bit pattern a value.
unsafe impl bytemuck::Zeroable for OverrunRecord {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for OverrunRecord {}

impl From<Overrun> for OverrunRecord {
    fn from(o: Overrun) -> Self {
        Self { budget: o.budget.value().into(), limit: o.limit, measured: o.measured, reserved: 0 }
    }
}

/// Makes the telemetry of a seed whose gradient flows, before anything is measured, in a run of 25 epochs. Set
/// vanishing and exploding (0 or 1), epoch, max_epochs and env in the struct.
///
/// @param telemetry            what to set
/// @param seed                 1 to 39 bytes
/// @param blueprint            1 to 39 bytes
/// @param captured_at_unix_ns  when, nanoseconds since the Unix epoch
/// @return                     LEYLINE_ERR_INVALID_ID
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_init(
    telemetry: *mut SeedTelemetry,
    seed: *const c_char,
    blueprint: *const c_char,
    captured_at_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let telemetry = out(telemetry, "telemetry")?;
        let (seed, blueprint) = (text(seed, "seed")?, text(blueprint, "blueprint")?);
        telemetry.set(SeedTelemetry::new(seed, blueprint, captured_at_unix_ns)?);
        Ok(())
    })
}

/// Sets the layer that the seed is attached to.
///
/// @param telemetry  the record
/// @param layer      1 to 39 bytes
/// @return           LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_set_layer(
    telemetry: *mut SeedTelemetry,
    layer: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(telemetry, "telemetry", |r| r.with_layer(text(layer, "layer")?)) })
}

/// Sets the gradient's figures.
///
/// @param telemetry  the record
/// @param norm       finite, 0 or more
/// @param health     0 to 1
/// @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_set_gradient(
    telemetry: *mut SeedTelemetry,
    norm: f32,
    health: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(telemetry, "telemetry", |t| t.with_gradient(norm, health)) })
}

/// Sets the accuracy and its change.
///
/// @param telemetry  the record
/// @param accuracy   percent, 0 to 100
/// @param delta      percentage points, -100 to 100
/// @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_set_accuracy(
    telemetry: *mut SeedTelemetry,
    accuracy: f32,
    delta: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(telemetry, "telemetry", |t| t.with_accuracy(accuracy, delta)) })
}

/// Sets the stage and what goes with it.
///
/// @param telemetry        the record
/// @param stage            a leyline_seed_stage
/// @param epochs_in_stage  epochs spent there
/// @param alpha            blending weight, 0 to 1
/// @return                 LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has
///                         changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_set_stage(
    telemetry: *mut SeedTelemetry,
    stage: u32,
    epochs_in_stage: u32,
    alpha: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let stage = SeedStage::from_value(stage)?;
        change(telemetry, "telemetry", |t| t.with_stage(stage, epochs_in_stage, alpha))
    })
}

/// The ten features that a policy reads: min(norm, 10) / 10, health, vanishing, exploding, min(epochs in stage, 50)
/// / 50, accuracy / 100, accuracy delta / 10 in -1 to 1, (stage - 1) / 6 in 0 to 1, alpha, epoch / max(max_epochs,
/// 1) in 0 to 1.
///
/// @param telemetry  the record
/// @param features   room for LEYLINE_TELEMETRY_FEATURES numbers
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_to_features(
    telemetry: *const SeedTelemetry,
    features: *mut f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let telemetry = input(telemetry, "telemetry")?;
        block(features, TELEMETRY_FEATURES, "features")?.copy_from_slice(&telemetry.to_features());
        Ok(())
    })
}

/// Whether it may be relied on: the stage known, figures in range, ids whole and there, what is absent zero. The
/// error names the first field that is not so.
///
/// @param telemetry  the record; may hold anything
/// @return           LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
///                   LEYLINE_ERR_INVALID_ID
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_check(telemetry: *const SeedTelemetry) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(telemetry, "telemetry")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param telemetry  the record
/// @param replaced   how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_telemetry_sanitize(
    telemetry: *mut SeedTelemetry,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(telemetry, "telemetry", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// Makes an event about nothing in particular; set env in the struct. leyline_seed_lifecycle_event makes one about
/// a seed.
///
/// @param event         what to set
/// @param id            16 bytes, a UUID
/// @param event_type    a leyline_event_type
/// @param severity      a leyline_severity
/// @param time_unix_ns  when, nanoseconds since the Unix epoch
/// @return              LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_init(
    event: *mut TelemetryEvent,
    id: *const u8,
    event_type: u32,
    severity: u32,
    time_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let event = out(event, "event")?;
        let (event_type, severity) = (EventType::from_value(event_type)?, Severity::from_value(severity)?);
        event.set(TelemetryEvent::new(uuid(id, "id")?, event_type, severity, time_unix_ns));
        Ok(())
    })
}

/// Sets the seed it is about.
///
/// @param event  the record
/// @param seed   1 to 39 bytes
/// @return       LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_set_seed(
    event: *mut TelemetryEvent,
    seed: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(event, "event", |r| r.with_seed(text(seed, "seed")?)) })
}

/// Sets the slot it is about.
///
/// @param event  the record
/// @param slot   1 to 39 bytes
/// @return       LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_set_slot(
    event: *mut TelemetryEvent,
    slot: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(event, "event", |r| r.with_slot(text(slot, "slot")?)) })
}

/// Sets the epoch of the run.
///
/// @param event  the record
/// @param epoch  epochs, from 1
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_set_epoch(event: *mut TelemetryEvent, epoch: u32) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(event, "event", |e| Ok(e.with_epoch(epoch))) })
}

/// Sets the message, for people.
///
/// @param event    the record
/// @param message  longer than 63 bytes it is cut at a character and flagged
/// @return         LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_set_message(
    event: *mut TelemetryEvent,
    message: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(event, "event", |e| Ok(e.with_message(text(message, "message")?))) })
}

/// Sets a named number. A name that is there already gets the new number; a seventh name is only counted.
///
/// @param event  the record
/// @param name   1 to 39 bytes
/// @param value  finite
/// @return       LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_set_data(
    event: *mut TelemetryEvent,
    name: *const c_char,
    value: f64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { change(event, "event", |e| e.with_data(text(name, "name")?, value)) })
}

/// The number of a name.
///
/// @param event    the record; may hold anything
/// @param name     the name
/// @param value    its number, 0 if there is none
/// @param present  whether there is one; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_data(
    event: *const TelemetryEvent,
    name: *const c_char,
    value: *mut f64,
    present: *mut bool,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (value, present) = (out(value, "value")?, wanted(present, "present")?);
        let found = input(event, "event")?.value(text(name, "name")?);
        value.set(found.unwrap_or(0.0));
        present.set(found.is_some());
        Ok(())
    })
}

/// Whether it may be relied on: type and severity known, names there and each once, numbers finite, counts
/// possible, ids whole, what is absent zero. The error names the first field that is not so.
///
/// @param event  the record; may hold anything
/// @return       LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
///               LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_check(event: *const TelemetryEvent) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(event, "event")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param event     the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_telemetry_event_sanitize(
    event: *mut TelemetryEvent,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(event, "event", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}

/// The name of an event type, as the contract has it.
///
/// @param event_type  a leyline_event_type
/// @param name        a static string
/// @return            LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_event_type_name(event_type: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(EventType::from_value(event_type)?.name()));
        Ok(())
    })
}

/// The name of a severity, as the contract has it.
///
/// @param severity  a leyline_severity
/// @param name      a static string
/// @return          LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_severity_name(severity: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(Severity::from_value(severity)?.name()));
        Ok(())
    })
}

/// The name of a budget.
///
/// @param budget  a leyline_budget
/// @param name    a static string
/// @return        LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_budget_name(budget: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(Budget::from_value(budget)?.name()));
        Ok(())
    })
}

/// Sets the contract's limits: epoch 18 ms, blending 5 ms, gate check 2 ms, 2 GB a seed, 12 GB in all.
///
/// @param budgets  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_init(budgets: *mut PerformanceBudgets) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(budgets, "budgets")?.set(PerformanceBudgets::default());
        Ok(())
    })
}

/// Sets a limit.
///
/// @param budgets  the record
/// @param budget   a leyline_budget
/// @param limit    in the budget's unit, finite, 0 or more
/// @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_set_limit(
    budgets: *mut PerformanceBudgets,
    budget: u32,
    limit: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let budget = Budget::from_value(budget)?;
        change(budgets, "budgets", |b| b.with_limit(budget, limit))
    })
}

/// Whether a measurement exceeds its budget; the limit itself is within.
///
/// @param budgets   the limits
/// @param budget    a leyline_budget
/// @param measured  in the budget's unit, finite, 0 or more
/// @param exceeded  whether it does
/// @param overrun   by what it is exceeded, zeros if it is not; or NULL
/// @return          LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_exceeded(
    budgets: *const PerformanceBudgets,
    budget: u32,
    measured: f32,
    exceeded: *mut bool,
    overrun: *mut OverrunRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (exceeded, place) = (out(exceeded, "exceeded")?, wanted(overrun, "overrun")?);
        let budget = Budget::from_value(budget)?;
        let overrun = input(budgets, "budgets")?.exceeded_by(budget, measured)?;
        exceeded.set(overrun.is_some());
        place.set(overrun.map_or_else(OverrunRecord::default, OverrunRecord::from));
        Ok(())
    })
}

/// What training signals exceed, as far as they tell: the epoch by its duration, the memory in all by that of the
/// GPU.
///
/// @param budgets   the limits
/// @param signals   the signals
/// @param overruns  room for LEYLINE_MAX_OVERRUNS
/// @param count     how many there are
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_exceeded_by_signals(
    budgets: *const PerformanceBudgets,
    signals: *const TrainingSignals,
    overruns: *mut OverrunRecord,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let count = out(count, "count")?;
        let (budgets, signals) = (input(budgets, "budgets")?, input(signals, "signals")?);
        let places = block(overruns, LEYLINE_MAX_OVERRUNS, "overruns")?;
        let mut found = 0;
        for (place, overrun) in places.iter_mut().zip(budgets.exceeded_by_signals(&signals)) {
            *place = overrun.into();
            found += 1;
        }
        count.set(found);
        Ok(())
    })
}

/// The event that tells of an overrun: PERFORMANCE_DEGRADATION, a warning, with "budget", "limit" and "measured" as
/// its data.
///
/// @param overrun       the overrun
/// @param id            16 bytes, a UUID
/// @param time_unix_ns  when, nanoseconds since the Unix epoch
/// @param event         the event
/// @return              LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_overrun_to_event(
    overrun: *const OverrunRecord,
    id: *const u8,
    time_unix_ns: i64,
    event: *mut TelemetryEvent,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let event = out(event, "event")?;
        let OverrunRecord { budget, limit, measured, .. } = input(overrun, "overrun")?;
        let id = uuid(id, "id")?;
        let overrun = Overrun { budget: Budget::from_value(budget)?, limit, measured };
        event.set(overrun.to_event(id, time_unix_ns)?);
        Ok(())
    })
}

/// Whether every limit is finite and 0 or more. The error names the first that is not.
///
/// @param budgets  the record; may hold anything
/// @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_check(budgets: *const PerformanceBudgets) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(budgets, "budgets")?.check() })
}

/// Saturates every figure to its bounds and replaces NaN by 0.
///
/// @param budgets   the record
/// @param replaced  how many were replaced; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_performance_budgets_sanitize(
    budgets: *mut PerformanceBudgets,
    replaced: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let replaced = wanted(replaced, "replaced")?;
        let mut count = 0;
        change(budgets, "budgets", |mut r| {
            count = r.sanitize();
            Ok(r)
        })?;
        replaced.set(count);
        Ok(())
    })
}
