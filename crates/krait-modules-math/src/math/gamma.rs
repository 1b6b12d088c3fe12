//! The error and gamma functions.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{PyResult, overflow_error, value_error};

use super::{float, number, shown};

/// Error function at x.
#[pyfunction(signature = "(x, /)")]
pub fn erf(x: &PyObject) -> PyResult<Obj> {
    float(libm::erf(number(x)?))
}

/// Complementary error function at x.
#[pyfunction(signature = "(x, /)")]
pub fn erfc(x: &PyObject) -> PyResult<Obj> {
    float(libm::erfc(number(x)?))
}

fn pole(x: f64) -> krait_runtime::PyErr {
    value_error!(
        "expected a noninteger or positive integer, got {}",
        shown(x)
    )
}

/// The gamma function of a whole number, exactly rounded; up to 22! it is exact.
fn small_factorial(x: f64) -> Option<f64> {
    (x.fract() == 0.0 && (1.0..=23.0).contains(&x))
        .then(|| (1..x as u64).fold(1.0, |product, factor| product * factor as f64))
}

/// Gamma function at x.
#[pyfunction(signature = "(x, /)")]
pub fn gamma(x: &PyObject) -> PyResult<Obj> {
    let x = number(x)?;
    if x.is_nan() || x == f64::INFINITY {
        return float(x);
    }
    if x == f64::NEG_INFINITY || (x <= 0.0 && x.fract() == 0.0) {
        return Err(pole(x));
    }
    let result = small_factorial(x).unwrap_or_else(|| libm::tgamma(x));
    if result.is_infinite() {
        return Err(overflow_error!("math range error"));
    }
    float(result)
}

/// Natural logarithm of absolute value of Gamma function at x.
#[pyfunction(signature = "(x, /)")]
pub fn lgamma(x: &PyObject) -> PyResult<Obj> {
    let x = number(x)?;
    if x.is_infinite() {
        return float(f64::INFINITY);
    }
    if x <= 0.0 && x.fract() == 0.0 {
        return Err(pole(x));
    }
    let result = libm::lgamma(x);
    if result.is_infinite() {
        return Err(overflow_error!("math range error"));
    }
    float(result)
}
