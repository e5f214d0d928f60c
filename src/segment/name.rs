// C header: base
//! Names of segments and of their hidden files.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::hex;
use crate::sys::{named_file::NamedFile, os, os::Stat};
use std::ffi::CString;

/// Suffix of a segment's file name.
pub const FILE_SUFFIX: &str = ".leyline";
/// Longest name of a segment, in bytes.
pub const MAX_NAME: usize = 64;

/// Returns true if a text is a valid name of a segment.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Refuses an invalid name: [`ErrorKind::InvalidName`].
pub(crate) fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidName)
        .about(format!("{name:?}"))
        .expected_found(
            format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -, not starting with a dot"),
            format!("{} bytes", name.len()),
        )
        .help("choose another name"))
}

/// Suffix of the hidden name of an unfinished file.
pub(super) const UNFINISHED: &str = ".tmp";
/// Suffix of the hidden name of a file that is swapped in for a segment, or was displaced by one.
pub(super) const ASIDE: &str = ".new";

/// Makes a random hidden name, which no other process knows.
pub(super) fn hidden_name(suffix: &str) -> Result<String> {
    Ok(format!(".{}{suffix}", hex(&os::random()?)))
}

/// Returns true if [`hidden_name`] could have made a file name.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    let inner = name.strip_prefix('.').and_then(|n| n.strip_suffix(UNFINISHED).or(n.strip_suffix(ASIDE)));
    inner
        .is_some_and(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

/// Removes a name if it leads to exactly this file. Returns false, with the name in place, if it
/// leads to another file.
pub(crate) fn remove_exactly(name: &NamedFile, stat: &Stat) -> Result<bool> {
    name.remove_exactly(stat, &CString::new(hidden_name(ASIDE)?).unwrap_or_default())
}
