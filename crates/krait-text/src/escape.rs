//! Backslash escapes as codecs: `unicode_escape`, `raw_unicode_escape`, and `escape` of bytes.

use krait_unicode::names::lookup_character;

use crate::codec::DecodeError;
use crate::repr::push_hex;
use crate::{StrBuf, StrSlice};

/// An escape that means nothing, or an octal one beyond a byte; Python warns of the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvalidEscape {
    /// The character after the backslash.
    Character(u32),
    /// The value of the three octal digits.
    Octal(u32),
}

impl InvalidEscape {
    /// The text of CPython's `DeprecationWarning` from a codec.
    pub fn message(self) -> String {
        let (escape, kind) = match self {
            InvalidEscape::Character(code_point) => {
                let character = char::from_u32(code_point).unwrap_or(char::REPLACEMENT_CHARACTER);
                (character.to_string(), "escape")
            }
            InvalidEscape::Octal(value) => (format!("{value:o}"), "octal escape"),
        };
        format!(
            "\"\\{escape}\" is an invalid {kind} sequence. Such sequences will not work in the future. "
        )
    }
}

/// How much a decoder of escapes consumed, and what it would warn of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unescaped {
    /// Bytes consumed; less than all only if the call was not the last.
    pub consumed: usize,
    /// The first invalid escape.
    pub invalid: Option<InvalidEscape>,
}

/// The byte that a one-letter escape means.
fn simple_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'\\' | b'\'' | b'"' => byte,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}

/// Up to three octal digits at the start: their value and how many.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let digits = bytes
        .iter()
        .take(3)
        .take_while(|byte| matches!(byte, b'0'..=b'7'));
    digits.fold((0, 0), |(value, count), byte| {
        (value << 3 | u32::from(byte - b'0'), count + 1)
    })
}

/// `width` hexadecimal digits at the start, or how many there are of fewer.
fn hexadecimal(bytes: &[u8], width: usize) -> Result<u32, usize> {
    let mut value = 0;
    for index in 0..width {
        match bytes
            .get(index)
            .and_then(|&byte| char::from(byte).to_digit(16))
        {
            Some(digit) => value = value << 4 | digit,
            None => return Err(index),
        }
    }
    Ok(value)
}

