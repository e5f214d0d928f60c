//! Builds programs with the library under other compiler flags.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One build of the library.
pub(crate) struct Build<'a> {
    /// The target directory, below the one that cargo gives to tests. No other build uses it, so a
    /// second run compiles nothing.
    pub(crate) folder: &'a str,
    /// Flags of rustc for every crate.
    pub(crate) flags: String,
    /// Further arguments of cargo.
    pub(crate) options: &'a [&'a str],
    /// The target triple, if cargo shall be given one.
    pub(crate) target: Option<&'a str>,
    /// Runs `cargo` or `rustc`.
    pub(crate) tool: fn(&str) -> Command,
}

impl Default for Build<'_> {
    fn default() -> Self {
        Self { folder: "", flags: String::new(), options: &[], target: None, tool: usual }
    }
}

/// Returns a tool of the toolchain that built the tests.
fn usual(tool: &str) -> Command {
    match tool {
        "cargo" => Command::new(env!("CARGO")),
        _ => Command::new(std::env::var_os("RUSTC").unwrap_or(tool.into())),
    }
}

impl Build<'_> {
    /// Builds the library, then the program from this source file. The program is no cargo example,
    /// because examples build all dev-dependencies.
    pub(crate) fn program(&self, source: &Path) -> PathBuf {
        let folder = self.folder();
        let on = self.target.map_or(vec![], |target| vec!["--target", target]);
        let built = (self.tool)("cargo")
            .args(["rustc", "--quiet", "--lib", "--crate-type=rlib", "--manifest-path"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&folder)
            .args(&on)
            .args(self.options)
            .env_remove("CARGO_BUILD_TARGET")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", &self.flags)
            // Debug information and incremental files take time to write, and neither is read.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .status()
            .unwrap();
        assert!(built.success(), "the library does not build with {}", self.flags);
        let (hosts, binary) = (folder.join("debug"), folder.join("main"));
        let library = folder.join(self.target.unwrap_or_default()).join("debug");
        let built = (self.tool)("rustc")
            .args(self.flags.split_whitespace())
            .arg("--edition=2024")
            .args(&on)
            .arg("--extern")
            .arg(format!("leyline={}", library.join("libleyline.rlib").display()))
            .arg(format!("-Ldependency={}", library.join("deps").display()))
            .arg(format!("-Ldependency={}", hosts.join("deps").display()))
            .arg(source)
            .arg("-o")
            .arg(&binary)
            .status()
            .unwrap();
        assert!(built.success(), "{} does not build with {}", source.display(), self.flags);
        binary
    }

    /// Builds the library, then a program whose `main` calls `function`.
    pub(crate) fn program_of(&self, function: &str) -> PathBuf {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).unwrap();
        let source = folder.join("main.rs");
        std::fs::write(&source, format!("fn main() {{ {function}() }}")).unwrap();
        self.program(&source)
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.folder)
    }
}
