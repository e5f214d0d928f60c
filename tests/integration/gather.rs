//! Gathering: waiting for a batch, the newest record of each environment, and several rings at
//! once.

use crate::common::{self, AT_ONCE, Folder, patiently};
use leyline::{
    Batch, Commit, Consumer, EnvMark, EnvState, ErrorKind, Flags, Gathered, Meta, News, Observer, Options,
    Policy, Read, RingSpec, RowObserver, RowWriter, Segment, Source, Spec, Stamp, Start, Wait, Watch, Writer,
    record, wait_any,
};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Sample {
    values: [u32; 27],
}
record! { Sample as "sample" version 1 { values: [u32; 27], "-", 0.0, 4_294_967_295.0; } }

/// Returns the contents of record `n` of environment `env`.
fn sample(env: u16, n: u64) -> Sample {
    Sample { values: std::array::from_fn(|i| (u32::from(env) << 20) ^ (n as u32 * 32 + i as u32)) }
}

const BLANK: Sample = Sample { values: [u32::MAX; 27] };

fn spec(capacity: u64) -> Spec {
    Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(capacity))
}

fn ring(folder: &Folder, spec: &Spec) -> (Segment, Writer<Sample>, Observer<Sample>) {
    let segment = Segment::create("s", spec, &folder.options()).unwrap();
    let writer = Writer::open(&segment, "samples").unwrap();
    let observer = Observer::open(&segment, "samples", Start::Oldest).unwrap();
    (segment, writer, observer)
}

fn stamp(env: u16, flags: Flags) -> Stamp {
    Stamp { env, flags, ..Stamp::default() }
}

/// Publishes the next record, of environment `env`.
fn publish(writer: &mut Writer<Sample>, env: u16) -> u64 {
    let n = writer.next_sequence();
    writer.publish_stamped(&sample(env, n), stamp(env, Flags::NONE)).unwrap()
}

fn count(n: usize) -> Batch {
    Batch { count: n, end: Read::Empty }
}

#[test]
fn a_batch_is_waited_for_until_there_is_enough() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(64));
    let (mut block, mut meta) = ([BLANK; 8], [Meta::default(); 8]);
    // Not in time: what there is.
    assert_eq!(
        observer.next_batch(&mut block, &mut meta, 1, AT_ONCE).unwrap(),
        Batch { count: 0, end: Read::TimedOut }
    );
    publish(&mut writer, 3);
    publish(&mut writer, 4);
    assert_eq!(
        observer.next_batch(&mut block, &mut meta, 8, AT_ONCE).unwrap(),
        Batch { count: 2, end: Read::TimedOut }
    );
    assert_eq!(block[..3], [sample(3, 1), sample(4, 2), BLANK]);
    assert_eq!([meta[0].env, meta[1].env], [3, 4]);
    // Enough: at once, though not full.
    for _ in 0..3 {
        publish(&mut writer, 0);
    }
    assert_eq!(observer.next_batch(&mut block, &mut meta, 3, patiently()).unwrap(), count(3));
    assert_eq!(observer.next_batch(&mut block, &mut meta, 0, patiently()).unwrap(), count(0));
    // Comes while it is waited for, one after the other.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..16 {
                publish(&mut writer, 0);
                std::thread::yield_now();
            }
        });
        for first in [6, 14] {
            let batch = observer.next_batch(&mut block, &mut meta, 8, patiently()).unwrap();
            assert_eq!(batch, Batch { count: 8, end: Read::Record(meta[7]) });
            assert_eq!(meta.map(|m| m.sequence), std::array::from_fn(|i| first + i as u64));
            assert_eq!(block, std::array::from_fn(|i| sample(0, first + i as u64)));
        }
    });
    for (records, metas, least) in [(8, 7, 1), (8, 8, 9)] {
        let refused = observer.next_batch(&mut block[..records], &mut meta[..metas], least, patiently());
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn what_ends_a_batch_comes_after_its_records() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(8));
    let (mut block, mut meta) = ([BLANK; 8], [Meta::default(); 8]);
    let mut next =
        |observer: &mut Observer<Sample>| observer.next_batch(&mut block, &mut meta, 8, patiently());
    publish(&mut writer, 0);
    drop(writer);
    let mut writer = Writer::open(&segment, "samples").unwrap();
    publish(&mut writer, 0);
    let restarted = Read::Restarted { generation: 2, first_sequence: 2 };
    assert_eq!(next(&mut observer).unwrap(), Batch { count: 1, end: restarted });
    for _ in 0..20 {
        publish(&mut writer, 0);
    }
    let lapped = next(&mut observer).unwrap();
    assert!(matches!(lapped, Batch { count: 0, end: Read::Lapped { .. } }), "{lapped:?}");
    drop(writer);
    let closed = Read::WriterGone(leyline::Ending::Closed);
    let Batch { count, end } = next(&mut observer).unwrap();
    assert_eq!((count as u64 + observer.published() - 22, end), (count as u64, closed));
    assert!(count > 0);
}

