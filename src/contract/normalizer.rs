// C header: migrate
//! Scales observations for learning: every feature near -1 to 1, by the numbers of a task.
//!
//! There are two forms. [`NormalizedObservation`] has the 27 features of an [`Observation`],
//! normalized. **Version 2** of the observation ([`Version2`]) appends 27 flags for missing
//! features. Both have schemas of their own, whose fingerprints cover every number of the task. A
//! policy therefore never sees numbers scaled otherwise than those it was trained on. Normalizing
//! is optional.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::observation::{FEATURES, Feature, Observation};
use crate::contract::version_2::{VERSION_2_WIDTH, Version2, is_missing};
use crate::contract::{signals::TrainingSignals, task::Task, to_observation::ToObservation};
use crate::schema::field::{Field, FieldType};
use crate::schema::scale::{RowScale, SQUASH_LIMIT, Scale};
use crate::schema::{canonical::Schema, id::Id, migration::Registry, row::RowSchema};
use std::ops::Index;

/// The suffix that makes the name of a flag from the name of its feature.
const MISSING: &str = "_MISSING";
/// The flag of a feature that may or may not be missing.
const UNKNOWN: f32 = 0.5;

/// Returns the scale of a normalized feature, and its Box.
fn rule(feature: Feature) -> (&'static str, f64, f64) {
    use Feature as F;
    match feature {
        F::Epoch => ("clip(x/max_epochs,0,1)", 0.0, 1.0),
        F::GlobalStep => ("clip(x/max_steps,0,1)", 0.0, 1.0),
        F::TrainLoss
        | F::ValLoss
        | F::BestValLoss
        | F::LossHist0
        | F::LossHist1
        | F::LossHist2
        | F::LossHist3
        | F::LossHist4 => ("S((x-target_loss)/(baseline_loss-target_loss))", -SQUASH_LIMIT, SQUASH_LIMIT),
        F::LossDelta => ("S(x/delta_std)", -SQUASH_LIMIT, SQUASH_LIMIT),
        F::TrainAccuracy
        | F::ValAccuracy
        | F::BestValAccuracy
        | F::AccHist0
        | F::AccHist1
        | F::AccHist2
        | F::AccHist3
        | F::AccHist4 => ("x/100", 0.0, 1.0),
        F::AccuracyDelta => ("clip(x/50,-1,1)", -1.0, 1.0),
        F::PlateauEpochs => ("clip(x/10,0,1)", 0.0, 1.0),
        F::HasActiveSeed => ("whole", 0.0, 1.0),
        F::SeedStage => ("x/10", 0.0, 1.0),
        F::SeedEpochsInStage => ("clip(x/50,0,1)", 0.0, 1.0),
        F::SeedAlpha => ("raw", 0.0, 1.0),
        F::SeedImprovement => ("clip(x/10,-1,1)", -1.0, 1.0),
        F::AvailableSlots => ("clip(x/max_slots,0,1)", 0.0, 1.0),
    }
}

fn field(i: usize, name: String, unit: &'static str, scale: &'static str, bounds: (f64, f64)) -> Field {
    Field {
        name: name.into(),
        ty: FieldType::F32,
        count: 1,
        offset: (i * size_of::<f32>()) as u32,
        unit: unit.into(),
        low: bounds.0,
        high: bounds.1,
        scale: scale.into(),
        missing: "none".into(),
    }
}

fn normalized_fields() -> impl Iterator<Item = Field> {
    Feature::ALL.into_iter().map(|f| {
        let (scale, low, high) = rule(f);
        let field = field(f.index(), f.name().to_owned(), f.unit(), scale, (low, high));
        Field { missing: format!("x={}", f.missing_default()).into(), ..field }
    })
}

fn flag_fields() -> impl Iterator<Item = Field> {
    Feature::ALL.into_iter().map(|f| {
        let flag = field(FEATURES + f.index(), format!("{}{MISSING}", f.name()), "-", "raw", (0.0, 1.0));
        Field { missing: UNKNOWN.to_string().into(), ..flag }
    })
}

/// Normalizes observations for one task.
///
/// A normalizer never changes: any number of threads may use one. It computes in f64. Numbers
/// outside the Box of [`Observation`] are brought into it first, and reported.
#[derive(Clone, Debug)]
pub struct Normalizer {
    task: Task,
    scales: [Scale; FEATURES],
    row_scale: RowScale<FEATURES>,
    schema: RowSchema,
    version_2: RowSchema,
}

