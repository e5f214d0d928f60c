//! Segments without a name: passed as descriptors, with a sealed length.

use crate::common::{self, Folder, LONG, Pair, fork, patiently, reap};
use leyline::{
    Access, ActionSpace, Answer, Commit, Consumer, Controller, Ending, ErrorKind, LinkSpec, NameState,
    Observation, Observer, Options, PeerState, Policy, Read, RingSpec, Segment, Spec, Start, Trainer, Trust,
    Writer, layout,
};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

const ONE: Pair = Pair { a: 1, b: 0.5 };
const NONE: Pair = Pair { a: 0, b: 0.0 };

fn spec() -> Spec {
    Spec::new().ring(RingSpec::new::<Pair>("pairs").unwrap().capacity(4).consumers(1, Policy::Keep))
}

fn make() -> Segment {
    Segment::create_memfd("test", &spec(), &Options::default()).unwrap()
}

fn writer(segment: &Segment) -> leyline::Result<Writer<Pair>> {
    Writer::open(segment, "pairs")
}

fn consumer(segment: &Segment) -> leyline::Result<Consumer<Pair>> {
    Consumer::open(segment, "pairs", 0, Commit::Manual)
}

fn observer(segment: &Segment) -> Observer<Pair> {
    Observer::open(segment, "pairs", Start::Oldest).unwrap()
}

/// Passes the segment's descriptor through a socket and attaches to it, like another process.
fn handed(segment: &Segment, access: Access, options: &Options) -> leyline::Result<Segment> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    segment.send_to(&ours, access, LONG)?;
    Segment::receive(&theirs, options, LONG)
}

fn default() -> Options {
    Options::default()
}

#[test]
fn what_was_handed_over_is_the_same_segment_and_nothing_supersedes_it() {
    let segment = Segment::create_memfd("test", &spec(), &default().unlink_on_close()).unwrap();
    let other = handed(&segment, Access::ReadWrite, &default()).unwrap();
    assert_eq!((other.id(), other.rings(), other.size()), (segment.id(), segment.rings(), segment.size()));
    assert!(segment.is_sealed() && other.is_sealed());
    assert_eq!(segment.path().to_str(), Some("memfd:test.leyline"));
    assert_eq!(other.path(), segment.path());
    let mut w = writer(&segment).unwrap();
    let mut c = consumer(&other).unwrap();
    let mut o = observer(&other);
    let mut got = NONE;
    for n in 1..=3 {
        assert_eq!(w.publish(&ONE).unwrap(), n);
        let read = c.next(&mut got, patiently()).unwrap();
        assert!(matches!(read, Read::Record(m) if m.sequence == n) && got == ONE);
        assert!(matches!(o.next(&mut got, patiently()).unwrap(), Read::Record(m) if m.sequence == n));
        c.commit().unwrap();
    }
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    // One holder, whichever segment it is asked of.
    for s in [&segment, &other] {
        assert_eq!(writer(s).unwrap_err().kind(), ErrorKind::RoleHeld);
        assert_eq!(consumer(s).unwrap_err().kind(), ErrorKind::RoleHeld);
    }
    drop(segment);
    drop(w);
    assert_eq!(other.name_state().unwrap(), NameState::Current);
    assert_eq!(o.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    assert_eq!(writer(&other).unwrap().next_sequence(), 4);
}

#[test]
fn nobody_can_change_its_length() {
    let segment = make();
    let file = File::from(segment.descriptor(Access::ReadWrite).unwrap());
    let size = segment.size() as u64;
    for length in [0, 4096, size - 1, size + 1, size * 2] {
        assert_eq!(file.set_len(length).unwrap_err().raw_os_error(), Some(libc::EPERM));
    }
    assert_eq!(file.write_at(&[1], size).unwrap_err().raw_os_error(), Some(libc::EPERM));
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_WRITE) }, -1);
    assert_eq!(file.metadata().unwrap().len(), size);
    // All of it is there already.
    assert!(std::os::unix::fs::MetadataExt::blocks(&file.metadata().unwrap()) * 512 >= size);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    let odd = Options { mode: 0o750, ..default() };
    let odd = Segment::create_memfd("odd", &spec(), &odd).unwrap();
    let odd = File::from(odd.descriptor(Access::ReadOnly).unwrap());
    assert_eq!(odd.metadata().unwrap().permissions().mode() & 0o7777, 0o640);
}

