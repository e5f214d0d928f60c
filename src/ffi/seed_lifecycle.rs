// C header: seed
//! The life cycle of one seed in one seed slot.

use super::action_space::leyline_action_space_t;
use super::boundary::call::{act, answer};
use super::boundary::handle::{close, give, open, slot};
use super::boundary::pointer::{Out, input, invalid, optional, out, wanted};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use super::boundary::string::text;
use super::enumerations::{leyline_health, leyline_record};
use super::life::{Life, leyline_seed_lifecycle_t, life, life_mut};
use super::record_kind::{record_in, record_out};
use super::seed_host::{Host, leyline_seed_host_t};
use crate::base::error::Error;
use crate::contract::command::AdaptationCommand;
use crate::contract::gate_result::GateResult;
use crate::contract::outcome::CommandOutcome;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::contract::telemetry::{EventType, Severity, TelemetryEvent};
use crate::schema::id::Id;
use crate::seed::apply::Germination;
use crate::seed::{gates::GateThresholds, journal::Untold, lifecycle::SeedLifecycle};
use std::ffi::{c_char, c_void};

/// The gate of a verdict where entry to the stage is free.
pub const LEYLINE_NO_GATE: u32 = 255;

/// A gate's verdict on a seed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_gate_verdict_t {
    /// A leyline_gate, or LEYLINE_NO_GATE.
    pub gate: u32,
    /// 1 if the seed may pass, else 0.
    pub passed: u32,
    /// The score, 0 to 1; a gate may fail at any score.
    pub score: f32,
    /// 0.
    pub reserved: u32,
    /// Its checks, for people, the failed ones first: "name: needs ..., found ...; ...".
    /// NUL-terminated UTF-8, cut at a character if it is longer.
    pub text: [u8; 240],
}

/// A seed slot and the seed in it, as they are now.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_seed_lifecycle_info_t {
    /// The seed's figures.
    pub metrics: SeedMetrics,
    /// The reports that were dropped because they were not taken in time.
    pub untold: Untold,
    /// The seed; empty if the seed slot is.
    pub seed: Id,
    /// Its blueprint; empty if the seed slot is.
    pub blueprint: Id,
    /// A leyline_seed_stage.
    pub stage: u32,
    /// The leyline_seed_stage before, UNKNOWN if there was none.
    pub previous_stage: u32,
    /// A leyline_health.
    pub health: u32,
    /// 0.
    pub reserved: u32,
}

impl leyline_gate_verdict_t {
    /// Entry was free.
    const FREE: Self = Self { gate: LEYLINE_NO_GATE, passed: 1, score: 1.0, reserved: 0, text: [0; 240] };

    fn of(verdict: &GateVerdict) -> Self {
        let said = |passed| {
            let checks = verdict.checks.iter().filter(move |c| c.passed == passed);
            checks.map(|c| format!("{}: needs {}, found {}", c.name, c.needed, c.found))
        };
        // What a reader looks for stands first, so that a cut takes detail only.
        let checks: Vec<String> = said(false).chain(said(true)).collect();
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
}

fn tell(verdict: Option<&GateVerdict>, place: Out<leyline_gate_verdict_t>) {
    place.set(verdict.map_or(leyline_gate_verdict_t::FREE, leyline_gate_verdict_t::of));
}

/// Takes a record, once there is a place for it.
fn taken<T>(place: Out<T>, take: impl FnOnce() -> Option<T>) -> Status {
    match take() {
        Some(record) => {
            place.set(record);
            LEYLINE_OK
        }
        None => LEYLINE_EMPTY,
    }
}

#[cold]
fn wrong_kind(expected: &'static str) -> Error {
    invalid("kind", expected, "another record")
}

/// Makes an empty seed slot.
///
/// @param max_epochs  epochs of the run, 1 or more
/// @param thresholds  or NULL for the defaults
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_new(
    max_epochs: u32,
    thresholds: *const GateThresholds,
    seed: *mut *mut leyline_seed_lifecycle_t,
) -> Status {
    act!({
        let seed = slot(seed)?;
        let given = optional(thresholds, "thresholds")?;
        let life = SeedLifecycle::new(max_epochs, given.unwrap_or_default())?;
        seed.set(give(leyline_seed_lifecycle_t { life: Life::Own(life.into()) }));
    })
}

/// Puts a seed into the empty seed slot, through G0.
///
/// @param seed_id           1 to 39 bytes
/// @param blueprint         1 to 39 bytes
/// @param accuracy_percent  the host's before the seed, 0 to 100
/// @param verdict           or NULL
/// @return                  LEYLINE_ERR_ILLEGAL_TRANSITION (not DORMANT), LEYLINE_ERR_GATE_FAILED;
///                          nothing has changed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_germinate(
    seed: *mut leyline_seed_lifecycle_t,
    seed_id: *const c_char,
    blueprint: *const c_char,
    accuracy_percent: f32,
    verdict: *mut leyline_gate_verdict_t,
) -> Status {
    act!({
        let verdict = wanted(verdict, "verdict")?;
        let mut seed = life_mut(seed)?;
        let (seed_id, blueprint) = (text(seed_id, "seed_id")?, text(blueprint, "blueprint")?);
        tell(Some(&seed.germinate(seed_id, blueprint, accuracy_percent)?), verdict);
    })
}

