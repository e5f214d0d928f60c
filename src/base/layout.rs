//! Defines the byte layout of a segment, major version 1. `docs/segment-layout.md` describes it for
//! other languages.
//!
//! The layout is an ABI: offsets are asserted, and any change needs a new major version.

use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// First eight bytes of a segment.
pub const MAGIC: [u8; 8] = *b"LEYLINE\0";
/// Major version. Segments of another one are refused.
pub const VERSION_MAJOR: u16 = 1;
/// Minor version, which grows with additions that older readers may ignore.
pub const VERSION_MINOR: u16 = 1;
/// Byte order mark: reads as `0x0403_0201` on a machine of the other byte order.
pub const BYTE_ORDER: u32 = 0x0102_0304;
/// Unit of the page split. Differs from the machine's page size, which is between it and 64 KiB.
pub const PAGE: usize = 4096;
/// Most rings in a segment.
pub const MAX_RINGS: usize = 64;
/// Most consumers of a ring.
pub const MAX_CONSUMERS: usize = 8;
/// Most slots of a ring; their number is a power of two.
pub const MAX_CAPACITY: u64 = 1 << 24;
/// Most rows of a slot.
pub const MAX_ROWS: usize = 1 << 16;
/// Most bytes of the texts (domain and schemas) together.
pub const MAX_TEXT: usize = 1 << 20;
/// Most bytes of a segment.
pub const MAX_SEGMENT: u64 = 1 << 40;
/// Distance between two rings' waiter words.
pub const WAITER_STRIDE: usize = 128;

/// Lies at byte 0 of a segment.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION_MAJOR`].
    pub version_major: u16,
    /// [`VERSION_MINOR`].
    pub version_minor: u16,
    /// [`BYTE_ORDER`].
    pub byte_order: u32,
    /// Bytes of this struct; a later minor version may have more.
    pub header_size: u32,
    /// [`PAGE`].
    pub page_size: u32,
    /// Bytes of the file.
    pub segment_size: u64,
    /// Random id of the segment.
    pub segment_id: [u8; 16],
    /// Creation, nanoseconds since the Unix epoch.
    pub created_unix_ns: i64,
    /// Offset of the ring directory.
    pub rings_offset: u64,
    /// Entries in the directory.
    pub ring_count: u32,
    /// Bytes of an entry; a later minor version may have more.
    pub ring_entry_size: u32,
    /// Offset of the role pages.
    pub roles_offset: u64,
    /// Number of role pages.
    pub role_count: u32,
    /// Bytes of a role page: [`PAGE`].
    pub role_stride: u32,
    /// Offset of the waiter words, which are one [`WAITER_STRIDE`] a ring apart.
    pub waiters_offset: u64,
    /// Offset of the domain text: of a link, its action space's canonical text.
    pub domain_offset: u64,
    /// Length of the domain text in bytes; 0 for none.
    pub domain_len: u32,
    /// Length of the schema texts in bytes.
    pub schemas_len: u32,
    /// Offset of the canonical schema texts, concatenated in the order of the directory.
    pub schemas_offset: u64,
    /// Fingerprint of the domain text; zero for none.
    pub domain_fingerprint: [u8; 16],
    /// Zero.
    pub reserved: [u64; 15],
}

/// Describes one ring in the directory.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RingEntry {
    /// Name, NUL-padded UTF-8.
    pub name: [u8; 40],
    /// Fingerprint of the record's schema.
    pub fingerprint: [u8; 16],
    /// Bytes of one record.
    pub record_size: u32,
    /// Records (rows) in a slot.
    pub rows: u32,
    /// Bytes of a slot's payload: the rows, then, with more than one row, the env and flag columns.
    pub payload_size: u32,
    /// Bytes from slot to slot: 64, or a multiple of 128.
    pub stride: u32,
    /// Slots, a power of two.
    pub capacity: u64,
    /// Offset of the control page, which the writer writes.
    pub control_offset: u64,
    /// Offset of slot 0.
    pub data_offset: u64,
    /// Offset of the cursor pages, one [`PAGE`] a consumer.
    pub cursors_offset: u64,
    /// First sequence of the ring, usually 1.
    pub first_sequence: u64,
    /// Index of the writer's role page; those of the consumers follow.
    pub first_role: u32,
    /// Declared consumers.
    pub consumers: u32,
    /// 1 keep, 2 release.
    pub policy: u32,
    /// 1 TSC, 2 clock, 3 one stamp a batch, 4 supplied by the caller.
    pub time_source: u32,
    /// One of [`ring_kind`].
    pub kind: u32,
    /// Lane that the ring belongs to.
    pub lane: u32,
    /// Bytes of this ring's canonical schema text.
    pub schema_len: u32,
    /// Zero.
    pub reserved32: u32,
    /// Zero.
    pub reserved: [u64; 14],
}

