//! Roles, death and forks: a role has at most one living holder, and its death loses nothing that
//! was promised.

use crate::common::{self, Folder, fork, patiently, reap};
use leyline::{
    Commit, Consumer, Ending, EnvMark, ErrorKind, Meta, News, Observer, Options, PeerState, Policy, Read,
    RingSpec, Segment, Spec, Stamp, Start, Writer, record, wait_any,
};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A record that a torn copy cannot pass for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Checked {
    n: u64,
    words: [u64; 40],
}
record! { Checked as "checked" version 1 {
    n: u64, "-", 0.0, 1e19;
    words: [u64; 40], "-", 0.0, 2e19;
} }

fn checked(n: u64) -> Checked {
    Checked {
        n,
        words: std::array::from_fn(|i| n.wrapping_add(i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
    }
}

fn empty() -> Checked {
    Checked { n: 0, words: [0; 40] }
}

fn create(folder: &Folder, capacity: u64, policy: Policy) -> Segment {
    let ring = RingSpec::new::<Checked>("r").unwrap().capacity(capacity).consumers(1, policy);
    let free = RingSpec::new::<Checked>("free").unwrap().capacity(capacity);
    Segment::create("s", &Spec::new().ring(ring).ring(free), &folder.options()).unwrap()
}

fn attach() -> Segment {
    Segment::attach("s", &Options::default()).unwrap()
}

fn writer(segment: &Segment) -> leyline::Result<Writer<Checked>> {
    Writer::open(segment, "r")
}

fn consumer(segment: &Segment) -> leyline::Result<Consumer<Checked>> {
    Consumer::open(segment, "r", 0, Commit::Manual)
}

#[test]
fn one_role_has_one_holder_among_handles_and_threads() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let again = Segment::attach("s", &folder.options()).unwrap();
    let held = (writer(&segment).unwrap(), consumer(&segment).unwrap());
    for other in [&segment, &again] {
        assert_eq!(writer(other).unwrap_err().kind(), ErrorKind::RoleHeld);
        assert_eq!(consumer(other).unwrap_err().kind(), ErrorKind::RoleHeld);
    }
    assert!(segment.role("r", None).unwrap().held);
    assert!(segment.role("r", Some(0)).unwrap().held);
    drop(held);
    assert!(!segment.role("r", None).unwrap().held);
    let holders = AtomicU32::new(0);
    let taken = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while taken.load(Ordering::Relaxed) < 100 {
                    match writer(&segment) {
                        Ok(w) => {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            taken.fetch_add(1, Ordering::Relaxed);
                            assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
                            drop(w);
                        }
                        Err(e) => assert_eq!(e.kind(), ErrorKind::RoleHeld),
                    }
                }
            });
        }
    });
}

#[test]
#[ignore = "a child process"]
fn child_holds_both_roles() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut w = writer(&segment).unwrap();
    let _c = consumer(&segment).unwrap();
    for n in 1..=3 {
        w.publish(&checked(n)).unwrap();
    }
    common::say(std::process::id());
    common::listen();
}

#[test]
fn a_role_is_held_by_another_process_until_it_is_killed() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_holds_both_roles", &folder);
    let pid = child.hear();
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    assert_eq!(consumer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    let info = segment.role("r", None).unwrap();
    assert!(info.held && info.command.starts_with("integration"));
    assert_eq!(info.pid.to_string(), pid);
    child.kill();
    let mut w = writer(&segment).unwrap();
    let _c = consumer(&segment).unwrap();
    assert_eq!((w.generation(), w.next_sequence()), (2, 4));
    assert_eq!(w.publish(&checked(4)).unwrap(), 4);
}

#[test]
fn a_read_lock_is_no_life_and_a_closed_descriptor_no_death() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut o = Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap();
    drop(writer(&segment).unwrap());
    let file = std::fs::File::open(segment.path()).unwrap();
    // SAFETY: plain old data.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_RDLCK as libc::c_short;
    // SAFETY: `lock` outlives the call.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) }, 0);
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
    assert_eq!(o.next(&mut empty(), patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    let refused = writer(&segment).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RoleHeld);
    assert!(refused.to_string().contains("read lock"));
    // Given back by hand: another test's child may still share the descriptor.
    lock.l_type = libc::F_UNLCK as libc::c_short;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) }, 0);
    drop(file);
    let _w = writer(&segment).unwrap();
    drop(std::fs::File::open(segment.path()).unwrap());
    drop(std::fs::OpenOptions::new().write(true).open(segment.path()).unwrap());
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
}

