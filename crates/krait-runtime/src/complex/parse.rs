//! `complex(text)`.

use krait_abi::Py_complex;
use krait_numbers::float;

use super::arith::complex;

/// What is left of the text.
struct Rest<'a> {
    text: &'a [u8],
}

impl<'a> Rest<'a> {
    fn skip_spaces(&mut self) {
        while let [b' ' | 9..=13, rest @ ..] = self.text {
            self.text = rest;
        }
    }

    fn take(&mut self, wanted: &[u8]) -> Option<u8> {
        match self.text {
            [first, rest @ ..] if wanted.contains(first) => {
                self.text = rest;
                Some(*first)
            }
            _ => None,
        }
    }

    /// A float with its sign, if there is one at the start.
    fn float(&mut self) -> Option<f64> {
        let len = float_length(self.text);
        let value = float::parse(&self.text[..len]).filter(|_| len > 0)?;
        self.text = &self.text[len..];
        Some(value)
    }

    /// The imaginary unit, with a sign or without: 1 or -1.
    fn unit(&mut self) -> Option<f64> {
        let sign = if self.take(b"+-") == Some(b'-') {
            -1.0
        } else {
            1.0
        };
        self.take(b"jJ").map(|_| sign)
    }
}

/// How many bytes at the start are a float; 0 for none.
fn float_length(text: &[u8]) -> usize {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    for word in [&b"infinity"[..], b"inf", b"nan"] {
        if text
            .get(sign..sign + word.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
        {
            return sign + word.len();
        }
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return 0;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return 0;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = text
            .get(end + 1 + sign..)
            .map_or(0, |_| digits(end + 1 + sign));
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// The text without underscores, which may only stand between digits.
fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |index: usize| text.get(index).is_some_and(u8::is_ascii_digit);
    let mut out = Vec::with_capacity(text.len());
    for (index, &byte) in text.iter().enumerate() {
        if byte != b'_' {
            out.push(byte);
        } else if index == 0 || !digit(index - 1) || !digit(index + 1) {
            return None;
        }
    }
    Some(out)
}

/// The number that an ASCII text is.
pub(super) fn parse(text: &[u8]) -> Option<Py_complex> {
    if text.contains(&b'_') {
        return parse(&without_underscores(text)?);
    }
    let mut rest = Rest { text };
    rest.skip_spaces();
    let in_parentheses = rest.take(b"(").is_some();
    if in_parentheses {
        rest.skip_spaces();
    }
    let value = match rest.float() {
        None => complex(0.0, rest.unit()?),
        Some(first) if rest.take(b"jJ").is_some() => complex(0.0, first),
        Some(first) if matches!(rest.text.first(), Some(b'+' | b'-')) => {
            let imag = match rest.float() {
                Some(second) => {
                    rest.take(b"jJ")?;
                    second
                }
                None => rest.unit()?,
            };
            complex(first, imag)
        }
        Some(first) => complex(first, 0.0),
    };
    rest.skip_spaces();
    if in_parentheses {
        rest.take(b")")?;
        rest.skip_spaces();
    }
    rest.text.is_empty().then_some(value)
}
