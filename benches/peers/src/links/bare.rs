//! No transport of anybody's: the least that these records need, as in leyline's own `roundtrip`.

use super::{Answer, Answers, Hears, Receives, Sends};
use crate::support::Slots;
use leyline::Observation;
use std::path::Path;

/// Slots each way, as leyline and ringfire have.
const SLOTS: u64 = 4096;

/// One side: a ring there, one back, and the number of trips made.
pub struct Side {
    there: Slots<Observation>,
    back: Slots<Answer>,
    trips: u64,
}

impl Side {
    pub fn open(folder: &Path) -> Self {
        let [there, back] = ["bare-there", "bare-back"].map(|name| folder.join(name));
        Self { there: Slots::open(&there, SLOTS), back: Slots::open(&back, SLOTS), trips: 0 }
    }
}

impl Sends for Side {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        self.trips += 1;
        self.there.send(self.trips, observation, 0);
    }
}

impl Hears for Side {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        self.back.receive(self.trips, answer);
    }
}

impl Receives for Side {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        self.trips += 1;
        self.there.receive(self.trips, observation);
    }
}

impl Answers for Side {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        self.back.send(self.trips, answer, 0);
    }
}
