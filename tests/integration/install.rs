//! leyline installed as a C library is, and projects of strangers that find it, link with it and
//! run: by CMake, by pkg-config and from its source; shared and static; in C and C++.
//!
//! `LEYLINE_CMAKE` names the cmake to use; ninja and pkg-config must then be there as well. Without
//! it this needs a `cmake` in PATH, or is not checked. `LEYLINE_CARGO_C` does the same for
//! `cargo-cinstall`, `LEYLINE_NVCC` for `nvcc`.

use crate::common::Folder;
use crate::native::scratch;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The version as far as it names the interface.
const SONAME: &str =
    concat!("libleyline.so.", env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn projects() -> PathBuf {
    root().join("tests/install")
}

/// Runs a command. Returns its success and all of its output. A build by cargo has no debug
/// information.
fn outcome(command: &mut Command) -> (bool, String) {
    command.env_remove("MAKEFLAGS").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let done = command.output();
    let done = done.unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn run(command: &mut Command) -> String {
    let (succeeded, said) = outcome(command);
    assert!(succeeded, "{command:?}:\n{said}");
    said
}

/// Finds the tool that a variable names, or the one of that name in PATH. Returns `None`, and
/// prints NOT CHECKED, if there is none and none is required.
fn tool(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable);
    let path = named.clone().map_or_else(|| name.into(), PathBuf::from);
    if Command::new(&path).arg("--version").output().is_ok_and(|o| o.status.success()) {
        return Some(path);
    }
    assert!(named.is_none(), "{variable}: {} does not run", path.display());
    eprintln!("NOT CHECKED: there is no {name}; set {variable} to one");
    None
}

fn cmake() -> Option<PathBuf> {
    tool("LEYLINE_CMAKE", "cmake")
}

/// Finds another tool, which goes with the one that is required.
fn with_cmake(name: &str) -> bool {
    let there = Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    assert!(there || std::env::var_os("LEYLINE_CMAKE").is_none(), "there is no {name}");
    if !there {
        eprintln!("NOT CHECKED: there is no {name}");
    }
    there
}

fn generators() -> Vec<&'static str> {
    let mut generators = vec!["Unix Makefiles"];
    generators.extend(with_cmake("ninja").then_some("Ninja"));
    generators
}

/// Makes an empty folder in the scratch space, with a space in its name.
fn empty(name: &str) -> PathBuf {
    let folder = scratch("install").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Sets up leyline's own build: its cargo, and no questions to the network for crates that are
/// here.
fn settings(command: &mut Command) -> &mut Command {
    command
        .arg("-DCMAKE_BUILD_TYPE=Debug")
        .arg(format!("-DLEYLINE_CARGO={}", env!("CARGO")))
        .arg("-DLEYLINE_CARGO_FLAGS=--locked;--offline")
}

/// Builds and installs leyline by CMake, and then moves it elsewhere, by DESTDIR.
fn installed(cmake: &Path) -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let (build, stage) = (empty("build of its own"), empty("moved to"));
        run(settings(Command::new(cmake).arg("-S").arg(root()).arg("-B").arg(&build)).args([
            "-G",
            "Unix Makefiles",
            "-DCMAKE_INSTALL_LIBDIR=lib",
        ]));
        run(Command::new(cmake).arg("--build").arg(&build));
        let done = Command::new(cmake)
            .args(["--install".as_ref(), build.as_os_str(), "--prefix".as_ref(), "/opt/ley line".as_ref()])
            .env("DESTDIR", &stage)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        stage.join("opt/ley line")
    })
}

