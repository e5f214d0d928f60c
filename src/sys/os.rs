//! The only file that names libc: system calls, each a thin function with a typed error.

use crate::base::error::{Error, ErrorKind, Result};
#[cfg(not(loom))]
use crate::sys::atomic::Word32;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::time::Duration;

fn check(result: i32, what: &'static str) -> Result<i32> {
    if result < 0 { Err(failed(io::Error::last_os_error(), what)) } else { Ok(result) }
}

/// Makes an error of the operating system, which names the limit that was met and how to raise it.
pub(crate) fn failed(error: io::Error, what: &'static str) -> Error {
    let number = error.raw_os_error();
    let e = Error::os(error, what);
    match number {
        Some(libc::EMFILE) => e
            .expected_found(
                format!("at most {} open files in a process", limit(libc::RLIMIT_NOFILE).unwrap_or(u64::MAX)),
                "one more",
            )
            .help("raise the limit: ulimit -n, LimitNOFILE= of systemd, setrlimit(RLIMIT_NOFILE)"),
        Some(libc::ENFILE) => e
            .expected_found(
                format!("at most {} open files on the machine", system("fs/file-max")),
                "one more",
            )
            .help("raise the limit: sysctl fs.file-max"),
        Some(libc::ENOMEM) if what == "mmap" || what == "mprotect" => e
            .expected_found(
                format!("at most {} mappings in a process", system("vm/max_map_count")),
                "one more, or no memory",
            )
            .help("raise the limit: sysctl vm.max_map_count; or RLIMIT_AS (ulimit -v), where that is set"),
        Some(libc::ENOMEM) => {
            e.help("no memory is left to the machine or to this process's cgroup: make room, or use smaller rings")
        }
        Some(libc::EAGAIN) if what == "mmap" => e
            .expected_found(
                format!("at most {} bytes of locked memory", limit(libc::RLIMIT_MEMLOCK).unwrap_or(u64::MAX)),
                "more, after mlockall(MCL_FUTURE)",
            )
            .help("raise the limit: ulimit -l, LimitMEMLOCK= of systemd, setrlimit(RLIMIT_MEMLOCK)"),
        Some(libc::EPERM | libc::ENOSYS | libc::EOPNOTSUPP) => e.help(
            "the call is refused, by a sandbox such as seccomp, by permissions or by this kernel: allow it there",
        ),
        Some(libc::EROFS) => e.help("the file system is mounted read-only: use another directory"),
        _ => e,
    }
}

/// Says what to do about an error, unless it names a limit that was met and how to raise that.
fn advise(e: Error, help: &'static str) -> Error {
    if e.expected().is_empty() { e.help(help) } else { e }
}

/// Returns a limit of the machine; "?" where it cannot be read.
fn system(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/{name}"))
        .map_or_else(|_| "?".into(), |text| text.trim().into())
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Error::new(ErrorKind::InvalidArgument).at(path).expected_found("no NUL", "a NUL in the path")
    })
}

/// How [`open`] opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    ReadOnly,
    ReadWrite,
    /// A file without a name, in the directory given.
    Unnamed,
    /// A new file of that name; fails if there is one.
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
    // SAFETY: `name` is a NUL-terminated string that outlives the call; a bad directory gives EBADF.
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

/// Opens a directory, to reach what lies there and for nothing else. Where O_PATH is refused, for reading.
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

/// Returns true if a descriptor leads to that file; `None` where the kernel refuses to say. Safe in a signal handler.
pub(crate) fn is_file(fd: RawFd, device: u64, inode: u64) -> Option<bool> {
    // SAFETY: `stat` is plain old data, for which all zero is a value.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `raw` is a valid place to write to; a bad descriptor gives EBADF.
    if unsafe { libc::fstat(fd, &raw mut raw) } == 0 {
        return Some((raw.st_dev, raw.st_ino) == (device, inode));
    }
    unless_refused()
}

/// Returns true if a descriptor was opened with O_PATH; `None` where the kernel refuses to say. Safe in a signal handler.
pub(crate) fn is_path_only(fd: RawFd) -> Option<bool> {
    // SAFETY: a bad descriptor gives EBADF.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags >= 0 { Some(flags & libc::O_PATH != 0) } else { unless_refused() }
}