/// Takes the seed to a stage, through that stage's gate.
///
/// @param stage    a leyline_seed_stage
/// @param verdict  its gate LEYLINE_NO_GATE where entry is free; or NULL
/// @return         LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_GATE_FAILED; nothing has changed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_advance(
    seed: *mut leyline_seed_lifecycle_t,
    stage: u32,
    verdict: *mut leyline_gate_verdict_t,
) -> Status {
    act!({
        let verdict = wanted(verdict, "verdict")?;
        let mut seed = life_mut(seed)?;
        tell(seed.advance(SeedStage::from_value(stage)?)?.as_ref(), verdict);
    })
}

/// Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
///
/// @param reason  for the field report, cut at 63 bytes; or NULL
/// @return        LEYLINE_ERR_ILLEGAL_TRANSITION
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_cull(
    seed: *mut leyline_seed_lifecycle_t,
    reason: *const c_char,
) -> Status {
    act!({
        let mut seed = life_mut(seed)?;
        if reason.is_null() { seed.cull()? } else { seed.cull_because(text(reason, "reason")?)? }
    })
}

/// Executes a command on the seed slot and gives the outcome to answer it with. Checks seed, seed
/// slot, blueprint and stage, asks the gate, moves, calls back, and records command and outcome. A
/// command that is not executed is no error: the outcome says so.
///
/// @param command           may hold anything
/// @param sequence          the command's in its ring
/// @param space             the blueprints there are
/// @param seed_id           the name of a seed whose command names none, 1 to 39 bytes
/// @param accuracy_percent  the host's before a new seed, 0 to 100
/// @param host              or NULL: no callbacks
/// @param outcome           EXECUTED; REJECTED with MALFORMED, UNKNOWN_SLOT, UNKNOWN_SEED,
///                          UNKNOWN_BLUEPRINT, ILLEGAL_STAGE or GATE; FAILED with INTERNAL: the
///                          host refused the seed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_apply(
    seed: *mut leyline_seed_lifecycle_t,
    command: *const AdaptationCommand,
    sequence: u64,
    space: *const leyline_action_space_t,
    seed_id: *const c_char,
    accuracy_percent: f32,
    host: *const leyline_seed_host_t,
    outcome: *mut CommandOutcome,
) -> Status {
    act!({
        let (place, command) = (out(outcome, "outcome")?, input(command, "command")?);
        let (actions, name) = (&open(space, "space")?.space, text(seed_id, "seed_id")?);
        let mut host = Host::of(host)?;
        let germination = Germination { actions, seed: name, accuracy_percent };
        place.set(life_mut(seed)?.apply(&command, sequence, &germination, &mut host));
    })
}

/// Counts an epoch and takes in its accuracy.
///
/// @param accuracy_percent  0 to 100
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_end_of_epoch(
    seed: *mut leyline_seed_lifecycle_t,
    accuracy_percent: f32,
) -> Status {
    act!(life_mut(seed)?.end_of_epoch(accuracy_percent)?)
}

