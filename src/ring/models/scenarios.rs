//! The models: what may come of a few records while a writer, its readers and their successors are
//! interleaved.

use crate::base::layout::{control, cursor_page};
use crate::ring::canceller::Canceller;
use crate::ring::cursors::{Policy, commit, consumer_start};
use crate::ring::meta::{Meta, Stamp, pack_stamp};
use crate::ring::models::bells::{arm_against_wake, clear_against_wake};
use crate::ring::models::fixture::{CAPACITY, How, Model, Modelled, PAYLOAD, Reading, payload, stamp};
use crate::ring::reader::{Step, Sweep};
use crate::ring::slot::Slot;
use crate::ring::state::{Ending, LAST_SEQUENCE};
use crate::ring::writer::{Block, Producer};
use crate::sys::atomic::{Acquire, Relaxed, Word32};
use crate::sys::futex::{Cancel, Slept};
use crate::sys::{futex, os::Woken, words::Words};
use loom::{cell::UnsafeCell, thread};
use std::{sync::Arc, time::Duration};

/// A reader that polls reads every published record whole, in order and without a gap.
fn publish_against_read() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    let writer = thread::spawn(move || {
        for _ in 0..2 {
            writing.room(|_| true).unwrap();
            writing.write_with_number();
            writing.producer.flush();
        }
    });
    let mut next = 1;
    for _ in 0..3 {
        match reading.step_with_number() {
            Step::Record(meta) => {
                assert_eq!((meta.sequence, meta.generation), (next, 1));
                next += 1;
            }
            step => assert_eq!(step, Step::Empty),
        }
    }
    writer.join().unwrap();
    assert_eq!((model.ring.newest(), model.counted()), (2, 2));
    assert_eq!(reading.reader.next(), next);
}

/// A reader that is lapped never returns a torn record, and counts the missed ones exactly.
fn lapping() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(1);
    let writer = thread::spawn(move || writing.publish_up_to(4));
    let (mut got, mut missed) = (0, 0);
    for _ in 0..2 {
        match reading.step() {
            Step::Record(meta) => {
                assert_eq!(meta.sequence, 1 + got + missed);
                got += 1;
            }
            Step::Lapped { missed: now, next } => {
                missed += now;
                assert_eq!(next, 1 + got + missed);
            }
            step => assert_eq!(step, Step::Empty),
        }
        assert!(reading.reader.next() <= 5);
    }
    writer.join().unwrap();
}

/// Laps a reader as [`lapping`] does while it reads a batch.
fn lapping_a_batch() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(1);
    let writer = thread::spawn(move || writing.publish_up_to(3));
    let mut next = 1;
    for _ in 0..2 {
        let (found, end) = reading.batch(next);
        next += found.len() as u64;
        match end {
            Step::Lapped { missed, next: on } => {
                next += missed;
                assert_eq!(next, on);
            }
            end => assert_eq!(end, Step::Empty),
        }
        assert!(next == reading.reader.next() && next <= 4);
    }
    writer.join().unwrap();
}

/// A sweep from the newest record back takes no torn record, and counts the missed ones exactly.
fn lapping_a_sweep() {
    /// The sequence of the last record taken, and the number of records taken.
    struct Sink(u64, u64);
    impl Sweep<Modelled> for Sink {
        type Copied = [u8; PAYLOAD];
        fn copy(&mut self, slot: &Slot<'_, Modelled>) -> (u64, Self::Copied) {
            let mut got = [0; PAYLOAD];
            (slot.read(&mut got), got)
        }
        fn take(&mut self, meta: Meta, got: Self::Copied) {
            let Meta { sequence, env, .. } = meta;
            assert_eq!((got, u64::from(env)), (payload(sequence), sequence), "torn");
            assert!(self.1 == 0 || sequence == self.0 - 1);
            (self.0, self.1) = (sequence, self.1 + 1);
        }
    }
    let model = Model::new();
    let (mut writing, mut reader) = (model.producer(), model.reader().reader);
    writing.publish_up_to(1);
    let writer = thread::spawn(move || writing.publish_up_to(3));
    let mut sweep = || {
        let (mut sink, before) = (Sink(0, 0), reader.next());
        let swept = reader.sweep(&mut sink);
        assert_eq!((swept.read, swept.end), (sink.1, Step::Empty));
        assert_eq!(before + swept.read + swept.missed, reader.next());
        assert!(sink.1 == 0 || sink.0 == before + swept.missed);
        reader.next()
    };
    assert!(sweep() > 1);
    writer.join().unwrap();
    assert_eq!(sweep(), 4);
}

