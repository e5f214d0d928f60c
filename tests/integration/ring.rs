//! One ring: the results of each kind of read, and the guarantees for a consumer.

use crate::common::{self, Folder, patiently};
use leyline::schema::record::Record;
use leyline::{
    Batch, Commit, Consumer, Ending, ErrorKind, Flags, Meta, Observer, PeerState, Policy, Read, RingSpec,
    RowObserver, RowWriter, Segment, Spec, Stamp, Start, TimeSource, Wait, Writer, record,
};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Sample {
    values: [f32; 27],
}
record! { Sample as "sample" version 1 { values: [f32; 27], "-", -1e9, 1e9; } }

fn sample(n: u64) -> Sample {
    Sample { values: std::array::from_fn(|i| n.wrapping_mul(27).wrapping_add(i as u64) as f32) }
}

fn spec(capacity: u64) -> Spec {
    Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(capacity))
}

fn consumed(capacity: u64, policy: Policy) -> Spec {
    Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(capacity).consumers(1, policy))
}

fn sequence(read: Read) -> u64 {
    match read {
        Read::Record(meta) => meta.sequence,
        other => panic!("no record: {other:?}"),
    }
}

#[test]
fn records_arrive_in_order_with_what_stands_beside_them() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    let mut observer = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut got = sample(0);
    assert_eq!(observer.try_next(&mut got), Read::Empty);
    for n in 1..=20 {
        let stamp = Stamp { time_ns: 1600 * n, env: n as u16, flags: Flags::FIRST };
        assert_eq!(writer.publish_stamped(&sample(n), stamp).unwrap(), n);
        let Read::Record(meta) = observer.try_next(&mut got) else { panic!() };
        assert_eq!(got, sample(n));
        let expected = Meta {
            sequence: n,
            time_ns: 1600 * n,
            generation: 1,
            skipped: 0,
            env: n as u16,
            flags: Flags::FIRST,
        };
        assert_eq!(meta, expected);
    }
}

/// Creates a segment with one ring, its writer, and an observer that starts at the oldest record.
fn ring(folder: &Folder, spec: &Spec) -> (Segment, Writer<Sample>, Observer<Sample>) {
    let segment = Segment::create("s", spec, &folder.options()).unwrap();
    let writer = Writer::open(&segment, "samples").unwrap();
    let observer = Observer::open(&segment, "samples", Start::Oldest).unwrap();
    (segment, writer, observer)
}

fn publish(writer: &mut Writer<Sample>, sequences: std::ops::RangeInclusive<u64>) {
    for n in sequences {
        assert_eq!(writer.publish(&sample(n)).unwrap(), n);
    }
}

