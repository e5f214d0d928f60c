// C header: link
//! The standard link: trainer and controller.

use super::action::ActionSpaceHandle;
use super::boundary::{act, act_whole, answer, block, input, list, optional, out, pointer, text, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::numbers::{OpenedNumber, TimeSourceNumber};
use super::rings::{Found, MetaRecord, NoticeRecord, PeerRecord, StampRecord, meta, peer, stamp_at, wait};
use super::schema::SchemaHandle;
use super::segment::{
    DisplacedRecord, OptionsRecord, SegmentHandle, SpecHandle, options, segment_handle, spec_handle,
};
use super::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use crate::base::error::Result;
use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::observation::Observation;
use crate::contract::outcome::CommandOutcome;
use crate::handle::observer::Read;
use crate::link::{Answer, Controller, Decided, LinkSpec, ReceivedCommand, Trainer};
use crate::ring::meta::Stamp;
use crate::ring::meta::{Flags, Meta};
use crate::segment::open::Displaced;
use std::ffi::c_char;
use std::time::Duration;

/// The trainer's end of a link. Holds the trainer's roles until it is closed. Used by one thread at a time.
pub struct TrainerHandle {
    pub(super) trainer: Trainer,
}

/// The controller's end of a link. Holds the roles of its lane until it is closed. Used by one thread at a time.
pub struct ControllerHandle {
    pub(super) controller: Controller,
}

handles!(TrainerHandle: "trainer", ControllerHandle: "controller");

/// The shape of a link. leyline_link_options_init sets the defaults. It counts only when the link is made: one that is
/// there keeps its capacities. The rings of a link are "observations" and, for each lane L, "decisions.L", "commands.L"
/// and "outcomes.L", and one for each kind of report; leyline_schema_of_record gives their schemas.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct LinkOptionsRecord {
    /// What the observations are: all float, one after the other; read during the call only. NULL: leyline_observation_t.
    pub observe: *const SchemaHandle,
    /// Slots of the ring of observations, a power of two. 0: room for 4096 observations, and 8 slots at least.
    pub observations: u64,
    /// Slots of each lane's ring of decisions, a power of two, twice the rows at least. 0: as many as there is room for
    /// observations, or 4096 if that is less.
    pub decisions: u64,
    /// Slots of each lane's ring of commands, a power of two, as many as rows at least; outcomes have four times as many.
    /// 0: 256, or as many as rows.
    pub commands: u64,
    /// Controllers that can act at the same time, 1 to 8. 1.
    pub lanes: u32,
    /// Observations in a slot: as many environments as step together, 1 to 65536. 1.
    pub rows: u32,
    /// A leyline_time_source. LEYLINE_TIME_SOURCE_TSC.
    pub time_source: u32,
    /// 0.
    pub reserved: [u32; 5],
}

/// A command to be executed and answered.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ReceivedRecord {
    /// The command; checked.
    pub command: AdaptationCommand,
    /// Its sequence on its lane's ring of commands.
    pub sequence: u64,
    /// When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown.
    pub time_ns: u64,
    /// The lane it came by.
    pub lane: u32,
    /// 0.
    pub reserved: u32,
}

/// What a trainer's handle has counted.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct TrainerCountsRecord {
    /// Observations published.
    pub sent: u64,
    /// Decisions received.
    pub decided: u64,
    /// Commands refused before they were handed out.
    pub refused: u64,
    /// From the stamp of the observation to that of the decision received last, ns; 0 for unknown.
    pub last_latency_ns: u64,
}

/// What a policy says beside the action itself.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AnswerRecord {
    /// Why, for people; cut at 63 bytes. Or NULL.
    pub reason: *const c_char,
    /// Confidence in the action, 0 to 1.
    pub confidence: f32,
    /// The policy's estimate of the value of the state.
    pub value_estimate: f32,
    /// The logarithm of the probability of the action.
    pub log_probability: f32,
    /// 0.
    pub reserved: u32,
}