impl Normalizer {
    /// Makes the normalizer of a task; fails as [`Task::check`] does.
    pub fn new(task: &Task) -> Result<Self> {
        task.check()?;
        let name = task.name.as_str()?;
        let space = |name: String, version, fields: Vec<Field>| {
            let schema = Schema::new(name, version, fields.len() * size_of::<f32>(), fields)?;
            RowSchema::from_schema(&schema.with_parameters(&task.numbers())?)
        };
        let schema = space(format!("normalized.{name}"), 1, normalized_fields().collect())?;
        let fields = normalized_fields().chain(flag_fields()).collect();
        let version_2 = space(format!("observation.{name}"), 2, fields)?;
        let scale = |f: Feature| {
            Scale::read(rule(f).0, schema.schema()).ok_or_else(|| {
                // A difference or quotient is too small for an f64.
                Error::new(ErrorKind::OutOfRange)
                    .about(format!("task {name}"))
                    .expected_found("numbers to divide by", format!("none for {}", f.name()))
            })
        };
        let mut scales = [scale(Feature::Epoch)?; FEATURES];
        for f in Feature::ALL {
            scales[f.index()] = scale(f)?;
        }
        Ok(Self { task: *task, row_scale: RowScale::new(&scales), scales, schema, version_2 })
    }

    /// Returns the normalizer whose observations have a schema: normalized ones, or version 2. A
    /// controller that attached to any schema restores raw observations with it. `SchemaMismatch`
    /// if no task gives that schema.
    pub fn of_schema(schema: &RowSchema) -> Result<Self> {
        let schema = schema.schema();
        let other = |found: String| {
            Error::new(ErrorKind::SchemaMismatch)
                .about(format!("schema {} {}", schema.name(), schema.version()))
                .expected_found("normalized.TASK 1 or observation.TASK 2, as a normalizer has them", found)
        };
        let name = schema.name().strip_prefix("normalized.").or(schema.name().strip_prefix("observation."));
        let name = name.ok_or_else(|| other("another name".into()))?;
        let number = |name: &str| schema.parameter(name).ok_or_else(|| other(format!("no {name}")));
        let task = Task {
            name: Id::new(name)?,
            baseline_loss: number("baseline_loss")?,
            target_loss: number("target_loss")?,
            delta_std: number("delta_std")?,
            max_epochs: number("max_epochs")?,
            max_steps: number("max_steps")?,
            max_slots: number("max_slots")?,
        };
        let normalizer = Self::new(&task).map_err(|e| other(e.to_string()))?;
        let ours = [&normalizer.schema, &normalizer.version_2].map(RowSchema::schema);
        match ours.iter().find(|ours| ours.version() == schema.version() && ours.name() == schema.name()) {
            Some(ours) if ours.fingerprint() != schema.fingerprint() => Err(ours.mismatch(schema)),
            Some(_) => Ok(normalizer),
            None => Err(other("another version".into())),
        }
    }

    /// Returns the task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Returns the schema of normalized observations: `normalized.TASK`, version 1.
    pub fn schema(&self) -> &RowSchema {
        &self.schema
    }

    /// Returns the schema of version 2: `observation.TASK`, version 2.
    pub fn version_2_schema(&self) -> &RowSchema {
        &self.version_2
    }

    /// Writes a row and returns the features of the observation that were outside its Box.
    fn write(&self, observation: &Observation, row: &mut [f32]) -> u32 {
        let mut sane = *observation;
        let replaced = sane.sanitize();
        row.copy_from_slice(&self.row_scale.apply(&sane.values));
        replaced
    }

    /// Normalizes an observation. The result is always in the Box of [`Normalizer::schema`].
    pub fn normalize(&self, observation: &Observation) -> NormalizedObservation {
        let mut values = [0.0; FEATURES];
        let sanitized = self.write(observation, &mut values);
        NormalizedObservation { values, sanitized, schema: self.schema.clone() }
    }

    /// Normalizes a batch of B into (B, 27) row-major numbers. Returns the features that were
    /// outside the Box in any of them (bit i for feature i). `InvalidArgument` unless `rows` has
    /// exactly the room. Allocates nothing.
    pub fn normalize_rows(&self, batch: &[Observation], rows: &mut [f32]) -> Result<u32> {
        self.schema.check_rows(rows, batch.len())?;
        let rows = rows.chunks_exact_mut(FEATURES);
        Ok(batch.iter().zip(rows).fold(0, |replaced, (o, row)| replaced | self.write(o, row)))
    }

    /// Restores the observation from its normalized form. `SchemaMismatch` if it was normalized for
    /// another task.
    pub fn restore(&self, normalized: &NormalizedObservation) -> Result<Restored> {
        if normalized.schema != self.schema {
            return Err(self.schema.schema().mismatch(normalized.schema.schema()));
        }
        self.restore_row(&normalized.values)
    }

