//! The ring's protocol under a model checker. `src/ring/models` documents what is modelled.
//!
//! The library is built with `--cfg loom` in its own folder. `LEYLINE_MODELS` is the bound on
//! preemptions of a thread (at least 2, the default), or `full` for none. `cargo test --test
//! integration models:: -- --nocapture` prints the number of interleavings.

use crate::rebuilt::Build;
use std::process::Command;
use std::sync::OnceLock;

/// Runs the models, once for both tests. Returns what they printed.
fn printed() -> &'static str {
    static PRINTED: OnceLock<String> = OnceLock::new();
    PRINTED.get_or_init(|| {
        // The checker takes most of the time. Optimizing our code takes longer than it saves.
        let optimized = [
            "--config=profile.dev.package.loom.opt-level=2",
            "--config=profile.dev.package.generator.opt-level=2",
        ];
        let build = Build {
            folder: "models",
            flags: "--cfg loom".to_owned(),
            options: &optimized,
            ..Build::default()
        };
        let ran = Command::new(build.program_of("leyline::models::main")).output().unwrap();
        let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
        println!("{printed}");
        assert!(ran.status.success(), "{printed}\n{}", String::from_utf8_lossy(&ran.stderr));
        printed
    })
}

#[test]
fn the_protocol_holds_in_every_interleaving() {
    let printed = printed();
    assert!(printed.lines().filter(|l| l.starts_with("model: ")).count() > 10, "{printed}");
}

#[test]
fn every_ordering_that_is_undone_is_missed_by_a_model() {
    let printed = printed();
    assert!(printed.lines().filter(|l| l.contains(": missed by ")).count() > 30, "{printed}");
}
