//! The four ways in which a writer or a side of a link ends, as its readers and the other side are
//! told of them: closed, failed, died, superseded.

use crate::common::{self, AT_ONCE, Folder, Number, Running, patiently};
use crate::native;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::stage::CommandType;
use leyline::{
    ActionSpace, Answer, AnyObserver, Commit, Consumer, Controller, Ending, EnvMark, ErrorKind, LinkSpec,
    Meta, NameState, News, Observation, Observer, Options, PeerState, Policy, Read, RingSpec, RowObserver,
    RowWriter, Segment, Source, Spec, Start, Trainer, Wait, Writer, wait_any,
};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

const CLOSED: Read = Read::WriterGone(Ending::Closed);
const FAILED: Read = Read::WriterGone(Ending::Failed);
const DIED: Read = Read::WriterGone(Ending::Died);

fn spec() -> Spec {
    let ring = |name: &str| RingSpec::new::<Number>(name).unwrap().capacity(16);
    Spec::new().ring(ring("numbers").consumers(1, Policy::Keep)).ring(ring("pairs").rows(2))
}

fn link() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn())
}

fn request() -> AdaptationCommand {
    AdaptationCommand::new(CommandType::RequestState)
}

/// Ends a handle as the parent says.
fn end<T: Send + 'static>(handle: T, how: &str, abort: impl FnOnce(T, &str)) {
    match how.split_once(' ').unwrap_or((how, "")) {
        ("close", _) => drop(handle),
        ("abort", reason) => abort(handle, reason),
        ("panic", name) => {
            let panicking = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                let _handle = handle;
                panic!("as the parent wants");
            });
            panicking.unwrap().join().unwrap_err();
        }
        _ => panic!("{how}"),
    }
    common::say("ended");
    common::listen();
}

/// Publishes a number for each line from the parent, and ends as the last one says.
#[test]
#[ignore = "a child process"]
fn child_writes() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    common::say(writer.generation());
    while let Some(line) = common::listen() {
        match line.parse() {
            Ok(n) => common::say(writer.publish(&Number { n }).unwrap()),
            Err(_) => return end(writer, &line, Writer::abort),
        }
    }
}

#[test]
#[ignore = "a child process"]
fn child_writes_rows() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let writer = RowWriter::<Number>::open(&segment, "pairs").unwrap();
    common::say(0);
    end(writer, &common::listen().unwrap(), RowWriter::abort);
}

/// The trainer of a link whose creator it is, if there is none yet.
#[test]
#[ignore = "a child process"]
fn child_trains() {
    if !common::is_child() {
        return;
    }
    let mut options = Options::default();
    if std::env::var_os("UNLINK").is_some() {
        options = options.unlink_on_close();
    }
    let (mut trainer, _) = Trainer::open_or_create("link", &link(), &options).unwrap();
    common::say(trainer.generation());
    while let Some(line) = common::listen() {
        match line.as_str() {
            "publish" => common::say(trainer.publish(&Observation::EMPTY).unwrap().sequence),
            how => return end(trainer, how, Trainer::abort),
        }
    }
}

#[test]
#[ignore = "a child process"]
fn child_controls() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach("link", &Options::default(), common::LONG).unwrap();
    common::say("controls");
    let mut observation = Observation::EMPTY;
    while let Some(line) = common::listen() {
        match line.as_str() {
            "decide" => {
                let read = controller.next(&mut observation, patiently()).unwrap();
                let Read::Record(meta) = read else { panic!("{read:?}") };
                controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
                common::say(meta.sequence);
            }
            "outcome" => {
                let outcome = controller.next_outcome(patiently()).unwrap().unwrap();
                common::say(outcome.command_sequence);
            }
            how => return end(controller, how, Controller::abort),
        }
    }
}

/// Starts a child that says one thing first.
#[track_caller]
fn child(role: &str, folder: &Folder, variables: &[(&str, &str)]) -> Running {
    let mut child = common::start_with(role, folder, variables);
    child.hear();
    child
}

fn ask(child: &mut Running, words: &str) -> String {
    child.tell(words);
    child.hear()
}

/// Ends a child in one of the ways.
fn end_child(child: &mut Running, how: &str) {
    if how == "kill" {
        child.kill();
    } else {
        assert_eq!(ask(child, how), "ended");
    }
}

