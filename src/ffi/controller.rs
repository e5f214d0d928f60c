// C header: link
//! The controller's end of a link.

use super::boundary::call::{act, act_whole, answer};
use super::boundary::handle::{close, give, handles, open, open_mut, opened, slot};
use super::boundary::pointer::{
    input, invalid, is_there, list, no_more, optional, out, place, pointer, uuid, wanted,
};
use super::boundary::status::{LEYLINE_EMPTY, LEYLINE_OK, Status};
use super::boundary::string::text;
use super::observer::{leyline_observer_t, observer_handle};
use super::options::{leyline_options_t, options};
use super::schema::{leyline_schema_t, schema_handle};
use super::segment::{leyline_segment_t, segment_handle};
use super::wait::{leyline_wait_t, nothing, or_once, read};
use super::{
    enumerations::leyline_start, link::read_meta, reading::bytes_of, record_kind::ReportKind,
    stamp::leyline_meta_t,
};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::{
    action::ActionSpace, annotation::MAX_ANNOTATIONS, command::AdaptationCommand, observation::Observation,
    outcome::CommandOutcome, signals::TrainingSignals,
};
use crate::handle::latest_by_env::EnvMark;
use crate::link::{Answer, Controller, Decided, Observed, Ticket};
use crate::ring::meta::Meta;
use crate::schema::row::RowSchema;
use crate::segment::attached::Segment;
use std::ffi::c_char;

/// The controller's end of a link. Holds the roles of its lane until it is closed.
pub struct leyline_controller_t {
    pub(super) controller: Controller,
}

handles!(leyline_controller_t: "controller" waits by |h| h.controller.own_canceller());

/// Accept: attaches to a link of any schema, which leyline_controller_schema gives.
pub const LEYLINE_ACCEPT_ANY: u32 = 1;

/// The link that a controller attaches to; zeros are the defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_controller_options_t {
    /// Schema that the observations must have; read during the call only. NULL:
    /// leyline_observation_t.
    pub observe: *const leyline_schema_t,
    /// The lane, from 0.
    pub lane: u32,
    /// 0: `observe` only; or LEYLINE_ACCEPT_ANY with `observe` NULL.
    pub accept: u32,
    /// 0.
    pub reserved: [u64; 2],
}

/// A controller's link and counts.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_controller_info_t {
    /// Observations received by this handle.
    pub received: u64,
    /// Observations missed by this handle.
    pub lost: u64,
    /// Observations in a slot.
    pub rows: usize,
    /// Numbers in an observation.
    pub width: usize,
    /// The lane.
    pub lane: u32,
    /// 0.
    pub reserved: [u32; 5],
}

/// A policy's annotations of an action. Not options: zeros are values. NULL: confidence 1, no
/// reason.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_answer_t {
    /// The reason, for people; cut at 63 bytes. Or NULL.
    pub reason: *const c_char,
    /// Confidence in the action, 0 to 1.
    pub confidence: f32,
    /// The policy's estimate of the value of the state.
    pub value_estimate: f32,
    /// Natural logarithm of the action's probability.
    pub log_probability: f32,
    /// 0.
    pub reserved: u32,
}

/// The result of a decision or command.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_sent_t {
    /// The decision's sequence; 0: none.
    pub decision_sequence: u64,
    /// The command's sequence; 0: none (WAIT).
    pub command_sequence: u64,
    /// The command's id; zeros: none.
    pub command_id: [u8; 16],
    /// From the stamp of the observation to that of the decision, ns; 0: unknown.
    pub latency_ns: u64,
}

/// A pair to annotate a command with; neither string is ever cut.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_annotation_t {
    /// 1 to 39 bytes.
    pub key: *const c_char,
    /// At most 183 bytes.
    pub value: *const c_char,
}

impl From<Decided> for leyline_sent_t {
    fn from(decided: Decided) -> Self {
        Self {
            decision_sequence: decided.sequence,
            command_sequence: decided.command.map_or(0, |c| c.sequence),
            command_id: decided.command.map_or([0; 16], |c| c.id),
            latency_ns: decided.latency_ns,
        }
    }
}

