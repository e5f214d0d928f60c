//! Hostile segments: whatever stands in one, before it is attached and while it is used, gives results and errors. Never a
//! panic, a crash, a read outside or a loop without end. `fuzz/` goes on from here, guided by coverage.
//!
//! `LEYLINE_HOSTILE` is the number of attacks (2000 if it is not set).

#[path = "hostile/attack.rs"]
mod attack;
mod common;

use attack::{Arena, contract};
use common::Folder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn runner() -> TestRunner {
    let cases = std::env::var("LEYLINE_HOSTILE").map_or(2000, |n| n.parse().unwrap());
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 4096, ..Config::default() })
}

/// Ends the process if one attack takes as long as only a hang would: its bytes are printed, and can be tried again.
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
    assert!(attached.into_inner() > 100 && refused.into_inner() > 100);
}

#[test]
fn no_record_and_no_text_can_do_harm() {
    let bytes = prop::collection::vec(any::<u8>(), 0..1500);
    runner().run(&bytes, |bytes| Ok(contract(&bytes))).unwrap_or_else(|e| panic!("{e}"));
}
