// C header: seed
//! A trainer's whole step, and snapshots.

use super::boundary::call::{act, answer};
use super::boundary::handle::{Handle, close, give, open, open_mut, slot, type_of};
use super::boundary::pointer::no_more;
use super::boundary::pointer::{Out, block, input, invalid, list, optional, out, pointer, wanted};
use super::boundary::status::Status;
use super::boundary::string::text;
use super::enumerations::leyline_fossils;
use super::life::{Life, leyline_seed_lifecycle_t, leyline_steering_t, life, life_mut};
use super::reading::Found;
use super::seed_host::{Host, leyline_seed_host_t};
use super::stamp::leyline_meta_t;
use super::tracker::{leyline_tracker_t, leyline_validation_t};
use super::trainer::leyline_trainer_t;
use super::wait::{leyline_wait_t, looked, or_once};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::observation::Observation;
use crate::contract::signals::TrainingSignals;
use crate::link::{Helm, Steered, SteeringOptions};
use crate::seed::gates::GateThresholds;
use crate::seed::snapshot::{SeedSnapshot, TrackerSnapshot};
use std::ffi::{c_char, c_void};
use std::ptr;

/// The settings of a steering. All but max_epochs may be zero: the defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_steering_options_t {
    /// The names of the seed slots, lowest first, 1 to 39 bytes each. NULL: one, "slot_0".
    pub slots: *const *const c_char,
    /// Names in the list.
    pub slot_count: usize,
    /// The thresholds of the gates. NULL: the defaults.
    pub thresholds: *const GateThresholds,
    /// Epochs of the run, 1 or more.
    pub max_epochs: u32,
    /// Epochs in which alpha rises to 1 while BLENDING. 0: 5.
    pub ramp_epochs: u32,
    /// A leyline_fossils.
    pub fossils: u32,
    /// Updates with an accuracy delta below it count as a plateau, percentage points, 0 to 100. 0:
    /// LEYLINE_PLATEAU_THRESHOLD_PP.
    pub plateau_threshold_pp: f32,
    /// 0.
    pub reserved: [u64; 2],
}

/// The result of a step or an update.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_steered_t {
    /// The observation's sequence; 0: none was published, because the ring is in a device's hands.
    pub sequence: u64,
    /// A bit for each number that was replaced, as leyline_trainer_publish gives them.
    pub sanitized: u64,
    /// Decisions that were received.
    pub decisions: usize,
    /// Commands that were executed or refused here.
    pub commands: usize,
}

impl From<Steered> for leyline_steered_t {
    fn from(steered: Steered) -> Self {
        let Steered { sequence, sanitized, decisions, commands } = steered;
        Self { sequence, sanitized, decisions, commands }
    }
}

unsafe fn options(given: *const leyline_steering_options_t) -> Result<SteeringOptions> {
    // SAFETY: promise 1, for what the options lead to as well.
    unsafe {
        let given = input(given, "options")?;
        no_more(&given.reserved, "reserved of the options")?;
        let mut options = SteeringOptions::new(given.max_epochs);
        if !given.slots.is_null() {
            let names = list(given.slots, given.slot_count, "slots")?;
            options.slots =
                names.iter().map(|&name| Ok(text(name, "slots")?.to_owned())).collect::<Result<_>>()?;
        } else if given.slot_count != 0 {
            return Err(invalid("slots", "a pointer", "NULL"));
        }
        if let Some(thresholds) = optional(given.thresholds, "thresholds")? {
            options.thresholds = thresholds;
        }
        if given.ramp_epochs != 0 {
            options.ramp_epochs = given.ramp_epochs;
        }
        if given.plateau_threshold_pp != 0.0 {
            options.plateau_threshold = given.plateau_threshold_pp;
        }
        options.fossils = leyline_fossils::read(given.fossils)?;
        Ok(options)
    }
}

/// Makes a steering over a trainer, with DORMANT seed slots. Serves links of one row, environment
/// 0, whose observations are of version 1, normalized, or of version 2.
///
/// @param trainer  stays the caller's, who closes it after the steering; used in each call
/// @param host     copied; or NULL: no callbacks
/// @return         LEYLINE_ERR_INVALID_ARGUMENT (several rows, a name twice),
///                 LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE (max_epochs), LEYLINE_ERR_SCHEMA_MISMATCH
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_new(
    trainer: *mut leyline_trainer_t,
    options: *const leyline_steering_options_t,
    host: *const leyline_seed_host_t,
    steering: *mut *mut leyline_steering_t,
) -> Status {
    act!({
        let place = slot(steering)?;
        let (options, host) = (self::options(options)?, Host::of(host)?);
        let helm = Helm::new(&open(trainer, "trainer")?.trainer, &options)?;
        place.set(give(leyline_steering_t { helm, trainer, host }));
    })
}

