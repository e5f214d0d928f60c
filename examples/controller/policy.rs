//! The example's policy: a few rules of thumb. A pure state machine that knows nothing of processes
//! or links.

use leyline::contract::action::ActionSpace;
use leyline::contract::action_mask::ActionMask;
use leyline::contract::stage::SeedStage;
use leyline::{Feature, Observation};
use std::borrow::Cow;

/// Updates without progress before a seed is tried.
const PLATEAU: f32 = 3.0;
/// The first epoch in which one may be tried.
const FIRST_EPOCH: f32 = 5.0;
/// Epochs between a cull and the next try.
const COOL_DOWN: f32 = 5.0;
/// Epochs in a stage before its seed is judged, and the loss, in percentage points, that condemns
/// it.
const JUDGED_AFTER: f32 = 5.0;
const BEARABLE: f32 = -2.0;
/// Epochs in TRAINING or PROBATIONARY after which its gate is taken never to open: twice what is
/// recommended.
const PATIENCE: f32 = 10.0;
/// The penalty of a blueprint for a cull, and the one from which it is passed over. Every choice
/// halves all penalties.
const CULL_PENALTY: f32 = 2.0;
const PENALTY_LIMIT: f32 = 3.0;

/// An action and why. The reason has 63 bytes at most, as a command carries it.
pub type Choice = (usize, Cow<'static, str>);

/// Whose turn it is: largest first, because what a large seed has taught the host a small one
/// cannot undo.
#[derive(Debug)]
pub struct Rotation {
    blueprints: Vec<Blueprint>,
    next: usize,
}

#[derive(Debug)]
struct Blueprint {
    action: usize,
    name: String,
    penalty: f32,
}

impl Rotation {
    /// Returns all blueprints of a space, which has them by ascending estimate.
    pub fn new(space: &ActionSpace) -> Self {
        let blueprints = (1..space.fossilize()).rev().filter_map(|action| {
            let name = space.blueprint(action).ok()?.to_owned();
            Some(Blueprint { action, name, penalty: 0.0 })
        });
        Self { blueprints: blueprints.collect(), next: 0 }
    }

    /// Halves all penalties and takes the next blueprint that is not penalized too much: its action
    /// and name.
    pub fn choose(&mut self) -> Option<(usize, &str)> {
        for blueprint in &mut self.blueprints {
            blueprint.penalty /= 2.0;
        }
        let n = self.blueprints.len();
        let at = (self.next..self.next + n).map(|i| i % n);
        let at = { at }.find(|&i| self.blueprints[i].penalty < PENALTY_LIMIT)?;
        self.next = at + 1;
        Some((self.blueprints[at].action, &self.blueprints[at].name))
    }

    /// Notes that a seed of the blueprint which this action germinates was culled.
    pub fn penalize(&mut self, action: usize) {
        for blueprint in self.blueprints.iter_mut().filter(|b| b.action == action) {
            blueprint.penalty += CULL_PENALTY;
        }
    }
}

/// The seed in the slot, as far as this policy knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Seed {
    /// The action that germinated it and the accuracy then; `None` for a seed that was there before
    /// this policy.
    germinated_by: Option<usize>,
    initial_accuracy: Option<f32>,
    /// The last action taken on it, and the epoch.
    ending: Option<(usize, f32)>,
    /// The epochs in which its initial accuracy was first and last asked for.
    asked: Option<(f32, f32)>,
}

/// An action whose effect has not been observed yet.
#[derive(Clone, Copy, Debug)]
struct Pending {
    epoch: f32,
    had_seed: bool,
}

/// Decides when to germinate, fossilize and cull; one environment, one seed at a time.
#[derive(Debug)]
pub struct Policy {
    rotation: Rotation,
    fossilize: usize,
    cull: usize,
    seed: Option<Seed>,
    planted: Option<Seed>,
    pending: Option<Pending>,
    culled_at: Option<f32>,
}

impl Policy {
    /// Returns a policy that has seen nothing yet.
    pub fn new(space: &ActionSpace) -> Self {
        Self {
            rotation: Rotation::new(space),
            fossilize: space.fossilize(),
            cull: space.cull(),
            seed: None,
            planted: None,
            pending: None,
            culled_at: None,
        }
    }

    /// Chooses the action for the next observation of a run. Never an action outside the mask.
    pub fn decide(&mut self, observation: &Observation, mask: ActionMask) -> Choice {
        self.notice(observation);
        let (action, reason) = if self.pending.is_some() {
            wait("until the last action shows")
        } else if self.seed.is_some() {
            self.judge(observation, mask)
        } else {
            self.plant(observation, mask)
        };
        if action != ActionSpace::WAIT {
            let epoch = observation[Feature::Epoch];
            self.pending = Some(Pending { epoch, had_seed: self.seed.is_some() });
            if let Some(seed) = &mut self.seed {
                seed.ending = Some((action, epoch));
            }
        }
        (action, reason)
    }

