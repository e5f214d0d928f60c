//! Many environments: several trainers on one controller, and thousands of rows from one.

use crate::common::{self, AT_ONCE, Folder, Running, patiently};
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::link::decisions_ring;
use leyline::{
    ActionSpace, Answer, Batch, Controller, Decided, EnvMark, EnvState, ErrorKind, Feature, Flags, LinkSpec,
    Meta, News, Observation, Observer, Options, Read, Segment, Stamp, Start, Trainer, Wait, wait_any,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const NAME: &str = "envs";
/// GERMINATE of the first blueprint.
const GERMINATE: usize = 1;

/// Returns the observation of environment `env` in a round. A seed slot is free, so GERMINATE is
/// possible.
fn observed(env: u16, round: u64) -> Observation {
    let mut observation = Observation::EMPTY;
    observation[Feature::Epoch] = round as f32;
    observation[Feature::GlobalStep] = f32::from(env);
    observation[Feature::ValAccuracy] = (u64::from(env) * 31 + round * 7) as f32 % 100.0;
    observation[Feature::AvailableSlots] = 1.0;
    observation
}

/// Returns the decision on that observation: GERMINATE for one environment in `acts`.
fn policy(observation: &Observation, acts: u64) -> usize {
    let (round, env) = (observation[Feature::Epoch] as u64, observation[Feature::GlobalStep] as u64);
    if (round + env).is_multiple_of(acts) { GERMINATE } else { ActionSpace::WAIT }
}

fn number(name: &str) -> u64 {
    std::env::var(name).unwrap().parse().unwrap()
}

/// Executes every pending command and checks it against `expected`. Returns their number.
fn execute(trainer: &mut Trainer, mut expected: impl FnMut(u64, u16)) -> u64 {
    let mut executed = 0;
    while let Some(received) = trainer.try_command().unwrap() {
        let command = &received.command;
        assert_eq!(command.action(), Some(GERMINATE as u16));
        expected(command.observation_sequence, command.env);
        trainer.answer(&received, CommandOutcome::executed(command, received.sequence)).unwrap();
        executed += 1;
    }
    executed
}

/// Publishes one observation of each environment per round until the parent ends it. Each round
/// waits for all its decisions; each observation must get the policy's decision exactly once.
#[test]
#[ignore = "a child process"]
fn child_trainer_of_environments() {
    if !common::is_child() {
        return;
    }
    let (name, envs) = (std::env::var("NAME").unwrap(), number("ENVS") as u16);
    let spec = LinkSpec::new(&ActionSpace::cnn()).observations(256);
    let mut trainer = Trainer::create(&name, &spec, &Options::default()).unwrap();
    common::say("ready");
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = common::listen();
            end.store(true, Ordering::Relaxed);
        });
        let (mut round, mut wanted, mut executed) = (0, 0, 0);
        while !end.load(Ordering::Relaxed) {
            round += 1;
            let mut first = 0;
            for env in 0..envs {
                let stamp = Stamp { time_ns: trainer.now(), env, ..Stamp::default() };
                let published = trainer.publish_stamped(&observed(env, round), stamp).unwrap();
                assert_eq!(published.sequence, (round - 1) * u64::from(envs) + u64::from(env) + 1);
                first = published.sequence - u64::from(env);
            }
            for env in 0..envs {
                let sequence = first + u64::from(env);
                let mut decision = Decision::default();
                let read = trainer.wait_decision(0, sequence, &mut decision, patiently()).unwrap();
                let Read::Record(meta) = read else { panic!("{read:?}") };
                assert_eq!((decision.observation_sequence, decision.env, meta.env), (sequence, env, env));
                let action = policy(&observed(env, round), 7);
                assert_eq!(usize::from(decision.action), action);
                wanted += u64::from(action != ActionSpace::WAIT);
            }
            // Each command was there before its decision.
            executed += execute(&mut trainer, |sequence, env| {
                assert_eq!(sequence, first + u64::from(env));
                assert_eq!(policy(&observed(env, round), 7), GERMINATE);
            });
            assert_eq!(executed, wanted);
        }
        assert_eq!(
            (trainer.sent(), trainer.decided(), trainer.refused()),
            (trainer.sent(), trainer.sent(), 0)
        );
        common::say(format!("{} {executed}", trainer.sent()));
    });
}

/// One of the controller's links.
struct Steered {
    controller: Controller,
    /// The last observation received.
    last: u64,
    commands: u64,
    outcomes: u64,
}

