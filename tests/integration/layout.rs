//! The byte layout of `docs/segment-layout.md`: a reader in another language, written from that
//! page alone, reads what this library wrote.

use crate::common::Folder;
use leyline::contract::signals::TrainingSignals;
use leyline::schema::canonical::hex;
use leyline::schema::record::Record;
use leyline::{
    ActionSpace, Answer, Controller, Feature, Flags, LinkSpec, Normalizer, Observation, Options, Read,
    RingSpec, RowWriter, Segment, Spec, Stamp, Task, Trainer, Writer,
};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns the lines that the Python reader prints, or `None` where there is no Python.
fn read(file: &Path) -> Option<Vec<Value>> {
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !python.is_ok_and(|s| s.success()) {
        eprintln!(
            "\n*** NOT CHECKED: there is no python3, so nothing checks docs/segment-layout.md here ***\n"
        );
        return None;
    }
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout_reader.py");
    let output = Command::new("python3").arg(reader).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn of<'a>(lines: &'a [Value], ring: &str, key: &str) -> Vec<&'a Value> {
    lines.iter().filter(|l| l["ring"] == ring && l.get(key).is_some()).collect()
}

fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    for (i, value) in o.values.iter_mut().enumerate().take(21) {
        *value = (n % 7) as f32 + i as f32 / 4.0;
    }
    for whole in [Feature::Epoch, Feature::GlobalStep, Feature::PlateauEpochs] {
        o[whole] = n as f32;
    }
    o[Feature::AvailableSlots] = 1.0;
    o
}

#[test]
fn another_language_reads_a_link_from_the_document_alone() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observations(16);
    let mut trainer = Trainer::create("link", &spec, &folder.options()).unwrap();
    let segment = trainer.segment().clone();
    let mut controller = Controller::on(&segment, 0).unwrap();
    let base = recently();
    for n in 1..=20 {
        let mut o = observation(n);
        if n == 20 {
            o[Feature::TrainLoss] = f32::NAN;
        }
        let flags = if n == 19 { Flags::FIRST.with(Flags::TRUNCATED) } else { Flags::NONE };
        trainer
            .publish_stamped(&o, Stamp { time_ns: base + 1600 * n, env: 60_000 + n as u16, flags })
            .unwrap();
    }
    let mut got = Observation::EMPTY;
    let Read::Record(meta) = controller.try_latest(&mut got).unwrap() else { panic!() };
    let germinate = trainer.actions().germinate("attention").unwrap();
    let answer = Answer { confidence: 0.75, reason: "flat for weeks", ..Answer::default() };
    let ticket = controller.decide(&meta, germinate, &answer).unwrap().command.unwrap();

    trainer.hand_over().unwrap();
    let Some(lines) = read(segment.path()) else { return };
    let head = &lines[0];
    assert_eq!(head["segment_id"], hex(&segment.id()));
    assert_eq!(head["created_unix_ns"], segment.created_unix_ns());
    assert_eq!(head["size"], segment.size());
    assert_eq!(head["name_state"], "current");
    assert_eq!(head["actions"], trainer.actions().canonical());
    assert_eq!(head["domain_fingerprint"], hex(&trainer.actions().fingerprint()));

    for info in segment.rings() {
        let ring = of(&lines, &info.name, "capacity")[0];
        assert_eq!(ring["fingerprint"], hex(&info.fingerprint));
        assert_eq!(ring["record_size"], info.record_size);
        assert_eq!(ring["capacity"], info.capacity);
        assert_eq!(ring["consumers"], info.consumers);
        assert_eq!(ring["policy"], info.policy as u32);
        assert_eq!(ring["kind"], info.kind);
        assert_eq!((&ring["generation"], &ring["writer_state"]), (&json!(1), &json!("held")));
        assert_eq!(ring["device"], u64::from(info.name == "observations"), "handed over in epoch 1, or not");
        assert_eq!(ring["writer_pid"], std::process::id());
        let command = segment.role(&info.name, None).unwrap().command;
        assert_eq!(ring["writer_command"], command);
    }
    let observations = of(&lines, "observations", "capacity")[0];
    assert_eq!((&observations["published"], &observations["sanitized"]), (&json!(20), &json!(1)));
    assert_eq!(of(&lines, "decisions.0", "capacity")[0]["latencies"], 1);
    assert_eq!(of(&lines, "commands.0", "capacity")[0]["committed"], json!([0]));

    // 16 slots, of which the oldest may be overwritten at any time.
    let seen = of(&lines, "observations", "sequence");
    assert_eq!(seen.len(), 16);
    for (record, n) in seen.iter().zip(5u64..) {
        assert_eq!(record["sequence"], n);
        assert_eq!(record["env"], 60_000 + n);
        assert_eq!(record["time_ns"], (base + 1600 * n) & !15);
        let mut expected = observation(n);
        if n == 20 {
            expected[Feature::TrainLoss] = 1e6;
        }
        for feature in Feature::ALL {
            assert_eq!(
                record["rows"][0][feature.name()],
                f64::from(expected[feature]),
                "{n} {}",
                feature.name()
            );
        }
    }
    assert_eq!(seen[14]["flags"], json!(["FIRST", "TRUNCATED"]));
    assert_eq!(seen[15]["flags"], json!(["SANITIZED"]));

    let command = &of(&lines, "commands.0", "sequence")[0]["rows"][0];
    assert_eq!(command["id"], json!(ticket.id));
    assert_eq!(command["observation_sequence"], 20);
    assert_eq!(command["writer_generation"], 1);
    assert_eq!(command["blueprint"], "attention");
    assert_eq!(command["reason"], "flat for weeks");
    assert_eq!(command["confidence"], 0.75);
    assert_eq!(command["action"], germinate);
    assert_eq!(command["env"], 60_020);
}

