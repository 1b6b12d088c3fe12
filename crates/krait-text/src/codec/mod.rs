//! Codecs between bytes and strings, with errors as CPython reports them.
//!
//! A decoder reads from `from` up to the end or the first error, and appends to `out`; on an
//! error the caller asks the error handler and goes on from where that says. So no codec here
//! knows a handler. Encoders work the same way. A decoder that is not `last` leaves an incomplete
//! sequence at the end alone and says how much it consumed.

mod narrow;
mod utf16;
mod utf32;
pub mod utf7;
mod utf8;

pub use narrow::{decode_ascii, decode_latin1, encode_ascii, encode_latin1};
pub use utf8::{decode_utf8, encode_utf8};
pub use utf16::{decode_utf16, encode_utf16};
pub use utf32::{decode_utf32, encode_utf32};

/// Bytes that cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Where the bytes begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// The reason `UnicodeDecodeError` gives.
    pub reason: &'static str,
}

/// Characters that cannot be encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncodeError {
    /// Where the characters begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// The reason `UnicodeEncodeError` gives.
    pub reason: &'static str,
}

/// The order of bytes in a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// The least significant first.
    Little,
    /// The most significant first.
    Big,
}

impl ByteOrder {
    /// This machine's.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "little") {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    };

    /// The order that a byte order mark of UTF-16 at the start of some bytes says.
    pub fn from_utf16_mark(bytes: &[u8]) -> Option<ByteOrder> {
        match bytes {
            [0xFF, 0xFE, ..] => Some(ByteOrder::Little),
            [0xFE, 0xFF, ..] => Some(ByteOrder::Big),
            _ => None,
        }
    }

    /// The order that a byte order mark of UTF-32 at the start of some bytes says.
    pub fn from_utf32_mark(bytes: &[u8]) -> Option<ByteOrder> {
        match bytes {
            [0xFF, 0xFE, 0, 0, ..] => Some(ByteOrder::Little),
            [0, 0, 0xFE, 0xFF, ..] => Some(ByteOrder::Big),
            _ => None,
        }
    }
}

fn is_surrogate(code_point: u32) -> bool {
    (0xD800..0xE000).contains(&code_point)
}
