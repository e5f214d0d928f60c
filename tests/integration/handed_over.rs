//! A ring that is handed over to a device: the host does not write it, its readers sleep for
//! shorter, and no successor continues a ring that a dead writer left to a device. The device here
//! is a few lines of Rust; `twins.rs` tests the one that kernels use.

use crate::common::{self, Folder, LONG, Number, is_child, listen, patiently, say, start};
use leyline::Meta;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::signals::TrainingSignals;
use leyline::{
    ActionSpace, Answer, Commit, Consumer, Controller, DeviceRing, Ending, ErrorKind, Feature, Flags,
    LinkSpec, NameState, News, Observation, Observer, Opened, Options, PeerState, Policy, Read, RingSpec,
    RowWriter, Segment, Spec, Stamp, Start, Trainer, Wait, Writer, wait_any,
};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Acts as a kernel on a device, by docs/segment-layout.md.
struct Device {
    ring: DeviceRing,
    next: u64,
}

#[allow(clippy::cast_ptr_alignment)] // Pages, and offsets that are multiples of the word.
impl Device {
    fn new(ring: DeviceRing) -> Self {
        Self { next: ring.next_sequence, ring }
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at + 8 <= self.ring.data_len);
        // SAFETY: inside the slots, which the writer's handle keeps mapped; 8-aligned.
        unsafe { &*self.ring.data.add(at).cast::<AtomicU64>() }
    }

    fn published(&self) -> &AtomicU64 {
        // SAFETY: as above; the counter is the first word of the control page.
        unsafe { &*self.ring.control.cast::<AtomicU64>() }
    }

    /// Writes a record without counting it yet.
    fn write(&mut self, bytes: &[u8], stamp: u64) -> u64 {
        let at = (self.next % self.ring.capacity) as usize * self.ring.stride as usize;
        let end = at + self.ring.stride as usize;
        // SAFETY: inside the slot.
        let begin = unsafe { &*self.ring.data.add(end - 12).cast::<AtomicU32>() };
        begin.store(self.next as u32, Ordering::SeqCst);
        self.word(end - 8).store(stamp, Ordering::SeqCst);
        for (i, part) in bytes.chunks(8).enumerate().rev() {
            let mut whole = [0; 8];
            whole[..part.len()].copy_from_slice(part);
            if part.len() == 4 {
                // SAFETY: inside the slot.
                let half = unsafe { &*self.ring.data.add(at + 8 + i * 8).cast::<AtomicU32>() };
                half.store(u32::from_ne_bytes(part.try_into().unwrap()), Ordering::SeqCst);
            } else {
                self.word(at + 8 + i * 8).store(u64::from_ne_bytes(whole), Ordering::SeqCst);
            }
        }
        self.word(at).store(self.next, Ordering::SeqCst);
        self.next += 1;
        self.next - 1
    }

    fn publish(&mut self, bytes: &[u8], stamp: u64) -> u64 {
        let sequence = self.write(bytes, stamp);
        self.published().store(sequence, Ordering::SeqCst);
        sequence
    }

    fn number(&mut self, n: u64) -> u64 {
        self.publish(&n.to_ne_bytes(), 0)
    }
}

fn bytes(o: &Observation) -> Vec<u8> {
    o.values.iter().flat_map(|v| v.to_ne_bytes()).collect()
}

/// Returns the stamp word of a time and an environment, without flags.
fn stamp(time_ns: u64, env: u16) -> u64 {
    ((time_ns >> 4) & ((1 << 44) - 1)) | (u64::from(env) << 48)
}

fn free(steps: u64) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::GlobalStep] = steps as f32;
    o[Feature::AvailableSlots] = 1.0;
    o
}

fn occupied(steps: u64) -> Observation {
    let mut o = free(steps);
    (o[Feature::HasActiveSeed], o[Feature::SeedStage], o[Feature::AvailableSlots]) = (1.0, 3.0, 0.0);
    o
}

fn link() -> LinkSpec {
    LinkSpec::new(&ActionSpace::cnn()).observations(64)
}

fn numbers(folder: &Folder) -> Segment {
    let spec = Spec::new()
        .ring(RingSpec::new::<Number>("numbers").unwrap().capacity(8))
        .ring(RingSpec::new::<Number>("gated").unwrap().capacity(8).consumers(1, Policy::Keep))
        .ring(RingSpec::new::<Number>("rows").unwrap().capacity(8).rows(2));
    Segment::create("s", &spec, &folder.options()).unwrap()
}

