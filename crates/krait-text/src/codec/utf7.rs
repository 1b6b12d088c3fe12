//! UTF-7 (RFC 2152).

use super::DecodeError;
use crate::{StrBuf, StrSlice};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// A decoder's place in a shift sequence, kept from one call to the next.
#[derive(Clone, Debug, Default)]
struct Shift {
    /// Where the sequence began.
    start: usize,
    bits: u32,
    count: u32,
    /// A high surrogate that waits for its low one.
    high: Option<u32>,
}

/// Decodes UTF-7; returns how many bytes were consumed. Unless `last`, an open shift sequence is
/// not consumed, so that the next call reads it again.
pub fn decode_utf7(
    bytes: &[u8],
    from: usize,
    last: bool,
    out: &mut StrBuf,
) -> Result<usize, DecodeError> {
    let mut at = from;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'+' {
            match bytes.get(at + 1) {
                None if !last => return Ok(at),
                None => return Ok(bytes.len()),
                Some(b'-') => {
                    out.push(u32::from(b'+'));
                    at += 2;
                }
                Some(&next) if base64_value(next).is_none() => {
                    return Err(DecodeError {
                        start: at,
                        end: at + 2,
                        reason: "ill-formed sequence",
                    });
                }
                Some(_) => match decode_shift(bytes, at, last, out)? {
                    Some(next) => at = next,
                    None => return Ok(at),
                },
            }
        } else if byte.is_ascii() {
            out.push(u32::from(byte));
            at += 1;
        } else {
            let reason = "unexpected special character";
            return Err(DecodeError {
                start: at,
                end: at + 1,
                reason,
            });
        }
    }
    Ok(at)
}

/// Decodes a shift sequence with its plus sign; returns where it ends, or `None` if it is open.
fn decode_shift(
    bytes: &[u8],
    start: usize,
    last: bool,
    out: &mut StrBuf,
) -> Result<Option<usize>, DecodeError> {
    let mut shift = Shift {
        start,
        ..Shift::default()
    };
    let mut units = Vec::new();
    let mut at = start + 1;
    while let Some(value) = bytes.get(at).copied().and_then(base64_value) {
        shift.bits = (shift.bits << 6 | value) & 0xFF_FFFF;
        shift.count += 6;
        at += 1;
        if shift.count >= 16 {
            shift.count -= 16;
            units.push(shift.bits >> shift.count & 0xFFFF);
        }
    }
    if at == bytes.len() && !last {
        return Ok(None);
    }
    for unit in units {
        push_unit(&mut shift, unit, out);
    }
    let leftover = shift.bits & ((1 << shift.count) - 1);
    if at == bytes.len() {
        if shift.high.is_some() || shift.count >= 6 || leftover != 0 {
            let reason = "unterminated shift sequence";
            return Err(DecodeError {
                start,
                end: at,
                reason,
            });
        }
        return Ok(Some(at));
    }
    // The character that ends the sequence belongs to it in errors.
    if shift.count >= 6 {
        let reason = "partial character in shift sequence";
        return Err(DecodeError {
            start: shift.start,
            end: at + 1,
            reason,
        });
    }
    if leftover != 0 {
        let reason = "non-zero padding bits in shift sequence";
        return Err(DecodeError {
            start: shift.start,
            end: at + 1,
            reason,
        });
    }
    // Where the sequence ends badly, a surrogate without its pair is lost.
    if let Some(high) = shift.high
        && bytes[at].is_ascii()
        && bytes[at] != b'+'
    {
        out.push(high);
    }
    Ok(Some(if bytes[at] == b'-' { at + 1 } else { at }))
}

fn push_unit(shift: &mut Shift, unit: u32, out: &mut StrBuf) {
    if let Some(high) = shift.high.take() {
        if (0xDC00..0xE000).contains(&unit) {
            out.push(0x1_0000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            return;
        }
        out.push(high);
    }
    if (0xD800..0xDC00).contains(&unit) {
        shift.high = Some(unit);
    } else {
        out.push(unit);
    }
}

/// Whether a character may stand for itself.
fn is_direct(code_point: u32) -> bool {
    match u8::try_from(code_point) {
        Ok(b'\t' | b'\n' | b'\r' | b' ') => true,
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(byte) => (0x21..0x7F).contains(&byte),
        Err(_) => false,
    }
}

/// Encodes to UTF-7, which always succeeds.
pub fn encode_utf7(text: StrSlice<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut open, mut bits, mut count) = (false, 0u32, 0);
    for code_point in text.iter() {
        if is_direct(code_point) {
            if open {
                if count > 0 {
                    out.push(BASE64[(bits << (6 - count) & 63) as usize]);
                }
                (open, bits, count) = (false, 0, 0);
                let byte = code_point as u8;
                if base64_value(byte).is_some() || byte == b'-' {
                    out.push(b'-');
                }
            }
            out.push(code_point as u8);
            continue;
        }
        if !open && code_point == u32::from(b'+') {
            out.extend_from_slice(b"+-");
            continue;
        }
        if !open {
            out.push(b'+');
            open = true;
        }
        let (first, second) = match code_point.checked_sub(0x1_0000) {
            None => (code_point, None),
            Some(rest) => (0xD800 + (rest >> 10), Some(0xDC00 + (rest & 0x3FF))),
        };
        for unit in std::iter::once(first).chain(second) {
            bits = bits << 16 | unit;
            count += 16;
            while count >= 6 {
                count -= 6;
                out.push(BASE64[(bits >> count & 63) as usize]);
            }
            bits &= 63;
        }
    }
    if open {
        if count > 0 {
            out.push(BASE64[(bits << (6 - count) & 63) as usize]);
        }
        out.push(b'-');
    }
    out
}
