//! The status of a ring, queried by a process that holds no role.

use crate::common::{Folder, Number, is_child, listen, say, start};
use leyline::Stamp;
use leyline::{
    Commit, Consumer, Ending, ErrorKind, Options, PeerState, Policy, RingSpec, Segment, Spec, Takeover,
    TimeSource, Writer,
};

fn spec(policy: Policy) -> Spec {
    let ring = RingSpec::new::<Number>("numbers").unwrap().capacity(16).time_source(TimeSource::Caller);
    Spec::new().ring(ring.consumers(2, policy))
}

/// Attaches as an onlooker does.
fn look(folder: &Folder) -> leyline::RingStatus {
    let segment = Segment::attach("s", &folder.options().read_only()).unwrap();
    segment.ring_status("numbers").unwrap()
}

fn publish(writer: &mut Writer<Number>, numbers: std::ops::RangeInclusive<u64>, every_ns: u64) {
    for n in numbers {
        writer.publish_stamped(&Number { n }, Stamp { time_ns: n * every_ns, ..Stamp::default() }).unwrap();
    }
}

#[test]
fn a_ring_is_followed_through_its_writers() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(Policy::Keep), &folder.options()).unwrap();
    let status = look(&folder);
    assert_eq!((status.last_sequence, status.written, status.readable), (0, 0, 0));
    assert_eq!((status.writer, status.generation, status.takeovers), (PeerState::Never, 0, vec![]));
    assert_eq!((status.age, status.rate_hz), (None, None));

    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    publish(&mut writer, 1..=1, 1600);
    assert_eq!(look(&folder).rate_hz, None, "one record has no rate");
    publish(&mut writer, 2..=10, 1600);
    let status = look(&folder);
    assert_eq!((status.last_sequence, status.written, status.readable), (10, 10, 10));
    assert!(matches!(status.writer, PeerState::Held { silent_for: Some(_) }));
    // 1600 ns apart.
    assert_eq!(status.rate_hz, Some(625_000.0));
    assert!(status.age.is_some());
    drop(writer);
    assert_eq!(look(&folder).writer, PeerState::Gone(Ending::Closed));

    let mut second = start("child_writes", &folder);
    second.hear();
    second.kill();
    let status = look(&folder);
    assert_eq!(status.writer, PeerState::Gone(Ending::Died));
    let of = |generation, first_sequence| Takeover { generation, first_sequence };
    assert_eq!((status.generation, status.takeovers), (2, vec![of(1, 1), of(2, 11)]));
    // Of the present writer only: 16 us apart.
    assert_eq!((status.last_sequence, status.rate_hz), (13, Some(62_500.0)));
    assert_eq!(segment.ring_status("letters").unwrap_err().kind(), ErrorKind::NoSuchRing);
}

#[test]
#[ignore = "started by its parent"]
fn child_writes() {
    if !is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    publish(&mut writer, 11..=13, 16_000);
    say("written");
    listen();
}

#[test]
fn consumers_are_shown_with_what_they_have_left_to_do() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(Policy::Keep), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    publish(&mut writer, 1..=16, 16);
    let mut first = Consumer::<Number>::open(&segment, "numbers", 0, Commit::Manual).unwrap();
    for _ in 0..5 {
        let _ = first.try_next(&mut Number { n: 0 });
    }
    first.commit_to(3).unwrap();
    let status = look(&folder);
    let [a, b] = status.consumers[..] else { panic!() };
    assert_eq!((a.held, a.committed, a.behind, a.passed_over), (true, 3, 13, 0));
    assert_eq!((b.held, b.committed, b.behind, b.passed_over), (false, 0, 16, 0));
    drop(first);
    assert!(!look(&folder).consumers[0].held);
}

#[test]
fn what_a_writer_went_over_is_counted_before_anybody_comes_for_it() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(Policy::Release), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    publish(&mut writer, 1..=40, 16);
    let said = look(&folder).consumers[0];
    assert_eq!((said.committed, said.behind + said.passed_over), (0, 40));
    let mut consumer = Consumer::<Number>::open(&segment, "numbers", 0, Commit::Manual).unwrap();
    let leyline::Read::Lapped { missed, .. } = consumer.try_next(&mut Number { n: 0 }) else { panic!() };
    assert_eq!(missed, said.passed_over);
    assert_eq!(look(&folder).consumers[0].passed_over, 0, "its holder has been told");
    assert_eq!(segment.role("numbers", Some(0)).unwrap().lost, missed);
}
