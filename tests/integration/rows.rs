//! Links of observations of any schema, and of several rows to a slot.

use crate::common::{self, AT_ONCE, Folder, free, occupied, patiently, record};
use leyline::contract::decision::Decision;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode};
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::SeedStage;
use leyline::link::{Row, decisions_ring, outcomes_ring};
use leyline::{
    ActionSpace, Answer, Controller, Ending, ErrorKind, Feature, Flags, LinkSpec, Meta, Normalizer,
    Observation, Observer, Options, Read, RowSchema, Segment, Stamp, Start, Task, ToObservation, Trainer,
};

const NAME: &str = "rows";
const GERMINATE: usize = 1;

/// Returns a program's own schema: wider than version 1, with several seed slots.
fn wide() -> RowSchema {
    let own = RowSchema::builder("wide", 3)
        .whole("SEED_STAGE", "SeedStage", 0.0, 10.0)
        .whole("HAS_ACTIVE_SEED", "-", 0.0, 1.0)
        .whole("AVAILABLE_SLOTS", "slots", 0.0, 8.0);
    let features = 3..40u16;
    features.fold(own, |own, i| own.real(&format!("F{i}"), "-", -1.0, i.into())).build().unwrap()
}

/// Returns a row with a distinct number at every feature.
fn wide_row(n: u64) -> [f32; 40] {
    let mut row: [f32; 40] = std::array::from_fn(|i| (n % 100) as f32 / 200.0 + i as f32 / 100.0);
    row[..3].copy_from_slice(&[0.0, 0.0, 2.0]);
    row
}

/// A program's own signals.
struct Wide<'a> {
    schema: &'a RowSchema,
    n: u64,
}

impl ToObservation for Wide<'_> {
    fn observation_schema(&self) -> &RowSchema {
        self.schema
    }

    fn row<'a>(&'a self, scratch: &'a mut [f32]) -> &'a [f32] {
        scratch.copy_from_slice(&wide_row(self.n));
        scratch
    }
}

/// Verifies every observation of the wide schema and decides on it.
#[test]
#[ignore = "a child process"]
fn child_reads_wide_rows() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach_with(NAME, &wide(), &Options::default(), common::LONG).unwrap();
    common::say(controller.observation_schema().width());
    let mut row = vec![0.0; 40];
    loop {
        let meta = match controller.next(&mut row, patiently()).unwrap() {
            Read::Record(meta) => meta,
            Read::WriterGone(Ending::Closed) => return,
            other => panic!("{other:?}"),
        };
        assert_eq!(row, wide_row(meta.sequence));
        let answer = Answer { value_estimate: row[39], ..Answer::default() };
        let action = if meta.sequence % 2 == 0 { GERMINATE } else { ActionSpace::WAIT };
        assert!(controller.mask_of_row(&row).unwrap().allows(action));
        controller.decide(&meta, action, &answer).unwrap();
    }
}

#[test]
fn observations_of_a_programs_own_shape_travel_between_processes() {
    let folder = Folder::new();
    let schema = wide();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(&schema);
    let mut trainer = Trainer::create(NAME, &spec, &folder.options()).unwrap();
    let mut child = common::start("child_reads_wide_rows", &folder);
    assert_eq!(child.hear(), "40");
    let mut decision = Decision::default();
    for n in 1..=200 {
        let published = trainer.publish(&Wide { schema: &schema, n }).unwrap();
        assert_eq!((published.sequence, published.sanitized, published.signals), (n, 0, 0));
        record(trainer.wait_decision(0, n, &mut decision, patiently()).unwrap());
        assert_eq!((decision.observation_sequence, decision.value_estimate), (n, wide_row(n)[39]));
        if n % 2 == 0 {
            let received = trainer.try_command().unwrap().unwrap();
            trainer.answer(&received, CommandOutcome::executed(&received.command, n)).unwrap();
        }
    }
    drop(trainer);
    assert!(child.wait().success());
}