#[test]
#[ignore = "a child process"]
fn child_forks() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut w = ManuallyDrop::new(writer(&segment).unwrap());
    let mut c = ManuallyDrop::new(consumer(&segment).unwrap());
    w.publish(&checked(1)).unwrap();
    assert!(matches!(c.try_next(&mut empty()), Read::Record(_)));
    let fine = reap(fork(|| {
        let refused = [
            w.publish(&checked(9)).unwrap_err().kind(),
            w.publish_batch(&[checked(9)]).unwrap_err().kind(),
            c.commit().unwrap_err().kind(),
            Writer::<Checked>::open(&segment, "free").unwrap_err().kind(),
        ];
        // A segment that the child attaches is its own, and gets the numbers of the descriptors
        // closed for it.
        let own = attach();
        let mut free = Writer::<Checked>::open(&own, "free").unwrap();
        // SAFETY: neither is used again in this process.
        unsafe {
            ManuallyDrop::drop(&mut w);
            ManuallyDrop::drop(&mut c);
        }
        let published = free.publish(&checked(1));
        refused == [ErrorKind::Forked; 4]
            && published.is_ok()
            && writer(&own).unwrap_err().kind() == ErrorKind::RoleHeld
    }));
    assert!(fine, "the forked child went wrong");
    // Neither what the child dropped nor its end took the roles or ended the generation.
    assert!(segment.role("r", None).unwrap().held && segment.role("r", Some(0)).unwrap().held);
    assert!(!segment.role("free", None).unwrap().held);
    let o = Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap();
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    assert_eq!(w.publish(&checked(2)).unwrap(), 2);
    c.commit().unwrap();
    common::say("fine");
}

#[test]
#[ignore = "a child process"]
fn child_forks_with_readers() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut w = writer(&segment).unwrap();
    let mut c = ManuallyDrop::new(consumer(&segment).unwrap());
    let mut observers = [(); 5].map(|()| Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap());
    // One has read before the fork; another has read everything.
    assert!(matches!(c.try_next(&mut empty()), Read::Empty));
    w.publish(&checked(1)).unwrap();
    for at in [0, 4] {
        assert!(matches!(observers[at].try_next(&mut empty()), Read::Record(_)));
    }
    w.publish(&checked(2)).unwrap();
    assert!(matches!(observers[4].try_next(&mut empty()), Read::Record(_)));
    let fine = reap(fork(|| {
        let [one, newest, batch, gathered, behind] = &mut observers;
        let mut rows = [empty(); 4];
        let forked = [
            one.try_next(&mut rows[0]),
            one.next(&mut rows[0], patiently()).unwrap(),
            newest.try_latest(&mut rows[0]),
            batch.try_next_batch(&mut rows, &mut []).unwrap().end,
            batch.next_batch(&mut rows, &mut [], 1, patiently()).unwrap().end,
            gathered.try_latest_by_env(&mut rows, &mut [EnvMark::NEVER_SEEN; 4]).unwrap().end,
            gathered.latest_by_env(&mut rows, &mut [EnvMark::NEVER_SEEN; 4], patiently()).unwrap().end,
            behind.next(&mut rows[0], patiently()).unwrap(),
            c.try_next(&mut rows[0]),
            c.next(&mut rows[0], patiently()).unwrap(),
        ];
        let waited = wait_any(&mut [behind], &mut [News::None], patiently()).unwrap_err().kind();
        forked == [Read::Forked; 10] && waited == ErrorKind::Forked
    }));
    assert!(fine, "the forked child went wrong");
    // What the child tried moved none of the parent's readers.
    for (o, next) in observers.iter_mut().zip([2, 1, 1, 1, 3]) {
        assert_eq!(o.next_sequence(), next);
    }
    assert!(matches!(c.try_next(&mut empty()), Read::Record(Meta { sequence: 1, .. })));
    common::say("fine");
}

#[test]
fn a_forked_child_reads_nothing_with_its_parents_readers() {
    let folder = Folder::new();
    create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_forks_with_readers", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
}

