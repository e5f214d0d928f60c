// C header: contract
//! What a trainer reports of its seeds: their state as they go, what the gates said, and a whole life at its end.
//!
//! As with all records, what comes over the wire is read through getters that check, a receiver calls `check` before
//! it relies on one, and an optional field has a bit in `present` and zero bytes while that is clear.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::SeedMetrics;
use crate::contract::record::reported;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::record;
use crate::schema::check::{
    U16_MAX, U32_MAX, append, bounded, check_absent, check_fields, check_tail, counted, cut_text, fraction,
    keep_oldest, must_name, naming, sanitize_floats,
};
use crate::schema::id::{Id, Text};

/// Names of checks of either kind that a [`GateResult`] lists, at most.
pub const MAX_GATE_CHECKS: usize = 6;
/// Ids of commands that a [`FieldReport`] lists, at most.
pub const MAX_REPORTED_COMMANDS: usize = 32;
/// Stages there are: entries of [`FieldReport::epochs_in_stage`].
pub const STAGES: usize = 11;

/// A seed as it is now.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedStateReport {
    /// When the seed entered its stage: nanoseconds since the Unix epoch.
    pub entered_at_unix_ns: i64,
    /// When this was reported: nanoseconds since the Unix epoch.
    pub reported_at_unix_ns: i64,
    /// The seed, with [`SEED`](Self::SEED); none in an empty slot.
    pub seed: Id,
    /// Its slot, with [`SLOT`](Self::SLOT).
    pub slot: Id,
    /// Its blueprint, with [`SEED`](Self::SEED).
    pub blueprint: Id,
    /// Its figures.
    pub metrics: SeedMetrics,
    /// Which optional fields are there; other bits are 0.
    pub present: u32,
    /// The environment, from 0.
    pub env: u16,
    /// A [`SeedStage`].
    pub stage: u8,
    /// The [`SeedStage`] before.
    pub previous_stage: u8,
    /// 1 if nothing speaks against the seed, else 0.
    pub healthy: u8,
    /// 1 if it does better than when its stage began, else 0.
    pub improving: u8,
    /// 1 if somebody should look at it, else 0.
    pub needs_attention: u8,
    /// 0.
    pub reserved: [u8; 5],
}

record! { SeedStateReport as "seed_state_report" version 1 {
    entered_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    reported_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    seed: Id, "-", 0.0, 0.0;
    slot: Id, "-", 0.0, 0.0;
    blueprint: Id, "-", 0.0, 0.0;
    metrics: SeedMetrics, "-", 0.0, 0.0;
    present: u32, "bits", 0.0, 3.0;
    env: u16, "-", 0.0, U16_MAX;
    stage: u8, "SeedStage", 0.0, 10.0;
    previous_stage: u8, "SeedStage", 0.0, 10.0;
    healthy: u8, "flag", 0.0, 1.0;
    improving: u8, "flag", 0.0, 1.0;
    needs_attention: u8, "flag", 0.0, 1.0;
    reserved: [u8; 5], "-", 0.0, 0.0;
} }

/// A place to read into: nothing is known yet.
impl Default for SeedStateReport {
    fn default() -> Self {
        bytemuck::Zeroable::zeroed()
    }
}

/// UNKNOWN twice is before anything is known; what else may follow on what is the contract's.
fn follows(previous: SeedStage, stage: SeedStage) -> Result<()> {
    if previous.can_go_to(stage) || (previous, stage) == (SeedStage::Unknown, SeedStage::Unknown) {
        return Ok(());
    }
    let expected: Vec<_> = previous.successors().iter().map(|s| s.name()).collect();
    Err(Error::new(ErrorKind::IllegalTransition).about(format!("stage, from {previous}")).expected_found(
        if expected.is_empty() { "none".into() } else { expected.join(" or ") },
        stage.name(),
    ))
}

impl SeedStateReport {
    /// Bit of `present`: there is a seed, and its blueprint.
    pub const SEED: u32 = 1;
    /// Bit of `present`: there is a slot.
    pub const SLOT: u32 = 1 << 1;