/// Returns true if that is a description's file offset; `None` where the kernel refuses to say. Safe in a signal handler.
pub(crate) fn has_offset(fd: RawFd, at: i64) -> Option<bool> {
    // SAFETY: a bad descriptor gives EBADF.
    let found = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    if found >= 0 { Some(found == at) } else { unless_refused() }
}

/// Returns `Some(false)` if the last call failed for what the descriptor is, and `None` if the call itself is refused, as by a
/// sandbox that the program entered meanwhile.
fn unless_refused() -> Option<bool> {
    let number = io::Error::last_os_error().raw_os_error();
    matches!(number, Some(libc::EBADF | libc::ESPIPE)).then_some(false)
}

/// Sets a description's file offset. Returns false where it cannot be.
pub(crate) fn set_offset(fd: RawFd, at: i64) -> bool {
    // SAFETY: a bad descriptor gives EBADF.
    unsafe { libc::lseek(fd, at, libc::SEEK_SET) == at }
}

/// Opens a file anew through a descriptor of it: a description of its own, which shares no lock with the other one.
/// Needs `/proc`, and the file's mode decides.
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

/// Returns true if a descriptor can only be read from.
pub(crate) fn is_read_only(file: BorrowedFd<'_>) -> bool {
    // SAFETY: the descriptor is open while `file` is borrowed.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) & libc::O_ACCMODE == libc::O_RDONLY }
}

/// A copy of a descriptor of somebody else's, closed on `exec`.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: a descriptor that is none gives EBADF.
    match unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) } {
        // SAFETY: just made, and nobody else's.
        new if new >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(new) }),
        _ => Err(bad_descriptor("F_DUPFD_CLOEXEC", "descriptor", "an open descriptor")),
    }
}

fn bad_descriptor(call: &'static str, what: &'static str, expected: &'static str) -> Error {
    let e = io::Error::last_os_error();
    match e.raw_os_error() {
        Some(libc::EBADF | libc::ENOTSOCK | libc::EINVAL | libc::EOPNOTSUPP) => {
            Error::new(ErrorKind::InvalidArgument).about(what).expected_found(expected, e.to_string())
        }
        Some(libc::EPIPE | libc::ECONNRESET | libc::ENOTCONN | libc::ECONNREFUSED) => {
            Error::new(ErrorKind::PeerGone).about(what).expected_found("a connected peer", e.to_string())
        }
        _ => failed(e, call),
    }
}

/// A new file without a name, in memory, that can be sealed. `label` is what `/proc` calls it.
pub(crate) fn memfd(label: &str) -> Result<File> {
    let c = c_path(Path::new(label))?;
    let make = |flags| {
        // SAFETY: `c` is a NUL-terminated string that outlives the call.
        check(unsafe { libc::memfd_create(c.as_ptr(), flags | libc::MFD_CLOEXEC) }, "memfd_create")
    };
    // Some systems allow nothing else than what can never be executed; old kernels do not know of it.
    let fd = make(libc::MFD_NOEXEC_SEAL | libc::MFD_ALLOW_SEALING)
        .or_else(|_| make(libc::MFD_ALLOW_SEALING))
        .map_err(|e| {
            advise(e, "sealed memory files are refused to this process: create a named segment instead")
        })?;
    // SAFETY: `fd` was just made and belongs to nobody else.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Seals that keep every process from changing a file's length, and from removing the seals.
const FIXED: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

/// Fixes the length of a file from [`memfd`] for good.
pub(crate) fn seal(file: &File) -> Result<()> {
    // SAFETY: the descriptor is open while `file` is borrowed.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, FIXED) }, "F_ADD_SEALS")
        .map(drop)
        .map_err(|e| {
            e.help("sealed memory files are refused to this process: create a named segment instead")
        })
}

/// Returns true if the length of a file is fixed for good, and every page of it is ordinary memory.
pub(crate) fn is_sealed(file: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: the descriptor is open while it is borrowed.
    let seals = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
    if seals < 0 || seals & FIXED != FIXED {
        return Ok(false);
    }
    // SAFETY: `statfs` is plain old data, for which all zero is a value.
    let mut fs: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `fs` is a valid place to write to; a bad descriptor gives EBADF.
    check(unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut fs) }, "fstatfs")?;
    // A memfd of huge pages can run out of them when it is touched.
    // The sign of the field's type is the C library's choice.
    Ok(fs.f_type as u64 == libc::TMPFS_MAGIC as u64)
}

