//! The least that this machine can do: one cache line written by one side and polled by the other, and one back. And the
//! loop that times trips of every kind, so that what measuring itself adds is the same for all.

use super::control::{PAGE, SharedMemory};
use super::{Histogram, histogram, spin_until};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Trips of a round that are made and not counted.
pub const WARM_UP: u64 = 2_000;

const PAGES: usize = 64;

/// The limit's lines. How far a line is from both cores depends on its address, by up to a factor of two on some
/// machines, and a ring's records lie on many. So a round of the limit goes over many lines too, a stretch of trips each.
pub struct Lines(SharedMemory);

impl Lines {
    /// The lines in a bench's folder.
    pub fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("limit"), PAGE * PAGES))
    }

    /// The two lines of a trip.
    #[inline(always)]
    fn pair(&self, trip: u64) -> (&AtomicU64, &AtomicU64) {
        let i = 2 * ((trip / STRETCH) as usize % (PAGES / 2));
        // Neighbouring pages differ in the bits within a page, too.
        let at = |i: usize| PAGE * i + (i * 5 % 32) * 128;
        (self.0.u64(at(i)), self.0.u64(at(i + 1)))
    }

    /// This side's part of trip `n`, from 1 within a round and the same on both sides: there, and back.
    #[inline(always)]
    pub fn ask(&self, round: u64, n: u64) {
        let (there, back) = self.pair(n);
        let word = (round << 32) + n;
        there.store(word, Ordering::Release);
        spin_until(|| back.load(Ordering::Acquire) == word);
    }

    /// The peer's part of the trips 1 to `trips` of a round.
    pub fn answer(&self, round: u64, trips: u64) {
        for n in 1..=trips {
            let (there, back) = self.pair(n);
            let word = (round << 32) + n;
            spin_until(|| there.load(Ordering::Acquire) == word);
            back.store(word, Ordering::Release);
        }
    }
}

/// Trips on one pair of lines before the next.
const STRETCH: u64 = 256;

/// Times trips: the clock is read before and after each, nothing else happens between, and what was measured is put
/// aside in memory and counted after the round. What is prepared for a trip and what is checked after it is not timed.
pub struct Timed {
    took: Vec<u64>,
}

impl Timed {
    /// Room for so many trips, touched.
    pub fn new(trips: u64) -> Self {
        Self { took: vec![1; trips as usize] }
    }

    /// Makes [`WARM_UP`] trips and then as many as there is room for. `prepare` gets the trip's number from 1; `trip`
    /// what that gave; `check` both and what the trip gave.
    #[inline(always)]
    pub fn round<P, R>(
        &mut self,
        mut prepare: impl FnMut(u64) -> P,
        mut trip: impl FnMut(&P) -> R,
        mut check: impl FnMut(&P, &R),
    ) -> Histogram {
        let mut one = |n: u64| {
            let prepared = black_box(prepare(n));
            let start = Instant::now();
            let result = black_box(trip(&prepared));
            let took = start.elapsed();
            check(&prepared, &result);
            took.as_nanos() as u64
        };
        for n in 1..=WARM_UP {
            one(n);
        }
        for (n, took) in (WARM_UP + 1..).zip(&mut self.took) {
            *took = one(n);
        }
        let mut times = histogram();
        for took in &self.took {
            times.record(*took).expect("it grows");
        }
        times
    }
}
