//! Bounds of neighbouring numbers, four by four, in the form that
//! [`arch::violations`](crate::sys::arch::violations) compares without a branch on any of them.
//!
//! A number is compared by its bits, which as an integer are ordered as the numbers are from 0 up.
//! With a lowest of 0 a sign is one too many; where the lowest is the highest's opposite the sign
//! does not matter.

/// The greatest count that an f32 still tells from its neighbours: 2^24.
pub(crate) const COUNT_MAX: f32 = 16_777_216.0;

/// Adding and subtracting it rounds a number from 0 to 2^24: what is less than 2^23 away from 2^24
/// is exact in an f32, and what is further away is whole.
pub(crate) const ROUND: f32 = COUNT_MAX;

/// The bounds of four neighbouring numbers.
#[derive(Clone, Copy)]
pub(crate) struct Bounds4 {
    /// The index of the first of them.
    pub(crate) at: usize,
    /// The bits that are compared: without the sign where the lowest is the highest's opposite, all
    /// bits where it is 0.
    pub(super) magnitude: [u32; 4],
    pub(super) high: [u32; 4],
    /// All bits set where the number is whole.
    pub(super) whole: [u32; 4],
    pub(super) any_whole: bool,
}

impl Bounds4 {
    pub(crate) const NONE: Self =
        Self { at: 0, magnitude: [u32::MAX; 4], high: [0; 4], whole: [0; 4], any_whole: false };

    /// Sets the bounds of one of the four: from 0 or the highest's opposite, and at most 2^24 where
    /// it is whole.
    pub(crate) const fn with(mut self, lane: usize, low: f32, high: f32, whole: bool) -> Self {
        assert!((low == 0.0 || low == -high) && high > 0.0 && !(whole && high > COUNT_MAX));
        if low < 0.0 {
            self.magnitude[lane] >>= 1;
        }
        self.high[lane] = high.to_bits();
        if whole {
            self.whole[lane] = u32::MAX;
            self.any_whole = true;
        }
        self
    }
}

/// The numbers that violate their bounds, in four lanes.
#[derive(Clone, Copy)]
pub(crate) struct Violations {
    /// Bit 31: below 0 where that is not allowed, or above the highest.
    pub(super) outside: [u32; 4],
    /// The bits that rounding changes where the number should be whole.
    pub(super) fraction: [u32; 4],
}

impl Violations {
    /// Returns true if no number violates its bounds; a -0.0 where nothing below 0 is allowed may
    /// count as a violation.
    #[inline(always)]
    pub(crate) fn are_none(self) -> bool {
        let any = |lanes: [u32; 4]| lanes[0] | lanes[1] | lanes[2] | lanes[3];
        (any(self.outside) & 1 << 31) | any(self.fraction) == 0
    }
}
