//! Controllers that succeed one another on a lane: each observation is decided on once and each
//! command executed once, in whatever order a predecessor decided, wherever it was refused, and at
//! whatever step it ended.

use crate::common::{self, AT_ONCE, Folder, LONG, Running, free};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode};
use leyline::contract::stage::CommandType;
use leyline::link::{Observed, decisions_ring};
use leyline::{
    ActionSpace, Answer, Batch, Controller, Decided, EnvMark, EnvState, ErrorKind, Flags, LinkSpec, Meta,
    News, Observation, Observer, Options, Read, Segment, Stamp, Start, TimeSource, Trainer, Wait, wait_any,
};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

const NAME: &str = "link";
/// GERMINATE of the first blueprint.
const GERMINATE: usize = 1;

/// An observation as a word on the pipe: sequence and environment.
type Row = (u64, u16);

fn word((sequence, env): Row) -> String {
    format!("{sequence}/{env}")
}

fn words(rows: &[Row]) -> String {
    rows.iter().map(|&row| word(row)).collect::<Vec<_>>().join(",")
}

fn row(word: &str) -> Row {
    let (sequence, env) = word.split_once('/').unwrap();
    (sequence.parse().unwrap(), env.parse().unwrap())
}

fn rows(words: &str) -> Vec<Row> {
    words.split(',').map(row).collect()
}

fn spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(64).commands(4)
}

/// An observation that reports when it is read, and waits for the parent before it goes on.
struct Stepped(Meta);

impl Observed for Stepped {
    fn observed(&self) -> Option<Meta> {
        common::say("step");
        common::listen();
        Some(self.0)
    }
}

/// Reads the next observations: all rows of one slot.
fn read(controller: &mut Controller, latest: bool) -> Result<Vec<(Row, Meta)>, Read> {
    let n = controller.rows();
    let (mut block, mut env, mut flags) = (vec![Observation::EMPTY; n], vec![0; n], vec![Flags::NONE; n]);
    loop {
        let read = if latest {
            controller.try_latest_rows(&mut block, &mut env, &mut flags)
        } else {
            controller.try_next_rows(&mut block, &mut env, &mut flags)
        };
        match read.unwrap() {
            Read::Record(meta) => {
                return Ok(env
                    .iter()
                    .map(|&env| ((meta.sequence, env), meta.of_row(env, Flags::NONE)))
                    .collect());
            }
            Read::Restarted { .. } => {}
            other => return Err(other),
        }
    }
}

/// A controller that executes its parent's commands and reports each result.
#[test]
#[ignore = "a child process"]
fn child_controller() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach(NAME, &Options::default(), LONG).unwrap();
    let mut metas = BTreeMap::new();
    common::say("attached");
    while let Some(line) = common::listen() {
        let (what, of) = line.split_once(' ').unwrap();
        let of_rows = |metas: &BTreeMap<Row, Meta>| rows(of).iter().map(|r| metas[r]).collect::<Vec<Meta>>();
        match what {
            "read" | "latest" => match read(&mut controller, what == "latest") {
                Ok(found) => {
                    common::say(words(&found.iter().map(|&(row, _)| row).collect::<Vec<_>>()));
                    metas.extend(found);
                }
                Err(Read::Empty) => common::say("none"),
                Err(other) => common::say(format!("{other:?}")),
            },
            "act" | "wait" => {
                let action = if what == "act" { GERMINATE } else { ActionSpace::WAIT };
                match controller.decide(&metas[&row(of)], action, &Answer::default()) {
                    Ok(_) => common::say("done"),
                    Err(e) => common::say(format!("{:?}", e.kind())),
                }
            }
            "batch" => {
                let metas = of_rows(&metas);
                match controller.decide_batch(&metas, &vec![GERMINATE; metas.len()], &[], &mut []) {
                    Ok(done) => common::say(format!("done {done}")),
                    Err(e) => common::say(format!("{:?}", e.kind())),
                }
            }
            "steps" => {
                let metas: Vec<Stepped> = of_rows(&metas).into_iter().map(Stepped).collect();
                let mut from = 0;
                while from < metas.len() {
                    match controller.decide_batch(
                        &metas[from..],
                        &vec![GERMINATE; metas.len() - from],
                        &[],
                        &mut [],
                    ) {
                        Ok(done) => from += done,
                        Err(e) => assert_eq!(e.kind(), ErrorKind::Full),
                    }
                }
                common::say("done");
            }
            "outcome" => common::say(
                controller
                    .try_outcome()
                    .unwrap()
                    .map_or("none".to_owned(), |outcome| outcome.command_sequence.to_string()),
            ),
            other => panic!("{other}"),
        }
    }
    drop(controller);
    common::say("closed");
}

/// The way in which a controller's process ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Killed,
    Closed,
}

struct Child(Running);

impl Child {
    fn start(folder: &Folder) -> Self {
        let mut child = Self(common::start("child_controller", folder));
        assert_eq!(child.0.hear(), "attached");
        child
    }

    fn ask(&mut self, what: &str, of: &str) -> String {
        self.0.tell(&format!("{what} {of}"));
        self.0.hear()
    }

    /// Reads everything that is there.
    fn read_all(&mut self) -> Vec<Row> {
        let mut all = Vec::new();
        loop {
            match self.ask("read", "-").as_str() {
                "none" => return all,
                found => all.extend(rows(found)),
            }
        }
    }

    fn act(&mut self, row: Row) -> String {
        self.ask("act", &word(row))
    }

    fn wait(&mut self, row: Row) {
        assert_eq!(self.ask("wait", &word(row)), "done");
    }

