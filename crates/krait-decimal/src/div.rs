//! Division: rounded, to an integer, with remainders, and modular powers.

use std::cmp::Ordering;

use crate::coefficient::Coefficient;
use crate::context::Context;
use crate::decimal::{Decimal, Kind};
use crate::limbs;
use crate::round::{self, fit, fit_limbs, invalid, nan_result, out_of_memory, shl};
use crate::status::Status;

/// `a / b`, rounded.
pub fn div(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let negative = a.negative != b.negative;
    if a.kind != Kind::Finite || b.kind != Kind::Finite {
        return match nan_result(&[a, b], context, status) {
            Some(nan) => nan,
            None if !b.is_infinite() => Decimal::infinity(negative),
            None if a.is_infinite() => invalid(Status::InvalidOperation, status),
            None => {
                *status |= Status::Clamped;
                Decimal::raw(negative, Coefficient::ZERO, context.etiny())
            }
        };
    }
    if b.coefficient.is_zero() {
        return by_zero(a, negative, status);
    }
    if a.coefficient.is_zero() {
        let zero = Decimal::raw(negative, Coefficient::ZERO, a.exponent - b.exponent);
        return fit(zero, context, status);
    }
    if let Some(result) = div_on_stack(a, b, context, status) {
        return result;
    }
    if let Some((quotient, exponent)) = quotient(a, b, context.prec) {
        return fit(Decimal::raw(negative, quotient, exponent), context, status);
    }
    // Too many digits for any memory; but a quotient that is exact has no more than this.
    let work = Context {
        prec: context.prec.min(a.digits() as i64 + 4 * b.digits() as i64),
        ..*context
    };
    only_if_exact(status, |local| {
        let (quotient, exponent) = quotient(a, b, work.prec)?;
        Some(fit(
            Decimal::raw(negative, quotient, exponent),
            &work,
            local,
        ))
    })
}

/// The quotient where dividend and divisor need no heap.
fn div_on_stack(
    a: &Decimal,
    b: &Decimal,
    context: &Context,
    status: &mut Status,
) -> Option<Decimal> {
    /// Five limbs.
    const MAX_DIGITS: i64 = 95;
    let divisor = b.coefficient.limbs();
    let digits = b.digits() as i64 + context.prec + 1;
    let shift = digits - a.digits() as i64;
    if shift < 0 || digits > MAX_DIGITS || divisor.len() > 2 {
        return None;
    }
    let mut dividend = limbs::shl_on_stack(a.coefficient.limbs(), shift as usize);
    let (mut quotient, exact) = limbs::divide_on_stack(&mut dividend, divisor);
    let negative = a.negative != b.negative;
    let ideal = a.exponent - b.exponent;
    let exponent = ideal - shift;
    if exact {
        let (quotient, exponent) = strip_zeros(Coefficient::from_slice(&quotient), exponent, ideal);
        return Some(fit(
            Decimal::raw(negative, quotient, exponent),
            context,
            status,
        ));
    }
    if quotient[0].is_multiple_of(5) {
        quotient[0] += 1;
    }
    Some(fit_limbs(negative, &quotient, exponent, context, status))
}

/// The result of an operation that was tried with fewer digits, which is right if it is exact.
pub(crate) fn only_if_exact(
    status: &mut Status,
    operation: impl FnOnce(&mut Status) -> Option<Decimal>,
) -> Decimal {
    let mut local = Status::empty();
    match operation(&mut local) {
        Some(result) if !local.contains(Status::Inexact) => {
            *status |= local;
            result
        }
        _ => out_of_memory(status),
    }
}

#[cold]
fn by_zero(a: &Decimal, negative: bool, status: &mut Status) -> Decimal {
    if a.coefficient.is_zero() {
        return invalid(Status::DivisionUndefined, status);
    }
    *status |= Status::DivisionByZero;
    Decimal::infinity(negative)
}

