//! Measures the cost of readers to their writer: publishing, and the way to one reader, with 0 to
//! 200 observers attached that do not wait; and waking sleepers, beside a bare futex of as many.
//!
//! `cargo bench --bench fanout [-- --quick]`. The observers are in other processes, each with a
//! mapping of its own; every other one has read what there was. All records that are read are
//! checked.

mod support;

use leyline::{
    Feature, Observation, Observer, Options, Read, RingSpec, Segment, Spec, Stamp, Start, TimeSource, Wait,
    Writer, monotonic_now,
};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::{
    Bench, Histogram, Peer, Report, Seat, SharedMemory, Spread, Table, Timed, Trip, WARM_UP, futex_wait,
    futex_wake, pin, ratios, spin_until,
};

const LONG: Duration = Duration::from_secs(60);
/// Observers attached.
const ATTACHED: [u64; 5] = [0, 1, 8, 64, 200];
/// Processes that they are in.
const PROCESSES: u64 = 8;
/// Numbers of sleepers.
const SLEEPERS: [u64; 4] = [1, 8, 64, 200];
/// Kinds of turns of the sleepers: on the ring, on a bare futex.
const LEYLINE: u64 = 0;
const FUTEX: u64 = 1;

fn main() {
    support::main("fanout", &[("crowd", crowd), ("reader", reader), ("sleepers", sleepers)], run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

fn attach(folder: &Path) -> Segment {
    Segment::attach_waiting("fanout", &options(folder), LONG).expect("attach")
}

fn observer(segment: &Segment, start: Start) -> Observer<Observation> {
    Observer::open(segment, "o", start).expect("an observer")
}

fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::GlobalStep] = (n % (1 << 24)) as f32;
    o[Feature::TrainLoss] = (n % 977) as f32;
    o
}

/// Words that all sides share, each on a page of its own.
struct Words(SharedMemory);

impl Words {
    fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("words"), 4 * 4096))
    }
    /// Returns the word with the sequence that the reader has read last.
    fn back(&self) -> &AtomicU64 {
        self.0.u64(0)
    }
    fn bell(&self) -> &AtomicU32 {
        self.0.u32(4096)
    }
    /// Sleepers that are about to sleep, and that have been woken.
    fn arrived(&self) -> &AtomicU64 {
        self.0.u64(2 * 4096)
    }
    fn woken(&self) -> &AtomicU64 {
        self.0.u64(3 * 4096)
    }
}

/// Holds as many observers as it is told.
fn crowd(seat: &Seat) {
    let mut held: Vec<Observer<Observation>> = Vec::new();
    while let Some(turn) = seat.turn() {
        held.truncate(turn.count as usize);
        while (held.len() as u64) < turn.count {
            held.push(observer(&attach(&seat.folder), Start::Oldest));
        }
        for observer in held.iter_mut().step_by(2) {
            let mut seen = Observation::EMPTY;
            while let read @ (Read::Record(_) | Read::Lapped { .. }) = observer.try_next(&mut seen) {
                if let Read::Record(meta) = read {
                    assert_eq!(seen, observation(meta.sequence), "a torn or wrong observation");
                }
            }
        }
        turn.ready();
    }
}

/// Says back which record it has.
fn reader(seat: &Seat) {
    let words = Words::open(&seat.folder);
    let segment = attach(&seat.folder);
    while let Some(turn) = seat.turn() {
        let mut observer = observer(&segment, Start::Now);
        let mut seen = Observation::EMPTY;
        turn.ready();
        for _ in 0..turn.count {
            let mut sequence = 0;
            spin_until(|| match observer.try_next(&mut seen) {
                Read::Record(meta) => {
                    sequence = meta.sequence;
                    true
                }
                Read::Empty => false,
                other => panic!("{other:?}"),
            });
            words.back().store(sequence, Ordering::Release);
            assert_eq!(seen, observation(sequence), "a torn or wrong observation");
        }
    }
}

/// Runs the process of sleepers: in each turn as many threads as the turn counts sleep once.
fn sleepers(seat: &Seat) {
    let words = &Words::open(&seat.folder);
    let segment = &attach(&seat.folder);
    while let Some(turn) = seat.turn() {
        let kind = turn.kind;
        words.arrived().store(0, Ordering::Release);
        words.woken().store(0, Ordering::Release);
        let rung = words.bell().load(Ordering::Acquire);
        std::thread::scope(|scope| {
            for _ in 0..turn.count {
                scope.spawn(move || {
                    let mut observer = observer(segment, Start::Now);
                    words.arrived().fetch_add(1, Ordering::AcqRel);
                    if kind == LEYLINE {
                        let mut seen = Observation::EMPTY;
                        let read = observer.next(&mut seen, Wait::sleep(LONG)).expect("a wait");
                        let Read::Record(meta) = read else { panic!("{read:?}") };
                        assert_eq!(seen, observation(meta.sequence), "a torn or wrong observation");
                    } else {
                        while words.bell().load(Ordering::Acquire) == rung {
                            futex_wait(words.bell(), rung, LONG);
                        }
                    }
                    words.woken().fetch_add(1, Ordering::AcqRel);
                });
            }
            turn.ready();
        });
        turn.done(&[]);
    }
}

struct There<'a> {
    writer: &'a mut Writer<Observation>,
    words: &'a Words,
    next: Observation,
    sequence: u64,
}

impl Trip for There<'_> {
    fn prepare(&mut self, _: u64) {
        self.next = observation(self.writer.next_sequence());
    }
    #[inline(always)]
    fn make(&mut self) {
        self.sequence = self.writer.publish_stamped(&self.next, Stamp::default()).expect("publish");
        spin_until(|| self.words.back().load(Ordering::Acquire) == self.sequence);
    }
    fn check(&mut self) {}
}