    fn batch(&mut self, rows: &[Row]) -> String {
        self.ask("batch", &words(rows))
    }

    fn end(mut self, end: End) {
        match end {
            End::Killed => self.0.kill(),
            End::Closed => assert!(self.0.wait().success()),
        }
    }
}

/// The trainer's side: the commands that it executed, in order.
struct Host {
    trainer: Option<Trainer>,
    executed: Vec<Row>,
}

impl Host {
    fn new(folder: &Folder, spec: &LinkSpec) -> Self {
        let trainer = Some(Trainer::create(NAME, spec, &folder.options()).unwrap());
        Self { trainer, executed: Vec::new() }
    }

    fn trainer(&mut self) -> &mut Trainer {
        self.trainer.as_mut().unwrap()
    }

    /// Replaces the trainer by a successor.
    fn restart(&mut self) {
        let segment = self.trainer().segment().clone();
        self.trainer = None;
        self.trainer = Some(Trainer::on(&segment).unwrap());
    }

    /// Publishes single observations, each of the environment that its sequence numbers.
    fn publish(&mut self, count: u64) {
        for _ in 0..count {
            let trainer = self.trainer();
            let env = trainer.sent() as u16 + 1;
            let stamp = Stamp { env, ..Stamp::default() };
            assert_eq!(trainer.publish_stamped(&free(), stamp).unwrap().sequence, trainer.sent());
        }
    }

    /// Publishes a slot of rows of these environments.
    fn publish_rows(&mut self, env: &[u16]) -> u64 {
        let (block, flags) = (vec![free(); env.len()], vec![Flags::NONE; env.len()]);
        self.trainer().publish_rows(&block[..], env, &flags).unwrap().sequence
    }

    fn execute(&mut self) {
        while let Some(received) = self.trainer().try_command().unwrap() {
            self.executed.push((received.command.observation_sequence, received.command.env));
            // Whatever it is, it changes no seed's state, so that no later command is masked.
            let (command, sequence) = (&received.command, received.sequence);
            let outcome = CommandOutcome::failed(command, sequence, OutcomeCode::Internal, "");
            self.trainer().answer(&received, outcome).unwrap();
        }
    }

    /// Returns the observations that were decided on, repeated if decided on more than once.
    fn decided(&self) -> Vec<Row> {
        self.decisions().iter().map(|d| (d.observation_sequence, d.env)).collect()
    }

    /// Returns the observations that were acted on.
    fn acted(&self) -> BTreeSet<Row> {
        let acted = |d: &&Decision| usize::from(d.action) == GERMINATE;
        self.decisions().iter().filter(acted).map(|d| (d.observation_sequence, d.env)).collect()
    }

