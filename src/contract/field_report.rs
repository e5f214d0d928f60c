// C header: contract
//! Field reports: one seed's whole life.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::{seed_state_report::follows, signals::TrainingSignals, stage::SeedStage};
use crate::record;
use crate::schema::check::{U16_MAX, U32_MAX, bounded, cut_text, keep_oldest, naming};
use crate::schema::id::{Id, Text};

/// Ids of commands that a [`FieldReport`] lists, at most.
pub const MAX_REPORTED_COMMANDS: usize = 32;
/// Stages there are: entries of [`FieldReport::epochs_in_stage`].
pub const STAGES: usize = 11;

record! {
    /// One seed's whole life: how it began, went and ended.
    pub struct FieldReport as "field_report" version 1 on "field_reports" with 256 slots {
        /// UUID of this report.
        id: [u8; 16], "uuid", 0.0, 255.0;
        /// Time the seed germinated: nanoseconds since the Unix epoch.
        germinated_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// Time it was fossilized or culled: nanoseconds since the Unix epoch.
        completed_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed.
        seed: Id, is named;
        /// Its blueprint.
        blueprint: Id, is named;
        /// Its seed slot, with [`SLOT`](Self::SLOT).
        slot: Id, if SLOT, try with_slot(&str);
        /// Reason of its failure, for people, with [`FAILURE`](Self::FAILURE); cut if
        /// [`REASON_CUT`](Self::REASON_CUT).
        failure_reason: Text, if FAILURE;
        /// The training signals when it germinated, with [`SIGNALS`](Self::SIGNALS).
        signals: TrainingSignals, if SIGNALS;
        /// Ids of the commands that were received for it, oldest first.
        commands: [[u8; 16]; 32], "uuid", 0.0, 255.0, list command_count of [u8; 16];
        /// Epochs it spent in each stage, by the stage's value.
        epochs_in_stage: [u32; 11], "epochs", 0.0, U32_MAX;
        /// Epochs it lived: the sum of the above.
        total_epochs: u32, "epochs", 0.0, U32_MAX;
        /// Accuracy at germination: percent, 0 to 100.
        accuracy_at_germination: f32, "percent", 0.0, 100.0;
        /// Accuracy at completion: percent, 0 to 100.
        accuracy_at_completion: f32, "percent", 0.0, 100.0;
        /// Accuracy at completion less that at germination: percentage points, -100 to 100.
        total_improvement: f32, "pp", -100.0, 100.0;
        /// Best accuracy: percent, 0 to 100.
        best_accuracy: f32, "percent", 0.0, 100.0;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 15.0;
        /// Later commands that the list had no room for.
        commands_dropped: u32, "commands", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// Commands in the list.
        command_count: u8, "commands", 0.0, 32.0;
        /// The last [`SeedStage`]: FOSSILIZED, or CULLED to RESETTING.
        final_stage: u8 as SeedStage;
        /// 1 if it was fossilized, else 0.
        success: u8, "flag", 0.0, 1.0, flag is_success;
        /// The [`SeedStage`] that it failed in, with [`FAILURE`](Self::FAILURE).
        failure_stage: u8 as SeedStage, if FAILURE;
        /// 0.
        reserved: [u8; 2];
    }
    present {
        /// There is a seed slot.
        SLOT = 0;
        /// There are the signals at germination.
        SIGNALS = 1;
        /// It failed, for a reason and in a stage.
        FAILURE = 2;
        /// The reason was longer than its field.
        REASON_CUT = 3;
    }
    rules a_life_that_can_have_been
    derives derive_improvement
}

impl FieldReport {
    /// Makes the report of a seed that was fossilized. The id is a UUID; seed and blueprint have 1
    /// to 39 bytes.
    pub fn fossilized(id: [u8; 16], seed: &str, blueprint: &str) -> Result<Self> {
        Ok(Self {
            id,
            seed: naming("seed", seed)?,
            blueprint: naming("blueprint", blueprint)?,
            final_stage: SeedStage::Fossilized.value(),
            success: 1,
            ..Self::default()
        })
    }

    /// Makes the report of a seed that was culled while in `stage`. A reason longer than 63 bytes
    /// is cut and flagged. `IllegalTransition` if no seed is culled in that stage.
    pub fn culled(id: [u8; 16], seed: &str, blueprint: &str, stage: SeedStage, reason: &str) -> Result<Self> {
        follows(stage, SeedStage::Culled)?;
        let mut report = Self::fossilized(id, seed, blueprint)?;
        (report.final_stage, report.success) = (SeedStage::Culled.value(), 0);
        report.failure_stage = stage.value();
        (report.failure_reason, report.present) = cut_text(reason, Self::FAILURE, Self::REASON_CUT);
        Ok(report)
    }

