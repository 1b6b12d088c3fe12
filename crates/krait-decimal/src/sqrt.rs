//! Square roots.

use crate::coefficient::Coefficient;
use crate::context::{Context, Rounding};
use crate::decimal::Decimal;
use crate::div::{only_if_exact, sticky, strip_zeros};
use crate::limbs;
use crate::round::{self, Discarded, fit, invalid, nan_result, shl};
use crate::status::Status;

/// The square root, halves to even whatever the context says.
pub fn sqrt(a: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a], context, status) {
        return nan;
    }
    let ideal = a.exponent.div_euclid(2);
    if a.is_zero() {
        let zero = Decimal::raw(a.negative, Coefficient::ZERO, ideal);
        return fit(zero, context, status);
    }
    if a.negative {
        return invalid(Status::InvalidOperation, status);
    }
    if a.is_infinite() {
        return a.clone();
    }
    let context = Context {
        rounding: Rounding::HalfEven,
        ..*context
    };
    if let Some((root, exponent)) = root(a, context.prec) {
        return fit(Decimal::raw(false, root, exponent), &context, status);
    }
    // Too many digits for any memory; but an exact root has no more than the number.
    let work = Context {
        prec: context.prec.min(a.digits() as i64),
        ..context
    };
    only_if_exact(status, |local| {
        let (root, exponent) = root(a, work.prec)?;
        Some(fit(Decimal::raw(false, root, exponent), &work, local))
    })
}

/// More digits of the root than the precision, and its exponent. The last digit of an inexact one
/// tells that it is; an exact one is as near to half the exponent as its digits allow.
fn root(a: &Decimal, prec: i64) -> Option<(Coefficient, i64)> {
    let mut shift = 2 * (prec + 1) - a.digits() as i64;
    if (a.exponent - shift) % 2 != 0 {
        shift += 1;
    }
    let count = shift.unsigned_abs();
    let (radicand, discarded) = if shift >= 0 {
        (shl(&a.coefficient, count)?, Discarded::Zero)
    } else {
        round::shr(&a.coefficient, count)
    };
    let (root, exact) = match radicand.to_u128() {
        Some(radicand) => {
            let root = radicand.isqrt();
            (Coefficient::from_u128(root), root * root == radicand)
        }
        None => {
            let (root, exact) = limbs::isqrt(radicand.limbs());
            (Coefficient::from_limbs(root), exact)
        }
    };
    let exponent = (a.exponent - shift) / 2;
    Some(if exact && discarded == Discarded::Zero {
        strip_zeros(root, exponent, a.exponent.div_euclid(2))
    } else {
        (sticky(root), exponent)
    })
}
