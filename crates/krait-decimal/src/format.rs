//! `format(number, specifier)`: the grammar of `_decimal` and the layout.

use krait_numbers::format_spec::{Locale, Separator, grouped_fraction};

use crate::coefficient::Coefficient;
use crate::context::{Context, MAX_PREC};
use crate::decimal::Decimal;
use crate::limbs;
use crate::round::{shl, shr, shr_rounded};
use crate::status::Status;
use crate::text::push_special;

/// A text that is no format specifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpecError;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Align {
    Left,
    Right,
    Center,
    /// Between sign and digits.
    AfterSign,
}

/// The presentation types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    /// `f`, `F`.
    Fixed,
    /// `%`.
    Percent,
    /// `e`, `E`.
    Scientific,
    /// `g`, `G`, `n`, or none.
    General,
}

/// A parsed format specifier:
/// `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
#[derive(Clone, Debug)]
pub struct Spec {
    fill: char,
    align: Align,
    /// `+`, a space, or `-`.
    sign: char,
    no_negative_zero: bool,
    alternate: bool,
    zero_pad: bool,
    width: usize,
    separator: Separator,
    precision: Option<usize>,
    fraction_separator: Separator,
    style: Style,
    /// Whether the exponent's letter is a capital, if the type says so.
    capital: Option<bool>,
    is_locale: bool,
    locale: Locale,
}

/// What is left of a specifier.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let found = self.peek().filter(|&c| wanted(c))?;
        self.0 = &self.0[found.len_utf8()..];
        Some(found)
    }

    fn take(&mut self, wanted: char) -> bool {
        self.take_if(|c| c == wanted).is_some()
    }

    /// A number in any script's decimal digits, the largest there is if it is beyond it.
    fn number(&mut self) -> Option<usize> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|c| krait_unicode::decimal(c.into())) {
            let next = value.unwrap_or(0usize).saturating_mul(10);
            value = Some(next.saturating_add(digit.into()));
            self.take_if(|_| true);
        }
        value
    }

    fn separator(&mut self) -> Separator {
        match self.take_if(|c| matches!(c, ',' | '_')) {
            Some(',') => Separator::Comma,
            Some(_) => Separator::Underscore,
            None => Separator::None,
        }
    }

    fn align(&mut self) -> Option<(Option<char>, Align)> {
        let align_of = |c| match c {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Center),
            '=' => Some(Align::AfterSign),
            _ => None,
        };
        let mut chars = self.0.chars();
        let (first, second) = (chars.next()?, chars.next());
        if let Some(align) = second.and_then(align_of) {
            self.0 = chars.as_str();
            return Some((Some(first), align));
        }
        let align = align_of(first)?;
        self.take(first);
        Some((None, align))
    }
}

impl Spec {
    /// Parses a specifier.
    pub fn parse(text: &str) -> Result<Spec, SpecError> {
        let mut rest = Rest(text);
        let align = rest.align();
        let sign = rest
            .take_if(|c| matches!(c, '-' | '+' | ' '))
            .unwrap_or('-');
        let no_negative_zero = rest.take('z');
        let alternate = rest.take('#');
        let zero_pad = rest.take('0');
        let more_zeros = zero_pad && rest.peek() == Some('0');
        let width_text = rest.0;
        let width = rest.number().unwrap_or(0);
        let separator = rest.separator();
        let mut precision = None;
        let mut fraction_separator = Separator::None;
        if rest.take('.') {
            precision = rest.number();
            fraction_separator = rest.separator();
            if precision.is_none() && fraction_separator == Separator::None {
                return Err(SpecError);
            }
        }
        let numbers = &width_text[..width_text.len() - rest.0.len()];
        let code = rest.take_if(|_| true);
        let (style, capital) = match code {
            None => (Style::General, None),
            Some('e') => (Style::Scientific, Some(false)),
            Some('E') => (Style::Scientific, Some(true)),
            Some('f' | 'F') => (Style::Fixed, None),
            Some('g' | 'n') => (Style::General, Some(false)),
            Some('G' | 'N') => (Style::General, Some(true)),
            Some('%') => (Style::Percent, None),
            Some(_) => return Err(SpecError),
        };
        let is_locale = matches!(code, Some('n' | 'N'));
        // The deprecated type knows nothing that is newer.
        let is_new = no_negative_zero
            || alternate
            || fraction_separator != Separator::None
            || more_zeros
            || !numbers.is_ascii();
        let conflicts = zero_pad && align.is_some()
            || is_locale && separator != Separator::None
            || code == Some('N') && is_new;
        if conflicts || !rest.0.is_empty() {
            return Err(SpecError);
        }
        if style == Style::General && precision == Some(0) {
            precision = Some(1);
        }
        let (fill, align) = align.unwrap_or((None, Align::Right));
        Ok(Spec {
            fill: fill.unwrap_or(' '),
            align,
            sign,
            no_negative_zero,
            alternate,
            zero_pad,
            width,
            separator,
            precision,
            fraction_separator,
            style,
            capital,
            is_locale,
            locale: Locale::of_separator(separator, 3),
        })
    }

