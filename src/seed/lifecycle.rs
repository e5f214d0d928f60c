//! The life of one seed in one slot, with the gates that it has to pass.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::{AdaptationCommand, CommandOutcome, OutcomeStatus, SeedMetrics};
use crate::contract::report::{FieldReport, GateResult, MAX_REPORTED_COMMANDS, STAGES, SeedStateReport};
use crate::contract::signals::{SignalTracker, TrainingSignals};
use crate::contract::stage::{GateCheck, GateLevel, GateVerdict, SeedStage};
use crate::contract::telemetry::{EventType, SeedTelemetry, Severity, TelemetryEvent};
use crate::schema::check::{cut_text, finite_in, naming};
use crate::schema::field::fingerprint_of;
use crate::schema::id::Id;
use std::collections::VecDeque;

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

/// What waits to be told, oldest first.
#[derive(Clone, Debug, PartialEq)]
struct Queue<T, const MOST: usize> {
    waiting: VecDeque<T>,
    dropped: u64,
}

impl<T, const MOST: usize> Default for Queue<T, MOST> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), dropped: 0 }
    }
}

impl<T, const MOST: usize> Queue<T, MOST> {
    /// The newest matter most: a full queue drops its oldest.
    fn push(&mut self, record: T) {
        if self.waiting.len() == MOST {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(record);
    }
}

/// What a life cycle has to tell and nobody has asked for yet.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    events: Queue<TelemetryEvent, { SeedLifecycle::MAX_EVENTS }>,
    state_reports: Queue<SeedStateReport, { SeedLifecycle::MAX_REPORTS }>,
    gate_results: Queue<GateResult, { SeedLifecycle::MAX_REPORTS }>,
    field_reports: Queue<FieldReport, { SeedLifecycle::MAX_FIELD_REPORTS }>,
    /// Ids made so far.
    ids: u64,
}

/// What a life cycle dropped because nobody asked for it in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Events.
    pub events: u64,
    /// State reports.
    pub state_reports: u64,
    /// Gate results.
    pub gate_results: u64,
    /// Field reports.
    pub field_reports: u64,
}

/// A seed's own, from its germination until its slot is empty.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seed {
    id: Id,
    blueprint: Id,
    metrics: SeedMetrics,
    gradient_norm_sum: f64,
    gradient_norms: u32,
    gradient_norm: f32,
    health: Health,
    accuracy_delta: f32,
    /// Epochs in a row that brought less than the plateau threshold.
    flat_epochs: u32,
    germinated_at: i64,
    epochs_in_stage: [u32; STAGES],
    commands: Vec<[u8; 16]>,
    commands_dropped: u32,
    signals: Option<Box<TrainingSignals>>,
}

/// One slot and the seed in it.
///
/// Starts DORMANT. A seed lives from [`germinate`](Self::germinate) until it is FOSSILIZED or culled; a
/// culled one's figures stay as they were until the slot, by way of EMBARGOED and RESETTING, is DORMANT again
/// and empty. While no seed lives there, what is recorded is ignored.
///
/// A method that fails has changed nothing, except that a gate that did not let the seed pass has its result to tell.
///
/// # What it tells
///
/// As it goes it makes the records that a trainer reports, for the trainer to take and report when it suits:
///
/// | record | when | taken with |
/// |---|---|---|
/// | [`SeedStateReport`] | on every change of stage, and at the end of every epoch while the slot is not empty | [`next_state_report`](Self::next_state_report) |
/// | [`GateResult`] | whenever a seed is to pass a gate, passed or not | [`next_gate_result`](Self::next_gate_result) |
/// | [`FieldReport`] | when a seed is fossilized or culled | [`next_field_report`](Self::next_field_report) |
/// | [`TelemetryEvent`] | as below | [`next_event`](Self::next_event) |
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
/// Time and epoch in all of them are those that [`set_now`](Self::set_now) was told last. 64 events, 16 state reports and
/// gate results, and 4 field reports wait at most; the oldest make way, counted by [`untold`](Self::untold). Ids are UUIDs
/// made of slot, environment, seed, time and a counter: as unique as the times are.
///
/// ```
/// use leyline::contract::seed::{GateThresholds, SeedLifecycle};
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
    thresholds: GateThresholds,
    max_epochs: u32,
    stage: SeedStage,
    previous_stage: SeedStage,
    entered_at: i64,
    seed: Seed,
    slot: Id,
    env: u16,
    epoch: u32,
    time: i64,
    signals: Option<Box<TrainingSignals>>,
    told: Told,
}

