//! The trainer's end of a link.

use crate::arrays::{Dim, input};
use crate::errors::{OrRaise, closed, gone, raised, refused};
use crate::handle::{Handle, forked};
use crate::options::{opened, options, take};
use crate::records::{Decision, from_python, notice, to_python};
use crate::segment::{Segment, peer_state};
use crate::space::{ActionSpace, Schema};
use crate::waiting::{LOOKS, nothing_yet, timeout, wait};
use leyline::contract::decision::Decision as DecisionRecord;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode};
use leyline::contract::signals::TrainingSignals;
use leyline::schema::record::Report;
use leyline::{
    Canceller, Error, ErrorKind, Flags, LinkSpec, Read, ReceivedCommand, Row, RowSchema, Stamp,
    Trainer as Link,
};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use std::sync::Mutex;

/// The trainer's end of a link: publishes observations, receives decisions and commands, answers
/// with outcomes.
#[pyclass(frozen, module = "leyline", name = "Trainer")]
pub(crate) struct Trainer {
    handle: Handle<Inner>,
    canceller: Canceller,
    name: String,
    opened: &'static str,
}

struct Inner {
    link: Link,
    schema: RowSchema,
    rows: usize,
    replaced: u64,
}

impl Trainer {
    fn new(link: Link, name: String, opened: &'static str) -> Self {
        let (schema, rows, canceller) = (link.observation_schema().clone(), link.rows(), link.canceller());
        Self {
            canceller,
            handle: Handle::new("trainer", Inner { link, schema, rows, replaced: 0 }),
            name,
            opened,
        }
    }

    fn link<R>(&self, f: impl FnOnce(&mut Link) -> leyline::Result<R>) -> PyResult<R> {
        self.handle.with(|inner| f(&mut inner.link).or_raise())
    }
}

