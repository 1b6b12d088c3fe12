//! Division: by one digit, Knuth's algorithm D, and Burnikel–Ziegler for large operands.

use std::cmp::Ordering;

use super::add::{add, add_assign, cmp, decrement, sub_assign};
use super::{DIGIT_BITS, DIGIT_MASK, MASK64, bit_length, mul, shift, trim, trimmed};

/// From this many digits in the divisor, dividing by halves beats algorithm D.
const RECURSIVE_MIN: usize = 160;

/// From this many digits, a reciprocal is worth computing.
const RECIPROCAL_MIN: usize = 12;

/// A divisor of one word by which limbs of 60 bits are divided without a division instruction.
#[derive(Clone, Copy)]
pub(super) struct Reciprocal {
    /// The divisor with its top bit set.
    divisor: u64,
    shift: u32,
    /// 2**128 / divisor - 2**64, rounded down.
    inverse: u64,
}

impl Reciprocal {
    /// Of a divisor that is not zero.
    pub(super) const fn new(divisor: u64) -> Self {
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let inverse = (u128::MAX / divisor as u128 - (1 << 64)) as u64;
        Self {
            divisor,
            shift,
            inverse,
        }
    }

    /// Quotient and remainder of `remainder * 2**60 + limb`, with the remainder below the
    /// divisor and the limb and the divisor below 2**60 (Möller and Granlund's algorithm).
    #[inline(always)]
    pub(super) fn divide(self, remainder: u64, limb: u64) -> (u64, u64) {
        let value = (u128::from(remainder) << 60 | u128::from(limb)) << self.shift;
        let estimate = u128::from(self.inverse) * u128::from((value >> 64) as u64) + value;
        let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
        let mut rest = (value as u64).wrapping_sub(quotient.wrapping_mul(self.divisor));
        if rest > estimate as u64 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(self.divisor);
        }
        if rest >= self.divisor {
            quotient = quotient.wrapping_add(1);
            rest -= self.divisor;
        }
        (quotient, rest >> self.shift)
    }
}

/// Divides a magnitude by one digit in place and returns the remainder; the divisor is not zero.
pub fn divrem_small_in_place(digits: &mut [u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let mut remainder = 0u64;
    let mut step = |slot: &mut u32| {
        let value = remainder << DIGIT_BITS | u64::from(*slot);
        // Not `%`: one division and one multiplication are cheaper than two divisions.
        let quotient = value / divisor;
        remainder = value - quotient * divisor;
        *slot = quotient as u32;
    };
    if digits.len() < RECIPROCAL_MIN {
        digits.iter_mut().rev().for_each(step);
        return remainder as u32;
    }
    let (pairs, odd) = digits.as_chunks_mut::<2>();
    odd.iter_mut().for_each(&mut step);
    let reciprocal = Reciprocal::new(divisor);
    for [low, high] in pairs.iter_mut().rev() {
        let limb = u64::from(*high) << DIGIT_BITS | u64::from(*low);
        let (quotient, rest) = reciprocal.divide(remainder, limb);
        *low = quotient as u32 & DIGIT_MASK;
        *high = (quotient >> DIGIT_BITS) as u32;
        remainder = rest;
    }
    remainder as u32
}

/// Quotient and remainder of a magnitude by one digit, which is not zero.
pub fn divrem_small(digits: &[u32], divisor: u32) -> (Vec<u32>, u32) {
    let mut quotient = digits.to_vec();
    let remainder = divrem_small_in_place(&mut quotient, divisor);
    trim(&mut quotient);
    (quotient, remainder)
}

/// Quotient and remainder of two magnitudes; `None` if the divisor is zero.
pub fn divrem(a: &[u32], b: &[u32]) -> Option<(Vec<u32>, Vec<u32>)> {
    if cmp(a, b) == Ordering::Less {
        return Some((Vec::new(), a.to_vec()));
    }
    match *b {
        [] => None,
        [digit] => {
            let (quotient, remainder) = divrem_small(a, digit);
            Some((
                quotient,
                if remainder == 0 {
                    Vec::new()
                } else {
                    vec![remainder]
                },
            ))
        }
        _ if a.len() <= 4 => Some(divrem_u128(a, b)),
        _ if b.len() >= RECURSIVE_MIN && a.len() - b.len() >= RECURSIVE_MIN / 2 => {
            Some(divrem_recursive(a, b))
        }
        _ => Some(divrem_school(a, b)),
    }
}

fn divrem_u128(a: &[u32], b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let value = |digits: &[u32]| {
        digits
            .iter()
            .rev()
            .fold(0u128, |acc, &d| acc << 30 | u128::from(d))
    };
    let (a, b) = (value(a), value(b));
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => (super::from_u64(a / b), super::from_u64(a % b)),
        _ => (super::from_u128(a / b), super::from_u128(a % b)),
    }
}

/// Algorithm D; the divisor has at least two digits.
fn divrem_school(a: &[u32], b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let shift = b[b.len() - 1].leading_zeros() - 2;
    let mut divisor = Vec::with_capacity(b.len() + 1);
    shift::push_shifted(&mut divisor, b, shift);
    divisor.pop();
    let mut rest = Vec::with_capacity(a.len() + 1);
    shift::push_shifted(&mut rest, a, shift);
    let mut quotient = vec![0; rest.len() - divisor.len()];
    divide_in_place(&mut rest, &divisor, &mut quotient);
    rest.truncate(divisor.len());
    trim(&mut rest);
    trim(&mut quotient);
    (quotient, shift::shr(&rest, u64::from(shift)))
}

