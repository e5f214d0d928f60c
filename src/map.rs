//! The only file that names memmap2: shared memory as raw ranges, never as references.

use crate::{Error, Result};
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::ptr::NonNull;

/// When the pages of a mapping are entered in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// All of them at once: no page fault later.
    AtOnce,
    /// Each when it is first touched. Entering a hole of a file in memory fills it, even for reading.
    WhenTouched,
}

impl Fill {
    fn options(self) -> MmapOptions {
        let mut options = MmapOptions::new();
        if self == Self::AtOnce {
            options.populate();
        }
        options
    }
}

/// A range of a file, mapped shared.
#[derive(Debug)]
pub(crate) struct Map {
    raw: MmapRaw,
}

impl Map {
    /// The first `len` bytes, `PROT_READ`.
    pub(crate) fn read_only(file: &File, len: usize, fill: Fill) -> Result<Self> {
        let raw = fill.options().len(len).map_raw_read_only(file);
        Ok(Self { raw: raw.map_err(|e| Error::os(e, "mmap"))? })
    }

    /// `len` bytes at `offset`, `PROT_READ | PROT_WRITE`.
    pub(crate) fn read_write(file: &File, offset: u64, len: usize, fill: Fill) -> Result<Self> {
        let raw = fill.options().offset(offset).len(len).map_raw(file);
        Ok(Self { raw: raw.map_err(|e| Error::os(e, "mmap"))? })
    }

    /// Where it starts.
    pub(crate) fn base(&self) -> NonNull<u8> {
        NonNull::new(self.raw.as_mut_ptr()).unwrap_or(NonNull::dangling())
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }
}
