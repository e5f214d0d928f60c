//! Measures a lossless stream at full speed from one process to another: leyline beside its peers,
//! by the number of slots.
//!
//! `cargo bench --manifest-path benches/peers/Cargo.toml --bench stream [-- --quick | --json FOLDER
//! | --svg FOLDER]`. Each record is made when it is its turn, 108 bytes of it written, read and
//! compared. The rate is that from the first record's making to the last one's check. leyline's
//! reader takes 256 records at once and ringfire's up to 64, as in its benchmark; writers hand over
//! one by one, but where it says otherwise.

use leyline::Options;
use leyline_peers::links::{Drains, Streams, iceoryx, kernel, leyline as ours, ringfire};
use leyline_peers::picture::{self, Curve, colour};
use leyline_peers::support::{self, Bench, Peer, Report, Seat, Table, pin, ratios};
use leyline_peers::{Iceoryx, Sweep, VERSIONS, Watchdog, is_streamed, streamed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

/// The kinds of rounds, in the order they are shown.
const KINDS: [Kind; 8] = [
    Kind::Leyline,
    Kind::RingfirePadded,
    Kind::Ringfire,
    Kind::LeylineMany,
    Kind::RingfireMany,
    Kind::Iceoryx,
    Kind::Pipe,
    Kind::Socket,
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Leyline,
    RingfirePadded,
    Ringfire,
    LeylineMany,
    RingfireMany,
    Iceoryx,
    Pipe,
    Socket,
}

/// Slots of the rings.
const CAPACITIES: [u64; 6] = [64, 256, 1024, 4096, 16_384, 65_536];
/// The capacity of the results, and the only one of transports without slots: a pipe gets room for
/// as many records, a socket keeps the room that the system gives it.
const USUAL: u64 = 4096;
/// Records handed over together.
const MANY: u64 = 64;

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Leyline => "leyline",
            Self::RingfirePadded => "ringfire, slots padded to 128 bytes",
            Self::Ringfire => "ringfire",
            Self::LeylineMany => "leyline, 64 at a time",
            Self::RingfireMany => "ringfire, padded, 64 at a time",
            Self::Iceoryx => "iceoryx2 publish-subscribe",
            Self::Pipe => "pipe",
            Self::Socket => "Unix socket",
        }
    }

    /// Returns its colour in the picture.
    fn colour(self) -> picture::Colour {
        match self {
            Self::Leyline => colour::BLUE,
            Self::RingfirePadded => colour::ORANGE,
            Self::Ringfire => colour::PINK,
            Self::Iceoryx => colour::AMBER,
            Self::Pipe => colour::BLACK,
            Self::Socket => colour::GREY,
            Self::LeylineMany => colour::SKY,
            Self::RingfireMany => colour::GREEN,
        }
    }

    /// Records of a round, of as many of the fastest.
    fn records(self, of_fastest: u64) -> u64 {
        match self {
            Self::Iceoryx => of_fastest / 10,
            Self::Pipe | Self::Socket => of_fastest / 20,
            _ => of_fastest,
        }
    }

    fn has_slots(self) -> bool {
        !matches!(self, Self::Pipe | Self::Socket)
    }

    fn number(self) -> usize {
        KINDS.iter().position(|k| *k == self).expect("a kind")
    }
}

