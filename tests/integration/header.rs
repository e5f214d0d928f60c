//! The C header: generated, committed, and clean for every compiler that is there.

use crate::native::{self, Library, scratch};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The topic headers in the order of their includes: a name, what it is about, and the topics it
/// includes. A source in `src` names the one that its public items go to in its first line: `// C
/// header: link`.
const TOPICS: [(&str, &str, &[&str]); 10] = [
    ("base", "Status numbers, errors, versions, and the enumerations that several topics share.", &[]),
    ("record", "Records and their schemas.", &["base"]),
    ("segment", "Segments and the rings in them.", &["record"]),
    ("ring", "Writers, observers and consumers of a ring.", &["segment"]),
    ("contract", "The records of the contract, action spaces and stages.", &["segment"]),
    ("link", "The two sides of a link: trainer and controller.", &["ring", "contract"]),
    ("seed", "For trainers: tracker, life cycle of a seed, and a trainer's whole step.", &["link"]),
    ("migrate", "Normalized observations, the registry of schemas, and migrations.", &["contract"]),
    ("tools", "For tools: roles, how rings stand, and segments that nobody uses.", &["contract", "ring"]),
    ("device", "Rings that a device writes or reads.", &["ring"]),
];

/// Columns of a line of C.
const WIDTH: usize = 110;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the sources with public items for C, in the order of their topics: topic and text.
fn sources() -> Vec<(&'static str, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(topic) = text.lines().next().and_then(|l| l.strip_prefix("// C header: ")) else { continue };
        let at = TOPICS.iter().position(|(name, ..)| *name == topic);
        found.push((
            at.unwrap_or_else(|| panic!("{}: no topic {topic}", path.display())),
            with_structs(&text),
        ));
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(at, text)| (TOPICS[at].0, text)).collect()
}

/// The prefixes of the bits of each record's `present` in C.
const PRESENT: [(&str, &str); 10] = [
    ("AdaptationCommand", "COMMAND"),
    ("CommandOutcome", "OUTCOME"),
    ("TrainingMetrics", "METRICS"),
    ("TrainingSignals", "SIGNALS"),
    ("SeedStateReport", "STATE"),
    ("GateResult", "GATE_RESULT"),
    ("FieldReport", "FIELD_REPORT"),
    ("SeedTelemetry", "TELEMETRY"),
    ("TelemetryEvent", "EVENT"),
    ("BlueprintSpec", "BLUEPRINT"),
];

