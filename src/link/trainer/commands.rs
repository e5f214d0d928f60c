//! Receiving commands, judging them against the newest observation, and answering them.

use super::Trainer;
use super::lane::{Answered, Lane};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::{ActionKind, ActionSpace};
use crate::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};
use crate::contract::seed_state::{SeedColumns, SeedState};
use crate::contract::stage::{CommandType, SeedStage};
use crate::contract::{annotation::CommandAnnotation, command::AdaptationCommand};
use crate::handle::read::Read;
use crate::handle::wait_any::{News, Several, Watch, wait_any};
use crate::ring::reader::MAX_RESTARTS;
use crate::ring::wait::{Remaining, Wait};
use crate::schema::id::Id;
use crate::sys::{kill, lock::forked, os};
use bytemuck::Zeroable;
use std::time::Duration;

/// A command to be executed and answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReceivedCommand {
    /// The command; checked: its numbers are of their enumerations, its figures finite, its ids
    /// text.
    pub command: AdaptationCommand,
    /// Its sequence on its lane's ring of commands.
    pub sequence: u64,
    /// The lane it came by.
    pub lane: u32,
    /// The time when it was sent, `CLOCK_MONOTONIC` nanoseconds; 0 for unknown.
    pub time_ns: u64,
}

/// The state of an environment's seed by the last outcome. It counts until the environment's next
/// observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// The newest observation when the outcome was given.
    pub(super) after: u64,
    pub(super) state: SeedState,
    /// The seed's name; empty if neither the command nor the outcome names it.
    pub(super) seed: Id,
}

/// Observations among which the newest of a command's environment is looked for.
pub(super) const JUDGED: usize = 1024;

