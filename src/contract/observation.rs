// C header: contract
//! The observation, schema version 1: the 27 numbers a policy sees.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::Schema;
use crate::schema::enumeration::Enumeration;
use crate::schema::field::Field;
use crate::schema::field::FieldType;
use crate::schema::record::Record;
use crate::schema::row::{RowSchema, check_number};
use crate::schema::worst::worst;
use crate::sys::arch;
use crate::sys::bounds::Bounds4;
use crate::sys::bounds::COUNT_MAX;
use std::borrow::Cow;
use std::ops::{Index, IndexMut};
use std::sync::LazyLock;

/// Numbers in an [`Observation`].
pub const FEATURES: usize = 27;

/// Validations that an [`Observation`] looks back.
pub const OBSERVED_HISTORY: usize = 5;

/// The cap of BEST_VAL_LOSS, which also stands before there is a best loss.
pub const BEST_VAL_LOSS_CAP: f32 = 10.0;

/// The names and the order of an [`Observation`]'s numbers. Part of the wire contract: never
/// renumbered.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// Epochs, from 1; whole.
    Epoch = 0,
    /// Optimizer steps; whole.
    GlobalStep = 1,
    /// Mean training loss, nats.
    TrainLoss = 2,
    /// Mean validation loss, nats.
    ValLoss = 3,
    /// Previous validation loss less this one, nats: positive is better.
    LossDelta = 4,
    /// Training accuracy, percent.
    TrainAccuracy = 5,
    /// Validation accuracy, percent.
    ValAccuracy = 6,
    /// Change of the validation accuracy since the last update, percentage points.
    AccuracyDelta = 7,
    /// Updates in a row that brought less than the plateau threshold; whole.
    PlateauEpochs = 8,
    /// Greatest validation accuracy so far, percent.
    BestValAccuracy = 9,
    /// Least validation loss so far, nats; at most [`BEST_VAL_LOSS_CAP`].
    BestValLoss = 10,
    /// The oldest of the last five validation losses, nats.
    LossHist0 = 11,
    /// The second oldest.
    LossHist1 = 12,
    /// The third oldest.
    LossHist2 = 13,
    /// The last but one.
    LossHist3 = 14,
    /// The newest.
    LossHist4 = 15,
    /// The oldest of the last five validation accuracies, percent.
    AccHist0 = 16,
    /// The second oldest.
    AccHist1 = 17,
    /// The third oldest.
    AccHist2 = 18,
    /// The last but one.
    AccHist3 = 19,
    /// The newest.
    AccHist4 = 20,
    /// 1 while a seed is alive in its seed slot, else 0.
    HasActiveSeed = 21,
    /// The value of the seed's stage; whole.
    SeedStage = 22,
    /// Epochs the seed has spent in its stage; whole.
    SeedEpochsInStage = 23,
    /// Blending weight, 0 to 1.
    SeedAlpha = 24,
    /// Improvement since the stage began, percentage points.
    SeedImprovement = 25,
    /// Free seed slots; whole.
    AvailableSlots = 26,
}

struct Spec {
    feature: Feature,
    name: &'static str,
    unit: &'static str,
    low: f32,
    high: f32,
    whole: bool,
}

const fn real(feature: Feature, name: &'static str, unit: &'static str, low: f32, high: f32) -> Spec {
    Spec { feature, name, unit, low, high, whole: false }
}

const fn whole(feature: Feature, name: &'static str, unit: &'static str, high: f32) -> Spec {
    Spec { feature, name, unit, low: 0.0, high, whole: true }
}

const LOSS_MAX: f32 = 1e6;

