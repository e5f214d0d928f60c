//! Waits that something else than a record ends: a canceller, a signal, an ending; and waits for
//! the other side to come.

use crate::common::{self, Folder, LONG, Number, Running, fork, patiently, reap};
use crate::native;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::stage::CommandType;
use leyline::{
    ActionSpace, AnyObserver, Canceller, Commit, Consumer, Controller, Ending, EnvMark, Error, ErrorKind,
    LinkSpec, News, Observation, Observer, Options, PeerState, Policy, Read, RingSpec, Segment, Spec, Stamp,
    Start, Trainer, Wait, Writer, wait_any,
};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::time::Duration;

const AT_ONCE: Wait = Wait::spin(Duration::ZERO);

fn spec() -> Spec {
    let ring = |name: &str| RingSpec::new::<Number>(name).unwrap().capacity(16);
    Spec::new().ring(ring("numbers")).ring(ring("kept").consumers(2, Policy::Keep))
}

fn number(n: u64) -> Number {
    Number { n }
}

/// Fills the ring.
fn fill(writer: &mut Writer<Number>) {
    for n in 0..16 {
        writer.publish(&number(n)).unwrap();
    }
}

/// Runs `wait` while another thread cancels: once that thread has seen this one asleep.
fn cancelled<T: Send>(canceller: &Canceller, wait: impl FnOnce() -> T + Send) -> T {
    let waiter = AtomicI32::new(0);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            // SAFETY: no memory is handed over.
            waiter.store(unsafe { libc::gettid() }, Ordering::Release);
            wait()
        });
        until_asleep(&waiter, || waiting.is_finished());
        canceller.cancel();
        waiting.join().unwrap()
    })
}

/// Returns once a thread sleeps, or `over` says that it has come to an end.
fn until_asleep(thread: &AtomicI32, over: impl Fn() -> bool) {
    loop {
        let tid = thread.load(Ordering::Acquire);
        let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).unwrap_or_default();
        if tid != 0 && stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" S")) || over() {
            return;
        }
        std::thread::yield_now();
    }
}

/// Waits of each strategy, none of which ends by itself.
fn waits() -> [Wait; 3] {
    [Wait::spin(LONG), Wait::yielding(LONG), patiently()]
}

/// Checks that a wait ends by a cancel before it and by one during it, ends once, and that the next
/// one finds what comes.
#[track_caller]
fn ends_by_cancel<T: Send + PartialEq + std::fmt::Debug>(
    canceller: &Canceller,
    end: &T,
    mut wait: impl FnMut(Wait) -> T + Send,
) {
    for strategy in waits() {
        canceller.cancel();
        canceller.cancel();
        assert_eq!(wait(strategy), *end, "cancelled before");
        // Only the sleeping one can be seen asleep.
        if strategy == patiently() {
            assert_eq!(cancelled(canceller, || wait(strategy)), *end, "cancelled in its sleep");
        }
    }
    assert_ne!(wait(AT_ONCE), *end, "cancelled once more");
}

fn kind<T>(result: leyline::Result<T>) -> Option<ErrorKind> {
    result.err().as_ref().map(Error::kind)
}

#[test]
fn a_cancel_ends_one_wait_of_every_reading_handle() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let _kept = Writer::<Number>::open(&segment, "kept").unwrap();
    let mut got = number(0);

    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    ends_by_cancel(&observer.canceller(), &Read::Cancelled, |w| observer.next(&mut got, w).unwrap());
    ends_by_cancel(&observer.canceller(), &Read::Cancelled, |w| observer.latest(&mut got, w).unwrap());
    ends_by_cancel(&observer.canceller(), &Read::Cancelled, |w| {
        observer.next_batch(&mut [number(0); 4], &mut [], 2, w).unwrap().end
    });
    let mut any = AnyObserver::open(&segment, "numbers", Start::Now).unwrap();
    ends_by_cancel(&any.canceller(), &Read::Cancelled, |w| any.next(w).unwrap());
    let mut consumer = Consumer::<Number>::open(&segment, "kept", 0, Commit::Manual).unwrap();
    ends_by_cancel(&consumer.canceller(), &Read::Cancelled, |w| consumer.next(&mut got, w).unwrap());

    // A cancel of either source ends a wait for both.
    let mut other = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    for canceller in [observer.canceller(), other.canceller()] {
        let mut both = [&mut observer, &mut other];
        ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| {
            kind(wait_any(&mut both, &mut [News::None; 2], w))
        });
    }

    // The next record comes after all that are read, and none was lost.
    let sequence = writer.publish(&number(7)).unwrap();
    for observer in [&mut observer, &mut other] {
        let Read::Record(meta) = observer.next(&mut got, patiently()).unwrap() else { panic!("no record") };
        assert_eq!((meta.sequence, got), (sequence, number(7)));
    }
    let canceller = observer.canceller();
    drop(observer);
    canceller.cancel();
}

