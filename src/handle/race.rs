//! The ring's own code on many threads at full speed, for a race detector:
//! `tests/integration/race.rs` builds this with `--cfg leyline_race` under ThreadSanitizer.
//!
//! All threads reach the ring at one address, so that the detector sees both sides of every access.
//! Each slot has a plain number. The writer writes it before it publishes, and the consumer reads
//! it before it commits: they race unless publish, read, commit and make room order them. The
//! detector ignores fences: the models cover what rests on fences alone (a lapped observer).

use crate::handle::observer::Observer;
use crate::handle::read::Start;
use crate::handle::writer::Writer;
use crate::ring::cursors::{Policy, commit};
use crate::ring::reader::{Reader, Step};
use crate::ring::{meta::Stamp, state::Ring, writer::Producer};
use crate::segment::header::{RingSpec, Spec};
use crate::segment::{attached::Segment, options::Options};
use crate::sys::atomic::{AtomicU64, Word32, Word64};
use crate::sys::{futex, lock::ForkGuard, words::Words};
use std::{cell::UnsafeCell, convert::Infallible, sync::Arc, time::Duration};

const CAPACITY: u64 = 8;
const STRIDE: usize = 128;

/// Words in private memory.
#[derive(Clone)]
struct Heap(Arc<[AtomicU64]>);

impl Heap {
    fn new(bytes: usize) -> Self {
        Self((0..bytes / 8).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Words for Heap {
    fn u64(&self, at: usize) -> &Word64 {
        &self.0[at / 8]
    }
    fn u32(&self, at: usize) -> &Word32 {
        let word = std::ptr::from_ref(&self.0[at / 8]).cast::<Word32>();
        // SAFETY: one half of a word, reached through atomics only.
        unsafe { &*word.add(at % 8 / 4) }
    }
    fn prefetch(&self, _at: usize) {}
}

/// A plain number for each slot, which nothing but the ring's orderings protects.
struct Plain([UnsafeCell<u64>; CAPACITY as usize]);
// SAFETY: it is not, unless the ring orders the accesses, which the detector checks.
unsafe impl Sync for Plain {}
// SAFETY: as above.
unsafe impl Send for Plain {}

impl Plain {
    fn at(&self, sequence: u64) -> *mut u64 {
        self.0[(sequence % CAPACITY) as usize].get()
    }
}

fn payload(sequence: u64) -> [u8; 100] {
    [sequence as u8; 100]
}

/// Reads records until the last, all that it is not lapped over; sleeps when there is none.
fn read(ring: &Ring<Heap>, waiter: &Heap, last: u64, mut each: impl FnMut(u64)) {
    let mut reader = Reader::new(ring.clone(), 1);
    let mut bytes = [0; 100];
    while reader.next() <= last {
        let step = reader.step(|slot| slot.read(&mut bytes));
        match step {
            Step::Record(meta) => {
                assert_eq!(bytes, payload(meta.sequence), "torn");
                each(meta.sequence);
            }
            Step::Empty => {
                futex::sleep(waiter.u32(0), None, || {
                    reader.is_readable().then_some(()).ok_or(Duration::from_millis(1))
                });
            }
            Step::Lapped { .. } | Step::Restarted { .. } => {}
            Step::Forked => unreachable!("nothing forks"),
        }
    }
}

/// Runs one ring: a writer that is succeeded twice, a consumer that gates it, and two observers.
fn ring(records: u64, planted: bool) {
    let ring = Ring {
        control: Heap::new(4096),
        data: Heap::new(CAPACITY as usize * STRIDE),
        capacity: CAPACITY,
        stride: STRIDE,
        first_sequence: 1,
        guard: ForkGuard::new().unwrap(),
    };
    let (waiter, cursor) = (Heap::new(8), Heap::new(8));
    let plain = Arc::new(Plain(std::array::from_fn(|_| UnsafeCell::new(0))));
    let mut threads = Vec::new();
    for _ in 0..2 {
        let (ring, waiter) = (ring.clone(), waiter.clone());
        threads.push(std::thread::spawn(move || read(&ring, &waiter, records, |_| {})));
    }
    let shared = (ring.clone(), waiter.clone(), cursor.clone(), plain.clone());
    threads.push(std::thread::spawn(move || {
        let (ring, waiter, cursor, plain) = shared;
        if planted {
            // All of them before any is read, and never again: nothing orders a read before the
            // writer's next lap.
            commit(&cursor, records);
        }
        read(&ring, &waiter, records, |sequence| {
            // SAFETY: the writer is not there before this record is committed.
            let number = unsafe { *plain.at(sequence) };
            assert!(planted || number == sequence);
            if !planted {
                commit(&cursor, sequence);
            }
        });
    }));
    for part in 1..=3 {
        let (ring, waiter, cursor, plain) = (ring.clone(), waiter.clone(), cursor.clone(), plain.clone());
        let writer = std::thread::spawn(move || {
            let mut producer = Producer::take_over(ring, waiter, vec![cursor], Policy::Keep, part == 2);
            while producer.next() <= records * part / 3 {
                if !producer.has_room() {
                    let room = producer.make_room(|_| Ok::<_, Infallible>(true));
                    if room.unwrap_or_else(|never| match never {}).is_err() {
                        std::thread::yield_now();
                        continue;
                    }
                }
                let n = producer.next();
                // SAFETY: the consumer has committed what was there.
                unsafe { *plain.at(n) = n };
                producer.write(Stamp::default(), |slot| slot.write(&payload(n)));
                producer.flush();
            }
            producer.close();
        });
        writer.join().expect("the writer");
    }
    for thread in threads {
        thread.join().expect("a reader");
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct One {
    number: u64,
}
crate::record! { One as "one" version 1 { number: u64, "-", 0.0, f64::INFINITY; } }

/// Takes roles and gives them back, sends handles to other threads, and uses one segment from many.
fn handles(rounds: u64) {
    let name = format!("race-{}", std::process::id());
    let spec = Spec::new().ring(RingSpec::new::<One>("ones").expect("a ring").capacity(8));
    let segment =
        Segment::create(&name, &spec, &Options::default().unlink_on_close()).expect("a segment of that name");
    // One-time initialization comes before the threads: the detector does not see into the standard
    // library.
    let mut first = Observer::<One>::open(&segment, "ones", Start::Oldest).expect("an observer");
    let _ = first.try_next(&mut One { number: 0 });
    drop(Writer::<One>::open(&segment, "ones").expect("a writer"));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let segment = segment.clone();
            std::thread::spawn(move || {
                for number in 0..rounds {
                    let mut observer =
                        Observer::<One>::open(&segment, "ones", Start::Now).expect("an observer");
                    if let Ok(mut writer) = Writer::<One>::open(&segment, "ones") {
                        let sent = std::thread::spawn(move || writer.publish(&One { number }));
                        sent.join().expect("the other thread").expect("room");
                    }
                    let _ = observer.try_latest(&mut One { number: 0 });
                    let _ = (observer.peer_state(), segment.name_state());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread");
    }
}

/// Runs with as many records as the first argument says; `planted` as the second plants a race.
pub fn main() {
    let mut arguments = std::env::args().skip(1);
    let records = arguments.next().and_then(|n| n.parse().ok()).expect("a number of records");
    let planted = arguments.next().as_deref() == Some("planted");
    ring(records, planted);
    handles(records / 500);
    println!("race: {records} records");
}
