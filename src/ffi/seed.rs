//! The life of one seed in one slot.

use super::boundary::{Out, act, input, optional, out, text, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::numbers::HealthNumber;
use super::status::Status;
use crate::Result;
use crate::contract::command::SeedMetrics;
use crate::contract::id::Id;
use crate::contract::seed::{GateThresholds, SeedLifecycle};
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use std::ffi::c_char;

/// One slot and the seed in it. Used by one thread at a time.
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
        let seed = open_mut(seed, "seed")?;
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
        let seed = open_mut(seed, "seed")?;
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