/// Returns the name of an open file in `/proc`; empty where there is none.
pub(crate) fn name_of(file: &File) -> String {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default();
    link.to_string_lossy().into_owned()
}

/// Room for the descriptors and credentials that may come with one message.
const CONTROL: usize = 256;

#[repr(C, align(8))]
struct Control([u8; CONTROL]);

fn message(part: &mut libc::iovec, control: &mut Control, length: usize) -> libc::msghdr {
    // SAFETY: `msghdr` is plain old data, for which all zero is a value.
    let mut m: libc::msghdr = unsafe { std::mem::zeroed() };
    m.msg_iov = part;
    m.msg_iovlen = 1;
    if length > 0 {
        m.msg_control = control.0.as_mut_ptr().cast();
        m.msg_controllen = length as _;
    }
    m
}

/// Sends bytes over a Unix socket, and a descriptor with them, without waiting. `None`: there is no room now.
pub(crate) fn send(socket: BorrowedFd<'_>, bytes: &[u8], with: Option<&OwnedFd>) -> Result<Option<usize>> {
    let mut control = Control([0; CONTROL]);
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: computes a size.
    let length = with.map_or(0, |_| unsafe { libc::CMSG_SPACE(size_of::<RawFd>() as u32) } as usize);
    let m = message(&mut part, &mut control, length);
    if let Some(fd) = with {
        // SAFETY: the control buffer is aligned, zeroed and has room for one header with one descriptor.
        unsafe {
            let head = libc::CMSG_FIRSTHDR(&raw const m);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            libc::CMSG_DATA(head).cast::<[u8; 4]>().write(fd.as_raw_fd().to_ne_bytes());
        }
    }
    // SAFETY: all that `m` leads to outlives the call; the kernel only reads the bytes.
    let n =
        unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const m, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) };
    match n {
        0.. => Ok(Some(n as usize)),
        _ if not_now() => Ok(None),
        _ => Err(bad_descriptor("sendmsg", "socket", "a connected Unix socket")),
    }
}

/// Receives bytes from a Unix socket, and adds the descriptors that came with them to `fds`, without waiting. `None`:
/// there is nothing now. `Some(0)`: nothing will come any more.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> Result<Option<usize>> {
    let mut control = Control([0; CONTROL]);
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut m = message(&mut part, &mut control, CONTROL);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: all that `m` leads to is writable and outlives the call.
    let n = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut m, flags) };
    if n < 0 {
        return if not_now() {
            Ok(None)
        } else {
            Err(bad_descriptor("recvmsg", "socket", "a connected Unix socket"))
        };
    }
    // SAFETY: the kernel has filled the control buffer with whole headers, of which these macros find one after the
    // other; each descriptor in them is new and nobody else's.
    unsafe {
        let mut head = libc::CMSG_FIRSTHDR(&raw const m);
        while !head.is_null() {
            if ((*head).cmsg_level, (*head).cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let length = (*head).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                for i in 0..length / size_of::<RawFd>() {
                    let data = libc::CMSG_DATA(head).add(i * size_of::<RawFd>());
                    let fd = RawFd::from_ne_bytes(data.cast::<[u8; 4]>().read());
                    fds.push(OwnedFd::from_raw_fd(fd));
                }
            }
            head = libc::CMSG_NXTHDR(&raw const m, head);
        }
    }
    Ok(Some(n as usize))
}

