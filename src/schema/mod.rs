//! Floor 2: what a field means. Knows bytes, types and bounds, and no record of the domain.

pub(crate) mod check;
pub mod field;
pub mod id;
pub mod scale;
