//! The functions of a complex variable, on pairs of doubles.
//!
//! Every function has two halves: a formula that is accurate for finite arguments, and the limits that C99's
//! annex G asks for where a part is infinite or NaN. The symmetries of a function (odd, even, conjugate) keep
//! the limits to one quadrant.

use std::f64::consts::{FRAC_PI_2, LN_2, LN_10};

/// Why a function has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The argument is a pole, or the direction of an infinite one matters and is unknown.
    Domain,
    /// The value is too large for a double.
    Range,
}

pub(super) type Value = Result<Complex, Fault>;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// From here on squares, sums and halves are taken of scaled numbers.
const LARGE: f64 = f64::MAX / 4.0;
/// `exp` of more than this is near the end of the doubles.
const LOG_LARGE: f64 = 708.396_418_532_264_1;
/// How far subnormal parts are scaled up, by as many bits as a double holds: an odd number, so that the root of twice
/// a scaled number is scaled by a whole one.
const SCALE_BITS: i32 = 53;

pub(super) const fn complex(re: f64, im: f64) -> Complex {
    Complex { re, im }
}

impl Complex {
    pub(super) fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    pub(super) fn is_nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }

    pub(super) fn is_infinite(self) -> bool {
        self.re.is_infinite() || self.im.is_infinite()
    }

    /// The angle from the positive real axis.
    pub(super) fn phase(self) -> f64 {
        self.im.atan2(self.re)
    }

    /// The distance from zero.
    pub(super) fn abs(self) -> Result<f64, Fault> {
        let size = self.re.hypot(self.im);
        if size.is_infinite() && self.is_finite() {
            return Err(Fault::Range);
        }
        Ok(size)
    }

    /// The number turned by a right angle: times i.
    fn times_i(self) -> Complex {
        complex(-self.im, self.re)
    }

    /// Turned back: times -i.
    fn over_i(self) -> Complex {
        complex(self.im, -self.re)
    }

    fn is_large(self) -> bool {
        self.re.abs() > LARGE || self.im.abs() > LARGE
    }

    /// Whether both parts are subnormal or zero.
    fn is_tiny(self) -> bool {
        self.re.abs() < f64::MIN_POSITIVE && self.im.abs() < f64::MIN_POSITIVE
    }

    fn scaled(self, bits: i32) -> Complex {
        complex(libm::scalbn(self.re, bits), libm::scalbn(self.im, bits))
    }

    /// An error if a part is infinite.
    fn in_range(self) -> Value {
        if self.is_infinite() {
            return Err(Fault::Range);
        }
        Ok(self)
    }
}

/// The logarithm of a large number's distance from zero, with that of 2 twice added back.
fn log_of_twice_large(z: Complex) -> f64 {
    (z.re / 2.0).hypot(z.im / 2.0).ln() + LN_2 * 2.0
}

pub(super) fn sqrt(z: Complex) -> Value {
    if !z.is_finite() {
        return Ok(match z {
            Complex { im, .. } if im.is_infinite() => complex(INF, im),
            Complex { re: INF, im } if im.is_finite() => complex(INF, 0f64.copysign(im)),
            Complex { re: INF, .. } => complex(INF, NAN),
            Complex { re, im } if re.is_infinite() && im.is_finite() => {
                complex(0.0, INF.copysign(im))
            }
            Complex { re, .. } if re.is_infinite() => complex(NAN, INF),
            _ => complex(NAN, NAN),
        });
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Ok(complex(0.0, z.im));
    }
    let (x, y) = (z.re.abs(), z.im.abs());
    // Half of |z| + |x|, whose root is the larger part; scaled to keep away from both ends of the doubles.
    let root = if z.is_tiny() {
        let up = complex(x, y).scaled(SCALE_BITS);
        libm::scalbn((up.re + up.re.hypot(up.im)).sqrt(), -(SCALE_BITS + 1) / 2)
    } else {
        let eighth = x / 8.0;
        2.0 * (eighth + eighth.hypot(y / 8.0)).sqrt()
    };
    let other = y / (2.0 * root);
    Ok(if z.re >= 0.0 {
        complex(root, other.copysign(z.im))
    } else {
        complex(other, root.copysign(z.im))
    })
}

