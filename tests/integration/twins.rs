//! Tests the device's twins of the ring protocol (`include/leyline_device.hpp`), compiled for the
//! host, against the library: in both directions between processes at full speed, byte by byte, and
//! step by step, also with pieces left out.

use crate::common::{self, Folder, LONG, is_child, patiently, say, start_with};
use crate::native::scratch;
use leyline::{
    ActionSpace, Answer, Controller, DeviceRing, ErrorKind, Feature, Flags, LinkSpec, Normalizer,
    Observation, Observer, Opened, Options, Read, RingSpec, RowSchema, Segment, Spec, Stamp, Start, Task,
    Trainer, Wait, Writer,
};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success())
}

/// Builds one of the programs with the header of that folder. Returns the compiler's messages on
/// failure.
fn compile(
    compiler: &str,
    flags: &[&str],
    include: &Path,
    source: &str,
    binary: &Path,
) -> Result<(), String> {
    let done = Command::new(compiler)
        .args(flags)
        .args(["-pthread", "-I"])
        .arg(include)
        .arg(root().join("tests/twins").join(source))
        .arg("-o")
        .arg(binary)
        .output()
        .unwrap();
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

/// Builds a program of `tests/twins` with each available compiler.
fn built(source: &str, standard: &str, flags: &[&str]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for compiler in ["g++", "clang++"] {
        if !is_there(compiler) {
            eprintln!("NOT CHECKED: {source} by {compiler}: there is none");
            continue;
        }
        let name = [&[source, standard, compiler], flags].concat().join("").replace(['.', '+', '='], "_");
        let binary = scratch("twins").join(name);
        let flags = [&WARNINGS, flags, &[standard]].concat();
        compile(compiler, &flags, &root().join("include"), source, &binary).unwrap_or_else(|e| panic!("{e}"));
        all.push(binary);
    }
    assert!(!all.is_empty(), "there is no C++ compiler");
    all
}

/// Returns the twin programs, one by each compiler.
fn twins() -> &'static [PathBuf] {
    static TWINS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    TWINS.get_or_init(|| built("twin.cpp", "-std=c++17", &["-O2"]))
}

/// A running twin, killed if the test ends first.
struct Twin {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Twin {
    fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Reads its next line.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended: {:?}", self.child.wait().unwrap());
        line.trim_end().to_owned()
    }

