//! Shifts by any number of bits.

use super::{BigInt, DIGIT_BITS, IntRef, MASK64, add, trim, try_zeroed};

/// A magnitude times 2**bits; `None` if there is no memory for the result.
pub fn shl(digits: &[u32], bits: u64) -> Option<Vec<u32>> {
    if digits.is_empty() {
        return Some(Vec::new());
    }
    let whole = usize::try_from(bits / 30).ok()?;
    let part = (bits % 30) as u32;
    let mut out = try_zeroed(whole.checked_add(digits.len() + 1)?)?;
    let mut carry = 0u64;
    for (slot, &digit) in out[whole..].iter_mut().zip(digits) {
        carry |= u64::from(digit) << part;
        *slot = (carry & MASK64) as u32;
        carry >>= DIGIT_BITS;
    }
    if let Some(top) = out.last_mut() {
        *top = carry as u32;
    }
    trim(&mut out);
    Some(out)
}

/// A magnitude divided by 2**bits, rounded down.
pub fn shr(digits: &[u32], bits: u64) -> Vec<u32> {
    let part = (bits % 30) as u32;
    let Some(kept) = usize::try_from(bits / 30)
        .ok()
        .and_then(|whole| digits.get(whole..))
    else {
        return Vec::new();
    };
    let above = kept.iter().skip(1).copied().chain([0]);
    let mut out: Vec<u32> = (kept.iter().zip(above))
        .map(|(&low, high)| (((u64::from(high) << 30 | u64::from(low)) >> part) & MASK64) as u32)
        .collect();
    trim(&mut out);
    out
}

/// Whether any of the low `bits` bits is set.
pub(super) fn any_low_bits(digits: &[u32], bits: u64) -> bool {
    let whole = usize::try_from(bits / 30).unwrap_or(usize::MAX);
    match digits.get(..whole) {
        None => !digits.is_empty(),
        Some(low) => {
            low.iter().any(|&digit| digit != 0)
                || digits
                    .get(whole)
                    .is_some_and(|digit| digit & ((1 << (bits % 30)) - 1) != 0)
        }
    }
}

impl IntRef<'_> {
    /// Python's `<<`; `None` if there is no memory for the result.
    pub fn shl(self, bits: u64) -> Option<BigInt> {
        Some(BigInt {
            negative: self.negative,
            digits: shl(self.digits, bits)?,
        })
    }

    /// Python's `>>`, which rounds down.
    pub fn shr(self, bits: u64) -> BigInt {
        let mut digits = shr(self.digits, bits);
        if self.negative && any_low_bits(self.digits, bits) {
            add::increment(&mut digits);
        }
        BigInt::from_digits(self.negative, digits)
    }
}
