//! Checks each reference vector's result: bit for bit in f32 for copies and clamps, within one unit
//! in the last place for telemetry features, and within 1e-6 (absolute, or relative above 1) for
//! normalized values.

use crate::vectors::{cases, double, entries, floats, observation, signals, task, telemetry, vectors};
use leyline::contract::normalizer::Normalizer;
use leyline::contract::observation::Feature;
use leyline::contract::task::Task;

#[test]
fn the_features_are_those_of_schema_version_1() {
    let names: Vec<&str> = Feature::ALL.iter().map(|f| f.name()).collect();
    assert_eq!(vectors()["schema"], serde_json::json!(names));
}

#[test]
fn signals_become_their_observations_bit_for_bit() {
    for (n, case) in cases(&vectors(), "observations").iter().enumerate() {
        let observation = signals(&case["signals"]).to_observation();
        let expected = floats(&case["vector"]);
        assert_eq!(expected.len(), Feature::ALL.len());
        for feature in Feature::ALL {
            let (found, expected) = (observation[feature], expected[feature.index()]);
            assert_eq!(
                found.to_bits(),
                expected.to_bits(),
                "case {n}: {}: {found} {expected}",
                feature.name()
            );
        }
    }
}

#[test]
fn telemetry_becomes_its_features() {
    for (n, case) in cases(&vectors(), "seed_telemetry").iter().enumerate() {
        let features = telemetry(&case["telemetry"]).to_features();
        let expected = floats(&case["features"]);
        assert_eq!(expected.len(), features.len());
        for (i, (found, expected)) in features.iter().zip(expected).enumerate() {
            // Neighbours of one sign have neighbouring bits; 0 has one of each sign.
            let near =
                (found.to_bits() as i32).abs_diff(expected.to_bits() as i32) <= 1 || *found == expected;
            assert!(near, "case {n}: feature {i}: {found} {expected}");
        }
    }
}

#[test]
fn observations_are_normalized_for_every_task() {
    let vectors = vectors();
    for (name, numbers) in entries(&vectors, "tasks") {
        let normalizer = Normalizer::new(&task(name, numbers)).unwrap();
        for (n, case) in cases(&vectors, "normalized").iter().enumerate() {
            let row = normalizer.normalize(&observation(&case["observation"]));
            let expected = case["normalized"][name].as_array().unwrap();
            assert_eq!(expected.len(), Feature::ALL.len());
            for f in Feature::ALL {
                let (found, expected) = (f64::from(row[f]), double(&expected[f.index()]));
                let near = (found - expected).abs() <= 1e-6 * expected.abs().max(1.0);
                assert!(near, "{name}, case {n}: {}: {found} {expected}", f.name());
            }
        }
    }
}

#[test]
fn the_presets_are_the_tasks_of_the_vectors() {
    let vectors = vectors();
    for preset in [Task::cifar10(), Task::tinystories()] {
        let name = preset.name.to_string();
        if let Some(numbers) = entries(&vectors, "tasks").get(&name) {
            assert_eq!(task(&name, numbers), preset);
        }
    }
}
