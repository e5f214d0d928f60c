//! The ring's protocol under a model checker: `src/ring/models`, which says what is modelled and what is not.
//!
//! The library is built with `--cfg loom` in a folder of its own. `LEYLINE_MODELS` is the number of preemptions of a
//! thread that are tried (2 if it is not set), or `full` for any; `cargo test --test integration models:: -- --nocapture` prints how
//! many interleavings there were.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The program that runs the models.
fn program() -> &'static Path {
    static BUILT: OnceLock<std::path::PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("models");
        let built = Command::new(env!("CARGO"))
            .args(["rustc", "--quiet", "--lib", "--crate-type=rlib", "--manifest-path"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", "--cfg loom")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .status()
            .unwrap();
        assert!(built.success(), "the library does not build with --cfg loom");
        let (source, binary) = (target.join("main.rs"), target.join("main"));
        std::fs::write(&source, "fn main() { leyline::models::main() }").unwrap();
        let built = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
            .args(["--edition=2024", "-Copt-level=1", "--extern"])
            .arg(format!("leyline={}", target.join("debug/libleyline.rlib").display()))
            .arg(format!("-Ldependency={}", target.join("debug/deps").display()))
            .arg(&source)
            .arg("-o")
            .arg(&binary)
            .status()
            .unwrap();
        assert!(built.success(), "the models do not link");
        binary
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
