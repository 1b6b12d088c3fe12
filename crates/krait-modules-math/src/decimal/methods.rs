//! The arithmetic methods that `Decimal` and `Context` share, by tables: a row is a method of both classes.

use krait_decimal as d;
use krait_decimal::{Decimal, Status};
use krait_macros::pymethods;
use krait_runtime::PyResult;
use krait_runtime::object::{Obj, PyClass, PyObject};

use super::context::PyContext;
use super::convert::{finalized, float_or_int, needed, rounded};
use super::current::context_or_current;
use super::number::{PyDecimal, decimal};
use super::operations::{self, binary_in, method, method_with, unary_in};

macro_rules! unary_methods {
    ($($name:ident = $operation:path, $doc:tt;)*) => {
        #[pymethods(UNARY)]
        impl PyDecimal { $(
            #[pymethod(signature = "($self, /, context=None)", doc = $doc, anonymous)]
            fn $name(&self, context: Option<&PyObject>) -> PyResult<Obj> {
                method(self, context, $operation)
            }
        )* }

        #[pymethods(UNARY)]
        impl PyContext { $(
            #[pymethod(signature = "($self, x, /)", doc = $doc)]
            fn $name(&self, x: &PyObject) -> PyResult<Obj> {
                unary_in(self, &*needed(x)?, $operation)
            }
        )* }
    };
}

macro_rules! binary_methods {
    ($($name:ident = $operation:path, $doc:tt;)*) => {
        #[pymethods(BINARY)]
        impl PyDecimal { $(
            #[pymethod(signature = "($self, /, other, context=None)", doc = $doc, anonymous)]
            fn $name(&self, other: &PyObject, context: Option<&PyObject>) -> PyResult<Obj> {
                method_with(self, other, context, $operation)
            }
        )* }

        #[pymethods(BINARY)]
        impl PyContext { $(
            #[pymethod(signature = "($self, x, y, /)", doc = $doc, anonymous)]
            fn $name(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
                binary_in(self, &*needed(x)?, &*needed(y)?, $operation)
            }
        )* }
    };
}

/// Questions that need no context.
macro_rules! question_methods {
    ($($name:ident = $question:path, $doc:tt;)*) => {
        #[pymethods(QUESTIONS)]
        impl PyDecimal { $(
            #[pymethod(signature = "($self, /)", doc = $doc)]
            fn $name(&self) -> bool {
                $question(&self.value)
            }
        )* }

        #[pymethods(QUESTIONS)]
        impl PyContext { $(
            #[pymethod(signature = "($self, x, /)", doc = $doc)]
            fn $name(&self, x: &PyObject) -> PyResult<bool> {
                Ok($question(&*needed(x)?))
            }
        )* }
    };
}

unary_methods! {
    exp = d::exp, "Return e**x, correctly rounded; the rounding is always ROUND_HALF_EVEN.";
    ln = d::ln, "Return the natural logarithm of the number, correctly rounded; the\nrounding is always ROUND_HALF_EVEN.";
    log10 = d::log10, "Return the base ten logarithm of the number, correctly rounded; the\nrounding is always ROUND_HALF_EVEN.";
    next_minus = d::next_minus, "Return the largest number that the context can represent and that is\nsmaller than the operand.";
    next_plus = d::next_plus, "Return the smallest number that the context can represent and that is\nlarger than the operand.";
    normalize = d::reduce, "Return the number without the zeros at its right end, with Decimal('0')\nfor every zero: one form for all equal numbers.";
    sqrt = d::sqrt, "Return the square root of the number, correctly rounded; the rounding is\nalways ROUND_HALF_EVEN.";
    logb = d::logb, "Return the adjusted exponent of the number as a Decimal. Zero gives\n-Infinity and signals DivisionByZero; an infinity gives Infinity.";
    logical_invert = d::logical_invert, "Return the number, whose digits are all 0 or 1, with each digit inverted.";
}

