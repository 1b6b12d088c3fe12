//! Arithmetic of ints: quick paths for one digit, `krait-numbers` for the rest.

use std::cmp::Ordering;

use krait_abi as abi;
use krait_macros::pymethods;
use krait_numbers::BigInt;
use krait_numbers::bigint::{IntRef, TrueDivideError, mag};

use super::PyLong;
use crate::BinaryOp;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyFloat, PyResult, PyTuple};

impl PyLong {
    /// The value for the algorithms of `krait-numbers`.
    #[inline]
    pub fn as_int_ref(&self) -> IntRef<'_> {
        IntRef::new(self.is_negative(), self.digits())
    }
}

/// Both operands, if both are ints.
#[inline(always)]
fn operands<'a>(left: &'a PyObject, right: &'a PyObject) -> Option<(&'a PyLong, &'a PyLong)> {
    Some((left.downcast::<PyLong>()?, right.downcast::<PyLong>()?))
}

#[inline(always)]
fn both_compact(left: &PyLong, right: &PyLong) -> Option<(i64, i64)> {
    (left.is_compact() && right.is_compact()).then(|| (left.compact_value(), right.compact_value()))
}

fn not_implemented() -> PyResult<Obj> {
    Ok(crate::not_implemented().to_obj())
}

/// Both operands as machine words, if they fit two digits: sums and products then need no long
/// arithmetic unless they overflow.
#[inline(always)]
fn both_short(left: &PyLong, right: &PyLong) -> Option<(i64, i64)> {
    (left.digit_count() <= 2 && right.digit_count() <= 2)
        .then(|| Some((left.to_i64()?, right.to_i64()?)))
        .flatten()
}

/// So many digits fit a double machine word with room for a sign.
const WIDE_DIGITS: usize = 4;

/// The value as a double machine word, if it has few digits: such ints need no memory for a result
/// in between.
#[inline]
fn wide(value: &PyLong) -> Option<i128> {
    let digits = value.digits();
    if digits.len() > WIDE_DIGITS {
        return None;
    }
    let magnitude = digits
        .iter()
        .rev()
        .fold(0, |value: i128, &digit| value << 30 | i128::from(digit));
    Some(if value.is_negative() {
        -magnitude
    } else {
        magnitude
    })
}

#[inline]
fn both_wide(left: &PyLong, right: &PyLong) -> Option<(i128, i128)> {
    Some((wide(left)?, wide(right)?))
}

/// The int of a double machine word.
fn from_wide(value: i128) -> PyResult<Obj> {
    if let Ok(value) = i64::try_from(value) {
        return small(value);
    }
    let mut digits = [0; WIDE_DIGITS + 1];
    let (mut rest, mut len) = (value.unsigned_abs(), 0);
    while rest > 0 {
        digits[len] = rest as u32 & krait_numbers::bigint::DIGIT_MASK;
        rest >>= 30;
        len += 1;
    }
    Ok(PyLong::from_digits(value < 0, &digits[..len])?.into_object())
}

#[inline(always)]
fn small(value: i64) -> PyResult<Obj> {
    Ok(PyLong::from_i64(value)?.into_object())
}

fn big(value: &BigInt) -> PyResult<Obj> {
    Ok(PyLong::from_bigint(value)?.into_object())
}

/// The sum of two ints, the second with its sign as given.
fn sum(left: &PyLong, right: &PyLong, right_negative: bool) -> PyResult<Obj> {
    let (a, b) = (left.digits(), right.digits());
    let sum = if left.is_negative() == right_negative {
        let most = a.len().max(b.len()) + 1;
        PyLong::build(left.is_negative(), most, |out| mag::add_into(out, a, b))
    } else {
        match mag::cmp(a, b) {
            Ordering::Equal => PyLong::from_i64(0),
            Ordering::Greater => {
                PyLong::build(left.is_negative(), a.len(), |out| mag::sub_into(out, a, b))
            }
            Ordering::Less => {
                PyLong::build(right_negative, b.len(), |out| mag::sub_into(out, b, a))
            }
        }
    };
    Ok(sum?.into_object())
}

/// The product of two ints.
fn product(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    let (a, b) = (left.digits(), right.digits());
    let negative = left.is_negative() != right.is_negative();
    let product = PyLong::build(negative, a.len() + b.len(), |out| mag::mul_into(out, a, b))?;
    Ok(product.into_object())
}

/// `left + right`.
#[inline]
pub fn add(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    match both_compact(left, right) {
        Some((a, b)) => small(a + b),
        None if let Some((a, b)) = both_short(left, right) => small(a + b),
        None => sum(left, right, right.is_negative()),
    }
}

/// `left - right`.
#[inline]
pub fn subtract(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    match both_compact(left, right) {
        Some((a, b)) => small(a - b),
        None if let Some((a, b)) = both_short(left, right) => small(a - b),
        None => sum(left, right, !right.is_negative()),
    }
}

