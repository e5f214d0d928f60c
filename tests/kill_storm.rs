//! Kills processes by SIGKILL at random moments, thousands of times, under full load. The victims
//! are a writer and a consumer of a ring, a trainer and a controller of a link, and a trainer and
//! two controllers of a fleet. Each is killed and succeeded over and over while the others go on.
//! The fleet is a link of several rows and two lanes, in a nameless segment that is passed by
//! descriptor; its controllers decide in batches and annotate commands, and its trainer reports.
//! Some processes are stopped (SIGSTOP) for a while before they go on and die.
//!
//! `cargo test` runs a few seconds of it, `LEYLINE_STORM_SECONDS=600 cargo test --release --test
//! kill_storm` ten minutes. `LEYLINE_STORM_SEED`, the random seed of an earlier storm, repeats its
//! moments. The last line is the summary:
//!
//! ```text
//! kill_storm: kills N records N torn 0 lost 0 unexplained 0 redelivered N takeover_p50_us T
//! ```
//!
//! *records*: read and found whole, each counted once for each ring. *lost*: accepted (the call had
//! returned) and never delivered, or a gap. *redelivered*: delivered or executed again because its
//! consumer died before it committed. *unexplained*: any other violation, such as a command
//! executed again after its answer, a second answer, a decision made twice, a sequence given out
//! twice, an unreported restart, an outcome delivered twice to one process, or a stopped process
//! reported dead. An outcome that no process received is *lost*. *takeover*: the time from the
//! SIGKILL (or, where the successor is held back, from its start) until the successor, which
//! already runs and waits, holds all its roles.
//!
//! The processes report on pipes: a child reports what it received before it commits or answers,
//! and again afterwards. A write to a pipe is atomic, so the ledger survives the kills.

mod common;

use common::{Folder, patiently};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode};
use leyline::contract::stage::CommandType;
use leyline::contract::telemetry::{EventType, Severity, TelemetryEvent};
use leyline::link::{OBSERVATIONS, decisions_ring, outcomes_ring};
use leyline::{
    Access, ActionSpace, Answer, Commit, Consumer, Controller, Decided, Ending, Error, ErrorKind, Feature,
    Flags, LinkSpec, Meta, Observation, Observer, Options, PeerState, Policy, Read, ReceivedCommand,
    RingSpec, Segment, Spec, Stamp, Start, Trainer, Wait, Writer, record,
};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const RING: &str = "ring";
const LINK: &str = "link";
const FLEET: &str = "fleet";
const FLEET_TRAINER: &str = "fleet-trainer";
const FLEET_CONTROLLERS: [&str; 2] = ["fleet-controller-0", "fleet-controller-1"];
/// The number of environments of the fleet: rows of a slot.
const ROWS: u64 = 16;
/// The number of annotations of an annotated command.
const ANNOTATIONS: usize = 3;
/// The number of rings of commands: the link's, and one for each lane of the fleet.
const TABLES: usize = 3;
const SLOTS: u64 = 256;
const BATCH: usize = 64;
/// Controllers act on one observation in this many.
const ACT_EVERY: u64 = 4;
const GERMINATE: usize = 1;
const NAP: Wait = Wait::sleep(Duration::from_millis(20));

/// A record that a torn copy cannot pass for: every word depends on the number and the generation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Checked {
    n: u64,
    generation: u64,
    words: [u64; 30],
}
record! { Checked as "storm" version 1 {
    n: u64, "-", 0.0, 2e19;
    generation: u64, "-", 0.0, 2e19;
    words: [u64; 30], "-", 0.0, 2e19;
} }

fn hash(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Checked {
    fn new(n: u64, generation: u64) -> Self {
        Self { n, generation, words: std::array::from_fn(|i| hash(n ^ generation << 40 ^ i as u64)) }
    }

    fn is(&self, meta: &Meta) -> bool {
        *self == Self::new(meta.sequence, self.generation)
    }
}

/// Returns an observation whose features depend on the number and the generation; GERMINATE is
/// possible.
fn observation(n: u64, generation: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = (n & 0xf_ffff) as f32;
    o[Feature::GlobalStep] = (generation & 0xf_ffff) as f32;
    let part = |i: u64| (hash(n & 0xf_ffff ^ generation << 24 ^ i << 56) >> 40) as f32 / 16_777_216.0;
    let free = [
        Feature::TrainLoss,
        Feature::ValLoss,
        Feature::LossDelta,
        Feature::TrainAccuracy,
        Feature::ValAccuracy,
        Feature::AccuracyDelta,
        Feature::BestValAccuracy,
        Feature::BestValLoss,
        Feature::SeedAlpha,
        Feature::SeedImprovement,
    ];
    for (i, feature) in free.into_iter().enumerate() {
        o[feature] = part(i as u64);
    }
    o[Feature::AvailableSlots] = 1.0;
    o
}

fn is_whole(o: &Observation) -> bool {
    *o == observation(o[Feature::Epoch] as u64, generation_in(o))
}

fn generation_in(o: &Observation) -> u64 {
    o[Feature::GlobalStep] as u64
}

fn newest_generation(segment: &Segment, ring: &str) -> u64 {
    segment.ring_status(ring).unwrap().generation
}

/// Compares reported generations with the generations in the records themselves.
#[derive(Default)]
struct Generations {
    told: Option<u64>,
}

impl Generations {
    /// Returns true if a record is of its reported generation and of the one announced last. A ring
    /// logs its last 128 take-overs; a record from before them, recognized by `newest`, is compared
    /// with the announced generation only.
    fn record(&mut self, meta: &Meta, generation: u64, newest: impl FnOnce() -> u64) -> bool {
        (generation == meta.generation || newest() - generation >= 128)
            && *self.told.get_or_insert(meta.generation) == meta.generation
    }

    /// Returns true if the announced generation is a later one.
    fn restarted(&mut self, generation: u64) -> bool {
        self.told.replace(generation).is_none_or(|told| told < generation)
    }
}

/// Returns the estimate of the decision on an observation, the same in every process.
fn estimate(sequence: u64) -> f32 {
    (hash(sequence) >> 40) as f32
}

fn reason(sequence: u64) -> String {
    format!("{:016x}{:016x}", hash(sequence), sequence)
}

fn rings() -> Spec {
    Spec::new().ring(RingSpec::new::<Checked>(RING).unwrap().capacity(SLOTS).consumers(1, Policy::Keep))
}

fn link() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(8192).commands(2048)
}

