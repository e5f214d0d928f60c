//! The records of a stream: 27 numbers, others in each record, that are made and compared in a few
//! ns, so that what is measured is not this.

use std::ops::Range;

/// Numbers of a record.
pub const NUMBERS: usize = 27;

/// Returns the bits that all numbers of a record have; the five below are the number's place.
/// Another record's for 2^24 records. They are finite whatever the record.
#[inline(always)]
fn first(n: u64) -> u32 {
    1 << 29 | (n as u32) << 5 & ((1 << 29) - 1)
}

/// Returns the numbers of record `n`.
#[inline(always)]
pub fn numbers(n: u64) -> [f32; NUMBERS] {
    let first = first(n);
    std::array::from_fn(|i| f32::from_bits(first | i as u32))
}

/// Returns true if all numbers are those of record `n`, to the bit. Does not end early, and
/// compares the last three by themselves, so that a compiler compares four at a time.
#[inline(always)]
#[must_use]
pub fn are_numbers(found: &[f32; NUMBERS], n: u64) -> bool {
    let first = first(n);
    let wrong = |of: Range<usize>| of.fold(0, |wrong, i| wrong | (found[i].to_bits() ^ (first | i as u32)));
    wrong(0..24) | wrong(24..NUMBERS) == 0
}
