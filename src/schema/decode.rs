//! Decodes a record by its schema alone, for tools that do not have its type.
//!
//! Decoding allocates and is not for the hot path.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::{canonical::Schema, field::Field, scale::Scale};
use std::fmt;

/// The names that a program gives to numbers in its records, beyond their schemas.
#[derive(Clone, Copy)]
pub struct Vocabulary<'a> {
    /// Returns the name of an enumeration's value, by the enumeration's name in schemas, which is
    /// the unit of its fields. `None`: there is no such enumeration. `Some(None)`: it has no such
    /// value.
    pub name: &'a dyn Fn(&str, u32) -> Option<Option<&'a str>>,
    /// The optional fields of the program's records.
    pub optional: &'a [OptionalFields],
}

/// The optional fields of one record: see [`Record::BITS`](crate::schema::record::Record::BITS) and
/// [`Record::OPTIONAL`](crate::schema::record::Record::OPTIONAL).
#[derive(Clone, Copy, Debug)]
pub struct OptionalFields {
    /// The record's name.
    pub record: &'static str,
    /// The name of the record nested in it, with a dot behind; empty for the record itself.
    pub nested: &'static str,
    /// The bits of its field `present`, with their names.
    pub bits: &'static [(u32, &'static str)],
    /// The bits with the fields that are there while the bit is set.
    pub fields: &'static [(u32, &'static str)],
}

/// One field of a record, with its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The name. A list of texts, which a schema describes as `name.0`, `name.1` and so on, is one
    /// field here.
    pub name: String,
    /// The unit, or the name of the enumeration; empty if it has none.
    pub unit: String,
    /// The value. A list with a count beside it has as many entries as the count says. The count of
    /// `seed_names` is `seed_names_count`, `seed_name_count` or `seed_count`.
    pub value: Value,
    /// The meaning of a number: its name in an enumeration, the action, the names of the bits of a
    /// mask, or a scaled number in its unit.
    pub meaning: Option<String>,
    /// `false` if the record says that the field is absent. Known for the records of the vocabulary
    /// only.
    pub present: bool,
    /// The fault of the value: outside its bounds, not finite, not in its enumeration, not text.
    pub problem: Option<String>,
}

/// The value of a field.
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
    /// A list of values.
    List(Vec<Value>),
}

impl Value {
    /// Returns the number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Unsigned(n) => Some(*n as f64),
            Self::Signed(n) => Some(*n as f64),
            Self::Float(x) => Some((*x).into()),
            Self::Double(x) => Some(*x),
            Self::Text(_) | Self::Uuid(_) | Self::List(_) => None,
        }
    }

    /// Returns true for the value of a field that was never set: 0, no text, or a list of such
    /// values.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Uuid(bytes) => *bytes == [0; 16],
            Self::List(values) => values.iter().all(Self::is_empty),
            _ => self.number() == Some(0.0),
        }
    }
}

/// Writes a number as short as it is exact, a UUID with its hyphens, a list in brackets.
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

/// Decodes a record. The contents may be anything: the fault of a field stands in
/// [`Decoded::problem`].
///
/// [`ErrorKind::InvalidArgument`]: the record has another length than its schema.
pub fn decode(schema: &Schema, record: &[u8], vocabulary: Vocabulary<'_>) -> Result<Vec<Decoded>> {
    if record.len() != schema.size() {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("record {}", schema.name()))
            .expected_found(format!("{} bytes", schema.size()), format!("{} bytes", record.len())));
    }
    let mut fields: Vec<Decoded> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let found = read(schema, field, record, vocabulary);
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
        let masks = vocabulary.optional.iter().filter(|o| o.record == schema.name());
        for OptionalFields { nested: prefix, bits, fields: optional, .. } in masks {
            let Some(set) = number(&format!("{prefix}present")) else { continue };
            let Some(inner) = field.name.strip_prefix(prefix) else { continue };
            let mask = set as u32;
            let own = |name: &str| {
                inner.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if optional.iter().any(|(bit, name)| mask & bit == 0 && own(name)) {
                field.present = false;
            }
            if inner == "present" {
                let there = bits.iter().filter(|(bit, _)| mask & bit != 0);
                let names: Vec<String> = there.map(|(_, name)| name.to_ascii_lowercase()).collect();
                field.meaning = (!names.is_empty()).then(|| names.join(", "));
            }
        }
    }
    Ok(fields)
}

fn read(schema: &Schema, field: &Field, record: &[u8], vocabulary: Vocabulary<'_>) -> Decoded {
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
        Some(scale) if scale.is_plain() => meaning_of(&unit, &value, vocabulary, &mut problem),
        Some(scale) => value.number().filter(|x| x.is_finite()).map(|x| in_unit(scale, x, &unit, vocabulary)),
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
    vocabulary: Vocabulary<'_>,
    problem: &mut Option<String>,
) -> Option<String> {
    if let Value::List(values) = value {
        let names: Option<Vec<String>> =
            values.iter().map(|v| meaning_of(unit, v, vocabulary, problem)).collect();
        return names.filter(|n| !n.is_empty()).map(|n| n.join(", "));
    }
    let x = value.number()?;
    if x < 0.0 || x > f64::from(u32::MAX) || x.fract() != 0.0 {
        return None;
    }
    let n = x as u32;
    let name = (vocabulary.name)(unit, n)?;
    if name.is_none() && problem.is_none() {
        *problem = Some(format!("no {unit}"));
    }
    name.map(str::to_owned)
}

/// Returns a scaled number in its unit.
fn in_unit(scale: Scale, number: f64, unit: &str, vocabulary: Vocabulary<'_>) -> String {
    // Printed with the digits of an f32.
    let x = scale.undo(number) as f32;
    if let Some(Some(name)) = (vocabulary.name)(unit, x.round() as u32) {
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

/// Starts a list at a text named `name.0`.
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
