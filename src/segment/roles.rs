//! Takes roles, and locks all of them against their holders.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::ring_kind;
use crate::segment::attached::{NameKeeper, Segment};
use crate::segment::{header::RingInfo, retry::patiently};
use crate::sys::lock::{BEING_REPLACED, FileLock, REPLACING, RoleLock};
use crate::sys::{os, os::Bytes};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Weak};

/// Holds a role until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldRole {
    lock: RoleLock,
    /// Dropped after the lock, so that removing the name finds the role free.
    _keeper: Option<Arc<NameKeeper>>,
}

impl HeldRole {
    /// Returns [`ErrorKind::Forked`] in a child of the process that took the role.
    #[inline(always)]
    pub(crate) fn check(&self) -> Result<()> {
        self.lock.check()
    }

    /// Returns true unless [`HeldRole::check`] fails.
    #[inline(always)]
    pub(crate) fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    /// Fails as [`HeldRole::check`] does, and with [`ErrorKind::ClosedDescriptor`] if the program
    /// has closed the lock's descriptor. Asks the kernel.
    pub(crate) fn check_kept(&self) -> Result<()> {
        self.lock.check_kept()
    }
}

impl Segment {
    /// Takes a role.
    pub(crate) fn take_role(&self, role: usize) -> Result<HeldRole> {
        let keeper = self.inner.keeper.get().and_then(Weak::upgrade);
        let byte = self.role_page(role) as u64;
        let take = || self.inner.roles.take(self.inner.source()?, &self.inner.stat, byte);
        Ok(HeldRole {
            lock: patiently(self.inner.role_timeout, self.inner.canceller.as_ref(), take)?,
            _keeper: keeper,
        })
    }

    /// Returns true if a live process holds the role, according to the kernel. A process that
    /// replaces the segment does not count. [`ErrorKind::ClosedDescriptor`]: the kernel cannot be
    /// asked any more, or this process has lost its own roles.
    pub(crate) fn is_held(&self, role: usize) -> Result<bool> {
        self.inner.roles.check().map_err(|e| e.at(&self.inner.path))?;
        os::is_role_locked(self.file()?.as_raw_fd(), self.role_page(role) as u64)
    }

    /// Locks every role and byte 0 in one step.
    pub(super) fn lock_all_roles(&self) -> Result<FileLock> {
        FileLock::take_all(self.inner.source()?, &self.inner.stat)
    }

    /// Locks every role and byte 0. If a role is held, locks all but the roles of lanes, one by
    /// one: holders of lanes stay.
    pub(super) fn lock_roles_of_creator(&self) -> Result<FileLock> {
        match self.lock_all_roles() {
            Err(e) if e.kind() == ErrorKind::RoleHeld && e.found() != BEING_REPLACED => {}
            result => return result,
        }
        let mut bytes = vec![REPLACING];
        for ring in self.rings() {
            let of_lane = matches!(ring.kind, ring_kind::LANE_TO_ALL | ring_kind::LANE_TO_CREATOR);
            let read_by_lane = ring.kind == ring_kind::CREATOR_TO_LANE;
            let roles = usize::from(of_lane)..1 + if read_by_lane { 0 } else { ring.consumers };
            for role in roles {
                bytes.push(Bytes::Barred(self.role_page(ring.place.first_role + role) as u64));
            }
        }
        FileLock::take(self.inner.source()?, &self.inner.stat, &bytes)
    }

    /// Returns true if no writer can continue on the main ring: its last one ended while a device
    /// could write it.
    pub(super) fn is_left_to_device(&self) -> Result<bool> {
        for ring in self.rings().iter().filter(|r| r.kind == ring_kind::MAIN) {
            let marked = || self.ring_words(ring).device_generation() != 0;
            // Look again after the lock query: its holder may have just taken the ring back.
            if marked() && !self.is_held(ring.place.first_role)? && marked() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Refuses a ring whose last writer ended while a device could write it:
    /// [`ErrorKind::LeftToDevice`]. The caller has just taken the role of the ring's writer.
    pub(crate) fn check_not_left_to_device(&self, ring: &RingInfo) -> Result<()> {
        let generation = self.ring_words(ring).device_generation();
        if generation == 0 {
            return Ok(());
        }
        Err(Error::new(ErrorKind::LeftToDevice)
            .about(format!("ring \"{}\"", ring.name))
            .at(&self.inner.path)
            .expected_found(
                "a ring that no device writes",
                format!("one that its writer of generation {generation} handed over to a device"),
            )
            .help_for(
                "replace the segment: Segment::recreate, or Trainer::open_or_create for a link",
                "replace the segment: leyline_segment_recreate, or leyline_trainer_open_or_create \
                 for a link",
            ))
    }
}
