//! Measures the distance between the two processors. On a virtual machine it changes: they may be
//! two cores under one cache for a while, and then two that share none, whatever the system
//! reports. So the limit is measured before and after each round, and rounds with another distance,
//! or during which it changed, are discarded.

use super::limit::{Lines, Timed, WARM_UP};
use super::machine::{Cpus, pin};
use super::rounds::{fine_quantile, interleave};
use super::{Bench, Spread};
use serde_json::{Value, json};

/// Trips of one look.
const TRIPS: u64 = 2_000;
/// Numbers of the limit's rounds that only looks have; a turn's number is less.
const FIRST: u64 = 1 << 31;
/// Two looks that differ by more than this are not of the same arrangement.
const SAME: f64 = 1.3;

/// The distances found before and after each round of some kinds.
pub(super) struct Part {
    /// p50 of a line there and back, ns: before each round, and after the last.
    looks: Vec<f64>,
    /// The rounds that count.
    rounds: Vec<usize>,
}

impl Part {
    /// Chooses the arrangement with the most rounds that began and ended in it.
    fn of(looks: Vec<f64>) -> Self {
        let mut sorted = looks.clone();
        sorted.sort_by(f64::total_cmp);
        let groups = sorted.chunk_by(|a, b| *b < *a * SAME).map(|group| (group[0], group[group.len() - 1]));
        let rounds_of = |(from, to): (f64, f64)| -> Vec<usize> {
            let within = |at: &f64| (from..=to).contains(at);
            (0..looks.len() - 1).filter(|r| looks[*r..][..2].iter().all(within)).collect()
        };
        let rounds = groups.map(rounds_of).max_by_key(Vec::len).unwrap_or_default();
        Self { looks, rounds }
    }

    fn rounds_made(&self) -> usize {
        self.looks.len() - 1
    }

    /// Returns the looks beside the rounds that count.
    fn of_rounds(&self) -> impl Iterator<Item = f64> {
        self.rounds.iter().flat_map(|r| self.looks[*r..][..2].iter().copied())
    }
}

/// Measures one cache line there and back, by two threads on the processors of the two sides.
/// Returns the p50 in ns.
fn look(bench: &Bench, number: u64) -> f64 {
    let (lines, Cpus { first, second, .. }) = (Lines::open(bench.folder()), bench.cpus);
    let mut times = None;
    std::thread::scope(|threads| {
        threads.spawn(|| {
            pin(second);
            lines.answer(FIRST + number, TRIPS + WARM_UP, |_| ());
        });
        threads.spawn(|| {
            pin(first);
            times = Some(Timed::new(TRIPS).round(&mut lines.asking(FIRST + number, |_| ())));
        });
    });
    fine_quantile(&times.expect("its times"), 0.5, bench.machine.clock_step_ns())
}

impl Bench {
    /// Makes rounds as [`interleave`] does, and measures the distance between the processors before
    /// and after each. Returns the rounds of the arrangement that most of them had. A report names
    /// it, and counts the rounds that were discarded.
    pub fn interleave<K: Copy, T>(
        &self,
        rounds: usize,
        kinds: &[K],
        mut round: impl FnMut(usize, K) -> T,
    ) -> Vec<Vec<T>> {
        if self.is_quick() || self.cpus.first == self.cpus.second {
            return interleave(rounds, kinds, round);
        }
        let mut looks = Vec::with_capacity(rounds + 1);
        let results = interleave(rounds, kinds, |number, kind| {
            if looks.len() == number {
                looks.push(self.look());
            }
            round(number, kind)
        });
        looks.push(self.look());
        let mut part = Part::of(looks);
        if part.rounds.is_empty() {
            eprintln!("no two looks in a row at how far apart the processors are agree: all rounds count");
            part.rounds = (0..rounds).collect();
        }
        let counted = |of_kind: Vec<T>| {
            of_kind.into_iter().enumerate().filter(|(n, _)| part.rounds.contains(n)).map(|(_, t)| t).collect()
        };
        let results = results.into_iter().map(counted).collect();
        self.parts.borrow_mut().push(part);
        results
    }

    fn look(&self) -> f64 {
        let number = self.looks.replace(self.looks.get() + 1);
        look(self, number)
    }

    /// Measures the distance now if no round did.
    pub(super) fn look_once(&self) {
        if self.parts.borrow().is_empty() && !self.is_quick() && self.cpus.first != self.cpus.second {
            self.parts.borrow_mut().push(Part { looks: vec![self.look(); 2], rounds: vec![0] });
        }
    }

    /// Describes the distances found in the parts from this one on, for people.
    pub(super) fn say_apart(&self, from: usize) -> Option<String> {
        let parts = self.parts.borrow();
        let parts = parts.get(from..).filter(|parts| !parts.is_empty())?;
        let seen = Spread::of(parts.iter().flat_map(Part::of_rounds));
        let (low, high) = seen.range;
        let took =
            "one line there and back between the two processors, looked at before and after each round, took";
        if high >= low * SAME {
            let of_each = parts.iter().map(|p| format!("{:.0}", Spread::of(p.of_rounds()).median));
            let of_each = of_each.collect::<Vec<_>>().join(", ");
            return Some(format!("{took}, one part after the other, {of_each} ns: parts do not compare"));
        }
        let sum = |of: fn(&Part) -> usize| parts.iter().map(of).sum::<usize>();
        let (made, counted) = (sum(Part::rounds_made), sum(|p| p.rounds.len()));
        let like = like(seen.median);
        let mut said = format!("{took} {:.0} ns ({low:.0}..{high:.0}), {like}", seen.median);
        if counted < made {
            let others = parts.iter().flat_map(|p| &p.looks).filter(|at| !(low..=high).contains(*at));
            let others = Spread::of(others.copied()).range;
            let (left_out, from, to) = (made - counted, others.0, others.1);
            said = format!(
                "{said}; {left_out} of {made} rounds are left out, as it was {from:.0} to {to:.0} ns before or after them"
            );
        }
        Some(said)
    }

    /// Describes the environment in a line, for a picture.
    pub fn in_short(&self) -> String {
        let parts = self.parts.borrow();
        let looks: Vec<f64> = parts.iter().flat_map(Part::of_rounds).collect();
        let apart = if looks.is_empty() {
            "not looked at".to_owned()
        } else {
            format!("a line there and back: {:.0} ns", Spread::of(looks).median)
        };
        self.machine.in_short(&apart)
    }

    /// Returns the number of parts so far.
    pub(super) fn parts_seen(&self) -> usize {
        self.parts.borrow().len()
    }

    /// Returns the distances of all parts, for JSON.
    pub(super) fn apart_json(&self) -> Value {
        let parts = self.parts.borrow();
        let of_part = |p: &Part| json!({ "one_line_each_way_ns": p.looks, "rounds_counted": p.rounds });
        Value::Array(parts.iter().map(of_part).collect())
    }
}

/// Names an arrangement of processors that is known to take as long. The machine itself may be
/// another. On the machine of the record, both processors did arithmetic at full speed at once
/// while a line took 140 ns, so they were no threads of one core. Such threads share a cache too,
/// and are nearer.
fn like(ns: f64) -> &'static str {
    if ns < 250.0 {
        "as between two processors under one cache"
    } else {
        "as between two cores that share no cache"
    }
}
