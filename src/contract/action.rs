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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_action_is_a_command_and_wait_too_when_asked_for() {
        let space = ActionSpace::cnn();
        assert!(space.command(ActionSpace::WAIT).unwrap().is_none());
        let wait = space.request(ActionSpace::WAIT).unwrap();
        assert_eq!(wait.command_type().unwrap(), CommandType::RequestState);
        assert_eq!((wait.risk().unwrap(), wait.present), (RiskLevel::Green, 0));
        let expected = [
            (
                space.germinate("norm").unwrap(),
                CommandType::Germinate,
                SeedStage::Germinated,
                RiskLevel::Yellow,
            ),
            (space.fossilize(), CommandType::AdvanceStage, SeedStage::Fossilized, RiskLevel::Yellow),
            (space.cull(), CommandType::Cull, SeedStage::Culled, RiskLevel::Orange),
        ];
        for (action, command_type, stage, risk) in expected {
            let command = space.request(action).unwrap();
            command.check().unwrap();
            assert_eq!(command.command_type().unwrap(), command_type);
            assert_eq!((command.target_stage().unwrap(), command.risk().unwrap()), (Some(stage), risk));
            assert_eq!(command, space.command(action).unwrap().unwrap());
        }
        assert_eq!(space.request(7).unwrap_err().kind(), ErrorKind::UnknownAction);
    }

    #[test]
    fn actions_stand_by_parameters_then_name() {
        let space = ActionSpace::new("cnn", &[("wide", 7), ("b", 3), ("a", 3), ("lean", 0)]).unwrap();
        assert_eq!(
            space.names(),
            ["WAIT", "GERMINATE_LEAN", "GERMINATE_A", "GERMINATE_B", "GERMINATE_WIDE", "FOSSILIZE", "CULL"]
        );
        for (i, name) in space.names().iter().enumerate() {
            assert_eq!(space.name(i).unwrap(), name);
            assert_eq!(space.index_of(name).unwrap(), i);
        }
        assert_eq!(space.kind(0).unwrap(), ActionKind::Wait);
        assert_eq!(space.kind(4).unwrap(), ActionKind::Germinate("wide"));
        assert_eq!(space.kind(5).unwrap(), ActionKind::Fossilize);
        assert_eq!(space.kind(6).unwrap(), ActionKind::Cull);
        assert_eq!((space.fossilize(), space.cull(), space.len()), (5, 6, 7));
        assert_eq!((space.blueprint(2).unwrap(), space.germinate("a").unwrap()), ("a", 2));
        let unknown = [
            space.kind(7).unwrap_err(),
            space.name(usize::MAX).unwrap_err(),
            space.index_of("GERMINATE_C").unwrap_err(),
            space.blueprint(0).unwrap_err(),
            space.blueprint(5).unwrap_err(),
            space.germinate("A").unwrap_err(),
        ];
        for e in unknown {
            assert_eq!(e.kind(), ErrorKind::UnknownAction);
            assert!(!e.expected().is_empty() && !e.found().is_empty(), "{e}");
        }
    }

    #[test]
    fn the_known_topologies() {
        let cnn = ActionSpace::cnn();
        assert_eq!(
            cnn.canonical(),
            "leyline-actions 1\ntopology cnn\naction 0 WAIT\naction 1 GERMINATE_NORM norm\n\
             action 2 GERMINATE_ATTENTION attention\naction 3 GERMINATE_DEPTHWISE depthwise\n\
             action 4 GERMINATE_CONV_ENHANCE conv_enhance\naction 5 FOSSILIZE\naction 6 CULL\n"
        );
        assert_eq!(cnn.topology(), "cnn");
        let transformer = ActionSpace::transformer();
        assert_eq!(transformer.kind(4).unwrap(), ActionKind::Germinate("mlp"));
        assert_ne!(cnn.fingerprint(), transformer.fingerprint());
        // sha256sum of the canonical texts.
        assert_eq!(hex(&cnn.fingerprint()), "318b60139cf2c94147fe9f2cf4cebb95");
        assert_eq!(hex(&transformer.fingerprint()), "eceb90255e68d2df2ba0a04a9bf62bd6");
    }

    #[test]
    fn the_order_given_and_the_estimates_are_no_part_of_the_meaning() {
        let a = ActionSpace::new("t", &[("x", 1), ("y", 2)]).unwrap();
        assert_eq!(a, ActionSpace::new("t", &[("y", 90), ("x", 3)]).unwrap());
        let swapped = ActionSpace::new("t", &[("x", 2), ("y", 1)]).unwrap();
        assert_ne!(a.fingerprint(), swapped.fingerprint());
        let other_case = ActionSpace::new("t", &[("X", 1), ("y", 2)]).unwrap();
        assert_ne!(a.fingerprint(), other_case.fingerprint());
    }

    #[test]
    fn a_space_that_would_be_ambiguous_is_refused() {
        let long = "x".repeat(40);
        #[allow(clippy::type_complexity)]
        let cases: [(&str, &[(&str, u64)], &str); 8] = [
            ("", &[], "topology"),
            ("a b", &[], "topology"),
            (&long, &[], "topology"),
            ("t", &[("", 1)], "blueprint"),
            ("t", &[("a\nb", 1)], "blueprint"),
            ("t", &[("\u{e4}", 1)], "blueprint"),
            ("t", &[(&long, 1)], "blueprint"),
            ("t", &[("conv", 1), ("CONV", 2)], "blueprint"),
        ];
        for (topology, blueprints, named) in cases {
            let e = ActionSpace::new(topology, blueprints).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidArgument);
            assert!(e.to_string().contains(named) && !e.found().is_empty(), "{e}");
        }
        let names: Vec<String> = (0..62).map(|i| format!("b{i}")).collect();
        let all: Vec<(&str, u64)> = names.iter().map(|n| (n.as_str(), 1)).collect();
        let fullest = ActionSpace::new("t", &all[..61]).unwrap();
        assert_eq!(fullest.len(), MAX_ACTIONS);
        assert!(ActionSpace::new("t", &all).is_err());
    }

    #[test]
    fn a_canonical_text_reads_back_and_any_other_is_refused() {
        let longest: Vec<String> = (0..61).map(|i| format!("{i:x<39}")).collect();
        let longest: Vec<(&str, u64)> = longest.iter().map(|n| (n.as_str(), 1)).collect();
        for space in [
            ActionSpace::cnn(),
            ActionSpace::new("bare", &[]).unwrap(),
            ActionSpace::new(&"t".repeat(39), &longest).unwrap(),
        ] {
            assert_eq!(ActionSpace::from_canonical(space.canonical()).unwrap(), space);
        }
        let text = ActionSpace::cnn().canonical().to_owned();
        let hostile = [
            String::new(),
            text.replace("actions 1", "actions 2"),
            text.replace('\n', "\r\n"),
            text.replace("action 2", "action 3"),
            text.replace("GERMINATE_NORM", "GERMINATE_LORA"),
            text.replace("GERMINATE_NORM norm", "GERMINATE_NORM norm norm"),
            text.replace("norm", "NORM x"),
            text.replace("attention", "norm"),
            text.replace("topology cnn", "topology "),
            text.replace("action 6 CULL\n", ""),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("{text}action 7 CULL\n"),
            text.repeat(1000),
            "\n".repeat(CANONICAL_MAX),
        ];
        for text in hostile {
            let e = ActionSpace::from_canonical(&text).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Corrupt, "{text:?}");
            assert!(!e.found().is_empty());
        }
    }

    #[test]
    fn the_space_is_json() {
        let space = ActionSpace::transformer();
        let json: serde_json::Value = serde_json::from_str(&space.space_json()).unwrap();
        assert_eq!(json["type"], "Discrete");
        assert_eq!((json["start"].as_u64(), json["n"].as_u64()), (Some(0), Some(7)));
        assert_eq!(json["dtype"], "int64");
        assert_eq!(json["names"], serde_json::json!(space.names()));
        assert_eq!(json["topology"], "transformer");
        assert_eq!(json["fingerprint"], hex(&space.fingerprint()));
    }

    proptest! {
        #[test]
        fn a_hostile_text_is_an_error_or_canonical(lines in proptest::collection::vec("[ -~]{0,30}|action [0-9] GERMINATE_[AB] [ab]|action [0-9] (WAIT|CULL|FOSSILIZE)", 0..8)) {
            let text = format!("leyline-actions 1\ntopology t\n{}\n", lines.join("\n"));
            if let Ok(space) = ActionSpace::from_canonical(&text) {
                prop_assert_eq!(space.canonical(), text);
            }
        }
    }
}
