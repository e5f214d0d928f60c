//! Loads the JSON of both kinds of space in Gymnasium: all that a controller receives lies in the
//! Box, and sampling with the library's mask never returns an impossible action.
//!
//! `LEYLINE_PYTHON` names an interpreter with gymnasium. Without the variable, `python3` is used if
//! it has gymnasium; otherwise the test prints NOT CHECKED.

use crate::common::{Folder, patiently};
use crate::vectors;
use leyline::contract::normalizer::Normalizer;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::SeedStage;
use leyline::contract::task::Task;
use leyline::{
    ActionSpace, Controller, Feature, LinkSpec, Observation, Read, RowSchema, ToObservation, Trainer,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns a Python that has gymnasium. Returns `None` and prints NOT CHECKED where there is none,
/// unless `LEYLINE_PYTHON` names one.
fn python() -> Option<String> {
    let named = std::env::var("LEYLINE_PYTHON").ok();
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let tried = Command::new(&python).args(["-c", "import gymnasium"]).output();
    let said = match tried {
        Ok(done) if done.status.success() => return Some(python),
        Ok(done) => String::from_utf8_lossy(&done.stderr).lines().last().unwrap_or_default().to_owned(),
        Err(e) => e.to_string(),
    };
    assert!(named.is_none(), "LEYLINE_PYTHON={python}: {said}");
    eprintln!("NOT CHECKED: {python} has no gymnasium ({said}); set LEYLINE_PYTHON to one that has");
    None
}

/// Returns signals of many kinds: the reference vectors, every stage with and without a seed, and
/// invalid values, which are clamped into the Box.
fn signals() -> Vec<TrainingSignals> {
    let all = vectors::vectors();
    let mut signals: Vec<TrainingSignals> =
        vectors::cases(&all, "observations").iter().map(|case| vectors::signals(&case["signals"])).collect();
    for stage in SeedStage::ALL {
        for (active, slots) in [(false, 0), (false, 2), (true, 0), (true, 1)] {
            let mut s = TrainingSignals { available_slots: slots, seed_stage: stage.value(), ..signals[0] };
            (s.active_seed_count, s.active_seeds_dropped) = (0, 0);
            if active {
                s.add_active_seed("seed").unwrap();
            }
            signals.push(s);
        }
    }
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-45] {
        let mut s = TrainingSignals::default();
        (s.metrics.train_loss, s.metrics.val_loss, s.metrics.loss_delta) = (bad, bad, bad);
        (s.metrics.val_accuracy, s.seed_alpha, s.seed_improvement) = (bad, bad, bad);
        s.metrics.global_step = u64::MAX;
        signals.push(s);
    }
    signals
}

/// Sends signals through a link of that schema. Returns the rows that the controller receives.
fn received(
    schema: &RowSchema,
    all: &[TrainingSignals],
    to: &dyn Fn(&TrainingSignals) -> Sent,
) -> Vec<Vec<f32>> {
    let folder = Folder::new();
    let link = LinkSpec::new(&ActionSpace::cnn()).observe(schema);
    let mut trainer = Trainer::create("spaces", &link, &folder.options()).unwrap();
    let mut controller =
        Controller::attach_with("spaces", schema, &folder.options(), patiently().timeout).unwrap();
    let mut rows = Vec::new();
    for signals in all {
        let sent = to(signals);
        trainer.publish(&sent).unwrap();
        let mut row = vec![0.0f32; schema.width()];
        let Read::Record(_) = controller.try_next(&mut row[..]).unwrap() else { panic!("nothing came") };
        rows.push(row);
    }
    rows
}

/// A row of any schema.
struct Sent {
    schema: RowSchema,
    row: Vec<f32>,
}

impl Sent {
    fn new(signal: &dyn ToObservation) -> Self {
        let schema = signal.observation_schema().clone();
        let mut scratch = vec![0.0; schema.width()];
        let row = signal.row(&mut scratch).to_vec();
        Self { schema, row }
    }
}

impl ToObservation for Sent {
    fn observation_schema(&self) -> &RowSchema {
        &self.schema
    }

    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        &self.row
    }
}

/// Returns the missing row with each number in turn just beyond either bound of its Box.
fn outside(schema: &RowSchema) -> Vec<Vec<f32>> {
    let spoilt = |i: usize, x: f32| {
        let mut row = schema.missing().to_vec();
        row[i] = x;
        row
    };
    let ends = schema.low().iter().zip(schema.high()).enumerate();
    ends.flat_map(|(i, (low, high))| [spoilt(i, low.next_down()), spoilt(i, high.next_up())]).collect()
}

fn numbers(rows: &[Vec<f32>]) -> Value {
    // Exact: every f32 is an f64.
    json!(rows.iter().map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect::<Vec<Vec<f64>>>())
}

#[test]
fn gymnasium_takes_both_spaces_at_their_word() {
    let Some(python) = python() else { return };
    let tasks = [Task::cifar10(), Task::tinystories()].map(|task| Normalizer::new(&task).unwrap());
    let all = signals();
    let (mut boxes, mut discretes) = (Vec::new(), Vec::new());
    let mut add = |schema: &RowSchema, to: &dyn Fn(&TrainingSignals) -> Sent| {
        let rows = received(schema, &all, to);
        boxes.push(json!({
            "space": serde_json::from_str::<Value>(&schema.space_json()).unwrap(),
            "inside": numbers(&rows),
            "outside": numbers(&outside(schema)),
        }));
        for space in [ActionSpace::cnn(), ActionSpace::transformer()] {
            let mut masks = vec![9i8; rows.len() * space.len()];
            space.masks_rows_i8(schema, &rows.concat(), &mut masks).unwrap();
            discretes.push(json!({
                "space": serde_json::from_str::<Value>(&space.space_json()).unwrap(),
                "masks": masks.chunks(space.len()).collect::<Vec<_>>(),
            }));
        }
    };
    add(Observation::row_schema(), &|signals| Sent::new(signals));
    for task in &tasks {
        add(task.schema(), &|signals| Sent::new(&task.normalize(&signals.to_observation())));
        add(task.version_2_schema(), &|signals| Sent::new(&task.version_2(signals)));
    }
    // The masks of all of them are those of the raw observations.
    let mut raw = vec![0i8; all.len() * 7];
    let batch: Vec<Observation> = all.iter().map(TrainingSignals::to_observation).collect();
    ActionSpace::cnn().masks_i8(&batch, &mut raw).unwrap();
    for masks in discretes.iter().step_by(2) {
        assert_eq!(masks["masks"], json!(raw.chunks(7).collect::<Vec<_>>()));
    }
    assert!(batch.iter().any(|o| o[Feature::HasActiveSeed] == 1.0));

    let (inside, spaces) = (boxes.len() * all.len(), discretes.len());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("spaces.json");
    std::fs::write(&path, json!({ "boxes": boxes, "discretes": discretes }).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gymnasium_spaces.py");
    let done = Command::new(python).arg(script).arg(&path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).unwrap();
    assert_eq!(said, format!("{inside} observations inside their Box\n{spaces} spaces sampled with masks\n"));
}