impl Steered {
    /// Reads, checks and decides on all pending observations.
    fn step(&mut self, envs: u16) -> Read {
        let (mut block, mut metas) = ([Observation::EMPTY; 24], [Meta::default(); 24]);
        let mut decided = [Decided::default(); 24];
        loop {
            let Batch { count, end } =
                self.controller.next_batch(&mut block, &mut metas, 0, AT_ONCE).unwrap();
            for (observation, meta) in block.iter().zip(&metas[..count]) {
                self.last += 1;
                assert_eq!(meta.sequence, self.last);
                let (round, env) = ((self.last - 1) / u64::from(envs) + 1, (self.last - 1) % u64::from(envs));
                assert_eq!((u64::from(meta.env), *observation), (env, observed(env as u16, round)));
            }
            let actions = block.map(|o| policy(&o, 7));
            let done = self
                .controller
                .decide_batch(&metas[..count], &actions[..count], &[], &mut decided[..count])
                .unwrap();
            assert_eq!(done, count);
            for (what, action) in decided[..count].iter().zip(actions) {
                assert_eq!(what.command.is_some(), action == GERMINATE);
                self.commands += u64::from(what.command.is_some());
            }
            while self.controller.try_outcome().unwrap().is_some() {
                self.outcomes += 1;
            }
            if count == 0 {
                return end;
            }
        }
    }
}

/// Checks the decisions still in a link's ring: each is on the observation after the previous
/// one's, up to `last`.
fn decided_once_each(folder: &Folder, name: &str, last: u64) {
    let segment = Segment::attach(name, &folder.options()).unwrap();
    let mut decisions = Observer::<Decision>::open(&segment, &decisions_ring(0), Start::Oldest).unwrap();
    assert_eq!(decisions.published(), last);
    let (mut decision, mut next) = (Decision::default(), decisions.next_sequence());
    while let Read::Record(meta) = decisions.try_next(&mut decision) {
        assert_eq!((meta.sequence, decision.observation_sequence), (next, next));
        next += 1;
    }
    assert_eq!(next, last + 1);
}

/// Four trainer processes share a controller. One trainer is killed: the controller notices, and
/// the others go on.
#[test]
fn four_trainers_share_a_controller_and_one_may_be_killed() {
    const ENVS: u16 = 12;
    let folder = Folder::new();
    let names = ["a", "b", "c", "d"];
    let mut trainers: Vec<Running> = names
        .iter()
        .map(|name| {
            let variables = [("NAME", *name), ("ENVS", "12")];
            common::start_with("child_trainer_of_environments", &folder, &variables)
        })
        .collect();
    let mut links: Vec<Steered> = names
        .iter()
        .map(|name| Steered {
            controller: Controller::attach(name, &folder.options(), common::LONG).unwrap(),
            last: 0,
            commands: 0,
            outcomes: 0,
        })
        .collect();
    for trainer in &mut trainers {
        assert_eq!(trainer.hear(), "ready");
    }

    let mut news = [News::None; 4];
    let (mut killed, mut told) = (false, false);
    // The commands that each had sent when the death was noticed; a hundred rounds later the others
    // are told to end.
    let mut at_death = [0; 4];
    while !news.iter().all(|n| matches!(n, News::Closed | News::Died)) {
        let mut controllers: Vec<&mut Controller> = links.iter_mut().map(|l| &mut l.controller).collect();
        assert!(wait_any(&mut controllers, &mut news, patiently()).unwrap(), "nothing in time");
        for (i, link) in links.iter_mut().enumerate() {
            match news[i] {
                News::Readable => assert_eq!(link.step(ENVS), Read::Empty),
                News::Died => assert!(killed && i == 1),
                News::Closed => assert!(told && i != 1),
                News::None => {}
                News::Superseded | News::Failed => panic!("{i}"),
            }
        }
        if !killed && links.iter().all(|l| l.last >= 100 * u64::from(ENVS)) {
            trainers[1].kill();
            killed = true;
        }
        if news[1] == News::Died && at_death == [0; 4] {
            at_death = std::array::from_fn(|i| links[i].last);
        }
        let others = |i: usize| i == 1 || links[i].last >= at_death[i] + 100 * u64::from(ENVS);
        if !told && at_death != [0; 4] && (0..4).all(others) {
            for i in [0, 2, 3] {
                trainers[i].tell("end");
            }
            told = true;
        }
    }
    assert_eq!(news, [News::Closed, News::Died, News::Closed, News::Closed]);
    assert_eq!(links[1].last, at_death[1]);
    for (i, link) in links.iter_mut().enumerate() {
        let _ = link.step(ENVS);
        assert_eq!((link.controller.received(), link.controller.lost()), (link.last, 0));
        decided_once_each(&folder, names[i], link.last);
        if i != 1 {
            assert_eq!(trainers[i].hear(), format!("{} {}", link.last, link.commands));
            assert_eq!(link.outcomes, link.commands);
            assert!(trainers[i].wait().success());
        }
    }
}

