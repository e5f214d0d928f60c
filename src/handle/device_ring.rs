//! A ring in a device's hands.
//!
//! A kernel publishes as [`Writer`] does, with the twin in `include/leyline_device.hpp`; what it cannot do is wake a
//! sleeper, hold a role or say that it ended. So the host keeps the role, hands the ring over, and takes it back when
//! nothing of the device's is under way any more. In between the ring is marked in the segment: its readers sleep for a
//! millisecond at most, and no successor goes on in it, since what a dying device still stores would spoil the
//! successor's records.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::writer::{RowWriter, Writer, WriterCore, handed_over};
use crate::schema::record::Record;
use crate::segment::attached::Segment;

/// Where a ring lies in this process, for a device that writes or reads it. Of one that was handed over the addresses are
/// those of the writing handle's own mapping, page-aligned, and valid as long as it is: for good, if that handle is dropped
/// without having taken the ring back.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRing {
    /// The ring's control page, 4096 bytes.
    pub control: *mut u8,
    /// Its slots.
    pub data: *mut u8,
    /// Bytes of the slots: `capacity * stride`.
    pub data_len: usize,
    /// Slots.
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

impl Segment {
    /// Where a device reads a ring: the addresses are those of the segment's read-only mapping, valid as long as this
    /// handle or a clone of it, and `next_sequence` follows the newest record. [`ErrorKind::NoSuchRing`].
    pub fn device_ring(&self, ring: &str) -> Result<DeviceRing> {
        let info = self.ring(ring)?;
        let words = self.ring_words(info);
        let pages = self.pages().cast::<u8>().cast_mut();
        Ok(DeviceRing {
            control: pages.wrapping_add(info.place.control),
            data: pages.wrapping_add(info.place.data),
            data_len: info.place.data_len,
            capacity: info.capacity,
            first_sequence: info.place.first_sequence,
            next_sequence: words.newest() + 1,
            generation: words.generation(),
            stride: info.place.stride as u32,
            payload_size: info.place.payload as u32,
            record_size: info.record_size as u32,
            rows: info.rows as u32,
        })
    }
}

impl WriterCore {
    /// Lets a device write this ring until [`WriterCore::take_back`].
    pub(crate) fn hand_over(&mut self) -> Result<DeviceRing> {
        self.check_in_hand()?;
        if self.producer.has_consumers() {
            return Err(Error::new(ErrorKind::Unsupported)
                .about(format!("handing over ring \"{}\"", self.info.name))
                .expected_found("a ring without consumers", self.info.consumers.to_string())
                .help("a device can ask nobody whether a consumer lives"));
        }
        self.producer.hand_over();
        let [control, data, _] = &*self.pages;
        Ok(DeviceRing {
            control: control.base().as_ptr(),
            data: data.base().as_ptr(),
            data_len: data.len(),
            capacity: self.info.capacity,
            first_sequence: self.info.place.first_sequence,
            next_sequence: self.producer.next(),
            generation: self.producer.generation(),
            stride: self.info.place.stride as u32,
            payload_size: self.info.place.payload as u32,
            record_size: self.info.record_size as u32,
            rows: self.info.rows as u32,
        })
    }

    /// Returns how many sequences the device has published.
    pub(crate) fn take_back(&mut self) -> Result<u64> {
        self.check_own()?;
        if !self.is_handed_over() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about(format!("ring \"{}\"", self.info.name))
                .expected_found("a ring that is handed over", "one that is not"));
        }
        Ok(self.producer.take_back())
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        self.producer.is_handed_over()
    }

    /// [`ErrorKind::HandedOver`], or [`ErrorKind::Forked`].
    pub(crate) fn check_in_hand(&self) -> Result<()> {
        self.check_own()?;
        if self.is_handed_over() { Err(handed_over(&self.info.name)) } else { Ok(()) }
    }

    /// The last sequence there is, whoever wrote it.
    pub(crate) fn last(&self) -> u64 {
        self.producer.last()
    }
}

impl<T: Record> Writer<T> {
    /// Lets a device write this ring until [`Writer::take_back`]: until then publishing gives
    /// [`ErrorKind::HandedOver`], and the ring is marked, so that its readers sleep for a millisecond at most.
    ///
    /// Dropping the writer meanwhile is like dying: what the device does is not known, and the ring stays marked. No
    /// successor goes on in such a ring ([`ErrorKind::LeftToDevice`]).
    ///
    /// [`ErrorKind::HandedOver`]: it is already; [`ErrorKind::Unsupported`]: the ring has consumers, whom a device cannot
    /// ask about; [`ErrorKind::Forked`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.core.hand_over()
    }

    /// Takes the ring back, and goes on after what the device has published; returns how many sequences that is.
    ///
    /// **Only when nothing of the device's is under way any more**: after its stream has been synchronized. A store that
    /// comes later spoils the records published from here on.
    ///
    /// [`ErrorKind::InvalidArgument`]: it is not handed over; [`ErrorKind::Forked`].
    pub fn take_back(&mut self) -> Result<u64> {
        self.core.take_back()
    }

    /// Whether a device may be writing.
    pub fn is_handed_over(&self) -> bool {
        self.core.is_handed_over()
    }
}

impl<T: Record> RowWriter<T> {
    /// As [`Writer::hand_over`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.core.hand_over()
    }

    /// As [`Writer::take_back`].
    pub fn take_back(&mut self) -> Result<u64> {
        self.core.take_back()
    }

    /// As [`Writer::is_handed_over`].
    pub fn is_handed_over(&self) -> bool {
        self.core.is_handed_over()
    }
}
