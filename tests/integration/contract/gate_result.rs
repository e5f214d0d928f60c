use crate::prelude::*;

fn verdict(gate: GateLevel, checks: &[(&'static str, bool)]) -> GateVerdict {
    GateVerdict {
        gate,
        passed: checks.iter().all(|c| c.1),
        score: 0.25,
        checks: checks
            .iter()
            .map(|&(name, passed)| GateCheck { name, passed, needed: ">= 3".into(), found: "2".into() })
            .collect(),
    }
}

#[test]
fn a_verdict_travels_with_the_names_of_its_checks_and_what_failed() {
    let failed =
        verdict(GateLevel::G2, &[("improvement", true), ("epochs_in_stage", false), ("alpha", false)]);
    let r = GateResult::of(&failed, 7).unwrap().with_seed("seed_0").unwrap().with_slot("slot_0").unwrap();
    r.check().unwrap();
    assert_eq!((r.gate().unwrap(), r.has_passed(), r.score, r.time_unix_ns), (GateLevel::G2, false, 0.25, 7));
    let names = |ids: &[Id]| ids.iter().map(Id::to_string).collect::<Vec<_>>();
    assert_eq!(names(r.checks_passed().unwrap()), ["improvement"]);
    assert_eq!(names(r.checks_failed().unwrap()), ["epochs_in_stage", "alpha"]);
    assert_eq!(r.message.to_string(), "epochs_in_stage 2, needs >= 3; alpha 2, needs >= 3");
    assert!(!r.message_cut());
    assert_eq!(
        (r.seed().unwrap().to_string(), r.slot().unwrap().to_string()),
        ("seed_0".into(), "slot_0".into())
    );

    let passed = GateResult::of(&verdict(GateLevel::G0, &[("seed_id", true)]), 0).unwrap();
    passed.check().unwrap();
    assert!(passed.has_passed() && passed.message.is_empty());
    assert_eq!((passed.seed(), passed.slot()), (None, None));
}

#[test]
fn a_verdict_that_cannot_travel_is_refused() {
    let long: &'static str = "a_check_whose_name_has_more_than_39_bytes";
    let kind = |v: &GateVerdict| GateResult::of(v, 0).unwrap_err().kind();
    assert_eq!(kind(&verdict(GateLevel::G1, &[(long, true)])), ErrorKind::InvalidId);
    assert_eq!(kind(&verdict(GateLevel::G1, &[("", false)])), ErrorKind::InvalidId);
    let good = verdict(GateLevel::G1, &[("a", false)]);
    assert_eq!(kind(&GateVerdict { score: 1.5, ..good.clone() }), ErrorKind::OutOfRange);
    assert_eq!(kind(&GateVerdict { score: f32::NAN, ..good.clone() }), ErrorKind::NotFinite);
    assert_eq!(kind(&GateVerdict { passed: true, ..good }), ErrorKind::InvalidArgument);

    let many: Vec<(&'static str, bool)> = vec![("c", false); 9];
    let r = GateResult::of(&verdict(GateLevel::G1, &many), 0).unwrap();
    assert_eq!((r.checks_failed().unwrap().len(), r.checks_failed_dropped, r.message_cut()), (6, 3, true));
    r.check().unwrap();
}

#[test]
fn no_gate_passes_in_spite_of_a_failed_check() {
    let good = GateResult::failed(GateLevel::G3, 0.5, 1)
        .and_then(|r| r.with_failed_check("alpha"))
        .and_then(|r| r.with_passed_check("epochs_in_stage"))
        .and_then(|r| r.with_seed("seed_0"))
        .unwrap();
    good.check().unwrap();
    let e = GateResult { passed: 1, ..good }.check().unwrap_err();
    assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("checks_failed"), "{e}");
    let mut r = GateResult { score: f32::NAN, ..good };
    assert_eq!((r.sanitize(), r.score), (1, 0.0));
}
