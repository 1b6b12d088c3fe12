//! The database of Unicode 3.2 (`unicodedata.ucd_3_2_0`), which `stringprep` and so `idna` need.

use crate::record::{number, old_record};
use crate::tables;

/// The version of this database.
pub const UNIDATA_VERSION: &str = "3.2.0";

/// Whether Unicode 3.2 had assigned the code point.
pub fn is_assigned(code_point: u32) -> bool {
    category(code_point) != "Cn"
}

/// The general category.
pub fn category(code_point: u32) -> &'static str {
    tables::CATEGORIES[usize::from(old_record(code_point).category)]
}

/// The bidirectional class.
pub fn bidirectional(code_point: u32) -> &'static str {
    tables::BIDIRECTIONAL[usize::from(old_record(code_point).bidirectional)]
}

/// The canonical combining class.
pub fn combining(code_point: u32) -> u8 {
    old_record(code_point).combining
}

/// The East Asian width.
pub fn east_asian_width(code_point: u32) -> &'static str {
    tables::WIDTHS[usize::from(old_record(code_point).width)]
}

/// Whether the character is mirrored in right-to-left text.
pub fn is_mirrored(code_point: u32) -> bool {
    old_record(code_point).mirrored
}

/// The value as a decimal digit.
pub fn decimal(code_point: u32) -> Option<u8> {
    u8::try_from(old_record(code_point).decimal).ok()
}

/// The value as a digit.
pub fn digit(code_point: u32) -> Option<u8> {
    u8::try_from(old_record(code_point).digit).ok()
}

/// The numeric value.
pub fn numeric(code_point: u32) -> Option<f64> {
    number(old_record(code_point).numeric)
}

/// `ucd_3_2_0.decomposition`.
pub fn decomposition(code_point: u32) -> String {
    if is_assigned(code_point) {
        crate::normalize::decomposition(code_point)
    } else {
        String::new()
    }
}

/// `ucd_3_2_0.name`.
pub fn name(code_point: u32) -> Option<String> {
    if is_assigned(code_point) {
        crate::names::name(code_point)
    } else {
        None
    }
}

/// The decomposition that Unicode 3.2 had wrong.
pub(crate) fn corrected_decomposition(code_point: u32) -> Option<u32> {
    tables::OLD_DECOMPOSITIONS
        .iter()
        .find(|row| row.0 == code_point)
        .map(|row| row.1)
}
