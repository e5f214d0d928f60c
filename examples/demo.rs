//! `cargo demo`: builds the C++ trainer, lets the Rust controller steer it over a link in five runs
//! from as many random seeds, trains from the same random seeds without a controller, and prints
//! what came of it.
//!
//! `cargo demo -- --schema 2`: the observations travel as version 2, normalized and with flags for
//! what is missing, with the training signals beside them. `--schema 1`, the default: raw.
//!
//! `cargo demo -- --cuda`: the trainer is examples/trainer.cu, whose model is on a GPU and whose
//! steps publish from there.
//!
//! The two sides are the real programs, examples/trainer.cpp (or .cu) and examples/controller.rs,
//! each in a process of its own. Exit codes: 0, all held; 1, something did not; 2, there is no C++
//! compiler, no nvcc or no GPU where one is asked for, or the arguments are wrong.

use serde_json::Value;
use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const RANDOM_SEEDS: std::ops::RangeInclusive<u64> = 1..=5;
const EPOCHS: u64 = 75;
/// Slots of the ring of observations: few, so that it goes around often.
const SLOTS: u64 = 1024;
const WRAPS_AT_LEAST: u64 = 20;
const OBSERVATIONS_AT_LEAST: u64 = 100_000;

// ----------------------------------------------------------------------------------------------------
// building

fn compiler() -> Option<Vec<String>> {
    let chosen = env::var("CXX").ok().filter(|s| !s.trim().is_empty());
    let candidates = chosen.iter().map(String::as_str).chain(["c++", "g++", "clang++"]);
    candidates.map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).find(|words| {
        let mut probe = Command::new(&words[0]);
        probe.args(&words[1..]).arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
}

/// Finds nvcc: `LEYLINE_NVCC`, or the one on the path, or the one that tests/cuda/compile got.
fn nvcc(root: &Path) -> Option<PathBuf> {
    let chosen = env::var_os("LEYLINE_NVCC").filter(|s| !s.is_empty()).map(PathBuf::from);
    let wheels = fs::read_dir(root.join("target/cuda/toolkit/lib")).into_iter().flatten().flatten();
    let wheels = wheels.flat_map(|python| fs::read_dir(python.path().join("site-packages/nvidia")));
    let wheels = wheels.flatten().flatten().map(|major| major.path().join("bin/nvcc"));
    chosen.into_iter().chain(["nvcc".into(), "/usr/local/cuda/bin/nvcc".into()]).chain(wheels).find(|nvcc| {
        let probe = Command::new(nvcc).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    })
}

struct Programs {
    trainer: PathBuf,
    controller: PathBuf,
}

/// Builds the library for C++ and the controller with cargo, which knows where it puts them, and
/// the trainer with the compiler.
fn build(compiler: &[String], root: &Path, source: &str) -> Result<Programs> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root).args([
        "build",
        "--release",
        "--quiet",
        "--package",
        "leyline-ipc",
        "--lib",
        "--example",
        "controller",
    ]);
    let output = command.arg("--message-format=json").stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("cargo does not start: {e}"))?;
    let (mut library, mut controller) = (None, None);
    for line in output.stdout.split(|&b| b == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
        if message["target"]["name"] == "controller" {
            controller = message["executable"].as_str().map(PathBuf::from);
        }
        if message["target"]["name"] == "leyline" {
            let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            library = files.map(PathBuf::from).find(|f| f.ends_with("libleyline.a")).or(library);
        }
    }
    let (Some(library), Some(controller), true) = (library, controller, output.status.success()) else {
        return Err("cargo could not build the library and the controller".into());
    };
    let trainer = controller.with_file_name(source.replace("trainer.cpp", "trainer").replace('.', "-"));
    let mut command = Command::new(&compiler[0]);
    command.args(&compiler[1..]).current_dir(root);
    command.args(["-std=c++17", "-O2", "-I", "include"]).arg(Path::new("examples").join(source)).arg("-o");
    command.arg(&trainer).arg(library).args(["-lpthread", "-ldl", "-lm"]);
    if !command.status().is_ok_and(|status| status.success()) {
        return Err(format!("examples/{source} does not compile").into());
    }
    Ok(Programs { trainer, controller })
}

// ---------------------------------------------------------------------------------------------------
// processes

