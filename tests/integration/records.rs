//! Generates the table of docs/records.md from the code, and runs the examples that publish and
//! read each record.

use crate::common::Folder;
use crate::native::{Library, scratch};
use leyline::contract::annotation::CommandAnnotation;
use leyline::contract::seed_metrics::SeedMetrics;
use leyline::contract::signals::TrainingMetrics;
use leyline::layout::{Header, RingEntry, slot};
use leyline::schema::canonical::Schema;
use leyline::schema::record::Record;
use leyline::{ActionSpace, LinkSpec, Normalizer, RingInfo, RingKind, Task, Trainer};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> PathBuf {
    root().join("docs/records.md")
}

/// Returns `name version size` from a canonical schema text.
fn record_of(schema: &str) -> (String, String, usize) {
    let line = schema.lines().nth(1).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let &["record", name, version, size] = &words[..] else { panic!("{line}") };
    (name.to_owned(), version.to_owned(), size.parse().unwrap())
}

fn rust_and_c(name: &str) -> (String, String) {
    let words = name.split('_').map(|w| w[..1].to_uppercase() + &w[1..]);
    (words.collect(), format!("leyline_{name}_t"))
}

fn with_lane(ring: &str) -> String {
    ring.replace(".0", ".K")
}

/// Returns the writer and readers of a ring, and what becomes of unread records.
fn direction(info: &RingInfo) -> (&'static str, &'static str) {
    match (RingKind::of(info), info.consumers) {
        (RingKind::Observations | RingKind::Reports, 0) => ("trainer -> all", "lossy"),
        (RingKind::Decisions, 0) => ("controller -> all", "lossy"),
        (RingKind::Commands, 1) => ("controller -> trainer", "lossless"),
        (RingKind::Outcomes, 1) => ("trainer -> controller", "lossless"),
        other => panic!("{other:?}"),
    }
}

/// Reads a ring's stride from the segment's own directory.
fn stride(file: &[u8], ring: usize) -> u32 {
    let header: Header = bytemuck::pod_read_unaligned(&file[..size_of::<Header>()]);
    let at = header.rings_offset as usize + ring * header.ring_entry_size as usize;
    bytemuck::pod_read_unaligned::<RingEntry>(&file[at..at + size_of::<RingEntry>()]).stride
}

fn in_kib(bytes: u64) -> String {
    if bytes.is_multiple_of(1024) {
        format!("{}", bytes / 1024)
    } else {
        format!("{:.1}", bytes as f64 / 1024.0)
    }
}

fn generate() -> String {
    let folder = Folder::new();
    let trainer = Trainer::create("records", &LinkSpec::new(&ActionSpace::cnn()), &folder.options()).unwrap();
    let segment = trainer.segment();
    let file = std::fs::read(segment.path()).unwrap();
    let header = std::fs::read_to_string(root().join("include/leyline/contract.h")).unwrap();
    let mut text = String::from(
        "# Records\n\n\
         These are all records of the contract, and the ring of the standard link that carries each.\n\
         `LEYLINE_WRITE_RECORDS=1 cargo test --test integration records::` writes this page from the code. The types of\n\
         `leyline::contract` and `leyline.h` describe the fields; [schemas.md](schemas.md) has the fingerprints.\n\
         `examples/records.c` and `examples/records.cpp` publish and read every record.\n\n\
         ## On the rings\n\n\
         - **bytes**: the size of the record. **in a slot**: that and the 20 bytes that its slot adds. **stride**: the\n\
         \u{20} distance from slot to slot, in bytes.\n\
         - **ring**: its name; K is the lane.\n\
         - **lossy**: the writer never waits, and a lapped reader is told exactly how many records it missed.\n\
         - **lossless**: no record is overwritten before its reader has committed it.\n\n\
         | record | version | Rust | C | bytes | in a slot | stride | ring | slots | KiB | direction | |\n\
         |---|---:|---|---|---:|---:|---:|---|---:|---:|---|---|\n",
    );
    for (i, info) in segment.rings().iter().enumerate() {
        let (name, version, size) = record_of(&info.schema);
        assert_eq!(size, info.record_size);
        let (rust, c) = rust_and_c(&name);
        assert!(header.contains(&format!("}} {c};")), "leyline.h has no {c}");
        let (ring, slots, stride) = (with_lane(&info.name), info.capacity, stride(&file, i));
        let (whole, kib) = (size + slot::OVERHEAD, in_kib(slots * u64::from(stride)));
        let (way, loss) = direction(info);
        writeln!(
            text,
            "| {name} | {version} | `{rust}` | `{c}` | {size} | {whole} | {stride} | `{ring}` | {slots} | {kib} | {way} | {loss} |"
        )
        .unwrap();
    }
    write!(
        text,
        "\nThe whole segment takes {} KiB with one lane. [`LinkSpec`](../src/link/mod.rs) and `leyline_link_options_t` set the\n\
         capacities of observations, decisions and commands. A ring of outcomes has four times the slots of its commands.\n\n\
         ## Beside and inside others\n\n\
         | record | version | Rust | C | bytes | where |\n|---|---:|---|---|---:|---|\n",
        segment.size() / 1024
    )
    .unwrap();
    let mut inside = |schema: &Schema, place: &str| {
        let (rust, c) = rust_and_c(schema.name());
        let (name, version, size) = (schema.name(), schema.version(), schema.size());
        assert!(header.contains(&format!("}} {c};")), "leyline.h has no {c}");
        writeln!(text, "| {name} | {version} | `{rust}` | `{c}` | {size} | {place} |").unwrap();
    };
    inside(CommandAnnotation::schema(), "on `commands.K`, directly before its command");
    inside(TrainingMetrics::schema(), "in training_signals");
    inside(SeedMetrics::schema(), "in command_outcome and seed_state_report");
    text.push_str(
        "\n## Other observations\n\n\
         The ring of observations carries the schema that its link was created with: one of these, or a program's own. TASK\n\
         is the task's name; the numbers of the task are part of the fingerprint.\n\n\
         | record | version | numbers | bytes | in a slot | stride |\n|---|---:|---:|---:|---:|---:|\n",
    );
    let task = Task::cifar10();
    let normalizer = Normalizer::new(&task).unwrap();
    for schema in [normalizer.schema().clone(), normalizer.version_2_schema().clone()] {
        let schema = schema.schema();
        let (name, version, size) =
            (schema.name().replace("cifar10", "TASK"), schema.version(), schema.size());
        let whole = size + slot::OVERHEAD;
        assert!(whole > slot::LINE);
        let stride = whole.next_multiple_of(slot::STRIDE_UNIT);
        writeln!(text, "| {name} | {version} | {} | {size} | {whole} | {stride} |", size / 4).unwrap();
    }
    text
}

