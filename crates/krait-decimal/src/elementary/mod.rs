//! `exp`, `ln`, `log10`: correctly rounded, halves to even. A result is computed with more digits
//! than needed and a bound of its error; if a half of the last place is within that bound, again
//! with more digits (Ziv's strategy). None but the exact cases, which go before, can be a half.

mod fixed;
mod pow;

pub use pow::pow;

use std::cmp::Ordering;

use crate::coefficient::Coefficient;
use crate::compare::cmp_magnitudes;
use crate::context::{Context, Rounding};
use crate::decimal::Decimal;
use crate::div::sticky;
use crate::limbs::{self, DIGITS};
use crate::round::{fit, invalid, nan_result, out_of_memory, shl};
use crate::status::Status;

/// A magnitude in fixed point, times a power of ten, with how many ulp it may be off.
struct Approximation {
    negative: bool,
    magnitude: Vec<u64>,
    /// How many limbs are the fraction.
    fraction: usize,
    power: i64,
    error: u64,
}

impl Approximation {
    /// The number, if rounding to a precision does not depend on the error; its last digit tells
    /// that it is not exact.
    fn rounded(self, prec: usize) -> Option<Decimal> {
        let digits = limbs::digits(&self.magnitude);
        let tail = digits.checked_sub(prec).filter(|&tail| tail > DIGITS)?;
        let rest = limbs::low_digits(&self.magnitude, tail);
        let half = limbs::shl(&[5], tail - 1);
        let (distance, _) = limbs::abs_diff(&rest, &half);
        if limbs::cmp(&distance, &[self.error]).is_le() {
            return None;
        }
        let exponent = self.power - (self.fraction * DIGITS) as i64;
        let coefficient = sticky(Coefficient::from_limbs(self.magnitude));
        Some(Decimal::raw(self.negative, coefficient, exponent))
    }
}

/// Computes with ever more limbs of fraction until the rounding is sure. `zeros` is how many
/// digits of the fraction the result may begin with that are zeros.
fn correctly_rounded(
    zeros: i64,
    context: &Context,
    status: &mut Status,
    compute: impl Fn(usize) -> Approximation,
) -> Decimal {
    let fitting = |digits| usize::try_from(digits).ok().filter(|&n| limbs::fits(n));
    let (Some(digits), Some(prec)) = (fitting(context.prec + zeros), fitting(context.prec)) else {
        return out_of_memory(status);
    };
    let mut limbs = digits.div_ceil(DIGITS) + 2;
    loop {
        if let Some(found) = compute(limbs).rounded(prec) {
            return fit(found, &half_even(context), status);
        }
        limbs += limbs / 2;
    }
}

fn half_even(context: &Context) -> Context {
    Context {
        rounding: Rounding::HalfEven,
        ..*context
    }
}

/// A positive finite number in fixed point, truncated.
fn to_fixed(coefficient: &Coefficient, exponent: i64, fraction: usize) -> Vec<u64> {
    let shift = (fraction * DIGITS) as i64 + exponent;
    let count = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    if shift >= 0 {
        limbs::shl(coefficient.limbs(), count)
    } else {
        limbs::shr(coefficient.limbs(), count)
    }
}

/// `1` with zeros after the point, where rounding took some off.
fn padded_one(
    zeros: i64,
    negative: bool,
    inexact: bool,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let Some(one) = shl(&Coefficient::ONE, zeros.unsigned_abs()) else {
        return out_of_memory(status);
    };
    *status |= Status::Rounded;
    if inexact {
        *status |= Status::Inexact;
    }
    fit(Decimal::raw(negative, one, -zeros), context, status)
}

/// `e ** a`.
pub fn exp(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    if a.is_infinite() {
        return if a.negative {
            Decimal::zero()
        } else {
            Decimal::infinity(false)
        };
    }
    if a.is_zero() {
        return Decimal::from_u64(1);
    }
    if a.adjusted() >= DIGITS as i64 {
        // Beyond every range.
        let exponent = if a.negative {
            i64::MIN / 4
        } else {
            i64::MAX / 4
        };
        let result = Decimal::raw(false, Coefficient::ONE, exponent);
        return fit(result, &half_even(context), status);
    }
    // From here on, rounding cannot see a difference from one.
    let negligible = Decimal::raw(false, Coefficient::from_u64(9), -context.prec - 4);
    if cmp_magnitudes(a, &negligible) != Ordering::Greater {
        return padded_one(context.prec - 1, false, true, context, status);
    }
    correctly_rounded(0, context, status, |w| exp_of(a, w))
}

