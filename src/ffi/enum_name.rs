// C header: base
//! The names of the enumerations' values.

use super::boundary::interned;
use crate::base::error::Result;
use crate::contract::budgets::Budget;
use crate::contract::observation::Feature;
use crate::contract::outcome::{OutcomeCode, OutcomeStatus};
use crate::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use crate::contract::telemetry::{EventType, Severity};
use std::ffi::c_char;

/// The enumerations whose values have names.
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
    find(enumeration, value).map_or(std::ptr::null(), |name| name.map_or(std::ptr::null(), interned))
}

fn find(enumeration: u32, value: u32) -> Option<Result<&'static str>> {
    Some(match enumeration {
        n if n == leyline_enum::SeedStage as u32 => SeedStage::from_value(value).map(SeedStage::name),
        n if n == leyline_enum::SeedOperation as u32 => {
            SeedOperation::from_value(value).map(SeedOperation::name)
        }
        n if n == leyline_enum::Gate as u32 => GateLevel::from_value(value).map(GateLevel::name),
        n if n == leyline_enum::Risk as u32 => RiskLevel::from_value(value).map(RiskLevel::name),
        n if n == leyline_enum::CommandType as u32 => CommandType::from_value(value).map(CommandType::name),
        n if n == leyline_enum::OutcomeStatus as u32 => {
            OutcomeStatus::from_value(value).map(OutcomeStatus::name)
        }
        n if n == leyline_enum::OutcomeCode as u32 => OutcomeCode::from_value(value).map(OutcomeCode::name),
        n if n == leyline_enum::EventType as u32 => EventType::from_value(value).map(EventType::name),
        n if n == leyline_enum::Severity as u32 => Severity::from_value(value).map(Severity::name),
        n if n == leyline_enum::Budget as u32 => Budget::from_value(value).map(Budget::name),
        n if n == leyline_enum::Feature as u32 => Feature::from_index(value as usize).map(Feature::name),
        _ => return None,
    })
}
