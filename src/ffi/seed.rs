// C header: seed
//! The life of one seed in one slot.

use super::boundary::{Out, act, answer, input, optional, out, text, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::numbers::HealthNumber;
use super::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use crate::base::error::Result;
use crate::contract::command::AdaptationCommand;
use crate::contract::field_report::FieldReport;
use crate::contract::gate_result::GateResult;
use crate::contract::outcome::CommandOutcome;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::contract::telemetry::{EventType, SeedTelemetry, Severity, TelemetryEvent};
use crate::schema::id::Id;
use crate::seed::gates::GateThresholds;
use crate::seed::journal::Untold;
use crate::seed::lifecycle::SeedLifecycle;
use std::ffi::c_char;

/// One slot and the seed in it. Used by one thread at a time. As it goes it makes the records that a trainer reports, which
/// wait to be taken with leyline_seed_lifecycle_next_...; a trainer that takes none pays some 50 KB.
pub struct SeedLifecycleHandle {
    life: SeedLifecycle,
}

handles!(SeedLifecycleHandle: "seed");

/// The gate of a verdict where entry to the stage is free.
pub const LEYLINE_NO_GATE: u32 = 255;

/// What the gates ask for. Start with leyline_gate_thresholds_init.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GateThresholdsRecord {
    /// G2: least improvement since stage start, percentage points, -100 to 100. 0.5.
    pub min_stage_improvement: f32,
    /// G2: most isolation violations. 10.
    pub max_isolation_violations: u32,
    /// G2: least epochs in TRAINING. 3.
    pub min_training_epochs: u32,
    /// G3: least epochs in BLENDING. 3.
    pub min_blending_epochs: u32,
    /// G3: least alpha, 0 to 1. 0.95.
    pub min_alpha: f32,
    /// G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; one epoch at least. 10.
    pub shadowing_dwell_percent: u32,
    /// G5: total improvement to exceed, percentage points, -100 to 100. 0.
    pub total_improvement_above: f32,
}

/// What a gate says about a seed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GateVerdictRecord {
    /// A leyline_gate, or LEYLINE_NO_GATE.
    pub gate: u32,
    /// 1 if the seed may pass, else 0.
    pub passed: u32,
    /// How well it did, 0 to 1; a gate may fail at any score.
    pub score: f32,
    /// 0.
    pub reserved: u32,
    /// Its checks, for people: "name: needs ..., found ...; ...". NUL-terminated UTF-8, cut at a character if it is longer.
    pub text: [u8; 240],
}

/// What a life cycle dropped because nobody took it in time.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct UntoldRecord {
    /// Events.
    pub events: u64,
    /// State reports.
    pub state_reports: u64,
    /// Gate results.
    pub gate_results: u64,
    /// Field reports.
    pub field_reports: u64,
}

impl GateVerdictRecord {
    /// Entry was free.
    const FREE: Self = Self { gate: LEYLINE_NO_GATE, passed: 1, score: 1.0, reserved: 0, text: [0; 240] };

    fn of(verdict: &GateVerdict) -> Self {
        let checks: Vec<String> = verdict
            .checks
            .iter()
            .map(|c| format!("{}: needs {}, found {}", c.name, c.needed, c.found))
            .collect();
        let checks = checks.join("; ");
        let mut record = Self {
            gate: verdict.gate.value().into(),
            passed: verdict.passed.into(),
            score: verdict.score,
            ..Self::FREE
        };
        let end = (0..record.text.len().min(checks.len() + 1)).rev().find(|&i| checks.is_char_boundary(i));
        let end = end.unwrap_or(0);
        record.text[..end].copy_from_slice(&checks.as_bytes()[..end]);
        record
    }

    /// The verdict without its checks, as it travels.
    pub(super) fn read(&self) -> Result<GateVerdict> {
        Ok(GateVerdict {
            gate: GateLevel::from_value(self.gate)?,
            passed: self.passed != 0,
            score: self.score,
            checks: Vec::new(),
        })
    }
}

