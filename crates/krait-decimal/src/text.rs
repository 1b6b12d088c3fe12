//! Numbers from and to text.

use crate::coefficient::Coefficient;
use crate::context::{Context, MAX_EMAX, MAX_PREC, MIN_ETINY};
use crate::decimal::{Decimal, Kind};
use crate::limbs;
use crate::round::{fit, invalid, keep_exact, out_of_memory};
use crate::status::Status;

/// A number from its text, rounded to the context. The text is what a string is once digits of
/// other scripts are ASCII, and white space and underscores are gone; what is no number is a
/// `ConversionSyntax`.
pub fn parse(text: &str, context: &Context, status: &mut Status) -> Decimal {
    match scan(text.as_bytes(), context) {
        Some(number) if !limbs::fits(number.digits()) => out_of_memory(status),
        Some(number) => fit(number, context, status),
        None => invalid(Status::ConversionSyntax, status),
    }
}

/// A number from its text without rounding; what is beyond the limits of all contexts is an
/// `InvalidOperation`.
pub fn parse_exact(text: &str, status: &mut Status) -> Decimal {
    let mut local = Status::empty();
    let result = parse(text, &Context::max(), &mut local);
    keep_exact(result, local, status)
}

fn scan(text: &[u8], context: &Context) -> Option<Decimal> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    match text.first()? {
        b'0'..=b'9' | b'.' => scan_finite(negative, text),
        _ => scan_special(negative, text, context),
    }
}

fn scan_special(negative: bool, text: &[u8], context: &Context) -> Option<Decimal> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(Decimal::infinity(negative));
    }
    let signaling = matches!(text[0], b's' | b'S');
    let text = if signaling { &text[1..] } else { text };
    let (name, payload) = text.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"nan") || !payload.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let payload = Coefficient::from_limbs(limbs::from_digits(payload));
    let room = context.prec - i64::from(context.clamp);
    let fits = payload.is_zero() || payload.digits() as i64 <= room;
    fits.then(|| Decimal::nan(signaling, negative, payload))
}

/// How many ASCII digits the text begins with.
fn digits_len(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len())
}

fn scan_finite(negative: bool, text: &[u8]) -> Option<Decimal> {
    let whole_len = digits_len(text);
    let (whole, rest) = text.split_at(whole_len);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(digits_len(rest)),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() || text.len() as u64 > MAX_PREC as u64 {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [b'e' | b'E', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    let exponent = exponent
        .saturating_sub(fraction.len() as i64)
        .clamp(MIN_ETINY - 1, MAX_EMAX + 1);
    Some(Decimal::raw(
        negative,
        coefficient_of(whole, fraction),
        exponent,
    ))
}

/// An exponent's value, the nearest that fits if it is too large.
fn scan_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, &byte| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(byte - b'0'))
    });
    Some(if negative { -value } else { value })
}

fn coefficient_of(whole: &[u8], fraction: &[u8]) -> Coefficient {
    let (len, room) = (whole.len() + fraction.len(), 2 * limbs::DIGITS);
    if len <= room {
        let mut text = [b'0'; 2 * limbs::DIGITS];
        let point = room - fraction.len();
        text[room - len..point].copy_from_slice(whole);
        text[point..].copy_from_slice(fraction);
        let (high, low) = text.split_at(limbs::DIGITS);
        let value = |text: &[u8]| {
            text.iter()
                .fold(0, |value, &byte| value * 10 + u64::from(byte - b'0'))
        };
        let high = if len > limbs::DIGITS { value(high) } else { 0 };
        return Coefficient::from_pair(value(low), high);
    }
    let digits = if fraction.is_empty() {
        limbs::from_digits(whole)
    } else {
        limbs::from_digits(&[whole, fraction].concat())
    };
    Coefficient::from_limbs(digits)
}

/// The text of a number, `str(number)`: scientific where the exponent is positive or the number
/// very small. `capitals` decides the `E`.
pub fn to_sci(number: &Decimal, capitals: bool) -> String {
    let mut out = Vec::with_capacity(number.digits() + 32);
    write_sci(number, capitals, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends what [`to_sci`] gives, which is ASCII.
pub fn write_sci(number: &Decimal, capitals: bool, out: &mut Vec<u8>) {
    write(number, capitals, false, out);
}

/// The same with exponents that are multiples of three.
pub fn to_eng(number: &Decimal, capitals: bool) -> String {
    let mut out = Vec::with_capacity(number.digits() + 32);
    write(number, capitals, true, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the name of an infinity or NaN, with its payload.
pub(crate) fn push_special(number: &Decimal, out: &mut Vec<u8>) {
    let name: &[u8] = match number.kind {
        Kind::Infinity => b"Infinity",
        Kind::QuietNan => b"NaN",
        Kind::SignalingNan => b"sNaN",
        Kind::Finite => b"",
    };
    out.extend_from_slice(name);
    if number.is_nan() && !number.coefficient.is_zero() {
        number.coefficient.push_digits(out);
    }
}

fn write(number: &Decimal, capitals: bool, engineering: bool, out: &mut Vec<u8>) {
    if number.negative {
        out.push(b'-');
    }
    if !number.is_finite() {
        push_special(number, out);
        return;
    }
    let adjusted = number.adjusted();
    // Where the point goes, counted from before the first digit.
    let point = if number.exponent <= 0 && adjusted >= -6 {
        adjusted + 1
    } else if !engineering {
        1
    } else if number.coefficient.is_zero() {
        (number.exponent + 2).rem_euclid(3) - 1
    } else {
        adjusted.rem_euclid(3) + 1
    };
    push_with_point(&number.coefficient, point, out);
    let exponent = adjusted + 1 - point;
    if exponent != 0 {
        out.push(if capitals { b'E' } else { b'e' });
        out.push(if exponent < 0 { b'-' } else { b'+' });
        limbs::push_ascii(&[exponent.unsigned_abs()], out);
    }
}

/// Appends digits with a point after the first `point` of them, and zeros where digits lack; the
/// point is within some digits of them.
pub(crate) fn push_with_point(coefficient: &Coefficient, point: i64, out: &mut Vec<u8>) {
    let digits = coefficient.digits() as i64;
    if point <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', point.unsigned_abs() as usize));
        coefficient.push_digits(out);
        return;
    }
    let start = out.len();
    coefficient.push_digits(out);
    if point < digits {
        let at = start + point as usize;
        out.push(0);
        out.copy_within(at..start + digits as usize, at + 1);
        out[at] = b'.';
    } else {
        out.extend(std::iter::repeat_n(b'0', (point - digits) as usize));
    }
}