/// Takes the keywords of a link's shape out of `keywords`, and leaves the options.
pub(crate) fn spec(actions: &ActionSpace, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<LinkSpec> {
    let mut spec = LinkSpec::new(&actions.0);
    let Some(keywords) = keywords else { return Ok(spec) };
    let take = |key: &str| take(keywords, key);
    if let Some(schema) = take("schema")? {
        spec = spec.observe(&schema.cast::<Schema>()?.get().0);
    }
    if let Some(lanes) = take("lanes")? {
        spec = spec.lanes(lanes.extract()?);
    }
    if let Some(rows) = take("rows")? {
        spec = spec.rows(rows.extract()?);
    }
    if let Some(slots) = take("observations")? {
        spec = spec.observations(slots.extract()?);
    }
    if let Some(slots) = take("decisions")? {
        spec = spec.decisions(slots.extract()?);
    }
    if let Some(slots) = take("commands")? {
        spec = spec.commands(slots.extract()?);
    }
    Ok(spec)
}

#[pymethods]
impl Trainer {
    #[staticmethod]
    #[pyo3(signature = (name, actions, **options_and_shape))]
    fn create(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        options_and_shape: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (spec, options) = (spec(actions, options_and_shape)?, options(options_and_shape)?);
        let link = py.detach(|| Link::create(&name, &spec, &options)).or_raise()?;
        Ok(Self::new(link, name, "created"))
    }

    #[staticmethod]
    #[pyo3(signature = (name, actions, **options_and_shape))]
    fn open_or_create(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        options_and_shape: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (spec, options) = (spec(actions, options_and_shape)?, options(options_and_shape)?);
        let (link, how) = py.detach(|| Link::open_or_create(&name, &spec, &options)).or_raise()?;
        Ok(Self::new(link, name, opened(how)))
    }

    #[staticmethod]
    #[pyo3(signature = (name, actions, **options_and_shape))]
    fn recreate(
        py: Python<'_>,
        name: String,
        actions: &ActionSpace,
        options_and_shape: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (spec, options) = (spec(actions, options_and_shape)?, options(options_and_shape)?);
        let (link, _) = py.detach(|| Link::recreate(&name, &spec, &options)).or_raise()?;
        Ok(Self::new(link, name, "recreated"))
    }

    #[staticmethod]
    fn on(py: Python<'_>, segment: &Segment) -> PyResult<Self> {
        let segment = segment.segment()?;
        let name = segment.path().display().to_string();
        let link = py.detach(|| Link::on(&segment)).or_raise()?;
        Ok(Self::new(link, name, "attached"))
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
        self.handle.with(|inner| Ok(Schema(inner.schema.clone())))
    }

    #[getter]
    fn rows(&self) -> PyResult<usize> {
        self.handle.with(|inner| Ok(inner.rows))
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

    #[getter]
    fn last_latency_ns(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.last_latency_ns()))
    }

    /// Returns the numbers that the last publish replaced, by name: not finite, or out of bounds.
    #[getter]
    fn replaced(&self) -> PyResult<Vec<String>> {
        self.handle.with(|inner| {
            let set = |i: usize| inner.replaced >> i.min(63) & 1 == 1;
            Ok(inner
                .schema
                .names()
                .iter()
                .enumerate()
                .filter(|(i, _)| set(*i))
                .map(|(_, n)| n.clone())
                .collect())
        })
    }

    #[pyo3(signature = (row, *, env = 0, flags = 0, time_ns = None))]
    fn publish(&self, row: &Bound<'_, PyAny>, env: u16, flags: u8, time_ns: Option<u64>) -> PyResult<u64> {
        self.handle.with(|inner| {
            // SAFETY: used before this returns.
            let numbers = unsafe { input(row, "row", &[Dim::Is(inner.schema.width())]) }?;
            let time_ns = time_ns.unwrap_or_else(|| inner.link.now());
            let stamp = Stamp { time_ns, env, flags: Flags::from_bits(flags) };
            let row = Row { schema: &inner.schema, numbers, signals: None };
            let published = inner.link.publish_stamped(&row, stamp).or_raise()?;
            inner.replaced = published.sanitized;
            Ok(published.sequence)
        })
    }

    #[pyo3(signature = (signals, *, env = 0, flags = 0, time_ns = None))]
    fn publish_signals(
        &self,
        signals: &Bound<'_, PyAny>,
        env: u16,
        flags: u8,
        time_ns: Option<u64>,
    ) -> PyResult<u64> {
        let signals: TrainingSignals = from_python(signals)?;
        self.handle.with(|inner| {
            let time_ns = time_ns.unwrap_or_else(|| inner.link.now());
            let stamp = Stamp { time_ns, env, flags: Flags::from_bits(flags) };
            let published = inner.link.publish_stamped(&signals, stamp).or_raise()?;
            inner.replaced = published.sanitized;
            Ok(published.sequence)
        })
    }

    #[pyo3(signature = (block, *, env = None, flags = None, time_ns = None))]
    fn publish_rows(
        &self,
        block: &Bound<'_, PyAny>,
        env: Option<Bound<'_, PyAny>>,
        flags: Option<Bound<'_, PyAny>>,
        time_ns: Option<u64>,
    ) -> PyResult<u64> {
        self.handle.with(|inner| {
            let rows = inner.rows;
            // SAFETY: all three are used before this returns.
            let numbers: &[f32] =
                unsafe { input(block, "block", &[Dim::Is(rows), Dim::Is(inner.schema.width())]) }?;
            let env: &[u16] = match &env {
                Some(env) => unsafe { input(env, "env", &[Dim::Is(rows)]) }?,
                None => &[],
            };
            let flags: &[u8] = match &flags {
                Some(flags) => unsafe { input(flags, "flags", &[Dim::Is(rows)]) }?,
                None => &[],
            };
            let each: Vec<u16>;
            let env = if env.is_empty() {
                each = (0..rows).map(|i| i as u16).collect();
                &each
            } else {
                env
            };
            let none: Vec<Flags>;
            let flags = if flags.is_empty() {
                none = vec![Flags::NONE; rows];
                &none[..]
            } else {
                none = flags.iter().map(|bits| Flags::from_bits(*bits)).collect();
                &none[..]
            };
            let time_ns = time_ns.unwrap_or_else(|| inner.link.now());
            let stamp = Stamp { time_ns, ..Stamp::default() };
            let published = inner.link.publish_rows_stamped(numbers, env, flags, stamp).or_raise()?;
            inner.replaced = published.sanitized;
            Ok(published.sequence)
        })
    }

    /// Publishes a report: any record object but a decision, command or outcome. Returns its
    /// sequence on its own ring.
    fn report(&self, report: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.handle.with(|inner| report_of(&mut inner.link, report))
    }

    /// Returns the next decision of a lane, or a notice; `None` if none came in time.
    #[pyo3(signature = (*, lane = 0, timeout = 0.0))]
    fn next_decision(&self, py: Python<'_>, lane: u32, timeout: f64) -> PyResult<Option<Py<PyAny>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let mut decision = DecisionRecord::default();
            for _ in 0..if timeout.is_zero() { 1 } else { LOOKS } {
                match inner.link.try_decision(lane, &mut decision).or_raise()? {
                    Read::Empty => std::hint::spin_loop(),
                    read => return decided(py, read, &decision, || inner.link.controller_reason(lane)),
                }
            }
            if timeout.is_zero() {
                return Ok(None);
            }
            let link = &mut inner.link;
            let found = wait(py, timeout, |w| {
                let read = link.next_decision(lane, &mut decision, w)?;
                nothing_yet(read)
            })?;
            found.map_or(Ok(None), |read| decided(py, read, &decision, || link.controller_reason(lane)))
        })
    }

    /// Waits for the decision on an observation, passing over earlier ones. Raises `TimeoutError`,
    /// or `PeerGoneError` if the controller is gone.
    #[pyo3(signature = (sequence, *, lane = 0, timeout = 10.0))]
    fn wait_decision(&self, py: Python<'_>, sequence: u64, lane: u32, timeout: f64) -> PyResult<Decision> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let mut decision = DecisionRecord::default();
            for _ in 0..LOOKS {
                match inner.link.try_decision(lane, &mut decision).or_raise()? {
                    Read::Record(_) if decision.observation_sequence >= sequence => {
                        return Ok(Decision(decision));
                    }
                    Read::Record(_) | Read::Restarted { .. } | Read::Lapped { .. } => {}
                    _ => std::hint::spin_loop(),
                }
            }
            let link = &mut inner.link;
            let found = wait(py, timeout, |w| {
                let read = link.wait_decision(lane, sequence, &mut decision, w)?;
                nothing_yet(read)
            })?;
            match found {
                Some(Read::Record(_)) => Ok(Decision(decision)),
                Some(read) => Err(ended("controller", read, link.controller_reason(lane))),
                None => Err(timed_out(&format!("waiting for the decision on observation {sequence}"))),
            }
        })
    }

    /// Waits until every row of a slot has been decided on. Returns the actions, one a row.
    #[pyo3(signature = (sequence, *, lane = 0, timeout = 10.0))]
    fn wait_decisions<'py>(
        &self,
        py: Python<'py>,
        sequence: u64,
        lane: u32,
        timeout: f64,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let mut decisions = vec![DecisionRecord::default(); inner.rows];
            let link = &mut inner.link;
            let found = wait(py, timeout, |w| {
                let answers = link.wait_decisions(lane, sequence, &mut decisions, w)?;
                nothing_yet(answers.end)
            })?;
            match found {
                Some(Read::Record(_)) => {
                    Ok(PyArray1::from_iter(py, decisions.iter().map(|d| i64::from(d.action))))
                }
                Some(read) => Err(ended("controller", read, link.controller_reason(lane))),
                None => Err(timed_out(&format!("waiting for the decisions on slot {sequence}"))),
            }
        })
    }

    /// Returns the next command of any lane; `None` if none came in time.
    #[pyo3(signature = (*, timeout = 0.0))]
    fn next_command(slf: &Bound<'_, Self>, timeout: f64) -> PyResult<Option<Received>> {
        let (py, timeout) = (slf.py(), crate::waiting::timeout(timeout)?);
        let received = slf.get().handle.with(|inner| {
            if let Some(received) = inner.link.try_command().or_raise()? {
                return Ok(Some(received));
            }
            if timeout.is_zero() {
                return Ok(None);
            }
            let link = &mut inner.link;
            wait(py, timeout, |w| link.next_command(w))
        })?;
        received
            .map(|received| {
                Ok(Received {
                    trainer: slf.clone().unbind(),
                    command: to_python(py, &received.command)?.unbind(),
                    received,
                    answered: Mutex::new(false),
                })
            })
            .transpose()
    }

    /// Iterates over the commands that are there now.
    fn commands(slf: &Bound<'_, Self>) -> Commands {
        Commands(slf.clone().unbind())
    }

    #[pyo3(signature = (lane = 0))]
    fn controller_state(&self, py: Python<'_>, lane: u32) -> PyResult<Py<PyAny>> {
        let state = self.link(|link| link.controller_state(lane))?;
        peer_state(py, state)
    }

    /// Waits until a controller holds the lane. Raises `TimeoutError`.
    #[pyo3(signature = (lane = 0, *, timeout = 10.0))]
    fn wait_for_controller(&self, py: Python<'_>, lane: u32, timeout: f64) -> PyResult<()> {
        self.handle.with(|inner| wait_for_controller(py, &mut inner.link, lane, timeout))
    }

    /// Ends the wait of another thread on this trainer, or else the next wait: it raises
    /// `CancelledError`.
    fn cancel(&self) {
        self.canceller.cancel();
    }

    /// Ends this trainer by failing, and closes it: controllers are told that it failed, and why.
    fn abort(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        self.handle.end(py, |inner| inner.link.abort(reason))
    }

    fn set_deadline(&self, seconds: f64) -> PyResult<()> {
        let deadline = timeout(seconds)?;
        self.link(|link| {
            link.set_deadline(deadline);
            Ok(())
        })
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.close(py)
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

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        match self.handle.with(|inner| {
            let link = &inner.link;
            Ok(format!("sent {}, decided {}, generation {}", link.sent(), link.decided(), link.generation()))
        }) {
            Ok(state) => format!("<Trainer {:?}, {state}>", self.name),
            Err(_) if self.closed() => format!("<Trainer {:?}, closed>", self.name),
            Err(_) => format!("<Trainer {:?}, busy or forked>", self.name),
        }
    }
}