/// Square roots of finite numbers cannot fail.
fn root(re: f64, im: f64) -> Complex {
    sqrt(complex(re, im)).unwrap_or(complex(NAN, NAN))
}

pub(super) fn acos(z: Complex) -> Value {
    if z.is_nan() {
        return Ok(match z {
            Complex { re, im } if re.is_infinite() => complex(im, INF),
            Complex { im, .. } if im.is_infinite() => complex(NAN, -im),
            Complex { re: 0.0, .. } => complex(FRAC_PI_2, NAN),
            _ => complex(NAN, NAN),
        });
    }
    if !z.is_finite() {
        return Ok(complex(z.im.abs().atan2(z.re), INF.copysign(-z.im)));
    }
    if z.is_large() {
        let size = log_of_twice_large(z);
        return Ok(complex(z.im.abs().atan2(z.re), size.copysign(-z.im)));
    }
    let minus = root(1.0 - z.re, -z.im);
    let plus = root(1.0 + z.re, z.im);
    Ok(complex(
        2.0 * minus.re.atan2(plus.re),
        libm::asinh(plus.re * minus.im - plus.im * minus.re),
    ))
}

pub(super) fn acosh(z: Complex) -> Value {
    if z.is_nan() {
        return Ok(match z {
            z if z.is_infinite() => complex(INF, NAN),
            Complex { re: 0.0, .. } => complex(NAN, FRAC_PI_2),
            _ => complex(NAN, NAN),
        });
    }
    if !z.is_finite() {
        return Ok(complex(INF, z.phase()));
    }
    if z.is_large() {
        return Ok(complex(log_of_twice_large(z), z.phase()));
    }
    let minus = root(z.re - 1.0, z.im);
    let plus = root(z.re + 1.0, z.im);
    Ok(complex(
        libm::asinh(minus.re * plus.re + minus.im * plus.im),
        2.0 * minus.im.atan2(plus.re),
    ))
}

pub(super) fn asin(z: Complex) -> Value {
    Ok(asinh(z.times_i())?.over_i())
}

pub(super) fn asinh(z: Complex) -> Value {
    if z.is_nan() {
        return Ok(match z {
            z if z.is_infinite() => complex(if z.re.is_nan() { INF } else { z.re }, NAN),
            Complex { im: 0.0, .. } => complex(NAN, z.im),
            _ => complex(NAN, NAN),
        });
    }
    if !z.is_finite() {
        return Ok(complex(INF.copysign(z.re), z.im.atan2(z.re.abs())));
    }
    if z.is_large() {
        let size = log_of_twice_large(z);
        return Ok(complex(size.copysign(z.re), z.im.atan2(z.re.abs())));
    }
    let plus = root(1.0 + z.im, -z.re);
    let minus = root(1.0 - z.im, z.re);
    Ok(complex(
        libm::asinh(plus.re * minus.im - minus.re * plus.im),
        z.im.atan2(plus.re * minus.re - plus.im * minus.im),
    ))
}

pub(super) fn atan(z: Complex) -> Value {
    Ok(atanh(z.times_i())?.over_i())
}

pub(super) fn atanh(z: Complex) -> Value {
    if z.re.is_sign_negative() && !z.re.is_nan() {
        let mirrored = atanh(complex(-z.re, -z.im))?;
        return Ok(complex(-mirrored.re, -mirrored.im));
    }
    if !z.is_finite() {
        let im = if z.im.is_infinite() || (z.re.is_infinite() && !z.im.is_nan()) {
            FRAC_PI_2.copysign(z.im)
        } else {
            NAN
        };
        let re = match z.re {
            re if re.is_nan() && z.im.is_infinite() => 0.0,
            re if z.is_infinite() => 0f64.copysign(re),
            0.0 => z.re,
            _ => NAN,
        };
        return Ok(complex(re, im));
    }
    let y = z.im.abs();
    let sqrt_large = LARGE.sqrt();
    if z.re > sqrt_large || y > sqrt_large {
        let half = (z.re / 2.0).hypot(y / 2.0);
        return Ok(complex(
            z.re / 4.0 / half / half,
            -FRAC_PI_2.copysign(-z.im),
        ));
    }
    if z.re == 1.0 && y < f64::MIN_POSITIVE.sqrt() {
        if y == 0.0 {
            return Err(Fault::Domain);
        }
        return Ok(complex(
            -(y.sqrt() / y.hypot(2.0).sqrt()).ln(),
            (2f64.atan2(-y) / 2.0).copysign(z.im),
        ));
    }
    let gap = 1.0 - z.re;
    Ok(complex(
        (4.0 * z.re / (gap * gap + y * y)).ln_1p() / 4.0,
        -(-2.0 * z.im).atan2(gap * (1.0 + z.re) - y * y) / 2.0,
    ))
}

