//! What the rules of the records have in common: numbers in their ranges, ids that read, lists with their counts, and
//! optional fields that are there or zero.
//!
//! A record's bounds stand once, in its declaration; what checks a whole record reads them off its schema.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::field::{Field, FieldType};
use crate::schema::id::{ID_BYTES, Id, Text};
use crate::schema::record::Record;
use std::ops::{Bound, Range, RangeBounds};

pub(crate) const U16_MAX: f64 = u16::MAX as f64;
pub(crate) const U32_MAX: f64 = u32::MAX as f64;
pub(crate) const F32_MAX: f64 = f32::MAX as f64;

/// The number, if it is finite and in the range.
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

/// UTF-8 and padded with NUL to its end: two ids of the same text must be equal as bytes.
pub(crate) fn whole_id(field: &'static str, id: &Id) -> Result<()> {
    if Id::from_bytes(id.as_bytes()).map_err(|e| e.about(field))? == *id {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidId)
        .about(field)
        .expected_found("NUL to the end of the field", "other bytes after the first NUL"))
}

pub(crate) fn id_named(field: &'static str, text: &str) -> Result<Id> {
    Id::new(text).map_err(|e| e.about(field))
}

pub(crate) fn known_bits(present: u32, known: u32) -> Result<()> {
    if present & !known == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about("present")
        .expected_found(format!("bits of {known:#x}"), format!("{present:#x}")))
}

pub(crate) fn must_be_zero<T: bytemuck::Pod>(field: &'static str, value: &T) -> Result<()> {
    zero_bytes(field, bytemuck::bytes_of(value))
}

fn zero_bytes(field: &'static str, bytes: &[u8]) -> Result<()> {
    if bytes.iter().all(|&b| b == 0) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about(field)
        .expected_found("zero, for it is not there", "other bytes"))
}

pub(crate) fn missing(field: &'static str, needed_by: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about(field)
        .expected_found(format!("one, for {needed_by}"), "none")
}

/// An id that is not empty.
pub(crate) fn must_name(field: &'static str, id: &Id) -> Result<()> {
    if id.is_empty() { Err(no_id(field)) } else { Ok(()) }
}

/// An id that may not be empty.
pub(crate) fn naming(field: &'static str, text: &str) -> Result<Id> {
    let id = id_named(field, text)?;
    must_name(field, &id)?;
    Ok(id)
}

/// The entries of a list that has so many. `OutOfRange` if it has not the room.
pub(crate) fn counted<'a, T>(list: &'a [T], count: u8, name: &'static str) -> Result<&'a [T]> {
    list.get(..count.into()).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange)
            .about(name)
            .expected_found(format!("0 to {}", list.len()), count.to_string())
    })
}

/// Fills a list with the newest that it has room for, zero behind them; gives the count kept and the count dropped.
pub(crate) fn keep_newest<T: bytemuck::Pod>(list: &mut [T], oldest_first: &[T]) -> (u8, u32) {
    let dropped = oldest_first.len().saturating_sub(list.len());
    let kept = &oldest_first[dropped..];
    list.fill(T::zeroed());
    list[..kept.len()].copy_from_slice(kept);
    (kept.len() as u8, u32::try_from(dropped).unwrap_or(u32::MAX))
}

/// As [`keep_newest`], but keeps the oldest.
pub(crate) fn keep_oldest<T: bytemuck::Pod>(list: &mut [T], oldest_first: &[T]) -> (u8, u32) {
    let (kept, dropped) = oldest_first.split_at(oldest_first.len().min(list.len()));
    let (count, _) = keep_newest(list, kept);
    (count, u32::try_from(dropped.len()).unwrap_or(u32::MAX))
}

