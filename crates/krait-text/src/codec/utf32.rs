//! UTF-32.

use super::{ByteOrder, DecodeError, EncodeError, is_surrogate};
use crate::{StrBuf, StrSlice};

/// Decodes UTF-32 without byte order mark; returns how many bytes were consumed.
pub fn decode_utf32(
    bytes: &[u8],
    from: usize,
    last: bool,
    order: ByteOrder,
    out: &mut StrBuf,
) -> Result<usize, DecodeError> {
    let mut at = from;
    while let Some(&[a, b, c, d]) = bytes.get(at..at + 4) {
        let code_point = match order {
            ByteOrder::Little => u32::from_le_bytes([a, b, c, d]),
            ByteOrder::Big => u32::from_be_bytes([a, b, c, d]),
        };
        let reason = if is_surrogate(code_point) {
            "code point in surrogate code point range(0xd800, 0xe000)"
        } else if code_point > 0x10_FFFF {
            "code point not in range(0x110000)"
        } else {
            out.push(code_point);
            at += 4;
            continue;
        };
        return Err(DecodeError {
            start: at,
            end: at + 4,
            reason,
        });
    }
    if at < bytes.len() && last {
        return Err(DecodeError {
            start: at,
            end: bytes.len(),
            reason: "truncated data",
        });
    }
    Ok(at)
}

/// Encodes to UTF-32 without byte order mark.
pub fn encode_utf32(
    text: StrSlice<'_>,
    from: usize,
    order: ByteOrder,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
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
        out.extend_from_slice(&match order {
            ByteOrder::Little => code_point.to_le_bytes(),
            ByteOrder::Big => code_point.to_be_bytes(),
        });
    }
    Ok(())
}
