use super::lifecycle::{at, epochs, slot};
use crate::prelude::*;

/// The records taken so far.
struct Heard {
    events: Vec<(EventType, Severity, String)>,
    stages: Vec<(SeedStage, SeedStage, u32)>,
    gates: Vec<(GateLevel, bool)>,
    lives: Vec<FieldReport>,
}

/// Takes and checks every record.
fn listen(life: &mut SeedLifecycle) -> Heard {
    let mut heard = Heard { events: vec![], stages: vec![], gates: vec![], lives: vec![] };
    while let Some(e) = life.next_event() {
        e.check().unwrap();
        heard.events.push((e.event_type().unwrap(), e.severity().unwrap(), e.message.to_string()));
    }
    while let Some(r) = life.next_state_report() {
        r.check().unwrap();
        let stages = (r.previous_stage().unwrap(), r.stage().unwrap());
        heard.stages.push((stages.0, stages.1, r.metrics.epochs_in_stage));
    }
    while let Some(r) = life.next_gate_result() {
        r.check().unwrap();
        heard.gates.push((r.gate().unwrap(), r.has_passed()));
    }
    while let Some(r) = life.next_field_report() {
        r.check().unwrap();
        heard.lives.push(r);
    }
    heard
}

fn kinds(heard: &Heard) -> Vec<EventType> {
    heard.events.iter().map(|e| e.0).collect()
}

#[test]
fn a_seed_that_fossilizes_has_told_its_whole_life() {
    let mut life = slot();
    life.set_slot("slot_0", 3).unwrap();
    let mut signals = TrainingSignals { available_slots: 1, ..TrainingSignals::default() };
    life.set_signals(&signals).unwrap();
    life.set_now(7, 1000);
    life.germinate("seed_0", "norm", 50.0).unwrap();
    signals.available_slots = 0;
    life.set_signals(&signals).unwrap();
    life.advance(SeedStage::Training).unwrap();
    for (epoch, accuracy) in [(8, 50.1), (9, 50.2), (10, 51.0)] {
        life.set_now(epoch, i64::from(epoch) * 1000);
        life.end_of_epoch(accuracy).unwrap();
    }
    let heard = listen(&mut life);
    assert_eq!(heard.gates, [(GateLevel::G0, true), (GateLevel::G1, true)]);
    assert_eq!(
        heard.events[..3],
        [
            (EventType::SeedGerminated, Severity::Info, "norm".into()),
            (EventType::SeedStageChanged, Severity::Info, "GERMINATED to TRAINING".into()),
            (EventType::EpochCompleted, Severity::Debug, "epoch 8 of TRAINING".into()),
        ]
    );
    assert_eq!(
        kinds(&heard)[3..],
        [EventType::EpochCompleted, EventType::EpochCompleted, EventType::ImprovementDetected]
    );
    let (dormant, germinated) = (SeedStage::Dormant, SeedStage::Germinated);
    assert_eq!(heard.stages[..2], [(dormant, germinated, 0), (germinated, SeedStage::Training, 0)]);
    assert_eq!(heard.stages[2..].iter().map(|s| s.2).collect::<Vec<_>>(), [1, 2, 3]);

    life.advance(SeedStage::Blending).unwrap();
    life.set_alpha(1.0).unwrap();
    epochs(&mut life, 3, 52.0);
    life.advance(SeedStage::Shadowing).unwrap();
    epochs(&mut life, 2, 52.0);
    life.advance(SeedStage::Probationary).unwrap();
    life.set_now(20, 20_000);
    life.advance(SeedStage::Fossilized).unwrap();
    let heard = listen(&mut life);
    let failed: Vec<_> = heard.gates.iter().filter(|g| !g.1).collect();
    assert!(failed.is_empty() && heard.gates.len() == 4);
    let last = heard.events.last().unwrap();
    assert_eq!(*last, (EventType::SeedFossilized, Severity::Info, "PROBATIONARY to FOSSILIZED".into()));
    let [report] = heard.lives[..] else { panic!("{} lives", heard.lives.len()) };
    assert!(report.is_success() && report.failure().unwrap().is_none());
    assert_eq!((report.germinated_at_unix_ns, report.completed_at_unix_ns), (1000, 20_000));
    assert_eq!(report.epochs_in_stage, [0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0]);
    assert_eq!((report.total_epochs, report.best_accuracy, report.total_improvement), (8, 52.0, 2.0));
    assert_eq!(report.signals().unwrap().available_slots, 1, "those at germination");
    assert_eq!(
        (report.seed.to_string(), report.slot().unwrap().to_string()),
        ("seed_0".into(), "slot_0".into())
    );
    assert_eq!(report.env, 3);
    assert_eq!(life.untold(), Untold::default());
}

