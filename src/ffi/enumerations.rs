// C header: base
//! Enumerations that cross as numbers. Values are part of the ABI: never renumbered.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::action::ActionKind as Kind;
use crate::contract::catalog::schemas;
use crate::handle::{consumer::Commit, read::Start};
use crate::link::Fossils;
use crate::ring::wait::OnSignal;
use crate::ring::{cursors::Policy, wait::Strategy};
use crate::schema::{canonical::Schema, field::FieldType};
use crate::seed::gates::Health;
use crate::segment::options::{Access, OnClose, Pages, Prefault, Trust};
use crate::segment::{attached::NameState, open::Opened};
use crate::sys::clock::TimeSource;

/// The numbers of an enumeration's values with their names in Rust.
pub(super) type Values = &'static [(u32, &'static str)];

/// Gives the [`Values`] of an enumeration.
macro_rules! values {
    ($e:ident: $($variant:ident)+) => { &[$(($e::$variant as u32, stringify!($variant))),+] };
}
pub(super) use values;

/// Gives enumerations of the ABI their [`Values`].
macro_rules! listed {
    ($($number:ident { $($variant:ident)+ })+) => {$(
        impl $number {
            pub(super) const VALUES: Values = values!($number: $($variant)+);
        }
    )+};
}

/// Gives enumerations of the ABI their [`Values`], and the way to what they stand for.
macro_rules! read {
    ($($number:ident as $t:ident, $what:literal { $($variant:ident)+ })+) => {$(
        listed! { $number { $($variant)+ } }
        impl $number {
            #[allow(dead_code)] // Some only go out.
            pub(super) fn read(number: u32) -> Result<$t> {
                match number {
                    $(n if n == Self::$variant as u32 => Ok($t::$variant),)+
                    _ => Err(none_such($what, Self::VALUES, number)),
                }
            }
        }
    )+};
}

/// Gives enumerations of the ABI the way to what they stand for, as `read` does, and back.
macro_rules! stands_for {
    ($($number:ident for $t:ident, $what:literal { $($variant:ident)+ })+) => {$(
        read! { $number as $t, $what { $($variant)+ } }
        impl From<$t> for $number {
            fn from(value: $t) -> Self {
                match value { $($t::$variant => Self::$variant),+ }
            }
        }
    )+};
}

#[cold]
fn none_such(what: &'static str, known: Values, found: u32) -> Error {
    let known: Vec<String> = known.iter().map(|(number, _)| number.to_string()).collect();
    Error::new(ErrorKind::InvalidEnum)
        .about(what)
        .expected_found(format!("one of {}", known.join(", ")), found.to_string())
}

/// Whom to trust when attaching.
#[repr(u32)]
pub enum leyline_trust {
    /// Only this user, and a file that others cannot write.
    Owner = 0,
    /// Anybody.
    Anyone = 1,
}

/// The use of an attached segment.
#[repr(u32)]
pub enum leyline_access {
    /// Reading, sleeping and taking roles.
    ReadWrite = 0,
    /// Reading only; waiting looks every millisecond instead of being woken.
    ReadOnly = 1,
}

/// The fate of a segment's name when its creating handle is closed.
#[repr(u32)]
pub enum leyline_on_close {
    /// The segment stays.
    Keep = 0,
    /// The name is removed when the creating handle and the roles taken through it are closed.
    /// Clones and observers continue without a name. The name stays if one of the roles failed, if
    /// it leads to another segment by then, if another trainer holds a role, or if any process holds a role of a ring that is
    /// not part of a link.
    Unlink = 1,
}

/// The segment that the name of an attached one leads to.
#[repr(u32)]
pub enum leyline_name_state {
    /// To this segment, or it was made without a name.
    Current = 0,
    /// Nowhere: its file was removed. Its users go on; nobody else can attach or take a role.
    Unlinked = 1,
    /// To another segment, which new users attach to. This one is superseded.
    Replaced = 2,
}

/// The time when the pages of the shared memory are entered in this process's page tables.
#[repr(u32)]
pub enum leyline_prefault {
    /// Those of a ring when a handle on it is opened.
    Opened = 0,
    /// Those of the whole segment when it is attached.
    Everything = 1,
    /// Each when it is touched first.
    WhenTouched = 2,
}

/// The pages to ask the kernel for.
#[repr(u32)]
pub enum leyline_pages {
    /// The processor's smallest.
    Usual = 0,
    /// Huge ones, where the kernel gives them to files in memory.
    Huge = 1,
}

/// The result of leyline_segment_open_or_create.
#[repr(u32)]
pub enum leyline_opened {
    /// There was none: it was made.
    Created = 0,
    /// A compatible one was there.
    Attached = 1,
    /// One was there that no trainer can go on in, because a device may still be writing it: it was
    /// replaced.
    Recreated = 2,
}

