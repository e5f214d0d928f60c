//! Measures the time from publishing until a blocked reader runs, beside a bare futex between the
//! same two processes.
//!
//! `cargo bench --bench wake [--features tokio] [-- --quick | --threads]`. The reader sleeps in
//! `Observer::next` with `Wait::sleep`, in turn with a sleep on a futex of its own that does nothing
//! else. At the highest rate it also sleeps in epoll, on a bell, and in a task of Tokio. What is
//! measured begins just before the publish (the store and the wake-up) and ends when the reader has
//! the record, checked after that. Both clocks are `CLOCK_MONOTONIC`.

mod support;

use leyline::{
    Bell, Feature, News, Observation, Observer, Options, Read, RingSpec, Segment, Spec, Stamp, Start,
    TimeSource, Wait, Writer, monotonic_now,
};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
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

/// The ways to sleep, the first of which is the measure of the others.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Futex,
    Leyline,
    /// A bell in epoll.
    Bell,
    /// A task of Tokio, on one thread.
    #[cfg(feature = "tokio")]
    Task,
}

/// All kinds, with their names.
const KINDS: &[(&str, Kind)] = &[
    ("bare futex", Kind::Futex),
    ("leyline", Kind::Leyline),
    ("leyline, bell in epoll", Kind::Bell),
    #[cfg(feature = "tokio")]
    ("leyline, task of Tokio", Kind::Task),
];

fn main() {
    support::main("wake", &[("reader", reader)], run);
}

/// The memory that both sides share beside the ring: the bare futex, and the time when a wake-up
/// began.
struct Page(SharedMemory);

impl Page {
    fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("page"), 4096))
    }

    fn word(&self) -> &AtomicU32 {
        self.0.u32(0)
    }

    /// Returns the word with the time when the wake-up began, written before it and read after it.
    fn began(&self) -> &AtomicU64 {
        self.0.u64(1024)
    }

    /// Returns the word that counts the turn's wake-ups that the reader is done with: a reader that
    /// the system let wait is not woken again before it slept.
    fn heard(&self) -> &AtomicU64 {
        self.0.u64(2048)
    }
}

/// Returns the kinds measured at a rate. Event loops are measured at the highest rate only.
fn kinds_at(rate: u64) -> &'static [(&'static str, Kind)] {
    if rate == RATES[RATES.len() - 1] { KINDS } else { &KINDS[..2] }
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

/// A descriptor in epoll.
struct Epoll(OwnedFd);

impl Epoll {
    fn with(fd: BorrowedFd<'_>) -> Self {
        // SAFETY: makes a descriptor, or -1, which `from_raw_fd` is not given.
        let epoll = unsafe {
            let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            assert!(epoll >= 0, "epoll");
            OwnedFd::from_raw_fd(epoll)
        };
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
        // SAFETY: both descriptors are open, and `event` outlives the call.
        let added = unsafe {
            libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &raw mut event)
        };
        assert_eq!(added, 0, "epoll_ctl");
        Self(epoll)
    }

    fn wait(&self) {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: has room for the one event that it asks for.
        while unsafe { libc::epoll_wait(self.0.as_raw_fd(), &raw mut event, 1, -1) } != 1 {}
    }
}

/// Wakes up `count` times and says how long after the publisher's clock it ran.
fn reader(seat: &Seat) {
    let segment = Segment::attach_waiting("wake", &options(&seat.folder), LONG).expect("attach");
    let open = || Observer::<Observation>::open(&segment, "o", Start::Now).expect("an observer");
    let (mut observer, mut bell) = (open(), Bell::new().expect("a bell"));
    let (epoll, mut news) = (Epoll::with(bell.as_fd()), [News::None]);
    #[cfg(feature = "tokio")]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    #[cfg(feature = "tokio")]
    let mut task = runtime.block_on(async { leyline::Async::new(open()).expect("a task's handle") });
    let page = Page::open(&seat.folder);
    let mut rung = page.word().load(Ordering::Acquire);
    let mut seen = Observation::EMPTY;
    while let Some(turn) = seat.turn() {
        let kind = KINDS[turn.kind as usize].1;
        let mut times = histogram();
        page.heard().store(0, Ordering::Release);
        observer.seek(Start::Now);
        #[cfg(feature = "tokio")]
        task.seek(Start::Now);
        turn.ready();
        let mut heard = |n: u64, read: Option<(Read, &Observation)>| {
            let took = monotonic_now() - page.began().load(Ordering::Acquire);
            if let Some((read, seen)) = read {
                let Read::Record(meta) = read else { panic!("{read:?}") };
                assert_eq!(*seen, observation(meta.sequence), "a torn or wrong observation");
            }
            times.record(took).expect("it grows");
            page.heard().store(n, Ordering::Release);
        };
        match kind {
            Kind::Futex => {
                for n in 1..=turn.count {
                    while page.word().load(Ordering::Acquire) == rung {
                        futex_wait(page.word(), rung, LONG);
                    }
                    rung = rung.wrapping_add(1);
                    heard(n, None);
                    assert_eq!(page.word().load(Ordering::Acquire), rung, "rung more than once");
                }
            }
            Kind::Leyline => {
                for n in 1..=turn.count {
                    let read = observer.next(&mut seen, Wait::sleep(LONG)).expect("a wait");
                    heard(n, Some((read, &seen)));
                }
            }
            Kind::Bell => {
                for n in 1..=turn.count {
                    // As in an event loop: arm, return to the loop, and be called.
                    bell.arm(&mut [&mut observer], &mut news).expect("a bell");
                    epoll.wait();
                    bell.clear().expect("a bell");
                    let read = observer.try_next(&mut seen);
                    heard(n, Some((read, &seen)));
                }
            }
            #[cfg(feature = "tokio")]
            Kind::Task => runtime.block_on(async {
                for n in 1..=turn.count {
                    let read = task.next_async(&mut seen).await.expect("a task");
                    heard(n, Some((read, &seen)));
                }
            }),
        }
        turn.done_with(&times);
    }
}

