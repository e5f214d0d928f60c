// C header: base
//! Segments: made in one step, checked when attached, replaced but never changed in shape.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::PAGE;
use crate::contract::action::ActionSpace;
use crate::ring::cursors::Policy;
use crate::ring::state::Ring;
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::schema::canonical::{Fingerprint, Schema, first_difference, hex, mismatch_of};
use crate::segment::header;
use crate::segment::header::{Directory, Image, RingInfo, RingKind, SlotRows, Spec, encode};
use crate::sys::descriptor::Descriptor;
use crate::sys::folder::Folder;
use crate::sys::kill;
use crate::sys::limits;
use crate::sys::lock::{BEING_REPLACED, FileLock, ForkGuard, LockFile, REPLACING, RoleLock, Roles};
use crate::sys::map::{How, Map};
use crate::sys::os;
use crate::sys::os::{Bytes, Open, Stat};
use crate::sys::words::Shared;
use crate::sys::writable::{View, Writable};
use parking_lot::Mutex;
use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// The directory that segments live in unless told otherwise.
pub const DEFAULT_DIRECTORY: &str = "/dev/shm";
/// The environment variable that names another one.
pub const DIRECTORY_VARIABLE: &str = "LEYLINE_DIR";
/// What a segment's file name ends with.
pub const FILE_SUFFIX: &str = ".leyline";
/// Bytes of a segment's name, at most.
pub const MAX_NAME: usize = 64;

/// Longest wait for another process to finish replacing or removing a segment.
const REPLACEMENT: Duration = Duration::from_secs(1);

/// Who may have made the segment that is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Only this user, and nobody but the owner's group may be able to write the file.
    #[default]
    Owner,
    /// Anybody. What they write can be wrong without harming this process, and they can keep it waiting; but whoever may write
    /// the file may also truncate it, which ends a process that has it mapped with SIGBUS.
    Anyone,
}

/// What an attached segment may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reading, sleeping, and taking roles.
    #[default]
    ReadWrite,
    /// Reading only; the file is opened read-only. A waiting observer looks every millisecond instead of being woken.
    ReadOnly,
}

/// Whether the creator's handle takes the name away when it is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnClose {
    /// The segment stays, as after a death.
    #[default]
    Keep,
    /// The name is removed when the handle that created the segment is dropped, and with it the roles taken through it. Clones
    /// and observers continue without a name. The name stays if it leads to another segment by then, if another trainer holds a
    /// role, or if any process holds a role of a ring that is not part of a link. Controllers do not keep the name: they see
    /// [`Read::Superseded`](crate::Read).
    Unlink,
}

/// When the pages of the shared memory are entered in this process's page tables. Until then the first touch of each
/// costs a page fault, about half a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prefault {
    /// Those of a ring when a handle on it is opened: no page fault while records flow. A trainer's rings of reports, which
    /// are large and seldom used, as they are touched.
    #[default]
    Opened,
    /// Those of the whole segment when it is attached.
    Everything,
    /// Each when it is touched first: the quickest attach.
    WhenTouched,
}

/// What pages to ask the kernel for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pages {
    /// The processor's smallest.
    #[default]
    Usual,
    /// Huge ones, where the kernel gives them to files in memory: of a tmpfs that is mounted with `huge=advise` or more (`mount
    /// -o remount,huge=advise /dev/shm`); elsewhere it changes nothing. For rings of many megabytes, which then are opened in
    /// a fraction of a millisecond. Creator and attacher each ask for themselves.
    Huge,
}

/// Where and how to create or attach.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory; `None`: `LEYLINE_DIR`, or else `/dev/shm`.
    pub directory: Option<PathBuf>,
    /// The mode of a new segment's file, exact whatever the umask. Roles can only be taken by who may write the file.
    pub mode: u32,
    /// The group of a new segment's file, one of this process's own; `None`: as the directory gives it.
    pub group: Option<u32>,
    /// Whom to trust when attaching.
    pub trust: Trust,
    /// What for.
    pub access: Access,
    /// What a clean close of the creating handle does.
    pub on_close: OnClose,
    /// When page faults are taken.
    pub prefault: Prefault,
    /// What pages to ask for.
    pub pages: Pages,
    /// Longest wait for a role that is held: when opening a writer, consumer, trainer or controller, and for all roles when
    /// replacing or removing a segment. A killed process holds its roles until its memory is freed and its core is dumped,
    /// which can take seconds. Zero: do not wait.
    pub role_timeout: Duration,
    /// Shows this process's whole command line in its role pages, instead of the program's name. Every reader of the file can
    /// see it, also after the process has ended.
    pub command_line: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            directory: None,
            mode: 0o600,
            group: None,
            trust: Trust::default(),
            access: Access::default(),
            on_close: OnClose::default(),
            prefault: Prefault::default(),
            pages: Pages::default(),
            role_timeout: Duration::ZERO,
            command_line: false,
        }
    }
}

impl Options {
    /// In that directory.
    #[must_use]
    pub fn in_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Read-only.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// The members of a group may read a new segment: mode 0640. They attach with [`Trust::Anyone`] and
    /// [`Access::ReadOnly`], and can do no more than keep a free role from being taken.
    #[must_use]
    pub fn readable_by_group(mut self, group: u32) -> Self {
        (self.mode, self.group) = (0o640, Some(group));
        self
    }

    /// The name goes with the creating handle.
    #[must_use]
    pub fn unlink_on_close(mut self) -> Self {
        self.on_close = OnClose::Unlink;
        self
    }

    /// With page faults taken then.
    #[must_use]
    pub fn prefault(mut self, prefault: Prefault) -> Self {
        self.prefault = prefault;
        self
    }

