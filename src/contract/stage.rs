// C header: contract
//! The eleven stages of a seed, the gates between them, and what a command may ask for.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::enumeration::numbered;

/// The stage of a seed in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SeedStage {
    /// Not known.
    Unknown = 0,
    /// The seed slot is empty.
    Dormant = 1,
    /// Attached to its seed slot and sane.
    Germinated = 2,
    /// Trains, isolated from the host.
    Training = 3,
    /// Its alpha goes from 0 to 1.
    Blending = 4,
    /// Compared with the host, not felt by it.
    Shadowing = 5,
    /// The last validation.
    Probationary = 6,
    /// Permanent part of the host.
    Fossilized = 7,
    /// Taken out.
    Culled = 8,
    /// Its seed slot cools down.
    Embargoed = 9,
    /// Its seed slot is cleaned up.
    Resetting = 10,
}

numbered!(SeedStage: u8, "seed stage" {
    Unknown "UNKNOWN", Dormant "DORMANT", Germinated "GERMINATED", Training "TRAINING", Blending "BLENDING",
    Shadowing "SHADOWING", Probationary "PROBATIONARY", Fossilized "FOSSILIZED", Culled "CULLED",
    Embargoed "EMBARGOED", Resetting "RESETTING",
});

impl SeedStage {
    /// Returns the stages that a seed may go to from here.
    pub const fn successors(self) -> &'static [Self] {
        match self {
            Self::Unknown | Self::Resetting => &[Self::Dormant],
            Self::Dormant => &[Self::Germinated],
            Self::Germinated => &[Self::Training, Self::Culled],
            Self::Training => &[Self::Blending, Self::Culled],
            Self::Blending => &[Self::Shadowing, Self::Culled],
            Self::Shadowing => &[Self::Probationary, Self::Culled],
            Self::Probationary => &[Self::Fossilized, Self::Culled],
            Self::Fossilized => &[],
            Self::Culled => &[Self::Embargoed],
            Self::Embargoed => &[Self::Resetting],
        }
    }

    /// Returns true if a seed may go from here to `target`. No stage may go to itself.
    pub fn can_go_to(self, target: Self) -> bool {
        self.successors().contains(&target)
    }

    /// Returns true if the seed computes: TRAINING to FOSSILIZED.
    pub const fn is_active(self) -> bool {
        matches!(
            self,
            Self::Training | Self::Blending | Self::Shadowing | Self::Probationary | Self::Fossilized
        )
    }

    /// Returns true if the seed has been given up: CULLED to RESETTING.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Culled | Self::Embargoed | Self::Resetting)
    }

    /// Returns true if no stage follows: FOSSILIZED.
    pub const fn is_terminal(self) -> bool {
        self.successors().is_empty()
    }

    /// Returns true if a seed is alive in its seed slot, as HAS_ACTIVE_SEED says: GERMINATED to
    /// PROBATIONARY.
    pub const fn is_alive_in_slot(self) -> bool {
        matches!(
            self,
            Self::Germinated | Self::Training | Self::Blending | Self::Shadowing | Self::Probationary
        )
    }
}

/// An operation on a seed; each leads to one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SeedOperation {
    /// To GERMINATED.
    Germinate = 1,
    /// To TRAINING.
    StartTraining = 2,
    /// To BLENDING.
    StartBlending = 3,
    /// To SHADOWING.
    StartShadowing = 4,
    /// To PROBATIONARY.
    StartProbation = 5,
    /// To FOSSILIZED.
    Fossilize = 6,
    /// To CULLED.
    Cull = 7,
    /// To EMBARGOED.
    Embargo = 8,
    /// To RESETTING.
    Reset = 9,
}

numbered!(SeedOperation: u8, "seed operation" {
    Germinate "GERMINATE", StartTraining "START_TRAINING", StartBlending "START_BLENDING",
    StartShadowing "START_SHADOWING", StartProbation "START_PROBATION", Fossilize "FOSSILIZE", Cull "CULL",
    Embargo "EMBARGO", Reset "RESET",
});

impl SeedOperation {
    /// Returns the stage it leads to.
    pub const fn target_stage(self) -> SeedStage {
        match self {
            Self::Germinate => SeedStage::Germinated,
            Self::StartTraining => SeedStage::Training,
            Self::StartBlending => SeedStage::Blending,
            Self::StartShadowing => SeedStage::Shadowing,
            Self::StartProbation => SeedStage::Probationary,
            Self::Fossilize => SeedStage::Fossilized,
            Self::Cull => SeedStage::Culled,
            Self::Embargo => SeedStage::Embargoed,
            Self::Reset => SeedStage::Resetting,
        }
    }
}

