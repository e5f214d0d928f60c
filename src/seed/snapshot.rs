//! The states of a tracker and of a life cycle as plain records, for a checkpoint.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::field_report::STAGES;
use crate::contract::observation::Feature;
use crate::contract::seed_metrics::SeedMetrics;
use crate::contract::seed_state_report::follows;
use crate::contract::signals::{MAX_HISTORY, TrainingMetrics, TrainingSignals};
use crate::contract::stage::SeedStage;
use crate::record;
use crate::schema::canonical::hex;
use crate::schema::check::{F32_MAX, U16_MAX, U32_MAX, keep_oldest};
use crate::schema::id::Id;
use crate::schema::record::Record;
use crate::seed::gates::Health;
use crate::seed::history::History;
use crate::seed::journal::Journal;
use crate::seed::lifecycle::{Seed, SeedLifecycle};
use crate::seed::tracker::SignalTracker;

record! {
    /// The state of a [`SignalTracker`], but for its plateau threshold, which is a setting. The
    /// figures of the last validation and step are brought into their bounds.
    pub struct TrackerSnapshot as "tracker_snapshot" version 1 {
        /// The fingerprint of this record's schema.
        fingerprint: [u8; 16], "-", 0.0, 255.0;
        /// Its signals.
        signals: TrainingSignals;
        /// The last finite validation loss, nats, with [`VAL_LOSS`](Self::VAL_LOSS).
        val_loss: f32, "nats", 0.0, 1e6, if VAL_LOSS;
        /// The last finite validation accuracy, percent, with
        /// [`VAL_ACCURACY`](Self::VAL_ACCURACY).
        val_accuracy: f32, "percent", 0.0, 100.0, if VAL_ACCURACY;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 3.0;
        /// The version of this record.
        version: u32, "-", 0.0, U32_MAX;
    }
    present {
        /// There was a finite validation loss.
        VAL_LOSS = 0;
        /// There was a finite validation accuracy.
        VAL_ACCURACY = 1;
    }
    rules a_run_that_can_have_been
}

record! {
    /// The state of a [`SeedLifecycle`], but for its gate thresholds and the epochs of the run,
    /// which are settings, and for the records that it has queued.
    pub struct SeedSnapshot as "seed_snapshot" version 1 {
        /// The fingerprint of this record's schema.
        fingerprint: [u8; 16], "-", 0.0, 255.0;
        /// Time the seed entered its stage: nanoseconds since the Unix epoch.
        entered_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// Time of the records made: nanoseconds since the Unix epoch.
        time_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY;
        /// Time the seed germinated: nanoseconds since the Unix epoch, with [`SEED`](Self::SEED).
        germinated_at_unix_ns: i64, "ns", f64::NEG_INFINITY, f64::INFINITY, if SEED;
        /// Ids of records made so far.
        ids: u64, "-", 0.0, f64::INFINITY;
        /// Sum of the seed's gradient norms.
        gradient_norm_sum: f64, "-", 0.0, f64::INFINITY;
        /// The seed slot, with [`SLOT`](Self::SLOT).
        slot: Id, if SLOT;
        /// The seed, with [`SEED`](Self::SEED).
        seed: Id, if SEED;
        /// Its blueprint, with [`SEED`](Self::SEED).
        blueprint: Id, if SEED;
        /// The state of training, with [`SIGNALS`](Self::SIGNALS).
        signals: TrainingSignals, if SIGNALS;
        /// That when the seed germinated, with [`GERMINATION`](Self::GERMINATION).
        germination: TrainingSignals, if GERMINATION;
        /// Ids of the commands that were received for the seed, oldest first.
        commands: [[u8; 16]; 32], "uuid", 0.0, 255.0, list command_count of [u8; 16];
        /// The seed's figures.
        metrics: SeedMetrics;
        /// Epochs it spent in each stage, by the stage's value.
        epochs_in_stage: [u32; 11], "epochs", 0.0, U32_MAX;
        /// Gradient norms recorded.
        gradient_norms: u32, "-", 0.0, U32_MAX;
        /// The last of them.
        gradient_norm: f32, "-", 0.0, F32_MAX;
        /// Change of its accuracy in the last epoch, percentage points.
        accuracy_delta: f32, "pp", -100.0, 100.0;
        /// Epochs in a row that brought less than the plateau threshold.
        flat_epochs: u32, "epochs", 0.0, U32_MAX;
        /// Later commands that the list had no room for.
        commands_dropped: u32, "commands", 0.0, U32_MAX;
        /// The epoch of the run.
        epoch: u32, "epochs", 0.0, U32_MAX;
        /// The learning rate set last, above 0, with [`LEARNING_RATE`](Self::LEARNING_RATE).
        learning_rate: f32, "-", f32::MIN_POSITIVE as f64, F32_MAX, if LEARNING_RATE;
        /// Bits of the optional fields that are there; other bits are 0.
        present: u32, "bits", 0.0, 31.0;
        /// The version of this record.
        version: u32, "-", 0.0, U32_MAX;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
        /// Commands in the list.
        command_count: u8, "commands", 0.0, 32.0;
        /// A [`SeedStage`].
        stage: u8 as SeedStage;
        /// The [`SeedStage`] before.
        previous_stage: u8 as SeedStage;
        /// 1 if the seed is unhealthy, else 0.
        unhealthy: u8, "flag", 0.0, 1.0;
        /// 1 while the seed is paused, else 0.
        paused: u8, "flag", 0.0, 1.0;
        /// 0.
        reserved: u8;
    }
    present {
        /// There is a seed, and its blueprint.
        SEED = 0;
        /// The seed slot has a name.
        SLOT = 1;
        /// The state of training is known.
        SIGNALS = 2;
        /// The state of training when the seed germinated is known.
        GERMINATION = 3;
        /// A learning rate was set.
        LEARNING_RATE = 4;
    }
    rules a_seed_that_can_be
}