fn fleet() -> LinkSpec {
    let lanes = FLEET_CONTROLLERS.len() as u32;
    LinkSpec::new(&ActionSpace::cnn()).rows(ROWS as u32).lanes(lanes).commands(1024)
}

/// Returns the number of a row of the fleet.
fn row_number(sequence: u64, env: u16) -> u64 {
    sequence * ROWS + u64::from(env)
}

/// Returns the annotations of the command with that number.
fn annotation(n: u64, i: usize) -> (String, String) {
    let word = hash(n ^ (i as u64) << 48);
    (format!("key {i}"), format!("{word:016x}").repeat(1 + (word % 11) as usize))
}

fn event(n: u64) -> TelemetryEvent {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_le_bytes());
    TelemetryEvent::new(id, EventType::EpochCompleted, Severity::Info, n as i64)
        .with_message(&reason(n))
        .with_data("n", n as f64)
        .unwrap()
}

fn now_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

// The messages of the children, as four numbers each: a kind and three more.
const TAKEN: u64 = 1; // nanoseconds it took, next sequence or generation
const ACCEPTED: u64 = 2; // up to that sequence
const READ: u64 = 3; // from, to, of that generation
const COMMITTED: u64 = 4; // up to that sequence
const TORN: u64 = 5;
const UNTOLD: u64 = 6; // a sequence, what was said of it, and which of these must not be; above 8 bits the record's generation
const GENERATION: u64 = 0; // a record of a generation that it is not of, or that was not announced
const PLACE: u64 = 1; // a record that another one should have come before
const RESTART: u64 = 2; // a restart that is none
const MISSED: u64 = 3; // a number of missed ones that is wrong
const TWICE: u64 = 4; // an outcome that was given before to the same process
const DIED: u64 = 7; // was told of a death
const EXECUTING: u64 = 8; // command, table
const ANSWERED: u64 = 9; // command, table
const SENT: u64 = 10; // command, table
const WHOLE: u64 = 11; // so many observations or decisions
const GIVEN: u64 = 12; // the outcome of a command, table

/// A child's reports to the storm, written to a pipe.
struct Voice(File);

impl Voice {
    fn new() -> Self {
        Self(File::from(io::stdout().as_fd().try_clone_to_owned().unwrap()))
    }

    fn say(&mut self, what: &[[u64; 4]]) {
        let bytes: Vec<u8> = what.as_flattened().iter().flat_map(|n| n.to_le_bytes()).collect();
        // Whole or not at all, up to 4096 bytes.
        for part in bytes.chunks(4096) {
            // Without a parent there is nothing more to do.
            if self.0.write_all(part).is_err() {
                std::process::exit(0);
            }
        }
    }
}

/// Retries until the role is free: its holder may still be exiting.
fn take<T>(mut open: impl FnMut() -> leyline::Result<T>) -> T {
    loop {
        match open() {
            Ok(opened) => return opened,
            Err(e) if matches!(e.kind(), ErrorKind::RoleHeld | ErrorKind::NotFound) => {
                std::thread::sleep(Duration::from_micros(20));
            }
            Err(e) => panic!("{e}"),
        }
    }
}

fn child(role: &str) {
    // The segment that is handed over comes first.
    let segment = role.starts_with(FLEET).then(|| {
        Segment::receive(io::stdin().as_fd(), &Options::default(), common::LONG)
            .unwrap_or_else(|e| panic!("{e}"))
    });
    let mut go = String::new();
    io::stdin().read_line(&mut go).unwrap();
    let Ok(since) = go.trim().parse::<u64>() else { return };
    let voice = Voice::new();
    match role {
        FLEET_TRAINER => child_fleet_trainer(&segment.unwrap(), voice, since),
        _ if role.starts_with(FLEET) => {
            let lane = FLEET_CONTROLLERS.iter().position(|name| *name == role).unwrap();
            child_fleet_controller(&segment.unwrap(), lane as u32, voice, since);
        }
        "writer" => child_writer(voice, since),
        "consumer" => child_consumer(voice, since),
        "trainer" => child_trainer(voice, since),
        "controller" => child_controller(voice, since),
        other => panic!("{other}"),
    }
}

fn child_writer(mut voice: Voice, since: u64) {
    let segment = Segment::attach(RING, &Options::default()).unwrap();
    let mut writer = take(|| Writer::<Checked>::open(&segment, RING));
    voice.say(&[[TAKEN, now_ns() - since, writer.next_sequence(), writer.generation()]]);
    let (generation, mut n) = (writer.generation(), writer.next_sequence());
    let mut batch = Vec::with_capacity(SLOTS as usize);
    loop {
        // One at a time, and in batches up to the ring's length.
        let length = hash(n) % 8 * SLOTS / 8;
        let accepted = if length == 0 {
            writer.publish_waiting(&Checked::new(n, generation), Stamp::default(), NAP).map(|_| 1)
        } else {
            batch.clear();
            batch.extend((n..n + length).map(|n| Checked::new(n, generation)));
            writer.publish_batch(&batch).map(|n| n as u64)
        };
        match accepted {
            Ok(accepted) => {
                n += accepted;
                voice.say(&[[ACCEPTED, n - 1, 0, 0]]);
            }
            Err(e) if matches!(e.kind(), ErrorKind::ConsumerGone | ErrorKind::NoConsumer) => {
                voice.say(&[[DIED, 0, 0, 0]]);
                std::thread::sleep(Duration::from_micros(100));
            }
            Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::Timeout) => std::thread::yield_now(),
            Err(e) => panic!("{e}"),
        }
    }
}

