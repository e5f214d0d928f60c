//! Runs the ring's own code on many threads (`src/handle/race.rs`) under ThreadSanitizer, as a
//! program without a test harness. Without a nightly compiler the test prints NOT CHECKED.
//!
//! `LEYLINE_RACE` is the number of records (default 20,000).

use crate::rebuilt::Build;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FLAGS: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg leyline_race";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Returns a tool of the nightly toolchain, whichever toolchain runs this test.
fn nightly(tool: &str) -> Command {
    let beside = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let rustup = beside.map(|home| home.join("bin/rustup")).filter(|path| path.is_file());
    let mut command = Command::new(rustup.unwrap_or_else(|| "rustup".into()));
    command.args(["run", "nightly", tool]);
    for variable in
        ["RUSTC", "RUSTDOC", "CARGO", "RUSTUP_TOOLCHAIN", "CARGO_ENCODED_RUSTFLAGS", "LD_LIBRARY_PATH"]
    {
        command.env_remove(variable);
    }
    command
}

/// Builds the program. Returns the reason where that is not possible.
fn program() -> Result<PathBuf, String> {
    let probe = nightly("rustc").arg("--version").output();
    if !cfg!(target_arch = "x86_64") || !probe.as_ref().is_ok_and(|out| out.status.success()) {
        return Err(format!("no nightly compiler for {TARGET}: {probe:?}"));
    }
    let build = Build {
        folder: "race",
        flags: FLAGS.to_owned(),
        // A report names lines. Optimizing the library takes longer than the run.
        options: &["--config=profile.dev.debug='line-tables-only'"],
        target: Some(TARGET),
        tool: nightly,
    };
    Ok(build.program_of("leyline::race::main"))
}

fn run(binary: &Path, more: &[&str]) -> (Output, String) {
    let records = std::env::var("LEYLINE_RACE").unwrap_or_else(|_| "20000".to_owned());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("race");
    let ran = Command::new(binary)
        .arg(&records)
        .args(more)
        .env("LEYLINE_DIR", folder)
        .env("TSAN_OPTIONS", "exitcode=66 halt_on_error=1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    (ran, said)
}

#[test]
fn a_race_detector_finds_one_only_where_one_was_planted() {
    let binary = match program() {
        Ok(binary) => binary,
        Err(why) => {
            eprintln!("NOT CHECKED: races: {why}");
            return;
        }
    };
    let (ran, said) = run(&binary, &[]);
    assert!(ran.status.success(), "{}\n{said}", ran.status);
    println!("{}", String::from_utf8_lossy(&ran.stdout));
    let (ran, said) = run(&binary, &["planted"]);
    assert_eq!(ran.status.code(), Some(66), "{said}");
    assert!(said.contains("WARNING: ThreadSanitizer: data race"), "{said}");
}