/// What leyline_controller_decide and leyline_controller_send sent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SentRecord {
    /// The decision's sequence; 0 where there is none.
    pub decision_sequence: u64,
    /// The command's sequence; 0 where there is none (WAIT).
    pub command_sequence: u64,
    /// The command's id; zeros where there is none.
    pub command_id: [u8; 16],
    /// From the stamp of the observation to that of the decision, ns; 0 for unknown.
    pub latency_ns: u64,
}

unsafe fn link_spec(space: *const ActionSpaceHandle, shape: *const LinkOptionsRecord) -> Result<LinkSpec> {
    // SAFETY: promises 1 and 2.
    let (space, shape) = unsafe { (open(space, "space")?, optional(shape, "shape")?) };
    let spec = LinkSpec::new(&space.space);
    let Some(shape) = shape else { return Ok(spec) };
    if shape.reserved != [0; 5] {
        return Err(super::boundary::invalid("reserved", "0", "another number"));
    }
    let mut spec =
        spec.lanes(shape.lanes).rows(shape.rows).time_source(TimeSourceNumber::read(shape.time_source)?);
    if !shape.observe.is_null() {
        // SAFETY: promises 1 and 2.
        spec = spec.observe(unsafe { open(shape.observe, "observe") }?.space()?);
    }
    if shape.observations != 0 {
        spec = spec.observations(shape.observations);
    }
    if shape.decisions != 0 {
        spec = spec.decisions(shape.decisions);
    }
    if shape.commands != 0 {
        spec = spec.commands(shape.commands);
    }
    Ok(spec)
}

impl From<Decided> for SentRecord {
    fn from(decided: Decided) -> Self {
        Self {
            decision_sequence: decided.sequence,
            command_sequence: decided.command.map_or(0, |c| c.sequence),
            command_id: decided.command.map_or([0; 16], |c| c.id),
            latency_ns: decided.latency_ns,
        }
    }
}

#[inline(always)]
pub(super) fn read_meta(given: &MetaRecord) -> Meta {
    Meta {
        sequence: given.sequence,
        time_ns: given.time_ns,
        generation: given.generation,
        skipped: given.skipped,
        env: given.env,
        flags: Flags::from_bits(given.flags),
    }
}

pub(super) unsafe fn answer_of<'a>(given: *const AnswerRecord) -> Result<Answer<'a>> {
    if given.is_null() {
        return Ok(Answer::default());
    }
    // SAFETY: promise 1, for what it leads to as well.
    unsafe {
        let given = pointer(given.cast_mut(), "answer")?.as_ptr();
        let reason = if has_reason(given) { text((*given).reason, "reason")? } else { "" };
        Ok(numbers_of(given, reason))
    }
}

#[inline(always)]
unsafe fn has_reason(given: *const AnswerRecord) -> bool {
    // SAFETY: promise 1.
    !given.is_null() && unsafe { !(*given).reason.is_null() }
}

#[inline(always)]
unsafe fn numbers_of(given: *const AnswerRecord, reason: &str) -> Answer<'_> {
    // Field by field, and volatile, or the compiler joins two: that would wait for the caller's stores, which are narrower.
    // SAFETY: promise 1.
    let number = |field: *const f32| unsafe { field.read_volatile() };
    // SAFETY: as above.
    unsafe {
        Answer {
            confidence: number(&raw const (*given).confidence),
            value_estimate: number(&raw const (*given).value_estimate),
            log_probability: number(&raw const (*given).log_probability),
            reason,
        }
    }
}

/// Sets the defaults.
///
/// @param options  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_link_options_init(options: *mut LinkOptionsRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(options, "options")?.set(LinkOptionsRecord {
            observe: std::ptr::null(),
            observations: 0,
            decisions: 0,
            commands: 0,
            lanes: 1,
            rows: 1,
            time_source: TimeSourceNumber::Tsc as u32,
            reserved: [0; 5],
        });
        Ok(())
    })
}

