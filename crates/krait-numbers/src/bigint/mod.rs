//! Arbitrary-precision integers in CPython's representation: a sign and 30-bit digits.
//!
//! Two layers. [`mag`] has the algorithms on magnitudes, `&[u32]` slices of digits with the least
//! significant first. [`IntRef`] is a sign and a borrowed magnitude (what the runtime makes of an
//! `int` object without copying) and has Python's operators; [`BigInt`] is its owned form.
//!
//! Invariant: a magnitude has no leading zero digit, each digit is below 2**30, zero is empty and
//! not negative. Functions that take a raw magnitude say so where they accept leading zeros.

#![allow(
    clippy::should_implement_trait,
    reason = "Python's operators have their names here, but other types than Rust's traits ask for"
)]

mod add;
mod bitwise;
mod bytes;
mod convert;
mod decimal;
mod div;
mod float;
mod gcd;
mod mul;
mod ntt;
mod pow;
mod shift;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

pub use bytes::BytesError;
pub use convert::{ScannedInt, scan_int};
pub use float::TrueDivideError;
pub use pow::PowModError;

/// The algorithms on magnitudes: slices of 30-bit digits, the least significant first.
pub mod mag {
    pub use super::add::{add, add_into, cmp, sub, sub_into};
    pub use super::bytes::from_le_bytes;
    pub use super::convert::{from_ascii_digits, to_decimal, to_radix};
    pub use super::decimal::u64_decimal;
    pub use super::div::{divrem, divrem_small, divrem_small_in_place};
    pub use super::gcd::{gcd, isqrt};
    pub use super::mul::{mul, mul_into, mul_small, mul_small_add_in_place, square};
    pub use super::shift::{shl, shr};
    pub use super::{bit_length, from_u64, from_u128, normalized_len, trimmed};
}

/// Bits in one digit, as in CPython's `PyLong_SHIFT`.
pub const DIGIT_BITS: u32 = 30;

/// The largest digit, as in CPython's `PyLong_MASK`.
pub const DIGIT_MASK: u32 = (1 << DIGIT_BITS) - 1;

const MASK64: u64 = DIGIT_MASK as u64;

/// The modulus of numeric hashes, as in CPython's `_PyHASH_MODULUS`: 2**61 - 1.
pub const HASH_MODULUS: u64 = (1 << 61) - 1;

/// How many digits remain once leading zeros are dropped.
pub fn normalized_len(digits: &[u32]) -> usize {
    digits
        .iter()
        .rposition(|&digit| digit != 0)
        .map_or(0, |top| top + 1)
}

/// The magnitude without its leading zeros.
pub fn trimmed(digits: &[u32]) -> &[u32] {
    &digits[..normalized_len(digits)]
}

/// The number of bits in a magnitude; 0 for zero.
pub fn bit_length(digits: &[u32]) -> u64 {
    match digits.last() {
        None => 0,
        Some(top) => (digits.len() as u64 - 1) * 30 + u64::from(32 - top.leading_zeros()),
    }
}

/// The magnitude of a machine integer.
pub fn from_u64(value: u64) -> Vec<u32> {
    from_u128(u128::from(value))
}

/// The magnitude of a machine integer.
pub fn from_u128(mut value: u128) -> Vec<u32> {
    let mut digits = Vec::with_capacity(5);
    while value != 0 {
        digits.push(value as u32 & DIGIT_MASK);
        value >>= DIGIT_BITS;
    }
    digits
}

fn trim(digits: &mut Vec<u32>) {
    digits.truncate(normalized_len(digits));
}

/// A borrowed integer: a sign and a normalised magnitude.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct IntRef<'a> {
    negative: bool,
    digits: &'a [u32],
}

/// An integer of any size: little-endian digits of 30 bits, no leading zero digit, zero is empty.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct BigInt {
    negative: bool,
    digits: Vec<u32>,
}

impl<'a> IntRef<'a> {
    /// An integer from its sign and digits; leading zero digits are dropped, zero loses its sign.
    pub fn new(negative: bool, digits: &'a [u32]) -> Self {
        let digits = trimmed(digits);
        Self {
            negative: negative && !digits.is_empty(),
            digits,
        }
    }

    /// Whether the integer is below zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// Whether the integer is zero.
    pub fn is_zero(self) -> bool {
        self.digits.is_empty()
    }

