//! Lists the segments of a directory, and removes the unused ones.

use crate::common::{self, Folder, Number, is_child, listen, say, start};
use leyline::Stamp;
use leyline::{
    ActionSpace, Commit, Consumer, ErrorKind, LinkSpec, ListedKind, NameState, Options, Policy, RingSpec,
    Segment, Spec, Trainer, Trust, Writer,
};
use std::os::unix::fs::{PermissionsExt, symlink};

fn spec() -> Spec {
    Spec::new().ring(RingSpec::new::<Number>("numbers").unwrap().capacity(8).consumers(1, Policy::Keep))
}

fn create(folder: &Folder, name: &str) -> Segment {
    Segment::create(name, &spec(), &folder.options()).unwrap()
}

const DEBRIS: &str = ".0123456789abcdef0123456789abcdef.new";
const UNFINISHED: &str = ".fedcba9876543210fedcba9876543210.tmp";

#[test]
fn a_directory_lists_its_segments_and_debris_and_nothing_else() {
    let folder = Folder::new();
    assert_eq!(Segment::list(&folder.options()).unwrap(), []);
    create(&folder, "b");
    let made = create(&folder, "a");
    for other in
        ["c.leyline.bak", ".d.leyline", "a b.leyline", ".0123.new", "x", DEBRIS, UNFINISHED, "broken.leyline"]
    {
        std::fs::write(folder.path().join(other), "x").unwrap();
    }
    let listed = Segment::list(&folder.options()).unwrap();
    let segment = |name: &str| ListedKind::Segment(name.into());
    let debris = || ListedKind::Debris { in_use: false };
    let what: Vec<_> = listed.iter().map(|l| l.what.clone()).collect();
    assert_eq!(what, [segment("a"), segment("b"), segment("broken"), debris(), debris()]);
    assert_eq!(listed[0].path, made.path());
    assert_eq!(listed[0].bytes, made.size() as u64);
    assert!(listed[0].modified_unix_ns.abs_diff(made.created_unix_ns()) < 60_000_000_000);

    let e = Segment::list(&Options::default().in_directory(folder.path().join("none"))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NoDirectory);
}

#[test]
fn a_segment_is_removed_only_while_no_role_is_held() {
    let folder = Folder::new();
    let options = folder.options();
    let mut holder = start("holder", &folder);
    let pid = holder.hear();
    let e = Segment::remove_unused("held", &options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::RoleHeld);
    assert!(e.to_string().contains("consumer 0 of ring \"numbers\""), "{e}");
    assert!(e.found().contains(&format!("process {pid} ")), "{e}");
    // Nothing has changed: the name is there, and the free role can be had.
    let segment = Segment::attach("held", &options).unwrap();
    let mut writer = Writer::<Number>::open(&segment, "numbers").unwrap();
    for n in 0..3 {
        writer.publish_stamped(&Number { n }, Stamp::default()).unwrap();
    }
    drop(writer);
    holder.kill();
    let removed = Segment::remove_unused("held", &options).unwrap();
    assert_eq!((removed.segments, removed.uncommitted), (1, 3));
    assert_eq!(segment.name_state().unwrap(), NameState::Unlinked);
    assert_eq!(Segment::remove_unused("held", &options).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(folder.files(), [] as [&str; 0]);
}

#[test]
#[ignore = "started by its parent"]
fn holder() {
    if !is_child() {
        return;
    }
    let segment = Segment::create("held", &spec(), &Options::default()).unwrap();
    let _consumer = Consumer::<Number>::open(&segment, "numbers", 0, Commit::Manual).unwrap();
    say(std::process::id());
    listen();
}

#[test]
fn of_removals_at_once_exactly_one_succeeds() {
    let folder = Folder::new();
    for _ in 0..200 {
        create(&folder, "raced");
        let options = folder.options();
        let results: Vec<_> = std::thread::scope(|s| {
            let racers: Vec<_> =
                (0..3).map(|_| s.spawn(|| Segment::remove_unused("raced", &options))).collect();
            racers.into_iter().map(|r| r.join().unwrap()).collect()
        });
        let (done, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), refused.len()), (1, 2), "{refused:?}");
        for refused in refused {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
        }
    }
}

#[test]
fn what_is_wrong_with_the_contents_keeps_no_file_from_being_removed() {
    let folder = Folder::new();
    let options = folder.options();
    let header = std::fs::read(create(&folder, "whole").path()).unwrap();
    for contents in [&b""[..], b"not a segment", &header[..300]] {
        std::fs::write(folder.path().join("broken.leyline"), contents).unwrap();
        assert!(Segment::attach("broken", &options).is_err());
        assert_eq!(Segment::remove_unused("broken", &options).unwrap().uncommitted, 0);
    }
    assert_eq!(folder.files(), ["whole.leyline"]);
}

