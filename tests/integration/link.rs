//! The standard link between processes: what a trainer and its controllers rely on when the other
//! side dies.

use crate::common::{self, AT_ONCE, Folder, Running, free, occupied, patiently, record};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use leyline::contract::signals::{TrainingMetrics, TrainingSignals};
use leyline::contract::stage::{CommandType, SeedStage};
use leyline::link::{commands_ring, decisions_ring, outcomes_ring};
use leyline::{
    ActionSpace, Answer, Controller, Ending, ErrorKind, Feature, Flags, LinkSpec, Meta, NameState,
    Observation, Observer, Opened, Options, PeerState, Read, Segment, Stamp, Start, Trainer, Writer,
};
use std::time::Duration;

const NAME: &str = "link";
/// GERMINATE of the first blueprint.
const GERMINATE: usize = 1;

fn spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).commands(8)
}

/// Returns both ends of a link, in this process.
fn pair(folder: &Folder, spec: &LinkSpec) -> (Trainer, Controller) {
    let trainer = Trainer::create(NAME, spec, &folder.options()).unwrap();
    let controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    (trainer, controller)
}

fn observe(controller: &mut Controller) -> (Meta, Observation) {
    let mut observation = Observation::EMPTY;
    (record(controller.next(&mut observation, patiently()).unwrap()), observation)
}

fn cull() -> AdaptationCommand {
    AdaptationCommand::new(CommandType::Cull).with_target_stage(SeedStage::Culled)
}

/// Reads every decision in the ring, with its meta.
fn decisions(segment: &Segment, lane: u32) -> Vec<(Meta, Decision)> {
    let mut observer = Observer::open(segment, &decisions_ring(lane), Start::Oldest).unwrap();
    let mut all = Vec::new();
    loop {
        let mut decision = Decision::default();
        match observer.try_next(&mut decision) {
            Read::Record(meta) => all.push((meta, decision)),
            Read::Restarted { .. } => {}
            Read::Empty => return all,
            other => panic!("{other:?}"),
        }
    }
}

