//! ASCII and Latin-1.

use super::{DecodeError, EncodeError};
use crate::{StrBuf, StrSlice};

/// Decodes ASCII.
pub fn decode_ascii(bytes: &[u8], from: usize, out: &mut StrBuf) -> Result<(), DecodeError> {
    let rest = &bytes[from..];
    let valid = rest
        .iter()
        .position(|byte| !byte.is_ascii())
        .unwrap_or(rest.len());
    out.push_latin1(&rest[..valid]);
    if valid == rest.len() {
        return Ok(());
    }
    let start = from + valid;
    Err(DecodeError {
        start,
        end: start + 1,
        reason: "ordinal not in range(128)",
    })
}

/// Decodes Latin-1, which always succeeds.
pub fn decode_latin1(bytes: &[u8], out: &mut StrBuf) {
    out.push_latin1(bytes);
}

/// Encodes to ASCII.
pub fn encode_ascii(text: StrSlice<'_>, from: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    encode_below(text, from, out, 0x80, "ordinal not in range(128)")
}

/// Encodes to Latin-1.
pub fn encode_latin1(
    text: StrSlice<'_>,
    from: usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    encode_below(text, from, out, 0x100, "ordinal not in range(256)")
}

fn encode_below(
    text: StrSlice<'_>,
    from: usize,
    out: &mut Vec<u8>,
    limit: u32,
    reason: &'static str,
) -> Result<(), EncodeError> {
    if let StrSlice::Latin1(units) = text {
        let rest = &units[from..];
        let fits = |byte: &u8| u32::from(*byte) < limit;
        let valid = rest
            .iter()
            .position(|byte| !fits(byte))
            .unwrap_or(rest.len());
        out.extend_from_slice(&rest[..valid]);
        if valid == rest.len() {
            return Ok(());
        }
        let run = rest[valid..].iter().take_while(|byte| !fits(byte)).count();
        return Err(EncodeError {
            start: from + valid,
            end: from + valid + run,
            reason,
        });
    }
    for index in from..text.len() {
        let code_point = text.at(index);
        if code_point >= limit {
            let rest = text.sub(index, text.len());
            let run = rest
                .iter()
                .take_while(|&code_point| code_point >= limit)
                .count();
            return Err(EncodeError {
                start: index,
                end: index + run,
                reason,
            });
        }
        out.push(code_point as u8);
    }
    Ok(())
}