/// A batch ends before the first record of a new generation.
fn take_over_in_a_batch() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(1);
    let other = model.clone();
    let writers = thread::spawn(move || {
        writing.die(true);
        other.producer().publish(|_| true).unwrap();
    });
    let (mut told, mut next) = (false, 1);
    let mut batch = || {
        let (found, end) = reading.batch(next);
        next += found.len() as u64;
        assert!(
            found.iter().all(|meta| meta.generation == 1 + u64::from(told) && (meta.sequence == 2) == told)
        );
        if let Step::Restarted { generation, first_sequence } = end {
            assert_eq!((generation, first_sequence, told, next), (2, 2, false, 2));
            told = true;
        } else {
            assert_eq!(end, Step::Empty);
        }
        next
    };
    batch();
    batch();
    writers.join().unwrap();
    assert!((0..3).any(|_| batch() == 3), "the successor's record was not found");
}

/// Neither the fast path nor a step returns a record that is being overwritten.
fn overwriting(how: How) {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(2);
    let writer = thread::spawn(move || writing.publish_up_to(3));
    match if how == How::Fast { reading.fast_step() } else { reading.step() } {
        Step::Record(meta) => assert_eq!(meta.sequence, 1),
        Step::Lapped { missed, next } => assert_eq!(next, 1 + missed),
        step => panic!("{step:?} where there is a record"),
    }
    writer.join().unwrap();
}

/// The newest record is found at once, and a reader that was not lapped never reports that it was.
fn latest() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    let writer = thread::spawn(move || writing.publish_up_to(2));
    let mut seen = 0;
    for _ in 0..2 {
        match reading.latest() {
            Step::Record(meta) => {
                assert_eq!(meta.skipped, meta.sequence - seen - 1);
                seen = meta.sequence;
            }
            step => assert_eq!(step, Step::Empty),
        }
    }
    writer.join().unwrap();
    if seen < 2 {
        assert!(matches!(reading.latest(), Step::Record(Meta { sequence: 2, .. })));
    }
    assert_eq!(reading.latest(), Step::Empty);
}

/// The newest record is found even if its writer has not counted it and never will.
fn latest_beyond_the_counter() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    let writer = thread::spawn(move || {
        writing.publish_up_to(1);
        writing.write();
        writing.die(true);
    });
    let seen = match reading.latest() {
        Step::Record(meta) => meta.sequence,
        // It is being overwritten already.
        Step::Lapped { missed: 1, next: 2 } => 1,
        step => {
            assert_eq!(step, Step::Empty);
            0
        }
    };
    writer.join().unwrap();
    assert_eq!(model.ring.newest(), 2);
    match reading.latest() {
        Step::Record(meta) => assert_eq!((meta.sequence, meta.skipped), (2, 1 - seen)),
        step => assert_eq!((step, seen), (Step::Empty, 2)),
    }
}

/// Returns a time that begins a time region of its own.
fn time(sequence: u64) -> u64 {
    (60 * 3_600_000_000_000 * sequence) & !15
}

/// Publishes three records with such times, and returns a closure that publishes two more.
fn far_times(model: &Model) -> impl FnOnce() + use<> {
    let mut writing = model.producer();
    let mut publish = move |n| {
        let stamp = Stamp { time_ns: time(n), ..stamp(n) };
        writing.producer.begin_time_region(stamp.time_ns);
        writing.producer.write(stamp, |slot| slot.write(&payload(n)));
        writing.producer.flush();
    };
    (1..=3).for_each(&mut publish);
    move || (4..=5).for_each(publish)
}

