use crate::prelude::*;
use proptest::prelude::{Strategy, *};

fn seen(active: f32, stage: f32, slots: f32) -> Observation {
    let mut o = Observation::EMPTY;
    o[Feature::HasActiveSeed] = active;
    o[Feature::SeedStage] = stage;
    o[Feature::AvailableSlots] = slots;
    o
}

#[test]
fn a_mask_shows_what_is_possible() {
    let space = ActionSpace::cnn();
    let (wait, germinate, fossilize, cull) = (1, 0b11110, 1 << 5, 1 << 6);
    let cases = [
        (seen(0.0, 0.0, 1.0), wait | germinate),
        (seen(0.0, 6.0, 3.0), wait | germinate),
        (seen(0.0, 6.0, 0.0), wait),
        (seen(1.0, 2.0, 1.0), wait | cull),
        (seen(1.0, 6.0, 1.0), wait | cull | fossilize),
        (seen(1.0, 7.0, 1.0), wait),
        (seen(1.0, 1.0, 1.0), wait),
        (seen(1.0, 11.0, 1.0), wait),
        (seen(0.0, 11.0, 1.0), wait),
        (seen(0.0, 2.5, 1.0), wait),
        (seen(0.0, f32::NAN, 1.0), wait),
        (seen(f32::NAN, 2.0, 1.0), wait),
        (seen(0.5, 2.0, 1.0), wait),
        (seen(0.0, 0.0, f32::NAN), wait),
    ];
    for (observation, bits) in cases {
        assert_eq!(space.mask(&observation).bits(), bits, "{observation:?}");
    }
    let mask = space.mask(&seen(1.0, 6.0, 1.0));
    assert!(mask.allows(0) && !mask.allows(1) && mask.allows(6));
    assert!(!mask.allows(64) && !mask.allows(usize::MAX));
}

