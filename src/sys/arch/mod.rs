//! What single processors can do, and the portable form of it.

pub(crate) mod fours;
