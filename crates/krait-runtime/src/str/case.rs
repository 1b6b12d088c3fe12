//! Methods that change the case of letters.

use krait_macros::pymethods;
use krait_text::{StrSlice, with_units};
use krait_unicode::case;

use super::PyStr;
use crate::PyResult;
use crate::object::Py;

/// Maps ASCII text byte by byte, and other text by the full mapping of Unicode.
macro_rules! mapped {
    ($text:expr, $ascii:expr, $full:path) => {{
        let text: &PyStr = $text;
        match text.as_ascii() {
            Some(ascii) => {
                let map: fn(&mut [u8]) = $ascii;
                PyStr::from_ascii_with(ascii, map)
            }
            None => {
                let codes = with_units!(text.as_slice(), units => $full(units));
                PyStr::from_slice(StrSlice::Ucs4(&codes))
            }
        }
    }};
}

fn ascii_capitalize(text: &mut [u8]) {
    text.make_ascii_lowercase();
    if let Some(first) = text.first_mut() {
        first.make_ascii_uppercase();
    }
}

fn ascii_title(text: &mut [u8]) {
    let mut in_word = false;
    for byte in text {
        if in_word {
            byte.make_ascii_lowercase();
        } else {
            byte.make_ascii_uppercase();
        }
        in_word = byte.is_ascii_alphabetic();
    }
}

fn ascii_swapcase(text: &mut [u8]) {
    for byte in text {
        if byte.is_ascii_alphabetic() {
            *byte ^= 0x20;
        }
    }
}

#[pymethods(CASE)]
impl PyStr {
    /// Return a capitalized version of the string.
    ///
    /// More specifically, make the first character have upper case and the rest lower
    /// case.
    #[pymethod(signature = "($self, /)")]
    fn capitalize(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, ascii_capitalize, case::capitalize)
    }

    /// Return a version of the string suitable for caseless comparisons.
    #[pymethod(signature = "($self, /)")]
    fn casefold(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, <[u8]>::make_ascii_lowercase, case::casefold)
    }

    /// Return a version of the string where each word is titlecased.
    ///
    /// More specifically, words start with uppercased characters and all remaining
    /// cased characters have lower case.
    #[pymethod(signature = "($self, /)")]
    fn title(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, ascii_title, case::title)
    }

    /// Return a copy of the string converted to lowercase.
    #[pymethod(signature = "($self, /)")]
    fn lower(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, <[u8]>::make_ascii_lowercase, case::lower)
    }

    /// Return a copy of the string converted to uppercase.
    #[pymethod(signature = "($self, /)")]
    fn upper(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, <[u8]>::make_ascii_uppercase, case::upper)
    }

    /// Convert uppercase characters to lowercase and lowercase characters to uppercase.
    #[pymethod(signature = "($self, /)")]
    fn swapcase(&self) -> PyResult<Py<PyStr>> {
        mapped!(self, ascii_swapcase, case::swapcase)
    }
}