const SPECS: [Spec; FEATURES] = [
    whole(Feature::Epoch, "EPOCH", "epochs", COUNT_MAX),
    whole(Feature::GlobalStep, "GLOBAL_STEP", "steps", COUNT_MAX),
    real(Feature::TrainLoss, "TRAIN_LOSS", "nats", 0.0, LOSS_MAX),
    real(Feature::ValLoss, "VAL_LOSS", "nats", 0.0, LOSS_MAX),
    real(Feature::LossDelta, "LOSS_DELTA", "nats", -LOSS_MAX, LOSS_MAX),
    real(Feature::TrainAccuracy, "TRAIN_ACCURACY", "percent", 0.0, 100.0),
    real(Feature::ValAccuracy, "VAL_ACCURACY", "percent", 0.0, 100.0),
    real(Feature::AccuracyDelta, "ACCURACY_DELTA", "pp", -100.0, 100.0),
    whole(Feature::PlateauEpochs, "PLATEAU_EPOCHS", "updates", COUNT_MAX),
    real(Feature::BestValAccuracy, "BEST_VAL_ACCURACY", "percent", 0.0, 100.0),
    real(Feature::BestValLoss, "BEST_VAL_LOSS", "nats", 0.0, BEST_VAL_LOSS_CAP),
    real(Feature::LossHist0, "LOSS_HIST_0", "nats", 0.0, LOSS_MAX),
    real(Feature::LossHist1, "LOSS_HIST_1", "nats", 0.0, LOSS_MAX),
    real(Feature::LossHist2, "LOSS_HIST_2", "nats", 0.0, LOSS_MAX),
    real(Feature::LossHist3, "LOSS_HIST_3", "nats", 0.0, LOSS_MAX),
    real(Feature::LossHist4, "LOSS_HIST_4", "nats", 0.0, LOSS_MAX),
    real(Feature::AccHist0, "ACC_HIST_0", "percent", 0.0, 100.0),
    real(Feature::AccHist1, "ACC_HIST_1", "percent", 0.0, 100.0),
    real(Feature::AccHist2, "ACC_HIST_2", "percent", 0.0, 100.0),
    real(Feature::AccHist3, "ACC_HIST_3", "percent", 0.0, 100.0),
    real(Feature::AccHist4, "ACC_HIST_4", "percent", 0.0, 100.0),
    whole(Feature::HasActiveSeed, "HAS_ACTIVE_SEED", "-", 1.0),
    whole(Feature::SeedStage, "SEED_STAGE", "SeedStage", 10.0),
    whole(Feature::SeedEpochsInStage, "SEED_EPOCHS_IN_STAGE", "epochs", COUNT_MAX),
    real(Feature::SeedAlpha, "SEED_ALPHA", "-", 0.0, 1.0),
    real(Feature::SeedImprovement, "SEED_IMPROVEMENT", "pp", -100.0, 100.0),
    whole(Feature::AvailableSlots, "AVAILABLE_SLOTS", "slots", 65535.0),
];

/// The bounds of all features.
const BOUNDS: [Bounds4; FEATURES.div_ceil(4)] = {
    let mut all = [Bounds4::NONE; FEATURES.div_ceil(4)];
    let mut k = 0;
    while k < all.len() {
        // The last group overlaps the one before.
        let at = if 4 * k + 4 > FEATURES { FEATURES - 4 } else { 4 * k };
        all[k].at = at;
        let mut lane = 0;
        while lane < 4 {
            let Spec { low, high, whole, .. } = SPECS[at + lane];
            all[k] = all[k].with(lane, low, high, whole);
            lane += 1;
        }
        k += 1;
    }
    all
};

const NAMES: [(u32, &str); FEATURES] = {
    let mut names = [(0, ""); FEATURES];
    let mut i = 0;
    while i < FEATURES {
        names[i] = (i as u32, SPECS[i].name);
        i += 1;
    }
    names
};

impl Feature {
    /// All of them, in order.
    pub const ALL: [Self; FEATURES] = {
        let mut all = [Self::Epoch; FEATURES];
        let mut i = 0;
        while i < FEATURES {
            all[i] = SPECS[i].feature;
            assert!(all[i] as usize == i);
            i += 1;
        }
        all
    };

    /// The names of all features by their positions.
    pub const ENUMERATION: Enumeration = Enumeration { name: "Feature", values: &NAMES };

    /// Returns the feature at a position; `InvalidEnum` from 27 on.
    pub fn from_index(index: usize) -> Result<Self> {
        Self::ALL.get(index).copied().ok_or_else(|| {
            Error::new(ErrorKind::InvalidEnum).about("feature").expected_found("0 to 26", index.to_string())
        })
    }

