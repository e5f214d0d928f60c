//! Finds a file by its name in a directory that is held open.
//!
//! A path leads elsewhere after `chdir`, in another root, or once the directory was moved. A
//! descriptor stays with its directory.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os::{Open, Stat};
use crate::sys::{descriptor::Descriptor, kill, os};
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::{fs::File, os::fd::BorrowedFd, os::unix::ffi::OsStrExt};

/// Names a file in a directory that is held open.
#[derive(Debug)]
pub(crate) struct NamedFile {
    directory: Descriptor,
    name: CString,
    /// For errors.
    path: PathBuf,
}

impl NamedFile {
    /// Opens the directory of an absolute path.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .at(path)
                .expected_found("a file's path", "none"));
        };
        let directory = Descriptor::directory(os::open_directory(parent)?)?;
        let name = CString::new(name.as_bytes()).unwrap_or_default();
        Ok(Self { directory, name, path: path.to_owned() })
    }

    /// Returns the path at the time of opening.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn directory(&self) -> Result<BorrowedFd<'_>> {
        self.directory.get().map_err(|e| e.at(&self.path))
    }

    /// Opens the file that has the name now.
    pub(crate) fn open(&self, how: Open) -> Result<File> {
        os::open_in(self.directory()?, &self.name, &self.path, how)
    }

    /// Returns what has the name now; `None` if nothing does.
    pub(crate) fn stat(&self) -> Result<Option<Stat>> {
        os::stat_in(self.directory()?, &self.name).map_err(|e| e.at(&self.path))
    }

    /// Returns what has the name now, as [`NamedFile::stat`] does; with one system call if it is
    /// the expected file.
    pub(crate) fn expect(&self, file: &Stat) -> Result<Option<Stat>> {
        // Finding the file there proves the descriptor good.
        match os::stat_in(self.directory.unchecked(), &self.name) {
            Ok(Some(found)) if found.is_same_file(file) => Ok(Some(found)),
            _ => self.stat(),
        }
    }

    /// Removes the name if exactly this file has it. Returns false, with the name in place, if
    /// another file has it. `aside` is a name that no other process knows.
    pub(crate) fn remove_exactly(&self, stat: &Stat, aside: &CStr) -> Result<bool> {
        self.remove(stat, aside).map_err(|e| e.at(&self.path))
    }

    fn remove(&self, stat: &Stat, aside: &CStr) -> Result<bool> {
        let directory = self.directory()?;
        let leads_here = |name: &CStr| -> Result<bool> {
            Ok(os::stat_in(directory, name)?.is_some_and(|s| s.is_same_file(stat)))
        };
        // unlink cannot check which file it removes. Rename first, then check.
        match os::rename_in(directory, &self.name, aside) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            // renameat is refused. Only a process that ignores the locks can move the name between
            // the check and the unlink.
            Err(_) => {
                let leads = leads_here(&self.name)?;
                if leads {
                    os::unlink_in(directory, &self.name)?;
                }
                return Ok(leads);
            }
        }
        kill::point("unlink.aside");
        if leads_here(aside)? {
            return os::unlink_in(directory, aside).map(|()| true).inspect_err(|_| {
                // unlinkat is refused: the name stays.
                let _ = os::rename_to_free_in(directory, aside, &self.name);
            });
        }
        // Gives the other file its name back. If the name is taken by now, that file is superseded.
        match os::rename_to_free_in(directory, aside, &self.name) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => os::unlink_in(directory, aside)?,
            result => result?,
        }
        Ok(false)
    }
}
