//! Floor 4: a library for trainers, which keeps a seed's life cycle. The wire needs none of it.

pub mod lifecycle;