/// The newest time region is one of those begun last, whether its record is complete or not.
fn newest_times() {
    let model = Model::new();
    let writer = thread::spawn(far_times(&model));
    let time_ns = model.ring.time_near(LAST_SEQUENCE).0;
    assert!([0, time(3), time(4), time(5)].contains(&time_ns), "{time_ns}");
    writer.join().unwrap();
    assert_eq!(model.ring.time_near(LAST_SEQUENCE), (time(5), true));
}

/// A time is right or unknown, however far it is from the others. The newest record's is known.
fn times() {
    let model = Model::new();
    let writer = far_times(&model);
    let mut reading = model.reader();
    reading.reader.seek(3);
    let writer = thread::spawn(writer);
    if let Step::Record(meta) = reading.step() {
        assert!([0, time(meta.sequence)].contains(&meta.time_ns), "{meta:?}");
    }
    writer.join().unwrap();
    match model.reader().latest() {
        Step::Record(meta) => assert_eq!((meta.sequence, meta.time_ns), (5, time(5))),
        step => panic!("{step:?}"),
    }
}

/// The newest record is whole although the writer laps the ring meanwhile.
fn latest_lapped() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(1);
    let writer = thread::spawn(move || writing.publish_up_to(3));
    match reading.latest() {
        Step::Record(meta) => assert_eq!(meta.skipped, meta.sequence - 1),
        step => assert!(matches!(step, Step::Lapped { .. }), "{step:?}"),
    }
    writer.join().unwrap();
}

/// No slot is written before its consumer has committed it, and a committed one is.
fn commit_against_overwrite() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.gated(Policy::Keep), model.reader());
    for _ in 0..2 {
        writing.room(|_| true).unwrap();
        writing.write_with_number();
        writing.producer.flush();
    }
    let cursor = model.cursor.clone();
    let writer = thread::spawn(move || {
        for _ in 0..2 {
            match writing.room(|_| true) {
                Ok(()) => {
                    writing.write_with_number();
                    writing.producer.flush();
                }
                Err(block) => assert_eq!(block, Block::Full { consumer: 0, gone: false }),
            }
        }
        writing
    });
    for n in 1..=2 {
        assert!(matches!(reading.step_with_number(), Step::Record(meta) if meta.sequence == n));
        commit(&cursor, n);
    }
    let mut writing = writer.join().unwrap();
    let room = writing.producer.next() <= 2 + CAPACITY;
    assert_eq!(writing.room(|_| true).is_ok(), room);
}

/// A consumer starts right after the last record that its predecessor committed.
fn succession_of_consumers() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.writing(vec![], Policy::Keep, true), model.reader());
    let writer = thread::spawn(move || writing.publish_up_to(1));
    let cursor = model.cursor.clone();
    let predecessor = thread::spawn(move || {
        if reading.record().is_some() {
            commit(&cursor, 1);
        }
    });
    let committed = model.cursor.u64(cursor_page::COMMITTED).load(Relaxed);
    let (_, start) = consumer_start(&model.ring, &model.cursor, 0);
    assert!((committed + 1..=2).contains(&start), "{start} after {committed}");
    writer.join().unwrap();
    predecessor.join().unwrap();
}

/// A consumer starts there too if the predecessor read ahead of the counter and the writer laps the
/// ring meanwhile.
fn succession_ahead_of_the_counter() {
    let model = Model::new();
    let (mut writing, mut reading) = (model.gated(Policy::Keep), model.reader());
    writing.publish_up_to(1);
    // A batch of which nothing is counted yet.
    writing.write();
    for n in 1..=2 {
        assert_eq!(reading.record().map(|meta| meta.sequence), Some(n));
    }
    commit(&model.cursor, 2);
    let writer = thread::spawn(move || {
        for _ in 0..2 {
            writing.room(|_| true).unwrap();
            writing.write();
        }
        writing.producer.flush();
    });
    assert_eq!(consumer_start(&model.ring, &model.cursor, 0), (3, 3));
    writer.join().unwrap();
    assert_eq!(consumer_start(&model.ring, &model.cursor, 0), (3, 3));
}

