//! Pod values to and from shared memory, one or two relaxed atomic words at a time.
//!
//! Memory that another process may write is only ever touched through atomics: no reference to its bytes is made, and
//! a value read while it was being overwritten is a torn copy (to be thrown away), never undefined behaviour. The
//! words of a region are always the same: u64 from its start and, where its length leaves 4 bytes, one u32 at the end.

use crate::sys::atomic::{Relaxed, Word32, Word64};
use crate::sys::kill;
use crate::sys::map::Map;
use std::ptr::NonNull;

/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

/// Where a protocol's words live. Offsets are in bytes and multiples of the word's size.
pub(crate) trait Words: Clone {
    fn u64(&self, at: usize) -> &Word64;
    fn u32(&self, at: usize) -> &Word32;
    /// Asks for the cache line at `at` to be fetched for reading.
    fn prefetch(&self, at: usize);
    /// Writes the cache line at `at` back and drops it from all caches. Only where [`pays_to_evict`].
    #[inline(always)]
    fn evict(&self, at: usize) {
        let _ = at;
    }
    /// Stores two u64 at once, in no order between the two.
    #[inline(always)]
    fn store_two(&self, at: usize, two: [u8; 16]) {
        let [first, second] = bytemuck::cast(two);
        self.u64(at + 8).store(second, Relaxed);
        self.u64(at).store(first, Relaxed);
    }
    /// Loads two u64 at once, in no order between the two.
    #[inline(always)]
    fn load_two(&self, at: usize) -> [u8; 16] {
        bytemuck::cast([self.u64(at).load(Relaxed), self.u64(at + 8).load(Relaxed)])
    }
    /// Whether [`Words::load_fours`] is the fastest way to load many records, asked once for all of them.
    fn has_fours(&self) -> bool {
        false
    }
    /// Loads four u64 at once and again, in no order among the four. Only where [`Words::has_fours`].
    #[inline(always)]
    fn load_fours(&self, at: usize, fours: &mut [[u8; 32]]) {
        for (i, two) in fours.as_flattened_mut().as_chunks_mut::<16>().0.iter_mut().enumerate() {
            *two = self.load_two(at + i * 16);
        }
    }
}

/// Words in a mapping.
///
/// It does not keep the mapping: whoever holds one holds the [`Map`] too.
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
    /// A range of a mapping. Panics if it does not lie inside: ranges are checked when a segment is attached.
    pub(crate) fn of(map: &Map, at: usize, len: usize) -> Self {
        assert!(at.checked_add(len).is_some_and(|end| end <= map.len()) && at.is_multiple_of(8));
        // SAFETY: `at` is inside the mapping.
        Self { base: unsafe { map.base().add(at) }, len }
    }
}

/// Whether [`Words::evict`] may be called, and a store to a line that is in no cache takes less than one to a line that
/// another core has. On AMD's processors it does; on Intel's it takes twice as long.
pub(crate) fn pays_to_evict() -> bool {
    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    {
        use core::arch::x86_64::{__cpuid, __cpuid_count};
        // Asked once: a virtual machine leaves for its host at each.
        static PAYS: std::sync::LazyLock<bool> = std::sync::LazyLock::new(|| {
            // Calling it became safe in a later Rust than the oldest one that this crate supports.
            #[allow(unused_unsafe)]
            // SAFETY: every x86-64 processor has the instruction.
            let (leaf, features) = unsafe { (__cpuid(0), __cpuid_count(7, 0)) };
            let vendor: [u8; 12] = bytemuck::cast([leaf.ebx, leaf.edx, leaf.ecx]);
            let has_clflushopt = leaf.eax >= 7 && features.ebx & (1 << 23) != 0;
            has_clflushopt && [b"AuthenticAMD", b"HygonGenuine"].contains(&&vendor)
        });
        *PAYS
    }
    #[cfg(not(all(target_arch = "x86_64", not(any(loom, leyline_race, miri)))))]
    false
}