/// Reads to the end and checks each record against its sequence. Returns (received, missed).
fn drain(mut read: impl FnMut(&mut Sample) -> Read) -> (u64, u64) {
    let (mut received, mut missed, mut got) = (0, 0, sample(0));
    loop {
        match read(&mut got) {
            Read::Record(meta) => {
                assert_eq!(got, sample(meta.sequence));
                received += 1;
            }
            Read::Lapped { missed: n, .. } => missed += n,
            Read::Empty => return (received, missed),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_lapped_observer_is_told_exactly_how_many_it_missed() {
    for capacity in [2, 4, 8, 64] {
        let folder = Folder::new();
        let (_segment, mut writer, mut observer) = ring(&folder, &spec(capacity));
        let (mut published, mut received, mut missed) = (0, 0, 0);
        for burst in [1, capacity, capacity + 1, 3 * capacity + 1, capacity - 1, 100 * capacity] {
            publish(&mut writer, published + 1..=published + burst);
            published += burst;
            let (r, m) = drain(|got| observer.try_next(got));
            received += r;
            missed += m;
            assert_eq!(received + missed, published, "after {burst} in {capacity} slots");
        }
        assert!(missed > 0);
    }
}

#[test]
fn a_lapped_read_says_where_the_next_goes_on() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    publish(&mut writer, 1..=20);
    let mut got = sample(0);
    let Read::Lapped { missed, next } = observer.try_next(&mut got) else { panic!() };
    assert_eq!(next, 1 + missed);
    assert_eq!(observer.next_sequence(), next);
    assert_eq!(sequence(observer.try_next(&mut got)), next);
}

#[test]
fn the_latest_record_comes_with_the_number_of_skipped_ones() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    let mut got = sample(0);
    assert_eq!(observer.try_latest(&mut got), Read::Empty);
    for (up_to, skipped) in [(1, 0), (5, 3), (6, 0), (100, 93)] {
        let next = writer.next_sequence();
        publish(&mut writer, next..=up_to);
        let Read::Record(meta) = observer.try_latest(&mut got) else { panic!() };
        assert_eq!((meta.sequence, meta.skipped, got), (up_to, skipped, sample(up_to)));
        assert_eq!(observer.try_latest(&mut got), Read::Empty);
        assert_eq!(observer.try_next(&mut got), Read::Empty);
    }
}

#[test]
fn a_batch_is_read_into_one_block() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    publish(&mut writer, 1..=5);
    let mut block = [sample(0); 4];
    let mut meta = [Meta::default(); 4];
    let Batch { count, end } = observer.try_next_batch(&mut block, &mut meta).unwrap();
    assert_eq!((count, end), (4, Read::Record(meta[3])));
    assert_eq!(block, [1, 2, 3, 4].map(sample));
    assert_eq!(meta.map(|m| m.sequence), [1, 2, 3, 4]);
    assert_eq!(observer.try_next_batch(&mut block, &mut meta).unwrap(), Batch { count: 1, end: Read::Empty });
    assert_eq!((block[0], meta[0].sequence), (sample(5), 5));
    assert_eq!(
        observer.try_next_batch(&mut block, &mut meta[..3]).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    publish(&mut writer, 6..=40);
    let lapped = observer.try_next_batch(&mut block, &mut meta).unwrap();
    assert!(matches!(lapped, Batch { count: 0, end: Read::Lapped { .. } }));
    // No metas: the last one's tells the sequences.
    observer.seek(Start::At(35));
    let batch = observer.try_next_batch(&mut block, &mut []).unwrap();
    assert_eq!((batch.count, sequence(batch.end), block), (4, 38, [35, 36, 37, 38].map(sample)));
    let batch = observer.next_batch(&mut block, &mut [], 2, Wait::spin(Duration::ZERO)).unwrap();
    assert_eq!((batch, block[..2] == [39, 40].map(sample)), (Batch { count: 2, end: Read::Empty }, true));
}

#[test]
fn each_record_of_a_long_batch_has_its_own_meta() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(1024));
    let start = leyline::monotonic_now() & !15;
    // Ten minutes between two: the first and the last are further apart than a stamp can tell.
    let stamp = |n: u64| {
        let flags = if n.is_multiple_of(7) { Flags::FIRST } else { Flags::NONE };
        Stamp { time_ns: start + n * 600_000_000_000, env: n as u16 * 3, flags }
    };
    let publish = |writer: &mut Writer<Sample>, sequences: std::ops::RangeInclusive<u64>| {
        for n in sequences {
            assert_eq!(writer.publish_stamped(&sample(n), stamp(n)).unwrap(), n);
        }
    };
    let (mut block, mut metas) = (vec![sample(0); 1000], vec![Meta::default(); 1000]);
    let mut read = |observer: &mut Observer<Sample>, first: u64, generation: u64| {
        let Batch { count, end } = observer.try_next_batch(&mut block, &mut metas).unwrap();
        for (n, (got, meta)) in (first..).zip(block.iter().zip(&metas)).take(count) {
            let Stamp { time_ns, env, flags } = stamp(n);
            let expected = Meta { sequence: n, time_ns, generation, skipped: 0, env, flags };
            assert_eq!((*got, *meta), (sample(n), expected));
        }
        (count, end)
    };
    publish(&mut writer, 1..=700);
    assert_eq!(read(&mut observer, 1, 1), (700, Read::Empty));
    publish(&mut writer, 701..=900);
    drop(writer);
    let mut successor = Writer::open(&segment, "samples").unwrap();
    publish(&mut successor, 901..=1000);
    assert_eq!(read(&mut observer, 701, 1), (200, Read::Restarted { generation: 2, first_sequence: 901 }));
    assert_eq!(read(&mut observer, 901, 2), (100, Read::Empty));
}

#[test]
fn an_observer_starts_where_it_is_told() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &spec(8));
    let open = |start| Observer::<Sample>::open(&segment, "samples", start).unwrap();
    let mut got = sample(0);
    let mut early = [Start::Oldest, Start::Newest, Start::Now, Start::At(1)].map(open);
    publish(&mut writer, 1..=1);
    for observer in &mut early {
        assert_eq!(sequence(observer.try_next(&mut got)), 1);
    }
    publish(&mut writer, 2..=20);
    let mut now = open(Start::Now);
    assert_eq!(now.try_next(&mut got), Read::Empty);
    assert_eq!(sequence(open(Start::Oldest).try_next(&mut got)), 13);
    assert_eq!(sequence(open(Start::Newest).try_next(&mut got)), 20);
    assert_eq!(sequence(open(Start::At(17)).try_next(&mut got)), 17);
    assert_eq!(open(Start::At(22)).try_next(&mut got), Read::Empty);
    let Read::Lapped { missed, next } = open(Start::At(3)).try_next(&mut got) else { panic!() };
    assert_eq!(3 + missed, next);
    publish(&mut writer, 21..=21);
    assert_eq!(sequence(now.try_next(&mut got)), 21);
    now.seek(Start::At(18));
    assert_eq!(sequence(now.try_next(&mut got)), 18);
}

