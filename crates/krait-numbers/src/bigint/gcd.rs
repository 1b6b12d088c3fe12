//! Greatest common divisors (Lehmer) and integer square roots.

use std::cmp::Ordering;

use super::add::{add, cmp, decrement};
use super::{DIGIT_BITS, DIGIT_MASK, MASK64, bit_length, div, from_u64, mul, shift, trim};

fn small(digits: &[u32]) -> u64 {
    digits
        .iter()
        .rev()
        .fold(0, |acc, &digit| acc << 30 | u64::from(digit))
}

fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The greatest common divisor of two magnitudes.
pub fn gcd(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    if cmp(&a, &b) == Ordering::Less {
        std::mem::swap(&mut a, &mut b);
    }
    while a.len() > 2 {
        if b.is_empty() {
            return a;
        }
        match lehmer_matrix(&a, &b) {
            Some(matrix) => apply(&matrix, &mut a, &mut b),
            None => {
                let Some((_, remainder)) = div::divrem(&a, &b) else {
                    return a;
                };
                (a, b) = (b, remainder);
            }
        }
    }
    from_u64(gcd_u64(small(&a), small(&b)))
}

/// The steps of Euclid's algorithm that the leading 60 bits decide, as the rows (p, q), (r, s)
/// of the next pair p·a - q·b, s·b - r·a; `None` if they decide none.
fn lehmer_matrix(a: &[u32], b: &[u32]) -> Option<[i64; 4]> {
    let bits = bit_length(a);
    if b.len() + 2 <= a.len() {
        return None;
    }
    // The bits from `bits - 60` on, of which `a` has 60 and `b` no more.
    let (low, part) = (((bits - 60) / 30) as usize, (bits - 60) % 30);
    let leading = |digits: &[u32]| {
        let window = digits.get(low..).unwrap_or_default().iter().rev();
        (window.fold(0u128, |acc, &digit| acc << 30 | u128::from(digit)) >> part) as i64
    };
    let (mut x, mut y) = (leading(a), leading(b));
    let (mut p, mut q, mut r, mut s) = (1i64, 0i64, 0i64, 1i64);
    let mut steps = 0;
    while y != r {
        let quotient = (x + (p - 1)) / (y - r);
        let (Some(next_r), Some(next_s), Some(multiple)) = (
            quotient.checked_mul(s).and_then(|t| t.checked_add(q)),
            quotient.checked_mul(r).and_then(|t| t.checked_add(p)),
            quotient.checked_mul(y),
        ) else {
            break;
        };
        let remainder = x - multiple;
        if next_r > remainder || next_r.max(next_s) > MASK64 as i64 {
            break;
        }
        (x, y) = (y, remainder);
        (p, q, r, s) = (s, r, next_r, next_s);
        steps += 1;
    }
    if steps == 0 {
        return None;
    }
    Some(if steps % 2 == 1 {
        [-q, -p, -s, -r]
    } else {
        [p, q, r, s]
    })
}

/// Replaces the pair by the next; the matrix has entries of up to 30 bits.
fn apply(matrix: &[i64; 4], a: &mut Vec<u32>, b: &mut Vec<u32>) {
    let [p, q, r, s] = *matrix;
    b.resize(a.len(), 0);
    let (mut carry_a, mut carry_b) = (0i64, 0i64);
    for (slot_a, slot_b) in a.iter_mut().zip(b.iter_mut()) {
        let (x, y) = (i64::from(*slot_a), i64::from(*slot_b));
        carry_a += p * x - q * y;
        carry_b += s * y - r * x;
        *slot_a = carry_a as u32 & DIGIT_MASK;
        *slot_b = carry_b as u32 & DIGIT_MASK;
        carry_a >>= DIGIT_BITS;
        carry_b >>= DIGIT_BITS;
    }
    trim(a);
    trim(b);
}

/// The square root of a magnitude, rounded down, by Newton's iteration at rising precision.
pub fn isqrt(digits: &[u32]) -> Vec<u32> {
    let bits = bit_length(digits);
    if bits <= 60 {
        return from_u64(small(digits).isqrt());
    }
    // With c = (bits - 1) / 2, the root of the leading 2d bits is known to about d bits; each
    // round doubles d (the algorithm of CPython's `math.isqrt`).
    let c = (bits - 1) / 2;
    let mut known = 0u64;
    let mut root = vec![1];
    for step in (0..64 - c.leading_zeros()).rev() {
        let before = known;
        known = c >> step;
        let shifted = shift::shl(&root, known - before - 1).unwrap_or_default();
        let scaled = shift::shr(digits, 2 * c - before - known + 1);
        let quotient = div::divrem(&scaled, &root).map(|(quotient, _)| quotient);
        root = add(&shifted, &quotient.unwrap_or_default());
    }
    if cmp(&mul::square(&root), digits) == Ordering::Greater {
        decrement(&mut root);
    }
    root
}
