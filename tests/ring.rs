//! One ring, within one process: what each kind of read gives.

mod common;

use common::Folder;
use leyline::{Flags, Meta, Observer, Policy, Read, RingSpec, Segment, Spec, Stamp, Start, Writer, record};

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Sample {
    values: [f32; 27],
}
record! { Sample as "sample" version 1 { values: [f32; 27], "-", -1e9, 1e9; } }

fn sample(n: u64) -> Sample {
    Sample { values: std::array::from_fn(|i| (n * 27 + i as u64) as f32) }
}

fn spec(capacity: u64) -> Spec {
    Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(capacity))
}

fn consumed(capacity: u64, policy: Policy) -> Spec {
    Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap().capacity(capacity).consumers(1, policy))
}

fn sequence(read: Read) -> u64 {
    match read {
        Read::Record(meta) => meta.sequence,
        other => panic!("no record: {other:?}"),
    }
}

#[test]
fn records_arrive_in_order_with_what_stands_beside_them() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(8), &folder.options()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    let mut observer = Observer::<Sample>::open(&segment, "samples", Start::Oldest).unwrap();
    let mut got = sample(0);
    assert_eq!(observer.try_next(&mut got), Read::Empty);
    for n in 1..=20 {
        let stamp = Stamp { time_ns: 1600 * n, env: n as u16, flags: Flags::FIRST };
        assert_eq!(writer.publish_stamped(&sample(n), stamp).unwrap(), n);
        let Read::Record(meta) = observer.try_next(&mut got) else { panic!() };
        assert_eq!(got, sample(n));
        let expected =
            Meta { sequence: n, time_ns: 1600 * n, epoch: 1, skipped: 0, env: n as u16, flags: Flags::FIRST };
        assert_eq!(meta, expected);
    }
}
