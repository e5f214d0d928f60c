//! The transports, each behind the same few calls, so that one loop measures all of them.

pub mod bare;
pub mod iceoryx;
pub mod kernel;
pub mod leyline;
pub mod ringfire;

use ::leyline::Observation;
use bytemuck::{Pod, Zeroable};
use std::ops::Range;

/// What comes back for an observation: as many bytes as leyline's decision, and for the peers the
/// very same fields.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Answer {
    pub sequence: u64,
    pub generation: u64,
    pub confidence: f32,
    pub value_estimate: f32,
    pub log_probability: f32,
    pub action: u16,
    pub env: u16,
}

const _: () = assert!(size_of::<Answer>() == size_of::<::leyline::contract::decision::Decision>());
const _: () = assert!(size_of::<Observation>() == 108);

/// The side that observations come from.
pub trait Sends {
    fn send(&mut self, observation: &Observation);
}

/// The same side, getting the answer to what it just sent.
pub trait Hears {
    fn hear(&mut self, answer: &mut Answer);
}

/// The side that observations go to: gets the next one.
pub trait Receives {
    fn receive(&mut self, observation: &mut Observation);
}

/// The same side, answering what it just received. Leyline puts sequence and generation in by
/// itself.
pub trait Answers {
    fn answer(&mut self, answer: &Answer);
}

/// Where a stream comes from. Nothing of it may be lost: it waits for the reader where there is no
/// more room.
pub trait Streams {
    /// One record.
    fn push(&mut self, observation: &Observation);
    /// The records of these numbers, [`streamed`](crate::streamed), handed over together where that
    /// can be.
    fn push_many(&mut self, numbers: Range<u64>) {
        for n in numbers {
            self.push(&crate::streamed(n));
        }
    }
}

/// Where a stream goes: takes what there is, at most a batch, and tells how many records that was.
pub trait Drains {
    fn drain(&mut self, each: impl FnMut(&Observation)) -> usize;
}
