//! `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.

use super::{Align, FormatSpec, Kind, Separator, SpecError};

fn align_of(code_point: u32) -> Option<Align> {
    match u8::try_from(code_point).ok()? {
        b'<' => Some(Align::Left),
        b'>' => Some(Align::Right),
        b'^' => Some(Align::Center),
        b'=' => Some(Align::AfterSign),
        _ => None,
    }
}

/// What is left of a specifier.
struct Rest<'a, T> {
    text: &'a [T],
}

impl<T: Copy + Into<u32>> Rest<'_, T> {
    fn peek(&self, index: usize) -> Option<u32> {
        self.text.get(index).map(|&c| c.into())
    }

    fn skip(&mut self, count: usize) {
        self.text = &self.text[count..];
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek(0) == Some(u32::from(wanted));
        if found {
            self.skip(1);
        }
        found
    }

    /// A number in any script's decimal digits; `None` if there is no digit.
    fn number(&mut self) -> Result<Option<usize>, SpecError> {
        let mut value = None;
        while let Some(digit) = self.peek(0).and_then(krait_unicode::decimal) {
            let next = value.unwrap_or(0usize).checked_mul(10);
            let next = next.and_then(|n| n.checked_add(usize::from(digit)));
            value = Some(
                next.filter(|&n| n <= isize::MAX as usize)
                    .ok_or(SpecError::TooManyDigits)?,
            );
            self.skip(1);
        }
        Ok(value)
    }

    fn separator(&mut self) -> Result<Separator, SpecError> {
        let mut separator = Separator::None;
        if self.take(b',') {
            separator = Separator::Comma;
        }
        if self.take(b'_') {
            if separator == Separator::Comma {
                return Err(SpecError::CommaAndUnderscore);
            }
            separator = Separator::Underscore;
        }
        if separator == Separator::Underscore && self.peek(0) == Some(u32::from(b',')) {
            return Err(SpecError::CommaAndUnderscore);
        }
        Ok(separator)
    }
}

fn separator_byte(separator: Separator) -> u8 {
    if separator == Separator::Comma {
        b','
    } else {
        b'_'
    }
}

impl FormatSpec {
    /// Parses a specifier for a value of some kind.
    pub fn parse<T: Copy + Into<u32>>(text: &[T], kind: Kind) -> Result<FormatSpec, SpecError> {
        let mut rest = Rest { text };
        let default_align = if kind == Kind::Str {
            Align::Left
        } else {
            Align::Right
        };
        let mut fill = None;
        let mut align = None;
        if let Some(found) = rest.peek(1).and_then(align_of) {
            fill = rest.peek(0);
            align = Some(found);
            rest.skip(2);
        } else if let Some(found) = rest.peek(0).and_then(align_of) {
            align = Some(found);
            rest.skip(1);
        }
        let sign = [b'+', b'-', b' '].into_iter().find(|&sign| rest.take(sign));
        let no_negative_zero = rest.take(b'z');
        let alternate = rest.take(b'#');
        if fill.is_none() && rest.take(b'0') {
            fill = Some(u32::from(b'0'));
            if align.is_none() && default_align == Align::Right {
                align = Some(Align::AfterSign);
            }
        }
        let width = rest.number()?;
        let separator = rest.separator()?;
        let (mut precision, mut fraction_separator) = (None, Separator::None);
        if rest.take(b'.') {
            precision = rest.number()?;
            fraction_separator = rest.separator()?;
            if precision.is_none() && fraction_separator == Separator::None {
                return Err(SpecError::MissingPrecision);
            }
        }
        let code = match *rest.text {
            [] => match kind {
                Kind::Str => Some(u32::from(b's')),
                Kind::Int => Some(u32::from(b'd')),
                Kind::Float => None,
            },
            [code] => Some(code.into()),
            _ => return Err(SpecError::Invalid),
        };
        check_separators(separator, fraction_separator, code)?;
        Ok(FormatSpec {
            fill: fill.unwrap_or(u32::from(b' ')),
            align: align.unwrap_or(default_align),
            alternate,
            no_negative_zero,
            sign,
            width,
            separator,
            precision,
            fraction_separator,
            code,
        })
    }

    /// The presentation type, if it is a byte; 0 for none.
    pub(super) fn code_byte(&self) -> u8 {
        self.code
            .map_or(0, |code| u8::try_from(code).unwrap_or(0xFF))
    }

    /// The error of a presentation type that the value does not have.
    pub(super) fn unknown_code(&self) -> SpecError {
        SpecError::UnknownCode(self.code.unwrap_or(0))
    }
}

fn check_separators(
    separator: Separator,
    fraction: Separator,
    code: Option<u32>,
) -> Result<(), SpecError> {
    let byte = code.map_or(0, |code| u8::try_from(code).unwrap_or(0xFF));
    let allowed = match byte {
        0 | b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' => true,
        b'b' | b'o' | b'x' | b'X' => separator == Separator::Underscore,
        _ => false,
    };
    if separator != Separator::None && !allowed {
        return Err(SpecError::SeparatorWith(
            separator_byte(separator),
            code.unwrap_or(0),
        ));
    }
    if fraction != Separator::None && byte == b'n' {
        return Err(SpecError::SeparatorWith(
            separator_byte(fraction),
            code.unwrap_or(0),
        ));
    }
    Ok(())
}
