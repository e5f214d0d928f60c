//! The environment that every number is printed beside, and the processors that a bench uses.

use serde_json::{Value, json};
use std::fs::read_to_string;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Binds the calling thread to a processor. Where that cannot be, it says so and runs unbound.
pub fn pin(cpu: usize) {
    // SAFETY: the set is plain data of the size given; 0 is the calling thread.
    let done = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if done != 0 {
        eprintln!("not bound to processor {cpu}: {}", std::io::Error::last_os_error());
    }
}

/// The processors of the two sides.
#[derive(Clone, Copy, Debug)]
pub struct Cpus {
    /// The processor of the side that measures.
    pub first: usize,
    /// The processor of its peer: `first` if there is no other.
    pub second: usize,
    /// The number of processors that this process may use.
    pub available: usize,
}

impl Cpus {
    /// Chooses two processors on different cores of one package, if there are such; or those that
    /// were asked for.
    pub fn choose(asked: Option<(usize, usize)>) -> Self {
        let allowed = allowed();
        let available = allowed.len();
        let (first, second) = asked.unwrap_or_else(|| {
            let first = allowed[0];
            let on = |cpu: &usize| (topology(*cpu, "physical_package_id"), topology(*cpu, "core_id"));
            let (package, core) = on(&first);
            let others = || allowed.iter().skip(1).copied();
            let best = others().find(|c| on(c).0 == package && on(c).1 != core);
            (first, best.or_else(|| others().find(|c| on(c).1 != core)).or(others().next()).unwrap_or(first))
        });
        Self { first, second, available }
    }

    /// Returns the processors for several peers: all but the first side's, the second side's in
    /// front. One at least, if need be the first side's own.
    pub fn others(self) -> Vec<usize> {
        let rest = allowed().into_iter().filter(|cpu| *cpu != self.first && *cpu != self.second);
        std::iter::once(self.second).chain(rest).collect()
    }

    /// Describes the two by the topology that the system reports, which on a virtual machine its
    /// host invents.
    fn cores(self) -> &'static str {
        if self.first == self.second {
            return "one processor";
        }
        let of = |cpu| topology(cpu, "physical_package_id").zip(topology(cpu, "core_id"));
        match (of(self.first), of(self.second)) {
            (Some(a), Some(b)) if a == b => "two threads of one core",
            (Some(a), Some(b)) if a.0 == b.0 => "two cores",
            (Some(_), Some(_)) => "two cores of two packages",
            _ => "cores unknown",
        }
    }
}

fn allowed() -> Vec<usize> {
    // SAFETY: the set is plain data of the size given; 0 is the calling thread.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set);
        set
    };
    // SAFETY: each number is below the size of the set.
    let of_this_process = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &set) };
    let found: Vec<usize> = (0..libc::CPU_SETSIZE as usize).filter(of_this_process).collect();
    if found.is_empty() { vec![0] } else { found }
}

fn topology(cpu: usize, what: &str) -> Option<i64> {
    let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/{what}");
    read_to_string(path).ok()?.trim().parse().ok()
}

/// Returns the sizes of a processor's caches for data, from the nearest on: "L1 32K".
fn caches(cpu: usize) -> Vec<String> {
    let of = |index: usize, what: &str| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/cache/index{index}/{what}");
        read_to_string(path).ok().map(|s| s.trim().to_owned())
    };
    let found = (0..8).map_while(|i| Some((of(i, "type")?, of(i, "level")?, of(i, "size")?)));
    found
        .filter(|(kind, ..)| kind != "Instruction")
        .map(|(_, level, size)| format!("L{level} {size}"))
        .collect()
}

/// The machine, without which a measured number means nothing.
#[derive(Clone, Debug)]
pub struct Machine {
    cpu: String,
    mhz: Option<f64>,
    is_virtual: bool,
    caches: Vec<String>,
    cpus: Cpus,
    clock_source: String,
    clock_reading_ns: u64,
    clock_step_ns: u64,
    kernel: String,
    compiler: String,
    package: String,
    commit: Option<String>,
    optimized: bool,
    unix_time: u64,
}