#[test]
fn a_forked_child_has_no_part_in_its_parents_roles() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_forks", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
    assert_eq!(writer(&segment).unwrap().next_sequence(), 3);
}

#[test]
#[ignore = "a child process"]
fn child_forks_one_that_panics() {
    if common::is_child() {
        common::say(reap(fork(|| panic!("on purpose"))));
    }
}

#[test]
fn a_forked_child_that_panics_did_not_end_well() {
    let mut child = common::start("child_forks_one_that_panics", &Folder::new());
    assert_eq!(child.hear(), "false");
}

#[test]
#[ignore = "a child process"]
fn child_is_outlived_by_its_own() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let _w = writer(&segment).unwrap();
    let _c = consumer(&segment).unwrap();
    // The grandchild keeps every inherited descriptor and mapping until the test is over. It speaks
    // for itself: what is closed in a child is closed once it runs, and that may be after `fork`
    // has returned here.
    fork(|| {
        common::say(std::process::id());
        common::listen();
        true
    });
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "a child process"]
fn child_forks_at_its_first_use() {
    static GO: AtomicU32 = AtomicU32::new(0);
    if !common::is_child() {
        return;
    }
    // The first use in this process, and forks beside it: some of the children are copies of the
    // middle of it.
    let first = std::thread::spawn(|| {
        while GO.load(Ordering::Relaxed) == 0 {
            std::hint::spin_loop();
        }
        attach();
    });
    GO.store(1, Ordering::Relaxed);
    let children: Vec<_> = (0..12)
        .map(|_| {
            fork(|| {
                // Ends one that hangs, and nothing else ever does.
                // SAFETY: has no preconditions.
                unsafe { libc::alarm(common::LONG.as_secs() as u32) };
                // Its own use, and forks of its own.
                attach();
                reap(fork(|| Segment::attach("s", &Options::default()).is_ok()))
            })
        })
        .collect();
    let well = children.into_iter().filter(|&child| reap(child)).count();
    first.join().unwrap();
    common::say(well);
}

#[test]
fn a_child_forked_in_the_middle_of_the_first_use_can_use_it_itself() {
    let folder = Folder::new();
    create(&folder, 8, Policy::Keep);
    for _ in 0..40 {
        assert_eq!(common::start("child_forks_at_its_first_use", &folder).hear(), "12");
    }
}

#[test]
fn a_role_ends_with_its_process_though_a_forked_child_lives_on() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_is_outlived_by_its_own", &folder);
    let grandchild: libc::pid_t = child.hear().parse().unwrap();
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    let o = Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap();
    // Its end tells the grandchild to end.
    let pipe = child.child.stdin.take();
    child.kill();
    // SAFETY: signal 0 only asks whether the process is there.
    assert_eq!(unsafe { libc::kill(grandchild, 0) }, 0, "the grandchild must outlive this");
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Died));
    drop(writer(&segment).unwrap());
    drop(consumer(&segment).unwrap());
    // SAFETY: as above.
    assert_eq!(unsafe { libc::kill(grandchild, 0) }, 0);
    drop(pipe);
}

#[test]
#[ignore = "a child process"]
#[allow(clippy::zombie_processes)] // It is to outlive this process.
fn child_is_outlived_by_a_program() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let _w = writer(&segment).unwrap();
    let _c = consumer(&segment).unwrap();
    // It ends with the pipe that it shares with the test. It speaks for itself: `spawn` may return
    // before what is closed on exec is closed.
    let mut program = std::process::Command::new("sh")
        .args(["-c", "echo up; exec cat >/dev/null"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = [0; 3];
    std::io::Read::read_exact(program.stdout.as_mut().unwrap(), &mut word).unwrap();
    common::say(program.id());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_role_ends_with_its_process_though_a_program_that_it_started_lives_on() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_is_outlived_by_a_program", &folder);
    let program: libc::pid_t = child.hear().parse().unwrap();
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    let pipe = child.child.stdin.take();
    child.kill();
    drop(writer(&segment).unwrap());
    drop(consumer(&segment).unwrap());
    // SAFETY: signal 0 only asks whether the process is there.
    assert_eq!(unsafe { libc::kill(program, 0) }, 0, "the program must outlive this");
    drop(pipe);
}

#[test]
#[ignore = "a child process"]
fn child_writes_without_end() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let ring = std::env::var("RING").unwrap();
    let mut w = Writer::<Checked>::open(&segment, &ring).unwrap();
    common::say("ready");
    let mut n = w.next_sequence();
    loop {
        // One at a time and in batches as long as the ring.
        w.publish_waiting(&checked(n), Stamp::default(), patiently()).unwrap();
        let batch: Vec<Checked> = (n + 1..=n + 64).map(checked).collect();
        n += 1 + w.publish_batch(&batch).unwrap_or(0) as u64;
    }
}

