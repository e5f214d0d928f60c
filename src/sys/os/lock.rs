//! Takes, queries and releases locks on bytes of a file.

use crate::base::error::{Error, Result};
use std::os::fd::{AsRawFd, RawFd};
use std::{fs::File, io};

/// Selects bytes of a file to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// The byte at that offset: a role.
    One(u64),
    /// That byte and the next. The length tells liveness queries that the holder has no role, but
    /// replaces the segment.
    Barred(u64),
    /// All bytes: every role at once.
    All,
}

impl Bytes {
    fn start_and_length(self) -> (libc::off_t, libc::off_t) {
        match self {
            Self::One(byte) => (byte as libc::off_t, 1),
            Self::Barred(byte) => (byte as libc::off_t, 2),
            // To the end of the file, wherever that is.
            Self::All => (0, 0),
        }
    }
}

fn flock(kind: i32, bytes: Bytes) -> libc::flock {
    // SAFETY: `flock` is plain old data, for which all zero is a value.
    let mut l: libc::flock = unsafe { std::mem::zeroed() };
    l.l_type = kind as libc::c_short;
    l.l_whence = libc::SEEK_SET as libc::c_short;
    (l.l_start, l.l_len) = bytes.start_and_length();
    l
}

/// Tries to take the write lock on bytes for this open file description: all of them or none.
/// Returns false if another description has a lock on one of them, even a read lock.
pub(crate) fn try_lock(fd: RawFd, bytes: Bytes) -> Result<bool> {
    let l = flock(libc::F_WRLCK, bytes);
    // SAFETY: `l` outlives the call; a bad descriptor gives EBADF.
    if unsafe { libc::fcntl(fd, libc::F_OFD_SETLK, &raw const l) } == 0 {
        return Ok(true);
    }
    let e = io::Error::last_os_error();
    match e.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        _ => Err(no_locks(e, "F_OFD_SETLK")),
    }
}

/// Explains a refused lock, without which roles cannot work.
fn no_locks(e: io::Error, call: &'static str) -> Error {
    Error::os(e, call).help(
        "roles need open-file-description locks (fcntl): allow them, and use a directory whose file system supports them",
    )
}

/// Releases the lock on bytes, even if other processes have copies of the descriptor.
pub(crate) fn unlock(fd: RawFd, bytes: Bytes) {
    let l = flock(libc::F_UNLCK, bytes);
    // SAFETY: as in `try_lock`.
    unsafe { libc::fcntl(fd, libc::F_OFD_SETLK, &raw const l) };
}

/// Returns a write lock of another open file description on any of the bytes. Queries as a reader:
/// read locks do not count.
fn write_lock_on(fd: RawFd, bytes: Bytes) -> Result<Option<libc::flock>> {
    let mut l = flock(libc::F_RDLCK, bytes);
    // SAFETY: `l` is a valid place to read and write; a bad descriptor gives EBADF.
    if unsafe { libc::fcntl(fd, libc::F_OFD_GETLK, &raw mut l) } < 0 {
        return Err(no_locks(io::Error::last_os_error(), "F_OFD_GETLK"));
    }
    Ok((l.l_type != libc::F_UNLCK as libc::c_short).then_some(l))
}

/// Returns true if another open file description has a write lock on any of the bytes.
pub(crate) fn is_write_locked(fd: RawFd, bytes: Bytes) -> Result<bool> {
    Ok(write_lock_on(fd, bytes)?.is_some())
}

/// Returns true if another open file description holds a role: a write lock on exactly this byte. A
/// process that replaces the segment holds a longer lock.
pub(crate) fn is_role_locked(fd: RawFd, byte: u64) -> Result<bool> {
    let role = Bytes::One(byte).start_and_length();
    Ok(write_lock_on(fd, Bytes::One(byte))?.is_some_and(|l| (l.l_start, l.l_len) == role))
}

/// Returns true if another open file description has a write lock on any byte of a file.
pub(crate) fn is_locked_anywhere(file: &File) -> Result<bool> {
    is_write_locked(file.as_raw_fd(), Bytes::All)
}
