//! Whether numbers are in a Box, four of them at a time and without a branch on any.
//!
//! A number is looked at as its bits, which as an integer are ordered as the numbers are from 0 up. With a lowest of 0 a
//! sign is one too many; where the lowest is the highest's opposite the sign does not matter.

/// The greatest count that an f32 still tells from its neighbours: 2^24.
pub(crate) const COUNT_MAX: f32 = 16_777_216.0;

/// Four neighbouring numbers and their bounds.
#[derive(Clone, Copy)]
pub(crate) struct Four {
    /// Where the first of them stands.
    pub(crate) at: usize,
    /// What to look at: without the sign where the lowest is the highest's opposite, all bits where it is 0.
    magnitude: [u32; 4],
    high: [u32; 4],
    /// All bits where the number is whole.
    whole: [u32; 4],
    any_whole: bool,
}

impl Four {
    pub(crate) const NONE: Self =
        Self { at: 0, magnitude: [u32::MAX; 4], high: [0; 4], whole: [0; 4], any_whole: false };

    /// With the bounds of one of the four: from 0 or the highest's opposite, and at most 2^24 where it is whole.
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

/// What is wrong, in four lanes.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// Bit 31: below 0 where that is not allowed, or above the highest.
    outside: [u32; 4],
    /// Where it should be whole, what rounding changes.
    fraction: [u32; 4],
}

impl Found {
    /// Whether all are in the Box; with a -0.0 where nothing below 0 is allowed they are not.
    #[inline(always)]
    pub(crate) fn is_fine(self) -> bool {
        let any = |lanes: [u32; 4]| lanes[0] | lanes[1] | lanes[2] | lanes[3];
        (any(self.outside) & 1 << 31) | any(self.fraction) == 0
    }
}

/// Rounds a number from 0 to 2^24: what is less than 2^23 away from 2^24 is exact in an f32, and what is further away is
/// whole.
const ROUND: f32 = COUNT_MAX;

/// As [`look`], without what only some processors have.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(crate) fn look_one_by_one<const N: usize>(v: &[f32; N], fours: &[Four]) -> Found {
    let mut found = Found { outside: [0; 4], fraction: [0; 4] };
    for four in fours {
        for lane in 0..4 {
            let value = v[four.at + lane];
            let bits = value.to_bits() & four.magnitude[lane];
            found.outside[lane] |= bits | four.high[lane].wrapping_sub(bits);
            let rounded = (value - ROUND) + ROUND;
            found.fraction[lane] |= (rounded.to_bits() ^ value.to_bits()) & four.whole[lane];
        }
    }
    found
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use look_one_by_one as look;

/// Looks at all of them. What the compiler makes of one by one takes twice as long.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn look<const N: usize>(v: &[f32; N], fours: &[Four]) -> Found {
    use bytemuck::cast;
    use core::arch::x86_64::{
        _mm_add_ps, _mm_and_si128, _mm_or_si128, _mm_set1_ps, _mm_setzero_si128, _mm_sub_epi32, _mm_sub_ps,
        _mm_xor_si128,
    };
    // SAFETY: SSE2 is part of x86-64, and none of these touches memory.
    unsafe {
        let round = _mm_set1_ps(ROUND);
        let (mut outside, mut fraction) = (_mm_setzero_si128(), _mm_setzero_si128());
        for four in fours {
            let values = [v[four.at], v[four.at + 1], v[four.at + 2], v[four.at + 3]];
            let value = cast(values);
            let bits = _mm_and_si128(value, cast(four.magnitude));
            outside = _mm_or_si128(outside, _mm_or_si128(bits, _mm_sub_epi32(cast(four.high), bits)));
            if four.any_whole {
                let rounded = cast(_mm_add_ps(_mm_sub_ps(cast(values), round), round));
                let changed = _mm_and_si128(_mm_xor_si128(rounded, value), cast(four.whole));
                fraction = _mm_or_si128(fraction, changed);
            }
        }
        Found { outside: cast(outside), fraction: cast(fraction) }
    }
}