    pub(crate) const OPTIONAL: [(u32, &'static str); 3] =
        [(Self::SEED, "seed"), (Self::SEED, "blueprint"), (Self::SLOT, "slot")];

    /// The report of a healthy seed that neither improves nor needs attention. `IllegalTransition` unless the stage may
    /// follow on the one before.
    pub fn new(
        stage: SeedStage,
        previous_stage: SeedStage,
        entered_at_unix_ns: i64,
        reported_at_unix_ns: i64,
    ) -> Result<Self> {
        follows(previous_stage, stage)?;
        Ok(Self {
            entered_at_unix_ns,
            reported_at_unix_ns,
            stage: stage.value(),
            previous_stage: previous_stage.value(),
            healthy: 1,
            ..Self::default()
        })
    }

    /// With the seed and its blueprint: 1 to 39 bytes each.
    pub fn with_seed(mut self, seed: &str, blueprint: &str) -> Result<Self> {
        (self.seed, self.blueprint) = (naming("seed", seed)?, naming("blueprint", blueprint)?);
        self.present |= Self::SEED;
        Ok(self)
    }

    /// With the slot: 1 to 39 bytes.
    pub fn with_slot(mut self, slot: &str) -> Result<Self> {
        self.slot = naming("slot", slot)?;
        self.present |= Self::SLOT;
        Ok(self)
    }

    /// With the seed's figures, which must be in their ranges.
    pub fn with_metrics(mut self, metrics: SeedMetrics) -> Result<Self> {
        metrics.check()?;
        self.metrics = metrics;
        Ok(self)
    }

    /// With the environment, from 0.
    #[must_use]
    pub const fn with_env(mut self, env: u16) -> Self {
        self.env = env;
        self
    }

    /// Of a seed that something speaks against.
    #[must_use]
    pub const fn unhealthy(mut self) -> Self {
        self.healthy = 0;
        self
    }

    /// Of a seed that does better than when its stage began.
    #[must_use]
    pub const fn improving(mut self) -> Self {
        self.improving = 1;
        self
    }

    /// Of a seed that somebody should look at.
    #[must_use]
    pub const fn needing_attention(mut self) -> Self {
        self.needs_attention = 1;
        self
    }

    /// The stage.
    pub fn stage(&self) -> Result<SeedStage> {
        SeedStage::from_value(self.stage.into())
    }

    /// The stage before.
    pub fn previous_stage(&self) -> Result<SeedStage> {
        SeedStage::from_value(self.previous_stage.into())
    }

    /// The seed; none in an empty slot.
    pub fn seed(&self) -> Option<Id> {
        (self.present & Self::SEED != 0).then_some(self.seed)
    }

    /// The seed's blueprint.
    pub fn blueprint(&self) -> Option<Id> {
        (self.present & Self::SEED != 0).then_some(self.blueprint)
    }

    /// The slot, if it has a name.
    pub fn slot(&self) -> Option<Id> {
        (self.present & Self::SLOT != 0).then_some(self.slot)
    }

    /// Whether nothing speaks against the seed.
    pub const fn is_healthy(&self) -> bool {
        self.healthy != 0
    }

    /// Whether it does better than when its stage began.
    pub const fn is_improving(&self) -> bool {
        self.improving != 0
    }

    /// Whether somebody should look at it.
    pub const fn needs_attention(&self) -> bool {
        self.needs_attention != 0
    }

    /// Whether it may be relied on: stages known (`InvalidEnum`) and one after the other (`IllegalTransition`), figures
    /// finite and in range, ids whole, what is absent zero. The error names the field.
    pub fn check(&self) -> Result<()> {
        follows(self.previous_stage()?, self.stage()?)?;
        check_fields(self)?;
        check_absent(self, self.present, &Self::OPTIONAL)
    }

    /// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
    pub fn sanitize(&mut self) -> u32 {
        sanitize_floats(self)
    }
}

reported!(SeedStateReport on "seed_reports", 1024);

/// What a gate said of a seed. A failed one is worth telling, too.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateResult {
    /// When: nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// The seed, with [`SEED`](Self::SEED).
    pub seed: Id,
    /// Its slot, with [`SLOT`](Self::SLOT).
    pub slot: Id,
    /// For people; cut if [`MESSAGE_CUT`](Self::MESSAGE_CUT).
    pub message: Text,
    /// Names of the checks that held, in the gate's order.
    pub checks_passed: [Id; 6],
    /// Names of the checks that did not.
    pub checks_failed: [Id; 6],
    /// How well the seed did, 0 to 1; a gate may fail at any score.
    pub score: f32,
    /// Which optional fields are there; other bits are 0.
    pub present: u32,
    /// Names that the list of passed checks had no room for.
    pub checks_passed_dropped: u32,
    /// Names that the list of failed checks had no room for.
    pub checks_failed_dropped: u32,
    /// The environment, from 0.
    pub env: u16,
    /// A [`GateLevel`].
    pub gate: u8,
    /// 1 if the seed may pass, else 0.
    pub passed: u8,
    /// Names in the list of passed checks.
    pub checks_passed_count: u8,
    /// Names in the list of failed checks.
    pub checks_failed_count: u8,
    /// 0.
    pub reserved: [u8; 2],
}

record! { GateResult as "gate_result" version 1 {
    time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    seed: Id, "-", 0.0, 0.0;
    slot: Id, "-", 0.0, 0.0;
    message: Text, "-", 0.0, 0.0;
    checks_passed: [Id; 6], "-", 0.0, 0.0;
    checks_failed: [Id; 6], "-", 0.0, 0.0;
    score: f32, "-", 0.0, 1.0;
    present: u32, "bits", 0.0, 7.0;
    checks_passed_dropped: u32, "checks", 0.0, U32_MAX;
    checks_failed_dropped: u32, "checks", 0.0, U32_MAX;
    env: u16, "-", 0.0, U16_MAX;
    gate: u8, "GateLevel", 0.0, 5.0;
    passed: u8, "flag", 0.0, 1.0;
    checks_passed_count: u8, "checks", 0.0, 6.0;
    checks_failed_count: u8, "checks", 0.0, 6.0;
    reserved: [u8; 2], "-", 0.0, 0.0;
} }

/// A place to read into.
impl Default for GateResult {
    fn default() -> Self {
        bytemuck::Zeroable::zeroed()
    }
}

impl GateResult {
    /// Bit of `present`: there is a seed.
    pub const SEED: u32 = 1;
    /// Bit of `present`: there is a slot.
    pub const SLOT: u32 = 1 << 1;
    /// Bit of `present`: the message was longer than its field.
    pub const MESSAGE_CUT: u32 = 1 << 2;

