//! The schema of a row of f32 as data, so that rows of any shape travel on the same rings.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::{Fingerprint, Schema, hex};
use crate::schema::field::{Field, FieldType};
use crate::schema::scale::{Scale, missing};
use crate::schema::worst::worst;
use std::fmt::Write as _;
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Numbers in a row, at most.
pub const MAX_WIDTH: usize = 4096;

/// A schema whose records are rows of f32: one number per feature, in order, each with its Box.
///
/// Cheap to clone; the clones share the schema.
#[derive(Clone, Debug)]
pub struct RowSchema(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Schema,
    low: Vec<f32>,
    high: Vec<f32>,
    missing: Vec<f32>,
    worst: Vec<f32>,
    /// The features that have to be whole.
    whole: Vec<u16>,
    scales: Vec<Option<Scale>>,
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl RowSchema {
    /// Makes a row schema from a schema.
    ///
    /// `InvalidArgument` unless the schema has 1 to 4096 fields, all f32 with one element each, one
    /// after the other from offset 0 to the end, and each missing value lies inside its bounds. The
    /// bounds of a `whole` field have to be whole.
    ///
    /// A bound is rounded to the nearest f32; one that is infinite, or beyond f32, becomes the
    /// greatest finite f32. A feature without a missing value reads as the number of its Box next
    /// to 0.
    pub fn from_schema(schema: &Schema) -> Result<Self> {
        let refuse = |expected: String, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("row schema {}", schema.name()))
                .expected_found(expected, found))
        };
        let width = schema.fields().len();
        if width > MAX_WIDTH || schema.size() != width * size_of::<f32>() {
            return refuse(
                format!("1 to {MAX_WIDTH} f32 and nothing else"),
                format!("{width} fields in {} bytes", schema.size()),
            );
        }
        let mut inner = Inner {
            schema: schema.clone(),
            low: Vec::with_capacity(width),
            high: Vec::with_capacity(width),
            missing: Vec::with_capacity(width),
            worst: Vec::with_capacity(width),
            whole: Vec::new(),
            scales: Vec::with_capacity(width),
            names: schema.fields().iter().map(|f| f.name.to_string()).collect(),
            positions: HashMap::new(),
        };
        for (i, field) in schema.fields().iter().enumerate() {
            if (field.ty, field.count, field.offset as usize) != (FieldType::F32, 1, i * size_of::<f32>()) {
                return refuse(
                    format!("one f32 at {}", i * size_of::<f32>()),
                    format!("\"{}\": {} {} at {}", field.name, field.count, field.ty.name(), field.offset),
                );
            }
            let scale = Scale::read(&field.scale, schema);
            let (low, high) = (finite(field.low), finite(field.high));
            let Ok(rule) = missing(&field.missing, scale) else {
                return refuse(
                    "none, a number or x=NUMBER for what a missing value reads".into(),
                    format!("\"{}\": {}", field.name, field.missing),
                );
            };
            let unknown = rule.map_or(0f32.clamp(low, high), |number| number as f32);
            if !(low..=high).contains(&unknown) {
                return refuse(
                    format!("a missing value within {low} to {high}"),
                    format!("\"{}\": {unknown}", field.name),
                );
            }
            if scale.is_some_and(Scale::is_whole) {
                if [low, high, unknown].iter().any(|number| number.trunc() != *number) {
                    return refuse(
                        "whole bounds of what is whole".into(),
                        format!("\"{}\": {low} to {high}, missing {unknown}", field.name),
                    );
                }
                inner.whole.push(i as u16);
            }
            inner.scales.push(scale);
            inner.low.push(low);
            inner.high.push(high);
            inner.missing.push(unknown);
            let worst = worst(&field.name, &field.unit, low.into(), high.into());
            inner.worst.push(worst.map_or(unknown, |bound| bound as f32));
            inner.positions.insert(field.name.to_string(), i);
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Starts the row schema of a program's own observations.
    ///
    /// ```
    /// use leyline::schema::row::RowSchema;
    ///
    /// # fn main() -> leyline::Result<()> {
    /// let schema = RowSchema::builder("my_task", 1)
    ///     .whole("EPOCH", "epochs", 0.0, 1e6)
    ///     .real("LOSS", "nats", 0.0, 100.0)
    ///     .missing(100.0)
    ///     .build()?;
    /// assert_eq!(schema.names(), ["EPOCH", "LOSS"]);
    /// assert!(schema.check(&[3.0, 0.25]).is_ok());
    /// assert!(schema.check(&[3.5, 0.25]).unwrap_err().to_string().contains("EPOCH"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(name: &str, version: u32) -> RowSchemaBuilder {
        RowSchemaBuilder { name: name.to_owned(), version, ..RowSchemaBuilder::default() }
    }

    /// Returns the schema.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Returns the schema's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.schema.fingerprint()
    }

    /// Returns the number of features in a row.
    #[inline]
    pub fn width(&self) -> usize {
        self.0.low.len()
    }

    /// Returns the features' names, in order.
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// Returns the position of a feature; `None` if the schema has no such name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.positions.get(name).copied()
    }

    /// Returns the scale of a feature; `None` if it is not understood.
    pub(crate) fn scale(&self, index: usize) -> Option<Scale> {
        self.0.scales[index]
    }

    /// Returns the least value of each feature, inclusive; finite.
    pub fn low(&self) -> &[f32] {
        &self.0.low
    }

    /// Returns the greatest value of each feature, inclusive; finite.
    pub fn high(&self) -> &[f32] {
        &self.0.high
    }

    /// Returns the number that stands for a missing value of each feature. A row of these is in the
    /// Box.
    pub fn missing(&self) -> &[f32] {
        &self.0.missing
    }

    /// Returns the number that replaces NaN in each feature. A row of these is in the Box.
    ///
    /// | feature | NaN becomes |
    /// |---|---|
    /// | a loss: in `nats`, `LOSS` in its name, in capitals or not | the upper bound |
    /// | its change: `DELTA` in its name as well | the lower bound |
    /// | an accuracy: in `percent`, `ACC` in its name | the lower bound |
    /// | a change of it: in `pp`, `ACCURACY` or `IMPROVEMENT` in its name | the lower bound |
    /// | a gradient norm: `GRAD` and `NORM` in its name | the upper bound |
    /// | any other | the missing value |
    ///
    /// This holds for scaled features too, whose units are those of the numbers before scaling. It
    /// is no part of the canonical text: it follows from the text.
    pub fn worst(&self) -> &[f32] {
        &self.0.worst
    }

    /// Returns the names of the features in a mask that [`RowSchema::sanitize`] or publishing
    /// returned, such as `TRAIN_LOSS, VAL_LOSS`.
    pub fn names_of(&self, mask: u64) -> String {
        let names = self.names();
        let mut text = String::new();
        for (i, name) in names.iter().enumerate().take(64).filter(|(i, _)| mask >> i & 1 != 0) {
            let comma = if text.is_empty() { "" } else { ", " };
            let more = if i == 63 && names.len() > 64 { " or a later one" } else { "" };
            let _ = write!(text, "{comma}{name}{more}");
        }
        text
    }

    /// Returns true if only whole numbers make sense at a position.
    pub fn is_whole(&self, index: usize) -> bool {
        self.0.scales.get(index).is_some_and(|scale| scale.is_some_and(Scale::is_whole))
    }

    /// Fails with `InvalidArgument` unless a row has the width of the schema.
    pub fn check_width(&self, row: &[f32]) -> Result<()> {
        self.check_rows(row, 1)
    }

    /// Fails with `InvalidArgument` unless a block has the length of that many rows.
    pub fn check_rows(&self, block: &[f32], rows: usize) -> Result<()> {
        if rows.checked_mul(self.width()) == Some(block.len()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("rows of {} {}", self.0.schema.name(), self.0.schema.version()))
            .expected_found(format!("{rows} x {} numbers", self.width()), block.len().to_string()))
    }

    /// Refuses a row outside the Box, naming the first such feature: `NotFinite`, `OutOfRange`,
    /// `NotWhole`; `InvalidArgument` for a row of another length.
    pub fn check(&self, row: &[f32]) -> Result<()> {
        self.check_width(row)?;
        if self.is_in_box(row) {
            return Ok(());
        }
        let Inner { low, high, names, .. } = &*self.0;
        row.iter()
            .enumerate()
            .try_for_each(|(i, value)| check_number(&names[i], *value, low[i], high[i], self.is_whole(i)))
    }

    /// Returns true if a row has the width of the schema and every number lies in its Box, whole
    /// where it has to be. Allocates nothing.
    #[inline]
    #[allow(clippy::needless_bitwise_bool)] // A branch for each number costs more than comparing them all.
    pub fn is_in_box(&self, row: &[f32]) -> bool {
        const NO_FRACTION: f64 = (1u64 << 52) as f64;
        let inner = &*self.0;
        if row.len() != inner.low.len() {
            return false;
        }
        let mut fine = true;
        for ((value, low), high) in row.iter().zip(&inner.low).zip(&inner.high) {
            fine &= (value >= low) & (value <= high);
        }
        // An f64 from 2^52 on has no fraction: adding 2^52 rounds. An f32 of that size has none
        // either.
        for &i in &inner.whole {
            let value = f64::from(row[usize::from(i)]);
            fine &= (value.abs() + NO_FRACTION) - NO_FRACTION == value.abs() || value.abs() >= NO_FRACTION;
        }
        fine
    }

    /// Brings every number of a row into its Box and returns the replaced ones: bit i for feature
    /// i, bit 63 for any from 63 on. `InvalidArgument` for a row of another length. Allocates
    /// nothing otherwise.
    ///
    /// | number | becomes |
    /// |---|---|
    /// | in its Box | itself, bit for bit |
    /// | outside its bounds | the nearer bound |
    /// | NaN | the worst value of its feature, see [`RowSchema::worst`] |
    /// | with a fraction where it has to be whole | its whole part |
    /// | of a `capped` feature above its cap | the cap, without being reported: the cap is part of its definition |
    #[inline]
    pub fn sanitize(&self, row: &mut [f32]) -> Result<u64> {
        if self.is_in_box(row) {
            return Ok(0);
        }
        self.check_width(row)?;
        Ok(self.replace(row))
    }

    #[cold]
    pub(crate) fn replace(&self, row: &mut [f32]) -> u64 {
        let inner = &*self.0;
        let mut replaced = 0;
        for (i, place) in row.iter_mut().enumerate() {
            let value = *place;
            let mut sane = value.clamp(inner.low[i], inner.high[i]);
            if self.is_whole(i) {
                sane = sane.trunc();
            }
            if value.is_nan() {
                sane = inner.worst[i];
            }
            let capped = inner.scales[i].is_some_and(Scale::is_capped) && value > inner.high[i];
            if sane.to_bits() != value.to_bits() && !capped {
                replaced |= 1 << i.min(63);
            }
            *place = sane;
        }
        replaced
    }

    /// Returns the Box space as JSON, in the form that RL tools read: `type`, `dtype`, `shape`,
    /// `low`, `high`, `names`, `units`; and `scales`, the schema's `parameters`, its name as
    /// `schema`, `version` and `fingerprint`.
    pub fn space_json(&self) -> String {
        let inner = &*self.0;
        let numbers = |list: &[f32]| list.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(",");
        let texts = |of: fn(&Field) -> &str| {
            inner.schema.fields().iter().map(|f| json_string(of(f))).collect::<Vec<_>>().join(",")
        };
        let mut json = format!(
            "{{\"type\":\"Box\",\"dtype\":\"float32\",\"shape\":[{}],\"low\":[{}],\"high\":[{}],\"names\":[{}],\
             \"units\":[{}],\"scales\":[{}]",
            self.width(),
            numbers(&inner.low),
            numbers(&inner.high),
            texts(|f| &f.name),
            texts(|f| &f.unit),
            texts(|f| &f.scale),
        );
        let parameters: Vec<String> = inner
            .schema
            .parameters()
            .map(|(name, value)| format!("{}:{value:?}", json_string(name)))
            .collect();
        let _ = write!(
            json,
            ",\"parameters\":{{{}}},\"schema\":{},\"version\":{},\"fingerprint\":\"{}\"}}",
            parameters.join(","),
            json_string(inner.schema.name()),
            inner.schema.version(),
            hex(&inner.schema.fingerprint())
        );
        json
    }
}

