//! Makes segments without a name: sealed memory files, handed from process to process as
//! descriptors.
//!
//! Any process that may write a named file can truncate it, which ends every process that touches
//! the missing pages. The length of a memfd can be sealed, even against its maker. Everything else
//! is the same as for a named file: the layout, and roles by locks. Each lock has a description of
//! its own, opened through `/proc/self/fd`.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::MAGIC;
use crate::ring::canceller::Canceller;
use crate::segment::attached::{Origin, Segment};
use crate::segment::name::{FILE_SUFFIX, check_name};
use crate::segment::options::{Access, Options};
use crate::segment::{create::fill, header, header::Spec, lookup::check_file};
use crate::sys::os::{Open, Ready};
use crate::sys::{futex::UNSURE_SLICE, os};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::{fs::File, time::Duration};

/// Length of the message that accompanies a descriptor: the magic and the segment's id.
const MESSAGE: usize = MAGIC.len() + 16;

fn not_sealed(place: &Path) -> Error {
    Error::new(ErrorKind::NotSealed)
        .at(place)
        .expected_found("a memfd sealed against shrinking, growing and sealing", "a file without these seals")
        .help_for(
            "create it with Segment::create_memfd; attach to a named segment by its name",
            "create it with leyline_segment_create_memfd; attach to a named segment by its name",
        )
}

impl Access {
    fn how(self) -> Open {
        match self {
            Self::ReadWrite => Open::ReadWrite,
            Self::ReadOnly => Open::ReadOnly,
        }
    }
}

impl Segment {
    /// Creates a segment without a name, in memory, fully allocated and with its length sealed for
    /// good. No process can be ended by truncating it, and it takes no space of `/dev/shm`. It
    /// lasts as long as a process has it open. Other processes get it from [`Segment::send_to`], or
    /// as a descriptor.
    ///
    /// `label` stands in `/proc` and in errors. It is formed like a segment's name, but need not be
    /// unique. Of the options, mode and group decide who beside the owner may take roles, and
    /// prefault and pages apply; the others have no effect.
    pub fn create_memfd(label: &str, spec: &Spec, options: &Options) -> Result<Self> {
        check_name(label)?;
        let image = header::encode(spec)?;
        let name = format!("{label}{FILE_SUFFIX}");
        let path = PathBuf::from(format!("memfd:{name}"));
        let file = os::memfd(&name).map_err(|e| e.at(&path))?;
        // A memfd that nobody may execute takes no such bits.
        fill(&file, &path, image, options.mode & 0o666, options)?;
        os::seal(&file).map_err(|e| e.at(&path))?;
        Self::finish(file, path, options, Origin::Sealed)
    }

    /// Returns a new descriptor of a sealed segment, to be sent to another process or inherited by
    /// it.
    ///
    /// A descriptor of [`Access::ReadOnly`] cannot be written through. A receiver of the same user
    /// can reopen it for writing; one of another user can if the segment's mode allows it.
    ///
    /// A child of `fork` attaches anew with this and [`Segment::from_descriptor`].
    pub fn descriptor(&self, access: Access) -> Result<OwnedFd> {
        if !self.is_sealed() {
            return Err(not_sealed(self.path()));
        }
        if access == Access::ReadWrite && self.access() == Access::ReadOnly {
            return Err(Error::new(ErrorKind::ReadOnly)
                .at(self.path())
                .help("hand a read-only segment on with read-only access"));
        }
        let file = self.file()?;
        match os::reopen(file, access.how()) {
            Ok(file) => Ok(file.into()),
            // This user may not reopen a descriptor of another user's. A copy gives the same
            // access.
            Err(_) if access == Access::ReadOnly && os::is_read_only(file) => {
                file.try_clone_to_owned().map_err(|e| os::failed(e, "dup").at(self.path()))
            }
            Err(e) => Err(e.at(self.path())),
        }
    }

    /// Attaches to the sealed segment that a descriptor leads to. [`ErrorKind::NotSealed`]: its
    /// length could change, or it is no memfd of ordinary memory.
    ///
    /// Of the options, trust, access, prefault and pages apply. Taking roles needs `/proc` and a
    /// mode that lets this user write; reading needs neither.
    ///
    /// With [`Access::ReadOnly`] also attaches to a segment that has lost its name
    /// ([`NameState::Unlinked`](crate::NameState)), through the descriptor of a process that uses it
    /// (`/proc/PID/fd/N`): to look at it.
    pub fn from_descriptor(descriptor: OwnedFd, options: &Options) -> Result<Self> {
        let given = File::from(descriptor);
        // The kernel calls it "/memfd:NAME (deleted)".
        let link = os::name_of(&given);
        let name = link.strip_prefix("/memfd:").map(|n| n.trim_end_matches(" (deleted)"));
        let (path, origin) = match (name, link.strip_suffix(" (deleted)")) {
            (None, Some(path)) if options.access == Access::ReadOnly => (PathBuf::from(path), Origin::Named),
            _ => (PathBuf::from(format!("memfd:{}", name.unwrap_or_default())), Origin::Sealed),
        };
        if origin == Origin::Sealed && !os::is_sealed(given.as_fd())? {
            return Err(not_sealed(&path));
        }
        check_file(&path, &os::stat(&given)?, options)?;
        // A description of its own: the sender's use of the other one has no effect here.
        let file = match os::reopen(given.as_fd(), options.access.how()) {
            Ok(file) => file,
            Err(_) if options.access == Access::ReadOnly => given,
            Err(e) => return Err(e.at(&path)),
        };
        Self::finish(file, path, options, origin)
    }

