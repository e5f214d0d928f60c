//! The C++ programs of the benches: the same work through the C ABI.

#[path = "../../tests/c/native.rs"]
#[allow(dead_code)]
mod native;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `benches/c/NAME.cpp` with the static library that cargo built beside this bench. `None`,
/// said aloud, where there is no compiler.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    if !Command::new("c++").arg("--version").output().is_ok_and(|said| said.status.success()) {
        eprintln!("NOT CHECKED: {name} through the C ABI: there is no c++");
        return None;
    }
    let program = native::scratch("benches").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/c/{name}.cpp"));
    native::built("c++", &["-std=c++17", "-O2", "-Wshadow", "-Wconversion"], &source, &program);
    Some(program)
}
