//! Where a segment's name is: the directory, held open, and the file's name in it.
//!
//! A relative directory is another one after `chdir`, and an absolute one after it was moved, or in another root. Its
//! descriptor stays the same directory.

use crate::descriptor::Descriptor;
use crate::os::{self, Open, Stat};
use crate::{Error, ErrorKind, Result};
use std::ffi::CString;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A file's name in a directory that is held open.
#[derive(Debug)]
pub(crate) struct Folder {
    directory: Descriptor,
    name: CString,
    /// For people.
    path: PathBuf,
}

impl Folder {
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

    /// The path that it was opened by.
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

    /// Takes the name away; nothing there is no error.
    pub(crate) fn unlink(&self) -> Result<()> {
        os::unlink_in(self.directory()?, &self.name).map_err(|e| e.at(&self.path))
    }
}