    /// Sends a sealed segment to the process at the other end of a connected Unix socket, which
    /// calls [`Segment::receive`]. See [`Segment::descriptor`] for `access`. Sends 24 bytes and a
    /// descriptor. `timeout` bounds the wait for room in the socket's buffer.
    ///
    /// [`ErrorKind::Timeout`], [`ErrorKind::PeerGone`], [`ErrorKind::InvalidArgument`] (no such
    /// socket).
    pub fn send_to(&self, socket: impl AsFd, access: Access, timeout: Duration) -> Result<()> {
        let descriptor = self.descriptor(access)?;
        let mut message = [0; MESSAGE];
        message[..MAGIC.len()].copy_from_slice(&MAGIC);
        message[MAGIC.len()..].copy_from_slice(&self.id());
        let mut sent = 0;
        repeat(socket.as_fd(), Ready::Write, timeout, self.inner.canceller.as_ref(), |socket| {
            let with = (sent == 0).then_some(&descriptor);
            sent += os::send(socket, &message[sent..], with)?.unwrap_or(0);
            Ok(sent == MESSAGE)
        })
        .map_err(|e| e.at(self.path()))
    }

    /// Waits for a segment sent with [`Segment::send_to`], and attaches to it as
    /// [`Segment::from_descriptor`] does. Reads that one message and nothing beyond it.
    ///
    /// [`ErrorKind::Timeout`], [`ErrorKind::PeerGone`] (the socket was closed first),
    /// [`ErrorKind::BadMagic`] (another message), [`ErrorKind::Corrupt`] (not exactly one
    /// descriptor, or one of another segment), and the errors of [`Segment::from_descriptor`].
    /// Bytes read before a failure are lost.
    pub fn receive(socket: impl AsFd, options: &Options, timeout: Duration) -> Result<Self> {
        let mut message = [0; MESSAGE];
        let (mut got, mut descriptors) = (0, Vec::new());
        repeat(socket.as_fd(), Ready::Read, timeout, options.canceller.as_ref(), |socket| {
            match os::receive(socket, &mut message[got..], &mut descriptors)? {
                Some(0) => {
                    return Err(Error::new(ErrorKind::PeerGone).about("socket").expected_found(
                        format!("{MESSAGE} bytes and a descriptor"),
                        format!("its end after {got}"),
                    ));
                }
                n => got += n.unwrap_or(0),
            }
            Ok(got == MESSAGE)
        })?;
        let (magic, id) = message.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(Error::new(ErrorKind::BadMagic).about("message on the socket").expected_found(
                "the message that comes with a segment",
                format!("{:?}", String::from_utf8_lossy(magic)),
            ));
        }
        let corrupt = |expected: &'static str, found: String| {
            Error::new(ErrorKind::Corrupt).about("message on the socket").expected_found(expected, found)
        };
        let count = descriptors.len();
        let (Some(descriptor), 1) = (descriptors.pop(), count) else {
            return Err(corrupt("one descriptor", count.to_string()));
        };
        let segment = Self::from_descriptor(descriptor, options)?;
        if segment.id() != id {
            return Err(corrupt("the segment that the message names", "another one".into()));
        }
        Ok(segment)
    }
}

/// Calls `act` until it returns true, and waits in between until the socket is ready.
fn repeat(
    socket: BorrowedFd<'_>,
    what: Ready,
    timeout: Duration,
    canceller: Option<&Canceller>,
    mut act: impl FnMut(BorrowedFd<'_>) -> Result<bool>,
) -> Result<()> {
    let start = os::monotonic_ns();
    loop {
        if act(socket)? {
            return Ok(());
        }
        let waited = Duration::from_nanos(os::monotonic_ns() - start);
        let Some(left) = timeout.checked_sub(waited).filter(|t| !t.is_zero()) else {
            return Err(Error::new(ErrorKind::Timeout).about("socket").expected_found(
                match what {
                    Ready::Read => "a segment",
                    Ready::Write => "room for a message",
                },
                format!("none in {timeout:?}"),
            ));
        };
        match canceller {
            None => os::wait_ready(socket, what, left),
            Some(canceller) if canceller.take() => {
                return Err(Error::new(ErrorKind::Cancelled).about("socket"));
            }
            // The kernel waits for a socket or for a word, not for both.
            Some(_) => os::wait_ready(socket, what, left.min(UNSURE_SLICE)),
        }
    }
}
