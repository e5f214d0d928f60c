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