    /// Waits for its successful end.
    fn ended(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The counts of a reading twin.
#[derive(Debug)]
struct Tally {
    read: u64,
    missed: u64,
    torn: u64,
    restarts: u64,
    wrong: u64,
}

impl Tally {
    fn of(line: &str) -> Self {
        let numbers: Vec<u64> = line.split(' ').skip(1).step_by(2).map(|n| n.parse().unwrap()).collect();
        let [read, missed, torn, restarts, wrong] = numbers[..] else { panic!("{line}") };
        Self { read, missed, torn, restarts, wrong }
    }
}

/// Returns the same row as twin.cpp.
fn row_of(sequence: u64) -> Observation {
    const BELOW: [u64; 27] = [
        1 << 24,
        1 << 24,
        1000,
        1000,
        1000,
        100,
        100,
        100,
        1000,
        100,
        10,
        1000,
        1000,
        1000,
        1000,
        1000,
        100,
        100,
        100,
        100,
        100,
        2,
        10,
        1000,
        2,
        100,
        1000,
    ];
    let value = |i: usize| (sequence.wrapping_mul(2 * i as u64 + 1) % BELOW[i]) as f32;
    Observation { values: std::array::from_fn(value) }
}

fn stamp_of(sequence: u64) -> Stamp {
    Stamp { time_ns: sequence * 16, env: sequence as u16, flags: Flags::from_bits((sequence & 7) as u8) }
}

fn link(observations: u64) -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(observations)
}

/// Reads up to the last record. Returns how many records were read and how many missed.
fn follow(
    observer: &mut Observer<Observation>,
    last: u64,
    mut read: impl FnMut(&mut Observer<Observation>, &mut Observation) -> Read,
) -> (u64, u64) {
    let mut next = observer.next_sequence();
    let (mut got, mut missed) = (0, 0);
    let mut observation = Observation::EMPTY;
    while next <= last {
        match read(observer, &mut observation) {
            Read::Record(meta) => {
                assert_eq!(meta.sequence, next + meta.skipped);
                assert_eq!(observation, row_of(meta.sequence), "torn");
                let stamp = stamp_of(meta.sequence);
                assert_eq!((meta.env, meta.flags, meta.generation), (stamp.env, stamp.flags, 1));
                got += 1;
                missed += meta.skipped;
                next = meta.sequence + 1;
            }
            Read::Lapped { missed: now, next: then } => {
                assert_eq!(then, next + now);
                missed += now;
                next = then;
            }
            Read::Empty => std::thread::yield_now(),
            other => panic!("{other:?}"),
        }
    }
    (got, missed)
}

/// Returns the number of records in each run below; `LEYLINE_TWINS_RECORDS` overrides it.
fn records() -> u64 {
    std::env::var("LEYLINE_TWINS_RECORDS").map_or(1_000_000, |n| n.parse().expect("a number of records"))
}

/// Ring capacities: a tiny one, so that readers are lapped in the middle of a record, and a large
/// one.
const SLOTS: [u64; 2] = [4, 4096];

#[test]
fn what_a_twin_publishes_at_full_speed_is_read_whole_and_what_is_missed_is_counted() {
    let records = records();
    for (twin, capacity) in twins().iter().zip(SLOTS.into_iter().cycle()) {
        let folder = Folder::new();
        let mut trainer = Trainer::create("link", &link(capacity), &folder.options()).unwrap();
        let file = trainer.segment().path().to_str().unwrap().to_owned();
        let segment = trainer.segment().clone();
        let ring = trainer.hand_over().unwrap();
        assert_eq!(ring.next_sequence, 1);
        let last = records.to_string();
        let mut reader = Twin::start(twin, &["read", &file, "observations", "1", &last]);
        assert_eq!(reader.hear(), "ready");
        let open = || Observer::<Observation>::open(&segment, "observations", Start::At(1)).unwrap();
        std::thread::scope(|scope| {
            let each = scope.spawn(|| follow(&mut open(), records, Observer::try_next));
            let newest = scope.spawn(|| follow(&mut open(), records, Observer::try_latest));
            let sleeping = scope.spawn(|| {
                follow(&mut open(), records, |observer, observation| {
                    observer.next(observation, patiently()).unwrap()
                })
            });
            let mut writer = Twin::start(twin, &["publish", &file, "observations", "1", &last]);
            assert_eq!(writer.hear(), format!("next {}", records + 1));
            writer.ended();
            for reader in [each, newest, sleeping] {
                let (read, missed) = reader.join().unwrap();
                assert!(read > 0 && read + missed == records, "{read} and {missed}");
            }
        });
        let tally = Tally::of(&reader.hear());
        assert!(tally.read > 0 && tally.read + tally.missed == records, "{tally:?}");
        assert_eq!((tally.torn, tally.wrong, tally.restarts), (0, 0, 0), "{tally:?}");
        reader.ended();
        // The host goes on where the device ended.
        assert_eq!(trainer.take_back().unwrap(), records);
        assert_eq!(trainer.sent(), records);
        let n = records + 1;
        assert_eq!(trainer.publish_stamped(&row_of(n), stamp_of(n)).unwrap().sequence, n);
        let mut observer = Observer::<Observation>::open(&segment, "observations", Start::Newest).unwrap();
        assert_eq!(follow(&mut observer, n, Observer::try_next), (1, 0));
    }
}

#[test]
fn what_the_library_publishes_at_full_speed_is_read_whole_by_a_twin() {
    let records = records();
    for (twin, capacity) in twins().iter().zip(SLOTS.into_iter().cycle()) {
        let folder = Folder::new();
        let mut trainer = Trainer::create("link", &link(capacity), &folder.options()).unwrap();
        let file = trainer.segment().path().to_str().unwrap().to_owned();
        let last = records.to_string();
        let mut each = Twin::start(twin, &["read", &file, "observations", "1", &last]);
        let mut newest = Twin::start(twin, &["latest", &file, "observations", &last]);
        // Both know the ring before it has a first record.
        assert_eq!((each.hear(), newest.hear()), ("ready".into(), "ready".into()));
        for n in 1..=records {
            assert_eq!(trainer.publish_stamped(&row_of(n), stamp_of(n)).unwrap().sequence, n);
        }
        for mut reader in [each, newest] {
            let tally = Tally::of(&reader.hear());
            assert!(tally.read > 0 && tally.read + tally.missed == records, "{tally:?}");
            assert_eq!((tally.torn, tally.wrong, tally.restarts), (0, 0, 0), "{tally:?}");
            reader.ended();
        }
    }
}

#[test]
fn a_twin_is_told_of_restarts_before_their_records() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(4096), &folder.options()).unwrap();
    let file = trainer.segment().path().to_str().unwrap().to_owned();
    let mut reader = Twin::start(&twins()[0], &["read", &file, "observations", "1", "3000"]);
    assert_eq!(reader.hear(), "ready");
    for n in 1..=3000 {
        if n % 1000 == 0 {
            drop(trainer);
            trainer = Trainer::open_or_create("link", &link(4096), &folder.options()).unwrap().0;
        }
        assert_eq!(trainer.publish_stamped(&row_of(n), stamp_of(n)).unwrap().sequence, n);
    }
    let tally = Tally::of(&reader.hear());
    let Tally { read, missed, torn, restarts, wrong } = tally;
    assert_eq!((read, missed, torn, restarts, wrong), (3000, 0, 0, 3, 0));
    reader.ended();
}