#[test]
fn a_killed_writers_records_are_whole_and_its_successor_goes_on() {
    let folder = Folder::new();
    let segment = create(&folder, 64, Policy::Keep);
    let mut c = consumer(&segment).unwrap();
    let mut o = Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap();
    let (mut got, mut expected, mut seen, mut missed) = (empty(), 1, 0, 0);
    let mut both = |c: &mut Consumer<Checked>, o: &mut Observer<Checked>| {
        loop {
            match o.try_next(&mut got) {
                Read::Record(meta) => {
                    assert_eq!(got, checked(meta.sequence));
                    seen += 1;
                }
                Read::Lapped { missed: n, .. } => missed += n,
                Read::Empty => break,
                _ => {}
            }
        }
        let mut read = 0;
        while let read_now @ (Read::Record(_) | Read::Restarted { .. }) = c.try_next(&mut got) {
            let Read::Record(meta) = read_now else { continue };
            assert_eq!((meta.sequence, got), (expected, checked(expected)));
            expected += 1;
            read += 1;
            c.commit().unwrap();
        }
        (read, expected - 1, seen + missed)
    };
    for round in 1..=20 {
        let mut child = common::start_with("child_writes_without_end", &folder, &[("RING", "r")]);
        child.hear();
        let mut read = 0;
        while read < 50 * round {
            read += both(&mut c, &mut o).0;
        }
        child.kill();
        both(&mut c, &mut o);
    }
    let mut last = writer(&segment).unwrap();
    assert_eq!(last.generation(), 21);
    let n = last.next_sequence();
    last.publish(&checked(n)).unwrap();
    let (_, consumed, observed) = both(&mut c, &mut o);
    assert_eq!((consumed, observed), (n, n));
}

#[test]
fn a_writer_killed_in_a_long_batch_leaves_no_sequence_to_be_given_out_again() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut o = Observer::<Checked>::open(&segment, "free", Start::Oldest).unwrap();
    let mut got = empty();
    for _ in 0..20 {
        let mut child = common::start_with("child_writes_without_end", &folder, &[("RING", "free")]);
        child.hear();
        let (mut last, mut records) = (0, 0);
        while records < 200 {
            if let Read::Record(meta) = o.try_next(&mut got) {
                last = meta.sequence;
                records += 1;
            }
        }
        child.kill();
        loop {
            match o.try_next(&mut got) {
                Read::Record(meta) => last = meta.sequence,
                Read::Empty => break,
                _ => {}
            }
        }
        let successor = Writer::<Checked>::open(&segment, "free").unwrap();
        assert!(successor.next_sequence() > last, "{last} would be given out twice");
    }
}

const TOTAL: u64 = 20_000;

#[test]
#[ignore = "a child process"]
fn child_observes() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut o = Observer::<Checked>::open(&segment, "r", Start::Oldest).unwrap();
    common::say("ready");
    let (mut got, mut received, mut missed) = (empty(), 0, 0);
    loop {
        match o.next(&mut got, patiently()).unwrap() {
            Read::Record(meta) => {
                assert_eq!(got, checked(meta.sequence));
                received += 1;
            }
            Read::Lapped { missed: n, .. } => missed += n,
            Read::WriterGone(Ending::Closed) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received + missed, TOTAL);
    common::say("exact");
}

#[test]
#[ignore = "a child process"]
fn child_consumes() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let mut c = Consumer::<Checked>::open(&segment, "r", 0, Commit::Auto).unwrap();
    common::say("ready");
    let mut got = empty();
    for n in 1..=TOTAL {
        let read = c.next(&mut got, patiently()).unwrap();
        assert!(matches!(read, Read::Record(meta) if meta.sequence == n), "{read:?} at {n}");
        assert_eq!(got, checked(n));
    }
    assert_eq!(c.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    common::say("exact");
}

