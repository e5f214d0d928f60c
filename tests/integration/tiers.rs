//! The further tiers of a link: signals, reports and annotations.

use crate::common::{self, AT_ONCE, Folder, patiently, record};
use leyline::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::{CommandType, SeedStage};
use leyline::contract::telemetry::{EventType, SeedTelemetry, Severity, TelemetryEvent};
use leyline::link::commands_ring;
use leyline::schema::record::Record;
use leyline::schema::record::Report;
use leyline::{
    ActionSpace, Controller, Ending, ErrorKind, Feature, Flags, LinkSpec, Meta, Observation, Observer,
    Opened, Options, Read, ReceivedCommand, RingSpec, Segment, Stamp, Start, Trainer, Writer,
};

const NAME: &str = "tiers";

fn spec() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).commands(8)
}

fn pair(folder: &Folder) -> (Trainer, Controller) {
    let trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    (trainer, controller)
}

/// Returns signals that differ for each number.
fn signals(n: u64) -> TrainingSignals {
    let mut signals = TrainingSignals::default();
    signals.metrics.epoch = n as u32;
    signals.metrics.global_step = 10 * n;
    signals.available_slots = 1;
    signals.set_loss_history(&[2.0, 1.0 / n as f32]).unwrap();
    signals
}

// ---------------------------------------------------------------------------------------------------
// the two tiers

#[test]
fn signals_are_published_with_their_observation() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    let mut rich = controller.reports::<TrainingSignals>(Start::Oldest).unwrap();
    trainer.publish(&signals(1).to_observation()).unwrap();
    let stamp = Stamp { time_ns: trainer.now(), env: 4, flags: Flags::FIRST };
    let published = trainer.publish_stamped(&signals(2), stamp).unwrap();
    assert_eq!((published.sequence, published.signals, published.signals_sanitized), (2, 1, 0));

    let (mut observation, mut found) = (Observation::EMPTY, TrainingSignals::default());
    let plain = record(controller.try_next(&mut observation).unwrap());
    assert_eq!(controller.signals_of(&plain).unwrap(), None);
    let hot = record(controller.try_next(&mut observation).unwrap());
    assert_eq!(observation, signals(2).to_observation());
    let beside = record(rich.try_next(&mut found));
    assert_eq!((hot.sequence, beside.sequence), (2, 1));
    // One time, one environment, one set of flags.
    assert_eq!((hot.time_ns, hot.env, hot.flags), (beside.time_ns, beside.env, beside.flags));
    assert!(hot.time_ns != 0);
    let expected = TrainingSignals { observation_sequence: 2, writer_generation: 1, env: 4, ..signals(2) };
    assert_eq!(found, expected);
    assert_eq!(found.to_observation(), observation);
    assert_eq!(controller.signals_of(&hot).unwrap(), Some(expected));
    assert_eq!(controller.signals_of(&Meta { env: 5, ..hot }).unwrap(), None);
    assert_eq!(controller.signals_of(&Meta { generation: 2, ..hot }).unwrap(), None);
}

#[test]
fn signals_are_found_while_their_ring_holds_them() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    let mut metas = Vec::new();
    let mut observation = Observation::EMPTY;
    // Signals with every third observation; their ring has 1024 slots.
    for n in 1..=3900 {
        if n % 3 == 0 {
            trainer.publish(&signals(n)).unwrap();
        } else {
            trainer.publish(&signals(n).to_observation()).unwrap();
        }
        metas.push(record(controller.try_next(&mut observation).unwrap()));
    }
    let first = 3900 - 3 * 1023;
    for meta in metas {
        let n = meta.sequence;
        let expected = n % 3 == 0 && n >= first;
        let found = controller.signals_of(&meta).unwrap();
        assert_eq!(
            found.map(|s| (s.metrics.epoch, s.observation_sequence)),
            expected.then_some((n as u32, n))
        );
    }
}

