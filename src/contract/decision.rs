// C header: contract
//! Decisions: what a controller chose for one observation.

use crate::base::error::Result;
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, finite};

record! {
    /// The choice of a controller for one observation. It is for the record only: it may be lost
    /// and is never executed.
    pub struct Decision as "decision" version 1 {
        /// The sequence of the observation it answers; from 1.
        observation_sequence: u64, "-", 0.0, f64::INFINITY;
        /// The generation of that observation's writer, from 1; 0 if it is unknown.
        writer_generation: u64, "-", 0.0, f64::INFINITY;
        /// Confidence of the policy, 0 to 1.
        confidence: f32, "-", 0.0, 1.0, default 1.0, try with_confidence(f32);
        /// The policy's estimate of the return from here, in units of its reward; finite.
        value_estimate: f32, "reward", -F32_MAX, F32_MAX;
        /// Natural logarithm of the probability with which the action was drawn; finite.
        log_probability: f32, "nats", -F32_MAX, F32_MAX;
        /// Index into the link's action space; 0 is WAIT.
        action: u16, "action", 0.0, U16_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
    }
}

impl Decision {
    /// Makes the decision for an action, with confidence 1 and no estimates (0).
    pub const fn new(observation_sequence: u64, writer_generation: u64, env: u16, action: u16) -> Self {
        Self {
            observation_sequence,
            writer_generation,
            confidence: 1.0,
            value_estimate: 0.0,
            log_probability: 0.0,
            action,
            env,
        }
    }

    /// Sets a value estimate, finite, and the logarithm of the action's probability, finite.
    pub fn with_estimates(mut self, value_estimate: f32, log_probability: f32) -> Result<Self> {
        self.value_estimate = finite("value_estimate", value_estimate)?;
        self.log_probability = finite("log_probability", log_probability)?;
        Ok(self)
    }

    /// Returns true only if [`Decision::check`] refuses nothing. Compares bits and calls nothing; a
    /// confidence of -0.0 is left to the check.
    #[inline(always)]
    pub(crate) fn is_surely_fine(&self) -> bool {
        let finite = |x: f32| x.to_bits() << 1 < f32::INFINITY.to_bits() << 1;
        self.confidence.to_bits() <= 1f32.to_bits()
            && finite(self.value_estimate)
            && finite(self.log_probability)
    }

    /// Returns its words, put together in registers: words loaded from fields that were just stored
    /// would wait for the stores.
    #[inline(always)]
    pub(crate) fn to_words(self) -> [u64; 4] {
        let two = |low: f32, high: u32| u64::from(low.to_bits()) | u64::from(high) << 32;
        [
            self.observation_sequence,
            self.writer_generation,
            two(self.confidence, self.value_estimate.to_bits()),
            two(self.log_probability, u32::from(self.action) | u32::from(self.env) << 16),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;

    fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
        result.unwrap_err().kind()
    }

    #[test]
    fn a_decisions_words_are_its_bytes() {
        let decision = Decision::new(0x0102_0304_0506_0708, 9, 0xabcd, 0x1234)
            .with_confidence(0.25)
            .unwrap()
            .with_estimates(-3.5, -0.125)
            .unwrap();
        assert_eq!(bytemuck::cast::<_, [u64; 4]>(decision), decision.to_words());
    }

    #[test]
    fn a_decision_refuses_what_is_not_finite() {
        let decision = Decision::new(9, 1, 0, 5)
            .with_confidence(0.75)
            .and_then(|d| d.with_estimates(-3.5, -0.1))
            .unwrap();
        decision.check().unwrap();
        assert_eq!(kind(decision.with_confidence(1.5)), ErrorKind::OutOfRange);
        assert_eq!(kind(decision.with_estimates(f32::NAN, 0.0)), ErrorKind::NotFinite);
        assert_eq!(kind(decision.with_estimates(0.0, f32::NEG_INFINITY)), ErrorKind::NotFinite);
        for spoil in [
            |d: &mut Decision| d.confidence = f32::NAN,
            |d: &mut Decision| d.value_estimate = f32::INFINITY,
            |d: &mut Decision| d.log_probability = f32::NAN,
        ] {
            let mut bad = decision;
            spoil(&mut bad);
            assert_eq!(kind(bad.check()), ErrorKind::NotFinite);
            assert!(!bad.is_surely_fine());
        }
        for fine in [-0.0, f32::MIN_POSITIVE, 1.0] {
            let decision = Decision { confidence: fine, value_estimate: -f32::MAX, ..decision };
            decision.check().unwrap();
            assert_eq!(decision.is_surely_fine(), fine.is_sign_positive());
        }
        for bad in [-f32::MIN_POSITIVE, 1.0f32.next_up()] {
            let bad = Decision { confidence: bad, ..decision };
            assert_eq!(kind(bad.check()), ErrorKind::OutOfRange);
            assert!(!bad.is_surely_fine());
        }
    }
}