    /// Restores the observation from the 27 numbers of a row, or the first 27 of version 2's 54.
    /// `InvalidArgument` for a row of another length; `NotFinite` and `OutOfRange` for numbers that
    /// no normalized observation has.
    pub fn restore_row(&self, row: &[f32]) -> Result<Restored> {
        if row.len() == VERSION_2_WIDTH {
            self.version_2.check(row)?;
        } else {
            self.schema.check(row)?;
        }
        let mut restored = Restored { observation: Observation::EMPTY, cut_off: 0 };
        for (f, (scale, number)) in Feature::ALL.into_iter().zip(self.scales.iter().zip(row)) {
            let number = f64::from(*number);
            let (low, high) = (f64::from(f.low()), f64::from(f.high()));
            let x = scale.undo(number);
            restored.observation[f] = if f.is_whole() { x.round() } else { x }.clamp(low, high) as f32;
            let (least, greatest) = scale.ends();
            let below = number <= least && scale.undo(least) > low;
            let above = number >= greatest && scale.undo(greatest) < high;
            restored.cut_off |= u32::from(below || above) << f.index();
        }
        Ok(restored)
    }

    /// Returns signals in the form of version 2.
    pub fn version_2<'a>(&'a self, signals: &'a TrainingSignals) -> Version2<'a> {
        let mut values = [0.0; VERSION_2_WIDTH];
        let (features, flags) = values.split_at_mut(FEATURES);
        let sanitized = self.write(&signals.to_observation(), features);
        for (flag, feature) in flags.iter_mut().zip(Feature::ALL) {
            *flag = f32::from(u8::from(is_missing(signals, feature)));
        }
        Version2 { values, sanitized, schema: &self.version_2, signals }
    }

    /// Writes a batch of B signals as (B, 54) row-major numbers of version 2. Returns the features
    /// that were outside the Box in any of them (bit i for feature i). `InvalidArgument` unless
    /// `rows` has exactly the room. Allocates nothing.
    pub fn version_2_rows(&self, batch: &[TrainingSignals], rows: &mut [f32]) -> Result<u32> {
        self.version_2.check_rows(rows, batch.len())?;
        let mut replaced = 0;
        for (signals, row) in batch.iter().zip(rows.chunks_exact_mut(VERSION_2_WIDTH)) {
            let version_2 = self.version_2(signals);
            row.copy_from_slice(&version_2.values);
            replaced |= version_2.sanitized;
        }
        Ok(replaced)
    }

    /// Registers both schemas, and the converters by which raw observations migrate to them. A
    /// migration from version 1 to version 2 sets the flag of every feature to unknown (0.5).
    pub fn register(&self, registry: &Registry) -> Result<()> {
        let raw = Observation::row_schema();
        for to in [&self.schema, &self.version_2] {
            registry.register(to)?;
            // A migration copies the features that are not scaled.
            for f in Feature::ALL.into_iter().filter(|f| !self.scales[f.index()].is_plain()) {
                let (scale, index) = (self.scales[f.index()], f.index());
                let convert = move |row: &[f32]| scale.apply(f.sanitized(row[index]).into()) as f32;
                registry.register_converter(raw, to, f.name(), convert)?;
            }
        }
        Ok(())
    }
}

/// A normalized observation: the 27 features of an [`Observation`], scaled by the numbers of a
/// task.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalizedObservation {
    values: [f32; FEATURES],
    sanitized: u32,
    schema: RowSchema,
}

impl NormalizedObservation {
    /// Returns the numbers, by [`Feature::index`].
    pub fn values(&self) -> &[f32; FEATURES] {
        &self.values
    }

    /// Returns the features of the raw observation that were outside its Box: bit i for feature i.
    pub fn sanitized(&self) -> u32 {
        self.sanitized
    }
}

impl Index<Feature> for NormalizedObservation {
    type Output = f32;

    fn index(&self, feature: Feature) -> &f32 {
        &self.values[feature.index()]
    }
}

impl ToObservation for NormalizedObservation {
    fn observation_schema(&self) -> &RowSchema {
        &self.schema
    }

    fn row<'a>(&'a self, _scratch: &'a mut [f32]) -> &'a [f32] {
        &self.values
    }

    fn sanitized(&self) -> u64 {
        self.sanitized.into()
    }
}

/// An observation restored from its normalized form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restored {
    /// The observation, to the precision of an f32 in the normalized form. In its Box.
    pub observation: Observation,
    /// The features that stand at the end of a clip, bit i for feature i. Their values may have
    /// been beyond it; the observation has the value at the end.
    pub cut_off: u32,
}
