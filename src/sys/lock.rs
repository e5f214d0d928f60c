//! Takes role locks: kernel locks on bytes of the segment file, which every kind of death releases.
//!
//! A role is an open-file-description write lock on one byte. All roles that a process takes
//! through one attached segment are locks of one description, opened for the first of them, never
//! mapped and never handed out. Locks of one description do not exclude each other, so the process
//! also records which bytes it has taken.
//!
//! A lock ends when the last copy of its descriptor is closed. `fork` makes a copy, so every child
//! closes its copies before `fork` returns there. The child never unlocks, which would free the
//! parent's lock. The parent unlocks, so that no copy outlives its role. One case remains: a child
//! of a raw `clone` system call that neither runs the handlers of `fork` nor calls `exec` keeps its
//! parent's roles alive until it ends.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering, Relaxed};
use crate::sys::os::{Bytes, Open, Stat};
use crate::sys::{descriptor, descriptor::Identity, kill, named_file::NamedFile, os};
use crossbeam_utils::Backoff;
use parking_lot::Mutex;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use std::{fs::File, path::Path, sync::Arc};

/// Byte locked by a process that replaces or removes a segment, or has not finished creating one.
pub(crate) const REPLACING: Bytes = Bytes::One(0);
/// Reported to a process that asks for a role meanwhile.
pub(crate) const BEING_REPLACED: &str = "a segment that is being replaced or removed";

/// Most segments in which one process can hold roles at a time.
const MAX_LISTED: usize = 4096;

/// Lists a descriptor to close in a child. Made of atomics, because a handler of `fork` must not
/// take a lock.
struct ListedDescriptor {
    /// The number plus one, so that the list is zero at first and takes no room in the library's
    /// file.
    fd: AtomicI32,
    device: AtomicU64,
    inode: AtomicU64,
    mark: AtomicI64,
}

impl ListedDescriptor {
    /// Returns the descriptor; -1 for none.
    fn fd(&self) -> RawFd {
        self.fd.load(Relaxed) - 1
    }

    fn enter(&self, fd: RawFd, identity: Identity) {
        self.device.store(identity.device, Relaxed);
        self.inode.store(identity.inode, Relaxed);
        self.mark.store(identity.mark, Relaxed);
        self.fd.store(fd + 1, Relaxed);
    }

    fn clear(&self) {
        self.fd.store(0, Relaxed);
    }

    fn identity(&self) -> Identity {
        Identity {
            device: self.device.load(Relaxed),
            inode: self.inode.load(Relaxed),
            mark: self.mark.load(Relaxed),
        }
    }
}

/// Lists the descriptors to close in a child.
static LISTED: [ListedDescriptor; MAX_LISTED] = [const {
    ListedDescriptor {
        fd: AtomicI32::new(0),
        device: AtomicU64::new(0),
        inode: AtomicU64::new(0),
        mark: AtomicI64::new(0),
    }
}; MAX_LISTED];
/// Counts the entries that have ever been used.
static USED: AtomicU32 = AtomicU32::new(0);

/// Lies in a page that `fork` zeroes in every child.
#[repr(C)]
struct Wiped {
    /// Number of the process among its forks, given at its first use of the library.
    process: AtomicU32,
    /// Number of the thread that is in `fork`, and its depth: a signal handler that interrupts
    /// `fork` may call `fork`, and handlers registered twice, as by a child forked meanwhile, run
    /// twice.
    forking: AtomicI32,
    forks: AtomicU32,
    /// 1 while a descriptor is being opened and entered in [`LISTED`], or closed, and around every
    /// `fork`: no child gets a copy that is not in the list.
    opening: AtomicU32,
    /// Threads in `fork` that wait for `opening`. Opening threads let them go first: beside threads
    /// that take roles all the time they would starve.
    waiting: AtomicU32,
}

/// Bounds the polls of an opening thread before it competes with threads in `fork`.
const POLITE: u32 = 1000;

