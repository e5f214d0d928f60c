//! Takes the figures of seeds from their life cycles.

use crate::contract::stage::SeedStage;
use crate::seed::lifecycle::SeedLifecycle;
use crate::seed::tracker::{SeedView, SignalTracker};

impl SignalTracker {
    /// Sets the state of all seeds and the number of free seed slots from the life cycles, one for
    /// each seed slot. A DORMANT seed slot is free, and no seed of it is listed.
    pub fn observe<'a>(&mut self, seed_slots: impl IntoIterator<Item = &'a SeedLifecycle>) {
        let (mut seeds, mut free) = (Vec::new(), 0u32);
        for life in seed_slots {
            free = free.saturating_add(u32::from(life.stage() == SeedStage::Dormant));
            if life.seed_id().is_empty() {
                continue;
            }
            let m = life.metrics();
            seeds.push(SeedView {
                id: life.seed_id(),
                stage: life.stage(),
                epochs_in_stage: m.epochs_in_stage,
                alpha: m.alpha,
                improvement: m.improvement_since_stage_start,
            });
        }
        self.set_available_slots(free);
        self.set_seeds(&seeds);
    }
}
