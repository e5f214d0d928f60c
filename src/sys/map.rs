//! Maps files, as the only file that names memmap2. Gives shared memory out as raw ranges, never as
//! references.

use crate::base::error::Result;
use crate::sys::atomic::{AtomicU32, Relaxed};
use crate::sys::{os, os::Protection};
use memmap2::{Advice, MmapOptions, MmapRaw};
use std::{fs::File, io, os::fd::AsFd, ptr::NonNull};

/// Chooses how a range of a file is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct How {
    /// Enters all pages at once: no page faults later. Entering a hole of a file in memory
    /// allocates it, even for reading.
    pub(crate) at_once: bool,
    /// Asks for huge pages.
    pub(crate) huge: bool,
}

impl How {
    fn map(
        self,
        options: &mut MmapOptions,
        map: impl Fn(&MmapOptions) -> io::Result<MmapRaw>,
    ) -> Result<Map> {
        if self.at_once && !self.huge {
            options.populate();
        }
        let raw = map(options).map_err(|e| os::failed(e, "mmap"))?;
        let map = Map { raw };
        if self.huge {
            // Advice only: a kernel without huge pages for this file system gives ordinary ones.
            let _ = map.raw.advise(Advice::HugePage);
            if self.at_once {
                map.enter(0, map.len());
            }
        }
        Ok(map)
    }
}

/// Maps a range of a file, shared.
#[derive(Debug)]
pub(crate) struct Map {
    raw: MmapRaw,
}

impl Map {
    /// Maps the first `len` bytes, `PROT_READ`.
    pub(crate) fn read_only(file: impl AsFd, len: usize, how: How) -> Result<Self> {
        how.map(MmapOptions::new().len(len), |options| options.map_raw_read_only(&file.as_fd()))
    }

    /// Maps `len` bytes at `offset`, `PROT_READ | PROT_WRITE`.
    pub(crate) fn read_write(file: &File, offset: u64, len: usize, how: How) -> Result<Self> {
        how.map(MmapOptions::new().offset(offset).len(len), |options| options.map_raw(file))
    }

    /// Allocates a new file in huge pages, as far as the kernel can.
    pub(crate) fn allocate_huge(file: &File, len: usize) -> Result<()> {
        let map = Self::read_write(file, 0, len, How { at_once: false, huge: true })?;
        // The caller's own allocation reports a lack of room.
        let _ = map.raw.advise(Advice::PopulateWrite);
        Ok(())
    }

    /// Enters the pages of a part, so that their use costs no page fault. In a shared mapping of a
    /// file in memory, a page entered for reading can also be written, if the mapping can. Offsets
    /// are multiples of the page size.
    pub(crate) fn enter(&self, at: usize, len: usize) {
        if self.raw.advise_range(Advice::PopulateRead, at, len).is_ok() {
            return;
        }
        // A kernel before 5.14.
        for page in (at..at + len).step_by(os::page_size()) {
            // SAFETY: inside the mapping, 4-aligned as every part of it starts on a page, and
            // reached through atomics only.
            let word = unsafe { self.base().add(page).cast::<AtomicU32>().as_ref() };
            std::hint::black_box(word.load(Relaxed));
        }
    }

    /// Makes a part of a mapping writable, or read-only again. The file was opened for writing, and
    /// the part consists of whole pages of the machine.
    pub(crate) fn protect(&self, at: usize, len: usize, protection: Protection) -> Result<()> {
        assert!(
            at.checked_add(len).is_some_and(|end| end <= self.raw.len().next_multiple_of(os::page_size()))
        );
        // SAFETY: inside the mapping's pages, which is shared, and only ever handed out as raw
        // words.
        unsafe { os::protect(self.base().add(at), len, protection) }
    }

    /// Returns the start of the mapping.
    pub(crate) fn base(&self) -> NonNull<u8> {
        NonNull::new(self.raw.as_mut_ptr()).unwrap_or(NonNull::dangling())
    }

    /// Returns the length of the mapping in bytes.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }
}
