//! Floor 4: a library for trainers, with the life cycle of a seed and the tracker of signals. The
//! wire needs none of it.

pub mod apply;
pub mod gates;
mod growth;
mod history;
pub mod host;
pub mod journal;
pub mod lifecycle;
mod observe;
mod reports;
pub mod snapshot;
pub mod tracker;
