// C header: ring
//! Gathering the newest record of every environment into one block: row i is environment i.

use crate::ring::meta::{Flags, Meta};
use crate::ring::{reader::Sweep, slot::Slot};
use crate::sys::words::Words;

/// The metadata of one row of a block that is gathered by environment. The caller keeps it, with
/// the block, from call to call; a new one is all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct EnvMark {
    /// The sequence of the row's record; 0 if there was none of this environment yet, and the row
    /// is as the caller left it.
    pub sequence: u64,
    /// The time when it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns; 0 is unknown.
    pub time_ns: u64,
    /// The generation of its writer; 0 is unknown: the ring has had more than 128 writers since.
    pub generation: u64,
    /// Records of this environment that the last call has read, the row's included; 0 if the row is
    /// unchanged.
    pub records: u32,
    /// The environment: the row's index.
    pub env: u16,
    /// The flags of the row's record.
    pub flags: Flags,
    /// The flags of all records of this environment that the last call has read. So the end of an
    /// episode is not missed if the row holds the first record of the next one.
    pub all_flags: Flags,
}

const _: () = assert!(size_of::<EnvMark>() == 32);

// SAFETY: integers only, for all of which zero is a value.
unsafe impl bytemuck::Zeroable for EnvMark {}
// SAFETY: `repr(C)`, integers only, and no padding: the fields' sizes add up to 32.
unsafe impl bytemuck::Pod for EnvMark {}

/// The effect of the last call on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvState {
    /// There was no record of this environment yet; the row is as the caller left it.
    NeverSeen,
    /// There was nothing new; the row holds an earlier record.
    Unchanged,
    /// The row holds a new record.
    Changed,
}

impl EnvMark {
    /// The mark of a row that holds nothing yet.
    pub const NEVER_SEEN: Self = Self {
        sequence: 0,
        time_ns: 0,
        generation: 0,
        records: 0,
        env: 0,
        flags: Flags::NONE,
        all_flags: Flags::NONE,
    };

    /// Returns the effect of the last call on the row.
    pub const fn state(&self) -> EnvState {
        match (self.sequence, self.records) {
            (0, _) => EnvState::NeverSeen,
            (_, 0) => EnvState::Unchanged,
            _ => EnvState::Changed,
        }
    }

    /// Returns the metadata of the row's record; all zero while there is none.
    pub const fn meta(&self) -> Meta {
        let Self { sequence, time_ns, generation, env, flags, .. } = *self;
        Meta { sequence, time_ns, generation, skipped: 0, env, flags }
    }

    /// Begins a call: no row has changed.
    pub(crate) fn begin(marks: &mut [Self]) {
        for mark in marks {
            mark.records = 0;
            mark.all_flags = Flags::NONE;
        }
    }

    /// Counts a record. Returns true if it is the environment's newest of this call.
    fn note(&mut self, meta: &Meta) -> bool {
        let newest = self.records == 0;
        if newest {
            *self = Self {
                sequence: meta.sequence,
                time_ns: meta.time_ns,
                generation: meta.generation,
                records: 0,
                env: meta.env,
                flags: meta.flags,
                all_flags: Flags::NONE,
            };
        }
        self.records = self.records.saturating_add(1);
        self.all_flags = self.all_flags.with(meta.flags);
        newest
    }
}

/// A block of rows that is being gathered, in bytes.
pub(crate) struct Block<'a> {
    rows: &'a mut [u8],
    size: usize,
    marks: &'a mut [EnvMark],
    pub(crate) changed: usize,
    pub(crate) outside: u64,
}

impl<'a> Block<'a> {
    /// Starts a gathering of rows of `size` bytes, one for each mark: every row counts as
    /// unchanged.
    pub(crate) fn new(rows: &'a mut [u8], size: usize, marks: &'a mut [EnvMark]) -> Self {
        EnvMark::begin(marks);
        Self { rows, size, marks, changed: 0, outside: 0 }
    }

