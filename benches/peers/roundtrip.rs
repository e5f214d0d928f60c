//! Measures an observation there and a decision back: leyline beside its peers and the least that
//! this machine can do, between the same two processes and in the same rounds.
//!
//! `cargo bench --manifest-path benches/peers/Cargo.toml --bench roundtrip [-- --quick | --json
//! FOLDER | --svg FOLDER]`. The loop, the clock and what is checked are those of leyline's own
//! `roundtrip`: see there.

use bytemuck::Zeroable;
use leyline::{Feature, Observation, Options};
use leyline_peers::links::leyline::Stamped;
use leyline_peers::links::{
    Answer, Answers, Hears, Receives, Sends, bare, iceoryx, kernel, leyline as ours, ringfire,
};
use leyline_peers::picture::{self, colour};
use leyline_peers::support::{
    self, Bench, Histogram, Lines, Peer, Report, Seat, Spread, Table, Timed, Trip, WARM_UP, fine_quantile,
    pin, ratios,
};
use leyline_peers::{Iceoryx, Sweep, VERSIONS, Watchdog, observation};
use std::hint::black_box;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

/// The kinds of rounds, in the order they are shown.
const KINDS: [Kind; 12] = [
    Kind::Limit,
    Kind::Bare,
    Kind::Leyline(Stamped::ByCaller),
    Kind::Leyline(Stamped::ByLibrary),
    Kind::RingfirePadded,
    Kind::Ringfire,
    Kind::Blackboard,
    Kind::PublishSubscribe,
    Kind::Pipe(kernel::Waiting::Polling),
    Kind::Pipe(kernel::Waiting::Blocking),
    Kind::Socket(kernel::Waiting::Polling),
    Kind::Socket(kernel::Waiting::Blocking),
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Limit,
    Bare,
    Leyline(Stamped),
    RingfirePadded,
    Ringfire,
    Blackboard,
    PublishSubscribe,
    Pipe(kernel::Waiting),
    Socket(kernel::Waiting),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Limit => "one line each way (limit)",
            Self::Bare => "bare slot each way",
            Self::Leyline(Stamped::ByCaller) => "leyline, caller-stamped",
            Self::Leyline(Stamped::ByLibrary) => "leyline, library-stamped",
            Self::RingfirePadded => "ringfire, slots padded to 128 bytes",
            Self::Ringfire => "ringfire",
            Self::Blackboard => "iceoryx2 blackboard",
            Self::PublishSubscribe => "iceoryx2 publish-subscribe",
            Self::Pipe(kernel::Waiting::Polling) => "pipes, polled",
            Self::Pipe(kernel::Waiting::Blocking) => "pipes",
            Self::Socket(kernel::Waiting::Polling) => "Unix socket, polled",
            Self::Socket(kernel::Waiting::Blocking) => "Unix socket",
        }
    }

    /// Returns its colour in the picture, `None` for a kind that the picture leaves out.
    fn colour(self) -> Option<picture::Colour> {
        Some(match self {
            Self::Limit => colour::GREY,
            Self::Leyline(Stamped::ByCaller) => colour::BLUE,
            Self::Leyline(Stamped::ByLibrary) => colour::SKY,
            Self::RingfirePadded => colour::ORANGE,
            Self::Blackboard => colour::GREEN,
            Self::PublishSubscribe => colour::AMBER,
            Self::Pipe(kernel::Waiting::Blocking) => colour::BLACK,
            Self::Socket(kernel::Waiting::Blocking) => colour::PINK,
            _ => return None,
        })
    }

    /// Trips of a round, of as many of the limit's: those that take long get fewer.
    fn trips(self, of_limit: u64) -> u64 {
        match self {
            Self::Pipe(_) | Self::Socket(_) => of_limit / 10,
            _ => of_limit,
        }
    }

    fn number(self) -> u64 {
        KINDS.iter().position(|k| *k == self).expect("a kind") as u64
    }
}

