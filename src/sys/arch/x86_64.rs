//! x86-64: the time stamp counter, control over caches, moves of 16 and 32 bytes, and four numbers
//! at a time.
//!
//! The compiler does not join two atomic accesses, and half as many stores a record are a third of
//! what publishing costs: so the moves are assembly. Assembly is no data race: the other side's
//! words see what the processor does, in its order of instructions, which on x86-64 is the
//! program's. Only the shared side is in assembly: what was made just before comes from registers,
//! and does not wait for its way through memory.

use crate::sys::bounds::{Bounds4, ROUND, Violations};
use core::arch::x86_64::{
    __cpuid, __cpuid_count, __m128i, _MM_HINT_T0, _mm_add_ps, _mm_and_si128, _mm_or_si128, _mm_prefetch,
    _mm_set1_ps, _mm_setzero_si128, _mm_sub_epi32, _mm_sub_ps, _mm_xor_si128, _rdtsc,
};
use std::sync::LazyLock;

/// Returns the time stamp counter.
#[inline(always)]
pub(crate) fn cycle_counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction; where a system traps it, it is emulated.
    unsafe { _rdtsc() }
}

/// Returns true if the time stamp counter runs at one rate on all cores, asleep or not.
pub(crate) fn has_invariant_counter() -> bool {
    // Asked once: a virtual machine exits to its host at each.
    static INVARIANT: LazyLock<bool> = LazyLock::new(|| {
        // Calling it became safe in a later Rust than the oldest one that this crate supports.
        #[allow(unused_unsafe)]
        // SAFETY: every x86-64 processor has the instruction.
        unsafe {
            __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
        }
    });
    *INVARIANT
}