#[test]
fn a_cancel_ends_one_wait_of_each_side_of_a_link() {
    let folder = Folder::new();
    let link = LinkSpec::new(&ActionSpace::cnn()).lanes(2);
    let mut trainer = Trainer::create("l", &link, &folder.options()).unwrap();
    let canceller = trainer.canceller();
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| kind(trainer.wait_for_controller(1, w)));
    let mut controller = Controller::attach("l", &folder.options(), LONG).unwrap();
    let mut decision = Decision::default();
    ends_by_cancel(&canceller, &Read::Cancelled, |w| trainer.next_decision(0, &mut decision, w).unwrap());
    ends_by_cancel(&canceller, &Read::Cancelled, |w| trainer.wait_decision(0, 1, &mut decision, w).unwrap());
    ends_by_cancel(&canceller, &Read::Cancelled, |w| {
        trainer.wait_decisions(0, 1, std::slice::from_mut(&mut decision), w).unwrap().end
    });
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| kind(trainer.next_command(w)));

    let canceller = controller.canceller();
    let mut observation = Observation::EMPTY;
    ends_by_cancel(&canceller, &Read::Cancelled, |w| controller.next(&mut observation, w).unwrap());
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| kind(controller.next_outcome(w)));
    let sent = controller.send(AdaptationCommand::new(CommandType::RequestState)).unwrap();
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| kind(controller.wait_outcome(&sent.id, w)));
    assert_eq!(trainer.next_command(patiently()).unwrap().unwrap().command.id, sent.id);
}

#[test]
fn a_cancel_ends_a_wait_for_room_and_for_a_consumer() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "kept").unwrap();
    let canceller = writer.canceller();
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| kind(writer.wait_for_consumer(0, w)));
    let _consumers = [0, 1].map(|k| Consumer::<Number>::open(&segment, "kept", k, Commit::Manual).unwrap());
    fill(&mut writer);
    ends_by_cancel(&canceller, &Some(ErrorKind::Cancelled), |w| {
        kind(writer.publish_waiting(&number(16), Stamp::default(), w))
    });
}

#[test]
fn a_cancel_ends_the_waits_of_opening_and_belongs_to_the_handle_that_is_opened() {
    let folder = Folder::new();
    let canceller = Canceller::new();
    let options = folder.options().canceller(&canceller).role_timeout(LONG);
    let attach = || kind(Segment::attach_waiting("s", &options, LONG));
    canceller.cancel();
    assert_eq!(attach(), Some(ErrorKind::Cancelled));
    assert_eq!(cancelled(&canceller, attach), Some(ErrorKind::Cancelled));

    let holder = Segment::create("s", &spec(), &folder.options()).unwrap();
    let writer = Writer::<Number>::open(&holder, "numbers").unwrap();
    let segment = Segment::attach_waiting("s", &options, LONG).unwrap();
    let open = || kind(Writer::<Number>::open(&segment, "numbers"));
    canceller.cancel();
    assert_eq!(open(), Some(ErrorKind::Cancelled));
    assert_eq!(cancelled(&canceller, open), Some(ErrorKind::Cancelled));
    drop(writer);
    assert_eq!(open(), None);

    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    canceller.cancel();
    assert_eq!(observer.next(&mut number(0), patiently()).unwrap(), Read::Cancelled);
}

/// Stops the writer, which may wait for room, however the test ends.
struct Stop<'s>(&'s AtomicBool, Canceller);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.cancel();
    }
}

