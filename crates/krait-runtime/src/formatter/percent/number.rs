//! Numbers of the `%` operator, as ASCII text with their padding.

use krait_numbers::bigint::mag::to_radix;
use krait_numbers::float::{Style, format_double};

use super::{Conversion, is_type_error};
use crate::object::{Py, PyObject};
use crate::{PyLong, PyResult};

/// Whether the code is one for numbers.
pub(super) fn is_numeric(code: u8) -> bool {
    matches!(
        code,
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G'
    )
}

/// A number by one of the codes of [`is_numeric`]. `is_text` tells `str` from `bytes`, whose errors
/// differ.
pub(super) fn format_number(
    conversion: &Conversion,
    value: &PyObject,
    is_text: bool,
) -> PyResult<String> {
    let code = conversion.byte();
    let digits = match code {
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => float_digits(conversion, value, is_text)?,
        _ => int_digits(conversion, &*to_int(value, code)?)?,
    };
    padded(conversion, digits)
}

fn float_digits(conversion: &Conversion, value: &PyObject, is_text: bool) -> PyResult<String> {
    let number = value.to_f64().map_err(|error| {
        if is_text || !is_type_error(&error) {
            return error;
        }
        error.clear();
        crate::type_error!("float argument required, not {}", value.type_().tp_name())
    })?;
    let style = Style {
        alternate: conversion.flags.alternate,
        ..Style::default()
    };
    Ok(format_double(
        number,
        conversion.byte(),
        conversion.precision.unwrap_or(6),
        style,
    ))
}

/// The int that a conversion shows: `%d` truncates any real number, the others take integers only.
fn to_int(value: &PyObject, code: u8) -> PyResult<Py<PyLong>> {
    if let Some(int) = value.downcast::<PyLong>() {
        return Ok(crate::PyClass::to_owned(int));
    }
    let needs_index = matches!(code, b'o' | b'x' | b'X');
    let converted = if needs_index {
        value.index().map(Some)
    } else {
        value.to_int_slots()
    };
    match converted {
        Ok(Some(int)) => return Ok(int),
        Ok(None) => {}
        Err(error) if is_type_error(&error) => error.clear(),
        Err(error) => return Err(error),
    }
    let wanted = if needs_index {
        "an integer is"
    } else {
        "a real number is"
    };
    Err(crate::type_error!(
        "%{} format: {wanted} required, not {}",
        char::from(code),
        value.type_().tp_name()
    ))
}

/// Sign, prefix and digits, with zeros in front up to the precision.
fn int_digits(conversion: &Conversion, value: &PyLong) -> PyResult<String> {
    let code = conversion.byte();
    let (radix, prefix) = match code {
        b'o' => (8, "0o"),
        b'x' => (16, "0x"),
        b'X' => (16, "0X"),
        _ => (10, ""),
    };
    let digits = if radix == 10 {
        // Checks the limit of digits.
        value.to_decimal()?.trim_start_matches('-').to_owned()
    } else {
        to_radix(value.digits(), radix)
    };
    let precision = conversion.precision.unwrap_or(0);
    if precision > i32::MAX as usize - 3 {
        return Err(crate::overflow_error!("precision too large"));
    }
    let mut text = String::new();
    text.try_reserve_exact(digits.len().max(precision) + 3)
        .map_err(|_| crate::err::no_memory())?;
    if value.is_negative() {
        text.push('-');
    }
    if conversion.flags.alternate {
        text.push_str(prefix);
    }
    text.extend(std::iter::repeat_n(
        '0',
        precision.saturating_sub(digits.len()),
    ));
    if code == b'X' {
        text.push_str(&digits.to_ascii_uppercase());
    } else {
        text.push_str(&digits);
    }
    Ok(text)
}

/// Sign and padding around a number's text: zeros go between the sign, the prefix and the digits.
fn padded(conversion: &Conversion, text: String) -> PyResult<String> {
    let flags = conversion.flags;
    if conversion.is_plain() {
        return Ok(text);
    }
    let (mut sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    if sign.is_empty() {
        sign = if flags.sign {
            "+"
        } else if flags.blank {
            " "
        } else {
            ""
        };
    }
    let is_prefixed = flags.alternate && matches!(conversion.byte(), b'o' | b'x' | b'X');
    let (prefix, digits) = rest.split_at(if is_prefixed { 2 } else { 0 });
    let len = sign.len() + rest.len();
    let (left, right) = conversion.padding(len);
    let mut out = String::new();
    out.try_reserve_exact(len.saturating_add(left).saturating_add(right))
        .map_err(|_| crate::err::no_memory())?;
    if !flags.zero {
        out.extend(std::iter::repeat_n(' ', left));
    }
    out.push_str(sign);
    out.push_str(prefix);
    if flags.zero {
        out.extend(std::iter::repeat_n('0', left));
    }
    out.push_str(digits);
    out.extend(std::iter::repeat_n(' ', right));
    Ok(out)
}