/// `e**a` as a power of ten times `e**r` for `r` from 0 to `ln 10`; `|a|` is below 10**19.
fn exp_of(a: &Decimal, w: usize) -> Approximation {
    // The quotient by ln 10 is below 10**19, and multiplies the error of ln 10.
    let inner = w + 2;
    let ln10 = fixed::ln10(inner);
    let magnitude = to_fixed(&a.coefficient, a.exponent, inner);
    let (quotient, mut rest) = limbs::divrem(&magnitude, &ln10);
    let mut power = quotient.first().map_or(0, |&limb| limb as i64);
    if a.negative {
        power = -power - 1;
        rest = limbs::sub(&ln10, &rest);
    }
    rest.drain(..2.min(rest.len()));
    Approximation {
        negative: false,
        magnitude: fixed::exp(&rest, w),
        fraction: w,
        power,
        error: 64,
    }
}

/// What the logarithms give without computing; a logarithm of one is zero.
fn ln_special(a: &Decimal, context: &Context, status: &mut Status) -> Option<Decimal> {
    if let Some(nan) = nan_result(&[a], context, status) {
        return Some(nan);
    }
    if a.is_zero() {
        return Some(Decimal::infinity(true));
    }
    if a.negative {
        return Some(invalid(Status::InvalidOperation, status));
    }
    a.is_infinite().then(|| Decimal::infinity(false))
}

/// How many zeros a logarithm may begin with: those between a number and one.
fn zeros_of_ln(a: &Decimal) -> i64 {
    if !(-1..=0).contains(&a.adjusted()) {
        return 0;
    }
    let work = Context::work(a.digits() as i64 + 2);
    let one = Decimal::from_u64(1);
    let distance = crate::arith::sub(a, &one, &work, &mut Status::empty());
    1 - distance.adjusted()
}

/// The natural logarithm.
pub fn ln(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(result) = ln_special(a, context, status) {
        return result;
    }
    if a.partial_cmp_value(&Decimal::from_u64(1)) == Some(Ordering::Equal) {
        return Decimal::zero();
    }
    correctly_rounded(zeros_of_ln(a), context, status, |w| {
        let power = fixed::ln10(w + 2);
        let power = limbs::mul_small(&power, a.adjusted().unsigned_abs());
        sum_of_logs(a, power.get(2..).unwrap_or(&[]), fixed_ln(a, w), w)
    })
}

/// The natural logarithm of the digits with the point after the first.
fn fixed_ln(a: &Decimal, w: usize) -> Vec<u64> {
    let digits = a.digits() as i64;
    fixed::ln(&to_fixed(&a.coefficient, 1 - digits, w), w)
}

/// The logarithms of a power of ten and of digits, with the sign of the exponent for the former.
fn sum_of_logs(a: &Decimal, power: &[u64], digits: Vec<u64>, w: usize) -> Approximation {
    let (magnitude, negative) = if a.adjusted() < 0 {
        let (difference, less) = limbs::abs_diff(power, &digits);
        (difference, !less)
    } else {
        (limbs::add(power, &digits), false)
    };
    Approximation {
        negative,
        magnitude,
        fraction: w,
        power: 0,
        error: 256,
    }
}

/// The decimal logarithm.
pub fn log10(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(result) = ln_special(a, context, status) {
        return result;
    }
    if is_power_of_ten(a) {
        let exact = Decimal::from_i64(a.adjusted());
        return fit(exact, &half_even(context), status);
    }
    correctly_rounded(zeros_of_ln(a), context, status, |w| {
        let mut power = vec![0; w];
        power.push(a.adjusted().unsigned_abs());
        limbs::trim(&mut power);
        let numerator: Vec<u64> = std::iter::repeat_n(0, w).chain(fixed_ln(a, w)).collect();
        let (digits, _) = limbs::divrem(limbs::trimmed(&numerator), &fixed::ln10(w));
        sum_of_logs(a, &power, digits, w)
    })
}

/// Whether the digits of a number are a one and zeros.
fn is_power_of_ten(a: &Decimal) -> bool {
    let limbs = a.coefficient.limbs();
    a.coefficient.trailing_zeros() + 1 == a.digits() && limbs::digit(limbs, a.digits() - 1) == 1
}
