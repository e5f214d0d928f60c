// C header: base
//! The names of the enumerations' values.

use super::boundary::string::c_string;
use super::enumerations::{
    Values, leyline_access, leyline_action, leyline_commit, leyline_fate, leyline_field, leyline_fossils,
    leyline_health, leyline_listed, leyline_name_state, leyline_on_close, leyline_on_signal, leyline_opened,
    leyline_pages, leyline_peer, leyline_policy, leyline_prefault, leyline_record, leyline_start,
    leyline_time_source, leyline_trust, leyline_wait, values,
};
use super::normalizer::leyline_task;
use crate::contract::enumerations::ENUMERATIONS;
use crate::handle::wait_any::News;
use crate::link::RingKind;
use std::ffi::{CString, c_char};
use std::{collections::BTreeMap, sync::LazyLock};

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
    /// leyline_name_state
    NameState = 33,
    /// leyline_fossils
    Fossils = 34,
    /// leyline_on_signal
    OnSignal = 35,
}

/// Returns the name of an enumeration's value, such as "BLENDING".
///
/// @param enumeration  a leyline_enum
/// @return             a static string; NULL: no such value
#[unsafe(no_mangle)]
pub extern "C" fn leyline_enum_name(enumeration: u32, value: u32) -> *const c_char {
    static NAMES: LazyLock<BTreeMap<(u32, u32), CString>> = LazyLock::new(names);
    NAMES.get(&(enumeration, value)).map_or(std::ptr::null(), |name| name.as_ptr())
}

fn names() -> BTreeMap<(u32, u32), CString> {
    let contract = NUMBERS.into_iter().zip(ENUMERATIONS).flat_map(|(number, e)| {
        e.values.iter().map(move |(value, name)| ((number as u32, *value), c_string(name)))
    });
    let own = OWN.into_iter().flat_map(|(number, values)| {
        values.iter().map(move |(value, name)| ((number as u32, *value), c_string(&upper_snake(name))))
    });
    contract.chain(own).collect()
}

/// Returns the name in C of a value that is called so in Rust: `READ_ONLY` of `ReadOnly`.
fn upper_snake(name: &str) -> String {
    let mut upper = String::new();
    for (i, c) in name.char_indices() {
        if i > 0 && c.is_ascii_uppercase() {
            upper.push('_');
        }
        upper.push(c.to_ascii_uppercase());
    }
    upper
}

/// The enumerations that are not the contract's.
const OWN: [(leyline_enum, Values); 24] = {
    use leyline_enum as E;
    [
        (E::Trust, leyline_trust::VALUES),
        (E::Access, leyline_access::VALUES),
        (E::OnClose, leyline_on_close::VALUES),
        (E::Prefault, leyline_prefault::VALUES),
        (E::Pages, leyline_pages::VALUES),
        (E::Opened, leyline_opened::VALUES),
        (E::Policy, leyline_policy::VALUES),
        (E::TimeSource, leyline_time_source::VALUES),
        (E::Wait, leyline_wait::VALUES),
        (E::OnSignal, leyline_on_signal::VALUES),
        (E::Commit, leyline_commit::VALUES),
        (E::Start, leyline_start::VALUES),
        (E::Peer, leyline_peer::VALUES),
        (E::Listed, leyline_listed::VALUES),
        (E::Field, leyline_field::VALUES),
        (E::Record, leyline_record::VALUES),
        (E::Action, leyline_action::VALUES),
        (E::Fate, leyline_fate::VALUES),
        (E::Health, leyline_health::VALUES),
        (E::News, values!(News: None Readable Closed Died Superseded Failed)),
        (E::RingKind, values!(RingKind: User Observations Decisions Commands Outcomes Reports)),
        (E::Task, values!(leyline_task: Cifar10 Tinystories)),
        (E::NameState, leyline_name_state::VALUES),
        (E::Fossils, leyline_fossils::VALUES),
    ]
};

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
