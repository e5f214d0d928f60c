// C header: contract
//! Commands: the only records that act on a trainer.

use crate::base::error::Result;
use crate::contract::stage::{CommandType, RiskLevel, SeedStage};
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, U32_MAX, id_named, missing, positive};
use crate::schema::id::{Id, Text};

record! {
    /// The only thing that acts on the trainer. Lossless, answered by a
    /// [`CommandOutcome`](crate::contract::outcome::CommandOutcome).
    pub struct AdaptationCommand as "adaptation_command" version 1 {
        /// UUID; zero until it is sent.
        id: [u8; 16], "uuid", 0.0, 255.0;
        /// Time it was made: nanoseconds since the Unix epoch; 0 until it is sent.
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The sequence of the observation it answers; 0 if it answers none.
        observation_sequence: u64, "-", 0.0, f64::INFINITY;
        /// The generation of that observation's writer; 0 if it answers none or that is unknown.
        writer_generation: u64, "-", 0.0, f64::INFINITY;
        /// The seed; empty means the one that the observation describes. On GERMINATE the name of
        /// the new seed; empty means that the trainer names it.
        target_seed: Id;
        /// The seed slot; empty on GERMINATE means the lowest free one.
        target_slot: Id;
        /// The blueprint, with [`BLUEPRINT`](Self::BLUEPRINT).
        blueprint: Id, if BLUEPRINT, try with_blueprint(&str);
        /// Reason for people; cut if [`REASON_CUT`](Self::REASON_CUT).
        reason: Text, cut REASON_CUT by with_reason, reason_cut;
        /// Blending weight 0 to 1, with [`ALPHA`](Self::ALPHA).
        alpha: f32, "-", 0.0, 1.0, if ALPHA, try with_alpha(f32);
        /// Learning rate, finite and above 0, with [`LEARNING_RATE`](Self::LEARNING_RATE).
        learning_rate: f32, "-", 0.0, F32_MAX, if LEARNING_RATE;
        /// Confidence of the policy, 0 to 1.
        confidence: f32, "-", 0.0, 1.0, default 1.0, try with_confidence(f32);
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, U32_MAX;
        /// Index into the link's action space, with [`ACTION`](Self::ACTION).
        action: u16, "action", 0.0, U16_MAX, if ACTION, set with_action(u16);
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
        /// A [`CommandType`].
        command_type: u8 as CommandType;
        /// A [`SeedStage`], with [`TARGET_STAGE`](Self::TARGET_STAGE).
        target_stage: u8 as SeedStage, if TARGET_STAGE, set with_target_stage(SeedStage);
        /// A [`RiskLevel`].
        risk: u8 as RiskLevel, default RiskLevel::Green.value(), set with_risk(RiskLevel);
        /// 0.
        reserved: u8;
    }
    present {
        /// There is an alpha.
        ALPHA = 0;
        /// There is a learning rate.
        LEARNING_RATE = 1;
        /// There is a target stage.
        TARGET_STAGE = 2;
        /// There is a blueprint.
        BLUEPRINT = 3;
        /// There is an action index.
        ACTION = 4;
        /// The reason was longer than its field.
        REASON_CUT = 5;
    }
    rules of_its_type
}

impl AdaptationCommand {
    /// Makes a command with confidence 1, risk GREEN and nothing optional.
    pub fn new(command_type: CommandType) -> Self {
        Self { command_type: command_type.value(), ..Self::default() }
    }

    /// Makes it the answer to an observation.
    #[must_use]
    pub const fn answering(mut self, observation_sequence: u64, writer_generation: u64, env: u16) -> Self {
        self.observation_sequence = observation_sequence;
        self.writer_generation = writer_generation;
        self.env = env;
        self
    }

    /// Sets the learning rate, finite and above 0.
    pub fn with_learning_rate(mut self, learning_rate: f32) -> Result<Self> {
        self.learning_rate = positive("learning_rate", learning_rate)?;
        self.present |= Self::LEARNING_RATE;
        Ok(self)
    }

    /// Sets the seed: at most 39 bytes; empty means the one that the observation describes.
    pub fn with_target_seed(mut self, seed: &str) -> Result<Self> {
        self.target_seed = id_named("target_seed", seed)?;
        Ok(self)
    }

    /// Sets the seed slot: at most 39 bytes; empty on GERMINATE means the lowest free one.
    pub fn with_target_slot(mut self, slot: &str) -> Result<Self> {
        self.target_slot = id_named("target_slot", slot)?;
        Ok(self)
    }

    /// Refuses a command without what its type needs: a blueprint for GERMINATE, a target stage for
    /// ADVANCE_STAGE, an alpha for SET_ALPHA, a learning rate for SET_LEARNING_RATE. Does not ask
    /// if the seed can do it.
    fn of_its_type(&self) -> Result<()> {
        let command_type = self.command_type()?;
        let (bit, field) = match command_type {
            CommandType::Germinate => (Self::BLUEPRINT, "blueprint"),
            CommandType::AdvanceStage => (Self::TARGET_STAGE, "target_stage"),
            CommandType::SetAlpha => (Self::ALPHA, "alpha"),
            CommandType::SetLearningRate => (Self::LEARNING_RATE, "learning_rate"),
            _ => (0, ""),
        };
        if self.present & bit != bit {
            return Err(missing(field, command_type));
        }
        self.learning_rate().map_or(Ok(()), |rate| positive("learning_rate", rate).map(drop))
    }
}
