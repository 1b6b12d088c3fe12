//! Arbitrary-precision integers in CPython's representation: a sign and 30-bit digits.

/// Bits in one digit, as in CPython's `PyLong_SHIFT`.
pub const DIGIT_BITS: u32 = 30;

/// An integer of any size: little-endian digits of 30 bits, no leading zero digit, zero is empty.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct BigInt {
    negative: bool,
    digits: Vec<u32>,
}

impl BigInt {
    /// An integer from its sign and digits; leading zero digits are dropped, zero loses its sign.
    pub fn from_digits(negative: bool, mut digits: Vec<u32>) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self {
            negative: negative && !digits.is_empty(),
            digits,
        }
    }

    /// Whether the integer is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The magnitude's 30-bit digits, the least significant first.
    pub fn digits(&self) -> &[u32] {
        &self.digits
    }
}
