//! Sequences that go over the ends of 32 bits, near the end of 64, and up to the last one: every
//! path of a ring there.

use crate::common::{Folder, patiently};
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeStatus};
use leyline::{
    ActionSpace, Answer, Commit, Consumer, Controller, Ending, ErrorKind, Feature, Flags, LinkSpec, Meta,
    Observation, Observer, Policy, Read, RingSpec, RowObserver, RowWriter, Segment, Spec, Stamp, Start,
    Trainer, Writer, layout, record,
};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Sample {
    n: u64,
}
record! { Sample as "sample" version 1 { n: u64, "-", 0.0, 2e19; } }

const NONE: Sample = Sample { n: 0 };

/// The last sequence there is.
const LAST: u64 = u64::MAX - (1 << 32);

/// The first sequences of rings whose first 40 records cross a limit.
const STARTS: [u64; 6] =
    [1, (1 << 32) - 10, (1 << 33) - 10, (1 << 63) - 10, u64::MAX - (2 << 32) - 10, LAST - 39];

const CAPACITY: u64 = 8;

/// Creates a ring of 8 slots with a consumer and one of 2 rows a slot.
fn make(folder: &Folder, first: u64, policy: Policy) -> Segment {
    let ring = |name: &str| RingSpec::new::<Sample>(name).unwrap().capacity(CAPACITY).first_sequence(first);
    let spec =
        Spec::new().ring(ring("gated").consumers(1, policy)).ring(ring("free")).ring(ring("rows").rows(2));
    Segment::create("s", &spec, &folder.options()).unwrap()
}

fn everywhere(policy: Policy, test: impl Fn(&Segment, u64)) {
    for first in STARTS {
        let folder = Folder::new();
        test(&make(&folder, first, policy), first);
    }
}

fn publish(w: &mut Writer<Sample>, n: u64) {
    assert_eq!(w.publish(&Sample { n }).unwrap(), n);
}

fn record(read: Read, got: Sample) -> Meta {
    let Read::Record(meta) = read else { panic!("{read:?}") };
    assert_eq!(got.n, meta.sequence);
    meta
}

#[test]
fn every_start_of_a_reader_and_every_lap() {
    everywhere(Policy::Keep, |segment, first| {
        let mut w = Writer::<Sample>::open(segment, "free").unwrap();
        let open = |start| Observer::<Sample>::open(segment, "free", start).unwrap();
        let mut from_the_start = open(Start::Oldest);
        let mut newest = open(Start::Newest);
        let mut got = NONE;
        assert_eq!(from_the_start.try_next(&mut got), Read::Empty);
        for n in first..first + 40 {
            publish(&mut w, n);
            let read = newest.try_latest(&mut got);
            assert_eq!(record(read, got).sequence, n);
            assert_eq!(newest.try_next(&mut got), Read::Empty);
            assert_eq!((newest.published(), newest.next_sequence()), (n, n + 1));
            let read = open(Start::Newest).try_next(&mut got);
            assert_eq!(record(read, got).sequence, n);
            let read = open(Start::Oldest).try_next(&mut got);
            assert_eq!(record(read, got).sequence, first.max((n + 1).saturating_sub(CAPACITY)));
            assert_eq!(open(Start::Now).next_sequence(), n + 1);
            // Lapped by one, and by all but one.
            if n >= first + CAPACITY {
                let mut lapped = open(Start::At(n - CAPACITY));
                let Read::Lapped { missed, next } = lapped.try_next(&mut got) else { panic!() };
                assert_eq!(next, n - CAPACITY + missed);
                let read = lapped.try_next(&mut got);
                assert_eq!(record(read, got).sequence, next);
            }
        }
        let (mut received, mut missed) = (0, 0);
        loop {
            match from_the_start.try_next(&mut got) {
                Read::Lapped { missed: m, .. } => missed += m,
                Read::Empty => break,
                read => {
                    record(read, got);
                    received += 1;
                }
            }
        }
        assert_eq!((received + missed, received > 0), (40, true));
        // From far behind, and what is not there yet.
        let mut behind = open(Start::At(0));
        assert!(matches!(behind.try_next(&mut got), Read::Lapped { .. }));
        let mut skipped = open(Start::At(first));
        let read = skipped.try_latest(&mut got);
        assert_eq!(record(read, got).skipped, 39);
        assert_eq!(open(Start::At(u64::MAX)).try_next(&mut got), Read::Empty);
    });
}