/// Returns the page, made at the first call. In a child no thread holds anything there.
fn wiped() -> Result<&'static Wiped> {
    static PAGE: AtomicPtr<Wiped> = AtomicPtr::new(std::ptr::null_mut());
    // SAFETY: null, or a page that was made below and is never freed.
    // Acquire: whoever sees the pointer sees the page. PAIRS: sys/lock::wiped, below.
    if let Some(page) = unsafe { PAGE.load(Ordering::Acquire).as_ref() } {
        return Ok(page);
    }
    let page = os::wipe_on_fork_page()?.cast::<Wiped>();
    // A page that another thread made meanwhile wins; this one leaks, once.
    // Release: the page is mapped before its pointer is seen. PAIRS: sys/lock::wiped, above.
    match PAGE.compare_exchange(std::ptr::null_mut(), page.as_ptr(), Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: zeroed, which is a value of each atomic, mapped for good, and reached only as
        // this.
        Ok(_) => Ok(unsafe { page.as_ref() }),
        // SAFETY: as above; not null.
        Err(other) => Ok(unsafe { &*other }),
    }
}

/// Holds [`Wiped::opening`]. Blocks signals meanwhile: a handler that calls `fork` would wait for
/// the thread that it interrupts.
struct Opening {
    page: &'static Wiped,
    signals: Option<os::Signals>,
}

impl Opening {
    fn hold(page: &'static Wiped) -> Self {
        let signals = os::Signals::block();
        let mut looks = 0;
        wait_until(|| {
            looks += 1;
            (page.waiting.load(Relaxed) == 0 || looks > POLITE) && page.take()
        });
        Self { page, signals: Some(signals) }
    }

    /// Takes it for a thread in `fork`, ahead of callers of [`Opening::hold`].
    fn hold_to_fork(page: &'static Wiped) -> Self {
        let signals = os::Signals::block();
        page.waiting.fetch_add(1, Relaxed);
        wait_until(|| page.take());
        page.waiting.fetch_sub(1, Relaxed);
        Self { page, signals: Some(signals) }
    }

    /// Keeps it until [`release`], and unblocks signals.
    fn keep(mut self) {
        drop(self.signals.take());
        std::mem::forget(self);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        release(self.page);
    }
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let backoff = Backoff::new();
    while !done() {
        backoff.snooze();
    }
}

impl Wiped {
    fn take(&self) -> bool {
        // Acquire: the entries in LISTED are complete. PAIRS: sys/lock::release.
        self.opening.compare_exchange(0, 1, Ordering::Acquire, Relaxed).is_ok()
    }
}

fn release(page: &Wiped) {
    // Release: the entries in LISTED come first. PAIRS: sys/lock::Wiped::take.
    page.opening.store(0, Ordering::Release);
}

extern "C" fn before_fork() {
    let Ok(page) = wiped() else { return };
    let me = os::thread_number();
    if page.forking.load(Relaxed) == me {
        page.forks.fetch_add(1, Relaxed);
        return;
    }
    let opening = Opening::hold_to_fork(page);
    page.forking.store(me, Relaxed);
    page.forks.store(1, Relaxed);
    opening.keep();
}

extern "C" fn after_fork_in_parent() {
    let Ok(page) = wiped() else { return };
    // A handler that forks between the two stores would wait for this thread.
    let _signals = os::Signals::block();
    if page.forking.load(Relaxed) == os::thread_number() && page.forks.fetch_sub(1, Relaxed) == 1 {
        page.forking.store(0, Relaxed);
        release(page);
    }
}

extern "C" fn close_all_in_child() {
    for place in LISTED.iter().take(USED.load(Relaxed) as usize) {
        let fd = place.fd();
        if fd >= 0 {
            // The program may have closed it, and the number may be another file's.
            if place.identity().is_of(fd) {
                os::close(fd);
            }
            place.clear();
        }
    }
    // A kernel without MADV_WIPEONFORK has not zeroed it.
    if let Ok(page) = wiped() {
        page.process.store(0, Relaxed);
        page.forking.store(0, Relaxed);
        page.forks.store(0, Relaxed);
        page.waiting.store(0, Relaxed);
        release(page);
    }
}

