// C header: base
//! The names of the enumerations' values.

use super::boundary::string::interned;
use crate::contract::enumerations::ENUMERATIONS;
use std::ffi::c_char;

/// The enumerations whose values have names.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum leyline_enum {
    /// leyline_seed_stage
    SeedStage = 1,
    /// leyline_seed_operation
    SeedOperation = 2,
    /// leyline_gate
    Gate = 3,
    /// leyline_risk
    Risk = 4,
    /// leyline_command_type
    CommandType = 5,
    /// leyline_outcome_status
    OutcomeStatus = 6,
    /// leyline_outcome_code
    OutcomeCode = 7,
    /// leyline_event_type
    EventType = 8,
    /// leyline_severity
    Severity = 9,
    /// leyline_budget
    Budget = 10,
    /// leyline_feature
    Feature = 11,
}

/// Returns the name of an enumeration's value, as the contract has it.
///
/// @param enumeration  a leyline_enum
/// @return             a static string; NULL: no such value
#[unsafe(no_mangle)]
pub extern "C" fn leyline_enum_name(enumeration: u32, value: u32) -> *const c_char {
    let at = NUMBERS.iter().position(|number| *number as u32 == enumeration);
    at.and_then(|at| ENUMERATIONS[at].name_of(value)).map_or(std::ptr::null(), interned)
}

/// The numbers of the contract's enumerations, in the order of its list.
const NUMBERS: [leyline_enum; ENUMERATIONS.len()] = {
    use leyline_enum as E;
    [
        E::SeedStage,
        E::SeedOperation,
        E::Gate,
        E::Risk,
        E::CommandType,
        E::OutcomeStatus,
        E::OutcomeCode,
        E::EventType,
        E::Severity,
        E::Budget,
        E::Feature,
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_places_in_the_contracts_list() {
        let names = [
            "SeedStage",
            "SeedOperation",
            "GateLevel",
            "RiskLevel",
            "CommandType",
            "OutcomeStatus",
            "OutcomeCode",
            "EventType",
            "Severity",
            "Budget",
            "Feature",
        ];
        assert_eq!(ENUMERATIONS.map(|e| e.name), names);
        assert_eq!(NUMBERS.map(|n| n as usize), std::array::from_fn(|i| i + 1));
    }
}
