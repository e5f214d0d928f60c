//! Shared by all tests: a temporary directory for each test, child processes that are always
//! reaped, and records that several tests publish.
#![allow(dead_code, unreachable_pub)]

use leyline::contract::decision::Decision;
use leyline::contract::stage::SeedStage;
use leyline::{ActionSpace, Feature, LinkSpec, Meta, Observation, Options, Read, Trainer, Wait};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A timeout that only a hang reaches.
pub const LONG: Duration = Duration::from_secs(60);

/// Returns a wait whose timeout only a hang reaches.
pub fn patiently() -> Wait {
    Wait::sleep(LONG)
}

/// A wait that returns at once.
pub const AT_ONCE: Wait = Wait::spin(Duration::ZERO);

/// Returns the metadata of a record that was read.
#[track_caller]
pub fn record(read: Read) -> Meta {
    let Read::Record(meta) = read else { panic!("{read:?}") };
    meta
}

/// A record of a program's own.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Pair {
    pub a: u32,
    pub b: f32,
}
leyline::record! { Pair as "pair" version 1 { a: u32, "-", 0.0, 4_294_967_295.0; b: f32, "m", -1.0, 1.0; } }

/// The least record of a program's own.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Number {
    pub n: u64,
}
leyline::record! { Number as "number" version 1 { n: u64, "-", 0.0, f64::INFINITY; } }

/// Returns an observation without a seed, with a free seed slot.
pub fn free() -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::AvailableSlots] = 1.0;
    observation
}

/// Returns an observation with a seed in training.
pub fn occupied() -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::HasActiveSeed] = 1.0;
    observation[Feature::SeedStage] = f32::from(SeedStage::Training.value());
    observation
}

/// A directory on tmpfs, removed with everything in it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new("/dev/shm").join(format!("leyline-test-{}-{n}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn options(&self) -> Options {
        Options::default().in_directory(&self.0)
    }

    /// Returns the names of the directory's entries, sorted.
    pub fn files(&self) -> Vec<String> {
        let names =
            std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns the arguments that make this binary run one ignored test of the calling file, `role`,
/// and nothing else.
#[track_caller]
pub fn arguments(role: &str) -> [String; 5] {
    let file = Path::new(std::panic::Location::caller().file()).file_stem().unwrap().to_str().unwrap();
    let binary = module_path!().split("::").next().unwrap();
    // In a shared binary each file is a module.
    let test = if file == binary { role.to_owned() } else { format!("{file}::{role}") };
    [test.as_str(), "--exact", "--ignored", "--nocapture", "--test-threads=1"].map(str::to_owned)
}

/// Starts the ignored test `role` of the calling file as a child process, with the folder as its
/// `LEYLINE_DIR`.
#[track_caller]
pub fn start(role: &str, folder: &Folder) -> Running {
    start_with(role, folder, &[])
}

/// Starts a child like [`start`], with further environment variables.
#[track_caller]
pub fn start_with(role: &str, folder: &Folder, variables: &[(&str, &str)]) -> Running {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments(role));
    start_command(command, folder, variables)
}

/// Returns an example, built beside the tests by the cargo that runs them; at once if it is there
/// already.
pub fn example(name: &str, options: &[&str]) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let done = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--example", name])
        .args(options)
        .args(if profile.ends_with("release") { &["--release"][..] } else { &[] })
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .status()
        .unwrap();
    assert!(done.success(), "the example {name} does not build");
    profile.join("examples").join(name)
}