    /// Returns its position in the vector.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns its name in schemas, spaces and errors, such as `VAL_LOSS`.
    pub const fn name(self) -> &'static str {
        SPECS[self as usize].name
    }

    /// Returns its unit; `-` if it has none.
    pub const fn unit(self) -> &'static str {
        SPECS[self as usize].unit
    }

    /// Returns the least value of its Box, inclusive.
    pub const fn low(self) -> f32 {
        SPECS[self as usize].low
    }

    /// Returns the greatest value of its Box, inclusive.
    pub const fn high(self) -> f32 {
        SPECS[self as usize].high
    }

    /// Returns true if only whole numbers make sense.
    pub const fn is_whole(self) -> bool {
        SPECS[self as usize].whole
    }

    /// Returns the number that stands for a missing value.
    pub const fn missing_default(self) -> f32 {
        match self {
            Self::BestValLoss => BEST_VAL_LOSS_CAP,
            _ => 0.0,
        }
    }

    /// Returns the worst value of its Box, which replaces NaN: a run that diverged must not look like
    /// a perfect one.
    ///
    /// | features | worst |
    /// |---|---|
    /// | losses and their history, BEST_VAL_LOSS | the upper bound |
    /// | LOSS_DELTA, ACCURACY_DELTA, SEED_IMPROVEMENT | the lower bound |
    /// | all others | 0 |
    pub fn worst(self) -> f32 {
        let bound = worst(self.name(), self.unit(), self.low().into(), self.high().into());
        bound.map_or(self.missing_default(), |bound| bound as f32)
    }

    /// Refuses a value that is not finite (`NotFinite`), outside the Box (`OutOfRange`) or not
    /// whole where it has to be (`NotWhole`). The error names the feature.
    pub fn check(self, value: f32) -> Result<()> {
        check_number(self.name(), value, self.low(), self.high(), self.is_whole())
    }

    /// Returns the value itself where [`Feature::check`] passes; else [`Feature::worst`] for NaN,
    /// the nearer end of the Box for a value outside it, and the whole part of a value that has to
    /// be whole.
    pub fn sanitized(self, value: f32) -> f32 {
        if value.is_nan() {
            return self.worst();
        }
        let inside = value.clamp(self.low(), self.high());
        if self.is_whole() { inside.trunc() } else { inside }
    }
}

/// One environment as a policy sees it: 27 numbers in the order of [`Feature`], in their units, not
/// normalized.
///
/// An `Observation` in memory may hold anything. [`Observation::new`] and [`Observation::check`]
/// refuse numbers outside the Box, [`Observation::sanitize`] brings them into it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The numbers, by [`Feature::index`].
    pub values: [f32; 27],
}

const _: () = assert!(size_of::<Observation>() == 108 && FEATURES == 27);

// SAFETY: one array of f32: no padding, every bit pattern a value, all zero is one too.
unsafe impl bytemuck::Zeroable for Observation {}
// SAFETY: as above; Copy and 'static.
unsafe impl bytemuck::Pod for Observation {}

impl Record for Observation {
    fn schema() -> &'static Schema {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
            let fields = Feature::ALL.iter().map(|feature| Field {
                name: Cow::Borrowed(feature.name()),
                ty: FieldType::F32,
                count: 1,
                offset: (feature.index() * size_of::<f32>()) as u32,
                unit: Cow::Borrowed(feature.unit()),
                low: feature.low().into(),
                high: feature.high().into(),
                scale: Cow::Borrowed(match feature {
                    Feature::BestValLoss => "capped",
                    _ if feature.is_whole() => "whole",
                    _ => "raw",
                }),
                missing: Cow::Owned(feature.missing_default().to_string()),
            });
            Schema::new("observation", 1, size_of::<Observation>(), fields.collect())
                .expect("the table of features")
        });
        &SCHEMA
    }

    fn initial() -> Self {
        Self::EMPTY
    }

    fn check(&self) -> Result<()> {
        Self::check(self)
    }

    fn sanitize(&mut self) -> u32 {
        Self::sanitize(self).count_ones()
    }
}

impl Observation {
    /// The observation before anything is known: the default of each feature.
    pub const EMPTY: Self = {
        let mut values = [0.0; FEATURES];
        values[Feature::BestValLoss as usize] = BEST_VAL_LOSS_CAP;
        Self { values }
    };

