//! A trainer's whole step as one object.

use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::host::Host;
use crate::lifecycle::{GateThresholds, SeedLifecycle};
use crate::options::{opened, options, take};
use crate::records::{Decision, to_python};
use crate::segment::{Segment, peer_state};
use crate::space::{ActionSpace, Schema};
use crate::tracker::array;
use crate::trainer::{ended, failure, not_pickled, report_of, spec, timed_out, wait_for_controller};
use crate::waiting::{nothing_yet, timeout, wait};
use leyline::seed::lifecycle::SeedLifecycle as Life;
use leyline::seed::tracker::{SignalTracker, Validation};
use leyline::{
    Canceller, Fossils, LinkSpec, Options, Read, Steered as Done, Steering as Inside, SteeringOptions,
    Trainer as Link,
};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use pyo3::{PyTraverseError, PyVisit};

/// A trainer's whole step: observations, signals and reports out, commands in, outcomes out.
#[pyclass(frozen, module = "leyline", name = "Steering")]
pub(crate) struct Steering {
    handle: Handle<Inner>,
    canceller: Canceller,
    name: String,
    opened: &'static str,
}

struct Inner {
    steering: Inside,
    host: Host,
    replaced: u64,
}

/// The result of a step or an update.
#[pyclass(frozen, module = "leyline", name = "Steered", get_all)]
pub(crate) struct Steered {
    sequence: u64,
    decisions: usize,
    commands: usize,
}

#[pymethods]
impl Steered {
    fn __repr__(&self) -> String {
        let Self { sequence, decisions, commands } = self;
        format!("Steered(sequence={sequence}, decisions={decisions}, commands={commands})")
    }
}

impl Inner {
    /// Gives what a step did, unless a callback has raised.
    fn done(&mut self, done: leyline::Result<Done>) -> PyResult<Steered> {
        if let Ok(done) = &done {
            self.replaced = done.sanitized;
        }
        self.host.check()?;
        let Done { sequence, decisions, commands, .. } = done.or_raise()?;
        Ok(Steered { sequence, decisions, commands })
    }
}

/// Takes the settings and the host out of `keywords`, and leaves the rest.
fn settings(py: Python<'_>, keywords: &Bound<'_, PyDict>) -> PyResult<(SteeringOptions, Host)> {
    let take = |key: &str| take(keywords, key);
    let Some(max_epochs) = take("max_epochs")? else {
        return Err(pyo3::exceptions::PyTypeError::new_err(
            "missing keyword max_epochs: the epochs of the run",
        ));
    };
    let mut settings = SteeringOptions::new(max_epochs.extract()?);
    if let Some(slots) = take("slots")? {
        settings.slots = slots.extract()?;
    }
    if let Some(thresholds) = take("thresholds")? {
        settings.thresholds = thresholds.cast::<GateThresholds>()?.get().0;
    }
    if let Some(threshold) = take("plateau_threshold")? {
        settings.plateau_threshold = threshold.extract()?;
    }
    if let Some(epochs) = take("ramp_epochs")? {
        settings.ramp_epochs = epochs.extract()?;
    }
    if let Some(free) = take("free_fossils")?
        && free.extract()?
    {
        settings.fossils = Fossils::FreeSlot;
    }
    // Before the link is opened: nothing is left behind by a setting that cannot be.
    Life::new(settings.max_epochs, settings.thresholds).or_raise()?;
    SignalTracker::with_plateau_threshold(settings.plateau_threshold).or_raise()?;
    Ok((settings, Host::of(py, take("host")?.as_ref())?))
}

impl Steering {
    fn over(
        link: Link,
        settings: &SteeringOptions,
        host: Host,
        name: String,
        opened: &'static str,
    ) -> PyResult<Self> {
        let (canceller, steering) = (link.canceller(), Inside::new(link, settings).or_raise()?);
        let inner = Inner { steering, host, replaced: 0 };
        Ok(Self { canceller, handle: Handle::new("steering", inner), name, opened })
    }

    fn open(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        keywords: Option<&Bound<'_, PyDict>>,
        open: impl FnOnce(&str, &LinkSpec, &Options) -> leyline::Result<(Link, &'static str)> + Send,
    ) -> PyResult<Self> {
        let none = PyDict::new(py);
        let keywords = keywords.unwrap_or(&none);
        let (settings, host) = settings(py, keywords)?;
        let (spec, options) = (spec(actions, Some(keywords))?, options(Some(keywords))?);
        let (link, opened) = py.detach(|| open(&name, &spec, &options)).or_raise()?;
        Self::over(link, &settings, host, name, opened)
    }

    fn link<R>(&self, f: impl FnOnce(&mut Link) -> leyline::Result<R>) -> PyResult<R> {
        self.handle.with(|inner| f(inner.steering.trainer_mut()).or_raise())
    }

    /// Calls `f` with the life cycle of a seed slot.
    pub(crate) fn life<R>(&self, slot: usize, f: impl FnOnce(&mut Life) -> PyResult<R>) -> PyResult<R> {
        self.handle.with(|inner| f(&mut inner.steering.seeds_mut()[slot]))
    }
}

#[pymethods]
impl Steering {
    #[staticmethod]
    #[pyo3(signature = (name, actions, **keywords))]
    fn create(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::open(py, name, actions, keywords, |name, spec, options| {
            Link::create(name, spec, options).map(|link| (link, "created"))
        })
    }

