//! Fitting an exact result into its context: the last step of every operation.

use std::cmp::Ordering;

use crate::coefficient::Coefficient;
use crate::context::{Context, Rounding};
use crate::decimal::{Decimal, Kind};
use crate::limbs::{self, POW10_WIDE};
use crate::status::Status;

/// What a shift to the right discarded, in halves of the last digit that is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Discarded {
    Zero,
    Below,
    Half,
    Above,
}

/// `coefficient / 10**count`, truncated, and what that discarded.
pub(crate) fn shr(coefficient: &Coefficient, count: u64) -> (Coefficient, Discarded) {
    if count == 0 {
        return (coefficient.clone(), Discarded::Zero);
    }
    shr_limbs(coefficient.limbs(), count)
}

/// The same of a magnitude; `count` is not zero.
fn shr_limbs(limbs: &[u64], count: u64) -> (Coefficient, Discarded) {
    let whole = usize::try_from(count / limbs::DIGITS as u64).unwrap_or(usize::MAX);
    let part = (count % limbs::DIGITS as u64) as usize;
    if whole >= limbs.len() {
        let beyond = whole > limbs.len() || part != 0 || limbs.is_empty();
        let discarded = match limbs.split_last() {
            None => Discarded::Zero,
            Some(_) if beyond => Discarded::Below,
            Some((&top, rest)) => classify(top, limbs::BASE, rest),
        };
        return (Coefficient::ZERO, discarded);
    }
    let (lower, kept) = limbs.split_at(whole);
    if part == 0 {
        let discarded = match lower.split_last() {
            Some((&top, rest)) => classify(top, limbs::BASE, rest),
            None => Discarded::Zero,
        };
        return (Coefficient::from_slice(kept), discarded);
    }
    let (divisor, factor) = (limbs::POW10[part], limbs::POW10[limbs::DIGITS - part]);
    let divide = |limb| limbs::TENS[part].divrem_word(limb);
    let (first, rest) = divide(kept[0]);
    let discarded = classify(rest, divisor, lower);
    let pair = |high: u64, top: u64| {
        let (second, rest) = divide(high);
        Coefficient::from_pair(first + rest * factor, second + top * factor)
    };
    let kept = match *kept {
        [_] => Coefficient::from_pair(first, 0),
        [_, high] => pair(high, 0),
        [_, high, top] if top < divisor => pair(high, top),
        _ => Coefficient::from_limbs(limbs::shr(kept, part)),
    };
    (kept, discarded)
}

/// What is discarded with `top` of the highest place of it, `unit` its size, and limbs below.
#[inline]
fn classify(top: u64, unit: u64, below: &[u64]) -> Discarded {
    match top.cmp(&(unit / 2)) {
        Ordering::Greater => Discarded::Above,
        order if below.iter().all(|&limb| limb == 0) => match order {
            Ordering::Equal => Discarded::Half,
            _ if top == 0 => Discarded::Zero,
            _ => Discarded::Below,
        },
        Ordering::Equal => Discarded::Above,
        Ordering::Less => Discarded::Below,
    }
}

impl Rounding {
    /// Whether what was discarded makes the kept digits one more.
    #[inline]
    fn is_up(self, discarded: Discarded, negative: bool, kept: &Coefficient) -> bool {
        if discarded == Discarded::Zero {
            return false;
        }
        match self {
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Ceiling => !negative,
            Rounding::Floor => negative,
            Rounding::HalfUp => discarded != Discarded::Below,
            Rounding::HalfDown => discarded == Discarded::Above,
            Rounding::HalfEven => match discarded {
                Discarded::Half => !kept.is_even(),
                other => other == Discarded::Above,
            },
            Rounding::ZeroFiveUp => kept.last_digit().is_multiple_of(5),
        }
    }
}

/// `coefficient / 10**count`, rounded, and whether anything but zeros was discarded.
pub(crate) fn shr_rounded(
    coefficient: &Coefficient,
    count: u64,
    negative: bool,
    rounding: Rounding,
) -> (Coefficient, bool) {
    round_up(shr(coefficient, count), negative, rounding)
}

#[inline]
fn round_up(
    (kept, discarded): (Coefficient, Discarded),
    negative: bool,
    rounding: Rounding,
) -> (Coefficient, bool) {
    let kept = if rounding.is_up(discarded, negative, &kept) {
        increment(kept)
    } else {
        kept
    };
    (kept, discarded != Discarded::Zero)
}

