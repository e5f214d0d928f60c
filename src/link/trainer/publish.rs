//! Publishing: observations, slots of rows, reports, and handing the ring to a device.

use super::{RECENT, Trainer};
use crate::base::error::{Error, ErrorKind, Result, same_length};
use crate::contract::observation::{FEATURES, Observation};
#[cfg(doc)]
use crate::contract::signals::TrainingSignals;
use crate::contract::to_observation::ToObservation;
use crate::handle::{device_ring::DeviceRing, writer_core::WriterCore};
use crate::link::{OBSERVATIONS, rows::Rows, wrong_schema};
use crate::ring::meta::{Flags, Stamp};
use crate::schema::record::Report;
#[cfg(doc)]
use crate::schema::row::RowSchema;
use crate::segment::{attached::Segment, header::SlotRows};
use crate::sys::kill;

/// The result of publishing an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The observation's sequence.
    pub sequence: u64,
    /// A bit for each feature whose value was not finite or outside its bounds and was replaced,
    /// bit 63 for all from the 64th on; 0 when all was well. [`RowSchema::names_of`] gives their
    /// names.
    pub sanitized: u64,
    /// The sequence of the signals that were published with it on their own ring; 0 if it has none.
    pub signals: u64,
    /// Figures of the signals that were replaced.
    pub signals_sanitized: u32,
}

/// The result of publishing a slot of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRows {
    /// The slot's sequence, which is that of all its rows.
    pub sequence: u64,
    /// The bits of [`Published::sanitized`] of all rows together. The rows themselves are flagged.
    pub sanitized: u64,
    /// Rows in which something was replaced.
    pub rows_sanitized: usize,
}

/// The result of publishing a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its sequence on its own ring.
    pub sequence: u64,
    /// Figures that were not finite or outside their bounds and were replaced.
    pub sanitized: u32,
}

/// The place of an environment's newest observation: its slot (0 for none) and its row there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) sequence: u64,
    /// The call that looked at it last.
    pub(super) call: u64,
    pub(super) row: usize,
}

/// Slots of several rows in which a new trainer looks for the newest observation of each
/// environment.
pub(super) const JUDGED_SLOTS: u64 = 16;

impl Trainer {
    /// Publishes an observation of environment 0, stamped by the ring's time source: an
    /// [`Observation`], [`TrainingSignals`], or whatever else gives a row of the link's schema.
    /// Values that are not finite or outside their bounds are replaced, reported, and counted
    /// ([`RoleInfo::sanitized`](crate::RoleInfo)); they never stop a run. NaN becomes the worst
    /// value of its feature ([`RowSchema::worst`]). Never waits, allocates nothing, and makes no
    /// system call unless a controller sleeps.
    ///
    /// A signal with a rich form ([`ToObservation::signals`]) has that published first, on its own
    /// ring, with this observation's sequence, writer generation and stamp.
    ///
    /// [`ErrorKind::SchemaMismatch`]: the link has observations of another schema; [`ErrorKind::InvalidArgument`]: a row
    /// of another length, or a link of several rows; [`ErrorKind::Forked`],
    /// [`ErrorKind::Exhausted`].
    #[inline(always)]
    pub fn publish<T: ToObservation + ?Sized>(&mut self, signal: &T) -> Result<Published> {
        let time_ns = self.observations.now();
        self.publish_stamped(signal, Stamp { time_ns, ..Stamp::default() })
    }

    /// Publishes as [`Trainer::publish`] does, with the caller's time, environment and flags.
    #[inline(always)]
    pub fn publish_stamped<T: ToObservation + ?Sized>(
        &mut self,
        signal: &T,
        stamp: Stamp,
    ) -> Result<Published> {
        let schema = signal.observation_schema();
        if *schema != self.schema {
            return Err(wrong_schema(&self.schema, schema));
        }
        // Straight from the caller's memory: a copy on the way costs more than the check.
        if self.version_1
            && self.observations.info.rows == 1
            && signal.sanitized() == 0
            && signal.signals().is_none()
            && let Ok(values) = <&[f32; FEATURES]>::try_from(signal.row(&mut self.scratch))
            && bytemuck::cast_ref::<_, Observation>(values).is_in_box()
        {
            let sequence = self.observations.publish_bytes(bytemuck::bytes_of(values), stamp)?;
            self.sent += 1;
            self.note(sequence, stamp.time_ns);
            return Ok(Published { sequence, sanitized: 0, signals: 0, signals_sanitized: 0 });
        }
        self.publish_any(signal, stamp)
    }

