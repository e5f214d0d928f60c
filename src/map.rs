//! The only file that names memmap2: shared memory as raw ranges, never as references.

use crate::{Error, Result};
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::ptr::NonNull;

/// A range of a file, mapped shared.
#[derive(Debug)]
pub(crate) struct Map {
    raw: MmapRaw,
}

impl Map {
    /// The first `len` bytes, `PROT_READ`.
    pub(crate) fn read_only(file: &File, len: usize) -> Result<Self> {
        let raw = MmapOptions::new().len(len).populate().map_raw_read_only(file);
        Ok(Self { raw: raw.map_err(|e| Error::os(e, "mmap"))? })
    }

    /// `len` bytes at `offset`, `PROT_READ | PROT_WRITE`.
    pub(crate) fn read_write(file: &File, offset: u64, len: usize) -> Result<Self> {
        let raw = MmapOptions::new().offset(offset).len(len).populate().map_raw(file);
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
