//! The mask of actions: which actions are possible now.

use crate::base::error::Result;
use crate::contract::action::{ActionSpace, MAX_ACTIONS, refused};
use crate::contract::seed_state::{SeedColumns, SeedState};
use crate::contract::{observation::Observation, stage::SeedStage};
use crate::schema::row::RowSchema;

impl ActionSpace {
    /// Returns the actions that are physically possible in a raw (not normalized) observation,
    /// which may hold anything.
    ///
    /// WAIT always. GERMINATE_* without an active seed and with a free seed slot. With an active
    /// seed FOSSILIZE in PROBATIONARY, CULL where its stage can go to CULLED. If HAS_ACTIVE_SEED is
    /// neither 0 nor 1 or SEED_STAGE is no stage, only WAIT.
    pub fn mask(&self, observation: &Observation) -> ActionMask {
        self.mask_of(SeedState::of(observation).as_ref())
    }

    /// Returns the actions that are possible in a state of the seed, by the rules of
    /// [`ActionSpace::mask`]. Only WAIT where there is no state.
    pub fn mask_of(&self, state: Option<&SeedState>) -> ActionMask {
        let Some(seed) = state else { return ActionMask::WAIT_ONLY };
        let mut bits = ActionMask::WAIT_ONLY.0;
        if seed.active {
            bits |= u64::from(seed.stage == SeedStage::Probationary) << self.fossilize();
            bits |= u64::from(seed.stage.can_go_to(SeedStage::Culled)) << self.cull();
        } else if seed.slots >= 1 {
            bits |= (1 << self.fossilize()) - 2;
        }
        ActionMask(bits)
    }

    /// Returns the actions that are possible in a row of any schema that has [`SeedColumns`],
    /// normalized ones included. Only WAIT if the row makes no sense. `InvalidArgument` if the
    /// schema has none, or the row has another length. Allocates nothing.
    pub fn mask_row(&self, schema: &RowSchema, row: &[f32]) -> Result<ActionMask> {
        let mut bits = [0];
        self.masks_rows(schema, row, &mut bits)?;
        Ok(ActionMask(bits[0]))
    }

    /// Writes the masks of a batch, as bits. `InvalidArgument` unless `out` has one word for each
    /// observation. Allocates nothing.
    pub fn masks(&self, batch: &[Observation], out: &mut [u64]) -> Result<()> {
        self.masks_rows(Observation::row_schema(), Observation::as_rows(batch), out)
    }

    /// Writes the masks of row-major rows of any schema, as bits: see [`ActionSpace::mask_row`]. As
    /// many rows as `out` has words.
    pub fn masks_rows(&self, schema: &RowSchema, rows: &[f32], out: &mut [u64]) -> Result<()> {
        for (mask, bits) in self.of_rows(schema, rows, out.len())?.zip(out) {
            *bits = mask.bits();
        }
        Ok(())
    }

    /// Writes the masks of a batch of B, as (B, n) row-major 0 and 1. `InvalidArgument` unless
    /// `out` has B times [`ActionSpace::len`] of them. Allocates nothing.
    pub fn masks_i8(&self, batch: &[Observation], out: &mut [i8]) -> Result<()> {
        self.masks_rows_i8(Observation::row_schema(), Observation::as_rows(batch), out)
    }

    /// Writes the masks of row-major rows of any schema as 0 and 1: see [`ActionSpace::mask_row`].
    pub fn masks_rows_i8(&self, schema: &RowSchema, rows: &[f32], out: &mut [i8]) -> Result<()> {
        let count = rows.len() / schema.width();
        if out.len() != count * self.len() {
            return Err(refused("block for masks")
                .expected_found(format!("{} numbers", count * self.len()), out.len().to_string()));
        }
        for (mask, row) in self.of_rows(schema, rows, count)?.zip(out.chunks_exact_mut(self.len())) {
            mask.fill(row);
        }
        Ok(())
    }

    fn of_rows<'a>(
        &'a self,
        schema: &RowSchema,
        rows: &'a [f32],
        count: usize,
    ) -> Result<impl Iterator<Item = ActionMask> + 'a> {
        let columns = SeedColumns::of(schema).ok_or_else(|| {
            refused("schema of the observations").expected_found(
                "HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS, in scales that are understood",
                format!("{} {}", schema.schema().name(), schema.schema().version()),
            )
        })?;
        schema.check_rows(rows, count)?;
        Ok(rows.chunks_exact(schema.width()).map(move |row| self.mask_of(columns.read(row).as_ref())))
    }
}

/// A mask of actions: bit i is set if action i is possible. Never zero, because WAIT is always
/// possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionMask(u64);

impl ActionMask {
    /// Only WAIT.
    pub const WAIT_ONLY: Self = Self(1 << ActionSpace::WAIT);

    /// Returns the bits: bit i for action i.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Returns true if an action is possible; false for an index that no space has.
    pub const fn allows(self, index: usize) -> bool {
        index < MAX_ACTIONS && self.0 >> index & 1 == 1
    }

    /// Writes 1 for each possible action and 0 for the others, one number for each action of the
    /// space. `InvalidArgument` if `out` is shorter than the last possible action or longer than
    /// any space.
    pub fn write_i8(self, out: &mut [i8]) -> Result<()> {
        let least = MAX_ACTIONS - self.0.leading_zeros() as usize;
        if !(least..=MAX_ACTIONS).contains(&out.len()) {
            return Err(refused("row for a mask")
                .expected_found(format!("{least} to {MAX_ACTIONS} numbers"), out.len().to_string()));
        }
        self.fill(out);
        Ok(())
    }

    fn fill(self, out: &mut [i8]) {
        for (i, possible) in out.iter_mut().enumerate() {
            *possible = (self.0 >> i & 1) as i8;
        }
    }
}