const WAYS: [(&str, Ending, News, Option<&str>); 6] = [
    ("close", Ending::Closed, News::Closed, None),
    ("abort out of memory", Ending::Failed, News::Failed, Some("out of memory")),
    ("abort", Ending::Failed, News::Failed, Some("")),
    ("panic loader", Ending::Failed, News::Failed, Some("panicked in thread \"loader\"")),
    ("kill", Ending::Died, News::Died, None),
    // After the others: what stands in the role's page of them is not taken for this one's.
    ("close", Ending::Closed, News::Closed, None),
];

#[test]
fn every_kind_of_reader_is_told_how_its_writer_ended_after_the_last_record() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    let mut consumer = Consumer::<Number>::open(&segment, "numbers", 0, Commit::Auto).unwrap();
    for (generation, (how, ending, news, reason)) in (1..).zip(WAYS) {
        let reason = reason.map(str::to_owned);
        let mut child = child("child_writes", &folder, &[]);
        assert_eq!(ask(&mut child, &generation.to_string()), generation.to_string());
        assert_eq!(segment.role("numbers", None).unwrap().failure, None, "{how}");
        end_child(&mut child, how);

        let mut got = Number { n: 0 };
        let gone = Read::WriterGone(ending);
        // A record comes before the ending; before the first of a new writer, that there is one.
        let mut told = vec![News::None; 2];
        let all = |sources: &mut [&mut dyn Source], told: &mut [News]| {
            wait_any(sources, told, patiently()).unwrap()
        };
        assert!(all(&mut [&mut observer, &mut consumer], &mut told));
        assert_eq!(told, [News::Readable; 2], "{how}");
        if generation > 1 {
            assert!(matches!(observer.next(&mut got, patiently()).unwrap(), Read::Restarted { .. }), "{how}");
            assert!(matches!(consumer.next(&mut got, patiently()).unwrap(), Read::Restarted { .. }), "{how}");
        }
        assert!(matches!(observer.next(&mut got, patiently()).unwrap(), Read::Record(_)), "{how}");
        assert!(matches!(consumer.next(&mut got, patiently()).unwrap(), Read::Record(_)), "{how}");
        assert_eq!(got.n, generation);
        assert!(all(&mut [&mut observer, &mut consumer], &mut told));
        assert!(told.contains(&news), "{how}: {told:?}");
        while told != [news; 2] {
            assert!(all(&mut [&mut observer, &mut consumer], &mut told));
        }
        // An ending ends one wait.
        assert!(
            !wait_any(&mut [&mut observer as &mut dyn Source, &mut consumer], &mut told, AT_ONCE).unwrap()
        );
        assert_eq!(told, [news; 2], "{how}");

        assert_eq!(observer.next(&mut got, patiently()).unwrap(), gone);
        assert_eq!(observer.latest(&mut got, patiently()).unwrap(), gone);
        let batch = observer.next_batch(&mut [got; 2], &mut [], 2, patiently()).unwrap();
        assert_eq!((batch.count, batch.end), (0, gone));
        let mut marks = [EnvMark::default()];
        assert_eq!(observer.latest_by_env(&mut [got], &mut marks, patiently()).unwrap().end, gone);
        assert_eq!(consumer.next(&mut got, patiently()).unwrap(), gone);
        let batch = consumer.next_batch(&mut [got; 2], &mut [], 2, patiently()).unwrap();
        assert_eq!((batch.count, batch.end), (0, gone));
        let any = AnyObserver::open(&segment, "numbers", Start::Oldest).unwrap();
        for state in [observer.peer_state(), consumer.peer_state(), any.peer_state()] {
            assert_eq!(state.unwrap(), PeerState::Gone(ending), "{how}");
        }
        for found in [observer.peer_reason(), consumer.peer_reason(), any.peer_reason()] {
            assert_eq!(found, reason, "{how}");
        }
        assert_eq!(segment.ring_status("numbers").unwrap().writer, PeerState::Gone(ending), "{how}");
        assert_eq!(segment.role("numbers", None).unwrap().failure, reason, "{how}");
        assert_eq!(segment.role("numbers", Some(0)).unwrap().failure, None, "{how}");
    }
}

