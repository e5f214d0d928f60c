//! Executes commands on a seed slot.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::ActionSpace;
use crate::contract::command::AdaptationCommand;
use crate::contract::outcome::{CommandOutcome, OutcomeCode};
use crate::contract::stage::{CommandType, GateLevel, GateVerdict, SeedStage};
use crate::schema::check::positive;
use crate::seed::host::SeedHost;
use crate::seed::lifecycle::SeedLifecycle;

/// The inputs of a germination, beside its command.
#[derive(Clone, Copy, Debug)]
pub struct Germination<'a> {
    /// The blueprints there are.
    pub actions: &'a ActionSpace,
    /// The name of a seed whose command names none: 1 to 39 bytes.
    pub seed: &'a str,
    /// The accuracy of the host before the seed, 0 to 100 percent.
    pub accuracy_percent: f32,
}

/// The reason that a command was not executed.
struct Refusal {
    code: OutcomeCode,
    text: String,
    verdict: Option<GateVerdict>,
    /// The host had begun.
    begun: bool,
}

impl Refusal {
    fn new(code: OutcomeCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), verdict: None, begun: false }
    }
}

impl From<Error> for Refusal {
    fn from(e: Error) -> Self {
        let code = match e.kind() {
            ErrorKind::IllegalTransition => OutcomeCode::IllegalStage,
            ErrorKind::GateFailed => OutcomeCode::Gate,
            ErrorKind::InvalidId => OutcomeCode::Malformed,
            _ => OutcomeCode::Internal,
        };
        Self::new(code, e.brief())
    }
}

impl SeedLifecycle {
    /// Executes a command and returns the outcome to answer it with; `sequence` is the command's in
    /// its ring. The command and its outcome are recorded.
    ///
    /// | command | does | in |
    /// |---|---|---|
    /// | GERMINATE | [`germinate`](Self::germinate), with the command's target seed as the seed's name | DORMANT |
    /// | ADVANCE_STAGE | [`advance`](Self::advance) | any stage |
    /// | CULL | [`cull_because`](Self::cull_because) of the command's reason | GERMINATED to PROBATIONARY |
    /// | SET_ALPHA | [`set_alpha`](Self::set_alpha) | BLENDING |
    /// | SET_LEARNING_RATE | [`set_learning_rate`](Self::set_learning_rate) | any stage |
    /// | PAUSE_SEED, RESUME_SEED | [`pause`](Self::pause), [`resume`](Self::resume) | TRAINING |
    /// | REQUEST_STATE | queues a state report | any stage |
    ///
    /// | outcome | code | because |
    /// |---|---|---|
    /// | REJECTED | MALFORMED | the command fails its own check, or the seed's name is none |
    /// | REJECTED | UNKNOWN_SLOT | it names another seed slot or is for another environment |
    /// | REJECTED | UNKNOWN_SEED | it names another seed |
    /// | REJECTED | UNKNOWN_BLUEPRINT | the action space does not have it |
    /// | REJECTED | ILLEGAL_STAGE | the stage does not allow it |
    /// | REJECTED | GATE | a gate did not let the seed pass; the outcome has its verdict |
    /// | FAILED | INTERNAL | the host refused the seed, or [`failed`](SeedHost::failure): the seed slot is as before |
    pub fn apply(
        &mut self,
        command: &AdaptationCommand,
        sequence: u64,
        germination: &Germination<'_>,
        host: &mut dyn SeedHost,
    ) -> CommandOutcome {
        let before = self.stage;
        let done = match self.addressed(command) {
            Ok(()) => {
                self.record_command(command);
                let kept = self.clone();
                let done = self.execute(command, germination, host);
                match host.failure() {
                    Some(why) => {
                        *self = kept;
                        Err(Refusal { begun: true, ..Refusal::new(OutcomeCode::Internal, why) })
                    }
                    None => done,
                }
            }
            Err(refusal) => Err(refusal),
        };
        let outcome = match done {
            Ok(verdict) => {
                let outcome = CommandOutcome::executed(command, sequence);
                verdict.map_or(outcome, |verdict| outcome.with_gate(&verdict))
            }
            Err(Refusal { code, text, verdict, begun }) => {
                let refused = if begun { CommandOutcome::failed } else { CommandOutcome::rejected };
                let outcome = refused(command, sequence, code, &text);
                verdict.map_or(outcome, |verdict| outcome.with_gate(&verdict))
            }
        };
        let mut outcome = outcome.with_stages(before, self.stage);
        if !self.seed.id.is_empty() {
            outcome = outcome.with_metrics(self.seed.metrics, self.seed.id);
        }
        self.record_outcome(&outcome);
        outcome
    }

    /// Refuses a command that is malformed or for another seed slot or seed.
    fn addressed(&self, command: &AdaptationCommand) -> std::result::Result<(), Refusal> {
        command.check().map_err(|e| Refusal::new(OutcomeCode::Malformed, e.brief()))?;
        if command.env != self.env {
            let text = format!("environment {}, not {}", command.env, self.env);
            return Err(Refusal::new(OutcomeCode::UnknownSlot, text));
        }
        if !command.target_slot.is_empty() && command.target_slot != self.slot {
            return Err(Refusal::new(OutcomeCode::UnknownSlot, format!("\"{}\"", command.target_slot)));
        }
        // The target of GERMINATE is the name of the new seed.
        let names = !command.target_seed.is_empty() && command.command_type()? != CommandType::Germinate;
        if names && command.target_seed != self.seed.id {
            return Err(Refusal::new(OutcomeCode::UnknownSeed, format!("\"{}\"", command.target_seed)));
        }
        Ok(())
    }