#[test]
fn a_consumer_that_waits_for_a_batch_lets_its_writer_go_on() {
    let folder = Folder::new();
    let spec =
        Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(8).consumers(1, Policy::Keep));
    let (segment, mut writer, _) = ring(&folder, &spec);
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    let (mut block, mut meta) = ([BLANK; 9], [Meta::default(); 9]);
    let refused = consumer.next_batch(&mut block, &mut meta, 9, patiently());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidArgument);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=101 {
                writer.publish_waiting(&sample(0, n), Stamp::default(), patiently()).unwrap();
            }
        });
        for _ in 0..3 {
            // Read but not committed: the ring would never hold 8 more.
            assert!(matches!(consumer.next(&mut block[0], patiently()).unwrap(), Read::Record(_)));
        }
        let mut seen = 3;
        while seen < 101 {
            let Batch { count, .. } =
                consumer.next_batch(&mut block, &mut meta, 8.min(101 - seen), patiently()).unwrap();
            for i in 0..count {
                seen += 1;
                assert_eq!((meta[i].sequence, block[i]), (seen as u64, sample(0, seen as u64)));
            }
        }
    });
}

/// A block for this many environments.
struct Gatherer {
    rows: Vec<Sample>,
    marks: Vec<EnvMark>,
}

impl Gatherer {
    fn new(envs: usize) -> Self {
        Self { rows: vec![BLANK; envs], marks: vec![EnvMark::NEVER_SEEN; envs] }
    }

    fn from(&mut self, observer: &mut Observer<Sample>) -> Gathered {
        observer.try_latest_by_env(&mut self.rows, &mut self.marks).unwrap()
    }

    fn states(&self) -> Vec<EnvState> {
        self.marks.iter().map(EnvMark::state).collect()
    }
}

