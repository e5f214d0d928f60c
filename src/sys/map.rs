//! The only file that names memmap2: shared memory as raw ranges, never as references.

use crate::base::error::Result;
use crate::sys::atomic::{AtomicU32, Relaxed};
use crate::sys::os;
use crate::sys::os::Protection;
use memmap2::{Advice, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;

/// How a range of a file is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct How {
    /// Enter all pages at once: no page fault later. Entering a hole of a file in memory fills it, even for reading.
    pub(crate) at_once: bool,
    /// Ask for huge pages.
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
            // A wish: a kernel that has none for this file system gives the usual ones.
            let _ = map.raw.advise(Advice::HugePage);
            if self.at_once {
                map.enter(0, map.len());
            }
        }
        Ok(map)
    }
}

/// A range of a file, mapped shared.
#[derive(Debug)]
pub(crate) struct Map {
    raw: MmapRaw,
}

impl Map {
    /// The first `len` bytes, `PROT_READ`.
    pub(crate) fn read_only(file: impl AsFd, len: usize, how: How) -> Result<Self> {
        how.map(MmapOptions::new().len(len), |options| options.map_raw_read_only(&file.as_fd()))
    }

    /// `len` bytes at `offset`, `PROT_READ | PROT_WRITE`.
    pub(crate) fn read_write(file: &File, offset: u64, len: usize, how: How) -> Result<Self> {
        how.map(MmapOptions::new().offset(offset).len(len), |options| options.map_raw(file))
    }

    /// Allocates all of a new file in huge pages, as far as the kernel will.
    pub(crate) fn allocate_huge(file: &File, len: usize) -> Result<()> {
        let map = Self::read_write(file, 0, len, How { at_once: false, huge: true })?;
        // Where there is no room the caller's own allocation says so.
        let _ = map.raw.advise(Advice::PopulateWrite);
        Ok(())
    }

    /// Enters the pages of a part, to be used without a page fault: a page of a shared mapping in memory that is entered for
    /// reading can be written too, where the mapping can. Offsets are multiples of the page size.
    pub(crate) fn enter(&self, at: usize, len: usize) {
        if self.raw.advise_range(Advice::PopulateRead, at, len).is_ok() {
            return;
        }
        // A kernel before 5.14.
        for page in (at..at + len).step_by(os::page_size()) {
            // SAFETY: inside the mapping, 4-aligned as every part of it starts on a page, and reached through atomics only.
            let word = unsafe { self.base().add(page).cast::<AtomicU32>().as_ref() };
            std::hint::black_box(word.load(Relaxed));
        }
    }

    /// Lets this process write a part of a mapping of a file that was opened for writing, or no more. Whole pages of the
    /// machine's.
    pub(crate) fn protect(&self, at: usize, len: usize, protection: Protection) -> Result<()> {
        assert!(
            at.checked_add(len).is_some_and(|end| end <= self.raw.len().next_multiple_of(os::page_size()))
        );
        // SAFETY: inside the mapping's pages, which is shared, and only ever handed out as raw words.
        unsafe { os::protect(self.base().add(at), len, protection) }
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