/// The rings of a link as a spec: to add rings of the program's own to them, or for a segment without a name, which
/// leyline_trainer_of_segment and leyline_controller_of_segment then work on.
///
/// @param space  the action space that both sides use; not kept
/// @param shape  or NULL for the defaults
/// @param spec   the new handle; close it with leyline_spec_close
/// @return       LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_of_link(
    space: *const ActionSpaceHandle,
    shape: *const LinkOptionsRecord,
    spec: *mut *mut SpecHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = slot(spec)?;
        place.set(spec_handle(link_spec(space, shape)?.to_spec()?));
        Ok(())
    })
}

/// Makes a link's segment and takes the trainer's roles.
///
/// @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
/// @param space    the action space that both sides use; stored in the segment, the handle is not kept
/// @param shape    or NULL for the defaults
/// @param options  or NULL for the defaults; read during the call only
/// @param trainer  the new handle; close it with leyline_trainer_close
/// @return         LEYLINE_ERR_ALREADY_EXISTS, and those of leyline_segment_create
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_create(
    name: *const c_char,
    space: *const ActionSpaceHandle,
    shape: *const LinkOptionsRecord,
    options: *const OptionsRecord,
    trainer: *mut *mut TrainerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(trainer)?;
        let trainer =
            Trainer::create(text(name, "name")?, &link_spec(space, shape)?, &self::options(options)?)?;
        place.set(give(TrainerHandle { trainer }));
        Ok(())
    })
}

/// Attaches to the link if it is there, as after a restart, or else makes it; takes the trainer's roles.
///
/// @param name     its name
/// @param space    the action space that both sides use
/// @param shape    or NULL for the defaults
/// @param options  or NULL for the defaults; read during the call only
/// @param trainer  the new handle; close it with leyline_trainer_close
/// @param opened   a leyline_opened: what was done; or NULL
/// @return         LEYLINE_ERR_ROLE_HELD (another trainer lives), LEYLINE_ERR_SCHEMA_MISMATCH,
///                 LEYLINE_ERR_DOMAIN_MISMATCH, and those of leyline_segment_open_or_create
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_open_or_create(
    name: *const c_char,
    space: *const ActionSpaceHandle,
    shape: *const LinkOptionsRecord,
    options: *const OptionsRecord,
    trainer: *mut *mut TrainerHandle,
    opened: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let (place, opened) = (slot(trainer)?, wanted(opened, "opened")?);
        let (trainer, how) = Trainer::open_or_create(
            text(name, "name")?,
            &link_spec(space, shape)?,
            &self::options(options)?,
        )?;
        place.set(give(TrainerHandle { trainer }));
        opened.set(OpenedNumber::from(how) as u32);
        Ok(())
    })
}

/// Replaces the link of that name, if there is one, by a new one in one step, and takes the trainer's roles.
///
/// @param name       its name
/// @param space      the action space that both sides use
/// @param shape      or NULL for the defaults
/// @param options    or NULL for the defaults; read during the call only
/// @param trainer    the new handle; close it with leyline_trainer_close
/// @param displaced  what was put an end to; or NULL
/// @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role of the old one: nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_recreate(
    name: *const c_char,
    space: *const ActionSpaceHandle,
    shape: *const LinkOptionsRecord,
    options: *const OptionsRecord,
    trainer: *mut *mut TrainerHandle,
    displaced: *mut DisplacedRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let (place, displaced) = (slot(trainer)?, wanted(displaced, "displaced")?);
        let (trainer, Displaced { segments, uncommitted }) =
            Trainer::recreate(text(name, "name")?, &link_spec(space, shape)?, &self::options(options)?)?;
        place.set(give(TrainerHandle { trainer }));
        displaced.set(DisplacedRecord { uncommitted, segments, reserved: 0 });
        Ok(())
    })
}