/// Lets a program control a link while `publish` publishes 100 observations, each of which it decides
/// on. Closes the link and returns what the program printed until it ended by itself.
pub fn controlled_by(program: &Path, mut publish: impl FnMut(&mut Trainer)) -> String {
    let folder = Folder::new();
    let mut trainer =
        Trainer::create("link", &LinkSpec::new(&ActionSpace::cnn()), &folder.options()).unwrap();
    let mut command = Command::new(program);
    let running =
        command.arg("link").env("LEYLINE_DIR", folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    for n in 1..=100 {
        publish(&mut trainer);
        let read = trainer.wait_decision(0, n, &mut Decision::default(), patiently());
        assert!(matches!(read.unwrap(), Read::Record(_)));
    }
    drop(trainer);
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{said}");
    said
}

/// Starts a child like [`start_with`], by a command that runs this test binary in a wrapper.
pub fn start_command(mut command: Command, folder: &Folder, variables: &[(&str, &str)]) -> Running {
    let mut child = command
        .env("LEYLINE_DIR", folder.path())
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    Running { child, output }
}

/// Starts a child like [`start_with`], inside a wrapper such as `unshare --pid`. Returns `None` and
/// prints NOT CHECKED where the wrapper does not work.
#[track_caller]
pub fn start_inside(
    wrapper: &[&str],
    role: &str,
    folder: &Folder,
    variables: &[(&str, &str)],
) -> Option<Running> {
    let binary = std::env::current_exe().unwrap();
    start_wrapped(wrapper, &binary, role, folder, variables)
}

#[track_caller]
fn start_wrapped(
    wrapper: &[&str],
    binary: &Path,
    role: &str,
    folder: &Folder,
    variables: &[(&str, &str)],
) -> Option<Running> {
    let command = |arguments: &[String]| {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(binary).args(arguments);
        command
    };
    let probe = command(&["--list".to_owned()]).output();
    if !probe.as_ref().is_ok_and(|out| out.status.success()) {
        eprintln!("NOT CHECKED: {role} inside {wrapper:?}: {probe:?}");
        return None;
    }
    Some(start_command(command(&arguments(role)), folder, variables))
}

/// Starts a child like [`start_with`], as the user nobody, in a folder that every user may read.
/// Returns `None` and prints NOT CHECKED where the test may not change users.
#[track_caller]
pub fn start_as_nobody(role: &str, folder: &Folder, variables: &[(&str, &str)]) -> Option<Running> {
    start_as(NOBODY, role, folder, variables)
}

/// The numeric id of a user, and of a group, that owns none of our files.
pub const NOBODY: u32 = 65534;

/// Starts a child like [`start_as_nobody`], with the given group.
#[track_caller]
pub fn start_as(group: u32, role: &str, folder: &Folder, variables: &[(&str, &str)]) -> Option<Running> {
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // A copy: the other user may have no access to this binary's directory.
    let binary = folder.path().join(format!("binary-of-{role}"));
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={group}"));
    start_wrapped(&["setpriv", &user, &group, "--clear-groups"], &binary, role, folder, variables)
}

/// Returns true in a child that [`start`] started. The ignored tests return at once when they are
/// run by hand.
pub fn is_child() -> bool {
    std::env::var_os("LEYLINE_DIR").is_some()
}

/// Sends a line from a child to its parent, whose [`Running::hear`] returns it.
pub fn say(words: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    write!(out, "\n@{words}\n").unwrap();
    out.flush().unwrap();
}

/// Waits in a child for the parent's [`Running::tell`]. Returns `None` when the parent is gone.
pub fn listen() -> Option<String> {
    let mut line = String::new();
    (std::io::stdin().read_line(&mut line).unwrap() > 0).then(|| line.trim_end().to_owned())
}

/// Runs `body` in a forked child, which exits with 0 if that returns true and with 1 if it returns
/// false or panics, and runs none of the test harness.
pub fn fork(body: impl FnOnce() -> bool) -> libc::pid_t {
    // SAFETY: the child runs `body` and ends; it takes no lock that another thread may have held.
    match unsafe { libc::fork() } {
        0 => {
            // A panic would end the only thread, and with it the process as if nothing had happened.
            let fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(false);
            // SAFETY: ends the process.
            unsafe { libc::_exit(i32::from(!fine)) }
        }
        pid => pid,
    }
}

/// Waits until a forked child has ended. Returns true if it exited with 0.
pub fn reap(pid: libc::pid_t) -> bool {
    let mut status = 0;
    // SAFETY: `status` is a valid place to write to.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

/// A child process; killed if the test ends first.
pub struct Running {
    pub child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// Returns the next line that the child [`say`]s.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some(words) = line.strip_prefix('@') {
                return words.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("the child ended: {:?}", self.child.wait().unwrap());
    }

    /// Sends a line to the child, whose [`listen`] returns it.
    pub fn tell(&mut self, words: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{words}").unwrap();
    }

    /// Sends SIGKILL and reaps the child.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes the child's input and waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut self.output, &mut rest).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The type of `setrlimit`'s resources, which C libraries declare differently.
#[cfg(target_env = "gnu")]
pub type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
pub type Resource = libc::c_int;

/// Limits a resource of this process, for good. For child processes only.
pub fn set_limit(resource: Resource, limit: u64) {
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
    // SAFETY: `limit` outlives the call.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
}

/// Returns one instruction of a seccomp filter.
pub fn step(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt, jf, k }
}

/// Installs a seccomp filter for this thread. For child processes only: a filter cannot be removed.
pub fn filter_system_calls(steps: &mut [libc::sock_filter]) {
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the program is whole and outlives the calls, which copy it.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program), 0);
    }
}

/// Makes `futex_waitv` fail as in a kernel without it.
pub fn without_futex_waitv() {
    const WAITV: u32 = libc::SYS_futex_waitv as u32;
    filter_system_calls(&mut [
        // The number of the system call.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, WAITV),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]);
    // SAFETY: of no words, and refused by the filter anyway.
    unsafe {
        assert_eq!(libc::syscall(libc::SYS_futex_waitv, 0, 0, 0, 0, 0), -1);
    }
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ENOSYS));
}

/// Returns true if a thread is in a call that a signal ends.
pub fn sleeps(process: u32, thread: i32) -> bool {
    let path = format!("/proc/{process}/task/{thread}/syscall");
    let call = std::fs::read_to_string(path).unwrap_or_default();
    let number = call.split(' ').next().and_then(|number| number.parse().ok());
    matches!(number, Some(libc::SYS_futex | libc::SYS_futex_waitv))
}