#[test]
fn a_writer_of_rows_ends_in_the_same_ways() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    for (how, ending, _, reason) in WAYS {
        let mut child = child("child_writes_rows", &folder, &[]);
        end_child(&mut child, how);
        let mut observer = RowObserver::<Number>::open(&segment, "pairs", Start::Now).unwrap();
        let mut rows = [Number { n: 0 }; 2];
        let read = observer.next(&mut rows, &mut [0; 2], &mut [leyline::Flags::NONE; 2], patiently());
        assert_eq!(read.unwrap(), Read::WriterGone(ending), "{how}");
        assert_eq!(observer.peer_reason().as_deref(), reason, "{how}");
    }
}

#[test]
fn a_controller_is_told_how_its_trainer_ended_whatever_it_waits_for() {
    let folder = Folder::new();
    drop(Trainer::create("link", &link(), &folder.options()).unwrap());
    let mut controller = Controller::attach("link", &folder.options(), common::LONG).unwrap();
    for (how, ending, news, reason) in WAYS {
        let mut child = child("child_trains", &folder, &[]);
        let ticket = controller.send(request()).unwrap();
        ask(&mut child, "publish");
        end_child(&mut child, how);
        let mut observation = Observation::EMPTY;
        let gone = Read::WriterGone(ending);
        while matches!(
            controller.next(&mut observation, patiently()).unwrap(),
            Read::Record(_) | Read::Restarted { .. }
        ) {}
        assert_eq!(controller.next(&mut observation, patiently()).unwrap(), gone, "{how}");
        assert_eq!(controller.latest(&mut observation, patiently()).unwrap(), gone, "{how}");
        let mut block = [observation; 2];
        let batch = controller.next_batch(&mut block, &mut [Meta::default(); 2], 1, patiently()).unwrap();
        assert_eq!((batch.count, batch.end), (0, gone), "{how}");
        let mut told = [News::None];
        assert!(wait_any(&mut [&mut controller], &mut told, patiently()).unwrap());
        assert_eq!(told, [news], "{how}");
        assert_eq!(controller.trainer_state().unwrap(), PeerState::Gone(ending), "{how}");
        assert_eq!(controller.trainer_reason().as_deref(), reason, "{how}");
        let one = controller.wait_outcome(&ticket.id, patiently()).unwrap_err();
        let any = controller.next_outcome(patiently()).unwrap_err();
        for e in [one, any] {
            assert_eq!(e.kind(), ErrorKind::PeerGone, "{how}");
            let expected = match reason {
                Some(reason) if !reason.is_empty() => format!("one that failed: {reason}"),
                _ => format!("one that {ending}"),
            };
            assert_eq!(e.found(), expected, "{e}");
        }
        // All rings of one side end in one way.
        for ring in controller.segment().rings().iter().filter(|r| !r.name.starts_with("decisions")) {
            let state = controller.segment().ring_status(&ring.name).unwrap().writer;
            let expected = if ring.name.starts_with("commands") {
                matches!(state, PeerState::Held { .. })
            } else {
                state == PeerState::Gone(ending)
            };
            assert!(expected, "{how}: {} {state:?}", ring.name);
        }
    }
}

#[test]
fn a_trainer_is_told_how_its_controller_ended_whatever_it_waits_for() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(), &folder.options()).unwrap();
    for (how, ending, _, reason) in WAYS {
        let mut child = child("child_controls", &folder, &[]);
        let sequence = trainer.publish(&Observation::EMPTY).unwrap().sequence;
        assert_eq!(ask(&mut child, "decide"), sequence.to_string(), "{how}");
        let mut decision = Decision::default();
        assert!(matches!(
            trainer.wait_decision(0, sequence, &mut decision, patiently()).unwrap(),
            Read::Record(_)
        ));
        end_child(&mut child, how);
        let gone = Read::WriterGone(ending);
        assert_eq!(trainer.next_decision(0, &mut decision, patiently()).unwrap(), gone, "{how}");
        assert_eq!(
            trainer.wait_decision(0, sequence + 1, &mut decision, patiently()).unwrap(),
            gone,
            "{how}"
        );
        let answers = trainer.wait_decisions(0, sequence + 1, &mut [decision], patiently()).unwrap();
        assert_eq!((answers.count, answers.end), (0, gone), "{how}");
        assert_eq!(trainer.controller_state(0).unwrap(), PeerState::Gone(ending), "{how}");
        assert_eq!(trainer.controller_reason(0).as_deref(), reason, "{how}");
        // A wait for commands of any lane goes on: a successor may send one.
        assert_eq!(trainer.next_command(Wait::sleep(Duration::from_millis(20))).unwrap(), None, "{how}");
    }
    assert_eq!(trainer.controller_reason(1), None, "no such lane");
}

