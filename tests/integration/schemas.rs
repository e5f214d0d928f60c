//! Schemas: `docs/schemas.md` matches the code, another language computes the same fingerprints
//! from the page alone, and no two schemas with different meanings have one fingerprint.

use crate::common::{Folder, patiently};
use crate::native;
use leyline::contract::annotation::CommandAnnotation;
use leyline::contract::blueprint::BlueprintSpec;
use leyline::contract::budgets::PerformanceBudgets;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::known_schemas::known_schemas;
use leyline::contract::normalizer::Normalizer;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::seed_metrics::SeedMetrics;
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::{TrainingMetrics, TrainingSignals};
use leyline::contract::task::Task;
use leyline::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use leyline::schema::canonical::{Schema, hex};
use leyline::schema::field::{Field, FieldType};
use leyline::schema::record::Record;
use leyline::{
    ActionSpace, Controller, ErrorKind, Flags, LinkSpec, Observation, Options, Read, RowSchema, Trainer,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The line after which this test writes the page.
const MARK: &str = "<!-- From here on written by tests/integration/schemas.rs. -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> PathBuf {
    root().join("docs/schemas.md")
}

/// Returns the library's records, without the observation spaces.
fn records() -> Vec<Schema> {
    vec![
        Decision::schema().clone(),
        AdaptationCommand::schema().clone(),
        CommandAnnotation::schema().clone(),
        CommandOutcome::schema().clone(),
        SeedMetrics::schema().clone(),
        TrainingMetrics::schema().clone(),
        TrainingSignals::schema().clone(),
        SeedTelemetry::schema().clone(),
        SeedStateReport::schema().clone(),
        GateResult::schema().clone(),
        FieldReport::schema().clone(),
        TelemetryEvent::schema().clone(),
        BlueprintSpec::schema().clone(),
        PerformanceBudgets::schema().clone(),
    ]
}

fn observations() -> Vec<Schema> {
    known_schemas().schemas().iter().map(|schema| schema.schema().clone()).collect()
}

fn title(schema: &Schema) -> String {
    format!("{} {}", schema.name(), schema.version())
}

fn describe(text: &mut String, schema: &Schema, before: &[Schema]) {
    let _ = writeln!(text, "\n### {}\n", title(schema));
    let _ = writeln!(text, "`{}`, {} bytes.", hex(&schema.fingerprint()), schema.size());
    let parameters: Vec<String> = schema.parameters().map(|(name, x)| format!("`{name}` {x}")).collect();
    if !parameters.is_empty() {
        let _ = writeln!(text, "\nParameters: {}.", parameters.join(", "));
    }
    if let Some(same) = before.iter().find(|other| other.fields() == schema.fields()) {
        let _ = writeln!(text, "\nFields: those of {}.", title(same));
        return;
    }
    text.push_str("\n| i | name | type | count | offset | unit | low | high | scale | missing |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    for (i, f) in schema.fields().iter().enumerate() {
        let _ = writeln!(
            text,
            "| {i} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            f.name,
            f.ty.name(),
            f.count,
            f.offset,
            f.unit,
            f.low,
            f.high,
            f.scale,
            f.missing
        );
    }
}

/// Returns the generated part of the page.
fn written() -> String {
    let mut text = String::from("\n## Action spaces\n\n");
    text.push_str("| topology | fingerprint | blueprints, in order |\n|---|---|---|\n");
    for space in [ActionSpace::cnn(), ActionSpace::transformer()] {
        let blueprints: Vec<&str> = (0..space.len()).filter_map(|i| space.blueprint(i).ok()).collect();
        let (print, topology) = (hex(&space.fingerprint()), space.topology());
        let _ = writeln!(text, "| {topology} | `{print}` | {} |", blueprints.join(", "));
    }
    for (heading, schemas) in [("Observations", observations()), ("Records", records())] {
        let _ = writeln!(text, "\n## {heading}");
        for (i, schema) in schemas.iter().enumerate() {
            describe(&mut text, schema, &schemas[..i]);
        }
    }
    text
}

#[test]
fn the_page_has_what_the_code_has() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (prose, tables) = text.split_once(MARK).expect("the mark");
    if std::env::var_os("LEYLINE_WRITE_DOCS").is_some() {
        std::fs::write(page(), format!("{prose}{MARK}{}", written())).unwrap();
        return;
    }
    let expected = written();
    let same = expected.lines().zip(tables.lines()).take_while(|(a, b)| a == b).count();
    assert!(
        expected == tables,
        "docs/schemas.md is not what the code has, from line {} after the mark: {:?}\n\
         LEYLINE_WRITE_DOCS=1 cargo test --test integration schemas:: writes it anew; a schema that changed needs another version",
        same + 1,
        expected.lines().nth(same)
    );
}