/// Creates a memfd with these contents and seals.
fn memfd(flags: u32, contents: &[u8], seals: i32) -> Option<OwnedFd> {
    // SAFETY: the name is a C string; the descriptor is new.
    let mut file = unsafe {
        match libc::memfd_create(c"x".as_ptr(), flags | libc::MFD_CLOEXEC) {
            fd if fd < 0 => return None,
            fd => File::from_raw_fd(fd),
        }
    };
    file.write_all(contents).ok()?;
    // SAFETY: the descriptor is open.
    let sealed = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    (seals == 0 || sealed == 0).then(|| file.into())
}

const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

#[test]
fn what_could_be_cut_short_is_refused() {
    let folder = Folder::new();
    let segment = make();
    let mut whole = Vec::new();
    File::from(segment.descriptor(Access::ReadOnly).unwrap()).read_to_end(&mut whole).unwrap();
    let kind = |fd: OwnedFd| Segment::from_descriptor(fd, &default()).unwrap_err().kind();
    let anyone = Options { trust: Trust::Anyone, ..default() };
    let sealed = |seals| memfd(libc::MFD_ALLOW_SEALING, &whole, seals).unwrap();
    assert_eq!(kind(sealed(SEALS)), ErrorKind::InsecureMode);
    Segment::from_descriptor(sealed(SEALS), &anyone).unwrap();
    for left_out in [libc::F_SEAL_SHRINK, libc::F_SEAL_GROW, libc::F_SEAL_SEAL, SEALS] {
        assert_eq!(kind(sealed(SEALS & !left_out)), ErrorKind::NotSealed);
    }
    assert_eq!(kind(memfd(0, &whole, 0).unwrap()), ErrorKind::NotSealed);
    // A file with a name, a socket, a directory.
    let named = Segment::create("s", &spec(), &folder.options()).unwrap();
    let e = Segment::from_descriptor(File::open(named.path()).unwrap().into(), &default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotSealed);
    assert!(e.to_string().contains("attach to a named segment by its name"), "{e}");
    assert_eq!(kind(UnixStream::pair().unwrap().0.into()), ErrorKind::NotSealed);
    assert_eq!(kind(File::open(folder.path()).unwrap().into()), ErrorKind::NotSealed);
    let (socket, _other) = UnixStream::pair().unwrap();
    assert_eq!(named.descriptor(Access::ReadOnly).unwrap_err().kind(), ErrorKind::NotSealed);
    assert_eq!(named.send_to(&socket, Access::ReadOnly, LONG).unwrap_err().kind(), ErrorKind::NotSealed);
    assert!(!named.is_sealed());
    // Huge pages may be promised and not there; whether this machine has any does not matter.
    match memfd(libc::MFD_ALLOW_SEALING | libc::MFD_HUGETLB, &[], SEALS) {
        Some(huge) => assert_eq!(kind(huge), ErrorKind::NotSealed),
        None => eprintln!("NOT CHECKED: a memfd of huge pages: this kernel has none"),
    }
}