#[test]
fn a_host_publishes_nothing_while_a_device_may() {
    let folder = Folder::new();
    let segment = numbers(&folder);
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    assert_eq!(writer.take_back().unwrap_err().kind(), ErrorKind::InvalidArgument);
    writer.publish(&Number { n: 1 }).unwrap();
    let ring = writer.hand_over().unwrap();
    assert_eq!((ring.capacity, ring.stride, ring.record_size, ring.rows), (8, 64, 8, 1));
    assert_eq!((ring.data_len, ring.payload_size, ring.next_sequence, ring.generation), (512, 8, 2, 1));
    assert!(writer.is_handed_over());
    let one = [Number { n: 0 }];
    let wait = Wait::spin(LONG);
    let refused = [
        writer.hand_over().map(drop),
        writer.publish(&one[0]).map(drop),
        writer.publish_stamped(&one[0], Stamp::default()).map(drop),
        writer.publish_waiting(&one[0], Stamp::default(), wait).map(drop),
        writer.publish_batch(&one).map(drop),
        writer.publish_batch_stamped(&one, &[Stamp::default()]).map(drop),
        writer.loan().publish().map(drop),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::HandedOver);
    }
    let status = segment.ring_status("numbers").unwrap();
    assert!(status.handed_over && matches!(status.writer, PeerState::Held { .. }));
    assert_eq!(status.last_sequence, 1, "nothing was written");

    let mut device = Device::new(ring);
    for n in 2..=20 {
        assert_eq!(device.number(n), n);
    }
    // One that is complete and not counted yet is there all the same, as for any successor.
    device.write(&21u64.to_ne_bytes(), 0);
    assert_eq!(writer.take_back().unwrap(), 20);
    assert!(!writer.is_handed_over() && !segment.ring_status("numbers").unwrap().handed_over);
    assert_eq!((writer.next_sequence(), writer.generation()), (22, 1));
    assert_eq!(writer.publish(&Number { n: 22 }).unwrap(), 22);

    // Nothing at all, and again.
    writer.hand_over().unwrap();
    assert_eq!(writer.take_back().unwrap(), 0);
    assert_eq!(writer.publish(&Number { n: 23 }).unwrap(), 23);
    let mut reader = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    let mut number = Number { n: 0 };
    for n in 16..=23 {
        let Read::Record(meta) = reader.try_next(&mut number) else { panic!("no record {n}") };
        assert_eq!((meta.sequence, meta.generation, number.n), (n, 1, n), "one writer, one generation");
    }
    drop(writer);
    let closed = segment.ring_status("numbers").unwrap().writer;
    assert_eq!(closed, PeerState::Gone(Ending::Closed));
    assert_eq!(
        Writer::<Number>::open(&segment, "numbers").unwrap().next_sequence(),
        24,
        "taken back, it goes on"
    );
}

#[test]
fn only_a_ring_that_no_consumer_gates_is_handed_over() {
    let folder = Folder::new();
    let segment = numbers(&folder);
    let mut gated = Writer::<Number>::open(&segment, "gated").unwrap();
    let e = gated.hand_over().unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported, "{e}");
    assert_eq!(gated.publish(&Number { n: 1 }).unwrap(), 1, "and it stays the host's");
    let _consumer = Consumer::<Number>::open(&segment, "gated", 0, Commit::Manual).unwrap();

    let mut rows = RowWriter::<Number>::open(&segment, "rows").unwrap();
    let ring = rows.hand_over().unwrap();
    assert_eq!((ring.rows, ring.record_size, ring.payload_size), (2, 8, 16 + 8 + 8));
    assert!(rows.is_handed_over());
    let two = [Number { n: 0 }; 2];
    let e = rows.publish(&two, &[0, 1], &[Flags::NONE; 2]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::HandedOver);
    assert_eq!(rows.take_back().unwrap(), 0);
    rows.publish(&two, &[0, 1], &[Flags::NONE; 2]).unwrap();
}