    /// In such pages.
    #[must_use]
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Sets the longest wait for a role that is held.
    #[must_use]
    pub fn role_timeout(mut self, timeout: Duration) -> Self {
        self.role_timeout = timeout;
        self
    }

    /// Shows this process's whole command line to every reader of the file.
    #[must_use]
    pub fn show_command_line(mut self) -> Self {
        self.command_line = true;
        self
    }

    /// The path of a segment, absolute. Fails on a name that is none.
    pub fn path_of(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        let path = self.resolve_directory().join(format!("{name}{FILE_SUFFIX}"));
        Ok(std::path::absolute(&path).unwrap_or(path))
    }

    /// The directory that these options lead to: the one given, or `LEYLINE_DIR`, or `/dev/shm`.
    pub fn resolve_directory(&self) -> PathBuf {
        match &self.directory {
            Some(d) => d.clone(),
            None => std::env::var_os(DIRECTORY_VARIABLE)
                .filter(|d| !d.is_empty())
                .map_or_else(|| DEFAULT_DIRECTORY.into(), PathBuf::from),
        }
    }
}

/// Returns true if that may name a segment.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// [`ErrorKind::InvalidName`] for what may not.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidName).about(format!("{name:?}")).expected_found(
        format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -, not starting with a dot"),
        format!("{} bytes", name.len()),
    ))
}

/// How a segment came to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Under a name.
    Named,
    /// As a sealed descriptor.
    Sealed,
}

#[derive(Debug)]
struct Inner {
    /// Absolute, as it was when the segment was attached.
    path: PathBuf,
    /// Leads to its name; `None` for one without a name.
    folder: Option<Folder>,
    stat: Stat,
    /// Never for locking.
    file: Descriptor,
    map: Map,
    /// Maps the parts that this process may write; made with the first of them.
    view: Mutex<Option<Arc<View>>>,
    roles: Arc<Roles>,
    directory: Directory,
    access: Access,
    origin: Origin,
    prefault: Prefault,
    pages: Pages,
    role_timeout: Duration,
    command_line: bool,
    guard: ForkGuard,
    /// Removes the name when the last reference is dropped; unset if this handle did not create the segment.
    keeper: OnceLock<Weak<NameKeeper>>,
}

/// An attached segment. Cheap to clone; all clones and all handles made from it share one mapping, which is read-only.
///
/// It may be sent and shared between threads.
#[derive(Debug)]
pub struct Segment {
    inner: Arc<Inner>,
    keeper: Option<Arc<NameKeeper>>,
}

/// Clones never remove the name: see [`OnClose::Unlink`].
impl Clone for Segment {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), keeper: None }
    }
}

/// Removes a segment's name on drop, unless another process uses the segment. Shared by the creating handle and the roles taken
/// through it.
#[derive(Debug)]
struct NameKeeper(Segment);

impl Drop for NameKeeper {
    fn drop(&mut self) {
        // At the limit of open files the locks below get its number.
        if let Some(inner) = Arc::get_mut(&mut self.0.inner) {
            inner.file.close();
        }
        let inner = &self.0.inner;
        // While the locks are held, no process can take a role or move the name.
        if inner.guard.holds()
            && let Some(folder) = &inner.folder
            && let Ok(_locks) = patiently(Duration::ZERO, || self.0.bar_roles(Spare::Controllers))
        {
            kill::point("unlink.locked");
            let _ = remove_exactly(folder, &inner.stat);
            kill::point("unlink.done");
        }
    }
}

/// A role that this process holds.
#[derive(Debug)]
pub(crate) struct HeldRole {
    lock: RoleLock,
    /// Dropped after the lock: the removal of the name must find the role free.
    _keeper: Option<Arc<NameKeeper>>,
}

impl HeldRole {
    /// Returns [`ErrorKind::Forked`] in a child of the process that took the role.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        self.lock.check()
    }

    /// Fails as [`HeldRole::check`] does, and with [`ErrorKind::ClosedDescriptor`] if the program has closed the lock's
    /// descriptor. Asks the kernel.
    pub(crate) fn check_kept(&self) -> Result<()> {
        self.lock.check_kept()
    }
}

/// Roles that may stay held by other processes while all others are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spare {
    Nobody,
    /// The controllers' roles of every lane of a link.
    Controllers,
}

/// Bounds the retries for a name that other processes keep moving: 16 turns, and at least [`REPLACEMENT`].
pub(crate) struct Turns {
    left: u32,
    start: u64,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self { left: 16, start: os::monotonic_ns() }
    }
}

impl Iterator for Turns {
    type Item = ();
    fn next(&mut self) -> Option<()> {
        self.left = self.left.saturating_sub(1);
        let waited = Duration::from_nanos(os::monotonic_ns() - self.start);
        (self.left > 0 || waited < REPLACEMENT).then_some(())
    }
}

/// Retries a lock: up to [`REPLACEMENT`] while the segment is being replaced or removed, up to `timeout` while a role is held.
pub(crate) fn patiently<T>(timeout: Duration, mut lock: impl FnMut() -> Result<T>) -> Result<T> {
    let start = os::monotonic_ns();
    loop {
        let e = match lock() {
            Err(e) if e.kind() == ErrorKind::RoleHeld => e,
            result => return result,
        };
        let limit = if e.found() == BEING_REPLACED { timeout.max(REPLACEMENT) } else { timeout };
        let waited = Duration::from_nanos(os::monotonic_ns() - start);
        let Some(left) = limit.checked_sub(waited).filter(|t| !t.is_zero()) else { return Err(e) };
        std::thread::sleep(left.min(Duration::from_micros(50) + waited / 8).min(Duration::from_millis(10)));
    }
}

