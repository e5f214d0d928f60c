//! Checks resource limits before a segment is allocated.
//!
//! The kernel enforces a file size limit (`ulimit -f`) with SIGXFSZ and a cgroup's memory limit
//! with SIGKILL: neither gives the process a chance to report an error.

use crate::base::error::{Error, ErrorKind, Result};
use crate::sys::os;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Returns an error if allocating `size` bytes for this file would exceed a limit that the kernel
/// enforces by a signal.
pub(crate) fn check(file: &File, size: u64) -> Result<()> {
    if let Some(limit) = os::file_size_limit().filter(|&limit| limit < size) {
        return Err(Error::new(ErrorKind::NoSpace)
            .expected_found(format!("{size} bytes"), format!("a file size limit of {limit} bytes"))
            .help("raise it (ulimit -f) or use smaller rings"));
    }
    if os::room(file).is_some_and(|room| room.is_memory)
        && let Some(group) = Group::tightest().filter(|group| group.left < size)
    {
        return Err(Error::new(ErrorKind::NoSpace)
            .expected_found(
                format!("{size} bytes"),
                format!(
                    "{} bytes left of the {} that cgroup {} may use",
                    group.left,
                    group.limit,
                    group.path.display()
                ),
            )
            .help("raise the cgroup's memory limit or use smaller rings"));
    }
    Ok(())
}

/// Adds the address space limit to an error of `mmap` that ran out of it.
pub(crate) fn explain_map(e: Error, bytes: usize) -> Error {
    use std::error::Error as _;
    let source = e.source().and_then(|s| s.downcast_ref::<std::io::Error>());
    if source.is_none_or(|s| s.kind() != std::io::ErrorKind::OutOfMemory) {
        return e;
    }
    let Some(limit) = os::address_space_limit() else { return e };
    Error::new(ErrorKind::NoSpace)
        .about("mmap")
        .expected_found(
            format!("{bytes} bytes of address space"),
            format!("an address space limit of {limit} bytes"),
        )
        .help("raise it (ulimit -v) or use smaller rings")
}

/// Describes a cgroup that limits the memory of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    path: PathBuf,
    limit: u64,
    /// Bytes below the limit, counting memory that the kernel can reclaim as free.
    left: u64,
}

/// Names the files of a cgroup version.
struct Names {
    limits: &'static [&'static str],
    used: &'static str,
    reclaimable: &'static [&'static str],
}

const VERSION_1: Names = Names {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    reclaimable: &["total_active_file ", "total_inactive_file "],
};
const VERSION_2: Names = Names {
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    reclaimable: &["active_file ", "inactive_file ", "slab_reclaimable "],
};

impl Group {
    /// Returns the readable cgroup, of this process's own and their ancestors, with the fewest
    /// bytes left.
    fn tightest() -> Option<Self> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
        let swap =
            std::fs::read_to_string("/proc/meminfo").map_or(0, |text| 1024 * value(&text, "SwapFree:"));
        Self::tightest_of(&groups, &mounts, swap)
    }

    fn tightest_of(groups: &str, mounts: &str, swap: u64) -> Option<Self> {
        let mut found: Vec<Self> = Vec::new();
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            let (names, kind) = match controllers {
                "" => (&VERSION_2, "cgroup2"),
                c if c.split(',').any(|c| c == "memory") => (&VERSION_1, "cgroup"),
                _ => continue,
            };
            for (root, top) in mounted(mounts, kind) {
                // The mount may show a subtree only, as in a container.
                let inside = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
                let own = Path::new(top).join(inside);
                let chain = own.ancestors().take_while(|dir| dir.starts_with(top));
                found.extend(chain.filter_map(|dir| Self::read(dir, names, swap)));
            }
        }
        found.into_iter().min_by_key(|group| group.left)
    }

    /// Reads a cgroup's limit and usage. `None`: no limit, or not readable.
    fn read(path: &Path, names: &Names, swap: u64) -> Option<Self> {
        let number = |name: &str| -> Option<u64> {
            std::fs::read_to_string(path.join(name)).ok()?.trim().parse().ok()
        };
        // cgroup v1 reports "unlimited" as a huge number.
        let limit = names.limits.iter().filter_map(|n| number(n)).filter(|&n| n < 1 << 60).min()?;
        let statistics = std::fs::read_to_string(path.join("memory.stat")).unwrap_or_default();
        let reclaimable: u64 = names.reclaimable.iter().map(|n| value(&statistics, n)).sum();
        let swap = match (number("memory.swap.max"), number("memory.swap.current")) {
            (Some(most), Some(used)) => swap.min(most.saturating_sub(used)),
            _ => swap,
        };
        let used = number(names.used)?.saturating_sub(reclaimable);
        Some(Self { path: path.to_owned(), limit, left: limit.saturating_sub(used).saturating_add(swap) })
    }
}

