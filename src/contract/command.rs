// C header: contract
//! Commands: the only records that act on a trainer.

use crate::base::error::Result;
use crate::contract::stage::{CommandType, RiskLevel, SeedStage};
use crate::schema::check::{
    F32_MAX, U16_MAX, U32_MAX, fraction, id_named, known_bits, missing, must_be_zero, positive, whole_id,
};
use crate::schema::id::{Id, Text};

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
}