#[allow(clippy::cast_ptr_alignment)] // The base is 8-aligned and offsets are multiples of the word, see below.
impl Words for Shared {
    #[inline(always)]
    fn u64(&self, at: usize) -> &Word64 {
        if cfg!(loom) {
            unreachable!("a mapping has no modelled words");
        }
        debug_assert!(at.is_multiple_of(8) && at + 8 <= self.len);
        // SAFETY: offsets come from the crate's own layout arithmetic, checked against the range's length when the
        // ring or page was opened; the base is 8-aligned; the holder keeps the mapping; nobody makes a plain
        // reference to these bytes.
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
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch never faults.
        unsafe {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(self.base.as_ptr().add(at).cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = at;
    }

    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    #[inline(always)]
    fn evict(&self, at: usize) {
        debug_assert!(at < self.len);
        // SAFETY: in the range; what memory holds does not change. The processor has it: the caller asked `pays_to_evict`.
        unsafe {
            core::arch::asm!(
                "clflushopt [{line}]",
                line = in(reg) self.base.as_ptr().add(at),
                options(nostack, preserves_flags)
            );
        }
    }

    // The compiler does not join two atomic accesses, and half as many stores a record are a third of what publishing
    // costs. Assembly is no data race: the other side's words see what the processor does, in its order of instructions,
    // which on x86-64 is the program's. A checker of races does not look into it, and gets the words. Only the shared side
    // is in assembly: what was made just before comes from registers, and does not wait for its way through memory.

    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    #[inline(always)]
    fn store_two(&self, at: usize, two: [u8; 16]) {
        debug_assert!(at.is_multiple_of(8) && at + 16 <= self.len);
        let two: core::arch::x86_64::__m128i = bytemuck::cast(two);
        // SAFETY: the 16 bytes at `at` lie in the range, as in `u64`; SSE is part of x86-64.
        unsafe {
            core::arch::asm!(
                concat!(move_two!(), " [{to}], {two}"),
                to = in(reg) self.base.as_ptr().add(at),
                two = in(xmm_reg) two,
                options(nostack, preserves_flags)
            );
        }
    }

    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    #[inline(always)]
    fn load_two(&self, at: usize) -> [u8; 16] {
        debug_assert!(at.is_multiple_of(8) && at + 16 <= self.len);
        let two: core::arch::x86_64::__m128i;
        // SAFETY: as in `store_two`. It reads memory and must stay between the loads around it: not `pure`.
        unsafe {
            core::arch::asm!(
                concat!(move_two!(), " {two}, [{from}]"),
                from = in(reg) self.base.as_ptr().add(at),
                two = out(xmm_reg) two,
                options(nostack, preserves_flags, readonly)
            );
        }
        bytemuck::cast(two)
    }

    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    #[inline(always)]
    fn has_fours(&self) -> bool {
        std::arch::is_x86_feature_detected!("avx")
    }

    // From memory to memory: the compiler has no registers of 32 bytes unless the whole program is made for them.
    #[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
    #[inline(always)]
    fn load_fours(&self, at: usize, fours: &mut [[u8; 32]]) {
        debug_assert!(at.is_multiple_of(8) && at + fours.len() * 32 <= self.len && self.has_fours());
        macro_rules! load_four {
            ($from:expr, $to:expr, $register:ident) => {
                core::arch::asm!(
                    "vmovdqu {four:y}, [{from}]",
                    "vmovdqu [{to}], {four:y}",
                    from = in(reg) $from,
                    to = in(reg) $to,
                    four = out($register) _,
                    options(nostack, preserves_flags)
                )
            };
        }
        for (i, four) in fours.iter_mut().enumerate() {
            // SAFETY: as in `load_two`, of 32 bytes; those of `four` are its own; the caller has asked `has_fours`.
            unsafe {
                let (from, to) = (self.base.as_ptr().add(at + i * 32), four.as_mut_ptr());
                #[cfg(target_feature = "avx")]
                load_four!(from, to, ymm_reg);
                #[cfg(not(target_feature = "avx"))]
                load_four!(from, to, xmm_reg);
            }
        }
        // Instructions of 16 bytes are slow while the upper halves hold anything. A program made for AVX empties them where it
        // has to. One that is not may still have a function that is, with this in it: so all registers count as overwritten.
        // SAFETY: as above; it is said that nothing is left in any register of vectors.
        #[cfg(not(target_feature = "avx"))]
        unsafe {
            core::arch::asm!(
                "vzeroupper",
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nostack, preserves_flags, nomem)
            );
        }
    }
}

/// The instruction that moves 16 bytes: a program made for AVX does not mix the two kinds.
#[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri)), target_feature = "avx"))]
macro_rules! move_two {
    () => {
        "vmovups"
    };
}
#[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri)), not(target_feature = "avx")))]
macro_rules! move_two {
    () => {
        "movups"
    };
}
#[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
use move_two;

/// From this many bytes on, words are moved two at a time. A short record has just been put together from its fields:
/// loading two words of it at once would wait until the fields' stores are through.
const BY_TWOS: usize = 64;

/// Stores bytes at an 8-aligned offset, the last word first: a record's second cache line is written before its first,
/// the one that readers poll. The length is a multiple of 4.
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
    if bytes.len() < BY_TWOS {
        for (i, word) in whole.iter().enumerate().rev() {
            half(i == whole.len() / 2);
            words.u64(at + i * 8).store(u64::from_ne_bytes(*word), Relaxed);
        }
        return;
    }
    // A compiler fills a record by sixteens from its start. Loaded in the same steps, what was made just before comes from
    // registers, or from stores on their way; loaded in the slot's it would wait until those are through. Stored they are
    // at multiples of 16: payloads start at 8 past one, and a store across is two.
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
        words.store_two(at + 8 + i * 16, bytemuck::cast([word(1 + 2 * i), word(2 + 2 * i)]));
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
        *two = bytemuck::cast(words.load_two(at + i * 16));
    }
    if let [last] = last {
        *last = words.u64(tail - 8).load(Relaxed).to_ne_bytes();
    }
    if let Some(rest) = rest.first_chunk_mut::<4>() {
        *rest = words.u32(tail).load(Relaxed).to_ne_bytes();
    }
}