    /// Returns the schema of an observation as a row: 27 numbers, version 1.
    #[allow(clippy::missing_panics_doc)] // The table of features makes one, as every test shows.
    #[inline]
    pub fn row_schema() -> &'static RowSchema {
        static V1: LazyLock<RowSchema> =
            LazyLock::new(|| RowSchema::from_schema(Observation::schema()).expect("the table of features"));
        &V1
    }

    /// Makes an observation in the Box; fails as [`Observation::check`] does.
    pub fn new(values: [f32; FEATURES]) -> Result<Self> {
        let observation = Self { values };
        observation.check()?;
        Ok(observation)
    }

    /// Refuses an observation outside the Box, naming the first such feature: `NotFinite`,
    /// `OutOfRange`, `NotWhole`.
    pub fn check(&self) -> Result<()> {
        if self.is_in_box() {
            return Ok(());
        }
        Self::row_schema().check(&self.values)
    }

    /// Brings every number into the Box (see [`Feature::sanitized`]) and returns the replaced ones:
    /// bit i for the feature of index i. A number in the Box keeps its bits. A best loss above its
    /// cap, infinity included, is capped without being reported: the cap is part of its definition.
    #[inline]
    pub fn sanitize(&mut self) -> u32 {
        if self.is_in_box() { 0 } else { Self::row_schema().replace(&mut self.values) as u32 }
    }

    /// Returns true if every number is in the Box; may return false for a -0.0. Every publish calls
    /// it, and nearly every time it returns true.
    #[inline(always)]
    pub(crate) fn is_in_box(&self) -> bool {
        arch::violations(&self.values, &BOUNDS).are_none()
    }

    /// Returns a batch as its (B, 27) row-major numbers, without copying.
    pub fn as_rows(batch: &[Self]) -> &[f32] {
        bytemuck::cast_slice(batch)
    }

    /// Returns (B, 27) row-major numbers as a batch, without copying or checking them.
    /// `InvalidArgument` unless their count is a multiple of 27.
    pub fn from_rows(rows: &[f32]) -> Result<&[Self]> {
        bytemuck::try_cast_slice(rows).map_err(|_| {
            Error::new(ErrorKind::InvalidArgument)
                .about("rows of observations")
                .expected_found("a multiple of 27 numbers", rows.len().to_string())
        })
    }
}

impl Default for Observation {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Index<Feature> for Observation {
    type Output = f32;

    fn index(&self, feature: Feature) -> &f32 {
        &self.values[feature.index()]
    }
}

impl IndexMut<Feature> for Observation {
    fn index_mut(&mut self, feature: Feature) -> &mut f32 {
        &mut self.values[feature.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Makes numbers that test a feature: its bounds and their neighbours, NaN and infinities.
    fn telling() -> impl Strategy<Value = f32> {
        let near = |x: f32| prop_oneof![Just(x), Just(x.next_up()), Just(x.next_down()), Just(x + 0.5)];
        prop_oneof![
            any::<f32>(),
            (0usize..FEATURES).prop_flat_map(move |i| near(SPECS[i].high)),
            (0usize..FEATURES).prop_flat_map(move |i| near(SPECS[i].low)),
            (0u32..1 << 24).prop_flat_map(move |n| near(n as f32)),
        ]
    }

    proptest! {
        #[test]
        fn the_look_at_all_finds_what_one_by_one_finds(
            at in 0..FEATURES, value in telling(), rest in proptest::collection::vec(telling(), FEATURES),
            all_fine in any::<bool>(),
        ) {
            let mut o = Observation::EMPTY;
            if !all_fine {
                o.values.copy_from_slice(&rest);
            }
            o.values[at] = value;
            let each = Feature::ALL.iter().all(|f| f.check(o[*f]).is_ok());
            // A -0.0 may take the slow path.
            let negative_zero = o.values.iter().any(|v| *v == 0.0 && v.is_sign_negative());
            prop_assert!(o.is_in_box() == each || each && negative_zero);
            prop_assert_eq!(arch::portable::violations(&o.values, &BOUNDS).are_none(), o.is_in_box());
        }
    }
}
