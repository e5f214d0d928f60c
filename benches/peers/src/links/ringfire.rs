//! ringfire 0.5: two rings for a round trip, as in its `ipc_compare` bench; for a stream a ring
//! with back-pressure, one `push` a record and `recv_batch` of 64, as in its `throughput` bench.

use super::{Answer, Answers, Drains, Hears, Receives, Sends, Streams};
use crate::streamed;
use crate::support::Patience;
use leyline::Observation;
use ringfire::{
    CleanupMode, FlowControl, FutexWait, RingConsumer, RingConsumerBuilder, RingProducer, RingProducerBuilder,
};
use std::ops::Range;
use std::path::Path;

/// Slots of the rings of a round trip: its bench has 4096.
const ROUND_TRIP_SLOTS: u64 = 4096;
/// Registered readers that a ring has room for: its bench has 4.
const READERS: usize = 4;
/// Records that its bench takes at once.
pub const BATCH: usize = 64;

/// An observation that fills a slot up to two cache lines. ringfire's slot is the record and 8
/// bytes, so that slots of plain observations lie 120 bytes apart and most of them across three
/// lines.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Padded {
    observation: Observation,
    rest: [u32; 3],
}

/// The record of a ring, made of an observation and giving it back.
pub trait Carries: Copy + 'static {
    const EMPTY: Self;
    fn of(observation: &Observation) -> Self;
    fn observation(&self) -> &Observation;
}

impl Carries for Observation {
    const EMPTY: Self = Observation::EMPTY;
    #[inline(always)]
    fn of(observation: &Observation) -> Self {
        *observation
    }
    #[inline(always)]
    fn observation(&self) -> &Observation {
        self
    }
}

impl Carries for Padded {
    const EMPTY: Self = Self { observation: Observation::EMPTY, rest: [0; 3] };
    #[inline(always)]
    fn of(observation: &Observation) -> Self {
        Self { observation: *observation, rest: [0; 3] }
    }
    #[inline(always)]
    fn observation(&self) -> &Observation {
        &self.observation
    }
}

fn producer<T: Copy + 'static>(path: &Path, slots: u64, flow: FlowControl) -> RingProducer<T> {
    let builder = RingProducerBuilder::new(slots).flow_control(flow).cleanup_mode(CleanupMode::UnlinkOnDrop);
    let builder =
        if flow == FlowControl::LosslessBackpressure { builder.max_readers(READERS) } else { builder };
    builder.build(path).expect("a ring of ringfire's")
}

fn consumer<T: Copy + 'static>(path: &Path) -> RingConsumer<T> {
    RingConsumerBuilder::new().start_from_oldest().attach(path).expect("a reader of ringfire's")
}

/// Chooses how a side of a round trip waits.
#[derive(Clone, Copy, PartialEq)]
pub enum Waiting {
    Spin,
    /// Sleeps at once.
    Futex,
}

/// Sends observations.
pub struct Near<T: Carries> {
    there: RingProducer<T>,
    back: Option<RingConsumer<Answer>>,
    batch: Vec<T>,
}

impl<T: Carries> Near<T> {
    pub fn create(there: &Path) -> Self {
        Self::of(producer(there, ROUND_TRIP_SLOTS, FlowControl::LossyLatestWins))
    }
    pub fn stream(there: &Path, slots: u64) -> Self {
        Self::of(producer(there, slots, FlowControl::LosslessBackpressure))
    }
    fn of(there: RingProducer<T>) -> Self {
        Self { there, back: None, batch: Vec::with_capacity(BATCH) }
    }
    /// Attaches to the ring of answers, once the other side has made it.
    pub fn attach_back(&mut self, back: &Path) {
        self.back = Some(consumer(back));
    }
}

impl<T: Carries> Sends for Near<T> {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        self.there.push(&T::of(observation));
    }
}

impl<T: Carries> Hears for Near<T> {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        let back = self.back.as_mut().expect("attached");
        let mut patience = Patience::default();
        *answer = loop {
            match back.try_recv() {
                Some(answer) => break answer,
                None => patience.spend(),
            }
        };
    }
}

impl<T: Carries> Streams for Near<T> {
    #[inline(always)]
    fn push(&mut self, observation: &Observation) {
        self.there.push(&T::of(observation));
    }
    fn push_many(&mut self, numbers: Range<u64>) {
        self.batch.clear();
        self.batch.extend(numbers.map(|n| T::of(&streamed(n))));
        self.there.push_batch(&self.batch);
    }
}

/// Receives observations.
pub struct Far<T: Carries> {
    there: RingConsumer<T>,
    back: Option<RingProducer<Answer>>,
    waiting: Waiting,
    batch: Vec<T>,
}

impl<T: Carries> Far<T> {
    pub fn attach(there: &Path, back: Option<&Path>, waiting: Waiting) -> Self {
        Self {
            there: consumer(there),
            back: back.map(|path| producer(path, ROUND_TRIP_SLOTS, FlowControl::LossyLatestWins)),
            waiting,
            batch: vec![T::EMPTY; BATCH],
        }
    }
}

impl<T: Carries> Receives for Far<T> {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        if self.waiting == Waiting::Futex {
            *observation = *self.there.recv_blocking(&mut FutexWait::new(0, None)).observation();
            return;
        }
        let mut patience = Patience::default();
        *observation = loop {
            match self.there.try_recv() {
                Some(record) => break *record.observation(),
                None => patience.spend(),
            }
        };
    }
}

impl<T: Carries> Answers for Far<T> {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        self.back.as_mut().expect("a ring back").push(answer);
    }
}

impl<T: Carries> Drains for Far<T> {
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&Observation)) -> usize {
        let count = self.there.recv_batch(&mut self.batch);
        assert!(self.there.lapped_count() == 0, "a lossless ring lost records");
        for record in &self.batch[..count] {
            each(record.observation());
        }
        count
    }
}
