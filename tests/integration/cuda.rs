//! `leyline.cuh` where there is no GPU: its host's logic against a fake of CUDA's runtime, and the
//! programs for a GPU with their kernels on threads of the host. What nvcc says to them is
//! `tests/cuda/compile`, what a GPU says `tests/cuda/run`.

use crate::common::{self, Folder};
use crate::native::{Library, scratch};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
    // And with what an older CUDA has no call for, where the default stream is another one for each
    // thread.
    let older = ["-DCUDART_VERSION=12000", "-DCUDA_API_PER_THREAD_DEFAULT_STREAM"];
    let valgrind = is_there("valgrind");
    for (name, more) in [("host", &[][..]), ("host-of-old-cuda", &older)] {
        let program = built("host.cpp", name, more);
        assert_eq!(run(Command::new(&program), name), "ok\n");
        if !valgrind {
            eprintln!("NOT CHECKED: {name} under valgrind: there is none");
            continue;
        }
        let mut watched = Command::new("valgrind");
        watched
            .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
            .args(["--errors-for-leak-kinds=definite,indirect"])
            // Two threads that spin for each other take turns.
            .arg("--fair-sched=yes")
            .arg(&program);
        run(watched, &format!("{name} under valgrind"));
    }
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

/// Translates a program for nvcc into C++: each launch `kernel<<<grid, block>>>(given)` becomes a
/// call of the fake's.
fn translated(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("<<<") {
        let kernel =
            before.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').map_or(0, |at| at + 1);
        let (shape, given) = after.split_once(">>>(").expect("a launch");
        out.extend([&before[..kernel], "fake::launch(", &before[kernel..], ", ", shape, ")("]);
        rest = given;
    }
    out + rest
}

/// Builds a program for a GPU for this machine.
fn emulated(source: &str) -> PathBuf {
    let path = root().join(source);
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let folder = scratch("cuda");
    let file = folder.join(format!("{name}-emulated.cpp"));
    std::fs::write(&file, translated(&std::fs::read_to_string(&path).unwrap())).unwrap();
    let program = folder.join(format!("{name}-emulated"));
    let done = Command::new("c++")
        .args(["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-D__CUDACC__"])
        .args(["tests/cuda/fake", "include", "examples", "tests/cuda"].map(|folder| format!("-I{folder}")))
        .arg(file)
        .arg(Library::find().archive)
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(done.status.success(), "{source}:\n{}", String::from_utf8_lossy(&done.stderr));
    program
}

#[test]
fn the_programs_for_a_gpu_hold_with_kernels_on_the_host() {
    for (source, arguments, ending) in [
        ("tests/cuda/twins.cu", &["1000"][..], "twins: all well"),
        ("tests/cuda/pages.cu", &["100"], "pages: ok"),
        ("tests/cuda/table.cu", &["--quick"], ""),
    ] {
        let mut command = Command::new(emulated(source));
        command.args(arguments);
        let said = run(command, source);
        assert!(said.contains(ending), "{source}:\n{said}");
    }
}

/// The example on a GPU and the controller of the demo: nothing is lost, all is decided on,
/// commands are executed.
#[test]
fn the_example_is_steered_with_its_kernels_on_the_host() {
    let folder = Folder::new();
    let trainer = emulated("examples/trainer.cu");
    let controller = common::example("controller", &[]);
    let steering = Command::new(controller)
        .args(["on-a-gpu", "--quiet", "--linger", "0"])
        .env("LEYLINE_DIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let training = Command::new(trainer)
        .arg(root().join("data/digits.csv"))
        .args(["on-a-gpu", "--epochs", "36", "--observations", "4096", "--quiet"])
        .env("LEYLINE_DIR", folder.path())
        .output()
        .unwrap();
    let said = |out: &[u8]| String::from_utf8_lossy(out).into_owned();
    let trained = said(&training.stdout);
    assert!(training.status.success(), "{trained}{}", said(&training.stderr));
    let steered = said(&steering.wait_with_output().unwrap().stdout);
    let of = |text: &str, name: &str| -> u64 {
        let mut words = text.lines().last().unwrap().split(' ').skip_while(|w| *w != name).skip(1);
        words.next().unwrap().parse().unwrap()
    };
    // 324 steps, which published by themselves, and a validation an epoch.
    assert_eq!(of(&trained, "sent"), 36 * 325, "{trained}");
    assert_eq!((of(&steered, "received"), of(&steered, "lost")), (36 * 325, 0), "{steered}");
    assert_eq!(of(&steered, "decisions"), 36 * 325, "{steered}");
    assert!(!trained.contains("values replaced"), "{trained}");
    assert!(of(&trained, "germinated") >= 1, "{trained}");
}