/// Returns a source with the structs that its `record!` declares, and the bits of their `present`.
/// Relies on their layout: a line for each field and for each bit, and one for its comment.
fn with_structs(source: &str) -> String {
    let (mut lines, mut inside, mut record) = (Vec::new(), None, "");
    for line in source.lines() {
        match (inside, line.strip_prefix("    ").unwrap_or(line)) {
            (None, "record! {") => inside = Some("head"),
            (None, _) => lines.push(line.to_owned()),
            (Some(_), "}") if line == "}" => inside = None,
            (Some("head"), head) if head.starts_with("pub struct ") => {
                let name = head.split(" as ").next().unwrap();
                record = name.strip_prefix("pub struct ").unwrap();
                lines.extend(["#[repr(C)]".to_owned(), format!("{name} {{")]);
                inside = Some("fields");
            }
            (Some("fields"), "}") => {
                lines.push("}".to_owned());
                inside = Some("tail");
            }
            (Some("fields"), field) if !field.trim_start().starts_with('/') => {
                let (name, rest) = field.trim().split_once(": ").unwrap();
                let kind = rest.trim_end_matches(';').split(',').next().unwrap();
                lines.push(format!("    pub {name}: {},", kind.split(" as ").next().unwrap()));
            }
            (Some("tail"), "present {") => inside = Some("bits"),
            (Some("tail"), _) => {}
            (Some("bits"), "}") => inside = Some("tail"),
            (Some("bits"), bit) => lines.push(bit_for_c(record, bit.trim())),
            (Some(_), comment) => lines.push(comment.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// Returns a line of a record's `present`, a bit or its comment.
fn bit_for_c(record: &str, line: &str) -> String {
    if let Some(said) = line.strip_prefix("/// ") {
        let (first, rest) = said.split_at(1);
        return format!("/// A bit of [`{record}`]'s present: {}{rest}", first.to_lowercase());
    }
    let (name, number) = line.trim_end_matches(';').split_once(" = ").unwrap();
    let (_, after) = PRESENT.iter().find(|(name, _)| *name == record).expect(record);
    format!("pub const LEYLINE_{after}_{name}: u32 = {};", 1u32 << number.parse::<u32>().unwrap())
}

/// Returns `SeedStage` as `seed_stage`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.char_indices() {
        if c.is_ascii_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Returns c's name of an item that has another one in Rust.
fn name_in_c(kind: &str, name: &str) -> String {
    if name.to_lowercase().starts_with("leyline_") {
        return name.to_owned();
    }
    let end =
        |suffixes: &[&str]| suffixes.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name).to_owned();
    match kind {
        "const" => format!("LEYLINE_{name}"),
        "enum" => format!("leyline_{}", snake(&end(&["Number"]))),
        _ => format!("leyline_{}_t", snake(&end(&["Handle", "Record", "Entry"]))),
    }
}

/// Returns the public items of a source that C can have: kind and name. Relies on rustfmt's layout.
fn public_items(source: &str) -> Vec<(&str, &str)> {
    let (mut numbered, mut laid_out) = (false, false);
    let items = source.lines().filter_map(|line| {
        let (attribute, was_numbered, was_laid_out) = (line.starts_with("#["), numbered, laid_out);
        laid_out = (laid_out && attribute) || line.starts_with("#[repr(C");
        numbered = (numbered && attribute) || line.starts_with("#[repr(u") || line.starts_with("#[repr(i");

        let line = line.strip_prefix("pub ")?;
        let words = line.strip_prefix("const fn").map_or(line, |_| "").trim_start_matches("unsafe ");
        let (kind, rest) = words.strip_prefix("extern \"C\" ").unwrap_or(words).split_once(' ')?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let kind = if kind == "struct" && was_laid_out { "record" } else { kind };
        let known =
            ["const", "struct", "record", "type", "fn"].contains(&kind) || (kind == "enum" && was_numbered);
        known.then_some((kind, &rest[..end]))
    });
    items.collect()
}

/// Returns a source as C has to see it: without `impl` blocks, whose constants C has under other
/// names, and with links in its comments as plain names, C's where there is one. Relies on
/// rustfmt's layout.
///
/// `LossHist0` would become LOSS_HIST0, while the contract says LOSS_HIST_0.
fn for_c(source: &str, config: &cbindgen::Config) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in source.lines() {
        let begins = line.starts_with("impl ") || line.starts_with("impl<");
        inside |= begins;
        if !inside {
            text.push_str(
                &unlinked(line, config).replace("Hist", "Hist_").replace(" an leyline_", " a leyline_"),
            );
            text.push('\n');
        }
        inside &= line != "}" && !(begins && line.ends_with('}'));
    }
    text
}

/// Returns `` [`a::B`](c) `` as the name of B.
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

/// Returns the output of cbindgen for all sources at once, and the topic of each item by its name
/// in C.
fn generate() -> (String, BTreeMap<String, &'static str>) {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let sources = sources();
    let mut topics = BTreeMap::new();
    for (topic, source) in &sources {
        for (kind, name) in public_items(source) {
            let in_c = config.export.rename.get(name).cloned().unwrap_or_else(|| name_in_c(kind, name));
            topics.insert(in_c.clone(), *topic);
            if kind == "enum" || kind == "record" {
                config.export.include.push(name.to_owned());
            }
            if kind != "fn" {
                config.export.rename.insert(name.to_owned(), in_c);
            }
        }
    }
    let folder = scratch("header-sources");
    let mut builder = cbindgen::Builder::new();
    for (i, (_, source)) in sources.iter().enumerate() {
        let copy = folder.join(format!("{i}.rs"));
        std::fs::write(&copy, for_c(source, &config)).unwrap();
        builder = builder.with_src(copy);
    }
    let mut text = Vec::new();
    builder.with_config(config).generate().unwrap().write(&mut text);
    (String::from_utf8(text).unwrap(), topics)
}

/// Returns the name that an item of the generated text declares.
fn name_of(code: &str) -> &str {
    let word = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let starts = ["#define ", "enum ", "typedef struct "];
    if let Some(rest) = starts.iter().find_map(|start| code.strip_prefix(start)) {
        return &rest[..word(rest)];
    }
    match code.split_once("(*") {
        Some((_, callback)) if code.starts_with("typedef ") => &callback[..word(callback)],
        _ => code.split(['(', ';']).next().unwrap().rsplit([' ', '*']).next().unwrap(),
    }
}

/// Joins a comment of one line into one line.
fn short_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (mut short, mut i) = (String::new(), 0);
    while i < lines.len() {
        let (line, indent) = (lines[i], lines[i].len() - lines[i].trim_start().len());
        let three = lines.get(i..i + 3).filter(|l| l[0].trim() == "/**" && l[2].trim() == "*/");
        let one = three.and_then(|l| l[1].trim_start().strip_prefix("* "));
        match one.map(|one| format!("{}/** {one} */", " ".repeat(indent))) {
            Some(one) if one.len() <= WIDTH => (short.push_str(&one), i += 3).0,
            _ => (short.push_str(line), i += 1).0,
        }
        short.push('\n');
    }
    short.trim_end().to_owned()
}

/// Wraps a prototype into as few lines as possible.
fn wrapped(code: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in code.split_whitespace().collect::<Vec<_>>().join(" ").split_inclusive(", ") {
        let length = word.trim_end().len();
        if column + length > WIDTH {
            text.truncate(text.trim_end().len());
            text.push_str("\n    ");
            column = 4;
        }
        text.push_str(word);
        column += word.len();
    }
    text
}

/// Returns the items of the generated text in its order: name, and text as it goes into a header.
fn items(generated: &str) -> Vec<(String, String)> {
    let mut items = Vec::new();
    for item in generated.split("\n\n").map(str::trim).filter(|item| !item.is_empty()) {
        let (comment, code) = match item.split_once("*/\n") {
            Some((comment, code)) if item.starts_with("/**") => (format!("{comment}*/\n"), code),
            _ => (String::new(), item),
        };
        // Enumerations cross as integers: C needs no type for them.
        let code = if code.starts_with("enum ") {
            let (name, values) = code.split_once('\n').unwrap();
            let values = &values[values.find("{\n").unwrap()..values.find("};").unwrap()];
            format!("{name} {values}}};")
        } else {
            code.to_owned()
        };
        let name = name_of(&code).to_owned();
        let code = if code.starts_with("typedef struct") {
            let (head, rest) = code.split_at("typedef struct".len());
            head.to_owned() + &rest.replace("struct ", "")
        } else if code.ends_with(");") {
            wrapped(&code.replace("struct ", ""))
        } else {
            code
        };
        items.push((name, short_comments(&format!("{comment}{code}"))));
    }
    items
}

/// Returns size and alignment of a type of C, as far as it is known.
fn measure(kind: &str, known: &BTreeMap<String, (usize, usize)>) -> (usize, usize) {
    let plain = match kind.trim_start_matches("const ") {
        pointer if pointer.ends_with('*') => 8,
        "uint8_t" | "int8_t" | "char" | "bool" => 1,
        "uint16_t" | "int16_t" => 2,
        "uint32_t" | "int32_t" | "float" | "leyline_status_t" => 4,
        "uint64_t" | "int64_t" | "double" | "size_t" => 8,
        other => return *known.get(other).unwrap_or_else(|| panic!("how long is {other}?")),
    };
    (plain, plain)
}

/// Returns the layout of every struct, as C asserts it: sizes and offsets that follow from the
/// types of the fields. `src/ffi/layout.rs` holds them against Rust's.
fn layout(items: &[(String, String)]) -> String {
    let constants: BTreeMap<&str, usize> = items
        .iter()
        .filter_map(|(name, text)| {
            let value = text.rsplit_once(&format!("#define {name} "))?.1;
            Some((name.as_str(), value.parse().ok()?))
        })
        .collect();
    let (mut known, mut text) = (BTreeMap::new(), String::new());
    for (name, item) in items.iter().filter(|(_, item)| item.ends_with(';') && !item.contains(['{', '('])) {
        let kind = item.rsplit_once("typedef ").map(|(_, t)| t.split(' ').next().unwrap());
        if let Some(kind) = kind.filter(|kind| *kind != "struct") {
            known.insert(name.clone(), measure(kind, &known));
        }
    }
    for (name, item) in items.iter().filter(|(_, item)| item.contains("typedef struct") && item.contains('{'))
    {
        let body = &item[item.find("{\n").unwrap() + 2..item.rfind('}').unwrap()];
        let (mut at, mut most, mut fields) = (0usize, 1, String::new());
        let code: Vec<&str> =
            body.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(['/', '*'])).collect();
        for line in code.join(" ").split(';').map(str::trim).filter(|line| !line.is_empty()) {
            let callback = line.split_once("(*").and_then(|(_, rest)| rest.split_once(')'));
            let mut parts = line.split('[');
            let declared = parts.next().unwrap();
            let many = |part: &str| part.parse().unwrap_or_else(|_| constants[part]);
            let length: usize = parts.map(|part| many(part.trim_end_matches(']'))).product();
            let (field, (size, align)) = if let Some((field, _)) = callback {
                (field, (8, 8))
            } else {
                let field = declared.rsplit([' ', '*']).next().unwrap();
                (field, measure(declared[..declared.len() - field.len()].trim(), &known))
            };
            at = at.next_multiple_of(align);
            writeln!(fields, "LEYLINE_AT({name}, {field}, {at});").unwrap();
            (at, most) = (at + size * length, most.max(align));
        }
        let size = at.next_multiple_of(most);
        write!(text, "LEYLINE_SIZE({name}, {size});\n{fields}").unwrap();
        known.insert(name.clone(), (size, most));
    }
    text
}