#[test]
fn what_is_not_finite_in_signals_is_replaced_in_both_tiers_and_what_means_nothing_is_refused() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    let mut broken = signals(1);
    broken.metrics.val_loss = f32::NAN;
    broken.metrics.grad_norm_host = 0.0;
    broken.seed_alpha = 7.0;
    let published = trainer.publish(&broken).unwrap();
    let replaced = 1 << Feature::ValLoss.index() | 1 << Feature::SeedAlpha.index();
    assert_eq!((published.sanitized, published.signals_sanitized), (replaced, 2));
    let mut observation = Observation::EMPTY;
    let meta = record(controller.try_next(&mut observation).unwrap());
    assert_eq!(meta.flags, Flags::SANITIZED);
    observation.check().unwrap();
    let found = controller.signals_of(&meta).unwrap().unwrap();
    assert_eq!(found.to_observation(), observation);
    found.check().unwrap();

    let hostile = TrainingSignals { seed_stage: 77, ..signals(2) };
    assert_eq!(trainer.publish(&hostile).unwrap_err().kind(), ErrorKind::InvalidEnum);
    // Neither tier of it was published.
    assert_eq!(controller.try_next(&mut observation).unwrap(), Read::Empty);
    assert_eq!(controller.reports::<TrainingSignals>(Start::Oldest).unwrap().published(), 1);
}