#[test]
fn a_restart_is_told_before_the_first_record_of_the_new_generation() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(64));
    let mut late = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    publish(&mut writer, 1..=3);
    let mut got = sample(0);
    assert_eq!(sequence(observer.try_next(&mut got)), 1);
    // Generations 2 (without a record), 3 and 4.
    for up_to in [3, 5, 6] {
        drop(writer);
        writer = Writer::open(&segment, "samples").unwrap();
        let next = writer.next_sequence();
        publish(&mut writer, next..=up_to);
    }
    assert_eq!(writer.generation(), 4);
    let expected = [(0, 2), (0, 3), (2, 4), (3, 4), (0, 4), (0, 5), (4, 6), (0, 6)];
    for (generation, n) in expected {
        let read = observer.try_next(&mut got);
        if generation == 0 {
            assert_eq!(sequence(read), n);
            let Read::Record(meta) = read else { panic!() };
            assert_eq!(meta.generation, [0, 1, 1, 1, 3, 3, 4][n as usize]);
        } else {
            assert_eq!(read, Read::Restarted { generation, first_sequence: n });
        }
    }
    assert_eq!(observer.try_next(&mut got), Read::Empty);
    for (generation, first_sequence) in [(2, 4), (3, 4), (4, 6)] {
        assert_eq!(late.try_latest(&mut got), Read::Restarted { generation, first_sequence });
    }
    let Read::Record(meta) = late.try_latest(&mut got) else { panic!() };
    assert_eq!((meta.sequence, meta.skipped, meta.generation), (6, 5, 4));
}

#[test]
fn a_reader_that_comes_late_is_told_the_generation_of_every_record() {
    let folder = Folder::new();
    let (segment, mut writer, _observer) = ring(&folder, &spec(512));
    publish(&mut writer, 1..=1);
    for n in 2..=100 {
        drop(writer);
        writer = Writer::open(&segment, "samples").unwrap();
        publish(&mut writer, n..=n);
    }
    let mut late = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let (mut got, mut told) = (sample(0), 1);
    for n in 1..=100 {
        let mut read = late.try_next(&mut got);
        if let Read::Restarted { generation, first_sequence } = read {
            assert_eq!((generation, first_sequence), (n, n));
            told = generation;
            read = late.try_next(&mut got);
        }
        let Read::Record(meta) = read else { panic!("{read:?}") };
        assert_eq!((meta.sequence, meta.generation, told), (n, n, n));
    }
}

#[test]
fn a_ring_may_restart_more_often_than_its_log_remembers() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(512));
    publish(&mut writer, 1..=1);
    for n in 2..=300 {
        drop(writer);
        writer = Writer::open(&segment, "samples").unwrap();
        publish(&mut writer, n..=n);
    }
    let (mut got, mut records, mut last_generation) = (sample(0), 0, 1);
    loop {
        match observer.try_next(&mut got) {
            Read::Record(meta) => {
                records += 1;
                assert_eq!((meta.sequence, got), (records, sample(records)));
            }
            Read::Restarted { generation, first_sequence } => {
                assert_eq!(first_sequence, records + 1);
                assert!(generation > last_generation);
                last_generation = generation;
            }
            Read::Empty => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((records, last_generation), (300, 300));
}

#[test]
fn a_wait_ends_when_the_writer_closes_but_not_before_its_last_record() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut observer = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut got = sample(0);
    assert_eq!(observer.peer_state().unwrap(), PeerState::Never);
    assert_eq!(observer.next(&mut got, Wait::sleep(Duration::ZERO)).unwrap(), Read::TimedOut);
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    assert_eq!(observer.peer_state().unwrap(), PeerState::Held { silent_for: None });
    publish(&mut writer, 1..=1);
    assert!(matches!(observer.peer_state().unwrap(), PeerState::Held { silent_for: Some(_) }));
    drop(writer);
    assert_eq!(observer.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
    for wait in [patiently(), Wait::spin(common::LONG), Wait::yielding(common::LONG)] {
        observer.seek(Start::Oldest);
        assert_eq!(sequence(observer.next(&mut got, wait).unwrap()), 1);
        assert_eq!(observer.next(&mut got, wait).unwrap(), Read::WriterGone(Ending::Closed));
        assert_eq!(observer.latest(&mut got, wait).unwrap(), Read::WriterGone(Ending::Closed));
    }
}

#[test]
fn how_long_a_writer_is_silent_is_known_to_whoever_was_not_told_of_its_restart() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(8));
    publish(&mut writer, 1..=1);
    let _ = observer.try_next(&mut sample(0));
    drop(writer);
    let mut writer = Writer::open(&segment, "samples").unwrap();
    publish(&mut writer, 2..=2);
    assert!(matches!(observer.peer_state().unwrap(), PeerState::Held { silent_for: Some(_) }));
}

