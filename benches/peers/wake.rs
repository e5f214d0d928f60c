//! Measures the time from publishing until a reader that sleeps has the record: leyline beside its
//! peers and a bare futex.
//!
//! `cargo bench --manifest-path benches/peers/Cargo.toml --bench wake [-- --quick | --json FOLDER |
//! --svg FOLDER]`. The time is taken just before the record is handed over and again when the
//! reader has it, on the same clock. The writer polls the clock between records, so that its
//! processor does not go to sleep; the reader's may.

use leyline::Options;
use leyline_peers::links::leyline::Stamped;
use leyline_peers::links::{Receives, Sends, iceoryx, kernel, leyline as ours, ringfire};
use leyline_peers::support::{
    self, Bench, Histogram, Peer, Report, Seat, SharedMemory, Table, futex_wait, futex_wake, histogram, pin,
    ratios,
};
use leyline_peers::{Iceoryx, Sweep, VERSIONS, Watchdog, observation};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The kinds of rounds, in the order they are shown.
const KINDS: [Kind; 6] =
    [Kind::Futex, Kind::Leyline, Kind::Ringfire, Kind::Iceoryx, Kind::Pipe, Kind::Socket];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Futex,
    Leyline,
    Ringfire,
    Iceoryx,
    Pipe,
    Socket,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Futex => "futex alone, no record (limit)",
            Self::Leyline => "leyline",
            Self::Ringfire => "ringfire, futex",
            Self::Iceoryx => "iceoryx2 event, then the sample",
            Self::Pipe => "pipe",
            Self::Socket => "Unix socket",
        }
    }

    fn number(self) -> usize {
        KINDS.iter().position(|k| *k == self).expect("a kind")
    }
}

/// Wakes of a round that are made and not counted.
const WARM_UP: u64 = 3;

/// Offsets in the shared page: of the futex, and of the time when a record was handed over.
const WORD: usize = 0;
fn handed_over(record: u64) -> usize {
    128 + 8 * (record % 128) as usize
}

fn shared(folder: &Path) -> SharedMemory {
    SharedMemory::open(&folder.join("wake"), 4096)
}

