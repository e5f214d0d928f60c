//! The meaning of a record as data, and its fingerprint.
//!
//! A [`Schema`] lists a record's fields in order: name, type, offset, unit, bounds, scale and what
//! a missing value reads as. Two programs agree on a record when their **fingerprints** are equal:
//! the first 16 bytes of SHA-256 over the [canonical text](Schema::canonical). The width of a
//! record or the version of this package says nothing about its meaning and is no part of it.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::field::{Field, FieldType};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::{borrow::Cow, collections::HashSet};

/// The first 16 bytes of SHA-256 over a schema's canonical text.
pub type Fingerprint = [u8; 16];

/// Fields of a schema, at most.
pub const MAX_FIELDS: usize = 4096;
/// Parameters of a schema, at most.
pub const MAX_PARAMETERS: usize = 64;
/// Bytes of a canonical text, at most: what a segment has room for.
const CANONICAL_MAX: usize = 1 << 20;

/// The meaning of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    name: Cow<'static, str>,
    version: u32,
    size: u32,
    parameters: Vec<(Cow<'static, str>, f64)>,
    fields: Vec<Field>,
    fingerprint: Fingerprint,
}

/// Returns true if a text stands in a canonical text as one word.
fn is_word(text: &str) -> bool {
    (1..80).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

impl Schema {
    /// Makes a schema. Its name is 1 to 39 bytes; names, units and rules of fields are 1 to 79
    /// bytes; none has white space or control characters. Names of fields must be unique, the
    /// fields must lie in order inside `size` bytes without overlapping, and there must be 1 to
    /// 4096 of them. `InvalidArgument` otherwise.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        version: u32,
        size: usize,
        fields: Vec<Field>,
    ) -> Result<Self> {
        let name = name.into();
        if !is_word(&name) || name.len() > 39 {
            return Err(Error::new(ErrorKind::InvalidArgument).about("name of a schema").expected_found(
                "1 to 39 bytes without white space or control characters",
                format!("{name:?}"),
            ));
        }
        let refuse = |expected: String, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("schema {name}"))
                .expected_found(expected, found))
        };
        if !(1..=MAX_FIELDS).contains(&fields.len()) || size == 0 || size > 1 << 24 {
            return refuse(
                format!("1 to {MAX_FIELDS} fields in 1 to 2^24 bytes"),
                format!("{} fields in {size} bytes", fields.len()),
            );
        }
        let mut end = 0u64;
        let mut taken = HashSet::with_capacity(fields.len());
        for (i, f) in fields.iter().enumerate() {
            if ![&f.name, &f.unit, &f.scale, &f.missing].iter().all(|s| is_word(s)) {
                return refuse(
                    "names, units and rules of 1 to 79 bytes without white space or control characters"
                        .into(),
                    format!("field {i}: {:?} {:?} {:?} {:?}", f.name, f.unit, f.scale, f.missing),
                );
            }
            if !taken.insert(&*f.name) {
                return refuse("unique names".into(), format!("\"{}\" twice", f.name));
            }
            let bytes = f.ty.width() as u64 * u64::from(f.count);
            if f.count == 0 || u64::from(f.offset) < end || u64::from(f.offset) + bytes > size as u64 {
                return refuse(
                    format!("fields in order inside {size} bytes"),
                    format!("\"{}\" x {} at {}", f.name, f.count, f.offset),
                );
            }
            end = u64::from(f.offset) + bytes;
            if f.low.is_nan() || f.high.is_nan() || f.low > f.high {
                return refuse("low <= high".into(), format!("\"{}\": {}..{}", f.name, f.low, f.high));
            }
        }
        Self { name, version, size: size as u32, parameters: Vec::new(), fields, fingerprint: [0; 16] }
            .named()
    }

    /// Makes the same with parameters: the numbers that its formulas name, and whatever else
    /// another record of this name may not differ in. They are part of the fingerprint, in this
    /// order. At most 64, finite, their names unique, without white space or control characters;
    /// `InvalidArgument` otherwise.
    pub fn with_parameters(mut self, parameters: &[(&str, f64)]) -> Result<Self> {
        let refuse = |expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("parameters of schema {}", self.name))
                .expected_found(expected, found))
        };
        if parameters.len() > MAX_PARAMETERS {
            return refuse("64 at most", parameters.len().to_string());
        }
        for (i, (name, value)) in parameters.iter().enumerate() {
            if !is_word(name) || !value.is_finite() {
                return refuse(
                    "a name without white space or control characters, and a finite number",
                    format!("{name:?}: {value}"),
                );
            }
            if parameters[..i].iter().any(|(other, _)| other == name) {
                return refuse("unique names", format!("\"{name}\" twice"));
            }
        }
        self.parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned().into(), *value)).collect();
        self.named()
    }

    /// Gives it its fingerprint.
    fn named(mut self) -> Result<Self> {
        let text = self.canonical();
        if text.len() > CANONICAL_MAX {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("schema {}", self.name))
                .expected_found("a canonical text of 2^20 bytes at most", format!("{} bytes", text.len())));
        }
        self.fingerprint = fingerprint_of(&text);
        Ok(self)
    }

    /// Reads a canonical text, which may come from anywhere. `Corrupt` unless it is the canonical
    /// text of some schema to the byte.
    pub fn from_canonical(text: &str) -> Result<Self> {
        let corrupt = |found: String| {
            Error::new(ErrorKind::Corrupt).about("schema").expected_found("a canonical text", found)
        };
        if text.len() > CANONICAL_MAX {
            return Err(corrupt(format!("{} bytes", text.len())));
        }
        let schema = parse(text).map_err(|line| {
            let found = text.lines().nth(line).unwrap_or("the end of the text");
            corrupt(format!("line {}: {found:?}", line + 1))
        })?;
        let schema = schema.map_err(|e| corrupt(e.to_string()))?;
        let canonical = schema.canonical();
        if canonical != text {
            let same = canonical.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
            let found = text.lines().nth(same).unwrap_or("the end of the text");
            return Err(corrupt(format!("line {}: {found:?}", same + 1)));
        }
        Ok(schema)
    }

    /// Returns the record's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the record's version. Another version is another fingerprint.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Bytes of one record.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// Returns the numbers that belong to its meaning, in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = (&str, f64)> {
        self.parameters.iter().map(|(name, value)| (&**name, *value))
    }

    /// Returns a parameter.
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.parameters().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Returns the fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the first 16 bytes of SHA-256 over [`Schema::canonical`].
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns `SchemaMismatch` between this schema, which was expected, and another, which was
    /// found: names both, and the first field or other line that differs.
    pub fn mismatch(&self, found: &Self) -> Error {
        mismatch_of(self, &found.fingerprint, &found.canonical())
    }

    /// Returns the canonical text: UTF-8, lines ended by one `\n`, words parted by one space.
    ///
    /// ```text
    /// leyline-schema 1
    /// record NAME VERSION SIZE
    /// parameter NAME VALUE                                                (a line for each, in order)
    /// field INDEX NAME TYPE COUNT OFFSET UNIT LOW HIGH SCALE MISSING      (a line for each, in order)
    /// ```
    ///
    /// Whole numbers are decimal; VALUE, LOW and HIGH are the 16 lower-case hexadecimal digits of
    /// the bits of the f64.
    pub fn canonical(&self) -> String {
        let mut text = format!("{HEADING}\nrecord {} {} {}\n", self.name, self.version, self.size);
        for (name, value) in &self.parameters {
            let _ = writeln!(text, "parameter {name} {:016x}", value.to_bits());
        }
        for (i, f) in self.fields.iter().enumerate() {
            let _ = writeln!(
                text,
                "field {i} {} {} {} {} {} {:016x} {:016x} {} {}",
                f.name,
                f.ty.name(),
                f.count,
                f.offset,
                f.unit,
                f.low.to_bits(),
                f.high.to_bits(),
                f.scale,
                f.missing
            );
        }
        text
    }
}

