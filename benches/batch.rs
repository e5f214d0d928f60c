//! Measures gathering a batch of B observations into one contiguous (B, 27) block, and what a
//! policy does with it next: normalization and masks.
//!
//! `cargo bench --bench batch [-- --quick | --threads]`. Each way of gathering stands beside three
//! copies of the same numbers that check nothing: one `memcpy` of B x 108 bytes that lie side by
//! side; one of 108 bytes out of each 128-byte slot; and that one with a [`Meta`] written for each,
//! the least that a reader of slots who tells what it read could do. All of them start from the
//! same state, made anew before each measurement and not timed:
//!
//! - the sources are 4096 observations long, in shared memory, and were just written at the place
//!   that is read, either by another process on another processor or by the thread that then reads;
//! - the block was just cleared by the thread that reads.
//!
//! One measurement gathers 1024 observations, 1024/B batches in a row, each into its own part of
//! the block; 4096 where B is
//! 4096. Afterwards every number of it is compared with what was sent. Kinds are interleaved; a
//!       round's value is the median of
//! some measurements; shares are of values of the same round.

mod support;

use leyline::contract::normalizer::Normalizer;
use leyline::contract::task::Task;
use leyline::{
    ActionSpace, Controller, EnvMark, Feature, Flags, LinkSpec, Meta, Observation, Observer, Options, Read,
    RingSpec, Segment, Spec, Stamp, Start, TimeSource, Trainer, Writer,
};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use support::{Bench, Report, Seat, SharedMemory, Spread, Table, interleave, pin, ratios};

const LONG: Duration = Duration::from_secs(30);

/// The batches.
const BATCHES: [usize; 7] = [1, 4, 16, 64, 256, 1024, 4096];

/// Observations that a source has room for.
const ROOM: usize = 4096;

/// A measurement's observations at least.
const LEAST: usize = 1024;

/// Bytes of an observation.
const SIZE: usize = size_of::<Observation>();

/// Bytes of a slot, and where in it the observation stands: as in the ring.
const SLOT: usize = 128;
const IN_SLOT: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    SideBySide,
    OutOfSlots,
    WithMetas,
    RowsAlone,
    Observer,
    Controller,
    Rows,
    ByEnv,
}

const KINDS: [Kind; 8] = [
    Kind::SideBySide,
    Kind::OutOfSlots,
    Kind::WithMetas,
    Kind::RowsAlone,
    Kind::Observer,
    Kind::Controller,
    Kind::Rows,
    Kind::ByEnv,
];

/// The copies that check nothing come first.
const COPIES: [usize; 3] = [0, 1, 2];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::SideBySide => "memcpy, side by side",
            Self::OutOfSlots => "memcpy, out of slots",
            Self::WithMetas => "the same, and a meta each",
            Self::RowsAlone => "Observer::try_next_batch, no metas",
            Self::Observer => "Observer::try_next_batch",
            Self::Controller => "Controller::try_next_batch",
            Self::Rows => "Controller::try_next_rows",
            Self::ByEnv => "Observer::try_latest_by_env",
        }
    }

    /// Returns the number of observations that one measurement gathers. By environment that is one
    /// batch: a reader gathers all that were published.
    fn total(self, batch: usize) -> usize {
        if self == Self::ByEnv { batch } else { batch.max(LEAST) }
    }

    /// Returns true if batches of that size are measured. A slot of one row is no slot of rows; a
    /// few nanoseconds cannot be timed by themselves.
    fn goes_for(self, batch: usize) -> bool {
        match self {
            Self::Rows => batch > 1,
            Self::ByEnv => batch >= 64,
            _ => true,
        }
    }
}

/// Names the publishers of the observations, and the side of each.
const PUBLISHERS: [(&str, &str); 2] = [("other", "another processor"), ("same", "the thread that reads")];