fn not_now() -> bool {
    matches!(io::Error::last_os_error().kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// What [`wait_ready`] waits for.
#[derive(Clone, Copy)]
pub(crate) enum Ready {
    Read,
    Write,
}

/// Waits until a socket can be read from or written to, or has failed. Returns early for any reason; the caller looks.
pub(crate) fn wait_ready(socket: BorrowedFd<'_>, what: Ready, timeout: Duration) {
    let events = match what {
        Ready::Read => libc::POLLIN,
        Ready::Write => libc::POLLOUT,
    };
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    let t = timespec(timeout);
    // SAFETY: both outlive the call.
    unsafe { libc::ppoll(&raw mut poll, 1, &raw const t, std::ptr::null()) };
}

/// What `stat` tells of a file, as far as this crate asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) size: u64,
    /// Bytes that it takes; less than its size if it has holes.
    pub(crate) allocated: u64,
    /// When it was written last, nanoseconds since the Unix epoch. Writing through a mapping does not count.
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

/// `fstat`.
pub(crate) fn stat(file: &File) -> Result<Stat> {
    stat_fd(file.as_raw_fd())
}

/// `fstat` of a bare descriptor.
pub(crate) fn stat_fd(fd: RawFd) -> Result<Stat> {
    // SAFETY: `stat` is plain old data, for which all zero is a value.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `raw` is a valid place to write to; a bad descriptor gives EBADF.
    check(unsafe { libc::fstat(fd, &raw mut raw) }, "fstat")?;
    Ok(stat_of(&raw))
}

/// `lstat`; `None` where there is nothing of that name.
pub(crate) fn stat_path(path: &Path) -> Result<Option<Stat>> {
    let c = c_path(path)?;
    // SAFETY: as in `stat_fd`.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `c` is a NUL-terminated string that outlives the call; `raw` is a valid place to write to.
    if unsafe { libc::lstat(c.as_ptr(), &raw mut raw) } == 0 {
        return Ok(Some(stat_of(&raw)));
    }
    let e = io::Error::last_os_error();
    if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(failed(e, "lstat").at(path)) }
}

/// Returns what a name in a directory leads to; `None` where there is nothing.
pub(crate) fn stat_in(directory: BorrowedFd<'_>, name: &CStr) -> Result<Option<Stat>> {
    // SAFETY: as in `stat_fd`.
    let mut raw: libc::stat = unsafe { std::mem::zeroed() };
    let (fd, flags) = (directory.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
    // SAFETY: `name` is a NUL-terminated string that outlives the call; `raw` is a valid place to write to.
    if unsafe { libc::fstatat(fd, name.as_ptr(), &raw mut raw, flags) } == 0 {
        return Ok(Some(stat_of(&raw)));
    }
    let e = io::Error::last_os_error();
    if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(failed(e, "fstatat")) }
}

/// Allocates every page of a new file, so that a full file system is an error here and not SIGBUS later.
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
            // A signal rolls the call back. Halve the piece, so that periodic signals cannot restart it for ever.
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

/// Returns the file size limit (RLIMIT_FSIZE). The kernel sends SIGXFSZ to a process that exceeds it.
pub(crate) fn file_size_limit() -> Option<u64> {
    limit(libc::RLIMIT_FSIZE)
}

/// Returns the address space limit (RLIMIT_AS).
pub(crate) fn address_space_limit() -> Option<u64> {
    limit(libc::RLIMIT_AS)
}

#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Returns a soft limit; `None` if unlimited.
fn limit(resource: Resource) -> Option<u64> {
    let mut l = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `l` is a valid place to write to.
    unsafe { libc::getrlimit(resource, &raw mut l) };
    (l.rlim_cur != libc::RLIM_INFINITY).then_some(l.rlim_cur)
}

/// Free space of a file system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes available to this user.
    pub(crate) free: u64,
    /// True if its files live in memory, which cgroups limit.
    pub(crate) is_memory: bool,
}

/// ramfs, from `linux/magic.h`.
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

/// Gives an open, unnamed file a name; fails if the name is taken. Uses `/proc`, or else AT_EMPTY_PATH, which older kernels
/// allow to privileged processes only.
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

/// The effective user.
pub(crate) fn user() -> u32 {
    // SAFETY: has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Bytes of a file to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// The one at that offset: a role.
    One(u64),
    /// That byte and the next. The length tells liveness queries that this is not a role holder: the segment is being replaced.
    Barred(u64),
    /// All there are: every role at once, known or not.
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

/// Tries to take the write lock on bytes for this open file description: all of them or none. `false`: somebody has
/// one of them, or a read lock.
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

/// Explains a refused lock: roles cannot work without them.
fn no_locks(e: io::Error, call: &'static str) -> Error {
    Error::os(e, call).help(
        "roles need open-file-description locks (fcntl): allow them, and use a directory whose file system supports them",
    )
}

/// Gives the lock on bytes back, whoever else has a copy of the descriptor.
pub(crate) fn unlock(fd: RawFd, bytes: Bytes) {
    let l = flock(libc::F_UNLCK, bytes);
    // SAFETY: as in `try_lock`.
    unsafe { libc::fcntl(fd, libc::F_OFD_SETLK, &raw const l) };
}

/// Returns a write lock of another open file description on any of the bytes. Queries as a reader: read locks do not count.
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

/// Returns true if another open file description holds a role: a write lock on exactly this byte. A process that replaces the
/// segment holds a longer lock.
pub(crate) fn is_role_locked(fd: RawFd, byte: u64) -> Result<bool> {
    let role = Bytes::One(byte).start_and_length();
    Ok(write_lock_on(fd, Bytes::One(byte))?.is_some_and(|l| (l.l_start, l.l_len) == role))
}

/// Returns true if another open file description has a write lock on any byte of a file.
pub(crate) fn is_locked_anywhere(file: &File) -> Result<bool> {
    is_write_locked(file.as_raw_fd(), Bytes::All)
}

/// Closes a descriptor that no `File` owns.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: the caller owns the descriptor; closing a wrong one is an error, not undefined behaviour.
    unsafe { libc::close(fd) };
}