#[test]
fn a_culled_seed_tells_in_which_stage_and_why() {
    for stage in [SeedStage::Germinated, SeedStage::Training, SeedStage::Probationary] {
        let mut life = at(stage);
        listen(&mut life);
        life.cull_because("it only gets worse").unwrap();
        let heard = listen(&mut life);
        let said = format!("it only gets worse; in {stage}");
        assert_eq!(heard.events, [(EventType::SeedCulled, Severity::Warning, said)]);
        assert_eq!(heard.stages, [(stage, SeedStage::Culled, 0)]);
        let (failed_in, reason) = heard.lives[0].failure().unwrap().unwrap();
        assert_eq!((failed_in, reason.to_string().as_str()), (stage, "it only gets worse"));
        assert_eq!(heard.lives[0].slot(), None);

        for target in [SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
            life.advance(target).unwrap();
        }
        life.end_of_epoch(50.0).unwrap();
        let heard = listen(&mut life);
        assert_eq!(kinds(&heard), [EventType::SeedStageChanged; 3]);
        assert_eq!((heard.stages.len(), heard.lives.len()), (3, 0), "an empty slot has nothing to tell");
    }
    let mut plain = at(SeedStage::Training);
    plain.advance(SeedStage::Culled).unwrap();
    assert_eq!(listen(&mut plain).lives[0].failure().unwrap().unwrap().1.to_string(), "");
    let mut long = at(SeedStage::Training);
    long.cull_because(&"x".repeat(100)).unwrap();
    assert!(listen(&mut long).lives[0].reason_cut());
}

#[test]
fn a_gate_that_fails_is_told_and_an_illegal_jump_is_not() {
    let mut life = at(SeedStage::Training);
    listen(&mut life);
    assert!(life.advance(SeedStage::Blending).is_err());
    assert!(life.advance(SeedStage::Fossilized).is_err());
    assert!(life.germinate("seed_1", "norm", 50.0).is_err());
    let result = life.clone().next_gate_result().unwrap();
    assert_eq!(result, life.gate_result(GateLevel::G2));
    assert_eq!(result.seed().unwrap().to_string(), "seed_0");
    assert!(result.checks_failed().unwrap().iter().any(|c| c.to_string() == "epochs_in_stage"));
    let heard = listen(&mut life);
    assert_eq!(heard.gates, [(GateLevel::G2, false)]);
    assert!(heard.events.is_empty() && heard.stages.is_empty() && heard.lives.is_empty());
}

#[test]
fn a_plateau_is_told_once_and_asks_for_attention_until_it_ends() {
    let mut life = at(SeedStage::Training);
    listen(&mut life);
    let told = |life: &mut SeedLifecycle, accuracy| {
        life.end_of_epoch(accuracy).unwrap();
        let attention = life.state_report().needs_attention();
        let heard = listen(life);
        (heard.events.get(1).map(|e| e.0), attention)
    };
    let plateau = Some(EventType::PlateauDetected);
    let seen = [50.25, 50.5, 50.75, 51.0, 51.5, 51.5].map(|accuracy| told(&mut life, accuracy));
    assert_eq!(
        seen,
        [
            (None, false),
            (None, false),
            (plateau, true),
            (None, true),
            (Some(EventType::ImprovementDetected), false),
            (None, false)
        ]
    );
    assert!(life.state_report().is_improving());
    life.set_health(Health::Unhealthy);
    life.set_health(Health::Unhealthy);
    assert_eq!(kinds(&listen(&mut life)), [EventType::PerformanceDegradation]);
    let report = life.state_report();
    assert!(!report.is_healthy() && report.needs_attention());
    let mut violating = at(SeedStage::Training);
    listen(&mut violating);
    (0..10).for_each(|_| violating.add_isolation_violation());
    assert!(!violating.state_report().needs_attention());
    violating.add_isolation_violation();
    assert!(violating.state_report().needs_attention());
    assert_eq!(kinds(&listen(&mut violating)), [EventType::IsolationViolation; 11]);
}

#[test]
fn nobody_has_to_listen_and_what_is_lost_is_counted() {
    let mut life = at(SeedStage::Training);
    listen(&mut life);
    epochs(&mut life, 100, 50.0);
    let lost = life.untold();
    assert_eq!((lost.events, lost.state_reports), (101 - 64, 100 - 16), "a plateau among them");
    let first = life.next_state_report().unwrap();
    assert_eq!(first.metrics.epochs_total, 85, "the newest are kept");
    assert_eq!(listen(&mut life).events.len(), 64);
    for i in 0..6 {
        life.cull().unwrap();
        for target in [SeedStage::Embargoed, SeedStage::Resetting, SeedStage::Dormant] {
            life.advance(target).unwrap();
        }
        life.germinate(&format!("again_{i}"), "norm", 50.0).unwrap();
    }
    assert_eq!(life.untold().field_reports, 2);
    assert_eq!(life.next_field_report().unwrap().seed.to_string(), "again_1");
}