    pub(crate) const OPTIONAL: [(u32, &'static str); 3] =
        [(Self::SEED, "seed"), (Self::SLOT, "slot"), (Self::MESSAGE_CUT, "")];

    /// What a gate said that let the seed pass, without any checks. The score is 0 to 1.
    pub fn passed(gate: GateLevel, score: f32, time_unix_ns: i64) -> Result<Self> {
        Ok(Self { passed: 1, ..Self::failed(gate, score, time_unix_ns)? })
    }

    /// What a gate said that did not let the seed pass, without any checks. The score is 0 to 1.
    pub fn failed(gate: GateLevel, score: f32, time_unix_ns: i64) -> Result<Self> {
        let score = fraction("score", score)?;
        Ok(Self { gate: gate.value(), score, time_unix_ns, ..Self::default() })
    }

    /// A verdict as it travels: with the names of its checks and, if it failed, what was needed and found as the message.
    ///
    /// `InvalidId` if the name of a check is empty or longer than 39 bytes, `OutOfRange` or `NotFinite` for a score that
    /// is not 0 to 1, `InvalidArgument` if it passed in spite of a failed check.
    pub fn of(verdict: &GateVerdict, time_unix_ns: i64) -> Result<Self> {
        let mut result = Self::failed(verdict.gate, verdict.score, time_unix_ns)?;
        result.passed = verdict.passed.into();
        let mut said = Vec::new();
        for check in &verdict.checks {
            if check.passed {
                result = result.with_passed_check(check.name)?;
            } else {
                result = result.with_failed_check(check.name)?;
                said.push(format!("{} needs {}, found {}", check.name, check.needed, check.found));
            }
        }
        Ok(result.with_message(&said.join("; ")))
    }

    /// With the name of a check that held, 1 to 39 bytes; a seventh is only counted.
    pub fn with_passed_check(mut self, name: &str) -> Result<Self> {
        let name = naming("checks_passed", name)?;
        let (count, dropped) = (&mut self.checks_passed_count, &mut self.checks_passed_dropped);
        append(&mut self.checks_passed, count, dropped, name);
        Ok(self)
    }

    /// With the name of a check that did not hold, 1 to 39 bytes; a seventh is only counted. `InvalidArgument` if the
    /// gate passed.
    pub fn with_failed_check(mut self, name: &str) -> Result<Self> {
        let name = naming("checks_failed", name)?;
        let (count, dropped) = (&mut self.checks_failed_count, &mut self.checks_failed_dropped);
        append(&mut self.checks_failed, count, dropped, name);
        self.consistent()?;
        Ok(self)
    }

    /// With the seed: 1 to 39 bytes.
    pub fn with_seed(mut self, seed: &str) -> Result<Self> {
        self.seed = naming("seed", seed)?;
        self.present |= Self::SEED;
        Ok(self)
    }

    /// With the slot: 1 to 39 bytes.
    pub fn with_slot(mut self, slot: &str) -> Result<Self> {
        self.slot = naming("slot", slot)?;
        self.present |= Self::SLOT;
        Ok(self)
    }

    /// With a message for people; longer than 63 bytes it is cut and flagged.
    #[must_use]
    pub fn with_message(mut self, message: &str) -> Self {
        (self.message, self.present) = cut_text(message, self.present, Self::MESSAGE_CUT);
        self
    }

    /// With the environment, from 0.
    #[must_use]
    pub const fn with_env(mut self, env: u16) -> Self {
        self.env = env;
        self
    }

    /// The gate.
    pub fn gate(&self) -> Result<GateLevel> {
        GateLevel::from_value(self.gate.into())
    }

    /// Whether the seed may pass.
    pub const fn has_passed(&self) -> bool {
        self.passed != 0
    }

    /// The seed.
    pub fn seed(&self) -> Option<Id> {
        (self.present & Self::SEED != 0).then_some(self.seed)
    }

    /// The slot, if it has a name.
    pub fn slot(&self) -> Option<Id> {
        (self.present & Self::SLOT != 0).then_some(self.slot)
    }

    /// The names of the checks that held. `OutOfRange` if the record came with an impossible count.
    pub fn checks_passed(&self) -> Result<&[Id]> {
        counted(&self.checks_passed, self.checks_passed_count, "checks_passed_count")
    }

    /// The names of the checks that did not hold. `OutOfRange` if the record came with an impossible count.
    pub fn checks_failed(&self) -> Result<&[Id]> {
        counted(&self.checks_failed, self.checks_failed_count, "checks_failed_count")
    }

    /// Whether the message was longer than its field.
    pub const fn message_cut(&self) -> bool {
        self.present & Self::MESSAGE_CUT != 0
    }

    /// Whether no check failed that the gate passed in spite of.
    fn consistent(&self) -> Result<()> {
        if self.passed == 0 || (self.checks_failed_count == 0 && self.checks_failed_dropped == 0) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument)
            .about("checks_failed")
            .expected_found("no failed check of a gate that passed", "one"))
    }