    /// Fast path of the C interface: publishes an observation of version 1 within its bounds as
    /// [`WriterCore::publish_fast`] does. Returns its sequence; otherwise `None`, without side
    /// effects.
    #[inline(always)]
    pub(crate) fn publish_fast(&mut self, values: &[f32; FEATURES], stamp: Option<Stamp>) -> Option<u64> {
        if !self.version_1 || !bytemuck::cast_ref::<_, Observation>(values).is_in_box() {
            return None;
        }
        let bytes: &[u8; FEATURES * size_of::<f32>()] = bytemuck::cast_ref(values);
        let (sequence, time_ns) = self.observations.publish_fast(bytes, stamp)?;
        self.sent += 1;
        self.note(sequence, time_ns);
        Some(sequence)
    }

    /// Slow path of [`Trainer::publish_stamped`]: another schema than version 1, values to be
    /// replaced, or signals. The schema is the link's.
    #[inline(never)]
    pub(super) fn publish_any<T: ToObservation + ?Sized>(
        &mut self,
        signal: &T,
        stamp: Stamp,
    ) -> Result<Published> {
        if self.observations.info.rows != 1 {
            return Err(rows_needed(
                self.observations.info.rows,
                "call Trainer::publish_rows",
                "call leyline_trainer_publish_rows",
            ));
        }
        let row = signal.row(&mut self.scratch);
        let mut published = Published { sequence: 0, sanitized: 0, signals: 0, signals_sanitized: 0 };
        let replaced = signal.sanitized();
        if replaced == 0 && signal.signals().is_none() && self.schema.is_in_box(row) {
            published.sequence = self.observations.publish_bytes(bytemuck::cast_slice(row), stamp)?;
        } else {
            let mended = &mut self.mended;
            self.schema.check_width(row)?;
            mended.copy_from_slice(row);
            let mut flagged = stamp;
            published.sanitized = self.schema.sanitize(mended)? | replaced;
            if published.sanitized != 0 {
                flagged.flags = flagged.flags.with(Flags::SANITIZED);
            }
            if let Some(signals) = signal.signals() {
                // Not the one without the other.
                self.observations.check_in_hand()?;
                let mut signals = *signals;
                signals.observation_sequence = self.observations.next();
                signals.writer_generation = self.observations.generation();
                signals.env = stamp.env;
                let reported = report(&mut self.reports, &self.observations.segment, &mut signals, stamp)?;
                (published.signals, published.signals_sanitized) = (reported.sequence, reported.sanitized);
                kill::point("publish.signals");
            }
            published.sequence = self.observations.publish_bytes(bytemuck::cast_slice(mended), flagged)?;
            if published.sanitized != 0 {
                self.observations.page.add_sanitized(1);
            }
        }
        self.sent += 1;
        self.note(published.sequence, stamp.time_ns);
        Ok(published)
    }

