//! Floor 2: what a field means. Knows bytes, types and bounds, and no record of the domain.

pub mod canonical;
pub(crate) mod check;
pub mod decode;
pub mod enumeration;
pub mod field;
pub mod id;
pub mod kind;
pub mod migration;
pub mod record;
pub mod row;
pub mod scale;
pub(crate) mod worst;