#[test]
fn batches_stamps_and_rows() {
    everywhere(Policy::Keep, |segment, first| {
        let mut w = Writer::<Sample>::open(segment, "free").unwrap();
        let mut o = Observer::<Sample>::open(segment, "free", Start::Oldest).unwrap();
        let mut rows_out = RowWriter::<Sample>::open(segment, "rows").unwrap();
        let mut rows_in = RowObserver::<Sample>::open(segment, "rows", Start::Oldest).unwrap();
        let mut next = first;
        while next < first + 40 {
            let batch: Vec<Sample> = (next..next + 5).map(|n| Sample { n }).collect();
            assert_eq!(w.publish_batch(&batch).unwrap(), 5);
            let mut got = [NONE; 8];
            let mut meta = [Meta::default(); 8];
            let read = o.try_next_batch(&mut got, &mut meta).unwrap();
            assert_eq!((read.count, read.end), (5, Read::Empty));
            assert_eq!(got[..5], batch[..]);
            assert!(meta[..5].iter().map(|m| m.sequence).eq(next..next + 5));
            for n in next..next + 5 {
                let stamp = Stamp { time_ns: 1600, env: n as u16, flags: Flags::FIRST };
                let two = [Sample { n }, Sample { n: !n }];
                let sent = rows_out.publish_stamped(&two, &[n as u16, 7], &[Flags::NONE; 2], stamp);
                assert_eq!(sent.unwrap(), n);
                let (mut rows, mut env, mut flags) = ([NONE; 2], [0; 2], [Flags::FIRST; 2]);
                let read = rows_in.try_next(&mut rows, &mut env, &mut flags).unwrap();
                let meta = record(read, rows[0]);
                assert_eq!((rows, env, flags), (two, [n as u16, 7], [Flags::NONE; 2]));
                assert_eq!((meta.env, meta.flags, meta.skipped), (n as u16, Flags::FIRST, 0));
            }
            next += 5;
        }
    });
}

/// Sets a word of the file.
fn set(segment: &Segment, at: u64, value: u64) {
    let file = OpenOptions::new().write(true).open(segment.path()).unwrap();
    file.write_all_at(&value.to_le_bytes(), at).unwrap();
}

fn plain<T: leyline::__private::bytemuck::AnyBitPattern>(segment: &Segment, at: u64) -> T {
    let mut bytes = vec![0; size_of::<T>()];
    std::fs::File::open(segment.path()).unwrap().read_exact_at(&mut bytes, at).unwrap();
    leyline::__private::bytemuck::pod_read_unaligned(&bytes)
}

fn entry(segment: &Segment, ring: u64) -> layout::RingEntry {
    let (header, entry) = (size_of::<layout::Header>() as u64, size_of::<layout::RingEntry>() as u64);
    plain(segment, header + ring * entry)
}

#[test]
fn successors_go_on_where_their_predecessors_died() {
    everywhere(Policy::Keep, |segment, first| {
        let mut o = Observer::<Sample>::open(segment, "free", Start::Oldest).unwrap();
        let mut got = NONE;
        let mut next = first;
        for generation in 1..=10 {
            let mut w = Writer::<Sample>::open(segment, "free").unwrap();
            assert_eq!((w.generation(), w.next_sequence()), (generation, next));
            for n in next..next + 4 {
                publish(&mut w, n);
            }
            drop(w);
            // As if it had died with three records complete and not counted yet.
            set(segment, entry(segment, 1).control_offset, next);
            next += 4;
            if generation > 1 {
                let told = Read::Restarted { generation, first_sequence: next - 4 };
                assert_eq!(o.try_next(&mut got), told);
            }
            for n in next - 4..next {
                let read = o.try_next(&mut got);
                assert_eq!(record(read, got).sequence, n);
            }
            assert_eq!(o.try_next(&mut got), Read::Empty);
        }
    });
}