/// Names the file that has the locks, to be reopened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LockFile<'a> {
    /// By its path, which may come to lead elsewhere.
    Name(&'a Path),
    /// By its name in a directory that is held open.
    In(&'a NamedFile),
    /// Through a descriptor of it. Errors name the path.
    Descriptor(BorrowedFd<'a>, &'a Path),
}

impl<'a> LockFile<'a> {
    fn path(&self) -> &'a Path {
        match *self {
            Self::Name(path) | Self::Descriptor(_, path) => path,
            Self::In(file) => file.path(),
        }
    }

    fn open(&self) -> Result<File> {
        match *self {
            Self::Name(path) => os::open(path, Open::ReadWrite, 0),
            Self::In(file) => file.open(Open::ReadWrite),
            Self::Descriptor(fd, path) => os::reopen(fd, Open::ReadWrite).map_err(|e| e.at(path)),
        }
    }

    /// Returns the file it leads to now.
    fn stat(&self) -> Result<Option<Stat>> {
        match *self {
            Self::Name(path) => os::stat_path(path),
            Self::In(file) => file.stat(),
            Self::Descriptor(fd, _) => os::stat_fd(fd.as_raw_fd()).map(Some),
        }
    }

    /// Returns [`ErrorKind::Superseded`] unless it leads to that file now.
    fn check(&self, expected: &Stat) -> Result<()> {
        match self.stat()? {
            Some(now) if now.is_same_file(expected) => Ok(()),
            Some(_) => Err(self.superseded("another file")),
            None => Err(self.superseded("no file")),
        }
    }

    fn superseded(&self, found: &'static str) -> Error {
        Error::new(ErrorKind::Superseded)
            .at(self.path())
            .expected_found("the file that was attached", found)
            .help("attach again")
    }
}

/// Owns a description that locks are taken through. Every child closes its copy.
#[derive(Debug)]
struct LockDescription {
    fd: RawFd,
    place: usize,
    guard: ForkGuard,
}

impl LockDescription {
    /// Opens the file that `source` leads to, if that still is the file `expected`.
    fn open(source: LockFile<'_>, expected: &Stat, guard: ForkGuard) -> Result<Self> {
        let opening = Opening::hold(wiped()?);
        let opened = source.open().and_then(|file| {
            let stat = os::stat(&file)?;
            let used = USED.load(Relaxed) as usize;
            let free = LISTED.iter().take(used + 1).position(|p| p.fd() < 0);
            let place = free.ok_or_else(|| {
                Error::new(ErrorKind::Unsupported).expected_found(
                    format!("roles in at most {MAX_LISTED} segments in one process"),
                    "one more",
                )
            })?;
            USED.store(used.max(place + 1) as u32, Relaxed);
            let held = Self { fd: file.as_raw_fd(), place, guard };
            let identity = Identity::mark(&file, &stat);
            LISTED[place].enter(file.into_raw_fd(), identity);
            Ok((held, stat))
        });
        drop(opening);
        let (held, stat) = opened.map_err(|e| match e.kind() {
            ErrorKind::NotFound => source.superseded("no file"),
            _ => e,
        })?;
        kill::point("role.opened");
        if stat.is_same_file(expected) { Ok(held) } else { Err(source.superseded("another file")) }
    }

    /// Returns [`ErrorKind::ClosedDescriptor`] once the program has closed it, which ends every
    /// role.
    fn check(&self) -> Result<()> {
        if LISTED[self.place].identity().has_mark(self.fd) { Ok(()) } else { Err(descriptor::lost()) }
    }

    /// Takes a lock, if `source` still leads to the file then.
    fn lock(&self, bytes: Bytes, source: LockFile<'_>, expected: &Stat) -> Result<()> {
        self.acquire(bytes)?;
        kill::point("role.locked");
        // The name may have moved between opening and locking.
        source.check(expected).inspect_err(|_| os::unlock(self.fd, bytes))
    }