/// Stands for the commands of the lanes.
impl Several for Vec<Lane> {
    fn each(&mut self, visit: &mut dyn FnMut(Watch<'_>)) {
        for lane in self {
            visit(Watch::consumer(&mut lane.commands.core));
        }
    }
}

impl Trainer {
    /// Returns the next command to execute, from the lanes in turn. `None`: there is none now.
    /// Never waits, and makes a system call only to refuse a command.
    ///
    /// A returned command is well-formed, answers an observation of this writer generation (or
    /// none), and is physically possible in the newest state of its environment, if that is among
    /// the last 1024 published. What the outcome of a command says of the seed counts until the
    /// environment's next observation: after an executed GERMINATE, FOSSILIZE or CULL, whichever
    /// lane it came by, the same once more is refused as MASKED. Anything else is answered right
    /// here, with an outcome that says why, and counted in [`Trainer::refused`]. A lane whose ring
    /// of outcomes has no room for such an answer is passed over until it has. A command that a
    /// predecessor of this process had answered finally is not handed out again.
    pub fn try_command(&mut self) -> Result<Option<ReceivedCommand>> {
        for _ in 0..self.lanes.len() {
            let at = self.turn;
            self.turn = (self.turn + 1) % self.lanes.len();
            // A sender that refills its ring, or spoils it, does not keep this call from returning.
            // Twice the ring: restarts of the sender come between its records.
            for _ in 0..2 * self.lanes[at].commands.core.reader.info.capacity + MAX_RESTARTS {
                let lane = &mut self.lanes[at];
                let mut command = AdaptationCommand::zeroed();
                let meta = match lane.commands.try_next(&mut command) {
                    Read::Record(meta) => meta,
                    // A keep ring loses nothing; a new controller goes on where the old one ended.
                    // What that one had annotated and not sent it will never send.
                    Read::Restarted { .. } | Read::Lapped { .. } => {
                        lane.forget_pending()?;
                        continue;
                    }
                    Read::Forked => return Err(forked()),
                    _ => {
                        if lane.pending.last != 0
                            && lane.commands.core.reader.reader.ring.generation() > lane.pending.generation
                        {
                            lane.forget_pending()?;
                        }
                        break;
                    }
                };
                if let Some(annotation) = CommandAnnotation::of_record(&command) {
                    lane.annotated(annotation, &meta)?;
                    continue;
                }
                let spoiled = lane.take_in(&command, &meta)?;
                if let Some(outcome) = lane.done.remove(&meta.sequence) {
                    lane.finish(meta.sequence, outcome)?;
                    continue;
                }
                let received = ReceivedCommand {
                    command,
                    sequence: meta.sequence,
                    lane: lane.index,
                    time_ns: meta.time_ns,
                };
                kill::point("command.taken");
                let objection = if spoiled {
                    Some((OutcomeCode::Malformed, "annotations".to_owned()))
                } else {
                    self.objection(&command)
                };
                let Some((code, text)) = objection else { return Ok(Some(received)) };
                let outcome = CommandOutcome::rejected(&command, meta.sequence, code, &text);
                match self.answer(&received, outcome) {
                    Ok(_) => self.refused += 1,
                    Err(e)
                        if matches!(
                            e.kind(),
                            ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer
                        ) =>
                    {
                        self.lanes[at].put_back();
                        break;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(None)
    }

    /// Returns the next command as [`Trainer::try_command`] does, after waiting for it. `None`: not
    /// in time.
    pub fn next_command(&mut self, wait: Wait) -> Result<Option<ReceivedCommand>> {
        /// Pause while a command is there that cannot be refused yet: the sender's ring of outcomes
        /// is full.
        const PASSED_OVER: Duration = Duration::from_millis(1);
        let mut remaining = Remaining::of(wait);
        let mut news = [News::None];
        let mut woken = false;
        // Before anything is found: a stream of commands must not outrun a cancel.
        if self.canceller.take() {
            return Err(ErrorKind::Cancelled.into());
        }
        loop {
            if let Some(received) = self.try_command()? {
                return Ok(Some(received));
            }
            let left = remaining.left();
            if left.timeout.is_zero() {
                return Ok(None);
            }
            if woken {
                let _uncancelled = os::Uncancelled::new();
                self.canceller.nap(left.timeout.min(PASSED_OVER));
            }
            wait_any(&mut [self.watch_commands()], &mut news, left)?;
            woken = news == [News::Readable];
        }
    }

    /// Stands for the commands of all lanes, to wait for them alone or to arm a
    /// [`Bell`](crate::Bell) with them. [`Trainer`] as a [`Source`](crate::Source) also stands for
    /// the decisions.
    pub fn watch_commands(&mut self) -> Watch<'_> {
        Watch::several(&mut self.lanes)
    }

    /// Returns why a command cannot be executed, as far as the contract itself can tell.
    pub(super) fn objection(&mut self, command: &AdaptationCommand) -> Option<(OutcomeCode, String)> {
        if let Err(e) = command.check() {
            return Some((OutcomeCode::Malformed, e.brief()));
        }
        let generation = self.observations.generation();
        if command.writer_generation != 0 && command.writer_generation != generation {
            return Some((
                OutcomeCode::Stale,
                format!("generation {}, now {generation}", command.writer_generation),
            ));
        }
        // An observation of long ago, whose generation its reader could not know any more, is of an
        // earlier generation too.
        if let (n @ 1.., Some(first)) =
            (command.observation_sequence, self.echo.reader.ring.logged(generation))
            && n < first
        {
            return Some((OutcomeCode::Stale, before_this_generation(n, first)));
        }
        let action = match action_of(&self.actions, command) {
            Ok(action) => action?,
            Err((code, text)) => return Some((code, text)),
        };
        let state = self.state_of(command.env, &command.target_seed)?;
        if self.actions.mask_of(state.as_ref()).allows(action) {
            return None;
        }
        let name = self.actions.name(action).unwrap_or("?");
        Some((OutcomeCode::Masked, masked(name)))
    }

    /// Returns the state of an environment's seed by its newest observation, or by an outcome that
    /// was given after it. An outcome for a seed of another name than `seed` does not count.
    /// `None`: not known, since the observation is not among the last of the ring or the schema has
    /// no seed state. `Some(None)`: the observation says what cannot be.
    #[allow(clippy::option_option)]
    pub(super) fn state_of(&mut self, env: u16, seed: &Id) -> Option<Option<SeedState>> {
        let columns = self.seed?;
        self.keep_up_with_device();
        let (sequence, state) = self.newest_of(env, &columns)?;
        let Some(said) = self.said.get(&env) else { return Some(state) };
        if sequence > said.after {
            self.said.remove(&env);
        } else if seed.is_empty() || said.seed.is_empty() || *seed == said.seed {
            return Some(Some(said.state));
        }
        Some(state)
    }

    /// Returns the sequence of an environment's newest observation, and the state of the seed in
    /// it.
    pub(super) fn newest_of(&mut self, env: u16, columns: &SeedColumns) -> Option<(u64, Option<SeedState>)> {
        let row = bytemuck::cast_slice_mut(&mut self.scratch);
        if self.observations.info.rows > 1 {
            let place = self.places.get(usize::from(env)).filter(|p| p.sequence != 0)?;
            let size = self.observations.info.record_size;
            self.echo.peek(place.sequence, |slot| slot.read_row(size, place.row, row))?;
            return Some((place.sequence, columns.read(&self.scratch)));
        }
        for sequence in (1..=self.observations.last()).rev().take(JUDGED) {
            if self.echo.peek(sequence, |slot| slot.read(row))? == env {
                return Some((sequence, columns.read(&self.scratch)));
            }
        }
        None
    }

    /// Notes the state of the seed after an answered command: the stage that the outcome reports,
    /// or if it reports none, the stage that an executed command of its kind leads to.
    #[cold]
    pub(super) fn note_outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        let (Ok(status), Ok(kind), Ok(stages)) = (outcome.status(), command.command_type(), outcome.stages())
        else {
            return;
        };
        if !matches!(status, OutcomeStatus::Executed | OutcomeStatus::Failed) || self.seed.is_none() {
            return;
        }
        let led_to = match kind {
            CommandType::Germinate => Some(SeedStage::Germinated),
            CommandType::Cull => Some(SeedStage::Culled),
            CommandType::AdvanceStage => command.target_stage().ok().flatten(),
            _ => None,
        };
        let Some(stage) =
            stages.map(|(_, after)| after).or(led_to.filter(|_| status == OutcomeStatus::Executed))
        else {
            return;
        };
        // Without an observation nothing is judged: a trainer may be steered without any.
        let Some(Some(state)) = self.state_of(command.env, &Id::default()) else { return };
        let takes_room = |stage| !matches!(stage, SeedStage::Unknown | SeedStage::Dormant);
        let before = takes_room(stages.map_or(state.stage, |(before, _)| before));
        // A seed slot is free again when its seed has gone all the way from CULLED to DORMANT.
        let slots = match (kind, takes_room(stage)) {
            (CommandType::Germinate, true) => state.slots.saturating_sub(1),
            (_, false) if before => state.slots.saturating_add(1),
            _ => state.slots,
        };
        // Alive: GERMINATED to PROBATIONARY.
        let active = stage.can_go_to(SeedStage::Culled);
        let seed = outcome.seed().unwrap_or(command.target_seed);
        let state = SeedState { active, stage, slots };
        self.said.insert(command.env, Said { after: self.observations.last(), state, seed });
    }

    /// Returns the annotations of a command that is open, in the order in which they were given;
    /// empty if it has none, or once it has been answered finally. They are checked.
    pub fn annotations(&self, received: &ReceivedCommand) -> &[CommandAnnotation] {
        let lane = self.lanes.get(received.lane as usize);
        let open = lane.and_then(|lane| lane.open.iter().find(|o| o.sequence == received.sequence));
        open.map_or(&[], |open| &open.annotations)
    }

    /// Answers a command. A final outcome (anything but ACCEPTED) commits it: after that it is
    /// never delivered again. Fill in the outcome's time or leave it 0 for now.
    ///
    /// [`ErrorKind::ConsumerGone`] or [`ErrorKind::Full`]: the sender's ring of outcomes is full, nothing was committed;
    /// try again later. [`ErrorKind::Full`] also says that so many ACCEPTED have been sent while an
    /// older command is open that final answers might be pushed out of the ring: answer that one
    /// first. [`ErrorKind::InvalidArgument`]: the outcome is of another command, or the command is
    /// not open.
    pub fn answer(&mut self, received: &ReceivedCommand, mut outcome: CommandOutcome) -> Result<u64> {
        outcome.command_sequence = received.sequence;
        if outcome.time_unix_ns == 0 {
            outcome.time_unix_ns = os::unix_ns();
        }
        outcome.check()?;
        let refuse = |expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument).about("outcome").expected_found(expected, found))
        };
        if outcome.command_id != received.command.id {
            return refuse("the id of the command it answers", format!("{:02x?}", outcome.command_id));
        }
        let lane = self.lane(received.lane)?;
        if !lane.open.iter().any(|o| o.sequence == received.sequence && o.answered == Answered::No) {
            return refuse("a command that is open", format!("command {}", received.sequence));
        }
        let is_final = outcome.status()?.is_final();
        if !is_final && !lane.can_say_more() {
            return Err(Error::new(ErrorKind::Full)
                .about("outcome")
                .expected_found("a final one", "ACCEPTED")
                .help(
                    "answer the oldest open command first: what was answered after it is not committed yet",
                ));
        }
        let sequence = lane.outcomes.publish(&outcome)?;
        kill::point("answer.published");
        if is_final {
            lane.finish(received.sequence, sequence)?;
            kill::point("answer.committed");
            self.note_outcome(&received.command, &outcome);
        }
        Ok(sequence)
    }
}

