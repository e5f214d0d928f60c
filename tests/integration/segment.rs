//! Segments: each way of creating and attaching, each refusal, and hostile files, which do no harm.

use crate::common::{self, Folder, Pair, filter_system_calls, step};
use leyline::{
    Commit, Consumer, Displaced, ErrorKind, NameState, Observer, Opened, Options, Pages, Policy, Prefault,
    Read, RingSpec, RowObserver, RowWriter, Segment, Spec, Start, TimeSource, Trust, Writer, layout, record,
};
use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A record like [`Pair`], with another unit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Other {
    a: u32,
    b: f32,
}
record! { Other as "pair" version 1 { a: u32, "-", 0.0, 4_294_967_295.0; b: f32, "mm", -1.0, 1.0; } }

const ONE: Pair = Pair { a: 1, b: 0.5 };

fn one_ring(ring: RingSpec) -> Spec {
    Spec::new().ring(ring)
}

fn pairs() -> RingSpec {
    RingSpec::new::<Pair>("pairs").unwrap().capacity(4)
}

/// Returns a ring with a consumer, and one of three rows per slot.
fn spec() -> Spec {
    let rows = RingSpec::new::<Pair>("rows").unwrap().capacity(4).rows(3);
    Spec::new().ring(pairs().consumers(1, Policy::Keep)).ring(rows)
}

fn create(folder: &Folder) -> Segment {
    Segment::create("s", &spec(), &folder.options()).unwrap()
}

fn attach_error(folder: &Folder) -> leyline::Error {
    Segment::attach("s", &folder.options()).unwrap_err()
}

fn file(folder: &Folder) -> (PathBuf, File) {
    let path = folder.path().join("s.leyline");
    let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    (path, file)
}

#[test]
fn a_name_that_is_none_is_refused_everywhere() {
    let folder = Folder::new();
    let o = folder.options();
    let long = "x".repeat(leyline::MAX_NAME + 1);
    for name in ["", ".hidden", "a/b", "../x", "a b", "a\0b", "\u{e4}", &long] {
        assert_eq!(Segment::create(name, &spec(), &o).unwrap_err().kind(), ErrorKind::InvalidName);
        assert_eq!(Segment::attach(name, &o).unwrap_err().kind(), ErrorKind::InvalidName);
        assert_eq!(Segment::recreate(name, &spec(), &o).unwrap_err().kind(), ErrorKind::InvalidName);
        assert_eq!(Segment::open_or_create(name, &spec(), &o).unwrap_err().kind(), ErrorKind::InvalidName);
        assert_eq!(Segment::unlink(name, &o).unwrap_err().kind(), ErrorKind::InvalidName);
    }
    assert!(folder.files().is_empty());
    Segment::create(&long[1..], &spec(), &o).unwrap();
}

#[test]
fn a_shape_that_is_none_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    let refuse = |spec: Spec| {
        assert_eq!(
            Segment::create("s", &spec, &folder.options()).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    };
    refuse(Spec::new());
    for capacity in [0, 1, 3, 100, 1 << 25, u64::MAX, 1 << 63] {
        refuse(one_ring(pairs().capacity(capacity)));
    }
    for rows in [0, 65537, u32::MAX] {
        refuse(one_ring(pairs().rows(rows)));
    }
    refuse(one_ring(pairs().consumers(9, Policy::Keep)));
    refuse(one_ring(pairs()).ring(pairs()));
    refuse(one_ring(pairs().first_sequence(0)));
    refuse(one_ring(pairs().first_sequence(u64::MAX)));
    refuse(one_ring(pairs().capacity(1 << 24).rows(65536)));
    assert!(folder.files().is_empty());
}

#[test]
fn another_record_is_refused_with_the_line_that_differs() {
    let folder = Folder::new();
    let segment = create(&folder);
    let e = Writer::<Other>::open(&segment, "pairs").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::SchemaMismatch);
    assert!(e.expected().contains("mm") && !e.found().contains("mm"), "{e}");
    assert_eq!(Observer::<Other>::open(&segment, "pairs", Start::Now).unwrap_err().kind(), e.kind());
    assert_eq!(
        Observer::<Pair>::open(&segment, "none", Start::Now).unwrap_err().kind(),
        ErrorKind::NoSuchRing
    );
    let none = Consumer::<Pair>::open(&segment, "pairs", 1, Commit::Manual).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NoSuchRing);
    assert_eq!(segment.role("pairs", Some(1)).unwrap_err().kind(), ErrorKind::NoSuchRing);
}

