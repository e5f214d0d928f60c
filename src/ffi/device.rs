// C header: device
//! Rings that a device writes or reads.

use super::boundary::handle::{Handle, open, open_mut, type_of};
use super::boundary::pointer::{invalid, out, wanted};
use super::boundary::{call::act, status::Status, string::text};
use super::{segment::leyline_segment_t, trainer::leyline_trainer_t, writer::leyline_writer_t};
use crate::base::error::{Error, Result};
use crate::handle::device_ring::DeviceRing;
use std::ffi::{c_char, c_void};

#[cold]
fn no_writer() -> Error {
    invalid("writer", "an open writer or trainer handle", "something else")
}

/// Gives a ring to a device that reads it, at its newest record. The addresses are read-only, in
/// the segment's pages.
///
/// @param device_ring  valid until this handle and its clones are closed
/// @return             LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_device_ring(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    device_ring: *mut DeviceRing,
) -> Status {
    act!({
        let device_ring = out(device_ring, "device_ring")?;
        device_ring.set(open(segment, "segment")?.segment.device_ring(text(ring, "ring")?)?);
    })
}

/// Lets a device publish in a handle's place, with leyline_device.hpp, until leyline_take_back.
/// Meanwhile publishing here is LEYLINE_ERR_HANDED_OVER, and readers sleep for a millisecond at
/// most, since a device wakes nobody. If the handle ends before it took the ring back, no writer
/// goes on in the segment (LEYLINE_ERR_LEFT_TO_DEVICE); leyline_segment_recreate, and for a link
/// leyline_trainer_open_or_create and leyline_trainer_recreate, make it anew.
///
/// @param writer  a leyline_writer_t, or a leyline_trainer_t for its observations
/// @param ring    valid until the handle is closed
/// @return        LEYLINE_ERR_HANDED_OVER (already), LEYLINE_ERR_UNSUPPORTED (a ring with
///                consumers), LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_hand_over(writer: *mut c_void, ring: *mut DeviceRing) -> Status {
    act!({
        let handle = type_of(writer, "writer")?;
        let place = out(ring, "ring")?;
        let ring: Result<DeviceRing> = match handle {
            leyline_writer_t::OPEN => open_mut(writer.cast::<leyline_writer_t>(), "writer")?.core.hand_over(),
            leyline_trainer_t::OPEN => {
                open_mut(writer.cast::<leyline_trainer_t>(), "writer")?.trainer.hand_over()
            }
            _ => Err(no_writer()),
        };
        place.set(ring?);
    })
}

/// Takes a ring back, and goes on after what the device has published. Call it once the device's
/// stream is synchronized: a store that comes later spoils records published from here on.
///
/// @param writer     a leyline_writer_t or leyline_trainer_t
/// @param published  sequences that the device has published; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (not handed over), LEYLINE_ERR_FORKED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_take_back(writer: *mut c_void, published: *mut u64) -> Status {
    act!({
        let handle = type_of(writer, "writer")?;
        let published = wanted(published, "published")?;
        published.set(match handle {
            leyline_writer_t::OPEN => {
                open_mut(writer.cast::<leyline_writer_t>(), "writer")?.core.take_back()?
            }
            leyline_trainer_t::OPEN => {
                open_mut(writer.cast::<leyline_trainer_t>(), "writer")?.trainer.take_back()?
            }
            _ => return Err(no_writer()),
        });
    })
}
