//! Reports the results of a bench: tables for people, lines for scripts, JSON for pictures and
//! records.
//!
//! The JSON of a bench:
//!
//! ```json
//! {
//!   "format": "leyline-bench-1",
//!   "bench": "roundtrip",
//!   "quick": false,
//!   "sides": "processes",
//!   "environment": { "cpu": "...", "processors_used": [0, 1], ... },
//!   "apart": [ { "one_line_each_way_ns": [ 140.1, 140.2, 501.5 ], "rounds_counted": [ 0 ] } ],
//!   "series": [
//!     {
//!       "name": "leyline, caller-stamped",
//!       "labels": { "capacity": 4096 },
//!       "unit": "ns",
//!       "rounds": [ { "count": 40000, "mean": 310.2, "p50": 305, "p90": 320, "p99": 360, "p999": 900, "max": 20000 } ],
//!       "percentiles": [ [0.0, 280], [50.0, 305], [99.0, 360], [100.0, 20000] ]
//!     },
//!     {
//!       "name": "lossless",
//!       "labels": { "capacity": 4096, "readers": 1 },
//!       "unit": "million records/s",
//!       "rounds": [ 101.5, 99.8 ],
//!       "median": 100.6, "quartiles": [ 100.2, 101.1 ], "range": [ 99.8, 101.5 ]
//!     }
//!   ],
//!   "results": { "roundtrip_ratio": 1.1 }
//! }
//! ```
//!
//! `sides` is "processes" or "threads". `apart` has for each part of the bench what one line there
//! and back took before each of its rounds and after the last, and which rounds, from 0, the series
//! have: those during which that stayed the same, as it was most of the time. A series is one line
//! of a picture or one point of it; its labels say which. There are two sorts: distributions, with
//! `percentiles` over all rounds together, from the least (0) to the greatest (100), ever finer
//! towards it; and one number a round, with `median`.

