//! Records one after the other as fast as they go, from one writer to readers on other processors.
//!
//! `cargo bench --bench stream [-- --quick | --threads]`. Lossless: a ring with consumers, whose writer waits for them;
//! a round is timed from the first publish until the last reader has the last record. Lossy: observers, which are told
//! how many they missed; received and lost make up what was published, in every round. All 27 numbers of every record
//! are written for that record, and checked by its reader, inside the time that is measured.
//!
//! In the same rounds: the limit (one cache line there and one back), and the least that a ring can do for as many bytes:
//! slots of 128 bytes copied as they are, a counter for each side stored every few records, and nothing else.

mod support;

use leyline::{
    Commit, Consumer, ErrorKind, Flags, Meta, Observation, Observer, Options, Policy, Read, RingSpec,
    RowObserver, RowWriter, Segment, Spec, Stamp, Start, TimeSource, Writer, monotonic_now,
};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{
    Bench, Histogram, Labels, Lines, Peer, Report, Seat, SharedMemory, Spread, Table, Timed, WARM_UP,
    fine_quantile, pin, ratios, spin_until,
};

/// Slots of the rings.
const CAPACITIES: [u64; 8] = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1 << 20];
/// The ring that the result is of.
const USUAL: u64 = 4096;
/// Rows in a slot.
const ROWS: [u32; 6] = [1, 4, 16, 64, 256, 1024];
/// Records published at once, and asked for at once.
const BATCH: usize = 64;
/// Readers at most, and consumers of a ring at most.
const READERS: usize = 4;

fn main() {
    support::main("stream", &[("reader", reader)], run);
}

/// How a record gets into the ring, or out of it.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    /// `publish_stamped`; `try_next`.
    One,
    /// `publish_batch`; `try_next_batch`.
    Batch,
}

/// What a turn is of: one of these, or from here on a case.
const LIMIT: u64 = 0;
const BARE: u64 = 1;
const CASES: u64 = 2;

/// What is measured in a round. A ring is only ever used in one way.
#[derive(Clone, Copy, PartialEq)]
struct Case {
    lossless: bool,
    capacity: u64,
    rows: u32,
    readers: usize,
    write: Call,
    read: Call,
}

impl Case {
    /// The segment: rings are shared by the cases that differ in calls only.
    fn segment(self) -> String {
        let kind = if self.lossless { format!("lossless-{}", self.readers) } else { "lossy".into() };
        format!("{kind}-{}-{}", self.capacity, self.rows)
    }

    fn spec(self) -> Spec {
        let ring = RingSpec::new::<Observation>("o").expect("a ring");
        let ring = ring.capacity(self.capacity).rows(self.rows).time_source(TimeSource::Batch);
        let consumers = if self.lossless { self.readers as u32 } else { 0 };
        Spec::new().ring(ring.consumers(consumers, Policy::Keep))
    }

    /// Of [`Call`] on both sides.
    fn calls(self) -> String {
        let write = if self.write == Call::One { "publish_stamped" } else { "publish_batch" };
        let read = if self.read == Call::One { "try_next" } else { "try_next_batch" };
        format!("{write}, {read}")
    }

