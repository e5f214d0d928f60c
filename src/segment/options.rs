//! Options of creating and attaching.

use crate::base::error::Result;
use crate::segment::name::{FILE_SUFFIX, check_name};
use std::path::PathBuf;
use std::time::Duration;

/// The directory that segments live in unless told otherwise.
pub const DEFAULT_DIRECTORY: &str = "/dev/shm";
/// The environment variable that names another one.
pub const DIRECTORY_VARIABLE: &str = "LEYLINE_DIR";

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
