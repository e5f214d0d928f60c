//! Runs the models as they are, and again with each ordering of the protocol undone.

use crate::ring::models::scenarios::MODELS;
use crate::sys::modelled::{Lines, Undo, passed, undo};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};

/// Runs a model. Returns the number of its interleavings within the bound.
fn run(model: fn(), bound: Option<usize>) -> usize {
    let states = Arc::new(Mutex::new(0));
    let count = states.clone();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = bound;
    builder.max_branches = 10_000;
    builder.check(move || {
        *count.lock().unwrap() += 1;
        model();
    });
    *states.lock().unwrap()
}

/// The bound on preemptions with an ordering undone, and the lowest one with nothing undone.
const BOUND: usize = 2;

fn bound() -> Option<usize> {
    match std::env::var("LEYLINE_MODELS").as_deref() {
        Ok("full") => None,
        Ok(n) => {
            let n = n.parse().ok().filter(|n| *n >= BOUND);
            Some(n.expect("LEYLINE_MODELS is a number of preemptions, at least 2, or full"))
        }
        Err(_) => Some(BOUND),
    }
}

/// A model that holds.
struct Holding {
    name: &'static str,
    model: fn(),
    states: usize,
    /// The lines that it passes. It cannot miss the ordering of another line.
    lines: Lines,
}

/// Runs the models, and then again with each ordering undone. For `tests/integration/models.rs`.
pub fn main() {
    let mut models = the_protocol_holds();
    models.sort_by_key(|model| model.states);
    every_ordering_is_needed(&models);
}

fn the_protocol_holds() -> Vec<Holding> {
    let mut models = Vec::new();
    for (name, model) in MODELS {
        let states = run(model, bound());
        println!("model: {name}: {states} states");
        models.push(Holding { name, model, states, lines: passed() });
    }
    let total: usize = models.iter().map(|model| model.states).sum();
    println!("models: {} models, {total} states, preemptions {:?}", models.len(), bound());
    models
}

const SOURCES: [(&str, &str); 8] = [
    ("src/ring/canceller.rs", include_str!("../canceller.rs")),
    ("src/ring/slot.rs", include_str!("../slot.rs")),
    ("src/ring/state.rs", include_str!("../state.rs")),
    ("src/ring/reader.rs", include_str!("../reader.rs")),
    ("src/ring/writer.rs", include_str!("../writer.rs")),
    ("src/ring/cursors.rs", include_str!("../cursors.rs")),
    ("src/ring/bells.rs", include_str!("../bells.rs")),
    ("src/sys/futex.rs", include_str!("../../sys/futex.rs")),
];

/// Orderings that can be undone without a model failing: file, a part of the line, reason.
const NOT_MISSED: [(&str, &str, &str); 3] = [
    ("src/ring/canceller.rs", "given.store(", "only chooses how to sleep where the kernel lacks a call"),
    (
        "src/ring/cursors.rs",
        "committed = page.u64(cursor_page::COMMITTED).load(Acquire)",
        "a predecessor has ended: the kernel orders all that it did, and so does the fence before",
    ),
    ("src/sys/futex.rs", "waiter.fetch_add(", "the kernel orders a wait and a wake-up, here by its mutex"),
];

/// Returns every ordering and store that can be undone, with its file and text.
fn places() -> Vec<(Undo, &'static str, &'static str)> {
    let mut places = Vec::new();
    for (file, text) in SOURCES {
        let text = text.split("mod tests {").next().unwrap_or_default();
        for (line, code) in (1..).zip(text.lines().map(str::trim)) {
            if code.starts_with("//") || code.starts_with("use ") {
                continue;
            }
            let calls = [".load(", ".store(", ".fetch_add(", ".swap(", "fence("];
            let orders = ["Acquire)", "Release)", "AcqRel)", "SeqCst)"];
            let ordered = calls.iter().any(|c| code.contains(c)) && orders.iter().any(|o| code.contains(o));
            if ordered || code.contains("os::barrier_everywhere()") {
                places.push((Undo::Order(file, line), file, code));
            }
            if code.contains(".store(") {
                places.push((Undo::Store(file, line), file, code));
            }
        }
    }
    places
}

/// Returns a model that fails with a line undone, which mostly takes fewer preemptions than the
/// bound. Uses a thread for each call: a model that fails leaves loom's state in its thread.
fn missed_by(what: Undo, models: &[Holding]) -> Option<&'static str> {
    let (Undo::Order(file, line) | Undo::Store(file, line)) = what;
    let passes = |model: &&Holding| model.lines.iter().any(|(f, l)| *l == line && f.ends_with(file));
    let fails = |model: &Holding, bound| catch_unwind(|| run(model.model, Some(bound))).is_err();
    let failing = || {
        undo(Some(what));
        (0..=BOUND).find_map(|bound| models.iter().filter(passes).find(|model| fails(model, bound)))
    };
    let found = std::thread::scope(|scope| scope.spawn(failing).join()).expect("panics are caught");
    found.map(|model| model.name)
}

fn every_ordering_is_needed(models: &[Holding]) {
    std::panic::set_hook(Box::new(|_| {}));
    let (mut missed, mut mistakes) = (0, Vec::new());
    let places = places();
    for (what, file, code) in &places {
        let known = NOT_MISSED.iter().find(|(f, part, _)| f == file && code.contains(part));
        match (missed_by(*what, models), known) {
            (Some(model), None) => {
                missed += 1;
                println!("undone: {what:?}: {code}: missed by {model}");
            }
            (None, Some((.., why))) => println!("undone: {what:?}: {code}: not missed: {why}"),
            (Some(model), Some(_)) => mistakes.push(format!("{what:?}: {code}: missed after all by {model}")),
            (None, None) => mistakes.push(format!("{what:?}: {code}: no model misses it")),
        }
    }
    println!(
        "orderings: {} undone, {missed} missed by a model, {} known not to be",
        places.len(),
        NOT_MISSED.len()
    );
    if !mistakes.is_empty() {
        println!("{}", mistakes.join("\n"));
        std::process::exit(1);
    }
}