    fn decisions(&self) -> Vec<Decision> {
        let segment = self.trainer.as_ref().unwrap().segment();
        let mut observer = Observer::<Decision>::open(segment, &decisions_ring(0), Start::Oldest).unwrap();
        let (mut all, mut decision) = (Vec::new(), Decision::default());
        loop {
            match observer.try_next(&mut decision) {
                Read::Record(_) => all.push(decision),
                Read::Restarted { .. } => {}
                Read::Empty => return all,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Lets a successor in this process act on everything that it is given. Returns those
    /// observations.
    fn succeed(&mut self, folder: &Folder) -> Vec<Row> {
        let mut successor = Controller::attach(NAME, &folder.options(), LONG).unwrap();
        let mut given = Vec::new();
        loop {
            let found = match read(&mut successor, false) {
                Ok(found) => found,
                Err(Read::Empty) => break,
                Err(other) => panic!("{other:?}"),
            };
            for (row, meta) in found {
                given.push(row);
                while let Err(e) = successor.decide(&meta, GERMINATE, &Answer::default()) {
                    assert_eq!(e.kind(), ErrorKind::Full);
                    self.execute();
                }
            }
        }
        self.execute();
        while successor.try_outcome().unwrap().is_some() {}
        self.execute();
        given
    }

    /// Checks that each of these, and no other, was executed once and decided on once.
    fn done_once(&self, rows: &[Row]) {
        let sorted = |mut rows: Vec<Row>| {
            rows.sort_unstable();
            rows
        };
        let rows = sorted(rows.to_vec());
        assert_eq!(sorted(self.executed.clone()), rows, "executed: {:?}", self.executed);
        assert_eq!(sorted(self.decided()), rows, "decided on: {:?}", self.decided());
    }
}

/// Returns single observations of [`Host::publish`].
fn singles(sequences: impl IntoIterator<Item = u64>) -> Vec<Row> {
    sequences.into_iter().map(|n| (n, n as u16)).collect()
}

/// Publishes so many observations, all of which a controller reads.
fn all_read(folder: &Folder, count: u64) -> (Host, Child) {
    let mut host = Host::new(folder, &spec());
    host.publish(count);
    let mut child = Child::start(folder);
    assert_eq!(child.read_all().len() as u64, count);
    (host, child)
}

#[test]
fn a_batch_killed_at_any_step_is_finished_without_a_repetition() {
    const COUNT: u64 = 14;
    let mut ended = false;
    for kill_at in (3..).step_by(4) {
        let folder = Folder::new();
        let mut host = Host::new(&folder, &spec());
        host.publish(COUNT);
        let mut child = Child::start(&folder);
        let all = child.read_all();
        child.0.tell(&format!("steps {}", words(&all)));
        for step in 0.. {
            if child.0.hear() == "done" {
                ended = true;
                break;
            }
            // While the batch is under way the trainer makes room.
            host.execute();
            if step == kill_at {
                break;
            }
            child.0.tell("go on");
        }
        child.end(End::Killed);
        host.execute();
        host.succeed(&folder);
        host.done_once(&singles(1..=COUNT));
        if ended {
            return;
        }
    }
}

#[test]
fn what_was_decided_out_of_order_is_not_decided_again() {
    for end in [End::Killed, End::Closed] {
        let folder = Folder::new();
        let (mut host, mut child) = all_read(&folder, 6);
        assert_eq!(child.batch(&singles(1..=5)), "done 4");
        host.execute();
        assert_eq!(child.act((6, 6)), "done");
        assert_eq!(child.batch(&singles([5])), "done 1");
        child.end(end);
        host.execute();
        host.publish(1);
        assert_eq!(host.succeed(&folder), singles([7]));
        assert_eq!(host.executed, singles([1, 2, 3, 4, 6, 5, 7]));
        host.done_once(&singles(1..=7));
    }
}

#[test]
fn a_wait_keeps_what_was_decided_sent_or_owed() -> leyline::Result<()> {
    let spec = LinkSpec::new(&ActionSpace::cnn()).commands(2).time_source(TimeSource::Caller).to_spec()?;
    let segment = Segment::create_memfd("fast", &spec, &Options::default())?;
    let mut trainer = Trainer::on(&segment)?;
    let mut next = |controller: &mut Controller| {
        trainer.publish(&Observation::EMPTY).unwrap();
        match controller.try_next(&mut Observation::EMPTY.clone()).unwrap() {
            Read::Record(meta) => meta,
            other => panic!("{other:?}"),
        }
    };
    let answer = Answer::default();
    let mut first = Controller::on(&segment, 0)?;
    let metas = [(); 4].map(|()| next(&mut first));
    // The first publish of a ring looks for its consumers.
    let waited = first.decide(&metas[1], 0, &answer)?.sequence;
    assert_eq!(first.decide(&metas[1], 0, &answer)?.sequence, waited + 1, "nobody did anything about it");
    assert_eq!(first.decide(&metas[0], 0, &answer)?.sequence, waited + 2, "it is out of order");
    let sent = first.decide(&metas[2], 1, &answer)?.sequence;
    first.send(AdaptationCommand::new(CommandType::RequestState))?;
    let full = first.decide(&metas[3], 1, &answer).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Full);
    drop(first);

    let mut second = Controller::on(&segment, 0)?;
    let Read::Record(owed) = second.try_next(&mut Observation::EMPTY.clone())? else { panic!() };
    assert_eq!(owed.sequence, 4);
    let settled = second.decide(&owed, 0, &answer)?.sequence;
    assert_eq!(settled, sent + 1);
    // Each keeps its first decision, and nothing is published.
    for (meta, before) in metas.iter().zip([waited + 2, waited, sent]) {
        assert_eq!(second.decide(meta, 0, &answer)?.sequence, before);
    }
    let new = next(&mut second);
    assert_eq!(second.decide(&new, 0, &answer)?.sequence, settled + 1);
    Ok(())
}

#[test]
fn what_was_refused_is_its_successors() {
    for end in [End::Killed, End::Closed] {
        let folder = Folder::new();
        let (mut host, mut child) = all_read(&folder, 8);
        assert_eq!(child.batch(&singles(1..=5)), "done 4");
        assert_eq!(child.act((7, 7)), "Full");
        host.execute();
        // 6 is passed over on purpose, 5 and 7 were refused.
        assert_eq!(child.act((8, 8)), "done");
        child.end(end);
        host.execute();
        host.publish(1);
        assert_eq!(host.succeed(&folder), singles([5, 7, 9]));
        host.done_once(&singles([1, 2, 3, 4, 5, 7, 8, 9]));
        host.publish(1);
        assert_eq!(host.succeed(&folder), singles([10]));
    }
}

#[test]
fn a_slot_decided_on_in_part_is_finished_whatever_was_decided_on_after_it() {
    for end in [End::Killed, End::Closed] {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observations(8).commands(4).rows(4);
        let mut host = Host::new(&folder, &spec);
        for first in [0, 4, 8, 12] {
            host.publish_rows(&[first, first + 1, first + 2, first + 3]);
        }
        let mut child = Child::start(&folder);
        let all = child.read_all();
        assert_eq!(all.len(), 16);
        // Two slots by turns, in part; the third and the fourth whole, the fourth first.
        for row in [(2, 6), (1, 1), (2, 4), (1, 3)] {
            child.wait(row);
        }
        assert_eq!(child.batch(&all[12..]), "done 4");
        host.execute();
        assert_eq!(child.batch(&all[8..12]), "done 4");
        host.execute();
        child.end(end);

        // A successor that ends on the way is succeeded as well.
        let mut child = Child::start(&folder);
        assert_eq!(child.ask("read", "-"), words(&all[..4]));
        assert_eq!(child.act((1, 0)), "done");
        // The decisions of a predecessor stay.
        assert_eq!(child.act((1, 1)), "done");
        child.end(end);
        host.execute();
        host.publish_rows(&[1, 2, 3, 4]);
        assert_eq!(host.succeed(&folder), [&all[..8], &[(5, 1), (5, 2), (5, 3), (5, 4)]].concat());
        let waited = [(2, 6), (1, 1), (2, 4), (1, 3)];
        let mut executed = host.executed.clone();
        executed.extend(waited);
        executed.sort_unstable();
        let mut all = [&all[..], &[(5, 1), (5, 2), (5, 3), (5, 4)]].concat();
        assert_eq!(executed, all);
        let mut decided = host.decided();
        decided.sort_unstable();
        all.sort_unstable();
        assert_eq!(decided, all);
    }
}

#[test]
fn what_was_passed_over_stays_passed_over() {
    for rows in [1, 3] {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observations(16).commands(8).rows(rows);
        let mut host = Host::new(&folder, &spec);
        let env: Vec<u16> = (0..rows as u16).collect();
        for _ in 0..4 {
            host.publish_rows(&env);
        }
        let mut child = Child::start(&folder);
        let of = |sequence| env.iter().map(|&env| (sequence, env)).collect::<Vec<Row>>();
        assert_eq!(child.ask("latest", "-"), words(&of(4)));
        for row in of(4) {
            child.wait(row);
        }
        for _ in 0..3 {
            host.publish_rows(&env);
        }
        assert_eq!(child.ask("latest", "-"), words(&of(7)));
        child.wait((7, 0));
        child.end(End::Killed);
        host.publish_rows(&env);
        let given = if rows == 1 { of(8) } else { [of(7), of(8)].concat() };
        assert_eq!(host.succeed(&folder), given);
    }
}

/// A controller that reads the newest only still gets the observations whose commands were refused
/// to its predecessor.
#[test]
fn the_newest_of_what_was_left_behind_is_not_what_was_decided_on() {
    let folder = Folder::new();
    let (mut host, mut child) = all_read(&folder, 8);
    assert_eq!(child.batch(&singles(1..=7)), "done 4");
    host.execute();
    assert_eq!(child.batch(&singles([6, 8])), "done 2");
    child.end(End::Killed);
    host.execute();

    let mut child = Child::start(&folder);
    assert_eq!(child.ask("latest", "-"), "7/7");
    assert_eq!(child.ask("latest", "-"), "none");
    child.end(End::Killed);
    let mut child = Child::start(&folder);
    host.publish(1);
    assert_eq!(child.ask("latest", "-"), "9/9");
    assert_eq!(child.act((9, 9)), "done");
    child.end(End::Killed);
    // Passed over by others, but owed all the same.
    assert_eq!(host.succeed(&folder), singles([5, 7]));
    host.done_once(&singles(1..=9));
}

#[test]
fn an_outcome_is_given_until_its_receiver_comes_back_or_closes() {
    for (end, asked, left) in
        [(End::Killed, 1, 1), (End::Killed, 2, 2), (End::Closed, 1, 2), (End::Closed, 3, 4)]
    {
        let folder = Folder::new();
        let (mut host, mut child) = all_read(&folder, 4);
        assert_eq!(child.batch(&singles(1..=4)), "done 4");
        host.execute();
        for sequence in 1..=asked {
            assert_eq!(child.ask("outcome", "-"), sequence.to_string());
        }
        child.end(end);
        let mut successor = Controller::attach(NAME, &folder.options(), LONG).unwrap();
        for sequence in left..=4 {
            assert_eq!(successor.try_outcome().unwrap().unwrap().command_sequence, sequence, "{end:?}");
        }
        assert_eq!(successor.try_outcome().unwrap(), None);
    }
}

/// An outcome that was waited for is committed together with those before it.
#[test]
fn an_outcome_that_was_waited_for_is_given_again_while_earlier_ones_lie_aside() {
    let folder = Folder::new();
    let mut host = Host::new(&folder, &spec());
    host.publish(3);
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let act = |controller: &mut Controller| {
        let (_, meta) = read(controller, false).unwrap()[0];
        controller.decide(&meta, GERMINATE, &Answer::default()).unwrap().command.unwrap()
    };
    let tickets = [(); 3].map(|()| act(&mut first));
    host.execute();
    let wait = |controller: &mut Controller, n: usize| {
        let outcome = controller.wait_outcome(&tickets[n].id, common::patiently()).unwrap();
        assert_eq!(outcome.command_sequence, n as u64 + 1);
    };
    wait(&mut first, 1);
    drop(first);
    let mut second = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    wait(&mut second, 1);
    assert_eq!(second.try_outcome().unwrap().unwrap().command_sequence, 1);
    drop(second);
    let mut third = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    assert_eq!(third.try_outcome().unwrap().unwrap().command_sequence, 3);
    assert_eq!(third.try_outcome().unwrap(), None);
}

/// Whichever call a successor reads with, it gets first the unfinished observations, then the new
/// ones.
#[test]
fn every_way_of_reading_gives_what_was_left_behind_first() {
    type Way = fn(&mut Controller) -> Vec<u64>;
    fn records(mut read: impl FnMut(&mut Observation) -> Read) -> Vec<u64> {
        let mut all = Vec::new();
        while let Read::Record(meta) = read(&mut Observation::EMPTY.clone()) {
            all.push(meta.sequence);
        }
        all
    }
    fn batches(room: usize, mut read: impl FnMut(&mut [Observation], &mut [Meta]) -> Batch) -> Vec<u64> {
        let mut all = Vec::new();
        let (mut block, mut metas) = (vec![Observation::EMPTY; room], vec![Meta::default(); room]);
        loop {
            let batch = read(&mut block, &mut metas);
            all.extend(metas[..batch.count].iter().map(|m| m.sequence));
            if batch.count < room {
                assert!(matches!(batch.end, Read::Empty | Read::TimedOut), "{:?}", batch.end);
                return all;
            }
        }
    }
    let ways: [Way; 8] = [
        |c| records(|o| c.try_next(o).unwrap()),
        |c| records(|o| c.next(o, AT_ONCE).unwrap()),
        |c| records(|o| c.try_next_rows(&mut [*o], &mut [0], &mut [Flags::NONE]).unwrap()),
        |c| batches(1, |o, m| c.try_next_batch(o, m).unwrap()),
        |c| batches(3, |o, m| c.try_next_batch(o, m).unwrap()),
        |c| batches(8, |o, m| c.next_batch(o, m, 5, AT_ONCE).unwrap()),
        // Two that were left behind are passed over for the newest, and then there is nothing.
        |c| {
            let mut seen = vec![5, 7];
            seen.extend(records(|o| c.try_latest(o).unwrap()));
            assert_eq!((c.lost(), seen.len()), (3, 3));
            seen.insert(2, 9);
            seen
        },
        |c| {
            let (mut block, mut marks) = ([Observation::EMPTY; 11], [EnvMark::NEVER_SEEN; 11]);
            let gathered = c.try_latest_by_env(&mut block, &mut marks).unwrap();
            assert_eq!((gathered.read, gathered.missed, gathered.changed), (4, 0, 4));
            assert_eq!(c.received(), 4);
            assert_eq!(c.try_latest_by_env(&mut block, &mut marks).unwrap().read, 0);
            // Those that were decided on are there to be looked at, and are not new.
            assert_eq!((block[6], marks[6].sequence, marks[6].state()), (free(), 6, EnvState::Unchanged));
            [5, 7, 9, 10].map(|env: usize| marks[env].sequence).to_vec()
        },
    ];
    for (n, way) in ways.into_iter().enumerate() {
        let folder = Folder::new();
        let mut host = Host::new(&folder, &spec());
        host.publish(8);
        let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
        let mut metas = [Meta::default(); 8];
        assert_eq!(first.try_next_batch(&mut [Observation::EMPTY; 8], &mut metas).unwrap().count, 8);
        assert_eq!(first.decide_batch(&metas[..7], &[GERMINATE; 7], &[], &mut []).unwrap(), 4);
        first.wait_on_all(&[metas[7], metas[5]]).unwrap();
        drop(first);
        host.publish(2);
        let mut second = Controller::attach(NAME, &folder.options(), LONG).unwrap();
        let mut news = [News::None];
        assert!(wait_any(&mut [&mut second], &mut news, AT_ONCE).unwrap(), "way {n}");
        assert_eq!(way(&mut second), [5, 7, 9, 10], "way {n}");
        assert!(!wait_any(&mut [&mut second], &mut news, AT_ONCE).unwrap(), "way {n}");
        assert_eq!(news, [News::None]);
        host.publish(1);
        let Read::Record(meta) = second.try_next(&mut Observation::EMPTY.clone()).unwrap() else { panic!() };
        assert_eq!(meta.sequence, 11);
    }
}

/// Unfinished observations can be overwritten like any others.
#[test]
fn what_was_left_behind_and_has_left_its_ring_counts_as_lost() {
    let folder = Folder::new();
    let mut host = Host::new(&folder, &LinkSpec::new(&ActionSpace::cnn()).observations(8).commands(2));
    host.publish(6);
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let mut metas = [Meta::default(); 6];
    assert_eq!(first.try_next_batch(&mut [Observation::EMPTY; 6], &mut metas).unwrap().count, 6);
    assert_eq!(first.decide_batch(&metas[..5], &[GERMINATE; 5], &[], &mut []).unwrap(), 2);
    first.wait_on_all(&metas[5..]).unwrap();
    drop(first);
    // 3 and 4 go, 5 stays until it is about to be read.
    host.publish(6);
    let mut second = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    assert_eq!(second.lost(), 2);
    host.publish(3);
    let mut observation = Observation::EMPTY;
    // Of 5 to 7, which are gone, one was decided on.
    let read = second.try_next(&mut observation).unwrap();
    let Read::Lapped { missed, next } = read else { panic!("{read:?}") };
    assert_eq!((missed, second.lost()), (next - 6, 2 + missed));
    let Read::Record(meta) = second.try_next(&mut observation).unwrap() else { panic!() };
    assert_eq!(meta.sequence, next);
}

/// An observation at which its reader stops, as if killed there.
struct Fatal<'a>(Meta, &'a Cell<u32>);

impl Observed for Fatal<'_> {
    fn observed(&self) -> Option<Meta> {
        match self.1.get() {
            0 => std::panic::resume_unwind(Box::new("killed")),
            left => self.1.set(left - 1),
        }
        Some(self.0)
    }
}

