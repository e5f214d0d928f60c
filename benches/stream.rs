//! Records one after the other as fast as they go, from one writer to readers on other processors.
//!
//! `cargo bench --bench stream [-- --quick | --threads]`. Lossless: a ring with consumers, whose
//! writer waits for them; a round is timed from the first publish until the last reader has the
//! last record. Lossy: observers, which are told how many they missed; received and lost make up
//! what was published, in every round. All 27 numbers of every record are written for that record,
//! and checked by its reader, inside the time that is measured.
//!
//! In the same rounds: the limit (one cache line there and one back), and the least that a ring can
//! do for as many bytes: slots of 128 bytes written and read where they lie, a counter for each
//! side, and nothing else. It is written and read in the same steps, by one record or many, and has
//! as many slots: what the caches make of a ring of that size shows in both.

// Each loop of both sides is a function that is not inlined: within one big one the compiler made a
// bare ring of a third of the rate.

mod support;

use leyline::{
    Commit, Consumer, ErrorKind, Flags, Meta, Observation, Observer, Options, Policy, Read, RingSpec,
    RowObserver, RowWriter, Segment, Spec, Stamp, Start, TimeSource, Wait, Writer, monotonic_now,
};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use support::{
    Bench, Histogram, Labels, Lines, Peer, Report, Seat, SharedMemory, Spread, Table, Timed, WARM_UP,
    are_numbers, fine_quantile, numbers, pin, ratios, spin_until,
};

/// Slots of the rings.
const CAPACITIES: [u64; 8] = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1 << 20];
/// Slots of the ring whose rates are the results.
const USUAL: u64 = 4096;
/// Rows in a slot.
const ROWS: [u32; 6] = [1, 4, 16, 64, 256, 1024];
/// Records published at once.
const BATCH: usize = 32;
/// Records asked for at once, at most. A reader that waits until they are all there stays so far
/// behind the writer, and does not poll the slot that is being written.
const BLOCK: usize = 256;
/// Readers at most, and consumers of a ring at most.
const READERS: usize = 4;

fn main() {
    support::main("stream", &[("reader", reader)], run);
}

/// The call that writes or reads a record.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    /// `publish_stamped`; `try_next`.
    One,
    /// `publish_batch`; `try_next_batch`, the records that are there.
    Batch,
    /// `next_batch`, whole blocks, without metas: each number tells whose it is.
    Full,
}

/// Records that a reader of whole blocks takes at once: half of a small ring, or its writer would
/// have to wait for it.
fn block(capacity: u64) -> usize {
    BLOCK.min(capacity as usize / 2)
}

/// Kinds of turns: the limit, or a case by its number from [`CASES`] on.
const LIMIT: u64 = 0;
const CASES: u64 = 1;

/// A case that a round measures. A ring is only ever used in one way.
#[derive(Clone, Copy, PartialEq)]
struct Case {
    /// True for [`BareRing`] in place of leyline.
    bare: bool,
    lossless: bool,
    capacity: u64,
    rows: u32,
    readers: usize,
    write: Call,
    read: Call,
}

impl Case {
    /// Returns the name of the segment. Cases that differ in calls only share it.
    fn segment(self) -> String {
        let kind = if self.bare {
            "bare".into()
        } else if self.lossless {
            format!("lossless-{}", self.readers)
        } else {
            "lossy".into()
        };
        format!("{kind}-{}-{}", self.capacity, self.rows)
    }

    fn spec(self) -> Spec {
        let ring = RingSpec::new::<Observation>("o").expect("a ring");
        let ring = ring.capacity(self.capacity).rows(self.rows).time_source(TimeSource::Batch);
        let consumers = if self.lossless { self.readers as u32 } else { 0 };
        Spec::new().ring(ring.consumers(consumers, Policy::Keep))
    }

    /// Returns the names of the calls on both sides.
    fn calls(self) -> String {
        let write = if self.write == Call::One { "publish_stamped" } else { "publish_batch" };
        let read = match self.read {
            Call::One => "try_next",
            Call::Batch => "try_next_batch",
            Call::Full => "next_batch",
        };
        format!("{write}, {read}")
    }