    /// Whether it may be relied on: the gate known (`InvalidEnum`), the score 0 to 1, counts possible, ids whole, what is
    /// absent zero, and no failed check of a gate that passed (`InvalidArgument`). The error names the field.
    pub fn check(&self) -> Result<()> {
        self.gate()?;
        check_fields(self)?;
        check_tail("checks_passed", &self.checks_passed, self.checks_passed()?.len())?;
        check_tail("checks_failed", &self.checks_failed, self.checks_failed()?.len())?;
        check_absent(self, self.present, &Self::OPTIONAL)?;
        self.consistent()
    }

    /// Saturates the score to 0 to 1, replaces NaN by 0, and returns how many figures it replaced.
    pub fn sanitize(&mut self) -> u32 {
        sanitize_floats(self)
    }
}

reported!(GateResult on "gate_results", 1024);

/// One seed's whole life: how it began, went and ended.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldReport {
    /// UUID of this report.
    pub id: [u8; 16],
    /// When the seed germinated: nanoseconds since the Unix epoch.
    pub germinated_at_unix_ns: i64,
    /// When it was fossilized or culled: nanoseconds since the Unix epoch.
    pub completed_at_unix_ns: i64,
    /// The seed.
    pub seed: Id,
    /// Its blueprint.
    pub blueprint: Id,
    /// Its slot, with [`SLOT`](Self::SLOT).
    pub slot: Id,
    /// Why it failed, for people, with [`FAILURE`](Self::FAILURE); cut if [`REASON_CUT`](Self::REASON_CUT).
    pub failure_reason: Text,
    /// The training signals when it germinated, with [`SIGNALS`](Self::SIGNALS).
    pub signals: TrainingSignals,
    /// Ids of the commands that were received for it, oldest first.
    pub commands: [[u8; 16]; 32],
    /// Epochs it spent in each stage, by the stage's value.
    pub epochs_in_stage: [u32; 11],
    /// Epochs it lived: the sum of the above.
    pub total_epochs: u32,
    /// Accuracy at germination: percent, 0 to 100.
    pub accuracy_at_germination: f32,
    /// Accuracy at completion: percent, 0 to 100.
    pub accuracy_at_completion: f32,
    /// Accuracy at completion less that at germination: percentage points, -100 to 100.
    pub total_improvement: f32,
    /// Best accuracy: percent, 0 to 100.
    pub best_accuracy: f32,
    /// Which optional fields are there; other bits are 0.
    pub present: u32,
    /// Later commands that the list had no room for.
    pub commands_dropped: u32,
    /// The environment, from 0.
    pub env: u16,
    /// Commands in the list.
    pub command_count: u8,
    /// The last [`SeedStage`]: FOSSILIZED, or CULLED to RESETTING.
    pub final_stage: u8,
    /// 1 if it was fossilized, else 0.
    pub success: u8,
    /// The [`SeedStage`] that it failed in, with [`FAILURE`](Self::FAILURE).
    pub failure_stage: u8,
    /// 0.
    pub reserved: [u8; 2],
}

record! { FieldReport as "field_report" version 1 {
    id: [u8; 16], "uuid", 0.0, 255.0;
    germinated_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    completed_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    seed: Id, "-", 0.0, 0.0;
    blueprint: Id, "-", 0.0, 0.0;
    slot: Id, "-", 0.0, 0.0;
    failure_reason: Text, "-", 0.0, 0.0;
    signals: TrainingSignals, "-", 0.0, 0.0;
    commands: [[u8; 16]; 32], "uuid", 0.0, 255.0;
    epochs_in_stage: [u32; 11], "epochs", 0.0, U32_MAX;
    total_epochs: u32, "epochs", 0.0, U32_MAX;
    accuracy_at_germination: f32, "percent", 0.0, 100.0;
    accuracy_at_completion: f32, "percent", 0.0, 100.0;
    total_improvement: f32, "pp", -100.0, 100.0;
    best_accuracy: f32, "percent", 0.0, 100.0;
    present: u32, "bits", 0.0, 15.0;
    commands_dropped: u32, "commands", 0.0, U32_MAX;
    env: u16, "-", 0.0, U16_MAX;
    command_count: u8, "commands", 0.0, 32.0;
    final_stage: u8, "SeedStage", 0.0, 10.0;
    success: u8, "flag", 0.0, 1.0;
    failure_stage: u8, "SeedStage", 0.0, 10.0;
    reserved: [u8; 2], "-", 0.0, 0.0;
} }

/// A place to read into.
impl Default for FieldReport {
    fn default() -> Self {
        bytemuck::Zeroable::zeroed()
    }
}

impl FieldReport {
    /// Bit of `present`: there is a slot.
    pub const SLOT: u32 = 1;
    /// Bit of `present`: there are the signals at germination.
    pub const SIGNALS: u32 = 1 << 1;
    /// Bit of `present`: it failed, for a reason and in a stage.
    pub const FAILURE: u32 = 1 << 2;
    /// Bit of `present`: the reason was longer than its field.
    pub const REASON_CUT: u32 = 1 << 3;