#[test]
fn what_is_in_a_sealed_file_is_checked_as_in_any_other() {
    let segment = make();
    let anyone = Options { trust: Trust::Anyone, ..default() };
    let mut whole = Vec::new();
    File::from(segment.descriptor(Access::ReadOnly).unwrap()).read_to_end(&mut whole).unwrap();
    let kind = |bytes: &[u8]| {
        let fd = memfd(libc::MFD_ALLOW_SEALING, bytes, SEALS).unwrap();
        Segment::from_descriptor(fd, &anyone).unwrap_err().kind()
    };
    assert_eq!(kind(&[]), ErrorKind::Truncated);
    assert_eq!(kind(&whole[..255]), ErrorKind::Truncated);
    assert_eq!(kind(&whole[..whole.len() - 1]), ErrorKind::Truncated);
    assert_eq!(kind(&[7; 4096]), ErrorKind::BadMagic);
    let label = "x".repeat(leyline::MAX_NAME);
    assert!(Segment::create_memfd(&label, &spec(), &default()).is_ok());
    for none in ["", ".x", "a/b", "a\0b", &format!("{label}x")] {
        let e = Segment::create_memfd(none, &spec(), &default()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidName);
    }
    let e = Segment::create_memfd("x", &Spec::new(), &default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn holes_that_a_holder_punches_read_as_zeroes_and_end_nobody() {
    let segment = make();
    let other = handed(&segment, Access::ReadWrite, &default()).unwrap();
    let mut w = writer(&segment).unwrap();
    let mut c = consumer(&other).unwrap();
    let mut o = observer(&other);
    let mut got = NONE;
    w.publish(&ONE).unwrap();
    let fd = segment.descriptor(Access::ReadWrite).unwrap();
    let punch = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: the descriptor is open.
    let punched = unsafe { libc::fallocate(fd.as_raw_fd(), punch, 0, segment.size() as libc::off_t) };
    assert_eq!(punched, 0);
    assert_eq!(o.try_next(&mut got), Read::Empty);
    let _ = (o.try_latest(&mut got), c.try_next(&mut got), c.commit(), o.peer_state().unwrap());
    for _ in 0..20 {
        let _ = (w.publish(&ONE), o.try_next(&mut got), c.try_next(&mut got), c.commit());
    }
    let e = Segment::from_descriptor(fd, &default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadMagic);
}

/// Sends bytes and descriptors unchecked.
fn send_raw(socket: &UnixStream, bytes: &[u8], fds: &[RawFd]) {
    let mut control = [0u64; 16];
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: all that `m` leads to outlives the call, and the control buffer has room for the
    // descriptors.
    unsafe {
        let mut m: libc::msghdr = std::mem::zeroed();
        (m.msg_iov, m.msg_iovlen) = (&raw mut part, 1);
        if !fds.is_empty() {
            m.msg_control = control.as_mut_ptr().cast();
            m.msg_controllen = libc::CMSG_SPACE(size_of_val(fds) as u32) as _;
            let head = libc::CMSG_FIRSTHDR(&raw const m);
            ((*head).cmsg_level, (*head).cmsg_type) = (libc::SOL_SOCKET, libc::SCM_RIGHTS);
            (*head).cmsg_len = libc::CMSG_LEN(size_of_val(fds) as u32) as _;
            libc::CMSG_DATA(head).copy_from(fds.as_ptr().cast(), size_of_val(fds));
        }
        assert_eq!(libc::sendmsg(socket.as_raw_fd(), &raw const m, 0), bytes.len() as isize);
    }
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
#[ignore = "a child process"]
fn child_receives_everything_but_a_segment() {
    if !common::is_child() {
        return;
    }
    let (segment, second) = (make(), make());
    let fd = segment.descriptor(Access::ReadWrite).unwrap();
    let message = |id: [u8; 16]| [&layout::MAGIC[..], &id[..]].concat();
    let right = message(segment.id());
    let before = open_descriptors();
    let kind = |bytes: &[u8], fds: &[RawFd]| {
        let (ours, theirs) = UnixStream::pair().unwrap();
        send_raw(&ours, bytes, fds);
        drop(ours);
        Segment::receive(&theirs, &default(), LONG).map(|s| s.id()).map_err(|e| e.kind())
    };
    let fd = fd.as_raw_fd();
    assert_eq!(kind(&right, &[fd]), Ok(segment.id()));
    assert_eq!(kind(&right, &[]), Err(ErrorKind::Corrupt));
    assert_eq!(kind(&right, &[fd, fd]), Err(ErrorKind::Corrupt));
    assert_eq!(kind(&right, &[fd; 14]), Err(ErrorKind::Corrupt));
    assert_eq!(kind(&message(second.id()), &[fd]), Err(ErrorKind::Corrupt));
    assert_eq!(kind(&right, &[0]), Err(ErrorKind::NotSealed));
    assert_eq!(kind(&[b'x'; 24], &[fd]), Err(ErrorKind::BadMagic));
    assert_eq!(kind(&right[..23], &[fd]), Err(ErrorKind::PeerGone));
    assert_eq!(open_descriptors(), before, "descriptors are left behind");

    // Bytes before and after it on the socket are left alone; a message in pieces is one.
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    ours.write_all(b"before").unwrap();
    send_raw(&ours, &right[..5], &[fd]);
    ours.write_all(&right[5..]).unwrap();
    second.send_to(&ours, Access::ReadOnly, LONG).unwrap();
    ours.write_all(b"after").unwrap();
    let mut words = [0; 6];
    theirs.read_exact(&mut words).unwrap();
    assert_eq!(Segment::receive(&theirs, &default(), LONG).unwrap().id(), segment.id());
    assert_eq!(Segment::receive(&theirs, &default(), LONG).unwrap().id(), second.id());
    theirs.read_exact(&mut words[..5]).unwrap();
    assert_eq!(&words[..5], b"after");

    let brief = Duration::from_millis(1);
    assert_eq!(Segment::receive(&theirs, &default(), brief).unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(Segment::receive(&theirs, &default(), Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
    let file = File::open("/dev/null").unwrap();
    assert_eq!(Segment::receive(&file, &default(), LONG).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let to = |s: &dyn AsRawFd| {
        // SAFETY: open for as long as `s` is.
        let s = unsafe { std::os::fd::BorrowedFd::borrow_raw(s.as_raw_fd()) };
        segment.send_to(s.as_fd(), Access::ReadOnly, brief).unwrap_err().kind()
    };
    assert_eq!(to(&file), ErrorKind::InvalidArgument);
    let mut sent = 0;
    let full = loop {
        match segment.send_to(&ours, Access::ReadOnly, brief) {
            Ok(()) => sent += 1,
            Err(e) => break e.kind(),
        }
    };
    assert_eq!(full, ErrorKind::Timeout);
    // Nothing of the one that found no room was sent: a receiver gets as many as were.
    for _ in 0..sent {
        assert_eq!(Segment::receive(&theirs, &default(), LONG).unwrap().id(), segment.id());
    }
    assert_eq!(Segment::receive(&theirs, &default(), brief).unwrap_err().kind(), ErrorKind::Timeout);
    drop(theirs);
    assert_eq!(to(&ours), ErrorKind::PeerGone);
    drop((ours, file));
    assert_eq!(open_descriptors(), before);
    common::say("fine");
}

#[test]
fn what_is_no_handover_is_an_error_and_leaves_no_descriptor() {
    let folder = Folder::new();
    let mut child = common::start("child_receives_everything_but_a_segment", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
}

/// Opens a socket on which a test waits for its children to ask for a segment.
fn listen(folder: &Folder) -> UnixListener {
    UnixListener::bind(folder.path().join("socket")).unwrap()
}

fn ask(options: &Options) -> leyline::Result<Segment> {
    let directory = std::env::var_os("LEYLINE_DIR").unwrap();
    let socket = UnixStream::connect(std::path::Path::new(&directory).join("socket")).unwrap();
    Segment::receive(&socket, options, LONG)
}

fn hand(listener: &UnixListener, segment: &Segment, access: Access) {
    let (socket, _) = listener.accept().unwrap();
    segment.send_to(&socket, access, LONG).unwrap();
}

#[test]
#[ignore = "a child process"]
fn child_controls_what_it_was_handed() {
    if !common::is_child() {
        return;
    }
    let segment = ask(&default()).unwrap();
    let mut controller = Controller::on(&segment, 0).unwrap();
    common::say("ready");
    let mut seen = Observation::EMPTY;
    while let Read::Record(meta) = controller.next(&mut seen, patiently()).unwrap() {
        let action = controller.actions().germinate("norm").unwrap();
        let sent = controller.decide(&meta, action, &Answer::default()).unwrap();
        controller.wait_outcome(&sent.command.unwrap().id, patiently()).unwrap();
    }
}

#[test]
fn a_link_without_a_name_survives_its_controllers() {
    let folder = Folder::new();
    let listener = listen(&folder);
    let link = LinkSpec::new(&ActionSpace::cnn()).observations(16).commands(8).to_spec().unwrap();
    let segment = Segment::create_memfd("link", &link, &default()).unwrap();
    let mut trainer = Trainer::on(&segment).unwrap();
    let mut free = Observation::EMPTY;
    free[leyline::Feature::AvailableSlots] = 1.0;
    for round in 1..=3u64 {
        let mut child = common::start("child_controls_what_it_was_handed", &folder);
        hand(&listener, &segment, Access::ReadWrite);
        assert_eq!(child.hear(), "ready");
        assert_eq!(Controller::on(&segment, 0).unwrap_err().kind(), ErrorKind::RoleHeld);
        for n in 1..=5 {
            let published = trainer.publish(&free).unwrap();
            assert_eq!(published.sequence, 5 * (round - 1) + n);
            let mut decision = leyline::contract::decision::Decision::default();
            let read = trainer.wait_decision(0, published.sequence, &mut decision, patiently()).unwrap();
            assert!(matches!(read, Read::Record(_) | Read::Restarted { .. }), "{read:?}");
            let command = loop {
                if let Some(command) = trainer.try_command().unwrap() {
                    break command;
                }
            };
            let outcome =
                leyline::contract::outcome::CommandOutcome::executed(&command.command, command.sequence);
            trainer.answer(&command, outcome).unwrap();
        }
        child.kill();
        assert_eq!(trainer.controller_state(0).unwrap(), PeerState::Gone(Ending::Died));
    }
}

#[test]
#[ignore = "a child process"]
fn child_makes_one_and_dies() {
    if !common::is_child() {
        return;
    }
    let directory = std::env::var_os("LEYLINE_DIR").unwrap();
    let socket = UnixStream::connect(std::path::Path::new(&directory).join("socket")).unwrap();
    let segment = make();
    let mut w = writer(&segment).unwrap();
    w.publish(&ONE).unwrap();
    segment.send_to(&socket, Access::ReadWrite, LONG).unwrap();
    common::listen();
}

#[test]
fn it_outlives_its_maker_as_long_as_somebody_has_it() {
    let folder = Folder::new();
    let listener = listen(&folder);
    let mut child = common::start("child_makes_one_and_dies", &folder);
    let (socket, _) = listener.accept().unwrap();
    let segment = Segment::receive(&socket, &default(), LONG).unwrap();
    let mut o = observer(&segment);
    let mut got = NONE;
    assert!(matches!(o.next(&mut got, patiently()).unwrap(), Read::Record(_)));
    assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    // A passed descriptor shares no lock: closing every copy of it here ends nothing there.
    drop(handed(&segment, Access::ReadWrite, &default()).unwrap());
    assert_eq!(writer(&segment).unwrap_err().kind(), ErrorKind::RoleHeld);
    child.kill();
    assert_eq!(o.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Died));
    let mut w = writer(&segment).unwrap();
    assert_eq!((w.generation(), w.publish(&ONE).unwrap()), (2, 2));
    assert_eq!(o.try_next(&mut got), Read::Restarted { generation: 2, first_sequence: 2 });
}

#[test]
fn a_read_only_one_is_read_only_and_is_handed_on_as_such() {
    let segment = make();
    let mut w = writer(&segment).unwrap();
    w.publish(&ONE).unwrap();
    let reader = handed(&segment, Access::ReadOnly, &default().read_only()).unwrap();
    assert_eq!(writer(&reader).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(consumer(&reader).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(reader.descriptor(Access::ReadWrite).unwrap_err().kind(), ErrorKind::ReadOnly);
    let again = handed(&reader, Access::ReadOnly, &default().read_only()).unwrap();
    let mut got = NONE;
    for s in [&reader, &again] {
        let mut o = observer(s);
        assert!(matches!(o.next(&mut got, patiently()).unwrap(), Read::Record(_)));
        assert!(matches!(o.peer_state().unwrap(), PeerState::Held { .. }));
    }
    // Nothing can be written through the descriptor; the same user may open it anew, as documented.
    let fd = segment.descriptor(Access::ReadOnly).unwrap();
    let file = File::from(fd.try_clone().unwrap());
    assert_eq!(file.write_at(&[1], 0).unwrap_err().raw_os_error(), Some(libc::EBADF));
    drop(w);
    writer(&Segment::from_descriptor(fd, &default()).unwrap()).unwrap();
}

#[test]
#[ignore = "a child process"]
fn child_of_another_user_asks() {
    if !common::is_child() {
        return;
    }
    common::listen();
    let anyone = Options { trust: Trust::Anyone, ..default() };
    let kinds = [ask(&default()).unwrap_err().kind(), ask(&anyone).unwrap_err().kind()];
    let segment = ask(&anyone.clone().read_only()).unwrap();
    let mut o = observer(&segment);
    let mut got = NONE;
    let read = o.next(&mut got, patiently()).unwrap();
    let fd = segment.descriptor(Access::ReadOnly).unwrap();
    let reopened = File::options().write(true).open(format!("/proc/self/fd/{}", fd.as_raw_fd())).is_ok();
    let on = Segment::from_descriptor(fd, &anyone.clone().read_only()).unwrap().id() == segment.id();
    common::say(format!("{kinds:?} {} {reopened} {on}", matches!(read, Read::Record(_)) && got == ONE));
    assert_eq!(o.next(&mut got, patiently()).unwrap(), Read::WriterGone(Ending::Closed));
    // Its mode lets this user take roles.
    let shared = ask(&anyone).unwrap();
    common::say(writer(&shared).unwrap().publish(&ONE).unwrap());
}

#[test]
fn another_user_gets_what_it_was_handed_and_what_the_mode_allows() {
    let folder = Folder::new();
    let Some(mut child) = common::start_as_nobody("child_of_another_user_asks", &folder, &[]) else { return };
    let listener = listen(&folder);
    std::fs::set_permissions(folder.path().join("socket"), PermissionsExt::from_mode(0o777)).unwrap();
    child.tell("go");
    let segment = make();
    let mut w = writer(&segment).unwrap();
    w.publish(&ONE).unwrap();
    hand(&listener, &segment, Access::ReadWrite);
    hand(&listener, &segment, Access::ReadWrite);
    hand(&listener, &segment, Access::ReadOnly);
    assert_eq!(child.hear(), "[ForeignOwner, PermissionDenied] true false true");
    drop(w);
    let open = Segment::create_memfd("open", &spec(), &Options { mode: 0o666, ..default() }).unwrap();
    hand(&listener, &open, Access::ReadWrite);
    assert_eq!(child.hear(), "1");
    assert!(child.wait().success());
    assert_eq!(observer(&open).peer_state().unwrap(), PeerState::Gone(Ending::Closed));
}

#[test]
#[ignore = "a child process"]
fn child_forks_with_one() {
    if !common::is_child() {
        return;
    }
    let segment = make();
    let mut w = writer(&segment).unwrap();
    let child = fork(|| {
        let refused = consumer(&segment).unwrap_err().kind();
        let own = Segment::from_descriptor(segment.descriptor(Access::ReadWrite).unwrap(), &default());
        let own = own.unwrap();
        let mut c = consumer(&own).unwrap();
        let read = c.next(&mut NONE.clone(), patiently()).unwrap();
        refused == ErrorKind::Forked
            && writer(&own).unwrap_err().kind() == ErrorKind::RoleHeld
            && matches!(read, Read::Record(m) if m.sequence == 1)
    });
    w.publish(&ONE).unwrap();
    assert!(reap(child), "the forked child went wrong");
    assert!(!segment.role("pairs", Some(0)).unwrap().held);
    common::say("fine");
}

#[test]
fn a_forked_child_makes_a_segment_of_its_own_from_the_descriptor() {
    let folder = Folder::new();
    let mut child = common::start("child_forks_with_one", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
}