#[test]
fn the_newest_record_of_each_environment_lands_in_its_row() {
    use EnvState::{Changed, NeverSeen, Unchanged};
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(64));
    let mut block = Gatherer::new(4);
    let nothing = Gathered { read: 0, missed: 0, changed: 0, outside: 0, end: Read::Empty };
    assert_eq!(block.from(&mut observer), nothing);
    assert_eq!(block.states(), [NeverSeen; 4]);
    // 1 2 3: an episode of environment 2 ends and the next begins; 4 and 65535 have no row.
    for (env, flags) in [(2, Flags::TERMINATED), (0, Flags::NONE), (2, Flags::FIRST), (4, Flags::NONE)] {
        let n = writer.next_sequence();
        writer.publish_stamped(&sample(env, n), stamp(env, flags)).unwrap();
    }
    publish(&mut writer, u16::MAX);
    assert_eq!(block.from(&mut observer), Gathered { read: 5, changed: 2, outside: 2, ..nothing });
    assert_eq!(block.states(), [Changed, NeverSeen, Changed, NeverSeen]);
    assert_eq!(block.rows, [sample(0, 2), BLANK, sample(2, 3), BLANK]);
    let two = block.marks[2];
    assert_eq!((two.sequence, two.generation, two.records, two.env), (3, 1, 2, 2));
    assert_eq!((two.flags, two.all_flags), (Flags::FIRST, Flags::FIRST.with(Flags::TERMINATED)));
    assert_eq!(
        two.meta(),
        Meta { sequence: 3, time_ns: 0, generation: 1, skipped: 0, env: 2, flags: Flags::FIRST }
    );
    // Nothing new: all stays but the states.
    assert_eq!(block.from(&mut observer), nothing);
    assert_eq!(block.states(), [Unchanged, NeverSeen, Unchanged, NeverSeen]);
    assert_eq!(block.rows, [sample(0, 2), BLANK, sample(2, 3), BLANK]);
    assert_eq!(block.marks[2], EnvMark { records: 0, all_flags: Flags::NONE, ..two });
    publish(&mut writer, 3);
    assert_eq!(block.from(&mut observer), Gathered { read: 1, changed: 1, ..nothing });
    assert_eq!(block.states(), [Unchanged, NeverSeen, Unchanged, Changed]);
    // A record already read is not gathered.
    publish(&mut writer, 1);
    let _ = observer.try_next(&mut BLANK.clone());
    assert_eq!(block.from(&mut observer), nothing);
    let short = observer.try_latest_by_env(&mut block.rows, &mut block.marks[1..]);
    assert_eq!(short.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn gathering_counts_what_it_missed_exactly() {
    for capacity in [2u64, 4, 64] {
        let folder = Folder::new();
        let (_segment, mut writer, mut observer) = ring(&folder, &spec(capacity));
        let mut block = Gatherer::new(3);
        let (mut read, mut missed) = (0, 0);
        for burst in [1, capacity, capacity + 1, 5 * capacity + 1, 2] {
            for _ in 0..burst {
                let env = (writer.next_sequence() % 3) as u16;
                publish(&mut writer, env);
            }
            let gathered = block.from(&mut observer);
            read += gathered.read;
            missed += gathered.missed;
            let published = observer.published();
            assert_eq!((read + missed, gathered.read), (published, burst.min(capacity)));
            for n in published - (gathered.read.min(3) - 1)..=published {
                let env = (n % 3) as usize;
                assert_eq!((block.marks[env].sequence, block.rows[env]), (n, sample(env as u16, n)));
            }
        }
        assert!(missed > 0);
    }
}

#[test]
fn gathering_stops_where_a_new_writer_begins() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(64));
    let mut early = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut block = Gatherer::new(2);
    assert_eq!(block.from(&mut early).read, 0);
    publish(&mut writer, 0);
    publish(&mut writer, 1);
    drop(writer);
    let mut writer = Writer::open(&segment, "samples").unwrap();
    publish(&mut writer, 0);
    for observer in [&mut observer, &mut early] {
        let mut block = Gatherer::new(2);
        let first = block.from(observer);
        assert_eq!((first.read, first.end), (2, Read::Restarted { generation: 2, first_sequence: 3 }));
        assert_eq!(block.rows, [sample(0, 1), sample(1, 2)]);
        assert_eq!(block.from(observer).read, 1);
        assert_eq!((block.marks[0].generation, block.marks[1].generation), (2, 1));
        assert_eq!(block.rows, [sample(0, 3), sample(1, 2)]);
    }
}

#[test]
fn a_gathering_can_be_waited_for() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(8));
    let mut block = Gatherer::new(2);
    let Gatherer { rows, marks } = &mut block;
    assert_eq!(observer.latest_by_env(rows, marks, AT_ONCE).unwrap().end, Read::TimedOut);
    std::thread::scope(|scope| {
        scope.spawn(|| publish(&mut writer, 1));
        let gathered = observer.latest_by_env(rows, marks, patiently()).unwrap();
        assert_eq!((gathered.changed, rows[1]), (1, sample(1, 1)));
    });
    drop(writer);
    let gathered = observer.latest_by_env(rows, marks, patiently()).unwrap();
    assert_eq!(gathered.end, Read::WriterGone(leyline::Ending::Closed));
    assert_eq!(marks[1].state(), EnvState::Unchanged);
    drop(segment);
}

#[test]
fn a_consumer_gathers_and_gives_everything_back() {
    let folder = Folder::new();
    let spec =
        Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(8).consumers(1, Policy::Keep));
    let (segment, mut writer, _) = ring(&folder, &spec);
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    let (mut rows, mut marks) = ([BLANK; 2], [EnvMark::NEVER_SEEN; 2]);
    for turn in 0..3 {
        for i in 0..8 {
            publish(&mut writer, i % 2);
        }
        assert_eq!(writer.publish(&BLANK).unwrap_err().kind(), ErrorKind::Full);
        let gathered = consumer.latest_by_env(&mut rows, &mut marks, patiently()).unwrap();
        assert_eq!((gathered.read, gathered.missed, gathered.changed), (8, 0, 2));
        assert_eq!(rows, [sample(0, 8 * turn + 7), sample(1, 8 * turn + 8)]);
        consumer.commit().unwrap();
    }
}

