//! Square roots.

use crate::coefficient::Coefficient;
use crate::context::{Context, Rounding};
use crate::decimal::Decimal;
use crate::div::{sticky, strip_zeros};
use crate::limbs;
use crate::round::{self, Discarded, fit, invalid, nan_result, out_of_memory, shl};
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
    let found = root(a, context.prec).or_else(|| {
        // An exact root has no more digits than the number.
        let prec = context.prec.min(a.digits() as i64);
        root(a, prec).filter(|&(_, _, exact)| exact)
    });
    let Some((root, exponent, exact)) = found else {
        return out_of_memory(status);
    };
    let (root, exponent) = if exact {
        strip_zeros(root, exponent, ideal)
    } else {
        (sticky(root), exponent)
    };
    let context = Context {
        rounding: Rounding::HalfEven,
        ..*context
    };
    fit(Decimal::raw(false, root, exponent), &context, status)
}

/// More digits of the root than the precision, its exponent, and whether it is exact.
fn root(a: &Decimal, prec: i64) -> Option<(Coefficient, i64, bool)> {
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
    let exact = exact && discarded == Discarded::Zero;
    Some((root, (a.exponent - shift) / 2, exact))
}