#[test]
fn a_trainer_goes_on_steering_while_a_device_publishes() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(), &folder.options()).unwrap();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    trainer.publish(&free(1)).unwrap();
    let mut device = Device::new(trainer.hand_over().unwrap());
    let e = trainer.publish(&free(2)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::HandedOver, "{e}");
    let mut signals = TrainingSignals::default();
    signals.metrics.global_step = 2;
    assert_eq!(trainer.publish(&signals).unwrap_err().kind(), ErrorKind::HandedOver);
    let told = trainer.segment().ring_status("signals").unwrap().written;
    assert_eq!(told, 0, "no signals without their observation");

    // Without a time, with one, and one in which germinating is not possible.
    device.publish(&bytes(&free(2)), 0);
    device.publish(&bytes(&free(3)), stamp(leyline::monotonic_now(), 0));
    device.publish(&bytes(&occupied(4)), stamp(leyline::monotonic_now(), 0));
    let mut o = Observation::EMPTY;
    let mut metas = Vec::new();
    for step in 1..=4u64 {
        let Read::Record(meta) = controller.next(&mut o, patiently()).unwrap() else { panic!("no record") };
        assert_eq!((meta.sequence, meta.generation, o[Feature::GlobalStep]), (step, 1, step as f32));
        metas.push(meta);
    }
    let germinate = controller.actions().germinate("norm").unwrap();
    let latency = |trainer: &mut Trainer, controller: &mut Controller, meta: &Meta, action: usize| {
        controller.decide(meta, action, &Answer::default()).unwrap();
        let mut decision = Decision::default();
        let read = trainer.wait_decision(0, meta.sequence, &mut decision, patiently()).unwrap();
        assert!(matches!(read, Read::Record(_)) && decision.observation_sequence == meta.sequence);
        trainer.last_latency_ns()
    };
    assert_eq!(latency(&mut trainer, &mut controller, &metas[1], 0), 0, "its time is not known");
    assert!(latency(&mut trainer, &mut controller, &metas[2], 0) > 0);
    // The mask follows from the observation that the device published last.
    latency(&mut trainer, &mut controller, &metas[3], germinate);
    assert!(trainer.try_command().unwrap().is_none());
    assert_eq!(trainer.refused(), 1);

    // An executed command counts until the device publishes again.
    device.publish(&bytes(&free(5)), 0);
    let mut is_possible = |trainer: &mut Trainer| {
        let command = controller.actions().command(germinate).unwrap().unwrap();
        controller.send(command).unwrap();
        let received = trainer.try_command().unwrap();
        if let Some(received) = &received {
            let outcome = CommandOutcome::executed(&received.command, received.sequence);
            trainer.answer(received, outcome).unwrap();
        }
        received.is_some()
    };
    assert_eq!([(); 2].map(|()| is_possible(&mut trainer)), [true, false]);
    device.publish(&bytes(&free(6)), 0);
    assert!(is_possible(&mut trainer));
    for _ in 0..2 {
        assert!(matches!(controller.next(&mut o, patiently()).unwrap(), Read::Record(_)));
    }

    assert_eq!(trainer.sent(), 1);
    assert_eq!(trainer.take_back().unwrap(), 5);
    assert_eq!((trainer.sent(), trainer.is_handed_over()), (6, false));
    let published = trainer.publish(&free(7)).unwrap();
    assert_eq!(published.sequence, 7);
    let Read::Record(meta) = controller.next(&mut o, patiently()).unwrap() else { panic!("no record") };
    assert!(latency(&mut trainer, &mut controller, &meta, 0) > 0);
    drop(trainer);
    assert_eq!(controller.next(&mut o, patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    let (mut trainer, opened) = Trainer::open_or_create("link", &link(), &folder.options()).unwrap();
    assert_eq!((opened, trainer.generation()), (Opened::Attached, 2), "taken back, it goes on");
    assert_eq!(trainer.publish(&free(8)).unwrap().sequence, 8);
}

/// A device may complete many records before it counts any.
#[test]
fn what_a_device_has_not_counted_is_decided_on_once() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link(), &folder.options()).unwrap();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    trainer.publish(&free(1)).unwrap();
    let mut device = Device::new(trainer.hand_over().unwrap());
    let read = |controller: &mut Controller| {
        let mut o = Observation::EMPTY;
        match controller.try_next(&mut o).unwrap() {
            Read::Record(meta) => {
                controller.decide(&meta, 0, &Answer::default()).unwrap();
                meta.sequence
            }
            Read::Empty => 0,
            other => panic!("{other:?}"),
        }
    };
    for step in 2..=6u64 {
        device.write(&bytes(&free(step)), 0);
    }
    assert_eq!([(); 4].map(|()| read(&mut controller)), [1, 2, 3, 4]);
    drop(controller);
    let mut successor = Controller::attach("link", &folder.options(), LONG).unwrap();
    assert_eq!(successor.published(), 6);
    assert_eq!([(); 3].map(|()| read(&mut successor)), [5, 6, 0]);
    drop(successor);
    let mut third = Controller::attach("link", &folder.options(), LONG).unwrap();
    assert_eq!(read(&mut third), 0);
    device.write(&bytes(&free(7)), 0);
    assert_eq!(read(&mut third), 7);
    assert_eq!(trainer.take_back().unwrap(), 6);
}

