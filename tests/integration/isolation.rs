//! Isolation between the processes of a segment: pages, users, groups, namespaces, and the length
//! of the file.

use crate::common::{self, Folder, LONG, NOBODY, Pair, Running, patiently};
use leyline::{
    ActionSpace, Commit, Consumer, Ending, ErrorKind, LinkSpec, NameState, Observation, Observer, Options,
    PeerState, Policy, Read, RingSpec, Segment, Spec, Stamp, Start, Trainer, Trust, Writer, layout,
    monotonic_now,
};
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NONE: Pair = Pair { a: 0, b: 0.0 };

fn pair(n: u64) -> Pair {
    Pair { a: n as u32, b: 0.5 }
}

fn spec() -> Spec {
    Spec::new().ring(RingSpec::new::<Pair>("pairs").unwrap().capacity(8).consumers(1, Policy::Keep))
}

fn create(folder: &Folder, mode: u32, group: Option<u32>) -> Segment {
    Segment::create("s", &spec(), &Options { mode, group, ..folder.options() }).unwrap()
}

fn writer(segment: &Segment) -> leyline::Result<Writer<Pair>> {
    Writer::open(segment, "pairs")
}

fn observer(segment: &Segment) -> Observer<Pair> {
    Observer::open(segment, "pairs", Start::Oldest).unwrap()
}

/// Reads the next record and checks that it is whole. Returns its sequence.
fn next(o: &mut Observer<Pair>) -> u64 {
    let mut got = NONE;
    match o.next(&mut got, patiently()).unwrap() {
        Read::Record(m) if got == pair(m.sequence) => m.sequence,
        other => panic!("{other:?} {got:?}"),
    }
}

/// Returns the end of the ring, after any restarts reported before it.
fn ending(o: &mut Observer<Pair>) -> Read {
    let mut got = NONE;
    loop {
        match o.next(&mut got, patiently()).unwrap() {
            Read::Restarted { .. } => {}
            other => return other,
        }
    }
}

fn directory() -> PathBuf {
    std::env::var_os("LEYLINE_DIR").unwrap().into()
}

// Read-only means read-only.

/// Returns this process's mappings of a file: address, offset in the file, length and permissions.
fn mappings(file: &Path) -> Vec<(usize, u64, u64, String)> {
    let hex = |s: &str| u64::from_str_radix(s, 16).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let of_file = maps.lines().filter(|l| l.ends_with(file.to_str().unwrap()));
    of_file
        .map(|line| {
            let mut words = line.split_whitespace();
            let (from, to) = words.next().unwrap().split_once('-').unwrap();
            let permissions = words.next().unwrap().to_owned();
            (hex(from) as usize, hex(words.next().unwrap()), hex(to) - hex(from), permissions)
        })
        .collect()
}

#[test]
#[ignore = "a child process"]
fn child_observes_and_writes_where_it_may_not() {
    if !common::is_child() {
        return;
    }
    let read_only = std::env::var("ACCESS").unwrap() == "read-only";
    let options = if read_only { Options::default().read_only() } else { Options::default() };
    let segment = Segment::attach("s", &options).unwrap();
    let mut o = observer(&segment);
    assert_eq!(next(&mut o), 1);
    let maps = mappings(segment.path());
    let writable: Vec<_> =
        maps.iter().filter(|m| m.3.contains('w')).map(|m| format!("{}+{}", m.1, m.2)).collect();
    assert!(
        maps.iter().all(|m| m.3.starts_with('r') && m.3.ends_with('s') && !m.3.contains('x')),
        "{maps:?}"
    );
    let whole = maps.iter().find(|m| (m.1, m.2) == (0, segment.size() as u64)).unwrap().0;
    if read_only {
        // Not even by asking for it: the file is not open for writing.
        // SAFETY: changes the permissions of a mapping that is there, to what it has now or more.
        let changed = unsafe {
            libc::mprotect(whole as *mut libc::c_void, segment.size(), libc::PROT_READ | libc::PROT_WRITE)
        };
        assert_eq!((changed, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::EACCES)));
    }
    common::say(format!("{writable:?}"));
    let at: usize = common::listen().unwrap().parse().unwrap();
    // SAFETY: none. It is the point that the kernel stops this process here.
    unsafe { ((whole + at) as *mut u8).write_volatile(0xff) };
    common::say("it wrote");
}