#[test]
fn sequences_of_a_twin_go_over_the_ends_of_their_halves() {
    const BEFORE: u64 = 1000;
    for (twin, capacity) in twins().iter().zip([8, 4096].into_iter().cycle()) {
        for first in [(1 << 32) - BEFORE, (7 << 32) - BEFORE] {
            let folder = Folder::new();
            let ring = RingSpec::new::<Observation>("o").unwrap().capacity(capacity).first_sequence(first);
            let segment = Segment::create("s", &Spec::new().ring(ring), &folder.options()).unwrap();
            let file = segment.path().to_str().unwrap().to_owned();
            let mut writer = Writer::<Observation>::open(&segment, "o").unwrap();
            let mut observer = Observer::<Observation>::open(&segment, "o", Start::Oldest).unwrap();
            let last = first + 4 * BEFORE - 1;
            let mut reader = Twin::start(twin, &["read", &file, "o", &first.to_string(), &last.to_string()]);
            assert_eq!(reader.hear(), "ready");
            // The twin over the end, and the library behind it.
            assert_eq!(writer.hand_over().unwrap().next_sequence, first);
            let mut device = Twin::start(twin, &["publish", &file, "o", &first.to_string(), "2000"]);
            assert_eq!(device.hear(), format!("next {}", first + 2 * BEFORE));
            device.ended();
            assert_eq!(writer.take_back().unwrap(), 2 * BEFORE);
            for n in first + 2 * BEFORE..=last {
                assert_eq!(writer.publish_stamped(&row_of(n), stamp_of(n)).unwrap(), n);
            }
            let (read, missed) = follow(&mut observer, last, Observer::try_next);
            assert!(read + missed == 4 * BEFORE && (capacity == 8 || missed == 0), "{read} {missed}");
            let tally = Tally::of(&reader.hear());
            assert_eq!((tally.read + tally.missed, tally.torn, tally.wrong), (4 * BEFORE, 0, 0), "{tally:?}");
            reader.ended();
        }
    }
}

