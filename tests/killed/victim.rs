//! The program that `tests/integration/killed_at_every_step.rs` kills: `leyline-victim ROLE` does
//! all that its role can do, once, and says what it is about to do and what it has done. Where it
//! dies is in its environment; see `src/sys/kill.rs`.

mod records;

use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::stage::CommandType;
use leyline::{
    Answer, Commit, Consumer, Controller, Meta, Observation, Observer, Options, Read, Segment, Start,
    Trainer, Wait, Writer,
};
use records::{
    Checked, GERMINATE, KEEP, KEEP_SLOTS, NAME, REASON, RELEASE, free, link, occupied, rings, signals,
};
use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

/// Tells the survivors. They know it whatever happens next.
fn say(what: &str, number: impl Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {number}").unwrap();
    out.flush().unwrap();
}

/// A wait that falls asleep.
const NAP: Wait = Wait::sleep(Duration::from_millis(50));

fn main() {
    let role = std::env::args().nth(1).expect("a role");
    match role.as_str() {
        "creates" => creates(),
        "recreates" => recreates(),
        "writes" => writes(),
        "fails" => fails(),
        "fails_as_a_trainer" => fails_as_a_trainer(),
        "goes_on_alone" => goes_on_alone(),
        "consumes" => consumes(Commit::Manual),
        "consumes_by_itself" => consumes(Commit::Auto),
        "sleeps" => sleeps(),
        "trains" => trains(),
        "controls" => controls(),
        "hands_over" => hands_over(),
        "is_refused" => is_refused(),
        "succeeds" => succeeds(),
        "catches_up" => catches_up(),
        other => panic!("no such role: {other}"),
    }
    say("end", 0);
}

fn attach() -> Segment {
    Segment::attach(NAME, &Options::default()).unwrap()
}

fn creates() {
    let segment = Segment::create(NAME, &rings(), &Options::default().unlink_on_close()).unwrap();
    say("created", segment.size());
    drop(segment);
}

fn recreates() {
    let (segment, displaced) = Segment::recreate(NAME, &rings(), &Options::default()).unwrap();
    say("recreated", displaced.uncommitted);
    drop(segment);
}

fn writes() {
    let segment = attach();
    for turn in 0..2 {
        let mut writer = Writer::<Checked>::open(&segment, KEEP).unwrap();
        say("open", writer.generation());
        let mut n = writer.next_sequence();
        say("doing", n);
        writer.publish(&Checked::new(n)).unwrap();
        say("did", n);
        n += 1;
        say("doing", n + 2);
        writer.publish_batch(&[n, n + 1, n + 2].map(Checked::new)).unwrap();
        say("did", n + 2);
        say("closing", turn);
        drop(writer);
        say("closed", turn);
    }
}

fn fails() {
    let segment = attach();
    let mut writer = Writer::<Checked>::open(&segment, KEEP).unwrap();
    say("open", writer.generation());
    writer.publish(&Checked::new(1)).unwrap();
    say("failing", 0);
    writer.abort(REASON);
    say("failed", 0);
}

fn fails_as_a_trainer() {
    let (mut trainer, _) = Trainer::open_or_create(NAME, &link(), &Options::default()).unwrap();
    say("open", trainer.generation());
    trainer.publish(&occupied()).unwrap();
    say("failing", 0);
    trainer.abort(REASON);
    say("failed", 0);
}

fn goes_on_alone() {
    let segment = attach();
    let mut writer = Writer::<Checked>::open(&segment, RELEASE).unwrap();
    say("open", writer.generation());
    for n in 1..=20 {
        say("doing", n);
        writer.publish(&Checked::new(n)).unwrap();
        say("did", n);
    }
}

fn consumes(commit: Commit) {
    let segment = attach();
    let mut consumer = Consumer::<Checked>::open(&segment, KEEP, 0, commit).unwrap();
    say("open", 0);
    let mut got = Checked::new(0);
    for n in 1..=KEEP_SLOTS {
        say("doing", n);
        assert!(matches!(consumer.try_next(&mut got), Read::Record(meta) if meta.sequence == n));
        assert_eq!(got, Checked::new(n));
        if commit == Commit::Manual {
            consumer.commit().unwrap();
            say("did", n);
        }
    }
    assert_eq!(consumer.try_next(&mut got), Read::Empty);
    say("did", KEEP_SLOTS);
    drop(consumer);
}

fn sleeps() {
    let mut observer = Observer::<Checked>::open(&attach(), KEEP, Start::Now).unwrap();
    say("open", 0);
    let mut got = Checked::new(0);
    assert_eq!(observer.next(&mut got, NAP).unwrap(), Read::TimedOut);
}