/// Decides WAIT on every observation, and reports the sequence of the first.
#[test]
#[ignore = "a child process"]
fn child_controller() {
    if !common::is_child() {
        return;
    }
    let lane = std::env::var("LANE").unwrap().parse().unwrap();
    common::say("attaching");
    let segment = Segment::attach_waiting(NAME, &Options::default(), common::LONG).unwrap();
    let mut controller = Controller::on(&segment, lane).unwrap();
    let mut observation = Observation::EMPTY;
    common::say("attached");
    let mut first = true;
    loop {
        match controller.next(&mut observation, patiently()).unwrap() {
            Read::Record(meta) => {
                controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
                if std::mem::take(&mut first) {
                    common::say(meta.sequence);
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Executes its parent's commands, and reports each result.
#[test]
#[ignore = "a child process"]
fn child_trainer() {
    if !common::is_child() {
        return;
    }
    let (mut trainer, opened) = Trainer::open_or_create(NAME, &spec(), &Options::default()).unwrap();
    common::say(format!("{opened:?} {}", trainer.generation()));
    let mut taken = Vec::new();
    while let Some(line) = common::listen() {
        let mut words = line.split(' ');
        match words.next().unwrap() {
            "publish" => common::say(trainer.publish(&free()).unwrap().sequence),
            "take" => match trainer.try_command().unwrap() {
                Some(received) => {
                    common::say(received.sequence);
                    taken.push(received);
                }
                None => common::say(format!("none, {} refused", trainer.refused())),
            },
            "execute" => {
                let sequence: u64 = words.next().unwrap().parse().unwrap();
                let received = taken.iter().find(|r| r.sequence == sequence).unwrap();
                let outcome = CommandOutcome::executed(&received.command, sequence);
                common::say(trainer.answer(received, outcome).unwrap());
            }
            other => panic!("{other}"),
        }
    }
}

fn ask(trainer: &mut Running, words: &str) -> String {
    trainer.tell(words);
    trainer.hear()
}

fn start_controller(folder: &Folder, lane: &str) -> Running {
    let mut controller = common::start_with("child_controller", folder, &[("LANE", lane)]);
    assert_eq!(controller.hear(), "attaching");
    controller
}

fn start_trainer(folder: &Folder, opened: Opened, epoch: u64) -> Running {
    let mut trainer = common::start("child_trainer", folder);
    assert_eq!(trainer.hear(), format!("{opened:?} {epoch}"));
    trainer
}

#[test]
fn a_controller_killed_in_mid_run_is_succeeded_without_a_gap_or_a_repetition() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let mut controller = start_controller(&folder, "0");
    assert_eq!(controller.hear(), "attached");
    for _ in 0..2000 {
        trainer.publish(&free()).unwrap();
    }
    let mut decision = Decision::default();
    assert!(record(trainer.wait_decision(0, 100, &mut decision, patiently()).unwrap()).sequence >= 100);
    controller.kill();

    let mut last = 0;
    for _ in 0..100 {
        last = trainer.publish(&free()).unwrap().sequence;
    }
    assert_eq!(last, 2100);
    let gone = trainer.wait_decision(0, last, &mut decision, patiently()).unwrap();
    assert_eq!(gone, Read::WriterGone(Ending::Died));
    assert_eq!(trainer.controller_state(0).unwrap(), PeerState::Gone(Ending::Died));
    let before = decisions(trainer.segment(), 0).len() as u64;
    assert!((100..=2000).contains(&before));

    let mut controller = start_controller(&folder, "0");
    assert_eq!(controller.hear(), "attached");
    assert_eq!(controller.hear(), (before + 1).to_string());
    let answered = record(trainer.wait_decision(0, last, &mut decision, patiently()).unwrap());
    assert_eq!((answered.sequence, answered.generation, decision.observation_sequence), (last, 2, last));
    assert_eq!(trainer.decided(), last);
    for (n, (meta, decision)) in (1..).zip(decisions(trainer.segment(), 0)) {
        assert_eq!((meta.sequence, decision.observation_sequence, decision.writer_generation), (n, n, 1));
        assert_eq!(meta.generation, if n <= before { 1 } else { 2 });
    }
}

/// Decides GERMINATE on every second observation and WAIT on the others.
#[test]
#[ignore = "a child process"]
fn child_acts() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach(NAME, &Options::default(), common::LONG).unwrap();
    common::say("attached");
    loop {
        let (meta, _) = observe(&mut controller);
        let action = if meta.sequence % 2 == 0 { GERMINATE } else { ActionSpace::WAIT };
        while let Err(e) = controller.decide(&meta, action, &Answer::default()) {
            assert_eq!(e.kind(), ErrorKind::Full);
            std::thread::yield_now();
        }
        while controller.try_outcome().unwrap().is_some() {}
    }
}

#[test]
fn every_decision_that_is_seen_has_its_command_however_often_its_controller_is_killed() {
    const LIVES: u64 = 5;
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let mut decision = Decision::default();
    let (mut decided, mut commands) = (0, Vec::new());
    for life in 1..=LIVES {
        let mut controller = common::start("child_acts", &folder);
        assert_eq!(controller.hear(), "attached");
        for _ in 0..200 {
            // Each in an environment of its own: no command leaves another nothing to do.
            let env = trainer.sent() as u16;
            trainer.publish_stamped(&free(), Stamp { env, ..Stamp::default() }).unwrap();
        }
        let mut killed = false;
        loop {
            let read = trainer.try_decision(0, &mut decision).unwrap();
            while let Some(received) = trainer.try_command().unwrap() {
                commands.push((received.sequence, received.command.observation_sequence));
                let outcome = CommandOutcome::executed(&received.command, received.sequence);
                trainer.answer(&received, outcome).unwrap();
            }
            match read {
                Read::Record(_) => {
                    decided += 1;
                    assert_eq!(decision.observation_sequence, decided);
                    let acted = commands.iter().any(|&(_, observation)| observation == decided);
                    assert_eq!(acted, decided % 2 == 0, "observation {decided}");
                }
                Read::Empty if killed => break,
                _ => std::thread::yield_now(),
            }
            if !killed && decided >= 100 * life {
                controller.kill();
                killed = true;
            }
        }
    }
    assert!((1..).zip(&commands).all(|(n, &(sequence, _))| n == sequence));
    // One for each decision; that of the last one killed may have none yet.
    assert!((decided / 2..=decided / 2 + 1).contains(&(commands.len() as u64)));
}

#[test]
fn a_trainer_killed_is_succeeded_and_its_controller_told() {
    let folder = Folder::new();
    let mut trainer = start_trainer(&folder, Opened::Created, 1);
    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    assert_eq!(ask(&mut trainer, "publish"), "1");
    assert_eq!(observe(&mut controller).0.generation, 1);
    trainer.kill();
    let mut observation = Observation::EMPTY;
    let gone = controller.next(&mut observation, patiently()).unwrap();
    assert_eq!(gone, Read::WriterGone(Ending::Died));
    assert_eq!(controller.trainer_state().unwrap(), PeerState::Gone(Ending::Died));

    let mut trainer = start_trainer(&folder, Opened::Attached, 2);
    assert!(matches!(controller.trainer_state().unwrap(), PeerState::Held { .. }));
    assert_eq!(ask(&mut trainer, "publish"), "2");
    let told = controller.next(&mut observation, patiently()).unwrap();
    assert_eq!(told, Read::Restarted { generation: 2, first_sequence: 2 });
    let (meta, _) = observe(&mut controller);
    assert_eq!((meta.sequence, meta.generation), (2, 2));
    assert_eq!((controller.received(), controller.lost()), (2, 0));
}

#[test]
fn commands_outlive_the_trainer_that_did_not_answer_them() {
    let folder = Folder::new();
    let mut trainer = start_trainer(&folder, Opened::Created, 1);
    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let tickets = [(); 4].map(|()| controller.send(cull()).unwrap());
    assert_eq!(tickets.map(|t| t.sequence), [1, 2, 3, 4]);
    for n in ["1", "2", "3"] {
        assert_eq!(ask(&mut trainer, "take"), n);
    }
    // The first is committed. The third is answered but cannot be committed, because the second is
    // not answered.
    ask(&mut trainer, "execute 1");
    ask(&mut trainer, "execute 3");
    trainer.kill();

    let mut trainer = start_trainer(&folder, Opened::Attached, 2);
    assert_eq!(ask(&mut trainer, "take"), "2");
    assert_eq!(ask(&mut trainer, "take"), "4");
    assert_eq!(ask(&mut trainer, "take"), "none, 0 refused");
    ask(&mut trainer, "execute 4");
    ask(&mut trainer, "execute 2");
    for ticket in tickets {
        let outcome = controller.wait_outcome(&ticket.id, patiently()).unwrap();
        assert_eq!(outcome.status().unwrap(), OutcomeStatus::Executed);
        assert_eq!(outcome.command_sequence, ticket.sequence);
    }
    assert_eq!(controller.try_outcome().unwrap(), None);
    trainer.kill();
    let mut trainer = start_trainer(&folder, Opened::Attached, 3);
    assert_eq!(ask(&mut trainer, "take"), "none, 0 refused");
}

/// Sends the command for an observation, and is killed before it decides.
#[test]
#[ignore = "a child process"]
fn child_dies_between_its_command_and_its_decision() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach(NAME, &Options::default()).unwrap();
    let mut commands = Writer::<AdaptationCommand>::open(&segment, &commands_ring(0)).unwrap();
    let command = AdaptationCommand::new(CommandType::Germinate)
        .with_blueprint("norm")
        .unwrap()
        .answering(1, 1, 0)
        .with_action(GERMINATE as u16)
        .with_confidence(0.25)
        .unwrap();
    commands.publish(&AdaptationCommand { id: [5; 16], ..command }).unwrap();
    common::say("sent");
    common::listen();
}

#[test]
fn a_command_whose_controller_died_before_its_decision_is_decided_on_by_the_successor() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    for _ in 0..2 {
        trainer.publish(&free()).unwrap();
    }
    let mut child = common::start("child_dies_between_its_command_and_its_decision", &folder);
    assert_eq!(child.hear(), "sent");
    child.kill();

    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let (first, _) = observe(&mut successor);
    // A batch that is refused settles nothing.
    let e = successor.wait_on_all(&[first, Meta { sequence: 99, ..first }]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    // Whatever it would have done itself.
    let decided = successor.decide(&first, ActionSpace::WAIT, &Answer::default()).unwrap();
    assert_eq!(decided.command.map(|t| (t.id, t.sequence)), Some(([5; 16], 1)));
    let (second, _) = observe(&mut successor);
    assert_eq!(successor.decide(&second, ActionSpace::WAIT, &Answer::default()).unwrap().command, None);
    let of = |(_, d): &(Meta, Decision)| (d.observation_sequence, d.action, d.confidence.to_bits());
    let all: Vec<_> = decisions(trainer.segment(), 0).iter().map(of).collect();
    assert_eq!(all, [(1, GERMINATE as u16, 0.25f32.to_bits()), (2, 0, 1.0f32.to_bits())]);
    assert_eq!(trainer.try_command().unwrap().unwrap().command.id, [5; 16]);
    assert_eq!(trainer.try_command().unwrap(), None);
    // A later successor finds nothing left to be decided.
    let again = successor.decide(&first, GERMINATE, &Answer::default()).unwrap();
    assert_eq!(again.command.unwrap().sequence, 2);
}

#[test]
fn no_number_of_notices_pushes_a_final_answer_out_of_its_ring() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    for _ in 0..8 {
        controller.send(cull()).unwrap();
    }
    let mut taken = Vec::new();
    while let Some(received) = trainer.try_command().unwrap() {
        taken.push(received);
    }
    let executed = |r: &leyline::ReceivedCommand| CommandOutcome::executed(&r.command, r.sequence);
    trainer.answer(&taken[1], executed(&taken[1])).unwrap();
    let mut notices = 0;
    let full = loop {
        match trainer.answer(&taken[0], CommandOutcome::accepted(&taken[0].command, 1)) {
            Ok(_) => notices += 1,
            Err(e) => break e.kind(),
        }
        assert!(notices < 1000, "nothing bounds the notices");
        while controller.try_outcome().unwrap().is_some() {}
    };
    assert_eq!(full, ErrorKind::Full);
    assert!(notices >= 8, "{notices}");
    // Final answers always find room; the first command stays open, so that none of them is
    // committed.
    for received in &taken[2..] {
        trainer.answer(received, executed(received)).unwrap();
    }
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    let first = trainer.try_command().unwrap().unwrap();
    assert_eq!(first.sequence, 1);
    assert_eq!(trainer.try_command().unwrap(), None, "answered commands are not executed again");
    // The answers of the predecessor bound the successor too.
    let notice = CommandOutcome::accepted(&first.command, 1);
    assert_eq!(trainer.answer(&first, notice).unwrap_err().kind(), ErrorKind::Full);
    trainer.answer(&first, executed(&first)).unwrap();
}

/// Answers the command with the given id, and is killed before it commits.
#[test]
#[ignore = "a child process"]
fn child_dies_between_the_outcome_and_the_commit() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach(NAME, &Options::default()).unwrap();
    let mut outcomes = Writer::<CommandOutcome>::open(&segment, &outcomes_ring(0)).unwrap();
    let mut commands = Observer::open(&segment, &commands_ring(0), Start::Oldest).unwrap();
    let mut command = AdaptationCommand::new(CommandType::Cull);
    let meta = record(commands.try_next(&mut command));
    outcomes.publish(&CommandOutcome::executed(&command, meta.sequence)).unwrap();
    common::say("answered");
    common::listen();
}

