//! Opens a segment or creates it, and replaces one by another.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::attached::{Inner, Segment};
use crate::segment::create::Aside;
use crate::segment::header::{SlotRows, Spec};
use crate::segment::lookup::moving;
use crate::segment::options::{Access, Options};
use crate::segment::retry::{Turns, patiently};
use crate::sys::kill;
use crate::sys::os;
use std::path::Path;

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
        let take = || match self.lock_all_roles() {
            Err(e) if e.kind() == ErrorKind::RoleHeld && self.is_left_to_device()? => {
                self.lock_roles_of_creator()
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
        match &*spec.domain {
            "" => Ok(()),
            wanted => self.check_domain(wanted),
        }
    }
}

/// Gives a file its name back. If the name is taken by now, the file is superseded and is removed.
fn put_back(aside: &Path, path: &Path) -> Result<()> {
    match os::rename_to_free(aside, path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => os::unlink(aside),
        result => result,
    }
}