fn files(folder: &Path) -> Vec<String> {
    fn collect(base: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                collect(base, &entry.path(), found);
            } else {
                found.push(entry.path().strip_prefix(base).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

/// Returns the words in brackets of an entry of a dynamic section.
fn dynamic(file: &Path, entry: &str) -> Vec<String> {
    let said = run(Command::new("readelf").arg("-dW").arg(file));
    let lines = said.lines().filter(|l| l.contains(entry));
    lines.map(|l| l.split(['[', ']']).nth(1).unwrap_or_default().to_owned()).collect()
}

fn has_what_a_c_library_has(prefix: &Path, lib: &str, more: &[&str]) {
    let mut expected: Vec<String> = files(&root().join("include"))
        .into_iter()
        .map(|file| format!("include/{file}"))
        .chain(
            [
                "libleyline.a",
                "libleyline.so",
                SONAME,
                &format!("libleyline.so.{VERSION}"),
                "pkgconfig/leyline.pc",
            ]
            .map(|file| format!("{lib}/{file}")),
        )
        .chain(
            ["leyline-config.cmake", "leyline-config-version.cmake"]
                .iter()
                .chain(more)
                .map(|file| format!("share/leyline/cmake/{file}")),
        )
        .collect();
    expected.sort();
    assert_eq!(files(prefix), expected);
    for header in expected.iter().filter(|file| file.starts_with("include/")) {
        let (ours, installed) = (std::fs::read(root().join(header)), std::fs::read(prefix.join(header)));
        assert!(ours.unwrap() == installed.unwrap(), "{header} is another one");
    }
    let lib = prefix.join(lib);
    let shared = lib.join(format!("libleyline.so.{VERSION}"));
    for link in ["libleyline.so", SONAME] {
        let link = lib.join(link);
        assert!(link.is_symlink() && link.canonicalize().unwrap() == shared.canonicalize().unwrap());
    }
    assert_eq!(dynamic(&shared, "(SONAME)"), [SONAME]);
    assert_eq!(dynamic(&shared, "PATH)"), [] as [&str; 0], "it looks for libraries where it was built");
}

/// Runs what a project built: it finds its library without being told where, and decides.
fn work(folder: &Path, programs: &[&str]) {
    for program in programs {
        let binary = folder.join(program);
        let segments = Folder::new();
        let said =
            run(Command::new(&binary).env("LEYLINE_DIR", segments.path()).env_remove("LD_LIBRARY_PATH"));
        let language = if program.starts_with("cpp") { "C++" } else { "C" };
        assert_eq!(said, format!("leyline {VERSION} from {language}: decided on 1\n"));
        assert_eq!(segments.files(), [] as [&str; 0]);
        let mut needed = dynamic(&binary, "(NEEDED)");
        needed.retain(|library| library.contains("leyline"));
        let expected = if program.ends_with("shared") { &[SONAME][..] } else { &[] };
        assert_eq!(needed, expected, "{program}");
    }
}

const ALL: [&str; 4] = ["c-shared", "c-static", "cpp-shared", "cpp-static"];

fn a_stranger_finds(cmake: &Path, prefix: &Path, generator: &str, build: &str) {
    let build = empty(build);
    run(Command::new(cmake)
        .args(["-G", generator, "-S"])
        .arg(projects().join("cmake-find"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
    run(Command::new(cmake).arg("--build").arg(&build));
    work(&build, &ALL);
    assert_eq!(
        run(&mut Command::new(build.join("wrapped"))),
        format!("leyline {VERSION} inside another library\n")
    );
    let exported = run(Command::new("nm").args(["-D", "--defined-only"]).arg(build.join("libwrapper.so")));
    assert!(exported.contains("wrapper_version") && !exported.contains("leyline_"), "{exported}");
}

fn a_makefile_finds(pkgconfig: &Path, build: &str) {
    let build = empty(build);
    let path = std::env::join_paths([pkgconfig]).unwrap();
    run(Command::new("make")
        .arg("-f")
        .arg(projects().join("pkgconfig/Makefile"))
        .arg(format!("SOURCES={}", projects().display()))
        .current_dir(&build)
        .env("PKG_CONFIG_PATH", path));
    work(&build, &ALL);
}

#[test]
fn a_cmake_installation_has_what_a_c_library_has() {
    let Some(cmake) = cmake() else { return };
    has_what_a_c_library_has(installed(&cmake), "lib", &["leyline-paths.cmake"]);
}

#[test]
fn a_strangers_cmake_project_finds_it_links_and_runs() {
    let Some(cmake) = cmake() else { return };
    for generator in generators() {
        a_stranger_finds(&cmake, installed(&cmake), generator, &format!("stranger with {generator}"));
    }
}

/// The README's programs as a project of docs/install.md.
#[test]
fn the_readmes_project_finds_it_links_and_runs() {
    let Some(cmake) = cmake() else { return };
    let (readme, install) = (include_str!("../../README.md"), include_str!("../../docs/install.md"));
    let project = empty("hello");
    for (document, language, file) in
        [(install, "cmake", "CMakeLists.txt"), (readme, "c", "controller.c"), (readme, "cpp", "trainer.cc")]
    {
        let text =
            document.split(&format!("\n```{language}\n")).nth(1).unwrap().split("\n```\n").next().unwrap();
        std::fs::write(project.join(file), format!("{text}\n")).unwrap();
    }
    let prefix = format!("-DCMAKE_PREFIX_PATH={}", installed(&cmake).display());
    run(Command::new(&cmake).arg("-S").arg(&project).arg("-B").arg(project.join("build")).arg(prefix));
    run(Command::new(&cmake).arg("--build").arg(project.join("build")));
    let segments = Folder::new();
    let program = |name: &str| {
        let mut command = Command::new(project.join("build").join(name));
        command.env("LEYLINE_DIR", segments.path()).stdout(Stdio::piped());
        command
    };
    let controller = program("controller").spawn().unwrap();
    assert_eq!(run(&mut program("trainer")), "epoch 1: WAIT\nepoch 2: WAIT\nepoch 3: WAIT\n");
    let said = controller.wait_with_output().unwrap();
    assert!(said.status.success());
    assert_eq!(String::from_utf8_lossy(&said.stdout), "60.0 %\n70.0 %\n80.0 %\n");
}

/// Compiled and linked by nvcc; where there is no GPU it ends by saying so.
#[test]
fn an_nvcc_project_finds_it_links_and_runs() {
    let (Some(cmake), Some(nvcc)) = (cmake(), tool("LEYLINE_NVCC", "nvcc")) else { return };
    let build = empty("cuda");
    run(Command::new(&cmake)
        .arg("-S")
        .arg(projects().join("cuda"))
        .arg("-B")
        .arg(&build)
        .arg("-DCMAKE_CUDA_ARCHITECTURES=80")
        .arg(format!("-DCMAKE_CUDA_COMPILER={}", nvcc.display()))
        .arg(format!("-DCMAKE_PREFIX_PATH={}", installed(&cmake).display())));
    run(Command::new(&cmake).arg("--build").arg(&build));
    for program in ["cuda-shared", "cuda-static"] {
        let segments = Folder::new();
        let said = run(Command::new(build.join(program)).env("LEYLINE_DIR", segments.path()));
        assert!(said.starts_with(&format!("leyline {VERSION}: ")), "{said}");
        assert_eq!(segments.files(), [] as [&str; 0]);
    }
}

#[test]
fn a_makefile_finds_it_by_pkg_config() {
    let Some(cmake) = cmake() else { return };
    if with_cmake("pkg-config") {
        a_makefile_finds(&installed(&cmake).join("lib/pkgconfig"), "makefile");
    }
}

#[test]
fn find_package_takes_what_has_the_same_interface_and_is_not_older() {
    let Some(cmake) = cmake() else { return };
    let versions = [
        ("0.1", true),
        ("0.1.0", true),
        ("0.1.0|EXACT", true),
        ("0", true),
        ("0.0.9...<0.2", true),
        ("0.1.0...0.1.0", true),
        ("0.1.1", false),
        ("0.1.1|EXACT", false),
        ("0.0", false),
        ("0.2", false),
        ("1", false),
        ("0.0.1...<0.1.0", false),
        ("0.2...<0.3", false),
    ];
    let list: Vec<&str> = versions.iter().map(|(version, _)| *version).collect();
    let said = run(Command::new(&cmake)
        .arg("-S")
        .arg(projects().join("cmake-versions"))
        .arg("-B")
        .arg(empty("versions"))
        .arg(format!("-DCMAKE_PREFIX_PATH={}", installed(&cmake).display()))
        .arg(format!("-DVERSIONS={}", list.join(";"))));
    for (version, found) in versions {
        let found = if found { "1" } else { "0" };
        assert!(said.contains(&format!("-- {version}: {found} ")), "{version}: not {found}:\n{said}");
    }
    assert!(said.contains("-- cuda: 0 leyline in ") && said.contains("no component cuda"), "{said}");
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

/// The same build tree again and again: it is built anew when a source has changed, and only then.
#[test]
fn a_project_builds_it_from_source_and_again_when_it_changes() {
    let Some(cmake) = cmake() else { return };
    let project = empty("neighbour");
    for file in
        ["CMakeLists.txt", "cmake", "Cargo.toml", "Cargo.lock", "src", "include", "tools", "README.md"]
    {
        copy(&root().join(file), &project.join("leyline").join(file));
    }
    for target in manifest_targets() {
        copy(&root().join(&target), &project.join("leyline").join(&target));
    }
    for file in ["cmake-subdirectory/CMakeLists.txt", "link.c", "link.cpp"] {
        copy(&projects().join(file), &project.join(Path::new(file).file_name().unwrap()));
    }
    let cargo = project.join("cargo");
    std::fs::create_dir(&cargo).unwrap();
    let built = |build: &Path| run(Command::new(&cmake).arg("--build").arg(build));
    let mut builds = Vec::new();
    for generator in generators() {
        let build = project.join(format!("build with {generator}"));
        // Cargo compiles once for all generators. Each has its own rules for when to call it.
        let fetched = build.join("_deps/leyline-build");
        std::fs::create_dir_all(&fetched).unwrap();
        std::os::unix::fs::symlink(&cargo, fetched.join("cargo")).unwrap();
        run(settings(Command::new(&cmake).arg("-S").arg(&project).arg("-B").arg(&build))
            .args(["-G", generator]));
        assert!(built(&build).contains("Building leyline"));
        work(&build, &["c-shared", "cpp-static"]);
        let again = built(&build);
        assert!(!again.contains("Building leyline"), "{again}");
        builds.push(build);
    }

    let source = project.join("leyline/src/ffi/library.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    let changed = text.replace("interned(env!(\"CARGO_PKG_VERSION\"))", "interned(\"the changed one\")");
    assert_ne!(text, changed);
    std::fs::write(&source, changed).unwrap();
    for build in builds {
        assert!(built(&build).contains("Building leyline"));
        for program in ["c-shared", "cpp-static"] {
            let segments = Folder::new();
            let said = run(Command::new(build.join(program)).env("LEYLINE_DIR", segments.path()));
            assert!(said.starts_with("leyline the changed one from "), "{said}");
        }
    }
}

/// Returns the files beside `src/` that the manifest names, without which cargo does not take it.
fn manifest_targets() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let paths = manifest.lines().filter_map(|l| l.strip_prefix("path = \"")?.strip_suffix('"'));
    let mut targets: Vec<String> = paths.filter(|p| !p.starts_with("src/")).map(str::to_owned).collect();
    let mut kind = "";
    for line in manifest.lines() {
        match line {
            "[[test]]" => kind = "tests",
            "[[bench]]" => kind = "benches",
            _ if line.starts_with('[') => kind = "",
            _ => {}
        }
        if let (false, Some(name)) = (kind.is_empty(), line.strip_prefix("name = \"")) {
            let folder = format!("{kind}/{}", name.trim_end_matches('"'));
            targets.extend([format!("{folder}.rs"), format!("{folder}/main.rs")]);
        }
    }
    targets.retain(|target| root().join(target).exists());
    targets
}

/// Other builds than Debug ones.
#[test]
fn a_release_is_installed_without_debug_information() {
    let Some(cmake) = cmake() else { return };
    let (build, prefix) = (empty("build of a release"), empty("installed release"));
    let setting = ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_INSTALL_LIBDIR=lib"];
    run(settings(Command::new(&cmake).arg("-S").arg(root()).arg("-B").arg(&build)).args(setting));
    // Optimizing takes most of the time, and adds or removes no debug information.
    run(Command::new(&cmake).arg("--build").arg(&build).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"));
    run(Command::new(&cmake).arg("--install").arg(&build).arg("--prefix").arg(&prefix));
    for library in ["libleyline.a", "libleyline.so"] {
        let sections = run(Command::new("readelf").arg("-SW").arg(prefix.join("lib").join(library)));
        let debug: Vec<&str> = sections.lines().filter(|l| l.contains(" .debug_")).take(3).collect();
        assert!(sections.contains(" .text") && debug.is_empty(), "{library}: {debug:?}");
    }
}

#[test]
fn it_says_what_it_does_not_run_on_and_what_it_needs() {
    let Some(cmake) = cmake() else { return };
    let configure = |name: &str, settings: &[&str]| {
        let (succeeded, said) =
            outcome(Command::new(&cmake).arg("-S").arg(root()).arg("-B").arg(empty(name)).args(settings));
        assert!(!succeeded, "{said}");
        // CMake breaks lines.
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = configure("for another system", &["-DCMAKE_SYSTEM_NAME=FreeBSD"]);
    assert!(
        said.contains("64-bit little-endian Linux only; this build is for FreeBSD with 64 bits"),
        "{said}"
    );
    let said = configure("without a cargo", &["-DLEYLINE_CARGO=/nowhere/cargo"]);
    assert!(said.contains("`/nowhere/cargo -vV` does not work"), "{said}");
}

#[test]
fn cargo_cinstall_installs_the_same() {
    let Some(cinstall) = tool("LEYLINE_CARGO_C", "cargo-cinstall") else { return };
    // Where this system has its libraries, which on Debian is not lib.
    let multiarch = run(Command::new("cc").arg("-print-multiarch"));
    let lib = format!("lib/{}", multiarch.trim());
    let (prefix, lib) = (empty("by-cargo-c"), lib.trim_end_matches('/'));
    run(Command::new(cinstall)
        .args(["cinstall", "--debug", "--locked", "--offline", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(scratch("install").join("cargo-c"))
        .arg("--prefix")
        .arg(&prefix)
        .arg("--libdir")
        .arg(prefix.join(lib)));
    has_what_a_c_library_has(&prefix, lib, &[]);
    if with_cmake("pkg-config") {
        a_makefile_finds(&prefix.join(lib).join("pkgconfig"), "makefile-of-cargo-c");
    }
    if let Some(cmake) = cmake() {
        a_stranger_finds(&cmake, &prefix, "Unix Makefiles", "stranger of cargo-c");
    }
}
