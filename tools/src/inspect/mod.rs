//! `leyline inspect`: shows who holds a segment, how its rings stand, and the last records.

mod json;
mod records;
mod terminal;

use crate::inspect::json::to_json;
use crate::inspect::terminal::to_text;
use crate::view::{Before, View, Wish};
use crate::{Common, print, unlinked};
use clap::Args;
use leyline::{Error, ErrorKind, FILE_SUFFIX, Options, Segment};
use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads only: takes no role and sets no flag. Works after all users of the segment have died.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Name of the segment, or, for one without a name or whose name is gone, a holder's descriptor:
    /// /proc/PID/fd/N
    name: String,
    /// Number of the newest records to show of each ring [default: 3; without --json and --ring 1
    /// of outcomes, none of reports]
    #[arg(long, value_name = "N")]
    last: Option<u64>,
    /// Show only these rings
    #[arg(long, value_name = "RING")]
    ring: Vec<String>,
    /// Number of rows to show of a slot that has several
    #[arg(long, default_value_t = 4, value_name = "N")]
    rows: usize,
    /// Repeat every so many seconds, until interrupted; with --json one line each time
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "1", value_name = "SECONDS")]
    watch: Option<f64>,
}

/// Most records of a ring that are shown.
const MOST: u64 = 1 << 20;

pub(crate) fn run(common: &Common, inspect: &Inspect) -> leyline::Result<()> {
    let options = common.options();
    let asked = inspect.last.or((common.json || !inspect.ring.is_empty()).then_some(3));
    let last = asked.map(|n| n.min(MOST));
    let wish = Wish { last, rows: inspect.rows, rings: inspect.ring.clone() };
    let mut segment = attach(&inspect.name, &options)?;
    let mut before: Option<Before> = None;
    loop {
        let taken = Instant::now();
        let view = View::of(&segment, &wish, before.as_ref())?;
        let shown = if common.json {
            format!("{}\n", to_json(&inspect.name, &view))
        } else {
            to_text(&inspect.name, &view, &wish)
        };
        let Some(seconds) = inspect.watch else { return print(&shown) };
        let clear = if std::io::stdout().is_terminal() && !common.json { "\x1b[H\x1b[2J\x1b[3J" } else { "" };
        let gap = if common.json || !clear.is_empty() { "" } else { "\n" };
        print(&format!("{clear}{shown}{gap}"))?;
        before = Some(view.before(taken));
        std::thread::sleep(Duration::try_from_secs_f64(seconds.max(0.01)).unwrap_or(Duration::from_secs(1)));
        // Attach again each time: the name may lead elsewhere, and reading a truncated file would
        // end this process.
        if !segment.is_sealed() {
            let now = attach(&inspect.name, &options)?;
            before = before.filter(|_| now.id() == segment.id());
            segment = now;
        }
    }
}

/// Attaches by name, or by the path of a descriptor: a name has no slash.
fn attach(name: &str, options: &Options) -> leyline::Result<Segment> {
    if !name.contains('/') {
        return Segment::attach(name, options).map_err(|e| with_users(e, name, options));
    }
    let path = Path::new(name);
    // Check first: opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(|e| Error::os(e, "stat").at(path))?.is_file() {
        return Err(Error::new(ErrorKind::NotRegularFile).at(path));
    }
    let file = File::open(path).map_err(|e| Error::os(e, "open").at(path))?;
    Segment::from_descriptor(file.into(), options)
}

/// Says in the error of a missing segment which processes still use it.
fn with_users(e: Error, name: &str, options: &Options) -> Error {
    if e.kind() != ErrorKind::NotFound {
        return e;
    }
    let file = format!("{name}{FILE_SUFFIX}");
    let unlinked = unlinked::find(&options.resolve_directory());
    let Some(users) = unlinked.into_iter().find(|u| u.file == file).map(|u| u.users) else { return e };
    let ids: Vec<String> = users.keys().map(u32::to_string).collect();
    let e = e.expected_found(
        "a segment that has its name",
        format!("one whose name is gone, used by {}", ids.join(" ")),
    );
    match users.values().next() {
        Some(path) => e.help(format!("leyline inspect {}", path.display())),
        None => e,
    }
}
