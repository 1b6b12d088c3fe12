//! Encodings of one to four bytes a character without state.

use super::tables::{Charset, Lead};
use super::{Stop, hangul};
use crate::StrBuf;

/// The first of the four-byte keys of GB18030 that stand for the planes above the first.
const ASTRAL_LEAD: u8 = 0x90;

/// Adds what a key of a map means.
pub(super) fn push(value: u32, out: &mut StrBuf) {
    if value > 0x10_FFFF {
        out.push(value >> 16);
        out.push(value & 0xFFFF);
    } else {
        out.push(value);
    }
}

/// The linear number of a four-byte key, if its bytes are in range.
fn linear(bytes: &[u8], first_lead: u8) -> Option<u32> {
    let &[first, second, third, fourth] = bytes else {
        return None;
    };
    let in_range = (first_lead..=0xFE).contains(&first)
        && (0x81..=0xFE).contains(&third)
        && fourth.is_ascii_digit();
    in_range.then(|| {
        let high = u32::from(first - first_lead) * 10 + u32::from(second - b'0');
        (high * 126 + u32::from(third - 0x81)) * 10 + u32::from(fourth - b'0')
    })
}

/// The character of a four-byte key.
fn four_bytes(charset: &Charset, bytes: &[u8]) -> Option<u32> {
    if bytes[0] >= ASTRAL_LEAD {
        return linear(bytes, ASTRAL_LEAD)
            .map(|number| number + 0x1_0000)
            .filter(|&code| code <= 0x10_FFFF);
    }
    let number = linear(bytes, 0x81)?;
    let index = charset.ranges.partition_point(|range| range.0 <= number);
    let (start, code, len) = *charset.ranges.get(index.checked_sub(1)?)?;
    (number - start < len).then(|| code + (number - start))
}

/// The four-byte key of a character.
fn four_byte_key(charset: &Charset, code: u32) -> Option<[u8; 4]> {
    let (mut number, first_lead) = if code > 0xFFFF {
        (code - 0x1_0000, ASTRAL_LEAD)
    } else {
        let range = charset
            .ranges
            .iter()
            .find(|range| (range.1..range.1 + range.2).contains(&code))?;
        (range.0 + (code - range.1), 0x81)
    };
    let mut take = |base: u32| {
        let digit = number % base;
        number /= base;
        digit as u8
    };
    let fourth = take(10) + b'0';
    let third = take(126) + 0x81;
    let second = take(10) + b'0';
    Some([take(126) + first_lead, second, third, fourth])
}

pub(super) fn decode(
    charset: &Charset,
    input: &[u8],
    at: &mut usize,
    out: &mut StrBuf,
) -> Result<(), Stop> {
    while let Some(&byte) = input.get(*at) {
        let mut len = match charset.leads[usize::from(byte)] {
            Lead::Char(code) => {
                out.push(code);
                *at += 1;
                continue;
            }
            Lead::Illegal => return Err(Stop::Illegal(1)),
            Lead::Needs(len) => len,
        };
        let four = len == 4;
        if four && !input.get(*at + 1).is_some_and(u8::is_ascii_digit) {
            len = 2;
        }
        let composed = hangul::is_composed(charset, &input[*at..]);
        if composed {
            len = hangul::LEN;
        }
        let Some(bytes) = input.get(*at..*at + len) else {
            return Err(Stop::Incomplete);
        };
        let key = bytes
            .iter()
            .fold(0, |key, &byte| key << 8 | u32::from(byte));
        let value = if composed {
            hangul::compose(bytes)
        } else if len == 4 {
            four_bytes(charset, bytes)
        } else {
            charset.value(key)
        };
        let Some(value) = value else {
            return Err(Stop::Illegal(charset.error_len(key)));
        };
        push(value, out);
        *at += len;
    }
    Ok(())
}

/// Adds the two or three bytes of a key.
fn push_key(key: u32, out: &mut Vec<u8>) {
    let bytes = key.to_be_bytes();
    out.extend_from_slice(if key > 0xFFFF {
        &bytes[1..]
    } else {
        &bytes[2..]
    });
}

/// The key of what comes next, and how many characters it takes.
pub(super) fn next_key(
    charset: &Charset,
    input: &[u32],
    last: bool,
) -> Result<Option<(u32, usize)>, Stop> {
    let Some(&code) = input.first() else {
        return Ok(None);
    };
    if charset.starts_pair(code) {
        match input.get(1) {
            None if !last => return Err(Stop::Incomplete),
            None => {}
            Some(&second) => {
                if let Some(key) = charset.pair(code, second) {
                    return Ok(Some((key, 2)));
                }
            }
        }
    }
    Ok(charset.key(code).map(|key| (key, 1)))
}

pub(super) fn encode(
    charset: &Charset,
    input: &[u32],
    at: &mut usize,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let has_four = !charset.ranges.is_empty();
    while let Some(&code) = input.get(*at) {
        if let Some(byte) = charset.single(code) {
            out.push(byte);
            *at += 1;
            continue;
        }
        if let Some((key, len)) = next_key(charset, &input[*at..], last)? {
            push_key(key, out);
            *at += len;
            continue;
        }
        let long = if has_four {
            four_byte_key(charset, code).map(Vec::from)
        } else {
            hangul::decompose(charset, code)
        };
        out.extend(long.ok_or(Stop::Illegal(1))?);
        *at += 1;
    }
    Ok(())
}