/// The directory of this demo's links; removed with everything in it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self> {
        let shm = Path::new("/dev/shm");
        let parent = if shm.is_dir() { shm.to_owned() } else { env::temp_dir() };
        let path = parent.join(format!("leyline-demo-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lets the directory go on Ctrl-C and the like, too; the children die with this process.
fn clean_up_on_signals(directory: PathBuf) {
    let signals = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
    // SAFETY: an all-zero set is valid storage for sigemptyset, which comes first; all calls get
    // pointers to it.
    let set = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        set
    };
    std::thread::spawn(move || {
        let mut signal = 0;
        // SAFETY: both point to living values.
        if unsafe { libc::sigwait(&raw const set, &raw mut signal) } == 0 {
            let _ = fs::remove_dir_all(directory);
            eprintln!("\ninterrupted");
            std::process::exit(128 + signal);
        }
    });
}

/// Returns the processors that this program may use.
fn processors() -> Vec<usize> {
    // SAFETY: an all-zero set is valid storage for the call, which gets its size; CPU_ISSET stays
    // inside it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) != 0 {
            return Vec::new();
        }
        (0..libc::CPU_SETSIZE as usize).filter(|&i| libc::CPU_ISSET(i, &set)).collect()
    }
}

/// A child that does not outlive this value, nor this process.
struct Running(Child);

impl Running {
    /// Starts a program. `seat` numbers the processors that this program may use, counted around;
    /// the two sides get one each, or the scheduler may put both on one for milliseconds while
    /// another is free.
    fn start(program: &Path, directory: &Path, seat: usize, arguments: &[&str]) -> Result<Self> {
        let processors = processors();
        let mut command = Command::new(program);
        command.args(arguments).env(leyline::DIRECTORY_VARIABLE, directory).stdout(Stdio::piped());
        let parent = std::process::id();
        let prepare = move || {
            // SAFETY: an all-zero set is valid storage for sigemptyset; prctl takes a number here.
            unsafe {
                let mut none: libc::sigset_t = std::mem::zeroed();
                libc::sigemptyset(&raw mut none);
                libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                if let Some(processor) = processors.get(seat % processors.len().max(1)) {
                    let mut set: libc::cpu_set_t = std::mem::zeroed();
                    libc::CPU_SET(*processor, &mut set);
                    libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
                }
                if libc::getppid() as u32 != parent {
                    libc::_exit(1);
                }
            }
            Ok(())
        };
        // SAFETY: between fork and exec it makes system calls that are safe there, and allocates
        // nothing.
        unsafe { command.pre_exec(prepare) };
        let child = command.spawn().map_err(|e| format!("{}: {e}", program.display()))?;
        Ok(Self(child))
    }

    fn output(&mut self) -> Result<BufReader<ChildStdout>> {
        Ok(BufReader::new(self.0.stdout.take().ok_or("its output was taken already")?))
    }

    fn finish(mut self, who: &str) -> Result<()> {
        let status = self.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the {who} failed: {status}").into()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program's last line, `who: name number name number ...`.
struct Figures(HashMap<String, f64>);

impl Figures {
    fn of(line: &str, who: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix(who)?.strip_prefix(':')?.split_whitespace().collect();
        let figures = words.chunks_exact(2).map(|pair| Some((pair[0].to_owned(), pair[1].parse().ok()?)));
        figures.collect::<Option<_>>().map(Self)
    }

    fn get(&self, name: &str) -> Result<f64> {
        self.0.get(name).copied().ok_or_else(|| format!("a program reported no {name}").into())
    }

    fn count(&self, name: &str) -> Result<u64> {
        Ok(self.get(name)? as u64)
    }
}

/// Shows the trainer's lines: on a terminal one that changes, and the epochs in which something was
/// done stay.
struct Progress {
    seed: u64,
    terminal: bool,
}

impl Progress {
    fn show(&self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let line = format!("run {}  {line}", self.seed);
        if !self.terminal {
            return writeln!(out, "{line}");
        }
        if line.contains('[') && !line.contains("[WAIT") {
            return writeln!(out, "\r\x1b[2K{line}");
        }
        write!(out, "\r\x1b[2K{}", line.chars().take(79).collect::<String>())?;
        out.flush()
    }

    fn clear(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.terminal {
            write!(out, "\r\x1b[2K")?;
        }
        out.flush()
    }
}

// --------------------------------------------------------------------------------------------------------
// runs

struct Run {
    seed: u64,
    alone: f64,
    trainer: Figures,
    controller: Figures,
}

struct Stage<'a> {
    programs: &'a Programs,
    directory: &'a Path,
    data: &'a str,
    /// The version of the observations: 1 or 2.
    schema: &'a str,
}

impl Stage<'_> {
    fn train(
        &self,
        seed: u64,
        link: &str,
        more: &[&str],
        mut show: impl FnMut(&str) -> io::Result<()>,
    ) -> Result<Figures> {
        let (seed, epochs, slots) = (seed.to_string(), EPOCHS.to_string(), SLOTS.to_string());
        let mut arguments =
            vec![self.data, link, "--seed", &seed, "--epochs", &epochs, "--observations", &slots];
        arguments.extend(more);
        let mut trainer = Running::start(&self.programs.trainer, self.directory, 0, &arguments)?;
        let mut figures = None;
        for line in trainer.output()?.lines() {
            let line = line?;
            match Figures::of(&line, "trainer") {
                Some(last) => figures = Some(last),
                None => show(&line)?,
            }
        }
        trainer.finish("trainer")?;
        figures.ok_or_else(|| "the trainer reported no figures".into())
    }

