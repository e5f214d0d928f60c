//! Reading observations, their signals and reports, and the mask of what is possible.

use super::Controller;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::position;
use crate::contract::observation::{FEATURES, Observation};
use crate::contract::{action_mask::ActionMask, signals::TrainingSignals};
use crate::handle::batches::Batches as _;
use crate::handle::observer::Observer;
use crate::handle::read::{Batch, Read, Start};
use crate::handle::reader_core::{ReaderCore, Which};
use crate::link::{rows::Rows, trainer::rows_needed, wrong_schema};
use crate::ring::meta::{Flags, Meta};
use crate::ring::wait::Wait;
use crate::schema::record::{Record, Report};
use crate::segment::header::SlotRows;

impl Controller {
    /// Returns the actions that are possible in an observed state.
    pub fn mask(&self, observation: &Observation) -> ActionMask {
        self.actions.mask(observation)
    }

    /// Returns the actions that are possible in a state observed in the link's schema: WAIT alone
    /// if the row does not contain the seed's state or contains an impossible one.
    /// [`ErrorKind::InvalidArgument`]: a row of another length; [`ErrorKind::Unsupported`]: the
    /// schema has no seed state.
    pub fn mask_of_row(&self, row: &[f32]) -> Result<ActionMask> {
        self.schema.check_width(row)?;
        let Some(seed) = &self.seed else {
            return Err(Error::new(ErrorKind::Unsupported).about("mask").expected_found(
                "HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS in the schema",
                self.schema.schema().name().to_owned(),
            ));
        };
        Ok(self.actions.mask_of(seed.read(row).as_ref()))
    }

