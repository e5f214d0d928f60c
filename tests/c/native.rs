//! Builds C programs for the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns a folder of that name for the files that a test builds. Files of an earlier run may be
/// in it.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns the text of `leyline.h` with all its includes.
pub(crate) fn header_text() -> String {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let umbrella = std::fs::read_to_string(include.join("leyline.h")).unwrap();
    let read = |line: &str| match line.strip_prefix("#include \"").and_then(|l| l.strip_suffix('"')) {
        Some(path) => std::fs::read_to_string(include.join(path)).unwrap(),
        None => format!("{line}\n"),
    };
    let text: String = umbrella.lines().map(read).collect();
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with("#include \"")).collect();
    lines.join("\n") + "\n"
}

/// The library for C.
pub(crate) struct Library {
    /// libleyline.a
    pub(crate) archive: PathBuf,
    /// libleyline.so
    pub(crate) shared: PathBuf,
}

impl Library {
    /// Finds the library that cargo built for the tests, beside them; or else builds one now, in a
    /// folder of its own.
    pub(crate) fn find() -> Self {
        let tests = std::env::current_exe().unwrap();
        Self::inside(tests.parent().unwrap()).unwrap_or_else(Self::build)
    }

    fn inside(folder: &Path) -> Option<Self> {
        let found = Self { archive: folder.join("libleyline.a"), shared: folder.join("libleyline.so") };
        (found.archive.is_file() && found.shared.is_file()).then_some(found)
    }

    fn build() -> Self {
        let target = scratch("library");
        let done = Command::new(env!("CARGO"))
            .args(["rustc", "--quiet", "--lib", "--offline", "--crate-type=staticlib,cdylib"])
            .arg("--manifest-path")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .unwrap();
        assert!(done.success(), "the library does not build");
        Self::inside(&target.join("debug")).expect("the library that was built")
    }
}

/// The libraries that the standard library needs: `rustc --print native-static-libs`.
pub(crate) const NATIVE: [&str; 6] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];

/// Builds a program of this folder with the static library.
pub(crate) fn c_program(compiler: &str, flags: &[&str], program: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = scratch("c-programs").join(program.replace('.', "-"));
    built(compiler, &[flags, &["-O1"]].concat(), &root.join("tests/c").join(program), &binary);
    binary
}

/// Builds a program with the static library, from this source to this file.
pub(crate) fn built(compiler: &str, flags: &[&str], source: &Path, binary: &Path) {
    let built = Command::new(compiler)
        .args(flags)
        .args(["-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .arg(source)
        .arg(Library::find().archive)
        .args(NATIVE)
        .arg("-o")
        .arg(binary)
        .output()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{}:\n{said}", source.display());
}
