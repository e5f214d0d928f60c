//! The records of the rich tier: with arbitrary bytes, and as reported over a link by a seed's
//! whole life.

use crate::common::{Folder, LONG};
use leyline::contract::blueprint::BlueprintSpec;
use leyline::contract::budgets::PerformanceBudgets;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::SeedStage;
use leyline::contract::telemetry::{EventType, SeedTelemetry, TelemetryEvent};
use leyline::schema::field::{Field, FieldType};
use leyline::schema::record::Report;
use leyline::seed::gates::GateThresholds;
use leyline::seed::lifecycle::SeedLifecycle;
use leyline::{ActionSpace, Controller, LinkSpec, Observer, Read, Start, Trainer};
use proptest::prelude::*;

/// Returns the floats of a record, by field.
fn floats<T: Report>(record: &T) -> Vec<(&'static Field, f64)> {
    let bytes = bytemuck::bytes_of(record);
    let mut found = Vec::new();
    for field in T::schema().fields() {
        let at = |i: u32| &bytes[field.offset as usize + i as usize * field.ty.width()..][..field.ty.width()];
        for i in 0..field.count {
            match field.ty {
                FieldType::F32 => found.push((field, bytemuck::pod_read_unaligned::<f32>(at(i)).into())),
                FieldType::F64 => found.push((field, bytemuck::pod_read_unaligned(at(i)))),
                _ => {}
            }
        }
    }
    found
}

/// Checks, sanitizes and formats a record of arbitrary bytes: no call panics, and sanitized values
/// are finite and in bounds.
fn survives<T: Report + std::fmt::Debug>(bytes: &[u8]) {
    let mut record: T = bytemuck::pod_read_unaligned(&bytes[..size_of::<T>()]);
    let before = record.check();
    assert!(!format!("{record:?}").is_empty());
    let replaced = record.sanitize();
    for (field, value) in floats(&record) {
        assert!(value.is_finite() && (field.low..=field.high).contains(&value), "{}: {value}", field.name);
    }
    assert_eq!(record.sanitize(), 0, "once is enough");
    if let Err(e) = &before {
        assert!(e.to_string().contains("; expected ") && e.to_string().contains("; found "), "{e}");
    } else {
        assert_eq!(replaced, 0, "what passes its check is sane");
    }
}

fn all_survive(bytes: &[u8]) {
    survives::<TrainingSignals>(bytes);
    survives::<SeedTelemetry>(bytes);
    survives::<SeedStateReport>(bytes);
    survives::<GateResult>(bytes);
    survives::<FieldReport>(bytes);
    survives::<TelemetryEvent>(bytes);
    survives::<BlueprintSpec>(bytes);
    survives::<PerformanceBudgets>(bytes);
}

proptest! {
    #[test]
    fn any_bytes_can_be_checked_sanitized_and_shown(bytes in proptest::collection::vec(any::<u8>(), 2048)) {
        all_survive(&bytes);
    }

    /// Mostly zeros, so that the checks get past the first field.
    #[test]
    fn a_few_wrong_bytes_can_be_checked_sanitized_and_shown(
        wrong in proptest::collection::vec((0usize..2048, any::<u8>()), 0..6),
    ) {
        let mut bytes = vec![0; 2048];
        for (at, byte) in wrong {
            bytes[at] = byte;
        }
        all_survive(&bytes);
    }
}

/// A 4-byte write anywhere into a valid report is refused, or leaves a valid report of which each
/// part can be read.
#[test]
fn a_report_that_passes_its_check_can_be_read() {
    let mut life = SeedLifecycle::new(25, GateThresholds::default()).unwrap();
    life.set_slot("slot_0", 1).unwrap();
    life.germinate("seed_0", "norm", 50.0).unwrap();
    life.cull_because("a test").unwrap();
    let good = life.next_field_report().unwrap();
    let mut passed = 0;
    for at in (0..size_of::<FieldReport>() - 4).step_by(4) {
        for wrong in [1u32, 0xff, u32::MAX, f32::NAN.to_bits()] {
            let mut bytes = bytemuck::bytes_of(&good).to_vec();
            bytes[at..at + 4].copy_from_slice(&wrong.to_ne_bytes());
            let report: FieldReport = bytemuck::pod_read_unaligned(&bytes);
            if report.check().is_ok() {
                passed += 1;
                assert!(report.failure().unwrap().is_some() && !report.is_success());
                assert!(report.commands().unwrap().len() <= 32);
                report.seed.as_str().unwrap();
                report.signals().map_or(Ok(()), |signals| signals.check()).unwrap();
            }
        }
    }
    assert!(passed > 20, "times and ids may be anything");
}

fn all<T: Report>(observer: &mut Observer<T>) -> Vec<T> {
    let mut found = Vec::new();
    let mut record: T = bytemuck::Zeroable::zeroed();
    while let Read::Record(meta) = observer.try_next(&mut record) {
        assert_eq!(meta.env, record.env());
        record.check().unwrap();
        found.push(record);
    }
    found
}

#[test]
fn what_a_life_cycle_tells_travels_over_the_link() {
    let folder = Folder::new();
    let actions = ActionSpace::of_topology("cnn").unwrap();
    let mut trainer = Trainer::create("lives", &LinkSpec::new(&actions), &folder.options()).unwrap();
    let controller = Controller::attach("lives", &folder.options(), LONG).unwrap();
    let mut events = controller.reports::<TelemetryEvent>(Start::Oldest).unwrap();
    let mut states = controller.reports::<SeedStateReport>(Start::Oldest).unwrap();
    let mut gates = controller.reports::<GateResult>(Start::Oldest).unwrap();
    let mut lives = controller.reports::<FieldReport>(Start::Oldest).unwrap();

    let mut life = SeedLifecycle::new(25, GateThresholds::default()).unwrap();
    life.set_slot("slot_0", 3).unwrap();
    life.set_now(1, 1_000);
    life.germinate("seed_0", "norm", 50.0).unwrap();
    life.advance(SeedStage::Training).unwrap();
    life.end_of_epoch(51.0).unwrap();
    assert!(life.advance(SeedStage::Blending).is_err());
    life.cull_because("a test").unwrap();
    let (mut told, mut reported) = (0, 0);
    while let Some(event) = life.next_event() {
        (told, reported) = (told + 1, trainer.report(&event).unwrap().sequence);
    }
    assert_eq!(told, reported);
    while let Some(state) = life.next_state_report() {
        trainer.report(&state).unwrap();
    }
    while let Some(result) = life.next_gate_result() {
        trainer.report(&result).unwrap();
    }
    trainer.report(&life.next_field_report().unwrap()).unwrap();

    let types: Vec<_> = all(&mut events).iter().map(|e| e.event_type().unwrap()).collect();
    assert_eq!(
        types,
        [
            EventType::SeedGerminated,
            EventType::SeedStageChanged,
            EventType::EpochCompleted,
            EventType::ImprovementDetected,
            EventType::SeedCulled
        ]
    );
    let stages: Vec<_> = all(&mut states).iter().map(|r| r.stage).collect();
    assert_eq!(stages, [2, 3, 3, 8]);
    let passed: Vec<_> = all(&mut gates).iter().map(|r| (r.gate, r.has_passed())).collect();
    assert_eq!(passed, [(0, true), (1, true), (2, false)]);
    let [report] = all(&mut lives)[..] else { panic!("one life") };
    assert_eq!((report.total_epochs, report.env, report.is_success()), (1, 3, false));
}