/// The gates; each guards the entry to one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum GateLevel {
    /// Into GERMINATED.
    G0 = 0,
    /// Into TRAINING.
    G1 = 1,
    /// Into BLENDING.
    G2 = 2,
    /// Into SHADOWING.
    G3 = 3,
    /// Into PROBATIONARY.
    G4 = 4,
    /// Into FOSSILIZED.
    G5 = 5,
}

numbered!(GateLevel: u8, "gate" { G0 "G0", G1 "G1", G2 "G2", G3 "G3", G4 "G4", G5 "G5" });

impl GateLevel {
    /// Returns the stage whose entry it guards.
    pub const fn guards(self) -> SeedStage {
        match self {
            Self::G0 => SeedStage::Germinated,
            Self::G1 => SeedStage::Training,
            Self::G2 => SeedStage::Blending,
            Self::G3 => SeedStage::Shadowing,
            Self::G4 => SeedStage::Probationary,
            Self::G5 => SeedStage::Fossilized,
        }
    }

    /// Returns the gate into a stage; `None` where entry is free.
    pub fn for_entry_to(stage: SeedStage) -> Option<Self> {
        Self::ALL.iter().copied().find(|gate| gate.guards() == stage)
    }
}

/// The risk that a command puts the run to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RiskLevel {
    /// None to speak of; the default.
    #[default]
    Green = 1,
    /// Some.
    Yellow = 2,
    /// Work is lost if it was wrong.
    Orange = 3,
    /// The run may suffer.
    Red = 4,
    /// The run may be lost.
    Critical = 5,
}

numbered!(RiskLevel: u8, "risk level" {
    Green "GREEN", Yellow "YELLOW", Orange "ORANGE", Red "RED", Critical "CRITICAL",
});

/// The request of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CommandType {
    /// Plant a seed of the blueprint that the command names.
    Germinate = 1,
    /// Take the seed to the stage that the command names.
    AdvanceStage = 2,
    /// Take the seed out.
    Cull = 3,
    /// Set the blending weight that the command carries.
    SetAlpha = 4,
    /// Set the learning rate that the command carries.
    SetLearningRate = 5,
    /// Stop training the seed, keep it.
    PauseSeed = 6,
    /// Go on training the seed.
    ResumeSeed = 7,
    /// Report the seed's state.
    RequestState = 8,
}

numbered!(CommandType: u8, "command type" {
    Germinate "GERMINATE", AdvanceStage "ADVANCE_STAGE", Cull "CULL", SetAlpha "SET_ALPHA",
    SetLearningRate "SET_LEARNING_RATE", PauseSeed "PAUSE_SEED", ResumeSeed "RESUME_SEED",
    RequestState "REQUEST_STATE",
});

/// One condition of a gate, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateCheck {
    /// The metric that was checked, such as `epochs_in_stage`.
    pub name: &'static str,
    /// The condition held.
    pub passed: bool,
    /// The value needed, such as `>= 3`.
    pub needed: String,
    /// The value found.
    pub found: String,
}

/// The verdict of a gate on a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct GateVerdict {
    /// The gate.
    pub gate: GateLevel,
    /// The seed may pass: every check held.
    pub passed: bool,
    /// The score of the seed, 0 to 1; a gate may fail at any score.
    pub score: f32,
    /// Its conditions, in the gate's order; empty in a verdict read back from a
    /// [`CommandOutcome`](crate::contract::outcome::CommandOutcome), which has no room for them.
    pub checks: Vec<GateCheck>,
}

impl GateVerdict {
    /// Returns the verdict if the gate passed, else [`ErrorKind::GateFailed`] with the gate, the
    /// score, and the needs and findings of the failed checks.
    pub fn into_result(self) -> Result<Self> {
        if self.passed {
            return Ok(self);
        }
        let failed = |of: fn(&GateCheck) -> &str| {
            let said: Vec<_> =
                self.checks.iter().filter(|c| !c.passed).map(|c| format!("{} {}", c.name, of(c))).collect();
            said.join(", ")
        };
        Err(Error::new(ErrorKind::GateFailed)
            .about(format!("{} into {}, score {:.3}", self.gate, self.gate.guards(), self.score))
            .expected_found(failed(|c| &c.needed), failed(|c| &c.found)))
    }
}