#[test]
fn what_is_no_segment_is_refused_by_its_kind() {
    let folder = Folder::new();
    let whole = create(&folder);
    let (path, file) = file(&folder);
    let size = whole.size() as u64;
    let mut bytes = vec![0; 256];
    file.read_exact_at(&mut bytes, 0).unwrap();
    for (at, kind) in [(0, ErrorKind::BadMagic), (8, ErrorKind::LayoutVersion), (12, ErrorKind::ByteOrder)] {
        file.write_all_at(&[bytes[at] ^ 0x40], at as u64).unwrap();
        assert_eq!(attach_error(&folder).kind(), kind);
        file.write_all_at(&bytes, 0).unwrap();
    }
    // A later minor version is fine.
    file.write_all_at(&[9], 10).unwrap();
    Segment::attach("s", &folder.options()).unwrap();
    drop(whole);
    for short in [size - 1, 4096, 255, 1, 0] {
        file.set_len(short).unwrap();
        assert_eq!(attach_error(&folder).kind(), ErrorKind::Truncated);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(attach_error(&folder).kind(), ErrorKind::NotFound);
    std::fs::create_dir(&path).unwrap();
    assert_eq!(attach_error(&folder).kind(), ErrorKind::NotRegularFile);
    assert_eq!(create_error(&folder).kind(), ErrorKind::AlreadyExists);
    std::fs::remove_dir(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    assert_eq!(attach_error(&folder).kind(), ErrorKind::NotRegularFile);
    assert_eq!(create_error(&folder).kind(), ErrorKind::AlreadyExists);
    let recreated = Segment::recreate("s", &spec(), &folder.options()).unwrap_err();
    assert_eq!(recreated.kind(), ErrorKind::NotRegularFile);
    assert_eq!(folder.files(), ["s.leyline"]);
}

fn create_error(folder: &Folder) -> leyline::Error {
    Segment::create("s", &spec(), &folder.options()).unwrap_err()
}

#[test]
fn a_directory_that_is_not_there_is_told_by_name() {
    let folder = Folder::new();
    let plain = folder.path().join("plain");
    File::create(&plain).unwrap();
    for directory in [folder.path().join("none"), plain] {
        let o = Options::default().in_directory(&directory);
        let errors = [
            Segment::create("s", &spec(), &o).unwrap_err(),
            Segment::attach("s", &o).unwrap_err(),
            Segment::open_or_create("s", &spec(), &o).unwrap_err(),
            Segment::recreate("s", &spec(), &o).unwrap_err(),
            Segment::remove_unused("s", &o).unwrap_err(),
        ];
        for e in errors {
            assert_eq!(e.kind(), ErrorKind::NoDirectory, "{e}");
            assert!(e.to_string().contains(directory.to_str().unwrap()), "{e}");
            assert!(e.to_string().contains("create the directory, or set LEYLINE_DIR to another one"), "{e}");
        }
    }
    // A file in the directory's place is a mistake, and no waiting mends it. A directory may still
    // come.
    let waiting = |name: &str, timeout| {
        let o = Options::default().in_directory(folder.path().join(name));
        Segment::attach_waiting("s", &o, timeout).unwrap_err()
    };
    assert_eq!(waiting("plain", common::LONG).kind(), ErrorKind::NoDirectory);
    let e = waiting("none", Duration::from_millis(1));
    assert_eq!(e.kind(), ErrorKind::Timeout, "{e}");
    assert!(e.found().contains("no directory") && e.to_string().contains("LEYLINE_DIR"), "{e}");
    assert_eq!(folder.files(), ["plain"]);
}

/// Uses a segment in every way while `disturb` damages it. Returns if nothing crashed.
fn use_everything(segment: &Segment, disturb: impl Fn()) {
    let _ = (segment.name_state(), segment.id(), segment.created_unix_ns());
    let mut pair = ONE;
    let (mut block, mut env, mut flags) = ([ONE; 3], [0; 3], [leyline::Flags::NONE; 3]);
    let mut observer = Observer::<Pair>::open(segment, "pairs", Start::Oldest);
    let mut rows = RowObserver::<Pair>::open(segment, "rows", Start::Oldest);
    let mut read = || {
        if let Ok(o) = &mut observer {
            for start in [Start::Oldest, Start::Newest, Start::Now, Start::At(0), Start::At(u64::MAX)] {
                for _ in 0..6 {
                    let _ = o.try_next(&mut pair);
                    let _ = o.try_latest(&mut pair);
                }
                let _ = o.peer_state();
                o.seek(start);
            }
        }
        if let Ok(o) = &mut rows {
            for _ in 0..6 {
                let _ = o.try_next(&mut block, &mut env, &mut flags);
                let _ = o.try_latest(&mut block, &mut env, &mut flags);
            }
        }
    };
    read();
    for _ in 0..2 {
        let mut consumer = Consumer::<Pair>::open(segment, "pairs", 0, Commit::Manual);
        let mut writer = Writer::<Pair>::open(segment, "pairs");
        let mut row_writer = RowWriter::<Pair>::open(segment, "rows");
        for _ in 0..10 {
            let _ = writer.as_mut().map(|w| w.publish(&ONE));
            let _ = row_writer.as_mut().map(|w| w.publish(&[ONE; 3], &[0; 3], &[leyline::Flags::NONE; 3]));
            if let Ok(c) = &mut consumer {
                let _ = c.try_next(&mut ONE.clone());
                let _ = c.commit();
            }
            disturb();
            read();
        }
    }
    for ring in segment.rings() {
        if let Ok(info) = segment.role(&ring.name, None) {
            let _ = info.latency.quantile(0.5);
        }
    }
}

/// Overwrites each word of a valid file in turn with hostile values, and uses each file that can be
/// attached. Returns the numbers of refused and of attached files.
fn attack(folder: &Folder, words: impl Iterator<Item = (u64, usize)>) -> (u32, u32) {
    create(folder);
    let path = folder.path().join("s.leyline");
    let whole = std::fs::read(&path).unwrap();
    let (mut refused, mut attached) = (0, 0);
    for (at, width) in words {
        let bytes = &whole[at as usize..at as usize + width];
        let old = bytes.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
        let most = u64::MAX >> (64 - 8 * width);
        let near = [old.wrapping_add(1), old.wrapping_sub(1), old.wrapping_mul(2), old ^ 4096, old / 2];
        let far = [0, 3, most, most - 1, most / 2 + 1, most - 4095, u64::MAX - (1 << 32), 1 << 24];
        for value in near.into_iter().chain(far) {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, &whole).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let disturb = || file.write_all_at(&value.to_le_bytes()[..width], at).unwrap();
            disturb();
            match Segment::attach("s", &folder.options()) {
                Ok(segment) => {
                    attached += 1;
                    use_everything(&segment, disturb);
                }
                Err(_) => refused += 1,
            }
            disturb();
            let _ = Segment::recreate("s", &spec(), &folder.options());
            assert_eq!(folder.files(), ["s.leyline"]);
        }
    }
    (refused, attached)
}

const HEADER: u64 = size_of::<layout::Header>() as u64;
const ENTRY: u64 = size_of::<layout::RingEntry>() as u64;

#[test]
fn no_number_in_the_header_can_do_harm() {
    let folder = Folder::new();
    let end = HEADER + 2 * ENTRY;
    let words = (0..end).step_by(4).map(|at| (at, 4)).chain((0..end).step_by(8).map(|at| (at, 8)));
    let (refused, attached) = attack(&folder, words);
    assert!(refused > 500 && attached > 500, "{refused} refused, {attached} attached");
}

/// Reads a ring's entry, which contains the offsets of its pages.
fn entry(folder: &Folder, ring: u64) -> layout::RingEntry {
    let mut bytes = [0; ENTRY as usize];
    file(folder).1.read_exact_at(&mut bytes, HEADER + ring * ENTRY).unwrap();
    leyline::__private::bytemuck::pod_read_unaligned(&bytes)
}

#[test]
fn no_word_of_a_ring_can_do_harm() {
    let folder = Folder::new();
    create(&folder);
    let words: Vec<(u64, usize)> = (0..2)
        .flat_map(|ring| {
            let e = entry(&folder, ring);
            // The announcements for the consumers, and the first entries of the log.
            let control = [0, 128, 136, 144, 152].into_iter().chain((512..528).step_by(8));
            let control = control.chain((1024..1280).step_by(8)).map(move |at| e.control_offset + at);
            let slot = [0, 8, e.stride as u64 - 16, e.stride as u64 - 8];
            let data = slot
                .into_iter()
                .flat_map(move |at| [e.data_offset + at, e.data_offset + e.stride as u64 + at]);
            let cursors = (0..u64::from(e.consumers)).map(move |k| e.cursors_offset + k * 4096);
            control.chain(data).chain(cursors).map(|at| (at, 8)).collect::<Vec<_>>()
        })
        .collect();
    std::fs::remove_file(folder.path().join("s.leyline")).unwrap();
    let (refused, _) = attack(&folder, words.into_iter());
    assert_eq!(refused, 0);
}

#[test]
fn records_after_the_last_sequence_there_can_be_count_for_nothing() {
    const LAST: u64 = u64::MAX - (1 << 32);
    let folder = Folder::new();
    let ring = pairs().consumers(1, Policy::Keep).first_sequence(LAST - 1);
    let segment = Segment::create("s", &one_ring(ring), &folder.options()).unwrap();
    let mut writer = Writer::<Pair>::open(&segment, "pairs").unwrap();
    for _ in 0..2 {
        writer.publish(&ONE).unwrap();
    }
    drop(writer);
    // Whole by their stamps, and committed.
    let e = entry(&folder, 0);
    let stride = u64::from(e.stride);
    let (_, file) = file(&folder);
    for sequence in LAST + 1..=LAST + 2 {
        let slot = e.data_offset + sequence % 4 * stride;
        file.write_all_at(&sequence.to_le_bytes(), slot).unwrap();
        file.write_all_at(&(sequence as u32).to_le_bytes(), slot + stride - 12).unwrap();
    }
    file.write_all_at(&(LAST + 2).to_le_bytes(), e.cursors_offset).unwrap();
    assert_eq!(segment.ring_status("pairs").unwrap().last_sequence, LAST);
    let mut consumer = Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Auto).unwrap();
    assert_eq!(consumer.read_up_to(), LAST);
    for _ in 0..8 {
        let _ = consumer.try_next(&mut ONE.clone());
    }
}

