//! The decisions that a lane's controller finds of its predecessors.

use super::decisions_ring;
use crate::base::{error::Result, position};
use crate::contract::decision::Decision;
use crate::handle::observer::Observer;
use crate::handle::read::Start;
use crate::ring::meta::Meta;
use crate::segment::attached::Segment;
use bytemuck::Zeroable;
use std::collections::BTreeMap;

/// Returns true if two generations of an observation's writer do not differ. 0 is a generation that
/// is not known any more.
pub(super) fn may_be_one(a: u64, b: u64) -> bool {
    a == b || a == 0 || b == 0
}

/// A decision that is still in the lane's ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    observation: u64,
    env: u16,
    /// The generation of the observation's writer.
    generation: u64,
    /// The decision's own sequence.
    sequence: u64,
}

/// The decisions of a lane's predecessors on observations that are still in their ring.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// The first decision on each observation, in the observations' order.
    decided: Vec<Known>,
    /// The highest observation that was decided on; 0 for none.
    highest: u64,
    /// The decisions on observations up to this one may have left their ring. A missing decision
    /// proves nothing there.
    forgotten: u64,
}

impl Inherited {
    /// Reads the lane's whole ring of decisions, since they may have been made in any order.
    /// `oldest` and `last` are the ends of the ring of observations.
    pub(super) fn find(segment: &Segment, lane: u32, oldest: u64, last: u64) -> Result<Self> {
        let mut inherited = Self::default();
        let ring = Observer::<Decision>::open(segment, &decisions_ring(lane), Start::Newest)?.core;
        let newest = ring.reader.ring.newest();
        let first = position::oldest(newest, ring.info.capacity, ring.reader.ring.first_sequence);
        let mut lost = first > ring.reader.ring.first_sequence;
        // The end of the ring may lie between two decisions on one slot of rows. A controller that
        // decides on several slots by turns has them all in the oldest quarter of the ring then.
        let edge = first + (newest + 1 - first).div_ceil(4);
        let mut decision = Decision::zeroed();
        for sequence in (first..=newest).rev() {
            let read = ring.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(&mut decision)));
            if read.is_none() {
                // A controller died while it wrote over this one.
                lost = true;
                continue;
            }
            // No controller decides on an observation that it has not read: such a decision does
            // not count beyond the ring.
            let observation = decision.observation_sequence.min(last);
            inherited.highest = inherited.highest.max(observation);
            if sequence < edge {
                inherited.forgotten = inherited.forgotten.max(observation);
            }
            if (oldest..=last).contains(&decision.observation_sequence) {
                let Decision { env, writer_generation: generation, .. } = decision;
                inherited.decided.push(Known { observation, env, generation, sequence });
            }
        }
        if !lost {
            inherited.forgotten = 0;
        }
        inherited.decided.sort_unstable();
        inherited.decided.dedup_by_key(|k| (k.observation, k.env, k.generation));
        Ok(inherited)
    }

    /// Returns the highest observation that was decided on; 0 for none.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Returns true if a decision on this observation would still be in its ring.
    pub(super) fn knows(&self, observation: u64) -> bool {
        observation > self.forgotten || observation == self.highest
    }

    /// Returns the sequence of the decision on an observation, if there is one.
    pub(super) fn on(&self, observed: &Meta) -> Option<u64> {
        let Meta { sequence, generation, env, .. } = *observed;
        if sequence > self.highest {
            return None;
        }
        let from = self.decided.partition_point(|k| (k.observation, k.env) < (sequence, env));
        let of_row = self.decided[from..].iter().take_while(|k| (k.observation, k.env) == (sequence, env));
        of_row.clone().find(|k| may_be_one(k.generation, generation)).map(|k| k.sequence)
    }

    /// Adds a decision that this controller has published in a predecessor's place.
    pub(super) fn add(&mut self, decision: &Decision, sequence: u64) {
        let Decision { observation_sequence: observation, env, writer_generation: generation, .. } =
            *decision;
        let known = Known { observation, env, generation, sequence };
        let at = self.decided.partition_point(|k| *k < known);
        self.decided.insert(at, known);
        self.highest = self.highest.max(observation);
    }

    /// Counts the rows of each slot that were decided on.
    pub(super) fn rows(&self) -> BTreeMap<u64, usize> {
        let mut rows = BTreeMap::new();
        for known in &self.decided {
            *rows.entry(known.observation).or_default() += 1;
        }
        rows
    }
}
