//! Records: the types that a ring carries, and the macro that declares them.

use crate::schema::canonical::Schema;
use crate::schema::field::{Field, FieldType};
use crate::schema::id::{Id, Text};
use std::borrow::Cow;

/// A type that a ring can carry: Pod without padding, and with a meaning.
///
/// Implemented by the [`record!`](crate::record) macro.
pub trait Record: bytemuck::Pod + Send + Sync {
    /// What it means. The same for the life of the process.
    fn schema() -> &'static Schema;
}

/// A type that can stand in a field of a [`record!`](crate::record).
pub trait FieldKind: bytemuck::Pod {
    /// Appends its fields at `offset`.
    fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64);
}

#[allow(clippy::too_many_arguments)]
fn push(
    out: &mut Vec<Field>,
    name: &str,
    ty: FieldType,
    count: usize,
    offset: usize,
    unit: &'static str,
    low: f64,
    high: f64,
) {
    out.push(Field {
        name: Cow::Owned(name.to_owned()),
        ty,
        count: count as u32,
        offset: offset as u32,
        unit: Cow::Borrowed(unit),
        low,
        high,
        scale: Cow::Borrowed("raw"),
        missing: Cow::Borrowed("none"),
    });
}

macro_rules! scalar {
    ($($t:ty => $f:ident),+) => {$(
        impl FieldKind for $t {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                push(out, name, FieldType::$f, 1, offset, unit, low, high);
            }
        }
        impl<const N: usize> FieldKind for [$t; N] where [$t; N]: bytemuck::Pod {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                push(out, name, FieldType::$f, N, offset, unit, low, high);
            }
        }
    )+};
}
/// Ids of 16 bytes each and the like: one field of all the bytes.
impl<const N: usize, const M: usize> FieldKind for [[u8; M]; N]
where
    [[u8; M]; N]: bytemuck::Pod,
{
    fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
        push(out, name, FieldType::U8, M * N, offset, unit, low, high);
    }
}
scalar!(u8 => U8, u16 => U16, u32 => U32, u64 => U64, i8 => I8, i16 => I16, i32 => I32, i64 => I64, f32 => F32,
    f64 => F64);

macro_rules! textual {
    ($($t:ty),+) => {$(
        impl FieldKind for $t {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                push(out, name, FieldType::Utf8, size_of::<$t>(), offset, unit, low, high);
            }
        }
        impl<const N: usize> FieldKind for [$t; N] where [$t; N]: bytemuck::Pod {
            fn describe(out: &mut Vec<Field>, name: &str, offset: usize, unit: &'static str, low: f64, high: f64) {
                for i in 0..N {
                    push(out, &format!("{name}.{i}"), FieldType::Utf8, size_of::<$t>(), offset + i * size_of::<$t>(),
                        unit, low, high);
                }
            }
        }
    )+};
}
textual!(Id, Text);

