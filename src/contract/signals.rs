// C header: contract
//! Training signals: the rich form of what an observation says.

use crate::base::error::Result;
use crate::contract::observation::{BEST_VAL_LOSS_CAP, Feature, OBSERVED_HISTORY, Observation};
use crate::contract::stage::SeedStage;
use crate::record;
use crate::schema::check::{U16_MAX, U32_MAX, append, check_list, keep_newest, naming};
use crate::schema::id::Id;

/// Active seeds that a [`TrainingSignals`] lists, at most.
pub const MAX_ACTIVE_SEEDS: usize = 8;
/// Validations that a [`TrainingSignals`] looks back, at most.
pub const MAX_HISTORY: usize = 32;

record! {
    /// The figures of the training loop. All but `epoch`, `global_step` and `train_loss` are those
    /// of the last validation.
    pub struct TrainingMetrics as "training_metrics" version 1 {
        /// Optimizer steps.
        global_step: u64, "steps", 0.0, f64::INFINITY;
        /// Epochs, from 1.
        epoch: u32, "epochs", 0.0, U32_MAX;
        /// Validations so far; 0 while the figures of a validation are still all 0. Tells whether
        /// they are new.
        validations: u32, "updates", 0.0, U32_MAX;
        /// Updates in a row that brought less than the plateau threshold.
        plateau_epochs: u32, "updates", 0.0, U32_MAX;
        /// Bits of the optional fields that are there; the others are 0.
        present: u32, "bits", 0.0, 7.0;
        /// Mean training loss, nats.
        train_loss: f32, "nats", 0.0, 1e6;
        /// Mean validation loss, nats.
        val_loss: f32, "nats", 0.0, 1e6;
        /// Previous validation loss less this one, nats: positive is better.
        loss_delta: f32, "nats", -1e6, 1e6;
        /// Training accuracy, percent.
        train_accuracy: f32, "percent", 0.0, 100.0;
        /// Validation accuracy, percent.
        val_accuracy: f32, "percent", 0.0, 100.0;
        /// Change of the validation accuracy, percentage points.
        accuracy_delta: f32, "pp", -100.0, 100.0;
        /// Greatest validation accuracy so far, percent.
        best_val_accuracy: f32, "percent", 0.0, 100.0;
        /// Least validation loss so far, nats, not capped. Optional:
        /// [`TrainingMetrics::BEST_VAL_LOSS`].
        best_val_loss: f32, "nats", 0.0, 1e6, if BEST_VAL_LOSS, put set_best_val_loss(f32);
        /// Gradient norm of the host. Optional: [`TrainingMetrics::GRAD_NORM_HOST`].
        grad_norm_host: f32, "-", 0.0, f64::INFINITY, if GRAD_NORM_HOST, put set_grad_norm_host(f32);
        /// Gradient norm of the seed. Optional: [`TrainingMetrics::GRAD_NORM_SEED`].
        grad_norm_seed: f32, "-", 0.0, f64::INFINITY, if GRAD_NORM_SEED, put set_grad_norm_seed(f32);
    }
    present {
        /// There is a best validation loss.
        BEST_VAL_LOSS = 0;
        /// There is a gradient norm of the host.
        GRAD_NORM_HOST = 1;
        /// There is a gradient norm of the seed.
        GRAD_NORM_SEED = 2;
    }
}

