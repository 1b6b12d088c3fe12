//! Unicode digits and spaces as the ASCII ones that numbers are written with.

use super::PyStr;

/// The text with decimal digits and white space of any script as ASCII's. What is left beyond ASCII
/// becomes U+FFFD's UTF-8, which is in no number.
pub fn to_ascii_digits(text: &PyStr) -> String {
    if let Some(ascii) = text.as_ascii() {
        return ascii.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    text.as_slice().for_each(|code| match code {
        0..=0x7F => out.push(code as u8 as char),
        _ if krait_unicode::is_space(code) => out.push(' '),
        _ => match krait_unicode::decimal(code) {
            Some(digit) => out.push(char::from(b'0' + digit)),
            None => out.push(char::REPLACEMENT_CHARACTER),
        },
    });
    out
}
