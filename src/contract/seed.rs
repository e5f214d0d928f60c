//! The life of one seed in one slot, with the gates that it has to pass.

use super::command::SeedMetrics;
use super::figures::finite_in;
use super::id::Id;
use super::stage::{GateCheck, GateLevel, GateVerdict, SeedStage};
use crate::{Error, ErrorKind, Result};

/// What the gates ask for. Start from the default and set what differs; [`SeedLifecycle::new`] checks it.
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
    /// G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; rounded down, but one epoch at least.
    /// Default 10.
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
    fn check(&self) -> Result<()> {
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
}

/// Whether a seed may become permanent as far as its host is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Health {
    /// Nothing speaks against it.
    #[default]
    Healthy,
    /// The host found something wrong with it.
    Unhealthy,
}

/// One slot and the seed in it.
///
/// Starts DORMANT. A seed lives from [`germinate`](Self::germinate) until it is FOSSILIZED or culled; a
/// culled one's figures stay as they were until the slot, by way of EMBARGOED and RESETTING, is DORMANT again
/// and empty. While no seed lives there, what is recorded is ignored.
///
/// A method that fails has changed nothing.
///
/// ```
/// use leyline::contract::seed::{GateThresholds, SeedLifecycle};
/// use leyline::contract::stage::{GateLevel, SeedStage};
/// let mut slot = SeedLifecycle::new(25, GateThresholds::default())?;
/// slot.germinate("seed_0", "conv_enhance", 60.0)?;
/// slot.advance(SeedStage::Training)?;
/// for accuracy in [60.2, 60.4, 60.75] {
///     slot.end_of_epoch(accuracy)?;
/// }
/// let verdict = slot.advance(SeedStage::Blending)?.unwrap();
/// assert_eq!(verdict.gate, GateLevel::G2);
/// assert_eq!(verdict.score, 0.15);
/// # Ok::<(), leyline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SeedLifecycle {
    thresholds: GateThresholds,
    max_epochs: u32,
    stage: SeedStage,
    previous_stage: SeedStage,
    seed_id: Id,
    blueprint: Id,
    metrics: SeedMetrics,
    gradient_norm_sum: f64,
    gradient_norms: u32,
    health: Health,
}

fn percent(accuracy: f32) -> Result<f32> {
    finite_in("accuracy", accuracy, 0.0..=100.0, "0 to 100 percent")
}

impl SeedLifecycle {
    /// An empty slot of a run of `max_epochs` epochs, 1 or more.
    pub fn new(max_epochs: u32, thresholds: GateThresholds) -> Result<Self> {
        thresholds.check()?;
        if max_epochs == 0 {
            return Err(Error::new(ErrorKind::OutOfRange)
                .about("max_epochs")
                .expected_found("1 or more", "0"));
        }
        Ok(Self::empty(max_epochs, thresholds, SeedStage::Unknown))
    }

    fn empty(max_epochs: u32, thresholds: GateThresholds, previous_stage: SeedStage) -> Self {
        Self {
            thresholds,
            max_epochs,
            stage: SeedStage::Dormant,
            previous_stage,
            seed_id: Id::EMPTY,
            blueprint: Id::EMPTY,
            metrics: SeedMetrics::default(),
            gradient_norm_sum: 0.0,
            gradient_norms: 0,
            health: Health::Healthy,
        }
    }

    /// The stage.
    pub const fn stage(&self) -> SeedStage {
        self.stage
    }

    /// The stage before; UNKNOWN if there was none.
    pub const fn previous_stage(&self) -> SeedStage {
        self.previous_stage
    }

    /// The seed; empty if the slot is.
    pub const fn seed_id(&self) -> Id {
        self.seed_id
    }

    /// The seed's blueprint; empty if the slot is.
    pub const fn blueprint(&self) -> Id {
        self.blueprint
    }

    /// The seed's figures.
    pub const fn metrics(&self) -> SeedMetrics {
        self.metrics
    }

    /// The seed's health.
    pub const fn health(&self) -> Health {
        self.health
    }

    /// Epochs of the run.
    pub const fn max_epochs(&self) -> u32 {
        self.max_epochs
    }

