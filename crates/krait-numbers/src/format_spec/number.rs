//! How the parts of a number are grouped and padded.

use std::borrow::Cow;

use super::{Align, FormatSpec, Rendered, Separator};

/// How a locale writes numbers, as `localeconv` tells; the default is the C locale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Locale {
    /// What stands between the whole part and the fraction.
    pub decimal_point: Cow<'static, str>,
    /// What stands between groups.
    pub thousands_sep: Cow<'static, str>,
    /// Sizes of the groups from the right; the last repeats, and `CHAR_MAX` (127) ends grouping.
    pub grouping: Cow<'static, [u8]>,
}

impl Default for Locale {
    fn default() -> Self {
        Self {
            decimal_point: ".".into(),
            thousands_sep: "".into(),
            grouping: Cow::Borrowed(&[]),
        }
    }
}

impl Locale {
    /// The grouping that a specifier asks for itself: by three digits, or by four for the radices
    /// that are powers of two.
    pub fn of_separator(separator: Separator, size: u8) -> Self {
        let group: &'static [u8] = if size == 4 { &[4] } else { &[3] };
        let (thousands_sep, grouping) = match separator {
            Separator::None => ("", &[][..]),
            Separator::Comma => (",", &[3][..]),
            Separator::Underscore => ("_", group),
        };
        Self {
            decimal_point: ".".into(),
            thousands_sep: thousands_sep.into(),
            grouping: grouping.into(),
        }
    }

    /// Sizes of groups from the right; `None` for one that takes all that is left.
    fn groups(&self) -> impl Iterator<Item = Option<usize>> {
        let mut position = 0;
        let mut last = None;
        std::iter::from_fn(move || {
            match self.grouping.get(position) {
                Some(127) => last = None,
                Some(0) | None => {}
                Some(&size) => {
                    last = Some(usize::from(size));
                    position += 1;
                }
            }
            Some(last)
        })
    }

    /// Appends digits in groups, with zeros in front to fill `min_width`.
    pub fn push_grouped(&self, out: &mut String, digits: &str, min_width: usize) {
        if self.grouping.is_empty() {
            out.extend(std::iter::repeat_n(
                '0',
                min_width.saturating_sub(digits.len()),
            ));
            out.push_str(digits);
            return;
        }
        let separator_width = self.thousands_sep.chars().count();
        let (mut left, mut room) = (digits.len(), min_width);
        // Each group from the right: how many zeros, and which digits.
        let mut groups = Vec::new();
        for size in self.groups() {
            let needed = left.max(room).max(1);
            let len = size.map_or(needed, |size| size.min(needed));
            let taken = left.min(len);
            groups.push((len - taken, left - taken..left));
            left -= taken;
            room = room.saturating_sub(len);
            if left == 0 && room == 0 {
                break;
            }
            room = room.saturating_sub(separator_width);
        }
        for (index, (zeros, range)) in groups.into_iter().rev().enumerate() {
            if index > 0 {
                out.push_str(&self.thousands_sep);
            }
            out.extend(std::iter::repeat_n('0', zeros));
            out.push_str(&digits[range]);
        }
    }
}

/// A fraction's digits in groups of three from the point.
pub fn grouped_fraction(digits: &str, separator: Separator) -> String {
    let mark = match separator {
        Separator::None => return digits.to_owned(),
        Separator::Comma => ',',
        Separator::Underscore => '_',
    };
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// The unsigned ASCII text of a number, cut into its parts.
struct Parts<'a> {
    whole: &'a str,
    has_point: bool,
    fraction: &'a str,
    /// An exponent, a percent sign, or all of `inf` and `nan`.
    remainder: &'a str,
}

impl<'a> Parts<'a> {
    fn of_float(text: &'a str) -> Self {
        let digits = |text: &str| {
            text.bytes()
                .position(|b| !b.is_ascii_digit())
                .unwrap_or(text.len())
        };
        let (whole, rest) = text.split_at(digits(text));
        let has_point = rest.starts_with('.');
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let (fraction, remainder) = if has_point {
            rest.split_at(digits(rest))
        } else {
            ("", rest)
        };
        Self {
            whole,
            has_point,
            fraction,
            remainder,
        }
    }
}

/// A number's text and how to lay it out.
pub(super) struct Number<'a> {
    /// Whether a minus sign goes before it.
    pub(super) negative: bool,
    /// `0x` and the like.
    pub(super) prefix: &'a str,
    /// ASCII digits without sign and prefix.
    pub(super) text: &'a str,
    /// Whether the text is of a float; else all of it is digits of an integer.
    pub(super) is_float: bool,
}

impl Number<'_> {
    /// Applies grouping, sign and padding.
    pub(super) fn layout(&self, spec: &FormatSpec, locale: &Locale) -> Rendered {
        let parts = if self.is_float {
            Parts::of_float(self.text)
        } else {
            Parts {
                whole: self.text,
                has_point: false,
                fraction: "",
                remainder: "",
            }
        };
        let mut text = String::with_capacity(self.text.len() + 8);
        match (self.negative, spec.sign) {
            (true, _) => text.push('-'),
            (false, Some(sign @ (b'+' | b' '))) => text.push(char::from(sign)),
            _ => {}
        }
        text.push_str(self.prefix);
        let head = text.len();
        let mut tail = String::new();
        if parts.has_point {
            tail.push_str(&locale.decimal_point);
        }
        tail.push_str(&grouped_fraction(parts.fraction, spec.fraction_separator));
        tail.push_str(parts.remainder);
        let width = spec.width.unwrap_or(0);
        let zero_fill = spec.fill == u32::from(b'0') && spec.align == Align::AfterSign;
        if !parts.whole.is_empty() {
            let others = text.chars().count() + tail.chars().count();
            let min_width = if zero_fill {
                width.saturating_sub(others)
            } else {
                0
            };
            locale.push_grouped(&mut text, parts.whole, min_width);
        }
        text.push_str(&tail);
        Rendered::padded(text, head, spec)
    }
}