#[test]
fn an_observer_that_writes_is_stopped_by_the_kernel_whatever_it_writes_to() {
    let folder = Folder::new();
    let segment = create(&folder, 0o600, None);
    let mut w = writer(&segment).unwrap();
    w.publish(&pair(1)).unwrap();
    let mut bytes = [0; size_of::<layout::RingEntry>()];
    let file = File::open(segment.path()).unwrap();
    file.read_exact_at(&mut bytes, size_of::<layout::Header>() as u64).unwrap();
    let ring: layout::RingEntry = leyline::__private::bytemuck::pod_read_unaligned(&bytes);
    let mut header = [0; size_of::<layout::Header>()];
    file.read_exact_at(&mut header, 0).unwrap();
    let header: layout::Header = leyline::__private::bytemuck::pod_read_unaligned(&header);
    let before = std::fs::read(segment.path()).unwrap();
    for access in ["read-only", "read-write"] {
        let places = [
            0,
            header.rings_offset,
            header.roles_offset,
            header.waiters_offset,
            ring.cursors_offset,
            ring.control_offset,
            ring.data_offset + 128,
            header.segment_size - 1,
        ];
        for at in places {
            let role = "child_observes_and_writes_where_it_may_not";
            let mut child = common::start_with(role, &folder, &[("ACCESS", access)]);
            let writable = child.hear();
            if access == "read-only" {
                assert_eq!(writable, "[]");
            } else {
                // The flag that asks the writer to wake it, and nothing else.
                assert_eq!(writable, format!("[\"{}+4096\"]", header.waiters_offset));
            }
            child.tell(&at.to_string());
            assert_eq!(child.wait().signal(), Some(libc::SIGSEGV), "{access} at {at}");
        }
    }
    let mut after = std::fs::read(segment.path()).unwrap();
    let waiter = header.waiters_offset as usize;
    after[waiter] = before[waiter];
    assert!(after == before, "an observer has changed the segment");
    assert_eq!(w.publish(&pair(2)).unwrap(), 2);
}

/// Returns the pages of a segment that are writable in this process.
fn writable(file: &Path) -> Vec<u64> {
    let maps = mappings(file);
    let pages =
        maps.iter().filter(|m| m.3.contains('w')).flat_map(|m| (m.1..m.1 + m.2).step_by(layout::PAGE));
    pages.collect()
}

#[test]
#[ignore = "a child process"]
fn child_takes_roles_and_gives_them_back() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let path = segment.path();
    let none = writable(path);
    let w = writer(&segment).unwrap();
    let (with_writer, o) = (writable(path), observer(&segment));
    assert_eq!(writable(path), with_writer, "an observer writes the flags that the writer writes too");
    let c = Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Manual).unwrap();
    let with_both = writable(path);
    drop(w);
    let with_consumer = writable(path);
    drop(c);
    let with_observer = writable(path);
    drop(o);
    say_pages(&[none, with_writer, with_both, with_consumer, with_observer, writable(path)]);
}

fn say_pages(pages: &[Vec<u64>]) {
    let line = |p: &Vec<u64>| p.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    common::say(pages.iter().map(line).collect::<Vec<_>>().join(" | "));
}

