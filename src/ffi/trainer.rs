// C header: link
//! The trainer's end of a link.

use super::boundary::call::{act, act_whole, answer, caught};
use super::boundary::handle::{close, give, handles, open, open_mut, opened, slot};
use super::boundary::pointer::{
    block, input, invalid, is_there, list, optional, out, place, pointer, wanted,
};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use super::boundary::string::text;
use super::link::{leyline_link_options_t, link_spec};
use super::options::{leyline_options_t, options};
use super::peer::{leyline_peer_t, peer};
use super::reading::{Found, leyline_notice_t, told};
use super::schema::{leyline_schema_t, schema_handle};
use super::segment::{displaced, leyline_displaced_t, leyline_segment_t, segment_handle};
use super::stamp::{flags, leyline_meta_t, leyline_stamp_t, meta, stamp, stamp_if_valid, stamp_or_now};
use super::wait::{leyline_wait_t, looked, nothing, or_once, read};
use super::{action_space::leyline_action_space_t, enumerations::leyline_opened, record_kind::ReportKind};
use crate::base::error::Result;
use crate::contract::observation::{FEATURES, Observation};
use crate::contract::{
    annotation::CommandAnnotation, command::AdaptationCommand, decision::Decision, outcome::CommandOutcome,
    signals::TrainingSignals,
};
use crate::handle::read::Read;
use crate::link::{Published, ReceivedCommand, Row, Trainer};
use std::ffi::{c_char, c_void};
use std::{ptr, time::Duration};

/// The trainer's end of a link. Holds the trainer's roles until it is closed.
pub struct leyline_trainer_t {
    pub(super) trainer: Trainer,
}

handles!(leyline_trainer_t: "trainer" waits by |h| h.trainer.own_canceller());

/// A command to execute and answer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_received_t {
    /// The command; checked.
    pub command: AdaptationCommand,
    /// Its sequence on its lane's ring of commands.
    pub sequence: u64,
    /// The time when it was sent, CLOCK_MONOTONIC nanoseconds; 0: unknown.
    pub time_ns: u64,
    /// The lane it came by.
    pub lane: u32,
    /// 0.
    pub reserved: u32,
}

impl leyline_received_t {
    fn core(self) -> ReceivedCommand {
        let Self { command, sequence, time_ns, lane, .. } = self;
        ReceivedCommand { command, sequence, lane, time_ns }
    }
}

/// A trainer's link and counts.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_trainer_info_t {
    /// Observations published by this handle.
    pub sent: u64,
    /// Decisions received by this handle.
    pub decided: u64,
    /// Commands refused before they were handed out.
    pub refused: u64,
    /// From the stamp of the observation to that of the decision received last, ns; 0: unknown.
    pub last_latency_ns: u64,
    /// This trainer's writer generation: 1 for the first trainer of the segment.
    pub generation: u64,
    /// Observations in a slot.
    pub rows: usize,
    /// Numbers in an observation.
    pub width: usize,
    /// Lanes of the link.
    pub lanes: u32,
    /// 1 while a device may be publishing the observations, else 0.
    pub handed_over: u32,
    /// 0.
    pub reserved: [u64; 2],
}

/// Creates a link's segment and takes the trainer's roles.
///
/// @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
/// @param shape    or NULL for the defaults
/// @param options  or NULL for the defaults
/// @return         LEYLINE_ERR_ALREADY_EXISTS, those of leyline_segment_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_create(
    name: *const c_char,
    space: *const leyline_action_space_t,
    shape: *const leyline_link_options_t,
    options: *const leyline_options_t,
    trainer: *mut *mut leyline_trainer_t,
) -> Status {
    act_whole!({
        let place = slot(trainer)?;
        let trainer =
            Trainer::create(text(name, "name")?, &link_spec(space, shape)?, &self::options(options)?)?;
        place.set(give(leyline_trainer_t { trainer }));
    })
}

