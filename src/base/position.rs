//! Pure arithmetic of positions. Nothing here touches memory.

use crate::base::layout::slot;

/// Returns the oldest sequence that can still be whole when `published` is the newest. The writer
/// may be overwriting it already.
#[inline]
pub(crate) const fn oldest(published: u64, capacity: u64, first: u64) -> u64 {
    let oldest = published.saturating_sub(capacity - 1);
    if oldest < first { first } else { oldest }
}

/// Returns the sequence at which a lapped reader resumes: an eighth of the ring newer than the
/// oldest, so that it is not lapped again while it reads that one, and always past the record it
/// could not read.
#[inline]
pub(crate) const fn resume(wanted: u64, published: u64, capacity: u64) -> u64 {
    let target = published.saturating_sub(capacity - capacity / 8 - 1);
    if target > wanted { target } else { wanted.saturating_add(1) }
}

/// Returns the bytes from slot to slot for a payload.
pub(crate) const fn stride(payload: usize) -> usize {
    match payload + slot::OVERHEAD {
        whole if whole <= slot::LINE => slot::LINE,
        whole => whole.next_multiple_of(slot::STRIDE_UNIT),
    }
}

/// Returns the bytes of a slot's payload: one record, or `rows` of them followed by the env column
/// (u16 a row) and the flags column (u8 a row), each of the three padded with zeroes to 8 bytes.
pub(crate) const fn payload(record: usize, rows: usize) -> usize {
    if rows == 1 { record } else { flags_column(record, rows) + rows.next_multiple_of(8) }
}

/// Returns the offset of the env column in the payload of a slot of more than one row.
pub(crate) const fn env_column(record: usize, rows: usize) -> usize {
    (record * rows).next_multiple_of(8)
}

/// Returns the offset of the flags column.
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
    fn a_lapped_reader_always_moves_on() {
        assert_eq!(oldest(10, 64, 1), 1);
        assert_eq!(oldest(100, 64, 1), 37);
        assert_eq!(resume(1, 100, 64), 100 - 55);
        assert_eq!(resume(99, 100, 64), 100);
        assert_eq!(resume(5, 0, 64), 6);
    }
}
