//! The other side of a bench: this program started again, a thread of it, or a program in another
//! language.

use super::control::Control;
use super::{Bench, Histogram, histogram, pin};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const AS: &str = "--as-peer";

/// The place of a peer in a bench: the words it was started with, and its page of control.
pub struct Seat {
    /// The bench's folder.
    pub folder: PathBuf,
    /// The words that it was started with.
    pub words: Vec<String>,
    number: u32,
    control: Control,
    last: std::cell::Cell<u32>,
}

impl Seat {
    fn new(folder: &Path, number: u32, cpu: usize, words: Vec<String>) -> Self {
        pin(cpu);
        let control = Control::open(folder, number);
        Self { folder: folder.to_owned(), words, number, control, last: std::cell::Cell::new(0) }
    }

    /// Returns the role and the seat of this process if it was started as a peer.
    pub(super) fn of_this_process() -> Option<(String, Self)> {
        let words: Vec<String> = std::env::args().collect();
        let [_, first, role, folder, number, cpu, parent, rest @ ..] = &words[..] else { return None };
        if first != AS {
            return None;
        }
        let of = |word: &String| word.parse::<u32>().expect("a number");
        dies_with(of(parent));
        Some((role.clone(), Self::new(Path::new(folder), of(number), of(cpu) as usize, rest.to_vec())))
    }

    /// Waits for the next turn; `None`: there is no other.
    pub fn turn(&self) -> Option<Turn<'_>> {
        let last = self.last.get();
        let [kind, count, argument] = self.control.await_turn(last)?;
        self.last.set(last + 1);
        Some(Turn { seat: self, number: last + 1, kind, count, argument })
    }
}

/// A turn: one piece of work for a peer.
pub struct Turn<'s> {
    seat: &'s Seat,
    /// The number of the turn, from 1.
    pub number: u32,
    /// The kind of work.
    pub kind: u64,
    /// The number of repetitions.
    pub count: u64,
    /// An argument of the kind.
    pub argument: u64,
}

impl Turn<'_> {
    /// Lets [`Peer::go`] return.
    pub fn ready(&self) {
        self.seat.control.tell_ready(self.number);
    }

    /// Lets [`Peer::results`] return.
    pub fn done(&self, results: &[u64]) {
        self.seat.control.tell_done(self.number, results);
    }

    /// Lets [`Peer::histogram`] return.
    pub fn done_with(&self, times: &Histogram) {
        let pairs = times.iter_recorded().flat_map(|v| {
            [v.value_iterated_to().to_le_bytes(), v.count_since_last_iteration().to_le_bytes()]
        });
        let bytes: Vec<u8> = pairs.flatten().collect();
        std::fs::write(handed_over(&self.seat.folder, self.seat.number), bytes).expect("a file");
        self.done(&[]);
    }
}

/// Values with their counts, two 64-bit words each.
fn handed_over(folder: &Path, peer: u32) -> PathBuf {
    folder.join(format!("times-{peer}"))
}

/// Lets the kernel kill this process with the thread that started it.
fn dies_with(parent: u32) {
    // SAFETY: no memory is handed over.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if std::os::unix::process::parent_id() != parent {
        std::process::exit(1);
    }
}

enum Runs {
    Process(Child),
    Thread(Option<JoinHandle<()>>),
}

/// A peer, as its bench sees it. Ended and reaped when dropped.
pub struct Peer {
    runs: Runs,
    folder: PathBuf,
    number: u32,
    control: Control,
    turn: u32,
}

impl Bench {
    /// Starts a peer on a processor: a process, or with `--threads` a thread.
    pub fn peer(&self, role: &str, cpu: usize, words: &[&str]) -> Peer {
        if self.args.threads { self.thread(role, cpu, words) } else { self.process(role, cpu, words) }
    }

    /// Starts a peer as a process.
    pub fn process(&self, role: &str, cpu: usize, words: &[&str]) -> Peer {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([AS, role]);
        self.program(command, cpu, words)
    }

    /// Starts a peer as a thread of this process.
    pub fn thread(&self, role: &str, cpu: usize, words: &[&str]) -> Peer {
        let work = self.roles.iter().find(|(r, _)| *r == role).expect("a role of this harness").1;
        let number = self.next_number();
        let (folder, words) = (self.folder.clone(), words.iter().map(|w| (*w).to_owned()).collect());
        let thread = std::thread::Builder::new().name(role.to_owned());
        let running = thread.spawn(move || work(&Seat::new(&folder, number, cpu, words))).expect("a thread");
        self.peer_of(number, Runs::Thread(Some(running)))
    }

