//! From Python's numbers, texts and tuples to decimal numbers, and back.

use std::ops::Deref;

use krait_decimal::{
    Coefficient, Context, Decimal, Kind, Status, finalize, parse, parse_exact, to_integral_value,
};
use krait_numbers::bigint::mag;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::str::to_ascii_digits;
use krait_runtime::{
    PyErr, PyFloat, PyList, PyLong, PyResult, PyStr, PyTuple, overflow_error, type_error,
    value_error,
};

use super::context::{PyContext, ssize};
use super::number::PyDecimal;
use super::signals::FLOAT_OPERATION;

/// An operand: a number that lives in an object, or one made of an int.
pub(super) enum Operand<'a> {
    Borrowed(&'a Decimal),
    Owned(Decimal),
}

impl Deref for Operand<'_> {
    type Target = Decimal;

    #[inline(always)]
    fn deref(&self) -> &Decimal {
        match self {
            Operand::Borrowed(number) => number,
            Operand::Owned(number) => number,
        }
    }
}

/// The operand that an object is, if it is a decimal number or an int.
#[inline(always)]
pub(super) fn operand(object: &PyObject) -> Option<Operand<'_>> {
    if let Some(number) = object.downcast::<PyDecimal>() {
        return Some(Operand::Borrowed(&number.value));
    }
    object
        .downcast::<PyLong>()
        .map(|value| Operand::Owned(from_int(value)))
}

/// As [`operand`]; anything else is a `TypeError`.
#[inline]
pub(super) fn needed(object: &PyObject) -> PyResult<Operand<'_>> {
    operand(object).ok_or_else(|| unsupported(object))
}

#[cold]
fn unsupported(object: &PyObject) -> PyErr {
    type_error!(
        "conversion from {} to Decimal is not supported",
        object.type_().tp_name()
    )
}

/// An int, exactly.
pub(super) fn from_int(value: &PyLong) -> Decimal {
    match value.to_i64() {
        Some(value) => Decimal::from_i64(value),
        None => Decimal::from_bigint(value.is_negative(), value.digits()),
    }
}

/// A float, exactly. A NaN has no sign, as `repr()` shows none.
pub(super) fn from_float(value: f64) -> Decimal {
    if value.is_nan() {
        return Decimal::nan(false, false, Coefficient::ZERO);
    }
    let negative = value.is_sign_negative();
    if value.is_infinite() {
        return Decimal::infinity(negative);
    }
    if value == 0.0 {
        return Decimal::new(negative, Coefficient::ZERO, 0);
    }
    let bits = value.abs().to_bits();
    let (biased, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = match biased {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, biased as i64 - 1075),
    };
    let zeros = mantissa.trailing_zeros();
    let (mantissa, exponent) = (mantissa >> zeros, exponent + i64::from(zeros));
    if exponent >= 0 {
        let digits = mag::from_u64(mantissa);
        let shifted = mag::shl(&digits, exponent as u64).unwrap_or_default();
        return Decimal::from_bigint(negative, &shifted);
    }
    // m / 2**k is m * 5**k / 10**k.
    let scale = exponent.unsigned_abs();
    let small = 5_u128.checked_pow(scale as u32);
    let small = small.and_then(|power| power.checked_mul(mantissa.into()));
    let coefficient = match small {
        Some(value) => Coefficient::from_u128(value),
        None => {
            let five = krait_numbers::BigInt::from(5_i64);
            let exponent = krait_numbers::BigInt::from(scale as i64);
            let power = five.as_ref().pow(exponent.as_ref()).unwrap_or_default();
            let mantissa = krait_numbers::BigInt::from(mantissa as i64);
            let product = mantissa.mul(&power);
            Decimal::from_bigint(false, product.digits())
                .coefficient()
                .clone()
        }
    };
    Decimal::new(negative, coefficient, exponent)
}

/// `Decimal.from_float` and `Context.create_decimal_from_float`: a float or an int.
pub(super) fn float_or_int(object: &PyObject) -> PyResult<Decimal> {
    if let Some(value) = object.downcast::<PyLong>() {
        return Ok(from_int(value));
    }
    match object.downcast::<PyFloat>() {
        Some(value) => Ok(from_float(value.value())),
        None => Err(type_error!("argument must be int or float")),
    }
}