#[test]
fn a_file_with_holes_takes_no_more_memory_for_being_attached() {
    let folder = Folder::new();
    let segment = Segment::create("s", &one_ring(pairs().capacity(1 << 16)), &folder.options()).unwrap();
    let mut head = vec![0; 65536];
    let (path, file) = file(&folder);
    file.read_exact_at(&mut head, 0).unwrap();
    // As large, and all of it a hole but for its beginning.
    std::fs::remove_file(&path).unwrap();
    let holes = OpenOptions::new().create_new(true).read(true).write(true).mode(0o600).open(&path).unwrap();
    holes.write_all_at(&head, 0).unwrap();
    holes.set_len(segment.size() as u64).unwrap();
    let taken = || holes.metadata().unwrap().blocks();
    let before = taken();
    let options = folder.options().read_only();
    let attached = Segment::attach("s", &options).unwrap();
    assert_eq!(taken(), before);
    let mut observer = Observer::<Pair>::open(&attached, "pairs", Start::Oldest).unwrap();
    assert_eq!(observer.try_next(&mut ONE.clone()), leyline::Read::Empty);
    assert!(taken() * 512 < segment.size() as u64 / 4);
}

#[test]
fn a_record_size_that_is_not_the_schemas_is_refused_though_all_else_agrees() {
    let folder = Folder::new();
    let segment = create(&folder);
    let (_, file) = file(&folder);
    // Record and payload of the first ring: the stride stays what it must be.
    for (at, value) in [(56, 4u32), (64, 4)] {
        file.write_all_at(&value.to_le_bytes(), HEADER + at).unwrap();
    }
    drop(segment);
    let segment = Segment::attach("s", &folder.options()).unwrap();
    assert_eq!(Writer::<Pair>::open(&segment, "pairs").unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(Observer::<Pair>::open(&segment, "pairs", Start::Now).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_read_only_segment_can_be_observed_and_no_more() {
    let folder = Folder::new();
    let segment = create(&folder);
    let mut writer = Writer::<Pair>::open(&segment, "pairs").unwrap();
    let read_only = Segment::attach("s", &folder.options().read_only()).unwrap();
    let mut observer = Observer::<Pair>::open(&read_only, "pairs", Start::Oldest).unwrap();
    writer.publish(&ONE).unwrap();
    let mut got = Pair { a: 0, b: 0.0 };
    let read = observer.next(&mut got, common::patiently()).unwrap();
    assert!(matches!(read, leyline::Read::Record(_)));
    assert_eq!(got, ONE);
    assert_eq!(Writer::<Pair>::open(&read_only, "pairs").unwrap_err().kind(), ErrorKind::ReadOnly);
    let refused = Consumer::<Pair>::open(&read_only, "pairs", 0, Commit::Manual).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnly);
    assert!(read_only.role("pairs", None).unwrap().held);
}

#[test]
fn a_file_that_others_may_write_or_own_is_refused_unless_asked_for() {
    let folder = Folder::new();
    let (trusting, path) =
        (Options { trust: Trust::Anyone, ..folder.options() }, create(&folder).path().to_owned());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    std::fs::set_permissions(&path, Permissions::from_mode(0o602)).unwrap();
    assert_eq!(attach_error(&folder).kind(), ErrorKind::InsecureMode);
    Segment::attach("s", &trusting).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    Segment::attach("s", &folder.options()).unwrap();
    match std::os::unix::fs::chown(&path, Some(65534), None) {
        Ok(()) => {
            assert_eq!(attach_error(&folder).kind(), ErrorKind::ForeignOwner);
            assert_eq!(
                Segment::recreate("s", &spec(), &folder.options()).unwrap_err().kind(),
                ErrorKind::ForeignOwner
            );
            Segment::attach("s", &trusting).unwrap();
        }
        Err(e) => eprintln!("NOT CHECKED: a file of another owner: chown needs root: {e}"),
    }
}

#[test]
#[ignore = "a child process"]
fn child_is_nobody() {
    if !common::is_child() {
        return;
    }
    let o = Options::default();
    let trusting = Options { trust: Trust::Anyone, ..o.clone() };
    let kinds = [
        Segment::create("t", &spec(), &o).unwrap_err().kind(),
        Segment::attach("s", &o).unwrap_err().kind(),
        Segment::attach("s", &trusting).unwrap_err().kind(),
    ];
    let reads = Segment::attach("s", &trusting.read_only()).is_ok();
    common::say(format!("{kinds:?} {reads}"));
}

#[test]
fn another_user_gets_what_the_mode_allows() {
    let folder = Folder::new();
    let o = Options { mode: 0o644, ..folder.options() };
    Segment::create("s", &spec(), &o).unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    // A copy, because the other user may not reach the folder that this binary lies in.
    let binary = folder.path().join("binary");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&binary);
    command.args(common::arguments("child_is_nobody"));
    let probe = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&binary)
        .arg("--list")
        .output();
    if !probe.as_ref().is_ok_and(|out| out.status.success()) {
        eprintln!("NOT CHECKED: another user: setpriv needs root: {probe:?}");
        return;
    }
    let mut child = common::start_command(command, &folder, &[]);
    assert_eq!(child.hear(), "[PermissionDenied, PermissionDenied, PermissionDenied] true");
    assert!(child.wait().success());
}

