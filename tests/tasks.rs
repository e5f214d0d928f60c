//! Handles that tasks of Tokio wait for.

mod common;

use common::{Folder, LONG, Number, Running, listen, patiently, say, start};
use futures_core::Stream;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::CommandType;
use leyline::{
    ActionSpace, Answer, Async, Commit, Consumer, Controller, Ending, ErrorKind, LinkSpec, News, Observation,
    Observer, Options, Policy, Read, RingSpec, Segment, Spec, Stamp, Start, Trainer, Wait, Writer,
};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::task::LocalSet;

const ZERO: Number = Number { n: 0 };

fn spec() -> Spec {
    let ring = |name: &str| RingSpec::new::<Number>(name).unwrap().capacity(64);
    Spec::new().ring(ring("numbers")).ring(ring("idle")).ring(ring("kept").consumers(1, Policy::Keep))
}

/// Runs on one thread, which also runs the tasks that it spawns.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    LocalSet::new().block_on(&runtime, future)
}

/// Lets the other tasks run.
async fn turn() {
    tokio::task::yield_now().await;
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// Polls a future once and drops it.
async fn once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(found) => Poll::Ready(Some(found)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[test]
#[ignore = "a child process"]
fn child_publishes() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let mut w = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut kept = Writer::<Number>::open(&segment, "kept").unwrap();
    say("ready");
    while let Some(count) = listen() {
        for _ in 0..count.parse().unwrap() {
            let n = kept.next_sequence();
            kept.publish_waiting(&Number { n }, Stamp::default(), patiently()).unwrap();
            w.publish(&Number { n }).unwrap();
        }
    }
}

fn child(folder: &Folder) -> Running {
    let mut child = start("child_publishes", folder);
    assert_eq!(child.hear(), "ready");
    child
}

#[test]
fn readers_are_woken_by_another_process_and_told_its_end_once() {
    const COUNT: u64 = 3000;
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writing = child(&folder);
    run(async {
        let mut o =
            Async::new(Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap()).unwrap();
        let c = Consumer::<Number>::open(&segment, "kept", 0, Commit::Auto).unwrap();
        let mut c = Async::new(c).unwrap();
        writing.tell(&COUNT.to_string());
        let observing = tokio::task::spawn_local(async move {
            let mut got = ZERO;
            while got.n < COUNT {
                assert!(matches!(
                    o.next_async(&mut got).await.unwrap(),
                    Read::Record(_) | Read::Lapped { .. }
                ));
            }
            o
        });
        let mut got = ZERO;
        for n in 1..=COUNT {
            assert!(matches!(c.next_async(&mut got).await.unwrap(), Read::Record(m) if m.sequence == n));
            assert_eq!(got.n, n);
        }
        let mut o = observing.await.unwrap();

        assert_eq!(once(o.next_async(&mut got)).await.map(Result::unwrap), None);
        writing.kill();
        assert_eq!(o.next_async(&mut got).await.unwrap(), Read::WriterGone(Ending::Died));
        assert!(once(o.news_async()).await.is_none());
        // Also when it is due to ask again.
        let mut idle = Observer::<Number>::open(&segment, "idle", Start::Now).unwrap();
        assert_eq!(idle.next(&mut got, Wait::sleep(Duration::from_millis(6))).unwrap(), Read::TimedOut);
        assert!(once(o.next_async(&mut got)).await.is_none());
        // Told, it waits for a successor.
        let mut successor = child(&folder);
        successor.tell("1");
        assert!(matches!(o.next_async(&mut got).await.unwrap(), Read::Restarted { generation: 2, .. }));
        assert_eq!(o.news_async().await.unwrap(), News::Readable);
        assert!(matches!(o.next_async(&mut got).await.unwrap(), Read::Record(_)));
        assert!(successor.wait().success());
        assert_eq!(o.next_async(&mut got).await.unwrap(), Read::WriterGone(Ending::Closed));
        assert_eq!(o.into_inner().next_sequence(), COUNT + 2);
    });
}

#[test]
fn a_future_that_is_dropped_loses_no_record() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut w = Writer::<Number>::open(&segment, "kept").unwrap();
    run(async {
        let c = Consumer::<Number>::open(&segment, "kept", 0, Commit::Auto).unwrap();
        let mut c = Async::new(c).unwrap();
        let mut got = ZERO;
        let mut seen = 0;
        for n in 1..=500 {
            // Dropped before anything comes, after it came, and after Tokio was told.
            assert!(once(c.next_async(&mut got)).await.is_none());
            w.publish(&Number { n }).unwrap();
            if n % 3 == 0 {
                drop(c.next_async(&mut got));
                turn().await;
            }
            if n % 2 == 0 {
                while let Some(read) = once(c.next_async(&mut got)).await {
                    seen += 1;
                    assert!(matches!(read.unwrap(), Read::Record(m) if m.sequence == seen && got.n == seen));
                }
            } else {
                seen += 1;
                assert!(
                    matches!(c.next_async(&mut got).await.unwrap(), Read::Record(m) if m.sequence == seen)
                );
            }
        }
        assert_eq!(seen, 500);
    });
}

