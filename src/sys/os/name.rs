//! Links, renames and removes the names of files.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os::error::{check, failed};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::{io, os::unix::ffi::OsStrExt, path::Path};

pub(super) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Error::new(ErrorKind::InvalidArgument).at(path).expected_found("no NUL", "a NUL in the path")
    })
}

/// Gives an open, unnamed file a name; fails if the name is taken. Uses `/proc`, or else
/// AT_EMPTY_PATH, which older kernels allow to privileged processes only.
pub(crate) fn link_open_file(file: BorrowedFd<'_>, path: &Path) -> Result<()> {
    let through = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default();
    let to = c_path(path)?;
    let linkat = |from: RawFd, name: &CStr, flags: i32| {
        // SAFETY: both are NUL-terminated strings that outlive the call.
        let r = unsafe { libc::linkat(from, name.as_ptr(), libc::AT_FDCWD, to.as_ptr(), flags) };
        check(r, "linkat").map(drop).map_err(|e| e.at(path))
    };
    match linkat(libc::AT_FDCWD, &through, libc::AT_SYMLINK_FOLLOW) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            match linkat(file.as_raw_fd(), c"", libc::AT_EMPTY_PATH) {
                Err(again) if again.kind() != ErrorKind::AlreadyExists => Err(e),
                result => result,
            }
        }
        result => result,
    }
}

/// Renames a file; fails if the new name is taken.
pub(crate) fn rename_to_free(from: &Path, to: &Path) -> Result<()> {
    rename_to_free_at(libc::AT_FDCWD, &c_path(from)?, &c_path(to)?).map_err(|e| e.at(to))
}

/// Renames a file within a directory; fails if the new name is taken.
pub(crate) fn rename_to_free_in(directory: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<()> {
    rename_to_free_at(directory.as_raw_fd(), from, to)
}

fn rename_to_free_at(directory: RawFd, from: &CStr, to: &CStr) -> Result<()> {
    match renameat2(directory, from, to, libc::RENAME_NOREPLACE) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists && e.kind() != ErrorKind::NotFound => {}
        result => return result,
    }
    // The file system does not know the flag, or renameat2 is refused.
    // SAFETY: both are NUL-terminated strings that outlive the call.
    let r = unsafe { libc::linkat(directory, from.as_ptr(), directory, to.as_ptr(), 0) };
    match check(r, "linkat") {
        Ok(_) => unlink_at(directory, from),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(e),
        Err(e) => {
            Err(e.help("linkat and renameat2 are both refused: use another directory or allow one of them"))
        }
    }
}

/// Swaps two names in one step.
pub(crate) fn exchange(a: &Path, b: &Path) -> Result<()> {
    renameat2(libc::AT_FDCWD, &c_path(a)?, &c_path(b)?, libc::RENAME_EXCHANGE).map_err(|e| e.at(b))
}

fn renameat2(directory: RawFd, from: &CStr, to: &CStr, flags: libc::c_uint) -> Result<()> {
    // By number: musl has a function for it from 1.2.6 on only.
    // SAFETY: both are NUL-terminated strings that outlive the call.
    let r = unsafe {
        libc::syscall(libc::SYS_renameat2, directory, from.as_ptr(), directory, to.as_ptr(), flags)
    };
    check(r as i32, "renameat2").map(drop)
}

/// Renames a file within a directory, replacing the target.
pub(crate) fn rename_in(directory: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<()> {
    let fd = directory.as_raw_fd();
    // SAFETY: both are NUL-terminated strings that outlive the call.
    check(unsafe { libc::renameat(fd, from.as_ptr(), fd, to.as_ptr()) }, "renameat").map(drop)
}

/// Renames a file, replacing the target.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|e| failed(e, "rename").at(to))
}

/// Removes a name, by `unlinkat` or else by `unlink`; nothing there is no error.
pub(crate) fn unlink(path: &Path) -> Result<()> {
    let removed = unlink_at(libc::AT_FDCWD, &c_path(path)?);
    removed.or_else(|e| match std::fs::remove_file(path) {
        Err(again) if again.kind() != io::ErrorKind::NotFound => Err(e.at(path)),
        _ => Ok(()),
    })
}

/// Removes a name from a directory; nothing there is no error.
pub(crate) fn unlink_in(directory: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    unlink_at(directory.as_raw_fd(), name)
}

fn unlink_at(directory: RawFd, name: &CStr) -> Result<()> {
    // SAFETY: `name` is a NUL-terminated string that outlives the call.
    match check(unsafe { libc::unlinkat(directory, name.as_ptr(), 0) }, "unlinkat") {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        result => result.map(drop),
    }
}