fn thresholds(t: GateThresholdsRecord) -> GateThresholds {
    GateThresholds {
        min_stage_improvement: t.min_stage_improvement,
        max_isolation_violations: t.max_isolation_violations,
        min_training_epochs: t.min_training_epochs,
        min_blending_epochs: t.min_blending_epochs,
        min_alpha: t.min_alpha,
        shadowing_dwell_percent: t.shadowing_dwell_percent,
        total_improvement_above: t.total_improvement_above,
    }
}

fn tell(verdict: Option<&GateVerdict>, place: Out<GateVerdictRecord>) {
    place.set(verdict.map_or(GateVerdictRecord::FREE, GateVerdictRecord::of));
}

/// Sets the defaults.
///
/// @param thresholds  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_thresholds_init(thresholds: *mut GateThresholdsRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let t = GateThresholds::default();
        out(thresholds, "thresholds")?.set(GateThresholdsRecord {
            min_stage_improvement: t.min_stage_improvement,
            max_isolation_violations: t.max_isolation_violations,
            min_training_epochs: t.min_training_epochs,
            min_blending_epochs: t.min_blending_epochs,
            min_alpha: t.min_alpha,
            shadowing_dwell_percent: t.shadowing_dwell_percent,
            total_improvement_above: t.total_improvement_above,
        });
        Ok(())
    })
}

/// Makes an empty slot.
///
/// @param max_epochs  epochs of the run, 1 or more
/// @param thresholds  what the gates ask for; or NULL for the defaults
/// @param seed        the new handle; close it with leyline_seed_lifecycle_close
/// @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_new(
    max_epochs: u32,
    thresholds: *const GateThresholdsRecord,
    seed: *mut *mut SeedLifecycleHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let seed = slot(seed)?;
        let given = optional(thresholds, "thresholds")?.map(self::thresholds);
        seed.set(give(SeedLifecycleHandle {
            life: SeedLifecycle::new(max_epochs, given.unwrap_or_default())?,
        }));
        Ok(())
    })
}

/// Puts a seed into the empty slot, through G0.
///
/// @param seed              the slot and its seed
/// @param seed_id           1 to 39 bytes
/// @param blueprint         1 to 39 bytes
/// @param accuracy_percent  the host's before the seed, 0 to 100
/// @param verdict           the gate's verdict; or NULL
/// @return                  LEYLINE_ERR_ILLEGAL_TRANSITION if the slot is not DORMANT, LEYLINE_ERR_GATE_FAILED,
///                          LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_germinate(
    seed: *mut SeedLifecycleHandle,
    seed_id: *const c_char,
    blueprint: *const c_char,
    accuracy_percent: f32,
    verdict: *mut GateVerdictRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let verdict = wanted(verdict, "verdict")?;
        let mut seed = open_mut(seed, "seed")?;
        let (seed_id, blueprint) = (text(seed_id, "seed_id")?, text(blueprint, "blueprint")?);
        tell(Some(&seed.life.germinate(seed_id, blueprint, accuracy_percent)?), verdict);
        Ok(())
    })
}

/// Takes the seed to a stage, through that stage's gate.
///
/// @param seed     the slot and its seed
/// @param stage    a leyline_seed_stage
/// @param verdict  the gate's verdict, its gate LEYLINE_NO_GATE where entry is free; or NULL
/// @return         LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_GATE_FAILED (leyline_last_error says what was needed
///                 and found), LEYLINE_ERR_INVALID_ENUM; nothing has changed
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_advance(
    seed: *mut SeedLifecycleHandle,
    stage: u32,
    verdict: *mut GateVerdictRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let verdict = wanted(verdict, "verdict")?;
        let mut seed = open_mut(seed, "seed")?;
        tell(seed.life.advance(SeedStage::from_value(stage)?)?.as_ref(), verdict);
        Ok(())
    })
}

/// Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
///
/// @param seed  the slot and its seed
/// @return      LEYLINE_ERR_ILLEGAL_TRANSITION
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_cull(seed: *mut SeedLifecycleHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.cull() })
}

/// Counts an epoch and takes in its accuracy.
///
/// @param seed              the slot and its seed
/// @param accuracy_percent  0 to 100
/// @return                  LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_end_of_epoch(
    seed: *mut SeedLifecycleHandle,
    accuracy_percent: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.end_of_epoch(accuracy_percent) })
}

/// Sets the blending weight.
///
/// @param seed   the slot and its seed
/// @param alpha  0 to 1
/// @return       LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_alpha(
    seed: *mut SeedLifecycleHandle,
    alpha: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.set_alpha(alpha) })
}

/// Counts that the seed reached into the host while it should be isolated.
///
/// @param seed  the slot and its seed
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_add_isolation_violation(
    seed: *mut SeedLifecycleHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        open_mut(seed, "seed")?.life.add_isolation_violation();
        Ok(())
    })
}

/// Takes a gradient norm into the mean.
///
/// @param seed  the slot and its seed
/// @param norm  finite, 0 or more
/// @return      LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_record_gradient_norm(
    seed: *mut SeedLifecycleHandle,
    norm: f32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.record_gradient_norm(norm) })
}

/// Sets the seed's health, which G5 asks for; a seed germinates healthy.
///
/// @param seed    the slot and its seed
/// @param health  a leyline_health
/// @return        LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_health(
    seed: *mut SeedLifecycleHandle,
    health: u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let health = HealthNumber::read(health)?;
        open_mut(seed, "seed")?.life.set_health(health);
        Ok(())
    })
}

/// What a gate says of the seed as it is, without moving it.
///
/// @param seed     the slot and its seed
/// @param gate     a leyline_gate
/// @param verdict  its verdict, passed or not
/// @return         LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_check_gate(
    seed: *const SeedLifecycleHandle,
    gate: u32,
    verdict: *mut GateVerdictRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let verdict = out(verdict, "verdict")?;
        let gate = GateLevel::from_value(gate)?;
        tell(Some(&open(seed, "seed")?.life.check_gate(gate)), verdict);
        Ok(())
    })
}

/// The seed's figures.
///
/// @param seed     the slot and its seed
/// @param metrics  the figures
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_metrics(
    seed: *const SeedLifecycleHandle,
    metrics: *mut SeedMetrics,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(metrics, "metrics")?.set(open(seed, "seed")?.life.metrics());
        Ok(())
    })
}

/// The stage, and the one before.
///
/// @param seed      the slot and its seed
/// @param stage     a leyline_seed_stage; or NULL
/// @param previous  a leyline_seed_stage, UNKNOWN if there was none; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_stage(
    seed: *const SeedLifecycleHandle,
    stage: *mut u32,
    previous: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (stage, previous) = (wanted(stage, "stage")?, wanted(previous, "previous")?);
        let life = &open(seed, "seed")?.life;
        stage.set(life.stage().value().into());
        previous.set(life.previous_stage().value().into());
        Ok(())
    })
}

/// The seed's id and its blueprint; empty if the slot is.
///
/// @param seed       the slot and its seed
/// @param seed_id    the id; or NULL
/// @param blueprint  the blueprint; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_ids(
    seed: *const SeedLifecycleHandle,
    seed_id: *mut Id,
    blueprint: *mut Id,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (seed_id, blueprint) = (wanted(seed_id, "seed_id")?, wanted(blueprint, "blueprint")?);
        let life = &open(seed, "seed")?.life;
        seed_id.set(life.seed_id());
        blueprint.set(life.blueprint());
        Ok(())
    })
}

/// The seed's health.
///
/// @param seed    the slot and its seed
/// @param health  a leyline_health
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_health(
    seed: *const SeedLifecycleHandle,
    health: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(health, "health")?.set(HealthNumber::from(open(seed, "seed")?.life.health()) as u32);
        Ok(())
    })
}

