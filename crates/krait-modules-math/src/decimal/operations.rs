//! How methods and operators run an operation of `krait_decimal`: operands in, conditions and result out.

use std::cmp::Ordering;

use krait_decimal::{Context, Decimal, Status};
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{IntoPy, PyResult, not_implemented};

use super::context::PyContext;
use super::convert::{needed, operand};
use super::current::{context_or_current, current};
use super::number::PyDecimal;

pub(super) type Unary = fn(&Decimal, &Context, &mut Status) -> Decimal;
pub(super) type Binary = fn(&Decimal, &Decimal, &Context, &mut Status) -> Decimal;

/// An operator of one operand.
#[inline(always)]
pub(super) fn prefix(number: &PyDecimal, operation: Unary) -> PyResult<Obj> {
    unary_in(&*current()?, &number.value, operation)
}

/// An operator of two operands, of which at least one is a decimal number.
#[inline(always)]
pub(super) fn infix(
    left: &PyObject,
    right: &PyObject,
    operation: impl Fn(&Decimal, &Decimal, &Context, &mut Status) -> Decimal,
) -> PyResult<Obj> {
    let (Some(left), Some(right)) = (operand(left), operand(right)) else {
        return Ok(not_implemented().to_obj());
    };
    let context = current()?;
    let mut status = Status::empty();
    let result = operation(&left, &right, &context.arithmetic(), &mut status);
    context.finish(result, status)
}

/// `divmod`: quotient and remainder.
pub(super) fn div_mod(left: &Decimal, right: &Decimal, context: &PyContext) -> PyResult<Obj> {
    let mut status = Status::empty();
    let (quotient, rest) = krait_decimal::div_mod(left, right, &context.arithmetic(), &mut status);
    context.report(status)?;
    (PyDecimal::make(quotient)?, PyDecimal::make(rest)?).into_py()
}

/// The power of two numbers, modulo a third one if there is one.
pub(super) fn power(
    base: &Decimal,
    exponent: &Decimal,
    modulus: Option<&Decimal>,
    context: &PyContext,
) -> PyResult<Obj> {
    let settings = context.arithmetic();
    let mut status = Status::empty();
    let result = match modulus {
        None => krait_decimal::pow(base, exponent, &settings, &mut status),
        Some(modulus) => krait_decimal::pow_mod(base, exponent, modulus, &settings, &mut status),
    };
    context.finish(result, status)
}

/// An operation on one number in a context.
#[inline]
pub(super) fn unary_in(context: &PyContext, number: &Decimal, operation: Unary) -> PyResult<Obj> {
    let mut status = Status::empty();
    let result = operation(number, &context.arithmetic(), &mut status);
    context.finish(result, status)
}

/// An operation on two numbers in a context.
#[inline]
pub(super) fn binary_in(
    context: &PyContext,
    left: &Decimal,
    right: &Decimal,
    operation: Binary,
) -> PyResult<Obj> {
    let mut status = Status::empty();
    let result = operation(left, right, &context.arithmetic(), &mut status);
    context.finish(result, status)
}

/// A method of `Decimal` with an optional context.
pub(super) fn method(
    number: &PyDecimal,
    context: Option<&PyObject>,
    operation: Unary,
) -> PyResult<Obj> {
    unary_in(&*context_or_current(context)?, &number.value, operation)
}

/// A method of `Decimal` with another number and an optional context.
pub(super) fn method_with(
    number: &PyDecimal,
    other: &PyObject,
    context: Option<&PyObject>,
    operation: Binary,
) -> PyResult<Obj> {
    let context = context_or_current(context)?;
    binary_in(&context, &number.value, &*needed(other)?, operation)
}

/// A method that orders two numbers without asking a context; one that is given must be one.
pub(super) fn total_order(
    number: &PyDecimal,
    other: &PyObject,
    context: Option<&PyObject>,
    order: fn(&Decimal, &Decimal) -> Ordering,
) -> PyResult<Obj> {
    context_or_current(context)?;
    let other = needed(other)?;
    PyDecimal::make(Decimal::from_i64(order(&number.value, &other) as i64))
}
