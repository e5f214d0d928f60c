//! `leyline inspect`: who holds a segment, how its rings stand, and what was said last.

use crate::text::{self, Table, Tone, WIDTH};
use crate::view::{Before, RingView, RoleView, Row, Slot, View, Wish};
use crate::{Common, coloured, error_json, print};
use clap::Args;
use leyline::contract::outcome::OutcomeStatus;
use leyline::contract::stage::CommandType;
use leyline::link::SentCommand;
use leyline::schema::canonical::Schema;
use leyline::schema::canonical::hex;
use leyline::schema::decode::Decoded;
use leyline::schema::decode::Value as Field;
use leyline::{Error, ErrorKind, Flags, Latency, Options, Policy, RingKind, Segment};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads only: takes no role, sets no flag and disturbs nobody. Works as well after all its users have died.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The segment, or of one without a name a holder's descriptor: /proc/PID/fd/N
    name: String,
    /// Records to show of each ring, the newest [default: 3; without --json and --ring 1 of outcomes, none of reports]
    #[arg(long, value_name = "N")]
    last: Option<u64>,
    /// Only these rings
    #[arg(long, value_name = "RING")]
    ring: Vec<String>,
    /// Rows to show of a slot that has several
    #[arg(long, default_value_t = 4, value_name = "N")]
    rows: usize,
    /// Show it again every so many seconds, until interrupted; with --json one line each time
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "1", value_name = "SECONDS")]
    watch: Option<f64>,
}

/// Records of a ring that are shown at most.
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
        // Anew each time: the name may lead elsewhere, and the file may have been cut short, which ends who reads on.
        if !segment.is_sealed() {
            let now = attach(&inspect.name, &options)?;
            before = before.filter(|_| now.id() == segment.id());
            segment = now;
        }
    }
}

/// No name has a slash in it: it is the way to a descriptor.
fn attach(name: &str, options: &Options) -> leyline::Result<Segment> {
    if !name.contains('/') {
        return Segment::attach(name, options);
    }
    let path = Path::new(name);
    // Asked first: to open a pipe would be to wait for its other end.
    if !std::fs::metadata(path).map_err(|e| Error::os(e, "stat").at(path))?.is_file() {
        return Err(Error::new(ErrorKind::NotRegularFile).at(path));
    }
    let file = File::open(path).map_err(|e| Error::os(e, "open").at(path))?;
    Segment::from_descriptor(file.into(), options)
}

fn flags_of(flags: Flags) -> Vec<&'static str> {
    let all = [
        (Flags::FIRST, "FIRST"),
        (Flags::TERMINATED, "TERMINATED"),
        (Flags::TRUNCATED, "TRUNCATED"),
        (Flags::SANITIZED, "SANITIZED"),
    ];
    all.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name).collect()
}

fn policy_of(policy: Policy) -> &'static str {
    match policy {
        Policy::Keep => "keep",
        Policy::Release => "release",
    }
}

/// What became of a command, in a word.
fn fate_of(sent: &SentCommand) -> String {
    match sent.outcome {
        None if sent.committed => "committed".into(),
        None => "unanswered".into(),
        Some(outcome) => {
            outcome.status().map_or_else(|_| "answered nonsense".into(), |s| s.name().to_lowercase())
        }
    }
}

// ---- JSON ----

fn ns(d: Option<Duration>) -> Option<u64> {
    d.map(|d| d.as_nanos() as u64)
}

fn to_json(name: &str, view: &View) -> Value {
    let segment = &view.segment;
    let actions = view.actions.as_ref().map(
        |a| json!({ "topology": a.topology(), "fingerprint": hex(&a.fingerprint()), "names": a.names() }),
    );
    json!({
        "name": name,
        "path": segment.path().to_string_lossy(),
        "id": hex(&segment.id()),
        "bytes": segment.size(),
        "created_unix_ns": segment.created_unix_ns(),
        "current": view.current,
        "actions": actions,
        "rings": view.rings.iter().map(ring_json).collect::<Vec<_>>(),
        "lanes": view.lanes.iter().map(lane_json).collect::<Vec<_>>(),
    })
}

