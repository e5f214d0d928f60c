//! Pod values to and from shared memory, in relaxed atomic words or in the wider moves of [`arch`].
//!
//! Memory that another process may write is only ever touched through atomics: no reference to its
//! bytes is made, and a value read while it was being overwritten is a torn copy (to be discarded),
//! never undefined behaviour. The words of a region are always the same: u64 from its start and,
//! where its length leaves 4 bytes, one u32 at the end.

use crate::sys::atomic::{Relaxed, Word32, Word64};
use crate::sys::{arch, kill, map::Map};
use std::ptr::NonNull;

/// The words of a protocol, wherever they live. Offsets are in bytes and multiples of the word's
/// size.
pub(crate) trait Words: Clone {
    fn u64(&self, at: usize) -> &Word64;
    fn u32(&self, at: usize) -> &Word32;
    /// Prefetches the cache line at `at` for reading.
    fn prefetch(&self, at: usize);
    /// Writes the cache line at `at` back and drops it from all caches. Only where
    /// [`arch::pays_to_evict`].
    #[inline(always)]
    fn evict(&self, at: usize) {
        let _ = at;
    }
    /// Stores two u64 at once, in no order between the two.
    #[inline(always)]
    fn store_16(&self, at: usize, bytes: [u8; 16]) {
        let [first, second] = bytemuck::cast(bytes);
        self.u64(at + 8).store(second, Relaxed);
        self.u64(at).store(first, Relaxed);
    }
    /// Loads two u64 at once, in no order between the two.
    #[inline(always)]
    fn load_16(&self, at: usize) -> [u8; 16] {
        bytemuck::cast([self.u64(at).load(Relaxed), self.u64(at + 8).load(Relaxed)])
    }
    /// Returns true if [`Words::load_32`] is the fastest way to load many records, asked once for
    /// all of them.
    #[inline(always)]
    fn has_load_32(&self) -> bool {
        false
    }
    /// Loads four u64 at once, again and again, in no order among the four. Only where
    /// [`Words::has_load_32`].
    #[inline(always)]
    fn load_32(&self, at: usize, blocks: &mut [[u8; 32]]) {
        for (i, part) in blocks.as_flattened_mut().as_chunks_mut::<16>().0.iter_mut().enumerate() {
            *part = self.load_16(at + i * 16);
        }
    }
}

/// Words in a mapping.
///
/// It does not keep the mapping alive: its owner holds the [`Map`] too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a `Shared` is an address; what lies there is reached through atomics only.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// Returns a range of a mapping. Panics if it is not inside: ranges are checked when a segment
    /// is attached.
    pub(crate) fn of(map: &Map, at: usize, len: usize) -> Self {
        assert!(at.checked_add(len).is_some_and(|end| end <= map.len()) && at.is_multiple_of(8));
        // SAFETY: `at` is inside the mapping.
        Self { base: unsafe { map.base().add(at) }, len }
    }
}

#[allow(clippy::cast_ptr_alignment)] // The base is 8-aligned and offsets are multiples of the word, see below.
impl Words for Shared {
    #[inline(always)]
    fn u64(&self, at: usize) -> &Word64 {
        if cfg!(loom) {
            unreachable!("a mapping has no modelled words");
        }
        debug_assert!(at.is_multiple_of(8) && at + 8 <= self.len);
        // SAFETY: offsets come from the crate's own layout arithmetic, checked against the range's
        // length when the ring or page was opened; the base is 8-aligned; the holder keeps the
        // mapping; no plain reference to these bytes is made.
        unsafe { &*self.base.as_ptr().add(at).cast::<Word64>() }
    }

    #[inline(always)]
    fn u32(&self, at: usize) -> &Word32 {
        if cfg!(loom) {
            unreachable!("a mapping has no modelled words");
        }
        debug_assert!(at.is_multiple_of(4) && at + 4 <= self.len);
        // SAFETY: as in `u64`.
        unsafe { &*self.base.as_ptr().add(at).cast::<Word32>() }
    }