/// A generator of pseudo-random numbers: SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut left = of.to_vec();
        let mut some = Vec::new();
        for _ in 0..self.below(of.len() as u64 + 1) {
            some.push(left.swap_remove(self.below(left.len() as u64) as usize));
        }
        some
    }
}

/// A link whose controllers read, pass over, decide in any order, are refused, and end anywhere.
struct Story {
    numbers: Numbers,
    folder: Folder,
    host: Host,
    rows: u16,
    /// True if trainers end as well.
    restarts: bool,
    /// Observations that some controller began to decide on, and that no controller has passed over
    /// since.
    begun: BTreeSet<Row>,
    attempted: BTreeSet<Row>,
    /// Observations left by a controller that ended after it had decided on a later one.
    passed_over: BTreeSet<Row>,
    published: BTreeSet<Row>,
    /// Observations decided on before the present controller came.
    settled: BTreeSet<Row>,
    /// Observations that the present controller began to decide on.
    own: BTreeSet<Row>,
}

impl Story {
    fn new(seed: u64, rows: u16, restarts: bool) -> Self {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observations(256).commands(4);
        let host = Host::new(&folder, &spec.rows(rows.into()));
        let (begun, attempted, passed_over, published, settled, own) = Default::default();
        Self {
            numbers: Numbers(seed),
            folder,
            host,
            rows,
            restarts,
            begun,
            attempted,
            passed_over,
            published,
            settled,
            own,
        }
    }

