//! What the tests share: a folder of their own for each test, and child processes that are always reaped.
#![allow(dead_code)]

use leyline::{Options, Wait};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Long enough that only a hang ever reaches it.
pub const LONG: Duration = Duration::from_secs(60);

/// A wait that only a hang ever ends.
pub fn patiently() -> Wait {
    Wait::sleep(LONG)
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

    /// The names of what lies there.
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

/// Starts the ignored test `role` of this test binary as a process of its own, with the folder as its `LEYLINE_DIR`.
pub fn start(role: &str, folder: &Folder) -> Running {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", role, "--ignored", "--nocapture", "--test-threads=1"])
        .env("LEYLINE_DIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    Running(child)
}

/// A child process; killed if the test ends first.
pub struct Running(pub Child);

impl Running {
    /// SIGKILL, and wait until it is gone.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        drop(self.0.stdin.take());
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