/// Publishes two tiers on request, and is killed between them.
#[test]
#[ignore = "a child process"]
fn child_publishes_signals() {
    if !common::is_child() {
        return;
    }
    let (mut trainer, opened) = Trainer::open_or_create(NAME, &spec(), &Options::default()).unwrap();
    common::say(format!("{opened:?} {}", trainer.generation()));
    while let Some(line) = common::listen() {
        match line.as_str() {
            "publish" => {
                let n = trainer.sent() + 10 * trainer.generation();
                common::say(trainer.publish(&signals(n)).unwrap().sequence);
            }
            // The state that a trainer leaves if it dies after the first of the two.
            "half" => {
                let (segment, generation) = (trainer.segment().clone(), trainer.generation());
                drop(trainer);
                let mut raw = Writer::<TrainingSignals>::open(&segment, TrainingSignals::RING).unwrap();
                let observations = Writer::<Observation>::open(&segment, "observations").unwrap();
                assert_eq!(observations.generation(), generation + 1);
                let half = TrainingSignals {
                    observation_sequence: observations.next_sequence(),
                    writer_generation: observations.generation(),
                    ..signals(999)
                };
                raw.publish(&half).unwrap();
                common::say(half.observation_sequence);
                common::listen();
                return;
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn signals_whose_observation_never_came_are_told_from_all_others() {
    let folder = Folder::new();
    let mut child = common::start("child_publishes_signals", &folder);
    assert_eq!(child.hear(), format!("{:?} 1", Opened::Created));
    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let mut rich = controller.reports::<TrainingSignals>(Start::Oldest).unwrap();
    for n in 1..=2 {
        child.tell("publish");
        assert_eq!(child.hear(), n.to_string());
    }
    child.tell("half");
    assert_eq!(child.hear(), "3");
    child.kill();
    let mut successor = common::start("child_publishes_signals", &folder);
    assert_eq!(successor.hear(), format!("{:?} 3", Opened::Attached));
    successor.tell("publish");
    assert_eq!(successor.hear(), "3");
    successor.kill();

    // Every observation has the signals that were published with it, and with no other.
    let (mut observation, mut metas) = (Observation::EMPTY, Vec::new());
    loop {
        match controller.next(&mut observation, patiently()).unwrap() {
            Read::Record(meta) => {
                let found = controller.signals_of(&meta).unwrap().unwrap();
                assert_eq!(found.to_observation(), observation);
                metas.push((meta.generation, meta.sequence));
            }
            Read::Restarted { .. } => {}
            end => break assert_eq!(end, Read::WriterGone(Ending::Died)),
        }
    }
    assert_eq!(metas, [(1, 1), (1, 2), (3, 3)]);
    // Of all signals one belongs to no observation: its sequence is there, in another generation.
    let (mut found, mut orphans, mut restarts) = (TrainingSignals::default(), Vec::new(), Vec::new());
    loop {
        match rich.next(&mut found, patiently()).unwrap() {
            Read::Record(_) => {
                if !metas.contains(&(found.writer_generation, found.observation_sequence)) {
                    orphans.push((found.metrics.epoch, found.writer_generation, found.observation_sequence));
                }
            }
            Read::Restarted { generation, .. } => restarts.push(generation),
            end => break assert_eq!(end, Read::WriterGone(Ending::Died)),
        }
    }
    assert_eq!((orphans, restarts), (vec![(999, 2, 3)], vec![2, 3]));
}

// ----------------------------------------------------------------------------------------------------------
// reports

/// Reports three events and waits.
#[test]
#[ignore = "a child process"]
fn child_reports() {
    if !common::is_child() {
        return;
    }
    let mut trainer = Trainer::open_or_create(NAME, &spec(), &Options::default()).unwrap().0;
    common::say("open");
    for n in 0..3 {
        common::listen();
        let mut event = TelemetryEvent::new([n; 16], EventType::SeedCulled, Severity::Warning, 5);
        event.env = n.into();
        common::say(trainer.report(&event).unwrap().sequence);
    }
    common::listen();
}

#[test]
fn reports_travel_between_processes_and_say_that_their_trainer_died() {
    let folder = Folder::new();
    let mut child = common::start("child_reports", &folder);
    assert_eq!(child.hear(), "open");
    let controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let mut events = controller.reports::<TelemetryEvent>(Start::Oldest).unwrap();
    let mut event = TelemetryEvent::new([9; 16], EventType::EpochCompleted, Severity::Debug, 0);
    for n in 0..3u8 {
        child.tell("go on");
        assert_eq!(child.hear(), (u64::from(n) + 1).to_string());
        let meta = record(events.next(&mut event, patiently()).unwrap());
        event.check().unwrap();
        assert_eq!((event.id, event.env, meta.env), ([n; 16], n.into(), n.into()));
        assert!(meta.time_ns != 0);
    }
    child.kill();
    assert_eq!(events.next(&mut event, patiently()).unwrap(), Read::WriterGone(Ending::Died));
    // A successor's come under a new generation of the ring, too.
    let mut successor = common::start("child_reports", &folder);
    assert_eq!(successor.hear(), "open");
    successor.tell("go on");
    assert_eq!(successor.hear(), "4");
    let told = events.next(&mut event, patiently()).unwrap();
    assert_eq!(told, Read::Restarted { generation: 2, first_sequence: 4 });
    assert_eq!(record(events.next(&mut event, patiently()).unwrap()).sequence, 4);
}

/// A program's own report, on a ring that it added to the link.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Heat {
    celsius: f32,
    env: u16,
    reserved: u16,
}

leyline::record! { Heat as "heat" version 1 {
    celsius: f32, "degC", -50.0, 150.0;
    env: u16, "-", 0.0, 65535.0;
    reserved: u16, "-", 0.0, 0.0;
} }

impl Report for Heat {
    const RING: &'static str = "heat";
    const CAPACITY: u64 = 16;

    fn env(&self) -> u16 {
        self.env
    }
}

#[test]
fn a_report_is_made_good_or_refused_and_a_programs_own_has_its_own_ring() {
    let folder = Folder::new();
    let ring = RingSpec::new::<Heat>(Heat::RING).unwrap().capacity(Heat::CAPACITY);
    let all = spec().to_spec().unwrap().ring(ring);
    let segment = Segment::create(NAME, &all, &folder.options()).unwrap();
    let mut trainer = Trainer::on(&segment).unwrap();
    let controller = Controller::on(&segment, 0).unwrap();

    let mut heats = controller.reports::<Heat>(Start::Oldest).unwrap();
    let hot = Heat { celsius: 1e9, env: 3, reserved: 0 };
    let reported = trainer.report(&hot).unwrap();
    assert_eq!((reported.sequence, reported.sanitized), (1, 1));
    let mut found = hot;
    let meta = record(heats.try_next(&mut found));
    assert_eq!((found.celsius, meta.env, meta.flags), (150.0, 3, Flags::SANITIZED));
    let refused = trainer.report(&Heat { reserved: 1, ..hot }).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OutOfRange);
    assert_eq!(heats.try_next(&mut found), Read::Empty);

    let mut telemetry = SeedTelemetry::new("seed", "norm", 5).unwrap();
    telemetry.stage = 200;
    assert_eq!(trainer.report(&telemetry).unwrap_err().kind(), ErrorKind::InvalidEnum);

    // A link without that ring has no place for it.
    let without = Folder::new();
    let (mut trainer, controller) = pair(&without);
    assert_eq!(trainer.report(&hot).unwrap_err().kind(), ErrorKind::NoSuchRing);
    assert_eq!(controller.reports::<Heat>(Start::Now).unwrap_err().kind(), ErrorKind::NoSuchRing);
    // Nor has one whose ring of that name is for something else.
    let strange = RingSpec::new::<TelemetryEvent>(Heat::RING).unwrap().capacity(16);
    let other = Folder::new();
    let segment = Segment::create(NAME, &spec().to_spec().unwrap().ring(strange), &other.options()).unwrap();
    let mut trainer = Trainer::on(&segment).unwrap();
    assert_eq!(trainer.report(&hot).unwrap_err().kind(), ErrorKind::SchemaMismatch);
}

// ------------------------------------------------------------------------------------------------------
// annotations

fn cull() -> AdaptationCommand {
    AdaptationCommand::new(CommandType::Cull).with_target_stage(SeedStage::Culled)
}

fn pairs(trainer: &Trainer, received: &ReceivedCommand) -> Vec<(String, String)> {
    let said = |a: &CommandAnnotation| (a.key().unwrap().to_owned(), a.value().unwrap().to_owned());
    trainer.annotations(received).iter().map(said).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn execute(trainer: &mut Trainer, received: &ReceivedCommand) {
    let outcome = CommandOutcome::executed(&received.command, received.sequence);
    trainer.answer(received, outcome).unwrap();
}

#[test]
fn annotations_come_with_their_command_until_it_is_answered() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    let said = [("policy", "v7"), ("why", "plateau of 5 \u{2013} nothing left to lose"), ("", "")];
    let plain = controller.send(cull()).unwrap();
    let annotated = controller.send_annotated(cull(), &said[..2]).unwrap();
    let none = controller.send_annotated(cull(), &[]).unwrap();
    assert_eq!([plain.sequence, annotated.sequence, none.sequence], [1, 4, 5]);
    let taken = [(); 3].map(|()| trainer.try_command().unwrap().unwrap());
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(taken.map(|r| r.command.id), [plain.id, annotated.id, none.id]);
    assert_eq!(taken.map(|r| trainer.annotations(&r).len()), [0, 2, 0]);
    assert_eq!(pairs(&trainer, &taken[1]), owned(&said[..2]));

    // A successor is given all of it again, until it is answered.
    execute(&mut trainer, &taken[0]);
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    let again = trainer.try_command().unwrap().unwrap();
    assert_eq!((again.command.id, pairs(&trainer, &again)), (annotated.id, owned(&said[..2])));
    let last = trainer.try_command().unwrap().unwrap();
    execute(&mut trainer, &last);
    execute(&mut trainer, &again);
    assert!(trainer.annotations(&again).is_empty());
    let committed = trainer.segment().role(&commands_ring(0), Some(0)).unwrap().records;
    assert_eq!(committed, 5);
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &folder.options()).unwrap();
    assert_eq!(trainer.try_command().unwrap(), None);

    for (key, value, kind) in [
        ("", "x", ErrorKind::InvalidId),
        (&*"k".repeat(40), "x", ErrorKind::InvalidId),
        ("k", &*"v".repeat(184), ErrorKind::InvalidArgument),
    ] {
        let refused = controller.send_annotated(cull(), &[("fine", "fine"), (key, value)]).unwrap_err();
        assert_eq!(refused.kind(), kind);
    }
    let many = [("k", "v"); MAX_ANNOTATIONS + 1];
    assert_eq!(controller.send_annotated(cull(), &many).unwrap_err().kind(), ErrorKind::BatchTooLarge);
    // 8 slots: not for 8 and their command, whoever waits.
    assert_eq!(controller.send_annotated(cull(), &many[..8]).unwrap_err().kind(), ErrorKind::BatchTooLarge);
    assert_eq!(trainer.try_command().unwrap(), None);
}

#[test]
fn a_command_is_sent_with_all_of_its_annotations_or_not_at_all() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    let three = [("a", "1"), ("b", "2"), ("c", "3")];
    for sequence in [4, 8] {
        assert_eq!(controller.send_annotated(cull(), &three).unwrap().sequence, sequence);
    }
    let first = trainer.try_command().unwrap().unwrap();
    let second = trainer.try_command().unwrap().unwrap();
    assert_eq!(controller.send_annotated(cull(), &[]).unwrap_err().kind(), ErrorKind::Full);
    execute(&mut trainer, &first);
    // Four slots are free.
    assert_eq!(controller.send_annotated(cull(), &[("k", "v"); 4]).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(controller.send_annotated(cull(), &three).unwrap().sequence, 12);
    let third = trainer.try_command().unwrap().unwrap();
    assert_eq!((third.sequence, pairs(&trainer, &third)), (12, owned(&three)));
    execute(&mut trainer, &second);
    drop(trainer);
    let gone = controller.send_annotated(cull(), &[("k", "v"); 4]).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConsumerGone);
}

