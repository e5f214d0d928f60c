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

/// The thresholds of the gates. Start from the default and set what differs;
/// [`SeedLifecycle::new`](crate::seed::lifecycle::SeedLifecycle::new) checks them.
#[derive(Clone, Copy, Debug, PartialEq)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::lifecycle::SeedLifecycle;
    use crate::seed::lifecycle::tests::{at, epochs, germinated, quiet, slot};

    fn passes(slot: &SeedLifecycle, gate: GateLevel) -> bool {
        slot.check_gate(gate).passed
    }

    /// Returns the names of the checks that a gate fails on.
    fn fails(slot: &SeedLifecycle, gate: GateLevel) -> Vec<&'static str> {
        let verdict = slot.check_gate(gate);
        let failed: Vec<_> = verdict.checks.iter().filter(|c| !c.passed).map(|c| c.name).collect();
        assert_eq!(verdict.passed, failed.is_empty());
        failed
    }

    #[test]
    fn g0_wants_an_empty_slot_and_both_names() {
        assert_eq!(fails(&slot(), GateLevel::G0), ["seed_id", "blueprint"]);
        for (seed, blueprint) in [("", "norm"), ("seed_0", ""), ("", "")] {
            let mut empty = slot();
            let e = empty.germinate(seed, blueprint, 50.0).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::GateFailed);
            assert_eq!(quiet(&empty), slot());
        }
        assert_eq!(slot().advance(SeedStage::Germinated).unwrap_err().kind(), ErrorKind::GateFailed);
        let mut taken = germinated();
        assert_eq!(fails(&taken, GateLevel::G0), ["stage"]);
        assert_eq!(taken.germinate("seed_1", "norm", 50.0).unwrap_err().kind(), ErrorKind::IllegalTransition);
        assert_eq!(taken, germinated());

        let verdict = slot().germinate("seed_0", "norm", 50.0).unwrap();
        assert_eq!((verdict.gate, verdict.passed, verdict.score), (GateLevel::G0, true, 1.0));
    }

    #[test]
    fn g1_wants_a_germinated_seed() {
        assert_eq!(fails(&slot(), GateLevel::G1), ["stage"]);
        assert_eq!(slot().check_gate(GateLevel::G1).score, 0.0);
        assert_eq!(germinated().check_gate(GateLevel::G1).score, 1.0);
        assert!(passes(&germinated(), GateLevel::G1));
    }

    #[test]
    fn g2_passes_at_each_threshold_and_not_just_below() {
        let mut seed = at(SeedStage::Training);
        epochs(&mut seed, 2, 50.5);
        assert_eq!(fails(&seed, GateLevel::G2), ["epochs_in_stage"]);
        seed.end_of_epoch(50.5_f32.next_down()).unwrap();
        assert_eq!(fails(&seed, GateLevel::G2), ["improvement_since_stage_start"]);
        let before = seed.clone();
        let e = seed.advance(SeedStage::Blending).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::GateFailed);
        assert!(e.to_string().contains("G2") && e.expected().contains(">= 0.5 pp"), "{e}");
        assert_eq!(quiet(&seed), quiet(&before));

        seed.end_of_epoch(50.5).unwrap();
        for _ in 0..10 {
            seed.add_isolation_violation();
        }
        assert!(passes(&seed, GateLevel::G2));
        assert_eq!(seed.check_gate(GateLevel::G2).score, 0.1);
        seed.add_isolation_violation();
        assert_eq!(fails(&seed, GateLevel::G2), ["isolation_violations"]);

        seed.end_of_epoch(70.0).unwrap();
        assert_eq!(seed.check_gate(GateLevel::G2).score, 1.0);
        seed.end_of_epoch(20.0).unwrap();
        assert_eq!(seed.check_gate(GateLevel::G2).score, 0.0);
    }

    #[test]
    fn g3_passes_at_each_threshold_and_not_just_below() {
        let mut seed = at(SeedStage::Blending);
        seed.set_alpha(0.95).unwrap();
        epochs(&mut seed, 2, 52.0);
        assert_eq!(fails(&seed, GateLevel::G3), ["epochs_in_stage"]);
        epochs(&mut seed, 1, 52.0);
        assert!(passes(&seed, GateLevel::G3));
        seed.set_alpha(0.95_f32.next_down()).unwrap();
        assert_eq!(fails(&seed, GateLevel::G3), ["alpha"]);
        assert_eq!(seed.check_gate(GateLevel::G3).score, 0.95_f32.next_down(), "the score is alpha");
    }

    #[test]
    fn g4_wants_a_tenth_of_the_run_in_shadowing_and_one_epoch_at_least() {
        for (max_epochs, dwell) in
            [(1, 1), (9, 1), (10, 1), (19, 1), (25, 2), (30, 3), (u32::MAX, u32::MAX / 10)]
        {
            let mut seed = at(SeedStage::Shadowing);
            seed.max_epochs = max_epochs;
            seed.seed.metrics.epochs_in_stage = dwell - 1;
            assert_eq!(fails(&seed, GateLevel::G4), ["epochs_in_stage"], "{max_epochs}");
            assert_eq!(seed.check_gate(GateLevel::G4).score, 0.0);
            seed.end_of_epoch(53.0).unwrap();
            assert_eq!(seed.check_gate(GateLevel::G4).score, 1.0, "{max_epochs}");
        }
        let mut elsewhere = at(SeedStage::Blending);
        epochs(&mut elsewhere, 5, 52.0);
        assert_eq!(fails(&elsewhere, GateLevel::G4), ["stage"]);
    }

    #[test]
    fn g5_wants_an_improvement_and_health() {
        let mut seed = at(SeedStage::Probationary);
        seed.end_of_epoch(50.0).unwrap();
        assert_eq!(fails(&seed, GateLevel::G5), ["total_improvement"]);
        seed.end_of_epoch(50.0_f32.next_up()).unwrap();
        assert!(passes(&seed, GateLevel::G5));
        seed.set_health(Health::Unhealthy);
        assert_eq!(fails(&seed, GateLevel::G5), ["health"]);
        assert_eq!(seed.advance(SeedStage::Fossilized).unwrap_err().kind(), ErrorKind::GateFailed);
        seed.set_health(Health::Healthy);
        seed.end_of_epoch(55.0).unwrap();
        assert_eq!(seed.check_gate(GateLevel::G5).score, 0.5);
        seed.advance(SeedStage::Fossilized).unwrap();
    }

    #[test]
    fn thresholds_can_be_set_and_are_checked() {
        let easy = GateThresholds {
            min_stage_improvement: -100.0,
            min_training_epochs: 0,
            ..GateThresholds::default()
        };
        let mut seed = SeedLifecycle::new(25, easy).unwrap();
        seed.germinate("seed_0", "norm", 50.0).unwrap();
        seed.advance(SeedStage::Training).unwrap();
        seed.advance(SeedStage::Blending).unwrap();

        let kind = |t: GateThresholds| SeedLifecycle::new(25, t).unwrap_err().kind();
        let d = GateThresholds::default();
        assert_eq!(kind(GateThresholds { min_alpha: f32::NAN, ..d }), ErrorKind::NotFinite);
        assert_eq!(kind(GateThresholds { min_alpha: 1.5, ..d }), ErrorKind::OutOfRange);
        assert_eq!(kind(GateThresholds { min_stage_improvement: 101.0, ..d }), ErrorKind::OutOfRange);
        assert_eq!(kind(GateThresholds { total_improvement_above: -101.0, ..d }), ErrorKind::OutOfRange);
        assert_eq!(kind(GateThresholds { shadowing_dwell_percent: 101, ..d }), ErrorKind::OutOfRange);
        assert_eq!(SeedLifecycle::new(0, d).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
}