#[test]
fn a_consumer_that_is_succeeded_inside_a_batch_loses_nothing() {
    const SLOTS: u64 = 1 << 12;
    const REOPENINGS: u32 = 3000;
    let folder = Folder::new();
    let segment = Segment::create("s", &consumed(SLOTS, Policy::Keep), &folder.options()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let batch: Vec<Sample> = (0..SLOTS).map(|_| sample(0)).collect();
            while !end.load(Ordering::Relaxed) {
                match writer.publish_batch(&batch) {
                    Ok(_) => {}
                    Err(e) => assert!(
                        matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer),
                        "{e}"
                    ),
                }
            }
        });
        // However it ends, the writer does too.
        let _end = OnDrop(|| end.store(true, Ordering::Relaxed));
        let (mut next, mut got) = (1, sample(0));
        for _ in 0..REOPENINGS {
            let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
            loop {
                match consumer.try_next(&mut got) {
                    Read::Record(meta) => assert_eq!(meta.sequence, next),
                    Read::Empty => break,
                    other => panic!("{other:?} after {}", next - 1),
                }
                next += 1;
            }
            consumer.commit().unwrap();
        }
    });
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn the_newest_record_of_a_restarted_writer_is_never_one_of_its_predecessors() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &spec(64));
    publish(&mut writer, 1..=3);
    let mut got = sample(0);
    assert_eq!(sequence(observer.try_next(&mut got)), 1);
    publish(&mut writer, 4..=10);
    drop(writer);
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    publish(&mut writer, 11..=12);
    assert_eq!(observer.try_latest(&mut got), Read::Restarted { generation: 2, first_sequence: 11 });
    assert_eq!(observer.try_next(&mut got), Read::Lapped { missed: 9, next: 11 });
    let Read::Record(meta) = observer.try_next(&mut got) else { panic!() };
    assert_eq!((meta.sequence, meta.generation), (11, 2));
}

#[test]
#[ignore = "a child process"]
fn child_publishes_three_and_stays() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &leyline::Options::default()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    publish(&mut writer, 1..=3);
    common::say("ready");
    common::listen();
}

#[test]
fn a_killed_writer_is_told_from_one_that_closed() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut observer = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut child = common::start("child_publishes_three_and_stays", &folder);
    child.hear();
    child.kill();
    let mut got = sample(0);
    for n in 1..=3 {
        assert_eq!(sequence(observer.next(&mut got, patiently()).unwrap()), n);
    }
    assert_eq!(observer.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Died));
    assert_eq!(observer.peer_state().unwrap(), PeerState::Gone(Ending::Died));
    let mut successor = Writer::<Sample>::open(&segment, "samples").unwrap();
    publish(&mut successor, 4..=4);
    assert_eq!(observer.try_next(&mut got), Read::Restarted { generation: 2, first_sequence: 4 });
    assert_eq!(sequence(observer.try_next(&mut got)), 4);
}

/// Waits until a child has stopped or ended, without reaping it.
fn until(child: &common::Running, what: libc::c_int) {
    // SAFETY: plain old data; `info` outlives the call.
    let done = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_PID, child.child.id(), &raw mut info, what | libc::WNOWAIT)
    };
    assert_eq!(done, 0);
}

#[test]
fn a_stopped_writer_is_silent_and_one_that_nobody_has_waited_for_is_dead() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut observer = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut child = common::start("child_publishes_three_and_stays", &folder);
    child.hear();
    let signal = |signal| {
        // SAFETY: a signal to a child that nobody has waited for yet.
        assert_eq!(unsafe { libc::kill(child.child.id() as libc::pid_t, signal) }, 0);
    };
    signal(libc::SIGSTOP);
    until(&child, libc::WSTOPPED);
    let mut got = sample(0);
    for n in 1..=3 {
        assert_eq!(sequence(observer.next(&mut got, patiently()).unwrap()), n);
    }
    // Longer than after which a wait asks the kernel.
    let silence = Wait::sleep(Duration::from_millis(20));
    assert_eq!(observer.next(&mut got, silence).unwrap(), Read::TimedOut);
    let PeerState::Held { silent_for: Some(silent) } = observer.peer_state().unwrap() else { panic!() };
    assert!(silent >= Duration::from_millis(20), "{silent:?}");
    assert_eq!(Writer::<Sample>::open(&segment, "samples").unwrap_err().kind(), ErrorKind::RoleHeld);
    // A zombie still has its number, and nothing else.
    signal(libc::SIGKILL);
    until(&child, libc::WEXITED);
    assert_eq!(observer.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Died));
    assert_eq!(Writer::<Sample>::open(&segment, "samples").unwrap().next_sequence(), 4);
    assert!(!child.wait().success());
}

#[test]
fn a_displaced_segment_is_told_after_its_last_record() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    publish(&mut writer, 1..=1);
    Segment::unlink("s", &folder.options()).unwrap();
    let _new = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut got = sample(0);
    assert_eq!(sequence(observer.next(&mut got, patiently()).unwrap()), 1);
    assert_eq!(observer.next(&mut got, patiently()).unwrap(), Read::Superseded);
    assert_eq!(observer.peer_state().unwrap(), PeerState::Superseded);
    drop(writer);
    assert_eq!(observer.peer_state().unwrap(), PeerState::Superseded);
}

