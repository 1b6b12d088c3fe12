//! Division: schoolbook (Knuth's algorithm D), and by Newton's reciprocal for long operands.

use std::cmp::Ordering;

use super::{
    BASE, DIGITS, POW10, add, add_assign, cmp, divrem_base, divrem_word, increment, mul, mul_small,
    sub, sub_assign, trim, trimmed,
};

/// From this many limbs in both divisor and quotient, Newton's reciprocal beats the schoolbook.
const NEWTON_MIN: usize = 160;
/// Below this many limbs a reciprocal is computed by the schoolbook.
const RECIPROCAL_MIN: usize = 64;

/// A word as divisor, with its reciprocal: a multiplication is several times faster than the
/// processor's division.
#[derive(Clone, Copy)]
pub(crate) struct WordDivisor {
    shift: u32,
    divisor: u64,
    reciprocal: u64,
}

/// The powers of ten below the base as divisors.
pub(crate) const TENS: [WordDivisor; DIGITS] = {
    let mut table = [WordDivisor::new(1); DIGITS];
    let mut index = 1;
    while index < DIGITS {
        table[index] = WordDivisor::new(POW10[index]);
        index += 1;
    }
    table
};

impl WordDivisor {
    const fn new(divisor: u64) -> Self {
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        Self {
            shift,
            divisor,
            // Above 2**64, whose bit is left out: so the quotient is a word, which is quicker.
            reciprocal: (((!divisor as u128) << 64 | u64::MAX as u128) / divisor as u128) as u64,
        }
    }

    /// Quotient and remainder of a word.
    #[inline]
    pub(crate) fn divrem_word(&self, value: u64) -> (u64, u64) {
        let value = u128::from(value) << self.shift;
        let (quotient, remainder) = divrem_word(
            (value >> 64) as u64,
            value as u64,
            self.divisor,
            self.reciprocal,
        );
        (quotient, remainder >> self.shift)
    }

    /// Divides `high * 10**19 + low`; `high` is below the divisor.
    #[inline]
    fn divrem(&self, high: u64, low: u64) -> (u64, u64) {
        let value = (u128::from(high) * u128::from(BASE) + u128::from(low)) << self.shift;
        let (quotient, remainder) = divrem_word(
            (value >> 64) as u64,
            value as u64,
            self.divisor,
            self.reciprocal,
        );
        (quotient, remainder >> self.shift)
    }
}

/// Quotient and remainder by a word that is not zero.
pub(crate) fn divrem_small(a: &[u64], divisor: u64) -> (Vec<u64>, u64) {
    let divisor = WordDivisor::new(divisor);
    let mut out = vec![0; a.len()];
    let mut remainder = 0;
    for (slot, &limb) in out.iter_mut().zip(a).rev() {
        (*slot, remainder) = divisor.divrem(remainder, limb);
    }
    trim(&mut out);
    (out, remainder)
}

/// Quotient and remainder; the divisor is not zero.
pub(crate) fn divrem(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    if cmp(a, b) == Ordering::Less {
        return (Vec::new(), a.to_vec());
    }
    if let [divisor] = *b {
        let (quotient, remainder) = divrem_small(a, divisor);
        let remainder = if remainder == 0 {
            vec![]
        } else {
            vec![remainder]
        };
        return (quotient, remainder);
    }
    let Some(&top) = b.last() else {
        return (Vec::new(), Vec::new());
    };
    // With its top limb at least half the base, the divisor tells the quotient's limbs.
    let factor = BASE / (top + 1);
    let (a, b) = if factor == 1 {
        (a.to_vec(), b.to_vec())
    } else {
        (mul_small(a, factor), mul_small(b, factor))
    };
    let (quotient, remainder) = divrem_normalized(a, &b);
    (quotient, divrem_small(&remainder, factor).0)
}

fn divrem_normalized(a: Vec<u64>, b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    if a.len() < b.len() {
        return (Vec::new(), a);
    }
    let quotient_len = a.len() - b.len() + 1;
    if quotient_len < NEWTON_MIN || b.len() < NEWTON_MIN {
        return schoolbook(a, b);
    }
    if quotient_len + 1 < b.len() {
        // The low limbs of the divisor hardly matter to a short quotient.
        let cut = b.len() - quotient_len - 1;
        let (quotient, _) = divrem_normalized(a[cut..].to_vec(), &b[cut..]);
        return corrected(quotient, &a, b);
    }
    by_reciprocal(&a, b)
}

/// Moves a quotient that is a few off to the right one, and finds the remainder.
fn corrected(mut quotient: Vec<u64>, a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let mut product = mul(&quotient, b);
    while cmp(&product, a) == Ordering::Greater {
        quotient = sub(&quotient, &[1]);
        product = sub(&product, b);
    }
    let mut remainder = sub(a, &product);
    while cmp(&remainder, b) != Ordering::Less {
        increment(&mut quotient);
        remainder = sub(&remainder, b);
    }
    (quotient, remainder)
}

/// Knuth's algorithm D; the top limb of `b` is at least half the base.
fn schoolbook(mut a: Vec<u64>, b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    a.push(0);
    let mut quotient = vec![0; a.len() - b.len()];
    schoolbook_into(&mut quotient, &mut a, b);
    a.truncate(b.len());
    trim(&mut a);
    trim(&mut quotient);
    (quotient, a)
}

