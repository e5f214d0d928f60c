// C header: contract
//! What a controller says and what the trainer answers: decisions, commands, outcomes, and a seed's figures.
//!
//! The records are plain and may have come over the wire from any program, so they are read through getters
//! that check, and a receiver calls `check` before it acts on one. An optional field has a bit in `present`;
//! where the bit is clear the field's bytes are zero. Nothing here reads a clock or makes up an id: the
//! caller passes them in.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::observation::Observation;
use crate::contract::stage::{CommandType, GateLevel, GateVerdict, RiskLevel, SeedStage, numbered};
use crate::schema::check::{
    F32_MAX, U16_MAX, U32_MAX, finite, finite_in, fraction, id_named, known_bits, missing, must_be_zero,
    positive, whole_id,
};
use crate::schema::id::{Id, Text};

/// Bytes that a hot or command message may have, its slot's own bytes included.
pub const MESSAGE_BUDGET: usize = 280;
/// Bytes that a slot adds to its record: both sequence words and the stamp.
pub const SLOT_OVERHEAD: usize = crate::base::layout::slot::OVERHEAD;

const _: () = {
    assert!(size_of::<Observation>() + SLOT_OVERHEAD <= MESSAGE_BUDGET);
    assert!(size_of::<Decision>() == 32 && 32 + SLOT_OVERHEAD <= MESSAGE_BUDGET);
    assert!(size_of::<AdaptationCommand>() + SLOT_OVERHEAD <= MESSAGE_BUDGET);
    assert!(size_of::<CommandOutcome>() + SLOT_OVERHEAD <= MESSAGE_BUDGET);
};

/// What a controller chose for one observation. For the record only: it may be lost and is never executed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The sequence of the observation it answers; from 1.
    pub observation_sequence: u64,
    /// The epoch of that observation's writer, from 1; 0 if it is unknown.
    pub writer_generation: u64,
    /// How sure the policy is, 0 to 1.
    pub confidence: f32,
    /// The policy's estimate of the return from here, in units of its reward; finite.
    pub value_estimate: f32,
    /// Natural logarithm of the probability with which the action was drawn; finite.
    pub log_probability: f32,
    /// Index into the link's action space; 0 is WAIT.
    pub action: u16,
    /// The environment, from 0.
    pub env: u16,
}

crate::record! { Decision as "decision" version 1 {
    observation_sequence: u64, "-", 0.0, f64::INFINITY;
    writer_generation: u64, "-", 0.0, f64::INFINITY;
    confidence: f32, "-", 0.0, 1.0;
    value_estimate: f32, "reward", -F32_MAX, F32_MAX;
    log_probability: f32, "nats", -F32_MAX, F32_MAX;
    action: u16, "action", 0.0, U16_MAX;
    env: u16, "-", 0.0, U16_MAX;
} }

impl Default for Decision {
    /// A place to read a decision into.
    fn default() -> Self {
        Self::new(0, 0, 0, 0)
    }
}

impl Decision {
    /// The decision for an action, with confidence 1 and no estimates (0).
    pub const fn new(observation_sequence: u64, writer_generation: u64, env: u16, action: u16) -> Self {
        Self {
            observation_sequence,
            writer_generation,
            confidence: 1.0,
            value_estimate: 0.0,
            log_probability: 0.0,
            action,
            env,
        }
    }

    /// With a confidence, 0 to 1.
    pub fn with_confidence(mut self, confidence: f32) -> Result<Self> {
        self.confidence = fraction("confidence", confidence)?;
        Ok(self)
    }

    /// With a value estimate, finite, and the logarithm of the action's probability, finite.
    pub fn with_estimates(mut self, value_estimate: f32, log_probability: f32) -> Result<Self> {
        self.value_estimate = finite("value_estimate", value_estimate)?;
        self.log_probability = finite("log_probability", log_probability)?;
        Ok(self)
    }

    /// Its words, put together in registers: stored field by field and loaded as words they would have to wait for each
    /// other.
    #[inline(always)]
    pub(crate) fn to_words(self) -> [u64; 4] {
        let two = |low: f32, high: u32| u64::from(low.to_bits()) | u64::from(high) << 32;
        [
            self.observation_sequence,
            self.writer_generation,
            two(self.confidence, self.value_estimate.to_bits()),
            two(self.log_probability, u32::from(self.action) | u32::from(self.env) << 16),
        ]
    }

    /// Whether every field is in its range.
    #[inline(always)]
    pub fn check(&self) -> Result<()> {
        if self.is_plainly_fine() {
            Ok(())
        } else {
            Self::objection(self.confidence, self.value_estimate, self.log_probability)
        }
    }

    /// Whether [`Decision::check`] finds nothing at the first look: at bits, in no need of other registers. A -0.0 goes the
    /// long way, where it is fine.
    #[inline(always)]
    pub(crate) fn is_plainly_fine(&self) -> bool {
        let finite = |x: f32| x.to_bits() << 1 < f32::INFINITY.to_bits() << 1;
        self.confidence.to_bits() <= 1f32.to_bits()
            && finite(self.value_estimate)
            && finite(self.log_probability)
    }

    // The numbers alone: a decision that is made just before it is published needs no memory.
    #[cold]
    fn objection(confidence: f32, value_estimate: f32, log_probability: f32) -> Result<()> {
        fraction("confidence", confidence)?;
        finite("value_estimate", value_estimate)?;
        finite("log_probability", log_probability)?;
        Ok(())
    }
}