/// Takes the trainer's roles in an attached segment that has the rings of a link.
///
/// @param segment  the segment; the trainer keeps what it needs of it
/// @param trainer  the new handle; close it with leyline_trainer_close
/// @return         LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_READ_ONLY
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_of_segment(
    segment: *const SegmentHandle,
    trainer: *mut *mut TrainerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(trainer)?;
        let trainer = Trainer::on(&open(segment, "segment")?.segment)?;
        place.set(give(TrainerHandle { trainer }));
        Ok(())
    })
}

/// The segment of the link, as a handle of its own.
///
/// @param trainer  the trainer
/// @param segment  the new handle; close it with leyline_segment_close
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_segment(
    trainer: *const TrainerHandle,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = slot(segment)?;
        place.set(segment_handle(open(trainer, "trainer")?.trainer.segment().clone()));
        Ok(())
    })
}

/// Publishes an observation. Values that are not finite or outside their bounds are replaced and reported: they never
/// stop a run. Never waits; makes no system call unless a controller sleeps; allocates nothing.
///
/// @param trainer      the trainer
/// @param observation  the 27 numbers, raw
/// @param stamp        or NULL: stamped by the ring's time source, env 0, no flags
/// @param sequence     the observation's sequence; or NULL
/// @param sanitized    a bit for each feature that was replaced, 0 when all was well; or NULL
/// @return             LEYLINE_ERR_SCHEMA_MISMATCH (the link has observations of another schema),
///                     LEYLINE_ERR_INVALID_ARGUMENT (it has several rows), LEYLINE_ERR_OUT_OF_RANGE (flags),
///                     LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_publish(
    trainer: *mut TrainerHandle,
    observation: *const Observation,
    stamp: *const StampRecord,
    sequence: *mut u64,
    sanitized: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let observation = pointer(observation.cast_mut(), "observation")?.as_ref();
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let stamp = stamp_at(stamp)?.unwrap_or_else(|| Stamp { time_ns: trainer.now(), ..Stamp::default() });
        let published = trainer.publish_stamped(observation, stamp)?;
        sequence.set(published.sequence);
        sanitized.set(published.sanitized);
        Ok(())
    })
}

/// The next decision of a lane. Makes no system call.
///
/// @param trainer   the trainer
/// @param lane      the lane, from 0
/// @param decision  the decision; written only on LEYLINE_OK
/// @param meta      what stands beside it, on LEYLINE_OK; or NULL
/// @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_NO_SUCH_RING (lane)
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_try_decision(
    trainer: *mut TrainerHandle,
    lane: u32,
    decision: *mut Decision,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (place, found) = (out(decision, "decision")?, Found::at(meta, notice)?);
        let mut decision = Decision::default();
        let read = trainer.try_decision(lane, &mut decision)?;
        Ok(found.give(read, || place.set_loaded(&decision)))
    })
}

/// Waits until a lane has decided on an observation or a later one, passing over its earlier decisions (they are
/// counted).
///
/// @param trainer     the trainer
/// @param lane        the lane, from 0
/// @param sequence    the observation
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param decision    the decision; written only on LEYLINE_OK
/// @param meta        what stands beside it, on LEYLINE_OK; or NULL
/// @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_WRITER_CLOSED or LEYLINE_WRITER_DIED (the
///                    controller is gone), LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_wait_decision(
    trainer: *mut TrainerHandle,
    lane: u32,
    sequence: u64,
    strategy: u32,
    timeout_ns: u64,
    decision: *mut Decision,
    meta: *mut MetaRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (place, found) = (out(decision, "decision")?, Found::at(meta, std::ptr::null_mut())?);
        let mut decision = Decision::default();
        let read = trainer.wait_decision(lane, sequence, &mut decision, wait(strategy, timeout_ns)?)?;
        Ok(found.give(read, || place.set_loaded(&decision)))
    })
}