#[test]
fn a_dropped_loan_publishes_nothing() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    let mut got = sample(0);
    *writer.loan() = sample(7);
    assert_eq!((writer.next_sequence(), observer.published()), (1, 0));
    assert_eq!(observer.try_next(&mut got), Read::Empty);
    let mut loan = writer.loan();
    assert_eq!(*loan, Sample { values: [0.0; 27] });
    *loan = sample(1);
    assert_eq!(loan.publish().unwrap(), 1);
    assert_eq!((sequence(observer.try_next(&mut got)), got), (1, sample(1)));
}

#[test]
fn a_batch_is_accepted_as_far_as_there_is_room() {
    let folder = Folder::new();
    let (segment, mut writer, mut observer) = ring(&folder, &consumed(8, Policy::Keep));
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    let all: Vec<Sample> = (1..=20).map(sample).collect();
    assert_eq!(writer.publish_batch(&all[..0]).unwrap(), 0);
    assert_eq!(writer.publish_batch(&all[..5]).unwrap(), 5);
    assert_eq!(writer.publish_batch(&all[5..]).unwrap(), 3);
    assert_eq!(writer.publish_batch(&all[8..]).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(drain(|got| consumer.try_next(got)), (8, 0));
    consumer.commit_to(3).unwrap();
    let stamps: Vec<Stamp> = (9..=20).map(|n| Stamp { time_ns: 16 * n, ..Stamp::default() }).collect();
    assert_eq!(
        writer.publish_batch_stamped(&all[8..], &stamps[1..]).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(writer.publish_batch_stamped(&all[8..], &stamps).unwrap(), 3);
    assert_eq!(drain(|got| consumer.try_next(got)), (3, 0));
    observer.seek(Start::At(11));
    let Read::Record(meta) = observer.try_next(&mut sample(0)) else { panic!() };
    assert_eq!(meta.time_ns, 16 * 11);
}

#[test]
fn a_batch_longer_than_the_ring_laps_observers_exactly() {
    let folder = Folder::new();
    let (_segment, mut writer, mut observer) = ring(&folder, &spec(8));
    let all: Vec<Sample> = (1..=100).map(sample).collect();
    assert_eq!(writer.publish_batch(&all).unwrap(), 100);
    let (received, missed) = drain(|got| observer.try_next(got));
    assert_eq!(received + missed, 100);
    assert!(received >= 4);
}

#[test]
fn a_slot_of_rows_is_published_and_read_as_one_block() {
    for rows in [2usize, 3, 5, 8, 33] {
        let folder = Folder::new();
        let spec =
            Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(4).rows(rows as u32));
        let segment = Segment::create("s", &spec, &folder.options()).unwrap();
        assert_eq!(
            Writer::<Sample>::open(&segment, "samples").unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
        let mut writer = RowWriter::<Sample>::open(&segment, "samples").unwrap();
        let mut observer = RowObserver::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
        assert_eq!((writer.rows(), observer.rows()), (rows, rows));
        let (mut got, mut env, mut flags) = (vec![sample(0); rows], vec![0; rows], vec![Flags::NONE; rows]);
        assert_eq!(observer.try_next(&mut got, &mut env, &mut flags).unwrap(), Read::Empty);
        for n in 1..=6u64 {
            let block: Vec<Sample> = (0..rows as u64).map(|i| sample(100 * n + i)).collect();
            let envs: Vec<u16> = (0..rows).map(|i| 1000 * n as u16 + i as u16).collect();
            let marks: Vec<Flags> = (0..rows).map(|i| Flags::from_bits((n as usize + i) as u8)).collect();
            let stamp = Stamp { time_ns: 1600, env: 9, flags: Flags::SANITIZED };
            if n % 2 == 0 {
                let (b, e, f) = writer.loan();
                b.copy_from_slice(&block);
                e.copy_from_slice(&envs);
                f.copy_from_slice(&marks);
                assert_eq!(writer.publish_loan(Some(stamp)).unwrap(), n);
            } else {
                assert_eq!(writer.publish_stamped(&block, &envs, &marks, stamp).unwrap(), n);
            }
            let read = observer.next(&mut got, &mut env, &mut flags, patiently()).unwrap();
            let Read::Record(meta) = read else { panic!("{read:?}") };
            assert_eq!((meta.sequence, meta.time_ns, meta.env, meta.flags), (n, 1600, 9, Flags::SANITIZED));
            assert_eq!((&got, &env, &flags), (&block, &envs, &marks));
        }
        let (short, one) = (&got[1..], &mut got.clone());
        assert_eq!(writer.publish(short, &env, &flags).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(
            observer.try_latest(one, &mut env[1..], &mut flags).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}

#[test]
fn stamps_come_from_the_rings_time_source() {
    for source in [TimeSource::Tsc, TimeSource::Clock, TimeSource::Batch, TimeSource::Caller] {
        let folder = Folder::new();
        let spec =
            Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(8).time_source(source));
        let (_segment, mut writer, mut observer) = ring(&folder, &spec);
        assert_eq!(writer.publish_batch(&[1, 2, 3].map(sample)).unwrap(), 3);
        let (mut block, mut meta) = ([sample(0); 3], [Meta::default(); 3]);
        let _ = observer.try_next_batch(&mut block, &mut meta).unwrap();
        let times = meta.map(|m| m.time_ns);
        match source {
            TimeSource::Caller => assert_eq!(times, [0; 3]),
            TimeSource::Batch => assert!(times[0] > 0 && times.iter().all(|&t| t == times[0])),
            _ => assert!(times[0] > 0 && times.is_sorted()),
        }
    }
}

#[test]
fn sequences_go_over_the_ends_of_their_halves() {
    for first in [u64::from(u32::MAX) - 5, (1 << 33) - 5, u64::from(u32::MAX) << 31] {
        let folder = Folder::new();
        let spec = Spec::new().ring(
            RingSpec::new::<Sample>("samples")
                .unwrap()
                .capacity(4)
                .consumers(1, Policy::Keep)
                .first_sequence(first),
        );
        let (segment, mut writer, mut observer) = ring(&folder, &spec);
        let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
        let mut got = sample(0);
        for n in first..first + 20 {
            publish(&mut writer, n..=n);
            assert_eq!(sequence(observer.next(&mut got, patiently()).unwrap()), n);
            assert_eq!((sequence(consumer.try_next(&mut got)), got), (n, sample(n)));
            consumer.commit().unwrap();
        }
        drop(writer);
        writer = Writer::open(&segment, "samples").unwrap();
        assert_eq!(writer.next_sequence(), first + 20);
    }
}

#[test]
fn a_ring_whose_sequences_are_used_up_says_so() {
    let last = u64::MAX - (1 << 32);
    let folder = Folder::new();
    let spec =
        Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(4).first_sequence(last - 5));
    let (segment, mut writer, mut observer) = ring(&folder, &spec);
    publish(&mut writer, last - 5..=last);
    assert_eq!(writer.publish(&sample(0)).unwrap_err().kind(), ErrorKind::Exhausted);
    drop(writer);
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    assert_eq!(writer.publish(&sample(0)).unwrap_err().kind(), ErrorKind::Exhausted);
    let (received, missed) = drain(|got| observer.try_next(got));
    assert_eq!(received + missed, 6);
    assert_eq!(observer.try_latest(&mut sample(0)), Read::Empty);
    observer.seek(Start::Newest);
    assert_eq!(sequence(observer.try_latest(&mut sample(0))), last);
    observer.seek(Start::At(u64::MAX));
    assert_eq!(observer.try_next(&mut sample(0)), Read::Empty);
}

#[test]
fn a_ring_is_full_at_exactly_its_capacity_of_uncommitted_records() {
    for policy in [Policy::Keep, Policy::Release] {
        let folder = Folder::new();
        let (segment, mut writer, _) = ring(&folder, &consumed(8, policy));
        let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
        publish(&mut writer, 1..=8);
        assert_eq!(writer.publish(&sample(9)).unwrap_err().kind(), ErrorKind::Full);
        let now = Wait::yielding(Duration::ZERO);
        assert_eq!(
            writer.publish_waiting(&sample(9), Stamp::default(), now).unwrap_err().kind(),
            ErrorKind::Timeout
        );
        let mut got = sample(0);
        // Reading alone gives nothing back.
        assert_eq!(sequence(consumer.try_next(&mut got)), 1);
        assert_eq!(sequence(consumer.try_next(&mut got)), 2);
        assert_eq!(writer.publish(&sample(9)).unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(consumer.commit_to(3).unwrap_err().kind(), ErrorKind::OutOfRange);
        consumer.commit_to(1).unwrap();
        publish(&mut writer, 9..=9);
        assert_eq!(writer.publish(&sample(10)).unwrap_err().kind(), ErrorKind::Full);
        consumer.commit().unwrap();
        assert_eq!(consumer.commit_to(1).unwrap_err().kind(), ErrorKind::OutOfRange);
        publish(&mut writer, 10..=10);
        assert_eq!(drain(|got| consumer.try_next(got)), (8, 0));
    }
}

#[test]
fn a_keep_ring_keeps_everything_for_a_consumer_that_comes_later() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &consumed(8, Policy::Keep));
    publish(&mut writer, 1..=8);
    for _ in 0..3 {
        assert_eq!(writer.publish(&sample(9)).unwrap_err().kind(), ErrorKind::NoConsumer);
        let waited = writer.publish_waiting(&sample(9), Stamp::default(), Wait::spin(Duration::ZERO));
        assert_eq!(waited.unwrap_err().kind(), ErrorKind::Timeout);
    }
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    let mut got = sample(0);
    for n in 1..=5 {
        assert_eq!((sequence(consumer.try_next(&mut got)), got), (n, sample(n)));
    }
    consumer.commit_to(3).unwrap();
    drop(consumer);
    // Records that were read but not committed come again, and none is lost.
    publish(&mut writer, 9..=11);
    let mut successor = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    assert_eq!(sequence(successor.try_next(&mut got)), 4);
    assert_eq!(drain(|got| successor.try_next(got)), (7, 0));
}

#[test]
fn what_a_consumer_has_read_in_batches_is_there_for_others_and_for_its_successor() {
    let folder = Folder::new();
    // Large enough, and with few enough consumers, for slots to be dropped from the caches once
    // they are read.
    let (segment, mut writer, mut observer) = ring(&folder, &consumed(256, Policy::Keep));
    let mut block = vec![sample(0); 200];
    let mut meta = vec![Meta::default(); 200];
    let wanted = |from: u64| (from..from + 200).map(sample).collect::<Vec<_>>();
    for from in [1, 201, 401] {
        publish(&mut writer, from..=from + 199);
        for commits in [false, true] {
            let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
            assert_eq!(consumer.next_batch(&mut block, &mut meta, 200, patiently()).unwrap().count, 200);
            assert!(block == wanted(from) && meta[199].sequence == from + 199);
            if commits {
                consumer.commit().unwrap();
            }
        }
        assert_eq!(observer.try_next_batch(&mut block, &mut meta).unwrap().count, 200);
        assert!(block == wanted(from) && meta[199].sequence == from + 199);
    }
}

#[test]
fn a_release_ring_goes_on_and_a_successor_learns_what_it_missed() {
    for capacity in [2, 4, 8, 64] {
        let folder = Folder::new();
        let (segment, mut writer, _) = ring(&folder, &consumed(capacity, Policy::Release));
        let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
        publish(&mut writer, 1..=2);
        let mut got = sample(0);
        assert_eq!(sequence(consumer.try_next(&mut got)), 1);
        consumer.commit().unwrap();
        drop(consumer);
        let published = 10 * capacity + 3;
        publish(&mut writer, 3..=published);
        let mut successor = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
        let Read::Lapped { missed, next } = successor.try_next(&mut got) else { panic!() };
        assert_eq!(next, 2 + missed);
        let (received, more_missed) = drain(|got| successor.try_next(got));
        assert_eq!((1 + missed + received, more_missed), (published, 0), "{capacity} slots");
        assert!(received > 0);
        // From now on the writer waits for it again.
        let mut accepted = 0;
        while writer.publish(&sample(published + accepted + 1)).is_ok() {
            accepted += 1;
        }
        assert!(accepted <= capacity);
        assert_eq!(writer.publish(&sample(0)).unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(drain(|got| successor.try_next(got)), (accepted, 0));
    }
}

#[test]
fn an_auto_committing_consumer_commits_when_the_ring_is_dry() {
    for (looks_again, room) in [(false, 5), (true, 8)] {
        let folder = Folder::new();
        let (segment, mut writer, _) = ring(&folder, &consumed(8, Policy::Keep));
        let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
        publish(&mut writer, 1..=3);
        let mut got = sample(0);
        for n in 1..=3 {
            assert_eq!(sequence(consumer.try_next(&mut got)), n);
        }
        if looks_again {
            assert_eq!(consumer.try_next(&mut got), Read::Empty);
        }
        publish(&mut writer, 4..=3 + room);
        assert_eq!(writer.publish(&sample(0)).unwrap_err().kind(), ErrorKind::Full);
    }
}

#[test]
fn an_auto_committing_consumer_commits_before_it_waits() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &consumed(8, Policy::Keep));
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    publish(&mut writer, 1..=8);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 9..=100 {
                writer.publish_waiting(&sample(n), Stamp::default(), patiently()).unwrap();
            }
        });
        for n in 1..=100 {
            assert_eq!(sequence(consumer.next(&mut sample(0), patiently()).unwrap()), n);
        }
    });
}

