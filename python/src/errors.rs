//! Turns errors of the library into Python exceptions.
//!
//! The classes live in `leyline/_errors.py`, because each also derives from a builtin exception and
//! `create_exception!` allows one base only.

use leyline::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Returns the exception of a library error.
#[cold]
pub(crate) fn raised(e: Error) -> PyErr {
    Python::attach(|py| {
        let path = e.path().map(|p| p.display().to_string());
        exception(py, e.kind(), python_names(&e.to_string()), path, e.expected(), e.found())
    })
}

/// Writes the names in a message as Python spells them.
fn python_names(text: &str) -> String {
    text.replace("::", ".")
}

fn exception(
    py: Python<'_>,
    kind: ErrorKind,
    message: String,
    path: Option<String>,
    expected: &str,
    found: &str,
) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let classes = CLASSES.get_or_try_init(py, || -> PyResult<Py<PyDict>> {
            Ok(py.import("leyline._errors")?.getattr("BY_KIND")?.cast_into::<PyDict>()?.unbind())
        })?;
        let class = classes.bind(py).as_any().get_item(format!("{kind:?}"))?;
        Ok(PyErr::from_value(class.call1((message, path, expected, found))?))
    };
    make().unwrap_or_else(|e| e)
}

/// Returns an exception of a kind that this package finds itself.
#[cold]
pub(crate) fn refused(kind: ErrorKind, about: &str, expected: &str, found: &str) -> PyErr {
    raised(Error::new(kind).about(about.to_owned()).expected_found(expected.to_owned(), found.to_owned()))
}

/// Returns the exception of a call on a handle that is closed.
#[cold]
pub(crate) fn closed(what: &str) -> PyErr {
    special("ClosedError", &format!("the {what} is closed"), "an open handle", "a closed one")
}

/// Returns the exception for an array that cannot be used: `ArrayError`.
#[cold]
pub(crate) fn wrong_array(name: &str, expected: &str, found: &str) -> PyErr {
    let message = format!("{name}: expected {expected}; found {found}");
    special("ArrayError", &message, expected, found)
}

/// Returns the exception that says how the peer ended: `PeerGoneError` with its `ending`.
#[cold]
pub(crate) fn gone(peer: &str, ending: &str, reason: Option<String>) -> PyErr {
    let why = reason.as_ref().filter(|r| !r.is_empty()).map(|r| format!(": {r}")).unwrap_or_default();
    Python::attach(|py| {
        let make = || {
            let class = py.import("leyline._errors")?.getattr("PeerGoneError")?;
            let e =
                class.call1((format!("the {peer} is gone: it {ending}{why}"), None::<&str>, "", ending))?;
            e.setattr("ending", ending)?;
            e.setattr("reason", reason)?;
            PyResult::Ok(PyErr::from_value(e))
        };
        make().unwrap_or_else(|e| e)
    })
}

/// Returns an exception of a class that is no kind of the library's errors.
fn special(class: &str, message: &str, expected: &str, found: &str) -> PyErr {
    Python::attach(|py| {
        let class = py.import("leyline._errors").and_then(|errors| errors.getattr(class));
        let e = class.and_then(|class| class.call1((message, None::<&str>, expected, found)));
        e.map_or_else(|e| e, PyErr::from_value)
    })
}

/// Gives the result of a library call Python's exceptions.
pub(crate) trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for leyline::Result<T> {
    #[inline(always)]
    fn or_raise(self) -> PyResult<T> {
        match self {
            Ok(value) => Ok(value),
            Err(e) => Err(raised(e)),
        }
    }
}
