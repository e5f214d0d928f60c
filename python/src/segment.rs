//! Segments, their rings and roles, and what lies in a directory.

use crate::errors::OrRaise;
use crate::handle::Handle;
use crate::options::options;
use crate::trainer::not_pickled;
use crate::waiting::wait;
use leyline::schema::canonical::hex;
use leyline::{
    Access, Ending, ErrorKind, ListedKind, NameState, PeerState, Policy, RingInfo, Segment as Shared,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

/// A shared file, attached.
#[pyclass(frozen, module = "leyline", name = "Segment")]
pub(crate) struct Segment {
    handle: Handle<Shared>,
    path: String,
}

impl Segment {
    pub(crate) fn over(segment: Shared) -> Self {
        let path = segment.path().display().to_string();
        Self { handle: Handle::new("segment", segment), path }
    }

    /// Returns the library's segment. A clone is as cheap as a reference.
    pub(crate) fn segment(&self) -> PyResult<Shared> {
        self.handle.with(|segment| Ok(segment.clone()))
    }

    fn with<R>(&self, f: impl FnOnce(&Shared) -> leyline::Result<R>) -> PyResult<R> {
        self.handle.with(|segment| f(segment).or_raise())
    }
}

#[pymethods]
impl Segment {
    /// Attaches to a segment, waiting for it to appear for `timeout` seconds.
    #[staticmethod]
    #[pyo3(signature = (name, *, timeout = 0.0, **keywords))]
    fn attach(
        py: Python<'_>,
        name: &str,
        timeout: f64,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (options, timeout) = (options(keywords)?, crate::waiting::timeout(timeout)?);
        attached(py, timeout, || Shared::attach(name, &options)).map(Self::over)
    }

    /// Receives a segment without a name over a Unix socket, or takes over a copy of its descriptor.
    #[staticmethod]
    #[pyo3(signature = (socket, *, timeout = 10.0, **keywords))]
    fn receive(
        py: Python<'_>,
        socket: &Bound<'_, PyAny>,
        timeout: f64,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (options, timeout) = (options(keywords)?, crate::waiting::timeout(timeout)?);
        let fd = descriptor_of(socket)?;
        py.detach(|| Shared::receive(&fd, &options, timeout)).or_raise().map(Self::over)
    }

    /// Attaches by a descriptor, of which it takes a copy.
    #[staticmethod]
    #[pyo3(signature = (fd, **keywords))]
    fn from_descriptor(fd: &Bound<'_, PyAny>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let options = options(keywords)?;
        Shared::from_descriptor(descriptor_of(fd)?, &options).or_raise().map(Self::over)
    }

    /// Sends the segment over a Unix socket.
    #[pyo3(signature = (socket, *, read_only = false, timeout = 10.0))]
    fn send_to(
        &self,
        py: Python<'_>,
        socket: &Bound<'_, PyAny>,
        read_only: bool,
        timeout: f64,
    ) -> PyResult<()> {
        let (segment, timeout) = (self.segment()?, crate::waiting::timeout(timeout)?);
        let fd = descriptor_of(socket)?;
        py.detach(|| segment.send_to(&fd, access(read_only), timeout)).or_raise()
    }

    /// Returns a new descriptor of the segment, which the caller closes.
    #[pyo3(signature = (*, read_only = false))]
    fn descriptor(&self, read_only: bool) -> PyResult<i32> {
        self.with(|segment| segment.descriptor(access(read_only))).map(IntoRawFd::into_raw_fd)
    }

    #[getter]
    fn path(&self) -> &str {
        &self.path
    }

    #[getter]
    fn id(&self) -> PyResult<String> {
        self.with(|segment| Ok(hex(&segment.id())))
    }

    #[getter]
    fn size(&self) -> PyResult<usize> {
        self.with(|segment| Ok(segment.size()))
    }

    #[getter]
    fn rings(&self) -> PyResult<Vec<String>> {
        self.with(|segment| Ok(segment.rings().iter().map(|r| r.name.clone()).collect()))
    }

    /// Returns what the header says of a ring.
    fn ring<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let ring: RingInfo = self.with(|segment| segment.ring(name).cloned())?;
        let dict = PyDict::new(py);
        dict.set_item("name", ring.name)?;
        dict.set_item("schema", ring.schema)?;
        dict.set_item("fingerprint", hex(&ring.fingerprint))?;
        dict.set_item("record_size", ring.record_size)?;
        dict.set_item("rows", ring.rows)?;
        dict.set_item("capacity", ring.capacity)?;
        dict.set_item("consumers", ring.consumers)?;
        dict.set_item("policy", if ring.policy == Policy::Keep { "keep" } else { "release" })?;
        dict.set_item("lane", ring.lane)?;
        Ok(dict)
    }

    /// Returns how a ring stands: its writer, records and consumers.
    fn status<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let status = self.with(|segment| segment.ring_status(name))?;
        let dict = PyDict::new(py);
        dict.set_item("last_sequence", status.last_sequence)?;
        dict.set_item("written", status.written)?;
        dict.set_item("readable", status.readable)?;
        dict.set_item("writer", peer_state(py, status.writer)?)?;
        dict.set_item("age", status.age.map(|age| age.as_secs_f64()))?;
        dict.set_item("rate_hz", status.rate_hz)?;
        dict.set_item("generation", status.generation)?;
        dict.set_item("handed_over", status.handed_over)?;
        let consumers = PyList::empty(py);
        for consumer in status.consumers {
            let one = PyDict::new(py);
            one.set_item("held", consumer.held)?;
            one.set_item("committed", consumer.committed)?;
            one.set_item("behind", consumer.behind)?;
            one.set_item("passed_over", consumer.passed_over)?;
            consumers.append(one)?;
        }
        dict.set_item("consumers", consumers)?;
        Ok(dict)
    }

    /// Returns who holds the writing role of a ring, or that of its consumer.
    #[pyo3(signature = (ring, consumer = None))]
    fn role<'py>(
        &self,
        py: Python<'py>,
        ring: &str,
        consumer: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let role = self.with(|segment| segment.role(ring, consumer))?;
        let dict = PyDict::new(py);
        dict.set_item("held", role.held)?;
        dict.set_item("pid", role.pid)?;
        dict.set_item("since_unix_ns", role.since_unix_ns)?;
        dict.set_item("command", role.command)?;
        dict.set_item("records", role.records)?;
        dict.set_item("lost", role.lost)?;
        dict.set_item("latency_count", role.latency.count)?;
        dict.set_item("latency_p50_ns", role.latency.quantile(0.5))?;
        dict.set_item("latency_p99_ns", role.latency.quantile(0.99))?;
        Ok(dict)
    }

    /// Says where the segment's name leads: "current", "unlinked" (nowhere) or "replaced".
    fn name_state(&self) -> PyResult<&'static str> {
        Ok(match self.with(Shared::name_state)? {
            NameState::Current => "current",
            NameState::Unlinked => "unlinked",
            NameState::Replaced => "replaced",
        })
    }

    /// Removes a segment's name. Holders go on without it.
    #[staticmethod]
    #[pyo3(signature = (name, **keywords))]
    fn unlink(name: &str, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        Shared::unlink(name, &options(keywords)?).or_raise()
    }

    /// Returns the names of the segments in the directory.
    #[staticmethod]
    #[pyo3(signature = (**keywords))]
    fn list(keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
        let listed = Shared::list(&options(keywords)?).or_raise()?;
        Ok(listed
            .into_iter()
            .filter_map(|l| match l.what {
                ListedKind::Segment(name) => Some(name),
                ListedKind::Debris { .. } => None,
            })
            .collect())
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
        match self.with(|segment| Ok(segment.rings().len())) {
            Ok(rings) => format!("<Segment {:?}, {rings} rings>", self.path),
            Err(_) => format!("<Segment {:?}, closed>", self.path),
        }
    }
}

