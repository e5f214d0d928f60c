//! The action space: the meaning of each action number, which trainer and controller agree on.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::AdaptationCommand;
use crate::contract::stage::{CommandType, RiskLevel, SeedStage};
use crate::schema::canonical::{Fingerprint, fingerprint_of, hex};
use crate::schema::id::Id;
use std::collections::HashSet;
use std::fmt::Write as _;

/// Actions in a space, at most: one bit of a mask each.
pub const MAX_ACTIONS: usize = 64;
/// Blueprints in a space, at most: WAIT, FOSSILIZE and CULL are always there.
pub const MAX_BLUEPRINTS: usize = MAX_ACTIONS - 3;

/// The longest canonical text there can be is below this.
const CANONICAL_MAX: usize = 128 * (MAX_ACTIONS + 2);

/// The blueprints of the contract, by topology, each with its parameter estimate.
pub(crate) const KNOWN: [(&str, &[(&str, u64)]); 2] = [
    ("cnn", &[("norm", 100), ("attention", 2000), ("depthwise", 4800), ("conv_enhance", 74_000)]),
    ("transformer", &[("norm", 800), ("lora", 6000), ("attention", 50_000), ("mlp", 1_200_000)]),
];

/// The effect of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind<'a> {
    /// Does nothing.
    Wait,
    /// Plants a seed of this blueprint.
    Germinate(&'a str),
    /// Makes the seed a permanent part of the host.
    Fossilize,
    /// Takes the seed out.
    Cull,
}

/// The actions of one topology, in the order that gives them their numbers:
///
/// | index | name |
/// |---|---|
/// | 0 | `WAIT` |
/// | 1 to N | `GERMINATE_` and the blueprint in capitals, by ascending parameter estimate, ties by name |
/// | N + 1 | `FOSSILIZE` |
/// | N + 2 | `CULL` |
///
/// A space is its topology and its ordered names. The estimates only make the order and are no part
/// of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSpace {
    topology: Id,
    blueprints: Vec<Id>,
    names: Vec<String>,
    canonical: String,
    fingerprint: Fingerprint,
}

impl ActionSpace {
    /// The index of WAIT in every space.
    pub const WAIT: usize = 0;

    /// Makes the space of a topology from its blueprints, each with its parameter estimate, in any
    /// order.
    ///
    /// `InvalidArgument` if there are more than 61 blueprints, a name is not 1 to 39 of
    /// `[A-Za-z0-9._-]`, or two names are the same in capitals.
    pub fn new(topology: &str, blueprints: &[(&str, u64)]) -> Result<Self> {
        let mut ordered = blueprints.to_vec();
        ordered.sort_unstable_by_key(|&(name, parameters)| (parameters, name));
        Self::assemble(topology, ordered.into_iter().map(|(name, _)| name))
    }

    /// Returns the space of the contract's blueprints for convolutional networks: norm, attention,
    /// depthwise, conv_enhance. Blueprints that a program registers are in
    /// [`ActionSpace::of_topology`] only.
    pub fn cnn() -> Self {
        Self::known(0)
    }

    /// Returns the space of the contract's blueprints for transformers: norm, lora, attention, mlp.
    /// Blueprints that a program registers are in [`ActionSpace::of_topology`] only.
    pub fn transformer() -> Self {
        Self::known(1)
    }

    /// Returns the action space of a topology's known blueprints: `"cnn"` or `"transformer"`.
    /// [`ErrorKind::UnknownAction`]: another topology.
    pub fn standard(topology: &str) -> Result<Self> {
        match topology {
            "cnn" => Ok(Self::cnn()),
            "transformer" => Ok(Self::transformer()),
            _ => Err(Error::new(ErrorKind::UnknownAction)
                .about("topology")
                .expected_found("\"cnn\" or \"transformer\"", format!("{topology:?}"))),
        }
    }

    fn known(which: usize) -> Self {
        let (topology, blueprints) = KNOWN[which];
        Self::new(topology, blueprints).expect("the known blueprints")
    }