#[test]
fn the_newest_row_of_each_environment_is_gathered_from_slots_of_rows() {
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(4).rows(3));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let mut writer = RowWriter::<Sample>::open(&segment, "samples").unwrap();
    let mut observer = RowObserver::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let (mut rows, mut marks) = ([BLANK; 5], [EnvMark::NEVER_SEEN; 5]);
    let mut publish = |n: u64, env: [u16; 3], flags: [Flags; 3]| {
        let rows: [Sample; 3] = std::array::from_fn(|i| sample(env[i], 10 * n + i as u64));
        writer.publish_stamped(&rows, &env, &flags, stamp(0, Flags::NONE)).unwrap();
    };
    publish(1, [0, 1, 2], [Flags::NONE, Flags::TRUNCATED, Flags::NONE]);
    publish(2, [4, 1, 9], [Flags::FIRST; 3]);
    // Twice in one slot: the later row counts.
    publish(3, [2, 0, 2], [Flags::NONE; 3]);
    let gathered = observer.try_latest_by_env(&mut rows, &mut marks).unwrap();
    assert_eq!((gathered.read, gathered.missed, gathered.changed, gathered.outside), (3, 0, 4, 1));
    assert_eq!(rows, [sample(0, 31), sample(1, 21), sample(2, 32), BLANK, sample(4, 20)]);
    assert_eq!(marks.map(|m| m.records), [2, 2, 3, 0, 1]);
    assert_eq!(marks.map(|m| m.sequence), [3, 2, 3, 0, 2]);
    assert_eq!(marks.map(|m| m.env), [0, 1, 2, 0, 4]);
    assert_eq!((marks[1].flags, marks[1].all_flags), (Flags::FIRST, Flags::FIRST.with(Flags::TRUNCATED)));
    for n in 4..=10 {
        publish(n, [0, 1, 2], [Flags::NONE; 3]);
    }
    let gathered = observer.latest_by_env(&mut rows, &mut marks, patiently()).unwrap();
    assert_eq!((gathered.read, gathered.missed, gathered.changed), (4, 3, 3));
    assert_eq!(rows, [sample(0, 100), sample(1, 101), sample(2, 102), BLANK, sample(4, 20)]);
}

/// Gathers at full speed beside a writer that laps a small ring: no row is torn, no row goes
/// backwards, and the counts are exact.
#[test]
fn a_row_is_never_torn_by_a_writer_at_full_speed() {
    const RECORDS: u64 = 200_000;
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=RECORDS {
                publish(&mut writer, (n % 5) as u16);
            }
        });
        let mut block = Gatherer::new(5);
        let (mut total, mut before) = (0, [0; 5]);
        while total < RECORDS {
            let gathered = block.from(&mut observer);
            total += gathered.read + gathered.missed;
            for (env, mark) in
                block.marks.iter().enumerate().filter(|(_, m)| m.state() != EnvState::NeverSeen)
            {
                assert!(mark.sequence >= before[env]);
                assert_eq!(mark.sequence > before[env], mark.state() == EnvState::Changed);
                assert_eq!(block.rows[env], sample(env as u16, mark.sequence));
                before[env] = mark.sequence;
            }
        }
        assert_eq!(total, RECORDS);
    });
}

#[test]
fn a_row_out_of_a_slot_of_rows_is_never_torn_either() {
    const SLOTS: u64 = 50_000;
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(4).rows(3));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let mut writer = RowWriter::<Sample>::open(&segment, "samples").unwrap();
    let mut observer = RowObserver::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    // Few slots have an environment in common, so that the oldest is needed, too: the one being
    // overwritten.
    let envs = |n: u64| [n, n + 7, n + 13].map(|e| (e % 24) as u16);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=SLOTS {
                let rows = envs(n).map(|env| sample(env, n));
                writer.publish(&rows, &envs(n), &[Flags::from_bits(n as u8); 3]).unwrap();
            }
        });
        let mut block = Gatherer::new(24);
        let (mut total, mut before) = (0, [0; 24]);
        while total < SLOTS {
            let gathered = observer.try_latest_by_env(&mut block.rows, &mut block.marks).unwrap();
            total += gathered.read + gathered.missed;
            for mark in block.marks.iter().filter(|m| m.state() != EnvState::NeverSeen) {
                let env = usize::from(mark.env);
                assert!(mark.sequence >= before[env]);
                assert!(envs(mark.sequence).contains(&mark.env));
                assert_eq!(mark.flags, Flags::from_bits(mark.sequence as u8));
                assert_eq!(block.rows[env], sample(mark.env, mark.sequence));
                before[env] = mark.sequence;
            }
        }
        assert_eq!(total, SLOTS);
    });
}

