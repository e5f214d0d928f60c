//! The C header: generated, committed, and clean for every compiler that is there.

#[path = "c/native.rs"]
mod native;

use native::{Library, scratch};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the header is made of, in its order.
const SOURCES: [&str; 40] = [
    "base/error",
    "segment/file",
    "segment/header",
    "schema/id",
    "contract/stage",
    "contract/observation",
    "contract/command",
    "contract/annotation",
    "contract/signals",
    "contract/report",
    "contract/telemetry",
    "contract/blueprint",
    "contract/budgets",
    "ffi/status",
    "ffi/numbers",
    "ffi/schema",
    "ffi/action",
    "ffi/space",
    "ffi/segment",
    "ring/meta",
    "handle/latest_by_env",
    "handle/wait_any",
    "ffi/rings",
    "ffi/gather",
    "ffi/link",
    "ffi/shapes",
    "ffi/tiers",
    "ffi/device",
    "ffi/stage",
    "ffi/observation",
    "contract/normalize",
    "ffi/normalize",
    "ffi/registry",
    "ffi/seed",
    "ffi/signals",
    "ffi/report",
    "ffi/telemetry",
    "ffi/blueprint",
    "ffi/command",
    "ffi/onlooker",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> PathBuf {
    root().join("include/leyline.h")
}

/// A source as C has to see it: without `impl` blocks, whose constants C has under other names, and with links in its
/// comments as plain names, C's where there is one. Relies on rustfmt's layout.
///
/// `LossHist0` would become LOSS_HIST0, while the contract says LOSS_HIST_0.
fn for_c(source: &str, config: &cbindgen::Config) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in source.lines() {
        let begins = line.starts_with("impl ") || line.starts_with("impl<");
        inside |= begins;
        if !inside {
            text.push_str(&unlinked(line, config).replace("Hist", "Hist_"));
            text.push('\n');
        }
        inside &= line != "}" && !(begins && line.ends_with('}'));
    }
    text
}

/// `` [`a::B`](c) `` as the name of B.
fn unlinked(line: &str, config: &cbindgen::Config) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while line.trim_start().starts_with("///")
        && let Some((before, after)) = rest.split_once("[`")
        && let Some((link, after)) = after.split_once("`]")
    {
        let name = link.rsplit("::").next().unwrap();
        plain.push_str(before);
        plain.push_str(config.export.rename.get(name).map_or(name, String::as_str));
        rest = after;
        if let Some((_, after)) = after.strip_prefix('(').and_then(|a| a.split_once(')')) {
            rest = after;
        }
    }
    plain + rest
}

fn generate() -> String {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let folder = scratch("header-sources");
    let mut builder = cbindgen::Builder::new();
    for (i, source) in SOURCES.iter().enumerate() {
        let text = std::fs::read_to_string(root().join(format!("src/{source}.rs"))).unwrap();
        let copy = folder.join(format!("{i}.rs"));
        std::fs::write(&copy, for_c(&text, &config)).unwrap();
        builder = builder.with_src(copy);
    }
    let mut text = Vec::new();
    builder.with_config(config).generate().unwrap().write(&mut text);
    let text = String::from_utf8(text).unwrap();
    // No two blank lines, none at the end.
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = generate();
    if std::env::var_os("LEYLINE_WRITE_HEADER").is_some() {
        std::fs::write(header(), &generated).unwrap();
    }
    let committed = std::fs::read_to_string(header()).unwrap_or_default();
    if let Some((i, (a, b))) = committed.lines().zip(generated.lines()).enumerate().find(|(_, (a, b))| a != b)
    {
        eprintln!("line {}:\ncommitted: {a}\ngenerated: {b}", i + 1);
    }
    assert!(
        committed == generated,
        "include/leyline.h is not what src/ffi says; write it anew with\n\
         LEYLINE_WRITE_HEADER=1 cargo test --test header"
    );
}