#[test]
#[ignore = "a child process"]
fn child_fills_a_small_file_system() {
    if !common::is_child() {
        return;
    }
    let o = Options::default();
    let large = one_ring(pairs().capacity(1 << 16));
    let huge = o.clone().pages(Pages::Huge);
    let errors = [
        Segment::create("s", &large, &o).unwrap_err(),
        // Entered before they are allocated.
        Segment::create("s", &large, &huge).unwrap_err(),
        {
            Segment::create("t", &spec(), &o).unwrap();
            Segment::recreate("t", &large, &o).unwrap_err()
        },
    ];
    let files = std::fs::read_dir(std::env::var("LEYLINE_DIR").unwrap()).unwrap().count();
    common::say(format!("{:?} {files}", errors.map(|e| e.kind())));
    assert_eq!(Segment::attach("t", &o).unwrap().name_state().unwrap(), NameState::Current);
}

#[test]
fn a_full_file_system_is_an_error_at_creation() {
    let folder = Folder::new();
    let script = format!("mount -t tmpfs -o size=1m none {} && exec \"$0\" \"$@\"", folder.path().display());
    let probe = Command::new("unshare").args(["-m", "sh", "-c", &script, "true"]).output();
    if !probe.as_ref().is_ok_and(|out| out.status.success()) {
        eprintln!("NOT CHECKED: a full file system: mounting needs root: {probe:?}");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    command.args(common::arguments("child_fills_a_small_file_system"));
    let mut child = common::start_command(command, &folder, &[]);
    assert_eq!(child.hear(), "[NoSpace, NoSpace, NoSpace] 1");
    assert!(child.wait().success());
    assert!(folder.files().is_empty());
}

#[test]
fn open_or_create_attaches_to_what_is_compatible_only() {
    let folder = Folder::new();
    let o = folder.options();
    let open = |spec: &Spec| Segment::open_or_create("s", spec, &o);
    let (first, how) = open(&spec()).unwrap();
    assert_eq!(how, Opened::Created);
    assert_eq!(create_error(&folder).kind(), ErrorKind::AlreadyExists);
    let (second, how) = open(&one_ring(pairs().capacity(1024).consumers(1, Policy::Keep))).unwrap();
    assert_eq!((how, second.id()), (Opened::Attached, first.id()));
    let kind = |spec: &Spec| open(spec).unwrap_err().kind();
    assert_eq!(kind(&one_ring(pairs().rows(2).consumers(1, Policy::Keep))), ErrorKind::SchemaMismatch);
    assert_eq!(kind(&one_ring(pairs().consumers(1, Policy::Release))), ErrorKind::SchemaMismatch);
    assert_eq!(kind(&one_ring(pairs())), ErrorKind::SchemaMismatch);
    assert_eq!(kind(&one_ring(RingSpec::new::<Other>("rows").unwrap().rows(3))), ErrorKind::SchemaMismatch);
    assert_eq!(kind(&one_ring(RingSpec::new::<Pair>("more").unwrap())), ErrorKind::NoSuchRing);
    assert_eq!(first.name_state().unwrap(), NameState::Current);
    assert_eq!(folder.files(), ["s.leyline"]);
}

#[test]
fn recreate_changes_nothing_while_anybody_holds_a_role() {
    let folder = Folder::new();
    let o = folder.options();
    let recreate = || Segment::recreate("s", &spec(), &o);
    let (segment, displaced) = recreate().unwrap();
    assert_eq!(displaced, Displaced::default());
    let mut writer = Writer::<Pair>::open(&segment, "pairs").unwrap();
    for _ in 0..3 {
        writer.publish(&ONE).unwrap();
    }
    assert_eq!(recreate().unwrap_err().kind(), ErrorKind::RoleHeld);
    drop(writer);
    let mut consumer = Consumer::<Pair>::open(&segment, "pairs", 0, Commit::Manual).unwrap();
    let _ = consumer.try_next(&mut ONE.clone());
    consumer.commit().unwrap();
    assert_eq!(recreate().unwrap_err().kind(), ErrorKind::RoleHeld);
    drop(consumer);
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    assert_eq!(folder.files(), ["s.leyline"]);
    let (new, displaced) = recreate().unwrap();
    assert_eq!(displaced, Displaced { segments: 1, uncommitted: 2 });
    assert_eq!(segment.name_state().unwrap(), NameState::Replaced);
    assert_eq!(new.name_state().unwrap(), NameState::Current);
    assert_ne!(segment.id(), new.id());
    assert_eq!(Writer::<Pair>::open(&segment, "pairs").unwrap_err().kind(), ErrorKind::Superseded);
    Writer::<Pair>::open(&new, "pairs").unwrap();
    assert_eq!(folder.files(), ["s.leyline"]);
}

#[test]
fn of_two_recreators_each_displaces_exactly_one() {
    let folder = Folder::new();
    create(&folder);
    let (done, displaced) = (AtomicU32::new(0), AtomicU32::new(0));
    let ids = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < 100 {
                    match Segment::recreate("s", &spec(), &folder.options()) {
                        Ok((segment, d)) => {
                            ids.lock().unwrap().push(segment.id());
                            done.fetch_add(1, Ordering::Relaxed);
                            displaced.fetch_add(d.segments, Ordering::Relaxed);
                        }
                        Err(e) => assert_eq!(e.kind(), ErrorKind::RoleHeld, "{e}"),
                    }
                }
            });
        }
    });
    // The name was never gone: each displaced exactly one.
    assert_eq!(displaced.load(Ordering::Relaxed), done.load(Ordering::Relaxed));
    let ids = ids.into_inner().unwrap();
    assert!(ids.contains(&Segment::attach("s", &folder.options()).unwrap().id()));
    assert_eq!(folder.files(), ["s.leyline"]);
}

