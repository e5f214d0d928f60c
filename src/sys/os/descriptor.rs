//! Inspects and copies descriptors.

use crate::base::error::Result;
use crate::sys::os::error::bad_descriptor;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::{fs::File, io};

/// Returns true if a descriptor leads to that file; `None` where the kernel refuses to say. Safe in
/// a signal handler.
pub(crate) fn is_file(fd: RawFd, device: u64, inode: u64) -> Option<bool> {
    // SAFETY: `stat` is plain old data, for which all zero is a value.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `raw` is a valid place to write to; a bad descriptor gives EBADF.
    if unsafe { libc::fstat(fd, &raw mut raw) } == 0 {
        return Some((raw.st_dev, raw.st_ino) == (device, inode));
    }
    unless_refused()
}

/// Returns true if a descriptor was opened with O_PATH; `None` where the kernel refuses to say.
/// Safe in a signal handler.
pub(crate) fn is_path_only(fd: RawFd) -> Option<bool> {
    // SAFETY: a bad descriptor gives EBADF.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags >= 0 { Some(flags & libc::O_PATH != 0) } else { unless_refused() }
}

/// Returns true if that is a description's file offset; `None` where the kernel refuses to say.
/// Safe in a signal handler.
pub(crate) fn has_offset(fd: RawFd, at: i64) -> Option<bool> {
    // SAFETY: a bad descriptor gives EBADF.
    let found = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    if found >= 0 { Some(found == at) } else { unless_refused() }
}

/// Returns `Some(false)` if the last call failed because of the descriptor, and `None` if the call
/// itself is refused, as by a sandbox that the program entered meanwhile.
pub(super) fn unless_refused() -> Option<bool> {
    let number = io::Error::last_os_error().raw_os_error();
    matches!(number, Some(libc::EBADF | libc::ESPIPE)).then_some(false)
}

/// Sets a description's file offset. Returns false where it cannot be.
pub(crate) fn set_offset(fd: RawFd, at: i64) -> bool {
    // SAFETY: a bad descriptor gives EBADF.
    unsafe { libc::lseek(fd, at, libc::SEEK_SET) == at }
}

/// Returns true if a descriptor can only be read from.
pub(crate) fn is_read_only(file: BorrowedFd<'_>) -> bool {
    // SAFETY: the descriptor is open while `file` is borrowed.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) & libc::O_ACCMODE == libc::O_RDONLY }
}

/// Copies a foreign descriptor. The copy is closed on `exec`.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: a descriptor that is none gives EBADF.
    match unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) } {
        // SAFETY: just made, and nobody else's.
        new if new >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(new) }),
        _ => Err(bad_descriptor("F_DUPFD_CLOEXEC", "descriptor", "an open descriptor")),
    }
}

/// Returns the name of an open file in `/proc`; empty where there is none.
pub(crate) fn name_of(file: &File) -> String {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default();
    link.to_string_lossy().into_owned()
}

/// Closes a descriptor that no `File` owns.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: the caller owns the descriptor; closing a wrong one is an error, not undefined
    // behaviour.
    unsafe { libc::close(fd) };
}
