// C header: contract
//! The figures of a seed.

use crate::record;
use crate::schema::check::{F32_MAX, U32_MAX};

record! {
    /// A seed's figures since it germinated.
    pub struct SeedMetrics as "seed_metrics" version 1 {
        /// Epochs since it germinated.
        epochs_total: u32, "epochs", 0.0, U32_MAX;
        /// Epochs since it entered its stage.
        epochs_in_stage: u32, "epochs", 0.0, U32_MAX;
        /// Accuracy when it germinated: percent, 0 to 100.
        initial_accuracy: f32, "percent", 0.0, 100.0;
        /// Latest accuracy: percent, 0 to 100.
        current_accuracy: f32, "percent", 0.0, 100.0;
        /// Best accuracy: percent, 0 to 100.
        best_accuracy: f32, "percent", 0.0, 100.0;
        /// Accuracy when it entered its stage: percent, 0 to 100.
        accuracy_at_stage_start: f32, "percent", 0.0, 100.0;
        /// Latest accuracy less the initial one: percentage points, -100 to 100.
        total_improvement: f32, "pp", -100.0, 100.0;
        /// Latest accuracy less the one at stage start: percentage points, -100 to 100.
        improvement_since_stage_start: f32, "pp", -100.0, 100.0;
        /// Times that the seed reached into the host while it should be isolated.
        isolation_violations: u32, "-", 0.0, U32_MAX;
        /// Mean of the seed's gradient norms, finite and not negative; 0 while there is none.
        mean_gradient_norm: f32, "-", 0.0, F32_MAX;
        /// Blending weight, 0 to 1.
        alpha: f32, "-", 0.0, 1.0;
        /// Settings of alpha made while BLENDING.
        alpha_ramp_step: u32, "-", 0.0, U32_MAX;
    }
}