/// A writer that waits for a living consumer leaves no announcement that would lose records.
fn full_release_ring() {
    let model = Model::new();
    let mut writing = model.gated(Policy::Release);
    writing.publish_up_to(2);
    let writer = thread::spawn(move || {
        assert_eq!(writing.publish(|_| true), Err(Block::Full { consumer: 0, gone: false }));
    });
    writer.join().unwrap();
    assert_eq!(consumer_start(&model.ring, &model.cursor, 0), (1, 1));
}

/// A consumer that takes its role while the writer passes it is never overwritten from then on. The
/// kernel's answer about the lock orders nothing by itself.
fn pass_against_consumer_start() {
    let model = Model::new();
    let mut writing = model.gated(Policy::Release);
    writing.publish_up_to(2);
    let lock = Arc::new(Word32::new(0));
    let held = lock.clone();
    let writer = thread::spawn(move || {
        let _ = writing.publish(|_| held.load(Relaxed) == 1);
    });
    lock.store(1, Relaxed);
    let (wanted, start) = consumer_start(&model.ring, &model.cursor, 0);
    assert_eq!(wanted, 1);
    let mut reading = model.reader();
    reading.reader.seek(start);
    commit(&model.cursor, start - 1);
    for n in start..=2 {
        match reading.step() {
            Step::Record(meta) => assert_eq!(meta.sequence, n),
            step => panic!("{step:?} at {n} of those that nobody was to overwrite"),
        }
    }
    writer.join().unwrap();
}

/// A writer dies anywhere. Its successor continues after the last complete record, and readers get
/// a restart before the first record of the new generation.
fn take_over(in_the_middle: bool, how: How) {
    let model = Model::new();
    let (mut writing, mut reading) = (model.producer(), model.reader());
    writing.publish_up_to(1);
    let first = if in_the_middle { 2 } else { 3 };
    let other = model.clone();
    let writers = thread::spawn(move || {
        writing.die(in_the_middle);
        let mut successor = other.producer();
        assert_eq!((successor.producer.next(), successor.producer.generation()), (first, 2));
        assert_eq!((other.ring.newest(), other.counted()), (first - 1, first - 1));
        successor.publish(|_| true).unwrap();
    });
    let (mut told, mut next) = (false, 1);
    let mut step = |reading: &mut Reading| {
        // What was published before and cannot have been overwritten is there.
        let newest = (how == How::Latest).then(|| model.ring.newest());
        let step = match how {
            How::Next => reading.step(),
            How::Fast => reading.fast_step(),
            How::Latest => reading.latest(),
        };
        match step {
            Step::Record(meta) => {
                assert!(meta.sequence >= next);
                assert_eq!(meta.generation, if meta.sequence < first { 1 } else { 2 });
                assert_eq!(told, meta.generation == 2);
                next = meta.sequence + 1;
            }
            Step::Restarted { generation, first_sequence } => {
                assert_eq!((generation, first_sequence, told), (2, first, false));
                told = true;
            }
            Step::Lapped { missed, .. } => {
                assert!(newest.is_none_or(|newest| newest == 1), "{newest:?} is still there");
                next += missed;
            }
            Step::Empty => {}
            Step::Forked => unreachable!("nothing forks"),
        }
        next
    };
    for _ in 0..3 {
        step(&mut reading);
    }
    writers.join().unwrap();
    for _ in 0..3 {
        if step(&mut reading) > first {
            return;
        }
    }
    panic!("the successor's record was not found");
}

/// A log entry that is being replaced is never read as another generation's.
fn log_against_take_over() {
    let model = Model::new();
    for n in 1..=control::LOG_ENTRIES {
        let mut writing = model.producer();
        if n == 1 {
            writing.publish_up_to(1);
        }
    }
    let other = model.clone();
    let writer = thread::spawn(move || {
        other.producer();
    });
    // The first generation began with 1; that of the seventeenth writer, in the same entry, begins
    // with 2.
    for (generation, begins) in [(1, 1), (1 + control::LOG_ENTRIES, 2)] {
        let first = model.ring.logged(generation);
        assert!(first.is_none_or(|first| first == begins), "{generation}: {first:?}");
    }
    let now = model.ring.generation();
    let first = model.ring.logged(now);
    assert_eq!(first, Some(2), "{now}");
    assert_eq!(model.ring.control.u64(control::FIRST).load(Acquire), 2);
    writer.join().unwrap();
}