    pub(crate) const OPTIONAL: [(u32, &'static str); 5] = [
        (Self::SLOT, "slot"),
        (Self::SIGNALS, "signals"),
        (Self::FAILURE, "failure_reason"),
        (Self::FAILURE, "failure_stage"),
        (Self::REASON_CUT, ""),
    ];

    /// The report of a seed that was fossilized. The id is a UUID; seed and blueprint have 1 to 39 bytes.
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

    /// The report of a seed that was culled while in `stage`. A reason longer than 63 bytes is cut and flagged.
    /// `IllegalTransition` if no seed is culled in that stage.
    pub fn culled(id: [u8; 16], seed: &str, blueprint: &str, stage: SeedStage, reason: &str) -> Result<Self> {
        follows(stage, SeedStage::Culled)?;
        let mut report = Self::fossilized(id, seed, blueprint)?;
        (report.final_stage, report.success) = (SeedStage::Culled.value(), 0);
        report.failure_stage = stage.value();
        (report.failure_reason, report.present) = cut_text(reason, Self::FAILURE, Self::REASON_CUT);
        Ok(report)
    }

    /// With the slot: 1 to 39 bytes.
    pub fn with_slot(mut self, slot: &str) -> Result<Self> {
        self.slot = naming("slot", slot)?;
        self.present |= Self::SLOT;
        Ok(self)
    }

    /// With the environment, from 0.
    #[must_use]
    pub const fn with_env(mut self, env: u16) -> Self {
        self.env = env;
        self
    }

    /// With the times of germination and completion, nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn with_times(mut self, germinated_at_unix_ns: i64, completed_at_unix_ns: i64) -> Self {
        (self.germinated_at_unix_ns, self.completed_at_unix_ns) =
            (germinated_at_unix_ns, completed_at_unix_ns);
        self
    }

    /// With the epochs in each stage, by the stage's value, and their sum.
    #[must_use]
    pub fn with_epochs(mut self, epochs_in_stage: [u32; STAGES]) -> Self {
        self.epochs_in_stage = epochs_in_stage;
        self.total_epochs = total(&epochs_in_stage);
        self
    }

    /// With the accuracies at germination, at completion and at best, percent 0 to 100, and the improvement.
    pub fn with_accuracies(mut self, germination: f32, completion: f32, best: f32) -> Result<Self> {
        self.accuracy_at_germination = bounded::<Self>("accuracy_at_germination", germination)?;
        self.accuracy_at_completion = bounded::<Self>("accuracy_at_completion", completion)?;
        self.best_accuracy = bounded::<Self>("best_accuracy", best)?;
        self.total_improvement = completion - germination;
        Ok(self)
    }

    /// With the training signals at germination, which must pass their own check.
    pub fn with_signals(mut self, signals: &TrainingSignals) -> Result<Self> {
        signals.check()?;
        self.signals = *signals;
        self.present |= Self::SIGNALS;
        Ok(self)
    }

    /// With the ids of the commands received, oldest first. The first 32 are kept, the others counted as dropped.
    #[must_use]
    pub fn with_commands(mut self, oldest_first: &[[u8; 16]]) -> Self {
        (self.command_count, self.commands_dropped) = keep_oldest(&mut self.commands, oldest_first);
        self
    }

    /// The last stage.
    pub fn final_stage(&self) -> Result<SeedStage> {
        SeedStage::from_value(self.final_stage.into())
    }

    /// Whether it was fossilized.
    pub const fn is_success(&self) -> bool {
        self.success != 0
    }

    /// The slot, if it has a name.
    pub fn slot(&self) -> Option<Id> {
        (self.present & Self::SLOT != 0).then_some(self.slot)
    }

    /// The training signals when the seed germinated.
    pub fn signals(&self) -> Option<&TrainingSignals> {
        (self.present & Self::SIGNALS != 0).then_some(&self.signals)
    }

    /// The stage that it failed in, and why; the reason may be empty. `InvalidEnum` if the record came with a number
    /// that is no stage.
    pub fn failure(&self) -> Result<Option<(SeedStage, Text)>> {
        if self.present & Self::FAILURE == 0 {
            return Ok(None);
        }
        Ok(Some((SeedStage::from_value(self.failure_stage.into())?, self.failure_reason)))
    }

    /// Whether the reason was longer than its field.
    pub const fn reason_cut(&self) -> bool {
        self.present & Self::REASON_CUT != 0
    }

    /// The ids of the commands received for it, oldest first. `OutOfRange` if the record came with an impossible count.
    pub fn commands(&self) -> Result<&[[u8; 16]]> {
        counted(&self.commands, self.command_count, "command_count")
    }

    /// Whether it may be relied on: stages known (`InvalidEnum`), a failure exactly where there was no success and in a
    /// stage that a seed is culled in, epochs that add up (`InvalidArgument`), figures finite and in range, counts
    /// possible, ids whole, what is absent zero, the signals as they check themselves. The error names the field.
    pub fn check(&self) -> Result<()> {
        let stage = self.final_stage()?;
        let failure = self.failure()?;
        check_fields(self)?;
        check_tail("commands", &self.commands, self.commands()?.len())?;
        check_absent(self, self.present, &Self::OPTIONAL)?;
        let refused = |field, expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument).about(field).expected_found(expected, found))
        };
        must_name("seed", &self.seed)?;
        must_name("blueprint", &self.blueprint)?;
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
        self.signals().map_or(Ok(()), |signals| signals.check().map_err(|e| e.about("signals")))
    }

    /// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
    pub fn sanitize(&mut self) -> u32 {
        sanitize_floats(self)
    }
}

fn total(epochs_in_stage: &[u32]) -> u32 {
    epochs_in_stage.iter().fold(0, |sum, epochs| sum.saturating_add(*epochs))
}

