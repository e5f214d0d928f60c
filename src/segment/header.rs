//! Writes a segment's header, and reads one without trusting it.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::{
    Header, MAX_CAPACITY, MAX_CONSUMERS, MAX_RINGS, MAX_ROWS, MAX_TEXT, PAGE, RingEntry, ring_kind,
};
use crate::base::{layout, position};
use crate::ring::cursors::Policy;
use crate::schema::canonical::{Fingerprint, Schema, fingerprint_of, hex};
use crate::schema::{id::Id, record::Record};
use crate::sys::{clock::TimeSource, os, os::Stat};
use bytemuck::Zeroable;
use std::{fs::File, os::unix::fs::FileExt};

/// Describes a ring to be made.
#[derive(Clone, Debug)]
#[must_use]
pub struct RingSpec {
    pub(crate) name: Id,
    pub(crate) schema: Schema,
    pub(crate) capacity: u64,
    pub(crate) rows: u32,
    pub(crate) consumers: u32,
    pub(crate) policy: Policy,
    pub(crate) time_source: TimeSource,
    pub(crate) first_sequence: u64,
    pub(crate) kind: u32,
    pub(crate) lane: u32,
}

impl RingSpec {
    /// Describes a ring of 4096 slots of one record each, without consumers, stamped from the TSC.
    /// The name has 1 to 39 bytes.
    pub fn new<T: Record>(name: &str) -> Result<Self> {
        Self::with_schema(name, T::schema())
    }

    /// Describes the same ring for records known by their schema only.
    pub fn with_schema(name: &str, schema: &Schema) -> Result<Self> {
        let name = Id::new(name)?;
        if name.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("ring name")
                .expected_found("a name", "\"\""));
        }
        Ok(Self {
            name,
            schema: schema.clone(),
            capacity: 4096,
            rows: 1,
            consumers: 0,
            policy: Policy::Keep,
            time_source: TimeSource::Tsc,
            first_sequence: 1,
            kind: ring_kind::USER,
            lane: 0,
        })
    }

    /// Sets the number of slots: a power of two from 2 to 2^24.
    pub fn capacity(mut self, slots: u64) -> Self {
        self.capacity = slots;
        self
    }

    /// Sets the number of records in a slot, which are published and read together: 1 to 65536.
    pub fn rows(mut self, rows: u32) -> Self {
        self.rows = rows;
        self
    }

    /// Declares consumers (at most 8), and the policy for an absent one. They gate the writer from
    /// the ring's creation.
    pub fn consumers(mut self, consumers: u32, policy: Policy) -> Self {
        self.consumers = consumers;
        self.policy = policy;
        self
    }

    /// Sets the source of the stamps.
    pub fn time_source(mut self, source: TimeSource) -> Self {
        self.time_source = source;
        self
    }

    /// Sets the sequence of the first record, for tests near the ends of the integers.
    #[doc(hidden)]
    pub fn first_sequence(mut self, sequence: u64) -> Self {
        self.first_sequence = sequence;
        self
    }

    /// Sets the direction of a link's ring, one of [`ring_kind`], and the lane it belongs to.
    pub(crate) fn kind(mut self, kind: u32, lane: u32) -> Self {
        self.kind = kind;
        self.lane = lane;
        self
    }

    fn check(&self) -> Result<()> {
        let refuse = |what: &str, expected: String, found: u64| {
            Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("ring \"{}\", {what}", self.name))
                .expected_found(expected, found.to_string()))
        };
        if !self.capacity.is_power_of_two() || !(2..=MAX_CAPACITY).contains(&self.capacity) {
            return refuse("capacity", format!("a power of two from 2 to {MAX_CAPACITY}"), self.capacity);
        }
        if self.rows == 0 || self.rows as usize > MAX_ROWS {
            return refuse("rows", format!("1 to {MAX_ROWS}"), self.rows.into());
        }
        if self.consumers as usize > MAX_CONSUMERS {
            return refuse("consumers", format!("at most {MAX_CONSUMERS}"), self.consumers.into());
        }
        if !self.schema.size().is_multiple_of(4) {
            return refuse("record size", "a multiple of 4".into(), self.schema.size() as u64);
        }
        if self.first_sequence == 0 || self.first_sequence > crate::ring::state::LAST_SEQUENCE {
            return refuse("first sequence", "1 or more".into(), self.first_sequence);
        }
        Ok(())
    }
}

/// Selects rings by their rows a slot: each kind of handle is for one kind of ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotRows {
    /// Selects any number of rows.
    Any,
    One,
    Several,
}

