//! Multiplication by a number-theoretic transform.
//!
//! Limbs are regrouped into pieces of six or seven digits, so that a coefficient of the product
//! (the square of a piece times the count of pieces) is below the prime and thus exact.

use super::{DIGITS, POW10};

/// The longest shorter operand: 18 million pieces of six digits.
pub(super) const MAX_LIMBS: usize = 5_600_000;
/// The longest shorter operand for pieces of seven digits: 180 thousand of them.
const MAX_WIDE_LIMBS: usize = 66_000;

/// Cuts limbs into pieces of `WIDTH` digits, up to the length of a transform.
fn load<const WIDTH: usize>(limbs: &[u64], len: usize) -> Vec<u64> {
    let mut data = Vec::with_capacity(len);
    let (mut piece, mut filled) = (0, 0);
    for &limb in limbs {
        let missing = WIDTH - filled;
        data.push(piece + limb % POW10[missing] * POW10[filled]);
        let mut rest = limb / POW10[missing];
        let mut left = DIGITS - missing;
        while left >= WIDTH {
            data.push(rest % POW10[WIDTH]);
            rest /= POW10[WIDTH];
            left -= WIDTH;
        }
        (piece, filled) = (rest, left);
    }
    data.push(piece);
    data.resize(len, 0);
    data
}

/// Carries coefficients on and regroups them into limbs.
fn store<const WIDTH: usize>(out: &mut [u64], coefficients: &[u64]) {
    let mut slots = out.iter_mut();
    let (mut carry, mut limb, mut filled) = (0, 0, 0);
    for &coefficient in coefficients {
        let sum = coefficient + carry;
        carry = sum / POW10[WIDTH];
        let piece = sum % POW10[WIDTH];
        if filled + WIDTH < DIGITS {
            limb += piece * POW10[filled];
            filled += WIDTH;
            continue;
        }
        let room = DIGITS - filled;
        let Some(slot) = slots.next() else {
            return;
        };
        *slot = limb + piece % POW10[room] * POW10[filled];
        limb = piece / POW10[room];
        filled = WIDTH - room;
    }
    if let Some(slot) = slots.next() {
        *slot = limb;
    }
    slots.for_each(|slot| *slot = 0);
}

fn product<const WIDTH: usize>(out: &mut [u64], a: &[u64], b: &[u64]) {
    let pieces = |limbs: usize| (limbs * DIGITS).div_ceil(WIDTH) + 1;
    let len = (pieces(a.len()) + pieces(b.len())).next_power_of_two();
    let other = (!std::ptr::eq(a, b)).then(|| load::<WIDTH>(b, len));
    let x = krait_numbers::convolution::convolve(load::<WIDTH>(a, len), other);
    store::<WIDTH>(out, &x);
}

/// The product over all of `out`, of `a.len() + b.len()` limbs; `b` is not the longer and of at
/// most [`MAX_LIMBS`].
pub(super) fn mul_into(out: &mut [u64], a: &[u64], b: &[u64]) {
    if b.len() <= MAX_WIDE_LIMBS {
        product::<7>(out, a, b);
    } else {
        product::<6>(out, a, b);
    }
}
