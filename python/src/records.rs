//! Records as Python objects: what `leyline/_records.py` builds its classes of, and the way there
//! and back.

use crate::errors::{OrRaise, wrong_array};
use leyline::contract::annotation::CommandAnnotation;
use leyline::contract::blueprint::BlueprintSpec;
use leyline::contract::budgets::PerformanceBudgets;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision as DecisionRecord;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::seed_metrics::SeedMetrics;
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::{TrainingMetrics, TrainingSignals};
use leyline::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use leyline::schema::record::Record;
use leyline::{Flags, Read};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList};

/// Calls a macro with every record of the contract that has a class of its own in Python.
macro_rules! each_record {
    ($m:ident) => {
        $m! {
            AdaptationCommand, CommandOutcome, TrainingSignals, SeedMetrics, TrainingMetrics, SeedTelemetry,
            SeedStateReport, GateResult, FieldReport, TelemetryEvent, BlueprintSpec, PerformanceBudgets,
            CommandAnnotation
        }
    };
}

fn described<'py, T: Record>(py: Python<'py>, class: &str) -> PyResult<Bound<'py, PyDict>> {
    let schema = T::schema();
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|f| (f.name.to_string(), f.ty.name(), f.offset, f.count, f.unit.to_string(), f.low, f.high))
        .collect();
    let record = PyDict::new(py);
    record.set_item("class", class)?;
    record.set_item("name", schema.name())?;
    record.set_item("size", schema.size())?;
    record.set_item("fields", fields)?;
    record.set_item("bits", T::BITS.to_vec())?;
    record.set_item("optional", T::OPTIONAL.to_vec())?;
    record.set_item("initial", PyBytes::new(py, bytemuck::bytes_of(&T::initial())))?;
    Ok(record)
}

/// Describes every record: for `leyline._records`.
#[pyfunction]
pub(crate) fn _records(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    macro_rules! describe {
        ($($t:ident),+) => { $(list.append(described::<$t>(py, stringify!($t))?)?;)+ };
    }
    each_record!(describe);
    Ok(list)
}

/// Refuses the bytes of a record that break its rules, naming the field.
#[pyfunction]
pub(crate) fn _check(name: &str, bytes: &[u8]) -> PyResult<()> {
    macro_rules! check {
        ($($t:ident),+) => {
            match name {
                $(stringify!($t) if bytes.len() == size_of::<$t>() => {
                    Record::check(&bytemuck::pod_read_unaligned::<$t>(bytes)).or_raise()
                })+
                _ => Err(wrong_array("record", "the bytes of a record", &format!("{} bytes as {name}", bytes.len()))),
            }
        };
    }
    each_record!(check)
}

static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

fn class<'py>(py: Python<'py>, schema: &str) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_try_init(py, || -> PyResult<Py<PyDict>> {
        Ok(py.import("leyline._records")?.getattr("BY_NAME")?.cast_into::<PyDict>()?.unbind())
    })?;
    classes.bind(py).as_any().get_item(schema)
}

/// Returns a record as an object of its class.
pub(crate) fn to_python<'py, T: Record>(py: Python<'py>, record: &T) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, bytemuck::bytes_of(record));
    class(py, T::schema().name())?.call_method1("_unpack", (bytes,))
}

/// Returns a number as a value of an enumeration of the contract.
pub(crate) fn enumeration<'py>(py: Python<'py>, name: &str, value: u32) -> PyResult<Bound<'py, PyAny>> {
    static ENUMERATIONS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ENUMERATIONS.import(py, "leyline._enums", "ENUMERATIONS")?.get_item(name)?.call1((value,))
}

/// Reads a record from an object of its class, and checks it.
pub(crate) fn from_python<T: Record>(object: &Bound<'_, PyAny>) -> PyResult<T> {
    let class = class(object.py(), T::schema().name())?;
    if !object.is_instance(&class)? {
        let expected = class.getattr("__name__")?.to_string();
        let found = object.get_type().name()?.to_string();
        return Err(pyo3::exceptions::PyTypeError::new_err(format!(
            "expected a leyline.{expected}, found {found}"
        )));
    }
    let bytes = object.call_method0("_pack")?;
    Ok(bytemuck::pod_read_unaligned(bytes.extract::<&[u8]>()?))
}