#[test]
fn what_could_not_be_attached_for_safety_is_not_removed_either() {
    let folder = Folder::new();
    let options = folder.options();
    let path = create(&folder, "target").path().to_owned();
    symlink(&path, folder.path().join("link.leyline")).unwrap();
    std::fs::create_dir(folder.path().join("folder.leyline")).unwrap();
    for name in ["link", "folder"] {
        assert_eq!(Segment::remove_unused(name, &options).unwrap_err().kind(), ErrorKind::NotRegularFile);
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(Segment::remove_unused("target", &options).unwrap_err().kind(), ErrorKind::InsecureMode);
    let anyone = Options { trust: Trust::Anyone, ..options };
    Segment::remove_unused("target", &anyone).unwrap();
    assert_eq!(folder.files(), ["folder.leyline", "link.leyline"]);
}

#[test]
fn debris_goes_and_segments_stay() {
    let folder = Folder::new();
    let options = folder.options();
    create(&folder, "kept");
    for debris in [DEBRIS, UNFINISHED] {
        std::fs::write(folder.path().join(debris), "half a segment").unwrap();
    }
    let mut removed = Segment::remove_debris(&options).unwrap();
    removed.sort();
    assert_eq!(removed, [DEBRIS, UNFINISHED].map(|name| folder.path().join(name)));
    assert_eq!(Segment::remove_debris(&options).unwrap(), [] as [&std::path::Path; 0]);
    assert_eq!(folder.files(), ["kept.leyline"]);
}

/// A hidden file that somebody is at is not debris, however often it is looked at.
#[test]
fn clearing_debris_disturbs_no_replacement() {
    let folder = Folder::new();
    let options = folder.options();
    std::thread::scope(|s| {
        let replacing = s.spawn(|| {
            for _ in 0..300 {
                Segment::recreate("replaced", &spec(), &options).unwrap();
            }
        });
        let mut cleared = 0;
        while !replacing.is_finished() {
            cleared += Segment::remove_debris(&options).unwrap().len();
        }
        replacing.join().unwrap();
        assert_eq!(cleared, 0);
    });
    assert_eq!(folder.files(), ["replaced.leyline"]);
}

/// A removal takes away an unused segment only, whatever happens to the name meanwhile.
#[test]
fn a_removal_takes_no_segment_that_was_made_in_between() {
    let folder = Folder::new();
    let options = folder.options();
    std::thread::scope(|s| {
        let making = s.spawn(|| {
            let mut used = 0;
            for _ in 0..3000 {
                Segment::unlink("contested", &options).unwrap();
                let segment = create(&folder, "contested");
                match Writer::<Number>::open(&segment, "numbers") {
                    Ok(_writer) => {
                        used += 1;
                        std::thread::yield_now();
                        assert_eq!(
                            segment.name_state().unwrap(),
                            NameState::Current,
                            "taken away while a role was held"
                        );
                    }
                    // It was removed before.
                    Err(e) => assert_eq!(e.kind(), ErrorKind::Superseded, "{e}"),
                }
            }
            used
        });
        let mut removed = 0;
        while !making.is_finished() {
            match Segment::remove_unused("contested", &options) {
                Ok(_) => removed += 1,
                Err(e) => assert!(matches!(e.kind(), ErrorKind::NotFound | ErrorKind::RoleHeld), "{e}"),
            }
        }
        let used = making.join().unwrap();
        assert!(used > 0 && removed > 0, "{used} used, {removed} removed");
    });
}

/// A segment that was just made is not in use yet. Who makes a link gets one all the same.
#[test]
fn a_trainer_gets_its_link_beside_somebody_who_removes_what_is_unused() {
    let folder = Folder::new();
    let options = folder.options().unlink_on_close();
    let link = LinkSpec::new(&ActionSpace::cnn());
    std::thread::scope(|s| {
        let training = s.spawn(|| {
            for round in 0..300 {
                let trainer = match round % 3 {
                    0 => Trainer::create("wanted", &link, &options).unwrap(),
                    1 => Trainer::recreate("wanted", &link, &options).unwrap().0,
                    _ => Trainer::open_or_create("wanted", &link, &options).unwrap().0,
                };
                let state = trainer.segment().name_state().unwrap();
                assert_eq!(state, NameState::Current, "taken away while a role was held");
            }
        });
        while !training.is_finished() {
            let _ = Segment::remove_unused("wanted", &folder.options());
        }
        training.join().unwrap();
    });
    assert_eq!(folder.files(), [] as [&str; 0]);
}

/// A removal waits for the holder of the right to remove the name.
#[test]
fn unlinking_waits_for_whoever_replaces_the_segment() {
    let folder = Folder::new();
    let options = folder.options();
    std::thread::scope(|s| {
        let replacing = s.spawn(|| {
            let mut displaced = 0;
            for _ in 0..500 {
                displaced += Segment::recreate("contested", &spec(), &options).unwrap().1.segments;
            }
            displaced
        });
        let mut unlinked = 0;
        while !replacing.is_finished() {
            Segment::unlink("contested", &options).unwrap();
            unlinked += 1;
        }
        assert!(replacing.join().unwrap() <= 500 && unlinked > 0);
    });
    let left = folder.files();
    assert!(left.is_empty() || left == ["contested.leyline"], "{left:?}");
}

/// Others may remove files without asking anybody. What was moved aside by mistake comes back.
#[test]
fn a_segment_that_took_the_place_of_an_unused_one_is_put_back() {
    let folder = Folder::new();
    let options = folder.options();
    let path = folder.path().join("contested.leyline");
    std::thread::scope(|s| {
        let making = s.spawn(|| {
            for _ in 0..1000 {
                // As rm(1) does.
                let _ = std::fs::remove_file(&path);
                let Ok(segment) = Segment::create("contested", &spec(), &options) else { continue };
                if let Ok(_writer) = Writer::<Number>::open(&segment, "numbers") {
                    let end = std::time::Instant::now() + common::LONG;
                    while segment.name_state().unwrap() != NameState::Current {
                        assert!(std::time::Instant::now() < end, "taken away while a role was held");
                        std::thread::yield_now();
                    }
                }
            }
        });
        while !making.is_finished() {
            let _ = Segment::remove_unused("contested", &options);
        }
        making.join().unwrap();
    });
    assert!(folder.files().iter().all(|f| f == "contested.leyline"), "{:?}", folder.files());
}
