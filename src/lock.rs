//! Role locks: kernel locks on bytes of the segment file, released by death however it comes.
//!
//! A role is an open-file-description write lock on one byte, held through a descriptor of its own that is never
//! mapped and never handed out. The lock ends when the last copy of that descriptor is closed. `fork` makes a copy, so
//! every child closes all of them before `fork` returns there; the child never unlocks, which would free the parent's
//! lock, and the parent does, so that no copy outlives its role. What remains is a child made by a raw `clone` system call that neither runs the handlers of `fork` nor calls
//! `exec`: it keeps its parent's roles alive until it ends.

use crate::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering, Relaxed};
use crate::kill;
use crate::os::{self, Bytes, Open, Stat};
use crate::{Error, ErrorKind, Result};
use crossbeam_utils::Backoff;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use std::path::Path;

/// What is locked by whoever replaces or removes a segment, or has not finished making one.
pub(crate) const REPLACING: Bytes = Bytes::One(0);
/// What is found by whoever wanted a role meanwhile.
pub(crate) const BEING_REPLACED: &str = "a segment that is being replaced or removed";

/// Roles that one process can hold at a time.
const MAX_HELD: usize = 4096;

/// The descriptors to close in a child. An array of atomics, because a handler of `fork` must not take a lock.
static HELD: [AtomicI32; MAX_HELD] = [const { AtomicI32::new(-1) }; MAX_HELD];

/// Held while a descriptor is being opened and entered above, and around every `fork`: no child ever gets a copy that
/// is not in the list. The number of the process that holds it, because a child must be able to open it again whatever
/// its parent was doing: also one that was made while the handlers below were being registered, and that they missed.
static OPENING: AtomicU32 = AtomicU32::new(0);

/// The thread that is in `fork`, by its number. Handlers that were registered twice, as such a child may have them, hold
/// and release once.
static FORKING: AtomicI32 = AtomicI32::new(0);

fn hold_opening() {
    let me = std::process::id();
    let backoff = Backoff::new();
    let mut free = 0;
    // PAIRS: lock::release_opening: what was entered in HELD is there.
    while let Err(holder) = OPENING.compare_exchange(free, me, Ordering::Acquire, Relaxed) {
        // Another process's is a copy that nobody will ever release.
        free = if holder == me { 0 } else { holder };
        backoff.snooze();
    }
}

fn release_opening() {
    // PAIRS: lock::hold_opening.
    OPENING.store(0, Ordering::Release);
}

extern "C" fn before_fork() {
    let me = os::thread_number();
    if FORKING.load(Relaxed) != me {
        hold_opening();
        FORKING.store(me, Relaxed);
    }
}

extern "C" fn after_fork_in_parent() {
    if FORKING.compare_exchange(os::thread_number(), 0, Relaxed, Relaxed).is_ok() {
        release_opening();
    }
}

extern "C" fn close_all_in_child() {
    for place in &HELD {
        let fd = place.swap(-1, Relaxed);
        if fd >= 0 {
            os::close(fd);
        }
    }
    // For kernels without MADV_WIPEONFORK.
    // SAFETY: null, or a page that is never freed.
    if let Some(word) = unsafe { PAGE.load(Relaxed).as_ref() } {
        word.store(0, Relaxed);
    }
    FORKING.store(0, Relaxed);
    release_opening();
}

/// The word that every [`ForkGuard`] checks; null until the first guard. No lock: a fork may happen at any moment.
static PAGE: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());

/// Where the file that has the locks can be opened again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LockFile<'a> {
    /// Under its name, which may come to lead elsewhere.
    Name(&'a Path),
    /// Nowhere but through a descriptor of it; errors call it by the path.
    Descriptor(BorrowedFd<'a>, &'a Path),
}

impl<'a> LockFile<'a> {
    fn path(&self) -> &'a Path {
        let (Self::Name(path) | Self::Descriptor(_, path)) = *self;
        path
    }

    fn open(&self) -> Result<File> {
        match *self {
            Self::Name(path) => os::open(path, Open::ReadWrite, 0),
            Self::Descriptor(fd, path) => os::reopen(fd, Open::ReadWrite).map_err(|e| e.at(path)),
        }
    }

    /// The file it leads to now.
    fn stat(&self) -> Result<Option<Stat>> {
        match *self {
            Self::Name(path) => os::stat_path(path),
            Self::Descriptor(fd, _) => os::stat_fd(fd.as_raw_fd()).map(Some),
        }
    }
}

/// Opens a file for writing and enters its descriptor in [`HELD`].
fn open_for_lock(source: LockFile<'_>) -> Result<(usize, RawFd)> {
    hold_opening();
    let opened = source.open().and_then(|file| {
        let place = HELD.iter().position(|p| p.load(Relaxed) < 0).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported)
                .expected_found(format!("at most {MAX_HELD} roles in one process"), "one more")
        })?;
        let fd = file.into_raw_fd();
        HELD[place].store(fd, Relaxed);
        Ok((place, fd))
    });
    release_opening();
    opened
}

/// Tells a process from its forked children: one load of a word that reads 0 in a child.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForkGuard {
    word: &'static AtomicU32,
    generation: u32,
}