#[test]
fn what_was_answered_but_not_committed_is_not_executed_again() {
    let folder = Folder::new();
    let (trainer, mut controller) = pair(&folder, &spec());
    drop(trainer);
    let tickets = [(); 2].map(|()| controller.send(cull()).unwrap());
    let mut child = common::start("child_dies_between_the_outcome_and_the_commit", &folder);
    assert_eq!(child.hear(), "answered");
    child.kill();

    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    trainer.publish(&occupied()).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!(received.sequence, 2);
    assert_eq!(trainer.try_command().unwrap(), None);
    let outcome = CommandOutcome::executed(&received.command, received.sequence);
    trainer.answer(&received, outcome).unwrap();
    for ticket in tickets {
        assert_eq!(
            controller.wait_outcome(&ticket.id, patiently()).unwrap().command_sequence,
            ticket.sequence
        );
    }
    assert_eq!(controller.try_outcome().unwrap(), None);
    // Both are committed: nothing is left for the next one.
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!(trainer.try_command().unwrap(), None);
}

#[test]
fn a_command_counts_as_answered_by_its_place_and_not_by_its_id() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    // A caller's own ids need not be unique.
    for _ in 0..2 {
        controller.send(AdaptationCommand { id: [9; 16], ..cull() }).unwrap();
    }
    let taken = [(); 2].map(|()| trainer.try_command().unwrap().unwrap());
    trainer.answer(&taken[1], CommandOutcome::executed(&taken[1].command, 2)).unwrap();
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!(trainer.try_command().unwrap().unwrap().sequence, 1);
    assert_eq!(trainer.try_command().unwrap(), None);
}

