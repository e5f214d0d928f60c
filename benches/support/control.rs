//! Memory shared by the processes of a bench.

use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// A page of memory.
pub const PAGE: usize = 4096;

/// Paces a loop that polls: as fast as it can for longer than any trip takes, and then lets others
/// run. Two sides on one processor would otherwise wait for the end of their time slices.
#[derive(Default)]
pub struct Patience(u32);

impl Patience {
    /// Counts a poll that found nothing.
    #[inline(always)]
    pub fn spend(&mut self) {
        self.0 = self.0.wrapping_add(1);
        if self.0.is_multiple_of(1 << 16) {
            std::thread::yield_now();
        }
    }
}

/// Polls until something is so.
#[inline(always)]
pub fn spin_until(mut is_so: impl FnMut() -> bool) {
    let mut patience = Patience::default();
    while !is_so() {
        patience.spend();
    }
}

/// A file on tmpfs, mapped by whoever opens it, as words that all sides reach as atomics.
pub struct SharedMemory(memmap2::MmapRaw);

impl SharedMemory {
    /// Makes the file where there is none.
    pub fn open(path: &Path, len: usize) -> Self {
        let mut how = std::fs::OpenOptions::new();
        let file = how.read(true).write(true).create(true).truncate(false).open(path);
        let file = file.expect("a file to share");
        if file.metadata().expect("its length").len() < len as u64 {
            file.set_len(len as u64).expect("its length");
        }
        // With its pages entered, as leyline enters a ring's: their first touch is no part of what
        // is measured.
        Self(memmap2::MmapOptions::new().len(len).populate().map_raw(&file).expect("its mapping"))
    }

    /// Returns the word at an offset that is a multiple of 8.
    #[inline(always)]
    #[allow(clippy::cast_ptr_alignment)] // Asserted.
    pub fn u64(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.0.len());
        // SAFETY: inside the mapping, aligned, reached as an atomic by all sides.
        unsafe { &*self.0.as_mut_ptr().add(at).cast::<AtomicU64>() }
    }

    /// Returns the first byte, at a page's boundary.
    pub fn base(&self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    /// Asks for the cache line at an offset.
    #[inline(always)]
    pub fn prefetch(&self, at: usize) {
        debug_assert!(at < self.0.len());
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch never faults.
        unsafe {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(self.0.as_ptr().add(at).cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = at;
    }

    /// Returns the word at an offset that is a multiple of 4: one to sleep on.
    #[inline(always)]
    #[allow(clippy::cast_ptr_alignment)] // Asserted.
    pub fn u32(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(4) && at + 4 <= self.0.len());
        // SAFETY: as above.
        unsafe { &*self.0.as_mut_ptr().add(at).cast::<AtomicU32>() }
    }

    /// Copies bytes in, by `memcpy`. No other side touches them meanwhile.
    #[inline(always)]
    pub fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.0.len());
        // SAFETY: inside the mapping; the caller sees to it that nobody else is there.
        unsafe { self.0.as_mut_ptr().add(at).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    /// Copies bytes out, by `memcpy`. No other side writes them meanwhile.
    #[inline(always)]
    pub fn read(&self, at: usize, bytes: &mut [u8]) {
        assert!(at + bytes.len() <= self.0.len());
        // SAFETY: as above.
        unsafe { self.0.as_ptr().add(at).copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) }
    }
}

/// Reads `CLOCK_MONOTONIC`.
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it is written to.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Sleeps while a word of shared memory is what it was, at most so long; may wake for nothing.
pub fn futex_wait(word: &AtomicU32, was: u32, at_most: Duration) {
    let timeout = libc::timespec {
        tv_sec: at_most.as_secs() as _,
        tv_nsec: libc::c_long::from(at_most.subsec_nanos()),
    };
    // SAFETY: the word outlives the call, which only reads it; the timeout is a plain value of this
    // frame.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, was, &raw const timeout) };
}

/// Wakes at most so many that sleep on a word. Returns how many did.
pub fn futex_wake(word: &AtomicU32, at_most: u32) -> i64 {
    // SAFETY: the word is only named to the kernel, not touched.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, at_most) }
}

