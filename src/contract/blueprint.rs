// C header: contract
//! Blueprints: what kinds of seed there are, known to the whole process, and the action spaces made
//! of them.
//!
//! The registry holds the blueprints of each topology, from the start those of the contract for
//! `cnn` and `transformer`. [`ActionSpace::of_topology`] gives the action space of a topology's
//! blueprints as they are registered now; it is made when they change and handed out from then on.
//! Registry and spaces are the process's own: another process agrees on a space through its
//! fingerprint in the segment.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::{ActionSpace, KNOWN, word};
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, U32_MAX, append, bounded, naming};
use crate::schema::id::{Id, Text};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Tags that a [`BlueprintSpec`] lists, at most.
pub const MAX_TAGS: usize = 8;

record! {
    /// A kind of seed.
    pub struct BlueprintSpec as "blueprint_spec" version 1 on "blueprints" with 64 slots {
        /// Name in commands and action spaces: 1 to 39 of `[A-Za-z0-9._-]`.
        id: Id;
        /// Name for people.
        name: Id, is named, try with_name(&str);
        /// The networks it is for, such as `cnn`: 1 to 39 of `[A-Za-z0-9._-]`.
        topology: Id;
        /// Description for people; cut if [`DESCRIPTION_CUT`](Self::DESCRIPTION_CUT).
        description: Text, cut DESCRIPTION_CUT by with_description, description_cut;
        /// Words to find it by.
        tags: [Id; 8], list tag_count of Id;
        /// Estimate of its parameters; puts the actions of a space in order.
        parameters: u64, "parameters", 0.0, f64::INFINITY;
        /// The fewest channels it works with, 1 or more.
        min_channels: u32, "channels", 1.0, U32_MAX, default 1;
        /// The most channels it works with, with [`MAX_CHANNELS`](Self::MAX_CHANNELS).
        max_channels: u32, "channels", 0.0, U32_MAX, if MAX_CHANNELS;
        /// Cost of computing it; 1.0 is the baseline.
        compute_cost: f32, "baselines", 0.0, F32_MAX, default 1.0;
        /// Cost of its memory; 1.0 is the baseline.
        memory_cost: f32, "baselines", 0.0, F32_MAX, default 1.0;
        /// Epochs recommended in TRAINING.
        training_epochs: u32, "epochs", 0.0, U32_MAX, default Self::EPOCHS;
        /// Epochs recommended in BLENDING.
        blending_epochs: u32, "epochs", 0.0, U32_MAX, default Self::EPOCHS;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 3.0;
        /// Tags that the list had no room for.
        tags_dropped: u32, "tags", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// Tags in the list.
        tag_count: u8, "tags", 0.0, 8.0;
        /// 0.
        reserved: [u8; 5];
    }
    present {
        /// There is a greatest number of channels.
        MAX_CHANNELS = 0;
        /// The description was longer than its field.
        DESCRIPTION_CUT = 1;
    }
    rules words_and_channels
}

impl BlueprintSpec {
    /// Epochs recommended in TRAINING and in BLENDING, unless set otherwise.
    pub const EPOCHS: u32 = 5;

    /// Makes a blueprint of that name, for 1 channel or more, at the baseline's costs, with 5
    /// epochs of training and 5 of blending. `InvalidArgument` unless id and topology are 1 to 39
    /// of `[A-Za-z0-9._-]`.
    pub fn new(id: &str, topology: &str, parameters: u64) -> Result<Self> {
        let id = word("id", id)?;
        Ok(Self { id, name: id, topology: word("topology", topology)?, parameters, ..Self::default() })
    }

    /// Sets the fewest and, if there is a limit, the most channels. `OutOfRange` unless 1 <= least
    /// <= most.
    pub fn with_channels(mut self, least: u32, most: Option<u32>) -> Result<Self> {
        (self.min_channels, self.max_channels) = (least, most.unwrap_or(0));
        self.present &= !Self::MAX_CHANNELS;
        self.present |= if most.is_some() { Self::MAX_CHANNELS } else { 0 };
        self.channels_in_order()?;
        Ok(self)
    }

    /// Sets the costs of computing it and of its memory: finite, 0 or more; 1.0 is the baseline.
    pub fn with_costs(mut self, compute: f32, memory: f32) -> Result<Self> {
        self.compute_cost = bounded::<Self>("compute_cost", compute)?;
        self.memory_cost = bounded::<Self>("memory_cost", memory)?;
        Ok(self)
    }

    /// Sets the epochs recommended in TRAINING and in BLENDING.
    #[must_use]
    pub const fn with_epochs(mut self, training: u32, blending: u32) -> Self {
        (self.training_epochs, self.blending_epochs) = (training, blending);
        self
    }

    /// Adds a word to find it by, 1 to 39 bytes; a ninth is only counted.
    pub fn with_tag(mut self, tag: &str) -> Result<Self> {
        append(&mut self.tags, &mut self.tag_count, &mut self.tags_dropped, naming("tags", tag)?);
        Ok(self)
    }

    fn channels_in_order(&self) -> Result<()> {
        let most = self.max_channels();
        if self.min_channels >= 1 && most.is_none_or(|most| most >= self.min_channels) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::OutOfRange)
            .about("channels")
            .expected_found("1 <= least <= most", format!("{} to {most:?}", self.min_channels)))
    }

    /// Refuses an id or a topology outside their alphabet (`InvalidArgument`), and channels out of
    /// order (`OutOfRange`).
    fn words_and_channels(&self) -> Result<()> {
        word("id", self.id.as_str()?)?;
        word("topology", self.topology.as_str()?)?;
        self.channels_in_order()
    }
}