#[test]
fn the_pages_of_a_role_can_be_written_while_it_is_held() {
    // SAFETY: has no preconditions.
    if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize != layout::PAGE {
        eprintln!("NOT CHECKED: pages of roles that share one of the machine's");
        return;
    }
    let folder = Folder::new();
    let segment = create(&folder, 0o600, None);
    let file = File::open(segment.path()).unwrap();
    let mut header = [0; size_of::<layout::Header>()];
    file.read_exact_at(&mut header, 0).unwrap();
    let header: layout::Header = leyline::__private::bytemuck::pod_read_unaligned(&header);
    let mut ring = [0; size_of::<layout::RingEntry>()];
    file.read_exact_at(&mut ring, header.rings_offset).unwrap();
    let ring: layout::RingEntry = leyline::__private::bytemuck::pod_read_unaligned(&ring);
    let page = layout::PAGE as u64;
    let data =
        (ring.data_offset..ring.data_offset + ring.capacity * u64::from(ring.stride)).step_by(layout::PAGE);
    let flags = [header.waiters_offset];
    let of_writer: Vec<u64> = [header.roles_offset, ring.control_offset].into_iter().chain(data).collect();
    let of_consumer = [header.roles_offset + page, ring.cursors_offset];
    let all = |parts: &[&[u64]]| {
        let mut all = parts.concat();
        all.sort_unstable();
        all.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
    };
    let expected = [
        all(&[]),
        all(&[&flags, &of_writer]),
        all(&[&flags, &of_writer, &of_consumer]),
        all(&[&flags, &of_consumer]),
        all(&[&flags]),
        all(&[]),
    ];
    let said = common::start("child_takes_roles_and_gives_them_back", &folder).hear();
    assert_eq!(said, expected.join(" | ").trim_end());
}

// Users and groups.

/// Checks what a user can do who may only read the file.
#[test]
#[ignore = "a child process"]
fn child_may_only_read() {
    if !common::is_child() {
        return;
    }
    let anyone = Options { trust: Trust::Anyone, ..Options::default() };
    let kinds = [
        Segment::attach("s", &Options::default().read_only()).unwrap_err().kind(),
        Segment::attach("s", &anyone).unwrap_err().kind(),
        Segment::recreate("s", &spec(), &anyone).unwrap_err().kind(),
        Segment::unlink("s", &anyone).unwrap_err().kind(),
    ];
    assert_eq!(
        kinds,
        [
            ErrorKind::ForeignOwner,
            ErrorKind::PermissionDenied,
            ErrorKind::PermissionDenied,
            ErrorKind::PermissionDenied
        ]
    );
    let segment = Segment::attach("s", &anyone.read_only()).unwrap();
    let file = File::open(segment.path()).unwrap();
    assert!(OpenOptions::new().write(true).open(segment.path()).is_err());
    assert!(file.set_len(0).is_err());
    assert!(std::fs::set_permissions(segment.path(), PermissionsExt::from_mode(0o666)).is_err());
    let mut o = observer(&segment);
    for n in 1..=3 {
        assert_eq!(next(&mut o), n);
    }
    let info = segment.role("pairs", None).unwrap();
    assert!(info.held && info.pid != 0 && info.command.starts_with("integration"), "{info:?}");
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { silent_for: Some(_) }));
    common::say("has read");
    assert_eq!(next(&mut o), 4);
    common::say("was told");
    assert_eq!(ending(&mut o), Read::WriterGone(Ending::Died));
    // A reader can disturb one thing: a read lock on a free role keeps it from being taken. A write
    // lock it cannot have.
    let lock = |kind: i32| {
        // SAFETY: plain old data; `l` outlives the call.
        unsafe {
            let mut l: libc::flock = std::mem::zeroed();
            l.l_type = kind as libc::c_short;
            libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const l) == 0
        }
    };
    assert!(!lock(libc::F_WRLCK) && lock(libc::F_RDLCK));
    common::say("locks");
    common::listen();
    assert!(lock(libc::F_UNLCK));
    common::say("locks no more");
    common::listen();
    assert_eq!(ending(&mut o), Read::Superseded);
    common::say("learned it");
}

#[test]
#[ignore = "a child process"]
fn child_publishes_when_told() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options { trust: Trust::Anyone, ..Options::default() }).unwrap();
    let mut w = writer(&segment).unwrap();
    common::say(std::process::id());
    while let Some(n) = common::listen() {
        for _ in 0..n.parse().unwrap() {
            w.publish(&pair(w.next_sequence())).unwrap();
        }
        common::say("published");
    }
    loop {
        std::thread::park();
    }
}

fn publish(child: &mut Running, n: u32) {
    child.tell(&n.to_string());
    assert_eq!(child.hear(), "published");
}