    /// What the gates ask for.
    pub const fn thresholds(&self) -> &GateThresholds {
        &self.thresholds
    }

    /// Puts a seed into the empty slot, through G0. `accuracy_percent` is the host's before the seed, 0 to
    /// 100.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the slot is not DORMANT,
    /// [`GateFailed`](ErrorKind::GateFailed) if an id is empty, [`InvalidId`](ErrorKind::InvalidId) if one is
    /// longer than 39 bytes.
    pub fn germinate(
        &mut self,
        seed_id: &str,
        blueprint: &str,
        accuracy_percent: f32,
    ) -> Result<GateVerdict> {
        self.legal(SeedStage::Germinated)?;
        let accuracy = percent(accuracy_percent)?;
        let mut planted = Self {
            seed_id: Id::new(seed_id).map_err(|e| e.about("seed_id"))?,
            blueprint: Id::new(blueprint).map_err(|e| e.about("blueprint"))?,
            metrics: SeedMetrics {
                initial_accuracy: accuracy,
                current_accuracy: accuracy,
                best_accuracy: accuracy,
                ..SeedMetrics::default()
            },
            ..self.clone()
        };
        let verdict = planted.check_gate(GateLevel::G0).into_result()?;
        planted.enter(SeedStage::Germinated);
        *self = planted;
        Ok(verdict)
    }

    /// Takes the seed to a stage, through that stage's gate; gives the gate's verdict where there is one.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the stage does not follow this one,
    /// [`GateFailed`](ErrorKind::GateFailed) with what was needed and found. To GERMINATED only
    /// [`germinate`](Self::germinate) leads, because it names the seed.
    pub fn advance(&mut self, target: SeedStage) -> Result<Option<GateVerdict>> {
        self.legal(target)?;
        let verdict =
            GateLevel::for_entry_to(target).map(|gate| self.check_gate(gate).into_result()).transpose()?;
        self.enter(target);
        Ok(verdict)
    }

    /// Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) from any other stage.
    pub fn cull(&mut self) -> Result<()> {
        self.advance(SeedStage::Culled).map(drop)
    }

    fn legal(&self, target: SeedStage) -> Result<()> {
        if self.stage.can_go_to(target) {
            return Ok(());
        }
        let successors: Vec<_> = self.stage.successors().iter().map(|s| s.name()).collect();
        let expected =
            if successors.is_empty() { "no transition at all".to_owned() } else { successors.join(" or ") };
        Err(Error::new(ErrorKind::IllegalTransition)
            .about(format!("from {}", self.stage))
            .expected_found(expected, target.name()))
    }

    fn enter(&mut self, stage: SeedStage) {
        if stage == SeedStage::Dormant {
            *self = Self::empty(self.max_epochs, self.thresholds, self.stage);
            return;
        }
        self.previous_stage = std::mem::replace(&mut self.stage, stage);
        self.metrics.epochs_in_stage = 0;
        if !stage.is_failure() {
            self.metrics.accuracy_at_stage_start = self.metrics.current_accuracy;
            self.metrics.improvement_since_stage_start = 0.0;
        }
    }