/// What [`Segment::open_or_create`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opened {
    /// There was none: it was made.
    Created,
    /// A compatible one was there.
    Attached,
    /// One was there that no trainer can go on in, because a device may still be writing it: it was replaced, as by
    /// [`Segment::recreate`].
    Recreated,
}

/// What [`Segment::recreate`] put an end to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Displaced {
    /// Whether there was a segment of that name.
    pub segments: u32,
    /// Records on its [`Policy::Keep`] rings that their consumers had not committed.
    pub uncommitted: u64,
}

impl Segment {
    /// Makes a segment; [`ErrorKind::AlreadyExists`] if the name is taken.
    pub fn create(name: &str, spec: &Spec, options: &Options) -> Result<Self> {
        let path = options.path_of(name)?;
        // Before the work, for the common case; the link below decides.
        if os::stat_path(&path).map_err(|e| explain(e, &path))?.is_some() {
            return Err(taken(&path));
        }
        make(&path, spec, options)
    }

    /// Attaches to a segment that is there.
    pub fn attach(name: &str, options: &Options) -> Result<Self> {
        let path = options.path_of(name)?;
        let how = if options.access == Access::ReadOnly { Open::ReadOnly } else { Open::ReadWrite };
        let file = os::open(&path, how, 0).map_err(|e| explain(e, &path))?;
        check_file(&path, &os::stat(&file)?, options)?;
        kill::point("attach.opened");
        Self::finish(file, path, options, Origin::Named)
    }