/// `left * right`.
#[inline]
pub fn multiply(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    match both_compact(left, right) {
        Some((a, b)) => small(a * b),
        None if let Some(product) = both_short(left, right).and_then(|(a, b)| a.checked_mul(b)) => {
            small(product)
        }
        None => product(left, right),
    }
}

#[cold]
fn zero_division(message: &str) -> crate::PyErr {
    crate::zero_division_error!("{message}")
}

/// `left // right`.
pub fn floor_divide(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    if right.is_zero() {
        return Err(zero_division("division by zero"));
    }
    if let Some((a, b)) = both_compact(left, right) {
        let quotient = a / b;
        return small(if a % b != 0 && (a < 0) != (b < 0) {
            quotient - 1
        } else {
            quotient
        });
    }
    if let Some((a, b)) = both_wide(left, right) {
        let quotient = a / b;
        let inexact = a % b != 0 && (a < 0) != (b < 0);
        return from_wide(quotient - i128::from(inexact));
    }
    match left.as_int_ref().div_floor(right.as_int_ref()) {
        Some(quotient) => big(&quotient),
        None => Err(zero_division("division by zero")),
    }
}

/// `left % right`.
pub fn remainder(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    if right.is_zero() {
        return Err(zero_division("division by zero"));
    }
    if let Some((a, b)) = both_compact(left, right) {
        let rest = a % b;
        return small(if rest != 0 && (rest < 0) != (b < 0) {
            rest + b
        } else {
            rest
        });
    }
    if let Some((a, b)) = both_wide(left, right) {
        let rest = a % b;
        let other_sign = rest != 0 && (rest < 0) != (b < 0);
        return from_wide(if other_sign { rest + b } else { rest });
    }
    match left.as_int_ref().mod_floor(right.as_int_ref()) {
        Some(rest) => big(&rest),
        None => Err(zero_division("division by zero")),
    }
}

/// `left / right`, correctly rounded.
pub fn true_divide(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    if let Some((a, b)) = both_compact(left, right)
        && b != 0
    {
        return Ok(PyFloat::new(a as f64 / b as f64)?.into_object());
    }
    match left.as_int_ref().true_divide(right.as_int_ref()) {
        Ok(quotient) => Ok(PyFloat::new(quotient)?.into_object()),
        Err(error @ TrueDivideError::DivisionByZero) => Err(zero_division(error.message())),
        Err(error) => Err(crate::overflow_error!("{}", error.message())),
    }
}

/// `pow(base, exponent)`, and with a modulus `pow(base, exponent, modulus)`.
pub fn power(base: &PyLong, exponent: &PyLong, modulus: Option<&PyLong>) -> PyResult<Obj> {
    if let Some(modulus) = modulus {
        let result = base
            .as_int_ref()
            .pow_mod(exponent.as_int_ref(), modulus.as_int_ref());
        return match result {
            Ok(result) => big(&result),
            Err(error) => Err(crate::value_error!("{}", error.message())),
        };
    }
    if exponent.is_negative() {
        // A negative exponent gives a float.
        let (base, exponent) = (base.to_f64()?, exponent.to_f64()?);
        return crate::float::power(base, exponent);
    }
    match base.as_int_ref().pow(exponent.as_int_ref()) {
        Some(result) => big(&result),
        None => Err(crate::err::no_memory()),
    }
}

/// `left << right`.
fn shift_left(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    if right.is_negative() {
        return Err(crate::value_error!("negative shift count"));
    }
    if left.is_zero() {
        return small(0);
    }
    if let Some((a, b)) = both_compact(left, right)
        && b < 32
    {
        return small(a << b);
    }
    let Some(bits) = right.to_u64() else {
        return Err(crate::overflow_error!("too many digits in integer"));
    };
    if let Some(value) = wide(left)
        && bits <= 30 * WIDE_DIGITS as u64
        && left.digit_count() * 30 + bits as usize <= 30 * WIDE_DIGITS
    {
        return from_wide(value << bits);
    }
    match left.as_int_ref().shl(bits) {
        Some(result) => big(&result),
        None => Err(crate::err::no_memory()),
    }
}

/// `left >> right`.
fn shift_right(left: &PyLong, right: &PyLong) -> PyResult<Obj> {
    if right.is_negative() {
        return Err(crate::value_error!("negative shift count"));
    }
    if left.is_compact() {
        let bits = right.to_u64().unwrap_or(63).min(63);
        return small(left.compact_value() >> bits);
    }
    match right.to_u64() {
        Some(bits) if let Some(value) = wide(left) => from_wide(value >> bits.min(127)),
        Some(bits) => big(&left.as_int_ref().shr(bits)),
        None => small(if left.is_negative() { -1 } else { 0 }),
    }
}