impl Machine {
    /// Looks at this machine.
    pub fn look(cpus: &Cpus) -> Self {
        let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let of = |key: &str| {
            let line = info.lines().find(|l| l.starts_with(key))?;
            line.split_once(':').map(|(_, value)| value.trim().to_owned())
        };
        let clock_source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let git = |words: &[&str]| said(Command::new("git").arg("-C").arg(here).args(words));
        let commit = git(&["rev-parse", "--short=12", "HEAD"]).map(|commit| {
            // Ignores what a record writes.
            let code = [
                ":(top)",
                ":(top,exclude)benches/record",
                ":(top,exclude)README.md",
                ":(top,exclude)docs/benchmarks.md",
            ];
            let status = ["status", "--porcelain", "--untracked-files=no", "--"];
            let changed = git(&[&status[..], &code].concat()).is_some();
            if changed { format!("{commit} with changes") } else { commit }
        });
        Self {
            cpu: of("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            mhz: of("cpu MHz").and_then(|m| m.parse().ok()),
            is_virtual: of("flags").is_some_and(|f| f.split(' ').any(|f| f == "hypervisor")),
            caches: caches(cpus.first),
            cpus: *cpus,
            clock_source: read_to_string(clock_source).map_or("unknown".into(), |s| s.trim().to_owned()),
            clock_reading_ns: clock_reading_ns(),
            clock_step_ns: clock_step_ns(),
            kernel: read_to_string("/proc/sys/kernel/osrelease")
                .map_or("unknown".into(), |s| s.trim().to_owned()),
            compiler: said(Command::new("rustc").arg("--version")).unwrap_or("unknown compiler".into()),
            package: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
            commit,
            optimized: !cfg!(debug_assertions),
            unix_time: std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |d| d.as_secs()),
        }
    }

    /// Describes the environment in a line, for a picture, with the time of one cache line there
    /// and back.
    pub(super) fn in_short(&self, apart: &str) -> String {
        let is_virtual = if self.is_virtual { ", virtual" } else { "" };
        format!(
            "{}{is_virtual}; {apart}; Linux {}; {}",
            self.cpu,
            self.kernel,
            self.compiler.split(" (").next().unwrap_or_default(),
        )
    }

    /// Returns the least step of the clock: a measured time is that coarse.
    pub fn clock_step_ns(&self) -> u64 {
        self.clock_step_ns
    }

    /// Returns the environment as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "mhz": self.mhz,
            "virtual_machine": self.is_virtual,
            "caches": self.caches,
            "processors_available": self.cpus.available,
            "processors_used": [self.cpus.first, self.cpus.second],
            "processors_are": self.cpus.cores(),
            "clock_source": self.clock_source,
            "clock_reading_ns": self.clock_reading_ns,
            "clock_step_ns": self.clock_step_ns,
            "kernel": self.kernel,
            "compiler": self.compiler,
            "package": self.package,
            "commit": self.commit,
            "optimized": self.optimized,
            "unix_time": self.unix_time,
        })
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mhz = self.mhz.map_or(String::new(), |m| format!(" at {m:.0} MHz"));
        let is_virtual = if self.is_virtual { ", virtual" } else { "" };
        let Cpus { first, second, available } = self.cpus;
        writeln!(
            f,
            "{}{mhz}{is_virtual}; {available} processors; {first} and {second} used, by the system's word {}",
            self.cpu,
            self.cpus.cores()
        )?;
        if !self.caches.is_empty() {
            writeln!(f, "caches of {first}: {}", self.caches.join(", "))?;
        }
        writeln!(
            f,
            "Linux {}; clock source {}, a reading {} ns, a step {} ns; {}{}",
            self.kernel,
            self.clock_source,
            self.clock_reading_ns,
            self.clock_step_ns,
            self.compiler,
            if self.optimized { "" } else { ", NOT OPTIMIZED" },
        )?;
        write!(f, "{}", self.package)?;
        self.commit.as_ref().map_or(Ok(()), |c| write!(f, ", commit {c}"))
    }
}

/// Returns the output of a command, if it succeeded and printed anything.
fn said(command: &mut Command) -> Option<String> {
    let out = command.output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(out.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Measures the time that one reading of the clock adds to a time between two readings.
fn clock_reading_ns() -> u64 {
    let mut took: Vec<_> = (0..1001).map(|_| Instant::now().elapsed()).collect();
    took.sort();
    took[took.len() / 2].as_nanos() as u64
}

/// Measures the least step of the clock. The time stamp counters of some processors go on in steps
/// of 10 ns: the times between two readings then come in clusters that far apart. A cluster is two
/// values wide where the step is no whole number.
fn clock_step_ns() -> u64 {
    let start = Instant::now();
    let mut last = start.elapsed();
    let mut between: Vec<u64> = (0..10_000)
        .map(|_| {
            let now = start.elapsed();
            let took = now.saturating_sub(last).as_nanos() as u64;
            last = now;
            took
        })
        .filter(|took| *took < 300)
        .collect();
    between.sort_unstable();
    let starts: Vec<u64> =
        between.windows(2).filter(|pair| pair[1] - pair[0] > 1).map(|pair| pair[1]).collect();
    starts.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(1)
}