/// Sets the blending weight.
///
/// @param alpha  0 to 1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_alpha(
    seed: *mut leyline_seed_lifecycle_t,
    alpha: f32,
) -> Status {
    act!(life_mut(seed)?.set_alpha(alpha)?)
}

/// Sets the seed's health, which G5 asks for; a seed germinates healthy.
///
/// @param health  a leyline_health
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_health(
    seed: *mut leyline_seed_lifecycle_t,
    health: u32,
) -> Status {
    act!({
        let health = leyline_health::read(health)?;
        life_mut(seed)?.set_health(health);
    })
}

/// Sets the names of the seed slot and the environment for later records.
///
/// @param slot  1 to 39 bytes
/// @param env   from 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_slot(
    seed: *mut leyline_seed_lifecycle_t,
    slot: *const c_char,
    env: u16,
) -> Status {
    act!(life_mut(seed)?.set_slot(text(slot, "slot")?, env)?)
}

/// Sets the epoch and the time of later records; no clock is read here.
///
/// @param epoch         of the run, from 1
/// @param time_unix_ns  nanoseconds since the Unix epoch
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_now(
    seed: *mut leyline_seed_lifecycle_t,
    epoch: u32,
    time_unix_ns: i64,
) -> Status {
    act!(life_mut(seed)?.set_now(epoch, time_unix_ns))
}

/// Sets the state of training, which a seed that germinates keeps for its field report.
///
/// @return  those of leyline_record_check; nothing has changed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_set_signals(
    seed: *mut leyline_seed_lifecycle_t,
    signals: *const TrainingSignals,
) -> Status {
    act!(life_mut(seed)?.set_signals(&input(signals, "signals")?)?)
}

/// Counts that the seed reached into the host while it should be isolated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_add_isolation_violation(
    seed: *mut leyline_seed_lifecycle_t,
) -> Status {
    act!(life_mut(seed)?.add_isolation_violation())
}

/// Takes a gradient norm into the mean.
///
/// @param norm  0 or more
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_record_gradient_norm(
    seed: *mut leyline_seed_lifecycle_t,
    norm: f32,
) -> Status {
    act!(life_mut(seed)?.record_gradient_norm(norm)?)
}

/// Takes in a command that was received for this seed slot, or its outcome: an event reports it,
/// and the field report lists the command. Of commands received while the slot is empty only the
/// last counts.
///
/// @param kind    LEYLINE_RECORD_ADAPTATION_COMMAND or LEYLINE_RECORD_COMMAND_OUTCOME
/// @param record  may hold anything
/// @param size    sizeof the record
/// @return        LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_record(
    seed: *mut leyline_seed_lifecycle_t,
    kind: u32,
    record: *const c_void,
    size: usize,
) -> Status {
    act!({
        let mut life = life_mut(seed)?;
        match leyline_record::read(kind)? {
            leyline_record::AdaptationCommand => life.record_command(&record_in(record, size)?),
            leyline_record::CommandOutcome => life.record_outcome(&record_in(record, size)?),
            _ => return Err(wrong_kind("a command or an outcome")),
        }
    })
}

/// Says what a gate makes of the seed as it is, without moving it.
///
/// @param gate     a leyline_gate
/// @param verdict  passed or not
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_check_gate(
    seed: *const leyline_seed_lifecycle_t,
    gate: u32,
    verdict: *mut leyline_gate_verdict_t,
) -> Status {
    act!({
        let verdict = out(verdict, "verdict")?;
        let gate = GateLevel::from_value(gate)?;
        tell(Some(&life(seed)?.check_gate(gate)), verdict);
    })
}

/// Describes the seed slot and its seed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_info(
    seed: *const leyline_seed_lifecycle_t,
    info: *mut leyline_seed_lifecycle_info_t,
) -> Status {
    act!({
        let place = out(info, "info")?;
        let life = life(seed)?;
        place.set(leyline_seed_lifecycle_info_t {
            metrics: life.metrics(),
            untold: life.untold(),
            seed: life.seed_id(),
            blueprint: life.blueprint(),
            stage: life.stage().value().into(),
            previous_stage: life.previous_stage().value().into(),
            health: leyline_health::from(life.health()) as u32,
            reserved: 0,
        });
    })
}

