//! The house: who may import from whom, and which file alone opens a dangerous door.

use std::path::{Path, PathBuf};

/// The modules from the ground up. A file imports only from modules that stand before its own.
const FLOORS: &[&str] = &[
    "error",
    "layout",
    "contract",
    "cursor", // 0: no I/O, no shared memory
    "modelled",
    "atomic",
    "os",
    "map", // 1: the doors
    "limits",
    "kill",
    "words",
    "seqlock",
    "descriptor",
    "folder",
    "lock",
    "writable",
    "futex",
    "clock", // 2
    "ring",
    "models",
    "wait",
    "directory",
    "segment",
    "memfd",
    "counters",
    "listing", // 3
    "writer",
    "device",
    "gather",
    "observer",
    "consumer",
    "watch",
    "status",
    "anything", // 4
    "race",
    "link", // 5
    "ffi",
    "cli",
    "lib", // 6
];

/// What may be named in one file only.
const DOORS: &[(&str, &str)] = &[
    ("core::sync::atomic", "atomic.rs"),
    ("std::sync::atomic", "atomic.rs"),
    ("memmap2::", "map.rs"),
    ("libc::", "os.rs"),
    ("loom::", "modelled.rs models.rs"),
    ("core::arch", "clock.rs words.rs contract/fours.rs"),
    ("kill_this_process", "kill.rs os.rs"),
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
            // What a file says of itself in prose opens no door.
            let text = std::fs::read_to_string(p).unwrap();
            let code =
                text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            (name, code)
        })
        .collect()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|f| *f == module)
}

/// The modules named after each `crate::`, those in braces too.
fn imports(code: &str) -> Vec<&str> {
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$')) {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = &list[..list.find("};").unwrap_or(0)];
            found.extend(list.split(',').map(str::trim).map(|item| &item[..word(item)]));
        } else {
            found.push(&rest[..word(rest)]);
        }
    }
    found
}

#[test]
fn a_file_imports_only_from_below() {
    for (name, code) in all() {
        let module = name.split(['/', '.']).next().unwrap();
        let own = floor(module).unwrap_or_else(|| panic!("{name} stands on no floor"));
        for import in imports(&code) {
            // What the crate re-exports at its top is not a module; it is named from the handles upwards.
            let Some(other) = floor(import) else { continue };
            assert!(other <= own, "{name} imports from {import}, which stands above it");
        }
    }
}

#[test]
fn a_dangerous_thing_has_one_room() {
    for (name, code) in all() {
        for (door, rooms) in DOORS {
            assert!(
                !code.contains(door) || rooms.split(' ').any(|r| r == name),
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

/// Who uses the library does not get what its tools need.
#[test]
fn a_library_user_gets_these_dependencies_and_no_others() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = |name: &str| {
        let start = manifest.split_once(&format!("\n[{name}]\n")).unwrap().1;
        start.split("\n[").next().unwrap().lines().filter(|l| l.contains('=') && !l.starts_with('#'))
    };
    let (tools, needed): (Vec<&str>, Vec<&str>) =
        section("dependencies").partition(|l| l.contains("optional = true"));
    let name = |line: &&str| line.split_once(" =").unwrap().0.to_owned();
    let needed: Vec<String> = needed.iter().map(name).collect();
    assert_eq!(needed, ["bytemuck", "crossbeam-utils", "libc", "memmap2", "parking_lot", "sha2"]);
    assert!(tools.len() >= 3, "{tools:?}");
    assert!(section("features").all(|line| !line.starts_with("default")));
}
