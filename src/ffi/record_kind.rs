//! Records that C hands over by their kind.

use super::boundary::pointer::{Out, input, invalid, out, pointer};
use super::enumerations::leyline_record;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    blueprint::BlueprintSpec, budgets::PerformanceBudgets, field_report::FieldReport,
    gate_result::GateResult, seed_state_report::SeedStateReport, signals::TrainingSignals,
};
use crate::handle::read::Start;
use crate::handle::reader_core::ReaderCore;
use crate::link::{Reported, Trainer};
use crate::ring::meta::Stamp;
use crate::schema::record::Report;
use crate::segment::{attached::Segment, header::SlotRows};
use std::ffi::c_void;

fn same_size(expected: usize, found: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument)
        .about("size of the record")
        .expected_found(expected.to_string(), found.to_string()))
}

/// Copies a record of a kind that is known to be `T`.
pub(super) unsafe fn record_in<T: Copy>(record: *const c_void, size: usize) -> Result<T> {
    pointer(record.cast_mut().cast::<T>(), "record")?;
    same_size(size_of::<T>(), size)?;
    // SAFETY: promise 1; its size was compared.
    unsafe { input(record.cast(), "record") }
}

/// Returns a place for a record of a kind that is known to be `T`.
pub(super) unsafe fn record_out<T>(record: *mut c_void, size: usize) -> Result<Out<T>> {
    // SAFETY: promise 1; its size is compared.
    let place = unsafe { out(record.cast::<T>(), "record") }?;
    same_size(size_of::<T>(), size)?;
    Ok(place)
}

/// The operations on reports of one kind.
pub(super) struct ReportKind {
    pub(super) publish: unsafe fn(&mut Trainer, *const c_void, usize, Option<Stamp>) -> Result<Reported>,
    pub(super) read: fn(&Segment, Start) -> Result<ReaderCore>,
}

impl ReportKind {
    const fn of<T: Report>() -> Self {
        Self { publish: publish::<T>, read: read::<T> }
    }

    pub(super) fn find(number: u32) -> Result<Self> {
        Ok(match leyline_record::read(number)? {
            leyline_record::TrainingSignals => Self::of::<TrainingSignals>(),
            leyline_record::SeedTelemetry => Self::of::<SeedTelemetry>(),
            leyline_record::SeedStateReport => Self::of::<SeedStateReport>(),
            leyline_record::GateResult => Self::of::<GateResult>(),
            leyline_record::FieldReport => Self::of::<FieldReport>(),
            leyline_record::TelemetryEvent => Self::of::<TelemetryEvent>(),
            leyline_record::BlueprintSpec => Self::of::<BlueprintSpec>(),
            leyline_record::PerformanceBudgets => Self::of::<PerformanceBudgets>(),
            _ => return Err(invalid("kind", "a record that is reported", "another")),
        })
    }
}

unsafe fn publish<T: Report>(
    trainer: &mut Trainer,
    report: *const c_void,
    size: usize,
    stamp: Option<Stamp>,
) -> Result<Reported> {
    // SAFETY: promise 1.
    let report: T = unsafe { record_in(report, size)? };
    match stamp {
        Some(stamp) => trainer.report_stamped(&report, stamp),
        None => trainer.report(&report),
    }
}

fn read<T: Report>(segment: &Segment, start: Start) -> Result<ReaderCore> {
    ReaderCore::open(segment, T::RING, T::schema(), SlotRows::Any, start)
}