pub(crate) fn increment(coefficient: Coefficient) -> Coefficient {
    match coefficient.to_u128() {
        Some(value) => Coefficient::from_u128(value + 1),
        None => {
            let mut limbs = coefficient.into_limbs();
            limbs::increment(&mut limbs);
            Coefficient::from_limbs(limbs)
        }
    }
}

/// `coefficient * 10**count`, if that is not absurdly large.
pub(crate) fn shl(coefficient: &Coefficient, count: u64) -> Option<Coefficient> {
    if count == 0 || coefficient.is_zero() {
        return Some(coefficient.clone());
    }
    let count = usize::try_from(count).ok()?;
    let digits = coefficient.digits().checked_add(count)?;
    if digits <= 38 {
        let value = coefficient.to_u128()?;
        return Some(Coefficient::from_u128(value * POW10_WIDE[count]));
    }
    limbs::fits(digits).then(|| Coefficient::from_limbs(limbs::shl(coefficient.limbs(), count)))
}

/// `10**prec - 1`, if that is not absurdly large.
fn nines(prec: i64) -> Option<Coefficient> {
    let digits = usize::try_from(prec).ok()?;
    limbs::fits(digits).then(|| Coefficient::from_limbs(limbs::nines(digits)))
}

/// The result of what needs too much memory.
#[cold]
pub(crate) fn out_of_memory(status: &mut Status) -> Decimal {
    *status |= Status::MallocError;
    Decimal::quiet_nan()
}

/// The result of an operation that has none.
#[cold]
pub(crate) fn invalid(condition: Status, status: &mut Status) -> Decimal {
    *status |= condition;
    Decimal::quiet_nan()
}

/// Rounds a number to the context: no more digits than the precision, an exponent in range.
pub fn finalize(number: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    fit(number.clone(), context, status)
}

/// The number as an exact one within the limits of all contexts. What is beyond them is an
/// `InvalidOperation`; only errors are added to the status.
pub fn exact(number: &Decimal, status: &mut Status) -> Decimal {
    let mut local = Status::empty();
    let result = fit(number.clone(), &Context::max(), &mut local);
    keep_exact(result, local, status)
}

/// A result that has to be exact: else it is an `InvalidOperation`.
pub(crate) fn keep_exact(result: Decimal, local: Status, status: &mut Status) -> Decimal {
    *status |= local & Status::ERRORS;
    if local.intersects(Status::Inexact | Status::Rounded | Status::Clamped) {
        return invalid(Status::InvalidOperation, status);
    }
    result
}

/// [`finalize`] of a number that is not needed any more.
#[inline]
pub(crate) fn fit(number: Decimal, context: &Context, status: &mut Status) -> Decimal {
    if number.kind == Kind::Finite {
        let digits = number.digits() as i64;
        let adjusted = number.exponent + digits - 1;
        let in_range = digits <= context.prec
            && adjusted <= context.emax
            && adjusted >= context.emin
            && !(context.clamp && number.exponent > context.etop());
        if in_range {
            return number;
        }
        return fit_finite(number, adjusted, context, status);
    }
    fit_payload(number, context)
}

/// [`finalize`] of a finite number whose magnitude is on the stack: a result of some limbs needs
/// no heap, although the exact one would.
pub(crate) fn fit_limbs(
    negative: bool,
    magnitude: &[u64],
    exponent: i64,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let magnitude = limbs::trimmed(magnitude);
    let digits = limbs::digits(magnitude) as i64;
    let adjusted = exponent + digits - 1;
    let excess = digits - context.prec;
    if excess <= 0 || adjusted >= context.emax || adjusted < context.emin {
        let coefficient = Coefficient::from_slice(magnitude);
        return fit(
            Decimal::raw(negative, coefficient, exponent),
            context,
            status,
        );
    }
    let shifted = shr_limbs(magnitude, excess.unsigned_abs());
    let kept = round_up(shifted, negative, context.rounding);
    finish_digits(negative, kept, exponent + excess, context, status)
}

/// Takes leading digits off a NaN's payload until it fits.
fn fit_payload(mut number: Decimal, context: &Context) -> Decimal {
    let room = context.prec - i64::from(context.clamp);
    if !number.coefficient.is_zero() && number.digits() as i64 > room {
        let room = usize::try_from(room).unwrap_or(0);
        let payload = limbs::low_digits(number.coefficient.limbs(), room);
        number.coefficient = Coefficient::from_limbs(payload);
    }
    number
}

