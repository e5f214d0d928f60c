//! Observation -> decision -> observation between two processes, beside the least that this machine can do: one cache
//! line written by one process and polled by the other, and one back.
//!
//! `cargo bench --bench roundtrip [-- --quick]`. Both sides verify every payload. Rounds of all kinds are interleaved;
//! ratios are medians of each round's ratio to the limit measured in the same round.

use hdrhistogram::Histogram;
use leyline::contract::command::Decision;
use leyline::{
    ActionSpace, Answer, Controller, Feature, LinkSpec, Observation, Options, Read, Stamp, TimeSource,
    Trainer, Wait,
};
use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);
const WARM_UP: u64 = 2_000;

/// The kinds of rounds, in the order they are interleaved.
const KINDS: [Kind; 3] = [Kind::Limit, Kind::CallerStamped, Kind::LibraryStamped];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Limit,
    CallerStamped,
    LibraryStamped,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Limit => "one line each way (limit)",
            Self::CallerStamped => "leyline, caller-stamped",
            Self::LibraryStamped => "leyline, library-stamped",
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) == Some("--peer") {
        return peer(&args[2]);
    }
    // Under `cargo test` and with --quick: a check of correctness.
    let quick = args.iter().any(|a| a == "--quick" || a == "--test");
    let (rounds, trips) = if quick { (3, 2_000) } else { (15, 40_000) };
    run(rounds, trips);
}

/// What both sides of a run share beside the links: page 0 for control, and the limit's lines. How far a line is from
/// both cores depends on its address, by up to a factor of two on some machines, so that every round takes others.
const PAGES: usize = 64;
struct Lines(memmap2::MmapRaw);

impl Lines {
    fn open(path: &PathBuf) -> Self {
        let file = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.expect("the file of the limit");
        file.set_len(4096 * PAGES as u64).expect("its pages");
        Self(memmap2::MmapOptions::new().len(4096 * PAGES).map_raw(&file).expect("its mapping"))
    }

    #[allow(clippy::cast_ptr_alignment)] // Page-aligned.
    fn line(&self, i: usize) -> &AtomicU64 {
        assert!(i < PAGES);
        // SAFETY: inside the mapping, aligned, reached as this atomic only by both sides.
        unsafe { &*self.0.as_mut_ptr().add(i * 4096).cast::<AtomicU64>() }
    }

    /// The two lines of a turn.
    fn pair(&self, turn: u64) -> (&AtomicU64, &AtomicU64) {
        let i = 2 + 2 * (turn as usize % (PAGES / 2 - 1));
        (self.line(i), self.line(i + 1))
    }
}

fn pin(cpu: usize) {
    // SAFETY: the set is plain data; a processor that does not exist is an error, ignored: the bench then runs unpinned.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

fn link_name(kind: Kind) -> &'static str {
    if kind == Kind::CallerStamped { "caller" } else { "library" }
}

fn observation(n: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = (n % 1000) as f32;
    o[Feature::GlobalStep] = (n % (1 << 24)) as f32;
    o[Feature::TrainLoss] = (n % 977) as f32;
    o[Feature::ValLoss] = (n % 877) as f32;
    o[Feature::AvailableSlots] = (n % 777) as f32;
    o
}