#[test]
fn a_stream_yields_every_record_and_ends_with_its_writer() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    run(async {
        let mut o =
            Async::new(Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap()).unwrap();
        for generation in 1..=3 {
            let mut w = Writer::<Number>::open(&segment, "numbers").unwrap();
            let writing = tokio::task::spawn_local(async move {
                for _ in 0..100 {
                    w.publish(&Number { n: w.next_sequence() }).unwrap();
                    turn().await;
                }
            });
            let mut last = 100 * (generation - 1);
            while let Some(item) = next(&mut o).await {
                let (number, meta) = item.unwrap();
                last += 1;
                assert_eq!((number.n, meta.sequence, meta.generation), (last, last, generation));
            }
            assert_eq!(last, 100 * generation);
            writing.await.unwrap();
        }
    });
}

#[test]
fn both_sides_of_a_link_are_tasks() {
    const COUNT: u64 = 200;
    let folder = Folder::new();
    run(async {
        let trainer = Trainer::create("l", &LinkSpec::new(&ActionSpace::cnn()), &folder.options()).unwrap();
        let controller = Controller::attach("l", &folder.options(), LONG).unwrap();
        let training = tokio::task::spawn_local(async move {
            let mut trainer = Async::new(trainer).unwrap();
            let mut decision = Decision::default();
            for n in 1..=COUNT {
                trainer.publish(&Observation::EMPTY).unwrap();
                // Commands are waited for although decisions lie unread.
                let received = trainer.next_command_async().await.unwrap();
                let outcome = CommandOutcome::executed(&received.command, received.sequence);
                trainer.answer(&received, outcome).unwrap();
                let read = trainer.next_decision_async(0, &mut decision).await.unwrap();
                assert!(matches!(read, Read::Record(_)) && decision.observation_sequence == n);
            }
            let e = trainer.next_decision_async(1, &mut decision).await.unwrap_err();
            assert_eq!(e.kind(), ErrorKind::NoSuchRing);
        });
        let mut controller = Async::new(controller).unwrap();
        let mut observation = Observation::EMPTY;
        for n in 1..=COUNT {
            let read = controller.next_async(&mut observation).await.unwrap();
            let Read::Record(meta) = read else { panic!("{read:?}") };
            assert_eq!(meta.sequence, n);
            controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
            turn().await;
            let ticket = controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
            assert_eq!(controller.next_outcome_async().await.unwrap().command_id, ticket.id);
        }
        training.await.unwrap();
        let gone = Read::WriterGone(Ending::Closed);
        assert_eq!(controller.next_async(&mut observation).await.unwrap(), gone);
        assert_eq!(controller.next_outcome_async().await.unwrap_err().kind(), ErrorKind::PeerGone);
    });
}

#[test]
fn a_task_that_finds_records_all_the_time_lets_others_run() {
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Number>("numbers").unwrap().capacity(4096));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let mut w = Writer::<Number>::open(&segment, "numbers").unwrap();
    w.publish_batch(&vec![ZERO; 4000]).unwrap();
    run(async {
        let mut o =
            Async::new(Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap()).unwrap();
        let turns = Rc::new(Cell::new(0));
        let counted = turns.clone();
        let other = tokio::task::spawn_local(async move {
            loop {
                counted.set(counted.get() + 1);
                turn().await;
            }
        });
        for _ in 0..4000 {
            assert!(matches!(o.next_async(&mut ZERO.clone()).await.unwrap(), Read::Record(_)));
        }
        other.abort();
        assert!(turns.get() > 10, "{}", turns.get());
    });
}

#[test]
fn outside_of_a_runtime_there_is_an_error() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let o = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    let e = Async::new(o).unwrap_err();
    assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("Tokio"), "{e}");
}

#[test]
fn the_example_follows_a_trainer() {
    let program = common::example("leyline-tokio", &["--features", "tokio"]);
    // The rich form of an observation is a report too.
    let signals = TrainingSignals::default();
    let said = common::controlled_by(&program, |trainer| {
        trainer.publish(&signals).unwrap();
    });
    assert_eq!(said, "tokio: received 100, reports 100\n");
}
