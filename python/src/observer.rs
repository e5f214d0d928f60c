//! Reading any ring of any program, by the schema in its segment.

use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::options::options;
use crate::records::{Meta, notice};
use crate::segment::{Segment, attached, peer_state};
use crate::trainer::{ended, not_pickled};
use crate::waiting::{LOOKS, nothing_yet, wait};
use leyline::{AnyObserver, ErrorKind, Read, Start};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Reads any ring without holding a role: the writer does not wait for it.
#[pyclass(frozen, module = "leyline._leyline", name = "Observer", subclass)]
pub(crate) struct Observer {
    handle: Handle<AnyObserver>,
    ring: String,
}

/// Reads a start: "oldest", "newest", "now", or a sequence.
fn start_of(start: &Bound<'_, PyAny>) -> PyResult<Start> {
    if let Ok(sequence) = start.extract::<u64>() {
        return Ok(Start::At(sequence));
    }
    let word = start.extract::<String>().unwrap_or_default();
    match word.as_str() {
        "oldest" => Ok(Start::Oldest),
        "newest" => Ok(Start::Newest),
        "now" => Ok(Start::Now),
        _ => Err(crate::errors::refused(
            ErrorKind::InvalidArgument,
            "start",
            "\"oldest\", \"newest\", \"now\" or a sequence",
            &start.repr()?.to_string(),
        )),
    }
}

#[pymethods]
impl Observer {
    #[new]
    #[pyo3(signature = (segment, ring, *, start, timeout = 0.0, **keywords))]
    fn new(
        py: Python<'_>,
        segment: &Bound<'_, PyAny>,
        ring: String,
        start: &Bound<'_, PyAny>,
        timeout: f64,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let start = start_of(start)?;
        let segment = match segment.cast::<Segment>() {
            Ok(segment) => segment.get().segment()?,
            Err(_) => {
                let name: String = segment.extract()?;
                let (options, timeout) = (options(keywords)?, crate::waiting::timeout(timeout)?);
                attached(py, timeout, || leyline::Segment::attach(&name, &options))?
            }
        };
        let observer = AnyObserver::open(&segment, &ring, start).or_raise()?;
        Ok(Self { handle: Handle::new("observer", observer), ring })
    }

    #[getter]
    fn ring(&self) -> &str {
        &self.ring
    }

    #[getter]
    fn rows(&self) -> PyResult<usize> {
        self.handle.with(|o| Ok(o.rows()))
    }

    #[getter]
    fn next_sequence(&self) -> PyResult<u64> {
        self.handle.with(|o| Ok(o.next_sequence()))
    }

    #[getter]
    fn canonical(&self) -> PyResult<String> {
        self.handle.with(|o| Ok(o.schema().canonical()))
    }

    fn seek(&self, start: &Bound<'_, PyAny>) -> PyResult<()> {
        let start = start_of(start)?;
        self.handle.with(|o| {
            o.seek(start);
            Ok(())
        })
    }

    /// Reads the next slot, or with `latest` the newest: the bytes of its records, its meta, and
    /// each row's environment and flags; a notice; or `None`.
    #[pyo3(signature = (timeout, latest))]
    fn _read<'py>(&self, py: Python<'py>, timeout: f64, latest: bool) -> PyResult<Option<Py<PyAny>>> {
        let timeout = crate::waiting::timeout(timeout)?;
        self.handle.with(|o| {
            let mut read = Read::Empty;
            for _ in 0..if timeout.is_zero() { 1 } else { LOOKS } {
                read = if latest { o.try_latest() } else { o.try_next() };
                if read != Read::Empty {
                    break;
                }
                std::hint::spin_loop();
            }
            if read == Read::Empty && !timeout.is_zero() {
                let o = &mut *o;
                let found = wait(py, timeout, |w| {
                    let read = o.next(w)?;
                    nothing_yet(read)
                })?;
                read = found.unwrap_or(Read::TimedOut);
            }
            match read {
                Read::Record(meta) => {
                    let mut bytes = Vec::new();
                    let mut beside = Vec::new();
                    for row in 0..o.rows() {
                        bytes.extend_from_slice(o.record(row).unwrap_or_default());
                        beside.push(o.beside(row).map_or((0, 0), |(env, flags)| (env, flags.bits())));
                    }
                    let found = (PyBytes::new(py, &bytes), Meta(meta), beside);
                    Ok(Some(found.into_pyobject(py)?.into_any().unbind()))
                }
                Read::Empty | Read::TimedOut => Ok(None),
                Read::Lapped { .. } | Read::Restarted { .. } => notice(py, read),
                read => Err(ended("writer", read, o.peer_reason())),
            }
        })
    }

    fn writer_state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = self.handle.with(|o| o.peer_state().or_raise())?;
        peer_state(py, state)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.close(py)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(not_pickled(&slf.get_type()))
    }

    fn __repr__(&self) -> String {
        match self.handle.with(|o| Ok(o.next_sequence())) {
            Ok(next) => format!("<Observer of ring {:?}, next sequence {next}>", self.ring),
            Err(_) => format!("<Observer of ring {:?}, closed>", self.ring),
        }
    }
}