impl ForkGuard {
    /// The guard of this process.
    pub(crate) fn new() -> Result<Self> {
        // Inherited by children, so that each process of a family gets a number of its own.
        static GENERATION: AtomicU32 = AtomicU32::new(0);
        hold_opening();
        let word = Self::word();
        let guard = word.map(|word| {
            let mut generation = word.load(Relaxed);
            if generation == 0 {
                generation = GENERATION.fetch_add(1, Relaxed) + 1;
                word.store(generation, Relaxed);
            }
            Self { word, generation }
        });
        release_opening();
        guard
    }

    /// Only while [`OPENING`] is held.
    fn word() -> Result<&'static AtomicU32> {
        // SAFETY: null, or a page that was made below and is never freed.
        if let Some(word) = unsafe { PAGE.load(Relaxed).as_ref() } {
            return Ok(word);
        }
        let word = os::wipe_on_fork_page()?;
        os::around_fork(before_fork, after_fork_in_parent, close_all_in_child)?;
        PAGE.store(std::ptr::from_ref(word).cast_mut(), Relaxed);
        Ok(word)
    }

    /// Whether this is the process that made the guard.
    #[inline(always)]
    pub(crate) fn holds(&self) -> bool {
        self.word.load(Relaxed) == self.generation
    }

    /// [`ErrorKind::Forked`] in a child.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        if self.holds() { Ok(()) } else { Err(forked()) }
    }
}

#[cold]
fn forked() -> Error {
    Error::new(ErrorKind::Forked)
        .help("attach again in the child: a role belongs to the process that took it")
}

/// A lock held on one byte of a file, or on all of them.
#[derive(Debug)]
pub(crate) struct RoleLock {
    fd: RawFd,
    bytes: Bytes,
    place: usize,
    guard: ForkGuard,
}

impl RoleLock {
    /// Takes the lock on `byte` of the file that `source` leads to, if that still is the file `expected`.
    ///
    /// [`ErrorKind::RoleHeld`]: somebody living has it. [`ErrorKind::Superseded`]: the name leads elsewhere.
    pub(crate) fn take(source: LockFile<'_>, expected: &Stat, byte: u64) -> Result<Self> {
        Self::take_bytes(source, expected, Bytes::One(byte))
    }

    /// As [`RoleLock::take`], of every byte there is: all roles at once, and the right to replace the segment. Needs to
    /// know nothing of what is in the file.
    pub(crate) fn take_all(source: LockFile<'_>, expected: &Stat) -> Result<Self> {
        Self::take_bytes(source, expected, Bytes::All)
    }

    /// Locks a role's byte in order to replace or remove the segment. Liveness queries do not count this lock as a role holder.
    pub(crate) fn bar(source: LockFile<'_>, expected: &Stat, byte: u64) -> Result<Self> {
        Self::take_bytes(source, expected, Bytes::Barred(byte))
    }

    fn take_bytes(source: LockFile<'_>, expected: &Stat, bytes: Bytes) -> Result<Self> {
        let guard = ForkGuard::new()?;
        let path = source.path();
        let superseded = |found: &'static str| {
            Error::new(ErrorKind::Superseded)
                .at(path)
                .expected_found("the file that was attached", found)
                .help("attach again")
        };
        let (place, fd) = open_for_lock(source).map_err(|e| match e.kind() {
            ErrorKind::NotFound => superseded("no file"),
            _ => e,
        })?;
        // From here on dropping it closes the descriptor.
        let lock = Self { fd, bytes, place, guard };
        kill::point("role.opened");
        if !os::stat_fd(fd)?.is_same_file(expected) {
            return Err(superseded("another file"));
        }
        lock.acquire().map_err(|e| e.at(path))?;
        kill::point("role.locked");
        // The name may have moved between opening and locking.
        match source.stat()? {
            Some(now) if now.is_same_file(expected) => Ok(lock),
            _ => Err(superseded("another file")),
        }
    }

    fn acquire(&self) -> Result<()> {
        // Whoever was in the way may be gone by the time one asks who it is.
        for _ in 0..4 {
            if os::try_lock(self.fd, self.bytes)? {
                return Ok(());
            }
            let held = Error::new(ErrorKind::RoleHeld);
            if os::is_write_locked(self.fd, REPLACING)? {
                return Err(held
                    .expected_found("a free role", BEING_REPLACED)
                    .help("try again, and attach again if the name leads elsewhere then"));
            }
            if os::is_write_locked(self.fd, self.bytes)? {
                return Err(held.help("stop its holder, or use another segment or lane"));
            }
        }
        Err(Error::new(ErrorKind::RoleHeld)
            .expected_found("a free byte", "a read lock that is no role")
            .help("another program has locked the segment file for reading; stop it"))
    }

    /// Whether [`RoleLock::check`] succeeds.
    #[inline(always)]
    pub(crate) fn holds(&self) -> bool {
        self.guard.holds()
    }

    /// [`ErrorKind::Forked`] in a child of the process that took the lock.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        self.guard.check()
    }
}

impl Drop for RoleLock {
    fn drop(&mut self) {
        // In a child the descriptor is closed already and its number may be somebody else's.
        if self.guard.holds() {
            hold_opening();
            HELD[self.place].store(-1, Relaxed);
            // Closing alone would leave the role to a copy in a process that is just being spawned.
            os::unlock(self.fd, self.bytes);
            kill::point("role.unlocked");
            os::close(self.fd);
            release_opening();
        }
    }
}