const B: usize = 4096;
/// The controller acts on one environment of this many.
const ACTS: u64 = 5;

/// Publishes rounds of B environments, as rows of one slot or as single observations. Each round
/// waits for its B decisions.
#[test]
#[ignore = "a child process"]
fn child_trainer_of_thousands() {
    if !common::is_child() {
        return;
    }
    let (rows, rounds) = (number("ROWS") as usize, number("ROUNDS"));
    let spec = LinkSpec::new(&ActionSpace::cnn()).rows(rows as u32);
    let mut trainer = Trainer::create(NAME, &spec, &Options::default()).unwrap();
    let env: Vec<u16> = (0..B as u16).collect();
    let mut decisions = vec![Decision::default(); B];
    for round in 1..=rounds {
        let block: Vec<Observation> = env.iter().map(|&env| observed(env, round)).collect();
        let mut executed = 0;
        let sequence = |env: u16| if rows == 1 { (round - 1) * B as u64 + u64::from(env) + 1 } else { round };
        if rows == B {
            let published = trainer.publish_rows(&block, &env, &vec![Flags::NONE; B]).unwrap();
            assert_eq!((published.sequence, published.sanitized), (round, 0));
            let answers = trainer.wait_decisions(0, round, &mut decisions, patiently()).unwrap();
            assert_eq!(answers.count, B, "{answers:?}");
        } else {
            for (observation, &env) in block.iter().zip(&env) {
                let stamp = Stamp { time_ns: 0, env, ..Stamp::default() };
                assert_eq!(trainer.publish_stamped(observation, stamp).unwrap().sequence, sequence(env));
            }
            for (i, decision) in decisions.iter_mut().enumerate() {
                // The ring of commands is shorter than the batch: the controller goes on when there
                // is room.
                loop {
                    executed += execute(&mut trainer, |s, env| assert_eq!(s, sequence(env)));
                    let wait = Wait::sleep(Duration::from_millis(1));
                    match trainer.wait_decision(0, sequence(i as u16), decision, wait).unwrap() {
                        Read::Record(_) => break,
                        Read::TimedOut => {}
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        executed += execute(&mut trainer, |s, env| assert_eq!(s, sequence(env)));
        for (i, decision) in decisions.iter().enumerate() {
            assert_eq!((decision.env, decision.observation_sequence), (i as u16, sequence(i as u16)));
            assert_eq!(usize::from(decision.action), policy(&block[i], ACTS));
        }
        let wanted = block.iter().filter(|o| policy(o, ACTS) == GERMINATE).count() as u64;
        assert_eq!((executed, trainer.refused()), (wanted, 0));
    }
    assert_eq!((trainer.sent(), trainer.decided()), (rounds * B as u64, rounds * B as u64));
    common::say("done");
    common::listen();
}

fn start_thousands(folder: &Folder, rows: usize, rounds: u64) -> (Running, Controller) {
    let (rows, rounds) = (rows.to_string(), rounds.to_string());
    let variables = [("ROWS", rows.as_str()), ("ROUNDS", rounds.as_str())];
    let child = common::start_with("child_trainer_of_thousands", folder, &variables);
    (child, Controller::attach(NAME, &folder.options(), common::LONG).unwrap())
}

/// Decides on a whole block. Returns how often the ring of decisions was full.
fn decide_all(controller: &mut Controller, metas: &[Meta], block: &[Observation]) -> u64 {
    let actions: Vec<usize> = block.iter().map(|o| policy(o, ACTS)).collect();
    let (mut from, mut refused) = (0, 0);
    while from < metas.len() {
        match controller.decide_batch(&metas[from..], &actions[from..], &[], &mut []) {
            Ok(done) => from += done,
            Err(e) if e.kind() == ErrorKind::Full => refused += 1,
            Err(e) => panic!("{e}"),
        }
        while controller.try_outcome().unwrap().is_some() {}
        if from < metas.len() {
            std::thread::yield_now();
        }
    }
    refused
}

#[test]
fn thousands_of_rows_come_in_one_slot() {
    const ROUNDS: u64 = 4;
    let folder = Folder::new();
    let (mut child, mut controller) = start_thousands(&folder, B, ROUNDS);
    let (mut block, mut env) = (vec![Observation::EMPTY; B], vec![0; B]);
    let (mut flags, mut marks) = (vec![Flags::NONE; B], vec![EnvMark::NEVER_SEEN; B]);
    for round in 1..=ROUNDS {
        if round < ROUNDS {
            let read = controller.next_rows(&mut block, &mut env, &mut flags, patiently()).unwrap();
            let Read::Record(meta) = read else { panic!("{read:?}") };
            assert_eq!(meta.sequence, round);
            let metas: Vec<Meta> = env.iter().map(|&env| meta.of_row(env, Flags::NONE)).collect();
            assert!(env.iter().enumerate().all(|(i, &e)| i == usize::from(e)));
            // There is room for a command on every row.
            assert_eq!(decide_all(&mut controller, &metas, &block), 0);
        } else {
            let gathered = controller.latest_by_env(&mut block, &mut marks, patiently()).unwrap();
            assert_eq!((gathered.read, gathered.changed), (1, B));
            let actions: Vec<usize> = block.iter().map(|o| policy(o, ACTS)).collect();
            assert_eq!(controller.decide_batch(&marks, &actions, &[], &mut []).unwrap(), B);
        }
        for (env, observation) in block.iter().enumerate() {
            assert_eq!(*observation, observed(env as u16, round));
        }
    }
    assert_eq!(child.hear(), "done");
    assert_eq!((controller.received(), controller.lost()), (ROUNDS * B as u64, 0));
    assert!(child.wait().success());
}

#[test]
fn thousands_of_single_rows_come_in_one_batch() {
    const ROUNDS: u64 = 3;
    let folder = Folder::new();
    let (mut child, mut controller) = start_thousands(&folder, 1, ROUNDS);
    let (mut block, mut metas) = (vec![[0f32; 27]; B], vec![Meta::default(); B]);
    for round in 1..=ROUNDS {
        let Batch { count, .. } = controller.next_batch(&mut block, &mut metas, B, patiently()).unwrap();
        assert_eq!(count, B);
        let seen: Vec<Observation> = block.iter().map(|&values| Observation { values }).collect();
        for (env, (observation, meta)) in seen.iter().zip(&metas).enumerate() {
            assert_eq!((usize::from(meta.env), *observation), (env, observed(env as u16, round)));
            assert_eq!(meta.sequence, (round - 1) * B as u64 + env as u64 + 1);
        }
        // A fifth of them are commands, more than their ring has room for, and the trainer waits
        // for decisions in between.
        decide_all(&mut controller, &metas, &seen);
    }
    assert_eq!(child.hear(), "done");
    assert_eq!((controller.received(), controller.lost()), (ROUNDS * B as u64, 0));
    decided_once_each(&folder, NAME, ROUNDS * B as u64);
    assert!(child.wait().success());
}

#[test]
fn capacities_too_small_for_the_rows_are_refused_when_the_link_is_made() {
    let folder = Folder::new();
    let spec = || LinkSpec::new(&ActionSpace::cnn()).rows(B as u32);
    for (spec, about) in [
        (spec().decisions(4096), "decisions"),
        (spec().commands(2048), "commands"),
        (spec().observations(1), "observations"),
        (spec().rows(0), "rows"),
        (spec().rows(65537), "rows"),
    ] {
        let e = Trainer::create(NAME, &spec, &folder.options()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains(about), "{e}");
        assert_eq!(folder.files(), [] as [&str; 0]);
    }
    let trainer = Trainer::create(NAME, &spec().decisions(8192).commands(4096), &folder.options()).unwrap();
    assert_eq!(trainer.rows(), B);
}

/// Returns both ends of a link, in this process.
fn pair(folder: &Folder, spec: &LinkSpec) -> (Trainer, Controller) {
    let trainer = Trainer::create(NAME, spec, &folder.options()).unwrap();
    let controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    (trainer, controller)
}

fn publish(trainer: &mut Trainer, env: u16, round: u64) -> u64 {
    let stamp = Stamp { time_ns: trainer.now(), env, ..Stamp::default() };
    trainer.publish_stamped(&observed(env, round), stamp).unwrap().sequence
}

/// Returns the observation's sequence, environment and action of each decision that the trainer has
/// not read.
fn decisions(trainer: &mut Trainer) -> Vec<(u64, u16, u16)> {
    let mut all = Vec::new();
    let mut decision = Decision::default();
    loop {
        match trainer.try_decision(0, &mut decision).unwrap() {
            Read::Record(meta) => {
                assert_eq!(meta.env, decision.env);
                all.push((decision.observation_sequence, decision.env, decision.action));
            }
            Read::Restarted { .. } => {}
            Read::Empty => return all,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_batch_without_room_for_a_command_is_decided_as_far_as_there_is() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &LinkSpec::new(&ActionSpace::cnn()).commands(2));
    let (mut block, mut metas) = ([Observation::EMPTY; 6], [Meta::default(); 6]);
    for env in 0..6 {
        publish(&mut trainer, env, 1);
    }
    let _ = controller.next_batch(&mut block, &mut metas, 6, patiently()).unwrap();
    let actions = [0, GERMINATE, 0, GERMINATE, 0, GERMINATE];
    let mut decided = [Decided { sequence: 99, ..Decided::default() }; 6];
    let reasons = ["a", "b", "c", "d", "e", "f"];
    let answers = reasons.map(|reason| Answer { reason, confidence: 0.5, ..Answer::default() });
    assert_eq!(controller.decide_batch(&metas, &actions, &answers, &mut decided).unwrap(), 5);
    assert_eq!(decided.map(|d| d.sequence), [1, 2, 3, 4, 5, 0]);
    assert_eq!(decided.map(|d| d.command.map(|c| c.sequence)), [None, Some(1), None, Some(2), None, None]);
    assert!(decided[..5].iter().all(|d| d.latency_ns > 0));
    assert_eq!(decisions(&mut trainer), [(1, 0, 0), (2, 1, 1), (3, 2, 0), (4, 3, 1), (5, 4, 0)]);
    // Nothing at all goes out where the first one has no room.
    let none = controller.decide_batch(&metas[5..], &actions[5..], &[], &mut decided[5..]).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Full);
    assert_eq!(decisions(&mut trainer), []);
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.command.reason.to_string(), received.command.confidence), ("b".to_owned(), 0.5));
    trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
    assert_eq!(controller.decide_batch(&metas[5..], &actions[5..], &[], &mut decided[5..]).unwrap(), 1);
    assert_eq!((decided[5].sequence, decided[5].command.unwrap().sequence), (6, 3));
    assert_eq!(decisions(&mut trainer), [(6, 5, 1)]);
}

#[test]
fn a_batch_that_cannot_be_decided_sends_nothing() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &LinkSpec::new(&ActionSpace::cnn()));
    let (mut block, mut metas) = ([Observation::EMPTY; 2], [Meta::default(); 2]);
    for env in 0..2 {
        publish(&mut trainer, env, 1);
    }
    let _ = controller.next_batch(&mut block, &mut metas, 2, patiently()).unwrap();
    let nan = Answer { confidence: f32::NAN, ..Answer::default() };
    let unseen = [metas[0], Meta { sequence: 3, ..metas[1] }];
    let fine = [Answer::default(); 2];
    let mut refused = |metas: &[Meta], actions: &[usize], answers: &[Answer<'_>], decided: usize| {
        let mut decided = vec![Decided::default(); decided];
        controller.decide_batch(metas, actions, answers, &mut decided).unwrap_err().kind()
    };
    assert_eq!(refused(&metas, &[GERMINATE, 7], &[], 0), ErrorKind::UnknownAction);
    assert_eq!(refused(&metas, &[GERMINATE, 0], &[fine[0], nan], 0), ErrorKind::NotFinite);
    assert_eq!(refused(&unseen, &[GERMINATE, 0], &[], 0), ErrorKind::InvalidArgument);
    assert_eq!(refused(&metas, &[GERMINATE], &[], 0), ErrorKind::InvalidArgument);
    assert_eq!(refused(&metas, &[GERMINATE, 0], &fine[..1], 0), ErrorKind::InvalidArgument);
    assert_eq!(refused(&metas, &[GERMINATE, 0], &fine, 1), ErrorKind::InvalidArgument);
    assert_eq!(decisions(&mut trainer), []);
    assert!(trainer.try_command().unwrap().is_none());
    assert_eq!(controller.decide_batch::<Meta>(&[], &[], &[], &mut []).unwrap(), 0);
}