/// Text for a field, and `present` with the bit that says whether it was cut.
pub(crate) fn cut_text(text: &str, present: u32, cut_bit: u32) -> (Text, u32) {
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

/// Zero behind the last entry: two lists of the same entries must be equal as bytes.
pub(crate) fn check_tail<T: bytemuck::Pod>(name: &str, list: &[T], count: usize) -> Result<()> {
    let zero = |entry: &T| bytemuck::bytes_of(entry).iter().all(|&b| b == 0);
    match list.iter().skip(count).position(|entry| !zero(entry)) {
        None => Ok(()),
        Some(i) => Err(Error::new(ErrorKind::OutOfRange)
            .about(format!("{name}[{}]", count + i))
            .expected_found(format!("zero behind {count} entries"), "other bytes")),
    }
}

/// Only known bits in `present`; zero bytes where a bit is clear, and an id that is not empty where one is set. An optional
/// field may be a nested record; a bit that only says something has no field, but an empty name.
pub(crate) fn check_absent<T: Record>(
    record: &T,
    present: u32,
    optional: &[(u32, &'static str)],
) -> Result<()> {
    known_bits(present, optional.iter().fold(0, |bits, (bit, _)| bits | bit))?;
    let bytes = bytemuck::bytes_of(record);
    for (bit, name) in optional {
        let of = |field: &&Field| {
            field.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        for field in T::schema().fields().iter().filter(of) {
            let bytes = &bytes[range(field)];
            if present & bit == 0 {
                zero_bytes(name, bytes)?;
            } else if is_id(field) && field.name == *name && bytes[0] == 0 {
                return Err(no_id(name));
            }
        }
    }
    Ok(())
}

fn is_id(field: &Field) -> bool {
    field.ty == FieldType::Utf8 && field.count as usize == ID_BYTES
}

fn no_id(field: &'static str) -> Error {
    Error::new(ErrorKind::InvalidId).about(field).expected_found("an id", "an empty one")
}

fn range(field: &Field) -> Range<usize> {
    let first = field.offset as usize;
    first..first + field.ty.width() * field.count as usize
}

/// Every field as its declaration has it: numbers finite (`NotFinite`) and in their bounds (`OutOfRange`), ids
/// (`InvalidId`) and texts (`InvalidArgument`) UTF-8 and padded with NUL to their end.
pub(crate) fn check_fields<T: Record>(record: &T) -> Result<()> {
    let bytes = bytemuck::bytes_of(record);
    for field in T::schema().fields() {
        let bytes = &bytes[range(field)];
        if field.ty == FieldType::Utf8 {
            check_text(field, bytes)?;
            continue;
        }
        if bytes.iter().all(|&b| b == 0) && field.low <= 0.0 && field.high >= 0.0 {
            continue;
        }
        for (i, element) in bytes.chunks_exact(field.ty.width()).enumerate() {
            check_element(field, i, element)?;
        }
    }
    Ok(())
}

fn check_element(field: &Field, index: usize, bytes: &[u8]) -> Result<()> {
    use bytemuck::pod_read_unaligned as read;
    let number = match field.ty {
        FieldType::U8 => read::<u8>(bytes).into(),
        FieldType::U16 => read::<u16>(bytes).into(),
        FieldType::U32 => read::<u32>(bytes).into(),
        FieldType::U64 => read::<u64>(bytes) as f64,
        FieldType::I8 => read::<i8>(bytes).into(),
        FieldType::I16 => read::<i16>(bytes).into(),
        FieldType::I32 => read::<i32>(bytes).into(),
        FieldType::I64 => read::<i64>(bytes) as f64,
        FieldType::F64 => match read::<f64>(bytes) {
            number if number.is_finite() => number,
            number => return Err(not_finite(field, index, number)),
        },
        FieldType::F32 => return check_figure(field, index, read(bytes)).map(drop),
        FieldType::Utf8 => return Ok(()),
    };
    if (field.low..=field.high).contains(&number) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about(element_name(field, index))
        .expected_found(format!("{} to {}", field.low, field.high), number.to_string()))
}

fn check_text(field: &Field, bytes: &[u8]) -> Result<()> {
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
    Err(Error::new(if is_id(field) { ErrorKind::InvalidId } else { ErrorKind::InvalidArgument })
        .about(field.name.to_string())
        .expected_found("UTF-8 and NUL to the end of the field", found))
}

fn element_name(field: &Field, index: usize) -> String {
    if field.count == 1 { field.name.to_string() } else { format!("{}[{index}]", field.name) }
}

fn floats<T: Record>() -> impl Iterator<Item = &'static Field> {
    T::schema().fields().iter().filter(|field| field.ty == FieldType::F32)
}

fn not_finite(field: &Field, index: usize, number: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFinite)
        .about(element_name(field, index))
        .expected_found("a finite number", number.to_string())
}

fn check_figure(field: &Field, index: usize, value: f32) -> Result<f32> {
    if !value.is_finite() {
        return Err(not_finite(field, index, value));
    }
    if (field.low..=field.high).contains(&f64::from(value)) {
        return Ok(value);
    }
    Err(Error::new(ErrorKind::OutOfRange)
        .about(element_name(field, index))
        .expected_found(format!("{} to {}", field.low, field.high), value.to_string()))
}

/// The number, if the field of that name may have it.
pub(crate) fn bounded<T: Record>(name: &str, value: f32) -> Result<f32> {
    match floats::<T>().find(|field| field.name == name) {
        Some(field) => check_figure(field, 0, value),
        None => Err(ErrorKind::Internal.into()),
    }
}

/// Whether the list of that name may have these entries.
pub(crate) fn check_list<T: Record>(name: &str, values: &[f32]) -> Result<()> {
    match floats::<T>().find(|field| field.name == name) {
        Some(field) => {
            values.iter().enumerate().try_for_each(|(i, value)| check_figure(field, i, *value).map(drop))
        }
        None => Err(ErrorKind::Internal.into()),
    }
}

/// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
pub(crate) fn sanitize_floats<T: Record>(record: &mut T) -> u32 {
    let all = bytemuck::bytes_of_mut(record);
    let mut replaced = 0;
    for field in T::schema().fields() {
        let most = match field.ty {
            FieldType::F32 => F32_MAX,
            FieldType::F64 => f64::MAX,
            _ => continue,
        };
        let (low, high) = (field.low.max(-most), field.high.min(most));
        for bytes in all[range(field)].chunks_exact_mut(field.ty.width()) {
            let value = match field.ty {
                FieldType::F32 => bytemuck::pod_read_unaligned::<f32>(bytes).into(),
                _ => bytemuck::pod_read_unaligned::<f64>(bytes),
            };
            let sane = if value.is_nan() { 0.0 } else { value }.clamp(low, high);
            if sane.to_bits() == value.to_bits() {
                continue;
            }
            match field.ty {
                FieldType::F32 => bytes.copy_from_slice(&(sane as f32).to_ne_bytes()),
                _ => bytes.copy_from_slice(&sane.to_ne_bytes()),
            }
            replaced += 1;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    /// Of alignment 1.
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Bytes {
        id: Id,
        level: [u8; 4],
    }
    record! { Bytes as "bytes" version 1 { id: Id, "-", 0.0, 0.0; level: [u8; 4], "-", 1.0, 3.0; } }

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Inner {
        n: i64,
        x: [f32; 2],
    }
    record! { Inner as "inner" version 1 { n: i64, "-", -2.0, 2.0; x: [f32; 2], "-", -1.0, 1.0; } }

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Outer {
        inner: Inner,
        inner_too: u64,
        text: Text,
    }
    record! { Outer as "outer" version 1 {
        inner: Inner, "-", 0.0, 0.0; inner_too: u64, "-", 0.0, f64::INFINITY; text: Text, "-", 0.0, 0.0;
    } }

    fn outer() -> Outer {
        Outer { inner: Inner { n: -2, x: [1.0, -1.0] }, inner_too: u64::MAX, text: Text::new("x").0 }
    }

    fn refusal<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
        let e = result.unwrap_err();
        (e.kind(), e.to_string())
    }

    #[test]
    fn every_field_is_held_to_its_declaration() {
        check_fields(&outer()).unwrap();
        let spoilt = |spoil: fn(&mut Outer)| {
            let mut record = outer();
            spoil(&mut record);
            refusal(check_fields(&record))
        };
        let (kind, said) = spoilt(|r| r.inner.n = 3);
        assert!(
            kind == ErrorKind::OutOfRange && said.contains("inner.n") && said.contains("-2 to 2"),
            "{said}"
        );
        let (kind, said) = spoilt(|r| r.inner.x[1] = f32::NAN);
        assert!(kind == ErrorKind::NotFinite && said.contains("inner.x[1]"), "{said}");
        for bad in [[b'x'; 64], [0xff; 64]] {
            let text: Text = bytemuck::cast(bad);
            let (kind, said) = refusal(check_fields(&Outer { text, ..outer() }));
            assert!(kind == ErrorKind::InvalidArgument && said.contains("text"), "{said}");
        }
        // A zero is inside most bounds, but not inside all.
        let mut bytes = Bytes { id: Id::EMPTY, level: [1, 2, 3, 3] };
        check_fields(&bytes).unwrap();
        assert_eq!(sanitize_floats(&mut bytes), 0);
        bytes.level[2] = 0;
        let (kind, said) = refusal(check_fields(&bytes));
        assert!(kind == ErrorKind::OutOfRange && said.contains("level[2]"), "{said}");
    }

    #[test]
    fn signed_and_double_fields_are_held_to_it_too() {
        #[derive(Clone, Copy)]
        #[repr(C)]
        struct Signed {
            d: f64,
            i: i32,
            s: i16,
            b: [i8; 2],
        }
        record! { Signed as "signed" version 1 {
            d: f64, "-", -1.0, 1.0; i: i32, "-", -3.0, 3.0; s: i16, "-", -2.0, 2.0; b: [i8; 2], "-", -1.0, 1.0;
        } }
        let good = Signed { d: -0.5, i: -3, s: -2, b: [-1, 1] };
        check_fields(&good).unwrap();
        for (bad, name, expected) in [
            (Signed { d: 1.5, ..good }, "d", ErrorKind::OutOfRange),
            (Signed { d: f64::NAN, ..good }, "d", ErrorKind::NotFinite),
            (Signed { i: -4, ..good }, "i", ErrorKind::OutOfRange),
            (Signed { s: 3, ..good }, "s", ErrorKind::OutOfRange),
            (Signed { b: [0, -2], ..good }, "b[1]", ErrorKind::OutOfRange),
        ] {
            let (kind, said) = refusal(check_fields(&bad));
            assert!(kind == expected && said.contains(&format!(": {name}; ")), "{said}");
        }
    }

    #[test]
    fn what_is_absent_is_zero_all_of_it_and_nothing_else() {
        let optional = [(1, "inner"), (4, "text")];
        check_absent(&outer(), 5, &optional).unwrap();
        for (present, name) in [(4, "inner"), (1, "text"), (7, "present"), (1 << 31, "present")] {
            let (kind, said) = refusal(check_absent(&outer(), present, &optional));
            assert!(kind == ErrorKind::OutOfRange && said.contains(name), "{said}");
        }
        let bare = Outer { inner: Inner { n: 0, x: [0.0; 2] }, text: Text::EMPTY, ..outer() };
        check_absent(&bare, 0, &optional).unwrap();
    }

    #[test]
    fn a_list_keeps_the_newest_or_counts_what_it_drops() {
        let mut list = [9.0f32; 3];
        assert_eq!(keep_newest(&mut list, &[1.0]), (1, 0));
        assert_eq!(list, [1.0, 0.0, 0.0]);
        check_tail("list", &list, 1).unwrap();
        let (kind, said) = refusal(check_tail("list", &[1.0, 0.0, 2.0], 1));
        assert!(kind == ErrorKind::OutOfRange && said.contains("list[2]"), "{said}");
        assert_eq!(keep_newest(&mut list, &[1.0, 2.0, 3.0, 4.0, 5.0]), (3, 2));
        assert_eq!((list, counted(&list, 3, "list").unwrap().len()), ([3.0, 4.0, 5.0], 3));
        assert_eq!(refusal(counted(&list, 4, "list")).0, ErrorKind::OutOfRange);

        let (mut count, mut dropped) = (2, u32::MAX - 1);
        for value in [6.0, 7.0, 8.0, 9.0] {
            append(&mut list, &mut count, &mut dropped, value);
        }
        assert_eq!((list, count, dropped), ([3.0, 4.0, 6.0], 3, u32::MAX));
    }
}
