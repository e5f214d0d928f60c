//! Attached segments: the mapping, the rings, and the pages that this process may write.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::PAGE;
use crate::ring::canceller::Canceller;
use crate::ring::{cursors::Policy, state::Ring};
use crate::schema::canonical::{Fingerprint, Schema, first_difference, mismatch_of};
use crate::segment::header::{Directory, RingInfo, SlotRows};
use crate::segment::options::{Access, OnClose, Options, Pages, Prefault};
use crate::segment::{header, name::remove_exactly, retry::patiently};
use crate::sys::atomic::{AtomicBool, Relaxed};
use crate::sys::lock::{ForkGuard, LockFile, TakenRoles};
use crate::sys::map::{How, Map};
use crate::sys::protected_map::{ProtectedMap, WritablePart};
use crate::sys::{
    descriptor::Descriptor, kill, named_file::NamedFile, os, os::Stat, resource_limits, words::Shared,
};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::{fs::File, os::fd::BorrowedFd, time::Duration};

/// Tells how a segment came to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By its name.
    Named,
    /// A sealed descriptor.
    Sealed,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// Absolute path at the time of attaching.
    pub(super) path: PathBuf,
    /// Finds the file by its name; `None` for a segment without a name.
    pub(super) name: Option<NamedFile>,
    pub(super) stat: Stat,
    /// Never used for locking.
    pub(super) file: Descriptor,
    pub(super) map: Map,
    /// Maps the parts that this process may write. Made with the first of them.
    pub(super) view: Mutex<Option<Arc<ProtectedMap>>>,
    pub(super) roles: Arc<TakenRoles>,
    pub(super) directory: Directory,
    pub(super) access: Access,
    pub(super) origin: Origin,
    pub(super) prefault: Prefault,
    pub(super) pages: Pages,
    pub(super) role_timeout: Duration,
    pub(super) canceller: Option<Canceller>,
    pub(super) command_line: bool,
    pub(super) guard: ForkGuard,
    /// Removes the name when the last reference is dropped; unset if this handle did not create the
    /// segment.
    pub(super) keeper: OnceLock<Weak<NameKeeper>>,
    /// Set once a role has failed: the name stays.
    is_evidence: AtomicBool,
}

/// Tells where the name of an attached segment leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameState {
    /// To this segment.
    Current,
    /// Nowhere: the file was removed. Its users go on, and no process can attach or take a role.
    Unlinked,
    /// To another segment, which new users attach to. This one is superseded.
    Replaced,
}

/// Represents an attached segment. Clones are cheap: they and all handles made from them share one
/// read-only mapping.
///
/// A segment may be sent to other threads and shared between them.
#[derive(Debug)]
pub struct Segment {
    pub(super) inner: Arc<Inner>,
    keeper: Option<Arc<NameKeeper>>,
}

/// Clones never remove the name: see [`OnClose::Unlink`].
impl Clone for Segment {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), keeper: None }
    }
}

/// Removes a segment's name on drop, unless another process uses the segment. Shared by the
/// creating handle and the roles taken through it.
#[derive(Debug)]
pub(super) struct NameKeeper(Segment);

impl Drop for NameKeeper {
    fn drop(&mut self) {
        // At the limit of open files the locks below get its number.
        if let Some(inner) = Arc::get_mut(&mut self.0.inner) {
            inner.file.close();
        }
        let inner = &self.0.inner;
        // While the locks are held, no process can take a role or move the name.
        if inner.guard.holds()
            && !inner.is_evidence.load(Relaxed)
            && let Some(name) = &inner.name
            && let Ok(_locks) = patiently(Duration::ZERO, None, || self.0.lock_roles_of_creator())
        {
            kill::point("unlink.locked");
            let _ = remove_exactly(name, &inner.stat);
            kill::point("unlink.done");
        }
    }
}

impl Segment {
    pub(crate) fn finish(file: File, path: PathBuf, options: &Options, origin: Origin) -> Result<Self> {
        let name = match origin {
            Origin::Sealed => None,
            Origin::Named => Some(NamedFile::of(&path)?),
        };
        let Options { access, prefault, pages, role_timeout, command_line, .. } = *options;
        let canceller = options.canceller.clone();
        let guard = ForkGuard::new()?;
        let stat = os::stat(&file)?;
        let directory = header::read(&file, &stat).map_err(|e| e.at(&path))?;
        kill::point("attach.read");
        let map = Map::read_only(&file, directory.size, how(&stat, prefault == Prefault::Everything, pages))
            .map_err(|e| resource_limits::explain_map(e, directory.size).at(&path))?;
        kill::point("attach.mapped");
        // The description of what was handed over may be the sender's too.
        let file =
            if name.is_some() { Descriptor::own(file, &stat) } else { Descriptor::shared(file, &stat) };
        let inner = Arc::new(Inner {
            path,
            name,
            stat,
            file,
            map,
            view: Mutex::default(),
            roles: Arc::new(TakenRoles::new(guard)),
            directory,
            access,
            origin,
            prefault,
            pages,
            role_timeout,
            canceller,
            command_line,
            guard,
            keeper: OnceLock::new(),
            is_evidence: AtomicBool::new(false),
        });
        Ok(Self { inner, keeper: None })
    }