#[test]
fn a_trainer_of_several_rows_finds_what_a_device_published() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("link", &link().rows(2), &folder.options()).unwrap();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    let mut device = Device::new(trainer.hand_over().unwrap());
    let mut slot = [bytes(&free(1)), bytes(&occupied(1))].concat();
    // Environments 3 and 5, no flags.
    slot.extend([3u8, 0, 5, 0, 0, 0, 0, 0]);
    slot.extend([0u8; 8]);
    device.publish(&slot, 0);
    let mut rows = [Observation::EMPTY; 2];
    let (mut env, mut flags) = ([0; 2], [Flags::NONE; 2]);
    let read = controller.next_rows(&mut rows, &mut env, &mut flags, patiently()).unwrap();
    let Read::Record(meta) = read else { panic!("{read:?}") };
    assert_eq!((env, rows), ([3, 5], [free(1), occupied(1)]));
    let germinate = controller.actions().germinate("norm").unwrap();
    for env in [3, 5] {
        controller.decide(&Meta { env, ..meta }, germinate, &Answer::default()).unwrap();
    }
    let mut decisions = [Decision::default(); 2];
    let answers = trainer.wait_decisions(0, meta.sequence, &mut decisions, patiently()).unwrap();
    assert_eq!((answers.count, decisions[0].env, decisions[1].env), (2, 3, 5));
    assert_eq!(trainer.try_command().unwrap().unwrap().command.env, 3);
    assert!(trainer.try_command().unwrap().is_none());
    assert_eq!(trainer.refused(), 1, "there is no room in environment 5");
    assert_eq!((trainer.take_back().unwrap(), trainer.sent()), (1, 2));
}

#[test]
#[ignore = "a child process"]
fn child_hands_over() {
    if !is_child() {
        return;
    }
    let mut trainer = Trainer::open_or_create("link", &link(), &Options::default()).unwrap().0;
    trainer.publish(&free(1)).unwrap();
    let mut device = Device::new(trainer.hand_over().unwrap());
    device.publish(&bytes(&free(2)), 0);
    say("handed over");
    listen();
    drop(trainer);
    say("closed");
    listen();
}

/// Ends a trainer that has not taken its ring back, and checks what becomes of the link.
fn left_to_a_device(end: impl FnOnce(&mut common::Running)) {
    let folder = Folder::new();
    let mut child = start("child_hands_over", &folder);
    child.hear();
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    let segment = Segment::attach("link", &folder.options()).unwrap();
    let mut o = Observation::EMPTY;
    for step in 1..=2 {
        let Read::Record(meta) = controller.next(&mut o, patiently()).unwrap() else { panic!("no record") };
        assert_eq!(meta.sequence, step);
    }
    // Alive, it keeps its roles as any trainer does.
    for again in [
        Trainer::on(&segment).map(drop),
        Trainer::open_or_create("link", &link(), &folder.options()).map(drop),
        Trainer::recreate("link", &link(), &folder.options()).map(drop),
    ] {
        assert_eq!(again.unwrap_err().kind(), ErrorKind::RoleHeld);
    }
    end(&mut child);
    // The published records are there, and their writer did not end in order, whatever its process
    // did.
    assert_eq!(controller.next(&mut o, patiently()).unwrap(), Read::WriterGone(Ending::Died));
    let status = segment.ring_status("observations").unwrap();
    assert!(status.handed_over && status.writer == PeerState::Gone(Ending::Died));
    let e = Trainer::on(&segment).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::LeftToDevice, "{e}");
    assert!(e.to_string().contains("generation 1") && e.to_string().contains("recreate"), "{e}");
    assert_eq!(
        Trainer::on(&segment).unwrap_err().kind(),
        ErrorKind::LeftToDevice,
        "however often it is tried"
    );
    // The controller lives, and cannot keep the link from being made anew: it could only wait for
    // ever.
    let (trainer, opened) = Trainer::open_or_create("link", &link(), &folder.options()).unwrap();
    assert_eq!((opened, trainer.generation()), (Opened::Recreated, 1));
    assert!(trainer.segment().id() != segment.id());
    assert_eq!(controller.next(&mut o, patiently()).unwrap(), Read::Superseded);
    drop(controller);
    let mut trainer = trainer;
    let mut controller = Controller::attach("link", &folder.options(), LONG).unwrap();
    trainer.publish(&free(9)).unwrap();
    assert!(matches!(controller.next(&mut o, patiently()).unwrap(), Read::Record(_)));
    assert_eq!(o[Feature::GlobalStep], 9.0);
    assert_eq!(folder.files(), ["link.leyline"]);
}