/// Finds the uses of `record!` and `Schema::new` in the library's sources.
#[test]
fn no_schema_is_forgotten() {
    let known: BTreeSet<String> = records().iter().map(title).chain([title(Observation::schema())]).collect();
    let mut found = BTreeSet::from([title(Observation::schema())]);
    for entry in std::fs::read_dir(root().join("src/contract")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let Some((_, rest)) = line.split_once(" as \"") else { continue };
            if let Some((name, rest)) = rest.split_once("\" version ") {
                found.insert(format!("{name} {}", rest.split(' ').next().unwrap()));
            }
        }
    }
    assert_eq!(known, found);
}

#[test]
fn another_language_computes_the_same_fingerprints() {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|o| o.status.success()) {
        eprintln!("NOT CHECKED: there is no python3");
        return;
    }
    let done =
        Command::new("python3").arg(root().join("tests/schema_vectors.py")).arg(page()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).unwrap();
    let schemas = records().len() + observations().len();
    assert_eq!(said, format!("{schemas} schemas of the page\n5 schemas of the contract\n2 action spaces\n"));
}

#[test]
fn two_programs_of_different_schemas_refuse_each_other() {
    let folder = Folder::new();
    let cifar = Normalizer::new(&Task::cifar10()).unwrap();
    let harder = Task { max_epochs: 30.0, ..Task::cifar10() };
    let harder = Normalizer::new(&harder).unwrap();
    let link = LinkSpec::new(&ActionSpace::cnn());
    let old = Trainer::create("old", &link, &folder.options()).unwrap();
    let new = link.clone().observe(cifar.version_2_schema());
    let new = Trainer::create("new", &new, &folder.options()).unwrap();

    // Version 2 against version 1, both ways; and two version 2 that differ in one number of the
    // task.
    let attach = |name: &str, schema: &RowSchema| {
        let options: Options = folder.options();
        let e = Controller::attach_with(name, schema, &options, patiently().timeout).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SchemaMismatch);
        e.to_string()
    };
    let said = attach("old", cifar.version_2_schema());
    assert!(
        said.contains("expected observation.cifar10 2 [") && said.contains("found observation 1 ["),
        "{said}"
    );
    assert!(said.contains(": field 0 EPOCH, 1 x f32 at byte 0, unit epochs, 0 to 1, scale clip("), "{said}");
    let said = attach("new", Observation::row_schema());
    assert!(
        said.contains("expected observation 1 [") && said.contains("found observation.cifar10 2 ["),
        "{said}"
    );
    assert!(said.contains("ring \"observations\"") && said.contains("new.leyline"), "{said}");
    let said = attach("new", harder.version_2_schema());
    assert!(said.contains("parameter max_epochs 30"), "{said}");
    assert!(said.contains("parameter max_epochs 25"), "{said}");

    // A C program that knows version 1 only.
    let program = native::c_program("cc", &["-std=c11"], "other_version.c");
    let run = |name: &str| {
        let ran = Command::new(&program).arg(name).env("LEYLINE_DIR", folder.path()).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let (code, said) = run("new");
    assert_eq!(code, Some(16), "{said}");
    assert!(
        said.contains("expected observation 1 [") && said.contains("found observation.cifar10 2 ["),
        "{said}"
    );
    assert!(
        said.contains("field 0 EPOCH") && said.contains("LEYLINE_ACCEPT_ANY") && !said.contains("::"),
        "{said}"
    );
    assert_eq!(run("old"), (Some(0), "attached\n".into()));
    drop((old, new));
}

/// Makes any schema.
#[derive(Clone, Debug, PartialEq)]
struct Parts {
    name: String,
    version: u32,
    parameters: Vec<(String, f64)>,
    fields: Vec<Field>,
}

impl Parts {
    fn schema(&self) -> Option<Schema> {
        let mut offset = 0;
        let fields: Vec<Field> = self
            .fields
            .iter()
            .map(|f| {
                // The gap before it is given by the offset of the part.
                let field = Field { offset: offset + f.offset, ..f.clone() };
                offset = field.offset + field.count * field.ty.width() as u32;
                field
            })
            .collect();
        let parameters: Vec<(&str, f64)> = self.parameters.iter().map(|(name, x)| (&**name, *x)).collect();
        Schema::new(self.name.clone(), self.version, offset as usize, fields)
            .and_then(|schema| schema.with_parameters(&parameters))
            .ok()
    }
}

/// Makes few words, some of which concatenate to the same text.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("ab".to_owned()),
        Just("raw".to_owned()),
        Just("0".to_owned()),
        Just("-".to_owned()),
        "[a-z]{1,5}",
    ]
}

