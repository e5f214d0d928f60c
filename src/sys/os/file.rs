//! Opens files, and reads and sets what the kernel knows of them.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os::error::{advise, check, failed};
use crate::sys::os::name::c_path;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::{ffi::CStr, fs::File, io, os::unix::fs::FileExt};

/// Tells [`open`] how to open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    ReadOnly,
    ReadWrite,
    /// Makes a file without a name, in the directory given.
    Unnamed,
    /// Makes a new file of that name; fails if there is one.
    New,
}

/// Opens a file: never through a symbolic link in the last place, never inherited by `exec`.
pub(crate) fn open(path: &Path, how: Open, mode: u32) -> Result<File> {
    open_from(libc::AT_FDCWD, &c_path(path)?, path, how, mode)
}

/// Opens a file that is there, of that name in a directory. Errors call it by `path`.
pub(crate) fn open_in(directory: BorrowedFd<'_>, name: &CStr, path: &Path, how: Open) -> Result<File> {
    open_from(directory.as_raw_fd(), name, path, how, 0)
}

fn open_from(directory: RawFd, name: &CStr, path: &Path, how: Open, mode: u32) -> Result<File> {
    let flags = match how {
        Open::ReadOnly => libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK,
        Open::ReadWrite => libc::O_RDWR | libc::O_NOFOLLOW | libc::O_NONBLOCK,
        Open::Unnamed => libc::O_RDWR | libc::O_TMPFILE,
        Open::New => libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW,
    };
    // SAFETY: `name` is a NUL-terminated string that outlives the call; a bad directory gives
    // EBADF.
    let fd = unsafe { libc::openat(directory, name.as_ptr(), flags | libc::O_CLOEXEC, mode as libc::c_uint) };
    if fd < 0 {
        let e = io::Error::last_os_error();
        return Err(match e.raw_os_error() {
            Some(libc::ELOOP) => Error::new(ErrorKind::NotRegularFile)
                .at(path)
                .expected_found("a regular file", "a symbolic link")
                .help("remove the link, or name the segment it leads to"),
            Some(libc::EISDIR) if how != Open::Unnamed => {
                Error::new(ErrorKind::NotRegularFile).at(path).expected_found("a regular file", "a directory")
            }
            Some(libc::ENXIO) => Error::new(ErrorKind::NotRegularFile)
                .at(path)
                .expected_found("a regular file", "a socket or a device"),
            _ => failed(e, "open").at(path),
        });
    }
    // SAFETY: `fd` was just opened and belongs to nobody else.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Opens a directory with O_PATH, or for reading where that is refused.
pub(crate) fn open_directory(path: &Path) -> Result<OwnedFd> {
    let c = c_path(path)?;
    let open = |how| {
        // SAFETY: `c` is a NUL-terminated string that outlives the call.
        check(unsafe { libc::open(c.as_ptr(), how | libc::O_DIRECTORY | libc::O_CLOEXEC) }, "open")
    };
    let fd = open(libc::O_PATH).or_else(|e| open(libc::O_RDONLY).map_err(|_| e.at(path)))?;
    // SAFETY: `fd` was just opened and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Reopens a file through a descriptor of it. The new description shares no lock with the other
/// one. Needs `/proc`, and permission by the file's mode.
pub(crate) fn reopen(file: BorrowedFd<'_>, how: Open) -> Result<File> {
    let flags = if how == Open::ReadOnly { libc::O_RDONLY } else { libc::O_RDWR };
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let c = c_path(&path)?;
    // SAFETY: `c` is a NUL-terminated string that outlives the call.
    let fd = unsafe { libc::open(c.as_ptr(), flags | libc::O_CLOEXEC | libc::O_NONBLOCK) };
    let fd = check(fd, "open").map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::new(ErrorKind::Unsupported).at(path).help("mount /proc"),
        _ => advise(e, "give the file a mode that allows it").at(path),
    })?;
    // SAFETY: `fd` was just opened and belongs to nobody else.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Holds the results of `stat` that this crate uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) size: u64,
    /// Bytes allocated; less than the size if the file has holes.
    pub(crate) allocated: u64,
    /// Time of the last write, nanoseconds since the Unix epoch. Writing through a mapping does not
    /// count.
    pub(crate) modified_unix_ns: i64,
}

impl Stat {
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    pub(crate) fn is_regular(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFREG
    }
}

fn stat_of(raw: &libc::stat) -> Stat {
    Stat {
        device: raw.st_dev,
        inode: raw.st_ino,
        mode: raw.st_mode,
        owner: raw.st_uid,
        size: raw.st_size.max(0) as u64,
        allocated: (raw.st_blocks.max(0) as u64).saturating_mul(512),
        modified_unix_ns: raw.st_mtime.saturating_mul(1_000_000_000).saturating_add(raw.st_mtime_nsec),
    }
}

/// Calls `fstat`.
pub(crate) fn stat(file: &File) -> Result<Stat> {
    stat_fd(file.as_raw_fd())
}