/// Returns the action that a command carries out, if it is one that a mask knows.
fn action_of(
    actions: &ActionSpace,
    command: &AdaptationCommand,
) -> std::result::Result<Option<usize>, (OutcomeCode, String)> {
    let meant = match command.command_type() {
        Ok(CommandType::Germinate) => {
            let blueprint = command.blueprint().unwrap_or_default();
            let found = blueprint.as_str().ok().and_then(|b| actions.germinate(b).ok());
            let index = found.ok_or_else(|| (OutcomeCode::UnknownBlueprint, format!("\"{blueprint}\"")))?;
            Some(index)
        }
        Ok(CommandType::Cull) => Some(actions.cull()),
        Ok(CommandType::AdvanceStage) => match command.target_stage() {
            Ok(Some(SeedStage::Fossilized)) => Some(actions.fossilize()),
            _ => None,
        },
        _ => None,
    };
    if let Some(said) = command.action() {
        let kind = actions
            .kind(said.into())
            .map_err(|_| (OutcomeCode::UnknownAction, format!("action {said} of {}", actions.len())))?;
        if meant.is_some_and(|m| m != usize::from(said)) && kind != ActionKind::Wait {
            return Err((OutcomeCode::Malformed, format!("action {said} is not what the command says")));
        }
    }
    Ok(meant)
}

