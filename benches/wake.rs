//! From publishing to a blocked reader that runs, beside a bare futex between the same two
//! processes.
//!
//! `cargo bench --bench wake [-- --quick | --threads]`. The reader sleeps in `Observer::next` with
//! `Wait::sleep`, in turn with a sleep on a futex of its own that does nothing else. What is
//! measured begins just before the publish (the store and the wake-up) and ends when the reader has
//! the record, checked after that. Both clocks are `CLOCK_MONOTONIC`.

mod support;

use leyline::{
    Feature, Observation, Observer, Options, Read, RingSpec, Segment, Spec, Stamp, Start, TimeSource, Wait,
    Writer, monotonic_now,
};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use support::{
    Bench, Histogram, Peer, Report, Seat, SharedMemory, Spread, Table, fine_quantile, futex_wait, futex_wake,
    histogram, pin, spin_until,
};

const LONG: Duration = Duration::from_secs(60);

/// Wake-ups a second.
const RATES: [u64; 4] = [1, 10, 100, 1000];

#[derive(Clone, Copy)]
enum Kind {
    Futex,
    Leyline,
}

fn main() {
    support::main("wake", &[("reader", reader)], run);
}

/// What both sides share beside the ring: the bare futex, and when each wake-up began.
struct Bell(SharedMemory);

impl Bell {
    fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("bell"), 4096))
    }

    fn word(&self) -> &AtomicU32 {
        self.0.u32(0)
    }

    /// When the wake-up began. Written before it and read after it.
    fn began(&self) -> &AtomicU64 {
        self.0.u64(1024)
    }

    /// How many of the turn's wake-ups the reader is done with: a reader that the system let wait
    /// is not woken again before it slept.
    fn heard(&self) -> &AtomicU64 {
        self.0.u64(2048)
    }
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::GlobalStep] = (n % (1 << 24)) as f32;
    o[Feature::TrainLoss] = (n % 977) as f32;
    o
}

/// Wakes up `count` times and says how long after the publisher's clock it ran.
fn reader(seat: &Seat) {
    let segment = Segment::attach_waiting("wake", &options(&seat.folder), LONG).expect("attach");
    let mut observer = Observer::<Observation>::open(&segment, "o", Start::Now).expect("an observer");
    let bell = Bell::open(&seat.folder);
    let mut rung = bell.word().load(Ordering::Acquire);
    let mut seen = Observation::EMPTY;
    while let Some(turn) = seat.turn() {
        let mut times = histogram();
        bell.heard().store(0, Ordering::Release);
        turn.ready();
        for n in 1..=turn.count {
            let took = if turn.kind == Kind::Leyline as u64 {
                let read = observer.next(&mut seen, Wait::sleep(LONG)).expect("a wait");
                let now = monotonic_now();
                let Read::Record(meta) = read else { panic!("{read:?}") };
                assert_eq!(seen, observation(meta.sequence), "a torn or wrong observation");
                now - bell.began().load(Ordering::Acquire)
            } else {
                while bell.word().load(Ordering::Acquire) == rung {
                    futex_wait(bell.word(), rung, LONG);
                }
                let now = monotonic_now();
                rung = rung.wrapping_add(1);
                assert_eq!(bell.word().load(Ordering::Acquire), rung, "rung more than once");
                now - bell.began().load(Ordering::Acquire)
            };
            times.record(took).expect("it grows");
            bell.heard().store(n, Ordering::Release);
        }
        turn.done_with(&times);
    }
}

struct Side {
    peer: Peer,
    bell: Bell,
    writer: Writer<Observation>,
}

impl Side {
    /// `count` wake-ups of a kind, `pause` apart; each begins when the reader has long been asleep.
    fn round(&mut self, kind: Kind, count: u64, pause: Duration) -> Histogram {
        self.peer.go(kind as u64, count, 0);
        for n in 0..count {
            spin_until(|| self.bell.heard().load(Ordering::Acquire) == n);
            std::thread::sleep(pause);
            let observation = observation(self.writer.next_sequence());
            self.bell.began().store(monotonic_now(), Ordering::Release);
            match kind {
                Kind::Leyline => {
                    self.writer.publish_stamped(&observation, Stamp::default()).expect("publish");
                }
                Kind::Futex => {
                    self.bell.word().fetch_add(1, Ordering::AcqRel);
                    futex_wake(self.bell.word(), 1);
                }
            }
        }
        self.peer.histogram()
    }
}

fn run(bench: &Bench) {
    let ring = RingSpec::new::<Observation>("o").expect("a ring").time_source(TimeSource::Caller);
    let segment = Segment::create("wake", &Spec::new().ring(ring), &options(bench.folder())).expect("create");
    let writer = Writer::open(&segment, "o").expect("a writer");
    let peer = bench.peer("reader", bench.cpus.second, &[]);
    pin(bench.cpus.first);
    let mut side = Side { peer, bell: Bell::open(bench.folder()), writer };
    // Of each rate: rounds, and wake-ups of each kind in one.
    let plan: Vec<(u64, usize, u64)> = RATES
        .into_iter()
        .filter(|rate| !bench.is_quick() || *rate >= 100)
        .map(|rate| match rate {
            1 => (rate, bench.rounds(1, 4), 2),
            10 => (rate, bench.rounds(1, 8), 8),
            100 => (rate, bench.rounds(1, 8), bench.amount(5, 60)),
            _ => (rate, bench.rounds(1, 8), bench.amount(20, 500)),
        })
        .collect();
    for kind in [Kind::Futex, Kind::Leyline] {
        side.round(kind, bench.amount(2, 50), Duration::from_millis(1));
    }
    let found: Vec<(u64, Vec<Vec<Histogram>>)> = plan
        .into_iter()
        .map(|(rate, rounds, count)| {
            let pause = Duration::from_nanos(1_000_000_000 / rate);
            let times = bench
                .interleave(rounds, &[Kind::Futex, Kind::Leyline], |_, kind| side.round(kind, count, pause));
            (rate, times)
        })
        .collect();
    side.peer.finish();

    let mut report = Report::new(bench);
    println!("from just before the publish to the reader that has the record, which had been asleep\n");
    let mut table = Table::of_latencies("wake-up");
    let step = bench.machine.clock_step_ns();
    let mut ratios: Vec<(u64, Spread)> = Vec::new();
    for (rate, times) in &found {
        let name = |what: &str| format!("{what}, {rate} Hz");
        for (what, rounds) in ["bare futex", "leyline"].iter().zip(times) {
            report.latency(what, &[("rate_hz", (*rate).into())], rounds);
            table.latency(&name(what), rounds);
        }
        let p50 = |h: &Histogram| fine_quantile(h, 0.5, step);
        ratios.push((*rate, support::ratios(&times[1], &times[0], p50, p50)));
    }
    table.print();
    println!("\nleyline over the bare futex of the same round, p50, median (quartiles) of the rounds:");
    for (rate, ratio) in &ratios {
        println!("{:>6} {ratio:.2}", format!("{rate} Hz"));
        report.result(&format!("wake_{rate}_hz_ratio"), ratio.median);
    }
    // The worst rate. Below 1 where the bare sleeper's processor goes to sleep as well: ours looks
    // up every 5 ms.
    report.result("wake_ratio", ratios.iter().map(|(_, ratio)| ratio.median).fold(0.0, f64::max));
    report.finish();
}
