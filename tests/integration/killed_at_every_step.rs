//! Kills a process at each named step of the protocol (`src/sys/kill.rs`), in each role that passes
//! it, and checks each time what the survivors and the successor rely on.
//!
//! The victim is `tests/killed/victim.rs`, built with `--cfg leyline_kill_points` in its own
//! folder. It reports on a pipe before and after each action, so that the survivors' state can be
//! compared with what it had accepted, executed or committed. A first run without a death records
//! which steps each role passes, and how often.

#[path = "../killed/records.rs"]
mod records;

use crate::common::{self, Folder, LONG, patiently};
use crate::rebuilt::Build;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use leyline::link::decisions_ring;
use leyline::{
    Answer, Commit, Consumer, Controller, Ending, ErrorKind, Meta, NameState, Observation, Observer, Options,
    PeerState, Read, Segment, Stamp, Start, Trainer, Wait, Writer,
};
use records::{
    Checked, GERMINATE, KEEP, KEEP_SLOTS, NAME, REASON, RELEASE, RELEASE_SLOTS, free, link, occupied,
    request, rings,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Returns the victim, built once.
fn victim() -> &'static Path {
    static VICTIM: OnceLock<PathBuf> = OnceLock::new();
    VICTIM.get_or_init(|| {
        let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
        let flags = format!("{flags} --cfg leyline_kill_points");
        let build = Build { folder: "killed", flags, options: &["--offline"], ..Build::default() };
        build.program(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/killed/victim.rs"))
    })
}

/// An order to a victim.
enum Order {
    /// Die on the given passage of this point.
    Die(String, u64),
    /// Live, and append each passed point to this file.
    Live(PathBuf),
}

/// The reports of a victim.
struct Story {
    said: Vec<(String, u64)>,
    /// The step at which the victim died; empty if it lived.
    at: String,
}

impl Story {
    fn all(&self, what: &str) -> Vec<u64> {
        self.said.iter().filter(|(w, _)| w == what).map(|&(_, n)| n).collect()
    }

    fn count(&self, what: &str) -> u64 {
        self.all(what).len() as u64
    }

    fn has(&self, what: &str) -> bool {
        self.count(what) > 0
    }

    /// Returns the last number reported with this word, or 0.
    fn last(&self, what: &str) -> u64 {
        self.all(what).last().copied().unwrap_or(0)
    }

    fn died_at(&self, points: &[&str]) -> bool {
        points.contains(&self.at.as_str())
    }
}

/// Runs a victim until it ends or dies.
fn run(role: &str, folder: &Folder, order: &Order) -> Story {
    let mut command = Command::new(victim());
    command.arg(role).env("LEYLINE_DIR", folder.path());
    match order {
        Order::Die(point, count) => {
            command.env("LEYLINE_KILL_AT", point).env("LEYLINE_KILL_COUNT", count.to_string())
        }
        Order::Live(trace) => command.env("LEYLINE_KILL_TRACE", trace),
    };
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let words = |line: &str| {
        let (what, number) = line.split_once(' ').unwrap();
        (what.to_owned(), number.parse().unwrap())
    };
    let at = match order {
        Order::Die(point, _) => point.clone(),
        Order::Live(_) => String::new(),
    };
    let story = Story { said: said.lines().map(words).collect(), at };
    let errors = String::from_utf8_lossy(&output.stderr);
    let as_ordered = match order {
        Order::Die(..) => output.status.signal() == Some(libc::SIGKILL) && !story.has("end"),
        Order::Live(_) => output.status.success() && story.has("end"),
    };
    assert!(as_ordered, "{}: {said}{errors}", output.status);
    story
}

type Check = fn(&Order);

/// Returns every role with the check that must pass after its death.
const ROLES: [(&str, Check); 15] = [
    ("creates", creates),
    ("recreates", recreates),
    ("writes", writes),
    ("fails", fails),
    ("fails_as_a_trainer", fails_as_a_trainer),
    ("goes_on_alone", goes_on_alone),
    ("consumes", consumes),
    ("consumes_by_itself", consumes_by_itself),
    ("sleeps", sleeps),
    ("trains", trains),
    ("controls", controls),
    ("hands_over", hands_over),
    ("is_refused", is_refused),
    ("succeeds", succeeds),
    ("catches_up", catches_up),
];

/// Returns the points that each role passes, and how often.
fn traces() -> &'static BTreeMap<&'static str, BTreeMap<String, u64>> {
    static TRACES: OnceLock<BTreeMap<&'static str, BTreeMap<String, u64>>> = OnceLock::new();
    TRACES.get_or_init(|| {
        let folder = Folder::new();
        let trace = |(role, check): (&'static str, Check)| {
            let path = folder.path().join(role);
            check(&Order::Live(path.clone()));
            let mut passed = BTreeMap::new();
            for point in std::fs::read_to_string(path).unwrap().lines() {
                *passed.entry(point.to_owned()).or_default() += 1;
            }
            (role, passed)
        };
        ROLES.into_iter().map(trace).collect()
    })
}

/// Prints where the victim died if the checks fail.
struct Where<'a>(&'a str, &'a str, u64);

impl Drop for Where<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("killed as \"{}\" at {}, pass {}", self.0, self.1, self.2);
        }
    }
}

