use crate::prelude::*;
use proptest::prelude::*;

fn validation(val_loss: f32, val_accuracy: f32) -> Validation {
    Validation { epoch: 3, global_step: 400, train_loss: 0.5, val_loss, train_accuracy: 60.0, val_accuracy }
}

fn seed(id: &str, stage: SeedStage) -> SeedView {
    SeedView { id: Id::new(id).unwrap(), stage, epochs_in_stage: 4, alpha: 0.5, improvement: -1.5 }
}

fn history(o: &Observation, first: Feature) -> &[f32] {
    &o.values[first.index()..][..5]
}

#[test]
fn describing_a_seed_refuses_and_names_the_field() {
    let mut signals = TrainingSignals::default();
    let blending = seed("a", SeedStage::Blending);
    for (view, kind, name) in [
        (SeedView { alpha: 1.5, ..blending }, ErrorKind::OutOfRange, "seed_alpha"),
        (SeedView { improvement: f32::NAN, ..blending }, ErrorKind::NotFinite, "seed_improvement"),
    ] {
        let e = view.describe(&mut signals).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
        assert!(!e.expected().is_empty() && !e.found().is_empty());
    }
    assert_eq!(signals, TrainingSignals::default());
}

#[test]
fn the_first_update_has_no_delta_and_is_no_plateau() {
    let mut t = SignalTracker::new();
    assert_eq!(*t.observation(), Observation::EMPTY);
    let o = *t.update(&validation(2.0, 50.0));
    assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (0.0, 0.0));
    assert_eq!(o[Feature::PlateauEpochs], 0.0);
    assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (2.0, 50.0));
    assert_eq!(history(&o, Feature::LossHist0), [0.0, 0.0, 0.0, 0.0, 2.0]);
    assert_eq!((o[Feature::Epoch], o[Feature::GlobalStep], o[Feature::TrainLoss]), (3.0, 400.0, 0.5));
    assert!(o.check().is_ok());
}

#[test]
fn a_plateau_is_a_run_of_small_accuracy_deltas() {
    let counts = |mut t: SignalTracker| {
        [50.0, 50.25, 50.5, 50.0, 50.5, 50.75, 52.0]
            .map(|accuracy| t.update(&validation(1.0, accuracy))[Feature::PlateauEpochs])
    };
    assert_eq!(counts(SignalTracker::new()), [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 0.0]);
    let lower = SignalTracker::with_plateau_threshold(0.25).unwrap();
    assert_eq!(counts(lower), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    for (bad, kind) in
        [(f32::NAN, ErrorKind::NotFinite), (-0.1, ErrorKind::OutOfRange), (101.0, ErrorKind::OutOfRange)]
    {
        let e = SignalTracker::with_plateau_threshold(bad).unwrap_err();
        assert_eq!(e.kind(), kind);
        assert!(e.to_string().contains("plateau threshold"));
    }
}

#[test]
fn a_smaller_loss_is_a_positive_delta_and_best_values_only_improve() {
    let mut t = SignalTracker::new();
    t.update(&validation(12.0, 30.0));
    assert_eq!(t.observation()[Feature::BestValLoss], 10.0);
    assert_eq!(t.signals().metrics.best_val_loss(), Some(12.0));
    let o = *t.update(&validation(1.5, 40.0));
    assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (10.5, 10.0));
    let o = *t.update(&validation(2.0, 35.0));
    assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (-0.5, -5.0));
    assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (1.5, 40.0));
    assert_eq!(t.signals().metrics.validations, 3);
}

#[test]
fn a_step_changes_three_numbers_and_nothing_else() {
    let mut t = SignalTracker::new();
    t.update(&validation(2.0, 50.0));
    let before = *t.update(&validation(1.9, 50.1));
    let mut expected = before;
    expected[Feature::Epoch] = 4.0;
    expected[Feature::GlobalStep] = 401.0;
    expected[Feature::TrainLoss] = 0.25;
    assert_eq!(*t.step(4, 401, 0.25), expected);
    assert_eq!(*t.observation(), expected);
    assert_eq!(t.signals().metrics.validations, 2);
}

