//! Action spaces, observation schemas and normalization.

use crate::arrays::{Dim, apart, input, output};
use crate::errors::OrRaise;
use leyline::contract::action::ActionKind;
use leyline::schema::canonical::{Schema as RecordSchema, hex};
use leyline::{Feature, Observation, RowSchema, Task};
use numpy::{PyArray1, PyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// The actions of one topology: WAIT, a GERMINATE_<BLUEPRINT> each by ascending parameter estimate,
/// FOSSILIZE, CULL. Both sides of a link have the same.
#[pyclass(frozen, eq, module = "leyline", name = "ActionSpace")]
#[derive(PartialEq)]
pub(crate) struct ActionSpace(pub(crate) leyline::ActionSpace);

#[pymethods]
impl ActionSpace {
    #[new]
    #[pyo3(signature = (topology, blueprints))]
    fn new(topology: &str, blueprints: Vec<(String, u64)>) -> PyResult<Self> {
        let blueprints: Vec<(&str, u64)> = blueprints.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        leyline::ActionSpace::new(topology, &blueprints).or_raise().map(Self)
    }

    #[staticmethod]
    fn standard(topology: &str) -> PyResult<Self> {
        leyline::ActionSpace::standard(topology).or_raise().map(Self)
    }

    #[getter]
    fn topology(&self) -> &str {
        self.0.topology()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    #[getter]
    fn fingerprint(&self) -> String {
        hex(&self.0.fingerprint())
    }

    #[getter]
    fn fossilize(&self) -> usize {
        self.0.fossilize()
    }

    #[getter]
    fn cull(&self) -> usize {
        self.0.cull()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn name(&self, action: usize) -> PyResult<&str> {
        self.0.name(action).or_raise()
    }

    fn index(&self, name: &str) -> PyResult<usize> {
        self.0.index_of(name).or_raise()
    }

    fn germinate(&self, blueprint: &str) -> PyResult<usize> {
        self.0.germinate(blueprint).or_raise()
    }

    fn blueprint(&self, action: usize) -> PyResult<Option<&str>> {
        Ok(match self.0.kind(action).or_raise()? {
            ActionKind::Germinate(blueprint) => Some(blueprint),
            _ => None,
        })
    }

    fn json(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        parsed(py, &self.0.space_json())
    }

    /// Says what is physically possible in each row: a `bool` array of shape (n,) for a row and
    /// (B, n) for B rows.
    #[pyo3(signature = (rows, *, schema = None, out = None))]
    fn mask<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        schema: Option<&Schema>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        masks(py, &self.0, schema.map_or(Observation::row_schema(), |s| &s.0), rows, out)
    }

    fn __repr__(&self) -> String {
        format!("ActionSpace({:?}, {:?})", self.0.topology(), self.0.names())
    }

    fn __hash__(&self) -> u64 {
        u64::from_le_bytes(self.0.fingerprint()[..8].try_into().unwrap_or_default())
    }
}

/// Writes the masks of one row or of many.
pub(crate) fn masks<'py>(
    py: Python<'py>,
    actions: &leyline::ActionSpace,
    schema: &RowSchema,
    rows: &Bound<'py, PyAny>,
    out: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (width, n) = (schema.width(), actions.len());
    let one = dimensions(rows) == 1;
    // SAFETY: used before this returns.
    let numbers: &[f32] = if one {
        unsafe { input(rows, "rows", &[Dim::Is(width)]) }?
    } else {
        unsafe { input(rows, "rows", &[Dim::Any("B"), Dim::Is(width)]) }?
    };
    let count = numbers.len() / width;
    let out = match out {
        Some(out) => out,
        // Zeroed: every byte is a bool whatever is written or not.
        None if one => PyArray1::<bool>::zeros(py, n, false).into_any(),
        None => PyArray2::<bool>::zeros(py, [count, n], false).into_any(),
    };
    let shape = [Dim::Is(count), Dim::Is(n)];
    let shape = if one { &shape[1..] } else { &shape[..] };
    apart(&out, "out", rows, "rows")?;
    // int8 and bool are what RL tools take; both are one byte of 0 or 1.
    // SAFETY: used before this returns, and apart from `rows`.
    let places: &mut [i8] = if out.cast::<numpy::PyArrayDyn<i8>>().is_ok() {
        unsafe { output(&out, "out", shape) }?
    } else {
        let bools: &mut [bool] = unsafe { output(&out, "out", shape) }?;
        // SAFETY: of the same size, and what is written are zeros and ones, which are bools.
        unsafe { std::slice::from_raw_parts_mut(bools.as_mut_ptr().cast(), bools.len()) }
    };
    actions.masks_rows_i8(schema, numbers, places).or_raise()?;
    Ok(out)
}

/// Returns how many dimensions an array has; 1 for anything else, which is refused later.
pub(crate) fn dimensions(array: &Bound<'_, PyAny>) -> usize {
    array.cast::<PyUntypedArray>().map_or(1, |a| a.ndim())
}

/// Reads a text of JSON.
fn parsed(py: Python<'_>, json: &str) -> PyResult<Py<PyAny>> {
    Ok(py.import("json")?.call_method1("loads", (json,))?.unbind())
}

/// The meaning of an observation's numbers: names, units and bounds, under one fingerprint.
#[pyclass(frozen, eq, module = "leyline", name = "Schema")]
#[derive(PartialEq)]
pub(crate) struct Schema(pub(crate) RowSchema);

#[pymethods]
impl Schema {
    /// Makes a schema of fields (name, unit, low, high) or (name, unit, low, high, "whole").
    #[new]
    fn new(name: &str, version: u32, fields: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut builder = RowSchema::builder(name, version);
        for field in fields {
            let (name, unit): (String, String) =
                (field.get_item(0)?.extract()?, field.get_item(1)?.extract()?);
            let (low, high): (f64, f64) = (field.get_item(2)?.extract()?, field.get_item(3)?.extract()?);
            let whole = field.len()? > 4 && field.get_item(4)?.extract::<String>()? == "whole";
            builder = if whole {
                builder.whole(&name, &unit, low, high)
            } else {
                builder.real(&name, &unit, low, high)
            };
        }
        builder.build().or_raise().map(Self)
    }

    /// Returns the schema of observations, version 1: 27 numbers.
    #[staticmethod]
    fn observation() -> Self {
        Self(Observation::row_schema().clone())
    }

    /// Returns a registered schema by name and version.
    #[staticmethod]
    #[pyo3(signature = (name, version = 1))]
    fn registered(name: &str, version: u32) -> PyResult<Self> {
        leyline::registry().find(name, version).or_raise().map(Self)
    }

    /// Reads a canonical text, as a segment carries it.
    #[staticmethod]
    fn from_canonical(text: &str) -> PyResult<Self> {
        let schema = RecordSchema::from_canonical(text).or_raise()?;
        RowSchema::from_schema(&schema).or_raise().map(Self)
    }

    fn register(&self) -> PyResult<()> {
        leyline::registry().register(&self.0).or_raise()
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.schema().name()
    }

    #[getter]
    fn version(&self) -> u32 {
        self.0.schema().version()
    }

    #[getter]
    fn width(&self) -> usize {
        self.0.width()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    #[getter]
    fn units(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|f| f.unit.to_string()).collect()
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        PyArray1::from_slice(py, self.0.low())
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        PyArray1::from_slice(py, self.0.high())
    }

    #[getter]
    fn fingerprint(&self) -> String {
        hex(&self.0.fingerprint())
    }

    #[getter]
    fn canonical(&self) -> String {
        self.0.schema().canonical()
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.0.index_of(name)
    }

    fn json(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        parsed(py, &self.0.space_json())
    }

    /// Refuses a row with a number that is not finite, not whole where it has to be, or out of
    /// bounds.
    fn check(&self, row: &Bound<'_, PyAny>) -> PyResult<()> {
        // SAFETY: used before this returns.
        self.0.check(unsafe { input(row, "row", &[Dim::Is(self.0.width())]) }?).or_raise()
    }

    /// Brings a row into its bounds in place. Returns the names of the numbers that it replaced.
    fn sanitize(&self, row: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        // SAFETY: used before this returns.
        let numbers = unsafe { output(row, "row", &[Dim::Is(self.0.width())]) }?;
        Ok(self.names_of(self.0.sanitize(numbers).or_raise()?))
    }

    /// Returns the names of a mask of replaced numbers; bit 63 stands for all from the 64th on.
    pub(crate) fn names_of(&self, mask: u64) -> Vec<String> {
        let names = self.0.names();
        let set = |i: usize| mask >> i.min(63) & 1 == 1;
        names.iter().enumerate().filter(|(i, _)| set(*i)).map(|(_, name)| name.clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.width()
    }

    fn __repr__(&self) -> String {
        let schema = self.0.schema();
        format!(
            "<Schema {} version {}, {} numbers, {}>",
            schema.name(),
            schema.version(),
            self.0.width(),
            self.fingerprint()
        )
    }

    fn __hash__(&self) -> u64 {
        u64::from_le_bytes(self.0.fingerprint()[..8].try_into().unwrap_or_default())
    }
}

/// Scales observations for a task.
#[pyclass(frozen, module = "leyline", name = "Normalizer")]
pub(crate) struct Normalizer(leyline::Normalizer);

#[pymethods]
impl Normalizer {
    /// Makes the normalizer of a preset, "cifar10" or "tinystories", or of a task's own numbers.
    #[new]
    #[pyo3(signature = (task, **numbers))]
    fn new(task: &str, numbers: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let task = match (task, numbers) {
            ("cifar10", None) => Task::cifar10(),
            ("tinystories", None) => Task::tinystories(),
            (name, numbers) => {
                let number =
                    |key: &str| -> PyResult<f64> {
                        let found = numbers.map(|n| n.get_item(key)).transpose()?.flatten();
                        found.map_or_else(
                        || Err(pyo3::exceptions::PyTypeError::new_err(format!(
                            "task {name:?} needs {key}=; the presets are \"cifar10\" and \"tinystories\""
                        ))),
                        |n| n.extract(),
                    )
                    };
                Task {
                    name: leyline::schema::id::Id::new(name).or_raise()?,
                    baseline_loss: number("baseline_loss")?,
                    target_loss: number("target_loss")?,
                    delta_std: number("delta_std")?,
                    max_epochs: number("max_epochs")?,
                    max_steps: number("max_steps")?,
                    max_slots: number("max_slots")?,
                }
            }
        };
        leyline::Normalizer::new(&task).or_raise().map(Self)
    }

    #[getter]
    fn schema(&self) -> Schema {
        Schema(self.0.schema().clone())
    }

    /// Normalizes a row of shape (27,) or a block of shape (B, 27), into `out` or a new array.
    #[pyo3(signature = (rows, *, out = None))]
    fn normalize<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, rows, out, |from, to| {
            self.0.normalize_rows(Observation::from_rows(from).or_raise()?, to).or_raise().map(drop)
        })
    }

    /// Restores observations from their normalized form.
    #[pyo3(signature = (rows, *, out = None))]
    fn restore<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, rows, out, |from, to| {
            let width = Feature::ALL.len();
            for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
                to.copy_from_slice(&self.0.restore_row(from).or_raise()?.observation.values);
            }
            Ok(())
        })
    }

    fn __repr__(&self) -> String {
        format!("<Normalizer {}>", self.0.task().name)
    }
}

