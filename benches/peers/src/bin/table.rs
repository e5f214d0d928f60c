//! Writes the table of the recorded results into docs/benchmarks.md and some of its rows into
//! README.md: `table FOLDER README BENCHMARKS [--check]`. The tables stand between two comments, so
//! that they show what was recorded and nothing else. With `--check` nothing is written, and
//! another table is an error.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- made by benches/record/make: -->\n";
const END: &str = "<!-- made. -->\n";

/// The rows: what they are called here, and in the results of the round trip, the stream and the
/// wake-up.
const ROWS: [(&str, &str, &str, &str); 12] = [
    (
        "the limit: a cache line there and back; a futex",
        "one line each way (limit)",
        "",
        "futex alone, no record (limit)",
    ),
    ("the least that these records need", "bare slot each way", "", ""),
    ("**leyline**", "leyline, caller-stamped", "leyline", "leyline"),
    ("leyline, stamped by the library", "leyline, library-stamped", "", ""),
    ("leyline, written 64 at a time", "", "leyline, 64 at a time", ""),
    ("ringfire 0.5", "ringfire", "ringfire", "ringfire, futex"),
    (
        "ringfire, slots padded to 128 bytes",
        "ringfire, slots padded to 128 bytes",
        "ringfire, slots padded to 128 bytes",
        "",
    ),
    ("ringfire, padded, written 64 at a time", "", "ringfire, padded, 64 at a time", ""),
    ("iceoryx2 0.10 blackboard", "iceoryx2 blackboard", "", ""),
    (
        "iceoryx2 0.10 publish-subscribe, event",
        "iceoryx2 publish-subscribe",
        "iceoryx2 publish-subscribe",
        "iceoryx2 event, then the sample",
    ),
    ("pipe, blocking", "pipes", "pipe", "pipe"),
    ("Unix socket, blocking", "Unix socket", "Unix socket", "Unix socket"),
];

/// The README's rows, by their names in [`ROWS`].
const SHORT: [&str; 6] = [
    ROWS[0].0,
    "**leyline**",
    "ringfire 0.5",
    "iceoryx2 0.10 blackboard",
    "iceoryx2 0.10 publish-subscribe, event",
    "pipe, blocking",
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (folder, readme, benchmarks, check) = match &words[..] {
        [folder, readme, benchmarks] => (Path::new(folder), readme, benchmarks, false),
        [folder, readme, benchmarks, check] if check == "--check" => {
            (Path::new(folder), readme, benchmarks, true)
        }
        _ => {
            eprintln!("table FOLDER README BENCHMARKS [--check]");
            std::process::exit(2);
        }
    };
    let (rows, source) = table(folder);
    let short: Vec<&str> =
        rows.lines().enumerate().filter(|(i, row)| *i < 2 || is_short(row)).map(|(_, row)| row).collect();
    assert_eq!(short.len(), 2 + SHORT.len(), "a row of the README's is missing");
    let same = [
        put(readme, &format!("{}\n\n{source}\n", short.join("\n")), check),
        put(benchmarks, &format!("{rows}\n{source}\n"), check),
    ];
    if same.contains(&false) {
        std::process::exit(1);
    }
}

/// Returns true for a row that the README has too.
fn is_short(row: &str) -> bool {
    SHORT.iter().any(|name| row.starts_with(&format!("| {name} |")))
}

/// Puts a table between the two comments of a document. With `check` the document stays as it is;
/// returns false if it has another table.
fn put(document: &str, new: &str, check: bool) -> bool {
    let text = std::fs::read_to_string(document).expect("the document");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (old, after) = rest.split_once(END).expect("where the table ends");
    if check && old != new {
        eprintln!("{document} has another table than the record gives:\n{new}");
        return false;
    }
    if !check {
        std::fs::write(document, format!("{before}{BEGIN}{new}{END}{after}")).expect("the document");
    }
    true
}

fn read(folder: &Path, bench: &str) -> Value {
    let path = folder.join(format!("{bench}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// Returns the series of a name with a label.
fn series<'r>(results: &'r Value, name: &str, label: Option<(&str, u64)>) -> Option<&'r Value> {
    let is_it = |s: &&Value| {
        s["name"] == name && label.is_none_or(|(key, value)| s["labels"][key].as_u64() == Some(value))
    };
    results["series"].as_array()?.iter().find(is_it)
}

/// Returns the median over the rounds of a quantile of each.
fn median_of(series: &Value, quantile: &str) -> f64 {
    let rounds = series["rounds"].as_array().expect("rounds");
    let mut values: Vec<f64> = rounds.iter().map(|r| r[quantile].as_f64().expect("a number")).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Returns the median time of one cache line there and back beside the rounds that count, ns.
fn apart(results: &Value) -> String {
    let parts = results["apart"].as_array().expect("looks at how far apart the processors were");
    let mut looks: Vec<f64> = Vec::new();
    for part in parts {
        let of = |key: &str| part[key].as_array().expect("numbers");
        for round in of("rounds_counted") {
            let round = round.as_u64().expect("a round") as usize;
            looks.extend(of("one_line_each_way_ns")[round..][..2].iter().filter_map(Value::as_f64));
        }
    }
    looks.sort_by(f64::total_cmp);
    format!("{:.0}", looks[looks.len() / 2])
}

fn time(ns: f64) -> String {
    if ns < 1000.0 { format!("{ns:.0} ns") } else { format!("{:.1} µs", ns / 1000.0) }
}

/// Returns the rows, and the line that names their machine and commit.
fn table(folder: &Path) -> (String, String) {
    let [trips, streams, wakes] =
        ["peers-roundtrip", "peers-stream", "peers-wake"].map(|bench| read(folder, bench));
    let mut out = String::new();
    let none = || "–".to_owned();
    let head = "| | round trip, p50 | of the limit's | p99 | lossless stream, 4096 slots | publish to awake, p50 |\n\
                |---|---:|---:|---:|---:|---:|\n";
    out.push_str(head);
    for (name, trip, stream, wake) in ROWS {
        let trip = series(&trips, trip, None).map(|s| {
            let ratio = trips["results"][format!("ratio of {trip}")].as_f64().expect("its ratio");
            [time(median_of(s, "p50")), format!("{ratio:.2}"), time(median_of(s, "p99"))]
        });
        let [p50, ratio, p99] = trip.unwrap_or_else(|| [none(), none(), none()]);
        let rate = series(&streams, stream, Some(("capacity", 4096)))
            .map_or_else(none, |s| format!("{:.1} M/s", s["median"].as_f64().expect("a rate")));
        let woken = series(&wakes, wake, Some(("hz", 1000))).map_or_else(none, |s| time(median_of(s, "p50")));
        writeln!(out, "| {name} | {p50} | {ratio} | {p99} | {rate} | {woken} |").expect("a line");
    }
    let of = |key: &str| trips["environment"][key].as_str().unwrap_or("?").to_owned();
    let (cpu, kernel, compiler, commit) = (of("cpu"), of("kernel"), of("compiler"), of("commit"));
    let machine =
        if trips["environment"]["virtual_machine"] == true { "a virtual machine" } else { "a machine" };
    let compiler = compiler.split(" (").next().unwrap_or_default().to_owned();
    let lines = [&trips, &streams, &wakes].map(apart);
    let source = format!(
        "{cpu}, {machine}; one cache line there and back took {} ns during the round trips, {} during the stream and {} \
         during the wake-ups; Linux {kernel}; {compiler}, whole-program optimization for all; commit {commit}.",
        lines[0], lines[1], lines[2]
    );
    (out, source)
}
