use crate::prelude::*;

fn several_slots() -> RowSchema {
    RowSchema::builder("slots", 2)
        .real("AVAILABLE_SLOTS", "slots", 0.0, 1.0)
        .scaled("clip(x/max_slots,0,1)")
        .real("SEED_STAGE", "SeedStage", 0.0, 1.0)
        .scaled("x/10")
        .whole("HAS_ACTIVE_SEED", "-", 0.0, 1.0)
        .parameter("max_slots", 3.0)
        .build()
        .unwrap()
}

#[test]
fn the_seed_is_read_by_name_in_whatever_scale() {
    let v1 = Observation::row_schema();
    let schema = several_slots();
    for stage in SeedStage::ALL {
        for (active, slots) in [(0u8, 3u16), (1, 2), (1, 1), (0, 0)] {
            let mut o = Observation::EMPTY;
            o[Feature::HasActiveSeed] = active.into();
            o[Feature::SeedStage] = stage.value().into();
            o[Feature::AvailableSlots] = slots.into();
            let state = SeedState { active: active == 1, stage: *stage, slots: slots.into() };
            assert_eq!(SeedState::of(&o), Some(state));
            assert_eq!(SeedState::of_row(v1, &o.values), Some(state));
            let row =
                [(f64::from(slots) / 3.0) as f32, (f64::from(stage.value()) / 10.0) as f32, active.into()];
            assert_eq!(SeedState::of_row(&schema, &row), Some(state));
        }
    }
    for row in
        [[0.0, 0.25, 0.0], [0.0, 1.1, 0.0], [0.0, 0.3, 0.5], [0.0, f32::NAN, 0.0], [0.0, 0.3, f32::NAN]]
    {
        assert_eq!(SeedState::of_row(&schema, &row), None);
    }
    assert_eq!(SeedState::of_row(&schema, &[0.0; 2]), None);
    let other = RowSchema::builder("x", 1).real("SEED_STAGE", "-", 0.0, 1.0).build().unwrap();
    assert!(SeedColumns::of(&other).is_none() && SeedColumns::of(&schema).is_some());
}
