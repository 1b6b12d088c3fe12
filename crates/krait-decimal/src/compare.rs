//! Orders: of values, and the total one of representations.

use std::cmp::Ordering;

use crate::context::Context;
use crate::decimal::{Decimal, Kind};
use crate::limbs;
use crate::round::nan_result;
use crate::status::Status;

/// The order of the magnitudes of finite numbers.
pub(crate) fn cmp_finite_magnitudes(a: &Decimal, b: &Decimal) -> Ordering {
    if a.exponent == b.exponent {
        return a.coefficient.cmp(&b.coefficient);
    }
    match (a.coefficient.is_zero(), b.coefficient.is_zero()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    a.adjusted().cmp(&b.adjusted()).then_with(|| {
        // With the first digits at the same place, the shift is shorter than the other's digits.
        let shift = a.exponent.abs_diff(b.exponent) as usize;
        let (x, y) = (a.coefficient.limbs(), b.coefficient.limbs());
        if a.exponent > b.exponent {
            limbs::cmp(&limbs::shl(x, shift), y)
        } else {
            limbs::cmp(x, &limbs::shl(y, shift))
        }
    })
}

/// The order of the magnitudes of numbers that are no NaNs.
pub(crate) fn cmp_magnitudes(a: &Decimal, b: &Decimal) -> Ordering {
    match (a.is_infinite(), b.is_infinite()) {
        (false, false) => cmp_finite_magnitudes(a, b),
        (x, y) => x.cmp(&y),
    }
}

/// The order of numbers that are no NaNs.
pub(crate) fn cmp_values(a: &Decimal, b: &Decimal) -> Ordering {
    let sign = |x: &Decimal| match (x.is_zero(), x.negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    };
    let order = sign(a).cmp(&sign(b));
    if order != Ordering::Equal || a.is_zero() {
        return order;
    }
    let order = cmp_magnitudes(a, b);
    if a.negative { order.reverse() } else { order }
}

/// `a <=> b` as -1, 0 or 1.
pub fn compare(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if let Some(nan) = nan_result(&[a, b], context, status) {
        return nan;
    }
    Decimal::from_i64(cmp_values(a, b) as i64)
}

/// The same, where quiet NaNs signal too.
pub fn compare_signal(a: &Decimal, b: &Decimal, context: &Context, status: &mut Status) -> Decimal {
    if a.is_nan() || b.is_nan() {
        *status |= Status::InvalidOperation;
    }
    compare(a, b, context, status)
}

/// The total order of the magnitudes: equal values by exponent, NaNs above all by payload.
pub(crate) fn total_cmp_magnitude(a: &Decimal, b: &Decimal) -> Ordering {
    let rank = |kind: Kind| match kind {
        Kind::Finite => 0,
        Kind::Infinity => 1,
        Kind::SignalingNan => 2,
        Kind::QuietNan => 3,
    };
    rank(a.kind).cmp(&rank(b.kind)).then_with(|| match a.kind {
        Kind::Finite => cmp_finite_magnitudes(a, b).then(a.exponent.cmp(&b.exponent)),
        Kind::Infinity => Ordering::Equal,
        Kind::SignalingNan | Kind::QuietNan => a.coefficient.cmp(&b.coefficient),
    })
}

/// The total order: negative numbers below positive ones, else as the magnitudes.
pub(crate) fn total_cmp(a: &Decimal, b: &Decimal) -> Ordering {
    match (a.negative, b.negative) {
        (false, false) => total_cmp_magnitude(a, b),
        (true, true) => total_cmp_magnitude(b, a),
        (x, y) => y.cmp(&x),
    }
}