/// Publishes the observation of an optimizer step, then takes in decisions and commands: each
/// command is executed as leyline_seed_lifecycle_apply does, and answered. Allocates nothing
/// without a command, and never waits. While a device publishes the observations, it does all but
/// publish.
///
/// @param epoch        from 1
/// @param global_step  optimizer steps
/// @param train_loss   mean loss, nats; any number
/// @param steered      or NULL
/// @return             those of leyline_trainer_publish and leyline_trainer_report
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_step(
    steering: *mut leyline_steering_t,
    epoch: u32,
    global_step: u64,
    train_loss: f32,
    steered: *mut leyline_steered_t,
) -> Status {
    act!({
        let (place, mut used) = (wanted(steered, "steered")?, open_mut(steering, "steering")?);
        let mut trainer = open_mut(used.trainer, "trainer")?;
        let leyline_steering_t { helm, host, .. } = &mut *used;
        let steered = helm.step(&mut trainer.trainer, (epoch, global_step, train_loss), host)?;
        place.set(steered.into());
    })
}

/// Ends an epoch with its validation: takes each seed slot on, publishes observation and signals,
/// reports telemetry and all that the life cycles made, then takes in decisions and commands. Never
/// waits.
///
/// A living seed asks the gate into its next stage, up to PROBATIONARY; a culled seed's slot goes
/// on to DORMANT; alpha rises while BLENDING. FOSSILIZED and CULLED are for commands.
///
/// @param validation  any numbers
/// @param steered     or NULL
/// @return            those of leyline_trainer_publish and leyline_trainer_report; those of
///                    leyline_record_check if a callback has spoilt the signals
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_update(
    steering: *mut leyline_steering_t,
    validation: *const leyline_validation_t,
    steered: *mut leyline_steered_t,
) -> Status {
    act!({
        let (place, mut used) = (wanted(steered, "steered")?, open_mut(steering, "steering")?);
        let validation = input(validation, "validation")?.into();
        let mut trainer = open_mut(used.trainer, "trainer")?;
        let leyline_steering_t { helm, host, .. } = &mut *used;
        place.set(helm.update(&mut trainer.trainer, &validation, host)?.into());
    })
}

/// Waits until a lane has decided on the last observation, then takes in commands.
///
/// @param lane  from 0
/// @param wait  or NULL: looks once
/// @param meta  of the decision, or NULL
/// @return      those of leyline_trainer_wait_decision; LEYLINE_EMPTY: nothing was published yet
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_await(
    steering: *mut leyline_steering_t,
    lane: u32,
    wait: *const leyline_wait_t,
    meta: *mut leyline_meta_t,
) -> Status {
    answer!({
        let (found, mut used) = (Found::at(meta, ptr::null_mut())?, open_mut(steering, "steering")?);
        let mut trainer = open_mut(used.trainer, "trainer")?;
        let leyline_steering_t { helm, host, .. } = &mut *used;
        let read = helm.await_decision(&mut trainer.trainer, lane, or_once(wait)?, host)?;
        looked(wait, found.give(read, || ()))
    })
}

/// Reads the observation and the training signals as they are now.
///
/// @param observation  or NULL
/// @param signals      without what a tracker does not know (time, GPU, gradient norms); or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_read(
    steering: *const leyline_steering_t,
    observation: *mut Observation,
    signals: *mut TrainingSignals,
) -> Status {
    act!({
        let (observation, signals) = (wanted(observation, "observation")?, wanted(signals, "signals")?);
        let tracker = &open(steering, "steering")?.helm.tracker;
        observation.set(*tracker.observation());
        signals.set(*tracker.signals());
    })
}

/// Gives the life cycle of a seed slot as a handle of its own, to read it and to add what the host
/// measures. Its calls fail once the steering is closed.
///
/// @param index  of the seed slot's name in the options
/// @return       LEYLINE_ERR_NOT_FOUND: no such seed slot
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_seed(
    steering: *mut leyline_steering_t,
    index: usize,
    seed: *mut *mut leyline_seed_lifecycle_t,
) -> Status {
    act!({
        let place = slot(seed)?;
        let count = open(steering, "steering")?.helm.seeds.len();
        if index >= count {
            return Err(Error::new(ErrorKind::NotFound)
                .about("seed slot")
                .expected_found(format!("less than {count}"), index.to_string()));
        }
        place.set(give(leyline_seed_lifecycle_t { life: Life::Of { steering, slot: index } }));
    })
}