#[test]
fn what_is_not_in_a_programs_own_box_is_replaced_and_told() {
    let folder = Folder::new();
    let schema = wide();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(&schema);
    let mut trainer = Trainer::create(NAME, &spec, &folder.options()).unwrap();
    let mut controller = Controller::on_any(trainer.segment(), 0).unwrap();
    let mut numbers = wide_row(1);
    numbers[0] = 3.5;
    numbers[5] = f32::NAN;
    numbers[39] = 1e9;
    let row = Row { schema: &schema, numbers: &numbers, signals: None };
    assert_eq!(trainer.publish(&row).unwrap().sanitized, 1 | 1 << 5 | 1 << 39);
    let mut got = [0.0; 40];
    let meta = record(controller.try_next(&mut got).unwrap());
    assert_eq!(meta.flags, Flags::SANITIZED);
    assert_eq!((got[0], got[5], got[39], got[6]), (3.0, 0.0, 39.0, numbers[6]));

    let short = Row { numbers: &numbers[..39], ..row };
    assert_eq!(trainer.publish(&short).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let refused = trainer.publish(&Observation::EMPTY).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(controller.try_next(&mut [0.0; 39]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let mut typed = Observation::EMPTY;
    assert_eq!(controller.try_next(&mut typed).unwrap_err().kind(), ErrorKind::SchemaMismatch);
    assert_eq!(controller.try_next(&mut got).unwrap(), Read::Empty);
    assert_eq!((trainer.sent(), controller.received()), (1, 1));
}

#[test]
fn a_controller_that_means_other_observations_is_told_what_to_do() {
    let folder = Folder::new();
    let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
    let schema = normalizer.version_2_schema();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(schema);
    let mut trainer = Trainer::create(NAME, &spec, &folder.options()).unwrap();

    let refused = Controller::attach(NAME, &folder.options(), common::LONG).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
    let text = refused.to_string();
    let link = folder.path().join(format!("{NAME}.leyline")).display().to_string();
    for part in
        ["observation 1", "observation.cifar10 2", "field 0 EPOCH", "attach_any", "LinkSpec::observe", &link]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Another task is another schema, though it has the same names and the same width.
    let other = Normalizer::new(&Task::tinystories()).unwrap();
    let attach = |schema| Controller::attach_with(NAME, schema, &folder.options(), common::LONG);
    let refused = attach(other.version_2_schema()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
    assert!(refused.to_string().contains("observation.tinystories 2"), "{refused}");
    drop(attach(schema).unwrap());
    // Nor does a trainer that restarts with another one go on in this link.
    let v1 = LinkSpec::new(&ActionSpace::cnn());
    let refused = Trainer::open_or_create(NAME, &v1, &folder.options()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);

    let mut controller = Controller::attach_any(NAME, &folder.options(), common::LONG).unwrap();
    assert_eq!(controller.observation_schema(), schema);
    assert_eq!(controller.observation_schema().names()[54 - 27], "EPOCH_MISSING");
    let mut signals = TrainingSignals::default();
    signals.metrics.epoch = 5;
    let version_2 = normalizer.version_2(&signals);
    let published = trainer.publish(&version_2).unwrap();
    let mut row = [0.0; 54];
    let meta = record(controller.try_next(&mut row).unwrap());
    assert_eq!((meta.sequence, &row), (published.sequence, version_2.values()));
    // Its rich form travels with it.
    assert_eq!(controller.signals_of(&meta).unwrap().unwrap().metrics, signals.metrics);
}

/// Returns signals of a seed in that stage, or of a free seed slot.
fn signals_of_seed(stage: Option<SeedStage>) -> TrainingSignals {
    let mut signals = TrainingSignals::default();
    match stage {
        Some(stage) => {
            signals.add_active_seed("seed").unwrap();
            signals.seed_stage = stage.value();
        }
        None => signals.available_slots = 1,
    }
    signals
}

#[test]
fn what_is_not_possible_is_refused_on_version_2_too() {
    let folder = Folder::new();
    let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(normalizer.version_2_schema());
    let mut trainer = Trainer::create(NAME, &spec, &folder.options()).unwrap();
    let mut controller = Controller::on_any(trainer.segment(), 0).unwrap();
    let mut row = [0.0; 54];
    let cull = controller.actions().cull();
    for (stage, possible, not) in [(Some(SeedStage::Training), cull, GERMINATE), (None, GERMINATE, cull)] {
        trainer.publish(&normalizer.version_2(&signals_of_seed(stage))).unwrap();
        let meta = record(controller.try_next(&mut row).unwrap());
        let mask = controller.mask_of_row(&row).unwrap();
        assert!(mask.allows(possible) && !mask.allows(not));
        let refused = controller.decide(&meta, not, &Answer::default()).unwrap().command.unwrap();
        let allowed = controller.decide(&meta, possible, &Answer::default()).unwrap().command.unwrap();
        let received = trainer.try_command().unwrap().unwrap();
        assert_eq!(received.command.id, allowed.id);
        trainer.answer(&received, CommandOutcome::executed(&received.command, received.sequence)).unwrap();
        let outcome = controller.wait_outcome(&refused.id, AT_ONCE).unwrap();
        assert_eq!(outcome.code().unwrap(), OutcomeCode::Masked);
        while controller.try_outcome().unwrap().is_some() {}
    }
    assert_eq!(controller.mask_of_row(&row[1..]).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn where_observations_do_not_say_what_is_possible_nothing_is_masked() {
    let folder = Folder::new();
    let schema = RowSchema::builder("blind", 1).real("LOSS", "nats", 0.0, 1.0).build().unwrap();
    let spec = LinkSpec::new(&ActionSpace::cnn()).observe(&schema);
    let mut trainer = Trainer::create(NAME, &spec, &folder.options()).unwrap();
    let mut controller = Controller::on_any(trainer.segment(), 0).unwrap();
    trainer.publish(&Row { schema: &schema, numbers: &[0.5], signals: None }).unwrap();
    let meta = record(controller.try_next(&mut [0.0]).unwrap());
    assert_eq!(controller.mask_of_row(&[0.5]).unwrap_err().kind(), ErrorKind::Unsupported);
    let sent = controller.decide(&meta, controller.actions().cull(), &Answer::default()).unwrap();
    assert_eq!(trainer.try_command().unwrap().unwrap().command.id, sent.command.unwrap().id);
}

// ------------------------------------------------------------------------------------------
// several rows to a slot

fn step(n: u64, row: usize) -> Observation {
    let mut observation = free();
    observation[Feature::Epoch] = n as f32;
    observation[Feature::TrainLoss] = row as f32;
    observation
}

fn rows_of(rows: u32) -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).rows(rows)
}

fn pair(folder: &Folder, spec: &LinkSpec) -> (Trainer, Controller) {
    let trainer = Trainer::create(NAME, spec, &folder.options()).unwrap();
    let controller = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    (trainer, controller)
}

#[test]
fn a_slot_of_rows_comes_as_one_block_with_its_columns() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &rows_of(3));
    assert_eq!((trainer.rows(), controller.rows()), (3, 3));
    let mut rows = [step(1, 0), step(1, 1), step(1, 2)];
    rows[1][Feature::ValLoss] = f32::NAN;
    rows[1][Feature::ValAccuracy] = 101.0;
    rows[2][Feature::ValAccuracy] = -1.0;
    let flags = [Flags::FIRST, Flags::TERMINATED, Flags::TRUNCATED];
    let published = trainer.publish_rows(&rows, &[7, 65_535, 0], &flags).unwrap();
    let replaced = 1 << Feature::ValLoss.index() | 1 << Feature::ValAccuracy.index();
    assert_eq!((published.sequence, published.sanitized, published.rows_sanitized), (1, replaced, 2));
    // Flat numbers do as well as observations.
    let flat: Vec<f32> = (0..3).flat_map(|row| step(2, row).values).collect();
    assert_eq!(trainer.publish_rows(&flat, &[7, 8, 9], &[Flags::NONE; 3]).unwrap().sanitized, 0);
    assert_eq!(trainer.sent(), 6);

    let (mut got, mut env, mut bits) = ([Observation::EMPTY; 3], [0; 3], [Flags::NONE; 3]);
    let meta = record(controller.try_next_rows(&mut got, &mut env, &mut bits).unwrap());
    assert_eq!((meta.sequence, meta.flags, env), (1, Flags::SANITIZED, [7, 65_535, 0]));
    assert_eq!(bits, [flags[0], flags[1].with(Flags::SANITIZED), flags[2].with(Flags::SANITIZED)]);
    assert_eq!(got[0], rows[0]);
    assert_eq!((got[1][Feature::ValLoss], got[1][Feature::ValAccuracy]), (1e6, 100.0));
    assert_eq!((got[2][Feature::ValAccuracy], got[2][Feature::TrainLoss]), (0.0, 2.0));
    let row = meta.of_row(env[1], bits[1]);
    assert_eq!((row.sequence, row.env), (1, 65_535));
    assert!(row.flags.contains(Flags::TERMINATED.with(Flags::SANITIZED)));
    let mut block = [[0.0f32; 27]; 3];
    record(controller.next_rows(&mut block, &mut env, &mut bits, patiently()).unwrap());
    assert_eq!((block.as_flattened(), bits), (&*flat, [Flags::NONE; 3]));
    assert_eq!(controller.try_next_rows(&mut got, &mut env, &mut bits).unwrap(), Read::Empty);
    for n in 3..=6 {
        trainer.publish_rows(&[step(n, 0); 3], &[0, 1, 2], &[Flags::NONE; 3]).unwrap();
    }
    assert_eq!(record(controller.try_latest_rows(&mut got, &mut env, &mut bits).unwrap()).skipped, 3);
    // Counted by the row.
    assert_eq!((got[0], controller.received(), controller.lost()), (step(6, 0), 9, 9));
}

#[test]
fn a_block_that_does_not_fit_the_link_is_refused() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &rows_of(2));
    let (rows, none) = ([free(); 2], [Flags::NONE; 2]);
    let refused = [
        trainer.publish_rows(&rows[..1], &[0, 1], &none).unwrap_err(),
        trainer.publish_rows(&[0.0; 53], &[0, 1], &none).unwrap_err(),
        trainer.publish_rows(&rows, &[0], &none).unwrap_err(),
        trainer.publish_rows(&rows, &[0, 1], &none[..1]).unwrap_err(),
        trainer.publish_rows(&rows, &[4, 4], &none).unwrap_err(),
        trainer.publish(&free()).unwrap_err(),
        controller.try_next(&mut free()).unwrap_err(),
        controller.try_latest(&mut free()).unwrap_err(),
        controller.next(&mut free(), AT_ONCE).unwrap_err(),
        controller.try_next_batch(&mut [free()], &mut [Meta::default()]).unwrap_err(),
        controller.try_next_rows(&mut [free()], &mut [0; 2], &mut [Flags::NONE; 2]).unwrap_err(),
        controller.try_next_rows(&mut [free(); 2], &mut [0; 3], &mut [Flags::NONE; 2]).unwrap_err(),
        controller.next_rows(&mut [free(); 2], &mut [0; 2], &mut [Flags::NONE; 1], AT_ONCE).unwrap_err(),
        trainer.wait_decisions(0, 1, &mut [Decision::default(); 3], AT_ONCE).unwrap_err(),
        trainer.wait_decisions(0, 1, &mut [Decision::default(); 2], AT_ONCE).unwrap_err(),
    ];
    for e in refused {
        assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{e}");
    }
    // The refused environment does not stand in the way of the next.
    assert_eq!(trainer.publish_rows(&rows, &[4, 5], &none).unwrap().sequence, 1);

    // A link of one row takes both ways.
    let single = Folder::new();
    let (mut trainer, mut controller) = pair(&single, &rows_of(1));
    trainer.publish_rows(&[free()], &[9], &[Flags::FIRST]).unwrap();
    let (mut env, mut flags) = ([0], [Flags::NONE]);
    record(controller.try_next_rows(&mut [free()], &mut env, &mut flags).unwrap());
    assert_eq!((env, flags), ([9], [Flags::FIRST]));
}

