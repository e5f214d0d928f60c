//! Bells: descriptors that an event loop polls for news of rings.

use crate::common::{self, Folder, LONG, Number, Running, fork, patiently, reap, say, start_with};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::stage::CommandType;
use leyline::{
    ActionSpace, Answer, AnyObserver, Bell, Commit, Consumer, Controller, ErrorKind, Flags, LinkSpec, News,
    Observation, Observer, Options, Policy, Read, RingSpec, RowObserver, RowWriter, Segment, Source, Spec,
    Stamp, Start, Trainer, Wait, Writer, wait_any,
};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

const ZERO: Number = Number { n: 0 };

fn spec() -> Spec {
    let ring = |name: &str| RingSpec::new::<Number>(name).unwrap().capacity(64);
    Spec::new()
        .ring(ring("numbers"))
        .ring(ring("kept").consumers(1, Policy::Keep))
        .ring(ring("pairs").rows(2))
}

fn observer(segment: &Segment) -> Observer<Number> {
    Observer::open(segment, "numbers", Start::Oldest).unwrap()
}

fn writer(segment: &Segment) -> Writer<Number> {
    Writer::open(segment, "numbers").unwrap()
}

fn poll_for(fd: RawFd, timeout: Duration) -> bool {
    let mut polled = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry, which outlives the call.
    let n = unsafe { libc::poll(&raw mut polled, 1, timeout.as_millis() as i32) };
    assert!(n >= 0 && polled.revents & !libc::POLLIN == 0, "{n} {:x}", polled.revents);
    n == 1
}

fn is_readable(bell: &Bell) -> bool {
    poll_for(bell.as_raw_fd(), Duration::ZERO)
}

/// Waits as an event loop does.
#[track_caller]
fn poll(bell: &Bell) {
    assert!(poll_for(bell.as_raw_fd(), LONG), "nobody rang");
}

/// Arms a bell with a source that has nothing.
#[track_caller]
fn arm(bell: &mut Bell, source: &mut dyn Source, news: &mut News) {
    assert!(!bell.arm(&mut [source], std::slice::from_mut(news)).unwrap(), "{news:?}");
}

/// Arms a bell, makes news by `cause`, waits for the bell, and returns what it rang for.
#[track_caller]
fn rung_for(bell: &mut Bell, source: &mut dyn Source, cause: impl FnOnce()) -> News {
    let mut news = News::None;
    arm(bell, source, &mut news);
    assert!(!is_readable(bell));
    cause();
    poll(bell);
    assert!(is_readable(bell), "polling took it");
    bell.clear().unwrap();
    assert!(!is_readable(bell));
    assert!(bell.arm(&mut [source], std::slice::from_mut(&mut news)).unwrap());
    news
}

#[test]
fn every_kind_of_reader_rings_a_bell() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut w = writer(&segment);
    let mut rows = RowWriter::<Number>::open(&segment, "pairs").unwrap();
    let mut bell = Bell::new().unwrap();
    let mut publish = || assert!(w.publish(&ZERO).is_ok());

    let mut o = observer(&segment);
    assert_eq!(rung_for(&mut bell, &mut o, &mut publish), News::Readable);
    let mut newest = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    assert_eq!(rung_for(&mut bell, &mut newest, &mut publish), News::Readable);
    let mut any = AnyObserver::open(&segment, "numbers", Start::Now).unwrap();
    assert_eq!(rung_for(&mut bell, &mut any, &mut publish), News::Readable);
    let mut kept = Writer::<Number>::open(&segment, "kept").unwrap();
    let mut c = Consumer::<Number>::open(&segment, "kept", 0, Commit::Auto).unwrap();
    assert_eq!(rung_for(&mut bell, &mut c, || assert!(kept.publish(&ZERO).is_ok())), News::Readable);
    let mut r = RowObserver::<Number>::open(&segment, "pairs", Start::Oldest).unwrap();
    let write = || assert!(rows.publish(&[ZERO; 2], &[0, 1], &[Flags::NONE; 2]).is_ok());
    assert_eq!(rung_for(&mut bell, &mut r, write), News::Readable);
    // The others' segment without the right to write: nobody wakes the thread.
    let reading = Segment::attach("s", &folder.options().read_only()).unwrap();
    let mut o = Observer::<Number>::open(&reading, "numbers", Start::Now).unwrap();
    assert_eq!(rung_for(&mut bell, &mut o, &mut publish), News::Readable);
}

