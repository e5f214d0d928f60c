//! Maps a segment so that this process can write the pages of the roles it holds, and no others.
//!
//! All handles of a segment share one such mapping beside the read-only one. A page is writable
//! while its role is held. One mapping for each role would cost a trainer a dozen; adjacent
//! writable pages of one mapping are one entry in the kernel.

use crate::base::error::Result;
use crate::sys::map::{How, Map};
use crate::sys::{lock::ForkGuard, os, os::Protection, words::Shared};
use parking_lot::Mutex;
use std::{ops::Range, os::fd::BorrowedFd, ptr::NonNull, sync::Arc};

/// Maps a whole segment, of which parts can be made writable.
#[derive(Debug)]
pub(crate) struct ProtectedMap {
    map: Map,
    guard: ForkGuard,
    /// Writable ranges, in whole pages of the machine. A range that two handles share is listed
    /// twice.
    ranges: Mutex<Vec<Range<usize>>>,
}

impl ProtectedMap {
    /// Maps the first `len` bytes of a file that was opened for writing. No page is writable yet.
    pub(crate) fn of(file: BorrowedFd<'_>, len: usize, how: How, guard: ForkGuard) -> Result<Self> {
        let map = Map::read_only(file, len, How { at_once: false, ..how })?;
        Ok(Self { map, guard, ranges: Mutex::default() })
    }

    /// Makes a part writable until the returned value is dropped.
    pub(crate) fn open(self: &Arc<Self>, at: usize, len: usize, how: How) -> Result<WritablePart> {
        let pages = pages_of(at, len);
        let mut ranges = self.ranges.lock();
        if !ranges.iter().any(|r| r.start <= pages.start && pages.end <= r.end) {
            self.map.protect(pages.start, pages.len(), Protection::ReadWrite)?;
        }
        ranges.push(pages);
        drop(ranges);
        let part = WritablePart { view: self.clone(), at, len };
        if how.at_once {
            self.map.enter(at, len);
        }
        Ok(part)
    }
}

/// Returns the machine's pages that a part lies on. Where they are larger than a segment's, they
/// include other roles'.
fn pages_of(at: usize, len: usize) -> Range<usize> {
    let page = os::page_size();
    at / page * page..(at + len).next_multiple_of(page)
}

/// Keeps a part of a segment writable until it is dropped.
#[derive(Debug)]
pub(crate) struct WritablePart {
    view: Arc<ProtectedMap>,
    at: usize,
    len: usize,
}

impl WritablePart {
    /// Returns the words of a range of the part.
    pub(crate) fn shared(&self, at: usize, len: usize) -> Shared {
        assert!(at.checked_add(len).is_some_and(|end| end <= self.len));
        Shared::of(&self.view.map, self.at + at, len)
    }

    /// Returns the address of the part.
    pub(crate) fn base(&self) -> NonNull<u8> {
        // SAFETY: inside the mapping, as `shared` shows again.
        unsafe { self.view.map.base().add(self.at) }
    }

    /// Returns the length of the part in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for WritablePart {
    fn drop(&mut self) {
        // In a forked child the mutex may be held for good, by a thread of the parent.
        if !self.view.guard.holds() {
            return;
        }
        let pages = pages_of(self.at, self.len);
        let mut ranges = self.view.ranges.lock();
        if let Some(i) = ranges.iter().position(|r| *r == pages) {
            ranges.swap_remove(i);
        }
        for rest in without(pages, &ranges) {
            // At the limit of mappings the page stays writable: the lock alone then protects the
            // free role.
            let _ = self.view.map.protect(rest.start, rest.len(), Protection::Read);
        }
    }
}

/// Subtracts ranges from a range.
fn without(range: Range<usize>, others: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = vec![range];
    for other in others {
        left = left
            .into_iter()
            .flat_map(|r| [r.start..r.end.min(other.start), r.start.max(other.end)..r.end])
            .filter(|r| r.start < r.end)
            .collect();
    }
    left
}

#[cfg(all(test, not(loom)))]
#[allow(clippy::single_range_in_vec_init)] // A list of one range is meant.
mod tests {
    use super::*;

    #[test]
    fn what_is_still_held_is_left_out() {
        assert_eq!(without(10..20, &[]), [10..20]);
        assert_eq!(without(10..20, &[0..10, 20..30]), [10..20]);
        assert_eq!(without(10..20, &[12..14, 13..15]), [10..12, 15..20]);
        assert_eq!(without(10..20, &[5..12, 18..25]), [12..18]);
        assert!(without(10..20, &[10..15, 15..20]).is_empty() && without(10..20, &[0..99]).is_empty());
    }
}
