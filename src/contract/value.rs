//! A record taken apart by its schema alone: what tools show of records whose type they do not have.
//!
//! Allocates, and is not for the hot path.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::ActionSpace;
use crate::contract::annotation::CommandAnnotation;
use crate::contract::blueprint::BlueprintSpec;
use crate::contract::command::AdaptationCommand;
use crate::contract::field_report::FieldReport;
use crate::contract::gate_result::GateResult;
use crate::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use crate::contract::telemetry::{EventType, SeedTelemetry, Severity, TelemetryEvent};
use crate::schema::canonical::Schema;
use crate::schema::field::Field;
use crate::schema::record::Record;
use crate::schema::scale::Scale;
use std::fmt;

/// One field of a record, with what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Its name. A list of texts, which a schema describes as `name.0`, `name.1` and so on, is one field here.
    pub name: String,
    /// Its unit, or the name of its enumeration; empty where it has none.
    pub unit: String,
    /// What stands there. Of a list with a count beside it (of `seed_names`: `seed_names_count`, `seed_name_count` or
    /// `seed_count`), as many entries as that says.
    pub value: Value,
    /// What that stands for, where it is a number with a name: of an enumeration, of an action, of the bits of a mask; of
    /// a scaled number, what it is in its unit.
    pub meaning: Option<String>,
    /// `false` where the record says that the field is not there. Known for the records of this crate only.
    pub present: bool,
    /// What is wrong with it: out of its bounds, not finite, no value of its enumeration, not text.
    pub problem: Option<String>,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number without a sign.
    Unsigned(u64),
    /// A number with a sign.
    Signed(i64),
    /// An f32.
    Float(f32),
    /// An f64.
    Double(f64),
    /// Text up to its first NUL. Bytes that are no UTF-8 are replaced.
    Text(String),
    /// A UUID.
    Uuid([u8; 16]),
    /// Several.
    List(Vec<Value>),
}

impl Value {
    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Unsigned(n) => Some(*n as f64),
            Self::Signed(n) => Some(*n as f64),
            Self::Float(x) => Some((*x).into()),
            Self::Double(x) => Some(*x),
            Self::Text(_) | Self::Uuid(_) | Self::List(_) => None,
        }
    }

    /// Whether it is what a field that nobody has set reads as: 0, no text, or a list of nothing else.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Uuid(bytes) => *bytes == [0; 16],
            Self::List(values) => values.iter().all(Self::is_empty),
            _ => self.number() == Some(0.0),
        }
    }
}

/// A number as short as it is exact; a UUID with its hyphens; a list in brackets.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readable = |x: f64| x == 0.0 || !x.is_finite() || (1e-4..1e9).contains(&x.abs());
        match self {
            Self::Unsigned(n) => write!(f, "{n}"),
            Self::Signed(n) => write!(f, "{n}"),
            Self::Float(x) if readable((*x).into()) => write!(f, "{x}"),
            Self::Float(x) => write!(f, "{x:e}"),
            Self::Double(x) if readable(*x) => write!(f, "{x}"),
            Self::Double(x) => write!(f, "{x:e}"),
            Self::Text(text) => f.write_str(text),
            Self::Uuid(bytes) => bytes.iter().enumerate().try_for_each(|(i, byte)| {
                write!(f, "{}{byte:02x}", if [4, 6, 8, 10].contains(&i) { "-" } else { "" })
            }),
            Self::List(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Takes a record apart. The actions, if there are some, name the indices of actions in it. The contents may be
/// anything: what is wrong with a field is said beside it.
///
/// [`ErrorKind::InvalidArgument`]: the record has not as many bytes as the schema says.
pub fn decode(schema: &Schema, record: &[u8], actions: Option<&ActionSpace>) -> Result<Vec<Decoded>> {
    if record.len() != schema.size() {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("record {}", schema.name()))
            .expected_found(format!("{} bytes", schema.size()), format!("{} bytes", record.len())));
    }
    // What stands before a command on its ring may be an annotation of it.
    if schema.fingerprint() == AdaptationCommand::schema().fingerprint()
        && let Some(annotation) = CommandAnnotation::of_record(&bytemuck::pod_read_unaligned(record))
    {
        return decode(CommandAnnotation::schema(), bytemuck::bytes_of(&annotation), actions);
    }
    let mut fields: Vec<Decoded> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let found = read(schema, field, record, actions);
        match fields.last_mut() {
            Some(list) if continues(list, field) => list.join(found),
            _ => fields.push(begins_list(found)),
        }
    }
    let numbers: Vec<(String, f64)> =
        fields.iter().filter_map(|f| Some((f.name.clone(), f.value.number()?))).collect();
    let number = |name: &str| numbers.iter().find(|(n, _)| n == name).map(|(_, x)| *x);
    for field in &mut fields {
        cut_to_its_count(field, number);
        let masks = OPTIONAL.iter().filter(|(record, ..)| *record == schema.name());
        for (_, prefix, bits) in masks {
            let Some(set) = number(&format!("{prefix}present")) else { continue };
            let Some(inner) = field.name.strip_prefix(prefix) else { continue };
            let mask = set as u32;
            let own = |name: &str| {
                inner.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if bits.iter().any(|(bit, name)| !name.is_empty() && mask & bit == 0 && own(name)) {
                field.present = false;
            }
            if inner == "present" {
                let there = bits.iter().filter(|(bit, _)| mask & bit != 0);
                let names: Vec<&str> =
                    there.map(|(_, name)| if name.is_empty() { "cut" } else { name }).collect();
                field.meaning = (!names.is_empty()).then(|| names.join(", "));
            }
        }
    }
    Ok(fields)
}

