//! The library's use of process resources: descriptors, mappings, the working directory and forks.

use crate::common::{self, Folder, LONG, Number, Running, fork, patiently, reap, say, start, start_with};
use leyline::{
    Access, ActionSpace, Commit, Consumer, Controller, Ending, ErrorKind, LinkSpec, NameState, Observer,
    Options, PeerState, Policy, Read, RingSpec, Segment, Spec, Start, Trainer, Writer,
};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

fn spec() -> Spec {
    let ring = |name: &str| RingSpec::new::<Number>(name).unwrap().capacity(8).consumers(1, Policy::Keep);
    Spec::new().ring(ring("a")).ring(ring("b"))
}

fn writer(segment: &Segment) -> leyline::Result<Writer<Number>> {
    Writer::open(segment, "a")
}

fn consumer(segment: &Segment) -> leyline::Result<Consumer<Number>> {
    Consumer::open(segment, "a", 0, Commit::Manual)
}

fn link_spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn())
}

fn attach() -> Segment {
    Segment::attach("s", &Options::default()).unwrap()
}

/// Ends this process by an alarm if it hangs.
fn end_when_hanging() {
    // SAFETY: has no preconditions.
    unsafe { libc::alarm(LONG.as_secs() as u32) };
}

// How many.

fn descriptors() -> Vec<RawFd> {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let mut open: Vec<RawFd> =
        open.map(|e| e.unwrap().file_name().into_string().unwrap().parse().unwrap()).collect();
    // The directory's own is closed again.
    open.retain(|&fd| is_open(fd));
    open.sort_unstable();
    open
}

fn is_open(fd: RawFd) -> bool {
    // SAFETY: a descriptor that is none gives EBADF.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

/// Counts the mappings of a file by its inode: the kernel may show another path.
fn mappings(file: &Path) -> usize {
    let inode = std::fs::metadata(file).unwrap().ino().to_string();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.split_whitespace().nth(4) == Some(&inode)).count()
}

#[test]
#[ignore = "a child process"]
fn child_counts_what_it_takes() {
    if !common::is_child() {
        return;
    }
    // The first use in a process may open descriptors that stay; they are not counted.
    drop(Trainer::create("first", &link_spec(), &Options::default().unlink_on_close()).unwrap());
    let before = descriptors().len();
    let o = Options::default();
    let count = |segment: &Segment| (descriptors().len() - before, mappings(segment.path()));
    let counted = match std::env::var("WHAT").unwrap().as_str() {
        "trainer" => count(Trainer::create("l", &link_spec(), &o).unwrap().segment()),
        "controller" => count(Controller::attach("l", &o, LONG).unwrap().segment()),
        "lanes" => {
            let spec = link_spec().lanes(4);
            count(Trainer::create("four", &spec, &o.unlink_on_close()).unwrap().segment())
        }
        "observer" => {
            let segment = Segment::attach("l", &o).unwrap();
            let _o = leyline::AnyObserver::open(&segment, "observations", Start::Now).unwrap();
            count(&segment)
        }
        _ => count(&Segment::attach("l", &o.read_only()).unwrap()),
    };
    say(format!("{} {}", counted.0, counted.1));
}

/// Compares the counts of each kind of handle with the table in `docs/performance.md`.
#[test]
fn who_uses_a_segment_takes_as_many_descriptors_and_mappings_as_the_document_says() {
    let folder = Folder::new();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let document = std::fs::read_to_string(document).unwrap();
    for (what, row) in [
        ("trainer", "a trainer of one lane"),
        ("controller", "a controller"),
        ("lanes", "a trainer of four lanes"),
        ("observer", "an observer"),
        ("segment", "an attached segment, read-only"),
    ] {
        let said = start_with("child_counts_what_it_takes", &folder, &[("WHAT", what)]).hear();
        let (descriptors, mappings) = said.split_once(' ').unwrap();
        let row = document.lines().find(|l| l.starts_with(&format!("| {row} |"))).unwrap();
        // Larger pages of the machine's join neighbours.
        // SAFETY: has no preconditions.
        if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } == 4096 {
            let counts: Vec<_> = row.split('|').map(str::trim).skip(2).collect();
            assert_eq!(counts, [descriptors, mappings, ""], "{row}");
        }
        assert!(descriptors.parse::<u32>().unwrap() <= 4, "{what}: {said}");
        assert!(what == "lanes" || mappings.parse::<u32>().unwrap() <= 20, "{what}: {said}");
    }
}