/// Leaves the remainder in the low digits of `rest` and writes the quotient.
///
/// The divisor's top bit is set; `rest` has as many digits as divisor and quotient together, and
/// its top digits are below the divisor.
fn divide_in_place(rest: &mut [u32], divisor: &[u32], quotient: &mut [u32]) {
    let n = divisor.len();
    let (top, second) = (u64::from(divisor[n - 1]), u64::from(divisor[n - 2]));
    for (index, slot) in quotient.iter_mut().enumerate().rev() {
        let window = &mut rest[index..=index + n];
        let high = u64::from(window[n]) << DIGIT_BITS | u64::from(window[n - 1]);
        let mut estimate = high / top;
        let mut left = high - estimate * top;
        while estimate > MASK64
            || estimate * second > (left << DIGIT_BITS | u64::from(window[n - 2]))
        {
            estimate -= 1;
            left += top;
            if left > MASK64 {
                break;
            }
        }
        let mut carry = 0i64;
        let (body, overflow) = window.split_at_mut(n);
        for (digit, &factor) in body.iter_mut().zip(divisor) {
            carry += i64::from(*digit) - (estimate * u64::from(factor)) as i64;
            *digit = carry as u32 & DIGIT_MASK;
            carry >>= DIGIT_BITS;
        }
        if i64::from(overflow[0]) + carry < 0 {
            add_assign(body, divisor);
            estimate -= 1;
        }
        overflow[0] = 0;
        *slot = estimate as u32;
    }
}

/// Burnikel–Ziegler: the divisor is shifted to a length that halves evenly down to the schoolbook
/// size, and the dividend is divided block by block.
fn divrem_recursive(a: &[u32], b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut parts = 1;
    while b.len() / parts >= RECURSIVE_MIN {
        parts *= 2;
    }
    let block = b.len().div_ceil(parts) * parts;
    let shift = block as u64 * 30 - bit_length(b);
    let divisor = shl(b, shift);
    let dividend = shl(a, shift);
    let mut quotient = vec![0; dividend.len().div_ceil(block) * block];
    let mut rest = Vec::new();
    for (index, piece) in dividend.chunks(block).enumerate().rev() {
        let (q, r) = divide_2n_by_1n(join(&rest, piece, block), &divisor);
        quotient[index * block..][..q.len()].copy_from_slice(&q);
        rest = r;
    }
    trim(&mut quotient);
    (quotient, shift::shr(&rest, shift))
}

/// Shifts by less than the operand's length, for which there is memory.
fn shl(digits: &[u32], bits: u64) -> Vec<u32> {
    shift::shl(digits, bits).unwrap_or_default()
}

/// `high * base**len + low`, normalised.
fn join(high: &[u32], low: &[u32], len: usize) -> Vec<u32> {
    let mut out = Vec::with_capacity(len + high.len());
    out.extend_from_slice(low);
    if !high.is_empty() {
        out.resize(len, 0);
        out.extend_from_slice(high);
    }
    trim(&mut out);
    out
}

/// Divides a number below divisor * base**n by a divisor of n digits with its top bit set.
fn divide_2n_by_1n(a: Vec<u32>, b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let n = b.len();
    if cmp(&a, b) == Ordering::Less {
        return (Vec::new(), a);
    }
    if n < RECURSIVE_MIN || n % 2 == 1 {
        return divrem_school(&a, b);
    }
    let half = n / 2;
    let (low, high) = a.split_at(half.min(a.len()));
    let (q1, rest) = divide_3n_by_2n(trimmed(high).to_vec(), b, half);
    let (q0, rest) = divide_3n_by_2n(join(&rest, low, half), b, half);
    (join(&q1, &q0, half), rest)
}

/// Divides a number of up to three halves by a divisor of two halves.
fn divide_3n_by_2n(a: Vec<u32>, b: &[u32], half: usize) -> (Vec<u32>, Vec<u32>) {
    if cmp(&a, b) == Ordering::Less {
        return (Vec::new(), a);
    }
    let (b0, b1) = b.split_at(half);
    let (low, high) = a.split_at(half);
    let top = trimmed(high.get(half..).unwrap_or_default());
    let (mut quotient, part) = if cmp(top, b1) == Ordering::Less {
        divide_2n_by_1n(trimmed(high).to_vec(), b1)
    } else {
        // The quotient would not fit: take base**half - 1, and what that leaves.
        let mut part = high.to_vec();
        sub_assign(&mut part[half..], b1);
        trim(&mut part);
        (vec![DIGIT_MASK; half], add(&part, b1))
    };
    let mut rest = join(trimmed(&part), low, half);
    let mut excess = mul::mul(&quotient, trimmed(b0));
    trim(&mut excess);
    while cmp(&rest, &excess) == Ordering::Less {
        decrement(&mut quotient);
        rest = add(&rest, b);
    }
    sub_assign(&mut rest, &excess);
    trim(&mut rest);
    (quotient, rest)
}