#[test]
fn an_auto_committing_consumer_commits_every_32nd_record_and_at_its_end() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &consumed(64, Policy::Keep));
    publish(&mut writer, 1..=64);
    let mut got = sample(0);
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    for n in 1..=32 {
        assert_eq!(writer.publish(&sample(65)).unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(sequence(consumer.try_next(&mut got)), n);
    }
    publish(&mut writer, 65..=96);
    assert_eq!(sequence(consumer.try_next(&mut got)), 33);
    drop(consumer);
    let mut successor = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    assert_eq!(sequence(successor.try_next(&mut got)), 34);
}

#[test]
fn an_auto_committing_consumer_of_a_small_ring_commits_at_half_of_it() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &consumed(8, Policy::Keep));
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Auto).unwrap();
    publish(&mut writer, 1..=8);
    for n in 1..=4 {
        assert_eq!(writer.publish(&sample(9)).unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(sequence(consumer.try_next(&mut sample(0))), n);
    }
    publish(&mut writer, 9..=12);
}

#[test]
#[ignore = "a child process"]
fn child_consumes_five_and_commits_two() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &leyline::Options::default()).unwrap();
    let mut consumer = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    for n in 1..=5 {
        assert_eq!(sequence(consumer.next(&mut sample(0), patiently()).unwrap()), n);
    }
    consumer.commit_to(2).unwrap();
    common::say("ready");
    common::listen();
}

