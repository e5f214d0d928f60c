//! leyline: a shared-memory link between a training process and the controller that steers it.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("leyline runs on 64-bit little-endian Linux (x86-64 and aarch64) only");

pub mod contract;
mod error;

pub use error::{Error, ErrorKind, Result};

/// What the macros of this crate need to name. Not for use.
#[doc(hidden)]
pub mod __private {
    pub use bytemuck;
}