    /// The magnitude's 30-bit digits, the least significant first.
    pub fn digits(self) -> &'a [u32] {
        self.digits
    }

    /// -1, 0 or 1.
    pub fn signum(self) -> i32 {
        if self.negative {
            -1
        } else {
            i32::from(!self.digits.is_empty())
        }
    }

    /// Whether the lowest bit is set.
    pub fn is_odd(self) -> bool {
        self.digits.first().is_some_and(|low| low & 1 == 1)
    }

    /// An owned copy.
    pub fn to_owned(self) -> BigInt {
        BigInt {
            negative: self.negative,
            digits: self.digits.to_vec(),
        }
    }

    /// The magnitude without the sign.
    pub fn abs(self) -> IntRef<'a> {
        IntRef {
            negative: false,
            digits: self.digits,
        }
    }

    /// The number of bits of the magnitude (`int.bit_length`).
    pub fn bit_length(self) -> u64 {
        bit_length(self.digits)
    }

    /// The number of ones in the magnitude (`int.bit_count`).
    pub fn bit_count(self) -> u64 {
        self.digits
            .iter()
            .map(|digit| u64::from(digit.count_ones()))
            .sum()
    }

    /// The magnitude as `u128`, if it fits.
    pub fn magnitude_u128(self) -> Option<u128> {
        if self.bit_length() > 128 {
            return None;
        }
        Some(
            self.digits
                .iter()
                .rev()
                .fold(0, |acc, &digit| acc << 30 | u128::from(digit)),
        )
    }

    /// The value, if it fits.
    pub fn to_i128(self) -> Option<i128> {
        let magnitude = self.magnitude_u128()?;
        if self.negative {
            0i128.checked_sub_unsigned(magnitude)
        } else {
            magnitude.try_into().ok()
        }
    }

    /// The value, if it fits.
    pub fn to_i64(self) -> Option<i64> {
        if self.digits.len() > 3 {
            return None;
        }
        self.to_i128()?.try_into().ok()
    }

    /// The value, if it fits.
    pub fn to_u64(self) -> Option<u64> {
        if self.digits.len() > 3 {
            return None;
        }
        self.to_i128()?.try_into().ok()
    }

    /// The value's low 64 bits in two's complement (`PyLong_AsUnsignedLongLongMask`).
    pub fn wrapping_u64(self) -> u64 {
        let low = self
            .digits
            .iter()
            .take(3)
            .rev()
            .fold(0u64, |acc, &d| acc << 30 | u64::from(d));
        if self.negative {
            low.wrapping_neg()
        } else {
            low
        }
    }

    /// The sum.
    pub fn add(self, other: IntRef<'_>) -> BigInt {
        if self.negative == other.negative {
            return BigInt {
                negative: self.negative,
                digits: add::add(self.digits, other.digits),
            };
        }
        match add::cmp(self.digits, other.digits) {
            Ordering::Equal => BigInt::ZERO,
            Ordering::Greater => BigInt {
                negative: self.negative,
                digits: add::sub(self.digits, other.digits),
            },
            Ordering::Less => BigInt {
                negative: other.negative,
                digits: add::sub(other.digits, self.digits),
            },
        }
    }

    /// The difference.
    pub fn sub(self, other: IntRef<'_>) -> BigInt {
        self.add(other.neg())
    }

    /// The negated integer.
    pub fn neg(self) -> IntRef<'a> {
        IntRef {
            negative: !self.negative && !self.digits.is_empty(),
            digits: self.digits,
        }
    }

    /// The product.
    pub fn mul(self, other: IntRef<'_>) -> BigInt {
        let digits = if std::ptr::eq(self.digits, other.digits) {
            mul::square(self.digits)
        } else {
            mul::mul(self.digits, other.digits)
        };
        BigInt {
            negative: self.negative != other.negative && !digits.is_empty(),
            digits,
        }
    }

    /// Python's `divmod`: the quotient rounded down and a remainder with the divisor's sign;
    /// `None` if the divisor is zero.
    pub fn divmod_floor(self, other: IntRef<'_>) -> Option<(BigInt, BigInt)> {
        let (quotient, remainder) = self.divrem_trunc(other)?;
        if remainder.is_zero() || remainder.negative == other.negative {
            return Some((quotient, remainder));
        }
        Some((
            quotient.as_ref().sub(BigInt::one().as_ref()),
            remainder.as_ref().add(other),
        ))
    }

    /// The quotient rounded towards zero and a remainder with the dividend's sign; `None` if the
    /// divisor is zero.
    pub fn divrem_trunc(self, other: IntRef<'_>) -> Option<(BigInt, BigInt)> {
        let (quotient, remainder) = div::divrem(self.digits, other.digits)?;
        Some((
            BigInt::from_digits(self.negative != other.negative, quotient),
            BigInt::from_digits(self.negative, remainder),
        ))
    }

    /// Python's `//`; `None` if the divisor is zero.
    pub fn div_floor(self, other: IntRef<'_>) -> Option<BigInt> {
        self.divmod_floor(other).map(|(quotient, _)| quotient)
    }

    /// Python's `%`; `None` if the divisor is zero.
    pub fn mod_floor(self, other: IntRef<'_>) -> Option<BigInt> {
        let remainder = self.divrem_trunc(other)?.1;
        if remainder.is_zero() || remainder.negative == other.negative {
            return Some(remainder);
        }
        Some(remainder.as_ref().add(other))
    }

    /// Python's hash of the integer: its residue modulo 2**61 - 1 with its sign, never -1.
    pub fn hash(self) -> i64 {
        let mut residue = 0u64;
        for &digit in self.digits.iter().rev() {
            residue = (residue << 30) & HASH_MODULUS | residue >> 31;
            residue += u64::from(digit);
            if residue >= HASH_MODULUS {
                residue -= HASH_MODULUS;
            }
        }
        let hash = if self.negative {
            -(residue as i64)
        } else {
            residue as i64
        };
        if hash == -1 { -2 } else { hash }
    }

    /// The greatest common divisor, never negative.
    pub fn gcd(self, other: IntRef<'_>) -> BigInt {
        BigInt {
            negative: false,
            digits: gcd::gcd(self.digits, other.digits),
        }
    }

    /// The integer square root; `None` for a negative integer.
    pub fn isqrt(self) -> Option<BigInt> {
        (!self.negative).then(|| BigInt {
            negative: false,
            digits: gcd::isqrt(self.digits),
        })
    }
}

