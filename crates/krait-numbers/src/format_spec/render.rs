//! Rendering of integers, floats, complex numbers and strings.

use super::number::{Locale, Number};
use super::{Align, FormatSpec, Separator, SpecError};
use crate::IntRef;
use crate::float::{Style, format_double};

/// The text of a formatted number and its padding: `left` fills, the text up to byte `head`,
/// `middle` fills, the rest of the text, `right` fills.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// The number's text.
    pub text: String,
    /// Where in the text the middle padding goes.
    pub head: usize,
    /// The character to pad with.
    pub fill: u32,
    /// How often it goes before the text.
    pub left: usize,
    /// How often it goes between sign and digits.
    pub middle: usize,
    /// How often it goes after the text.
    pub right: usize,
}

impl Rendered {
    pub(super) fn padded(text: String, head: usize, spec: &FormatSpec) -> Self {
        let (left, middle, right) = match spec.width {
            None => (0, 0, 0),
            Some(width) => split_padding(width.saturating_sub(text.chars().count()), spec.align),
        };
        Self {
            text,
            head,
            fill: spec.fill,
            left,
            middle,
            right,
        }
    }

    /// The number of code points.
    pub fn len(&self) -> usize {
        self.text.chars().count() + self.left + self.middle + self.right
    }

    /// Whether there is no code point.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text, if nothing is padded.
    pub fn unpadded(&self) -> Option<&str> {
        (self.left + self.middle + self.right == 0).then_some(&self.text)
    }

    /// The code points, padding included.
    pub fn code_points(&self) -> impl Iterator<Item = u32> {
        let fills = |count| std::iter::repeat_n(self.fill, count);
        let (head, tail) = self.text.split_at(self.head);
        fills(self.left)
            .chain(head.chars().map(u32::from))
            .chain(fills(self.middle))
            .chain(tail.chars().map(u32::from))
            .chain(fills(self.right))
    }
}

fn split_padding(padding: usize, align: Align) -> (usize, usize, usize) {
    match align {
        Align::Left => (0, 0, padding),
        Align::Right => (padding, 0, 0),
        Align::Center => (padding / 2, 0, padding - padding / 2),
        Align::AfterSign => (0, padding, 0),
    }
}

/// How a string is laid out: `left` fills, its first `take` characters, `right` fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StrLayout {
    /// How many characters of the string are shown.
    pub take: usize,
    /// The character to pad with.
    pub fill: u32,
    /// How often it goes before them.
    pub left: usize,
    /// How often it goes after them.
    pub right: usize,
}

/// Lays out a string of `len` characters.
pub fn layout_str(spec: &FormatSpec, len: usize) -> Result<StrLayout, SpecError> {
    if spec.code_byte() != b's' {
        return Err(spec.unknown_code());
    }
    match spec.sign {
        Some(b' ') => return Err(SpecError::StrSpace),
        Some(_) => return Err(SpecError::StrSign),
        None => {}
    }
    if spec.no_negative_zero {
        return Err(SpecError::StrNegativeZero);
    }
    if spec.alternate {
        return Err(SpecError::StrAlternate);
    }
    if spec.align == Align::AfterSign {
        return Err(SpecError::StrAlign);
    }
    let take = spec.precision.map_or(len, |precision| precision.min(len));
    let padding = spec.width.unwrap_or(0).saturating_sub(take);
    let (left, _, right) = split_padding(padding, spec.align);
    Ok(StrLayout {
        take,
        fill: spec.fill,
        left,
        right,
    })
}

/// Renders an integer. `locale` is what `n` writes by.
pub fn render_int(
    spec: &FormatSpec,
    value: IntRef<'_>,
    locale: &Locale,
) -> Result<Rendered, SpecError> {
    let code = spec.code_byte();
    let radix = match code {
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => {
            return render_float(spec, value.to_f64().ok_or(SpecError::IntTooLarge)?, locale);
        }
        b'd' | b'n' | b'c' => 10,
        b'b' => 2,
        b'o' => 8,
        b'x' | b'X' => 16,
        _ => return Err(spec.unknown_code()),
    };
    if spec.precision.is_some() {
        return Err(SpecError::IntPrecision);
    }
    if spec.no_negative_zero {
        return Err(SpecError::IntNegativeZero);
    }
    if code == b'c' {
        return render_character(spec, value);
    }
    let prefix = match code {
        _ if !spec.alternate => "",
        b'b' => "0b",
        b'o' => "0o",
        b'x' => "0x",
        b'X' => "0X",
        _ => "",
    };
    let mut text = match radix {
        10 => crate::bigint::mag::to_decimal(value.digits()),
        _ => crate::bigint::mag::to_radix(value.digits(), radix),
    };
    if code == b'X' {
        text.make_ascii_uppercase();
    }
    let number = Number {
        negative: value.is_negative(),
        prefix,
        text: &text,
        is_float: false,
    };
    let own;
    let locale = if code == b'n' {
        locale
    } else {
        own = Locale::of_separator(spec.separator, if radix == 10 { 3 } else { 4 });
        &own
    };
    Ok(number.layout(spec, locale))
}

fn render_character(spec: &FormatSpec, value: IntRef<'_>) -> Result<Rendered, SpecError> {
    if spec.sign.is_some() {
        return Err(SpecError::SignWithC);
    }
    if spec.alternate {
        return Err(SpecError::AlternateWithC);
    }
    let number = value.to_i64().ok_or(SpecError::CharacterTooLarge)?;
    let code_point = u32::try_from(number).ok().filter(|&c| c <= 0x10_FFFF);
    let code_point = code_point.ok_or(SpecError::CharacterRange)?;
    let Some(character) = char::from_u32(code_point) else {
        // A surrogate is no `char`: it goes into the padding, as one more fill of its own.
        return Ok(surrogate(spec, code_point));
    };
    Ok(Rendered::padded(character.to_string(), 0, spec))
}

