//! Shifts by any number of bits.

use super::{BigInt, DIGIT_MASK, IntRef, add, trim};

/// A magnitude times 2**bits; `None` if there is no memory for the result.
pub fn shl(digits: &[u32], bits: u64) -> Option<Vec<u32>> {
    if digits.is_empty() {
        return Some(Vec::new());
    }
    let whole = usize::try_from(bits / 30).ok()?;
    let part = (bits % 30) as u32;
    let len = whole.checked_add(digits.len() + 1)?;
    let mut out = Vec::new();
    out.try_reserve_exact(len).ok()?;
    out.resize(whole, 0);
    push_shifted(&mut out, digits, part);
    trim(&mut out);
    Some(out)
}

/// Appends the digits shifted left by fewer than 30 bits, one digit more than they are.
pub(super) fn push_shifted(out: &mut Vec<u32>, digits: &[u32], part: u32) {
    let (Some(&bottom), Some(&top)) = (digits.first(), digits.last()) else {
        out.push(0);
        return;
    };
    out.push(bottom << part & DIGIT_MASK);
    // Each digit of its own, without a carry from one to the next, so that it vectorises.
    let above = &digits[1..];
    out.extend(
        (digits.iter().zip(above))
            .map(|(&low, &high)| (high << part | low >> (30 - part)) & DIGIT_MASK),
    );
    out.push(top >> (30 - part));
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
    let Some((&top, rest)) = kept.split_last() else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(kept.len());
    let above = &kept[1..];
    out.extend((rest.iter().zip(above)).map(|(&low, &high)| {
        // For no shift at all this adds bits above the digit only.
        (low >> part | high << (30 - part)) & DIGIT_MASK
    }));
    out.push(top >> part);
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