const RECREATIONS: u32 = 200;

#[test]
#[ignore = "a child process"]
fn child_recreates() {
    if !common::is_child() {
        return;
    }
    let times = if std::env::var_os("FOR_EVER").is_some() { u32::MAX } else { RECREATIONS };
    let (mut done, mut displaced) = (0, 0);
    common::say("ready");
    common::listen();
    while done < times {
        match Segment::recreate("s", &spec(), &Options::default()) {
            Ok((segment, d)) => {
                done += 1;
                displaced += d.segments;
                assert!(segment.size() > 4096);
                if done == 1 {
                    common::say("has begun");
                }
            }
            Err(e) => assert_eq!(e.kind(), ErrorKind::RoleHeld, "{e}"),
        }
    }
    common::say(displaced);
}

#[test]
fn of_two_recreating_processes_each_displaces_exactly_one_and_the_name_is_never_gone() {
    let folder = Folder::new();
    let first = create(&folder);
    let mut children = [0; 2].map(|_| common::start("child_recreates", &folder));
    for child in &mut children {
        assert_eq!(child.hear(), "ready");
    }
    for child in &mut children {
        child.tell("go");
    }
    for child in &mut children {
        assert_eq!(child.hear(), "has begun");
    }
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        seen.insert(Segment::attach("s", &folder.options()).unwrap().id());
    }
    assert!(first.name_state().unwrap() == NameState::Replaced && !seen.contains(&first.id()));
    let displaced = children.map(|mut child| child.hear().parse::<u32>().unwrap());
    assert_eq!(displaced, [RECREATIONS; 2]);
    assert_eq!(folder.files(), ["s.leyline"]);
}

