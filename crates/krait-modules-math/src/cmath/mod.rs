//! `cmath`: the functions of C's mathematical library for complex numbers.

mod kernel;

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyObject};
use krait_runtime::{
    IntoPy, PyComplex, PyErr, PyFloat, PyModule, PyResult, overflow_error, pymodule, value_error,
};

use kernel::{Complex, Fault, complex};

pymodule! {
    pub CMATH = "cmath",
    "This module provides access to mathematical functions for complex\nnumbers.",
    functions: [
        acos, acosh, asin, asinh, atan, atanh, cos, cosh, exp, isclose, isfinite, isinf, isnan, log,
        log10, phase, polar, rect, sin, sinh, sqrt, tan, tanh,
    ],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    let reals = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    for (name, value) in reals {
        dict.set(name, &*PyFloat::new(value)?)?;
    }
    dict.set("infj", &*PyComplex::new(0.0, f64::INFINITY)?)?;
    dict.set("nanj", &*PyComplex::new(0.0, f64::NAN)?)
}

fn number(value: &PyObject) -> PyResult<Complex> {
    let value = PyComplex::from_object(value)?;
    Ok(complex(value.real, value.imag))
}

fn raise(fault: Fault) -> PyErr {
    match fault {
        Fault::Domain => value_error!("math domain error"),
        Fault::Range => overflow_error!("math range error"),
    }
}

fn object(value: Result<Complex, Fault>) -> PyResult<Obj> {
    let value = value.map_err(raise)?;
    Ok(PyComplex::new(value.re, value.im)?.into_object())
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[pyfunction(signature = "(z, /)")]
        pub fn $name(z: &PyObject) -> PyResult<Obj> {
            object(kernel::$name(number(z)?))
        }
    )*};
}

functions! {
    /// Return the arc cosine of z.
    acos;
    /// Return the inverse hyperbolic cosine of z.
    acosh;
    /// Return the arc sine of z.
    asin;
    /// Return the inverse hyperbolic sine of z.
    asinh;
    /// Return the arc tangent of z.
    atan;
    /// Return the inverse hyperbolic tangent of z.
    atanh;
    /// Return the cosine of z.
    cos;
    /// Return the hyperbolic cosine of z.
    cosh;
    /// Return the exponential value e**z.
    exp;
    /// Return the base-10 logarithm of z.
    log10;
    /// Return the sine of z.
    sin;
    /// Return the hyperbolic sine of z.
    sinh;
    /// Return the square root of z.
    sqrt;
    /// Return the tangent of z.
    tan;
    /// Return the hyperbolic tangent of z.
    tanh;
}

/// log(z[, base]) -> the logarithm of z to the given base.
///
/// If the base is not specified, returns the natural logarithm (base e) of z.
#[pyfunction(signature = "(z, base=<unrepresentable>, /)")]
pub fn log(z: &PyObject, base: krait_runtime::OptionalArg<&PyObject>) -> PyResult<Obj> {
    let z = number(z)?;
    let base = base.present().map(number).transpose()?;
    let value = kernel::log(z);
    object(match base {
        None => value,
        Some(base) => {
            kernel::log(base).and_then(|base| value.and_then(|value| kernel::quotient(value, base)))
        }
    })
}

/// Return argument, also known as the phase angle, of a complex.
#[pyfunction(signature = "(z, /)")]
pub fn phase(z: &PyObject) -> PyResult<f64> {
    let z = number(z)?;
    let phase = z.phase();
    if phase == 0.0 && z.im != 0.0 && z.re.is_finite() {
        // An angle too small for a double is reported, as C's `atan2` does.
        return Err(raise(Fault::Range));
    }
    Ok(phase)
}

/// Convert a complex from rectangular coordinates to polar coordinates.
///
/// r is the distance from 0 and phi the phase angle.
#[pyfunction(signature = "(z, /)")]
pub fn polar(z: &PyObject) -> PyResult<Obj> {
    let z = number(z)?;
    let distance = z.abs().map_err(raise)?;
    (distance, z.phase()).into_py()
}

/// Convert from polar coordinates to rectangular coordinates.
#[pyfunction(signature = "(r, phi, /)")]
pub fn rect(r: &PyObject, phi: &PyObject) -> PyResult<Obj> {
    let (r, phi) = (r.to_f64()?, phi.to_f64()?);
    object(kernel::rect(r, phi))
}

/// Return True if both the real and imaginary parts of z are finite, else False.
#[pyfunction(signature = "(z, /)")]
pub fn isfinite(z: &PyObject) -> PyResult<bool> {
    Ok(number(z)?.is_finite())
}

/// Checks if the real or imaginary part of z is infinite.
#[pyfunction(signature = "(z, /)")]
pub fn isinf(z: &PyObject) -> PyResult<bool> {
    Ok(number(z)?.is_infinite())
}

/// Checks if the real or imaginary part of z not a number (NaN).
#[pyfunction(signature = "(z, /)")]
pub fn isnan(z: &PyObject) -> PyResult<bool> {
    Ok(number(z)?.is_nan())
}

/// Determine whether two complex numbers are close in value.
///
///   rel_tol
///     maximum difference for being considered "close", relative to the
///     magnitude of the input values
///   abs_tol
///     maximum difference for being considered "close", regardless of the
///     magnitude of the input values
///
/// Return True if a is close in value to b, and False otherwise.
///
/// For the values to be considered close, the difference between them must be
/// smaller than at least one of the tolerances.
///
/// -inf, inf and NaN behave similarly to the IEEE 754 Standard. That is, NaN is
/// not close to anything, even itself. inf and -inf are only close to themselves.
#[pyfunction(signature = "(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
pub fn isclose(a: &PyObject, b: &PyObject, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
    let (a, b) = (number(a)?, number(b)?);
    if rel_tol < 0.0 || abs_tol < 0.0 {
        return Err(value_error!("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let size = |z: Complex| z.re.hypot(z.im);
    let apart = size(complex(a.re - b.re, a.im - b.im));
    Ok(apart <= rel_tol * size(b) || apart <= rel_tol * size(a) || apart <= abs_tol)
}
