// C header: contract
//! Performance budgets: limits of time and memory, and the overruns of them.

use crate::base::error::Result;
use crate::contract::signals::TrainingSignals;
use crate::contract::telemetry::{EventType, Severity, TelemetryEvent};
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, bounded, finite_in};
use crate::schema::enumeration::numbered;

/// The quantity that a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Budget {
    /// Time of an epoch, ms.
    Epoch = 1,
    /// Time of a blending, ms.
    Blending = 2,
    /// Time of a gate check, ms.
    GateCheck = 3,
    /// Memory of one seed, GB.
    SeedMemory = 4,
    /// Memory in all, GB.
    TotalMemory = 5,
}

numbered!(Budget: u8, "budget" {
    Epoch "EPOCH", Blending "BLENDING", GateCheck "GATE_CHECK", SeedMemory "SEED_MEMORY",
    TotalMemory "TOTAL_MEMORY",
});

impl Budget {
    /// Returns its unit: `ms` or `GB`.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Epoch | Self::Blending | Self::GateCheck => "ms",
            Self::SeedMemory | Self::TotalMemory => "GB",
        }
    }
}

record! {
    /// The limits that telemetry is compared with.
    pub struct PerformanceBudgets as "performance_budgets" version 1 on "budgets" with 8 slots {
        /// Time of an epoch, ms, 0 or more. Default 18.
        epoch_ms: f32, "ms", 0.0, F32_MAX, default 18.0;
        /// Time of a blending, ms, 0 or more. Default 5.
        blending_ms: f32, "ms", 0.0, F32_MAX, default 5.0;
        /// Time of a gate check, ms, 0 or more. Default 2.
        gate_check_ms: f32, "ms", 0.0, F32_MAX, default 2.0;
        /// Memory of one seed, GB, 0 or more. Default 2.
        seed_memory_gb: f32, "GB", 0.0, F32_MAX, default 2.0;
        /// Memory in all, GB, 0 or more. Default 12.
        total_memory_gb: f32, "GB", 0.0, F32_MAX, default 12.0;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// 0.
        reserved: [u8; 2];
    }
}

impl PerformanceBudgets {
    /// Sets a limit, in the budget's unit: finite, 0 or more.
    pub fn with_limit(mut self, budget: Budget, limit: f32) -> Result<Self> {
        let (name, place) = match budget {
            Budget::Epoch => ("epoch_ms", &mut self.epoch_ms),
            Budget::Blending => ("blending_ms", &mut self.blending_ms),
            Budget::GateCheck => ("gate_check_ms", &mut self.gate_check_ms),
            Budget::SeedMemory => ("seed_memory_gb", &mut self.seed_memory_gb),
            Budget::TotalMemory => ("total_memory_gb", &mut self.total_memory_gb),
        };
        *place = bounded::<Self>(name, limit)?;
        Ok(self)
    }

    /// Returns the limit, in the budget's unit.
    pub const fn limit(&self, budget: Budget) -> f32 {
        match budget {
            Budget::Epoch => self.epoch_ms,
            Budget::Blending => self.blending_ms,
            Budget::GateCheck => self.gate_check_ms,
            Budget::SeedMemory => self.seed_memory_gb,
            Budget::TotalMemory => self.total_memory_gb,
        }
    }

    /// Returns the overrun of a measurement, finite and 0 or more in the budget's unit; the limit
    /// itself is within.
    pub fn exceeded_by(&self, budget: Budget, measured: f32) -> Result<Option<Overrun>> {
        let measured = finite_in("measured", measured, 0.0.., "0 or more")?;
        let limit = self.limit(budget);
        Ok((measured > limit).then_some(Overrun { budget, limit, measured }))
    }

    /// Returns what training signals exceed: the epoch by its duration, the memory in all by that
    /// of the GPU.
    pub fn exceeded_by_signals(&self, signals: &TrainingSignals) -> impl Iterator<Item = Overrun> {
        let measured =
            [(Budget::Epoch, signals.epoch_duration_ms()), (Budget::TotalMemory, signals.gpu_memory_gb())];
        measured.into_iter().filter_map(|(budget, measured)| self.exceeded_by(budget, measured?).ok()?)
    }
}

/// A budget that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overrun {
    /// The budget.
    pub budget: Budget,
    /// The limit, in the budget's unit.
    pub limit: f32,
    /// The measurement, in the budget's unit.
    pub measured: f32,
}

impl Overrun {
    /// Makes the event that tells of it: PERFORMANCE_DEGRADATION, a warning, with `budget`, `limit`
    /// and `measured` as its data. The id is a UUID, the time nanoseconds since the Unix epoch.
    pub fn to_event(&self, id: [u8; 16], time_unix_ns: i64) -> Result<TelemetryEvent> {
        let Self { budget, limit, measured } = *self;
        TelemetryEvent::new(id, EventType::PerformanceDegradation, Severity::Warning, time_unix_ns)
            .with_message(&format!("{budget} took {measured} of {limit} {}", budget.unit()))
            .with_data("budget", budget.value().into())?
            .with_data("limit", limit.into())?
            .with_data("measured", measured.into())
    }
}