/// `&`, `|` and `^` of ints; `NotImplemented` for other operands.
pub fn bitwise(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    let Some((left, right)) = operands(left, right) else {
        return not_implemented();
    };
    if let Some((a, b)) = both_compact(left, right) {
        return small(match op {
            BinaryOp::And => a & b,
            BinaryOp::Or => a | b,
            _ => a ^ b,
        });
    }
    if let Some((a, b)) = both_wide(left, right) {
        return from_wide(match op {
            BinaryOp::And => a & b,
            BinaryOp::Or => a | b,
            _ => a ^ b,
        });
    }
    let (left, right) = (left.as_int_ref(), right.as_int_ref());
    big(&match op {
        BinaryOp::And => left.bitand(right),
        BinaryOp::Or => left.bitor(right),
        _ => left.bitxor(right),
    })
}

macro_rules! binary_slots {
    ($($name:ident $slot:ident $function:expr;)*) => {
        #[pymethods(NUMBER)]
        impl PyLong {
            $(
                #[slot($slot)]
                fn $name(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                    match operands(left, right) {
                        Some((left, right)) => ($function)(left, right),
                        None => not_implemented(),
                    }
                }
            )*

            #[slot(nb_and)]
            fn nb_and(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                bitwise(left, right, BinaryOp::And)
            }

            #[slot(nb_or)]
            fn nb_or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                bitwise(left, right, BinaryOp::Or)
            }

            #[slot(nb_xor)]
            fn nb_xor(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
                bitwise(left, right, BinaryOp::Xor)
            }

            #[slot(nb_power)]
            fn nb_power(
                base: &PyObject,
                exponent: &PyObject,
                modulus: &PyObject,
            ) -> PyResult<Obj> {
                let Some((base, exponent)) = operands(base, exponent) else {
                    return not_implemented();
                };
                if modulus.is(crate::none()) {
                    return power(base, exponent, None);
                }
                match modulus.downcast::<PyLong>() {
                    Some(modulus) => power(base, exponent, Some(modulus)),
                    None => not_implemented(),
                }
            }

            #[slot(nb_negative)]
            fn nb_negative(&self) -> PyResult<Obj> {
                if self.is_compact() {
                    return small(-self.compact_value());
                }
                Ok(PyLong::from_digits(!self.is_negative(), self.digits())?.into_object())
            }

            #[slot(nb_positive, nb_int, nb_index)]
            fn nb_positive(&self) -> PyResult<Py<PyLong>> {
                PyLong::exact_copy(self)
            }

            #[slot(nb_absolute)]
            fn nb_absolute(&self) -> PyResult<Py<PyLong>> {
                if self.is_negative() {
                    return PyLong::from_digits(false, self.digits());
                }
                PyLong::exact_copy(self)
            }

            #[slot(nb_invert)]
            fn nb_invert(&self) -> PyResult<Obj> {
                if self.is_compact() {
                    return small(!self.compact_value());
                }
                big(&self.as_int_ref().invert())
            }

            #[slot(nb_float)]
            fn nb_float(&self) -> PyResult<f64> {
                self.to_f64()
            }

            #[slot(nb_bool)]
            fn nb_bool(&self) -> PyResult<bool> {
                Ok(!self.is_zero())
            }
        }
    };
}

binary_slots! {
    nb_add nb_add add;
    nb_subtract nb_subtract subtract;
    nb_multiply nb_multiply multiply;
    nb_floor_divide nb_floor_divide floor_divide;
    nb_remainder nb_remainder remainder;
    nb_true_divide nb_true_divide true_divide;
    nb_lshift nb_lshift shift_left;
    nb_rshift nb_rshift shift_right;
    nb_divmod nb_divmod |left: &PyLong, right: &PyLong| {
        let quotient = floor_divide(left, right)?;
        Ok(PyTuple::from_vec(vec![quotient, remainder(left, right)?])?.into_object())
    };
}

/// The hash of an int: its value modulo 2^61 - 1, with the sign; never -1.
pub(super) fn hash(value: &PyLong) -> isize {
    if value.is_compact() {
        return match value.compact_value() as isize {
            -1 => -2,
            hash => hash,
        };
    }
    match value.as_int_ref().hash() as isize {
        -1 => -2,
        hash => hash,
    }
}

/// `tp_dealloc`: shared ints are immortal; whoever undid that by force gets them back.
///
/// # Safety
/// The contract of `tp_dealloc`.
pub(super) unsafe fn dealloc(object: *mut abi::PyObject) {
    // SAFETY: called by the kernel with an int that nothing refers to any more.
    unsafe {
        let this = PyObject::from_ptr(object).downcast_unchecked::<PyLong>();
        if this.0.long_value.lv_tag.get() & abi::IMMORTALITY_BIT_MASK != 0 {
            this.make_immortal();
            return;
        }
        if this.is_exact::<PyLong>() {
            // Nothing before its header.
            crate::alloc::free(object.cast());
        } else {
            crate::alloc::free_object(object);
        }
    }
}
