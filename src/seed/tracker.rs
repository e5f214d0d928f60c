//! Turns the raw metrics of a training loop into observations and training signals.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::observation::{Feature, Observation};
use crate::contract::signals::{MAX_ACTIVE_SEEDS, MAX_HISTORY, TrainingMetrics, TrainingSignals};
use crate::contract::stage::SeedStage;
use crate::schema::check::{append, bounded};
use crate::schema::id::Id;
use crate::seed::history::History;

/// A seed as the trainer sees it now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedView {
    /// Its id.
    pub id: Id,
    /// Its stage.
    pub stage: SeedStage,
    /// Epochs it has spent in its stage.
    pub epochs_in_stage: u32,
    /// Its blending weight, 0 to 1.
    pub alpha: f32,
    /// Its improvement since the stage began, percentage points.
    pub improvement: f32,
}

impl SeedView {
    const NONE: Self =
        Self { id: Id::EMPTY, stage: SeedStage::Unknown, epochs_in_stage: 0, alpha: 0.0, improvement: 0.0 };

    /// Describes the seed in the signals; does not list it as active. `NotFinite` or `OutOfRange`:
    /// alpha is not 0 to 1, or the improvement not -100 to 100.
    pub fn describe(&self, signals: &mut TrainingSignals) -> Result<()> {
        bounded::<TrainingSignals>("seed_alpha", self.alpha)?;
        bounded::<TrainingSignals>("seed_improvement", self.improvement)?;
        self.describe_as_given(signals);
        Ok(())
    }

    fn describe_as_given(&self, signals: &mut TrainingSignals) {
        signals.seed_stage = self.stage.value();
        signals.seed_epochs_in_stage = self.epochs_in_stage;
        signals.seed_alpha = self.alpha;
        signals.seed_improvement = self.improvement;
    }
}

/// The raw metrics of one validation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Validation {
    /// Epochs, from 1.
    pub epoch: u32,
    /// Optimizer steps.
    pub global_step: u64,
    /// Mean training loss, nats.
    pub train_loss: f32,
    /// Mean validation loss, nats.
    pub val_loss: f32,
    /// Training accuracy, percent.
    pub train_accuracy: f32,
    /// Validation accuracy, percent.
    pub val_accuracy: f32,
}

/// Turns raw metrics into observations and training signals: [`SignalTracker::update`] at each
/// validation, [`SignalTracker::step`] in between. A step allocates nothing and changes three
/// numbers.
///
/// - The first delta is 0. A first update has no delta, so it neither counts towards a plateau nor
///   ends one.
/// - The plateau count is the number of updates in a row whose accuracy delta is below the
///   threshold.
/// - No metric stops the run. The four metrics of an update and the loss of a step are passed on as
///   given, so that publishing replaces **and reports** those outside the Box.
/// - Derived metrics stay valid. A metric outside the Box counts as the nearer end of the Box. NaN
///   counts as the worst value ([`Feature::worst`]) in the delta, the plateau count and the history
///   of its update. An infinity makes a delta of 0, leaves the plateau count unchanged, and enters
///   the history as the nearer end of the Box. Neither changes the best value, nor the previous
///   value that the delta of the next update starts from.
#[derive(Clone, Debug)]
pub struct SignalTracker {
    plateau_threshold: f32,
    signals: TrainingSignals,
    /// Always `signals.to_observation()`; kept ready, because it is asked for on each step.
    observation: Observation,
    pub(super) losses: History<MAX_HISTORY>,
    pub(super) accuracies: History<MAX_HISTORY>,
    /// The last finite metrics.
    pub(super) val_loss: Option<f32>,
    pub(super) val_accuracy: Option<f32>,
}

impl SignalTracker {
    /// The least accuracy delta, in percentage points, that is no plateau, unless set otherwise.
    pub const PLATEAU_THRESHOLD: f32 = 0.5;

    /// Returns a tracker with the default plateau threshold, 0.5 percentage points.
    pub fn new() -> Self {
        let signals = TrainingSignals::default();
        Self {
            plateau_threshold: Self::PLATEAU_THRESHOLD,
            signals,
            observation: signals.to_observation(),
            losses: History::new(),
            accuracies: History::new(),
            val_loss: None,
            val_accuracy: None,
        }
    }

    /// Returns a tracker that counts updates with an accuracy delta below `pp` percentage points as
    /// a plateau. `NotFinite` or `OutOfRange` unless `pp` is 0 to 100.
    pub fn with_plateau_threshold(pp: f32) -> Result<Self> {
        let (kind, expected) = if !pp.is_finite() {
            (ErrorKind::NotFinite, "a finite number")
        } else if !(0.0..=100.0).contains(&pp) {
            (ErrorKind::OutOfRange, "0 to 100 percentage points")
        } else {
            return Ok(Self { plateau_threshold: pp, ..Self::new() });
        };
        Err(Error::new(kind).about("plateau threshold").expected_found(expected, pp.to_string()))
    }

