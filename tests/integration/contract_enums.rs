//! Compares the contract's enumerations, transitions and predicates with the reference vectors.

use leyline::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use leyline::contract::telemetry::EventType;
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/contract_v1.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Asserts that the vector holds exactly these names with these numbers, and that each converts
/// back.
macro_rules! assert_same_enum {
    ($t:ty, $vector:expr, $number:expr) => {
        let vector = $vector.as_object().unwrap();
        assert_eq!(vector.len(), <$t>::ALL.len(), stringify!($t));
        for (name, entry) in vector {
            let number = u32::try_from($number(entry).as_u64().unwrap()).unwrap();
            let value = <$t>::from_name(name).unwrap();
            assert_eq!(u32::from(value.value()), number, "{name}");
            assert_eq!(<$t>::from_value(number).unwrap(), value);
            assert_eq!(value.name(), name);
        }
    };
}

fn itself(entry: &Value) -> &Value {
    entry
}

fn value_of(operation: &Value) -> &Value {
    &operation["value"]
}

#[test]
fn names_and_numbers_agree() {
    let v = vectors();
    assert_same_enum!(SeedStage, v["stages"], itself);
    assert_same_enum!(CommandType, v["command_types"], itself);
    assert_same_enum!(RiskLevel, v["risk_levels"], itself);
    assert_same_enum!(GateLevel, v["gates"], itself);
    assert_same_enum!(EventType, v["telemetry_events"], itself);
    assert_same_enum!(SeedOperation, v["operations"], value_of);
}

#[test]
fn operations_lead_to_their_stages() {
    let v = vectors();
    for operation in SeedOperation::ALL {
        assert_eq!(v["operations"][operation.name()]["target_stage"], operation.target_stage().name());
    }
}

#[test]
fn transitions_agree() {
    let v = vectors();
    for stage in SeedStage::ALL {
        let names: Vec<_> = stage.successors().iter().map(|s| s.name()).collect();
        assert_eq!(v["transitions"][stage.name()], Value::from(names), "{stage}");
    }
}

#[test]
fn predicates_agree() {
    let v = vectors();
    for stage in SeedStage::ALL {
        let said = &v["predicates"][stage.name()];
        assert_eq!(said["active"], stage.is_active(), "{stage}");
        assert_eq!(said["failure"], stage.is_failure(), "{stage}");
        assert_eq!(said["terminal"], stage.is_terminal(), "{stage}");
    }
}