/// Ends the handle. The trainer stays open.
///
/// @param steering  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_steering_close(steering: *mut leyline_steering_t) -> Status {
    act!(close(steering, "steering")?)
}

/// A handle whose state can be saved, by its type.
enum Saved {
    Tracker(*mut leyline_tracker_t),
    Seed(*mut leyline_seed_lifecycle_t),
    Steering(*mut leyline_steering_t),
}

impl Saved {
    unsafe fn of(handle: *mut c_void) -> Result<Self> {
        // SAFETY: promise 2.
        Ok(match unsafe { type_of(handle, "handle") }? {
            leyline_tracker_t::OPEN => Self::Tracker(handle.cast()),
            leyline_seed_lifecycle_t::OPEN => Self::Seed(handle.cast()),
            leyline_steering_t::OPEN => Self::Steering(handle.cast()),
            _ => {
                return Err(invalid(
                    "handle",
                    "an open tracker, seed lifecycle or steering handle",
                    "something else",
                ));
            }
        })
    }
}

unsafe fn write(bytes: &[u8], buffer: *mut c_void, capacity: usize, size: Out<usize>) -> Result<()> {
    if !buffer.is_null() {
        // SAFETY: promises 1 and 3.
        let buffer = unsafe { block(buffer.cast::<u8>(), capacity, "buffer") }?;
        let Some(place) = buffer.get_mut(..bytes.len()) else {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("capacity")
                .expected_found(format!("{} bytes or more", bytes.len()), capacity.to_string()));
        };
        place.copy_from_slice(bytes);
    }
    size.set(bytes.len());
    Ok(())
}

/// Writes the state of a tracker, a life cycle or a steering as bytes, for a checkpoint. Settings
/// are not part of it, nor records that wait to be taken.
///
/// @param handle    a leyline_tracker_t, leyline_seed_lifecycle_t or leyline_steering_t
/// @param buffer    or NULL: asks for the size only
/// @param capacity  bytes of the buffer
/// @param size      of the snapshot, bytes; the same for the life of the handle
/// @return          LEYLINE_ERR_INVALID_ARGUMENT: the buffer is too small
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_snapshot(
    handle: *const c_void,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
) -> Status {
    act!({
        let size = out(size, "size")?;
        match Saved::of(handle.cast_mut())? {
            Saved::Tracker(tracker) => {
                let snapshot = open(tracker, "tracker")?.tracker.snapshot();
                write(bytemuck::bytes_of(&snapshot), buffer, capacity, size)?;
            }
            Saved::Seed(seed) => {
                write(bytemuck::bytes_of(&life(seed)?.snapshot()), buffer, capacity, size)?;
            }
            Saved::Steering(steering) => {
                write(&open(steering, "steering")?.helm.snapshot(), buffer, capacity, size)?;
            }
        }
    })
}

/// Reads a snapshot of one record.
fn record<T: bytemuck::Pod>(bytes: &[u8]) -> Result<T> {
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| {
        let kind =
            if bytes.len() < size_of::<T>() { ErrorKind::Truncated } else { ErrorKind::InvalidArgument };
        Error::new(kind)
            .about("snapshot")
            .expected_found(format!("{} bytes", size_of::<T>()), bytes.len().to_string())
    })
}

/// Takes the state of a tracker, a life cycle or a steering from a snapshot, as after a restart. No
/// callback is called. A snapshot that is refused changes nothing.
///
/// @param handle    one with the same settings as that of the snapshot, but for thresholds and
///                  epochs
/// @param snapshot  of any alignment
/// @param size      its bytes
/// @return          LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_INVALID_ARGUMENT (too long, or its figures
///                  contradict each other), LEYLINE_ERR_SCHEMA_MISMATCH (another version, other
///                  observations), LEYLINE_ERR_DOMAIN_MISMATCH (another action space, other seed
///                  slots), LEYLINE_ERR_INVALID_ENUM and LEYLINE_ERR_ILLEGAL_TRANSITION (a stage
///                  that cannot be), LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_restore(
    handle: *mut c_void,
    snapshot: *const c_void,
    size: usize,
) -> Status {
    act!({
        let saved = Saved::of(handle)?;
        let bytes = list(pointer(snapshot.cast_mut().cast::<u8>(), "snapshot")?.as_ptr(), size, "snapshot")?;
        match saved {
            Saved::Tracker(tracker) => {
                open_mut(tracker, "tracker")?.tracker.restore(&record::<TrackerSnapshot>(bytes)?)?;
            }
            Saved::Seed(seed) => life_mut(seed)?.restore(&record::<SeedSnapshot>(bytes)?)?,
            Saved::Steering(steering) => open_mut(steering, "steering")?.helm.restore(bytes)?,
        }
    })
}
