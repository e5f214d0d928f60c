// C header: ring
//! The metadata of a record: sequence, time, env and flags, and the stamp word that packs the last
//! three.

/// A stamp counts time in units of 16 ns.
const TICK_SHIFT: u32 = 4;
/// Bits of the time in a stamp.
const TIME_BITS: u32 = 44;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// Limits the distance of a region's times from the full time in its entry: a stamp can tell twice
/// as much apart.
pub(crate) const TIME_REGION_NS: u64 = 1 << (TIME_BITS + TICK_SHIFT - 2);

/// Packs a stamp word: time in bits 0..44, flags in 44..48, env in 48..64.
#[inline(always)]
pub(crate) const fn pack_stamp(stamp: Stamp) -> u64 {
    ((stamp.env as u64) << 48)
        | ((stamp.flags.bits() as u64) << TIME_BITS)
        | ((stamp.time_ns >> TICK_SHIFT) & TIME_MASK)
}

/// Unpacks a stamp word; `reference_ns` is a time less than 39 hours away from the stamp's, or 0 if
/// none is known. A time of 0 is unknown.
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

/// The flags of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Flags(u8);

// SAFETY: a transparent u8.
unsafe impl bytemuck::Zeroable for Flags {}
// SAFETY: a transparent u8; bits above the fourth are ignored.
unsafe impl bytemuck::Pod for Flags {}

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The first observation of an episode.
    pub const FIRST: Self = Self(1);
    /// The episode ended by itself.
    pub const TERMINATED: Self = Self(2);
    /// The episode was cut off.
    pub const TRUNCATED: Self = Self(4);
    /// A value was not finite or outside its bounds and was replaced.
    pub const SANITIZED: Self = Self(8);

    /// Returns the flags as bits 0..4.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns the flags in the lowest four bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0xf)
    }

    /// Returns the union of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns true if every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The part of a record's metadata that its writer chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `CLOCK_MONOTONIC` nanoseconds, kept to 16 ns; 0 for unknown.
    pub time_ns: u64,
    /// The environment that the record belongs to.
    pub env: u16,
    /// The record's flags.
    pub flags: Flags,
}

/// A record's metadata, as a reader gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The record's sequence in its ring; starts at 1 and never repeats.
    pub sequence: u64,
    /// The time when it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns. 0 is unknown: its
    /// writer gave none, or the ring's times have moved by more than 19 hours 32 times since.
    pub time_ns: u64,
    /// The generation of its writer; 0 is unknown: the ring has had more than 128 writers since.
    pub generation: u64,
    /// Records that were skipped to read the newest one; 0 for every other read.
    pub skipped: u64,
    /// The environment that it belongs to.
    pub env: u16,
    /// Its flags.
    pub flags: Flags,
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