impl Ord for IntRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => add::cmp(self.digits, other.digits),
            (true, true) => add::cmp(other.digits, self.digits),
        }
    }
}

impl PartialOrd for IntRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl BigInt {
    /// Zero.
    pub const ZERO: BigInt = BigInt {
        negative: false,
        digits: Vec::new(),
    };

    /// An integer from its sign and digits; leading zero digits are dropped, zero loses its sign.
    pub fn from_digits(negative: bool, mut digits: Vec<u32>) -> Self {
        trim(&mut digits);
        Self {
            negative: negative && !digits.is_empty(),
            digits,
        }
    }

    /// One.
    pub fn one() -> Self {
        Self {
            negative: false,
            digits: vec![1],
        }
    }

    /// The integer, borrowed; Python's operators are methods of [`IntRef`].
    pub fn as_ref(&self) -> IntRef<'_> {
        IntRef {
            negative: self.negative,
            digits: &self.digits,
        }
    }

    /// Whether the integer is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether the integer is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The magnitude's 30-bit digits, the least significant first.
    pub fn digits(&self) -> &[u32] {
        &self.digits
    }

    /// The magnitude's digits, given away.
    pub fn into_digits(self) -> Vec<u32> {
        self.digits
    }

    /// The negated integer.
    pub fn neg(mut self) -> Self {
        self.negative = !self.negative && !self.digits.is_empty();
        self
    }

    /// The sum.
    pub fn add(&self, other: &BigInt) -> BigInt {
        self.as_ref().add(other.as_ref())
    }

    /// The difference.
    pub fn sub(&self, other: &BigInt) -> BigInt {
        self.as_ref().sub(other.as_ref())
    }

    /// The product.
    pub fn mul(&self, other: &BigInt) -> BigInt {
        self.as_ref().mul(other.as_ref())
    }

    /// Python's `divmod`; `None` if the divisor is zero.
    pub fn divmod_floor(&self, other: &BigInt) -> Option<(BigInt, BigInt)> {
        self.as_ref().divmod_floor(other.as_ref())
    }

    /// Python's `//`; `None` if the divisor is zero.
    pub fn div_floor(&self, other: &BigInt) -> Option<BigInt> {
        self.as_ref().div_floor(other.as_ref())
    }

    /// Python's `%`; `None` if the divisor is zero.
    pub fn mod_floor(&self, other: &BigInt) -> Option<BigInt> {
        self.as_ref().mod_floor(other.as_ref())
    }

    /// The number of bits of the magnitude (`int.bit_length`).
    pub fn bit_length(&self) -> u64 {
        bit_length(&self.digits)
    }

    /// The value, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.as_ref().to_i64()
    }

    /// The value, if it fits.
    pub fn to_u64(&self) -> Option<u64> {
        self.as_ref().to_u64()
    }
}

impl PartialOrd for BigInt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BigInt {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(&other.as_ref())
    }
}

macro_rules! from_machine_integers {
    ($($unsigned:ty, $signed:ty);*) => {$(
        impl From<$unsigned> for BigInt {
            fn from(value: $unsigned) -> Self {
                Self { negative: false, digits: from_u128(value as u128) }
            }
        }
        impl From<$signed> for BigInt {
            fn from(value: $signed) -> Self {
                Self { negative: value < 0, digits: from_u128(value.unsigned_abs() as u128) }
            }
        }
    )*};
}
from_machine_integers!(u32, i32; u64, i64; u128, i128; usize, isize);

impl fmt::Display for IntRef<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad_integral(!self.negative, "", &convert::to_decimal(self.digits))
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(out)
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
