//! Multiplication by a number-theoretic transform modulo p = 2**64 - 2**32 + 1.
//!
//! Limbs are regrouped into pieces of six or seven digits, so that a coefficient of the product
//! (the square of a piece times the count of pieces) is below p and thus exact.

use super::{DIGITS, POW10};

const P: u64 = 0xFFFF_FFFF_0000_0001;
/// 2**64 modulo p.
const EPSILON: u64 = 0xFFFF_FFFF;
/// A generator of the multiplicative group.
const GENERATOR: u64 = 7;

/// The longest shorter operand: 18 million pieces of six digits.
pub(super) const MAX_LIMBS: usize = 5_600_000;
/// The longest shorter operand for pieces of seven digits: 180 thousand of them.
const MAX_WIDE_LIMBS: usize = 66_000;

#[inline]
fn add(a: u64, b: u64) -> u64 {
    sub(a, P - b)
}

#[inline]
fn sub(a: u64, b: u64) -> u64 {
    let (difference, borrow) = a.overflowing_sub(b);
    if borrow {
        difference.wrapping_add(P)
    } else {
        difference
    }
}

#[inline]
fn mul(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = (product as u64, (product >> 64) as u64);
    let (reduced, borrow) = low.overflowing_sub(high >> 32);
    let reduced = if borrow {
        reduced.wrapping_sub(EPSILON)
    } else {
        reduced
    };
    let (sum, carry) = reduced.overflowing_add((high & EPSILON) * EPSILON);
    let sum = if carry {
        sum.wrapping_add(EPSILON)
    } else {
        sum
    };
    if sum >= P { sum - P } else { sum }
}

fn pow(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent != 0 {
        if exponent & 1 == 1 {
            result = mul(result, base);
        }
        base = mul(base, base);
        exponent >>= 1;
    }
    result
}

/// The first half of the powers of `root`, of which there are `len`; then every second of them,
/// for half the length, and so on.
fn levels(root: u64, len: usize) -> Vec<Vec<u64>> {
    let first = std::iter::successors(Some(1), |&power| Some(mul(power, root)))
        .take(len / 2)
        .collect();
    let mut levels: Vec<Vec<u64>> = vec![first];
    while levels[levels.len() - 1].len() > 1 {
        let next = levels[levels.len() - 1]
            .iter()
            .step_by(2)
            .copied()
            .collect();
        levels.push(next);
    }
    levels
}

/// Decimation in frequency: natural order in, bit-reversed order out.
fn forward(data: &mut [u64], levels: &[Vec<u64>]) {
    for factors in levels {
        let half = factors.len();
        for block in data.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((x, y), &factor) in low.iter_mut().zip(high).zip(factors) {
                let (a, b) = (*x, *y);
                *x = add(a, b);
                *y = mul(sub(a, b), factor);
            }
        }
    }
}

/// Decimation in time: bit-reversed order in, natural order out; of the inverse root.
fn backward(data: &mut [u64], levels: &[Vec<u64>]) {
    for factors in levels.iter().rev() {
        let half = factors.len();
        for block in data.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((x, y), &factor) in low.iter_mut().zip(high).zip(factors) {
                let (a, b) = (*x, mul(*y, factor));
                *x = add(a, b);
                *y = sub(a, b);
            }
        }
    }
    let inverse = pow(data.len() as u64, P - 2);
    for value in data {
        *value = mul(*value, inverse);
    }
}

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

fn convolve<const WIDTH: usize>(out: &mut [u64], a: &[u64], b: &[u64]) {
    let pieces = |limbs: usize| (limbs * DIGITS).div_ceil(WIDTH) + 1;
    let len = (pieces(a.len()) + pieces(b.len())).next_power_of_two();
    let root = pow(GENERATOR, (P - 1) / len as u64);
    let factors = levels(root, len);
    let mut x = load::<WIDTH>(a, len);
    forward(&mut x, &factors);
    if std::ptr::eq(a, b) {
        x.iter_mut().for_each(|value| *value = mul(*value, *value));
    } else {
        let mut y = load::<WIDTH>(b, len);
        forward(&mut y, &factors);
        x.iter_mut()
            .zip(&y)
            .for_each(|(value, &other)| *value = mul(*value, other));
    }
    drop(factors);
    backward(&mut x, &levels(pow(root, P - 2), len));
    store::<WIDTH>(out, &x);
}

/// The product over all of `out`, of `a.len() + b.len()` limbs; `b` is not the longer and of at
/// most [`MAX_LIMBS`].
pub(super) fn mul_into(out: &mut [u64], a: &[u64], b: &[u64]) {
    if b.len() <= MAX_WIDE_LIMBS {
        convolve::<7>(out, a, b);
    } else {
        convolve::<6>(out, a, b);
    }
}
