//! What lies in a directory of segments, and taking away what nobody uses.
//!
//! What is in use is decided by the kernel's locks and by nothing else: a file on which nobody holds a write lock has
//! no role held, whatever its contents say, and nobody is making it or putting it in another's place.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::file::{
    Access, Displaced, FILE_SUFFIX, Options, Origin, Segment, Turns, check_file, explain, moving, patiently,
};
use crate::segment::file::{is_hidden_name, is_name, no_directory, remove_exactly};
use crate::segment::role_page::name_holder;
use crate::sys::folder::Folder;
use crate::sys::lock::{BEING_REPLACED, FileLock, LockFile};
use crate::sys::os;
use crate::sys::os::{Open, Stat};
use std::io;
use std::path::{Path, PathBuf};

/// A file in a directory of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is, by its name.
    pub what: ListedKind,
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made, nanoseconds since the Unix epoch, as far as the file system knows.
    pub modified_unix_ns: i64,
    /// Its owner's user number.
    pub owner: u32,
}

/// What a listed file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// A segment of that name. Whether it can be attached shows when it is: [`Segment::attach`], read-only, takes and
    /// changes nothing.
    Segment(String),
    /// A hidden file of a segment that was being made or replaced. If nobody is at it now, its maker was killed, and
    /// [`Segment::remove_debris`] takes it away.
    Debris {
        /// Whether somebody is at it now.
        in_use: bool,
    },
}

impl Segment {
    /// What lies in the directory of segments, in the order of the names, debris last. Other files are not mentioned.
    /// Opens no segment.
    ///
    /// [`ErrorKind::NoDirectory`], [`ErrorKind::PermissionDenied`].
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
            // It may be gone already.
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

    /// Takes a segment away if nobody holds a role of it: [`ErrorKind::RoleHeld`] if somebody living does, and then
    /// nothing has changed. Roles are what counts: an observer without one does not keep it, and learns that it is
    /// superseded. A damaged segment, whatever is wrong with its contents, is removed like any other.
    ///
    /// All roles, and the right to replace the segment, are held meanwhile, so that exactly the segment that nobody used
    /// is removed; of two removals at once one succeeds and the other finds nothing ([`ErrorKind::NotFound`]). What the
    /// contents say of uncommitted records is returned; of a damaged one it is 0.
    ///
    /// Compare [`Segment::unlink`], which asks nobody.
    pub fn remove_unused(name: &str, options: &Options) -> Result<Displaced> {
        let path = options.path_of(name)?;
        for () in Turns::new() {
            let file = os::open(&path, Open::ReadOnly, 0).map_err(|e| explain(e, &path))?;
            let stat = os::stat(&file)?;
            check_file(&path, &stat, options)?;
            let take = || FileLock::take_all(LockFile::Name(&path), &stat);
            let _locks = match patiently(options.role_timeout, take) {
                Ok(locks) => locks,
                Err(e) if e.kind() == ErrorKind::Superseded => continue,
                Err(e) if e.found() == BEING_REPLACED => {
                    return Err(e.expected_found("a segment that nobody uses", BEING_REPLACED).help(
                        "another program keeps hold of it; look for one that was stopped while it replaced or removed it",
                    ));
                }
                Err(e) => return Err(name_a_holder(e, name, options)),
            };
            let read_only = Options { access: Access::ReadOnly, ..options.clone() };
            // Fails here at the limit of open files: a segment that cannot be opened for it is not a damaged one. What follows
            // takes no further descriptor.
            drop(Folder::of(&path)?);
            let found = Self::finish(file, path.clone(), &read_only, Origin::Named);
            let uncommitted = found.as_ref().map_or(0, Self::uncommitted);
            let removed = match found.as_ref().ok().and_then(Self::folder) {
                Some(folder) => remove_exactly(folder, &stat)?,
                None => remove_exactly(&Folder::of(&path)?, &stat)?,
            };
            if removed {
                return Ok(Displaced { segments: 1, uncommitted });
            }
        }
        Err(moving(path))
    }

    /// Takes away the hidden files that killed creators and re-creators have left in the directory, and returns which.
    /// Left where they are: those that somebody is at now, and those of other users (unless the options trust anyone).
    pub fn remove_debris(options: &Options) -> Result<Vec<PathBuf>> {
        let mut removed = Vec::new();
        for listed in Self::list(options)? {
            if matches!(listed.what, ListedKind::Debris { in_use: false })
                && clear(&listed.path, options).is_ok()
            {
                removed.push(listed.path);
            }
        }
        Ok(removed)
    }
}

/// Removes a file that nobody is at.
fn clear(path: &Path, options: &Options) -> Result<()> {
    let stat = os::stat(&os::open(path, Open::ReadOnly, 0)?)?;
    check_file(path, &stat, options)?;
    let _locks = FileLock::take_all(LockFile::Name(path), &stat)?;
    os::unlink(path)
}

/// Returns true if a process holds a lock on a file; false for a file that cannot be opened.
fn is_in_use(path: &Path) -> bool {
    os::open(path, Open::ReadOnly, 0).is_ok_and(|file| os::is_locked_anywhere(&file).unwrap_or(false))
}

fn look_at(name: &str, options: &Options) -> Result<Segment> {
    Segment::attach(name, &Options { access: Access::ReadOnly, ..options.clone() })
}

/// Says who holds a role, as far as the segment's contents tell.
fn name_a_holder(e: Error, name: &str, options: &Options) -> Error {
    let Ok(segment) = look_at(name, options) else { return e };
    for ring in segment.rings() {
        for consumer in std::iter::once(None).chain((0..ring.consumers).map(Some)) {
            if segment.role(&ring.name, consumer).is_ok_and(|role| role.held) {
                return name_holder(e, &segment, &ring.name, consumer);
            }
        }
    }
    e
}
