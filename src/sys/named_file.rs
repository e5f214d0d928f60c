//! Holds the directory of a segment's name open, and finds the file in it.
//!
//! A relative directory is another one after `chdir`, and an absolute one after it was moved, or in another root. Its
//! descriptor stays the same directory.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::descriptor::Descriptor;
use crate::sys::kill;
use crate::sys::os;
use crate::sys::os::{Open, Stat};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Names a file in a directory that is held open.
#[derive(Debug)]
pub(crate) struct NamedFile {
    directory: Descriptor,
    name: CString,
    /// For people.
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

    /// Returns the path that it was opened by.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn directory(&self) -> Result<BorrowedFd<'_>> {
        self.directory.get().map_err(|e| e.at(&self.path))
    }

    /// Opens the file that the name leads to now.
    pub(crate) fn open(&self, how: Open) -> Result<File> {
        os::open_in(self.directory()?, &self.name, &self.path, how)
    }

    /// Returns what the name leads to now; `None` for nothing.
    pub(crate) fn stat(&self) -> Result<Option<Stat>> {
        os::stat_in(self.directory()?, &self.name).map_err(|e| e.at(&self.path))
    }

    /// Returns true if the name leads to that file now.
    pub(crate) fn leads_to(&self, file: &Stat) -> Result<bool> {
        // Where the file is found there, the descriptor need not be looked at.
        match os::stat_in(self.directory.unchecked(), &self.name) {
            Ok(Some(found)) if found.is_same_file(file) => Ok(true),
            _ => Ok(self.stat()?.is_some_and(|found| found.is_same_file(file))),
        }
    }

    /// Removes the name if it leads to exactly this file. Returns false, with the name in place, if it leads to another file.
    /// `aside` is a name that no other process knows.
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
            // renameat is refused. Between the check and the unlink only a process that ignores the locks can move the name.
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
