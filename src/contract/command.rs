// C header: contract
//! Commands: the only records that act on a trainer.

use crate::base::error::Result;
use crate::contract::stage::{CommandType, RiskLevel, SeedStage};
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, U32_MAX, cut_text, id_named, missing, positive};
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
        /// The seed; empty means the one that the observation describes.
        target_seed: Id;
        /// The seed slot; empty on GERMINATE means the lowest free one.
        target_slot: Id;
        /// The blueprint, with [`BLUEPRINT`](Self::BLUEPRINT).
        blueprint: Id, if BLUEPRINT, try with_blueprint(&str);
        /// Reason for people; cut if [`REASON_CUT`](Self::REASON_CUT).
        reason: Text;
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

    /// Sets the reason, for people; longer than 63 bytes it is cut and flagged.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        (self.reason, self.present) = cut_text(reason, self.present, Self::REASON_CUT);
        self
    }

    /// Returns true if the reason was longer than its field.
    pub const fn reason_cut(&self) -> bool {
        self.present & Self::REASON_CUT != 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;

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
        assert_eq!(kind(command.with_blueprint("")), ErrorKind::InvalidId);

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
        let still = AdaptationCommand::new(CommandType::SetLearningRate).with_learning_rate(1.0).unwrap();
        assert_eq!(kind(AdaptationCommand { learning_rate: 0.0, ..still }.check()), ErrorKind::OutOfRange);
    }
}