    /// Records one optimizer step. Changes EPOCH, GLOBAL_STEP and TRAIN_LOSS and nothing else.
    pub fn step(&mut self, epoch: u32, global_step: u64, train_loss: f32) -> &Observation {
        let m = &mut self.signals.metrics;
        (m.epoch, m.global_step, m.train_loss) = (epoch, global_step, train_loss);
        self.observation[Feature::Epoch] = epoch as f32;
        self.observation[Feature::GlobalStep] = global_step as f32;
        self.observation[Feature::TrainLoss] = train_loss;
        &self.observation
    }

    /// Records one validation.
    pub fn update(&mut self, validation: &Validation) -> &Observation {
        let &Validation { epoch, global_step, train_loss, val_loss, train_accuracy, val_accuracy } =
            validation;
        let loss = Feature::ValLoss.sanitized(val_loss);
        let accuracy = Feature::ValAccuracy.sanitized(val_accuracy);
        let m = &mut self.signals.metrics;
        (m.epoch, m.global_step, m.train_loss) = (epoch, global_step, train_loss);
        (m.val_loss, m.train_accuracy, m.val_accuracy) = (val_loss, train_accuracy, val_accuracy);
        m.validations = m.validations.saturating_add(1);

        m.loss_delta = 0.0;
        if !val_loss.is_infinite() {
            m.loss_delta = self.val_loss.map_or(0.0, |previous| previous - loss);
        }
        if val_loss.is_finite() {
            m.best_val_loss = m.best_val_loss().map_or(loss, |best| best.min(loss));
            m.present |= TrainingMetrics::BEST_VAL_LOSS;
            self.val_loss = Some(loss);
        }
        m.accuracy_delta = 0.0;
        if let Some(previous) = self.val_accuracy.filter(|_| !val_accuracy.is_infinite()) {
            m.accuracy_delta = accuracy - previous;
            let flat = m.accuracy_delta < self.plateau_threshold;
            m.plateau_epochs = if flat { m.plateau_epochs.saturating_add(1) } else { 0 };
        }
        if val_accuracy.is_finite() {
            m.best_val_accuracy = m.best_val_accuracy.max(accuracy);
            self.val_accuracy = Some(accuracy);
        }

        let s = &mut self.signals;
        self.losses.push(loss);
        self.accuracies.push(accuracy);
        (s.loss_history, s.loss_history_count, s.loss_history_dropped) = listed(&self.losses);
        (s.accuracy_history, s.accuracy_history_count, s.accuracy_history_dropped) = listed(&self.accuracies);
        self.refresh()
    }

    /// Sets the state of the only seed.
    pub fn set_seed(&mut self, seed: &SeedView) {
        self.set_seeds(std::slice::from_ref(seed));
    }

    /// Removes all seeds.
    pub fn clear_seed(&mut self) {
        self.set_seeds(&[]);
    }

    /// Sets the state of all seeds. Seeds alive in their seed slot (GERMINATED to PROBATIONARY) are
    /// listed as active, and the first of them is described; with none alive the first of all is
    /// described. A ninth active seed is counted as dropped.
    pub fn set_seeds(&mut self, seeds: &[SeedView]) {
        let s = &mut self.signals;
        s.active_seeds = [Id::EMPTY; MAX_ACTIVE_SEEDS];
        (s.active_seed_count, s.active_seeds_dropped) = (0, 0);
        let alive = || seeds.iter().filter(|seed| seed.stage.is_alive_in_slot());
        for seed in alive() {
            append(&mut s.active_seeds, &mut s.active_seed_count, &mut s.active_seeds_dropped, seed.id);
        }
        alive().next().or(seeds.first()).unwrap_or(&SeedView::NONE).describe_as_given(s);
        self.refresh();
    }

    /// Sets the number of free seed slots.
    pub fn set_available_slots(&mut self, slots: u32) {
        self.signals.available_slots = slots;
        self.refresh();
    }

    pub(super) fn replace_signals(&mut self, signals: &TrainingSignals) {
        self.signals = *signals;
        self.refresh();
    }

    fn refresh(&mut self) -> &Observation {
        self.observation = self.signals.to_observation();
        &self.observation
    }

    /// Returns the current observation, ready to publish.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Returns the current signals. Copy them to add what the tracker does not know: time, GPU,
    /// gradient norms.
    pub fn signals(&self) -> &TrainingSignals {
        &self.signals
    }
}

impl Default for SignalTracker {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a history as a list of a record, its count, and the count of the metrics it dropped.
fn listed(history: &History<MAX_HISTORY>) -> ([f32; MAX_HISTORY], u8, u32) {
    let mut list = history.oldest_first();
    list.rotate_left(MAX_HISTORY - history.len());
    let dropped = u32::try_from(history.dropped()).unwrap_or(u32::MAX);
    (list, history.len() as u8, dropped)
}