/// Compares fingerprints.
impl PartialEq for RowSchema {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.fingerprint() == other.fingerprint()
    }
}

impl Eq for RowSchema {}

/// Refuses a number that is not finite (`NotFinite`), outside its bounds (`OutOfRange`) or not
/// whole where it has to be (`NotWhole`), by the feature's name.
pub(crate) fn check_number(name: &str, value: f32, low: f32, high: f32, whole: bool) -> Result<()> {
    let (kind, expected) = if !value.is_finite() {
        (ErrorKind::NotFinite, "a finite number".into())
    } else if !(low..=high).contains(&value) {
        (ErrorKind::OutOfRange, format!("{low} to {high}"))
    } else if whole && value.trunc() != value {
        (ErrorKind::NotWhole, "a whole number".into())
    } else {
        return Ok(());
    };
    Err(Error::new(kind).about(name.to_owned()).expected_found(expected, value.to_string()))
}

fn finite(bound: f64) -> f32 {
    (bound as f32).clamp(f32::MIN, f32::MAX)
}

/// Returns a text as a JSON string, its quotes included.
fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        // The words of a schema contain no control characters.
        if c == '"' || c == '\\' {
            json.push('\\');
        }
        json.push(c);
    }
    json.push('"');
    json
}

/// Builds a [`RowSchema`]: features in order, each followed by its particulars.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RowSchemaBuilder {
    name: String,
    version: u32,
    fields: Vec<Field>,
    parameters: Vec<(String, f64)>,
}

