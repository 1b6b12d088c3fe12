//! Functions of one or a few floats.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    OptionalArg, PyFloat, PyLong, PyResult, PyStr, PyTuple, overflow_error, type_error, value_error,
};

use super::{checked, float, number, shown};

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $function:expr, $overflow:literal, $domain:literal;)*) => {$(
        $(#[$doc])*
        #[pyfunction(signature = "(x, /)")]
        pub fn $name(x: &PyObject) -> PyResult<Obj> {
            let x = number(x)?;
            checked(x, ($function)(x), $overflow, || format!(concat!($domain, ", got {}"), shown(x)))
        }
    )*};
}

// Rust's own inverse hyperbolic functions are formulas of less precision than `libm`'s.
unary! {
    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    acos f64::acos, false, "expected a number in range from -1 up to 1";
    /// Return the inverse hyperbolic cosine of x.
    acosh libm::acosh, false, "expected argument value not less than 1";
    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    asin f64::asin, false, "expected a number in range from -1 up to 1";
    /// Return the inverse hyperbolic sine of x.
    asinh libm::asinh, false, "math domain error";
    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    atan f64::atan, false, "math domain error";
    /// Return the inverse hyperbolic tangent of x.
    atanh libm::atanh, false, "expected a number between -1 and 1";
    /// Return the cube root of x.
    cbrt f64::cbrt, false, "math domain error";
    /// Return the cosine of x (measured in radians).
    cos f64::cos, false, "expected a finite input";
    /// Return the hyperbolic cosine of x.
    cosh f64::cosh, true, "math domain error";
    /// Return e raised to the power of x.
    exp f64::exp, true, "math domain error";
    /// Return 2 raised to the power of x.
    exp2 f64::exp2, true, "math domain error";
    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for
    /// small x.
    expm1 f64::exp_m1, true, "math domain error";
    /// Return the absolute value of the float x.
    fabs f64::abs, false, "math domain error";
    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    log1p f64::ln_1p, false, "expected argument value > -1";
    /// Return the sine of x (measured in radians).
    sin f64::sin, false, "expected a finite input";
    /// Return the hyperbolic sine of x.
    sinh f64::sinh, true, "math domain error";
    /// Return the square root of x.
    sqrt f64::sqrt, false, "expected a nonnegative input";
    /// Return the tangent of x (measured in radians).
    tan f64::tan, false, "expected a finite input";
    /// Return the hyperbolic tangent of x.
    tanh f64::tanh, false, "math domain error";
    /// Convert angle x from radians to degrees.
    degrees |x: f64| x * (180.0 / std::f64::consts::PI), true, "math domain error";
    /// Convert angle x from degrees to radians.
    radians |x: f64| x * (std::f64::consts::PI / 180.0), true, "math domain error";
}

/// Return the arc tangent (measured in radians) of y/x.
///
/// Unlike atan(y/x), the signs of both x and y are considered.
#[pyfunction(signature = "(y, x, /)")]
pub fn atan2(y: &PyObject, x: &PyObject) -> PyResult<Obj> {
    float(number(y)?.atan2(number(x)?))
}

/// Return a float with the magnitude (absolute value) of x but the sign of y.
#[pyfunction(signature = "(x, y, /)")]
pub fn copysign(x: &PyObject, y: &PyObject) -> PyResult<Obj> {
    float(number(x)?.copysign(number(y)?))
}

/// Calls a rounding method, or rounds the object as a float.
fn round_by(x: &PyObject, method: &PyStr, round: fn(f64) -> f64) -> PyResult<Obj> {
    if !x.is_exact::<PyFloat>()
        && let Some(result) = x.call_special(method, &[])?
    {
        return Ok(result);
    }
    let rounded = PyFloat::new(round(number(x)?))?;
    Ok(PyLong::from_object(&rounded)?.into_object())
}

/// Return the ceiling of x as an Integral.
///
/// This is the smallest integer >= x.
#[pyfunction(signature = "(x, /)")]
pub fn ceil(x: &PyObject) -> PyResult<Obj> {
    round_by(x, krait_runtime::intern!("__ceil__"), f64::ceil)
}

/// Return the floor of x as an Integral.
///
/// This is the largest integer <= x.
#[pyfunction(signature = "(x, /)")]
pub fn floor(x: &PyObject) -> PyResult<Obj> {
    round_by(x, krait_runtime::intern!("__floor__"), f64::floor)
}

/// Truncates the Real x to the nearest Integral toward 0.
///
/// Uses the __trunc__ magic method.
#[pyfunction(signature = "(x, /)")]
pub fn trunc(x: &PyObject) -> PyResult<Obj> {
    match x.call_special(krait_runtime::intern!("__trunc__"), &[])? {
        Some(result) => Ok(result),
        None => Err(type_error!(
            "type {} doesn't define __trunc__ method",
            x.type_().tp_name()
        )),
    }
}

