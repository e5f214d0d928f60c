//! Checks the structure of `src`: the imports between files, and the only files that may use a
//! dangerous thing.

use std::path::{Path, PathBuf};

/// Returns the folders of `src` with their floors, from the table in `src/lib.rs`.
fn floors() -> Vec<(String, u8)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rows = text.lines().filter_map(|l| l.strip_prefix("//! | ")?.split_once(" | `"));
    let floors: Vec<(String, u8)> = rows
        .filter_map(|(floor, rest)| Some((rest.split_once('`')?.0.to_owned(), floor.parse().ok()?)))
        .collect();
    assert!(floors.len() >= 10, "{floors:?}");
    floors
}

/// Names that may stand in a few files only, or in one folder.
const DOORS: &[(&str, &str)] = &[
    ("core::sync::atomic", "sys/atomic.rs"),
    ("std::sync::atomic", "sys/atomic.rs"),
    ("memmap2::", "sys/map.rs"),
    ("libc::", "sys/os/"),
    (
        "loom::",
        "sys/modelled.rs ring/models/bells.rs ring/models/fixture.rs ring/models/scenarios.rs ring/models/runner.rs",
    ),
    ("core::arch", "sys/arch/x86_64.rs"),
    ("std::arch", "sys/arch/x86_64.rs"),
    ("kill_this_process", "sys/kill.rs sys/os/"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 30, "{paths:?}");
    paths
        .iter()
        .map(|p| {
            let name = p.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            // Names in the prose of a file do not count.
            let text = std::fs::read_to_string(p).unwrap();
            let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
            let code =
                text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let parent = name.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit_once('/');
            let parent = parent.map_or(String::new(), |(parent, _)| parent.replace('/', "::") + "::");
            (name, code.replace("super::", &format!("crate::{parent}")))
        })
        .collect()
}

/// Returns the paths after each `crate::`, those in braces one by one.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$')) {
        let rest = &code[at + "crate::".len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c))).unwrap_or(rest.len());
        let path = &rest[..end];
        match rest[end..].strip_prefix('{') {
            Some(list) => {
                let list = &list[..list.find("};").expect("the end of an import")];
                let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
                found.extend(items.map(|item| format!("{path}{item}")));
            }
            None => found.push(path.to_owned()),
        }
    }
    found
}

/// Returns the file that a path leads to: `ring::slot::Slot` is in `ring/slot.rs`.
fn file_of(path: &str, files: &[(String, String)]) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    while !parts.is_empty() {
        let stem = parts.join("/");
        for name in [format!("{stem}.rs"), format!("{stem}/mod.rs")] {
            if files.iter().any(|(file, _)| *file == name) {
                return Some(name);
            }
        }
        parts.pop();
    }
    None
}

#[test]
fn a_file_imports_only_from_below() {
    let (floors, files) = (floors(), all());
    let floor = |folder: &str| floors.iter().find(|(f, _)| f == folder).map(|(_, floor)| *floor);
    for (name, code) in files.iter().filter(|(name, _)| name != "lib.rs") {
        let folder = name.split('/').next().unwrap();
        let own = floor(folder).unwrap_or_else(|| panic!("{name} stands on no floor of src/lib.rs"));
        for import in imports(code) {
            let other = import.split("::").next().unwrap();
            // A macro that is exported lies at the top, wherever it was written.
            if other == "record" {
                continue;
            }
            let below =
                floor(other).unwrap_or_else(|| panic!("{name} imports {import} through the front door"));
            assert!(other == folder || below < own, "{name} imports {import}, which is not below it");
        }
    }
}