fn annotation(id: [u8; 16], index: u16, count: u8) -> CommandAnnotation {
    CommandAnnotation { command_id: id, index, count, ..CommandAnnotation::new("k", "v").unwrap() }
}

/// Returns the annotated command as a record of the ring of commands.
fn as_record(annotation: &CommandAnnotation) -> AdaptationCommand {
    bytemuck::pod_read_unaligned(bytemuck::bytes_of(annotation))
}

/// Writes five annotations, and is killed before it sends their command.
#[test]
#[ignore = "a child process"]
fn child_dies_between_annotations_and_their_command() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach(NAME, &Options::default()).unwrap();
    let mut raw = Writer::<AdaptationCommand>::open(&segment, &commands_ring(0)).unwrap();
    for index in 0..5 {
        raw.publish(&as_record(&annotation([7; 16], index, 6))).unwrap();
    }
    common::say("annotated");
    common::listen();
}

#[test]
fn annotations_that_a_killed_controller_left_go_with_no_other_command_and_keep_no_room() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec(), &folder.options()).unwrap();
    let mut child = common::start("child_dies_between_annotations_and_their_command", &folder);
    assert_eq!(child.hear(), "annotated");
    // The sender lives: its command may come.
    assert_eq!(trainer.try_command().unwrap(), None);
    child.kill();
    assert_eq!(trainer.try_command().unwrap(), None);

    let mut controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let four = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")];
    // Three slots are free until the trainer sees that a successor has come.
    assert_eq!(controller.send_annotated(cull(), &four).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(trainer.try_command().unwrap(), None);
    // Even under the id of the one that was never sent.
    let same = AdaptationCommand { id: [7; 16], ..cull() };
    controller.send_annotated(same, &four).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.sequence, pairs(&trainer, &received)), (10, owned(&four)));
    execute(&mut trainer, &received);
    controller.send(same).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert!(trainer.annotations(&received).is_empty());

    // The same where the trainer comes late and finds all of it.
    drop((trainer, controller));
    let late = Folder::new();
    drop(Trainer::create(NAME, &spec(), &late.options()).unwrap());
    let mut child = common::start("child_dies_between_annotations_and_their_command", &late);
    assert_eq!(child.hear(), "annotated");
    child.kill();
    let mut controller = Controller::attach(NAME, &late.options(), common::LONG).unwrap();
    controller.send_annotated(same, &four[..2]).unwrap();
    let (mut trainer, _) = Trainer::open_or_create(NAME, &spec(), &late.options()).unwrap();
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.sequence, pairs(&trainer, &received)), (8, owned(&four[..2])));
    execute(&mut trainer, &received);
    assert_eq!(trainer.segment().role(&commands_ring(0), Some(0)).unwrap().records, 8);
}

