//! The ring's protocol under a model checker. `src/ring/models` documents what is modelled.
//!
//! The library is built with `--cfg loom` in its own folder. `LEYLINE_MODELS` is the bound on
//! preemptions of a thread (default 2), or `full` for none. `cargo test --test integration models::
//! -- --nocapture` prints the number of interleavings.

use crate::rebuilt::Build;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the program that runs the models, built once.
fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // Only crates that run in each interleaving are optimized.
        let optimized = [
            "--config=profile.dev.opt-level=1",
            "--config=profile.dev.package.loom.opt-level=3",
            "--config=profile.dev.package.generator.opt-level=3",
            "--config=profile.dev.package.regex-automata.opt-level=0",
            "--config=profile.dev.package.regex-syntax.opt-level=0",
            "--config=profile.dev.package.tracing-subscriber.opt-level=0",
        ];
        let build = Build {
            folder: "models",
            flags: "--cfg loom".to_owned(),
            options: &optimized,
            ..Build::default()
        };
        build.program_of("leyline::models::main")
    })
}

fn run(what: &str) -> String {
    let ran = Command::new(program()).arg(what).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    println!("{said}");
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    said
}

#[test]
fn the_protocol_holds_in_every_interleaving() {
    let said = run("models");
    assert!(said.lines().filter(|l| l.starts_with("model: ")).count() > 10, "{said}");
}

#[test]
fn every_ordering_that_is_undone_is_missed_by_a_model() {
    let said = run("orderings");
    assert!(said.lines().filter(|l| l.contains(": missed by ")).count() > 30, "{said}");
}