/// The only thing that acts on the trainer. Lossless, answered by a [`CommandOutcome`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptationCommand {
    /// UUID; zero until it is sent.
    pub id: [u8; 16],
    /// When it was made: nanoseconds since the Unix epoch; 0 until it is sent.
    pub time_unix_ns: i64,
    /// The sequence of the observation it answers; 0 if it answers none.
    pub observation_sequence: u64,
    /// The epoch of that observation's writer; 0 if it answers none or that is unknown.
    pub writer_generation: u64,
    /// The seed; empty means the one that the observation describes.
    pub target_seed: Id,
    /// The slot; empty on GERMINATE means the lowest free one.
    pub target_slot: Id,
    /// The blueprint, with [`BLUEPRINT`](Self::BLUEPRINT).
    pub blueprint: Id,
    /// Why, for people; cut if [`REASON_CUT`](Self::REASON_CUT).
    pub reason: Text,
    /// Blending weight 0 to 1, with [`ALPHA`](Self::ALPHA).
    pub alpha: f32,
    /// Learning rate, finite and above 0, with [`LEARNING_RATE`](Self::LEARNING_RATE).
    pub learning_rate: f32,
    /// How sure the policy is, 0 to 1.
    pub confidence: f32,
    /// Which optional fields are there; other bits are 0.
    pub present: u32,
    /// Index into the link's action space, with [`ACTION`](Self::ACTION).
    pub action: u16,
    /// The environment, from 0.
    pub env: u16,
    /// A [`CommandType`].
    pub command_type: u8,
    /// A [`SeedStage`], with [`TARGET_STAGE`](Self::TARGET_STAGE).
    pub target_stage: u8,
    /// A [`RiskLevel`].
    pub risk: u8,
    /// 0.
    pub reserved: u8,
}

crate::record! { AdaptationCommand as "adaptation_command" version 1 {
    id: [u8; 16], "uuid", 0.0, 255.0;
    time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    observation_sequence: u64, "-", 0.0, f64::INFINITY;
    writer_generation: u64, "-", 0.0, f64::INFINITY;
    target_seed: Id, "-", 0.0, 0.0;
    target_slot: Id, "-", 0.0, 0.0;
    blueprint: Id, "-", 0.0, 0.0;
    reason: Text, "-", 0.0, 0.0;
    alpha: f32, "-", 0.0, 1.0;
    learning_rate: f32, "-", 0.0, F32_MAX;
    confidence: f32, "-", 0.0, 1.0;
    present: u32, "bits", 0.0, U32_MAX;
    action: u16, "action", 0.0, U16_MAX;
    env: u16, "-", 0.0, U16_MAX;
    command_type: u8, "CommandType", 1.0, 8.0;
    target_stage: u8, "SeedStage", 0.0, 10.0;
    risk: u8, "RiskLevel", 1.0, 5.0;
    reserved: u8, "-", 0.0, 0.0;
} }

impl AdaptationCommand {
    /// Bit of `present`: there is an alpha.
    pub const ALPHA: u32 = 1 << 0;
    /// Bit of `present`: there is a learning rate.
    pub const LEARNING_RATE: u32 = 1 << 1;
    /// Bit of `present`: there is a target stage.
    pub const TARGET_STAGE: u32 = 1 << 2;
    /// Bit of `present`: there is a blueprint.
    pub const BLUEPRINT: u32 = 1 << 3;
    /// Bit of `present`: there is an action index.
    pub const ACTION: u32 = 1 << 4;
    /// Bit of `present`: the reason was longer than its field.
    pub const REASON_CUT: u32 = 1 << 5;

    const KNOWN: u32 = Self::ALPHA
        | Self::LEARNING_RATE
        | Self::TARGET_STAGE
        | Self::BLUEPRINT
        | Self::ACTION
        | Self::REASON_CUT;

    /// A command with confidence 1, risk GREEN and nothing optional.
    pub fn new(command_type: CommandType) -> Self {
        Self {
            confidence: 1.0,
            command_type: command_type.value(),
            risk: RiskLevel::default().value(),
            ..bytemuck::Zeroable::zeroed()
        }
    }

    /// As the answer to an observation.
    #[must_use]
    pub const fn answering(mut self, observation_sequence: u64, writer_generation: u64, env: u16) -> Self {
        self.observation_sequence = observation_sequence;
        self.writer_generation = writer_generation;
        self.env = env;
        self
    }

    /// With the blending weight, 0 to 1.
    pub fn with_alpha(mut self, alpha: f32) -> Result<Self> {
        self.alpha = fraction("alpha", alpha)?;
        self.present |= Self::ALPHA;
        Ok(self)
    }

    /// With the learning rate, finite and above 0.
    pub fn with_learning_rate(mut self, learning_rate: f32) -> Result<Self> {
        self.learning_rate = positive("learning_rate", learning_rate)?;
        self.present |= Self::LEARNING_RATE;
        Ok(self)
    }

    /// With a confidence, 0 to 1.
    pub fn with_confidence(mut self, confidence: f32) -> Result<Self> {
        self.confidence = fraction("confidence", confidence)?;
        Ok(self)
    }