#[test]
fn both_ends_of_a_link_ring_for_all_that_comes_to_them() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).lanes(2);
    let mut trainer = Trainer::create("l", &spec, &folder.options()).unwrap();
    let attach = |lane| Controller::on(&Segment::attach("l", &folder.options()).unwrap(), lane).unwrap();
    let (mut first, mut second) = (attach(0), attach(1));
    let (mut bell, mut other) = (Bell::new().unwrap(), Bell::new().unwrap());
    let mut observation = Observation::EMPTY;

    let publish = |trainer: &mut Trainer| assert!(trainer.publish(&Observation::EMPTY).is_ok());
    assert_eq!(rung_for(&mut bell, &mut second, || publish(&mut trainer)), News::Readable);
    let Read::Record(meta) = second.try_next(&mut observation).unwrap() else { panic!() };
    let decide = || assert!(second.decide(&meta, ActionSpace::WAIT, &Answer::default()).is_ok());
    // A decision is news of the trainer, and none of its commands.
    let mut news = News::None;
    arm(&mut other, &mut trainer.watch_commands(), &mut news);
    assert_eq!(rung_for(&mut bell, &mut trainer, decide), News::Readable);
    assert!(!is_readable(&other));
    assert!(matches!(trainer.try_decision(1, &mut Decision::default()).unwrap(), Read::Record(_)));

    let ask = AdaptationCommand::new(CommandType::RequestState);
    let send = || assert!(second.send(ask).is_ok());
    assert_eq!(rung_for(&mut bell, &mut trainer, send), News::Readable);
    poll(&other);
    let received = trainer.try_command().unwrap().unwrap();
    assert_eq!(received.lane, 1);
    let outcome = CommandOutcome::executed(&received.command, received.sequence);
    // An outcome is news of the controller, and none of its observations.
    arm(&mut other, &mut second.watch_observations(), &mut news);
    let answer = || assert!(trainer.answer(&received, outcome).is_ok());
    assert_eq!(rung_for(&mut bell, &mut second, answer), News::Readable);
    assert!(!is_readable(&other));
    // Neither is it of the other lane.
    assert!(matches!(first.try_next(&mut observation).unwrap(), Read::Record(_)));
    arm(&mut other, &mut first, &mut news);
    assert!(second.try_outcome().unwrap().is_some());

    // Each lane's ending is told once, by a bell as by a wait.
    assert_eq!(rung_for(&mut bell, &mut trainer, || drop(first)), News::Closed);
    let mut told = News::Closed;
    arm(&mut bell, &mut trainer, &mut told);
    drop(second);
    poll(&bell);
    assert!(bell.arm(&mut [&mut trainer], std::slice::from_mut(&mut told)).unwrap());
    let nothing = wait_any(&mut [&mut trainer], &mut [told], Wait::spin(Duration::ZERO));
    assert!(told == News::Closed && !nothing.unwrap());
}

#[test]
fn what_was_put_aside_while_another_outcome_was_waited_for_is_news() {
    let folder = Folder::new();
    let mut trainer = Trainer::create("l", &LinkSpec::new(&ActionSpace::cnn()), &folder.options()).unwrap();
    let mut controller = Controller::attach("l", &folder.options(), LONG).unwrap();
    let ids: Vec<[u8; 16]> = (0..2)
        .map(|_| controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap().id)
        .collect();
    while let Some(received) = trainer.try_command().unwrap() {
        let outcome = CommandOutcome::executed(&received.command, received.sequence);
        trainer.answer(&received, outcome).unwrap();
    }
    controller.wait_outcome(&ids[1], patiently()).unwrap();
    let (mut bell, mut news) = (Bell::new().unwrap(), [News::None]);
    assert!(bell.arm(&mut [&mut controller], &mut news).unwrap());
    assert!(is_readable(&bell) && news == [News::Readable]);
    assert_eq!(controller.try_outcome().unwrap().unwrap().command_id, ids[0]);
    assert!(!bell.arm(&mut [&mut controller], &mut news).unwrap());
}