fn main() {
    support::main("peers-roundtrip", &[("controller", controller)], run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

const STAMPED: [(Stamped, &str); 2] = [(Stamped::ByCaller, "caller"), (Stamped::ByLibrary, "library")];
const WAITING: [kernel::Waiting; 2] = [kernel::Waiting::Polling, kernel::Waiting::Blocking];

/// Holds the end of every transport that sends observations.
struct Near {
    bare: bare::Side,
    leyline: [ours::Near; 2],
    ringfire: ringfire::Near<Observation>,
    padded: ringfire::Near<ringfire::Padded>,
    board: iceoryx::BoardNear,
    publish: iceoryx::Near,
    pipes: [kernel::Side; 2],
    sockets: [kernel::Side; 2],
}

/// Holds the end of every transport that receives observations.
struct Far {
    bare: bare::Side,
    leyline: [ours::Far; 2],
    ringfire: ringfire::Far<Observation>,
    padded: ringfire::Far<ringfire::Padded>,
    board: iceoryx::BoardFar,
    publish: iceoryx::Far,
    pipes: [kernel::Side; 2],
    sockets: [kernel::Side; 2],
}

impl Far {
    fn attach(seat: &Seat) -> Self {
        let (folder, options) = (&seat.folder, options(&seat.folder));
        let fds: Vec<i32> = seat.words.iter().map(|w| w.parse().expect("a descriptor")).collect();
        // SAFETY: inherited for this, and named once.
        let own = |i: usize| unsafe { OwnedFd::from_raw_fd(fds[i]) };
        let iceoryx = Iceoryx::of(folder);
        let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
        let spin = ringfire::Waiting::Spin;
        Self {
            bare: bare::Side::open(folder),
            leyline: STAMPED.map(|(stamped, name)| ours::Far::attach(name, &options, stamped)),
            ringfire: ringfire::Far::attach(&folder.join("there"), Some(&folder.join("back")), spin),
            padded: ringfire::Far::attach(
                &folder.join("padded-there"),
                Some(&folder.join("padded-back")),
                spin,
            ),
            board: iceoryx::BoardFar::attach(&node),
            publish: iceoryx::Far::round_trip(&node),
            pipes: [0, 3].map(|i| kernel::Side::new(own(i), own(i + 1), WAITING[i / 3])),
            sockets: [2, 5].map(|i| {
                let socket = own(i);
                kernel::Side::new(socket.try_clone().expect("a descriptor"), socket, WAITING[i / 3])
            }),
        }
    }
}

fn controller(seat: &Seat) {
    let lines = Lines::open(&seat.folder);
    let mut far = Far::attach(seat);
    let sent = observation(0);
    let mut counts = [0; KINDS.len()];
    while let Some(turn) = seat.turn() {
        let Some(kind) = KINDS.get(turn.kind as usize) else {
            turn.ready();
            continue;
        };
        let (trips, count) = (turn.count, &mut counts[turn.kind as usize]);
        turn.ready();
        match kind {
            Kind::Limit => lines.answer(u64::from(turn.number), trips, |n| {
                assert_ne!(black_box(&sent), &observation(n));
            }),
            Kind::Bare => serve(&mut far.bare, count, trips),
            Kind::Leyline(stamped) => serve(&mut far.leyline[*stamped as usize], count, trips),
            Kind::RingfirePadded => serve(&mut far.padded, count, trips),
            Kind::Ringfire => serve(&mut far.ringfire, count, trips),
            Kind::Blackboard => serve(&mut far.board, count, trips),
            Kind::PublishSubscribe => serve(&mut far.publish, count, trips),
            Kind::Pipe(waiting) => serve(&mut far.pipes[*waiting as usize], count, trips),
            Kind::Socket(waiting) => serve(&mut far.sockets[*waiting as usize], count, trips),
        }
    }
}

/// Answers so many trips. Checks a received observation once its answer is out.
fn serve<F: Receives + Answers>(far: &mut F, count: &mut u64, trips: u64) {
    let mut got = Observation::EMPTY;
    for _ in 0..trips {
        *count += 1;
        far.receive(&mut got);
        far.answer(&Answer {
            sequence: *count,
            generation: 1,
            confidence: 1.0,
            value_estimate: got[Feature::TrainLoss],
            log_probability: 0.0,
            action: 0,
            env: 0,
        });
        assert_eq!(got, observation(*count), "a torn or wrong observation");
    }
}

/// Makes trips from the side that sends observations.
struct There<'n, N> {
    near: &'n mut N,
    count: &'n mut u64,
    sent: Observation,
    answer: Answer,
}

impl<N: Sends + Hears> Trip for There<'_, N> {
    #[inline(always)]
    fn prepare(&mut self, _: u64) {
        *self.count += 1;
        self.sent = observation(*self.count);
    }

    #[inline(always)]
    fn make(&mut self) {
        self.near.send(&self.sent);
        self.near.hear(&mut self.answer);
    }

    #[inline(always)]
    fn check(&mut self) {
        assert_eq!(self.answer.sequence, *self.count, "an answer to another observation");
        assert_eq!(self.answer.value_estimate, self.sent[Feature::TrainLoss], "a torn or wrong answer");
    }
}

/// Makes a round of trips.
fn ask<N: Sends + Hears>(timed: &mut Timed, near: &mut N, count: &mut u64) -> Histogram {
    timed.round(&mut There { near, count, sent: Observation::EMPTY, answer: Answer::zeroed() })
}

struct Side {
    lines: Lines,
    near: Near,
    counts: [u64; KINDS.len()],
    peer: Peer,
    timed: Timed,
    few: Timed,
    trips: u64,
}