#[test]
fn a_writer_at_full_speed_is_read_exactly_by_other_processes() {
    let folder = Folder::new();
    let segment = create(&folder, 64, Policy::Keep);
    let mut w = writer(&segment).unwrap();
    let roles = ["child_observes", "child_observes", "child_consumes"];
    let mut children = roles.map(|role| common::start(role, &folder));
    for child in &mut children {
        assert_eq!(child.hear(), "ready");
    }
    for n in 1..=TOTAL {
        w.publish_waiting(&checked(n), Stamp::default(), patiently()).unwrap();
    }
    drop(w);
    for child in &mut children {
        assert_eq!(child.hear(), "exact");
        assert!(child.wait().success());
    }
}

/// Takes the lock of a process that replaces or removes a segment: on every byte of its file.
struct Replacing {
    _file: std::fs::File,
}

impl Replacing {
    fn begin(segment: &Segment) -> Self {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(segment.path()).unwrap();
        // SAFETY: plain old data, for which all zero is a value: from the first byte to the last;
        // it outlives the call.
        let locked = unsafe {
            let mut l: libc::flock = std::mem::zeroed();
            l.l_type = libc::F_WRLCK as libc::c_short;
            libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const l)
        };
        assert_eq!(locked, 0);
        Self { _file: file }
    }
}

/// All roles are locked while a segment is replaced. That lock does not count as a living holder.
#[test]
fn the_dead_stay_dead_while_their_segment_is_being_replaced() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    let mut child = common::start("child_holds_both_roles", &folder);
    child.hear();
    let mut o = Observer::<Checked>::open(&segment, "r", Start::Now).unwrap();
    let mut w = Writer::<Checked>::open(&segment, "free").unwrap();
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    child.kill();
    drop(w);
    let replacing = Replacing::begin(&segment);
    assert_eq!(o.peer_state().unwrap(), PeerState::Gone(Ending::Died));
    assert_eq!(o.next(&mut empty(), patiently()).unwrap(), Read::WriterGone(Ending::Died));
    assert!(!segment.role("r", None).unwrap().held && !segment.role("r", Some(0)).unwrap().held);
    // Nobody can take a role meanwhile, and is told why.
    let e = writer(&segment).unwrap_err();
    assert!(e.kind() == ErrorKind::RoleHeld && e.found().contains("being replaced"), "{e}");
    drop(replacing);
    w = writer(&segment).unwrap();
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    drop(w);
}

/// Opening a role while its segment is replaced succeeds, or reports the replacement.
#[test]
fn a_replacement_in_passing_is_no_holder() {
    let folder = Folder::new();
    let ring = RingSpec::new::<Checked>("r").unwrap().capacity(8).consumers(1, Policy::Keep);
    let spec = Spec::new().ring(ring);
    let o = folder.options();
    Segment::create("s", &spec, &o).unwrap();
    std::thread::scope(|scope| {
        let replacing = scope.spawn(|| {
            for _ in 0..300 {
                if let Err(e) = Segment::recreate("s", &spec, &o) {
                    // The role below.
                    assert!(e.kind() == ErrorKind::RoleHeld && !e.found().contains("being replaced"), "{e}");
                }
            }
        });
        while !replacing.is_finished() {
            let segment = Segment::attach("s", &o).unwrap();
            match consumer(&segment) {
                Ok(held) => drop(held),
                Err(e) => assert_eq!(e.kind(), ErrorKind::Superseded, "{e}"),
            }
        }
        replacing.join().unwrap();
    });
}