/// Names the slot and the environment, for what is told from now on.
///
/// @param seed  the slot and its seed
/// @param slot  1 to 39 bytes
/// @param env   the environment, from 0
/// @return      LEYLINE_ERR_INVALID_ID; nothing has changed
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_slot(
    seed: *mut SeedLifecycleHandle,
    slot: *const c_char,
    env: u16,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.set_slot(text(slot, "slot")?, env) })
}

/// Says which epoch of the run it is and what time: what is told from now on says so. The library reads no clock
/// here.
///
/// @param seed          the slot and its seed
/// @param epoch         epochs, from 1
/// @param time_unix_ns  nanoseconds since the Unix epoch
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_now(
    seed: *mut SeedLifecycleHandle,
    epoch: u32,
    time_unix_ns: i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        open_mut(seed, "seed")?.life.set_now(epoch, time_unix_ns);
        Ok(())
    })
}

/// Says how training stands; a seed that germinates keeps it for its field report.
///
/// @param seed     the slot and its seed
/// @param signals  the signals, which must pass leyline_training_signals_check
/// @return         as leyline_training_signals_check; nothing has changed
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_signals(
    seed: *mut SeedLifecycleHandle,
    signals: *const TrainingSignals,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.set_signals(&input(signals, "signals")?) })
}

/// As leyline_seed_lifecycle_cull, for a reason that the field report has.
///
/// @param seed    the slot and its seed
/// @param reason  why, for people; longer than 63 bytes it is cut at a character
/// @return        LEYLINE_ERR_ILLEGAL_TRANSITION
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_cull_because(
    seed: *mut SeedLifecycleHandle,
    reason: *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.cull_because(text(reason, "reason")?) })
}

/// Takes in that a command was received for this slot: its id goes into the field report, an event tells of it. Of
/// those received while the slot is empty only the last one counts, because it is the one that germinates.
///
/// @param seed     the slot and its seed
/// @param command  the command; may hold anything
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_record_command(
    seed: *mut SeedLifecycleHandle,
    command: *const AdaptationCommand,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let command = input(command, "command")?;
        open_mut(seed, "seed")?.life.record_command(&command);
        Ok(())
    })
}

/// Takes in what came of a command, for an event to tell.
///
/// @param seed     the slot and its seed
/// @param outcome  the outcome; may hold anything
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_record_outcome(
    seed: *mut SeedLifecycleHandle,
    outcome: *const CommandOutcome,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let outcome = input(outcome, "outcome")?;
        open_mut(seed, "seed")?.life.record_outcome(&outcome);
        Ok(())
    })
}

fn next<T>(found: Option<T>, place: Out<T>) -> Status {
    match found {
        Some(record) => {
            place.set(record);
            LEYLINE_OK
        }
        None => LEYLINE_EMPTY,
    }
}

/// Takes the oldest event that was not taken yet. 64 wait at most; the oldest make way.
///
/// @param seed   the slot and its seed
/// @param event  the record
/// @return       LEYLINE_OK, or LEYLINE_EMPTY when there is none
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_next_event(
    seed: *mut SeedLifecycleHandle,
    event: *mut TelemetryEvent,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let event = out(event, "event")?;
        Ok(next(open_mut(seed, "seed")?.life.next_event(), event))
    })
}

/// Takes the oldest state report that was not taken yet: one for every change of stage and every end of an epoch.
/// 16 wait at most; the oldest make way.
///
/// @param seed    the slot and its seed
/// @param report  the record
/// @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_next_state_report(
    seed: *mut SeedLifecycleHandle,
    report: *mut SeedStateReport,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let report = out(report, "report")?;
        Ok(next(open_mut(seed, "seed")?.life.next_state_report(), report))
    })
}

/// Takes the oldest gate result that was not taken yet: one for every gate that a seed was to pass, passed or not.
/// 16 wait at most; the oldest make way.
///
/// @param seed    the slot and its seed
/// @param result  the record
/// @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_next_gate_result(
    seed: *mut SeedLifecycleHandle,
    result: *mut GateResult,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let result = out(result, "result")?;
        Ok(next(open_mut(seed, "seed")?.life.next_gate_result(), result))
    })
}