    fn labels(self) -> [(&'static str, Value); 5] {
        [
            ("mode", if self.lossless { "lossless" } else { "lossy" }.into()),
            ("capacity", self.capacity.into()),
            ("rows", self.rows.into()),
            ("readers", self.readers.into()),
            ("calls", self.calls().into()),
        ]
    }
}

/// The case that the result is of.
const USUALLY: Case =
    Case { lossless: true, capacity: USUAL, rows: 1, readers: 1, write: Call::Batch, read: Call::Batch };

/// All cases, the same for all sides: `readers` is how many there can be.
fn cases(readers: usize, largest: u64) -> Vec<Case> {
    let usual = USUALLY;
    let capacities = || CAPACITIES.into_iter().filter(move |c| *c <= largest);
    let mut cases: Vec<Case> = Vec::new();
    for lossless in [true, false] {
        cases.extend(capacities().map(|capacity| Case { lossless, capacity, ..usual }));
        cases.extend((2..=readers).map(|readers| Case { lossless, readers, ..usual }));
    }
    for (write, read) in [(Call::One, Call::One), (Call::One, Call::Batch), (Call::Batch, Call::One)] {
        cases.push(Case { write, read, ..usual });
    }
    let slots = |rows: u32| (USUAL / u64::from(rows)).max(16);
    let of_rows = |rows| Case { lossless: false, capacity: slots(rows), rows, ..usual };
    cases.extend(ROWS[1..].iter().map(|rows| of_rows(*rows)));
    cases
}

/// Value `i` of record `n`: 2^23 and the rest of n + i, put together from its bits, so that writing and checking 27 of
/// them takes a few ns and not more than what is measured.
#[inline(always)]
fn bits(n: u64, i: u32) -> u32 {
    (23 + 127) << 23 | (n as u32).wrapping_add(i) & ((1 << 23) - 1)
}

#[inline(always)]
fn write_values(observation: &mut Observation, n: u64) {
    for (i, value) in (0..).zip(&mut observation.values) {
        *value = f32::from_bits(bits(n, i));
    }
}

/// Whether all values are those of record `n`. No early end: comparing them all costs less.
#[inline(always)]
#[must_use]
fn is_right(observation: &Observation, n: u64) -> bool {
    (0..).zip(&observation.values).fold(0, |wrong, (i, value)| wrong | (value.to_bits() ^ bits(n, i))) == 0
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

/// The reading ends of all cases, by the segments' names.
enum ReadEnd {
    Consumer(Consumer<Observation>),
    Observer(Observer<Observation>),
    Rows(RowObserver<Observation>),
}

fn reader(seat: &Seat) {
    let [number, readers, largest] = [0, 1, 2].map(|i| seat.words[i].parse::<u64>().expect("a number"));
    let number = number as usize;
    let cases = cases(readers as usize, largest);
    let mut ends: Vec<(String, ReadEnd)> = Vec::new();
    for case in cases.iter().filter(|c| number < c.readers) {
        if ends.iter().any(|(name, _)| *name == case.segment()) {
            continue;
        }
        let segment = Segment::attach(&case.segment(), &options(&seat.folder)).expect("attach");
        let end = if case.lossless {
            ReadEnd::Consumer(Consumer::open(&segment, "o", number, Commit::Auto).expect("a consumer"))
        } else if case.rows == 1 {
            ReadEnd::Observer(Observer::open(&segment, "o", Start::Now).expect("an observer"))
        } else {
            ReadEnd::Rows(RowObserver::open(&segment, "o", Start::Now).expect("an observer"))
        };
        ends.push((case.segment(), end));
    }
    let (lines, bare) = (Lines::open(&seat.folder), BareRing::open(&seat.folder));
    while let Some(turn) = seat.turn() {
        // `argument` is the last sequence before this round.
        let from = turn.argument;
        let to = from + turn.count;
        if turn.kind < CASES {
            turn.ready();
            let tally = if turn.kind == LIMIT {
                lines.answer(u64::from(turn.number), turn.count, |_| ());
                Tally { received: turn.count, lost: 0, ended_ns: monotonic_now() }
            } else {
                bare.read_all(from, to)
            };
            turn.done(&[tally.received, tally.lost, tally.ended_ns]);
            continue;
        }
        let case = cases[(turn.kind - CASES) as usize];
        let name = case.segment();
        let end = &mut ends.iter_mut().find(|(n, _)| *n == name).expect("a ring of this reader").1;
        turn.ready();
        let tally = match (end, case.read) {
            (ReadEnd::Consumer(consumer), Call::One) => {
                read_each(from, to, |observation| consumer.try_next(observation))
            }
            (ReadEnd::Consumer(consumer), Call::Batch) => {
                read_batches(from, to, |block, meta| consumer.try_next_batch(block, meta).expect("a batch"))
            }
            (ReadEnd::Observer(observer), Call::One) => {
                observer.seek(Start::At(from + 1));
                read_each(from, to, |observation| observer.try_next(observation))
            }
            (ReadEnd::Observer(observer), Call::Batch) => {
                // In rounds of fewer readers some have not read.
                observer.seek(Start::At(from + 1));
                read_batches(from, to, |block, meta| observer.try_next_batch(block, meta).expect("a batch"))
            }
            (ReadEnd::Rows(observer), _) => read_slots(from, to, observer),
        };
        turn.done(&[tally.received, tally.lost, tally.ended_ns]);
    }
}

/// The least that a ring can do: slots of [`BARE_SLOT`] bytes, and two counters that say up to where each side is, each
/// on a line of its own.
struct BareRing(SharedMemory);

const BARE_SLOT: usize = 128;

impl BareRing {
    fn open(folder: &Path) -> Self {
        Self(SharedMemory::open(&folder.join("bare"), 4096 + USUAL as usize * BARE_SLOT))
    }

    fn written(&self) -> &AtomicU64 {
        self.0.u64(0)
    }

    fn read(&self) -> &AtomicU64 {
        self.0.u64(1024)
    }

    /// The slot of a record.
    fn slot(&self, n: u64) -> *mut Observation {
        let at = 4096 + (n % USUAL) as usize * BARE_SLOT;
        // SAFETY: inside the memory; aligned, as pages and slots are.
        unsafe { self.0.base().add(at).cast() }
    }

    fn write_all(&self, from: u64, to: u64) {
        let mut observation = Observation::EMPTY;
        let mut next = from + 1;
        while next <= to {
            let end = (next + BATCH as u64).min(to + 1);
            spin_until(|| self.read().load(Ordering::Acquire) + USUAL >= end - 1);
            for n in next..end {
                write_values(&mut observation, n);
                // SAFETY: the reader is done with the slot and does not touch it before `written` says so.
                unsafe { self.slot(n).write(observation) };
            }
            self.written().store(end - 1, Ordering::Release);
            next = end;
        }
    }

    fn read_all(&self, from: u64, to: u64) -> Tally {
        let mut next = from + 1;
        while next <= to {
            let mut written = 0;
            spin_until(|| {
                written = self.written().load(Ordering::Acquire);
                written >= next
            });
            let end = (next + BATCH as u64).min(written + 1);
            for n in next..end {
                // SAFETY: the writer is done with the slot and does not touch it before `read` says so.
                let observation = unsafe { self.slot(n).read() };
                assert!(is_right(&observation, n), "a wrong record");
            }
            self.read().store(end - 1, Ordering::Release);
            next = end;
        }
        Tally { received: to - from, lost: 0, ended_ns: monotonic_now() }
    }
}

/// What a reader got of a round.
struct Tally {
    received: u64,
    lost: u64,
    /// When it had the last record.
    ended_ns: u64,
}

/// Where a reader stands in a round.
struct Progress {
    next: u64,
    received: u64,
    lost: u64,
}

impl Progress {
    #[inline(always)]
    fn record(&mut self, meta: &Meta) {
        assert_eq!(meta.sequence, self.next, "out of order");
        self.next += 1;
        self.received += 1;
    }

    /// Anything but a record. Whether there was anything.
    #[inline(always)]
    fn other(&mut self, read: Read) -> bool {
        match read {
            Read::Empty => false,
            Read::Record(_) => true,
            Read::Lapped { missed, next } => {
                self.lost += missed;
                self.next = next;
                true
            }
            other => panic!("{other:?}"),
        }
    }

    fn until(from: u64, to: u64, mut step: impl FnMut(&mut Self) -> bool) -> Tally {
        let mut progress = Self { next: from + 1, received: 0, lost: 0 };
        while progress.next <= to {
            spin_until(|| step(&mut progress));
        }
        let ended_ns = monotonic_now();
        assert_eq!(progress.next, to + 1, "read beyond the round");
        Tally { received: progress.received, lost: progress.lost, ended_ns }
    }
}

#[inline(always)]
fn read_each(from: u64, to: u64, mut try_next: impl FnMut(&mut Observation) -> Read) -> Tally {
    let mut observation = Observation::EMPTY;
    Progress::until(from, to, |progress| match try_next(&mut observation) {
        Read::Record(meta) => {
            progress.record(&meta);
            assert!(is_right(&observation, meta.sequence), "a torn or wrong record");
            true
        }
        other => progress.other(other),
    })
}

#[inline(always)]
fn read_batches(
    from: u64,
    to: u64,
    mut try_next: impl FnMut(&mut [Observation], &mut [Meta]) -> leyline::Batch,
) -> Tally {
    let mut block = [Observation::EMPTY; BATCH];
    let mut meta = [Meta::default(); BATCH];
    Progress::until(from, to, |progress| {
        let batch = try_next(&mut block, &mut meta);
        for (observation, meta) in block.iter().zip(&meta).take(batch.count) {
            progress.record(meta);
            assert!(is_right(observation, meta.sequence), "a torn or wrong record");
        }
        progress.other(batch.end) || batch.count > 0
    })
}

/// Slots of several rows. What is counted are slots.
fn read_slots(from: u64, to: u64, observer: &mut RowObserver<Observation>) -> Tally {
    let rows = observer.rows();
    let mut block = vec![Observation::EMPTY; rows];
    let (mut env, mut flags) = (vec![0; rows], vec![Flags::NONE; rows]);
    Progress::until(from, to, |progress| {
        match observer.try_next(&mut block, &mut env, &mut flags).expect("a read") {
            Read::Record(meta) => {
                progress.record(&meta);
                for (i, (observation, env)) in (0..).zip(block.iter().zip(&env)) {
                    let n = meta.sequence * rows as u64 + i;
                    assert!(is_right(observation, n) && u64::from(*env) == i, "a torn or wrong row");
                }
                true
            }
            other => progress.other(other),
        }
    })
}

/// The writing end of a ring.
enum WriteEnd {
    One(Writer<Observation>),
    Rows(RowWriter<Observation>),
}

impl WriteEnd {
    fn open(segment: &Segment, rows: u32) -> Self {
        if rows == 1 {
            Self::One(Writer::open(segment, "o").expect("a writer"))
        } else {
            Self::Rows(RowWriter::open(segment, "o").expect("a writer"))
        }
    }
}

#[inline(always)]
fn until_there_is_room<T>(mut publish: impl FnMut() -> leyline::Result<T>) -> T {
    let mut published = None;
    spin_until(|| match publish() {
        Ok(done) => {
            published = Some(done);
            true
        }
        Err(e) if e.kind() == ErrorKind::Full => false,
        Err(e) => panic!("{e}"),
    });
    published.expect("what ended the loop")
}

fn write_each(writer: &mut Writer<Observation>, from: u64, to: u64) {
    let mut observation = Observation::EMPTY;
    for n in from + 1..=to {
        write_values(&mut observation, n);
        until_there_is_room(|| writer.publish_stamped(&observation, Stamp::default()));
    }
}

fn write_batches(writer: &mut Writer<Observation>, from: u64, to: u64) {
    let mut block = [Observation::EMPTY; BATCH];
    let mut next = from + 1;
    while next <= to {
        let count = BATCH.min((to - next + 1) as usize);
        for (n, observation) in (next..).zip(&mut block[..count]) {
            write_values(observation, n);
        }
        let mut rest = &block[..count];
        while !rest.is_empty() {
            let accepted = until_there_is_room(|| writer.publish_batch(rest));
            rest = &rest[accepted..];
        }
        next += count as u64;
    }
}

fn write_slots(writer: &mut RowWriter<Observation>, from: u64, to: u64) {
    let rows = writer.rows() as u64;
    for slot in from + 1..=to {
        let (block, env, _) = writer.loan();
        for (i, (observation, env)) in (0..).zip(block.iter_mut().zip(env)) {
            write_values(observation, slot * rows + i);
            *env = i as u16;
        }
        until_there_is_room(|| writer.publish_loan(Some(Stamp::default())));
    }
}

/// What a round gave, in observations (rows).
#[derive(Clone)]
struct Round {
    /// Until the writer had published all.
    written_mps: f64,
    /// Until the last reader had the last, what it lost not counted: the least of the readers.
    received_mps: f64,
    /// Of what was published, the share that the reader who lost most has lost.
    lost_share: f64,
    lost: u64,
    published: u64,
}

impl Round {
    fn of(case: Case, count: u64, started: u64, written: u64, peers: &mut [Peer]) -> Self {
        let rows = f64::from(case.rows);
        let mps = |count: u64, until: u64| count as f64 * rows * 1e3 / (until - started) as f64;
        let mut round = Self {
            written_mps: mps(count, written),
            received_mps: f64::INFINITY,
            lost_share: 0.0,
            lost: 0,
            published: count * u64::from(case.rows),
        };
        for peer in peers {
            let [received, lost, ended] = peer.results()[..] else { panic!("three results") };
            assert_eq!(received + lost, count, "received and lost make up what was published");
            assert!(lost == 0 || !case.lossless, "a consumer lost {lost} records");
            round.received_mps = round.received_mps.min(mps(received, ended));
            round.lost_share = round.lost_share.max(lost as f64 / count as f64);
            round.lost = round.lost.max(lost * u64::from(case.rows));
        }
        round
    }
}

/// What is measured in turn.
#[derive(Clone, Copy)]
enum Kind {
    Limit,
    Bare,
    Case(usize),
}

/// What a round gave.
enum Found {
    Limit(Histogram),
    Stream(Round),
}

struct Side {
    cases: Vec<Case>,
    ends: Vec<(String, WriteEnd, u64)>,
    peers: Vec<Peer>,
    records: u64,
    lines: Lines,
    trips: u64,
    timed: Timed,
    bare: BareRing,
    bare_last: u64,
}

impl Side {
    fn round(&mut self, kind: Kind) -> Found {
        match kind {
            Kind::Limit => {
                let number = self.peers[0].go(LIMIT, self.trips + WARM_UP, 0);
                let times = self.timed.round(&mut self.lines.asking(u64::from(number), |_| ()));
                self.peers[0].results();
                Found::Limit(times)
            }
            Kind::Bare => {
                let from = self.bare_last;
                let to = from + self.records;
                self.bare_last = to;
                self.peers[0].go(BARE, self.records, from);
                let started = monotonic_now();
                self.bare.write_all(from, to);
                let written = monotonic_now();
                Found::Stream(Round::of(USUALLY, self.records, started, written, &mut self.peers[..1]))
            }
            Kind::Case(index) => Found::Stream(self.stream(index)),
        }
    }

    fn stream(&mut self, index: usize) -> Round {
        let case = self.cases[index];
        let name = case.segment();
        let (_, end, last) = self.ends.iter_mut().find(|(n, ..)| *n == name).expect("a ring");
        let (from, count) = (*last, (self.records / u64::from(case.rows)).max(64));
        let to = from + count;
        *last = to;
        let peers = &mut self.peers[..case.readers];
        for peer in &mut *peers {
            peer.go(CASES + index as u64, count, from);
        }
        let started = monotonic_now();
        match (end, case.write) {
            (WriteEnd::One(writer), Call::One) => write_each(writer, from, to),
            (WriteEnd::One(writer), Call::Batch) => write_batches(writer, from, to),
            (WriteEnd::Rows(writer), _) => write_slots(writer, from, to),
        }
        Round::of(case, count, started, monotonic_now(), peers)
    }
}

fn run(bench: &Bench) {
    let (rounds, records) = (bench.rounds(2, 11), bench.amount(20_000, 2_000_000));
    let largest = bench.amount(16_384, 1 << 20);
    // One processor each, and the writer's; to be correct they need none of their own.
    let others = bench.cpus.others();
    let readers = bench.amount(2, others.len().clamp(1, READERS));
    let cases = cases(readers, largest);
    let mut ends: Vec<(String, WriteEnd, u64)> = Vec::new();
    for case in &cases {
        if !ends.iter().any(|(name, ..)| *name == case.segment()) {
            let segment =
                Segment::create(&case.segment(), &case.spec(), &options(bench.folder())).expect("create");
            ends.push((case.segment(), WriteEnd::open(&segment, case.rows), 0));
        }
    }
    let peers: Vec<Peer> = (0..readers)
        .map(|number| {
            let words = [number as u64, readers as u64, largest].map(|n| n.to_string());
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            bench.peer("reader", others[number % others.len()], &words)
        })
        .collect();
    pin(bench.cpus.first);
    let trips = bench.amount(500, 10_000);
    let mut side = Side {
        cases: cases.clone(),
        ends,
        peers,
        records,
        lines: Lines::open(bench.folder()),
        trips,
        timed: Timed::new(trips),
        bare: BareRing::open(bench.folder()),
        bare_last: 0,
    };
    let kinds: Vec<Kind> =
        [Kind::Limit, Kind::Bare].into_iter().chain((0..cases.len()).map(Kind::Case)).collect();
    // The first time around a ring is its pages' first touch.
    for kind in &kinds {
        side.round(*kind);
    }
    let mut results = bench.interleave(rounds, &kinds, |_, kind| side.round(kind)).into_iter();
    for peer in side.peers {
        peer.finish();
    }

    let mut report = Report::new(bench);
    println!(
        "{rounds} interleaved rounds of {records} observations of 108 bytes, every number written and checked; 1 \
         writer, 1 to {readers} readers, as there are {} processors\n",
        bench.cpus.available
    );
    let limits: Vec<Histogram> = results
        .next()
        .into_iter()
        .flatten()
        .map(|found| match found {
            Found::Limit(times) => times,
            Found::Stream(_) => panic!("of another kind"),
        })
        .collect();
    let mut streams = results.map(|rounds| {
        let of_one = |found| match found {
            Found::Stream(round) => round,
            Found::Limit(_) => panic!("of another kind"),
        };
        rounds.into_iter().map(of_one).collect::<Vec<Round>>()
    });
    let bare = streams.next().expect("the bare ring");
    let streams: Vec<(Case, Vec<Round>)> = cases.into_iter().zip(streams).collect();
    let step = bench.machine.clock_step_ns();
    report.latency("one line each way (limit)", &[], &limits);
    let limit = Spread::of(limits.iter().map(|times| fine_quantile(times, 0.5, step)));
    println!("limit: one line there and one back takes {limit:.0} ns at p50\n");
    lossless(&mut report, &bare, streams.iter().filter(|(case, _)| case.lossless));
    lossy(&mut report, streams.iter().filter(|(case, _)| !case.lossless));
    report.finish();
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> Spread {
    Spread::of(rounds.iter().map(of))
}

fn values(
    report: &mut Report<'_>,
    name: &str,
    case: Case,
    rounds: &[Round],
    of: impl Fn(&Round) -> f64,
) -> Spread {
    let labels: Labels<'_> = &case.labels();
    let of_rounds: Vec<f64> = rounds.iter().map(of).collect();
    report.values(name, labels, "million records/s", &of_rounds)
}

fn lossless<'a>(
    report: &mut Report<'_>,
    bare: &[Round],
    cases: impl Iterator<Item = &'a (Case, Vec<Round>)>,
) {
    println!(
        "lossless; TimeSource::Batch, or caller-stamped where one at a time; Consumer with Commit::Auto; {BATCH} records a \
         call where it is a batch:"
    );
    let mut table =
        Table::new(&["calls", "slots", "ring", "readers", "million records/s", "ns a record", "of bare"]);
    let mut row = |report: &mut Report<'_>, name: &str, calls: String, case: Case, rounds: &[Round]| {
        let mps = values(report, name, case, rounds, |r| r.received_mps);
        let ns = median(rounds, |r| 1e3 / r.received_mps);
        let of_bare = ratios(rounds, bare, |r| r.received_mps, |r| r.received_mps);
        table.row([
            calls,
            case.capacity.to_string(),
            size(case),
            case.readers.to_string(),
            format!("{mps:.1}"),
            format!("{ns:.1}"),
            format!("{of_bare:.2}"),
        ]);
        mps.median
    };
    row(report, "bare ring", "bare copies and two counters".into(), USUALLY, bare);
    for (case, rounds) in cases {
        let mps = row(report, "leyline lossless", case.calls(), *case, rounds);
        if *case == USUALLY {
            report.result("stream_lossless_mps", mps);
        }
    }
    table.print();
}

fn lossy<'a>(report: &mut Report<'_>, cases: impl Iterator<Item = &'a (Case, Vec<Round>)>) {
    println!("\nlossy, observers; received + lost = published in every round:");
    let heads =
        ["slots", "rows", "ring", "readers", "published M/s", "received M/s", "lost %", "lost of published"];
    let mut table = Table::new(&heads);
    for (case, rounds) in cases {
        let written = values(report, "leyline lossy, published", *case, rounds, |r| r.written_mps);
        let received = values(report, "leyline lossy, received", *case, rounds, |r| r.received_mps);
        let lost = median(rounds, |r| 100.0 * r.lost_share);
        let sum = |of: fn(&Round) -> u64| rounds.iter().map(of).sum::<u64>();
        table.row([
            case.capacity.to_string(),
            case.rows.to_string(),
            size(*case),
            case.readers.to_string(),
            format!("{written:.1}"),
            format!("{received:.1}"),
            format!("{lost:.1}"),
            format!("{} of {}", sum(|r| r.lost), sum(|r| r.published)),
        ]);
    }
    table.print();
}

/// The size of a ring's data.
fn size(case: Case) -> String {
    let (rows, columns) = (case.rows as usize * 108, if case.rows == 1 { 0 } else { 3 * case.rows as usize });
    let bytes = (rows + columns + 20).next_multiple_of(128) as u64 * case.capacity;
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
