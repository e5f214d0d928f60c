//! Pure arithmetic of positions and stamps. Nothing here touches memory.

use crate::contract::record::{Flags, Stamp};
use crate::layout::slot;

/// Time in a stamp counts units of 16 ns.
const TICK_SHIFT: u32 = 4;
/// Bits of the time in a stamp.
const TIME_BITS: u32 = 44;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// Limits the distance of a region's times from the full time in its entry: a stamp can tell twice as much apart.
pub(crate) const TIME_REGION_NS: u64 = 1 << (TIME_BITS + TICK_SHIFT - 2);

/// The stamp word: time in bits 0..44, flags in 44..48, env in 48..64.
#[inline(always)]
pub(crate) const fn pack_stamp(stamp: Stamp) -> u64 {
    ((stamp.env as u64) << 48)
        | ((stamp.flags.bits() as u64) << TIME_BITS)
        | ((stamp.time_ns >> TICK_SHIFT) & TIME_MASK)
}

/// The opposite of [`pack_stamp`]; `reference_ns` is a time less than 39 hours away from the stamp's, or 0 if none is known. A
/// time of 0 stands for "unknown".
#[inline(always)]
pub(crate) const fn unpack_stamp(word: u64, reference_ns: u64) -> Stamp {
    let ticks = word & TIME_MASK;
    let time_ns = if ticks == 0 || reference_ns == 0 {
        0
    } else {
        // The distance to the reference as a signed 44-bit number.
        let reference = reference_ns >> TICK_SHIFT;
        let ahead = (ticks.wrapping_sub(reference) << (64 - TIME_BITS)) as i64 >> (64 - TIME_BITS);
        reference.wrapping_add_signed(ahead) << TICK_SHIFT
    };
    Stamp { time_ns, env: (word >> 48) as u16, flags: Flags::from_bits((word >> TIME_BITS) as u8 & 0xf) }
}

/// The oldest sequence that can still be whole when `published` is the newest. The writer may be overwriting it already.
#[inline]
pub(crate) const fn oldest(published: u64, capacity: u64, first: u64) -> u64 {
    let oldest = published.saturating_sub(capacity - 1);
    if oldest < first { first } else { oldest }
}

/// Where a lapped reader goes on: an eighth of the ring newer than the oldest record, so that it is not lapped again
/// while it reads that one, and always past the record it could not read.
#[inline]
pub(crate) const fn resume(wanted: u64, published: u64, capacity: u64) -> u64 {
    let target = published.saturating_sub(capacity - capacity / 8 - 1);
    if target > wanted { target } else { wanted.saturating_add(1) }
}

/// The bytes from slot to slot for a payload.
pub(crate) const fn stride(payload: usize) -> usize {
    match payload + slot::OVERHEAD {
        whole if whole <= slot::LINE => slot::LINE,
        whole => whole.next_multiple_of(slot::STRIDE_UNIT),
    }
}

/// The payload of a slot: one record, or `rows` of them followed by the env column (u16 a row) and the flags column (u8
/// a row), each of the three padded with zeroes to 8 bytes.
pub(crate) const fn payload(record: usize, rows: usize) -> usize {
    if rows == 1 { record } else { flags_column(record, rows) + rows.next_multiple_of(8) }
}

/// Where the env column starts in the payload of a slot of more than one row.
pub(crate) const fn env_column(record: usize, rows: usize) -> usize {
    (record * rows).next_multiple_of(8)
}

/// Where the flags column starts.
pub(crate) const fn flags_column(record: usize, rows: usize) -> usize {
    env_column(record, rows) + (rows * 2).next_multiple_of(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_one_cache_line_or_pairs_of_them() {
        assert_eq!(stride(32), 64);
        assert_eq!(stride(44), 64);
        assert_eq!(stride(45), 128);
        assert_eq!(stride(108), 128);
        assert_eq!(stride(109), 256);
        assert_eq!(payload(108, 1), 108);
        assert_eq!(payload(108, 3), 328 + 8 + 8);
    }

    #[test]
    fn a_time_survives_its_44_bits_within_39_hours() {
        let hour = 3_600_000_000_000u64;
        for now in [hour, 77 * hour, 78 * hour + 5, 100_000 * hour] {
            for distance in [-38i64, -1, 0, 1, 38] {
                let time = now.saturating_add_signed(distance * hour as i64) & !15;
                if time == 0 {
                    continue;
                }
                let stamp =
                    Stamp { time_ns: time, env: 0xabcd, flags: Flags::TERMINATED.with(Flags::SANITIZED) };
                assert_eq!(unpack_stamp(pack_stamp(stamp), now), stamp, "{distance} h at {now}");
            }
        }
        assert_eq!(unpack_stamp(pack_stamp(Stamp::default()), hour).time_ns, 0);
    }

    #[test]
    fn a_lapped_reader_always_moves_on() {
        assert_eq!(oldest(10, 64, 1), 1);
        assert_eq!(oldest(100, 64, 1), 37);
        assert_eq!(resume(1, 100, 64), 100 - 55);
        assert_eq!(resume(99, 100, 64), 100);
        assert_eq!(resume(5, 0, 64), 6);
    }
}
