use crate::prelude::*;

pub(crate) fn slot() -> SeedLifecycle {
    SeedLifecycle::new(25, GateThresholds::default()).unwrap()
}

/// Returns a life cycle whose journal has been read: two may differ in that alone.
pub(crate) fn quiet(life: &SeedLifecycle) -> SeedLifecycle {
    let mut life = life.clone();
    while life.next_event().is_some() {}
    while life.next_state_report().is_some() {}
    while life.next_gate_result().is_some() {}
    while life.next_field_report().is_some() {}
    life
}

pub(crate) fn germinated() -> SeedLifecycle {
    let mut slot = slot();
    slot.germinate("seed_0", "conv_enhance", 50.0).unwrap();
    slot
}

pub(crate) fn epochs(slot: &mut SeedLifecycle, count: u32, accuracy: f32) {
    for _ in 0..count {
        slot.end_of_epoch(accuracy).unwrap();
    }
}

/// Returns a seed that has reached a stage the way a good one does; accuracy 51, 52, ... at the
/// end of each stage.
pub(crate) fn at(stage: SeedStage) -> SeedLifecycle {
    let mut slot = germinated();
    while slot.stage() != stage {
        match slot.stage() {
            SeedStage::Training => epochs(&mut slot, 3, 51.0),
            SeedStage::Blending => {
                epochs(&mut slot, 3, 52.0);
                slot.set_alpha(1.0).unwrap();
            }
            SeedStage::Shadowing => epochs(&mut slot, 2, 53.0),
            SeedStage::Probationary => epochs(&mut slot, 1, 54.0),
            _ => {}
        }
        let next = slot.stage().successors()[0];
        slot.advance(next).unwrap();
    }
    slot
}

#[test]
fn a_good_seed_fossilizes_and_stays() {
    let mut slot = at(SeedStage::Fossilized);
    assert_eq!(slot.previous_stage(), SeedStage::Probationary);
    assert_eq!(slot.metrics().epochs_total, 9);
    assert_eq!(slot.metrics().total_improvement, 4.0);
    slot.end_of_epoch(55.0).unwrap();
    assert_eq!(slot.metrics().epochs_in_stage, 1);
    assert_eq!(slot.cull().unwrap_err().kind(), ErrorKind::IllegalTransition);
}

#[test]
fn an_overlong_name_plants_nothing() {
    let long = "x".repeat(40);
    for (seed, blueprint) in [(long.as_str(), "norm"), ("seed_0", long.as_str())] {
        let mut empty = slot();
        let e = empty.germinate(seed, blueprint, 50.0).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidId);
        assert_eq!(empty, slot());
    }
}

#[test]
fn each_stage_starts_from_the_accuracy_that_the_one_before_ended_with() {
    let mut seed = at(SeedStage::Training);
    epochs(&mut seed, 3, 56.0);
    seed.end_of_epoch(54.0).unwrap();
    let m = seed.metrics();
    assert_eq!((m.initial_accuracy, m.current_accuracy, m.best_accuracy), (50.0, 54.0, 56.0));
    assert_eq!((m.total_improvement, m.improvement_since_stage_start), (4.0, 4.0));
    assert_eq!((m.epochs_total, m.epochs_in_stage), (4, 4));

    seed.advance(SeedStage::Blending).unwrap();
    let m = seed.metrics();
    assert_eq!((m.accuracy_at_stage_start, m.improvement_since_stage_start), (54.0, 0.0));
    assert_eq!((m.epochs_total, m.epochs_in_stage), (4, 0));

    seed.end_of_epoch(53.0).unwrap();
    let m = seed.metrics();
    assert_eq!((m.total_improvement, m.improvement_since_stage_start), (3.0, -1.0));
    assert_eq!((m.epochs_total, m.epochs_in_stage), (5, 1));
    m.check().unwrap();
}

