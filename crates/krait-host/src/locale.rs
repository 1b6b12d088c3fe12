//! The C library's locale.

use std::cmp::Ordering;
use std::ffi::{CStr, c_char, c_int};

use crate::errno::{lent, plain};

pub use libc::LC_CTYPE;

/// Sets a category of the locale, or with `None` asks for it; the answer is its name.
pub fn setlocale(category: c_int, name: Option<&CStr>) -> Option<Vec<u8>> {
    let name = name.map_or(std::ptr::null(), CStr::as_ptr);
    let answer = lent!(setlocale(category, name));
    if answer.is_null() {
        return None;
    }
    // SAFETY: the text ends with a zero; it is copied at once.
    Some(unsafe { CStr::from_ptr(answer) }.to_bytes().to_vec())
}

/// How numbers and money are written.
#[derive(Clone, Debug, Default)]
pub struct Conventions {
    /// The texts, by C's names of the fields.
    pub texts: Vec<(&'static str, Vec<u8>)>,
    /// The numbers, by C's names of the fields; 127 is "unknown".
    pub numbers: Vec<(&'static str, c_char)>,
    /// The sizes of groups of digits.
    pub grouping: Vec<c_char>,
    /// The sizes of groups of digits in money.
    pub mon_grouping: Vec<c_char>,
}

/// How the locale writes numbers and money.
pub fn localeconv() -> Conventions {
    let raw = plain!(localeconv());
    // SAFETY: the C library gives a struct whose fields are texts that end with a zero.
    let raw = unsafe { &*raw };
    let text = |pointer: *const c_char| -> Vec<u8> {
        if pointer.is_null() {
            return Vec::new();
        }
        // SAFETY: as above.
        unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec()
    };
    macro_rules! texts {
        ($($name:ident)*) => { vec![$((stringify!($name), text(raw.$name))),*] };
    }
    macro_rules! numbers {
        ($($name:ident)*) => { vec![$((stringify!($name), raw.$name)),*] };
    }
    let sizes = |pointer| {
        text(pointer)
            .into_iter()
            .map(|byte| byte as c_char)
            .collect()
    };
    Conventions {
        texts: texts!(decimal_point thousands_sep int_curr_symbol currency_symbol
            mon_decimal_point mon_thousands_sep positive_sign negative_sign),
        numbers: numbers!(int_frac_digits frac_digits p_cs_precedes p_sep_by_space n_cs_precedes
            n_sep_by_space p_sign_posn n_sign_posn),
        grouping: sizes(raw.grouping),
        mon_grouping: sizes(raw.mon_grouping),
    }
}

/// A piece of information about the locale.
pub fn nl_langinfo(item: c_int) -> Vec<u8> {
    // SAFETY: the C library gives a text for every number, an empty one for those it does not
    // know; it ends with a zero and is copied at once.
    unsafe { CStr::from_ptr(libc::nl_langinfo(item)) }
        .to_bytes()
        .to_vec()
}

/// The encoding of the locale.
pub fn codeset() -> Vec<u8> {
    nl_langinfo(libc::CODESET)
}

/// Compares two texts in the locale's order.
pub fn strcoll(a: &CStr, b: &CStr) -> Ordering {
    lent!(strcoll(a.as_ptr(), b.as_ptr())).cmp(&0)
}

/// Turns a text into one whose bytes are in the locale's order.
pub fn strxfrm(text: &CStr) -> Vec<u8> {
    let mut buffer = vec![0u8; text.count_bytes() * 4 + 16];
    loop {
        let length = lent!(strxfrm(
            buffer.as_mut_ptr().cast(),
            text.as_ptr(),
            buffer.len()
        ));
        if length < buffer.len() {
            buffer.truncate(length);
            return buffer;
        }
        buffer.resize(length + 1, 0);
    }
}

/// What the locale says of the 256 bytes: lower case, upper case, and whether alphanumeric.
pub fn bytes() -> ([u8; 256], [u8; 256], [bool; 256]) {
    let (mut lower, mut upper, mut alnum) = ([0; 256], [0; 256], [false; 256]);
    for byte in 0..=255u8 {
        let (index, code) = (usize::from(byte), c_int::from(byte));
        lower[index] = plain!(tolower(code)) as u8;
        upper[index] = plain!(toupper(code)) as u8;
        alnum[index] = plain!(isalnum(code)) != 0;
    }
    (lower, upper, alnum)
}
