// C header: base
//! Names of segments and of their hidden files.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::hex;
use crate::sys::named_file::NamedFile;
use crate::sys::os;
use crate::sys::os::Stat;
use std::ffi::CString;

/// What a segment's file name ends with.
pub const FILE_SUFFIX: &str = ".leyline";
/// Bytes of a segment's name, at most.
pub const MAX_NAME: usize = 64;

/// Returns true if that may name a segment.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// [`ErrorKind::InvalidName`] for what may not.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidName).about(format!("{name:?}")).expected_found(
        format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -, not starting with a dot"),
        format!("{} bytes", name.len()),
    ))
}

/// Ends the hidden name of a file that is not ready.
pub(super) const UNFINISHED: &str = ".tmp";
/// Ends the hidden name of a file that is to be swapped with a segment, or was.
pub(super) const ASIDE: &str = ".new";

/// A hidden name that no other process knows.
pub(super) fn hidden_name(suffix: &str) -> Result<String> {
    Ok(format!(".{}{suffix}", hex(&os::random()?)))
}

/// Returns true if a file name is one that [`hidden_name`] makes.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    let inner = name.strip_prefix('.').and_then(|n| n.strip_suffix(UNFINISHED).or(n.strip_suffix(ASIDE)));
    inner
        .is_some_and(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

/// Removes a name if it leads to exactly this file. Returns false, with the name in place, if it leads to another file.
pub(crate) fn remove_exactly(name: &NamedFile, stat: &Stat) -> Result<bool> {
    name.remove_exactly(stat, &CString::new(hidden_name(ASIDE)?).unwrap_or_default())
}
