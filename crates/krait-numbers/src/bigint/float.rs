//! Between integers and floats, always correctly rounded (half to even).

use std::cmp::Ordering;

use super::{BigInt, IntRef, bit_length, div, from_u64, shift};

/// Why an integer division has no float as its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrueDivideError {
    /// The divisor is zero (`ZeroDivisionError`).
    DivisionByZero,
    /// The result is beyond the largest float (`OverflowError`).
    Overflow,
}

impl TrueDivideError {
    /// The exception's text.
    pub fn message(self) -> &'static str {
        match self {
            TrueDivideError::DivisionByZero => "division by zero",
            TrueDivideError::Overflow => "integer division result too large for a float",
        }
    }
}

/// `mantissa * 2**exponent`, which must be exact unless it overflows to infinity.
fn ldexp_exact(mantissa: f64, exponent: i64) -> f64 {
    let power = |exponent: i64| f64::from_bits(((exponent + 1023) as u64) << 52);
    let first = exponent.clamp(-1000, 1000);
    let second = (exponent - first).clamp(-1000, 1000);
    mantissa * power(first) * power(second)
}

/// The leading 64 bits of a magnitude, left-aligned, with any lower bit folded into the lowest.
fn leading_64(digits: &[u32]) -> u64 {
    let bits = bit_length(digits);
    if bits <= 64 {
        let value = digits
            .iter()
            .rev()
            .fold(0u64, |acc, &digit| acc << 30 | u64::from(digit));
        return if value == 0 {
            0
        } else {
            value << value.leading_zeros()
        };
    }
    // The top four digits hold at least 91 bits.
    let skipped = digits.len().saturating_sub(4);
    let top = digits[skipped..]
        .iter()
        .rev()
        .fold(0u128, |acc, &d| acc << 30 | u128::from(d));
    let aligned = top << top.leading_zeros();
    let sticky = aligned as u64 != 0 || digits[..skipped].iter().any(|&digit| digit != 0);
    (aligned >> 64) as u64 | u64::from(sticky)
}

impl IntRef<'_> {
    /// The nearest float; `None` if it is beyond the largest
    /// (`OverflowError: int too large to convert to float`).
    pub fn to_f64(self) -> Option<f64> {
        let bits = self.bit_length();
        if bits > 1024 {
            return None;
        }
        let scaled = ldexp_exact(leading_64(self.digits) as f64, bits as i64 - 64);
        scaled
            .is_finite()
            .then_some(if self.negative { -scaled } else { scaled })
    }

    /// The integer as `mantissa * 2**exponent` with the mantissa rounded to a float in [0.5, 1);
    /// zero is (0.0, 0).
    pub fn frexp(self) -> (f64, i64) {
        if self.digits.is_empty() {
            return (0.0, 0);
        }
        let mut mantissa = ldexp_exact(leading_64(self.digits) as f64, -64);
        let mut exponent = self.bit_length() as i64;
        if mantissa == 1.0 {
            mantissa = 0.5;
            exponent += 1;
        }
        (if self.negative { -mantissa } else { mantissa }, exponent)
    }

    /// Python's `/` of integers.
    pub fn true_divide(self, other: IntRef<'_>) -> Result<f64, TrueDivideError> {
        if other.is_zero() {
            return Err(TrueDivideError::DivisionByZero);
        }
        let negative = self.negative != other.negative;
        let signed = |value: f64| if negative { -value } else { value };
        if self.is_zero() {
            return Ok(signed(0.0));
        }
        let (a_bits, b_bits) = (self.bit_length() as i64, other.bit_length() as i64);
        if a_bits <= 53 && b_bits <= 53 {
            // Both are exact floats, and the division rounds once.
            let value = |digits: &[u32]| {
                digits
                    .iter()
                    .rev()
                    .fold(0u64, |acc, &d| acc << 30 | u64::from(d))
            };
            return Ok(signed(
                value(self.digits) as f64 / value(other.digits) as f64,
            ));
        }
        let difference = a_bits - b_bits;
        if difference > 1024 {
            return Err(TrueDivideError::Overflow);
        }
        if difference < -1076 {
            return Ok(signed(0.0));
        }
        // A quotient of 55 or 56 bits (fewer where the result is subnormal), whose lowest bit
        // also says whether anything was lost.
        let shift = difference.max(-1021) - 55;
        let (scaled, mut inexact) = if shift <= 0 {
            (
                shift::shl(self.digits, shift.unsigned_abs()).unwrap_or_default(),
                false,
            )
        } else {
            let bits = shift.unsigned_abs();
            (
                shift::shr(self.digits, bits),
                shift::any_low_bits(self.digits, bits),
            )
        };
        let Some((quotient, remainder)) = div::divrem(&scaled, other.digits) else {
            return Err(TrueDivideError::DivisionByZero);
        };
        inexact |= !remainder.is_empty();
        let quotient = quotient
            .iter()
            .rev()
            .fold(0u64, |acc, &digit| acc << 30 | u64::from(digit));
        let quotient_bits = 64 - i64::from(quotient.leading_zeros());
        let extra = quotient_bits.max(-1021 - shift) - 53;
        let result = ldexp_exact(
            round_half_even(quotient, extra as u32, inexact) as f64,
            shift,
        );
        if result.is_infinite() {
            Err(TrueDivideError::Overflow)
        } else {
            Ok(signed(result))
        }
    }

    /// How the integer compares with a float; `None` for a NaN.
    pub fn partial_cmp_f64(self, other: f64) -> Option<Ordering> {
        if other.is_nan() {
            return None;
        }
        if other.is_infinite() {
            return Some(if other > 0.0 {
                Ordering::Less
            } else {
                Ordering::Greater
            });
        }
        let floor = BigInt::from_f64(other.floor())?;
        let fraction = other != other.floor();
        Some(self.cmp(&floor.as_ref()).then(if fraction {
            Ordering::Less
        } else {
            Ordering::Equal
        }))
    }
}

/// Rounds to a multiple of 2**extra; `inexact` says that the true value is a little larger.
fn round_half_even(value: u64, extra: u32, inexact: bool) -> u64 {
    let half = 1u64 << (extra - 1);
    let rest = value & (2 * half - 1);
    let floor = value - rest;
    let up = rest > half || rest == half && (inexact || floor & (2 * half) != 0);
    if up { floor + 2 * half } else { floor }
}

impl BigInt {
    /// A float's integer part, exactly; `None` for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<BigInt> {
        if !value.is_finite() {
            return None;
        }
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7FF) as i64 - 1075;
        if exponent < -52 {
            return Some(BigInt::ZERO);
        }
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        let digits = if exponent <= 0 {
            from_u64(mantissa >> -exponent)
        } else {
            shift::shl(&from_u64(mantissa), exponent as u64)?
        };
        Some(BigInt::from_digits(value < 0.0, digits))
    }

    /// The nearest float; `None` if it is beyond the largest.
    pub fn to_f64(&self) -> Option<f64> {
        self.as_ref().to_f64()
    }
}
