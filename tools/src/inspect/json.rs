//! Shows a segment as JSON, for scripts. The keys are promised in docs/troubleshooting.md.

use crate::error_json;
use crate::view::{LaneView, RingView, RoleView, Slot, View, fate_of, flags_of, policy_of};
use leyline::contract::stage::CommandType;
use leyline::schema::canonical::{Schema, hex};
use leyline::schema::decode::{Decoded, Value as Field};
use leyline::{Latency, RingKind};
use serde_json::{Map, Value, json};
use std::time::Duration;

fn ns(d: Option<Duration>) -> Option<u64> {
    d.map(|d| d.as_nanos() as u64)
}

pub(super) fn to_json(name: &str, view: &View) -> Value {
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
        "name_state": format!("{:?}", view.name_state).to_lowercase(),
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
        "failure": info.failure,
        "held": info.held,
        "silent_ns": ns(role.silent),
        "pid": info.pid,
        "since_unix_ns": info.since_unix_ns,
        "command": info.command,
        "records": info.records,
        "lost": info.lost,
        "sanitized": info.sanitized,
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

fn lane_json(lane: &LaneView) -> Value {
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
