//! Training signals: the rich form of what an observation says, and the tracker that makes both from raw figures.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::observation::{BEST_VAL_LOSS_CAP, Feature, History, OBSERVED_HISTORY, Observation};
use crate::contract::record::reported;
use crate::contract::stage::SeedStage;
use crate::record;
use crate::schema::check::{
    append, bounded, check_absent, check_fields, check_list, check_tail, counted, keep_newest, naming,
    sanitize_floats,
};
use crate::schema::id::Id;

/// Active seeds that a [`TrainingSignals`] lists, at most.
pub const MAX_ACTIVE_SEEDS: usize = 8;
/// Validations that a [`TrainingSignals`] looks back, at most.
pub const MAX_HISTORY: usize = 32;

/// The figures of the training loop. All but `epoch`, `global_step` and `train_loss` are those of the last validation.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingMetrics {
    /// Optimizer steps.
    pub global_step: u64,
    /// Epochs, from 1.
    pub epoch: u32,
    /// Validations so far; 0 while the figures of a validation are still all 0. Tells whether they are new.
    pub validations: u32,
    /// Updates in a row that brought less than the plateau threshold.
    pub plateau_epochs: u32,
    /// Which optional fields are there; the others are 0.
    pub present: u32,
    /// Mean training loss, nats.
    pub train_loss: f32,
    /// Mean validation loss, nats.
    pub val_loss: f32,
    /// Previous validation loss less this one, nats: positive is better.
    pub loss_delta: f32,
    /// Training accuracy, percent.
    pub train_accuracy: f32,
    /// Validation accuracy, percent.
    pub val_accuracy: f32,
    /// Change of the validation accuracy, percentage points.
    pub accuracy_delta: f32,
    /// Greatest validation accuracy so far, percent.
    pub best_val_accuracy: f32,
    /// Least validation loss so far, nats, not capped. Optional: [`TrainingMetrics::BEST_VAL_LOSS`].
    pub best_val_loss: f32,
    /// Gradient norm of the host. Optional: [`TrainingMetrics::GRAD_NORM_HOST`].
    pub grad_norm_host: f32,
    /// Gradient norm of the seed. Optional: [`TrainingMetrics::GRAD_NORM_SEED`].
    pub grad_norm_seed: f32,
}

record! {
    TrainingMetrics as "training_metrics" version 1 {
        global_step: u64, "steps", 0.0, f64::INFINITY;
        epoch: u32, "epochs", 0.0, 4_294_967_295.0;
        validations: u32, "updates", 0.0, 4_294_967_295.0;
        plateau_epochs: u32, "updates", 0.0, 4_294_967_295.0;
        present: u32, "bits", 0.0, 7.0;
        train_loss: f32, "nats", 0.0, 1e6;
        val_loss: f32, "nats", 0.0, 1e6;
        loss_delta: f32, "nats", -1e6, 1e6;
        train_accuracy: f32, "percent", 0.0, 100.0;
        val_accuracy: f32, "percent", 0.0, 100.0;
        accuracy_delta: f32, "pp", -100.0, 100.0;
        best_val_accuracy: f32, "percent", 0.0, 100.0;
        best_val_loss: f32, "nats", 0.0, 1e6;
        grad_norm_host: f32, "-", 0.0, f64::INFINITY;
        grad_norm_seed: f32, "-", 0.0, f64::INFINITY;
    }
}

impl TrainingMetrics {
    /// Bit of `present`: `best_val_loss` is there.
    pub const BEST_VAL_LOSS: u32 = 1;
    /// Bit of `present`: `grad_norm_host` is there.
    pub const GRAD_NORM_HOST: u32 = 1 << 1;
    /// Bit of `present`: `grad_norm_seed` is there.
    pub const GRAD_NORM_SEED: u32 = 1 << 2;

    /// The least validation loss, not capped; `None` before there is one.
    pub fn best_val_loss(&self) -> Option<f32> {
        (self.present & Self::BEST_VAL_LOSS != 0).then_some(self.best_val_loss)
    }

    /// The gradient norm of the host, where it was measured.
    pub fn grad_norm_host(&self) -> Option<f32> {
        (self.present & Self::GRAD_NORM_HOST != 0).then_some(self.grad_norm_host)
    }

    /// The gradient norm of the seed, where it was measured.
    pub fn grad_norm_seed(&self) -> Option<f32> {
        (self.present & Self::GRAD_NORM_SEED != 0).then_some(self.grad_norm_seed)
    }

    /// Sets the least validation loss, 0 to 1e6 nats.
    pub fn set_best_val_loss(&mut self, nats: f32) -> Result<()> {
        self.best_val_loss = bounded::<Self>("best_val_loss", nats)?;
        self.present |= Self::BEST_VAL_LOSS;
        Ok(())
    }

    /// Sets the gradient norm of the host, 0 or more.
    pub fn set_grad_norm_host(&mut self, norm: f32) -> Result<()> {
        self.grad_norm_host = bounded::<Self>("grad_norm_host", norm)?;
        self.present |= Self::GRAD_NORM_HOST;
        Ok(())
    }

    /// Sets the gradient norm of the seed, 0 or more.
    pub fn set_grad_norm_seed(&mut self, norm: f32) -> Result<()> {
        self.grad_norm_seed = bounded::<Self>("grad_norm_seed", norm)?;
        self.present |= Self::GRAD_NORM_SEED;
        Ok(())
    }