#[test]
fn a_drain_that_is_not_complete_keeps_the_descriptor_readable() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let (mut w, mut o, mut bell) = (writer(&segment), observer(&segment), Bell::new().unwrap());
    let mut news = [News::None];
    assert!(!bell.arm(&mut [&mut o], &mut news).unwrap());
    w.publish_batch(&[ZERO; 3]).unwrap();
    poll(&bell);
    for left in (0..3).rev() {
        assert!(matches!(o.try_next(&mut ZERO.clone()), Read::Record(_)));
        assert_eq!(bell.arm(&mut [&mut o], &mut news).unwrap(), left > 0);
        assert_eq!(is_readable(&bell), left > 0);
    }
    assert_eq!(news, [News::None]);
    // It is rung once, whatever comes after that.
    w.publish(&ZERO).unwrap();
    poll(&bell);
    bell.clear().unwrap();
    let (mut other, mut now) =
        (Bell::new().unwrap(), Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap());
    assert_eq!(rung_for(&mut other, &mut now, || assert!(w.publish(&ZERO).is_ok())), News::Readable);
    assert!(!is_readable(&bell), "cleared, and not armed");
}

#[test]
fn what_a_bell_is_armed_with_may_be_used_and_closed() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let (mut w, mut o, mut bell) = (writer(&segment), observer(&segment), Bell::new().unwrap());
    let mut news = [News::None; 2];
    let mut second = observer(&segment);
    assert!(!bell.arm(&mut [&mut o as &mut dyn Source, &mut second], &mut news).unwrap());
    drop(o);
    w.publish(&ZERO).unwrap();
    poll(&bell);
    bell.clear().unwrap();
    assert!(matches!(second.try_next(&mut ZERO.clone()), Read::Record(_)));
    assert!(!bell.arm(&mut [&mut second], &mut news[..1]).unwrap());
    // The last handles of the segment in this process, but for what the bell keeps.
    drop(second);
    drop(segment);
    drop(w);
    poll(&bell);
    let fd = bell.as_fd().try_clone_to_owned().unwrap();
    assert!(poll_for(fd.as_raw_fd(), Duration::ZERO));
    drop(bell);

    let e = Bell::new().unwrap().arm::<Observer<Number>>(&mut [], &mut []).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    let segment = Segment::attach("s", &folder.options()).unwrap();
    let e = Bell::new().unwrap().arm(&mut [observer(&segment)], &mut []).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
}

// Between processes.

#[test]
#[ignore = "a child process"]
fn child_publishes() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach_waiting("s", &Options::default(), LONG).unwrap();
    let ring = std::env::var("RING").unwrap_or_else(|_| "numbers".to_owned());
    let mut w = Writer::<Number>::open(&segment, &ring).unwrap();
    say("ready");
    while let Some(told) = common::listen() {
        let (count, pause) = told.split_once(' ').unwrap_or_else(|| panic!("{told}"));
        if count == "fail" {
            w.abort(pause);
            say("failed");
            common::listen();
            return;
        }
        let (count, pause): (u64, u64) = (count.parse().unwrap(), pause.parse().unwrap());
        for _ in 0..count {
            w.publish_waiting(&Number { n: w.next_sequence() }, Stamp::default(), patiently()).unwrap();
            if pause > 0 {
                std::thread::sleep(Duration::from_micros(pause));
            }
        }
        say("published");
    }
}

fn writing_child(folder: &Folder, ring: &str) -> Running {
    let mut child = start_with("child_publishes", folder, &[("RING", ring)]);
    assert_eq!(child.hear(), "ready");
    child
}

/// A writer at 1 kHz to full speed, with a reader that goes back to sleep after each drain: every
/// record comes, and none of the waits hangs.
#[test]
fn no_record_is_slept_through() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut child = writing_child(&folder, "kept");
    let mut c = Consumer::<Number>::open(&segment, "kept", 0, Commit::Auto).unwrap();
    let (mut bell, mut news) = (Bell::new().unwrap(), [News::None]);
    let (mut seen, mut rung) = (0, 0);
    for (count, pause_us) in [(300, 1000), (2000, 50), (4000, 1), (200_000, 0)] {
        child.tell(&format!("{count} {pause_us}"));
        let last = seen + count;
        while seen < last {
            while !bell.arm(&mut [&mut c], &mut news).unwrap() {
                poll(&bell);
                bell.clear().unwrap();
                rung += 1;
            }
            let mut got = ZERO;
            while let Read::Record(meta) = c.try_next(&mut got) {
                seen += 1;
                assert_eq!((meta.sequence, got.n), (seen, seen));
            }
        }
        assert_eq!(child.hear(), "published");
    }
    assert!(rung > 0);
    assert!(child.wait().success());
}