#[test]
fn a_reader_of_another_user_reads_everything_waits_and_sees_death() {
    const GROUP: u32 = 12345;
    for (mode, group, readers) in
        [(0o640, Some(GROUP), GROUP), (0o440, Some(GROUP), GROUP), (0o644, None, NOBODY)]
    {
        let folder = Folder::new();
        let segment = create(&folder, mode, group);
        let found = std::fs::metadata(segment.path()).unwrap();
        assert_eq!(found.mode() & 0o7777, mode);
        assert!(group.is_none_or(|g| g == found.gid()));
        let mut w = common::start("child_publishes_when_told", &folder);
        w.hear();
        publish(&mut w, 3);
        let Some(mut reader) = common::start_as(readers, "child_may_only_read", &folder, &[]) else { return };
        assert_eq!(reader.hear(), "has read");
        publish(&mut w, 1);
        assert_eq!(reader.hear(), "was told");
        w.kill();
        assert_eq!(reader.hear(), "locks");
        let o = observer(&segment);
        assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Died));
        let e = Segment::recreate("s", &spec(), &folder.options()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::RoleHeld);
        let e = writer(&segment).unwrap_err();
        assert!(e.kind() == ErrorKind::RoleHeld && e.to_string().contains("read lock"), "{e}");
        reader.tell("go on");
        assert_eq!(reader.hear(), "locks no more");
        drop(writer(&segment).unwrap());
        Segment::recreate("s", &spec(), &folder.options()).unwrap();
        reader.tell("go on");
        assert_eq!(reader.hear(), "learned it");
        assert!(reader.wait().success());
    }
}

#[test]
#[ignore = "a child process"]
fn child_gets_nothing() {
    if !common::is_child() {
        return;
    }
    let anyone = Options { trust: Trust::Anyone, ..Options::default() };
    for options in
        [anyone.clone(), anyone.clone().read_only(), Options::default(), Options::default().read_only()]
    {
        assert_eq!(Segment::attach("s", &options).unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(
            Segment::attach_waiting("s", &options, LONG).unwrap_err().kind(),
            ErrorKind::PermissionDenied
        );
    }
    assert_eq!(Segment::create("t", &spec(), &anyone).unwrap_err().kind(), ErrorKind::PermissionDenied);
    common::say("nothing");
}

#[test]
fn another_user_gets_nothing_by_default_nor_from_a_group_that_is_not_its_own() {
    for (mode, group) in [(0o600, None), (0o640, Some(12345)), (0o660, Some(12345))] {
        let folder = Folder::new();
        let _segment = create(&folder, mode, group);
        let Some(mut child) = common::start_as_nobody("child_gets_nothing", &folder, &[]) else { return };
        assert_eq!(child.hear(), "nothing");
        assert!(child.wait().success());
    }
}

#[test]
fn a_group_that_may_write_is_as_good_as_the_owner() {
    let folder = Folder::new();
    let segment = create(&folder, 0o660, Some(12345));
    let Some(mut child) = common::start_as(12345, "child_publishes_when_told", &folder, &[]) else { return };
    let pid = child.hear();
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    assert_eq!(segment.role("pairs", None).unwrap().pid.to_string(), pid);
    publish(&mut child, 2);
    let mut o = observer(&segment);
    assert_eq!((next(&mut o), next(&mut o)), (1, 2));
    child.kill();
    assert_eq!(o.next(&mut NONE.clone(), patiently()).unwrap(), Read::WriterGone(Ending::Died));
    assert_eq!(writer(&segment).unwrap().generation(), 2);
}

#[test]
#[ignore = "a child process"]
fn child_gives_a_file_away() {
    if !common::is_child() {
        return;
    }
    let mine = Options { group: Some(NOBODY), ..Options::default() };
    let inside = mine.clone().in_directory(directory().join("open"));
    Segment::create("mine", &spec(), &inside).unwrap();
    let e = Segment::create("not-mine", &spec(), &inside.readable_by_group(12345)).unwrap_err();
    common::say(format!("{:?} {}", e.kind(), e.to_string().contains("group 12345")));
    let e = Segment::create_memfd("x", &spec(), &mine.readable_by_group(12345)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_segment_can_only_be_given_to_a_group_of_ones_own() {
    let folder = Folder::new();
    let open = folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
    let Some(mut child) = common::start_as_nobody("child_gives_a_file_away", &folder, &[]) else { return };
    assert_eq!(child.hear(), "PermissionDenied true");
    assert!(child.wait().success());
    let left: Vec<_> = std::fs::read_dir(&open).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["mine.leyline"]);
}

// Namespaces.

/// The wrapper of a child with its own process ids and mounts, which dies with the wrapper.
const ELSEWHERE: [&str; 5] = ["unshare", "--pid", "--mount", "--fork", "--kill-child"];

#[test]
#[ignore = "a child process"]
fn child_reads_until_the_end() {
    if !common::is_child() {
        return;
    }
    let segment = match UnixStream::connect(directory().join("socket")) {
        Ok(socket) => Segment::receive(&socket, &Options::default(), LONG).unwrap(),
        Err(_) => Segment::attach("s", &Options::default()).unwrap(),
    };
    let mut o = observer(&segment);
    assert_eq!((next(&mut o), next(&mut o)), (1, 2));
    let mut consumer = Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Manual).unwrap();
    assert!(matches!(consumer.try_next(&mut NONE.clone()), Read::Record(_)));
    common::say(std::process::id());
    common::say(format!("{:?}", ending(&mut o)));
    common::listen();
}

#[test]
#[ignore = "a child process"]
fn child_publishes_what_it_was_handed() {
    if !common::is_child() {
        return;
    }
    let socket = UnixStream::connect(directory().join("socket")).unwrap();
    let segment = Segment::receive(&socket, &Options::default(), LONG).unwrap();
    let mut w = writer(&segment).unwrap();
    w.publish(&pair(1)).unwrap();
    w.publish(&pair(2)).unwrap();
    common::say(std::process::id());
    loop {
        std::thread::park();
    }
}

#[test]
fn sides_in_different_namespaces_see_each_others_death() {
    let folder = Folder::new();
    let segment = create(&folder, 0o600, None);
    // The writer is elsewhere.
    let role = "child_publishes_when_told";
    let Some(mut w) = common::start_inside(&ELSEWHERE, role, &folder, &[]) else { return };
    assert_eq!(w.hear(), "1", "the first process of a namespace");
    publish(&mut w, 2);
    let mut o = observer(&segment);
    assert_eq!((next(&mut o), next(&mut o)), (1, 2));
    // Its number is that of another process here, and says nothing.
    let info = segment.role("pairs", None).unwrap();
    assert!(info.held && info.pid == 1);
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    w.kill();
    assert_eq!(ending(&mut o), Read::WriterGone(Ending::Died));
    // The reader is elsewhere, and the writer here.
    let mut w = common::start("child_publishes_when_told", &folder);
    w.hear();
    let mut reader = common::start_inside(&ELSEWHERE, "child_reads_until_the_end", &folder, &[]).unwrap();
    assert_eq!(reader.hear(), "1");
    assert!(segment.role("pairs", Some(0)).unwrap().held);
    w.kill();
    assert_eq!(reader.hear(), "WriterGone(Died)");
    reader.kill();
    wait_until_free(&segment);
    drop(Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Manual).unwrap());
}