#[test]
fn several_rings_of_any_kind_are_waited_for_at_once() {
    struct Mine(Observer<Sample>);
    impl Source for Mine {
        fn watch(&mut self) -> Watch<'_> {
            self.0.watch()
        }
    }
    let folder = Folder::new();
    let spec = Spec::new()
        .ring(RingSpec::new::<Sample>("one").unwrap())
        .ring(RingSpec::new::<Sample>("rows").unwrap().rows(2).capacity(8))
        .ring(RingSpec::new::<Sample>("kept").unwrap().consumers(1, Policy::Keep));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let mut one = Writer::<Sample>::open(&segment, "one").unwrap();
    let mut rows = RowWriter::<Sample>::open(&segment, "rows").unwrap();
    let mut kept = Writer::<Sample>::open(&segment, "kept").unwrap();
    let mut mine = Mine(Observer::open(&segment, "one", Start::Oldest).unwrap());
    let mut of_rows = RowObserver::<Sample>::open(&segment, "rows", Start::Oldest).unwrap();
    let mut consumer = Consumer::<Sample>::open(&segment, "kept", 0, Commit::Manual).unwrap();
    let mut news = [News::None; 3];
    let (mut got, mut both) = (BLANK, [BLANK; 2]);
    for strategy in [Wait::spin, Wait::yielding, Wait::sleep] {
        for which in [0, 1, 2, 0] {
            let mut sources = [&mut mine as &mut dyn Source, &mut of_rows, &mut consumer];
            assert!(!wait_any(&mut sources, &mut news, strategy(Duration::ZERO)).unwrap());
            assert_eq!(news, [News::None; 3]);
            std::thread::scope(|scope| {
                scope.spawn(|| match which {
                    0 => one.publish(&BLANK).unwrap(),
                    1 => rows.publish(&[BLANK; 2], &[0; 2], &[Flags::NONE; 2]).unwrap(),
                    _ => kept.publish(&BLANK).unwrap(),
                });
                assert!(wait_any(&mut sources, &mut news, strategy(common::LONG)).unwrap());
            });
            assert_eq!(news, std::array::from_fn(|i| if i == which { News::Readable } else { News::None }));
            // It was not read from, so that it is still there.
            assert!(wait_any(&mut sources, &mut news, AT_ONCE).unwrap());
            let read = match which {
                0 => mine.0.try_next(&mut got),
                1 => of_rows.try_next(&mut both, &mut [0; 2], &mut [Flags::NONE; 2]).unwrap(),
                _ => consumer.try_next(&mut got),
            };
            assert!(matches!(read, Read::Record(_)), "{read:?}");
        }
    }
    let mut sources = [&mut mine as &mut dyn Source, &mut of_rows];
    assert_eq!(wait_any(&mut sources, &mut news, AT_ONCE).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let none = wait_any::<Mine>(&mut [], &mut [], patiently());
    assert_eq!(none.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// Publishes one record for each line from the parent.
#[test]
#[ignore = "a child process"]
fn child_publishes_when_told() {
    if !common::is_child() {
        return;
    }
    let name = std::env::var("NAME").unwrap();
    let (segment, _) = Segment::open_or_create(&name, &spec(64), &Options::default()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    common::say("ready");
    while let Some(word) = common::listen() {
        if word == "close" {
            return;
        }
        common::say(publish(&mut writer, 0));
    }
}

fn start_writer(folder: &Folder, name: &str) -> common::Running {
    let mut child = common::start_with("child_publishes_when_told", folder, &[("NAME", name)]);
    assert_eq!(child.hear(), "ready");
    child
}

#[test]
fn an_ending_is_told_once_and_a_successor_is_heard() {
    let folder = Folder::new();
    let mut children = ["a", "b", "c"].map(|name| start_writer(&folder, name));
    let mut observers = ["a", "b", "c"].map(|name| {
        let segment = Segment::attach(name, &folder.options()).unwrap();
        Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap()
    });
    let mut news = [News::None; 3];
    children[0].kill();
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Died, News::None, News::None]);
    // Told already: the wait is for the others.
    assert!(!wait_any(&mut observers, &mut news, AT_ONCE).unwrap());
    assert_eq!(news, [News::Died, News::None, News::None]);
    children[1].tell("close");
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Died, News::Closed, News::None]);
    // The last records of a writer come before its ending.
    children[2].tell("publish");
    children[2].hear();
    children[2].kill();
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Died, News::Closed, News::Readable]);
    assert!(matches!(observers[2].try_next(&mut BLANK.clone()), Read::Record(_)));
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Died, News::Closed, News::Died]);
    // A successor that is silent is alive, and one that publishes is heard.
    let mut successor = start_writer(&folder, "a");
    assert!(!wait_any(&mut observers, &mut news, AT_ONCE).unwrap());
    assert_eq!(news, [News::None, News::Closed, News::Died]);
    successor.tell("publish");
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Readable, News::Closed, News::Died]);
    // A fresh array is told everything.
    assert!(matches!(observers[0].try_next(&mut BLANK.clone()), Read::Restarted { generation: 2, .. }));
    assert!(matches!(observers[0].try_next(&mut BLANK.clone()), Read::Record(_)));
    news = [News::None; 3];
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::None, News::Closed, News::Died]);
    // A name that is gone ends nothing.
    std::fs::remove_file(folder.path().join("a.leyline")).unwrap();
    assert!(!wait_any(&mut observers, &mut news, AT_ONCE).unwrap());
    assert_eq!(news, [News::None, News::Closed, News::Died]);
    // Replaced under a living writer's hands by somebody else.
    let _new = Segment::create("a", &spec(64), &folder.options()).unwrap();
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Superseded, News::Closed, News::Died]);
}