/// Refuses a snapshot of another version, or whose record has another meaning.
pub(crate) fn same_record<T: Record>(fingerprint: &[u8; 16], version: u32) -> Result<()> {
    let schema = T::schema();
    let other = |what: &str| {
        Error::new(ErrorKind::SchemaMismatch)
            .about(format!("{what} of the {}", schema.name()))
            .help("start without the snapshot, or with the version of leyline that made it")
    };
    if version != schema.version() {
        return Err(other("version").expected_found(schema.version().to_string(), version.to_string()));
    }
    if *fingerprint != schema.fingerprint() {
        return Err(other("fingerprint").expected_found(hex(&schema.fingerprint()), hex(fingerprint)));
    }
    Ok(())
}

#[cold]
fn contradicted(field: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument).about(field).expected_found(expected.into(), found.into())
}

impl TrackerSnapshot {
    fn a_run_that_can_have_been(&self) -> Result<()> {
        let s = &self.signals;
        let validations = s.metrics.validations;
        let kept = validations.min(MAX_HISTORY as u32);
        for (count, dropped) in [
            (s.loss_history_count, s.loss_history_dropped),
            (s.accuracy_history_count, s.accuracy_history_dropped),
        ] {
            if (u32::from(count), dropped) != (kept, validations - kept) {
                let found = format!("{count} and {dropped} dropped");
                return Err(contradicted("history", format!("{validations} validations"), found));
            }
        }
        let best = s.metrics.present & TrainingMetrics::BEST_VAL_LOSS;
        if validations == 0 && (self.present, best) != (0, 0) {
            return Err(contradicted("present", "0 before the first validation", self.present.to_string()));
        }
        Ok(())
    }
}

impl SignalTracker {
    /// Returns the state, for a checkpoint.
    pub fn snapshot(&self) -> TrackerSnapshot {
        let mut signals = *self.signals();
        let m = &mut signals.metrics;
        for (feature, figure) in [
            (Feature::TrainLoss, &mut m.train_loss),
            (Feature::ValLoss, &mut m.val_loss),
            (Feature::TrainAccuracy, &mut m.train_accuracy),
            (Feature::ValAccuracy, &mut m.val_accuracy),
        ] {
            *figure = feature.sanitized(*figure);
        }
        signals.sanitize();
        let mut snapshot = TrackerSnapshot {
            fingerprint: TrackerSnapshot::schema().fingerprint(),
            version: TrackerSnapshot::schema().version(),
            signals,
            ..TrackerSnapshot::default()
        };
        for (value, place, bit) in [
            (self.val_loss, &mut snapshot.val_loss, TrackerSnapshot::VAL_LOSS),
            (self.val_accuracy, &mut snapshot.val_accuracy, TrackerSnapshot::VAL_ACCURACY),
        ] {
            if let Some(value) = value {
                *place = value;
                snapshot.present |= bit;
            }
        }
        snapshot
    }