fn ring_json(ring: &RingView) -> Value {
    let (info, status) = (&ring.info, &ring.status);
    let (last, error) = match &ring.last {
        Ok(slots) => (slots.iter().map(slot_json).collect(), Value::Null),
        Err(e) => (Vec::new(), error_json(e)),
    };
    let schema = Schema::from_canonical(&info.schema).ok();
    json!({
        "name": info.name,
        "kind": format!("{:?}", RingKind::of(info)).to_lowercase(),
        "lane": info.lane,
        "record": {
            "name": schema.as_ref().map(Schema::name),
            "version": schema.as_ref().map(Schema::version),
            "bytes": info.record_size,
            "fingerprint": hex(&info.fingerprint),
        },
        "capacity": info.capacity,
        "rows": info.rows,
        "policy": policy_of(info.policy),
        "time_source": format!("{:?}", info.time_source).to_lowercase(),
        "last_sequence": status.last_sequence,
        "written": status.written,
        "readable": status.readable,
        "age_ns": ns(status.age),
        "rate_hz": status.rate_hz,
        "rate_now_hz": ring.rate_now,
        "generation": status.generation,
        "restarts": status.generation.saturating_sub(1),
        "takeovers": status.takeovers.iter()
            .map(|t| json!({ "generation": t.generation, "first_sequence": t.first_sequence })).collect::<Vec<_>>(),
        "handed_over": status.handed_over,
        "writer": role_json(&ring.roles[0]),
        "consumers": ring.roles[1..].iter().zip(&status.consumers).map(|(role, c)| {
            let mut found = role_json(role);
            found["committed"] = c.committed.into();
            found["behind"] = c.behind.into();
            found["passed_over"] = c.passed_over.into();
            found
        }).collect::<Vec<_>>(),
        "last": last,
        "error": error,
    })
}

fn role_json(role: &RoleView) -> Value {
    let info = &role.info;
    json!({
        "side": role.side,
        "state": role.state,
        "held": info.held,
        "silent_ns": ns(role.silent),
        "pid": info.pid,
        "since_unix_ns": info.since_unix_ns,
        "command": info.command,
        "records": info.records,
        "lost": info.lost,
        "latency": latency_json(&info.latency),
    })
}

fn latency_json(l: &Latency) -> Value {
    json!({
        "count": l.count,
        "mean_ns": l.sum.checked_div(l.count),
        "min_ns": l.min,
        "p50_ns": l.quantile(0.5),
        "p90_ns": l.quantile(0.9),
        "p99_ns": l.quantile(0.99),
        "p999_ns": l.quantile(0.999),
        "max_ns": l.max,
        "deadline_ns": l.deadline,
        "deadline_misses": l.misses,
    })
}

fn slot_json(slot: &Slot) -> Value {
    json!({
        "sequence": slot.meta.sequence,
        "generation": slot.meta.generation,
        "time_ns": slot.meta.time_ns,
        "age_ns": ns(slot.age),
        "rows": slot.rows.iter().map(|row| json!({
            "env": row.env,
            "flags": flags_of(row.flags),
            "fields": row.fields.iter().map(|f| (f.name.clone(), field_json(f))).collect::<Map<_, _>>(),
        })).collect::<Vec<_>>(),
    })
}

fn field_json(field: &Decoded) -> Value {
    let mut found = json!({ "value": if field.present { value_json(&field.value) } else { Value::Null } });
    let more = [("unit", Some(&field.unit).filter(|u| !u.is_empty()))];
    let more =
        more.into_iter().chain([("meaning", field.meaning.as_ref()), ("problem", field.problem.as_ref())]);
    for (key, text) in more.filter_map(|(key, text)| Some((key, text?))).filter(|_| field.present) {
        found[key] = text.as_str().into();
    }
    found
}

fn value_json(value: &Field) -> Value {
    match value {
        Field::Unsigned(n) => (*n).into(),
        Field::Signed(n) => (*n).into(),
        // The shortest digits that mean this f32, not those of the f64 next to it.
        Field::Float(x) => x.to_string().parse::<f64>().map_or(Value::Null, Into::into),
        Field::Double(x) => (*x).into(),
        Field::List(values) => values.iter().map(value_json).collect(),
        Field::Text(_) | Field::Uuid(_) => value.to_string().into(),
    }
}