/// Calls `fstat` on a bare descriptor.
pub(crate) fn stat_fd(fd: RawFd) -> Result<Stat> {
    // SAFETY: `stat` is plain old data, for which all zero is a value.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `raw` is a valid place to write to; a bad descriptor gives EBADF.
    check(unsafe { libc::fstat(fd, &raw mut raw) }, "fstat")?;
    Ok(stat_of(&raw))
}

/// Calls `lstat`; returns `None` if nothing has that name.
pub(crate) fn stat_path(path: &Path) -> Result<Option<Stat>> {
    let c = c_path(path)?;
    // SAFETY: as in `stat_fd`.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `c` is a NUL-terminated string that outlives the call; `raw` is a valid place to
    // write to.
    if unsafe { libc::lstat(c.as_ptr(), &raw mut raw) } == 0 {
        return Ok(Some(stat_of(&raw)));
    }
    let e = io::Error::last_os_error();
    if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(failed(e, "lstat").at(path)) }
}

/// Returns what a name in a directory leads to; `None` if nothing has that name.
pub(crate) fn stat_in(directory: BorrowedFd<'_>, name: &CStr) -> Result<Option<Stat>> {
    // SAFETY: as in `stat_fd`.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    let (fd, flags) = (directory.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
    // SAFETY: `name` is a NUL-terminated string that outlives the call; `raw` is a valid place to
    // write to.
    if unsafe { libc::fstatat(fd, name.as_ptr(), &raw mut raw, flags) } == 0 {
        return Ok(Some(stat_of(&raw)));
    }
    let e = io::Error::last_os_error();
    if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(failed(e, "fstatat")) }
}

/// Allocates every page of a new file: a full file system is an error here instead of SIGBUS later.
pub(crate) fn allocate(file: &File, size: u64) -> Result<()> {
    const LEAST: u64 = 4096;
    const MOST: u64 = 4 << 20;
    let (mut done, mut piece) = (0, MOST);
    while done < size {
        let n = piece.min(size - done);
        // SAFETY: the descriptor is open while `file` is borrowed.
        let r = unsafe { libc::fallocate(file.as_raw_fd(), 0, done as libc::off_t, n as libc::off_t) };
        if r == 0 {
            (done, piece) = (done + n, (2 * piece).min(MOST));
            continue;
        }
        let e = io::Error::last_os_error();
        match e.raw_os_error() {
            // A signal rolls the call back. Halve the piece, so that periodic signals cannot
            // restart it for ever.
            Some(libc::EINTR) => piece = (piece / 2).max(LEAST),
            Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL | libc::EPERM | libc::EACCES) => {
                return write_zeroes(file, done, size);
            }
            _ => return Err(failed(e, "fallocate")),
        }
    }
    Ok(())
}

/// Allocates by writing zeroes, where `fallocate` is unsupported or refused.
fn write_zeroes(file: &File, from: u64, to: u64) -> Result<()> {
    let zeroes = vec![0; 1 << 16];
    for at in (from..to).step_by(zeroes.len()) {
        let n = (to - at).min(zeroes.len() as u64) as usize;
        file.write_all_at(&zeroes[..n], at).map_err(|e| failed(e, "pwrite"))?;
    }
    Ok(())
}

/// Holds the free space of a file system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes available to this user.
    pub(crate) free: u64,
    /// True if the file system keeps files in memory, which cgroups limit.
    pub(crate) is_memory: bool,
}

/// Magic number of ramfs, from `linux/magic.h`.
const RAMFS_MAGIC: u32 = 0x8584_58f6;

/// Returns the free space of a file's file system; `None` if `fstatfs` fails.
pub(crate) fn room(file: &File) -> Option<Room> {
    // SAFETY: `statfs` is plain old data, for which all zero is a value.
    let mut fs: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `fs` is a valid place to write to; the descriptor is open while `file` is borrowed.
    check(unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut fs) }, "fstatfs").ok()?;
    let free = (fs.f_bavail as u64).saturating_mul(fs.f_bsize as u64);
    // The types of the field and of the constant differ between C libraries.
    let kind = fs.f_type as u32;
    Some(Room { free, is_memory: kind == libc::TMPFS_MAGIC as u32 || kind == RAMFS_MAGIC })
}

/// Sets a file's mode. A refused `fchmod` is no error if the mode is right already.
pub(crate) fn set_mode(file: &File, mode: u32) -> Result<()> {
    // SAFETY: the descriptor is open while `file` is borrowed.
    let Err(e) = check(unsafe { libc::fchmod(file.as_raw_fd(), mode) }, "fchmod") else { return Ok(()) };
    let found = stat(file)?.mode & 0o7777;
    if found == mode {
        return Ok(());
    }
    Err(e
        .expected_found(format!("mode {mode:o}"), format!("mode {found:o}"))
        .help("allow fchmod, or choose a mode that the umask does not change"))
}

/// Gives a file to a group.
pub(crate) fn set_group(file: &File, group: u32) -> Result<()> {
    // SAFETY: the descriptor is open while `file` is borrowed; the owner stays.
    check(unsafe { libc::fchown(file.as_raw_fd(), u32::MAX, group) }, "fchown").map(drop)
}