#[cfg_attr(loom, allow(dead_code))]
fn timespec(d: Duration) -> libc::timespec {
    libc::timespec { tv_sec: d.as_secs() as _, tv_nsec: d.subsec_nanos().into() }
}

#[cfg(loom)]
pub(crate) use crate::sys::modelled::{
    FutexWait, barrier_everywhere, futex_wait, futex_wait_any, futex_wake_all,
};

/// Sleeps while the word is `expected`, at most as long as `timeout`. Returns for any reason; the caller looks again. The word
/// may lie in memory that other processes share.
#[cfg(not(loom))]
pub(crate) fn futex_wait(word: &Word32, expected: u32, timeout: Duration) {
    let t = timespec(timeout);
    // SAFETY: the kernel checks the address itself; `t` outlives the call.
    let r = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            expected,
            &raw const t,
            std::ptr::null::<u32>(),
            0u32,
        )
    };
    // If the call is refused, by whatever number, sleep here: the caller would spin otherwise.
    if r < 0 && !was_awake() {
        std::thread::sleep(timeout.min(Duration::from_millis(1)));
    }
}

/// Wakes everybody who sleeps on the word.
#[cfg(not(loom))]
pub(crate) fn futex_wake_all(word: &Word32) {
    // SAFETY: the kernel checks the address itself.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// One word of several to sleep on: the kernel's `struct futex_waitv`.
#[cfg(not(loom))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FutexWait {
    expected: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

#[cfg(not(loom))]
impl FutexWait {
    pub(crate) fn new(word: &Word32, expected: u32) -> Self {
        /// `FUTEX2_SIZE_U32`, and not private to this process.
        const SHARED_U32: u32 = 2;
        Self { expected: expected.into(), address: word.as_ptr() as u64, flags: SHARED_U32, reserved: 0 }
    }
}

/// Sleeps as [`futex_wait`] does, on at most 128 words, until any of them changes. Returns false where the call is refused: by
/// a kernel before 5.16, or by a sandbox.
#[cfg(not(loom))]
pub(crate) fn futex_wait_any(words: &[FutexWait], timeout: Duration) -> bool {
    let end = Duration::from_nanos(monotonic_ns()).saturating_add(timeout);
    let t = timespec(end);
    // SAFETY: `words` and `t` outlive the call; the kernel checks the addresses in them itself.
    let r = unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            words.as_ptr(),
            words.len() as libc::c_uint,
            0u32,
            &raw const t,
            libc::CLOCK_MONOTONIC,
        )
    };
    // Anything else would come back at once, again and again.
    r >= 0 || was_awake()
}

/// Returns true if the last call of a futex failed as a wait that works does.
#[cfg(not(loom))]
fn was_awake() -> bool {
    let number = io::Error::last_os_error().raw_os_error();
    matches!(number, Some(libc::EAGAIN | libc::ETIMEDOUT | libc::EINTR))
}

/// Registers this process for [`barrier_everywhere`]. `false`: this kernel has none.
pub(crate) fn register_barrier() -> bool {
    // SAFETY: no memory is handed over.
    unsafe {
        libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0u32, 0) == 0
    }
}

/// A full barrier on every running thread of every registered process. `false`: this kernel has none.
#[cfg(not(loom))]
pub(crate) fn barrier_everywhere() -> bool {
    // SAFETY: no memory is handed over.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0u32, 0) == 0 }
}