fn lane_json(lane: &crate::view::LaneView) -> Value {
    match &lane.sent {
        Ok(sent) => json!({
            "lane": lane.lane,
            "uncommitted": sent.iter().filter(|s| !s.committed).count(),
            "unanswered": sent.iter().filter(|s| s.is_open()).count(),
            "commands": sent.iter().filter(|s| !s.committed).map(|s| json!({
                "sequence": s.meta.sequence,
                "id": Field::Uuid(s.command.id).to_string(),
                "env": s.command.env,
                "time_ns": s.meta.time_ns,
                "type": s.command.command_type().map(CommandType::name).ok(),
                "fate": fate_of(s),
                "annotations": s.annotations.iter()
                    .map(|a| (a.key.to_string(), a.value.as_str().unwrap_or("?").into()))
                    .collect::<Map<_, _>>(),
            })).collect::<Vec<_>>(),
            "error": null,
        }),
        Err(e) => json!({
            "lane": lane.lane, "uncommitted": null, "unanswered": null, "commands": [], "error": error_json(e),
        }),
    }
}

// ---- for people ----

fn to_text(name: &str, view: &View, wish: &Wish) -> String {
    let mut out = String::new();
    let segment = &view.segment;
    let bold = |text: &str| Tone::Head.paint(text, coloured());
    let _ = writeln!(out, "{}  {}", bold(name), text::clean(&segment.path().to_string_lossy()));
    let made = segment.created_unix_ns();
    let _ = writeln!(
        out,
        "  {}, made {} ({} ago), id {}",
        text::size(segment.size() as u64),
        text::time(made),
        text::maybe(text::since(made)),
        hex(&segment.id())
    );
    if !view.current {
        let _ =
            writeln!(out, "  {}", Tone::Bad.paint("SUPERSEDED: the name leads elsewhere now", coloured()));
    }
    if let Some(actions) = &view.actions {
        let names = actions.names().iter().enumerate().map(|(i, n)| format!("{i} {n}  "));
        let words = std::iter::once(format!("actions of {}:", actions.topology())).chain(names);
        for line in text::wrap(words, WIDTH - 2) {
            let _ = writeln!(out, "  {}", line.trim_end());
        }
    }
    holders_text(&mut out, view);
    rings_text(&mut out, view);
    consumers_text(&mut out, view);
    counters_text(&mut out, view);
    for lane in &view.lanes {
        lane_text(&mut out, lane);
    }
    for ring in &view.rings {
        records_text(&mut out, ring);
    }
    if wish.last.is_none() {
        left_out_text(&mut out, view, wish);
    }
    in_short_text(&mut out, view);
    out
}

/// The rings whose records are not shown unless asked for.
fn left_out_text(out: &mut String, view: &View, wish: &Wish) {
    let hidden = |r: &&RingView| wish.last_of(RingKind::of(&r.info)) == 0 && r.status.readable > 0;
    let names: Vec<String> = view.rings.iter().filter(hidden).map(|r| text::clean(&r.info.name)).collect();
    if !names.is_empty() {
        let words = format!("not shown (--last=N or --ring=RING shows them): {}", names.join(", "));
        out.push('\n');
        for line in text::wrap(words.split(' ').map(str::to_owned), WIDTH - 2) {
            let _ = writeln!(out, "  {line}");
        }
    }
}

