//! The state machine of one seed slot: the stages of the seed in it and its metrics.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::field_report::{FieldReport, STAGES};
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::contract::telemetry::{EventType, Severity};
use crate::schema::check::{cut_text, finite_in, naming};
use crate::schema::id::Id;
use crate::seed::gates::{Candidate, GateThresholds, Health};
use crate::seed::journal::Journal;
use crate::seed::tracker::SignalTracker;

/// The seed's own state, from its germination until its seed slot is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seed {
    pub(super) id: Id,
    pub(super) blueprint: Id,
    pub(super) metrics: SeedMetrics,
    pub(super) gradient_norm_sum: f64,
    pub(super) gradient_norms: u32,
    pub(super) gradient_norm: f32,
    pub(super) health: Health,
    pub(super) accuracy_delta: f32,
    /// Epochs in a row that brought less than the plateau threshold.
    pub(super) flat_epochs: u32,
    pub(super) germinated_at: i64,
    pub(super) epochs_in_stage: [u32; STAGES],
    pub(super) commands: Vec<[u8; 16]>,
    pub(super) commands_dropped: u32,
    pub(super) signals: Option<Box<TrainingSignals>>,
    /// A command has stopped its training.
    pub(super) paused: bool,
}

/// One seed slot and the seed in it.
///
/// The seed slot starts DORMANT. A seed lives from [`germinate`](Self::germinate) until it is
/// FOSSILIZED or culled. The metrics of a culled seed stay until the seed slot, by way of EMBARGOED
/// and RESETTING, is DORMANT again and empty. While no seed lives there, metrics are ignored.
///
/// A method that fails changes nothing, except that a gate that refuses the seed queues its result.
///
/// # Records
///
/// The life cycle queues the records that a trainer reports. The trainer takes and reports them
/// when it suits:
///
/// | record | when | taken with |
/// |---|---|---|
/// | [`SeedStateReport`](crate::contract::seed_state_report::SeedStateReport) | on every change of stage, and at the end of every epoch while the seed slot is not empty | [`next_state_report`](Self::next_state_report) |
/// | [`GateResult`](crate::contract::gate_result::GateResult) | whenever a gate is asked to let a seed pass | [`next_gate_result`](Self::next_gate_result) |
/// | [`FieldReport`] | when a seed is fossilized or culled | [`next_field_report`](Self::next_field_report) |
/// | [`TelemetryEvent`](crate::contract::telemetry::TelemetryEvent) | as below | [`next_event`](Self::next_event) |
///
/// | event | severity | when |
/// |---|---|---|
/// | SEED_GERMINATED, SEED_FOSSILIZED | info | the stage is entered |
/// | SEED_CULLED | warning | the stage is entered |
/// | SEED_STAGE_CHANGED | info | any other stage is entered |
/// | EPOCH_COMPLETED | debug | the epoch of a living seed ends |
/// | IMPROVEMENT_DETECTED | info | its accuracy rose by the plateau threshold or more (0.5 pp) |
/// | PLATEAU_DETECTED | info | it did not, for the third epoch in a row |
/// | ISOLATION_VIOLATION | warning | one is added |
/// | PERFORMANCE_DEGRADATION | warning | the seed turns unhealthy |
/// | COMMAND_ISSUED | info | a command is recorded |
/// | COMMAND_EXECUTED, COMMAND_FAILED | info, warning | its outcome is recorded |
///
/// Time and epoch of a record are those of the last [`set_now`](Self::set_now). A queue holds at
/// most 64 events, 16 state reports, 16 gate results or 4 field reports. A full queue drops its
/// oldest record, counted by [`untold`](Self::untold). Ids are UUIDs made of seed slot,
/// environment, seed, time and a counter: as unique as the times are.
///
/// ```
/// use leyline::seed::{gates::GateThresholds, lifecycle::SeedLifecycle};
/// use leyline::contract::stage::{GateLevel, SeedStage};
/// let mut slot = SeedLifecycle::new(25, GateThresholds::default())?;
/// slot.set_slot("slot_0", 0)?;
/// slot.germinate("seed_0", "conv_enhance", 60.0)?;
/// slot.advance(SeedStage::Training)?;
/// for (epoch, accuracy) in [(1, 60.2), (2, 60.4), (3, 60.75)] {
///     slot.set_now(epoch, 1_700_000_000_000_000_000);
///     slot.end_of_epoch(accuracy)?;
/// }
/// let verdict = slot.advance(SeedStage::Blending)?.unwrap();
/// assert_eq!(verdict.gate, GateLevel::G2);
/// assert_eq!(verdict.score, 0.15);
/// slot.cull_because("an example")?;
///
/// // What a trainer would report:
/// while let Some(event) = slot.next_event() {
///     event.check()?;
/// }
/// let life = slot.next_field_report().unwrap();
/// assert_eq!((life.total_epochs, life.is_success()), (3, false));
/// # Ok::<(), leyline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SeedLifecycle {
    pub(super) thresholds: GateThresholds,
    pub(super) max_epochs: u32,
    pub(super) stage: SeedStage,
    pub(super) previous_stage: SeedStage,
    pub(super) entered_at: i64,
    pub(super) seed: Seed,
    pub(super) slot: Id,
    pub(super) env: u16,
    pub(super) epoch: u32,
    pub(super) time: i64,
    pub(super) signals: Option<Box<TrainingSignals>>,
    /// The learning rate that was set last.
    pub(super) learning_rate: Option<f32>,
    pub(super) journal: Journal,
}

