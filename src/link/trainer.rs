//! The trainer's end of a link.

use super::rows::Rows;
use super::{LinkSpec, OBSERVATIONS, commands_ring, decisions_ring, outcomes_ring, schema_of, wrong_schema};
use crate::base::error::same_length;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::position;
use crate::contract::action::{ActionKind, ActionSpace};
use crate::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use crate::contract::command::{AdaptationCommand, CommandOutcome, Decision, OutcomeCode, OutcomeStatus};
use crate::contract::observation::{FEATURES, Observation};
use crate::contract::record::Report;
#[cfg(doc)]
use crate::contract::signals::TrainingSignals;
use crate::contract::space::{ObservationSchema, SeedState, ToObservation};
use crate::contract::stage::{CommandType, SeedStage};
use crate::handle::consumer::{Commit, Consumer, ConsumerRole};
use crate::handle::device::DeviceRing;
use crate::handle::observer::{Observer, PeerState, Read, ReaderCore, Start};
use crate::handle::writer::{Writer, WriterCore, WriterRole};
use crate::ring::meta::{Flags, Meta, Stamp};
use crate::ring::protocol::RESTARTS;
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::schema::field::Record;
use crate::schema::id::Id;
use crate::segment::file::{Displaced, Opened, Options, Segment, Touch, Turns};
use crate::segment::header::{RingKind, SlotRows};
use crate::sys::kill;
use crate::sys::os;
use bytemuck::Zeroable;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Observations whose times a trainer remembers.
const RECENT: usize = 64;

/// Observations among which the newest of a command's environment is looked for.
const JUDGED: usize = 1024;

/// Slots of several rows in which a new trainer looks for the newest observation of each environment.
const JUDGED_SLOTS: u64 = 16;

/// What publishing an observation gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The observation's sequence.
    pub sequence: u64,
    /// A bit for each feature whose value was not finite or outside its bounds and was replaced, bit 63 for all from
    /// the 64th on; 0 when all was well.
    pub sanitized: u64,
    /// The sequence of the signals that were published with it on their own ring; 0 if it has none.
    pub signals: u64,
    /// Figures of the signals that were replaced.
    pub signals_sanitized: u32,
}

/// What publishing a slot of rows gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRows {
    /// The slot's sequence, which is that of all its rows.
    pub sequence: u64,
    /// As [`Published::sanitized`], of all rows together. The rows themselves are flagged.
    pub sanitized: u64,
    /// Rows in which something was replaced.
    pub rows_sanitized: usize,
}

/// What publishing a report gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its sequence on its own ring.
    pub sequence: u64,
    /// Figures that were not finite or outside their bounds and were replaced.
    pub sanitized: u32,
}

/// The decisions on a slot of rows, as far as there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Answers {
    /// Rows that have been decided on.
    pub count: usize,
    /// [`Read::Record`] with the meta of the last decision read if all have been; or why not: [`Read::Empty`] (not in
    /// time), [`Read::WriterGone`], [`Read::Superseded`].
    pub end: Read,
}

/// A command to be executed and answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReceivedCommand {
    /// The command; checked: its numbers are of their enumerations, its figures finite, its ids text.
    pub command: AdaptationCommand,
    /// Its sequence on its lane's ring of commands.
    pub sequence: u64,
    /// The lane it came by.
    pub lane: u32,
    /// When it was sent, `CLOCK_MONOTONIC` nanoseconds; 0 for unknown.
    pub time_ns: u64,
}

/// A command that was handed out and not committed yet.
#[derive(Debug)]
struct Open {
    /// The first record of it on the ring: its first annotation, or itself.
    first: u64,
    sequence: u64,
    answered: Answered,
    annotations: Box<[CommandAnnotation]>,
}

/// Annotations whose command has not come yet.
#[derive(Debug, Default)]
struct Pending {
    pairs: Vec<CommandAnnotation>,
    /// The sequences of the first and the last; 0 where there is none.
    first: u64,
    last: u64,
    /// The generation of their sender.
    generation: u64,
    /// One of them is not well-formed.
    spoiled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    No,
    /// By the outcome of that sequence.
    Finally(u64),
    /// Annotations whose command never came.
    NeedsNone,
}

#[derive(Debug)]
struct Lane {
    index: u32,
    decisions: Observer<Decision>,
    commands: Consumer<AdaptationCommand>,
    outcomes: Writer<CommandOutcome>,
    open: VecDeque<Open>,
    pending: Pending,
    /// Sequences of the commands after the cursor that a predecessor of this process has answered finally, and of the
    /// outcomes by which it did.
    done: HashMap<u64, u64>,
    /// On a link of several rows: the newest decision on each environment, by its number.
    newest: Vec<Decision>,
}

/// Where the newest observation of an environment is: its slot (0 for none) and its row there.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    sequence: u64,
    /// The call that looked at it last.
    call: u64,
    row: usize,
}

/// The state of an environment's seed by the last outcome. It counts until the environment's next observation.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// The newest observation when the outcome was given.
    after: u64,
    state: SeedState,
    /// The seed's name; empty if neither the command nor the outcome names it.
    seed: Id,
}

/// The trainer's end of a link: publishes observations, receives decisions, executes commands and answers them.
///
/// It holds the roles of the observations' writer and, on every lane, of the commands' consumer and the outcomes'
/// writer. Used by one thread at a time; may be sent to another.
#[derive(Debug)]
pub struct Trainer {
    // Before the segment's other users, so that they close in order first.
    observations: WriterCore,
    /// The writers of the rings of reports.
    reports: Vec<WriterCore>,
    lanes: Vec<Lane>,
    /// Reads this trainer's own observations back: for their times, and for the mask.
    echo: ReaderCore,
    actions: ActionSpace,
    schema: ObservationSchema,
    /// Whether the schema is that of [`Observation`].
    version_1: bool,
    /// A row to be filled in by what is published, and a slot's rows and flags to be mended in.
    scratch: Box<[f32]>,
    mended: Box<[f32]>,
    flags: Box<[Flags]>,
    /// On a link of several rows: where each environment's newest observation is, by its number; and how often that
    /// was changed.
    places: Vec<Place>,
    calls: u64,
    /// The state of each environment's seed by the last outcome.
    said: HashMap<u16, Said>,
    /// Sequences and times of the newest observations, so that timing their decisions reads nothing shared.
    recent: [(u64, u64); RECENT],
    turn: usize,
    sent: u64,
    decided: u64,
    refused: u64,
    last_latency_ns: u64,
}