#[test]
fn annotations_that_are_not_whole_spoil_their_command() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &spec().commands(64), &folder.options()).unwrap();
    let mut raw = Writer::<AdaptationCommand>::open(trainer.segment(), &commands_ring(0)).unwrap();
    let id = |n| [n; 16];
    let command = |n| AdaptationCommand { id: id(n), ..cull() };
    let mut send = |annotations: &[CommandAnnotation], n: u8| {
        let mut records: Vec<_> = annotations.iter().map(as_record).collect();
        records.push(command(n));
        assert_eq!(raw.publish_batch(&records).unwrap(), records.len());
    };
    send(&[annotation(id(1), 0, 2)], 1); // One is missing.
    send(&[annotation(id(2), 1, 1)], 2); // An index that its count does not have.
    send(&[annotation(id(3), 0, 2), annotation(id(3), 0, 2)], 3); // The same twice: the second starts anew.
    send(&[CommandAnnotation { count: 17, ..annotation(id(4), 0, 1) }], 4);
    let text = CommandAnnotation { value: bytemuck::cast([0xffu8; 184]), ..annotation(id(5), 0, 1) };
    send(&[text], 5);
    send(&vec![annotation(id(6), 0, 16); 30], 6); // More than there can be.
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(trainer.refused(), 6);
    send(&[annotation(id(99), 0, 1)], 7); // Somebody else's: never this command's.
    send(&[annotation(id(8), 0, 2), annotation(id(8), 1, 2)], 8);
    for (n, count) in [(7, 0), (8, 2)] {
        let received = trainer.try_command().unwrap().unwrap();
        assert_eq!((received.command.id, trainer.annotations(&received).len()), (id(n), count));
        execute(&mut trainer, &received);
    }
    drop(raw);
    let mut controller = Controller::on(trainer.segment(), 0).unwrap();
    for n in 1..=6 {
        let outcome = controller.try_outcome().unwrap().unwrap();
        assert_eq!((outcome.command_id, outcome.code().unwrap()), (id(n), OutcomeCode::Malformed));
    }
    for n in 7..=8 {
        let outcome = controller.try_outcome().unwrap().unwrap();
        assert_eq!((outcome.command_id, outcome.status().unwrap()), (id(n), OutcomeStatus::Executed));
    }
    // All of it is given back.
    let committed = trainer.segment().role(&commands_ring(0), Some(0)).unwrap().records;
    let observer =
        Observer::<AdaptationCommand>::open(trainer.segment(), &commands_ring(0), Start::Now).unwrap();
    assert_eq!(committed, observer.published());
}