    fn publish(&mut self) {
        let first = self.numbers.below(4) as u16;
        let env: Vec<u16> = (first..first + self.rows).collect();
        let sequence = self.host.publish_rows(&env);
        self.published.extend(env.iter().map(|&env| (sequence, env)));
    }

    fn begin(&mut self, metas: &[Meta]) {
        let rows = metas.iter().map(|m| (m.sequence, m.env));
        self.own.extend(rows.clone());
        self.begun.extend(rows.clone());
        self.attempted.extend(rows);
    }

    /// Runs one controller. With `last`, it decides on everything that it is given and closes.
    fn live(&mut self, last: bool) {
        self.settled = self.host.decided().into_iter().collect();
        self.own.clear();
        let mut controller = Controller::attach(NAME, &self.folder.options(), LONG).unwrap();
        let mut held = BTreeMap::new();
        for _ in 0..self.numbers.below(30) {
            match self.numbers.below(if last { 4 } else { 10 }) {
                0 | 1 => self.publish(),
                2 if self.restarts && self.numbers.below(3) == 0 => self.host.restart(),
                2 => {
                    self.host.execute();
                    while controller.try_outcome().unwrap().is_some() {}
                }
                3 => self.read(&mut controller, &mut held, false),
                4 if self.numbers.below(3) == 0 => self.read(&mut controller, &mut held, true),
                5 | 6 => {
                    let metas: Vec<Meta> = held.values().copied().collect();
                    for meta in self.numbers.some(&metas) {
                        let action = self.numbers.below(2) as usize * GERMINATE;
                        let row = (meta.sequence, meta.env);
                        self.begin(&[meta]);
                        match controller.decide(&meta, action, &Answer::default()) {
                            Ok(_) => drop(held.remove(&row)),
                            Err(e) => assert_eq!(e.kind(), ErrorKind::Full),
                        }
                    }
                }
                7 | 8 => {
                    let metas: Vec<Meta> = held.values().copied().collect();
                    let metas = self.numbers.some(&metas);
                    let n = metas.len() as u64;
                    let fatal = self.numbers.below(3) == 0;
                    let mut metas = metas;
                    if self.numbers.below(2) == 0 {
                        metas.sort_unstable_by_key(|m| (m.sequence, m.env));
                    }
                    // Before anything was begun nothing is promised: everything has been looked at
                    // twice by then, and to be sorted.
                    let in_order = metas.is_sorted_by_key(|m| m.sequence);
                    let before = 2 * n + if in_order { 0 } else { 8 * n };
                    let left =
                        if fatal { before + self.numbers.below(5 * n + 1) } else { u64::from(u32::MAX) };
                    let left = Cell::new(left as u32);
                    let batch: Vec<Fatal<'_>> = metas.iter().map(|&meta| Fatal(meta, &left)).collect();
                    let actions: Vec<usize> =
                        metas.iter().map(|_| self.numbers.below(2) as usize * GERMINATE).collect();
                    self.begin(&metas);
                    let mut decided = vec![Decided::default(); metas.len()];
                    let result = catch_unwind(AssertUnwindSafe(|| {
                        controller.decide_batch(&batch, &actions, &[], &mut decided)
                    }));
                    match result {
                        Ok(Ok(_)) => {}
                        Ok(Err(e)) => assert_eq!(e.kind(), ErrorKind::Full),
                        Err(_) => break,
                    }
                    for (meta, _) in metas.iter().zip(&decided).filter(|(_, d)| d.sequence != 0) {
                        held.remove(&(meta.sequence, meta.env));
                    }
                }
                9 => {
                    let metas: Vec<Meta> = held.values().copied().collect();
                    let metas = self.numbers.some(&metas);
                    self.begin(&metas);
                    controller.wait_on_all(&metas).unwrap();
                    for meta in metas {
                        held.remove(&(meta.sequence, meta.env));
                    }
                }
                _ => {}
            }
        }
        if last {
            for _ in 0..64 {
                self.read(&mut controller, &mut held, false);
            }
            for &meta in held.values() {
                self.begin(&[meta]);
                while controller.decide(&meta, GERMINATE, &Answer::default()).is_err() {
                    self.host.execute();
                    while controller.try_outcome().unwrap().is_some() {}
                }
            }
        }
        while controller.try_outcome().unwrap().is_some() {}
        drop(controller);
        // It passed over the rows that it read and left alone, whatever another had begun.
        self.attempted.retain(|row| !held.contains_key(row) || self.own.contains(row));
        let decided: BTreeSet<Row> = self.host.decided().into_iter().collect();
        let highest = decided.last().map_or(0, |row| row.0);
        let behind = self.published.iter().filter(|row| row.0 <= highest && !self.begun.contains(row));
        self.passed_over.extend(behind);
    }

