//! Creates segments: builds the file without a name or under a hidden one, then links it in one
//! step.

use crate::base::error::{Error, ErrorKind, Result};
use crate::segment::attached::{Origin, Segment};
use crate::segment::header::{Image, Spec, encode};
use crate::segment::lookup::{explain, no_directory, taken};
use crate::segment::name::{ASIDE, UNFINISHED, hidden_name};
use crate::segment::options::{Options, Pages};
use crate::segment::{list::unused, retry::Turns};
use crate::sys::{kill, lock::REPLACING, map::Map, os, os::Open, resource_limits};
use std::path::{Path, PathBuf};
use std::{fs::File, os::fd::AsRawFd, os::unix::fs::FileExt};

impl Segment {
    /// Creates a segment. [`ErrorKind::AlreadyExists`]: the name is taken.
    pub fn create(name: &str, spec: &Spec, options: &Options) -> Result<Self> {
        let path = options.path_of(name)?;
        // A shortcut before the work: the link decides.
        if os::stat_path(&path).map_err(|e| explain(e, &path))?.is_some() {
            return Err(taken(&path));
        }
        make(&path, spec, options)
    }
}

/// Gives a new file its group and mode, allocates all of it, and writes a segment into it. Errors
/// name `place`.
pub(crate) fn fill(file: &File, place: &Path, image: Image, mode: u32, options: &Options) -> Result<()> {
    let (bytes, size, cursors) = image;
    if let Some(group) = options.group {
        os::set_group(file, group).map_err(|e| {
            e.at(place).about(format!("group {group}")).help("choose one of this process's own groups")
        })?;
    }
    os::set_mode(file, mode).map_err(|e| e.at(place))?;
    resource_limits::check(file, size).map_err(|e| e.at(place))?;
    if options.pages == Pages::Huge {
        file.set_len(size).map_err(|e| os::failed(e, "ftruncate").at(place))?;
        Map::allocate_huge(file, size as usize).map_err(|e| e.at(place))?;
    }
    os::allocate(file, size).map_err(|e| match e.kind() {
        ErrorKind::NoSpace => no_room(e, file, place, size),
        _ => e.at(place),
    })?;
    kill::point("build.allocated");
    let write =
        |bytes: &[u8], at: u64| file.write_all_at(bytes, at).map_err(|e| os::failed(e, "write").at(place));
    write(&bytes, 0)?;
    kill::point("build.header");
    for (at, committed) in cursors {
        write(&committed.to_ne_bytes(), at)?;
    }
    kill::point("build.cursors");
    Ok(())
}

/// Adds the free space to an error, and the space that unused segments take.
fn no_room(e: Error, file: &File, place: &Path, size: u64) -> Error {
    // Pages that are allocated so far will be freed.
    let own = os::stat(file).map_or(0, |stat| stat.allocated);
    let free = os::room(file).map_or(own, |room| room.free.saturating_add(own));
    e.at(place).expected_found(format!("{size} bytes"), format!("{free} bytes free")).help(make_room(place))
}

/// Explains that a file system has no room for one more file, however small.
fn no_inode(e: Error, directory: &Path) -> Error {
    const ELSE: &str = "give the file system more inodes (tmpfs: mount with nr_inodes=)";
    e.at(directory).expected_found("room for one more file", "no inode left").help(match unused(directory) {
        (0, _) => format!("remove files, or {ELSE}"),
        unused => format!("{}; or {ELSE}", removable(unused)),
    })
}

/// Returns advice on how to free space in a directory.
fn make_room(directory: &Path) -> String {
    match unused(directory) {
        (0, _) => "make room, or use smaller rings".to_owned(),
        unused => format!("{}; or use smaller rings", removable(unused)),
    }
}

/// Says how many unused segments there are, and how to remove them.
fn removable((count, bytes): (u64, u64)) -> String {
    format!(
        "{count} unused segments take {bytes} bytes there: list them with leyline ls, remove them with leyline rm --unused"
    )
}