#[test]
fn a_link_whose_trainer_was_killed_is_made_anew() {
    left_to_a_device(common::Running::kill);
}

#[test]
fn a_link_whose_trainer_closed_without_taking_it_back_is_made_anew() {
    left_to_a_device(|child| {
        child.tell("close");
        assert_eq!(child.hear(), "closed");
    });
}

#[test]
fn recreate_leaves_a_link_alone_that_others_use_for_their_own() {
    let folder = Folder::new();
    // A ring of somebody else's in the same segment.
    let theirs = RingSpec::new::<Number>("theirs").unwrap().capacity(8).consumers(1, Policy::Keep);
    let spec = link().to_spec().unwrap().ring(theirs);
    let segment = Segment::create("link", &spec, &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "theirs").unwrap();
    let consumer = Consumer::<Number>::open(&segment, "theirs", 0, Commit::Manual).unwrap();
    let mut child = start("child_hands_over", &folder);
    child.hear();
    child.kill();
    let refused = || {
        for again in [
            Segment::open_or_create("link", &spec, &folder.options()).map(drop),
            Segment::recreate("link", &spec, &folder.options()).map(drop),
        ] {
            assert_eq!(again.unwrap_err().kind(), ErrorKind::RoleHeld);
        }
        assert_eq!(segment.name_state().unwrap(), NameState::Current);
    };
    refused();
    writer.publish(&Number { n: 1 }).unwrap();
    drop(writer);
    refused();
    drop(consumer);
    let (_, displaced) = Segment::recreate("link", &spec, &folder.options()).unwrap();
    assert_eq!((displaced.segments, displaced.uncommitted), (1, 1));
    assert_eq!(segment.name_state().unwrap(), NameState::Replaced);
}

#[test]
fn a_ring_of_a_programs_own_is_left_to_a_device_too() {
    let folder = Folder::new();
    let segment = numbers(&folder);
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut device = Device::new(writer.hand_over().unwrap());
    drop(writer);
    // Its pages stay for what the device still stores.
    assert_eq!(device.number(1), 1);
    assert_eq!(segment.ring_status("numbers").unwrap().last_sequence, 1);
    let e = Writer::<Number>::open(&segment, "numbers").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::LeftToDevice, "{e}");
    drop(Writer::<Number>::open(&segment, "gated").unwrap());
}

/// Returns how often this thread has gone to sleep.
fn sleeps() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

#[test]
fn readers_of_a_marked_ring_sleep_for_shorter() {
    let folder = Folder::new();
    let segment = numbers(&folder);
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut reader = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    let mut number = Number { n: 0 };
    let wait = Wait::sleep(Duration::from_millis(200));
    let mut alone = |reader: &mut Observer<Number>| {
        let before = sleeps();
        assert_eq!(reader.next(&mut number, wait).unwrap(), Read::TimedOut);
        sleeps() - before
    };
    let several = |reader: &mut Observer<Number>| {
        let before = sleeps();
        assert!(!wait_any(&mut [reader], &mut [News::None], wait).unwrap());
        sleeps() - before
    };
    let unmarked = (alone(&mut reader), several(&mut reader));
    let ring = writer.hand_over().unwrap();
    let marked = (alone(&mut reader), several(&mut reader));
    // 5 to 1. A busy machine makes fewer of either.
    assert!(marked.0 >= 2 * unmarked.0 && marked.1 >= 2 * unmarked.1, "{marked:?} and {unmarked:?}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut number = Number { n: 0 };
            (reader.next(&mut number, patiently()).unwrap(), number)
        });
        // Nobody is woken, and it is found.
        assert_eq!(Device::new(ring).number(7), 1);
        let (read, number) = waiting.join().unwrap();
        assert!(matches!(read, Read::Record(Meta { sequence: 1, .. })) && number.n == 7);
    });
}