    /// Publishes a slot: as many observations as the link has [`rows`](Trainer::rows), row after
    /// row, with an environment and flags each, stamped by the ring's time source. Otherwise as
    /// [`Trainer::publish`]. Allocates only when it sees an environment of a greater number than
    /// before.
    ///
    /// [`ErrorKind::InvalidArgument`]: a block or column of another length, or an environment twice;
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`]s on a link of another schema.
    pub fn publish_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &R,
        env: &[u16],
        flags: &[Flags],
    ) -> Result<PublishedRows> {
        let time_ns = self.observations.now();
        self.publish_rows_stamped(rows, env, flags, Stamp { time_ns, ..Stamp::default() })
    }

    /// Publishes as [`Trainer::publish_rows`] does, with the caller's stamp for the slot as a
    /// whole. On a link of one row the stamp's environment and flags are the row's.
    pub fn publish_rows_stamped<R: Rows + ?Sized>(
        &mut self,
        rows: &R,
        env: &[u16],
        flags: &[Flags],
        mut stamp: Stamp,
    ) -> Result<PublishedRows> {
        if R::TYPED && !self.version_1 {
            return Err(wrong_schema(&self.schema, Observation::row_schema()));
        }
        let (width, n) = (self.schema.width(), self.observations.info.rows);
        let block = rows.numbers();
        self.schema.check_rows(block, n)?;
        same_length("env", n, env.len())?;
        same_length("flags", n, flags.len())?;
        if n == 1 {
            stamp = Stamp { env: env[0], flags: flags[0], ..stamp };
        } else {
            self.once_each(env)?;
        }
        let mut published = PublishedRows { sequence: 0, sanitized: 0, rows_sanitized: 0 };
        let fine = |row: &[f32]| match <&[f32; FEATURES]>::try_from(row) {
            Ok(values) if self.version_1 => bytemuck::cast_ref::<_, Observation>(values).is_in_box(),
            _ => self.schema.is_in_box(row),
        };
        let (mut block, mut flags) = (block, flags);
        if !block.chunks_exact(width).all(fine) {
            self.mended.copy_from_slice(block);
            self.flags.copy_from_slice(flags);
            for (row, flags) in self.mended.chunks_exact_mut(width).zip(&mut self.flags) {
                let sanitized = self.schema.sanitize(row)?;
                if sanitized != 0 {
                    *flags = flags.with(Flags::SANITIZED);
                    published.sanitized |= sanitized;
                    published.rows_sanitized += 1;
                }
            }
            (block, flags) = (&self.mended, &self.flags);
            if published.sanitized != 0 {
                stamp.flags = stamp.flags.with(Flags::SANITIZED);
            }
        }
        let bytes = bytemuck::cast_slice(block);
        let size = self.observations.info.record_size;
        published.sequence = if n == 1 {
            self.observations.publish_bytes(bytes, stamp)?
        } else {
            let flags = bytemuck::cast_slice(flags);
            self.observations.publish_with(stamp, |slot| slot.write_rows(size, bytes, env, flags))?
        };
        if n > 1 {
            self.set_places(published.sequence, env);
        }
        if published.rows_sanitized != 0 {
            self.observations.page.add_sanitized(published.rows_sanitized as u64);
        }
        self.sent += n as u64;
        self.note(published.sequence, stamp.time_ns);
        Ok(published)
    }

    /// Refuses an environment that comes twice, and makes a place for each.
    pub(super) fn once_each(&mut self, env: &[u16]) -> Result<()> {
        self.make_places(env);
        self.calls += 1;
        for &env in env {
            let place = &mut self.places[usize::from(env)];
            if std::mem::replace(&mut place.call, self.calls) == self.calls {
                return Err(Error::new(ErrorKind::InvalidArgument)
                    .about("env")
                    .expected_found("each environment once", format!("{env} twice"))
                    .help("publish the steps of one environment in slots of their own"));
            }
        }
        Ok(())
    }

    pub(super) fn make_places(&mut self, env: &[u16]) {
        let most = env.iter().copied().max().map_or(0, usize::from);
        if most >= self.places.len() {
            self.places.resize(most + 1, Place::default());
        }
    }

    pub(super) fn set_places(&mut self, sequence: u64, env: &[u16]) {
        for (row, &env) in env.iter().enumerate() {
            let place = &mut self.places[usize::from(env)];
            (place.sequence, place.row) = (sequence, row);
        }
    }

    /// Finds where a predecessor or a device left the newest observation of each environment.
    pub(super) fn find_places(&mut self) {
        let rows = self.observations.info.rows;
        let (mut env, mut flags) = (vec![0; rows], vec![0; rows]);
        let next = self.observations.last() + 1;
        for sequence in next.saturating_sub(JUDGED_SLOTS).max(1)..next {
            let size = self.observations.info.record_size;
            let read = self.echo.peek(sequence, |slot| slot.read_columns(size, &mut env, &mut flags));
            if read.is_some() {
                self.make_places(&env);
                self.set_places(sequence, &env);
            }
        }
    }

    /// Lets a device publish the observations, until [`Trainer::take_back`]: a kernel that writes
    /// its own signals into the ring, with the twin in `include/leyline_device.hpp`. Meanwhile
    /// publishing here gives [`ErrorKind::HandedOver`]; all else goes on, decisions and commands
    /// too. The ring is marked in the segment: its readers sleep for a millisecond at most, since a
    /// device wakes nobody. If this process ends before it has taken the ring back, no trainer goes
    /// on in the segment ([`ErrorKind::LeftToDevice`]); [`Trainer::open_or_create`] and
    /// [`Trainer::recreate`] make it anew.
    ///
    /// The device's observations should be in the Box and its environments once in a slot, as the
    /// twin and the host see to: controllers check it anyway.
    ///
    /// [`ErrorKind::HandedOver`]: it is already; [`ErrorKind::Forked`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.observations.hand_over()
    }

    /// Takes the observations back, and goes on after what the device has published; returns how
    /// many sequences that is.
    ///
    /// **Only when nothing of the device's is under way any more**: after its stream has been
    /// synchronized. A store that comes later spoils the observations published from here on.
    ///
    /// [`ErrorKind::InvalidArgument`]: they are not handed over; [`ErrorKind::Forked`].
    pub fn take_back(&mut self) -> Result<u64> {
        let published = self.observations.take_back()?;
        // A device may have counted anything.
        self.sent = self.sent.saturating_add(published.saturating_mul(self.observations.info.rows as u64));
        if self.observations.info.rows > 1 {
            self.find_places();
        }
        Ok(published)
    }

    /// Returns true while a device may be publishing the observations.
    pub fn is_handed_over(&self) -> bool {
        self.observations.is_handed_over()
    }

    /// Looks for what a device has published since.
    #[cold]
    pub(super) fn keep_up_with_device(&mut self) {
        if self.is_handed_over() && self.observations.info.rows > 1 {
            self.find_places();
        }
    }

    /// Publishes a report on its ring, stamped by the ring's time source. Figures that are not
    /// finite or outside their bounds are replaced and counted;
    /// [`Record::sanitize`](crate::schema::record::Record::sanitize) says by what. Never waits,
    /// allocates nothing, and makes no system call unless a reader sleeps.
    ///
    /// [`ErrorKind::NoSuchRing`]: the link has none for it; [`ErrorKind::SchemaMismatch`]: that ring carries something
    /// else; [`ErrorKind::Forked`], [`ErrorKind::Exhausted`].
    pub fn report<T: Report>(&mut self, report: &T) -> Result<Reported> {
        let time_ns = self.observations.now();
        self.report_stamped(report, Stamp { time_ns, env: report.env(), ..Stamp::default() })
    }

    /// Publishes a report as [`Trainer::report`] does, with the caller's stamp.
    pub fn report_stamped<T: Report>(&mut self, report: &T, stamp: Stamp) -> Result<Reported> {
        let mut report = *report;
        self::report(&mut self.reports, &self.observations.segment, &mut report, stamp)
    }

    #[inline(always)]
    pub(super) fn note(&mut self, sequence: u64, time_ns: u64) {
        self.recent[sequence as usize % RECENT] = (sequence, time_ns);
    }

    /// Returns the time now, from the time source of the observations; 0 where the caller supplies
    /// the time.
    pub fn now(&mut self) -> u64 {
        self.observations.now()
    }
}

/// Puts a report on its ring.
fn report<T: Report>(
    writers: &mut Vec<WriterCore>,
    segment: &Segment,
    report: &mut T,
    mut stamp: Stamp,
) -> Result<Reported> {
    let at = writers.iter().position(|w| w.info.name == T::RING).unwrap_or(writers.len());
    if at == writers.len() {
        // A program's own, the first time.
        writers.push(WriterCore::open(segment, T::RING, T::schema(), SlotRows::One)?);
    }
    let writer = &mut writers[at];
    if writer.info.fingerprint != T::schema().fingerprint() || writer.info.record_size != size_of::<T>() {
        return Err(writer
            .segment
            .ring_of(T::RING, T::schema(), SlotRows::One)
            .err()
            .unwrap_or(ErrorKind::SchemaMismatch.into()));
    }
    let sanitized = report.sanitize();
    report.check()?;
    if sanitized != 0 {
        stamp.flags = stamp.flags.with(Flags::SANITIZED);
    }
    let sequence = writer.publish_bytes(bytemuck::bytes_of(report), stamp)?;
    if sanitized != 0 {
        writer.page.add_sanitized(1);
    }
    Ok(Reported { sequence, sanitized })
}

#[cold]
pub(in crate::link) fn rows_needed(rows: usize, rust: &'static str, c: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument)
        .about(format!("ring \"{OBSERVATIONS}\""))
        .expected_found("1 row a slot", rows.to_string())
        .help_for(rust, c)
}
