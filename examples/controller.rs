//! A controller process: follows a trainer over a link and decides on its every observation.
//!
//! `controller NAME [--quiet] [--linger SECONDS]`. It runs on raw observations and on normalized
//! ones, version 2 among them: it takes whatever schema the link has and asks it for the raw
//! numbers that its rules are written in. It waits up to 10 s for the link, ends when the trainer
//! closes it, and after a trainer's death stays for `--linger` seconds (10) in case a successor
//! comes. On Ctrl-C and SIGTERM it closes in order. Its last line is for programs: `controller: received N lost N decisions N commands N
//! executed N rejected N`.

#[path = "controller/policy.rs"]
#[allow(unreachable_pub)]
mod policy;

use leyline::contract::command::AdaptationCommand;
use leyline::contract::outcome::{CommandOutcome, OutcomeStatus};
use leyline::contract::stage::CommandType;
use leyline::{
    ActionSpace, Answer, Canceller, Controller, Ending, Error, ErrorKind, Feature, Meta, Normalizer,
    Observation, Options, PeerState, Read, Result, RowSchema, Wait,
};
use policy::Policy;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Limits the wait for the link to appear.
const ATTACH: Duration = Duration::from_secs(10);
/// The longest wait for an observation. A timeout means nothing: a trainer may be silent as long as
/// it likes.
const TURN: Duration = Duration::from_secs(1);
/// Limits the wait for the trainer's word on a seed.
const ANSWER: Duration = Duration::from_secs(1);
/// Observations taken at once when behind.
const BATCH: usize = 64;

/// Ends all waits of this program.
static STOP: OnceLock<Canceller> = OnceLock::new();
static STOPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_stop(_: libc::c_int) {
    STOPPED.store(true, Ordering::Relaxed);
    if let Some(canceller) = STOP.get() {
        canceller.cancel();
    }
}

fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Returns the options of handles whose waits end on Ctrl-C and on SIGTERM.
fn options() -> Options {
    let canceller = STOP.get_or_init(Canceller::new);
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler stores, and cancels, which is safe in a handler.
        unsafe { libc::signal(signal, on_stop as *const () as libc::sighandler_t) };
    }
    Options::default().canceller(canceller)
}

struct Arguments {
    name: String,
    linger: Duration,
    quiet: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let (mut name, mut linger, mut quiet) = (None, Duration::from_secs(10), false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quiet" => quiet = true,
                "--linger" => linger = Duration::from_secs(words.next()?.parse().ok()?),
                _ if word.starts_with('-') || name.is_some() => return None,
                _ => name = Some(word),
            }
        }
        Some(Self { name: name?, linger, quiet })
    }
}

#[derive(Debug, Default)]
struct Tally {
    received: u64,
    lost: u64,
    decisions: u64,
    commands: u64,
    executed: u64,
    rejected: u64,
}

/// The reason why following a link came to an end.
enum End {
    Over,
    /// The name leads to another segment now.
    Superseded,
}

/// Turns the rows of a link into the raw observations that the policy reads.
struct Eyes {
    normalizer: Option<Normalizer>,
    width: usize,
}

impl Eyes {
    fn new(schema: &RowSchema) -> Result<Self> {
        let raw = schema == Observation::row_schema();
        let normalizer = if raw { None } else { Some(Normalizer::of_schema(schema)?) };
        Ok(Self { normalizer, width: schema.width() })
    }

    fn see(&self, row: &[f32]) -> Result<Observation> {
        match &self.normalizer {
            Some(normalizer) => Ok(normalizer.restore_row(row)?.observation),
            None => Ok(Observation::from_rows(row)?[0]),
        }
    }
}

/// Follows a link from one attachment to it until its end.
struct Steering<'a> {
    controller: Controller,
    eyes: Eyes,
    policy: Policy,
    arguments: &'a Arguments,
    tally: &'a mut Tally,
}

