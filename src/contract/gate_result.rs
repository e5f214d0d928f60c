// C header: contract
//! Gate results: how a gate judged a seed.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::stage::{GateLevel, GateVerdict};
use crate::record;
use crate::schema::check::{U16_MAX, U32_MAX, append, fraction, naming};
use crate::schema::id::{Id, Text};

/// Names of checks of either kind that a [`GateResult`] lists, at most.
pub const MAX_GATE_CHECKS: usize = 6;

record! {
    /// The judgement of a gate on a seed, passed or failed.
    pub struct GateResult as "gate_result" version 1 on "gate_results" with 1024 slots {
        /// Time: nanoseconds since the Unix epoch.
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed, with [`SEED`](Self::SEED).
        seed: Id, if SEED, try with_seed(&str);
        /// Its seed slot, with [`SLOT`](Self::SLOT).
        slot: Id, if SLOT, try with_slot(&str);
        /// Text for people; cut if [`MESSAGE_CUT`](Self::MESSAGE_CUT).
        message: Text, cut MESSAGE_CUT by with_message, message_cut;
        /// Names of the checks that held, in the gate's order.
        checks_passed: [Id; 6], list checks_passed_count of Id;
        /// Names of the checks that did not.
        checks_failed: [Id; 6], list checks_failed_count of Id;
        /// Score of the seed, 0 to 1; a gate may fail at any score.
        score: f32, "-", 0.0, 1.0;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 7.0;
        /// Names that the list of passed checks had no room for.
        checks_passed_dropped: u32, "checks", 0.0, U32_MAX;
        /// Names that the list of failed checks had no room for.
        checks_failed_dropped: u32, "checks", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// A [`GateLevel`].
        gate: u8 as GateLevel;
        /// 1 if the seed may pass, else 0.
        passed: u8, "flag", 0.0, 1.0, flag has_passed;
        /// Names in the list of passed checks.
        checks_passed_count: u8, "checks", 0.0, 6.0;
        /// Names in the list of failed checks.
        checks_failed_count: u8, "checks", 0.0, 6.0;
        /// 0.
        reserved: [u8; 2];
    }
    present {
        /// There is a seed.
        SEED = 0;
        /// There is a seed slot.
        SLOT = 1;
        /// The message was longer than its field.
        MESSAGE_CUT = 2;
    }
    rules consistent
}

impl GateResult {
    /// Makes the result of a gate that let the seed pass, without any checks. The score is 0 to 1.
    pub fn passed(gate: GateLevel, score: f32, time_unix_ns: i64) -> Result<Self> {
        Ok(Self { passed: 1, ..Self::failed(gate, score, time_unix_ns)? })
    }

    /// Makes the result of a gate that did not let the seed pass, without any checks. The score is
    /// 0 to 1.
    pub fn failed(gate: GateLevel, score: f32, time_unix_ns: i64) -> Result<Self> {
        let score = fraction("score", score)?;
        Ok(Self { gate: gate.value(), score, time_unix_ns, ..Self::default() })
    }

    /// Makes a verdict as it travels: with the names of its checks and, if it failed, what was
    /// needed and found as the message.
    ///
    /// `InvalidId` if the name of a check is empty or longer than 39 bytes, `OutOfRange` or
    /// `NotFinite` for a score that is not 0 to 1, `InvalidArgument` if it passed in spite of a
    /// failed check.
    pub fn of(verdict: &GateVerdict, time_unix_ns: i64) -> Result<Self> {
        let mut result = Self::failed(verdict.gate, verdict.score, time_unix_ns)?;
        result.passed = verdict.passed.into();
        let mut said = Vec::new();
        for check in &verdict.checks {
            if check.passed {
                result = result.with_passed_check(check.name)?;
            } else {
                result = result.with_failed_check(check.name)?;
                said.push(format!("{} {}, needs {}", check.name, check.found, check.needed));
            }
        }
        Ok(result.with_message(&said.join("; ")))
    }

    /// Adds the name of a check that held, 1 to 39 bytes; a seventh is only counted.
    pub fn with_passed_check(mut self, name: &str) -> Result<Self> {
        let name = naming("checks_passed", name)?;
        let (count, dropped) = (&mut self.checks_passed_count, &mut self.checks_passed_dropped);
        append(&mut self.checks_passed, count, dropped, name);
        Ok(self)
    }

    /// Adds the name of a check that did not hold, 1 to 39 bytes; a seventh is only counted.
    /// `InvalidArgument` if the gate passed.
    pub fn with_failed_check(mut self, name: &str) -> Result<Self> {
        let name = naming("checks_failed", name)?;
        let (count, dropped) = (&mut self.checks_failed_count, &mut self.checks_failed_dropped);
        append(&mut self.checks_failed, count, dropped, name);
        self.consistent()?;
        Ok(self)
    }

    /// Refuses a gate that passed in spite of a failed check.
    fn consistent(&self) -> Result<()> {
        if self.passed == 0 || (self.checks_failed_count == 0 && self.checks_failed_dropped == 0) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidArgument)
            .about("checks_failed")
            .expected_found("no failed check of a gate that passed", "one"))
    }
}