    /// Starts a program as a peer. It is given FOLDER NUMBER CPU PARENT and then the words, uses
    /// page NUMBER of the control file there, pins itself to CPU, and dies with PARENT.
    pub fn program(&self, mut command: Command, cpu: usize, words: &[&str]) -> Peer {
        let number = self.next_number();
        let of_this = [number as usize, cpu, std::process::id() as usize].map(|n| n.to_string());
        command.arg(&self.folder).args(of_this).args(words).stdin(Stdio::null());
        let child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", command.get_program().display()));
        self.peer_of(number, Runs::Process(child))
    }

    fn next_number(&self) -> u32 {
        self.peers.replace(self.peers.get() + 1)
    }

    fn peer_of(&self, number: u32, runs: Runs) -> Peer {
        let control = Control::open(&self.folder, number);
        Peer { runs, folder: self.folder.clone(), number, control, turn: 0 }
    }
}

impl Peer {
    /// Says what to do and waits until the peer is ready for it. Returns the turn's number.
    pub fn go(&mut self, kind: u64, count: u64, argument: u64) -> u32 {
        self.post(kind, count, argument);
        let turn = self.turn;
        self.while_alive(|control, look| control.await_ready(turn, look));
        turn
    }

    /// Says what to do, and does not wait.
    pub fn post(&mut self, kind: u64, count: u64, argument: u64) {
        self.turn += 1;
        self.control.post(self.turn, [kind, count, argument]);
    }

    /// Returns its results, once it is done.
    pub fn results(&mut self) -> Vec<u64> {
        let turn = self.turn;
        self.while_alive(|control, look| control.await_done(turn, look))
    }

    /// Returns the distribution that it found, once it is done.
    pub fn histogram(&mut self) -> Histogram {
        self.results();
        let bytes = std::fs::read(handed_over(&self.folder, self.number)).expect("what it handed over");
        let words: Vec<u64> =
            bytes.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().expect("8 bytes"))).collect();
        let mut times = histogram();
        for pair in words.chunks_exact(2) {
            times.record_n(pair[0], pair[1]).expect("it grows");
        }
        times
    }

    /// Sends SIGKILL, and returns when. The end of the process is not waited for.
    pub fn kill(&mut self) -> Instant {
        let Runs::Process(child) = &mut self.runs else { panic!("a thread cannot be killed") };
        let at = Instant::now();
        child.kill().expect("SIGKILL");
        at
    }

    /// Lets it end, and insists that it ended well.
    pub fn finish(mut self) {
        self.control.post_end(self.turn + 1);
        match &mut self.runs {
            Runs::Process(child) => {
                let ended = child.wait().expect("its end");
                assert!(ended.success(), "the peer failed: {ended}");
            }
            Runs::Thread(running) => {
                if let Some(thread) = running.take() {
                    thread.join().expect("the peer failed");
                }
            }
        }
    }

    /// Returns the time that its process has run on a processor, nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        let Runs::Process(child) = &self.runs else { panic!("a thread has no process of its own") };
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", child.id())).expect("its times");
        text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number")
    }

    fn while_alive<T>(&mut self, wait: impl FnOnce(&Control, &mut dyn FnMut()) -> T) -> T {
        let runs = &mut self.runs;
        wait(&self.control, &mut || match runs {
            Runs::Process(child) => {
                let ended = child.try_wait().expect("its state");
                assert!(ended.is_none(), "the peer ended: {}", ended.unwrap_or_default());
            }
            Runs::Thread(running) => {
                assert!(running.as_ref().is_some_and(|t| !t.is_finished()), "the peer ended");
            }
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        match &mut self.runs {
            Runs::Process(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Runs::Thread(running) => {
                if let Some(thread) = running.take() {
                    self.control.post_end(self.turn + 1);
                    // One that waits for something else than a turn is left to end with the
                    // process.
                    let patience = Instant::now() + Duration::from_secs(5);
                    while !thread.is_finished() && Instant::now() < patience {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    if thread.is_finished() {
                        let _ = thread.join();
                    }
                }
            }
        }
    }
}