struct Side {
    crowd: Vec<Peer>,
    reader: Peer,
    sleepers: Peer,
    writer: Writer<Observation>,
    words: Words,
    publishes: u64,
    trips: u64,
    timed: Timed,
}

impl Side {
    fn attached(&mut self, count: u64) -> (f64, Histogram) {
        for (i, peer) in (0..).zip(&mut self.crowd) {
            peer.go(0, count / PROCESSES + u64::from(i < count % PROCESSES), 0);
        }
        let start = Instant::now();
        for _ in 0..self.publishes {
            let next = observation(self.writer.next_sequence());
            self.writer.publish_stamped(&next, Stamp::default()).expect("publish");
        }
        let cost = start.elapsed().as_nanos() as f64 / self.publishes as f64;
        self.reader.go(0, self.trips + WARM_UP, 0);
        let (writer, words, next) = (&mut self.writer, &self.words, Observation::EMPTY);
        (cost, self.timed.round(&mut There { writer, words, next, sequence: 0 }))
    }

    /// Wakes sleepers once: how long the waker was at it, and until all have run.
    fn wake(&mut self, kind: u64, count: u64) -> (f64, f64) {
        self.sleepers.go(kind, count, 0);
        spin_until(|| self.words.arrived().load(Ordering::Acquire) == count);
        // Each polls for some 20 us first. One that does not sleep yet spoils a sample and no more.
        std::thread::sleep(Duration::from_millis(2) + Duration::from_micros(50) * count as u32);
        let next = observation(self.writer.next_sequence());
        let start = monotonic_now();
        if kind == LEYLINE {
            self.writer.publish_stamped(&next, Stamp::default()).expect("publish");
        } else {
            self.words.bell().fetch_add(1, Ordering::AcqRel);
            futex_wake(self.words.bell(), i32::MAX as u32);
        }
        let told = monotonic_now();
        spin_until(|| self.words.woken().load(Ordering::Acquire) == count);
        let all = monotonic_now();
        self.sleepers.results();
        ((told - start) as f64, (all - start) as f64)
    }
}

fn run(bench: &Bench) {
    let ring = RingSpec::new::<Observation>("o").expect("a ring").time_source(TimeSource::Caller);
    let segment =
        Segment::create("fanout", &Spec::new().ring(ring), &options(bench.folder())).expect("create");
    let cpu = bench.cpus.second;
    let trips = bench.amount(200, 10_000);
    let mut side = Side {
        crowd: (0..PROCESSES).map(|_| bench.peer("crowd", cpu, &[])).collect(),
        reader: bench.peer("reader", cpu, &[]),
        sleepers: bench.peer("sleepers", cpu, &[]),
        writer: Writer::open(&segment, "o").expect("a writer"),
        words: Words::open(bench.folder()),
        publishes: bench.amount(5_000, 500_000),
        trips,
        timed: Timed::new(trips),
    };
    pin(bench.cpus.first);
    let attached = bench.interleave(bench.rounds(1, 11), &ATTACHED, |_, count| side.attached(count));
    let pairs: Vec<(u64, u64)> = SLEEPERS.iter().flat_map(|k| [(FUTEX, *k), (LEYLINE, *k)]).collect();
    let woken = bench.interleave(bench.rounds(1, 15), &pairs, |_, (kind, count)| side.wake(kind, count));
    for peer in side.crowd.into_iter().chain([side.reader, side.sleepers]) {
        peer.finish();
    }

    let mut report = Report::new(bench);
    println!(
        "attached and not waiting; publishing, the record's making included, and a trip to one more reader and back:"
    );
    let mut table = Table::new(&["attached", "publish ns", "over none", "trip p50 ns", "trip p99 ns"]);
    for (count, rounds) in ATTACHED.iter().zip(&attached) {
        let labels = [("attached", (*count).into())];
        let costs: Vec<f64> = rounds.iter().map(|r| r.0).collect();
        let cost = report.values("publish", &labels, "ns", &costs);
        let over = ratios(rounds, &attached[0], |r| r.0, |r| r.0);
        let times: Vec<Histogram> = rounds.iter().map(|r| r.1.clone()).collect();
        let all = report.latency("trip", &labels, &times);
        let of = |q: f64| Spread::of(times.iter().map(|t| t.value_at_quantile(q) as f64));
        table.row([
            count.to_string(),
            format!("{cost:.1}"),
            format!("{over:.2}"),
            format!("{:.0}", of(0.5)),
            format!("{:.0}", of(0.99)),
        ]);
        assert!(all.len() >= trips);
        if *count == 200 {
            report.result("fanout_200_ratio", over.median);
        }
    }
    table.print();
    println!("\nsleepers, all on one processor, threads of one process:");
    let heads =
        ["sleepers", "bare wake us", "publish us", "ratio", "bare, all run us", "leyline, all run us"];
    let mut table = Table::new(&heads);
    for (count, pair) in SLEEPERS.iter().zip(woken.chunks_exact(2)) {
        let [bare, ours] = pair else { unreachable!("chunks of two") };
        let labels = [("sleepers", (*count).into())];
        let mut us = |name: &str, rounds: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
            let values: Vec<f64> = rounds.iter().map(|r| of(r) / 1000.0).collect();
            format!("{:.1}", report.values(name, &labels, "us", &values))
        };
        table.row([
            count.to_string(),
            us("bare wake", bare, |r| r.0),
            us("publish with sleepers", ours, |r| r.0),
            format!("{:.2}", ratios(ours, bare, |r| r.0, |r| r.0)),
            us("bare, all run", bare, |r| r.1),
            us("leyline, all run", ours, |r| r.1),
        ]);
    }
    table.print();
    report.finish();
}