/// More digits of the quotient than the precision, and its exponent. The last digit of an
/// inexact one tells that it is; an exact one is as near to the exponent of
/// the exact quotient as its digits allow.
fn quotient(a: &Decimal, b: &Decimal, prec: i64) -> Option<(Coefficient, i64)> {
    let ideal = a.exponent - b.exponent;
    let shift = b.digits() as i64 - a.digits() as i64 + prec + 1;
    let exponent = ideal - shift;
    let (quotient, exact) = if shift >= 0 {
        divide_shifted(&a.coefficient, shift.unsigned_abs(), &b.coefficient)?
    } else {
        let (kept, discarded) = round::shr(&a.coefficient, shift.unsigned_abs());
        let (quotient, exact) = divide_shifted(&kept, 0, &b.coefficient)?;
        (quotient, exact && discarded == round::Discarded::Zero)
    };
    if !exact {
        return Some((sticky(quotient), exponent));
    }
    Some(strip_zeros(quotient, exponent, ideal))
}

/// Makes a last digit that rounding would take for exact or for a half another one.
pub(crate) fn sticky(quotient: Coefficient) -> Coefficient {
    if quotient.last_digit().is_multiple_of(5) {
        round::increment(quotient)
    } else {
        quotient
    }
}

/// Takes zeros off the end while the exponent is below the ideal one.
pub(crate) fn strip_zeros(
    coefficient: Coefficient,
    exponent: i64,
    ideal: i64,
) -> (Coefficient, i64) {
    if exponent >= ideal || coefficient.last_digit() != 0 {
        return (coefficient, exponent);
    }
    let zeros = (coefficient.trailing_zeros() as i64).min(ideal - exponent);
    let (coefficient, _) = round::shr(&coefficient, zeros.unsigned_abs());
    (coefficient, exponent + zeros)
}

/// `a * 10**shift / b`, truncated, and whether it is exact.
fn divide_shifted(a: &Coefficient, shift: u64, b: &Coefficient) -> Option<(Coefficient, bool)> {
    let a = shl(a, shift)?;
    let (quotient, remainder) = limbs::divrem(a.limbs(), b.limbs());
    Some((Coefficient::from_limbs(quotient), remainder.is_empty()))
}

/// The integer quotient and the remainder of finite numbers, the divisor not zero, or the
/// condition that there is none.
fn divmod_finite(
    a: &Decimal,
    b: &Decimal,
    context: &Context,
) -> Result<(Decimal, Decimal), Status> {
    let ideal = a.exponent.min(b.exponent);
    let negative = a.negative != b.negative;
    let parts = |quotient, remainder| {
        (
            Decimal::raw(negative, quotient, 0),
            Decimal::raw(a.negative, remainder, ideal),
        )
    };
    if a.coefficient.is_zero() {
        return Ok(parts(Coefficient::ZERO, Coefficient::ZERO));
    }
    let above = a.adjusted() - b.adjusted();
    if above > context.prec {
        return Err(Status::DivisionImpossible);
    }
    let scaled = |x: &Decimal| {
        shl(&x.coefficient, (x.exponent - ideal).unsigned_abs()).ok_or(Status::MallocError)
    };
    let x = scaled(a)?;
    if above < 0 {
        return Ok(parts(Coefficient::ZERO, x));
    }
    let y = scaled(b)?;
    let (quotient, remainder) = if let (Some(x), Some(y)) = (x.to_u128(), y.to_u128()) {
        (Coefficient::from_u128(x / y), Coefficient::from_u128(x % y))
    } else {
        let (quotient, remainder) = limbs::divrem(x.limbs(), y.limbs());
        (
            Coefficient::from_limbs(quotient),
            Coefficient::from_limbs(remainder),
        )
    };
    if quotient.digits() as i64 > context.prec {
        return Err(Status::DivisionImpossible);
    }
    Ok(parts(quotient, remainder))
}