binary_methods! {
    compare = d::compare, "Compare two numbers and return a Decimal: -1, 0 or 1 for less, equal or\ngreater, and NaN if one of them is a NaN.";
    compare_signal = d::compare_signal, "As compare(), but every NaN signals InvalidOperation.";
    max = d::max, "Return the larger of two numbers. A number wins over a quiet NaN.";
    max_mag = d::max_magnitude, "As max(), but the numbers are compared without their signs.";
    min = d::min, "Return the smaller of two numbers. A number wins over a quiet NaN.";
    min_mag = d::min_magnitude, "As min(), but the numbers are compared without their signs.";
    next_toward = d::next_toward, "Return the first operand's neighbor in the direction of the second; if\nthey are equal, the first one with the sign of the second.";
    remainder_near = d::rem_near, "Return x - y * n, where n is the integer nearest to x / y (the even one\nof two). The result has the smallest absolute value that a remainder can\nhave; a zero has the sign of x.";
    logical_and = d::logical_and, "Return the digit-wise 'and' of two numbers whose digits are 0 or 1.";
    logical_or = d::logical_or, "Return the digit-wise 'or' of two numbers whose digits are 0 or 1.";
    logical_xor = d::logical_xor, "Return the digit-wise 'exclusive or' of two numbers whose digits are 0\nor 1.";
    rotate = d::rotate, "Return the first number with its digits, as many as the precision,\nrotated by as many places as the second says: to the left if that is\npositive. Sign and exponent stay.";
    scaleb = d::scaleb, "Return the first number with its exponent increased by the second.";
    shift = d::shift, "Return the first number with its digits shifted by as many places as the\nsecond says: to the left if that is positive. Zeros come in; sign and\nexponent stay.";
}

question_methods! {
    is_finite = Decimal::is_finite, "Tell whether the number is neither infinite nor a NaN.";
    is_infinite = Decimal::is_infinite, "Tell whether the number is an infinity.";
    is_nan = Decimal::is_nan, "Tell whether the number is a NaN of either kind.";
    is_qnan = Decimal::is_qnan, "Tell whether the number is a quiet NaN.";
    is_signed = Decimal::negative, "Tell whether the number has a negative sign; zeros and NaNs have signs,\ntoo.";
    is_snan = Decimal::is_snan, "Tell whether the number is a signaling NaN.";
    is_zero = Decimal::is_zero, "Tell whether the number is zero.";
}

/// The number rounded to an integer in a context with another rounding, if one is named.
fn integral(
    number: &PyDecimal,
    rounding: Option<&PyObject>,
    context: Option<&PyObject>,
    operation: operations::Unary,
) -> PyResult<Obj> {
    let context = context_or_current(context)?;
    let settings = context.rounded_as(rounding)?;
    let mut status = Status::empty();
    let result = operation(&number.value, &settings, &mut status);
    context.finish(result, status)
}

#[pymethods(OTHERS)]
impl PyDecimal {
    /// As to_integral_value(), under its older name.
    #[pymethod(signature = "($self, /, rounding=None, context=None)", anonymous)]
    fn to_integral(
        &self,
        rounding: Option<&PyObject>,
        context: Option<&PyObject>,
    ) -> PyResult<Obj> {
        integral(self, rounding, context, d::to_integral_value)
    }

    /// Round to an integer without signaling Inexact or Rounded. The rounding
    /// is that of the argument, or else the context's.
    #[pymethod(signature = "($self, /, rounding=None, context=None)", anonymous)]
    fn to_integral_value(
        &self,
        rounding: Option<&PyObject>,
        context: Option<&PyObject>,
    ) -> PyResult<Obj> {
        integral(self, rounding, context, d::to_integral_value)
    }

    /// As to_integral_value(), but Inexact and Rounded are signaled where they
    /// apply.
    #[pymethod(signature = "($self, /, rounding=None, context=None)", anonymous)]
    fn to_integral_exact(
        &self,
        rounding: Option<&PyObject>,
        context: Option<&PyObject>,
    ) -> PyResult<Obj> {
        integral(self, rounding, context, d::to_integral_exact)
    }

    /// Return the number rounded so that it has the exponent of exp.
    ///
    ///     >>> Decimal('1.41421356').quantize(Decimal('1.000'))
    ///     Decimal('1.414')
    ///
    /// A result that would need more digits than the precision signals
    /// InvalidOperation, so that a result always has the exponent asked for.
    /// Underflow is never signaled. The rounding is that of the argument, or
    /// else the context's.
    #[pymethod(signature = "($self, /, exp, rounding=None, context=None)", anonymous)]
    fn quantize(
        &self,
        exp: &PyObject,
        rounding: Option<&PyObject>,
        context: Option<&PyObject>,
    ) -> PyResult<Obj> {
        let context = context_or_current(context)?;
        let settings = context.rounded_as(rounding)?;
        let quantum = needed(exp)?;
        let mut status = Status::empty();
        let result = d::quantize(&self.value, &quantum, &settings, &mut status);
        context.finish(result, status)
    }