/// Declares that a `#[repr(C)]` struct is a record: checks at compile time that it has no padding and that every
/// field is named, implements `Pod`, [`Record`] and [`FieldKind`], and gives it its schema.
///
/// After each field stand its unit (or `-`) and its bounds, inclusive; then, where they apply, `scale` and a word for how
/// the number is scaled (else `raw`), and `missing` and what stands there for an unknown value (else `none`).
///
/// ```
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// pub struct Temperature { celsius: f32, sensor: u32 }
/// leyline::record! {
///     Temperature as "temperature" version 1 {
///         celsius: f32, "degC", -273.15, 1e6, missing "-273.15";
///         sensor: u32, "-", 0.0, 7.0;
///     }
/// }
/// use leyline::schema::record::Record;
/// assert_eq!(Temperature::schema().fields()[0].unit, "degC");
/// assert_eq!(Temperature::schema().fields()[0].missing, "-273.15");
/// assert_eq!(Temperature::schema().fields()[1].scale, "raw");
/// ```
#[macro_export]
macro_rules! record {
    ($t:ident as $name:literal version $version:literal {
        $($field:ident: $ty:ty, $unit:literal, $low:expr, $high:expr
            $(, scale $scale:literal)? $(, missing $missing:literal)?);+ $(;)?
    }) => {
        #[allow(clippy::items_after_statements)]
        const _: () = {
            const fn pod<T: $crate::__private::bytemuck::Pod>() {}
            $(pod::<$ty>();)+
            assert!(
                0 $(+ ::core::mem::size_of::<$ty>())+ == ::core::mem::size_of::<$t>(),
                concat!("a record has a field that is not named, or padding: ", stringify!($t)),
            );
            assert!(::core::mem::size_of::<$t>() % 4 == 0, "a record's size must be a multiple of 4");
            assert!(::core::mem::align_of::<$t>() <= 8, "a record's alignment may be at most 8");
            fn _types(r: &$t) { $(let _: &$ty = &r.$field;)+ }
        };
        // SAFETY: every field is Pod and together they fill the struct (both asserted above): no padding, every bit
        // pattern a value.
        unsafe impl $crate::__private::bytemuck::Zeroable for $t {}
        // SAFETY: as above; the struct is Copy and 'static or this does not compile.
        unsafe impl $crate::__private::bytemuck::Pod for $t {}
        impl $crate::schema::record::FieldKind for $t {
            fn describe(
                out: &mut ::std::vec::Vec<$crate::schema::field::Field>,
                name: &str,
                offset: usize,
                _unit: &'static str,
                _low: f64,
                _high: f64,
            ) {
                let prefix = if name.is_empty() { ::std::string::String::new() } else { ::std::format!("{name}.") };
                $(
                    #[allow(unused_variables)]
                    let before = out.len();
                    <$ty as $crate::schema::record::FieldKind>::describe(
                        out,
                        &::std::format!("{prefix}{}", stringify!($field)),
                        offset + ::core::mem::offset_of!($t, $field),
                        $unit,
                        $low,
                        $high,
                    );
                    $(out[before..].iter_mut().for_each(|field| field.scale = $scale.into());)?
                    $(out[before..].iter_mut().for_each(|field| field.missing = $missing.into());)?
                )+
            }
        }
        impl $crate::schema::record::Record for $t {
            fn schema() -> &'static $crate::schema::canonical::Schema {
                static SCHEMA: ::std::sync::LazyLock<$crate::schema::canonical::Schema> =
                    ::std::sync::LazyLock::new(|| {
                        let mut fields = ::std::vec::Vec::new();
                        <$t as $crate::schema::record::FieldKind>::describe(&mut fields, "", 0, "-", 0.0, 0.0);
                        $crate::schema::canonical::Schema::new(
                            $name, $version, ::core::mem::size_of::<$t>(), fields,
                        ).expect("the record's declaration")
                    });
                &SCHEMA
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Inner {
        x: f32,
        n: u32,
    }
    record! { Inner as "inner" version 1 { x: f32, "m", -1.0, 1.0; n: u32, "-", 0.0, 9.0; } }

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Outer {
        id: Id,
        inner: Inner,
        t: [u64; 2],
    }
    record! { Outer as "outer" version 3 {
        id: Id, "-", 0.0, 0.0; inner: Inner, "-", 0.0, 0.0; t: [u64; 2], "ns", 0.0, f64::INFINITY;
    } }

    #[test]
    fn a_nested_record_is_described_field_by_field() {
        assert_eq!(
            Outer::schema().canonical(),
            "leyline-schema 1\nrecord outer 3 64\n\
             field 0 id utf8 40 0 - 0000000000000000 0000000000000000 raw none\n\
             field 1 inner.x f32 1 40 m bff0000000000000 3ff0000000000000 raw none\n\
             field 2 inner.n u32 1 44 - 0000000000000000 4022000000000000 raw none\n\
             field 3 t u64 2 48 ns 0000000000000000 7ff0000000000000 raw none\n"
        );
    }
}
