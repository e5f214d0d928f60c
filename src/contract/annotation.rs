// C header: contract
//! Annotations of a command: key-value pairs that travel before it on its ring.
//!
//! The common command stays small. What a policy wants to say beside it stands in records of the
//! same size on the same ring, told from commands by the byte in which a command has its type. The
//! annotations of a command come right before it, all of them or none; a command's annotations that
//! are followed by anything but their command were left by a controller that died.

use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::AdaptationCommand;
use crate::record;
use crate::schema::check::{U16_MAX, naming};
use crate::schema::{id::Id, kind::textual};

/// Annotations of one command, at most.
pub const MAX_ANNOTATIONS: usize = 16;
/// Bytes of an annotation's value, the terminating NUL included.
pub const ANNOTATION_BYTES: usize = 184;

/// The value of an annotation: UTF-8, NUL-padded, at most 183 bytes. An overlong one is refused,
/// never cut.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct AnnotationValue {
    bytes: [u8; ANNOTATION_BYTES],
}

// SAFETY: one array of bytes: no padding, every bit pattern is a value, all zero is the empty one.
unsafe impl bytemuck::Zeroable for AnnotationValue {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for AnnotationValue {}

impl AnnotationValue {
    fn new(text: &str) -> Result<Self> {
        if text.len() >= ANNOTATION_BYTES || text.contains('\0') {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("value of an annotation")
                .expected_found(
                    format!("at most {} bytes without NUL", ANNOTATION_BYTES - 1),
                    format!("{} bytes", text.len()),
                ));
        }
        let mut bytes = [0; ANNOTATION_BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes })
    }

    /// Returns the text. A record that came over the wire may hold anything, so this can fail.
    pub fn as_str(&self) -> Result<&str> {
        let end = self.bytes.iter().position(|&b| b == 0);
        end.and_then(|end| std::str::from_utf8(&self.bytes[..end]).ok()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidId)
                .about("value of an annotation")
                .expected_found("UTF-8 ended by a NUL", "other bytes")
        })
    }
}

impl std::fmt::Debug for AnnotationValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self.bytes.iter().position(|&b| b == 0).unwrap_or(ANNOTATION_BYTES);
        write!(f, "{:?}", String::from_utf8_lossy(&self.bytes[..end]))
    }
}

textual!(AnnotationValue, InvalidArgument);

record! {
    /// One key-value pair of a command. As large as an [`AdaptationCommand`], and on the same ring.
    pub struct CommandAnnotation as "command_annotation" version 1 {
        /// The id of the command that it belongs to; zero until it is sent.
        command_id: [u8; 16], "uuid", 0.0, 255.0;
        /// The key: 1 to 39 bytes.
        key: Id, is named;
        /// The value.
        value: AnnotationValue;
        /// Index among its command's annotations, from 0.
        index: u16, "-", 0.0, 15.0;
        /// The environment, from 0.
        env: u16, "-", 0.0, U16_MAX;
        /// 255, where a command has its type.
        command_type: u8, "CommandType", 255.0, 255.0, default Self::MARK;
        /// Number of annotations of its command.
        count: u8, "-", 1.0, 16.0, default 1;
        /// 0.
        reserved: [u8; 2];
    }
    rules index_below_count
}

const _: () = {
    assert!(size_of::<CommandAnnotation>() == size_of::<AdaptationCommand>());
    assert!(
        std::mem::offset_of!(CommandAnnotation, command_type)
            == std::mem::offset_of!(AdaptationCommand, command_type)
    );
    assert!(
        std::mem::offset_of!(CommandAnnotation, command_id) == std::mem::offset_of!(AdaptationCommand, id)
    );
    assert!(MAX_ANNOTATIONS == 16);
};

impl CommandAnnotation {
    /// The mark in the place of a command's type. No command type will ever have this number.
    pub const MARK: u8 = 255;

    /// Makes a pair. The key has 1 to 39 bytes ([`ErrorKind::InvalidId`]), the value at most 183
    /// ([`ErrorKind::InvalidArgument`]): neither is cut.
    pub fn new(key: &str, value: &str) -> Result<Self> {
        let (key, value) = (naming("key of an annotation", key)?, AnnotationValue::new(value)?);
        Ok(Self { key, value, ..Self::default() })
    }

    /// Returns the key.
    pub fn key(&self) -> Result<&str> {
        self.key.as_str().map_err(|e| e.about("key of an annotation"))
    }

    /// Returns the value.
    pub fn value(&self) -> Result<&str> {
        self.value.as_str()
    }

    /// Returns the annotation that a record of a ring of commands is; `None` if it is a command.
    pub fn of_record(record: &AdaptationCommand) -> Option<Self> {
        (record.command_type == Self::MARK).then(|| bytemuck::pod_read_unaligned(bytemuck::bytes_of(record)))
    }

    /// Returns the record for a ring of commands.
    pub(crate) fn to_record(self) -> AdaptationCommand {
        bytemuck::pod_read_unaligned(bytemuck::bytes_of(&self))
    }

    /// Refuses an index that the command has no annotation of.
    fn index_below_count(&self) -> Result<()> {
        if self.index < self.count.into() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::OutOfRange)
            .about("index")
            .expected_found(format!("less than {}", self.count), self.index.to_string()))
    }
}