    /// Return self*other+third; the product is not rounded before the addition.
    ///
    ///     >>> Decimal(2).fma(3, 5)
    ///     Decimal('11')
    #[pymethod(signature = "($self, /, other, third, context=None)", anonymous)]
    fn fma(&self, other: &PyObject, third: &PyObject, context: Option<&PyObject>) -> PyResult<Obj> {
        let context = context_or_current(context)?;
        fused(&self.value, &*needed(other)?, &*needed(third)?, &context)
    }

    /// Tell whether the number is normal: finite, not zero and not subnormal.
    #[pymethod(signature = "($self, /, context=None)", anonymous)]
    fn is_normal(&self, context: Option<&PyObject>) -> PyResult<bool> {
        Ok(self
            .value
            .is_normal(&context_or_current(context)?.arithmetic()))
    }

    /// Tell whether the number is subnormal: not zero, and with an adjusted
    /// exponent below Emin.
    #[pymethod(signature = "($self, /, context=None)", anonymous)]
    fn is_subnormal(&self, context: Option<&PyObject>) -> PyResult<bool> {
        Ok(self
            .value
            .is_subnormal(&context_or_current(context)?.arithmetic()))
    }

    /// Return a string that names the number's class, such as '+Normal',
    /// '-Zero' or 'sNaN'.
    #[pymethod(signature = "($self, /, context=None)", anonymous)]
    fn number_class(&self, context: Option<&PyObject>) -> PyResult<&'static str> {
        Ok(self.value.class(&context_or_current(context)?.arithmetic()))
    }

    /// Return the number as text in engineering notation: with an exponent
    /// that is a multiple of 3, and up to 3 digits before the point.
    #[pymethod(signature = "($self, /, context=None)", anonymous)]
    fn to_eng_string(&self, context: Option<&PyObject>) -> PyResult<String> {
        Ok(d::to_eng(
            &self.value,
            context_or_current(context)?.capitals(),
        ))
    }

    /// Tell whether the number is in canonical form: all are.
    #[pymethod(signature = "($self, /)")]
    fn is_canonical(&self) -> bool {
        true
    }

    /// Return the number in canonical form: itself.
    #[pymethod(signature = "($self, /)")]
    fn canonical(&self) -> Obj {
        self.to_obj()
    }

    /// Return the number itself.
    #[pymethod(signature = "($self, /)")]
    fn conjugate(&self) -> Obj {
        self.to_obj()
    }

    /// Return Decimal(10), the base of all numbers of the class.
    #[pymethod(signature = "($self, /)")]
    fn radix(&self) -> PyResult<Obj> {
        PyDecimal::make(Decimal::from_i64(10))
    }

    /// Return the number with a positive sign; nothing is signaled or rounded.
    #[pymethod(signature = "($self, /)")]
    fn copy_abs(&self) -> PyResult<Obj> {
        PyDecimal::make(self.value.copy_abs())
    }

    /// Return the number with the other sign; nothing is signaled or rounded.
    #[pymethod(signature = "($self, /)")]
    fn copy_negate(&self) -> PyResult<Obj> {
        PyDecimal::make(self.value.copy_negate())
    }

    /// Return the number with the sign of other; nothing is signaled or
    /// rounded.
    ///
    ///     >>> Decimal('2.5').copy_sign(Decimal('-1'))
    ///     Decimal('-2.5')
    #[pymethod(signature = "($self, /, other, context=None)", anonymous)]
    fn copy_sign(&self, other: &PyObject, context: Option<&PyObject>) -> PyResult<Obj> {
        context_or_current(context)?;
        PyDecimal::make(self.value.copy_sign(&*needed(other)?))
    }
}

fn fused(a: &Decimal, b: &Decimal, c: &Decimal, context: &PyContext) -> PyResult<Obj> {
    let mut status = Status::empty();
    let result = d::fma(a, b, c, &context.arithmetic(), &mut status);
    context.finish(result, status)
}

