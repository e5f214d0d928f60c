//! Finds segments whose name is gone while processes use them.

use leyline::FILE_SUFFIX;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Describes a file of a segment that has no name any more.
#[derive(Debug)]
pub(crate) struct Unlinked {
    /// The file's last name.
    pub(crate) file: String,
    pub(crate) bytes: u64,
    /// A descriptor of each process that has it open, by the process's id.
    pub(crate) users: BTreeMap<u32, PathBuf>,
}

/// Returns the segments that were removed from a directory and that processes still use, as far as
/// this user may see their descriptors.
pub(crate) fn find(directory: &Path) -> Vec<Unlinked> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mut found: BTreeMap<(u64, u64), Unlinked> = BTreeMap::new();
    for process in entries(Path::new("/proc")) {
        let Some(pid) = process.file_name().and_then(|n| n.to_str()?.parse().ok()) else { continue };
        for descriptor in entries(&process.join("fd")) {
            let Some(file) = removed_from(&directory, &descriptor) else { continue };
            let Ok(about) = std::fs::metadata(&descriptor) else { continue };
            let unlinked = found.entry((about.dev(), about.ino())).or_insert_with(|| Unlinked {
                file,
                bytes: about.len(),
                users: BTreeMap::new(),
            });
            unlinked.users.entry(pid).or_insert(descriptor);
        }
    }
    found.into_values().collect()
}

/// Returns the entries of a directory, or none.
fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Returns the file name of a segment that was removed from the directory, if the descriptor leads
/// to one.
fn removed_from(directory: &Path, descriptor: &Path) -> Option<String> {
    let link = std::fs::read_link(descriptor).ok()?;
    let path = Path::new(link.to_str()?.strip_suffix(" (deleted)")?);
    let file = path.file_name()?.to_str()?;
    // The library renames a file before it removes it.
    let is_aside = file.starts_with('.') && path.extension().is_some_and(|extension| extension == "new");
    let is_ours = file.ends_with(FILE_SUFFIX) || is_aside;
    (path.parent()? == directory && is_ours).then(|| file.to_owned())
}