/// Edge cases of floats, and others.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn of(&mut self, schema: &RowSchema, i: usize) -> f32 {
        let (low, high) = (schema.low()[i], schema.high()[i]);
        let random = self.next();
        let next = |x: f32, by: i32| f32::from_bits(x.to_bits().wrapping_add_signed(by));
        match random >> 59 {
            0 => f32::from_bits(self.next() as u32),
            1 => [
                f32::NAN,
                -f32::NAN,
                f32::from_bits(0x7f80_0001),
                f32::from_bits(0xffff_ffff),
                f32::INFINITY,
                f32::NEG_INFINITY,
                f32::MAX,
                f32::MIN,
            ][(random % 8) as usize],
            2 => [
                0.0,
                -0.0,
                f32::MIN_POSITIVE,
                -f32::MIN_POSITIVE,
                f32::from_bits(1),
                f32::from_bits(0x8000_0001),
                0.5,
                -0.5,
            ][(random % 8) as usize],
            3 => {
                [low, high, next(low, 1), next(low, -1), next(high, 1), next(high, -1), high + 0.5, low - 0.5]
                    [(random % 8) as usize]
            }
            4 => [8_388_607.5, 16_777_214.0, 16_777_216.0, 16_777_218.0, 1e9, -1e9, 1.5, 0.999_999_94]
                [(random % 8) as usize],
            // Mostly all is well, or all but a fraction.
            5 => ((low as f64) + (high as f64 - low as f64) * (self.next() as f64 / u64::MAX as f64)) as f32,
            _ => (random % 11) as f32 % (high + 1.0),
        }
    }

    /// Returns a row with no edge case, one, or many.
    fn row(&mut self, schema: &RowSchema, row: &mut [f32]) {
        let how = self.next() % 4;
        for (i, value) in row.iter_mut().enumerate() {
            *value = self.of(schema, i);
        }
        if how < 2 {
            let _ = schema.sanitize(row).unwrap();
        }
        if how == 1 {
            let i = (self.next() % row.len() as u64) as usize;
            row[i] = self.of(schema, i);
        }
    }
}

/// Returns the slots of a ring that is not written now.
fn slots(ring: &DeviceRing) -> &[u8] {
    // SAFETY: mapped by the trainer that it came from, which the caller holds; nobody writes there.
    unsafe { std::slice::from_raw_parts(ring.data, ring.data_len) }
}

/// Returns the bounds of a schema in the twin's form.
fn bounds(schema: &RowSchema) -> Vec<u8> {
    let fields = schema.schema().fields();
    let bounds = fields.iter().enumerate().flat_map(|(i, field)| {
        let kind = u32::from(schema.is_whole(i)) | if field.scale == "capped" { 2 } else { 0 };
        [schema.low()[i].to_bits(), schema.high()[i].to_bits(), schema.worst()[i].to_bits(), kind]
    });
    bounds.flat_map(u32::to_ne_bytes).collect()
}

/// Publishes rows with edge cases by the library and by a twin, and compares every byte of the
/// rings.
fn same_bytes(twin: &Path, schema: &RowSchema, rows: u32, threads: u32, table: bool) {
    let count = if rows == 1 { 4000 } else { 500 };
    let row = |numbers: &mut Numbers, row: &mut [f32]| numbers.row(schema, row);
    let mended = compare((twin, threads), schema, rows, table, count, row);
    assert!(
        mended > count / 4 && (rows > 1 || mended < count * 7 / 8),
        "{mended} of {count}: some of either"
    );
}

/// Publishes the same records by the library and by a twin, and compares every byte of the rings.
/// Returns the number of records that were sanitized.
fn compare(
    (twin, threads): (&Path, u32),
    schema: &RowSchema,
    rows: u32,
    table: bool,
    count: usize,
    mut make: impl FnMut(&mut Numbers, &mut [f32]),
) -> usize {
    let folder = Folder::new();
    let spec = link(4096).rows(rows).observe(schema);
    let mut library = Trainer::create("library", &spec, &folder.options()).unwrap();
    let mut other = Trainer::create("twin", &spec, &folder.options()).unwrap();
    let file = other.segment().path().to_str().unwrap().to_owned();
    let table_path = folder.path().join("bounds");
    std::fs::write(&table_path, if table { bounds(schema) } else { Vec::new() }).unwrap();
    let written = other.hand_over().unwrap();
    let mut device = Twin::start(
        twin,
        &["rows", &file, "observations", table_path.to_str().unwrap(), &threads.to_string()],
    );
    let mut numbers = Numbers(0x1234_5678_9abc_def1 + u64::from(rows));
    let n = rows as usize;
    let mut block = vec![0.0; n * schema.width()];
    let mut replaced = Vec::new();
    let mut input = device.child.stdin.take().unwrap();
    let mut sent = Vec::new();
    for _ in 0..count {
        for row in block.chunks_exact_mut(schema.width()) {
            make(&mut numbers, row);
        }
        let first = numbers.next() as u16;
        let env: Vec<u16> = (0..n).map(|i| first.wrapping_add(i as u16)).collect();
        let flags: Vec<Flags> = (0..n).map(|_| Flags::from_bits(numbers.next() as u8 & 7)).collect();
        let time_ns = numbers.next();
        let stamp = Stamp { time_ns, ..Stamp::default() };
        let published = library.publish_rows_stamped(block.as_slice(), &env, &flags, stamp).unwrap();
        replaced.push((published.sequence, published.sanitized));
        sent.extend(time_ns.to_ne_bytes());
        sent.extend(env.iter().flat_map(|e| e.to_ne_bytes()));
        sent.extend(flags.iter().map(|f| f.bits()));
        sent.extend(block.iter().flat_map(|v| v.to_ne_bytes()));
    }
    let writing = std::thread::spawn(move || input.write_all(&sent).unwrap());
    for (sequence, sanitized) in &replaced {
        assert_eq!(device.hear(), format!("{sequence} {sanitized}"));
    }
    writing.join().unwrap();
    device.ended();
    assert_eq!(other.take_back().unwrap(), count as u64);
    let original = library.hand_over().unwrap();
    assert_eq!(written.stride, original.stride);
    let stride = original.stride as usize;
    for (i, (a, b)) in slots(&original).chunks(stride).zip(slots(&written).chunks(stride)).enumerate() {
        assert_eq!(a, b, "slot {i}, {rows} rows, {} wide", schema.width());
    }
    library.take_back().unwrap();
    replaced.iter().filter(|r| r.1 != 0).count()
}

