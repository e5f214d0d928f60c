//! Opens or creates a segment, and replaces one by another in one step.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::attached::{Inner, Segment};
use crate::segment::header::{SlotRows, Spec};
use crate::segment::options::{Access, Options};
use crate::segment::retry::{Turns, patiently};
use crate::segment::{create::Aside, lookup::moving};
use crate::sys::{kill, os};
use std::path::Path;

/// Tells how [`Segment::open_or_create`] got its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opened {
    /// Made it: there was none.
    Created,
    /// Attached to a compatible one.
    Attached,
    /// Replaced one as [`Segment::recreate`] does: a device may still write its main ring, so no
    /// writer can continue there.
    Recreated,
}

/// Counts what [`Segment::recreate`] displaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Displaced {
    /// Segments displaced.
    pub segments: u32,
    /// Records on [`Policy::Keep`](crate::Policy::Keep) rings that their consumers had not
    /// committed.
    pub uncommitted: u64,
}

impl Segment {
    /// Attaches to a compatible segment, or creates one if there is none: what a restarting trainer
    /// calls.
    ///
    /// A segment is compatible if it has all rings of `spec`, with the same meaning and shape, and
    /// the same domain text. Capacities may differ. A segment whose main ring was left to a device
    /// ([`ErrorKind::LeftToDevice`]) is replaced as [`Segment::recreate`] does.
    pub fn open_or_create(name: &str, spec: &Spec, options: &Options) -> Result<(Self, Opened)> {
        // Each lost turn means that another process created or removed the segment in between.
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

    /// Replaces the segment of that name by a new one in one step, or creates it if there is none.
    ///
    /// Takes all roles of the old segment first. If a process holds one, returns
    /// [`ErrorKind::RoleHeld`] and changes nothing. Processes still attached to the old segment
    /// learn that it is superseded.
    ///
    /// Roles of lanes may be held if the main ring was left to a device
    /// ([`ErrorKind::LeftToDevice`]): their holders wait for a writer that cannot come, and have to
    /// attach again.
    pub fn recreate(name: &str, spec: &Spec, options: &Options) -> Result<(Self, Displaced)> {
        let path = options.path_of(name)?;
        // A process that died while it replaced a segment left a hidden file behind.
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
        Err(Error::new(ErrorKind::Superseded)
            .at(path)
            .help("another process keeps replacing this segment: give the two different names"))
    }

    /// Swaps this segment for a new one. Returns `None` if the name leads to another segment
    /// already.
    fn displace(&self, spec: &Spec, options: &Options) -> Result<Option<(Self, Displaced)>> {
        let path = &self.inner.path;
        let take = || match self.lock_all_roles() {
            Err(e) if e.kind() == ErrorKind::RoleHeld && self.is_left_to_device()? => {
                self.lock_roles_of_creator()
            }
            result => result,
        };
        let _locks = match patiently(options.role_timeout, options.canceller.as_ref(), take) {
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

    /// Swaps the names of this segment and of another file. The caller holds all role locks.
    /// Returns false, without a change, if the name leads to another file.
    fn swap(&self, aside: &Path) -> Result<bool> {
        let Inner { path, stat, .. } = &*self.inner;
        // Only the file whose roles are locked may be replaced.
        let leads_here =
            |name: &Path| -> Result<bool> { Ok(os::stat_path(name)?.is_some_and(|s| s.is_same_file(stat))) };
        match os::exchange(aside, path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            // RENAME_EXCHANGE is unsupported or refused. Only a process that ignores the locks can
            // move the name between the check and the rename.
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
                format!(
                    "{rows} rows, {consumers} consumers, policy {policy:?}, time {time:?}, kind {kind:?}, lane {lane}"
                )
                .to_lowercase()
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
                    .help("recreate the segment, or attach to it as it is"));
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
