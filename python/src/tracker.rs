//! The tracker, which turns the metrics of a training loop into observations and signals.

use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::lifecycle::{SeedLifecycle, saved};
use crate::records::to_python;
use crate::trainer::not_pickled;
use leyline::Observation;
use leyline::seed::tracker::{SignalTracker as Tracker, Validation};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

/// Turns the metrics of a training loop into observations and training signals.
#[pyclass(frozen, module = "leyline", name = "SignalTracker")]
pub(crate) struct SignalTracker(Handle<Tracker>);

/// Returns an observation as a new array.
pub(crate) fn array<'py>(py: Python<'py>, observation: &Observation) -> Bound<'py, PyArray1<f32>> {
    PyArray1::from_slice(py, &observation.values)
}

#[pymethods]
impl SignalTracker {
    #[new]
    #[pyo3(signature = (*, plateau_threshold = Tracker::PLATEAU_THRESHOLD))]
    fn new(plateau_threshold: f32) -> PyResult<Self> {
        let tracker = Tracker::with_plateau_threshold(plateau_threshold).or_raise()?;
        Ok(Self(Handle::new("tracker", tracker)))
    }

    /// Records one optimizer step. Returns the observation, a new array.
    #[pyo3(signature = (*, epoch, global_step, train_loss))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        global_step: u64,
        train_loss: f32,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        self.0.with(|tracker| Ok(array(py, tracker.step(epoch, global_step, train_loss))))
    }

    /// Records one validation. Returns the observation, a new array.
    #[pyo3(signature = (*, epoch, global_step, train_loss, val_loss, train_accuracy, val_accuracy))]
    #[allow(clippy::too_many_arguments)]
    fn update<'py>(
        &self,
        py: Python<'py>,
        epoch: u32,
        global_step: u64,
        train_loss: f32,
        val_loss: f32,
        train_accuracy: f32,
        val_accuracy: f32,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let validation =
            Validation { epoch, global_step, train_loss, val_loss, train_accuracy, val_accuracy };
        self.0.with(|tracker| Ok(array(py, tracker.update(&validation))))
    }

    /// Takes the figures of all seed slots from their life cycles.
    fn observe(&self, seeds: Vec<PyRef<'_, SeedLifecycle>>) -> PyResult<()> {
        let lives =
            seeds.iter().map(|life| life.with(|life| Ok(life.clone()))).collect::<PyResult<Vec<_>>>()?;
        self.0.with(|tracker| {
            tracker.observe(&lives);
            Ok(())
        })
    }

    /// Returns the current observation, a new array of shape (27,).
    #[getter]
    fn observation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        self.0.with(|tracker| Ok(array(py, tracker.observation())))
    }

    #[getter]
    fn signals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.with(|tracker| Ok(*tracker.signals()))?)
    }

    /// Returns the state as bytes, for a checkpoint.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let snapshot = self.0.with(|tracker| Ok(tracker.snapshot()))?;
        Ok(PyBytes::new(py, bytemuck::bytes_of(&snapshot)))
    }

    /// Takes the state from a snapshot. One that is refused changes nothing.
    fn restore(&self, snapshot: PyBackedBytes) -> PyResult<()> {
        self.0.with(|tracker| tracker.restore(&saved(&snapshot).or_raise()?).or_raise())
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        self.0
            .with(|tracker| {
                let m = &tracker.signals().metrics;
                Ok(format!("<SignalTracker, epoch {}, {} validations>", m.epoch, m.validations))
            })
            .unwrap_or_else(|_| "<SignalTracker, busy or forked>".into())
    }
}