    /// Executes a command that has been checked.
    fn execute(
        &mut self,
        command: &AdaptationCommand,
        germination: &Germination<'_>,
        host: &mut dyn SeedHost,
    ) -> std::result::Result<Option<GateVerdict>, Refusal> {
        let (from, slot) = (self.stage, self.slot);
        let slot = slot.as_str().unwrap_or_default();
        match command.command_type()? {
            CommandType::Germinate => return self.plant(command, germination, host).map(Some),
            CommandType::AdvanceStage => {
                let target = command.target_stage()?.unwrap_or(SeedStage::Unknown);
                let verdict = self.advance(target).map_err(|e| {
                    let gate = GateLevel::for_entry_to(target).filter(|_| e.kind() == ErrorKind::GateFailed);
                    Refusal { verdict: gate.map(|gate| self.check_gate(gate)), ..Refusal::from(e) }
                })?;
                self.tell_moved(from, host);
                return Ok(verdict);
            }
            CommandType::Cull => {
                self.cull_because(&command.reason.to_string())?;
                self.tell_moved(from, host);
            }
            CommandType::SetAlpha => {
                self.only_in(SeedStage::Blending)?;
                let alpha = command.alpha().unwrap_or_default();
                self.set_alpha(alpha)?;
                host.alpha(slot, alpha);
            }
            CommandType::SetLearningRate => {
                let rate = command.learning_rate().unwrap_or_default();
                self.set_learning_rate(rate)?;
                host.learning_rate(slot, rate);
            }
            CommandType::PauseSeed => {
                self.pause()?;
                host.pause(slot);
            }
            CommandType::ResumeSeed => {
                self.resume()?;
                host.resume(slot);
            }
            CommandType::RequestState => self.journal.state_reports.push(self.state_report()),
        }
        Ok(None)
    }

    fn plant(
        &mut self,
        command: &AdaptationCommand,
        germination: &Germination<'_>,
        host: &mut dyn SeedHost,
    ) -> std::result::Result<GateVerdict, Refusal> {
        let (from, slot) = (self.stage, self.slot);
        let blueprint = command.blueprint;
        let blueprint = blueprint.as_str()?;
        if germination.actions.germinate(blueprint).is_err() {
            return Err(Refusal::new(OutcomeCode::UnknownBlueprint, format!("\"{blueprint}\"")));
        }
        let named = command.target_seed.as_str()?;
        let seed = if named.is_empty() { germination.seed } else { named };
        // The host may refuse the seed: until it has not, nothing has changed here.
        let mut planted = self.clone();
        let verdict = match planted.germinate(seed, blueprint, germination.accuracy_percent) {
            Ok(verdict) => verdict,
            Err(e) => {
                self.journal = planted.journal;
                return Err(e.into());
            }
        };
        let slot = slot.as_str().unwrap_or_default();
        if let Err(why) = host.germinate(slot, seed, blueprint) {
            return Err(Refusal { begun: true, ..Refusal::new(OutcomeCode::Internal, why) });
        }
        *self = planted;
        self.tell_moved(from, host);
        Ok(verdict)
    }

    /// Calls the host back after a change of stage.
    pub(super) fn tell_moved(&self, from: SeedStage, host: &mut dyn SeedHost) {
        let slot = self.slot.as_str().unwrap_or_default();
        match self.stage {
            SeedStage::Culled => host.cull(slot),
            SeedStage::Fossilized => host.fossilize(slot),
            _ => {}
        }
        host.stage(slot, from, self.stage);
    }

    pub(super) fn only_in(&self, stage: SeedStage) -> Result<()> {
        if self.stage == stage {
            return Ok(());
        }
        Err(Error::new(ErrorKind::IllegalTransition)
            .about("stage")
            .expected_found(stage.name(), self.stage.name()))
    }

    /// Stops training the seed, until [`resume`](Self::resume) or the next stage.
    /// [`proceed`](Self::proceed) leaves a paused seed where it is.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the seed is not in TRAINING.
    pub fn pause(&mut self) -> Result<()> {
        self.only_in(SeedStage::Training)?;
        self.seed.paused = true;
        Ok(())
    }

    /// Trains a paused seed again.
    ///
    /// [`IllegalTransition`](ErrorKind::IllegalTransition) if the seed is not in TRAINING.
    pub fn resume(&mut self) -> Result<()> {
        self.only_in(SeedStage::Training)?;
        self.seed.paused = false;
        Ok(())
    }

    /// Returns true while the seed is paused.
    pub const fn is_paused(&self) -> bool {
        self.seed.paused
    }

    /// Sets the learning rate, finite and above 0. Counts for the seed slot, whatever its stage.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.learning_rate = Some(positive("learning_rate", learning_rate)?);
        Ok(())
    }

    /// Returns the learning rate that was set last; `None` if none was.
    pub const fn learning_rate(&self) -> Option<f32> {
        self.learning_rate
    }
}
