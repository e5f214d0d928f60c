//! A ring of two slots on loom's words, with a writer and a reader that assert what holds for every
//! record.

use crate::base::layout::{control, cursor_page};
use crate::ring::meta::{Meta, Stamp, pack_stamp};
use crate::ring::reader::{Reader, Step};
use crate::ring::writer::{Block, Producer};
use crate::ring::{cursors::Policy, slot::Slot, state::Ring};
use crate::sys::atomic::{Relaxed, Word32, Word64};
use crate::sys::{lock::ForkGuard, words::Words};
use loom::cell::UnsafeCell;
use std::{convert::Infallible, sync::Arc};

/// Words at the offsets that the protocol uses; another offset panics.
#[derive(Clone, Debug)]
pub(super) struct Modelled {
    long: Arc<[(usize, Word64)]>,
    short: Arc<[(usize, Word32)]>,
}

impl Modelled {
    pub(super) fn new(long: impl IntoIterator<Item = usize>, short: impl IntoIterator<Item = usize>) -> Self {
        Self {
            long: long.into_iter().map(|at| (at, Word64::new(0))).collect(),
            short: short.into_iter().map(|at| (at, Word32::new(0))).collect(),
        }
    }
}

impl Words for Modelled {
    fn u64(&self, at: usize) -> &Word64 {
        &self.long.iter().find(|(a, _)| *a == at).unwrap_or_else(|| panic!("no u64 at {at}")).1
    }
    fn u32(&self, at: usize) -> &Word32 {
        &self.short.iter().find(|(a, _)| *a == at).unwrap_or_else(|| panic!("no u32 at {at}")).1
    }
    fn prefetch(&self, _at: usize) {}
}

pub(super) const CAPACITY: u64 = 2;
pub(super) const STRIDE: usize = 128;
/// The size of a record: a u64 and a u32.
pub(super) const PAYLOAD: usize = 12;
/// Room for enough records to be read as one stretch.
pub(super) const BATCH: usize = 4;

/// A ring of two slots with its waiter word and one consumer, nothing published yet.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) ring: Ring<Modelled>,
    pub(super) waiter: Modelled,
    /// The consumer's cursor.
    pub(super) cursor: Modelled,
    /// A plain number for each slot: loom panics if it is written and read with nothing to order
    /// the two.
    plain: Arc<[UnsafeCell<u64>; CAPACITY as usize]>,
}

impl Model {
    pub(super) fn new() -> Self {
        let log = (0..control::LOG_ENTRIES as usize * 2).map(|i| control::LOG + 8 * i);
        let words =
            [control::PUBLISHED, control::GENERATION, control::FIRST, control::BARRIER, control::CLOSED];
        let words =
            words.into_iter().chain([control::DEVICE, control::CHANGES, control::TIMES, control::FAILED]);
        let times = (0..control::TIME_ENTRIES as usize * 2).map(|i| control::TIME_LOG + 8 * i);
        let ring = Ring {
            control: Modelled::new(words.chain(log).chain(times).chain([control::PASS]), []),
            data: Modelled::new([0, 8, 120, 128, 136, 248], [16, 116, 144, 244]),
            capacity: CAPACITY,
            stride: STRIDE,
            first_sequence: 1,
            guard: ForkGuard::new().unwrap(),
        };
        Self {
            ring,
            waiter: Modelled::new([], [0]),
            cursor: Modelled::new([cursor_page::COMMITTED], []),
            #[allow(clippy::arc_with_non_send_sync)] // The threads of a model are one thread of the system.
            plain: Arc::new(std::array::from_fn(|_| UnsafeCell::new(0))),
        }
    }

    /// Returns the published counter alone, without a look at the slots.
    pub(super) fn counted(&self) -> u64 {
        self.ring.control.u64(control::PUBLISHED).load(Relaxed)
    }

    pub(super) fn producer(&self) -> Writing {
        self.writing(vec![], Policy::Keep, false)
    }

    pub(super) fn gated(&self, policy: Policy) -> Writing {
        self.writing(vec![self.cursor.clone()], policy, false)
    }

    pub(super) fn writing(&self, cursors: Vec<Modelled>, policy: Policy, registered: bool) -> Writing {
        let producer =
            Producer::take_over(self.ring.clone(), self.waiter.clone(), cursors, policy, registered);
        Writing { producer, model: self.clone() }
    }

    pub(super) fn reader(&self) -> Reading {
        Reading { reader: Reader::new(self.ring.clone(), 1), model: self.clone(), got: [0; PAYLOAD] }
    }
}

/// Returns the payload of a record: no word of it is another record's.
pub(super) fn payload(sequence: u64) -> [u8; PAYLOAD] {
    let mut bytes = [0; PAYLOAD];
    bytes[..8].copy_from_slice(&(sequence | sequence << 32).to_ne_bytes());
    bytes[8..].copy_from_slice(&(sequence as u32 | 0x100).to_ne_bytes());
    bytes
}