#[test]
#[ignore = "a child process"]
fn child_meets_its_limits() {
    if !common::is_child() {
        return;
    }
    let o = Options::default().unlink_on_close();
    let make = |i: usize| Trainer::create(&format!("t{i}"), &link_spec().observations(8), &o);
    drop(make(0).unwrap());
    let used = descriptors().len();
    common::set_limit(libc::RLIMIT_NOFILE, used as u64 + 100);
    let mut made = Vec::new();
    let e = loop {
        match make(made.len()) {
            Ok(trainer) => made.push(trainer),
            Err(e) => break e,
        }
    };
    let said = e.to_string();
    assert!(made.len() >= 24, "{} trainers", made.len());
    let limit = format!("at most {} open files in a process", used + 100);
    assert!(said.contains(&limit) && said.contains("ulimit -n"), "{said}");
    // Nothing of the one that failed stays, and the others go on.
    let folder = std::env::var_os("LEYLINE_DIR").unwrap();
    made.truncate(20);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 20);
    assert_eq!(descriptors().len(), used + 3 * 20);
    // Nor where the name outlives a clean close.
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    // What is lost with a removed segment is counted to the last descriptor that it takes.
    drop(taken.drain(..6));
    let segment = Segment::create("full", &spec(), &Options::default()).unwrap();
    writer(&segment).unwrap().publish(&Number { n: 1 }).unwrap();
    drop(segment);
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let uncommitted = (0..4).find_map(|_| {
        let removed = Segment::remove_unused("full", &Options::default());
        drop(taken.pop());
        removed.ok().map(|d| d.uncommitted)
    });
    assert_eq!(uncommitted, Some(1));
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let kept = || Trainer::create("kept", &link_spec().observations(8), &Options::default());
    for left in 0..3 {
        let e = kept().map(drop).unwrap_err().to_string();
        let listed =
            if left == 0 { Segment::list(&Options::default()).unwrap_err().to_string() } else { e.clone() };
        assert!(e.contains(&limit) && listed.contains(&limit), "{left} left: {e}; {listed}");
        drop(taken.pop());
    }
    let kept = kept().unwrap();
    assert_eq!(kept.segment().name_state().unwrap(), NameState::Current);
    drop((kept, taken));
    Segment::unlink("kept", &Options::default()).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 20);
    let mut trainer = make(99).unwrap();
    trainer.publish(&leyline::Observation::EMPTY).unwrap();
    drop(made);
    drop(trainer);
    meet_the_limit_of_mappings();
    let _trainer = make(99).unwrap();
    common::set_limit(libc::RLIMIT_AS, 1 << 20);
    let e = Segment::attach("t99", &Options::default()).unwrap_err();
    assert!(e.to_string().contains("limit of 1048576 bytes") && e.to_string().contains("ulimit -v"), "{e}");
    say("fine");
}

/// Uses up all mappings but a few, so that the pages of a role cannot be split off.
fn meet_the_limit_of_mappings() {
    let limit: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap().trim().parse().unwrap();
    if limit > 1 << 20 {
        eprintln!("NOT CHECKED: a limit of {limit} mappings");
        return;
    }
    let segment = Segment::create("m", &spec(), &Options::default().unlink_on_close()).unwrap();
    let before = mappings(segment.path());
    let bytes = 2 * limit * 4096;
    // SAFETY: fresh memory at no particular address; only this test's pages change, and nothing is
    // written to them.
    unsafe {
        let all = libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        assert_ne!(all, libc::MAP_FAILED);
        let mut page = all.cast::<u8>();
        while libc::mprotect(page.cast(), 4096, libc::PROT_READ) == 0 {
            page = page.add(2 * 4096);
        }
        let found = (writer(&segment).map(drop), consumer(&segment).map(drop));
        libc::munmap(all, bytes);
        let e = found.0.unwrap_err().to_string();
        assert!(e.contains(&format!("at most {limit} mappings")) && e.contains("vm.max_map_count"), "{e}");
        assert!(found.1.is_err());
    }
    // A role that was half taken is given back.
    assert!(mappings(segment.path()) <= before + 1);
    let held = (writer(&segment).unwrap(), consumer(&segment).unwrap());
    drop(held);
}