    #[staticmethod]
    #[pyo3(signature = (name, actions, **keywords))]
    fn open_or_create(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::open(py, name, actions, keywords, |name, spec, options| {
            let (link, how) = Link::open_or_create(name, spec, options)?;
            Ok((link, opened(how)))
        })
    }

    #[staticmethod]
    #[pyo3(signature = (name, actions, **keywords))]
    fn recreate(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::open(py, name, actions, keywords, |name, spec, options| {
            Link::recreate(name, spec, options).map(|(link, _)| (link, "recreated"))
        })
    }

    #[staticmethod]
    #[pyo3(signature = (segment, **keywords))]
    fn on(py: Python<'_>, segment: &Segment, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let none = PyDict::new(py);
        let keywords = keywords.unwrap_or(&none);
        let (settings, host) = settings(py, keywords)?;
        if let Some(key) = keywords.keys().iter().next() {
            return Err(pyo3::exceptions::PyTypeError::new_err(format!("unexpected keyword {key}")));
        }
        let segment = segment.segment()?;
        let name = segment.path().display().to_string();
        let link = py.detach(|| Link::on(&segment)).or_raise()?;
        Self::over(link, &settings, host, name, "attached")
    }

    /// Publishes the observation of an optimizer step, then takes in decisions and commands.
    #[pyo3(signature = (*, epoch, global_step, train_loss))]
    fn step(&self, epoch: u32, global_step: u64, train_loss: f32) -> PyResult<Steered> {
        self.handle.with(|inner| {
            let done = inner.steering.step(epoch, global_step, train_loss, &mut inner.host);
            inner.done(done)
        })
    }

    /// Ends an epoch with its validation: takes the seeds on, publishes observation, signals and
    /// reports, then takes in decisions and commands.
    #[pyo3(signature = (*, epoch, global_step, train_loss, val_loss, train_accuracy, val_accuracy))]
    fn update(
        &self,
        epoch: u32,
        global_step: u64,
        train_loss: f32,
        val_loss: f32,
        train_accuracy: f32,
        val_accuracy: f32,
    ) -> PyResult<Steered> {
        let validation =
            Validation { epoch, global_step, train_loss, val_loss, train_accuracy, val_accuracy };
        self.handle.with(|inner| {
            let done = inner.steering.update(&validation, &mut inner.host);
            inner.done(done)
        })
    }

