//! Convolution by a number-theoretic transform modulo p = 2**64 - 2**32 + 1: what products of long numbers, in whatever
//! base, are made with.

/// The prime. It has roots of unity for every power of two up to 2**32.
const P: u64 = 0xFFFF_FFFF_0000_0001;
/// 2**64 modulo p.
const EPSILON: u64 = 0xFFFF_FFFF;
/// A generator of the multiplicative group.
const GENERATOR: u64 = 7;

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

/// The cyclic convolution of two rows of equal length, a power of two; `None` stands for the first row again. It is exact
/// where every coefficient of the result is below the prime: the square of the largest piece, times the length.
pub fn convolve(mut x: Vec<u64>, y: Option<Vec<u64>>) -> Vec<u64> {
    let len = x.len();
    let root = pow(GENERATOR, (P - 1) / len as u64);
    let factors = levels(root, len);
    forward(&mut x, &factors);
    match y {
        None => x.iter_mut().for_each(|value| *value = mul(*value, *value)),
        Some(mut y) => {
            forward(&mut y, &factors);
            x.iter_mut()
                .zip(&y)
                .for_each(|(value, &other)| *value = mul(*value, other));
        }
    }
    drop(factors);
    backward(&mut x, &levels(pow(root, P - 2), len));
    x
}