#[test]
fn a_link_is_replaced_when_its_controllers_are_gone_or_its_name_was_taken_away() {
    let folder = Folder::new();
    let (trainer, mut controller) = pair(&folder, &spec());
    drop(trainer);
    let ticket = controller.send(cull()).unwrap();
    let refused = Trainer::recreate(NAME, &spec(), &folder.options()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RoleHeld);
    Segment::unlink(NAME, &folder.options()).unwrap();
    let replaced = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let mut observation = Observation::EMPTY;
    assert_eq!(controller.next(&mut observation, patiently()).unwrap(), Read::Superseded);
    assert_eq!(controller.trainer_state().unwrap(), PeerState::Superseded);
    assert_eq!(controller.wait_outcome(&ticket.id, patiently()).unwrap_err().kind(), ErrorKind::Superseded);

    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    controller.send(cull()).unwrap();
    drop((replaced, controller));
    let (mut trainer, displaced) = Trainer::recreate(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!((displaced.segments, displaced.uncommitted), (1, 1));
    assert_eq!((trainer.generation(), trainer.try_command().unwrap()), (1, None));
}

#[test]
fn waiting_for_an_outcome_ends_with_it_in_time_or_with_the_trainer() {
    let folder = Folder::new();
    let mut trainer = start_trainer(&folder, Opened::Created, 1);
    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let first = controller.send(cull()).unwrap();
    let second = controller.send(cull()).unwrap();
    let late = controller.wait_outcome(&first.id, AT_ONCE).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert_eq!((ask(&mut trainer, "take"), ask(&mut trainer, "take")), ("1".into(), "2".into()));
    ask(&mut trainer, "execute 1");
    ask(&mut trainer, "execute 2");
    // That of another command is kept.
    assert_eq!(controller.wait_outcome(&second.id, patiently()).unwrap().command_id, second.id);
    assert_eq!(controller.try_outcome().unwrap().unwrap().command_id, first.id);
    assert_eq!(controller.try_outcome().unwrap(), None);

    let third = controller.send(cull()).unwrap();
    trainer.kill();
    let gone = controller.wait_outcome(&third.id, patiently()).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::PeerGone);
    let mut trainer = start_trainer(&folder, Opened::Attached, 2);
    assert_eq!(ask(&mut trainer, "take"), "3");
    ask(&mut trainer, "execute 3");
    assert_eq!(controller.wait_outcome(&third.id, patiently()).unwrap().command_id, third.id);
}

#[test]
fn a_controller_may_start_before_its_trainer_or_after() {
    for first in ["controller", "trainer"] {
        let folder = Folder::new();
        let mut early = (first == "controller").then(|| start_controller(&folder, "0"));
        let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
        if early.is_none() {
            trainer.publish(&free()).unwrap();
            assert_eq!(trainer.controller_state(0).unwrap(), PeerState::Never);
        }
        let mut controller = early.take().unwrap_or_else(|| start_controller(&folder, "0"));
        assert_eq!(controller.hear(), "attached");
        let state = trainer.wait_for_controller(0, patiently()).unwrap();
        assert!(matches!(state, PeerState::Held { .. }), "{state:?}");
        let sequence = trainer.publish(&free()).unwrap().sequence;
        let mut decision = Decision::default();
        let answered = trainer.wait_decision(0, sequence, &mut decision, patiently()).unwrap();
        assert_eq!((record(answered).sequence, decision.observation_sequence), (sequence, sequence));
        // A new lane begins with the oldest observation there is.
        assert_eq!(controller.hear(), "1");
    }
}

#[test]
fn lanes_have_a_controller_each_and_do_not_depend_on_one_another() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec().lanes(2), &folder.options()).unwrap();
    let mut controllers = ["0", "1"].map(|lane| start_controller(&folder, lane));
    for controller in &mut controllers {
        assert_eq!(controller.hear(), "attached");
    }
    let mut decision = Decision::default();
    let mut sequence = trainer.publish(&free()).unwrap().sequence;
    for lane in 0..2 {
        assert_eq!(
            record(trainer.wait_decision(lane, sequence, &mut decision, patiently()).unwrap()).sequence,
            1
        );
    }
    let segment = trainer.segment().clone();
    for lane in 0..2 {
        assert_eq!(Controller::on(&segment, lane).unwrap_err().kind(), ErrorKind::RoleHeld);
    }
    controllers[0].kill();
    sequence = trainer.publish(&free()).unwrap().sequence;
    assert_eq!(record(trainer.wait_decision(1, sequence, &mut decision, patiently()).unwrap()).sequence, 2);
    let gone = trainer.wait_decision(0, sequence, &mut decision, patiently()).unwrap();
    assert_eq!(gone, Read::WriterGone(Ending::Died));
    assert_eq!(Controller::on(&segment, 0).unwrap().lane(), 0);

    assert_eq!(trainer.lanes(), 2);
    let kinds = [
        Controller::on(&segment, 2).unwrap_err().kind(),
        trainer.try_decision(2, &mut decision).unwrap_err().kind(),
        trainer.wait_decision(2, 1, &mut decision, patiently()).unwrap_err().kind(),
        trainer.controller_state(2).unwrap_err().kind(),
        trainer.wait_for_controller(2, patiently()).unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::NoSuchRing; 5]);
}

#[test]
fn a_link_has_one_trainer_at_a_time() {
    let folder = Folder::new();
    let mut trainer = start_trainer(&folder, Opened::Created, 1);
    let second = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap_err();
    assert_eq!(second.kind(), ErrorKind::RoleHeld);
    assert_eq!(ask(&mut trainer, "publish"), "1");
    trainer.kill();
    let (trainer, opened) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!((opened, trainer.generation()), (Opened::Attached, 2));
}

/// Reads the next outcome, which must be final.
fn refusal(controller: &mut Controller, ticket: Option<leyline::Ticket>) -> OutcomeCode {
    let outcome = controller.wait_outcome(&ticket.unwrap().id, AT_ONCE).unwrap();
    assert_eq!(outcome.status().unwrap(), OutcomeStatus::Rejected);
    assert_eq!(outcome.command_sequence, ticket.unwrap().sequence);
    outcome.code().unwrap()
}

#[test]
fn what_cannot_be_executed_is_refused_with_the_reason() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    trainer.publish(&occupied()).unwrap();
    let (meta, observation) = observe(&mut controller);
    assert!(!controller.mask(&observation).allows(GERMINATE));
    let masked = controller.decide(&meta, GERMINATE, &Answer::default()).unwrap();
    let germinate = || AdaptationCommand::new(CommandType::Germinate);
    let sent = [
        (masked.command, OutcomeCode::Masked),
        (
            controller.send(germinate().with_blueprint("none_such").unwrap()).ok(),
            OutcomeCode::UnknownBlueprint,
        ),
        (controller.send(cull().with_action(7)).ok(), OutcomeCode::UnknownAction),
        (controller.send(cull().with_action(GERMINATE as u16)).ok(), OutcomeCode::Malformed),
    ];
    assert_eq!(trainer.try_command().unwrap(), None);
    for (ticket, code) in sent {
        assert_eq!(refusal(&mut controller, ticket), code);
    }
    assert_eq!(trainer.refused(), 4);
    // Possible commands go through: the refused ones are committed and block none.
    let culled = controller.decide(&meta, controller.actions().cull(), &Answer::default()).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.sequence, received.command.id), (5, culled.command.unwrap().id));
    assert_eq!(received.command.action(), Some(6));
    assert_eq!((received.command.observation_sequence, received.command.writer_generation), (1, 1));

    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    let stale = controller.decide(&meta, controller.actions().cull(), &Answer::default()).unwrap();
    assert_eq!(trainer.try_command().unwrap(), None);
    // The one that the predecessor left open answers an observation of its generation too.
    for ticket in [culled.command, stale.command] {
        assert_eq!(refusal(&mut controller, ticket), OutcomeCode::Stale);
    }
    assert_eq!(trainer.refused(), 2);
}