/// Kills the role at each point that it passes: on the first passage, the last, and one in between.
fn kill_everywhere(role: &str) {
    let (name, check) = ROLES.into_iter().find(|(name, _)| *name == role).unwrap();
    for (point, &passes) in &traces()[name] {
        // How often somebody sleeps and is woken is for the scheduler to say; once is certain.
        let by_chance = point.starts_with("sleep.") || point.starts_with("wake.");
        let passes = if by_chance { 1 } else { passes };
        for count in BTreeSet::from([1, passes / 3 + 1, passes / 2 + 1, passes]) {
            let _where = Where(name, point, count);
            check(&Order::Die(point.clone(), count));
        }
    }
}

#[test]
fn every_step_that_has_a_name_is_died_at() {
    let mut named = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let calls = text.split("kill::point(\"").skip(1);
            for name in calls.map(|rest| rest.split('"').next().unwrap().to_owned()) {
                assert!(named.insert(name.clone()), "{name} stands in two places");
            }
        }
    }
    assert!(named.len() > 50, "{named:?}");
    let passed: BTreeSet<String> = traces().values().flat_map(|t| t.keys().cloned()).collect();
    assert_eq!(passed, named);
}

/// Checks that every role of the segment can be taken and the segment replaced, whatever the victim
/// held.
fn nothing_stays_locked(folder: &Folder) {
    let segment = Segment::attach(NAME, &folder.options()).unwrap();
    for ring in segment.rings() {
        assert!(!segment.role(&ring.name, None).unwrap().held, "{}", ring.name);
        for k in 0..ring.consumers {
            assert!(!segment.role(&ring.name, Some(k)).unwrap().held, "{} {k}", ring.name);
        }
    }
    let (replaced, displaced) = Segment::recreate(NAME, &rings(), &folder.options()).unwrap();
    assert_eq!(displaced.segments, 1);
    assert_eq!(replaced.name_state().unwrap(), NameState::Current);
    assert_eq!(segment.name_state().unwrap(), NameState::Replaced);
    // And nothing of the dead is left lying about.
    assert_eq!(folder.files(), ["s.leyline"]);
}

/// Sets a ring's waiter word as a sleeper does, so that its writer makes the wake-up call.
fn pretend_to_sleep(segment: &Segment, ring: u64) {
    let file = OpenOptions::new().read(true).write(true).open(segment.path()).unwrap();
    let mut waiters = [0; 8];
    file.read_exact_at(&mut waiters, std::mem::offset_of!(leyline::layout::Header, waiters_offset) as u64)
        .unwrap();
    let at = u64::from_ne_bytes(waiters) + ring * leyline::layout::WAITER_STRIDE as u64;
    file.write_all_at(&1u32.to_ne_bytes(), at).unwrap();
}

/// The reads of a survivor: sequences, restarts and the number of missed records.
#[derive(Debug, Default)]
struct Drained {
    sequences: Vec<u64>,
    restarts: Vec<(u64, u64)>,
    missed: u64,
}

fn drain(mut read: impl FnMut(&mut Checked) -> Read) -> Drained {
    let mut drained = Drained::default();
    let mut got = Checked::new(0);
    loop {
        match read(&mut got) {
            Read::Record(meta) => {
                assert_eq!(got, Checked::new(meta.sequence), "torn, or another record");
                drained.sequences.push(meta.sequence);
            }
            Read::Restarted { generation, first_sequence } => {
                drained.restarts.push((generation, first_sequence));
            }
            Read::Lapped { missed, .. } => drained.missed += missed,
            Read::Empty => return drained,
            end => panic!("{end:?}"),
        }
    }
}