fn main() {
    support::main("peers-wake", &[("sleeper", sleeper)], run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

/// A bare futex, which carries no record.
struct Futex {
    memory: SharedMemory,
    count: u32,
}

impl Sends for Futex {
    fn send(&mut self, _: &leyline::Observation) {
        self.count += 1;
        self.memory.u32(WORD).store(self.count, Ordering::Release);
        futex_wake(self.memory.u32(WORD), 1);
    }
}

impl Receives for Futex {
    fn receive(&mut self, got: &mut leyline::Observation) {
        while self.memory.u32(WORD).load(Ordering::Acquire) == self.count {
            futex_wait(self.memory.u32(WORD), self.count, Duration::from_secs(1));
        }
        self.count += 1;
        *got = observation(u64::from(self.count));
    }
}

fn sleeper(seat: &Seat) {
    let folder = &seat.folder;
    let iceoryx = Iceoryx::of(folder);
    let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
    let mut futex = Futex { memory: shared(folder), count: 0 };
    let mut leyline = ours::Far::attach("wake", &options(folder), Stamped::ByCaller).sleeping();
    let waiting = ringfire::Waiting::Futex;
    let mut ringfire = ringfire::Far::<ringfire::Padded>::attach(&folder.join("ring"), None, waiting);
    let mut subscriber = iceoryx::Far::woken(&node);
    let mut kernel = [0, 1].map(|i: usize| {
        // SAFETY: inherited for this, and named once.
        let fd = unsafe { OwnedFd::from_raw_fd(seat.words[i].parse().expect("a descriptor")) };
        kernel::Side::new(fd.try_clone().expect("a descriptor"), fd, kernel::Waiting::Blocking)
    });
    let memory = shared(folder);
    let mut counts = [0; KINDS.len()];
    while let Some(turn) = seat.turn() {
        turn.ready();
        let Some(kind) = KINDS.get(turn.kind as usize) else { continue };
        let count = &mut counts[turn.kind as usize];
        let times = match kind {
            Kind::Futex => wakes(&mut futex, &memory, count, turn.count),
            Kind::Leyline => wakes(&mut leyline, &memory, count, turn.count),
            Kind::Ringfire => wakes(&mut ringfire, &memory, count, turn.count),
            Kind::Iceoryx => wakes(&mut subscriber, &memory, count, turn.count),
            Kind::Pipe => wakes(&mut kernel[0], &memory, count, turn.count),
            Kind::Socket => wakes(&mut kernel[1], &memory, count, turn.count),
        };
        turn.done_with(&times);
    }
}

fn wakes<R: Receives>(from: &mut R, memory: &SharedMemory, count: &mut u64, wakes: u64) -> Histogram {
    let mut times = histogram();
    let mut got = leyline::Observation::EMPTY;
    for wake in 0..wakes {
        from.receive(&mut got);
        let now = leyline::monotonic_now();
        *count += 1;
        // Stored before the record that has been received.
        let then = memory.u64(handed_over(*count)).load(Ordering::Relaxed);
        if wake >= WARM_UP {
            times.record(now.saturating_sub(then)).expect("it grows");
        }
        assert_eq!(got, observation(*count), "a torn or wrong observation");
    }
    times
}

/// The writing ends.
struct Wakers {
    futex: Futex,
    leyline: ours::Near,
    ringfire: ringfire::Near<ringfire::Padded>,
    publisher: iceoryx::Near,
    kernel: [kernel::Side; 2],
    memory: SharedMemory,
    counts: [u64; KINDS.len()],
    peer: Peer,
}

impl Wakers {
    fn round(&mut self, kind: Kind, wakes: u64, hz: u64) -> Histogram {
        self.peer.go(kind.number() as u64, wakes, 0);
        let (memory, count) = (&self.memory, &mut self.counts[kind.number()]);
        match kind {
            Kind::Futex => wake(&mut self.futex, memory, count, wakes, hz),
            Kind::Leyline => wake(&mut self.leyline, memory, count, wakes, hz),
            Kind::Ringfire => wake(&mut self.ringfire, memory, count, wakes, hz),
            Kind::Iceoryx => wake(&mut self.publisher, memory, count, wakes, hz),
            Kind::Pipe => wake(&mut self.kernel[0], memory, count, wakes, hz),
            Kind::Socket => wake(&mut self.kernel[1], memory, count, wakes, hz),
        }
        self.peer.histogram()
    }
}

fn wake<S: Sends>(to: &mut S, memory: &SharedMemory, count: &mut u64, wakes: u64, hz: u64) {
    let mut due = leyline::monotonic_now();
    for _ in 0..wakes {
        due += 1_000_000_000 / hz;
        *count += 1;
        let record = observation(*count);
        let now = loop {
            let now = leyline::monotonic_now();
            if now >= due {
                break now;
            }
            std::hint::spin_loop();
        };
        memory.u64(handed_over(*count)).store(now, Ordering::Relaxed);
        to.send(&record);
    }
}

fn run(bench: &Bench) {
    assert!(!bench.args.threads, "peers are measured between processes only");
    let _watchdog = Watchdog::start(bench);
    let folder = bench.folder();
    let iceoryx = Iceoryx::of(folder);
    let _sweep = Sweep(iceoryx.clone());
    let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
    let leyline = ours::Near::create("wake", &options(folder), Stamped::ByCaller);
    let ringfire = ringfire::Near::create(&folder.join("ring"));
    let publisher = iceoryx::Near::waking(&node);
    let (pipe, (socket, socket_of_peer)) = (kernel::pipe(None), kernel::socket());
    let kernel = [pipe.write, socket]
        .map(|fd| kernel::Side::new(fd.try_clone().expect("a descriptor"), fd, kernel::Waiting::Blocking));
    let words = [&pipe.read, &socket_of_peer].map(|fd| fd.as_raw_fd().to_string());
    let mut peer = bench.process("sleeper", bench.cpus.second, &words.each_ref().map(String::as_str));
    drop((pipe.read, socket_of_peer));
    peer.go(KINDS.len() as u64, 0, 0);
    pin(bench.cpus.first);

    let memory = shared(folder);
    let futex = Futex { memory: shared(folder), count: 0 };
    let counts = [0; KINDS.len()];
    let mut wakers = Wakers { futex, leyline, ringfire, publisher, kernel, memory, counts, peer };
    let rounds = bench.rounds(2, 7);
    let rates = bench.amount(&[1000][..], &[100, 1000][..]);
    let measured: Vec<(u64, u64, Vec<Vec<Histogram>>)> = rates
        .iter()
        .map(|hz| {
            let wakes = bench.amount(20, hz / 5);
            let times = bench.interleave(rounds, &KINDS, |_, kind| wakers.round(kind, wakes + WARM_UP, *hz));
            (*hz, wakes, times)
        })
        .collect();
    let Wakers { peer, .. } = wakers;
    peer.finish();

    let mut report = Report::new(bench);
    println!(
        "{VERSIONS}; two processes, {rounds} interleaved rounds, 108 bytes written and verified every time"
    );
    for (hz, wakes, times) in &measured {
        println!("\n{hz} a second, rounds of {wakes}:\n");
        let heads = ["publish to awake, reader blocked", "p50 us", "p90 us", "p99 us", "p50 / limit's"];
        let mut table = Table::new(&heads);
        for (kind, rounds) in KINDS.iter().zip(times) {
            let all = report.latency(kind.name(), &[("hz", (*hz).into())], rounds);
            let at = |q: f64| format!("{:.1}", all.value_at_quantile(q) as f64 / 1000.0);
            let median = |h: &Histogram| h.value_at_quantile(0.5) as f64;
            let ratio = ratios(rounds, &times[0], median, median);
            table.row([kind.name().to_owned(), at(0.5), at(0.9), at(0.99), format!("{ratio}")]);
        }
        table.print();
    }
    report.finish();
}