#[test]
fn who_meets_a_limit_is_told_which_and_how_to_raise_it() {
    let folder = Folder::new();
    let mut child = start("child_meets_its_limits", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
}

// Files that are not the library's.

fn close_all_above(first: RawFd) {
    // SAFETY: closes what is not this test's; that is the point.
    assert_eq!(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }, 0);
}

/// Opens files until all descriptor numbers below `end` are taken. The first is the segment's own
/// file.
fn files_below(end: RawFd, folder: &Path) -> Vec<File> {
    let mut files = Vec::new();
    loop {
        let i = files.len();
        let file = match i % 3 {
            0 => File::open(folder.join("s.leyline")),
            1 => File::open(folder),
            _ => File::create(folder.join(format!("log{i}"))),
        };
        files.push(file.unwrap());
        if files[i].as_raw_fd() > end {
            return files;
        }
    }
}

fn all_open(files: &[File]) -> bool {
    files.iter().all(|f| is_open(f.as_raw_fd()))
}

#[test]
#[ignore = "a child process"]
fn child_closes_what_is_not_its_own() {
    if !common::is_child() {
        return;
    }
    let folder = std::env::var_os("LEYLINE_DIR").unwrap();
    let folder = Path::new(&folder);
    // Descriptors opened from here on get this number or a greater one.
    let first = File::open("/dev/null").unwrap().as_raw_fd();
    let named = attach();
    let nameless = Segment::create_memfd("m", &spec(), &Options::default()).unwrap();
    let mut w = writer(&named).unwrap();
    let c = consumer(&named).unwrap();
    let mut o = Observer::<Number>::open(&named, "a", Start::Oldest).unwrap();
    let held = (writer(&nameless).unwrap(), consumer(&nameless).unwrap());
    let link = Trainer::create("l", &link_spec(), &Options::default()).unwrap();
    w.publish(&Number { n: 1 }).unwrap();
    let _ = o.try_next(&mut Number { n: 0 });
    say("roles");
    common::listen();
    let end = *descriptors().last().unwrap();
    close_all_above(first);
    if std::env::var("REUSED").unwrap() == "yes" {
        let files = files_below(end, folder);
        files_stay_open(files, folder, |files| {
            // A child has its copies of the program's files too.
            assert!(reap(fork(|| all_open(files))));
            lost(&named, &nameless, &mut o);
            drop((w, c, o, held, link, named, nameless));
        });
    } else {
        lost(&named, &nameless, &mut o);
        drop((w, c, o, held, link, named, nameless));
    }
    // The library is as good as new.
    let again = Segment::create("again", &spec(), &Options::default().unlink_on_close()).unwrap();
    writer(&again).unwrap().publish(&Number { n: 1 }).unwrap();
    say("fine");
}

fn files_stay_open(mut files: Vec<File>, folder: &Path, act: impl FnOnce(&[File])) {
    act(&files);
    let closed: Vec<usize> = (0..files.len()).filter(|&i| !is_open(files[i].as_raw_fd())).collect();
    assert!(closed.is_empty(), "of {} files of the program's the library has closed {closed:?}", files.len());
    for (i, file) in files.iter_mut().enumerate().filter(|(i, _)| i % 3 == 2) {
        file.write_all(b"still mine").unwrap();
        assert_eq!(std::fs::read(folder.join(format!("log{i}"))).unwrap(), b"still mine");
    }
}