fn percent(accuracy: f32) -> Result<f32> {
    finite_in("accuracy", accuracy, 0.0..=100.0, "0 to 100 percent")
}

impl SeedLifecycle {
    /// Epochs in a row without an improvement that make a plateau.
    pub const PLATEAU_EPOCHS: u32 = 3;

    /// Returns an empty seed slot of a run of `max_epochs` epochs, 1 or more.
    pub fn new(max_epochs: u32, thresholds: GateThresholds) -> Result<Self> {
        thresholds.check()?;
        if max_epochs == 0 {
            return Err(Error::new(ErrorKind::OutOfRange)
                .about("max_epochs")
                .expected_found("1 or more", "0"));
        }
        Ok(Self {
            thresholds,
            max_epochs,
            stage: SeedStage::Dormant,
            previous_stage: SeedStage::Unknown,
            entered_at: 0,
            seed: Seed::default(),
            slot: Id::EMPTY,
            env: 0,
            epoch: 0,
            time: 0,
            signals: None,
            learning_rate: None,
            journal: Journal::default(),
        })
    }

    /// Names the seed slot, 1 to 39 bytes, and the environment for all records made from now on.
    /// Without it the seed slot has no name and the environment is 0.
    pub fn set_slot(&mut self, slot: &str, env: u16) -> Result<()> {
        (self.slot, self.env) = (naming("slot", slot)?, env);
        Ok(())
    }

    /// Sets the epoch of the run, from 1, and the time, in nanoseconds since the Unix epoch, for
    /// all records made from now on. The life cycle reads no clock; before the first call both are
    /// 0.
    pub fn set_now(&mut self, epoch: u32, time_unix_ns: i64) {
        (self.epoch, self.time) = (epoch, time_unix_ns);
    }

    /// Sets the state of training; a seed that germinates keeps it for its field report. Signals
    /// that fail their own check are refused.
    pub fn set_signals(&mut self, signals: &TrainingSignals) -> Result<()> {
        signals.check()?;
        match &mut self.signals {
            Some(kept) => **kept = *signals,
            None => self.signals = Some(Box::new(*signals)),
        }
        Ok(())
    }

    /// Returns the stage.
    pub const fn stage(&self) -> SeedStage {
        self.stage
    }

    /// Returns the stage before this one; UNKNOWN if there was none.
    pub const fn previous_stage(&self) -> SeedStage {
        self.previous_stage
    }

    /// Returns the id of the seed; empty if the seed slot is.
    pub const fn seed_id(&self) -> Id {
        self.seed.id
    }

    /// Returns the seed's blueprint; empty if the seed slot is.
    pub const fn blueprint(&self) -> Id {
        self.seed.blueprint
    }

    /// Returns the seed's metrics.
    pub const fn metrics(&self) -> SeedMetrics {
        self.seed.metrics
    }

    /// Returns the seed's health.
    pub const fn health(&self) -> Health {
        self.seed.health
    }

    /// Returns the name of the seed slot; empty if it has none.
    pub const fn slot(&self) -> Id {
        self.slot
    }

    /// Returns the environment.
    pub const fn env(&self) -> u16 {
        self.env
    }

    /// Returns the number of epochs of the run.
    pub const fn max_epochs(&self) -> u32 {
        self.max_epochs
    }