/// Many threads, each with a bell of its own, arm and clear while others do.
#[test]
fn bells_of_several_threads_do_not_disturb_one_another() {
    const THREADS: usize = 8;
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut child = writing_child(&folder, "numbers");
    let mut readers: Vec<Observer<Number>> = (0..THREADS).map(|_| observer(&segment)).collect();
    child.tell("3000 20");
    std::thread::scope(|scope| {
        for (i, o) in readers.iter_mut().enumerate() {
            scope.spawn(move || {
                let mut bell = Bell::new().unwrap();
                let (mut news, mut got) = ([News::None], ZERO);
                while got.n < 3000 {
                    if !bell.arm(&mut [&mut *o], &mut news).unwrap() {
                        poll(&bell);
                        bell.clear().unwrap();
                    }
                    while matches!(o.try_next(&mut got), Read::Record(_) | Read::Lapped { .. }) {}
                    if got.n % 64 == i as u64 {
                        bell = Bell::new().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(child.hear(), "published");
    assert!(child.wait().success());
}

#[test]
fn an_ending_rings_once_and_a_successor_rings_again() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let (mut o, mut bell) = (observer(&segment), Bell::new().unwrap());
    let mut got = ZERO;
    let mut news = [News::None];
    let mut endings = [
        (News::Died, Running::kill as fn(&mut Running)),
        (News::Closed, |child| assert!(child.wait().success())),
        (News::Died, Running::kill),
        (News::Failed, |child| {
            child.tell("fail a reason");
            assert_eq!(child.hear(), "failed");
        }),
    ];
    for (n, (ending, end)) in endings.iter_mut().enumerate() {
        let mut child = writing_child(&folder, "numbers");
        // A writer that has published nothing yet is no news.
        child.tell("1 0");
        if !bell.arm(&mut [&mut o], &mut news).unwrap() {
            poll(&bell);
        }
        assert_eq!(child.hear(), "published");
        if n > 0 {
            assert!(matches!(o.try_next(&mut got), Read::Restarted { .. }));
        }
        assert!(matches!(o.try_next(&mut got), Read::Record(_)));
        assert!(!bell.arm(&mut [&mut o], &mut news).unwrap());
        end(&mut child);
        while news[0] == News::None {
            poll(&bell);
            bell.clear().unwrap();
            assert_eq!(o.try_next(&mut got), Read::Empty);
            bell.arm(&mut [&mut o], &mut news).unwrap();
        }
        assert_eq!(news, [*ending]);
        // Told, it rings no more.
        assert!(!bell.arm(&mut [&mut o], &mut news).unwrap());
        assert!(!is_readable(&bell));
    }
    // Another segment takes the name.
    Segment::recreate("s", &spec(), &folder.options()).unwrap();
    poll(&bell);
    assert!(bell.arm(&mut [&mut o], &mut news).unwrap());
    assert_eq!(news, [News::Superseded]);
}

// The process.

/// Returns the folders of the threads of this process that are called so.
fn threads(name: &str) -> Vec<std::path::PathBuf> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    tasks.filter(|t| std::fs::read_to_string(t.join("comm")).is_ok_and(|c| c.trim() == name)).collect()
}

fn status(task: &std::path::Path, key: &str) -> String {
    let text = std::fs::read_to_string(task.join("status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim_start_matches(':').trim().to_owned()
}

#[test]
#[ignore = "a child process"]
fn child_of_its_own() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::create("s", &spec(), &Options::default()).unwrap();
    let (mut w, mut o) = (writer(&segment), observer(&segment));
    match std::env::var("WHAT").unwrap().as_str() {
        "thread" => one_quiet_thread(&mut w, &mut o),
        "many" => a_thousand(&segment, &mut w),
        "fork" => forks(&segment, &mut w, &mut o),
        "exec" => executes(),
        "closed" => closes(&mut w, &mut o),
        other => panic!("{other}"),
    }
}

fn in_a_child(what: &str) {
    let folder = Folder::new();
    assert!(start_with("child_of_its_own", &folder, &[("WHAT", what)]).wait().success(), "{what}");
}

#[test]
fn there_is_one_thread_from_the_first_bell_on_and_it_sleeps_while_none_is_armed() {
    in_a_child("thread");
}

fn one_quiet_thread(w: &mut Writer<Number>, o: &mut Observer<Number>) {
    const NAME: &str = "leyline-bell";
    // Time passes in waits of another kind.
    let pass = |o: &mut Observer<Number>| {
        for _ in 0..20 {
            assert_eq!(
                o.next(&mut ZERO.clone(), Wait::sleep(Duration::from_millis(5))).unwrap(),
                Read::TimedOut
            );
        }
    };
    assert!(threads(NAME).is_empty());
    let mut bells: Vec<Bell> = (0..3).map(|_| Bell::new().unwrap()).collect();
    // It names itself.
    while threads(NAME).is_empty() {
        std::thread::yield_now();
    }
    let [task] = &threads(NAME)[..] else { panic!("{:?}", threads(NAME)) };
    // All that can be blocked: the kernel keeps SIGKILL and SIGSTOP, the C library two of its own.
    let blocked = u64::from_str_radix(&status(task, "SigBlk"), 16).unwrap();
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGCHLD, libc::SIGALRM, libc::SIGUSR1, 40, 64] {
        assert!(blocked & 1 << (signal - 1) != 0, "{signal}: {blocked:x}");
    }
    let switches = || status(task, "voluntary_ctxt_switches");
    let settle = |o: &mut Observer<Number>| {
        for _ in 0..100 {
            let before = switches();
            pass(o);
            if switches() == before {
                return true;
            }
        }
        false
    };
    assert!(settle(o), "it does not sleep before it is first used");
    let mut news = [News::None];
    for _ in 0..10 {
        assert!(!bells[0].arm(&mut [&mut *o], &mut news).unwrap());
        w.publish(&ZERO).unwrap();
        poll(&bells[0]);
        bells[0].clear().unwrap();
        assert!(matches!(o.try_next(&mut ZERO.clone()), Read::Record(_)));
    }
    assert!(settle(o), "it does not sleep after it was rung");
    assert!(!bells[1].arm(&mut [&mut *o], &mut news).unwrap());
    bells[1].clear().unwrap();
    assert!(settle(o), "it does not sleep after a bell was cleared");
    assert!(!bells[1].arm(&mut [&mut *o], &mut news).unwrap());
    bells.clear();
    assert!(settle(o), "it does not sleep after the last bell was dropped");
    assert_eq!(threads(NAME).len(), 1);
}

#[test]
fn a_thousand_bells_ring() {
    in_a_child("many");
}

fn a_thousand(segment: &Segment, w: &mut Writer<Number>) {
    const BELLS: usize = 1000;
    /// More rings than one thread sleeps on.
    const RINGS: usize = 200;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` outlives the calls.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = limit.rlim_max.min(4096);
        if limit.rlim_cur < 1200 {
            eprintln!("NOT CHECKED: a thousand bells: at most {} open files", limit.rlim_max);
            return;
        }
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
    let name = |i: usize| format!("ring{}", i % 50);
    let spec = (0..50)
        .fold(Spec::new(), |spec, i| spec.ring(RingSpec::new::<Number>(&name(i)).unwrap().capacity(8)));
    let others: Vec<Segment> = (0..RINGS / 50)
        .map(|i| Segment::create(&format!("many{i}"), &spec, &Options::default()).unwrap())
        .collect();
    let mut writers: Vec<Writer<Number>> =
        (0..RINGS).map(|i| Writer::open(&others[i / 50], &name(i)).unwrap()).collect();
    let mut news = [News::None];
    for same in [true, false] {
        let mut bells: Vec<(Bell, Observer<Number>)> = (0..BELLS)
            .map(|i| {
                let (segment, ring) =
                    if same { (segment, "numbers".to_owned()) } else { (&others[i % RINGS / 50], name(i)) };
                (Bell::new().unwrap(), Observer::open(segment, &ring, Start::Now).unwrap())
            })
            .collect();
        for (bell, o) in &mut bells {
            assert!(!bell.arm(&mut [o], &mut news).unwrap());
        }
        if same {
            w.publish(&ZERO).unwrap();
        } else {
            for w in &mut writers {
                w.publish(&ZERO).unwrap();
            }
        }
        for (bell, o) in &mut bells {
            poll(bell);
            assert!(matches!(o.try_next(&mut ZERO.clone()), Read::Record(_)));
            assert!(!bell.arm(&mut [o], &mut news).unwrap());
        }
        assert!(bells.iter().all(|(bell, _)| !is_readable(bell)));
        // One of them, among the others.
        let (bell, _) = &bells[BELLS - 1];
        if same { &mut *w } else { &mut writers[(BELLS - 1) % RINGS] }.publish(&ZERO).unwrap();
        poll(bell);
    }
}

#[test]
fn after_a_fork_a_bell_is_its_parents() {
    in_a_child("fork");
}

fn forks(segment: &Segment, w: &mut Writer<Number>, o: &mut Observer<Number>) {
    let mut bell = std::mem::ManuallyDrop::new(Bell::new().unwrap());
    let mut news = [News::None];
    assert!(!bell.arm(&mut [&mut *o], &mut news).unwrap());
    let fine = reap(fork(|| {
        let fd = bell.as_raw_fd();
        let refused = [bell.arm(&mut [&mut *o], &mut news).unwrap_err(), bell.clear().unwrap_err()]
            .iter()
            .all(|e| e.kind() == ErrorKind::Forked);
        // SAFETY: dropped once, in this process.
        unsafe { std::mem::ManuallyDrop::drop(&mut bell) };
        // SAFETY: a descriptor that is none gives EBADF.
        let closed = unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1;
        let alone = threads("leyline-bell").is_empty();
        // It makes its own.
        let segment = Segment::attach("s", &Options::default()).unwrap();
        let mut own = Bell::new().unwrap();
        let mut o = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
        let armed = !own.arm(&mut [&mut o], &mut [News::None]).unwrap();
        while threads("leyline-bell").is_empty() {
            std::thread::yield_now();
        }
        refused && closed && alone && armed
    }));
    assert!(fine);
    assert!(!is_readable(&bell));
    w.publish(&ZERO).unwrap();
    poll(&bell);
    bell.clear().unwrap();
    assert!(bell.arm(&mut [observer(segment)], &mut news).unwrap());
}

#[test]
fn a_bells_descriptor_is_closed_on_exec() {
    in_a_child("exec");
}

fn executes() {
    let bell = Bell::new().unwrap();
    let there = |fd: RawFd| {
        let test = std::process::Command::new("test").arg("-e").arg(format!("/proc/self/fd/{fd}")).status();
        test.unwrap().success()
    };
    assert!(there(0) && !there(bell.as_raw_fd()));
}

#[test]
fn a_bell_whose_descriptor_the_program_closed_touches_no_other_file() {
    in_a_child("closed");
}

fn closes(w: &mut Writer<Number>, o: &mut Observer<Number>) {
    let (mut bell, mut witness) = (Bell::new().unwrap(), Bell::new().unwrap());
    let fd = bell.as_raw_fd();
    let mut news = [News::None];
    assert!(!bell.arm(&mut [&mut *o], &mut news).unwrap());
    // SAFETY: what a program does that closes descriptors it does not own.
    unsafe { libc::close(fd) };
    let path = std::env::temp_dir().join(format!("leyline-bell-{}", std::process::id()));
    let file = File::create(&path).unwrap();
    assert_eq!(file.as_raw_fd(), fd, "the number is given out again");
    let mut second = observer_at_now(w);
    assert!(!witness.arm(&mut [&mut second], &mut [News::None]).unwrap());
    w.publish(&ZERO).unwrap();
    poll(&witness);
    let e = bell.arm(&mut [&mut *o], &mut news).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ClosedDescriptor, "{e}");
    drop(bell);
    assert_eq!(file.metadata().unwrap().len(), 0, "it wrote into another file");
    std::fs::remove_file(path).unwrap();
}

fn observer_at_now(_: &Writer<Number>) -> Observer<Number> {
    let segment = Segment::attach("s", &Options::default()).unwrap();
    Observer::open(&segment, "numbers", Start::Now).unwrap()
}