/// Returns a time near enough to now for a stamp of 44 bits.
fn recently() -> u64 {
    let now = std::fs::read_to_string("/proc/uptime").unwrap();
    let seconds: f64 = now.split(' ').next().unwrap().parse().unwrap();
    (seconds * 1e9) as u64 / 16 * 16
}

#[test]
fn another_language_reads_rows_and_that_their_writer_closed() {
    let folder = Folder::new();
    let ring = RingSpec::new::<Observation>("batches")
        .unwrap()
        .capacity(4)
        .rows(3)
        .first_sequence(u64::from(u32::MAX));
    let spec = Spec::new().ring(ring);
    let options: Options = folder.options();
    let segment = Segment::create("rows", &spec, &options).unwrap();
    let mut writer = RowWriter::<Observation>::open(&segment, "batches").unwrap();
    let rows = [1, 2, 3].map(observation);
    let flags = [Flags::NONE, Flags::TERMINATED, Flags::SANITIZED];
    for n in 0..2 {
        let stamp = Stamp { time_ns: 0, env: n, flags: Flags::FIRST };
        writer.publish_stamped(&rows, &[7, 8, 65_535], &flags, stamp).unwrap();
    }
    drop(writer);

    let Some(lines) = read(segment.path()) else { return };
    assert_eq!(lines[0]["actions"], "");
    let ring = of(&lines, "batches", "capacity")[0];
    assert_eq!(ring["fingerprint"], hex(&Observation::schema().fingerprint()));
    assert_eq!((&ring["generation"], &ring["writer_state"]), (&json!(1), &json!("closed")));
    let seen = of(&lines, "batches", "sequence");
    // Across the end of 32 bits, where `begin` starts anew.
    assert_eq!([&seen[0]["sequence"], &seen[1]["sequence"]], [0xffff_ffff_u64, 0x1_0000_0000]);
    for (slot, n) in seen.iter().zip(0..) {
        assert_eq!((&slot["env"], &slot["time_ns"]), (&json!(n), &json!(0)));
        assert_eq!(slot["flags"], json!(["FIRST"]));
        assert_eq!(slot["envs"], json!([7, 8, 65_535]));
        assert_eq!(slot["row_flags"], json!([0, 2, 8]));
        for (row, expected) in slot["rows"].as_array().unwrap().iter().zip(&rows) {
            for feature in Feature::ALL {
                assert_eq!(row[feature.name()], f64::from(expected[feature]));
            }
        }
    }
}