impl SlotRows {
    /// Refuses a ring of the other kind: [`ErrorKind::InvalidArgument`]. Called before a role is
    /// taken, which would restart the ring.
    pub(crate) fn check(self, ring: &RingInfo) -> Result<()> {
        let (expected, rust, c) = match self {
            Self::One if ring.rows != 1 => (
                "1 row a slot",
                "open it with RowWriter::open or RowObserver::open",
                "read it with leyline_observer_next_rows, write it with leyline_writer_publish_rows",
            ),
            Self::Several if ring.rows < 2 => (
                "2 rows a slot or more",
                "open it with Writer::open or Observer::open",
                "read it with leyline_observer_next, write it with leyline_writer_publish",
            ),
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::InvalidArgument)
            .about(format!("ring \"{}\"", ring.name))
            .expected_found(expected, ring.rows.to_string())
            .help_for(rust, c))
    }
}

/// Describes a segment to be made: its rings and its domain text.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Spec {
    pub(crate) rings: Vec<RingSpec>,
    /// Empty for none.
    pub(crate) domain: String,
}

impl Spec {
    /// Describes a segment without rings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ring.
    pub fn ring(mut self, ring: RingSpec) -> Self {
        self.rings.push(ring);
        self
    }

    /// Stores a text that gives the records their meaning, such as a link's action space. The
    /// segment carries the text unread, with its fingerprint. Two sides with different texts refuse
    /// to start: [`ErrorKind::DomainMismatch`].
    pub fn domain(mut self, text: &str) -> Self {
        text.clone_into(&mut self.domain);
        self
    }
}

/// Describes a ring of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingInfo {
    /// Name.
    pub name: String,
    /// Fingerprint of the record.
    pub fingerprint: Fingerprint,
    /// Canonical schema text of the record.
    pub schema: String,
    /// Bytes of a record.
    pub record_size: usize,
    /// Records in a slot.
    pub rows: usize,
    /// Slots.
    pub capacity: u64,
    /// Declared consumers.
    pub consumers: usize,
    /// Policy for an absent consumer.
    pub policy: Policy,
    /// Source of the stamps.
    pub time_source: TimeSource,
    /// Direction: one of [`layout::ring_kind`]. [`RingKind`](crate::RingKind) names those of a
    /// link.
    pub kind: u32,
    /// Lane that the ring belongs to.
    pub lane: u32,
    /// Offsets within the segment.
    pub(crate) place: Place,
}

/// Locates a ring's parts within the segment, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) control: usize,
    pub(crate) data: usize,
    pub(crate) data_len: usize,
    pub(crate) cursors: usize,
    pub(crate) waiter: usize,
    pub(crate) first_role: usize,
    pub(crate) stride: usize,
    pub(crate) payload: usize,
    pub(crate) first_sequence: u64,
}

/// Holds a checked copy of all that a header says.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) size: usize,
    pub(crate) id: [u8; 16],
    pub(crate) created_unix_ns: i64,
    pub(crate) roles: usize,
    pub(crate) waiters: usize,
    pub(crate) waiters_len: usize,
    pub(crate) rings: Vec<RingInfo>,
    /// Empty for none.
    pub(crate) domain: String,
}

fn pages(bytes: usize) -> usize {
    bytes.next_multiple_of(PAGE)
}

/// Holds a new segment: the header's bytes, the segment's size, and the initial words of cursor and
/// control pages.
pub(crate) type Image = (Vec<u8>, u64, Vec<(u64, u64)>);

