//! Leaks: after 10,000 openings the process has as many descriptors and mappings as before.

use crate::common::{self, Folder, LONG, Pair};
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::{
    Access, ActionSpace, Answer, Commit, Consumer, Controller, Feature, LinkSpec, Observation, Observer,
    Options, Policy, Read, RingSpec, RowObserver, RowWriter, Segment, Spec, Start, Trainer, Writer,
};
use std::os::unix::net::UnixStream;

const ONE: Pair = Pair { a: 1, b: 0.5 };

fn spec() -> Spec {
    let rows = RingSpec::new::<Pair>("rows").unwrap().capacity(2).rows(2);
    Spec::new()
        .ring(RingSpec::new::<Pair>("pairs").unwrap().capacity(4).consumers(1, Policy::Keep))
        .ring(rows)
}

/// Returns the number of open descriptors and of mappings.
fn held() -> (usize, usize) {
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count();
    (descriptors, std::fs::read_to_string("/proc/self/maps").unwrap().lines().count())
}

/// Opens, uses and closes every role of a segment, and lets refused openings fail.
fn use_all(segment: &Segment) {
    let mut writer = Writer::<Pair>::open(segment, "pairs").unwrap();
    let mut consumer = Consumer::<Pair>::open(segment, "pairs", 0, Commit::Manual).unwrap();
    let mut observer = Observer::<Pair>::open(segment, "pairs", Start::Newest).unwrap();
    let mut got = ONE;
    writer.publish(&ONE).unwrap();
    assert!(matches!(consumer.try_next(&mut got), Read::Record(_)));
    consumer.commit().unwrap();
    let _ = observer.try_next(&mut got);
    Writer::<Pair>::open(segment, "pairs").unwrap_err();
    Consumer::<Pair>::open(segment, "pairs", 0, Commit::Auto).unwrap_err();
    Observer::<Pair>::open(segment, "none", Start::Now).unwrap_err();
    let _rows = (
        RowWriter::<Pair>::open(segment, "rows").unwrap(),
        RowObserver::<Pair>::open(segment, "rows", Start::Now).unwrap(),
    );
}

#[test]
#[ignore = "a child process"]
fn child_opens_and_closes() {
    if !common::is_child() {
        return;
    }
    let o = Options::default();
    let kept = Segment::create("kept", &spec(), &o).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let round = |n: u32| {
        let segment =
            Segment::attach("kept", &if n.is_multiple_of(2) { o.clone() } else { o.clone().read_only() })
                .unwrap();
        let _ = Observer::<Pair>::open(&segment, "pairs", Start::Oldest).unwrap();
        Segment::attach("none", &o).unwrap_err();
        Segment::create("kept", &spec(), &o).unwrap_err();
        match n % 20 {
            0 => use_all(&kept),
            1 => {
                let made = Segment::create("made", &spec(), &o.clone().unlink_on_close()).unwrap();
                use_all(&made);
            }
            2 => {
                let (made, _) = Segment::recreate("again", &spec(), &o).unwrap();
                use_all(&made);
            }
            3 => {
                let made = Segment::create_memfd("m", &spec(), &o).unwrap();
                made.send_to(&ours, Access::ReadWrite, LONG).unwrap();
                use_all(&Segment::receive(&theirs, &o, LONG).unwrap());
            }
            4 => link(),
            _ => {}
        }
    };
    // Once for what is made once and stays.
    (0..20).for_each(round);
    let before = held();
    (0..10_000).for_each(round);
    common::say(format!("{before:?} {:?}", held()));
}

fn link() {
    let spec = LinkSpec::new(&ActionSpace::cnn()).observations(4).commands(4);
    let o = Options::default().unlink_on_close();
    let mut trainer = Trainer::create("link", &spec, &o).unwrap();
    let mut controller = Controller::attach("link", &o, LONG).unwrap();
    let mut observation = Observation::EMPTY;
    observation[Feature::AvailableSlots] = 1.0;
    trainer.publish(&observation).unwrap();
    let Read::Record(meta) = controller.try_next(&mut observation).unwrap() else { panic!() };
    controller.decide(&meta, controller.actions().germinate("norm").unwrap(), &Answer::default()).unwrap();
    let _ = trainer.try_decision(0, &mut Decision::default()).unwrap();
    let command = trainer.try_command().unwrap().unwrap();
    trainer.answer(&command, CommandOutcome::executed(&command.command, command.sequence)).unwrap();
}

#[test]
fn ten_thousand_openings_leave_no_descriptor_and_no_mapping() {
    let folder = Folder::new();
    let mut child = common::start("child_opens_and_closes", &folder);
    let said = child.hear();
    let (before, after) = said.split_at(said.len() / 2);
    assert_eq!(before.trim(), after.trim());
    assert!(child.wait().success());
    assert_eq!(folder.files(), ["again.leyline", "kept.leyline"]);
}
