//! Makes errors of failed system calls, which name the limit that was met and how to raise it.

use crate::base::error::{Error, ErrorKind, Result};
use std::io;

pub(super) fn check(result: i32, what: &'static str) -> Result<i32> {
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
            e.help("the machine or this process's cgroup is out of memory: free some, or use smaller rings")
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

/// Adds help to an error, unless it already names a limit and how to raise it.
pub(super) fn advise(e: Error, help: &'static str) -> Error {
    if e.expected().is_empty() { e.help(help) } else { e }
}

pub(super) fn bad_descriptor(call: &'static str, what: &'static str, expected: &'static str) -> Error {
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

/// Returns a limit of the machine; "?" if it cannot be read.
fn system(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/{name}"))
        .map_or_else(|_| "?".into(), |text| text.trim().into())
}

/// Returns the file size limit (RLIMIT_FSIZE). The kernel sends SIGXFSZ to a process that exceeds
/// it.
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