/// Fused multiply-add operation.
///
/// Compute (x * y) + z with a single round.
#[pyfunction(signature = "(x, y, z, /)")]
pub fn fma(x: &PyObject, y: &PyObject, z: &PyObject) -> PyResult<Obj> {
    let (x, y, z) = (number(x)?, number(y)?, number(z)?);
    let result = x.mul_add(y, z);
    if result.is_nan() && !(x.is_nan() || y.is_nan() || z.is_nan()) {
        return Err(value_error!("invalid operation in fma"));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(overflow_error!("overflow in fma"));
    }
    float(result)
}

/// Return fmod(x, y), according to platform C.
///
/// x % y may differ.
#[pyfunction(signature = "(x, y, /)")]
pub fn fmod(x: &PyObject, y: &PyObject) -> PyResult<Obj> {
    let (x, y) = (number(x)?, number(y)?);
    if y.is_infinite() && x.is_finite() {
        return float(x);
    }
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(value_error!("math domain error"));
    }
    float(result)
}

/// Difference between x and the closest integer multiple of y.
///
/// Return x - n*y where n*y is the closest integer multiple of y. In the case where x is exactly
/// halfway between two multiples of y, the nearest even value of n is used. The result is always
/// exact.
#[pyfunction(signature = "(x, y, /)")]
pub fn remainder(x: &PyObject, y: &PyObject) -> PyResult<Obj> {
    let (x, y) = (number(x)?, number(y)?);
    let result = libm::remainder(x, y);
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(value_error!("math domain error"));
    }
    float(result)
}

/// Return the mantissa and exponent of x, as pair (m, e).
///
/// m is a float and e is an int, such that x = m * 2.**e.
/// If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.
#[pyfunction(signature = "(x, /)")]
pub fn frexp(x: &PyObject) -> PyResult<Py<PyTuple>> {
    let x = number(x)?;
    let (mantissa, exponent) = if x == 0.0 || !x.is_finite() {
        (x, 0)
    } else {
        libm::frexp(x)
    };
    PyTuple::from_vec(vec![
        float(mantissa)?,
        PyLong::from_i64(exponent.into())?.into_object(),
    ])
}

/// Return x * (2**i).
///
/// This is essentially the inverse of frexp().
#[pyfunction(signature = "(x, i, /)")]
pub fn ldexp(x: &PyObject, i: &PyObject) -> PyResult<Obj> {
    let x = number(x)?;
    let Some(exponent) = i.downcast::<PyLong>() else {
        return Err(type_error!("Expected an int as second argument to ldexp."));
    };
    if x == 0.0 || !x.is_finite() {
        return float(x);
    }
    let clipped = match exponent.to_i64() {
        Some(exponent) => exponent.clamp(-10_000, 10_000) as i32,
        None if exponent.is_negative() => -10_000,
        None => 10_000,
    };
    let result = libm::ldexp(x, clipped);
    if result.is_infinite() {
        return Err(overflow_error!("math range error"));
    }
    float(result)
}