    /// Returns the same case of a bare ring. Its reader has one way to read the records that are
    /// there, one at a time.
    fn of_bare(self) -> Self {
        let read = if self.read == Call::One { Call::Batch } else { self.read };
        Self { bare: true, read, ..self }
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

/// Returns all cases, the same for all sides. `readers` is the greatest number of readers.
fn cases(readers: usize, largest: u64) -> Vec<Case> {
    let (write, read) = (Call::Batch, Call::Full);
    let usual = Case { bare: false, lossless: true, capacity: USUAL, rows: 1, readers: 1, write, read };
    let capacities = || CAPACITIES.into_iter().filter(move |c| *c <= largest);
    let mut cases: Vec<Case> = Vec::new();
    for write in [Call::One, Call::Batch] {
        cases.extend(capacities().map(|capacity| Case { capacity, write, ..usual }));
    }
    for (write, read) in [(Call::One, Call::One), (Call::Batch, Call::One), (Call::Batch, Call::Batch)] {
        cases.push(Case { write, read, ..usual });
    }
    for case in cases.clone() {
        if !cases.contains(&case.of_bare()) {
            cases.push(case.of_bare());
        }
    }
    cases.extend((2..=readers).map(|readers| Case { readers, ..usual }));
    let lossy = Case { lossless: false, read: Call::Batch, ..usual };
    cases.extend(capacities().map(|capacity| Case { capacity, ..lossy }));
    cases.extend((2..=readers).map(|readers| Case { readers, ..lossy }));
    let slots = |rows: u32| (USUAL / u64::from(rows)).max(16);
    cases.extend(ROWS[1..].iter().map(|rows| Case { capacity: slots(*rows), rows: *rows, ..lossy }));
    cases
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

/// The reading ends of all cases, by the segments' names.
enum ReadEnd {
    Bare(BareRing),
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
        if case.bare {
            ends.push((case.segment(), ReadEnd::Bare(BareRing::open(&seat.folder, case.capacity))));
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
    let lines = Lines::open(&seat.folder);
    while let Some(turn) = seat.turn() {
        // `argument` is the last sequence before this round.
        let from = turn.argument;
        let to = from + turn.count;
        if turn.kind == LIMIT {
            turn.ready();
            lines.answer(u64::from(turn.number), turn.count, |_| ());
            turn.done(&[]);
            continue;
        }
        let case = cases[(turn.kind - CASES) as usize];
        let name = case.segment();
        let end = &mut ends.iter_mut().find(|(n, _)| *n == name).expect("a ring of this reader").1;
        turn.ready();
        let tally = match (end, case.read) {
            (ReadEnd::Bare(ring), read) => ring.read_all(from, to, read),
            (ReadEnd::Consumer(consumer), Call::One) => {
                read_each(from, to, |observation| consumer.try_next(observation))
            }
            (ReadEnd::Consumer(consumer), Call::Batch) => {
                read_batches(from, to, |block, meta| consumer.try_next_batch(block, meta).expect("a batch"))
            }
            (ReadEnd::Consumer(consumer), Call::Full) => {
                let wait = Wait::spin(Duration::from_secs(60));
                let most = block(case.capacity);
                read_blocks(from, to, |block| {
                    let n = block.len().min(most);
                    consumer.next_batch(&mut block[..n], &mut [], n, wait).expect("a batch")
                })
            }
            (ReadEnd::Observer(observer), Call::One) => {
                observer.seek(Start::At(from + 1));
                read_each(from, to, |observation| observer.try_next(observation))
            }
            (ReadEnd::Observer(observer), _) => {
                // In rounds of fewer readers some have not read.
                observer.seek(Start::At(from + 1));
                read_batches(from, to, |block, meta| observer.try_next_batch(block, meta).expect("a batch"))
            }
            (ReadEnd::Rows(observer), _) => read_slots(from, to, observer),
        };
        turn.done(&[tally.received, tally.lost, tally.ended_ns]);
    }
}

/// The least that a ring can do, as the limit: slots of [`BARE_SLOT`] bytes, and two counters that
/// hold the position of each side, each on a cache line of its own. A side reads the other's
/// counter when it has used up the records or the room that it knew of.
struct BareRing {
    memory: SharedMemory,
    capacity: u64,
}

const BARE_SLOT: usize = 128;

impl BareRing {
    fn open(folder: &Path, capacity: u64) -> Self {
        let file = folder.join(format!("bare-{capacity}"));
        Self { memory: SharedMemory::open(&file, 4096 + capacity as usize * BARE_SLOT), capacity }
    }

    fn written(&self) -> &AtomicU64 {
        self.memory.u64(0)
    }

    fn read(&self) -> &AtomicU64 {
        self.memory.u64(1024)
    }

    /// Returns the slot of a record.
    fn slot(&self, n: u64) -> *mut Observation {
        let at = 4096 + (n & (self.capacity - 1)) as usize * BARE_SLOT;
        // SAFETY: inside the memory; aligned, as pages and slots are.
        unsafe { self.memory.base().add(at).cast() }
    }

    #[inline(never)]
    fn write_all(&self, from: u64, to: u64, write: Call) {
        let at_once = if write == Call::One { 1 } else { BATCH.min(block(self.capacity)) as u64 };
        let (mut next, mut read) = (from + 1, from);
        while next <= to {
            let end = (next + at_once).min(to + 1);
            spin_until(|| {
                if read + self.capacity < end - 1 {
                    read = self.read().load(Ordering::Acquire);
                }
                read + self.capacity >= end - 1
            });
            for n in next..end {
                // SAFETY: the reader is done with the slot and does not touch it before `written`
                // says so.
                unsafe { self.slot(n).write(Observation { values: numbers(n) }) };
            }
            self.written().store(end - 1, Ordering::Release);
            next = end;
        }
    }

    #[inline(never)]
    fn read_all(&self, from: u64, to: u64, read: Call) -> Tally {
        let most = block(self.capacity) as u64;
        let (mut next, mut written) = (from + 1, from);
        while next <= to {
            let needed = if read == Call::Full { (next + most - 1).min(to) } else { next };
            spin_until(|| {
                if written < needed {
                    written = self.written().load(Ordering::Acquire);
                }
                written >= needed
            });
            let end = (next + most).min(written + 1);
            for n in next..end {
                // SAFETY: the writer is done with the slot and does not touch it before `read` says
                // so.
                let observation = unsafe { self.slot(n).read() };
                assert!(are_numbers(&observation.values, n), "a wrong record");
            }
            self.read().store(end - 1, Ordering::Release);
            next = end;
        }
        Tally { received: to - from, lost: 0, ended_ns: monotonic_now() }
    }
}

/// Counts the records that a reader got of a round.
struct Tally {
    received: u64,
    lost: u64,
    /// The time when it had the last record.
    ended_ns: u64,
}

/// The position of a reader in a round.
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

    /// Counts a read that is not a record. Returns true unless the ring was empty.
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

#[inline(never)]
fn read_each(from: u64, to: u64, mut try_next: impl FnMut(&mut Observation) -> Read) -> Tally {
    let mut observation = Observation::EMPTY;
    Progress::until(from, to, |progress| match try_next(&mut observation) {
        Read::Record(meta) => {
            progress.record(&meta);
            assert!(are_numbers(&observation.values, meta.sequence), "a torn or wrong record");
            true
        }
        other => progress.other(other),
    })
}

#[inline(never)]
fn read_blocks(
    from: u64,
    to: u64,
    mut next_batch: impl FnMut(&mut [Observation]) -> leyline::Batch,
) -> Tally {
    let mut block = vec![Observation::EMPTY; BLOCK];
    Progress::until(from, to, |progress| {
        let rest = BLOCK.min((to + 1 - progress.next) as usize);
        let batch = next_batch(&mut block[..rest]);
        for observation in &block[..batch.count] {
            assert!(are_numbers(&observation.values, progress.next), "a lost, torn or wrong record");
            progress.next += 1;
            progress.received += 1;
        }
        progress.other(batch.end) || batch.count > 0
    })
}

#[inline(never)]
fn read_batches(
    from: u64,
    to: u64,
    mut try_next: impl FnMut(&mut [Observation], &mut [Meta]) -> leyline::Batch,
) -> Tally {
    let mut block = vec![Observation::EMPTY; BLOCK];
    let mut meta = vec![Meta::default(); BLOCK];
    Progress::until(from, to, |progress| {
        let rest = BLOCK.min((to + 1 - progress.next) as usize);
        let batch = try_next(&mut block[..rest], &mut meta[..rest]);
        for (observation, meta) in block.iter().zip(&meta).take(batch.count) {
            progress.record(meta);
            assert!(are_numbers(&observation.values, meta.sequence), "a torn or wrong record");
        }
        progress.other(batch.end) || batch.count > 0
    })
}

/// Slots of several rows. What is counted are slots.
#[inline(never)]
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
                    assert!(
                        are_numbers(&observation.values, n) && u64::from(*env) == i,
                        "a torn or wrong row"
                    );
                }
                true
            }
            other => progress.other(other),
        }
    })
}