/// Compiler, standard and file suffix: `cc` and `c++`, which must be there, and the others that are.
fn compilers() -> Vec<(&'static str, &'static str, &'static str)> {
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

#[test]
fn the_header_compiles_alone_and_twice() {
    let folder = scratch("header-alone");
    let include = format!("-I{}", root().join("include").display());
    for (name, text) in
        [("alone", "#include \"leyline.h\"\n"), ("twice", "#include \"leyline.h\"\n#include \"leyline.h\"\n")]
    {
        for (compiler, standard, suffix) in compilers() {
            let source = folder.join(format!("{name}-{compiler}-{standard}.{suffix}"));
            std::fs::write(&source, text).unwrap();
            let done = Command::new(compiler)
                .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"])
                .args(["-fsyntax-only", &include])
                .arg(&source)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{compiler} -std={standard}, {name}:\n{said}");
        }
    }
}

/// The functions that the header declares: what stands before a parenthesis in a line that starts with a type.
fn declared() -> BTreeSet<String> {
    let text = std::fs::read_to_string(header()).unwrap();
    let lines = text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()));
    let names = lines.filter_map(|l| l.split_once('(')?.0.rsplit([' ', '*']).next());
    names.filter(|name| name.starts_with("leyline_")).map(str::to_owned).collect()
}

fn exported(library: &Path, nm: &[&str]) -> BTreeSet<String> {
    let out = Command::new("nm").args(nm).arg(library).output().expect("nm");
    let text = String::from_utf8_lossy(&out.stdout);
    let names = text.lines().filter_map(|l| {
        let mut words = l.split_whitespace().rev();
        let (name, kind) = (words.next()?, words.next()?);
        (kind == "T" && name.starts_with("leyline_")).then(|| name.to_owned())
    });
    names.collect()
}

#[test]
fn the_libraries_export_what_the_header_declares_and_nothing_else() {
    let declared = declared();
    assert!(declared.len() > 100 && declared.contains("leyline_writer_publish"), "{declared:?}");
    let library = Library::find();
    for (path, nm) in [(&library.shared, "-D"), (&library.archive, "-g")] {
        let exported = exported(path, &[nm, "--defined-only"]);
        let differ: Vec<_> = exported.symmetric_difference(&declared).collect();
        assert!(differ.is_empty(), "{}: only declared or only exported: {differ:?}", path.display());
    }
}

/// The text split at the commas that stand in no bracket.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in text.chars() {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        if depth < 0 {
            break;
        }
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    parts.iter().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What is not called optional is tried with NULL by a C program, each pointer of each function, and must be refused there.
#[test]
fn every_pointer_that_may_not_be_null_is_tried_with_null() {
    let header = std::fs::read_to_string(header()).unwrap();
    let programs = std::fs::read_dir(root().join("tests/c")).unwrap().map(|entry| entry.unwrap().path());
    let programs: Vec<String> = programs
        .filter(|path| path.extension().is_some_and(|e| e == "c"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    // Statements that say that a call is refused, by the name of the function.
    let mut tried: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for statement in programs.iter().flat_map(|program| program.split(';')) {
        let refused =
            ["NEEDS(", "REFUSES(", "GIVES(LEYLINE_ERR"].iter().filter_map(|m| statement.find(m)).min();
        let Some(call) =
            refused.and_then(|at| statement[at..].find("leyline_").map(|n| &statement[at + n..]))
        else {
            continue;
        };
        let Some((name, rest)) = call.split_once('(') else { continue };
        tried.entry(name).or_default().push(arguments(rest));
    }
    let (mut pointers, mut missing) = (0, Vec::new());
    for block in header.split("/**").skip(1) {
        let Some((comment, code)) = block.split_once("*/") else { continue };
        let Some((head, rest)) = code.split_once('(') else { continue };
        if head.contains(['{', ';', '#']) || head.contains("typedef") {
            continue;
        }
        let name = head.rsplit([' ', '*']).next().unwrap();
        for (i, argument) in arguments(rest).iter().enumerate().filter(|(_, argument)| argument.contains('*'))
        {
            let argument = argument.rsplit([' ', '*']).next().unwrap();
            let about =
                comment.split("@param").skip(1).find(|p| p.split_whitespace().next() == Some(argument));
            let about = about.unwrap_or("").split("@return").next().unwrap();
            if about.contains("NULL") || name.ends_with("_close") {
                continue;
            }
            pointers += 1;
            let calls = tried.get(name).into_iter().flatten();
            if !calls.into_iter().any(|call| call.get(i).is_some_and(|a| a == "NULL")) {
                missing.push(format!("{name}: {argument}"));
            }
        }
    }
    assert!(pointers > 500, "{pointers}");
    assert!(missing.is_empty(), "of {pointers} pointers these are never NULL in tests/c: {missing:#?}");
}