/// The next command to execute, of any lane in turn. Never waits; makes no system call but to refuse a command.
///
/// What comes out is well-formed, answers an observation of this writer generation (or none), and is physically possible in
/// the newest state of its environment. What the outcome of a command says of the seed counts until the environment's next
/// observation: after an executed GERMINATE, FOSSILIZE or CULL the same once more is MASKED, whichever lane it comes by.
/// Anything else is answered here, with an outcome that says why. A handle is given
/// each command once; until it is finally answered the command keeps its slot, and a successor is given it again.
///
/// @param trainer   the trainer
/// @param received  the command; written only on LEYLINE_OK
/// @return          LEYLINE_OK, LEYLINE_EMPTY
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_try_command(
    trainer: *mut TrainerHandle,
    received: *mut ReceivedRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = out(received, "received")?;
        let Some(ReceivedCommand { command, sequence, lane, time_ns }) = trainer.try_command()? else {
            return Ok(LEYLINE_EMPTY);
        };
        place.set(ReceivedRecord { command, sequence, time_ns, lane, reserved: 0 });
        Ok(LEYLINE_OK)
    })
}

/// Answers a command. A final outcome (anything but ACCEPTED) commits it: it is never delivered again.
///
/// @param trainer   the trainer
/// @param received  the command, as it was received
/// @param outcome   made with leyline_command_outcome_init for that command; a time of 0 becomes now
/// @param sequence  the outcome's sequence; or NULL
/// @return          LEYLINE_ERR_CONSUMER_GONE, LEYLINE_ERR_FULL: the sender's ring of outcomes is full, nothing was
///                  committed, try again later; LEYLINE_ERR_INVALID_ARGUMENT: an outcome of another command, or one
///                  that is not open
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_answer(
    trainer: *mut TrainerHandle,
    received: *const ReceivedRecord,
    outcome: *const CommandOutcome,
    sequence: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = wanted(sequence, "sequence")?;
        let ReceivedRecord { command, sequence, time_ns, lane, .. } = input(received, "received")?;
        let received = ReceivedCommand { command, sequence, lane, time_ns };
        place.set(trainer.answer(&received, input(outcome, "outcome")?)?);
        Ok(())
    })
}

/// Waits until somebody holds a lane.
///
/// @param trainer     the trainer
/// @param lane        the lane, from 0
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param peer        LEYLINE_PEER_HELD: somebody does; else nobody did in time
/// @return            LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_wait_for_controller(
    trainer: *mut TrainerHandle,
    lane: u32,
    strategy: u32,
    timeout_ns: u64,
    peer: *mut PeerRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let place = out(peer, "peer")?;
        place.set(self::peer(trainer.wait_for_controller(lane, wait(strategy, timeout_ns)?)?));
        Ok(())
    })
}

/// Asks the kernel about a lane's controller.
///
/// @param trainer  the trainer
/// @param lane     the lane, from 0
/// @param peer     what is known of it
/// @return         LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_controller_state(
    trainer: *mut TrainerHandle,
    lane: u32,
    peer: *mut PeerRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(peer, "peer")?;
        place.set(self::peer(open_mut(trainer, "trainer")?.trainer.controller_state(lane)?));
        Ok(())
    })
}

/// What this handle has counted.
///
/// @param trainer  the trainer
/// @param counts   the counts
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_counts(
    trainer: *const TrainerHandle,
    counts: *mut TrainerCountsRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &open(trainer, "trainer")?.trainer;
        out(counts, "counts")?.set(TrainerCountsRecord {
            sent: trainer.sent(),
            decided: trainer.decided(),
            refused: trainer.refused(),
            last_latency_ns: trainer.last_latency_ns(),
        });
        Ok(())
    })
}

/// This trainer's writer generation: 1 for the first trainer of the segment.
///
/// @param trainer  the trainer
/// @param generation    its generation
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_generation(
    trainer: *const TrainerHandle,
    generation: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(generation, "generation")?.set(open(trainer, "trainer")?.trainer.generation());
        Ok(())
    })
}