/// A writer's policy for an absent consumer.
#[repr(u32)]
pub enum leyline_policy {
    /// Its records stay until a successor takes them; a full ring refuses more.
    Keep = 1,
    /// The writer goes on; a successor is told how many records it missed.
    Release = 2,
}

/// The source of a ring's stamps.
#[repr(u32)]
pub enum leyline_time_source {
    /// The processor's time stamp counter, calibrated against the clock.
    Tsc = 1,
    /// clock_gettime(CLOCK_MONOTONIC).
    Clock = 2,
    /// One reading of the clock for all records of a batch.
    Batch = 3,
    /// The caller hands a time over with each record.
    Caller = 4,
}

/// The way to wait while there is nothing.
#[repr(u32)]
pub enum leyline_wait {
    /// Poll all the time.
    Spin = 1,
    /// Poll for some 20 us, then yield the processor between polls.
    SpinThenYield = 2,
    /// Poll for some 20 us, then sleep until woken.
    SpinThenSleep = 3,
}

/// The effect of a signal on a wait that sleeps.
#[repr(u32)]
pub enum leyline_on_signal {
    /// The wait goes on.
    Continue = 0,
    /// The wait ends with LEYLINE_INTERRUPTED. A signal that comes while the wait polls ends
    /// nothing: to miss none, call leyline_canceller_cancel in its handler.
    Interrupt = 1,
}

/// The time when a consumer gives slots back.
#[repr(u32)]
pub enum leyline_commit {
    /// When leyline_consumer_commit is called.
    Manual = 1,
    /// By itself, at every 32nd record (or half of the ring, if that is less) and when the ring is
    /// dry.
    Auto = 2,
}

/// The record that an observer starts at.
#[repr(u32)]
pub enum leyline_start {
    /// At the oldest record that is still there.
    Oldest = 1,
    /// At the newest record there is.
    Newest = 2,
    /// At the first record published from now on.
    Now = 3,
    /// At a sequence.
    At = 4,
}

/// The state of a ring's writer.
#[repr(u32)]
pub enum leyline_peer {
    /// There never was one.
    Never = 0,
    /// It lives.
    Held = 1,
    /// It closed its handle.
    Closed = 2,
    /// It died, or was killed.
    Died = 3,
    /// The segment's name leads to another segment now.
    Superseded = 4,
    /// It ended by failing: by leyline_abort, a Rust panic, or a C++ exception.
    Failed = 5,
}

/// The kind of a file in a directory of segments.
#[repr(u32)]
pub enum leyline_listed {
    /// A segment. Whether it can be attached shows when it is.
    Segment = 1,
    /// A hidden file that a killed creator left.
    Debris = 2,
    /// A hidden file of a segment that somebody is making or replacing now.
    InProgress = 3,
}

/// The type of a field.
#[repr(u32)]
pub enum leyline_field {
    /// uint8_t
    U8 = 1,
    /// uint16_t
    U16 = 2,
    /// uint32_t
    U32 = 3,
    /// uint64_t
    U64 = 4,
    /// int64_t
    I64 = 5,
    /// float
    F32 = 6,
    /// UTF-8 text, padded with NUL; the count is its width in bytes.
    Utf8 = 7,
    /// int8_t
    I8 = 8,
    /// int16_t
    I16 = 9,
    /// int32_t
    I32 = 10,
    /// double
    F64 = 11,
}

/// The records that come with the library.
#[repr(u32)]
pub enum leyline_record {
    /// leyline_observation_t
    Observation = 1,
    /// leyline_decision_t
    Decision = 2,
    /// leyline_adaptation_command_t
    AdaptationCommand = 3,
    /// leyline_command_outcome_t
    CommandOutcome = 4,
    /// leyline_training_signals_t
    TrainingSignals = 5,
    /// leyline_seed_metrics_t
    SeedMetrics = 6,
    /// leyline_training_metrics_t
    TrainingMetrics = 7,
    /// leyline_seed_telemetry_t
    SeedTelemetry = 8,
    /// leyline_seed_state_report_t
    SeedStateReport = 9,
    /// leyline_gate_result_t
    GateResult = 10,
    /// leyline_field_report_t
    FieldReport = 11,
    /// leyline_telemetry_event_t
    TelemetryEvent = 12,
    /// leyline_blueprint_spec_t
    BlueprintSpec = 13,
    /// leyline_performance_budgets_t
    PerformanceBudgets = 14,
    /// leyline_command_annotation_t
    CommandAnnotation = 15,
    /// leyline_id_t, which never travels by itself
    Id = 64,
    /// leyline_task_t, which never travels
    Task = 65,
    /// leyline_gate_thresholds_t, which never travels
    GateThresholds = 66,
}

