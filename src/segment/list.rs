//! Lists the segments of a directory, and the hidden files left by killed creators.

use crate::base::error::Result;
use crate::segment::lookup::{check_file, no_directory};
use crate::segment::name::{FILE_SUFFIX, is_hidden_name, is_name};
use crate::segment::{attached::Segment, options::Options};
use crate::sys::os;
use crate::sys::os::{Open, Stat};
use std::io;
use std::path::{Path, PathBuf};

/// Describes a file in a directory of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Kind of the file, according to its name.
    pub what: ListedKind,
    /// Path of the file.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Time of the last change known to the file system, nanoseconds since the Unix epoch.
    pub modified_unix_ns: i64,
    /// User number of the owner.
    pub owner: u32,
}

/// Tells a segment from debris.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// A segment of that name. It may be damaged: attach to it read-only to find out.
    Segment(String),
    /// A hidden file of a segment that is being created or replaced. If it is not in use, its
    /// creator was killed, and [`Segment::remove_debris`] removes it.
    Debris {
        /// True while its creator is at work.
        in_use: bool,
    },
}

impl Segment {
    /// Lists the segments of the directory by name, then debris. Omits other files. Opens no
    /// segment.
    ///
    /// [`ErrorKind::NoDirectory`](crate::ErrorKind::NoDirectory),
    /// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied).
    pub fn list(options: &Options) -> Result<Vec<Listed>> {
        let directory = options.resolve_directory();
        let mut found = Vec::new();
        let read = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_directory(&directory),
            _ => os::failed(e, "read directory").at(&directory),
        };
        for entry in std::fs::read_dir(&directory).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            let what = match name.strip_suffix(FILE_SUFFIX) {
                Some(name) if is_name(name) => ListedKind::Segment(name.to_owned()),
                _ if is_hidden_name(name) => ListedKind::Debris { in_use: false },
                _ => continue,
            };
            // The file may be gone by now.
            let Some(stat) = os::stat_path(&path)? else { continue };
            let what = match what {
                ListedKind::Debris { .. } => ListedKind::Debris { in_use: is_in_use(&path) },
                segment @ ListedKind::Segment(_) => segment,
            };
            let Stat { size: bytes, modified_unix_ns, owner, .. } = stat;
            found.push(Listed { what, path, bytes, modified_unix_ns, owner });
        }
        found.sort_by(|a, b| {
            let key = |l: &Listed| match &l.what {
                ListedKind::Segment(name) => (0, name.clone()),
                ListedKind::Debris { .. } => (1, l.path.to_string_lossy().into_owned()),
            };
            key(a).cmp(&key(b))
        });
        Ok(found)
    }
}

/// Returns true if a process holds a lock on a file; false for a file that cannot be opened.
fn is_in_use(path: &Path) -> bool {
    os::open(path, Open::ReadOnly, 0).is_ok_and(|file| os::is_locked_anywhere(&file).unwrap_or(false))
}

/// Counts the files, and their bytes, that `leyline rm --unused` could remove from a directory.
pub(super) fn unused(directory: &Path) -> (u64, u64) {
    let options = Options::default().in_directory(directory);
    let listed = Segment::list(&options).unwrap_or_default();
    let sizes = listed.iter().filter_map(|l| unused_bytes(&l.path, &options));
    sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
}

/// Returns the bytes allocated to a file; `None` if it is in use, or not this user's to remove.
fn unused_bytes(path: &Path, options: &Options) -> Option<u64> {
    let file = os::open(path, Open::ReadOnly, 0).ok()?;
    let stat = os::stat(&file).ok()?;
    check_file(path, &stat, options).ok()?;
    (!os::is_locked_anywhere(&file).unwrap_or(true)).then_some(stat.allocated)
}