    /// Returns the thresholds of the gates.
    pub const fn thresholds(&self) -> &GateThresholds {
        &self.thresholds
    }

    /// Puts a seed into the empty seed slot, through G0. `accuracy_percent` is the accuracy of the
    /// host before the seed, 0 to 100.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the seed slot is not DORMANT,
    /// [`GateFailed`](ErrorKind::GateFailed) if an id is empty, [`InvalidId`](ErrorKind::InvalidId)
    /// if one is longer than 39 bytes.
    pub fn germinate(
        &mut self,
        seed_id: &str,
        blueprint: &str,
        accuracy_percent: f32,
    ) -> Result<GateVerdict> {
        self.legal(SeedStage::Germinated)?;
        let accuracy = percent(accuracy_percent)?;
        let planted = Seed {
            id: Id::new(seed_id).map_err(|e| e.about("seed_id"))?,
            blueprint: Id::new(blueprint).map_err(|e| e.about("blueprint"))?,
            metrics: SeedMetrics {
                initial_accuracy: accuracy,
                current_accuracy: accuracy,
                best_accuracy: accuracy,
                ..SeedMetrics::default()
            },
            germinated_at: self.time,
            commands: self.seed.commands.clone(),
            signals: self.signals.clone(),
            ..Seed::default()
        };
        let empty = std::mem::replace(&mut self.seed, planted);
        match self.pass(GateLevel::G0) {
            Ok(verdict) => {
                self.enter(SeedStage::Germinated);
                let event = self.event(EventType::SeedGerminated, Severity::Info);
                self.log(&event, self.seed.blueprint.to_string(), &[("accuracy", accuracy.into())]);
                Ok(verdict)
            }
            Err(refused) => {
                self.seed = empty;
                Err(refused)
            }
        }
    }

    /// Takes the seed to a stage, through the gate of that stage. Returns the gate's verdict where
    /// there is a gate.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the stage does not follow this one,
    /// [`GateFailed`](ErrorKind::GateFailed) with what was needed and found. Only
    /// [`germinate`](Self::germinate) leads to GERMINATED, because it names the seed.
    pub fn advance(&mut self, target: SeedStage) -> Result<Option<GateVerdict>> {
        self.legal(target)?;
        let verdict = GateLevel::for_entry_to(target).map(|gate| self.pass(gate)).transpose()?;
        if target == SeedStage::Culled {
            self.end("");
        } else {
            self.go_to(target);
        }
        Ok(verdict)
    }

    /// Culls the seed: from GERMINATED to PROBATIONARY, without a gate.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) from any other stage.
    pub fn cull(&mut self) -> Result<()> {
        self.cull_because("")
    }

    /// Culls the seed for a reason, which goes into its field report. A reason longer than 63 bytes
    /// is cut.
    pub fn cull_because(&mut self, reason: &str) -> Result<()> {
        self.legal(SeedStage::Culled)?;
        self.end(reason);
        Ok(())
    }

    /// Asks a gate to let the seed pass, and queues its result.
    fn pass(&mut self, gate: GateLevel) -> Result<GateVerdict> {
        let verdict = self.check_gate(gate);
        self.journal.gate_results.push(self.result_of(&verdict));
        verdict.into_result()
    }

    /// Enters any stage but GERMINATED and CULLED.
    fn go_to(&mut self, target: SeedStage) {
        let (from, epochs) = (self.stage, self.seed.metrics.epochs_in_stage);
        let kind = match target {
            SeedStage::Fossilized => EventType::SeedFossilized,
            _ => EventType::SeedStageChanged,
        };
        // Made before the seed slot may be empty: the event is about the seed that was there.
        let event = self.event(kind, Severity::Info);
        let improvement = self.seed.metrics.total_improvement;
        self.enter(target);
        if target == SeedStage::Fossilized {
            let report = FieldReport { success: 1, ..self.life() };
            self.journal.field_reports.push(report);
        }
        let data = [
            ("from", from.value().into()),
            ("to", target.value().into()),
            ("epochs_in_stage", epochs.into()),
            ("total_improvement", improvement.into()),
        ];
        self.log(&event, format!("{from} to {target}"), &data);
    }

