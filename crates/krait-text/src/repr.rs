//! `repr` of strings and bytes, and `ascii`.

use krait_unicode::is_printable;

use crate::{StrBuf, StrSlice};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The quote that `repr` takes: a double one only if that saves escaping single ones.
fn quote_for(single: bool, double: bool) -> u8 {
    if single && !double { b'"' } else { b'\'' }
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that holds the code point.
pub(crate) fn push_hex_escape(out: &mut StrBuf, code_point: u32) {
    let (letter, width) = match code_point {
        0..=0xFF => (b'x', 2),
        0x100..=0xFFFF => (b'u', 4),
        _ => (b'U', 8),
    };
    push_hex(out, letter, code_point, width);
}

pub(crate) fn push_hex(out: &mut StrBuf, letter: u8, code_point: u32, width: u32) {
    out.push_latin1(&[b'\\', letter]);
    for place in (0..width).rev() {
        out.push_latin1(&[HEX[(code_point >> (4 * place) & 15) as usize]]);
    }
}

fn quoted(text: StrSlice<'_>, shown: impl Fn(u32) -> bool) -> StrBuf {
    let (mut single, mut double) = (false, false);
    text.for_each(|c| {
        single |= c == u32::from(b'\'');
        double |= c == u32::from(b'"');
    });
    let quote = quote_for(single, double);
    let mut out = StrBuf::with_capacity(text.len() + 2);
    out.push(u32::from(quote));
    text.for_each(|code_point| match code_point {
        0x0A => out.push_latin1(b"\\n"),
        0x0D => out.push_latin1(b"\\r"),
        0x09 => out.push_latin1(b"\\t"),
        0x5C => out.push_latin1(b"\\\\"),
        _ if code_point == u32::from(quote) => out.push_latin1(&[b'\\', quote]),
        0x20..=0x7E => out.push(code_point),
        0..=0x7F => push_hex_escape(&mut out, code_point),
        _ if shown(code_point) => out.push(code_point),
        _ => push_hex_escape(&mut out, code_point),
    });
    out.push(u32::from(quote));
    out
}

/// `repr(str)`.
pub fn str_repr(text: StrSlice<'_>) -> StrBuf {
    quoted(text, is_printable)
}

/// `ascii(str)`.
pub fn str_ascii(text: StrSlice<'_>) -> StrBuf {
    quoted(text, |_| false)
}

/// `repr(bytes)`, the prefix `b` included.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    push_bytes_quoted(&mut out, bytes, quote);
    out
}

fn push_bytes_quoted(out: &mut String, bytes: &[u8], quote: u8) {
    out.push(char::from(quote));
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            _ if byte == quote => {
                out.push('\\');
                out.push(char::from(quote));
            }
            0x20..=0x7E => out.push(char::from(byte)),
            _ => {
                out.push_str("\\x");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out.push(char::from(quote));
}

/// `codecs.escape_encode`: the inside of a bytes literal in single quotes.
pub fn escape_encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(bytes.len());
    push_bytes_quoted(&mut out, bytes, b'\'');
    out.into_bytes()[1..]
        .split_last()
        .map_or(Vec::new(), |(_, inside)| inside.to_vec())
}