    /// Takes the state from a snapshot. A snapshot that is refused changes nothing.
    ///
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch): of another version;
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): its figures contradict each other; those of
    /// [`TrackerSnapshot::check`].
    pub fn restore(&mut self, snapshot: &TrackerSnapshot) -> Result<()> {
        same_record::<TrackerSnapshot>(&snapshot.fingerprint, snapshot.version)?;
        snapshot.check()?;
        let s = &snapshot.signals;
        self.losses = History::ending_in(s.loss_history()?, s.loss_history_dropped);
        self.accuracies = History::ending_in(s.accuracy_history()?, s.accuracy_history_dropped);
        (self.val_loss, self.val_accuracy) = (snapshot.val_loss(), snapshot.val_accuracy());
        self.replace_signals(s);
        Ok(())
    }
}

impl SeedSnapshot {
    fn a_seed_that_can_be(&self) -> Result<()> {
        let (stage, previous) = (self.stage()?, self.previous_stage()?);
        if stage == SeedStage::Unknown {
            return Err(contradicted("stage", "a seed slot's", stage.name()));
        }
        follows(previous, stage)?;
        let empty = stage == SeedStage::Dormant;
        if empty == (self.present & Self::SEED != 0) {
            return Err(contradicted("seed", format!("what {stage} says"), "another"));
        }
        if self.present & Self::GERMINATION != 0 && empty {
            return Err(contradicted("germination", "none without a seed", "one"));
        }
        if self.paused != 0 && stage != SeedStage::Training {
            return Err(contradicted("paused", "0 outside of TRAINING", format!("1 in {stage}")));
        }
        let m = &self.metrics;
        let total = self.epochs_in_stage.iter().fold(0u32, |sum, epochs| sum.saturating_add(*epochs));
        let figures = (self.gradient_norms, self.gradient_norm, self.gradient_norm_sum, self.unhealthy);
        if empty && (*m != SeedMetrics::default() || figures != (0, 0.0, 0.0, 0)) {
            return Err(contradicted("metrics", "none without a seed", "some"));
        }
        if total != m.epochs_total {
            return Err(contradicted(
                "epochs_in_stage",
                format!("{} in all", m.epochs_total),
                total.to_string(),
            ));
        }
        // Epochs are counted from GERMINATED on, and a seed never goes back.
        let lives = stage.is_alive_in_slot() || stage.is_terminal();
        let last = if lives { stage } else { SeedStage::Probationary };
        for i in (0..STAGES).filter(|i| !(SeedStage::Germinated.value()..=last.value()).contains(&(*i as u8)))
        {
            if self.epochs_in_stage[i] != 0 {
                return Err(contradicted(
                    "epochs_in_stage",
                    format!("none beyond {stage}"),
                    format!("[{i}]"),
                ));
            }
        }
        if lives && self.epochs_in_stage[usize::from(stage.value())] != m.epochs_in_stage {
            return Err(contradicted("metrics.epochs_in_stage", format!("those of {stage}"), "others"));
        }
        if self.gradient_norms == 0 && (figures.1, figures.2, m.mean_gradient_norm) != (0.0, 0.0, 0.0) {
            return Err(contradicted("gradient_norms", "as many as were recorded", "0"));
        }
        Ok(())
    }
}

