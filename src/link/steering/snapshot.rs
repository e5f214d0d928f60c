//! The bytes of a steering's snapshot: a header, the tracker, and each seed slot.

use super::helm::Helm;
use crate::base::error::{Error, ErrorKind, Result};
use crate::record;
use crate::schema::canonical::hex;
use crate::schema::check::U32_MAX;
use crate::schema::record::Record;
use crate::seed::snapshot::{SeedSnapshot, TrackerSnapshot, same_record};

record! {
    /// The header of a snapshot.
    pub struct SteeringSnapshot as "steering_snapshot" version 1 {
        /// The fingerprint of this record's schema.
        fingerprint: [u8; 16], "-", 0.0, 255.0;
        /// The fingerprint of the action space.
        actions: [u8; 16], "-", 0.0, 255.0;
        /// The fingerprint of the schema of the observations.
        observations: [u8; 16], "-", 0.0, 255.0;
        /// Seeds that the steering has named.
        named: u64, "-", 0.0, f64::INFINITY;
        /// Bytes of the whole snapshot.
        size: u32, "bytes", 0.0, U32_MAX;
        /// Seed slots.
        slots: u32, "-", 0.0, U32_MAX;
        /// The version of this record.
        version: u32, "-", 0.0, U32_MAX;
        /// 0.
        reserved: u32;
    }
}

/// Bytes of a snapshot of so many seed slots.
const fn size(slots: usize) -> usize {
    size_of::<SteeringSnapshot>() + size_of::<TrackerSnapshot>() + slots * size_of::<SeedSnapshot>()
}

/// Takes a record off the front of bytes of any alignment.
fn taken<T: Record>(bytes: &mut &[u8]) -> Result<T> {
    let Some((record, rest)) = bytes.split_at_checked(size_of::<T>()) else {
        return Err(truncated(size_of::<T>(), bytes.len()));
    };
    *bytes = rest;
    Ok(bytemuck::pod_read_unaligned(record))
}

#[cold]
fn truncated(expected: usize, found: usize) -> Error {
    Error::new(ErrorKind::Truncated)
        .about("snapshot")
        .expected_found(format!("{expected} bytes"), found.to_string())
}

impl Helm {
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        let size = size(self.seeds.len());
        let header = SteeringSnapshot {
            fingerprint: SteeringSnapshot::schema().fingerprint(),
            version: SteeringSnapshot::schema().version(),
            actions: self.domain.0,
            observations: self.domain.1,
            named: self.named,
            size: size as u32,
            slots: self.seeds.len() as u32,
            ..SteeringSnapshot::default()
        };
        let mut bytes = Vec::with_capacity(size);
        bytes.extend_from_slice(bytemuck::bytes_of(&header));
        bytes.extend_from_slice(bytemuck::bytes_of(&self.tracker.snapshot()));
        for life in &self.seeds {
            bytes.extend_from_slice(bytemuck::bytes_of(&life.snapshot()));
        }
        bytes
    }

    pub(crate) fn restore(&mut self, snapshot: &[u8]) -> Result<()> {
        let mut rest = snapshot;
        let header: SteeringSnapshot = taken(&mut rest)?;
        same_record::<SteeringSnapshot>(&header.fingerprint, header.version)?;
        header.check()?;
        let mismatch = |kind, about: &'static str, expected: String, found: String| {
            Err(Error::new(kind)
                .about(about)
                .expected_found(expected, found)
                .help("start without the snapshot, or with the settings that it was made with"))
        };
        let domain = (header.actions, header.observations);
        if domain.0 != self.domain.0 {
            let (expected, found) = (hex(&self.domain.0), hex(&domain.0));
            return mismatch(ErrorKind::DomainMismatch, "action space of the snapshot", expected, found);
        }
        if domain.1 != self.domain.1 {
            let (expected, found) = (hex(&self.domain.1), hex(&domain.1));
            return mismatch(ErrorKind::SchemaMismatch, "observations of the snapshot", expected, found);
        }
        let slots = self.seeds.len();
        if header.slots as usize != slots {
            let (expected, found) = (slots.to_string(), header.slots.to_string());
            return mismatch(ErrorKind::DomainMismatch, "seed slots of the snapshot", expected, found);
        }
        let expected = size(slots);
        if header.size as usize != expected || snapshot.len() > expected {
            let found = snapshot.len().max(header.size as usize);
            return mismatch(
                ErrorKind::InvalidArgument,
                "size of the snapshot",
                format!("{expected} bytes"),
                found.to_string(),
            );
        }
        if snapshot.len() < expected {
            return Err(truncated(expected, snapshot.len()));
        }
        // Copies: what is refused half-way has changed nothing.
        let (mut tracker, mut seeds) = (self.tracker.clone(), self.seeds.clone());
        tracker.restore(&taken(&mut rest)?)?;
        for life in &mut seeds {
            life.restore(&taken(&mut rest)?)?;
        }
        tracker.observe(&seeds);
        (self.tracker, self.seeds, self.named) = (tracker, seeds, header.named);
        Ok(())
    }
}