/// The link to attach to, in the core's terms.
struct Shape<'a> {
    lane: u32,
    /// `None`: any.
    schema: Option<&'a RowSchema>,
}

impl Shape<'_> {
    unsafe fn read(given: *const leyline_controller_options_t) -> Result<Self> {
        // SAFETY: promise 1.
        let Some(given) = (unsafe { optional(given, "shape") })? else {
            return Ok(Self { lane: 0, schema: Some(Observation::row_schema()) });
        };
        no_more(&given.reserved, "reserved of the shape")?;
        let schema = match (given.accept, given.observe.is_null()) {
            (0, true) => Some(Observation::row_schema()),
            // SAFETY: promises 1 and 2.
            (0, false) => Some(unsafe { open(given.observe, "observe") }?.space()?),
            (LEYLINE_ACCEPT_ANY, true) => None,
            (LEYLINE_ACCEPT_ANY, false) => {
                return Err(invalid("observe", "NULL with LEYLINE_ACCEPT_ANY", "a schema"));
            }
            (other, _) => {
                return Err(Error::new(ErrorKind::InvalidEnum)
                    .about("accept of the shape")
                    .expected_found("0 or 1", other.to_string()));
            }
        };
        Ok(Self { lane: given.lane, schema })
    }

    fn take(&self, segment: &Segment) -> Result<Controller> {
        match self.schema {
            Some(schema) => Controller::on_with(segment, self.lane, schema),
            None => Controller::on_any(segment, self.lane),
        }
    }
}

/// Attaches to a link and takes a lane.
///
/// Reading starts after the highest observation that the lane has decided on, or at the oldest on a
/// new lane. Before it come observations that a predecessor received and left undecided.
///
/// @param shape    or NULL: lane 0, leyline_observation_t
/// @param options  or NULL for the defaults
/// @param wait     for the link to appear; or NULL: does not wait
/// @return         LEYLINE_ERR_NOT_FOUND, LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_ROLE_HELD (the lane is
///                 busy),
///                 LEYLINE_ERR_NO_SUCH_RING (lane), LEYLINE_ERR_SCHEMA_MISMATCH, those of leyline_segment_attach
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_attach(
    name: *const c_char,
    shape: *const leyline_controller_options_t,
    options: *const leyline_options_t,
    wait: *const leyline_wait_t,
    controller: *mut *mut leyline_controller_t,
) -> Status {
    act_whole!({
        let place = slot(controller)?;
        let (name, shape, options) = (text(name, "name")?, Shape::read(shape)?, self::options(options)?);
        let timeout = if wait.is_null() { None } else { Some(read(wait)?.timeout) };
        let controller = Controller::attach_by(name, &options, timeout, |segment| shape.take(segment))?;
        place.set(give(leyline_controller_t { controller }));
    })
}

/// Takes a lane of an attached segment that has the rings of a link. Reading starts as with
/// leyline_controller_attach.
///
/// @param shape  or NULL: lane 0, leyline_observation_t
/// @return       LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING,
///               LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_READ_ONLY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_of_segment(
    segment: *const leyline_segment_t,
    shape: *const leyline_controller_options_t,
    controller: *mut *mut leyline_controller_t,
) -> Status {
    act_whole!({
        let place = slot(controller)?;
        let controller = Shape::read(shape)?.take(&open(segment, "segment")?.segment)?;
        place.set(give(leyline_controller_t { controller }));
    })
}

/// Gives the segment of the link as a handle of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_segment(
    controller: *const leyline_controller_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act!({
        slot(segment)?.set(segment_handle(open(controller, "controller")?.controller.segment().clone()));
    })
}

/// Gives the schema of the link's observations as a handle of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_schema(
    controller: *const leyline_controller_t,
    schema: *mut *mut leyline_schema_t,
) -> Status {
    act!({
        let place = slot(schema)?;
        let controller = &open(controller, "controller")?.controller;
        place.set(schema_handle(controller.observation_schema().schema().clone()));
    })
}