/// Makes the initial contents of a segment.
pub(crate) fn encode(spec: &Spec) -> Result<Image> {
    let refuse = |expected: String, found: String| {
        Err(Error::new(ErrorKind::InvalidArgument).about("segment").expected_found(expected, found))
    };
    if spec.rings.is_empty() || spec.rings.len() > MAX_RINGS {
        return refuse(format!("1 to {MAX_RINGS} rings"), spec.rings.len().to_string());
    }
    for (i, ring) in spec.rings.iter().enumerate() {
        ring.check()?;
        if spec.rings[..i].iter().any(|r| r.name == ring.name) {
            return refuse("rings of different names".into(), format!("\"{}\" twice", ring.name));
        }
    }
    let domain = spec.domain.as_str();
    let schemas: Vec<String> = spec.rings.iter().map(|r| r.schema.canonical()).collect();
    let schemas_len: usize = schemas.iter().map(String::len).sum();
    let texts_len = domain.len() + schemas_len;
    if texts_len > MAX_TEXT {
        return refuse(format!("at most {MAX_TEXT} bytes of texts"), texts_len.to_string());
    }

    let rings_offset = size_of::<Header>();
    let domain_offset = rings_offset + spec.rings.len() * size_of::<RingEntry>();
    let schemas_offset = domain_offset + domain.len();
    let roles_offset = pages(schemas_offset + schemas_len);
    let role_count: usize = spec.rings.iter().map(|r| 1 + r.consumers as usize).sum();
    let waiters_offset = roles_offset + role_count * PAGE;
    let mut end = waiters_offset + pages(spec.rings.len() * layout::WAITER_STRIDE);

    let mut entries = Vec::new();
    let mut cursors = Vec::new();
    let mut first_role = 0;
    for (ring, schema) in spec.rings.iter().zip(&schemas) {
        let payload = position::payload(ring.schema.size(), ring.rows as usize);
        let stride = position::stride(payload);
        let data = (stride as u64).saturating_mul(ring.capacity);
        if payload > u32::MAX as usize / 2
            || data > layout::MAX_SEGMENT
            || end as u64 + data > layout::MAX_SEGMENT
        {
            return refuse(
                format!("at most {} bytes", layout::MAX_SEGMENT),
                format!("ring \"{}\" alone has {data}", ring.name),
            );
        }
        let cursors_offset = end;
        let control_offset = cursors_offset + ring.consumers as usize * PAGE;
        let data_offset = control_offset + PAGE;
        cursors.extend((0..ring.consumers as usize).map(|k| {
            ((cursors_offset + k * PAGE + layout::cursor_page::COMMITTED) as u64, ring.first_sequence - 1)
        }));
        cursors.push(((control_offset + layout::control::PUBLISHED) as u64, ring.first_sequence - 1));
        end = data_offset + pages(data as usize);
        let mut entry = RingEntry::zeroed();
        entry.name = bytemuck::cast(ring.name);
        entry.fingerprint = ring.schema.fingerprint();
        entry.record_size = ring.schema.size() as u32;
        entry.rows = ring.rows;
        entry.payload_size = payload as u32;
        entry.stride = stride as u32;
        entry.capacity = ring.capacity;
        entry.control_offset = control_offset as u64;
        entry.data_offset = data_offset as u64;
        entry.cursors_offset = cursors_offset as u64;
        entry.first_sequence = ring.first_sequence;
        entry.first_role = first_role;
        entry.consumers = ring.consumers;
        entry.policy = ring.policy as u32;
        entry.time_source = ring.time_source as u32;
        entry.kind = ring.kind;
        entry.lane = ring.lane;
        entry.schema_len = schema.len() as u32;
        first_role += 1 + ring.consumers;
        entries.push(entry);
    }

    let mut header = Header::zeroed();
    header.magic = layout::MAGIC;
    header.version_major = layout::VERSION_MAJOR;
    header.version_minor = layout::VERSION_MINOR;
    header.byte_order = layout::BYTE_ORDER;
    header.header_size = size_of::<Header>() as u32;
    header.page_size = PAGE as u32;
    header.segment_size = end as u64;
    header.segment_id = os::random()?;
    header.created_unix_ns = os::unix_ns();
    header.rings_offset = rings_offset as u64;
    header.ring_count = spec.rings.len() as u32;
    header.ring_entry_size = size_of::<RingEntry>() as u32;
    header.roles_offset = roles_offset as u64;
    header.role_count = role_count as u32;
    header.role_stride = PAGE as u32;
    header.waiters_offset = waiters_offset as u64;
    header.domain_offset = domain_offset as u64;
    header.domain_len = domain.len() as u32;
    header.schemas_len = schemas_len as u32;
    header.schemas_offset = schemas_offset as u64;
    header.domain_fingerprint = if domain.is_empty() { [0; 16] } else { fingerprint_of(domain) };

    let mut bytes = Vec::with_capacity(roles_offset);
    bytes.extend_from_slice(bytemuck::bytes_of(&header));
    bytes.extend_from_slice(bytemuck::cast_slice(&entries));
    bytes.extend_from_slice(domain.as_bytes());
    for schema in &schemas {
        bytes.extend_from_slice(schema.as_bytes());
    }
    Ok((bytes, end as u64, cursors))
}

const CUT_SHORT: &str = "the file was truncated and cannot be repaired: remove it, and create a new one";

