//! `math`: the functions of C's mathematical library, with Python's errors.

mod floats;
mod gamma;
mod integers;
mod sums;

use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{PyFloat, PyModule, PyResult, overflow_error, pymodule, value_error};

pymodule! {
    pub MATH = "math",
    "This module provides access to the mathematical functions\ndefined by the C standard.",
    functions: [
        floats::acos, floats::acosh, floats::asin, floats::asinh, floats::atan, floats::atan2,
        floats::atanh, floats::cbrt, floats::ceil, integers::comb, floats::copysign, floats::cos,
        floats::cosh, floats::degrees, sums::dist, gamma::erf, gamma::erfc, floats::exp, floats::exp2,
        floats::expm1, floats::fabs, integers::factorial, floats::floor, floats::fma, floats::fmod,
        floats::frexp, sums::fsum, gamma::gamma, integers::gcd, sums::hypot, floats::isclose,
        floats::isfinite, floats::isinf, floats::isnan, integers::isqrt, integers::lcm, floats::ldexp,
        gamma::lgamma, floats::log, floats::log10, floats::log1p, floats::log2, floats::modf,
        floats::nextafter, integers::perm, floats::pow, sums::prod, floats::radians,
        floats::remainder, floats::sin, floats::sinh, floats::sqrt, sums::sumprod, floats::tan,
        floats::tanh, floats::trunc, floats::ulp,
    ],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let constants = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    for (name, value) in constants {
        module.dict().set(name, &*PyFloat::new(value)?)?;
    }
    Ok(())
}

/// A float object.
fn float(value: f64) -> PyResult<Obj> {
    Ok(PyFloat::new(value)?.into_object())
}

/// The argument as a double, by `__float__` or `__index__`.
fn number(value: &PyObject) -> PyResult<f64> {
    value.to_f64()
}

/// The result of a function of one argument, with Python's rules for what a C function signals:
/// a NaN or infinity that does not come from the argument is an error.
fn checked(
    argument: f64,
    result: f64,
    can_overflow: bool,
    domain: impl Fn() -> String,
) -> PyResult<Obj> {
    if result.is_nan() && !argument.is_nan() {
        return Err(value_error!("{}", domain()));
    }
    if result.is_infinite() && argument.is_finite() {
        return Err(if can_overflow {
            overflow_error!("math range error")
        } else {
            value_error!("{}", domain())
        });
    }
    float(result)
}

/// How a float is shown in a domain error.
fn shown(value: f64) -> String {
    krait_numbers::float::repr(value)
}