/// From now on decisions slower than this count as deadline misses in the role's counters.
///
/// @param trainer      the trainer
/// @param deadline_ns  observation to decision, ns; 0: no deadline
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_set_deadline(
    trainer: *mut TrainerHandle,
    deadline_ns: u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        open_mut(trainer, "trainer")?.trainer.set_deadline(Duration::from_nanos(deadline_ns));
        Ok(())
    })
}

/// Closes in order: controllers learn that the trainer closed. The segment stays (see leyline_options_t).
///
/// @param trainer  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_close(trainer: *mut TrainerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(trainer, "trainer") })
}

/// Attaches to a link, waiting for it to appear, and takes a lane. Reading starts after the highest observation that the
/// lane has decided on, or, on a new lane, at the oldest there is. Before that come those that a predecessor left behind:
/// that it was refused the room for a command on, that it was killed on after it had decided on a later one, and slots of
/// several rows that are decided on in part. What it passed over on purpose does not come.
///
/// @param name        its name
/// @param lane        the lane, from 0
/// @param options     or NULL for the defaults; read during the call only
/// @param timeout_ns  how long to wait for the link at most, ns
/// @param controller  the new handle; close it with leyline_controller_close
/// @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING, and those
///                    of leyline_segment_attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_attach(
    name: *const c_char,
    lane: u32,
    options: *const OptionsRecord,
    timeout_ns: u64,
    controller: *mut *mut ControllerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(controller)?;
        let timeout = Duration::from_nanos(timeout_ns);
        let controller =
            Controller::attach_by(text(name, "name")?, &self::options(options)?, timeout, |segment| {
                Controller::on(segment, lane)
            })?;
        place.set(give(ControllerHandle { controller }));
        Ok(())
    })
}

/// Takes a lane of an attached segment that has the rings of a link. Reading starts as with leyline_controller_attach.
///
/// @param segment     the segment; the controller keeps what it needs of it
/// @param lane        the lane, from 0
/// @param controller  the new handle; close it with leyline_controller_close
/// @return            LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
///                    LEYLINE_ERR_READ_ONLY
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_of_segment(
    segment: *const SegmentHandle,
    lane: u32,
    controller: *mut *mut ControllerHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(controller)?;
        let controller = Controller::on(&open(segment, "segment")?.segment, lane)?;
        place.set(give(ControllerHandle { controller }));
        Ok(())
    })
}

/// The segment of the link, as a handle of its own.
///
/// @param controller  the controller
/// @param segment     the new handle; close it with leyline_segment_close
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_segment(
    controller: *const ControllerHandle,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = slot(segment)?;
        place.set(segment_handle(open(controller, "controller")?.controller.segment().clone()));
        Ok(())
    })
}

/// The next observation. Makes no system call.
///
/// @param controller   the controller
/// @param observation  the observation; written only on LEYLINE_OK
/// @param meta         what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
/// @param notice       on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return             LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_next(
    controller: *mut ControllerHandle,
    observation: *mut Observation,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let (place, found) = (out(observation, "observation")?, Found::at(meta, notice)?);
        let mut observation = Observation::EMPTY;
        let read = controller.try_next(&mut observation)?;
        Ok(found.give(read, || place.set_loaded(&observation)))
    })
}

/// As leyline_controller_try_next, waiting. Ends early when the trainer is gone; go on calling, and a successor shows as
/// LEYLINE_RESTARTED.
///
/// @param controller   the controller
/// @param strategy     a leyline_wait
/// @param timeout_ns   how long to wait at most, ns
/// @param observation  the observation; written only on LEYLINE_OK
/// @param meta         what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
/// @param notice       on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return             LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED,
///                     LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_next(
    controller: *mut ControllerHandle,
    strategy: u32,
    timeout_ns: u64,
    observation: *mut Observation,
    meta: *mut MetaRecord,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let (place, found) = (out(observation, "observation")?, Found::at(meta, notice)?);
        let mut observation = Observation::EMPTY;
        let read = controller.next(&mut observation, wait(strategy, timeout_ns)?)?;
        Ok(found.give(read, || place.set(observation)))
    })
}

