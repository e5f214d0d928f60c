//! Measures observation -> decision -> observation between two processes, beside the least that
//! this machine can do: one cache line written by one process and polled by the other, and one
//! back. And beside the least that records of this size can do: the same 27 floats and a decision
//! back, in slots of two lines and of one that walk through rings of as many slots as the link's,
//! with the two readings of the counter that stamps need, and without (`support/slots.rs`). What a
//! link takes more than one line is then told apart: that a record has two lines, that it is
//! stamped, and what leyline itself does.
//!
//! `cargo bench --bench roundtrip [-- --quick | --threads]`. The same goes through the C ABI, from
//! `c/roundtrip.cpp`. Both sides verify every payload. Rounds of all kinds are interleaved; ratios
//! are medians of each round's ratio to the limit measured in the same round.
//!
//! Measuring adds the same to all kinds: the same loop reads the clock before and after a trip, the
//! observation is made before the first reading also where the limit does not send it, and both
//! sides check what they got after the second reading. The pause before the next trip is longer
//! than that takes.

mod c;
mod support;

use leyline::contract::decision::Decision;
use leyline::{
    ActionSpace, Answer, Controller, Decided, Feature, LinkSpec, Meta, Observation, Options, Published, Read,
    Stamp, TimeSource, Trainer, Wait,
};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use support::{
    Bench, Histogram, Lines, PAIRS, Patience, Peer, Report, Seat, Slots, Table, Timed, Trip, WARM_UP,
    counter, fine_quantile, histogram, pin, ratios,
};

const LONG: Duration = Duration::from_secs(30);

/// The kinds of rounds.
const KINDS: [Kind; 7] = [
    Kind::Limit,
    Kind::Bare,
    Kind::BareStamped,
    Kind::CallerStamped,
    Kind::LibraryStamped,
    Kind::CallerStampedInC,
    Kind::LibraryStampedInC,
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Limit,
    Bare,
    BareStamped,
    CallerStamped,
    LibraryStamped,
    CallerStampedInC,
    LibraryStampedInC,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Limit => "one line each way (limit)",
            Self::Bare => "bare slot each way",
            Self::BareStamped => "bare slot, two clock readings",
            Self::CallerStamped => "leyline, caller-stamped",
            Self::LibraryStamped => "leyline, library-stamped",
            Self::CallerStampedInC => "C ABI, caller-stamped",
            Self::LibraryStampedInC => "C ABI, library-stamped",
        }
    }
}

fn main() {
    support::main("roundtrip", &[("controller", controller)], run);
}

/// The links' names and who stamps their records.
const LINKS: [(&str, TimeSource); 2] = [("caller", TimeSource::Caller), ("library", TimeSource::Tsc)];

/// Slots of a link's ring of observations, and of that of decisions.
const SLOTS: u64 = 4096;

fn spec(source: TimeSource) -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(SLOTS).decisions(SLOTS).time_source(source)
}

/// The rings of bare slots, there and back.
struct BareRings {
    there: Slots<Observation>,
    back: Slots<Decision>,
}

impl BareRings {
    fn open(folder: &Path) -> Self {
        let [there, back] = ["there", "back"].map(|name| folder.join(name));
        Self { there: Slots::open(&there, SLOTS), back: Slots::open(&back, SLOTS) }
    }

    /// Answers trips, the first of which has the number after `last`.
    #[inline(always)]
    fn answer(&self, last: u64, trips: u64, stamp: impl Fn() -> u64) {
        let mut got = Observation::EMPTY;
        for n in last + 1..=last + trips {
            self.there.receive(n, &mut got);
            let answer = Decision { value_estimate: got[Feature::TrainLoss], ..Decision::new(n, 1, 0, 0) };
            self.back.send(n, &answer, stamp());
            assert_eq!(got, observation(n), "a torn or wrong observation");
        }
    }
}

/// A trip over bare slots.
struct BareTrip<'r, F> {
    rings: &'r BareRings,
    n: &'r mut u64,
    stamp: F,
    sent: Observation,
    decision: Decision,
}

impl<F: Fn() -> u64> Trip for BareTrip<'_, F> {
    #[inline(always)]
    fn prepare(&mut self, _: u64) {
        *self.n += 1;
        self.sent = observation(*self.n);
    }

    #[inline(always)]
    fn make(&mut self) {
        self.rings.there.send(*self.n, &self.sent, (self.stamp)());
        self.rings.back.receive(*self.n, &mut self.decision);
    }

    #[inline(always)]
    fn check(&mut self) {
        assert_eq!(self.decision.observation_sequence, *self.n);
        assert_eq!(self.decision.value_estimate, self.sent[Feature::TrainLoss]);
    }
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = (n % 1000) as f32;
    o[Feature::GlobalStep] = (n % (1 << 24)) as f32;
    o[Feature::TrainLoss] = (n % 977) as f32;
    o[Feature::ValLoss] = (n % 877) as f32;
    o[Feature::AvailableSlots] = (n % 777) as f32;
    o
}

