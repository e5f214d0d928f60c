//! A Python program's `SeedHost` as the library calls it back.

use crate::errors::OrRaise;
use crate::records::{Decision, enumeration, to_python};
use crate::trainer::failure;
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision as DecisionRecord;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::SeedStage;
use leyline::contract::telemetry::SeedTelemetry;
use leyline::schema::record::Record;
use leyline::seed::host::SeedHost;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyTuple};
use std::collections::HashMap;

/// The methods that a host object overrides, and what came of calling them.
///
/// An exception never unwinds through the library. The first one is kept until the call that led to
/// it returns; that call raises it.
#[derive(Default)]
pub(crate) struct Host {
    methods: HashMap<String, Py<PyAny>>,
    /// Why a callback of the current move failed: no other is called for that move.
    failed: Option<String>,
    raised: Option<PyErr>,
    /// The newest decision of each lane.
    decisions: Vec<Option<DecisionRecord>>,
}

impl Host {
    /// Looks up the methods of a `leyline.SeedHost`; `None` has none.
    pub(crate) fn of(py: Python<'_>, host: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(host) = host.filter(|host| !host.is_none()) else { return Ok(Self::default()) };
        let methods = py.import("leyline._steering")?.call_method1("_methods", (host,))?;
        let methods = methods.cast_into::<PyDict>()?.extract()?;
        Ok(Self { methods, ..Self::default() })
    }

    /// Raises the first exception of the callbacks since the last call.
    pub(crate) fn check(&mut self) -> PyResult<()> {
        self.failed = None;
        self.raised.take().map_or(Ok(()), Err)
    }

    /// Returns true if a callback has raised.
    pub(crate) fn has_raised(&self) -> bool {
        self.raised.is_some()
    }

    /// Returns the newest decision of a lane.
    pub(crate) fn decided(&self, lane: u32) -> Option<DecisionRecord> {
        self.decisions.get(lane as usize).copied().flatten()
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.methods.values()
    }

    /// Calls a method, if the host has it.
    fn call<A>(&mut self, name: &str, args: A) -> PyResult<Option<Py<PyAny>>>
    where
        A: for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>>,
    {
        let Some(method) = self.methods.get(name) else { return Ok(None) };
        Python::attach(|py| Ok(Some(method.bind(py).call1(args(py)?)?.unbind())))
    }

    /// Calls a method for a move: an exception fails the move.
    fn act<A>(&mut self, name: &str, args: A)
    where
        A: for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>>,
    {
        if self.failed.is_some() {
            return;
        }
        if let Err(e) = self.call(name, args) {
            self.failed = Some(self.keep(e));
        }
    }

    /// Keeps an exception to be raised, and returns its text.
    fn keep(&mut self, e: PyErr) -> String {
        Python::attach(|py| {
            let text = failure(e.get_type(py).as_any(), e.value(py).as_any());
            self.raised.get_or_insert(e);
            text
        })
    }

    /// Lets a method complete a record, which stays as it is if the method raises or spoils it.
    fn complete<T: Record>(&mut self, name: &str, slot: Option<&str>, record: &mut T) {
        let Some(method) = self.methods.get(name) else { return };
        let completed = Python::attach(|py| -> PyResult<T> {
            let (method, object) = (method.bind(py), to_python(py, record)?);
            match slot {
                Some(slot) => method.call1((slot, &object))?,
                None => method.call1((&object,))?,
            };
            // Not checked as given: a figure that is not finite is replaced and reported, as always.
            let bytes = object.call_method0("_store")?.extract::<PyBackedBytes>()?;
            let completed: T = bytemuck::pod_read_unaligned(&bytes);
            let mut sane = completed;
            sane.sanitize();
            sane.check().or_raise()?;
            Ok(completed)
        });
        match completed {
            Ok(completed) => *record = completed,
            Err(e) => drop(self.keep(e)),
        }
    }
}

impl SeedHost for Host {
    fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> Result<(), String> {
        let answer = self.call("germinate", |py| (slot, seed, blueprint).into_pyobject(py));
        let refusal = answer.and_then(|answer| match answer {
            Some(answer) => Python::attach(|py| answer.extract::<Option<String>>(py)),
            None => Ok(None),
        });
        match refusal {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(reason),
            Err(e) => Err(self.keep(e)),
        }
    }

    fn cull(&mut self, slot: &str) {
        self.act("cull", |py| (slot,).into_pyobject(py));
    }

    fn fossilize(&mut self, slot: &str) {
        self.act("fossilize", |py| (slot,).into_pyobject(py));
    }

    fn alpha(&mut self, slot: &str, alpha: f32) {
        self.act("alpha", |py| (slot, alpha).into_pyobject(py));
    }

    fn learning_rate(&mut self, slot: &str, learning_rate: f32) {
        self.act("learning_rate", |py| (slot, learning_rate).into_pyobject(py));
    }

    fn pause(&mut self, slot: &str) {
        self.act("pause", |py| (slot,).into_pyobject(py));
    }

    fn resume(&mut self, slot: &str) {
        self.act("resume", |py| (slot,).into_pyobject(py));
    }

    fn stage(&mut self, slot: &str, from: SeedStage, to: SeedStage) {
        self.act("stage", |py| {
            let stage = |stage: SeedStage| enumeration(py, "SeedStage", stage.value().into());
            (slot, stage(from)?, stage(to)?).into_pyobject(py)
        });
    }

    fn failure(&mut self) -> Option<String> {
        self.failed.take()
    }

    fn accuracy(&mut self, slot: &str) -> Option<f32> {
        let answer = self.call("accuracy", |py| (slot,).into_pyobject(py));
        let accuracy = answer.and_then(|answer| match answer {
            Some(answer) => Python::attach(|py| answer.extract::<Option<f32>>(py)),
            None => Ok(None),
        });
        accuracy.unwrap_or_else(|e| {
            self.keep(e);
            None
        })
    }

    fn signals(&mut self, signals: &mut TrainingSignals) {
        self.complete("signals", None, signals);
    }

    fn telemetry(&mut self, slot: &str, telemetry: &mut SeedTelemetry) {
        self.complete("telemetry", Some(slot), telemetry);
    }

    fn decision(&mut self, lane: u32, decision: &DecisionRecord, latency_ns: u64) {
        let at = lane as usize;
        if self.decisions.len() <= at {
            self.decisions.resize(at + 1, None);
        }
        if self.decisions[at].is_none_or(|last| decision.observation_sequence >= last.observation_sequence) {
            self.decisions[at] = Some(*decision);
        }
        let called = self.call("decision", |py| (lane, Decision(*decision), latency_ns).into_pyobject(py));
        if let Err(e) = called {
            self.keep(e);
        }
    }

    fn outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        let called =
            self.call("outcome", |py| (to_python(py, command)?, to_python(py, outcome)?).into_pyobject(py));
        if let Err(e) = called {
            self.keep(e);
        }
    }
}
