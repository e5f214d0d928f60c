//! The controller's end of a link.

use crate::arrays::{Dim, apart, input, output, structs, structs_mut};
use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::options::options;
use crate::records::{Meta, from_python, notice, to_python};
use crate::segment::{Segment, attached, peer_state};
use crate::space::{ActionSpace, Schema, masks};
use crate::trainer::{ended, failure, not_pickled, timed_out};
use crate::waiting::{LOOKS, wait};
use leyline::contract::command::AdaptationCommand;
use leyline::{
    Answer, Canceller, Controller as Link, EnvMark, Gathered, Meta as MetaRecord, News, Read, RowSchema,
    Ticket, Wait, wait_any,
};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::time::Duration;

/// The controller's end of a link: reads observations, decides on them, sends commands, receives
/// their outcomes. It holds one lane.
#[pyclass(frozen, module = "leyline", name = "Controller")]
pub(crate) struct Controller {
    handle: Handle<Inner>,
    canceller: Canceller,
    name: String,
}

struct Inner {
    link: Link,
    schema: RowSchema,
    rows: usize,
    /// The handle's own array, (width,) or (rows, width).
    own: Py<PyAny>,
    /// The metadata of the observation read last.
    last: MetaRecord,
}

impl Inner {
    /// Waits without the interpreter's lock until a read of observations would return something.
    /// Returns false if the time ran out.
    fn wait_for_news(&mut self, py: Python<'_>, timeout: Duration) -> PyResult<bool> {
        let link = &mut self.link;
        let found = wait(py, timeout, |w| {
            let mut news = [News::None];
            Ok(wait_any(&mut [link.watch_observations()], &mut news, w)?.then_some(()))
        })?;
        Ok(found.is_some())
    }
}

impl Controller {
    fn new(py: Python<'_>, link: Link, name: String) -> Self {
        let (schema, rows) = (link.observation_schema().clone(), link.rows());
        let own = if rows == 1 {
            PyArray1::<f32>::zeros(py, schema.width(), false).into_any().unbind()
        } else {
            PyArray2::<f32>::zeros(py, [rows, schema.width()], false).into_any().unbind()
        };
        let (last, canceller) = (MetaRecord::default(), link.canceller());
        Self { canceller, handle: Handle::new("controller", Inner { link, schema, rows, own, last }), name }
    }

    fn link<R>(&self, f: impl FnOnce(&mut Link) -> leyline::Result<R>) -> PyResult<R> {
        self.handle.with(|inner| f(&mut inner.link).or_raise())
    }

    /// Reads one observation by `step`, waiting if there is a timeout.
    fn read(
        &self,
        py: Python<'_>,
        out: Option<&Bound<'_, PyAny>>,
        timeout: f64,
        step: fn(&mut Link, &mut [f32]) -> leyline::Result<Read>,
        last_look: fn(&mut Link, &mut [f32], Wait) -> leyline::Result<Read>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let own;
            let array = match out {
                Some(out) => out,
                None => {
                    own = inner.own.bind(py).clone();
                    &own
                }
            };
            let width = Dim::Is(inner.schema.width());
            // SAFETY: not used while the interpreter's lock is given back: it is borrowed anew then.
            let numbers = || unsafe { output::<f32>(array, "out", &[width]) };
            {
                let numbers = numbers()?;
                for _ in 0..if timeout.is_zero() { 1 } else { LOOKS } {
                    match step(&mut inner.link, numbers).or_raise()? {
                        Read::Empty => std::hint::spin_loop(),
                        read => return inner.given(py, read),
                    }
                }
            }
            if timeout.is_zero() || !inner.wait_for_news(py, timeout)? {
                return Ok(None);
            }
            let read = last_look(&mut inner.link, numbers()?, Wait::sleep(Duration::ZERO)).or_raise()?;
            inner.given(py, read)
        })
    }
}

impl Inner {
    #[inline(always)]
    fn given(&mut self, py: Python<'_>, read: Read) -> PyResult<Option<Py<PyAny>>> {
        match read {
            Read::Record(meta) => {
                self.last = meta;
                Ok(Some(Py::new(py, Meta(meta))?.into_any()))
            }
            Read::TimedOut | Read::Empty => Ok(None),
            Read::Lapped { .. } | Read::Restarted { .. } => notice(py, read),
            read => Err(ended("trainer", read, self.link.trainer_reason())),
        }
    }
}