fn percent(accuracy: f32) -> Result<f32> {
    finite_in("accuracy", accuracy, 0.0..=100.0, "0 to 100 percent")
}

impl SeedLifecycle {
    /// Events that wait, at most.
    pub const MAX_EVENTS: usize = 64;
    /// State reports that wait, and gate results, at most.
    pub const MAX_REPORTS: usize = 16;
    /// Field reports that wait, at most.
    pub const MAX_FIELD_REPORTS: usize = 4;
    /// Epochs in a row without an improvement that make a plateau.
    pub const PLATEAU_EPOCHS: u32 = 3;

    /// An empty slot of a run of `max_epochs` epochs, 1 or more.
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
            told: Told::default(),
        })
    }

    /// Names the slot, 1 to 39 bytes, and the environment, for what is told from now on. Without it the slot has no name
    /// and the environment is 0.
    pub fn set_slot(&mut self, slot: &str, env: u16) -> Result<()> {
        (self.slot, self.env) = (naming("slot", slot)?, env);
        Ok(())
    }

    /// Says which epoch of the run it is, from 1, and what time, in nanoseconds since the Unix epoch: what is told from
    /// now on says so. Nothing here reads a clock; before the first call both are 0.
    pub fn set_now(&mut self, epoch: u32, time_unix_ns: i64) {
        (self.epoch, self.time) = (epoch, time_unix_ns);
    }

    /// Says how training stands; a seed that germinates keeps it for its field report. Signals that fail their own check
    /// are refused.
    pub fn set_signals(&mut self, signals: &TrainingSignals) -> Result<()> {
        signals.check()?;
        match &mut self.signals {
            Some(kept) => **kept = *signals,
            None => self.signals = Some(Box::new(*signals)),
        }
        Ok(())
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
        self.seed.id
    }

    /// The seed's blueprint; empty if the slot is.
    pub const fn blueprint(&self) -> Id {
        self.seed.blueprint
    }

    /// The seed's figures.
    pub const fn metrics(&self) -> SeedMetrics {
        self.seed.metrics
    }

    /// The seed's health.
    pub const fn health(&self) -> Health {
        self.seed.health
    }

    /// The slot's name; empty if it has none.
    pub const fn slot(&self) -> Id {
        self.slot
    }

    /// The environment.
    pub const fn env(&self) -> u16 {
        self.env
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
                self.tell_of(&event, self.seed.blueprint.to_string(), &[("accuracy", accuracy.into())]);
                Ok(verdict)
            }
            Err(refused) => {
                self.seed = empty;
                Err(refused)
            }
        }
    }

    /// Takes the seed to a stage, through that stage's gate; gives the gate's verdict where there is one.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the stage does not follow this one,
    /// [`GateFailed`](ErrorKind::GateFailed) with what was needed and found. To GERMINATED only
    /// [`germinate`](Self::germinate) leads, because it names the seed.
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

    /// Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) from any other stage.
    pub fn cull(&mut self) -> Result<()> {
        self.cull_because("")
    }

    /// As [`cull`](Self::cull), for a reason that its field report has; longer than 63 bytes it is cut there.
    pub fn cull_because(&mut self, reason: &str) -> Result<()> {
        self.legal(SeedStage::Culled)?;
        self.end(reason);
        Ok(())
    }

    /// Asks a gate and tells what it said.
    fn pass(&mut self, gate: GateLevel) -> Result<GateVerdict> {
        let verdict = self.check_gate(gate);
        self.told.gate_results.push(self.result_of(&verdict));
        verdict.into_result()
    }

    /// Goes to any stage but GERMINATED and CULLED.
    fn go_to(&mut self, target: SeedStage) {
        let (from, epochs) = (self.stage, self.seed.metrics.epochs_in_stage);
        let kind = match target {
            SeedStage::Fossilized => EventType::SeedFossilized,
            _ => EventType::SeedStageChanged,
        };
        // Made before the slot may be empty: it is about the seed that was there.
        let event = self.event(kind, Severity::Info);
        let improvement = self.seed.metrics.total_improvement;
        self.enter(target);
        if target == SeedStage::Fossilized {
            let report = FieldReport { success: 1, ..self.life() };
            self.told.field_reports.push(report);
        }
        let data = [
            ("from", from.value().into()),
            ("to", target.value().into()),
            ("epochs_in_stage", epochs.into()),
            ("total_improvement", improvement.into()),
        ];
        self.tell_of(&event, format!("{from} to {target}"), &data);
    }

    /// Goes to CULLED.
    fn end(&mut self, reason: &str) {
        let from = self.stage;
        self.enter(SeedStage::Culled);
        let mut report = self.life();
        (report.failure_reason, report.present) =
            cut_text(reason, report.present | FieldReport::FAILURE, FieldReport::REASON_CUT);
        report.failure_stage = from.value();
        self.told.field_reports.push(report);
        let event = self.event(EventType::SeedCulled, Severity::Warning);
        let said = if reason.is_empty() { format!("in {from}") } else { format!("in {from}: {reason}") };
        let improvement = self.seed.metrics.total_improvement;
        self.tell_of(
            &event,
            said,
            &[("from", from.value().into()), ("total_improvement", improvement.into())],
        );
    }

    /// The field report of the seed as it is, before it says how it ended.
    fn life(&mut self) -> FieldReport {
        let mut report = FieldReport {
            id: self.new_id("field report"),
            germinated_at_unix_ns: self.seed.germinated_at,
            completed_at_unix_ns: self.time,
            seed: self.seed.id,
            blueprint: self.seed.blueprint,
            slot: self.slot,
            accuracy_at_germination: self.seed.metrics.initial_accuracy,
            accuracy_at_completion: self.seed.metrics.current_accuracy,
            total_improvement: self.seed.metrics.total_improvement,
            best_accuracy: self.seed.metrics.best_accuracy,
            env: self.env,
            final_stage: self.stage.value(),
            ..FieldReport::default()
        }
        .with_commands(&self.seed.commands)
        .with_epochs(self.seed.epochs_in_stage);
        report.commands_dropped = self.seed.commands_dropped;
        if !self.slot.is_empty() {
            report.present |= FieldReport::SLOT;
        }
        if let Some(signals) = &self.seed.signals {
            (report.signals, report.present) = (**signals, report.present | FieldReport::SIGNALS);
        }
        report
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
        if stage == SeedStage::Dormant {
            self.seed = Seed::default();
        }
        let m = &mut self.seed.metrics;
        m.epochs_in_stage = 0;
        if !stage.is_failure() {
            m.accuracy_at_stage_start = m.current_accuracy;
            m.improvement_since_stage_start = 0.0;
        }
        self.told.state_reports.push(self.state_report());
    }

    /// What a gate says of the seed as it is, without moving it.
    pub fn check_gate(&self, gate: GateLevel) -> GateVerdict {
        let (m, t) = (&self.seed.metrics, &self.thresholds);
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
                named("seed_id", &self.seed.id),
                named("blueprint", &self.seed.blueprint),
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
                    self.seed.health == Health::Healthy,
                    format!("{:?}", Health::Healthy),
                    format!("{:?}", self.seed.health),
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
            self.tell_of_epoch();
        }
        if self.stage != SeedStage::Dormant {
            self.told.state_reports.push(self.state_report());
        }
        Ok(())
    }

    fn tell_of_epoch(&mut self) {
        let (m, delta) = (self.seed.metrics, self.seed.accuracy_delta);
        let data = [
            ("accuracy", m.current_accuracy.into()),
            ("accuracy_delta", delta.into()),
            ("total_improvement", m.total_improvement.into()),
        ];
        let event = self.event(EventType::EpochCompleted, Severity::Debug);
        self.tell_of(&event, format!("epoch {} of {}", self.epoch, self.stage), &data);
        if delta >= SignalTracker::PLATEAU_THRESHOLD {
            self.seed.flat_epochs = 0;
            let event = self.event(EventType::ImprovementDetected, Severity::Info);
            self.tell_of(&event, format!("{delta:+} pp"), &data);
        } else {
            self.seed.flat_epochs = self.seed.flat_epochs.saturating_add(1);
            if self.seed.flat_epochs == Self::PLATEAU_EPOCHS {
                let event = self.event(EventType::PlateauDetected, Severity::Info);
                self.tell_of(
                    &event,
                    format!("{} epochs without an improvement", Self::PLATEAU_EPOCHS),
                    &data,
                );
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

    /// Counts that the seed reached into the host while it should be isolated.
    pub fn add_isolation_violation(&mut self) {
        if self.seed_lives() {
            let count = self.seed.metrics.isolation_violations.saturating_add(1);
            self.seed.metrics.isolation_violations = count;
            let event = self.event(EventType::IsolationViolation, Severity::Warning);
            self.tell_of(&event, String::new(), &[("isolation_violations", count.into())]);
        }
    }

    /// Takes a gradient norm, finite and not negative, into the mean.
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

    /// Sets the seed's health, which G5 asks for; a seed germinates healthy.
    pub fn set_health(&mut self, health: Health) {
        if !self.seed_lives() {
            return;
        }
        let before = std::mem::replace(&mut self.seed.health, health);
        if (before, health) == (Health::Healthy, Health::Unhealthy) {
            let event = self.event(EventType::PerformanceDegradation, Severity::Warning);
            self.tell_of(&event, "the seed is unhealthy", &[]);
        }
    }

    /// Takes in that a command was received for this slot: its id goes into the field report. Of those received while the
    /// slot is empty only the last one counts, because it is the one that germinates.
    pub fn record_command(&mut self, command: &AdaptationCommand) {
        let seed = &mut self.seed;
        if self.stage == SeedStage::Dormant {
            seed.commands.clear();
        }
        if seed.commands.len() < MAX_REPORTED_COMMANDS {
            seed.commands.push(command.id);
        } else {
            seed.commands_dropped = seed.commands_dropped.saturating_add(1);
        }
        let event = self.event(EventType::CommandIssued, Severity::Info);
        let name = command.command_type().map_or("?", |t| t.name());
        let said =
            if command.reason.is_empty() { name.into() } else { format!("{name}: {}", command.reason) };
        self.tell_of(&event, said, &[("command_type", command.command_type.into())]);
    }

    /// Takes in what came of a command. That it was only accepted is not worth an event.
    pub fn record_outcome(&mut self, outcome: &CommandOutcome) {
        let (kind, severity) = match outcome.status() {
            Ok(OutcomeStatus::Accepted) => return,
            Ok(OutcomeStatus::Executed) => (EventType::CommandExecuted, Severity::Info),
            _ => (EventType::CommandFailed, Severity::Warning),
        };
        let event = self.event(kind, severity);
        let name = outcome.code().map_or("?", |code| code.name());
        let said = if outcome.text.is_empty() { name.into() } else { format!("{name}: {}", outcome.text) };
        self.tell_of(&event, said, &[("code", outcome.code.into())]);
    }

    /// The seed as it is now. Healthy as [`set_health`](Self::set_health) says; improving if its accuracy is above that at
    /// its stage's start; in need of attention if it is not healthy, violated its isolation more often than G2 allows, or
    /// has been on a plateau for three epochs.
    pub fn state_report(&self) -> SeedStateReport {
        let m = &self.seed.metrics;
        let healthy = self.seed.health == Health::Healthy;
        let lives = self.seed_lives();
        let attention = !healthy
            || m.isolation_violations > self.thresholds.max_isolation_violations
            || self.seed.flat_epochs >= Self::PLATEAU_EPOCHS;
        let mut report = SeedStateReport {
            entered_at_unix_ns: self.entered_at,
            reported_at_unix_ns: self.time,
            seed: self.seed.id,
            slot: self.slot,
            blueprint: self.seed.blueprint,
            metrics: *m,
            env: self.env,
            stage: self.stage.value(),
            previous_stage: self.previous_stage.value(),
            healthy: healthy.into(),
            improving: (lives && m.improvement_since_stage_start > 0.0).into(),
            needs_attention: (lives && attention).into(),
            ..SeedStateReport::default()
        };
        for (id, bit) in [(self.seed.id, SeedStateReport::SEED), (self.slot, SeedStateReport::SLOT)] {
            report.present |= if id.is_empty() { 0 } else { bit };
        }
        report
    }

    /// What a gate says of the seed as it is, ready to be reported. Moves and tells nothing.
    pub fn gate_result(&self, gate: GateLevel) -> GateResult {
        self.result_of(&self.check_gate(gate))
    }

    fn result_of(&self, verdict: &GateVerdict) -> GateResult {
        let mut result = GateResult::of(verdict, self.time).expect("the gates' own checks");
        (result.seed, result.slot, result.env) = (self.seed.id, self.slot, self.env);
        for (id, bit) in [(self.seed.id, GateResult::SEED), (self.slot, GateResult::SLOT)] {
            result.present |= if id.is_empty() { 0 } else { bit };
        }
        result
    }

    /// What is known of the seed for its telemetry, with the gradient norm recorded last. What the life cycle does not
    /// know, layer and gradient health, is for the caller to add. `None` while the slot is empty.
    pub fn telemetry(&self) -> Option<SeedTelemetry> {
        let m = &self.seed.metrics;
        (!self.seed.id.is_empty()).then(|| SeedTelemetry {
            captured_at_unix_ns: self.time,
            seed: self.seed.id,
            blueprint: self.seed.blueprint,
            gradient_norm: self.seed.gradient_norm,
            gradient_health: 1.0,
            accuracy: m.current_accuracy,
            accuracy_delta: self.seed.accuracy_delta,
            alpha: m.alpha,
            epochs_in_stage: m.epochs_in_stage,
            epoch: self.epoch,
            max_epochs: self.max_epochs,
            env: self.env,
            stage: self.stage.value(),
            ..SeedTelemetry::default()
        })
    }

    /// An event about this slot and its seed, of now and with an id of its own, for the caller to complete. It is told
    /// once it is handed to [`tell`](Self::tell).
    pub fn event(&mut self, event_type: EventType, severity: Severity) -> TelemetryEvent {
        let mut event = TelemetryEvent::new(self.new_id("event"), event_type, severity, self.time)
            .with_env(self.env)
            .with_epoch(self.epoch);
        (event.seed, event.slot) = (self.seed.id, self.slot);
        for (id, bit) in [(self.seed.id, TelemetryEvent::SEED), (self.slot, TelemetryEvent::SLOT)] {
            event.present |= if id.is_empty() { 0 } else { bit };
        }
        event
    }

    /// Puts an event behind those that wait to be taken. One that fails its own check is refused.
    pub fn tell(&mut self, event: TelemetryEvent) -> Result<()> {
        event.check()?;
        self.told.events.push(event);
        Ok(())
    }

    /// What this file tells itself has good names and finite numbers.
    fn tell_of(&mut self, event: &TelemetryEvent, message: impl AsRef<str>, data: &[(&str, f64)]) {
        let event = data
            .iter()
            .try_fold(event.with_message(message.as_ref()), |e, (name, value)| e.with_data(name, *value));
        self.told.events.push(event.expect("the life cycle's own figures"));
    }

    /// A UUID of version 8: the caller's time and a counter are all there is to make it of.
    fn new_id(&mut self, of: &str) -> [u8; 16] {
        self.told.ids += 1;
        let (slot, seed) = (self.slot, self.seed.id);
        let text =
            format!("leyline {of}\n{slot:?} {}\n{seed:?}\n{}\n{}\n", self.env, self.time, self.told.ids);
        let mut id = fingerprint_of(&text);
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        id
    }

    /// The oldest event that was not taken yet.
    pub fn next_event(&mut self) -> Option<TelemetryEvent> {
        self.told.events.waiting.pop_front()
    }

    /// The oldest state report that was not taken yet.
    pub fn next_state_report(&mut self) -> Option<SeedStateReport> {
        self.told.state_reports.waiting.pop_front()
    }

    /// The oldest gate result that was not taken yet.
    pub fn next_gate_result(&mut self) -> Option<GateResult> {
        self.told.gate_results.waiting.pop_front()
    }

    /// The oldest field report that was not taken yet.
    pub fn next_field_report(&mut self) -> Option<FieldReport> {
        self.told.field_reports.waiting.pop_front()
    }

    /// What was dropped so far because nobody took it.
    pub const fn untold(&self) -> Untold {
        Untold {
            events: self.told.events.dropped,
            state_reports: self.told.state_reports.dropped,
            gate_results: self.told.gate_results.dropped,
            field_reports: self.told.field_reports.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> SeedLifecycle {
        SeedLifecycle::new(25, GateThresholds::default()).unwrap()
    }

    /// Without what it has to tell: two lives may differ in that and be the same otherwise.
    fn quiet(life: &SeedLifecycle) -> SeedLifecycle {
        SeedLifecycle { told: Told::default(), ..life.clone() }
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
                    assert_eq!(quiet(&slot), quiet(&before), "{from} -> {to}");
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
            assert_eq!(quiet(&seed), SeedLifecycle { previous_stage: SeedStage::Resetting, ..slot() });
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

    /// What it told so far.
    struct Heard {
        events: Vec<(EventType, Severity, String)>,
        stages: Vec<(SeedStage, SeedStage, u32)>,
        gates: Vec<(GateLevel, bool)>,
        lives: Vec<FieldReport>,
    }

    /// Takes everything, and checks it all.
    fn listen(life: &mut SeedLifecycle) -> Heard {
        let mut heard = Heard { events: vec![], stages: vec![], gates: vec![], lives: vec![] };
        while let Some(e) = life.next_event() {
            e.check().unwrap();
            heard.events.push((e.event_type().unwrap(), e.severity().unwrap(), e.message.to_string()));
        }
        while let Some(r) = life.next_state_report() {
            r.check().unwrap();
            let stages = (r.previous_stage().unwrap(), r.stage().unwrap());
            heard.stages.push((stages.0, stages.1, r.metrics.epochs_in_stage));
        }
        while let Some(r) = life.next_gate_result() {
            r.check().unwrap();
            heard.gates.push((r.gate().unwrap(), r.has_passed()));
        }
        while let Some(r) = life.next_field_report() {
            r.check().unwrap();
            heard.lives.push(r);
        }
        heard
    }

    fn kinds(heard: &Heard) -> Vec<EventType> {
        heard.events.iter().map(|e| e.0).collect()
    }

    #[test]
    fn a_seed_that_fossilizes_has_told_its_whole_life() {
        let mut life = slot();
        life.set_slot("slot_0", 3).unwrap();
        let mut signals = TrainingSignals { available_slots: 1, ..TrainingSignals::default() };
        life.set_signals(&signals).unwrap();
        life.set_now(7, 1000);
        life.germinate("seed_0", "norm", 50.0).unwrap();
        signals.available_slots = 0;
        life.set_signals(&signals).unwrap();
        life.advance(SeedStage::Training).unwrap();
        for (epoch, accuracy) in [(8, 50.1), (9, 50.2), (10, 51.0)] {
            life.set_now(epoch, i64::from(epoch) * 1000);
            life.end_of_epoch(accuracy).unwrap();
        }
        let heard = listen(&mut life);
        assert_eq!(heard.gates, [(GateLevel::G0, true), (GateLevel::G1, true)]);
        assert_eq!(
            heard.events[..3],
            [
                (EventType::SeedGerminated, Severity::Info, "norm".into()),
                (EventType::SeedStageChanged, Severity::Info, "GERMINATED to TRAINING".into()),
                (EventType::EpochCompleted, Severity::Debug, "epoch 8 of TRAINING".into()),
            ]
        );
        assert_eq!(
            kinds(&heard)[3..],
            [EventType::EpochCompleted, EventType::EpochCompleted, EventType::ImprovementDetected]
        );
        let (dormant, germinated) = (SeedStage::Dormant, SeedStage::Germinated);
        assert_eq!(heard.stages[..2], [(dormant, germinated, 0), (germinated, SeedStage::Training, 0)]);
        assert_eq!(heard.stages[2..].iter().map(|s| s.2).collect::<Vec<_>>(), [1, 2, 3]);

        life.advance(SeedStage::Blending).unwrap();
        life.set_alpha(1.0).unwrap();
        epochs(&mut life, 3, 52.0);
        life.advance(SeedStage::Shadowing).unwrap();
        epochs(&mut life, 2, 52.0);
        life.advance(SeedStage::Probationary).unwrap();
        life.set_now(20, 20_000);
        life.advance(SeedStage::Fossilized).unwrap();
        let heard = listen(&mut life);
        let failed: Vec<_> = heard.gates.iter().filter(|g| !g.1).collect();
        assert!(failed.is_empty() && heard.gates.len() == 4);
        let last = heard.events.last().unwrap();
        assert_eq!(*last, (EventType::SeedFossilized, Severity::Info, "PROBATIONARY to FOSSILIZED".into()));
        let [report] = heard.lives[..] else { panic!("{} lives", heard.lives.len()) };
        assert!(report.is_success() && report.failure().unwrap().is_none());
        assert_eq!((report.germinated_at_unix_ns, report.completed_at_unix_ns), (1000, 20_000));
        assert_eq!(report.epochs_in_stage, [0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0]);
        assert_eq!((report.total_epochs, report.best_accuracy, report.total_improvement), (8, 52.0, 2.0));
        assert_eq!(report.signals().unwrap().available_slots, 1, "those at germination");
        assert_eq!(
            (report.seed.to_string(), report.slot().unwrap().to_string()),
            ("seed_0".into(), "slot_0".into())
        );
        assert_eq!(report.env, 3);
        assert_eq!(life.untold(), Untold::default());
    }

    #[test]
    fn a_culled_seed_tells_in_which_stage_and_why() {
        for stage in [SeedStage::Germinated, SeedStage::Training, SeedStage::Probationary] {
            let mut life = at(stage);
            listen(&mut life);
            life.cull_because("it only gets worse").unwrap();
            let heard = listen(&mut life);
            let said = format!("in {stage}: it only gets worse");
            assert_eq!(heard.events, [(EventType::SeedCulled, Severity::Warning, said)]);
            assert_eq!(heard.stages, [(stage, SeedStage::Culled, 0)]);
            let (failed_in, reason) = heard.lives[0].failure().unwrap().unwrap();
            assert_eq!((failed_in, reason.to_string().as_str()), (stage, "it only gets worse"));
            assert_eq!(heard.lives[0].slot(), None);

            for target in [SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
                life.advance(target).unwrap();
            }
            life.end_of_epoch(50.0).unwrap();
            let heard = listen(&mut life);
            assert_eq!(kinds(&heard), [EventType::SeedStageChanged; 3]);
            assert_eq!((heard.stages.len(), heard.lives.len()), (3, 0), "an empty slot has nothing to tell");
        }
        let mut plain = at(SeedStage::Training);
        plain.advance(SeedStage::Culled).unwrap();
        assert_eq!(listen(&mut plain).lives[0].failure().unwrap().unwrap().1.to_string(), "");
        let mut long = at(SeedStage::Training);
        long.cull_because(&"x".repeat(100)).unwrap();
        assert!(listen(&mut long).lives[0].reason_cut());
    }

    #[test]
    fn a_gate_that_fails_is_told_and_an_illegal_jump_is_not() {
        let mut life = at(SeedStage::Training);
        listen(&mut life);
        assert!(life.advance(SeedStage::Blending).is_err());
        assert!(life.advance(SeedStage::Fossilized).is_err());
        assert!(life.germinate("seed_1", "norm", 50.0).is_err());
        let result = life.told.gate_results.waiting[0];
        assert_eq!(result, life.gate_result(GateLevel::G2));
        assert_eq!(result.seed().unwrap().to_string(), "seed_0");
        assert!(result.checks_failed().unwrap().iter().any(|c| c.to_string() == "epochs_in_stage"));
        let heard = listen(&mut life);
        assert_eq!(heard.gates, [(GateLevel::G2, false)]);
        assert!(heard.events.is_empty() && heard.stages.is_empty() && heard.lives.is_empty());
    }

    #[test]
    fn a_plateau_is_told_once_and_asks_for_attention_until_it_ends() {
        let mut life = at(SeedStage::Training);
        listen(&mut life);
        let told = |life: &mut SeedLifecycle, accuracy| {
            life.end_of_epoch(accuracy).unwrap();
            let attention = life.state_report().needs_attention();
            let heard = listen(life);
            (heard.events.get(1).map(|e| e.0), attention)
        };
        let plateau = Some(EventType::PlateauDetected);
        let seen = [50.25, 50.5, 50.75, 51.0, 51.5, 51.5].map(|accuracy| told(&mut life, accuracy));
        assert_eq!(
            seen,
            [
                (None, false),
                (None, false),
                (plateau, true),
                (None, true),
                (Some(EventType::ImprovementDetected), false),
                (None, false)
            ]
        );
        assert!(life.state_report().is_improving());
        life.set_health(Health::Unhealthy);
        life.set_health(Health::Unhealthy);
        assert_eq!(kinds(&listen(&mut life)), [EventType::PerformanceDegradation]);
        let report = life.state_report();
        assert!(!report.is_healthy() && report.needs_attention());
        let mut violating = at(SeedStage::Training);
        listen(&mut violating);
        (0..10).for_each(|_| violating.add_isolation_violation());
        assert!(!violating.state_report().needs_attention());
        violating.add_isolation_violation();
        assert!(violating.state_report().needs_attention());
        assert_eq!(kinds(&listen(&mut violating)), [EventType::IsolationViolation; 11]);
    }

    #[test]
    fn nobody_has_to_listen_and_what_is_lost_is_counted() {
        let mut life = at(SeedStage::Training);
        listen(&mut life);
        epochs(&mut life, 100, 50.0);
        let lost = life.untold();
        assert_eq!((lost.events, lost.state_reports), (101 - 64, 100 - 16), "a plateau among them");
        let first = life.next_state_report().unwrap();
        assert_eq!(first.metrics.epochs_total, 85, "the newest are kept");
        assert_eq!(listen(&mut life).events.len(), 64);
        for i in 0..6 {
            life.cull().unwrap();
            for target in [SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
                life.advance(target).unwrap();
            }
            life.germinate(&format!("again_{i}"), "norm", 50.0).unwrap();
        }
        assert_eq!(life.untold().field_reports, 2);
        assert_eq!(life.next_field_report().unwrap().seed.to_string(), "again_1");
    }

    #[test]
    fn commands_are_told_and_remembered_by_the_seed_they_were_for() {
        use crate::contract::command::OutcomeCode;
        use crate::contract::stage::CommandType;
        let command = |n: u8, t| AdaptationCommand { id: [n; 16], ..AdaptationCommand::new(t) };
        let mut life = slot();
        life.record_command(&command(1, CommandType::Germinate).with_reason("a try"));
        life.record_command(&command(2, CommandType::Germinate));
        life.germinate("seed_0", "norm", 50.0).unwrap();
        life.advance(SeedStage::Training).unwrap();
        for n in 3..=40 {
            life.record_command(&command(n, CommandType::SetAlpha));
        }
        let cull = command(41, CommandType::Cull);
        life.record_command(&cull);
        life.cull().unwrap();
        life.record_outcome(&CommandOutcome::accepted(&cull, 1));
        life.record_outcome(&CommandOutcome::executed(&cull, 1));
        life.record_outcome(&CommandOutcome::rejected(&cull, 1, OutcomeCode::Gate, "G2"));
        let heard = listen(&mut life);
        assert_eq!(heard.events[0], (EventType::CommandIssued, Severity::Info, "GERMINATE: a try".into()));
        let last = &heard.events[heard.events.len() - 2..];
        assert_eq!(last[0], (EventType::CommandExecuted, Severity::Info, "NONE".into()));
        assert_eq!(last[1], (EventType::CommandFailed, Severity::Warning, "GATE: G2".into()));
        let report = heard.lives[0];
        let commands = report.commands().unwrap();
        assert_eq!((commands.len(), commands[0], commands[31]), (32, [2; 16], [33; 16]));
        assert_eq!(report.commands_dropped, 8);
        // Whatever came over the wire.
        let junk: AdaptationCommand = bytemuck::cast([0xffu8; 248]);
        life.record_command(&junk);
        life.record_outcome(&bytemuck::cast([0xffu8; 224]));
        assert_eq!(kinds(&listen(&mut life)), [EventType::CommandIssued, EventType::CommandFailed]);
    }

    #[test]
    fn what_is_told_is_of_now_and_has_an_id_of_its_own() {
        let mut life = slot();
        life.set_slot("slot_0", 2).unwrap();
        life.set_now(4, -77);
        let empty = life.event(EventType::GradientAnomaly, Severity::Error);
        assert_eq!((empty.time_unix_ns, empty.epoch(), empty.env), (-77, Some(4), 2));
        assert_eq!((empty.seed(), empty.slot().unwrap().to_string()), (None, "slot_0".into()));
        assert!(life.telemetry().is_none() && life.next_event().is_none());
        life.germinate("seed_0", "norm", 50.0).unwrap();
        life.end_of_epoch(60.0).unwrap();
        life.record_gradient_norm(3.0).unwrap();
        life.record_gradient_norm(1.0).unwrap();
        let telemetry = life.telemetry().unwrap();
        telemetry.check().unwrap();
        assert_eq!(
            (telemetry.gradient_norm, telemetry.accuracy, telemetry.accuracy_delta),
            (1.0, 60.0, 10.0)
        );
        assert_eq!((telemetry.captured_at_unix_ns, telemetry.epoch, telemetry.max_epochs), (-77, 4, 25));
        let own = life.event(EventType::GradientAnomaly, Severity::Error).with_data("norm", 1e30).unwrap();
        life.tell(own).unwrap();
        assert_eq!(
            life.tell(TelemetryEvent { event_type: 14, ..own }).unwrap_err().kind(),
            ErrorKind::InvalidEnum
        );
        let mut ids = vec![empty.id];
        while let Some(event) = life.next_event() {
            assert_eq!((event.id[6] >> 4, event.id[8] >> 6), (8, 2), "a UUID of version 8");
            ids.push(event.id);
        }
        assert_eq!(ids.last(), Some(&own.id));
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), all), (5, 5));

        assert_eq!(life.set_slot(&"x".repeat(40), 0).unwrap_err().kind(), ErrorKind::InvalidId);
        assert_eq!(life.set_slot("", 0).unwrap_err().kind(), ErrorKind::InvalidId);
        let bad = TrainingSignals { seed_alpha: f32::NAN, ..TrainingSignals::default() };
        assert_eq!(life.set_signals(&bad).unwrap_err().kind(), ErrorKind::NotFinite);
    }
}