    /// With a blueprint: 1 to 39 bytes.
    pub fn with_blueprint(mut self, blueprint: &str) -> Result<Self> {
        self.blueprint = id_named("blueprint", blueprint)?;
        if self.blueprint.is_empty() {
            return Err(missing("blueprint", "an empty id names none"));
        }
        self.present |= Self::BLUEPRINT;
        Ok(self)
    }

    /// For a seed: at most 39 bytes; empty means the one that the observation describes.
    pub fn with_target_seed(mut self, seed: &str) -> Result<Self> {
        self.target_seed = id_named("target_seed", seed)?;
        Ok(self)
    }

    /// For a slot: at most 39 bytes; empty on GERMINATE means the lowest free one.
    pub fn with_target_slot(mut self, slot: &str) -> Result<Self> {
        self.target_slot = id_named("target_slot", slot)?;
        Ok(self)
    }

    /// With the reason, for people; longer than 63 bytes it is cut and flagged.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        let (text, cut) = Text::new(reason);
        self.reason = text;
        self.present &= !Self::REASON_CUT;
        self.present |= if cut { Self::REASON_CUT } else { 0 };
        self
    }

    /// With a risk level.
    #[must_use]
    pub const fn with_risk(mut self, risk: RiskLevel) -> Self {
        self.risk = risk.value();
        self
    }

    /// With the stage to go to.
    #[must_use]
    pub const fn with_target_stage(mut self, stage: SeedStage) -> Self {
        self.target_stage = stage.value();
        self.present |= Self::TARGET_STAGE;
        self
    }

    /// With the index of the action that it carries out.
    #[must_use]
    pub const fn with_action(mut self, action: u16) -> Self {
        self.action = action;
        self.present |= Self::ACTION;
        self
    }

    const fn has(&self, bit: u32) -> bool {
        self.present & bit != 0
    }

    /// What it asks for.
    pub fn command_type(&self) -> Result<CommandType> {
        CommandType::from_value(self.command_type.into())
    }

    /// The stage to go to, if it names one.
    pub fn target_stage(&self) -> Result<Option<SeedStage>> {
        self.has(Self::TARGET_STAGE).then(|| SeedStage::from_value(self.target_stage.into())).transpose()
    }

    /// The risk level.
    pub fn risk(&self) -> Result<RiskLevel> {
        RiskLevel::from_value(self.risk.into())
    }

    /// The blending weight, if it carries one.
    pub fn alpha(&self) -> Option<f32> {
        self.has(Self::ALPHA).then_some(self.alpha)
    }

    /// The learning rate, if it carries one.
    pub fn learning_rate(&self) -> Option<f32> {
        self.has(Self::LEARNING_RATE).then_some(self.learning_rate)
    }

    /// The blueprint, if it names one.
    pub fn blueprint(&self) -> Option<Id> {
        self.has(Self::BLUEPRINT).then_some(self.blueprint)
    }

    /// The index of the action that it carries out, if there is one.
    pub fn action(&self) -> Option<u16> {
        self.has(Self::ACTION).then_some(self.action)
    }

    /// Whether the reason was longer than its field.
    pub const fn reason_cut(&self) -> bool {
        self.has(Self::REASON_CUT)
    }

    /// Whether it may be acted on: enumerations known, numbers finite and in range, ids whole, what is absent
    /// zero, and what its type needs there: a blueprint for GERMINATE, a target stage for ADVANCE_STAGE, an
    /// alpha for SET_ALPHA, a learning rate for SET_LEARNING_RATE. Whether the seed can do it is not asked
    /// here.
    pub fn check(&self) -> Result<()> {
        let command_type = self.command_type()?;
        self.risk()?;
        self.target_stage()?;
        known_bits(self.present, Self::KNOWN)?;
        fraction("confidence", self.confidence)?;
        self.alpha().map(|alpha| fraction("alpha", alpha)).transpose()?;
        self.learning_rate().map(|rate| positive("learning_rate", rate)).transpose()?;
        whole_id("target_seed", &self.target_seed)?;
        whole_id("target_slot", &self.target_slot)?;
        whole_id("blueprint", &self.blueprint)?;
        if self.blueprint().is_some_and(|blueprint| blueprint.is_empty()) {
            return Err(missing("blueprint", "its bit is set"));
        }

        let absent = |bit| !self.has(bit);
        if absent(Self::ALPHA) {
            must_be_zero("alpha", &self.alpha)?;
        }
        if absent(Self::LEARNING_RATE) {
            must_be_zero("learning_rate", &self.learning_rate)?;
        }
        if absent(Self::TARGET_STAGE) {
            must_be_zero("target_stage", &self.target_stage)?;
        }
        if absent(Self::BLUEPRINT) {
            must_be_zero("blueprint", &self.blueprint)?;
        }
        if absent(Self::ACTION) {
            must_be_zero("action", &self.action)?;
        }
        must_be_zero("reserved", &self.reserved)?;

        match command_type {
            CommandType::Germinate if absent(Self::BLUEPRINT) => Err(missing("blueprint", command_type)),
            CommandType::AdvanceStage if absent(Self::TARGET_STAGE) => {
                Err(missing("target_stage", command_type))
            }
            CommandType::SetAlpha if absent(Self::ALPHA) => Err(missing("alpha", command_type)),
            CommandType::SetLearningRate if absent(Self::LEARNING_RATE) => {
                Err(missing("learning_rate", command_type))
            }
            _ => Ok(()),
        }
    }
}

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

