//! The least that a record of one or two cache lines needs: its bytes and then one word that says
//! that they are there, and a side that polls that word and copies. Nothing is begun or validated,
//! counted or checked, and nobody could read along, be late or die. What more a library takes than
//! this is its own.

use super::control::{Patience, SharedMemory};
use bytemuck::Pod;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering, compiler_fence};

/// The layout of a slot: the word at 0, the record from 8 on, its stamp in the last 8 bytes, where
/// leyline's slots have theirs.
const LINE: usize = 64;
const RECORD: usize = 8;
/// Bytes of leyline's slots beside a record.
const OVERHEAD: usize = 20;

/// A ring of slots, one way. Record `n`, from 1, lies where leyline's has its place in a ring of as
/// many.
pub struct Slots<T> {
    memory: SharedMemory,
    capacity: u64,
    records: PhantomData<T>,
}

impl<T: Pod> Slots<T> {
    /// Bytes of a record in the slot's first line.
    const FIRST: usize = if size_of::<T>() < LINE - RECORD { size_of::<T>() } else { LINE - RECORD };
    const REST: usize = size_of::<T>() - Self::FIRST;
    /// A slot's bytes, as many as leyline's has.
    const SLOT: usize = if size_of::<T>() + OVERHEAD <= LINE { LINE } else { 2 * LINE };
    const STAMP: usize = Self::SLOT - 8;

    /// Maps the ring in a file, of a power of two of slots.
    pub fn open(file: &Path, capacity: u64) -> Self {
        const { assert!(size_of::<T>() + OVERHEAD <= Self::SLOT) };
        assert!(capacity.is_power_of_two());
        Self {
            memory: SharedMemory::open(file, Self::SLOT * capacity as usize),
            capacity,
            records: PhantomData,
        }
    }

    #[inline(always)]
    fn at(&self, n: u64) -> usize {
        Self::SLOT * (n & (self.capacity - 1)) as usize
    }

    /// Returns a word of a slot, without the check that [`SharedMemory::u64`] makes.
    #[inline(always)]
    #[allow(clippy::cast_ptr_alignment)] // Slots and what is in them lie at multiples of 8.
    fn word(&self, at: usize) -> &AtomicU64 {
        // SAFETY: inside the memory, aligned, reached as an atomic by both sides.
        unsafe { &*self.memory.base().add(at).cast::<AtomicU64>() }
    }

    /// Writes record `n`. The other side has told that it is done with the one that lies there.
    #[inline(always)]
    pub fn send(&self, n: u64, record: &T, stamp: u64) {
        let (at, bytes) = (self.at(n), bytemuck::bytes_of(record));
        self.word(at + Self::STAMP).store(stamp, Ordering::Relaxed);
        // SAFETY: the slot is inside the memory; the other side does not touch it before it sees
        // the word.
        unsafe {
            let slot = self.memory.base().add(at);
            slot.add(LINE).copy_from_nonoverlapping(bytes.as_ptr().add(Self::FIRST), Self::REST);
            // The line that is polled comes last: it would be taken away in between.
            compiler_fence(Ordering::Release);
            slot.add(RECORD).copy_from_nonoverlapping(bytes.as_ptr(), Self::FIRST);
        }
        self.word(at).store(n, Ordering::Release);
    }

    /// Waits for record `n` and copies it; its stamp.
    #[inline(always)]
    pub fn receive(&self, n: u64, record: &mut T) -> u64 {
        let at = self.at(n);
        let mut patience = Patience::default();
        loop {
            self.memory.prefetch(at + Self::STAMP);
            if self.word(at).load(Ordering::Acquire) == n {
                break;
            }
            patience.spend();
        }
        let bytes = bytemuck::bytes_of_mut(record);
        // SAFETY: inside the memory; the other side does not touch the slot before this side has
        // told that it is done.
        unsafe {
            let slot = self.memory.base().add(at);
            bytes.as_mut_ptr().copy_from_nonoverlapping(slot.add(RECORD), Self::FIRST);
            bytes.as_mut_ptr().add(Self::FIRST).copy_from_nonoverlapping(slot.add(LINE), Self::REST);
        }
        self.word(at + Self::STAMP).load(Ordering::Relaxed)
    }
}

/// Reads the clock in the least time: by the instruction of leyline's stamps, without the
/// conversion to nanoseconds.
#[inline(always)]
pub fn counter() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        super::control::monotonic_ns()
    }
}
