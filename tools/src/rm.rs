//! `leyline rm`: removes unused segments.

use crate::{Common, error_json, is_damage, print, report, text};
use clap::Args;
use leyline::{Displaced, Error, ErrorKind, Listed, ListedKind, Segment};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// Removes a segment if no process holds a role of it.
#[derive(Debug, Args)]
// Each is an option of the command line.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Rm {
    /// Segments to remove
    #[arg(required_unless_present_any = ["debris", "unused"])]
    name: Vec<String>,
    /// Remove every segment of the directory whose roles are all free, and the hidden files of
    /// killed programs
    #[arg(long, conflicts_with_all = ["name", "force"])]
    unused: bool,
    /// With --unused: only segments created and last used longer ago than this, such as 90s, 30m,
    /// 1h, 7d
    #[arg(long, value_name = "AGE", value_parser = text::age, requires = "unused")]
    older: Option<Duration>,
    /// Also remove the hidden files that killed programs have left in the directory
    #[arg(long)]
    debris: bool,
    /// Also remove a damaged file, or one that is no segment, unless a process holds a lock on it
    #[arg(long)]
    damaged: bool,
    /// Remove the name even while roles are held; the holders go on and learn that they are
    /// superseded
    #[arg(long)]
    force: bool,
}

/// Tells why `--unused` left a segment in place.
enum Left {
    /// Created or used within `--older`: the age.
    Recent(Duration),
    /// A live process holds a role.
    InUse(Error),
    /// The file is not a segment that this version can read.
    Damaged(Error),
    /// Owned by another user, writable by everybody, or not readable by this user.
    Refused(Error),
    Failed(Error),
}

impl Left {
    fn of(e: Error) -> Self {
        match e.kind() {
            ErrorKind::RoleHeld => Self::InUse(e),
            kind if is_damage(kind) => Self::Damaged(e.help(mend(kind))),
            ErrorKind::ForeignOwner | ErrorKind::InsecureMode | ErrorKind::PermissionDenied => {
                Self::Refused(e)
            }
            _ => Self::Failed(e),
        }
    }

    fn why(&self) -> &'static str {
        match self {
            Self::Recent(_) => "recent",
            Self::InUse(_) => "in use",
            Self::Damaged(_) => "damaged",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }

    fn error(&self) -> Option<&Error> {
        match self {
            Self::Recent(_) => None,
            Self::InUse(e) | Self::Damaged(e) | Self::Refused(e) | Self::Failed(e) => Some(e),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Recent(ago) => format!("made or used {} ago", text::duration(*ago)),
            Self::InUse(e) if !e.found().is_empty() => format!("in use, {}", e.found()),
            Self::InUse(_) => "in use".to_owned(),
            Self::Damaged(e) | Self::Refused(e) | Self::Failed(e) => format!("{}: {e}", self.why()),
        }
    }
}

/// Returns the time since a segment was last used: created, a role taken, or a record stamped.
fn last_used(segment: &Segment) -> leyline::Result<Duration> {
    let mut ago = text::since(segment.created_unix_ns());
    let mut consider = |other: Option<Duration>| ago = ago.into_iter().chain(other).min();
    for ring in segment.rings() {
        consider(segment.ring_status(&ring.name)?.age);
        for consumer in std::iter::once(None).chain((0..ring.consumers).map(Some)) {
            let role = segment.role(&ring.name, consumer)?;
            consider(if role.pid == 0 { None } else { text::since(role.since_unix_ns) });
        }
    }
    // A time in the future counts as now.
    Ok(ago.unwrap_or_default())
}

fn remove_if_unused(common: &Common, rm: &Rm, name: &str, listed: &Listed) -> Result<Displaced, Left> {
    let options = common.options();
    let ago = match Segment::attach(name, &options).and_then(|segment| last_used(&segment)) {
        Err(e) if rm.damaged && is_damage(e.kind()) && e.kind() != ErrorKind::NotRegularFile => {
            text::since(listed.modified_unix_ns).unwrap_or_default()
        }
        ago => ago.map_err(Left::of)?,
    };
    if rm.older.is_some_and(|older| ago < older) {
        return Err(Left::Recent(ago));
    }
    Segment::remove_unused(name, &options).map_err(Left::of)
}

