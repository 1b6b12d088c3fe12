//! `isalpha`, `isupper`, `isidentifier` and their kin, of strings.

use krait_unicode as unicode;

use crate::{StrSlice, with_units};

/// At least one character, and all of them of the class.
macro_rules! all_methods {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(text: StrSlice<'_>) -> bool {
            !text.is_empty()
                && with_units!(text, units => {
                    #[allow(clippy::useless_conversion, reason = "the macro is for three widths")]
                    units.iter().all(|&unit| unicode::$name(u32::from(unit)))
                })
        }
    )*};
}

all_methods! {
    /// `str.isalpha`.
    is_alpha;
    /// `str.isalnum`.
    is_alnum;
    /// `str.isdecimal`.
    is_decimal;
    /// `str.isdigit`.
    is_digit;
    /// `str.isnumeric`.
    is_numeric;
    /// `str.isspace`.
    is_space;
}

/// `str.isprintable`.
pub fn is_printable(text: StrSlice<'_>) -> bool {
    text.iter().all(unicode::is_printable)
}

/// `str.isidentifier`.
pub fn is_identifier(text: StrSlice<'_>) -> bool {
    unicode::is_identifier(text.iter())
}

/// `str.islower`: at least one cased character, and none that is upper or title case.
pub fn is_lower(text: StrSlice<'_>) -> bool {
    let mut found = false;
    for code_point in text.iter() {
        if unicode::is_upper(code_point) || unicode::is_title(code_point) {
            return false;
        }
        found |= unicode::is_lower(code_point);
    }
    found
}

/// `str.isupper`: at least one cased character, and none that is lower or title case.
pub fn is_upper(text: StrSlice<'_>) -> bool {
    let mut found = false;
    for code_point in text.iter() {
        if unicode::is_lower(code_point) || unicode::is_title(code_point) {
            return false;
        }
        found |= unicode::is_upper(code_point);
    }
    found
}

/// `str.istitle`.
pub fn is_title(text: StrSlice<'_>) -> bool {
    unicode::case::is_title_text(text.iter())
}

/// A string with every decimal digit as an ASCII digit and every white space as a space, in which
/// `int`, `float` and `complex` read numbers; what is neither and not ASCII becomes `?`.
pub fn to_ascii_number(text: StrSlice<'_>) -> Vec<u8> {
    text.iter()
        .map(|code_point| match code_point {
            0..0x80 if !unicode::is_space(code_point) => code_point as u8,
            _ if unicode::is_space(code_point) => b' ',
            _ => unicode::decimal(code_point).map_or(b'?', |digit| b'0' + digit),
        })
        .collect()
}