/// Attaches by `attach`, which fails while there is nothing, until the time has run out.
pub(crate) fn attached<T: Send>(
    py: Python<'_>,
    timeout: Duration,
    mut attach: impl FnMut() -> leyline::Result<T> + Send,
) -> PyResult<T> {
    let mut last = None;
    let found = wait(py, timeout, |_| match attach() {
        Ok(found) => Ok(Some(found)),
        Err(e) if !timeout.is_zero() && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NoDirectory) => {
            last = Some(e);
            std::thread::sleep(Duration::from_millis(1));
            Ok(None)
        }
        Err(e) => Err(e),
    })?;
    match (found, last) {
        (Some(found), _) => Ok(found),
        (None, Some(e)) => Err(crate::errors::raised(e)),
        (None, None) => Err(crate::trainer::timed_out("attaching")),
    }
}

fn access(read_only: bool) -> Access {
    if read_only { Access::ReadOnly } else { Access::ReadWrite }
}

/// Returns a copy of the descriptor of a socket or file object, or of a number.
fn descriptor_of(object: &Bound<'_, PyAny>) -> PyResult<OwnedFd> {
    let number: i32 = match object.extract::<i32>() {
        Ok(number) => number,
        Err(_) => object.call_method0("fileno")?.extract()?,
    };
    if number < 0 {
        return Err(crate::errors::refused(
            ErrorKind::InvalidArgument,
            "descriptor",
            "an open one",
            &number.to_string(),
        ));
    }
    // SAFETY: only used for a copy, which fails if the number is no descriptor.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let copy = borrowed.try_clone_to_owned()?;
    debug_assert!(copy.as_raw_fd() != number);
    // SAFETY: just made.
    Ok(unsafe { OwnedFd::from_raw_fd(copy.into_raw_fd()) })
}

/// Returns the state of a peer as `leyline.PeerState`.
pub(crate) fn peer_state(py: Python<'_>, state: PeerState) -> PyResult<Py<PyAny>> {
    let (name, silent) = match state {
        PeerState::Never => ("never", None),
        PeerState::Held { silent_for } => ("held", silent_for),
        PeerState::Gone(Ending::Closed) => ("closed", None),
        PeerState::Gone(Ending::Failed) => ("failed", None),
        PeerState::Gone(Ending::Died) => ("died", None),
        PeerState::Superseded => ("superseded", None),
    };
    let class = py.import("leyline._enums")?.getattr("PeerState")?;
    Ok(class.call1((name, silent.map(|s| s.as_secs_f64())))?.unbind())
}