const HEADING: &str = "leyline-schema 1";

/// Reads a text. Fails with the number, from 0, of the first line that does not read. Reads more
/// texts than there are canonical ones.
fn parse(text: &str) -> std::result::Result<Result<Schema>, usize> {
    fn bits(word: Option<&str>) -> Option<f64> {
        u64::from_str_radix(word?, 16).ok().map(f64::from_bits)
    }
    fn owned(word: Option<&str>) -> Option<Cow<'static, str>> {
        word.map(|word| word.to_owned().into())
    }
    fn record(line: &str) -> Option<(Cow<'static, str>, u32, u32)> {
        let mut words = line.strip_prefix("record ")?.split(' ');
        Some((owned(words.next())?, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    }
    fn parameter(line: &str) -> Option<(&str, f64)> {
        let mut words = line.strip_prefix("parameter ")?.split(' ');
        Some((words.next()?, bits(words.next())?))
    }
    fn field(line: &str) -> Option<Field> {
        let mut words = line.strip_prefix("field ")?.split(' ').skip(1);
        Some(Field {
            name: owned(words.next())?,
            ty: FieldType::from_name(words.next()?)?,
            count: words.next()?.parse().ok()?,
            offset: words.next()?.parse().ok()?,
            unit: owned(words.next())?,
            low: bits(words.next())?,
            high: bits(words.next())?,
            scale: owned(words.next())?,
            missing: owned(words.next())?,
        })
    }
    let mut lines = text.lines().enumerate();
    let Some((_, HEADING)) = lines.next() else { return Err(0) };
    let (name, version, size) = lines.next().and_then(|(_, line)| record(line)).ok_or(1usize)?;
    let (mut parameters, mut fields) = (Vec::new(), Vec::new());
    for (i, line) in lines {
        if let Some(found) = parameter(line) {
            parameters.push(found);
        } else {
            fields.push(field(line).ok_or(i)?);
        }
        if parameters.len() > MAX_PARAMETERS || fields.len() > MAX_FIELDS {
            return Err(i);
        }
    }
    let schema = Schema::new(name, version, size as usize, fields);
    Ok(schema.and_then(|schema| schema.with_parameters(&parameters)))
}

/// Makes the error of [`Schema::mismatch`] from what a segment has of the other schema: its
/// fingerprint and its text, which may be anything.
pub(crate) fn mismatch_of(wanted: &Schema, fingerprint: &Fingerprint, text: &str) -> Error {
    // NAME VERSION of a text's second line.
    fn title(text: &str) -> String {
        let record = text.lines().nth(1).and_then(|line| line.strip_prefix("record "));
        record.map_or("a schema without a name".into(), |rest| {
            printable(rest.rsplit_once(' ').map_or(rest, |(title, _)| title))
        })
    }
    fn fields(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter(|line| line.starts_with("field "))
    }
    let canonical = wanted.canonical();
    // The field says more than the name, the version or the size in the line above; they stand
    // beside it anyway.
    let (expected, found) =
        different(fields(&canonical), fields(text)).unwrap_or_else(|| first_difference(&canonical, text));
    Error::new(ErrorKind::SchemaMismatch)
        .expected_found(
            format!("{} [{}]: {}", title(&canonical), hex(&wanted.fingerprint), readable(expected)),
            format!("{} [{}]: {}", title(text), hex(fingerprint), readable(found)),
        )
        .help("build both sides against the same version of the record, or migrate from one to the other")
}

/// Returns a line of a canonical text for people to read: its parts named, the bits of its numbers
/// as numbers.
fn readable(line: &str) -> String {
    let number =
        |word: &str| u64::from_str_radix(word, 16).map_or(word.to_owned(), |b| f64::from_bits(b).to_string());
    let line = printable(line);
    match *line.split(' ').collect::<Vec<_>>() {
        ["field", i, name, ty, count, at, unit, low, high, scale, missing] => format!(
            "field {i} {name}, {count} x {ty} at byte {at}, unit {unit}, {} to {}, scale {scale}, missing {missing}",
            number(low),
            number(high)
        ),
        ["parameter", name, value] => format!("parameter {name} {}", number(value)),
        _ => line,
    }
}

/// Returns the beginning of what came from somewhere, for people to read.
fn printable(text: &str) -> String {
    text.chars().take(400).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Returns the first two that differ; `None` if all are equal.
fn different<'a>(
    mut expected: impl Iterator<Item = &'a str>,
    mut found: impl Iterator<Item = &'a str>,
) -> Option<(&'a str, &'a str)> {
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return None,
            (Some(x), Some(y)) if x == y => {}
            (x, y) => return Some((x.unwrap_or("the end"), y.unwrap_or("the end"))),
        }
    }
}

/// Returns the first line that differs between two texts.
pub(crate) fn first_difference<'a>(expected: &'a str, found: &'a str) -> (&'a str, &'a str) {
    different(expected.lines(), found.lines()).unwrap_or(("the end", "the end"))
}

/// Returns the first 16 bytes of SHA-256 over a text.
pub fn fingerprint_of(text: &str) -> Fingerprint {
    let hash = Sha256::digest(text.as_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hash[..16]);
    out
}

/// Returns 32 lower-case hexadecimal digits.
pub fn hex(fingerprint: &Fingerprint) -> String {
    fingerprint.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::FieldType;

    #[test]
    fn what_is_no_line_of_a_canonical_text_is_shown_as_it_is() {
        let (ty, none) = (FieldType::F32, Cow::Borrowed("none"));
        let field = Field {
            name: "x".into(),
            ty,
            count: 1,
            offset: 0,
            unit: "-".into(),
            low: 0.0,
            high: 1.0,
            scale: "raw".into(),
            missing: none,
        };
        let schema = Schema::new("one", 1, 4, vec![field]).unwrap();
        let said = mismatch_of(&schema, &[0; 16], "field x\nfield \u{1b}[2J").to_string();
        assert!(said.contains(": field x;"), "{said}");
    }
}