impl Steering<'_> {
    fn say(&self, text: std::fmt::Arguments<'_>) {
        if !self.arguments.quiet {
            println!("{text}");
        }
    }

    fn follow(&mut self) -> Result<End> {
        let mut row = vec![0.0; self.eyes.width];
        while !is_stopped() {
            let mut read = self.controller.next(&mut row[..], Wait::sleep(TURN))?;
            if let Read::Record(observed) = read {
                let observation = self.eyes.see(&row)?;
                self.answer(&observed, &observation)?;
                if self.controller.published() > observed.sequence {
                    read = self.catch_up()?;
                }
            }
            self.take_outcomes()?;
            match read {
                Read::Record(_) | Read::Empty | Read::TimedOut | Read::Cancelled | Read::Interrupted => {}
                Read::Lapped { missed, next } => self.say(format_args!("lost {missed}, on at {next}")),
                Read::Restarted { generation, .. } => {
                    self.say(format_args!("trainer restarted: generation {generation}"));
                    self.policy = Policy::new(self.controller.actions());
                }
                Read::WriterGone(Ending::Closed) => return Ok(End::Over),
                Read::WriterGone(ending) => {
                    let reason = self.controller.trainer_reason().filter(|reason| !reason.is_empty());
                    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                    let linger = self.arguments.linger;
                    self.say(format_args!("the trainer {ending}{reason}; a successor has {linger:?}"));
                    if !self.successor_comes()? {
                        return Ok(End::Over);
                    }
                }
                Read::Superseded => return Ok(End::Superseded),
                Read::Forked => return Err(ErrorKind::Forked.into()),
            }
        }
        Ok(End::Over)
    }

    /// Decides on one observation that was just published.
    fn answer(&mut self, observed: &Meta, observation: &Observation) -> Result<()> {
        let question = if self.policy.must_ask(observation) { self.ask(observed)? } else { None };
        let mask = self.controller.mask(observation);
        let (action, reason) = self.policy.decide(observation, mask);
        self.decide(observed, observation, action, &reason)?;
        // Only now: a trainer that waits for this decision reads no commands.
        if let Some(id) = question {
            self.hear(&id)?;
        }
        Ok(())
    }

    fn decide(
        &mut self,
        observed: &Meta,
        observed_as: &Observation,
        action: usize,
        reason: &str,
    ) -> Result<()> {
        let answer = Answer { reason, ..Answer::default() };
        let command = match self.controller.decide(observed, action, &answer) {
            Ok(decided) => decided.command,
            // No room for its command: the observation is answered all the same, and the policy
            // will try again.
            Err(e)
                if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer) =>
            {
                self.controller.decide(observed, ActionSpace::WAIT, &Answer::default())?.command
            }
            Err(e) => return Err(e),
        };
        self.tally.decisions += 1;
        if command.is_some() {
            self.tally.commands += 1;
            let name = self.controller.actions().name(action)?;
            self.say(format_args!("epoch {}: {name}: {reason}", observed_as[Feature::Epoch]));
        }
        Ok(())
    }

    /// Decides on what has been published meanwhile, the waits together and everything in order.
    /// Returns what came after it.
    fn catch_up(&mut self) -> Result<Read> {
        let mut rows = vec![0.0; BATCH * self.eyes.width];
        let mut observed = [Meta::default(); BATCH];
        let batch = self.controller.try_next_batch(&mut rows[..], &mut observed)?;
        let mut waiting = 0;
        for (at, row) in rows.chunks_exact(self.eyes.width).take(batch.count).enumerate() {
            let observation = self.eyes.see(row)?;
            let mask = self.controller.mask(&observation);
            let (action, reason) = self.policy.decide(&observation, mask);
            if action != ActionSpace::WAIT {
                self.tally.decisions += self.controller.wait_on_all(&observed[waiting..at])? as u64;
                self.decide(&observed[at], &observation, action, &reason)?;
                waiting = at + 1;
            }
        }
        self.tally.decisions += self.controller.wait_on_all(&observed[waiting..batch.count])? as u64;
        Ok(batch.end)
    }

    /// Asks about a seed that this process did not germinate.
    fn ask(&mut self, observed: &Meta) -> Result<Option<[u8; 16]>> {
        let request = AdaptationCommand::new(CommandType::RequestState)
            .answering(observed.sequence, observed.generation, observed.env)
            .with_reason("when did this seed begin?");
        match self.controller.send(request) {
            Ok(ticket) => {
                self.tally.commands += 1;
                Ok(Some(ticket.id))
            }
            Err(e)
                if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone | ErrorKind::NoConsumer) =>
            {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    fn hear(&mut self, id: &[u8; 16]) -> Result<()> {
        let outcome = match self.controller.wait_outcome(id, Wait::sleep(ANSWER)) {
            Ok(outcome) => outcome,
            // The policy asks again in the next epoch; what happened to the trainer the next read
            // tells.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::Timeout | ErrorKind::PeerGone | ErrorKind::Superseded | ErrorKind::Cancelled
                ) =>
            {
                return Ok(());
            }
            Err(e) => return Err(e),
        };
        self.count(&outcome);
        if let Some(metrics) = outcome.metrics() {
            self.say(format_args!("a seed that germinated at {:.2} %", metrics.initial_accuracy));
            self.policy.learn(metrics.initial_accuracy);
        }
        Ok(())
    }

    fn take_outcomes(&mut self) -> Result<()> {
        while let Some(outcome) = self.controller.try_outcome()? {
            self.count(&outcome);
        }
        Ok(())
    }

    fn count(&mut self, outcome: &CommandOutcome) {
        match outcome.status() {
            Ok(OutcomeStatus::Executed) => self.tally.executed += 1,
            Ok(OutcomeStatus::Rejected | OutcomeStatus::Failed) => {
                self.tally.rejected += 1;
                let text = String::from_utf8_lossy(outcome.text.as_bytes());
                self.say(format_args!("refused: {text}"));
            }
            Ok(OutcomeStatus::Accepted) | Err(_) => {}
        }
    }

    /// Waits for a new trainer on this segment, or for another segment in its place.
    fn successor_comes(&self) -> Result<bool> {
        let until = Instant::now() + self.arguments.linger;
        while Instant::now() < until && !is_stopped() {
            if !matches!(self.controller.trainer_state()?, PeerState::Gone(Ending::Failed | Ending::Died)) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(false)
    }
}

fn steer(arguments: &Arguments, tally: &mut Tally) -> Result<()> {
    let options = options();
    let mut end = End::Superseded;
    let mut patience = ATTACH;
    while let End::Superseded = end {
        let controller = match Controller::attach_any(&arguments.name, &options, patience) {
            // It has been removed since.
            Err(e) if e.kind() == ErrorKind::Timeout && patience.is_zero() => return Ok(()),
            Err(_) if is_stopped() => return Ok(()),
            result => result?,
        };
        let policy = Policy::new(controller.actions());
        let eyes = Eyes::new(controller.observation_schema())?;
        let mut steering = Steering { controller, eyes, policy, arguments, tally: &mut *tally };
        let result = steering.follow();
        // The trainer may have answered the last commands just before it left.
        let drained = steering.take_outcomes();
        let (received, lost) = (steering.controller.received(), steering.controller.lost());
        tally.received += received;
        tally.lost += lost;
        end = result?;
        drained?;
        if matches!(end, End::Superseded) && !arguments.quiet {
            println!("the link was replaced");
        }
        patience = Duration::ZERO;
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1)) else {
        eprintln!("usage: controller NAME [--quiet] [--linger SECONDS]");
        return ExitCode::from(2);
    };
    let mut tally = Tally::default();
    let result = steer(&arguments, &mut tally);
    let Tally { received, lost, decisions, commands, executed, rejected } = tally;
    println!(
        "controller: received {received} lost {lost} decisions {decisions} commands {commands} \
         executed {executed} rejected {rejected}"
    );
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => complain(&e),
    }
}

fn complain(e: &Error) -> ExitCode {
    eprintln!("controller: {e}");
    ExitCode::FAILURE
}
