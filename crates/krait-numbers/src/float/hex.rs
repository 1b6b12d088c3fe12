//! `float.hex` and `float.fromhex`.

use super::parse::trim;

/// Why a text is no hexadecimal float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FromHexError {
    /// It does not follow the grammar (`ValueError`).
    Invalid,
    /// It is beyond the largest float (`OverflowError`).
    Overflow,
}

impl FromHexError {
    /// The exception's text.
    pub fn message(self) -> &'static str {
        match self {
            FromHexError::Invalid => "invalid hexadecimal floating-point string",
            FromHexError::Overflow => "hexadecimal value too large to represent as a float",
        }
    }
}

/// `float.hex`.
pub fn to_hex(value: f64) -> String {
    if !value.is_finite() {
        return super::repr(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = value.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    let (lead, exponent) = match (bits >> 52 & 0x7FF) as i32 {
        0 => (0, -1022),
        biased => (1, biased - 1023),
    };
    format!("{sign}0x{lead}.{mantissa:013x}p{exponent:+}")
}

/// `float.fromhex`; ASCII white space around the number is skipped.
pub fn from_hex(text: &[u8]) -> Result<f64, FromHexError> {
    let text = trim(text);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match text.to_ascii_lowercase().as_slice() {
        b"inf" | b"infinity" => f64::INFINITY,
        b"nan" => f64::NAN,
        lower => magnitude(lower.strip_prefix(b"0x").unwrap_or(lower))?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// A number in lower case without sign and prefix.
fn magnitude(text: &[u8]) -> Result<f64, FromHexError> {
    let (number, exponent) = match text.iter().position(|&byte| byte == b'p') {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = match number.iter().position(|&byte| byte == b'.') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &number[number.len()..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(FromHexError::Invalid);
    }
    // The leading 60 to 63 bits, with a sticky bit for the rest, and the exponent of the last.
    let mut mantissa = 0u64;
    let mut exponent = exponent.saturating_sub(4 * fraction.len() as i64);
    let mut sticky = false;
    for &byte in whole.iter().chain(fraction) {
        let digit = char::from(byte).to_digit(16).ok_or(FromHexError::Invalid)?;
        if mantissa >> 59 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
            exponent = exponent.saturating_add(4);
        }
    }
    if mantissa == 0 {
        return Ok(0.0);
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    let top = exponent.saturating_add(bits);
    if top > 1024 {
        return Err(FromHexError::Overflow);
    }
    if top < -1074 {
        return Ok(0.0);
    }
    round_to_float(mantissa, exponent, bits, sticky)
}

/// Rounds `mantissa * 2**exponent`, a little more if `sticky`, half to even.
fn round_to_float(
    mantissa: u64,
    exponent: i64,
    bits: i64,
    sticky: bool,
) -> Result<f64, FromHexError> {
    // The last bit a float of this size has.
    let last = (exponent + bits - 53).max(-1074);
    let dropped = last - exponent;
    let rounded = if dropped <= 0 {
        mantissa << -dropped
    } else {
        // One bit below the half makes room for what is sticky.
        let (value, half) = (
            u128::from(mantissa) << 1 | u128::from(sticky),
            1u128 << dropped,
        );
        let floor = (value >> (dropped + 1)) as u64;
        let rest = value & (2 * half - 1);
        floor + u64::from(rest > half || rest == half && floor & 1 == 1)
    };
    // At most 2**53, and a carry into the next power of two is right in the bits as well.
    let biased = last + 1074;
    let bits = if rounded >> 52 == 0 {
        rounded
    } else {
        ((biased as u64) << 52).wrapping_add(rounded)
    };
    let value = f64::from_bits(bits);
    if value.is_finite() {
        Ok(value)
    } else {
        Err(FromHexError::Overflow)
    }
}

fn parse_exponent(text: &[u8]) -> Result<i64, FromHexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(FromHexError::Invalid);
    }
    let value = digits.iter().fold(0i64, |acc, &digit| {
        acc.saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
            .min(i64::MAX / 4)
    });
    Ok(if negative { -value } else { value })
}
