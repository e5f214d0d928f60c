// C header: seed
//! The callbacks of a trainer that is steered.

use super::boundary::pointer::optional;
use super::boundary::string::{c_string, text};
use crate::base::error::Result;
use crate::contract::command::AdaptationCommand;
use crate::contract::decision::Decision;
use crate::contract::outcome::CommandOutcome;
use crate::contract::signals::TrainingSignals;
use crate::contract::stage::SeedStage;
use crate::contract::telemetry::SeedTelemetry;
use crate::seed::host::SeedHost;
use std::ffi::{c_char, c_void};

/// The callbacks of a trainer: what its network does when a life cycle moves, and what it knows
/// that a life cycle does not. Zeroed: none. Each may be NULL.
///
/// slot is the name of the seed slot, empty if it has none; strings and records are valid during
/// the call only. A callback must not unwind, and must call nothing on the handles of the call that
/// it is called from: such a call is refused with LEYLINE_ERR_BUSY.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_seed_host_t {
    /// Handed to each callback.
    pub context: *mut c_void,
    /// Attaches a new seed to the network. Returns NULL; or refuses the seed with a reason for
    /// people, and its command is answered with FAILED.
    pub germinate: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            slot: *const c_char,
            seed: *const c_char,
            blueprint: *const c_char,
        ) -> *const c_char,
    >,
    /// Takes the seed out of the network.
    pub cull: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char)>,
    /// Makes the seed a permanent part of the network.
    pub fossilize: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char)>,
    /// Sets the blending weight, 0 to 1.
    pub alpha: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char, alpha: f32)>,
    /// Sets the learning rate that a command carries.
    pub learning_rate:
        Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char, learning_rate: f32)>,
    /// Stops training the seed and keeps it.
    pub pause: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char)>,
    /// Trains the seed again.
    pub resume: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char)>,
    /// Enters a leyline_seed_stage, after the callback that is for that change alone.
    pub stage: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char, from: u32, to: u32)>,
    /// Returns the accuracy with the seed switched on, percent: asked for at each update while the
    /// seed is in TRAINING. NAN: the validation's accuracy counts.
    pub accuracy: Option<unsafe extern "C" fn(context: *mut c_void, slot: *const c_char) -> f32>,
    /// Completes the signals of an update before they are published.
    pub signals: Option<unsafe extern "C" fn(context: *mut c_void, signals: *mut TrainingSignals)>,
    /// Completes the telemetry of a seed before it is reported.
    pub telemetry: Option<
        unsafe extern "C" fn(context: *mut c_void, slot: *const c_char, telemetry: *mut SeedTelemetry),
    >,
    /// Takes notice of a decision of a lane. latency_ns: from the stamp of its observation to its
    /// own; 0: unknown.
    pub decision: Option<
        unsafe extern "C" fn(context: *mut c_void, lane: u32, decision: *const Decision, latency_ns: u64),
    >,
    /// Takes notice of a command that was answered.
    pub outcome: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            command: *const AdaptationCommand,
            outcome: *const CommandOutcome,
        ),
    >,
}

/// Calls what a caller gave.
#[derive(Clone, Copy, Default)]
pub(super) struct Host(Option<leyline_seed_host_t>);

impl Host {
    /// Reads callbacks that may be NULL.
    pub(super) unsafe fn of(host: *const leyline_seed_host_t) -> Result<Self> {
        // SAFETY: promise 1.
        unsafe { optional(host, "host") }.map(Self)
    }

    fn with_slot(
        &self,
        callback: impl Fn(&leyline_seed_host_t) -> Option<unsafe extern "C" fn(*mut c_void, *const c_char)>,
        slot: &str,
    ) {
        if let Some(host) = &self.0
            && let Some(callback) = callback(host)
        {
            // SAFETY: the caller's function and context; the string outlives the call.
            unsafe { callback(host.context, c_string(slot).as_ptr()) }
        }
    }

