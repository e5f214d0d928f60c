use crate::prelude::*;

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
