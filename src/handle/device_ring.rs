// C header: device
//! Hands a ring over to a device, and takes it back.
//!
//! A device's kernel publishes like [`Writer`], with the twin in `include/leyline_device.hpp`. It
//! cannot wake a sleeper, hold a role or report its end. So the host keeps the role, hands the ring
//! over, and takes it back when the device has no work in flight. In between the segment marks the
//! ring: readers sleep for a millisecond at most, and no successor continues there, since late
//! stores of the device would corrupt the successor's records.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::writer::{RowWriter, Writer};
use crate::handle::writer_core::{WriterCore, handed_over};
use crate::schema::record::Record;
use crate::segment::attached::Segment;

/// The place of a ring in this process, for a device that writes or reads it. leyline_device.hpp
/// says what is done with it there.
///
/// The addresses of a ring that was handed over belong to the writing handle's own mapping, and are
/// page-aligned. They are valid as long as the handle, or for good if it ends without having taken
/// the ring back. Those of a ring that is read belong to the segment's read-only mapping.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DeviceRing {
    /// Control page of the ring, 4096 bytes.
    pub control: *mut u8,
    /// Slots of the ring.
    pub data: *mut u8,
    /// Bytes of the slots: capacity times stride.
    pub data_len: usize,
    /// Slots, a power of two.
    pub capacity: u64,
    /// First sequence of the ring.
    pub first_sequence: u64,
    /// Sequence of the device's first record.
    pub next_sequence: u64,
    /// Generation that the device writes in: the host's.
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
    /// Locates a ring for a device that reads it. The addresses belong to the segment's read-only
    /// mapping, and are valid as long as this handle or a clone lives. `next_sequence` follows the
    /// newest record. [`ErrorKind::NoSuchRing`].
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
                .help("a device cannot ask whether a consumer lives: hand over a ring without consumers"));
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

    /// Returns true while the ring is handed over.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.producer.is_handed_over()
    }

    /// Refuses a ring that is handed over: [`ErrorKind::HandedOver`], or [`ErrorKind::Forked`].
    pub(crate) fn check_in_hand(&self) -> Result<()> {
        self.check_own()?;
        if self.is_handed_over() { Err(handed_over(&self.info.name)) } else { Ok(()) }
    }

    /// Returns the last sequence, whether host or device wrote it.
    pub(crate) fn last(&self) -> u64 {
        self.producer.last()
    }
}

impl<T: Record> Writer<T> {
    /// Lets a device write this ring until [`Writer::take_back`]. Until then publishing returns
    /// [`ErrorKind::HandedOver`], and readers sleep for a millisecond at most.
    ///
    /// Dropping the writer meanwhile is like dying: the device may still write, and the ring stays
    /// marked. No successor can continue on it: [`ErrorKind::LeftToDevice`].
    ///
    /// [`ErrorKind::HandedOver`]: already handed over. [`ErrorKind::Unsupported`]: the ring has
    /// consumers, and a device cannot ask whether they live. [`ErrorKind::Forked`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.core.hand_over()
    }

    /// Takes the ring back and continues after the device's records. Returns the number of
    /// sequences the device published.
    ///
    /// **Call this only when the device has no work in flight**: after its stream has been
    /// synchronized. Later stores of the device corrupt the records published from here on.
    ///
    /// [`ErrorKind::InvalidArgument`]: not handed over. [`ErrorKind::Forked`].
    pub fn take_back(&mut self) -> Result<u64> {
        self.core.take_back()
    }

    /// Returns true while a device may write the ring.
    pub fn is_handed_over(&self) -> bool {
        self.core.is_handed_over()
    }
}

impl<T: Record> RowWriter<T> {
    /// Lets a device write this ring: see [`Writer::hand_over`].
    pub fn hand_over(&mut self) -> Result<DeviceRing> {
        self.core.hand_over()
    }

    /// Takes the ring back: see [`Writer::take_back`].
    pub fn take_back(&mut self) -> Result<u64> {
        self.core.take_back()
    }

    /// Returns true while a device may write the ring.
    pub fn is_handed_over(&self) -> bool {
        self.core.is_handed_over()
    }
}