#[test]
fn a_stream_of_records_does_not_outrun_a_cancel_and_loses_none_to_it() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "kept").unwrap();
    let mut consumers = [0, 1].map(|k| Consumer::<Number>::open(&segment, "kept", k, Commit::Auto).unwrap());
    let [consumer, other] = &mut consumers;
    let (canceller, of_writer) = (consumer.canceller(), writer.canceller());
    let (stop, mut got, mut next, mut cancels) = (AtomicBool::new(false), number(0), 1, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                let published = writer.publish_waiting(&number(n), Stamp::default(), patiently());
                assert!(matches!(kind(published), None | Some(ErrorKind::Cancelled)));
            }
        });
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = other.try_next(&mut number(0));
            }
        });
        let _stop = Stop(&stop, of_writer);
        while cancels < 100 {
            canceller.cancel();
            match consumer.next(&mut got, patiently()).unwrap() {
                Read::Cancelled => cancels += 1,
                read => panic!("{read:?} outran a cancel"),
            }
            assert!(matches!(consumer.next(&mut got, patiently()).unwrap(), Read::Record(_)));
            assert_eq!(got, number(next));
            next += 1;
        }
    });
}

/// Sleeps until it is woken: its checks are an hour apart.
fn deeply() -> Wait {
    patiently().check_every(Duration::from_secs(3600))
}

#[test]
fn a_wait_that_looks_once_leaves_a_cancel_to_the_next() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    observer.canceller().cancel();
    assert_eq!(observer.next(&mut number(0), AT_ONCE).unwrap(), Read::TimedOut);
    assert!(!wait_any(&mut [&mut observer], &mut [News::None], AT_ONCE).unwrap());
    writer.publish(&number(1)).unwrap();
    let mut block = [number(0)];
    assert_eq!(observer.next_batch(&mut block, &mut [], 1, AT_ONCE).unwrap().count, 1);
    assert_eq!(observer.next(&mut number(0), patiently()).unwrap(), Read::Cancelled);
}

#[test]
fn a_cancel_ends_a_wait_to_gather_though_there_are_records() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    let (mut rows, mut marks) = ([number(0)], [EnvMark::NEVER_SEEN]);
    writer.publish(&number(1)).unwrap();
    assert_eq!(observer.latest_by_env(&mut rows, &mut marks, patiently()).unwrap().changed, 1);
    writer.publish(&number(2)).unwrap();
    observer.canceller().cancel();
    let gathered = observer.latest_by_env(&mut rows, &mut marks, patiently()).unwrap();
    assert_eq!((gathered.end, gathered.read, marks[0].records), (Read::Cancelled, 0, 0));
    assert_eq!(observer.latest_by_env(&mut rows, &mut marks, patiently()).unwrap().changed, 1);
    assert_eq!(rows, [number(2)]);
}

#[test]
fn a_cancel_wakes_who_has_no_word_for_it_or_no_write_access() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    // As many rings as one thread can sleep on: the cancellers have no place beside them.
    let mut many: Vec<_> =
        (0..128).map(|_| Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap()).collect();
    for canceller in [many[0].canceller(), many[127].canceller()] {
        let result = cancelled(&canceller, || wait_any(&mut many, &mut [News::None; 128], deeply()));
        assert_eq!(kind(result), Some(ErrorKind::Cancelled));
    }
    writer.publish(&number(1)).unwrap();
    let mut news = [News::None; 128];
    assert!(wait_any(&mut many, &mut news, deeply()).unwrap() && news == [News::Readable; 128]);

    let read_only = Segment::attach("s", &folder.options().read_only()).unwrap();
    let mut looking = Observer::<Number>::open(&read_only, "numbers", Start::Now).unwrap();
    let canceller = looking.canceller();
    assert_eq!(cancelled(&canceller, || looking.next(&mut number(0), deeply()).unwrap()), Read::Cancelled);

    let canceller = Canceller::new();
    let options = folder.options().canceller(&canceller);
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let received = cancelled(&canceller, || Segment::receive(&theirs, &options, LONG));
    assert_eq!(kind(received), Some(ErrorKind::Cancelled));
}

fn thread_number() -> i32 {
    // SAFETY: has no preconditions and cannot fail.
    unsafe { libc::gettid() }
}

static OF_CHILD: OnceLock<Canceller> = OnceLock::new();

extern "C" fn cancel(_: libc::c_int) {
    OF_CHILD.get().expect("a canceller").cancel();
}

