//! Complex numbers as text: `complex(text)` and `repr(complex)`.

use super::parse::{parse_number, trim, without_underscores};
use super::{Style, format_double};

/// Why a text is no complex number (`ValueError`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseComplexError {
    /// It does not follow the grammar: `complex() arg is a malformed string`.
    Malformed,
    /// An underscore is not between digits: `could not convert string to complex: …`.
    Underscore,
}

/// How long the float at the start of a text is; 0 if there is none.
fn float_prefix(text: &[u8]) -> usize {
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    for word in [&b"infinity"[..], b"inf", b"nan"] {
        if text[sign..]
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
        {
            return sign + word.len();
        }
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + signed).min(text.len()));
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    end
}

/// The imaginary part of a text that is one, with its `j`.
fn imaginary(text: &[u8]) -> Option<f64> {
    let number = text
        .strip_suffix(b"j")
        .or_else(|| text.strip_suffix(b"J"))?;
    match number {
        b"" | b"+" => Some(1.0),
        b"-" => Some(-1.0),
        _ if float_prefix(number) == number.len() => parse_number(number),
        _ => None,
    }
}

/// The real and imaginary part of a text; ASCII white space around it and around parentheses is
/// skipped.
pub fn parse_complex(text: &[u8]) -> Result<(f64, f64), ParseComplexError> {
    let owned;
    let text = if text.contains(&b'_') {
        owned = without_underscores(text).ok_or(ParseComplexError::Underscore)?;
        &owned[..]
    } else {
        text
    };
    let mut text = trim(text);
    if let Some(inside) = text.strip_prefix(b"(") {
        text = trim(
            inside
                .strip_suffix(b")")
                .ok_or(ParseComplexError::Malformed)?,
        );
    }
    if let Some(imaginary) = imaginary(text) {
        return Ok((0.0, imaginary));
    }
    let (number, rest) = text.split_at(float_prefix(text));
    let parts = parse_number(number).and_then(|real| match rest {
        [] => Some((real, 0.0)),
        [b'+' | b'-', ..] => Some((real, imaginary(rest)?)),
        _ => None,
    });
    parts.ok_or(ParseComplexError::Malformed)
}

/// `repr(complex)`.
pub fn complex_repr(real: f64, imaginary: f64) -> String {
    let part = |value, plus| {
        format_double(
            value,
            b'r',
            0,
            Style {
                plus,
                ..Style::default()
            },
        )
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary, false));
    }
    format!("({}{}j)", part(real, false), part(imaginary, true))
}