/// Returns the number that follows `name` at the start of a line; 0 if there is none.
fn value(text: &str, name: &str) -> u64 {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Returns the cgroup mounts of a kind: the root of the subtree that is mounted, and the mount
/// point.
fn mounted<'a>(mounts: &'a str, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    mounts.lines().filter_map(move |line| {
        let (place, system) = line.split_once(" - ")?;
        let (mut place, mut system) = (place.split(' ').skip(3), system.split(' '));
        let found = (place.next()?, place.next()?);
        let memory =
            system.next()? == kind && (kind == "cgroup2" || system.nth(1)?.split(',').any(|c| c == "memory"));
        memory.then_some(found)
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Holds a fake cgroup tree in a folder that is removed on drop.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let top = std::env::temp_dir().join(format!("leyline-groups-{}-{name}", std::process::id()));
            for (file, text) in files {
                let path = top.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Self(top)
        }

        fn tightest(&self, groups: &str, kind: &str, root: &str, swap: u64) -> Option<(String, u64, u64)> {
            let mounts = format!(
                "24 1 0:22 / /proc rw shared:5 - proc proc rw\n33 24 0:29 {root} {} rw - {kind}\n",
                self.0.display()
            );
            let found = Group::tightest_of(groups, &mounts, swap)?;
            let inside = found.path.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
            Some((inside, found.limit, found.left))
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_tightest_of_a_group_and_those_above_it_counts() {
        let two = Tree::new(
            "two",
            &[
                ("memory.max", "max\n"),
                ("a/memory.max", "1000\n"),
                ("a/memory.current", "900\n"),
                ("a/memory.stat", "anon 1\nactive_file 200\ninactive_file 100\nslab_reclaimable 50\n"),
                ("a/b/memory.max", "max\n"),
                ("a/b/memory.high", "800\n"),
                ("a/b/memory.current", "100\n"),
            ],
        );
        let kind = "cgroup2 none rw";
        assert_eq!(two.tightest("0::/a/b\n", kind, "/", 0), Some(("a".into(), 1000, 450)));
        assert_eq!(two.tightest("0::/a/b\n", kind, "/", 7), Some(("a".into(), 1000, 457)));
        // In a container the tree starts at the container's own cgroup.
        assert_eq!(two.tightest("0::/x/a/b\n", kind, "/x", 0), Some(("a".into(), 1000, 450)));
        assert_eq!(two.tightest("0::/\n", kind, "/", 0), None);
        assert_eq!(two.tightest("", kind, "/", 0), None);

        let one = Tree::new(
            "one",
            &[
                ("memory.limit_in_bytes", "9223372036854771712\n"),
                ("memory.usage_in_bytes", "5\n"),
                ("c/memory.limit_in_bytes", "500\n"),
                ("c/memory.usage_in_bytes", "600\n"),
                ("c/memory.stat", "active_file 9\ntotal_active_file 50\ntotal_inactive_file 100\n"),
            ],
        );
        let groups = "4:cpu,memory:/c\n2:pids:/p\n";
        assert_eq!(one.tightest(groups, "cgroup none rw,cpu,memory", "/", 0), Some(("c".into(), 500, 50)));
        assert_eq!(one.tightest(groups, "cgroup none rw,pids", "/", 0), None);
    }
}