fn child_consumer(mut voice: Voice, since: u64) {
    let segment = Segment::attach(RING, &Options::default()).unwrap();
    let mut consumer = take(|| Consumer::<Checked>::open(&segment, RING, 0, Commit::Manual));
    voice.say(&[[TAKEN, now_ns() - since, 0, 0]]);
    let mut records = vec![Checked::new(0, 0); BATCH];
    let mut metas = vec![Meta::default(); BATCH];
    let mut generations = Generations::default();
    loop {
        let mut batch = consumer.try_next_batch(&mut records, &mut metas).unwrap();
        if (batch.count, batch.end) == (0, Read::Empty) {
            batch.end = consumer.next(&mut records[0], NAP).unwrap();
            if let Read::Record(meta) = batch.end {
                (batch.count, metas[0]) = (1, meta);
            }
        }
        let mut said = Vec::new();
        for (record, meta) in records.iter().zip(&metas).take(batch.count) {
            if !record.is(meta) {
                said.push([TORN, meta.sequence, 0, 0]);
            }
            if !generations.record(meta, record.generation, || newest_generation(&segment, RING)) {
                said.push([UNTOLD, meta.sequence, meta.generation, GENERATION | record.generation << 8]);
            }
        }
        if batch.count > 0 {
            // One run for each generation.
            let read: Vec<(u64, u64)> = records
                .iter()
                .zip(&metas)
                .take(batch.count)
                .map(|(r, m)| (m.sequence, r.generation))
                .collect();
            for run in read.chunk_by(|a, b| a.1 == b.1) {
                said.push([READ, run[0].0, run[run.len() - 1].0, run[0].1]);
            }
            voice.say(&said);
            consumer.commit().unwrap();
            voice.say(&[[COMMITTED, metas[batch.count - 1].sequence, 0, 0]]);
        }
        match batch.end {
            Read::Restarted { generation, first_sequence } if !generations.restarted(generation) => {
                voice.say(&[[UNTOLD, first_sequence, generation, RESTART]]);
            }
            Read::Lapped { missed, next } => voice.say(&[[UNTOLD, next, missed, MISSED]]),
            Read::WriterGone(Ending::Died) => {
                voice.say(&[[DIED, 0, 0, 0]]);
                std::thread::sleep(Duration::from_micros(200));
            }
            _ => {}
        }
    }
}

/// Returns true if there was no room, because of a consumer that is behind or none.
fn is_no_room(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer)
}

/// Takes up to `most` decisions, from one that was read on, and reports them. `number` is that of
/// the observation that a decision was made on.
fn take_decisions(
    trainer: &mut Trainer,
    lane: u32,
    (mut read, decision): (Read, &mut Decision),
    most: u64,
    voice: &mut Voice,
    number: impl Fn(&Decision) -> u64,
) {
    let mut whole = 0;
    for _ in 0..most {
        match read {
            Read::Record(meta) => {
                if decision.value_estimate != estimate(number(decision)) {
                    voice.say(&[[TORN, meta.sequence, 0, 0]]);
                }
                whole += 1;
            }
            Read::WriterGone(Ending::Died) => voice.say(&[[DIED, 0, 0, 0]]),
            Read::Empty | Read::TimedOut => break,
            _ => {}
        }
        read = trainer.try_decision(lane, decision).unwrap();
    }
    if whole > 0 {
        voice.say(&[[WHOLE, whole, 0, 0]]);
    }
}

/// Answers commands in another order than they came in, as far as there is room.
fn answer_all(
    trainer: &mut Trainer,
    waiting: &mut Vec<ReceivedCommand>,
    voice: &mut Voice,
    table_of: impl Fn(u32) -> u64,
) {
    while let Some(received) = waiting.pop() {
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        match trainer.answer(&received, outcome) {
            Ok(_) => voice.say(&[[ANSWERED, received.sequence, table_of(received.lane), 0]]),
            Err(e) if is_no_room(&e) => {
                waiting.push(received);
                break;
            }
            Err(e) => panic!("{e}"),
        }
    }
}

fn child_trainer(mut voice: Voice, since: u64) {
    let (mut trainer, _) = take(|| Trainer::open_or_create(LINK, &link(), &Options::default()));
    let generation = trainer.generation();
    voice.say(&[[TAKEN, now_ns() - since, generation, 0]]);
    let mut waiting = Vec::new();
    let mut decision = Decision::default();
    for n in since.. {
        let sequence = trainer.publish(&observation(n, generation)).unwrap().sequence;
        // As a rule it goes on; now and then it waits for the answer, asleep.
        let read = if n % 16 == 0 {
            trainer.wait_decision(0, sequence, &mut decision, NAP).unwrap()
        } else {
            trainer.try_decision(0, &mut decision).unwrap()
        };
        take_decisions(&mut trainer, 0, (read, &mut decision), 64, &mut voice, |d| d.observation_sequence);
        while waiting.len() < 8
            && let Some(received) = trainer.try_command().unwrap()
        {
            let observed = received.command.observation_sequence;
            if received.command.reason.to_string() != reason(observed) {
                voice.say(&[[TORN, received.sequence, 0, 0]]);
            }
            voice.say(&[[EXECUTING, received.sequence, 0, 0]]);
            waiting.push(received);
        }
        answer_all(&mut trainer, &mut waiting, &mut voice, |_| 0);
    }
}

/// Reports each outcome that a controller receives. One process receives none twice.
struct Outcomes {
    table: u64,
    given: HashSet<u64>,
}

impl Outcomes {
    fn of(table: u64) -> Self {
        Self { table, given: HashSet::new() }
    }

    fn hear(&mut self, controller: &mut Controller, voice: &mut Voice) {
        while let Some(outcome) = controller.try_outcome().unwrap() {
            if !outcome.status().unwrap().is_final() {
                continue;
            }
            if !self.given.insert(outcome.command_sequence) {
                voice.say(&[[UNTOLD, outcome.command_sequence, self.table, TWICE]]);
            }
            voice.say(&[[GIVEN, outcome.command_sequence, self.table, 0]]);
        }
    }
}

/// Returns the number of the ring of commands of the fleet's lane.
fn table_of(lane: u32) -> u64 {
    1 + u64::from(lane)
}