    #[inline(always)]
    fn prefetch(&self, at: usize) {
        debug_assert!(at < self.len);
        arch::prefetch(self.base.as_ptr().wrapping_add(at));
    }

    #[inline(always)]
    fn evict(&self, at: usize) {
        debug_assert!(at < self.len);
        // SAFETY: in the range; the caller asked `pays_to_evict`.
        unsafe { arch::evict(self.base.as_ptr().add(at)) };
    }

    #[inline(always)]
    fn store_16(&self, at: usize, bytes: [u8; 16]) {
        debug_assert!(at.is_multiple_of(8) && at + 16 <= self.len);
        // SAFETY: the 16 bytes at `at` lie in the range, as in `u64`.
        unsafe { arch::store_16(self.base.as_ptr().add(at), bytes) };
    }

    #[inline(always)]
    fn load_16(&self, at: usize) -> [u8; 16] {
        debug_assert!(at.is_multiple_of(8) && at + 16 <= self.len);
        // SAFETY: as in `store_16`.
        unsafe { arch::load_16(self.base.as_ptr().add(at)) }
    }

    #[inline(always)]
    fn has_load_32(&self) -> bool {
        arch::has_load_32()
    }

    #[inline(always)]
    fn load_32(&self, at: usize, blocks: &mut [[u8; 32]]) {
        debug_assert!(at.is_multiple_of(8) && at + blocks.len() * 32 <= self.len && self.has_load_32());
        // SAFETY: as in `store_16`; the caller asked `has_load_32`.
        unsafe { arch::load_32(self.base.as_ptr().add(at), blocks) };
    }
}

/// Shortest record whose words are moved in pairs. A short record has just been put together from
/// its fields, and loading two words of it at once would stall on store forwarding.
const PAIRS_FROM: usize = 64;

/// Stores bytes at an 8-aligned offset, the last word first: a record's second cache line is
/// written before its first, the one that readers poll. The length is a multiple of 4.
#[inline(always)]
pub(crate) fn store_bytes<W: Words>(words: &W, at: usize, bytes: &[u8]) {
    let half = |now: bool| {
        if cfg!(leyline_kill_points) && now {
            kill::point("slot.half");
        }
    };
    let (whole, rest) = bytes.as_chunks::<8>();
    if let Some(rest) = rest.first_chunk::<4>() {
        words.u32(at + whole.len() * 8).store(u32::from_ne_bytes(*rest), Relaxed);
    }
    if bytes.len() < PAIRS_FROM {
        for (i, word) in whole.iter().enumerate().rev() {
            half(i == whole.len() / 2);
            words.u64(at + i * 8).store(u64::from_ne_bytes(*word), Relaxed);
        }
        return;
    }
    // A compiler fills a record in steps of 16 bytes from its start. Loads in the same steps come
    // from registers or are forwarded from the stores; loads in the slot's steps would stall. The
    // stores are at multiples of 16: payloads start 8 past one, and a store across is two.
    let (twos, last) = whole.as_chunks::<2>();
    let word = |i: usize| match twos.get(i / 2) {
        Some(two) => bytemuck::cast::<[u8; 16], [[u8; 8]; 2]>(bytemuck::cast(*two))[i % 2],
        None => last[0],
    };
    let pairs = (whole.len() - 1) / 2;
    if whole.len().is_multiple_of(2) {
        let last = whole.len() - 1;
        words.u64(at + last * 8).store(u64::from_ne_bytes(word(last)), Relaxed);
    }
    for i in (0..pairs).rev() {
        half(i == pairs / 2);
        words.store_16(at + 8 + i * 16, bytemuck::cast([word(1 + 2 * i), word(2 + 2 * i)]));
    }
    words.u64(at).store(u64::from_ne_bytes(word(0)), Relaxed);
}

