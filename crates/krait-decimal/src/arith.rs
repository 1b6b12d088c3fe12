//! Addition, subtraction, multiplication and the signs.

use crate::coefficient::Coefficient;
use crate::context::{Context, Rounding};
use crate::decimal::{Decimal, Kind};
use crate::limbs::{self, POW10_WIDE};
use crate::round::{fit, fit_limbs, invalid, nan_result, out_of_memory, shl};
use crate::status::Status;

/// `a + b`.
#[inline]
pub fn add(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    add_with_sign(a, b, b.negative, context, status)
}

/// `a - b`.
#[inline]
pub fn sub(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    add_with_sign(a, b, !b.negative, context, status)
}

/// `a` plus `b` with another sign.
fn add_with_sign(
    a: &Decimal,
    b: &Decimal,
    negative: bool,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    if a.kind == Kind::Finite && b.kind == Kind::Finite {
        return add_finite(a, b, negative, context, status);
    }
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    match (a.is_infinite(), b.is_infinite()) {
        (true, true) if a.negative != negative => invalid(Status::InvalidOperation, status),
        (true, _) => Decimal::infinity(a.negative),
        _ => Decimal::infinity(negative),
    }
}

fn add_finite(
    a: &Decimal,
    b: &Decimal,
    b_negative: bool,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    if let Some((sum, negative, exponent)) = add_small(a, b, b_negative) {
        let sum = Coefficient::from_u128(sum);
        let negative = sign_of_sum(&sum, negative, a.negative == b_negative, context);
        return fit(Decimal::raw(negative, sum, exponent), context, status);
    }
    // `high` has the higher exponent, whatever its size.
    let (high, high_negative, low, low_negative) = if a.exponent >= b.exponent {
        (a, a.negative, b, b_negative)
    } else {
        (b, b_negative, a, a.negative)
    };
    let tiny = if high.exponent == low.exponent {
        None
    } else {
        stand_in(high, low, context)
    };
    let low = tiny.as_ref().unwrap_or(low);
    let shift = (high.exponent - low.exponent).unsigned_abs();
    let Some(shifted) = shl(&high.coefficient, shift) else {
        return out_of_memory(status);
    };
    let (sum, negative) = if high_negative == low_negative {
        let sum = limbs::add(shifted.limbs(), low.coefficient.limbs());
        (sum, high_negative)
    } else {
        let (sum, less) = limbs::abs_diff(shifted.limbs(), low.coefficient.limbs());
        (sum, high_negative != less)
    };
    let sum = Coefficient::from_limbs(sum);
    let negative = sign_of_sum(&sum, negative, high_negative == low_negative, context);
    fit(Decimal::raw(negative, sum, low.exponent), context, status)
}

/// The sum of what fits 128 bits: its magnitude, its sign if it is not zero, its exponent.
#[inline]
fn add_small(a: &Decimal, b: &Decimal, b_negative: bool) -> Option<(u128, bool, i64)> {
    let (mut x, mut y) = (a.coefficient.to_u128()?, b.coefficient.to_u128()?);
    let exponent = if a.exponent == b.exponent {
        a.exponent
    } else if a.exponent > b.exponent {
        x = scale(x, &a.coefficient, a.exponent - b.exponent)?;
        b.exponent
    } else {
        y = scale(y, &b.coefficient, b.exponent - a.exponent)?;
        a.exponent
    };
    Some(if a.negative == b_negative {
        (x + y, b_negative, exponent)
    } else if x >= y {
        (x - y, a.negative, exponent)
    } else {
        (y - x, b_negative, exponent)
    })
}

/// `value * 10**shift` if that has at most 38 digits.
#[inline]
fn scale(value: u128, coefficient: &Coefficient, shift: i64) -> Option<u128> {
    let shift = usize::try_from(shift).ok().filter(|&shift| shift < 38)?;
    (coefficient.digits() + shift <= 38).then(|| value * POW10_WIDE[shift])
}

/// A sum of zero has the common sign of its operands, or else a minus only when rounding down.
#[inline]
fn sign_of_sum(sum: &Coefficient, negative: bool, same_signs: bool, context: &Context) -> bool {
    if sum.is_zero() && !same_signs {
        context.rounding == Rounding::Floor
    } else {
        negative
    }
}

/// What a number far below the last digit of the result may be replaced by, so that the higher
/// operand need not be shifted by a huge count: it only matters whether it is zero.
fn stand_in(high: &Decimal, low: &Decimal, context: &Context) -> Option<Decimal> {
    if high.coefficient.is_zero() {
        return None;
    }
    let spare = (high.digits() as i64 - context.prec - 1).min(-1);
    let exponent = high.exponent - 1 + spare;
    (low.adjusted() < exponent).then(|| {
        let one = u64::from(!low.coefficient.is_zero());
        Decimal::raw(low.negative, Coefficient::from_u64(one), exponent)
    })
}

/// `a * b`.
pub fn mul(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let negative = a.negative != b.negative;
    if a.kind == Kind::Finite && b.kind == Kind::Finite {
        let exponent = a.exponent + b.exponent;
        let (x, y) = (a.coefficient.limbs(), b.coefficient.limbs());
        if x.len() + y.len() <= limbs::WIDE {
            let product = limbs::mul_wide(x, y);
            return fit_limbs(negative, &product, exponent, context, status);
        }
        return match product(&a.coefficient, &b.coefficient) {
            Some(product) => fit(Decimal::raw(negative, product, exponent), context, status),
            None => out_of_memory(status),
        };
    }
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    if a.is_zero() || b.is_zero() {
        return invalid(Status::InvalidOperation, status);
    }
    Decimal::infinity(negative)
}

/// The exact product, if it is not absurdly large.
#[inline]
pub(crate) fn product(a: &Coefficient, b: &Coefficient) -> Option<Coefficient> {
    let (x, y) = (a.limbs(), b.limbs());
    if !limbs::fits((x.len() + y.len()).saturating_sub(2) * limbs::DIGITS) {
        return None;
    }
    Some(Coefficient::from_limbs(limbs::mul(x, y)))
}

/// `0 + a`: the number rounded, a zero positive.
pub fn plus(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    signed(a, a.negative, context, status)
}

/// `0 - a`: the number rounded with the other sign, a zero positive.
pub fn minus(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    signed(a, !a.negative, context, status)
}

fn signed(a: &Decimal, negative: bool, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    let negative = negative && !(a.is_zero() && context.rounding != Rounding::Floor);
    fit(a.with_sign(negative), context, status)
}

/// The magnitude, rounded.
pub fn abs(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if a.negative {
        minus(a, context, status)
    } else {
        plus(a, context, status)
    }
}

/// `a * b + c`, rounded once.
pub fn fma(
    a: &Decimal,
    b: &Decimal,
    c: &Decimal,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    if a.is_infinite() && b.is_zero() || a.is_zero() && b.is_infinite() {
        return invalid(Status::InvalidOperation, status);
    }
    if let Some(nan) = nan_result(&[a, b, c], context, status) {
        return nan;
    }
    let exact = if a.is_finite() && b.is_finite() {
        match product(&a.coefficient, &b.coefficient) {
            Some(product) => {
                Decimal::raw(a.negative != b.negative, product, a.exponent + b.exponent)
            }
            None => return out_of_memory(status),
        }
    } else {
        mul(a, b, context, status)
    };
    add(&exact, c, context, status)
}
