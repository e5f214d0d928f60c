//! No system calls while data flows: a process that may make none publishes, polls, decides and
//! answers.

use crate::common::{self, Folder, LONG, filter_system_calls, start_with, step};
use leyline::contract::decision::Decision;
use leyline::{
    ActionSpace, Answer, Commit, Consumer, Controller, Feature, LinkSpec, Observation, Observer, Options,
    Policy, Read, RingSpec, Segment, Spec, Stamp, Start, Steering, SteeringOptions, TimeSource, Trainer,
    Writer,
};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Makes any system call of this thread, except exit, kill the process.
fn forbid_system_calls() {
    const EXIT: u32 = libc::SYS_exit_group as u32;
    filter_system_calls(&mut [
        // The number of the system call.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, EXIT),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
    ]);
}

/// The exit status of a child that finished. A failed assertion makes a system call to print, and
/// is killed.
const DONE: i32 = 42;

fn done() -> ! {
    // SAFETY: it ends the process, at once.
    unsafe { libc::_exit(DONE) }
}

fn end_of(what: &str, source: &str) -> ExitStatus {
    let folder = Folder::new();
    start_with("child_that_may_make_no_system_call", &folder, &[("WHAT", what), ("SOURCE", source)]).wait()
}

/// Returns the time sources that need no system call here. The clock is one where the kernel lets
/// user space read it.
fn sources() -> Vec<&'static str> {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let clock = std::fs::read_to_string(path).unwrap_or_default();
    if ["tsc", "kvm-clock", "arch_sys_counter"].contains(&clock.trim()) {
        vec!["caller", "tsc", "clock"]
    } else {
        eprintln!(
            "NOT CHECKED: records stamped by the library: reading the clock {} is a system call",
            clock.trim()
        );
        vec!["caller"]
    }
}

#[test]
fn a_ring_is_written_and_read_without_a_system_call() {
    for source in sources() {
        assert_eq!(end_of("ring", source).code(), Some(DONE), "{source}");
    }
}

#[test]
fn a_link_works_without_a_system_call() {
    for source in sources() {
        assert_eq!(end_of("link", source).code(), Some(DONE), "{source}");
    }
}

#[test]
fn a_trainer_steps_without_a_system_call() {
    for source in sources() {
        assert_eq!(end_of("steering", source).code(), Some(DONE), "{source}");
    }
}

#[test]
fn a_system_call_would_have_been_seen() {
    assert_eq!(end_of("state", "caller").signal(), Some(libc::SIGSYS));
}

const RECORDS: u64 = 20_000;

#[test]
#[ignore = "a child process"]
fn child_that_may_make_no_system_call() {
    if !common::is_child() {
        return;
    }
    let source = match std::env::var("SOURCE").unwrap().as_str() {
        "caller" => TimeSource::Caller,
        "tsc" => TimeSource::Tsc,
        "clock" => TimeSource::Clock,
        other => panic!("{other}"),
    };
    match std::env::var("WHAT").unwrap().as_str() {
        "ring" => ring(source),
        "link" => link(source),
        "steering" => steering(source),
        _ => {
            // Only the kernel knows if its writer lives.
            let (_segment, _writer, observer, _consumer) = ring_of(source);
            forbid_system_calls();
            let _ = observer.peer_state();
            done();
        }
    }
}

type Ends = (Segment, Writer<Observation>, Observer<Observation>, Consumer<Observation>);

fn ring_of(source: TimeSource) -> Ends {
    let ring = RingSpec::new::<Observation>("o").unwrap().capacity(64).consumers(1, Policy::Keep);
    let segment =
        Segment::create("s", &Spec::new().ring(ring.time_source(source)), &Options::default()).unwrap();
    let writer = Writer::open(&segment, "o").unwrap();
    let observer = Observer::open(&segment, "o", Start::Oldest).unwrap();
    let consumer = Consumer::open(&segment, "o", 0, Commit::Manual).unwrap();
    (segment, writer, observer, consumer)
}

fn observation(n: u64) -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::TrainLoss] = (n % 1000) as f32;
    observation
}

/// Publishes and reads single records and batches, polls an empty ring, and meets a full one.
fn ring(source: TimeSource) -> ! {
    let (_segment, mut writer, mut observer, mut consumer) = ring_of(source);
    let mut got = Observation::EMPTY;
    forbid_system_calls();
    for n in 1..=RECORDS {
        assert!(observer.try_next(&mut got) == Read::Empty && consumer.try_next(&mut got) == Read::Empty);
        let sequence = if n % 2 == 0 {
            writer.publish(&observation(n))
        } else {
            writer.publish_stamped(&observation(n), Stamp::default())
        };
        assert!(sequence.is_ok_and(|s| s == n));
        assert!(matches!(observer.try_latest(&mut got), Read::Record(m) if m.sequence == n));
        assert!(matches!(consumer.try_next(&mut got), Read::Record(m) if m.sequence == n));
        assert!(got == observation(n) && consumer.commit().is_ok());
    }
    for _ in 0..3 {
        assert!(writer.publish_batch(&[observation(1); 64]).is_ok_and(|n| n == 64));
        let (mut records, mut metas) = ([Observation::EMPTY; 64], [leyline::Meta::default(); 64]);
        assert!(consumer.try_next_batch(&mut records, &mut metas).is_ok_and(|b| b.count == 64));
        assert!(consumer.commit().is_ok());
    }
    done();
}

/// Publishes observations, decides on them, and polls for commands and outcomes. Sends no command:
/// its id takes a system call for random bytes.
fn link(source: TimeSource) -> ! {
    let spec = LinkSpec::new(&ActionSpace::cnn()).time_source(source);
    let mut trainer = Trainer::create("l", &spec, &Options::default()).unwrap();
    let mut controller = Controller::attach("l", &Options::default(), LONG).unwrap();
    let (mut got, mut decision) = (Observation::EMPTY, Decision::default());
    forbid_system_calls();
    for n in 1..=RECORDS {
        assert!(controller.try_next(&mut got).is_ok_and(|r| r == Read::Empty));
        assert!(trainer.publish(&observation(n)).is_ok_and(|p| p.sequence == n && p.sanitized == 0));
        let Ok(Read::Record(meta)) = controller.try_next(&mut got) else { std::process::abort() };
        assert!(got == observation(n));
        assert!(controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).is_ok());
        while !trainer.try_decision(0, &mut decision).is_ok_and(|r| matches!(r, Read::Record(_))) {}
        assert!(decision.observation_sequence == n);
        assert!(trainer.try_decision(0, &mut decision).is_ok_and(|r| r == Read::Empty));
        assert!(trainer.try_command().is_ok_and(|c| c.is_none()));
        assert!(controller.try_outcome().is_ok_and(|o| o.is_none()));
    }
    done();
}

/// Steps as a whole: publishes, takes in decisions, and looks for commands.
fn steering(source: TimeSource) -> ! {
    let spec = LinkSpec::new(&ActionSpace::cnn()).time_source(source);
    let trainer = Trainer::create("l", &spec, &Options::default()).unwrap();
    let mut steering = Steering::new(trainer, &SteeringOptions::new(25)).unwrap();
    let mut controller = Controller::attach("l", &Options::default(), LONG).unwrap();
    let mut got = Observation::EMPTY;
    forbid_system_calls();
    for n in 1..=RECORDS {
        let steered = steering.step(1, n, 0.5, &mut ());
        assert!(steered.is_ok_and(|s| s.sequence == n && s.decisions == usize::from(n > 1)));
        let Ok(Read::Record(meta)) = controller.try_next(&mut got) else { std::process::abort() };
        assert!(controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).is_ok());
    }
    done();
}
