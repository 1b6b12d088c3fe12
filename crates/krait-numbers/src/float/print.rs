//! Floats to text: `repr`, and the format codes `e`, `f`, `g` with their capitals.

/// Digits of a finite float: the value is 0.DIGITS times ten to the power of `point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// Beyond this many places after the point or significant digits every digit of a float is zero.
const MAX_PLACES: usize = 1100;

/// How [`format_double`] writes a number, besides code and precision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// Write `+` before what is not negative.
    pub plus: bool,
    /// Append `.0` to what has no point and no exponent.
    pub add_dot_0: bool,
    /// The alternate form: always a point, and `g` keeps trailing zeros.
    pub alternate: bool,
}

/// `repr(float)`.
pub fn repr(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value, false, false);
    }
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(value);
    // Where neither needs an exponent, ryu and Python agree; Python needs one from 1e-5 down.
    let unsigned = shortest.trim_start_matches('-');
    if !unsigned.contains('e') && !unsigned.starts_with("0.0000") {
        return shortest.to_owned();
    }
    format_double(
        value,
        b'r',
        0,
        Style {
            add_dot_0: true,
            ..Style::default()
        },
    )
}

fn non_finite(value: f64, plus: bool, capitals: bool) -> String {
    let sign = if value == f64::NEG_INFINITY {
        "-"
    } else if plus {
        "+"
    } else {
        ""
    };
    let word = match (value.is_nan(), capitals) {
        (true, false) => "nan",
        (true, true) => "NAN",
        (false, false) => "inf",
        (false, true) => "INF",
    };
    format!("{sign}{word}")
}

/// The shortest digits that read back as the same float; the value is not negative.
fn shortest(value: f64) -> Decimal {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    let (mantissa, exponent) = split_exponent(text);
    let point = mantissa
        .iter()
        .position(|&b| b == b'.')
        .unwrap_or(mantissa.len()) as i32;
    let mut digits: Vec<u8> = mantissa.iter().copied().filter(|&b| b != b'.').collect();
    let zeros = digits.iter().position(|&b| b != b'0');
    let Some(zeros) = zeros else {
        return Decimal {
            digits: vec![b'0'],
            point: 1,
        };
    };
    digits.drain(..zeros);
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    Decimal {
        digits,
        point: point - zeros as i32 + exponent,
    }
}

/// The correctly rounded `count` first digits.
fn significant(value: f64, count: usize) -> Decimal {
    let text = format!("{:.*e}", count.min(MAX_PLACES) - 1, value);
    let (mantissa, exponent) = split_exponent(text.as_bytes());
    let mut digits: Vec<u8> = mantissa.iter().copied().filter(|&b| b != b'.').collect();
    digits.resize(count, b'0');
    Decimal {
        digits,
        point: exponent + 1,
    }
}

fn split_exponent(text: &[u8]) -> (&[u8], i32) {
    let Some(at) = text.iter().position(|&b| b == b'e') else {
        return (text, 0);
    };
    let exponent = std::str::from_utf8(&text[at + 1..])
        .ok()
        .and_then(|digits| digits.parse().ok());
    (&text[..at], exponent.unwrap_or(0))
}

/// Text of a float as CPython's `PyOS_double_to_string` makes it.
///
/// The code is one of `e`, `E`, `f`, `F`, `g`, `G` and `r` (`repr`'s, which ignores the precision).
pub fn format_double(value: f64, code: u8, precision: usize, style: Style) -> String {
    let capitals = code.is_ascii_uppercase();
    if !value.is_finite() {
        return non_finite(value, style.plus, capitals);
    }
    let negative = value.is_sign_negative();
    let magnitude = value.abs();
    let mut out = String::new();
    if negative {
        out.push('-');
    } else if style.plus {
        out.push('+');
    }
    match code.to_ascii_lowercase() {
        b'f' => push_fixed(&mut out, magnitude, precision, style),
        b'e' => {
            let digits = significant(magnitude, precision.saturating_add(1));
            push_exponential(&mut out, &digits.digits, digits.point, style, capitals);
        }
        b'g' => {
            let precision = precision.max(1);
            let mut decimal = significant(magnitude, precision.min(MAX_PLACES));
            if style.alternate {
                decimal.digits.resize(precision, b'0');
            } else {
                while decimal.digits.len() > 1 && decimal.digits.last() == Some(&b'0') {
                    decimal.digits.pop();
                }
            }
            // Zero has its point after its digit.
            let limit = precision.saturating_sub(usize::from(style.add_dot_0));
            let large = i64::from(decimal.point) > i64::try_from(limit).unwrap_or(i64::MAX);
            push_general(
                &mut out,
                &decimal,
                decimal.point <= -4 || large,
                style,
                capitals,
            );
        }
        _ => {
            let decimal = shortest(magnitude);
            let exponential = decimal.point <= -4 || decimal.point > 16;
            push_general(&mut out, &decimal, exponential, style, capitals);
        }
    }
    out
}

fn push_fixed(out: &mut String, magnitude: f64, precision: usize, style: Style) {
    let places = precision.min(MAX_PLACES);
    out.push_str(&format!("{magnitude:.places$}"));
    out.extend(std::iter::repeat_n('0', precision - places));
    if precision == 0 {
        if style.alternate {
            out.push('.');
        } else if style.add_dot_0 {
            out.push_str(".0");
        }
    }
}

fn push_digits(out: &mut String, digits: &[u8]) {
    out.extend(digits.iter().map(|&digit| char::from(digit)));
}

fn push_exponential(out: &mut String, digits: &[u8], point: i32, style: Style, capitals: bool) {
    let (first, rest) = digits.split_at(1.min(digits.len()));
    push_digits(out, first);
    if !rest.is_empty() || style.alternate {
        out.push('.');
        push_digits(out, rest);
    }
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    let letter = if capitals { 'E' } else { 'e' };
    out.push_str(&format!("{letter}{sign}{:02}", exponent.unsigned_abs()));
}

fn push_general(
    out: &mut String,
    decimal: &Decimal,
    exponential: bool,
    style: Style,
    capitals: bool,
) {
    let Decimal { digits, point } = decimal;
    if exponential {
        push_exponential(out, digits, *point, style, capitals);
        return;
    }
    let mut has_fraction = true;
    if *point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
        push_digits(out, digits);
    } else {
        let whole = *point as usize;
        let (head, tail) = digits.split_at(whole.min(digits.len()));
        push_digits(out, head);
        out.extend(std::iter::repeat_n('0', whole - head.len()));
        has_fraction = !tail.is_empty();
        if has_fraction {
            out.push('.');
            push_digits(out, tail);
        }
    }
    if !has_fraction {
        if style.alternate {
            out.push('.');
        }
        if style.add_dot_0 {
            out.push_str(if style.alternate { "0" } else { ".0" });
        }
    }
}