    /// Returns the canceller of a handle that is opened now: that of the options, or a new one.
    pub(crate) fn canceller(&self) -> Canceller {
        self.inner.canceller.clone().unwrap_or_else(Canceller::of_handle)
    }

    /// Makes this handle remove the name on drop, if `on_close` says so. Only for the creator of
    /// the segment.
    pub(super) fn keep_name(mut self, on_close: OnClose) -> Self {
        if on_close == OnClose::Unlink {
            let keeper = Arc::new(NameKeeper(self.clone()));
            let _ = self.inner.keeper.set(Arc::downgrade(&keeper));
            self.keeper = Some(keeper);
        }
        self
    }

    /// Removes the name of a segment that this process has just created and cannot use, unless
    /// another process uses it.
    pub(crate) fn abandon(self) {
        if self.keeper.is_none() {
            drop(NameKeeper(self));
        }
    }

    /// Returns the path of the segment's file; for a segment without a name, `memfd:` and its
    /// label.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Returns the segment's id, random for each segment made.
    pub fn id(&self) -> [u8; 16] {
        self.inner.directory.id
    }

    /// Returns the segment's size in bytes.
    pub fn size(&self) -> usize {
        self.inner.directory.size
    }

    /// Returns this process's read-only mapping, for a driver that maps it onwards, such as a
    /// GPU's. It is page-aligned and valid as long as this handle or a clone lives. Other processes
    /// write there: reading through this pointer without atomics and validation is outside every
    /// guarantee.
    pub fn pages(&self) -> *const [u8] {
        let map = &self.inner.map;
        std::ptr::slice_from_raw_parts(map.base().as_ptr(), map.len())
    }

    /// Returns the time of creation, nanoseconds since the Unix epoch.
    pub fn created_unix_ns(&self) -> i64 {
        self.inner.directory.created_unix_ns
    }

    /// Returns the rings.
    pub fn rings(&self) -> &[RingInfo] {
        &self.inner.directory.rings
    }

    /// Returns the domain text that the segment was made with: see
    /// [`Spec::domain`](crate::Spec::domain).
    pub fn domain(&self) -> Option<&str> {
        Some(&*self.inner.directory.domain).filter(|text| !text.is_empty())
    }

    /// Asks the kernel where the segment's name leads. A segment without a name cannot be replaced:
    /// always [`NameState::Current`].
    pub fn name_state(&self) -> Result<NameState> {
        let Some(name) = &self.inner.name else { return Ok(NameState::Current) };
        Ok(match name.expect(&self.inner.stat)? {
            Some(found) if found.is_same_file(&self.inner.stat) => NameState::Current,
            Some(_) => NameState::Replaced,
            None => NameState::Unlinked,
        })
    }

    /// Leaves the segment its name, whatever [`OnClose`] says: a role of this process has failed,
    /// and the segment is what is left to find out why.
    pub(crate) fn keep_evidence(&self) {
        self.inner.is_evidence.store(true, Relaxed);
    }

