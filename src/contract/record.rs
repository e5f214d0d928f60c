//! What the records of the rich tier have in common.

use crate::base::error::Result;
use crate::schema::record::Record;

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
pub(crate) use reported;