/// A record's metadata: where it stands in its ring, when it was published, of which environment.
#[pyclass(frozen, eq, module = "leyline", name = "Meta", from_py_object)]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Meta(pub(crate) leyline::Meta);

#[pymethods]
impl Meta {
    #[getter]
    fn sequence(&self) -> u64 {
        self.0.sequence
    }

    #[getter]
    fn time_ns(&self) -> u64 {
        self.0.time_ns
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.0.generation
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.0.skipped
    }

    #[getter]
    fn env(&self) -> u16 {
        self.0.env
    }

    #[getter]
    fn flags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        flags_of(py, self.0.flags)
    }

    /// Returns the metadata of one row of a slot of several: the same, with that environment.
    #[pyo3(signature = (env, flags = 0))]
    fn of_row(&self, env: u16, flags: u8) -> Self {
        Self(self.0.of_row(env, Flags::from_bits(flags)))
    }

    fn __repr__(&self) -> String {
        let leyline::Meta { sequence, time_ns, generation, env, .. } = self.0;
        format!(
            "Meta(sequence={sequence}, env={env}, generation={generation}, time_ns={time_ns}, flags={})",
            self.0.flags.bits()
        )
    }
}

/// Returns flags as `leyline.Flags`.
pub(crate) fn flags_of<'py>(py: Python<'py>, flags: Flags) -> PyResult<Bound<'py, PyAny>> {
    static FLAGS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FLAGS.import(py, "leyline._enums", "Flags")?.call1((flags.bits(),))
}

/// The writer lapped this reader: `missed` records are lost to it, and `next` comes next.
#[pyclass(frozen, eq, module = "leyline", name = "Lapped", get_all)]
#[derive(PartialEq)]
pub(crate) struct Lapped {
    missed: u64,
    next: u64,
}

#[pymethods]
impl Lapped {
    fn __repr__(&self) -> String {
        format!("Lapped(missed={}, next={})", self.missed, self.next)
    }
}

/// A new writer has taken over; its first record comes next.
#[pyclass(frozen, eq, module = "leyline", name = "Restarted", get_all)]
#[derive(PartialEq)]
pub(crate) struct Restarted {
    generation: u64,
    first_sequence: u64,
}

#[pymethods]
impl Restarted {
    fn __repr__(&self) -> String {
        format!("Restarted(generation={}, first_sequence={})", self.generation, self.first_sequence)
    }
}

/// Returns a notice as an object; `None` if a read is no notice.
pub(crate) fn notice(py: Python<'_>, read: Read) -> PyResult<Option<Py<PyAny>>> {
    Ok(match read {
        Read::Lapped { missed, next } => Some(Py::new(py, Lapped { missed, next })?.into_any()),
        Read::Restarted { generation, first_sequence } => {
            Some(Py::new(py, Restarted { generation, first_sequence })?.into_any())
        }
        _ => None,
    })
}

/// A controller's choice for one observation.
#[pyclass(frozen, eq, module = "leyline", name = "Decision")]
#[derive(PartialEq)]
pub(crate) struct Decision(pub(crate) DecisionRecord);

#[pymethods]
impl Decision {
    #[getter]
    fn observation_sequence(&self) -> u64 {
        self.0.observation_sequence
    }

    #[getter]
    fn writer_generation(&self) -> u64 {
        self.0.writer_generation
    }

    #[getter]
    fn action(&self) -> u16 {
        self.0.action
    }

    #[getter]
    fn env(&self) -> u16 {
        self.0.env
    }

    #[getter]
    fn confidence(&self) -> f32 {
        self.0.confidence
    }

    #[getter]
    fn value_estimate(&self) -> f32 {
        self.0.value_estimate
    }

    #[getter]
    fn log_probability(&self) -> f32 {
        self.0.log_probability
    }

    fn __repr__(&self) -> String {
        format!(
            "Decision(observation_sequence={}, env={}, action={}, confidence={})",
            self.0.observation_sequence, self.0.env, self.0.action, self.0.confidence
        )
    }
}
