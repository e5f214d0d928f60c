//! Measures single operations: publish with nobody attached, poll on empty, create, attach, take
//! over.
//!
//! `cargo bench --bench ops [-- --quick]`. Calls that take nanoseconds are timed many together, in
//! one thread, nobody else being there: what is left after the round is divided by their number,
//! the loop included. What they wrote is read back. The same calls through the C ABI are made from
//! C++. Rounds of all kinds are interleaved.

#[path = "../c/mod.rs"]
mod c;
mod recovery;
#[path = "../support/mod.rs"]
mod support;

use leyline::contract::decision::Decision;
use leyline::{
    ActionSpace, Controller, Feature, LinkSpec, Observation, Observer, Opened, Options, Read, RingSpec,
    Segment, Spec, Stamp, Start, TimeSource, Trainer, Writer,
};
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Bench, Histogram, Report, Table, histogram, interleave, pin};

const LONG: Duration = Duration::from_secs(30);

fn main() {
    use recovery::{controller, sleeper, trainer, writer};
    const ROLES: &[(&str, support::Work)] =
        &[("writer", writer), ("trainer", trainer), ("controller", controller), ("sleeper", sleeper)];
    support::main("ops", ROLES, run);
}

fn options(folder: &Path) -> Options {
    Options::default().in_directory(folder)
}

fn link(source: TimeSource) -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).time_source(source)
}

fn run(bench: &Bench) {
    // Before this process binds itself: what it starts would be bound too.
    let in_c = c::program("ops").map(|program| {
        segment(bench, "c");
        RefCell::new(bench.program(Command::new(program), bench.cpus.first, &[]))
    });
    pin(bench.cpus.first);
    let mut report = Report::new(bench);
    calls(bench, &mut report, in_c.as_ref());
    openings(bench, &mut report);
    recovery::measure(bench, &mut report);
    if let Some(peer) = in_c {
        peer.into_inner().finish();
    }
    report.finish();
}

/// Creates a segment of rings of observations, by their names: of 64, 4096 and 65536 slots stamped
/// by the caller, and two of 4096 stamped by the library.
fn segment(bench: &Bench, name: &str) -> Segment {
    let ring = |name: &str, capacity, source| {
        RingSpec::new::<Observation>(name).expect("a name").capacity(capacity).time_source(source)
    };
    let spec = Spec::new()
        .ring(ring("64", 64, TimeSource::Caller))
        .ring(ring("4096", 4096, TimeSource::Caller))
        .ring(ring("65536", 65536, TimeSource::Caller))
        .ring(ring("tsc", 4096, TimeSource::Tsc))
        .ring(ring("clock", 4096, TimeSource::Clock));
    Segment::create(name, &spec, &options(bench.folder())).expect("create")
}

/// Makes so many calls of one kind, and returns the time they took.
type Calls<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

#[inline(always)]
fn time(n: u64, mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        call();
    }
    start.elapsed()
}

#[inline(always)]
#[allow(clippy::needless_pass_by_value)] // By reference it would have to lie in memory.
fn empty(read: leyline::Result<Read>) {
    assert!(matches!(read, Ok(Read::Empty)));
}

