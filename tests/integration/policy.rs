//! The example controller's policy, rule by rule.

use leyline::{ActionSpace, Feature, Observation};
use std::borrow::Cow;

#[path = "../../examples/controller/policy.rs"]
#[allow(unreachable_pub)]
mod example;

use example::{Policy, Rotation};

const WAIT: usize = ActionSpace::WAIT;
const TRAINING: f32 = 3.0;
const BLENDING: f32 = 4.0;
const PROBATIONARY: f32 = 6.0;

/// Returns an observation with a free seed slot.
fn empty(epoch: u32, plateau: u32) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::Epoch] = epoch as f32;
    o[Feature::PlateauEpochs] = plateau as f32;
    o[Feature::ValAccuracy] = 90.0;
    o[Feature::AvailableSlots] = 1.0;
    o
}

/// Returns an observation of a seed that has been in its stage for some epochs and has gained some
/// percentage points since.
fn seed(epoch: u32, stage: f32, dwelt: u32, improvement: f32) -> Observation {
    let mut o = empty(epoch, 0);
    o[Feature::AvailableSlots] = 0.0;
    o[Feature::HasActiveSeed] = 1.0;
    o[Feature::SeedStage] = stage;
    o[Feature::SeedEpochsInStage] = dwelt as f32;
    o[Feature::SeedImprovement] = improvement;
    o
}

fn with_accuracy(mut o: Observation, accuracy: f32) -> Observation {
    o[Feature::ValAccuracy] = accuracy;
    o
}

struct Run {
    space: ActionSpace,
    policy: Policy,
}

impl Run {
    fn new() -> Self {
        let space = ActionSpace::cnn();
        Self { policy: Policy::new(&space), space }
    }

    /// Starts a run whose policy has germinated a seed at epoch 6 and 90 %.
    fn planted() -> Self {
        let mut run = Self::new();
        assert_ne!(run.act(&empty(6, 3)), WAIT);
        run
    }

    fn explain(&mut self, o: &Observation) -> (usize, Cow<'static, str>) {
        let mask = self.space.mask(o);
        let (action, reason) = self.policy.decide(o, mask);
        assert!(mask.allows(action), "{action}");
        assert!((1..=63).contains(&reason.len()), "{reason:?}");
        (action, reason)
    }

    fn act(&mut self, o: &Observation) -> usize {
        self.explain(o).0
    }

    fn named(&mut self, o: &Observation) -> String {
        let action = self.act(o);
        self.space.name(action).unwrap().to_owned()
    }
}

#[test]
fn a_plateau_of_three_updates_germinates() {
    let mut run = Run::new();
    assert_eq!(run.act(&empty(9, 2)), WAIT);
    let (action, reason) = run.explain(&empty(10, 3));
    assert_eq!(run.space.name(action).unwrap(), "GERMINATE_CONV_ENHANCE");
    assert_eq!(reason, "plateau 3, try conv_enhance");
}

#[test]
fn nothing_germinates_before_epoch_five() {
    let mut run = Run::new();
    assert_eq!(run.act(&empty(4, 4)), WAIT);
    assert_ne!(run.act(&empty(5, 5)), WAIT);
}

#[test]
fn nothing_germinates_where_it_cannot() {
    let mut run = Run::new();
    let mut full = empty(10, 5);
    full[Feature::AvailableSlots] = 0.0;
    assert_eq!(run.act(&full), WAIT);
}

#[test]
fn a_longest_reason_fits_a_command() {
    let space = ActionSpace::new("cnn", &[("a".repeat(39).as_str(), 1)]).unwrap();
    let mut run = Run { policy: Policy::new(&space), space };
    assert_ne!(run.act(&empty(1 << 24, 1 << 24)), WAIT);
}

#[test]
fn an_action_is_not_repeated_before_the_next_epoch() {
    let mut run = Run::new();
    assert_ne!(run.act(&empty(6, 3)), WAIT);
    // Published before the trainer could act on it.
    assert_eq!(run.act(&empty(6, 3)), WAIT);
    // It was refused.
    assert_eq!(run.named(&empty(7, 4)), "GERMINATE_DEPTHWISE");
}

#[test]
fn a_fossilized_seed_frees_the_slot_at_once() {
    let mut run = Run::planted();
    assert_eq!(run.named(&with_accuracy(seed(20, PROBATIONARY, 1, 0.0), 91.0)), "FOSSILIZE");
    assert_eq!(run.named(&empty(20, 3)), "GERMINATE_DEPTHWISE");
}

#[test]
fn a_seed_is_let_be_for_an_epoch() {
    let mut run = Run::planted();
    assert_eq!(run.act(&with_accuracy(seed(20, PROBATIONARY, 0, 1.0), 95.0)), WAIT);
    assert_eq!(run.named(&with_accuracy(seed(21, PROBATIONARY, 1, 1.0), 95.0)), "FOSSILIZE");
}