/// The optional fields of this crate's records: the record, where in it (a nested record), the bits.
type Optional = (&'static str, &'static str, &'static [(u32, &'static str)]);
const OPTIONAL: &[Optional] = &[
    ("training_metrics", "", &TrainingMetrics::OPTIONAL),
    ("training_signals", "", &TrainingSignals::OPTIONAL),
    ("training_signals", "metrics.", &TrainingMetrics::OPTIONAL),
    ("seed_state_report", "", &SeedStateReport::OPTIONAL),
    ("gate_result", "", &GateResult::OPTIONAL),
    ("field_report", "", &FieldReport::OPTIONAL),
    ("field_report", "signals.", &TrainingSignals::OPTIONAL),
    ("field_report", "signals.metrics.", &TrainingMetrics::OPTIONAL),
    ("seed_telemetry", "", &SeedTelemetry::OPTIONAL),
    ("telemetry_event", "", &TelemetryEvent::OPTIONAL),
    ("blueprint_spec", "", &BlueprintSpec::OPTIONAL),
    (
        "adaptation_command",
        "",
        &[
            (AdaptationCommand::ALPHA, "alpha"),
            (AdaptationCommand::LEARNING_RATE, "learning_rate"),
            (AdaptationCommand::TARGET_STAGE, "target_stage"),
            (AdaptationCommand::BLUEPRINT, "blueprint"),
            (AdaptationCommand::ACTION, "action"),
            (AdaptationCommand::REASON_CUT, ""),
        ],
    ),
    (
        "command_outcome",
        "",
        &[
            (CommandOutcome::GATE, "gate"),
            (CommandOutcome::GATE, "gate_passed"),
            (CommandOutcome::GATE, "gate_score"),
            (CommandOutcome::METRICS, "metrics"),
            (CommandOutcome::SEED, "seed"),
            (CommandOutcome::STAGES, "stage_before"),
            (CommandOutcome::STAGES, "stage_after"),
            (CommandOutcome::TEXT_CUT, ""),
        ],
    ),
];

/// The name of a value of one of the contract's enumerations, by the name that schemas have for it (`SeedStage`,
/// `CommandType` and so on). `None`: there is no such enumeration here. `Some(None)`: it has no such value.
pub fn enumerated(enumeration: &str, value: u32) -> Option<Option<&'static str>> {
    macro_rules! name {
        ($t:ty) => {
            <$t>::from_value(value).ok().map(<$t>::name)
        };
    }
    Some(match enumeration {
        "SeedStage" => name!(SeedStage),
        "SeedOperation" => name!(SeedOperation),
        "GateLevel" => name!(GateLevel),
        "RiskLevel" => name!(RiskLevel),
        "CommandType" if value == u32::from(CommandAnnotation::MARK) => Some("ANNOTATION"),
        "CommandType" => name!(CommandType),
        "OutcomeStatus" => name!(OutcomeStatus),
        "OutcomeCode" => name!(OutcomeCode),
        "EventType" => name!(EventType),
        "Severity" => name!(Severity),
        "flag" => ["no", "yes"].get(value as usize).copied(),
        _ => return None,
    })
}