/// Attaches to the link if it exists, as after a restart, or creates it; takes the trainer's roles.
///
/// @param shape    or NULL for the defaults
/// @param options  or NULL for the defaults
/// @param opened   a leyline_opened, or NULL
/// @return         LEYLINE_ERR_ROLE_HELD (another trainer lives), LEYLINE_ERR_SCHEMA_MISMATCH,
///                 LEYLINE_ERR_DOMAIN_MISMATCH, those of leyline_segment_open_or_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_open_or_create(
    name: *const c_char,
    space: *const leyline_action_space_t,
    shape: *const leyline_link_options_t,
    options: *const leyline_options_t,
    trainer: *mut *mut leyline_trainer_t,
    opened: *mut u32,
) -> Status {
    act_whole!({
        let (place, opened) = (slot(trainer)?, wanted(opened, "opened")?);
        let (trainer, how) = Trainer::open_or_create(
            text(name, "name")?,
            &link_spec(space, shape)?,
            &self::options(options)?,
        )?;
        place.set(give(leyline_trainer_t { trainer }));
        opened.set(leyline_opened::from(how) as u32);
    })
}

/// Replaces the link of that name, if there is one, in one step, and takes the trainer's roles.
///
/// @param shape      or NULL for the defaults
/// @param options    or NULL for the defaults
/// @param displaced  what was replaced, or NULL
/// @return           LEYLINE_ERR_ROLE_HELD if a living process holds a role of the old link:
///                   nothing has changed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_recreate(
    name: *const c_char,
    space: *const leyline_action_space_t,
    shape: *const leyline_link_options_t,
    options: *const leyline_options_t,
    trainer: *mut *mut leyline_trainer_t,
    displaced: *mut leyline_displaced_t,
) -> Status {
    act_whole!({
        let (place, displaced) = (slot(trainer)?, wanted(displaced, "displaced")?);
        let (trainer, old) =
            Trainer::recreate(text(name, "name")?, &link_spec(space, shape)?, &self::options(options)?)?;
        place.set(give(leyline_trainer_t { trainer }));
        displaced.set(self::displaced(old));
    })
}

/// Takes the trainer's roles in an attached segment that has the rings of a link.
///
/// @return  LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
///          LEYLINE_ERR_READ_ONLY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_of_segment(
    segment: *const leyline_segment_t,
    trainer: *mut *mut leyline_trainer_t,
) -> Status {
    act_whole!({
        slot(trainer)?
            .set(give(leyline_trainer_t { trainer: Trainer::on(&open(segment, "segment")?.segment)? }));
    })
}

/// Gives the segment of the link as a handle of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_segment(
    trainer: *const leyline_trainer_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act!(slot(segment)?.set(segment_handle(open(trainer, "trainer")?.trainer.segment().clone())))
}

/// Gives the schema of the link's observations as a handle of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_schema(
    trainer: *const leyline_trainer_t,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let place = slot(schema)?;
        let trainer = &open(trainer, "trainer")?.trainer;
        place.set(schema_handle(trainer.observation_schema().schema().clone()));
    })
}

/// Describes the link and what this handle has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_info(
    trainer: *const leyline_trainer_t,
    info: *mut leyline_trainer_info_t,
) -> Status {
    act!({
        let trainer = &open(trainer, "trainer")?.trainer;
        out(info, "info")?.set(leyline_trainer_info_t {
            sent: trainer.sent(),
            decided: trainer.decided(),
            refused: trainer.refused(),
            last_latency_ns: trainer.last_latency_ns(),
            generation: trainer.generation(),
            rows: trainer.rows(),
            width: trainer.observation_schema().width(),
            lanes: trainer.lanes(),
            handed_over: trainer.is_handed_over().into(),
            reserved: [0; 2],
        });
    })
}

/// Counts decisions slower than this as deadline misses in the role's counters.
///
/// @param deadline_ns  observation to decision, ns; 0: no deadline
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_set_deadline(
    trainer: *mut leyline_trainer_t,
    deadline_ns: u64,
) -> Status {
    act!(open_mut(trainer, "trainer")?.trainer.set_deadline(Duration::from_nanos(deadline_ns)))
}

