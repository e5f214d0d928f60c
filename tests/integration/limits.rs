//! System limits that end a process without an error: a segment that would exceed one is refused,
//! and the error names the limit.

use crate::common::{self, Folder, Running, filter_system_calls, step};
use leyline::{Error, Observation, Options, RingSpec, Segment, Spec};
use std::path::PathBuf;

/// Returns a segment of slightly more than this many MiB.
fn of_mebibytes(mebibytes: u64) -> Spec {
    Spec::new().ring(RingSpec::new::<Observation>("o").unwrap().capacity(mebibytes << 13))
}

fn mapped() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

/// Creates a large and a small segment, named and nameless, under a limit. Reports each result.
#[test]
#[ignore = "a child process"]
fn child_makes_segments() {
    if !common::is_child() {
        return;
    }
    match std::env::var("LIMIT").unwrap().as_str() {
        "file" => common::set_limit(libc::RLIMIT_FSIZE, 16 << 20),
        "space" => common::set_limit(libc::RLIMIT_AS, mapped() + (64 << 20)),
        "signals" => interrupt_long_allocations(),
        _ => {}
    }
    let o = Options::default().unlink_on_close();
    let told = |result: Result<Segment, Error>| {
        common::say(result.map_or_else(|e| format!("{:?}: {e}", e.kind()), |_| "made".to_owned()));
    };
    for size in [128, 4] {
        told(Segment::create("s", &of_mebibytes(size), &o));
        told(Segment::create_memfd("s", &of_mebibytes(size), &o));
    }
}

/// Locks all future memory, as real-time programs do, under a limit that root is not exempt from.
#[test]
#[ignore = "a child process"]
fn child_locks_its_memory() {
    if !common::is_child() {
        return;
    }
    common::set_limit(libc::RLIMIT_MEMLOCK, 6 << 20);
    // SAFETY: no memory is handed over.
    unsafe {
        assert!(libc::geteuid() != 0 || libc::setresuid(65534, 65534, 65534) == 0);
        assert_eq!(libc::mlockall(libc::MCL_FUTURE), 0);
    }
    for size in [16, 1] {
        let made = Segment::create_memfd("s", &of_mebibytes(size), &Options::default());
        common::say(made.map_or_else(|e| e.to_string(), |_| "made".to_owned()));
    }
}

#[test]
fn a_limit_on_locked_memory_is_told_with_its_number() {
    let folder = Folder::new();
    let mut child = common::start("child_locks_its_memory", &folder);
    let said = child.hear();
    assert!(said.contains("6291456 bytes of locked memory") && said.contains("ulimit -l"), "{said}");
    assert_eq!(child.hear(), "made");
    assert!(child.wait().success());
}

/// Simulates signals that arrive faster than a file of more than 64 KiB is allocated. Since Linux
/// 5.16 only fatal signals interrupt the allocation.
fn interrupt_long_allocations() {
    let (load, equal, greater, give) = (
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K,
        libc::BPF_RET | libc::BPF_K,
    );
    // Number at 0, low half of the fourth argument at 40.
    filter_system_calls(&mut [
        step(load, 0, 0, 0),
        step(equal, 0, 3, libc::SYS_fallocate as u32),
        step(load, 0, 0, 40),
        step(greater, 0, 1, 1 << 16),
        step(give, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EINTR as u32),
        step(give, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]);
}

/// Checks that the large segment is refused in these words and the small one is made.
fn refused(mut child: Running, words: &[&str]) {
    for _ in ["with a name", "without"] {
        let said = child.hear();
        assert!(said.starts_with("NoSpace: ") && words.iter().all(|w| said.contains(w)), "{said}");
    }
    assert_eq!([child.hear(), child.hear()], ["made", "made"]);
    assert!(child.wait().success());
}

#[test]
fn a_limit_on_the_size_of_files_is_no_signal() {
    let folder = Folder::new();
    let child = common::start_with("child_makes_segments", &folder, &[("LIMIT", "file")]);
    refused(child, &["16777216 bytes", "ulimit -f"]);
}

#[test]
fn a_limit_on_what_is_mapped_is_told_with_its_number() {
    let folder = Folder::new();
    let child = common::start_with("child_makes_segments", &folder, &[("LIMIT", "space")]);
    refused(child, &["bytes of address space", "an address space limit of", "ulimit -v"]);
    assert_eq!(folder.files(), [] as [&str; 0]);
}

#[test]
fn signals_that_keep_coming_do_not_keep_a_segment_from_being_made() {
    let folder = Folder::new();
    let mut child = common::start_with("child_makes_segments", &folder, &[("LIMIT", "signals")]);
    for _ in 0..4 {
        assert_eq!(child.hear(), "made");
    }
    assert!(child.wait().success());
}

/// A control group, removed when dropped.
struct Group(PathBuf);

impl Group {
    /// Creates a group with this memory limit. Returns `None` where that is not possible.
    fn new(bytes: u64) -> Option<Self> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap();
        let own = |controller: &str| {
            groups.lines().find_map(|l| {
                let mut parts = l.splitn(3, ':').skip(1);
                (parts.next()? == controller)
                    .then(|| parts.next().unwrap().trim_start_matches('/').to_owned())
            })
        };
        let name = format!("leyline-test-{}", std::process::id());
        let versions = [
            ("/sys/fs/cgroup/memory", own("memory"), "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", own(""), "memory.max"),
        ];
        versions.into_iter().find_map(|(top, own, limit)| {
            let group = Self(PathBuf::from(top).join(own?).join(&name));
            std::fs::create_dir(&group.0).ok()?;
            std::fs::write(group.0.join(limit), bytes.to_string()).ok()?;
            Some(group)
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_limit_on_the_memory_of_a_control_group_kills_nobody() {
    let folder = Folder::new();
    let Some(group) = Group::new(64 << 20) else {
        eprintln!("NOT CHECKED: a control group: none can be made here");
        return;
    };
    let join = format!("echo $$ > {}/cgroup.procs && exec \"$0\" \"$@\"", group.0.display());
    let variables = [("LIMIT", "group")];
    let inside = ["sh", "-c", join.as_str()];
    let Some(child) = common::start_inside(&inside, "child_makes_segments", &folder, &variables) else {
        return;
    };
    refused(child, &["bytes left of the 67108864", "that cgroup ", "raise the cgroup's memory limit"]);
}
