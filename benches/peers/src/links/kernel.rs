//! Transports of the kernel: pipes, and a Unix socket that keeps records apart (SOCK_SEQPACKET).
//! Polled or blocking.

use super::{Answer, Answers, Drains, Hears, Receives, Sends, Streams};
use bytemuck::Pod;
use leyline::Observation;
use std::io::{Error, ErrorKind};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Chooses how a side waits.
#[derive(Clone, Copy, PartialEq)]
pub enum Waiting {
    /// Asks again at once, as those in shared memory do.
    Polling,
    Blocking,
}

/// Two ends, not yet handed to a child.
pub struct Pair {
    pub read: OwnedFd,
    pub write: OwnedFd,
}

fn owned(fds: [i32; 2], what: &str, made: i32) -> (OwnedFd, OwnedFd) {
    assert!(made == 0, "{what}: {}", Error::last_os_error());
    // SAFETY: just made, and nobody else has them.
    unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) }
}

/// Makes a pipe, with room for as many bytes where the kernel allows.
pub fn pipe(room: Option<usize>) -> Pair {
    let mut fds = [0; 2];
    // SAFETY: an array of two.
    let made = unsafe { libc::pipe(fds.as_mut_ptr()) };
    let (read, write) = owned(fds, "a pipe", made);
    if let Some(room) = room {
        // SAFETY: no memory is handed over. Less room is no error: the stream then waits more
        // often.
        unsafe { libc::fcntl(write.as_raw_fd(), libc::F_SETPIPE_SZ, room as libc::c_int) };
    }
    Pair { read, write }
}

/// Makes a socket pair; the first is for one side and the second for the other.
pub fn socket() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    // SAFETY: an array of two.
    let made = unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0, fds.as_mut_ptr()) };
    owned(fds, "a socket pair", made)
}

/// One side: the descriptors it reads from and writes to, which are one socket or two pipes.
pub struct Side {
    read: OwnedFd,
    write: OwnedFd,
    batch: Vec<Observation>,
    /// Bytes of the batch that have come.
    have: usize,
}

/// Bytes of a record.
const RECORD: usize = size_of::<Observation>();
/// Records that are taken at once from a pipe, as many as of the others.
const BATCH: usize = 64;

impl Side {
    pub fn new(read: OwnedFd, write: OwnedFd, waiting: Waiting) -> Self {
        if waiting == Waiting::Polling {
            for fd in [&read, &write] {
                // SAFETY: no memory is handed over.
                let set = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
                assert!(set == 0, "O_NONBLOCK: {}", Error::last_os_error());
            }
        }
        Self { read, write, batch: vec![Observation::EMPTY; BATCH], have: 0 }
    }

    #[inline(always)]
    fn put<T: Pod>(&self, record: &T) {
        let bytes = bytemuck::bytes_of(record);
        loop {
            // SAFETY: as many readable bytes. Up to 4096 go into a pipe at once or not at all.
            let n = unsafe { libc::write(self.write.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
            if n == bytes.len() as isize {
                return;
            }
            again("written", n);
        }
    }

    #[inline(always)]
    fn take<T: Pod>(&self, record: &mut T) {
        let bytes = bytemuck::bytes_of_mut(record);
        let mut have = 0;
        while have < bytes.len() {
            let rest = &mut bytes[have..];
            // SAFETY: as many writable bytes.
            let n = unsafe { libc::read(self.read.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len()) };
            if n > 0 {
                have += n as usize;
            } else {
                again("read", n);
            }
        }
    }
}

#[cold]
fn again(what: &str, n: isize) {
    let error = Error::last_os_error();
    let waits = n < 0 && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
    assert!(waits, "{what} {n}: {error}");
}

impl Sends for Side {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        self.put(observation);
    }
}
impl Hears for Side {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        self.take(answer);
    }
}
impl Receives for Side {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        self.take(observation);
    }
}
impl Answers for Side {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        self.put(answer);
    }
}
impl Streams for Side {
    #[inline(always)]
    fn push(&mut self, observation: &Observation) {
        self.put(observation);
    }
}
impl Drains for Side {
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&Observation)) -> usize {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.batch);
        // SAFETY: as many writable bytes.
        let n = unsafe {
            libc::read(self.read.as_raw_fd(), bytes[self.have..].as_mut_ptr().cast(), bytes.len() - self.have)
        };
        if n <= 0 {
            again("read", n);
            return 0;
        }
        let have = self.have + n as usize;
        let (count, rest) = (have / RECORD, have % RECORD);
        for record in &self.batch[..count] {
            each(record);
        }
        // A pipe knows no records: one may have come in part.
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.batch);
        bytes.copy_within(have - rest..have, 0);
        self.have = rest;
        count
    }
}