/// The integer part of `a / b`.
pub fn div_int(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    let negative = a.negative != b.negative;
    if a.kind != Kind::Finite || b.kind != Kind::Finite {
        return match nan_result(&[a, b], context, status) {
            Some(nan) => nan,
            None if !b.is_infinite() => Decimal::infinity(negative),
            None if a.is_infinite() => invalid(Status::InvalidOperation, status),
            None => Decimal::raw(negative, Coefficient::ZERO, 0),
        };
    }
    if b.coefficient.is_zero() {
        return by_zero(a, negative, status);
    }
    match divmod_finite(a, b, context) {
        Ok((quotient, _)) => fit(quotient, context, status),
        Err(condition) => invalid(condition, status),
    }
}

/// What [`rem`] and [`rem_near`] give without dividing.
fn rem_special(
    a: &Decimal,
    b: &Decimal,
    context: &Context,
    status: &mut Status,
) -> Option<Decimal> {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return Some(nan);
    }
    if a.is_infinite() {
        return Some(invalid(Status::InvalidOperation, status));
    }
    if b.is_infinite() {
        return Some(fit(a.clone(), context, status));
    }
    b.coefficient.is_zero().then(|| {
        if a.coefficient.is_zero() {
            invalid(Status::DivisionUndefined, status)
        } else {
            invalid(Status::InvalidOperation, status)
        }
    })
}

/// What the integer division leaves, with the sign of `a`.
pub fn rem(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(result) = rem_special(a, b, context, status) {
        return result;
    }
    match divmod_finite(a, b, context) {
        Ok((_, remainder)) => fit(remainder, context, status),
        Err(condition) => invalid(condition, status),
    }
}

/// Both [`div_int`] and [`rem`].
pub fn div_mod(
    a: &Decimal,
    b: &Decimal,
    context: &Context,
    status: &mut Status,
) -> (Decimal, Decimal) {
    let negative = a.negative != b.negative;
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return (nan.clone(), nan);
    }
    if a.is_infinite() {
        let quotient = if b.is_infinite() {
            Decimal::quiet_nan()
        } else {
            Decimal::infinity(negative)
        };
        return (quotient, invalid(Status::InvalidOperation, status));
    }
    if b.is_infinite() {
        let quotient = Decimal::raw(negative, Coefficient::ZERO, 0);
        return (quotient, fit(a.clone(), context, status));
    }
    if b.coefficient.is_zero() {
        let quotient = by_zero(a, negative, status);
        if !a.coefficient.is_zero() {
            *status |= Status::InvalidOperation;
        }
        return (quotient, Decimal::quiet_nan());
    }
    match divmod_finite(a, b, context) {
        Ok((quotient, remainder)) => {
            let quotient = fit(quotient, context, status);
            (quotient, fit(remainder, context, status))
        }
        Err(condition) => (invalid(condition, status), Decimal::quiet_nan()),
    }
}

/// `a - b * n` for the integer `n` nearest to `a / b`, the even one of two.
pub fn rem_near(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(result) = rem_special(a, b, context, status) {
        return result;
    }
    let (quotient, remainder) = match divmod_finite(a, b, context) {
        Ok(parts) => parts,
        Err(condition) => return invalid(condition, status),
    };
    match nearest(a, b, quotient, remainder, context) {
        Ok(remainder) => fit(remainder, context, status),
        Err(condition) => invalid(condition, status),
    }
}

fn nearest(
    a: &Decimal,
    b: &Decimal,
    quotient: Decimal,
    remainder: Decimal,
    context: &Context,
) -> Result<Decimal, Status> {
    let twice = limbs::mul_small(remainder.coefficient.limbs(), 2);
    let twice = Decimal::raw(false, Coefficient::from_limbs(twice), remainder.exponent);
    let next = match crate::compare::cmp_finite_magnitudes(&twice, b) {
        Ordering::Less => false,
        Ordering::Equal => !quotient.coefficient.is_even(),
        Ordering::Greater => true,
    };
    if !next {
        return Ok(remainder);
    }
    if round::increment(quotient.coefficient).digits() as i64 > context.prec {
        return Err(Status::DivisionImpossible);
    }
    let shift = (b.exponent - remainder.exponent).unsigned_abs();
    let divisor = shl(&b.coefficient, shift).ok_or(Status::MallocError)?;
    let (rest, _) = limbs::abs_diff(divisor.limbs(), remainder.coefficient.limbs());
    let rest = Coefficient::from_limbs(rest);
    Ok(Decimal::raw(!a.negative, rest, remainder.exponent))
}

