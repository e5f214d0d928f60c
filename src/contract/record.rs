//! What stands beside every record: sequence, time, env and flags. And what the records of the rich tier have in common.

use crate::Result;
use crate::contract::schema::Record;

/// A record of the rich tier: what a trainer tells beside the observations, for context, debugging and learning. It has a
/// ring of its own in the standard link.
///
/// A program may implement it for a record of its own and report that on a ring that it added to the link.
pub trait Report: Record {
    /// The name of its ring.
    const RING: &'static str;
    /// Slots of its ring, unless set otherwise: a power of two.
    const CAPACITY: u64;

    /// The environment it belongs to.
    fn env(&self) -> u16;

    /// Saturates every figure to its bounds, replaces NaN by 0, and returns how many it replaced.
    fn sanitize(&mut self) -> u32;

    /// Refuses what a hostile or careless writer may have put in, naming the field.
    fn check(&self) -> Result<()>;
}

/// Gives a record with `env`, `sanitize` and `check` its ring.
macro_rules! reported {
    ($t:ident on $ring:literal, $slots:literal) => {
        impl $crate::contract::record::Report for $t {
            const RING: &'static str = $ring;
            const CAPACITY: u64 = $slots;

            fn env(&self) -> u16 {
                self.env
            }

            fn sanitize(&mut self) -> u32 {
                <$t>::sanitize(self)
            }

            fn check(&self) -> $crate::Result<()> {
                <$t>::check(self)
            }
        }
    };
}
pub(super) use reported;

/// The flags of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Flags(u8);

// SAFETY: a transparent u8.
unsafe impl bytemuck::Zeroable for Flags {}
// SAFETY: a transparent u8; bits above the fourth are ignored.
unsafe impl bytemuck::Pod for Flags {}

impl Flags {
    /// None.
    pub const NONE: Self = Self(0);
    /// The first observation of an episode.
    pub const FIRST: Self = Self(1);
    /// The episode ended by itself.
    pub const TERMINATED: Self = Self(2);
    /// The episode was cut off.
    pub const TRUNCATED: Self = Self(4);
    /// A value was not finite or outside its bounds and was replaced.
    pub const SANITIZED: Self = Self(8);

    /// The flags as bits 0..4.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The lowest four bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0xf)
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of those are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a writer puts beside a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `CLOCK_MONOTONIC` nanoseconds, kept to 16 ns; 0 for unknown.
    pub time_ns: u64,
    /// The environment the record belongs to.
    pub env: u16,
    /// The record's flags.
    pub flags: Flags,
}

/// What a reader finds beside a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The record's sequence in its ring; starts at 1 and never repeats.
    pub sequence: u64,
    /// When it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns; 0 for unknown: its writer gave none, or it is from
    /// before the last 32 times that the ring's times moved by more than 19 hours.
    pub time_ns: u64,
    /// The writer epoch it was published in; 0 for unknown: the ring has had more than 128 writers since.
    pub epoch: u64,
    /// Records passed over to get here: other than 0 only when the newest was asked for.
    pub skipped: u64,
    /// The environment it belongs to.
    pub env: u16,
    /// Its flags.
    pub flags: Flags,
}