/// A reader that sees the ring closed finds everything that the writer published.
fn close() {
    end(Producer::close, Ending::Closed);
}

/// A reader that sees that the writer failed finds everything that the writer published.
fn fail() {
    end(Producer::fail, Ending::Failed);
}

fn end(by: fn(&Producer<Modelled>), ending: Ending) {
    let model = Model::new();
    // Registered, so that no fence of its own stands between publishing and ending.
    let (mut writing, mut reading) = (model.writing(vec![], Policy::Keep, true), model.reader());
    let writer = thread::spawn(move || {
        writing.publish_up_to(1);
        by(&writing.producer);
    });
    if model.ring.ending() == ending {
        assert!(matches!(reading.step(), Step::Record(_)));
    }
    writer.join().unwrap();
    assert_eq!(model.ring.ending(), ending);
}

/// A writer continues after a device's records, counted or not, and every counted record is
/// complete.
fn hand_over() {
    let model = Model::new();
    // Registered, so that no fence of its own stands between the device's records and their
    // counter.
    let (mut writing, mut reading) = (model.writing(vec![], Policy::Keep, true), model.reader());
    writing.producer.hand_over();
    assert_eq!(model.ring.device_generation(), 1);
    assert_eq!(writing.publish(|_| true), Err(Block::HandedOver));
    let host = thread::spawn(move || {
        let slot = writing.model.ring.slot(1);
        slot.begin(1, pack_stamp(stamp(1)));
        slot.write(&payload(1));
        slot.publish(1);
        assert_eq!((writing.producer.take_back(), writing.producer.next()), (1, 2));
        assert_eq!((writing.model.ring.device_generation(), writing.model.ring.newest()), (0, 1));
    });
    assert!(matches!(reading.latest(), Step::Empty | Step::Record(Meta { sequence: 1, .. })));
    host.join().unwrap();
}

/// No wake-up is lost: here no sleep ends by itself, so that a lost wake-up is a deadlock.
fn sleep_against_wake(registered: bool, sleepers: usize, records: u64) {
    let model = Model::new();
    let mut writing = model.writing(vec![], Policy::Keep, registered);
    assert_eq!(model.ring.control.u64(control::BARRIER).load(Relaxed), u64::from(registered));
    let sleep = |model: Model| {
        let (mut reading, waiter) = (model.reader(), model.waiter.clone());
        move || {
            let mut next = 1;
            for _ in 0..=2 * records {
                let found = match reading.record() {
                    Some(meta) => Slept::Found(meta),
                    None => futex::sleep(waiter.u32(0), None, || reading.record().ok_or(Duration::MAX)),
                };
                if let Slept::Found(meta) = found {
                    assert_eq!(meta.sequence, next);
                    next += 1;
                }
                if next > records {
                    return;
                }
                thread::yield_now();
            }
            panic!("woken for nothing");
        }
    };
    let others: Vec<_> = (0..sleepers).map(|_| thread::spawn(sleep(model.clone()))).collect();
    writing.publish_up_to(records);
    for other in others {
        other.join().unwrap();
    }
}

/// A reader that goes to sleep sees that a device writes now, or is woken.
fn hand_over_against_sleep() {
    let model = Model::new();
    let mut writing = model.writing(vec![], Policy::Keep, true);
    let (other, waiter) = (model.clone(), model.waiter.clone());
    let sleeper =
        thread::spawn(move || futex::sleep(waiter.u32(0), None, || Ok(other.ring.device_generation() != 0)));
    writing.producer.hand_over();
    let seen = sleeper.join().unwrap();
    assert!(seen == Slept::Found(true) || model.waiter.u32(0).load(Relaxed) & 1 == 0);
}