    /// What a gate says of the seed as it is, without moving it.
    pub fn check_gate(&self, gate: GateLevel) -> GateVerdict {
        let (m, t) = (&self.metrics, &self.thresholds);
        let check = |name, passed, needed: String, found: String| GateCheck { name, passed, needed, found };
        let stage_is = |needed: SeedStage| {
            check("stage", self.stage == needed, needed.to_string(), self.stage.to_string())
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
                named("seed_id", &self.seed_id),
                named("blueprint", &self.blueprint),
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
            GateLevel::G4 => vec![stage_is(SeedStage::Shadowing), epochs_in_stage(self.shadowing_dwell())],
            GateLevel::G5 => vec![
                check(
                    "total_improvement",
                    m.total_improvement > t.total_improvement_above,
                    format!("> {} pp", t.total_improvement_above),
                    format!("{} pp", m.total_improvement),
                ),
                check(
                    "health",
                    self.health == Health::Healthy,
                    format!("{:?}", Health::Healthy),
                    format!("{:?}", self.health),
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

    /// Epochs that G4 wants in SHADOWING.
    fn shadowing_dwell(&self) -> u32 {
        let share = u64::from(self.max_epochs) * u64::from(self.thresholds.shadowing_dwell_percent) / 100;
        (share as u32).max(1)
    }

    const fn seed_lives(&self) -> bool {
        self.stage.is_alive_in_slot() || self.stage.is_terminal()
    }

    /// Counts an epoch and takes in its accuracy, 0 to 100 percent.
    ///
    /// Which accuracy is the caller's choice: while the seed is isolated the host's own says nothing about
    /// it, so measure in a shadow pass with the seed switched on. Without a living seed only the epochs of
    /// CULLED, EMBARGOED and RESETTING are counted.
    ///
    /// [`NotFinite`](ErrorKind::NotFinite) or [`OutOfRange`](ErrorKind::OutOfRange) for any other number.
    pub fn end_of_epoch(&mut self, accuracy_percent: f32) -> Result<()> {
        let accuracy = percent(accuracy_percent)?;
        let lives = self.seed_lives();
        let m = &mut self.metrics;
        if lives {
            m.epochs_total = m.epochs_total.saturating_add(1);
            m.current_accuracy = accuracy;
            m.best_accuracy = m.best_accuracy.max(accuracy);
            m.total_improvement = accuracy - m.initial_accuracy;
            m.improvement_since_stage_start = accuracy - m.accuracy_at_stage_start;
        }
        if lives || self.stage.is_failure() {
            m.epochs_in_stage = m.epochs_in_stage.saturating_add(1);
        }
        Ok(())
    }

    /// Sets the blending weight, 0 to 1.
    pub fn set_alpha(&mut self, alpha: f32) -> Result<()> {
        let alpha = finite_in("alpha", alpha, 0.0..=1.0, "0 to 1")?;
        if self.seed_lives() {
            self.metrics.alpha = alpha;
            if self.stage == SeedStage::Blending {
                self.metrics.alpha_ramp_step = self.metrics.alpha_ramp_step.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Counts that the seed reached into the host while it should be isolated.
    pub fn add_isolation_violation(&mut self) {
        if self.seed_lives() {
            self.metrics.isolation_violations = self.metrics.isolation_violations.saturating_add(1);
        }
    }

    /// Takes a gradient norm, finite and not negative, into the mean.
    pub fn record_gradient_norm(&mut self, norm: f32) -> Result<()> {
        let norm = finite_in("gradient_norm", norm, 0.0.., "0 or more")?;
        if self.seed_lives() && self.gradient_norms < u32::MAX {
            self.gradient_norm_sum += f64::from(norm);
            self.gradient_norms += 1;
            self.metrics.mean_gradient_norm =
                (self.gradient_norm_sum / f64::from(self.gradient_norms)) as f32;
        }
        Ok(())
    }

    /// Sets the seed's health, which G5 asks for; a seed germinates healthy.
    pub fn set_health(&mut self, health: Health) {
        if self.seed_lives() {
            self.health = health;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> SeedLifecycle {
        SeedLifecycle::new(25, GateThresholds::default()).unwrap()
    }

    fn germinated() -> SeedLifecycle {
        let mut slot = slot();
        slot.germinate("seed_0", "conv_enhance", 50.0).unwrap();
        slot
    }

    fn epochs(slot: &mut SeedLifecycle, count: u32, accuracy: f32) {
        for _ in 0..count {
            slot.end_of_epoch(accuracy).unwrap();
        }
    }

    /// A seed that has reached a stage the way a good one does; accuracy 51, 52, ... at each stage's end.
    fn at(stage: SeedStage) -> SeedLifecycle {
        let mut slot = germinated();
        while slot.stage() != stage {
            match slot.stage() {
                SeedStage::Training => epochs(&mut slot, 3, 51.0),
                SeedStage::Blending => {
                    epochs(&mut slot, 3, 52.0);
                    slot.set_alpha(1.0).unwrap();
                }
                SeedStage::Shadowing => epochs(&mut slot, 2, 53.0),
                SeedStage::Probationary => epochs(&mut slot, 1, 54.0),
                _ => {}
            }
            let next = slot.stage().successors()[0];
            slot.advance(next).unwrap();
        }
        slot
    }

    fn passes(slot: &SeedLifecycle, gate: GateLevel) -> bool {
        slot.check_gate(gate).passed
    }

    /// The names of the checks that a gate fails on.
    fn fails(slot: &SeedLifecycle, gate: GateLevel) -> Vec<&'static str> {
        let verdict = slot.check_gate(gate);
        let failed: Vec<_> = verdict.checks.iter().filter(|c| !c.passed).map(|c| c.name).collect();
        assert_eq!(verdict.passed, failed.is_empty());
        failed
    }

    #[test]
    fn a_good_seed_fossilizes_and_stays() {
        let mut slot = at(SeedStage::Fossilized);
        assert_eq!(slot.previous_stage(), SeedStage::Probationary);
        assert_eq!(slot.metrics().epochs_total, 9);
        assert_eq!(slot.metrics().total_improvement, 4.0);
        slot.end_of_epoch(55.0).unwrap();
        assert_eq!(slot.metrics().epochs_in_stage, 1);
        assert_eq!(slot.cull().unwrap_err().kind(), ErrorKind::IllegalTransition);
    }

    #[test]
    fn of_all_121_pairs_only_the_legal_ones_are_not_refused_as_illegal() {
        for from in SeedStage::ALL {
            for to in SeedStage::ALL {
                let before = SeedLifecycle { stage: *from, ..germinated() };
                let mut slot = before.clone();
                let result = slot.advance(*to);
                if result.is_err() {
                    assert_eq!(slot, before, "{from} -> {to}");
                } else if *to != SeedStage::Dormant {
                    assert_eq!((slot.stage(), slot.previous_stage()), (*to, *from));
                }
                let illegal = result.is_err_and(|e| e.kind() == ErrorKind::IllegalTransition);
                assert_eq!(illegal, !from.can_go_to(*to), "{from} -> {to}");
            }
        }
        let e = germinated().advance(SeedStage::Shadowing).unwrap_err();
        assert_eq!((e.expected(), e.found()), ("TRAINING or CULLED", "SHADOWING"), "{e}");
    }

    #[test]
    fn g0_wants_an_empty_slot_and_both_names() {
        assert_eq!(fails(&slot(), GateLevel::G0), ["seed_id", "blueprint"]);
        for (seed, blueprint) in [("", "norm"), ("seed_0", ""), ("", "")] {
            let mut empty = slot();
            let e = empty.germinate(seed, blueprint, 50.0).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::GateFailed);
            assert_eq!(empty, slot());
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
    fn an_overlong_name_plants_nothing() {
        let long = "x".repeat(40);
        for (seed, blueprint) in [(long.as_str(), "norm"), ("seed_0", long.as_str())] {
            let mut empty = slot();
            let e = empty.germinate(seed, blueprint, 50.0).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidId);
            assert_eq!(empty, slot());
        }
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
        assert_eq!(seed, before);

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
            seed.metrics.epochs_in_stage = dwell - 1;
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

    #[test]
    fn each_stage_starts_from_the_accuracy_that_the_one_before_ended_with() {
        let mut seed = at(SeedStage::Training);
        epochs(&mut seed, 3, 56.0);
        seed.end_of_epoch(54.0).unwrap();
        let m = seed.metrics();
        assert_eq!((m.initial_accuracy, m.current_accuracy, m.best_accuracy), (50.0, 54.0, 56.0));
        assert_eq!((m.total_improvement, m.improvement_since_stage_start), (4.0, 4.0));
        assert_eq!((m.epochs_total, m.epochs_in_stage), (4, 4));

        seed.advance(SeedStage::Blending).unwrap();
        let m = seed.metrics();
        assert_eq!((m.accuracy_at_stage_start, m.improvement_since_stage_start), (54.0, 0.0));
        assert_eq!((m.epochs_total, m.epochs_in_stage), (4, 0));

        seed.end_of_epoch(53.0).unwrap();
        let m = seed.metrics();
        assert_eq!((m.total_improvement, m.improvement_since_stage_start), (3.0, -1.0));
        assert_eq!((m.epochs_total, m.epochs_in_stage), (5, 1));
        m.check().unwrap();
    }

    #[test]
    fn a_number_that_cannot_be_changes_nothing() {
        let mut seed = at(SeedStage::Training);
        let before = seed.clone();
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(seed.end_of_epoch(bad).unwrap_err().kind(), ErrorKind::NotFinite);
            assert_eq!(seed.set_alpha(bad).unwrap_err().kind(), ErrorKind::NotFinite);
            assert_eq!(seed.record_gradient_norm(bad).unwrap_err().kind(), ErrorKind::NotFinite);
        }
        for bad in [-0.5, 100.5] {
            assert_eq!(seed.end_of_epoch(bad).unwrap_err().kind(), ErrorKind::OutOfRange);
            assert_eq!(seed.set_alpha(bad).unwrap_err().kind(), ErrorKind::OutOfRange);
            assert_eq!(slot().germinate("s", "b", bad).unwrap_err().kind(), ErrorKind::OutOfRange);
        }
        assert_eq!(seed.record_gradient_norm(-0.5).unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(seed, before);
    }

    #[test]
    fn a_culled_seed_leaves_its_figures_until_the_slot_is_dormant() {
        for stage in [
            SeedStage::Germinated,
            SeedStage::Training,
            SeedStage::Blending,
            SeedStage::Shadowing,
            SeedStage::Probationary,
        ] {
            let mut seed = at(stage);
            seed.end_of_epoch(57.0).unwrap();
            let alive = seed.metrics();
            seed.cull().unwrap();
            assert_eq!((seed.stage(), seed.previous_stage()), (SeedStage::Culled, stage));
            seed.end_of_epoch(20.0).unwrap();
            seed.set_alpha(0.3).unwrap();
            seed.record_gradient_norm(9.0).unwrap();
            seed.add_isolation_violation();
            seed.set_health(Health::Unhealthy);
            assert_eq!(seed.metrics(), SeedMetrics { epochs_in_stage: 1, ..alive });
            assert_eq!(seed.health(), Health::Healthy);
            assert_eq!(
                seed.germinate("seed_1", "norm", 50.0).unwrap_err().kind(),
                ErrorKind::IllegalTransition
            );

            seed.advance(SeedStage::Embargoed).unwrap();
            seed.advance(SeedStage::Resetting).unwrap();
            assert_eq!(seed.seed_id(), Id::new("seed_0").unwrap());
            seed.advance(SeedStage::Dormant).unwrap();
            assert_eq!(seed, SeedLifecycle { previous_stage: SeedStage::Resetting, ..slot() });
            seed.germinate("seed_1", "norm", 40.0).unwrap();
            assert_eq!(seed.metrics().initial_accuracy, 40.0);
        }
    }

    #[test]
    fn an_empty_slot_records_nothing() {
        let mut empty = slot();
        empty.end_of_epoch(50.0).unwrap();
        empty.set_alpha(0.5).unwrap();
        empty.record_gradient_norm(1.0).unwrap();
        empty.add_isolation_violation();
        empty.set_health(Health::Unhealthy);
        assert_eq!(empty, slot());
        assert_eq!((empty.stage(), empty.previous_stage()), (SeedStage::Dormant, SeedStage::Unknown));
    }

    #[test]
    fn the_mean_gradient_norm_is_exact_and_the_ramp_counts_in_blending_only() {
        let mut seed = at(SeedStage::Training);
        for norm in [1.0, 2.0, 6.0] {
            seed.record_gradient_norm(norm).unwrap();
        }
        assert_eq!(seed.metrics().mean_gradient_norm, 3.0);
        let mut huge = at(SeedStage::Training);
        for _ in 0..3 {
            huge.record_gradient_norm(f32::MAX).unwrap();
        }
        huge.metrics().check().unwrap();

        seed.set_alpha(0.0).unwrap();
        assert_eq!(seed.metrics().alpha_ramp_step, 0);
        let mut blending = at(SeedStage::Blending);
        for alpha in [0.25, 0.5] {
            blending.set_alpha(alpha).unwrap();
        }
        assert_eq!((blending.metrics().alpha, blending.metrics().alpha_ramp_step), (0.5, 2));
    }
}