    fn with_figure(
        &self,
        callback: impl Fn(&leyline_seed_host_t) -> Option<unsafe extern "C" fn(*mut c_void, *const c_char, f32)>,
        slot: &str,
        figure: f32,
    ) {
        if let Some(host) = &self.0
            && let Some(callback) = callback(host)
        {
            // SAFETY: the caller's function and context; the string outlives the call.
            unsafe { callback(host.context, c_string(slot).as_ptr(), figure) }
        }
    }
}

impl SeedHost for Host {
    fn germinate(&mut self, slot: &str, seed: &str, blueprint: &str) -> std::result::Result<(), String> {
        let Some((host, germinate)) = self.0.as_ref().and_then(|host| Some((host, host.germinate?))) else {
            return Ok(());
        };
        let (slot, seed, blueprint) = (c_string(slot), c_string(seed), c_string(blueprint));
        // SAFETY: the caller's function and context; the strings outlive the call, and the reason
        // is read at once.
        unsafe {
            let why = germinate(host.context, slot.as_ptr(), seed.as_ptr(), blueprint.as_ptr());
            if why.is_null() { Ok(()) } else { Err(text(why, "reason").unwrap_or("refused").to_owned()) }
        }
    }

    fn cull(&mut self, slot: &str) {
        self.with_slot(|host| host.cull, slot);
    }

    fn fossilize(&mut self, slot: &str) {
        self.with_slot(|host| host.fossilize, slot);
    }

    fn alpha(&mut self, slot: &str, alpha: f32) {
        self.with_figure(|host| host.alpha, slot, alpha);
    }

    fn learning_rate(&mut self, slot: &str, learning_rate: f32) {
        self.with_figure(|host| host.learning_rate, slot, learning_rate);
    }

    fn pause(&mut self, slot: &str) {
        self.with_slot(|host| host.pause, slot);
    }

    fn resume(&mut self, slot: &str) {
        self.with_slot(|host| host.resume, slot);
    }

    fn stage(&mut self, slot: &str, from: SeedStage, to: SeedStage) {
        if let Some(host) = &self.0
            && let Some(stage) = host.stage
        {
            // SAFETY: the caller's function and context; the string outlives the call.
            unsafe { stage(host.context, c_string(slot).as_ptr(), from.value().into(), to.value().into()) }
        }
    }

    fn accuracy(&mut self, slot: &str) -> Option<f32> {
        let host = self.0.as_ref()?;
        let accuracy = host.accuracy?;
        // SAFETY: the caller's function and context; the string outlives the call.
        let found = unsafe { accuracy(host.context, c_string(slot).as_ptr()) };
        (!found.is_nan()).then_some(found)
    }

    fn signals(&mut self, signals: &mut TrainingSignals) {
        if let Some(host) = &self.0
            && let Some(complete) = host.signals
        {
            // SAFETY: the caller's function and context; any bytes are signals.
            unsafe { complete(host.context, signals) }
        }
    }

    fn telemetry(&mut self, slot: &str, telemetry: &mut SeedTelemetry) {
        if let Some(host) = &self.0
            && let Some(complete) = host.telemetry
        {
            // SAFETY: the caller's function and context; any bytes are telemetry.
            unsafe { complete(host.context, c_string(slot).as_ptr(), telemetry) }
        }
    }

    fn decision(&mut self, lane: u32, decision: &Decision, latency_ns: u64) {
        if let Some(host) = &self.0
            && let Some(notice) = host.decision
        {
            // SAFETY: the caller's function and context.
            unsafe { notice(host.context, lane, decision, latency_ns) }
        }
    }

    fn outcome(&mut self, command: &AdaptationCommand, outcome: &CommandOutcome) {
        if let Some(host) = &self.0
            && let Some(notice) = host.outcome
        {
            // SAFETY: the caller's function and context.
            unsafe { notice(host.context, command, outcome) }
        }
    }
}