/// Waits until the roles are free. The wrapper is dead; its child dies a moment later.
fn wait_until_free(segment: &Segment) {
    while segment.role("pairs", Some(0)).unwrap().held {
        std::thread::yield_now();
    }
}

#[test]
fn a_segment_without_a_name_goes_from_namespace_to_namespace() {
    let folder = Folder::new();
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let segment = Segment::create_memfd("s", &spec(), &Options::default()).unwrap();
    let role = "child_publishes_what_it_was_handed";
    let Some(mut w) = common::start_inside(&ELSEWHERE, role, &folder, &[]) else { return };
    segment.send_to(&listener.accept().unwrap().0, leyline::Access::ReadWrite, LONG).unwrap();
    assert_eq!(w.hear(), "1");
    let mut reader = common::start_inside(&ELSEWHERE, "child_reads_until_the_end", &folder, &[]).unwrap();
    segment.send_to(&listener.accept().unwrap().0, leyline::Access::ReadWrite, LONG).unwrap();
    assert_eq!(reader.hear(), "1");
    assert!(segment.role("pairs", None).unwrap().held && segment.role("pairs", Some(0)).unwrap().held);
    w.kill();
    assert_eq!(reader.hear(), "WriterGone(Died)");
    reader.kill();
    wait_until_free(&segment);
    assert_eq!(writer(&segment).unwrap().next_sequence(), 3);
}

