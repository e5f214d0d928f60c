//! The life cycle of a seed slot, and the verdicts of its gates.

use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::host::Host;
use crate::records::{enumeration, from_python, to_python};
use crate::space::ActionSpace;
use crate::steering::Steering;
use crate::trainer::not_pickled;
use leyline::contract::stage::{GateLevel, SeedStage};
use leyline::contract::telemetry::{EventType, Severity};
use leyline::seed::apply::Germination;
use leyline::seed::gates::{GateThresholds as Thresholds, Health};
use leyline::seed::lifecycle::SeedLifecycle as Life;
use leyline::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use std::time::{SystemTime, UNIX_EPOCH};

/// The thresholds of the gates. What is left out has its default.
#[pyclass(frozen, eq, module = "leyline", name = "GateThresholds")]
#[derive(PartialEq)]
pub(crate) struct GateThresholds(pub(crate) Thresholds);

#[pymethods]
impl GateThresholds {
    #[new]
    #[pyo3(signature = (
        *, min_stage_improvement = 0.5, max_isolation_violations = 10, min_training_epochs = 3,
        min_blending_epochs = 3, min_alpha = 0.95, shadowing_dwell_percent = 10, total_improvement_above = 0.0,
    ))]
    fn new(
        min_stage_improvement: f32,
        max_isolation_violations: u32,
        min_training_epochs: u32,
        min_blending_epochs: u32,
        min_alpha: f32,
        shadowing_dwell_percent: u32,
        total_improvement_above: f32,
    ) -> PyResult<Self> {
        let thresholds = Thresholds {
            min_stage_improvement,
            max_isolation_violations,
            min_training_epochs,
            min_blending_epochs,
            min_alpha,
            shadowing_dwell_percent,
            total_improvement_above,
        };
        thresholds.check().or_raise()?;
        Ok(Self(thresholds))
    }

    #[getter]
    fn min_stage_improvement(&self) -> f32 {
        self.0.min_stage_improvement
    }

    #[getter]
    fn max_isolation_violations(&self) -> u32 {
        self.0.max_isolation_violations
    }

    #[getter]
    fn min_training_epochs(&self) -> u32 {
        self.0.min_training_epochs
    }

    #[getter]
    fn min_blending_epochs(&self) -> u32 {
        self.0.min_blending_epochs
    }

    #[getter]
    fn min_alpha(&self) -> f32 {
        self.0.min_alpha
    }

    #[getter]
    fn shadowing_dwell_percent(&self) -> u32 {
        self.0.shadowing_dwell_percent
    }

    #[getter]
    fn total_improvement_above(&self) -> f32 {
        self.0.total_improvement_above
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// The verdict of a gate on a seed. `checks` are its conditions: (name, passed, needed, found).
#[pyclass(frozen, module = "leyline", name = "GateVerdict", get_all)]
pub(crate) struct GateVerdict {
    gate: Py<PyAny>,
    passed: bool,
    score: f32,
    checks: Vec<(&'static str, bool, String, String)>,
}

impl GateVerdict {
    fn of(py: Python<'_>, verdict: leyline::contract::stage::GateVerdict) -> PyResult<Self> {
        Ok(Self {
            gate: enumeration(py, "GateLevel", verdict.gate.value().into())?.unbind(),
            passed: verdict.passed,
            score: verdict.score,
            checks: verdict.checks.into_iter().map(|c| (c.name, c.passed, c.needed, c.found)).collect(),
        })
    }
}

#[pymethods]
impl GateVerdict {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let gate: String = self.gate.getattr(py, "name")?.extract(py)?;
        let failed: Vec<String> = self
            .checks
            .iter()
            .filter(|(_, passed, ..)| !passed)
            .map(|(name, _, needed, found)| format!("{name}: {found} for {needed}"))
            .collect();
        let score = self.score;
        Ok(format!("GateVerdict({gate}, passed={}, score={score}, failed={failed:?})", self.passed))
    }
}

/// The owner of a life cycle.
enum Place {
    Own(Box<Handle<Life>>),
    /// In a steering, by the number of its seed slot.
    Of(Py<Steering>, usize),
}

/// One seed slot and the seed in it: its stages, gates, figures and the records made of them.
#[pyclass(frozen, module = "leyline", name = "SeedLifecycle")]
pub(crate) struct SeedLifecycle(Place);

impl SeedLifecycle {
    pub(crate) fn of(steering: Py<Steering>, slot: usize) -> Self {
        Self(Place::Of(steering, slot))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Life) -> PyResult<R>) -> PyResult<R> {
        match &self.0 {
            Place::Own(handle) => handle.with(f),
            Place::Of(steering, slot) => steering.get().life(*slot, f),
        }
    }

    fn do_with<R>(&self, f: impl FnOnce(&mut Life) -> leyline::Result<R>) -> PyResult<R> {
        self.with(|life| f(life).or_raise())
    }

    fn get<R>(&self, f: impl FnOnce(&Life) -> R) -> PyResult<R> {
        self.with(|life| Ok(f(life)))
    }
}

