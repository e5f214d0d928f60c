// C header: base
//! Defines the one error type.
//!
//! An [`Error`] says what was attempted, what was expected, what was found and what to do about it.
//! Its [`ErrorKind`] is stable and is the number that crosses the C boundary (`leyline_status_t`,
//! negative): kinds are never renumbered.
//!
//! An error of a bare kind allocates nothing, so that a full ring can be polled.

use std::path::{Path, PathBuf};
use std::{borrow::Cow, fmt, io};

/// Is the result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Classifies errors, as stable numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is NULL, empty, zero or outside its documented range.
    InvalidArgument = -1,
    /// A segment name is empty, too long, starts with a dot or has a character outside
    /// `[A-Za-z0-9._-]`.
    InvalidName = -2,
    /// No segment, ring, schema or feature has that name.
    NotFound = -3,
    /// A segment of that name exists already.
    AlreadyExists = -4,
    /// The operating system refused access.
    PermissionDenied = -5,
    /// The directory that segments live in does not exist or is not a directory.
    NoDirectory = -6,
    /// The file system, or a limit of this process, has no room for the segment.
    NoSpace = -7,
    /// The name leads to a symbolic link, a directory, a device: anything but a regular file.
    NotRegularFile = -8,
    /// The file belongs to another user.
    ForeignOwner = -9,
    /// The file may be written by everybody.
    InsecureMode = -10,
    /// A file or a snapshot is shorter than its header or than its header says.
    Truncated = -11,
    /// The file does not start with this library's magic.
    BadMagic = -12,
    /// The segment's layout has another major version.
    LayoutVersion = -13,
    /// The segment was written by a machine of the other byte order.
    ByteOrder = -14,
    /// A count, size or offset in the segment contradicts the others.
    Corrupt = -15,
    /// Two sides disagree on the meaning or the size of a record.
    SchemaMismatch = -16,
    /// Two sides disagree on the domain: on the action space of a link.
    DomainMismatch = -17,
    /// The segment has no such ring, consumer or lane.
    NoSuchRing = -18,
    /// Another living handle holds the role.
    RoleHeld = -19,
    /// The segment was attached read-only and this needs to write.
    ReadOnly = -20,
    /// The name leads to another segment now, or to none.
    Superseded = -21,
    /// The ring is full: a living consumer is behind. The record was not accepted.
    Full = -22,
    /// The ring is full and its consumer is gone. The record was not accepted.
    ConsumerGone = -23,
    /// The handle belongs to the parent of a `fork`; the child has to attach for itself.
    Forked = -24,
    /// A value is outside its range.
    OutOfRange = -25,
    /// A number is NaN or infinite where a finite one is needed.
    NotFinite = -26,
    /// A number has a fraction where a whole one is needed.
    NotWhole = -27,
    /// An id is longer than 39 bytes, has a NUL inside or is not UTF-8.
    InvalidId = -28,
    /// A number is no value of the enumeration it stands for.
    InvalidEnum = -29,
    /// A seed may not go from its stage to the one asked for.
    IllegalTransition = -30,
    /// A gate did not let the seed pass.
    GateFailed = -31,
    /// An action is not possible in the observed state.
    Masked = -32,
    /// The action space has no such blueprint or action.
    UnknownAction = -33,
    /// The timeout of a wait ran out.
    Timeout = -34,
    /// More rows than the ring or the caller's block can hold.
    BatchTooLarge = -35,
    /// The ring's sequence numbers are used up.
    Exhausted = -36,
    /// The peer has died or closed: the awaited record cannot come.
    PeerGone = -37,
    /// This machine, kernel or build lacks the feature.
    Unsupported = -38,
    /// Any other error of the operating system.
    Io = -39,
    /// The library has a bug, stopped at the C boundary.
    Internal = -40,
    /// The file can still be truncated, which would end every process that has it mapped.
    NotSealed = -41,
    /// The ring is in a device's hands: this process handed it over and has not taken it back.
    HandedOver = -42,
    /// The ring's writer died while a device could write the ring, and the device may still do so:
    /// replace the segment.
    LeftToDevice = -43,
    /// Another call uses the handle, in another thread or interrupted by this one. This call had no
    /// effect.
    Busy = -44,
    /// The program has closed a descriptor that this library owns, as daemonizing code does. The
    /// roles held through it are lost, and another process may have them.
    ClosedDescriptor = -45,
    /// The wait was ended by its canceller.
    Cancelled = -46,
    /// A signal ended the wait, which lets it.
    Interrupted = -47,
    /// The ring is full, and its consumer has never come. The record was not accepted.
    NoConsumer = -48,
}