#[test]
fn an_annotated_refusal_that_finds_no_room_is_made_later() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder);
    // The ring of outcomes has room for 32.
    for _ in 0..32 {
        controller.send(cull().with_action(60)).unwrap();
        assert_eq!(trainer.try_command().unwrap(), None);
    }
    let bad = controller.send_annotated(cull().with_action(60), &[("a", "1"), ("b", "2")]).unwrap();
    let good = controller.send_annotated(cull(), &[("c", "3")]).unwrap();
    assert_eq!(trainer.try_command().unwrap(), None);
    assert_eq!(trainer.refused(), 32);
    assert_eq!(controller.wait_outcome(&good.id, AT_ONCE).unwrap_err().kind(), ErrorKind::Timeout);
    while controller.try_outcome().unwrap().is_some() {}
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!((received.command.id, pairs(&trainer, &received)), (good.id, owned(&[("c", "3")])));
    let outcome = controller.wait_outcome(&bad.id, AT_ONCE).unwrap();
    assert_eq!(outcome.code().unwrap(), OutcomeCode::UnknownAction);
    execute(&mut trainer, &received);
    assert_eq!(trainer.segment().role(&commands_ring(0), Some(0)).unwrap().records, 37);
}

#[test]
fn annotations_have_a_meaning_of_their_own_and_the_size_of_a_command() {
    assert_eq!(CommandAnnotation::schema().size(), AdaptationCommand::schema().size());
    assert_ne!(CommandAnnotation::schema().fingerprint(), AdaptationCommand::schema().fingerprint());
    let pair = annotation([1; 16], 0, 1);
    assert_eq!(CommandAnnotation::of_record(&as_record(&pair)), Some(pair));
    assert!(as_record(&pair).check().is_err());
}