#[pymethods]
impl Controller {
    /// Attaches to a link, waiting for it to appear for `timeout` seconds, and takes a lane.
    #[staticmethod]
    #[pyo3(signature = (name, *, lane = 0, schema = None, timeout = 10.0, **keywords))]
    fn attach(
        py: Python<'_>,
        name: String,
        lane: u32,
        schema: Option<&Schema>,
        timeout: f64,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (options, timeout) = (options(keywords)?, crate::waiting::timeout(timeout)?);
        let link = attached(py, timeout, || {
            let segment = leyline::Segment::attach(&name, &options)?;
            match schema {
                Some(schema) => Link::on_with(&segment, lane, &schema.0),
                None => Link::on_any(&segment, lane),
            }
        })?;
        Ok(Self::new(py, link, name))
    }

    /// Takes a lane of an attached segment.
    #[staticmethod]
    #[pyo3(signature = (segment, *, lane = 0))]
    fn on(py: Python<'_>, segment: &Segment, lane: u32) -> PyResult<Self> {
        let segment = segment.segment()?;
        let link = py.detach(|| Link::on_any(&segment, lane)).or_raise()?;
        Ok(Self::new(py, link, segment.path().display().to_string()))
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
    fn lane(&self) -> PyResult<u32> {
        self.link(|link| Ok(link.lane()))
    }

    #[getter]
    fn rows(&self) -> PyResult<usize> {
        self.handle.with(|inner| Ok(inner.rows))
    }

    #[getter]
    fn received(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.received()))
    }

    #[getter]
    fn lost(&self) -> PyResult<u64> {
        self.link(|link| Ok(link.lost()))
    }

    /// Returns the handle's own array, into which reads without `out` go: (width,), or (rows,
    /// width).
    #[getter]
    fn observation(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.handle.with(|inner| Ok(inner.own.clone_ref(py)))
    }

    /// Returns the metadata of the observation that was read last.
    #[getter]
    fn meta(&self) -> PyResult<Meta> {
        self.handle.with(|inner| Ok(Meta(inner.last)))
    }

    #[pyo3(signature = (out = None, *, timeout = 0.0))]
    fn next(
        &self,
        py: Python<'_>,
        out: Option<&Bound<'_, PyAny>>,
        timeout: f64,
    ) -> PyResult<Option<Py<PyAny>>> {
        self.read(py, out, timeout, |link, row| link.try_next(row), |link, row, wait| link.next(row, wait))
    }

    #[pyo3(signature = (out = None, *, timeout = 0.0))]
    fn latest(
        &self,
        py: Python<'_>,
        out: Option<&Bound<'_, PyAny>>,
        timeout: f64,
    ) -> PyResult<Option<Py<PyAny>>> {
        self.read(
            py,
            out,
            timeout,
            |link, row| link.try_latest(row),
            |link, row, wait| link.latest(row, wait),
        )
    }

    /// Reads as many of the next observations as there are and fit into a block of shape (n, width).
    /// Returns their metas, and the notice that ended the batch if there is one.
    #[pyo3(signature = (out, *, at_least = 1, timeout = 0.0))]
    fn next_batch(
        &self,
        py: Python<'_>,
        out: &Bound<'_, PyAny>,
        at_least: usize,
        timeout: f64,
    ) -> PyResult<(Vec<Meta>, Option<Py<PyAny>>)> {
        let timeout = crate::waiting::timeout(timeout)?;
        let start = std::time::Instant::now();
        self.handle.with(|inner| {
            let width = inner.schema.width();
            let mut metas: Vec<MetaRecord> = Vec::new();
            loop {
                // SAFETY: borrowed anew after each time the interpreter's lock was given back.
                let numbers = unsafe { output::<f32>(out, "out", &[Dim::Any("n"), Dim::Is(width)]) }?;
                let room = numbers.len() / width;
                if at_least > room {
                    return Err(crate::errors::refused(
                        leyline::ErrorKind::InvalidArgument,
                        "at_least",
                        &format!("at most {room}, the rows of out"),
                        &at_least.to_string(),
                    ));
                }
                let read = metas.len();
                metas.resize(room, MetaRecord::default());
                let batch =
                    inner.link.try_next_batch(&mut numbers[read * width..], &mut metas[read..]).or_raise()?;
                metas.truncate(read + batch.count);
                let left = timeout.saturating_sub(start.elapsed());
                let end = match batch.end {
                    Read::Empty if metas.len() < at_least && !left.is_zero() => {
                        if inner.wait_for_news(py, left)? {
                            continue;
                        }
                        None
                    }
                    Read::Record(_) | Read::Empty | Read::TimedOut => None,
                    Read::Lapped { .. } | Read::Restarted { .. } => notice(py, batch.end)?,
                    read if metas.is_empty() => {
                        return Err(ended("trainer", read, inner.link.trainer_reason()));
                    }
                    _ => None,
                };
                return Ok((metas.into_iter().map(Meta).collect(), end));
            }
        })
    }

    /// Keeps the newest observation of each environment in a block of shape (n, width), with a mark
    /// each (`leyline.MARK`, shape (n,)). Both are passed again to the next call.
    #[pyo3(signature = (out, marks, *, timeout = 0.0))]
    fn latest_by_env(
        &self,
        py: Python<'_>,
        out: &Bound<'_, PyAny>,
        marks: &Bound<'_, PyAny>,
        timeout: f64,
    ) -> PyResult<GatheredRows> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let width = inner.schema.width();
            apart(out, "out", marks, "marks")?;
            let once = |inner: &mut Inner| -> PyResult<Gathered> {
                // SAFETY: borrowed anew after the interpreter's lock was given back; two arrays, apart
                // from each other.
                let marks = unsafe { structs_mut::<EnvMark>(marks, "marks", "leyline.MARK") }?;
                let numbers = unsafe { output::<f32>(out, "out", &[Dim::Is(marks.len()), Dim::Is(width)]) }?;
                inner.link.try_latest_by_env(numbers, marks).or_raise()
            };
            let mut found = once(inner)?;
            if found.read == 0
                && found.end == Read::Empty
                && !timeout.is_zero()
                && inner.wait_for_news(py, timeout)?
            {
                found = once(inner)?;
            }
            if found.read == 0 && found.end == Read::Empty && !timeout.is_zero() {
                // Says how the trainer ended, if that is why nothing came.
                match inner.link.trainer_state().or_raise()? {
                    leyline::PeerState::Gone(ending) => {
                        return Err(ended("trainer", Read::WriterGone(ending), inner.link.trainer_reason()));
                    }
                    leyline::PeerState::Superseded => return Err(ended("trainer", Read::Superseded, None)),
                    _ => {}
                }
            }
            let Gathered { read, missed, changed, outside, end } = found;
            let notice = notice(py, end)?;
            Ok(GatheredRows { read, missed, changed, outside, notice })
        })
    }

    /// Reads the next slot of a link of several rows into a block of shape (rows, width). Returns
    /// the slot's meta, a notice, or `None`; `env` and `flags` get each row's.
    #[pyo3(signature = (out = None, *, env = None, flags = None, timeout = 0.0))]
    fn next_rows(
        &self,
        py: Python<'_>,
        out: Option<&Bound<'_, PyAny>>,
        env: Option<&Bound<'_, PyAny>>,
        flags: Option<&Bound<'_, PyAny>>,
        timeout: f64,
    ) -> PyResult<Option<Py<PyAny>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|inner| {
            let own = inner.own.bind(py).clone();
            let array = out.unwrap_or(&own);
            let (rows, width) = (inner.rows, inner.schema.width());
            let mut envs = vec![0u16; rows];
            let mut bits = vec![leyline::Flags::NONE; rows];
            let mut waited = timeout.is_zero();
            let read = loop {
                // SAFETY: borrowed anew after the interpreter's lock was given back.
                let numbers = unsafe { output::<f32>(array, "out", &[Dim::Is(rows), Dim::Is(width)]) }?;
                let read = if waited && !timeout.is_zero() {
                    inner
                        .link
                        .next_rows(numbers, &mut envs, &mut bits, Wait::sleep(Duration::ZERO))
                        .or_raise()?
                } else {
                    inner.link.try_next_rows(numbers, &mut envs, &mut bits).or_raise()?
                };
                if read != Read::Empty || waited {
                    break read;
                }
                if !inner.wait_for_news(py, timeout)? {
                    return Ok(None);
                }
                waited = true;
            };
            if let (Read::Record(_), Some(env)) = (read, env) {
                // SAFETY: used before this returns.
                unsafe { output::<u16>(env, "env", &[Dim::Is(rows)]) }?.copy_from_slice(&envs);
            }
            if let (Read::Record(_), Some(flags)) = (read, flags) {
                // SAFETY: used before this returns.
                let places = unsafe { output::<u8>(flags, "flags", &[Dim::Is(rows)]) }?;
                places.iter_mut().zip(&bits).for_each(|(place, bits)| *place = bits.bits());
            }
            inner.given(py, read)
        })
    }

    #[pyo3(signature = (meta, action, *, confidence = 1.0, value = 0.0, log_prob = 0.0, reason = ""))]
    fn decide(
        &self,
        meta: &Meta,
        action: usize,
        confidence: f32,
        value: f32,
        log_prob: f32,
        reason: &str,
    ) -> PyResult<Option<Sent>> {
        let answer = Answer { confidence, value_estimate: value, log_probability: log_prob, reason };
        self.link(|link| link.decide(&meta.0, action, &answer)).map(|decided| decided.command.map(Sent))
    }

    /// Decides on every row of the slot of `meta`, or on every changed row of marks: `actions` is an
    /// int64 array of one action a row. Returns how many were decided on.
    #[pyo3(signature = (observed, actions, *, values = None, log_probs = None))]
    fn decide_batch(
        &self,
        observed: &Bound<'_, PyAny>,
        actions: &Bound<'_, PyAny>,
        values: Option<&Bound<'_, PyAny>>,
        log_probs: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        self.handle.with(|inner| {
            // SAFETY: all arrays are used before this returns.
            let actions: &[i64] = unsafe { input(actions, "actions", &[Dim::Any("n")]) }?;
            let n = actions.len();
            let column = |array: Option<&Bound<'_, PyAny>>, name: &str| -> PyResult<Vec<f32>> {
                match array {
                    // SAFETY: copied before this returns.
                    Some(array) => Ok(unsafe { input::<f32>(array, name, &[Dim::Is(n)]) }?.to_vec()),
                    None => Ok(Vec::new()),
                }
            };
            let (values, log_probs) = (column(values, "values")?, column(log_probs, "log_probs")?);
            let answers: Vec<Answer<'_>> = if values.is_empty() && log_probs.is_empty() {
                Vec::new()
            } else {
                let at = |column: &[f32], i: usize| column.get(i).copied().unwrap_or_default();
                (0..n)
                    .map(|i| Answer {
                        value_estimate: at(&values, i),
                        log_probability: at(&log_probs, i),
                        ..Answer::default()
                    })
                    .collect()
            };
            // A negative action is one that the space does not have.
            let actions: Vec<usize> =
                actions.iter().map(|&a| usize::try_from(a).unwrap_or(usize::MAX)).collect();
            if let Ok(meta) = observed.cast::<Meta>() {
                let metas: Vec<MetaRecord> =
                    (0..n).map(|i| meta.get().0.of_row(i as u16, meta.get().0.flags)).collect();
                return inner.link.decide_batch(&metas, &actions, &answers, &mut []).or_raise();
            }
            if let Ok(metas) = observed.extract::<Vec<Meta>>() {
                let metas: Vec<MetaRecord> = metas.iter().map(|m| m.0).collect();
                return inner.link.decide_batch(&metas, &actions, &answers, &mut []).or_raise();
            }
            // SAFETY: as above.
            let marks = unsafe { structs::<EnvMark>(observed, "observed", "leyline.MARK") }?;
            inner.link.decide_batch(marks, &actions, &answers, &mut []).or_raise()
        })
    }

    /// Sends a command that answers no observation. Returns what was sent.
    fn send(&self, command: &Bound<'_, PyAny>) -> PyResult<Sent> {
        let command: AdaptationCommand = from_python(command)?;
        self.link(|link| link.send(command)).map(Sent)
    }

    /// Returns the next outcome; `None` if none came in time.
    #[pyo3(signature = (*, timeout = 0.0))]
    fn next_outcome<'py>(&self, py: Python<'py>, timeout: f64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        let outcome = self.handle.with(|inner| {
            let link = &mut inner.link;
            match link.try_outcome().or_raise()? {
                None if !timeout.is_zero() => wait(py, timeout, |w| link.next_outcome(w)),
                outcome => Ok(outcome),
            }
        })?;
        outcome.map(|outcome| to_python(py, &outcome)).transpose()
    }

    /// Waits for the final outcome of a command. Raises `TimeoutError`.
    #[pyo3(signature = (sent, *, timeout = 10.0))]
    fn wait_outcome<'py>(&self, py: Python<'py>, sent: &Sent, timeout: f64) -> PyResult<Bound<'py, PyAny>> {
        let timeout = crate::waiting::timeout(timeout)?;
        let outcome = self.handle.with(|inner| {
            let link = &mut inner.link;
            wait(py, timeout, |w| match link.wait_outcome(&sent.0.id, w) {
                Ok(outcome) => Ok(Some(outcome)),
                Err(e) if e.kind() == leyline::ErrorKind::Timeout => Ok(None),
                Err(e) => Err(e),
            })
        })?;
        match outcome {
            Some(outcome) => to_python(py, &outcome),
            None => Err(timed_out("waiting for the outcome of a command")),
        }
    }

    /// Iterates over the outcomes that are there now.
    fn outcomes(slf: Py<Self>) -> Outcomes {
        Outcomes(slf)
    }

    /// Says what is physically possible: `bool` of shape (n,) for a row, (B, n) for B rows.
    #[pyo3(signature = (rows = None, *, out = None))]
    fn mask<'py>(
        &self,
        py: Python<'py>,
        rows: Option<&Bound<'py, PyAny>>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.handle.with(|inner| {
            let own = inner.own.bind(py).clone();
            masks(py, inner.link.actions(), &inner.schema, rows.unwrap_or(&own), out)
        })
    }

    /// Returns the signals of an observation; `None` if it has none, or they have left their ring.
    fn signals_of<'py>(&self, py: Python<'py>, meta: &Meta) -> PyResult<Option<Bound<'py, PyAny>>> {
        let signals = self.link(|link| link.signals_of(&meta.0))?;
        signals.map(|signals| to_python(py, &signals)).transpose()
    }

    fn trainer_state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = self.link(|link| link.trainer_state())?;
        peer_state(py, state)
    }

    /// Ends the wait of another thread on this controller, or else the next wait: it raises
    /// `CancelledError`.
    fn cancel(&self) {
        self.canceller.cancel();
    }

    /// Ends this controller by failing, and closes it: the trainer is told that it failed, and why.
    fn abort(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        self.handle.end(py, |Inner { link, own, .. }| {
            link.abort(reason);
            own
        })
    }

    fn set_deadline(&self, seconds: f64) -> PyResult<()> {
        let deadline = crate::waiting::timeout(seconds)?;
        self.link(|link| {
            link.set_deadline(deadline);
            Ok(())
        })
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.end(py, |Inner { link, own, .. }| {
            drop(link);
            own
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

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        match self.link(|link| {
            Ok(format!("lane {}, received {}, lost {}", link.lane(), link.received(), link.lost()))
        }) {
            Ok(state) => format!("<Controller {:?}, {state}>", self.name),
            Err(_) if self.closed() => format!("<Controller {:?}, closed>", self.name),
            Err(_) => format!("<Controller {:?}, busy or forked>", self.name),
        }
    }
}

/// A command that the trainer's ring has accepted: not executed before its outcome says so.
#[pyclass(frozen, module = "leyline", name = "Sent")]
pub(crate) struct Sent(Ticket);

#[pymethods]
impl Sent {
    /// Returns the command's id, 16 bytes.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let id = PyDict::new(py);
        id.set_item("bytes", PyBytes::new(py, &self.0.id))?;
        py.import("uuid")?.getattr("UUID")?.call((), Some(&id))
    }

    #[getter]
    fn sequence(&self) -> u64 {
        self.0.sequence
    }

    fn __repr__(&self) -> String {
        format!("Sent(sequence={})", self.0.sequence)
    }
}

/// The result of gathering by environment.
#[pyclass(frozen, module = "leyline", name = "Gathered", get_all)]
pub(crate) struct GatheredRows {
    read: u64,
    missed: u64,
    changed: usize,
    outside: u64,
    notice: Option<Py<PyAny>>,
}

#[pymethods]
impl GatheredRows {
    fn __repr__(&self) -> String {
        format!(
            "Gathered(read={}, missed={}, changed={}, outside={})",
            self.read, self.missed, self.changed, self.outside
        )
    }
}

/// Iterates over the outcomes that are there.
#[pyclass(frozen, module = "leyline", name = "Outcomes")]
pub(crate) struct Outcomes(Py<Controller>);

#[pymethods]
impl Outcomes {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.get().next_outcome(py, 0.0)
    }
}