    /// Waits until a lane has decided on the last observation, then takes in commands. Returns the
    /// decision; `None` if nothing was published yet. Raises `TimeoutError`, or `PeerGoneError` if
    /// the controller is gone.
    #[pyo3(signature = (*, lane = 0, timeout = 10.0))]
    fn await_decision(&self, py: Python<'_>, lane: u32, timeout: f64) -> PyResult<Option<Decision>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let Inner { steering, host, .. } = inner;
            // The callbacks take the interpreter's lock for themselves.
            let found = wait(py, timeout, |w| {
                let read = steering.await_decision(lane, w, host)?;
                if host.has_raised() { Ok(Some(read)) } else { nothing_yet(read) }
            });
            host.check()?;
            match found? {
                Some(Read::Record(_)) => Ok(host.decided(lane).map(Decision)),
                Some(Read::Empty) => Ok(None),
                Some(read) => Err(ended("controller", read, steering.trainer().controller_reason(lane))),
                None => Err(timed_out("waiting for the decision on the last observation")),
            }
        })
    }

    /// Returns the newest decision of a lane; `None` if there is none yet.
    #[pyo3(signature = (lane = 0))]
    fn decision(&self, lane: u32) -> PyResult<Option<Decision>> {
        self.handle.with(|inner| Ok(inner.host.decided(lane).map(Decision)))
    }

    /// Returns the observation as it is now, version 1: a new array of shape (27,).
    #[getter]
    fn observation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        self.handle.with(|inner| Ok(array(py, inner.steering.tracker().observation())))
    }

    /// Returns the signals as they are now.
    #[getter]
    fn signals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.handle.with(|inner| Ok(*inner.steering.signals()))?)
    }

    /// Returns the life cycles of the seed slots, in the order of their names.
    #[getter]
    fn seeds(slf: &Bound<'_, Self>) -> PyResult<Vec<SeedLifecycle>> {
        let count = slf.get().handle.with(|inner| Ok(inner.steering.seeds().len()))?;
        Ok((0..count).map(|slot| SeedLifecycle::of(slf.clone().unbind(), slot)).collect())
    }

    /// Returns the state of tracker and life cycles as bytes, for a checkpoint.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.handle.with(|inner| Ok(PyBytes::new(py, &inner.steering.snapshot())))
    }

    /// Takes the state from a snapshot, as after a restart. No callback is called. One that is
    /// refused changes nothing.
    fn restore(&self, snapshot: PyBackedBytes) -> PyResult<()> {
        self.handle.with(|inner| inner.steering.restore(&snapshot).or_raise())
    }

    /// Publishes a report of the program's own. Returns its sequence on its ring.
    fn report(&self, report: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.handle.with(|inner| report_of(inner.steering.trainer_mut(), report))
    }

    /// Returns "created", "attached" (a predecessor's link) or "recreated".
    #[getter]
    fn opened(&self) -> &'static str {
        self.opened
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn segment(&self) -> PyResult<Segment> {
        self.link(|link| Ok(Segment::over(link.segment().clone())))
    }

    #[getter]
    fn actions(&self) -> PyResult<ActionSpace> {
        self.link(|link| Ok(ActionSpace(link.actions().clone())))
    }

    #[getter]
    fn schema(&self) -> PyResult<Schema> {
        self.link(|link| Ok(Schema(link.observation_schema().clone())))
    }

    #[getter]
    fn lanes(&self) -> PyResult<u32> {
        self.link(|link| Ok(link.lanes()))
    }

    #[getter]
    fn generation(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.generation()))
    }

    #[getter]
    fn sent(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.sent()))
    }

    #[getter]
    fn decided(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.decided()))
    }

    #[getter]
    fn refused(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.refused()))
    }

    /// Returns the numbers that the last step or update replaced, by name: not finite, or out of
    /// bounds.
    #[getter]
    fn replaced(&self) -> PyResult<Vec<String>> {
        self.handle.with(|inner| {
            let schema = inner.steering.trainer().observation_schema().clone();
            Ok(Schema(schema).names_of(inner.replaced))
        })
    }

    #[pyo3(signature = (lane = 0))]
    fn controller_state(&self, py: Python<'_>, lane: u32) -> PyResult<Py<PyAny>> {
        let state = self.link(|link| link.controller_state(lane))?;
        peer_state(py, state)
    }

    /// Waits until a controller holds the lane. Raises `TimeoutError`.
    #[pyo3(signature = (lane = 0, *, timeout = 10.0))]
    fn wait_for_controller(&self, py: Python<'_>, lane: u32, timeout: f64) -> PyResult<()> {
        self.handle.with(|inner| wait_for_controller(py, inner.steering.trainer_mut(), lane, timeout))
    }

    /// Ends the wait of another thread on this steering, or else the next wait: it raises
    /// `CancelledError`.
    fn cancel(&self) {
        self.canceller.cancel();
    }

    fn set_deadline(&self, seconds: f64) -> PyResult<()> {
        let deadline = timeout(seconds)?;
        self.link(|link| {
            link.set_deadline(deadline);
            Ok(())
        })
    }

    /// Ends this trainer by failing, and closes it: controllers are told that it failed, and why.
    fn abort(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        self.handle.end(py, |Inner { steering, host, .. }| {
            steering.into_trainer().abort(reason);
            host
        })
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.end(py, |Inner { steering, host, .. }| {
            drop(steering);
            host
        })
    }

    #[getter]
    fn closed(&self) -> bool {
        self.handle.is_closed()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Closes it at the end of a `with` block; if an exception ends the block, by failing.
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if kind.is_none() { self.close(py) } else { self.abort(py, &failure(kind, value)) }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.handle.peek(|inner| inner.host.methods().try_for_each(|method| visit.call(method)))
    }

    fn __clear__(&self) {
        drop(self.handle.take());
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        match self.handle.with(|inner| {
            let (link, metrics) = (inner.steering.trainer(), &inner.steering.signals().metrics);
            Ok(format!("epoch {}, sent {}, generation {}", metrics.epoch, link.sent(), link.generation()))
        }) {
            Ok(state) => format!("<Steering {:?}, {state}>", self.name),
            Err(_) if self.closed() => format!("<Steering {:?}, closed>", self.name),
            Err(_) => format!("<Steering {:?}, busy or forked>", self.name),
        }
    }
}