fn peer(directory: &str) {
    // SAFETY: no memory is handed over. A peer never outlives its bench.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    pin(1);
    let directory = PathBuf::from(directory);
    let lines = Lines::open(&directory.join("limit"));
    let options = Options::default().in_directory(&directory);
    let mut controllers: Vec<Controller> = KINDS[1..]
        .iter()
        .map(|&k| Controller::attach(link_name(k), &options, LIMIT).expect("attach"))
        .collect();
    // The control line: how many trips of which kind; 0 trips end it.
    let (go, ready) = (lines.line(0), lines.line(1));
    let mut seen = 0;
    loop {
        while go.load(Ordering::Acquire) == seen {
            std::hint::spin_loop();
        }
        seen = go.load(Ordering::Acquire);
        let (kind, trips) = ((seen >> 48) as usize & 0xff, seen & 0xffff_ffff);
        if trips == 0 {
            return;
        }
        // Before the other side hears that this one is ready, and goes on.
        let (there, back) = lines.pair(seen >> 56);
        let start = there.load(Ordering::Acquire);
        ready.store(seen, Ordering::Release);
        if kind == 0 {
            for n in start + 1..=start + trips {
                while there.load(Ordering::Acquire) != n {}
                back.store(n, Ordering::Release);
            }
            continue;
        }
        let controller = &mut controllers[kind - 1];
        let mut got = Observation::EMPTY;
        for _ in 0..trips {
            let meta = loop {
                match controller.try_next(&mut got).expect("a read") {
                    Read::Record(meta) => break meta,
                    Read::Empty => {}
                    other => panic!("{other:?}"),
                }
            };
            let answer =
                Answer { confidence: 1.0, value_estimate: got[Feature::TrainLoss], ..Answer::default() };
            if KINDS[kind] == Kind::CallerStamped {
                controller.decide_at(&meta, ActionSpace::WAIT, &answer, 0)
            } else {
                controller.decide(&meta, ActionSpace::WAIT, &answer)
            }
            .expect("decide");
            assert_eq!(got, observation(meta.sequence), "a torn or wrong observation");
        }
    }
}

struct Side {
    lines: Lines,
    trainers: Vec<Trainer>,
    turn: u64,
}

impl Side {
    /// One round: the latency of each trip.
    fn round(&mut self, kind: usize, trips: u64) -> Histogram<u64> {
        let mut times = Histogram::<u64>::new(3).expect("a histogram");
        self.turn = (self.turn + 1) & 0xff;
        let word = (self.turn << 56) | ((kind as u64) << 48) | (trips + WARM_UP);
        self.lines.line(0).store(word, Ordering::Release);
        while self.lines.line(1).load(Ordering::Acquire) != word {
            std::hint::spin_loop();
        }
        let mut count = self.lines.pair(self.turn).0.load(Ordering::Acquire);
        for trip in 0..trips + WARM_UP {
            let sent = observation(self.sent(kind) + 1);
            let start = Instant::now();
            if kind == 0 {
                count += 1;
                let (there, back) = self.lines.pair(self.turn);
                there.store(count, Ordering::Release);
                while back.load(Ordering::Acquire) != count {}
            } else {
                self.trip(kind, &sent);
            }
            let elapsed = start.elapsed();
            if trip >= WARM_UP {
                times.record(elapsed.as_nanos() as u64).expect("it grows");
            }
        }
        times
    }

    fn sent(&self, kind: usize) -> u64 {
        kind.checked_sub(1).map_or(0, |i| self.trainers[i].sent())
    }