#[test]
fn a_ring_too_small_for_a_batch_of_decisions_is_refused_when_it_is_made() {
    let folder = Folder::new();
    let refused = |spec: LinkSpec| {
        let e = Trainer::create(NAME, &spec, &folder.options()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{e}");
        e.to_string()
    };
    assert!(refused(rows_of(100).decisions(128)).contains("200 slots or more for 100 rows"));
    assert!(refused(rows_of(100).commands(64)).contains("capacity of commands"));
    refused(rows_of(0));
    refused(rows_of(65_537));
    refused(rows_of(16).observations(100));
    assert!(folder.files().is_empty());
    for rows in [2, 3, 100, 4096] {
        let segment = Trainer::create(NAME, &rows_of(rows), &folder.options().unlink_on_close()).unwrap();
        let of = |ring: &str| segment.segment().ring(ring).unwrap().capacity;
        let (b, slots) = (u64::from(rows), of("observations"));
        assert!(slots >= 8 && slots * b >= 4096, "{rows}");
        assert!(of(&decisions_ring(0)) >= 2 * b && of("commands.0") >= b);
        assert!(of(&outcomes_ring(0)) >= 4 * b);
    }
    // A value that is set by itself stays.
    let set = rows_of(4).observations(2).decisions(8).commands(4);
    let trainer = Trainer::create(NAME, &set, &folder.options()).unwrap();
    let of = |ring: &str| trainer.segment().ring(ring).unwrap().capacity;
    assert_eq!([of("observations"), of(&decisions_ring(0)), of("commands.0")], [2, 8, 4]);
}

/// Reads slots of rows and decides on them, even environments first, with the loss as estimate.
#[test]
#[ignore = "a child process"]
fn child_decides_on_rows() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach(NAME, &Options::default(), common::LONG).unwrap();
    let n = controller.rows();
    let (mut rows, mut env, mut flags) = (vec![Observation::EMPTY; n], vec![0; n], vec![Flags::NONE; n]);
    common::say("attached");
    loop {
        let meta = match controller.next_rows(&mut rows, &mut env, &mut flags, patiently()).unwrap() {
            Read::Record(meta) => meta,
            Read::WriterGone(Ending::Closed) => return,
            other => panic!("{other:?}"),
        };
        for i in (0..n).step_by(2).chain((1..n).step_by(2)) {
            assert_eq!(rows[i], step(meta.sequence, i));
            let answer = Answer { value_estimate: i as f32, ..Answer::default() };
            controller.decide(&meta.of_row(env[i], flags[i]), ActionSpace::WAIT, &answer).unwrap();
        }
    }
}