/// As many of the next observations as there are and fit: a (count, 27) block of floats, row by row. Makes no system
/// call and allocates nothing.
///
/// @param controller    the controller
/// @param observations  room for that many; what lies beyond count is unspecified
/// @param capacity      how many fit
/// @param metas         as many places for what stands beside them
/// @param count         how many there were
/// @param notice        on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
/// @return              LEYLINE_OK if there was at least one and no notice follows it; LEYLINE_EMPTY; LEYLINE_LAPPED or
///                      LEYLINE_RESTARTED: what came after the count observations
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_next_batch(
    controller: *mut ControllerHandle,
    observations: *mut Observation,
    capacity: usize,
    metas: *mut MetaRecord,
    count: *mut usize,
    notice: *mut NoticeRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`; `metas` has room for as many.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let (place, found) = (out(count, "count")?, Found::at(std::ptr::null_mut(), notice)?);
        let observations = block(observations, capacity, "observations")?;
        let metas = if capacity == 0 { metas } else { pointer(metas, "metas")?.as_ptr() };
        let mut done = 0;
        let mut end = Read::Empty;
        // In parts, so that the metas need no buffer of the batch's size.
        for part in observations.chunks_mut(64) {
            let mut some = [Meta::default(); 64];
            let batch = controller.try_next_batch(part, &mut some[..part.len()])?;
            for (i, m) in some[..batch.count].iter().enumerate() {
                metas.add(done + i).write(meta(*m));
            }
            done += batch.count;
            end = batch.end;
            if batch.count < part.len() {
                break;
            }
        }
        place.set(done);
        Ok(if done > 0 && end == Read::Empty { LEYLINE_OK } else { found.give(end, || ()) })
    })
}

/// Decides on an observation: sends the command that the action stands for, unless it is WAIT (0), and then publishes
/// the decision, so that whoever sees the decision finds its command.
///
/// Keeps what a predecessor on this lane decided or sent: for an observation that it had decided on nothing is sent again,
/// and sent gets that decision's sequence; where it had sent the command and died, the decision gets that command's action.
/// An observation that is refused here, and decided on by nobody afterwards, is given to the successor.
///
/// @param controller  the controller
/// @param observed    the meta of the observation
/// @param action      an index of the action space
/// @param answer      or NULL: confidence 1, no reason
/// @param sent        what was sent; or NULL
/// @return            LEYLINE_ERR_UNKNOWN_ACTION; LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: the command was not
///                    accepted, nothing was published; LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE (answer);
///                    LEYLINE_ERR_INVALID_ARGUMENT: an observation that this handle has not received
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_decide(
    controller: *mut ControllerHandle,
    observed: *const MetaRecord,
    action: u32,
    answer: *const AnswerRecord,
    sent: *mut SentRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = wanted(sent, "sent")?;
        let observed = read_meta(pointer(observed.cast_mut(), "observed")?.as_ref());
        let decided = controller.decide(&observed, action as usize, &answer_of(answer)?)?;
        place.set(decided.into());
        Ok(())
    })
}

/// Decides WAIT on many observations, the decisions published together: for catching up.
///
/// @param controller  the controller
/// @param observed    their metas
/// @param count       how many
/// @return            LEYLINE_ERR_FORKED; LEYLINE_ERR_INVALID_ARGUMENT: one of them was not received by this handle, and
///                    nothing was decided on
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_wait_on_all(
    controller: *mut ControllerHandle,
    observed: *const MetaRecord,
    count: usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let observed = list(observed, count, "observed")?;
        controller.wait_on_each(observed.len(), |i| read_meta(&observed[i])).map(drop)
    })
}

/// Sends a command. It gets a new id and the present time if it has none. What is accepted is delivered, whoever dies.
///
/// @param controller  the controller
/// @param command     the command
/// @param sent        what was sent; or NULL
/// @return            LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: it was not accepted; those of
///                    leyline_adaptation_command_check
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_send(
    controller: *mut ControllerHandle,
    command: *const AdaptationCommand,
    sent: *mut SentRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = wanted(sent, "sent")?;
        let ticket = controller.send(input(command, "command")?)?;
        place.set(SentRecord {
            decision_sequence: 0,
            command_sequence: ticket.sequence,
            command_id: ticket.id,
            latency_ns: 0,
        });
        Ok(())
    })
}

/// The next outcome of any command of this lane, those of a predecessor included. Makes no system call.
///
/// It keeps its room in the ring until the next call of this or of leyline_controller_wait_outcome, or until the controller is
/// closed: until then the caller may die before it has done anything about it. A successor is given every outcome whose
/// receiver did not come back, so it may be given the last one a second time.
///
/// @param controller  the controller
/// @param outcome     the outcome; written only on LEYLINE_OK
/// @return            LEYLINE_OK, LEYLINE_EMPTY
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_try_outcome(
    controller: *mut ControllerHandle,
    outcome: *mut CommandOutcome,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    answer(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = out(outcome, "outcome")?;
        Ok(match controller.try_outcome()? {
            Some(found) => {
                place.set(found);
                LEYLINE_OK
            }
            None => LEYLINE_EMPTY,
        })
    })
}

/// Waits for the final outcome of a command. Outcomes of others are kept for leyline_controller_try_outcome, and keep
/// their room in the ring until then; an ACCEPTED of this one is passed over.
///
/// As with leyline_controller_try_outcome, a successor may be given it a second time: until the next call, and as long as
/// earlier outcomes of other commands have not been handed out, for outcomes are given back in their order.
///
/// @param controller  the controller
/// @param id          16 bytes: the command's id
/// @param strategy    a leyline_wait
/// @param timeout_ns  how long to wait at most, ns
/// @param outcome     the outcome; written only on success
/// @return            LEYLINE_ERR_TIMEOUT (it may still come), LEYLINE_ERR_PEER_GONE (the trainer is gone; the command
///                    stays for its successor), LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_INVALID_ENUM
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_wait_outcome(
    controller: *mut ControllerHandle,
    id: *const u8,
    strategy: u32,
    timeout_ns: u64,
    outcome: *mut CommandOutcome,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = out(outcome, "outcome")?;
        let id: [u8; 16] = input(id.cast::<[u8; 16]>(), "id")?;
        place.set(controller.wait_outcome(&id, wait(strategy, timeout_ns)?)?);
        Ok(())
    })
}

/// What is possible in an observed state: bit i for action i of the link's action space. Never zero.
///
/// @param controller   the controller
/// @param observation  the observation
/// @param mask         the bits
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_mask(
    controller: *const ControllerHandle,
    observation: *const Observation,
    mask: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(mask, "mask")?;
        let controller = &open(controller, "controller")?.controller;
        place.set(controller.mask(&input(observation, "observation")?).bits());
        Ok(())
    })
}

/// Asks the kernel about the trainer.
///
/// @param controller  the controller
/// @param peer        what is known of it
/// @return            LEYLINE_ERR_IO
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_trainer_state(
    controller: *const ControllerHandle,
    peer: *mut PeerRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let place = out(peer, "peer")?;
        place.set(self::peer(open(controller, "controller")?.controller.trainer_state()?));
        Ok(())
    })
}

/// Observations that this handle received and missed.
///
/// @param controller  the controller
/// @param received    how many it received; or NULL
/// @param lost        how many it missed; or NULL
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_counts(
    controller: *const ControllerHandle,
    received: *mut u64,
    lost: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (received, lost) = (wanted(received, "received")?, wanted(lost, "lost")?);
        let controller = &open(controller, "controller")?.controller;
        received.set(controller.received());
        lost.set(controller.lost());
        Ok(())
    })
}

/// Closes in order: the trainer learns that the controller closed.
///
/// @param controller  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_close(controller: *mut ControllerHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(controller, "controller") })
}
