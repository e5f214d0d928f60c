//! Records: the types that a ring carries, and the macro that declares them.

use crate::base::error::Result;
use crate::schema::canonical::Schema;

/// A type that a ring can carry: Pod without padding, and with a meaning.
///
/// Implemented by the [`record!`](crate::record) macro.
pub trait Record: bytemuck::Pod + Send + Sync {
    /// The bits of its field `present`, each with its name.
    const BITS: &'static [(u32, &'static str)] = &[];

    /// Its optional fields: each bit of `present` with the name of a field that is there while the
    /// bit is set. A bit can have several fields.
    const OPTIONAL: &'static [(u32, &'static str)] = &[];

    /// Returns its meaning: the same for the life of the process.
    fn schema() -> &'static Schema;

    /// Returns the record before anything is set.
    fn initial() -> Self {
        bytemuck::Zeroable::zeroed()
    }

    /// Refuses what a hostile or careless writer may have put in, naming the first such field: a
    /// number that is not finite (`NotFinite`) or outside its bounds (`OutOfRange`), a number that
    /// its enumeration does not have (`InvalidEnum`), an id that does not read (`InvalidId`), other
    /// bytes than zero in an absent field or behind the last entry of a list (`OutOfRange`), and
    /// whatever the record's own rules refuse.
    fn check(&self) -> Result<()>;

    /// Saturates every floating-point number to its bounds, replaces NaN by the worst value of its
    /// field, and returns how many it replaced.
    ///
    /// [`RowSchema::worst`](crate::schema::row::RowSchema::worst) lists the worst values. NaN in any
    /// other field, in an absent one and behind the last entry of a list becomes 0, or the bound
    /// next to it.
    fn sanitize(&mut self) -> u32;
}

/// A record that a trainer reports beside the observations, for context, debugging and learning. It
/// has a ring of its own in the standard link.
///
/// A program may implement it for a record of its own and report that on a ring that it added to
/// the link.
pub trait Report: Record {
    /// The name of its ring.
    const RING: &'static str;
    /// Slots of its ring, unless set otherwise: a power of two.
    const CAPACITY: u64;

    /// Returns the environment that it belongs to.
    fn env(&self) -> u16;
}

