//! Removes segments and debris that nobody uses.
//!
//! Only the kernel's locks decide whether a file is in use. A file without a write lock has no role
//! held, whatever its contents say, and no process is creating it or swapping it in.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::attached::{Origin, Segment};
use crate::segment::lookup::{check_file, explain, moving};
use crate::segment::options::{Access, Options};
use crate::segment::retry::{Turns, patiently};
use crate::segment::{list::ListedKind, name::remove_exactly, open::Displaced, role_page::name_holder};
use crate::sys::lock::{BEING_REPLACED, FileLock, LockFile, REPLACING};
use crate::sys::{named_file::NamedFile, os, os::Open};
use std::path::{Path, PathBuf};
use std::time::Duration;

impl Segment {
    /// Removes a segment's name without regard to its users; [`Segment::remove_unused`] regards
    /// them. Attached processes go on: nothing ends for them before another segment gets the name.
    /// A missing segment is no error. Waits at most a second for a process that replaces or removes the segment.
    pub fn unlink(name: &str, options: &Options) -> Result<()> {
        let path = options.path_of(name)?;
        for () in Turns::new() {
            let found = os::stat_path(&path).map_err(|e| explain(e, &path))?;
            let Some(stat) = found else { return Ok(()) };
            if !stat.is_regular() {
                return os::unlink(&path);
            }
            // Without write permission, or if the lock is never released, the name is removed
            // without the lock.
            let take = || FileLock::take(LockFile::Name(&path), &stat, &[REPLACING]);
            let locked = patiently(Duration::ZERO, None, take);
            if matches!(&locked, Err(e) if e.kind() == ErrorKind::Superseded) {
                continue;
            }
            if remove_exactly(&NamedFile::of(&path)?, &stat)? {
                return Ok(());
            }
        }
        Err(moving(path))
    }

    /// Removes a segment if no process holds a role of it. Otherwise returns
    /// [`ErrorKind::RoleHeld`] and changes nothing.
    ///
    /// Only roles count: an observer does not keep a segment. A damaged segment is removed like any
    /// other.
    ///
    /// Holds all roles and the right to replace the segment meanwhile. Of two concurrent removals
    /// one succeeds, and the other finds nothing: [`ErrorKind::NotFound`]. Returns the number of
    /// uncommitted records, 0 for a damaged segment.
    ///
    /// [`Segment::unlink`] removes the name without regard to users.
    pub fn remove_unused(name: &str, options: &Options) -> Result<Displaced> {
        let path = options.path_of(name)?;
        for () in Turns::new() {
            let file = os::open(&path, Open::ReadOnly, 0).map_err(|e| explain(e, &path))?;
            let stat = os::stat(&file)?;
            check_file(&path, &stat, options)?;
            let take = || FileLock::take_all(LockFile::Name(&path), &stat);
            let _locks = match patiently(options.role_timeout, options.canceller.as_ref(), take) {
                Ok(locks) => locks,
                Err(e) if e.kind() == ErrorKind::Superseded => continue,
                Err(e) if e.found() == BEING_REPLACED => {
                    return Err(e.expected_found("an unused segment", BEING_REPLACED).help(
                        "another process holds on to it: look for one that was stopped while it replaced or removed the segment",
                    ));
                }
                Err(e) => return Err(name_a_holder(e, name, options)),
            };
            let read_only = Options { access: Access::ReadOnly, ..options.clone() };
            // At the limit of open files this fails first, so that the segment is not taken for a
            // damaged one. The rest needs no further descriptor.
            drop(NamedFile::of(&path)?);
            let found = Self::finish(file, path.clone(), &read_only, Origin::Named);
            let uncommitted = found.as_ref().map_or(0, Self::uncommitted);
            let removed = match found.as_ref().ok().and_then(Self::name) {
                Some(name) => remove_exactly(name, &stat)?,
                None => remove_exactly(&NamedFile::of(&path)?, &stat)?,
            };
            if removed {
                return Ok(Displaced { segments: 1, uncommitted });
            }
        }
        Err(moving(path))
    }

    /// Removes the hidden files that killed creators left in the directory, and returns their
    /// paths. Leaves files that are in use, and those of other users unless the options trust
    /// anyone.
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

/// Removes a file that is not in use.
fn clear(path: &Path, options: &Options) -> Result<()> {
    let stat = os::stat(&os::open(path, Open::ReadOnly, 0)?)?;
    check_file(path, &stat, options)?;
    let _locks = FileLock::take_all(LockFile::Name(path), &stat)?;
    os::unlink(path)
}

fn look_at(name: &str, options: &Options) -> Result<Segment> {
    Segment::attach(name, &Options { access: Access::ReadOnly, ..options.clone() })
}

/// Names the holder of a role in an error, according to the segment's contents.
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