// The length of the file.

/// The wrapper of a child whose clock has run for weeks, whenever this machine was started.
const LATER: [&str; 5] = ["unshare", "--time", "--fork", "--monotonic", "5000000"];

#[test]
#[ignore = "a child process"]
fn child_looks_at_what_was_said_days_ago() {
    if !common::is_child() {
        return;
    }
    let hours = |n: u64| Duration::from_secs(3600 * n);
    for silent in [1, 38, 40, 45, 60, 78, 79, 500].map(hours) {
        let name = format!("silent-{}", silent.as_secs());
        let segment = Segment::create(&name, &spec(), &Options::default()).unwrap();
        let mut writer = writer(&segment).unwrap();
        let mut polling = observer(&segment);
        let then = monotonic_now() - silent.as_nanos() as u64;
        // A writer that lives for longer than that, beside an observer that polls.
        for time_ns in [then - hours(300).as_nanos() as u64, then] {
            writer.publish_stamped(&pair(1), Stamp { time_ns, ..Stamp::default() }).unwrap();
            let Read::Record(meta) = polling.try_next(&mut pair(0)) else { panic!() };
            assert_eq!(meta.time_ns, time_ns & !15);
        }
        let is_right = |age: Option<Duration>| {
            let age = age.unwrap();
            assert!(age >= silent && age < silent + LONG, "{age:?}, not {silent:?}");
        };
        match polling.peer_state().unwrap() {
            PeerState::Held { silent_for } => is_right(silent_for),
            other => panic!("{other:?}"),
        }
        drop(writer);
        is_right(segment.ring_status("pairs").unwrap().age);
        Segment::unlink(&name, &Options::default()).unwrap();
    }
    common::say("done");
}

#[test]
fn what_was_said_days_ago_is_as_old_as_it_is() {
    let folder = Folder::new();
    if let Some(mut child) =
        common::start_inside(&LATER, "child_looks_at_what_was_said_days_ago", &folder, &[])
    {
        assert_eq!(child.hear(), "done");
        assert!(child.wait().success());
    }
}

#[test]
#[ignore = "a child process"]
fn child_reads_what_was_cut_off() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let mut o = observer(&segment);
    assert_eq!(next(&mut o), 1);
    common::say("has read");
    common::listen();
    let _ = o.try_next(&mut NONE.clone());
    common::say("goes on");
}

#[test]
fn a_truncated_segment_ends_who_reads_on_and_nobody_else() {
    let folder = Folder::new();
    let o = folder.options();
    let segment = create(&folder, 0o600, None);
    let mut w = writer(&segment).unwrap();
    w.publish(&pair(1)).unwrap();
    drop(w);
    let mut child = common::start("child_reads_what_was_cut_off", &folder);
    assert_eq!(child.hear(), "has read");
    let file = OpenOptions::new().write(true).open(segment.path()).unwrap();
    file.set_len(4096).unwrap();
    child.tell("go on");
    assert_eq!(child.wait().signal(), Some(libc::SIGBUS));
    // Who comes now is told, and what to do about it.
    for e in [Segment::attach("s", &o).unwrap_err(), Segment::recreate("s", &spec(), &o).unwrap_err()] {
        assert_eq!(e.kind(), ErrorKind::Truncated);
        assert!(e.to_string().contains("create a new one"), "{e}");
    }
    // Made longer again it is still no segment: what was cut off is zero.
    file.set_len(0).unwrap();
    file.set_len(segment.size() as u64).unwrap();
    assert_eq!(Segment::attach("s", &o).unwrap_err().kind(), ErrorKind::BadMagic);
    // This process has it mapped too, and goes on: asking for the name touches no page of it.
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    Segment::remove_unused("s", &o).unwrap();
    assert_eq!(segment.name_state().unwrap(), NameState::Unlinked);
    let new = create(&folder, 0o600, None);
    let mut w = writer(&new).unwrap();
    w.publish(&pair(1)).unwrap();
    assert_eq!(next(&mut observer(&Segment::attach("s", &o).unwrap())), 1);
}