fn all(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

/// Checks the state of a ring against the victim's reports and the point where it died.
fn ending(story: &Story) -> PeerState {
    let begun = story.died_at(&["takeover.generation", "takeover.changes"]);
    let (opened, closed) = (story.count("open"), story.count("closed"));
    if story.count("closing") > closed {
        // Nothing stands before the word that says so.
        PeerState::Gone(Ending::Closed)
    } else if opened > closed || begun {
        PeerState::Gone(Ending::Died)
    } else if opened == 0 {
        PeerState::Never
    } else {
        PeerState::Gone(Ending::Closed)
    }
}

#[test]
fn killed_as_it_creates() {
    kill_everywhere("creates");
}

fn creates(order: &Order) {
    let folder = Folder::new();
    let story = run("creates", &folder, order);
    let linked = story.has("created") || story.died_at(&["link.linked"]);
    let there = linked && !(story.died_at(&["unlink.aside", "unlink.done"]) || story.has("end"));
    // Complete, or not there at all.
    let files: &[&str] = if there { &["s.leyline"] } else { &[] };
    // The last step of a close comes after the name is gone.
    if story.died_at(&["role.unlocked"]) {
        assert_eq!(folder.files(), [] as [&str; 0]);
    } else if story.died_at(&["unlink.aside"]) {
        // It has lost its name already.
        assert!(
            matches!(&folder.files()[..], [one] if one.strip_suffix(".new").is_some()),
            "{:?}",
            folder.files()
        );
    } else {
        assert_eq!(folder.files(), files);
    }
    let (segment, opened) = Segment::open_or_create(NAME, &rings(), &folder.options()).unwrap();
    assert_eq!(opened == leyline::Opened::Attached, folder_had(files, &story));
    for ring in [KEEP, RELEASE] {
        let mut writer = Writer::<Checked>::open(&segment, ring).unwrap();
        let mut consumer = Consumer::<Checked>::open(&segment, ring, 0, Commit::Manual).unwrap();
        assert_eq!(writer.publish(&Checked::new(1)).unwrap(), 1);
        assert_eq!(drain(|got| consumer.try_next(got)).sequences, [1]);
    }
    nothing_stays_locked(&folder);
}

fn folder_had(files: &[&str], story: &Story) -> bool {
    !files.is_empty() && !story.died_at(&["role.unlocked"])
}

#[test]
fn killed_as_it_recreates() {
    kill_everywhere("recreates");
}

fn recreates(order: &Order) {
    let folder = Folder::new();
    let old = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let mut observer = Observer::<Checked>::open(&old, KEEP, Start::Oldest).unwrap();
    let mut writer = Writer::<Checked>::open(&old, KEEP).unwrap();
    for n in 1..=3 {
        writer.publish(&Checked::new(n)).unwrap();
    }
    drop(writer);
    let story = run("recreates", &folder, order);
    // The name always leads to a whole segment: the old one with all that is in it, or the new one.
    let now = Segment::attach(NAME, &folder.options()).unwrap();
    let replaced = now.id() != old.id();
    let before = ["role.", "build.", "recreate.locked", "recreate.aside"];
    let finishing = ["recreate.exchanged", "recreate.checked", "recreate.unlinked"];
    if story.has("recreated") || story.died_at(&finishing) {
        assert!(replaced, "the exchange was made");
    } else if before.iter().any(|b| story.at.starts_with(b)) && !story.died_at(&["role.unlocked"]) {
        assert!(!replaced, "nothing was exchanged yet");
    }
    // A file that the dead one leaves has the name that the documents give it.
    for file in folder.files().iter().filter(|f| *f != "s.leyline") {
        let middle = file.strip_prefix('.').and_then(|f| f.strip_suffix(".new")).unwrap_or_default();
        assert!(middle.len() == 32 && middle.bytes().all(|b| b.is_ascii_hexdigit()), "{file}");
        let standing = ["recreate.aside", "recreate.exchanged", "recreate.checked"];
        assert!(story.died_at(&standing) || story.at.starts_with("role."), "{file} left at {}", story.at);
    }
    assert_eq!(drain(|got| observer.try_next(got)).sequences, [1, 2, 3]);
    let told = observer.next(&mut Checked::new(0), patiently()).unwrap();
    let (segment, displaced) = Segment::recreate(NAME, &rings(), &folder.options()).unwrap();
    assert_eq!(displaced.segments, 1);
    if replaced {
        assert_eq!((told, displaced.uncommitted), (Read::Superseded, 0));
        assert_eq!(Writer::<Checked>::open(&old, KEEP).unwrap_err().kind(), ErrorKind::Superseded);
    } else {
        assert_eq!((told, displaced.uncommitted), (Read::WriterGone(Ending::Closed), 3));
    }
    drop(segment);
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_writes() {
    kill_everywhere("writes");
}

fn writes(order: &Order) {
    let folder = Folder::new();
    let segment = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let mut consumer = Consumer::<Checked>::open(&segment, KEEP, 0, Commit::Manual).unwrap();
    let mut observer = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
    let mut sleeper = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
    let mut newest = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
    let last = AtomicU64::new(0);
    let (tell, hear) = mpsc::channel();
    std::thread::scope(|scope| {
        // Moved in, so that the sleeper ends with this, however this ends.
        let hear = hear;
        scope.spawn(|| {
            let tell = tell;
            loop {
                let mut got = Checked::new(0);
                let read = sleeper.next(&mut got, Wait::sleep(Duration::from_millis(100))).unwrap();
                let whole = !matches!(read, Read::Record(meta) if got != Checked::new(meta.sequence));
                let done = matches!(read, Read::Record(meta) if meta.sequence == last.load(Ordering::SeqCst));
                if tell.send((read, whole)).is_err() || done {
                    break;
                }
            }
        });
        let next = || {
            let (read, whole) = hear.recv_timeout(LONG).expect("a sleeper is told");
            assert!(whole, "torn: {read:?}");
            read
        };
        pretend_to_sleep(&segment, 0);
        let story = run("writes", &folder, order);

        let state = observer.peer_state().unwrap();
        assert_eq!(state, ending(&story));
        let mut heard = Vec::new();
        if let PeerState::Gone(ending) = state {
            while heard.last() != Some(&Read::WriterGone(ending)) {
                heard.push(next());
            }
        }
        // The newest that is whole is found, whether or not the victim came to count it.
        let mut got = Checked::new(0);
        let newest = newest.latest(&mut got, Wait::sleep(Duration::from_millis(1))).unwrap();
        // Nothing that was accepted is lost, and there is nothing that was not begun.
        let drained = drain(|got| consumer.try_next(got));
        let there = drained.sequences.len() as u64;
        assert_eq!(drained.sequences, all(1, there));
        assert!((story.last("did")..=story.last("doing")).contains(&there), "{there}");
        match newest {
            Read::Record(meta) => assert_eq!((meta.sequence, got), (there, Checked::new(there))),
            other => assert_eq!(there, 0, "{other:?}"),
        }
        assert_eq!(drain(|got| observer.try_next(got)).sequences, all(1, there));
        consumer.commit().unwrap();

        let mut successor = Writer::<Checked>::open(&segment, KEEP).unwrap();
        let generations =
            story.count("open") + u64::from(story.died_at(&["takeover.generation", "takeover.changes"]));
        assert_eq!((successor.next_sequence(), successor.generation()), (there + 1, generations + 1));
        assert_eq!(consumer.try_next(&mut Checked::new(0)), Read::Empty);
        last.store(there + 1, Ordering::SeqCst);
        assert_eq!(successor.publish(&Checked::new(there + 1)).unwrap(), there + 1);
        let drained = drain(|got| consumer.try_next(got));
        assert_eq!(drained.sequences, [there + 1]);
        // Whoever has read nothing yet is not told of restarts.
        let restart = (generations > 0 && there > 0).then_some((generations + 1, there + 1));
        assert_eq!(drained.restarts.last().copied(), restart);
        let mut late = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
        let from = (there + 2).saturating_sub(KEEP_SLOTS).max(1);
        assert_eq!(drain(|got| late.try_next(got)).sequences, all(from, there + 1));
        while heard.last().is_none_or(|r| !matches!(r, Read::Record(m) if m.sequence == there + 1)) {
            heard.push(next());
        }
        let records =
            heard.iter().filter_map(|r| if let Read::Record(m) = r { Some(m.sequence) } else { None });
        assert_eq!(records.collect::<Vec<u64>>(), all(1, there + 1));
        consumer.commit().unwrap();
    });
    drop((consumer, observer));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_fails() {
    kill_everywhere("fails");
}

/// A writer that is killed as it fails has failed, with its reason, or has died without one.
fn fails(order: &Order) {
    let folder = Folder::new();
    let segment = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let mut observer = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
    pretend_to_sleep(&segment, 0);
    let story = run("fails", &folder, order);
    let begun = story.died_at(&["takeover.generation", "takeover.changes"]);
    let before = story.died_at(&["slot.half", "fail.reason"]) || !story.has("failing");
    let state = match (before, story.has("open") || begun) {
        (true, false) => PeerState::Never,
        (true, true) => PeerState::Gone(Ending::Died),
        (false, _) => PeerState::Gone(Ending::Failed),
    };
    let reason = (!before).then(|| REASON.to_owned());
    assert_eq!((observer.peer_state().unwrap(), observer.peer_reason()), (state, reason.clone()));
    assert_eq!(segment.role(KEEP, None).unwrap().failure, reason);
    let there = drain(|got| observer.try_next(got)).sequences;
    assert!(there == all(1, there.len() as u64) && (there.len() == 1 || !story.has("failing")));
    if let PeerState::Gone(ending) = state {
        let read = observer.next(&mut Checked::new(0), patiently()).unwrap();
        assert_eq!(read, Read::WriterGone(ending));
    }
    // Its reason is not taken for its successor's.
    drop(Writer::<Checked>::open(&segment, KEEP).unwrap());
    assert_eq!(observer.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
    assert_eq!(observer.peer_reason(), None);
    drop(observer);
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_fails_as_a_trainer() {
    kill_everywhere("fails_as_a_trainer");
}

/// No ring of a trainer that is killed as it fails looks like one that was closed.
fn fails_as_a_trainer(order: &Order) {
    let folder = Folder::new();
    drop(Trainer::create(NAME, &link(), &folder.options()).unwrap());
    let mut controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let story = run("fails_as_a_trainer", &folder, order);
    let segment = controller.segment().clone();
    if story.has("open") {
        for ring in segment.rings() {
            let writer = segment.ring_status(&ring.name).unwrap().writer;
            let failure = segment.role(&ring.name, None).unwrap().failure;
            match writer {
                PeerState::Held { .. } => assert!(["decisions.0", "commands.0"].contains(&&*ring.name)),
                PeerState::Gone(Ending::Failed) => {
                    assert!(story.has("failing") && failure.as_deref() == Some(REASON));
                }
                PeerState::Gone(Ending::Died) => assert!(!story.has("failed") && failure.is_none()),
                other => panic!("{}: {other:?}", ring.name),
            }
        }
        let mut observation = Observation::EMPTY;
        let ending = loop {
            match controller.next(&mut observation, patiently()).unwrap() {
                Read::Record(_) | Read::Restarted { .. } => {}
                end => break end,
            }
        };
        assert!(matches!(ending, Read::WriterGone(Ending::Failed | Ending::Died)), "{ending:?}");
    }
    let (mut successor, opened) = Trainer::open_or_create(NAME, &link(), &folder.options()).unwrap();
    assert_eq!(opened, leyline::Opened::Attached);
    successor.publish(&occupied()).unwrap();
    drop((successor, controller));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_goes_on_without_its_consumer() {
    kill_everywhere("goes_on_alone");
}

fn goes_on_alone(order: &Order) {
    let folder = Folder::new();
    let segment = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let story = run("goes_on_alone", &folder, order);
    let mut consumer = Consumer::<Checked>::open(&segment, RELEASE, 0, Commit::Manual).unwrap();
    let drained = drain(|got| consumer.try_next(got));
    let there = drained.missed + drained.sequences.len() as u64;
    assert!((story.last("did")..=story.last("doing")).contains(&there), "{there}: {drained:?}");
    assert_eq!(drained.sequences, all(drained.missed + 1, there));
    // One slot may be half-written, and an eighth of the ring is announced at a time.
    assert!(there <= RELEASE_SLOTS || drained.sequences.len() as u64 >= RELEASE_SLOTS - 2, "{drained:?}");
    let mut successor = Writer::<Checked>::open(&segment, RELEASE).unwrap();
    assert_eq!(successor.next_sequence(), there + 1);
    // From here on there is a consumer: the ring takes what it has room for, and no more.
    consumer.commit().unwrap();
    for n in there + 1..=there + RELEASE_SLOTS {
        assert_eq!(successor.publish(&Checked::new(n)).unwrap(), n);
    }
    let full = successor.publish(&Checked::new(0)).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Full);
    let drained = drain(|got| consumer.try_next(got));
    assert_eq!((drained.sequences, drained.missed), (all(there + 1, there + RELEASE_SLOTS), 0));
    drop((consumer, successor));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_consumes() {
    kill_everywhere("consumes");
}

fn consumes(order: &Order) {
    consume("consumes", order);
}

#[test]
fn killed_as_it_consumes_and_commits_by_itself() {
    kill_everywhere("consumes_by_itself");
}

fn consumes_by_itself(order: &Order) {
    consume("consumes_by_itself", order);
}

fn consume(role: &str, order: &Order) {
    let folder = Folder::new();
    let segment = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let mut writer = Writer::<Checked>::open(&segment, KEEP).unwrap();
    for n in 1..=KEEP_SLOTS {
        writer.publish(&Checked::new(n)).unwrap();
    }
    assert_eq!(writer.publish(&Checked::new(0)).unwrap_err().kind(), ErrorKind::NoConsumer);
    let story = run(role, &folder, order);
    assert!(!segment.role(KEEP, Some(0)).unwrap().held);
    let mut last = KEEP_SLOTS;
    let refused = loop {
        match writer.publish(&Checked::new(last + 1)) {
            Ok(sequence) => last = sequence,
            Err(e) => break e.kind(),
        }
    };
    // The writer is told, and what was committed, no less and no more, was given back to it.
    assert!(matches!(refused, ErrorKind::ConsumerGone | ErrorKind::NoConsumer), "{refused:?}");
    let committed = last - KEEP_SLOTS;
    assert!((story.last("did")..=story.last("doing")).contains(&committed), "{committed}");
    let mut successor = Consumer::<Checked>::open(&segment, KEEP, 0, Commit::Manual).unwrap();
    assert_eq!(writer.publish(&Checked::new(0)).unwrap_err().kind(), ErrorKind::Full);
    let drained = drain(|got| successor.try_next(got));
    assert_eq!((drained.sequences, drained.missed), (all(committed + 1, last), 0));
    successor.commit().unwrap();
    assert_eq!(writer.publish(&Checked::new(last + 1)).unwrap(), last + 1);
    drop((successor, writer));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_it_sleeps() {
    kill_everywhere("sleeps");
}

fn sleeps(order: &Order) {
    let folder = Folder::new();
    let segment = Segment::create(NAME, &rings(), &folder.options()).unwrap();
    let mut writer = Writer::<Checked>::open(&segment, KEEP).unwrap();
    let mut other = Observer::<Checked>::open(&segment, KEEP, Start::Oldest).unwrap();
    run("sleeps", &folder, order);
    std::thread::scope(|scope| {
        let heard = scope.spawn(|| {
            let mut got = Checked::new(0);
            [1, 2].map(|n| {
                let read = other.next(&mut got, patiently()).unwrap();
                matches!(read, Read::Record(meta) if meta.sequence == n) && got == Checked::new(n)
            })
        });
        for n in [1, 2] {
            writer.publish(&Checked::new(n)).unwrap();
        }
        assert_eq!(heard.join().unwrap(), [true; 2]);
    });
    drop((writer, other));
    nothing_stays_locked(&folder);
}

/// Returns the endings that the other side of a link may report, where a handle holds several
/// roles.
fn link_endings(story: &Story) -> &'static [Ending] {
    if story.has("closed") {
        &[Ending::Closed]
    } else if story.has("closing") || !story.has("open") {
        // Before it was open, the end of whoever held the role before may still stand there.
        &[Ending::Closed, Ending::Died]
    } else {
        &[Ending::Died]
    }
}

#[test]
fn killed_as_a_trainer_that_hands_its_ring_over() {
    kill_everywhere("hands_over");
}

#[test]
fn killed_as_a_trainer() {
    kill_everywhere("trains");
}

/// Checks a trainer that hands its ring over and takes it back.
fn hands_over(order: &Order) {
    let folder = Folder::new();
    drop(Trainer::create(NAME, &link(), &folder.options()).unwrap());
    let controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    pretend_to_sleep(controller.segment(), 0);
    let story = run("hands_over", &folder, order);

    let status = controller.segment().ring_status("observations").unwrap();
    // The mark stands as long as a device could have been at work, and no longer.
    let marked = status.handed_over;
    if story.died_at(&["handover.marked", "takeback.unmarked"]) {
        assert_eq!(marked, story.died_at(&["handover.marked"]));
    }
    if !story.has("handing") || story.has("taken") {
        assert!(!marked);
    }
    let (mut successor, opened) = Trainer::open_or_create(NAME, &link(), &folder.options()).unwrap();
    let next = successor.publish(&occupied()).unwrap().sequence;
    if marked {
        assert_eq!((opened, successor.generation(), next), (leyline::Opened::Recreated, 1, 1));
    } else {
        assert_eq!(opened, leyline::Opened::Attached);
        assert!(next == story.last("did") + 1 || next == story.last("did") + 2, "{next}");
    }
    drop((successor, controller));
}

fn trains(order: &Order) {
    const REFUSED: u64 = 4;
    let folder = Folder::new();
    drop(Trainer::create(NAME, &link(), &folder.options()).unwrap());
    let mut controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let sent: Vec<_> = (1..=5)
        .map(|n| controller.send(if n == REFUSED { request().with_action(60) } else { request() }).unwrap())
        .collect();
    pretend_to_sleep(controller.segment(), 0);
    let story = run("trains", &folder, order);

    // The controller is told, after the last observation.
    let mut observation = Observation::EMPTY;
    let mut published = 0;
    let ending = loop {
        match controller.next(&mut observation, patiently()).unwrap() {
            Read::Record(meta) => {
                published = meta.sequence;
                let full = controller.signals_of(&meta).unwrap();
                assert_eq!(full.map(|s| s.metrics.epoch), (published == 1).then_some(7));
                assert_eq!(observation == occupied(), published == 2);
            }
            Read::Restarted { generation, first_sequence } => {
                assert_eq!((generation, first_sequence), (2, 1));
            }
            Read::WriterGone(ending) => break ending,
            other => panic!("{other:?}"),
        }
    };
    assert!(link_endings(&story).contains(&ending), "{ending:?}");
    assert!((story.last("did")..=story.last("doing")).contains(&published), "{published}");

    let (mut successor, opened) = Trainer::open_or_create(NAME, &link(), &folder.options()).unwrap();
    assert_eq!(opened, leyline::Opened::Attached);
    assert_eq!(successor.publish(&occupied()).unwrap().sequence, published + 1);
    let generation = successor.generation();
    let mut restarts = Vec::new();
    let read = loop {
        match controller.next(&mut observation, patiently()).unwrap() {
            Read::Restarted { generation, first_sequence } => restarts.push((generation, first_sequence)),
            read => break read,
        }
    };
    assert_eq!(restarts.last(), Some(&(generation, published + 1)));
    let Read::Record(meta) = read else { panic!("{read:?}") };
    assert_eq!((meta.sequence, meta.generation, observation), (published + 1, generation, occupied()));
    // Signals that the dead one published without their observation are not taken for those of this
    // one.
    assert!(controller.signals_of(&meta).unwrap().is_none());
    let mut executed = story.all("executing");
    while let Some(received) = successor.try_command().unwrap() {
        executed.push(received.sequence);
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        successor.answer(&received, outcome).unwrap();
    }
    let mut finals = BTreeMap::<u64, Vec<OutcomeCode>>::new();
    while let Some(outcome) = controller.try_outcome().unwrap() {
        assert_eq!(outcome.command_id, sent[outcome.command_sequence as usize - 1].id);
        if outcome.status().unwrap().is_final() {
            finals.entry(outcome.command_sequence).or_default().push(outcome.code().unwrap());
        }
    }
    for n in 1..=5 {
        let times = executed.iter().filter(|e| **e == n).count();
        // Not lost; twice only if it was not answered by the one that died.
        let allowed = match n {
            REFUSED => 0..=0,
            _ if story.all("answered").contains(&n) => 1..=1,
            _ => 1..=1 + usize::from(story.all("executing").contains(&n)),
        };
        assert!(allowed.contains(&times), "command {n} was executed {times} times");
        let code = if n == REFUSED { OutcomeCode::UnknownAction } else { OutcomeCode::None };
        assert_eq!(finals.get(&n).map(Vec::as_slice), Some([code].as_slice()), "command {n}");
    }
    // Between two executions of one command stands the death of the first, not of its answer.
    if story.died_at(&["answer.published", "answer.committed"]) {
        let answered = story.count("answered");
        let again = executed.len() as u64 - 4;
        assert!(again <= story.count("executing") - answered, "{again}");
    }
    drop(successor);
    let mut next = Trainer::on(&Segment::attach(NAME, &folder.options()).unwrap()).unwrap();
    assert_eq!(next.try_command().unwrap(), None);
    drop((next, controller));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_a_controller() {
    kill_everywhere("controls");
}

fn controls(order: &Order) {
    const OBSERVATIONS: u64 = 4;
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &link(), &folder.options()).unwrap();
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    for _ in 0..2 {
        first.send(request()).unwrap();
        let received = trainer.try_command().unwrap().unwrap();
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        trainer.answer(&received, outcome).unwrap();
    }
    drop(first);
    for env in 1..=OBSERVATIONS as u16 {
        trainer.publish_stamped(&free(), Stamp { env, ..Stamp::default() }).unwrap();
    }
    pretend_to_sleep(trainer.segment(), 1);
    pretend_to_sleep(trainer.segment(), 2);
    let story = run("controls", &folder, order);

    let read = trainer.wait_decision(0, OBSERVATIONS + 1, &mut Decision::default(), patiently()).unwrap();
    assert!(matches!(read, Read::WriterGone(ending) if link_endings(&story).contains(&ending)), "{read:?}");
    let mut commands = Vec::new();
    let mut take = |trainer: &mut Trainer| {
        while let Some(received) = trainer.try_command().unwrap() {
            commands.push((received.sequence, received.command.observation_sequence));
            let outcome = CommandOutcome::executed(&received.command, received.sequence);
            trainer.answer(&received, outcome).unwrap();
        }
        commands.iter().map(|&(_, observation)| observation).collect::<Vec<u64>>()
    };
    let accepted = take(&mut trainer);
    let decided_by = |trainer: &Trainer| {
        let decided = decisions(trainer.segment());
        assert!(decided.iter().all(|d| d.1 == GERMINATE as u16));
        decided.iter().map(|d| d.0).collect::<Vec<u64>>()
    };
    let decided = decided_by(&trainer);
    for n in story.all("did") {
        assert!(accepted.contains(&n) && decided.contains(&n), "what was done is there: {n}");
    }
    assert!(decided.iter().all(|n| accepted.contains(n)), "a decision without its command");
    let begun = story.last("doing");
    assert!(accepted.iter().all(|&n| n <= begun) && decided.iter().all(|&n| n <= begun));

    let mut successor = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let mut observation = Observation::EMPTY;
    while let Read::Record(meta) = successor.try_next(&mut observation).unwrap() {
        successor.decide(&meta, GERMINATE, &Answer::default()).unwrap();
    }
    let all_commands = take(&mut trainer);
    let of_observations: Vec<u64> = all_commands.iter().copied().filter(|&n| n != 0).collect();
    // One decision and one command for each observation, in order, whoever of the two made them.
    assert_eq!(decided_by(&trainer), all(1, OBSERVATIONS));
    assert_eq!(of_observations, all(1, OBSERVATIONS));
    let others = (all_commands.len() - of_observations.len()) as u64;
    assert!((story.count("sent")..=story.count("sending")).contains(&others), "{others}");

    let mut outcomes = Vec::new();
    while let Some(outcome) = successor.try_outcome().unwrap() {
        assert_eq!(outcome.status().unwrap(), OutcomeStatus::Executed);
        outcomes.push(outcome.command_sequence);
    }
    let (from, to) = (outcomes[0], *outcomes.last().unwrap());
    assert_eq!((&outcomes, to), (&all(from, to), 2 + all_commands.len() as u64));
    // The record it was given last may be given again; no other is missing.
    let took = story.count("took");
    assert!((took.saturating_sub(1)..=took).contains(&(from - 1)), "from {from}, took {took}");
    drop((successor, trainer));
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_a_controller_that_is_refused() {
    kill_everywhere("is_refused");
}

fn is_refused(order: &Order) {
    let folder = Folder::new();
    let mut trainer = trainer_of_environments(&folder, 7);
    let story = run("is_refused", &folder, order);
    finished_by_a_successor(&folder, &mut trainer, 7, &story.all("did"), Vec::new());
    drop(trainer);
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_a_controller_that_catches_up() {
    kill_everywhere("catches_up");
}

fn catches_up(order: &Order) {
    let folder = Folder::new();
    let mut trainer = trainer_of_environments(&folder, 7);
    let story = run("catches_up", &folder, order);
    finished_by_a_successor(&folder, &mut trainer, 7, &story.all("did"), Vec::new());
    drop(trainer);
    nothing_stays_locked(&folder);
}

#[test]
fn killed_as_a_controllers_successor() {
    kill_everywhere("succeeds");
}

fn succeeds(order: &Order) {
    let folder = Folder::new();
    let mut trainer = trainer_of_environments(&folder, 8);
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let (mut block, mut metas) = ([Observation::EMPTY; 8], [Meta::default(); 8]);
    assert_eq!(first.try_next_batch(&mut block, &mut metas).unwrap().count, 8);
    assert_eq!(first.decide_batch(&metas[..7], &[GERMINATE; 7], &[], &mut []).unwrap(), 4);
    first.wait_on_all(&[metas[7], metas[5]]).unwrap();
    drop(first);
    publish_of_environments(&mut trainer, 9..=9);
    let executed = execute(&mut trainer);
    assert_eq!(executed, [1, 2, 3, 4]);
    let story = run("succeeds", &folder, order);
    finished_by_a_successor(&folder, &mut trainer, 9, &story.all("did"), executed);
    drop(trainer);
    nothing_stays_locked(&folder);
}

/// Creates a trainer with room for few commands, and publishes one observation per environment,
/// each environment numbered by its sequence.
fn trainer_of_environments(folder: &Folder, count: u16) -> Trainer {
    let mut trainer = Trainer::create(NAME, &link().commands(4), &folder.options()).unwrap();
    publish_of_environments(&mut trainer, 1..=count);
    trainer
}

fn publish_of_environments(trainer: &mut Trainer, env: std::ops::RangeInclusive<u16>) {
    for env in env {
        trainer.publish_stamped(&free(), Stamp { env, ..Stamp::default() }).unwrap();
    }
}

/// Executes all pending commands. Returns the observations that they answer.
fn execute(trainer: &mut Trainer) -> Vec<u64> {
    let mut executed = Vec::new();
    while let Some(received) = trainer.try_command().unwrap() {
        executed.push(received.command.observation_sequence);
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        trainer.answer(&received, outcome).unwrap();
    }
    executed
}

/// Lets a successor act on all that it is given. Then every observation is decided on once, every
/// command is executed once, and earlier work is not repeated.
fn finished_by_a_successor(
    folder: &Folder,
    trainer: &mut Trainer,
    observations: u64,
    done: &[u64],
    mut executed: Vec<u64>,
) {
    executed.extend(execute(trainer));
    let mut successor = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let mut observation = Observation::EMPTY;
    let mut given = Vec::new();
    while let Read::Record(meta) = successor.try_next(&mut observation).unwrap() {
        given.push(meta.sequence);
        while let Err(e) = successor.decide(&meta, GERMINATE, &Answer::default()) {
            assert_eq!(e.kind(), ErrorKind::Full);
            executed.extend(execute(trainer));
        }
    }
    executed.extend(execute(trainer));
    let decided = decisions(trainer.segment());
    let sorted = |of: &dyn Fn(u16) -> bool| {
        let mut found: Vec<u64> = decided.iter().filter(|d| of(d.1)).map(|d| d.0).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(sorted(&|_| true), all(1, observations), "{decided:?}, given {given:?}");
    executed.sort_unstable();
    assert_eq!(executed, sorted(&|action| action == GERMINATE as u16), "{decided:?}");
    assert!(done.iter().all(|n| !given.contains(n)), "{given:?} of {done:?}");
}

/// A trainer that dies after it completed a record and before it counted it: the record is read and
/// decided on once.
#[test]
fn an_observation_that_is_not_counted_is_decided_on_once() {
    let folder = Folder::new();
    drop(Trainer::create(NAME, &link(), &folder.options()).unwrap());
    let mut controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    // That of the first observation's signals, of the first observation, and of the second.
    let story = run("trains", &folder, &Order::Die("slot.ended".to_owned(), 3));
    assert_eq!((story.last("doing"), story.last("did")), (2, 1));
    let mut observation = Observation::EMPTY;
    for n in 1..=2 {
        let read = loop {
            match controller.try_next(&mut observation).unwrap() {
                Read::Restarted { .. } => {}
                read => break read,
            }
        };
        let Read::Record(meta) = read else { panic!("{read:?}") };
        assert_eq!(meta.sequence, n);
        controller.decide(&meta, GERMINATE, &Answer::default()).unwrap();
    }
    assert_eq!(controller.published(), 2);
    drop(controller);
    let mut successor = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    assert_eq!(successor.try_next(&mut observation).unwrap(), Read::Empty);
    assert_eq!(successor.try_latest(&mut observation).unwrap(), Read::Empty);
}

/// Returns the observations that were decided on, each with its action.
fn decisions(segment: &Segment) -> Vec<(u64, u16)> {
    let mut observer = Observer::<Decision>::open(segment, &decisions_ring(0), Start::Oldest).unwrap();
    let (mut all, mut decision) = (Vec::new(), Decision::default());
    loop {
        match observer.try_next(&mut decision) {
            Read::Record(_) => all.push((decision.observation_sequence, decision.action)),
            Read::Restarted { .. } => {}
            _ => return all,
        }
    }
}

/// Checks that the variable does nothing without the cfg.
#[test]
fn a_normal_build_has_no_points() {
    let folder = Folder::new();
    let mut child =
        common::start_with("child_passes_points", &folder, &[("LEYLINE_KILL_AT", "build.opened")]);
    assert_eq!(child.hear(), "alive");
    assert!(child.wait().success());
}

#[test]
#[ignore = "a child process"]
fn child_passes_points() {
    if !common::is_child() {
        return;
    }
    drop(Segment::create(NAME, &rings(), &Options::default()).unwrap());
    common::say("alive");
}
