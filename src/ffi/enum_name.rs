// C header: base
//! The names of the enumerations' values.

use super::boundary::string::interned;
use super::enumerations::{
    leyline_access, leyline_action, leyline_commit, leyline_fate, leyline_field, leyline_health,
    leyline_listed, leyline_on_close, leyline_opened, leyline_pages, leyline_peer, leyline_policy,
    leyline_prefault, leyline_record, leyline_start, leyline_time_source, leyline_trust, leyline_wait,
};
use super::normalizer::leyline_task;
use crate::contract::enumerations::ENUMERATIONS;
use crate::handle::wait_any::News;
use crate::link::RingKind;
use std::ffi::c_char;

/// The enumerations.
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
    /// leyline_trust
    Trust = 12,
    /// leyline_access
    Access = 13,
    /// leyline_on_close
    OnClose = 14,
    /// leyline_prefault
    Prefault = 15,
    /// leyline_pages
    Pages = 16,
    /// leyline_opened
    Opened = 17,
    /// leyline_policy
    Policy = 18,
    /// leyline_time_source
    TimeSource = 19,
    /// leyline_wait
    Wait = 20,
    /// leyline_commit
    Commit = 21,
    /// leyline_start
    Start = 22,
    /// leyline_peer
    Peer = 23,
    /// leyline_listed
    Listed = 24,
    /// leyline_field
    Field = 25,
    /// leyline_record
    Record = 26,
    /// leyline_action
    Action = 27,
    /// leyline_fate
    Fate = 28,
    /// leyline_health
    Health = 29,
    /// leyline_news
    News = 30,
    /// leyline_ring_kind
    RingKind = 31,
    /// leyline_task
    Task = 32,
}

/// Returns the name of an enumeration's value, such as "BLENDING".
///
/// @param enumeration  a leyline_enum
/// @return             a static string; NULL: no such value
#[unsafe(no_mangle)]
pub extern "C" fn leyline_enum_name(enumeration: u32, value: u32) -> *const c_char {
    let at = NUMBERS.iter().position(|number| *number as u32 == enumeration);
    let name = at.map_or_else(|| own_name(enumeration, value), |at| ENUMERATIONS[at].name_of(value));
    name.map_or(std::ptr::null(), interned)
}

/// The name of a value of an enumeration that has no names in Rust.
macro_rules! named {
    ($value:ident, $e:ident: $($variant:ident $name:literal)+) => {
        match $value {
            $(n if n == $e::$variant as u32 => Some($name),)+
            _ => None,
        }
    };
}

/// Returns the name of a value of an enumeration that is not the contract's.
fn own_name(enumeration: u32, value: u32) -> Option<&'static str> {
    match enumeration {
        n if n == leyline_enum::Trust as u32 => named!(value, leyline_trust: Owner "OWNER" Anyone "ANYONE"),
        n if n == leyline_enum::Access as u32 => {
            named!(value, leyline_access: ReadWrite "READ_WRITE" ReadOnly "READ_ONLY")
        }
        n if n == leyline_enum::OnClose as u32 => {
            named!(value, leyline_on_close: Keep "KEEP" Unlink "UNLINK")
        }
        n if n == leyline_enum::Prefault as u32 => {
            named!(value, leyline_prefault: Opened "OPENED" Everything "EVERYTHING" WhenTouched "WHEN_TOUCHED")
        }
        n if n == leyline_enum::Pages as u32 => named!(value, leyline_pages: Usual "USUAL" Huge "HUGE"),
        n if n == leyline_enum::Opened as u32 => {
            named!(value, leyline_opened: Created "CREATED" Attached "ATTACHED" Recreated "RECREATED")
        }
        n if n == leyline_enum::Policy as u32 => named!(value, leyline_policy: Keep "KEEP" Release "RELEASE"),
        n if n == leyline_enum::TimeSource as u32 => {
            named!(value, leyline_time_source: Tsc "TSC" Clock "CLOCK" Batch "BATCH" Caller "CALLER")
        }
        n if n == leyline_enum::Wait as u32 => {
            named!(value, leyline_wait: Spin "SPIN" SpinThenYield "SPIN_THEN_YIELD" SpinThenSleep "SPIN_THEN_SLEEP")
        }
        n if n == leyline_enum::Commit as u32 => named!(value, leyline_commit: Manual "MANUAL" Auto "AUTO"),
        n if n == leyline_enum::Start as u32 => {
            named!(value, leyline_start: Oldest "OLDEST" Newest "NEWEST" Now "NOW" At "AT")
        }
        n if n == leyline_enum::Peer as u32 => {
            named!(value, leyline_peer: Never "NEVER" Held "HELD" Closed "CLOSED" Died "DIED" Superseded "SUPERSEDED" Failed "FAILED")
        }
        n if n == leyline_enum::Listed as u32 => {
            named!(value, leyline_listed: Segment "SEGMENT" Debris "DEBRIS" InProgress "IN_PROGRESS")
        }
        n if n == leyline_enum::Field as u32 => {
            named!(value, leyline_field: U8 "U8" U16 "U16" U32 "U32" U64 "U64" I64 "I64" F32 "F32" Utf8 "UTF8" I8 "I8" I16 "I16" I32 "I32" F64 "F64")
        }
        n if n == leyline_enum::Record as u32 => {
            named!(value, leyline_record: Observation "OBSERVATION" Decision "DECISION" AdaptationCommand "ADAPTATION_COMMAND" CommandOutcome "COMMAND_OUTCOME" TrainingSignals "TRAINING_SIGNALS" SeedMetrics "SEED_METRICS" TrainingMetrics "TRAINING_METRICS" SeedTelemetry "SEED_TELEMETRY" SeedStateReport "SEED_STATE_REPORT" GateResult "GATE_RESULT" FieldReport "FIELD_REPORT" TelemetryEvent "TELEMETRY_EVENT" BlueprintSpec "BLUEPRINT_SPEC" PerformanceBudgets "PERFORMANCE_BUDGETS" CommandAnnotation "COMMAND_ANNOTATION" Id "ID" Task "TASK" GateThresholds "GATE_THRESHOLDS")
        }
        n if n == leyline_enum::Action as u32 => {
            named!(value, leyline_action: Wait "WAIT" Germinate "GERMINATE" Fossilize "FOSSILIZE" Cull "CULL")
        }
        n if n == leyline_enum::Fate as u32 => {
            named!(value, leyline_fate: Copied "COPIED" Converted "CONVERTED" Defaulted "DEFAULTED" Dropped "DROPPED")
        }
        n if n == leyline_enum::Health as u32 => {
            named!(value, leyline_health: Healthy "HEALTHY" Unhealthy "UNHEALTHY")
        }
        n if n == leyline_enum::News as u32 => {
            named!(value, News: None "NONE" Readable "READABLE" Closed "CLOSED" Died "DIED" Superseded "SUPERSEDED" Failed "FAILED")
        }
        n if n == leyline_enum::RingKind as u32 => {
            named!(value, RingKind: User "USER" Observations "OBSERVATIONS" Decisions "DECISIONS" Commands "COMMANDS" Outcomes "OUTCOMES" Reports "REPORTS")
        }
        n if n == leyline_enum::Task as u32 => {
            named!(value, leyline_task: Cifar10 "CIFAR10" Tinystories "TINYSTORIES")
        }
        _ => None,
    }
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
