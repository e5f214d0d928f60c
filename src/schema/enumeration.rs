//! Enumerations of the wire: values with a number and a name.
//!
//! Numbers are part of the wire contract: never renumbered, a retired one stays as a comment. A
//! record stores the number; reading it back goes through `from_value`, because a number off the
//! wire may be anything.

/// The values of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// Its name in schemas, where it stands as the unit of a field, such as `SeedStage`.
    pub name: &'static str,
    /// Number and name of each value, ascending.
    pub values: &'static [(u32, &'static str)],
}

impl Enumeration {
    /// Returns the name of the value of a number; `None` if there is no such value.
    pub fn name_of(&self, value: u32) -> Option<&'static str> {
        self.values.iter().find(|(number, _)| *number == value).map(|(_, name)| *name)
    }
}

/// Gives an enumeration of the wire its names and its checked conversions from numbers and names.
macro_rules! numbered {
    ($t:ident: $repr:ty, $what:literal { $($variant:ident $name:literal),+ $(,)? }) => {
        impl $t {
            /// Every value, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The names of all values by their numbers.
            pub const ENUMERATION: $crate::schema::enumeration::Enumeration =
                $crate::schema::enumeration::Enumeration {
                    name: stringify!($t),
                    values: &[$((Self::$variant as u32, $name)),+],
                };

            /// Returns the value that a number stands for; the number may come from anywhere.
            ///
            /// [`InvalidEnum`](crate::ErrorKind::InvalidEnum) if it stands for none.
            pub fn from_value(value: u32) -> $crate::Result<Self> {
                match value {
                    $(v if v == Self::$variant as u32 => Ok(Self::$variant),)+
                    _ => Err(Self::none_such(value.to_string())),
                }
            }

            /// Returns its number on the wire.
            pub const fn value(self) -> $repr {
                self as $repr
            }

            /// Returns the value of a name; upper and lower case differ.
            ///
            /// [`InvalidEnum`](crate::ErrorKind::InvalidEnum) if there is none of that name.
            pub fn from_name(name: &str) -> $crate::Result<Self> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(Self::none_such(format!("{name:?}"))),
                }
            }

            /// Returns its name in the contract.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            #[cold]
            fn none_such(found: String) -> $crate::Error {
                let known: Vec<_> = Self::ALL.iter().map(|v| format!("{} {}", v.name(), v.value())).collect();
                $crate::Error::new($crate::ErrorKind::InvalidEnum)
                    .about($what)
                    .expected_found(format!("one of {}", known.join(", ")), found)
            }
        }

        impl ::std::fmt::Display for $t {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use numbered;
