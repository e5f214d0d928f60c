//! `leyline ls`: lists the segments of the directory.

use crate::text::{self, Table, Tone};
use crate::unlinked::{self, Unlinked};
use crate::{Common, coloured, error_json, print};
use leyline::{Error, Listed, ListedKind, PeerState, Segment};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

/// Longest text of a failed segment's state, in columns.
const REASON: usize = 48;

/// Summarizes one segment.
struct Summary {
    size: usize,
    created_unix_ns: i64,
    held: usize,
    roles: usize,
    /// Process ids of the living holders, each in its own namespace.
    holders: BTreeSet<u32>,
    age: Option<Duration>,
    state: &'static str,
    /// The reason why a writer failed, if one did and no writer died.
    failure: Option<String>,
}

pub(crate) fn run(common: &Common) -> leyline::Result<()> {
    let options = common.options();
    let listed = Segment::list(&options)?;
    let (mut segments, mut debris) = (Vec::new(), Vec::new());
    for listed in listed {
        match &listed.what {
            ListedKind::Segment(name) => {
                let summary = Segment::attach(name, &options).and_then(|s| Summary::of(&s));
                // The file may have been removed since the directory was read.
                if !matches!(&summary, Err(e) if e.kind() == leyline::ErrorKind::NotFound) {
                    segments.push((name.clone(), listed, summary));
                }
            }
            ListedKind::Debris { in_use } => debris.push((*in_use, listed)),
        }
    }
    let directory = options.resolve_directory();
    let unlinked = unlinked::find(&directory);
    let directory = directory.to_string_lossy().into_owned();
    if common.json {
        let segments: Vec<Value> = segments.iter().map(|(name, l, s)| segment_json(name, l, s)).collect();
        let debris: Vec<Value> = debris.iter().map(|(in_use, l)| debris_json(*in_use, l)).collect();
        let unlinked: Vec<Value> = unlinked.iter().map(unlinked_json).collect();
        return print(&format!(
            "{}\n",
            json!({"directory": directory, "segments": segments, "unlinked": unlinked, "debris": debris})
        ));
    }
    print(&for_people(&directory, &segments, &unlinked, &debris))
}

impl Summary {
    fn of(segment: &Segment) -> leyline::Result<Self> {
        let (mut held, mut roles, mut holders) = (0, 0, BTreeSet::new());
        let (mut age, mut died, mut used): (Option<Duration>, _, _) = (None, false, false);
        let mut failure: Option<String> = None;
        for ring in segment.rings() {
            let status = segment.ring_status(&ring.name)?;
            died |= matches!(status.writer, PeerState::Gone(leyline::Ending::Died));
            used |= status.generation > 0;
            age = age.into_iter().chain(status.age).min();
            for consumer in std::iter::once(None).chain((0..ring.consumers).map(Some)) {
                let role = segment.role(&ring.name, consumer)?;
                roles += 1;
                failure = failure.filter(|reason| !reason.is_empty()).or(role.failure);
                if role.held {
                    held += 1;
                    holders.insert(role.pid);
                }
            }
        }
        let state = match (held, died, used) {
            (1.., ..) => "in use",
            (_, true, _) => "left behind",
            _ if failure.is_some() => "failed",
            (_, _, true) => "closed",
            _ => "never used",
        };
        let failure = failure.filter(|_| state == "failed");
        let (size, created_unix_ns) = (segment.size(), segment.created_unix_ns());
        Ok(Self { size, created_unix_ns, held, roles, holders, age, state, failure })
    }
}

fn segment_json(name: &str, listed: &Listed, summary: &Result<Summary, Error>) -> Value {
    let mut found = json!({
        "name": name,
        "path": listed.path.to_string_lossy(),
        "bytes": listed.bytes,
        "owner": listed.owner,
    });
    let more = match summary {
        Ok(s) => json!({
            "state": s.state,
            "failure": s.failure,
            "created_unix_ns": s.created_unix_ns,
            "roles": s.roles,
            "roles_held": s.held,
            "holders": s.holders,
            "last_record_age_ns": s.age.map(|d| d.as_nanos() as u64),
            "error": null,
        }),
        Err(e) => json!({ "state": unreadable(e), "error": error_json(e) }),
    };
    if let (Value::Object(found), Value::Object(more)) = (&mut found, more) {
        found.extend(more);
    }
    found
}