/// Prefetches a cache line into all levels of the cache, for reading.
#[inline(always)]
pub(crate) fn prefetch(address: *const u8) {
    // SAFETY: a prefetch never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// Returns true if [`evict`] may be called, and a store to a line that is in no cache takes less
/// than one to a line that another core has. On AMD's processors it does; on Intel's it takes twice
/// as long.
pub(crate) fn pays_to_evict() -> bool {
    // Asked once, as in `has_invariant_counter`.
    static PAYS: LazyLock<bool> = LazyLock::new(|| {
        #[allow(unused_unsafe)] // As in `has_invariant_counter`.
        // SAFETY: every x86-64 processor has the instruction.
        let (leaf, features) = unsafe { (__cpuid(0), __cpuid_count(7, 0)) };
        let vendor: [u8; 12] = bytemuck::cast([leaf.ebx, leaf.edx, leaf.ecx]);
        let has_clflushopt = leaf.eax >= 7 && features.ebx & (1 << 23) != 0;
        has_clflushopt && [b"AuthenticAMD", b"HygonGenuine"].contains(&&vendor)
    });
    *PAYS
}

/// Writes a cache line back to memory and drops it from all caches.
///
/// # Safety
///
/// The address is mapped, and [`pays_to_evict`] returned true.
#[inline(always)]
pub(crate) unsafe fn evict(address: *const u8) {
    // SAFETY: the caller's; what memory holds does not change.
    unsafe {
        core::arch::asm!("clflushopt [{line}]", line = in(reg) address, options(nostack, preserves_flags));
    }
}

/// The instruction that moves 16 bytes: a program made for AVX does not mix the two kinds.
#[cfg(target_feature = "avx")]
macro_rules! move_16 {
    () => {
        "vmovups"
    };
}
#[cfg(not(target_feature = "avx"))]
macro_rules! move_16 {
    () => {
        "movups"
    };
}

/// Stores 16 bytes at once.
///
/// # Safety
///
/// The 16 bytes at `to` can be written, and are reached by others through atomics only.
#[inline(always)]
pub(crate) unsafe fn store_16(to: *mut u8, bytes: [u8; 16]) {
    let bytes: __m128i = bytemuck::cast(bytes);
    // SAFETY: the caller's; SSE is part of x86-64.
    unsafe {
        core::arch::asm!(
            concat!(move_16!(), " [{to}], {bytes}"),
            to = in(reg) to,
            bytes = in(xmm_reg) bytes,
            options(nostack, preserves_flags)
        );
    }
}

/// Loads 16 bytes at once.
///
/// # Safety
///
/// The 16 bytes at `from` can be read, and are reached by others through atomics only.
#[inline(always)]
pub(crate) unsafe fn load_16(from: *const u8) -> [u8; 16] {
    let bytes: __m128i;
    // SAFETY: the caller's. It reads memory and must stay between the loads around it: not `pure`.
    unsafe {
        core::arch::asm!(
            concat!(move_16!(), " {bytes}, [{from}]"),
            from = in(reg) from,
            bytes = out(xmm_reg) bytes,
            options(nostack, preserves_flags, readonly)
        );
    }
    bytemuck::cast(bytes)
}

/// Returns true if the processor has [`load_32`].
#[inline(always)]
pub(crate) fn has_load_32() -> bool {
    std::arch::is_x86_feature_detected!("avx")
}

/// Loads 32 bytes at once, again and again. From memory to memory: the compiler has no registers of
/// 32 bytes unless the whole program is made for them.
///
/// # Safety
///
/// The rules of [`load_16`], for as many bytes as `blocks` has; [`has_load_32`] returned true.
#[inline(always)]
pub(crate) unsafe fn load_32(from: *const u8, blocks: &mut [[u8; 32]]) {
    macro_rules! load {
        ($from:expr, $to:expr, $register:ident) => {
            core::arch::asm!(
                "vmovdqu {block:y}, [{from}]",
                "vmovdqu [{to}], {block:y}",
                from = in(reg) $from,
                to = in(reg) $to,
                block = out($register) _,
                options(nostack, preserves_flags)
            )
        };
    }
    for (i, block) in blocks.iter_mut().enumerate() {
        // SAFETY: the caller's; those of `block` are its own.
        unsafe {
            let (from, to) = (from.add(i * 32), block.as_mut_ptr());
            #[cfg(target_feature = "avx")]
            load!(from, to, ymm_reg);
            #[cfg(not(target_feature = "avx"))]
            load!(from, to, xmm_reg);
        }
    }
    // Instructions of 16 bytes are slow while the upper halves hold anything. A program made for
    // AVX empties them where it has to. One that is not may still have a function that is, with
    // this inlined: so all registers count as overwritten.
    // SAFETY: the caller's; the compiler is told that no vector register keeps its value.
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

/// Compares numbers with their bounds, four at a time. What the compiler makes of one by one takes
/// twice as long.
#[inline(always)]
pub(crate) fn violations<const N: usize>(values: &[f32; N], bounds: &[Bounds4]) -> Violations {
    use bytemuck::cast;
    // SAFETY: SSE2 is part of x86-64, and none of these touches memory.
    unsafe {
        let round = _mm_set1_ps(ROUND);
        let (mut outside, mut fraction) = (_mm_setzero_si128(), _mm_setzero_si128());
        for four in bounds {
            let v = [values[four.at], values[four.at + 1], values[four.at + 2], values[four.at + 3]];
            let value = cast(v);
            let bits = _mm_and_si128(value, cast(four.magnitude));
            outside = _mm_or_si128(outside, _mm_or_si128(bits, _mm_sub_epi32(cast(four.high), bits)));
            if four.any_whole {
                let rounded = cast(_mm_add_ps(_mm_sub_ps(cast(v), round), round));
                let changed = _mm_and_si128(_mm_xor_si128(rounded, value), cast(four.whole));
                fraction = _mm_or_si128(fraction, changed);
            }
        }
        Violations { outside: cast(outside), fraction: cast(fraction) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::arch::x86_64::{_mm256_add_ps, _mm256_loadu_ps, _mm256_storeu_ps};

    /// Holds eight numbers in a register while it loads.
    #[target_feature(enable = "avx")]
    fn double(numbers: &mut [f32; 8], from: &[u64; 16], blocks: &mut [[u8; 32]; 4]) {
        // SAFETY: eight numbers are read and written, and 128 bytes loaded; a processor with AVX
        // has the load.
        unsafe {
            let held = _mm256_loadu_ps(numbers.as_ptr());
            load_32(from.as_ptr().cast(), blocks);
            _mm256_storeu_ps(numbers.as_mut_ptr(), _mm256_add_ps(held, held));
        }
    }

    /// Fails in optimized builds only, where they are held indeed.
    #[test]
    fn a_function_for_avx_keeps_its_numbers_while_it_loads() {
        if !has_load_32() {
            eprintln!("NOT CHECKED: this processor has no AVX");
            return;
        }
        let memory = [7u64; 16];
        let (mut numbers, mut blocks) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [[0; 32]; 4]);
        // SAFETY: the processor has AVX.
        unsafe {
            double(std::hint::black_box(&mut numbers), &memory, std::hint::black_box(&mut blocks));
        }
        assert_eq!(numbers, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0]);
        assert_eq!(blocks.as_flattened().as_chunks::<8>().0, [7u64.to_ne_bytes(); 16]);
    }
}
