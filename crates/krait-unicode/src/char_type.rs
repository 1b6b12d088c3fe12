//! Properties of single code points: what `str.isalpha` and its kin ask, and `unicodedata`.

use crate::record::{flag, number, record};
use crate::tables;

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident = $($flag:ident)|+;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(code_point: u32) -> bool {
            record(code_point).flags & ($(flag::$flag)|+) != 0
        }
    )*};
}

predicates! {
    /// What `str.isalpha` asks of each character.
    is_alpha = ALPHA;
    /// What `str.isalnum` asks of each character.
    is_alnum = ALPHA | DECIMAL | DIGIT | NUMERIC;
    /// What `str.isdecimal` asks of each character.
    is_decimal = DECIMAL;
    /// What `str.isdigit` asks of each character.
    is_digit = DIGIT;
    /// What `str.isnumeric` asks of each character.
    is_numeric = NUMERIC;
    /// What `str.isspace` asks of each character, and where `str.split` cuts.
    is_space = SPACE;
    /// Where `str.splitlines` cuts.
    is_linebreak = LINEBREAK;
    /// What `str.isprintable` asks of each character; what `repr` need not escape.
    is_printable = PRINTABLE;
    /// Whether the character is upper case.
    is_upper = UPPER;
    /// Whether the character is lower case.
    is_lower = LOWER;
    /// Whether the character is title case (category `Lt`).
    is_title = TITLE;
    /// Whether the character is upper, lower or title case.
    is_cased = CASED;
    /// Whether the final-sigma rule looks past the character.
    is_case_ignorable = CASE_IGNORABLE;
    /// Whether an identifier may begin with the character; the underscore is not counted.
    is_xid_start = XID_START;
    /// Whether an identifier may go on with the character.
    is_xid_continue = XID_CONTINUE;
    /// Whether the character is mirrored in right-to-left text.
    is_mirrored = MIRRORED;
}

/// Whether Python's `str.isidentifier` holds for these code points.
pub fn is_identifier(mut text: impl Iterator<Item = u32>) -> bool {
    text.next()
        .is_some_and(|first| first == u32::from(b'_') || is_xid_start(first))
        && text.all(is_xid_continue)
}

/// The general category, such as `Lu`; `Cn` for what is unassigned.
pub fn category(code_point: u32) -> &'static str {
    tables::CATEGORIES[usize::from(record(code_point).category)]
}

/// The bidirectional class, such as `L`; empty for what has none.
pub fn bidirectional(code_point: u32) -> &'static str {
    tables::BIDIRECTIONAL[usize::from(record(code_point).bidirectional)]
}

/// The canonical combining class.
#[inline]
pub fn combining(code_point: u32) -> u8 {
    record(code_point).combining
}

/// The East Asian width, such as `Na`.
pub fn east_asian_width(code_point: u32) -> &'static str {
    tables::WIDTHS[usize::from(record(code_point).width)]
}

/// The value as a decimal digit.
#[inline]
pub fn decimal(code_point: u32) -> Option<u8> {
    u8::try_from(record(code_point).decimal).ok()
}

/// The value as a digit, superscripts and the like included.
pub fn digit(code_point: u32) -> Option<u8> {
    u8::try_from(record(code_point).digit).ok()
}

/// The numeric value.
pub fn numeric(code_point: u32) -> Option<f64> {
    number(record(code_point).numeric)
}