/// Describes the link and what this handle has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_info(
    controller: *const leyline_controller_t,
    info: *mut leyline_controller_info_t,
) -> Status {
    act!({
        let controller = &open(controller, "controller")?.controller;
        out(info, "info")?.set(leyline_controller_info_t {
            received: controller.received(),
            lost: controller.lost(),
            rows: controller.rows(),
            width: controller.observation_schema().width(),
            lane: controller.lane(),
            reserved: [0; 5],
        });
    })
}

/// Decides on an observation: sends the command of the action, unless it is WAIT (0), and then
/// publishes the decision.
///
/// A predecessor's decision or command for the observation stands: nothing is sent twice. An
/// observation that is refused here and decided on by nobody is given to the successor.
///
/// @param observed  the observation's meta
/// @param action    an index of the action space
/// @param answer    or NULL: confidence 1, no reason
/// @param sent      or NULL
/// @return          LEYLINE_ERR_UNKNOWN_ACTION; LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE (no
///                  room for the command:
///                  nothing was published); LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE (answer);
///                  LEYLINE_ERR_INVALID_ARGUMENT (an observation that this handle has not received)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_decide(
    controller: *mut leyline_controller_t,
    observed: *const leyline_meta_t,
    action: u32,
    answer: *const leyline_answer_t,
    sent: *mut leyline_sent_t,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    unsafe {
        if action as usize == ActionSpace::WAIT
            && is_there(observed)
            && answer.is_aligned()
            && !has_reason(answer)
            && sent.is_aligned()
            && let Some(mut open) = opened(controller)
        {
            let answer = if answer.is_null() { Answer::default() } else { numbers_of(answer, "") };
            if let Some(decided) = open.controller.wait_fast(&read_meta(&*observed), &answer) {
                place(sent).set(decided.into());
                return LEYLINE_OK;
            }
        }
        decide_slow(controller, observed, action, answer, sent)
    }
}

/// Slow path of [`leyline_controller_decide`], and every error. In the C calling convention as
/// [`next_slow`].
#[cold]
#[inline(never)]
unsafe extern "C" fn decide_slow(
    controller: *mut leyline_controller_t,
    observed: *const leyline_meta_t,
    action: u32,
    answer: *const leyline_answer_t,
    sent: *mut leyline_sent_t,
) -> Status {
    act!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = wanted(sent, "sent")?;
        let observed = read_meta(pointer(observed.cast_mut(), "observed")?.as_ref());
        place.set(controller.decide(&observed, action as usize, &answer_of(answer)?)?.into());
    })
}