    fn read(&mut self, controller: &mut Controller, held: &mut BTreeMap<Row, Meta>, latest: bool) {
        let found = match read(controller, latest) {
            Ok(found) => found,
            Err(Read::Empty) => return,
            Err(other) => panic!("{other:?}"),
        };
        if self.rows == 1 {
            assert!(!self.passed_over.contains(&found[0].0), "{:?} was passed over", found[0].0);
            assert!(!self.settled.contains(&found[0].0), "{:?} was decided on", found[0].0);
        }
        if latest {
            // Rows that it passes over on purpose may be given to another or not.
            let newest = found[0].0.0;
            let decided: BTreeSet<Row> = self.host.decided().into_iter().collect();
            self.attempted.retain(|row| row.0 >= newest || held.contains_key(row) || decided.contains(row));
        }
        held.extend(found);
    }

    fn check(mut self) {
        self.host.execute();
        let decided = self.host.decided();
        let unique: BTreeSet<Row> = decided.iter().copied().collect();
        assert_eq!(decided.len(), unique.len(), "decided on twice: {decided:?}");
        let lost: Vec<&Row> = self.attempted.difference(&unique).collect();
        assert_eq!(lost, [] as [&Row; 0], "left behind, of {decided:?}");
        let executed: BTreeSet<Row> = self.host.executed.iter().copied().collect();
        assert_eq!(executed.len(), self.host.executed.len(), "executed twice: {:?}", self.host.executed);
        let acted = self.host.acted();
        // A command does not outlive the trainer whose observation it answers.
        if !self.restarts {
            assert_eq!(acted.difference(&executed).next(), None, "a decision without its command");
        }
        // But for what a successor has passed over, whose command had been sent.
        let alone: Vec<&Row> = executed.difference(&acted).filter(|r| self.attempted.contains(r)).collect();
        assert_eq!(alone, [] as [&Row; 0], "a command without its decision");
    }
}