fn child_fleet_trainer(segment: &Segment, mut voice: Voice, since: u64) {
    let mut trainer = take(|| Trainer::on(segment));
    let generation = trainer.generation();
    voice.say(&[[TAKEN, now_ns() - since, generation, 0]]);
    let env: Vec<u16> = (0..ROWS as u16).collect();
    let mut waiting = Vec::new();
    let mut decision = Decision::default();
    for n in since.. {
        let rows: Vec<Observation> =
            (0..ROWS).map(|row| observation(n.wrapping_mul(ROWS) + row, generation)).collect();
        let sequence = trainer.publish_rows(&rows[..], &env, &[Flags::NONE; ROWS as usize]).unwrap().sequence;
        if n % 8 == 0 {
            trainer.report(&event(n & 0xffff_ffff)).unwrap();
        }
        for lane in 0..trainer.lanes() {
            // Every other time it waits for the answers of one of them, so that both can keep up.
            let read = if n % 2 == 0 && u64::from(lane) == n / 2 % 2 {
                trainer.wait_decision(lane, sequence, &mut decision, NAP).unwrap()
            } else {
                trainer.try_decision(lane, &mut decision).unwrap()
            };
            let number = |d: &Decision| row_number(d.observation_sequence, d.env);
            take_decisions(&mut trainer, lane, (read, &mut decision), 8 * ROWS, &mut voice, number);
        }
        while waiting.len() < 8
            && let Some(received) = trainer.try_command().unwrap()
        {
            let observed = received.command.observation_sequence;
            let said = received.command.reason.to_string();
            let found = trainer.annotations(&received);
            let whole = if observed == 0 {
                let n = said.parse().unwrap_or(0);
                found.len() == ANNOTATIONS
                    && found.iter().enumerate().all(|(i, a)| {
                        let (key, value) = annotation(n, i);
                        a.key().is_ok_and(|k| k == key) && a.value().is_ok_and(|v| v == value)
                    })
            } else {
                found.is_empty() && said == reason(row_number(observed, received.command.env))
            };
            if !whole {
                voice.say(&[[TORN, received.sequence, 0, 0]]);
            }
            voice.say(&[[EXECUTING, received.sequence, table_of(received.lane), 0]]);
            waiting.push(received);
        }
        answer_all(&mut trainer, &mut waiting, &mut voice, table_of);
    }
}

fn child_fleet_controller(segment: &Segment, lane: u32, mut voice: Voice, since: u64) {
    let mut controller = take(|| Controller::on(segment, lane));
    let table = table_of(lane);
    voice.say(&[[TAKEN, now_ns() - since, 0, 0]]);
    let mut rows = vec![Observation::EMPTY; ROWS as usize];
    let (mut env, mut flags) = ([0; ROWS as usize], [Flags::NONE; ROWS as usize]);
    let (mut generations, mut expected) = (Generations::default(), None);
    let mut outcomes = Outcomes::of(table);
    loop {
        match controller.next_rows(&mut rows[..], &mut env, &mut flags, NAP).unwrap() {
            Read::Record(meta) => {
                let in_place = env.iter().enumerate().all(|(i, env)| usize::from(*env) == i);
                let alike = rows.iter().all(|row| generation_in(row) == generation_in(&rows[0]));
                if !rows.iter().all(is_whole) || !in_place || !alike {
                    voice.say(&[[TORN, meta.sequence, 0, 0]]);
                }
                let announced = generations.record(&meta, generation_in(&rows[0]), || {
                    newest_generation(controller.segment(), OBSERVATIONS)
                });
                if !announced {
                    voice.say(&[[
                        UNTOLD,
                        meta.sequence,
                        meta.generation,
                        GENERATION | generation_in(&rows[0]) << 8,
                    ]]);
                }
                if *expected.get_or_insert(meta.sequence) != meta.sequence {
                    voice.say(&[[UNTOLD, meta.sequence, meta.generation, PLACE]]);
                }
                expected = Some(meta.sequence + 1);
                decide_on_rows(&mut controller, &meta, &env, &mut voice);
                if meta.sequence % 8 == 0 {
                    annotate(&mut controller, meta.sequence, &mut voice);
                }
                voice.say(&[[WHOLE, 1, 0, 0]]);
            }
            notice => hear_of(notice, &mut generations, &mut expected, &mut voice),
        }
        outcomes.hear(&mut controller, &mut voice);
    }
}

/// Checks a read that returned no record against the expected state.
fn hear_of(notice: Read, generations: &mut Generations, expected: &mut Option<u64>, voice: &mut Voice) {
    match notice {
        Read::Restarted { generation, first_sequence } if !generations.restarted(generation) => {
            voice.say(&[[UNTOLD, first_sequence, generation, RESTART]]);
        }
        Read::Lapped { missed, next } => {
            if expected.is_some_and(|e| e + missed != next) {
                voice.say(&[[UNTOLD, next, missed, MISSED]]);
            }
            *expected = Some(next);
        }
        Read::WriterGone(Ending::Died) => {
            voice.say(&[[DIED, 0, 0, 0]]);
            std::thread::sleep(Duration::from_micros(200));
        }
        _ => {}
    }
}

/// Decides on the rows of a slot in one batch: acts on a few, and decides WAIT where the ring of
/// commands is full.
fn decide_on_rows(controller: &mut Controller, meta: &Meta, env: &[u16], voice: &mut Voice) {
    let table = table_of(controller.lane());
    let metas: Vec<Meta> = env.iter().map(|&env| meta.of_row(env, Flags::NONE)).collect();
    let numbers: Vec<u64> = env.iter().map(|&env| row_number(meta.sequence, env)).collect();
    let reasons: Vec<String> = numbers.iter().map(|&n| reason(n)).collect();
    let answers: Vec<Answer<'_>> = numbers
        .iter()
        .zip(&reasons)
        .map(|(&n, reason)| Answer { value_estimate: estimate(n), reason, ..Answer::default() })
        .collect();
    let mut actions: Vec<usize> = numbers
        .iter()
        .map(|&n| if hash(n).is_multiple_of(32) { GERMINATE } else { ActionSpace::WAIT })
        .collect();
    let mut from = 0;
    while from < metas.len() {
        let mut decided = vec![Decided::default(); metas.len() - from];
        match controller.decide_batch(&metas[from..], &actions[from..], &answers[from..], &mut decided) {
            Ok(n) => from += n,
            Err(e) if is_no_room(&e) => {
                if matches!(e.kind(), ErrorKind::ConsumerGone | ErrorKind::NoConsumer) {
                    voice.say(&[[DIED, 0, 0, 0]]);
                }
                actions[from..].fill(ActionSpace::WAIT);
            }
            Err(e) => panic!("{e}"),
        }
        for ticket in decided.iter().filter_map(|d| d.command) {
            voice.say(&[[SENT, ticket.sequence, table, 0]]);
        }
    }
}

