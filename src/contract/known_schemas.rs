//! The row schemas that come with the library, and the process's registry of them.

use crate::base::error::Result;
use crate::contract::{normalizer::Normalizer, observation::Observation, task::Task};
use crate::schema::migration::Registry;
use std::sync::LazyLock;

/// Returns the process's registry. From the first call it knows `observation` 1, and of each preset
/// [`Task`] `normalized.TASK` 1 and `observation.TASK` 2 with their converters from `observation`
/// 1.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(known_schemas);
    &REGISTRY
}

/// Returns a new registry that knows what [`registry`] knows from its first call.
#[allow(clippy::missing_panics_doc)] // The presets are tasks, as a test shows.
pub fn known_schemas() -> Registry {
    let registry = Registry::new();
    let presets = || -> Result<()> {
        registry.register(Observation::row_schema())?;
        for task in [Task::cifar10(), Task::tinystories()] {
            Normalizer::new(&task)?.register(&registry)?;
        }
        Ok(())
    };
    presets().expect("the schemas that come with the library");
    registry
}