/// From this many bytes on it pays to ask whether they can be loaded by fours.
const LONG: usize = 512;

/// As [`load_bytes`], of one record of many; `fours` is what [`Words::has_fours`] said.
#[inline(always)]
pub(crate) fn load_one_of_many<W: Words>(words: &W, at: usize, bytes: &mut [u8], fours: bool) {
    if !fours {
        return load_bytes(words, at, bytes);
    }
    let (fours, rest) = bytes.as_chunks_mut::<32>();
    words.load_fours(at, fours);
    load_bytes(words, at + fours.len() * 32, rest);
}

/// Copies what [`load_bytes`] has just loaded, in the same steps: a wider one would wait until theirs are through.
///
/// # Safety
///
/// As many bytes can be written at `to`.
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

/// As [`store_bytes`], for a section of any length that is padded to whole u64 words.
pub(crate) fn store_section<W: Words>(words: &W, at: usize, bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    store_bytes(words, at, whole.as_flattened());
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        words.u64(at + whole.len() * 8).store(u64::from_ne_bytes(last), Relaxed);
    }
}

/// Loads the part of a section that starts `from` bytes into it, in the words of the whole. `from` and the length are
/// multiples of 4.
pub(crate) fn load_part<W: Words>(words: &W, at: usize, from: usize, bytes: &mut [u8]) {
    let before = (from & 4).min(bytes.len());
    let (first, rest) = bytes.split_at_mut(before);
    if !first.is_empty() {
        let word = words.u64(at + (from & !7)).load(Relaxed).to_ne_bytes();
        first.copy_from_slice(&word[4..]);
    }
    load_section(words, at + from.next_multiple_of(8), rest);
}

/// As [`load_bytes`], for a section written by [`store_section`].
pub(crate) fn load_section<W: Words>(words: &W, at: usize, bytes: &mut [u8]) {
    let whole = bytes.len() / 8 * 8;
    let (first, rest) = bytes.split_at_mut(whole);
    load_one_of_many(words, at, first, whole >= LONG && words.has_fours());
    if !rest.is_empty() {
        let last = words.u64(at + whole).load(Relaxed).to_ne_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

#[cfg(all(test, target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
mod tests {
    use super::*;
    use core::arch::x86_64::{_mm256_add_ps, _mm256_loadu_ps, _mm256_storeu_ps};

    /// Holds eight numbers in a register while it loads.
    #[target_feature(enable = "avx")]
    fn twice(numbers: &mut [f32; 8], words: &Shared, bytes: &mut [u8]) {
        // SAFETY: eight numbers are read and written.
        unsafe {
            let held = _mm256_loadu_ps(numbers.as_ptr());
            load_one_of_many(words, 0, bytes, true);
            _mm256_storeu_ps(numbers.as_mut_ptr(), _mm256_add_ps(held, held));
        }
    }

    /// Fails in optimized builds only, where they are held indeed.
    #[test]
    fn a_function_for_avx_keeps_its_numbers_while_it_loads() {
        let mut memory = [7u64; 16];
        let base = NonNull::from(&mut memory).cast::<u8>();
        let words = Shared { base, len: size_of_val(&memory) };
        if !words.has_fours() {
            eprintln!("NOT CHECKED: this processor has no AVX");
            return;
        }
        let (mut numbers, mut bytes) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [0; 128]);
        // SAFETY: the processor has AVX.
        unsafe { twice(std::hint::black_box(&mut numbers), &words, std::hint::black_box(&mut bytes)) };
        assert_eq!(numbers, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0]);
        assert_eq!(bytes.as_chunks::<8>().0, [7u64.to_ne_bytes(); 16]);
    }
}