#[test]
fn a_death_is_noticed_though_another_ring_always_has_something() {
    let folder = Folder::new();
    let (_segment, mut writer, busy) = ring(&folder, &spec(64));
    publish(&mut writer, 0);
    let mut child = start_writer(&folder, "silent");
    let segment = Segment::attach("silent", &folder.options()).unwrap();
    let silent = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let (mut observers, mut news) = ([busy, silent], [News::None; 2]);
    assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    assert_eq!(news, [News::Readable, News::None]);
    child.kill();
    // The first ring is never read, so that no call ever waits.
    while news[1] == News::None {
        assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
        assert_eq!(news[0], News::Readable);
    }
    assert_eq!(news[1], News::Died);
}

#[test]
fn more_rings_than_the_kernel_takes_at_once_are_waited_for_all_the_same() {
    const RINGS: usize = 130;
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &spec(8));
    let idle = Segment::create("idle", &spec(8), &folder.options()).unwrap();
    let mut observers: Vec<Observer<Sample>> = (0..RINGS)
        .map(|i| {
            let segment = if i == RINGS - 1 { &segment } else { &idle };
            Observer::open(segment, "samples", Start::Now).unwrap()
        })
        .collect();
    let mut news = [News::None; RINGS];
    std::thread::scope(|scope| {
        scope.spawn(|| publish(&mut writer, 0));
        assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
    });
    assert_eq!(news[RINGS - 1], News::Readable);
    assert!(news[..RINGS - 1].iter().all(|&n| n == News::None));
}

#[test]
fn rings_that_may_only_be_read_are_waited_for_beside_others() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &spec(8));
    let other = Segment::create("other", &spec(8), &folder.options()).unwrap();
    let read_only = Segment::attach("s", &folder.options().read_only()).unwrap();
    for segments in [[&read_only, &read_only], [&other, &read_only], [&read_only, &segment]] {
        let mut observers = segments.map(|s| Observer::<Sample>::open(s, "samples", Start::Now).unwrap());
        let mut news = [News::None; 2];
        std::thread::scope(|scope| {
            scope.spawn(|| publish(&mut writer, 0));
            assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
        });
        assert_eq!(news[1], News::Readable);
    }
}