    /// Whether point and grouping are those of the locale (types `n` and `N`).
    pub fn is_locale(&self) -> bool {
        self.is_locale
    }

    /// What separates groups of thousands, if the specifier says so.
    pub fn separator(&self) -> Option<&'static str> {
        match self.separator {
            Separator::None => None,
            Separator::Comma => Some(","),
            Separator::Underscore => Some("_"),
        }
    }

    /// Sets the point, what separates groups, and the sizes of groups as in C's `lconv`.
    pub fn set_locale(&mut self, decimal_point: &str, thousands_sep: &str, grouping: &[u8]) {
        self.locale = Locale {
            decimal_point: decimal_point.to_owned().into(),
            thousands_sep: thousands_sep.to_owned().into(),
            grouping: grouping.to_vec().into(),
        };
    }

    /// Pads a number, of which so many bytes are the sign.
    fn aligned(&self, sign_len: usize, text: String) -> String {
        let padding = self.width.saturating_sub(text.chars().count());
        if padding == 0 {
            return text;
        }
        let (left, middle, right) = match self.align {
            Align::Left => (0, 0, padding),
            Align::Right => (padding, 0, 0),
            Align::Center => (padding / 2, 0, padding - padding / 2),
            Align::AfterSign => (0, padding, 0),
        };
        let mut out = String::with_capacity(text.len() + padding * self.fill.len_utf8());
        let fill = |out: &mut String, count| out.extend(std::iter::repeat_n(self.fill, count));
        let (sign, body) = text.split_at(sign_len);
        fill(&mut out, left);
        out.push_str(sign);
        fill(&mut out, middle);
        out.push_str(body);
        fill(&mut out, right);
        out
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            _ => "",
        }
    }
}

/// The text of a number by a specifier. What needs too much memory is a `MallocError`; a width or
/// precision beyond all limits is an `InvalidOperation`.
pub fn format(
    number: &Decimal,
    spec: &Spec,
    capitals: bool,
    context: &Context,
    status: &mut Status,
) -> String {
    let too_large = |size: usize| size as u64 > MAX_PREC as u64;
    if too_large(spec.width) || spec.precision.is_some_and(too_large) {
        status.insert(Status::InvalidOperation);
        return String::new();
    }
    let formatted = if !limbs::fits(spec.width) {
        None
    } else if number.is_finite() {
        format_finite(number, spec, capitals, context)
    } else {
        let sign = spec.sign(number.negative);
        let mut text = sign.as_bytes().to_vec();
        push_special(number, &mut text);
        if spec.style == Style::Percent {
            text.push(b'%');
        }
        let text = String::from_utf8(text).unwrap_or_default();
        Some(spec.aligned(sign.len(), text))
    };
    formatted.unwrap_or_else(|| {
        *status |= Status::MallocError;
        String::new()
    })
}