/// The writing end of a ring.
enum WriteEnd {
    Bare(BareRing),
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

#[inline(never)]
fn write_each(writer: &mut Writer<Observation>, from: u64, to: u64) {
    for n in from + 1..=to {
        let observation = Observation { values: numbers(n) };
        until_there_is_room(|| writer.publish_stamped(&observation, Stamp::default()));
    }
}

#[inline(never)]
fn write_batches(writer: &mut Writer<Observation>, from: u64, to: u64) {
    let mut block = [Observation::EMPTY; BATCH];
    let mut next = from + 1;
    while next <= to {
        let count = BATCH.min((to - next + 1) as usize);
        for (n, observation) in (next..).zip(&mut block[..count]) {
            observation.values = numbers(n);
        }
        let mut rest = &block[..count];
        while !rest.is_empty() {
            let accepted = until_there_is_room(|| writer.publish_batch(rest));
            rest = &rest[accepted..];
        }
        next += count as u64;
    }
}

#[inline(never)]
fn write_slots(writer: &mut RowWriter<Observation>, from: u64, to: u64) {
    let rows = writer.rows() as u64;
    for slot in from + 1..=to {
        let (block, env, _) = writer.loan();
        for (i, (observation, env)) in (0..).zip(block.iter_mut().zip(env)) {
            observation.values = numbers(slot * rows + i);
            *env = i as u16;
        }
        until_there_is_room(|| writer.publish_loan(Some(Stamp::default())));
    }
}

/// The result of a round of a case, in observations (rows).
#[derive(Clone)]
struct Round {
    /// Rate until the writer had published all.
    written_mps: f64,
    /// Rate until a reader had the last record, lost records not counted: the least of the readers.
    received_mps: f64,
    /// The share of the published records that the reader with the greatest loss has lost.
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

/// A kind of round, measured in turn with the others.
#[derive(Clone, Copy)]
enum Kind {
    Limit,
    Case(usize),
}

/// The result of a round.
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
            (WriteEnd::Bare(ring), write) => ring.write_all(from, to, write),
            (WriteEnd::One(writer), _) => write_batches(writer, from, to),
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
            let end = if case.bare {
                WriteEnd::Bare(BareRing::open(bench.folder(), case.capacity))
            } else {
                let (name, options) = (case.segment(), options(bench.folder()));
                WriteEnd::open(&Segment::create(&name, &case.spec(), &options).expect("create"), case.rows)
            };
            ends.push((case.segment(), end, 0));
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
    };
    let kinds: Vec<Kind> = [Kind::Limit].into_iter().chain((0..cases.len()).map(Kind::Case)).collect();
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
    let streams = results.map(|rounds| {
        let of_one = |found| match found {
            Found::Stream(round) => round,
            Found::Limit(_) => panic!("of another kind"),
        };
        rounds.into_iter().map(of_one).collect::<Vec<Round>>()
    });
    let streams: Vec<(Case, Vec<Round>)> = cases.into_iter().zip(streams).collect();
    let step = bench.machine.clock_step_ns();
    report.latency("one line each way (limit)", &[], &limits);
    let limit = Spread::of(limits.iter().map(|times| fine_quantile(times, 0.5, step)));
    println!("limit: one line there and one back takes {limit:.0} ns at p50\n");
    lossless(&mut report, &streams);
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

fn lossless(report: &mut Report<'_>, streams: &[(Case, Vec<Round>)]) {
    println!(
        "lossless; TimeSource::Batch, or caller-stamped where one at a time; Consumer with Commit::Auto; {BATCH} records a \
         publish_batch, {BLOCK} a batch that is read or half of the ring, by next_batch without metas; the bare ring in the \
         same steps:"
    );
    let heads =
        ["calls", "slots", "ring", "readers", "million records/s", "ns a record", "bare ring", "of bare"];
    let mut table = Table::new(&heads);
    for (case, rounds) in streams.iter().filter(|(case, _)| case.bare) {
        values(report, "bare ring", *case, rounds, |r| r.received_mps);
    }
    let (mut best, mut best_single) = ((0.0, String::new()), 0.0f64);
    for (case, rounds) in streams.iter().filter(|(case, _)| case.lossless && !case.bare) {
        let mps = values(report, "leyline lossless", *case, rounds, |r| r.received_mps);
        let ns = median(rounds, |r| 1e3 / r.received_mps);
        let bare = streams.iter().find(|(other, _)| *other == case.of_bare()).map(|(_, bare)| bare);
        let beside = bare.map(|bare| {
            (median(bare, |r| r.received_mps), ratios(rounds, bare, |r| r.received_mps, |r| r.received_mps))
        });
        table.row([
            case.calls(),
            case.capacity.to_string(),
            size(*case),
            case.readers.to_string(),
            format!("{mps:.1}"),
            format!("{ns:.1}"),
            beside.map_or_else(|| "-".into(), |(rate, _)| format!("{rate:.1}")),
            beside.map_or_else(|| "-".into(), |(_, ratio)| format!("{ratio:.2}")),
        ]);
        if case.capacity == USUAL && case.readers == 1 {
            if mps.median > best.0 {
                best = (mps.median, case.calls());
            }
            if case.write == Call::One {
                best_single = best_single.max(mps.median);
            }
        }
    }
    table.print();
    println!(
        "stream_lossless_mps is that of {}, stream_lossless_single_mps the better of publish_stamped",
        best.1
    );
    report.result("stream_lossless_mps", best.0);
    report.result("stream_lossless_single_mps", best_single);
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

/// Describes the size of a ring's data.
fn size(case: Case) -> String {
    let (rows, columns) = (case.rows as usize * 108, if case.rows == 1 { 0 } else { 3 * case.rows as usize });
    let bytes = (rows + columns + 20).next_multiple_of(128) as u64 * case.capacity;
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