/// Waits until a controller holds a lane.
pub(crate) fn wait_for_controller(py: Python<'_>, link: &mut Link, lane: u32, seconds: f64) -> PyResult<()> {
    let found = wait(py, timeout(seconds)?, |w| {
        let state = link.wait_for_controller(lane, w)?;
        Ok(matches!(state, leyline::PeerState::Held { .. } | leyline::PeerState::Superseded).then_some(state))
    })?;
    match found {
        Some(leyline::PeerState::Held { .. }) => Ok(()),
        Some(_) => Err(ended("controller", Read::Superseded, None)),
        None => Err(timed_out(&format!("waiting for a controller of lane {lane}"))),
    }
}

fn decided(
    py: Python<'_>,
    read: Read,
    decision: &DecisionRecord,
    reason: impl FnOnce() -> Option<String>,
) -> PyResult<Option<Py<PyAny>>> {
    match read {
        Read::Record(_) => Ok(Some(Py::new(py, Decision(*decision))?.into_any())),
        Read::Lapped { .. } | Read::Restarted { .. } => notice(py, read),
        read => Err(ended("controller", read, reason())),
    }
}

/// Publishes a report: a record object of any class but a decision's, command's or outcome's.
pub(crate) fn report_of(link: &mut Link, report: &Bound<'_, PyAny>) -> PyResult<u64> {
    fn one<T: Report>(link: &mut Link, report: &Bound<'_, PyAny>) -> PyResult<u64> {
        let report: T = from_python(report)?;
        link.report(&report).or_raise().map(|r| r.sequence)
    }
    use leyline::contract::{blueprint, budgets, field_report, gate_result, seed_state_report, telemetry};
    let name = report.get_type().name()?.to_string();
    match name.as_str() {
        "TrainingSignals" => one::<TrainingSignals>(link, report),
        "SeedStateReport" => one::<seed_state_report::SeedStateReport>(link, report),
        "GateResult" => one::<gate_result::GateResult>(link, report),
        "FieldReport" => one::<field_report::FieldReport>(link, report),
        "SeedTelemetry" => one::<telemetry::SeedTelemetry>(link, report),
        "TelemetryEvent" => one::<telemetry::TelemetryEvent>(link, report),
        "BlueprintSpec" => one::<blueprint::BlueprintSpec>(link, report),
        "PerformanceBudgets" => one::<budgets::PerformanceBudgets>(link, report),
        _ => Err(refused(ErrorKind::InvalidArgument, "report", "a report record of this package", &name)),
    }
}

