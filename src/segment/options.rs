//! Options of creating and attaching.

use crate::base::error::Result;
use crate::ring::canceller::Canceller;
use crate::segment::name::{FILE_SUFFIX, check_name};
use std::{path::PathBuf, time::Duration};

/// Default directory of segments.
pub const DEFAULT_DIRECTORY: &str = "/dev/shm";
/// Environment variable that overrides the default directory.
pub const DIRECTORY_VARIABLE: &str = "LEYLINE_DIR";

/// Limits whose segments may be attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// This user's only, in a file that nobody but the owner and its group may write.
    #[default]
    Owner,
    /// Anybody's. Wrong contents cannot harm this process, though they can keep it waiting.
    /// Truncating the file can: whoever may write it can truncate it, which ends every process that
    /// has it mapped with SIGBUS.
    Anyone,
}

/// Limits what an attached segment is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads, sleeps on futexes, and takes roles.
    #[default]
    ReadWrite,
    /// Reads only, through a read-only descriptor. A waiting observer polls every millisecond
    /// instead of being woken.
    ReadOnly,
}

/// Tells what a clean close of the creating handle does with the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnClose {
    /// Leaves the segment in place, as a death does.
    #[default]
    Keep,
    /// Removes the name once the creating handle and the roles taken through it are dropped. Clones
    /// and observers go on without a name, and are told how the writer ended as ever. The name stays
    /// if a role taken through it failed ([`Ending::Failed`](crate::Ending)), if it leads to another
    /// segment by then, or if another process holds a role that does not belong to a link's lane.
    /// Holders of a lane, a link's controllers, do not keep the name.
    Unlink,
}

/// Chooses when pages of shared memory are entered in this process's page tables. The first touch
/// of a page that is not entered costs a page fault, about half a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prefault {
    /// Enters a ring's pages when a handle on it is opened: no page faults while records flow. A
    /// trainer's rings of reports, which are large and seldom used, are left to the first touch.
    #[default]
    Opened,
    /// Enters all pages of the segment when it is attached.
    Everything,
    /// Enters each page at its first touch: the fastest attach.
    WhenTouched,
}

/// Chooses the page size to ask the kernel for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pages {
    /// Uses the processor's smallest pages.
    #[default]
    Usual,
    /// Asks for huge pages. The kernel gives them to files of a tmpfs mounted with `huge=advise` or
    /// more (`mount -o remount,huge=advise /dev/shm`); elsewhere this has no effect. Rings of many
    /// megabytes then open in a fraction of a millisecond. Creator and attacher each choose for
    /// themselves.
    Huge,
}

/// Collects the options of creating and attaching. [`Options::default`] suits most programs.
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    /// Directory of the segments; `None`: `LEYLINE_DIR`, or else `/dev/shm`.
    pub directory: Option<PathBuf>,
    /// Mode of a new segment's file, exact whatever the umask. Taking a role needs write
    /// permission.
    pub mode: u32,
    /// Group of a new segment's file, one of this process's own; `None`: the directory's default.
    pub group: Option<u32>,
    /// Owners to trust when attaching.
    pub trust: Trust,
    /// Use of the attached segment.
    pub access: Access,
    /// Effect of a clean close of the creating handle.
    pub on_close: OnClose,
    /// Time of page faults.
    pub prefault: Prefault,
    /// Page size to ask for.
    pub pages: Pages,
    /// Longest wait for a held role: of opening a writer, consumer, trainer or controller, and of
    /// replacing or removing a segment, which takes all roles. A killed process holds its roles
    /// until the kernel has freed its memory and dumped its core, which can take seconds. Zero: no
    /// wait.
    pub role_timeout: Duration,
    /// Ends the waits of opening, and those of the handles that are opened: see
    /// [`Options::canceller`](Self::canceller()).
    pub canceller: Option<Canceller>,
    /// Shows this process's whole command line in its role pages instead of the program's name.
    /// Every reader of the file can see it, even after the process has ended.
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
            canceller: None,
            command_line: false,
        }
    }
}

impl Options {
    /// Sets the directory.
    pub fn in_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Attaches read-only.
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// Lets the members of a group read a new segment: mode 0640. They attach with
    /// [`Trust::Anyone`] and [`Access::ReadOnly`]. All they can do beside reading is keep a free
    /// role from being taken.
    pub fn readable_by_group(mut self, group: u32) -> Self {
        (self.mode, self.group) = (0o640, Some(group));
        self
    }

    /// Removes the name with the creating handle: [`OnClose::Unlink`].
    pub fn unlink_on_close(mut self) -> Self {
        self.on_close = OnClose::Unlink;
        self
    }

    /// Sets when page faults are taken.
    pub fn prefault(mut self, prefault: Prefault) -> Self {
        self.prefault = prefault;
        self
    }

    /// Sets the page size to ask for.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Sets the longest wait for a held role.
    pub fn role_timeout(mut self, timeout: Duration) -> Self {
        self.role_timeout = timeout;
        self
    }

    /// Sets what ends the waits of opening, for a segment or a role, and those of the handle that is
    /// opened. Give each handle one of its own: a cancel ends one wait.
    pub fn canceller(mut self, canceller: &Canceller) -> Self {
        self.canceller = Some(canceller.clone());
        self
    }

    /// Shows this process's whole command line to every reader of the file.
    pub fn show_command_line(mut self) -> Self {
        self.command_line = true;
        self
    }

    /// Returns the absolute path of a segment.
    /// [`ErrorKind::InvalidName`](crate::ErrorKind::InvalidName).
    pub fn path_of(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        let path = self.resolve_directory().join(format!("{name}{FILE_SUFFIX}"));
        Ok(std::path::absolute(&path).unwrap_or(path))
    }

    /// Returns the directory in effect: the one set, or `LEYLINE_DIR`, or `/dev/shm`.
    pub fn resolve_directory(&self) -> PathBuf {
        match &self.directory {
            Some(d) => d.clone(),
            None => std::env::var_os(DIRECTORY_VARIABLE)
                .filter(|d| !d.is_empty())
                .map_or_else(|| DEFAULT_DIRECTORY.into(), PathBuf::from),
        }
    }
}
