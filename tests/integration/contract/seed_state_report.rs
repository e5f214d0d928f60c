use crate::prelude::*;

fn state() -> SeedStateReport {
    SeedStateReport::new(SeedStage::Blending, SeedStage::Training, 5, 9)
        .and_then(|r| r.with_seed("seed_0", "norm"))
        .and_then(|r| r.with_slot("slot_0"))
        .and_then(|r| r.with_metrics(SeedMetrics { alpha: 0.5, ..SeedMetrics::default() }))
        .unwrap()
        .with_env(3)
}

#[test]
fn a_state_report_carries_what_it_is_given() {
    let r = state();
    r.check().unwrap();
    assert_eq!((r.stage().unwrap(), r.previous_stage().unwrap()), (SeedStage::Blending, SeedStage::Training));
    assert_eq!(r.seed().unwrap().to_string(), "seed_0");
    assert_eq!(r.blueprint().unwrap().to_string(), "norm");
    assert_eq!(r.slot().unwrap().to_string(), "slot_0");
    assert_eq!((r.entered_at_unix_ns, r.reported_at_unix_ns, r.env), (5, 9, 3));
    assert!(r.is_healthy() && !r.is_improving() && !r.needs_attention());
    let r = r.unhealthy().improving().needing_attention();
    r.check().unwrap();
    assert!(!r.is_healthy() && r.is_improving() && r.needs_attention());

    let empty = SeedStateReport::new(SeedStage::Dormant, SeedStage::Resetting, 0, 0).unwrap();
    empty.check().unwrap();
    assert_eq!((empty.seed(), empty.blueprint(), empty.slot()), (None, None, None));
    SeedStateReport::default().check().unwrap();
}

#[test]
fn a_state_report_knows_every_stage_that_may_follow_and_refuses_a_jump() {
    for previous in SeedStage::ALL {
        for stage in SeedStage::ALL {
            let both_unknown = (*previous, *stage) == (SeedStage::Unknown, SeedStage::Unknown);
            let made = SeedStateReport::new(*stage, *previous, 0, 0);
            assert_eq!(made.is_ok(), previous.can_go_to(*stage) || both_unknown, "{previous} {stage}");
        }
    }
    let e = SeedStateReport::new(SeedStage::Fossilized, SeedStage::Training, 0, 0).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::IllegalTransition);
    assert_eq!((e.expected(), e.found()), ("BLENDING or CULLED", "FOSSILIZED"));
}

#[test]
fn a_report_of_a_jump_is_refused_and_wild_figures_are_tamed() {
    let e = SeedStateReport { stage: 7, ..state() }.check().unwrap_err();
    assert!(e.kind() == ErrorKind::IllegalTransition && e.to_string().contains("from TRAINING"), "{e}");
    let mut r = state();
    (r.metrics.alpha, r.metrics.current_accuracy) = (f32::NAN, 200.0);
    assert_eq!((r.sanitize(), r.metrics.alpha, r.metrics.current_accuracy), (2, 0.0, 100.0));
    r.check().unwrap();
}