    /// Attaches as [`Segment::attach`] does, after waiting for the segment and its directory to appear: either side may start first.
    pub fn attach_waiting(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        struct Appearing<'a>(&'a str, &'a Options);
        impl Appearing<'_> {
            /// Returns `None` while there is no segment.
            fn look(&self) -> Option<Result<Segment>> {
                match Segment::attach(self.0, self.1) {
                    Err(e) if e.kind() == ErrorKind::NotFound => None,
                    // Wait only if nothing is there: a file in the directory's place is an error.
                    Err(e) if e.kind() == ErrorKind::NoDirectory && !self.1.resolve_directory().exists() => {
                        None
                    }
                    result => Some(result),
                }
            }
        }
        impl Awaited for Appearing<'_> {
            type Found = Result<Segment>;
            fn poll(&mut self) -> Option<Self::Found> {
                None
            }
            fn check(&mut self) -> Result<Option<Self::Found>> {
                Ok(self.look())
            }
            fn sleep(&mut self, timeout: Duration) -> Option<Self::Found> {
                std::thread::sleep(timeout);
                None
            }
        }
        let mut appearing = Appearing(name, options);
        if let Some(result) = appearing.look() {
            return result;
        }
        if let Some(result) = wait_for(&mut appearing, Wait::sleep(timeout))? {
            return result;
        }
        let timed_out = Error::new(ErrorKind::Timeout).at(options.path_of(name)?);
        let directory = options.resolve_directory();
        Err(if directory.exists() {
            timed_out
                .expected_found("a segment", format!("none in {timeout:?}"))
                .help("start the side that creates it, and check that both use the same directory")
        } else {
            timed_out
                .expected_found("a segment", format!("no directory {} in {timeout:?}", directory.display()))
                .help(format!("create it, or let {DIRECTORY_VARIABLE} name another"))
        })
    }

    /// Attaches if there is a compatible segment, or else makes one: what a restarting trainer does. A segment is
    /// compatible if it has all of the rings of `spec`, of the same meaning and shape (their capacity may differ), and
    /// the same action space. One whose observations were left to a device ([`ErrorKind::LeftToDevice`]) is replaced as by
    /// [`Segment::recreate`].
    pub fn open_or_create(name: &str, spec: &Spec, options: &Options) -> Result<(Self, Opened)> {
        // Each turn lost means that somebody else created or removed it in between.
        for () in Turns::new() {
            match Self::attach(name, options) {
                Ok(segment) => {
                    segment.check_compatible(spec)?;
                    if options.access == Access::ReadOnly || !segment.is_left_to_device()? {
                        return Ok((segment, Opened::Attached));
                    }
                    match segment.displace(spec, options)? {
                        Some((new, _)) => return Ok((new, Opened::Recreated)),
                        None => continue,
                    }
                }
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
            match Self::create(name, spec, options) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                result => return result.map(|s| (s, Opened::Created)),
            }
        }
        Err(moving(options.path_of(name)?))
    }

    /// Replaces the segment of that name, if there is one, by a new one in one step. Takes all of the old one's roles
    /// first: [`ErrorKind::RoleHeld`] if anybody lives there, and then nothing has changed. Whoever still is attached
    /// to the old one learns that it is superseded.
    ///
    /// Where the observations were left to a device ([`ErrorKind::LeftToDevice`]), the roles of controllers may be held:
    /// they wait for a trainer that cannot come, and shall learn that they have to attach again.
    pub fn recreate(name: &str, spec: &Spec, options: &Options) -> Result<(Self, Displaced)> {
        let path = options.path_of(name)?;
        // Whoever replaces a segment after a death takes away what the dead one left of its own replacing.
        let _ = Self::remove_debris(options);
        for () in Turns::new() {
            let old = match Self::attach(name, &Options { access: Access::ReadWrite, ..options.clone() }) {
                Ok(old) => old,
                Err(e) if e.kind() == ErrorKind::NotFound => match Self::create(name, spec, options) {
                    Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                    result => return result.map(|s| (s, Displaced::default())),
                },
                Err(e) => return Err(e),
            };
            if let Some(done) = old.displace(spec, options)? {
                return Ok(done);
            }
        }
        Err(Error::new(ErrorKind::Superseded).at(path).help("somebody else keeps replacing this segment"))
    }

    /// Swaps this segment for a new one. `None`: the name leads elsewhere already.
    fn displace(&self, spec: &Spec, options: &Options) -> Result<Option<(Self, Displaced)>> {
        let path = &self.inner.path;
        let take = || match self.bar_roles(Spare::Nobody) {
            Err(e) if e.kind() == ErrorKind::RoleHeld && self.is_left_to_device()? => {
                self.bar_roles(Spare::Controllers)
            }
            result => result,
        };
        let _locks = match patiently(options.role_timeout, take) {
            Ok(locks) => locks,
            Err(e) if e.kind() == ErrorKind::Superseded => return Ok(None),
            Err(e) => return Err(e),
        };
        kill::point("recreate.locked");
        let uncommitted = self.uncommitted();
        let aside = Aside::make(path, spec, options)?;
        kill::point("recreate.aside");
        let swapped = self.swap(&aside.name.0);
        kill::point("recreate.checked");
        let new = aside.finished();
        kill::point("recreate.unlinked");
        if !swapped? {
            return Ok(None);
        }
        Ok(Some((new.keep_name(options.on_close), Displaced { segments: 1, uncommitted })))
    }

    /// Swaps the names of this segment and of another file. The caller holds all role locks. Returns false, without a change, if
    /// the name leads to another file.
    fn swap(&self, aside: &Path) -> Result<bool> {
        let Inner { path, stat, .. } = &*self.inner;
        // Only the file whose roles are locked may be replaced.
        let leads_here =
            |name: &Path| -> Result<bool> { Ok(os::stat_path(name)?.is_some_and(|s| s.is_same_file(stat))) };
        match os::exchange(aside, path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            // RENAME_EXCHANGE is unsupported or refused. Between the check and the rename only a process that ignores the locks can
            // move the name.
            Err(_) => {
                let leads = leads_here(path)?;
                if leads {
                    os::rename(aside, path).map_err(|e| {
                        e.help("renameat2 and rename are both refused: allow one of them, or remove the segment first")
                    })?;
                }
                return Ok(leads);
            }
        }
        kill::point("recreate.exchanged");
        if leads_here(aside)? {
            return Ok(true);
        }
        match os::exchange(aside, path) {
            // The new file lost the name meanwhile; the file aside belongs to another process.
            Err(e) if e.kind() == ErrorKind::NotFound => put_back(aside, path),
            result => result,
        }
        .map(|()| false)
    }

    /// Locks every role and byte 0 in one step. If a role is held, locks all but the spared ones, one by one.
    fn bar_roles(&self, spare: Spare) -> Result<FileLock> {
        let (source, stat) = (self.inner.source()?, &self.inner.stat);
        match FileLock::take_all(source, stat) {
            Err(e)
                if spare == Spare::Controllers
                    && e.kind() == ErrorKind::RoleHeld
                    && e.found() != BEING_REPLACED =>
            {
                let mut bytes = vec![REPLACING];
                for ring in self.rings() {
                    let writes = matches!(ring.kind, RingKind::Decisions | RingKind::Commands);
                    let reads = ring.kind == RingKind::Outcomes;
                    let roles = usize::from(writes)..1 + if reads { 0 } else { ring.consumers };
                    for role in roles {
                        bytes.push(Bytes::Barred(self.role_page(ring.place.first_role + role) as u64));
                    }
                }
                FileLock::take(source, &self.inner.stat, &bytes)
            }
            result => result,
        }
    }

    /// Returns true if no trainer can continue here: the writer of the observations ended while a device could write them.
    fn is_left_to_device(&self) -> Result<bool> {
        for ring in self.rings().iter().filter(|r| r.kind == RingKind::Observations) {
            let marked = || self.ring_words(ring).device_generation() != 0;
            // Looked at again behind the lock: who held it may just have taken the ring back.
            if marked() && !self.is_held(ring.place.first_role)? && marked() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// [`ErrorKind::LeftToDevice`]. Only by who has just taken the role of the ring's writer.
    pub(crate) fn check_not_left_to_device(&self, ring: &RingInfo) -> Result<()> {
        let generation = self.ring_words(ring).device_generation();
        if generation == 0 {
            return Ok(());
        }
        Err(Error::new(ErrorKind::LeftToDevice)
            .about(format!("ring \"{}\"", ring.name))
            .at(&self.inner.path)
            .expected_found(
                "a ring that nobody writes",
                format!("one that generation {generation} handed over"),
            )
            .help("make the segment anew: recreate, or open_or_create for a link's trainer"))
    }

    /// Takes a segment's name away, and asks nobody: see [`Segment::remove_unused`]. Whoever is attached goes on and learns
    /// that it is superseded. Nothing of that name is no error. Waits at most a second for a process that is
    /// replacing or removing it.
    pub fn unlink(name: &str, options: &Options) -> Result<()> {
        let path = options.path_of(name)?;
        for () in Turns::new() {
            let found = os::stat_path(&path).map_err(|e| explain(e, &path))?;
            let Some(stat) = found else { return Ok(()) };
            if !stat.is_regular() {
                return os::unlink(&path);
            }
            // Without write permission, or if the lock is never released, the name is removed without the lock.
            let take = || FileLock::take(LockFile::Name(&path), &stat, &[REPLACING]);
            let locked = patiently(Duration::ZERO, take);
            if matches!(&locked, Err(e) if e.kind() == ErrorKind::Superseded) {
                continue;
            }
            if remove_exactly(&Folder::of(&path)?, &stat)? {
                return Ok(());
            }
        }
        Err(moving(path))
    }

    pub(crate) fn finish(file: File, path: PathBuf, options: &Options, origin: Origin) -> Result<Self> {
        let folder = match origin {
            Origin::Sealed => None,
            Origin::Named => Some(Folder::of(&path)?),
        };
        let Options { access, prefault, pages, role_timeout, command_line, .. } = *options;
        let guard = ForkGuard::new()?;
        let stat = os::stat(&file)?;
        let directory = header::read(&file, &stat).map_err(|e| e.at(&path))?;
        kill::point("attach.read");
        let map = Map::read_only(&file, directory.size, how(&stat, prefault == Prefault::Everything, pages))
            .map_err(|e| limits::explain_map(e, directory.size).at(&path))?;
        kill::point("attach.mapped");
        // The description of what was handed over may be the sender's too.
        let file =
            if folder.is_some() { Descriptor::own(file, &stat) } else { Descriptor::shared(file, &stat) };
        let inner = Arc::new(Inner {
            path,
            folder,
            stat,
            file,
            map,
            view: Mutex::default(),
            roles: Arc::new(Roles::new(guard)),
            directory,
            access,
            origin,
            prefault,
            pages,
            role_timeout,
            command_line,
            guard,
            keeper: OnceLock::new(),
        });
        Ok(Self { inner, keeper: None })
    }

    /// Makes this handle remove the name on drop, if `on_close` says so. Only for the creator of the segment.
    fn keep_name(mut self, on_close: OnClose) -> Self {
        if on_close == OnClose::Unlink {
            let keeper = Arc::new(NameKeeper(self.clone()));
            let _ = self.inner.keeper.set(Arc::downgrade(&keeper));
            self.keeper = Some(keeper);
        }
        self
    }

    /// Removes the name of a segment that this process has just created and cannot use, unless another process uses it.
    pub(crate) fn abandon(self) {
        if self.keeper.is_none() {
            drop(NameKeeper(self));
        }
    }

    /// The segment's file; of one without a name, `memfd:` and what it was called when it was made.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Random; another one for each segment ever made.
    pub fn id(&self) -> [u8; 16] {
        self.inner.directory.id
    }

    /// Bytes of the segment.
    pub fn size(&self) -> usize {
        self.inner.directory.size
    }

    /// Where this process has it mapped, read-only, page-aligned, valid as long as this handle or a clone of it lives: for
    /// what maps it onwards, such as a GPU's driver. Other processes write there. Whoever reads it through this pointer reads
    /// atomically and validates, or is outside every guarantee.
    pub fn pages(&self) -> *const [u8] {
        let map = &self.inner.map;
        std::ptr::slice_from_raw_parts(map.base().as_ptr(), map.len())
    }

    /// When it was made, nanoseconds since the Unix epoch.
    pub fn created_unix_ns(&self) -> i64 {
        self.inner.directory.created_unix_ns
    }

    /// Its rings.
    pub fn rings(&self) -> &[RingInfo] {
        &self.inner.directory.rings
    }

    /// Its action space, if it has one.
    pub fn actions(&self) -> Option<&ActionSpace> {
        self.inner.directory.actions.as_ref()
    }

    /// Whether the name still leads to this segment. Always so for a segment without a name: nothing can replace it.
    pub fn is_current(&self) -> Result<bool> {
        let Some(folder) = &self.inner.folder else { return Ok(true) };
        folder.leads_to(&self.inner.stat)
    }

    /// A ring by its name.
    pub fn ring(&self, name: &str) -> Result<&RingInfo> {
        self.rings().iter().find(|r| r.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.rings().iter().map(|r| r.name.as_str()).collect();
            Error::new(ErrorKind::NoSuchRing)
                .at(&self.inner.path)
                .expected_found(format!("a ring \"{name}\""), names.join(", "))
        })
    }

    /// Returns a ring by its name, if it carries that record, in slots of so many rows.
    pub(crate) fn ring_of(&self, name: &str, schema: &Schema, rows: SlotRows) -> Result<&RingInfo> {
        let ring = self.ring(name)?;
        check_schema(schema, &ring.fingerprint, &ring.schema)
            .map_err(|e| e.about(format!("ring \"{name}\"")).at(&self.inner.path))?;
        // The fingerprint is a claim of the file's; the copies rely on the size.
        if ring.record_size != schema.size() {
            return Err(Error::new(ErrorKind::Corrupt)
                .about(format!("record size of ring \"{name}\""))
                .at(&self.inner.path)
                .expected_found(schema.size().to_string(), ring.record_size.to_string()));
        }
        rows.check(ring)?;
        Ok(ring)
    }

    fn check_compatible(&self, spec: &Spec) -> Result<()> {
        for wanted in &spec.rings {
            let name = wanted.name.to_string();
            let found = self.ring_of(&name, &wanted.schema, SlotRows::Any)?;
            let shape = |rows: u64, consumers: u64, policy, time, kind, lane| {
                format!("{rows} rows, {consumers} consumers, {policy:?}, {time:?}, {kind:?}, lane {lane}")
            };
            let a = shape(
                wanted.rows.into(),
                wanted.consumers.into(),
                wanted.policy,
                wanted.time_source,
                wanted.kind,
                wanted.lane,
            );
            let b = shape(
                found.rows as u64,
                found.consumers as u64,
                found.policy,
                found.time_source,
                found.kind,
                found.lane,
            );
            if a != b {
                return Err(Error::new(ErrorKind::SchemaMismatch)
                    .about(format!("ring \"{name}\""))
                    .at(&self.inner.path)
                    .expected_found(a, b)
                    .help("recreate the segment, or open it as it is"));
            }
        }
        self.check_actions(spec.actions.as_ref())
    }

    /// Fails if an action space is given and the segment has another one, or none.
    pub fn check_actions(&self, wanted: Option<&ActionSpace>) -> Result<()> {
        let Some(wanted) = wanted else { return Ok(()) };
        let found = self.actions().map_or("", ActionSpace::canonical);
        if self.actions().is_some_and(|a| a.fingerprint() == wanted.fingerprint()) {
            return Ok(());
        }
        let (expected, found) = first_difference(wanted.canonical(), found);
        Err(Error::new(ErrorKind::ActionSpaceMismatch)
            .at(&self.inner.path)
            .expected_found(expected.to_owned(), found.to_owned())
            .help("build both sides from the same blueprints"))
    }

    /// Whether it is a segment without a name, of a length that nobody can change: see [`Segment::create_memfd`].
    pub fn is_sealed(&self) -> bool {
        self.inner.origin == Origin::Sealed
    }

    /// Takes a role.
    pub(crate) fn take_role(&self, role: usize) -> Result<HeldRole> {
        let keeper = self.inner.keeper.get().and_then(Weak::upgrade);
        let byte = self.role_page(role) as u64;
        let take = || self.inner.roles.take(self.inner.source()?, &self.inner.stat, byte);
        Ok(HeldRole { lock: patiently(self.inner.role_timeout, take)?, _keeper: keeper })
    }

    /// Returns where the segment's name is; `None` for one without a name.
    pub(crate) fn folder(&self) -> Option<&Folder> {
        self.inner.folder.as_ref()
    }

    /// Returns true if roles taken through this handle show the whole command line.
    pub(crate) fn shows_command_line(&self) -> bool {
        self.inner.command_line
    }

    /// The file, never for locking. [`ErrorKind::ClosedDescriptor`].
    pub(crate) fn file(&self) -> Result<BorrowedFd<'_>> {
        self.inner.file()
    }

    pub(crate) fn access(&self) -> Access {
        self.inner.access
    }

    /// Fails on a read-only segment, and in a forked child.
    pub(crate) fn check_writable(&self) -> Result<()> {
        self.inner.guard.check()?;
        if self.inner.access == Access::ReadWrite {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ReadOnly)
            .at(&self.inner.path)
            .help("attach with read-write access to take a role"))
    }

    /// Returns true if a live process holds the role, according to the kernel. A process that replaces the segment does not count.
    /// [`ErrorKind::ClosedDescriptor`]: the kernel cannot be asked any more, or this process has lost roles of its own.
    pub(crate) fn is_held(&self, role: usize) -> Result<bool> {
        self.inner.roles.check().map_err(|e| e.at(&self.inner.path))?;
        os::is_role_locked(self.file()?.as_raw_fd(), self.role_page(role) as u64)
    }

    pub(crate) fn role_page(&self, role: usize) -> usize {
        self.inner.directory.roles + role * PAGE
    }

    /// A range of the read-only mapping.
    pub(crate) fn shared(&self, at: usize, len: usize) -> Shared {
        Shared::of(&self.inner.map, at, len)
    }

    /// Lets this process write a range until what is returned is dropped, its pages entered when `touch` says and the
    /// options have nothing against it.
    pub(crate) fn writable(&self, at: usize, len: usize, touch: Touch) -> Result<Writable> {
        self.check_writable()?;
        let Inner { path, stat, pages, view, directory, guard, .. } = &*self.inner;
        let how = how(stat, self.wants_pages(touch), *pages);
        let mut view = view.lock();
        let made = if let Some(made) = &mut *view {
            made
        } else {
            let made = View::of(self.file()?, directory.size, how, *guard)
                .map_err(|e| limits::explain_map(e, directory.size).at(path))?;
            view.insert(Arc::new(made))
        };
        made.open(at, len, how).map_err(|e| limits::explain_map(e, len).at(path))
    }

    fn wants_pages(&self, touch: Touch) -> bool {
        match self.inner.prefault {
            Prefault::Opened => touch == Touch::Often,
            Prefault::Everything => true,
            Prefault::WhenTouched => false,
        }
    }

    /// Enters a ring's pages for reading, if this is when.
    pub(crate) fn prefault(&self, ring: &RingInfo) {
        let Inner { map, stat, pages, prefault, .. } = &*self.inner;
        if *prefault == Prefault::Opened && how(stat, true, *pages).at_once {
            map.enter(ring.place.control, PAGE);
            map.enter(ring.place.data, ring.place.data_len);
        }
    }

    /// The waiter words, to be written; `None` on a read-only segment.
    pub(crate) fn waiters(&self) -> Result<Option<Writable>> {
        let d = &self.inner.directory;
        match self.inner.access {
            Access::ReadOnly => Ok(None),
            Access::ReadWrite => self.writable(d.waiters, d.waiters_len, Touch::Often).map(Some),
        }
    }

    /// Where a ring's waiter word is within the waiter pages.
    pub(crate) fn waiter_at(&self, ring: &RingInfo) -> usize {
        ring.place.waiter - self.inner.directory.waiters
    }

    /// A ring's words for reading.
    pub(crate) fn ring_words(&self, info: &RingInfo) -> Ring<Shared> {
        let p = &info.place;
        Ring {
            control: self.shared(p.control, PAGE),
            data: self.shared(p.data, p.data_len),
            capacity: info.capacity,
            stride: p.stride,
            first_sequence: p.first_sequence,
        }
    }

    /// Records on keep rings that their slowest consumer has not committed.
    pub(crate) fn uncommitted(&self) -> u64 {
        let mut total = 0u64;
        for info in self.rings().iter().filter(|r| r.policy == Policy::Keep) {
            let ring = self.ring_words(info);
            let behind = (0..info.consumers).map(|k| {
                let page = self.shared(info.place.cursors + k * PAGE, PAGE);
                let (next, _) = crate::ring::cursors::consumer_start(&ring, &page, k);
                (ring.newest() + 1).saturating_sub(next)
            });
            total = total.saturating_add(behind.max().unwrap_or(0));
        }
        total
    }
}