/// Loads bytes from an 8-aligned offset. The length is a multiple of 4.
#[inline(always)]
pub(crate) fn load_bytes<W: Words>(words: &W, at: usize, bytes: &mut [u8]) {
    let (whole, rest) = bytes.as_chunks_mut::<8>();
    let tail = at + whole.len() * 8;
    let (twos, last) = whole.as_chunks_mut::<2>();
    for (i, two) in twos.iter_mut().enumerate() {
        *two = bytemuck::cast(words.load_16(at + i * 16));
    }
    if let [last] = last {
        *last = words.u64(tail - 8).load(Relaxed).to_ne_bytes();
    }
    if let Some(rest) = rest.first_chunk_mut::<4>() {
        *rest = words.u32(tail).load(Relaxed).to_ne_bytes();
    }
}

/// Shortest section for which the call of [`Words::has_load_32`] pays.
const LONG: usize = 512;

/// Loads the bytes of one record of many, as [`load_bytes`] does; `has_load_32` is what
/// [`Words::has_load_32`] returned.
#[inline(always)]
pub(crate) fn load_bytes_of_many<W: Words>(words: &W, at: usize, bytes: &mut [u8], has_load_32: bool) {
    if !has_load_32 {
        return load_bytes(words, at, bytes);
    }
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    words.load_32(at, blocks);
    load_bytes(words, at + blocks.len() * 32, rest);
}

/// Copies bytes that [`load_bytes`] has just loaded, in the same steps: a wider load would stall on
/// store forwarding.
///
/// # Safety
///
/// The caller guarantees that as many bytes as `from` has can be written at `to`.
#[inline(always)]
pub(crate) unsafe fn copy_loaded(from: &[u8], to: *mut u8) {
    let (twos, rest) = from.as_chunks::<16>();
    for (i, two) in twos.iter().enumerate() {
        // SAFETY: the caller's.
        unsafe { to.add(i * 16).copy_from_nonoverlapping(two.as_ptr(), 16) };
    }
    let (words, rest) = rest.as_chunks::<8>();
    let mut to = to.wrapping_add(twos.len() * 16);
    if let [word] = words {
        // SAFETY: as above.
        unsafe { to.cast::<u64>().write_unaligned(u64::from_ne_bytes(*word)) };
        to = to.wrapping_add(8);
    }
    // SAFETY: as above.
    unsafe { to.copy_from_nonoverlapping(rest.as_ptr(), rest.len()) };
}

/// Stores a section of any length, padded to whole u64 words, as [`store_bytes`] does.
pub(crate) fn store_section<W: Words>(words: &W, at: usize, bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    store_bytes(words, at, whole.as_flattened());
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        words.u64(at + whole.len() * 8).store(u64::from_ne_bytes(last), Relaxed);
    }
}

/// Loads the part of a section that starts `from` bytes into it, in the words of the whole. `from`
/// and the length are multiples of 4.
pub(crate) fn load_part<W: Words>(words: &W, at: usize, from: usize, bytes: &mut [u8]) {
    let before = (from & 4).min(bytes.len());
    let (first, rest) = bytes.split_at_mut(before);
    if !first.is_empty() {
        let word = words.u64(at + (from & !7)).load(Relaxed).to_ne_bytes();
        first.copy_from_slice(&word[4..]);
    }
    load_section(words, at + from.next_multiple_of(8), rest);
}

/// Loads a section that [`store_section`] has written, as [`load_bytes`] does.
pub(crate) fn load_section<W: Words>(words: &W, at: usize, bytes: &mut [u8]) {
    let whole = bytes.len() / 8 * 8;
    let (first, rest) = bytes.split_at_mut(whole);
    load_bytes_of_many(words, at, first, whole >= LONG && words.has_load_32());
    if !rest.is_empty() {
        let last = words.u64(at + whole).load(Relaxed).to_ne_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}
