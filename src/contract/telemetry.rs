// C header: contract
//! Telemetry: what is measured of a seed, and events.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::stage::SeedStage;
use crate::record;
use crate::schema::check::{F32_MAX, U16_MAX, U32_MAX, append, bounded, naming};
use crate::schema::enumeration::numbered;
use crate::schema::id::{Id, Text};
use crate::schema::kind::{FieldKind, Path};

/// Numbers in the features of a [`SeedTelemetry`].
pub const TELEMETRY_FEATURES: usize = 10;
/// Named numbers that a [`TelemetryEvent`] carries, at most.
pub const MAX_EVENT_DATA: usize = 6;

record! {
    /// The measurements of one seed at one moment.
    pub struct SeedTelemetry as "seed_telemetry" version 1 on "seed_telemetry" with 4096 slots {
        /// Time: nanoseconds since the Unix epoch.
        captured_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed.
        seed: Id, is named;
        /// Its blueprint.
        blueprint: Id, is named;
        /// The layer it is attached to, with [`LAYER`](Self::LAYER).
        layer: Id, if LAYER, try with_layer(&str);
        /// Norm of its gradient, 0 or more.
        gradient_norm: f32, "-", 0.0, F32_MAX;
        /// Health of its gradient, 0 to 1.
        gradient_health: f32, "-", 0.0, 1.0, default 1.0;
        /// Accuracy: percent, 0 to 100.
        accuracy: f32, "percent", 0.0, 100.0;
        /// Change of the accuracy: percentage points, -100 to 100.
        accuracy_delta: f32, "pp", -100.0, 100.0;
        /// Blending weight, 0 to 1.
        alpha: f32, "-", 0.0, 1.0;
        /// Epochs it has spent in its stage.
        epochs_in_stage: u32, "epochs", 0.0, U32_MAX;
        /// Epochs of the run, from 1.
        epoch: u32, "epochs", 0.0, U32_MAX;
        /// Epochs that the run will have.
        max_epochs: u32, "epochs", 0.0, U32_MAX, default Self::MAX_EPOCHS;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 1.0;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// A [`SeedStage`].
        stage: u8 as SeedStage;
        /// 1 if the gradient vanishes, else 0.
        vanishing: u8, "flag", 0.0, 1.0, mark vanishing = 1;
        /// 1 if the gradient explodes, else 0.
        exploding: u8, "flag", 0.0, 1.0, mark exploding = 1;
        /// 0.
        reserved: [u8; 7];
    }
    present {
        /// There is a layer.
        LAYER = 0;
    }
}

impl SeedTelemetry {
    /// Epochs that a run will have, unless set otherwise.
    pub const MAX_EPOCHS: u32 = 25;

    /// Makes the telemetry of a seed whose gradient flows, before any measurement, in a run of 25
    /// epochs. Seed and blueprint have 1 to 39 bytes.
    pub fn new(seed: &str, blueprint: &str, captured_at_unix_ns: i64) -> Result<Self> {
        Ok(Self {
            captured_at_unix_ns,
            seed: naming("seed", seed)?,
            blueprint: naming("blueprint", blueprint)?,
            ..Self::default()
        })
    }

    /// Sets the norm of its gradient, finite, 0 or more, and how well that flows, 0 to 1.
    pub fn with_gradient(mut self, norm: f32, health: f32) -> Result<Self> {
        self.gradient_norm = bounded::<Self>("gradient_norm", norm)?;
        self.gradient_health = bounded::<Self>("gradient_health", health)?;
        Ok(self)
    }

    /// Sets the accuracy, percent 0 to 100, and its change, percentage points -100 to 100.
    pub fn with_accuracy(mut self, accuracy: f32, delta: f32) -> Result<Self> {
        self.accuracy = bounded::<Self>("accuracy", accuracy)?;
        self.accuracy_delta = bounded::<Self>("accuracy_delta", delta)?;
        Ok(self)
    }

