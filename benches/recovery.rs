//! How long the survivor and the successor need after a SIGKILL, between real processes.
//!
//! `cargo bench --bench recovery [-- --quick]`. Each turn checks what the survivor was told before it counts.

use hdrhistogram::Histogram;
use leyline::contract::command::Decision;
use leyline::{
    ActionSpace, Answer, Controller, Ending, LinkSpec, Observation, Opened, Options, PeerState, Read,
    Trainer, Wait,
};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);
const NAME: &str = "recovery";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, role, directory] = &args[..]
        && role.starts_with("--as-")
    {
        return peer(role, Path::new(directory));
    }
    let quick = args.iter().any(|a| a == "--quick" || a == "--test");
    let turns = if quick { 3 } else { 100 };
    let directory = PathBuf::from("/dev/shm").join(format!("leyline-bench-{}", std::process::id()));
    std::fs::create_dir(&directory).expect("a directory");
    let rows = [trainer_dies(&directory, turns), controller_dies(&directory, turns)].concat();
    let _ = std::fs::remove_dir_all(&directory);
    println!(
        "{turns} kills of each side, Wait::sleep, times from the kill (or from the successor's first call)\n"
    );
    println!("| {:<58} |  p50 us |  p90 us |  max us |", "after a SIGKILL");
    println!("|{:-<60}|--------:|--------:|--------:|", "");
    for (what, h) in &rows {
        let us = |ns: u64| ns as f64 / 1000.0;
        println!(
            "| {what:<58} | {:>7.1} | {:>7.1} | {:>7.1} |",
            us(h.value_at_quantile(0.5)),
            us(h.value_at_quantile(0.9)),
            us(h.max())
        );
    }
}

type Rows = Vec<(&'static str, Histogram<u64>)>;

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("a histogram")
}

fn spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn())
}

fn options(directory: &Path) -> Options {
    Options::default().in_directory(directory)
}

/// The side that is killed: takes its roles, says so, does its work until it dies.
fn peer(role: &str, directory: &Path) {
    // SAFETY: no memory is handed over. A peer never outlives its bench.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let ready = || {
        println!("ready");
        std::io::stdout().flush().expect("a parent that listens");
    };
    if role == "--as-trainer" {
        let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &options(directory)).expect("open");
        trainer.publish(&Observation::EMPTY).expect("publish");
        ready();
        loop {
            std::thread::park();
        }
    }
    let mut controller = Controller::attach(NAME, &options(directory), LONG).expect("attach");
    ready();
    let mut observation = Observation::EMPTY;
    loop {
        if let Read::Record(meta) = controller.next(&mut observation, Wait::sleep(LONG)).expect("next") {
            controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).expect("decide");
        }
    }
}

/// Its output stays open, so that it can always write.
struct Peer(Child, #[allow(dead_code)] BufReader<ChildStdout>);

impl Peer {
    fn start(role: &str, directory: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg(role)
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a peer");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a word from it");
        assert_eq!(line.trim(), "ready");
        Self(child, out)
    }

    fn kill(&mut self) -> Instant {
        let at = Instant::now();
        self.0.kill().expect("SIGKILL");
        at
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The trainer dies; this process is the controller, and then the trainer's successor as well.
fn trainer_dies(directory: &Path, turns: u32) -> Rows {
    let [mut told, mut taken, mut heard] = [histogram(), histogram(), histogram()];
    for _ in 0..turns {
        let mut trainer = Peer::start("--as-trainer", directory);
        let mut controller = Controller::attach(NAME, &options(directory), LONG).expect("attach");
        let mut observation = Observation::EMPTY;
        while let Read::Record(_) | Read::Restarted { .. } =
            controller.try_next(&mut observation).expect("a read")
        {}
        let killed = trainer.kill();
        let read = controller.next(&mut observation, Wait::sleep(LONG)).expect("next");
        assert_eq!(read, Read::WriterGone(Ending::Died));
        told.record(killed.elapsed().as_nanos() as u64).expect("it grows");

        let start = Instant::now();
        let (mut successor, opened) =
            Trainer::open_or_create(NAME, &spec(), &options(directory)).expect("open");
        assert_eq!(opened, Opened::Attached);
        taken.record(start.elapsed().as_nanos() as u64).expect("it grows");
        successor.publish(&Observation::EMPTY).expect("publish");
        let read = controller.next(&mut observation, Wait::sleep(LONG)).expect("next");
        assert!(matches!(read, Read::Restarted { epoch, .. } if epoch == successor.epoch()), "{read:?}");
        heard.record(start.elapsed().as_nanos() as u64).expect("it grows");
    }
    vec![
        ("trainer killed: a waiting controller is told", told),
        ("trainer's successor: open_or_create has all its roles", taken),
        ("trainer's successor: the controller hears of the new epoch", heard),
    ]
}

/// The controller dies; this process is the trainer.
fn controller_dies(directory: &Path, turns: u32) -> Rows {
    let [mut told, mut taken] = [histogram(), histogram()];
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &options(directory)).expect("open");
    for _ in 0..turns {
        let mut controller = Peer::start("--as-controller", directory);
        let mut decision = Decision::default();
        let first = trainer.publish(&Observation::EMPTY).expect("publish").sequence;
        let read = trainer.wait_decision(0, first, &mut decision, Wait::sleep(LONG)).expect("wait");
        assert!(matches!(read, Read::Record(_)), "{read:?}");
        let killed = controller.kill();
        let next = first + 1;
        let read = trainer.wait_decision(0, next, &mut decision, Wait::sleep(LONG)).expect("wait");
        assert_eq!(read, Read::WriterGone(Ending::Died));
        told.record(killed.elapsed().as_nanos() as u64).expect("it grows");
        assert_eq!(trainer.controller_state(0).expect("state"), PeerState::Gone(Ending::Died));

        let start = Instant::now();
        let successor = Controller::attach(NAME, &options(directory), LONG).expect("attach");
        taken.record(start.elapsed().as_nanos() as u64).expect("it grows");
        drop(successor);
    }
    vec![
        ("controller killed: a waiting trainer is told", told),
        ("controller's successor: attach has the lane", taken),
    ]
}