fn read(schema: &Schema, field: &Field, record: &[u8], actions: Option<&ActionSpace>) -> Decoded {
    let unit = if field.unit == "-" { String::new() } else { field.unit.to_string() };
    let bytes = &record[field.offset as usize..][..field.count as usize * field.ty.width()];
    let mut problem = None;
    let value = if field.ty.name() == "utf8" {
        let (text, wrong) = read_text(bytes);
        problem = wrong.map(str::to_owned);
        text
    } else if unit == "uuid" && field.ty.name() == "u8" && bytes.len().is_multiple_of(16) {
        let (ids, _) = bytes.as_chunks::<16>();
        one_or_list(ids.iter().map(|id| Value::Uuid(*id)))
    } else {
        one_or_list(bytes.chunks_exact(field.ty.width()).map(|element| {
            let value = read_number(field.ty.name(), element);
            problem = problem.take().or_else(|| out_of_bounds(field, &value));
            value
        }))
    };
    let meaning = match Scale::read(&field.scale, schema) {
        Some(scale) if scale.is_plain() => meaning_of(&unit, &value, actions, &mut problem),
        Some(scale) => value.number().filter(|x| x.is_finite()).map(|x| in_unit(scale, x, &unit)),
        None => None,
    };
    Decoded { name: field.name.to_string(), unit, value, meaning, present: true, problem }
}

fn one_or_list(mut values: impl ExactSizeIterator<Item = Value>) -> Value {
    match (values.len(), values.next()) {
        (1, Some(only)) => only,
        (_, first) => Value::List(first.into_iter().chain(values).collect()),
    }
}

fn read_number(ty: &str, bytes: &[u8]) -> Value {
    use bytemuck::pod_read_unaligned as read;
    match ty {
        "u16" => Value::Unsigned(read::<u16>(bytes).into()),
        "u32" => Value::Unsigned(read::<u32>(bytes).into()),
        "u64" => Value::Unsigned(read(bytes)),
        "i8" => Value::Signed(read::<i8>(bytes).into()),
        "i16" => Value::Signed(read::<i16>(bytes).into()),
        "i32" => Value::Signed(read::<i32>(bytes).into()),
        "i64" => Value::Signed(read(bytes)),
        "f32" => Value::Float(read(bytes)),
        "f64" => Value::Double(read(bytes)),
        _ => Value::Unsigned(read::<u8>(bytes).into()),
    }
}

fn read_text(bytes: &[u8]) -> (Value, Option<&'static str>) {
    let end = bytes.iter().position(|&b| b == 0);
    let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let problem = if end.is_none() {
        Some("no NUL at its end")
    } else if std::str::from_utf8(text).is_err() {
        Some("not UTF-8")
    } else if rest.iter().any(|&b| b != 0) {
        Some("other bytes after the first NUL")
    } else {
        None
    };
    (Value::Text(String::from_utf8_lossy(text).into_owned()), problem)
}

fn out_of_bounds(field: &Field, value: &Value) -> Option<String> {
    let x = value.number()?;
    if !x.is_finite() {
        return Some("not finite".into());
    }
    (!(field.low..=field.high).contains(&x)).then(|| format!("outside {} to {}", field.low, field.high))
}

fn meaning_of(
    unit: &str,
    value: &Value,
    actions: Option<&ActionSpace>,
    problem: &mut Option<String>,
) -> Option<String> {
    if let Value::List(values) = value {
        let names: Option<Vec<String>> =
            values.iter().map(|v| meaning_of(unit, v, actions, problem)).collect();
        return names.filter(|n| !n.is_empty()).map(|n| n.join(", "));
    }
    let x = value.number()?;
    if x < 0.0 || x > f64::from(u32::MAX) || x.fract() != 0.0 {
        return None;
    }
    let n = x as u32;
    if unit == "action" {
        return Some(actions?.name(n as usize).ok()?.to_owned());
    }
    let name = enumerated(unit, n)?;
    if name.is_none() && problem.is_none() {
        *problem = Some(format!("no {unit}"));
    }
    name.map(str::to_owned)
}

/// A scaled number in its unit.
fn in_unit(scale: Scale, number: f64, unit: &str) -> String {
    // What is written has no more digits than an f32.
    let x = scale.undo(number) as f32;
    if let Some(Some(name)) = enumerated(unit, x.round() as u32) {
        return name.to_owned();
    }
    let (least, greatest) = scale.ends();
    let beyond = if number >= greatest {
        " or more"
    } else if number <= least && x != 0.0 {
        " or less"
    } else {
        ""
    };
    format!("{} {unit}{beyond}", Value::Float(x)).trim_end().to_owned()
}

/// `name.0` of text begins a list.
fn begins_list(mut found: Decoded) -> Decoded {
    if let (Value::Text(_), Some(name)) = (&found.value, found.name.strip_suffix(".0")) {
        found.name = name.to_owned();
        found.value = Value::List(vec![found.value]);
    }
    found
}