/// Removes a name when dropped.
pub(super) struct Temporary(pub(super) PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = os::unlink(&self.0);
    }
}

/// Creates a segment under a name; [`ErrorKind::AlreadyExists`] if it is taken. Maps the segment
/// before linking it, so that a failure leaves nothing behind.
fn make(path: &Path, spec: &Spec, options: &Options) -> Result<Segment> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let named = |linked: Result<()>, segment: Segment| {
        kill::point("link.linked");
        match linked {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
            result => result.map(|()| segment.keep_name(options.on_close)),
        }
    };
    if let Some(file) = build_unnamed(directory, spec, options)? {
        let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
        match os::link_open_file(segment.file()?, path) {
            // No /proc and no privilege for AT_EMPTY_PATH, or linkat is refused: use a file with a
            // name.
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {}
            linked => return named(linked, segment),
        }
    }
    let aside = Aside::build(path, spec, options)?;
    named(os::rename_to_free(&aside.name.0, path), aside.finished())
}

/// Builds a complete segment in an unnamed file. `None`: O_TMPFILE is unsupported or refused.
fn build_unnamed(directory: &Path, spec: &Spec, options: &Options) -> Result<Option<File>> {
    let image = encode(spec)?;
    let file = match os::open(directory, Open::Unnamed, options.mode) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound || e.kind() == ErrorKind::NoDirectory => {
            return Err(no_directory(directory));
        }
        // The errno differs between file systems and filters. Any other problem will show again
        // with a named file.
        Err(_) => return Ok(None),
    };
    kill::point("build.opened");
    fill(&file, directory, image, options.mode, options)?;
    Ok(Some(file))
}

/// Holds a complete segment under a hidden name, with byte 0 locked, so that it does not count as
/// debris.
pub(super) struct Aside {
    segment: Segment,
    pub(super) name: Temporary,
}

impl Aside {
    /// Builds a segment to be swapped in at `path`.
    pub(super) fn make(path: &Path, spec: &Spec, options: &Options) -> Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        if let Some(file) = build_unnamed(directory, spec, options)? {
            let name = directory.join(hidden_name(ASIDE)?);
            // Cannot fail: no other process knows the file yet.
            os::try_lock(file.as_raw_fd(), REPLACING)?;
            let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
            if os::link_open_file(segment.file()?, &name).is_ok() {
                return Ok(Self { segment, name: Temporary(name) });
            }
        }
        Self::build(path, spec, options)
    }

    /// Builds a segment in a file with a hidden name, to be moved to `path`.
    fn build(path: &Path, spec: &Spec, options: &Options) -> Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let image = encode(spec)?;
        for () in Turns::new() {
            let name = Temporary(directory.join(hidden_name(UNFINISHED)?));
            let file = os::open(&name.0, Open::New, options.mode).map_err(|e| match e.kind() {
                ErrorKind::NotFound | ErrorKind::NoDirectory => no_directory(directory),
                ErrorKind::NoSpace => no_inode(e, directory),
                _ => e.at(directory),
            })?;
            let locked = os::try_lock(file.as_raw_fd(), REPLACING)?;
            // Another process may have removed it as debris before it was locked.
            let stat = os::stat(&file)?;
            if locked && os::stat_path(&name.0)?.is_some_and(|s| s.is_same_file(&stat)) {
                fill(&file, directory, image, options.mode, options)?;
                let segment = Segment::finish(file, path.to_owned(), options, Origin::Named)?;
                return Ok(Self { segment, name });
            }
        }
        Err(Error::new(ErrorKind::Superseded)
            .at(directory)
            .help("another process keeps removing unfinished files: stop it"))
    }

    /// Removes the hidden name, then unlocks byte 0.
    pub(super) fn finished(self) -> Segment {
        drop(self.name);
        if let Ok(file) = self.segment.file() {
            os::unlock(file.as_raw_fd(), REPLACING);
        }
        self.segment
    }
}
