//! Arithmetic of complex numbers: IEEE 754 with the recovery of infinities of C99's Annex G.

use krait_abi::Py_complex;

/// Why a power has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PowerError {
    /// Zero to a negative or complex power.
    Domain,
    /// Beyond the largest float.
    Range,
}

pub(super) const fn complex(real: f64, imag: f64) -> Py_complex {
    Py_complex { real, imag }
}

fn is_nan(value: Py_complex) -> bool {
    value.real.is_nan() && value.imag.is_nan()
}

fn is_finite(value: Py_complex) -> bool {
    value.real.is_finite() && value.imag.is_finite()
}

/// 1 for an infinity and 0 for all else, with the sign kept.
fn boxed(value: f64) -> f64 {
    if value.is_infinite() {
        1.0_f64.copysign(value)
    } else {
        0.0_f64.copysign(value)
    }
}

/// Zero for a not-a-number.
fn without_nan(value: f64) -> f64 {
    if value.is_nan() {
        0.0_f64.copysign(value)
    } else {
        value
    }
}

pub(super) fn product(z: Py_complex, w: Py_complex) -> Py_complex {
    let (mut a, mut b, mut c, mut d) = (z.real, z.imag, w.real, w.imag);
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let result = complex(ac - bd, ad + bc);
    if !is_nan(result) {
        return result;
    }
    let mut recover = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b) = (boxed(a), boxed(b));
        (c, d) = (without_nan(c), without_nan(d));
        recover = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d) = (boxed(c), boxed(d));
        (a, b) = (without_nan(a), without_nan(b));
        recover = true;
    }
    if !recover && [ac, bd, ad, bc].into_iter().any(f64::is_infinite) {
        (a, b, c, d) = (
            without_nan(a),
            without_nan(b),
            without_nan(c),
            without_nan(d),
        );
        recover = true;
    }
    if !recover {
        return result;
    }
    complex(
        f64::INFINITY * (a * c - b * d),
        f64::INFINITY * (a * d + b * c),
    )
}

/// `a / b` by Smith's method; `None` for a zero divisor.
pub(super) fn quotient(a: Py_complex, b: Py_complex) -> Option<Py_complex> {
    let (real_size, imag_size) = (b.real.abs(), b.imag.abs());
    let result = if real_size >= imag_size {
        if real_size == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let scale = b.real + b.imag * ratio;
        complex(
            (a.real + a.imag * ratio) / scale,
            (a.imag - a.real * ratio) / scale,
        )
    } else if imag_size >= real_size {
        let ratio = b.real / b.imag;
        let scale = b.real * ratio + b.imag;
        complex(
            (a.real * ratio + a.imag) / scale,
            (a.imag * ratio - a.real) / scale,
        )
    } else {
        complex(f64::NAN, f64::NAN)
    };
    if !is_nan(result) {
        return Some(result);
    }
    if (a.real.is_infinite() || a.imag.is_infinite()) && is_finite(b) {
        let (x, y) = (boxed(a.real), boxed(a.imag));
        return Some(complex(
            f64::INFINITY * (x * b.real + y * b.imag),
            f64::INFINITY * (y * b.real - x * b.imag),
        ));
    }
    if (real_size.is_infinite() || imag_size.is_infinite()) && is_finite(a) {
        let (x, y) = (boxed(b.real), boxed(b.imag));
        return Some(complex(
            0.0 * (a.real * x + a.imag * y),
            0.0 * (a.imag * x - a.real * y),
        ));
    }
    Some(result)
}

/// `a / b` for a real dividend, whose absent imaginary part is no zero.
pub(super) fn quotient_of_real(a: f64, b: Py_complex) -> Option<Py_complex> {
    let (real_size, imag_size) = (b.real.abs(), b.imag.abs());
    let result = if real_size >= imag_size {
        if real_size == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let scale = b.real + b.imag * ratio;
        complex(a / scale, (-a * ratio) / scale)
    } else if imag_size >= real_size {
        let ratio = b.real / b.imag;
        let scale = b.real * ratio + b.imag;
        complex((a * ratio) / scale, -a / scale)
    } else {
        complex(f64::NAN, f64::NAN)
    };
    if is_nan(result) && a.is_finite() && (real_size.is_infinite() || imag_size.is_infinite()) {
        let (x, y) = (boxed(b.real), boxed(b.imag));
        return Some(complex(0.0 * (a * x), 0.0 * (-a * y)));
    }
    Some(result)
}

fn checked(value: Py_complex) -> Result<Py_complex, PowerError> {
    if value.real.is_infinite() || value.imag.is_infinite() {
        Err(PowerError::Range)
    } else {
        Ok(value)
    }
}

/// `base ** exponent` by squaring.
fn integer_power(base: Py_complex, exponent: u32) -> Py_complex {
    let (mut result, mut square) = (complex(1.0, 0.0), base);
    let mut mask = 1;
    while exponent >= mask {
        if exponent & mask != 0 {
            result = product(result, square);
        }
        mask <<= 1;
        square = product(square, square);
    }
    result
}

fn general_power(base: Py_complex, exponent: Py_complex) -> Result<Py_complex, PowerError> {
    if exponent.real == 0.0 && exponent.imag == 0.0 {
        return Ok(complex(1.0, 0.0));
    }
    if base.real == 0.0 && base.imag == 0.0 {
        return if exponent.imag != 0.0 || exponent.real < 0.0 {
            Err(PowerError::Domain)
        } else {
            Ok(complex(0.0, 0.0))
        };
    }
    let size = base.real.hypot(base.imag);
    let angle = base.imag.atan2(base.real);
    let mut length = size.powf(exponent.real);
    let mut phase = angle * exponent.real;
    if exponent.imag != 0.0 {
        length *= (-angle * exponent.imag).exp();
        phase += exponent.imag * size.ln();
    }
    if phase.is_infinite() {
        return Err(PowerError::Domain);
    }
    Ok(complex(length * phase.cos(), length * phase.sin()))
}

/// `base ** exponent`; small whole exponents multiply, which is quicker and more exact.
pub(super) fn power(base: Py_complex, exponent: Py_complex) -> Result<Py_complex, PowerError> {
    let real = exponent.real;
    if exponent.imag != 0.0 || real != real.floor() || real.abs() > 100.0 {
        return checked(general_power(base, exponent)?);
    }
    let result = integer_power(base, real.abs() as u32);
    if real > 0.0 {
        return checked(result);
    }
    checked(quotient(complex(1.0, 0.0), result).ok_or(PowerError::Domain)?)
}