/// The state of both sides of a link and their last words, where a terminal's reader looks first: at the end.
fn in_short_text(out: &mut String, view: &View) {
    // By the clock: two who died hours ago within one second are told apart by nothing else.
    let when = |age| format!(", {} ago, at {}", text::duration(age), text::time(text::ago(age)));
    let said = [(RingKind::Observations, "observation"), (RingKind::Decisions, "decision")];
    let mut lines = Vec::new();
    for (kind, what) in said {
        for ring in view.rings.iter().filter(|r| RingKind::of(&r.info) == kind) {
            let role = &ring.roles[0];
            let last = match ring.status.last_sequence {
                0 => format!("no {what} yet"),
                n => format!("last {what} #{n}{}", ring.status.age.map(when).unwrap_or_default()),
            };
            lines.push(format!(
                "{}: {}; {last}",
                role.side,
                tone_of(role.state).paint(role.state, coloured())
            ));
        }
    }
    for lane in &view.lanes {
        let Ok(sent) = &lane.sent else { continue };
        let open = sent.iter().filter(|s| s.is_open()).count();
        let last = sent.last().map_or_else(
            || "none sent".to_owned(),
            |s| {
                let of = s.command.command_type().map_or("?", CommandType::name);
                format!("last #{} {of}, {}", s.meta.sequence, fate_of(s))
            },
        );
        let open = Tone::Bad.paint(&format!("{open} unanswered"), coloured() && open > 0);
        lines.push(format!("commands of lane {}: {open}; {last}", lane.lane));
    }
    if !lines.is_empty() {
        title(out, "IN SHORT");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
}

fn title(out: &mut String, words: &str) {
    let _ = writeln!(out, "\n{}", Tone::Head.paint(words, coloured()));
}

fn tone_of(state: &str) -> Tone {
    match state {
        "held" => Tone::Good,
        "died" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// Roles of one side of a link that were taken within this time under one number were taken by one process.
const TOGETHER_NS: u64 = 1_000_000_000;

/// The roles, those of one process together.
fn holders_text(out: &mut String, view: &View) {
    struct Holder<'a> {
        role: &'a RoleView,
        silent: Option<Duration>,
        roles: Vec<String>,
    }
    let mut holders: Vec<Holder<'_>> = Vec::new();
    for (ring, role) in view.roles() {
        let alike = |h: &&mut Holder<'_>| {
            h.role.side == role.side && h.role.state == role.state && h.role.info.pid == role.info.pid
        };
        let name = role.name(&ring.info.name);
        match holders.iter_mut().find(alike) {
            Some(holder) => {
                holder.silent = holder.silent.into_iter().chain(role.silent).min();
                holder.roles.push(name);
            }
            None => holders.push(Holder { role, silent: role.silent, roles: vec![name] }),
        }
    }
    // How a consumer ended is not known by itself, but a process ends as a whole.
    let (free, mut ended): (Vec<_>, Vec<_>) = holders.into_iter().partition(|h| h.role.state == "free");
    for holder in free {
        let (info, side) = (&holder.role.info, &holder.role.side);
        let same = |h: &&mut Holder<'_>| {
            let other = &h.role.info;
            let apart = other.since_unix_ns.abs_diff(info.since_unix_ns);
            let ended = matches!(h.role.state, "died" | "closed");
            ended && &h.role.side == side && !side.is_empty() && other.pid == info.pid && apart < TOGETHER_NS
        };
        match ended.iter_mut().find(same) {
            Some(h) => h.roles.extend(holder.roles),
            None => ended.push(holder),
        }
    }
    let holders = ended;
    title(out, "ROLES");
    for Holder { role, silent, roles } in holders {
        let side = if role.side.is_empty() { "roles".to_owned() } else { role.side.clone() };
        let state = tone_of(role.state).paint(role.state, coloured());
        let silent = silent.map(|d| format!(", silent for {}", text::duration(d))).unwrap_or_default();
        let _ = write!(out, "  {side}: {state}{silent}");
        if role.info.pid != 0 {
            let verb = if role.info.held { "by" } else { "last by" };
            let since = role.info.since_unix_ns;
            let ago = text::since(since).map(|d| format!(" ({} ago)", text::duration(d))).unwrap_or_default();
            let _ = write!(out, "; {verb} process {} since {}{ago}", role.info.pid, text::time(since));
        }
        out.push('\n');
        if !role.info.command.is_empty() {
            let _ = writeln!(out, "    $ {}", text::cut(&text::clean(&role.info.command), WIDTH - 6));
        }
        for line in text::wrap(
            roles
                .iter()
                .enumerate()
                .map(|(i, r)| format!("{}{}", text::clean(r), if i + 1 < roles.len() { "," } else { "" })),
            WIDTH - 4,
        ) {
            let _ = writeln!(out, "    {}", Tone::Dim.paint(&line, coloured()));
        }
    }
}