/// Reads the header through the file, not the mapping. Checks every number against the file's size
/// and against the others. The header is never read again.
pub(crate) fn read(file: &File, stat: &Stat) -> Result<Directory> {
    let read = |at: u64, len: usize| -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, at).map_err(|e| os::failed(e, "read"))?;
        Ok(bytes)
    };
    let corrupt = |what: String, expected: String, found: String| {
        Error::new(ErrorKind::Corrupt)
            .about(what)
            .expected_found(expected, found)
            .help("the file is damaged, or was not made by this library: remove it if it is unused")
    };
    if stat.size < size_of::<Header>() as u64 {
        return Err(Error::new(ErrorKind::Truncated)
            .about("header")
            .expected_found(format!("{} bytes", size_of::<Header>()), format!("{} bytes", stat.size))
            .help(CUT_SHORT));
    }
    let h: Header = bytemuck::pod_read_unaligned(&read(0, size_of::<Header>())?);
    if h.magic != layout::MAGIC {
        return Err(Error::new(ErrorKind::BadMagic).expected_found(
            format!("{:?}", String::from_utf8_lossy(&layout::MAGIC)),
            format!("{:?}", String::from_utf8_lossy(&h.magic)),
        ));
    }
    if h.byte_order != layout::BYTE_ORDER {
        return Err(Error::new(ErrorKind::ByteOrder)
            .expected_found(format!("{:08x}", layout::BYTE_ORDER), format!("{:08x}", h.byte_order)));
    }
    if h.version_major != layout::VERSION_MAJOR {
        return Err(Error::new(ErrorKind::LayoutVersion)
            .expected_found(
                format!("major version {}", layout::VERSION_MAJOR),
                format!("{}.{}", h.version_major, h.version_minor),
            )
            .help("build both sides against the same major version of leyline"));
    }
    if h.segment_size > layout::MAX_SEGMENT {
        return Err(corrupt(
            "segment size".into(),
            format!("at most {}", layout::MAX_SEGMENT),
            h.segment_size.to_string(),
        ));
    }
    if stat.size < h.segment_size {
        return Err(Error::new(ErrorKind::Truncated)
            .expected_found(format!("{} bytes", h.segment_size), format!("{} bytes", stat.size))
            .help(CUT_SHORT));
    }

    let size = h.segment_size;
    let mut taken: Vec<(u64, u64, String)> = Vec::new();
    // A range must lie inside the segment; ranges that roles map for writing must not overlap.
    let mut claim = |what: String, at: u64, len: u64, aligned: u64| -> Result<()> {
        let inside = at.checked_add(len).is_some_and(|end| end <= size) && at.is_multiple_of(aligned);
        if !inside {
            return Err(corrupt(what, format!("inside {size} bytes"), format!("{len} bytes at {at}")));
        }
        if let Some((_, _, other)) = taken.iter().find(|(a, l, _)| at < a + l && *a < at + len) {
            return Err(corrupt(
                what,
                "a place of its own".into(),
                format!("{len} bytes at {at} within {other}"),
            ));
        }
        taken.push((at, len, what));
        Ok(())
    };
    let number = |what: &str, value: u64, least: u64, most: u64| {
        if (least..=most).contains(&value) {
            Ok(())
        } else {
            Err(corrupt(what.into(), format!("{least} to {most}"), value.to_string()))
        }
    };
    number("header size", h.header_size.into(), size_of::<Header>() as u64, PAGE as u64)?;
    number("page size", h.page_size.into(), PAGE as u64, PAGE as u64)?;
    number("role stride", h.role_stride.into(), PAGE as u64, PAGE as u64)?;
    number("rings", h.ring_count.into(), 1, MAX_RINGS as u64)?;
    number("ring entry size", h.ring_entry_size.into(), size_of::<RingEntry>() as u64, PAGE as u64)?;
    number("roles", h.role_count.into(), 1, (MAX_RINGS * (1 + MAX_CONSUMERS)) as u64)?;
    number("domain text", h.domain_len.into(), 0, MAX_TEXT as u64)?;
    number("schema text", h.schemas_len.into(), 0, MAX_TEXT as u64)?;
    let entry_size = h.ring_entry_size as usize;
    let entries_len = h.ring_count as usize * entry_size;
    let waiters_len = pages(h.ring_count as usize * layout::WAITER_STRIDE);
    claim("header".into(), 0, h.header_size.into(), 1)?;
    claim("ring directory".into(), h.rings_offset, entries_len as u64, 8)?;
    claim("domain text".into(), h.domain_offset, h.domain_len.into(), 1)?;
    claim("schema text".into(), h.schemas_offset, h.schemas_len.into(), 1)?;
    claim("roles".into(), h.roles_offset, u64::from(h.role_count) * PAGE as u64, PAGE as u64)?;
    claim("waiter words".into(), h.waiters_offset, waiters_len as u64, PAGE as u64)?;

    let entries = read(h.rings_offset, entries_len)?;
    let schemas = String::from_utf8(read(h.schemas_offset, h.schemas_len as usize)?)
        .map_err(|e| corrupt("schema text".into(), "UTF-8".into(), e.to_string()))?;
    let mut rest = schemas.as_str();
    let mut rings: Vec<RingInfo> = Vec::new();
    let mut next_role = 0u64;
    for (i, bytes) in entries.chunks_exact(entry_size).enumerate() {
        let e: RingEntry = bytemuck::pod_read_unaligned(&bytes[..size_of::<RingEntry>()]);
        let name = bytemuck::cast::<_, Id>(e.name);
        let name =
            name.as_str().map_err(|e| corrupt(format!("name of ring {i}"), "text".into(), e.to_string()))?;
        if name.is_empty() || rings.iter().any(|r| r.name == name) {
            return Err(corrupt(
                format!("name of ring {i}"),
                "a name of its own".into(),
                format!("{name:?}"),
            ));
        }
        let what = |field: &str| format!("{field} of ring \"{name}\"");
        number(&what("record size"), e.record_size.into(), 4, 1 << 24)?;
        number(&what("rows"), e.rows.into(), 1, MAX_ROWS as u64)?;
        number(&what("capacity"), e.capacity, 2, MAX_CAPACITY)?;
        number(&what("consumers"), e.consumers.into(), 0, MAX_CONSUMERS as u64)?;
        number(&what("first sequence"), e.first_sequence, 1, crate::ring::state::LAST_SEQUENCE)?;
        let payload = position::payload(e.record_size as usize, e.rows as usize);
        let stride = position::stride(payload) as u64;
        number(&what("payload size"), e.payload_size.into(), payload as u64, payload as u64)?;
        number(&what("stride"), e.stride.into(), stride, stride)?;
        number(&what("record size modulo 4"), u64::from(e.record_size % 4), 0, 0)?;
        if !e.capacity.is_power_of_two() {
            return Err(corrupt(what("capacity"), "a power of two".into(), e.capacity.to_string()));
        }
        let (Some(policy), Some(time_source), ..=ring_kind::LAST) =
            (Policy::from_value(e.policy), TimeSource::from_value(e.time_source), e.kind)
        else {
            return Err(corrupt(
                what("policy, time source or kind"),
                "known values".into(),
                format!("{}, {}, {}", e.policy, e.time_source, e.kind),
            ));
        };
        number(&what("first role"), e.first_role.into(), next_role, next_role)?;
        next_role += 1 + u64::from(e.consumers);
        number(&what("last role"), next_role, 1, h.role_count.into())?;
        claim(what("control page"), e.control_offset, PAGE as u64, PAGE as u64)?;
        claim(what("data"), e.data_offset, stride * e.capacity, PAGE as u64)?;
        claim(what("cursors"), e.cursors_offset, u64::from(e.consumers) * PAGE as u64, PAGE as u64)?;
        let schema = rest
            .get(..e.schema_len as usize)
            .ok_or_else(|| corrupt(what("schema text"), format!("{} bytes", e.schema_len), "less".into()))?;
        rest = &rest[e.schema_len as usize..];
        rings.push(RingInfo {
            name: name.to_owned(),
            fingerprint: e.fingerprint,
            schema: schema.to_owned(),
            record_size: e.record_size as usize,
            rows: e.rows as usize,
            capacity: e.capacity,
            consumers: e.consumers as usize,
            policy,
            time_source,
            kind: e.kind,
            lane: e.lane,
            place: Place {
                control: e.control_offset as usize,
                data: e.data_offset as usize,
                data_len: (stride * e.capacity) as usize,
                cursors: e.cursors_offset as usize,
                waiter: h.waiters_offset as usize + i * layout::WAITER_STRIDE,
                first_role: e.first_role as usize,
                stride: stride as usize,
                payload,
                first_sequence: e.first_sequence,
            },
        });
    }
    let domain = String::from_utf8(read(h.domain_offset, h.domain_len as usize)?)
        .map_err(|e| corrupt("domain text".into(), "UTF-8".into(), e.to_string()))?;
    if !domain.is_empty() && fingerprint_of(&domain) != h.domain_fingerprint {
        return Err(corrupt(
            "domain fingerprint".into(),
            hex(&fingerprint_of(&domain)),
            hex(&h.domain_fingerprint),
        ));
    }
    Ok(Directory {
        size: size as usize,
        id: h.segment_id,
        created_unix_ns: h.created_unix_ns,
        roles: h.roles_offset as usize,
        waiters: h.waiters_offset as usize,
        waiters_len,
        rings,
        domain,
    })
}