    fn trip(&mut self, kind: usize, sent: &Observation) {
        let trainer = &mut self.trainers[kind - 1];
        let published = if KINDS[kind] == Kind::CallerStamped {
            trainer.publish_stamped(sent, Stamp::default())
        } else {
            trainer.publish(sent)
        }
        .expect("publish");
        let mut decision = Decision::default();
        loop {
            match trainer.try_decision(0, &mut decision).expect("a decision") {
                Read::Record(_) => break,
                Read::Empty | Read::Restarted { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(decision.observation_sequence, published.sequence);
        assert_eq!(decision.value_estimate, sent[Feature::TrainLoss]);
        black_box(&decision);
    }
}

fn run(rounds: usize, trips: u64) {
    let directory = PathBuf::from("/dev/shm").join(format!("leyline-bench-{}", std::process::id()));
    std::fs::create_dir(&directory).expect("a directory");
    let options = Options::default().in_directory(&directory);
    let lines = Lines::open(&directory.join("limit"));
    let trainers = KINDS[1..]
        .iter()
        .map(|&kind| {
            let source = if kind == Kind::CallerStamped { TimeSource::Caller } else { TimeSource::Tsc };
            let spec = LinkSpec::new(&ActionSpace::cnn()).time_source(source);
            Trainer::create(link_name(kind), &spec, &options).expect("create")
        })
        .collect();
    let mut peer = Command::new(std::env::current_exe().expect("this program"))
        .arg("--peer")
        .arg(&directory)
        .stdin(Stdio::null())
        .spawn()
        .expect("the peer");
    // Before it is pinned, or there is one processor.
    let machine = machine();
    pin(0);
    let mut side = Side { lines, trainers, turn: 0 };
    for trainer in &mut side.trainers {
        trainer.wait_for_controller(0, Wait::sleep(LIMIT)).expect("a controller");
    }
    let mut all: Vec<Histogram<u64>> =
        KINDS.iter().map(|_| Histogram::new(3).expect("a histogram")).collect();
    let mut medians: Vec<Vec<(u64, u64)>> = vec![Vec::new(); KINDS.len()];
    for _ in 0..rounds {
        for kind in 0..KINDS.len() {
            let times = side.round(kind, trips);
            medians[kind].push((times.value_at_quantile(0.5), times.value_at_quantile(0.99)));
            all[kind].add(&times).expect("the same shape");
        }
    }
    side.lines.line(0).store(u64::MAX << 56 >> 1 & !0xffff_ffff, Ordering::Release);
    let ended = peer.wait().expect("the peer's end");
    drop(side);
    let _ = std::fs::remove_dir_all(&directory);
    assert!(ended.success(), "the peer failed");

    println!("{machine}");
    println!(
        "two processes on processors 0 and 1, {rounds} interleaved rounds of {trips} trips, every payload verified\n"
    );
    println!("| {:<26} | p50 ns | p90 ns | p99 ns | p99.9 ns | max us | p50 of rounds |", "round trip");
    println!("|{:-<28}|-------:|-------:|-------:|---------:|-------:|--------------:|", "");
    for (kind, h) in all.iter().enumerate() {
        let p50s = medians[kind].iter().map(|m| m.0);
        println!(
            "| {:<26} | {:>6} | {:>6} | {:>6} | {:>8} | {:>6} | {:>13} |",
            KINDS[kind].name(),
            h.value_at_quantile(0.5),
            h.value_at_quantile(0.9),
            h.value_at_quantile(0.99),
            h.value_at_quantile(0.999),
            h.max() / 1000,
            format!("{}..{}", p50s.clone().min().unwrap_or(0), p50s.max().unwrap_or(0)),
        );
    }
    let ratio = |kind: usize, pick: fn(&(u64, u64)) -> u64| {
        let ratios =
            medians[kind].iter().zip(&medians[0]).map(|(a, limit)| pick(a) as f64 / pick(limit) as f64);
        median(ratios.collect())
    };
    let nearest = medians[0].iter().map(|m| m.0).min().unwrap_or(1);
    let typical = median(medians[1].iter().map(|m| m.0 as f64).collect());
    println!();
    println!("beside the nearest line of all rounds ({nearest} ns): {:.2}", typical / nearest as f64);
    println!("roundtrip_ratio: {:.2}", ratio(1, |m| m.0));
    println!("roundtrip_p99_ratio: {:.2}", ratio(1, |m| m.1));
    println!("roundtrip_stamped_ratio: {:.2}", ratio(2, |m| m.0));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        info.lines()
            .find(|l| l.starts_with(key))
            .and_then(|l| l.split(':').nth(1))
            .unwrap_or("?")
            .trim()
            .to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let compiler =
        Command::new("rustc").arg("--version").output().ok().and_then(|o| String::from_utf8(o.stdout).ok());
    let clock = std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    format!(
        "{} at {} MHz, {cores} processors, clock source {}, {}",
        of("model name"),
        of("cpu MHz"),
        clock.unwrap_or_default().trim(),
        compiler.as_deref().map_or("unknown compiler", str::trim),
    )
}
