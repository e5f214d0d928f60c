//! The records that a life cycle makes about its seed.

use crate::base::error::Result;
use crate::contract::command::AdaptationCommand;
use crate::contract::field_report::{FieldReport, MAX_REPORTED_COMMANDS};
use crate::contract::gate_result::GateResult;
use crate::contract::outcome::{CommandOutcome, OutcomeStatus};
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::stage::{GateLevel, GateVerdict, SeedStage};
use crate::contract::telemetry::{EventType, SeedTelemetry, Severity, TelemetryEvent};
use crate::schema::canonical::fingerprint_of;
use crate::seed::gates::Health;
use crate::seed::journal::Untold;
use crate::seed::lifecycle::SeedLifecycle;

impl SeedLifecycle {
    /// Records a command for this seed slot: its id goes into the field report. Of the commands
    /// received while the seed slot is empty only the last one counts, because it is the one that
    /// germinates.
    pub fn record_command(&mut self, command: &AdaptationCommand) {
        let seed = &mut self.seed;
        if self.stage == SeedStage::Dormant {
            seed.commands.clear();
        }
        if seed.commands.len() < MAX_REPORTED_COMMANDS {
            seed.commands.push(command.id);
        } else {
            seed.commands_dropped = seed.commands_dropped.saturating_add(1);
        }
        let event = self.event(EventType::CommandIssued, Severity::Info);
        let name = command.command_type().map_or("?", |t| t.name());
        let said =
            if command.reason.is_empty() { name.into() } else { format!("{name}: {}", command.reason) };
        self.log(&event, said, &[("command_type", command.command_type.into())]);
    }

    /// Records the outcome of a command. An outcome ACCEPTED makes no event.
    pub fn record_outcome(&mut self, outcome: &CommandOutcome) {
        let (kind, severity) = match outcome.status() {
            Ok(OutcomeStatus::Accepted) => return,
            Ok(OutcomeStatus::Executed) => (EventType::CommandExecuted, Severity::Info),
            _ => (EventType::CommandFailed, Severity::Warning),
        };
        let event = self.event(kind, severity);
        let name = outcome.code().map_or("?", |code| code.name());
        let said = if outcome.text.is_empty() { name.into() } else { format!("{name}: {}", outcome.text) };
        self.log(&event, said, &[("code", outcome.code.into())]);
    }

    /// Returns a report of the seed as it is now.
    ///
    /// | flag | set |
    /// |---|---|
    /// | healthy | as by [`set_health`](Self::set_health) |
    /// | improving | if the accuracy is above that at the start of the stage |
    /// | needs attention | if the seed is unhealthy, violated its isolation more often than G2 allows, or has been on a plateau for three epochs |
    pub fn state_report(&self) -> SeedStateReport {
        let m = &self.seed.metrics;
        let healthy = self.seed.health == Health::Healthy;
        let lives = self.seed_lives();
        let attention = !healthy
            || m.isolation_violations > self.thresholds.max_isolation_violations
            || self.seed.flat_epochs >= Self::PLATEAU_EPOCHS;
        let mut report = SeedStateReport {
            entered_at_unix_ns: self.entered_at,
            reported_at_unix_ns: self.time,
            seed: self.seed.id,
            slot: self.slot,
            blueprint: self.seed.blueprint,
            metrics: *m,
            env: self.env,
            stage: self.stage.value(),
            previous_stage: self.previous_stage.value(),
            healthy: healthy.into(),
            improving: (lives && m.improvement_since_stage_start > 0.0).into(),
            needs_attention: (lives && attention).into(),
            ..SeedStateReport::default()
        };
        for (id, bit) in [(self.seed.id, SeedStateReport::SEED), (self.slot, SeedStateReport::SLOT)] {
            report.present |= if id.is_empty() { 0 } else { bit };
        }
        report
    }

    /// Evaluates a gate for the seed, ready to be reported. Moves no seed and queues no record.
    pub fn gate_result(&self, gate: GateLevel) -> GateResult {
        self.result_of(&self.check_gate(gate))
    }

    pub(super) fn result_of(&self, verdict: &GateVerdict) -> GateResult {
        let mut result = GateResult::of(verdict, self.time).expect("the gates' own checks");
        (result.seed, result.slot, result.env) = (self.seed.id, self.slot, self.env);
        for (id, bit) in [(self.seed.id, GateResult::SEED), (self.slot, GateResult::SLOT)] {
            result.present |= if id.is_empty() { 0 } else { bit };
        }
        result
    }

    /// Returns the telemetry of the seed, with the gradient norm recorded last. The caller adds
    /// layer and gradient health, which the life cycle does not know. `None` while the seed slot is
    /// empty.
    pub fn telemetry(&self) -> Option<SeedTelemetry> {
        let m = &self.seed.metrics;
        (!self.seed.id.is_empty()).then(|| SeedTelemetry {
            captured_at_unix_ns: self.time,
            seed: self.seed.id,
            blueprint: self.seed.blueprint,
            gradient_norm: self.seed.gradient_norm,
            gradient_health: 1.0,
            accuracy: m.current_accuracy,
            accuracy_delta: self.seed.accuracy_delta,
            alpha: m.alpha,
            epochs_in_stage: m.epochs_in_stage,
            epoch: self.epoch,
            max_epochs: self.max_epochs,
            env: self.env,
            stage: self.stage.value(),
            ..SeedTelemetry::default()
        })
    }

