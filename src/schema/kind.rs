//! The kinds of fields: how a value of each is described, checked and brought into its bounds.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::field::{Field, FieldType};
use crate::schema::id::{Id, Text};
use crate::schema::worst::worst;
use std::{borrow::Cow, fmt};

/// A field's place in a record, for errors: `metrics.val_loss`, `tags[3]`.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    outer: Option<&'a Self>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> Path<'a> {
    /// The record itself.
    pub const ROOT: Self = Self { outer: None, name: "", index: None };

    /// Returns the path of a field of the record at this path.
    #[inline(always)]
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Self {
        Self { outer: Some(self), name, index: None }
    }

    #[inline(always)]
    pub(crate) const fn entry(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer.filter(|outer| !outer.name.is_empty()) {
            write!(f, "{outer}.")?;
        }
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// Describes a field that is sanitized, as its record declares it.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// Its least value.
    pub low: f64,
    /// Its greatest value.
    pub high: f64,
    /// Entries that are there: 0 of a field that is absent, of a list its count.
    pub entries: usize,
}

impl Declared<'_> {
    /// The record itself.
    pub const ROOT: Self = Self { name: "", unit: "-", low: 0.0, high: 0.0, entries: usize::MAX };

    /// Returns what replaces NaN in an entry: the worst value of the field, 0 where none is known
    /// or no entry is there.
    #[cold]
    fn instead_of_nan(&self, entry: usize) -> f64 {
        let known = entry < self.entries;
        known.then(|| worst(self.name, self.unit, self.low, self.high)).flatten().unwrap_or(0.0)
    }
}

/// A type that can stand in a field of a [`record!`](crate::record).
pub trait FieldKind: bytemuck::Pod {
    /// Appends its fields at `offset`.
    fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64);

    /// Refuses a number that is not finite (`NotFinite`) or outside its bounds (`OutOfRange`), an
    /// id (`InvalidId`) or text (`InvalidArgument`) that is not UTF-8 padded with NUL to its end, a
    /// nested record that its own check refuses.
    fn check(&self, path: &Path<'_>, low: f64, high: f64) -> Result<()>;

    /// Saturates floating-point numbers to their bounds, replaces NaN by the worst value of the
    /// field, and returns how many it replaced.
    fn sanitize(&mut self, _field: &Declared<'_>) -> u32 {
        0
    }

    /// Refuses an empty id (`InvalidId`): the field of a record that says it has one.
    fn check_named(&self, _path: &Path<'_>) -> Result<()> {
        Ok(())
    }
}

/// A field that is set from a `V`, which may be wrong.
pub trait Given<V>: FieldKind {
    /// Returns the field; refuses a number outside its bounds and an id that is empty or too long.
    fn given(value: V, path: &Path<'_>, low: f64, high: f64) -> Result<Self>;
}

impl Given<f32> for f32 {
    fn given(value: f32, path: &Path<'_>, low: f64, high: f64) -> Result<Self> {
        value.check(path, low, high)?;
        Ok(value)
    }
}

impl Given<&str> for Id {
    fn given(text: &str, path: &Path<'_>, _low: f64, _high: f64) -> Result<Self> {
        let id = Self::new(text).map_err(|e| e.about(path.to_string()))?;
        id.check_named(path)?;
        Ok(id)
    }
}

/// Returns the description of a field that is not scaled and has no rule for missing values.
pub(crate) fn described(
    name: &str,
    ty: FieldType,
    count: usize,
    offset: usize,
    (unit, low, high): (&'static str, f64, f64),
) -> Field {
    Field {
        name: Cow::Owned(name.to_owned()),
        ty,
        count: count as u32,
        offset: offset as u32,
        unit: Cow::Borrowed(unit),
        low,
        high,
        scale: Cow::Borrowed("raw"),
        missing: Cow::Borrowed("none"),
    }
}

#[cold]
#[inline(never)]
fn outside(path: &Path<'_>, low: f64, high: f64, found: f64) -> Error {
    Error::new(ErrorKind::OutOfRange)
        .about(path.to_string())
        .expected_found(format!("{low} to {high}"), found.to_string())
}

/// Refuses a floating-point number that is not finite or outside its bounds.
#[cold]
#[inline(never)]
pub(crate) fn refused_figure(path: &Path<'_>, low: f64, high: f64, found: f64) -> Error {
    if found.is_finite() {
        return outside(path, low, high, found);
    }
    Error::new(ErrorKind::NotFinite)
        .about(path.to_string())
        .expected_found("a finite number", found.to_string())
}

macro_rules! numbers {
    ($($t:ty => $f:ident: $check:ident $sanitize:ident),+ $(,)?) => {$(
        impl FieldKind for $t {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                out.push(described(name, FieldType::$f, 1, offset, (unit, low, high)));
            }

            #[inline(always)]
            fn check(&self, path: &Path<'_>, low: f64, high: f64) -> Result<()> {
                $check!(self, $t, path, low, high)
            }

            #[inline(always)]
            fn sanitize(&mut self, field: &Declared<'_>) -> u32 {
                $sanitize!(std::slice::from_mut(self), $t, field)
            }
        }

        impl<const N: usize> FieldKind for [$t; N]
        where
            Self: bytemuck::Pod,
        {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                out.push(described(name, FieldType::$f, N, offset, (unit, low, high)));
            }

            fn check(&self, path: &Path<'_>, low: f64, high: f64) -> Result<()> {
                self.iter().enumerate().try_for_each(|(i, number)| number.check(&path.entry(i), low, high))
            }

            #[inline(always)]
            fn sanitize(&mut self, field: &Declared<'_>) -> u32 {
                $sanitize!(self, $t, field)
            }
        }
    )+};
}