/// A controller that fails leaves to its successor what one that was killed would leave.
#[test]
fn the_successor_of_a_failed_controller_is_given_what_was_left_and_the_last_outcome_again() {
    for (how, again) in [("abort no policy", true), ("panic policy", true), ("kill", true), ("close", false)]
    {
        let folder = Folder::new();
        let mut trainer = Trainer::create("link", &link(), &folder.options()).unwrap();
        let mut first = Controller::attach("link", &folder.options(), common::LONG).unwrap();
        first.send(request()).unwrap();
        drop(first);
        let received = trainer.try_command().unwrap().unwrap();
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        trainer.answer(&received, outcome).unwrap();
        for _ in 0..3 {
            trainer.publish(&Observation::EMPTY).unwrap();
        }
        let mut child = child("child_controls", &folder, &[]);
        assert_eq!(ask(&mut child, "decide"), "1");
        assert_eq!(ask(&mut child, "outcome"), "1");
        end_child(&mut child, how);
        let mut successor = Controller::attach("link", &folder.options(), common::LONG).unwrap();
        let mut observation = Observation::EMPTY;
        for n in 2..=3 {
            let read = successor.try_next(&mut observation).unwrap();
            let Read::Record(meta) = read else { panic!("{read:?}") };
            assert_eq!(meta.sequence, n, "{how}");
        }
        let outcome = successor.try_outcome().unwrap().map(|outcome| outcome.command_sequence);
        assert_eq!(outcome, again.then_some(1), "{how}");
    }
}

/// With `OnClose::Unlink` a clean close removes the name, and is reported as a close. Evidence of a
/// failure or a death stays.
#[test]
fn a_name_that_goes_with_its_creator_does_not_change_how_that_ended() {
    for (how, ending, _, reason) in WAYS {
        let folder = Folder::new();
        let mut child = child("child_trains", &folder, &[("UNLINK", "1")]);
        let mut controller = Controller::attach("link", &folder.options(), common::LONG).unwrap();
        let segment = Segment::attach("link", &folder.options().read_only()).unwrap();
        let mut observer = Observer::<Observation>::open(&segment, "observations", Start::Now).unwrap();
        end_child(&mut child, how);
        let files: &[&str] = if ending == Ending::Closed { &[] } else { &["link.leyline"] };
        assert_eq!(folder.files(), files, "{how}");
        let gone = Read::WriterGone(ending);
        let mut observation = Observation::EMPTY;
        assert_eq!(controller.next(&mut observation, patiently()).unwrap(), gone, "{how}");
        assert_eq!(observer.next(&mut observation, patiently()).unwrap(), gone, "{how}");
        assert_eq!(controller.trainer_reason().as_deref(), reason, "{how}");
        // A new link under the name is another matter.
        drop(Segment::recreate("link", &link().to_spec().unwrap(), &folder.options()));
        if ending == Ending::Closed {
            assert_eq!(observer.next(&mut observation, patiently()).unwrap(), Read::Superseded, "{how}");
        }
    }
}