/// A sleeper on two rings is woken by each.
fn sleep_on_two_rings() {
    let models = [Model::new(), Model::new()];
    let writers = models.clone().map(|model| {
        let mut writing = model.writing(vec![], Policy::Keep, false);
        thread::spawn(move || writing.publish_up_to(1))
    });
    let mut readers = models.clone().map(|model| model.reader());
    let mut got = 0;
    for _ in 0..6 {
        let waiters = models.iter().map(|m| m.waiter.clone());
        let look = || readers.iter_mut().find_map(Reading::record).ok_or(Duration::MAX);
        if let Slept::Found(_) = futex::sleep_any(waiters, [].into_iter(), look) {
            got += 1;
        }
        if got == 2 {
            break;
        }
        thread::yield_now();
    }
    assert_eq!(got, 2, "woken for nothing");
    for writer in writers {
        writer.join().unwrap();
    }
}

/// A cancel ends a sleep on a ring or comes before it, and what its thread did before is seen.
#[expect(clippy::arc_with_non_send_sync, reason = "the model checks its accesses")]
fn cancel_against_sleep() {
    let model = Model::new();
    let (canceller, number) = (Canceller::new(), Arc::new(UnsafeCell::new(0)));
    let (other, written) = (canceller.clone(), number.clone());
    let cancelling = thread::spawn(move || {
        // SAFETY: loom checks that no other thread accesses it.
        written.with_mut(|n| unsafe { *n = 1 });
        other.cancel();
    });
    if !canceller.take() {
        let cancel = Cancel { word: canceller.word(), is_expected: true };
        let slept = futex::sleep(model.waiter.u32(0), Some(cancel), || Err::<(), _>(Duration::MAX));
        assert!(slept == Slept::Until(Woken::Early) && canceller.take());
    }
    // SAFETY: as above.
    assert_eq!(number.with(|n| unsafe { *n }), 1);
    assert!(!canceller.take(), "taken twice");
    cancelling.join().unwrap();
}

/// The quick ones first: an undone ordering runs them until one fails.
pub(super) const MODELS: [(&str, fn()); 35] = [
    ("publish against read", publish_against_read),
    ("latest", latest),
    ("lapping a batch", lapping_a_batch),
    ("take-over in a batch", take_over_in_a_batch),
    ("commit against overwrite", commit_against_overwrite),
    ("full release ring", full_release_ring),
    ("pass against a consumer's start", pass_against_consumer_start),
    ("take-over after a half-written record", || take_over(true, How::Next)),
    ("close", close),
    ("fail", fail),
    ("hand-over", hand_over),
    ("hand-over against sleep", hand_over_against_sleep),
    ("sleep against wake, fenced", || sleep_against_wake(false, 1, 1)),
    ("sleep against wake, membarrier", || sleep_against_wake(true, 1, 1)),
    ("cancel against sleep", cancel_against_sleep),
    ("succession of consumers", succession_of_consumers),
    ("succession ahead of the counter", succession_ahead_of_the_counter),
    ("latest beyond the counter", latest_beyond_the_counter),
    ("times", times),
    ("newest times", newest_times),
    ("latest, lapped", latest_lapped),
    ("log against take-over", log_against_take_over),
    ("take-over after a record not published", || take_over(false, How::Next)),
    ("take-over, newest record", || take_over(false, How::Latest)),
    ("sleep on two rings", sleep_on_two_rings),
    ("arm against wake, fenced", || arm_against_wake(false, 1)),
    ("arm against wake, membarrier", || arm_against_wake(true, 1)),
    ("clear against wake", clear_against_wake),
    ("two sleepers", || sleep_against_wake(false, 2, 1)),
    ("sleep against two records", || sleep_against_wake(true, 1, 2)),
    ("lapping a sweep", lapping_a_sweep),
    ("lapping", lapping),
    ("overwriting against a step", || overwriting(How::Next)),
    ("overwriting against a fast step", || overwriting(How::Fast)),
    ("take-over after a half-written record, fast steps", || take_over(true, How::Fast)),
];
