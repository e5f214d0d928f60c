use super::lifecycle::{at, epochs, germinated, quiet, slot};
use crate::prelude::*;

fn passes(slot: &SeedLifecycle, gate: GateLevel) -> bool {
    slot.check_gate(gate).passed
}

/// Returns the names of the checks that a gate fails on.
fn fails(slot: &SeedLifecycle, gate: GateLevel) -> Vec<&'static str> {
    let verdict = slot.check_gate(gate);
    let failed: Vec<_> = verdict.checks.iter().filter(|c| !c.passed).map(|c| c.name).collect();
    assert_eq!(verdict.passed, failed.is_empty());
    failed
}

#[test]
fn g0_wants_an_empty_slot_and_both_names() {
    assert_eq!(fails(&slot(), GateLevel::G0), ["seed_id", "blueprint"]);
    for (seed, blueprint) in [("", "norm"), ("seed_0", ""), ("", "")] {
        let mut empty = slot();
        let e = empty.germinate(seed, blueprint, 50.0).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::GateFailed);
        assert_eq!(quiet(&empty), slot());
    }
    assert_eq!(slot().advance(SeedStage::Germinated).unwrap_err().kind(), ErrorKind::GateFailed);
    let mut taken = germinated();
    assert_eq!(fails(&taken, GateLevel::G0), ["stage"]);
    assert_eq!(taken.germinate("seed_1", "norm", 50.0).unwrap_err().kind(), ErrorKind::IllegalTransition);
    assert_eq!(taken, germinated());

    let verdict = slot().germinate("seed_0", "norm", 50.0).unwrap();
    assert_eq!((verdict.gate, verdict.passed, verdict.score), (GateLevel::G0, true, 1.0));
}

#[test]
fn g1_wants_a_germinated_seed() {
    assert_eq!(fails(&slot(), GateLevel::G1), ["stage"]);
    assert_eq!(slot().check_gate(GateLevel::G1).score, 0.0);
    assert_eq!(germinated().check_gate(GateLevel::G1).score, 1.0);
    assert!(passes(&germinated(), GateLevel::G1));
}

#[test]
fn g2_passes_at_each_threshold_and_not_just_below() {
    let mut seed = at(SeedStage::Training);
    epochs(&mut seed, 2, 50.5);
    assert_eq!(fails(&seed, GateLevel::G2), ["epochs_in_stage"]);
    seed.end_of_epoch(50.5_f32.next_down()).unwrap();
    assert_eq!(fails(&seed, GateLevel::G2), ["improvement_since_stage_start"]);
    let before = seed.clone();
    let e = seed.advance(SeedStage::Blending).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::GateFailed);
    assert!(e.to_string().contains("G2") && e.expected().contains(">= 0.5 pp"), "{e}");
    assert_eq!(quiet(&seed), quiet(&before));

    seed.end_of_epoch(50.5).unwrap();
    for _ in 0..10 {
        seed.add_isolation_violation();
    }
    assert!(passes(&seed, GateLevel::G2));
    assert_eq!(seed.check_gate(GateLevel::G2).score, 0.1);
    seed.add_isolation_violation();
    assert_eq!(fails(&seed, GateLevel::G2), ["isolation_violations"]);

    seed.end_of_epoch(70.0).unwrap();
    assert_eq!(seed.check_gate(GateLevel::G2).score, 1.0);
    seed.end_of_epoch(20.0).unwrap();
    assert_eq!(seed.check_gate(GateLevel::G2).score, 0.0);
}

#[test]
fn g3_passes_at_each_threshold_and_not_just_below() {
    let mut seed = at(SeedStage::Blending);
    seed.set_alpha(0.95).unwrap();
    epochs(&mut seed, 2, 52.0);
    assert_eq!(fails(&seed, GateLevel::G3), ["epochs_in_stage"]);
    epochs(&mut seed, 1, 52.0);
    assert!(passes(&seed, GateLevel::G3));
    seed.set_alpha(0.95_f32.next_down()).unwrap();
    assert_eq!(fails(&seed, GateLevel::G3), ["alpha"]);
    assert_eq!(seed.check_gate(GateLevel::G3).score, 0.95_f32.next_down(), "the score is alpha");
}

#[test]
fn g4_wants_a_seed_in_shadowing() {
    let mut elsewhere = at(SeedStage::Blending);
    epochs(&mut elsewhere, 5, 52.0);
    assert_eq!(fails(&elsewhere, GateLevel::G4), ["stage"]);
}

#[test]
fn g5_wants_an_improvement_and_health() {
    let mut seed = at(SeedStage::Probationary);
    seed.end_of_epoch(50.0).unwrap();
    assert_eq!(fails(&seed, GateLevel::G5), ["total_improvement"]);
    seed.end_of_epoch(50.0_f32.next_up()).unwrap();
    assert!(passes(&seed, GateLevel::G5));
    seed.set_health(Health::Unhealthy);
    assert_eq!(fails(&seed, GateLevel::G5), ["health"]);
    assert_eq!(seed.advance(SeedStage::Fossilized).unwrap_err().kind(), ErrorKind::GateFailed);
    seed.set_health(Health::Healthy);
    seed.end_of_epoch(55.0).unwrap();
    assert_eq!(seed.check_gate(GateLevel::G5).score, 0.5);
    seed.advance(SeedStage::Fossilized).unwrap();
}

#[test]
fn thresholds_can_be_set_and_are_checked() {
    let easy =
        GateThresholds { min_stage_improvement: -100.0, min_training_epochs: 0, ..GateThresholds::default() };
    let mut seed = SeedLifecycle::new(25, easy).unwrap();
    seed.germinate("seed_0", "norm", 50.0).unwrap();
    seed.advance(SeedStage::Training).unwrap();
    seed.advance(SeedStage::Blending).unwrap();

    let kind = |t: GateThresholds| SeedLifecycle::new(25, t).unwrap_err().kind();
    let d = GateThresholds::default();
    assert_eq!(kind(GateThresholds { min_alpha: f32::NAN, ..d }), ErrorKind::NotFinite);
    assert_eq!(kind(GateThresholds { min_alpha: 1.5, ..d }), ErrorKind::OutOfRange);
    assert_eq!(kind(GateThresholds { min_stage_improvement: 101.0, ..d }), ErrorKind::OutOfRange);
    assert_eq!(kind(GateThresholds { total_improvement_above: -101.0, ..d }), ErrorKind::OutOfRange);
    assert_eq!(kind(GateThresholds { shadowing_dwell_percent: 101, ..d }), ErrorKind::OutOfRange);
    assert_eq!(SeedLifecycle::new(0, d).unwrap_err().kind(), ErrorKind::OutOfRange);
}