unsafe fn answer_of<'a>(given: *const leyline_answer_t) -> Result<Answer<'a>> {
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
unsafe fn has_reason(given: *const leyline_answer_t) -> bool {
    // SAFETY: promise 1.
    !given.is_null() && unsafe { !(*given).reason.is_null() }
}

#[inline(always)]
unsafe fn numbers_of(given: *const leyline_answer_t, reason: &str) -> Answer<'_> {
    // Field by field and volatile: one joined load would wait for the caller's stores, which are
    // narrower. SAFETY: promise 1.
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

impl Observed for leyline_meta_t {
    fn observed(&self) -> Option<Meta> {
        Some(read_meta(self))
    }
}

/// Decides on many observations: the commands of the actions first, then the decisions, both in the
/// order of their sequences.
///
/// @param observed  count metas
/// @param actions   as many indexes of the action space; or NULL: WAIT on all, as for catching up
/// @param answers   as many; or NULL: confidence 1, no reason
/// @param sent      as many, decision_sequence 0 where nothing was sent; or NULL
/// @param decided   how many were decided on, or NULL. Fewer than count: no room for the next one's
///                  command; decide on the others when the trainer has taken commands.
/// @return          those of leyline_controller_decide; LEYLINE_ERR_FULL and
///                  LEYLINE_ERR_CONSUMER_GONE only where nothing was decided on
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_decide_batch(
    controller: *mut leyline_controller_t,
    observed: *const leyline_meta_t,
    actions: *const i64,
    answers: *const leyline_answer_t,
    count: usize,
    sent: *mut leyline_sent_t,
    decided: *mut usize,
) -> Status {
    act!(decide(controller, list(observed, count, "observed")?, (actions, answers), (sent, decided))?)
}

/// Decides on the rows that changed in the last leyline_controller_latest_by_env: actions[i] on
/// environment i. Otherwise as leyline_controller_decide_batch does.
///
/// @param marks    those of the last leyline_controller_latest_by_env, unchanged
/// @param actions  envs indexes of the action space; or NULL: WAIT on all
/// @param answers  as many; or NULL: confidence 1, no reason
/// @param sent     as many, decision_sequence 0 where nothing was sent; or NULL
/// @param decided  how many were decided on, or NULL
/// @return         those of leyline_controller_decide_batch
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_decide_by_env(
    controller: *mut leyline_controller_t,
    marks: *const EnvMark,
    actions: *const i64,
    answers: *const leyline_answer_t,
    envs: usize,
    sent: *mut leyline_sent_t,
    decided: *mut usize,
) -> Status {
    act!(decide(controller, list(marks, envs, "marks")?, (actions, answers), (sent, decided))?)
}

unsafe fn decide<O: Observed>(
    controller: *mut leyline_controller_t,
    observed: &[O],
    (actions, answers): (*const i64, *const leyline_answer_t),
    (sent, decided): (*mut leyline_sent_t, *mut usize),
) -> Result<()> {
    let n = observed.len();
    // SAFETY: promises 1, 2 and 3.
    unsafe {
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = wanted(decided, "decided")?;
        // A negative one is as much too large as it is too small.
        let actions = list(actions, if actions.is_null() { 0 } else { n }, "actions")?;
        let actions: &[usize] = bytemuck::cast_slice(actions);
        let answers = if answers.is_null() { &[] } else { list(answers, n, "answers")? };
        let sent = if sent.is_null() || n == 0 { None } else { Some(pointer(sent, "sent")?) };
        bytes_of(size_of::<leyline_sent_t>(), n)?;
        let mut each = |i: usize| match answers.get(i) {
            Some(given) => answer_of(std::ptr::from_ref(given)),
            None => Ok(Answer::default()),
        };
        let mut blank = sent;
        let mut tell = |i: usize, what: Decided| {
            // All of them, once it is clear that something goes out.
            if let Some(sent) = blank.take() {
                (0..n).for_each(|i| sent.add(i).write(Decided::default().into()));
            }
            if let Some(sent) = sent.filter(|_| i < n) {
                sent.add(i).write(what.into());
            }
        };
        let done = controller.decide_each(observed, actions, &mut each, &mut tell)?;
        if done == 0 {
            tell(n, Decided::default());
        }
        place.set(done);
    }
    Ok(())
}

/// Sends a command, which gets a new id and the present time if it has none. An accepted command is
/// delivered, whoever dies. The command and its annotations are accepted together, or nothing is.
///
/// @param annotations  pairs for leyline_trainer_annotations, a slot each; or NULL
/// @param count        at most LEYLINE_MAX_ANNOTATIONS
/// @param sent         or NULL
/// @return             LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE; LEYLINE_ERR_BATCH_TOO_LARGE
///                     (more annotations than
///                     that, or than the ring holds), LEYLINE_ERR_INVALID_ID (a key); those of leyline_record_check
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_send(
    controller: *mut leyline_controller_t,
    command: *const AdaptationCommand,
    annotations: *const leyline_annotation_t,
    count: usize,
    sent: *mut leyline_sent_t,
) -> Status {
    // SAFETY: promise 1 holds for what the pairs lead to, too.
    act!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = wanted(sent, "sent")?;
        let command = input(command, "command")?;
        let given = list(annotations, count, "annotations")?;
        // One more than there may be is for the link to refuse.
        let mut pairs = [("", ""); MAX_ANNOTATIONS + 1];
        let n = given.len().min(pairs.len());
        for (pair, entry) in pairs.iter_mut().zip(given) {
            *pair = (text(entry.key, "key")?, text(entry.value, "value")?);
        }
        let Ticket { id, sequence } = if n == 0 {
            controller.send(command)?
        } else {
            controller.send_annotated(command, &pairs[..n])?
        };
        place.set(leyline_sent_t {
            decision_sequence: 0,
            command_sequence: sequence,
            command_id: id,
            latency_ns: 0,
        });
    })
}