#[test]
fn an_auto_committing_consumer_commits_before_it_waits_with_others() {
    let folder = Folder::new();
    let spec =
        Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(8).consumers(1, Policy::Keep));
    let (segment, mut writer, _) = ring(&folder, &spec);
    let other = Segment::create("other", &self::spec(8), &folder.options()).unwrap();
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    let mut observer = Observer::<Sample>::open(&other, "samples", Start::Oldest).unwrap();
    for _ in 0..8 {
        publish(&mut writer, 0);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 9..=50 {
                writer.publish_waiting(&sample(0, n), Stamp::default(), patiently()).unwrap();
            }
        });
        let mut news = [News::None; 2];
        for n in 1..=50 {
            let mut sources = [&mut consumer as &mut dyn Source, &mut observer];
            assert!(wait_any(&mut sources, &mut news, patiently()).unwrap());
            let Read::Record(meta) = consumer.try_next(&mut BLANK.clone()) else { panic!("at {n}") };
            assert_eq!(meta.sequence, n);
        }
    });
}

/// Four writer threads and one reader that answers each of them. Every record is a round trip that
/// ends in a sleep, so that a lost wake-up would cost 5 ms.
#[test]
fn nobody_sleeps_through_a_record_of_any_ring() {
    const TURNS: u64 = 300;
    let folder = Folder::new();
    let spec = Spec::new()
        .ring(RingSpec::new::<Sample>("there").unwrap())
        .ring(RingSpec::new::<Sample>("back").unwrap());
    let segments = ["a", "b", "c", "d"].map(|n| Segment::create(n, &spec, &folder.options()).unwrap());
    std::thread::scope(|scope| {
        for segment in &segments {
            scope.spawn(|| {
                let mut there = Writer::<Sample>::open(segment, "there").unwrap();
                let mut back = Observer::<Sample>::open(segment, "back", Start::Oldest).unwrap();
                for n in 1..=TURNS {
                    publish(&mut there, 0);
                    let Read::Record(meta) = back.next(&mut BLANK.clone(), patiently()).unwrap() else {
                        panic!()
                    };
                    assert_eq!(meta.sequence, n);
                }
            });
        }
        let mut there =
            segments.each_ref().map(|s| Observer::<Sample>::open(s, "there", Start::Oldest).unwrap());
        let mut back = segments.each_ref().map(|s| Writer::<Sample>::open(s, "back").unwrap());
        let (mut news, mut answered) = ([News::None; 4], [0; 4]);
        while answered.iter().any(|&n| n < TURNS) {
            assert!(wait_any(&mut there, &mut news, patiently()).unwrap());
            for i in (0..4).filter(|&i| news[i] == News::Readable) {
                while let Read::Record(meta) = there[i].try_next(&mut BLANK.clone()) {
                    answered[i] += 1;
                    assert_eq!(meta.sequence, answered[i]);
                    publish(&mut back[i], 0);
                }
            }
        }
    });
}

/// Waits for two rings without `futex_waitv`, and reports what came.
#[test]
#[ignore = "a child process"]
fn child_waits_on_an_older_kernel() {
    if !common::is_child() {
        return;
    }
    common::without_futex_waitv();
    let mut observers = ["a", "b"].map(|name| {
        let segment = Segment::attach(name, &Options::default()).unwrap();
        Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap()
    });
    let mut news = [News::None; 2];
    common::say("ready");
    loop {
        assert!(wait_any(&mut observers, &mut news, patiently()).unwrap());
        match news {
            [News::None, News::Readable] => {
                assert!(matches!(observers[1].try_next(&mut BLANK.clone()), Read::Record(_)));
                common::say("b");
            }
            [News::Closed, News::None] => return common::say("a closed"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_older_kernel_will_do() {
    let folder = Folder::new();
    let [a, b] = ["a", "b"].map(|name| Segment::create(name, &spec(8), &folder.options()).unwrap());
    let silent = Writer::<Sample>::open(&a, "samples").unwrap();
    let mut writer = Writer::<Sample>::open(&b, "samples").unwrap();
    let mut child = common::start("child_waits_on_an_older_kernel", &folder);
    assert_eq!(child.hear(), "ready");
    for _ in 0..20 {
        publish(&mut writer, 0);
        assert_eq!(child.hear(), "b");
    }
    drop(silent);
    assert_eq!(child.hear(), "a closed");
    assert!(child.wait().success());
}
