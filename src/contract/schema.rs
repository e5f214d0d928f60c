//! What a record means, as data, and its fingerprint.
//!
//! A [`Schema`] lists a record's fields in order: name, type, offset, unit, bounds, scale and what a missing value
//! reads as. Two programs agree on a record when their **fingerprints** are equal: the first 16 bytes of SHA-256 over
//! the [canonical text](Schema::canonical). The width of a record or the version of this package says nothing about
//! its meaning and is no part of it.

use crate::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;

use super::id::{Id, Text};

/// The first 16 bytes of SHA-256 over a schema's canonical text.
pub type Fingerprint = [u8; 16];

/// The type of one field, in the notation of the canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 binary32, finite.
    F32,
    /// UTF-8 text in a NUL-padded field; the count is its width in bytes.
    Utf8,
}

impl FieldType {
    /// Its name in the canonical text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::Utf8 => "utf8",
        }
    }

    /// Bytes of one element.
    pub const fn width(self) -> usize {
        match self {
            Self::U8 | Self::Utf8 => 1,
            Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
            Self::U64 | Self::I64 => 8,
        }
    }
}

/// One field of a [`Schema`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, unique within the schema. Fields of a nested record are named `outer.inner`.
    pub name: Cow<'static, str>,
    /// The type of one element.
    pub ty: FieldType,
    /// Elements; 1 for a plain number.
    pub count: u32,
    /// Bytes from the record's start.
    pub offset: u32,
    /// The unit, or the enumeration's name; `-` where there is none.
    pub unit: Cow<'static, str>,
    /// The least value, inclusive; negative infinity where there is no bound.
    pub low: f64,
    /// The greatest value, inclusive; infinity where there is no bound.
    pub high: f64,
    /// How the number is scaled; `raw` where it is in its unit.
    pub scale: Cow<'static, str>,
    /// What stands there when the value is not known; `none` where it always is.
    pub missing: Cow<'static, str>,
}

/// What a record means.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    name: Cow<'static, str>,
    version: u32,
    size: u32,
    fields: Vec<Field>,
    fingerprint: Fingerprint,
}