/// Takes the oldest record of a kind that was not taken yet. Of each kind so many wait, and the
/// oldest make way: 64 events; 16 state reports, one for each change of stage and end of an epoch;
/// 16 gate results, one for each gate that a seed was to pass; 4 field reports, one for each seed
/// fossilized or culled.
///
/// @param kind    LEYLINE_RECORD_TELEMETRY_EVENT, _SEED_STATE_REPORT, _GATE_RESULT or _FIELD_REPORT
/// @param record  written on LEYLINE_OK only
/// @param size    sizeof the record
/// @return        LEYLINE_OK, LEYLINE_EMPTY; LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_next(
    seed: *mut leyline_seed_lifecycle_t,
    kind: u32,
    record: *mut c_void,
    size: usize,
) -> Status {
    answer!({
        let mut life = life_mut(seed)?;
        let kind = leyline_record::read(kind)?;
        match kind {
            leyline_record::TelemetryEvent => taken(record_out(record, size)?, || life.next_event()),
            leyline_record::SeedStateReport => taken(record_out(record, size)?, || life.next_state_report()),
            leyline_record::GateResult => taken(record_out(record, size)?, || life.next_gate_result()),
            leyline_record::FieldReport => taken(record_out(record, size)?, || life.next_field_report()),
            _ => return Err(wrong_kind("an event, a state report, a gate result or a field report")),
        }
    })
}

/// Makes a record of the seed as it is now, ready to be reported. Takes none of those that wait.
///
/// @param kind    LEYLINE_RECORD_SEED_STATE_REPORT; or LEYLINE_RECORD_SEED_TELEMETRY, to which the
///                caller adds layer, gradient health, vanishing and exploding
/// @param record  written on LEYLINE_OK only
/// @param size    sizeof the record
/// @return        LEYLINE_OK; LEYLINE_EMPTY: telemetry of an empty seed slot;
///                LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_report(
    seed: *const leyline_seed_lifecycle_t,
    kind: u32,
    record: *mut c_void,
    size: usize,
) -> Status {
    answer!({
        let life = life(seed)?;
        let kind = leyline_record::read(kind)?;
        match kind {
            leyline_record::SeedStateReport => taken(record_out(record, size)?, || Some(life.state_report())),
            leyline_record::SeedTelemetry => taken(record_out(record, size)?, || life.telemetry()),
            _ => return Err(wrong_kind("a state report or telemetry")),
        }
    })
}

/// Says what a gate makes of the seed as it is, ready to be reported, without moving it.
///
/// @param gate    a leyline_gate
/// @param result  with the names of its checks
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_gate_result(
    seed: *const leyline_seed_lifecycle_t,
    gate: u32,
    result: *mut GateResult,
) -> Status {
    act!({
        out(result, "result")?.set(life(seed)?.gate_result(GateLevel::from_value(gate)?));
    })
}

/// Makes an event about this seed slot and its seed, of now and with an id of its own, for the
/// caller to complete.
///
/// @param event_type  a leyline_event_type
/// @param severity    a leyline_severity
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_event(
    seed: *mut leyline_seed_lifecycle_t,
    event_type: u32,
    severity: u32,
    event: *mut TelemetryEvent,
) -> Status {
    act!({
        let event = out(event, "event")?;
        let (event_type, severity) = (EventType::from_value(event_type)?, Severity::from_value(severity)?);
        event.set(life_mut(seed)?.event(event_type, severity));
    })
}

/// Puts an event behind those that wait to be taken.
///
/// @return  those of leyline_record_check
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_tell(
    seed: *mut leyline_seed_lifecycle_t,
    event: *const TelemetryEvent,
) -> Status {
    act!(life_mut(seed)?.tell(input(event, "event")?)?)
}

/// Ends the handle.
///
/// @param seed  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_lifecycle_close(seed: *mut leyline_seed_lifecycle_t) -> Status {
    act!(close(seed, "seed")?)
}