use super::{Bench, Histogram, Spread, histogram};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The parameters of a series: `[("capacity", 4096.into())]`.
pub type Labels<'a> = &'a [(&'a str, Value)];

/// Collects the results of a bench. [`Report::finish`] prints the results and writes the JSON.
pub struct Report<'b> {
    bench: &'b Bench,
    series: Vec<Value>,
    results: Vec<(String, f64)>,
    /// Parts of the bench of which it was said how far apart the processors were.
    said: usize,
}

impl<'b> Report<'b> {
    /// Prints the environment, which every table stands under.
    pub fn new(bench: &'b Bench) -> Self {
        println!("{}", bench.machine);
        if bench.is_quick() {
            println!("QUICK: checks correctness; the times say nothing");
        }
        let mut report = Self { bench, series: Vec::new(), results: Vec::new(), said: 0 };
        report.say_apart();
        println!();
        report
    }

    fn say_apart(&mut self) {
        if let Some(said) = self.bench.say_apart(self.said) {
            println!("{said}");
            self.said = self.bench.parts_seen();
        }
    }

    /// Adds a distribution: a histogram of nanoseconds for each round. Returns all of them
    /// together.
    pub fn latency(&mut self, name: &str, labels: Labels<'_>, rounds: &[Histogram]) -> Histogram {
        let mut all = histogram();
        for round in rounds {
            all.add(round).expect("it grows");
        }
        let of_round = |h: &Histogram| {
            json!({
                "count": h.len(),
                "mean": h.mean(),
                "p50": h.value_at_quantile(0.5),
                "p90": h.value_at_quantile(0.9),
                "p99": h.value_at_quantile(0.99),
                "p999": h.value_at_quantile(0.999),
                "max": h.max(),
            })
        };
        let percentiles: Vec<Value> = all
            .iter_quantiles(5)
            .map(|v| json!([100.0 * v.quantile_iterated_to(), v.value_iterated_to().min(all.max())]))
            .collect();
        let rounds: Vec<Value> = rounds.iter().map(of_round).collect();
        self.push(name, labels, "ns", json!({ "rounds": rounds, "percentiles": percentiles }));
        all
    }

    /// Adds one number a round.
    pub fn values(&mut self, name: &str, labels: Labels<'_>, unit: &str, rounds: &[f64]) -> Spread {
        let spread = Spread::of(rounds.iter().copied());
        let Spread { median, quartiles, range } = spread;
        let of_all = json!({ "rounds": rounds, "median": median, "quartiles": quartiles, "range": range });
        self.push(name, labels, unit, of_all);
        spread
    }

    fn push(&mut self, name: &str, labels: Labels<'_>, unit: &str, rest: Value) {
        let labels: Map<String, Value> = labels.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let mut series = json!({ "name": name, "labels": labels, "unit": unit });
        if let (Value::Object(series), Value::Object(rest)) = (&mut series, rest) {
            series.extend(rest);
        }
        self.series.push(series);
    }

    /// Adds a result: a line `name: value` at the end.
    pub fn result(&mut self, name: &str, value: f64) {
        self.results.push((name.to_owned(), value));
    }

    /// Prints the results, and writes the JSON where that was asked for.
    pub fn finish(mut self) {
        println!();
        self.bench.look_once();
        self.say_apart();
        for (name, value) in &self.results {
            println!("{name}: {value:.2}");
        }
        let Some(folder) = &self.bench.args.json else { return };
        std::fs::create_dir_all(folder).expect("a folder for the JSON");
        let path = folder.join(format!("{}.json", self.file_stem()));
        let text = serde_json::to_string(&self.to_json()).expect("JSON");
        std::fs::write(&path, text + "\n").expect("the JSON's file");
        println!("written: {}", path.display());
    }

    /// Returns the name of the files of this run: NAME, or NAME-threads.
    pub fn file_stem(&self) -> String {
        format!("{}{}", self.bench.name, if self.bench.args.threads { "-threads" } else { "" })
    }

    /// Returns the report as JSON.
    pub fn to_json(&self) -> Value {
        let results: Map<String, Value> = self.results.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        json!({
            "format": "leyline-bench-1",
            "bench": self.bench.name,
            "quick": self.bench.is_quick(),
            "sides": if self.bench.args.threads { "threads" } else { "processes" },
            "environment": self.bench.machine.to_json(),
            "apart": self.bench.apart_json(),
            "series": self.series,
            "results": results,
        })
    }
}

/// A table in the manner of Markdown: the first column to the left, the others to the right.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table with the heads of its columns.
    pub fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|h| (*h).to_owned()).collect()] }
    }

    /// Returns a table for distributions, with the columns of [`Table::latency`].
    pub fn of_latencies(what: &str) -> Self {
        Self::new(&[what, "p50 ns", "p90 ns", "p99 ns", "p99.9 ns", "max us"])
    }

    /// Adds a line.
    pub fn row<S: ToString>(&mut self, cells: impl IntoIterator<Item = S>) {
        let row: Vec<String> = cells.into_iter().map(|c| c.to_string()).collect();
        assert_eq!(row.len(), self.rows[0].len(), "as many cells as heads");
        self.rows.push(row);
    }

    /// Adds a distribution: the medians of the rounds' quantiles, that of p50 with its quartiles,
    /// and the maximum of all.
    pub fn latency(&mut self, name: &str, rounds: &[Histogram]) {
        let of = |q: f64| Spread::of(rounds.iter().map(|h| h.value_at_quantile(q) as f64));
        let [p90, p99, p999] = [0.9, 0.99, 0.999].map(|q| format!("{:.0}", of(q).median));
        let max = rounds.iter().map(Histogram::max).max().unwrap_or(0);
        let max = format!("{:.1}", max as f64 / 1000.0);
        self.row([name.to_owned(), format!("{:.0}", of(0.5)), p90, p99, p999, max]);
    }

    /// Prints it.
    pub fn print(&self) {
        let width = |c: usize| self.rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        for (i, row) in self.rows.iter().enumerate() {
            let cell = |(c, text): (usize, &String)| {
                if c == 0 {
                    format!(" {text:<w$} |", w = widths[c])
                } else {
                    format!(" {text:>w$} |", w = widths[c])
                }
            };
            println!("|{}", row.iter().enumerate().map(cell).collect::<String>());
            if i == 0 {
                let rule = |(c, w): (usize, &usize)| {
                    format!("{}{}|", "-".repeat(w + 1), if c == 0 { "-" } else { ":" })
                };
                println!("|{}", widths.iter().enumerate().map(rule).collect::<String>());
            }
        }
    }
}