impl Inner {
    /// The file; [`ErrorKind::ClosedDescriptor`] once the program has closed it.
    fn file(&self) -> Result<BorrowedFd<'_>> {
        self.file.get().map_err(|e| e.at(&self.path))
    }

    fn source(&self) -> Result<LockFile<'_>> {
        match &self.folder {
            None => Ok(LockFile::Descriptor(self.file()?, &self.path)),
            Some(folder) => Ok(LockFile::In(folder)),
        }
    }
}

/// How often the pages of a mapping will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Often,
    Seldom,
}

/// A segment has all of its pages. A file that claims more than it has is not given them by being looked at.
fn how(stat: &Stat, at_once: bool, pages: Pages) -> How {
    How { at_once: at_once && stat.allocated >= stat.size, huge: pages == Pages::Huge }
}

fn taken(path: &Path) -> Error {
    Error::new(ErrorKind::AlreadyExists)
        .at(path)
        .help("attach to it, open_or_create, recreate, or remove the file if nobody uses it")
}

/// The error for a name that other processes keep moving.
pub(crate) fn moving(path: PathBuf) -> Error {
    Error::new(ErrorKind::Superseded)
        .at(path)
        .expected_found("a segment that stays", "one that comes and goes")
        .help("two programs create and remove the same name; give them different names")
}

