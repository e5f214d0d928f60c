// C header: device
//! Rings in a device's hands.

use super::boundary::{act, out, text, wanted};
use super::handle::{open, open_mut};
use super::rings::WriterHandle;
use super::segment::SegmentHandle;
use super::status::Status;
use super::trainer::leyline_trainer_t;
use crate::handle::device::DeviceRing;
use std::ffi::{c_char, c_void};

/// Where a ring lies in this process, for a device that writes or reads it. Of one that was handed over the addresses are
/// those of the writing handle's own mapping, page-aligned, and valid until that handle is closed; of one that is read
/// those of the segment's read-only mapping. What is done with it there is in leyline_device.hpp.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct DeviceRingRecord {
    /// The ring's control page, 4096 bytes.
    pub control: *mut c_void,
    /// Its slots: capacity times stride bytes.
    pub data: *mut c_void,
    /// Bytes of the slots.
    pub data_len: u64,
    /// Slots, a power of two.
    pub capacity: u64,
    /// The first sequence of the ring's life.
    pub first_sequence: u64,
    /// The sequence that the device's first record will have.
    pub next_sequence: u64,
    /// The writer generation that the device writes in: the host's own.
    pub generation: u64,
    /// Bytes from slot to slot.
    pub stride: u32,
    /// Bytes of a slot's payload.
    pub payload_size: u32,
    /// Bytes of one record.
    pub record_size: u32,
    /// Records in a slot.
    pub rows: u32,
}

fn record(ring: &DeviceRing) -> DeviceRingRecord {
    DeviceRingRecord {
        control: ring.control.cast(),
        data: ring.data.cast(),
        data_len: ring.data_len as u64,
        capacity: ring.capacity,
        first_sequence: ring.first_sequence,
        next_sequence: ring.next_sequence,
        generation: ring.generation,
        stride: ring.stride,
        payload_size: ring.payload_size,
        record_size: ring.record_size,
        rows: ring.rows,
    }
}

/// Lets a device publish the observations, until leyline_trainer_take_back: a kernel that writes its own signals into the
/// ring, with the twin in leyline_device.hpp. Meanwhile publishing here is LEYLINE_ERR_HANDED_OVER; all else goes on,
/// decisions and commands too. The ring is marked in the segment: its readers sleep for a millisecond at most, since a
/// device wakes nobody. If this process ends, or the trainer is closed, before it has taken the ring back, no trainer goes
/// on in the segment (LEYLINE_ERR_LEFT_TO_DEVICE): leyline_trainer_open_or_create and leyline_trainer_recreate make it anew.
///
/// @param trainer  the trainer
/// @param ring     where the ring is; valid until the trainer is closed
/// @return         LEYLINE_ERR_HANDED_OVER (it is already), LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_hand_over(
    trainer: *mut leyline_trainer_t,
    ring: *mut DeviceRingRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let ring = out(ring, "ring")?;
        ring.set(record(&trainer.hand_over()?));
        Ok(())
    })
}

/// Takes the observations back, and goes on after what the device has published. Only when nothing of the device's is under
/// way any more: after its stream has been synchronized. A store that comes later spoils the observations published from
/// here on.
///
/// @param trainer    the trainer
/// @param published  sequences that the device has published; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (they are not handed over), LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_take_back(
    trainer: *mut leyline_trainer_t,
    published: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &mut open_mut(trainer, "trainer")?.trainer;
        let published = wanted(published, "published")?;
        published.set(trainer.take_back()?);
        Ok(())
    })
}

/// Whether a device may be publishing the observations.
///
/// @param trainer      the trainer
/// @param handed_over  1 from leyline_trainer_hand_over to leyline_trainer_take_back, else 0
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_trainer_is_handed_over(
    trainer: *const leyline_trainer_t,
    handed_over: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let trainer = &open(trainer, "trainer")?.trainer;
        out(handed_over, "handed_over")?.set(trainer.is_handed_over().into());
        Ok(())
    })
}

/// Where a device reads a ring. The addresses are in leyline_segment_pages, whose pages are read-only; the next sequence
/// follows the newest record, and the generation is the present one.
///
/// @param segment      the segment
/// @param ring         the ring's name
/// @param device_ring  where it is; valid until this handle and its clones are closed
/// @return             LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_device_ring(
    segment: *const SegmentHandle,
    ring: *const c_char,
    device_ring: *mut DeviceRingRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let device_ring = out(device_ring, "device_ring")?;
        let found = open(segment, "segment")?.segment.device_ring(text(ring, "ring")?)?;
        device_ring.set(record(&found));
        Ok(())
    })
}

/// As leyline_trainer_hand_over, of a ring of the program's own. In a segment that is no link, what was left to a device is
/// made anew by leyline_segment_recreate only.
///
/// @param writer  the writer
/// @param ring    where the ring is; valid until the writer is closed
/// @return        LEYLINE_ERR_HANDED_OVER, LEYLINE_ERR_UNSUPPORTED (the ring has consumers, whom a device cannot ask
///                about), LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_hand_over(
    writer: *mut WriterHandle,
    ring: *mut DeviceRingRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let core = &mut open_mut(writer, "writer")?.core;
        let ring = out(ring, "ring")?;
        ring.set(record(&core.hand_over()?));
        Ok(())
    })
}

/// As leyline_trainer_take_back, of a ring of the program's own.
///
/// @param writer     the writer
/// @param published  sequences that the device has published; or NULL
/// @return           LEYLINE_ERR_INVALID_ARGUMENT (it is not handed over), LEYLINE_ERR_FORKED
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_writer_take_back(writer: *mut WriterHandle, published: *mut u64) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let core = &mut open_mut(writer, "writer")?.core;
        let published = wanted(published, "published")?;
        published.set(core.take_back()?);
        Ok(())
    })
}
