//! SIGKILL at random moments, thousands of times, under full load: a writer and a consumer of a ring, and a trainer and a
//! controller of a link, each killed and succeeded over and over while the others go on.
//!
//! `cargo test` runs a few seconds of it. `LEYLINE_STORM_SECONDS=600 cargo test --release --test kill_storm` runs as long
//! as it is told, `LEYLINE_STORM_SEED` repeats the moments of an earlier storm. The last line is the summary:
//!
//! ```text
//! kill_storm: kills N records N torn 0 lost 0 unexplained 0 redelivered N takeover_p50_us T
//! ```
//!
//! *records*: read and found whole, each counted once for each ring. *lost*: accepted (the call had returned) and never
//! delivered, or a gap. *redelivered*: delivered or executed again because its consumer died before it committed.
//! *unexplained*: anything else that must not be, such as a command executed again after it was answered, a second answer,
//! a decision made twice, a sequence given out twice, a restart that was not told. *takeover*: from the SIGKILL (or, where
//! the successor is held back, from its start) to the successor's having all its roles; it runs already and waits.
//!
//! What happened is known from what the processes say on pipes: a child says before it commits or answers what it was
//! given, and afterwards that it has. A write to a pipe is whole or not there, so that the ledger survives the kills.

mod common;

use common::{Folder, patiently};
use leyline::contract::command::{CommandOutcome, Decision, OutcomeCode};
use leyline::link::{OBSERVATIONS, decisions_ring, outcomes_ring};
use leyline::{
    ActionSpace, Answer, Commit, Consumer, Controller, Ending, ErrorKind, Feature, LinkSpec, Meta,
    Observation, Observer, Options, Policy, Read, RingSpec, Segment, Spec, Stamp, Start, Trainer, Wait,
    Writer, record,
};
use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const RING: &str = "ring";
const LINK: &str = "link";
const SLOTS: u64 = 256;
const BATCH: usize = 64;
/// One observation in so many is acted on.
const ACT_EVERY: u64 = 4;
const GERMINATE: usize = 1;
const NAP: Wait = Wait::sleep(Duration::from_millis(20));

/// A record that a torn copy cannot pass for: every word depends on the number and the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Checked {
    n: u64,
    epoch: u64,
    words: [u64; 30],
}
record! { Checked as "storm" version 1 {
    n: u64, "-", 0.0, 2e19;
    epoch: u64, "-", 0.0, 2e19;
    words: [u64; 30], "-", 0.0, 2e19;
} }