#[test]
fn a_killed_consumers_uncommitted_records_are_delivered_again() {
    let folder = Folder::new();
    let (segment, mut writer, _) = ring(&folder, &consumed(8, Policy::Keep));
    publish(&mut writer, 1..=8);
    let mut child = common::start("child_consumes_five_and_commits_two", &folder);
    child.hear();
    publish(&mut writer, 9..=10);
    assert_eq!(writer.publish(&sample(11)).unwrap_err().kind(), ErrorKind::Full);
    child.kill();
    assert_eq!(writer.publish(&sample(11)).unwrap_err().kind(), ErrorKind::ConsumerGone);
    let mut successor = Consumer::<Sample>::open(&segment, "samples", 0, Commit::Manual).unwrap();
    let mut got = sample(0);
    for n in 3..=10 {
        assert_eq!((sequence(successor.try_next(&mut got)), got), (n, sample(n)));
    }
    assert_eq!(successor.try_next(&mut got), Read::Empty);
}

macro_rules! numbers {
    ($name:ident, $text:literal, $count:literal) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(C)]
        struct $name {
            values: [f32; $count],
        }
        record! { $name as $text version 1 { values: [f32; $count], "-", -1e9, 1e9; } }

        impl From<u16> for $name {
            fn from(n: u16) -> Self {
                Self { values: [n.into(); $count] }
            }
        }
    };
}
numbers!(Short, "short", 3);
numbers!(Line, "line", 11);
numbers!(TwoLines, "two_lines", 26);
numbers!(Long, "long", 80);

