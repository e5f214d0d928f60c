//! The binary interface of each version, written down in `tests/abi`: all that a compiled C program
//! relies on. It cannot change by accident, nor under a version that has been released.
//!
//! The file lists `leyline.h` as a C compiler sees it: the types of all functions, the size,
//! alignment and fields of all structs, the numbers of all enumerations and constants. That the
//! library has the same is shown elsewhere: the header is generated from its sources and declares
//! what it exports (`header.rs`), and both sides assert each struct's layout. What a function means
//! does not stand there.

use crate::native::{self, scratch};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    native::header_text()
}

fn file_of(version: &str) -> PathBuf {
    root().join(format!("tests/abi/leyline-{version}.txt"))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|n| n.parse().expect("a version of three numbers")).collect()
}

/// Returns the numbers that name the interface, as in the soname.
fn interface(version: &str) -> Vec<u32> {
    let numbers = numbers(version);
    numbers[..if numbers[0] == 0 { 2 } else { 1 }].to_vec()
}

/// Versions that users may have, by the change log.
fn released() -> Vec<String> {
    let changes = std::fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let names = changes.lines().filter_map(|l| l.strip_prefix("## [")?.split(']').next());
    names.filter(|name| *name != "Unreleased").map(str::to_owned).collect()
}

fn said(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("struct ", "").replace("* ", "*").replace("( ", "(").replace(" )", ")")
}

/// Returns a declaration without the name it declares: `const char *name` is `const char *`.
fn unnamed(declaration: &str) -> String {
    let (before, array) = declaration.split_once('[').map_or((declaration, None), |(b, a)| (b, Some(a)));
    let end = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').trim_end();
    array.map_or(end.to_owned(), |array| format!("{end} [{array}"))
}

fn name_of(declaration: &str) -> &str {
    let before = declaration.split('[').next().unwrap().trim_end();
    before.rsplit([' ', '*']).next().unwrap()
}

/// Returns the types of parameters, up to the bracket after them.
fn types(parameters: &str) -> String {
    let types: Vec<String> = parameters.trim_end_matches(')').split(',').map(|p| unnamed(p.trim())).collect();
    if types == [""] { "void".to_owned() } else { types.join(", ") }
}

/// A declaration, before a compiler is asked for numbers.
enum Item {
    Said(String),
    Struct(String, Vec<String>),
    Enum(String, Vec<String>),
}

/// Returns the declarations of a header that the preprocessor has gone through, by cbindgen's
/// regular form.
fn items(text: &str) -> Vec<Item> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        // An inline function is the program's own.
        if c == '}' && depth == 0 && text[start..at].trim_start().starts_with("static inline") {
            start = at + 1;
        }
        if c != ';' || depth != 0 {
            continue;
        }
        let one = one_line(&text[start..at]);
        start = at + 1;
        let (head, body) = one.split_once('{').map_or((one.as_str(), None), |(h, b)| (h.trim(), Some(b)));
        let list = |separator: char| -> Vec<String> {
            let body = body.unwrap().rsplit_once('}').unwrap().0;
            let parts = body.split(separator).map(|part| part.trim().to_owned());
            parts.filter(|part| !part.is_empty()).collect()
        };
        if !one.contains("leyline_") {
            continue;
        }
        found.push(if let Some(name) = head.strip_prefix("enum ") {
            let values = list(',').iter().map(|v| v.split(['=', ' ']).next().unwrap().to_owned()).collect();
            Item::Enum(name.split(' ').next().unwrap().to_owned(), values)
        } else if body.is_some() {
            Item::Struct(name_of(one.rsplit('}').next().unwrap()).to_owned(), list(';'))
        } else if let Some(named) = head.strip_prefix("typedef ") {
            match named.split_once(")(") {
                Some((callback, parameters)) => {
                    Item::Said(format!("type {callback})({})", types(parameters)))
                }
                None if unnamed(named) == name_of(named) => Item::Said(format!("handle {}", name_of(named))),
                None => Item::Said(format!("type {} is {}", name_of(named), unnamed(named))),
            }
        } else {
            let (declared, parameters) =
                head.split_once('(').unwrap_or_else(|| panic!("what is this: {head}"));
            Item::Said(format!(
                "function {}({}) gives {}",
                name_of(declared),
                types(parameters),
                unnamed(declared)
            ))
        });
    }
    found
}