/// Exchanges turns and results with a peer, over a page for each peer. A program in another
/// language that takes part has the same layout: see `benches/c/seat.hpp`.
///
/// ```text
/// 0    u32 go       the turn's number, from 1; stored last
/// 8    u64 kind     what to do; all ones: nothing more, ever
/// 16   u64 count    how often
/// 24   u64 argument
/// 128  u32 ready    the turn that the peer is ready for
/// 256  u32 done     the turn that the peer is done with; its results stand there
/// 384  u64 how many results
/// 392  u64 results
/// ```
///
/// A side that waits polls the other's word for a while and then sleeps on it. So an idle side
/// takes no processor from those that are being measured.
pub struct Control {
    memory: SharedMemory,
    at: usize,
}

const GO: usize = 0;
const KIND: usize = 8;
const COUNT: usize = 16;
const ARGUMENT: usize = 24;
const READY: usize = 128;
const DONE: usize = 256;
const RESULTS: usize = 384;

/// The kind that ends a peer.
const END: u64 = u64::MAX;

/// The greatest number of peers.
pub const PEERS: u32 = 512;

impl Control {
    /// Maps the page of a peer in the control file of a bench's folder.
    pub fn open(folder: &Path, peer: u32) -> Self {
        assert!(peer < PEERS);
        let memory = SharedMemory::open(&folder.join("control"), PAGE * PEERS as usize);
        Self { memory, at: PAGE * peer as usize }
    }

    fn u32(&self, at: usize) -> &AtomicU32 {
        self.memory.u32(self.at + at)
    }

    fn u64(&self, at: usize) -> &AtomicU64 {
        self.memory.u64(self.at + at)
    }

    /// Says what the next turn is.
    pub fn post(&self, number: u32, [kind, count, argument]: [u64; 3]) {
        self.u64(KIND).store(kind, Ordering::Relaxed);
        self.u64(COUNT).store(count, Ordering::Relaxed);
        self.u64(ARGUMENT).store(argument, Ordering::Relaxed);
        tell(self.u32(GO), number);
    }

    /// Says that there are no more turns.
    pub fn post_end(&self, number: u32) {
        self.post(number, [END, 0, 0]);
    }

    /// Waits for the turn after `last`, and returns it.
    pub fn await_turn(&self, last: u32) -> Option<[u64; 3]> {
        hear(self.u32(GO), last + 1, || {});
        let [kind, count, argument] = [KIND, COUNT, ARGUMENT].map(|at| self.u64(at).load(Ordering::Relaxed));
        (kind != END).then_some([kind, count, argument])
    }

    pub fn tell_ready(&self, number: u32) {
        tell(self.u32(READY), number);
    }

    pub fn tell_done(&self, number: u32, results: &[u64]) {
        assert!(RESULTS + 8 + 8 * results.len() <= PAGE, "{} results", results.len());
        self.u64(RESULTS).store(results.len() as u64, Ordering::Relaxed);
        for (i, result) in results.iter().enumerate() {
            self.u64(RESULTS + 8 + 8 * i).store(*result, Ordering::Relaxed);
        }
        tell(self.u32(DONE), number);
    }

    /// Waits until the peer is ready for a turn. Calls `look` from time to time, which panics if
    /// there is nothing more to wait for.
    pub fn await_ready(&self, number: u32, look: impl FnMut()) {
        hear(self.u32(READY), number, look);
    }

    /// Waits as [`Control::await_ready`] does until the peer is done with a turn. Returns its
    /// results.
    pub fn await_done(&self, number: u32, look: impl FnMut()) -> Vec<u64> {
        hear(self.u32(DONE), number, look);
        let count = self.u64(RESULTS).load(Ordering::Relaxed) as usize;
        (0..count).map(|i| self.u64(RESULTS + 8 + 8 * i).load(Ordering::Relaxed)).collect()
    }
}

fn tell(word: &AtomicU32, number: u32) {
    word.store(number, Ordering::Release);
    futex_wake(word, 1);
}

fn hear(word: &AtomicU32, number: u32, mut look: impl FnMut()) {
    for _ in 0..1 << 10 {
        if word.load(Ordering::Acquire) == number {
            return;
        }
        std::hint::spin_loop();
    }
    loop {
        let now = word.load(Ordering::Acquire);
        if now == number {
            return;
        }
        look();
        futex_wait(word, now, Duration::from_millis(100));
    }
}