    /// Returns an event about this seed slot and its seed, with the current time and an id of its
    /// own, for the caller to complete. [`tell`](Self::tell) queues it.
    pub fn event(&mut self, event_type: EventType, severity: Severity) -> TelemetryEvent {
        let mut event = TelemetryEvent::new(self.new_id("event"), event_type, severity, self.time)
            .with_env(self.env)
            .with_epoch(self.epoch);
        (event.seed, event.slot) = (self.seed.id, self.slot);
        for (id, bit) in [(self.seed.id, TelemetryEvent::SEED), (self.slot, TelemetryEvent::SLOT)] {
            event.present |= if id.is_empty() { 0 } else { bit };
        }
        event
    }

    /// Queues an event. One that fails its own check is refused.
    pub fn tell(&mut self, event: TelemetryEvent) -> Result<()> {
        event.check()?;
        self.journal.events.push(event);
        Ok(())
    }

    /// Queues an event of the life cycle, whose names and numbers are valid.
    pub(super) fn log(&mut self, event: &TelemetryEvent, message: impl AsRef<str>, data: &[(&str, f64)]) {
        let event = data
            .iter()
            .try_fold(event.with_message(message.as_ref()), |e, (name, value)| e.with_data(name, *value));
        self.journal.events.push(event.expect("valid names and finite numbers"));
    }

    /// Returns a new UUID of version 8, made of the time given by the caller and a counter.
    pub(super) fn new_id(&mut self, of: &str) -> [u8; 16] {
        self.journal.ids += 1;
        let (slot, seed) = (self.slot, self.seed.id);
        let text =
            format!("leyline {of}\n{slot:?} {}\n{seed:?}\n{}\n{}\n", self.env, self.time, self.journal.ids);
        let mut id = fingerprint_of(&text);
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        id
    }

    /// Takes the oldest event that was not taken yet.
    pub fn next_event(&mut self) -> Option<TelemetryEvent> {
        self.journal.events.waiting.pop_front()
    }

    /// Takes the oldest state report that was not taken yet.
    pub fn next_state_report(&mut self) -> Option<SeedStateReport> {
        self.journal.state_reports.waiting.pop_front()
    }

    /// Takes the oldest gate result that was not taken yet.
    pub fn next_gate_result(&mut self) -> Option<GateResult> {
        self.journal.gate_results.waiting.pop_front()
    }

    /// Takes the oldest field report that was not taken yet.
    pub fn next_field_report(&mut self) -> Option<FieldReport> {
        self.journal.field_reports.waiting.pop_front()
    }

    /// Returns the number of records dropped because they were not taken in time.
    pub const fn untold(&self) -> Untold {
        Untold {
            events: self.journal.events.dropped,
            state_reports: self.journal.state_reports.dropped,
            gate_results: self.journal.gate_results.dropped,
            field_reports: self.journal.field_reports.dropped,
        }
    }

    /// Returns the field report of the seed, before its ending is set.
    pub(super) fn life(&mut self) -> FieldReport {
        let mut report = FieldReport {
            id: self.new_id("field report"),
            germinated_at_unix_ns: self.seed.germinated_at,
            completed_at_unix_ns: self.time,
            seed: self.seed.id,
            blueprint: self.seed.blueprint,
            slot: self.slot,
            accuracy_at_germination: self.seed.metrics.initial_accuracy,
            accuracy_at_completion: self.seed.metrics.current_accuracy,
            total_improvement: self.seed.metrics.total_improvement,
            best_accuracy: self.seed.metrics.best_accuracy,
            env: self.env,
            final_stage: self.stage.value(),
            ..FieldReport::default()
        }
        .with_commands(&self.seed.commands)
        .with_epochs(self.seed.epochs_in_stage);
        report.commands_dropped = self.seed.commands_dropped;
        if !self.slot.is_empty() {
            report.present |= FieldReport::SLOT;
        }
        if let Some(signals) = &self.seed.signals {
            (report.signals, report.present) = (**signals, report.present | FieldReport::SIGNALS);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::ErrorKind;
    use crate::contract::signals::TrainingSignals;
    use crate::seed::lifecycle::tests::{at, epochs, slot};

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
        let result = life.journal.gate_results.waiting[0];
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
        use crate::contract::outcome::OutcomeCode;
        use crate::contract::stage::CommandType;
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
        assert_eq!(
            (telemetry.gradient_norm, telemetry.accuracy, telemetry.accuracy_delta),
            (1.0, 60.0, 10.0)
        );
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
}