fn rings_text(out: &mut String, view: &View) {
    title(out, "RINGS");
    let head = ["ring", "record", "slots", "last", "rate", "age", "generation", "writer"];
    let mut table = Table::new(head).right(&[2, 3, 4, 5, 6]);
    for ring in &view.rings {
        let record = Schema::from_canonical(&ring.info.schema)
            .map_or_else(|_| "damaged".to_owned(), |s| format!("{} {}", s.name(), s.version()));
        let record = if ring.info.rows > 1 { format!("{record} x{}", ring.info.rows) } else { record };
        let plain = [
            ring.info.name.clone(),
            record,
            ring.info.capacity.to_string(),
            ring.status.last_sequence.to_string(),
            text::rate(ring.rate_now.or(ring.status.rate_hz)),
            text::maybe(ring.status.age),
            ring.status.generation.to_string(),
        ];
        let role = &ring.roles[0];
        let (state, tone) = match (ring.status.handed_over, role.info.held) {
            (false, _) => (role.state.to_owned(), tone_of(role.state)),
            (true, true) => (format!("{}, a device writes", role.state), tone_of(role.state)),
            (true, false) => (format!("{}, LEFT TO A DEVICE", role.state), Tone::Bad),
        };
        let cells = plain.into_iter().map(|c| (c, Tone::Plain));
        table.cells(cells.chain([(state, tone)]).collect());
    }
    out.push_str(&table.render(coloured()));
    for ring in view.rings.iter().filter(|r| r.status.generation > 1) {
        // The ring may remember a hundred; --json has them all.
        let newest = &ring.status.takeovers[ring.status.takeovers.len().saturating_sub(8)..];
        let firsts = newest.iter().map(|t| format!("{} at {}  ", t.generation, t.first_sequence));
        let words = std::iter::once(format!("{} restarted:", text::clean(&ring.info.name))).chain(firsts);
        for line in text::wrap(words, WIDTH - 2) {
            let _ = writeln!(out, "  {}", line.trim_end());
        }
    }
}

fn consumers_text(out: &mut String, view: &View) {
    let mut table = Table::new(["consumer", "policy", "committed", "behind", "of", "passed over", "state"])
        .right(&[2, 3, 4, 5]);
    let mut any = false;
    for ring in &view.rings {
        for (role, consumer) in ring.roles[1..].iter().zip(&ring.status.consumers) {
            any = true;
            let plain = [
                format!("{}/{}", ring.info.name, role.consumer.unwrap_or(0)),
                policy_of(ring.info.policy).to_owned(),
                consumer.committed.to_string(),
                consumer.behind.to_string(),
                ring.info.capacity.to_string(),
                consumer.passed_over.to_string(),
            ];
            let full = consumer.behind >= ring.info.capacity;
            let state = if full { format!("{}, FULL", role.state) } else { role.state.to_owned() };
            let tone = if full { Tone::Bad } else { tone_of(role.state) };
            table.cells(plain.into_iter().map(|c| (c, Tone::Plain)).chain([(state, tone)]).collect());
        }
    }
    if any {
        title(out, "CONSUMERS");
        out.push_str(&table.render(coloured()));
    }
}

/// What the roles have counted: records read and lost, and latencies.
fn counters_text(out: &mut String, view: &View) {
    let counted: Vec<_> =
        view.roles().filter(|(_, role)| role.info.records > 0 || role.info.lost > 0).collect();
    if !counted.is_empty() {
        title(out, "READ AND LOST, in the life of the segment");
        let mut table = Table::new(["role", "read", "lost"]).right(&[1, 2]);
        for (ring, role) in counted {
            // A controller reads observations; it counts them where it decides.
            let reads = if role.consumer.is_none() { " (observations)" } else { "" };
            let name = format!("{}{reads}", role.name(&ring.info.name));
            table.row([name, role.info.records.to_string(), role.info.lost.to_string()]);
        }
        out.push_str(&table.render(coloured()));
    }
    let timed: Vec<_> = view.roles().filter(|(_, role)| role.info.latency.count > 0).collect();
    if !timed.is_empty() {
        title(out, "LATENCY, observation to decision (percentiles are upper bounds)");
        let head = ["counted by", "count", "min", "p50", "p90", "p99", "p99.9", "max", "missed"];
        let mut table = Table::new(head).right(&[1, 2, 3, 4, 5, 6, 7, 8]);
        for (ring, role) in timed {
            let l = &role.info.latency;
            let time = |ns: u64| text::duration(Duration::from_nanos(ns));
            let missed = if l.deadline == 0 {
                "-".to_owned()
            } else {
                format!("{} over {}", l.misses, time(l.deadline))
            };
            let quantiles = [0.5, 0.9, 0.99, 0.999].map(|q| time(l.quantile(q)));
            let [p50, p90, p99, p999] = quantiles;
            let name = role.name(&ring.info.name);
            table.row([name, l.count.to_string(), time(l.min), p50, p90, p99, p999, time(l.max), missed]);
        }
        out.push_str(&table.render(coloured()));
    }
}