#[test]
fn what_killed_recreators_leave_is_found_and_removed() {
    let folder = Folder::new();
    create(&folder);
    for round in 0..15 {
        let mut children =
            [0; 2].map(|_| common::start_with("child_recreates", &folder, &[("FOR_EVER", "")]));
        for child in &mut children {
            child.hear();
            child.tell("go");
        }
        for child in &mut children {
            assert_eq!(child.hear(), "has begun");
        }
        // Whatever they are at, a little later each time.
        for _ in 0..10 * round {
            Segment::attach("s", &folder.options()).unwrap();
        }
        children.iter_mut().for_each(common::Running::kill);
        let segment = Segment::attach("s", &folder.options()).unwrap();
        Writer::<Pair>::open(&segment, "pairs").unwrap().publish(&ONE).unwrap();
    }
    let left = folder.files().len() - 1;
    assert_eq!(Segment::remove_debris(&folder.options()).unwrap().len(), left);
    assert_eq!(folder.files(), ["s.leyline"]);
    Segment::recreate("s", &spec(), &folder.options()).unwrap();
}

/// Makes every file system refuse unnamed files, for this process.
fn refuse_unnamed_files() {
    let (load, equal, has, give) = (
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K,
        libc::BPF_RET | libc::BPF_K,
    );
    // Number at 0, low half of the third argument at 32.
    filter_system_calls(&mut [
        step(load, 0, 0, 0),
        step(equal, 0, 3, libc::SYS_openat as u32),
        step(load, 0, 0, 32),
        step(has, 0, 1, (libc::O_TMPFILE & !libc::O_DIRECTORY) as u32),
        step(give, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EOPNOTSUPP as u32),
        step(give, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]);
}

#[test]
#[ignore = "a child process"]
fn child_has_no_unnamed_files() {
    if !common::is_child() {
        return;
    }
    refuse_unnamed_files();
    let o = Options::default();
    let names = || {
        let found = std::fs::read_dir(std::env::var("LEYLINE_DIR").unwrap()).unwrap();
        found.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let segment = Segment::create("s", &spec(), &o).unwrap();
    assert_eq!(Segment::create("s", &spec(), &o).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(names(), ["s.leyline"]);
    let (new, displaced) = Segment::recreate("s", &spec(), &o).unwrap();
    assert_eq!((displaced.segments, segment.name_state().unwrap()), (1, NameState::Replaced));
    assert_eq!(Segment::attach("s", &o).unwrap().id(), new.id());
    Writer::<Pair>::open(&new, "pairs").unwrap().publish(&ONE).unwrap();
    assert_eq!(std::fs::metadata(new.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    // No more than this may be written to a file; a signal says so too.
    let limit = libc::rlimit { rlim_cur: 8192, rlim_max: 8192 };
    // SAFETY: `limit` outlives the call.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    assert_eq!(Segment::create("t", &spec(), &o).unwrap_err().kind(), ErrorKind::NoSpace);
    assert_eq!(Segment::recreate("s", &spec(), &o).unwrap_err().kind(), ErrorKind::NoSpace);
    assert_eq!(names(), ["s.leyline"]);
    assert_eq!(new.name_state().unwrap(), NameState::Current);
    common::say("fine");
}

#[test]
fn a_file_system_without_unnamed_files_will_do() {
    let folder = Folder::new();
    let mut child = common::start("child_has_no_unnamed_files", &folder);
    assert_eq!(child.hear(), "fine");
    assert!(child.wait().success());
}

#[test]
#[ignore = "a child process"]
fn child_follows() {
    if !common::is_child() {
        return;
    }
    loop {
        let segment = Segment::attach_waiting("s", &Options::default(), common::LONG).unwrap();
        let mut o = Observer::<Pair>::open(&segment, "pairs", Start::Oldest).unwrap();
        let mut got = ONE;
        loop {
            match o.next(&mut got, common::patiently()).unwrap() {
                leyline::Read::Record(_) => common::say(got.a),
                leyline::Read::Superseded => break,
                // Until the name leads elsewhere.
                leyline::Read::WriterGone(_) => std::thread::yield_now(),
                other => panic!("{other:?}"),
            }
        }
        // The displaced segment is as whole as before.
        let again = Observer::<Pair>::open(&segment, "pairs", Start::Oldest).unwrap().try_next(&mut got);
        assert!(matches!(again, leyline::Read::Record(_)));
        assert_eq!(Writer::<Pair>::open(&segment, "pairs").unwrap_err().kind(), ErrorKind::Superseded);
    }
}

#[test]
fn a_reader_follows_a_name_through_recreation_and_unlinking() {
    let folder = Folder::new();
    let o = folder.options();
    let mut reader = common::start("child_follows", &folder);
    for n in 1..=20 {
        let segment = if n % 2 == 0 {
            Segment::recreate("s", &spec(), &o).unwrap().0
        } else {
            Segment::unlink("s", &o).unwrap();
            create(&folder)
        };
        let mut writer = Writer::<Pair>::open(&segment, "pairs").unwrap();
        writer.publish(&Pair { a: n, b: 0.5 }).unwrap();
        assert_eq!(reader.hear(), n.to_string());
    }
}

#[test]
fn either_side_may_start_first() {
    let folder = Folder::new();
    let o = folder.options();
    let none = Segment::attach_waiting("s", &o, Duration::from_millis(1)).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Timeout);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Segment::attach_waiting("s", &o, common::LONG).unwrap().id());
        let segment = create(&folder);
        assert_eq!(waiting.join().unwrap(), segment.id());
    });
    Segment::attach_waiting("s", &o, Duration::ZERO).unwrap();
}

#[test]
fn whoever_waits_for_a_segment_waits_for_its_directory_too() {
    let folder = Folder::new();
    let inner = folder.path().join("run/segments");
    let o = Options::default().in_directory(&inner);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Segment::attach_waiting("s", &o, common::LONG).unwrap().id());
        // Beyond the first look, whether or not it has come that far.
        std::thread::yield_now();
        std::fs::create_dir_all(&inner).unwrap();
        let segment = Segment::create("s", &spec(), &o).unwrap();
        assert_eq!(waiting.join().unwrap(), segment.id());
    });
}