extern "C" fn ignore(_: libc::c_int) {}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: an all-zero action is valid, without SA_RESTART; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as usize;
        assert_eq!(libc::sigaction(signal, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Publishes nothing and waits for a number: until it comes, or a signal ends the wait. Then closes
/// in order.
#[test]
#[ignore = "a child process"]
fn child_waits() {
    if !common::is_child() {
        return;
    }
    if std::env::var_os("OLD").is_some() {
        common::without_futex_waitv();
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let _writer = Writer::<Number>::open(&segment, "kept").unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Oldest).unwrap();
    OF_CHILD.set(observer.canceller()).unwrap();
    handle(libc::SIGTERM, cancel);
    handle(libc::SIGUSR1, ignore);
    let wait = if std::env::var_os("INTERRUPTIBLE").is_some() { deeply().interruptible() } else { deeply() };
    common::say(thread_number());
    loop {
        let read = observer.next(&mut number(0), wait).unwrap();
        common::say(format!("{read:?}").split(['(', ' ']).next().unwrap());
        if read == Read::Cancelled {
            break;
        }
    }
}

/// Sends a signal to the sleeping thread of a child.
fn signal(child: &Running, thread: i32, signal: libc::c_int) {
    let process = child.child.id();
    while !common::sleeps(process, thread) {
        std::thread::yield_now();
    }
    // SAFETY: a signal to a child that nobody has waited for.
    assert_eq!(unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) }, 0);
}

#[test]
fn a_signal_handler_ends_the_wait_of_its_own_thread_and_the_process_closes_in_order() {
    for variables in [&[][..], &[("OLD", "1")]] {
        let folder = Folder::new();
        let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
        let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
        let mut observer = Observer::<Number>::open(&segment, "kept", Start::Now).unwrap();
        let mut child = common::start_with("child_waits", &folder, variables);
        let thread = child.hear().parse().unwrap();
        // A signal that asks for nothing does not end it.
        signal(&child, thread, libc::SIGUSR1);
        writer.publish(&number(0)).unwrap();
        assert_eq!(child.hear(), "Record");
        signal(&child, thread, libc::SIGTERM);
        assert_eq!(child.hear(), "Cancelled");
        assert_eq!(observer.next(&mut number(0), patiently()).unwrap(), Read::WriterGone(Ending::Closed));
        assert!(child.wait().success());
    }
}

#[test]
fn a_signal_ends_a_wait_that_says_so() {
    for variables in [&[("INTERRUPTIBLE", "1")][..], &[("INTERRUPTIBLE", "1"), ("OLD", "1")]] {
        let folder = Folder::new();
        let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
        let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
        let mut child = common::start_with("child_waits", &folder, variables);
        let thread: i32 = child.hear().parse().unwrap();
        // Again and again: one that arrives while the wait checks its peer ends nothing.
        let (process, heard) = (child.child.id(), AtomicBool::new(false));
        let first = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !heard.load(Ordering::Relaxed) {
                    // SAFETY: no memory is handed over; nobody has waited for the child.
                    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
                    std::thread::yield_now();
                }
            });
            let first = child.hear();
            heard.store(true, Ordering::Relaxed);
            first
        });
        assert_eq!(first, "Interrupted");
        // Nothing is lost.
        writer.publish(&number(0)).unwrap();
        let next = std::iter::repeat_with(|| child.hear()).find(|read| read != "Interrupted");
        assert_eq!(next.as_deref(), Some("Record"));
        signal(&child, thread, libc::SIGTERM);
        assert_eq!(child.hear(), "Cancelled");
        assert!(child.wait().success());
    }
}

#[test]
fn a_cancellation_in_a_forked_child_is_not_the_parents() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    let canceller = observer.canceller();
    assert!(reap(fork(|| {
        canceller.cancel();
        true
    })));
    let brief = Wait::sleep(Duration::from_millis(1));
    assert_eq!(observer.next(&mut number(0), brief).unwrap(), Read::TimedOut);
}

