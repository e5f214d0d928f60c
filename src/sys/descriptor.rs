//! Owns long-lived descriptors, and leaves their numbers alone once the program has closed them.
//!
//! A program may close descriptors that it does not own, as with `close_range` when it daemonizes.
//! The kernel then gives their numbers to the files that the program opens next. Each descriptor
//! here remembers its file and a mark on its description. A number that no longer has both is
//! neither used nor closed.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::{os, os::Stat};
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

/// Identifies a descriptor beyond its number. Can be checked in a signal handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// File offset of a description that is shared with no process and never read through: above 0,
    /// different for each. 0: not checked. [`DIRECTORY`]: the description is good for paths only.
    pub(crate) mark: i64,
}

/// Marks a directory's descriptor, which has no offset.
const DIRECTORY: i64 = -1;

impl Identity {
    /// Returns true if a number still is the descriptor that this identity was made of. Safe in a
    /// signal handler.
    ///
    /// If a sandbox refuses all queries, the descriptor still counts as the library's: the sandbox
    /// has closed nothing.
    pub(crate) fn is_of(&self, fd: RawFd) -> bool {
        os::is_file(fd, self.device, self.inode).unwrap_or(fd >= 0)
            && match self.mark {
                0 => None,
                DIRECTORY => os::is_path_only(fd),
                mark => os::has_offset(fd, mark),
            }
            .unwrap_or(true)
    }

    /// Returns true if a number has the mark. Takes a third of the time of [`Identity::is_of`],
    /// which also compares the file. Enough to use a descriptor, not to close it.
    pub(crate) fn has_mark(&self, fd: RawFd) -> bool {
        let marked = if self.mark > 0 { os::has_offset(fd, self.mark) } else { None };
        marked.unwrap_or_else(|| self.is_of(fd))
    }

    /// Marks the description of a file by its offset, if the file system allows the offset.
    pub(crate) fn mark(file: &File, stat: &Stat) -> Self {
        // Every file system allows 2^40, in nanoseconds 18 minutes, within which no two marks are
        // equal.
        let mark = (os::monotonic_ns() % (1 << 40)) as i64 | 1;
        let marked = os::set_offset(file.as_raw_fd(), mark);
        Self::with(stat, if marked { mark } else { 0 })
    }

    fn with(stat: &Stat, mark: i64) -> Self {
        Self { device: stat.device, inode: stat.inode, mark }
    }
}

/// Owns a descriptor. Closes it when dropped, if it still is the library's.
#[derive(Debug)]
pub(crate) struct Descriptor {
    fd: RawFd,
    identity: Identity,
}

impl Descriptor {
    /// Keeps a file whose description is not shared, and is read and written at explicit offsets
    /// only.
    pub(crate) fn own(file: File, stat: &Stat) -> Self {
        Self { identity: Identity::mark(&file, stat), fd: file.into_raw_fd() }
    }

    /// Keeps a file whose description other processes may share.
    pub(crate) fn shared(file: File, stat: &Stat) -> Self {
        Self { identity: Identity::with(stat, 0), fd: file.into_raw_fd() }
    }

    /// Keeps a directory of [`os::open_directory`].
    pub(crate) fn directory(directory: OwnedFd) -> Result<Self> {
        let mark = if os::is_path_only(directory.as_raw_fd()) == Some(false) { 0 } else { DIRECTORY };
        let identity = Identity::with(&os::stat_fd(directory.as_raw_fd())?, mark);
        Ok(Self { identity, fd: directory.into_raw_fd() })
    }

    /// Returns the descriptor. [`ErrorKind::ClosedDescriptor`]: it is no longer the library's.
    pub(crate) fn get(&self) -> Result<BorrowedFd<'_>> {
        if self.identity.has_mark(self.fd) { Ok(self.unchecked()) } else { Err(lost()) }
    }

    /// Returns the descriptor without a check.
    pub(crate) fn unchecked(&self) -> BorrowedFd<'_> {
        // SAFETY: never -1 before its end. It may have been closed by a program that closes what is
        // not its own; the kernel then refuses it.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl Descriptor {
    /// Closes the descriptor now.
    pub(crate) fn close(&mut self) {
        if self.identity.is_of(self.fd) {
            os::close(self.fd);
        }
        self.fd = -1;
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        self.close();
    }
}

/// Makes the error of a descriptor that the program has closed.
#[cold]
pub(crate) fn lost() -> Error {
    Error::new(ErrorKind::ClosedDescriptor)
        .expected_found(
            "a descriptor of this library",
            "one that the program has closed, or another file in its place",
        )
        .help("the roles of this segment are lost: close descriptors first, then attach again")
}