fn trains() {
    let (mut trainer, _) = Trainer::open_or_create(NAME, &link(), &Options::default()).unwrap();
    say("open", trainer.generation());
    // The one with its signals, the other without.
    say("doing", 1);
    trainer.publish(&signals()).unwrap();
    say("did", 1);
    say("doing", 2);
    trainer.publish(&occupied()).unwrap();
    say("did", 2);
    let executed = |trainer: &mut Trainer, received: &_, accepted: bool| {
        let leyline::ReceivedCommand { command, sequence, .. } = received;
        if accepted {
            trainer.answer(received, CommandOutcome::accepted(command, *sequence)).unwrap();
        }
        trainer.answer(received, CommandOutcome::executed(command, *sequence)).unwrap();
        say("answered", sequence);
    };
    // The second is answered before the first, the fourth is refused.
    let mut taken = Vec::new();
    while let Some(received) = trainer.try_command().unwrap() {
        say("executing", received.sequence);
        taken.push(received);
        if taken.len() == 2 {
            executed(&mut trainer, &taken[1], false);
            executed(&mut trainer, &taken[0], true);
            taken.clear();
        }
    }
    for received in &taken {
        executed(&mut trainer, received, false);
    }
    let read = trainer.wait_decision(0, 2, &mut Decision::default(), NAP).unwrap();
    assert!(matches!(read, Read::TimedOut | Read::WriterGone(_)), "{read:?}");
    say("closing", 0);
    drop(trainer);
    say("closed", 0);
}

/// Hands the ring over for a turn to a device that publishes nothing.
fn hands_over() {
    let (mut trainer, _) = Trainer::open_or_create(NAME, &link(), &Options::default()).unwrap();
    say("open", trainer.generation());
    trainer.publish(&occupied()).unwrap();
    say("did", 1);
    say("handing", 0);
    trainer.hand_over().unwrap();
    say("handed", 0);
    assert_eq!(trainer.take_back().unwrap(), 0);
    say("taken", 0);
    trainer.publish(&occupied()).unwrap();
    say("did", 2);
    drop(trainer);
}

fn controls() {
    let mut controller = Controller::attach(NAME, &Options::default(), Duration::from_secs(60)).unwrap();
    say("open", 0);
    let mut observation = Observation::EMPTY;
    for n in 1..=2 {
        say("taking", n);
        let outcome = controller.try_outcome().unwrap().expect("an outcome");
        say("took", outcome.command_sequence);
    }
    // The first two one by one, the others together.
    for n in 1..=2 {
        let read = controller.next(&mut observation, NAP).unwrap();
        let Read::Record(meta) = read else { panic!("{read:?}") };
        assert_eq!((meta.sequence, observation), (n, free()));
        say("doing", n);
        let decided = controller.decide(&meta, GERMINATE, &Answer::default()).unwrap();
        say("did", n);
        assert!(decided.command.is_some());
    }
    let (mut block, mut metas) = ([Observation::EMPTY; 2], [Meta::default(); 2]);
    assert_eq!(controller.try_next_batch(&mut block, &mut metas).unwrap().count, 2);
    say("doing", 4);
    assert_eq!(controller.decide_batch(&metas, &[GERMINATE; 2], &[], &mut []).unwrap(), 2);
    say("did", 4);
    assert_eq!(controller.next(&mut observation, NAP).unwrap(), Read::TimedOut);
    say("sending", 0);
    controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
    say("sent", 0);
    say("closing", 0);
    drop(controller);
    say("closed", 0);
}

/// Is refused the room for a command, decides on later observations first, and comes back.
fn is_refused() {
    let mut controller = Controller::attach(NAME, &Options::default(), Duration::from_secs(60)).unwrap();
    say("open", 0);
    let (mut block, mut metas) = ([Observation::EMPTY; 7], [Meta::default(); 7]);
    assert_eq!(controller.try_next_batch(&mut block, &mut metas).unwrap().count, 7);
    assert_eq!(controller.decide_batch(&metas[..5], &[GERMINATE; 5], &[], &mut []).unwrap(), 4);
    let wait = |controller: &mut Controller, meta: &Meta| {
        controller.decide(meta, 0, &Answer::default()).unwrap();
        say("did", meta.sequence);
    };
    let refused = controller.decide(&metas[5], GERMINATE, &Answer::default()).unwrap_err();
    assert_eq!(refused.kind(), leyline::ErrorKind::Full);
    // Later ones first, and those that were refused in the order of their refusal reversed.
    wait(&mut controller, &metas[6]);
    wait(&mut controller, &metas[5]);
    assert_eq!(controller.wait_on_all(&metas[4..5]).unwrap(), 1);
    say("did", 5);
}

/// Waits on all that there is, the last first.
fn catches_up() {
    let mut controller = Controller::attach(NAME, &Options::default(), Duration::from_secs(60)).unwrap();
    say("open", 0);
    let (mut block, mut metas) = ([Observation::EMPTY; 7], [Meta::default(); 7]);
    assert_eq!(controller.try_next_batch(&mut block, &mut metas).unwrap().count, 7);
    metas.reverse();
    assert_eq!(controller.wait_on_all(&metas).unwrap(), 7);
    for meta in metas {
        say("did", meta.sequence);
    }
}

/// Comes after one that was refused the room for two commands, and catches up.
fn succeeds() {
    let mut controller = Controller::attach(NAME, &Options::default(), Duration::from_secs(60)).unwrap();
    say("open", 0);
    let mut observation = Observation::EMPTY;
    for n in [5, 7, 9] {
        let Read::Record(meta) = controller.try_next(&mut observation).unwrap() else { panic!("nothing") };
        assert_eq!(meta.sequence, n);
        say("doing", n);
        controller.decide(&meta, GERMINATE, &Answer::default()).unwrap();
        say("did", n);
    }
}
