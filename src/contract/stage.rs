//! The eleven stages of a seed.