/// A successor starts after the last decision and decides on nothing twice: rows are ordered by
/// environment, and decisions by observation.
#[test]
fn the_marks_of_a_gathering_are_decided_on_in_the_order_of_their_observations() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &LinkSpec::new(&ActionSpace::cnn()));
    let (mut block, mut marks) = ([Observation::EMPTY; 4], [EnvMark::NEVER_SEEN; 4]);
    for env in [3, 0, 2, 0, 2] {
        publish(&mut trainer, env, 1);
    }
    let gathered = controller.latest_by_env(&mut block, &mut marks, patiently()).unwrap();
    assert_eq!((gathered.read, gathered.changed, controller.received()), (5, 3, 5));
    assert_eq!(marks[1].state(), EnvState::NeverSeen);
    // The row of environment 1 stands for nothing, whatever its action says.
    let actions = [0, GERMINATE, 0, GERMINATE];
    let mut decided = [Decided::default(); 4];
    assert_eq!(controller.decide_batch(&marks, &actions, &[], &mut decided).unwrap(), 3);
    assert_eq!(decisions(&mut trainer), [(1, 3, 1), (4, 0, 0), (5, 2, 0)]);
    assert_eq!(decided.map(|d| d.sequence), [2, 0, 3, 1]);
    // Nothing new: nothing is decided twice.
    let _ = controller.try_latest_by_env(&mut block, &mut marks).unwrap();
    assert_eq!(controller.decide_batch(&marks, &actions, &[], &mut decided).unwrap(), 0);
    publish(&mut trainer, 1, 2);
    drop(controller);
    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let Read::Record(meta) = successor.next(&mut block[0], patiently()).unwrap() else { panic!() };
    assert_eq!((meta.sequence, meta.env), (6, 1));
}