/// Quiet, signalling and negative NaN, and that with all bits set.
const NANS: [u32; 5] = [0x7fc0_0000, 0x7f80_0001, 0xffc0_0000, 0xff80_0001, 0xffff_ffff];

/// Returns the worst value of a feature and of its normalized form, as the contract has them.
fn worst_of(feature: Feature) -> (f32, f32) {
    match feature.name() {
        "LOSS_DELTA" => (-1e6, -10.0),
        "BEST_VAL_LOSS" => (10.0, 10.0),
        "ACCURACY_DELTA" | "SEED_IMPROVEMENT" => (-100.0, -1.0),
        loss if loss.contains("LOSS") => (1e6, 10.0),
        _ => (0.0, 0.0),
    }
}

#[repr(C)]
struct CSchema([u8; 0]);

// SAFETY: declared as in the headers.
unsafe extern "C" {
    fn leyline_schema_from_canonical(text: *const u8, bytes: usize, schema: *mut *mut CSchema) -> i32;
    fn leyline_schema_sanitize_row(
        schema: *const CSchema,
        row: *mut f32,
        width: usize,
        replaced: *mut u64,
    ) -> i32;
    fn leyline_schema_close(schema: *mut CSchema) -> i32;
}

/// Brings a row into its bounds by the C interface, which knows of the schema only its text.
fn sanitized_by_c(schema: &RowSchema, row: &[f32]) -> (Vec<f32>, u64) {
    let (text, mut handle) = (schema.schema().canonical(), std::ptr::null_mut());
    let (mut sane, mut replaced) = (row.to_vec(), 0);
    // SAFETY: text, row and places are alive as long as their calls.
    let done = unsafe {
        [
            leyline_schema_from_canonical(text.as_ptr(), text.len(), &raw mut handle),
            leyline_schema_sanitize_row(handle, sane.as_mut_ptr(), sane.len(), &raw mut replaced),
            leyline_schema_close(handle),
        ]
    };
    assert_eq!(done, [0; 3]);
    (sane, replaced)
}

