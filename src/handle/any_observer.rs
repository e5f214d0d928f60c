//! Reads rings whose record types are not known at compile time.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::read::{Read, Start};
use crate::handle::reader_core::{ReaderCore, Which, about_its_writer};
use crate::ring::{meta::Flags, wait::Wait};
use crate::schema::canonical::{Schema, hex};
use crate::segment::attached::Segment;

/// Observes any ring, by the schema in the segment. For tools: a program that knows its records
/// uses an [`Observer`](crate::Observer).
///
/// Reads like an [`Observer`](crate::Observer), including rings of several rows a slot. Used by one
/// thread at a time.
#[derive(Debug)]
pub struct AnyObserver {
    pub(crate) core: ReaderCore,
    schema: Schema,
    rows: Box<[u8]>,
    env: Box<[u16]>,
    flags: Box<[Flags]>,
    /// True if the last read gave a record.
    whole: bool,
}

impl AnyObserver {
    /// Opens a ring. [`ErrorKind::NoSuchRing`]; [`ErrorKind::Corrupt`] if the segment's text is no
    /// schema, or has another fingerprint than the segment says.
    pub fn open(segment: &Segment, ring: &str, start: Start) -> Result<Self> {
        let info = segment.ring(ring)?.clone();
        let corrupt = |expected: String, found: String| {
            Error::new(ErrorKind::Corrupt)
                .about(format!("schema of ring \"{}\"", info.name))
                .at(segment.path())
                .expected_found(expected, found)
        };
        let schema = Schema::from_canonical(&info.schema)
            .map_err(|e| corrupt("a canonical schema text".into(), e.found().to_owned()))?;
        if schema.fingerprint() != info.fingerprint {
            return Err(corrupt(hex(&info.fingerprint), hex(&schema.fingerprint())));
        }
        if schema.size() != info.record_size {
            return Err(corrupt(format!("records of {} bytes", info.record_size), schema.size().to_string()));
        }
        // A file may claim rows that do not fit into this machine's memory.
        let mut rows = Vec::new();
        let bytes = info.record_size * info.rows;
        rows.try_reserve_exact(bytes).map_err(|e| {
            Error::new(ErrorKind::Unsupported)
                .about(format!("{bytes} bytes of one slot"))
                .expected_found("room", e.to_string())
        })?;
        rows.resize(bytes, 0);
        let (env, flags) =
            (vec![0; info.rows].into_boxed_slice(), vec![Flags::NONE; info.rows].into_boxed_slice());
        let core = ReaderCore::over(segment, info, start)?;
        Ok(Self { core, schema, rows: rows.into_boxed_slice(), env, flags, whole: false })
    }

    /// Returns the schema of the records.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the number of records in a slot.
    pub fn rows(&self) -> usize {
        self.env.len()
    }

    /// Reads the next slot, like [`Observer::try_next`](crate::Observer::try_next).
    pub fn try_next(&mut self) -> Read {
        self.read(Which::Next)
    }

    /// Reads the newest slot if it was not read yet.
    pub fn try_latest(&mut self) -> Read {
        self.read(Which::Newest)
    }

    fn read(&mut self, which: Which) -> Read {
        let read = self.core.try_rows(which, &mut self.rows, &mut self.env, &mut self.flags);
        self.whole = matches!(read, Read::Record(_));
        read
    }

    /// Waits for the next slot and reads it, like [`Observer::next`](crate::Observer::next).
    pub fn next(&mut self, wait: Wait) -> Result<Read> {
        self.whole = false;
        let (env, flags) = (&mut self.env, &mut self.flags);
        let read = self.core.read_rows(Which::Next, Some(wait), &mut self.rows, env, flags)?;
        self.whole = matches!(read, Read::Record(_));
        Ok(read)
    }

    /// Returns the bytes of a row of the slot read last. `None`: the last read gave no record, or
    /// the slot has no such row.
    pub fn record(&self, row: usize) -> Option<&[u8]> {
        let size = self.schema.size();
        let at = row.checked_mul(size)?;
        self.rows.get(at..at.checked_add(size)?).filter(|_| self.whole)
    }

    /// Returns the environment and the flags of a row of the slot read last; `None` as for
    /// [`AnyObserver::record`].
    pub fn beside(&self, row: usize) -> Option<(u16, Flags)> {
        let beside = (*self.env.get(row)?, *self.flags.get(row)?);
        self.whole.then_some(beside)
    }

    /// Moves to another position in the ring.
    pub fn seek(&mut self, start: Start) {
        self.core.seek(start);
    }

    /// Returns the sequence that the next read tries.
    pub fn next_sequence(&self) -> u64 {
        self.core.reader.next()
    }

    about_its_writer!(core);
}