/// The kind of an action.
#[repr(u32)]
pub enum leyline_action {
    /// Nothing.
    Wait = 0,
    /// Plants a seed.
    Germinate = 1,
    /// Makes the seed a permanent part of the host.
    Fossilize = 2,
    /// Takes the seed out.
    Cull = 3,
}

/// A field's fate in a migration.
#[repr(u32)]
pub enum leyline_fate {
    /// A field of the new schema that is copied.
    Copied = 0,
    /// One that a converter makes.
    Converted = 1,
    /// One that the old schema does not have: it reads as its missing value.
    Defaulted = 2,
    /// A field of the old schema that the new one does not have.
    Dropped = 3,
}

/// A seed's health.
#[repr(u32)]
pub enum leyline_health {
    /// Nothing speaks against it.
    Healthy = 0,
    /// The host found something wrong with it.
    Unhealthy = 1,
}

/// The seed slot of a FOSSILIZED seed.
#[repr(u32)]
pub enum leyline_fossils {
    /// The seed keeps it.
    KeepSlot = 0,
    /// It is free for another seed.
    FreeSlot = 1,
}

stands_for! {
    leyline_trust for Trust, "trust" { Owner Anyone }
    leyline_access for Access, "access" { ReadWrite ReadOnly }
    leyline_on_close for OnClose, "on_close" { Keep Unlink }
    leyline_name_state for NameState, "name_state" { Current Unlinked Replaced }
    leyline_prefault for Prefault, "prefault" { Opened Everything WhenTouched }
    leyline_pages for Pages, "pages" { Usual Huge }
    leyline_opened for Opened, "opened" { Created Attached Recreated }
    leyline_policy for Policy, "policy" { Keep Release }
    leyline_time_source for TimeSource, "time_source" { Tsc Clock Batch Caller }
    leyline_wait for Strategy, "wait" { Spin SpinThenYield SpinThenSleep }
    leyline_on_signal for OnSignal, "on_signal" { Continue Interrupt }
    leyline_commit for Commit, "commit" { Manual Auto }
    leyline_field for FieldType, "field type" { U8 U16 U32 U64 I64 F32 Utf8 I8 I16 I32 F64 }
    leyline_health for Health, "health" { Healthy Unhealthy }
    leyline_fossils for Fossils, "fossils" { KeepSlot FreeSlot }
}

read! {
    leyline_record as leyline_record, "record" {
        Observation Decision AdaptationCommand CommandOutcome TrainingSignals SeedMetrics TrainingMetrics
        SeedTelemetry SeedStateReport GateResult FieldReport TelemetryEvent BlueprintSpec PerformanceBudgets
        CommandAnnotation Id Task GateThresholds
    }
}

listed! {
    leyline_start { Oldest Newest Now At }
    leyline_peer { Never Held Closed Died Superseded Failed }
    leyline_listed { Segment Debris InProgress }
    leyline_action { Wait Germinate Fossilize Cull }
    leyline_fate { Copied Converted Defaulted Dropped }
}

impl leyline_start {
    pub(super) fn read(number: u32, sequence: u64) -> Result<Start> {
        match number {
            n if n == Self::Oldest as u32 => Ok(Start::Oldest),
            n if n == Self::Newest as u32 => Ok(Start::Newest),
            n if n == Self::Now as u32 => Ok(Start::Now),
            n if n == Self::At as u32 => Ok(Start::At(sequence)),
            _ => Err(none_such("start", Self::VALUES, number)),
        }
    }
}

impl leyline_record {
    /// Fails on what never travels.
    pub(super) fn schema(self) -> Result<&'static Schema> {
        let (schemas, number) = (schemas(), self as u32);
        let schema = schemas.get(number as usize - 1).copied();
        schema.ok_or_else(|| none_such("record with a schema", &Self::VALUES[..schemas.len()], number))
    }
}

impl leyline_fate {
    /// Reads a kind. Returns its place in a report.
    pub(super) fn read(number: u32) -> Result<usize> {
        let place = Self::VALUES.iter().position(|(fate, _)| *fate == number);
        place.ok_or_else(|| none_such("fate of a field", Self::VALUES, number))
    }
}

impl From<Kind<'_>> for leyline_action {
    fn from(kind: Kind<'_>) -> Self {
        match kind {
            Kind::Wait => Self::Wait,
            Kind::Germinate(_) => Self::Germinate,
            Kind::Fossilize => Self::Fossilize,
            Kind::Cull => Self::Cull,
        }
    }
}