#[test]
fn a_command_is_judged_by_the_state_of_its_own_environment() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    let of = |env| Stamp { env, ..Stamp::default() };
    trainer.publish_stamped(&free(), of(3)).unwrap();
    trainer.publish_stamped(&occupied(), of(4)).unwrap();
    let metas = [observe(&mut controller).0, observe(&mut controller).0];
    let possible = controller.decide(&metas[0], GERMINATE, &Answer::default()).unwrap();
    let masked = controller.decide(&metas[1], GERMINATE, &Answer::default()).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.command.id, received.command.env), (possible.command.unwrap().id, 3));
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(refusal(&mut controller, masked.command), OutcomeCode::Masked);
}

/// A trainer's state of one environment, and commands on every lane.
struct Judged {
    trainer: Trainer,
    lanes: [Controller; 2],
    turn: usize,
}

impl Judged {
    fn new(folder: &Folder) -> Self {
        let trainer = Trainer::create(NAME, &spec().lanes(2), &folder.options()).unwrap();
        let lanes = [0, 1].map(|lane| Controller::on(trainer.segment(), lane).unwrap());
        Self { trainer, lanes, turn: 0 }
    }

    fn publish(&mut self, slots: u32, stage: Option<SeedStage>) {
        let mut observation = Observation::EMPTY;
        observation[Feature::AvailableSlots] = slots as f32;
        if let Some(stage) = stage {
            observation[Feature::HasActiveSeed] = 1.0;
            observation[Feature::SeedStage] = f32::from(stage.value());
        }
        self.trainer.publish(&observation).unwrap();
    }

    /// Sends a command on the next lane and, if it is delivered, answers it by `outcome`. Returns
    /// true if it was delivered, and false if it was refused as masked.
    fn is_possible(
        &mut self,
        command: AdaptationCommand,
        outcome: impl FnOnce(CommandOutcome) -> CommandOutcome,
    ) -> bool {
        self.turn += 1;
        let ticket = self.lanes[self.turn % 2].send(command).unwrap();
        let received = self.trainer.try_command().unwrap();
        if let Some(received) = &received {
            let executed = CommandOutcome::executed(&received.command, received.sequence);
            self.trainer.answer(received, outcome(executed)).unwrap();
        }
        let outcome = self.lanes[self.turn % 2].wait_outcome(&ticket.id, patiently()).unwrap();
        assert_eq!(received.is_none(), outcome.code().unwrap() == OutcomeCode::Masked);
        received.is_some()
    }

    fn executes(&mut self, action: usize) -> bool {
        let command = self.trainer.actions().command(action).unwrap().unwrap();
        self.is_possible(command, |executed| executed)
    }
}

#[test]
fn what_an_outcome_says_of_a_seed_counts_until_its_next_observation() {
    let folder = Folder::new();
    let mut judged = Judged::new(&folder);
    let (fossilize, cull) = (judged.trainer.actions().fossilize(), judged.trainer.actions().cull());
    // Nothing is known: nothing is refused, whatever was executed.
    assert_eq!([(); 2].map(|()| judged.executes(cull)), [true, true]);

    judged.publish(1, None);
    assert_eq!([(); 3].map(|()| judged.executes(GERMINATE)), [true, false, false]);
    assert!(!judged.executes(fossilize), "it is only germinated");
    assert_eq!([(); 2].map(|()| judged.executes(cull)), [true, false]);
    // The slot is not free before its seed has gone from CULLED to DORMANT.
    assert!(!judged.executes(GERMINATE));
    // Observations of others say nothing; its own does.
    judged.trainer.publish_stamped(&free(), Stamp { env: 7, ..Stamp::default() }).unwrap();
    assert!(!judged.executes(GERMINATE));
    judged.publish(1, None);
    assert!(judged.executes(GERMINATE));

    judged.publish(0, Some(SeedStage::Probationary));
    assert_eq!([(); 2].map(|()| judged.executes(fossilize)), [true, false]);
    assert!(!judged.executes(cull));

    // With several free slots each seed takes one.
    judged.publish(2, None);
    let turns = [GERMINATE, cull, GERMINATE, cull, GERMINATE].map(|action| judged.executes(action));
    assert_eq!(turns, [true, true, true, true, false]);
}

#[test]
fn the_stage_that_an_outcome_reports_is_what_counts() {
    use SeedStage::{Dormant, Germinated, Probationary, Training};
    let folder = Folder::new();
    let mut judged = Judged::new(&folder);
    let of = |judged: &Judged, action: usize| judged.trainer.actions().command(action).unwrap().unwrap();
    let (fossilize, cull) = (judged.trainer.actions().fossilize(), judged.trainer.actions().cull());
    judged.publish(1, None);
    // It came further than its command asked.
    let germinate = of(&judged, GERMINATE);
    assert!(judged.is_possible(germinate, |o| o.with_stages(Dormant, Probationary)));
    assert_eq!([GERMINATE, fossilize, fossilize].map(|a| judged.executes(a)), [false, true, false]);

    // It was begun and has failed: as far as it says.
    judged.publish(1, None);
    let failed = |o: CommandOutcome| CommandOutcome {
        status: OutcomeStatus::Failed.value(),
        code: OutcomeCode::Gate.value(),
        ..o
    };
    assert!(judged.is_possible(germinate, failed));
    assert!(judged.is_possible(germinate, |o| failed(o).with_stages(Dormant, Germinated)));
    assert!(!judged.executes(GERMINATE));

    // A command that the program refused changed nothing.
    judged.publish(0, Some(Training));
    let refused = |o: CommandOutcome| CommandOutcome {
        status: OutcomeStatus::Rejected.value(),
        code: OutcomeCode::Gate.value(),
        ..o
    };
    let command = of(&judged, cull);
    assert!(judged.is_possible(command, refused));
    // A slot that is free at once.
    assert!(judged.is_possible(command, |o| o.with_stages(Training, Dormant)));
    assert_eq!([cull, GERMINATE, GERMINATE].map(|a| judged.executes(a)), [false, true, false]);

    // Of several seeds, a named one.
    judged.publish(0, Some(Training));
    let named = |seed: &str| command.with_target_seed(seed).unwrap();
    let turns = ["a", "a", "b", "b"].map(|seed| judged.is_possible(named(seed), |o| o));
    assert_eq!(turns, [true, false, true, false]);
}