    /// Returns the bytes to read `rows` observations into.
    #[inline(always)]
    pub(super) fn room<'r, R: Rows + ?Sized>(&self, into: &'r mut R, rows: usize) -> Result<&'r mut [u8]> {
        let numbers = into.numbers_mut();
        if (R::TYPED && !self.version_1)
            || rows.checked_mul(self.observations.info.record_size) != Some(size_of_val(numbers))
        {
            return Err(self.no_room::<R>(rows, numbers.len()));
        }
        Ok(bytemuck::cast_slice_mut(numbers))
    }

    #[cold]
    pub(super) fn no_room<R: Rows + ?Sized>(&self, rows: usize, found: usize) -> Error {
        if R::TYPED && !self.version_1 {
            return wrong_schema(&self.schema, Observation::row_schema());
        }
        Error::new(ErrorKind::InvalidArgument)
            .about("block for observations")
            .expected_found(format!("{rows} x {} numbers", self.schema.width()), found.to_string())
    }

    #[cold]
    fn rows_needed(&self) -> Error {
        rows_needed(
            self.observations.info.rows,
            "call Controller::next_rows",
            "call leyline_controller_next_rows",
        )
    }

    /// Returns the bytes to read one observation into; refuses a link of several rows a slot.
    #[inline(always)]
    pub(super) fn room_for_one<'r, R: Rows + ?Sized>(&self, into: &'r mut R) -> Result<&'r mut [u8]> {
        if self.observations.info.rows != 1 {
            return Err(self.rows_needed());
        }
        self.room(into, 1)
    }

    /// Copies the next observation into an [`Observation`], or into as many numbers as the link's
    /// schema has. Makes no system call.
    ///
    /// [`ErrorKind::SchemaMismatch`]: an [`Observation`], and a link of another schema; [`ErrorKind::InvalidArgument`]:
    /// another count of numbers, or a link of several rows.
    #[inline(always)]
    pub fn try_next<R: Rows + ?Sized>(&mut self, observation: &mut R) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() {
            return Ok(self.next_open(bytes));
        }
        let read = self.observations.try_next(bytes);
        self.count(read);
        Ok(read)
    }

    /// Fast path of the C interface: reads one observation of version 1, or finds that there is
    /// none. Otherwise returns `None` without side effects, and [`Controller::try_next`] finds what
    /// there is.
    #[inline(always)]
    pub(crate) fn try_next_fast(&mut self, numbers: &mut [f32; FEATURES]) -> Option<Read> {
        if !self.version_1 || self.observations.info.rows != 1 || !self.open.is_empty() {
            return None;
        }
        let read = self.observations.try_next_fast(bytemuck::bytes_of_mut(numbers))?;
        if let Read::Record(_) = read {
            self.received += 1;
            self.decisions.core.page.add_records(1);
        }
        Some(read)
    }

    /// Waits as [`Observer::next`] does, and reads as [`Controller::try_next`].
    #[inline]
    pub fn next<R: Rows + ?Sized>(&mut self, observation: &mut R, wait: Wait) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        // An open slot needs no waiting: it is there, has left the ring, or was spoiled and is
        // passed over.
        while !self.open.is_empty() {
            let read = self.next_open(bytes);
            if read != Read::Empty {
                return Ok(read);
            }
        }
        let read = self.observations.wait_with(wait, |core| core.try_next(bytes))?;
        self.count(read);
        Ok(read)
    }

    /// Copies the newest observation if it was not read yet; the older ones are counted as lost.
    /// Otherwise as [`Controller::try_next`].
    pub fn try_latest<R: Rows + ?Sized>(&mut self, observation: &mut R) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() && !self.pass_over() {
            return Ok(self.next_open(bytes));
        }
        let read = self.observations.try_latest(bytes);
        self.count(read);
        Ok(read)
    }

    /// Reads as [`Controller::try_latest`] does, after waiting as [`Observer::next`] does.
    pub fn latest<R: Rows + ?Sized>(&mut self, observation: &mut R, wait: Wait) -> Result<Read> {
        let bytes = self.room_for_one(observation)?;
        if !self.open.is_empty() && !self.pass_over() {
            let read = self.next_open(bytes);
            if read != Read::Empty {
                return Ok(read);
            }
        }
        let read = self.observations.wait_with(wait, |core| core.try_latest(bytes))?;
        self.count(read);
        Ok(read)
    }

    /// Copies as many observations as there are, up to one for each entry of `meta`, into a block
    /// of as many rows. See [`Observer::try_next_batch`]; otherwise as [`Controller::try_next`].
    pub fn try_next_batch<R: Rows + ?Sized>(
        &mut self,
        observations: &mut R,
        meta: &mut [Meta],
    ) -> Result<Batch> {
        let bytes = self.room_for_batch(observations, meta.len())?;
        if !self.open.is_empty() {
            return self.batch_after_open(
                bytes,
                |i, m| meta[i] = m,
                |core, rest, _, meta| Ok(core.try_batch_of_any(rest, meta)),
            );
        }
        let batch = self.observations.try_batch_of_any(bytes, |i, m| meta[i] = m);
        self.count_batch(&batch);
        Ok(batch)
    }

    /// Returns the bytes to read `count` observations into; refuses a link of several rows a slot.
    pub(super) fn room_for_batch<'r, R: Rows + ?Sized>(
        &self,
        into: &'r mut R,
        count: usize,
    ) -> Result<&'r mut [u8]> {
        if self.observations.info.rows != 1 {
            return Err(self.rows_needed());
        }
        self.room(into, count)
    }

    pub(super) fn count_batch(&mut self, batch: &Batch) {
        self.count_records(batch.count as u64, 0);
        if !matches!(batch.end, Read::Record(_)) {
            self.count(batch.end);
        }
    }

    /// Copies the next slot of a link of several rows: its observations as one block, with their
    /// environments and flags. Makes no system call. [`Meta::of_row`] makes the metadata of row i
    /// for [`Controller::decide`]. Also works on a link of one row.
    ///
    /// [`ErrorKind::InvalidArgument`]: a block or column that is not as long as a slot has rows;
    /// [`ErrorKind::SchemaMismatch`]: [`Observation`]s, and a link of another schema.
    pub fn try_next_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        self.read_rows(Which::Next, None, rows, env, flags)
    }

    /// Waits as [`Observer::next`] does, and reads as [`Controller::try_next_rows`].
    pub fn next_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
        wait: Wait,
    ) -> Result<Read> {
        self.read_rows(Which::Next, Some(wait), rows, env, flags)
    }

    /// Copies the newest slot if it was not read yet; the older rows are counted as lost. Otherwise
    /// as [`Controller::try_next_rows`].
    pub fn try_latest_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        self.read_rows(Which::Newest, None, rows, env, flags)
    }

    /// Reads as [`Controller::try_latest_rows`] does, after waiting as [`Observer::next`] does.
    pub fn latest_rows<R: Rows + ?Sized>(
        &mut self,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
        wait: Wait,
    ) -> Result<Read> {
        self.read_rows(Which::Newest, Some(wait), rows, env, flags)
    }

    pub(crate) fn read_rows<R: Rows + ?Sized>(
        &mut self,
        which: Which,
        wait: Option<Wait>,
        rows: &mut R,
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        // The newest slot that was left unfinished comes before a newer one.
        let is_owed = which == Which::Newest && !self.open.is_empty() && !self.pass_over();
        let (which, wait) = if is_owed { (Which::Next, None) } else { (which, wait) };
        let n = self.observations.info.rows;
        let block = self.room(rows, n)?;
        if (env.len(), flags.len()) != (n, n) {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("env, flags")
                .expected_found(format!("{n} entries each"), format!("{}, {}", env.len(), flags.len())));
        }
        let found = self.observations.read_rows(which, wait, block, env, flags)?;
        let found = if self.open.is_empty() { found } else { self.go_on(found) };
        self.count(found);
        Ok(found)
    }

    #[inline(always)]
    pub(super) fn count(&mut self, read: Read) {
        match read {
            Read::Record(meta) => self.count_records(1, meta.skipped),
            Read::Lapped { missed, .. } => self.count_records(0, missed),
            _ => {}
        }
    }

    #[inline(always)]
    pub(super) fn count_records(&mut self, received: u64, lost: u64) {
        let rows = self.observations.info.rows as u64;
        self.received += received * rows;
        self.decisions.core.page.add_records(received * rows);
        if lost > 0 {
            // A segment may claim anything.
            let lost = lost.saturating_mul(rows);
            self.lost = self.lost.saturating_add(lost);
            self.decisions.core.page.add_lost(lost);
        }
    }

    /// Finds the signals that were published with an observation. `None`: it has none, or they have
    /// left their ring (which may be shorter than that of the observations).
    ///
    /// [`ErrorKind::NoSuchRing`]: the link has no signals; what [`TrainingSignals::check`] refuses in what was found.
    pub fn signals_of(&mut self, observed: &Meta) -> Result<Option<TrainingSignals>> {
        if self.signals.is_none() {
            let (segment, schema) = (self.segment().clone(), TrainingSignals::schema());
            self.signals =
                Some(ReaderCore::open(&segment, TrainingSignals::RING, schema, SlotRows::Any, Start::Now)?);
        }
        let Some(core) = &mut self.signals else { return Ok(None) };
        let mut signals = TrainingSignals::default();
        let wanted = (observed.generation, observed.sequence);
        let place = |s: &TrainingSignals| (s.writer_generation, s.observation_sequence);
        let read = |core: &mut ReaderCore, sequence, signals: &mut TrainingSignals| {
            core.peek(sequence, |slot| slot.read(bytemuck::bytes_of_mut(signals))).is_some()
        };
        let ring = &core.reader.ring;
        let newest = ring.newest();
        // Signals are in the order of their observations, so those that have left the ring come
        // before the wanted ones.
        let (mut low, mut high) = (position::oldest(newest, ring.capacity, ring.first_sequence), newest + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if read(core, middle, &mut signals) && place(&signals) >= wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // One for each environment at most.
        for sequence in (low..=newest).take(self.observations.info.rows) {
            if !read(core, sequence, &mut signals) || place(&signals) != wanted {
                break;
            }
            if signals.env == observed.env {
                signals.check()?;
                return Ok(Some(signals));
            }
        }
        Ok(None)
    }

    /// Opens a reader of one kind of report, which does not depend on this controller. A report is
    /// as the trainer wrote it: [check](crate::schema::record::Record::check) it before relying on
    /// its numbers.
    ///
    /// [`ErrorKind::NoSuchRing`], [`ErrorKind::SchemaMismatch`].
    pub fn reports<T: Report>(&self, start: Start) -> Result<Observer<T>> {
        Observer::open(self.segment(), T::RING, start)
    }
}