    /// Sets the stage, the epochs it has spent there, and the blending weight, 0 to 1.
    pub fn with_stage(mut self, stage: SeedStage, epochs_in_stage: u32, alpha: f32) -> Result<Self> {
        self.alpha = bounded::<Self>("alpha", alpha)?;
        (self.stage, self.epochs_in_stage) = (stage.value(), epochs_in_stage);
        Ok(self)
    }

    /// Sets the epoch of the run, and how many it will have.
    #[must_use]
    pub const fn with_epoch(mut self, epoch: u32, max_epochs: u32) -> Self {
        (self.epoch, self.max_epochs) = (epoch, max_epochs);
        self
    }

    /// Returns the ten features that a policy reads, each 0 to 1 (6: -1 to 1) for a telemetry that
    /// passes its check:
    ///
    /// | i | feature |
    /// |---|---|
    /// | 0 | min(gradient norm, 10) / 10 |
    /// | 1 | gradient health |
    /// | 2, 3 | vanishing, exploding: 0 or 1 |
    /// | 4 | min(epochs in stage, 50) / 50 |
    /// | 5 | accuracy / 100 |
    /// | 6 | accuracy delta / 10, clipped to -1 to 1 |
    /// | 7 | (stage - 1) / 6, clipped to 0 to 1 |
    /// | 8 | alpha |
    /// | 9 | epoch / max(max epochs, 1), clipped to 0 to 1 |
    pub fn to_features(&self) -> [f32; TELEMETRY_FEATURES] {
        // In f64, so that each is off by one rounding only.
        let share = |part: f64, of: f64, low: f64| (part / of).clamp(low, 1.0) as f32;
        [
            (f64::from(self.gradient_norm).min(10.0) / 10.0) as f32,
            self.gradient_health,
            f32::from(self.vanishing),
            f32::from(self.exploding),
            share(self.epochs_in_stage.into(), 50.0, 0.0),
            (f64::from(self.accuracy) / 100.0) as f32,
            share(self.accuracy_delta.into(), 10.0, -1.0),
            share(f64::from(self.stage) - 1.0, 6.0, 0.0),
            self.alpha,
            share(self.epoch.into(), self.max_epochs.max(1).into(), 0.0),
        ]
    }
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventType {
    /// A seed was planted.
    SeedGerminated = 1,
    /// A seed went from one stage to another.
    SeedStageChanged = 2,
    /// A seed became a permanent part of its host.
    SeedFossilized = 3,
    /// A seed was taken out.
    SeedCulled = 4,
    /// An epoch ended.
    EpochCompleted = 5,
    /// The accuracy does not rise any more.
    PlateauDetected = 6,
    /// The accuracy rose.
    ImprovementDetected = 7,
    /// A seed reached into its host while it should be isolated.
    IsolationViolation = 8,
    /// A gradient vanishes, explodes or is not finite.
    GradientAnomaly = 9,
    /// Something takes more than its budget, or got worse.
    PerformanceDegradation = 10,
    /// A command was received.
    CommandIssued = 11,
    /// A command was carried out.
    CommandExecuted = 12,
    /// A command was not carried out.
    CommandFailed = 13,
}

numbered!(EventType: u8, "event type" {
    SeedGerminated "SEED_GERMINATED", SeedStageChanged "SEED_STAGE_CHANGED", SeedFossilized "SEED_FOSSILIZED",
    SeedCulled "SEED_CULLED", EpochCompleted "EPOCH_COMPLETED", PlateauDetected "PLATEAU_DETECTED",
    ImprovementDetected "IMPROVEMENT_DETECTED", IsolationViolation "ISOLATION_VIOLATION",
    GradientAnomaly "GRADIENT_ANOMALY", PerformanceDegradation "PERFORMANCE_DEGRADATION",
    CommandIssued "COMMAND_ISSUED", CommandExecuted "COMMAND_EXECUTED", CommandFailed "COMMAND_FAILED",
});

/// The weight of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// Detail for debugging.
    Debug = 1,
    /// Nothing is wrong.
    #[default]
    Info = 2,
    /// Somebody should look at it.
    Warning = 3,
    /// Something failed.
    Error = 4,
    /// The run is at stake.
    Critical = 5,
}