#[test]
fn the_name_goes_when_the_handle_that_created_it_is_closed() {
    let folder = Folder::new();
    let o = folder.options().unlink_on_close();
    let segment = Segment::create("s", &spec(), &o).unwrap();
    drop(Segment::attach("s", &o).unwrap());
    assert_eq!(folder.files(), ["s.leyline"]);
    // Clones and readers go on without the name.
    Writer::<Pair>::open(&segment, "pairs").unwrap().publish(&ONE).unwrap();
    let clone = segment.clone();
    let mut observer = Observer::<Pair>::open(&segment, "pairs", Start::Oldest).unwrap();
    drop(segment);
    assert!(folder.files().is_empty());
    let mut got = Pair { a: 0, b: 0.0 };
    assert!(matches!(observer.try_next(&mut got), Read::Record(_)));
    assert!(got == ONE && clone.name_state().unwrap() == NameState::Unlinked);
    // The segment in its place is another one.
    let old = Segment::create("s", &spec(), &o).unwrap();
    let (new, _) = Segment::recreate("s", &spec(), &folder.options()).unwrap();
    drop(old);
    assert_eq!(new.name_state().unwrap(), NameState::Current);
}

#[test]
fn a_role_taken_through_the_creators_handle_keeps_the_name_until_it_ends() {
    let folder = Folder::new();
    let o = folder.options().unlink_on_close();
    for by_clone in [false, true] {
        let segment = Segment::create("s", &spec(), &o).unwrap();
        let clone = segment.clone();
        let through = if by_clone { &clone } else { &segment };
        let mut writer = Writer::<Pair>::open(through, "pairs").unwrap();
        drop(segment);
        assert_eq!(folder.files(), ["s.leyline"]);
        writer.publish(&ONE).unwrap();
        drop(writer);
        assert!(folder.files().is_empty());
    }
}

#[test]
#[ignore = "a child process"]
fn child_writes_until_told() {
    if !common::is_child() {
        return;
    }
    let segment = Segment::attach("s", &Options::default().unlink_on_close()).unwrap();
    let writer = Writer::<Pair>::open(&segment, "pairs").unwrap();
    common::say("writes");
    common::listen();
    drop(writer);
    drop(segment);
    common::say("closed");
    common::listen();
}