#[test]
fn all_rows_of_a_slot_are_answered_between_processes() {
    const B: usize = 257;
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &rows_of(B as u32), &folder.options()).unwrap();
    let mut child = common::start("child_decides_on_rows", &folder);
    assert_eq!(child.hear(), "attached");
    // Row i is environment 3 * i.
    let env: Vec<u16> = (0..B as u16).map(|i| 3 * i).collect();
    let mut decisions = vec![Decision::default(); B];
    for n in 1..=20 {
        let rows: Vec<Observation> = (0..B).map(|i| step(n, i)).collect();
        let published = trainer.publish_rows(&rows, &env, &[Flags::NONE; B]).unwrap();
        let answers = trainer.wait_decisions(0, published.sequence, &mut decisions, patiently()).unwrap();
        assert_eq!((answers.count, matches!(answers.end, Read::Record(_))), (B, true));
        for (i, decision) in decisions.iter().enumerate() {
            assert_eq!((decision.observation_sequence, decision.env), (n, env[i]));
            assert_eq!(decision.value_estimate, i as f32);
        }
    }
    assert_eq!((trainer.sent(), trainer.decided()), (20 * B as u64, 20 * B as u64));
    drop(trainer);
    assert!(child.wait().success());
}

#[test]
fn decisions_on_rows_are_kept_until_all_are_there() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &rows_of(3));
    let none = [Flags::NONE; 3];
    let (mut rows, mut env, mut flags) = ([free(); 3], [0; 3], none);
    let mut decisions = [Decision::default(); 3];
    let mut wait = |trainer: &mut Trainer, sequence, wait| {
        let answers = trainer.wait_decisions(0, sequence, &mut decisions, wait).unwrap();
        (answers.count, answers.end, decisions.map(|d| d.observation_sequence))
    };
    trainer.publish_rows(&rows, &[10, 20, 30], &none).unwrap();
    let first = record(controller.try_next_rows(&mut rows, &mut env, &mut flags).unwrap());
    let decide = |controller: &mut Controller, meta: Meta, env| {
        controller.decide(&meta.of_row(env, Flags::NONE), ActionSpace::WAIT, &Answer::default()).unwrap()
    };
    assert_eq!(wait(&mut trainer, 1, AT_ONCE), (0, Read::TimedOut, [0; 3]));
    decide(&mut controller, first, 30);
    assert_eq!(wait(&mut trainer, 1, AT_ONCE), (1, Read::TimedOut, [0, 0, 1]));
    // Another three environments, answered before the first are.
    trainer.publish_rows(&rows, &[11, 21, 31], &none).unwrap();
    let second = record(controller.try_next_rows(&mut rows, &mut env, &mut flags).unwrap());
    for env in [11, 21, 31] {
        decide(&mut controller, second, env);
    }
    decide(&mut controller, first, 10);
    assert_eq!(wait(&mut trainer, 1, AT_ONCE), (2, Read::TimedOut, [1, 0, 1]));
    assert!(matches!(wait(&mut trainer, 2, AT_ONCE), (3, Read::Record(_), [2, 2, 2])));
    decide(&mut controller, first, 20);
    assert!(matches!(wait(&mut trainer, 1, AT_ONCE), (3, Read::Record(_), [1, 1, 1])));

    // A decision on a later slot stands in for one on this.
    trainer.publish_rows(&rows, &[10, 20, 30], &none).unwrap();
    let stale = trainer.wait_decisions(0, 1, &mut [Decision::default(); 3], AT_ONCE).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::InvalidArgument);
    // A controller that is gone ends the wait.
    drop(controller);
    assert_eq!(wait(&mut trainer, 3, patiently()), (0, Read::WriterGone(Ending::Closed), [0; 3]));
}

