// C header: link
//! What travels beside observations and commands: reports of the trainer, and annotations.

use super::boundary::{act, act_whole, block, input, list, optional, out, pointer, text, wanted};
use super::handle::{give, open, open_mut, slot};
use super::link::{ControllerHandle, ReceivedRecord, SentRecord, TrainerHandle};
use super::numbers::{RecordNumber, StartNumber};
use super::rings::{ObserverHandle, StampRecord, observer_handle, stamp};
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::annotation::{CommandAnnotation, MAX_ANNOTATIONS};
use crate::contract::blueprint::BlueprintSpec;
use crate::contract::budgets::PerformanceBudgets;
use crate::contract::command::AdaptationCommand;
use crate::contract::field_report::FieldReport;
use crate::contract::gate_result::GateResult;
use crate::contract::record::Report;
use crate::contract::seed_state_report::SeedStateReport;
use crate::contract::signals::TrainingSignals;
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::handle::observer::ReaderCore;
use crate::handle::observer::Start;
use crate::link::{ReceivedCommand, Reported, Trainer};
use crate::ring::meta::Stamp;
use crate::segment::attached::Segment;
use crate::segment::header::SlotRows;
use std::ffi::{c_char, c_void};

/// A pair to annotate a command with. Strings are read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AnnotationEntry {
    /// What the value is of: 1 to 39 bytes.
    pub key: *const c_char,
    /// The value: at most 183 bytes.
    pub value: *const c_char,
}

/// A kind of report, found by its number.
struct Kind {
    publish: unsafe fn(&mut Trainer, *const c_void, Option<Stamp>) -> Result<Reported>,
    read: fn(&Segment, Start) -> Result<ReaderCore>,
    size: usize,
}

impl Kind {
    const fn of<T: Report>() -> Self {
        Self { publish: publish::<T>, read: read::<T>, size: size_of::<T>() }
    }

    fn find(number: u32) -> Result<Self> {
        Ok(match RecordNumber::read(number)? {
            RecordNumber::TrainingSignals => Self::of::<TrainingSignals>(),
            RecordNumber::SeedTelemetry => Self::of::<SeedTelemetry>(),
            RecordNumber::SeedStateReport => Self::of::<SeedStateReport>(),
            RecordNumber::GateResult => Self::of::<GateResult>(),
            RecordNumber::FieldReport => Self::of::<FieldReport>(),
            RecordNumber::TelemetryEvent => Self::of::<TelemetryEvent>(),
            RecordNumber::BlueprintSpec => Self::of::<BlueprintSpec>(),
            RecordNumber::PerformanceBudgets => Self::of::<PerformanceBudgets>(),
            _ => return Err(super::boundary::invalid("record", "one that is reported", "another")),
        })
    }
}

unsafe fn publish<T: Report>(
    trainer: &mut Trainer,
    report: *const c_void,
    stamp: Option<Stamp>,
) -> Result<Reported> {
    // SAFETY: promise 1; its size was compared.
    let report: T = unsafe { input(report.cast(), "report")? };
    match stamp {
        Some(stamp) => trainer.report_stamped(&report, stamp),
        None => trainer.report(&report),
    }
}

fn read<T: Report>(segment: &Segment, start: Start) -> Result<ReaderCore> {
    ReaderCore::open(segment, T::RING, T::schema(), SlotRows::Any, start)
}