fn calls(bench: &Bench, report: &mut Report<'_>, in_c: Option<&RefCell<support::Peer>>) {
    let (rounds, n) = (bench.rounds(2, 21), bench.amount(1_000, 200_000));
    let rings = segment(bench, "rings");
    let quiet = segment(bench, "quiet");
    let mut sent = Observation::EMPTY;
    sent[Feature::TrainLoss] = 1.5;
    sent[Feature::AvailableSlots] = 1.0;
    let sent = &sent;
    let published = Cell::new(0);

    let mut kinds: Vec<(&str, Calls<'_>)> = Vec::new();
    for (name, ring) in [
        ("Writer::publish_stamped, 64 slots", "64"),
        ("Writer::publish_stamped", "4096"),
        ("Writer::publish_stamped, 65536 slots", "65536"),
    ] {
        let mut writer = Writer::<Observation>::open(&rings, ring).expect("its writer");
        let published = &published;
        kinds.push((
            name,
            Box::new(move |n| {
                published.set(published.get() + n);
                time(n, || {
                    writer.publish_stamped(black_box(sent), Stamp::default()).expect("publish");
                })
            }),
        ));
    }
    for (name, ring) in [("Writer::publish, TSC", "tsc"), ("Writer::publish, clock", "clock")] {
        let mut writer = Writer::<Observation>::open(&rings, ring).expect("its writer");
        let published = &published;
        kinds.push((
            name,
            Box::new(move |n| {
                published.set(published.get() + n);
                time(n, || {
                    writer.publish(black_box(sent)).expect("publish");
                })
            }),
        ));
    }
    let create =
        |name, source| Trainer::create(name, &link(source), &options(bench.folder())).expect("create");
    let mut caller = create("caller", TimeSource::Caller);
    kinds.push((
        "Trainer::publish_stamped",
        Box::new(move |n| {
            time(n, || {
                caller.publish_stamped(black_box(sent), Stamp::default()).expect("publish");
            })
        }),
    ));
    let mut library = create("library", TimeSource::Tsc);
    kinds.push((
        "Trainer::publish, TSC",
        Box::new(move |n| {
            time(n, || {
                library.publish(black_box(sent)).expect("publish");
            })
        }),
    ));

    let mut got = Observation::EMPTY;
    let mut observer = Observer::<Observation>::open(&quiet, "4096", Start::Now).expect("an observer");
    kinds.push((
        "Observer::try_next, nothing new",
        Box::new(move |n| time(n, || empty(Ok(observer.try_next(black_box(&mut got)))))),
    ));
    let mut observer = Observer::<Observation>::open(&quiet, "4096", Start::Now).expect("an observer");
    kinds.push((
        "Observer::try_latest, nothing new",
        Box::new(move |n| time(n, || empty(Ok(observer.try_latest(black_box(&mut got)))))),
    ));
    let mut trainer = create("attended", TimeSource::Caller);
    let mut controller =
        Controller::attach("attended", &options(bench.folder()), LONG).expect("a controller");
    kinds.push((
        "Controller::try_next, nothing new",
        Box::new(move |n| time(n, || empty(controller.try_next(black_box(&mut got))))),
    ));
    let mut decision = Decision::default();
    kinds.push((
        "Trainer::try_decision, nothing new",
        Box::new(move |n| time(n, || empty(trainer.try_decision(0, black_box(&mut decision))))),
    ));

    // In one thread: nothing moves between processors.
    let pairs = segment(bench, "pairs");
    let ends = |ring| {
        let writer = Writer::<Observation>::open(&pairs, ring).expect("its writer");
        (writer, Observer::<Observation>::open(&pairs, ring, Start::Now).expect("an observer"))
    };
    let (mut writer, mut observer) = ends("64");
    kinds.push((
        "publish_stamped and try_next",
        Box::new(move |n| {
            time(n, || {
                let sequence = writer.publish_stamped(black_box(sent), Stamp::default()).expect("publish");
                let read = observer.try_next(&mut got);
                assert!(matches!(read, Read::Record(m) if m.sequence == sequence));
                black_box(&got);
            })
        }),
    ));
    let (mut writer, mut observer) = ends("4096");
    kinds.push((
        "publish_stamped and try_latest",
        Box::new(move |n| {
            time(n, || {
                let sequence = writer.publish_stamped(black_box(sent), Stamp::default()).expect("publish");
                let read = observer.try_latest(&mut got);
                assert!(matches!(read, Read::Record(m) if m.sequence == sequence && m.skipped == 0));
                black_box(&got);
            })
        }),
    ));
    if let Some(peer) = in_c {
        // The numbers of the calls in benches/c/ops.cpp.
        let names = [
            "C ABI: writer_publish, caller's stamp",
            "C ABI: trainer_publish, caller's stamp",
            "C ABI: trainer_publish, TSC",
            "C ABI: observer_try_next, nothing new",
            "C ABI: controller_try_next, nothing new",
            "C ABI: trainer_try_decision, nothing new",
        ];
        for (number, name) in (0..).zip(names) {
            kinds.push((
                name,
                Box::new(move |n| {
                    let mut peer = peer.borrow_mut();
                    peer.go(number, n, 0);
                    Duration::from_nanos(peer.results()[0])
                }),
            ));
        }
    }

    let order: Vec<usize> = (0..kinds.len()).collect();
    // The first round of each touches its memory and is not counted.
    for (_, calls) in &mut kinds {
        calls(n);
    }
    let times = interleave(rounds, &order, |_, kind| kinds[kind].1(n).as_nanos() as f64 / n as f64);
    let mut table = Table::new(&["one thread, nobody waiting", "ns a call", "least..greatest"]);
    for ((name, _), times) in kinds.iter().zip(&times) {
        let spread = report.values(name, &[], "ns", times);
        let (least, greatest) = spread.range;
        table.row([(*name).to_owned(), format!("{spread:.2}"), format!("{least:.2}..{greatest:.2}")]);
        match *name {
            "Writer::publish_stamped" => report.result("publish_ns", spread.median),
            "Observer::try_next, nothing new" => report.result("poll_empty_ns", spread.median),
            "Trainer::publish_stamped" => report.result("trainer_publish_ns", spread.median),
            _ => {}
        }
    }
    drop(kinds);
    println!("{rounds} interleaved rounds of {n} calls each\n");
    table.print();
    read_back(&rings, sent, published.get());
}

/// Checks that the newest record of each ring is whole, and that as many were published in all.
fn read_back(rings: &Segment, sent: &Observation, published: u64) {
    let mut found = 0;
    for ring in ["64", "4096", "65536", "tsc", "clock"] {
        let mut observer = Observer::<Observation>::open(rings, ring, Start::Newest).expect("an observer");
        let mut got = Observation::EMPTY;
        let Read::Record(meta) = observer.try_next(&mut got) else { panic!("nothing in ring {ring}") };
        assert_eq!(got, *sent, "ring {ring}");
        found += meta.sequence;
    }
    assert_eq!(found, published);
}

/// Makes one opening, and adds its time to a distribution.
type Opening<'a> = Box<dyn FnMut(&mut Histogram) + 'a>;

/// Measures creating and attaching, each by itself.
fn openings(bench: &Bench, report: &mut Report<'_>) {
    let (rounds, n) = (bench.rounds(2, 15), bench.amount(2, 10));
    let (options, spec) = (options(bench.folder()), link(TimeSource::Tsc));
    let timed = |times: &mut Histogram, start: Instant| {
        times.record(start.elapsed().as_nanos() as u64).expect("it grows");
    };
    let kept = Trainer::create("kept", &spec, &options).expect("create");
    let rings = segment(bench, "opened");
    let mut number = 0;
    let mut kinds: Vec<(&str, Opening<'_>)> = vec![
        (
            "Trainer::create, with its segment",
            Box::new(|times| {
                number += 1;
                let (name, options) = (format!("made-{number}"), options.clone().unlink_on_close());
                let start = Instant::now();
                let trainer = Trainer::create(&name, &spec, &options).expect("create");
                timed(times, start);
                drop(trainer);
            }),
        ),
        (
            "Trainer::open_or_create, there already",
            Box::new(|times| {
                drop(Trainer::open_or_create("again", &spec, &options).expect("the first time"));
                let start = Instant::now();
                let (trainer, opened) = Trainer::open_or_create("again", &spec, &options).expect("again");
                timed(times, start);
                assert_eq!((opened, trainer.sent()), (Opened::Attached, 0));
            }),
        ),
        (
            "Controller::attach",
            Box::new(|times| {
                let start = Instant::now();
                let controller = Controller::attach("kept", &options, LONG).expect("attach");
                timed(times, start);
                drop(controller);
            }),
        ),
        (
            "Segment::attach",
            Box::new(|times| {
                let start = Instant::now();
                let segment = Segment::attach("kept", &options).expect("attach");
                timed(times, start);
                drop(segment);
            }),
        ),
        (
            "Writer::open",
            Box::new(|times| {
                let start = Instant::now();
                let writer = Writer::<Observation>::open(&rings, "4096").expect("its writer");
                timed(times, start);
                drop(writer);
            }),
        ),
        (
            "Observer::open",
            Box::new(|times| {
                let start = Instant::now();
                let observer = Observer::<Observation>::open(&rings, "4096", Start::Now).expect("open");
                timed(times, start);
                drop(observer);
            }),
        ),
    ];
    let order: Vec<usize> = (0..kinds.len()).collect();
    let times = interleave(rounds, &order, |_, kind| {
        let mut times = histogram();
        for _ in 0..n {
            kinds[kind].1(&mut times);
        }
        times
    });
    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
    drop(kinds);
    drop(kept);
    println!("\n{rounds} interleaved rounds of {n}\n");
    microseconds("opening", names.into_iter().zip(&times), report);
}

/// Prints a table of rarer operations, in microseconds.
fn microseconds<'a>(
    what: &str,
    rows: impl IntoIterator<Item = (&'a str, &'a Vec<Histogram>)>,
    report: &mut Report<'_>,
) {
    let mut table = Table::new(&[what, "p50 us", "p90 us", "max us"]);
    for (name, rounds) in rows {
        let all = report.latency(name, &[], rounds);
        let us = |ns: u64| format!("{:.1}", ns as f64 / 1000.0);
        table.row([
            name.to_owned(),
            us(all.value_at_quantile(0.5)),
            us(all.value_at_quantile(0.9)),
            us(all.max()),
        ]);
    }
    table.print();
}
