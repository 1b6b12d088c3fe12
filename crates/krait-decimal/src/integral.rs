//! Operations on the exponent and single digits: quantize, rounding to an integer, shifts,
//! rotation, logical operations, and numbers next to one.

use std::cmp::Ordering;

use crate::arith;
use crate::coefficient::Coefficient;
use crate::compare::cmp_values;
use crate::context::{Context, Rounding};
use crate::decimal::Decimal;
use crate::limbs;
use crate::round::{self, fit, invalid, nan_result, out_of_memory, shl, shr, shr_rounded};
use crate::status::Status;

/// `a` rounded to the exponent of `b`.
pub fn quantize(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if !a.is_finite() || !b.is_finite() {
        return match nan_result(&[a, b], context, status) {
            Some(nan) => nan,
            None if a.is_infinite() && b.is_infinite() => a.clone(),
            None => invalid(Status::InvalidOperation, status),
        };
    }
    let exponent = b.exponent;
    if exponent > context.emax || exponent < context.etiny() {
        return invalid(Status::InvalidOperation, status);
    }
    if a.coefficient.is_zero() {
        let zero = Decimal::raw(a.negative, Coefficient::ZERO, exponent);
        return fit(zero, context, status);
    }
    let shift = a.exponent - exponent;
    if a.digits() as i64 + shift > context.prec {
        return invalid(Status::InvalidOperation, status);
    }
    let mut local = Status::empty();
    let coefficient = if shift >= 0 {
        match shl(&a.coefficient, shift.unsigned_abs()) {
            Some(coefficient) => coefficient,
            None => return out_of_memory(status),
        }
    } else {
        let count = shift.unsigned_abs();
        let (coefficient, inexact) =
            shr_rounded(&a.coefficient, count, a.negative, context.rounding);
        local |= Status::Rounded;
        if inexact {
            local |= Status::Inexact;
        }
        coefficient
    };
    let result = Decimal::raw(a.negative, coefficient, exponent);
    if result.digits() as i64 > context.prec || result.adjusted() > context.emax {
        return invalid(Status::InvalidOperation, status);
    }
    *status |= local;
    fit(result, context, status)
}

/// The integer a number rounds to, and whether that discarded anything.
fn to_integral(a: &Decimal, context: &Context) -> (Decimal, bool) {
    let count = a.exponent.unsigned_abs();
    let (coefficient, inexact) = shr_rounded(&a.coefficient, count, a.negative, context.rounding);
    (Decimal::raw(a.negative, coefficient, 0), inexact)
}

/// What the roundings to an integer leave as it is.
fn integral_special(a: &Decimal, context: &Context, status: &mut Status) -> Option<Decimal> {
    if let Some(nan) = nan_result(&[a], context, status) {
        return Some(nan);
    }
    if a.is_infinite() || a.exponent >= 0 {
        return Some(a.clone());
    }
    a.coefficient
        .is_zero()
        .then(|| Decimal::raw(a.negative, Coefficient::ZERO, 0))
}

/// Rounds to an integer; no condition tells that digits were discarded.
pub fn to_integral_value(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    integral_special(a, context, status).unwrap_or_else(|| to_integral(a, context).0)
}

/// Rounds to an integer.
pub fn to_integral_exact(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    integral_special(a, context, status).unwrap_or_else(|| {
        let (result, inexact) = to_integral(a, context);
        *status |= Status::Rounded;
        if inexact {
            *status |= Status::Inexact;
        }
        result
    })
}

/// Rounds, and takes all zeros off the end.
pub fn reduce(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    let rounded = fit(a.clone(), context, status);
    if !rounded.is_finite() {
        return rounded;
    }
    if rounded.coefficient.is_zero() {
        return Decimal::raw(rounded.negative, Coefficient::ZERO, 0);
    }
    let most = if context.clamp {
        context.etop()
    } else {
        context.emax
    };
    let room = most - rounded.exponent;
    let zeros = (rounded.coefficient.trailing_zeros() as i64)
        .min(room)
        .max(0);
    let (coefficient, _) = shr(&rounded.coefficient, zeros.unsigned_abs());
    Decimal::raw(rounded.negative, coefficient, rounded.exponent + zeros)
}

/// The least number above.
pub fn next_plus(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    next(a, false, context, status)
}

/// The greatest number below.
pub fn next_minus(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    next(a, true, context, status)
}