#[test]
fn a_nan_becomes_the_worst_value_of_its_field_in_rust_in_c_and_on_a_device() {
    let cifar = Normalizer::new(&Task::cifar10()).unwrap();
    let v1 = Observation::row_schema();
    let bits = |row: &[f32]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for (schema, tables) in
        [(v1, &[false, true][..]), (cifar.schema(), &[true]), (cifar.version_2_schema(), &[true])]
    {
        let mut rows = Vec::new();
        for (i, nan) in (0..schema.width()).flat_map(|i| NANS.map(|nan| (i, nan))) {
            let mut row = schema.missing().to_vec();
            let mut expected = row.clone();
            row[i] = f32::from_bits(nan);
            expected[i] = match Feature::from_index(i) {
                // A flag of version 2: unknown.
                Err(_) => 0.5,
                Ok(feature) if schema == v1 => worst_of(feature).0,
                Ok(feature) => worst_of(feature).1,
            };
            let mut sane = row.clone();
            assert_eq!(schema.sanitize(&mut sane).unwrap(), 1 << i);
            assert_eq!(bits(&sane), bits(&expected), "{}, {nan:x}", schema.names()[i]);
            let (in_c, replaced) = sanitized_by_c(schema, &row);
            assert_eq!((bits(&in_c), replaced), (bits(&expected), 1 << i), "{}", schema.names()[i]);
            if schema == v1 {
                let mut observation = Observation { values: row.as_slice().try_into().unwrap() };
                assert_eq!(observation.sanitize(), 1 << i);
                assert_eq!(bits(&observation.values), bits(&expected));
                assert_eq!(Feature::ALL[i].sanitized(row[i]).to_bits(), expected[i].to_bits());
            }
            rows.push(row);
        }
        for (twin, &table) in twins().iter().flat_map(|twin| tables.iter().map(move |table| (twin, table))) {
            let mut next = rows.iter();
            let make = |_: &mut Numbers, row: &mut [f32]| row.copy_from_slice(next.next().unwrap());
            assert_eq!(compare((twin, 1), schema, 1, table, rows.len(), make), rows.len());
        }
    }
}

#[test]
fn what_a_twin_stores_is_what_the_library_stores() {
    let cifar = Normalizer::new(&Task::cifar10()).unwrap();
    let wide = cifar.version_2_schema();
    for twin in twins() {
        same_bytes(twin, Observation::row_schema(), 1, 1, false);
        same_bytes(twin, Observation::row_schema(), 1, 1, true);
        same_bytes(twin, wide, 1, 1, true);
    }
    for (rows, threads) in [(2, 1), (5, 2), (8, 1), (13, 2), (64, 3)] {
        same_bytes(&twins()[0], Observation::row_schema(), rows, threads, false);
        same_bytes(&twins()[0], wide, rows, threads, true);
    }
}

#[test]
fn a_twin_publishes_and_sees_the_decision_of_a_controller() {
    const STEPS: u64 = 5000;
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(64), &folder.options()).unwrap();
    let file = trainer.segment().path().to_str().unwrap().to_owned();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    trainer.hand_over().unwrap();
    let mut device =
        Twin::start(&twins()[0], &["answers", &file, "observations", "decisions.0", &STEPS.to_string()]);
    let mut observation = Observation::EMPTY;
    for n in 1..=STEPS {
        let Read::Record(meta) = controller.next(&mut observation, patiently()).unwrap() else {
            panic!("{n}")
        };
        assert_eq!((meta.sequence, observation), (n, row_of(n)));
        controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
    }
    assert_eq!(device.hear(), format!("answered {STEPS}"));
    device.ended();
    assert_eq!((trainer.take_back().unwrap(), trainer.sent()), (STEPS, STEPS));
}

#[test]
fn a_twins_wait_ends_when_the_host_says_so() {
    let folder = Folder::new();
    let trainer = Trainer::create("link", &link(64), &folder.options()).unwrap();
    let file = trainer.segment().path().to_str().unwrap().to_owned();
    let stop = folder.path().join("stop");
    std::fs::write(&stop, [0; 4096]).unwrap();
    let mut waiting = Twin::start(&twins()[0], &["wait", &file, "observations", stop.to_str().unwrap()]);
    assert_eq!(waiting.hear(), "ready");
    // It waits: it would have told by now, or it tells below that there was a record.
    std::thread::sleep(Duration::from_millis(20));
    assert!(waiting.child.try_wait().unwrap().is_none());
    std::fs::OpenOptions::new()
        .write(true)
        .open(&stop)
        .unwrap()
        .write_all_at(&1u32.to_ne_bytes(), 0)
        .unwrap();
    assert_eq!(waiting.hear(), "4", "Read::stopped");
    waiting.ended();
}

#[test]
#[ignore = "a child process"]
fn child_trains_on_a_device() {
    if !is_child() {
        return;
    }
    let mut trainer = Trainer::open_or_create("link", &link(64), &Options::default()).unwrap().0;
    let ring = trainer.hand_over().unwrap();
    say(ring.next_sequence);
    common::listen();
}