#[test]
fn a_slot_decided_on_in_part_is_finished_by_a_batch_of_the_successor() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &LinkSpec::new(&ActionSpace::cnn()).rows(4));
    let env = [0, 1, 2, 3];
    let block = env.map(|env| observed(env, 1));
    trainer.publish_rows(&block, &env, &[Flags::NONE; 4]).unwrap();
    let (mut rows, mut marks) = ([Observation::EMPTY; 4], [EnvMark::NEVER_SEEN; 4]);
    let _ = controller.latest_by_env(&mut rows, &mut marks, patiently()).unwrap();
    assert_eq!(controller.decide_batch(&marks[..2], &[GERMINATE; 2], &[], &mut []).unwrap(), 2);
    drop(controller);
    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let mut marks = [EnvMark::NEVER_SEEN; 4];
    let _ = successor.latest_by_env(&mut rows, &mut marks, patiently()).unwrap();
    let mut decided = [Decided::default(); 4];
    assert_eq!(successor.decide_batch(&marks, &[GERMINATE; 4], &[], &mut decided).unwrap(), 4);
    // A decision stays, with no second command.
    assert_eq!(decided.map(|d| d.sequence), [1, 2, 3, 4]);
    assert_eq!(decided.map(|d| d.command.is_some()), [false, false, true, true]);
    assert_eq!(decisions(&mut trainer), [(1, 0, 1), (1, 1, 1), (1, 2, 1), (1, 3, 1)]);
    assert_eq!(execute(&mut trainer, |sequence, _| assert_eq!(sequence, 1)), 4);
}

#[test]
fn a_block_of_another_shape_is_refused() {
    let folder = Folder::new();
    let (_trainer, mut controller) = pair(&folder, &LinkSpec::new(&ActionSpace::cnn()));
    let mut marks = [EnvMark::NEVER_SEEN; 2];
    let short = controller.try_latest_by_env(&mut [0f32; 53], &mut marks).unwrap_err();
    assert_eq!(short.kind(), ErrorKind::InvalidArgument);
    let short = controller.next_batch(&mut [0f32; 53], &mut [Meta::default(); 2], 1, AT_ONCE).unwrap_err();
    assert_eq!(short.kind(), ErrorKind::InvalidArgument);
    let many = controller.next_batch(&mut [0f32; 54], &mut [Meta::default(); 2], 3, AT_ONCE).unwrap_err();
    assert_eq!(many.kind(), ErrorKind::InvalidArgument);
}