numbered!(Severity: u8, "severity" {
    Debug "DEBUG", Info "INFO", Warning "WARNING", Error "ERROR", Critical "CRITICAL",
});

record! {
    /// Something that happened, for people and for logs.
    pub struct TelemetryEvent as "telemetry_event" version 1 on "events" with 1024 slots {
        /// UUID of this event.
        id: [u8; 16], "uuid", 0.0, 255.0;
        /// Time: nanoseconds since the Unix epoch.
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// The seed it is about, with [`SEED`](Self::SEED).
        seed: Id, if SEED, try with_seed(&str);
        /// The seed slot it is about, with [`SLOT`](Self::SLOT).
        slot: Id, if SLOT, try with_slot(&str);
        /// Text for people; cut if [`MESSAGE_CUT`](Self::MESSAGE_CUT).
        message: Text, cut MESSAGE_CUT by with_message, message_cut;
        /// Names of the numbers in `data_values`, each once.
        data_names: [Id; 6], list data_count of Id;
        /// Named numbers, finite.
        data_values: [f64; 6], "-", -f64::MAX, f64::MAX, list data_count of f64;
        /// Epochs of the run, from 1, with [`EPOCH`](Self::EPOCH).
        epoch: u32, "epochs", 0.0, U32_MAX, if EPOCH, set with_epoch(u32);
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 15.0;
        /// Named numbers that there was no room for.
        data_dropped: u32, "numbers", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX, set with_env(u16);
        /// An [`EventType`].
        event_type: u8 as EventType;
        /// A [`Severity`].
        severity: u8 as Severity;
        /// Named numbers there are.
        data_count: u8, "numbers", 0.0, 6.0;
        /// 0.
        reserved: [u8; 7];
    }
    present {
        /// There is a seed.
        SEED = 0;
        /// There is a seed slot.
        SLOT = 1;
        /// There is an epoch.
        EPOCH = 2;
        /// The message was longer than its field.
        MESSAGE_CUT = 3;
    }
    rules names_once
}

impl TelemetryEvent {
    /// Makes an event about nothing in particular. The id is a UUID.
    pub fn new(id: [u8; 16], event_type: EventType, severity: Severity, time_unix_ns: i64) -> Self {
        let (event_type, severity) = (event_type.value(), severity.value());
        Self { id, time_unix_ns, event_type, severity, ..Self::default() }
    }

    /// Adds a named number, which must be finite; a seventh is only counted. The name has 1 to 39
    /// bytes; a name that is there already gets the new number.
    pub fn with_data(mut self, name: &str, value: f64) -> Result<Self> {
        let id = naming("data_names", name)?;
        if !value.is_finite() {
            return Err(Error::new(ErrorKind::NotFinite)
                .about(format!("data {name}"))
                .expected_found("a finite number", value.to_string()));
        }
        let listed = usize::from(self.data_count);
        if let Some(i) = self.data_names.iter().take(listed).position(|there| *there == id) {
            self.data_values[i] = value;
            return Ok(self);
        }
        if let Some(place) = self.data_values.get_mut(listed) {
            *place = value;
        }
        append(&mut self.data_names, &mut self.data_count, &mut self.data_dropped, id);
        Ok(self)
    }

    /// Returns the named numbers. `OutOfRange` if the record came with an impossible count.
    pub fn data(&self) -> Result<impl Iterator<Item = (&Id, f64)>> {
        let names = self.data_names()?;
        Ok(names.iter().zip(self.data_values.iter().copied()))
    }

    /// Returns the number of a name, if there is one.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.data().ok()?.find(|(id, _)| id.as_bytes() == name.as_bytes()).map(|(_, value)| value)
    }

    /// Refuses a number without a name (`InvalidId`), and two of the same name (`InvalidArgument`).
    fn names_once(&self) -> Result<()> {
        let names = self.data_names()?;
        for (i, name) in names.iter().enumerate() {
            name.check_named(&Path::ROOT.field("data_names"))?;
            if names[..i].contains(name) {
                return Err(Error::new(ErrorKind::InvalidArgument)
                    .about("data_names")
                    .expected_found("each name once", format!("{name:?} twice")));
            }
        }
        Ok(())
    }
}
