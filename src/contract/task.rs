// C header: migrate
//! A learning task in numbers, by which observations are normalized.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::id::Id;

/// The longest name that still fits into the names of the schemas.
const MAX_TASK_NAME: usize = 39 - "observation.".len();

/// A learning task in numbers.
///
/// The fields may be set freely; [`Task::check`] and [`Normalizer::new`](crate::Normalizer::new)
/// refuse values that make no sense.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// Its name, 1 to 27 of `A-Z a-z 0-9 . _ -`. The schemas are named after it.
    pub name: Id,
    /// The loss of a model that has learnt nothing, nats: reads 1.
    pub baseline_loss: f64,
    /// The loss aimed at, nats, less than the baseline: reads 0.
    pub target_loss: f64,
    /// A usual change of the loss between validations, nats, above 0: reads 1.
    pub delta_std: f64,
    /// Epochs of a run, 1 or more: reads 1, as do more.
    pub max_epochs: f64,
    /// Optimizer steps of a run, 1 or more: reads 1, as do more.
    pub max_steps: f64,
    /// Seed slots, 1 or more: reads 1, as do more.
    pub max_slots: f64,
}

impl Task {
    /// Returns the task of a small convolutional network on CIFAR-10.
    pub fn cifar10() -> Self {
        Self::preset("cifar10", [2.3, 0.3, 0.05], [25.0, 10_000.0])
    }

    /// Returns the task of a small transformer on `TinyStories`.
    pub fn tinystories() -> Self {
        Self::preset("tinystories", [10.8, 3.5, 0.15], [50.0, 50_000.0])
    }

    fn preset(name: &str, losses: [f64; 3], maxima: [f64; 2]) -> Self {
        Self {
            name: Id::new(name).unwrap_or_default(),
            baseline_loss: losses[0],
            target_loss: losses[1],
            delta_std: losses[2],
            max_epochs: maxima[0],
            max_steps: maxima[1],
            max_slots: 1.0,
        }
    }

    /// Returns the numbers by name, in the order of the schemas.
    pub fn numbers(&self) -> [(&'static str, f64); 6] {
        [
            ("baseline_loss", self.baseline_loss),
            ("target_loss", self.target_loss),
            ("delta_std", self.delta_std),
            ("max_epochs", self.max_epochs),
            ("max_steps", self.max_steps),
            ("max_slots", self.max_slots),
        ]
    }

    /// Refuses a task that makes no sense, naming the number.
    ///
    /// | error | found |
    /// |---|---|
    /// | `InvalidId`, `InvalidArgument` | a name that is none |
    /// | `NotFinite` | a number that is not finite |
    /// | `OutOfRange` | a baseline that is not above the target, a `delta_std` that is not above 0, a maximum below 1 |
    pub fn check(&self) -> Result<()> {
        let name = self.name.as_str().map_err(|e| e.about("name of the task"))?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if !(1..=MAX_TASK_NAME).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("name of the task")
                .expected_found(format!("1 to {MAX_TASK_NAME} of [A-Za-z0-9._-]"), format!("{name:?}")));
        }
        let refuse = |kind, name: &'static str, expected: String, found: f64| {
            Err(Error::new(kind).about(name).expected_found(expected, found.to_string()))
        };
        for (name, number) in self.numbers() {
            if !number.is_finite() {
                return refuse(ErrorKind::NotFinite, name, "a finite number".into(), number);
            }
            if name.starts_with("max_") && number < 1.0 {
                return refuse(ErrorKind::OutOfRange, name, "1 or more".into(), number);
            }
        }
        let span = self.baseline_loss - self.target_loss;
        if span <= 0.0 || !span.is_finite() {
            let expected = format!("more than the target loss, {}", self.target_loss);
            return refuse(ErrorKind::OutOfRange, "baseline_loss", expected, self.baseline_loss);
        }
        if self.delta_std <= 0.0 {
            return refuse(ErrorKind::OutOfRange, "delta_std", "more than 0".into(), self.delta_std);
        }
        Ok(())
    }
}
