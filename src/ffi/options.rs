// C header: segment
//! Options of a segment.

use super::boundary::handle::open;
use super::boundary::pointer::{invalid, no_more, optional};
use super::boundary::string::text;
use super::canceller::leyline_canceller_t;
use super::enumerations::{leyline_access, leyline_on_close, leyline_pages, leyline_prefault, leyline_trust};
use crate::base::error::Result;
use crate::segment::options::Options;
use std::{ffi::c_char, time::Duration};

/// Options of creating and attaching. Zeroed: the defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_options_t {
    /// NULL: LEYLINE_DIR, or else /dev/shm.
    pub directory: *const c_char,
    /// The mode of a new segment's file, whatever the umask. 0: 0600.
    pub mode: u32,
    /// A leyline_trust.
    pub trust: u32,
    /// A leyline_access.
    pub access: u32,
    /// A leyline_on_close.
    pub on_close: u32,
    /// The group of a new segment's file, one of this process's own. 0: as the directory gives it;
    /// LEYLINE_GROUP_ROOT.
    pub group: u32,
    /// A leyline_prefault: when page faults are taken.
    pub prefault: u32,
    /// A leyline_pages: what pages to ask for.
    pub pages: u32,
    /// 1: role pages show this process's whole command line, which every reader of the file can
    /// see, also after its end. 0: they show the program's name.
    pub command_line: u32,
    /// Longest wait for a role that is held, ns: when opening a handle that has one, and for all
    /// roles when replacing or removing a segment. A killed process holds its roles until its
    /// memory is freed and its core dumped. 0: does not wait.
    pub role_timeout_ns: u64,
    /// Ends the waits of opening, and those of the handle that is opened; or NULL. Give each handle
    /// one of its own.
    pub canceller: *const leyline_canceller_t,
    /// 0.
    pub reserved: [u32; 2],
}

/// The group of root, whose number means the default.
pub const LEYLINE_GROUP_ROOT: u32 = u32::MAX;

/// Reads options that may be NULL.
pub(super) unsafe fn options(p: *const leyline_options_t) -> Result<Options> {
    // SAFETY: promise 1.
    let Some(record) = (unsafe { optional(p, "options") })? else { return Ok(Options::default()) };
    let directory = if record.directory.is_null() {
        None
    } else {
        // SAFETY: promise 1, for what the options lead to as well.
        Some(unsafe { text(record.directory, "directory") }?.into())
    };
    let canceller = if record.canceller.is_null() {
        None
    } else {
        // SAFETY: promise 2, for what the options lead to as well.
        Some(unsafe { open(record.canceller, "canceller of the options") }?.canceller.clone())
    };
    no_more(&record.reserved, "reserved of the options")?;
    Ok(Options {
        directory,
        mode: if record.mode == 0 { 0o600 } else { record.mode },
        group: match record.group {
            0 => None,
            LEYLINE_GROUP_ROOT => Some(0),
            group => Some(group),
        },
        trust: leyline_trust::read(record.trust)?,
        access: leyline_access::read(record.access)?,
        on_close: leyline_on_close::read(record.on_close)?,
        prefault: leyline_prefault::read(record.prefault)?,
        pages: leyline_pages::read(record.pages)?,
        role_timeout: Duration::from_nanos(record.role_timeout_ns),
        canceller,
        command_line: match record.command_line {
            0 => false,
            1 => true,
            _ => return Err(invalid("command_line", "0 or 1", "another number")),
        },
    })
}