/// Describes the interface: a line each, sorted.
fn describe(header: &str, name: &str) -> BTreeSet<String> {
    let folder = scratch("abi").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("leyline.h");
    std::fs::write(&path, header).unwrap();
    // Without the header's own assertions, which would be asked first.
    let compiler = || {
        let mut compiler = Command::new("cc");
        compiler.args(["-std=c11", "-DLEYLINE_LAYOUT_H", "-Wno-pedantic"]);
        compiler
    };
    let items = items(&said(compiler().args(["-E", "-P"]).arg(&path)));
    let mut lines = BTreeSet::new();
    let mut probe = String::from("#include <stdio.h>\n#include \"leyline.h\"\nint main(void) {\n");
    for item in &items {
        match item {
            Item::Said(line) => _ = lines.insert(line.clone()),
            Item::Struct(name, fields) => {
                writeln!(probe, "printf(\"struct {name}: %zu bytes, aligned to %zu\\n\", sizeof({name}), _Alignof({name}));").unwrap();
                for field in fields {
                    let callback = field
                        .split_once("(*")
                        .and_then(|(gives, rest)| Some((gives, rest.split_once(")(")?)));
                    let (kind, field) = match callback {
                        Some((gives, (name, parameters))) => {
                            (format!("{gives}(*)({})", types(parameters)), name)
                        }
                        None => (unnamed(field), name_of(field)),
                    };
                    writeln!(
                        probe,
                        "printf(\"field {name}.{field} at %zu: {kind}\\n\", offsetof({name}, {field}));"
                    )
                    .unwrap();
                }
            }
            Item::Enum(name, values) => {
                for value in values {
                    writeln!(probe, "printf(\"value {value} of {name}: %lld\\n\", (long long){value});")
                        .unwrap();
                }
            }
        }
    }
    for line in header.lines() {
        // Its version is what the description goes by.
        let Some((name, value)) = line.strip_prefix("#define LEYLINE_").and_then(|l| l.split_once(' '))
        else {
            continue;
        };
        if !name.contains('(') && !name.starts_with("VERSION_M") && name != "VERSION_PATCH" {
            lines.insert(format!("constant LEYLINE_{name}: {value}"));
        }
    }
    probe.push_str("return 0;\n}\n");
    let (source, binary) = (folder.join("probe.c"), folder.join("probe"));
    std::fs::write(&source, probe).unwrap();
    said(compiler().arg("-I").arg(&folder).arg(&source).arg("-o").arg(&binary));
    lines.extend(said(&mut Command::new(&binary)).lines().map(str::to_owned));
    lines
}

/// Returns the lines that a program compiled for the older interface relies on and does not find in
/// the newer one. Reserved fields may be given a meaning.
fn missing<'a>(older: &'a BTreeSet<String>, newer: &BTreeSet<String>) -> Vec<&'a str> {
    let gone = older.iter().filter(|line| !newer.contains(*line)).map(String::as_str);
    gone.filter(|line| !(line.starts_with("field ") && line.contains(".reserved "))).collect()
}

/// Returns the objection to a version that came before another one.
fn objection(older: (&str, &BTreeSet<String>), newer: (&str, &BTreeSet<String>)) -> Option<String> {
    let missing = missing(older.1, newer.1);
    let number =
        |lines: &BTreeSet<String>| lines.iter().find(|l| l.contains(" LEYLINE_ABI_VERSION:")).cloned();
    if missing.is_empty() || numbers(older.0) >= numbers(newer.0) {
        None
    } else if interface(older.0) == interface(newer.0) {
        Some(format!("{} has the same soname as {} and had also: {missing:#?}", older.0, newer.0))
    } else if number(older.1) == number(newer.1) {
        Some(format!(
            "{} has the same LEYLINE_ABI_VERSION as {} and had also: {missing:#?}",
            older.0, newer.0
        ))
    } else {
        None
    }
}

