//! `cpython/unicodeobject.h`, the part about single characters.

use std::ffi::c_int;

use krait_runtime::{PyClass, PyLong, PyStr};

macro_rules! character_tests {
    ($($name:ident $test:ident;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(code: u32) -> c_int {
            c_int::from(character_answer(code, stringify!($test)))
        }
    )+ };
}

/// Asks the `str` of one character.
fn character_answer(code: u32, method: &'static str) -> bool {
    let answer = PyStr::from_char(code)
        .and_then(|text| text.as_object().call_method_str(method, &[]))
        .and_then(|answer| answer.is_true());
    answer.unwrap_or_else(|error| {
        error.clear();
        false
    })
}

character_tests! {
    _PyUnicode_IsAlpha isalpha;
    _PyUnicode_IsDigit isdigit;
    _PyUnicode_IsDecimalDigit isdecimal;
    _PyUnicode_IsNumeric isnumeric;
    _PyUnicode_IsLowercase islower;
    _PyUnicode_IsUppercase isupper;
    _PyUnicode_IsTitlecase istitle;
    _PyUnicode_IsWhitespace isspace;
    _PyUnicode_IsPrintable isprintable;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_IsLinebreak(code: u32) -> c_int {
    c_int::from(matches!(code, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029))
}

/// The one character that a method of `str` gives, or the character itself.
fn mapped(code: u32, method: &'static str) -> u32 {
    let mapped =
        PyStr::from_char(code).and_then(|text| text.as_object().call_method_str(method, &[]));
    match mapped {
        Ok(mapped) => mapped
            .downcast::<PyStr>()
            .filter(|mapped| mapped.len() == 1)
            .map_or(code, |mapped| mapped.char_at(0)),
        Err(error) => {
            error.clear();
            code
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_ToLowercase(code: u32) -> u32 {
    mapped(code, "lower")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_ToUppercase(code: u32) -> u32 {
    mapped(code, "upper")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_ToTitlecase(code: u32) -> u32 {
    mapped(code, "title")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_ToDecimalDigit(code: u32) -> c_int {
    if !character_answer(code, "isdecimal") {
        return -1;
    }
    let value = PyStr::from_char(code).and_then(|text| PyLong::from_str(&text, 10));
    value
        .ok()
        .and_then(|value| value.to_i64())
        .map_or(-1, |value| value as c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyUnicode_ToDigit(code: u32) -> c_int {
    // SAFETY: the same contract.
    unsafe { _PyUnicode_ToDecimalDigit(code) }
}
