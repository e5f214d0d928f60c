//! The ring's protocol under a model checker. `src/ring/models` documents what is modelled.
//!
//! The library is built with `--cfg loom` in its own folder. `LEYLINE_MODELS` is the bound on
//! preemptions of a thread (at least 2, the default), or `full` for none. `cargo test --test
//! integration models:: -- --nocapture` prints the number of interleavings.

use crate::rebuilt::Build;
use std::process::Command;

#[test]
fn the_protocol_holds_in_every_interleaving_and_needs_every_ordering() {
    // The checker takes most of the time. Optimizing our code takes longer than it saves.
    let optimized = [
        "--config=profile.dev.package.loom.opt-level=2",
        "--config=profile.dev.package.generator.opt-level=2",
    ];
    let flags = "--cfg loom".to_owned();
    let build = Build { folder: "models", flags, options: &optimized, ..Build::default() };
    let ran = Command::new(build.program_of("leyline::models::main")).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    println!("{said}");
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.lines().filter(|l| l.starts_with("model: ")).count() > 10, "{said}");
    assert!(said.lines().filter(|l| l.contains(": missed by ")).count() > 30, "{said}");
}