#[test]
fn commands_are_told_and_remembered_by_the_seed_they_were_for() {
    use leyline::contract::outcome::OutcomeCode;
    use leyline::contract::stage::CommandType;
    let command = |n: u8, t| AdaptationCommand { id: [n; 16], ..AdaptationCommand::new(t) };
    let mut life = slot();
    life.record_command(&command(1, CommandType::Germinate).with_reason("a try"));
    life.record_command(&command(2, CommandType::Germinate));
    life.germinate("seed_0", "norm", 50.0).unwrap();
    life.advance(SeedStage::Training).unwrap();
    for n in 3..=40 {
        life.record_command(&command(n, CommandType::SetAlpha));
    }
    let cull = command(41, CommandType::Cull);
    life.record_command(&cull);
    life.cull().unwrap();
    life.record_outcome(&CommandOutcome::accepted(&cull, 1));
    life.record_outcome(&CommandOutcome::executed(&cull, 1));
    life.record_outcome(&CommandOutcome::rejected(&cull, 1, OutcomeCode::Gate, "G2"));
    let heard = listen(&mut life);
    assert_eq!(heard.events[0], (EventType::CommandIssued, Severity::Info, "GERMINATE: a try".into()));
    let last = &heard.events[heard.events.len() - 2..];
    assert_eq!(last[0], (EventType::CommandExecuted, Severity::Info, "NONE".into()));
    assert_eq!(last[1], (EventType::CommandFailed, Severity::Warning, "GATE: G2".into()));
    let report = heard.lives[0];
    let commands = report.commands().unwrap();
    assert_eq!((commands.len(), commands[0], commands[31]), (32, [2; 16], [33; 16]));
    assert_eq!(report.commands_dropped, 8);
    // Arbitrary bytes off the wire.
    let junk: AdaptationCommand = bytemuck::cast([0xffu8; 248]);
    life.record_command(&junk);
    life.record_outcome(&bytemuck::cast([0xffu8; 224]));
    assert_eq!(kinds(&listen(&mut life)), [EventType::CommandIssued, EventType::CommandFailed]);
}

#[test]
fn what_is_told_is_of_now_and_has_an_id_of_its_own() {
    let mut life = slot();
    life.set_slot("slot_0", 2).unwrap();
    life.set_now(4, -77);
    let empty = life.event(EventType::GradientAnomaly, Severity::Error);
    assert_eq!((empty.time_unix_ns, empty.epoch(), empty.env), (-77, Some(4), 2));
    assert_eq!((empty.seed(), empty.slot().unwrap().to_string()), (None, "slot_0".into()));
    assert!(life.telemetry().is_none() && life.next_event().is_none());
    life.germinate("seed_0", "norm", 50.0).unwrap();
    life.end_of_epoch(60.0).unwrap();
    life.record_gradient_norm(3.0).unwrap();
    life.record_gradient_norm(1.0).unwrap();
    let telemetry = life.telemetry().unwrap();
    telemetry.check().unwrap();
    assert_eq!((telemetry.gradient_norm, telemetry.accuracy, telemetry.accuracy_delta), (1.0, 60.0, 10.0));
    assert_eq!((telemetry.captured_at_unix_ns, telemetry.epoch, telemetry.max_epochs), (-77, 4, 25));
    let own = life.event(EventType::GradientAnomaly, Severity::Error).with_data("norm", 1e30).unwrap();
    life.tell(own).unwrap();
    assert_eq!(
        life.tell(TelemetryEvent { event_type: 14, ..own }).unwrap_err().kind(),
        ErrorKind::InvalidEnum
    );
    let mut ids = vec![empty.id];
    while let Some(event) = life.next_event() {
        assert_eq!((event.id[6] >> 4, event.id[8] >> 6), (8, 2), "a UUID of version 8");
        ids.push(event.id);
    }
    assert_eq!(ids.last(), Some(&own.id));
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), all), (5, 5));

    assert_eq!(life.set_slot(&"x".repeat(40), 0).unwrap_err().kind(), ErrorKind::InvalidId);
    assert_eq!(life.set_slot("", 0).unwrap_err().kind(), ErrorKind::InvalidId);
    let bad = TrainingSignals { seed_alpha: f32::NAN, ..TrainingSignals::default() };
    assert_eq!(life.set_signals(&bad).unwrap_err().kind(), ErrorKind::NotFinite);
}