impl Schema {
    /// A schema. Names (1 to 39 bytes, no white space) must be unique, fields must lie in order inside `size` bytes
    /// without overlapping, and there must be at least one.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        version: u32,
        size: usize,
        fields: Vec<Field>,
    ) -> Result<Self> {
        let name = name.into();
        let refuse = |expected: String, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("schema {name}"))
                .expected_found(expected, found))
        };
        let word =
            |s: &str| !s.is_empty() && s.len() < 80 && !s.contains(|c: char| c.is_whitespace() || c == '\0');
        if !word(&name) || name.len() > 39 {
            return refuse("a name of 1 to 39 bytes without white space".into(), format!("{name:?}"));
        }
        if fields.is_empty() || size == 0 || size > 1 << 24 {
            return refuse(
                "1 field or more in 1 to 2^24 bytes".into(),
                format!("{} fields in {size} bytes", fields.len()),
            );
        }
        let mut end = 0u64;
        for (i, f) in fields.iter().enumerate() {
            if ![&f.name, &f.unit, &f.scale, &f.missing].iter().all(|s| word(s)) {
                return refuse("names without white space".into(), format!("field {i}: {f:?}"));
            }
            if fields[..i].iter().any(|g| g.name == f.name) {
                return refuse("unique names".into(), format!("\"{}\" twice", f.name));
            }
            let width = f.ty.width() as u64;
            if f.count == 0
                || (f.offset as u64) < end
                || f.offset as u64 + width * f.count as u64 > size as u64
            {
                return refuse(
                    format!("fields in order inside {size} bytes"),
                    format!("\"{}\" x {} at {}", f.name, f.count, f.offset),
                );
            }
            end = f.offset as u64 + width * f.count as u64;
            if f.low.is_nan() || f.high.is_nan() || f.low > f.high {
                return refuse("low <= high".into(), format!("\"{}\": {}..{}", f.name, f.low, f.high));
            }
        }
        let mut schema = Self { name, version, size: size as u32, fields, fingerprint: [0; 16] };
        schema.fingerprint = fingerprint_of(&schema.canonical());
        Ok(schema)
    }

    /// The record's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The record's version. Another version is another fingerprint.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Bytes of one record.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The first 16 bytes of SHA-256 over [`Schema::canonical`].
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The canonical text: UTF-8, lines ended by one `\n`, words parted by one space.
    ///
    /// ```text
    /// leyline-schema 1
    /// record NAME VERSION SIZE
    /// field INDEX NAME TYPE COUNT OFFSET UNIT LOW HIGH SCALE MISSING      (a line for each, in order)
    /// ```
    ///
    /// Whole numbers are decimal; LOW and HIGH are the 16 lower-case hexadecimal digits of the bits of the f64.
    pub fn canonical(&self) -> String {
        let mut text = format!("leyline-schema 1\nrecord {} {} {}\n", self.name, self.version, self.size);
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

/// The first 16 bytes of SHA-256 over a text.
pub fn fingerprint_of(text: &str) -> Fingerprint {
    let hash = Sha256::digest(text.as_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hash[..16]);
    out
}

/// 32 lower-case hexadecimal digits.
pub fn hex(fingerprint: &Fingerprint) -> String {
    fingerprint.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

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
scalar!(u8 => U8, u16 => U16, u32 => U32, u64 => U64, i64 => I64, f32 => F32);

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
/// After each field stand its unit (or `-`) and its bounds, inclusive.
///
/// ```
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// pub struct Temperature { celsius: f32, sensor: u32 }
/// leyline::record! {
///     Temperature as "temperature" version 1 {
///         celsius: f32, "degC", -273.15, 1e6;
///         sensor: u32, "-", 0.0, 7.0;
///     }
/// }
/// use leyline::contract::schema::Record;
/// assert_eq!(Temperature::schema().fields()[0].unit, "degC");
/// ```
#[macro_export]
macro_rules! record {
    ($t:ident as $name:literal version $version:literal {
        $($field:ident: $ty:ty, $unit:literal, $low:expr, $high:expr);+ $(;)?
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
        impl $crate::contract::schema::FieldKind for $t {
            fn describe(
                out: &mut ::std::vec::Vec<$crate::contract::schema::Field>,
                name: &str,
                offset: usize,
                _unit: &'static str,
                _low: f64,
                _high: f64,
            ) {
                let prefix = if name.is_empty() { ::std::string::String::new() } else { ::std::format!("{name}.") };
                $(<$ty as $crate::contract::schema::FieldKind>::describe(
                    out,
                    &::std::format!("{prefix}{}", stringify!($field)),
                    offset + ::core::mem::offset_of!($t, $field),
                    $unit,
                    $low,
                    $high,
                );)+
            }
        }
        impl $crate::contract::schema::Record for $t {
            fn schema() -> &'static $crate::contract::schema::Schema {
                static SCHEMA: ::std::sync::LazyLock<$crate::contract::schema::Schema> =
                    ::std::sync::LazyLock::new(|| {
                        let mut fields = ::std::vec::Vec::new();
                        <$t as $crate::contract::schema::FieldKind>::describe(&mut fields, "", 0, "-", 0.0, 0.0);
                        $crate::contract::schema::Schema::new(
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
        // printf '...' | sha256sum
        assert_eq!(hex(&fingerprint_of("abc")), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn any_change_of_meaning_changes_the_fingerprint() {
        let base = Outer::schema();
        let rebuilt = |f: &dyn Fn(&mut Vec<Field>)| {
            let mut fields = base.fields().to_vec();
            f(&mut fields);
            Schema::new("outer", 3, 64, fields).unwrap().fingerprint()
        };
        assert_eq!(rebuilt(&|_| ()), base.fingerprint());
        #[allow(clippy::type_complexity)]
        let changes: [&dyn Fn(&mut Vec<Field>); 6] = [
            &|f| f[1].name = "inner.y".into(),
            &|f| f[1].unit = "km".into(),
            &|f| f[1].high = 2.0,
            &|f| f[1].scale = "log".into(),
            &|f| f[1].missing = "zero".into(),
            &|f| f[1].ty = FieldType::U32,
        ];
        for change in changes {
            assert_ne!(rebuilt(change), base.fingerprint());
        }
        let other = Schema::new("outer", 4, 64, base.fields().to_vec()).unwrap();
        assert_ne!(other.fingerprint(), base.fingerprint());
    }

    #[test]
    fn a_schema_that_makes_no_sense_is_refused() {
        let fields = Outer::schema().fields().to_vec();
        let bad = |name: &'static str, size, fields| Schema::new(name, 1, size, fields).unwrap_err().kind();
        assert_eq!(bad("", 64, fields.clone()), ErrorKind::InvalidArgument);
        assert_eq!(bad("x", 64, vec![]), ErrorKind::InvalidArgument);
        assert_eq!(bad("x", 32, fields.clone()), ErrorKind::InvalidArgument);
        let mut twice = fields.clone();
        twice[2].name = twice[1].name.clone();
        assert_eq!(bad("x", 64, twice), ErrorKind::InvalidArgument);
        let mut nan = fields;
        nan[0].low = f64::NAN;
        assert_eq!(bad("x", 64, nan), ErrorKind::InvalidArgument);
    }
}