    /// Enters CULLED.
    fn end(&mut self, reason: &str) {
        let from = self.stage;
        self.enter(SeedStage::Culled);
        let mut report = self.life();
        (report.failure_reason, report.present) =
            cut_text(reason, report.present | FieldReport::FAILURE, FieldReport::REASON_CUT);
        report.failure_stage = from.value();
        self.journal.field_reports.push(report);
        let event = self.event(EventType::SeedCulled, Severity::Warning);
        let said = if reason.is_empty() { format!("in {from}") } else { format!("{reason}; in {from}") };
        let improvement = self.seed.metrics.total_improvement;
        self.log(&event, said, &[("from", from.value().into()), ("total_improvement", improvement.into())]);
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
        self.previous_stage = std::mem::replace(&mut self.stage, stage);
        self.entered_at = self.time;
        self.seed.paused = false;
        if stage == SeedStage::Dormant {
            self.seed = Seed::default();
        }
        let m = &mut self.seed.metrics;
        m.epochs_in_stage = 0;
        if !stage.is_failure() {
            m.accuracy_at_stage_start = m.current_accuracy;
            m.improvement_since_stage_start = 0.0;
        }
        self.journal.state_reports.push(self.state_report());
    }

    /// Evaluates a gate for the seed, without moving the seed.
    pub fn check_gate(&self, gate: GateLevel) -> GateVerdict {
        let Seed { id, blueprint, metrics, health, .. } = &self.seed;
        let (stage, health, max_epochs) = (self.stage, *health, self.max_epochs);
        self.thresholds.judge(gate, &Candidate { id, blueprint, stage, metrics, health, max_epochs })
    }

    pub(super) const fn seed_lives(&self) -> bool {
        self.stage.is_alive_in_slot() || self.stage.is_terminal()
    }

    /// Counts an epoch with its accuracy, 0 to 100 percent.
    ///
    /// The caller chooses which accuracy. While the seed is isolated the host's own accuracy says
    /// nothing about the seed: measure in a shadow pass with the seed switched on. Without a living
    /// seed only the epochs of CULLED, EMBARGOED and RESETTING are counted.
    ///
    /// [`NotFinite`](ErrorKind::NotFinite) or [`OutOfRange`](ErrorKind::OutOfRange) for any other
    /// number.
    pub fn end_of_epoch(&mut self, accuracy_percent: f32) -> Result<()> {
        let accuracy = percent(accuracy_percent)?;
        let lives = self.seed_lives();
        let m = &mut self.seed.metrics;
        if lives {
            self.seed.accuracy_delta = accuracy - m.current_accuracy;
            m.epochs_total = m.epochs_total.saturating_add(1);
            m.current_accuracy = accuracy;
            m.best_accuracy = m.best_accuracy.max(accuracy);
            m.total_improvement = accuracy - m.initial_accuracy;
            m.improvement_since_stage_start = accuracy - m.accuracy_at_stage_start;
            let epochs = &mut self.seed.epochs_in_stage[usize::from(self.stage.value())];
            *epochs = epochs.saturating_add(1);
        }
        if lives || self.stage.is_failure() {
            m.epochs_in_stage = m.epochs_in_stage.saturating_add(1);
        }
        if lives {
            self.log_epoch();
        }
        if self.stage != SeedStage::Dormant {
            self.journal.state_reports.push(self.state_report());
        }
        Ok(())
    }

    fn log_epoch(&mut self) {
        let (m, delta) = (self.seed.metrics, self.seed.accuracy_delta);
        let data = [
            ("accuracy", m.current_accuracy.into()),
            ("accuracy_delta", delta.into()),
            ("total_improvement", m.total_improvement.into()),
        ];
        let event = self.event(EventType::EpochCompleted, Severity::Debug);
        self.log(&event, format!("epoch {} of {}", self.epoch, self.stage), &data);
        if delta >= SignalTracker::PLATEAU_THRESHOLD {
            self.seed.flat_epochs = 0;
            let event = self.event(EventType::ImprovementDetected, Severity::Info);
            self.log(&event, format!("{delta:+} pp"), &data);
        } else {
            self.seed.flat_epochs = self.seed.flat_epochs.saturating_add(1);
            if self.seed.flat_epochs == Self::PLATEAU_EPOCHS {
                let event = self.event(EventType::PlateauDetected, Severity::Info);
                self.log(&event, format!("{} epochs without an improvement", Self::PLATEAU_EPOCHS), &data);
            }
        }
    }