#[test]
fn a_command_for_a_row_is_judged_by_the_newest_row_of_its_environment() {
    let folder = Folder::new();
    let (mut trainer, mut controller) = pair(&folder, &rows_of(3));
    let none = [Flags::NONE; 3];
    trainer.publish_rows(&[free(); 3], &[0, 1, 2], &none).unwrap();
    // Environment 1 has a seed by now; 0 and 2 have not been heard of again.
    trainer.publish_rows(&[free(), occupied(), free()], &[7, 1, 8], &none).unwrap();
    let (mut rows, mut env, mut flags) = ([free(); 3], [0; 3], none);
    let meta = record(controller.try_next_rows(&mut rows, &mut env, &mut flags).unwrap());
    let sent = [0, 1, 2].map(|env| {
        let row = meta.of_row(env, Flags::NONE);
        controller.decide(&row, GERMINATE, &Answer::default()).unwrap().command.unwrap()
    });
    let taken = [trainer.try_command().unwrap().unwrap(), trainer.try_command().unwrap().unwrap()];
    assert_eq!(taken.map(|r| (r.command.id, r.command.env)), [(sent[0].id, 0), (sent[2].id, 2)]);
    assert_eq!(trainer.try_command().unwrap(), None);
    let outcome = controller.wait_outcome(&sent[1].id, AT_ONCE).unwrap();
    assert_eq!((outcome.code().unwrap(), outcome.env), (OutcomeCode::Masked, 1));

    // Executed, it is not possible again before the environment's next observation, which may be in
    // any row.
    for received in &taken {
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        trainer.answer(received, outcome).unwrap();
    }
    let germinate = |controller: &mut Controller, env| {
        let command = controller.actions().command(GERMINATE).unwrap().unwrap();
        controller.send(command.answering(0, 0, env)).unwrap()
    };
    trainer.publish_rows(&[free(); 3], &[2, 7, 8], &none).unwrap();
    for env in [0, 2] {
        germinate(&mut controller, env);
    }
    let again = trainer.try_command().unwrap().unwrap();
    assert_eq!((again.command.env, trainer.try_command().unwrap()), (2, None));
    trainer.answer(&again, CommandOutcome::executed(&again.command, again.sequence)).unwrap();

    // A successor knows what state its predecessor left them in.
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &rows_of(3), &folder.options()).unwrap();
    let command = controller.actions().command(GERMINATE).unwrap().unwrap();
    let masked = controller.send(command.answering(0, 0, 1)).unwrap();
    while trainer.try_command().unwrap().is_some() {}
    let outcome = controller.wait_outcome(&masked.id, patiently()).unwrap();
    assert_eq!(outcome.code().unwrap(), OutcomeCode::Masked);
}