impl RowSchemaBuilder {
    fn feature(mut self, name: &str, unit: &str, low: f64, high: f64, scale: &'static str) -> Self {
        self.fields.push(Field {
            name: Cow::Owned(name.to_owned()),
            ty: FieldType::F32,
            count: 1,
            // `build` refuses too many features; until then the offset only must not overflow.
            offset: (self.fields.len() * size_of::<f32>()) as u32,
            unit: Cow::Owned(unit.to_owned()),
            low,
            high,
            scale: scale.into(),
            missing: "none".into(),
        });
        self
    }

    /// Adds a number in its unit (`-` for none), between two bounds, inclusive.
    pub fn real(self, name: &str, unit: &str, low: f64, high: f64) -> Self {
        self.feature(name, unit, low, high, "raw")
    }

    /// Adds a whole number in its unit, between two bounds, inclusive.
    pub fn whole(self, name: &str, unit: &str, low: f64, high: f64) -> Self {
        self.feature(name, unit, low, high, "whole")
    }

    /// Scales the feature just added by a formula without white space (see [`crate::schema::scale`]
    /// for those that are understood). Its bounds are those of the result. [`Self::parameter`]
    /// gives the numbers that the formula names.
    pub fn scaled(mut self, formula: &str) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.scale = Cow::Owned(formula.to_owned());
        }
        self
    }

    /// Sets the number that stands for a missing value of the feature just added, within its
    /// bounds.
    pub fn missing(mut self, value: f32) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.missing = Cow::Owned(value.to_string());
        }
        self
    }

    /// Adds a parameter, which is part of the meaning: another value is another fingerprint.
    pub fn parameter(mut self, name: &str, value: f64) -> Self {
        self.parameters.push((name.to_owned(), value));
        self
    }

    /// Returns the row schema; `InvalidArgument` as of [`Schema::new`], [`Schema::with_parameters`]
    /// and [`RowSchema::from_schema`].
    pub fn build(self) -> Result<RowSchema> {
        let size = self.fields.len() * size_of::<f32>();
        let parameters: Vec<(&str, f64)> = self.parameters.iter().map(|(name, x)| (&**name, *x)).collect();
        let schema = Schema::new(self.name, self.version, size, self.fields)?;
        RowSchema::from_schema(&schema.with_parameters(&parameters)?)
    }
}