/// Counts how often this thread has gone to sleep.
fn sleeps_so_far() -> u64 {
    let status = std::fs::read_to_string(format!("/proc/self/task/{}/status", thread_number())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

#[test]
fn a_wait_that_finds_nothing_wakes_less_and_less_often() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let _writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut observers = [0; 2].map(|_| Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap());
    // In slices of 5 ms there are 80 in this time; doubled up to 50 ms 11; doubled without end 7.
    let usual = Wait::sleep(Duration::from_millis(400));
    let mut sleeps = |wait: Wait| {
        let before = sleeps_so_far();
        assert_eq!(observers[0].next(&mut number(0), wait).unwrap(), Read::TimedOut);
        let between = sleeps_so_far();
        assert!(!wait_any(&mut observers, &mut [News::None; 2], wait).unwrap());
        [between - before, sleeps_so_far() - between]
    };
    assert!(sleeps(usual).iter().all(|&n| n <= 30), "{:?}", sleeps(usual));
    let longest = usual.check_every(Duration::from_secs(3600));
    assert!(sleeps(longest).iter().all(|&n| n <= 15), "{:?}", sleeps(longest));
}

/// Sends a program a signal while its main thread sleeps. Returns its output.
fn stopped(mut program: Child, signal: libc::c_int) -> String {
    let process = program.id();
    while !common::sleeps(process, process as i32) {
        assert_eq!(program.try_wait().unwrap(), None);
        std::thread::yield_now();
    }
    // SAFETY: a signal to a child that nobody has waited for.
    assert_eq!(unsafe { libc::kill(process as libc::pid_t, signal) }, 0);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_example_controller_closes_in_order_on_ctrl_c_whatever_it_waits_for() {
    let program = common::example("controller", &[]);
    let folder = Folder::new();
    let start = || {
        let mut command = Command::new(&program);
        command.arg("l").env("LEYLINE_DIR", folder.path()).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let said = stopped(start(), libc::SIGINT);
    assert!(said.starts_with("controller: received 0 "), "no link: {said}");
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let link = LinkSpec::new(&ActionSpace::cnn());
        let mut trainer = Trainer::open_or_create("l", &link, &folder.options()).unwrap().0;
        let controller = start();
        let held = trainer.wait_for_controller(0, patiently()).unwrap();
        assert!(matches!(held, PeerState::Held { .. }), "{held:?}");
        let published = trainer.publish(&Observation::EMPTY).unwrap();
        let mut decision = Decision::default();
        let read = trainer.wait_decision(0, published.sequence, &mut decision, patiently()).unwrap();
        assert!(matches!(read, Read::Record(_)), "{read:?}");
        let said = stopped(controller, signal);
        assert!(
            said.lines().last().unwrap().starts_with("controller: received 1 lost 0 decisions 1 "),
            "{said}"
        );
        let read = loop {
            match trainer.next_decision(0, &mut decision, patiently()).unwrap() {
                Read::Record(_) | Read::Restarted { .. } => {}
                read => break read,
            }
        };
        assert_eq!(read, Read::WriterGone(Ending::Closed));
    }
}

/// The canceller of the signal handler below, and how often that ran.
static OF_HANDLER: OnceLock<Canceller> = OnceLock::new();
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn handler(signal: libc::c_int) {
    if signal == libc::SIGUSR2
        && let Some(canceller) = OF_HANDLER.get()
    {
        canceller.cancel();
    }
    HANDLED.fetch_add(1, Ordering::Release);
}

/// Interrupts `wait` with a signal once it sleeps, again and again until it ends.
fn signalled<T: Send>(signal: libc::c_int, wait: impl FnOnce() -> T + Send) -> T {
    let thread = AtomicI32::new(0);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            // SAFETY: no memory is handed over.
            thread.store(unsafe { libc::gettid() }, Ordering::Release);
            wait()
        });
        while !waiting.is_finished() {
            until_asleep(&thread, || waiting.is_finished());
            let (process, thread) = (std::process::id(), thread.load(Ordering::Acquire));
            // SAFETY: no memory is handed over. A thread that has ended is not found.
            unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) };
            std::thread::yield_now();
        }
        waiting.join().unwrap()
    })
}

#[test]
fn a_signal_ends_a_wait_that_lets_it_and_a_handler_may_cancel() {
    // SAFETY: the handler only stores, and makes one system call.
    unsafe {
        for signal in [libc::SIGUSR1, libc::SIGUSR2] {
            assert_ne!(libc::signal(signal, handler as *const () as libc::sighandler_t), libc::SIG_ERR);
        }
    }
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let _writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    let mut got = number(0);
    let mut next = |signal, wait| signalled(signal, || observer.next(&mut got, wait).unwrap());
    assert_eq!(next(libc::SIGUSR1, patiently().interruptible()), Read::Interrupted);
    let before = HANDLED.load(Ordering::Acquire);
    assert_eq!(next(libc::SIGUSR1, Wait::sleep(Duration::from_millis(100))), Read::TimedOut);
    assert!(HANDLED.load(Ordering::Acquire) > before, "the signal arrived, and the wait went on");

    OF_HANDLER.set(observer.canceller()).unwrap();
    let mut next = |signal, wait| signalled(signal, || observer.next(&mut got, wait).unwrap());
    assert_eq!(next(libc::SIGUSR2, patiently()), Read::Cancelled);
}

