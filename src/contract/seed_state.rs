//! The state of the seed that an observation reports: enough to decide which actions are possible.

use crate::contract::observation::{Feature, Observation};
use crate::contract::stage::SeedStage;
use crate::schema::{row::RowSchema, scale::Scale};

/// The state of the seed in one observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedState {
    /// A seed is alive in its seed slot.
    pub active: bool,
    /// The seed's stage.
    pub stage: SeedStage,
    /// Free seed slots.
    pub slots: u32,
}

impl SeedState {
    /// Reads the state from a raw observation. `None` if HAS_ACTIVE_SEED is neither 0 nor 1, or
    /// SEED_STAGE is no stage. Allocates nothing.
    pub fn of(observation: &Observation) -> Option<Self> {
        let [stage, slots] = [Feature::SeedStage, Feature::AvailableSlots].map(|f| observation[f].into());
        Self::from_numbers(observation[Feature::HasActiveSeed], (stage, 0.0), slots)
    }

    /// Reads the state from a row of any schema; `None` also if the schema has no [`SeedColumns`].
    /// For many rows keep those.
    pub fn of_row(schema: &RowSchema, row: &[f32]) -> Option<Self> {
        SeedColumns::of(schema)?.read(row)
    }

    /// Makes the state from numbers; the stage may be off by a slack.
    fn from_numbers(active: f32, (stage, slack): (f64, f64), slots: f64) -> Option<Self> {
        let near = |s: &&SeedStage| (stage - f64::from(s.value())).abs() <= slack;
        let stage = *SeedStage::ALL.iter().find(near)?;
        (active == 0.0 || active == 1.0).then_some(Self { active: active == 1.0, stage, slots: slots as u32 })
    }
}

/// The columns of a row that hold the seed's state: HAS_ACTIVE_SEED, SEED_STAGE and
/// AVAILABLE_SLOTS, found by name.
#[derive(Clone, Copy, Debug)]
pub struct SeedColumns {
    width: usize,
    active: usize,
    stage: (usize, Scale),
    slots: (usize, Scale),
}

impl SeedColumns {
    /// Finds the columns. `None` if one of them is missing, or scaled in a way that is not
    /// understood.
    pub fn of(schema: &RowSchema) -> Option<Self> {
        let find = |feature: Feature| {
            let index = schema.index_of(feature.name())?;
            Some((index, schema.scale(index)?))
        };
        let (active, scale) = find(Feature::HasActiveSeed)?;
        let plain = scale.apply(1.0) == 1.0 && scale.apply(0.0) == 0.0;
        let (stage, slots) = (find(Feature::SeedStage)?, find(Feature::AvailableSlots)?);
        plain.then_some(Self { width: schema.width(), active, stage, slots })
    }

    /// Reads the state from a row. `None` if the row has another length, or as [`SeedState::of`].
    /// Allocates nothing.
    pub fn read(&self, row: &[f32]) -> Option<SeedState> {
        if row.len() != self.width {
            return None;
        }
        let number = |(index, scale): (usize, Scale)| {
            // Scaling to f32 and back is off by a rounding error.
            (scale.undo(row[index].into()), if scale.is_plain() { 0.0 } else { 1e-3 })
        };
        let (slots, slack) = number(self.slots);
        SeedState::from_numbers(row[self.active], number(self.stage), slots + slack)
    }
}
