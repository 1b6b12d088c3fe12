//! `&`, `|`, `^` and `~` on integers seen as endless two's-complement numbers.

use super::{BigInt, DIGIT_MASK, IntRef};

/// The digits of an integer in two's complement, `len` of them (enough for the magnitude).
fn twos_complement(value: IntRef<'_>, len: usize) -> impl Iterator<Item = u32> {
    let fill = std::iter::repeat(0);
    let mut carry = u32::from(value.negative);
    let flip = if value.negative { DIGIT_MASK } else { 0 };
    value
        .digits
        .iter()
        .copied()
        .chain(fill)
        .take(len)
        .map(move |digit| {
            let sum = (digit ^ flip) + carry;
            carry = sum >> 30;
            sum & DIGIT_MASK
        })
}

fn bitwise(a: IntRef<'_>, b: IntRef<'_>, op: impl Fn(u32, u32) -> u32) -> BigInt {
    // One digit more than either operand holds the sign.
    let len = a.digits.len().max(b.digits.len()) + 1;
    let mut digits: Vec<u32> = twos_complement(a, len)
        .zip(twos_complement(b, len))
        .map(|(x, y)| op(x, y))
        .collect();
    let negative = digits[len - 1] & 1 << 29 != 0;
    if negative {
        let mut carry = 1;
        for digit in &mut digits {
            let sum = (*digit ^ DIGIT_MASK) + carry;
            carry = sum >> 30;
            *digit = sum & DIGIT_MASK;
        }
    }
    BigInt::from_digits(negative, digits)
}

impl IntRef<'_> {
    /// Python's `&`.
    pub fn bitand(self, other: IntRef<'_>) -> BigInt {
        if !self.negative && !other.negative {
            let digits = self
                .digits
                .iter()
                .zip(other.digits)
                .map(|(x, y)| x & y)
                .collect();
            return BigInt::from_digits(false, digits);
        }
        bitwise(self, other, |x, y| x & y)
    }

    /// Python's `|`.
    pub fn bitor(self, other: IntRef<'_>) -> BigInt {
        bitwise(self, other, |x, y| x | y)
    }

    /// Python's `^`.
    pub fn bitxor(self, other: IntRef<'_>) -> BigInt {
        bitwise(self, other, |x, y| x ^ y)
    }

    /// Python's `~`.
    pub fn invert(self) -> BigInt {
        self.neg().sub(BigInt::one().as_ref())
    }
}