/// `Decimal.from_number` of what is no decimal number.
pub(super) fn number(object: &PyObject) -> PyResult<Decimal> {
    if object.is_instance_of::<PyLong>() || object.is_instance_of::<PyFloat>() {
        return float_or_int(object);
    }
    Err(unsupported(object))
}

/// What `Decimal()` makes of an object that is no decimal number: its exact value.
pub(super) fn exact(object: &PyObject, context: &PyContext) -> PyResult<Decimal> {
    if let Some(text) = object.downcast::<PyStr>() {
        let text = stripped(text);
        return exact_text(&text, context);
    }
    if let Some(value) = object.downcast::<PyLong>() {
        return Ok(from_int(value));
    }
    if let Some(parts) = sequence(object) {
        return exact_text(&tuple_text(&parts)?, context);
    }
    match object.downcast::<PyFloat>() {
        Some(value) => {
            context.report(FLOAT_OPERATION)?;
            Ok(from_float(value.value()))
        }
        None => Err(unsupported(object)),
    }
}

/// What `Context.create_decimal` makes of an object: its value, rounded.
pub(super) fn rounded(object: &PyObject, context: &PyContext) -> PyResult<Obj> {
    let settings = context.arithmetic();
    if let Some(text) = object.downcast::<PyStr>() {
        return rounded_text(&to_ascii_digits(text), &settings, context);
    }
    if let Some(number) = object.downcast::<PyDecimal>() {
        let value = &number.value;
        let room = settings.prec - i64::from(settings.clamp);
        if value.is_nan() && value.digits() as i64 > room && !value.coefficient().is_zero() {
            let nan = Decimal::nan(false, false, Coefficient::ZERO);
            return context.finish(nan, Status::ConversionSyntax);
        }
        return finalized(value, &settings, context);
    }
    if let Some(value) = object.downcast::<PyLong>() {
        return finalized(&from_int(value), &settings, context);
    }
    if let Some(parts) = sequence(object) {
        return rounded_text(&tuple_text(&parts)?, &settings, context);
    }
    match object.downcast::<PyFloat>() {
        Some(value) => {
            context.report(FLOAT_OPERATION)?;
            finalized(&from_float(value.value()), &settings, context)
        }
        None => Err(unsupported(object)),
    }
}

/// A number rounded to a context, as an object.
pub(super) fn finalized(value: &Decimal, settings: &Context, context: &PyContext) -> PyResult<Obj> {
    let mut status = Status::empty();
    let result = finalize(value, settings, &mut status);
    context.finish(result, status)
}

fn exact_text(text: &str, context: &PyContext) -> PyResult<Decimal> {
    let mut status = Status::empty();
    let value = parse_exact(text, &mut status);
    context.report(status)?;
    Ok(value)
}

fn rounded_text(text: &str, settings: &Context, context: &PyContext) -> PyResult<Obj> {
    let mut status = Status::empty();
    let value = parse(text, settings, &mut status);
    context.finish(value, status)
}

/// A text with ASCII digits, without underscores and white space around.
fn stripped(text: &PyStr) -> String {
    let text = to_ascii_digits(text);
    let is_space = |c: char| matches!(c, '\t'..='\r' | '\x1c'..='\x1f' | ' ');
    let inner = text.trim_matches(is_space);
    if inner.contains('_') {
        inner.replace('_', "")
    } else if inner.len() == text.len() {
        text
    } else {
        inner.to_owned()
    }
}

fn sequence(object: &PyObject) -> Option<Vec<Obj>> {
    if let Some(tuple) = object.downcast::<PyTuple>() {
        return Some(tuple.as_slice().to_vec());
    }
    object.downcast::<PyList>().map(PyList::to_vec)
}

