//! Powers: by squaring for integers, else by way of the logarithm; both with so many digits more
//! than the precision that the result is at most a unit of its last place off.

use std::cmp::Ordering;

use super::{exp, half_even, ln, padded_one};
use crate::arith;
use crate::coefficient::Coefficient;
use crate::context::Context;
use crate::decimal::Decimal;
use crate::div;
use crate::limbs;
use crate::round::{fit, invalid, nan_result, out_of_memory, shl};
use crate::status::Status;

/// An exponent above every range.
const BEYOND: i64 = 2_000_000_000_000_000_001;

/// `base ** exponent`.
pub fn pow(base: &Decimal, exponent: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[base, exponent], context, status) {
        return nan;
    }
    let integer = exponent.is_integer();
    let negative = base.negative && integer && div::exponent_is_odd(exponent);
    if let Some(result) = pow_special(base, exponent, negative, integer, context, status) {
        return result;
    }
    if let Some(result) = out_of_range(base, exponent, negative, context, status) {
        return result;
    }
    if integer {
        pow_integer(base, exponent, negative, context, status)
    } else {
        pow_real(base, exponent, context, status)
    }
}

/// The cases with zeros, infinities, negative bases and ones.
fn pow_special(
    base: &Decimal,
    exponent: &Decimal,
    negative: bool,
    integer: bool,
    context: &Context,
    status: &mut Status,
) -> Option<Decimal> {
    let one = || Decimal::raw(negative, Coefficient::ONE, 0);
    let zero = || Decimal::raw(negative, Coefficient::ZERO, 0);
    if base.is_zero() {
        return Some(if exponent.is_zero() {
            invalid(Status::InvalidOperation, status)
        } else if exponent.negative {
            Decimal::infinity(negative)
        } else {
            zero()
        });
    }
    if base.negative && !integer {
        return Some(invalid(Status::InvalidOperation, status));
    }
    let to_one = crate::compare::cmp_magnitudes(base, &Decimal::from_u64(1));
    if exponent.is_infinite() {
        return Some(match to_one {
            Ordering::Equal => padded_one(context.prec - 1, negative, true, context, status),
            order if (order == Ordering::Less) == exponent.negative => Decimal::infinity(negative),
            _ => zero(),
        });
    }
    if exponent.is_zero() {
        return Some(one());
    }
    if base.is_infinite() {
        return Some(if exponent.negative {
            zero()
        } else {
            Decimal::infinity(negative)
        });
    }
    if to_one != Ordering::Equal {
        return None;
    }
    if !integer {
        return Some(padded_one(
            context.prec - 1,
            negative,
            true,
            context,
            status,
        ));
    }
    if exponent.negative {
        return Some(one());
    }
    Some(integer_power_of_one(
        base, exponent, negative, context, status,
    ))
}

/// A power of `1.000`: a one with as many zeros as the exact product has, if there is room.
fn integer_power_of_one(
    base: &Decimal,
    exponent: &Decimal,
    negative: bool,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let most = context.prec - 1;
    let zeros = Decimal::from_i64(-base.exponent);
    let zeros = arith::mul(&zeros, exponent, context, &mut Status::empty());
    let limit = Decimal::from_i64(most);
    let zeros =
        if zeros.is_integer() && crate::compare::cmp_values(&zeros, &limit) != Ordering::Greater {
            zeros.to_bigint().and_then(|zeros| zeros.as_ref().to_i128())
        } else {
            None
        };
    let Some(zeros) = zeros.and_then(|zeros| i64::try_from(zeros).ok()) else {
        return padded_one(most, negative, false, context, status);
    };
    // A whole power of ten times one has no zeros to lose; nothing is rounded or clamped.
    match shl(&Coefficient::ONE, zeros.max(0).unsigned_abs()) {
        Some(one) => Decimal::raw(negative, one, -zeros.max(0)),
        None => out_of_memory(status),
    }
}

/// How many digits an exponent has.
fn digits_of(exponent: i64) -> i64 {
    i64::from(
        exponent
            .unsigned_abs()
            .checked_ilog10()
            .map_or(1, |log| log + 1),
    )
}

/// The result of a power that is certainly beyond the range. This bounds the work of the others.
fn out_of_range(
    base: &Decimal,
    exponent: &Decimal,
    negative: bool,
    context: &Context,
    status: &mut Status,
) -> Option<Decimal> {
    // |log10 base| is at least 10**magnitude.
    let above_one = base.adjusted() >= 0;
    let magnitude = match base.adjusted() {
        0 | -1 => {
            let work = Context::work(base.digits() as i64 + 2);
            let one = Decimal::from_u64(1);
            let distance = arith::sub(&base.copy_abs(), &one, &work, &mut Status::empty());
            distance.adjusted() - if above_one { 2 } else { 1 }
        }
        adjusted => {
            let whole = if adjusted < 0 { adjusted + 1 } else { adjusted };
            digits_of(whole) - 1
        }
    };
    let order = magnitude.saturating_add(exponent.adjusted());
    if above_one != exponent.negative {
        if order < digits_of(context.emax) {
            return None;
        }
        let huge = Decimal::raw(negative, Coefficient::ONE, BEYOND);
        return Some(fit(huge, context, status));
    }
    let etiny = context.etiny();
    if order <= digits_of(etiny) {
        return None;
    }
    let tiny = Decimal::raw(negative, Coefficient::ONE, etiny - 1);
    Some(fit(tiny, context, status))
}