fn continues(list: &Decoded, field: &Field) -> bool {
    match &list.value {
        Value::List(values) if matches!(values.first(), Some(Value::Text(_))) => {
            field.name.strip_prefix(&list.name) == Some(&format!(".{}", values.len()))
        }
        _ => false,
    }
}

impl Decoded {
    fn join(&mut self, next: Self) {
        if let Value::List(values) = &mut self.value {
            values.push(next.value);
        }
        self.problem = self.problem.take().or(next.problem);
    }
}

fn cut_to_its_count(field: &mut Decoded, number: impl Fn(&str) -> Option<f64>) {
    let Value::List(values) = &mut field.value else { return };
    let singular = field.name.strip_suffix('s').unwrap_or(&field.name);
    let family = field.name.rsplit_once('_').map_or("", |(family, _)| family);
    let names = [&field.name, singular, family];
    let count = names.iter().filter(|n| !n.is_empty()).find_map(|name| number(&format!("{name}_count")));
    match count {
        Some(n) if n <= values.len() as f64 => values.truncate(n as usize),
        Some(n) => field.problem = Some(format!("{n} entries counted, room for {}", values.len())),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::action::ActionSpace;
    use crate::contract::budgets::PerformanceBudgets;
    use crate::contract::decision::Decision;
    use crate::contract::normalize::{Normalizer, Task};
    use crate::contract::observation::{Feature, Observation};
    use crate::contract::seed_metrics::SeedMetrics;
    use crate::contract::stage::SeedStage;
    use bytemuck::Zeroable;

    fn built_in() -> [&'static Schema; 14] {
        [
            Observation::schema(),
            Decision::schema(),
            AdaptationCommand::schema(),
            CommandAnnotation::schema(),
            CommandOutcome::schema(),
            SeedMetrics::schema(),
            TrainingMetrics::schema(),
            TrainingSignals::schema(),
            SeedStateReport::schema(),
            GateResult::schema(),
            FieldReport::schema(),
            BlueprintSpec::schema(),
            SeedTelemetry::schema(),
            TelemetryEvent::schema(),
        ]
    }

    #[test]
    fn every_record_of_this_crate_is_known_with_all_that_is_optional_and_numbered_in_it() {
        for schema in built_in().into_iter().chain([PerformanceBudgets::schema()]) {
            for field in schema.fields() {
                if let Some(prefix) = field.name.strip_suffix("present") {
                    let known = OPTIONAL
                        .iter()
                        .find(|(record, inner, _)| (*record, *inner) == (schema.name(), prefix));
                    let Some((.., bits)) = known else { panic!("{}: {}", schema.name(), field.name) };
                    for name in bits.iter().map(|(_, name)| name).filter(|n| !n.is_empty()) {
                        let full = format!("{prefix}{name}");
                        let there = schema.fields().iter().any(|f| f.name.starts_with(&full));
                        assert!(there, "{} has no {full}", schema.name());
                    }
                }
                // A unit in the spelling of a type is an enumeration.
                let lower = |c: char| c.is_ascii_lowercase();
                if field.unit.starts_with(|c: char| c.is_ascii_uppercase()) && field.unit.contains(lower) {
                    assert!(enumerated(&field.unit, 1).is_some(), "{}: {}", field.name, field.unit);
                }
            }
        }
    }

    fn field<'f>(fields: &'f [Decoded], name: &str) -> &'f Decoded {
        fields.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn a_command_is_told_by_names_and_what_is_not_there_is_not() {
        let cnn = ActionSpace::cnn();
        let germinate = cnn.germinate("depthwise").unwrap();
        let command = cnn.command(germinate).unwrap().unwrap().with_action(germinate as u16);
        let bytes = bytemuck::bytes_of(&command);
        let fields = decode(AdaptationCommand::schema(), bytes, Some(&cnn)).unwrap();
        let meaning = |name| field(&fields, name).meaning.as_deref();
        assert_eq!(meaning("action"), Some("GERMINATE_DEPTHWISE"));
        assert_eq!(meaning("command_type"), Some("GERMINATE"));
        assert_eq!(meaning("target_stage"), Some("GERMINATED"));
        assert_eq!(meaning("present"), Some("target_stage, blueprint, action"));
        assert_eq!(field(&fields, "blueprint").value, Value::Text("depthwise".into()));
        assert!(!field(&fields, "alpha").present && field(&fields, "action").present);
        assert!(fields.iter().all(|f| f.problem.is_none()));
        // What comes before it on its ring is another record of the same size.
        let annotation = CommandAnnotation::new("policy", "greedy").unwrap();
        let fields_of_it =
            decode(AdaptationCommand::schema(), bytemuck::bytes_of(&annotation), None).unwrap();
        assert_eq!(field(&fields_of_it, "key").value, Value::Text("policy".into()));
        assert_eq!(field(&fields_of_it, "command_type").meaning.as_deref(), Some("ANNOTATION"));
        // Without the space an action is a number.
        let fields = decode(AdaptationCommand::schema(), bytes, None).unwrap();
        assert_eq!(field(&fields, "action").meaning, None);
        let e = decode(AdaptationCommand::schema(), &bytes[1..], None).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn lists_are_as_long_as_they_count_in_nested_records_too() {
        let mut signals = TrainingSignals::zeroed();
        signals.loss_history[..2].copy_from_slice(&[0.5, 0.25]);
        signals.loss_history_count = 2;
        signals.active_seed_count = 1;
        signals.active_seeds[0] = crate::schema::id::Id::new("seed-1").unwrap();
        signals.metrics.set_grad_norm_host(3.0).unwrap();
        signals.seed_stage = SeedStage::Blending.value();
        let mut report = FieldReport {
            present: FieldReport::SIGNALS,
            signals,
            command_count: 1,
            ..FieldReport::default()
        };
        report.commands[0] = [0xab; 16];
        let fields = decode(FieldReport::schema(), bytemuck::bytes_of(&report), None).unwrap();
        let shown = |name| field(&fields, name).value.to_string();
        assert_eq!(shown("signals.loss_history"), "[0.5, 0.25]");
        assert_eq!(shown("signals.active_seeds"), "[seed-1]");
        assert_eq!(shown("commands"), "[abababab-abab-abab-abab-abababababab]");
        assert!(field(&fields, "signals.metrics.grad_norm_host").present);
        assert!(!field(&fields, "signals.metrics.grad_norm_seed").present);
        assert_eq!(field(&fields, "signals.metrics.present").meaning.as_deref(), Some("grad_norm_host"));
        assert_eq!(field(&fields, "signals.seed_stage").meaning.as_deref(), Some("BLENDING"));
        // Without their bit the signals are not there, whatever they say of themselves.
        report.present = 0;
        report.signals.loss_history_count = 33;
        let fields = decode(FieldReport::schema(), bytemuck::bytes_of(&report), None).unwrap();
        let inside = fields.iter().filter(|f| f.name.starts_with("signals.")).collect::<Vec<_>>();
        assert!(inside.len() > 20 && inside.iter().all(|f| !f.present));
        let wrong = field(&fields, "signals.loss_history").problem.as_deref();
        assert_eq!(wrong, Some("33 entries counted, room for 32"));
    }

    #[test]
    fn a_scaled_number_is_told_in_its_unit() {
        let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
        let mut observation = Observation::EMPTY;
        observation[Feature::Epoch] = 12.0;
        observation[Feature::SeedStage] = 4.0;
        observation[Feature::AccuracyDelta] = -60.0;
        observation[Feature::ValLoss] = 1.5;
        let normalized = normalizer.normalize(&observation);
        let fields =
            decode(normalizer.schema().schema(), bytemuck::bytes_of(normalized.values()), None).unwrap();
        let meaning = |name| field(&fields, name).meaning.as_deref();
        assert_eq!(meaning("EPOCH"), Some("12 epochs"));
        assert_eq!(meaning("SEED_STAGE"), Some("BLENDING"));
        assert_eq!(meaning("ACCURACY_DELTA"), Some("-50 pp or less"));
        assert_eq!(meaning("VAL_LOSS"), Some("1.5 nats"));
    }

    #[test]
    fn any_bytes_are_decoded_and_what_is_wrong_is_said() {
        for schema in built_in() {
            let fields = decode(schema, &vec![0xff; schema.size()], None).unwrap();
            assert!(fields.iter().any(|f| f.problem.is_some()), "{}", schema.name());
        }
        let problem = |name: &str| {
            let fields =
                decode(CommandOutcome::schema(), &[0xff; size_of::<CommandOutcome>()], None).unwrap();
            field(&fields, name).problem.clone().unwrap()
        };
        assert_eq!(problem("status"), "outside 1 to 4");
        assert_eq!(problem("gate_score"), "not finite");
        assert_eq!(problem("text"), "no NUL at its end");
    }

    #[test]
    fn numbers_are_as_short_as_they_are_exact() {
        let shown = [Value::Float(0.1), Value::Float(f32::MAX), Value::Double(1e-9), Value::Signed(-3)]
            .map(|v| v.to_string());
        assert_eq!(shown, ["0.1", "3.4028235e38", "1e-9", "-3"]);
        assert_eq!(Value::Float(0.0).to_string(), "0");
    }
}