#[test]
fn the_time_between_checks_has_bounds() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut observer = Observer::<Number>::open(&segment, "numbers", Start::Now).unwrap();
    for refused in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(3601)] {
        let e = observer.next(&mut number(0), AT_ONCE.check_every(refused)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains("check_every") && e.expected() == "1 ms to 1 h", "{e}");
    }
    for allowed in [Duration::from_millis(1), Duration::from_secs(3600)] {
        assert_eq!(observer.next(&mut number(0), AT_ONCE.check_every(allowed)).unwrap(), Read::TimedOut);
    }
}

/// Holds consumer 0 of ring "kept" until it is told how to end.
#[test]
#[ignore = "a child process"]
fn child_consumes() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default()).unwrap();
    let consumer = Consumer::<Number>::open(&segment, "kept", 0, Commit::Manual).unwrap();
    common::say("held");
    if common::listen().as_deref() == Some("panic") {
        std::thread::spawn(move || {
            let _consumer = consumer;
            panic!("as the parent wants");
        })
        .join()
        .unwrap_err();
    } else {
        drop(consumer);
    }
    common::say("ended");
    common::listen();
}

#[test]
fn a_consumer_that_never_came_is_told_from_one_that_is_gone() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "kept").unwrap();
    let e = writer.consumer_state(2).unwrap_err();
    assert_eq!((e.kind(), e.found()), (ErrorKind::NoSuchRing, "2"));
    assert_eq!(writer.consumer_state(0).unwrap(), PeerState::Never);
    assert_eq!(writer.wait_for_consumer(0, AT_ONCE).unwrap(), PeerState::Never);
    let _second = Consumer::<Number>::open(&segment, "kept", 1, Commit::Auto).unwrap();

    // A full ring says which, and a wait for room is one for the first as well.
    fill(&mut writer);
    assert_eq!(kind(writer.publish(&number(16))), Some(ErrorKind::NoConsumer));
    let briefly = Wait::sleep(Duration::from_millis(20));
    let waiting = writer.publish_waiting(&number(16), Stamp::default(), briefly);
    assert_eq!(kind(waiting), Some(ErrorKind::Timeout), "its timeout counts");

    for (end, ending) in [("close", Ending::Closed), ("panic", Ending::Failed), ("kill", Ending::Died)] {
        let mut child: Running = common::start("child_consumes", &folder);
        let held = PeerState::Held { silent_for: None };
        assert_eq!(writer.wait_for_consumer(0, patiently()).unwrap(), held);
        child.hear();
        assert_eq!(kind(writer.publish(&number(16))), Some(ErrorKind::Full));
        if end == "kill" {
            child.kill();
            child.wait();
        } else {
            child.tell(end);
            child.hear();
        }
        assert_eq!(writer.consumer_state(0).unwrap(), PeerState::Gone(ending));
        assert_eq!(kind(writer.publish(&number(16))), Some(ErrorKind::ConsumerGone));
        let waiting = writer.publish_waiting(&number(16), Stamp::default(), patiently());
        assert_eq!(kind(waiting), Some(ErrorKind::ConsumerGone), "one that is gone is not waited for");
    }
}

#[test]
fn a_wait_for_room_ends_when_the_consumer_comes() {
    let folder = Folder::new();
    let segment = Segment::create("s", &spec(), &folder.options()).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "kept").unwrap();
    let mut second = Consumer::<Number>::open(&segment, "kept", 1, Commit::Manual).unwrap();
    fill(&mut writer);
    let _ = second.try_next_batch(&mut [number(0); 16], &mut []).unwrap();
    second.commit().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| writer.publish_waiting(&number(16), Stamp::default(), patiently()));
        let mut first = Consumer::<Number>::open(&segment, "kept", 0, Commit::Manual).unwrap();
        let mut got = number(u64::MAX);
        assert!(matches!(first.next(&mut got, patiently()).unwrap(), Read::Record(_)));
        assert_eq!(got, number(0));
        first.commit().unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), 17);
    });
}

#[test]
fn c_cancels_waits_and_waits_for_a_consumer() {
    let folder = Folder::new();
    let program = native::c_program("cc", &["-std=gnu11"], "waits.c");
    let status = Command::new(program).env("LEYLINE_DIR", folder.path()).status().unwrap();
    assert!(status.success());
}