fn hash(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Checked {
    fn new(n: u64, epoch: u64) -> Self {
        Self { n, epoch, words: std::array::from_fn(|i| hash(n ^ epoch << 40 ^ i as u64)) }
    }

    fn is(&self, meta: &Meta) -> bool {
        *self == Self::new(meta.sequence, self.epoch)
    }
}

/// Every feature depends on the number and the epoch; a seed may be germinated.
fn observation(n: u64, epoch: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = (n & 0xf_ffff) as f32;
    o[Feature::GlobalStep] = (epoch & 0xf_ffff) as f32;
    let part = |i: u64| (hash(n & 0xf_ffff ^ epoch << 24 ^ i << 56) >> 40) as f32 / 16_777_216.0;
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
    *o == observation(o[Feature::Epoch] as u64, epoch_in(o))
}

fn epoch_in(o: &Observation) -> u64 {
    o[Feature::GlobalStep] as u64
}

fn newest_epoch(segment: &Segment, ring: &str) -> u64 {
    segment.ring_status(ring).unwrap().epoch
}

/// Holds what a reader is told of epochs against what the records themselves say.
#[derive(Default)]
struct Epochs {
    told: Option<u64>,
}

impl Epochs {
    /// Whether a record is of the epoch that it says and that was told last. A ring remembers its last 128 take-overs:
    /// of a record from before them, which takes `newest` to know, only the latter is asked.
    fn record(&mut self, meta: &Meta, epoch: u64, newest: impl FnOnce() -> u64) -> bool {
        (epoch == meta.epoch || newest() - epoch >= 128) && *self.told.get_or_insert(meta.epoch) == meta.epoch
    }

    /// Whether the epoch that is told is a later one.
    fn restarted(&mut self, epoch: u64) -> bool {
        self.told.replace(epoch).is_none_or(|told| told < epoch)
    }
}

/// What a decision on an observation says beside the action.
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

fn now_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

// What the children say, as four numbers each: a kind and three more.
const TAKEN: u64 = 1; // nanoseconds it took, next sequence or epoch
const ACCEPTED: u64 = 2; // up to that sequence
const READ: u64 = 3; // from, to, of that epoch
const COMMITTED: u64 = 4; // up to that sequence
const TORN: u64 = 5;
const UNTOLD: u64 = 6; // a record of an epoch that was not announced, or a number of missed ones that is wrong
const DIED: u64 = 7; // was told of a death
const EXECUTING: u64 = 8; // command
const ANSWERED: u64 = 9; // command
const SENT: u64 = 10; // command
const WHOLE: u64 = 11; // so many observations or decisions

/// A child's voice.
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

/// Tries until the role is free: its holder may still be on its way out.
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
    let mut go = String::new();
    io::stdin().read_line(&mut go).unwrap();
    let Ok(since) = go.trim().parse::<u64>() else { return };
    let voice = Voice::new();
    match role {
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
    voice.say(&[[TAKEN, now_ns() - since, writer.next_sequence(), writer.epoch()]]);
    let (epoch, mut n) = (writer.epoch(), writer.next_sequence());
    let mut batch = Vec::with_capacity(SLOTS as usize);
    loop {
        // One at a time, and in batches up to the ring's length.
        let length = hash(n) % 8 * SLOTS / 8;
        let accepted = if length == 0 {
            writer.publish_waiting(&Checked::new(n, epoch), Stamp::default(), NAP).map(|_| 1)
        } else {
            batch.clear();
            batch.extend((n..n + length).map(|n| Checked::new(n, epoch)));
            writer.publish_batch(&batch).map(|n| n as u64)
        };
        match accepted {
            Ok(accepted) => {
                n += accepted;
                voice.say(&[[ACCEPTED, n - 1, 0, 0]]);
            }
            Err(e) if e.kind() == ErrorKind::ConsumerGone => {
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
    let mut epochs = Epochs::default();
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
            if !epochs.record(meta, record.epoch, || newest_epoch(&segment, RING)) {
                said.push([UNTOLD, meta.sequence, meta.epoch, 0]);
            }
        }
        if batch.count > 0 {
            // One run for each epoch.
            let read: Vec<(u64, u64)> =
                records.iter().zip(&metas).take(batch.count).map(|(r, m)| (m.sequence, r.epoch)).collect();
            for run in read.chunk_by(|a, b| a.1 == b.1) {
                said.push([READ, run[0].0, run[run.len() - 1].0, run[0].1]);
            }
            voice.say(&said);
            consumer.commit().unwrap();
            voice.say(&[[COMMITTED, metas[batch.count - 1].sequence, 0, 0]]);
        }
        match batch.end {
            Read::Restarted { epoch, first_sequence } if !epochs.restarted(epoch) => {
                voice.say(&[[UNTOLD, first_sequence, epoch, 0]]);
            }
            Read::Lapped { missed, next } => voice.say(&[[UNTOLD, next, missed, 0]]),
            Read::WriterGone(Ending::Died) => {
                voice.say(&[[DIED, 0, 0, 0]]);
                std::thread::sleep(Duration::from_micros(200));
            }
            _ => {}
        }
    }
}

fn child_trainer(mut voice: Voice, since: u64) {
    let (mut trainer, _) = take(|| Trainer::open_or_create(LINK, &link(), &Options::default()));
    let epoch = trainer.epoch();
    voice.say(&[[TAKEN, now_ns() - since, epoch, 0]]);
    let mut waiting = Vec::new();
    let mut decision = Decision::default();
    for n in since.. {
        let sequence = trainer.publish(&observation(n, epoch)).unwrap().sequence;
        // As a rule it goes on; now and then it waits for the answer, asleep.
        let mut read = if n % 16 == 0 {
            trainer.wait_decision(0, sequence, &mut decision, NAP).unwrap()
        } else {
            trainer.try_decision(0, &mut decision).unwrap()
        };
        let mut whole = 0;
        for _ in 0..64 {
            match read {
                Read::Record(meta) => {
                    if decision.value_estimate != estimate(decision.observation_sequence) {
                        voice.say(&[[TORN, meta.sequence, 0, 0]]);
                    }
                    whole += 1;
                }
                Read::WriterGone(Ending::Died) => voice.say(&[[DIED, 0, 0, 0]]),
                Read::Empty => break,
                _ => {}
            }
            read = trainer.try_decision(0, &mut decision).unwrap();
        }
        if whole > 0 {
            voice.say(&[[WHOLE, whole, 0, 0]]);
        }
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
        // Answered in another order than they came in.
        while let Some(received) = waiting.pop() {
            let outcome = CommandOutcome::executed(&received.command, received.sequence);
            match trainer.answer(&received, outcome) {
                Ok(_) => voice.say(&[[ANSWERED, received.sequence, 0, 0]]),
                Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone) => {
                    waiting.push(received);
                    break;
                }
                Err(e) => panic!("{e}"),
            }
        }
    }
}

fn child_controller(mut voice: Voice, since: u64) {
    let mut controller = take(|| Controller::attach(LINK, &Options::default(), common::LONG));
    voice.say(&[[TAKEN, now_ns() - since, 0, 0]]);
    let mut seen = Observation::EMPTY;
    let (mut epochs, mut expected) = (Epochs::default(), None);
    loop {
        match controller.next(&mut seen, NAP).unwrap() {
            Read::Record(meta) => {
                if !is_whole(&seen) {
                    voice.say(&[[TORN, meta.sequence, 0, 0]]);
                }
                let announced = epochs
                    .record(&meta, epoch_in(&seen), || newest_epoch(controller.segment(), OBSERVATIONS));
                if !announced || *expected.get_or_insert(meta.sequence) != meta.sequence {
                    voice.say(&[[UNTOLD, meta.sequence, meta.epoch, 0]]);
                }
                expected = Some(meta.sequence + 1);
                let reason = reason(meta.sequence);
                let value_estimate = estimate(meta.sequence);
                let answer = Answer { value_estimate, reason: &reason, ..Answer::default() };
                let act = meta.sequence % ACT_EVERY == 0;
                let decided = match controller.decide(&meta, if act { GERMINATE } else { 0 }, &answer) {
                    // No room for a command: waiting needs none.
                    Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone) => {
                        if e.kind() == ErrorKind::ConsumerGone {
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
            Read::Restarted { epoch, first_sequence } if !epochs.restarted(epoch) => {
                voice.say(&[[UNTOLD, first_sequence, epoch, 0]]);
            }
            Read::Lapped { missed, next } => {
                if expected.is_some_and(|e| e + missed != next) {
                    voice.say(&[[UNTOLD, next, missed, 0]]);
                }
                expected = Some(next);
            }
            Read::WriterGone(Ending::Died) => {
                voice.say(&[[DIED, 0, 0, 0]]);
                std::thread::sleep(Duration::from_micros(200));
            }
            _ => {}
        }
        while controller.try_outcome().unwrap().is_some() {}
    }
}

/// What is known of a storm.
#[derive(Default)]
struct Ledger {
    kills: u64,
    records: u64,
    torn: u64,
    lost: u64,
    unexplained: u64,
    redelivered: u64,
    told_of_deaths: u64,
    takeovers: Vec<u64>,
    /// What went wrong, for people.
    wrong: Vec<String>,
    // The ring.
    accepted: u64,
    /// The last that was delivered, the last that was committed.
    read: u64,
    committed: u64,
    /// The epochs of the records delivered last, by their sequences.
    epochs: Vec<u64>,
    // The link, by sequences of commands.
    commands: Vec<Known>,
}

/// What is known of a command.
#[derive(Clone, Copy, Default)]
struct Known {
    sent: bool,
    executed: u32,
    answered: bool,
    /// Final outcomes seen in the ring.
    finals: u32,
}

impl Ledger {
    fn note(&mut self, role: &str, what: &str) {
        if self.wrong.len() < 20 {
            self.wrong.push(format!("{role}: {what}"));
        }
    }

    fn command(&mut self, sequence: u64) -> &mut Known {
        let at = sequence as usize;
        if self.commands.len() <= at {
            self.commands.resize(at + 1, Known::default());
        }
        &mut self.commands[at]
    }

    /// Records of the ring that were delivered to whoever holds the consumer's role.
    fn delivered(&mut self, from: u64, to: u64, epoch: u64) {
        if from > self.read + 1 {
            self.lost += from - self.read - 1;
            self.note("consumer", &format!("{from} after {}", self.read));
        }
        if self.epochs.is_empty() {
            self.epochs = vec![0; 4 * SLOTS as usize];
        }
        let slots = self.epochs.len() as u64;
        for sequence in from..=to {
            let known = self.epochs[(sequence % slots) as usize];
            if sequence <= self.read {
                // Its reader died before it committed it, or else there is no reason for this.
                if sequence <= self.committed {
                    self.unexplained += 1;
                    self.note("consumer", &format!("{sequence} again, committed up to {}", self.committed));
                } else {
                    self.redelivered += 1;
                }
                if known != epoch {
                    self.unexplained += 1;
                    self.note("consumer", &format!("{sequence} is of epoch {known} and of {epoch}"));
                }
            } else {
                self.records += 1;
            }
            self.epochs[(sequence % slots) as usize] = epoch;
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
                self.note(role, &format!("{a} was not announced ({b})"));
            }
            DIED => self.told_of_deaths += 1,
            EXECUTING => {
                let known = self.command(a);
                known.executed += 1;
                let (again, answered) = (known.executed > 1, known.answered);
                self.records += u64::from(!again);
                self.redelivered += u64::from(again && !answered);
                if again && answered {
                    self.unexplained += 1;
                    self.note(role, &format!("command {a} again, it was answered"));
                }
            }
            ANSWERED => self.command(a).answered = true,
            SENT => self.command(a).sent = true,
            WHOLE => self.records += a,
            other => panic!("{role} says {other}"),
        }
    }
}

/// A child that waits for its start.
struct Standby {
    child: Child,
    start: ChildStdin,
}

fn standby(role: &str, folder: &Folder) -> Standby {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--as", role])
        .env("LEYLINE_DIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let start = child.stdin.take().unwrap();
    Standby { child, start }
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

/// Lets one role live, die and be succeeded until the storm is over.
fn haunt(role: &str, folder: &Folder, ledger: &Mutex<Ledger>, over: &AtomicBool, seed: u64) {
    let mut dice = Dice(hash(seed ^ role.bytes().fold(0, |h, b| hash(h ^ u64::from(b)))));
    let mut living = standby(role, folder);
    living.go();
    let mut next = standby(role, folder);
    loop {
        // Most live for some milliseconds, some die while they take their roles over.
        let life = match dice.below(4) {
            0 => Duration::from_micros(dice.below(1000)),
            _ => Duration::from_micros(dice.below(12_000)),
        };
        // Most successors come at once, some let the others find out first.
        let gap = if dice.below(4) == 0 { dice.below(12_000) } else { 0 };
        let last = std::thread::scope(|scope| {
            let pid = living.child.id() as libc::pid_t;
            let next = &mut next;
            let killer = scope.spawn(move || {
                std::thread::sleep(life);
                // It is not reaped before this thread has ended, so that its number is its own.
                // SAFETY: sends a signal to a child of this process.
                unsafe { libc::kill(pid, libc::SIGKILL) };
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
        living = std::mem::replace(&mut next, standby(role, folder));
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

/// Reads decisions: one for each observation, in order, whoever made them.
fn observe_decisions(segment: &Segment, ledger: &Mutex<Ledger>, finished: &AtomicBool) {
    let mut observer = Observer::<Decision>::open(segment, &decisions_ring(0), Start::Oldest).unwrap();
    let mut decision = Decision::default();
    let (mut last, mut whole) = (0, 0);
    loop {
        let done = finished.load(Ordering::SeqCst);
        match observer.next(&mut decision, NAP).unwrap() {
            Read::Record(meta) => {
                let observed = decision.observation_sequence;
                if decision.value_estimate != estimate(observed) {
                    ledger.lock().unwrap().hear("decisions", [TORN, meta.sequence, 0, 0]);
                }
                if observed <= last {
                    let mut ledger = ledger.lock().unwrap();
                    ledger.unexplained += 1;
                    ledger.note("decisions", &format!("on {observed} after {last}"));
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

/// Reads outcomes: a final one for each command. The children read them too, but what a child was given it may take along.
fn observe_outcomes(segment: &Segment, ledger: &Mutex<Ledger>, finished: &AtomicBool) {
    let mut observer = Observer::<CommandOutcome>::open(segment, &outcomes_ring(0), Start::Oldest).unwrap();
    let mut outcome = CommandOutcome::rejected(
        &leyline::contract::command::AdaptationCommand::new(
            leyline::contract::stage::CommandType::RequestState,
        ),
        0,
        OutcomeCode::None,
        "",
    );
    loop {
        let done = finished.load(Ordering::SeqCst);
        match observer.next(&mut outcome, NAP).unwrap() {
            Read::Record(_) => {
                if outcome.status().unwrap().is_final() {
                    let mut ledger = ledger.lock().unwrap();
                    let known = ledger.command(outcome.command_sequence);
                    known.finals += 1;
                    if known.finals > 1 {
                        ledger.unexplained += 1;
                        ledger.note("outcomes", &format!("command {} twice", outcome.command_sequence));
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

/// The last successor of all: takes what is left.
fn finish(folder: &Folder, ledger: &Mutex<Ledger>) {
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
                ledger.delivered(meta.sequence, meta.sequence, got.epoch);
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
    assert_eq!(writer.publish(&Checked::new(next, writer.epoch())).unwrap(), next);
    assert!(matches!(consumer.next(&mut got, patiently()).unwrap(), Read::Restarted { .. }));

    let (mut trainer, _) = take(|| Trainer::open_or_create(LINK, &link(), &folder.options()));
    let mut controller = take(|| Controller::attach(LINK, &folder.options(), common::LONG));
    loop {
        while controller.try_outcome().unwrap().is_some() {}
        let refused = trainer.refused();
        let Some(received) = trainer.try_command().unwrap() else {
            // One that found no room to be refused is refused next time.
            if trainer.refused() == refused {
                break;
            }
            continue;
        };
        ledger.lock().unwrap().hear("last", [EXECUTING, received.sequence, 0, 0]);
        trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
        ledger.lock().unwrap().hear("last", [ANSWERED, received.sequence, 0, 0]);
    }
    while controller.try_outcome().unwrap().is_some() {}
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
    let Ledger { kills, records, torn, lost, unexplained, redelivered, told_of_deaths, .. } = ledger;
    println!("deaths told to survivors {told_of_deaths}, successions {}", ledger.takeovers.len());
    println!(
        "kill_storm: kills {kills} records {records} torn {torn} lost {lost} unexplained {unexplained} \
         redelivered {redelivered} takeover_p50_us {p50}"
    );
    let quiet = kills < 4 || told_of_deaths == 0 || ledger.read == 0 || ledger.commands.len() < 2;
    if torn + lost + unexplained > 0 || quiet {
        std::process::exit(1);
    }
}

fn storm(length: Duration, seed: u64) -> Mutex<Ledger> {
    let folder = Folder::new();
    let ring = Segment::create(RING, &rings(), &folder.options()).unwrap();
    let ledger = Mutex::new(Ledger::default());
    let (over, finished) = (AtomicBool::new(false), AtomicBool::new(false));
    let start = Instant::now();
    let alive = AtomicU64::new(4);
    std::thread::scope(|scope| {
        for role in ["writer", "consumer", "trainer", "controller"] {
            scope.spawn(|| {
                haunt(role, &folder, &ledger, &over, seed);
                alive.fetch_sub(1, Ordering::SeqCst);
            });
        }
        scope.spawn(|| observe_ring(&ring, &ledger, &over));
        let link = Segment::attach_waiting(LINK, &folder.options(), common::LONG).unwrap();
        let watched = link.clone();
        let (ledger, finished) = (&ledger, &finished);
        scope.spawn(move || observe_decisions(&watched, ledger, finished));
        scope.spawn(move || observe_outcomes(&link, ledger, finished));
        std::thread::sleep(length.saturating_sub(start.elapsed()));
        over.store(true, Ordering::SeqCst);
        while alive.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        finish(&folder, ledger);
        finished.store(true, Ordering::SeqCst);
    });
    let mut known = ledger.lock().unwrap();
    let lost: Vec<usize> = (1..known.commands.len())
        .filter(|&n| {
            known.commands[n].finals == 0 && (known.commands[n].sent || known.commands[n].executed > 0)
        })
        .collect();
    known.lost += lost.len() as u64;
    for n in lost {
        known.note("commands", &format!("{n} was accepted and never answered"));
    }
    drop(known);
    ledger
}