    pub(crate) const OPTIONAL: [(u32, &'static str); 3] = [
        (Self::BEST_VAL_LOSS, "best_val_loss"),
        (Self::GRAD_NORM_HOST, "grad_norm_host"),
        (Self::GRAD_NORM_SEED, "grad_norm_seed"),
    ];

    /// Refuses the first figure that is not finite (`NotFinite`) or outside its bounds, or is there while its bit is
    /// not (`OutOfRange`), by name.
    pub fn check(&self) -> Result<()> {
        check_fields(self)?;
        check_absent(self, self.present, &Self::OPTIONAL)
    }

    /// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
    pub fn sanitize(&mut self) -> u32 {
        sanitize_floats(self)
    }
}

impl Default for TrainingMetrics {
    fn default() -> Self {
        bytemuck::Zeroable::zeroed()
    }
}

/// What a trainer reports after a validation: the metrics, the seeds, the machine and the history.
///
/// The lists are bounded. Each has its count, and a count of what did not fit; entries from the count on are zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingSignals {
    /// The figures of the training loop.
    pub metrics: TrainingMetrics,
    /// When, in nanoseconds since the Unix epoch. Optional: [`TrainingSignals::TIME`].
    pub time_unix_ns: i64,
    /// The sequence of the observation they were published with, from 1; 0 until they are.
    pub observation_sequence: u64,
    /// The writer generation that sequence belongs to, from 1; 0 until they are published.
    pub writer_generation: u64,
    /// Ids of the active seeds, the described one first.
    pub active_seeds: [Id; 8],
    /// The last validation losses, nats, oldest first.
    pub loss_history: [f32; 32],
    /// The last validation accuracies, percent, oldest first.
    pub accuracy_history: [f32; 32],
    /// Free slots.
    pub available_slots: u32,
    /// Epochs the described seed has spent in its stage.
    pub seed_epochs_in_stage: u32,
    /// Its blending weight, 0 to 1.
    pub seed_alpha: f32,
    /// Its improvement since the stage began, percentage points.
    pub seed_improvement: f32,
    /// GPU memory in use, GB. Optional: [`TrainingSignals::GPU_MEMORY`].
    pub gpu_memory_gb: f32,
    /// GPU utilization, 0 to 1. Optional: [`TrainingSignals::GPU_UTILIZATION`].
    pub gpu_utilization: f32,
    /// How long the epoch took, ms. Optional: [`TrainingSignals::EPOCH_DURATION`].
    pub epoch_duration_ms: f32,
    /// Which optional fields are there; the others are 0.
    pub present: u32,
    /// Active seeds that the list had no room for.
    pub active_seeds_dropped: u32,
    /// Older losses that the list had no room for.
    pub loss_history_dropped: u32,
    /// Older accuracies that the list had no room for.
    pub accuracy_history_dropped: u32,
    /// Seeds in the list.
    pub active_seed_count: u8,
    /// Losses in the list.
    pub loss_history_count: u8,
    /// Accuracies in the list.
    pub accuracy_history_count: u8,
    /// The described seed's stage, a value of [`SeedStage`].
    pub seed_stage: u8,
    /// The environment, from 0.
    pub env: u16,
    /// 0.
    pub reserved: [u8; 6],
}

record! {
    TrainingSignals as "training_signals" version 1 {
        metrics: TrainingMetrics, "-", 0.0, 0.0;
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        observation_sequence: u64, "-", 0.0, f64::INFINITY;
        writer_generation: u64, "-", 0.0, f64::INFINITY;
        active_seeds: [Id; 8], "-", 0.0, 0.0;
        loss_history: [f32; 32], "nats", 0.0, 1e6;
        accuracy_history: [f32; 32], "percent", 0.0, 100.0;
        available_slots: u32, "slots", 0.0, 65535.0;
        seed_epochs_in_stage: u32, "epochs", 0.0, 4_294_967_295.0;
        seed_alpha: f32, "-", 0.0, 1.0;
        seed_improvement: f32, "pp", -100.0, 100.0;
        gpu_memory_gb: f32, "GB", 0.0, f64::INFINITY;
        gpu_utilization: f32, "-", 0.0, 1.0;
        epoch_duration_ms: f32, "ms", 0.0, f64::INFINITY;
        present: u32, "bits", 0.0, 15.0;
        active_seeds_dropped: u32, "seeds", 0.0, 4_294_967_295.0;
        loss_history_dropped: u32, "updates", 0.0, 4_294_967_295.0;
        accuracy_history_dropped: u32, "updates", 0.0, 4_294_967_295.0;
        active_seed_count: u8, "seeds", 0.0, 8.0;
        loss_history_count: u8, "updates", 0.0, 32.0;
        accuracy_history_count: u8, "updates", 0.0, 32.0;
        seed_stage: u8, "SeedStage", 0.0, 10.0;
        env: u16, "-", 0.0, 65535.0;
        reserved: [u8; 6], "-", 0.0, 0.0;
    }
}

impl TrainingSignals {
    /// Bit of `present`: `time_unix_ns` is there.
    pub const TIME: u32 = 1;
    /// Bit of `present`: `gpu_memory_gb` is there.
    pub const GPU_MEMORY: u32 = 1 << 1;
    /// Bit of `present`: `gpu_utilization` is there.
    pub const GPU_UTILIZATION: u32 = 1 << 2;
    /// Bit of `present`: `epoch_duration_ms` is there.
    pub const EPOCH_DURATION: u32 = 1 << 3;