    fn run(&self, seed: u64) -> Result<Run> {
        let link = format!("demo-{seed}");
        let progress = Progress { seed, terminal: io::stdout().is_terminal() };
        let mut controller = Running::start(
            &self.programs.controller,
            self.directory,
            1,
            &[&link, "--quiet", "--linger", "0"],
        )?;
        let trainer = self.train(seed, &link, &["--schema", self.schema], |line| progress.show(line))?;
        progress.clear()?;
        let mut text = String::new();
        controller.output()?.read_to_string(&mut text)?;
        controller.finish("controller")?;
        let last = text.lines().rev().find_map(|line| Figures::of(line, "controller"));
        let controller = last.ok_or("the controller reported no figures")?;
        let alone = self.train(seed, "-", &["--no-controller", "--quiet"], |_| Ok(()))?.get("accuracy")?;
        Ok(Run { seed, alone, trainer, controller })
    }
}

// ------------------------------------------------------------------------------------------------------
// report

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn microseconds(ns: f64) -> String {
    format!("{:.1} us", ns / 1000.0)
}

/// Prints the table and the totals. Returns what did not hold.
fn report(runs: &[Run]) -> Result<Vec<String>> {
    println!("\n{:>6} | {:22} | {:25} | observations", "random", "validation accuracy, %", "seeds");
    println!(
        "{:>6} | {:>7} {:>7} {:>6} | {:>7} {:>10} {:>6} | {:>6} {:>8} {:>4} {:>5}",
        "seed",
        "without",
        "with",
        "gain",
        "germin.",
        "fossilized",
        "culled",
        "sent",
        "received",
        "lost",
        "wraps"
    );
    let mut broken = Vec::new();
    let mut gains = Vec::new();
    let (mut sent, mut received, mut lost) = (0, 0, 0);
    for Run { seed, alone, trainer, controller } in runs {
        let with = trainer.get("accuracy")?;
        gains.push(with - alone);
        let of = |name| trainer.count(name);
        let (out, wraps) = (of("sent")?, of("wraps")?);
        let (got, gone) = (controller.count("received")?, controller.count("lost")?);
        println!(
            "{seed:>6} | {alone:>7.2} {with:>7.2} {:>+6.2} | {:>7} {:>10} {:>6} | {out:>6} {got:>8} {gone:>4} {wraps:>5}",
            with - alone,
            of("germinated")?,
            of("fossilized")?,
            of("culled")?,
        );
        let decided = controller.count("decisions")?;
        for (holds, what) in [
            (gone == 0, format!("{gone} observations were lost")),
            (out == got, format!("{out} observations were sent and {got} received")),
            (decided == got, format!("{got} observations were received and {decided} decided on")),
            (wraps >= WRAPS_AT_LEAST, format!("the ring went around {wraps} times, not {WRAPS_AT_LEAST}")),
        ] {
            if !holds {
                broken.push(format!("random seed {seed}: {what}"));
            }
        }
        sent += out;
        received += got;
        lost += gone;
    }
    if sent < OBSERVATIONS_AT_LEAST {
        broken.push(format!("{sent} observations in all, not {OBSERVATIONS_AT_LEAST}"));
    }
    let worst = |name| -> Result<String> {
        let values: Result<Vec<f64>> = runs.iter().map(|run| run.trainer.get(name)).collect();
        Ok(microseconds(values?.into_iter().fold(0.0, f64::max)))
    };
    println!("\nobservations: sent {sent} received {received} lost {lost}");
    println!(
        "observation to decision, worst of {} runs{}: p50 {}, p99 {}, p99.9 {}, max {}",
        runs.len(),
        if processors().len() > 1 { ", each side on its own processor" } else { "" },
        worst("p50_ns")?,
        worst("p99_ns")?,
        worst("p999_ns")?,
        worst("max_ns")?
    );
    let (mean, error) = mean_and_error(&gains);
    println!("mean gain in validation accuracy: {mean:+.2} pp, standard error {error:.2} pp");
    println!(
        "A mean over {} random seeds; a single run may lose. The controller follows rules of thumb and learns nothing:\n\
         the demo shows the link at work, not how good a policy can be.",
        gains.len()
    );
    Ok(broken)
}

