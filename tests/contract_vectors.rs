//! The reference vectors: what each of them must become, bit for bit.

use leyline::contract::observation::{FEATURES, Feature};
use leyline::contract::signals::TrainingSignals;
use leyline::contract::telemetry::SeedTelemetry;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/contract_v1.json")).unwrap()
}

fn float(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(float).collect()
}

fn count(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn signals(v: &Value) -> TrainingSignals {
    let mut s = TrainingSignals::default();
    let m = &v["metrics"];
    s.metrics.epoch = count(&m["epoch"]);
    s.metrics.global_step = m["global_step"].as_u64().unwrap();
    s.metrics.train_loss = float(&m["train_loss"]);
    s.metrics.val_loss = float(&m["val_loss"]);
    s.metrics.loss_delta = float(&m["loss_delta"]);
    s.metrics.train_accuracy = float(&m["train_accuracy"]);
    s.metrics.val_accuracy = float(&m["val_accuracy"]);
    s.metrics.accuracy_delta = float(&m["accuracy_delta"]);
    s.metrics.plateau_epochs = count(&m["plateau_epochs"]);
    s.metrics.best_val_accuracy = float(&m["best_val_accuracy"]);
    if m["best_val_loss"] != "inf" {
        s.metrics.set_best_val_loss(float(&m["best_val_loss"])).unwrap();
    }
    s.metrics.set_grad_norm_host(float(&m["grad_norm_host"])).unwrap();
    s.metrics.set_grad_norm_seed(float(&m["grad_norm_seed"])).unwrap();
    for id in v["active_seeds"].as_array().unwrap() {
        s.add_active_seed(id.as_str().unwrap()).unwrap();
    }
    s.available_slots = count(&v["available_slots"]);
    s.seed_stage = u8::try_from(count(&v["seed_stage"])).unwrap();
    s.seed_epochs_in_stage = count(&v["seed_epochs_in_stage"]);
    s.seed_alpha = float(&v["seed_alpha"]);
    s.seed_improvement = float(&v["seed_improvement"]);
    s.set_loss_history(&floats(&v["loss_history"])).unwrap();
    s.set_accuracy_history(&floats(&v["accuracy_history"])).unwrap();
    s
}

fn telemetry(v: &Value) -> SeedTelemetry {
    let flag = |name: &str| u8::from(v[name].as_bool().unwrap());
    SeedTelemetry {
        gradient_norm: float(&v["gradient_norm"]),
        gradient_health: float(&v["gradient_health"]),
        accuracy: float(&v["accuracy"]),
        accuracy_delta: float(&v["accuracy_delta"]),
        alpha: float(&v["alpha"]),
        epochs_in_stage: count(&v["epochs_in_stage"]),
        epoch: count(&v["epoch"]),
        max_epochs: count(&v["max_epochs"]),
        stage: u8::try_from(count(&v["stage"])).unwrap(),
        vanishing: flag("has_vanishing"),
        exploding: flag("has_exploding"),
        ..SeedTelemetry::new("seed_0", "norm", 0).unwrap()
    }
}

#[test]
fn telemetry_becomes_its_features_to_an_ulp() {
    let vectors = vectors();
    let cases = vectors["seed_telemetry"].as_array().unwrap();
    assert_eq!(cases.len(), 120);
    for (n, case) in cases.iter().enumerate() {
        let telemetry = telemetry(&case["telemetry"]);
        telemetry.check().unwrap();
        let found = telemetry.to_features();
        let expected = floats(&case["features"]);
        assert_eq!(expected.len(), found.len());
        for (i, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            let near = [expected.next_down(), expected, expected.next_up()];
            assert!(near.contains(&found), "case {n}: feature {i}: {found} {expected}");
        }
    }
}

#[test]
fn the_features_are_those_of_schema_version_1() {
    let names: Vec<&str> = Feature::ALL.iter().map(|f| f.name()).collect();
    assert_eq!(vectors()["schema"], serde_json::json!(names));
}

#[test]
fn signals_become_their_observations_bit_for_bit() {
    let vectors = vectors();
    let cases = vectors["observations"].as_array().unwrap();
    assert_eq!(cases.len(), 120);
    for (n, case) in cases.iter().enumerate() {
        let signals = signals(&case["signals"]);
        signals.check().unwrap();
        let mut observation = signals.to_observation();
        let expected = floats(&case["vector"]);
        assert_eq!(expected.len(), FEATURES);
        for feature in Feature::ALL {
            let (found, expected) = (observation[feature], expected[feature.index()]);
            assert_eq!(
                found.to_bits(),
                expected.to_bits(),
                "case {n}: {}: {found} {expected}",
                feature.name()
            );
        }
        assert_eq!(observation.sanitize(), 0, "case {n}");
    }
}
