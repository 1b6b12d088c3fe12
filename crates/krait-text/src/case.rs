//! `lower`, `upper`, `title`, `capitalize`, `swapcase` and `casefold` of strings.

use krait_unicode::case as full;

use crate::{StrBuf, StrSlice, with_units};

/// Maps ASCII byte by byte, and the rest by the full mappings of Unicode.
macro_rules! case_methods {
    ($($(#[$doc:meta])* $name:ident = $ascii:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(text: StrSlice<'_>) -> StrBuf {
            if let StrSlice::Latin1(units) = text
                && units.is_ascii()
            {
                let ascii: fn(&[u8]) -> Vec<u8> = $ascii;
                return StrBuf::Latin1(ascii(units));
            }
            with_units!(text, units => full::$name(units).into_iter().collect())
        }
    )*};
}

case_methods! {
    /// `str.lower`.
    lower = |units| units.to_ascii_lowercase();
    /// `str.upper`.
    upper = |units| units.to_ascii_uppercase();
    /// `str.casefold`.
    casefold = |units| units.to_ascii_lowercase();
    /// `str.title`.
    title = ascii_title;
    /// `str.capitalize`.
    capitalize = |units| {
        let mut out = units.to_ascii_lowercase();
        out.iter_mut().take(1).for_each(|first| first.make_ascii_uppercase());
        out
    };
    /// `str.swapcase`.
    swapcase = ascii_swapcase;
}

/// `bytes.title`, and `str.title` of ASCII.
pub fn ascii_title(units: &[u8]) -> Vec<u8> {
    let mut after_letter = false;
    let titled = |byte: &u8| {
        let mapped = if after_letter {
            byte.to_ascii_lowercase()
        } else {
            byte.to_ascii_uppercase()
        };
        after_letter = byte.is_ascii_alphabetic();
        mapped
    };
    units.iter().map(titled).collect()
}

/// `bytes.swapcase`, and `str.swapcase` of ASCII.
pub fn ascii_swapcase(units: &[u8]) -> Vec<u8> {
    units
        .iter()
        .map(|byte| {
            if byte.is_ascii_alphabetic() {
                byte ^ 0x20
            } else {
                *byte
            }
        })
        .collect()
}
