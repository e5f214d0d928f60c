//! leyline: the standard link for the round trip and the wake-up, with all its checks; for a
//! lossless stream a ring of observations with one consumer.

use super::{Answer, Answers, Drains, Hears, Receives, Sends, Streams};
use crate::streamed;
use crate::support::Patience;
use leyline::contract::decision::Decision;
use leyline::{
    ActionSpace, Commit, Consumer, Controller, ErrorKind, LinkSpec, Meta, Observation, Options, Policy, Read,
    RingSpec, Segment, Spec, Stamp, TimeSource, Trainer, Wait, Writer,
};
use std::ops::Range;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);
/// Records that a stream's reader takes at once.
pub const BATCH: usize = 256;
/// Records that its writer hands over at once, where it does.
const MANY: usize = 64;

/// Chooses the side that stamps a record.
#[derive(Clone, Copy, PartialEq)]
pub enum Stamped {
    ByCaller,
    ByLibrary,
}

/// The trainer.
pub struct Near {
    trainer: Trainer,
    stamped: Stamped,
}

impl Near {
    pub fn create(name: &str, options: &Options, stamped: Stamped) -> Self {
        let source = if stamped == Stamped::ByCaller { TimeSource::Caller } else { TimeSource::Tsc };
        let spec = LinkSpec::new(&ActionSpace::cnn()).time_source(source);
        Self { trainer: Trainer::create(name, &spec, options).expect("a link"), stamped }
    }
}

impl Sends for Near {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        match self.stamped {
            Stamped::ByCaller => self.trainer.publish_stamped(observation, Stamp::default()),
            Stamped::ByLibrary => self.trainer.publish(observation),
        }
        .expect("published");
    }
}

impl Hears for Near {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        let decision: &mut Decision = bytemuck::cast_mut(answer);
        let mut patience = Patience::default();
        loop {
            match self.trainer.try_decision(0, decision).expect("a decision") {
                Read::Record(_) => return,
                Read::Empty | Read::Restarted { .. } => patience.spend(),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// The controller.
pub struct Far {
    controller: Controller,
    stamped: Stamped,
    sleeping: bool,
    got: Meta,
}

impl Far {
    pub fn attach(name: &str, options: &Options, stamped: Stamped) -> Self {
        let controller = Controller::attach(name, options, LIMIT).expect("a controller");
        Self { controller, stamped, sleeping: false, got: Meta::default() }
    }
    #[must_use]
    /// Sleeps until there is something, as soon as leyline's own waiting does.
    pub fn sleeping(mut self) -> Self {
        self.sleeping = true;
        self
    }
}

impl Receives for Far {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        let mut patience = Patience::default();
        self.got = loop {
            let read = if self.sleeping {
                self.controller.next(observation, Wait::sleep(LIMIT))
            } else {
                self.controller.try_next(observation)
            };
            match read.expect("a read") {
                Read::Record(meta) => break meta,
                Read::Empty | Read::Restarted { .. } => patience.spend(),
                other => panic!("{other:?}"),
            }
        };
    }
}

impl Answers for Far {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        let says = leyline::Answer {
            confidence: answer.confidence,
            value_estimate: answer.value_estimate,
            ..leyline::Answer::default()
        };
        match self.stamped {
            Stamped::ByCaller => self.controller.decide_at(&self.got, ActionSpace::WAIT, &says, 0),
            Stamped::ByLibrary => self.controller.decide(&self.got, ActionSpace::WAIT, &says),
        }
        .expect("decided");
    }
}

const STREAM: &str = "stream";

/// Writes a ring of observations that waits for its one consumer.
pub struct Source {
    writer: Writer<Observation>,
    batch: Vec<Observation>,
    _segment: Segment,
}

impl Source {
    pub fn create(name: &str, options: &Options, slots: u64) -> Self {
        let ring = RingSpec::new::<Observation>(STREAM).expect("a ring").capacity(slots);
        let ring = ring.consumers(1, Policy::Keep).time_source(TimeSource::Caller);
        let segment = Segment::create(name, &Spec::new().ring(ring), options).expect("a segment");
        let writer = Writer::open(&segment, STREAM).expect("its writer");
        Self { writer, batch: Vec::with_capacity(MANY), _segment: segment }
    }
}

impl Streams for Source {
    #[inline(always)]
    fn push(&mut self, observation: &Observation) {
        self.writer.publish_waiting(observation, Stamp::default(), Wait::spin(LIMIT)).expect("published");
    }
    fn push_many(&mut self, numbers: Range<u64>) {
        self.batch.clear();
        self.batch.extend(numbers.map(streamed));
        let mut rest = &self.batch[..];
        while let Some(first) = rest.first() {
            // Waits where there is room for none.
            let n = match self.writer.publish_batch(rest) {
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::Full => {
                    let waited = self.writer.publish_waiting(first, Stamp::default(), Wait::spin(LIMIT));
                    waited.map(|_| 1).expect("published")
                }
                Err(e) => panic!("{e}"),
            };
            rest = &rest[n..];
        }
    }
}

/// Consumes the ring of a [`Source`].
pub struct Sink {
    consumer: Consumer<Observation>,
    batch: Vec<Observation>,
}

impl Sink {
    /// Takes half of the ring at once, but no more than [`BATCH`] records.
    pub fn attach(name: &str, options: &Options, slots: u64) -> Self {
        let segment = Segment::attach_waiting(name, options, LIMIT).expect("a segment");
        let consumer = Consumer::open(&segment, STREAM, 0, Commit::Auto).expect("its consumer");
        let batch = BATCH.min(slots as usize / 2);
        Self { consumer, batch: vec![Observation::EMPTY; batch] }
    }
}

impl Drains for Sink {
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&Observation)) -> usize {
        // It waits where the last of them will be, so that it leaves the writer alone until then.
        let all = self.batch.len();
        let wait = Wait::spin(LIMIT);
        let batch = self.consumer.next_batch(&mut self.batch, &mut [], all, wait).expect("a batch");
        assert!(
            matches!(batch.end, Read::Record(_) | Read::Empty | Read::Restarted { .. }),
            "{:?}",
            batch.end
        );
        for record in &self.batch[..batch.count] {
            each(record);
        }
        batch.count
    }
}