fn clock(id: libc::clockid_t) -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place to write to; both clocks always exist on Linux.
    unsafe { libc::clock_gettime(id, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// `CLOCK_MONOTONIC` in nanoseconds.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    clock(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn unix_ns() -> i64 {
    clock(libc::CLOCK_REALTIME) as i64
}

/// Random bytes from the kernel.
pub(crate) fn random() -> Result<[u8; 16]> {
    let _whole = Uncancelled::new();
    let mut bytes = [0u8; 16];
    // SAFETY: `bytes` has room for its own length.
    let n = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    // 256 bytes and fewer are never cut short by a signal once the pool is initialized.
    if n == 16 {
        return Ok(bytes);
    }
    let e = io::Error::last_os_error();
    // The call is refused: read the device instead.
    File::open("/dev/urandom")
        .and_then(|mut device| device.read_exact(&mut bytes))
        .map(|()| bytes)
        .map_err(|_| Error::os(e, "getrandom").help("allow the call or provide /dev/urandom"))
}

/// The number of this thread, which no other one of this process has.
pub(crate) fn thread_number() -> i32 {
    // By number: glibc has a function for it from 2.30 on.
    // SAFETY: has no preconditions and cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Returns the machine's page size.
pub(crate) fn page_size() -> usize {
    // SAFETY: has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Lets this process write whole pages of a mapping, or no more.
///
/// # Safety
/// The pages lie in a shared mapping of a file that was opened for writing, and nothing but raw words is reached there.
pub(crate) unsafe fn protect(at: NonNull<u8>, len: usize, protection: Protection) -> Result<()> {
    let protection = match protection {
        Protection::Read => libc::PROT_READ,
        Protection::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
    };
    // SAFETY: the caller's promise.
    let r = unsafe { libc::mprotect(at.as_ptr().cast(), len, protection) };
    check(r, "mprotect").map(drop).map_err(|e| advise(e, "roles write through mprotect: allow it"))
}

/// Rights that [`protect`] leaves to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    Read,
    ReadWrite,
}

/// The size of a core's own cache in bytes; 0 where it is not known.
pub(crate) fn core_cache() -> usize {
    #[cfg(target_env = "gnu")]
    // SAFETY: has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_LEVEL2_CACHE_SIZE) };
    #[cfg(not(target_env = "gnu"))]
    let size = 0;
    usize::try_from(size).unwrap_or(0)
}

/// Gives the processor to somebody else.
#[inline]
pub(crate) fn yield_now() {
    // SAFETY: has no preconditions and cannot fail on Linux.
    unsafe { libc::sched_yield() };
}

/// Runs functions around every `fork`: before it, after it in the parent, and in the child before `fork` returns
/// there. The child's may only do what a signal handler may.
pub(crate) fn around_fork(
    before: extern "C" fn(),
    in_parent: extern "C" fn(),
    in_child: extern "C" fn(),
) -> Result<()> {
    // SAFETY: all three are static functions.
    match unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) } {
        0 => Ok(()),
        e => Err(Error::os(io::Error::from_raw_os_error(e), "pthread_atfork")),
    }
}

/// Returns a page of zeroes, never freed, that reads as zeroes in every forked child. Where MADV_WIPEONFORK (Linux 4.14) is
/// missing or refused, the fork handler has to clear it, and children of a bare `clone` keep the parent's contents.
pub(crate) fn wipe_on_fork_page() -> Result<NonNull<u8>> {
    // SAFETY: asks for fresh anonymous memory at no particular address.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if page == libc::MAP_FAILED {
        return Err(failed(io::Error::last_os_error(), "mmap"));
    }
    // SAFETY: the page was just mapped.
    unsafe { libc::madvise(page, 4096, libc::MADV_WIPEONFORK) };
    Ok(NonNull::new(page.cast()).unwrap_or(NonNull::dangling()))
}

unsafe extern "C" {
    safe fn pthread_setcancelstate(state: libc::c_int, before: Option<&mut libc::c_int>) -> libc::c_int;
}

/// Keeps this thread from being cancelled until dropped: `pthread_cancel` takes effect after that. A cancelled thread would
/// unwind from the C library through functions of Rust's, which ends the process.
pub(crate) struct Uncancelled {
    before: libc::c_int,
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

impl Uncancelled {
    pub(crate) fn new() -> Self {
        /// Of `pthread.h`, in glibc and musl.
        const PTHREAD_CANCEL_DISABLE: libc::c_int = 1;
        let mut before = PTHREAD_CANCEL_DISABLE;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, Some(&mut before));
        Self { before, _thread: PhantomData }
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        pthread_setcancelstate(self.before, None);
    }
}

