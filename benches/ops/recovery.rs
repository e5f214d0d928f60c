//! Measures the time that the survivor and the successor need after a SIGKILL, between real
//! processes. Each turn checks the report to the survivor before it counts.

use super::support::{Bench, Histogram, Peer, Report, Seat, histogram};
use super::{LONG, link, microseconds, options};
use leyline::contract::decision::Decision;
use leyline::{
    ActionSpace, Answer, Controller, Ending, ErrorKind, Observation, Observer, Opened, PeerState, Read,
    Segment, Start, TimeSource, Trainer, Wait, Writer,
};
use std::time::{Duration, Instant};

const NAME: &str = "recovery";
const RINGS: &str = "recovery-rings";
const IDLE: &str = "idle-rings";

/// Runs the trainer that is killed: takes its roles, publishes once, and stays.
pub(crate) fn trainer(seat: &Seat) {
    let options = options(&seat.folder);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &link(TimeSource::Tsc), &options).expect("open");
    trainer.publish(&Observation::EMPTY).expect("publish");
    while let Some(turn) = seat.turn() {
        turn.ready();
    }
}

/// Runs the writer that is killed: takes the role of one ring, publishes once, and stays.
pub(crate) fn writer(seat: &Seat) {
    let segment = Segment::attach(RINGS, &options(&seat.folder)).expect("attach");
    let mut writer = Writer::<Observation>::open(&segment, "4096").expect("the role");
    writer.publish(&Observation::EMPTY).expect("publish");
    while let Some(turn) = seat.turn() {
        turn.ready();
    }
}

/// Runs the controller that is killed: decides on every observation.
pub(crate) fn controller(seat: &Seat) {
    let mut controller = Controller::attach(NAME, &options(&seat.folder), LONG).expect("attach");
    let turn = seat.turn().expect("a turn");
    turn.ready();
    let mut observation = Observation::EMPTY;
    loop {
        if let Read::Record(meta) = controller.next(&mut observation, Wait::sleep(LONG)).expect("next") {
            controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).expect("decide");
        }
    }
}

/// Runs a reader that sleeps and is never woken. Its word is the longest time between two checks,
/// ms.
pub(crate) fn sleeper(seat: &Seat) {
    let check_every = Duration::from_millis(seat.words[0].parse().expect("milliseconds"));
    let segment = Segment::attach(IDLE, &options(&seat.folder)).expect("attach");
    let mut observer = Observer::<Observation>::open(&segment, "4096", Start::Now).expect("an observer");
    seat.turn().expect("a turn").ready();
    let wait = Wait::sleep(Duration::from_secs(3600)).check_every(check_every);
    let read = observer.next(&mut Observation::EMPTY.clone(), wait).expect("next");
    panic!("{read:?} ended the sleep");
}

/// Prints the table and adds the results.
pub(crate) fn measure(bench: &Bench, report: &mut Report<'_>) {
    let turns = bench.amount(3, 100);
    let mut rows = writer_dies(bench, turns);
    rows.extend(trainer_dies(bench, turns));
    rows.extend(controller_dies(bench, turns));
    println!("\n{turns} kills of each, waits with Wait::sleep\n");
    let median = |name: &str| {
        let (_, rounds) = rows.iter().find(|(n, _)| *n == name).expect("a row");
        rounds[0].value_at_quantile(0.5) as f64 / 1000.0
    };
    report.result("take_over_us", median(WRITER_TAKEN));
    report.result("trainer_take_over_us", median(TAKEN));
    microseconds("after a SIGKILL", rows.iter().map(|(name, rounds)| (*name, rounds)), report);
    idle(bench, report);
}

const WRITER_TAKEN: &str = "writer's role free until a successor, trying, has it";
const TAKEN: &str = "trainer's roles free until a successor, trying, has them all";

