//! C and C++ compilers and the library they link with.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of that name for what a test builds, which may hold what an earlier run left.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Compiler, standard and file suffix: `cc` and `c++`, which must be there, and the others that are.
pub fn compilers() -> Vec<(&'static str, &'static str, &'static str)> {
    let all = [
        ("cc", "c11", "c"),
        ("gcc", "c11", "c"),
        ("clang", "c11", "c"),
        ("c++", "c++17", "cc"),
        ("g++", "c++17", "cc"),
        ("g++", "c++20", "cc"),
        ("clang++", "c++17", "cc"),
        ("clang++", "c++20", "cc"),
    ];
    let there = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    all.into_iter()
        .filter(|(name, ..)| {
            let there = there(name);
            assert!(there || !["cc", "c++"].contains(name), "there is no {name}");
            if !there {
                eprintln!("NOT CHECKED: there is no {name}");
            }
            there
        })
        .collect()
}

/// The library for C.
pub struct Library {
    /// libleyline.a
    pub archive: PathBuf,
    /// libleyline.so
    pub shared: PathBuf,
}

impl Library {
    /// The one that cargo built for the tests, beside them; or else one built now, in a folder of its own.
    pub fn find() -> Self {
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
