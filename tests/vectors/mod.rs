//! The reference vectors, from the file that `LEYLINE_VECTORS` names or else from the one beside
//! this file. No test depends on how many vectors there are.
#![allow(dead_code, unreachable_pub)]

use leyline::contract::observation::{FEATURES, Observation};
use leyline::contract::signals::TrainingSignals;
use leyline::contract::task::Task;
use leyline::contract::telemetry::SeedTelemetry;
use leyline::schema::id::Id;
use serde_json::Value;

/// Reads all vectors.
pub fn vectors() -> Value {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/contract_v1.json");
    let path = std::env::var("LEYLINE_VECTORS").unwrap_or_else(|_| committed.into());
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Returns a list of cases, which must not be empty.
pub fn cases<'a>(vectors: &'a Value, name: &str) -> &'a Vec<Value> {
    let cases = vectors[name].as_array().unwrap_or_else(|| panic!("no list {name}"));
    assert!(!cases.is_empty(), "{name} is empty");
    cases
}

/// Returns the entries of an object, which must not be empty.
pub fn entries<'a>(vectors: &'a Value, name: &str) -> &'a serde_json::Map<String, Value> {
    let entries = vectors[name].as_object().unwrap_or_else(|| panic!("no object {name}"));
    assert!(!entries.is_empty(), "{name} is empty");
    entries
}

pub fn double(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().unwrap(),
        None => value.as_f64().unwrap_or_else(|| panic!("no number: {value}")),
    }
}

pub fn float(value: &Value) -> f32 {
    double(value) as f32
}

pub fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(float).collect()
}

pub fn count(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap_or_else(|| panic!("no count: {value}"))).unwrap()
}

fn newest(list: &mut [f32; 32], figures: &[f32]) -> (u8, u32) {
    let dropped = figures.len().saturating_sub(list.len());
    let kept = &figures[dropped..];
    list[..kept.len()].copy_from_slice(kept);
    (kept.len() as u8, dropped as u32)
}

/// Returns the signals of a case unchanged: the values may be out of bounds.
pub fn signals(v: &Value) -> TrainingSignals {
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
        s.metrics.best_val_loss = float(&m["best_val_loss"]);
        s.metrics.present |= leyline::contract::signals::TrainingMetrics::BEST_VAL_LOSS;
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
    (s.loss_history_count, s.loss_history_dropped) = newest(&mut s.loss_history, &floats(&v["loss_history"]));
    (s.accuracy_history_count, s.accuracy_history_dropped) =
        newest(&mut s.accuracy_history, &floats(&v["accuracy_history"]));
    s
}

/// Returns the telemetry of a case.
pub fn telemetry(v: &Value) -> SeedTelemetry {
    SeedTelemetry {
        gradient_norm: float(&v["gradient_norm"]),
        gradient_health: float(&v["gradient_health"]),
        vanishing: v["has_vanishing"].as_bool().unwrap().into(),
        exploding: v["has_exploding"].as_bool().unwrap().into(),
        accuracy: float(&v["accuracy"]),
        accuracy_delta: float(&v["accuracy_delta"]),
        epochs_in_stage: count(&v["epochs_in_stage"]),
        stage: u8::try_from(count(&v["stage"])).unwrap(),
        alpha: float(&v["alpha"]),
        epoch: count(&v["epoch"]),
        max_epochs: count(&v["max_epochs"]),
        ..SeedTelemetry::default()
    }
}

/// Returns a task by its name.
pub fn task(name: &str, v: &Value) -> Task {
    Task {
        name: Id::new(name).unwrap(),
        baseline_loss: double(&v["baseline_loss"]),
        target_loss: double(&v["target_loss"]),
        delta_std: double(&v["delta_std"]),
        max_epochs: double(&v["max_epochs"]),
        max_steps: double(&v["max_steps"]),
        max_slots: double(&v["max_slots"]),
    }
}

/// Returns a raw observation unchanged.
pub fn observation(v: &Value) -> Observation {
    let values = floats(v);
    assert_eq!(values.len(), FEATURES);
    Observation { values: values.try_into().unwrap() }
}