/// `base ** exponent % modulus` of integers, without rounding.
pub fn pow_mod(
    base: &Decimal,
    exponent: &Decimal,
    modulus: &Decimal,
    context: &Context,
    status: &mut Status,
) -> Decimal {
    if let Some(nan) = nan_result(&[base, exponent, modulus], context, status) {
        return nan;
    }
    let valid = base.is_integer()
        && exponent.is_integer()
        && modulus.is_integer()
        && !modulus.is_zero()
        && modulus.adjusted() < context.prec
        && (!exponent.negative || exponent.is_zero())
        && (!base.is_zero() || !exponent.is_zero());
    if !valid {
        return invalid(Status::InvalidOperation, status);
    }
    let Some(modulus) = integer(modulus) else {
        return out_of_memory(status);
    };
    let odd = exponent_is_odd(exponent);
    let Some(power) = pow_mod_integers(base, exponent, &modulus) else {
        return out_of_memory(status);
    };
    Decimal::raw(base.negative && odd, Coefficient::from_limbs(power), 0)
}

/// The magnitude of an integer.
fn integer(x: &Decimal) -> Option<Vec<u64>> {
    let count = x.exponent.unsigned_abs();
    Some(if x.exponent >= 0 {
        shl(&x.coefficient, count)?.into_limbs()
    } else {
        round::shr(&x.coefficient, count).0.into_limbs()
    })
}

/// Whether an integer is odd.
pub(crate) fn exponent_is_odd(x: &Decimal) -> bool {
    match x.exponent {
        0 => !x.coefficient.is_even(),
        1.. => false,
        _ => {
            let index = x.exponent.unsigned_abs() as usize;
            limbs::digit(x.coefficient.limbs(), index) % 2 == 1
        }
    }
}

/// The most zeros at the end of an exponent: each costs some multiplications.
const MAX_EXPONENT_ZEROS: i64 = 1 << 24;

fn pow_mod_integers(base: &Decimal, exponent: &Decimal, modulus: &[u64]) -> Option<Vec<u64>> {
    if exponent.exponent > MAX_EXPONENT_ZEROS {
        return None;
    }
    let reduce = |x: &[u64]| limbs::divrem(x, modulus).1;
    let times = |x: &[u64], y: &[u64]| reduce(&limbs::mul(x, y));
    let base = if base.exponent > 0 {
        let ten = reduce(&[10]);
        let mut power = reduce(&[1]);
        for bit in (0..i64::BITS).rev() {
            power = times(&power, &power);
            if base.exponent >> bit & 1 == 1 {
                power = times(&power, &ten);
            }
        }
        times(&reduce(base.coefficient.limbs()), &power)
    } else {
        reduce(&integer(base)?)
    };
    let zeros = exponent.exponent.max(0);
    let whole = Decimal::raw(
        false,
        exponent.coefficient.clone(),
        exponent.exponent.min(0),
    );
    let digits = Coefficient::from_limbs(integer(&whole)?).to_digits();
    let mut result = reduce(&[1]);
    for digit in digits.into_iter().chain((0..zeros).map(|_| 0)) {
        // The tenth power, then the digit's.
        let square = times(&result, &result);
        let fifth = times(&times(&square, &square), &result);
        result = times(&fifth, &fifth);
        for _ in 0..digit {
            result = times(&result, &base);
        }
    }
    Some(result)
}
