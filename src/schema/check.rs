//! Checks that the rules of records share: numbers in their ranges, ids that read, lists with
//! their counts.
//!
//! A record's bounds stand once, in its declaration; what checks one value reads them off its
//! schema.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::id::{Id, Text};
use crate::schema::kind::{FieldKind, Path, refused_figure};
use crate::schema::record::Record;
use std::ops::{Bound, RangeBounds};

pub(crate) const U16_MAX: f64 = u16::MAX as f64;
pub(crate) const U32_MAX: f64 = u32::MAX as f64;
pub(crate) const F32_MAX: f64 = f32::MAX as f64;

/// Returns the number, if it is finite and in the range.
pub(crate) fn finite_in(
    field: &'static str,
    value: f32,
    range: impl RangeBounds<f32>,
    expected: &'static str,
) -> Result<f32> {
    if range.contains(&value) && value.is_finite() {
        return Ok(value);
    }
    let kind = if value.is_finite() { ErrorKind::OutOfRange } else { ErrorKind::NotFinite };
    Err(Error::new(kind).about(field).expected_found(expected, value.to_string()))
}

pub(crate) fn fraction(field: &'static str, value: f32) -> Result<f32> {
    finite_in(field, value, 0.0..=1.0, "0 to 1")
}

pub(crate) fn finite(field: &'static str, value: f32) -> Result<f32> {
    finite_in(field, value, .., "a finite number")
}

pub(crate) fn positive(field: &'static str, value: f32) -> Result<f32> {
    let range = (Bound::Excluded(0.0), Bound::Unbounded);
    finite_in(field, value, range, "a finite number above 0")
}

pub(crate) fn id_named(field: &'static str, text: &str) -> Result<Id> {
    Id::new(text).map_err(|e| e.about(field))
}

/// Refuses bits of `present` that the record does not have.
#[inline]
pub fn check_bits(present: u32, known: u32, path: &Path<'_>) -> Result<()> {
    if present & !known == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about(path.to_string())
        .expected_found(format!("bits of {known:#x}"), format!("{present:#x}")))
}

/// Refuses a field that is not there and not zero.
#[inline]
pub fn check_zero<T: bytemuck::Pod>(value: &T, path: &Path<'_>) -> Result<()> {
    if is_zero(value) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about(path.to_string())
        .expected_found("zero, for it is not there", "other bytes"))
}

fn is_zero<T: bytemuck::Pod>(value: &T) -> bool {
    bytemuck::bytes_of(value).iter().all(|&b| b == 0)
}

pub(crate) fn missing(field: &'static str, needed_by: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about(field)
        .expected_found(format!("one, for {needed_by}"), "none")
}

/// Makes an id that may not be empty.
pub(crate) fn naming(field: &'static str, text: &str) -> Result<Id> {
    let id = id_named(field, text)?;
    id.check_named(&Path::ROOT.field(field))?;
    Ok(id)
}

/// Returns the first `count` entries of a list. `OutOfRange` if it has not the room.
pub fn counted<'a, T>(list: &'a [T], count: u8, name: &'static str) -> Result<&'a [T]> {
    list.get(..count.into()).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange)
            .about(name)
            .expected_found(format!("0 to {}", list.len()), count.to_string())
    })
}

/// Fills a list with the newest that it has room for, zero behind them; gives the count kept and
/// the count dropped.
pub(crate) fn keep_newest<T: bytemuck::Pod>(list: &mut [T], oldest_first: &[T]) -> (u8, u32) {
    let dropped = oldest_first.len().saturating_sub(list.len());
    let kept = &oldest_first[dropped..];
    list.fill(T::zeroed());
    list[..kept.len()].copy_from_slice(kept);
    (kept.len() as u8, u32::try_from(dropped).unwrap_or(u32::MAX))
}

/// Fills a list with the oldest that it has room for, otherwise like [`keep_newest`].
pub(crate) fn keep_oldest<T: bytemuck::Pod>(list: &mut [T], oldest_first: &[T]) -> (u8, u32) {
    let (kept, dropped) = oldest_first.split_at(oldest_first.len().min(list.len()));
    let (count, _) = keep_newest(list, kept);
    (count, u32::try_from(dropped.len()).unwrap_or(u32::MAX))
}

/// Returns text for a field, and `present` with the bit that says if it was cut.
pub fn cut_text(text: &str, present: u32, cut_bit: u32) -> (Text, u32) {
    let (text, cut) = Text::new(text);
    (text, present & !cut_bit | if cut { cut_bit } else { 0 })
}

/// Appends to a list, or counts what it has no room for.
pub(crate) fn append<T>(list: &mut [T], count: &mut u8, dropped: &mut u32, value: T) {
    match list.get_mut(usize::from(*count)) {
        Some(entry) => {
            *entry = value;
            *count += 1;
        }
        None => *dropped = dropped.saturating_add(1),
    }
}

/// Refuses other bytes than zero behind the last entry: two lists of the same entries must be equal
/// as bytes.
pub fn check_tail<T: bytemuck::Pod>(list: &[T], count: u8, path: &Path<'_>) -> Result<()> {
    match list.iter().skip(count.into()).position(|entry| !is_zero(entry)) {
        None => Ok(()),
        Some(i) => Err(Error::new(ErrorKind::OutOfRange)
            .about(path.entry(usize::from(count) + i).to_string())
            .expected_found(format!("zero behind {count} entries"), "other bytes")),
    }
}

/// Returns the number, if the field of that name can have it.
pub(crate) fn bounded<T: Record>(name: &str, value: f32) -> Result<f32> {
    check_list::<T>(name, &[value]).map(|()| value)
}

/// Refuses numbers that the field of that name, a number or a list of them, cannot have.
pub(crate) fn check_list<T: Record>(name: &str, values: &[f32]) -> Result<()> {
    let Some(field) = T::schema().fields().iter().find(|field| field.name == name) else {
        return Err(ErrorKind::Internal.into());
    };
    let path = Path::ROOT.field(name);
    values.iter().map(|value| f64::from(*value)).enumerate().try_for_each(|(i, value)| {
        if value.is_finite() && (field.low..=field.high).contains(&value) {
            return Ok(());
        }
        let path = if field.count == 1 { path } else { path.entry(i) };
        Err(refused_figure(&path, field.low, field.high, value))
    })
}