fn error_text(out: &mut String, e: &leyline::Error) {
    let said = text::clean(&e.to_string());
    for line in text::wrap(said.split(' ').map(str::to_owned), WIDTH - 2) {
        let _ = writeln!(out, "  {line}");
    }
}

/// Commands listed at most.
const LISTED: usize = 20;

fn lane_text(out: &mut String, lane: &crate::view::LaneView) {
    let sent = match &lane.sent {
        Ok(sent) => sent,
        Err(e) => {
            title(out, &format!("COMMANDS of lane {}", lane.lane));
            error_text(out, e);
            return;
        }
    };
    let waiting: Vec<&SentCommand> = sent.iter().filter(|s| !s.committed).collect();
    let open = sent.iter().filter(|s| s.is_open()).count();
    let words =
        format!("COMMANDS of lane {}: {} uncommitted, {open} of them unanswered", lane.lane, waiting.len());
    title(out, &words);
    if waiting.is_empty() {
        return;
    }
    let mut table =
        Table::new(["sequence", "id", "sent", "type", "env", "seed or blueprint", "fate"]).right(&[0, 2, 4]);
    for sent in waiting.iter().take(LISTED) {
        let c = &sent.command;
        let ago = leyline::monotonic_now().checked_sub(sent.meta.time_ns).filter(|_| sent.meta.time_ns != 0);
        let target = if c.target_seed.is_empty() { c.blueprint } else { c.target_seed };
        let failed = sent.outcome.and_then(|o| o.status().ok()) == Some(OutcomeStatus::Failed);
        let fate = (fate_of(sent), if failed || sent.is_open() { Tone::Bad } else { Tone::Plain });
        let plain = [
            sent.meta.sequence.to_string(),
            text::cut(&Field::Uuid(c.id).to_string(), 9),
            text::maybe(ago.map(Duration::from_nanos)),
            c.command_type().map_or_else(|_| "?".to_owned(), |t| t.name().to_owned()),
            c.env.to_string(),
            target.to_string(),
        ];
        table.cells(plain.into_iter().map(|c| (c, Tone::Plain)).chain([fate]).collect());
    }
    out.push_str(&table.render(coloured()));
    for sent in waiting.iter().take(LISTED).filter(|s| !s.annotations.is_empty()) {
        let pairs =
            sent.annotations.iter().map(|a| format!("{} = {};", a.key, a.value.as_str().unwrap_or("?")));
        let words = std::iter::once(format!("{} says", sent.meta.sequence)).chain(pairs);
        for line in text::wrap(words.map(|w| text::clean(&w)), WIDTH - 2) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if waiting.len() > LISTED {
        let _ = writeln!(out, "  and {} more", waiting.len() - LISTED);
    }
}

/// A column of the table of records: what stands beside the record, and its fields.
struct Column<'a> {
    head: Vec<String>,
    row: &'a Row,
}

fn records_text(out: &mut String, ring: &RingView) {
    let name = text::clean(&ring.info.name);
    let slots = match &ring.last {
        Ok(slots) if slots.is_empty() => return,
        Ok(slots) => slots,
        Err(e) => {
            title(out, &format!("LAST of {name}"));
            error_text(out, e);
            return;
        }
    };
    title(out, &format!("LAST of {name}"));
    let mut columns: Vec<Column<'_>> = Vec::new();
    for slot in slots {
        for (i, row) in slot.rows.iter().enumerate() {
            let sequence = format!("#{}", slot.meta.sequence);
            let head = vec![
                if slot.rows.len() > 1 { format!("{sequence}[{i}]") } else { sequence },
                slot.age.map_or_else(|| "-".into(), |d| format!("{} ago", text::duration(d))),
                row.env.to_string(),
                flags_of(row.flags).join(" "),
            ];
            columns.push(Column { head, row });
        }
    }
    let shown = slots.first().map_or(0, |s| s.rows.len());
    if ring.info.rows > shown {
        let _ = writeln!(out, "  {shown} of the {} rows of each slot", ring.info.rows);
    }
    // As many columns beside each other as fit, then the next ones below.
    let mut rest = columns.as_slice();
    while !rest.is_empty() {
        // Of one kind: annotations stand among commands.
        let names = |c: &Column<'_>| c.row.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        let first = names(&rest[0]);
        let alike = rest.iter().take(BESIDE_EACH_OTHER).take_while(|c| names(c) == first).count();
        let fit = (1..=alike).rev().find(|&n| width_of(&rest[..n]) <= WIDTH).unwrap_or(1);
        if rest.len() < columns.len() {
            out.push('\n');
        }
        out.push_str(&columns_text(&rest[..fit]));
        rest = &rest[fit..];
    }
}