    /// The time, nanoseconds since the Unix epoch.
    pub fn time_unix_ns(&self) -> Option<i64> {
        (self.present & Self::TIME != 0).then_some(self.time_unix_ns)
    }

    /// GPU memory in use, GB.
    pub fn gpu_memory_gb(&self) -> Option<f32> {
        (self.present & Self::GPU_MEMORY != 0).then_some(self.gpu_memory_gb)
    }

    /// GPU utilization, 0 to 1.
    pub fn gpu_utilization(&self) -> Option<f32> {
        (self.present & Self::GPU_UTILIZATION != 0).then_some(self.gpu_utilization)
    }

    /// How long the epoch took, ms.
    pub fn epoch_duration_ms(&self) -> Option<f32> {
        (self.present & Self::EPOCH_DURATION != 0).then_some(self.epoch_duration_ms)
    }

    /// Sets the time, nanoseconds since the Unix epoch.
    pub fn set_time_unix_ns(&mut self, time: i64) {
        self.time_unix_ns = time;
        self.present |= Self::TIME;
    }

    /// Sets the GPU memory in use, GB, 0 or more.
    pub fn set_gpu_memory_gb(&mut self, gb: f32) -> Result<()> {
        self.gpu_memory_gb = bounded::<Self>("gpu_memory_gb", gb)?;
        self.present |= Self::GPU_MEMORY;
        Ok(())
    }

    /// Sets the GPU utilization, 0 to 1.
    pub fn set_gpu_utilization(&mut self, share: f32) -> Result<()> {
        self.gpu_utilization = bounded::<Self>("gpu_utilization", share)?;
        self.present |= Self::GPU_UTILIZATION;
        Ok(())
    }

    /// Sets how long the epoch took, ms, 0 or more.
    pub fn set_epoch_duration_ms(&mut self, ms: f32) -> Result<()> {
        self.epoch_duration_ms = bounded::<Self>("epoch_duration_ms", ms)?;
        self.present |= Self::EPOCH_DURATION;
        Ok(())
    }

    /// Lists an active seed; a ninth is only counted, as dropped. `InvalidId` for an id that is empty or no [`Id`].
    pub fn add_active_seed(&mut self, id: &str) -> Result<()> {
        self.list_seed(naming("active_seeds", id)?);
        Ok(())
    }

    fn list_seed(&mut self, id: Id) {
        let (count, dropped) = (&mut self.active_seed_count, &mut self.active_seeds_dropped);
        append(&mut self.active_seeds, count, dropped, id);
    }

    /// The ids of the active seeds. `OutOfRange` if the record came with an impossible count.
    pub fn active_seeds(&self) -> Result<&[Id]> {
        counted(&self.active_seeds, self.active_seed_count, "active_seed_count")
    }

    /// Describes a seed: its stage, epochs in stage, alpha 0 to 1 and improvement -100 to 100. Does not list it.
    pub fn set_seed(&mut self, seed: &SeedView) -> Result<()> {
        bounded::<Self>("seed_alpha", seed.alpha)?;
        bounded::<Self>("seed_improvement", seed.improvement)?;
        self.describe_seed(seed);
        Ok(())
    }

    fn describe_seed(&mut self, seed: &SeedView) {
        self.seed_stage = seed.stage.value();
        self.seed_epochs_in_stage = seed.epochs_in_stage;
        self.seed_alpha = seed.alpha;
        self.seed_improvement = seed.improvement;
    }

    /// The described seed's stage. `InvalidEnum` if the record came with a number that is none.
    pub fn stage(&self) -> Result<SeedStage> {
        SeedStage::from_value(u32::from(self.seed_stage))
    }

    /// Sets the losses, oldest first, 0 to 1e6 nats: the newest 32 are kept, the others counted as dropped.
    pub fn set_loss_history(&mut self, oldest_first: &[f32]) -> Result<()> {
        check_list::<Self>("loss_history", oldest_first)?;
        let (count, dropped) = keep_newest(&mut self.loss_history, oldest_first);
        (self.loss_history_count, self.loss_history_dropped) = (count, dropped);
        Ok(())
    }

    /// Sets the accuracies, oldest first, 0 to 100 percent: the newest 32 are kept, the others counted as dropped.
    pub fn set_accuracy_history(&mut self, oldest_first: &[f32]) -> Result<()> {
        check_list::<Self>("accuracy_history", oldest_first)?;
        let (count, dropped) = keep_newest(&mut self.accuracy_history, oldest_first);
        (self.accuracy_history_count, self.accuracy_history_dropped) = (count, dropped);
        Ok(())
    }

    /// The losses, oldest first. `OutOfRange` if the record came with an impossible count.
    pub fn loss_history(&self) -> Result<&[f32]> {
        counted(&self.loss_history, self.loss_history_count, "loss_history_count")
    }

    /// The accuracies, oldest first. `OutOfRange` if the record came with an impossible count.
    pub fn accuracy_history(&self) -> Result<&[f32]> {
        counted(&self.accuracy_history, self.accuracy_history_count, "accuracy_history_count")
    }