macro_rules! context_methods {
    ($($name:ident = $operation:path, $doc:tt;)*) => {
        #[pymethods(PREFIX)]
        impl PyContext { $(
            #[pymethod(signature = "($self, x, /)", doc = $doc)]
            fn $name(&self, x: &PyObject) -> PyResult<Obj> {
                unary_in(self, &*needed(x)?, $operation)
            }
        )* }
    };
}

context_methods! {
    abs = d::abs, "Return the absolute value of x.";
    minus = d::minus, "Return -x, rounded as the operator does.";
    plus = d::plus, "Return +x, rounded as the operator does.";
    to_integral = d::to_integral_value, "As to_integral_value(), under its older name.";
    to_integral_value = d::to_integral_value, "Round to an integer without signaling Inexact or Rounded.";
    to_integral_exact = d::to_integral_exact, "Round to an integer; Inexact and Rounded are signaled where they apply.";
}

macro_rules! context_operators {
    ($($name:ident = $operation:path, $doc:tt;)*) => {
        #[pymethods(INFIX)]
        impl PyContext { $(
            #[pymethod(signature = "($self, x, y, /)", doc = $doc, anonymous)]
            fn $name(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
                binary_in(self, &*needed(x)?, &*needed(y)?, $operation)
            }
        )* }
    };
}

context_operators! {
    add = d::add, "Return the sum of x and y.";
    subtract = d::sub, "Return the difference between x and y.";
    multiply = d::mul, "Return the product of x and y.";
    divide = d::div, "Return x divided by y.";
    divide_int = d::div_int, "Return the quotient of x and y, truncated to an integer.";
    remainder = d::rem, "Return the remainder of an integer division of x by y. It has the sign\nof x.";
    quantize = d::quantize, "Return x rounded so that it has the exponent of y.";
}

#[pymethods(OTHERS)]
impl PyContext {
    /// Return quotient and remainder of the integer division x / y.
    #[pymethod(signature = "($self, x, y, /)", anonymous)]
    fn divmod(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
        operations::div_mod(&*needed(x)?, &*needed(y)?, self)
    }

    /// Compute a**b. If a is negative, b must be an integer. The result is
    /// inexact unless b is an integer and the result fits the precision; it is
    /// within one unit in the last place, and most often correctly rounded.
    ///
    /// With a modulus compute (a**b) % modulo: all arguments must be integers,
    /// b not negative, a or b not zero, and the modulus not zero and of at most
    /// as many digits as the precision. The result is exact.
    #[pymethod(signature = "($self, /, a, b, modulo=None)", anonymous)]
    fn power(&self, a: &PyObject, b: &PyObject, modulo: Option<&PyObject>) -> PyResult<Obj> {
        let (base, exponent) = (needed(a)?, needed(b)?);
        match modulo {
            None => operations::power(&base, &exponent, None, self),
            Some(modulus) => operations::power(&base, &exponent, Some(&*needed(modulus)?), self),
        }
    }

    /// Return x multiplied by y, plus z; the product is not rounded before the
    /// addition.
    #[pymethod(signature = "($self, x, y, z, /)", anonymous)]
    fn fma(&self, x: &PyObject, y: &PyObject, z: &PyObject) -> PyResult<Obj> {
        fused(&*needed(x)?, &*needed(y)?, &*needed(z)?, self)
    }

    /// Tell whether the number is normal: finite, not zero and not subnormal.
    #[pymethod(signature = "($self, x, /)")]
    fn is_normal(&self, x: &PyObject) -> PyResult<bool> {
        Ok(needed(x)?.is_normal(&self.arithmetic()))
    }

    /// Tell whether the number is subnormal: not zero, and with an adjusted
    /// exponent below Emin.
    #[pymethod(signature = "($self, x, /)")]
    fn is_subnormal(&self, x: &PyObject) -> PyResult<bool> {
        Ok(needed(x)?.is_subnormal(&self.arithmetic()))
    }

    /// Tell whether x is in canonical form: all numbers are.
    #[pymethod(signature = "($self, x, /)")]
    fn is_canonical(&self, x: &PyObject) -> PyResult<bool> {
        decimal(x)?;
        Ok(true)
    }