/// A cleaner, `RemoveIPC` or rm(1) takes the name away from a link whose sides live.
#[test]
fn a_name_that_is_gone_under_living_holders_ends_nothing_and_is_shown() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(), &folder.options()).unwrap();
    let mut child = child("child_controls", &folder, &[]);
    let segment = Segment::attach("link", &folder.options()).unwrap();
    let mut observer = Observer::<Observation>::open(&segment, "observations", Start::Oldest).unwrap();
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    std::fs::remove_file(segment.path()).unwrap();
    assert_eq!(segment.name_state().unwrap(), NameState::Unlinked);

    let mut observation = Observation::EMPTY;
    for n in 1..=3 {
        assert_eq!(trainer.publish(&observation).unwrap().sequence, n);
        assert_eq!(ask(&mut child, "decide"), n.to_string());
        let mut decision = Decision::default();
        assert!(matches!(trainer.wait_decision(0, n, &mut decision, patiently()).unwrap(), Read::Record(_)));
        assert!(matches!(observer.next(&mut observation, patiently()).unwrap(), Read::Record(_)));
    }
    assert_eq!(observer.next(&mut observation, AT_ONCE).unwrap(), Read::TimedOut);
    assert_eq!(trainer.next_decision(0, &mut Decision::default(), AT_ONCE).unwrap(), Read::TimedOut);
    assert!(matches!(trainer.controller_state(0).unwrap(), PeerState::Held { .. }));
    assert!(matches!(observer.peer_state().unwrap(), PeerState::Held { .. }));
    // Nobody can join: not by the name, and not by a segment that is attached already.
    assert_eq!(Segment::attach("link", &folder.options()).unwrap_err().kind(), ErrorKind::NotFound);
    child.kill();
    assert_eq!(trainer.next_decision(0, &mut Decision::default(), patiently()).unwrap(), DIED);
    let e = Controller::on(&segment, 0).unwrap_err();
    assert_eq!((e.kind(), e.found()), (ErrorKind::Superseded, "no file"), "{e}");
    // Each ending is what it is.
    trainer.abort("no name");
    assert_eq!(observer.next(&mut observation, patiently()).unwrap(), FAILED);
    assert_eq!(observer.peer_reason().as_deref(), Some("no name"));
    // Another segment of that name supersedes this one.
    let new = Trainer::create("link", &link(), &folder.options()).unwrap();
    assert_eq!(segment.name_state().unwrap(), NameState::Replaced);
    assert_eq!(observer.next(&mut observation, patiently()).unwrap(), Read::Superseded);
    drop(new);
}

/// A side that asks after the segment was replaced is told where to go on.
#[test]
fn a_segment_that_was_replaced_is_superseded_however_its_writer_ended() {
    for (how, ending, ..) in WAYS {
        let folder = Folder::new();
        let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
        let mut early = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
        let mut late = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
        let mut child = child("child_writes", &folder, &[]);
        end_child(&mut child, how);
        let mut got = Number { n: 0 };
        assert_eq!(early.next(&mut got, patiently()).unwrap(), Read::WriterGone(ending), "{how}");
        drop(Segment::recreate("s", &spec(), &folder.options()).unwrap());
        assert_eq!(late.next(&mut got, patiently()).unwrap(), Read::Superseded, "{how}");
        // Its successor is in the new segment, and it would wait for it in vain.
        assert_eq!(early.next(&mut got, patiently()).unwrap(), Read::Superseded, "{how}");
    }
}

#[test]
fn a_reason_that_is_too_long_is_cut_at_a_character() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    let told = |reason: &str| {
        Writer::<Number>::open(&segment, "numbers").unwrap().abort(reason);
        observer.peer_reason().unwrap()
    };
    assert_eq!(told(&"x".repeat(127)), "x".repeat(127));
    assert_eq!(told(&"x".repeat(10_000)), "x".repeat(127));
    // 126 bytes and a character of four.
    assert_eq!(told(&format!("{}\u{1f331}", "x".repeat(126))), "x".repeat(126));
    assert_eq!(told(&"\u{e9}".repeat(64)), "\u{e9}".repeat(63));
    assert_eq!(told("short"), "short", "nothing is left of what was longer");
    assert_eq!(told("up to\0here"), "up to");
    assert_eq!(told(""), "");
}

/// A handle that is opened while a panic unwinds, as in a destructor that cleans up, has nothing to
/// do with that panic.
#[test]
fn a_handle_that_is_opened_in_a_panic_closes_in_order() {
    struct Cleanup(Segment);
    impl Drop for Cleanup {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            drop(Writer::<Number>::open(&self.0, "numbers").unwrap());
        }
    }
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let cleanup = Cleanup(segment.clone());
    let panicking = std::thread::spawn(move || {
        let _cleanup = cleanup;
        panic!("on purpose");
    });
    panicking.join().unwrap_err();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    assert_eq!(observer.next(&mut Number { n: 0 }, patiently()).unwrap(), CLOSED);
    // And one that outlived a panic that was caught closes in order too.
    let writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    std::panic::catch_unwind(|| panic!("on purpose")).unwrap_err();
    drop(writer);
    assert_eq!(observer.peer_state().unwrap(), PeerState::Gone(Ending::Closed));
}

