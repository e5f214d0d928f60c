// C header: contract
//! Outcomes: how far a trainer got with a command, and why no further.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::AdaptationCommand;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::schema::check::{U16_MAX, U32_MAX, fraction, known_bits, must_be_zero, whole_id};
use crate::schema::enumeration::numbered;
use crate::schema::id::{Id, Text};

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
    use crate::contract::stage::{CommandType, RiskLevel};

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
}