fn fit_finite(
    mut number: Decimal,
    adjusted: i64,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    let zero = number.coefficient.is_zero();
    if adjusted > context.emax {
        if !zero {
            return overflow(number.negative, context, status);
        }
        number.exponent = if context.clamp {
            context.etop()
        } else {
            context.emax
        };
        *status |= Status::Clamped;
        return number;
    }
    if context.clamp && number.exponent > context.etop() {
        let shift = number.exponent - context.etop();
        let Some(coefficient) = shl(&number.coefficient, shift.unsigned_abs()) else {
            return out_of_memory(status);
        };
        *status |= Status::Clamped;
        if !zero && adjusted < context.emin {
            *status |= Status::Subnormal;
        }
        return Decimal::raw(number.negative, coefficient, context.etop());
    }
    let etiny = context.etiny();
    if adjusted < context.emin {
        if zero {
            if number.exponent < etiny {
                number.exponent = etiny;
                *status |= Status::Clamped;
            }
            return number;
        }
        *status |= Status::Subnormal;
        if number.exponent < etiny {
            return fit_subnormal(&number, etiny, context, status);
        }
    }
    fit_digits(number, context, status)
}

/// Rounds to the least exponent there is; this leaves no more digits than the precision.
fn fit_subnormal(number: &Decimal, etiny: i64, context: &Context, status: &mut Status) -> Decimal {
    let shift = (etiny - number.exponent).unsigned_abs();
    let (coefficient, inexact) = shr_rounded(
        &number.coefficient,
        shift,
        number.negative,
        context.rounding,
    );
    *status |= Status::Rounded;
    if inexact {
        *status |= Status::Inexact | Status::Underflow;
        if coefficient.is_zero() {
            *status |= Status::Clamped;
        }
    }
    Decimal::raw(number.negative, coefficient, etiny)
}

/// Rounds to the precision.
fn fit_digits(number: Decimal, context: &Context, status: &mut Status) -> Decimal {
    let excess = number.digits() as i64 - context.prec;
    if excess <= 0 {
        return number;
    }
    let kept = shr_rounded(
        &number.coefficient,
        excess.unsigned_abs(),
        number.negative,
        context.rounding,
    );
    let exponent = number.exponent + excess;
    finish_digits(number.negative, kept, exponent, context, status)
}

/// The number of rounded digits, which may be one more than the precision.
#[inline]
fn finish_digits(
    negative: bool,
    (mut coefficient, inexact): (Coefficient, bool),
    mut exponent: i64,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    *status |= Status::Rounded;
    if inexact {
        *status |= Status::Inexact;
    }
    if coefficient.digits() as i64 > context.prec {
        // All nines became a one with zeros.
        (coefficient, _) = shr(&coefficient, 1);
        exponent += 1;
        if exponent + context.prec - 1 > context.emax {
            return overflow(negative, context, status);
        }
    }
    Decimal::raw(negative, coefficient, exponent)
}

/// Infinity, or the largest number where rounding goes the other way.
#[cold]
fn overflow(negative: bool, context: &Context, status: &mut Status) -> Decimal {
    let to_infinity = match context.rounding {
        Rounding::Up | Rounding::HalfUp | Rounding::HalfDown | Rounding::HalfEven => true,
        Rounding::Down | Rounding::ZeroFiveUp => false,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
    };
    *status |= Status::Overflow | Status::Inexact | Status::Rounded;
    if to_infinity {
        return Decimal::infinity(negative);
    }
    match nines(context.prec) {
        Some(coefficient) => Decimal::raw(negative, coefficient, context.etop()),
        None => out_of_memory(status),
    }
}

/// The NaN that an operation with a NaN among its operands gives; the first signaling one goes
/// before the first quiet one.
#[inline]
pub(crate) fn nan_result(
    operands: &[&Decimal],
    context: &Context,
    status: &mut Status,
) -> Option<Decimal> {
    if operands.iter().all(|operand| !operand.is_nan()) {
        return None;
    }
    let signaling = operands.iter().find(|operand| operand.is_snan());
    if signaling.is_some() {
        *status |= Status::InvalidOperation;
    }
    let chosen = signaling.or_else(|| operands.iter().find(|operand| operand.is_nan()))?;
    let quiet = Decimal::nan(false, chosen.negative, chosen.coefficient.clone());
    Some(fit_payload(quiet, context))
}