/// Starts a program of another language with a link in its directory.
fn run_program(program: &Path, folder: &Folder, how: &str) {
    let ran = Command::new(program).arg(how).env("LEYLINE_DIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    if how.ends_with("uncaught") {
        assert_eq!(ran.status.signal(), Some(libc::SIGABRT), "{said}");
    } else {
        assert!(ran.status.success(), "{how}: {}\n{said}", ran.status);
    }
}

/// Runs a C or C++ program as each side of a link in turn and as a writer, and checks what the
/// other side is told.
fn ends_of_programs(program: &Path, ways: &[(&str, Ending, Option<&str>)]) {
    for (how, ending, reason) in ways {
        let folder = Folder::new();
        let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
        let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
        drop(Trainer::create("link", &link(), &folder.options()).unwrap());
        let mut controller = Controller::attach("link", &folder.options(), common::LONG).unwrap();
        run_program(program, &folder, &format!("trainer {how}"));
        let mut observation = Observation::EMPTY;
        let gone = Read::WriterGone(*ending);
        assert_eq!(controller.next(&mut observation, patiently()).unwrap(), gone, "{how}");
        assert_eq!(controller.trainer_reason().as_deref(), *reason, "{how}");
        drop(controller);
        let (mut trainer, _) = Trainer::open_or_create("link", &link(), &folder.options()).unwrap();
        run_program(program, &folder, &format!("controller {how}"));
        assert_eq!(trainer.next_decision(0, &mut Decision::default(), patiently()).unwrap(), gone, "{how}");
        assert_eq!(trainer.controller_reason(0).as_deref(), *reason, "{how}");
        run_program(program, &folder, &format!("writer {how}"));
        assert_eq!(observer.next(&mut Number { n: 0 }, patiently()).unwrap(), gone, "{how}");
        assert_eq!(observer.peer_reason().as_deref(), *reason, "{how}");
    }
}

/// Returns `tests/c/endings.c`, built once.
fn c_program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| native::c_program("cc", &["-std=c11"], "endings.c"))
}

#[test]
fn a_c_program_says_that_it_failed() {
    let long = "y".repeat(127);
    ends_of_programs(
        c_program(),
        &[
            ("close", Ending::Closed, None),
            ("abort", Ending::Failed, Some("the loader returned -7")),
            ("abort-at-length", Ending::Failed, Some(&long)),
            ("abort-without-a-word", Ending::Failed, Some("")),
            ("abort-in-other-bytes", Ending::Failed, Some("caf\u{fffd}")),
            ("exit", Ending::Died, None),
        ],
    );
}

#[test]
fn a_c_program_is_told_how_the_others_ended() {
    for (how, told, reason) in [
        ("close", "CLOSED", ""),
        ("abort \u{e9}t\u{e9}", "FAILED", "\u{e9}t\u{e9}"),
        ("panic loader", "FAILED", "panicked in thread \"loader\""),
        ("kill", "DIED", ""),
    ] {
        let folder = Folder::new();
        drop(Trainer::create("link", &link(), &folder.options()).unwrap());
        let mut child = child("child_trains", &folder, &[]);
        end_child(&mut child, how);
        run_program(c_program(), &folder, &format!("reads {told} {reason}"));
    }
}

#[test]
fn an_exception_that_destroys_a_handle_is_a_failure() {
    for compiler in ["g++", "clang++"] {
        if !Command::new(compiler).arg("--version").output().is_ok_and(|out| out.status.success()) {
            eprintln!("NOT CHECKED: there is no {compiler}");
            continue;
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/endings.cpp");
        let program = native::scratch("c-programs").join(format!("endings-{compiler}"));
        native::built(compiler, &["-std=c++17"], &source, &program);
        ends_of_programs(
            &program,
            &[
                ("close", Ending::Closed, None),
                ("throw", Ending::Failed, Some("destroyed by an exception")),
                ("throw-through-a-pointer", Ending::Failed, Some("destroyed by an exception")),
                ("abort", Ending::Failed, Some("the loader threw")),
                ("catch", Ending::Closed, None),
                // Without a handler nothing is unwound: the process aborts.
                ("uncaught", Ending::Died, None),
                ("open-in-a-destructor", Ending::Closed, None),
                ("move-assign", Ending::Failed, Some("destroyed by an exception")),
            ],
        );
    }
}
