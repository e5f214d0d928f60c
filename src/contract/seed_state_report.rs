// C header: contract
//! State reports: a seed as it is now.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::{seed_metrics::SeedMetrics, stage::SeedStage};
use crate::record;
use crate::schema::check::{U16_MAX, naming};
use crate::schema::id::Id;

record! {
    /// A seed as it is now.
    pub struct SeedStateReport as "seed_state_report" version 1 on "seed_reports" with 1024 slots {
        /// Time the seed entered its stage: nanoseconds since the Unix epoch.
        entered_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// Time of this report: nanoseconds since the Unix epoch.
        reported_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed, with [`SEED`](Self::SEED); none in an empty seed slot.
        seed: Id, if SEED;
        /// Its seed slot, with [`SLOT`](Self::SLOT).
        slot: Id, if SLOT, try with_slot(&str);
        /// Its blueprint, with [`SEED`](Self::SEED).
        blueprint: Id, if SEED;
        /// Its figures.
        metrics: SeedMetrics;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 3.0;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// A [`SeedStage`].
        stage: u8 as SeedStage;
        /// The [`SeedStage`] before.
        previous_stage: u8 as SeedStage;
        /// 1 if the seed is healthy, else 0.
        healthy: u8, "flag", 0.0, 1.0, default 1, flag is_healthy, mark unhealthy = 0;
        /// 1 if it has improved since its stage began, else 0.
        improving: u8, "flag", 0.0, 1.0, flag is_improving, mark improving = 1;
        /// 1 if it needs attention, else 0.
        needs_attention: u8, "flag", 0.0, 1.0, flag needs_attention, mark needing_attention = 1;
        /// 0.
        reserved: [u8; 5];
    }
    present {
        /// There is a seed, and its blueprint.
        SEED = 0;
        /// There is a seed slot.
        SLOT = 1;
    }
    rules stages_in_order
}

/// Returns true if a stage may follow another. UNKNOWN twice is before anything is known; the
/// contract decides about all others.
pub(crate) fn follows(previous: SeedStage, stage: SeedStage) -> Result<()> {
    if previous.can_go_to(stage) || (previous, stage) == (SeedStage::Unknown, SeedStage::Unknown) {
        return Ok(());
    }
    let expected: Vec<_> = previous.successors().iter().map(|s| s.name()).collect();
    Err(Error::new(ErrorKind::IllegalTransition).about(format!("stage, from {previous}")).expected_found(
        if expected.is_empty() { "none".into() } else { expected.join(" or ") },
        stage.name(),
    ))
}

impl SeedStateReport {
    /// Makes the report of a healthy seed that neither improves nor needs attention.
    /// `IllegalTransition` unless the stage may follow on the one before.
    pub fn new(
        stage: SeedStage,
        previous_stage: SeedStage,
        entered_at_unix_ns: i64,
        reported_at_unix_ns: i64,
    ) -> Result<Self> {
        follows(previous_stage, stage)?;
        Ok(Self {
            entered_at_unix_ns,
            reported_at_unix_ns,
            stage: stage.value(),
            previous_stage: previous_stage.value(),
            ..Self::default()
        })
    }

    /// Sets the seed and its blueprint: 1 to 39 bytes each.
    pub fn with_seed(mut self, seed: &str, blueprint: &str) -> Result<Self> {
        (self.seed, self.blueprint) = (naming("seed", seed)?, naming("blueprint", blueprint)?);
        self.present |= Self::SEED;
        Ok(self)
    }

    /// Sets the seed's figures, which must be in their ranges.
    pub fn with_metrics(mut self, metrics: SeedMetrics) -> Result<Self> {
        metrics.check()?;
        self.metrics = metrics;
        Ok(self)
    }

    /// Refuses a stage that may not follow on the one before (`IllegalTransition`).
    fn stages_in_order(&self) -> Result<()> {
        follows(self.previous_stage()?, self.stage()?)
    }
}