/// More columns than that do not fit into a line.
const BESIDE_EACH_OTHER: usize = 12;
/// Characters of a field's value that are shown.
const CELL: usize = 44;

fn cell_of(field: &Decoded) -> String {
    if !field.present {
        return String::new();
    }
    let value = match &field.value {
        Field::Signed(n) if *n != 0 && field.name.ends_with("unix_ns") => text::recent(*n),
        // Enough to tell them apart; JSON has them whole.
        Field::Uuid(_) => text::cut(&field.value.to_string(), 9),
        value => value.to_string(),
    };
    let value = match &field.meaning {
        Some(meaning) => format!("{value} {meaning}"),
        None => value,
    };
    let cell = text::cut(&text::clean(&value), CELL);
    if field.problem.is_some() { format!("{cell} (!)") } else { cell }
}

fn is_worth_a_line(fields: &[&Decoded]) -> bool {
    fields.iter().any(|f| {
        let nothing = matches!(f.value, Field::Text(_) | Field::List(_) | Field::Uuid(_))
            || f.name.contains("reserved");
        f.problem.is_some() || (f.present && !(nothing && f.value.is_empty()))
    })
}

const BESIDE: [&str; 4] = ["", "published", "env", "flags"];

/// A line of a table of records.
#[derive(Default)]
struct Line {
    name: String,
    unit: String,
    cells: Vec<String>,
}

fn lines_of(columns: &[Column<'_>]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (i, name) in BESIDE.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|c| c.head[i].clone()).collect();
        if cells.iter().any(|c| !c.is_empty()) {
            lines.push(Line { name: (*name).to_owned(), unit: String::new(), cells });
        }
    }
    for (i, field) in columns[0].row.fields.iter().enumerate() {
        let fields: Vec<&Decoded> = columns.iter().filter_map(|c| c.row.fields.get(i)).collect();
        if is_worth_a_line(&fields) {
            let unit = if matches!(field.unit.as_str(), "flag" | "bits" | "uuid") { "" } else { &field.unit };
            let cells = fields.into_iter().map(cell_of).collect();
            lines.push(Line { name: field.name.clone(), unit: unit.to_owned(), cells });
        }
    }
    lines
}

fn width_of(columns: &[Column<'_>]) -> usize {
    let lines = lines_of(columns);
    let widest = |f: &dyn Fn(&Line) -> usize| lines.iter().map(f).max().unwrap_or(0);
    let cells: usize = (0..columns.len()).map(|i| 2 + widest(&|l| l.cells[i].chars().count())).sum();
    4 + widest(&|l| l.name.chars().count()) + widest(&|l| l.unit.chars().count()) + cells
}

fn columns_text(columns: &[Column<'_>]) -> String {
    let mut lines = lines_of(columns).into_iter();
    let Line { name, unit, cells } = lines.next().unwrap_or_default();
    let mut table = Table::new([]);
    let head = [name, unit].into_iter().chain(cells).map(|c| (c, Tone::Head)).collect();
    table.cells(head);
    for Line { name, unit, cells } in lines {
        let cells = cells.into_iter().map(|c| {
            let tone = if c.ends_with("(!)") { Tone::Bad } else { Tone::Plain };
            (c, tone)
        });
        table.cells([(name, Tone::Plain), (unit, Tone::Dim)].into_iter().chain(cells).collect());
    }
    let mut out = table.render(coloured());
    for column in columns {
        for field in column.row.fields.iter().filter(|f| f.present) {
            if let Some(problem) = &field.problem {
                let _ = writeln!(
                    out,
                    "  (!) {} {}: {}",
                    column.head[0],
                    text::clean(&field.name),
                    text::clean(problem)
                );
            }
        }
    }
    out
}