fn demo(compiler: &[String], source: &str, schema: &str) -> Result<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("data/digits.csv");
    let start = Instant::now();
    let directory = Directory::new()?;
    clean_up_on_signals(directory.0.clone());
    println!("building the controller (Rust) and the trainer ({})", compiler.join(" "));
    println!(
        "run N trains from random seed N, with the controller and without; observations of version {schema}"
    );
    let programs = build(compiler, root, source)?;
    let data = data.to_str().ok_or("the path of this repository is not UTF-8")?;
    let stage = Stage { programs: &programs, directory: &directory.0, data, schema };
    let runs = RANDOM_SEEDS.map(|seed| stage.run(seed)).collect::<Result<Vec<Run>>>()?;
    let broken = report(&runs)?;
    println!("{:.0} s in total", start.elapsed().as_secs_f64());
    Ok(broken)
}

/// Reads the arguments: the version of the observations, and whether the model is on a GPU.
fn wanted(mut words: impl Iterator<Item = String>) -> Option<(&'static str, bool)> {
    let (mut schema, mut cuda) = (None, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--cuda" if !cuda => cuda = true,
            "--schema" if schema.is_none() => {
                let version = words.next()?;
                schema = Some(["1", "2"].into_iter().find(|v| version == *v)?);
            }
            _ => return None,
        }
    }
    let schema = schema.unwrap_or("1");
    (!cuda || schema == "1").then_some((schema, cuda))
}

fn main() -> ExitCode {
    // The alias ends with the `--` that a user may write once more.
    let Some((schema, cuda)) = wanted(env::args().skip(1).filter(|word| word != "--")) else {
        eprintln!("usage: cargo demo [-- --schema 1|2 | --cuda]");
        return ExitCode::from(2);
    };
    let Some(mut compiler) = compiler() else {
        eprintln!(
            "demo: no C++ compiler found. Install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++)\n\
             or name one in CXX."
        );
        return ExitCode::from(2);
    };
    let source = if cuda {
        let Some(nvcc) = nvcc(Path::new(env!("CARGO_MANIFEST_DIR"))) else {
            eprintln!(
                "demo: no nvcc found, which --cuda needs. Install CUDA 12 or newer, name its nvcc in LEYLINE_NVCC, or let\n\
                 tests/cuda/compile get one from PyPI."
            );
            return ExitCode::from(2);
        };
        if !Path::new("/dev/nvidiactl").exists() && !Path::new("/dev/dxg").exists() {
            eprintln!(
                "demo: no NVIDIA GPU here, which --cuda needs: there is neither /dev/nvidiactl nor /dev/dxg. Install its\n\
                 driver, or hand the GPU into the container."
            );
            return ExitCode::from(2);
        }
        // For Ampere, and by way of its PTX for all that came later.
        compiler = vec![nvcc.to_string_lossy().into_owned(), "-arch=sm_80".into()];
        "trainer.cu"
    } else {
        compiler.push("-ffp-contract=off".into());
        "trainer.cpp"
    };
    match demo(&compiler, source, schema) {
        Ok(broken) if broken.is_empty() => ExitCode::SUCCESS,
        Ok(broken) => {
            for what in &broken {
                eprintln!("demo: {what}");
            }
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("demo: {e}");
            ExitCode::FAILURE
        }
    }
}