/// Runs thousands of pseudo-random orders.
#[test]
fn whatever_the_order_everything_is_decided_on_once() {
    for seed in 0..50 {
        for (rows, restarts) in [(1, false), (3, false), (1, true), (3, true)] {
            let mut story = Story::new(seed, rows, restarts);
            let lives = 1 + story.numbers.below(5);
            let told = Told(seed, rows);
            for _ in 0..lives {
                story.live(false);
            }
            story.live(true);
            story.check();
            std::mem::forget(told);
        }
    }
}

/// Prints the number of the story if the checks fail.
struct Told(u64, u16);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("story {} with {} rows", self.0, self.1);
        }
    }
}

/// A successor that passes over an observation whose command its predecessor had sent, and then
/// sends enough commands to overwrite that one.
#[test]
fn a_command_without_its_decision_is_known_after_it_has_left_its_ring() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observations(16).commands(4).rows(3);
    let mut host = Host::new(&folder, &spec);
    let attach = || Controller::attach(NAME, &folder.options(), LONG).unwrap();
    host.publish_rows(&[0, 1, 2]);
    let mut first = attach();
    let found = read(&mut first, false).unwrap();
    first.decide(&found[1].1, ActionSpace::WAIT, &Answer::default()).unwrap();
    // Checked and sent; not published.
    let left = Cell::new(2);
    let batch = [Fatal(found[2].1, &left)];
    let killed =
        catch_unwind(AssertUnwindSafe(|| first.decide_batch(&batch, &[GERMINATE], &[], &mut []).map(drop)));
    assert!(killed.is_err());
    drop(first);
    host.execute();
    assert_eq!((&host.executed[..], &host.decided()[..]), (&[(1, 2)][..], &[(1, 1)][..]));

    let mut second = attach();
    for _ in 0..2 {
        host.publish_rows(&[3, 4, 5]);
        for (_, meta) in read(&mut second, true).unwrap() {
            second.decide(&meta, GERMINATE, &Answer::default()).unwrap();
        }
        host.execute();
        while second.try_outcome().unwrap().is_some() {}
    }
    drop(second);
    assert_eq!(host.succeed(&folder), [(1, 0), (1, 1), (1, 2)]);
    host.executed.sort_unstable();
    let of = |sequence, env: [u16; 3]| env.map(|env| (sequence, env));
    let mut all = [of(1, [0, 1, 2]), of(2, [3, 4, 5]), of(3, [3, 4, 5])].concat();
    // That one was waited on.
    all.retain(|&row| row != (1, 1));
    assert_eq!(host.executed, all);
}

/// The shortest ring of decisions is enough for a controller that decides in order, wherever it is
/// killed.
#[test]
fn who_decides_in_order_needs_no_more_than_the_shortest_ring_of_decisions() {
    for seed in 0..25 {
        for rows in [1, 3] {
            let told = Told(seed, rows);
            let mut numbers = Numbers(seed);
            let folder = Folder::new();
            let spec = LinkSpec::new(&ActionSpace::cnn()).observations(256).commands(4).rows(rows.into());
            let spec = spec.decisions(2 * u64::from(rows).next_power_of_two());
            let mut host = Host::new(&folder, &spec);
            let env: Vec<u16> = (0..rows).collect();
            let (mut last, mut ended) = (0, false);
            while !ended {
                ended = last >= 40;
                let mut controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
                for _ in 0..numbers.below(8) {
                    last = host.publish_rows(&env);
                }
                let mut metas = Vec::new();
                while let Ok(found) = read(&mut controller, false) {
                    metas.extend(found.into_iter().map(|(_, meta)| meta));
                    if !ended && numbers.below(4) == 0 {
                        break;
                    }
                }
                let mut from = 0;
                while from < metas.len() {
                    host.execute();
                    while controller.try_outcome().unwrap().is_some() {}
                    let part = &metas[from..metas.len().min(from + 1 + numbers.below(9) as usize)];
                    let n = part.len() as u64;
                    let left = if ended { u64::from(u32::MAX) } else { numbers.below(30 * n) };
                    let left = Cell::new(left as u32);
                    let batch: Vec<Fatal<'_>> = part.iter().map(|&meta| Fatal(meta, &left)).collect();
                    let actions = vec![GERMINATE; part.len()];
                    match catch_unwind(AssertUnwindSafe(|| {
                        controller.decide_batch(&batch, &actions, &[], &mut [])
                    })) {
                        Ok(Ok(done)) => from += done,
                        Ok(Err(e)) => assert_eq!(e.kind(), ErrorKind::Full),
                        Err(_) => break,
                    }
                }
                host.execute();
                while controller.try_outcome().unwrap().is_some() {}
            }
            let all: Vec<Row> = (1..=last).flat_map(|n| env.iter().map(move |&env| (n, env))).collect();
            host.executed.sort_unstable();
            assert_eq!(host.executed, all);
            std::mem::forget(told);
        }
    }
}