fn controller(seat: &Seat) {
    let (lines, bare) = (Lines::open(&seat.folder), BareRings::open(&seat.folder));
    let [mut caller, mut library] =
        LINKS.map(|(name, _)| Controller::attach(name, &options(&seat.folder), LONG).expect("attach"));
    let got = observation(0);
    while let Some(turn) = seat.turn() {
        turn.ready();
        match KINDS[turn.kind as usize] {
            Kind::Limit => lines.answer(u64::from(turn.number), turn.count, |n| {
                assert_ne!(black_box(&got), &observation(n));
            }),
            Kind::Bare => bare.answer(turn.argument, turn.count, || 0),
            Kind::BareStamped => bare.answer(turn.argument, turn.count, counter),
            Kind::CallerStamped => decide(&mut caller, turn.count, |controller, meta, answer| {
                controller.decide_at(meta, ActionSpace::WAIT, answer, 0)
            }),
            Kind::LibraryStamped => decide(&mut library, turn.count, |controller, meta, answer| {
                controller.decide(meta, ActionSpace::WAIT, answer)
            }),
            Kind::CallerStampedInC | Kind::LibraryStampedInC => unreachable!("a program of its own"),
        }
    }
}

#[inline(always)]
fn decide(
    controller: &mut Controller,
    trips: u64,
    decide: impl Fn(&mut Controller, &Meta, &Answer<'_>) -> leyline::Result<Decided>,
) {
    let mut got = Observation::EMPTY;
    for _ in 0..trips {
        let mut patience = Patience::default();
        let meta = loop {
            match controller.try_next(&mut got).expect("a read") {
                Read::Record(meta) => break meta,
                Read::Empty => patience.spend(),
                other => panic!("{other:?}"),
            }
        };
        let answer = Answer { confidence: 1.0, value_estimate: got[Feature::TrainLoss], ..Answer::default() };
        decide(controller, &meta, &answer).expect("decide");
        assert_eq!(got, observation(meta.sequence), "a torn or wrong observation");
    }
}

/// Publishes, and polls until the decision is there.
struct There<'t, F> {
    trainer: &'t mut Trainer,
    publish: F,
    sent: Observation,
    sequence: u64,
    decision: Decision,
}

impl<'t, F: Fn(&mut Trainer, &Observation) -> leyline::Result<Published>> There<'t, F> {
    fn new(trainer: &'t mut Trainer, publish: F) -> Self {
        Self { trainer, publish, sent: Observation::EMPTY, sequence: 0, decision: Decision::default() }
    }
}

impl<F: Fn(&mut Trainer, &Observation) -> leyline::Result<Published>> Trip for There<'_, F> {
    #[inline(always)]
    fn prepare(&mut self, _: u64) {
        self.sent = observation(self.trainer.sent() + 1);
    }

    #[inline(always)]
    fn make(&mut self) {
        self.sequence = (self.publish)(self.trainer, &self.sent).expect("publish").sequence;
        let mut patience = Patience::default();
        loop {
            match self.trainer.try_decision(0, &mut self.decision).expect("a decision") {
                Read::Record(_) => return,
                Read::Empty | Read::Restarted { .. } => patience.spend(),
                other => panic!("{other:?}"),
            }
        }
    }

    #[inline(always)]
    fn check(&mut self) {
        assert_eq!(self.decision.observation_sequence, self.sequence);
        assert_eq!(self.decision.value_estimate, self.sent[Feature::TrainLoss]);
    }
}

/// The two sides in C++, over the C ABI.
struct InC {
    trainer: Peer,
    controller: Peer,
}

impl InC {
    /// Starts the sides in C++. Returns `None`, and prints why, if there is no compiler or the
    /// sides are threads.
    fn start(bench: &Bench) -> Option<Self> {
        if bench.args.threads {
            return None;
        }
        let program = c::program("roundtrip")?;
        let side = |role: &str, cpu| {
            let mut command = Command::new(&program);
            command.arg(role);
            bench.program(command, cpu, &[])
        };
        Some(Self {
            trainer: side("trainer", bench.cpus.first),
            controller: side("controller", bench.cpus.second),
        })
    }

    fn round(&mut self, link: usize, trips: u64) -> Histogram {
        self.controller.go(link as u64, trips + WARM_UP, 0);
        self.trainer.go(link as u64, trips, WARM_UP);
        self.trainer.histogram()
    }

    fn finish(self) {
        self.trainer.finish();
        self.controller.finish();
    }
}

struct Side {
    lines: Lines,
    bare: BareRings,
    /// Trips over bare slots so far.
    bare_trips: u64,
    trainers: [Trainer; 2],
    peer: Peer,
    in_c: Option<InC>,
    timed: Timed,
    /// The limit's times by its pairs of lines.
    by_pair: Vec<Histogram>,
    trips: u64,
}