fn next(a: &Decimal, down: bool, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    if a.is_infinite() {
        if a.negative == down {
            return a.clone();
        }
        let Some(digits) = usize::try_from(context.prec)
            .ok()
            .filter(|&n| limbs::fits(n))
        else {
            return out_of_memory(status);
        };
        let largest = Coefficient::from_limbs(limbs::nines(digits));
        return Decimal::raw(a.negative, largest, context.etop());
    }
    let work = Context {
        rounding: if down {
            Rounding::Floor
        } else {
            Rounding::Ceiling
        },
        ..*context
    };
    let mut local = Status::empty();
    let rounded = fit(a.clone(), &work, &mut local);
    if !local.intersects(Status::Inexact | Status::ERRORS) {
        let tiny = Decimal::raw(down, Coefficient::ONE, context.etiny() - 1);
        local = Status::empty();
        let result = arith::add(a, &tiny, &work, &mut local);
        *status |= local & Status::ERRORS;
        return result;
    }
    *status |= local & Status::ERRORS;
    rounded
}

/// The next number from `a` in the direction of `b`.
pub fn next_toward(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    let result = match cmp_values(a, b) {
        Ordering::Equal => return a.copy_sign(b),
        Ordering::Less => next_plus(a, context, status),
        Ordering::Greater => next_minus(a, context, status),
    };
    if result.is_infinite() {
        *status |= Status::Overflow | Status::Rounded | Status::Inexact;
    } else if result.is_finite() && result.adjusted() < context.emin {
        *status |= Status::Underflow | Status::Subnormal | Status::Rounded | Status::Inexact;
        if result.is_zero() {
            *status |= Status::Clamped;
        }
    }
    result
}

/// The adjusted exponent as a number.
pub fn logb(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    if a.is_infinite() {
        return Decimal::infinity(false);
    }
    if a.is_zero() {
        *status |= Status::DivisionByZero;
        return Decimal::infinity(true);
    }
    fit(Decimal::from_i64(a.adjusted()), context, status)
}

/// The second operand of shifts: an integer with the exponent 0, of at most `limit`.
fn shift_count(b: &Decimal, limit: u64) -> Option<u64> {
    if !b.is_finite() || b.exponent != 0 {
        return None;
    }
    b.coefficient.to_u64().filter(|&count| count <= limit)
}

/// `a * 10**b`.
pub fn scaleb(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    let limit = 2 * (context.emax + context.prec).unsigned_abs();
    let Some(count) = shift_count(b, limit) else {
        return invalid(Status::InvalidOperation, status);
    };
    if a.is_infinite() {
        return a.clone();
    }
    // The limit is 4e18, and an exponent is far from the range beyond 2e18 already.
    let count = (count as i64).min(4_500_000_000_000_000_000);
    let exponent = if b.negative {
        a.exponent - count
    } else {
        a.exponent + count
    };
    let exponent = exponent.clamp(-4_000_000_000_000_000_001, 2_000_000_000_000_000_001);
    let scaled = Decimal::raw(a.negative, a.coefficient.clone(), exponent);
    fit(scaled, context, status)
}

/// The lowest digits of a coefficient, as many as the precision.
fn capped(coefficient: Coefficient, context: &Context) -> Coefficient {
    match usize::try_from(context.prec) {
        Ok(prec) if coefficient.digits() > prec => {
            Coefficient::from_limbs(limbs::low_digits(coefficient.limbs(), prec))
        }
        _ => coefficient,
    }
}

/// The digits of `a` moved by `b` places to the left, or to the right if negative.
pub fn shift(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    let Some(count) = shift_count(b, context.prec.unsigned_abs()) else {
        return invalid(Status::InvalidOperation, status);
    };
    if a.is_infinite() {
        return a.clone();
    }
    let coefficient = if b.negative {
        shr(&capped(a.coefficient.clone(), context), count).0
    } else {
        // What is going to be shifted out need not be shifted.
        let kept = context.prec.unsigned_abs() - count;
        let low = limbs::low_digits(
            a.coefficient.limbs(),
            usize::try_from(kept).unwrap_or(usize::MAX),
        );
        match shl(&Coefficient::from_limbs(low), count) {
            Some(coefficient) => coefficient,
            None => return out_of_memory(status),
        }
    };
    Decimal::raw(a.negative, coefficient, a.exponent)
}