fn main() {
    support::main("batch", &[("publisher", publisher)], run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

/// Room of the observations that are sent: number n is `sent[n % SENT]`, so that the slot it lands
/// in held another one before.
const SENT: usize = 2 * ROOM;

fn sent() -> Vec<Observation> {
    let of = |n: usize| {
        let mut o = Observation::EMPTY;
        for (i, value) in o.values.iter_mut().enumerate() {
            *value = ((n * 31 + i * 7) % 97) as f32;
        }
        o[Feature::Epoch] = (n % 1000) as f32;
        o[Feature::GlobalStep] = n as f32;
        o[Feature::HasActiveSeed] = (n % 2) as f32;
        o[Feature::SeedStage] = if n.is_multiple_of(2) { 0.0 } else { [2.0, 3.0, 4.0, 5.0][n / 2 % 4] };
        o[Feature::AvailableSlots] = (n % 3) as f32;
        o.sanitize();
        o
    };
    (0..SENT).map(of).collect()
}

/// Returns the batches that a link of rows is made for, each with its place in [`BATCHES`].
fn of_rows() -> impl Iterator<Item = (usize, usize)> {
    BATCHES.into_iter().enumerate().filter(|(_, batch)| Kind::Rows.goes_for(*batch))
}

fn rows_name(batch: usize) -> String {
    format!("rows-{batch}")
}

/// Maps the plain memory: side by side, and in slots.
fn plain(folder: &Path) -> [SharedMemory; 2] {
    [("side-by-side", ROOM * SIZE), ("slots", ROOM * SLOT)]
        .map(|(name, len)| SharedMemory::open(&folder.join(name), len))
}

/// Writes the observations of all kinds.
struct Publisher {
    sent: Vec<Observation>,
    plain: [SharedMemory; 2],
    records: Writer<Observation>,
    by_env: Writer<Observation>,
    trainer: Trainer,
    rows: Vec<Trainer>,
    stamps: Vec<Stamp>,
    env: Vec<u16>,
    flags: Vec<Flags>,
}

impl Publisher {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("its folder");
        let options = options(folder);
        let ring = |name| {
            let ring = RingSpec::new::<Observation>(name).expect("a name");
            ring.capacity(ROOM as u64).time_source(TimeSource::Caller)
        };
        let spec = Spec::new().ring(ring("records")).ring(ring("by-env"));
        let rings = Segment::create("rings", &spec, &options).expect("create");
        let link = LinkSpec::new(&ActionSpace::cnn()).time_source(TimeSource::Caller);
        let link_of = |batch: usize| {
            let slots = (ROOM / batch).max(2) as u64;
            let link = link.clone().rows(batch as u32).observations(slots);
            Trainer::create(&rows_name(batch), &link, &options).expect("create")
        };
        Self {
            sent: sent(),
            plain: plain(folder),
            records: Writer::open(&rings, "records").expect("its writer"),
            by_env: Writer::open(&rings, "by-env").expect("its writer"),
            rows: of_rows().map(|(_, batch)| link_of(batch)).collect(),
            trainer: Trainer::create("link", &link.observations(ROOM as u64), &options).expect("create"),
            stamps: (0..ROOM).map(|env| Stamp { env: env as u16, ..Stamp::default() }).collect(),
            env: (0..ROOM).map(|env| env as u16).collect(),
            flags: vec![Flags::NONE; ROOM],
        }
    }

    /// Writes what a measurement reads, from number `n` on.
    fn publish(&mut self, kind: Kind, batch: usize, n: usize) {
        let total = kind.total(batch);
        let sent = &self.sent[n % SENT..][..total];
        let at = n % ROOM;
        match kind {
            Kind::SideBySide => self.plain[0].write(at * SIZE, bytemuck::cast_slice(sent)),
            Kind::OutOfSlots | Kind::WithMetas => {
                for (i, o) in sent.iter().enumerate() {
                    self.plain[1].write((at + i) * SLOT + IN_SLOT, bytemuck::bytes_of(o));
                }
            }
            Kind::RowsAlone | Kind::Observer => {
                assert_eq!(self.records.publish_batch(sent).expect("publish"), total);
            }
            Kind::Controller => {
                for o in sent {
                    self.trainer.publish_stamped(o, Stamp::default()).expect("publish");
                }
            }
            Kind::Rows => {
                let place = of_rows().position(|(_, b)| b == batch).expect("a link of that many rows");
                for rows in sent.chunks_exact(batch) {
                    let (env, flags) = (&self.env[..batch], &self.flags[..batch]);
                    let stamp = Stamp::default();
                    self.rows[place].publish_rows_stamped(rows, env, flags, stamp).expect("publish");
                }
            }
            Kind::ByEnv => {
                let stamps = &self.stamps[..total];
                assert_eq!(self.by_env.publish_batch_stamped(sent, stamps).expect("publish"), total);
            }
        }
    }
}

/// Runs the publisher's process. A turn's kind is a [`Kind`], its count a batch, its argument the
/// first number.
fn publisher(seat: &Seat) {
    let mut publisher = Publisher::new(&seat.folder.join(PUBLISHERS[0].0));
    while let Some(turn) = seat.turn() {
        if turn.count > 0 {
            let kind = KINDS[turn.kind as usize];
            publisher.publish(kind, turn.count as usize, turn.argument as usize);
        }
        turn.ready();
    }
}

/// Reads the observations of all kinds, and checks them.
struct Reader {
    sent: Vec<Observation>,
    plain: [SharedMemory; 2],
    records: Observer<Observation>,
    by_env: Observer<Observation>,
    controller: Controller,
    rows: Vec<Controller>,
    block: Vec<Observation>,
    meta: Vec<Meta>,
    marks: Vec<EnvMark>,
    env: Vec<u16>,
    flags: Vec<Flags>,
    /// The number that the next measurement starts with at least.
    n: usize,
}

impl Reader {
    fn new(folder: &Path) -> Self {
        let options = options(folder);
        let rings = Segment::attach("rings", &options).expect("attach");
        let attach = |name: &str| Controller::attach(name, &options, LONG).expect("attach");
        Self {
            sent: sent(),
            plain: plain(folder),
            records: Observer::open(&rings, "records", Start::Now).expect("an observer"),
            by_env: Observer::open(&rings, "by-env", Start::Now).expect("an observer"),
            controller: attach("link"),
            rows: of_rows().map(|(_, batch)| attach(&rows_name(batch))).collect(),
            block: vec![Observation::EMPTY; ROOM],
            meta: vec![Meta::default(); ROOM],
            marks: vec![EnvMark::NEVER_SEEN; ROOM],
            env: vec![0; ROOM],
            flags: vec![Flags::NONE; ROOM],
            n: 0,
        }
    }

    /// Makes one measurement. Returns nanoseconds an observation.
    fn measure(&mut self, kind: Kind, batch: usize, publish: &mut impl FnMut(Kind, usize, usize)) -> f64 {
        let total = kind.total(batch);
        let n = self.n.next_multiple_of(total);
        self.n = n + total;
        self.clear(total);
        publish(kind, batch, n);
        let took = self.gather(kind, batch, n);
        self.verify(kind, batch, n);
        took.as_nanos() as f64 / total as f64
    }

    fn clear(&mut self, total: usize) {
        for o in &mut self.block[..total] {
            o.values.fill(-1.0);
        }
        self.meta[..total].fill(Meta::default());
        black_box(&mut self.block);
    }

    #[inline(never)]
    fn gather(&mut self, kind: Kind, batch: usize, n: usize) -> Duration {
        let total = kind.total(batch);
        let (block, meta) = (&mut self.block[..total], &mut self.meta[..total]);
        let at = n % ROOM;
        let start = Instant::now();
        match kind {
            Kind::SideBySide => {
                for (i, rows) in block.chunks_exact_mut(batch).enumerate() {
                    self.plain[0].read((at + i * batch) * SIZE, bytemuck::cast_slice_mut(rows));
                }
            }
            Kind::OutOfSlots => {
                for (i, row) in block.iter_mut().enumerate() {
                    self.plain[1].read((at + i) * SLOT + IN_SLOT, bytemuck::bytes_of_mut(row));
                }
            }
            Kind::WithMetas => {
                for (i, (row, meta)) in block.iter_mut().zip(meta).enumerate() {
                    self.plain[1].read((at + i) * SLOT + IN_SLOT, bytemuck::bytes_of_mut(row));
                    *meta = Meta { sequence: (n + i) as u64 + 1, generation: 1, ..Meta::default() };
                }
            }
            Kind::RowsAlone => {
                for rows in block.chunks_exact_mut(batch) {
                    let read = self.records.try_next_batch(rows, &mut []).expect("a batch");
                    assert_eq!(read.count, batch);
                }
            }
            Kind::Observer => {
                for (rows, meta) in block.chunks_exact_mut(batch).zip(meta.chunks_exact_mut(batch)) {
                    let read = self.records.try_next_batch(rows, meta).expect("a batch");
                    assert_eq!(read.count, batch);
                }
            }
            Kind::Controller => {
                for (rows, meta) in block.chunks_exact_mut(batch).zip(meta.chunks_exact_mut(batch)) {
                    let read = self.controller.try_next_batch(rows, meta).expect("a batch");
                    assert_eq!(read.count, batch);
                }
            }
            Kind::Rows => {
                let place = of_rows().position(|(_, b)| b == batch).expect("a link of that many rows");
                let (env, flags) = (&mut self.env[..batch], &mut self.flags[..batch]);
                for rows in block.chunks_exact_mut(batch) {
                    let read = self.rows[place].try_next_rows(rows, env, flags).expect("a slot");
                    assert!(matches!(read, Read::Record(_)), "{read:?}");
                }
            }
            Kind::ByEnv => {
                let marks = &mut self.marks[..total];
                let gathered = self.by_env.try_latest_by_env(block, marks).expect("a block");
                assert_eq!((gathered.changed, gathered.missed), (total, 0));
            }
        }
        let took = start.elapsed();
        black_box(&mut self.block);
        took
    }

    fn verify(&self, kind: Kind, batch: usize, n: usize) {
        let total = kind.total(batch);
        assert!(self.block[..total] == self.sent[n % SENT..][..total], "{kind:?}: torn or wrong numbers");
        match kind {
            Kind::WithMetas | Kind::Observer | Kind::Controller => {
                let first = self.meta[0].sequence;
                assert!(first > 0 && (first..).zip(&self.meta[..total]).all(|(s, m)| m.sequence == s));
            }
            Kind::Rows => assert!((0..).zip(&self.env[..batch]).all(|(i, env)| *env == i)),
            Kind::ByEnv => {
                assert!((0..).zip(&self.marks[..total]).all(|(i, m)| m.env == i && m.records == 1));
            }
            Kind::SideBySide | Kind::OutOfSlots | Kind::RowsAlone => {}
        }
    }
}

/// Returns a round's value: the median of several measurements.
fn round(measurements: usize, mut measure: impl FnMut() -> f64) -> f64 {
    measure();
    Spread::of((0..measurements).map(|_| measure())).median
}

fn run(bench: &Bench) {
    let (rounds, measurements) = (bench.rounds(1, 15), bench.amount(1, 7));
    let mut peer = bench.peer("publisher", bench.cpus.second, &[]);
    pin(bench.cpus.first);
    // It answers when its segments are there.
    peer.go(0, 0, 0);
    let mut report = Report::new(bench);
    println!(
        "{rounds} interleaved rounds, each the median of {measurements} measurements, every number verified"
    );

    let mut other = Reader::new(&bench.folder().join(PUBLISHERS[0].0));
    let mut publish = |kind: Kind, batch: usize, n: usize| {
        peer.go(kind as u64, batch as u64, n as u64);
    };
    let far = gathers(bench, &mut report, PUBLISHERS[0].1, rounds, |kind, batch| {
        round(measurements, || other.measure(kind, batch, &mut publish))
    });
    peer.finish();
    let folder = bench.folder().join(PUBLISHERS[1].0);
    let mut publisher = Publisher::new(&folder);
    let mut same = Reader::new(&folder);
    let mut publish = |kind: Kind, batch: usize, n: usize| publisher.publish(kind, batch, n);
    let near = gathers(bench, &mut report, PUBLISHERS[1].1, rounds, |kind, batch| {
        round(measurements, || same.measure(kind, batch, &mut publish))
    });
    policy(&mut report, &same.sent, rounds, measurements);

    println!(
        "\nshares at B = 1024, of what was published by another processor, but for gather_near_*; least: slots copied with \
         metas and no check"
    );
    report.result("gather_rows_memcpy_share", far.rows);
    for (near_or_far, Shares { observer, least, alone, .. }) in [("_near", &near), ("", &far)] {
        report.result(&format!("gather{near_or_far}_least_memcpy_share"), *least);
        report.result(&format!("gather{near_or_far}_least_share"), observer[2]);
        report.result(&format!("gather{near_or_far}_slots_share"), observer[1]);
        report.result(&format!("gather{near_or_far}_alone_memcpy_share"), *alone);
        report.result(&format!("gather{near_or_far}_memcpy_share"), observer[0]);
    }
    report.finish();
}

/// Holds shares of bandwidth at B = 1024.
#[derive(Default)]
struct Shares {
    /// [`Kind::Observer`], as a share of each copy.
    observer: [f64; 3],
    /// The copy that writes metas, as a share of the copy side by side.
    least: f64,
    /// [`Kind::Rows`] and [`Kind::RowsAlone`], as shares of the copy side by side.
    rows: f64,
    alone: f64,
}

fn gathers(
    bench: &Bench,
    report: &mut Report<'_>,
    publisher: &str,
    rounds: usize,
    mut round: impl FnMut(Kind, usize) -> f64,
) -> Shares {
    let mut shares = Shares::default();
    let mut table = Table::new(&[
        &format!("published by {publisher}"),
        "B",
        "ns an observation",
        "GB/s",
        "share of memcpy",
        "of memcpy out of slots",
        "of that with metas",
    ]);
    for batch in BATCHES {
        let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.goes_for(batch)).collect();
        let times = bench.interleave(rounds, &kinds, |_, kind| round(kind, batch));
        for (kind, took) in kinds.iter().zip(&times) {
            let labels = [("batch", batch.into()), ("publisher", publisher.into())];
            let spread = report.values(kind.name(), &labels, "ns an observation", took);
            // The shares of bandwidth are ratios of times: all move the same bytes.
            let of = COPIES.map(|copy| ratios(&times[copy], took, |t| *t, |t| *t));
            if batch == 1024 {
                match kind {
                    Kind::WithMetas => shares.least = of[0].median,
                    Kind::Observer => shares.observer = of.each_ref().map(|share| share.median),
                    Kind::Rows => shares.rows = of[0].median,
                    Kind::RowsAlone => shares.alone = of[0].median,
                    _ => {}
                }
            }
            table.row([
                kind.name().to_owned(),
                batch.to_string(),
                format!("{spread:.2}"),
                format!("{:.1}", SIZE as f64 / spread.median),
                format!("{:.2}", of[0]),
                format!("{:.2}", of[1]),
                format!("{:.2}", of[2]),
            ]);
        }
    }
    println!();
    table.print();
    shares
}

