//! Every enumeration of the contract, once.

use crate::contract::outcome::{OutcomeCode, OutcomeStatus};
use crate::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use crate::contract::telemetry::{EventType, Severity};
use crate::contract::{budgets::Budget, observation::Feature};
use crate::schema::enumeration::Enumeration;

/// The enumerations in the order of their numbers in C, which begin at 1.
pub const ENUMERATIONS: [Enumeration; 11] = [
    SeedStage::ENUMERATION,
    SeedOperation::ENUMERATION,
    GateLevel::ENUMERATION,
    RiskLevel::ENUMERATION,
    CommandType::ENUMERATION,
    OutcomeStatus::ENUMERATION,
    OutcomeCode::ENUMERATION,
    EventType::ENUMERATION,
    Severity::ENUMERATION,
    Budget::ENUMERATION,
    Feature::ENUMERATION,
];

/// Returns the enumeration of a name; `None` if the contract has none of that name.
pub fn enumeration(name: &str) -> Option<Enumeration> {
    ENUMERATIONS.into_iter().find(|e| e.name == name)
}