/// A lone surrogate can be shown only as a fill; where there is padding beside it, the padding is
/// the text, which needs a fill that is a `char`.
fn surrogate(spec: &FormatSpec, code_point: u32) -> Rendered {
    let (left, middle, right) =
        split_padding(spec.width.unwrap_or(0).saturating_sub(1), spec.align);
    let fill = char::from_u32(spec.fill).unwrap_or(char::REPLACEMENT_CHARACTER);
    let text: String = std::iter::repeat_n(fill, left + middle + right).collect();
    let head = (left + middle) * fill.len_utf8();
    Rendered {
        text,
        head,
        fill: code_point,
        left: 0,
        middle: 1,
        right: 0,
    }
}

/// The digits of a float by a specifier's code, without its padding.
struct FloatText {
    negative: bool,
    text: String,
}

fn float_text(
    spec: &FormatSpec,
    value: f64,
    code: u8,
    precision: usize,
    add_dot_0: bool,
) -> Result<FloatText, SpecError> {
    if precision > i32::MAX as usize {
        return Err(SpecError::PrecisionTooBig);
    }
    let style = Style {
        plus: false,
        add_dot_0,
        alternate: spec.alternate,
    };
    let mut text = format_double(value, code, precision, style);
    let mut negative = text.starts_with('-');
    if negative {
        text.remove(0);
        let mantissa = text
            .bytes()
            .take_while(|byte| !byte.eq_ignore_ascii_case(&b'e'));
        if spec.no_negative_zero
            && value.is_finite()
            && mantissa.clone().all(|b| b"0.".contains(&b))
        {
            negative = false;
        }
    }
    Ok(FloatText { negative, text })
}

/// The code and precision that a specifier without a code means: `repr`'s, or with a precision
/// those of `g`.
fn general_code(spec: &FormatSpec) -> (u8, usize) {
    match spec.precision {
        None => (b'r', 0),
        Some(precision) => (b'g', precision),
    }
}

/// Renders a float. `locale` is what `n` writes by.
pub fn render_float(spec: &FormatSpec, value: f64, locale: &Locale) -> Result<Rendered, SpecError> {
    let code = spec.code_byte();
    let given = spec.precision.unwrap_or(6);
    let mut value = value;
    let (format_code, precision) = match code {
        0 => general_code(spec),
        b'n' => (b'g', given),
        b'%' => {
            value *= 100.0;
            (b'f', given)
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => (code, given),
        _ => return Err(spec.unknown_code()),
    };
    let FloatText { negative, mut text } =
        float_text(spec, value, format_code, precision, code == 0)?;
    if code == b'%' {
        text.push('%');
    }
    let simple = spec.width.is_none()
        && spec.sign.is_none_or(|sign| sign == b'-')
        && spec.separator == Separator::None
        && spec.fraction_separator == Separator::None;
    if simple && code != b'n' {
        if negative {
            text.insert(0, '-');
        }
        return Ok(Rendered::padded(text, usize::from(negative), spec));
    }
    let number = Number {
        negative,
        prefix: "",
        text: &text,
        is_float: true,
    };
    if code == b'n' {
        return Ok(number.layout(spec, locale));
    }
    Ok(number.layout(spec, &Locale::of_separator(spec.separator, 3)))
}

/// Renders a complex number. `locale` is what `n` writes by.
pub fn render_complex(
    spec: &FormatSpec,
    real: f64,
    imaginary: f64,
    locale: &Locale,
) -> Result<Rendered, SpecError> {
    let code = spec.code_byte();
    let given = spec.precision.unwrap_or(6);
    let (format_code, precision) = match code {
        0 => general_code(spec),
        b'n' => (b'g', given),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => (code, given),
        _ => return Err(spec.unknown_code()),
    };
    if spec.fill == u32::from(b'0') {
        return Err(SpecError::ComplexZeroPadding);
    }
    if spec.align == Align::AfterSign {
        return Err(SpecError::ComplexAlign);
    }
    let own;
    let locale = if code == b'n' {
        locale
    } else {
        own = Locale::of_separator(spec.separator, 3);
        &own
    };
    // Without a code a number is shown as by `repr`: without a real part that is positive zero,
    // else in parentheses.
    let skip_real = code == 0 && real == 0.0 && real.is_sign_positive();
    let parentheses = code == 0 && !skip_real;
    let part = |value: f64, sign: Option<u8>| {
        let FloatText { negative, text } = float_text(spec, value, format_code, precision, false)?;
        let number = Number {
            negative,
            prefix: "",
            text: &text,
            is_float: true,
        };
        let bare = FormatSpec {
            width: None,
            align: Align::Left,
            sign,
            ..spec.clone()
        };
        Ok(number.layout(&bare, locale).text)
    };
    let imaginary = part(imaginary, if skip_real { spec.sign } else { Some(b'+') })?;
    let text = if skip_real {
        format!("{imaginary}j")
    } else if parentheses {
        format!("({}{imaginary}j)", part(real, spec.sign)?)
    } else {
        format!("{}{imaginary}j", part(real, spec.sign)?)
    };
    Ok(Rendered::padded(text, 0, spec))
}
