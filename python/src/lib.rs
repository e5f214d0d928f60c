//! The compiled part of the Python package `leyline`.
//!
//! It stands on the public Rust API. Three rules hold in every file:
//!
//! - Python's memory is written only while the interpreter's lock is held. A wait gives the lock
//!   back, and borrows its arrays anew afterwards.
//! - A handle is used by one call at a time. Another thread's call raises `BusyError`.
//! - Arrays are refused or used as they are. Nothing is converted.

mod arrays;
mod controller;
mod errors;
mod handle;
mod host;
mod lifecycle;
mod observer;
mod options;
mod records;
mod segment;
mod space;
mod steering;
mod tracker;
mod trainer;
mod waiting;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _leyline(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("FEATURES", leyline::Feature::ALL.len())?;
    m.add_class::<controller::Controller>()?;
    m.add_class::<controller::GatheredRows>()?;
    m.add_class::<controller::Outcomes>()?;
    m.add_class::<controller::Sent>()?;
    m.add_class::<lifecycle::GateThresholds>()?;
    m.add_class::<lifecycle::GateVerdict>()?;
    m.add_class::<lifecycle::SeedLifecycle>()?;
    m.add_class::<observer::Observer>()?;
    m.add_class::<records::Decision>()?;
    m.add_class::<records::Lapped>()?;
    m.add_class::<records::Meta>()?;
    m.add_class::<records::Restarted>()?;
    m.add_class::<segment::Segment>()?;
    m.add_class::<space::ActionSpace>()?;
    m.add_class::<space::Normalizer>()?;
    m.add_class::<space::Schema>()?;
    m.add_class::<steering::Steered>()?;
    m.add_class::<steering::Steering>()?;
    m.add_class::<tracker::SignalTracker>()?;
    m.add_class::<trainer::Commands>()?;
    m.add_class::<trainer::Received>()?;
    m.add_class::<trainer::Trainer>()?;
    m.add_function(wrap_pyfunction!(handle::_forked, m)?)?;
    m.add_function(wrap_pyfunction!(records::_check, m)?)?;
    m.add_function(wrap_pyfunction!(records::_records, m)?)?;
    m.add_function(wrap_pyfunction!(space::_enumerations, m)?)?;
    m.add_function(wrap_pyfunction!(now, m)?)?;
    Ok(())
}

/// Returns the time of records: `CLOCK_MONOTONIC`, nanoseconds.
#[pyfunction]
fn now() -> u64 {
    leyline::monotonic_now()
}
