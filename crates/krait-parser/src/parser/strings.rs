//! The values of literals: numbers, and strings with their escapes.

use krait_ast::Constant;
use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

/// The value of a numeric literal, or the message of the error it raises.
pub(super) fn number(text: &str, max_digits: usize) -> Result<Constant, String> {
    let bytes = text.as_bytes();
    if bytes.len() <= 9 && bytes.iter().all(u8::is_ascii_digit) {
        let value = bytes
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
        return Ok(Constant::Int(BigInt::from_digits(
            false,
            vec![value & 0x3FFF_FFFF, value >> 30],
        )));
    }
    let clean: String = text.chars().filter(|&c| c != '_').collect();
    let radix = match clean.as_bytes() {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'b' | b'B', ..] => Some(2),
        _ => None,
    };
    if let Some(radix) = radix {
        return Ok(Constant::Int(integer(&clean[2..], radix)));
    }
    if let Some(real) = clean.strip_suffix(['j', 'J']) {
        return Ok(Constant::Complex {
            real: 0.0,
            imag: float(real),
        });
    }
    if clean.contains(['.', 'e', 'E']) {
        return Ok(Constant::Float(float(&clean)));
    }
    if max_digits > 0 && clean.len() > max_digits {
        return Err(format!(
            "Exceeds the limit ({max_digits} digits) for integer string conversion: value has {} \
             digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal \
             for huge integer literals to avoid decimal conversion limits.",
            clean.len()
        ));
    }
    Ok(Constant::Int(integer(&clean, 10)))
}

fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn integer(digits: &str, radix: u32) -> BigInt {
    BigInt::from_str_radix(digits, radix).unwrap_or_default()
}

/// A string literal taken apart.
pub(crate) struct Literal<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) body: &'a str,
    /// Where the body begins.
    pub(crate) lead: usize,
}

impl<'a> Literal<'a> {
    /// Takes apart the source of a literal.
    pub(crate) fn of(source: &'a str) -> Self {
        let (prefix, quoted) = source.split_at(source.find(['\'', '"']).unwrap_or(0));
        let bytes = quoted.as_bytes();
        let quotes = if bytes.len() >= 6 && bytes[1] == bytes[0] {
            3
        } else {
            1
        };
        let body = &quoted[quotes..quoted.len() - quotes];
        Self {
            prefix,
            body,
            lead: prefix.len() + quotes,
        }
    }

    /// Whether it is empty, between single quotes or double ones.
    pub(crate) fn is_two_quotes(&self) -> bool {
        self.body.is_empty() && self.lead == self.prefix.len() + 1
    }

    pub(crate) fn is_raw(&self) -> bool {
        self.prefix.contains(['r', 'R'])
    }

    pub(crate) fn is_bytes(&self) -> bool {
        self.prefix.contains(['b', 'B'])
    }
}

/// An escape that Python warns about: where it begins, and its text after the backslash.
#[derive(Debug, PartialEq)]
pub(crate) struct BadEscape {
    pub(crate) offset: usize,
    pub(crate) text: String,
    pub(crate) octal: bool,
}

/// A decoded string body and the first escape in it to warn about.
pub(crate) type Decoded<T> = Result<(T, Option<BadEscape>), String>;

/// The bytes that a bytes literal's body stands for.
pub(crate) fn decode_bytes(body: &str) -> Decoded<Vec<u8>> {
    let src = body.as_bytes();
    let mut out = Vec::with_capacity(src.len());
    let mut bad = None;
    let mut pos = 0;
    while pos < src.len() {
        if src[pos] != b'\\' {
            out.push(src[pos]);
            pos += 1;
            continue;
        }
        let start = pos;
        let Some(&escape) = src.get(pos + 1) else {
            return Err("(value error) Trailing \\ in string".into());
        };
        pos += 2;
        if let Some(simple) = simple_escape(escape) {
            out.extend(simple);
        } else if (b'0'..=b'7').contains(&escape) {
            let (value, end) = octal(src, pos - 1);
            note_octal(&mut bad, value, start, &body[start + 1..end]);
            out.push(value as u8);
            pos = end;
        } else if escape == b'x' {
            let (value, end) = hex(src, pos, 2);
            if end < pos + 2 {
                return Err(format!(
                    "(value error) invalid \\x escape at position {start}"
                ));
            }
            out.push(value as u8);
            pos = end;
        } else {
            note(&mut bad, start, &(escape as char).to_string());
            out.extend([b'\\', escape]);
        }
    }
    Ok((out, bad))
}