#[test]
fn a_consumer_gates_exactly_and_its_successor_misses_nothing() {
    everywhere(Policy::Keep, |segment, first| {
        let mut w = Writer::<Sample>::open(segment, "gated").unwrap();
        let mut got = NONE;
        let mut done = first;
        let mut absent = ErrorKind::NoConsumer;
        while done + CAPACITY <= first + 40 {
            for n in done..done + CAPACITY {
                publish(&mut w, n);
            }
            assert_eq!(w.publish(&NONE).unwrap_err().kind(), refusal(done + CAPACITY, absent));
            absent = ErrorKind::ConsumerGone;
            let mut c = Consumer::<Sample>::open(segment, "gated", 0, Commit::Manual).unwrap();
            for n in done..done + CAPACITY {
                let read = c.try_next(&mut got);
                assert_eq!(record(read, got).sequence, n);
            }
            c.commit_to(done + 2).unwrap();
            assert_eq!(c.commit_to(done + CAPACITY).unwrap_err().kind(), ErrorKind::OutOfRange);
            drop(c);
            let mut c = Consumer::<Sample>::open(segment, "gated", 0, Commit::Manual).unwrap();
            for n in done + 3..done + CAPACITY {
                let read = c.next(&mut got, patiently()).unwrap();
                assert_eq!(record(read, got).sequence, n);
            }
            assert_eq!(c.read_up_to(), done + CAPACITY - 1);
            c.commit().unwrap();
            done += CAPACITY;
        }
    });
}

/// Returns the error of a writer whose next sequence is this, for want of room or of sequences.
fn refusal(next: u64, want_of_room: ErrorKind) -> ErrorKind {
    if next > LAST { ErrorKind::Exhausted } else { want_of_room }
}

#[test]
fn a_released_consumer_learns_exactly_what_it_missed() {
    everywhere(Policy::Release, |segment, first| {
        let mut w = Writer::<Sample>::open(segment, "gated").unwrap();
        let mut c = Consumer::<Sample>::open(segment, "gated", 0, Commit::Manual).unwrap();
        let mut got = NONE;
        publish(&mut w, first);
        let read = c.try_next(&mut got);
        assert_eq!(record(read, got).sequence, first);
        c.commit().unwrap();
        drop(c);
        for n in first + 1..first + 30 {
            publish(&mut w, n);
        }
        let mut c = Consumer::<Sample>::open(segment, "gated", 0, Commit::Manual).unwrap();
        let Read::Lapped { missed, next } = c.try_next(&mut got) else { panic!("it missed some") };
        assert_eq!(next, first + 1 + missed);
        for n in next..first + 30 {
            let read = c.try_next(&mut got);
            assert_eq!(record(read, got).sequence, n);
        }
        c.commit().unwrap();
        publish(&mut w, first + 30);
    });
}

#[test]
fn a_sleeper_is_woken_over_the_end_of_the_futexs_half() {
    everywhere(Policy::Keep, |segment, first| {
        let mut w = Writer::<Sample>::open(segment, "free").unwrap();
        let waiters = plain::<layout::Header>(segment, 0).waiters_offset;
        let flag = waiters + layout::WAITER_STRIDE as u64;
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut o = Observer::<Sample>::open(segment, "free", Start::Oldest).unwrap();
                let mut got = NONE;
                for n in first..first + 20 {
                    let read = o.next(&mut got, patiently()).unwrap();
                    assert_eq!(record(read, got).sequence, n);
                }
                o.next(&mut got, patiently()).unwrap()
            });
            for n in first..first + 20 {
                // Not before it sleeps, or is about to.
                while plain::<u32>(segment, flag) & 1 == 0 {
                    assert!(!reader.is_finished());
                    std::thread::yield_now();
                }
                publish(&mut w, n);
            }
            drop(w);
            assert_eq!(reader.join().unwrap(), Read::WriterGone(Ending::Closed));
        });
    });
}