/// Declares a record: checks at compile time that its `#[repr(C)]` struct has no padding and that
/// every field is named, implements `Pod`, [`Record`] and
/// [`FieldKind`](crate::schema::kind::FieldKind), and gives it its schema.
///
/// After each field stand its unit (or `-`) and its bounds, inclusive; then, where they apply,
/// `scale` and a word for how the number is scaled (else `raw`), and `missing` and the number that
/// stands for an unknown value (else `none`).
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
/// assert!(Temperature { celsius: 20.0, sensor: 8 }.check().unwrap_err().to_string().contains("sensor"));
/// ```
///
/// The longer form declares the struct as well, with `Default`, getters, `check` and `sanitize`.
/// More may follow a field, in this order:
///
/// | after the field's type | the field |
/// |---|---|
/// | nothing | has no unit and is zero, or is text or a nested record |
/// | `as SeedStage` | holds a value of that enumeration, which gives unit and bounds; its getter gives the enumeration |
/// | `, if BIT` | is there while that bit of `present` is set, and else zero; its getter gives an `Option` |
/// | `, list COUNT of T` | is a list with as many entries as the field COUNT says, zero behind them; its getter gives those |
/// | `, is named` | is an id that may not be empty |
/// | `, default X` | is X in a new record, else zero |
/// | `, set NAME(T)` | has a setter of that name that takes any T |
/// | `, try NAME(T)` | has a setter of that name that refuses what the field cannot be |
/// | `, put NAME(T)` | has such a setter that changes the record in place |
/// | `, cut BIT by NAME, IS` | is text whose setter NAME cuts it and sets BIT, which IS asks for |
/// | `, flag NAME` | is 1 or 0, and a method of that name says if it is 1 |
/// | `, mark NAME = X` | has a method of that name that sets it to X |
///
/// After the fields, `present { BIT = N; }` numbers the bits of `present`, and `rules NAME` names a
/// method that refuses what no bounds can say. `derives NAME` names one that computes fields anew
/// that follow from others, after `sanitize`. `on "RING" with N slots` makes the record a
/// [`Report`].
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $t:ident as $name:literal version $version:literal $(on $ring:literal with $slots:literal slots)? {$(
            $(#[$doc:meta])*
            $field:ident: $ty:ty $(as $number:ident)? $(, $unit:literal, $low:expr, $high:expr)?
                $(, if $bit:ident)? $(, list $count:ident of $item:ty)? $(, is $named:ident)? $(, default $default:expr)?
                $(, set $setter:ident($given:ty))? $(, try $checked:ident($from:ty))? $(, put $put:ident($new:ty))?
                $(, cut $cut:ident by $with:ident, $is_cut:ident)? $(, flag $is:ident)? $(, mark $mark:ident = $to:literal)?
        );+ $(;)?}
        $(present { $($(#[$bit_doc:meta])* $bits:ident = $n:literal;)+ })?
        $(rules $rules:ident)?
        $(derives $derives:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(C)]
        pub struct $t {$(
            $(#[$doc])*
            pub $field: $ty,
        )+}

        impl $t {
            $($(
                $(#[$bit_doc])*
                pub const $bits: u32 = 1 << $n;
            )+)?
            $($crate::record! { @getter $field: $ty; [$($number)?] [$($bit)?] [$($count $item)?] })+
            $($crate::record! {
                @setter $field; [$($number)?] [$($bit)?] [$($unit, $low, $high)?]
                [$(set $setter $given)? $(try $checked $from)? $(put $put $new)?]
            })+
            $($(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), "). Text that is longer")]
                #[doc = "than 63 bytes is cut and flagged."]
                #[must_use]
                pub fn $with(mut self, $field: &str) -> Self {
                    (self.$field, self.present) = $crate::__private::cut_text($field, self.present, Self::$cut);
                    self
                }

                #[doc = concat!("Returns true if [`", stringify!($field), "`](field@Self::", stringify!($field), ") was cut.")]
                pub const fn $is_cut(&self) -> bool {
                    self.present & Self::$cut != 0
                }
            )?)+
            $($(
                #[doc = concat!("Returns true if [`", stringify!($field), "`](field@Self::", stringify!($field), ") is 1.")]
                pub const fn $is(&self) -> bool {
                    self.$field != 0
                }
            )?)+
            $($(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ") to ", $to, ".")]
                #[must_use]
                pub const fn $mark(mut self) -> Self {
                    self.$field = $to;
                    self
                }
            )?)+

            #[doc = "Refuses what a hostile or careless writer may have put in, naming the first such field:"]
            #[doc = "see [`Record::check`](crate::schema::record::Record::check)."]
            #[inline]
            pub fn check(&self) -> $crate::Result<()> {
                $crate::schema::kind::FieldKind::check(self, &$crate::schema::kind::Path::ROOT, 0.0, 0.0)
            }

            #[doc = "Saturates every floating-point number to its bounds, replaces NaN by the worst value of its"]
            #[doc = "field, and returns how many it replaced: see"]
            #[doc = "[`Record::sanitize`](crate::schema::record::Record::sanitize)."]
            pub fn sanitize(&mut self) -> u32 {
                $crate::schema::kind::FieldKind::sanitize(self, &$crate::schema::kind::Declared::ROOT)
            }
        }

        impl ::core::default::Default for $t {
            #[allow(unused_mut)]
            fn default() -> Self {
                let mut record: Self = $crate::__private::bytemuck::Zeroable::zeroed();
                $($(record.$field = $default;)?)+
                record
            }
        }

        $(
            impl $crate::schema::record::Report for $t {
                const RING: &'static str = $ring;
                const CAPACITY: u64 = $slots;

                fn env(&self) -> u16 {
                    self.env
                }
            }
        )?

        $crate::record! { @record $t, $name, $version, [$($rules)? $(, $derives)?], [$($($bits)+)?], [Self::default()], {$(
            $field: $ty, [$($number)?] [$($unit, $low, $high)?] [] [$($bit)?] [$($count)?] [$($named)?]
        )+} }
    };

    ($t:ident as $name:literal version $version:literal {
        $($field:ident: $ty:ty, $unit:literal, $low:expr, $high:expr
            $(, scale $scale:literal)? $(, missing $missing:literal)?);+ $(;)?
    }) => {
        $crate::record! {
            @record $t, $name, $version, [], [], [$crate::__private::bytemuck::Zeroable::zeroed()], {$(
                $field: $ty, [] [$unit, $low, $high] [$(scale = $scale;)? $(missing = $missing;)?] [] [] []
            )+}
        }
    };

    // What both forms have in common.
    (
        @record $t:ident, $name:literal, $version:literal, [$($rules:ident $(, $derives:ident)?)?], [$($bits:ident)*], [$initial:expr], {$(
            $field:ident: $ty:ty, [$($number:ident)?] [$($unit:literal, $low:expr, $high:expr)?]
            [$($rule:ident = $word:literal;)*] [$($bit:ident)?] [$($count:ident)?] [$($named:ident)?]
        )+}
    ) => {
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
        // SAFETY: every field is Pod and together they fill the struct (both asserted above): no
        // padding, every bit pattern a value.
        unsafe impl $crate::__private::bytemuck::Zeroable for $t {}
        // SAFETY: as above; the struct is Copy and 'static or this does not compile.
        unsafe impl $crate::__private::bytemuck::Pod for $t {}

        impl $crate::schema::kind::FieldKind for $t {
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
                    let (unit, low, high) = $crate::record!(@bounds [$($number)?] [$($unit, $low, $high)?]);
                    <$ty as $crate::schema::kind::FieldKind>::describe(
                        out,
                        &::std::format!("{prefix}{}", stringify!($field)),
                        offset + ::core::mem::offset_of!($t, $field),
                        unit,
                        low,
                        high,
                    );
                    $(out[before..].iter_mut().for_each(|field| field.$rule = $word.into());)*
                )+
            }

            #[inline(always)]
            fn check(&self, path: &$crate::schema::kind::Path<'_>, _low: f64, _high: f64) -> $crate::Result<()> {
                $(
                    let field = path.field(stringify!($field));
                    if false $(|| self.present & Self::$bit == 0)? {
                        $crate::__private::check_zero(&self.$field, &field)?;
                    } else {
                        $(<$number>::from_value(self.$field.into()).map_err(|e| e.about(field.to_string()))?;)?
                        let (_, low, high) = $crate::record!(@bounds [$($number)?] [$($unit, $low, $high)?]);
                        $crate::schema::kind::FieldKind::check(&self.$field, &field, low, high)?;
                        $($crate::__private::check_tail(&self.$field, self.$count, &field)?;)?
                        $crate::record!(@named self $field field [$($bit)?] [$($named)?]);
                    }
                )+
                $crate::record!(@known self path [$($bits)*]);
                $(self.$rules()?;)?
                Ok(())
            }

            fn sanitize(&mut self, _field: &$crate::schema::kind::Declared<'_>) -> u32 {
                let mut replaced = 0;
                $(
                    let (unit, low, high) = $crate::record!(@bounds [$($number)?] [$($unit, $low, $high)?]);
                    let absent = false $(|| self.present & Self::$bit == 0)?;
                    let entries = if absent { 0 } else { [$(usize::from(self.$count),)? usize::MAX][0] };
                    let field =
                        $crate::schema::kind::Declared { name: stringify!($field), unit, low, high, entries };
                    replaced += $crate::schema::kind::FieldKind::sanitize(&mut self.$field, &field);
                )+
                $($(self.$derives();)?)?
                replaced
            }
        }

        impl $crate::schema::record::Record for $t {
            const BITS: &'static [(u32, &'static str)] = &[$((Self::$bits, stringify!($bits))),*];
            const OPTIONAL: &'static [(u32, &'static str)] = &[$($((Self::$bit, stringify!($field)),)?)+];

            fn schema() -> &'static $crate::schema::canonical::Schema {
                static SCHEMA: ::std::sync::LazyLock<$crate::schema::canonical::Schema> =
                    ::std::sync::LazyLock::new(|| {
                        let mut fields = ::std::vec::Vec::new();
                        <$t as $crate::schema::kind::FieldKind>::describe(&mut fields, "", 0, "-", 0.0, 0.0);
                        $crate::schema::canonical::Schema::new(
                            $name, $version, ::core::mem::size_of::<$t>(), fields,
                        ).expect("the record's declaration")
                    });
                &SCHEMA
            }

            fn initial() -> Self {
                $initial
            }

            #[inline]
            fn check(&self) -> $crate::Result<()> {
                $crate::schema::kind::FieldKind::check(self, &$crate::schema::kind::Path::ROOT, 0.0, 0.0)
            }

            fn sanitize(&mut self) -> u32 {
                $crate::schema::kind::FieldKind::sanitize(self, &$crate::schema::kind::Declared::ROOT)
            }
        }
    };

    (@bounds [] []) => { ("-", 0.0, 0.0) };
    (@bounds [] [$unit:literal, $low:expr, $high:expr]) => { ($unit, $low, $high) };
    (@bounds [$number:ident] []) => {{
        const ALL: &[$number] = $number::ALL;
        (stringify!($number), ALL[0].value() as f64, ALL[ALL.len() - 1].value() as f64)
    }};

    (@named $record:ident $field:ident $path:ident [] []) => {};
    (@named $record:ident $field:ident $path:ident [$($bit:ident)?] [$($named:ident)?]) => {
        $crate::schema::kind::FieldKind::check_named(&$record.$field, &$path)?;
    };

    (@known $record:ident $path:ident []) => {};
    (@known $record:ident $path:ident [$($bits:ident)+]) => {
        $crate::__private::check_bits($record.present, 0 $(| Self::$bits)+, &$path.field("present"))?;
    };

    (@setter $field:ident; [$($number:ident)?] [$($bit:ident)?] [$($unit:literal, $low:expr, $high:expr)?] []) => {};
    (@setter $field:ident; [$($number:ident)?] [$($bit:ident)?] [$($unit:literal, $low:expr, $high:expr)?]
        [set $setter:ident $given:ty]
    ) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, $field: $given) -> Self {
            self.$field = $crate::record!(@plain $field [$($number)?]);
            $(self.present |= Self::$bit;)?
            self
        }
    };
    (@setter $field:ident; [$($number:ident)?] [$($bit:ident)?] [$($unit:literal, $low:expr, $high:expr)?]
        [try $setter:ident $given:ty]
    ) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), "). Refuses what it cannot be:")]
        #[doc = "`NotFinite` or `OutOfRange`, of an id `InvalidId`."]
        pub fn $setter(mut self, $field: $given) -> $crate::Result<Self> {
            $crate::record!(@give self $field [$($bit)?] [$($unit, $low, $high)?]);
            Ok(self)
        }
    };
    (@setter $field:ident; [$($number:ident)?] [$($bit:ident)?] [$($unit:literal, $low:expr, $high:expr)?]
        [put $setter:ident $given:ty]
    ) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), "). Refuses what it cannot be:")]
        #[doc = "`NotFinite` or `OutOfRange`."]
        pub fn $setter(&mut self, $field: $given) -> $crate::Result<()> {
            $crate::record!(@give self $field [$($bit)?] [$($unit, $low, $high)?]);
            Ok(())
        }
    };
    (@give $record:ident $field:ident [$($bit:ident)?] [$($unit:literal, $low:expr, $high:expr)?]) => {
        let (_, low, high) = $crate::record!(@bounds [] [$($unit, $low, $high)?]);
        let path = $crate::schema::kind::Path::ROOT.field(stringify!($field));
        $record.$field = $crate::schema::kind::Given::given($field, &path, low, high)?;
        $($record.present |= Self::$bit;)?
    };
    (@plain $field:ident []) => { $field };
    (@plain $field:ident [$number:ident]) => { $field.value() };

    (@getter $field:ident: $ty:ty; [] [] []) => {};
    (@getter $field:ident: $ty:ty; [] [$bit:ident] []) => {
        #[doc = concat!("Returns [`", stringify!($field), "`](field@Self::", stringify!($field), "), if it is there.")]
        pub fn $field(&self) -> Option<$ty> {
            (self.present & Self::$bit != 0).then_some(self.$field)
        }
    };
    (@getter $field:ident: $ty:ty; [$number:ident] [] []) => {
        #[doc = concat!("Returns [`", stringify!($field), "`](field@Self::", stringify!($field), "). `InvalidEnum` if the")]
        #[doc = "record came with a number that is none."]
        pub fn $field(&self) -> $crate::Result<$number> {
            $number::from_value(self.$field.into())
        }
    };
    (@getter $field:ident: $ty:ty; [$number:ident] [$bit:ident] []) => {
        #[doc = concat!("Returns [`", stringify!($field), "`](field@Self::", stringify!($field), "), if it is there.")]
        #[doc = "`InvalidEnum` if the record came with a number that is none."]
        pub fn $field(&self) -> $crate::Result<Option<$number>> {
            (self.present & Self::$bit != 0).then(|| $number::from_value(self.$field.into())).transpose()
        }
    };
    (@getter $field:ident: $ty:ty; [] [] [$count:ident $item:ty]) => {
        #[doc = concat!("Returns the entries of [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
        #[doc = "`OutOfRange` if the record came with an impossible count."]
        pub fn $field(&self) -> $crate::Result<&[$item]> {
            $crate::__private::counted(&self.$field, self.$count, stringify!($count))
        }
    };
}
