//! Operations on floats whose result CPython defines exactly.

use crate::BigInt;
use crate::bigint::HASH_MODULUS;

/// Python's hash of a float: equal to that of an equal integer; `None` for a NaN, whose hash is
/// that of its identity.
pub fn hash(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { 314_159 } else { -314_159 });
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match (bits >> 52 & 0x7FF) as i64 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    // Modulo 2**61 - 1, multiplying by a power of two rotates 61 bits.
    let turn = exponent.rem_euclid(61) as u32;
    let rotated = (mantissa << turn) & HASH_MODULUS | mantissa.checked_shr(61 - turn).unwrap_or(0);
    let residue = if rotated == HASH_MODULUS {
        0
    } else {
        rotated as i64
    };
    let hash = if value < 0.0 { -residue } else { residue };
    Some(if hash == -1 { -2 } else { hash })
}

/// Numerator and denominator in lowest terms; `None` for infinities and NaN.
pub fn as_integer_ratio(value: f64) -> Option<(BigInt, BigInt)> {
    if !value.is_finite() {
        return None;
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match (bits >> 52 & 0x7FF) as i64 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    let zeros = if mantissa == 0 {
        0
    } else {
        i64::from(mantissa.trailing_zeros())
    };
    let shared = if exponent < 0 {
        zeros.min(-exponent)
    } else {
        0
    };
    let (mantissa, exponent) = (BigInt::from(mantissa >> shared), exponent + shared);
    let (numerator, denominator) = if mantissa.is_zero() {
        (mantissa, BigInt::one())
    } else if exponent >= 0 {
        (mantissa.as_ref().shl(exponent as u64)?, BigInt::one())
    } else {
        (
            mantissa,
            BigInt::one().as_ref().shl(exponent.unsigned_abs())?,
        )
    };
    Some((
        if value < 0.0 {
            numerator.neg()
        } else {
            numerator
        },
        denominator,
    ))
}

/// Python's `round(value, digits)` with digits given; `None` if the result is beyond the largest
/// float (`OverflowError: rounded value too large to represent`).
pub fn round_to_digits(value: f64, digits: i64) -> Option<f64> {
    if !value.is_finite() || value == 0.0 || digits > 323 {
        return Some(value);
    }
    let magnitude = if digits >= 0 {
        let places = digits as usize;
        format!("{:.places$}", value.abs()).parse().ok()?
    } else {
        round_to_tens(value.abs(), digits.unsigned_abs())
    };
    if magnitude == f64::INFINITY {
        return None;
    }
    Some(magnitude.copysign(value))
}

/// Rounds a positive number to a multiple of a power of ten, half to even.
fn round_to_tens(magnitude: f64, tens: u64) -> f64 {
    if tens > 308 {
        return 0.0;
    }
    let text = format!("{magnitude:.1100e}");
    let exponent: i64 = text
        .rsplit('e')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0);
    let kept = exponent - tens as i64;
    if kept >= 0 {
        let places = kept as usize;
        return format!("{magnitude:.places$e}")
            .parse()
            .unwrap_or(magnitude);
    }
    // The unit is above the number: only more than half of it rounds up, as zero is even.
    let half = BigInt::from(5).mul(&power_of_ten(tens - 1));
    if half
        .as_ref()
        .partial_cmp_f64(magnitude)
        .is_some_and(|order| order.is_lt())
    {
        format!("1e{tens}").parse().unwrap_or(f64::INFINITY)
    } else {
        0.0
    }
}

fn power_of_ten(exponent: u64) -> BigInt {
    let exponent = BigInt::from(exponent);
    BigInt::from(10)
        .as_ref()
        .pow(exponent.as_ref())
        .unwrap_or_default()
}

/// Python's `divmod` of floats; the divisor is not zero.
pub fn divmod(dividend: f64, divisor: f64) -> (f64, f64) {
    let mut remainder = dividend % divisor;
    let mut quotient = (dividend - remainder) / divisor;
    if remainder != 0.0 {
        if (divisor < 0.0) != (remainder < 0.0) {
            remainder += divisor;
            quotient -= 1.0;
        }
    } else {
        remainder = 0f64.copysign(divisor);
    }
    if quotient == 0.0 {
        return (0f64.copysign(dividend / divisor), remainder);
    }
    let floor = quotient.floor();
    (
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        },
        remainder,
    )
}

/// Python's `//` of floats; the divisor is not zero.
pub fn floor_div(dividend: f64, divisor: f64) -> f64 {
    divmod(dividend, divisor).0
}

/// Python's `%` of floats; the divisor is not zero.
#[inline]
pub fn modulo(dividend: f64, divisor: f64) -> f64 {
    let remainder = dividend % divisor;
    if remainder == 0.0 {
        0f64.copysign(divisor)
    } else if (divisor < 0.0) != (remainder < 0.0) {
        remainder + divisor
    } else {
        remainder
    }
}
