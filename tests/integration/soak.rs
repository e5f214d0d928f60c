//! A long run between processes at full speed: every record carries a checksum of its contents, and
//! every read is checked. `LEYLINE_SOAK_READS` is the number of reads (default 1 million):
//!
//! ```text
//! LEYLINE_SOAK_READS=2000000000 cargo test --release --test integration soak:: -- --nocapture
//! ```
//!
//! One process writes until the reads are done. Some readers read every record and are lapped, some
//! read the newest only, and one is the consumer of a second ring, for which the writer waits.

use crate::common::{self, Folder, listen, say};
use leyline::{
    Batch, Commit, Consumer, ErrorKind, Meta, Observer, Policy, Read, RingSpec, Segment, Spec, Start, Wait,
    Writer, record,
};
use std::time::{Duration, Instant};

/// A record as large as an observation: two cache lines with its slot.
#[derive(Clone, Copy)]
#[repr(C)]
struct Sealed {
    number: u64,
    noise: [u64; 11],
    sum: u64,
}
record! {
    Sealed as "sealed" version 1 {
        number: u64, "-", 0.0, f64::INFINITY;
        noise: [u64; 11], "-", 0.0, f64::INFINITY;
        sum: u64, "-", 0.0, f64::INFINITY;
    }
}

/// The number of records in a batch.
const BLOCK: usize = 64;

const EMPTY: Sealed = Sealed { number: 0, noise: [0; 11], sum: 0 };

impl Sealed {
    fn new(number: u64) -> Self {
        let noise = std::array::from_fn(|i| number.wrapping_mul(0x9e37_79b9_7f4a_7c15 + 2 * i as u64));
        let mut sealed = Self { number, noise, sum: 0 };
        sealed.sum = sealed.checksum();
        sealed
    }

    /// Returns a checksum of every word and its position.
    fn checksum(&self) -> u64 {
        self.noise.iter().fold(self.number ^ 0x5ea1, |sum, word| (sum.rotate_left(7) ^ word).wrapping_mul(3))
    }

    fn check(&self, meta: &Meta) {
        assert_eq!(self.sum, self.checksum(), "torn: {}", meta.sequence);
        assert_eq!(self.number, meta.sequence, "not the record of that sequence");
    }
}

fn reads() -> u64 {
    std::env::var("LEYLINE_SOAK_READS").map_or(1_000_000, |n| n.parse().unwrap())
}

fn spec() -> Spec {
    Spec::new()
        .ring(RingSpec::new::<Sealed>("free").unwrap().capacity(1024))
        .ring(RingSpec::new::<Sealed>("kept").unwrap().capacity(4096).consumers(1, Policy::Keep))
}

#[test]
#[ignore = "a child process"]
fn child_writes() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::create("soak", &spec(), &leyline::Options::default()).unwrap();
    let mut free = Writer::<Sealed>::open(&segment, "free").unwrap();
    let mut kept = Writer::<Sealed>::open(&segment, "kept").unwrap();
    say("ready");
    let stop = std::thread::spawn(listen);
    let mut block = [EMPTY; BLOCK];
    while !stop.is_finished() {
        for writer in [&mut free, &mut kept] {
            let next = writer.next_sequence();
            for (record, number) in block.iter_mut().zip(next..) {
                *record = Sealed::new(number);
            }
            match writer.publish_batch(&block) {
                Ok(_) => {}
                Err(e) => assert!(
                    matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer),
                    "{e}"
                ),
            }
        }
    }
    say(format!("{} {}", free.next_sequence() - 1, kept.next_sequence() - 1));
}

/// Reads and checks the given number of records. Reports how many it missed and how long it took.
#[test]
#[ignore = "a child process"]
fn child_reads() {
    if !common::is_child() {
        return;
    }
    let how = std::env::var("LEYLINE_SOAK_HOW").unwrap();
    let wanted = reads();
    let segment = Segment::attach("soak", &leyline::Options::default()).unwrap();
    let wait = Wait::yielding(common::LONG);
    let stop = std::thread::spawn(listen);
    let (mut done, mut missed, mut last) = (0, 0, 0);
    let (mut sealed, mut metas) = ([EMPTY; BLOCK], [Meta::default(); BLOCK]);
    let start = Instant::now();
    let mut take = |batch: Batch, sealed: &[Sealed], metas: &[Meta]| {
        for (sealed, meta) in sealed.iter().zip(metas).take(batch.count) {
            sealed.check(meta);
            missed += meta.skipped;
            assert_eq!(meta.sequence, last + meta.skipped + 1, "{how}");
            last = meta.sequence;
        }
        done += batch.count as u64;
        match batch.end {
            Read::Record(_) | Read::Empty | Read::TimedOut => {}
            Read::Lapped { missed: n, next } => {
                missed += n;
                last += n;
                assert_eq!(next, last + 1, "{how}");
            }
            other => panic!("{how}: {other:?}"),
        }
        done < wanted && !stop.is_finished()
    };
    if how == "consumer" {
        let mut consumer = Consumer::<Sealed>::open(&segment, "kept", 0, Commit::Auto).unwrap();
        while take(consumer.next_batch(&mut sealed, &mut metas, 1, wait).unwrap(), &sealed, &metas) {}
    } else {
        let mut observer = Observer::<Sealed>::open(&segment, "free", Start::At(1)).unwrap();
        let mut turn = |sealed: &mut [Sealed], metas: &mut [Meta]| {
            if how == "every" {
                return observer.next_batch(sealed, metas, 1, wait).unwrap();
            }
            let end = observer.latest(&mut sealed[0], wait).unwrap();
            if let Read::Record(meta) = end {
                metas[0] = meta;
            }
            Batch { count: usize::from(matches!(end, Read::Record(_))), end }
        };
        while take(turn(&mut sealed, &mut metas), &sealed, &metas) {}
    }
    if how == "consumer" {
        assert_eq!(missed, 0, "a keep ring loses nothing");
    }
    say(format!("{done} {missed} {}", start.elapsed().as_nanos()));
}

#[test]
fn every_read_of_a_long_run_is_whole() {
    let folder = Folder::new();
    let mut writer = common::start("child_writes", &folder);
    assert_eq!(writer.hear(), "ready");
    let hows = ["every", "every", "consumer", "newest"];
    let mut readers = hows.map(|how| {
        // Who asks for the newest only goes on until the others are done.
        let share = match how {
            "consumer" => reads() / 2,
            "newest" => u64::MAX,
            _ => reads() / 4,
        };
        let share = share.max(1).to_string();
        let variables = [("LEYLINE_SOAK_HOW", how), ("LEYLINE_SOAK_READS", share.as_str())];
        common::start_with("child_reads", &folder, &variables)
    });
    let (mut total, mut longest) = (0, Duration::ZERO);
    for (how, reader) in hows.iter().zip(&mut readers) {
        if *how == "newest" {
            reader.tell("stop");
        }
        let said = reader.hear();
        let [done, missed, ns]: [u64; 3] =
            said.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
        assert!(reader.wait().success());
        let took = Duration::from_nanos(ns);
        println!("soak: {how}: {done} reads in {took:.1?}, {missed} missed");
        (total, longest) = (total + done, longest.max(took));
    }
    writer.tell("stop");
    let written = writer.hear();
    assert!(writer.wait().success());
    println!("soak: {total} reads, all whole, in {longest:.1?}; written {written}");
}
