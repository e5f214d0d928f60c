//! Floor 2: the only doors to atomics, memory maps, the operating system and single instructions.

pub(crate) mod arch;
pub(crate) mod atomic;
pub(crate) mod bounds;
pub(crate) mod clock;
pub(crate) mod descriptor;
pub(crate) mod event;
pub(crate) mod futex;
pub(crate) mod kill;
pub(crate) mod lock;
pub(crate) mod map;
#[cfg(loom)]
pub(crate) mod modelled;
pub(crate) mod named_file;
pub(crate) mod os;
pub(crate) mod protected_map;
pub(crate) mod resource_limits;
pub(crate) mod words;