#[test]
fn fossilizing_takes_probation_and_an_improvement_since_germination() {
    let mut run = Run::planted();
    assert_eq!(run.act(&with_accuracy(seed(12, BLENDING, 3, 2.0), 95.0)), WAIT);
    // Better since the stage began, not since it germinated at 90 %.
    assert_eq!(run.act(&with_accuracy(seed(20, PROBATIONARY, 1, 2.0), 90.0)), WAIT);
    let (action, reason) = run.explain(&with_accuracy(seed(21, PROBATIONARY, 2, -1.0), 90.25));
    assert_eq!((action, &*reason), (run.space.fossilize(), "+0.25 pp since germination"));
}

#[test]
fn a_seed_that_harms_is_culled_after_five_epochs() {
    let mut run = Run::planted();
    assert_eq!(run.act(&seed(10, BLENDING, 4, -9.0)), WAIT);
    assert_eq!(run.act(&seed(11, BLENDING, 5, -2.0)), WAIT);
    let (action, reason) = run.explain(&seed(12, BLENDING, 6, -2.5));
    assert_eq!((action, &*reason), (run.space.cull(), "-2.50 pp in 6 epochs"));
}

#[test]
fn a_gate_that_stays_shut_ends_a_seed_after_ten_epochs() {
    for stage in [TRAINING, PROBATIONARY] {
        let mut run = Run::planted();
        assert_eq!(run.act(&seed(16, stage, 9, 0.0)), WAIT);
        assert_eq!(run.named(&seed(17, stage, 10, 0.0)), "CULL");
    }
    let mut run = Run::planted();
    assert_eq!(run.act(&seed(17, BLENDING, 10, 0.0)), WAIT);
}

#[test]
fn five_epochs_pass_after_a_cull() {
    let mut run = Run::planted();
    assert_eq!(run.named(&seed(17, TRAINING, 10, 0.0)), "CULL");
    for epoch in 17..22 {
        assert_eq!(run.act(&empty(epoch, 9)), WAIT, "epoch {epoch}");
    }
    assert_eq!(run.named(&empty(22, 9)), "GERMINATE_DEPTHWISE");
}

#[test]
fn a_seed_that_the_trainer_culled_counts_as_culled() {
    let mut run = Run::planted();
    assert_eq!(run.act(&seed(8, TRAINING, 2, 0.0)), WAIT);
    assert_eq!(run.act(&empty(13, 9)), WAIT);
    assert_eq!(run.act(&empty(17, 9)), WAIT);
    assert_ne!(run.act(&empty(18, 9)), WAIT);
}

#[test]
fn blueprints_take_turns_from_the_largest() {
    let space = ActionSpace::cnn();
    let mut rotation = Rotation::new(&space);
    let turns: Vec<String> = (0..5).map(|_| rotation.choose().unwrap().1.to_owned()).collect();
    assert_eq!(turns, ["conv_enhance", "depthwise", "attention", "norm", "conv_enhance"]);
}

#[test]
fn a_blueprint_culled_too_often_is_passed_over_until_its_penalty_has_halved() {
    let space = ActionSpace::new("cnn", &[("small", 1), ("large", 2)]).unwrap();
    let mut rotation = Rotation::new(&space);
    for _ in 0..3 {
        rotation.penalize(space.germinate("large").unwrap());
    }
    // 6 points: 3 at its first turn, which is too much.
    let turns: Vec<String> = (0..3).map(|_| rotation.choose().unwrap().1.to_owned()).collect();
    assert_eq!(turns, ["small", "large", "small"]);
    for action in 1..=2 {
        (0..4).for_each(|_| rotation.penalize(action));
    }
    assert!(rotation.choose().is_none());
    assert!(rotation.choose().is_some());
}

#[test]
fn a_restarted_policy_asks_where_a_strange_seed_began() {
    let mut run = Run::new();
    let now = with_accuracy(seed(30, PROBATIONARY, 2, 0.0), 93.0);
    assert!(run.policy.must_ask(&now));
    assert!(!run.policy.must_ask(&now), "once an epoch");
    assert_eq!(run.act(&now), WAIT, "it cannot know yet");
    assert!(run.policy.must_ask(&with_accuracy(seed(31, PROBATIONARY, 3, 0.0), 93.0)), "no answer came");
    run.policy.learn(91.0);
    let later = with_accuracy(seed(32, PROBATIONARY, 4, 0.0), 93.0);
    assert!(!run.policy.must_ask(&later));
    let (action, reason) = run.explain(&later);
    assert_eq!((action, &*reason), (run.space.fossilize(), "+2.00 pp since germination"));
}

#[test]
fn a_strange_seed_on_probation_is_culled_only_if_the_trainer_stays_silent() {
    let mut run = Run::new();
    let late = |epoch| seed(epoch, PROBATIONARY, 12, 0.0);
    assert_eq!(run.act(&late(30)), WAIT, "not asked yet");
    assert!(run.policy.must_ask(&late(31)));
    assert_eq!(run.act(&late(31)), WAIT, "an answer may come");
    assert!(run.policy.must_ask(&late(32)));
    assert_eq!(run.named(&late(32)), "CULL");
}

#[test]
fn of_its_own_seed_it_need_not_ask() {
    let mut run = Run::planted();
    assert!(!run.policy.must_ask(&seed(7, TRAINING, 1, 0.0)));
    assert!(!Run::new().policy.must_ask(&empty(7, 0)));
}