/// Publishes a report on its ring. Figures that are not finite or outside their bounds are replaced and counted; what
/// means nothing is refused. Never waits; makes no system call unless a reader sleeps; allocates nothing.
///
/// @param trainer    the trainer
/// @param record     a leyline_record: LEYLINE_RECORD_TRAINING_SIGNALS, _SEED_TELEMETRY, _SEED_STATE_REPORT,
///                   _GATE_RESULT, _FIELD_REPORT, _TELEMETRY_EVENT, _BLUEPRINT_SPEC or _PERFORMANCE_BUDGETS
/// @param report     the record
/// @param size       its size: sizeof
/// @param stamp      or NULL: stamped by the ring's time source, with the report's env and no flags
/// @param sequence   the report's sequence on its ring; or NULL
/// @param sanitized  how many figures were replaced; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (a record that is not reported, another size), those of the record's
///                   check function, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_OUT_OF_RANGE (flags),
///                   LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_report(
    trainer: *mut TrainerHandle,
    record: u32,
    report: *const c_void,
    size: usize,
    stamp: *const StampRecord,
    sequence: *mut u64,
    sanitized: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let (sequence, sanitized) = (wanted(sequence, "sequence")?, wanted(sanitized, "sanitized")?);
        let kind = Kind::find(record)?;
        pointer(report.cast_mut().cast::<u64>(), "report")?;
        if size != kind.size {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("size of the report")
                .expected_found(kind.size.to_string(), size.to_string()));
        }
        let stamp = optional(stamp, "stamp")?.map(self::stamp).transpose()?;
        let reported = (kind.publish)(trainer, report, stamp)?;
        sequence.set(reported.sequence);
        sanitized.set(reported.sanitized);
        Ok(())
    })
}

/// A reader of the reports of a kind. It does not depend on the controller. Reports are what a trainer wrote: check them
/// before their numbers are relied on.
///
/// @param controller  the controller
/// @param record      a leyline_record, as for leyline_trainer_report
/// @param start       a leyline_start
/// @param sequence    where to start, with LEYLINE_START_AT; else ignored
/// @param observer    the new handle; close it with leyline_observer_close
/// @return            LEYLINE_ERR_INVALID_ARGUMENT (a record that is not reported), LEYLINE_ERR_INVALID_ENUM,
///                    LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_reports(
    controller: *const ControllerHandle,
    record: u32,
    start: u32,
    sequence: u64,
    observer: *mut *mut ObserverHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = slot(observer)?;
        let segment = open(controller, "controller")?.controller.segment();
        let start = StartNumber::read(start, sequence)?;
        let core = (Kind::find(record)?.read)(segment, start)?;
        place.set(give(observer_handle(core)));
        Ok(())
    })
}

/// Sends a command with annotations, which the trainer finds beside it (leyline_trainer_annotations). They stand on the
/// ring of commands before it and take a slot each; all of them and the command are accepted, or nothing is.
///
/// @param controller   the controller
/// @param command      the command; it gets a new id and the present time if it has none
/// @param annotations  the pairs; neither keys nor values are cut
/// @param count        how many: at most LEYLINE_MAX_ANNOTATIONS
/// @param sent         what was sent; or NULL
/// @return             LEYLINE_ERR_BATCH_TOO_LARGE: more than that, or than the ring can hold; LEYLINE_ERR_INVALID_ID,
///                     LEYLINE_ERR_INVALID_ARGUMENT: a key or a value; those of leyline_controller_send
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_controller_send_annotated(
    controller: *mut ControllerHandle,
    command: *const AdaptationCommand,
    annotations: *const AnnotationEntry,
    count: usize,
    sent: *mut SentRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`; promise 1 holds for what the pairs lead to, too.
    act(|| unsafe {
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
        let ticket = controller.send_annotated(command, &pairs[..n])?;
        place.set(SentRecord {
            decision_sequence: 0,
            command_sequence: ticket.sequence,
            command_id: ticket.id,
            latency_ns: 0,
        });
        Ok(())
    })
}

/// The annotations of a command that is open: until it has been answered finally.
///
/// @param trainer      the trainer
/// @param received     the command, as it was received
/// @param annotations  room for capacity of them; in the order in which they were given, checked: key and value end with
///                     a NUL. LEYLINE_MAX_ANNOTATIONS always suffice.
/// @param capacity     how many there is room for
/// @param count        how many it has, of which at most capacity were written
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_annotations(
    trainer: *const TrainerHandle,
    received: *const ReceivedRecord,
    annotations: *mut CommandAnnotation,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &open(trainer, "trainer")?.trainer;
        let place = out(count, "count")?;
        let ReceivedRecord { command, sequence, time_ns, lane, .. } = input(received, "received")?;
        let into = block(annotations, capacity, "annotations")?;
        let found = trainer.annotations(&ReceivedCommand { command, sequence, lane, time_ns });
        for (place, annotation) in into.iter_mut().zip(found) {
            *place = *annotation;
        }
        place.set(found.len());
        Ok(())
    })
}