    fn assemble<'a>(topology: &str, blueprints: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut space = Self {
            topology: word("topology", topology)?,
            blueprints: Vec::new(),
            names: vec!["WAIT".into()],
            canonical: String::new(),
            fingerprint: [0; 16],
        };
        let mut taken = HashSet::new();
        for blueprint in blueprints {
            if space.blueprints.len() == MAX_BLUEPRINTS {
                return Err(refused("blueprints")
                    .expected_found("61 at most, for 64 actions with WAIT, FOSSILIZE and CULL", "more"));
            }
            space.blueprints.push(word("blueprint", blueprint)?);
            let name = format!("GERMINATE_{}", blueprint.to_ascii_uppercase());
            if !taken.insert(name.clone()) {
                return Err(refused("blueprint")
                    .expected_found("names that differ in capitals", format!("{blueprint:?} again")));
            }
            space.names.push(name);
        }
        space.names.extend(["FOSSILIZE".into(), "CULL".into()]);
        space.canonical = space.render();
        space.fingerprint = fingerprint_of(&space.canonical);
        Ok(space)
    }

    fn render(&self) -> String {
        let mut text = format!("leyline-actions 1\ntopology {}\n", self.topology);
        for (i, name) in self.names.iter().enumerate() {
            let _ = match self.blueprint(i) {
                Ok(blueprint) => writeln!(text, "action {i} {name} {blueprint}"),
                Err(_) => writeln!(text, "action {i} {name}"),
            };
        }
        text
    }

    /// Returns the canonical text: UTF-8, lines ended by one `\n`, words parted by one space,
    /// indices decimal.
    ///
    /// ```text
    /// leyline-actions 1
    /// topology TOPOLOGY
    /// action 0 WAIT
    /// action INDEX GERMINATE_NAME BLUEPRINT        (a line for each, in order)
    /// action INDEX FOSSILIZE
    /// action INDEX CULL
    /// ```
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Returns the first 16 bytes of SHA-256 over [`ActionSpace::canonical`].
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Reads a canonical text, which may come from anywhere. `Corrupt` unless it is, byte for byte,
    /// the canonical text of a space.
    pub fn from_canonical(text: &str) -> Result<Self> {
        let corrupt = |expected: &'static str, found: String| {
            Error::new(ErrorKind::Corrupt).about("action space").expected_found(expected, found)
        };
        if text.len() > CANONICAL_MAX {
            return Err(corrupt("64 lines of actions at most", format!("{} bytes", text.len())));
        }
        let mut lines = text.lines().skip(1);
        let topology = lines.next().and_then(|line| line.strip_prefix("topology "));
        let blueprints = lines.filter_map(|line| line.split(' ').nth(3));
        let space = Self::assemble(topology.unwrap_or_default(), blueprints)
            .map_err(|e| corrupt("a canonical text", e.to_string()))?;
        if space.canonical != text {
            let same = space.canonical.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
            let found = text.lines().nth(same).unwrap_or("the end of the text");
            return Err(corrupt("a canonical text", format!("line {}: {found:?}", same + 1)));
        }
        Ok(space)
    }

    /// Returns the topology that the blueprints are for, such as `cnn`.
    pub fn topology(&self) -> &str {
        self.topology.as_str().unwrap_or_default()
    }

    /// Returns the number of actions, 3 to 64.
    #[allow(clippy::len_without_is_empty)] // A space always has WAIT.
    #[inline]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns the names, by index.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the index of FOSSILIZE.
    pub fn fossilize(&self) -> usize {
        self.blueprints.len() + 1
    }

    /// Returns the index of CULL.
    pub fn cull(&self) -> usize {
        self.blueprints.len() + 2
    }

    fn no_action(&self, found: String) -> Error {
        Error::new(ErrorKind::UnknownAction)
            .about(format!("action space {}", self.topology))
            .expected_found(format!("one of {}", self.names.join(", ")), found)
    }

    /// Returns the name of an action; `UnknownAction` if the space has no such index.
    pub fn name(&self, index: usize) -> Result<&str> {
        let name = self.names.get(index).map(String::as_str);
        name.ok_or_else(|| self.no_action(format!("action {index}")))
    }

    /// Returns the index of an action; `UnknownAction` if the space has no such name.
    pub fn index_of(&self, name: &str) -> Result<usize> {
        let index = self.names.iter().position(|n| n == name);
        index.ok_or_else(|| self.no_action(format!("{name:?}")))
    }

    /// Returns the effect of an action; `UnknownAction` if the space has no such index.
    pub fn kind(&self, index: usize) -> Result<ActionKind<'_>> {
        let name = self.name(index)?;
        Ok(if index == Self::WAIT {
            ActionKind::Wait
        } else if index == self.fossilize() {
            ActionKind::Fossilize
        } else if index == self.cull() {
            ActionKind::Cull
        } else {
            // Every index between WAIT and FOSSILIZE has a blueprint.
            ActionKind::Germinate(self.blueprint(index).unwrap_or(name))
        })
    }

    /// Returns the blueprint that an action germinates; `UnknownAction` if it is no germinate
    /// action.
    pub fn blueprint(&self, index: usize) -> Result<&str> {
        let blueprint = index.checked_sub(1).and_then(|i| self.blueprints.get(i));
        blueprint.ok_or_else(|| self.no_action(format!("action {index}, which names no blueprint")))?.as_str()
    }

    /// Returns the action that germinates a blueprint; `UnknownAction` if the space does not have
    /// it.
    pub fn germinate(&self, blueprint: &str) -> Result<usize> {
        let position = self.blueprints.iter().position(|id| id.as_bytes() == blueprint.as_bytes());
        position.map(|i| i + 1).ok_or_else(|| self.no_action(format!("blueprint {blueprint:?}")))
    }

    /// Returns the command that an action stands for; `None` for WAIT, `UnknownAction` if the space
    /// has no such index.
    ///
    /// | action | command | target stage | risk |
    /// |---|---|---|---|
    /// | GERMINATE_* | GERMINATE | GERMINATED | YELLOW |
    /// | FOSSILIZE | ADVANCE_STAGE | FOSSILIZED | YELLOW |
    /// | CULL | CULL | CULLED | ORANGE |
    pub fn command(&self, index: usize) -> Result<Option<AdaptationCommand>> {
        let command = |t, stage, risk| AdaptationCommand::new(t).with_target_stage(stage).with_risk(risk);
        Ok(Some(match self.kind(index)? {
            ActionKind::Wait => return Ok(None),
            ActionKind::Germinate(blueprint) => {
                command(CommandType::Germinate, SeedStage::Germinated, RiskLevel::Yellow)
                    .with_blueprint(blueprint)?
            }
            ActionKind::Fossilize => {
                command(CommandType::AdvanceStage, SeedStage::Fossilized, RiskLevel::Yellow)
            }
            ActionKind::Cull => command(CommandType::Cull, SeedStage::Culled, RiskLevel::Orange),
        }))
    }

    /// Returns the command that an action stands for, where WAIT is an explicit REQUEST_STATE,
    /// GREEN.
    pub fn request(&self, index: usize) -> Result<AdaptationCommand> {
        Ok(self.command(index)?.unwrap_or_else(|| AdaptationCommand::new(CommandType::RequestState)))
    }

    /// Returns the Discrete space as JSON, in the form that RL tools read: `type`, `dtype`,
    /// `start`, `n`, `names`, and this space's `topology` and `fingerprint`.
    pub fn space_json(&self) -> String {
        format!(
            "{{\"type\":\"Discrete\",\"dtype\":\"int64\",\"start\":0,\"n\":{},\"names\":[\"{}\"],\
             \"topology\":\"{}\",\"fingerprint\":\"{}\"}}",
            self.len(),
            self.names.join("\",\""),
            self.topology,
            hex(&self.fingerprint)
        )
    }
}

pub(super) fn refused(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument).about(what)
}

/// Returns a word that stands unchanged in canonical text and in JSON, and has capitals.
pub(crate) fn word(what: &'static str, text: &str) -> Result<Id> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(refused(what).expected_found("1 to 39 of [A-Za-z0-9._-]", format!("{text:?}")));
    }
    Id::new(text).map_err(|_| {
        refused(what).expected_found("1 to 39 of [A-Za-z0-9._-]", format!("{} bytes: {text:?}", text.len()))
    })
}