type Rows = Vec<(&'static str, Vec<Histogram>)>;

fn record(times: &mut Histogram, since: Instant) {
    times.record(since.elapsed().as_nanos() as u64).expect("it grows");
}

/// Prints what sleeping readers take of one core together, in a process each.
fn idle(bench: &Bench, report: &mut Report<'_>) {
    let (sleepers, time) = (bench.amount(10, 100), Duration::from_secs(bench.amount(1, 5)));
    let segment = super::segment(bench, IDLE);
    let _writer = Writer::<Observation>::open(&segment, "4096").expect("the role");
    println!("\n{sleepers} readers asleep in {sleepers} processes, together, of one core\n");
    for (name, bound) in [("idle_percent", 50), ("idle_percent_checked_every_second", 1000)] {
        let start = |_| bench.process("sleeper", bench.cpus.second, &[&bound.to_string()]);
        let mut peers: Vec<Peer> = (0..sleepers).map(start).collect();
        for peer in &mut peers {
            peer.go(0, 0, 0);
        }
        // The time between checks has grown to its bound by then.
        std::thread::sleep(Duration::from_millis(2 * bound));
        let used = |peers: &[Peer]| peers.iter().map(Peer::cpu_ns).sum::<u64>();
        let before = used(&peers);
        let since = Instant::now();
        std::thread::sleep(time);
        let percent = (used(&peers) - before) as f64 / since.elapsed().as_nanos() as f64 * 100.0;
        println!("peer checked every {bound} ms at the latest: {percent:.2} %");
        report.result(name, percent);
    }
}

/// Tries until the role is free. It was not yet when the last refused attempt began: that becomes
/// `since`.
fn take_over<T>(since: &mut Instant, mut attempt: impl FnMut() -> leyline::Result<T>) -> T {
    loop {
        let start = Instant::now();
        match attempt() {
            Ok(taken) => return taken,
            Err(e) => assert_eq!(e.kind(), ErrorKind::RoleHeld, "{e}"),
        }
        *since = start;
    }
}

/// Kills the writer of one ring; this process has the segment and takes the role.
fn writer_dies(bench: &Bench, turns: u32) -> Rows {
    let mut taken = histogram();
    let segment = super::segment(bench, RINGS);
    for _ in 0..turns {
        let mut writer = bench.process("writer", bench.cpus.second, &[]);
        writer.go(0, 0, 0);
        let mut observer = Observer::<Observation>::open(&segment, "4096", Start::Now).expect("an observer");
        let mut since = writer.kill();
        let mut successor = take_over(&mut since, || Writer::<Observation>::open(&segment, "4096"));
        record(&mut taken, since);
        successor.publish(&Observation::EMPTY).expect("publish");
        let read = observer.try_next(&mut Observation::EMPTY.clone());
        assert!(
            matches!(read, Read::Restarted { generation, .. } if generation == successor.generation()),
            "{read:?}"
        );
    }
    vec![(WRITER_TAKEN, vec![taken])]
}

/// Kills the trainer; this process is the controller, and then the trainer's successor as well.
fn trainer_dies(bench: &Bench, turns: u32) -> Rows {
    let [mut told, mut taken, mut all, mut heard] = [histogram(), histogram(), histogram(), histogram()];
    let (options, spec) = (options(bench.folder()), link(TimeSource::Tsc));
    for turn in 0..turns {
        let mut trainer = bench.process("trainer", bench.cpus.second, &[]);
        trainer.go(0, 0, 0);
        let mut controller = Controller::attach(NAME, &options, LONG).expect("attach");
        let mut observation = Observation::EMPTY;
        while let Read::Record(_) | Read::Restarted { .. } =
            controller.try_next(&mut observation).expect("a read")
        {}
        let killed = trainer.kill();
        // In turn: told of the death first, or taking over as soon as that can be.
        let mut since = killed;
        if turn % 2 == 0 {
            let read = controller.next(&mut observation, Wait::sleep(LONG)).expect("next");
            assert_eq!(read, Read::WriterGone(Ending::Died));
            record(&mut told, killed);
            since = Instant::now();
        }
        let (mut successor, opened) =
            take_over(&mut since, || Trainer::open_or_create(NAME, &spec, &options));
        assert_eq!(opened, Opened::Attached);
        record(&mut taken, since);
        if turn % 2 == 1 {
            record(&mut all, killed);
        }
        successor.publish(&Observation::EMPTY).expect("publish");
        let read = controller.next(&mut observation, Wait::sleep(LONG)).expect("next");
        assert!(
            matches!(read, Read::Restarted { generation, .. } if generation == successor.generation()),
            "{read:?}"
        );
        record(&mut heard, since);
    }
    vec![
        ("trainer killed until a waiting controller is told", vec![told]),
        (TAKEN, vec![taken]),
        ("trainer killed until its successor has all its roles", vec![all]),
        ("the same until the controller hears of the new generation, role free", vec![heard]),
    ]
}

/// Kills the controller; this process is the trainer.
fn controller_dies(bench: &Bench, turns: u32) -> Rows {
    let [mut told, mut taken] = [histogram(), histogram()];
    let options = options(bench.folder());
    let (mut trainer, _) = Trainer::open_or_create(NAME, &link(TimeSource::Tsc), &options).expect("open");
    for _ in 0..turns {
        let mut controller = bench.process("controller", bench.cpus.second, &[]);
        controller.go(0, 0, 0);
        let mut decision = Decision::default();
        let first = trainer.publish(&Observation::EMPTY).expect("publish").sequence;
        let read = trainer.wait_decision(0, first, &mut decision, Wait::sleep(LONG)).expect("wait");
        assert!(matches!(read, Read::Record(_)), "{read:?}");
        let killed = controller.kill();
        let read = trainer.wait_decision(0, first + 1, &mut decision, Wait::sleep(LONG)).expect("wait");
        assert_eq!(read, Read::WriterGone(Ending::Died));
        record(&mut told, killed);
        assert_eq!(trainer.controller_state(0).expect("state"), PeerState::Gone(Ending::Died));

        let start = Instant::now();
        let successor = Controller::attach(NAME, &options, LONG).expect("attach");
        record(&mut taken, start);
        drop(successor);
    }
    vec![
        ("controller killed until a waiting trainer is told", vec![told]),
        ("its successor's attach, role free", vec![taken]),
    ]
}
