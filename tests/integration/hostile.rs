//! Hostile segments: whatever bytes are in a segment, before it is attached or while it is used,
//! every call returns a result or an error. No call panics, crashes, reads out of bounds or loops
//! forever. `fuzz/` continues this, guided by coverage.
//!
//! `LEYLINE_HOSTILE` is the number of attacks (default 600).

#[path = "../hostile/attack.rs"]
mod attack;

use crate::common::{self, Folder};
use attack::{Arena, contract};
use leyline::__private::bytemuck;
use leyline::layout::{Header, RingEntry};
use leyline::{ActionSpace, Controller, Flags, LinkSpec, Observation, Read, Segment};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn runner() -> TestRunner {
    let cases = std::env::var("LEYLINE_HOSTILE").map_or(600, |n| n.parse().unwrap());
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 4096, ..Config::default() })
}

/// Aborts the process if an attack hangs, and prints its bytes so that it can be repeated.
struct Watchdog {
    turn: Arc<AtomicU64>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Watchdog {
    fn new() -> Self {
        let dog = Self { turn: Arc::default(), bytes: Arc::default() };
        let (turn, bytes) = (dog.turn.clone(), dog.bytes.clone());
        std::thread::spawn(move || {
            loop {
                let before = turn.load(Ordering::Relaxed);
                std::thread::sleep(common::LONG);
                if before == u64::MAX {
                    return;
                }
                if turn.load(Ordering::Relaxed) == before {
                    eprintln!("this attack does not end: {:?}", bytes.lock().unwrap());
                    std::process::abort();
                }
            }
        });
        dog
    }

    fn at(&self, bytes: &[u8]) {
        bytes.clone_into(&mut self.bytes.lock().unwrap());
        self.turn.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.turn.store(u64::MAX, Ordering::Relaxed);
    }
}

#[test]
fn no_segment_can_do_harm() {
    let folder = Folder::new();
    let arena = Arena::new(folder.path());
    let (dog, attached, refused) = (Watchdog::new(), AtomicU64::new(0), AtomicU64::new(0));
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    let result = runner().run(&bytes, |bytes| {
        dog.at(&bytes);
        let count = if arena.attack(&bytes) { &attached } else { &refused };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
    println!("hostile: {attached:?} attached, {refused:?} refused");
    // Both happen, or the attacks are no good.
    assert!(attached.into_inner() > 50 && refused.into_inner() > 50);
}

/// Replays the corpus of the fuzz target if it is there: the package does not contain it.
#[test]
fn nothing_that_the_fuzzer_found_can_do_harm() {
    let (folder, dog) = (Folder::new(), Watchdog::new());
    let arena = Arena::new(folder.path());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = |name: &str| std::fs::read_dir(corpus.join(name)).into_iter().flatten().flatten();
    for file in files("segment") {
        let bytes = std::fs::read(file.path()).unwrap();
        dog.at(&bytes);
        arena.attack(&bytes);
    }
    for file in files("contract") {
        contract(&std::fs::read(file.path()).unwrap());
    }
}

#[test]
fn a_claim_of_more_than_can_be_counted_is_counted_as_the_most() {
    let folder = Folder::new();
    let link = LinkSpec::new(&ActionSpace::cnn()).rows(2);
    let segment = Segment::create("s", &link.to_spec().unwrap(), &folder.options()).unwrap();
    let mut controller = Controller::on(&segment, 0).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(segment.path()).unwrap();
    let mut entry = [0; size_of::<RingEntry>()];
    file.read_exact_at(&mut entry, size_of::<Header>() as u64).unwrap();
    let entry: RingEntry = bytemuck::pod_read_unaligned(&entry);
    for slot in 0..entry.capacity {
        file.write_all_at(&[0xff; 8], entry.data_offset + slot * u64::from(entry.stride)).unwrap();
    }
    let mut block = [Observation::EMPTY; 2];
    for published in [u64::MAX / 2 + 1, u64::MAX] {
        file.write_all_at(&published.to_le_bytes(), entry.control_offset).unwrap();
        let read = controller.try_next_rows(&mut block, &mut [0; 2], &mut [Flags::NONE; 2]).unwrap();
        assert!(matches!(read, Read::Lapped { .. }), "{read:?}");
    }
    assert_eq!(controller.lost(), u64::MAX);
}

#[test]
fn no_record_and_no_text_can_do_harm() {
    let bytes = prop::collection::vec(any::<u8>(), 0..1500);
    let result = runner().run(&bytes, |bytes| {
        contract(&bytes);
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
}
