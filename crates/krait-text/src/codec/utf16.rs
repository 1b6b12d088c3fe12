//! UTF-16.

use super::{ByteOrder, DecodeError, EncodeError, is_surrogate};
use crate::{StrBuf, StrSlice};

fn unit(pair: &[u8], order: ByteOrder) -> u32 {
    u32::from(match order {
        ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
        ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
    })
}

/// Decodes UTF-16 without byte order mark; returns how many bytes were consumed.
pub fn decode_utf16(
    bytes: &[u8],
    from: usize,
    last: bool,
    order: ByteOrder,
    out: &mut StrBuf,
) -> Result<usize, DecodeError> {
    let mut at = from;
    let error = |start, end, reason| Err(DecodeError { start, end, reason });
    while let Some(pair) = bytes.get(at..at + 2) {
        let first = unit(pair, order);
        if !is_surrogate(first) {
            out.push(first);
            at += 2;
            continue;
        }
        if first >= 0xDC00 {
            return error(at, at + 2, "illegal encoding");
        }
        let Some(pair) = bytes.get(at + 2..at + 4) else {
            if !last {
                return Ok(at);
            }
            return error(at, bytes.len(), "unexpected end of data");
        };
        let second = unit(pair, order);
        if !(0xDC00..0xE000).contains(&second) {
            return error(at, at + 2, "illegal UTF-16 surrogate");
        }
        out.push(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00));
        at += 4;
    }
    if at < bytes.len() && last {
        return error(at, bytes.len(), "truncated data");
    }
    Ok(at)
}

/// Encodes to UTF-16 without byte order mark.
pub fn encode_utf16(
    text: StrSlice<'_>,
    from: usize,
    order: ByteOrder,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let mut push = |unit: u32| {
        out.extend_from_slice(&match order {
            ByteOrder::Little => (unit as u16).to_le_bytes(),
            ByteOrder::Big => (unit as u16).to_be_bytes(),
        });
    };
    for index in from..text.len() {
        let code_point = text.at(index);
        if is_surrogate(code_point) {
            let reason = "surrogates not allowed";
            return Err(EncodeError {
                start: index,
                end: index + 1,
                reason,
            });
        }
        match code_point.checked_sub(0x1_0000) {
            None => push(code_point),
            Some(rest) => {
                push(0xD800 + (rest >> 10));
                push(0xDC00 + (rest & 0x3FF));
            }
        }
    }
    Ok(())
}