/// Sends a command that answers no observation, with annotations.
fn annotate(controller: &mut Controller, n: u64, voice: &mut Voice) {
    let table = table_of(controller.lane());
    let command = AdaptationCommand::new(CommandType::RequestState).with_reason(&n.to_string());
    let pairs: Vec<(String, String)> = (0..ANNOTATIONS).map(|i| annotation(n, i)).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&k[..], &v[..])).collect();
    match controller.send_annotated(command, &pairs) {
        Ok(ticket) => voice.say(&[[SENT, ticket.sequence, table, 0]]),
        Err(e) if is_no_room(&e) => {}
        Err(e) => panic!("{e}"),
    }
}

fn child_controller(mut voice: Voice, since: u64) {
    let mut outcomes = Outcomes::of(0);
    let mut controller = take(|| Controller::attach(LINK, &Options::default(), common::LONG));
    voice.say(&[[TAKEN, now_ns() - since, 0, 0]]);
    let mut seen = Observation::EMPTY;
    let (mut generations, mut expected) = (Generations::default(), None);
    loop {
        match controller.next(&mut seen, NAP).unwrap() {
            Read::Record(meta) => {
                if !is_whole(&seen) {
                    voice.say(&[[TORN, meta.sequence, 0, 0]]);
                }
                let announced = generations.record(&meta, generation_in(&seen), || {
                    newest_generation(controller.segment(), OBSERVATIONS)
                });
                if !announced {
                    voice.say(&[[
                        UNTOLD,
                        meta.sequence,
                        meta.generation,
                        GENERATION | generation_in(&seen) << 8,
                    ]]);
                }
                if *expected.get_or_insert(meta.sequence) != meta.sequence {
                    voice.say(&[[UNTOLD, meta.sequence, meta.generation, PLACE]]);
                }
                expected = Some(meta.sequence + 1);
                let reason = reason(meta.sequence);
                let value_estimate = estimate(meta.sequence);
                let answer = Answer { value_estimate, reason: &reason, ..Answer::default() };
                let act = meta.sequence % ACT_EVERY == 0;
                let decided = match controller.decide(&meta, if act { GERMINATE } else { 0 }, &answer) {
                    // No room for a command: waiting needs none.
                    Err(e) if is_no_room(&e) => {
                        if matches!(e.kind(), ErrorKind::ConsumerGone | ErrorKind::NoConsumer) {
                            voice.say(&[[DIED, 0, 0, 0]]);
                        }
                        controller.decide(&meta, ActionSpace::WAIT, &answer).unwrap()
                    }
                    decided => decided.unwrap(),
                };
                voice.say(&[[WHOLE, 1, 0, 0]]);
                if let Some(ticket) = decided.command {
                    voice.say(&[[SENT, ticket.sequence, 0, 0]]);
                }
            }
            notice => hear_of(notice, &mut generations, &mut expected, &mut voice),
        }
        outcomes.hear(&mut controller, &mut voice);
    }
}

/// The ledger of a storm.
#[derive(Default)]
struct Ledger {
    kills: u64,
    records: u64,
    torn: u64,
    lost: u64,
    unexplained: u64,
    redelivered: u64,
    told_of_deaths: u64,
    /// The number of stopped processes that were found alive.
    stopped: u64,
    takeovers: Vec<u64>,
    /// Descriptions of what went wrong.
    wrong: Vec<String>,
    // The ring.
    accepted: u64,
    /// The last delivered sequence and the last committed one.
    read: u64,
    committed: u64,
    /// The generations of the records delivered last, by their sequences.
    generations: Vec<u64>,
    // The links, by sequences of commands.
    commands: [Vec<Known>; TABLES],
}

/// The ledger's entry of a command.
#[derive(Clone, Copy, Default)]
struct Known {
    sent: bool,
    executed: u32,
    answered: bool,
    /// The number of final outcomes seen in the ring.
    finals: u32,
    /// True if a controller reported that it received the outcome.
    given: bool,
}

impl Ledger {
    fn note(&mut self, role: &str, what: &str) {
        if self.wrong.len() < 20 {
            self.wrong.push(format!("{role}: {what}"));
        }
    }

    fn command(&mut self, table: u64, sequence: u64) -> &mut Known {
        let (commands, at) = (&mut self.commands[table as usize], sequence as usize);
        if commands.len() <= at {
            commands.resize(at + 1, Known::default());
        }
        &mut commands[at]
    }

    /// Records the deliveries of a consumer, in order.
    fn delivered(&mut self, from: u64, to: u64, generation: u64) {
        if from > self.read + 1 {
            self.lost += from - self.read - 1;
            self.note("consumer", &format!("{from} after {}", self.read));
        }
        if self.generations.is_empty() {
            self.generations = vec![0; 4 * SLOTS as usize];
        }
        let slots = self.generations.len() as u64;
        for sequence in from..=to {
            let known = self.generations[(sequence % slots) as usize];
            if sequence <= self.read {
                // Its reader died before it committed it, or else there is no reason for this.
                if sequence <= self.committed {
                    self.unexplained += 1;
                    self.note("consumer", &format!("{sequence} again, committed up to {}", self.committed));
                } else {
                    self.redelivered += 1;
                }
                if known != generation {
                    self.unexplained += 1;
                    self.note(
                        "consumer",
                        &format!("{sequence} is of generation {known} and of {generation}"),
                    );
                }
            } else {
                self.records += 1;
            }
            self.generations[(sequence % slots) as usize] = generation;
        }
        self.read = self.read.max(to);
    }

    fn hear(&mut self, role: &str, [kind, a, b, c]: [u64; 4]) {
        match kind {
            TAKEN => {
                self.takeovers.push(a);
                if role == "writer" && b <= self.accepted {
                    self.unexplained += 1;
                    self.note(role, &format!("goes on at {b}, {} was accepted", self.accepted));
                }
            }
            ACCEPTED => self.accepted = self.accepted.max(a),
            READ => self.delivered(a, b, c),
            COMMITTED => self.committed = self.committed.max(a),
            TORN => {
                self.torn += 1;
                self.note(role, &format!("{a} is torn"));
            }
            UNTOLD => {
                self.unexplained += 1;
                let what = ["generation", "place", "restart", "missed", "twice"][c as usize & 0xff];
                self.note(role, &format!("{a} must not be: {what} ({b}; {})", c >> 8));
            }
            DIED => self.told_of_deaths += 1,
            EXECUTING => {
                let known = self.command(b, a);
                known.executed += 1;
                let (again, answered) = (known.executed > 1, known.answered);
                self.records += u64::from(!again);
                self.redelivered += u64::from(again && !answered);
                if again && answered {
                    self.unexplained += 1;
                    self.note(role, &format!("command {a} again, it was answered"));
                }
            }
            ANSWERED => self.command(b, a).answered = true,
            SENT => self.command(b, a).sent = true,
            GIVEN => self.command(b, a).given = true,
            WHOLE => self.records += a,
            other => panic!("{role} says {other}"),
        }
    }
}