record! {
    /// The report of a trainer after a validation: the metrics, the seeds, the machine and the
    /// history.
    ///
    /// The lists are bounded. Each has its count, and a count of what did not fit; entries from the
    /// count on are zero.
    pub struct TrainingSignals as "training_signals" version 1 on "signals" with 1024 slots {
        /// The figures of the training loop.
        metrics: TrainingMetrics;
        /// Time: nanoseconds since the Unix epoch. Optional: [`TrainingSignals::TIME`].
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY, if TIME;
        /// The sequence of the observation they were published with, from 1; 0 until they are.
        observation_sequence: u64, "-", 0.0, f64::INFINITY;
        /// The writer generation that sequence belongs to, from 1; 0 until they are published.
        writer_generation: u64, "-", 0.0, f64::INFINITY;
        /// Ids of the active seeds, the described one first.
        active_seeds: [Id; 8], list active_seed_count of Id;
        /// The last validation losses, nats, oldest first.
        loss_history: [f32; 32], "nats", 0.0, 1e6, list loss_history_count of f32;
        /// The last validation accuracies, percent, oldest first.
        accuracy_history: [f32; 32], "percent", 0.0, 100.0, list accuracy_history_count of f32;
        /// Free seed slots.
        available_slots: u32, "slots", 0.0, U16_MAX;
        /// Epochs the described seed has spent in its stage.
        seed_epochs_in_stage: u32, "epochs", 0.0, U32_MAX;
        /// Its blending weight, 0 to 1.
        seed_alpha: f32, "-", 0.0, 1.0;
        /// Its improvement since the stage began, percentage points.
        seed_improvement: f32, "pp", -100.0, 100.0;
        /// GPU memory in use, GB. Optional: [`TrainingSignals::GPU_MEMORY`].
        gpu_memory_gb: f32, "GB", 0.0, f64::INFINITY, if GPU_MEMORY, put set_gpu_memory_gb(f32);
        /// GPU utilization, 0 to 1. Optional: [`TrainingSignals::GPU_UTILIZATION`].
        gpu_utilization: f32, "-", 0.0, 1.0, if GPU_UTILIZATION, put set_gpu_utilization(f32);
        /// Duration of the epoch, ms. Optional: [`TrainingSignals::EPOCH_DURATION`].
        epoch_duration_ms: f32, "ms", 0.0, f64::INFINITY, if EPOCH_DURATION, put set_epoch_duration_ms(f32);
        /// Bits of the optional fields that are there; the others are 0.
        present: u32, "bits", 0.0, 15.0;
        /// Active seeds that the list had no room for.
        active_seeds_dropped: u32, "seeds", 0.0, U32_MAX;
        /// Older losses that the list had no room for.
        loss_history_dropped: u32, "updates", 0.0, U32_MAX;
        /// Older accuracies that the list had no room for.
        accuracy_history_dropped: u32, "updates", 0.0, U32_MAX;
        /// Seeds in the list.
        active_seed_count: u8, "seeds", 0.0, 8.0;
        /// Losses in the list.
        loss_history_count: u8, "updates", 0.0, 32.0;
        /// Accuracies in the list.
        accuracy_history_count: u8, "updates", 0.0, 32.0;
        /// The described seed's stage, a value of [`SeedStage`].
        seed_stage: u8 as SeedStage;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
        /// 0.
        reserved: [u8; 6];
    }
    present {
        /// There is a time.
        TIME = 0;
        /// There is the GPU memory in use.
        GPU_MEMORY = 1;
        /// There is the GPU utilization.
        GPU_UTILIZATION = 2;
        /// There is the epoch's duration.
        EPOCH_DURATION = 3;
    }
}

impl TrainingSignals {
    /// Sets the time, nanoseconds since the Unix epoch.
    pub fn set_time_unix_ns(&mut self, time: i64) {
        self.time_unix_ns = time;
        self.present |= Self::TIME;
    }

    /// Lists an active seed; a ninth is only counted, as dropped. `InvalidId` for an id that is
    /// empty or no [`Id`].
    pub fn add_active_seed(&mut self, id: &str) -> Result<()> {
        let id = naming("active_seeds", id)?;
        append(&mut self.active_seeds, &mut self.active_seed_count, &mut self.active_seeds_dropped, id);
        Ok(())
    }

    /// Sets the losses, oldest first, 0 to 1e6 nats: the newest 32 are kept, the others counted as
    /// dropped.
    pub fn set_loss_history(&mut self, oldest_first: &[f32]) -> Result<()> {
        check_list::<Self>("loss_history", oldest_first)?;
        let (count, dropped) = keep_newest(&mut self.loss_history, oldest_first);
        (self.loss_history_count, self.loss_history_dropped) = (count, dropped);
        Ok(())
    }

    /// Sets the accuracies, oldest first, 0 to 100 percent: the newest 32 are kept, the others
    /// counted as dropped.
    pub fn set_accuracy_history(&mut self, oldest_first: &[f32]) -> Result<()> {
        check_list::<Self>("accuracy_history", oldest_first)?;
        let (count, dropped) = keep_newest(&mut self.accuracy_history, oldest_first);
        (self.accuracy_history_count, self.accuracy_history_dropped) = (count, dropped);
        Ok(())
    }

    /// Returns the hot tier of these signals.
    ///
    /// Copies, and caps the best loss; what lies outside the Box stays outside, so that publishing
    /// it reports it. HAS_ACTIVE_SEED is 1 when the list of active seeds is not empty. An
    /// impossible count reads as the greatest possible one.
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
        // Not `min`, which would hide a NaN from the publisher.
        let capped = |loss| if loss > BEST_VAL_LOSS_CAP { BEST_VAL_LOSS_CAP } else { loss };
        o[Feature::BestValLoss] = m.best_val_loss().map_or(BEST_VAL_LOSS_CAP, capped);
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

/// Returns the newest five values, oldest first, padded with 0.0 on the oldest side.
fn last_five(list: &[f32; MAX_HISTORY], count: u8) -> [f32; OBSERVED_HISTORY] {
    let list = &list[..MAX_HISTORY.min(count.into())];
    let newest = &list[list.len().saturating_sub(OBSERVED_HISTORY)..];
    let mut out = [0.0; OBSERVED_HISTORY];
    out[OBSERVED_HISTORY - newest.len()..].copy_from_slice(newest);
    out
}