// SAFETY: repr(C), no padding (asserted below), every field plain integers.
unsafe impl Zeroable for Header {}
// SAFETY: as above.
unsafe impl Pod for Header {}
// SAFETY: repr(C), no padding (asserted below), every field plain integers.
unsafe impl Zeroable for RingEntry {}
// SAFETY: as above.
unsafe impl Pod for RingEntry {}

/// Numbers the kinds of rings, by writer and readers. The creator is the side that makes the
/// segment; each side that answers it has a lane.
pub mod ring_kind {
    /// A program's own ring.
    pub const USER: u32 = 0;
    /// The creator's main ring, for all: what the lanes answer. Of a link: observations.
    pub const MAIN: u32 = 1;
    /// From a lane to all. Of a link: decisions.
    pub const LANE_TO_ALL: u32 = 2;
    /// From a lane to the creator. Of a link: commands.
    pub const LANE_TO_CREATOR: u32 = 3;
    /// From the creator to a lane. Of a link: outcomes.
    pub const CREATOR_TO_LANE: u32 = 4;
    /// From the creator to all, beside the main ring. Of a link: reports.
    pub const CREATOR_TO_ALL: u32 = 5;
    /// Greatest kind.
    pub const LAST: u32 = CREATOR_TO_ALL;
}

/// Offsets within a slot.
pub mod slot {
    /// `end` u64.
    pub const END: usize = 0;
    /// The payload.
    pub const PAYLOAD: usize = 8;
    /// `begin` u32, counted back from the slot's end.
    pub const BEGIN_FROM_END: usize = 12;
    /// The stamp u64, counted back from the slot's end.
    pub const STAMP_FROM_END: usize = 8;
    /// Bytes of a slot that are not payload.
    pub const OVERHEAD: usize = 20;
    /// Stride of a slot that fits into one cache line.
    pub const LINE: usize = 64;
    /// Unit of the stride of larger slots.
    pub const STRIDE_UNIT: usize = 128;
}

/// Offsets within a ring's control page. Only the ring's writer writes there.
pub mod control {
    /// u64: the last published sequence, which may lag behind the slots.
    pub const PUBLISHED: usize = 0;
    /// u64: counts writers; 0 before the first.
    pub const GENERATION: usize = 128;
    /// u64: the first sequence of the present writer's generation.
    pub const FIRST: usize = 136;
    /// u64: 1 if the writer's process is registered for the asymmetric barrier.
    pub const BARRIER: usize = 144;
    /// u64: the last generation that its writer closed in order.
    pub const CLOSED: usize = 152;
    /// u64: the generation whose writer let a device write this ring and has not taken it back; 0:
    /// none.
    pub const DEVICE: usize = 160;
    /// u64: counts the changes of [`GENERATION`] and [`TIMES`], each of which comes first.
    pub const CHANGES: usize = 168;
    /// u64: counts time regions.
    pub const TIMES: usize = 176;
    /// u64: the last generation whose writer ended by failing. Stored after its reason.
    pub const FAILED: usize = 184;
    /// u64 for each consumer: the writer may go up to this sequence without it.
    pub const PASS: usize = 512;
    /// 128 entries (generation u64, first sequence u64) at index `generation % 128`.
    pub const LOG: usize = 1024;
    /// Entries of the log.
    #[cfg(not(loom))]
    pub const LOG_ENTRIES: u64 = 128;
    /// Entries of the log. Fewer for the models, which would try interleavings of take-overs alone.
    #[cfg(loom)]
    pub const LOG_ENTRIES: u64 = 16;
    /// 32 entries (first sequence u64, time u64), that of the region counted as number `n` (from 0)
    /// at index `n % 32`: the stamps from that sequence up to the next region's are of times less
    /// than 39 hours away from this one, in nanoseconds of `CLOCK_MONOTONIC`.
    pub const TIME_LOG: usize = 3072;
    /// Entries of the log of time regions.
    #[cfg(not(loom))]
    pub const TIME_ENTRIES: u64 = 32;
    /// Entries of the log of time regions, fewer for the models.
    #[cfg(loom)]
    pub const TIME_ENTRIES: u64 = 2;
}

/// Offsets within a consumer's cursor page.
pub mod cursor_page {
    /// u64: the last sequence that the consumer committed.
    pub const COMMITTED: usize = 0;
}

