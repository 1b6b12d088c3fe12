//! JSON strings.

use krait_runtime::{Py, PyResult, PyStr, StrBuilder};
use krait_sre::Unit;

use super::decode_error;

const QUOTE: u32 = b'"' as u32;
const BACKSLASH: u32 = b'\\' as u32;

/// Reads the string whose first character is at `begin`, after the quote; the text, and where the
/// next character is.
pub(super) fn scan<U: Unit>(
    text: &PyStr,
    units: &[U],
    begin: usize,
    strict: bool,
) -> PyResult<(Py<PyStr>, usize)> {
    let mut out: Option<StrBuilder> = None;
    let mut at = begin;
    loop {
        let plain = units[at..]
            .iter()
            .position(|unit| {
                let code = unit.code();
                code == QUOTE || code == BACKSLASH || code < 0x20 && strict
            })
            .map_or(units.len(), |offset| at + offset);
        if plain < units.len() && units[plain].code() == QUOTE {
            let result = match out {
                None => text.substring(begin, plain)?,
                Some(mut out) => {
                    out.push_slice(text.as_slice().sub(at, plain));
                    out.finish()?
                }
            };
            return Ok((result, plain + 1));
        }
        // Where the quote is, which is one before the text.
        let unterminated = || {
            let quote = begin.wrapping_sub(1) as isize;
            unterminated_string(text, quote)
        };
        let Some(&stop) = units.get(plain) else {
            return Err(unterminated());
        };
        if stop.code() != BACKSLASH {
            return Err(decode_error("Invalid control character at", text, plain));
        }
        let out = out.get_or_insert_with(StrBuilder::new);
        out.push_slice(text.as_slice().sub(at, plain));
        let Some(escape) = units.get(plain + 1) else {
            return Err(unterminated());
        };
        at = plain + 2;
        let simple = match u8::try_from(escape.code()) {
            Ok(byte @ (b'"' | b'\\' | b'/')) => byte,
            Ok(b'b') => 8,
            Ok(b'f') => 12,
            Ok(b'n') => b'\n',
            Ok(b'r') => b'\r',
            Ok(b't') => b'\t',
            Ok(b'u') => {
                let (code, next) = unicode_escape(text, units, at)?;
                out.push(code);
                at = next;
                continue;
            }
            _ => return Err(decode_error("Invalid \\escape", text, plain)),
        };
        out.push(simple.into());
    }
}

#[cold]
fn unterminated_string(text: &PyStr, quote: isize) -> krait_runtime::PyErr {
    let make = || -> PyResult<krait_runtime::Obj> {
        let class = crate::util::import("json.decoder")?
            .getattr(krait_runtime::intern!("JSONDecodeError"))?;
        let message = PyStr::new("Unterminated string starting at")?;
        let position = krait_runtime::PyLong::from_i64(quote as i64)?;
        class.call(&[&message, text, &position])
    };
    match make() {
        Ok(exception) => krait_runtime::PyErr::raise(exception),
        Err(error) => error,
    }
}

/// Four hexadecimal digits.
fn hex4<U: Unit>(text: &PyStr, units: &[U], at: usize) -> PyResult<u32> {
    let invalid = || decode_error("Invalid \\uXXXX escape", text, at - 1);
    if at + 4 > units.len() {
        return Err(invalid());
    }
    units[at..at + 4].iter().try_fold(0, |value, unit| {
        let digit = char::from_u32(unit.code()).and_then(|c| c.to_digit(16));
        digit.map(|digit| value << 4 | digit).ok_or_else(invalid)
    })
}

/// The character of a `\uXXXX`, or of two that make a pair of surrogates, and where the next is.
fn unicode_escape<U: Unit>(text: &PyStr, units: &[U], at: usize) -> PyResult<(u32, usize)> {
    let high = hex4(text, units, at)?;
    let next = at + 4;
    let follows = |offset: usize, byte: u8| {
        units
            .get(next + offset)
            .is_some_and(|unit| unit.code() == u32::from(byte))
    };
    if (0xD800..0xDC00).contains(&high)
        && next + 6 <= units.len()
        && follows(0, b'\\')
        && follows(1, b'u')
    {
        let low = hex4(text, units, next + 2)?;
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            return Ok((code, next + 6));
        }
    }
    Ok((high, next))
}
