//! Methods that ask something of every character.

use krait_macros::pymethods;
use krait_text::{StrSlice, with_units};
use krait_unicode as unicode;

use super::PyStr;

/// Whether there is a character and `holds` for all.
#[allow(clippy::useless_conversion, reason = "units have three widths")]
fn all(text: &PyStr, holds: impl Fn(u32) -> bool) -> bool {
    !text.is_empty()
        && with_units!(text.as_slice(), units => units.iter().all(|&unit| holds(u32::from(unit))))
}

/// Whether there is a character with case, and `wrong` holds for none.
#[allow(clippy::useless_conversion, reason = "units have three widths")]
fn cased(text: &PyStr, right: impl Fn(u32) -> bool, wrong: impl Fn(u32) -> bool) -> bool {
    let mut any = false;
    let none_wrong = with_units!(text.as_slice(), units => units.iter().all(|&unit| {
        any |= right(u32::from(unit));
        !wrong(u32::from(unit))
    }));
    none_wrong && any
}

#[pymethods(PREDICATES)]
impl PyStr {
    /// Return True if all characters in the string are ASCII, False otherwise.
    ///
    /// ASCII characters have code points in the range U+0000-U+007F.
    /// Empty string is ASCII too.
    #[pymethod(signature = "($self, /)")]
    fn isascii(&self) -> bool {
        self.is_ascii()
    }

    /// Return True if the string is a lowercase string, False otherwise.
    ///
    /// A string is lowercase if all cased characters in the string are lowercase and
    /// there is at least one cased character in the string.
    #[pymethod(signature = "($self, /)")]
    fn islower(&self) -> bool {
        if let Some(text) = self.as_ascii() {
            let bytes = text.as_bytes();
            return bytes.iter().any(u8::is_ascii_lowercase)
                && !bytes.iter().any(u8::is_ascii_uppercase);
        }
        cased(self, unicode::is_lower, |code| {
            unicode::is_upper(code) || unicode::is_title(code)
        })
    }

    /// Return True if the string is an uppercase string, False otherwise.
    ///
    /// A string is uppercase if all cased characters in the string are uppercase and
    /// there is at least one cased character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isupper(&self) -> bool {
        if let Some(text) = self.as_ascii() {
            let bytes = text.as_bytes();
            return bytes.iter().any(u8::is_ascii_uppercase)
                && !bytes.iter().any(u8::is_ascii_lowercase);
        }
        cased(self, unicode::is_upper, |code| {
            unicode::is_lower(code) || unicode::is_title(code)
        })
    }

    /// Return True if the string is a title-cased string, False otherwise.
    ///
    /// In a title-cased string, upper- and title-case characters may only
    /// follow uncased characters and lowercase characters only cased ones.
    #[pymethod(signature = "($self, /)")]
    fn istitle(&self) -> bool {
        unicode::case::is_title_text(self.as_slice().iter())
    }

    /// Return True if the string is a whitespace string, False otherwise.
    ///
    /// A string is whitespace if all characters in the string are whitespace and there
    /// is at least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isspace(&self) -> bool {
        all(self, unicode::is_space)
    }

    /// Return True if the string is a decimal string, False otherwise.
    ///
    /// A string is a decimal string if all characters in the string are decimal and
    /// there is at least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isdecimal(&self) -> bool {
        match self.as_ascii() {
            Some(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            None => all(self, unicode::is_decimal),
        }
    }

    /// Return True if the string is a digit string, False otherwise.
    ///
    /// A string is a digit string if all characters in the string are digits and there
    /// is at least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isdigit(&self) -> bool {
        match self.as_ascii() {
            Some(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            None => all(self, unicode::is_digit),
        }
    }

    /// Return True if the string is a numeric string, False otherwise.
    ///
    /// A string is numeric if all characters in the string are numeric and there is at
    /// least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isnumeric(&self) -> bool {
        match self.as_ascii() {
            Some(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            None => all(self, unicode::is_numeric),
        }
    }

    /// Return True if the string is an alphabetic string, False otherwise.
    ///
    /// A string is alphabetic if all characters in the string are alphabetic and there
    /// is at least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isalpha(&self) -> bool {
        match self.as_ascii() {
            Some(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
            None => all(self, unicode::is_alpha),
        }
    }

    /// Return True if the string is an alpha-numeric string, False otherwise.
    ///
    /// A string is alpha-numeric if all characters in the string are alpha-numeric and
    /// there is at least one character in the string.
    #[pymethod(signature = "($self, /)")]
    fn isalnum(&self) -> bool {
        match self.as_ascii() {
            Some(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            None => all(self, unicode::is_alnum),
        }
    }

    /// Return True if the string is a valid Python identifier, False otherwise.
    ///
    /// Call keyword.iskeyword(s) to test whether string s is a reserved identifier,
    /// such as "def" or "class".
    #[pymethod(signature = "($self, /)")]
    fn isidentifier(&self) -> bool {
        self.is_identifier()
    }

    /// Return True if all characters in the string are printable, False otherwise.
    ///
    /// A character is printable if repr() may use it in its output.
    #[pymethod(signature = "($self, /)")]
    fn isprintable(&self) -> bool {
        match self.as_slice() {
            StrSlice::Latin1(units) if self.is_ascii() => {
                units.iter().all(|unit| (0x20..0x7F).contains(unit))
            }
            _ => self.is_empty() || all(self, unicode::is_printable),
        }
    }
}

impl PyStr {
    /// Whether the string could be a name in Python source, keywords included.
    pub fn is_identifier(&self) -> bool {
        match self.as_ascii() {
            Some(text) => {
                let bytes = text.as_bytes();
                bytes
                    .first()
                    .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
                    && bytes
                        .iter()
                        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            }
            None => unicode::is_identifier(self.as_slice().iter()),
        }
    }
}
