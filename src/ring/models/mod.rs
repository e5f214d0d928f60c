//! The ring's protocol under a model checker: the code of `ring` and of `futex` itself, on words
//! that loom watches. Run by `tests/integration/models.rs`:
//!
//! ```text
//! LEYLINE_MODELS=3 cargo test --test integration models:: -- --nocapture
//! ```
//!
//! with at most two preemptions of a thread, or as many as `LEYLINE_MODELS` says (`full`: any).
//! Each model (`scenarios`) takes a few records through a ring of two slots (`fixture`) and asserts
//! every outcome that is allowed. The runner (`runner`) then undoes each acquire, release and fence
//! of the protocol's files, one at a time, and expects a model to fail. The exceptions are listed
//! there with their reasons.
//!
//! Limits of the models:
//!
//! - A load never sees a store that comes later in the interleaving (no load buffering), and of the
//!   stores before only the last seven to a word.
//! - Two `SeqCst` fences synchronize, which is more than C11 promises.
//! - A word is a u64 or a u32 and nothing in between.
//! - Whatever takes more than these few records, threads and preemptions.
//! - The kernel is what `modelled` says it is.

mod bells;
mod fixture;
mod runner;
mod scenarios;

pub use runner::main;
