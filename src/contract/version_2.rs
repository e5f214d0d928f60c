// C header: migrate
//! Version 2 of the observation: the normalized features, and a flag for each that says if it is
//! missing.

use crate::contract::observation::{FEATURES, Feature, OBSERVED_HISTORY};
use crate::contract::{signals::TrainingSignals, to_observation::ToObservation};
use crate::schema::row::RowSchema;

/// Numbers in a row of version 2.
pub const VERSION_2_WIDTH: usize = 54;

const _: () = assert!(VERSION_2_WIDTH == 2 * FEATURES);

/// Signals in the form of version 2: the 27 normalized features and, in the same order, a flag for
/// each.
///
/// | flag | the feature is |
/// |---|---|
/// | 0 | there |
/// | 1 | missing; it reads as its default, normalized |
/// | 0.5 | unknown to be there or missing |
///
/// | feature | missing |
/// |---|---|
/// | TRAIN_LOSS | before the first epoch |
/// | metrics of a validation | before the first validation |
/// | deltas | before the second validation |
/// | best loss | while there is none |
/// | history | further back than it reaches |
/// | description of a seed | while no seed is active |
#[derive(Clone, Copy, Debug)]
pub struct Version2<'a> {
    pub(super) values: [f32; VERSION_2_WIDTH],
    pub(super) sanitized: u32,
    pub(super) schema: &'a RowSchema,
    pub(super) signals: &'a TrainingSignals,
}

impl Version2<'_> {
    /// Returns the numbers: feature i at i, its flag at 27 + i.
    pub fn values(&self) -> &[f32; VERSION_2_WIDTH] {
        &self.values
    }

    /// Returns true if a feature is missing.
    pub fn is_missing(&self, feature: Feature) -> bool {
        self.values[FEATURES + feature.index()] == 1.0
    }
}

impl ToObservation for Version2<'_> {
    fn observation_schema(&self) -> &RowSchema {
        self.schema
    }

    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        &self.values
    }

    fn sanitized(&self) -> u64 {
        self.sanitized.into()
    }

    fn signals(&self) -> Option<&TrainingSignals> {
        Some(self.signals)
    }
}

/// Returns true if the signals have no value for a feature, so that it reads its default.
pub(super) fn is_missing(signals: &TrainingSignals, feature: Feature) -> bool {
    use Feature as F;
    let metrics = &signals.metrics;
    let unseen = |first: Feature, count: u8| {
        let age = OBSERVED_HISTORY - (feature.index() - first.index());
        usize::from(count) < age
    };
    match feature {
        F::Epoch | F::GlobalStep | F::HasActiveSeed | F::AvailableSlots => false,
        F::TrainLoss => metrics.epoch == 0,
        F::ValLoss | F::TrainAccuracy | F::ValAccuracy | F::PlateauEpochs | F::BestValAccuracy => {
            metrics.validations == 0
        }
        F::LossDelta | F::AccuracyDelta => metrics.validations < 2,
        F::BestValLoss => metrics.best_val_loss().is_none(),
        F::LossHist0 | F::LossHist1 | F::LossHist2 | F::LossHist3 | F::LossHist4 => {
            unseen(F::LossHist0, signals.loss_history_count)
        }
        F::AccHist0 | F::AccHist1 | F::AccHist2 | F::AccHist3 | F::AccHist4 => {
            unseen(F::AccHist0, signals.accuracy_history_count)
        }
        F::SeedStage | F::SeedEpochsInStage | F::SeedAlpha | F::SeedImprovement => {
            signals.active_seed_count == 0
        }
    }
}