/// Returns all vectors as words for a C program (see `tests/c/vectors.c`), floats as their bits.
pub fn table(v: &Value) -> String {
    let mut text = String::new();
    let mut put = |words: &str| text.push_str(words);
    let bits = |x: f32| format!(" {:08x}", x.to_bits());
    let row = |xs: &[f32]| xs.iter().map(|x| bits(*x)).collect::<String>();
    for case in cases(v, "observations") {
        let s = signals(&case["signals"]);
        let m = &s.metrics;
        put(&format!("observation {} {} {}", m.epoch, m.global_step, m.plateau_epochs));
        put(&row(&[
            m.train_loss,
            m.val_loss,
            m.loss_delta,
            m.train_accuracy,
            m.val_accuracy,
            m.accuracy_delta,
            m.best_val_accuracy,
        ]));
        put(&format!(" {}", m.present & 1));
        put(&row(&[m.best_val_loss, m.grad_norm_host, m.grad_norm_seed]));
        let seeds = case["signals"]["active_seeds"].as_array().unwrap();
        put(&format!(" {}", seeds.len()));
        for seed in seeds {
            let id = seed.as_str().unwrap();
            assert!(!id.is_empty() && !id.contains(char::is_whitespace));
            put(&format!(" {id}"));
        }
        put(&format!(" {} {} {}", s.available_slots, s.seed_stage, s.seed_epochs_in_stage));
        put(&row(&[s.seed_alpha, s.seed_improvement]));
        for name in ["loss_history", "accuracy_history"] {
            let list = floats(&case["signals"][name]);
            put(&format!(" {}{}", list.len(), row(&list)));
        }
        let expected = floats(&case["vector"]);
        assert_eq!(expected.len(), FEATURES);
        put(&row(&expected));
        put("\n");
    }
    for case in cases(v, "seed_telemetry") {
        let t = telemetry(&case["telemetry"]);
        put(&format!("telemetry {} {} {} {}", t.vanishing, t.exploding, t.epochs_in_stage, t.stage));
        put(&format!(" {} {}", t.epoch, t.max_epochs));
        put(&row(&[t.gradient_norm, t.gradient_health, t.accuracy, t.accuracy_delta, t.alpha]));
        let expected = floats(&case["features"]);
        assert_eq!(expected.len(), 10);
        put(&row(&expected));
        put("\n");
    }
    for (kind, name) in [
        ("stage", "stages"),
        ("command_type", "command_types"),
        ("risk", "risk_levels"),
        ("gate", "gates"),
        ("event", "telemetry_events"),
    ] {
        for (name, value) in entries(v, name) {
            put(&format!("enum {kind} {name} {}\n", count(value)));
        }
    }
    let stage = |name: &Value| count(&v["stages"][name.as_str().unwrap()]);
    for (name, operation) in entries(v, "operations") {
        let value = count(&operation["value"]);
        put(&format!("enum operation {name} {value}\n"));
        put(&format!("target {value} {}\n", stage(&operation["target_stage"])));
    }
    for (from, to) in entries(v, "transitions") {
        let to = to.as_array().unwrap();
        put(&format!("transitions {} {}", count(&v["stages"][from]), to.len()));
        for name in to {
            put(&format!(" {}", stage(name)));
        }
        put("\n");
    }
    for (name, holds) in entries(v, "predicates") {
        let holds = ["active", "failure", "terminal"].map(|p| u8::from(holds[p].as_bool().unwrap()));
        put(&format!("predicates {} {} {} {}\n", count(&v["stages"][name]), holds[0], holds[1], holds[2]));
    }
    let tasks = entries(v, "tasks");
    for (name, numbers) in tasks {
        put(&format!("task {name}"));
        for (_, number) in task(name, numbers).numbers() {
            put(&format!(" {:016x}", number.to_bits()));
        }
        put("\n");
    }
    for case in cases(v, "normalized") {
        for (i, name) in tasks.keys().enumerate() {
            let raw = observation(&case["observation"]);
            put(&format!("normalized {i}{}", row(&raw.values)));
            for number in case["normalized"][name].as_array().unwrap() {
                put(&format!(" {:016x}", double(number).to_bits()));
            }
            put("\n");
        }
    }
    text.push_str("end\n");
    text
}