/// Publishes an observation, after the signals it was made from, if any. Values that are not finite
/// or out of bounds are replaced. Never waits; makes no system call unless a controller sleeps.
///
/// @param row        the numbers in the schema's order; or NULL: computed from the signals, for
///                   leyline_observation_t
/// @param width      how many: the schema's width, or 0 if row is NULL
/// @param signals    published on their own ring with the observation's sequence, generation and
///                   stamp; or NULL
/// @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
/// @param sequence   the observation's sequence, or NULL
/// @param sanitized  a bit for each number replaced, bit 63 for all from the 64th on, whose names
///                   leyline_schema_names_of gives; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (width, row NULL without signals, or a link of
///                   several rows), LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_SCHEMA_MISMATCH
///                   (row NULL, and observations of another kind), LEYLINE_ERR_FORKED,
///                   LEYLINE_ERR_EXHAUSTED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish(
    trainer: *mut leyline_trainer_t,
    row: *const f32,
    width: usize,
    signals: *const TrainingSignals,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if signals.is_null()
            && width == FEATURES
            && is_there(row)
            && sequence.is_aligned()
            && sanitized.is_aligned()
            && let Some(mut open) = opened(trainer)
            && let Ok(stamp) = stamp_if_valid(stamp)
            && let Some(published) = open.trainer.publish_fast(&*row.cast::<[f32; FEATURES]>(), stamp)
        {
            place(sequence).set(published);
            place(sanitized).set(0);
            return LEYLINE_OK;
        }
        publish_slow(trainer, row, width, signals, stamp, sequence, sanitized)
    }
}

/// Slow path of [`leyline_trainer_publish`], and every error. In the C calling convention, nothing
/// unwinds out of it, and the fast path may end with a jump to it.
#[cold]
#[inline(never)]
unsafe extern "C" fn publish_slow(
    trainer: *mut leyline_trainer_t,
    row: *const f32,
    width: usize,
    signals: *const TrainingSignals,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    act!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let published = if signals.is_null() && width == FEATURES && trainer.takes_observations() {
            let observation = pointer(row.cast_mut().cast::<Observation>(), "row")?.as_ref();
            let stamp = stamp_or_now(stamp, || trainer.now())?;
            trainer.publish_stamped(observation, stamp)?
        } else {
            publish_other(trainer, (row, width), signals, stamp)?
        };
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
    })
}

/// Publishes an observation of another schema, or one with signals.
#[cold]
#[inline(never)]
unsafe fn publish_other(
    trainer: &mut Trainer,
    (row, width): (*const f32, usize),
    signals: *const TrainingSignals,
    stamp: *const leyline_stamp_t,
) -> Result<Published> {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if row.is_null() && (signals.is_null() || width != 0) {
            return Err(invalid("row", "a pointer, or signals and a width of 0", "NULL"));
        }
        let numbers = list(row, width, "row")?;
        let signals =
            if signals.is_null() { None } else { Some(pointer(signals.cast_mut(), "signals")?.as_ref()) };
        let stamp = stamp_or_now(stamp, || trainer.now())?;
        match signals {
            Some(signals) if row.is_null() => trainer.publish_stamped(signals, stamp),
            signals => {
                let schema = trainer.observation_schema().clone();
                trainer.publish_stamped(&Row { schema: &schema, numbers, signals }, stamp)
            }
        }
    }
}

/// Publishes a slot of a link of several rows. Rows with replaced values are flagged. Never waits.
///
/// @param rows       count rows of the schema's width, C-contiguous
/// @param numbers    how many numbers that are
/// @param env        count environments, each once
/// @param flags      count times LEYLINE_FLAG_... bits
/// @param count      as many as a slot has rows
/// @param stamp      the slot's, or NULL: stamped by the ring's time source
/// @param sequence   the slot's sequence, or NULL
/// @param sanitized  as with leyline_trainer_publish, of any row; or NULL
/// @return           those of leyline_trainer_publish
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish_rows(
    trainer: *mut leyline_trainer_t,
    rows: *const f32,
    numbers: usize,
    env: *const u16,
    flags: *const u8,
    count: usize,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    act!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let rows = list(pointer(rows.cast_mut(), "rows")?.as_ptr(), numbers, "rows")?;
        let env = list(pointer(env.cast_mut(), "env")?.as_ptr(), count, "env")?;
        let flags = self::flags(list(pointer(flags.cast_mut(), "flags")?.as_ptr(), count, "flags")?)?;
        let stamp = stamp_or_now(stamp, || trainer.now())?;
        let published = trainer.publish_rows_stamped(rows, env, flags, stamp)?;
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
    })
}