fn bound() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(1.0),
        Just(f64::INFINITY),
        any::<f64>().prop_filter("NaN", |x| !x.is_nan())
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let ty = (0..FieldType::ALL.len()).prop_map(|i| FieldType::ALL[i]);
    let words = (word(), word(), word(), word());
    (words, ty, 1u32..3, 0u32..3, bound(), bound()).prop_map(|(words, ty, count, gap, a, b)| Field {
        name: words.0.into(),
        ty,
        count,
        offset: gap,
        unit: words.1.into(),
        low: if a <= b { a } else { b },
        high: if a <= b { b } else { a },
        scale: words.2.into(),
        missing: words.3.into(),
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    let parameters = proptest::collection::vec((word(), prop_oneof![Just(0.0), Just(-0.0), -1e9..1e9]), 0..3);
    (word(), 0u32..3, parameters, proptest::collection::vec(field(), 1..4))
        .prop_map(|(name, version, parameters, fields)| Parts { name, version, parameters, fields })
}

/// Makes one change in one place. Some changes have no effect.
fn changed(mut parts: Parts, what: usize, which: usize, other: &Parts) -> Parts {
    let i = which % parts.fields.len();
    let from = &other.fields[which % other.fields.len()];
    let n = parts.fields.len();
    match what {
        0 => parts.name.clone_from(&other.name),
        1 => parts.version = other.version,
        2 => parts.fields[i].name.clone_from(&from.name),
        3 => parts.fields[i].unit.clone_from(&from.unit),
        4 => parts.fields[i].low = from.low,
        5 => parts.fields[i].high = from.high,
        6 => parts.fields[i].offset = from.offset,
        7 => parts.fields[i].ty = from.ty,
        8 => parts.fields[i].count = from.count,
        9 => parts.fields[i].scale.clone_from(&from.scale),
        10 => parts.fields[i].missing.clone_from(&from.missing),
        11 => parts.fields.swap(i, (i + 1) % n),
        12 => drop(parts.fields.pop().filter(|_| n > 1).map(|_| ())),
        13 => parts.fields.push(from.clone()),
        14 => parts.parameters.clone_from(&other.parameters),
        15 if parts.parameters.len() > 1 => parts.parameters.swap(0, 1),
        _ if !parts.parameters.is_empty() => {
            parts.parameters[0].1 = f64::from_bits(parts.parameters[0].1.to_bits() + 1);
        }
        _ => {}
    }
    parts
}

/// Returns true for bitwise equality: 0.0 and -0.0 are different bounds.
fn same(a: &Schema, b: &Schema) -> bool {
    let bits = |schema: &Schema| -> Vec<u64> {
        let bounds = schema.fields().iter().flat_map(|f| [f.low.to_bits(), f.high.to_bits()]);
        bounds.chain(schema.parameters().map(|(_, x)| x.to_bits())).collect()
    };
    a == b && bits(a) == bits(b)
}

/// A link of one schema, and the normalizer that makes its rows of signals.
struct Link {
    trainer: Trainer,
    controller: Controller,
    normalizer: Option<Normalizer>,
    wide: bool,
    _folder: Folder,
}

impl Link {
    fn all() -> Vec<Self> {
        let task = || Some(Normalizer::new(&Task::tinystories()).unwrap());
        vec![Self::new(None, false), Self::new(task(), false), Self::new(task(), true)]
    }

    fn new(normalizer: Option<Normalizer>, wide: bool) -> Self {
        let schema = match &normalizer {
            Some(n) if wide => n.version_2_schema().clone(),
            Some(n) => n.schema().clone(),
            None => Observation::row_schema().clone(),
        };
        let folder = Folder::new();
        let link = LinkSpec::new(&ActionSpace::cnn()).observe(&schema);
        let trainer = Trainer::create("published", &link, &folder.options()).unwrap();
        let controller =
            Controller::attach_with("published", &schema, &folder.options(), patiently().timeout).unwrap();
        Self { trainer, controller, normalizer, wide, _folder: folder }
    }

    /// Publishes signals and checks the received rows.
    fn send(&mut self, signals: &TrainingSignals) {
        let published = match &self.normalizer {
            Some(n) if self.wide => self.trainer.publish(&n.version_2(signals)),
            Some(n) => self.trainer.publish(&n.normalize(&signals.to_observation())),
            None => self.trainer.publish(signals),
        };
        let published = published.unwrap();
        let mut raw = signals.to_observation();
        assert_eq!(published.sanitized, u64::from(raw.sanitize()));
        let schema = self.controller.observation_schema().clone();
        let mut row = vec![0.0f32; schema.width()];
        let Read::Record(meta) = self.controller.try_next(&mut row[..]).unwrap() else {
            panic!("nothing came")
        };
        assert_eq!(meta.flags.contains(Flags::SANITIZED), published.sanitized != 0);
        schema.check(&row).unwrap();
        assert!(self.controller.actions().mask_row(&schema, &row).unwrap().allows(0));
        if self.normalizer.is_none() {
            assert_eq!(row, raw.values);
        }
    }
}

/// Makes any signals whose lists and optional fields are valid by the contract.
fn any_signals() -> impl Strategy<Value = TrainingSignals> {
    let figure = || prop_oneof![any::<u32>().prop_map(f32::from_bits), -200f32..200.0];
    let figures = proptest::array::uniform32(figure());
    let counts = proptest::array::uniform4(prop_oneof![any::<u32>(), 0u32..30]);
    (figures, counts, 0usize..10, 0u8..11, 0u8..33).prop_map(|(figures, counts, seeds, stage, seen)| {
        let mut s = TrainingSignals::default();
        let m = &mut s.metrics;
        (m.epoch, m.validations, m.plateau_epochs) = (counts[0], counts[1], counts[2]);
        m.global_step = u64::from(counts[0]) * u64::from(counts[1]);
        [m.train_loss, m.val_loss, m.loss_delta, m.best_val_accuracy, ..] = figures;
        [.., m.train_accuracy, m.val_accuracy, m.accuracy_delta, s.seed_alpha, s.seed_improvement] = figures;
        if counts[3] % 2 == 1 {
            (m.present, m.best_val_loss) = (TrainingMetrics::BEST_VAL_LOSS, figures[8]);
        }
        (s.loss_history_count, s.accuracy_history_count) = (seen, 32 - seen);
        let (losses, accuracies) = figures.split_at(seen.into());
        s.loss_history[..losses.len()].copy_from_slice(losses);
        s.accuracy_history[..accuracies.len()].copy_from_slice(accuracies);
        (s.available_slots, s.seed_epochs_in_stage, s.seed_stage) = (counts[2] % 65536, counts[3], stage);
        for i in 0..seeds {
            s.add_active_seed(&format!("seed_{i}")).unwrap();
        }
        s
    })
}

#[test]
fn whatever_is_published_is_inside_its_box() {
    let mut links = Link::all();
    let mut runner = TestRunner::deterministic();
    for _ in 0..2000 {
        let signals = any_signals().new_tree(&mut runner).unwrap().current();
        for link in &mut links {
            link.send(&signals);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn schemas_that_differ_in_anything_have_different_fingerprints(
        parts in parts(), other in parts(), what in 0usize..17, which in 0usize..4,
    ) {
        let Some(a) = parts.schema() else { return Ok(()) };
        prop_assert!(same(&Schema::from_canonical(&a.canonical()).unwrap(), &a));
        for b in [changed(parts.clone(), what, which, &other), other].iter().filter_map(Parts::schema) {
            prop_assert_eq!(a.fingerprint() == b.fingerprint(), same(&a, &b), "{}{}", a.canonical(), b.canonical());
            prop_assert_eq!(a.canonical() == b.canonical(), same(&a, &b));
        }
    }

    #[test]
    fn no_text_makes_reading_a_schema_panic(text in "[ -~\n]{0,200}", at in 0usize..2000, byte in any::<u8>()) {
        let _ = Schema::from_canonical(&text);
        let mut spoilt = Decision::schema().canonical().into_bytes();
        let at = at % spoilt.len();
        spoilt[at] = byte;
        if let Ok(text) = String::from_utf8(spoilt)
            && let Ok(schema) = Schema::from_canonical(&text)
        {
            prop_assert_eq!(schema.canonical(), text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_task_number_that_differs_is_another_fingerprint(which in 0usize..6, step in 1u64..1000) {
        let task = Task::tinystories();
        let mut other = task;
        let number = match which {
            0 => &mut other.baseline_loss,
            1 => &mut other.target_loss,
            2 => &mut other.delta_std,
            3 => &mut other.max_epochs,
            4 => &mut other.max_steps,
            _ => &mut other.max_slots,
        };
        *number = f64::from_bits(number.to_bits() + step);
        let (a, b) = (Normalizer::new(&task).unwrap(), Normalizer::new(&other).unwrap());
        prop_assert_ne!(a.schema().fingerprint(), b.schema().fingerprint());
        prop_assert_ne!(a.version_2_schema().fingerprint(), b.version_2_schema().fingerprint());
        prop_assert!(a.schema() != a.version_2_schema());
    }
}
