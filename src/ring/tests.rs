//! Tests of the protocol on private memory, in one thread.

use crate::base::layout::control;
use crate::ring::cursors::{Policy, commit, consumer_start};
use crate::ring::meta::{Meta, Stamp};
use crate::ring::reader::{Reader, Step, Sweep};
use crate::ring::{slot::Slot, state::Ring, writer::Producer};
use crate::sys::atomic::{Word32, Word64};
use crate::sys::{lock::ForkGuard, words::Words};
use std::{convert::Infallible, sync::Arc};

/// A range of private memory.
#[derive(Clone)]
struct Own(Arc<[(Word64, Word32)]>);

impl Own {
    fn new(bytes: usize) -> Self {
        Self((0..bytes / 4).map(|_| (Word64::new(0), Word32::new(0))).collect())
    }
}

impl Words for Own {
    fn u64(&self, at: usize) -> &Word64 {
        &self.0[at / 4].0
    }
    fn u32(&self, at: usize) -> &Word32 {
        &self.0[at / 4].1
    }
    fn prefetch(&self, _: usize) {}
}

fn ring(capacity: u64) -> Ring<Own> {
    let data = Own::new(128 * capacity as usize);
    Ring {
        control: Own::new(4096),
        data,
        capacity,
        stride: 128,
        first_sequence: 1,
        guard: ForkGuard::new().unwrap(),
    }
}

fn writer(ring: &Ring<Own>, cursors: Vec<Own>) -> Producer<Own> {
    Producer::take_over(ring.clone(), Own::new(8), cursors, Policy::Keep, false)
}

/// Writes records without a flush, as a batch or a device does.
fn write(writer: &mut Producer<Own>, records: u64) {
    for _ in 0..records {
        assert!(writer.has_room() || writer.find_room());
        writer.write(Stamp::default(), |slot| slot.write(&[0; 8]));
    }
}

#[test]
fn the_newest_record_is_found_wherever_the_counter_is() {
    for capacity in [2, 16, 64] {
        for counted in [0, 1, capacity - 1, capacity, 3 * capacity + 1] {
            let ring = ring(capacity);
            let mut writer = writer(&ring, vec![]);
            write(&mut writer, counted);
            writer.flush();
            for lag in 0..3 * capacity + 2 {
                assert_eq!(ring.newest(), counted + lag, "{capacity} slots, {counted} counted");
                // The successor of a writer that died here continues after it.
                let half_written = ring.slot(counted + lag + 1);
                half_written.begin(counted + lag + 1, 0);
                assert_eq!(ring.newest(), counted + lag);
                write(&mut writer, 1);
            }
        }
    }
}

#[test]
fn a_successor_starts_after_what_was_committed_ahead_of_the_counter() {
    let ring = ring(256);
    let cursor = Own::new(8);
    let mut writer = writer(&ring, vec![cursor.clone()]);
    write(&mut writer, 256);
    writer.flush();
    commit(&cursor, 256);
    // In its slot and not counted, read and committed.
    write(&mut writer, 1);
    commit(&cursor, 257);
    // The writer goes around the ring before the successor looks.
    write(&mut writer, 256);
    assert_eq!(consumer_start(&ring, &cursor, 0), (258, 258));
    let mut reader = Reader::new(ring, 258);
    assert!(matches!(reader.step(|slot| slot.read(&mut [])), Step::Record(Meta { sequence: 258, .. })));
}

#[test]
fn a_reader_that_a_batch_has_lapped_is_lapped_once() {
    let ring = ring(256);
    let mut writer = writer(&ring, vec![]);
    write(&mut writer, 256);
    writer.flush();
    // Nearly half of the ring more, which is not counted yet.
    write(&mut writer, 120);
    let mut reader = Reader::new(ring, 1);
    let mut step = || reader.step(|slot| slot.read(&mut []));
    assert_eq!(step(), Step::Lapped { missed: 152, next: 153 });
    for n in 153..=376 {
        assert!(matches!(step(), Step::Record(Meta { sequence, .. }) if sequence == n));
    }
    assert_eq!(step(), Step::Empty);
}