/// The digits of `a`, as many as the precision, rotated by `b` places to the left, or to the
/// right if negative.
pub fn rotate(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    let prec = context.prec.unsigned_abs();
    let Some(count) = shift_count(b, prec) else {
        return invalid(Status::InvalidOperation, status);
    };
    if a.is_infinite() {
        return a.clone();
    }
    let digits = capped(a.coefficient.clone(), context);
    let left = if b.negative { prec - count } else { count };
    let (high, _) = shr(&digits, prec - left);
    let kept = usize::try_from(prec - left).unwrap_or(usize::MAX);
    let low = Coefficient::from_limbs(limbs::low_digits(digits.limbs(), kept));
    let Some(low) = shl(&low, left) else {
        return out_of_memory(status);
    };
    let rotated = Coefficient::from_limbs(limbs::add(low.limbs(), high.limbs()));
    Decimal::raw(a.negative, rotated, a.exponent)
}

/// The digits of a logical operand, the last one first and as many as the precision, if all of
/// them are 0 or 1.
fn logical_digits(a: &Decimal, context: &Context) -> Option<Vec<u8>> {
    if !a.is_finite() || a.negative || a.exponent != 0 {
        return None;
    }
    let mut digits = a.coefficient.to_digits();
    digits.reverse();
    let valid = digits.iter().all(|&digit| digit <= 1);
    digits.truncate(usize::try_from(context.prec).unwrap_or(usize::MAX));
    valid.then_some(digits)
}

fn logical(
    a: &Decimal,
    b: &Decimal,
    operation: fn(u8, u8) -> u8,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let operands = (logical_digits(a, context), logical_digits(b, context));
    let (Some(mut x), Some(mut y)) = operands else {
        return invalid(Status::InvalidOperation, status);
    };
    let len = x.len().max(y.len());
    x.resize(len, 0);
    y.resize(len, 0);
    let digits: Vec<u8> = x
        .iter()
        .zip(&y)
        .rev()
        .map(|(&x, &y)| operation(x, y))
        .collect();
    Decimal::raw(
        false,
        Coefficient::from_limbs(limbs::from_digits(&digits)),
        0,
    )
}

/// The digits that are 1 in both.
pub fn logical_and(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    logical(a, b, |x, y| x & y, context, status)
}

/// The digits that are 1 in one of both.
pub fn logical_or(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    logical(a, b, |x, y| x | y, context, status)
}

/// The digits that are 1 in exactly one of both.
pub fn logical_xor(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    logical(a, b, |x, y| x ^ y, context, status)
}

/// Ones for zeros and zeros for ones, as many as the precision.
pub fn logical_invert(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let Some(mut kept) = logical_digits(a, context) else {
        return invalid(Status::InvalidOperation, status);
    };
    let Some(digits) = usize::try_from(context.prec)
        .ok()
        .filter(|&n| limbs::fits(n))
    else {
        return out_of_memory(status);
    };
    let (ones, _) = limbs::divrem_small(&limbs::nines(digits), 9);
    kept.reverse();
    let inverted = limbs::sub(&ones, &limbs::from_digits(&kept));
    Decimal::raw(false, Coefficient::from_limbs(inverted), 0)
}

/// Which of two numbers a choice by order takes; a quiet NaN gives way to a number.
fn choose(
    a: &Decimal,
    b: &Decimal,
    order: fn(&Decimal, &Decimal) -> Ordering,
    wanted: Ordering,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let chosen = if a.is_qnan() && !b.is_nan() {
        b
    } else if b.is_qnan() && !a.is_nan() {
        a
    } else if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    } else {
        let order = order(a, b).then_with(|| a.total_cmp(b));
        if order == wanted.reverse() { b } else { a }
    };
    round::finalize(chosen, context, status)
}

/// The larger one.
pub fn max(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    choose(a, b, cmp_values, Ordering::Greater, context, status)
}

/// The smaller one.
pub fn min(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    choose(a, b, cmp_values, Ordering::Less, context, status)
}

/// The one of larger magnitude.
pub fn max_magnitude(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let order = crate::compare::cmp_magnitudes;
    choose(a, b, order, Ordering::Greater, context, status)
}

/// The one of smaller magnitude.
pub fn min_magnitude(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let order = crate::compare::cmp_magnitudes;
    choose(a, b, order, Ordering::Less, context, status)
}