    /// Sets the times of germination and completion, nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn with_times(mut self, germinated_at_unix_ns: i64, completed_at_unix_ns: i64) -> Self {
        (self.germinated_at_unix_ns, self.completed_at_unix_ns) =
            (germinated_at_unix_ns, completed_at_unix_ns);
        self
    }

    /// Sets the epochs in each stage, by the stage's value, and their sum.
    #[must_use]
    pub fn with_epochs(mut self, epochs_in_stage: [u32; STAGES]) -> Self {
        self.epochs_in_stage = epochs_in_stage;
        self.total_epochs = total(&epochs_in_stage);
        self
    }

    /// Sets the accuracies at germination, at completion and at best, percent 0 to 100, and the
    /// improvement.
    pub fn with_accuracies(mut self, germination: f32, completion: f32, best: f32) -> Result<Self> {
        self.accuracy_at_germination = bounded::<Self>("accuracy_at_germination", germination)?;
        self.accuracy_at_completion = bounded::<Self>("accuracy_at_completion", completion)?;
        self.best_accuracy = bounded::<Self>("best_accuracy", best)?;
        self.total_improvement = completion - germination;
        Ok(self)
    }

    /// Sets the training signals at germination, which must pass their own check.
    pub fn with_signals(mut self, signals: &TrainingSignals) -> Result<Self> {
        signals.check()?;
        self.signals = *signals;
        self.present |= Self::SIGNALS;
        Ok(self)
    }

    /// Sets the ids of the commands received, oldest first. The first 32 are kept, the others
    /// counted as dropped.
    #[must_use]
    pub fn with_commands(mut self, oldest_first: &[[u8; 16]]) -> Self {
        (self.command_count, self.commands_dropped) = keep_oldest(&mut self.commands, oldest_first);
        self
    }

    /// Returns the stage that it failed in, and why; the reason may be empty. `InvalidEnum` if the
    /// record came with a number that is no stage.
    pub fn failure(&self) -> Result<Option<(SeedStage, Text)>> {
        if self.present & Self::FAILURE == 0 {
            return Ok(None);
        }
        Ok(Some((SeedStage::from_value(self.failure_stage.into())?, self.failure_reason)))
    }

    /// Returns true if the reason was longer than its field.
    pub const fn reason_cut(&self) -> bool {
        self.present & Self::REASON_CUT != 0
    }

    /// Refuses a last stage that ends no life, a failure beside success, and epochs that do not add
    /// up (`InvalidArgument`), and a failure in a stage that no seed is culled in
    /// (`IllegalTransition`).
    fn a_life_that_can_have_been(&self) -> Result<()> {
        let (stage, failure) = (self.final_stage()?, self.failure()?);
        let refused = |field, expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument).about(field).expected_found(expected, found))
        };
        if !(stage.is_terminal() || stage.is_failure()) {
            return refused("final_stage", "FOSSILIZED, or CULLED to RESETTING", stage.to_string());
        }
        if self.is_success() != stage.is_terminal() {
            return refused("success", "1 exactly when FOSSILIZED", format!("{} with {stage}", self.success));
        }
        if self.is_success() == failure.is_some() {
            return refused(
                "failure_stage",
                "one exactly when there was no success",
                format!("{:?}", failure.map(|f| f.0)),
            );
        }
        if let Some((stage, _)) = failure {
            follows(stage, SeedStage::Culled).map_err(|e| e.about("failure_stage"))?;
        }
        if self.total_epochs != total(&self.epochs_in_stage) {
            return refused("total_epochs", "the sum of those in each stage", self.total_epochs.to_string());
        }
        if !self.improvement_fits() {
            return refused(
                "total_improvement",
                "the accuracy at completion less that at germination",
                self.total_improvement.to_string(),
            );
        }
        Ok(())
    }

    /// Returns true if the improvement is the difference of the accuracies, up to rounding.
    fn improvement_fits(&self) -> bool {
        let difference = self.accuracy_at_completion - self.accuracy_at_germination;
        (self.total_improvement - difference).abs() <= 1e-3
    }

    /// Replaces an improvement that is not the difference of the accuracies.
    fn derive_improvement(&mut self) {
        if !self.improvement_fits() {
            self.total_improvement = self.accuracy_at_completion - self.accuracy_at_germination;
        }
    }
}

fn total(epochs_in_stage: &[u32]) -> u32 {
    epochs_in_stage.iter().fold(0, |sum, epochs| sum.saturating_add(*epochs))
}