impl ErrorKind {
    /// Returns the number that crosses the C boundary, always negative.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// Returns a description for people, without the particulars of one failure.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::InvalidArgument => "an argument is NULL, empty or outside its range",
            Self::InvalidName => "not a valid segment name",
            Self::NotFound => "nothing of that name",
            Self::AlreadyExists => "a segment of that name exists already",
            Self::PermissionDenied => "permission denied",
            Self::NoDirectory => "the segment directory does not exist",
            Self::NoSpace => "no space left for the segment",
            Self::NotRegularFile => "not a regular file",
            Self::ForeignOwner => "the segment belongs to another user",
            Self::InsecureMode => "the segment may be written by everybody",
            Self::Truncated => "fewer bytes than the header says",
            Self::BadMagic => "not a leyline segment",
            Self::LayoutVersion => "the segment has another layout version",
            Self::ByteOrder => "the segment has the other byte order",
            Self::Corrupt => "the segment's header contradicts itself",
            Self::SchemaMismatch => "the two sides disagree on what a record means",
            Self::DomainMismatch => "the two sides disagree on the domain (the action space of a link)",
            Self::NoSuchRing => "the segment has no such ring, consumer or lane",
            Self::RoleHeld => "another living handle holds the role",
            Self::ReadOnly => "the segment is attached read-only",
            Self::Superseded => "the name leads to another segment now, or to none",
            Self::Full => "the ring is full",
            Self::ConsumerGone => "the ring is full and its consumer is gone",
            Self::Forked => "the handle belongs to the parent of a fork",
            Self::OutOfRange => "a value is outside its range",
            Self::NotFinite => "a number is NaN or infinite",
            Self::NotWhole => "a number is not whole",
            Self::InvalidId => "not a valid id",
            Self::InvalidEnum => "not a value of the enumeration",
            Self::IllegalTransition => "the seed may not make that transition",
            Self::GateFailed => "the gate did not pass",
            Self::Masked => "the action is not possible in the observed state",
            Self::UnknownAction => "no such action or blueprint",
            Self::Timeout => "timed out",
            Self::BatchTooLarge => "the batch is too large",
            Self::Exhausted => "the ring's sequence numbers are used up",
            Self::PeerGone => "the peer is gone",
            Self::Unsupported => "not supported here",
            Self::Io => "an operating system error",
            Self::Internal => "a bug in leyline",
            Self::NotSealed => "the segment's length is not sealed",
            Self::HandedOver => "the ring is handed over to a device",
            Self::LeftToDevice => "the ring's writer died while a device could write it",
            Self::Busy => "the handle is used by another thread",
            Self::ClosedDescriptor => "the program has closed a descriptor of this library's",
            Self::Cancelled => "the wait was cancelled",
            Self::Interrupted => "a signal ended the wait",
            Self::NoConsumer => "the ring is full and its consumer has never come",
        }
    }
}

#[derive(Debug, Default)]
struct Detail {
    path: Option<PathBuf>,
    what: Cow<'static, str>,
    expected: Cow<'static, str>,
    found: Cow<'static, str>,
    help: Cow<'static, str>,
    /// The help in the names of C; empty if `help` names nothing of the interface.
    help_in_c: &'static str,
    source: Option<io::Error>,
}

/// Carries an error with its context.
///
/// `Display` gives one line: the kind, what it concerned, the path, what was expected and found,
/// and what to do.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    detail: Option<Box<Detail>>,
}

