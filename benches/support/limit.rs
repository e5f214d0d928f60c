//! The least that this machine can do: one cache line written by one side and polled by the other,
//! and one back. And the loop that times trips of every kind, so that what measuring itself adds is
//! the same for all.

use super::control::{PAGE, Patience, SharedMemory};
use super::{Histogram, histogram};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Trips of a round that are made and not counted.
pub const WARM_UP: u64 = 2_000;

/// The pause before each trip, in which the peer checks the last record and polls again: so its
/// checking is not timed.
pub const PAUSE: Duration = Duration::from_nanos(500);

const PAGES: usize = 64;

/// Pairs of lines that the limit goes over.
pub const PAIRS: usize = PAGES / 2;

/// The limit's lines. How far a line is from both cores depends on its address, by up to a factor
/// of two on some machines, and a ring's records lie on many. So a round of the limit goes over
/// many lines too, a stretch of trips each.
pub struct Lines(SharedMemory);

impl Lines {
    /// Maps the lines in a bench's folder.
    pub fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("limit"), PAGE * PAGES))
    }

    /// Returns the pair of lines that a trip takes, below [`PAIRS`].
    #[inline(always)]
    pub fn pair_of(trip: u64) -> usize {
        (trip / STRETCH) as usize % PAIRS
    }

    /// Returns the two lines of a trip.
    #[inline(always)]
    fn pair(&self, trip: u64) -> (&AtomicU64, &AtomicU64) {
        let i = 2 * Self::pair_of(trip);
        // Neighbouring pages differ in the bits within a page, too.
        let at = |i: usize| PAGE * i + (i * 5 % 32) * 128;
        (self.0.u64(at(i)), self.0.u64(at(i + 1)))
    }

    /// Returns this side's part of a round, to be timed. Each round has a number of its own, the
    /// same on both sides. `prepare` does what the other kinds do before a trip.
    pub fn asking<F: FnMut(u64)>(&self, round: u64, prepare: F) -> Asking<'_, F> {
        Asking { lines: self, round, n: 0, prepare }
    }

    /// Answers the trips 1 to `trips` of a round, and calls `after` after each.
    #[inline(always)]
    pub fn answer(&self, round: u64, trips: u64, mut after: impl FnMut(u64)) {
        for n in 1..=trips {
            let (there, back) = self.pair(n);
            let word = word(round, n);
            let mut patience = Patience::default();
            while there.load(Ordering::Acquire) != word {
                patience.spend();
            }
            back.store(word, Ordering::Release);
            after(n);
        }
    }
}

#[inline(always)]
fn word(round: u64, n: u64) -> u64 {
    (round << 32) + n
}

/// The limit's trips.
pub struct Asking<'l, F> {
    lines: &'l Lines,
    round: u64,
    n: u64,
    prepare: F,
}

impl<F: FnMut(u64)> Trip for Asking<'_, F> {
    #[inline(always)]
    fn prepare(&mut self, n: u64) {
        self.n = n;
        (self.prepare)(n);
    }

    #[inline(always)]
    fn make(&mut self) {
        let (there, back) = self.lines.pair(self.n);
        let word = word(self.round, self.n);
        there.store(word, Ordering::Release);
        let mut patience = Patience::default();
        while back.load(Ordering::Acquire) != word {
            patience.spend();
        }
    }

    #[inline(always)]
    fn check(&mut self) {}
}

/// Trips on one pair of lines before the next.
const STRETCH: u64 = 256;

/// A kind of trip. What it sends and gets lies in itself: handed from one call to the next it would
/// be copied within the time that is measured.
pub trait Trip {
    /// Prepares trip `n`, from 1. Not timed.
    fn prepare(&mut self, n: u64);
    /// Makes the trip.
    fn make(&mut self);
    /// Checks the result of the trip. Not timed.
    fn check(&mut self);
}

/// Times trips: the clock is read before and after each, nothing else happens between, and what was
/// measured is put aside in memory and counted after the round.
pub struct Timed {
    took: Vec<u64>,
}

impl Timed {
    /// Makes room for so many trips, and touches it.
    pub fn new(trips: u64) -> Self {
        Self { took: vec![1; trips as usize] }
    }

    /// Returns the times of the trips of the last round, with their numbers.
    pub fn last(&self) -> impl Iterator<Item = (u64, u64)> {
        (WARM_UP + 1..).zip(self.took.iter().copied())
    }

    /// Makes [`WARM_UP`] trips and then as many as there is room for.
    #[inline(always)]
    pub fn round(&mut self, trip: &mut impl Trip) -> Histogram {
        let mut one = |n: u64| {
            let before = Instant::now();
            trip.prepare(n);
            while before.elapsed() < PAUSE {}
            let start = Instant::now();
            trip.make();
            let took = start.elapsed();
            trip.check();
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