/// A distance in the direction of an angle, where the distance is infinite and the angle is not.
fn far_along(angle: f64) -> Complex {
    complex(INF.copysign(angle.cos()), INF.copysign(angle.sin()))
}

pub(super) fn cos(z: Complex) -> Value {
    cosh(z.times_i())
}

pub(super) fn cosh(z: Complex) -> Value {
    if !z.is_finite() {
        if z.im.is_infinite() && !z.re.is_nan() {
            return Err(Fault::Domain);
        }
        let turned = z.re.is_sign_negative();
        return Ok(match z {
            Complex { re, im } if re.is_infinite() && im.is_finite() && im != 0.0 => {
                let far = far_along(im);
                complex(far.re, if turned { -far.im } else { far.im })
            }
            Complex { re, im } if re.is_infinite() && im == 0.0 => {
                complex(INF, if turned { -im } else { im })
            }
            Complex { re, .. } if re.is_infinite() => complex(INF, NAN),
            Complex { re: 0.0, .. } => complex(NAN, 0.0),
            Complex { im: 0.0, .. } => complex(NAN, 0.0),
            _ => complex(NAN, NAN),
        });
    }
    let (scale, re) = within_exp(z.re);
    complex(
        z.im.cos() * re.cosh() * scale,
        z.im.sin() * re.sinh() * scale,
    )
    .in_range()
}

/// Takes a step of 1 off numbers whose `exp` might overflow although the product it goes into does not.
fn within_exp(x: f64) -> (f64, f64) {
    if x.abs() > LOG_LARGE {
        (std::f64::consts::E, x - 1f64.copysign(x))
    } else {
        (1.0, x)
    }
}

pub(super) fn exp(z: Complex) -> Value {
    if !z.is_finite() {
        if z.im.is_infinite() && !z.re.is_nan() && z.re != -INF {
            return Err(Fault::Domain);
        }
        return Ok(match z {
            Complex { re, im: 0.0 } => complex(if re == -INF { 0.0 } else { re }, z.im),
            Complex { re: INF, im } if im.is_finite() => far_along(im),
            Complex { re: INF, .. } => complex(INF, NAN),
            Complex { re, im } if re == -INF && im.is_finite() => {
                complex(0f64.copysign(im.cos()), 0f64.copysign(im.sin()))
            }
            Complex { re, .. } if re == -INF => complex(0.0, 0.0),
            _ => complex(NAN, NAN),
        });
    }
    let (scale, re) = if z.re > LOG_LARGE {
        within_exp(z.re)
    } else {
        (1.0, z.re)
    };
    let size = re.exp();
    complex(size * z.im.cos() * scale, size * z.im.sin() * scale).in_range()
}

pub(super) fn log(z: Complex) -> Value {
    if !z.is_finite() {
        let re = if z.is_infinite() { INF } else { NAN };
        return Ok(complex(re, z.phase()));
    }
    let (x, y) = (z.re.abs(), z.im.abs());
    let re = if z.is_large() {
        (x / 2.0).hypot(y / 2.0).ln() + LN_2
    } else if z.is_tiny() {
        if x == 0.0 && y == 0.0 {
            return Err(Fault::Domain);
        }
        let up = complex(x, y).scaled(SCALE_BITS);
        up.re.hypot(up.im).ln() - f64::from(SCALE_BITS) * LN_2
    } else {
        let size = x.hypot(y);
        if (0.71..=1.73).contains(&size) {
            let (long, short) = (x.max(y), x.min(y));
            ((long - 1.0) * (long + 1.0) + short * short).ln_1p() / 2.0
        } else {
            size.ln()
        }
    };
    Ok(complex(re, z.phase()))
}

