//! The examples of README.md: the Rust one is a doctest, the C and C++ ones are compiled and run against each other here.

mod common;
#[path = "c/native.rs"]
mod native;

use common::Folder;
use native::{Library, scratch};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const README: &str = include_str!("../README.md");
const GUARANTEES: &str = include_str!("../docs/guarantees.md");

/// The only block of a language.
fn block(language: &str) -> &'static str {
    let fence = format!("\n```{language}\n");
    let mut blocks = README.split(fence.as_str()).skip(1);
    let block = blocks.next().and_then(|rest| rest.split("\n```\n").next());
    assert!(blocks.next().is_none(), "more than one block of {language}");
    block.unwrap_or_else(|| panic!("no block of {language}"))
}

/// Compiles a block as the README's own command line says, with every warning an error.
fn compile(language: &str, source: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = scratch("readme");
    std::fs::write(folder.join(source), format!("{}\n", block(language))).unwrap();
    let line = block("sh").lines().find(|line| line.contains(source)).expect("a command line");
    let mut words = line.split_whitespace();
    let mut compiler = Command::new(words.next().unwrap());
    compiler.current_dir(&folder).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    for word in words {
        match word {
            "-Iinclude" => compiler.arg(format!("-I{}", root.join("include").display())),
            "target/release/libleyline.a" => compiler.arg(Library::find().archive),
            _ => compiler.arg(word),
        };
    }
    let done = compiler.output().unwrap();
    assert!(done.status.success(), "{source}:\n{}", String::from_utf8_lossy(&done.stderr));
    folder.join(source).with_extension("")
}

fn said(what: &str, output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the {what}: {}\n{complaint}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_c_controller_and_the_cpp_trainer_run_against_each_other() {
    let (controller, trainer) = (compile("c", "controller.c"), compile("cpp", "trainer.cc"));
    let folder = Folder::new();
    let start = |program: &Path| {
        let mut command = Command::new(program);
        command.env("LEYLINE_DIR", folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let (controller, trainer) = (start(&controller), start(&trainer));
    let (trainer, controller) = (trainer.wait_with_output().unwrap(), controller.wait_with_output().unwrap());
    assert_eq!(said("trainer", &trainer), "epoch 1: WAIT\nepoch 2: WAIT\nepoch 3: WAIT\n");
    assert_eq!(said("controller", &controller), "1: 60.0 %\n2: 70.0 %\n3: 80.0 %\n");
    assert_eq!(folder.files(), [] as [&str; 0], "they left segments behind");
}

#[test]
fn the_tests_that_show_what_is_promised_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = [root.join("tests/integration"), root.join("tests")];
    let named: Vec<(&str, &str)> = README
        .lines()
        .filter(|line| line.starts_with("| "))
        .chain(GUARANTEES.lines())
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter_map(|code| code.split_once("::"))
        .collect();
    assert!(named.len() > 80, "{named:?}");
    for (file, name) in named {
        let folders = if file.contains('/') { vec![root.to_owned()] } else { tests.to_vec() };
        let source = folders.iter().find_map(|f| std::fs::read_to_string(f.join(format!("{file}.rs"))).ok());
        let source = source.unwrap_or_default();
        let source = source.replace("\n    ", "\n");
        assert!(source.contains(&format!("#[test]\nfn {name}()")), "there is no test {file}::{name}");
    }
}

#[test]
fn the_files_it_links_to_are_there() {
    for link in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
        assert!(file.exists(), "README.md links to {link}");
    }
}
