//! The examples of README.md: the Rust one is a doctest, the C and C++ ones are compiled and run
//! against each other here.

use crate::common::{Folder, patiently};
use crate::native::{Library, scratch};
use leyline::{Ending, Observation, Observer, Read, Segment, Start};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const README: &str = include_str!("../../README.md");
const INSTALL: &str = include_str!("../../docs/install.md");
const GUARANTEES: &str = include_str!("../../docs/guarantees.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a document's only block of a language.
fn block(document: &'static str, language: &str) -> &'static str {
    let fence = format!("\n```{language}\n");
    let mut blocks = document.split(fence.as_str()).skip(1);
    let block = blocks.next().and_then(|rest| rest.split("\n```\n").next());
    assert!(blocks.next().is_none(), "more than one block of {language}");
    block.unwrap_or_else(|| panic!("no block of {language}"))
}

/// Compiles a block of the README by the command line of docs/install.md, with every warning an
/// error.
fn compile(language: &str, source: &str) -> PathBuf {
    let folder = scratch("readme");
    std::fs::write(folder.join(source), format!("{}\n", block(README, language))).unwrap();
    let line = block(INSTALL, "sh").lines().find(|line| line.contains(source)).expect("a command line");
    let mut words = line.split_whitespace();
    let mut compiler = Command::new(words.next().unwrap());
    compiler.current_dir(&folder).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    for word in words {
        match word {
            "-Iinclude" => compiler.arg(format!("-I{}", root().join("include").display())),
            "target/release/libleyline.a" => compiler.arg(Library::find().archive),
            _ => compiler.arg(word),
        };
    }
    let done = compiler.output().unwrap();
    assert!(done.status.success(), "{source}:\n{}", String::from_utf8_lossy(&done.stderr));
    folder.join(source).with_extension("")
}

fn start(program: &Path, folder: &Folder) -> Child {
    let mut command = Command::new(program);
    command.env("LEYLINE_DIR", folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn said(what: &str, output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the {what}: {}\n{complaint}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The C controller and the C++ trainer, together and with a trainer that is killed in between. One
/// test, since both use the same programs.
#[test]
fn the_c_controller_and_the_cpp_trainer_run_against_each_other() {
    let (controller, trainer) = (compile("c", "controller.c"), compile("cpp", "trainer.cc"));
    let decided = "epoch 1: WAIT\nepoch 2: WAIT\nepoch 3: WAIT\n";

    let folder = Folder::new();
    let (first, second) = (start(&controller, &folder), start(&trainer, &folder));
    let (second, first) = (second.wait_with_output().unwrap(), first.wait_with_output().unwrap());
    assert_eq!(said("trainer", &second), decided);
    assert_eq!(said("controller", &first), "60.0 %\n70.0 %\n80.0 %\n");
    assert_eq!(folder.files(), [] as [&str; 0], "they left segments behind");

    // Killed while it waits for its first decision, then started again.
    let folder = Folder::new();
    let mut killed = start(&trainer, &folder);
    let wait = patiently();
    let segment = Segment::attach_waiting("hello", &folder.options(), wait.timeout).unwrap();
    let mut observer = Observer::<Observation>::open(&segment, "observations", Start::Oldest).unwrap();
    let mut seen = Observation::EMPTY;
    let read = observer.next(&mut seen, wait).unwrap();
    assert!(matches!(read, Read::Record(_)), "{read:?}");
    killed.kill().unwrap();
    assert_eq!(killed.wait().unwrap().signal(), Some(9));
    let second = start(&trainer, &folder);
    // A controller that attached before the successor published would be told of the death and end.
    loop {
        match observer.next(&mut seen, wait).unwrap() {
            Read::WriterGone(Ending::Died) => {}
            Read::Restarted { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    let first = start(&controller, &folder);
    let (second, first) = (second.wait_with_output().unwrap(), first.wait_with_output().unwrap());
    assert_eq!(said("trainer", &second), decided);
    assert_eq!(said("controller", &first), "60.0 %\n60.0 %\n70.0 %\n80.0 %\n");
}

#[test]
fn the_tests_that_show_what_is_promised_are_there() {
    let tests = [root().join("tests/integration"), root().join("tests")];
    let named: Vec<(&str, &str)> = GUARANTEES
        .lines()
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter_map(|code| code.split_once("::"))
        .collect();
    assert!(named.len() > 80, "{named:?}");
    for (file, name) in named {
        let folders = if file.contains('/') { vec![root().to_owned()] } else { tests.to_vec() };
        let (ending, test) = if file.starts_with("python/") {
            ("py", format!("\ndef {name}("))
        } else {
            ("rs", format!("#[test]\nfn {name}()"))
        };
        let source =
            folders.iter().find_map(|f| std::fs::read_to_string(f.join(format!("{file}.{ending}"))).ok());
        let source = source.unwrap_or_default();
        let source = source.replace("\n    ", "\n");
        assert!(source.contains(&test), "there is no test {file}::{name}");
    }
}

/// Returns every document, with its path from the root.
fn documents() -> Vec<(PathBuf, String)> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benches/record/README.md"];
    docs.chain(others.map(|name| root().join(name)))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// Returns the names that links can point to, one for each heading.
fn anchors(document: &str) -> Vec<String> {
    let text = document.split("```").step_by(2);
    let headings = text.flat_map(str::lines).filter(|line| line.starts_with('#'));
    let words = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
    words.map(|text| text.chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn what_the_documents_link_to_is_there() {
    let mut links = 0;
    for (path, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{} links to {link}", path.display());
            if !anchor.is_empty() {
                let there = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(
                    there.iter().any(|a| a == anchor),
                    "{} links to {link}, of {there:?}",
                    path.display()
                );
            }
        }
    }
    assert!(links > 40, "{links}");
}
