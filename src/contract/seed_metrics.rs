// C header: contract
//! The figures of a seed.

use crate::base::error::Result;
use crate::schema::check::{F32_MAX, U32_MAX, finite_in, fraction};

/// A seed's figures since it germinated.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeedMetrics {
    /// Epochs since it germinated.
    pub epochs_total: u32,
    /// Epochs since it entered its stage.
    pub epochs_in_stage: u32,
    /// Accuracy when it germinated: percent, 0 to 100.
    pub initial_accuracy: f32,
    /// Latest accuracy: percent, 0 to 100.
    pub current_accuracy: f32,
    /// Best accuracy: percent, 0 to 100.
    pub best_accuracy: f32,
    /// Accuracy when it entered its stage: percent, 0 to 100.
    pub accuracy_at_stage_start: f32,
    /// Latest accuracy less the initial one: percentage points, -100 to 100.
    pub total_improvement: f32,
    /// Latest accuracy less the one at stage start: percentage points, -100 to 100.
    pub improvement_since_stage_start: f32,
    /// Times that the seed reached into the host while it should be isolated.
    pub isolation_violations: u32,
    /// Mean of the seed's gradient norms, finite and not negative; 0 while there is none.
    pub mean_gradient_norm: f32,
    /// Blending weight, 0 to 1.
    pub alpha: f32,
    /// Settings of alpha made while BLENDING.
    pub alpha_ramp_step: u32,
}

crate::record! { SeedMetrics as "seed_metrics" version 1 {
    epochs_total: u32, "epochs", 0.0, U32_MAX;
    epochs_in_stage: u32, "epochs", 0.0, U32_MAX;
    initial_accuracy: f32, "percent", 0.0, 100.0;
    current_accuracy: f32, "percent", 0.0, 100.0;
    best_accuracy: f32, "percent", 0.0, 100.0;
    accuracy_at_stage_start: f32, "percent", 0.0, 100.0;
    total_improvement: f32, "pp", -100.0, 100.0;
    improvement_since_stage_start: f32, "pp", -100.0, 100.0;
    isolation_violations: u32, "-", 0.0, U32_MAX;
    mean_gradient_norm: f32, "-", 0.0, F32_MAX;
    alpha: f32, "-", 0.0, 1.0;
    alpha_ramp_step: u32, "-", 0.0, U32_MAX;
} }

impl SeedMetrics {
    /// Whether every number is finite and in its range.
    pub fn check(&self) -> Result<()> {
        for (field, accuracy) in [
            ("initial_accuracy", self.initial_accuracy),
            ("current_accuracy", self.current_accuracy),
            ("best_accuracy", self.best_accuracy),
            ("accuracy_at_stage_start", self.accuracy_at_stage_start),
        ] {
            finite_in(field, accuracy, 0.0..=100.0, "0 to 100 percent")?;
        }
        for (field, improvement) in [
            ("total_improvement", self.total_improvement),
            ("improvement_since_stage_start", self.improvement_since_stage_start),
        ] {
            finite_in(field, improvement, -100.0..=100.0, "-100 to 100 pp")?;
        }
        finite_in("mean_gradient_norm", self.mean_gradient_norm, 0.0.., "0 or more")?;
        fraction("alpha", self.alpha)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;

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