/// Checks that calls that ask the kernel notice the loss.
fn lost(named: &Segment, nameless: &Segment, o: &mut Observer<Number>) {
    for segment in [named, nameless] {
        let found = [
            segment.role("a", None).unwrap_err().kind(),
            segment.ring_status("a").unwrap_err().kind(),
            Writer::<Number>::open(segment, "b").unwrap_err().kind(),
            writer(segment).unwrap_err().kind(),
        ];
        assert_eq!(found, [ErrorKind::ClosedDescriptor; 4]);
    }
    // Another descriptor of the same directory gives the right answer, too.
    let state = named.name_state().map_err(|e| e.kind());
    assert!(matches!(state, Ok(NameState::Current) | Err(ErrorKind::ClosedDescriptor)), "{state:?}");
    let e = named.role("a", None).unwrap_err();
    assert!(e.kind() == ErrorKind::ClosedDescriptor && e.to_string().contains("attach again"), "{e}");
    assert_eq!(o.peer_state().unwrap_err().kind(), ErrorKind::ClosedDescriptor);
    assert_eq!(o.next(&mut Number { n: 0 }, patiently()).unwrap_err().kind(), ErrorKind::ClosedDescriptor);
    let e = nameless.descriptor(Access::ReadWrite).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ClosedDescriptor);
}

#[test]
fn a_file_that_got_the_number_of_a_closed_descriptor_is_left_alone() {
    for reused in ["yes", "no"] {
        let folder = Folder::new();
        let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
        let mut child = start_with("child_closes_what_is_not_its_own", &folder, &[("REUSED", reused)]);
        assert_eq!(child.hear(), "roles");
        assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
        child.tell("close them");
        assert_eq!(child.hear(), "fine");
        assert!(child.wait().success());
    }
}

#[test]
#[ignore = "a child process"]
fn child_has_lost_its_role() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut w = writer(&segment).unwrap();
    w.publish(&Number { n: 1 }).unwrap();
    let first = descriptors()
        .into_iter()
        .find(|&fd| std::fs::read_link(format!("/proc/self/fd/{fd}")).is_ok_and(|to| to == segment.path()));
    close_all_above(first.unwrap());
    say("lost");
    common::listen();
    drop(w);
    say("dropped");
    common::listen();
}

#[test]
fn who_has_lost_its_role_does_not_spoil_its_successors_end() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let o = Observer::<Number>::open(&segment, "a", Start::Oldest).unwrap();
    let mut child = start("child_has_lost_its_role", &folder);
    assert_eq!(child.hear(), "lost");
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Died));
    let mut successor = writer(&segment).unwrap();
    assert_eq!(successor.publish(&Number { n: 2 }).unwrap(), 2);
    drop(successor);
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
    child.tell("drop it");
    assert_eq!(child.hear(), "dropped");
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
}

// Where its directory is.

#[test]
#[ignore = "a child process"]
fn child_goes_elsewhere() {
    if !common::is_child() {
        return;
    }
    end_when_hanging();
    let home = std::env::current_dir().unwrap();
    let options = match std::env::var("HOW").unwrap().as_str() {
        "variable" => Options::default(),
        _ => Options::default().in_directory("d"),
    };
    let segment = Segment::create("s", &spec(), &options.unlink_on_close()).unwrap();
    assert_eq!(segment.path(), home.join("d/s.leyline"));
    let mut o = Observer::<Number>::open(&segment, "a", Start::Oldest).unwrap();
    say("here");
    let went = common::listen().unwrap();
    match went.as_str() {
        "chdir" => std::env::set_current_dir("/").unwrap(),
        "chroot" => {
            std::os::unix::fs::chroot("elsewhere").unwrap();
            std::env::set_current_dir("/").unwrap();
        }
        _ => {}
    }
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    let w = writer(&segment).unwrap();
    let c = consumer(&segment).unwrap();
    say("roles");
    common::listen();
    // The parent's record, in a wait that asks a dozen times who lives.
    drop(w);
    say("read");
    let mut got = Number { n: 0 };
    let read = loop {
        match o.next(&mut got, patiently()).unwrap() {
            Read::WriterGone(_) | Read::Restarted { .. } => {}
            other => break other,
        }
    };
    assert!(matches!(read, Read::Record(m) if m.sequence == 1), "{read:?}");
    assert_eq!(o.next(&mut got, leyline::Wait::sleep(Duration::from_millis(60))).unwrap(), Read::TimedOut);
    say("read");
    common::listen();
    drop((o, c, segment));
    say("closed");
    common::listen();
}

