//! C programs against the static library, each in a directory of segments of its own.

use crate::common::{self, Folder};
use crate::native::{built, c_program, scratch};
use crate::vectors;
use leyline::Observation;
use std::path::Path;
use std::process::Command;

fn run(compiler: &str, flags: &[&str], program: &str) {
    run_with(compiler, flags, program, &[]);
}

/// Runs a program in an environment of its own, twice; what it printed.
fn run_with(compiler: &str, flags: &[&str], program: &str, variables: &[(&str, &Path)]) -> String {
    let binary = c_program(compiler, flags, program);
    let mut plain = Command::new(&binary);
    plain.envs(variables.iter().copied());
    // Once more with every access to memory watched, and what is left at the end counted. What is
    // reached by a pointer into its middle only is not counted as lost: Rust's tables and shared
    // values are held like that.
    if Command::new("valgrind").arg("--version").output().is_ok_and(|v| v.status.success()) {
        let mut watched = Command::new("valgrind");
        watched
            .args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--trace-children=yes"])
            .args(["--errors-for-leak-kinds=definite,indirect"])
            .arg(&binary)
            .envs(variables.iter().copied())
            .env("LEYLINE_ROUNDS", "200");
        execute(watched, &format!("{program} under valgrind"));
    } else {
        eprintln!("NOT CHECKED: {program} under valgrind: there is none");
    }
    execute(plain, program)
}

fn execute(mut command: Command, program: &str) -> String {
    let folder = Folder::new();
    let ran = command.env("LEYLINE_DIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program}: {}\n{said}", ran.status);
    assert_eq!(folder.files(), [] as [&str; 0], "{program} left segments behind");
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn records_and_segments() {
    run("cc", &["-std=c11"], "ring.c");
}

#[test]
fn the_contract() {
    run("cc", &["-std=c11"], "contract.c");
}

#[test]
fn what_is_refused() {
    run("cc", &["-std=c11"], "refusals.c");
}

#[test]
fn a_link_without_a_name() {
    run("cc", &["-std=c11", "-D_POSIX_C_SOURCE=200809L"], "memfd.c");
}

#[test]
fn schemas_normalization_and_migration() {
    run("cc", &["-std=c11"], "schema.c");
}

/// The same vectors that `contract_vectors.rs` and `contract_enums.rs` check, in full.
#[test]
fn the_reference_vectors() {
    let all = vectors::vectors();
    let path = scratch("c-programs").join("vectors.txt");
    std::fs::write(&path, vectors::table(&all)).unwrap();
    let said = run_with("cc", &["-std=c11"], "vectors.c", &[("LEYLINE_TABLE", &path)]);
    let len =
        |name: &str| all[name].as_array().map_or_else(|| all[name].as_object().unwrap().len(), Vec::len);
    let enums = ["stages", "command_types", "risk_levels", "gates", "telemetry_events", "operations"];
    let expected = [
        ("observation", len("observations")),
        ("telemetry", len("seed_telemetry")),
        ("enum", enums.into_iter().map(len).sum()),
        ("target", len("operations")),
        ("transitions", len("transitions")),
        ("predicates", len("predicates")),
        ("task", len("tasks")),
        ("normalized", len("normalized") * len("tasks")),
    ];
    let expected: Vec<String> = expected.iter().map(|(what, n)| format!("{what} {n}")).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn ten_thousand_openings_leave_nothing_open() {
    run("cc", &["-std=c11", "-D_POSIX_C_SOURCE=200809L"], "leaks.c");
}

#[test]
fn what_the_link_refuses() {
    run("cc", &["-std=c11"], "link.c");
}

#[test]
fn what_a_trainer_reports() {
    run("cc", &["-std=c11"], "reports.c");
}

#[test]
fn a_trainer_that_is_steered() {
    run("cc", &["-std=c11"], "steering.c");
}

#[test]
fn gathering() {
    run("cc", &["-std=c11"], "gather.c");
}

#[test]
fn looking_and_tidying_up() {
    run("cc", &["-std=c11"], "onlooker.c");
}

#[test]
fn hostile_segments() {
    run("cc", &["-std=c11", "-D_POSIX_C_SOURCE=200809L"], "hostile.c");
}

#[test]
fn links_of_any_shape() {
    run("cc", &["-std=c11"], "tiers.c");
}

#[test]
fn a_handle_takes_one_call_at_a_time() {
    run("cc", &["-std=c11", "-D_POSIX_C_SOURCE=200809L"], "busy.c");
}

#[test]
fn bells_of_both_sides_and_what_they_refuse() {
    run("cc", &["-std=gnu11"], "bell.c");
}

#[test]
fn an_event_loop_follows_a_trainer() {
    let binary = scratch("c-programs").join("epoll");
    built(
        "cc",
        &["-std=gnu11", "-O1"],
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/epoll.c"),
        &binary,
    );
    let said = common::controlled_by(&binary, |trainer| {
        trainer.publish(&Observation::EMPTY).unwrap();
    });
    assert!(said.ends_with("epoll: received 100\n"), "{said}");
}

#[test]
fn cancelled_threads_and_forks_in_signal_handlers() {
    run("cc", &["-std=c11", "-D_POSIX_C_SOURCE=200809L"], "threads.c");
}