#[test]
fn a_figure_that_is_not_finite_poisons_nothing_and_is_reported() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut t = SignalTracker::new();
        t.update(&validation(2.0, 50.0));
        t.update(&validation(1.5, 50.1));
        let mut o = *t.update(&validation(bad, bad));
        let (loss, accuracy, plateau) = if bad.is_nan() { (1.5 - 1e6, -50.1, 2.0) } else { (0.0, 0.0, 1.0) };
        assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (loss, accuracy));
        assert_eq!((o[Feature::BestValLoss], o[Feature::BestValAccuracy]), (1.5, 50.1));
        assert_eq!(o[Feature::PlateauEpochs], plateau);
        assert_eq!(o.sanitize(), 1 << Feature::ValLoss.index() | 1 << Feature::ValAccuracy.index());
        assert_eq!(o[Feature::LossHist4], o[Feature::ValLoss]);
        assert_eq!(o[Feature::AccHist4], o[Feature::ValAccuracy]);
        let o = *t.update(&validation(1.0, 50.2));
        assert_eq!((o[Feature::LossDelta], o[Feature::PlateauEpochs]), (0.5, plateau + 1.0));
        assert!(o.check().is_ok());
        let o = *t.step(5, 500, bad);
        assert_eq!(o.check().unwrap_err().kind(), ErrorKind::NotFinite);
        assert!(t.step(5, 501, 0.1).check().is_ok());
    }
    let mut first = SignalTracker::new();
    let mut o = *first.update(&validation(f32::NAN, f32::NAN));
    assert_eq!((o[Feature::LossDelta], o[Feature::AccuracyDelta]), (0.0, 0.0));
    o.sanitize();
    assert_eq!((o[Feature::BestValLoss], o[Feature::LossHist4]), (10.0, 1e6));
}

#[test]
fn a_seed_is_active_while_it_is_alive_in_its_slot() {
    let mut t = SignalTracker::new();
    t.set_available_slots(2);
    for &stage in SeedStage::ALL {
        t.set_seed(&seed("s", stage));
        let o = t.observation();
        let alive = (2..=6).contains(&stage.value());
        assert_eq!(o[Feature::HasActiveSeed], f32::from(u8::from(alive)), "{stage}");
        assert_eq!(o[Feature::SeedStage], f32::from(stage.value()));
        assert_eq!(
            (o[Feature::SeedEpochsInStage], o[Feature::SeedAlpha], o[Feature::SeedImprovement]),
            (4.0, 0.5, -1.5)
        );
        assert_eq!(o[Feature::AvailableSlots], 2.0);
        assert_eq!(t.signals().active_seeds().unwrap().len(), usize::from(alive));
    }
    t.clear_seed();
    let mut empty = Observation::EMPTY;
    empty[Feature::AvailableSlots] = 2.0;
    assert_eq!(*t.observation(), empty);
}

#[test]
fn of_several_seeds_the_first_alive_one_is_described() {
    let mut t = SignalTracker::new();
    t.set_seeds(&[
        seed("old", SeedStage::Fossilized),
        seed("a", SeedStage::Training),
        seed("b", SeedStage::Blending),
    ]);
    assert_eq!(t.observation()[Feature::SeedStage], 3.0);
    let ids: Vec<String> = t.signals().active_seeds().unwrap().iter().map(Id::to_string).collect();
    assert_eq!(ids, ["a", "b"]);
    t.set_seeds(&[seed("x", SeedStage::Training); 11]);
    assert_eq!((t.signals().active_seed_count, t.signals().active_seeds_dropped), (8, 3));
    t.set_seed(&seed("y", SeedStage::Training));
    assert_eq!((t.signals().active_seed_count, t.signals().active_seeds_dropped), (1, 0));
}

proptest! {
    #[test]
    fn a_tracker_agrees_with_the_whole_list_of_figures(
        figures in proptest::collection::vec((0.0f32..20.0, 0.0f32..100.0, 0usize..3), 1..50),
    ) {
        let mut t = SignalTracker::new();
        for (n, &(loss, accuracy, steps)) in figures.iter().enumerate() {
            let o = *t.update(&validation(loss, accuracy));
            let seen = &figures[..=n];
            let losses: Vec<f32> = seen.iter().map(|f| f.0).collect();
            let accuracies: Vec<f32> = seen.iter().map(|f| f.1).collect();
            prop_assert_eq!(o[Feature::BestValLoss], losses.iter().copied().fold(10.0, f32::min));
            prop_assert_eq!(o[Feature::BestValAccuracy], accuracies.iter().copied().fold(0.0, f32::max));
            let flat = accuracies.windows(2).rev().take_while(|w| w[1] - w[0] < 0.5).count();
            prop_assert_eq!(o[Feature::PlateauEpochs], flat as f32);
            if n > 0 {
                prop_assert_eq!(o[Feature::LossDelta], losses[n - 1] - loss);
            }
            let kept = losses.len().saturating_sub(MAX_HISTORY);
            prop_assert_eq!(t.signals().loss_history().unwrap(), &losses[kept..]);
            prop_assert_eq!(t.signals().accuracy_history().unwrap(), &accuracies[kept..]);
            prop_assert_eq!(t.signals().loss_history_dropped as usize, kept);
            for step in 0..steps {
                t.step(3, step as u64, 0.5);
            }
            prop_assert_eq!(t.signals().to_observation(), *t.observation());
            prop_assert!(t.signals().check().is_ok() && t.observation().check().is_ok());
        }
    }
}