#[test]
fn a_segment_stays_where_it_is_wherever_its_user_goes() {
    for how in ["variable", "option"] {
        for went in ["chdir", "renamed", "chroot"] {
            // SAFETY: has no preconditions.
            if went == "chroot" && unsafe { libc::geteuid() } != 0 {
                eprintln!("NOT CHECKED: another root, which takes being root");
                continue;
            }
            let folder = Folder::new();
            std::fs::create_dir_all(folder.path().join("d")).unwrap();
            std::fs::create_dir_all(folder.path().join("elsewhere")).unwrap();
            let mut child = start_in(&folder, how);
            assert_eq!(child.hear(), "here");
            let mut directory = folder.path().join("d");
            if went == "renamed" {
                std::fs::rename(&directory, folder.path().join("e")).unwrap();
                directory = folder.path().join("e");
            }
            let segment = Segment::attach("s", &Options::default().in_directory(&directory)).unwrap();
            child.tell(went);
            assert_eq!(child.hear(), "roles");
            assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
            assert_eq!(consumer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
            child.tell("go on");
            assert_eq!(child.hear(), "read");
            let mut w = writer(&segment).unwrap();
            w.publish(&Number { n: 1 }).unwrap();
            assert_eq!(child.hear(), "read");
            // A name that somebody else's role needs would stay.
            drop(w);
            child.tell("close");
            assert_eq!(child.hear(), "closed");
            assert!(!directory.join("s.leyline").exists(), "{how} {went}: the name is still there");
        }
    }
}

/// Starts the child of [`a_segment_stays_where_it_is_wherever_its_user_goes`] with a relative
/// directory.
fn start_in(folder: &Folder, how: &str) -> Running {
    let mut command = std::process::Command::new("/usr/bin/env");
    command
        .args(["-C", folder.path().to_str().unwrap(), "LEYLINE_DIR=d"])
        .arg(std::env::current_exe().unwrap())
        .args(common::arguments("child_goes_elsewhere"));
    common::start_command(command, folder, &[("HOW", how)])
}

// Forks.

#[test]
#[ignore = "a child process"]
fn child_forks_beside_threads_that_take_roles() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if !common::is_child() {
        return;
    }
    end_when_hanging();
    let taken = AtomicI32::new(0);
    let mut during = Vec::new();
    std::thread::scope(|scope| {
        for i in 0..6 {
            let taken = &taken;
            scope.spawn(move || {
                let segment = attach();
                while !DONE.load(Ordering::Relaxed) {
                    if let Ok(w) = Writer::<Number>::open(&segment, ["a", "b"][i % 2]) {
                        taken.fetch_add(1, Ordering::Relaxed);
                        drop(w);
                    }
                }
            });
        }
        while taken.load(Ordering::Relaxed) < 100 {
            std::thread::yield_now();
        }
        for _ in 0..200 {
            let before = taken.load(Ordering::Relaxed);
            let child = fork(|| true);
            during.push(taken.load(Ordering::Relaxed) - before);
            assert!(reap(child));
        }
        DONE.store(true, Ordering::Relaxed);
    });
    during.sort_unstable();
    // Without those in which a thread was stopped by the scheduler, and the library had no part.
    say(during[..190].iter().sum::<i32>());
}

#[test]
fn a_fork_gets_its_turn_beside_threads_that_take_roles() {
    let folder = Folder::new();
    Segment::create("s", &spec(), &folder.options()).unwrap();
    let taken: i32 = start("child_forks_beside_threads_that_take_roles", &folder).hear().parse().unwrap();
    assert!(taken <= 200, "{taken} roles were taken while 190 forks waited");
}
