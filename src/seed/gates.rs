// C header: seed
//! The gates between the stages of a seed, and their thresholds.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::stage::{GateCheck, GateLevel, GateVerdict, SeedStage};
use crate::schema::check::finite_in;
use crate::schema::id::Id;

/// The host's judgement of a seed, which G5 requires to be healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Health {
    /// The host found no fault.
    #[default]
    Healthy,
    /// The host found a fault.
    Unhealthy,
}

/// The seed that a gate evaluates.
pub(super) struct Candidate<'a> {
    pub(super) id: &'a Id,
    pub(super) blueprint: &'a Id,
    pub(super) stage: SeedStage,
    pub(super) metrics: &'a SeedMetrics,
    pub(super) health: Health,
    /// Epochs of the run.
    pub(super) max_epochs: u32,
}

/// The thresholds of the gates. Start from the defaults (in C leyline_record_init) and set what
/// differs; they are checked when a life cycle begins.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct GateThresholds {
    /// G2: least improvement since stage start, percentage points, -100 to 100. Default 0.5.
    pub min_stage_improvement: f32,
    /// G2: most isolation violations. Default 10.
    pub max_isolation_violations: u32,
    /// G2: least epochs in TRAINING. Default 3.
    pub min_training_epochs: u32,
    /// G3: least epochs in BLENDING. Default 3.
    pub min_blending_epochs: u32,
    /// G3: least alpha, 0 to 1. Default 0.95.
    pub min_alpha: f32,
    /// G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; rounded down, but one epoch
    /// at least. Default 10.
    pub shadowing_dwell_percent: u32,
    /// G5: total improvement to exceed, percentage points, -100 to 100. Default 0.
    pub total_improvement_above: f32,
}

impl Default for GateThresholds {
    fn default() -> Self {
        Self {
            min_stage_improvement: 0.5,
            max_isolation_violations: 10,
            min_training_epochs: 3,
            min_blending_epochs: 3,
            min_alpha: 0.95,
            shadowing_dwell_percent: 10,
            total_improvement_above: 0.0,
        }
    }
}

impl GateThresholds {
    /// Refuses thresholds that are not finite or out of bounds.
    pub fn check(&self) -> Result<()> {
        let pp = "-100 to 100 pp";
        finite_in("min_stage_improvement", self.min_stage_improvement, -100.0..=100.0, pp)?;
        finite_in("total_improvement_above", self.total_improvement_above, -100.0..=100.0, pp)?;
        finite_in("min_alpha", self.min_alpha, 0.0..=1.0, "0 to 1")?;
        if self.shadowing_dwell_percent > 100 {
            return Err(Error::new(ErrorKind::OutOfRange)
                .about("shadowing_dwell_percent")
                .expected_found("0 to 100 percent", self.shadowing_dwell_percent.to_string()));
        }
        Ok(())
    }

    /// Evaluates a gate for a seed.
    pub(super) fn judge(&self, gate: GateLevel, seed: &Candidate<'_>) -> GateVerdict {
        let (m, t) = (seed.metrics, self);
        let check = |name, passed, needed: String, found: String| GateCheck { name, passed, needed, found };
        let stage_is = |needed: SeedStage| {
            check("stage", seed.stage == needed, needed.to_string(), seed.stage.to_string())
        };
        let epochs_in_stage = |needed: u32| {
            check(
                "epochs_in_stage",
                m.epochs_in_stage >= needed,
                format!(">= {needed}"),
                m.epochs_in_stage.to_string(),
            )
        };
        let named = |name, id: &Id| check(name, !id.is_empty(), "an id".into(), format!("{id:?}"));
        let checks = match gate {
            GateLevel::G0 => vec![
                named("seed_id", seed.id),
                named("blueprint", seed.blueprint),
                stage_is(SeedStage::Dormant),
            ],
            GateLevel::G1 => vec![stage_is(SeedStage::Germinated)],
            GateLevel::G2 => vec![
                check(
                    "improvement_since_stage_start",
                    m.improvement_since_stage_start >= t.min_stage_improvement,
                    format!(">= {} pp", t.min_stage_improvement),
                    format!("{} pp", m.improvement_since_stage_start),
                ),
                check(
                    "isolation_violations",
                    m.isolation_violations <= t.max_isolation_violations,
                    format!("<= {}", t.max_isolation_violations),
                    m.isolation_violations.to_string(),
                ),
                epochs_in_stage(t.min_training_epochs),
            ],
            GateLevel::G3 => vec![
                epochs_in_stage(t.min_blending_epochs),
                check("alpha", m.alpha >= t.min_alpha, format!(">= {}", t.min_alpha), m.alpha.to_string()),
            ],
            GateLevel::G4 => {
                vec![stage_is(SeedStage::Shadowing), epochs_in_stage(self.shadowing_dwell(seed.max_epochs))]
            }
            GateLevel::G5 => vec![
                check(
                    "total_improvement",
                    m.total_improvement > t.total_improvement_above,
                    format!("> {} pp", t.total_improvement_above),
                    format!("{} pp", m.total_improvement),
                ),
                check(
                    "health",
                    seed.health == Health::Healthy,
                    format!("{:?}", Health::Healthy),
                    format!("{:?}", seed.health),
                ),
            ],
        };
        let passed = checks.iter().all(|c| c.passed);
        let score = match gate {
            GateLevel::G2 => (m.improvement_since_stage_start / 5.0).clamp(0.0, 1.0),
            GateLevel::G3 => m.alpha,
            GateLevel::G5 => (m.total_improvement / 10.0).clamp(0.0, 1.0),
            GateLevel::G0 | GateLevel::G1 | GateLevel::G4 => f32::from(u8::from(passed)),
        };
        GateVerdict { gate, passed, score, checks }
    }

    /// Returns the epochs in SHADOWING that G4 requires.
    fn shadowing_dwell(&self, max_epochs: u32) -> u32 {
        let share = u64::from(max_epochs) * u64::from(self.shadowing_dwell_percent) / 100;
        (share as u32).max(1)
    }
}