/// The name stays while others use the segment, whatever its creator was asked to do.
#[test]
fn a_creator_does_not_take_the_name_from_others() {
    let folder = Folder::new();
    let o = folder.options().unlink_on_close();
    let creator = Segment::create("s", &spec(), &o).unwrap();
    let mut other = common::start("child_writes_until_told", &folder);
    assert_eq!(other.hear(), "writes");
    assert_eq!(Writer::<Pair>::open(&creator, "pairs").unwrap_err().kind(), ErrorKind::RoleHeld);
    drop(creator);
    assert_eq!(folder.files(), ["s.leyline"]);
    let seen = Segment::attach("s", &folder.options()).unwrap();
    assert!(seen.role("pairs", None).unwrap().held);
    // The option means nothing to whoever attaches.
    other.tell("close");
    assert_eq!(other.hear(), "closed");
    assert_eq!(seen.name_state().unwrap(), NameState::Current);
}

#[test]
fn a_segment_says_what_is_in_it() {
    let folder = Folder::new();
    let spec = spec().ring(
        RingSpec::new::<Pair>("late").unwrap().consumers(2, Policy::Release).time_source(TimeSource::Caller),
    );
    let made = Segment::create("s", &spec, &folder.options()).unwrap();
    let segment = Segment::attach("s", &folder.options()).unwrap();
    assert_eq!((segment.id(), segment.rings()), (made.id(), made.rings()));
    assert_eq!(segment.size() as u64, std::fs::metadata(segment.path()).unwrap().len());
    let late = segment.ring("late").unwrap();
    assert_eq!((late.consumers, late.policy, late.capacity), (2, Policy::Release, 4096));
    assert_eq!((late.record_size, late.rows, late.time_source), (8, 1, TimeSource::Caller));
    assert!(late.schema.starts_with("leyline-schema 1\nrecord pair 1 8\n"));
    assert!(segment.domain().is_none());
}

/// Returns how many bytes of a file this process has in its page tables, from /proc/self/smaps.
fn entered(path: &std::path::Path) -> usize {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut ours = false;
    let mut bytes = 0;
    for line in smaps.lines() {
        if line.split('-').next().is_some_and(|start| u64::from_str_radix(start, 16).is_ok()) {
            ours = line.ends_with(path.to_str().unwrap());
        } else if let Some(rss) = line.strip_prefix("Rss:").filter(|_| ours) {
            bytes += 1024 * rss.trim().trim_end_matches(" kB").parse::<usize>().unwrap();
        }
    }
    bytes
}

#[test]
fn page_faults_are_taken_when_the_options_say() {
    let folder = Folder::new();
    let big = 1 << 14;
    let spec = Spec::new()
        .ring(RingSpec::new::<Pair>("read").unwrap().capacity(big))
        .ring(RingSpec::new::<Pair>("unused").unwrap().capacity(big));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let (path, size, ring) = (segment.path().to_owned(), segment.size(), 64 * big as usize);
    drop(segment);
    assert_eq!(entered(&path), 0);
    let look = |prefault| {
        let attached = Segment::attach("s", &folder.options().prefault(prefault)).unwrap();
        let at_first = entered(&path);
        let observer = Observer::<Pair>::open(&attached, "read", Start::Now).unwrap();
        let reading = entered(&path);
        drop(observer);
        (at_first, reading)
    };
    let (at_first, reading) = look(Prefault::WhenTouched);
    assert!(at_first < ring && reading < ring, "{at_first} {reading} of {size}");
    let (at_first, reading) = look(Prefault::Opened);
    assert!(at_first < ring && (ring..2 * ring).contains(&reading), "{at_first} {reading} of {size}");
    let (at_first, _) = look(Prefault::Everything);
    assert_eq!(at_first, size);
}

#[test]
fn a_segment_in_huge_pages_is_one_like_any_other() {
    let folder = Folder::new();
    let o = folder.options().pages(Pages::Huge);
    let spec = Spec::new().ring(RingSpec::new::<Pair>("ring").unwrap().capacity(1 << 16));
    let segment = Segment::create("s", &spec, &o).unwrap();
    let mut writer = Writer::<Pair>::open(&segment, "ring").unwrap();
    // Whatever the other side asks for.
    let usual = Segment::attach("s", &folder.options()).unwrap();
    let mut observers = [&segment, &usual].map(|s| Observer::<Pair>::open(s, "ring", Start::Oldest).unwrap());
    for n in 1..=1000 {
        writer.publish(&Pair { a: n, b: 0.5 }).unwrap();
        for observer in &mut observers {
            let mut got = Pair { a: 0, b: 0.0 };
            assert!(
                matches!(observer.try_next(&mut got), Read::Record(meta) if meta.sequence == u64::from(n))
            );
            assert_eq!((got.a, got.b), (n, 0.5));
        }
    }
    let memory = Segment::create_memfd("huge", &spec, &o).unwrap();
    assert_eq!(memory.size(), segment.size());
}