/// Removes every unused segment and reports what was removed, what was left and why.
fn run_unused(common: &Common, rm: &Rm) -> leyline::Result<()> {
    let options = common.options();
    let (mut out, mut bytes) = (String::new(), 0);
    let (mut removed, mut left, mut debris) = (Vec::new(), Vec::new(), Vec::new());
    let mut failed: Option<Error> = None;
    for listed in Segment::list(&options)? {
        let ListedKind::Segment(name) = &listed.what else { continue };
        match remove_if_unused(common, rm, name, &listed) {
            Ok(done) => {
                let _ = write!(out, "removed {name}, {}", text::size(listed.bytes));
                if done.uncommitted > 0 {
                    let _ = write!(out, ", and with it {} records that nobody had taken", done.uncommitted);
                }
                out.push('\n');
                bytes += listed.bytes;
                removed.push(json!({
                    "name": name,
                    "bytes": listed.bytes,
                    "uncommitted": done.uncommitted,
                }));
            }
            // Another process removed it first.
            Err(Left::Failed(e)) if e.kind() == ErrorKind::NotFound => {}
            Err(why) => {
                let _ = writeln!(out, "left {name}: {}", text::clean(&why.text()));
                let error = why.error().map(error_json);
                left.push(json!({ "name": name, "why": why.why(), "error": error }));
                if let Left::Failed(e) = why {
                    failed.get_or_insert(e);
                }
            }
        }
    }
    for path in Segment::remove_debris(&options)? {
        let _ = writeln!(out, "removed {}", text::clean(&path.to_string_lossy()));
        debris.push(Value::from(path.to_string_lossy()));
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let _ = writeln!(
        out,
        "{} removed, {}; {} removed; {} left",
        count(removed.len(), "segment"),
        text::size(bytes),
        count(debris.len(), "hidden file"),
        count(left.len(), "segment"),
    );
    if common.json {
        let error = failed.as_ref().map(error_json);
        out = format!("{}\n", json!({ "removed": removed, "debris": debris, "left": left, "error": error }));
    }
    print(&out)?;
    failed.map_or(Ok(()), Err)
}

pub(crate) fn run(common: &Common, rm: &Rm) -> leyline::Result<()> {
    if rm.unused {
        return run_unused(common, rm);
    }
    let options = common.options();
    let (mut out, mut removed) = (String::new(), Vec::new());
    let mut failed: Option<Error> = None;
    for name in &rm.name {
        match remove(common, rm, name) {
            Ok(done) => {
                let _ = write!(out, "removed {name}");
                if done.uncommitted > 0 {
                    let _ = write!(out, ", and with it {} records that nobody had taken", done.uncommitted);
                }
                out.push('\n');
                removed.push(json!({ "name": name, "uncommitted": done.uncommitted }));
            }
            // The last error is reported at the end, and gives the exit code.
            Err(e) => {
                if let Some(earlier) = failed.replace(e) {
                    report(common, &earlier);
                }
            }
        }
    }
    let mut debris: Vec<Value> = Vec::new();
    if rm.debris {
        for path in Segment::remove_debris(&options)? {
            let _ = writeln!(out, "removed {}", text::clean(&path.to_string_lossy()));
            debris.push(path.to_string_lossy().into());
        }
        if debris.is_empty() {
            out.push_str("no debris\n");
        }
    }
    if common.json {
        let failed = failed.as_ref().map(error_json);
        print(&format!("{}\n", json!({ "removed": removed, "debris": debris, "error": failed })))?;
    } else {
        print(&out)?;
    }
    failed.map_or(Ok(()), Err)
}

fn remove(common: &Common, rm: &Rm, name: &str) -> leyline::Result<Displaced> {
    let options = common.options();
    if rm.force {
        let there = options.path_of(name)?;
        if there.symlink_metadata().is_err() {
            return Err(Error::new(ErrorKind::NotFound).at(there));
        }
        Segment::unlink(name, &options)?;
        return Ok(Displaced { segments: 1, uncommitted: 0 });
    }
    if !rm.damaged
        && let Err(e) = Segment::attach(name, &options)
    {
        let kind = e.kind();
        return Err(if is_damage(kind) { e.help(mend(kind)) } else { e });
    }
    Segment::remove_unused(name, &options).map_err(|e| match e.kind() {
        ErrorKind::RoleHeld => e.help("stop its holder; or leyline rm --force"),
        ErrorKind::NotRegularFile => e.help(mend(ErrorKind::NotRegularFile)),
        _ => e,
    })
}

/// Returns the command that removes a file that is no valid segment.
fn mend(kind: ErrorKind) -> &'static str {
    match kind {
        // It has no roles and cannot be locked.
        ErrorKind::NotRegularFile => "leyline rm --force removes its name, unless it is a directory",
        _ => "leyline rm --damaged removes it",
    }
}