#[test]
fn no_two_files_import_from_each_other() {
    let files = all();
    let of =
        |code: &str| -> Vec<String> { imports(code).iter().filter_map(|i| file_of(i, &files)).collect() };
    let edges: Vec<(&str, Vec<String>)> = files.iter().map(|(n, c)| (n.as_str(), of(c))).collect();
    for (start, _) in &edges {
        let (mut open, mut seen) = (vec![(*start).to_owned()], Vec::new());
        while let Some(file) = open.pop() {
            let (_, next) = edges.iter().find(|(name, _)| *name == file).unwrap();
            for other in next.iter().filter(|o| !o.ends_with("mod.rs") && **o != file) {
                assert!(other != start, "{start} and {file} lie on a circle of imports");
                if !seen.contains(other) {
                    seen.push(other.clone());
                    open.push(other.clone());
                }
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_one_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    for path in paths {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 700, "{} has {lines} lines: split it by what it holds", path.display());
    }
}

/// The words of the domain, which the transport does not know.
const DOMAIN: &[&str] = &[
    "Observation",
    "ActionSpace",
    "TrainingSignals",
    "AdaptationCommand",
    "CommandOutcome",
    "SeedStage",
    "crate::contract",
    "crate::seed",
    "crate::link",
];

#[test]
fn the_transport_knows_no_domain() {
    for (name, code) in all() {
        let folder = name.split('/').next().unwrap();
        if ["base", "sys", "schema", "ring", "segment", "handle"].contains(&folder) {
            for word in DOMAIN {
                assert!(!code.contains(word), "{name} names {word}");
            }
        }
    }
}

#[test]
fn a_dangerous_thing_has_one_room() {
    for (name, code) in all() {
        for (door, rooms) in DOORS {
            assert!(
                !code.contains(door)
                    || rooms.split(' ').any(|r| r == name || (r.ends_with('/') && name.starts_with(r))),
                "{name} names {door}; only {rooms} may"
            );
        }
    }
}

#[test]
fn every_release_and_acquire_names_its_partner() {
    for (name, code) in all() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&name);
        let text = std::fs::read_to_string(path).unwrap();
        for (partner, line) in text.lines().filter_map(|l| Some((l.split_once("PAIRS: ")?.1, l))) {
            let partner = partner.split(':').next().unwrap();
            let file = format!("src/{partner}.rs");
            let known = Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists();
            assert!(known, "{name}: no such file: {line}");
        }
        let fences = code.matches("fence(Release)").count() + code.matches("fence(Acquire)").count();
        assert!(fences == 0 || text.contains("PAIRS: "), "{name} has a fence without a partner");
    }
}

/// A user of the library does not get the dependencies of its tools.
#[test]
fn a_library_user_gets_these_dependencies_and_no_others() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = |name: &str| {
        let start = manifest.split_once(&format!("\n[{name}]\n")).unwrap().1;
        start.split("\n[").next().unwrap().lines().filter(|l| l.contains('=') && !l.starts_with('#'))
    };
    let needed: Vec<String> = section("dependencies")
        .filter(|line| !line.contains("optional = true"))
        .map(|line| line.split_once(" =").unwrap().0.to_owned())
        .collect();
    assert_eq!(needed, ["bytemuck", "crossbeam-utils", "libc", "memmap2", "parking_lot", "sha2"]);
    assert!(section("features").all(|line| !line.starts_with("default")));
}

/// Returns the string literals of a file, in order, each on one line.
fn literals(code: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), code);
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let tail = &rest[at..];
        rest = match tail.as_bytes() {
            [b'/', b'/', ..] => &tail[tail.find('\n').unwrap_or(tail.len())..],
            [b'\'', b'\\', _, ..] => &tail[4.min(tail.len())..],
            [b'\'', b'"', ..] => &tail[3..],
            [b'"', ..] => {
                let (mut text, mut end, mut escaped) = (String::new(), 1, false);
                for c in tail[1..].chars() {
                    end += c.len_utf8();
                    match c {
                        '"' if !escaped => break,
                        '\\' if !escaped => escaped = true,
                        _ => {
                            escaped = false;
                            text.push(c);
                        }
                    }
                }
                found.push(text);
                &tail[end..]
            }
            _ => &tail[1..],
        };
    }
    found
}

/// Returns true if a text has a path of Rust, such as `Segment::attach`. Lines of documentation
/// have links.
fn names_rust(text: &str) -> bool {
    let path = |(at, _): (usize, &str)| {
        let start = text[..at].rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + 1);
        text[start..].starts_with(|c: char| c.is_ascii_uppercase())
            && text[at + 2..].starts_with(|c: char| c.is_alphabetic())
    };
    !text.contains("[`") && text.match_indices("::").any(path)
}

fn names_c(text: &str) -> bool {
    ["leyline_", "LEYLINE_"].iter().any(|prefix| text.contains(prefix)) && text.contains(' ')
}

/// `Error::help_for` takes the remedy twice: a text with names of Rust, then the same with names of
/// C.
#[test]
fn a_message_names_rust_to_rust_and_c_to_c() {
    let mut pairs = 0;
    for (name, code) in all() {
        let texts = literals(&code);
        for (i, text) in texts.iter().enumerate() {
            let next = texts.get(i + 1);
            if names_rust(text) {
                assert!(!names_c(text), "{name}: both languages in {text:?}");
                assert!(next.is_some_and(|c| names_c(c) && !names_rust(c)), "{name}: not for C: {text:?}");
                pairs += 1;
            } else if names_c(text) && !name.starts_with("ffi/") && !name.starts_with("ring/") {
                let before = i.checked_sub(1).map(|i| &texts[i]);
                assert!(before.is_some_and(|r| names_rust(r)), "{name}: not for Rust: {text:?}");
            }
        }
    }
    assert!(pairs >= 10, "{pairs}");
}