/// Reads the next decision of a lane.
///
/// @param lane    from 0
/// @param wait    or NULL: does not wait
/// @param meta    or NULL
/// @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return        LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; waiting
///                LEYLINE_TIMED_OUT or an ending; LEYLINE_ERR_NO_SUCH_RING (lane)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_next_decision(
    trainer: *mut leyline_trainer_t,
    lane: u32,
    wait: *const leyline_wait_t,
    decision: *mut Decision,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if wait.is_null()
            && is_there(decision)
            && Found::fits(meta, notice)
            && let Some(mut open) = opened(trainer)
        {
            // Timing the decision may have to read the observation back, which is no leaf.
            let found = caught(|| {
                open.trainer.try_decision_fast(lane, |found, about| {
                    place(decision).set_loaded(found);
                    place(meta).set(self::meta(about));
                })
            });
            match found {
                Ok(Some(Read::Record(_))) => return LEYLINE_OK,
                Ok(Some(_)) => return LEYLINE_EMPTY,
                Ok(None) => {}
                Err(status) => return status,
            }
        }
        next_decision_slow(trainer, lane, wait, decision, meta, notice)
    }
}

/// Slow path of [`leyline_trainer_next_decision`], and every error. In the C calling convention as
/// [`publish_slow`].
#[cold]
#[inline(never)]
unsafe extern "C" fn next_decision_slow(
    trainer: *mut leyline_trainer_t,
    lane: u32,
    wait: *const leyline_wait_t,
    decision: *mut Decision,
    meta: *mut leyline_meta_t,
    notice: *mut leyline_notice_t,
) -> Status {
    answer!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (place, found) = (out(decision, "decision")?, Found::at(meta, notice)?);
        let mut decision = Decision::default();
        if wait.is_null() {
            let read = trainer.try_decision(lane, &mut decision)?;
            return Ok(found.give(read, || place.set_loaded(&decision)));
        }
        let read = trainer.next_decision(lane, &mut decision, read(wait)?)?;
        found.give(read, || place.set(decision))
    })
}

/// Waits until a lane has decided on an observation or a later one; its earlier decisions are
/// skipped and counted.
///
/// @param lane      from 0
/// @param sequence  the observation
/// @param wait      or NULL: looks once
/// @param decision  written on LEYLINE_OK only
/// @param meta      or NULL
/// @return          LEYLINE_OK, LEYLINE_TIMED_OUT, LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED or
///                  LEYLINE_WRITER_FAILED
///                  (the controller is gone), LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_NO_SUCH_RING (lane)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_wait_decision(
    trainer: *mut leyline_trainer_t,
    lane: u32,
    sequence: u64,
    wait: *const leyline_wait_t,
    decision: *mut Decision,
    meta: *mut leyline_meta_t,
) -> Status {
    answer!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (place, found) = (out(decision, "decision")?, Found::at(meta, ptr::null_mut())?);
        let mut decision = Decision::default();
        let read = trainer.wait_decision(lane, sequence, &mut decision, or_once(wait)?)?;
        looked(wait, found.give(read, || place.set(decision)))
    })
}

/// Waits until a lane has decided on every row of a slot, or of a later one. A further call goes
/// on.
///
/// @param lane       from 0
/// @param sequence   the slot: the newest of its environments
/// @param wait       or NULL: looks once
/// @param decisions  by row; observation_sequence 0 where there is none yet
/// @param count      as many as a slot has rows
/// @param answered   how many rows have been decided on, or NULL
/// @return           those of leyline_trainer_wait_decision
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_wait_decisions(
    trainer: *mut leyline_trainer_t,
    lane: u32,
    sequence: u64,
    wait: *const leyline_wait_t,
    decisions: *mut Decision,
    count: usize,
    answered: *mut usize,
) -> Status {
    answer!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = wanted(answered, "answered")?;
        let decisions = block(pointer(decisions, "decisions")?.as_ptr(), count, "decisions")?;
        let answers = trainer.wait_decisions(lane, sequence, decisions, or_once(wait)?)?;
        place.set(answers.count);
        looked(wait, told(answers.end, wanted(ptr::null_mut(), "notice")?))
    })
}

/// Takes the next command to execute, of any lane in turn.
///
/// It is well-formed, answers an observation of this generation (or none), and is possible in the
/// newest state of its environment; others are answered here with the reason. It keeps its slot
/// until it is finally answered, and a successor is given it again.
///
/// @param wait      or NULL: does not wait
/// @param received  written on LEYLINE_OK only
/// @return          LEYLINE_OK, LEYLINE_EMPTY; waiting LEYLINE_TIMED_OUT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_next_command(
    trainer: *mut leyline_trainer_t,
    wait: *const leyline_wait_t,
    received: *mut leyline_received_t,
) -> Status {
    answer!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = out(received, "received")?;
        let found =
            if wait.is_null() { trainer.try_command()? } else { trainer.next_command(read(wait)?)? };
        let Some(ReceivedCommand { command, sequence, lane, time_ns }) = found else {
            return Ok(nothing(wait));
        };
        place.set(leyline_received_t { command, sequence, time_ns, lane, reserved: 0 });
        LEYLINE_OK
    })
}