/// Wraps what a header holds: guard, includes, `extern "C"`.
fn header(topic: &str, about: &str, includes: &[&str], body: &str) -> String {
    let guard = format!("LEYLINE_{}_H", topic.to_uppercase());
    let mut text = format!(
        "/* {about}\n * A part of leyline.h; generated, do not edit. */\n\n#ifndef {guard}\n#define {guard}\n\n"
    );
    if includes.is_empty() {
        text += "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n";
    }
    for include in includes {
        writeln!(text, "#include \"{include}.h\"").unwrap();
    }
    text += "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    text += body.trim();
    text += "\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
    text
}

/// Returns all generated headers, by their paths below `include`.
fn headers() -> Vec<(String, String)> {
    let (generated, topics) = generate();
    let items = items(&generated);
    let mut bodies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut handles = Vec::new();
    for (name, text) in &items {
        if text.contains("typedef struct") && !text.contains('{') {
            handles.push((name, text));
            continue;
        }
        let topic = topics.get(name).unwrap_or_else(|| panic!("no source of a topic says {name}"));
        bodies.entry(topic).or_default().push(text);
    }
    // A type that C knows by its name only is declared where it is named first.
    for (name, text) in handles.iter().rev() {
        let word = |text: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name.as_str())
        };
        let first =
            TOPICS.iter().find(|(topic, ..)| bodies.get(topic).is_some_and(|b| b.iter().any(|t| word(t))));
        let body = bodies.get_mut(first.unwrap_or_else(|| panic!("nothing takes {name}")).0).unwrap();
        let at = body.iter().position(|t| !t.contains("#define") && !t.contains("typedef int32_t")).unwrap();
        body.insert(at, text);
    }
    let mut files = Vec::new();
    for (topic, about, includes) in TOPICS {
        let mut body = bodies.remove(topic).unwrap_or_default().join("\n\n");
        // The part of C alone: macros and inline functions.
        if let Ok(own) = std::fs::read_to_string(root().join(format!("src/ffi/inline/{topic}.h"))) {
            body = format!("{body}\n\n{}", own.trim());
        }
        files.push((format!("leyline/{topic}.h"), header(topic, about, includes, &body)));
    }
    let asserts = format!(
        "#ifdef __cplusplus\n#define LEYLINE_ASSERT(condition, text) static_assert(condition, text)\n#else\n\
         #define LEYLINE_ASSERT(condition, text) _Static_assert(condition, text)\n#endif\n\
         #define LEYLINE_SIZE(type, size) LEYLINE_ASSERT(sizeof(type) == (size), \"size of \" #type)\n\
         #define LEYLINE_AT(type, field, at) \\\n    \
         LEYLINE_ASSERT(offsetof(type, field) == (at), \"offset of \" #field \" in \" #type)\n\n{}\n\
         #undef LEYLINE_AT\n#undef LEYLINE_SIZE\n#undef LEYLINE_ASSERT",
        layout(&items)
    );
    let all: Vec<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
    let about = "The layout of all structs that the library was built with, asserted.";
    files.push(("leyline/layout.h".to_owned(), header("layout", about, &all[4..], &asserts)));
    files
}