/// Measures the work of a policy on a batch before it decides: in one thread, all of the batch in
/// its cache if it fits there.
fn policy(report: &mut Report<'_>, sent: &[Observation], rounds: usize, measurements: usize) {
    let normalizer = Normalizer::new(&Task::cifar10()).expect("a task");
    let actions = ActionSpace::cnn();
    let wide = actions.len();
    let (mut numbers, mut bits, mut flat) = (vec![0.0; ROOM * 27], vec![0; ROOM], vec![0; ROOM * wide]);
    let mut table = Table::new(&["a batch, in one thread", "B", "ns an observation"]);
    let names = ["Normalizer::normalize_rows", "ActionSpace::masks", "ActionSpace::masks_i8"];
    for batch in BATCHES {
        let total = batch.max(LEAST);
        let sent = &sent[..total];
        let times = interleave(rounds, &[0, 1, 2], |_, kind| {
            round(measurements, || {
                let start = Instant::now();
                match kind {
                    0 => {
                        for (of, to) in sent.chunks_exact(batch).zip(numbers.chunks_exact_mut(batch * 27)) {
                            normalizer.normalize_rows(black_box(of), to).expect("rows");
                        }
                    }
                    1 => {
                        for (of, to) in sent.chunks_exact(batch).zip(bits.chunks_exact_mut(batch)) {
                            actions.masks(black_box(of), to).expect("masks");
                        }
                    }
                    _ => {
                        for (of, to) in sent.chunks_exact(batch).zip(flat.chunks_exact_mut(batch * wide)) {
                            actions.masks_i8(black_box(of), to).expect("masks");
                        }
                    }
                }
                let took = start.elapsed();
                black_box((&mut numbers, &mut bits, &mut flat));
                took.as_nanos() as f64 / total as f64
            })
        });
        for (i, o) in sent.iter().enumerate() {
            assert_eq!(numbers[i * 27..][..27], *normalizer.normalize(o).values());
            let mask = actions.mask(o);
            assert_eq!(bits[i], mask.bits());
            let each = flat[i * wide..][..wide].iter().enumerate();
            assert!(each.clone().all(|(a, bit)| i64::from(*bit) == (mask.bits() >> a & 1) as i64));
        }
        for (name, took) in names.iter().zip(&times) {
            let spread = report.values(name, &[("batch", batch.into())], "ns an observation", took);
            table.row([(*name).to_owned(), batch.to_string(), format!("{spread:.2}")]);
        }
    }
    println!();
    table.print();
}
