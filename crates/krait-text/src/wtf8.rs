//! Python strings as plain data: UTF-8 that may also hold lone surrogates.
//!
//! A Python `str` is a sequence of code points, surrogates included, which Rust's `str` cannot
//! hold. The encoding here is CPython's `surrogatepass`: every surrogate is three bytes of its
//! own, and (unlike strict WTF-8) a surrogate pair stays a pair, because Python keeps it one.

use std::fmt;

/// An owned Python string: UTF-8 in which lone or paired surrogates stand as three bytes each.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Wtf8Buf {
    bytes: Vec<u8>,
}

impl Wtf8Buf {
    /// The empty string.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Takes bytes that are UTF-8 apart from surrogates; `None` if they are not.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (_, width) = decode_first(rest)?;
            rest = &rest[width..];
        }
        Some(Self { bytes })
    }

    /// The encoded bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The string as a Rust `str`, or `None` if it holds a surrogate.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Appends one code point, which may be a surrogate. Values above 0x10FFFF become U+FFFD.
    pub fn push(&mut self, code_point: u32) {
        match code_point {
            0xD800..=0xDFFF => self.bytes.extend_from_slice(&[
                0xE0 | (code_point >> 12) as u8,
                0x80 | ((code_point >> 6) & 0x3F) as u8,
                0x80 | (code_point & 0x3F) as u8,
            ]),
            _ => {
                let scalar = char::from_u32(code_point).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.bytes
                    .extend_from_slice(scalar.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    /// Appends a Rust string.
    pub fn push_str(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends another Python string.
    pub fn push_wtf8(&mut self, other: &Wtf8Buf) {
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// The code points in order.
    pub fn code_points(&self) -> CodePoints<'_> {
        CodePoints { rest: &self.bytes }
    }

    /// Whether the string has no code point.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl From<&str> for Wtf8Buf {
    fn from(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
        }
    }
}

impl From<String> for Wtf8Buf {
    fn from(text: String) -> Self {
        Self {
            bytes: text.into_bytes(),
        }
    }
}

impl fmt::Debug for Wtf8Buf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.bytes), out)
    }
}

/// Iterates over the code points of a [`Wtf8Buf`].
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    rest: &'a [u8],
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.rest.is_empty() {
            return None;
        }
        let (code_point, width) = decode_first(self.rest)?;
        self.rest = &self.rest[width..];
        Some(code_point)
    }
}

/// The first code point of `bytes` and its width in bytes; `None` where the bytes are malformed.
fn decode_first(bytes: &[u8]) -> Option<(u32, usize)> {
    let first = *bytes.first()?;
    let (width, low_bits, smallest) = match first {
        0..=0x7F => return Some((u32::from(first), 1)),
        0xC2..=0xDF => (2, 0x1F, 0x80),
        0xE0..=0xEF => (3, 0x0F, 0x800),
        0xF0..=0xF4 => (4, 0x07, 0x1_0000),
        _ => return None,
    };
    let mut code_point = u32::from(first & low_bits);
    for &byte in bytes.get(1..width)? {
        if byte & 0xC0 != 0x80 {
            return None;
        }
        code_point = code_point << 6 | u32::from(byte & 0x3F);
    }
    (code_point >= smallest && code_point <= 0x10_FFFF).then_some((code_point, width))
}

#[cfg(test)]
mod tests {
    use super::Wtf8Buf;

    #[test]
    fn surrogates_survive() {
        let mut text = Wtf8Buf::from("a");
        text.push(0xD800);
        text.push(0x1F600);
        assert_eq!(
            text.code_points().collect::<Vec<_>>(),
            [0x61, 0xD800, 0x1F600]
        );
        assert_eq!(text.as_str(), None);
        assert_eq!(Wtf8Buf::from_bytes(text.as_bytes().to_vec()), Some(text));
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [
            &[0xC0, 0x80][..],
            &[0xE0, 0x80, 0x80],
            &[0xF5, 0x80, 0x80, 0x80],
            &[0xC3],
        ] {
            assert_eq!(Wtf8Buf::from_bytes(bytes.to_vec()), None);
        }
    }
}