/// The text of a number that is given as sign, digits and exponent.
fn tuple_text(parts: &[Obj]) -> PyResult<String> {
    let [sign, digits, exponent] = parts else {
        return Err(value_error!("argument must be a sequence of length 3"));
    };
    let mut text = match sign.downcast::<PyLong>().and_then(PyLong::to_i64) {
        Some(0) => String::new(),
        Some(1) => String::from("-"),
        _ => {
            return Err(value_error!(
                "sign must be an integer with the value 0 or 1"
            ));
        }
    };
    let mut suffix = String::new();
    if let Some(letter) = exponent.downcast::<PyStr>() {
        text.push_str(match letter.to_string_lossy().as_str() {
            "F" => "Inf",
            "n" => "NaN",
            "N" => "sNaN",
            _ => {
                return Err(value_error!(
                    "string argument in the third position must be 'F', 'n' or 'N'"
                ));
            }
        });
    } else if exponent.is_instance_of::<PyLong>() {
        suffix = format!("E{}", ssize(exponent)?);
    } else {
        return Err(value_error!("exponent must be an integer"));
    }
    let not_digits = || value_error!("coefficient must be a tuple of digits");
    let digits = sequence(digits).ok_or_else(not_digits)?;
    if digits.is_empty() && !suffix.is_empty() {
        text.push('0');
    }
    let infinite = text.ends_with("Inf");
    for digit in &digits {
        match digit.downcast::<PyLong>().and_then(PyLong::to_i64) {
            Some(digit @ 0..=9) if !infinite => text.push(char::from(b'0' + digit as u8)),
            Some(0..=9) => {}
            _ => return Err(not_digits()),
        }
    }
    text.push_str(&suffix);
    Ok(text)
}

/// An int object of a finite number that is an integer.
fn int_object(value: &Decimal) -> PyResult<Obj> {
    if value.exponent() == 0
        && let Some(magnitude) = value.coefficient().to_u64()
        && let Ok(magnitude) = i64::try_from(magnitude)
    {
        let signed = if value.negative() {
            -magnitude
        } else {
            magnitude
        };
        return Ok(PyLong::from_i64(signed)?.into_object());
    }
    let integer = value
        .to_bigint()
        .ok_or_else(krait_runtime::err::no_memory)?;
    Ok(PyLong::from_bigint(&integer)?.into_object())
}

/// The number rounded to an int.
pub(super) fn to_int(
    value: &Decimal,
    rounding: krait_decimal::Rounding,
    context: &PyContext,
) -> PyResult<Obj> {
    match value.kind() {
        Kind::Finite => {}
        Kind::Infinity => return Err(overflow_error!("cannot convert Infinity to integer")),
        _ => return Err(value_error!("cannot convert NaN to integer")),
    }
    let settings = Context {
        rounding,
        ..context.arithmetic()
    };
    let mut status = Status::empty();
    let whole = to_integral_value(value, &settings, &mut status);
    context.report(status)?;
    int_object(&whole)
}

/// The number as a float, rounded half to even.
pub(super) fn to_float(value: &Decimal) -> PyResult<f64> {
    let sign = if value.negative() { -1.0 } else { 1.0 };
    match value.kind() {
        Kind::Infinity => Ok(sign * f64::INFINITY),
        Kind::QuietNan => Ok(f64::NAN.copysign(sign)),
        Kind::SignalingNan => Err(value_error!("cannot convert signaling NaN to float")),
        Kind::Finite => {
            let text = krait_decimal::to_sci(value, true);
            krait_numbers::float::parse(text.as_bytes())
                .ok_or_else(|| value_error!("could not convert string to float: '{text}'"))
        }
    }
}

/// A finite number as numerator and denominator in lowest terms.
pub(super) fn integer_ratio(value: &Decimal) -> PyResult<(Obj, Obj)> {
    let one = || PyLong::from_i64(1).map(Py::into_object);
    if value.exponent() >= 0 || value.coefficient().is_zero() {
        let whole = if value.coefficient().is_zero() {
            Decimal::zero()
        } else {
            value.clone()
        };
        return Ok((int_object(&whole)?, one()?));
    }
    let integer = |number: Decimal| number.to_bigint().ok_or_else(krait_runtime::err::no_memory);
    let over = integer(Decimal::new(
        value.negative(),
        value.coefficient().clone(),
        0,
    ))?;
    let under = integer(Decimal::new(
        false,
        Coefficient::ONE,
        value.exponent().saturating_neg(),
    ))?;
    let divisor = over.as_ref().gcd(under.as_ref());
    let reduced = |number: &krait_numbers::BigInt| -> PyResult<Obj> {
        let quotient = number
            .as_ref()
            .divrem_trunc(divisor.as_ref())
            .map(|(quotient, _)| quotient)
            .ok_or_else(|| {
                krait_runtime::system_error!("a ratio in lowest terms has no divisor")
            })?;
        Ok(PyLong::from_bigint(&quotient)?.into_object())
    };
    Ok((reduced(&over)?, reduced(&under)?))
}