    /// Returns true if a record of that environment would be the first of this call.
    #[inline]
    fn wants(&self, env: u16) -> bool {
        self.marks.get(usize::from(env)).is_some_and(|mark| mark.records == 0)
    }

    #[inline]
    fn put(&mut self, meta: &Meta, record: &[u8]) {
        let env = usize::from(meta.env);
        match self.marks.get_mut(env) {
            None => self.outside += 1,
            Some(mark) => {
                if mark.note(meta) {
                    self.rows[env * self.size..][..self.size].copy_from_slice(record);
                    self.changed += 1;
                }
            }
        }
    }
}

/// Room for the copy of a slot, which may be torn: rows of the block are written only with
/// validated records.
#[derive(Debug, Default)]
pub(crate) struct SlotCopy {
    rows: Box<[u8]>,
    env: Box<[u16]>,
    flags: Box<[u8]>,
}

impl SlotCopy {
    pub(crate) fn new(size: usize, rows: usize) -> Self {
        let columns = if rows == 1 { 0 } else { rows };
        let bytes = vec![0; size * rows].into_boxed_slice();
        Self { rows: bytes, env: vec![0; columns].into(), flags: vec![0; columns].into() }
    }
}

/// Gathers from a ring of one record of any size a slot.
pub(crate) struct OfAnySize<'a, 'b> {
    pub(crate) block: &'a mut Block<'b>,
    pub(crate) scratch: &'a mut SlotCopy,
}

impl<W: Words> Sweep<W> for OfAnySize<'_, '_> {
    type Copied = ();

    #[inline]
    fn copy(&mut self, slot: &Slot<'_, W>) -> (u64, ()) {
        let stamp = slot.stamp();
        if self.block.wants((stamp >> 48) as u16) {
            slot.read(&mut self.scratch.rows);
        }
        (stamp, ())
    }

    #[inline]
    fn take(&mut self, meta: Meta, (): ()) {
        self.block.put(&meta, &self.scratch.rows);
    }
}

/// Gathers from a ring of one record of `N` bytes a slot. `N` is so small that registers hold the
/// copy until it is validated.
pub(crate) struct OfSize<'a, 'b, const N: usize>(pub(crate) &'a mut Block<'b>);

impl<W: Words, const N: usize> Sweep<W> for OfSize<'_, '_, N> {
    type Copied = [u8; N];

    #[inline(always)]
    fn copy(&mut self, slot: &Slot<'_, W>) -> (u64, [u8; N]) {
        let stamp = slot.stamp();
        let mut record = [0; N];
        if self.0.wants((stamp >> 48) as u16) {
            slot.read(&mut record);
        }
        (stamp, record)
    }

    #[inline(always)]
    fn take(&mut self, meta: Meta, record: [u8; N]) {
        self.0.put(&meta, &record);
    }
}

/// Gathers from a ring of several rows a slot.
pub(crate) struct OfRows<'a, 'b> {
    pub(crate) block: &'a mut Block<'b>,
    pub(crate) scratch: &'a mut SlotCopy,
}

impl<W: Words> Sweep<W> for OfRows<'_, '_> {
    type Copied = ();

    fn copy(&mut self, slot: &Slot<'_, W>) -> (u64, ()) {
        let SlotCopy { rows, env, flags } = &mut *self.scratch;
        let stamp = slot.read_columns(self.block.size, env, flags);
        if env.iter().any(|&env| self.block.wants(env)) {
            slot.read_block(rows);
        }
        (stamp, ())
    }

    fn take(&mut self, meta: Meta, (): ()) {
        let SlotCopy { rows, env, flags } = &*self.scratch;
        let size = self.block.size;
        // Of two rows of one environment in a slot the later one is the newer.
        for (i, (&env, &flags)) in env.iter().zip(flags).enumerate().rev() {
            let meta = Meta { env, flags: Flags::from_bits(flags), ..meta };
            self.block.put(&meta, &rows[i * size..][..size]);
        }
    }
}