    /// Returns true if the trainer is to be asked now for the accuracy at which the present seed
    /// germinated: there is one that this policy did not germinate. `true` once an epoch at most,
    /// until [`Policy::learn`]. In PROBATIONARY such a seed is not judged before the epoch after
    /// the first question.
    pub fn must_ask(&mut self, observation: &Observation) -> bool {
        self.notice(observation);
        let now = observation[Feature::Epoch];
        match &mut self.seed {
            Some(seed)
                if seed.initial_accuracy.is_none() && seed.asked.is_none_or(|(_, last)| last != now) =>
            {
                seed.asked = Some((seed.asked.map_or(now, |(first, _)| first), now));
                true
            }
            _ => false,
        }
    }

    /// Learns the accuracy, percent, at which the present seed germinated.
    pub fn learn(&mut self, initial_accuracy: f32) {
        if let Some(seed) = &mut self.seed {
            seed.initial_accuracy = Some(initial_accuracy);
        }
    }

    /// Follows what became of the seed. Doing it twice does no harm.
    fn notice(&mut self, observation: &Observation) {
        let has_seed = observation[Feature::HasActiveSeed] == 1.0;
        let epoch = observation[Feature::Epoch];
        // An action that shows no effect by the next epoch was refused.
        self.pending = self.pending.filter(|p| p.epoch == epoch && p.had_seed == has_seed);
        if has_seed {
            let planted = self.planted.take();
            self.seed = self.seed.or(planted).or(Some(Seed::default()));
        } else if let Some(gone) = self.seed.take() {
            // Whoever ended it: what was not made permanent was culled.
            let (action, at) = gone.ending.unwrap_or((self.cull, epoch));
            if action != self.fossilize {
                self.culled_at = Some(at);
                gone.germinated_by.into_iter().for_each(|action| self.rotation.penalize(action));
            }
        }
    }

    fn plant(&mut self, observation: &Observation, mask: ActionMask) -> Choice {
        let epoch = observation[Feature::Epoch];
        let plateau = observation[Feature::PlateauEpochs];
        if !(1..self.fossilize).any(|action| mask.allows(action)) {
            return wait("no slot to germinate in");
        }
        if epoch < FIRST_EPOCH {
            return wait("too early");
        }
        if self.culled_at.is_some_and(|at| epoch < at + COOL_DOWN) {
            return wait("cooling down after a cull");
        }
        if plateau < PLATEAU {
            return wait("no plateau");
        }
        let Some((action, name)) = self.rotation.choose() else { return wait("no blueprint to try") };
        self.planted = Some(Seed {
            germinated_by: Some(action),
            initial_accuracy: Some(observation[Feature::ValAccuracy]),
            ..Seed::default()
        });
        (action, format!("plateau {plateau}, try {name}").into())
    }

    fn judge(&self, observation: &Observation, mask: ActionMask) -> Choice {
        let dwelt = observation[Feature::SeedEpochsInStage];
        if dwelt < 1.0 {
            return wait("less than an epoch in its stage");
        }
        let stage = observation[Feature::SeedStage];
        let is = |wanted: SeedStage| stage == f32::from(wanted.value());
        let seed = self.seed.unwrap_or_default();
        let epoch = observation[Feature::Epoch];
        if is(SeedStage::Probationary)
            && seed.initial_accuracy.is_none()
            && seed.asked.is_none_or(|(first, _)| first == epoch)
        {
            return wait("until the trainer says where it began");
        }
        if is(SeedStage::Probationary)
            && mask.allows(self.fossilize)
            && let Some(start) = seed.initial_accuracy
        {
            let total = observation[Feature::ValAccuracy] - start;
            if total > 0.0 {
                return (self.fossilize, format!("{total:+.2} pp since germination").into());
            }
        }
        if !mask.allows(self.cull) {
            return wait("nothing to be done in this stage");
        }
        let improvement = observation[Feature::SeedImprovement];
        if dwelt >= JUDGED_AFTER && improvement < BEARABLE {
            return (self.cull, format!("{improvement:+.2} pp in {dwelt} epochs").into());
        }
        if dwelt >= PATIENCE && (is(SeedStage::Training) || is(SeedStage::Probationary)) {
            return (self.cull, format!("{dwelt} epochs and its gate stays shut").into());
        }
        wait("the seed goes on")
    }
}

fn wait(reason: &'static str) -> Choice {
    (ActionSpace::WAIT, Cow::Borrowed(reason))
}