#[test]
fn garbage_from_a_hostile_controller_is_answered_and_never_handed_out() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let mut raw = Writer::<AdaptationCommand>::open(trainer.segment(), &commands_ring(0)).unwrap();
    let mut garbage = [AdaptationCommand { id: [7; 16], ..cull() }; 6];
    garbage[0].command_type = 77;
    garbage[1].confidence = f32::NAN;
    garbage[2].target_stage = 99;
    garbage[3].reserved = 1;
    garbage[4].present |= 1 << 31;
    bytemuck::bytes_of_mut(&mut garbage[5]).fill(0xfe);
    assert_eq!(raw.publish_batch(&garbage).unwrap(), 6);
    drop(raw);
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(trainer.refused(), 6);
    let mut controller = Controller::on(trainer.segment(), 0).unwrap();
    for (n, sent) in (1..).zip(garbage) {
        let outcome = controller.try_outcome().unwrap().unwrap();
        assert_eq!((outcome.command_id, outcome.command_sequence), (sent.id, n));
        assert_eq!(outcome.code().unwrap(), OutcomeCode::Malformed);
    }
    // The controller's own end refuses them before that.
    assert!(controller.send(garbage[0]).is_err());
}

#[test]
fn a_full_ring_of_commands_refuses_the_action_and_its_decision() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    trainer.publish(&free()).unwrap();
    let (meta, _) = observe(&mut controller);
    for n in 1..=8 {
        assert_eq!(controller.decide(&meta, GERMINATE, &Answer::default()).unwrap().sequence, n);
    }
    let full = controller.decide(&meta, GERMINATE, &Answer::default()).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Full);
    drop(trainer);
    let gone = controller.decide(&meta, GERMINATE, &Answer::default()).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConsumerGone);
    assert_eq!(controller.send(cull()).unwrap_err().kind(), ErrorKind::ConsumerGone);
    assert_eq!(decisions(controller.segment(), 0).len(), 8);
    // Deciding to wait needs no room.
    assert_eq!(controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap().sequence, 9);
}

#[test]
fn a_refusal_that_finds_no_room_is_made_later() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    // The ring of outcomes has room for 32.
    for n in 1..=33 {
        assert_eq!(controller.send(cull().with_action(60)).unwrap().sequence, n);
        assert_eq!(trainer.try_command().unwrap(), None);
    }
    assert_eq!(trainer.refused(), 32);
    let good = controller.send(cull()).unwrap();
    assert_eq!(controller.try_outcome().unwrap().unwrap().command_sequence, 1);
    assert_eq!(
        trainer.try_command().unwrap(),
        None,
        "an outcome keeps its room until its receiver comes back"
    );
    assert_eq!(controller.try_outcome().unwrap().unwrap().command_sequence, 2);
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.command.id, trainer.refused()), (good.id, 33));
    for n in 3..=33 {
        assert_eq!(controller.try_outcome().unwrap().unwrap().command_sequence, n);
    }
    let outcome = CommandOutcome::executed(&received.command, received.sequence);
    trainer.answer(&received, outcome).unwrap();
    assert_eq!(trainer.answer(&received, outcome).unwrap_err().kind(), ErrorKind::InvalidArgument);
    // All of them are committed.
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!((trainer.try_command().unwrap(), trainer.refused()), (None, 0));
}

#[test]
fn an_observation_that_is_not_finite_is_published_sanitized() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    let mut broken = free();
    broken[Feature::ValLoss] = f32::NAN;
    broken[Feature::TrainAccuracy] = f32::INFINITY;
    let wanted = 1 << Feature::ValLoss.index() | 1 << Feature::TrainAccuracy.index();
    assert_eq!(trainer.publish(&broken).unwrap().sanitized, wanted);
    assert_eq!(trainer.observation_schema().names_of(wanted), "VAL_LOSS, TRAIN_ACCURACY");
    assert_eq!(trainer.publish(&free()).unwrap().sanitized, 0);
    let (meta, observation) = observe(&mut controller);
    assert!(meta.flags.contains(Flags::SANITIZED));
    observation.check().unwrap();
    assert_eq!((observation[Feature::ValLoss], observation[Feature::TrainAccuracy]), (1e6, 100.0));
    assert_eq!(observe(&mut controller).0.flags, Flags::NONE);
}

/// Reports how many records the link's trainer sanitized.
#[test]
#[ignore = "a child process"]
fn child_reads_what_was_sanitized() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach(NAME, &Options::default().read_only()).unwrap();
    let of = |ring: &str| segment.role(ring, None).unwrap().sanitized;
    common::say(format!("{} {} {}", of("observations"), of("signals"), of("events")));
}