/// A child that waits for its start.
struct Standby {
    child: Child,
    start: Box<dyn Write + Send>,
}

fn standby(role: &str, stage: &Stage) -> Standby {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--as", role]).env("LEYLINE_DIR", stage.folder.path()).stdout(Stdio::piped());
    if role.starts_with(FLEET) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let child = command.stdin(OwnedFd::from(theirs)).spawn().unwrap();
        stage.fleet.send_to(&ours, Access::ReadWrite, common::LONG).unwrap();
        return Standby { child, start: Box::new(ours) };
    }
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let start = Box::new(child.stdin.take().unwrap());
    Standby { child, start }
}

/// The directory and the segments of a storm.
struct Stage {
    folder: Folder,
    ring: Segment,
    fleet: Segment,
}

impl Stage {
    /// Returns the peer state of a role.
    fn peer(&self, role: &str) -> PeerState {
        let lane = FLEET_CONTROLLERS.iter().position(|name| *name == role).unwrap_or(0) as u32;
        let (segment, ring) = match role {
            "writer" | "consumer" => (self.ring.clone(), RING.to_owned()),
            "trainer" | "controller" => {
                let link = Segment::attach(LINK, &self.folder.options()).unwrap();
                (link, if role == "trainer" { OBSERVATIONS.to_owned() } else { decisions_ring(0) })
            }
            FLEET_TRAINER => (self.fleet.clone(), OBSERVATIONS.to_owned()),
            _ => (self.fleet.clone(), decisions_ring(lane)),
        };
        let status = segment.ring_status(&ring).unwrap();
        match role {
            "consumer" if status.consumers[0].held => PeerState::Held { silent_for: None },
            "consumer" => PeerState::Never,
            _ => status.writer,
        }
    }
}

fn signal(pid: libc::pid_t, signal: i32) {
    // SAFETY: sends a signal to a child of this process, which is not reaped before this has
    // returned.
    unsafe { libc::kill(pid, signal) };
}

/// Stops a process for a while. If it has reported that it holds its roles, it must hold them all
/// the time.
fn stop(
    role: &str,
    pid: libc::pid_t,
    holds: &AtomicBool,
    stage: &Stage,
    ledger: &Mutex<Ledger>,
    dice: &mut Dice,
) {
    signal(pid, libc::SIGSTOP);
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state follows the name, which may have anything in it.
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 'Z']))
    };
    while !is_stopped() {
        std::thread::yield_now();
    }
    let held = holds.load(Ordering::SeqCst);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        let state = if held { stage.peer(role) } else { PeerState::Held { silent_for: None } };
        if !matches!(state, PeerState::Held { .. }) {
            let mut ledger = ledger.lock().unwrap();
            ledger.unexplained += 1;
            ledger.note(role, &format!("stopped, and called {state:?}"));
        }
    }
    ledger.lock().unwrap().stopped += u64::from(held);
    signal(pid, libc::SIGCONT);
}

impl Standby {
    fn go(&mut self) {
        let _ = writeln!(self.start, "{}", now_ns());
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = hash(self.0);
        self.0 % limit.max(1)
    }
}

/// Runs, kills and succeeds one role until the storm is over.
fn haunt(role: &str, stage: &Stage, ledger: &Mutex<Ledger>, over: &AtomicBool, seed: u64) {
    let mut dice = Dice(hash(seed ^ role.bytes().fold(0, |h, b| hash(h ^ u64::from(b)))));
    let mut living = standby(role, stage);
    living.go();
    let mut next = standby(role, stage);
    loop {
        // Most live for some milliseconds, some die while they take their roles over.
        let life = match dice.below(4) {
            0 => Duration::from_micros(dice.below(1000)),
            _ => Duration::from_micros(dice.below(12_000)),
        };
        // Most successors come at once, some let the others find out first.
        let gap = if dice.below(4) == 0 { dice.below(12_000) } else { 0 };
        // Some are stopped in the middle of it; a few of those die without going on.
        let stops = dice.below(8) == 0;
        let holds = AtomicBool::new(false);
        let last = std::thread::scope(|scope| {
            let pid = living.child.id() as libc::pid_t;
            let (next, holds, dice) = (&mut next, &holds, &mut dice);
            let killer = scope.spawn(move || {
                std::thread::sleep(life);
                // It is not reaped before this thread has ended, so that its number is its own.
                if stops {
                    stop(role, pid, holds, stage, ledger, dice);
                    std::thread::sleep(Duration::from_micros(dice.below(4_000)));
                }
                signal(pid, libc::SIGKILL);
                let last = over.load(Ordering::SeqCst);
                if !last {
                    if gap > 0 {
                        std::thread::sleep(Duration::from_micros(gap));
                    }
                    next.go();
                }
                last
            });
            let mut voice = BufReader::with_capacity(1 << 16, living.child.stdout.take().unwrap());
            let mut words = [0; 32];
            while voice.read_exact(&mut words).is_ok() {
                let mut said = [0; 4];
                for (n, bytes) in said.iter_mut().zip(words.as_chunks::<8>().0) {
                    *n = u64::from_le_bytes(*bytes);
                }
                if said[0] == TAKEN {
                    holds.store(true, Ordering::SeqCst);
                }
                ledger.lock().unwrap().hear(role, said);
            }
            killer.join().unwrap()
        });
        let ended = living.child.wait().unwrap();
        let mut ledger = ledger.lock().unwrap();
        ledger.kills += 1;
        if ended.signal() != Some(libc::SIGKILL) {
            ledger.unexplained += 1;
            ledger.note(role, &format!("ended by itself: {ended}"));
        }
        drop(ledger);
        if last {
            let _ = next.child.kill();
            let _ = next.child.wait();
            return;
        }
        living = std::mem::replace(&mut next, standby(role, stage));
    }
}