    pub(crate) const OPTIONAL: [(u32, &'static str); 4] = [
        (Self::TIME, "time_unix_ns"),
        (Self::GPU_MEMORY, "gpu_memory_gb"),
        (Self::GPU_UTILIZATION, "gpu_utilization"),
        (Self::EPOCH_DURATION, "epoch_duration_ms"),
    ];

    /// Refuses what a hostile or careless writer may have put in: an impossible count (`OutOfRange`), a stage that is
    /// none (`InvalidEnum`), an id that does not read (`InvalidId`), a figure that is not finite (`NotFinite`) or outside
    /// its bounds (`OutOfRange`), and bytes where nothing should be (`OutOfRange`). The error names the field.
    pub fn check(&self) -> Result<()> {
        self.stage()?;
        check_tail("active_seeds", &self.active_seeds, self.active_seeds()?.len())?;
        check_fields(self)?;
        check_tail("loss_history", &self.loss_history, self.loss_history()?.len())?;
        check_tail("accuracy_history", &self.accuracy_history, self.accuracy_history()?.len())?;
        check_absent(&self.metrics, self.metrics.present, &TrainingMetrics::OPTIONAL)?;
        check_absent(self, self.present, &Self::OPTIONAL)
    }

    /// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
    pub fn sanitize(&mut self) -> u32 {
        sanitize_floats(self)
    }

    /// The hot tier of these signals.
    ///
    /// Copies, and caps the best loss; what lies outside the Box stays outside, so that publishing it reports it.
    /// HAS_ACTIVE_SEED is 1 when the list of active seeds is not empty. An impossible count reads as the greatest
    /// possible one.
    pub fn to_observation(&self) -> Observation {
        let mut o = Observation::EMPTY;
        let m = &self.metrics;
        o[Feature::Epoch] = m.epoch as f32;
        o[Feature::GlobalStep] = m.global_step as f32;
        o[Feature::TrainLoss] = m.train_loss;
        o[Feature::ValLoss] = m.val_loss;
        o[Feature::LossDelta] = m.loss_delta;
        o[Feature::TrainAccuracy] = m.train_accuracy;
        o[Feature::ValAccuracy] = m.val_accuracy;
        o[Feature::AccuracyDelta] = m.accuracy_delta;
        o[Feature::PlateauEpochs] = m.plateau_epochs as f32;
        o[Feature::BestValAccuracy] = m.best_val_accuracy;
        o[Feature::BestValLoss] =
            m.best_val_loss().map_or(BEST_VAL_LOSS_CAP, |loss| loss.min(BEST_VAL_LOSS_CAP));
        let losses = last_five(&self.loss_history, self.loss_history_count);
        o.values[Feature::LossHist0.index()..][..OBSERVED_HISTORY].copy_from_slice(&losses);
        let accuracies = last_five(&self.accuracy_history, self.accuracy_history_count);
        o.values[Feature::AccHist0.index()..][..OBSERVED_HISTORY].copy_from_slice(&accuracies);
        o[Feature::HasActiveSeed] = f32::from(u8::from(self.active_seed_count > 0));
        o[Feature::SeedStage] = f32::from(self.seed_stage);
        o[Feature::SeedEpochsInStage] = self.seed_epochs_in_stage as f32;
        o[Feature::SeedAlpha] = self.seed_alpha;
        o[Feature::SeedImprovement] = self.seed_improvement;
        o[Feature::AvailableSlots] = self.available_slots as f32;
        o
    }
}

impl Default for TrainingSignals {
    fn default() -> Self {
        bytemuck::Zeroable::zeroed()
    }
}

reported!(TrainingSignals on "signals", 1024);

/// Oldest first, padded with 0.0 on the oldest side.
fn last_five(list: &[f32; MAX_HISTORY], count: u8) -> [f32; OBSERVED_HISTORY] {
    let list = &list[..MAX_HISTORY.min(count.into())];
    let newest = &list[list.len().saturating_sub(OBSERVED_HISTORY)..];
    let mut out = [0.0; OBSERVED_HISTORY];
    out[OBSERVED_HISTORY - newest.len()..].copy_from_slice(newest);
    out
}

/// One seed, as the trainer sees it now.
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

/// The raw figures of one validation.
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

/// Turns raw figures into observations and training signals. [`SignalTracker::update`] at each validation,
/// [`SignalTracker::step`] in between; a step allocates nothing and changes three numbers.
///
/// - The first delta is 0. A first update has no delta, so it neither counts towards a plateau nor ends one.
/// - The plateau count is of updates in a row whose accuracy delta is less than the threshold.
/// - No figure stops the run. The four figures of an update and the loss of a step are passed on as given, so that
///   publishing them replaces **and reports** what is not in the Box. What is derived from them never suffers: a figure
///   outside the Box counts as the nearer end of it; one that is not finite leaves best value, previous value and
///   plateau count as they were, makes a delta of 0, and stands in the history as publishing would have it (NaN as 0).
#[derive(Clone, Debug)]
pub struct SignalTracker {
    plateau_threshold: f32,
    signals: TrainingSignals,
    /// Always `signals.to_observation()`; kept ready, because it is asked for on each step.
    observation: Observation,
    losses: History<MAX_HISTORY>,
    accuracies: History<MAX_HISTORY>,
    /// The last finite figures.
    val_loss: Option<f32>,
    val_accuracy: Option<f32>,
}

impl SignalTracker {
    /// The least accuracy delta, in percentage points, that is no plateau, unless set otherwise.
    pub const PLATEAU_THRESHOLD: f32 = 0.5;