    /// Returns a ring by its name. [`ErrorKind::NoSuchRing`].
    pub fn ring(&self, name: &str) -> Result<&RingInfo> {
        self.rings().iter().find(|r| r.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.rings().iter().map(|r| r.name.as_str()).collect();
            Error::new(ErrorKind::NoSuchRing)
                .at(&self.inner.path)
                .expected_found(format!("a ring \"{name}\""), names.join(", "))
        })
    }

    /// Returns a ring by its name, if its records have that schema and its slots that many rows.
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

    /// Returns [`ErrorKind::DomainMismatch`], with the first line that differs, if the segment
    /// carries another domain text, or none.
    pub fn check_domain(&self, wanted: &str) -> Result<()> {
        let found = self.domain().unwrap_or_default();
        if found == wanted {
            return Ok(());
        }
        let (expected, found) = first_difference(wanted, found);
        Err(Error::new(ErrorKind::DomainMismatch)
            .at(&self.inner.path)
            .expected_found(expected.to_owned(), found.to_owned())
            .help("build both sides from the same description of the domain, such as the same blueprints"))
    }

    /// Returns true for a segment without a name, whose length no process can change: see
    /// [`Segment::create_memfd`].
    pub fn is_sealed(&self) -> bool {
        self.inner.origin == Origin::Sealed
    }

    /// Returns the segment's name and its directory; `None` for a segment without a name.
    pub(crate) fn name(&self) -> Option<&NamedFile> {
        self.inner.name.as_ref()
    }

    /// Returns true if roles taken through this handle show the whole command line.
    pub(crate) fn shows_command_line(&self) -> bool {
        self.inner.command_line
    }

    /// Returns the file, never to be used for locking. [`ErrorKind::ClosedDescriptor`].
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

    pub(crate) fn role_page(&self, role: usize) -> usize {
        self.inner.directory.roles + role * PAGE
    }

    /// Returns a range of the read-only mapping.
    pub(crate) fn shared(&self, at: usize, len: usize) -> Shared {
        Shared::of(&self.inner.map, at, len)
    }

    /// Makes a range writable until the returned part is dropped. Enters its pages if it is touched
    /// often, unless the options say otherwise.
    pub(crate) fn writable(&self, at: usize, len: usize, touch: Touch) -> Result<WritablePart> {
        self.check_writable()?;
        let Inner { path, stat, pages, view, directory, guard, .. } = &*self.inner;
        let how = how(stat, self.wants_pages(touch), *pages);
        let mut view = view.lock();
        let made = if let Some(made) = &mut *view {
            made
        } else {
            let made = ProtectedMap::of(self.file()?, directory.size, how, *guard)
                .map_err(|e| resource_limits::explain_map(e, directory.size).at(path))?;
            view.insert(Arc::new(made))
        };
        made.open(at, len, how).map_err(|e| resource_limits::explain_map(e, len).at(path))
    }

    fn wants_pages(&self, touch: Touch) -> bool {
        match self.inner.prefault {
            Prefault::Opened => touch == Touch::Often,
            Prefault::Everything => true,
            Prefault::WhenTouched => false,
        }
    }

    /// Enters a ring's pages for reading, if the options say to do so when a handle is opened.
    pub(crate) fn prefault(&self, ring: &RingInfo) {
        let Inner { map, stat, pages, prefault, .. } = &*self.inner;
        if *prefault == Prefault::Opened && how(stat, true, *pages).at_once {
            map.enter(ring.place.control, PAGE);
            map.enter(ring.place.data, ring.place.data_len);
        }
    }

    /// Maps the waiter words writable; `None` on a read-only segment.
    pub(crate) fn waiters(&self) -> Result<Option<WritablePart>> {
        let d = &self.inner.directory;
        match self.inner.access {
            Access::ReadOnly => Ok(None),
            Access::ReadWrite => self.writable(d.waiters, d.waiters_len, Touch::Often).map(Some),
        }
    }

    /// Returns the offset of a ring's waiter word within the waiter pages.
    pub(crate) fn waiter_at(&self, ring: &RingInfo) -> usize {
        ring.place.waiter - self.inner.directory.waiters
    }

    /// Returns a ring's words for reading.
    pub(crate) fn ring_words(&self, info: &RingInfo) -> Ring<Shared> {
        let p = &info.place;
        Ring {
            control: self.shared(p.control, PAGE),
            data: self.shared(p.data, p.data_len),
            capacity: info.capacity,
            stride: p.stride,
            first_sequence: p.first_sequence,
            guard: self.inner.guard,
        }
    }

    /// Counts the records on keep rings that their slowest consumer has not committed.
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
    /// Returns the file; [`ErrorKind::ClosedDescriptor`] once the program has closed it.
    fn file(&self) -> Result<BorrowedFd<'_>> {
        self.file.get().map_err(|e| e.at(&self.path))
    }

    pub(super) fn source(&self) -> Result<LockFile<'_>> {
        match &self.name {
            None => Ok(LockFile::Descriptor(self.file()?, &self.path)),
            Some(name) => Ok(LockFile::In(name)),
        }
    }
}

/// Tells how often pages will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Often,
    Seldom,
}

/// Chooses how to map. Enters pages only of a file that has all of them: entering a hole would
/// allocate it.
fn how(stat: &Stat, at_once: bool, pages: Pages) -> How {
    How { at_once: at_once && stat.allocated >= stat.size, huge: pages == Pages::Huge }
}

/// Returns [`ErrorKind::SchemaMismatch`] with the first line that differs, if the fingerprints
/// differ.
fn check_schema(wanted: &Schema, fingerprint: &Fingerprint, text: &str) -> Result<()> {
    if wanted.fingerprint() == *fingerprint {
        return Ok(());
    }
    Err(mismatch_of(wanted, fingerprint, text))
}