    fn acquire(&self, bytes: Bytes) -> Result<()> {
        // The holder may be gone by the time of the query.
        for _ in 0..4 {
            if os::try_lock(self.fd, bytes)? {
                return Ok(());
            }
            if os::is_write_locked(self.fd, REPLACING)? {
                return Err(Error::new(ErrorKind::RoleHeld)
                    .expected_found("a free role", BEING_REPLACED)
                    .help("try again; attach again if the name leads elsewhere then"));
            }
            if os::is_write_locked(self.fd, bytes)? {
                return Err(held());
            }
        }
        Err(Error::new(ErrorKind::RoleHeld)
            .expected_found("a free byte", "a read lock that is no role")
            .help("another program has locked the segment file for reading: stop it"))
    }

    /// Releases a lock. Closing alone would leave the role to a copy in a process that is just
    /// being spawned.
    fn unlock(&self, bytes: Bytes) {
        if self.guard.holds() && self.check().is_ok() {
            os::unlock(self.fd, bytes);
            kill::point("role.unlocked");
        }
    }
}

fn held() -> Error {
    Error::new(ErrorKind::RoleHeld).help("stop its holder, or use another segment or lane")
}

impl Drop for LockDescription {
    fn drop(&mut self) {
        // In a child the descriptor is closed already, and its number may be another file's.
        if self.guard.holds()
            && let Ok(page) = wiped()
        {
            let _opening = Opening::hold(page);
            if LISTED[self.place].identity().is_of(self.fd) {
                os::close(self.fd);
            }
            LISTED[self.place].clear();
        }
    }
}

/// Holds locks through a description of their own, which excludes the roles of this process like
/// those of others.
#[derive(Debug)]
pub(crate) struct FileLock {
    held: LockDescription,
    bytes: Vec<Bytes>,
}

impl FileLock {
    /// Takes the locks on bytes of the file that `source` leads to, if that still is the file
    /// `expected`: all of them or none. Does not read the file.
    ///
    /// [`ErrorKind::RoleHeld`]: a live process has one. [`ErrorKind::Superseded`]: the name leads
    /// elsewhere.
    pub(crate) fn take(source: LockFile<'_>, expected: &Stat, bytes: &[Bytes]) -> Result<Self> {
        let held = LockDescription::open(source, expected, ForkGuard::new()?)?;
        let mut lock = Self { held, bytes: Vec::new() };
        for &bytes in bytes {
            lock.held.lock(bytes, source, expected).map_err(|e| e.at(source.path()))?;
            lock.bytes.push(bytes);
        }
        Ok(lock)
    }

    /// Takes the lock on every byte: all roles at once, and the right to replace the segment.
    pub(crate) fn take_all(source: LockFile<'_>, expected: &Stat) -> Result<Self> {
        Self::take(source, expected, &[Bytes::All])
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        for &bytes in &self.bytes {
            self.held.unlock(bytes);
        }
    }
}

/// Records the roles that this process holds through one attached segment.
#[derive(Debug)]
pub(crate) struct TakenRoles {
    guard: ForkGuard,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Open while there is a role.
    held: Option<LockDescription>,
    bytes: Vec<u64>,
}

impl TakenRoles {
    pub(crate) fn new(guard: ForkGuard) -> Self {
        Self { guard, taken: Mutex::default() }
    }

    /// Takes the lock on `byte` of the file that `source` leads to, if that still is the file
    /// `expected`.
    ///
    /// [`ErrorKind::RoleHeld`]: a live process has it. [`ErrorKind::Superseded`]: the name leads
    /// elsewhere. [`ErrorKind::ClosedDescriptor`]: this process has lost its roles.
    pub(crate) fn take(
        self: &Arc<Self>,
        source: LockFile<'_>,
        expected: &Stat,
        byte: u64,
    ) -> Result<RoleLock> {
        self.guard.check()?;
        let mut taken = self.taken.lock();
        let Taken { held, bytes } = &mut *taken;
        let result = match held {
            // Superseded comes before RoleHeld: there is nothing to wait for.
            Some(held) => held.check().and_then(|()| source.check(expected)).map(|()| &*held),
            None => LockDescription::open(source, expected, self.guard).map(|new| &*held.insert(new)),
        }
        .and_then(|held| {
            if bytes.contains(&byte) {
                return Err(self::held());
            }
            held.lock(Bytes::One(byte), source, expected)
        });
        match result {
            Ok(()) => bytes.push(byte),
            Err(e) => {
                if bytes.is_empty() {
                    *held = None;
                }
                return Err(e.at(source.path()));
            }
        }
        Ok(RoleLock { roles: self.clone(), byte, guard: self.guard })
    }