    /// A tracker with the usual plateau threshold, 0.5 percentage points.
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

    /// A tracker that counts updates with an accuracy delta below `pp` percentage points as a plateau. `NotFinite` or
    /// `OutOfRange` unless `pp` is 0 to 100.
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

    /// Takes in one optimizer step. Changes EPOCH, GLOBAL_STEP and TRAIN_LOSS and nothing else.
    pub fn step(&mut self, epoch: u32, global_step: u64, train_loss: f32) -> &Observation {
        let m = &mut self.signals.metrics;
        (m.epoch, m.global_step, m.train_loss) = (epoch, global_step, train_loss);
        self.observation[Feature::Epoch] = epoch as f32;
        self.observation[Feature::GlobalStep] = global_step as f32;
        self.observation[Feature::TrainLoss] = train_loss;
        &self.observation
    }

    /// Takes in one validation.
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
        if val_loss.is_finite() {
            m.loss_delta = self.val_loss.map_or(0.0, |previous| previous - loss);
            m.best_val_loss = m.best_val_loss().map_or(loss, |best| best.min(loss));
            m.present |= TrainingMetrics::BEST_VAL_LOSS;
            self.val_loss = Some(loss);
        }
        m.accuracy_delta = 0.0;
        if val_accuracy.is_finite() {
            if let Some(previous) = self.val_accuracy {
                m.accuracy_delta = accuracy - previous;
                let flat = m.accuracy_delta < self.plateau_threshold;
                m.plateau_epochs = if flat { m.plateau_epochs.saturating_add(1) } else { 0 };
            }
            m.best_val_accuracy = m.best_val_accuracy.max(accuracy);
            self.val_accuracy = Some(accuracy);
        }

        let s = &mut self.signals;
        self.losses.push(loss);
        self.accuracies.push(accuracy);
        (s.loss_history, s.loss_history_count, s.loss_history_dropped) = listed(&self.losses);
        (s.accuracy_history, s.accuracy_history_count, s.accuracy_history_dropped) = listed(&self.accuracies);
        self.observe()
    }

    /// Says what the one seed is like now.
    pub fn set_seed(&mut self, seed: &SeedView) {
        self.set_seeds(std::slice::from_ref(seed));
    }

    /// Says that there is no seed.
    pub fn clear_seed(&mut self) {
        self.set_seeds(&[]);
    }

    /// Says what all the seeds are like now. Those alive in their slot (GERMINATED to PROBATIONARY) are listed as
    /// active, and the first of them is described; with none alive the first of all is. A ninth is counted as dropped.
    pub fn set_seeds(&mut self, seeds: &[SeedView]) {
        let s = &mut self.signals;
        s.active_seeds = [Id::EMPTY; MAX_ACTIVE_SEEDS];
        (s.active_seed_count, s.active_seeds_dropped) = (0, 0);
        let alive = || seeds.iter().filter(|seed| seed.stage.is_alive_in_slot());
        for seed in alive() {
            s.list_seed(seed.id);
        }
        s.describe_seed(alive().next().or(seeds.first()).unwrap_or(&SeedView {
            id: Id::EMPTY,
            stage: SeedStage::Unknown,
            epochs_in_stage: 0,
            alpha: 0.0,
            improvement: 0.0,
        }));
        self.observe();
    }

    /// Says how many slots are free.
    pub fn set_available_slots(&mut self, slots: u32) {
        self.signals.available_slots = slots;
        self.observe();
    }

    fn observe(&mut self) -> &Observation {
        self.observation = self.signals.to_observation();
        &self.observation
    }

    /// The observation now, ready to publish.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// The signals now. Copy them to add what the tracker does not know: time, GPU, gradient norms.
    pub fn signals(&self) -> &TrainingSignals {
        &self.signals
    }
}

impl Default for SignalTracker {
    fn default() -> Self {
        Self::new()
    }
}

