//! Describes processes: the user, the program, its command line, its end.

use crate::base::error::{Error, Result};
use crate::sys::os::thread::Uncancelled;
use std::fs::File;
use std::io::{self, Read};

/// Returns the effective user.
pub(crate) fn user() -> u32 {
    // SAFETY: has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Returns random bytes from the kernel.
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

/// Runs functions around every `fork`: before it, after it in the parent, and in the child before
/// `fork` returns there. The child's may only do what a signal handler may.
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

/// Describes how a process is exiting; `None` if it is not. An exiting process still holds its
/// locks.
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

/// Returns the command line of this process, with spaces between the arguments.
pub(crate) fn command_line() -> Vec<u8> {
    let mut line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    while line.last() == Some(&0) {
        line.pop();
    }
    line.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b' ');
    line
}

/// Sends SIGKILL to this process. Does not return.
#[cfg(leyline_kill_points)]
pub(crate) fn kill_this_process() {
    // SAFETY: has no preconditions.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    // A signal to oneself is delivered before `kill` returns to the one thread there is; with more
    // of them, soon.
    loop {
        std::thread::park();
    }
}
