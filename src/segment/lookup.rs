//! Checks the file that a name leads to, and explains its absence.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::options::{DIRECTORY_VARIABLE, Options, Trust};
use crate::sys::{os, os::Stat};
use std::path::{Path, PathBuf};

/// Makes the error for a name that is taken.
pub(super) fn taken(path: &Path) -> Error {
    Error::new(ErrorKind::AlreadyExists).at(path).help_for(
        "attach to it, call Segment::open_or_create or Segment::recreate, \
             or remove it with leyline rm if it is unused",
        "attach to it, call leyline_segment_open_or_create or leyline_segment_recreate, \
             or remove it with leyline rm if it is unused",
    )
}

/// Makes the error for a name that other processes keep moving.
pub(crate) fn moving(path: PathBuf) -> Error {
    Error::new(ErrorKind::Superseded)
        .at(path)
        .expected_found("a segment that stays", "one that comes and goes")
        .help("two programs create and remove the same name; give them different names")
}

/// Explains that nothing was found: no directory, or no such segment in it. Other errors pass
/// through.
pub(crate) fn explain(e: Error, path: &Path) -> Error {
    if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NoDirectory) {
        return e;
    }
    match path.parent() {
        Some(directory) if !directory.is_dir() => no_directory(directory),
        _ => Error::new(ErrorKind::NotFound)
            .at(path)
            .help("start the side that creates the segment, and check that both use the same directory"),
    }
}

/// Makes the error for a directory that does not exist.
pub(crate) fn no_directory(directory: &Path) -> Error {
    Error::new(ErrorKind::NoDirectory)
        .at(directory)
        .help(format!("create the directory, or set {DIRECTORY_VARIABLE} to another one"))
}

/// Refuses what is no regular file, and, unless trusted, a file of another user or one that
/// everybody may write.
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
                .help_for(
                    "set Options::trust to Trust::Anyone if that is intended",
                    "set trust of leyline_options_t to LEYLINE_TRUST_ANYONE if that is intended",
                ));
        }
        if stat.mode & 0o002 != 0 {
            return Err(Error::new(ErrorKind::InsecureMode)
                .at(path)
                .expected_found("a file that others may not write", format!("mode {:o}", stat.mode & 0o7777))
                .help_for(
                    "chmod o-w the file, or set Options::trust to Trust::Anyone if that is intended",
                    "chmod o-w the file, or set trust of leyline_options_t to LEYLINE_TRUST_ANYONE \
                     if that is intended",
                ));
        }
    }
    Ok(())
}