/// Reads the ring beside its consumer.
fn observe_ring(segment: &Segment, ledger: &Mutex<Ledger>, over: &AtomicBool) {
    let mut observer = Observer::<Checked>::open(segment, RING, Start::Oldest).unwrap();
    let mut got = Checked::new(0, 0);
    let mut whole = 0;
    while !over.load(Ordering::SeqCst) {
        match observer.next(&mut got, NAP).unwrap() {
            Read::Record(meta) if got.is(&meta) => whole += 1,
            Read::Record(meta) => ledger.lock().unwrap().hear("observer", [TORN, meta.sequence, 0, 0]),
            Read::WriterGone(Ending::Died) => {
                ledger.lock().unwrap().told_of_deaths += 1;
                std::thread::sleep(Duration::from_micros(200));
            }
            _ => {}
        }
    }
    ledger.lock().unwrap().records += whole;
}

/// Reads the decisions of a lane: one for each row of each observation, in order, whichever
/// controller made them.
fn observe_decisions(
    segment: &Segment,
    (lane, rows): (u32, u64),
    ledger: &Mutex<Ledger>,
    finished: &AtomicBool,
) {
    let mut observer = Observer::<Decision>::open(segment, &decisions_ring(lane), Start::Oldest).unwrap();
    let mut decision = Decision::default();
    let (mut last, mut whole) = (0, 0);
    loop {
        let done = finished.load(Ordering::SeqCst);
        match observer.next(&mut decision, NAP).unwrap() {
            Read::Record(meta) => {
                let observed = decision.observation_sequence * rows + u64::from(decision.env);
                if decision.value_estimate != estimate(observed) {
                    ledger.lock().unwrap().hear("decisions", [TORN, meta.sequence, 0, 0]);
                }
                if observed <= last {
                    let mut ledger = ledger.lock().unwrap();
                    ledger.unexplained += 1;
                    ledger.note(
                        "decisions",
                        &format!("lane {lane} of {rows} rows: on {observed} after {last}"),
                    );
                }
                (last, whole) = (observed, whole + 1);
            }
            Read::Restarted { .. } | Read::Lapped { .. } => {}
            _ if done => break,
            _ => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    ledger.lock().unwrap().records += whole;
}

/// Reads the outcomes: a final one for each command. The children read them too, but a killed child
/// may lose its report.
fn observe_outcomes(
    segment: &Segment,
    (lane, table): (u32, u64),
    ledger: &Mutex<Ledger>,
    finished: &AtomicBool,
) {
    let mut observer =
        Observer::<CommandOutcome>::open(segment, &outcomes_ring(lane), Start::Oldest).unwrap();
    let command = AdaptationCommand::new(CommandType::RequestState);
    let mut outcome = CommandOutcome::rejected(&command, 0, OutcomeCode::None, "");
    loop {
        let done = finished.load(Ordering::SeqCst);
        match observer.next(&mut outcome, NAP).unwrap() {
            Read::Record(_) => {
                if outcome.status().unwrap().is_final() {
                    let mut ledger = ledger.lock().unwrap();
                    let known = ledger.command(table, outcome.command_sequence);
                    known.finals += 1;
                    if known.finals > 1 {
                        ledger.unexplained += 1;
                        let what = format!("command {} of table {table} twice", outcome.command_sequence);
                        ledger.note("outcomes", &what);
                    }
                }
            }
            Read::Lapped { missed, .. } => {
                panic!("the outcomes came too fast to be watched: {missed} missed")
            }
            Read::Restarted { .. } => {}
            _ if done => return,
            _ => std::thread::sleep(Duration::from_micros(200)),
        }
    }
}

/// Reads the reports of the fleet's trainers.
fn observe_reports(segment: &Segment, ledger: &Mutex<Ledger>, over: &AtomicBool) {
    let mut observer = Observer::<TelemetryEvent>::open(segment, "events", Start::Oldest).unwrap();
    let mut got = event(0);
    let (mut whole, mut expected) = (0, 1);
    while !over.load(Ordering::SeqCst) {
        match observer.next(&mut got, NAP).unwrap() {
            Read::Record(meta) => {
                let n = got.time_unix_ns as u64;
                if got == event(n) && meta.sequence == expected {
                    whole += 1;
                } else {
                    ledger.lock().unwrap().hear("reports", [TORN, meta.sequence, expected, 0]);
                }
                expected = meta.sequence + 1;
            }
            Read::Lapped { missed, next } => {
                if expected + missed != next {
                    ledger.lock().unwrap().hear("reports", [UNTOLD, next, missed, MISSED]);
                }
                expected = next;
            }
            Read::WriterGone(Ending::Died) => std::thread::sleep(Duration::from_micros(200)),
            _ => {}
        }
    }
    ledger.lock().unwrap().records += whole;
}

/// Runs the last successors of a link, which execute the remaining commands and read the remaining
/// outcomes.
fn finish_link(
    trainer: &mut Trainer,
    controllers: &mut [Controller],
    first_table: u64,
    ledger: &Mutex<Ledger>,
) {
    let hear = |controllers: &mut [Controller]| {
        for (lane, controller) in controllers.iter_mut().enumerate() {
            while let Some(outcome) = controller.try_outcome().unwrap() {
                let table = first_table + lane as u64;
                ledger.lock().unwrap().hear("last", [GIVEN, outcome.command_sequence, table, 0]);
            }
        }
    };
    loop {
        hear(controllers);
        let refused = trainer.refused();
        let Some(received) = trainer.try_command().unwrap() else {
            // One that found no room to be refused is refused next time.
            if trainer.refused() == refused {
                break;
            }
            continue;
        };
        let table = first_table + u64::from(received.lane);
        ledger.lock().unwrap().hear("last", [EXECUTING, received.sequence, table, 0]);
        trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
        ledger.lock().unwrap().hear("last", [ANSWERED, received.sequence, table, 0]);
    }
    hear(controllers);
}

/// Runs the last consumer, which reads what is left.
fn finish(stage: &Stage, ledger: &Mutex<Ledger>) {
    let folder = &stage.folder;
    let segment = Segment::attach(RING, &folder.options()).unwrap();
    let mut consumer = take(|| Consumer::<Checked>::open(&segment, RING, 0, Commit::Manual));
    let mut writer = take(|| Writer::<Checked>::open(&segment, RING));
    let mut got = Checked::new(0, 0);
    loop {
        match consumer.try_next(&mut got) {
            Read::Record(meta) => {
                let mut ledger = ledger.lock().unwrap();
                if !got.is(&meta) {
                    ledger.hear("last", [TORN, meta.sequence, 0, 0]);
                }
                ledger.delivered(meta.sequence, meta.sequence, got.generation);
            }
            Read::Restarted { .. } => {}
            Read::Empty => break,
            other => panic!("{other:?}"),
        }
    }
    consumer.commit().unwrap();
    let mut known = ledger.lock().unwrap();
    let (accepted, read, next) = (known.accepted, known.read, writer.next_sequence());
    if accepted > read {
        known.lost += accepted - read;
        known.note("last", &format!("accepted up to {accepted}, delivered up to {read}"));
    }
    drop(known);
    assert_eq!(next, read + 1, "a successor goes on after the last record");
    assert_eq!(writer.publish(&Checked::new(next, writer.generation())).unwrap(), next);
    assert!(matches!(consumer.next(&mut got, patiently()).unwrap(), Read::Restarted { .. }));

    let (mut trainer, _) = take(|| Trainer::open_or_create(LINK, &link(), &folder.options()));
    let controller = take(|| Controller::attach(LINK, &folder.options(), common::LONG));
    finish_link(&mut trainer, &mut [controller], 0, ledger);
    let mut trainer = take(|| Trainer::on(&stage.fleet));
    let mut controllers = [0, 1].map(|lane| take(|| Controller::on(&stage.fleet, lane)));
    finish_link(&mut trainer, &mut controllers, 1, ledger);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, role] = &arguments[..]
        && flag == "--as"
    {
        return child(role);
    }
    // As the harness of the other tests would: a filter that does not mean this one.
    let filter = arguments.iter().find(|a| !a.starts_with('-'));
    if arguments.iter().any(|a| a == "--list" || a == "--ignored")
        || filter.is_some_and(|f| !"kill_storm".contains(f.as_str()))
    {
        return;
    }
    let variable = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let length = Duration::from_secs(variable("LEYLINE_STORM_SECONDS").unwrap_or(4));
    let seed = variable("LEYLINE_STORM_SEED").unwrap_or_else(|| hash(now_ns()) >> 32);
    println!("\nkill_storm: {length:?} of it, LEYLINE_STORM_SEED={seed}");
    let ledger = storm(length, seed);
    let mut ledger = ledger.into_inner().unwrap();
    ledger.takeovers.sort_unstable();
    let p50 = ledger.takeovers.get(ledger.takeovers.len() / 2).map_or(0, |ns| ns / 1000);
    for wrong in &ledger.wrong {
        println!("{wrong}");
    }
    let Ledger { kills, records, torn, lost, unexplained, redelivered, told_of_deaths, stopped, .. } = ledger;
    println!(
        "deaths told to survivors {told_of_deaths}, successions {}, stopped and alive {stopped}, commands {:?}",
        ledger.takeovers.len(),
        ledger.commands.each_ref().map(Vec::len)
    );
    println!(
        "kill_storm: kills {kills} records {records} torn {torn} lost {lost} unexplained {unexplained} \
         redelivered {redelivered} takeover_p50_us {p50}"
    );
    let quiet = kills < 4
        || [told_of_deaths, stopped, ledger.read].contains(&0)
        || ledger.commands.iter().any(|table| table.len() < 2);
    if torn + lost + unexplained > 0 || quiet {
        std::process::exit(1);
    }
}

fn storm(length: Duration, seed: u64) -> Mutex<Ledger> {
    let folder = Folder::new();
    let ring = Segment::create(RING, &rings(), &folder.options()).unwrap();
    let fleet = Segment::create_memfd(FLEET, &fleet().to_spec().unwrap(), &Options::default()).unwrap();
    let stage = Stage { folder, ring, fleet };
    let ledger = Mutex::new(Ledger::default());
    let (over, finished) = (AtomicBool::new(false), AtomicBool::new(false));
    let start = Instant::now();
    let mut roles = vec!["writer", "consumer", "trainer", "controller", FLEET_TRAINER];
    roles.extend(FLEET_CONTROLLERS);
    let alive = AtomicU64::new(roles.len() as u64);
    std::thread::scope(|scope| {
        let (stage, ledger, over, finished, alive) = (&stage, &ledger, &over, &finished, &alive);
        for role in roles {
            scope.spawn(move || {
                haunt(role, stage, ledger, over, seed);
                alive.fetch_sub(1, Ordering::SeqCst);
            });
        }
        scope.spawn(|| observe_ring(&stage.ring, ledger, over));
        scope.spawn(|| observe_reports(&stage.fleet, ledger, over));
        for lane in 0..FLEET_CONTROLLERS.len() as u32 {
            scope.spawn(move || observe_decisions(&stage.fleet, (lane, ROWS), ledger, finished));
            scope.spawn(move || observe_outcomes(&stage.fleet, (lane, table_of(lane)), ledger, finished));
        }
        let link = Segment::attach_waiting(LINK, &stage.folder.options(), common::LONG).unwrap();
        let watched = link.clone();
        scope.spawn(move || observe_decisions(&watched, (0, 1), ledger, finished));
        scope.spawn(move || observe_outcomes(&link, (0, 0), ledger, finished));
        std::thread::sleep(length.saturating_sub(start.elapsed()));
        over.store(true, Ordering::SeqCst);
        while alive.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        finish(stage, ledger);
        finished.store(true, Ordering::SeqCst);
    });
    let mut known = ledger.lock().unwrap();
    for table in 0..TABLES {
        let commands = std::mem::take(&mut known.commands[table]);
        for (n, command) in commands.iter().enumerate().skip(1) {
            if command.finals == 0 && (command.sent || command.executed > 0) {
                known.lost += 1;
                known.note("commands", &format!("{n} of table {table} was accepted and never answered"));
            } else if command.finals > 0 && !command.given {
                known.lost += 1;
                known.note("commands", &format!("the outcome of {n} of table {table} was given to nobody"));
            }
        }
        known.commands[table] = commands;
    }
    drop(known);
    ledger
}