    /// Return x in canonical form: itself.
    #[pymethod(signature = "($self, x, /)")]
    fn canonical(&self, x: &PyObject) -> PyResult<Obj> {
        decimal(x).map(PyClass::to_obj)
    }

    #[pymethod(name = "_apply", signature = "($self, object, /)")]
    fn apply(&self, object: &PyObject) -> PyResult<Obj> {
        finalized(&*needed(object)?, &self.arithmetic(), self)
    }

    /// Return x with a positive sign; nothing is signaled or rounded.
    #[pymethod(signature = "($self, x, /)")]
    fn copy_abs(&self, x: &PyObject) -> PyResult<Obj> {
        PyDecimal::make(needed(x)?.copy_abs())
    }

    /// Return x as a Decimal number.
    #[pymethod(signature = "($self, x, /)")]
    fn copy_decimal(&self, x: &PyObject) -> PyResult<Obj> {
        match x.downcast::<PyDecimal>() {
            Some(number) => Ok(number.to_obj()),
            None => PyDecimal::make(needed(x)?.clone()),
        }
    }

    /// Return x with the other sign; nothing is signaled or rounded.
    #[pymethod(signature = "($self, x, /)")]
    fn copy_negate(&self, x: &PyObject) -> PyResult<Obj> {
        PyDecimal::make(needed(x)?.copy_negate())
    }

    /// Return x with the sign of y; nothing is signaled or rounded.
    #[pymethod(signature = "($self, x, y, /)", anonymous)]
    fn copy_sign(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
        PyDecimal::make(needed(x)?.copy_sign(&*needed(y)?))
    }

    /// Return a string that names the class of x, such as '+Normal', '-Zero'
    /// or 'sNaN'.
    #[pymethod(signature = "($self, x, /)")]
    fn number_class(&self, x: &PyObject) -> PyResult<&'static str> {
        Ok(needed(x)?.class(&self.arithmetic()))
    }

    /// Return x as text in scientific notation.
    #[pymethod(signature = "($self, x, /)")]
    fn to_sci_string(&self, x: &PyObject) -> PyResult<String> {
        Ok(d::to_sci(&*needed(x)?, self.capitals()))
    }

    /// Return x as text in engineering notation.
    #[pymethod(signature = "($self, x, /)")]
    fn to_eng_string(&self, x: &PyObject) -> PyResult<String> {
        Ok(d::to_eng(&*needed(x)?, self.capitals()))
    }

    /// Compare two numbers by their representation in a total order.
    #[pymethod(signature = "($self, x, y, /)", anonymous)]
    fn compare_total(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
        let order = needed(x)?.total_cmp(&*needed(y)?);
        PyDecimal::make(Decimal::from_i64(order as i64))
    }

    /// As compare_total(), but of the numbers without their signs.
    #[pymethod(signature = "($self, x, y, /)", anonymous)]
    fn compare_total_mag(&self, x: &PyObject, y: &PyObject) -> PyResult<Obj> {
        let order = needed(x)?.total_cmp_magnitude(&*needed(y)?);
        PyDecimal::make(Decimal::from_i64(order as i64))
    }

    /// Tell whether two numbers have the same exponent, or are both
    /// infinities, or are both NaNs.
    #[pymethod(signature = "($self, x, y, /)", anonymous)]
    fn same_quantum(&self, x: &PyObject, y: &PyObject) -> PyResult<bool> {
        Ok(needed(x)?.same_quantum(&*needed(y)?))
    }

    /// Create a new Decimal from num. As opposed to the class's constructor,
    /// this applies the context: precision, rounding, range and traps.
    #[pymethod(signature = "($self, num=\"0\", /)", anonymous)]
    fn create_decimal(&self, num: krait_runtime::OptionalArg<&PyObject>) -> PyResult<Obj> {
        match num.present() {
            Some(number) => rounded(number, self),
            None => PyDecimal::make(Decimal::zero()),
        }
    }

    /// Create a new Decimal from float f. As opposed to Decimal.from_float(),
    /// this applies the context: precision, rounding, range and traps.
    #[pymethod(signature = "($self, f, /)")]
    fn create_decimal_from_float(&self, f: &PyObject) -> PyResult<Obj> {
        finalized(&float_or_int(f)?, &self.arithmetic(), self)
    }
}
