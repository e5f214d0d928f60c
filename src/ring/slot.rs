//! One slot of a ring: begin, copy and publish for the writer; poll, copy and validate for readers.
//!
//! ```text
//! 0       end    u64   the sequence; stored last (release), polled by readers
//! 8       payload      relaxed words
//! s - 12  begin  u32   the low half of the sequence; stored first
//! s - 8   stamp  u64   env, flags, time
//! ```
//!
//! with `s` the slot's stride. This is the seqlock of H.-J. Boehm, "Can seqlocks get along with
//! programming language memory models?" (MSPC 2012), with two sequence words instead of a counter
//! that turns odd: a record is whole if `end` and `begin` have the expected sequence after the
//! copy. `begin` is in the last cache line and `end` in the first. A 128-byte slot costs two line
//! transfers, and the reader prefetches the second line while it polls the first. A record that
//! fits into one cache line with its stamps has a slot of one.

use crate::base::layout::slot::{BEGIN_FROM_END, END, LINE, OVERHEAD, PAYLOAD, STAMP_FROM_END, STRIDE_UNIT};
use crate::base::position;
use crate::sys::atomic::{Acquire, Relaxed, Release, fence};
use crate::sys::kill;
use crate::sys::words::{
    Words, load_bytes, load_bytes_of_many, load_part, load_section, store_bytes, store_section,
};

/// The size of a record that fills a slot of one stride unit: the size of the records that are
/// published most often. Code that learns a record's size at run time has a branch for this one,
/// because a copy of constant size is a handful of instructions.
pub(crate) const UNIT_RECORD: usize = STRIDE_UNIT - OVERHEAD;

/// A slot within a ring's data: its offset and stride in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'w, W> {
    pub(crate) words: &'w W,
    pub(crate) at: usize,
    pub(crate) stride: usize,
}

impl<W: Words> Slot<'_, W> {
    /// Marks the slot as being overwritten by `sequence`. Only the ring's writer calls it.
    ///
    /// The stamp is written here and not at the end: the last cache line must be finished before
    /// the first is touched, or polling readers pull both out of the writer's cache once more.
    #[inline(always)]
    pub(crate) fn begin(&self, sequence: u64, stamp: u64) {
        self.words.u32(self.at + self.stride - BEGIN_FROM_END).store(sequence as u32, Relaxed);
        kill::point("slot.begun");
        // Release: a reader that saw one word of the new payload sees the new `begin`.
        // PAIRS: ring/slot::Slot::validate.
        fence(Release);
        self.words.u64(self.at + self.stride - STAMP_FROM_END).store(stamp, Relaxed);
        kill::point("slot.stamped");
    }

    /// Copies a payload in.
    #[inline(always)]
    pub(crate) fn write(&self, bytes: &[u8]) {
        store_bytes(self.words, self.at + PAYLOAD, bytes);
    }

    /// Copies rows of `size` bytes in, and their env and flags columns. See [`position::payload`].
    pub(crate) fn write_rows(&self, size: usize, rows: &[u8], env: &[u16], flags: &[u8]) {
        let (n, at) = (env.len(), self.at + PAYLOAD);
        store_section(self.words, at + position::flags_column(size, n), flags);
        store_section(self.words, at + position::env_column(size, n), bytemuck::cast_slice(env));
        store_section(self.words, at, rows);
    }

    /// Completes the record.
    #[inline(always)]
    pub(crate) fn publish(&self, sequence: u64) {
        kill::point("slot.filled");
        // Release: a reader that sees this sequence sees the whole payload.
        // PAIRS: ring/slot::Slot::end.
        self.words.u64(self.at + END).store(sequence, Release);
        kill::point("slot.ended");
    }

    /// Returns the sequence of the record that was completed last in this slot.
    #[inline(always)]
    pub(crate) fn end(&self) -> u64 {
        // Acquire: a reader that sees this sequence sees the whole payload.
        // PAIRS: ring/slot::Slot::publish.
        self.words.u64(self.at + END).load(Acquire)
    }

    /// Prefetches the slot's last cache line.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        self.words.prefetch(self.at + self.stride - STAMP_FROM_END);
    }

    /// Prefetches the slot's first cache line.
    #[inline(always)]
    pub(crate) fn prefetch_first(&self) {
        self.words.prefetch(self.at);
    }

    /// Prefetches the first and the last cache line of a slot that is read soon.
    #[inline(always)]
    pub(crate) fn prefetch_ends(&self) {
        self.prefetch_first();
        self.prefetch();
    }

    /// Evicts the slot from all caches; see [`Words::evict`].
    #[inline(always)]
    pub(crate) fn evict(&self) {
        for line in (self.at..self.at + self.stride).step_by(LINE) {
            self.words.evict(line);
        }
    }

    /// Copies the payload out and returns the stamp word. Both may be torn until [`Slot::validate`]
    /// returns true.
    #[inline(always)]
    pub(crate) fn read(&self, bytes: &mut [u8]) -> u64 {
        load_bytes(self.words, self.at + PAYLOAD, bytes);
        self.stamp()
    }

    /// Copies the payload of one slot of many out, as [`Slot::read`] does; `has_load_32` is what
    /// [`Words::has_load_32`] returned.
    #[inline(always)]
    pub(crate) fn read_of_many(&self, bytes: &mut [u8], has_load_32: bool) -> u64 {
        load_bytes_of_many(self.words, self.at + PAYLOAD, bytes, has_load_32);
        self.stamp()
    }

    /// Copies rows and their columns out, as [`Slot::read`] does a record.
    pub(crate) fn read_rows(&self, size: usize, rows: &mut [u8], env: &mut [u16], flags: &mut [u8]) -> u64 {
        self.read_block(rows);
        self.read_columns(size, env, flags)
    }

    /// Copies the env and flags columns of rows of `size` bytes out, and returns the stamp word.
    pub(crate) fn read_columns(&self, size: usize, env: &mut [u16], flags: &mut [u8]) -> u64 {
        let (n, at) = (env.len(), self.at + PAYLOAD);
        load_section(self.words, at + position::env_column(size, n), bytemuck::cast_slice_mut(env));
        load_section(self.words, at + position::flags_column(size, n), flags);
        self.stamp()
    }

    /// Copies row `i` of rows of `size` bytes out, and returns the stamp word.
    pub(crate) fn read_row(&self, size: usize, i: usize, row: &mut [u8]) -> u64 {
        load_part(self.words, self.at + PAYLOAD, i * size, row);
        self.stamp()
    }

    /// Copies the rows out without their columns.
    pub(crate) fn read_block(&self, rows: &mut [u8]) {
        load_section(self.words, self.at + PAYLOAD, rows);
    }

    /// Returns the stamp word.
    #[inline(always)]
    pub(crate) fn stamp(&self) -> u64 {
        self.words.u64(self.at + self.stride - STAMP_FROM_END).load(Relaxed)
    }

    /// Returns true if everything that was read since [`Slot::end`] returned `sequence` belongs to
    /// that record.
    #[inline(always)]
    pub(crate) fn validate(&self, sequence: u64) -> bool {
        // Acquire: a reader that copied a word of a newer record sees its `begin`.
        // PAIRS: ring/slot::Slot::begin.
        fence(Acquire);
        self.words.u32(self.at + self.stride - BEGIN_FROM_END).load(Relaxed) == sequence as u32
            && self.words.u64(self.at + END).load(Relaxed) == sequence
    }
}