/// Removes a name if it leads to exactly this file. Returns false, with the name in place, if it leads to another file.
pub(crate) fn remove_exactly(folder: &Folder, stat: &Stat) -> Result<bool> {
    folder.remove_exactly(stat, &CString::new(hidden_name(ASIDE)?).unwrap_or_default())
}

/// Gives a file its name back. If the name is taken by now, the file is superseded and is removed.
fn put_back(aside: &Path, path: &Path) -> Result<()> {
    match os::rename_to_free(aside, path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => os::unlink(aside),
        result => result,
    }
}

pub(crate) fn explain(e: Error, path: &Path) -> Error {
    if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NoDirectory) {
        return e;
    }
    match path.parent() {
        Some(directory) if !directory.is_dir() => no_directory(directory),
        _ => Error::new(ErrorKind::NotFound)
            .at(path)
            .help("start the side that creates it, and check that both use the same directory"),
    }
}

pub(crate) fn no_directory(directory: &Path) -> Error {
    Error::new(ErrorKind::NoDirectory)
        .at(directory)
        .help(format!("create it, or let {DIRECTORY_VARIABLE} name another"))
}

pub(crate) fn check_file(path: &Path, stat: &Stat, options: &Options) -> Result<()> {
    if !stat.is_regular() {
        return Err(Error::new(ErrorKind::NotRegularFile)
            .at(path)
            .expected_found("a regular file", format!("mode {:o}", stat.mode)));
    }
    if options.trust == Trust::Owner {
        if stat.owner != os::user() {
            return Err(Error::new(ErrorKind::ForeignOwner)
                .at(path)
                .expected_found(format!("user {}", os::user()), format!("user {}", stat.owner))
                .help("attach with Trust::Anyone if that is meant"));
        }
        if stat.mode & 0o002 != 0 {
            return Err(Error::new(ErrorKind::InsecureMode)
                .at(path)
                .expected_found("a file that others may not write", format!("mode {:o}", stat.mode & 0o7777))
                .help("chmod o-w, or attach with Trust::Anyone if that is meant"));
        }
    }
    Ok(())
}