fn written(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn the_interface_changes_only_with_the_version() {
    let (now, file) = (describe(&header(), "now"), file_of(VERSION));
    let released = released().iter().any(|version| version == VERSION);
    if std::env::var_os("LEYLINE_WRITE_ABI").is_some() && !released {
        let mut text = format!(
            "# The binary interface of leyline {VERSION}: what a compiled C program relies on. Written by tests/integration/abi.rs.\n"
        );
        for line in &now {
            writeln!(text, "{line}").unwrap();
        }
        std::fs::write(&file, text).unwrap();
    }
    let then = written(&file);
    let (gone, new): (Vec<_>, Vec<_>) = (then.difference(&now).collect(), now.difference(&then).collect());
    let advice = if released {
        format!(
            "{VERSION} is released. Give Cargo.toml and src/ffi/library.rs another version: the third number for what is \
             only added, the second one (from 1.0 on the first) and LEYLINE_ABI_VERSION for what is gone or another. Then"
        )
    } else {
        format!("{VERSION} is not released yet, so it may still change. If it is meant to,")
    };
    assert!(
        gone.is_empty() && new.is_empty(),
        "the binary interface is not what {} says.\nonly there: {gone:#?}\nonly now: {new:#?}\n{advice} write it down \
         with\nLEYLINE_WRITE_ABI=1 cargo test --test integration abi::",
        file.display()
    );
}

#[test]
fn programs_of_an_earlier_version_find_everything_or_another_soname() {
    let now = describe(&header(), "later");
    for entry in std::fs::read_dir(root().join("tests/abi")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let version = name.strip_prefix("leyline-").and_then(|n| n.strip_suffix(".txt")).expect(name);
        assert_eq!(objection((version, &written(&path)), (VERSION, &now)), None);
    }
}

#[test]
fn everything_in_the_header_is_described() {
    let (text, lines) = (header(), describe(&header(), "everything"));
    let count = |kind: &str| lines.iter().filter(|line| line.starts_with(kind)).count();
    let of = |pattern: &str| text.lines().filter(|l| l.starts_with(pattern)).count();
    assert_eq!(count("struct "), of("LEYLINE_SIZE("));
    assert_eq!(count("field "), of("LEYLINE_AT("));
    assert_eq!(count("struct ") + count("handle "), of("typedef struct "));
    assert!(count("function ") > 190 && count("value ") > 200 && count("constant ") > 50, "{lines:#?}");
    for (function, line) in [
        ("leyline_strerror", "function leyline_strerror(leyline_status_t) gives const char *"),
        ("leyline_now_ns", "function leyline_now_ns(void) gives uint64_t"),
        (
            "leyline_segment_close",
            "function leyline_segment_close(leyline_segment_t *) gives leyline_status_t",
        ),
    ] {
        let found: Vec<_> = lines.iter().filter(|l| l.contains(&format!(" {function}("))).collect();
        assert_eq!(found, [line]);
    }
}

/// Each kind of change that breaks a compiled program, made to the header: it is seen.
#[test]
fn a_change_that_breaks_programs_is_told_from_one_that_adds() {
    let (text, before) = (header(), describe(&header(), "before"));
    let change = |name: &str, from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "there is no {from}");
        describe(&changed, name)
    };
    let breaking = [
        ("a result", "uint64_t leyline_now_ns(void);", "uint32_t leyline_now_ns(void);"),
        ("a parameter", "leyline_strerror(leyline_status_t status)", "leyline_strerror(const char *status)"),
        (
            "one-more",
            "leyline_strerror(leyline_status_t status)",
            "leyline_strerror(leyline_status_t status, int more)",
        ),
        ("gone", "uint64_t leyline_now_ns(void);", ""),
        ("a type", "typedef int32_t leyline_status_t;", "typedef int64_t leyline_status_t;"),
        (
            "a callback",
            "typedef float (*leyline_converter_t)(const float",
            "typedef double (*leyline_converter_t)(const float",
        ),
        ("a field", "    uint64_t observation_sequence;", "    uint32_t observation_sequence;"),
        ("another-name", "    uint64_t observation_sequence;", "    uint64_t of_observation;"),
        ("a value", "    LEYLINE_ERR_INVALID_ARGUMENT = -1", "    LEYLINE_ERR_INVALID_ARGUMENT = -100"),
        ("a constant", "#define LEYLINE_LAPPED 2", "#define LEYLINE_LAPPED 9"),
    ];
    for (name, from, to) in breaking {
        assert!(!missing(&before, &change(name, from, to)).is_empty(), "{name} went unseen");
    }
    let gone = change("gone-again", "uint64_t leyline_now_ns(void);", "");
    let told = change("told", "#define LEYLINE_ABI_VERSION 1", "#define LEYLINE_ABI_VERSION 2");
    let told: BTreeSet<_> = told.into_iter().filter(|line| !line.contains("leyline_now_ns")).collect();
    for (older, newer, lines, right) in [
        ("0.1.0", "0.1.1", &gone, false),
        ("0.1.0", "0.1.1", &told, false),
        ("0.1.9", "0.2.0", &gone, false),
        ("0.1.9", "0.2.0", &told, true),
        ("1.0.0", "1.1.0", &told, false),
        ("1.9.0", "2.0.0", &told, true),
        ("0.1.0", "0.1.1", &before, true),
    ] {
        assert_eq!(objection((older, &before), (newer, lines)).is_none(), right, "{older} and {newer}");
    }
    let added = change(
        "added",
        "uint64_t leyline_now_ns(void);",
        "uint64_t leyline_now_ns(void);\nint leyline_new(void);",
    );
    assert!(missing(&before, &added).is_empty() && added.len() == before.len() + 1);
    let renamed = change(
        "renamed",
        "leyline_strerror(leyline_status_t status)",
        "leyline_strerror(leyline_status_t number)",
    );
    assert_eq!(renamed, before, "the name of a parameter is in no program");
}