impl Side {
    /// Makes one round. Returns the latency of each trip.
    fn round(&mut self, kind: Kind) -> Histogram {
        let [caller, library] = &mut self.trainers;
        if let (Kind::CallerStampedInC | Kind::LibraryStampedInC, Some(in_c)) = (kind, &mut self.in_c) {
            return in_c.round(usize::from(kind == Kind::LibraryStampedInC), self.trips);
        }
        let round = u64::from(self.peer.go(kind as u64, self.trips + WARM_UP, self.bare_trips));
        let (rings, n, sent, decision) =
            (&self.bare, &mut self.bare_trips, Observation::EMPTY, Decision::default());
        match kind {
            Kind::Limit => {
                let times = self.timed.round(&mut self.lines.asking(round, |n| {
                    black_box(observation(n));
                }));
                for (trip, took) in self.timed.last() {
                    self.by_pair[Lines::pair_of(trip)].record(took).expect("it grows");
                }
                times
            }
            Kind::Bare => self.timed.round(&mut BareTrip { rings, n, stamp: || 0, sent, decision }),
            Kind::BareStamped => self.timed.round(&mut BareTrip { rings, n, stamp: counter, sent, decision }),
            Kind::CallerStamped => {
                let publish = |t: &mut Trainer, o: &Observation| t.publish_stamped(o, Stamp::default());
                self.timed.round(&mut There::new(caller, publish))
            }
            _ => self.timed.round(&mut There::new(library, Trainer::publish)),
        }
    }
}

fn run(bench: &Bench) {
    let (rounds, trips) = (bench.rounds(3, 15), bench.amount(2_000, 40_000));
    let trainers = LINKS.map(|(name, source)| {
        Trainer::create(name, &spec(source), &options(bench.folder())).expect("create")
    });
    let peer = bench.peer("controller", bench.cpus.second, &[]);
    pin(bench.cpus.first);
    let (lines, bare) = (Lines::open(bench.folder()), BareRings::open(bench.folder()));
    let in_c = InC::start(bench);
    let kinds = &KINDS[..if in_c.is_some() { 7 } else { 5 }];
    let by_pair = vec![histogram(); PAIRS];
    let timed = Timed::new(trips);
    let mut side = Side { lines, bare, bare_trips: 0, trainers, peer, in_c, timed, by_pair, trips };
    for trainer in &mut side.trainers {
        trainer.wait_for_controller(0, Wait::sleep(LONG)).expect("a controller");
    }
    let times = bench.interleave(rounds, kinds, |_, kind| side.round(kind));
    side.peer.finish();
    if let Some(in_c) = side.in_c {
        in_c.finish();
    }

    let mut report = Report::new(bench);
    println!(
        "{rounds} interleaved rounds of {trips} trips, every payload verified; quantiles: medians of the rounds'\n"
    );
    let mut table = Table::of_latencies("round trip");
    for (kind, rounds) in kinds.iter().zip(&times) {
        report.latency(kind.name(), &[], rounds);
        table.latency(kind.name(), rounds);
    }
    table.print();
    let of_pair = |h: &Histogram| h.value_at_quantile(0.5) as f64;
    let pairs: Vec<f64> = side.by_pair.iter().filter(|h| !h.is_empty()).map(of_pair).collect();
    let spread = report.values("one line each way, p50 of each pair of lines", &[], "ns", &pairs);
    let (near, far) = spread.range;
    println!("\np50 of the limit by its {} pairs of lines: {near:.0}..{far:.0}, {spread:.0}", pairs.len());
    println!("\nratios within a round, median (quartiles) of the rounds:");
    let step = bench.machine.clock_step_ns();
    let of_kind = |kind: Kind| &times[kind as usize];
    let mut ratio = |name: &str, over: Kind, under: Kind, q: f64| {
        let at = |h: &Histogram| fine_quantile(h, q, step);
        let spread = ratios(of_kind(over), of_kind(under), at, at);
        println!("{name:<28} {spread:.3}");
        report.result(name, spread.median);
    };
    ratio("roundtrip_ratio", Kind::CallerStamped, Kind::Limit, 0.5);
    ratio("roundtrip_p99_ratio", Kind::CallerStamped, Kind::Limit, 0.99);
    ratio("roundtrip_stamped_ratio", Kind::LibraryStamped, Kind::Limit, 0.5);
    if kinds.len() > 5 {
        ratio("roundtrip_c_ratio", Kind::CallerStampedInC, Kind::Limit, 0.5);
        ratio("roundtrip_c_to_rust", Kind::CallerStampedInC, Kind::CallerStamped, 0.5);
        ratio("roundtrip_c_stamped_ratio", Kind::LibraryStampedInC, Kind::Limit, 0.5);
    }
    ratio("roundtrip_bare_slot_ratio", Kind::Bare, Kind::Limit, 0.5);
    ratio("roundtrip_slot_ratio", Kind::CallerStamped, Kind::Bare, 0.5);
    ratio("roundtrip_slot_p99_ratio", Kind::CallerStamped, Kind::Bare, 0.99);
    ratio("roundtrip_bare_stamped_ratio", Kind::BareStamped, Kind::Limit, 0.5);
    ratio("roundtrip_slot_stamped_ratio", Kind::LibraryStamped, Kind::BareStamped, 0.5);
    report.finish();
}