#[test]
fn rows_without_a_seed_have_no_masks() {
    let (space, v1) = (ActionSpace::cnn(), Observation::row_schema());
    let bare = RowSchema::builder("bare", 1).real("X", "-", 0.0, 1.0).build().unwrap();
    let e = space.mask_row(&bare, &[0.0]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.to_string().contains("HAS_ACTIVE_SEED") && e.found() == "bare 1", "{e}");
    assert_eq!(space.mask_row(v1, &[0.0; 26]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(space.masks_rows(v1, &[0.0; 54], &mut [0; 3]).is_err());
    assert!(space.masks_rows_i8(v1, &[0.0; 54], &mut [0; 13]).is_err());
    assert!(space.masks_rows_i8(v1, &[0.0; 55], &mut [0; 14]).is_err());
}

#[test]
fn a_batch_of_masks_fills_the_callers_block() {
    let space = ActionSpace::cnn();
    let batch = [seen(0.0, 0.0, 1.0), seen(1.0, 6.0, 0.0)];
    let mut bits = [0; 2];
    space.masks(&batch, &mut bits).unwrap();
    assert_eq!(bits, [0b001_1111, 0b110_0001]);
    let mut rows = [9; 14];
    space.masks_i8(&batch, &mut rows).unwrap();
    assert_eq!(rows, [1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1]);
    let mut row = [9; 7];
    space.mask(&batch[1]).write_i8(&mut row).unwrap();
    assert_eq!(row, rows[7..]);
    let refused = [
        space.masks(&batch, &mut bits[..1]),
        space.masks_i8(&batch, &mut rows[..13]),
        space.masks_i8(&batch[..1], &mut rows),
        space.mask(&batch[1]).write_i8(&mut row[..6]),
        space.mask(&batch[1]).write_i8(&mut [0; 65]),
    ];
    for e in refused.map(Result::unwrap_err) {
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn the_fullest_space_uses_all_bits() {
    let names: Vec<String> = (0..61).map(|i| format!("b{i}")).collect();
    let all: Vec<(&str, u64)> = names.iter().map(|n| (n.as_str(), 1)).collect();
    let fullest = ActionSpace::new("t", &all).unwrap();
    assert_eq!(fullest.mask(&seen(0.0, 0.0, 1.0)).bits(), (1 << 62) - 1);
    assert_eq!(fullest.mask(&seen(1.0, 6.0, 0.0)).bits(), 1 | 0b11 << 62);
}

fn figure() -> impl Strategy<Value = f32> {
    prop_oneof![any::<f32>(), (-2i32..14).prop_map(|v| v as f32), Just(f32::NAN), Just(0.5)]
}

proptest! {
    #[test]
    fn a_row_of_any_schema_has_the_mask_of_its_observation(
        active in 0usize..4, stage in 0usize..12, slots in 0usize..5, blueprints in 0usize..20,
    ) {
        let names: Vec<String> = (0..blueprints).map(|i| format!("b{i}")).collect();
        let blueprints: Vec<(&str, u64)> = names.iter().map(|name| (&**name, 1)).collect();
        let space = ActionSpace::new("t", &blueprints).unwrap();
        let slots_of = [0.0, 1.0, 3.0, 5.0, 0.999];
        let o = seen([0.0, 1.0, 0.5, f32::NAN][active], stage as f32, slots_of[slots]);
        let v1 = Observation::row_schema();
        prop_assert_eq!(space.mask_row(v1, &o.values).unwrap(), space.mask(&o));
        let sane = Observation::new(o.values).is_ok();
        let tasks = [Task::cifar10(), Task { max_slots: 3.0, ..Task::tinystories() }];
        for task in tasks.iter().filter(|_| sane) {
            let normalizer = Normalizer::new(task).unwrap();
            let row = *normalizer.normalize(&o).values();
            prop_assert_eq!(space.mask_row(normalizer.schema(), &row).unwrap(), space.mask(&o));
            let wide = [row, [0.5; 27]].concat();
            let mut masks = [0; 2];
            space.masks_rows(normalizer.version_2_schema(), &wide.repeat(2), &mut masks).unwrap();
            prop_assert_eq!(masks, [space.mask(&o).bits(); 2]);
            let mut numbers = vec![7; 2 * space.len()];
            space.masks_rows_i8(normalizer.schema(), &row.repeat(2), &mut numbers).unwrap();
            let bits = |n: &[i8]| n.iter().rev().fold(0, |mask, n| mask << 1 | u64::from(*n == 1));
            prop_assert_eq!(bits(&numbers[..space.len()]), masks[0]);
            prop_assert_eq!(bits(&numbers[space.len()..]), masks[0]);
        }
    }

    #[test]
    fn a_mask_is_never_zero_and_never_allows_what_cannot_be(
        (active, stage, slots) in (figure(), figure(), figure()), blueprints in 0usize..=61,
    ) {
        let names: Vec<String> = (0..blueprints).map(|i| format!("b{i}")).collect();
        let given: Vec<(&str, u64)> = names.iter().map(|n| (n.as_str(), 1)).collect();
        let space = ActionSpace::new("t", &given).unwrap();
        let mask = space.mask(&seen(active, stage, slots));
        prop_assert!(mask.allows(ActionSpace::WAIT));
        prop_assert!(space.len() == 64 || mask.bits() >> space.len() == 0);
        let from = (0..=10u32).find(|v| *v as f32 == stage).map(|v| SeedStage::from_value(v).unwrap());
        for index in 1..space.len() {
            let possible = match space.kind(index).unwrap() {
                ActionKind::Wait => true,
                ActionKind::Germinate(_) => from.is_some() && active == 0.0 && slots >= 1.0,
                ActionKind::Fossilize => active == 1.0 && from.is_some_and(|s| s.can_go_to(SeedStage::Fossilized)),
                ActionKind::Cull => active == 1.0 && from.is_some_and(|s| s.can_go_to(SeedStage::Culled)),
            };
            prop_assert_eq!(mask.allows(index), possible, "{}", space.name(index).unwrap());
        }
    }
}
