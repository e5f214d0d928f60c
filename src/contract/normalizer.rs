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
use crate::contract::signals::TrainingSignals;
use crate::contract::task::Task;
use crate::contract::to_observation::ToObservation;
use crate::contract::version_2::VERSION_2_WIDTH;
use crate::contract::version_2::Version2;
use crate::contract::version_2::is_missing;
use crate::schema::canonical::Schema;
use crate::schema::field::Field;
use crate::schema::field::FieldType;
use crate::schema::id::Id;
use crate::schema::migration::Registry;
use crate::schema::row::RowSchema;
use crate::schema::scale::{RowScale, SQUASH_LIMIT, Scale};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::known_schemas::registry;
    use crate::contract::task::tests::custom;
    use crate::schema::canonical::Fingerprint;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    fn tasks() -> [Normalizer; 3] {
        static TASKS: LazyLock<[Normalizer; 3]> = LazyLock::new(|| {
            [Task::cifar10(), Task::tinystories(), custom()].map(|task| Normalizer::new(&task).unwrap())
        });
        TASKS.clone()
    }

    /// Returns an observation in its Box, from numbers of 0 to 1.
    fn somewhere(shares: [f64; FEATURES]) -> Observation {
        let mut o = Observation::EMPTY;
        for f in Feature::ALL {
            let (low, high) = (f64::from(f.low()), f64::from(f.high()));
            // Mostly small numbers, as in training, and a few near the upper bound.
            let share = shares[f.index()];
            let x = if share < 0.8 { share * 12.0 } else { low + (high - low) * (share - 0.8) * 5.0 };
            o[f] = f.sanitized(x as f32);
        }
        o
    }

    #[test]
    fn every_number_of_a_task_is_in_both_fingerprints() {
        let prints = |task: &Task| -> [Fingerprint; 2] {
            let normalizer = Normalizer::new(task).unwrap();
            [normalizer.schema().fingerprint(), normalizer.version_2_schema().fingerprint()]
        };
        let base = prints(&custom());
        let changes: [fn(&mut Task); 7] = [
            |t| t.name = Id::new("other").unwrap(),
            |t| t.baseline_loss += f64::EPSILON * 4.0,
            |t| t.target_loss = f64::MIN_POSITIVE,
            |t| t.delta_std += f64::EPSILON,
            |t| t.max_epochs = 8.0,
            |t| t.max_steps = 124.0,
            |t| t.max_slots = 2.0,
        ];
        let mut seen = vec![base];
        for change in changes {
            let mut task = custom();
            change(&mut task);
            let other = prints(&task);
            assert!(seen.iter().all(|s| s[0] != other[0] && s[1] != other[1]));
            seen.push(other);
        }
        assert_eq!(prints(&custom()), base);
    }

    #[test]
    fn the_schemas_say_what_the_numbers_are() {
        let n = &tasks()[0];
        let (schema, version_2) = (n.schema().schema(), n.version_2_schema().schema());
        assert_eq!((schema.name(), schema.version(), n.schema().width()), ("normalized.cifar10", 1, 27));
        assert_eq!((version_2.name(), version_2.version()), ("observation.cifar10", 2));
        assert_eq!(n.version_2_schema().width(), 54);
        let text = version_2.canonical();
        assert!(text.contains("\nparameter delta_std 3fa999999999999a\n"), "{text}");
        assert!(text.contains(
            "\nfield 4 LOSS_DELTA f32 1 16 nats c024000000000000 4024000000000000 S(x/delta_std) x=0\n"
        ));
        assert!(text.contains(
            "\nfield 31 LOSS_DELTA_MISSING f32 1 124 - 0000000000000000 3ff0000000000000 raw 0.5\n"
        ));
        assert_eq!(n.schema().missing(), n.normalize(&Observation::EMPTY).values());
    }

    #[test]
    fn what_is_not_in_the_box_is_brought_there_and_told() {
        let n = &tasks()[0];
        let mut o = Observation::EMPTY;
        (o[Feature::ValLoss], o[Feature::ValAccuracy], o[Feature::Epoch]) =
            (f32::NAN, 150.0, f32::NEG_INFINITY);
        let normalized = n.normalize(&o);
        let told =
            1 << Feature::ValLoss.index() | 1 << Feature::ValAccuracy.index() | 1 << Feature::Epoch.index();
        assert_eq!((normalized.sanitized(), ToObservation::sanitized(&normalized)), (told, told.into()));
        assert_eq!((normalized[Feature::ValAccuracy], normalized[Feature::Epoch]), (1.0, 0.0));
        assert_eq!(normalized[Feature::ValLoss], -0.15);
        let mut signals = TrainingSignals::default();
        signals.metrics.val_loss = f32::INFINITY;
        assert_eq!(ToObservation::sanitized(&n.version_2(&signals)), 1 << Feature::ValLoss.index());
    }

    #[test]
    fn a_normalized_row_of_another_task_is_not_restored() {
        let [a, b, _] = tasks();
        let e = b.restore(&a.normalize(&Observation::EMPTY)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SchemaMismatch);
        assert!(e.expected().contains("normalized.tinystories 1 "), "{e}");
        assert!(e.found().contains("normalized.cifar10 1 "), "{e}");
        assert_eq!(a.restore_row(&[0.0; 26]).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(a.restore_row(&[f32::NAN; 27]).unwrap_err().kind(), ErrorKind::NotFinite);
        assert_eq!(a.restore_row(&[2.0; 54]).unwrap_err().kind(), ErrorKind::OutOfRange);
    }

    #[test]
    fn a_schema_tells_its_normalizer() {
        for n in tasks() {
            for schema in [n.schema(), n.version_2_schema()] {
                let text = schema.schema().canonical();
                let read = RowSchema::from_schema(&Schema::from_canonical(&text).unwrap()).unwrap();
                assert_eq!(Normalizer::of_schema(&read).unwrap().task(), n.task());
            }
        }
        let text = tasks()[0].version_2_schema().schema().canonical();
        let cases = [
            (Observation::row_schema().schema().canonical(), "another name"),
            (text.replace("observation.cifar10 2", "observation.cifar10 3"), "another version"),
            (text.replace("observation.cifar10 2", "normalized.cifar10 1"), "field 27 EPOCH_MISSING"),
            (
                text.replace("parameter delta_std", "parameter delta").replace("(x/delta_std)", "(x/delta)"),
                "no delta_std",
            ),
            (text.replace("max_epochs 4039", "max_epochs 3fd9"), "max_epochs"),
            (text.replace(" 2 216\n", " 2 216\nparameter more 0000000000000000\n"), "parameter more"),
        ];
        for (text, words) in cases {
            let spoilt = RowSchema::from_schema(&Schema::from_canonical(&text).unwrap()).unwrap();
            let e = Normalizer::of_schema(&spoilt).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::SchemaMismatch, "{e}");
            assert!(e.to_string().contains(words), "{words}: {e}");
        }
    }

    #[test]
    fn what_a_clip_cut_off_is_told() {
        let n = &tasks()[0];
        let mut o = Observation::EMPTY;
        (o[Feature::Epoch], o[Feature::PlateauEpochs], o[Feature::SeedImprovement]) = (26.0, 11.0, -20.0);
        (o[Feature::TrainLoss], o[Feature::AccuracyDelta], o[Feature::ValAccuracy]) = (1e6, 49.0, 100.0);
        let restored = n.restore(&n.normalize(&o)).unwrap();
        let cut = [Feature::Epoch, Feature::PlateauEpochs, Feature::SeedImprovement, Feature::TrainLoss];
        assert_eq!(restored.cut_off, cut.iter().fold(0, |mask, f| mask | 1 << f.index()));
        let seen = restored.observation;
        assert_eq!((seen[Feature::Epoch], seen[Feature::PlateauEpochs]), (25.0, 10.0));
        assert_eq!((seen[Feature::SeedImprovement], seen[Feature::ValAccuracy]), (-10.0, 100.0));
        assert!((16_000.0..17_000.0).contains(&seen[Feature::TrainLoss]), "{seen:?}");
    }

    #[test]
    fn a_flag_says_what_is_missing() {
        let n = &tasks()[1];
        let missing = |signals: &TrainingSignals| -> Vec<&str> {
            let row = n.version_2(signals);
            assert_eq!(row.values()[..FEATURES], n.normalize(&signals.to_observation()).values()[..]);
            Feature::ALL.into_iter().filter(|f| row.is_missing(*f)).map(Feature::name).collect()
        };
        let mut s = TrainingSignals::default();
        let all = missing(&s);
        assert_eq!(all.len(), 23);
        for name in ["EPOCH", "GLOBAL_STEP", "HAS_ACTIVE_SEED", "AVAILABLE_SLOTS"] {
            assert!(!all.contains(&name));
        }
        (s.metrics.epoch, s.metrics.validations) = (1, 1);
        s.metrics.set_best_val_loss(3.0).unwrap();
        s.set_loss_history(&[3.0]).unwrap();
        s.set_accuracy_history(&[50.0, 51.0]).unwrap();
        s.add_active_seed("seed").unwrap();
        assert_eq!(
            missing(&s),
            [
                "LOSS_DELTA",
                "ACCURACY_DELTA",
                "LOSS_HIST_0",
                "LOSS_HIST_1",
                "LOSS_HIST_2",
                "LOSS_HIST_3",
                "ACC_HIST_0",
                "ACC_HIST_1",
                "ACC_HIST_2"
            ]
        );
        s.metrics.validations = 2;
        s.set_loss_history(&[3.0; 5]).unwrap();
        s.set_accuracy_history(&[50.0; 32]).unwrap();
        assert!(missing(&s).is_empty());
        // A count that no history can have.
        s.loss_history_count = 255;
        assert!(missing(&s).is_empty());
    }

    #[test]
    fn version_1_migrates_to_what_the_normalizer_gives() {
        for n in tasks() {
            n.register(registry()).unwrap();
            let o = somewhere(std::array::from_fn(|i| i as f64 / 27.0));
            for (to, flags) in [(n.schema(), 0), (n.version_2_schema(), FEATURES)] {
                let migration = registry().migration(Observation::row_schema(), to).unwrap();
                let report = migration.report();
                assert_eq!(report.copied, ["HAS_ACTIVE_SEED", "SEED_ALPHA"]);
                assert_eq!((report.converted.len(), report.defaulted.len()), (25, flags));
                assert!(report.dropped.is_empty());
                let mut row = vec![7.0; to.width()];
                assert_eq!(migration.apply(&o.values, &mut row).unwrap(), 0);
                assert_eq!(row[..FEATURES], n.normalize(&o).values()[..]);
                assert!(row[FEATURES..].iter().all(|flag| *flag == 0.5));
                assert!(to.check(&row).is_ok());
            }
            let onward = registry().migration(n.schema(), n.version_2_schema()).unwrap();
            assert_eq!((onward.report().copied.len(), onward.report().defaulted.len()), (27, 27));
        }
    }

    #[test]
    fn a_batch_is_its_rows() {
        let n = &tasks()[2];
        let batch: Vec<Observation> =
            (0..5).map(|k| somewhere(std::array::from_fn(|i| ((i + k) % 9) as f64 / 9.0))).collect();
        let mut rows = vec![0.0; 5 * FEATURES];
        assert_eq!(n.normalize_rows(&batch, &mut rows).unwrap(), 0);
        for (o, row) in batch.iter().zip(rows.chunks(FEATURES)) {
            assert_eq!(n.normalize(o).values()[..], *row);
        }
        let e = n.normalize_rows(&batch, &mut rows[1..]).unwrap_err();
        assert_eq!((e.kind(), e.found()), (ErrorKind::InvalidArgument, "134"));
        let mut signals = [TrainingSignals::default(); 3];
        signals[1].metrics.val_loss = f32::NAN;
        signals[2].available_slots = 2;
        let mut rows = vec![0.0; 3 * VERSION_2_WIDTH];
        assert_eq!(n.version_2_rows(&signals, &mut rows).unwrap(), 1 << Feature::ValLoss.index());
        for (s, row) in signals.iter().zip(rows.chunks(VERSION_2_WIDTH)) {
            assert_eq!(n.version_2(s).values()[..], *row);
        }
        assert!(n.version_2_rows(&signals, &mut rows[..108]).is_err());
    }

    proptest! {
        #[test]
        fn normalizing_always_lands_in_the_box(bits in proptest::array::uniform27(any::<u32>())) {
            let o = Observation { values: bits.map(f32::from_bits) };
            for n in tasks() {
                let row = n.normalize(&o);
                prop_assert!(n.schema().check(row.values()).is_ok(), "{:?}", row);
                let mut sane = o;
                prop_assert_eq!(row.sanitized(), sane.sanitize());
            }
        }

        #[test]
        fn normalizing_keeps_the_order(index in 0..FEATURES, a in 0.0..1.0, b in 0.0..1.0) {
            let feature = Feature::ALL[index];
            let at = |share: f64| {
                let o = somewhere([share; FEATURES]);
                (o[feature], tasks().map(|n| n.normalize(&o)[feature]))
            };
            let ((x, xs), (y, ys)) = (at(a), at(b));
            for (nx, ny) in xs.into_iter().zip(ys) {
                prop_assert!(if x <= y { nx <= ny } else { nx >= ny }, "{}: {x} {y} {nx} {ny}", feature.name());
            }
        }

        #[test]
        fn what_was_not_cut_off_is_restored(shares in proptest::collection::vec(0.0..1.0, FEATURES)) {
            let o = somewhere(shares.try_into().unwrap());
            for n in tasks() {
                let row = n.normalize(&o);
                let restored = n.restore(&row).unwrap();
                prop_assert!(restored.observation.check().is_ok());
                for f in Feature::ALL {
                    let (x, back) = (o[f], restored.observation[f]);
                    if restored.cut_off & 1 << f.index() == 0 {
                        let off = if f.is_whole() { 0.0 } else { 1e-5 * x.abs().max(1.0) };
                        prop_assert!((x - back).abs() <= off, "{}: {x} {back}", f.name());
                    } else {
                        // The restored number normalizes to the saturated one.
                        let again = n.normalize(&restored.observation)[f];
                        prop_assert!((again - row[f]).abs() <= 1e-6, "{}: {x} {back}", f.name());
                    }
                }
            }
        }
    }
}
