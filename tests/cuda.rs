//! `leyline.cuh` where there is no GPU: its host's logic against a fake of CUDA's runtime. What nvcc says to it is
//! `tests/cuda/compile`, what a GPU says `tests/cuda/run`.

#[path = "c/native.rs"]
#[allow(dead_code)]
mod native;

mod common;

use common::Folder;
use native::{Library, scratch};
use std::path::{Path, PathBuf};
use std::process::Command;

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn compile(compiler: &str, standard: &str, more: &[&str], source: &str, to: Option<&Path>) {
    let mut command = Command::new(compiler);
    command
        .arg(format!("-std={standard}"))
        .args(WARNINGS)
        .args(["-fno-exceptions", "-fno-rtti", "-g", "-O1"])
        .args(more)
        .arg("-I")
        .arg(root().join("tests/cuda/fake"))
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join("tests/cuda").join(source));
    match to {
        Some(to) => {
            let archive = Library::find().archive;
            command.arg(archive).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(to)
        }
        None => command.arg("-fsyntax-only"),
    };
    let done = command.output().unwrap_or_else(|e| panic!("{compiler}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{compiler} -std={standard} {source}:\n{said}");
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success())
}

fn built(source: &str, name: &str, more: &[&str]) -> PathBuf {
    let to = scratch("cuda").join(name);
    compile("c++", "c++17", more, source, Some(&to));
    to
}

/// Segments without names, so that nothing can be left behind.
fn run(mut command: Command, what: &str) -> String {
    let folder = Folder::new();
    let done = command.env("LEYLINE_DIR", folder.path()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{what}: {}\n{said}", done.status);
    said
}

#[test]
fn the_header_compiles_everywhere_for_old_and_new_cuda() {
    for compiler in ["c++", "clang++"].into_iter().filter(|c| is_there(c)) {
        compile(compiler, "c++17", &["-DCUDART_VERSION=12000"], "host.cpp", None);
        compile(compiler, "c++20", &[], "host.cpp", None);
    }
}

#[test]
fn pages_batches_and_tensors_without_a_gpu() {
    let program = built("host.cpp", "host", &[]);
    assert_eq!(run(Command::new(&program), "host.cpp"), "ok\n");
    if !is_there("valgrind") {
        eprintln!("NOT CHECKED: host.cpp under valgrind: there is none");
        return;
    }
    let mut watched = Command::new("valgrind");
    watched
        .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
        .args(["--errors-for-leak-kinds=definite,indirect"])
        .arg(&program);
    run(watched, "host.cpp under valgrind");
}

/// With `LEYLINE_PYTHON` set, its NumPy takes a batch as it would from any other library.
#[test]
fn numpy_takes_a_batch_as_dlpack() {
    let insisted = std::env::var("LEYLINE_PYTHON").ok();
    let python = insisted.as_deref().unwrap_or("python3");
    let newer = "import numpy; assert tuple(map(int, numpy.__version__.split('.')[:2])) >= (2, 1)";
    if !Command::new(python).args(["-c", newer]).output().is_ok_and(|o| o.status.success()) {
        assert!(insisted.is_none(), "{python} has no numpy of 2.1 or newer");
        eprintln!(
            "NOT CHECKED: DLPack with NumPy: {python} has none of 2.1 or newer; name a python in LEYLINE_PYTHON"
        );
        return;
    }
    let library = built("capsule.cpp", "capsule.so", &["-shared", "-fPIC"]);
    let mut command = Command::new(python);
    command.arg(root().join("tests/cuda/capsule.py")).arg(library);
    run(command, "capsule.py");
}