/// The same in place: `a`, whose top limb is zero, becomes the remainder.
fn schoolbook_into(quotient: &mut [u64], a: &mut [u64], b: &[u64]) {
    let n = b.len();
    let (top, second) = (b[n - 1], b[n - 2]);
    let divisor = WordDivisor::new(top);
    for (index, slot) in quotient.iter_mut().enumerate().rev() {
        let part = &mut a[index..=index + n];
        let (mut estimate, mut rest) = if part[n] >= top {
            (BASE - 1, u128::from(part[n - 1]) + u128::from(top))
        } else {
            let (estimate, rest) = divisor.divrem(part[n], part[n - 1]);
            (estimate, u128::from(rest))
        };
        while rest < u128::from(BASE)
            && u128::from(estimate) * u128::from(second)
                > rest * u128::from(BASE) + u128::from(part[n - 2])
        {
            estimate -= 1;
            rest += u128::from(top);
        }
        if sub_product(part, b, estimate) {
            estimate -= 1;
            // The carry meets the borrow and both vanish.
            add_assign(part, b);
        }
        *slot = estimate;
    }
}

/// How many limbs a dividend on the stack has; the upper two are zeros at first.
pub(crate) const DIVIDEND: usize = 7;

/// The quotient by one or two limbs without heap, and whether it is exact. The upper limb of two
/// is not zero, and neither is one alone; `a` is not below `b`.
pub(crate) fn divide_on_stack(a: &mut [u64; DIVIDEND], b: &[u64]) -> ([u64; DIVIDEND], bool) {
    let mut quotient = [0; DIVIDEND];
    let len = trimmed(&a[..]).len();
    let (low, high) = match *b {
        [low, high] => (low, high),
        _ => {
            let divisor = WordDivisor::new(b[0]);
            let mut remainder = 0;
            for (slot, &limb) in quotient[..len].iter_mut().zip(&a[..len]).rev() {
                (*slot, remainder) = divisor.divrem(remainder, limb);
            }
            return (quotient, remainder == 0);
        }
    };
    let factor = BASE / (high + 1);
    let scale = |limbs: &mut [u64]| {
        let mut carry = 0;
        for slot in limbs {
            let product = u128::from(*slot) * u128::from(factor) + u128::from(carry);
            (carry, *slot) = divrem_base((product >> 64) as u64, product as u64);
        }
    };
    let mut b = [low, high];
    scale(&mut a[..=len]);
    scale(&mut b);
    let len = trimmed(&a[..]).len();
    schoolbook_into(&mut quotient[..=len - 2], &mut a[..=len], &b);
    (quotient, a.iter().all(|&limb| limb == 0))
}

/// Subtracts `b * factor` from `a`, which is one limb longer, and returns the borrow.
fn sub_product(a: &mut [u64], b: &[u64], factor: u64) -> bool {
    let mut carry = 0;
    let mut borrow = 0;
    let (low, high) = a.split_at_mut(b.len());
    let mut step = |slot: &mut u64, limb: u64| {
        let product = u128::from(limb) * u128::from(factor) + u128::from(carry);
        let (next, digit) = divrem_base((product >> 64) as u64, product as u64);
        carry = next;
        let (difference, less) = slot.overflowing_sub(digit + borrow);
        *slot = if less {
            difference.wrapping_add(BASE)
        } else {
            difference
        };
        borrow = u64::from(less);
    };
    for (slot, &limb) in low.iter_mut().zip(b) {
        step(slot, limb);
    }
    for slot in high {
        step(slot, 0);
    }
    borrow != 0
}

/// About `BASE**(2n) / b` for the `n` limbs of `b`, a few off at most; the top limb of `b` is at
/// least half the base.
fn reciprocal(b: &[u64]) -> Vec<u64> {
    let n = b.len();
    let power = |limbs: usize| {
        let mut out = vec![0; limbs];
        out.push(1);
        out
    };
    if n < RECIPROCAL_MIN {
        return schoolbook(power(2 * n), b).0;
    }
    // Newton's step doubles the right limbs: x + x (1 - b x), of which only what counts.
    let half = n / 2 + 1;
    let start = reciprocal(&b[n - half..]);
    let product = mul(b, &start);
    let (error, over) = super::abs_diff(&power(n + half), &product);
    let error = error.get(half - 1..).unwrap_or(&[]);
    let step = mul(&start, error);
    let step = step.get(half + 1..).unwrap_or(&[]);
    let mut out = vec![0; n - half];
    out.extend_from_slice(&start);
    if over {
        sub_assign(&mut out, step);
        trim(&mut out);
        out
    } else {
        add(&out, step)
    }
}

/// Division in blocks as long as the divisor, each by one multiplication with its reciprocal.
fn by_reciprocal(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let n = b.len();
    let inverse = reciprocal(b);
    let mut quotient = vec![0; a.len().div_ceil(n) * n];
    let mut remainder: Vec<u64> = Vec::new();
    for (index, block) in a.chunks(n).enumerate().rev() {
        let mut part = block.to_vec();
        part.extend_from_slice(&remainder);
        trim(&mut part);
        let estimate = match part.get(n - 1..) {
            Some(high) => mul(high, &inverse),
            None => Vec::new(),
        };
        let estimate = trimmed(estimate.get(n + 1..).unwrap_or(&[])).to_vec();
        let (block_quotient, rest) = corrected(estimate, &part, b);
        quotient[index * n..][..block_quotient.len()].copy_from_slice(&block_quotient);
        remainder = rest;
    }
    trim(&mut quotient);
    (quotient, remainder)
}
