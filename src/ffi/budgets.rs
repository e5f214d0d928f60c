// C header: contract
//! Performance budgets and what exceeds them.

use super::boundary::pointer::{block, input, out, uuid, wanted};
use super::boundary::{call::act, status::Status};
use crate::contract::budgets::{Budget, Overrun, PerformanceBudgets};
use crate::contract::{signals::TrainingSignals, telemetry::TelemetryEvent};

/// Budgets that training signals can exceed, at most.
pub const LEYLINE_MAX_OVERRUNS: usize = 2;

/// A budget that was exceeded.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct leyline_overrun_t {
    /// A leyline_budget.
    pub budget: u32,
    /// The limit, in the budget's unit.
    pub limit: f32,
    /// The measured value, in the budget's unit.
    pub measured: f32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: four 32-bit numbers: no padding, every bit pattern a value.
unsafe impl bytemuck::Zeroable for leyline_overrun_t {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for leyline_overrun_t {}

impl From<Overrun> for leyline_overrun_t {
    fn from(o: Overrun) -> Self {
        Self { budget: o.budget.value().into(), limit: o.limit, measured: o.measured, reserved: 0 }
    }
}

/// Says whether a measurement exceeds its budget; the limit itself is within.
///
/// @param budget    a leyline_budget
/// @param measured  in the budget's unit, 0 or more
/// @param overrun   zeros if it is not exceeded; or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_budgets_exceeded(
    budgets: *const PerformanceBudgets,
    budget: u32,
    measured: f32,
    exceeded: *mut bool,
    overrun: *mut leyline_overrun_t,
) -> Status {
    act!({
        let (exceeded, place) = (out(exceeded, "exceeded")?, wanted(overrun, "overrun")?);
        let budget = Budget::from_value(budget)?;
        let overrun = input(budgets, "budgets")?.exceeded_by(budget, measured)?;
        exceeded.set(overrun.is_some());
        place.set(overrun.map_or_else(leyline_overrun_t::default, leyline_overrun_t::from));
    })
}

/// Lists what training signals exceed: the epoch by its duration, the memory in all by that of the
/// GPU.
///
/// @param overruns  room for LEYLINE_MAX_OVERRUNS
/// @param count     how many there are
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_budgets_exceeded_by_signals(
    budgets: *const PerformanceBudgets,
    signals: *const TrainingSignals,
    overruns: *mut leyline_overrun_t,
    count: *mut usize,
) -> Status {
    act!({
        let count = out(count, "count")?;
        let (budgets, signals) = (input(budgets, "budgets")?, input(signals, "signals")?);
        let places = block(overruns, LEYLINE_MAX_OVERRUNS, "overruns")?;
        let mut found = 0;
        for (place, overrun) in places.iter_mut().zip(budgets.exceeded_by_signals(&signals)) {
            *place = overrun.into();
            found += 1;
        }
        count.set(found);
    })
}

/// Makes the event of an overrun: PERFORMANCE_DEGRADATION, a warning, with "budget", "limit" and
/// "measured" as data.
///
/// @param id            the event's, 16 bytes
/// @param time_unix_ns  nanoseconds since the Unix epoch
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_overrun_to_event(
    overrun: *const leyline_overrun_t,
    id: *const u8,
    time_unix_ns: i64,
    event: *mut TelemetryEvent,
) -> Status {
    act!({
        let event = out(event, "event")?;
        let leyline_overrun_t { budget, limit, measured, .. } = input(overrun, "overrun")?;
        let id = uuid(id, "id")?;
        let overrun = Overrun { budget: Budget::from_value(budget)?, limit, measured };
        event.set(overrun.to_event(id, time_unix_ns)?);
    })
}