#[test]
fn the_last_sequence_is_given_out_and_none_after_it() {
    let folder = Folder::new();
    let segment = make(&folder, LAST - 39, Policy::Keep);
    let mut w = Writer::<Sample>::open(&segment, "free").unwrap();
    let mut o = Observer::<Sample>::open(&segment, "free", Start::Now).unwrap();
    for n in LAST - 39..LAST - 1 {
        publish(&mut w, n);
    }
    // A batch is accepted as far as there are sequences.
    let batch: Vec<Sample> = (LAST - 1..LAST + 5).map(|n| Sample { n }).collect();
    assert_eq!(w.publish_batch(&batch).unwrap(), 2);
    for _ in 0..2 {
        assert_eq!(w.publish_batch(&batch).unwrap_err().kind(), ErrorKind::Exhausted);
        assert_eq!(w.publish(&NONE).unwrap_err().kind(), ErrorKind::Exhausted);
        let waited = w.publish_waiting(&NONE, Stamp::default(), patiently());
        assert_eq!(waited.unwrap_err().kind(), ErrorKind::Exhausted);
        drop(w);
        w = Writer::open(&segment, "free").unwrap();
        assert_eq!(w.next_sequence(), LAST + 1);
    }
    let mut got = NONE;
    assert!(matches!(o.try_next(&mut got), Read::Lapped { .. }));
    let read = o.try_latest(&mut got);
    assert_eq!(record(read, got).sequence, LAST);
    assert_eq!(o.try_next(&mut got), Read::Empty);
    drop(w);
    assert_eq!(o.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    // A new segment starts anew.
    Segment::recreate("s", &Spec::new().ring(RingSpec::new::<Sample>("free").unwrap()), &folder.options())
        .unwrap();
}

#[test]
fn a_link_goes_over_them_as_well() {
    for first in STARTS {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observations(8).commands(4).to_spec().unwrap();
        let segment = Segment::create("link", &spec, &folder.options()).unwrap();
        // A link's rings start at 1; these are made to start elsewhere, before anybody uses them.
        let at = size_of::<layout::Header>() as u64
            + std::mem::offset_of!(layout::RingEntry, first_sequence) as u64;
        for ring in 0..segment.rings().len() as u64 {
            let e = entry(&segment, ring);
            set(&segment, at + ring * size_of::<layout::RingEntry>() as u64, first);
            set(&segment, e.control_offset, first - 1);
            (0..u64::from(e.consumers)).for_each(|k| set(&segment, e.cursors_offset + 4096 * k, first - 1));
        }
        let segment = Segment::attach("link", &folder.options()).unwrap();
        let mut trainer = Trainer::on(&segment).unwrap();
        let mut controller = Controller::on(&segment, 0).unwrap();
        let mut observation = Observation::EMPTY;
        observation[Feature::AvailableSlots] = 1.0;
        for n in first..first + 30 {
            assert_eq!(trainer.publish(&observation).unwrap().sequence, n);
            let mut seen = Observation::EMPTY;
            let meta = loop {
                match controller.next(&mut seen, patiently()).unwrap() {
                    Read::Record(meta) => break meta,
                    Read::Restarted { .. } => {}
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!((meta.sequence, seen), (n, observation));
            let action = controller.actions().germinate("norm").unwrap();
            let decided = controller.decide(&meta, action, &Answer::default()).unwrap();
            let ticket = decided.command.unwrap();
            assert_eq!((decided.sequence, ticket.sequence), (n, n));
            let mut decision = Decision::default();
            let read = trainer.wait_decision(0, n, &mut decision, patiently()).unwrap();
            assert!(matches!(read, Read::Record(_)) && decision.observation_sequence == n);
            let command = trainer.try_command().unwrap().unwrap();
            assert_eq!((command.sequence, command.command.observation_sequence), (n, n));
            trainer.answer(&command, CommandOutcome::executed(&command.command, command.sequence)).unwrap();
            let outcome = controller.wait_outcome(&ticket.id, patiently()).unwrap();
            assert_eq!(outcome.status().unwrap(), OutcomeStatus::Executed);
            if n == first + 15 {
                drop((trainer, controller));
                trainer = Trainer::on(&segment).unwrap();
                controller = Controller::on(&segment, 0).unwrap();
            }
        }
        assert_eq!((trainer.generation(), controller.lost()), (2, 0));
    }
}