#[test]
fn a_role_is_waited_for_as_long_as_the_options_say() {
    let folder = Folder::new();
    create(&folder, 8, Policy::Keep);
    let patient = |timeout| Segment::attach("s", &folder.options().role_timeout(timeout)).unwrap();
    let mut child = common::start("child_holds_both_roles", &folder);
    let pid = child.hear();
    let e = writer(&patient(Duration::from_millis(5))).unwrap_err();
    assert!(
        e.kind() == ErrorKind::RoleHeld && e.found().contains(&format!("held by process {pid} (")),
        "{e}"
    );
    std::thread::scope(|scope| {
        let segment = patient(common::LONG);
        let waiting = scope.spawn(move || (writer(&segment).unwrap(), consumer(&segment).unwrap()));
        child.kill();
        waiting.join().unwrap();
    });
    // Whoever replaces it waits for all of them.
    let mut child = common::start("child_holds_both_roles", &folder);
    child.hear();
    std::thread::scope(|scope| {
        let ring = RingSpec::new::<Checked>("r").unwrap().consumers(1, Policy::Keep);
        let (o, spec) = (folder.options().role_timeout(common::LONG), Spec::new().ring(ring));
        let waiting = scope.spawn(move || Segment::recreate("s", &spec, &o).unwrap().1.segments);
        child.kill();
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

#[test]
#[ignore = "a child process"]
fn child_holds_a_role_and_much_memory() {
    if !common::is_child() {
        return;
    }
    let segment = attach();
    let _w = writer(&segment).unwrap();
    let mut memory = vec![0u8; 256 << 20];
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    // A core goes where it is cleared away with the rest.
    std::env::set_current_dir(std::env::var("LEYLINE_DIR").unwrap()).unwrap();
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` outlives the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) };
    common::say("holds");
    common::listen();
    drop(memory);
}

/// Ends holders of a role by a signal until an error describes one with `how`. Returns false if
/// none did.
fn is_called(how: &str, signal: i32) -> bool {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    (0..20).any(|_| {
        let mut child = common::start("child_holds_a_role_and_much_memory", &folder);
        assert_eq!(child.hear(), "holds");
        let alive = writer(&segment).unwrap_err();
        assert!(alive.found().ends_with(')'), "{alive}");
        // SAFETY: a signal to a child that nobody has waited for.
        assert_eq!(unsafe { libc::kill(child.child.id() as libc::pid_t, signal) }, 0);
        let mut called = false;
        while let Err(e) = writer(&segment) {
            assert_eq!(e.kind(), ErrorKind::RoleHeld);
            called |= e.found().ends_with(how) && e.to_string().contains("role_timeout");
        }
        child.kill();
        called
    })
}

/// A killed process holds its roles until its memory is freed, and a crashed one until its core is
/// written.
#[test]
fn a_holder_that_is_ending_is_called_so() {
    assert!(is_called("which is exiting", libc::SIGKILL));
    if !is_called("whose core is being dumped", libc::SIGABRT) {
        eprintln!("NOT CHECKED: a core: none is written here");
    }
}

#[test]
#[ignore = "a child process"]
fn child_has_a_secret_on_its_command_line() {
    if !common::is_child() {
        return;
    }
    let shown = std::env::var("SHOWN").unwrap() == "yes";
    let options = Options { command_line: shown, ..Options::default() };
    let segment = Segment::attach("s", &options).unwrap();
    let _w = writer(&segment).unwrap();
    common::say("holds");
    common::listen();
}

/// Segments outlive their processes and may be readable by others, so secrets must not enter them.
#[test]
fn a_command_line_is_shown_only_where_that_was_asked_for() {
    let folder = Folder::new();
    let segment = create(&folder, 8, Policy::Keep);
    for shown in ["no", "yes"] {
        let path = std::env::current_exe().unwrap();
        let program = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut command = std::process::Command::new(&path);
        // A role page holds 192 bytes, which the path of this program could fill.
        command.arg0(&program);
        command.args(common::arguments("child_has_a_secret_on_its_command_line"));
        command.args(["--skip", "token=hunter2"]);
        let mut child = common::start_command(command, &folder, &[("SHOWN", shown)]);
        assert_eq!(child.hear(), "holds");
        child.kill();
        let said = segment.role("r", None).unwrap().command;
        let file = std::fs::read(segment.path()).unwrap();
        let there = file.windows(7).any(|w| w == b"hunter2");
        assert_eq!((there, said.contains("--skip")), (shown == "yes", shown == "yes"), "{said}");
        assert!(shown == "yes" || said == program, "{said}");
    }
}

#[test]
fn a_quantile_is_an_upper_bound() {
    let mut l =
        leyline::Latency { count: 0, sum: 0, min: 0, max: 900, misses: 0, deadline: 0, buckets: [0; 64] };
    l.buckets[8] = 99;
    l.buckets[10] = 1;
    assert_eq!((l.quantile(0.5), l.quantile(0.99), l.quantile(1.0)), (255, 255, 900));
}
