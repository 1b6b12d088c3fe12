//! UTF-8, strictly: no surrogates.

use super::{DecodeError, EncodeError, is_surrogate};
use crate::{StrBuf, StrSlice};

/// Decodes UTF-8; returns how many bytes were consumed.
pub fn decode_utf8(
    bytes: &[u8],
    from: usize,
    last: bool,
    out: &mut StrBuf,
) -> Result<usize, DecodeError> {
    let rest = &bytes[from..];
    let error = match std::str::from_utf8(rest) {
        Ok(text) => {
            out.push_str(text);
            return Ok(bytes.len());
        }
        Err(error) => error,
    };
    let valid = error.valid_up_to();
    out.push_str(std::str::from_utf8(&rest[..valid]).unwrap_or_default());
    let start = from + valid;
    // The start of a surrogate is an error, but one that a handler wants to see as a whole.
    if !last && matches!(rest[valid..], [0xED, 0xA0..=0xBF]) {
        return Ok(start);
    }
    match error.error_len() {
        None if !last => Ok(start),
        None => Err(DecodeError {
            start,
            end: bytes.len(),
            reason: "unexpected end of data",
        }),
        Some(len) => {
            let is_start = matches!(bytes[start], 0xC2..=0xF4);
            let reason = if is_start {
                "invalid continuation byte"
            } else {
                "invalid start byte"
            };
            Err(DecodeError {
                start,
                end: start + len,
                reason,
            })
        }
    }
}

/// Encodes to UTF-8.
pub fn encode_utf8(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if let StrSlice::Latin1(units) = text
        && units[from..].is_ascii()
    {
        out.extend_from_slice(&units[from..]);
        return Ok(());
    }
    out.reserve(text.len() - from);
    for index in from..text.len() {
        let code_point = text.at(index);
        if code_point < 0x80 {
            out.push(code_point as u8);
            continue;
        }
        let Some(character) = char::from_u32(code_point) else {
            let run = (index..text.len())
                .take_while(|&at| is_surrogate(text.at(at)))
                .count()
                .max(1);
            return Err(EncodeError {
                start: index,
                end: index + run,
                reason: "surrogates not allowed",
            });
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(())
}
