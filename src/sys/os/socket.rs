//! Sends and receives bytes and descriptors over Unix sockets.

use crate::base::error::Result;
use crate::sys::{os::error::bad_descriptor, os::time::timespec};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::{io, time::Duration};

/// Bytes of room for the descriptors and credentials of one message.
const CONTROL: usize = 256;

#[repr(C, align(8))]
struct Control([u8; CONTROL]);

fn message(part: &mut libc::iovec, control: &mut Control, length: usize) -> libc::msghdr {
    // SAFETY: `msghdr` is plain old data, for which all zero is a value.
    let mut m: libc::msghdr = unsafe { std::mem::zeroed() };
    m.msg_iov = part;
    m.msg_iovlen = 1;
    if length > 0 {
        m.msg_control = control.0.as_mut_ptr().cast();
        m.msg_controllen = length as _;
    }
    m
}

/// Sends bytes and a descriptor over a Unix socket, without waiting. Returns `None` if there is no
/// room now.
pub(crate) fn send(socket: BorrowedFd<'_>, bytes: &[u8], with: Option<&OwnedFd>) -> Result<Option<usize>> {
    let mut control = Control([0; CONTROL]);
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: computes a size.
    let length = with.map_or(0, |_| unsafe { libc::CMSG_SPACE(size_of::<RawFd>() as u32) } as usize);
    let m = message(&mut part, &mut control, length);
    if let Some(fd) = with {
        // SAFETY: the control buffer is aligned, zeroed and has room for one header with one
        // descriptor.
        unsafe {
            let head = libc::CMSG_FIRSTHDR(&raw const m);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            libc::CMSG_DATA(head).cast::<[u8; 4]>().write(fd.as_raw_fd().to_ne_bytes());
        }
    }
    // SAFETY: all that `m` leads to outlives the call; the kernel only reads the bytes.
    let n =
        unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const m, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) };
    match n {
        0.. => Ok(Some(n as usize)),
        _ if not_now() => Ok(None),
        _ => Err(bad_descriptor("sendmsg", "socket", "a connected Unix socket")),
    }
}

/// Receives bytes from a Unix socket without waiting, and adds the descriptors that came with them
/// to `fds`. Returns `None` if nothing is there now, and `Some(0)` at the end of the stream.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> Result<Option<usize>> {
    let mut control = Control([0; CONTROL]);
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut m = message(&mut part, &mut control, CONTROL);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: all that `m` leads to is writable and outlives the call.
    let n = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut m, flags) };
    if n < 0 {
        return if not_now() {
            Ok(None)
        } else {
            Err(bad_descriptor("recvmsg", "socket", "a connected Unix socket"))
        };
    }
    // SAFETY: the kernel has filled the control buffer with whole headers, of which these macros
    // find one after the other; each descriptor in them is new and nobody else's.
    unsafe {
        let mut head = libc::CMSG_FIRSTHDR(&raw const m);
        while !head.is_null() {
            if ((*head).cmsg_level, (*head).cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let length = (*head).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                for i in 0..length / size_of::<RawFd>() {
                    let data = libc::CMSG_DATA(head).add(i * size_of::<RawFd>());
                    let fd = RawFd::from_ne_bytes(data.cast::<[u8; 4]>().read());
                    fds.push(OwnedFd::from_raw_fd(fd));
                }
            }
            head = libc::CMSG_NXTHDR(&raw const m, head);
        }
    }
    Ok(Some(n as usize))
}

fn not_now() -> bool {
    matches!(io::Error::last_os_error().kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Tells [`wait_ready`] what to wait for.
#[derive(Clone, Copy)]
pub(crate) enum Ready {
    Read,
    Write,
}

/// Waits until a socket can be read from or written to, or has failed. May return early for any
/// reason: the caller checks.
pub(crate) fn wait_ready(socket: BorrowedFd<'_>, what: Ready, timeout: Duration) {
    let events = match what {
        Ready::Read => libc::POLLIN,
        Ready::Write => libc::POLLOUT,
    };
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    let t = timespec(timeout);
    // SAFETY: both outlive the call.
    unsafe { libc::ppoll(&raw mut poll, 1, &raw const t, std::ptr::null()) };
}