impl Normalizer {
    fn each<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        out: Option<Bound<'py, PyAny>>,
        f: impl FnOnce(&[f32], &mut [f32]) -> PyResult<()>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let width = Feature::ALL.len();
        let one = dimensions(rows) == 1;
        let shape = [Dim::Any("B"), Dim::Is(width)];
        // SAFETY: used before this returns, and apart from `out`, or copied before that is borrowed.
        let from: &[f32] = unsafe { input(rows, "rows", if one { &shape[1..] } else { &shape }) }?;
        let count = from.len() / width;
        let same = out.as_ref().is_some_and(|out| out.is(rows));
        if let (false, Some(out)) = (same, &out) {
            apart(out, "out", rows, "rows")?;
        }
        let out = match out {
            Some(out) => out,
            None if one => PyArray1::<f32>::zeros(py, width, false).into_any(),
            None => PyArray2::<f32>::zeros(py, [count, width], false).into_any(),
        };
        let shape = [Dim::Is(count), Dim::Is(width)];
        let copy = if same { from.to_vec() } else { Vec::new() };
        // SAFETY: as above.
        let to: &mut [f32] = unsafe { output(&out, "out", if one { &shape[1..] } else { &shape }) }?;
        f(if same { &copy } else { from }, to)?;
        Ok(out)
    }
}

/// Returns the names and numbers of every enumeration of the contract: for `leyline._enums`.
#[pyfunction]
pub(crate) fn _enumerations(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(
        py,
        leyline::contract::enumerations::ENUMERATIONS
            .iter()
            .map(|e| (e.name, e.values.iter().map(|(n, name)| (*name, *n)).collect::<Vec<_>>())),
    )
}