/// The blueprints of one topology, in the order of their actions, and their action space.
struct Topology {
    blueprints: Vec<BlueprintSpec>,
    space: Arc<ActionSpace>,
}

impl Topology {
    fn new(name: &str, mut blueprints: Vec<BlueprintSpec>) -> Result<Self> {
        blueprints.sort_unstable_by_key(|b| (b.parameters, b.id));
        let listed: Result<Vec<(&str, u64)>> =
            blueprints.iter().map(|b| Ok((b.id.as_str()?, b.parameters))).collect();
        let space = Arc::new(ActionSpace::new(name, &listed?)?);
        Ok(Self { blueprints, space })
    }
}

type Registry = BTreeMap<String, Topology>;

/// The lock is this process's; nothing of it lies in a segment.
static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(|| {
    let known = |(topology, blueprints): (&str, &[(&str, u64)])| {
        let spec = |&(id, parameters): &(&str, u64)| BlueprintSpec::new(id, topology, parameters);
        let specs: Result<Vec<_>> = blueprints.iter().map(spec).collect();
        Ok((topology.to_owned(), Topology::new(topology, specs?)?))
    };
    let registry: Result<Registry> = KNOWN.into_iter().map(known).collect();
    RwLock::new(registry.expect("the known blueprints"))
});

/// Registers a blueprint for its topology, in this process. Registering the same once more changes
/// nothing.
///
/// The action space of the topology is another one from then on; a link keeps the one it was made
/// with.
///
/// Registers a blueprint. Fails as [`BlueprintSpec::check`] does; `InvalidArgument` if another
/// blueprint of that id is registered for that topology, or one that differs in capitals only, or
/// there are 61 already.
pub fn register(blueprint: &BlueprintSpec) -> Result<()> {
    blueprint.check()?;
    let topology = blueprint.topology.as_str()?;
    let mut registry = REGISTRY.write();
    let mut blueprints = registry.get(topology).map(|t| t.blueprints.clone()).unwrap_or_default();
    if let Some(there) = blueprints.iter().find(|b| b.id == blueprint.id) {
        if there == blueprint {
            return Ok(());
        }
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("blueprint {} of {topology}", blueprint.id))
            .expected_found(
                "an id that is not registered, or the same blueprint",
                "another blueprint of that id",
            )
            .help("unregister it first, or choose another id"));
    }
    blueprints.push(*blueprint);
    let with_it = Topology::new(topology, blueprints)?;
    registry.insert(topology.to_owned(), with_it);
    Ok(())
}

/// Takes a blueprint out of the registry. `UnknownAction` if there is none of that id for that
/// topology.
pub fn unregister(topology: &str, id: &str) -> Result<BlueprintSpec> {
    let mut registry = REGISTRY.write();
    let found =
        registry.get(topology).and_then(|t| t.blueprints.iter().find(|b| b.id.as_bytes() == id.as_bytes()));
    let Some(found) = found.copied() else { return Err(none_such(&registry, topology, Some(id))) };
    let rest: Vec<_> = registry[topology].blueprints.iter().filter(|b| b.id != found.id).copied().collect();
    if rest.is_empty() {
        registry.remove(topology);
    } else {
        let without_it = Topology::new(topology, rest)?;
        registry.insert(topology.to_owned(), without_it);
    }
    Ok(found)
}

/// Returns the blueprint of an id. `UnknownAction` if none is registered for that topology.
pub fn find(topology: &str, id: &str) -> Result<BlueprintSpec> {
    let registry = REGISTRY.read();
    let mut found = registry.get(topology).into_iter().flat_map(|t| &t.blueprints);
    let found = found.find(|b| b.id.as_bytes() == id.as_bytes());
    found.copied().ok_or_else(|| none_such(&registry, topology, Some(id)))
}

/// Returns the blueprints of a topology, in the order of their actions. `UnknownAction` if none is
/// registered for it.
pub fn of_topology(topology: &str) -> Result<Vec<BlueprintSpec>> {
    let registry = REGISTRY.read();
    let found = registry.get(topology).map(|t| t.blueprints.clone());
    found.ok_or_else(|| none_such(&registry, topology, None))
}

/// Returns the topologies that blueprints are registered for, by name.
pub fn topologies() -> Vec<String> {
    REGISTRY.read().keys().cloned().collect()
}

#[cold]
fn none_such(registry: &Registry, topology: &str, id: Option<&str>) -> Error {
    let listed = |known: Vec<&[u8]>| {
        let known: Vec<_> = known.into_iter().map(String::from_utf8_lossy).collect();
        format!("one of {}", known.join(", "))
    };
    let error = Error::new(ErrorKind::UnknownAction);
    if let (Some(t), Some(id)) = (registry.get(topology), id) {
        let known = listed(t.blueprints.iter().map(|b| b.id.as_bytes()).collect());
        return error.about(format!("blueprint of {topology}")).expected_found(known, format!("{id:?}"));
    }
    let known = listed(registry.keys().map(String::as_bytes).collect());
    error.about("topology").expected_found(known, format!("{topology:?}"))
}

impl ActionSpace {
    /// Returns the action space of the blueprints that are registered for a topology now. It is
    /// made when one is registered, not when it is asked for.
    ///
    /// `UnknownAction` if none is registered for it.
    pub fn of_topology(topology: &str) -> Result<Arc<Self>> {
        let registry = REGISTRY.read();
        let found = registry.get(topology).map(|t| Arc::clone(&t.space));
        found.ok_or_else(|| none_such(&registry, topology, None))
    }
}
