//! The exponential function and logarithm in fixed point: a magnitude of limbs of which the
//! lowest `w` are the fraction. An ulp is the last place, 10**(-19 w).

use std::sync::{Mutex, PoisonError};

use crate::limbs::{self, BASE, DIGITS};

/// A power of the base, `limbs` limbs above the last place.
fn unit(limbs: usize) -> Vec<u64> {
    let mut out = vec![0; limbs];
    out.push(1);
    out
}

/// The number without its lowest limbs.
fn cut(mut a: Vec<u64>, count: usize) -> Vec<u64> {
    a.drain(..count.min(a.len()));
    a
}

/// The number with `count` zero limbs below.
fn extend(a: &[u64], count: usize) -> Vec<u64> {
    if a.is_empty() {
        return Vec::new();
    }
    std::iter::repeat_n(0, count)
        .chain(a.iter().copied())
        .collect()
}

/// The product of two numbers of `w` limbs of fraction, less than an ulp too small.
fn mul(a: &[u64], b: &[u64], w: usize) -> Vec<u64> {
    cut(limbs::mul(a, b), w)
}

/// `e**r` for `r` below 4, less than 2 ulp too small.
pub(super) fn exp(r: &[u64], w: usize) -> Vec<u64> {
    // e**r = (e**(r / 2**k))**(2**k): k squarings for a series that is shorter by as much.
    let bits = (w + 1) * 63;
    let halvings = bits.isqrt() + 4;
    // A squaring doubles the error, and the sum's is an ulp a term.
    let guard = (halvings + bits.ilog2() as usize + 12) / 63 + 1;
    let inner = w + guard;
    let mut x = extend(r, guard);
    let mut left = halvings;
    while left > 0 {
        let step = left.min(62);
        (x, _) = limbs::divrem_small(&x, 1 << step);
        left -= step;
    }
    let mut sum = limbs::add(&unit(inner), &x);
    let mut term = x.clone();
    for index in 2.. {
        term = limbs::divrem_small(&mul(&term, &x, inner), index).0;
        if term.is_empty() {
            break;
        }
        limbs::add_assign(&mut sum, &term);
    }
    for _ in 0..halvings {
        sum = mul(&sum, &sum, inner);
    }
    cut(sum, guard)
}

/// `ln y` for `y` from 1 to 10, less than 200 ulp off.
pub(super) fn ln(y: &[u64], w: usize) -> Vec<u64> {
    // Each of Halley's steps t + 2 (y - e**t) / (y + e**t) triples the right digits.
    let mut digits = w * DIGITS - 2;
    let mut ladder = Vec::new();
    while digits > 15 {
        ladder.push(digits);
        digits = digits / 3 + 1;
    }
    let mut at = 1;
    let mut t = first_ln(y, w);
    for digits in ladder.into_iter().rev() {
        let next = ((digits + 2).div_ceil(DIGITS)).min(w);
        t = extend(&t, next - at);
        at = next;
        let power = exp(&t, at);
        let y = &y[w - at..];
        let (difference, over) = limbs::abs_diff(y, &power);
        let step = limbs::divrem(
            &extend(&limbs::mul_small(&difference, 2), at),
            &limbs::add(y, &power),
        );
        t = if over {
            limbs::abs_diff(&t, &step.0).0
        } else {
            limbs::add(&t, &step.0)
        };
    }
    t
}

/// The logarithm with one limb of fraction, right to 15 digits.
fn first_ln(y: &[u64], w: usize) -> Vec<u64> {
    let scale = BASE as f64;
    let whole = y.get(w).copied().unwrap_or(0) as f64;
    let value = (whole + y[w - 1] as f64 / scale).ln().clamp(0.0, 2.5);
    let fraction = (value.fract() * scale) as u64;
    let mut out = vec![fraction.min(BASE - 1), value.trunc() as u64];
    limbs::trim(&mut out);
    out
}

/// A part of the sum of the series of `atanh(1 / n)`: products of the denominators, and the
/// numerator of the sum over both of them.
struct Partial {
    powers: Vec<u64>,
    odds: Vec<u64>,
    numerator: Vec<u64>,
}

fn atanh_partial(n: u64, from: u64, to: u64) -> Partial {
    if to - from == 1 {
        return Partial {
            powers: vec![if from == 0 { n } else { n * n }],
            odds: vec![2 * from + 1],
            numerator: vec![1],
        };
    }
    let middle = from.midpoint(to);
    let (low, high) = (atanh_partial(n, from, middle), atanh_partial(n, middle, to));
    let high_denominator = limbs::mul(&high.powers, &high.odds);
    Partial {
        numerator: limbs::add(
            &limbs::mul(&high_denominator, &low.numerator),
            &limbs::mul(&low.odds, &high.numerator),
        ),
        powers: limbs::mul(&low.powers, &high.powers),
        odds: limbs::mul(&low.odds, &high.odds),
    }
}

/// `atanh(1 / n)`, less than 2 ulp too small.
fn atanh_inverse(n: u64, w: usize) -> Vec<u64> {
    let digits_a_term = 2.0 * (n as f64).log10();
    let terms = ((w * DIGITS) as f64 / digits_a_term) as u64 + 2;
    let partial = atanh_partial(n, 0, terms);
    let denominator = limbs::mul(&partial.powers, &partial.odds);
    limbs::divrem(&extend(&partial.numerator, w), &denominator).0
}

/// The most precise `ln 10` that was needed so far, and its limbs of fraction.
static LN10: Mutex<(Vec<u64>, usize)> = Mutex::new((Vec::new(), 0));

/// `ln 10`, less than 2 ulp too small.
pub(super) fn ln10(w: usize) -> Vec<u64> {
    let mut cache = LN10.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.1 < w {
        // 46 atanh(1/31) + 34 atanh(1/49) + 20 atanh(1/161), with a limb for its error.
        let w = w + 1;
        let mut sum = Vec::new();
        for (factor, n) in [(46, 31), (34, 49), (20, 161)] {
            sum = limbs::add(&sum, &limbs::mul_small(&atanh_inverse(n, w), factor));
        }
        *cache = (cut(sum, 1), w - 1);
    }
    cache.0[cache.1 - w..].to_vec()
}