impl Error {
    /// Makes an error of a kind, without context. Allocates nothing.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, detail: None }
    }

    /// Returns the kind.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the file concerned, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.detail.as_ref().and_then(|d| d.path.as_deref())
    }

    /// Returns what was expected; empty if nothing was.
    pub fn expected(&self) -> &str {
        self.detail.as_ref().map_or("", |d| &d.expected)
    }

    /// Returns what was found; empty if nothing was.
    pub fn found(&self) -> &str {
        self.detail.as_ref().map_or("", |d| &d.found)
    }

    fn detail(&mut self) -> &mut Detail {
        self.detail.get_or_insert_with(Box::default)
    }

    /// Names what the error concerns: a field, a ring, an argument.
    #[must_use]
    pub fn about(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        self.detail().what = what.into();
        self
    }

    /// Adds what was expected and what was found.
    #[must_use]
    pub fn expected_found(
        mut self,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        let detail = self.detail();
        detail.expected = expected.into();
        detail.found = found.into();
        self
    }

    /// Adds what the reader can do about the error.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        let detail = self.detail();
        detail.help = help.into();
        detail.help_in_c = "";
        self
    }

    /// Adds what the reader can do, where that names functions or options: once for Rust and once
    /// for C.
    #[must_use]
    pub(crate) fn help_for(mut self, rust: &'static str, c: &'static str) -> Self {
        let detail = self.detail();
        detail.help = rust.into();
        detail.help_in_c = c;
        self
    }

    /// Returns the line that `Display` gives, in the names of C.
    pub(crate) fn in_c(&self) -> String {
        let help =
            self.detail.as_ref().map_or("", |d| if d.help_in_c.is_empty() { &d.help } else { d.help_in_c });
        Line { error: self, help }.to_string()
    }

    /// Returns what is wrong in a few words, the most telling first: for a text of few bytes, which
    /// may be cut at its end.
    pub(crate) fn brief(&self) -> String {
        let Some(d) = &self.detail else { return self.kind.describe().to_owned() };
        let what = if d.what.is_empty() { self.kind.describe() } else { &d.what };
        match (d.found.is_empty(), d.expected.is_empty()) {
            (true, true) if d.what.is_empty() => what.to_owned(),
            (true, true) => format!("{what}: {}", self.kind.describe()),
            (true, false) => format!("{what}: not {}", d.expected),
            (false, true) => format!("{what}: {}", d.found),
            (false, false) => format!("{what}: {}, not {}", d.found, d.expected),
        }
    }

    /// Names the file concerned.
    #[must_use]
    pub fn at(mut self, path: impl Into<PathBuf>) -> Self {
        self.detail().path = Some(path.into());
        self
    }

    /// Makes an error of the operating system. Its kind follows from the error number.
    pub fn os(error: io::Error, what: impl Into<Cow<'static, str>>) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ErrorKind::PermissionDenied
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                ErrorKind::NoSpace
            }
            io::ErrorKind::NotADirectory => ErrorKind::NoDirectory,
            io::ErrorKind::Unsupported => ErrorKind::Unsupported,
            io::ErrorKind::TimedOut => ErrorKind::Timeout,
            _ => ErrorKind::Io,
        };
        let mut e = Self::new(kind).about(what);
        e.detail().source = Some(error);
        e
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line { error: self, help: self.detail.as_ref().map_or("", |d| &d.help) }.fmt(f)
    }
}

/// Writes an error in one line, with the help for one language.
struct Line<'a> {
    error: &'a Error,
    help: &'a str,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error.kind.describe())?;
        let Some(d) = &self.error.detail else { return Ok(()) };
        if !d.what.is_empty() {
            write!(f, ": {}", d.what)?;
        }
        if let Some(path) = &d.path {
            write!(f, " [{}]", path.display())?;
        }
        if !d.expected.is_empty() {
            write!(f, "; expected {}", d.expected)?;
        }
        if !d.found.is_empty() {
            write!(f, "; found {}", d.found)?;
        }
        if let Some(source) = &d.source {
            write!(f, "; {source}")?;
        }
        if !self.help.is_empty() {
            write!(f, "; {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.detail.as_ref()?.source.as_ref().map(|e| e as _)
    }
}

/// Refuses a column, a list or an output of another length than the one it goes with.
#[inline]
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(other_length(what, expected, found)) }
}

#[cold]
fn other_length(what: &'static str, expected: usize, found: usize) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about(what)
        .expected_found(format!("{expected} entries"), found.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_what_the_reader_can_call() {
        let e =
            Error::new(ErrorKind::ReadOnly).help_for("call Segment::attach", "call leyline_segment_attach");
        assert_eq!(e.to_string(), "the segment is attached read-only; call Segment::attach");
        assert_eq!(e.in_c(), "the segment is attached read-only; call leyline_segment_attach");
        let e = e.help("attach again");
        assert_eq!(e.in_c(), e.to_string());
        assert_eq!(e.in_c(), "the segment is attached read-only; attach again");
    }

    #[test]
    fn the_brief_form_starts_with_the_point() {
        let e = Error::new(ErrorKind::OutOfRange);
        assert_eq!(e.brief(), "a value is outside its range");
        let e = e.about("confidence");
        assert_eq!(e.brief(), "confidence: a value is outside its range");
        let e = e.expected_found("0 to 1", "2").help("not said");
        assert_eq!(e.brief(), "confidence: 2, not 0 to 1");
    }
}