/// What one escape came to.
enum Escape {
    Character(u32, usize),
    Nothing(usize),
    Invalid(InvalidEscape, usize),
    /// A reason, where the bad bytes end, and whether more input could mend them.
    Bad(&'static str, usize, bool),
}

/// Decodes `unicode_escape`: bytes are Latin-1 apart from the escapes.
pub fn decode_unicode_escape(
    bytes: &[u8],
    from: usize,
    last: bool,
    out: &mut StrBuf,
) -> Result<Unescaped, DecodeError> {
    let mut at = from;
    let mut invalid = None;
    loop {
        let rest = &bytes[at..];
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        out.push_latin1(&rest[..plain]);
        at += plain;
        if at == bytes.len() {
            return Ok(Unescaped {
                consumed: at,
                invalid,
            });
        }
        let start = at;
        match escape(&bytes[start + 1..]) {
            Escape::Character(code_point, len) => {
                out.push(code_point);
                at = start + 1 + len;
            }
            Escape::Nothing(len) => at = start + 1 + len,
            Escape::Invalid(what, len) => {
                invalid = invalid.or(Some(what));
                match what {
                    InvalidEscape::Octal(value) => out.push(value),
                    InvalidEscape::Character(code_point) => {
                        out.push(u32::from(b'\\'));
                        out.push(code_point);
                    }
                }
                at = start + 1 + len;
            }
            Escape::Bad(_, len, true) if !last && start + 1 + len == bytes.len() => {
                return Ok(Unescaped {
                    consumed: start,
                    invalid,
                });
            }
            Escape::Bad(reason, len, _) => {
                return Err(DecodeError {
                    start,
                    end: start + 1 + len,
                    reason,
                });
            }
        }
    }
}

/// The escape whose backslash stands before `rest`.
fn escape(rest: &[u8]) -> Escape {
    let Some(&byte) = rest.first() else {
        return Escape::Bad("\\ at end of string", 0, true);
    };
    if let Some(meant) = simple_escape(byte) {
        return Escape::Character(u32::from(meant), 1);
    }
    let (width, truncated) = match byte {
        b'\n' => return Escape::Nothing(1),
        b'0'..=b'7' => {
            let (value, count) = octal(rest);
            return if value > 0o377 {
                Escape::Invalid(InvalidEscape::Octal(value), count)
            } else {
                Escape::Character(value, count)
            };
        }
        b'N' => return named_escape(rest),
        b'x' => (2, "truncated \\xXX escape"),
        b'u' => (4, "truncated \\uXXXX escape"),
        b'U' => (8, "truncated \\UXXXXXXXX escape"),
        _ => return Escape::Invalid(InvalidEscape::Character(u32::from(byte)), 1),
    };
    match hexadecimal(&rest[1..], width) {
        Ok(value) if value > 0x10_FFFF => {
            Escape::Bad("illegal Unicode character", 1 + width, false)
        }
        Ok(value) => Escape::Character(value, 1 + width),
        Err(count) => Escape::Bad(truncated, 1 + count, true),
    }
}

/// `N{...}`.
fn named_escape(rest: &[u8]) -> Escape {
    let malformed = "malformed \\N character escape";
    if rest.get(1) != Some(&b'{') {
        return Escape::Bad(malformed, 1, rest.len() == 1);
    }
    let Some(len) = memchr::memchr(b'}', &rest[2..]) else {
        return Escape::Bad(malformed, rest.len(), true);
    };
    if len == 0 {
        return Escape::Bad(malformed, 2, false);
    }
    let name = std::str::from_utf8(&rest[2..2 + len]).ok();
    match name.and_then(lookup_character) {
        Some(code_point) => Escape::Character(code_point, len + 3),
        None => Escape::Bad("unknown Unicode character name", len + 3, false),
    }
}

/// Encodes to `unicode_escape`.
pub fn encode_unicode_escape(text: StrSlice<'_>) -> Vec<u8> {
    let mut out = StrBuf::with_capacity(text.len());
    text.for_each(|code_point| match code_point {
        0x5C => out.push_latin1(b"\\\\"),
        0x09 => out.push_latin1(b"\\t"),
        0x0A => out.push_latin1(b"\\n"),
        0x0D => out.push_latin1(b"\\r"),
        0x20..0x7F => out.push(code_point),
        _ => crate::repr::push_hex_escape(&mut out, code_point),
    });
    bytes_of(out)
}

/// Encodes to `raw_unicode_escape`.
pub fn encode_raw_unicode_escape(text: StrSlice<'_>) -> Vec<u8> {
    let mut out = StrBuf::with_capacity(text.len());
    text.for_each(|code_point| match code_point {
        0..0x100 => out.push(code_point),
        0x100..0x1_0000 => push_hex(&mut out, b'u', code_point, 4),
        _ => push_hex(&mut out, b'U', code_point, 8),
    });
    bytes_of(out)
}

/// The bytes of a string of Latin-1 characters.
fn bytes_of(text: StrBuf) -> Vec<u8> {
    match text {
        StrBuf::Latin1(bytes) => bytes,
        wide => wide.as_slice().iter().map(|c| c as u8).collect(),
    }
}

/// Decodes `raw_unicode_escape`: only `\u` and `\U` after an odd number of backslashes escape.
pub fn decode_raw_unicode_escape(
    bytes: &[u8],
    from: usize,
    last: bool,
    out: &mut StrBuf,
) -> Result<usize, DecodeError> {
    let mut at = from;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(u32::from(bytes[at]));
            at += 1;
            continue;
        }
        let Some(&next) = bytes.get(at + 1) else {
            if !last {
                return Ok(at);
            }
            out.push(u32::from(b'\\'));
            return Ok(at + 1);
        };
        let (width, truncated) = match next {
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            _ => {
                out.push_latin1(&[b'\\', next]);
                at += 2;
                continue;
            }
        };
        match hexadecimal(&bytes[at + 2..], width) {
            Ok(value) if value > 0x10_FFFF => {
                let reason = "\\Uxxxxxxxx out of range";
                return Err(DecodeError {
                    start: at,
                    end: at + 2 + width,
                    reason,
                });
            }
            Ok(value) => {
                out.push(value);
                at += 2 + width;
            }
            Err(count) if !last && at + 2 + count == bytes.len() => return Ok(at),
            Err(count) => {
                return Err(DecodeError {
                    start: at,
                    end: at + 2 + count,
                    reason: truncated,
                });
            }
        }
    }
    Ok(at)
}

/// What [`decode_bytes_escape`] does with a `\x` without two digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadHex {
    /// It is an error.
    Strict,
    /// It becomes a question mark.
    Replace,
    /// It is left out.
    Ignore,
}

/// Why bytes cannot be unescaped (`ValueError`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BytesEscapeError {
    /// A `\x` without two digits, and its position.
    Hex(usize),
    /// A backslash at the end.
    TrailingBackslash,
}

impl BytesEscapeError {
    /// The exception's text.
    pub fn message(self) -> String {
        match self {
            BytesEscapeError::Hex(position) => format!("invalid \\x escape at position {position}"),
            BytesEscapeError::TrailingBackslash => "Trailing \\ in string".to_owned(),
        }
    }
}

/// `codecs.escape_decode`: the inside of a bytes literal.
pub fn decode_bytes_escape(
    bytes: &[u8],
    bad_hex: BadHex,
) -> Result<(Vec<u8>, Option<InvalidEscape>), BytesEscapeError> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&next) = bytes.get(at) else {
            return Err(BytesEscapeError::TrailingBackslash);
        };
        if let Some(meant) = simple_escape(next) {
            out.push(meant);
            at += 1;
            continue;
        }
        match next {
            b'\n' => at += 1,
            b'0'..=b'7' => {
                let (value, count) = octal(&bytes[at..]);
                if value > 0o377 {
                    invalid = invalid.or(Some(InvalidEscape::Octal(value)));
                }
                out.push(value as u8);
                at += count;
            }
            b'x' => match hexadecimal(&bytes[at + 1..], 2) {
                Ok(value) => {
                    out.push(value as u8);
                    at += 3;
                }
                Err(count) => {
                    match bad_hex {
                        BadHex::Strict => return Err(BytesEscapeError::Hex(at - 1)),
                        BadHex::Replace => out.push(b'?'),
                        BadHex::Ignore => {}
                    }
                    at += 1 + count;
                }
            },
            _ => {
                invalid = invalid.or(Some(InvalidEscape::Character(u32::from(next))));
                out.extend_from_slice(&[b'\\', next]);
                at += 1;
            }
        }
    }
    Ok((out, invalid))
}
