// C header: base
//! Fixed-width text: ids that are never cut, and free text that is cut at a character and says so.

use crate::base::error::{Error, ErrorKind, Result};
use std::fmt;

/// Bytes of an [`Id`], the terminating NUL included.
pub const ID_BYTES: usize = 40;
/// Bytes of a [`Text`], the terminating NUL included.
pub const TEXT_BYTES: usize = 64;

/// An id: UTF-8, NUL-padded, at most 39 bytes. An overlong id is refused, never cut.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(C)]
pub struct Id {
    bytes: [u8; ID_BYTES],
}

/// Free text: UTF-8, NUL-padded, at most 63 bytes. Longer text is cut at a character.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Text {
    bytes: [u8; TEXT_BYTES],
}

// SAFETY: one array of bytes: no padding, every bit pattern is a value, all zero is the empty id.
unsafe impl bytemuck::Zeroable for Id {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Id {}
// SAFETY: one array of bytes: no padding, every bit pattern is a value, all zero is the empty text.
unsafe impl bytemuck::Zeroable for Text {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Text {}

fn used(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

impl Id {
    /// The empty id.
    pub const EMPTY: Self = Self { bytes: [0; ID_BYTES] };

    /// Makes an id of at most 39 bytes without a NUL.
    pub fn new(text: &str) -> Result<Self> {
        Self::from_bytes(text.as_bytes())
    }

    /// Makes an id of bytes, which may be anything, like [`Id::new`] of a text.
    pub fn from_bytes(text: &[u8]) -> Result<Self> {
        let refuse = |found: String| {
            Err(Error::new(ErrorKind::InvalidId)
                .about(format!("id \"{}\"", String::from_utf8_lossy(text)))
                .expected_found(format!("UTF-8 of at most {} bytes without NUL", ID_BYTES - 1), found))
        };
        if text.len() >= ID_BYTES {
            return refuse(format!("{} bytes", text.len()));
        }
        if text.contains(&0) {
            return refuse("a NUL inside".into());
        }
        if std::str::from_utf8(text).is_err() {
            return refuse("bytes that are not UTF-8".into());
        }
        let mut bytes = [0; ID_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        Ok(Self { bytes })
    }

    /// Returns true if it is the empty id.
    pub fn is_empty(&self) -> bool {
        self.bytes[0] == 0
    }

    /// Returns the text. A record that came over the wire may hold anything, so this can fail.
    pub fn as_str(&self) -> Result<&str> {
        let text = used(&self.bytes);
        if text.len() == ID_BYTES {
            return Err(
                Error::new(ErrorKind::InvalidId).expected_found("a terminating NUL", "40 bytes of text")
            );
        }
        std::str::from_utf8(text)
            .map_err(|e| Error::new(ErrorKind::InvalidId).expected_found("UTF-8", e.to_string()))
    }

    /// Returns the bytes before the first NUL.
    pub fn as_bytes(&self) -> &[u8] {
        used(&self.bytes)
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(used(&self.bytes)))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(used(&self.bytes)))
    }
}

/// Returns the start of a text up to a NUL, cut at a character to at most so many bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = text.len().min(most).min(text.find('\0').unwrap_or(usize::MAX));
    let end = (0..=end).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    &text[..end]
}

impl Text {
    /// The empty text.
    pub const EMPTY: Self = Self { bytes: [0; TEXT_BYTES] };

    /// Makes a text, cut at a character (and at a NUL) if it is longer than 63 bytes; the flag says
    /// if it was cut.
    pub fn new(text: &str) -> (Self, bool) {
        let kept = cut(text, TEXT_BYTES - 1);
        let mut bytes = [0; TEXT_BYTES];
        bytes[..kept.len()].copy_from_slice(kept.as_bytes());
        (Self { bytes }, kept.len() < text.len())
    }

    /// Returns true if there is no text.
    pub fn is_empty(&self) -> bool {
        self.bytes[0] == 0
    }

    /// Returns the bytes before the first NUL.
    pub fn as_bytes(&self) -> &[u8] {
        used(&self.bytes)
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(used(&self.bytes)))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(used(&self.bytes)))
    }
}
