//! The portable form: atomic words, the operating system's clock, and no control over caches.

#![allow(clippy::cast_ptr_alignment)] // Callers promise the alignment.

use crate::sys::atomic::{AtomicU64, Relaxed};
use crate::sys::bounds::{Bounds4, ROUND, Violations};

/// Returns 0: there is no counter that every processor has.
pub(crate) fn cycle_counter() -> u64 {
    0
}

/// Returns false: see [`cycle_counter`].
pub(crate) fn has_invariant_counter() -> bool {
    false
}

/// Does nothing: a hint that may be ignored.
#[inline(always)]
pub(crate) fn prefetch(_address: *const u8) {}

/// Returns false: [`evict`] does nothing here.
pub(crate) fn pays_to_evict() -> bool {
    false
}

/// Does nothing.
///
/// # Safety
///
/// Any address will do; the other forms need one that is mapped.
#[inline(always)]
pub(crate) unsafe fn evict(_address: *const u8) {}

/// Stores two words, the second first.
///
/// # Safety
///
/// The 16 bytes at `to` are 8-aligned, can be written, and are reached by others through atomics
/// only.
#[inline(always)]
pub(crate) unsafe fn store_16(to: *mut u8, bytes: [u8; 16]) {
    let [first, second]: [u64; 2] = bytemuck::cast(bytes);
    // SAFETY: the caller's.
    unsafe {
        (*to.add(8).cast::<AtomicU64>()).store(second, Relaxed);
        (*to.cast::<AtomicU64>()).store(first, Relaxed);
    }
}

/// Loads two words.
///
/// # Safety
///
/// The 16 bytes at `from` are 8-aligned, can be read, and are reached by others through atomics
/// only.
#[inline(always)]
pub(crate) unsafe fn load_16(from: *const u8) -> [u8; 16] {
    // SAFETY: the caller's.
    unsafe {
        let first = (*from.cast::<AtomicU64>()).load(Relaxed);
        let second = (*from.add(8).cast::<AtomicU64>()).load(Relaxed);
        bytemuck::cast([first, second])
    }
}

/// Returns false: [`load_32`] is no faster than [`load_16`] here.
pub(crate) fn has_load_32() -> bool {
    false
}

/// Loads 32 bytes again and again.
///
/// # Safety
///
/// The rules of [`load_16`], for as many bytes as `blocks` has.
#[inline(always)]
pub(crate) unsafe fn load_32(from: *const u8, blocks: &mut [[u8; 32]]) {
    for (i, block) in blocks.as_flattened_mut().as_chunks_mut::<16>().0.iter_mut().enumerate() {
        // SAFETY: the caller's.
        *block = unsafe { load_16(from.add(i * 16)) };
    }
}

/// Compares numbers with their bounds, one after the other.
pub(crate) fn violations<const N: usize>(values: &[f32; N], bounds: &[Bounds4]) -> Violations {
    let mut found = Violations { outside: [0; 4], fraction: [0; 4] };
    for four in bounds {
        for lane in 0..4 {
            let value = values[four.at + lane];
            let bits = value.to_bits() & four.magnitude[lane];
            found.outside[lane] |= bits | four.high[lane].wrapping_sub(bits);
            let rounded = (value - ROUND) + ROUND;
            found.fraction[lane] |= (rounded.to_bits() ^ value.to_bits()) & four.whole[lane];
        }
    }
    found
}