fn pow_integer(
    base: &Decimal,
    exponent: &Decimal,
    negative: bool,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let mut work = Context {
        prec: context.prec + exponent.digits() as i64 + exponent.exponent + 2,
        clamp: false,
        ..half_even(context)
    };
    let mut base = base.clone();
    if exponent.negative {
        work.prec += 1;
        let mut local = Status::empty();
        base = div::div(&Decimal::from_u64(1), &base, &work, &mut local);
        *status |= local;
        if local.intersects(Status::ERRORS) {
            return Decimal::quiet_nan();
        }
    }
    if too_many_digits(&base, exponent, &work) {
        return out_of_memory(status);
    }
    let power = match exponent.coefficient.to_u64() {
        Some(small) if exponent.exponent == 0 => {
            const MASK: u64 = (1 << 30) - 1;
            let digits = [small, small >> 30, small >> 60].map(|part| (part & MASK) as u32);
            by_squaring(&base, &digits, &work, status)
        }
        _ => match exponent.copy_abs().to_bigint() {
            Some(large) => by_squaring(&base, large.as_ref().digits(), &work, status),
            None => return out_of_memory(status),
        },
    };
    if power.is_nan() {
        return power;
    }
    let power = if power.is_infinite() {
        Decimal::raw(negative, Coefficient::ONE, BEYOND)
    } else {
        power.with_sign(negative)
    };
    fit(power, context, status)
}

/// Whether nothing rounds the power before it needs absurd memory: this saves the squarings until
/// then.
fn too_many_digits(base: &Decimal, exponent: &Decimal, work: &Context) -> bool {
    let prec = usize::try_from(work.prec).unwrap_or(usize::MAX);
    let digits = base.digits() - base.coefficient.trailing_zeros();
    if limbs::fits(prec) || digits == 1 && base.coefficient.limbs().last().is_some_and(is_ten) {
        return false;
    }
    // A digit other than one is at least three tenths of a digit in every factor.
    let tenths = (10 * (digits - 1)).max(3);
    let count = exponent.copy_abs().to_bigint();
    let count = count.and_then(|count| count.as_ref().to_i128());
    count
        .and_then(|count| usize::try_from(count).ok())
        .and_then(|count| count.checked_mul(tenths))
        .is_none_or(|tenths| !limbs::fits(tenths / 10))
}

/// Whether a limb is a power of ten.
fn is_ten(limb: &u64) -> bool {
    limbs::POW10.contains(limb)
}

/// The power by the bits of its exponent, in digits of 30 bits, from the first to the last.
fn by_squaring(base: &Decimal, exponent: &[u32], work: &Context, status: &mut Status) -> Decimal {
    let bits = exponent
        .iter()
        .rev()
        .flat_map(|&digit| (0..30).rev().map(move |bit| digit >> bit & 1 == 1));
    let mut result = base.clone();
    let mut local = Status::empty();
    for bit in bits.skip_while(|&bit| !bit).skip(1) {
        result = arith::mul(&result, &result, work, &mut local);
        if bit {
            result = arith::mul(&result, base, work, &mut local);
        }
        let vanished = result.is_zero() && local.contains(Status::Clamped);
        if !result.is_finite() || vanished {
            break;
        }
    }
    *status |= local;
    result
}

fn pow_real(base: &Decimal, exponent: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    /// How many digits more the intermediate results have: the exponential multiplies the
    /// relative error of the logarithm by the size of its argument, which is below 10**19.
    const GUARD: i64 = 4 + 19;
    let work = Context::work(context.prec.max(base.digits() as i64) + GUARD);
    let mut local = Status::empty();
    let logarithm = ln(base, &work, &mut local);
    let product = arith::mul(&logarithm, exponent, &work, &mut local);
    if local.contains(Status::MallocError) {
        return out_of_memory(status);
    }
    let power = exp(&product, &work, status);
    if power.is_infinite() {
        let huge = Decimal::raw(false, Coefficient::ONE, BEYOND);
        return fit(huge, context, status);
    }
    if crate::compare::cmp_values(&power, &Decimal::from_u64(1)) == Ordering::Equal {
        return padded_one(context.prec - 1, false, true, context, status);
    }
    fit(power, context, status)
}