/// Returns the stamp of a record: an env of its own, no time.
pub(super) fn stamp(sequence: u64) -> Stamp {
    Stamp { env: sequence as u16, ..Stamp::default() }
}

pub(super) struct Writing {
    pub(super) producer: Producer<Modelled>,
    pub(super) model: Model,
}

impl Writing {
    pub(super) fn write(&mut self) -> u64 {
        let n = self.producer.next();
        self.producer.write(stamp(n), |slot| slot.write(&payload(n)))
    }

    /// Writes a record and the slot's plain number, which no other thread may access.
    pub(super) fn write_with_number(&mut self) -> u64 {
        let n = self.producer.next();
        // SAFETY: loom checks that no other thread accesses it.
        self.model.plain[(n % CAPACITY) as usize].with_mut(|p| unsafe { *p = n });
        self.write()
    }

    /// Publishes, and makes room first if there is none.
    pub(super) fn publish(&mut self, held: impl FnMut(usize) -> bool) -> Result<u64, Block> {
        self.room(held)?;
        let n = self.write();
        self.producer.flush();
        Ok(n)
    }

    pub(super) fn room(&mut self, mut held: impl FnMut(usize) -> bool) -> Result<(), Block> {
        if self.producer.has_room() {
            return Ok(());
        }
        self.producer.make_room(|k| Ok::<_, Infallible>(held(k))).unwrap_or_else(|never| match never {})
    }

    pub(super) fn publish_up_to(&mut self, last: u64) {
        while self.producer.next() <= last {
            self.publish(|_| true).unwrap();
        }
    }

    /// Dies in the middle of a record, some of its words written, or after it and before the
    /// counter.
    pub(super) fn die(mut self, in_the_middle: bool) {
        let n = self.producer.next();
        let slot = self.model.ring.slot(n);
        if in_the_middle {
            slot.begin(n, pack_stamp(stamp(n)));
            slot.words.u64(slot.at + 8).store(u64::MAX, Relaxed);
        } else {
            self.write();
        }
        // Its handle is never dropped in order.
        std::mem::forget(self.producer);
    }
}

/// The way in which a model reads.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum How {
    Next,
    Fast,
    Latest,
}

pub(super) struct Reading {
    pub(super) reader: Reader<Modelled>,
    pub(super) model: Model,
    got: [u8; PAYLOAD],
}

impl Reading {
    pub(super) fn step(&mut self) -> Step {
        let step = self.reader.step(|slot: &Slot<'_, Modelled>| slot.read(&mut self.got));
        self.check(step)
    }

    /// Reads as the C interface does: the fast path first.
    pub(super) fn fast_step(&mut self) -> Step {
        match self.reader.fast_step(|slot: &Slot<'_, Modelled>| slot.read(&mut self.got)) {
            Some(step) => self.check(step),
            None => self.step(),
        }
    }

    /// Reads a record and the slot's plain number, which the writer may not write until this
    /// consumer commits.
    pub(super) fn step_with_number(&mut self) -> Step {
        let step = self.step();
        if let Step::Record(meta) = step {
            // SAFETY: loom checks that no other thread writes it.
            let plain = self.model.plain[(meta.sequence % CAPACITY) as usize].with(|p| unsafe { *p });
            assert_eq!(plain, meta.sequence);
        }
        step
    }

    pub(super) fn latest(&mut self) -> Step {
        let step = self.reader.step_to_latest(|slot: &Slot<'_, Modelled>| slot.read(&mut self.got));
        self.check(step)
    }

    /// Reads a batch, and asserts that each record is whole and of the next sequence.
    pub(super) fn batch(&mut self, mut due: u64) -> (Vec<Meta>, Step) {
        let mut found = Vec::new();
        let mut got = [[0; PAYLOAD]; BATCH];
        let (count, end) = self.reader.batch(PAYLOAD, got.as_flattened_mut(), |i, meta| {
            found.truncate(i);
            found.push(meta);
        });
        // More may have been found, and taken back.
        found.truncate(count);
        assert_eq!(found.len(), count);
        for (meta, got) in found.iter().zip(got) {
            assert_eq!((meta.sequence, u64::from(meta.env), got), (due, due, payload(due)), "torn");
            due += 1;
        }
        (found, end)
    }

    /// Asserts that a record is whole.
    pub(super) fn check(&self, step: Step) -> Step {
        if let Step::Record(Meta { sequence, env, .. }) = step {
            assert_eq!((self.got, u64::from(env)), (payload(sequence), sequence), "torn");
        }
        step
    }

    pub(super) fn record(&mut self) -> Option<Meta> {
        match self.step() {
            Step::Record(meta) => Some(meta),
            _ => None,
        }
    }
}