fn format_finite(
    number: &Decimal,
    spec: &Spec,
    capitals: bool,
    context: &Context,
) -> Option<String> {
    let number = rounded(number, spec, context)?;
    let zero = number.coefficient.is_zero();
    let left = number.adjusted() + 1;
    // Where the point goes, counted from before the first digit.
    let point = match spec.style {
        Style::Scientific => match spec.precision {
            Some(precision) if zero => 1 - i64::try_from(precision).ok()?,
            _ => 1,
        },
        Style::Fixed | Style::Percent => left,
        Style::General if number.exponent <= 0 && left > -6 => left,
        Style::General => 1,
    };
    let (digits, whole) = placed(&number.coefficient, point)?;
    let (whole, fraction) = digits.split_at(whole);
    let mut tail = String::with_capacity(fraction.len() + 24);
    if !fraction.is_empty() || spec.alternate {
        tail.push_str(&spec.locale.decimal_point);
    }
    match spec.fraction_separator {
        Separator::None => tail.push_str(fraction),
        separator => tail.push_str(&grouped_fraction(fraction, separator)),
    }
    let exponent = left - point;
    if exponent != 0 || spec.style == Style::Scientific {
        let capital = spec.capital.unwrap_or(capitals);
        tail.push(if capital { 'E' } else { 'e' });
        tail.push_str(&format!("{exponent:+}"));
    }
    if spec.style == Style::Percent {
        tail.push('%');
    }
    let sign = spec.sign(number.negative && !(zero && spec.no_negative_zero));
    let min_width = if spec.zero_pad {
        let others = sign.len() + tail.chars().count();
        spec.width.saturating_sub(others)
    } else {
        0
    };
    let mut text = String::with_capacity(sign.len() + whole.len() * 4 / 3 + tail.len());
    text.push_str(sign);
    spec.locale.push_grouped(&mut text, whole, min_width);
    text.push_str(&tail);
    Some(spec.aligned(sign.len(), text))
}

/// The digits with the zeros that a point before, among or after them needs, and how many of
/// them are before the point: at least one.
fn placed(coefficient: &Coefficient, point: i64) -> Option<(String, usize)> {
    let len = coefficient.digits();
    let before = usize::try_from((-point).max(-1) + 1).ok()?;
    let after = usize::try_from((point - len as i64).max(0)).ok()?;
    if !limbs::fits(before) || !limbs::fits(after) {
        return None;
    }
    let mut text = Vec::with_capacity(before + len + after);
    text.resize(before, b'0');
    coefficient.push_digits(&mut text);
    text.resize(before + len + after, b'0');
    let whole = usize::try_from(point).unwrap_or(0).max(1);
    Some((String::from_utf8(text).ok()?, whole))
}

/// The number as the specifier's precision wants it.
fn rounded(number: &Decimal, spec: &Spec, context: &Context) -> Option<Decimal> {
    let mut number = number.clone();
    if spec.style == Style::Percent {
        number.exponent += 2;
    }
    let fixed = matches!(spec.style, Style::Fixed | Style::Percent);
    if let Some(precision) = spec.precision {
        let precision = i64::try_from(precision).ok()?;
        let digits = number.digits() as i64;
        if fixed {
            number = rescaled(&number, precision.checked_neg()?, context)?;
        } else if !number.coefficient.is_zero() {
            let wanted = match spec.style {
                Style::Scientific => precision.checked_add(1)?,
                _ => precision,
            };
            if spec.style == Style::Scientific || digits > wanted {
                let exponent = number.exponent.checked_add(digits)?.checked_sub(wanted)?;
                number = rescaled(&number, exponent, context)?;
                if number.digits() as i64 > wanted {
                    // All nines became a one with zeros.
                    number.coefficient = shr(&number.coefficient, 1).0;
                    number.exponent += 1;
                }
            }
        }
    }
    if fixed && number.coefficient.is_zero() && number.exponent > 0 {
        number.exponent = 0;
    }
    Some(number)
}

/// The number rounded to another exponent.
fn rescaled(number: &Decimal, exponent: i64, context: &Context) -> Option<Decimal> {
    let shift = number.exponent.checked_sub(exponent)?;
    let coefficient = if shift >= 0 {
        shl(&number.coefficient, shift.unsigned_abs())?
    } else {
        let count = shift.unsigned_abs();
        shr_rounded(
            &number.coefficient,
            count,
            number.negative,
            context.rounding,
        )
        .0
    };
    Some(Decimal::raw(number.negative, coefficient, exponent))
}
