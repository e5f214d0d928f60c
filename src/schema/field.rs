//! The fields of a record: name, type, place, unit, bounds, scale, and what a missing value reads
//! as.

use std::borrow::Cow;

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
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 binary32, finite.
    F32,
    /// IEEE 754 binary64, finite.
    F64,
    /// UTF-8 text in a NUL-padded field; the count is its width in bytes.
    Utf8,
}

impl FieldType {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::F32,
        Self::F64,
        Self::Utf8,
    ];

    /// Returns its name in the canonical text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Utf8 => "utf8",
        }
    }

    /// Returns the type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// Bytes of one element.
    pub const fn width(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Utf8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}
/// One field of a [`Schema`](crate::schema::canonical::Schema).
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
    /// The scale of the number: `raw` where it is in its unit, `whole` where it is that and only
    /// whole numbers make sense, else a formula in `x`, the number in its unit.
    pub scale: Cow<'static, str>,
    /// The value that stands for an unknown one; `none` where it is always known.
    pub missing: Cow<'static, str>,
}