/// Gives the annotations of a command that is not finally answered, in the order in which they were
/// sent.
///
/// @param capacity  room in annotations; LEYLINE_MAX_ANNOTATIONS always suffice
/// @param count     how many the command has, of which at most capacity were written
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_annotations(
    trainer: *const leyline_trainer_t,
    received: *const leyline_received_t,
    annotations: *mut CommandAnnotation,
    capacity: usize,
    count: *mut usize,
) -> Status {
    act!({
        let trainer = &open(trainer, "trainer")?.trainer;
        let place = out(count, "count")?;
        let received = input(received, "received")?;
        let into = block(annotations, capacity, "annotations")?;
        let found = trainer.annotations(&received.core());
        for (place, annotation) in into.iter_mut().zip(found) {
            *place = *annotation;
        }
        place.set(found.len());
    })
}

/// Answers a command. A final outcome (anything but ACCEPTED) commits it: it is never delivered
/// again.
///
/// @param outcome   of leyline_command_outcome_init for that command; a time of 0 becomes now
/// @param sequence  the outcome's sequence, or NULL
/// @return          LEYLINE_ERR_CONSUMER_GONE, LEYLINE_ERR_FULL (the sender's ring of outcomes is
///                  full, nothing was
///                  committed, try again later), LEYLINE_ERR_INVALID_ARGUMENT (another command's, or one not open)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_answer(
    trainer: *mut leyline_trainer_t,
    received: *const leyline_received_t,
    outcome: *const CommandOutcome,
    sequence: *mut u64,
) -> Status {
    act!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = wanted(sequence, "sequence")?;
        place.set(trainer.answer(&input(received, "received")?.core(), input(outcome, "outcome")?)?);
    })
}

/// Publishes a report on its ring. Values that are not finite or out of bounds are replaced. Never
/// waits.
///
/// @param kind       LEYLINE_RECORD_TRAINING_SIGNALS, _SEED_TELEMETRY, _SEED_STATE_REPORT,
///                   _GATE_RESULT, _FIELD_REPORT,
///                   _TELEMETRY_EVENT, _BLUEPRINT_SPEC or _PERFORMANCE_BUDGETS
/// @param size       sizeof the report
/// @param stamp      or NULL: stamped by the ring's time source, the report's env, no flags
/// @param sequence   the report's sequence on its ring, or NULL
/// @param sanitized  how many values were replaced, or NULL
/// @return           those of leyline_record_check; LEYLINE_ERR_INVALID_ARGUMENT (kind, size),
///                   LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_report(
    trainer: *mut leyline_trainer_t,
    kind: u32,
    report: *const c_void,
    size: usize,
    stamp: *const leyline_stamp_t,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    act!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let kind = ReportKind::find(kind)?;
        let stamp = optional(stamp, "stamp")?.map(self::stamp).transpose()?;
        let reported = (kind.publish)(trainer, report, size, stamp)?;
        sequence.set(reported.sequence);
        sanitized.set(reported.sanitized.into());
    })
}

/// Asks the kernel about a lane's controller, and waits until there is one.
///
/// @param lane  from 0
/// @param wait  or NULL: asks once
/// @param peer  LEYLINE_PEER_HELD: a controller holds the lane; else none did in time
/// @return      LEYLINE_ERR_NO_SUCH_RING (lane)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_controller_state(
    trainer: *mut leyline_trainer_t,
    lane: u32,
    wait: *const leyline_wait_t,
    peer: *mut leyline_peer_t,
) -> Status {
    act!({
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = out(peer, "peer")?;
        let state = if wait.is_null() {
            trainer.controller_state(lane)?
        } else {
            trainer.wait_for_controller(lane, read(wait)?)?
        };
        place.set(self::peer(state, trainer.controller_reason(lane)));
    })
}

/// Closes the trainer's end in order: controllers learn that it closed. The segment stays, see
/// leyline_options_t.
///
/// @param trainer  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_close(trainer: *mut leyline_trainer_t) -> Status {
    act!(close(trainer, "trainer")?)
}