#[test]
fn after_a_restart_the_newest_are_the_new_generations() {
    let ring = ring(64);
    let mut reader = Reader::new(ring.clone(), 1);
    let mut first = writer(&ring, vec![]);
    write(&mut first, 3);
    assert!(matches!(reader.step(|slot| slot.read(&mut [])), Step::Record(Meta { sequence: 1, .. })));
    write(&mut first, 7);
    let mut second = writer(&ring, vec![]);
    write(&mut second, 2);
    let latest = |reader: &mut Reader<Own>| reader.step_to_latest(|slot| slot.read(&mut []));
    assert_eq!(latest(&mut reader), Step::Restarted { generation: 2, first_sequence: 11 });
    let mut other = reader.clone();
    // The skipped records are reported, whichever way the reader goes on.
    match latest(&mut reader) {
        Step::Record(Meta { sequence: 12, generation: 2, skipped: 10, .. }) => {}
        step => panic!("{step:?}"),
    }
    assert_eq!(other.step(|slot| slot.read(&mut [])), Step::Lapped { missed: 9, next: 11 });
    match other.step(|slot| slot.read(&mut [])) {
        Step::Record(Meta { sequence: 11, generation: 2, skipped: 0, .. }) => {}
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_generation_is_right_or_it_is_not_known() {
    const TAKE_OVERS: u64 = 3 * control::LOG_ENTRIES / 2;
    let ring = ring(512);
    let early = Reader::new(ring.clone(), 1);
    let mut generations = vec![0];
    for _ in 0..TAKE_OVERS {
        let mut writer = writer(&ring, vec![]);
        write(&mut writer, 2);
        generations.extend([writer.generation(); 2]);
    }
    let oldest_known = TAKE_OVERS - control::LOG_ENTRIES + 1;
    // One that was there before the first writer, one that came late, one that has read the first
    // record.
    let late = Reader::new(ring.clone(), 1);
    for (mut reader, from) in [(early, 1), (late, 1), (Reader::new(ring.clone(), 200), 200)] {
        let (mut next, mut told) = (from, 0);
        loop {
            match reader.step(|slot| slot.read(&mut [])) {
                Step::Record(meta) => {
                    let right = generations[meta.sequence as usize];
                    let known = if right < oldest_known { 0 } else { right };
                    assert_eq!((meta.sequence, meta.generation), (next, known));
                    next += 1;
                }
                Step::Restarted { generation, first_sequence } => {
                    assert_eq!((generations[first_sequence as usize], first_sequence), (generation, next));
                    told += 1;
                }
                step => {
                    assert_eq!(step, Step::Empty);
                    break;
                }
            }
        }
        assert_eq!(next, 2 * TAKE_OVERS + 1);
        assert_eq!(told, TAKE_OVERS - generations[from as usize].max(oldest_known - 1));
    }
}

#[test]
fn a_reader_behind_the_log_does_not_keep_the_generation_that_it_knew() {
    let ring = ring(512);
    let mut first = writer(&ring, vec![]);
    write(&mut first, 1);
    let mut reader = Reader::new(ring.clone(), 1);
    let mut step = || reader.step(|slot| slot.read(&mut []));
    assert!(matches!(step(), Step::Record(Meta { generation: 1, .. })));
    for _ in 0..=control::LOG_ENTRIES {
        write(&mut writer(&ring, vec![]), 1);
    }
    // Of generation 2, which is no longer in the log.
    assert!(matches!(step(), Step::Record(Meta { sequence: 2, generation: 0, .. })));
    assert_eq!(step(), Step::Restarted { generation: 3, first_sequence: 3 });
}

/// An hour in nanoseconds, a multiple of a stamp's unit.
const HOUR: u64 = 3_600_000_000_000;

/// Returns the times of the records from `next` to `ended` by each way of reading.
fn told_times(ring: &Ring<Own>, next: u64, ended: u64) -> Vec<Vec<u64>> {
    struct Times(Vec<u64>);
    impl Sweep<Own> for Times {
        type Copied = ();
        fn copy(&mut self, slot: &Slot<'_, Own>) -> (u64, ()) {
            (slot.read(&mut []), ())
        }
        fn take(&mut self, meta: Meta, (): ()) {
            self.0.push(meta.time_ns);
        }
    }
    let reader = || Reader::new(ring.clone(), next);
    let n = (ended - next + 1) as usize;
    let mut one = reader();
    let singly = (0..n)
        .map(|_| match one.step(|slot| slot.read(&mut [])) {
            Step::Record(meta) => meta.time_ns,
            step => panic!("{step:?}"),
        })
        .collect();
    let mut batch = vec![0; n];
    let mut bytes = vec![0; 8 * n];
    assert_eq!(reader().batch(8, &mut bytes, |i, meta| batch[i] = meta.time_ns).0, n);
    let mut swept = Times(Vec::new());
    let _ = reader().sweep(&mut swept);
    swept.0.reverse();
    vec![singly, batch, swept.0]
}

#[test]
fn a_time_is_right_however_long_ago_the_last_one_was() {
    for gap in [1, 20, 38, 40, 45, 60, 78, 79, 1000] {
        let ring = ring(64);
        let mut writer = writer(&ring, vec![]);
        let mut reader = Reader::new(ring.clone(), 1);
        let times: Vec<u64> = (0..20).map(|n| 5 * HOUR + n * gap * HOUR + 160).collect();
        for &time_ns in &times {
            assert!(writer.has_room() || writer.find_room());
            writer.begin_time_region(time_ns);
            writer.write(Stamp { time_ns, ..Stamp::default() }, |slot| slot.write(&[0; 8]));
            writer.flush();
            // One that polls, and one that comes to see how long the writer has been silent.
            let late = Reader::new(ring.clone(), ring.newest()).step_to_latest(|slot| slot.read(&mut []));
            for step in [reader.step(|slot| slot.read(&mut [])), late] {
                assert!(matches!(step, Step::Record(meta) if meta.time_ns == time_ns), "{gap} h: {step:?}");
            }
        }
        for told in told_times(&ring, 1, 20) {
            assert_eq!(told, times, "{gap} h");
        }
    }
}

#[test]
fn times_that_jump_are_right_or_not_known() {
    let ring = ring(256);
    let mut times = Vec::new();
    for n in 0..4u64 {
        // A successor adopts the time region of its predecessor.
        let mut writer = writer(&ring, vec![]);
        for i in 0..50u64 {
            let far = 1 + (i * 7919 + n) % 5 * 50;
            let time_ns = if i % 9 == 8 { 0 } else { far * HOUR + i * 1600 };
            assert!(writer.has_room() || writer.find_room());
            writer.begin_time_region(time_ns);
            writer.write(Stamp { time_ns, ..Stamp::default() }, |slot| slot.write(&[0; 8]));
            times.push(time_ns);
        }
    }
    for told in told_times_of_all_generations(&ring) {
        assert_eq!(told.len(), times.len());
        for (told, time) in told.iter().zip(&times) {
            assert!([0, *time].contains(told), "{told} for {time}");
        }
        // As many as the log has regions, and none of those is unknown.
        assert_eq!(told[180..], times[180..]);
    }
}

/// Returns what [`told_times`] does, of a ring of four generations of 50 records each.
fn told_times_of_all_generations(ring: &Ring<Own>) -> Vec<Vec<u64>> {
    let (mut singly, mut batch) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(ring.clone(), 1);
    while singly.len() < 200 {
        match reader.step(|slot| slot.read(&mut [])) {
            Step::Record(meta) => singly.push(meta.time_ns),
            step => assert!(matches!(step, Step::Restarted { .. }), "{step:?}"),
        }
    }
    let mut reader = Reader::new(ring.clone(), 1);
    let mut bytes = vec![0; 8 * 200];
    while batch.len() < 200 {
        let _ = reader.batch(8, &mut bytes, |_, meta| batch.push(meta.time_ns));
    }
    vec![singly, batch]
}

#[test]
fn records_before_a_new_generation_are_read_once() {
    let ring = ring(1024);
    for (records, generation) in [(600, 1), (10, 2)] {
        let mut writer = Producer::take_over(ring.clone(), Own::new(8), vec![], Policy::Keep, false);
        assert_eq!(writer.generation(), generation);
        for _ in 0..records {
            assert!(writer.has_room() || writer.find_room());
            writer.write(Stamp::default(), |slot| slot.write(&[0; 8]));
        }
        writer.flush();
    }
    let mut reader = Reader::new(ring, 1);
    let (mut bytes, mut told) = (vec![0; 8 * 1000], 0);
    let mut batch = |reader: &mut Reader<Own>| reader.batch(8, &mut bytes, |_, _| told += 1);
    assert_eq!(batch(&mut reader), (600, Step::Restarted { generation: 2, first_sequence: 601 }));
    assert_eq!(batch(&mut reader), (10, Step::Empty));
    assert_eq!(told, 610);
}

#[test]
fn a_cursor_alone_makes_room_beside_consumers_that_nobody_holds() {
    for living in 0..3 {
        let capacity = 16;
        let ring = Ring {
            control: Own::new(4096),
            data: Own::new(128 * 16),
            capacity,
            stride: 128,
            first_sequence: 1,
            guard: ForkGuard::new().unwrap(),
        };
        let cursors = vec![Own::new(8), Own::new(8), Own::new(8)];
        let mut writer = Producer::take_over(ring, Own::new(8), cursors.clone(), Policy::Release, false);
        let held = |k| Ok::<_, Infallible>(k == living);
        let publish = |writer: &mut Producer<Own>| {
            if writer.has_room() || writer.make_room(held).unwrap().is_ok() {
                writer.write(Stamp::default(), |slot| slot.write(&[0; 8]));
                return true;
            }
            false
        };
        for lap in 0..3 {
            for _ in 0..capacity {
                assert!(publish(&mut writer));
            }
            assert!(!publish(&mut writer), "consumer {living} has not read lap {lap}");
            assert!(!writer.find_room());
            commit(&cursors[living], writer.next() - 8);
            assert!(writer.find_room(), "consumer {living} has made room");
            commit(&cursors[living], writer.next() - 1);
        }
    }
}