#[test]
fn a_whole_ring_is_read_as_one_batch_whatever_its_records_size() {
    fn check<T: Record + From<u16> + PartialEq + Debug>(folder: &Folder) {
        let spec = Spec::new().ring(RingSpec::new::<T>("numbers").unwrap().capacity(64));
        let segment = Segment::create(&size_of::<T>().to_string(), &spec, &folder.options()).unwrap();
        let mut writer = Writer::<T>::open(&segment, "numbers").unwrap();
        let mut observer = Observer::<T>::open(&segment, "numbers", Start::Oldest).unwrap();
        for round in 0..5 {
            let sent: Vec<T> = (1..=64).map(|n| T::from(64 * round + n)).collect();
            assert_eq!(writer.publish_batch(&sent).unwrap(), 64);
            let (mut got, mut meta) = (vec![T::from(0); 64], vec![Meta::default(); 64]);
            let batch = observer.try_next_batch(&mut got, &mut meta).unwrap();
            assert_eq!((batch.count, got), (64, sent));
            assert_eq!(meta.iter().map(|m| m.sequence).max(), Some(64 * u64::from(round + 1)));
        }
    }
    let folder = Folder::new();
    check::<Short>(&folder);
    check::<Line>(&folder);
    check::<TwoLines>(&folder);
    check::<Long>(&folder);
}

#[test]
fn a_refused_opening_restarts_nothing() {
    let folder = Folder::new();
    let of = |name: &str| RingSpec::new::<Sample>(name).unwrap().capacity(8).consumers(1, Policy::Release);
    let spec = Spec::new().ring(of("rows").rows(2)).ring(of("samples"));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    RowWriter::<Sample>::open(&segment, "rows").unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    publish(&mut writer, 1..=20);
    drop(writer);
    let state = || {
        ["rows", "samples"].map(|ring| {
            let status = segment.ring_status(ring).unwrap();
            let role = |k| segment.role(ring, k).unwrap();
            (
                status.generation,
                status.consumers[0].committed,
                status.consumers[0].passed_over,
                role(None),
                role(Some(0)),
            )
        })
    };
    let before = state();
    for _ in 0..3 {
        let refused = |e: leyline::Error| assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{e}");
        refused(Writer::<Sample>::open(&segment, "rows").unwrap_err());
        refused(RowWriter::<Sample>::open(&segment, "samples").unwrap_err());
        refused(Consumer::<Sample>::open(&segment, "rows", 0, Commit::Auto).unwrap_err());
        let _ = Consumer::<Sample>::open(&segment, "samples", 1, Commit::Auto).unwrap_err();
    }
    assert_eq!(state(), before);
}