/// Decides GERMINATE on the given number of rows of the first slot, and is killed there.
#[test]
#[ignore = "a child process"]
fn child_dies_on_the_way_through_a_slot() {
    if !common::is_child() {
        return;
    }
    let mut controller = Controller::attach(NAME, &Options::default(), common::LONG).unwrap();
    let (mut rows, mut env, mut flags) = ([free(); 4], [0; 4], [Flags::NONE; 4]);
    let meta = record(controller.next_rows(&mut rows, &mut env, &mut flags, patiently()).unwrap());
    for i in [2, 0] {
        let row = meta.of_row(env[i], flags[i]);
        controller.decide(&row, GERMINATE, &Answer::default()).unwrap();
    }
    common::say("half way");
    common::listen();
}

#[test]
fn a_controller_killed_within_a_slot_is_succeeded_without_a_gap_or_a_repetition() {
    let folder = Folder::new();
    let mut trainer = Trainer::create(NAME, &rows_of(4), &folder.options()).unwrap();
    let (env, none) = ([5, 6, 7, 8], [Flags::NONE; 4]);
    trainer.publish_rows(&[free(); 4], &env, &none).unwrap();
    trainer.publish_rows(&[free(); 4], &[1, 2, 3, 4], &none).unwrap();
    let mut child = common::start("child_dies_on_the_way_through_a_slot", &folder);
    assert_eq!(child.hear(), "half way");
    child.kill();

    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let (mut rows, mut seen, mut flags) = ([free(); 4], [0; 4], none);
    let meta = record(successor.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap());
    assert_eq!((meta.sequence, seen), (1, env));
    let decided = env.map(|env| {
        let row = meta.of_row(env, Flags::NONE);
        successor.decide(&row, GERMINATE, &Answer::default()).unwrap()
    });
    // Environments 7 and 5 keep the decisions that they had.
    assert_eq!(decided.map(|d| d.sequence), [2, 3, 1, 4]);
    assert_eq!(decided.map(|d| d.command.is_some()), [false, true, false, true]);
    let mut decisions = [Decision::default(); 4];
    let answers = trainer.wait_decisions(0, 1, &mut decisions, AT_ONCE).unwrap();
    assert_eq!((answers.count, decisions.map(|d| d.env)), (4, env));
    let mut executed = Vec::new();
    while let Some(received) = trainer.try_command().unwrap() {
        executed.push(received.command.env);
    }
    assert_eq!(executed, [7, 5, 6, 8]);
    // Nor does a batch decide on them anew, or count how long that took.
    let counted = || trainer.segment().role("decisions.0", None).unwrap().latency.count;
    let before = counted();
    assert_eq!(successor.wait_on_all(&[7, 5].map(|env| meta.of_row(env, Flags::NONE))).unwrap(), 0);
    assert_eq!(counted(), before);
    let next = record(successor.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap());
    assert_eq!(next.sequence, 2);
    let metas = seen.map(|env| next.of_row(env, Flags::NONE));
    assert_eq!(successor.wait_on_all(&metas).unwrap(), 4);
    drop(successor);
    // A slot that is decided on in full is behind its successor.
    let mut third = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    assert_eq!(third.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap(), Read::Empty);
}

