//! Floor 2: the only doors to atomics, memory maps, the operating system and single instructions.

pub(crate) mod arch;
pub(crate) mod atomic;
pub(crate) mod bounds;
pub(crate) mod clock;
pub(crate) mod descriptor;
pub(crate) mod folder;
pub(crate) mod futex;
pub(crate) mod kill;
pub(crate) mod limits;
pub(crate) mod lock;
pub(crate) mod map;
#[cfg(loom)]
pub(crate) mod modelled;
pub(crate) mod os;
pub(crate) mod words;
pub(crate) mod writable;