fn unlinked_json(unlinked: &Unlinked) -> Value {
    json!({
        "file": unlinked.file,
        "bytes": unlinked.bytes,
        "users": unlinked.users.iter()
            .map(|(pid, path)| json!({ "pid": pid, "descriptor": path.to_string_lossy() }))
            .collect::<Vec<_>>(),
    })
}

fn debris_json(in_use: bool, listed: &Listed) -> Value {
    json!({
        "path": listed.path.to_string_lossy(),
        "bytes": listed.bytes,
        "owner": listed.owner,
        "modified_unix_ns": listed.modified_unix_ns,
        "in_use": in_use,
    })
}

fn unreadable(e: &Error) -> &'static str {
    if crate::is_damage(e.kind()) { "damaged" } else { "refused" }
}

fn for_people(
    directory: &str,
    segments: &[(String, Listed, Result<Summary, Error>)],
    unlinked: &[Unlinked],
    debris: &[(bool, Listed)],
) -> String {
    let mut out = String::new();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let _ = writeln!(out, "{}: {}", text::clean(directory), count(segments.len(), "segment"));
    if !segments.is_empty() {
        let mut table =
            Table::new(["name", "size", "made", "roles held", "last record", "state"]).right(&[1, 2, 4]);
        for (name, listed, summary) in segments {
            let dash = || "-".to_owned();
            let (cells, tone) = match summary {
                Ok(s) => {
                    let pids: Vec<String> = s.holders.iter().map(u32::to_string).collect();
                    let by = if pids.is_empty() { String::new() } else { format!(" by {}", pids.join(" ")) };
                    let tone = match s.state {
                        "in use" => Tone::Good,
                        "failed" => Tone::Bad,
                        _ => Tone::Plain,
                    };
                    let cells = [
                        name.clone(),
                        text::size(s.size as u64),
                        text::maybe(text::since(s.created_unix_ns)),
                        format!("{} of {}{by}", s.held, s.roles),
                        text::maybe(s.age),
                        match s.failure.as_deref() {
                            None | Some("") => s.state.to_owned(),
                            Some(reason) => text::cut(&format!("failed: {}", text::clean(reason)), REASON),
                        },
                    ];
                    (cells, tone)
                }
                Err(e) => {
                    let size = text::size(listed.bytes);
                    let made = text::maybe(text::since(listed.modified_unix_ns));
                    ([name.clone(), size, made, dash(), dash(), unreadable(e).to_owned()], Tone::Bad)
                }
            };
            let last = cells.len() - 1;
            let toned = |(i, c)| (c, if i == last { tone } else { Tone::Plain });
            table.cells(cells.into_iter().enumerate().map(toned).collect());
        }
        out.push_str(&table.render(coloured()));
    }
    for (name, _, summary) in segments {
        if let Err(e) = summary {
            let said = format!("{name}: {}", text::clean(&e.to_string()));
            out.push('\n');
            for line in text::wrap(said.split(' ').map(str::to_owned), text::WIDTH) {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    if !unlinked.is_empty() {
        let many = count(unlinked.len(), "segment");
        let _ = writeln!(out, "\nname gone: {many}; the users go on, and no process can join them");
        let mut table = Table::new(["file", "size", "used by", "shown by"]).right(&[1]);
        for Unlinked { file, bytes, users } in unlinked {
            let pids: Vec<String> = users.keys().map(u32::to_string).collect();
            let shown = users.values().next().map(|path| format!("leyline inspect {}", path.display()));
            table.row([text::clean(file), text::size(*bytes), pids.join(" "), shown.unwrap_or_default()]);
        }
        out.push_str(&table.render(coloured()));
    }
    if !debris.is_empty() {
        let _ = writeln!(out, "\ndebris: {}", count(debris.len(), "file"));
        let mut table = Table::new(["file", "size", "made", "what"]).right(&[1, 2]);
        for (in_use, listed) in debris {
            let name = listed.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let what = if *in_use {
                "being made or swapped in now"
            } else {
                "left by a killed program; leyline rm --debris"
            };
            let made = text::maybe(text::since(listed.modified_unix_ns));
            table.row([name, text::size(listed.bytes), made, what.to_owned()]);
        }
        out.push_str(&table.render(coloured()));
    }
    out
}