#[test]
#[ignore = "a child process"]
fn child_fills_its_file_system() {
    if !common::is_child() {
        return;
    }
    let o = Options::default();
    let said = |e: leyline::Error| {
        let text = e.to_string();
        assert_eq!(e.kind(), ErrorKind::NoSpace, "{text}");
        assert!(text.contains(directory().to_str().unwrap()) && text.contains("bytes"), "{text}");
        assert!(text.contains("make room"), "{text}");
    };
    let big = LinkSpec::new(&ActionSpace::cnn()).observations(1 << 17);
    said(Trainer::create("big", &big, &o).unwrap_err());
    said(Trainer::open_or_create("big", &big, &o).unwrap_err());
    let link = LinkSpec::new(&ActionSpace::cnn()).observations(64).commands(16);
    let mut trainer = Trainer::create("link", &link, &o).unwrap();
    let segment = Segment::create("s", &spec(), &o).unwrap();
    let mut w = writer(&segment).unwrap();
    // To the last byte.
    let mut file = File::create(directory().join("filler")).unwrap();
    while std::io::Write::write(&mut file, &[1; 4096]).is_ok() {}
    said(Segment::create("t", &spec(), &o).unwrap_err());
    drop(w);
    said(Segment::recreate("s", &spec(), &o).unwrap_err());
    // The segments made before go on: every page of it was allocated when it was made.
    w = writer(&segment).unwrap();
    let mut consumer = Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Manual).unwrap();
    let mut ob = observer(&segment);
    for n in 1..=50 {
        w.publish(&pair(n)).unwrap();
        assert_eq!(next(&mut ob), n);
        assert!(matches!(consumer.next(&mut NONE.clone(), patiently()).unwrap(), Read::Record(_)));
        consumer.commit().unwrap();
    }
    for n in 1..=200 {
        assert_eq!(trainer.publish(&Observation::EMPTY).unwrap().sequence, n);
    }
    let attached = Segment::attach("link", &o).unwrap();
    let mut controller = leyline::Controller::on(&attached, 0).unwrap();
    let mut seen = Observation::EMPTY;
    assert!(matches!(controller.try_latest(&mut seen).unwrap(), Read::Record(m) if m.sequence == 200));
    // A segment without a name takes nothing of it.
    Segment::create_memfd("m", &spec(), &o).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(directory())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    common::say(names.join(" "));
}

#[test]
fn a_full_file_system_stops_the_maker_and_nobody_else() {
    let folder = Folder::new();
    let script = format!("mount -t tmpfs -o size=8m none {} && exec \"$0\" \"$@\"", folder.path().display());
    let wrapper = ["unshare", "--mount", "sh", "-c", &script];
    let Some(mut child) = common::start_inside(&wrapper, "child_fills_its_file_system", &folder, &[]) else {
        return;
    };
    assert_eq!(child.hear(), "filler link.leyline s.leyline");
    assert!(child.wait().success());
    assert!(folder.files().is_empty());
}

/// Runs in its own mount namespace: a file system is mounted on the directory while the child waits
/// for a segment there.
#[test]
#[ignore = "a child process"]
fn child_waits_for_a_mount() {
    if !common::is_child() {
        return;
    }
    let waiting =
        std::thread::spawn(|| Segment::attach_waiting("s", &Options::default(), LONG).unwrap().id());
    let target = std::ffi::CString::new(directory().to_str().unwrap()).unwrap();
    let tmpfs = c"tmpfs".as_ptr();
    // SAFETY: all are NUL-terminated strings that outlive the call.
    assert_eq!(unsafe { libc::mount(tmpfs, target.as_ptr(), tmpfs, 0, std::ptr::null()) }, 0);
    let segment = Segment::create("s", &spec(), &Options::default()).unwrap();
    assert_eq!(waiting.join().unwrap(), segment.id());
    common::say("attached");
}

#[test]
fn a_segment_is_waited_for_though_its_file_system_is_mounted_meanwhile() {
    let folder = Folder::new();
    let wrapper = ["unshare", "--mount"];
    let Some(mut child) = common::start_inside(&wrapper, "child_waits_for_a_mount", &folder, &[]) else {
        return;
    };
    assert_eq!(child.hear(), "attached");
    assert!(child.wait().success());
    assert!(folder.files().is_empty());
}