#[test]
fn another_language_reads_observations_of_another_schema() {
    let folder = Folder::new();
    let normalizer = Normalizer::new(&Task::tinystories()).unwrap();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(normalizer.version_2_schema());
    let mut trainer = Trainer::create("wide", &spec, &folder.options()).unwrap();
    let mut signals = TrainingSignals { available_slots: 1, ..TrainingSignals::default() };
    signals.metrics.val_loss = 3.5;
    trainer.publish(&normalizer.version_2(&signals)).unwrap();
    let Some(lines) = read(trainer.segment().path()) else { return };
    let ring = of(&lines, "observations", "capacity")[0];
    assert_eq!(ring["fingerprint"], hex(&normalizer.version_2_schema().fingerprint()));
    let row = &of(&lines, "observations", "sequence")[0]["rows"][0];
    assert_eq!(row.as_object().unwrap().len(), 54);
    assert_eq!((&row["VAL_LOSS"], &row["AVAILABLE_SLOTS"]), (&json!(0.0), &json!(1.0)));
    assert_eq!((&row["VAL_LOSS_MISSING"], &row["AVAILABLE_SLOTS_MISSING"]), (&json!(1.0), &json!(0.0)));
}

/// A record with every type of field.
#[derive(Clone, Copy)]
#[repr(C)]
struct Types {
    d: f64,
    q: i64,
    i: i32,
    h: i16,
    b: [i8; 2],
}
leyline::record! {
    Types as "types" version 1 {
        d: f64, "-", -1.0, 1.0, scale "x/2", missing "0";
        q: i64, "-", -9.0, 9.0;
        i: i32, "-", -9.0, 9.0;
        h: i16, "-", -9.0, 9.0;
        b: [i8; 2], "-", -9.0, 9.0, missing "-9";
    }
}

#[test]
fn another_language_reads_every_type() {
    let schema = Types::schema().canonical();
    assert!(
        schema.contains(" x/2 0\nfield 1 q i64 1 8 - c022000000000000 4022000000000000 raw none\n"),
        "{schema}"
    );
    assert!(schema.ends_with("field 4 b i8 2 22 - c022000000000000 4022000000000000 raw -9\n"), "{schema}");
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Types>("types").unwrap());
    let segment = Segment::create("types", &spec, &folder.options()).unwrap();
    let mut writer = Writer::<Types>::open(&segment, "types").unwrap();
    writer.publish(&Types { d: -0.1, q: -5, i: -4, h: -3, b: [-2, 1] }).unwrap();
    let Some(lines) = read(segment.path()) else { return };
    let row = &of(&lines, "types", "sequence")[0]["rows"][0];
    assert_eq!(*row, json!({ "d": -0.1, "q": -5, "i": -4, "h": -3, "b": [-2, 1] }));
}

#[test]
fn another_language_reads_how_a_writer_ended_and_why() {
    let folder = Folder::new();
    let ring = || RingSpec::new::<Observation>("observed").unwrap();
    let segment = Segment::create("ends", &Spec::new().ring(ring()), &folder.options()).unwrap();
    let open = || Writer::<Observation>::open(&segment, "observed").unwrap();
    let state = || {
        let ring = of(&read(segment.path())?, "observed", "capacity")[0].clone();
        Some((ring["writer_state"].clone(), ring["writer_reason"].clone()))
    };
    let Some(found) = state() else { return };
    assert_eq!(found, (json!("never"), Value::Null));
    open().abort(&format!("{}\u{e9}", "out of memory ".repeat(9)));
    assert_eq!(state().unwrap(), (json!("failed"), json!("out of memory ".repeat(9))), "126 bytes");
    open().abort("");
    assert_eq!(state().unwrap(), (json!("failed"), json!("")));
    drop(open());
    assert_eq!(state().unwrap(), (json!("closed"), Value::Null));
    std::mem::forget(open());
    assert_eq!(state().unwrap(), (json!("held"), Value::Null));
}
