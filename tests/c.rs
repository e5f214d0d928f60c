//! C programs against the static library, each in a directory of segments of its own.

mod common;
#[path = "c/native.rs"]
mod native;

use common::Folder;
use native::{Library, scratch};
use std::path::Path;
use std::process::Command;

/// What the standard library needs: `rustc --print native-static-libs`.
const NATIVE: [&str; 6] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];

fn run(compiler: &str, flags: &[&str], program: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = scratch("c-programs").join(program.replace('.', "-"));
    let built = Command::new(compiler)
        .args(flags)
        .args(["-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg(format!("-I{}", root.join("include").display()))
        .arg(root.join("tests/c").join(program))
        .arg(Library::find().archive)
        .args(NATIVE)
        .arg("-o")
        .arg(&binary)
        .output()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    assert!(built.status.success(), "{program}:\n{}", String::from_utf8_lossy(&built.stderr));
    let folder = Folder::new();
    let ran = Command::new(&binary).env("LEYLINE_DIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program}: {}\n{said}", ran.status);
    assert_eq!(folder.files(), [] as [&str; 0], "{program} left segments behind");
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

#[test]
fn what_the_link_refuses() {
    run("cc", &["-std=c11"], "link.c");
}

#[test]
fn what_a_trainer_reports() {
    run("cc", &["-std=c11"], "reports.c");
}

#[test]
fn gathering() {
    run("cc", &["-std=c11"], "gather.c");
}

#[test]
fn looking_and_tidying_up() {
    run("cc", &["-std=c11"], "onlooker.c");
}
