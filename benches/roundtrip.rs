//! Observation -> decision -> observation between two processes, beside the least that this machine can do: one cache
//! line written by one process and polled by the other, and one back.
//!
//! `cargo bench --bench roundtrip [-- --quick | --threads]`. Both sides verify every payload. Rounds of all kinds are
//! interleaved; ratios are medians of each round's ratio to the limit measured in the same round.
//!
//! What measuring adds is the same for all kinds: the same loop reads the clock before and after a trip, the observation is
//! made before the first reading also where the limit does not send it, and both sides check what they got after the second
//! reading, while the next trip has not begun.

mod support;

use leyline::contract::command::Decision;
use leyline::{
    ActionSpace, Answer, Controller, Decided, Feature, LinkSpec, Meta, Observation, Options, Published, Read,
    Stamp, TimeSource, Trainer, Wait,
};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;
use support::{
    Asking, Bench, Histogram, Lines, Patience, Peer, Report, Seat, Table, Timed, Trip, WARM_UP, interleave,
    pin, ratios,
};

const LONG: Duration = Duration::from_secs(30);

/// The kinds of rounds, in the order they are interleaved.
const KINDS: [Kind; 3] = [Kind::Limit, Kind::CallerStamped, Kind::LibraryStamped];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Limit,
    CallerStamped,
    LibraryStamped,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Limit => "one line each way (limit)",
            Self::CallerStamped => "leyline, caller-stamped",
            Self::LibraryStamped => "leyline, library-stamped",
        }
    }
}

fn main() {
    support::main("roundtrip", &[("controller", controller)], run);
}

/// The links' names and who stamps their records.
const LINKS: [(&str, TimeSource); 2] = [("caller", TimeSource::Caller), ("library", TimeSource::Tsc)];

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
    let lines = Lines::open(&seat.folder);
    let [mut caller, mut library] =
        LINKS.map(|(name, _)| Controller::attach(name, &options(&seat.folder), LONG).expect("attach"));
    let got = observation(0);
    while let Some(turn) = seat.turn() {
        turn.ready();
        match KINDS[turn.kind as usize] {
            Kind::Limit => lines.answer(u64::from(turn.number), turn.count, |n| {
                assert_ne!(black_box(&got), &observation(n));
            }),
            Kind::CallerStamped => decide(&mut caller, turn.count, |controller, meta, answer| {
                controller.decide_at(meta, ActionSpace::WAIT, answer, 0)
            }),
            Kind::LibraryStamped => decide(&mut library, turn.count, |controller, meta, answer| {
                controller.decide(meta, ActionSpace::WAIT, answer)
            }),
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

/// The limit's trip, with the observation made and not sent.
struct OneLine<'l>(Asking<'l>, Observation);

impl Trip for OneLine<'_> {
    #[inline(always)]
    fn prepare(&mut self, n: u64) {
        self.1 = observation(n);
        self.0.prepare(n);
    }

    #[inline(always)]
    fn make(&mut self) {
        self.0.make();
    }

    #[inline(always)]
    fn check(&mut self) {
        black_box(&self.1);
    }
}

/// Publish, and poll until the decision is there.
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

struct Side {
    lines: Lines,
    trainers: [Trainer; 2],
    peer: Peer,
    timed: Timed,
    trips: u64,
}

impl Side {
    /// One round: the latency of each trip.
    fn round(&mut self, kind: Kind) -> Histogram {
        let round = u64::from(self.peer.go(kind as u64, self.trips + WARM_UP, 0));
        let [caller, library] = &mut self.trainers;
        match kind {
            Kind::Limit => self.timed.round(&mut OneLine(self.lines.asking(round), Observation::EMPTY)),
            Kind::CallerStamped => {
                let publish = |t: &mut Trainer, o: &Observation| t.publish_stamped(o, Stamp::default());
                self.timed.round(&mut There::new(caller, publish))
            }
            Kind::LibraryStamped => self.timed.round(&mut There::new(library, Trainer::publish)),
        }
    }
}

fn run(bench: &Bench) {
    let (rounds, trips) = (bench.rounds(3, 15), bench.amount(2_000, 40_000));
    let trainers = LINKS.map(|(name, source)| {
        let spec = LinkSpec::new(&ActionSpace::cnn()).time_source(source);
        Trainer::create(name, &spec, &options(bench.folder())).expect("create")
    });
    let peer = bench.peer("controller", bench.cpus.second, &[]);
    pin(bench.cpus.first);
    let lines = Lines::open(bench.folder());
    let mut side = Side { lines, trainers, peer, timed: Timed::new(trips), trips };
    for trainer in &mut side.trainers {
        trainer.wait_for_controller(0, Wait::sleep(LONG)).expect("a controller");
    }
    let times = interleave(rounds, &KINDS, |_, kind| side.round(kind));
    side.peer.finish();

    let mut report = Report::new(bench);
    println!("{rounds} interleaved rounds of {trips} trips, every payload verified\n");
    let mut table = Table::of_latencies("round trip");
    for (kind, rounds) in KINDS.iter().zip(&times) {
        let all = report.latency(kind.name(), &[], rounds);
        table.latency(kind.name(), &all, rounds);
    }
    table.print();
    let at = |q: f64| move |h: &Histogram| h.value_at_quantile(q) as f64;
    let ratio = |kind: usize, q: f64| ratios(&times[kind], &times[0], at(q), at(q));
    println!("\nratio to the limit of the same round, median (quartiles) of the rounds:");
    for (name, kind, q) in
        [("roundtrip_ratio", 1, 0.5), ("roundtrip_p99_ratio", 1, 0.99), ("roundtrip_stamped_ratio", 2, 0.5)]
    {
        let spread = ratio(kind, q);
        println!("{name:<24} {spread:.2}");
        report.result(name, spread.median);
    }
    report.finish();
}
