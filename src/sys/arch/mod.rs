//! Instructions that the compiler does not choose by itself: one file an architecture, with the
//! same functions in each. A new architecture takes its file, the cfgs below, and a row of the
//! doors in `tests/integration/house.rs`.
//!
//! A model checker, a race detector and Miri do not look into assembly: they get the portable form.

#[cfg(any(test, not(target_arch = "x86_64"), loom, leyline_race, miri))]
// Where there is a set of instructions, the tests compare a part of the portable form with it.
#[cfg_attr(all(test, target_arch = "x86_64"), allow(dead_code))]
pub(crate) mod portable;
#[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
mod x86_64;

#[cfg(any(not(target_arch = "x86_64"), loom, leyline_race, miri))]
use portable as chosen;
#[cfg(all(target_arch = "x86_64", not(any(loom, leyline_race, miri))))]
use x86_64 as chosen;

pub(crate) use chosen::{
    cycle_counter, evict, has_invariant_counter, has_load_32, load_16, load_32, pays_to_evict, prefetch,
    store_16, violations,
};