fn stage_of(py: Python<'_>, stage: SeedStage) -> PyResult<Py<PyAny>> {
    Ok(enumeration(py, "SeedStage", stage.value().into())?.unbind())
}

#[pymethods]
impl SeedLifecycle {
    /// Makes an empty seed slot of a run of `max_epochs` epochs.
    #[new]
    #[pyo3(signature = (max_epochs, *, slot = "slot_0", env = 0, thresholds = None))]
    fn new(max_epochs: u32, slot: &str, env: u16, thresholds: Option<&GateThresholds>) -> PyResult<Self> {
        let mut life = Life::new(max_epochs, thresholds.map(|t| t.0).unwrap_or_default()).or_raise()?;
        life.set_slot(slot, env).or_raise()?;
        Ok(Self(Place::Own(Box::new(Handle::new("seed life cycle", life)))))
    }

    #[getter]
    fn stage(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        stage_of(py, self.get(Life::stage)?)
    }

    #[getter]
    fn previous_stage(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        stage_of(py, self.get(Life::previous_stage)?)
    }

    #[getter]
    fn slot(&self) -> PyResult<String> {
        self.get(|life| life.slot().to_string())
    }

    #[getter]
    fn env(&self) -> PyResult<u16> {
        self.get(Life::env)
    }

    #[getter]
    fn seed(&self) -> PyResult<String> {
        self.get(|life| life.seed_id().to_string())
    }

    #[getter]
    fn blueprint(&self) -> PyResult<String> {
        self.get(|life| life.blueprint().to_string())
    }

