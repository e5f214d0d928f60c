//! `leyline rm`: takes away what nobody uses.

use crate::{Common, error_json, is_damage, print, report, text};
use clap::Args;
use leyline::{Displaced, Error, ErrorKind, Segment};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A segment is removed only while nobody holds a role of it.
#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// Segments to remove
    #[arg(required_unless_present = "debris")]
    name: Vec<String>,
    /// Also take away the hidden files that killed programs have left in the directory
    #[arg(long)]
    debris: bool,
    /// Also what is damaged, or no segment at all; not while anybody holds a lock on it
    #[arg(long)]
    damaged: bool,
    /// Whoever holds a role: the name goes, its holders go on and learn that they are superseded
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(common: &Common, rm: &Rm) -> leyline::Result<()> {
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
            // The last one is told at the end, and gives the exit code.
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

/// What takes away a file that is no good segment.
fn mend(kind: ErrorKind) -> &'static str {
    match kind {
        // Nobody can hold a role of it, and there is nothing to lock.
        ErrorKind::NotRegularFile => "leyline rm --force takes its name away, unless it is a directory",
        _ => "leyline rm --damaged removes it",
    }
}