/// Returns the exception of a read that says that the peer cannot send more.
pub(crate) fn ended(peer: &str, read: Read, reason: Option<String>) -> PyErr {
    match read {
        Read::WriterGone(ending) => gone(peer, &ending.to_string(), reason),
        Read::Superseded => raised(Error::new(ErrorKind::Superseded).help("attach again")),
        Read::Forked => forked(peer),
        _ => closed(peer),
    }
}

/// Names an exception, for the peer.
pub(crate) fn failure(kind: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> String {
    let name = kind.getattr("__name__").map_or_else(|_| "an exception".to_owned(), |n| n.to_string());
    format!("{name}: {value}")
}

#[cold]
pub(crate) fn timed_out(what: &str) -> PyErr {
    raised(Error::new(ErrorKind::Timeout).about(what.to_owned()))
}

#[cold]
pub(crate) fn not_pickled(class: &Bound<'_, PyType>) -> PyErr {
    let name = class.name().map_or_else(|_| "handle".into(), |n| n.to_string());
    pyo3::exceptions::PyTypeError::new_err(format!(
        "a {name} cannot be pickled or copied: attach by name in the other process"
    ))
}

/// A command that was received, to be executed and answered: once.
#[pyclass(frozen, module = "leyline", name = "ReceivedCommand")]
pub(crate) struct Received {
    trainer: Py<Trainer>,
    command: Py<PyAny>,
    received: ReceivedCommand,
    answered: Mutex<bool>,
}

impl Received {
    fn answer(&self, outcome: CommandOutcome) -> PyResult<u64> {
        let mut answered = self.answered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *answered {
            return Err(refused(
                ErrorKind::InvalidArgument,
                "answer",
                "one answer a command",
                "a second one",
            ));
        }
        let sequence = self.trainer.get().link(|link| link.answer(&self.received, outcome))?;
        *answered = true;
        Ok(sequence)
    }
}

#[pymethods]
impl Received {
    #[getter]
    fn command(&self, py: Python<'_>) -> Py<PyAny> {
        self.command.clone_ref(py)
    }

    #[getter]
    fn sequence(&self) -> u64 {
        self.received.sequence
    }

    #[getter]
    fn lane(&self) -> u32 {
        self.received.lane
    }

    #[getter]
    fn time_ns(&self) -> u64 {
        self.received.time_ns
    }

    /// Answers that it was executed.
    #[pyo3(signature = (text = ""))]
    fn executed(&self, text: &str) -> PyResult<u64> {
        let outcome =
            CommandOutcome::executed(&self.received.command, self.received.sequence).with_text(text);
        self.answer(outcome)
    }

    /// Answers that it was not executed, and why.
    #[pyo3(signature = (code, text = ""))]
    fn rejected(&self, code: u32, text: &str) -> PyResult<u64> {
        let code = OutcomeCode::from_value(code).or_raise()?;
        self.answer(CommandOutcome::rejected(&self.received.command, self.received.sequence, code, text))
    }

    /// Answers that executing it failed.
    #[pyo3(signature = (text = "", code = None))]
    fn failed(&self, text: &str, code: Option<u32>) -> PyResult<u64> {
        let code = code.map_or(Ok(OutcomeCode::Internal), OutcomeCode::from_value).or_raise()?;
        self.answer(CommandOutcome::failed(&self.received.command, self.received.sequence, code, text))
    }

    /// Answers with an outcome made by hand.
    #[pyo3(name = "answer")]
    fn answer_with(&self, outcome: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.answer(from_python(outcome)?)
    }

    fn __enter__<'py>(&self, py: Python<'py>) -> Py<PyAny> {
        self.command.clone_ref(py)
    }

    /// Answers at the end of a `with` block, unless it was answered in it: executed, or failed with
    /// the exception's text, which goes on.
    fn __exit__(
        &self,
        kind: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let done = *self.answered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if done {
            return Ok(());
        }
        if kind.is_none() {
            self.executed("").map(drop)
        } else {
            self.failed(&value.str()?.to_string(), None).map(drop)
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "<ReceivedCommand {} of lane {}: {}>",
            self.received.sequence,
            self.received.lane,
            self.command.bind(py).repr()?
        ))
    }
}

/// Iterates over the commands that are there.
#[pyclass(frozen, module = "leyline", name = "Commands")]
pub(crate) struct Commands(Py<Trainer>);

#[pymethods]
impl Commands {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Received>> {
        Trainer::next_command(self.0.bind(py), 0.0)
    }
}
