//! An event counter that a program polls.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os;
use std::os::fd::RawFd;

/// Names an eventfd. Leaves its number alone once the program has closed it, as
/// [`Descriptor`](crate::sys::descriptor::Descriptor) does: all eventfds have one inode and no
/// offset, so that the mark is another one.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    fd: RawFd,
    is_marked: bool,
}

impl Event {
    pub(crate) fn new() -> Result<Self> {
        let fd = os::event()?;
        Ok(Self { fd, is_marked: os::mark(fd) })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    fn is_ours(&self) -> bool {
        !self.is_marked || os::has_mark(self.fd).unwrap_or(true)
    }

    /// Makes it readable, if it is still the library's.
    pub(crate) fn ring(&self) {
        if self.is_ours() {
            os::ring_event(self.fd);
        }
    }

    /// Makes it not readable. [`ErrorKind::ClosedDescriptor`].
    pub(crate) fn clear(&self) -> Result<()> {
        self.check()?;
        os::clear_event(self.fd);
        Ok(())
    }

    /// Returns [`ErrorKind::ClosedDescriptor`] once the program has closed it.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_ours() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ClosedDescriptor)
            .about("bell")
            .expected_found("its descriptor", "one that the program has closed, or another file in its place")
            .help("close descriptors first, then make the bell"))
    }

    /// Closes it. No clone is used afterwards.
    pub(crate) fn close(&self) {
        if self.is_ours() {
            os::close(self.fd);
        }
    }
}
