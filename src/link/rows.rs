//! Blocks of observations in a program's memory, and observations of any shape.

use crate::contract::{observation::Observation, signals::TrainingSignals, to_observation::ToObservation};
use crate::ring::meta::{Flags, Meta};
use crate::schema::row::RowSchema;

/// Memory for one observation or several, row after row: an [`Observation`], a slice of them, or
/// plain `f32`.
///
/// An [`Observation`] is version 1 of the schema, so that only a link of that schema reads into it
/// and publishes it. Plain numbers go with every schema; their count has to be that of the link.
pub trait Rows {
    /// True if the rows are [`Observation`]s.
    const TYPED: bool;

    /// Returns the numbers, row after row.
    fn numbers(&self) -> &[f32];

    /// Returns the numbers, row after row.
    fn numbers_mut(&mut self) -> &mut [f32];
}

/// An element of rows: `f32`, an array of it, or an [`Observation`].
pub trait Cell: bytemuck::Pod {
    /// True if it is an [`Observation`].
    const TYPED: bool;
}

impl Cell for f32 {
    const TYPED: bool = false;
}

impl<const N: usize> Cell for [f32; N]
where
    Self: bytemuck::Pod,
{
    const TYPED: bool = false;
}

impl Cell for Observation {
    const TYPED: bool = true;
}

impl Rows for Observation {
    const TYPED: bool = true;

    #[inline(always)]
    fn numbers(&self) -> &[f32] {
        &self.values
    }

    #[inline(always)]
    fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

macro_rules! rows {
    ($([$($generics:tt)+] $rows:ty;)+) => {$(
        impl<$($generics)+> Rows for $rows {
            const TYPED: bool = T::TYPED;

            #[inline(always)]
            fn numbers(&self) -> &[f32] {
                bytemuck::cast_slice(self)
            }

            #[inline(always)]
            fn numbers_mut(&mut self) -> &mut [f32] {
                bytemuck::cast_slice_mut(self)
            }
        }
    )+};
}

rows! {
    [T: Cell] [T];
    [T: Cell, const N: usize] [T; N];
    [T: Cell] Vec<T>;
}

/// A row of a schema known at run time, with or without the signals that it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The schema of the numbers.
    pub schema: &'a RowSchema,
    /// The numbers, as many as the schema is wide.
    pub numbers: &'a [f32],
    /// The rich form, to be published with them.
    pub signals: Option<&'a TrainingSignals>,
}

impl ToObservation for Row<'_> {
    #[inline]
    fn observation_schema(&self) -> &RowSchema {
        self.schema
    }

    #[inline]
    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        self.numbers
    }

    #[inline]
    fn signals(&self) -> Option<&TrainingSignals> {
        self.signals
    }
}

impl Meta {
    /// Returns the metadata of one row of a slot of several rows: the slot's, with the row's own
    /// environment and flags.
    #[must_use]
    pub const fn of_row(self, env: u16, flags: Flags) -> Self {
        Self { env, flags, ..self }
    }
}