/// Many trainers without an answer come between two outcomes. The later outcome is found by the
/// controller and by the next trainer.
#[test]
fn an_outcome_after_many_restarts_is_found() {
    let folder = Folder::new();
    let mut host = Host::new(&folder, &spec());
    let mut controller = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let mut send = || controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
    let tickets = [send(), send(), send()];
    let executed = |trainer: &mut Trainer, sequence| {
        let received = trainer.try_command().unwrap().unwrap();
        assert_eq!(received.sequence, sequence);
        (CommandOutcome::executed(&received.command, received.sequence), received)
    };
    let (outcome, received) = executed(host.trainer(), tickets[0].sequence);
    host.trainer().answer(&received, outcome).unwrap();
    assert_eq!(controller.wait_outcome(&tickets[0].id, Wait::sleep(LONG)).unwrap().command_id, tickets[0].id);
    for _ in 0..60 {
        host.restart();
    }
    // The second stays open, so that the third is answered and not committed.
    let _ = executed(host.trainer(), tickets[1].sequence);
    let (outcome, received) = executed(host.trainer(), tickets[2].sequence);
    host.trainer().answer(&received, outcome).unwrap();
    assert_eq!(controller.wait_outcome(&tickets[2].id, Wait::sleep(LONG)).unwrap().command_id, tickets[2].id);
    host.restart();
    let _ = executed(host.trainer(), tickets[1].sequence);
    assert_eq!(host.trainer().try_command().unwrap(), None);
}

/// Reads single observations until there is none.
fn read_singles(controller: &mut Controller) -> Vec<Meta> {
    let mut metas = Vec::new();
    while let Ok(found) = read(controller, false) {
        metas.push(found[0].1);
    }
    metas
}

/// Observations decided on with WAIT from the highest down are not owed afterwards: otherwise a
/// successor would get them again once the decisions have left their ring.
#[test]
fn what_was_waited_on_out_of_order_is_not_owed() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observations(512).decisions(64).commands(4);
    let mut host = Host::new(&folder, &spec);
    host.publish(256);
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let metas = read_singles(&mut first);
    let down: Vec<Meta> = metas[..100].iter().rev().copied().collect();
    assert_eq!(first.wait_on_all(&down).unwrap(), 100);
    assert_eq!(first.wait_on_all(&metas[100..]).unwrap(), 156);
    drop(first);
    assert_eq!(
        read(&mut Controller::attach(NAME, &folder.options(), LONG).unwrap(), false),
        Err(Read::Empty)
    );
}

/// A trainer that restarts while an owed observation leaves the ring is reported before its first
/// record.
#[test]
fn a_restart_is_told_to_who_has_missed_what_it_owed() {
    let folder = Folder::new();
    let mut host = Host::new(&folder, &spec());
    host.publish(6);
    let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    let metas = read_singles(&mut first);
    for meta in &metas[..4] {
        first.decide(meta, GERMINATE, &Answer::default()).unwrap();
    }
    assert_eq!(first.decide(&metas[4], GERMINATE, &Answer::default()).unwrap_err().kind(), ErrorKind::Full);
    first.decide(&metas[5], ActionSpace::WAIT, &Answer::default()).unwrap();
    drop(first);

    let mut second = Controller::attach(NAME, &folder.options(), LONG).unwrap();
    host.restart();
    let mut observation = Observation::EMPTY;
    for _ in 0..200 {
        host.trainer().publish(&observation).unwrap();
    }
    let Read::Lapped { next, .. } = second.try_next(&mut observation).unwrap() else { panic!() };
    assert_eq!(
        second.try_next(&mut observation).unwrap(),
        Read::Restarted { generation: 2, first_sequence: 7 }
    );
    let Read::Record(meta) = second.try_next(&mut observation).unwrap() else { panic!() };
    assert_eq!((meta.sequence, meta.generation), (next, 2));
}

/// An observation older than the log of take-overs has no known generation. Its decision is still
/// found.
#[test]
fn a_decision_is_known_when_the_generation_of_its_observation_is_not() {
    for rows in [1, 2] {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observations(64).commands(4).rows(rows);
        let mut host = Host::new(&folder, &spec);
        let env: Vec<u16> = (0..rows as u16).collect();
        for _ in 0..2 {
            host.publish_rows(&env);
        }
        let mut first = Controller::attach(NAME, &folder.options(), LONG).unwrap();
        let mut metas = read(&mut first, false).unwrap();
        metas.extend(read(&mut first, false).unwrap());
        // The first row of the first slot only, and the command of the last row without its
        // decision.
        first.decide(&metas[0].1, ActionSpace::WAIT, &Answer::default()).unwrap();
        let left = Cell::new(2);
        let last = metas.last().unwrap().1;
        let batch = [Fatal(last, &left)];
        let killed = catch_unwind(AssertUnwindSafe(|| {
            first.decide_batch(&batch, &[GERMINATE], &[], &mut []).map(drop)
        }));
        assert!(killed.is_err());
        drop(first);
        for _ in 0..130 {
            host.restart();
        }
        host.execute();
        assert_eq!(host.executed, [], "it is stale");
        host.succeed(&folder);
        assert_eq!(host.executed, [], "commands for a state of long ago");
        let mut decided = host.decided();
        decided.sort_unstable();
        let all: Vec<Row> = metas.iter().map(|&(row, _)| row).collect();
        assert_eq!(decided, all);
    }
}