/// [`ErrorKind::SchemaMismatch`] with the first line that differs, if the fingerprints do.
fn check_schema(wanted: &Schema, fingerprint: &Fingerprint, text: &str) -> Result<()> {
    if wanted.fingerprint() == *fingerprint {
        return Ok(());
    }
    Err(mismatch_of(wanted, fingerprint, text))
}

/// Ends the hidden name of a file that is not ready.
const UNFINISHED: &str = ".tmp";
/// Ends the hidden name of a file that is to be swapped with a segment, or was.
const ASIDE: &str = ".new";

/// A hidden name that no other process knows.
fn hidden_name(suffix: &str) -> Result<String> {
    Ok(format!(".{}{suffix}", hex(&os::random()?)))
}

/// Returns true if a file name is one that [`hidden_name`] makes.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    let inner = name.strip_prefix('.').and_then(|n| n.strip_suffix(UNFINISHED).or(n.strip_suffix(ASIDE)));
    inner
        .is_some_and(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

/// Gives a new file its group and mode, allocates all of it, and writes a segment into it. Errors name `place`.
pub(crate) fn fill(file: &File, place: &Path, image: Image, mode: u32, options: &Options) -> Result<()> {
    let (bytes, size, cursors) = image;
    if let Some(group) = options.group {
        os::set_group(file, group).map_err(|e| {
            e.at(place).about(format!("group {group}")).help("name a group of this process's own")
        })?;
    }
    os::set_mode(file, mode).map_err(|e| e.at(place))?;
    limits::check(file, size).map_err(|e| e.at(place))?;
    if options.pages == Pages::Huge {
        file.set_len(size).map_err(|e| os::failed(e, "ftruncate").at(place))?;
        Map::allocate_huge(file, size as usize).map_err(|e| e.at(place))?;
    }
    os::allocate(file, size).map_err(|e| match e.kind() {
        ErrorKind::NoSpace => no_room(e, file, place, size),
        _ => e.at(place),
    })?;
    kill::point("build.allocated");
    let write =
        |bytes: &[u8], at: u64| file.write_all_at(bytes, at).map_err(|e| os::failed(e, "write").at(place));
    write(&bytes, 0)?;
    kill::point("build.header");
    for (at, committed) in cursors {
        write(&committed.to_ne_bytes(), at)?;
    }
    kill::point("build.cursors");
    Ok(())
}

/// Adds the free space to an error, and the space that unused segments take.
fn no_room(e: Error, file: &File, place: &Path, size: u64) -> Error {
    // Pages that are allocated so far will be freed.
    let own = os::stat(file).map_or(0, |stat| stat.allocated);
    let free = os::room(file).map_or(own, |room| room.free.saturating_add(own));
    e.at(place).expected_found(format!("{size} bytes"), format!("{free} bytes free")).help(make_room(place))
}

/// Explains that a file system has no room for one more file, however small.
fn no_inode(e: Error, directory: &Path) -> Error {
    const ELSE: &str = "give the file system more inodes (tmpfs: mount with nr_inodes=)";
    e.at(directory).expected_found("room for one more file", "no inode left").help(match unused(directory) {
        (0, _) => format!("remove files, or {ELSE}"),
        unused => format!("{}; or {ELSE}", removable(unused)),
    })
}

/// Returns advice on how to free space in a directory.
fn make_room(directory: &Path) -> String {
    match unused(directory) {
        (0, _) => "make room, or use smaller rings".to_owned(),
        unused => format!("{}; or use smaller rings", removable(unused)),
    }
}

/// Says how many unused segments there are, and how to remove them.
fn removable((count, bytes): (u64, u64)) -> String {
    format!(
        "{count} unused segments take {bytes} bytes there: list them with leyline ls, remove them with leyline rm --unused"
    )
}

/// Counts the files, and their bytes, that `leyline rm --unused` could remove from a directory.
fn unused(directory: &Path) -> (u64, u64) {
    let (mut count, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        let is_ours = name.strip_suffix(FILE_SUFFIX).is_some_and(is_name) || is_hidden_name(name);
        if !is_ours {
            continue;
        }
        let Ok(file) = os::open(&path, Open::ReadOnly, 0) else { continue };
        let Ok(stat) = os::stat(&file) else { continue };
        if check_file(&path, &stat, &Options::default()).is_ok()
            && !os::is_locked_anywhere(&file).unwrap_or(true)
        {
            (count, bytes) = (count + 1, bytes + stat.allocated);
        }
    }
    (count, bytes)
}

/// A name that goes away.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = os::unlink(&self.0);
    }
}