    #[getter]
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.get(Life::metrics)?)
    }

    #[getter]
    fn max_epochs(&self) -> PyResult<u32> {
        self.get(Life::max_epochs)
    }

    #[getter]
    fn thresholds(&self) -> PyResult<GateThresholds> {
        self.get(|life| GateThresholds(*life.thresholds()))
    }

    #[getter]
    fn paused(&self) -> PyResult<bool> {
        self.get(Life::is_paused)
    }

    #[getter]
    fn learning_rate(&self) -> PyResult<Option<f32>> {
        self.get(Life::learning_rate)
    }

    #[getter]
    fn healthy(&self) -> PyResult<bool> {
        self.get(|life| life.health() == Health::Healthy)
    }

    #[setter]
    fn set_healthy(&self, healthy: bool) -> PyResult<()> {
        let health = if healthy { Health::Healthy } else { Health::Unhealthy };
        self.with(|life| {
            life.set_health(health);
            Ok(())
        })
    }

    /// Sets epoch and time of the records made from now on. The time is now, unless it is given in
    /// nanoseconds since the Unix epoch.
    #[pyo3(signature = (epoch, time_unix_ns = None))]
    fn set_now(&self, epoch: u32, time_unix_ns: Option<i64>) -> PyResult<()> {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64);
        self.with(|life| {
            life.set_now(epoch, time_unix_ns.unwrap_or_else(now));
            Ok(())
        })
    }

    fn set_signals(&self, signals: &Bound<'_, PyAny>) -> PyResult<()> {
        let signals = from_python(signals)?;
        self.do_with(|life| life.set_signals(&signals))
    }

    /// Executes a command and returns the outcome to answer it with. An exception of the host's
    /// callbacks is raised, and nothing has changed.
    #[pyo3(signature = (command, *, actions, accuracy, sequence = 1, seed = "seed_0", host = None))]
    #[allow(clippy::too_many_arguments)]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        command: &Bound<'py, PyAny>,
        actions: &ActionSpace,
        accuracy: f32,
        sequence: u64,
        seed: &str,
        host: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (command, mut host) = (from_python(command)?, Host::of(py, host)?);
        let germination = Germination { actions: &actions.0, seed, accuracy_percent: accuracy };
        let outcome = self.get_mut(|life| life.apply(&command, sequence, &germination, &mut host))?;
        host.check()?;
        to_python(py, &outcome)
    }

    fn germinate(&self, py: Python<'_>, seed: &str, blueprint: &str, accuracy: f32) -> PyResult<GateVerdict> {
        GateVerdict::of(py, self.do_with(|life| life.germinate(seed, blueprint, accuracy))?)
    }

    fn advance(&self, py: Python<'_>, stage: u32) -> PyResult<Option<GateVerdict>> {
        let verdict = self.do_with(|life| life.advance(SeedStage::from_value(stage)?))?;
        verdict.map(|verdict| GateVerdict::of(py, verdict)).transpose()
    }

    #[pyo3(signature = (reason = ""))]
    fn cull(&self, reason: &str) -> PyResult<()> {
        self.do_with(|life| life.cull_because(reason))
    }

    fn pause(&self) -> PyResult<()> {
        self.do_with(Life::pause)
    }

    fn resume(&self) -> PyResult<()> {
        self.do_with(Life::resume)
    }

    fn set_alpha(&self, alpha: f32) -> PyResult<()> {
        self.do_with(|life| life.set_alpha(alpha))
    }

    fn set_learning_rate(&self, learning_rate: f32) -> PyResult<()> {
        self.do_with(|life| life.set_learning_rate(learning_rate))
    }

    /// Counts an epoch with its accuracy, 0 to 100 percent.
    fn end_of_epoch(&self, accuracy: f32) -> PyResult<()> {
        self.do_with(|life| life.end_of_epoch(accuracy))
    }

    /// Takes the seed slot on after an epoch. An exception of the host's callbacks is raised, and the
    /// seed slot stays as it was.
    #[pyo3(signature = (*, ramp_epochs = Life::RAMP_EPOCHS, host = None))]
    fn proceed(&self, py: Python<'_>, ramp_epochs: u32, host: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let mut host = Host::of(py, host)?;
        self.get_mut(|life| life.proceed(ramp_epochs, &mut host))?;
        host.check()
    }

    fn free_slot(&self) -> PyResult<()> {
        self.do_with(Life::free_slot)
    }

    fn check_gate(&self, py: Python<'_>, gate: u32) -> PyResult<GateVerdict> {
        GateVerdict::of(py, self.do_with(|life| Ok(life.check_gate(GateLevel::from_value(gate)?)))?)
    }

    fn record_gradient_norm(&self, norm: f32) -> PyResult<()> {
        self.do_with(|life| life.record_gradient_norm(norm))
    }

    fn add_isolation_violation(&self) -> PyResult<()> {
        self.get_mut(Life::add_isolation_violation)
    }

    fn state_report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.get(Life::state_report)?)
    }

    fn gate_result<'py>(&self, py: Python<'py>, gate: u32) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.do_with(|life| Ok(life.gate_result(GateLevel::from_value(gate)?)))?)
    }

    /// Returns the telemetry of the seed; `None` while the seed slot is empty.
    fn telemetry<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get(Life::telemetry)?.map(|telemetry| to_python(py, &telemetry)).transpose()
    }

    /// Makes an event about this seed slot, to be completed and queued with `tell`.
    fn event<'py>(&self, py: Python<'py>, event_type: u32, severity: u32) -> PyResult<Bound<'py, PyAny>> {
        let (kind, severity) =
            (EventType::from_value(event_type).or_raise()?, Severity::from_value(severity).or_raise()?);
        to_python(py, &self.get_mut(|life| life.event(kind, severity))?)
    }

    fn tell(&self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let event = from_python(event)?;
        self.do_with(|life| life.tell(event))
    }

    /// Takes the records that are queued: state reports, gate results, events, field reports, each
    /// oldest first.
    fn take_reports<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.with(|life| {
            let mut reports = Vec::new();
            while let Some(record) = life.next_state_report() {
                reports.push(to_python(py, &record)?);
            }
            while let Some(record) = life.next_gate_result() {
                reports.push(to_python(py, &record)?);
            }
            while let Some(record) = life.next_event() {
                reports.push(to_python(py, &record)?);
            }
            while let Some(record) = life.next_field_report() {
                reports.push(to_python(py, &record)?);
            }
            Ok(reports)
        })
    }

    /// Returns the records that full queues dropped, by kind.
    #[getter]
    fn untold<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let untold = self.get(Life::untold)?;
        let dict = PyDict::new(py);
        dict.set_item("events", untold.events)?;
        dict.set_item("state_reports", untold.state_reports)?;
        dict.set_item("gate_results", untold.gate_results)?;
        dict.set_item("field_reports", untold.field_reports)?;
        Ok(dict)
    }

    /// Returns the state as bytes, for a checkpoint.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let snapshot = self.get(Life::snapshot)?;
        Ok(PyBytes::new(py, bytemuck::bytes_of(&snapshot)))
    }

    /// Takes the state from a snapshot. One that is refused changes nothing.
    fn restore(&self, snapshot: PyBackedBytes) -> PyResult<()> {
        self.do_with(|life| life.restore(&saved(&snapshot)?))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        self.get(|life| {
            let (slot, stage) = (life.slot().to_string(), life.stage());
            match life.seed_id().to_string() {
                seed if seed.is_empty() => format!("<SeedLifecycle {slot:?}, {stage}>"),
                seed => format!(
                    "<SeedLifecycle {slot:?}, {stage}, {seed:?} of {:?}, {} epochs>",
                    life.blueprint().to_string(),
                    life.metrics().epochs_total
                ),
            }
        })
        .unwrap_or_else(|_| "<SeedLifecycle, closed, busy or forked>".into())
    }
}

impl SeedLifecycle {
    fn get_mut<R>(&self, f: impl FnOnce(&mut Life) -> R) -> PyResult<R> {
        self.with(|life| Ok(f(life)))
    }
}

/// Reads a snapshot of one record.
pub(crate) fn saved<T: bytemuck::Pod>(bytes: &[u8]) -> leyline::Result<T> {
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| {
        let short = bytes.len() < size_of::<T>();
        Error::new(if short { ErrorKind::Truncated } else { ErrorKind::InvalidArgument })
            .about("snapshot")
            .expected_found(format!("{} bytes", size_of::<T>()), bytes.len().to_string())
    })
}