#[test]
fn sanitized_records_are_counted_in_the_life_of_the_segment() {
    let folder = Folder::new();
    let counted = || {
        let mut child = common::start("child_reads_what_was_sanitized", &folder);
        let said = child.hear();
        assert!(child.wait().success());
        said
    };
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    let mut broken = free();
    broken[Feature::ValLoss] = f32::NAN;
    let diverged = TrainingSignals {
        metrics: TrainingMetrics { val_loss: f32::NAN, ..TrainingMetrics::default() },
        ..TrainingSignals::default()
    };
    trainer.publish(&free()).unwrap();
    trainer.publish(&broken).unwrap();
    trainer.publish_rows(&[broken], &[3], &[Flags::NONE]).unwrap();
    trainer.publish(&diverged).unwrap();
    trainer.report(&diverged).unwrap();
    trainer.report(&TrainingSignals::default()).unwrap();
    // A refused command is not counted.
    trainer.publish(&TrainingSignals { seed_stage: 77, ..diverged }).unwrap_err();
    assert_eq!(counted(), "3 2 0");
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    trainer.publish(&broken).unwrap();
    assert_eq!(counted(), "4 2 0");
    drop(trainer);

    Segment::unlink(NAME, &folder.options()).unwrap();
    let mut trainer = Trainer::create(NAME, &spec().rows(3), &folder.options()).unwrap();
    trainer.publish_rows(&[broken, free(), broken], &[0, 1, 2], &[Flags::NONE; 3]).unwrap();
    assert_eq!(counted(), "2 0 0");
}

/// Reports the counters of a link.
#[test]
#[ignore = "a child process"]
fn child_reads_the_counters() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach(NAME, &Options::default().read_only()).unwrap();
    let trainer = segment.role("observations", None).unwrap();
    let controller = segment.role(&decisions_ring(0), None).unwrap();
    let commands = segment.role(&commands_ring(0), Some(0)).unwrap();
    assert!(trainer.held && controller.held && commands.held);
    assert!(trainer.latency.min <= trainer.latency.max && trainer.latency.max <= trainer.latency.sum);
    common::say(format!(
        "{} {} {} {} {} {}",
        trainer.latency.count,
        trainer.latency.misses,
        controller.latency.count,
        controller.records,
        controller.lost,
        commands.records
    ));
}

#[test]
fn the_counters_can_be_read_by_anyone_attached() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    trainer.set_deadline(Duration::from_nanos(100));
    let mut decision = Decision::default();
    for n in 1..=5 {
        // Long before its decision, whatever the machine is doing.
        let time_ns = trainer.now() - 1_000_000;
        trainer.publish_stamped(&free(), Stamp { time_ns, ..Stamp::default() }).unwrap();
        let (meta, _) = observe(&mut controller);
        let action = if n == 5 { GERMINATE } else { ActionSpace::WAIT };
        let decided = controller.decide(&meta, action, &Answer::default()).unwrap();
        record(trainer.try_decision(0, &mut decision).unwrap());
        assert!(decided.latency_ns >= 1_000_000 && trainer.last_latency_ns() >= 1_000_000);
    }
    let received = trainer.try_command().unwrap().unwrap();
    trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
    for _ in 0..3 {
        trainer.publish(&free()).unwrap();
    }
    assert_eq!(record(controller.try_latest(&mut Observation::EMPTY.clone()).unwrap()).skipped, 2);
    assert_eq!((trainer.sent(), trainer.decided()), (8, 5));
    assert_eq!((controller.received(), controller.lost()), (6, 2));
    let mut child = common::start("child_reads_the_counters", &folder);
    assert_eq!(child.hear(), "5 5 5 6 2 1");
    assert!(child.wait().success());
}

#[test]
fn the_shape_of_a_link_is_checked() {
    let folder = Folder::new();
    let actions = ActionSpace::cnn();
    let refused = |spec: LinkSpec| Trainer::create("refused", &spec, &folder.options()).unwrap_err().kind();
    assert_eq!(refused(spec().lanes(0)), ErrorKind::InvalidArgument);
    assert_eq!(refused(spec().lanes(9)), ErrorKind::InvalidArgument);
    assert_eq!(refused(spec().observations(1000)), ErrorKind::InvalidArgument);
    assert_eq!(refused(spec().commands(12)), ErrorKind::InvalidArgument);
    assert_eq!(refused(spec().commands(u64::MAX)), ErrorKind::InvalidArgument);
    assert!(folder.files().is_empty());
    let (trainer, controller) = pair(&folder, &LinkSpec::new(&actions));
    assert!(trainer.segment().size() <= 8 << 20, "{}", trainer.segment().size());
    assert_eq!(controller.actions(), &actions);
    let most = Trainer::create("most", &LinkSpec::new(&actions).lanes(8), &folder.options()).unwrap();
    assert_eq!(Controller::on(most.segment(), 7).unwrap().lane(), 7);
}

#[test]
fn an_observation_that_was_never_received_cannot_be_decided_on() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    for _ in 0..3 {
        trainer.publish(&free()).unwrap();
    }
    let (meta, _) = observe(&mut controller);
    for sequence in [0, 2, 1000, u64::MAX] {
        let invented = Meta { sequence, ..meta };
        let refused = controller.decide(&invented, ActionSpace::WAIT, &Answer::default()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{sequence}");
        assert_eq!(controller.wait_on_all(&[invented]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
    drop(controller);

    // Nor does one that somebody wrote all the same keep a successor from reading.
    let segment = Segment::attach(NAME, &folder.options()).unwrap();
    let mut raw = Writer::<Decision>::open(&segment, &decisions_ring(0)).unwrap();
    raw.publish(&Decision::new(u64::MAX, 1, 0, 0)).unwrap();
    drop(raw);
    let mut successor = Controller::on(&segment, 0).unwrap();
    let published = trainer.publish(&free()).unwrap();
    assert_eq!(observe(&mut successor).0.sequence, published.sequence);
}

#[test]
fn an_outcome_that_nobody_was_given_is_given_to_a_successor() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    let request = || AdaptationCommand::new(CommandType::RequestState);
    let first = controller.send(request()).unwrap();
    let second = controller.send(request()).unwrap();
    while let Some(received) = trainer.try_command().unwrap() {
        trainer.answer(&received, CommandOutcome::accepted(&received.command, received.sequence)).unwrap();
        trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
    }
    // Outcomes of the first are set aside; an acceptance of the second is passed over.
    let outcome = controller.wait_outcome(&second.id, patiently()).unwrap();
    assert_eq!((outcome.command_id, outcome.status().unwrap()), (second.id, OutcomeStatus::Executed));
    drop(controller);
    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let outcome = successor.wait_outcome(&first.id, patiently()).unwrap();
    assert_eq!((outcome.command_id, outcome.status().unwrap()), (first.id, OutcomeStatus::Executed));
}

/// A wait ends in time though other answers keep coming.
#[test]
fn a_wait_ends_in_time_though_other_things_go_on_coming() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &spec());
    for _ in 0..40 {
        trainer.publish(&occupied()).unwrap();
    }
    for _ in 0..40 {
        let (meta, _) = observe(&mut controller);
        controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
    }
    let mut decision = Decision::default();
    assert_eq!(trainer.wait_decision(0, 41, &mut decision, AT_ONCE).unwrap(), Read::TimedOut);
    assert!(trainer.decided() < 40, "a wait of no time went through all of them");

    let other = controller.send(cull()).unwrap();
    for _ in 0..3 {
        controller.send(cull()).unwrap();
    }
    while let Some(received) = trainer.try_command().unwrap() {
        if received.command.id != other.id {
            trainer
                .answer(&received, CommandOutcome::executed(&received.command, received.sequence))
                .unwrap();
        }
    }
    assert_eq!(controller.wait_outcome(&other.id, AT_ONCE).unwrap_err().kind(), ErrorKind::Timeout);
    let mut kept = 0;
    while controller.try_outcome().unwrap().is_some() {
        kept += 1;
    }
    assert_eq!(kept, 3);
}

