//! Floor 4: a library for trainers, with the life cycle of a seed and the tracker of signals. The
//! wire needs none of it.

pub mod gates;
mod history;
pub mod journal;
pub mod lifecycle;
mod reports;
pub mod tracker;
