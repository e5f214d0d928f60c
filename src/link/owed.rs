//! The observations that a controller has begun to decide on and has not decided on yet.
//!
//! A successor goes on after the highest observation that was decided on. A controller that is
//! refused the room for a command, and decides on later observations first, would leave the refused
//! one behind. So it notes that observation in the role page of its lane's decisions until it has
//! decided on it. It notes as well what it decides on after a later observation, for it may be
//! killed before that decision is published. A controller that decides in order and finds room for
//! its commands never writes to the table.

use crate::segment::role_page::RolePage;
use std::collections::{BTreeMap, BTreeSet};

/// An observation: its sequence and its environment.
pub(super) type Row = (u64, u16);

/// The owed observations of a lane. The role page has a copy of the ranges.
#[derive(Debug)]
pub(super) struct Owed {
    /// The sequences: ascending and disjoint ranges, both ends included.
    ranges: Vec<(u64, u64)>,
    /// On a link of several rows: the owed environments of each slot.
    rows: BTreeMap<u64, BTreeSet<u16>>,
    /// Slots have several rows.
    several: bool,
}

impl Owed {
    pub(super) fn new(several: bool) -> Self {
        // Room for so many ranges that a refusal allocates nothing as a rule.
        Self { ranges: Vec::with_capacity(64), rows: BTreeMap::new(), several }
    }

    /// Returns true if nothing is owed.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns the sequence after the last owed one; 0 if nothing is owed.
    pub(super) fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |&(_, last)| last + 1)
    }

    /// Notes observations, and drops those before `oldest`, which have left their ring.
    pub(super) fn add(&mut self, page: &RolePage, oldest: u64, rows: impl Iterator<Item = Row>) {
        let before = self.ranges.len();
        self.ranges.retain(|&(_, last)| last >= oldest);
        self.rows = self.rows.split_off(&oldest);
        let mut changed = self.ranges.len() != before;
        for (sequence, env) in rows {
            if self.several {
                self.rows.entry(sequence).or_default().insert(env);
            }
            changed |= self.include(sequence);
        }
        if changed {
            page.set_owed(&self.ranges);
        }
    }

    /// Copies the ranges to the page if they differ.
    pub(super) fn write(&self, page: &RolePage) {
        if page.owed() != self.ranges {
            page.set_owed(&self.ranges);
        }
    }

    /// Adds a sequence to the ranges. Returns false if it was there.
    fn include(&mut self, sequence: u64) -> bool {
        let at = self.ranges.partition_point(|&(_, last)| last < sequence);
        if self.ranges.get(at).is_some_and(|&(first, _)| first <= sequence) {
            return false;
        }
        let left = at > 0 && self.ranges[at - 1].1 + 1 == sequence;
        let right = self.ranges.get(at).is_some_and(|&(first, _)| sequence + 1 == first);
        match (left, right) {
            (true, true) => {
                self.ranges[at - 1].1 = self.ranges[at].1;
                self.ranges.remove(at);
            }
            (true, false) => self.ranges[at - 1].1 = sequence,
            (false, true) => self.ranges[at].0 = sequence,
            (false, false) => self.ranges.insert(at, (sequence, sequence)),
        }
        true
    }

    /// Removes observations that have been decided on.
    pub(super) fn remove(&mut self, page: &RolePage, rows: impl Iterator<Item = Row>) {
        if self.is_empty() {
            return;
        }
        let mut changed = false;
        for (sequence, env) in rows {
            if self.several {
                let Some(slot) = self.rows.get_mut(&sequence) else { continue };
                slot.remove(&env);
                if !slot.is_empty() {
                    continue;
                }
                self.rows.remove(&sequence);
            }
            changed |= self.exclude(sequence);
        }
        if changed {
            page.set_owed(&self.ranges);
        }
    }

    /// Removes a sequence from the ranges. Returns false if it was not there.
    fn exclude(&mut self, sequence: u64) -> bool {
        let at = self.ranges.partition_point(|&(_, last)| last < sequence);
        let Some(&(first, last)) = self.ranges.get(at).filter(|&&(first, _)| first <= sequence) else {
            return false;
        };
        match (first == sequence, last == sequence) {
            (true, true) => drop(self.ranges.remove(at)),
            (true, false) => self.ranges[at].0 = sequence + 1,
            (false, true) => self.ranges[at].1 = sequence - 1,
            (false, false) => {
                self.ranges[at].1 = sequence - 1;
                self.ranges.insert(at + 1, (sequence + 1, last));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_part() {
        let mut owed = Owed::new(false);
        for (sequence, wanted) in [
            (5, vec![(5, 5)]),
            (7, vec![(5, 5), (7, 7)]),
            (6, vec![(5, 7)]),
            (4, vec![(4, 7)]),
            (1, vec![(1, 1), (4, 7)]),
            (8, vec![(1, 1), (4, 8)]),
        ] {
            assert!(owed.include(sequence));
            assert!(!owed.include(sequence));
            assert_eq!(owed.ranges, wanted);
        }
        for (sequence, wanted) in [
            (6, vec![(1, 1), (4, 5), (7, 8)]),
            (8, vec![(1, 1), (4, 5), (7, 7)]),
            (4, vec![(1, 1), (5, 5), (7, 7)]),
            (1, vec![(5, 5), (7, 7)]),
        ] {
            assert!(owed.exclude(sequence));
            assert!(!owed.exclude(sequence));
            assert_eq!(owed.ranges, wanted);
        }
        assert_eq!(owed.end(), 8);
    }
}