pub(super) fn log10(z: Complex) -> Value {
    let value = log(z)?;
    Ok(complex(value.re / LN_10, value.im / LN_10))
}

pub(super) fn sin(z: Complex) -> Value {
    Ok(sinh(z.times_i())?.over_i())
}

pub(super) fn sinh(z: Complex) -> Value {
    if !z.is_finite() {
        if z.im.is_infinite() && !z.re.is_nan() {
            return Err(Fault::Domain);
        }
        return Ok(match z {
            Complex { im: 0.0, .. } => z,
            Complex { re, im } if re.is_infinite() && im.is_finite() => {
                let far = far_along(im);
                complex(if re < 0.0 { -far.re } else { far.re }, far.im)
            }
            Complex { re, .. } if re.is_infinite() => complex(INF, NAN),
            Complex { re: 0.0, .. } => complex(0.0, NAN),
            _ => complex(NAN, NAN),
        });
    }
    let (scale, re) = within_exp(z.re);
    complex(
        z.im.cos() * re.sinh() * scale,
        z.im.sin() * re.cosh() * scale,
    )
    .in_range()
}

pub(super) fn tan(z: Complex) -> Value {
    Ok(tanh(z.times_i())?.over_i())
}

pub(super) fn tanh(z: Complex) -> Value {
    if !z.is_finite() {
        if z.im.is_infinite() && z.re.is_finite() {
            return Err(Fault::Domain);
        }
        return Ok(match z {
            Complex { im: 0.0, .. } if z.re.is_nan() => z,
            Complex { re, im } if re.is_infinite() => {
                let side = match im {
                    0.0 => im,
                    _ if im.is_finite() => 2.0 * im.sin() * im.cos(),
                    _ => 0.0,
                };
                complex(1f64.copysign(re), 0f64.copysign(side))
            }
            Complex { re: 0.0, .. } => complex(z.re, NAN),
            _ => complex(NAN, NAN),
        });
    }
    if z.re.abs() > LOG_LARGE {
        return Ok(complex(
            1f64.copysign(z.re),
            4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp(),
        ));
    }
    let (x, y) = (z.re.tanh(), z.im.tan());
    let narrow = 1.0 / z.re.cosh();
    let product = x * y;
    let below = 1.0 + product * product;
    Ok(complex(
        x * (1.0 + y * y) / below,
        ((y / below) * narrow) * narrow,
    ))
}

/// The number at a distance from zero and an angle.
pub(super) fn rect(distance: f64, angle: f64) -> Value {
    if distance.is_finite() && angle.is_finite() {
        if angle == 0.0 {
            return Ok(complex(distance, distance * angle));
        }
        return Ok(complex(distance * angle.cos(), distance * angle.sin()));
    }
    if angle.is_infinite() && distance != 0.0 && !distance.is_nan() {
        return Err(Fault::Domain);
    }
    if distance.is_infinite() && angle.is_finite() {
        if angle == 0.0 {
            let im = if distance < 0.0 { -angle } else { angle };
            return Ok(complex(distance, im));
        }
        let far = far_along(angle);
        return Ok(if distance < 0.0 {
            complex(-far.re, -far.im)
        } else {
            far
        });
    }
    Ok(match (distance, angle) {
        (0.0, _) => complex(0.0, 0.0),
        (_, 0.0) => complex(NAN, 0.0),
        (far, _) if far.is_infinite() => complex(INF, NAN),
        _ => complex(NAN, NAN),
    })
}

/// One number over another, by scaling with the larger part of the divisor.
pub(super) fn quotient(over: Complex, under: Complex) -> Value {
    let (x, y) = (under.re.abs(), under.im.abs());
    if x >= y {
        if x == 0.0 {
            return Err(Fault::Domain);
        }
        let ratio = under.im / under.re;
        let below = under.re + under.im * ratio;
        Ok(complex(
            (over.re + over.im * ratio) / below,
            (over.im - over.re * ratio) / below,
        ))
    } else if y >= x {
        let ratio = under.re / under.im;
        let below = under.re * ratio + under.im;
        Ok(complex(
            (over.re * ratio + over.im) / below,
            (over.im * ratio - over.re) / below,
        ))
    } else {
        Ok(complex(NAN, NAN))
    }
}
