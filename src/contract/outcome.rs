// C header: contract
//! Outcomes: how far a trainer got with a command, and why no further.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::contract::{command::AdaptationCommand, seed_metrics::SeedMetrics};
use crate::record;
use crate::schema::check::{U16_MAX, U32_MAX, fraction};
use crate::schema::enumeration::numbered;
use crate::schema::id::{Id, Text};

/// The progress of the trainer with a command.
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
    /// Returns true if no other outcome of that command follows.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Accepted)
    }
}

/// The reason that a command was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum OutcomeCode {
    /// The command was executed.
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
    /// There is no such seed slot.
    UnknownSlot = 7,
    /// Every seed slot holds a seed.
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
    None "NONE", Masked "MASKED", IllegalStage "ILLEGAL_STAGE", Gate "GATE", UnknownSeed "UNKNOWN_SEED",
    UnknownBlueprint "UNKNOWN_BLUEPRINT", Stale "STALE", UnknownSlot "UNKNOWN_SLOT",
    NoFreeSlot "NO_FREE_SLOT", Malformed "MALFORMED", UnknownAction "UNKNOWN_ACTION",
    Unsupported "UNSUPPORTED", Internal "INTERNAL",
});

record! {
    /// The trainer's answer to an [`AdaptationCommand`]. Lossless.
    pub struct CommandOutcome as "command_outcome" version 1 {
        /// The command's id.
        command_id: [u8; 16], "uuid", 0.0, 255.0;
        /// The sequence under which the command lay in its ring; from 1.
        command_sequence: u64, "-", 0.0, f64::INFINITY;
        /// The observation that the command answered; 0 if it answered none.
        observation_sequence: u64, "-", 0.0, f64::INFINITY;
        /// The generation of that observation's writer; 0 if it answered none or that is unknown.
        writer_generation: u64, "-", 0.0, f64::INFINITY;
        /// Time: nanoseconds since the Unix epoch; 0 until it is sent.
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed that the trainer resolved the command to, with [`SEED`](Self::SEED).
        seed: Id, if SEED;
        /// Text for people; cut if [`TEXT_CUT`](Self::TEXT_CUT).
        text: Text, cut TEXT_CUT by with_text, text_cut;
        /// The seed's figures after the command, with [`METRICS`](Self::METRICS).
        metrics: SeedMetrics, if METRICS;
        /// The deciding gate's score, 0 to 1, with [`GATE`](Self::GATE).
        gate_score: f32, "-", 0.0, 1.0, if GATE;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
        /// An [`OutcomeCode`]; NONE exactly when accepted or executed.
        code: u16 as OutcomeCode;
        /// An [`OutcomeStatus`].
        status: u8 as OutcomeStatus;
        /// The [`SeedStage`] before the command, with [`STAGES`](Self::STAGES).
        stage_before: u8 as SeedStage, if STAGES;
        /// The [`SeedStage`] after the command, with [`STAGES`](Self::STAGES).
        stage_after: u8 as SeedStage, if STAGES;
        /// The [`GateLevel`] that decided, with [`GATE`](Self::GATE).
        gate: u8 as GateLevel, if GATE;
        /// 1 if the gate passed, else 0, with [`GATE`](Self::GATE).
        gate_passed: u8, "flag", 0.0, 1.0, if GATE;
        /// 0.
        reserved: [u8; 7];
    }
    present {
        /// A gate decided.
        GATE = 0;
        /// There are metrics.
        METRICS = 1;
        /// There is a seed.
        SEED = 2;
        /// There are the stages before and after.
        STAGES = 3;
        /// The text was longer than its field.
        TEXT_CUT = 4;
    }
    rules code_where_one_belongs
}

impl CommandOutcome {
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
            ..Self::default()
        }
    }

    /// Answers that the command has been taken on; another outcome will follow.
    pub fn accepted(command: &AdaptationCommand, command_sequence: u64) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Accepted, OutcomeCode::None)
    }

    /// Answers that the command has been carried out.
    pub fn executed(command: &AdaptationCommand, command_sequence: u64) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Executed, OutcomeCode::None)
    }

    /// Answers that the command has not been begun, and nothing has changed. The code may be any
    /// but NONE.
    pub fn rejected(
        command: &AdaptationCommand,
        command_sequence: u64,
        code: OutcomeCode,
        text: &str,
    ) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Rejected, code).with_text(text)
    }

    /// Answers that the command has been begun and not finished. The code may be any but NONE.
    pub fn failed(command: &AdaptationCommand, command_sequence: u64, code: OutcomeCode, text: &str) -> Self {
        Self::answer(command, command_sequence, OutcomeStatus::Failed, code).with_text(text)
    }

    /// Sets the seed's stages before and after the command; the same twice if it did not move.
    #[must_use]
    pub const fn with_stages(mut self, before: SeedStage, after: SeedStage) -> Self {
        self.stage_before = before.value();
        self.stage_after = after.value();
        self.present |= Self::STAGES;
        self
    }

    /// Sets the verdict of the gate that decided; its checks do not travel.
    #[must_use]
    pub fn with_gate(mut self, verdict: &GateVerdict) -> Self {
        self.gate = verdict.gate.value();
        self.gate_passed = verdict.passed.into();
        self.gate_score = verdict.score;
        self.present |= Self::GATE;
        self
    }

    /// Sets the seed that the trainer resolved the command to; the empty id means none.
    #[must_use]
    pub fn with_seed(mut self, seed: Id) -> Self {
        self.seed = seed;
        self.present &= !Self::SEED;
        self.present |= if seed.is_empty() { 0 } else { Self::SEED };
        self
    }

    /// Sets the seed and its figures after the command.
    #[must_use]
    pub fn with_metrics(mut self, metrics: SeedMetrics, seed: Id) -> Self {
        self.metrics = metrics;
        self.present |= Self::METRICS;
        self.with_seed(seed)
    }

    /// Returns the seed's stages before and after the command, if known.
    pub fn stages(&self) -> Result<Option<(SeedStage, SeedStage)>> {
        Ok(self.stage_before()?.zip(self.stage_after()?))
    }

    /// Returns the verdict of the gate that decided, if one did; without its checks, which do not
    /// travel.
    pub fn verdict(&self) -> Result<Option<GateVerdict>> {
        let Some(gate) = self.gate()? else { return Ok(None) };
        let score = fraction("gate_score", self.gate_score)?;
        Ok(Some(GateVerdict { gate, passed: self.gate_passed != 0, score, checks: Vec::new() }))
    }

    /// Refuses a code where the command was done, and none where it was not.
    fn code_where_one_belongs(&self) -> Result<()> {
        let (status, code) = (self.status()?, self.code()?);
        let done = matches!(status, OutcomeStatus::Accepted | OutcomeStatus::Executed);
        if done == (code == OutcomeCode::None) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument)
            .about("code")
            .expected_found("NONE exactly when ACCEPTED or EXECUTED", format!("{status} with {code}")))
    }
}