/// How far the trainer got with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum OutcomeStatus {
    /// Taken on; another outcome follows.
    Accepted = 1,
    /// Done.
    Executed = 2,
    /// Not begun; nothing has changed.
    Rejected = 3,
    /// Begun and not done.
    Failed = 4,
}

numbered!(OutcomeStatus: u8, "outcome status" {
    Accepted "ACCEPTED", Executed "EXECUTED", Rejected "REJECTED", Failed "FAILED",
});

impl OutcomeStatus {
    /// Whether no other outcome of that command follows.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Accepted)
    }
}

/// Why a command was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum OutcomeCode {
    /// It was.
    None = 0,
    /// The action is outside the mask of the observed state.
    Masked = 1,
    /// The seed may not go from its stage to the one asked for.
    IllegalStage = 2,
    /// A gate did not let the seed pass.
    Gate = 3,
    /// There is no such seed.
    UnknownSeed = 4,
    /// There is no such blueprint.
    UnknownBlueprint = 5,
    /// It answers an observation of an earlier writer generation.
    Stale = 6,
    /// There is no such slot.
    UnknownSlot = 7,
    /// Every slot holds a seed.
    NoFreeSlot = 8,
    /// The command's own fields are invalid or contradict each other.
    Malformed = 9,
    /// The action space has no such action.
    UnknownAction = 10,
    /// This trainer does not do that.
    Unsupported = 11,
    /// The trainer's own fault.
    Internal = 12,
}

numbered!(OutcomeCode: u16, "outcome code" {
    None "NONE",
    Masked "MASKED",
    IllegalStage "ILLEGAL_STAGE",
    Gate "GATE",
    UnknownSeed "UNKNOWN_SEED",
    UnknownBlueprint "UNKNOWN_BLUEPRINT",
    Stale "STALE",
    UnknownSlot "UNKNOWN_SLOT",
    NoFreeSlot "NO_FREE_SLOT",
    Malformed "MALFORMED",
    UnknownAction "UNKNOWN_ACTION",
    Unsupported "UNSUPPORTED",
    Internal "INTERNAL",
});

/// The trainer's answer to an [`AdaptationCommand`]. Lossless.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommandOutcome {
    /// The command's id.
    pub command_id: [u8; 16],
    /// The sequence under which the command lay in its ring; from 1.
    pub command_sequence: u64,
    /// The observation that the command answered; 0 if it answered none.
    pub observation_sequence: u64,
    /// The epoch of that observation's writer; 0 if it answered none or that is unknown.
    pub writer_generation: u64,
    /// When: nanoseconds since the Unix epoch; 0 until it is sent.
    pub time_unix_ns: i64,
    /// The seed that the trainer resolved the command to, with [`SEED`](Self::SEED).
    pub seed: Id,
    /// For people; cut if [`TEXT_CUT`](Self::TEXT_CUT).
    pub text: Text,
    /// The seed's figures after the command, with [`METRICS`](Self::METRICS).
    pub metrics: SeedMetrics,
    /// The deciding gate's score, 0 to 1, with [`GATE`](Self::GATE).
    pub gate_score: f32,
    /// Which optional fields are there; other bits are 0.
    pub present: u32,
    /// The environment, from 0.
    pub env: u16,
    /// An [`OutcomeCode`]; NONE exactly when accepted or executed.
    pub code: u16,
    /// An [`OutcomeStatus`].
    pub status: u8,
    /// The [`SeedStage`] before the command, with [`STAGES`](Self::STAGES).
    pub stage_before: u8,
    /// The [`SeedStage`] after the command, with [`STAGES`](Self::STAGES).
    pub stage_after: u8,
    /// The [`GateLevel`] that decided, with [`GATE`](Self::GATE).
    pub gate: u8,
    /// 1 if the gate passed, else 0, with [`GATE`](Self::GATE).
    pub gate_passed: u8,
    /// 0.
    pub reserved: [u8; 7],
}

crate::record! { CommandOutcome as "command_outcome" version 1 {
    command_id: [u8; 16], "uuid", 0.0, 255.0;
    command_sequence: u64, "-", 0.0, f64::INFINITY;
    observation_sequence: u64, "-", 0.0, f64::INFINITY;
    writer_generation: u64, "-", 0.0, f64::INFINITY;
    time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
    seed: Id, "-", 0.0, 0.0;
    text: Text, "-", 0.0, 0.0;
    metrics: SeedMetrics, "-", 0.0, 0.0;
    gate_score: f32, "-", 0.0, 1.0;
    present: u32, "bits", 0.0, U32_MAX;
    env: u16, "-", 0.0, U16_MAX;
    code: u16, "OutcomeCode", 0.0, 12.0;
    status: u8, "OutcomeStatus", 1.0, 4.0;
    stage_before: u8, "SeedStage", 0.0, 10.0;
    stage_after: u8, "SeedStage", 0.0, 10.0;
    gate: u8, "GateLevel", 0.0, 5.0;
    gate_passed: u8, "flag", 0.0, 1.0;
    reserved: [u8; 7], "-", 0.0, 0.0;
} }