/// Takes the next outcome of any command of this lane, or waits for the final outcome of one
/// command.
///
/// Outcomes of other commands than `id` are kept for later calls. An outcome keeps its room in the
/// ring until the next call: a successor may be given the last one a second time.
///
/// @param id       the 16 bytes of a command's id, whose ACCEPTED is skipped; or NULL: of any
///                 command
/// @param wait     or NULL: does not wait; with an id: looks once
/// @param outcome  written on LEYLINE_OK only
/// @return         LEYLINE_OK, LEYLINE_EMPTY; waiting LEYLINE_TIMED_OUT (it may still come);
///                 LEYLINE_ERR_PEER_GONE (the
///                 trainer is gone; the command stays for its successor), LEYLINE_ERR_SUPERSEDED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_outcome(
    controller: *mut leyline_controller_t,
    id: *const u8,
    wait: *const leyline_wait_t,
    outcome: *mut CommandOutcome,
) -> Status {
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = out(outcome, "outcome")?;
        let found = if !id.is_null() {
            let waited = controller.wait_outcome(&uuid(id, "id")?, or_once(wait)?);
            match waited {
                Err(e) if e.kind() == ErrorKind::Timeout => None,
                found => Some(found?),
            }
        } else if wait.is_null() {
            controller.try_outcome()?
        } else {
            controller.next_outcome(read(wait)?)?
        };
        let Some(found) = found else { return Ok(nothing(wait)) };
        place.set(found);
        LEYLINE_OK
    })
}

/// Says what is possible in an observed state: bit i for action i of the link's action space. Never
/// zero.
///
/// @param width  the schema's width
/// @return       LEYLINE_ERR_INVALID_ARGUMENT (width); LEYLINE_ERR_UNSUPPORTED: the schema does not
///               say what the seed is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_mask(
    controller: *const leyline_controller_t,
    row: *const f32,
    width: usize,
    mask: *mut u64,
) -> Status {
    act!({
        let controller = &open(controller, "controller")?.controller;
        let place = out(mask, "mask")?;
        let row = list(pointer(row.cast_mut(), "row")?.as_ptr(), width, "row")?;
        place.set(controller.mask_of_row(row)?.bits());
    })
}

/// Finds the signals that were published with an observation.
///
/// @param observed  the observation's meta
/// @param signals   checked; written on LEYLINE_OK only
/// @return          LEYLINE_OK; LEYLINE_EMPTY: it has none, or they have left their ring;
///                  LEYLINE_ERR_NO_SUCH_RING; those of leyline_record_check
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_signals_of(
    controller: *mut leyline_controller_t,
    observed: *const leyline_meta_t,
    signals: *mut TrainingSignals,
) -> Status {
    answer!({
        let controller = &mut open_mut(controller, "controller")?.controller;
        let place = out(signals, "signals")?;
        let observed = read_meta(&input(observed, "observed")?);
        match controller.signals_of(&observed)? {
            Some(found) => {
                place.set(found);
                LEYLINE_OK
            }
            None => LEYLINE_EMPTY,
        }
    })
}

/// Opens a reader of the reports of a kind, independent of the controller. Check reports before
/// relying on them.
///
/// @param kind      a leyline_record, as for leyline_trainer_report
/// @param start     a leyline_start
/// @param sequence  where to start, with LEYLINE_START_AT
/// @return          LEYLINE_ERR_INVALID_ARGUMENT (kind), LEYLINE_ERR_NO_SUCH_RING,
///                  LEYLINE_ERR_SCHEMA_MISMATCH
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_reports(
    controller: *const leyline_controller_t,
    kind: u32,
    start: u32,
    sequence: u64,
    observer: *mut *mut leyline_observer_t,
) -> Status {
    act_whole!({
        let place = slot(observer)?;
        let segment = open(controller, "controller")?.controller.segment();
        let start = leyline_start::read(start, sequence)?;
        place.set(give(observer_handle((ReportKind::find(kind)?.read)(segment, start)?)));
    })
}

/// Closes the controller's end in order: the trainer learns that it closed.
///
/// @param controller  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_close(controller: *mut leyline_controller_t) -> Status {
    act!(close(controller, "controller")?)
}