    /// Returns [`ErrorKind::ClosedDescriptor`] if the program has closed the descriptor of the
    /// roles, which has ended them.
    pub(crate) fn check(&self) -> Result<()> {
        // A child has no roles, and its mutex may be held for good, by a thread of the parent.
        if !self.guard.holds() {
            return Ok(());
        }
        self.taken.lock().held.as_ref().map_or(Ok(()), LockDescription::check)
    }
}

/// Tells a process from its forked children by one load of a word that reads 0 in a child.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForkGuard {
    word: &'static AtomicU32,
    process: u32,
}

impl ForkGuard {
    /// Makes the guard of this process.
    pub(crate) fn new() -> Result<Self> {
        // Inherited by children, so that each forked process gets a number of its own.
        static LAST_PROCESS: AtomicU32 = AtomicU32::new(0);
        // Inherited as well, with the handlers.
        static REGISTERED: AtomicU32 = AtomicU32::new(0);
        let page = wiped()?;
        let word = &page.process;
        let mut process = word.load(Relaxed);
        if process == 0 {
            let _opening = Opening::hold(page);
            if REGISTERED.load(Relaxed) == 0 {
                os::around_fork(before_fork, after_fork_in_parent, close_all_in_child)?;
                REGISTERED.store(1, Relaxed);
            }
            process = word.load(Relaxed);
            if process == 0 {
                process = LAST_PROCESS.fetch_add(1, Relaxed) + 1;
                word.store(process, Relaxed);
            }
        }
        Ok(Self { word, process })
    }

    /// Returns true in the process that made the guard.
    #[inline(always)]
    pub(crate) fn holds(&self) -> bool {
        self.word.load(Relaxed) == self.process
    }

    /// Returns [`ErrorKind::Forked`] in a child.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        if self.holds() { Ok(()) } else { Err(forked()) }
    }

    /// Returns the number of this process, or 0, in the upper half of a word: another one in a child.
    #[inline(always)]
    pub(crate) fn mark(&self) -> u64 {
        u64::from(self.word.load(Relaxed)) << 32
    }
}

#[cold]
pub(crate) fn forked() -> Error {
    Error::new(ErrorKind::Forked)
        .help("attach again in the child: a handle belongs to the process that opened it")
}

/// Holds the lock of one role.
#[derive(Debug)]
pub(crate) struct RoleLock {
    roles: Arc<TakenRoles>,
    byte: u64,
    guard: ForkGuard,
}

impl RoleLock {
    /// Returns [`ErrorKind::Forked`] in a child of the process that took the lock.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        self.guard.check()
    }

    /// Returns true unless [`RoleLock::check`] fails.
    #[inline(always)]
    pub(crate) fn is_held(&self) -> bool {
        self.guard.holds()
    }

    /// Fails as [`RoleLock::check`] does, and with [`ErrorKind::ClosedDescriptor`] if the program
    /// has closed the lock's descriptor. Asks the kernel.
    pub(crate) fn check_kept(&self) -> Result<()> {
        self.check()?;
        self.roles.check()
    }
}

impl Drop for RoleLock {
    fn drop(&mut self) {
        if !self.guard.holds() {
            return;
        }
        let mut taken = self.roles.taken.lock();
        taken.bytes.retain(|b| *b != self.byte);
        if let Some(held) = &taken.held {
            held.unlock(Bytes::One(self.byte));
        }
        if taken.bytes.is_empty() {
            taken.held = None;
        }
    }
}