#[test]
fn what_a_dead_trainers_device_still_stores_spoils_nothing() {
    let folder = Folder::new();
    let mut child = start_with("child_trains_on_a_device", &folder, &[]);
    let next = child.hear();
    let segment = Segment::attach("link", &folder.options()).unwrap();
    let file = segment.path().to_str().unwrap().to_owned();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    let before = segment.ring_status("observations").unwrap().last_sequence;
    // It has the file mapped before the name leads elsewhere, and publishes for as long as this
    // test likes.
    let mut device = Twin::start(&twins()[0], &["publish", &file, "observations", &next, "1000000000000"]);
    let published = || segment.ring_status("observations").unwrap().last_sequence;
    while published() == before {
        std::thread::yield_now();
    }
    child.kill();
    // Dead, and its device goes on.
    let then = published();
    while published() == then {
        std::thread::yield_now();
    }
    assert_eq!(Trainer::on(&segment).unwrap_err().kind(), ErrorKind::LeftToDevice);
    let (mut trainer, opened) = Trainer::open_or_create("link", &link(64), &folder.options()).unwrap();
    assert_eq!((opened, trainer.generation()), (Opened::Recreated, 1));
    let mut anew = Controller::attach("link", &folder.options(), LONG).unwrap();
    let mut observation = Observation::EMPTY;
    for n in 1..=20_000 {
        trainer.publish_stamped(&row_of(n), stamp_of(n)).unwrap();
        let Read::Record(meta) = anew.try_next(&mut observation).unwrap() else { panic!("{n}") };
        assert_eq!((meta.sequence, observation), (n, row_of(n)));
    }
    let then = published();
    while published() == then {
        std::thread::yield_now();
    }
    device.child.kill().unwrap();
    device.child.wait().unwrap();
    // The records that the old one's readers still find are whole, and then they learn their
    // position.
    loop {
        match controller.next(&mut observation, Wait::sleep(LONG)).unwrap() {
            Read::Record(meta) => assert_eq!(observation, row_of(meta.sequence)),
            Read::Lapped { .. } => {}
            end => {
                assert_eq!(end, Read::Superseded);
                break;
            }
        }
    }
}

#[test]
fn the_twins_hold_step_by_step_by_every_compiler_and_standard() {
    for standard in ["-std=c++17", "-std=c++20"] {
        for optimized in ["-O0", "-O2"] {
            for steps in built("steps.cpp", standard, &[optimized]) {
                let ran = Command::new(&steps).arg("200000").output().unwrap();
                let said = String::from_utf8_lossy(&ran.stderr);
                assert!(ran.status.success(), "{}: {said}", steps.display());
            }
        }
    }
}

