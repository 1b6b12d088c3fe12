//! `int.to_bytes` and `int.from_bytes`.

use super::{BigInt, DIGIT_BITS, DIGIT_MASK, IntRef, trim};

/// Why an integer cannot be written into so many bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BytesError {
    /// A negative integer, unsigned bytes.
    Negative,
    /// Too few bytes.
    TooBig,
}

impl BytesError {
    /// The text of CPython's `OverflowError`.
    pub fn message(self) -> &'static str {
        match self {
            BytesError::Negative => "can't convert negative int to unsigned",
            BytesError::TooBig => "int too big to convert",
        }
    }
}

/// The magnitude of unsigned little-endian bytes.
pub fn from_le_bytes(bytes: impl Iterator<Item = u8>) -> Vec<u32> {
    let mut digits = Vec::with_capacity(bytes.size_hint().0 * 8 / 30 + 1);
    let (mut window, mut filled) = (0u64, 0);
    for byte in bytes {
        window |= u64::from(byte) << filled;
        filled += 8;
        if filled >= DIGIT_BITS {
            digits.push(window as u32 & DIGIT_MASK);
            window >>= DIGIT_BITS;
            filled -= DIGIT_BITS;
        }
    }
    digits.push(window as u32);
    trim(&mut digits);
    digits
}

impl BigInt {
    /// The integer of little-endian bytes, in two's complement if `signed`.
    pub fn from_le_bytes(bytes: &[u8], signed: bool) -> BigInt {
        Self::from_byte_iter(
            bytes.iter().copied(),
            signed && bytes.last().is_some_and(|b| b >> 7 == 1),
        )
    }

    /// The integer of big-endian bytes, in two's complement if `signed`.
    pub fn from_be_bytes(bytes: &[u8], signed: bool) -> BigInt {
        let negative = signed && bytes.first().is_some_and(|b| b >> 7 == 1);
        Self::from_byte_iter(bytes.iter().rev().copied(), negative)
    }

    fn from_byte_iter(bytes: impl Iterator<Item = u8>, negative: bool) -> BigInt {
        if !negative {
            return BigInt {
                negative,
                digits: from_le_bytes(bytes),
            };
        }
        // -n is ~n + 1, and ~n of a negative number is not negative.
        let inverted = BigInt {
            negative: false,
            digits: from_le_bytes(bytes.map(|byte| !byte)),
        };
        inverted.as_ref().invert()
    }
}

impl IntRef<'_> {
    /// The integer as `len` little-endian bytes, in two's complement if `signed`.
    pub fn to_le_bytes(self, len: usize, signed: bool) -> Result<Vec<u8>, BytesError> {
        if self.negative && !signed {
            return Err(BytesError::Negative);
        }
        let mut bytes = Vec::with_capacity(len);
        let (mut window, mut filled) = (0u64, 0);
        let mut source = self.digits.iter();
        let mut carry = u16::from(self.negative);
        for _ in 0..len {
            if filled < 8
                && let Some(&digit) = source.next()
            {
                window |= u64::from(digit) << filled;
                filled += DIGIT_BITS;
            }
            let mut byte = window as u8;
            if self.negative {
                let sum = u16::from(!byte) + carry;
                byte = sum as u8;
                carry = sum >> 8;
            }
            bytes.push(byte);
            window >>= 8;
            filled = filled.saturating_sub(8);
        }
        let sign_bit = bytes.last().is_some_and(|byte| byte >> 7 == 1);
        let all_written = window == 0 && source.all(|&digit| digit == 0);
        if !all_written || signed && sign_bit != self.negative {
            return Err(BytesError::TooBig);
        }
        Ok(bytes)
    }

    /// The integer as `len` big-endian bytes, in two's complement if `signed`.
    pub fn to_be_bytes(self, len: usize, signed: bool) -> Result<Vec<u8>, BytesError> {
        let mut bytes = self.to_le_bytes(len, signed)?;
        bytes.reverse();
        Ok(bytes)
    }
}
