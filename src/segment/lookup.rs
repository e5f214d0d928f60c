//! Checks the file that a name leads to, and explains its absence.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::options::{DIRECTORY_VARIABLE, Options, Trust};
use crate::sys::os;
use crate::sys::os::Stat;
use std::path::{Path, PathBuf};

pub(super) fn taken(path: &Path) -> Error {
    Error::new(ErrorKind::AlreadyExists)
        .at(path)
        .help("attach to it, open_or_create, recreate, or remove the file if nobody uses it")
}

/// The error for a name that other processes keep moving.
pub(crate) fn moving(path: PathBuf) -> Error {
    Error::new(ErrorKind::Superseded)
        .at(path)
        .expected_found("a segment that stays", "one that comes and goes")
        .help("two programs create and remove the same name; give them different names")
}

pub(crate) fn explain(e: Error, path: &Path) -> Error {
    if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NoDirectory) {
        return e;
    }
    match path.parent() {
        Some(directory) if !directory.is_dir() => no_directory(directory),
        _ => Error::new(ErrorKind::NotFound)
            .at(path)
            .help("start the side that creates it, and check that both use the same directory"),
    }
}

pub(crate) fn no_directory(directory: &Path) -> Error {
    Error::new(ErrorKind::NoDirectory)
        .at(directory)
        .help(format!("create it, or let {DIRECTORY_VARIABLE} name another"))
}

pub(crate) fn check_file(path: &Path, stat: &Stat, options: &Options) -> Result<()> {
    if !stat.is_regular() {
        return Err(Error::new(ErrorKind::NotRegularFile)
            .at(path)
            .expected_found("a regular file", format!("mode {:o}", stat.mode)));
    }
    if options.trust == Trust::Owner {
        if stat.owner != os::user() {
            return Err(Error::new(ErrorKind::ForeignOwner)
                .at(path)
                .expected_found(format!("user {}", os::user()), format!("user {}", stat.owner))
                .help("attach with Trust::Anyone if that is meant"));
        }
        if stat.mode & 0o002 != 0 {
            return Err(Error::new(ErrorKind::InsecureMode)
                .at(path)
                .expected_found("a file that others may not write", format!("mode {:o}", stat.mode & 0o7777))
                .help("chmod o-w, or attach with Trust::Anyone if that is meant"));
        }
    }
    Ok(())
}