/// Keeps all signals of this thread waiting until dropped.
pub(crate) struct Signals(libc::sigset_t);

impl Signals {
    pub(crate) fn block() -> Self {
        // SAFETY: `sigset_t` is plain old data; both are valid places, and the call fails on a bad first argument only.
        unsafe {
            let (mut all, mut before): (libc::sigset_t, libc::sigset_t) =
                (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            Self(before)
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: a mask that the kernel gave out.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// Returns the program's name without its arguments; for a script, the script's name.
pub(crate) fn program_name() -> String {
    // setproctitle may have overwritten the arguments with text of its own.
    let first = std::env::args_os().next().unwrap_or_default();
    let first = first.to_string_lossy();
    let first = first.split_whitespace().next().unwrap_or_default();
    let first = first.rsplit('/').next().unwrap_or_default();
    // The kernel's name of the process, cut at 15 bytes.
    let comm = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
    let comm = comm.trim_end();
    if comm.is_empty() || (comm.len() >= 15 && first.starts_with(comm)) { first } else { comm }.to_owned()
}

/// Describes how a process is exiting; `None` if it is not. An exiting process still holds its locks.
pub(crate) fn exit_state(pid: u32) -> Option<&'static str> {
    /// PF_EXITING of the kernel's `linux/sched.h`.
    const EXITING: u32 = 4;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    if status.lines().any(|line| line.strip_prefix("CoreDumping:").is_some_and(|n| n.trim() == "1")) {
        return Some("whose core is being dumped");
    }
    // A process is exiting only if all of its threads are.
    let mut tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let is_ending = |task: io::Result<std::fs::DirEntry>| {
        // After the last ")" of the name: the state, five numbers, the flags.
        let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let gone = matches!(fields.next()?, "Z" | "X");
        Some(gone || fields.nth(5)?.parse::<u32>().ok()? & EXITING != 0)
    };
    // A thread that vanished meanwhile counts as exiting.
    tasks.all(|task| is_ending(task).unwrap_or(true)).then_some("which is exiting")
}

/// The command line of this process, arguments parted by spaces.
pub(crate) fn command_line() -> Vec<u8> {
    let mut line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    while line.last() == Some(&0) {
        line.pop();
    }
    line.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b' ');
    line
}

/// The bytes of a C string before its NUL, or `limit` if it has more.
///
/// # Safety
/// `text` leads to a NUL-terminated string, or to at least `limit` readable bytes.
pub(crate) unsafe fn text_length(text: *const libc::c_char, limit: usize) -> usize {
    // SAFETY: the caller's promise; strnlen reads no further than the NUL or `limit`.
    unsafe { libc::strnlen(text, limit) }
}

/// SIGKILL to this process; nothing of it runs any more.
#[cfg(leyline_kill_points)]
pub(crate) fn kill_this_process() {
    // SAFETY: has no preconditions.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    // A signal to oneself is delivered before `kill` returns to the one thread there is; with more of them, soon.
    loop {
        std::thread::park();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::atomic::Ordering;

    /// Long enough that only a hang ever reaches it.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn any_of_several_words_wakes() {
        let words = [const { Word32::new(7) }; 3];
        let waits = words.each_ref().map(|w| FutexWait::new(w, 7));
        if !futex_wait_any(&[FutexWait::new(&words[0], 0)], LONG) {
            eprintln!("NOT CHECKED: this kernel has no futex_waitv");
            return;
        }
        for word in &words {
            let start = monotonic_ns();
            std::thread::scope(|scope| {
                let sleeper = scope.spawn(|| futex_wait_any(&waits, LONG));
                while !sleeper.is_finished() {
                    futex_wake_all(word);
                    yield_now();
                }
                assert!(sleeper.join().unwrap());
            });
            assert!(monotonic_ns() - start < LONG.as_nanos() as u64, "nobody woke it");
        }
        // None of them is what it was: at once. In time: also true.
        words[2].store(8, Ordering::Relaxed);
        assert!(futex_wait_any(&waits, LONG));
        assert!(futex_wait_any(&waits[..2], Duration::from_micros(1)));
        // More than the kernel takes is told, and not waited for.
        assert!(!futex_wait_any(&[waits[0]; 129], LONG));
    }
}
