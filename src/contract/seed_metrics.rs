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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::{ErrorKind, Result};

    fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
        result.unwrap_err().kind()
    }

    #[test]
    fn each_figure_of_a_seed_is_checked() {
        SeedMetrics::default().check().unwrap();
        let fields: [fn(&mut SeedMetrics) -> &mut f32; 8] = [
            |m| &mut m.initial_accuracy,
            |m| &mut m.current_accuracy,
            |m| &mut m.best_accuracy,
            |m| &mut m.accuracy_at_stage_start,
            |m| &mut m.total_improvement,
            |m| &mut m.improvement_since_stage_start,
            |m| &mut m.mean_gradient_norm,
            |m| &mut m.alpha,
        ];
        for field in fields {
            let mut metrics = SeedMetrics::default();
            *field(&mut metrics) = f32::NAN;
            assert_eq!(kind(metrics.check()), ErrorKind::NotFinite);
            *field(&mut metrics) = -100.5;
            assert_eq!(kind(metrics.check()), ErrorKind::OutOfRange);
        }
    }
}