fn main() {
    support::main("peers-stream", &[("reader", reader)], run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

/// Returns the name of the ring of so many slots.
fn named(what: &str, slots: u64) -> String {
    format!("{what}-{slots}")
}

fn reader(seat: &Seat) {
    let (folder, slots) = (&seat.folder, seat.words[0].parse::<u64>().expect("a number of slots"));
    let fds = seat.words[1..].iter().map(|w| {
        // SAFETY: inherited for this, and named once.
        unsafe { OwnedFd::from_raw_fd(w.parse().expect("a descriptor")) }
    });
    let mut kernel: Vec<kernel::Side> = fds
        .map(|fd| kernel::Side::new(fd.try_clone().expect("a descriptor"), fd, kernel::Waiting::Blocking))
        .collect();
    let iceoryx = Iceoryx::of(folder);
    let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
    let mut leyline = ours::Sink::attach(&named("stream", slots), &options(folder), slots);
    let waiting = ringfire::Waiting::Spin;
    let mut padded =
        ringfire::Far::<ringfire::Padded>::attach(&folder.join(named("padded", slots)), None, waiting);
    let mut ringfire =
        ringfire::Far::<leyline::Observation>::attach(&folder.join(named("ring", slots)), None, waiting);
    let mut subscriber = iceoryx::Far::stream(&node, slots as usize);
    // Records of each ring so far.
    let mut counts = [0; KINDS.len()];
    while let Some(turn) = seat.turn() {
        let Some(kind) = KINDS.get(turn.kind as usize) else {
            turn.ready();
            continue;
        };
        let count = &mut counts[ring_of(*kind)];
        turn.ready();
        match kind {
            Kind::Leyline | Kind::LeylineMany => take(&mut leyline, count, turn.count),
            Kind::RingfirePadded | Kind::RingfireMany => take(&mut padded, count, turn.count),
            Kind::Ringfire => take(&mut ringfire, count, turn.count),
            Kind::Iceoryx => take(&mut subscriber, count, turn.count),
            Kind::Pipe => take(&mut kernel[0], count, turn.count),
            Kind::Socket => take(&mut kernel[1], count, turn.count),
        }
        turn.done(&[]);
    }
}

/// Kinds that share a ring share its numbers.
fn ring_of(kind: Kind) -> usize {
    match kind {
        Kind::LeylineMany => Kind::Leyline.number(),
        Kind::RingfireMany => Kind::RingfirePadded.number(),
        other => other.number(),
    }
}

#[inline(never)]
fn take<D: Drains>(from: &mut D, count: &mut u64, records: u64) {
    let (mut next, end) = (*count, *count + records);
    let mut same = true;
    while next < end {
        from.drain(|got| {
            same &= is_streamed(got, next);
            next += 1;
        });
        assert!(same, "a record before {next} was lost, torn or wrong");
    }
    *count = next;
}

/// The writing ends.
struct Writers {
    leyline: ours::Source,
    padded: ringfire::Near<ringfire::Padded>,
    ringfire: ringfire::Near<leyline::Observation>,
    publisher: iceoryx::Near,
    kernel: Vec<kernel::Side>,
    counts: [u64; KINDS.len()],
    peer: Peer,
}

impl Writers {
    fn start(bench: &Bench, node: &iceoryx::IpcNode, slots: u64) -> Self {
        let folder = bench.folder();
        let leyline =
            ours::Source::create(&named("stream", slots), &options(folder).unlink_on_close(), slots);
        let padded = ringfire::Near::stream(&folder.join(named("padded", slots)), slots);
        let ringfire = ringfire::Near::stream(&folder.join(named("ring", slots)), slots);
        let publisher = iceoryx::Near::stream(node, slots as usize);
        let (mut kernel, mut theirs) = (Vec::new(), Vec::new());
        if slots == USUAL {
            let pipe = kernel::pipe(Some(slots as usize * size_of::<leyline::Observation>()));
            let (ours, socket) = kernel::socket();
            for fd in [pipe.write, ours] {
                let read = fd.try_clone().expect("a descriptor");
                kernel.push(kernel::Side::new(read, fd, kernel::Waiting::Blocking));
            }
            theirs = vec![pipe.read, socket];
        }
        let mut words = vec![slots.to_string()];
        words.extend(theirs.iter().map(|fd| fd.as_raw_fd().to_string()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut peer = bench.process("reader", bench.cpus.second, &words);
        peer.go(KINDS.len() as u64, 0, 0);
        Self { leyline, padded, ringfire, publisher, kernel, counts: [0; KINDS.len()], peer }
    }

    /// Makes a round. Returns million records a second.
    fn round(&mut self, kind: Kind, records: u64) -> f64 {
        self.peer.go(kind.number() as u64, records, 0);
        let count = &mut self.counts[ring_of(kind)];
        let start = Instant::now();
        match kind {
            Kind::Leyline => one_by_one(&mut self.leyline, count, records),
            Kind::LeylineMany => many(&mut self.leyline, count, records),
            Kind::RingfirePadded => one_by_one(&mut self.padded, count, records),
            Kind::RingfireMany => many(&mut self.padded, count, records),
            Kind::Ringfire => one_by_one(&mut self.ringfire, count, records),
            Kind::Iceoryx => one_by_one(&mut self.publisher, count, records),
            Kind::Pipe => one_by_one(&mut self.kernel[0], count, records),
            Kind::Socket => one_by_one(&mut self.kernel[1], count, records),
        }
        self.peer.results();
        records as f64 / start.elapsed().as_secs_f64() / 1e6
    }
}

#[inline(never)]
fn one_by_one<S: Streams>(to: &mut S, count: &mut u64, records: u64) {
    for n in *count..*count + records {
        to.push(&streamed(n));
    }
    *count += records;
}

#[inline(never)]
fn many<S: Streams>(to: &mut S, count: &mut u64, records: u64) {
    let end = *count + records;
    while *count < end {
        let next = end.min(*count + MANY);
        to.push_many(*count..next);
        *count = next;
    }
}

fn run(bench: &Bench) {
    assert!(!bench.args.threads, "peers are measured between processes only");
    let _watchdog = Watchdog::start(bench);
    let iceoryx = Iceoryx::of(bench.folder());
    let _sweep = Sweep(iceoryx.clone());
    let node = iceoryx::node(&iceoryx.folder, &iceoryx.prefix);
    // A multiple of what the readers take at once, and a tenth of it too.
    let records = bench.amount(10 << 10, 10 << 17);
    let rounds = bench.rounds(2, 11);
    let capacities = bench.amount(&[64, USUAL][..], &CAPACITIES[..]);
    let mut sides: Vec<Writers> =
        capacities.iter().map(|slots| Writers::start(bench, &node, *slots)).collect();
    pin(bench.cpus.first);
    // In the same rounds, of all capacities.
    let of_slots = |slots: u64| KINDS.into_iter().filter(move |k| k.has_slots() || slots == USUAL);
    let kinds: Vec<(usize, Kind)> = (0..)
        .zip(capacities)
        .flat_map(|(side, slots)| of_slots(*slots).map(move |kind| (side, kind)))
        .collect();
    // The first round of each touches its memory.
    for (side, kind) in &kinds {
        sides[*side].round(*kind, kind.records(records));
    }
    let mut times = bench
        .interleave(rounds, &kinds, |_, (side, kind)| sides[side].round(kind, kind.records(records)))
        .into_iter();
    for Writers { peer, .. } in sides {
        peer.finish();
    }
    let rates: Vec<(u64, Vec<Vec<f64>>)> = capacities
        .iter()
        .map(|slots| (*slots, times.by_ref().take(of_slots(*slots).count()).collect()))
        .collect();

    let mut report = Report::new(bench);
    println!(
        "{VERSIONS}; two processes, {rounds} interleaved rounds, 108 bytes a record, written and verified every time"
    );
    println!("million records a second, median (quartiles)\n");
    let mut heads = vec!["slots".to_owned()];
    heads.extend(capacities.iter().map(u64::to_string));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new(&heads);
    let mut curves = Vec::new();
    for (i, kind) in KINDS.iter().enumerate() {
        let mut row = vec![kind.name().to_owned()];
        let mut line = Vec::new();
        for (slots, rates) in &rates {
            row.push(rates.get(i).map_or("-".to_owned(), |of_rounds| {
                let spread = report.values(
                    kind.name(),
                    &[("capacity", (*slots).into())],
                    "million records/s",
                    of_rounds,
                );
                line.push((*slots as f64, spread.median));
                format!("{spread:.1}")
            }));
        }
        table.row(row);
        let (name, colour) = (kind.name().to_owned(), kind.colour());
        curves.push(Curve { name, colour, is_ours: *kind == Kind::Leyline, points: line });
    }
    table.print();
    let usual = &rates.iter().find(|(slots, _)| *slots == USUAL).expect("measured").1;
    let of = |kind: Kind| &usual[kind.number()];
    // ringfire's better one of each round: its slots are padded or not.
    let better = |kinds: &[Kind]| -> Vec<f64> {
        let of_round = |round: usize| kinds.iter().map(|kind| of(*kind)[round]).fold(0.0, f64::max);
        (0..of(Kind::Leyline).len()).map(of_round).collect()
    };
    let over = |ours: &[f64], theirs: &[f64]| ratios(ours, theirs, |a| *a, |b| *b).median;
    let singles = better(&[Kind::Ringfire, Kind::RingfirePadded]);
    report.result("stream_over_ringfire", over(of(Kind::Leyline), &singles));
    report.result("stream_many_over_ringfire", over(of(Kind::LeylineMany), of(Kind::RingfireMany)));
    let ours = better(&[Kind::Leyline, Kind::LeylineMany]);
    let theirs = better(&[Kind::Ringfire, Kind::RingfirePadded, Kind::RingfireMany]);
    report.result("stream_best_over_ringfire", over(&ours, &theirs));
    if let Some(folder) = &bench.args.svg {
        std::fs::create_dir_all(folder).expect("a folder for the pictures");
        let path = folder.join("stream.svg");
        let title = "A lossless stream of observations, from one process to another";
        picture::of_rates(title, &bench.in_short(), curves, &path);
        println!("\ndrawn: {}", path.display());
    }
    report.finish();
}
