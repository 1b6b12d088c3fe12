//! Text to floats, by the grammar of `float(text)`.

/// The float of a text; `None` if it is none.
///
/// ASCII white space around it is skipped. Single underscores may stand between digits. The
/// words `inf`, `infinity` and `nan` are taken in any case.
pub fn parse(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    if text.contains(&b'_') {
        return parse_number(&without_underscores(text)?);
    }
    parse_number(text)
}

/// The text without ASCII white space around it.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | 9..=13);
    let start = text
        .iter()
        .position(|byte| !is_space(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is_space(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

pub(super) fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
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

pub(super) fn parse_number(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let value = if unsigned
        .first()
        .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
    {
        // Rust takes the same numbers: digits with one point and at least one digit, and an
        // exponent with at least one digit.
        std::str::from_utf8(unsigned).ok()?.parse::<f64>().ok()?
    } else {
        match unsigned.to_ascii_lowercase().as_slice() {
            b"inf" | b"infinity" => f64::INFINITY,
            b"nan" => f64::NAN,
            _ => return None,
        }
    };
    Some(if negative { -value } else { value })
}