/// Creates a segment under a name; [`ErrorKind::AlreadyExists`] if it is taken. Maps the segment before linking it: a failure
/// leaves nothing behind.
fn make(path: &Path, spec: &Spec, options: &Options) -> Result<Segment> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let named = |linked: Result<()>, segment: Segment| {
        kill::point("link.linked");
        match linked {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
            result => result.map(|()| segment.keep_name(options.on_close)),
        }
    };
    if let Some(file) = build_unnamed(directory, spec, options)? {
        let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
        match os::link_open_file(segment.file()?, path) {
            // No /proc and no privilege for AT_EMPTY_PATH, or linkat is refused: use a file with a name.
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {}
            linked => return named(linked, segment),
        }
    }
    let aside = Aside::build(path, spec, options)?;
    named(os::rename_to_free(&aside.name.0, path), aside.finished())
}

/// Builds a complete segment in an unnamed file. `None`: O_TMPFILE is unsupported or refused.
fn build_unnamed(directory: &Path, spec: &Spec, options: &Options) -> Result<Option<File>> {
    let image = encode(spec)?;
    let file = match os::open(directory, Open::Unnamed, options.mode) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound || e.kind() == ErrorKind::NoDirectory => {
            return Err(no_directory(directory));
        }
        // The errno differs between file systems and filters. Any other problem will show again with a named file.
        Err(_) => return Ok(None),
    };
    kill::point("build.opened");
    fill(&file, directory, image, options.mode, options)?;
    Ok(Some(file))
}

/// A complete segment under a hidden name. Its byte 0 is locked, so that it does not count as debris.
struct Aside {
    segment: Segment,
    name: Temporary,
}

impl Aside {
    /// Builds a segment to be swapped in at `path`.
    fn make(path: &Path, spec: &Spec, options: &Options) -> Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        if let Some(file) = build_unnamed(directory, spec, options)? {
            let name = directory.join(hidden_name(ASIDE)?);
            // Cannot fail: no other process knows the file yet.
            os::try_lock(file.as_raw_fd(), REPLACING)?;
            let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
            if os::link_open_file(segment.file()?, &name).is_ok() {
                return Ok(Self { segment, name: Temporary(name) });
            }
        }
        Self::build(path, spec, options)
    }

    /// Builds a segment in a file with a hidden name, to be moved to `path`.
    fn build(path: &Path, spec: &Spec, options: &Options) -> Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let image = encode(spec)?;
        for () in Turns::new() {
            let name = Temporary(directory.join(hidden_name(UNFINISHED)?));
            let file = os::open(&name.0, Open::New, options.mode).map_err(|e| match e.kind() {
                ErrorKind::NotFound | ErrorKind::NoDirectory => no_directory(directory),
                ErrorKind::NoSpace => no_inode(e, directory),
                _ => e.at(directory),
            })?;
            let locked = os::try_lock(file.as_raw_fd(), REPLACING)?;
            // Somebody may have cleared it away before it was locked.
            let stat = os::stat(&file)?;
            if locked && os::stat_path(&name.0)?.is_some_and(|s| s.is_same_file(&stat)) {
                fill(&file, directory, image, options.mode, options)?;
                let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
                return Ok(Self { segment, name });
            }
        }
        Err(Error::new(ErrorKind::Superseded)
            .at(directory)
            .help("somebody keeps removing files that are just being made"))
    }

    /// Removes what is left under the hidden name, then unlocks byte 0.
    fn finished(self) -> Segment {
        drop(self.name);
        if let Ok(file) = self.segment.file() {
            os::unlock(file.as_raw_fd(), REPLACING);
        }
        self.segment
    }
}
