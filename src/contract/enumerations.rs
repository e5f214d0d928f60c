//! Every enumeration of the contract, once.

use crate::contract::budgets::Budget;
use crate::contract::observation::Feature;
use crate::contract::outcome::{OutcomeCode, OutcomeStatus};
use crate::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use crate::contract::telemetry::{EventType, Severity};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_name_and_a_number_of_its_own() {
        for e in ENUMERATIONS {
            assert!(e.values.is_sorted_by(|a, b| a.0 < b.0), "{}", e.name);
            for (number, name) in e.values {
                assert_eq!(e.name_of(*number), Some(*name));
                assert_eq!(e.values.iter().filter(|(_, other)| other == name).count(), 1, "{name}");
            }
            assert_eq!(e.name_of(u32::MAX), None);
        }
        assert_eq!(enumeration("GateLevel").unwrap().name_of(5), Some("G5"));
        assert_eq!(enumeration("Feature").unwrap().name_of(26), Some("AVAILABLE_SLOTS"));
        assert_eq!(enumeration("flag"), None);
    }
}