reported!(FieldReport on "field_reports", 256);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::stage::GateCheck;

    type Spoil<T> = fn(&mut T);

    /// Each of these changes makes a good record one that is refused by that kind and name.
    fn refuses<T: Copy>(good: T, check: fn(&T) -> Result<()>, cases: &[(Spoil<T>, ErrorKind, &str)]) {
        check(&good).unwrap();
        for (spoil, kind, name) in cases {
            let mut bad = good;
            spoil(&mut bad);
            let e = check(&bad).unwrap_err();
            assert_eq!(e.kind(), *kind, "{e}");
            assert!(e.to_string().contains(name), "{name}: {e}");
        }
    }

    fn hostile_id() -> Id {
        bytemuck::cast([0xffu8; 40])
    }

    fn state() -> SeedStateReport {
        SeedStateReport::new(SeedStage::Blending, SeedStage::Training, 5, 9)
            .and_then(|r| r.with_seed("seed_0", "norm"))
            .and_then(|r| r.with_slot("slot_0"))
            .and_then(|r| r.with_metrics(SeedMetrics { alpha: 0.5, ..SeedMetrics::default() }))
            .unwrap()
            .with_env(3)
    }

    #[test]
    fn the_records_keep_their_sizes() {
        assert_eq!(
            (size_of::<SeedStateReport>(), size_of::<GateResult>(), size_of::<FieldReport>()),
            (200, 656, 1528)
        );
    }

    #[test]
    fn a_state_report_carries_what_it_is_given() {
        let r = state();
        r.check().unwrap();
        assert_eq!(
            (r.stage().unwrap(), r.previous_stage().unwrap()),
            (SeedStage::Blending, SeedStage::Training)
        );
        assert_eq!(r.seed().unwrap().to_string(), "seed_0");
        assert_eq!(r.blueprint().unwrap().to_string(), "norm");
        assert_eq!(r.slot().unwrap().to_string(), "slot_0");
        assert_eq!((r.entered_at_unix_ns, r.reported_at_unix_ns, r.env), (5, 9, 3));
        assert!(r.is_healthy() && !r.is_improving() && !r.needs_attention());
        let r = r.unhealthy().improving().needing_attention();
        r.check().unwrap();
        assert!(!r.is_healthy() && r.is_improving() && r.needs_attention());

        let empty = SeedStateReport::new(SeedStage::Dormant, SeedStage::Resetting, 0, 0).unwrap();
        empty.check().unwrap();
        assert_eq!((empty.seed(), empty.blueprint(), empty.slot()), (None, None, None));
        SeedStateReport::default().check().unwrap();
    }

    #[test]
    fn a_state_report_knows_every_stage_that_may_follow_and_refuses_a_jump() {
        for previous in SeedStage::ALL {
            for stage in SeedStage::ALL {
                let both_unknown = (*previous, *stage) == (SeedStage::Unknown, SeedStage::Unknown);
                let made = SeedStateReport::new(*stage, *previous, 0, 0);
                assert_eq!(made.is_ok(), previous.can_go_to(*stage) || both_unknown, "{previous} {stage}");
            }
        }
        let e = SeedStateReport::new(SeedStage::Fossilized, SeedStage::Training, 0, 0).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::IllegalTransition);
        assert_eq!((e.expected(), e.found()), ("BLENDING or CULLED", "FOSSILIZED"));
    }

    #[test]
    fn a_hostile_state_report_is_refused_by_name() {
        refuses(
            state(),
            SeedStateReport::check,
            &[
                (|r| r.stage = 11, ErrorKind::InvalidEnum, "stage"),
                (|r| r.previous_stage = 255, ErrorKind::InvalidEnum, "stage"),
                (|r| r.stage = 7, ErrorKind::IllegalTransition, "from TRAINING"),
                (|r| r.seed = hostile_id(), ErrorKind::InvalidId, "seed"),
                (|r| r.seed = Id::EMPTY, ErrorKind::InvalidId, "seed"),
                (|r| r.blueprint = Id::EMPTY, ErrorKind::InvalidId, "blueprint"),
                (|r| r.present = 1, ErrorKind::OutOfRange, "slot"),
                (|r| r.present = 7, ErrorKind::OutOfRange, "present"),
                (|r| r.metrics.alpha = f32::NAN, ErrorKind::NotFinite, "metrics.alpha"),
                (|r| r.healthy = 2, ErrorKind::OutOfRange, "healthy"),
                (|r| r.needs_attention = 9, ErrorKind::OutOfRange, "needs_attention"),
                (|r| r.reserved[4] = 1, ErrorKind::OutOfRange, "reserved"),
            ],
        );
        let mut r = state();
        (r.metrics.alpha, r.metrics.current_accuracy) = (f32::NAN, 200.0);
        assert_eq!((r.sanitize(), r.metrics.alpha, r.metrics.current_accuracy), (2, 0.0, 100.0));
        r.check().unwrap();
    }

    fn verdict(gate: GateLevel, checks: &[(&'static str, bool)]) -> GateVerdict {
        GateVerdict {
            gate,
            passed: checks.iter().all(|c| c.1),
            score: 0.25,
            checks: checks
                .iter()
                .map(|&(name, passed)| GateCheck { name, passed, needed: ">= 3".into(), found: "2".into() })
                .collect(),
        }
    }

    #[test]
    fn a_verdict_travels_with_the_names_of_its_checks_and_what_failed() {
        let failed =
            verdict(GateLevel::G2, &[("improvement", true), ("epochs_in_stage", false), ("alpha", false)]);
        let r = GateResult::of(&failed, 7).unwrap().with_seed("seed_0").unwrap().with_slot("slot_0").unwrap();
        r.check().unwrap();
        assert_eq!(
            (r.gate().unwrap(), r.has_passed(), r.score, r.time_unix_ns),
            (GateLevel::G2, false, 0.25, 7)
        );
        let names = |ids: &[Id]| ids.iter().map(Id::to_string).collect::<Vec<_>>();
        assert_eq!(names(r.checks_passed().unwrap()), ["improvement"]);
        assert_eq!(names(r.checks_failed().unwrap()), ["epochs_in_stage", "alpha"]);
        assert_eq!(r.message.to_string(), "epochs_in_stage needs >= 3, found 2; alpha needs >= 3, found 2");
        assert!(!r.message_cut());
        assert_eq!(
            (r.seed().unwrap().to_string(), r.slot().unwrap().to_string()),
            ("seed_0".into(), "slot_0".into())
        );

        let passed = GateResult::of(&verdict(GateLevel::G0, &[("seed_id", true)]), 0).unwrap();
        passed.check().unwrap();
        assert!(passed.has_passed() && passed.message.is_empty());
        assert_eq!((passed.seed(), passed.slot()), (None, None));
    }

    #[test]
    fn a_verdict_that_cannot_travel_is_refused() {
        let long: &'static str = "a_check_whose_name_has_more_than_39_bytes";
        let kind = |v: &GateVerdict| GateResult::of(v, 0).unwrap_err().kind();
        assert_eq!(kind(&verdict(GateLevel::G1, &[(long, true)])), ErrorKind::InvalidId);
        assert_eq!(kind(&verdict(GateLevel::G1, &[("", false)])), ErrorKind::InvalidId);
        let good = verdict(GateLevel::G1, &[("a", false)]);
        assert_eq!(kind(&GateVerdict { score: 1.5, ..good.clone() }), ErrorKind::OutOfRange);
        assert_eq!(kind(&GateVerdict { score: f32::NAN, ..good.clone() }), ErrorKind::NotFinite);
        assert_eq!(kind(&GateVerdict { passed: true, ..good }), ErrorKind::InvalidArgument);

        let many: Vec<(&'static str, bool)> = vec![("c", false); 9];
        let r = GateResult::of(&verdict(GateLevel::G1, &many), 0).unwrap();
        assert_eq!(
            (r.checks_failed().unwrap().len(), r.checks_failed_dropped, r.message_cut()),
            (6, 3, true)
        );
        r.check().unwrap();
    }

    #[test]
    fn a_hostile_gate_result_is_refused_by_name() {
        let good = GateResult::failed(GateLevel::G3, 0.5, 1)
            .and_then(|r| r.with_failed_check("alpha"))
            .and_then(|r| r.with_passed_check("epochs_in_stage"))
            .and_then(|r| r.with_seed("seed_0"))
            .unwrap();
        refuses(
            good,
            GateResult::check,
            &[
                (|r| r.gate = 6, ErrorKind::InvalidEnum, "gate"),
                (|r| r.passed = 2, ErrorKind::OutOfRange, "passed"),
                (|r| r.passed = 1, ErrorKind::InvalidArgument, "checks_failed"),
                (|r| r.score = f32::INFINITY, ErrorKind::NotFinite, "score"),
                (|r| r.score = -0.5, ErrorKind::OutOfRange, "score"),
                (|r| r.checks_passed_count = 7, ErrorKind::OutOfRange, "checks_passed_count"),
                (|r| r.checks_failed_count = 0, ErrorKind::OutOfRange, "checks_failed[0]"),
                (|r| r.checks_failed[0] = hostile_id(), ErrorKind::InvalidId, "checks_failed"),
                (|r| r.message = bytemuck::cast([b'x'; 64]), ErrorKind::InvalidArgument, "message"),
                (|r| r.present = 0, ErrorKind::OutOfRange, "seed"),
                (|r| r.present |= 8, ErrorKind::OutOfRange, "present"),
                (|r| r.slot = r.seed, ErrorKind::OutOfRange, "slot"),
                (|r| r.reserved[0] = 1, ErrorKind::OutOfRange, "reserved"),
            ],
        );
        let mut r = GateResult { score: f32::NAN, ..good };
        assert_eq!((r.sanitize(), r.score), (1, 0.0));
    }

    fn field() -> FieldReport {
        let mut epochs = [0; STAGES];
        (epochs[3], epochs[4]) = (3, 4);
        FieldReport::culled([7; 16], "seed_0", "norm", SeedStage::Blending, "no use")
            .and_then(|r| r.with_slot("slot_0"))
            .and_then(|r| r.with_accuracies(50.0, 48.5, 52.0))
            .and_then(|r| r.with_signals(&TrainingSignals { env: 3, ..TrainingSignals::default() }))
            .unwrap()
            .with_times(-5, 10)
            .with_epochs(epochs)
            .with_commands(&[[1; 16], [2; 16]])
            .with_env(3)
    }

    #[test]
    fn a_field_report_tells_a_whole_life() {
        let r = field();
        r.check().unwrap();
        assert_eq!((r.final_stage().unwrap(), r.is_success()), (SeedStage::Culled, false));
        let (stage, reason) = r.failure().unwrap().unwrap();
        assert_eq!(
            (stage, reason.to_string().as_str(), r.reason_cut()),
            (SeedStage::Blending, "no use", false)
        );
        assert_eq!((r.total_epochs, r.total_improvement, r.best_accuracy), (7, -1.5, 52.0));
        assert_eq!(r.commands().unwrap(), [[1; 16], [2; 16]]);
        assert_eq!((r.signals().unwrap().env, r.slot().unwrap().to_string()), (3, "slot_0".into()));
        assert_eq!((r.germinated_at_unix_ns, r.completed_at_unix_ns), (-5, 10));

        let good = FieldReport::fossilized([9; 16], "s", "b").unwrap();
        good.check().unwrap();
        assert!(good.is_success() && good.failure().unwrap().is_none());
        assert!(good.signals().is_none() && good.slot().is_none());
        let many: Vec<[u8; 16]> = (0..40).map(|i| [i; 16]).collect();
        let long = good.with_commands(&many);
        long.check().unwrap();
        assert_eq!((long.commands().unwrap(), long.commands_dropped), (&many[..32], 8));
        let cut = FieldReport::culled([0; 16], "s", "b", SeedStage::Training, &"é".repeat(40)).unwrap();
        assert!(cut.reason_cut());
        cut.check().unwrap();
    }

    #[test]
    fn a_life_that_cannot_have_been_is_refused() {
        let refused = [
            (FieldReport::fossilized([0; 16], "", "b"), ErrorKind::InvalidId, "seed"),
            (FieldReport::fossilized([0; 16], "s", &"b".repeat(40)), ErrorKind::InvalidId, "blueprint"),
            (
                FieldReport::culled([0; 16], "s", "b", SeedStage::Fossilized, ""),
                ErrorKind::IllegalTransition,
                "from FOSSILIZED",
            ),
            (field().with_accuracies(f32::NAN, 1.0, 1.0), ErrorKind::NotFinite, "accuracy_at_germination"),
            (field().with_accuracies(1.0, 101.0, 1.0), ErrorKind::OutOfRange, "accuracy_at_completion"),
            (
                field().with_signals(&TrainingSignals { seed_stage: 11, ..TrainingSignals::default() }),
                ErrorKind::InvalidEnum,
                "stage",
            ),
        ];
        for (result, kind, name) in refused {
            let e = result.unwrap_err();
            assert_eq!(e.kind(), kind, "{e}");
            assert!(e.to_string().contains(name), "{e}");
        }
        refuses(
            field(),
            FieldReport::check,
            &[
                (|r| r.final_stage = 11, ErrorKind::InvalidEnum, "stage"),
                (|r| r.final_stage = 4, ErrorKind::InvalidArgument, "final_stage"),
                (|r| r.final_stage = 7, ErrorKind::InvalidArgument, "success"),
                (|r| r.success = 1, ErrorKind::InvalidArgument, "success"),
                (|r| r.success = 2, ErrorKind::OutOfRange, "success"),
                (|r| r.failure_stage = 99, ErrorKind::InvalidEnum, "stage"),
                (|r| r.failure_stage = 1, ErrorKind::IllegalTransition, "failure_stage"),
                (|r| r.present &= !FieldReport::FAILURE, ErrorKind::OutOfRange, "failure_reason"),
                (|r| r.present &= !FieldReport::SLOT, ErrorKind::OutOfRange, "slot"),
                (|r| r.present |= 1 << 4, ErrorKind::OutOfRange, "present"),
                (|r| r.epochs_in_stage[0] = 1, ErrorKind::InvalidArgument, "total_epochs"),
                (|r| r.command_count = 33, ErrorKind::OutOfRange, "command_count"),
                (|r| r.command_count = 1, ErrorKind::OutOfRange, "commands[1]"),
                (|r| r.seed = Id::EMPTY, ErrorKind::InvalidId, "seed"),
                (|r| r.blueprint = hostile_id(), ErrorKind::InvalidId, "blueprint"),
                (|r| r.best_accuracy = f32::NAN, ErrorKind::NotFinite, "best_accuracy"),
                (|r| r.signals.seed_stage = 11, ErrorKind::OutOfRange, "signals.seed_stage"),
                (|r| r.signals.loss_history[0] = 1.0, ErrorKind::OutOfRange, "signals"),
                (|r| r.reserved[1] = 1, ErrorKind::OutOfRange, "reserved"),
            ],
        );
        let mut bare = FieldReport::fossilized([0; 16], "s", "b").unwrap();
        bare.signals.available_slots = 1;
        assert_eq!(bare.check().unwrap_err().kind(), ErrorKind::OutOfRange);
        let junk: FieldReport = bytemuck::cast([0xffu8; size_of::<FieldReport>()]);
        assert!(junk.check().is_err() && !format!("{junk:?}").is_empty());
    }

    #[test]
    fn a_sanitized_field_report_passes() {
        let mut r = field();
        (r.accuracy_at_completion, r.signals.metrics.val_loss) = (f32::NAN, f32::INFINITY);
        assert_eq!(r.sanitize(), 2);
        r.check().unwrap();
        assert_eq!((r.accuracy_at_completion, r.signals.metrics.val_loss), (0.0, 1e6));
    }
}