/// Says that an action is outside the mask. The longest name of an action fits behind it.
fn masked(name: &str) -> String {
    format!("masked: {name}")
}

/// Says that an observation is older than the first one of this generation.
fn before_this_generation(sequence: u64, first: u64) -> String {
    format!("observation {sequence} is before {first}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::blueprint::BlueprintSpec;
    use crate::schema::id::Text;
    use crate::schema::record::Record;

    /// Returns what a text field keeps.
    fn kept(text: &str) -> String {
        Text::new(text).0.to_string()
    }

    #[test]
    fn the_longest_reasons_fit() {
        let longest = BlueprintSpec::new(&"x".repeat(39), "cnn", 1).unwrap();
        let name = format!("GERMINATE_{}", longest.id);
        let reasons = [masked(&name), before_this_generation(u64::MAX, u64::MAX)];
        for reason in reasons {
            assert_eq!(kept(&reason), reason);
        }
    }

    #[test]
    fn the_reason_of_a_spoiled_command_keeps_the_field_and_what_was_found() {
        let whole = AdaptationCommand::new(CommandType::Germinate).with_blueprint("b").unwrap();
        let whole = whole.with_target_stage(SeedStage::Germinated).with_action(3);
        whole.check().unwrap();
        let mut refused = 0;
        let fields = AdaptationCommand::schema().fields();
        let ends = fields.iter().skip(1).map(|f| f.offset as usize).chain([size_of::<AdaptationCommand>()]);
        for (field, end) in fields.iter().zip(ends) {
            let mut command = whole;
            let bytes = bytemuck::bytes_of_mut(&mut command);
            bytes[field.offset as usize..end].fill(0xff);
            if let Err(e) = command.check() {
                let kept = kept(&e.brief());
                assert!(
                    kept.starts_with(&*field.name) && !e.found().is_empty() && kept.contains(e.found()),
                    "{}: {kept:?}, of {e}",
                    field.name
                );
                refused += 1;
            }
        }
        assert!(refused > 5, "{refused}");
    }
}
