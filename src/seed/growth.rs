//! Takes seeds on from epoch to epoch.

use crate::base::error::Result;
use crate::contract::stage::SeedStage;
use crate::seed::host::SeedHost;
use crate::seed::lifecycle::{Seed, SeedLifecycle};

/// Returns the blending weight of epoch `step` of a ramp: a sigmoid, stretched to end at exactly 1.
fn ramp(step: u32, epochs: u32) -> f32 {
    const STEEPNESS: f32 = 8.0;
    if step >= epochs {
        return 1.0;
    }
    let sigmoid = |t: f32| 1.0 / (1.0 + (-STEEPNESS * (t - 0.5)).exp());
    let floor = sigmoid(0.0);
    (sigmoid(step as f32 / epochs as f32) - floor) / (sigmoid(1.0) - floor)
}

impl SeedLifecycle {
    /// Epochs of a ramp of alpha unless set otherwise: what a blueprint recommends for blending.
    pub const RAMP_EPOCHS: u32 = 5;

    /// Takes the seed slot on after an epoch; called once after
    /// [`end_of_epoch`](Self::end_of_epoch).
    ///
    /// - A living seed asks the gate into its next stage, up to PROBATIONARY. FOSSILIZED and CULLED
    ///   are for a command. A paused seed stays.
    /// - The seed slot of a culled seed goes on: EMBARGOED, RESETTING, DORMANT.
    /// - While BLENDING, alpha rises on a sigmoid to exactly 1 in the last of `ramp_epochs` epochs.
    ///   An alpha that a command set higher stays.
    /// - Where the host [fails](SeedHost::failure) the seed slot stays as it was, until the next
    ///   epoch.
    pub fn proceed(&mut self, ramp_epochs: u32, host: &mut dyn SeedHost) {
        let (from, kept) = (self.stage, self.clone());
        let next = match from {
            SeedStage::Germinated => Some(SeedStage::Training),
            SeedStage::Training => Some(SeedStage::Blending),
            SeedStage::Blending => Some(SeedStage::Shadowing),
            SeedStage::Shadowing => Some(SeedStage::Probationary),
            SeedStage::Culled => Some(SeedStage::Embargoed),
            SeedStage::Embargoed => Some(SeedStage::Resetting),
            SeedStage::Resetting => Some(SeedStage::Dormant),
            _ => None,
        };
        // A gate that does not open says so in its result, which is queued.
        if let Some(next) = next
            && !self.seed.paused
            && self.advance(next).is_ok()
        {
            self.tell_moved(from, host);
        }
        if self.stage == SeedStage::Blending {
            let m = &self.seed.metrics;
            let alpha = ramp(m.epochs_in_stage.saturating_add(1), ramp_epochs).max(m.alpha);
            if self.set_alpha(alpha).is_ok() {
                host.alpha(self.slot.as_str().unwrap_or_default(), alpha);
            }
        }
        if host.failure().is_some() {
            *self = kept;
        }
    }

    /// Empties the seed slot of a FOSSILIZED seed, which is a part of the host now, so that the
    /// seed slot can take another one.
    ///
    /// [`IllegalTransition`](crate::ErrorKind::IllegalTransition) from any other stage.
    pub fn free_slot(&mut self) -> Result<()> {
        self.only_in(SeedStage::Fossilized)?;
        self.seed = Seed::default();
        (self.stage, self.previous_stage) = (SeedStage::Dormant, SeedStage::Unknown);
        self.entered_at = self.time;
        Ok(())
    }
}