impl CommandOutcome {
    /// Bit of `present`: a gate decided.
    pub const GATE: u32 = 1 << 0;
    /// Bit of `present`: there are metrics.
    pub const METRICS: u32 = 1 << 1;
    /// Bit of `present`: there is a seed.
    pub const SEED: u32 = 1 << 2;
    /// Bit of `present`: there are the stages before and after.
    pub const STAGES: u32 = 1 << 3;
    /// Bit of `present`: the text was longer than its field.
    pub const TEXT_CUT: u32 = 1 << 4;

    const KNOWN: u32 = Self::GATE | Self::METRICS | Self::SEED | Self::STAGES | Self::TEXT_CUT;

    fn answer(
        command: &AdaptationCommand,
        command_sequence: u64,
        status: OutcomeStatus,
        code: OutcomeCode,
    ) -> Self {
        Self {
            command_id: command.id,
            command_sequence,
            observation_sequence: command.observation_sequence,
            writer_generation: command.writer_generation,
            env: command.env,
            code: code.value(),
            status: status.value(),
            ..bytemuck::Zeroable::zeroed()
        }
    }

    /// The command has been taken on; another outcome will follow.
    pub fn accepted(command: &AdaptationCommand, command_sequence: u64) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Accepted, OutcomeCode::None)
    }

    /// The command has been carried out.
    pub fn executed(command: &AdaptationCommand, command_sequence: u64) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Executed, OutcomeCode::None)
    }

    /// The command has not been begun, and nothing has changed. The code may be any but NONE.
    pub fn rejected(
        command: &AdaptationCommand,
        command_sequence: u64,
        code: OutcomeCode,
        text: &str,
    ) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Rejected, code).with_text(text)
    }

    /// The command has been begun and not finished. The code may be any but NONE.
    pub fn failed(command: &AdaptationCommand, command_sequence: u64, code: OutcomeCode, text: &str) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Failed, code).with_text(text)
    }

    /// With a text for people; longer than 63 bytes it is cut and flagged.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        let (text, cut) = Text::new(text);
        self.text = text;
        self.present &= !Self::TEXT_CUT;
        self.present |= if cut { Self::TEXT_CUT } else { 0 };
        self
    }

    /// With the seed's stages before and after the command; the same twice if it did not move.
    #[must_use]
    pub const fn with_stages(mut self, before: SeedStage, after: SeedStage) -> Self {
        self.stage_before = before.value();
        self.stage_after = after.value();
        self.present |= Self::STAGES;
        self
    }

    /// With the verdict of the gate that decided; its checks do not travel.
    #[must_use]
    pub fn with_gate(mut self, verdict: &GateVerdict) -> Self {
        self.gate = verdict.gate.value();
        self.gate_passed = verdict.passed.into();
        self.gate_score = verdict.score;
        self.present |= Self::GATE;
        self
    }

    /// With the seed that the trainer resolved the command to; the empty id means none.
    #[must_use]
    pub fn with_seed(mut self, seed: Id) -> Self {
        self.seed = seed;
        self.present &= !Self::SEED;
        self.present |= if seed.is_empty() { 0 } else { Self::SEED };
        self
    }

    /// With the seed and its figures after the command.
    #[must_use]
    pub fn with_metrics(mut self, metrics: SeedMetrics, seed: Id) -> Self {
        self.metrics = metrics;
        self.present |= Self::METRICS;
        self.with_seed(seed)
    }

    const fn has(&self, bit: u32) -> bool {
        self.present & bit != 0
    }

    /// How far the trainer got.
    pub fn status(&self) -> Result<OutcomeStatus> {
        OutcomeStatus::from_value(self.status.into())
    }

    /// Why the command was not executed; NONE if it was.
    pub fn code(&self) -> Result<OutcomeCode> {
        OutcomeCode::from_value(self.code.into())
    }

    /// The seed's stages before and after the command, if known.
    pub fn stages(&self) -> Result<Option<(SeedStage, SeedStage)>> {
        if !self.has(Self::STAGES) {
            return Ok(None);
        }
        let before = SeedStage::from_value(self.stage_before.into())?;
        let after = SeedStage::from_value(self.stage_after.into())?;
        Ok(Some((before, after)))
    }

    /// The verdict of the gate that decided, if one did; without its checks.
    pub fn gate(&self) -> Result<Option<GateVerdict>> {
        if !self.has(Self::GATE) {
            return Ok(None);
        }
        if self.gate_passed > 1 {
            return Err(Error::new(ErrorKind::OutOfRange)
                .about("gate_passed")
                .expected_found("0 or 1", self.gate_passed.to_string()));
        }
        Ok(Some(GateVerdict {
            gate: GateLevel::from_value(self.gate.into())?,
            passed: self.gate_passed == 1,
            score: fraction("gate_score", self.gate_score)?,
            checks: Vec::new(),
        }))
    }

    /// The seed that the command was resolved to, if there is one.
    pub fn seed(&self) -> Option<Id> {
        self.has(Self::SEED).then_some(self.seed)
    }

    /// The seed's figures after the command, if they are there.
    pub fn metrics(&self) -> Option<SeedMetrics> {
        self.has(Self::METRICS).then_some(self.metrics)
    }

    /// Whether the text was longer than its field.
    pub const fn text_cut(&self) -> bool {
        self.has(Self::TEXT_CUT)
    }

    /// Whether it may be relied on: enumerations known, numbers finite and in range, the id whole, what is
    /// absent zero, and a code exactly where one belongs.
    pub fn check(&self) -> Result<()> {
        let (status, code) = (self.status()?, self.code()?);
        known_bits(self.present, Self::KNOWN)?;
        let done = matches!(status, OutcomeStatus::Accepted | OutcomeStatus::Executed);
        if done != (code == OutcomeCode::None) {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("code")
                .expected_found("NONE exactly when ACCEPTED or EXECUTED", format!("{status} with {code}")));
        }
        whole_id("seed", &self.seed)?;
        if self.has(Self::SEED) == self.seed.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("seed")
                .expected_found("an id exactly when its bit is set", format!("{:?}", self.seed)));
        }
        if self.stages()?.is_none() {
            must_be_zero("stages", &[self.stage_before, self.stage_after])?;
        }
        if self.gate()?.is_none() {
            must_be_zero("gate", &[self.gate, self.gate_passed])?;
            must_be_zero("gate_score", &self.gate_score)?;
        }
        match self.metrics() {
            Some(metrics) => metrics.check()?,
            None => must_be_zero("metrics", &self.metrics)?,
        }
        must_be_zero("reserved", &self.reserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::Record;

    fn germinate() -> AdaptationCommand {
        AdaptationCommand::new(CommandType::Germinate)
            .with_blueprint("conv_enhance")
            .unwrap()
            .with_target_stage(SeedStage::Germinated)
            .with_risk(RiskLevel::Yellow)
            .with_action(4)
            .answering(17, 2, 3)
    }

    fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
        result.unwrap_err().kind()
    }

    #[test]
    fn a_decisions_words_are_its_bytes() {
        let decision = Decision::new(0x0102_0304_0506_0708, 9, 0xabcd, 0x1234)
            .with_confidence(0.25)
            .unwrap()
            .with_estimates(-3.5, -0.125)
            .unwrap();
        assert_eq!(bytemuck::cast::<_, [u64; 4]>(decision), decision.to_words());
    }

    #[test]
    fn messages_keep_their_budget_and_their_layout() {
        assert_eq!(size_of::<Decision>(), 32);
        assert_eq!(size_of::<AdaptationCommand>(), 248);
        assert_eq!(size_of::<SeedMetrics>(), 48);
        assert_eq!(size_of::<CommandOutcome>(), 224);
        for schema in
            [Decision::schema(), AdaptationCommand::schema(), SeedMetrics::schema(), CommandOutcome::schema()]
        {
            assert_eq!(schema.version(), 1);
            assert!(schema.fields().iter().all(|f| f.low <= f.high));
        }
        let nested: Vec<_> = CommandOutcome::schema().fields().iter().map(|f| &*f.name).collect();
        assert!(nested.contains(&"metrics.alpha_ramp_step"));
    }

    #[test]
    fn a_new_command_is_sure_green_and_carries_nothing() {
        let command = AdaptationCommand::new(CommandType::RequestState);
        command.check().unwrap();
        assert_eq!(command.confidence, 1.0);
        assert_eq!(command.risk().unwrap(), RiskLevel::Green);
        assert_eq!((command.alpha(), command.learning_rate()), (None, None));
        assert_eq!((command.blueprint(), command.action()), (None, None));
        assert_eq!(command.target_stage().unwrap(), None);
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let command = germinate()
            .with_alpha(0.25)
            .and_then(|c| c.with_learning_rate(1e-3))
            .and_then(|c| c.with_confidence(0.5))
            .and_then(|c| c.with_target_seed("layer_0_post_block-conv_heavy"))
            .and_then(|c| c.with_target_slot("layer_0_post_block"))
            .unwrap()
            .with_reason("plateau");
        command.check().unwrap();
        assert_eq!(command.command_type().unwrap(), CommandType::Germinate);
        assert_eq!(command.target_stage().unwrap(), Some(SeedStage::Germinated));
        assert_eq!(command.risk().unwrap(), RiskLevel::Yellow);
        assert_eq!(command.blueprint(), Some(Id::new("conv_enhance").unwrap()));
        assert_eq!((command.alpha(), command.learning_rate()), (Some(0.25), Some(1e-3)));
        assert_eq!((command.action(), command.env), (Some(4), 3));
        assert_eq!((command.observation_sequence, command.writer_generation), (17, 2));
        assert_eq!(command.target_seed.as_str().unwrap(), "layer_0_post_block-conv_heavy");
        assert_eq!(command.reason.to_string(), "plateau");
        assert!(!command.reason_cut());
    }

    #[test]
    fn numbers_outside_their_range_are_refused_and_named() {
        let command = AdaptationCommand::new(CommandType::SetAlpha);
        for bad in [-0.1, 1.000_001] {
            assert_eq!(kind(command.with_alpha(bad)), ErrorKind::OutOfRange);
            assert_eq!(kind(command.with_confidence(bad)), ErrorKind::OutOfRange);
        }
        for bad in [0.0, -1.0] {
            assert_eq!(kind(command.with_learning_rate(bad)), ErrorKind::OutOfRange);
        }
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(kind(command.with_alpha(bad)), ErrorKind::NotFinite);
            assert_eq!(kind(command.with_learning_rate(bad)), ErrorKind::NotFinite);
            assert_eq!(kind(command.with_confidence(bad)), ErrorKind::NotFinite);
        }
        for edge in [0.0, 1.0] {
            command.with_alpha(edge).unwrap().check().unwrap();
        }
        let e = command.with_alpha(2.0).unwrap_err().to_string();
        assert!(e.contains("alpha") && e.contains("0 to 1") && e.contains('2'), "{e}");
    }

    #[test]
    fn an_overlong_id_is_refused_and_a_long_reason_is_cut_and_flagged() {
        let long = "x".repeat(40);
        let command = AdaptationCommand::new(CommandType::Cull);
        assert_eq!(kind(command.with_target_seed(&long)), ErrorKind::InvalidId);
        assert_eq!(kind(command.with_target_slot(&long)), ErrorKind::InvalidId);
        assert_eq!(kind(command.with_blueprint(&long)), ErrorKind::InvalidId);
        assert_eq!(kind(command.with_blueprint("")), ErrorKind::InvalidArgument);

        let cut = command.with_reason(&"x".repeat(64));
        assert!(cut.reason_cut());
        assert_eq!(cut.reason.as_bytes().len(), 63);
        cut.check().unwrap();
        assert!(!cut.with_reason("short").reason_cut());
    }

    #[test]
    fn a_command_must_carry_what_its_type_needs() {
        for (command_type, field) in [
            (CommandType::Germinate, "blueprint"),
            (CommandType::AdvanceStage, "target_stage"),
            (CommandType::SetAlpha, "alpha"),
            (CommandType::SetLearningRate, "learning_rate"),
        ] {
            let e = AdaptationCommand::new(command_type).check().unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidArgument);
            assert!(e.to_string().contains(field), "{e}");
        }
        for command_type in
            [CommandType::Cull, CommandType::PauseSeed, CommandType::ResumeSeed, CommandType::RequestState]
        {
            AdaptationCommand::new(command_type).check().unwrap();
        }
    }

    #[test]
    fn a_hostile_command_is_an_error() {
        let spoil = |f: &dyn Fn(&mut AdaptationCommand)| {
            let mut command = germinate();
            f(&mut command);
            kind(command.check())
        };
        let bad_id: Id = bytemuck::cast([0xff_u8; 40]);
        let mut tail = [0_u8; 40];
        tail[39] = 1;
        let unpadded: Id = bytemuck::cast(tail);

        assert_eq!(spoil(&|c| c.command_type = 0), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|c| c.command_type = 9), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|c| c.target_stage = 11), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|c| c.risk = 0), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|c| c.confidence = f32::NAN), ErrorKind::NotFinite);
        assert_eq!(spoil(&|c| c.target_seed = bad_id), ErrorKind::InvalidId);
        assert_eq!(spoil(&|c| c.target_slot = unpadded), ErrorKind::InvalidId);
        assert_eq!(spoil(&|c| c.blueprint = bad_id), ErrorKind::InvalidId);
        assert_eq!(spoil(&|c| c.blueprint = Id::EMPTY), ErrorKind::InvalidArgument);
        assert_eq!(spoil(&|c| c.present |= 1 << 31), ErrorKind::OutOfRange);
        assert_eq!(spoil(&|c| c.reserved = 1), ErrorKind::OutOfRange);
        // Present and bad, or absent and not zero.
        for bit in [0, AdaptationCommand::ALPHA] {
            let expected = [ErrorKind::OutOfRange, ErrorKind::NotFinite][usize::from(bit != 0)];
            let spoilt = spoil(&|c| {
                c.present |= bit;
                c.alpha = f32::NAN;
            });
            assert_eq!(spoilt, expected);
        }
        for bit in [0, AdaptationCommand::LEARNING_RATE] {
            let spoilt = spoil(&|c| {
                c.present |= bit;
                c.learning_rate = -1.0;
            });
            assert_eq!(spoilt, ErrorKind::OutOfRange);
        }
        for bit in [AdaptationCommand::TARGET_STAGE, AdaptationCommand::BLUEPRINT, AdaptationCommand::ACTION]
        {
            assert_eq!(spoil(&|c| c.present &= !bit), ErrorKind::OutOfRange);
        }
        let junk: AdaptationCommand = bytemuck::cast([0xff_u8; 248]);
        assert!(junk.check().is_err());
        assert!(!format!("{junk:?}").is_empty());
    }

    #[test]
    fn a_decision_refuses_what_is_not_finite() {
        let decision = Decision::new(9, 1, 0, 5)
            .with_confidence(0.75)
            .and_then(|d| d.with_estimates(-3.5, -0.1))
            .unwrap();
        decision.check().unwrap();
        assert_eq!(kind(decision.with_confidence(1.5)), ErrorKind::OutOfRange);
        assert_eq!(kind(decision.with_estimates(f32::NAN, 0.0)), ErrorKind::NotFinite);
        assert_eq!(kind(decision.with_estimates(0.0, f32::NEG_INFINITY)), ErrorKind::NotFinite);
        for spoil in [
            |d: &mut Decision| d.confidence = f32::NAN,
            |d: &mut Decision| d.value_estimate = f32::INFINITY,
            |d: &mut Decision| d.log_probability = f32::NAN,
        ] {
            let mut bad = decision;
            spoil(&mut bad);
            assert_eq!(kind(bad.check()), ErrorKind::NotFinite);
        }
        for fine in [-0.0, f32::MIN_POSITIVE, 1.0] {
            Decision { confidence: fine, value_estimate: -f32::MAX, ..decision }.check().unwrap();
        }
        for bad in [-f32::MIN_POSITIVE, 1.0f32.next_up()] {
            assert_eq!(kind(Decision { confidence: bad, ..decision }.check()), ErrorKind::OutOfRange);
        }
    }

    fn verdict() -> GateVerdict {
        GateVerdict { gate: GateLevel::G3, passed: false, score: 0.5, checks: Vec::new() }
    }

    fn full_outcome() -> CommandOutcome {
        let mut command = germinate();
        command.id = [7; 16];
        let metrics =
            SeedMetrics { epochs_total: 4, current_accuracy: 61.5, alpha: 0.5, ..SeedMetrics::default() };
        CommandOutcome::rejected(&command, 99, OutcomeCode::Gate, "alpha 0.5 of 0.95")
            .with_stages(SeedStage::Blending, SeedStage::Blending)
            .with_gate(&verdict())
            .with_metrics(metrics, Id::new("seed_0").unwrap())
    }

    #[test]
    fn an_outcome_names_its_command_and_says_what_happened() {
        let outcome = full_outcome();
        outcome.check().unwrap();
        assert_eq!((outcome.command_id, outcome.command_sequence), ([7; 16], 99));
        assert_eq!((outcome.observation_sequence, outcome.writer_generation, outcome.env), (17, 2, 3));
        assert_eq!(outcome.status().unwrap(), OutcomeStatus::Rejected);
        assert_eq!(outcome.code().unwrap(), OutcomeCode::Gate);
        assert_eq!(outcome.stages().unwrap(), Some((SeedStage::Blending, SeedStage::Blending)));
        assert_eq!(outcome.gate().unwrap(), Some(verdict()));
        assert_eq!(outcome.seed(), Some(Id::new("seed_0").unwrap()));
        assert_eq!(outcome.metrics().unwrap().current_accuracy, 61.5);
        assert_eq!(outcome.text.to_string(), "alpha 0.5 of 0.95");

        let bare = CommandOutcome::executed(&germinate(), 1);
        bare.check().unwrap();
        assert_eq!((bare.stages().unwrap(), bare.gate().unwrap()), (None, None));
        assert_eq!((bare.seed(), bare.metrics()), (None, None));
    }

    #[test]
    fn only_accepted_leaves_an_answer_to_come() {
        let command = germinate();
        for outcome in [
            CommandOutcome::accepted(&command, 1),
            CommandOutcome::executed(&command, 1),
            CommandOutcome::rejected(&command, 1, OutcomeCode::Stale, ""),
            CommandOutcome::failed(&command, 1, OutcomeCode::Internal, ""),
        ] {
            outcome.check().unwrap();
            let status = outcome.status().unwrap();
            assert_eq!(status.is_final(), status != OutcomeStatus::Accepted);
        }
    }

    #[test]
    fn a_malformed_command_can_be_answered() {
        let junk: AdaptationCommand = bytemuck::cast([0xff_u8; 248]);
        let outcome = CommandOutcome::rejected(&junk, 5, OutcomeCode::Malformed, &"é".repeat(40));
        outcome.check().unwrap();
        assert_eq!(outcome.command_id, [0xff; 16]);
        assert!(outcome.text_cut());
        assert!(!outcome.with_text("short").text_cut());
    }

    #[test]
    fn a_hostile_outcome_is_an_error() {
        let spoil = |f: &dyn Fn(&mut CommandOutcome)| {
            let mut outcome = full_outcome();
            f(&mut outcome);
            kind(outcome.check())
        };
        assert_eq!(spoil(&|o| o.status = 0), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.status = 5), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.code = 13), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.code = 0), ErrorKind::InvalidArgument);
        assert_eq!(spoil(&|o| o.status = 2), ErrorKind::InvalidArgument);
        assert_eq!(spoil(&|o| o.stage_before = 11), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.stage_after = 255), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.gate = 6), ErrorKind::InvalidEnum);
        assert_eq!(spoil(&|o| o.gate_passed = 2), ErrorKind::OutOfRange);
        assert_eq!(spoil(&|o| o.gate_score = f32::NAN), ErrorKind::NotFinite);
        assert_eq!(spoil(&|o| o.gate_score = 1.5), ErrorKind::OutOfRange);
        assert_eq!(spoil(&|o| o.metrics.alpha = f32::NAN), ErrorKind::NotFinite);
        assert_eq!(spoil(&|o| o.seed = Id::EMPTY), ErrorKind::InvalidArgument);
        assert_eq!(spoil(&|o| o.seed = bytemuck::cast([0xff_u8; 40])), ErrorKind::InvalidId);
        assert_eq!(spoil(&|o| o.present |= 1 << 5), ErrorKind::OutOfRange);
        assert_eq!(spoil(&|o| o.reserved[6] = 1), ErrorKind::OutOfRange);
        for bit in [CommandOutcome::GATE, CommandOutcome::METRICS, CommandOutcome::STAGES] {
            assert_eq!(spoil(&|o| o.present &= !bit), ErrorKind::OutOfRange);
        }
        assert_eq!(spoil(&|o| o.present &= !CommandOutcome::SEED), ErrorKind::InvalidArgument);
        let junk: CommandOutcome = bytemuck::cast([0xff_u8; 224]);
        assert!(junk.check().is_err());
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