impl Side {
    fn round(&mut self, kind: Kind) -> Histogram {
        let trips = kind.trips(self.trips);
        let round = u64::from(self.peer.go(kind.number(), trips + WARM_UP, 0));
        let timed = if trips == self.trips { &mut self.timed } else { &mut self.few };
        let count = &mut self.counts[kind.number() as usize];
        let near = &mut self.near;
        match kind {
            Kind::Limit => timed.round(&mut self.lines.asking(round, |n| {
                black_box(observation(n));
            })),
            Kind::Bare => ask(timed, &mut near.bare, count),
            Kind::Leyline(stamped) => ask(timed, &mut near.leyline[stamped as usize], count),
            Kind::RingfirePadded => ask(timed, &mut near.padded, count),
            Kind::Ringfire => ask(timed, &mut near.ringfire, count),
            Kind::Blackboard => ask(timed, &mut near.board, count),
            Kind::PublishSubscribe => ask(timed, &mut near.publish, count),
            Kind::Pipe(waiting) => ask(timed, &mut near.pipes[waiting as usize], count),
            Kind::Socket(waiting) => ask(timed, &mut near.sockets[waiting as usize], count),
        }
    }
}

fn run(bench: &Bench) {
    assert!(!bench.args.threads, "peers are measured between processes only");
    let _watchdog = Watchdog::start(bench);
    let (folder, options) = (bench.folder(), options(bench.folder()));
    let iceoryx = Iceoryx::of(folder);
    let _sweep = Sweep(iceoryx.clone());
    let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
    let leyline = STAMPED.map(|(stamped, name)| ours::Near::create(name, &options, stamped));
    let mut ringfire = ringfire::Near::create(&folder.join("there"));
    let mut padded = ringfire::Near::create(&folder.join("padded-there"));
    let mut board = iceoryx::BoardNear::create(&node);
    let publish = iceoryx::Near::round_trip(&node);

    let (mut pipes, mut sockets, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for waiting in WAITING {
        let (there, back, (socket, socket_of_peer)) =
            (kernel::pipe(None), kernel::pipe(None), kernel::socket());
        pipes.push(kernel::Side::new(back.read, there.write, waiting));
        sockets.push(kernel::Side::new(socket.try_clone().expect("a descriptor"), socket, waiting));
        theirs.extend([there.read, back.write, socket_of_peer]);
    }
    let words: Vec<String> = theirs.iter().map(|fd| fd.as_raw_fd().to_string()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut peer = bench.process("controller", bench.cpus.second, &words);
    drop(theirs);
    peer.go(KINDS.len() as u64, 0, 0);
    ringfire.attach_back(&folder.join("back"));
    padded.attach_back(&folder.join("padded-back"));
    board.attach_back(&node);
    pin(bench.cpus.first);

    let trips = bench.amount(1_000, 20_000);
    let both = |sides: Vec<kernel::Side>| sides.try_into().unwrap_or_else(|_| unreachable!("two of each"));
    let mut side = Side {
        lines: Lines::open(folder),
        near: Near {
            bare: bare::Side::open(folder),
            leyline,
            ringfire,
            padded,
            board,
            publish,
            pipes: both(pipes),
            sockets: both(sockets),
        },
        counts: [0; KINDS.len()],
        peer,
        timed: Timed::new(trips),
        few: Timed::new(trips / 10),
        trips,
    };
    let rounds = bench.rounds(2, 15);
    let times = bench.interleave(rounds, &KINDS, |_, kind| side.round(kind));
    let Side { peer, near, .. } = side;
    peer.finish();
    drop(near);

    let mut report = Report::new(bench);
    println!(
        "{VERSIONS}; two processes, {rounds} interleaved rounds of {trips} trips (a tenth through the kernel),"
    );
    println!(
        "108 bytes there and 32 back, written and verified every time; quantiles: medians of the rounds'\n"
    );
    let mut table =
        Table::new(&["round trip", "p50 ns", "p99 ns", "p99.9 ns", "p50 / limit's", "p99 / limit's"]);
    let mut curves = Vec::new();
    for (kind, rounds) in KINDS.iter().zip(&times) {
        let all = report.latency(kind.name(), &[], rounds);
        let step = bench.machine.clock_step_ns();
        let of = |q: f64| {
            let at = |h: &Histogram| fine_quantile(h, q, step);
            ratios(rounds, &times[0], at, at)
        };
        let at = |q: f64| {
            let of_rounds = rounds.iter().map(|h| h.value_at_quantile(q) as f64);
            format!("{:.0}", Spread::of(of_rounds).median)
        };
        let (p50, p99) = (of(0.5), of(0.99));
        table.row([kind.name().to_owned(), at(0.5), at(0.99), at(0.999), format!("{p50}"), format!("{p99}")]);
        report.result(&format!("ratio of {}", kind.name()), p50.median);
        if let Some(colour) = kind.colour() {
            curves.push((kind.name(), colour, all));
        }
    }
    table.print();
    if let Some(folder) = &bench.args.svg {
        std::fs::create_dir_all(folder).expect("a folder for the pictures");
        let curves = curves.iter().map(|(name, colour, all)| (*name, *colour, all)).collect();
        let title = "An observation there and a decision back, between two processes";
        let path = folder.join("roundtrip.svg");
        picture::of_latencies(title, &bench.in_short(), curves, &path);
        println!("\ndrawn: {}", path.display());
    }
    report.finish();
}
