//! The trait of every type that can be published as an observation.

use crate::contract::{observation::Observation, signals::TrainingSignals};
use crate::schema::row::RowSchema;

/// Gives the row that is published as an observation, and its schema.
pub trait ToObservation {
    /// Returns the schema of the row.
    fn observation_schema(&self) -> &RowSchema;

    /// Returns the row: in the signal's own memory, or written into `scratch`, which is as long as
    /// the schema is wide. Publishing refuses a row of another length.
    fn row<'a>(&'a self, scratch: &'a mut [f32]) -> &'a [f32];

    /// Returns the features that were replaced when the row was made, bit i for feature i.
    /// Publishing reports them together with those that it replaces itself.
    fn sanitized(&self) -> u64 {
        0
    }

    /// Returns the rich form, which is published with the row; `None` if there is none.
    fn signals(&self) -> Option<&TrainingSignals> {
        None
    }
}

impl<T: ToObservation + ?Sized> ToObservation for &T {
    fn observation_schema(&self) -> &RowSchema {
        (**self).observation_schema()
    }

    fn row<'a>(&'a self, scratch: &'a mut [f32]) -> &'a [f32] {
        (**self).row(scratch)
    }

    fn sanitized(&self) -> u64 {
        (**self).sanitized()
    }

    fn signals(&self) -> Option<&TrainingSignals> {
        (**self).signals()
    }
}

impl ToObservation for Observation {
    #[inline]
    fn observation_schema(&self) -> &RowSchema {
        Observation::row_schema()
    }

    #[inline]
    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        &self.values
    }
}

/// Publishes the row of [`TrainingSignals::to_observation`], and the signals with it.
impl ToObservation for TrainingSignals {
    fn observation_schema(&self) -> &RowSchema {
        Observation::row_schema()
    }

    fn row<'a>(&'a self, scratch: &'a mut [f32]) -> &'a [f32] {
        let Some(scratch) = scratch.get_mut(..Observation::row_schema().width()) else { return &[] };
        scratch.copy_from_slice(&self.to_observation().values);
        scratch
    }

    fn signals(&self) -> Option<&TrainingSignals> {
        Some(self)
    }
}