impl Trainer {
    /// Makes the link's segment. See [`Segment::create`].
    pub fn create(name: &str, spec: &LinkSpec, options: &Options) -> Result<Self> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        loop {
            let segment = Segment::create(name, &spec, options)?;
            match Self::on(&segment) {
                // The name was removed before the roles were taken: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => return result.inspect_err(|_| segment.abandon()),
            }
        }
    }

    /// Attaches to the link if it is there, as after a restart, or else makes it. See [`Segment::open_or_create`].
    pub fn open_or_create(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Opened)> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        loop {
            let (segment, opened) = Segment::open_or_create(name, &spec, options)?;
            match Self::on(&segment) {
                // The name was removed between attaching and taking the roles: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => {
                    return result.map(|trainer| (trainer, opened)).inspect_err(|_| {
                        if opened == Opened::Created {
                            segment.abandon();
                        }
                    });
                }
            }
        }
    }

    /// Replaces the link by a new one. See [`Segment::recreate`].
    pub fn recreate(name: &str, spec: &LinkSpec, options: &Options) -> Result<(Self, Displaced)> {
        let spec = spec.to_spec()?;
        let mut turns = Turns::new();
        let mut ended = Displaced::default();
        loop {
            let (segment, displaced) = Segment::recreate(name, &spec, options)?;
            ended.segments += displaced.segments;
            ended.uncommitted += displaced.uncommitted;
            match Self::on(&segment) {
                // The name was removed or moved before the roles were taken: start over.
                Err(e) if e.kind() == ErrorKind::Superseded && turns.next().is_some() => {}
                result => return result.map(|trainer| (trainer, ended)),
            }
        }
    }

    /// Takes the trainer's roles in a segment that has the rings of a link, whatever its observations are.
    pub fn on(segment: &Segment) -> Result<Self> {
        let schema = schema_of(segment)?;
        let actions = segment.actions().cloned().ok_or_else(|| {
            Error::new(ErrorKind::ActionSpaceMismatch)
                .at(segment.path())
                .expected_found("an action space", "none")
        })?;
        // All roles before the first ring is gone on in: a trainer that fails at the last one restarts none.
        let info = segment.ring_of(OBSERVATIONS, schema.schema(), SlotRows::Any)?;
        let observations = WriterRole::take(segment, info.clone(), Touch::Often)?;
        let reports: Result<Vec<WriterRole>> = segment
            .rings()
            .iter()
            .filter(|r| r.kind == RingKind::Reports)
            .map(|r| WriterRole::take(segment, r.clone(), Touch::Seldom))
            .collect();
        let reports = reports?;
        let count = segment.rings().iter().filter(|r| r.kind == RingKind::Commands).count() as u32;
        let lanes: Result<Vec<LaneRoles>> = (0..count).map(|lane| LaneRoles::take(segment, lane)).collect();
        let lanes = lanes?;
        let echo = ReaderCore::over(segment, info.clone(), Start::Now)?;
        kill::point("trainer.roles");

        let observations = observations.start();
        kill::point("trainer.writer");
        let reports = reports.into_iter().map(WriterRole::start).collect();
        kill::point("trainer.reports");
        let lanes = lanes.into_iter().map(LaneRoles::start).collect();
        let rows = observations.info.rows;
        let mut trainer = Self {
            version_1: schema == *ObservationSchema::v1(),
            scratch: vec![0.0; schema.width()].into(),
            mended: vec![0.0; schema.width() * rows].into(),
            flags: vec![Flags::NONE; rows].into(),
            places: Vec::new(),
            calls: 0,
            said: HashMap::new(),
            schema,
            observations,
            reports,
            lanes,
            echo,
            actions,
            recent: [(0, 0); RECENT],
            turn: 0,
            sent: 0,
            decided: 0,
            refused: 0,
            last_latency_ns: 0,
        };
        if rows > 1 {
            trainer.find_places();
        }
        Ok(trainer)
    }

    /// The segment.
    pub fn segment(&self) -> &Segment {
        &self.observations.segment
    }

    /// What the link's observations are.
    pub fn observation_schema(&self) -> &ObservationSchema {
        &self.schema
    }

    /// Observations in a slot; 1 where each is published by itself.
    pub fn rows(&self) -> usize {
        self.observations.info.rows
    }

    /// The action space that both sides use.
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// This trainer's writer generation: 1 for the first trainer of the segment.
    pub fn generation(&self) -> u64 {
        self.observations.generation()
    }

    /// Lanes of the link.
    pub fn lanes(&self) -> u32 {
        self.lanes.len() as u32
    }

    /// Publishes an observation of environment 0, stamped by the ring's time source: an [`Observation`],
    /// [`TrainingSignals`], or whatever else gives a row of the link's schema. Values that are not finite or outside
    /// their bounds are replaced and reported; they never stop a run. Never waits, allocates nothing, and makes no
    /// system call unless a controller sleeps.
    ///
    /// What has a rich form ([`ToObservation::signals`]) has it published first, on its own ring, with this
    /// observation's sequence, writer generation and stamp.
    ///
    /// [`ErrorKind::SchemaMismatch`]: the link has observations of another schema; [`ErrorKind::InvalidArgument`]: a row
    /// of another length, or a link of several rows; [`ErrorKind::Forked`], [`ErrorKind::Exhausted`].
    #[inline(always)]
    pub fn publish<T: ToObservation + ?Sized>(&mut self, signal: &T) -> Result<Published> {
        let time_ns = self.observations.now();
        self.publish_stamped(signal, Stamp { time_ns, ..Stamp::default() })
    }

    /// As [`Trainer::publish`], with the caller's time, environment and flags.
    #[inline(always)]
    pub fn publish_stamped<T: ToObservation + ?Sized>(
        &mut self,
        signal: &T,
        stamp: Stamp,
    ) -> Result<Published> {
        let schema = signal.observation_schema();
        if *schema != self.schema {
            return Err(wrong_schema(&self.schema, schema));
        }
        // Straight from the caller's memory: a copy on the way costs more than the check.
        if self.version_1
            && self.observations.info.rows == 1
            && signal.sanitized() == 0
            && signal.signals().is_none()
            && let Ok(values) = <&[f32; FEATURES]>::try_from(signal.row(&mut self.scratch))
            && bytemuck::cast_ref::<_, Observation>(values).is_in_box()
        {
            let sequence = self.observations.publish_bytes(bytemuck::bytes_of(values), stamp)?;
            self.sent += 1;
            self.note(sequence, stamp.time_ns);
            return Ok(Published { sequence, sanitized: 0, signals: 0, signals_sanitized: 0 });
        }
        self.publish_any(signal, stamp)
    }

    /// As [`Trainer::publish_stamped`] of an observation in the Box, where nothing else has to be looked at or said and no
    /// clock asked of the kernel; without a stamp with the ring's time. Else `None`: nothing has changed.
    #[inline(always)]
    pub(crate) fn publish_plainly(&mut self, observation: &Observation, stamp: Option<Stamp>) -> Option<u64> {
        if !self.version_1 || !observation.is_in_box() {
            return None;
        }
        let (sequence, time_ns) =
            self.observations.publish_plainly(bytemuck::cast_ref(observation), stamp)?;
        self.sent += 1;
        self.note(sequence, time_ns);
        Some(sequence)
    }

    /// As [`Trainer::publish_stamped`], of what is not version 1, not in the Box, or has signals. Its schema is the link's.
    #[inline(never)]
    fn publish_any<T: ToObservation + ?Sized>(&mut self, signal: &T, stamp: Stamp) -> Result<Published> {
        if self.observations.info.rows != 1 {
            return Err(rows_needed(self.observations.info.rows, "Trainer::publish_rows"));
        }
        let row = signal.row(&mut self.scratch);
        let mut published = Published { sequence: 0, sanitized: 0, signals: 0, signals_sanitized: 0 };
        let replaced = signal.sanitized();
        if replaced == 0 && signal.signals().is_none() && self.schema.is_in_box(row) {
            published.sequence = self.observations.publish_bytes(bytemuck::cast_slice(row), stamp)?;
        } else {
            let mended = &mut self.mended;
            self.schema.check_width(row)?;
            mended.copy_from_slice(row);
            let mut flagged = stamp;
            published.sanitized = self.schema.sanitize(mended)? | replaced;
            if published.sanitized != 0 {
                flagged.flags = flagged.flags.with(Flags::SANITIZED);
            }
            if let Some(signals) = signal.signals() {
                // Not the one without the other.
                self.observations.check_in_hand()?;
                let mut signals = *signals;
                signals.observation_sequence = self.observations.next();
                signals.writer_generation = self.observations.generation();
                signals.env = stamp.env;
                let reported = report(&mut self.reports, &self.observations.segment, &mut signals, stamp)?;
                (published.signals, published.signals_sanitized) = (reported.sequence, reported.sanitized);
                kill::point("publish.signals");
            }
            published.sequence = self.observations.publish_bytes(bytemuck::cast_slice(mended), flagged)?;
        }
        self.sent += 1;
        self.note(published.sequence, stamp.time_ns);
        Ok(published)
    }

    /// Publishes a slot: as many observations as the link has [`rows`](Trainer::rows), row after row, with an environment
    /// and flags each, stamped by the ring's time source. Otherwise as [`Trainer::publish`]. Allocates only when it sees
    /// an environment of a greater number than before.
    ///
    /// [`ErrorKind::InvalidArgument`]: a block or column of another length, or an environment twice;
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`]s on a link of another schema.
    pub fn publish_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &R,
        env: &[u16],
        flags: &[Flags],
    ) -> Result<PublishedRows> {
        let time_ns = self.observations.now();
        self.publish_rows_stamped(rows, env, flags, Stamp { time_ns, ..Stamp::default() })
    }

    /// As [`Trainer::publish_rows`], with the caller's stamp for the slot as a whole. On a link of one row the stamp's
    /// environment and flags are the row's.
    pub fn publish_rows_stamped<R: Rows + ?Sized>(
        &mut self,
        rows: &R,
        env: &[u16],
        flags: &[Flags],
        mut stamp: Stamp,
    ) -> Result<PublishedRows> {
        if R::TYPED && !self.version_1 {
            return Err(wrong_schema(&self.schema, ObservationSchema::v1()));
        }
        let (width, n) = (self.schema.width(), self.observations.info.rows);
        let block = rows.numbers();
        self.schema.check_rows(block, n)?;
        same_length("env", n, env.len())?;
        same_length("flags", n, flags.len())?;
        if n == 1 {
            stamp = Stamp { env: env[0], flags: flags[0], ..stamp };
        } else {
            self.once_each(env)?;
        }
        let mut published = PublishedRows { sequence: 0, sanitized: 0, rows_sanitized: 0 };
        let fine = |row: &[f32]| match <&[f32; FEATURES]>::try_from(row) {
            Ok(values) if self.version_1 => bytemuck::cast_ref::<_, Observation>(values).is_in_box(),
            _ => self.schema.is_in_box(row),
        };
        let (mut block, mut flags) = (block, flags);
        if !block.chunks_exact(width).all(fine) {
            self.mended.copy_from_slice(block);
            self.flags.copy_from_slice(flags);
            for (row, flags) in self.mended.chunks_exact_mut(width).zip(&mut self.flags) {
                let sanitized = self.schema.sanitize(row)?;
                if sanitized != 0 {
                    *flags = flags.with(Flags::SANITIZED);
                    published.sanitized |= sanitized;
                    published.rows_sanitized += 1;
                }
            }
            (block, flags) = (&self.mended, &self.flags);
            if published.sanitized != 0 {
                stamp.flags = stamp.flags.with(Flags::SANITIZED);
            }
        }
        let bytes = bytemuck::cast_slice(block);
        let size = self.observations.info.record_size;
        published.sequence = if n == 1 {
            self.observations.publish_bytes(bytes, stamp)?
        } else {
            let flags = bytemuck::cast_slice(flags);
            self.observations.publish_with(stamp, |slot| slot.write_rows(size, bytes, env, flags))?
        };
        if n > 1 {
            self.set_places(published.sequence, env);
        }
        self.sent += n as u64;
        self.note(published.sequence, stamp.time_ns);
        Ok(published)
    }

    /// Refuses an environment that comes twice, and makes a place for each.
    fn once_each(&mut self, env: &[u16]) -> Result<()> {
        self.make_places(env);
        self.calls += 1;
        for &env in env {
            let place = &mut self.places[usize::from(env)];
            if std::mem::replace(&mut place.call, self.calls) == self.calls {
                return Err(Error::new(ErrorKind::InvalidArgument)
                    .about("env")
                    .expected_found("each environment once", format!("{env} twice"))
                    .help("publish the steps of one environment in slots of their own"));
            }
        }
        Ok(())
    }

    fn make_places(&mut self, env: &[u16]) {
        let most = env.iter().copied().max().map_or(0, usize::from);
        if most >= self.places.len() {
            self.places.resize(most + 1, Place::default());
        }
    }

    fn set_places(&mut self, sequence: u64, env: &[u16]) {
        for (row, &env) in env.iter().enumerate() {
            let place = &mut self.places[usize::from(env)];
            (place.sequence, place.row) = (sequence, row);
        }
    }

    /// Where a predecessor or a device left the newest observation of each environment.
    fn find_places(&mut self) {
        let rows = self.observations.info.rows;
        let (mut env, mut flags) = (vec![0; rows], vec![0; rows]);
        let next = self.observations.last() + 1;
        for sequence in next.saturating_sub(JUDGED_SLOTS).max(1)..next {
            let size = self.observations.info.record_size;
            let read = self.echo.peek(sequence, |slot| slot.read_columns(size, &mut env, &mut flags));
            if read.is_some() {
                self.make_places(&env);
                self.set_places(sequence, &env);
            }
        }
    }

    /// Lets a device publish the observations, until [`Trainer::take_back`]: a kernel that writes its own signals into the
    /// ring, with the twin in `include/leyline_device.hpp`. Meanwhile publishing here gives [`ErrorKind::HandedOver`]; all
    /// else goes on, decisions and commands too. The ring is marked in the segment: its readers sleep for a millisecond at
    /// most, since a device wakes nobody. If this process ends before it has taken the ring back, no trainer goes on in the
    /// segment ([`ErrorKind::LeftToDevice`]); [`Trainer::open_or_create`] and [`Trainer::recreate`] make it anew.
    ///
    /// What the device publishes should be in the Box and its environments once in a slot, as the twin and the host see to:
    /// controllers check it anyway.
    ///
    /// [`ErrorKind::HandedOver`]: it is already; [`ErrorKind::Forked`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.observations.hand_over()
    }

    /// Takes the observations back, and goes on after what the device has published; returns how many sequences that is.
    ///
    /// **Only when nothing of the device's is under way any more**: after its stream has been synchronized. A store that
    /// comes later spoils the observations published from here on.
    ///
    /// [`ErrorKind::InvalidArgument`]: they are not handed over; [`ErrorKind::Forked`].
    pub fn take_back(&mut self) -> Result<u64> {
        let published = self.observations.take_back()?;
        // A device may have counted anything.
        self.sent = self.sent.saturating_add(published.saturating_mul(self.observations.info.rows as u64));
        if self.observations.info.rows > 1 {
            self.find_places();
        }
        Ok(published)
    }

    /// Whether a device may be publishing the observations.
    pub fn is_handed_over(&self) -> bool {
        self.observations.is_handed_over()
    }

    /// Looks for what a device has published since.
    #[cold]
    fn keep_up_with_device(&mut self) {
        if self.is_handed_over() && self.observations.info.rows > 1 {
            self.find_places();
        }
    }

    /// Publishes a report on its ring, stamped by the ring's time source. Figures that are not finite or outside their
    /// bounds are replaced and counted. Never waits, allocates nothing, and makes no system call unless a reader sleeps.
    ///
    /// [`ErrorKind::NoSuchRing`]: the link has none for it; [`ErrorKind::SchemaMismatch`]: that ring carries something
    /// else; [`ErrorKind::Forked`], [`ErrorKind::Exhausted`].
    pub fn report<T: Report>(&mut self, report: &T) -> Result<Reported> {
        let time_ns = self.observations.now();
        self.report_stamped(report, Stamp { time_ns, env: report.env(), ..Stamp::default() })
    }

    /// As [`Trainer::report`], with the caller's stamp.
    pub fn report_stamped<T: Report>(&mut self, report: &T, stamp: Stamp) -> Result<Reported> {
        let mut report = *report;
        self::report(&mut self.reports, &self.observations.segment, &mut report, stamp)
    }

    #[inline(always)]
    fn note(&mut self, sequence: u64, time_ns: u64) {
        self.recent[sequence as usize % RECENT] = (sequence, time_ns);
    }

    /// Now, from the time source of the observations; 0 where the caller supplies the time.
    pub fn now(&mut self) -> u64 {
        self.observations.now()
    }

    /// The next decision of a lane. What it gives is as for [`Observer::try_next`]. [`ErrorKind::NoSuchRing`]: no such
    /// lane.
    #[inline(always)]
    pub fn try_decision(&mut self, lane: u32, decision: &mut Decision) -> Result<Read> {
        let found = self.lane(lane)?.decisions.try_next(decision);
        if let Read::Record(meta) = found {
            self.count(lane, decision, meta.time_ns);
        }
        Ok(found)
    }

    /// As [`Trainer::try_decision`] on a link of one row a slot, where that is no mistake and finds nothing, or a record
    /// without any news, which `take` gets. Else `None`: nothing has changed.
    #[inline(always)]
    pub(crate) fn try_decision_plainly(
        &mut self,
        lane: u32,
        take: impl FnOnce(&Decision, Meta),
    ) -> Option<Read> {
        if self.observations.info.rows != 1 {
            return None;
        }
        let mut decision = Decision::default();
        let core = &mut self.lanes.get_mut(lane as usize)?.decisions.core;
        let read = core.try_next_plainly(bytemuck::bytes_of_mut(&mut decision))?;
        if let Read::Record(meta) = read {
            // First, so that nothing has to be kept while the decision is timed.
            take(&decision, meta);
            self.decided += 1;
            self.time(decision.observation_sequence, meta.time_ns);
        }
        Some(read)
    }

    /// Waits until a lane has decided on the observation `sequence` or a later one, passing over its earlier decisions
    /// (they are counted). [`Read::Empty`]: not in time; [`Read::WriterGone`]: the controller is gone. A lane that never
    /// had a controller is waited for until the timeout.
    pub fn wait_decision(
        &mut self,
        lane: u32,
        sequence: u64,
        decision: &mut Decision,
        wait: Wait,
    ) -> Result<Read> {
        let start = os::monotonic_ns();
        let mut left = wait;
        loop {
            let read = self.lane(lane)?.decisions.next(decision, left)?;
            let over = left.timeout.is_zero();
            left.timeout = wait.timeout.saturating_sub(Duration::from_nanos(os::monotonic_ns() - start));
            match read {
                Read::Record(meta) => {
                    self.count(lane, decision, meta.time_ns);
                    if decision.observation_sequence >= sequence {
                        return Ok(read);
                    }
                }
                // A new controller answers what the old one left.
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                Read::Empty | Read::WriterGone(_) | Read::Superseded => return Ok(read),
            }
            // Other decisions may go on coming for ever.
            if over {
                return Ok(Read::Empty);
            }
        }
    }

    /// Waits until a lane has decided on every row of the slot `sequence`, one of this trainer's: row i's decision comes
    /// to `decisions[i]`, as many as the link has rows. A decision on a later slot stands in for one on this. Where
    /// there is none yet stands [`Decision::default`]; to go on waiting, call it again.
    ///
    /// [`ErrorKind::InvalidArgument`]: `decisions` is of another length, or the environments of that slot have been
    /// published again since; [`ErrorKind::NoSuchRing`]: no such lane.
    pub fn wait_decisions(
        &mut self,
        lane: u32,
        sequence: u64,
        decisions: &mut [Decision],
        wait: Wait,
    ) -> Result<Answers> {
        let n = self.observations.info.rows;
        let capacity = self.lane(lane)?.decisions.core.info.capacity;
        same_length("decisions", n, decisions.len())?;
        decisions.fill(Decision::default());
        if n == 1 {
            let mut decision = Decision::default();
            let end = self.wait_decision(lane, sequence, &mut decision, wait)?;
            if let Read::Record(_) = end {
                decisions[0] = decision;
            }
            return Ok(Answers { count: usize::from(matches!(end, Read::Record(_))), end });
        }
        self.keep_up_with_device();
        let mut count = self.decided_before(lane, sequence, decisions)?;
        let start = os::monotonic_ns();
        let mut left = wait;
        let mut end = Read::Record(Meta { sequence, ..Meta::default() });
        let mut decision = Decision::default();
        while count < n {
            // What is there, as much as there can be; other decisions may go on coming for ever.
            for _ in 0..capacity {
                let read = self.lane(lane)?.decisions.try_next(&mut decision);
                match read {
                    Read::Record(meta) => {
                        end = read;
                        self.count(lane, &decision, meta.time_ns);
                        count += self.place(sequence, &decision, decisions);
                    }
                    Read::Restarted { .. } | Read::Lapped { .. } => {}
                    _ => break,
                }
                if count == n {
                    return Ok(Answers { count, end });
                }
            }
            if left.timeout.is_zero() {
                return Ok(Answers { count, end: Read::Empty });
            }
            let read = self.lane(lane)?.decisions.next(&mut decision, left)?;
            match read {
                Read::Record(meta) => {
                    end = read;
                    self.count(lane, &decision, meta.time_ns);
                    count += self.place(sequence, &decision, decisions);
                }
                Read::Restarted { .. } | Read::Lapped { .. } => {}
                Read::Empty | Read::WriterGone(_) | Read::Superseded => {
                    return Ok(Answers { count, end: read });
                }
            }
            left.timeout = wait.timeout.saturating_sub(Duration::from_nanos(os::monotonic_ns() - start));
        }
        Ok(Answers { count, end })
    }

    /// The decisions on a slot that were read while another was waited for.
    fn decided_before(&self, lane: u32, sequence: u64, decisions: &mut [Decision]) -> Result<usize> {
        let newest = self.lanes.get(lane as usize).map_or(&[][..], |lane| &lane.newest);
        let (mut there, mut count) = (0, 0);
        for (env, place) in self.places.iter().enumerate().filter(|(_, p)| p.sequence == sequence) {
            there += 1;
            if let Some(decision) = newest.get(env).filter(|d| d.observation_sequence >= sequence) {
                decisions[place.row] = *decision;
                count += 1;
            }
        }
        if there == decisions.len() {
            return Ok(count);
        }
        Err(Error::new(ErrorKind::InvalidArgument).about("sequence").expected_found(
            "a slot that is the newest of its environments",
            format!("{sequence}, which is for {there} of them"),
        ))
    }

    /// Puts a decision at its row of the slot, if it has one there; 1 if that had none before.
    fn place(&self, sequence: u64, decision: &Decision, decisions: &mut [Decision]) -> usize {
        if decision.observation_sequence < sequence {
            return 0;
        }
        match self.places.get(usize::from(decision.env)) {
            Some(place) if place.sequence == sequence => {
                let before = std::mem::replace(&mut decisions[place.row], *decision);
                usize::from(before.observation_sequence == 0)
            }
            _ => 0,
        }
    }

    /// Counts a decision's latency: from the observation's stamp to the decision's.
    #[inline]
    fn count(&mut self, lane: u32, decision: &Decision, time_ns: u64) {
        self.decided += 1;
        if self.observations.info.rows > 1 {
            // A copy of its own, so that the decision itself may stay in registers.
            self.keep(lane, *decision);
        }
        self.time(decision.observation_sequence, time_ns);
    }

    #[inline]
    fn time(&mut self, sequence: u64, time_ns: u64) {
        self.last_latency_ns = 0;
        if time_ns == 0 {
            return;
        }
        if let Some(observed) = self.time_of(sequence)
            && time_ns >= observed
        {
            self.last_latency_ns = time_ns - observed;
            self.observations.page.add_latency(self.last_latency_ns);
        }
    }

    /// Remembers the newest decision on each environment there is.
    #[inline(never)]
    fn keep(&mut self, lane: u32, decision: Decision) {
        let env = usize::from(decision.env);
        // An environment that was never published has no decisions.
        let Some(lane) = self.lanes.get_mut(lane as usize).filter(|_| env < self.places.len()) else {
            return;
        };
        if env >= lane.newest.len() {
            lane.newest.resize(self.places.len(), Decision::default());
        }
        if decision.observation_sequence >= lane.newest[env].observation_sequence {
            lane.newest[env] = decision;
        }
    }

    /// When an observation was published, if it is still in the ring and has a time.
    #[inline]
    fn time_of(&mut self, sequence: u64) -> Option<u64> {
        let (recent, time_ns) = self.recent[sequence as usize % RECENT];
        if recent == sequence {
            return (time_ns != 0).then_some(time_ns);
        }
        self.time_read_back(sequence)
    }

    #[cold]
    fn time_read_back(&mut self, sequence: u64) -> Option<u64> {
        let meta = self.echo.look_back(sequence, |slot| slot.read(&mut []))?;
        (meta.time_ns != 0).then_some(meta.time_ns)
    }

    /// The next command to execute, of any lane in turn. `None`: there is none now. Never waits, and makes no system call
    /// but to refuse a command.
    ///
    /// What comes out is well-formed, answers an observation of this writer generation (or none), and is physically possible
    /// in the newest state of its environment, if that is among the last 1024 published. What the outcome of a command says
    /// of the seed counts until the environment's next observation: after an executed GERMINATE, FOSSILIZE or CULL, whichever
    /// lane it came by, the same once more is refused as MASKED. Anything else is answered right
    /// here, with an outcome that says why, and counted in [`Trainer::refused`]. A lane whose ring of outcomes has no room
    /// for such an answer is passed over until it has. A command that a predecessor of this process had answered finally
    /// is not handed out again.
    pub fn try_command(&mut self) -> Result<Option<ReceivedCommand>> {
        for _ in 0..self.lanes.len() {
            let at = self.turn;
            self.turn = (self.turn + 1) % self.lanes.len();
            // A sender that refills its ring, or spoils it, does not keep this call from returning. Twice the ring:
            // restarts of the sender come between its records.
            for _ in 0..2 * self.lanes[at].commands.core.reader.info.capacity + RESTARTS {
                let lane = &mut self.lanes[at];
                let mut command = AdaptationCommand::zeroed();
                let meta = match lane.commands.try_next(&mut command) {
                    Read::Record(meta) => meta,
                    // A keep ring loses nothing; a new controller goes on where the old one ended. What that one had
                    // annotated and not sent it will never send.
                    Read::Restarted { .. } | Read::Lapped { .. } => {
                        lane.forget_pending()?;
                        continue;
                    }
                    Read::Empty | Read::WriterGone(_) | Read::Superseded => {
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
                    Some((OutcomeCode::Malformed, "its annotations".to_owned()))
                } else {
                    self.objection(&command)
                };
                let Some((code, text)) = objection else { return Ok(Some(received)) };
                let outcome = CommandOutcome::rejected(&command, meta.sequence, code, &text);
                match self.answer(&received, outcome) {
                    Ok(_) => self.refused += 1,
                    Err(e) if matches!(e.kind(), ErrorKind::Full | ErrorKind::ConsumerGone) => {
                        self.lanes[at].put_back();
                        break;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(None)
    }

    /// Why a command cannot be executed, as far as the contract itself can tell.
    fn objection(&mut self, command: &AdaptationCommand) -> Option<(OutcomeCode, String)> {
        if let Err(e) = command.check() {
            return Some((OutcomeCode::Malformed, e.to_string()));
        }
        let generation = self.observations.generation();
        if command.writer_generation != 0 && command.writer_generation != generation {
            return Some((
                OutcomeCode::Stale,
                format!("generation {}, now {generation}", command.writer_generation),
            ));
        }
        // An observation of long ago, whose generation its reader could not know any more, is of an earlier generation too.
        if let (n @ 1.., Some(first)) =
            (command.observation_sequence, self.echo.reader.ring.logged(generation))
            && n < first
        {
            return Some((
                OutcomeCode::Stale,
                format!("observation {n}, this generation's first is {first}"),
            ));
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
        Some((OutcomeCode::Masked, format!("{name} is not possible now")))
    }

    /// Returns the state of an environment's seed by its newest observation, or by an outcome that was given after it. An
    /// outcome for a seed of another name than `seed` does not count. `None`: not known, since the observation is not among
    /// the last of the ring or the schema has no seed state. `Some(None)`: the observation says what cannot be.
    #[allow(clippy::option_option)]
    fn state_of(&mut self, env: u16, seed: &Id) -> Option<Option<SeedState>> {
        if !self.schema.has_seed_state() {
            return None;
        }
        self.keep_up_with_device();
        let (sequence, state) = self.newest_of(env)?;
        let Some(said) = self.said.get(&env) else { return Some(state) };
        if sequence > said.after {
            self.said.remove(&env);
        } else if seed.is_empty() || said.seed.is_empty() || *seed == said.seed {
            return Some(Some(said.state));
        }
        Some(state)
    }

    /// Returns the sequence of an environment's newest observation, and the state of the seed in it.
    fn newest_of(&mut self, env: u16) -> Option<(u64, Option<SeedState>)> {
        let row = bytemuck::cast_slice_mut(&mut self.scratch);
        if self.observations.info.rows > 1 {
            let place = self.places.get(usize::from(env)).filter(|p| p.sequence != 0)?;
            let size = self.observations.info.record_size;
            self.echo.peek(place.sequence, |slot| slot.read_row(size, place.row, row))?;
            return Some((place.sequence, self.schema.seed_state(&self.scratch)));
        }
        for sequence in (1..=self.observations.last()).rev().take(JUDGED) {
            if self.echo.peek(sequence, |slot| slot.read(row))? == env {
                return Some((sequence, self.schema.seed_state(&self.scratch)));
            }
        }
        None
    }

    /// Notes the state of the seed after an answered command: the stage that the outcome reports, or if it reports none, the
    /// stage that an executed command of its kind leads to.
    #[cold]
    fn note_outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        let (Ok(status), Ok(kind), Ok(stages)) = (outcome.status(), command.command_type(), outcome.stages())
        else {
            return;
        };
        if !matches!(status, OutcomeStatus::Executed | OutcomeStatus::Failed) || !self.schema.has_seed_state()
        {
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
        // A slot is free again when its seed has gone all the way from CULLED to DORMANT.
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

    /// The annotations of a command that is open: until it has been answered finally. In the order in which they were
    /// given; empty if it has none. Checked.
    pub fn annotations(&self, received: &ReceivedCommand) -> &[CommandAnnotation] {
        let lane = self.lanes.get(received.lane as usize);
        let open = lane.and_then(|lane| lane.open.iter().find(|o| o.sequence == received.sequence));
        open.map_or(&[], |open| &open.annotations)
    }

    /// Answers a command. A final outcome (anything but ACCEPTED) commits it: after that it is never delivered again.
    /// Fill in the outcome's time or leave it 0 for now.
    ///
    /// [`ErrorKind::ConsumerGone`] or [`ErrorKind::Full`]: the sender's ring of outcomes is full, nothing was committed;
    /// try again later. [`ErrorKind::Full`] also says that so many ACCEPTED have been sent while an older command is
    /// open that final answers might be pushed out of the ring: answer that one first. [`ErrorKind::InvalidArgument`]: the outcome is of another command, or the command is not open.
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

    #[inline]
    fn lane(&mut self, lane: u32) -> Result<&mut Lane> {
        let count = self.lanes.len();
        self.lanes.get_mut(lane as usize).ok_or_else(|| no_lane(count, lane))
    }

    /// Waits until somebody holds a lane. [`PeerState::Never`] or [`PeerState::Gone`]: nobody in time.
    pub fn wait_for_controller(&mut self, lane: u32, wait: Wait) -> Result<PeerState> {
        struct Holder<'a>(&'a Observer<Decision>);
        impl Awaited for Holder<'_> {
            type Found = PeerState;
            fn poll(&mut self) -> Option<PeerState> {
                None
            }
            fn check(&mut self) -> Result<Option<PeerState>> {
                let state = self.0.peer_state()?;
                Ok(matches!(state, PeerState::Held { .. } | PeerState::Superseded).then_some(state))
            }
            fn sleep(&mut self, timeout: Duration) -> Option<PeerState> {
                std::thread::sleep(timeout);
                None
            }
        }
        let decisions = &self.lane(lane)?.decisions;
        let mut holder = Holder(decisions);
        if let Some(state) = holder.check()? {
            return Ok(state);
        }
        match wait_for(&mut holder, wait)? {
            Some(state) => Ok(state),
            None => decisions.peer_state(),
        }
    }

    /// Asks the kernel about a lane's controller.
    pub fn controller_state(&mut self, lane: u32) -> Result<PeerState> {
        self.lane(lane)?.decisions.peer_state()
    }

    /// Observations published by this handle, and by devices before it took the ring back from them.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Decisions received by this handle.
    pub fn decided(&self) -> u64 {
        self.decided
    }

    /// Commands that were refused before they were handed out.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// From the stamp of the observation to that of the decision, for the decision received last, in nanoseconds; 0 if
    /// either has no time or the observation has left the ring. All of them are counted in the role page of the
    /// observations' writer ([`Segment::role`]).
    pub fn last_latency_ns(&self) -> u64 {
        self.last_latency_ns
    }

    /// From now on decisions slower than this count as deadline misses.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.observations.page.set_deadline(deadline.as_nanos() as u64);
    }
}

/// A lane's roles, with all that can fail behind them.
struct LaneRoles {
    index: u32,
    commands: ConsumerRole,
    outcomes: WriterRole,
    /// Of the outcomes.
    history: ReaderCore,
    decisions: Observer<Decision>,
}

impl LaneRoles {
    fn take(segment: &Segment, index: u32) -> Result<Self> {
        let commands = ConsumerRole::take(segment, &commands_ring(index), 0, AdaptationCommand::schema())?;
        let outcomes = segment.ring_of(&outcomes_ring(index), CommandOutcome::schema(), SlotRows::One)?;
        Ok(Self {
            index,
            commands,
            outcomes: WriterRole::take(segment, outcomes.clone(), Touch::Often)?,
            history: ReaderCore::over(segment, outcomes.clone(), Start::Now)?,
            decisions: Observer::open(segment, &decisions_ring(index), Start::Now)?,
        })
    }

    fn start(self) -> Lane {
        let Self { index, commands, outcomes, history, decisions } = self;
        let commands = Consumer::over(commands.start(Commit::Manual));
        kill::point("lane.consumer");
        let outcomes = Writer::<CommandOutcome>::over(outcomes.start());
        kill::point("lane.outcomes");
        let mut done = HashMap::new();
        let mut outcome = CommandOutcome::zeroed();
        let ring = &history.reader.ring;
        let newest = outcomes.next_sequence() - 1;
        // Each by itself: restarts come between them, and a half-written record may have touched the oldest.
        for sequence in position::oldest(newest, ring.capacity, ring.first_sequence)..=newest {
            let read = history.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(&mut outcome)));
            if read.is_some()
                && outcome.command_sequence > commands.read_up_to()
                && outcome.status().is_ok_and(OutcomeStatus::is_final)
            {
                done.insert(outcome.command_sequence, sequence);
            }
        }
        Lane {
            index,
            decisions,
            commands,
            outcomes,
            open: VecDeque::new(),
            pending: Pending::default(),
            done,
            newest: Vec::new(),
        }
    }
}

impl Lane {
    /// Takes in an annotation. Its command comes after it.
    fn annotated(&mut self, annotation: CommandAnnotation, meta: &Meta) -> Result<()> {
        let goes_on = self.pending.pairs.first().is_some_and(|first| {
            (first.command_id, first.count) == (annotation.command_id, annotation.count)
                && self.pending.pairs.len() == usize::from(annotation.index)
        });
        if self.pending.last != 0 && (!goes_on || self.pending.pairs.len() == MAX_ANNOTATIONS) {
            self.forget_pending()?;
        }
        let pending = &mut self.pending;
        if pending.last == 0 {
            pending.first = meta.sequence;
        }
        (pending.last, pending.generation) = (meta.sequence, meta.generation);
        pending.spoiled |=
            annotation.check().is_err() || usize::from(annotation.index) != pending.pairs.len();
        pending.pairs.push(annotation);
        Ok(())
    }

    /// Takes in a command with the annotations that came before it. Whether those are not what they should be.
    fn take_in(&mut self, command: &AdaptationCommand, meta: &Meta) -> Result<bool> {
        if self.pending.pairs.first().is_some_and(|first| first.command_id != command.id) {
            self.forget_pending()?;
        }
        let Pending { pairs, first, spoiled, .. } = std::mem::take(&mut self.pending);
        let incomplete = pairs.first().is_some_and(|p| usize::from(p.count) != pairs.len());
        self.open.push_back(Open {
            first: if first == 0 { meta.sequence } else { first },
            sequence: meta.sequence,
            answered: Answered::No,
            annotations: if spoiled || incomplete { Box::default() } else { pairs.into() },
        });
        Ok(spoiled || incomplete)
    }

    /// Gives back annotations whose command will never come, as soon as all before them is answered.
    fn forget_pending(&mut self) -> Result<()> {
        let Pending { first, last, .. } = std::mem::take(&mut self.pending);
        if last == 0 {
            return Ok(());
        }
        self.open.push_back(Open {
            first,
            sequence: last,
            answered: Answered::NeedsNone,
            annotations: Box::default(),
        });
        self.give_back()
    }

    /// Leaves the command that was read last, and its annotations, for later.
    fn put_back(&mut self) {
        if let Some(open) = self.open.pop_back() {
            self.commands.core.reader.reader.seek(open.first);
        }
    }

    /// Whether the ring of outcomes takes one that is not final. A successor learns from that ring alone which commands
    /// after the first open one are answered: their outcomes must stay in it, however many are still to be answered
    /// before they can be committed. Those are two rings of commands at most.
    fn can_say_more(&self) -> bool {
        let open = self.open.iter().filter_map(|o| match o.answered {
            Answered::Finally(outcome) => Some(outcome),
            Answered::No | Answered::NeedsNone => None,
        });
        let oldest = open.chain(self.done.values().copied()).min();
        let answers = 2 * self.commands.core.reader.info.capacity;
        oldest.is_none_or(|o| {
            self.outcomes.next_sequence() + 2 + answers <= o + self.outcomes.core.info.capacity
        })
    }

    /// Marks a command as answered and gives back all up to the first that is not.
    fn finish(&mut self, sequence: u64, outcome: u64) -> Result<()> {
        if let Some(open) = self.open.iter_mut().find(|o| o.sequence == sequence) {
            open.answered = Answered::Finally(outcome);
        }
        self.give_back()
    }

    /// Gives back all up to the first that is not answered.
    fn give_back(&mut self) -> Result<()> {
        let mut up_to = None;
        while self.open.front().is_some_and(|o| o.answered != Answered::No) {
            up_to = self.open.pop_front().map(|o| o.sequence);
        }
        up_to.map_or(Ok(()), |sequence| self.commands.commit_to(sequence))
    }
}

/// Puts a report on its ring.
fn report<T: Report>(
    writers: &mut Vec<WriterCore>,
    segment: &Segment,
    report: &mut T,
    mut stamp: Stamp,
) -> Result<Reported> {
    let at = writers.iter().position(|w| w.info.name == T::RING).unwrap_or(writers.len());
    if at == writers.len() {
        // A program's own, the first time.
        writers.push(WriterCore::open(segment, T::RING, T::schema(), SlotRows::One)?);
    }
    let writer = &mut writers[at];
    if writer.info.fingerprint != T::schema().fingerprint() || writer.info.record_size != size_of::<T>() {
        return Err(writer
            .segment
            .ring_of(T::RING, T::schema(), SlotRows::One)
            .err()
            .unwrap_or(ErrorKind::SchemaMismatch.into()));
    }
    let sanitized = report.sanitize();
    report.check()?;
    if sanitized != 0 {
        stamp.flags = stamp.flags.with(Flags::SANITIZED);
    }
    let sequence = writer.publish_bytes(bytemuck::bytes_of(report), stamp)?;
    Ok(Reported { sequence, sanitized })
}

#[cold]
pub(super) fn rows_needed(rows: usize, instead: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about(format!("ring \"{OBSERVATIONS}\""))
        .expected_found("1 row a slot", rows.to_string())
        .help(format!("use {instead}"))
}

pub(super) fn no_lane(count: usize, lane: u32) -> Error {
    Error::new(ErrorKind::NoSuchRing)
        .about("lane")
        .expected_found(format!("less than {count}"), lane.to_string())
}

/// The action that a command carries out, if it is one that a mask knows.
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