#[test]
fn a_number_that_cannot_be_changes_nothing() {
    let mut seed = at(SeedStage::Training);
    let before = seed.clone();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(seed.end_of_epoch(bad).unwrap_err().kind(), ErrorKind::NotFinite);
        assert_eq!(seed.set_alpha(bad).unwrap_err().kind(), ErrorKind::NotFinite);
        assert_eq!(seed.record_gradient_norm(bad).unwrap_err().kind(), ErrorKind::NotFinite);
    }
    for bad in [-0.5, 100.5] {
        assert_eq!(seed.end_of_epoch(bad).unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(seed.set_alpha(bad).unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(slot().germinate("s", "b", bad).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(seed.record_gradient_norm(-0.5).unwrap_err().kind(), ErrorKind::OutOfRange);
    assert_eq!(seed, before);
}

#[test]
fn a_culled_seed_leaves_its_figures_until_the_slot_is_dormant() {
    for stage in [
        SeedStage::Germinated,
        SeedStage::Training,
        SeedStage::Blending,
        SeedStage::Shadowing,
        SeedStage::Probationary,
    ] {
        let mut seed = at(stage);
        seed.end_of_epoch(57.0).unwrap();
        let alive = seed.metrics();
        seed.cull().unwrap();
        assert_eq!((seed.stage(), seed.previous_stage()), (SeedStage::Culled, stage));
        seed.end_of_epoch(20.0).unwrap();
        seed.set_alpha(0.3).unwrap();
        seed.record_gradient_norm(9.0).unwrap();
        seed.add_isolation_violation();
        seed.set_health(Health::Unhealthy);
        assert_eq!(seed.metrics(), SeedMetrics { epochs_in_stage: 1, ..alive });
        assert_eq!(seed.health(), Health::Healthy);
        assert_eq!(seed.germinate("seed_1", "norm", 50.0).unwrap_err().kind(), ErrorKind::IllegalTransition);

        seed.advance(SeedStage::Embargoed).unwrap();
        seed.advance(SeedStage::Resetting).unwrap();
        assert_eq!(seed.seed_id(), Id::new("seed_0").unwrap());
        seed.advance(SeedStage::Dormant).unwrap();
        assert_eq!((seed.seed_id(), seed.metrics()), (slot().seed_id(), slot().metrics()));
        assert_eq!(seed.previous_stage(), SeedStage::Resetting);
        seed.germinate("seed_1", "norm", 40.0).unwrap();
        assert_eq!(seed.metrics().initial_accuracy, 40.0);
    }
}

#[test]
fn an_empty_slot_records_nothing() {
    let mut empty = slot();
    empty.end_of_epoch(50.0).unwrap();
    empty.set_alpha(0.5).unwrap();
    empty.record_gradient_norm(1.0).unwrap();
    empty.add_isolation_violation();
    empty.set_health(Health::Unhealthy);
    assert_eq!(empty, slot());
    assert_eq!((empty.stage(), empty.previous_stage()), (SeedStage::Dormant, SeedStage::Unknown));
}

#[test]
fn the_mean_gradient_norm_is_exact_and_the_ramp_counts_in_blending_only() {
    let mut seed = at(SeedStage::Training);
    for norm in [1.0, 2.0, 6.0] {
        seed.record_gradient_norm(norm).unwrap();
    }
    assert_eq!(seed.metrics().mean_gradient_norm, 3.0);
    let mut huge = at(SeedStage::Training);
    for _ in 0..3 {
        huge.record_gradient_norm(f32::MAX).unwrap();
    }
    huge.metrics().check().unwrap();

    seed.set_alpha(0.0).unwrap();
    assert_eq!(seed.metrics().alpha_ramp_step, 0);
    let mut blending = at(SeedStage::Blending);
    for alpha in [0.25, 0.5] {
        blending.set_alpha(alpha).unwrap();
    }
    assert_eq!((blending.metrics().alpha, blending.metrics().alpha_ramp_step), (0.5, 2));
}