#[test]
fn a_trainer_or_controller_that_does_not_get_all_of_its_roles_restarts_none() {
    let folder = Folder::new();
    let (trainer, mut controller) = pair(&folder, &spec().lanes(2));
    let segment = trainer.segment().clone();
    drop(trainer);
    let epochs = |segment: &Segment| -> Vec<(u64, u32)> {
        let of = |ring: &leyline::RingInfo| {
            (segment.ring_status(&ring.name).unwrap().generation, segment.role(&ring.name, None).unwrap().pid)
        };
        segment.rings().iter().map(of).collect()
    };
    // Somebody else is in the way of the last role that a trainer takes, and of a controller's.
    let last = Writer::<CommandOutcome>::open(&segment, &outcomes_ring(1)).unwrap();
    let reader =
        leyline::Consumer::<CommandOutcome>::open(&segment, &outcomes_ring(1), 0, leyline::Commit::Manual)
            .unwrap();
    let before = epochs(&segment);
    for _ in 0..3 {
        assert_eq!(Trainer::on(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
        assert_eq!(Controller::on(&segment, 1).unwrap_err().kind(), ErrorKind::RoleHeld);
    }
    assert_eq!(epochs(&segment), before);
    // A command sent to the last trainer is not stale by that: its lane is as it was.
    let ticket = controller.send(cull()).unwrap();
    drop((last, reader));
    let mut trainer = Trainer::on(&segment).unwrap();
    assert_eq!(trainer.generation(), 2);
    assert_eq!(trainer.try_command().unwrap().unwrap().command.id, ticket.id);
}

/// Of several programs that start at once, one becomes the trainer, and its link keeps its name
/// whichever of them created it.
#[test]
fn of_trainers_that_start_at_once_the_one_that_wins_keeps_its_name() {
    let folder = Folder::new();
    let options = folder.options().unlink_on_close();
    let together = std::sync::Barrier::new(3);
    // Nothing may panic between the barriers: the others would wait for ever.
    let race = || {
        together.wait();
        let result = Trainer::open_or_create(NAME, &spec(), &options).map_err(|e| e.kind());
        // By now who lost has closed whatever it had.
        together.wait();
        let current = result
            .as_ref()
            .map(|(t, _)| t.segment().name_state().is_ok_and(|state| state == NameState::Current));
        let outcome = current.map_err(|kind| *kind);
        together.wait();
        outcome
    };
    for _ in 0..150 {
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let racers = [0; 3].map(|_| scope.spawn(race));
            racers.into_iter().map(|r| r.join().unwrap()).collect()
        });
        let won = outcomes.iter().filter(|o| **o == Ok(true)).count();
        let lost = outcomes.iter().filter(|o| **o == Err(ErrorKind::RoleHeld)).count();
        assert_eq!((won, lost), (1, 2), "{outcomes:?}");
        Segment::unlink(NAME, &folder.options()).unwrap();
    }
}

#[test]
#[ignore = "a child process"]
fn child_controls_until_told() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach(NAME, &Options::default(), common::LONG).unwrap();
    common::say("controls");
    let mut observation = Observation::EMPTY;
    let end = loop {
        match controller.next(&mut observation, patiently()).unwrap() {
            Read::Record(_) | Read::Restarted { .. } => {}
            end => break end,
        }
    };
    common::say(format!("{end:?}"));
}

/// A controller does not keep the name of a link whose trainer is gone.
#[test]
fn a_link_goes_with_its_trainer_though_a_controller_lives() {
    let folder = Folder::new();
    let trainer = Trainer::create(NAME, &spec(), &folder.options().unlink_on_close()).unwrap();
    let mut controller = common::start("child_controls_until_told", &folder);
    assert_eq!(controller.hear(), "controls");
    let echo = Observer::<Observation>::open(trainer.segment(), "observations", Start::Now).unwrap();
    drop(trainer);
    assert!(folder.files().is_empty());
    assert_eq!(controller.hear(), "WriterGone(Closed)");
    drop(echo);
}

/// A controller that attaches while the link is recreated gets the new one.
#[test]
fn a_controller_attaches_whatever_replaces_the_link_meanwhile() {
    let folder = Folder::new();
    let o = folder.options();
    drop(Trainer::create(NAME, &spec(), &o).unwrap());
    std::thread::scope(|scope| {
        let replacing = scope.spawn(|| {
            let mut replaced = 0;
            while replaced < 100 {
                match Segment::recreate(NAME, &spec().to_spec().unwrap(), &o) {
                    Ok(_) => replaced += 1,
                    Err(e) => assert_eq!(e.kind(), ErrorKind::RoleHeld, "{e}"),
                }
                std::thread::yield_now();
            }
        });
        while !replacing.is_finished() {
            drop(Controller::attach(NAME, &o, Duration::ZERO).unwrap());
        }
        replacing.join().unwrap();
    });
}
