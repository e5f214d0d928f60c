//! Makes sealed memory files, and protects pages of memory.

use crate::base::error::Result;
use crate::sys::os::error::{advise, check, failed};
use crate::sys::os::name::c_path;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd};
use std::{fs::File, io, path::Path, ptr::NonNull};

/// Makes a file without a name, in memory, that can be sealed. `label` stands in `/proc`.
pub(crate) fn memfd(label: &str) -> Result<File> {
    let c = c_path(Path::new(label))?;
    let make = |flags| {
        // SAFETY: `c` is a NUL-terminated string that outlives the call.
        check(unsafe { libc::memfd_create(c.as_ptr(), flags | libc::MFD_CLOEXEC) }, "memfd_create")
    };
    // Some systems require MFD_NOEXEC_SEAL; old kernels lack it.
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

/// Returns the machine's page size.
pub(crate) fn page_size() -> usize {
    // SAFETY: has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Sets the protection of whole pages of a mapping.
///
/// # Safety
/// The pages lie in a shared mapping of a file that was opened for writing, and nothing but raw
/// words is reached there.
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

/// Returns the size of a core's own cache in bytes; 0 if unknown.
pub(crate) fn core_cache() -> usize {
    #[cfg(target_env = "gnu")]
    // SAFETY: has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_LEVEL2_CACHE_SIZE) };
    #[cfg(not(target_env = "gnu"))]
    let size = 0;
    usize::try_from(size).unwrap_or(0)
}

/// Returns a page of zeroes, never freed, that reads as zeroes in every forked child. Where
/// MADV_WIPEONFORK (Linux 4.14) is missing or refused, the fork handler has to clear it, and
/// children of a bare `clone` keep the parent's contents.
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

/// Returns the length of a C string before its NUL, or `limit` if it is longer.
///
/// # Safety
/// `text` leads to a NUL-terminated string, or to at least `limit` readable bytes.
pub(crate) unsafe fn text_length(text: *const libc::c_char, limit: usize) -> usize {
    // SAFETY: the caller's promise; strnlen reads no further than the NUL or `limit`.
    unsafe { libc::strnlen(text, limit) }
}