#[test]
fn a_segment_says_what_its_observations_are_or_is_refused() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).to_spec().unwrap();
    let segment = Segment::create("own", &spec, &folder.options()).unwrap();
    assert_eq!(Controller::on_any(&segment, 0).unwrap().observation_schema(), Observation::row_schema());
    // Anybody may read a link's rows by the schema that it carries.
    let mut trainer = Trainer::on(&segment).unwrap();
    trainer.publish_stamped(&free(), Stamp { env: 3, ..Stamp::default() }).unwrap();
    let mut observer = Observer::<Observation>::open(&segment, "observations", Start::Oldest).unwrap();
    assert_eq!(record(observer.try_next(&mut free())).env, 3);
}

#[test]
fn a_restart_is_told_after_a_slot_that_a_predecessor_decided_on_in_part() {
    let folder = Folder::new();
    let (env, none) = ([5, 6, 7, 8], [Flags::NONE; 4]);
    let mut trainer = Trainer::create(NAME, &rows_of(4), &folder.options()).unwrap();
    trainer.publish_rows(&[free(); 4], &env, &none).unwrap();
    let mut child = common::start("child_dies_on_the_way_through_a_slot", &folder);
    assert_eq!(child.hear(), "half way");
    child.kill();
    drop(trainer);
    let (mut trainer, _) = Trainer::open_or_create(NAME, &rows_of(4), &folder.options()).unwrap();
    trainer.publish_rows(&[free(); 4], &env, &none).unwrap();

    let mut successor = Controller::attach(NAME, &folder.options(), common::LONG).unwrap();
    let (mut rows, mut seen, mut flags) = ([free(); 4], [0; 4], none);
    let meta = record(successor.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap());
    assert_eq!((meta.sequence, meta.generation), (1, 1));
    let told = successor.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap();
    assert_eq!(told, Read::Restarted { generation: 2, first_sequence: 2 });
    let meta = record(successor.try_next_rows(&mut rows, &mut seen, &mut flags).unwrap());
    assert_eq!((meta.sequence, meta.generation), (2, 2));
}