/// The text that a string literal's body stands for.
pub(crate) fn decode_str(body: &str) -> Decoded<Wtf8Buf> {
    let src = body.as_bytes();
    let mut out = Wtf8Buf::new();
    let mut bad = None;
    let mut pos = 0;
    while pos < src.len() {
        let plain = memchr::memchr(b'\\', &src[pos..]).map_or(src.len(), |found| pos + found);
        out.push_str(&body[pos..plain]);
        if plain == src.len() {
            break;
        }
        let start = plain;
        let Some(&escape) = src.get(start + 1) else {
            // Only text before a brace of an f-string ends so, and the tokenizer has warned of it.
            out.push_str("\\");
            break;
        };
        pos = start + 2;
        if let Some(simple) = simple_escape(escape) {
            if let Some(byte) = simple {
                out.push(u32::from(byte));
            }
            continue;
        }
        match escape {
            b'0'..=b'7' => {
                let (value, end) = octal(src, pos - 1);
                note_octal(&mut bad, value, start, &body[start + 1..end]);
                out.push(value);
                pos = end;
            }
            b'x' | b'u' | b'U' => {
                let (width, form) = match escape {
                    b'x' => (2, "\\xXX"),
                    b'u' => (4, "\\uXXXX"),
                    _ => (8, "\\UXXXXXXXX"),
                };
                let (value, end) = hex(src, pos, width);
                if end < pos + width {
                    return Err(decode_error(
                        body,
                        start,
                        end,
                        &format!("truncated {form} escape"),
                    ));
                }
                if value > 0x10_FFFF {
                    return Err(decode_error(body, start, end, "illegal Unicode character"));
                }
                out.push(value);
                pos = end;
            }
            b'N' => pos = named(body, start, &mut out)?,
            _ => {
                let c = body[start + 1..].chars().next().unwrap_or_default();
                // CPython has recoded other characters before it looks for bad escapes.
                if c.is_ascii() {
                    note(&mut bad, start, c.encode_utf8(&mut [0; 4]));
                }
                out.push_str("\\");
                out.push(c as u32);
                pos = start + 1 + c.len_utf8();
            }
        }
    }
    Ok((out, bad))
}

/// `\N{name}` at `start`: adds its character, gives the position after it.
fn named(body: &str, start: usize, out: &mut Wtf8Buf) -> Result<usize, String> {
    let rest = &body[start + 2..];
    let malformed = "malformed \\N character escape";
    let Some(inner) = rest.strip_prefix('{') else {
        return Err(decode_error(body, start, start + 2, malformed));
    };
    let Some(length) = inner.find('}').filter(|&length| length > 0) else {
        let end = if inner.starts_with('}') {
            start + 4
        } else {
            body.len()
        };
        return Err(decode_error(body, start, end, malformed));
    };
    let end = start + 3 + length + 1;
    let Some(found) = crate::ident::by_name(&inner[..length]) else {
        return Err(decode_error(
            body,
            start,
            end,
            "unknown Unicode character name",
        ));
    };
    out.push(found);
    Ok(end)
}

/// What a one-character escape stands for: nothing, for an escaped newline.
fn simple_escape(escape: u8) -> Option<Option<u8>> {
    Some(Some(match escape {
        b'\n' => return Some(None),
        b'\\' | b'\'' | b'"' => escape,
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        _ => return None,
    }))
}

/// Up to three octal digits at `pos`: their value and where they end.
fn octal(src: &[u8], pos: usize) -> (u32, usize) {
    let digits = src[pos..]
        .iter()
        .take(3)
        .take_while(|byte| (b'0'..=b'7').contains(byte));
    let (value, count) = digits.fold((0, 0), |(v, n), byte| {
        (v * 8 + u32::from(byte - b'0'), n + 1)
    });
    (value, pos + count)
}

/// Up to `width` hexadecimal digits at `pos`: their value and where they end.
fn hex(src: &[u8], pos: usize, width: usize) -> (u32, usize) {
    let digits = src[pos..]
        .iter()
        .take(width)
        .map_while(|&byte| (byte as char).to_digit(16));
    let (value, count) = digits.fold((0u32, 0), |(v, n), digit| (v << 4 | digit, n + 1));
    (value, pos + count)
}

fn note(bad: &mut Option<BadEscape>, offset: usize, text: &str) {
    bad.get_or_insert_with(|| BadEscape {
        offset,
        text: text.to_owned(),
        octal: false,
    });
}

fn note_octal(bad: &mut Option<BadEscape>, value: u32, offset: usize, text: &str) {
    if value > 0o377 {
        bad.get_or_insert_with(|| BadEscape {
            offset,
            text: text.to_owned(),
            octal: true,
        });
    }
}

/// The message of a `UnicodeDecodeError`. Its positions are those in the body as CPython recodes
/// it: each character beyond ASCII as an escape of ten bytes.
fn decode_error(body: &str, start: usize, end: usize, reason: &str) -> String {
    let recoded = |end: usize| {
        body.char_indices()
            .take_while(|&(at, _)| at < end)
            .map(|(_, c)| if c.is_ascii() { 1 } else { 10 })
            .sum::<usize>()
    };
    let (first, last) = (recoded(start), recoded(end).max(1) - 1);
    if first == last {
        return format!(
            "(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {first}: {reason}"
        );
    }
    format!(
        "(unicode error) 'unicodeescape' codec can't decode bytes in position {first}-{last}: {reason}"
    )
}
