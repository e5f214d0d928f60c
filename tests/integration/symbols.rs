//! The symbols that the two libraries export and need: exported names are ours, and a distribution
//! has all that are needed.

use crate::common::Folder;
use crate::native::{Library, NATIVE, scratch};
use std::path::Path;
use std::process::Command;

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}:\n{said}{}", String::from_utf8_lossy(&done.stderr));
    said
}

/// Returns kind and name of each symbol that others can see.
fn symbols(library: &Path, nm: &[&str]) -> Vec<(String, String)> {
    let said = run(Command::new("nm").args(["--defined-only"]).args(nm).arg(library));
    let words = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let symbols =
        words.filter(|words| words.len() == 3).map(|words| (words[1].to_owned(), words[2].to_owned()));
    symbols.collect()
}

#[test]
fn the_shared_library_exports_leylines_functions_and_nothing_else() {
    let symbols = symbols(&Library::find().shared, &["-D"]);
    assert!(symbols.len() > 190, "{symbols:?}");
    let others: Vec<_> =
        symbols.iter().filter(|(kind, name)| kind != "T" || !name.starts_with("leyline_")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// No exported name could clash with another program's: each is ours, mangled, or reserved.
#[test]
fn the_static_library_takes_no_name_that_a_program_could_have() {
    let symbols = symbols(&Library::find().archive, &["-g"]);
    assert!(symbols.iter().filter(|(kind, name)| kind == "T" && name.starts_with("leyline_")).count() > 190);
    let reserved = ["leyline_", "_ZN", "_R", "__", "DW.ref.", "rust_eh_personality"];
    let others: Vec<_> =
        symbols.iter().filter(|(_, name)| !reserved.iter().any(|r| name.starts_with(r))).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn the_shared_library_can_be_packaged() {
    let shared = Library::find().shared;
    let dynamic = run(Command::new("readelf").arg("-dW").arg(&shared));
    for (entry, why) in
        [("TEXTREL", "its code is changed when it is loaded"), ("PATH)", "it names folders of this machine")]
    {
        assert!(!dynamic.contains(entry), "{why}:\n{dynamic}");
    }
    let needed =
        dynamic.lines().filter(|l| l.contains("(NEEDED)")).filter_map(|l| l.split(['[', ']']).nth(1));
    let system = [
        "libgcc_s.so.",
        "libc.so.",
        "libm.so.",
        "libpthread.so.",
        "libdl.so.",
        "librt.so.",
        "libutil.so.",
        "ld-linux-",
    ];
    let others: Vec<_> = needed.filter(|name| !system.iter().any(|s| name.starts_with(s))).collect();
    assert!(others.is_empty(), "{others:?}");
    let segments = run(Command::new("readelf").arg("-lW").arg(&shared));
    let stack = segments.lines().find(|l| l.contains("GNU_STACK")).expect("a line on the stack");
    assert!(stack.contains(" RW ") && !stack.contains('E'), "its stack can be executed: {stack}");
}

/// The oldest glibc that leyline is promised to run on.
const OLDEST_GLIBC: (u32, u32) = (2, 28);

/// Checks whether glibc 2.28 has a function under this name although a newer glibc gives the name a
/// newer version: what moved from another of its libraries in 2.33 and 2.34, and what lost a
/// wrapper for errors in 2.29.
fn is_older_than_its_version(name: &str) -> bool {
    let moved = ["dladdr", "dlclose", "dlerror", "dlopen", "dlsym", "exp", "log", "log2", "pow"];
    let files = ["fstat", "fstat64", "fstatat", "fstatat64", "lstat", "lstat64", "stat", "stat64"];
    let is_of_threads = name.starts_with("pthread_") && !name.contains("clock");
    is_of_threads || moved.contains(&name) || files.contains(&name)
}

/// Weak names are the standard library's: it does without them where they are missing.
#[test]
fn the_shared_library_needs_no_function_newer_than_glibc_2_28() {
    let said = run(Command::new("readelf").args(["--dyn-syms", "-W"]).arg(Library::find().shared));
    let needed = said.lines().filter(|l| l.contains(" UND ") && !l.contains(" WEAK "));
    let versioned: Vec<(&str, (u32, u32))> = needed
        .filter_map(|line| {
            let (name, version) = line.split_whitespace().nth(7)?.split_once("@GLIBC_")?;
            let mut numbers = version.split('.').map(|n| n.parse().unwrap_or(0));
            Some((name, (numbers.next()?, numbers.next()?)))
        })
        .collect();
    if versioned.is_empty() {
        eprintln!("NOT CHECKED: this C library is not glibc");
    }
    let newer: Vec<_> = versioned
        .iter()
        .filter(|(name, version)| *version > OLDEST_GLIBC && !is_older_than_its_version(name))
        .collect();
    assert!(newer.is_empty(), "{newer:?}");
}

/// Two Rust libraries have the same `std` in them.
#[test]
fn it_links_with_another_rust_library_in_either_order() {
    let folder = scratch("two-rust-libraries");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/install");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let other = folder.join("libother.a");
    run(Command::new(rustc)
        .args(["--edition=2024", "--crate-type=staticlib", "-Cpanic=unwind", "-o"])
        .arg(&other)
        .arg(sources.join("other.rs")));
    let ours = Library::find().archive;
    for (name, archives) in [("before", [&ours, &other]), ("after", [&other, &ours])] {
        let binary = folder.join(name);
        run(Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror"])
            .arg(format!("-I{}", Path::new(env!("CARGO_MANIFEST_DIR")).join("include").display()))
            .arg(sources.join("both.c"))
            .args(archives)
            .args(NATIVE)
            .arg("-o")
            .arg(&binary));
        let segments = Folder::new();
        run(Command::new(&binary).env("LEYLINE_DIR", segments.path()));
    }
}
