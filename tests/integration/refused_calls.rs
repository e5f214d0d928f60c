//! System calls that are refused by old kernels, sandboxes, minimal root directories or unusual
//! file systems. After each refusal everything still works, or an error names the call and a
//! remedy.

use crate::common::{self, Folder, filter_system_calls, step};
use leyline::{
    Access, ActionSpace, Commit, Consumer, Controller, Feature, LinkSpec, NameState, News, Observation,
    Observer, Options, Policy, Read, RingSpec, Segment, Source, Spec, Start, Trainer, Wait, Writer, wait_any,
};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A refused call: its name, its number, and the bits or value of one argument for which it is
/// refused.
#[derive(Clone, Copy)]
enum Refused {
    All(&'static str, i64),
    WithBits(&'static str, i64, u32, i32),
    WithValue(&'static str, i64, u32, i32),
}

use Refused::{All, WithBits, WithValue};

const O_TMPFILE: Refused = WithBits("O_TMPFILE", libc::SYS_openat, 2, libc::O_TMPFILE & !libc::O_DIRECTORY);
const LINKAT: Refused = All("linkat", libc::SYS_linkat);
/// `rename` on x86-64, and `renameat` on processors without it.
const RENAME: Refused = All("rename", if cfg!(target_arch = "x86_64") { 82 } else { 38 });
const RENAMEAT2: Refused = All("renameat2", libc::SYS_renameat2);
const MEMFD: Refused = All("memfd_create", libc::SYS_memfd_create);
const SEALS: Refused = WithValue("F_ADD_SEALS", libc::SYS_fcntl, 1, libc::F_ADD_SEALS);
const SETLK: Refused = WithValue("F_OFD_SETLK", libc::SYS_fcntl, 1, libc::F_OFD_SETLK);
const GETLK: Refused = WithValue("F_OFD_GETLK", libc::SYS_fcntl, 1, libc::F_OFD_GETLK);
const MEMBARRIER: Refused = All("membarrier", libc::SYS_membarrier);
const GETRANDOM: Refused = All("getrandom", libc::SYS_getrandom);
const FUTEX: Refused = All("futex", libc::SYS_futex);
const FUTEX_WAITV: Refused = All("futex_waitv", libc::SYS_futex_waitv);
const MADVISE: Refused = All("madvise", libc::SYS_madvise);
const FALLOCATE: Refused = All("fallocate", libc::SYS_fallocate);
const FCHMOD: Refused = All("fchmod", libc::SYS_fchmod);
const FSTATFS: Refused = All("fstatfs", libc::SYS_fstatfs);
const GETDENTS: Refused = All("getdents64", libc::SYS_getdents64);
const GETRLIMIT: Refused = All("prlimit64", libc::SYS_prlimit64);
const O_PATH: Refused = WithBits("O_PATH", libc::SYS_openat, 2, libc::O_PATH);
const UNLINKAT: Refused = All("unlinkat", libc::SYS_unlinkat);
#[cfg(target_arch = "x86_64")]
const UNLINK: Refused = All("unlink", libc::SYS_unlink);
const MPROTECT: Refused = WithValue("mprotect", libc::SYS_mprotect, 2, libc::PROT_READ | libc::PROT_WRITE);
const LSEEK: Refused = All("lseek", libc::SYS_lseek);
const GETFL: Refused = WithValue("F_GETFL", libc::SYS_fcntl, 1, libc::F_GETFL);

const KNOWN: &[Refused] = &[
    O_PATH,
    UNLINKAT,
    #[cfg(target_arch = "x86_64")]
    UNLINK,
    MPROTECT,
    LSEEK,
    GETFL,
    RENAME,
    O_TMPFILE,
    LINKAT,
    RENAMEAT2,
    MEMFD,
    SEALS,
    SETLK,
    GETLK,
    MEMBARRIER,
    GETRANDOM,
    FUTEX,
    FUTEX_WAITV,
    MADVISE,
    FALLOCATE,
    FCHMOD,
    FSTATFS,
    GETDENTS,
    GETRLIMIT,
];

impl Refused {
    fn name(self) -> &'static str {
        let (All(name, _) | WithBits(name, ..) | WithValue(name, ..)) = self;
        name
    }

    /// Returns filter steps that give `errno` for this call and fall through for others.
    fn steps(self, errno: i32) -> Vec<libc::sock_filter> {
        let (load, equal, has, give) = (
            libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K,
            libc::BPF_RET | libc::BPF_K,
        );
        let refuse = step(give, 0, 0, libc::SECCOMP_RET_ERRNO | errno as u32);
        // The number is at 0, the low half of argument n at 16 + 8 n.
        match self {
            All(_, number) => vec![step(load, 0, 0, 0), step(equal, 0, 1, number as u32), refuse],
            WithBits(_, number, argument, what) | WithValue(_, number, argument, what) => {
                let test = if matches!(self, WithBits(..)) { has } else { equal };
                vec![
                    step(load, 0, 0, 0),
                    step(equal, 0, 3, number as u32),
                    step(load, 0, 0, 16 + 8 * argument),
                    step(test, 0, 1, what as u32),
                    refuse,
                ]
            }
        }
    }
}

/// Refuses these calls to this thread and to threads that it starts.
fn refuse(calls: &[Refused], errno: i32) {
    let mut steps: Vec<_> = calls.iter().flat_map(|c| c.steps(errno)).collect();
    steps.push(step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW));
    filter_system_calls(&mut steps);
}

fn spec() -> Spec {
    Spec::new().ring(RingSpec::new::<Observation>("o").unwrap().capacity(8).consumers(1, Policy::Keep))
}

fn names() -> Vec<String> {
    let found = std::fs::read_dir(std::env::var("LEYLINE_DIR").unwrap()).unwrap();
    found.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

/// Sends a record through a ring to a consumer and to an observer that waits.
fn use_ring(segment: &Segment) -> leyline::Result<()> {
    let mut writer = Writer::<Observation>::open(segment, "o")?;
    let mut consumer = Consumer::<Observation>::open(segment, "o", 0, Commit::Manual)?;
    let mut observer = Observer::<Observation>::open(segment, "o", Start::Now)?;
    let mut got = Observation::EMPTY;
    let nothing = observer.next(&mut got, Wait::sleep(Duration::from_millis(3)))?;
    assert_eq!(nothing, Read::TimedOut);
    let sequence = writer.publish(&Observation::EMPTY)?;
    for read in [observer.next(&mut got, common::patiently())?, consumer.next(&mut got, common::patiently())?]
    {
        assert!(matches!(read, Read::Record(m) if m.sequence == sequence), "{read:?}");
    }
    consumer.commit()?;
    assert!(segment.role("o", None)?.held);
    Ok(())
}

/// Does everything that can be done with a named segment.
fn named(files: bool) -> leyline::Result<()> {
    let o = Options::default();
    let segment = Segment::create("s", &spec(), &o)?;
    assert_eq!(Segment::create("s", &spec(), &o).unwrap_err().kind(), leyline::ErrorKind::AlreadyExists);
    use_ring(&segment)?;
    let (new, displaced) = Segment::recreate("s", &spec(), &o)?;
    assert_eq!((displaced.segments, segment.name_state()?), (1, NameState::Replaced));
    assert_eq!(new.name_state()?, NameState::Current);
    use_ring(&Segment::attach_waiting("s", &o, common::LONG)?)?;
    assert_eq!(Segment::remove_unused("s", &o)?.segments, 1);
    drop(Segment::create("t", &spec(), &o.clone().unlink_on_close())?);
    Segment::create("u", &spec(), &o)?;
    Segment::unlink("u", &o)?;
    assert!(!files || names().is_empty(), "{:?}", names());
    // Several rings at once, and a command's random id.
    let mut trainer = Trainer::create("l", &LinkSpec::new(&ActionSpace::cnn()), &o.unlink_on_close())?;
    let mut controller = Controller::attach("l", &Options::default(), common::LONG)?;
    let mut free = Observation::EMPTY;
    free[Feature::AvailableSlots] = 1.0;
    trainer.publish(&free)?;
    let Read::Record(meta) = controller.next(&mut free, common::patiently())? else { panic!() };
    let germinate = controller.actions().germinate("norm")?;
    controller.decide(&meta, germinate, &leyline::Answer::default())?;
    assert!(trainer.try_command()?.is_some());
    let mut observer = Observer::<Observation>::open(trainer.segment(), "observations", Start::Now)?;
    let mut sources = [&mut controller as &mut dyn Source, &mut observer];
    assert!(!wait_any(&mut sources, &mut [News::None; 2], Wait::sleep(Duration::from_millis(3)))?);
    Ok(())
}

/// Does everything that can be done with a nameless segment.
fn nameless() -> leyline::Result<()> {
    let o = Options::default();
    let segment = Segment::create_memfd("m", &spec(), &o)?;
    use_ring(&segment)?;
    let (a, b) = UnixStream::pair().unwrap();
    segment.send_to(&a, Access::ReadWrite, common::LONG)?;
    use_ring(&Segment::receive(&b, &o, common::LONG)?)
}

fn told(result: leyline::Result<()>) -> String {
    result.map_or_else(|e| format!("{:?}: {e}", e.kind()), |()| "works".to_owned())
}

#[test]
#[ignore = "a child process"]
fn child_is_refused() {
    if !common::is_child() {
        return;
    }
    let variable = |name| std::env::var(name).unwrap();
    let calls: Vec<Refused> = variable("REFUSED")
        .split_whitespace()
        .map(|name| *KNOWN.iter().find(|c| c.name() == name).unwrap_or_else(|| panic!("{name}")))
        .collect();
    refuse(&calls, variable("ERRNO").parse().unwrap());
    let can_list = !calls.iter().any(|c| c.name() == "getdents64");
    common::say(told(named(can_list)));
    common::say(told(nameless()));
    common::say("done");
    // SAFETY: ends the process at once: the test's own harness may need what is refused here.
    unsafe { libc::_exit(0) };
}

/// Returns the results for named and for nameless segments.
fn what_comes_of(folder: &Folder, calls: &[Refused], errno: i32) -> [String; 2] {
    let refused = calls.iter().map(|c| c.name()).collect::<Vec<_>>().join(" ");
    let variables = [("REFUSED", refused.as_str()), ("ERRNO", &errno.to_string())];
    let mut child = common::start_with("child_is_refused", folder, &variables);
    let said = [child.hear(), child.hear()];
    assert_eq!(child.hear(), "done");
    assert!(child.wait().success());
    // Where it came to an end in between there may be a segment, but nothing half made.
    for file in folder.files() {
        assert!(said[0] != "works" && !file.starts_with('.'), "{refused}: {file}");
        std::fs::remove_file(folder.path().join(file)).unwrap();
    }
    said
}

const WAYS: [i32; 5] = [libc::EPERM, libc::ENOSYS, libc::EINVAL, libc::EOPNOTSUPP, libc::EACCES];

#[test]
fn what_there_is_another_way_for_works() {
    let folder = Folder::new();
    let all = [
        &[O_TMPFILE][..],
        &[LINKAT],
        &[RENAME],
        &[RENAMEAT2],
        &[LINKAT, RENAME],
        &[MEMBARRIER],
        &[GETRANDOM],
        &[FUTEX],
        &[FUTEX_WAITV],
        &[MADVISE],
        &[FALLOCATE],
        &[GETDENTS],
        &[GETRLIMIT],
        &[O_PATH],
        #[cfg(target_arch = "x86_64")]
        &[UNLINK],
        &[LSEEK],
        &[GETFL],
        &[O_PATH, LSEEK, GETFL],
        &[O_TMPFILE, LINKAT],
        &[O_TMPFILE, RENAMEAT2],
        &[O_TMPFILE, RENAMEAT2, MEMBARRIER, GETRANDOM, FUTEX, FUTEX_WAITV, MADVISE, FALLOCATE],
    ];
    for calls in all {
        // Without random numbers in its own two ways the standard library's hash maps end the
        // process.
        let ways = if calls.iter().any(|c| c.name() == "getrandom") { &WAYS[..2] } else { &WAYS };
        for &errno in ways {
            let refused: Vec<_> = calls.iter().map(|c| c.name()).collect();
            let said = what_comes_of(&folder, calls, errno);
            assert_eq!(said, ["works", "works"], "{refused:?} refused with {errno}");
        }
    }
}

#[test]
fn what_there_is_no_other_way_for_is_told_with_what_to_do() {
    let folder = Folder::new();
    let works = ["works"; 2];
    // The calls, and the words that the errors have: of segments with a name, and of those without.
    let all: &[(&[Refused], [&[&str]; 2])] = &[
        (&[LINKAT, RENAMEAT2], [&["linkat", "use another directory"], &[]]),
        (&[RENAME, RENAMEAT2], [&["rename", "allow one of them", "remove the segment"], &[]]),
        (&[MEMFD], [&[], &["memfd_create", "create a named segment"]]),
        (&[MPROTECT], [&["mprotect", "allow it"], &["mprotect", "allow it"]]),
        // A segment that cannot be removed keeps its name, and no hidden file stays.
        #[cfg(target_arch = "x86_64")]
        (&[UNLINKAT], [&["unlinkat"], &[]]),
        (&[SEALS], [&[], &["F_ADD_SEALS", "create a named segment"]]),
        // Of a file with a name the mode is right from the start.
        (&[FCHMOD], [&[], &["fchmod", "mode 600", "allow fchmod"]]),
        (&[SETLK], [&["F_OFD_SETLK", "roles need", "allow them"], &["F_OFD_SETLK", "allow them"]]),
        (&[GETLK], [&["F_OFD_GETLK", "roles need", "allow them"], &["F_OFD_GETLK", "allow them"]]),
    ];
    for &(calls, expected) in all {
        // EACCES is how a lock says that somebody else has it.
        for errno in &WAYS[..4] {
            let said = what_comes_of(&folder, calls, *errno);
            for ((said, words), works) in said.iter().zip(expected).zip(works) {
                let right =
                    if words.is_empty() { said == works } else { words.iter().all(|w| said.contains(w)) };
                assert!(right, "{:?} refused with {errno}: {said}", calls[0].name());
            }
        }
    }
}

/// Simulates a control group that is out of memory and may not kill a process.
#[test]
fn memory_that_cannot_be_had_is_told_with_what_to_do() {
    let folder = Folder::new();
    for said in what_comes_of(&folder, &[FALLOCATE], libc::ENOMEM) {
        assert!(said.contains("fallocate") && said.contains("use smaller rings"), "{said}");
    }
}

/// Holds roles, then enters a sandbox that refuses the calls by which descriptors are recognized.
#[test]
#[ignore = "a child process"]
fn child_enters_a_sandbox() {
    if !common::is_child() {
        return;
    }
    let o = Options::default();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    let segment = Segment::create("s", &spec(), &o.clone().unlink_on_close()).unwrap();
    let mut writer = Writer::<Observation>::open(&segment, "o").unwrap();
    let mut observer = Observer::<Observation>::open(&segment, "o", Start::Now).unwrap();
    let variable = |name| std::env::var(name).unwrap();
    let refused = variable("REFUSED");
    refuse(&[*KNOWN.iter().find(|c| c.name() == refused).unwrap()], variable("ERRNO").parse().unwrap());
    let mut got = Observation::EMPTY;
    let nothing = observer.next(&mut got, Wait::sleep(Duration::from_millis(30)));
    assert!(matches!(nothing, Ok(Read::TimedOut)), "{nothing:?}");
    let sequence = writer.publish(&got).unwrap();
    let read = observer.next(&mut got, common::patiently()).unwrap();
    assert!(matches!(read, Read::Record(m) if m.sequence == sequence), "{read:?}");
    assert!(segment.role("o", None).unwrap().held);
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    // The role is given back, and its descriptor closed.
    drop(writer);
    drop(Writer::<Observation>::open(&segment, "o").unwrap());
    drop((segment, observer));
    assert_eq!((open(), names()), (before, vec![]));
    common::say("fine");
}

#[test]
fn a_sandbox_that_is_entered_later_has_closed_no_descriptor() {
    let folder = Folder::new();
    for refused in ["lseek", "F_GETFL"] {
        for errno in WAYS {
            let variables = [("REFUSED", refused), ("ERRNO", &errno.to_string())];
            let mut child = common::start_with("child_enters_a_sandbox", &folder, &variables);
            assert_eq!(child.hear(), "fine", "{refused} {errno}");
            assert!(child.wait().success());
        }
    }
}

/// Minimal root directories have no /proc. Only nameless segments need it.
#[test]
fn without_proc_what_has_a_name_works() {
    let folder = Folder::new();
    let bare = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\""];
    // With a file that is linked by its descriptor alone, and with one that has a name from the
    // start.
    for refused in ["", "linkat", "O_TMPFILE"] {
        let variables = [("REFUSED", refused), ("ERRNO", "1")];
        let Some(mut child) = common::start_inside(&bare, "child_is_refused", &folder, &variables) else {
            return;
        };
        assert_eq!(child.hear(), "works", "{refused}");
        let said = child.hear();
        assert!(said.contains("mount /proc"), "{refused}: {said}");
        assert_eq!(child.hear(), "done");
        assert_eq!(folder.files(), [] as [&str; 0], "{refused}");
    }
}