/// Offsets within a role page. Written by the role's holder, read by anyone; never used to tell
/// life from death.
pub mod role {
    /// u64: process id in the holder's own namespace.
    pub const PID: usize = 0;
    /// u64: when the role was taken, nanoseconds since the Unix epoch.
    pub const SINCE: usize = 8;
    /// u64: length of the text below.
    pub const COMMAND_LEN: usize = 16;
    /// The name of the holder's program, or its command line, UTF-8, cut.
    pub const COMMAND: usize = 64;
    /// Bytes of that text.
    pub const COMMAND_MAX: usize = 192;
    /// u64: records that a reading role has read in this segment's life.
    pub const RECORDS: usize = 256;
    /// u64: records missed by being lapped.
    pub const LOST: usize = 264;
    /// u64: how many entries the table of owed observations has (low half), and which of the two
    /// tables it is (bit 32).
    pub const OWED: usize = 272;
    /// u64: records in which the holders replaced a value that was not finite or outside its
    /// bounds.
    pub const SANITIZED: usize = 280;
    /// u64: bytes of [`REASON`].
    pub const REASON_LEN: usize = 288;
    /// u64: [`SINCE`] of the last reading holder that closed its handle in order.
    pub const CLOSED: usize = 296;
    /// u64: [`SINCE`] of the last reading holder whose handle a panic dropped.
    pub const FAILED: usize = 304;
    /// A [`latency`](super::latency) block: observation to decision, nanoseconds.
    pub const LATENCY: usize = 320;
    /// The reason why the last writer failed that did, UTF-8, cut at a character.
    pub const REASON: usize = 896;
    /// Most bytes of that text.
    pub const REASON_MAX: usize = 127;
    /// Two tables of [`OWED_ENTRIES`] entries (first sequence u64, last sequence u64).
    pub const OWED_TABLES: usize = 1024;
    /// Entries of a table of owed observations.
    pub const OWED_ENTRIES: usize = 32;
}

/// Offsets within a latency block.
pub mod latency {
    /// u64: measurements.
    pub const COUNT: usize = 0;
    /// u64: sum of the measurements.
    pub const SUM: usize = 8;
    /// u64: the minimum plus one; 0 without measurements.
    pub const MIN_PLUS_ONE: usize = 16;
    /// u64: the maximum.
    pub const MAX: usize = 24;
    /// u64: measurements above the deadline.
    pub const MISSES: usize = 32;
    /// u64: the deadline; 0 for none.
    pub const DEADLINE: usize = 40;
    /// 64 x u64: bucket `i` counts values of `i` bits: [2^(i-1), 2^i), bucket 0 counts zeroes; the
    /// last takes the rest.
    pub const BUCKETS: usize = 64;
    /// Bytes of a block.
    pub const SIZE: usize = BUCKETS + 64 * 8;
}

/// Asserts where the fields of a struct lie.
macro_rules! at {
    ($t:ident: $($field:ident $at:literal,)+) => { $(assert!(offset_of!($t, $field) == $at);)+ };
}

const _: () = {
    assert!(size_of::<Header>() == 256);
    at! { Header:
        version_major 8, byte_order 12, header_size 16, segment_size 24, segment_id 32,
        created_unix_ns 48, rings_offset 56, ring_count 64, ring_entry_size 68, roles_offset 72,
        role_count 80, waiters_offset 88, domain_offset 96, domain_len 104, schemas_len 108,
        schemas_offset 112, domain_fingerprint 120, reserved 136,
    }

    assert!(size_of::<RingEntry>() == 256);
    at! { RingEntry:
        fingerprint 40, record_size 56, rows 60, payload_size 64, stride 68, capacity 72,
        control_offset 80, data_offset 88, cursors_offset 96, first_sequence 104, first_role 112,
        consumers 116, policy 120, time_source 124, kind 128, lane 132, schema_len 136, reserved 144,
    }

    assert!(role::LATENCY + latency::SIZE <= role::REASON);
    assert!(role::REASON + role::REASON_MAX < role::OWED_TABLES);
    assert!(role::OWED_TABLES + 2 * role::OWED_ENTRIES * 16 <= PAGE);
    // On the line that readers look at with each record, and that changes at take-over, hand-over
    // and close only.
    assert!(control::GENERATION / 64 == control::CLOSED / 64 && control::GENERATION.is_multiple_of(64));
    assert!(control::DEVICE == control::CLOSED + 8 && control::DEVICE / 64 == control::GENERATION / 64);
    assert!(control::PASS + 8 * MAX_CONSUMERS <= control::LOG);
    assert!(control::LOG as u64 + 16 * control::LOG_ENTRIES <= control::TIME_LOG as u64);
    assert!(control::TIME_LOG as u64 + 16 * control::TIME_ENTRIES <= PAGE as u64);
    assert!(control::TIMES / 64 == control::GENERATION / 64);
    assert!(control::FAILED / 64 == control::GENERATION / 64);
};