macro_rules! check_whole {
    ($number:expr, $t:ty, $path:expr, $low:expr, $high:expr) => {{
        let number = *$number as f64;
        if $low <= <$t>::MIN as f64 && $high >= <$t>::MAX as f64 || ($low..=$high).contains(&number) {
            Ok(())
        } else {
            Err(outside($path, $low, $high, number))
        }
    }};
}

macro_rules! check_figure {
    ($number:expr, $t:ty, $path:expr, $low:expr, $high:expr) => {{
        let number = f64::from(*$number);
        if number.is_finite() && ($low..=$high).contains(&number) {
            Ok(())
        } else {
            Err(refused_figure($path, $low, $high, number))
        }
    }};
}

macro_rules! keep {
    ($numbers:expr, $t:ty, $field:expr) => {{
        let _ = ($numbers, $field);
        0
    }};
}

macro_rules! saturate {
    ($numbers:expr, $t:ty, $field:expr) => {{
        /// Returns the bounds as the type has them: finite.
        #[inline(always)]
        fn bounds(field: &Declared<'_>) -> (f64, f64) {
            let most = f64::from(<$t>::MAX);
            (field.low.max(-most), field.high.min(most))
        }
        #[cold]
        #[inline(never)]
        fn mend(numbers: &mut [$t], field: &Declared<'_>) -> u32 {
            let (low, high) = bounds(field);
            let mut replaced = 0;
            for (i, number) in numbers.iter_mut().enumerate() {
                let value = if number.is_nan() { field.instead_of_nan(i) } else { f64::from(*number) };
                let sane = value.clamp(low, high) as $t;
                replaced += u32::from(std::mem::replace(number, sane).to_bits() != sane.to_bits());
            }
            replaced
        }
        let numbers: &mut [$t] = $numbers;
        let (low, high) = bounds($field);
        // All are compared without a branch between them: nearly always they are fine.
        let fine = numbers.iter().map(|number| f64::from(*number));
        if fine.fold(true, |fine, number| fine & (number >= low) & (number <= high)) {
            0
        } else {
            mend(numbers, $field)
        }
    }};
}

numbers! {
    u8 => U8: check_whole keep, u16 => U16: check_whole keep, u32 => U32: check_whole keep, u64 => U64: check_whole keep,
    i8 => I8: check_whole keep, i16 => I16: check_whole keep, i32 => I32: check_whole keep, i64 => I64: check_whole keep,
    f32 => F32: check_figure saturate, f64 => F64: check_figure saturate,
}

/// Ids of 16 bytes each and the like: one field of all the bytes, which may be anything.
impl<const N: usize, const M: usize> FieldKind for [[u8; M]; N]
where
    Self: bytemuck::Pod,
{
    fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
        out.push(described(name, FieldType::U8, M * N, offset, (unit, low, high)));
    }

    fn check(&self, path: &Path<'_>, low: f64, high: f64) -> Result<()> {
        self.as_flattened().iter().try_for_each(|byte| byte.check(path, low, high))
    }
}

/// Refuses bytes that are not UTF-8 padded with NUL to their end: two texts that are equal must be
/// equal as bytes.
pub(crate) fn check_text(bytes: &[u8], path: &Path<'_>, kind: ErrorKind) -> Result<()> {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let (text, rest) = bytes.split_at(end);
    let found = if rest.is_empty() {
        "no NUL"
    } else if rest.iter().any(|&b| b != 0) {
        "other bytes after the first NUL"
    } else if std::str::from_utf8(text).is_err() {
        "bytes that are not UTF-8"
    } else {
        return Ok(());
    };
    Err(Error::new(kind)
        .about(path.to_string())
        .expected_found("UTF-8 and NUL to the end of the field", found))
}

/// Makes a type of padded UTF-8 bytes a kind of field, and lists of it.
macro_rules! textual {
    ($t:ty, $error:ident $(, $named:item)?) => {
        impl $crate::schema::kind::FieldKind for $t {
            fn describe(
                out: &mut Vec<$crate::schema::field::Field>,
                name: &str,
                offset: usize,
                unit: &'static str,
                low: f64,
                high: f64,
            ) {
                let (ty, bounds) = ($crate::schema::field::FieldType::Utf8, (unit, low, high));
                out.push($crate::schema::kind::described(name, ty, size_of::<$t>(), offset, bounds));
            }

            fn check(&self, path: &$crate::schema::kind::Path<'_>, _: f64, _: f64) -> $crate::Result<()> {
                $crate::schema::kind::check_text(bytemuck::bytes_of(self), path, $crate::ErrorKind::$error)
            }

            $($named)?
        }

        impl<const N: usize> $crate::schema::kind::FieldKind for [$t; N]
        where
            Self: bytemuck::Pod,
        {
            fn describe(
                out: &mut Vec<$crate::schema::field::Field>,
                name: &str,
                offset: usize,
                unit: &'static str,
                low: f64,
                high: f64,
            ) {
                for i in 0..N {
                    <$t>::describe(out, &format!("{name}.{i}"), offset + i * size_of::<$t>(), unit, low, high);
                }
            }

            fn check(&self, path: &$crate::schema::kind::Path<'_>, low: f64, high: f64) -> $crate::Result<()> {
                self.iter().enumerate().try_for_each(|(i, text)| text.check(&path.entry(i), low, high))
            }
        }
    };
}
pub(crate) use textual;

textual!(Text, InvalidArgument);
textual!(
    Id,
    InvalidId,
    fn check_named(&self, path: &Path<'_>) -> Result<()> {
        if !self.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidId).about(path.to_string()).expected_found("an id", "an empty one"))
    }
);