impl SeedLifecycle {
    /// Returns the state, for a checkpoint.
    pub fn snapshot(&self) -> SeedSnapshot {
        let seed = &self.seed;
        let mut snapshot = SeedSnapshot {
            fingerprint: SeedSnapshot::schema().fingerprint(),
            version: SeedSnapshot::schema().version(),
            entered_at_unix_ns: self.entered_at,
            time_unix_ns: self.time,
            germinated_at_unix_ns: seed.germinated_at,
            ids: self.journal.ids,
            gradient_norm_sum: seed.gradient_norm_sum,
            slot: self.slot,
            seed: seed.id,
            blueprint: seed.blueprint,
            metrics: seed.metrics,
            epochs_in_stage: seed.epochs_in_stage,
            gradient_norms: seed.gradient_norms,
            gradient_norm: seed.gradient_norm,
            accuracy_delta: seed.accuracy_delta,
            flat_epochs: seed.flat_epochs,
            commands_dropped: seed.commands_dropped,
            epoch: self.epoch,
            learning_rate: self.learning_rate.unwrap_or_default(),
            env: self.env,
            stage: self.stage.value(),
            previous_stage: self.previous_stage.value(),
            unhealthy: u8::from(seed.health == Health::Unhealthy),
            paused: seed.paused.into(),
            ..SeedSnapshot::default()
        };
        (snapshot.command_count, _) = keep_oldest(&mut snapshot.commands, &seed.commands);
        for (signals, place, bit) in [
            (&self.signals, &mut snapshot.signals, SeedSnapshot::SIGNALS),
            (&seed.signals, &mut snapshot.germination, SeedSnapshot::GERMINATION),
        ] {
            if let Some(signals) = signals {
                *place = **signals;
                snapshot.present |= bit;
            }
        }
        for (there, bit) in [
            (!seed.id.is_empty(), SeedSnapshot::SEED),
            (!self.slot.is_empty(), SeedSnapshot::SLOT),
            (self.learning_rate.is_some(), SeedSnapshot::LEARNING_RATE),
        ] {
            snapshot.present |= if there { bit } else { 0 };
        }
        snapshot
    }

    /// Takes the state from a snapshot, and drops the records that are queued. A snapshot that is
    /// refused changes nothing.
    ///
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch): of another version;
    /// [`DomainMismatch`](ErrorKind::DomainMismatch): of another seed slot or environment;
    /// [`InvalidEnum`](ErrorKind::InvalidEnum): a stage that is none;
    /// [`IllegalTransition`](ErrorKind::IllegalTransition),
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): its fields contradict each other; those of
    /// [`SeedSnapshot::check`].
    pub fn restore(&mut self, snapshot: &SeedSnapshot) -> Result<()> {
        same_record::<SeedSnapshot>(&snapshot.fingerprint, snapshot.version)?;
        snapshot.check()?;
        if (snapshot.slot, snapshot.env) != (self.slot, self.env) {
            return Err(Error::new(ErrorKind::DomainMismatch)
                .about("seed slot of the snapshot")
                .expected_found(
                    format!("{:?}, environment {}", self.slot, self.env),
                    format!("{:?}, environment {}", snapshot.slot, snapshot.env),
                ));
        }
        let s = snapshot;
        self.seed = Seed {
            id: s.seed,
            blueprint: s.blueprint,
            metrics: s.metrics,
            gradient_norm_sum: s.gradient_norm_sum,
            gradient_norms: s.gradient_norms,
            gradient_norm: s.gradient_norm,
            health: if s.unhealthy == 0 { Health::Healthy } else { Health::Unhealthy },
            accuracy_delta: s.accuracy_delta,
            flat_epochs: s.flat_epochs,
            germinated_at: s.germinated_at_unix_ns,
            epochs_in_stage: s.epochs_in_stage,
            commands: s.commands()?.to_vec(),
            commands_dropped: s.commands_dropped,
            signals: s.germination().map(Box::new),
            paused: s.paused != 0,
        };
        (self.stage, self.previous_stage) = (s.stage()?, s.previous_stage()?);
        (self.entered_at, self.epoch, self.time) = (s.entered_at_unix_ns, s.epoch, s.time_unix_ns);
        (self.signals, self.learning_rate) = (s.signals().map(Box::new), s.learning_rate());
        self.journal = Journal { ids: s.ids, ..Journal::default() };
        Ok(())
    }
}