#[test]
fn the_committed_headers_are_the_generated_ones() {
    let include = root().join("include");
    let (mut stale, mut lines) = (Vec::new(), 0);
    let files = headers();
    for (path, generated) in &files {
        let path = include.join(path);
        if std::env::var_os("LEYLINE_WRITE_HEADER").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, generated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let mut both = committed.lines().zip(generated.lines()).enumerate();
        if let Some((i, (a, b))) = both.find(|(_, (a, b))| a != b) {
            eprintln!("{}:{}:\ncommitted: {a}\ngenerated: {b}", path.display(), i + 1);
        }
        if committed != *generated {
            stale.push(path.display().to_string());
        }
        lines += generated.lines().count();
    }
    assert!(
        stale.is_empty(),
        "{stale:?}: not what the sources say; write them anew with\nLEYLINE_WRITE_HEADER=1 cargo test --test integration header::"
    );
    let umbrella = std::fs::read_to_string(include.join("leyline.h")).unwrap();
    let included: Vec<&str> = umbrella.lines().filter_map(|l| l.strip_prefix("#include \"")).collect();
    let expected: Vec<String> = files.iter().map(|(path, _)| format!("{path}\"")).collect();
    assert_eq!(included, expected);
    let there = std::fs::read_dir(include.join("leyline")).unwrap().count();
    assert_eq!(there, files.len(), "a header in include/leyline that no topic has");
    assert!(
        lines + umbrella.lines().count() < 10_000,
        "{lines} lines of headers are more than anybody reads"
    );
}