/// A history as a list of a record, its count, and the count of what it no longer has.
fn listed(history: &History<MAX_HISTORY>) -> ([f32; MAX_HISTORY], u8, u32) {
    let mut list = history.oldest_first();
    list.rotate_left(MAX_HISTORY - history.len());
    let dropped = u32::try_from(history.dropped()).unwrap_or(u32::MAX);
    (list, history.len() as u8, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::Record;
    use proptest::prelude::*;

    fn validation(val_loss: f32, val_accuracy: f32) -> Validation {
        Validation {
            epoch: 3,
            global_step: 400,
            train_loss: 0.5,
            val_loss,
            train_accuracy: 60.0,
            val_accuracy,
        }
    }

    fn seed(id: &str, stage: SeedStage) -> SeedView {
        SeedView { id: Id::new(id).unwrap(), stage, epochs_in_stage: 4, alpha: 0.5, improvement: -1.5 }
    }

    fn history(o: &Observation, first: Feature) -> &[f32] {
        &o.values[first.index()..][..5]
    }

    #[test]
    fn the_records_have_no_padding_and_their_meaning() {
        assert_eq!((size_of::<TrainingMetrics>(), size_of::<TrainingSignals>()), (64, 720));
        let names: Vec<_> = TrainingSignals::schema().fields().iter().map(|f| &*f.name).collect();
        assert_eq!(names[..2], ["metrics.global_step", "metrics.epoch"]);
        assert!(names.contains(&"active_seeds.7") && names.contains(&"loss_history"));
        assert_eq!(TrainingMetrics::schema().name(), "training_metrics");
    }

    #[test]
    fn a_setter_refuses_and_names_the_field() {
        let mut s = TrainingSignals::default();
        let refused = [
            (s.set_gpu_utilization(1.1), ErrorKind::OutOfRange, "gpu_utilization"),
            (s.set_gpu_memory_gb(-1.0), ErrorKind::OutOfRange, "gpu_memory_gb"),
            (s.set_epoch_duration_ms(f32::INFINITY), ErrorKind::NotFinite, "epoch_duration_ms"),
            (s.metrics.set_best_val_loss(f32::NAN), ErrorKind::NotFinite, "best_val_loss"),
            (s.metrics.set_grad_norm_host(-0.1), ErrorKind::OutOfRange, "grad_norm_host"),
            (s.metrics.set_grad_norm_seed(f32::NAN), ErrorKind::NotFinite, "grad_norm_seed"),
            (s.set_loss_history(&[1.0, f32::NAN]), ErrorKind::NotFinite, "loss_history[1]"),
            (s.set_accuracy_history(&[100.5]), ErrorKind::OutOfRange, "accuracy_history[0]"),
            (s.add_active_seed(&"x".repeat(40)), ErrorKind::InvalidId, "x"),
            (s.add_active_seed(""), ErrorKind::InvalidId, "active_seeds"),
            (
                s.set_seed(&SeedView { alpha: 1.5, ..seed("a", SeedStage::Blending) }),
                ErrorKind::OutOfRange,
                "seed_alpha",
            ),
            (
                s.set_seed(&SeedView { improvement: f32::NAN, ..seed("a", SeedStage::Blending) }),
                ErrorKind::NotFinite,
                "seed_improvement",
            ),
        ];
        for (result, kind, name) in refused {
            let e = result.unwrap_err();
            assert_eq!(e.kind(), kind, "{e}");
            assert!(e.to_string().contains(name), "{e}");
            assert!(!e.expected().is_empty() && !e.found().is_empty());
        }
        assert_eq!(s, TrainingSignals::default());
    }

    #[test]
    fn optional_figures_are_there_or_not() {
        let mut s = TrainingSignals::default();
        assert_eq!((s.time_unix_ns(), s.gpu_memory_gb(), s.gpu_utilization()), (None, None, None));
        assert_eq!((s.metrics.grad_norm_host(), s.epoch_duration_ms()), (None, None));
        s.set_time_unix_ns(0);
        s.set_gpu_memory_gb(11.5).unwrap();
        s.set_gpu_utilization(0.0).unwrap();
        s.set_epoch_duration_ms(18.0).unwrap();
        s.metrics.set_best_val_loss(12.0).unwrap();
        s.metrics.set_grad_norm_host(1.0).unwrap();
        s.metrics.set_grad_norm_seed(2.0).unwrap();
        assert_eq!(
            (s.time_unix_ns(), s.gpu_memory_gb(), s.gpu_utilization(), s.epoch_duration_ms()),
            (Some(0), Some(11.5), Some(0.0), Some(18.0))
        );
        let m = &s.metrics;
        assert_eq!(
            (m.best_val_loss(), m.grad_norm_host(), m.grad_norm_seed()),
            (Some(12.0), Some(1.0), Some(2.0))
        );
        assert_eq!((s.present, m.present), (15, 7));
        s.check().unwrap();
    }

    #[test]
    fn a_full_list_counts_what_it_drops() {
        let mut s = TrainingSignals::default();
        for i in 0..10 {
            s.add_active_seed(&format!("seed_{i}")).unwrap();
        }
        assert_eq!((s.active_seeds().unwrap().len(), s.active_seeds_dropped), (8, 2));
        assert_eq!(s.active_seeds().unwrap()[7].as_str().unwrap(), "seed_7");
        let figures: Vec<f32> = (0..40).map(|i| i as f32).collect();
        s.set_loss_history(&figures).unwrap();
        s.set_accuracy_history(&figures[..3]).unwrap();
        assert_eq!((s.loss_history().unwrap(), s.loss_history_dropped), (&figures[8..], 8));
        assert_eq!((s.accuracy_history().unwrap(), s.accuracy_history_dropped), (&figures[..3], 0));
        let o = s.to_observation();
        assert_eq!(history(&o, Feature::LossHist0), &figures[35..]);
        assert_eq!(history(&o, Feature::AccHist0), [0.0, 0.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_hostile_record_is_refused_by_name_and_never_panics() {
        type Spoil = fn(&mut TrainingSignals);
        let all_ones: TrainingSignals = bytemuck::pod_read_unaligned(&[0xff; size_of::<TrainingSignals>()]);
        all_ones.to_observation();
        let cases: [(Spoil, ErrorKind, &str); 15] = [
            (|s| s.active_seed_count = 9, ErrorKind::OutOfRange, "active_seed_count"),
            (|s| s.loss_history_count = 33, ErrorKind::OutOfRange, "loss_history_count"),
            (|s| s.accuracy_history_count = 255, ErrorKind::OutOfRange, "accuracy_history_count"),
            (|s| s.seed_stage = 11, ErrorKind::InvalidEnum, "stage"),
            (|s| s.reserved[5] = 1, ErrorKind::OutOfRange, "reserved"),
            (|s| s.present = 1 << 4, ErrorKind::OutOfRange, "present"),
            (|s| s.time_unix_ns = 1, ErrorKind::OutOfRange, "time_unix_ns"),
            (|s| s.epoch_duration_ms = 1.0, ErrorKind::OutOfRange, "epoch_duration_ms"),
            (|s| s.metrics.best_val_loss = 1.0, ErrorKind::OutOfRange, "best_val_loss"),
            (|s| s.metrics.present = 8, ErrorKind::OutOfRange, "present"),
            (|s| s.loss_history[2] = 1.0, ErrorKind::OutOfRange, "loss_history[2]"),
            (|s| s.active_seeds[7] = Id::new("x").unwrap(), ErrorKind::OutOfRange, "active_seeds[7]"),
            (|s| s.metrics.val_loss = f32::NAN, ErrorKind::NotFinite, "metrics.val_loss"),
            (|s| s.loss_history[31] = -1.0, ErrorKind::OutOfRange, "loss_history[31]"),
            (
                |s| {
                    s.active_seed_count = 1;
                    s.active_seeds[0] = bytemuck::cast([0xffu8; 40]);
                },
                ErrorKind::InvalidId,
                "active_seeds",
            ),
        ];
        for (spoil, kind, name) in cases {
            let mut s = TrainingSignals::default();
            s.check().unwrap();
            spoil(&mut s);
            let e = s.check().unwrap_err();
            assert_eq!(e.kind(), kind, "{e}");
            assert!(e.to_string().contains(name), "{e}");
        }
    }

    #[test]
    fn sanitized_signals_are_finite_and_counted() {
        let mut s = TrainingSignals::default();
        s.metrics.val_loss = f32::NAN;
        s.metrics.grad_norm_host = f32::INFINITY;
        s.metrics.present = TrainingMetrics::GRAD_NORM_HOST;
        s.gpu_utilization = 7.0;
        s.present = TrainingSignals::GPU_UTILIZATION;
        s.loss_history_count = 4;
        s.loss_history[3] = f32::NEG_INFINITY;
        assert_eq!(s.sanitize(), 4);
        s.check().unwrap();
        assert_eq!((s.metrics.val_loss, s.metrics.grad_norm_host), (0.0, f32::MAX));
        assert_eq!((s.gpu_utilization, s.sanitize()), (1.0, 0));
        let mut m = TrainingMetrics { train_loss: -1.0, ..TrainingMetrics::default() };
        assert_eq!(m.check().unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!((m.sanitize(), m.check().is_ok()), (1, true));
    }

    #[test]
    fn the_first_update_has_no_delta_and_is_no_plateau() {
        let mut t = SignalTracker::new();
        assert_eq!(*t.observation(), Observation::EMPTY);
        let o = *t.update(&validation(2.0, 50.0));
        assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (0.0, 0.0));
        assert_eq!(o[Feature::PlateauEpochs], 0.0);
        assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (2.0, 50.0));
        assert_eq!(history(&o, Feature::LossHist0), [0.0, 0.0, 0.0, 0.0, 2.0]);
        assert_eq!((o[Feature::Epoch], o[Feature::GlobalStep], o[Feature::TrainLoss]), (3.0, 400.0, 0.5));
        assert!(o.check().is_ok());
    }

    #[test]
    fn a_plateau_is_a_run_of_small_accuracy_deltas() {
        let counts = |mut t: SignalTracker| {
            [50.0, 50.25, 50.5, 50.0, 50.5, 50.75, 52.0]
                .map(|accuracy| t.update(&validation(1.0, accuracy))[Feature::PlateauEpochs])
        };
        assert_eq!(counts(SignalTracker::new()), [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 0.0]);
        let lower = SignalTracker::with_plateau_threshold(0.25).unwrap();
        assert_eq!(counts(lower), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        for (bad, kind) in
            [(f32::NAN, ErrorKind::NotFinite), (-0.1, ErrorKind::OutOfRange), (101.0, ErrorKind::OutOfRange)]
        {
            let e = SignalTracker::with_plateau_threshold(bad).unwrap_err();
            assert_eq!(e.kind(), kind);
            assert!(e.to_string().contains("plateau threshold"));
        }
    }

    #[test]
    fn a_smaller_loss_is_a_positive_delta_and_best_values_only_improve() {
        let mut t = SignalTracker::new();
        t.update(&validation(12.0, 30.0));
        assert_eq!(t.observation()[Feature::BestValLoss], 10.0);
        assert_eq!(t.signals().metrics.best_val_loss(), Some(12.0));
        let o = *t.update(&validation(1.5, 40.0));
        assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (10.5, 10.0));
        let o = *t.update(&validation(2.0, 35.0));
        assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (-0.5, -5.0));
        assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (1.5, 40.0));
        assert_eq!(t.signals().metrics.validations, 3);
    }

    #[test]
    fn a_step_changes_three_numbers_and_nothing_else() {
        let mut t = SignalTracker::new();
        t.update(&validation(2.0, 50.0));
        let before = *t.update(&validation(1.9, 50.1));
        let mut expected = before;
        expected[Feature::Epoch] = 4.0;
        expected[Feature::GlobalStep] = 401.0;
        expected[Feature::TrainLoss] = 0.25;
        assert_eq!(*t.step(4, 401, 0.25), expected);
        assert_eq!(*t.observation(), expected);
        assert_eq!(t.signals().metrics.validations, 2);
    }

    #[test]
    fn a_figure_that_is_not_finite_poisons_nothing_and_is_reported() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut t = SignalTracker::new();
            t.update(&validation(2.0, 50.0));
            t.update(&validation(1.5, 50.1));
            let mut o = *t.update(&validation(bad, bad));
            assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (0.0, 0.0));
            assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (1.5, 50.1));
            assert_eq!(o[Feature::PlateauEpochs], 1.0);
            assert_eq!(o.sanitize(), 1 << Feature::ValLoss.index() | 1 << Feature::ValAccuracy.index());
            assert_eq!(o[Feature::LossHist4], o[Feature::ValLoss]);
            assert_eq!(o[Feature::AccHist4], o[Feature::ValAccuracy]);
            let o = *t.update(&validation(1.0, 50.2));
            assert_eq!((o[Feature::LossDelta], o[Feature::PlateauEpochs]), (0.5, 2.0));
            assert!(o.check().is_ok());
            let o = *t.step(5, 500, bad);
            assert_eq!(o.check().unwrap_err().kind(), ErrorKind::NotFinite);
            assert!(t.step(5, 501, 0.1).check().is_ok());
        }
        let mut first = SignalTracker::new();
        let mut o = *first.update(&validation(f32::NAN, f32::NAN));
        o.sanitize();
        assert_eq!(o[Feature::BestValLoss], 10.0);
    }

    #[test]
    fn a_seed_is_active_while_it_is_alive_in_its_slot() {
        let mut t = SignalTracker::new();
        t.set_available_slots(2);
        for &stage in SeedStage::ALL {
            t.set_seed(&seed("s", stage));
            let o = t.observation();
            let alive = (2..=6).contains(&stage.value());
            assert_eq!(o[Feature::HasActiveSeed], f32::from(u8::from(alive)), "{stage}");
            assert_eq!(o[Feature::SeedStage], f32::from(stage.value()));
            assert_eq!(
                (o[Feature::SeedEpochsInStage], o[Feature::SeedAlpha], o[Feature::SeedImprovement]),
                (4.0, 0.5, -1.5)
            );
            assert_eq!(o[Feature::AvailableSlots], 2.0);
            assert_eq!(t.signals().active_seeds().unwrap().len(), usize::from(alive));
        }
        t.clear_seed();
        let mut empty = Observation::EMPTY;
        empty[Feature::AvailableSlots] = 2.0;
        assert_eq!(*t.observation(), empty);
    }

    #[test]
    fn of_several_seeds_the_first_alive_one_is_described() {
        let mut t = SignalTracker::new();
        t.set_seeds(&[
            seed("old", SeedStage::Fossilized),
            seed("a", SeedStage::Training),
            seed("b", SeedStage::Blending),
        ]);
        assert_eq!(t.observation()[Feature::SeedStage], 3.0);
        let ids: Vec<String> = t.signals().active_seeds().unwrap().iter().map(Id::to_string).collect();
        assert_eq!(ids, ["a", "b"]);
        t.set_seeds(&[seed("x", SeedStage::Training); 11]);
        assert_eq!((t.signals().active_seed_count, t.signals().active_seeds_dropped), (8, 3));
        t.set_seed(&seed("y", SeedStage::Training));
        assert_eq!((t.signals().active_seed_count, t.signals().active_seeds_dropped), (1, 0));
    }

    proptest! {
        #[test]
        fn a_tracker_agrees_with_the_whole_list_of_figures(
            figures in proptest::collection::vec((0.0f32..20.0, 0.0f32..100.0, 0usize..3), 1..50),
        ) {
            let mut t = SignalTracker::new();
            for (n, &(loss, accuracy, steps)) in figures.iter().enumerate() {
                let o = *t.update(&validation(loss, accuracy));
                let seen = &figures[..=n];
                let losses: Vec<f32> = seen.iter().map(|f| f.0).collect();
                let accuracies: Vec<f32> = seen.iter().map(|f| f.1).collect();
                prop_assert_eq!(o[Feature::BestValLoss], losses.iter().copied().fold(10.0, f32::min));
                prop_assert_eq!(o[Feature::BestValAccuracy], accuracies.iter().copied().fold(0.0, f32::max));
                let flat = accuracies.windows(2).rev().take_while(|w| w[1] - w[0] < 0.5).count();
                prop_assert_eq!(o[Feature::PlateauEpochs], flat as f32);
                if n > 0 {
                    prop_assert_eq!(o[Feature::LossDelta], losses[n - 1] - loss);
                }
                let kept = losses.len().saturating_sub(MAX_HISTORY);
                prop_assert_eq!(t.signals().loss_history().unwrap(), &losses[kept..]);
                prop_assert_eq!(t.signals().accuracy_history().unwrap(), &accuracies[kept..]);
                prop_assert_eq!(t.signals().loss_history_dropped as usize, kept);
                for step in 0..steps {
                    t.step(3, step as u64, 0.5);
                }
                prop_assert_eq!(t.signals().to_observation(), *t.observation());
                prop_assert!(t.signals().check().is_ok() && t.observation().check().is_ok());
            }
        }
    }
}