    /// Sets the blending weight, 0 to 1.
    pub fn set_alpha(&mut self, alpha: f32) -> Result<()> {
        let alpha = finite_in("alpha", alpha, 0.0..=1.0, "0 to 1")?;
        if self.seed_lives() {
            let m = &mut self.seed.metrics;
            m.alpha = alpha;
            if self.stage == SeedStage::Blending {
                m.alpha_ramp_step = m.alpha_ramp_step.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Counts an isolation violation: the seed reached into the host while it should be isolated.
    pub fn add_isolation_violation(&mut self) {
        if self.seed_lives() {
            let count = self.seed.metrics.isolation_violations.saturating_add(1);
            self.seed.metrics.isolation_violations = count;
            let event = self.event(EventType::IsolationViolation, Severity::Warning);
            self.log(&event, String::new(), &[("isolation_violations", count.into())]);
        }
    }

    /// Adds a gradient norm, finite and not negative, to the mean.
    pub fn record_gradient_norm(&mut self, norm: f32) -> Result<()> {
        let norm = finite_in("gradient_norm", norm, 0.0.., "0 or more")?;
        if self.seed_lives() && self.seed.gradient_norms < u32::MAX {
            let seed = &mut self.seed;
            seed.gradient_norm = norm;
            seed.gradient_norm_sum += f64::from(norm);
            seed.gradient_norms += 1;
            seed.metrics.mean_gradient_norm =
                (seed.gradient_norm_sum / f64::from(seed.gradient_norms)) as f32;
        }
        Ok(())
    }

    /// Sets the seed's health, which G5 requires; a seed germinates healthy.
    pub fn set_health(&mut self, health: Health) {
        if !self.seed_lives() {
            return;
        }
        let before = std::mem::replace(&mut self.seed.health, health);
        if (before, health) == (Health::Healthy, Health::Unhealthy) {
            let event = self.event(EventType::PerformanceDegradation, Severity::Warning);
            self.log(&event, "the seed is unhealthy", &[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn germinated() -> SeedLifecycle {
        let mut slot = SeedLifecycle::new(25, GateThresholds::default()).unwrap();
        slot.germinate("seed_0", "conv_enhance", 50.0).unwrap();
        slot
    }

    #[test]
    fn of_all_121_pairs_only_the_legal_ones_are_not_refused_as_illegal() {
        for from in SeedStage::ALL {
            for to in SeedStage::ALL {
                let before = SeedLifecycle { stage: *from, journal: Journal::default(), ..germinated() };
                let mut slot = before.clone();
                let result = slot.advance(*to);
                if result.is_err() {
                    assert_eq!(
                        SeedLifecycle { journal: Journal::default(), ..slot },
                        before,
                        "{from} -> {to}"
                    );
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
    fn g4_wants_a_tenth_of_the_run_in_shadowing_and_one_epoch_at_least() {
        for (max_epochs, dwell) in
            [(1, 1), (9, 1), (10, 1), (19, 1), (25, 2), (30, 3), (u32::MAX, u32::MAX / 10)]
        {
            let mut seed = SeedLifecycle { stage: SeedStage::Shadowing, max_epochs, ..germinated() };
            seed.seed.metrics.epochs_in_stage = dwell - 1;
            let verdict = seed.check_gate(GateLevel::G4);
            let failed: Vec<_> = verdict.checks.iter().filter(|c| !c.passed).map(|c| c.name).collect();
            assert_eq!(failed, ["epochs_in_stage"], "{max_epochs}");
            assert_eq!(verdict.score, 0.0);
            seed.end_of_epoch(53.0).unwrap();
            assert_eq!(seed.check_gate(GateLevel::G4).score, 1.0, "{max_epochs}");
        }
    }

    #[test]
    fn nothing_of_a_culled_seed_is_left_once_its_slot_is_dormant() {
        let mut seed = germinated();
        seed.advance(SeedStage::Training).unwrap();
        seed.end_of_epoch(57.0).unwrap();
        for target in [SeedStage::Culled, SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
            seed.advance(target).unwrap();
            seed.record_gradient_norm(9.0).unwrap();
            seed.add_isolation_violation();
        }
        let empty = SeedLifecycle::new(25, GateThresholds::default()).unwrap();
        let seed = SeedLifecycle { journal: Journal::default(), ..seed };
        assert_eq!(seed, SeedLifecycle { previous_stage: SeedStage::Resetting, ..empty });
    }
}