/// Returns compiler, standard and file suffix: of `cc` and `c++`, which must be there, and of the
/// others that are.
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
fn each_header_compiles_alone_and_twice() {
    let folder = scratch("header-alone");
    let include = format!("-I{}", root().join("include").display());
    let topics = TOPICS.map(|(name, ..)| format!("leyline/{name}.h"));
    for (compiler, standard, suffix) in compilers() {
        for path in topics.iter().map(String::as_str).chain(["leyline/layout.h", "leyline.h"]) {
            let name = path.replace('/', "-");
            let source = folder.join(format!("{name}-{compiler}-{standard}.{suffix}"));
            std::fs::write(&source, format!("#include \"{path}\"\n#include \"{path}\"\n")).unwrap();
            let done = Command::new(compiler)
                .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"])
                .args(["-fsyntax-only", &include])
                .arg(&source)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{compiler} -std={standard}, {path}:\n{said}");
        }
    }
}

/// Returns the functions that the header declares: what stands before a parenthesis in a line that
/// starts with a type.
fn declared() -> BTreeSet<String> {
    let text = native::header_text();
    let lines =
        text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()) && !l.starts_with("static"));
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

/// Returns the text split at the commas that stand in no bracket.
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

/// A C program passes NULL for each pointer that is not called optional, and must be refused.
#[test]
fn every_pointer_that_may_not_be_null_is_tried_with_null() {
    let header = native::header_text();
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
        if head.contains(['{', ';', '#']) || head.contains("typedef") || head.contains("static inline") {
            continue;
        }
        let name = head.rsplit([' ', '*']).next().unwrap();
        // A callback of a struct has no name before its bracket.
        if name.is_empty() {
            continue;
        }
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
    assert!(pointers > 350, "{pointers}");
    assert!(missing.is_empty(), "of {pointers} pointers these are never NULL in tests/c: {missing:#?}");
}