#[test]
fn the_table_of_records_is_what_the_code_says() {
    let generated = generate();
    if std::env::var_os("LEYLINE_WRITE_RECORDS").is_some() {
        std::fs::write(document(), &generated).unwrap();
    }
    let committed = std::fs::read_to_string(document()).unwrap_or_default();
    for (a, b) in committed.lines().zip(generated.lines()).filter(|(a, b)| a != b) {
        eprintln!("committed: {a}\ngenerated: {b}");
    }
    assert!(
        committed == generated,
        "docs/records.md is not what the code says; LEYLINE_WRITE_RECORDS=1 cargo test --test integration records:: writes it anew"
    );
}

/// Returns the names of all records that the contract declares.
fn declared() -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("src/contract")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
            if let Some((_, rest)) = line.split_once(" as \"")
                && let Some((name, _)) = rest.split_once("\" version ")
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[test]
fn no_record_is_left_out_of_the_table() {
    let table = std::fs::read_to_string(document()).unwrap();
    let names = declared();
    assert!(names.len() > 12, "{names:?}");
    for name in names {
        let rows = table.lines().filter(|l| l.starts_with(&format!("| {name} | "))).count();
        assert_eq!(rows, 1, "{name}");
    }
}

/// The contract's size limits for hot and command messages, including the slot's own bytes.
#[test]
fn hot_and_command_messages_keep_to_their_budget() {
    let table = std::fs::read_to_string(document()).unwrap();
    let mut hot = 0;
    for row in table.lines().map(|l| l.split(" | ").collect::<Vec<_>>()) {
        if ["| observation", "| decision", "| adaptation_command", "| command_outcome"].contains(&row[0]) {
            assert!(row[5].parse::<usize>().unwrap() <= 280, "{row:?}");
            hot += 1;
        }
    }
    assert_eq!(hot, 4);
}

/// Builds an example without warnings and runs it. Its output must name every record of the table.
fn publishes_and_reads_every_record(compiler: &str, standard: &str, example: &str) {
    let program = scratch("examples").join(example.replace('.', "-"));
    let built = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(["-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"])
        .arg(format!("-I{}", root().join("include").display()))
        .arg(root().join("examples").join(example))
        .arg(Library::find().archive)
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .output()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    assert!(built.status.success(), "{example}:\n{}", String::from_utf8_lossy(&built.stderr));
    let folder = Folder::new();
    let ran = Command::new(&program).env("LEYLINE_DIR", folder.path()).output().unwrap();
    assert!(ran.status.success(), "{example}: {}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(folder.files(), [] as [&str; 0]);
    let said = String::from_utf8(ran.stdout).unwrap();
    let read: BTreeSet<&str> = said.lines().filter_map(|l| Some(l.split_once(": ")?.0)).collect();
    let document = std::fs::read_to_string(document()).unwrap();
    let records = document.split("## Other observations").next().unwrap();
    let rows = records.lines().filter_map(|l| l.strip_prefix("| ")?.split_once(" | "));
    let wanted: BTreeSet<&str> = rows.map(|(name, _)| name).filter(|name| *name != "record").collect();
    assert_eq!(read, wanted, "{said}");
}

#[test]
fn the_c_example_publishes_and_reads_every_record() {
    publishes_and_reads_every_record("cc", "c11", "records.c");
}

#[test]
fn the_cpp_example_publishes_and_reads_every_record() {
    publishes_and_reads_every_record("c++", "c++17", "records.cpp");
}