/// Takes the oldest field report that was not taken yet: one for each seed that was fossilized or culled. 4 wait at
/// most; the oldest make way.
///
/// @param seed    the slot and its seed
/// @param report  the record
/// @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_next_field_report(
    seed: *mut SeedLifecycleHandle,
    report: *mut FieldReport,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let report = out(report, "report")?;
        Ok(next(open_mut(seed, "seed")?.life.next_field_report(), report))
    })
}

/// What was dropped so far because nobody took it.
///
/// @param seed    the slot and its seed
/// @param untold  how many of each
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_untold(
    seed: *const SeedLifecycleHandle,
    untold: *mut UntoldRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(untold, "untold")?;
        let Untold { events, state_reports, gate_results, field_reports } = open(seed, "seed")?.life.untold();
        place.set(UntoldRecord { events, state_reports, gate_results, field_reports });
        Ok(())
    })
}

/// The seed as it is now, ready to be reported. Takes nothing from those that wait.
///
/// @param seed    the slot and its seed
/// @param report  the report
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_state_report(
    seed: *const SeedLifecycleHandle,
    report: *mut SeedStateReport,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(report, "report")?.set(open(seed, "seed")?.life.state_report());
        Ok(())
    })
}

/// What a gate says of the seed as it is, ready to be reported, without moving it.
///
/// @param seed    the slot and its seed
/// @param gate    a leyline_gate
/// @param result  the result, with the names of its checks
/// @return        LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_gate_result(
    seed: *const SeedLifecycleHandle,
    gate: u32,
    result: *mut GateResult,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let result = out(result, "result")?;
        let gate = GateLevel::from_value(gate)?;
        result.set(open(seed, "seed")?.life.gate_result(gate));
        Ok(())
    })
}

/// What is known of the seed for its telemetry, with the gradient norm recorded last. Layer, gradient health,
/// vanishing and exploding are for the caller to add.
///
/// @param seed       the slot and its seed
/// @param telemetry  the telemetry
/// @return           LEYLINE_OK, or LEYLINE_EMPTY while the slot is empty
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_telemetry(
    seed: *const SeedLifecycleHandle,
    telemetry: *mut SeedTelemetry,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let telemetry = out(telemetry, "telemetry")?;
        Ok(next(open(seed, "seed")?.life.telemetry(), telemetry))
    })
}

/// Makes an event about this slot and its seed, of now and with an id of its own, for the caller to complete.
///
/// @param seed        the slot and its seed
/// @param event_type  a leyline_event_type
/// @param severity    a leyline_severity
/// @param event       the event
/// @return            LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_event(
    seed: *mut SeedLifecycleHandle,
    event_type: u32,
    severity: u32,
    event: *mut TelemetryEvent,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let event = out(event, "event")?;
        let (event_type, severity) = (EventType::from_value(event_type)?, Severity::from_value(severity)?);
        event.set(open_mut(seed, "seed")?.life.event(event_type, severity));
        Ok(())
    })
}

/// Puts an event behind those that wait to be taken.
///
/// @param seed   the slot and its seed
/// @param event  the event, which must pass leyline_telemetry_event_check
/// @return       as leyline_telemetry_event_check
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_tell(
    seed: *mut SeedLifecycleHandle,
    event: *const TelemetryEvent,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { open_mut(seed, "seed")?.life.tell(input(event, "event")?) })
}

/// Ends the handle.
///
/// @param seed  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_close(seed: *mut SeedLifecycleHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(seed, "seed") })
}

/// Whether every figure is finite and in its range. The error names the first that is not.
///
/// @param metrics  the figures
/// @return         LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_metrics_check(metrics: *const SeedMetrics) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { input(metrics, "metrics")?.check() })
}
