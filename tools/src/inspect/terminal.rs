//! Shows a segment as text, for people.

use crate::coloured;
use crate::inspect::records::records_text;
use crate::text::{self, Table, Tone, WIDTH, error_text, title};
use crate::view::{LaneView, RingView, RoleView, View, Wish, fate_of, policy_of};
use leyline::contract::outcome::OutcomeStatus;
use leyline::contract::stage::CommandType;
use leyline::link::SentCommand;
use leyline::schema::canonical::{Schema, hex};
use leyline::schema::decode::Value as Field;
use leyline::{NameState, RingKind};
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn to_text(name: &str, view: &View, wish: &Wish) -> String {
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
    let about_name = match view.name_state {
        NameState::Current => None,
        NameState::Unlinked => Some("NAME GONE: its users go on, and no process can join them"),
        NameState::Replaced => Some("SUPERSEDED: the name leads to another segment now"),
    };
    if let Some(about_name) = about_name {
        let _ = writeln!(out, "  {}", Tone::Bad.paint(about_name, coloured()));
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

/// Names the rings whose records are shown on request only.
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

/// Summarizes both sides of a link, at the end, where the reader of a terminal looks first.
fn in_short_text(out: &mut String, view: &View) {
    // With the time of day: two deaths hours ago, within one second, differ in nothing else.
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
                tone_of(role.state).paint(&role.state_and_reason(), coloured())
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

fn tone_of(state: &str) -> Tone {
    match state {
        "held" => Tone::Good,
        "died" | "failed" | "superseded" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// Roles of one side of a link that were taken within this time under one number were taken by one
/// process.
const TOGETHER_NS: u64 = 1_000_000_000;

/// Shows the roles, grouped by process.
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
    // A consumer's ending is not recorded, but a process ends as a whole.
    let (free, mut ended): (Vec<_>, Vec<_>) = holders.into_iter().partition(|h| h.role.state == "free");
    for holder in free {
        let (info, side) = (&holder.role.info, &holder.role.side);
        let same = |h: &&mut Holder<'_>| {
            let other = &h.role.info;
            let apart = other.since_unix_ns.abs_diff(info.since_unix_ns);
            let ended = matches!(h.role.state, "died" | "failed" | "closed");
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
        let state = tone_of(role.state).paint(&role.state_and_reason(), coloured());
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
    let head = ["ring", "record", "slots", "last", "rate", "age", "gen", "writer"];
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

/// Shows the counters of roles: records read, lost and sanitized, and latencies.
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
    let sanitized: Vec<_> = view.roles().filter(|(_, role)| role.info.sanitized > 0).collect();
    if !sanitized.is_empty() {
        title(out, "SANITIZED, in the life of the segment");
        let mut table = Table::new(["written by", "records"]).right(&[1]);
        for (ring, role) in sanitized {
            table.row([role.name(&ring.info.name), role.info.sanitized.to_string()]);
        }
        out.push_str(&table.render(coloured()));
        let hint = "values that were not finite or out of bounds were replaced, NaN by the worst value of its \
                    field; --last=N shows which records have the flag SANITIZED";
        for line in text::wrap(hint.split(' ').map(str::to_owned), WIDTH - 2) {
            let _ = writeln!(out, "  {line}");
        }
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

/// Most commands listed.
const LISTED: usize = 20;

fn lane_text(out: &mut String, lane: &LaneView) {
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