/// Builds the steps with a sanitizer. Returns `None` and prints NOT CHECKED where it is not
/// installed.
fn sanitized(how: &str, include: &Path, name: &str) -> Option<PathBuf> {
    let binary = scratch("twins").join(name);
    // The race detector does not know fences, and says so.
    let flags = ["-std=c++17", "-g", "-O1", "-Wno-tsan", "-fno-sanitize-recover=all", how];
    match compile("g++", &flags, include, "steps.cpp", &binary) {
        Ok(()) => Some(binary),
        Err(e) if e.contains("cannot find") => {
            eprintln!("NOT CHECKED: g++ {how}: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn the_twins_touch_shared_words_by_atomics_only_and_nothing_beside_them() {
    if !is_there("g++") {
        eprintln!("NOT CHECKED: there is no g++ for its sanitizers");
        return;
    }
    let include = root().join("include");
    for how in ["-fsanitize=thread", "-fsanitize=address,undefined"] {
        let Some(steps) = sanitized(how, &include, &how.replace(['=', ','], "-")) else { continue };
        let ran = Command::new(&steps).arg("20000").output().unwrap();
        assert!(ran.status.success(), "{how}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    // It sees a plain store.
    let plain = mutant(
        "__atomic_store_n(word<T>(base, at), value, __ATOMIC_RELAXED)",
        "*word<T>(base, at) = value",
        "plain",
    );
    if let Some(steps) = sanitized("-fsanitize=thread", &plain, "plain-store") {
        let ran = Command::new(&steps).arg("20000").output().unwrap();
        assert!(!ran.status.success(), "a plain store was not seen");
    }
}

/// Writes a folder with the header in which one piece is replaced.
fn mutant(piece: &str, by: &str, name: &str) -> PathBuf {
    let header = std::fs::read_to_string(root().join("include/leyline_device.hpp")).unwrap();
    assert!(header.contains(piece), "the header has no {piece}");
    let folder = scratch(&format!("twins/{name}"));
    std::fs::write(folder.join("leyline_device.hpp"), header.replacen(piece, by, 1)).unwrap();
    folder
}

/// The mutations that x86 can detect: a fence that is left out changes no instruction there.
const LEFT_OUT: [(&str, &str); 31] = [
    (
        "if (next < next_sequence) generation = generation_of(next);",
        "if (next <= next_sequence) generation = generation_of(next);",
    ),
    ("if (begin != static_cast<std::uint32_t>(sequence)) return gone;", ""),
    ("if (detail::load<std::uint64_t>(ring.data, slot) != sequence) return gone;", ""),
    ("if (end != sequence) return end < sequence ? ahead : gone;", ""),
    ("return end < sequence ? ahead : gone", "return gone"),
    ("if ((seen & changed) != 0 && catch_up(group)) return Read::restarted;", ""),
    ("|| passed_over != 0) return lapped(group)", ") return lapped(group)"),
    ("next_sequence = detail::greater(wanted, notice.first_sequence);", "next_sequence = wanted;"),
    ("passed_over += next_sequence - wanted;", ""),
    ("bool gap = generation == detail::unknown || oldest > known + 1;", "bool gap = false;"),
    ("keep_time(stamp.time_ns);", ""),
    ("if (before <= sequence) {", "if (true) {"),
    ("region_ns == 0 || far > detail::time_region_ns", "region_ns == 0"),
    ("ring.time_near(last_sequence, last)};", "0};"),
    ("if (begins <= next_sequence) {", "if (true) {"),
    ("now - (detail::log_entries - 1)", "now - (detail::log_entries - 2)"),
    ("notice = {next_sequence - wanted,", "notice = {next_sequence - wanted - 1,"),
    ("next_sequence = target > wanted ? target : wanted + 1", "next_sequence = wanted + 1"),
    ("attempt < 8", "attempt < 9"),
    (
        "meta = meta_of(newest, stamp, newest - wanted + passed_over)",
        "meta = meta_of(newest, stamp, passed_over)",
    ),
    (
        "store<std::uint64_t>(ring.data, end_of_slot - detail::stamp_from_end, detail::pack(stamp, flags))",
        "pack(stamp, flags)",
    ),
    (
        "static_cast<std::uint32_t>(next_sequence));\n",
        "static_cast<std::uint32_t>(next_sequence - ring.capacity));\n",
    ),
    (
        "store_release<std::uint64_t>(ring.control, detail::at_published, next_sequence - 1)",
        "store_release<std::uint64_t>(ring.control, detail::at_published, next_sequence)",
    ),
    ("|| next_sequence > last_sequence) return 0", ") return 0"),
    ("if (look % 16 == 0 && group.or_all", "if (false && group.or_all"),
    ("if (bytes != ring.payload_size) return Read::mismatch;", ""),
    (
        "return at(ring, ring.newest() + 1); }\n    /// Goes on at a sequence that",
        "return at(ring, ring.counted() + 1); }\n    /// At",
    ),
    ("if ((sequence & (ring.capacity / 2 - 1)) == 0) flush();", ""),
    ("((end - last - 1) & (capacity - 1)) != 0", "false"),
    ("std::uint64_t complete = detail::lesser(end, last_sequence);", "std::uint64_t complete = last;"),
    ("detail::lesser(complete + capacity, last_sequence + 1)", "complete + capacity"),
];

#[test]
fn what_is_left_out_of_a_twin_is_missed() {
    let binary = scratch("twins").join("mutant");
    // The faster one of the two, unoptimized.
    let compiler = if is_there("clang++") { "clang++" } else { "c++" };
    let mut found = Vec::new();
    for (i, (piece, by)) in LEFT_OUT.into_iter().enumerate() {
        let include = mutant(piece, by, &format!("mutant-{i}"));
        compile(compiler, &["-std=c++17", "-O0"], &include, "steps.cpp", &binary)
            .unwrap_or_else(|e| panic!("{piece}: {e}"));
        let ran = Command::new("timeout").args(["60"]).arg(&binary).output().unwrap();
        if ran.status.success() {
            found.push(piece);
        }
    }
    assert_eq!(found, [] as [&str; 0], "nothing missed them");
}
