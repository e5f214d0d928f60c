//! The transports, each behind the same few calls, so that one loop measures all of them.

pub mod bare;
pub mod iceoryx;
pub mod kernel;
pub mod leyline;
pub mod ringfire;

use ::leyline::Observation;
use bytemuck::{Pod, Zeroable};
use std::ops::Range;

/// The answer to an observation: as many bytes as leyline's decision, and for the peers the very
/// same fields.
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

/// Sends observations.
pub trait Sends {
    fn send(&mut self, observation: &Observation);
}

/// Receives the answer to the observation just sent.
pub trait Hears {
    fn hear(&mut self, answer: &mut Answer);
}

/// Receives the next observation.
pub trait Receives {
    fn receive(&mut self, observation: &mut Observation);
}

/// Answers the observation just received. Leyline fills in sequence and generation.
pub trait Answers {
    fn answer(&mut self, answer: &Answer);
}

/// Writes a stream without loss: waits for the reader while there is no room.
pub trait Streams {
    /// Writes one record.
    fn push(&mut self, observation: &Observation);
    /// Writes the records of these numbers, [`streamed`](crate::streamed), together if the
    /// transport can.
    fn push_many(&mut self, numbers: Range<u64>) {
        for n in numbers {
            self.push(&crate::streamed(n));
        }
    }
}

/// Reads a stream: takes the records that are there, at most a batch, and returns their number.
pub trait Drains {
    fn drain(&mut self, each: impl FnMut(&Observation)) -> usize;
}