struct Side {
    peer: Peer,
    page: Page,
    writer: Writer<Observation>,
}

impl Side {
    /// Makes `count` wake-ups of a kind, `pause` apart. Each begins when the reader has long been
    /// asleep.
    fn round(&mut self, kind: Kind, count: u64, pause: Duration) -> Histogram {
        let number = KINDS.iter().position(|(_, other)| *other == kind).expect("a kind");
        self.peer.go(number as u64, count, 0);
        for n in 0..count {
            spin_until(|| self.page.heard().load(Ordering::Acquire) == n);
            std::thread::sleep(pause);
            let observation = observation(self.writer.next_sequence());
            self.page.began().store(monotonic_now(), Ordering::Release);
            if kind == Kind::Futex {
                self.page.word().fetch_add(1, Ordering::AcqRel);
                futex_wake(self.page.word(), 1);
            } else {
                self.writer.publish_stamped(&observation, Stamp::default()).expect("publish");
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
    let mut side = Side { peer, page: Page::open(bench.folder()), writer };
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
    for (_, kind) in KINDS {
        side.round(*kind, bench.amount(2, 50), Duration::from_millis(1));
    }
    let found: Vec<(u64, Vec<Vec<Histogram>>)> = plan
        .into_iter()
        .map(|(rate, rounds, count)| {
            let pause = Duration::from_nanos(1_000_000_000 / rate);
            let kinds: Vec<Kind> = kinds_at(rate).iter().map(|(_, kind)| *kind).collect();
            let times = bench.interleave(rounds, &kinds, |_, kind| side.round(kind, count, pause));
            (rate, times)
        })
        .collect();
    side.peer.finish();

    let mut report = Report::new(bench);
    println!("from just before the publish to the reader that has the record, which had been asleep\n");
    let mut table = Table::of_latencies("wake-up");
    let step = bench.machine.clock_step_ns();
    let mut ratios: Vec<(u64, Kind, &str, Spread)> = Vec::new();
    for (rate, times) in &found {
        let p50 = |h: &Histogram| fine_quantile(h, 0.5, step);
        for ((what, kind), rounds) in kinds_at(*rate).iter().zip(times) {
            report.latency(what, &[("rate_hz", (*rate).into())], rounds);
            table.latency(&format!("{what}, {rate} Hz"), rounds);
            if *kind != Kind::Futex {
                ratios.push((*rate, *kind, what, support::ratios(rounds, &times[0], p50, p50)));
            }
        }
    }
    table.print();
    println!("\nover the bare futex of the same round, p50, median (quartiles) of the rounds:");
    for (rate, kind, what, ratio) in &ratios {
        println!("{:>9} {ratio:.2} {what}", format!("{rate} Hz"));
        let of = if *kind == Kind::Leyline {
            String::new()
        } else {
            format!("_{}", what.rsplit(' ').next().unwrap_or_default().to_lowercase())
        };
        report.result(&format!("wake_{rate}_hz{of}_ratio"), ratio.median);
    }
    // The worst rate. Below 1 where the bare sleeper's processor goes to sleep as well: ours looks
    // up every 5 ms.
    let slept = ratios.iter().filter(|(_, kind, ..)| *kind == Kind::Leyline);
    report.result("wake_ratio", slept.map(|(.., ratio)| ratio.median).fold(0.0, f64::max));
    report.finish();
}
