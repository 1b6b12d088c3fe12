//! Multiplication by a number-theoretic transform modulo p = 2**64 - 2**32 + 1.
//!
//! Digits are cut into halves of 15 bits, so that a coefficient of the product is below
//! 2**30 times the length: exact for any length this prime has roots of unity for (2**32).

use super::{DIGIT_BITS, MASK64};

const P: u64 = 0xFFFF_FFFF_0000_0001;
/// 2**64 modulo p.
const EPSILON: u64 = 0xFFFF_FFFF;
/// A generator of the multiplicative group.
const GENERATOR: u64 = 7;

fn add(a: u64, b: u64) -> u64 {
    sub(a, P - b)
}

fn sub(a: u64, b: u64) -> u64 {
    let (difference, borrow) = a.overflowing_sub(b);
    if borrow {
        difference.wrapping_add(P)
    } else {
        difference
    }
}

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

/// The first half of the powers of `root`, of which there are `len`.
fn twiddles(root: u64, len: usize) -> Vec<u64> {
    std::iter::successors(Some(1), |&power| Some(mul(power, root)))
        .take(len / 2)
        .collect()
}

/// Every second twiddle, for a transform of half the length.
fn halve(twiddles: &[u64]) -> Vec<u64> {
    twiddles.iter().step_by(2).copied().collect()
}

/// Decimation in frequency: natural order in, bit-reversed order out.
fn forward(data: &mut [u64], root: u64) {
    let mut factors = twiddles(root, data.len());
    let mut half = data.len() / 2;
    while half > 0 {
        for block in data.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((x, y), &factor) in low.iter_mut().zip(high).zip(&factors) {
                let (a, b) = (*x, *y);
                *x = add(a, b);
                *y = mul(sub(a, b), factor);
            }
        }
        factors = halve(&factors);
        half /= 2;
    }
}

/// Decimation in time: bit-reversed order in, natural order out; `root` is the inverse root.
fn backward(data: &mut [u64], root: u64) {
    let len = data.len();
    let mut levels = vec![twiddles(root, len)];
    while levels[levels.len() - 1].len() > 1 {
        levels.push(halve(&levels[levels.len() - 1]));
    }
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
    let inverse = pow(len as u64, P - 2);
    for value in data {
        *value = mul(*value, inverse);
    }
}

fn load(digits: &[u32], len: usize) -> Vec<u64> {
    let mut data = Vec::with_capacity(len);
    data.extend(
        digits
            .iter()
            .flat_map(|&d| [u64::from(d & 0x7FFF), u64::from(d >> 15)]),
    );
    data.resize(len, 0);
    data
}

/// The product into `out`, of `a.len() + b.len()` digits.
pub(super) fn mul_into(out: &mut [u32], a: &[u32], b: &[u32]) {
    let len = (2 * (a.len() + b.len())).next_power_of_two();
    let root = pow(GENERATOR, (P - 1) / len as u64);
    let mut x = load(a, len);
    forward(&mut x, root);
    if std::ptr::eq(a, b) {
        x.iter_mut().for_each(|value| *value = mul(*value, *value));
    } else {
        let mut y = load(b, len);
        forward(&mut y, root);
        x.iter_mut()
            .zip(&y)
            .for_each(|(value, &other)| *value = mul(*value, other));
    }
    backward(&mut x, pow(root, P - 2));
    let mut carry = 0u128;
    for (slot, pair) in out.iter_mut().zip(x.chunks_exact(2)) {
        carry += u128::from(pair[0]) + (u128::from(pair[1]) << 15);
        *slot = (carry as u64 & MASK64) as u32;
        carry >>= DIGIT_BITS;
    }
}