/// Determine whether two floating-point numbers are close in value.
///
///   rel_tol
///     maximum difference for being considered "close", relative to the magnitude of the input
///     values
///   abs_tol
///     maximum difference for being considered "close", regardless of the magnitude of the input
///     values
///
/// Return True if a is close in value to b, and False otherwise.
///
/// For the values to be considered close, the difference between them must be smaller than at least
/// one of the tolerances.
#[pyfunction(signature = "(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
pub fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
    if rel_tol < 0.0 || abs_tol < 0.0 {
        return Err(value_error!("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let difference = (b - a).abs();
    Ok(difference <= (rel_tol * b).abs()
        || difference <= (rel_tol * a).abs()
        || difference <= abs_tol)
}

/// Return True if x is neither an infinity nor a NaN, and False otherwise.
#[pyfunction(signature = "(x, /)")]
pub fn isfinite(x: &PyObject) -> PyResult<bool> {
    Ok(number(x)?.is_finite())
}

/// Return True if x is a positive or negative infinity, and False otherwise.
#[pyfunction(signature = "(x, /)")]
pub fn isinf(x: &PyObject) -> PyResult<bool> {
    Ok(number(x)?.is_infinite())
}

/// Return True if x is a NaN (not a number), and False otherwise.
#[pyfunction(signature = "(x, /)")]
pub fn isnan(x: &PyObject) -> PyResult<bool> {
    Ok(number(x)?.is_nan())
}

/// A logarithm of a float, or of an int of any size: `base_two` is the same logarithm of 2.
fn logarithm(x: &PyObject, log: fn(f64) -> f64, base_two: f64) -> PyResult<f64> {
    if let Some(int) = x.downcast::<PyLong>() {
        if int.is_negative() || int.is_zero() {
            return Err(value_error!("expected a positive input"));
        }
        return Ok(match int.as_int_ref().to_f64() {
            Some(value) => log(value),
            None => {
                let (mantissa, exponent) = int.as_int_ref().frexp();
                log(mantissa) + base_two * exponent as f64
            }
        });
    }
    let value = number(x)?;
    if value <= 0.0 {
        return Err(value_error!(
            "expected a positive input, got {}",
            shown(value)
        ));
    }
    Ok(log(value))
}

/// log(x, [base=math.e])
/// Return the logarithm of x to the given base.
///
/// If the base is not specified, returns the natural logarithm (base e) of x.
#[pyfunction(signature = "(x, base=<unrepresentable>, /)", text_signature = "")]
pub fn log(x: &PyObject, base: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let numerator = logarithm(x, f64::ln, std::f64::consts::LN_2)?;
    let Some(base) = base.present() else {
        return float(numerator);
    };
    let denominator = logarithm(base, f64::ln, std::f64::consts::LN_2)?;
    if denominator == 0.0 {
        return Err(krait_runtime::zero_division_error!("division by zero"));
    }
    float(numerator / denominator)
}

/// Return the base 2 logarithm of x.
#[pyfunction(signature = "(x, /)")]
pub fn log2(x: &PyObject) -> PyResult<Obj> {
    float(logarithm(x, f64::log2, 1.0)?)
}

/// Return the base 10 logarithm of x.
#[pyfunction(signature = "(x, /)")]
pub fn log10(x: &PyObject) -> PyResult<Obj> {
    float(logarithm(x, f64::log10, std::f64::consts::LOG10_2)?)
}

/// Return the fractional and integer parts of x.
///
/// Both results carry the sign of x and are floats.
#[pyfunction(signature = "(x, /)")]
pub fn modf(x: &PyObject) -> PyResult<Py<PyTuple>> {
    let x = number(x)?;
    let (fraction, whole) = if x.is_infinite() {
        (0_f64.copysign(x), x)
    } else {
        ((x - x.trunc()).copysign(x), x.trunc())
    };
    PyTuple::from_vec(vec![float(fraction)?, float(whole)?])
}

/// The float `steps` steps from `x` towards `y`.
fn step_towards(x: f64, y: f64, steps: u64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if y.is_nan() || x == y {
        return y;
    }
    if steps == 0 {
        return x;
    }
    // Floats in order, as integers: the sign bit turned into a sign.
    let place = |value: f64| -> i64 {
        let bits = value.to_bits() as i64;
        if bits < 0 {
            i64::MIN.wrapping_sub(bits)
        } else {
            bits
        }
    };
    let (from, to) = (place(x), place(y));
    let distance = from.abs_diff(to);
    if steps >= distance {
        // One step to zero keeps the sign of where it came from, as in C.
        return if steps == 1 && y == 0.0 && x != 0.0 {
            0_f64.copysign(x)
        } else {
            y
        };
    }
    let at = if to > from {
        from.wrapping_add_unsigned(steps)
    } else {
        from.wrapping_sub_unsigned(steps)
    };
    let bits = if at < 0 {
        i64::MIN.wrapping_sub(at)
    } else {
        at
    };
    let result = f64::from_bits(bits as u64);
    // Zero keeps the sign of where it was come from.
    if result == 0.0 {
        0_f64.copysign(x)
    } else {
        result
    }
}

/// Return the floating-point value the given number of steps after x towards y.
///
/// If steps is not specified or is None, it defaults to 1.
/// Raises a TypeError, if x or y is not a double, or if steps is not an integer.
/// Raises ValueError if steps is negative.
#[pyfunction(signature = "(x, y, /, *, steps=None)")]
pub fn nextafter(x: f64, y: f64, steps: Option<&PyObject>) -> PyResult<Obj> {
    let steps = match steps {
        None => 1,
        Some(steps) => {
            let steps = steps.index()?;
            if steps.is_negative() {
                return Err(value_error!("steps must be a non-negative integer"));
            }
            steps.to_u64().unwrap_or(u64::MAX)
        }
    };
    float(step_towards(x, y, steps))
}

/// Return x**y (x to the power of y).
#[pyfunction(signature = "(x, y, /)")]
pub fn pow(x: &PyObject, y: &PyObject) -> PyResult<Obj> {
    let (x, y) = (number(x)?, number(y)?);
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || (result.is_infinite() && x == 0.0) {
            return Err(value_error!("math domain error"));
        }
        if result.is_infinite() {
            return Err(overflow_error!("math range error"));
        }
    }
    float(result)
}

/// Return the value of the least significant bit of the float x.
#[pyfunction(signature = "(x, /)")]
pub fn ulp(x: &PyObject) -> PyResult<Obj> {
    let x = number(x)?.abs();
    if !x.is_finite() {
        return float(x);
    }
    let next = step_towards(x, f64::INFINITY, 1);
    float(if next.is_infinite() {
        x - step_towards(x, 0.0, 1)
    } else {
        next - x
    })
}
